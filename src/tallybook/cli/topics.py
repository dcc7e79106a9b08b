"""The texts of `tally help TOPIC`: what holds for many commands, on one screen each.

Lists are made from the tables that the program works by. The examples are run by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import fill
from types import MappingProxyType

from ..query import DIMENSIONS, MEASURES
from ..settings.keys import KEYSTROKES, SETTINGS, SOURCE_KEYS, VARIABLES, Setting
from ..settings.logs import FIELDS
from ..settings.tablekeys import TABLE_KEYS
from .exits import EXITS


def _listed(names: Sequence[str]) -> str:
    """Names in lines that fit any terminal."""
    return fill(", ".join(names), 86, initial_indent="  ", subsequent_indent="  ")


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what is said of them, below each other."""
    edge = max(len(name) for name, _ in rows)
    return "\n".join(
        fill(
            text,
            86,
            initial_indent=f"  {name:<{edge}}  ",
            subsequent_indent=" " * (edge + 4),
            break_on_hyphens=False,
        )
        for name, text in rows
    )


def _meaning(setting: Setting) -> str:
    return re.sub(r"\[(\w+)\]\(\1\.md\)", r"tally help \1", setting.meaning).replace("`", "")


def _settings() -> list[tuple[str, str]]:
    """Each key with its meaning and its default."""
    rows = {
        **SETTINGS,
        **{f"source.NAME.{key}": each for key, each in SOURCE_KEYS.items()},
        "keys.ACTION": KEYSTROKES,
    }
    return [
        (key, f"{_meaning(each)} ({each.default.replace('`', '')})") for key, each in rows.items()
    ]


def _tables() -> list[tuple[str, str]]:
    """The keys of quotas, alerts, views and probes."""
    return [(f"[{kind}.NAME]", ", ".join(keys)) for kind, keys in TABLE_KEYS.items()]


def _variables() -> list[tuple[str, str]]:
    """Our own variables, those of settings first."""
    return [
        *((name, _meaning(SETTINGS[key])) for name, key in VARIABLES.items()),
        ("TALLY_HOME", "the folder of all of Tallybook's own files"),
        ("TALLY_CONFIG", "your settings file, if it lies elsewhere"),
    ]


TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "time": """\
Time: which calls are counted, by each call's own time.

  --since WHEN   from its beginning on       --until WHEN   up to and with it
  --last SPAN    the last 24h, 7d, 4w, 3mo, 1y; days, weeks and months are whole ones
                 and include the current one
  --tz ZONE      the IANA zone that cuts days, such as Europe/Berlin

WHEN is a word (today, yesterday, week, month, year, all, now), a year 2026, a month
2026-01, a week 2026-W05 (ISO, from Monday), a day 2026-01-15, or a time such as
2026-01-15T09:30. Such a word may also stand alone behind a grouping.

`week` begins on Monday, or on the day of the setting week_start or of --week-start.
Headers show the exact dates of what was asked.

Examples
  tally usage --since 2026-11-01 --until 2026-11-15
  tally usage model 2026-11
  tally usage hour today --tz Asia/Shanghai
  tally sessions --last 30d
""",
        "filters": f"""\
Filters: which calls are counted.

  --where model=claude-opus-4-5   is this         --where model!=x   is not this
  --where project~web             contains this, whatever the case

The same dimension again means or; different dimensions mean and. Short forms: --source
--provider --model --project --agent --account --user (or --consumer) --session, each the
same as --where with =. A model may be written provider/model. An empty value is none:
--where agent= counts the calls of no sub-agent, --where session= those of no session.

The dimensions:
{_listed(DIMENSIONS[1:])}

Examples
  tally usage --model claude-sonnet-4-5 --model claude-opus-4-5
  tally usage project --where model~opus --since all
  tally sessions --source codex --since all
""",
        "output": f"""\
Output: the answer goes to stdout, everything else to stderr.

  --format table|json|jsonl|csv|tsv|md     --json is --format json
  --fields A,B   only these, in this order; --fields help lists them
  --sort FIELD   a measure from the largest, a name from A; +FIELD rises, -FIELD falls
  --limit N      the first N rows; the total still counts all
  --quiet        nothing on stderr but errors --no-color  as the variable NO_COLOR

Tables fit the terminal: narrow ones shorten numbers (1.2M) and drop the less important
columns. Fields may be called as their columns are: calls, sess, "cache write".
JSON has amounts as decimal texts by currency and times with their offset.

The measures:
{_listed(MEASURES)}

Examples
  tally usage model --since all --sort -cost --limit 3
  tally usage day --last 30d --format csv --fields date,total,cost
  tally usage --json --quiet
""",
        "notes": """\
Notes: what stands below a table, and what the marks in it mean.

  –              unknown, never zero: no price is known, or a call belongs to nothing such
  ≥              at least: a part of the tokens has no price. The line below names the
                 models; to add a price: tally help prices. Of what was reported or
                 billed: it is known for only some of the calls
  partial        the answer broke off, or its end was never written down. What was written
                 is counted; what was not can't be
  failed         refused or failed; used nothing
  unmetered      known to have happened, usage unknown: in no figure. What such calls may
                 have cost, judged by others like them, stands beside the cost, never in it
  recovered      tokens that only the agent's own running totals show, such as compaction.
                 They are in the tokens and the cost, and in no number of calls
  not readable   a place in the histories could not be read: tally doctor says which and why
  Cache, Output  on narrow screens all that is read from and written to the cache is one
                 column, and output includes reasoning, so that the row still adds up

Sessions are counted once in the total too, so it may be less than the sum of the rows.
""",
        "exit-codes": f"""\
Exit codes: what a script can rely on.

{_columns([(str(code), each.short) for code, each in EXITS.items()])}

With 5 the answer is shown and is too small: in its JSON `complete` is false.
Errors go to stderr in three lines: error, because, try.

Examples
  tally ledger verify
  tally config check
""",
        "settings": f"""\
Settings: nothing has to be set.

{_columns(_settings())}

The first that has a value counts: a flag, a TALLY_ variable, the project's tally.toml,
your config.toml, the default. Quotas, alerts, views and probes: tally help tables

Examples
  tally config show
  tally config set week_start sunday
  tally config check
""",
        "tables": f"""\
Tables of the settings, each under a name of small letters, digits and hyphens.

{_columns(_tables())}

A quota is a limit in a window, an alert says who is told of what, a view is a report that
is asked again, a probe your word that a provider may be asked for your official limits.
What each key means: docs/settings.md, or in an editor by tally config schema.

A project may hold quotas and views in its tally.toml. Where you have one of the same name,
yours holds. What is in `to` and `secret` is never shown.

Examples
  tally init --budget 20usd/day
  tally usage model --save costs
  tally @costs
""",
        "alerts": """\
Alerts: be told in time, once. [alert.NAME] says of which rules, and where.

  [alert.team]
  on = ["quota:*", "limit:*"]       # also pace, unpriced, silent, cache, or * for all
  to = ["env:MY_DISCORD"]           # addresses, see below
  at_least = 90                     # per cent

  discord://ID/TOKEN                slack://A/B/C             tgram://BOT_TOKEN/CHAT_ID
  dingtalk://TOKEN                  feishu://TOKEN            wecombot://KEY
  mailto://USER:PASSWORD@gmail.com  ntfy://ntfy.sh/TOPIC      macosx://  windows://  dbus://
  https://HOST/PATH                 a webhook, signed with `secret`
  command:notify-send {title} {text}    a program, without a shell
  env:NAME                          what that variable holds when something is sent

An address is a secret: it is shown nowhere. `tally alert add … --to -` asks for it.
Looked at and sent by tally sync, watch, top, and tally alone.

Examples
  tally alert add me --on 'quota:*' --to env:MY_DISCORD
  tally alert mute 'quota:*' --for 2h
  tally alert history
""",
        "logs": f"""\
Logs: calls that a gateway wrote down, read without code. Higress, LiteLLM and Envoy AI
Gateway are known; any other log of JSON lines is described in the settings.

  [log.my-gateway]
  paths = ["/var/log/my-gateway/*.log"]
  only = "kind=llm"                      # which lines are calls of models

  [log.my-gateway.fields]
  time = "ts"                            # where in a line each thing stands
  model = "request.model"
  usage = "response.usage"
  session = ["headers.x-session", "trace_id"]    # the first that is there

Paths go through lists, items[0].name, and through texts that are JSON. A name with a dot
is quoted: '"session.id"'. Instead of usage, single counts: usage.prompt_tokens = "in".

The fields:
{_listed(list(FIELDS))}

Examples
  tally config check
  tally source list
  tally sync litellm
""",
        "environment": f"""\
Environment: variables that are read. Flags come before them, files after them.

{_columns(_variables())}

  NO_COLOR             no colour             CLICOLOR_FORCE   colour into pipes too
  COLUMNS              the width of tables   TZ               the zone, if nothing else says

Each agent's own variables are honoured: tally source explain NAME tells them.

Examples
  tally config show
  tally source explain claude-code
""",
        "prices": """\
Prices: dated rate cards that ship with the program; nothing is fetched.

A call is priced by the card of its model at its time. Names match exactly or by a listed
alias, never by likeness; what has no card stays unpriced and is named below each table.

  list       what calls are worth by these prices: the cost in every table
  reported   what the agent itself wrote down: tally price audit tells why it differs
  billed     what somebody was charged: 0 where a plan covers a call, else not known

A price of your own goes before that of the book: `tally price set` writes it into a file
that your settings name. Calls without a price get theirs at the next sync; for calls that
have one, `tally price apply` shows what would change, and does it with --yes.

A newer book comes with a newer Tallybook, or from data packages on this machine:
tally price update shows what differs, --apply uses it.

Examples
  tally usage --amounts all
  tally price show claude-sonnet-4-5
  tally price set zai/glm-4.7 --input 0.60 --output 2.20 --cache-read 0.11

The file, where there is more to say (hours, tiers, plans, aliases: docs/prices.md):

  schema = 1

  [[price]]
  provider = "zai"
  model = "glm-4.7"
  currency = "USD"
  rates = { input = "0.60", output = "2.20", cache_read = "0.11" }   # per million tokens
""",
        "currencies": """\
Currencies: amounts are kept in the currency of each price, and added only within one.

  --currency EUR      amounts in euros, by your own rates; always: the setting currency
  --currency native   as they are, whatever the setting says

No rate is shipped or fetched. Write your own into the file of your prices (tally help
prices), each with the day from which it holds:

  schema = 1

  [[fx]]
  from = "USD"
  to = "EUR"
  rate = "0.9200"
  valid_from = 2026-01-01
  source = "month-end"

Each call is converted by the rate of its day (UTC). The other direction is the inverse;
there is no way by a third currency. What has no rate stands apart in its own currency and
is named below the table, as are the rates that were used.

Examples
  tally usage model --since all --currency USD
  tally config set currency USD
  tally usage --currency native
""",
    }
)
"""By name, in the order in which they are listed."""
