"""How a page looks: light or dark as the reader's system is, on a phone, on paper. The colours of
parts are told apart by readers who see few colours, too."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #fbfbf9; --panel: #ffffff; --ink: #1c1f23; --faint: #626a73; --line: #dcdfe3;
  --s0: #0072b2; --s1: #e69f00; --s2: #009e73; --s3: #cc79a7; --s4: #56b4e9; --s5: #d55e00;
  --s6: #8a9099;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --panel: #1d2125; --ink: #e7eaed; --faint: #9aa3ad; --line: #343a41;
    --s0: #4ba3dd; --s1: #f0b429; --s2: #2fc295; --s3: #e09cc2; --s4: #8fd0f7; --s5: #f0813a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.7rem; }
h2 { margin: 0 0 .75rem; font-size: 1.05rem; }
header p, footer, section > p { color: var(--faint); }
header p { margin: .25rem 0 1.25rem; overflow-wrap: anywhere; }
footer { font-size: .85rem; }
section, .cards > div {
  background: var(--panel); border: 1px solid var(--line); border-radius: .6rem;
}
section { padding: 1.1rem; margin: 0 0 1rem; }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1rem; }
.cards > div { flex: 1 1 8rem; padding: .8rem 1rem; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0; white-space: nowrap; font-size: 1.45rem; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
.columns { display: block; width: 100%; min-width: 40rem; }
.columns text { fill: var(--faint); font-size: 12px; }
.grid { stroke: var(--line); stroke-width: 1; }
.keys { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: .75rem 0 0; padding: 0;
  list-style: none; font-size: .85rem; }
.keys li { overflow-wrap: anywhere; }
.key { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
.s0 { fill: var(--s0); background: var(--s0); } .s1 { fill: var(--s1); background: var(--s1); }
.s2 { fill: var(--s2); background: var(--s2); } .s3 { fill: var(--s3); background: var(--s3); }
.s4 { fill: var(--s4); background: var(--s4); } .s5 { fill: var(--s5); background: var(--s5); }
.s6 { fill: var(--s6); background: var(--s6); }
.bars { margin: 0; padding: 0; list-style: none; }
.bars li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; margin-bottom: .5rem; }
.bars .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.value { font-variant-numeric: tabular-nums; }
.bar { grid-column: 1 / -1; display: block; width: 100%; height: .55rem; border-radius: 2px;
  background: var(--line); }
table { border-collapse: collapse; width: 100%; font-size: .85rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--faint); font-weight: 500; }
th[scope="row"], th.about { text-align: left; font-weight: 500; }
tbody th { max-width: 22rem; overflow: hidden; text-overflow: ellipsis; }
tbody th.session { max-width: 14rem; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 700; }
li { overflow-wrap: anywhere; }
@media (max-width: 40rem) { body { padding: .75rem; } section { padding: .8rem; } }
@media print {
  body { max-width: none; padding: 0; }
  section { break-inside: avoid; }
  .scroll { overflow: visible; }
}
"""
