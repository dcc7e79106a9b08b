"""Writes what the documents can take from the program: options, settings, variables, exit codes,
how usage is counted.

Usage: make_docs.py [--check]

`docs/options.md` and `docs/config.schema.json` are made as a whole; in other pages only what
stands between `<!-- made: NAME -->` and `<!-- end -->` is. With --check nothing is written, and
the exit code is 1 if a document is not what the program would make of it now.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import click
from counting_docs import chapters, conventions, guesses

from tallybook.cli.app import ALIASES, tally
from tallybook.cli.configcheck import schema_text
from tallybook.cli.exits import EXITS
from tallybook.settings.keys import KEYSTROKES, SETTINGS, SOURCE_KEYS, VARIABLES
from tallybook.settings.logs import FIELDS, FIXED
from tallybook.settings.tablekeys import TABLE_KEYS, toml_example
from tallybook.sources import envoy_ai_gateway, litellm
from tallybook.tui.keys import KEYS, key_names

DOCS = Path(__file__).resolve().parents[1] / "docs"
MARK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
SHARED = 3
"""An option of the same meaning in so many commands is explained once for all of them."""

HEAD = """\
# Every command and option

This page is made from the program by `make docs`; what the commands are for, with examples, is in
[commands.md](commands.md). Each command also has `--help`.
"""

Option = tuple[str, str]
"""How an option is written, and what it does."""


def tree(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """The context of a command and of all below it, hidden ones left out."""
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from tree(child, click.Context(child, info_name=name, parent=context))


def options(context: click.Context) -> list[Option]:
    """The options of a command as its help has them."""
    found: list[Option] = []
    for each in context.command.params:
        record = each.get_help_record(context)
        if isinstance(each, click.Option) and record is not None:
            found.append((record[0], " ".join(record[1].split())))
    return found


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in cells)


def options_page() -> str:
    """Every command with its options; those that many share stand at the top."""
    contexts = list(tree(tally, click.Context(tally, info_name="tally")))
    known = {context.command_path: options(context) for context in contexts}
    times = Counter(option for each in known.values() for option in each)
    shared = [option for option, count in times.items() if count >= SHARED]
    parts = [HEAD, "## Options of many commands\n", option_table(shared)]
    for context in contexts:
        if known[context.command_path]:
            parts += command_section(context, known[context.command_path], shared)
    parts.append("## Other names\n")
    rows = [(f"`tally {name}`", f"`tally {' '.join(words)}`") for name, words in ALIASES.items()]
    parts.append(table(("short", "is"), rows))
    return "\n".join(parts)


def command_section(
    context: click.Context, known: Sequence[Option], shared: Sequence[Option]
) -> Iterator[str]:
    """The heading of a command, its first sentence, and its options."""
    path = context.command_path
    usage = " ".join(context.command.collect_usage_pieces(context)).replace("[OPTIONS]", "").strip()
    yield f"## {path}\n"
    yield f"`{f'{path} {usage}'.strip()}`\n"
    yield first_paragraph(context.command.help or "") + "\n"
    own = [option for option in known if option not in shared]
    if own:
        yield option_table(own)
    also = ", ".join(f"`{long_name(option)}`" for option in known if option in shared)
    if also:
        yield f"Also {also}.\n"


def long_name(option: Option) -> str:
    """`--quiet` of `-q, --quiet`."""
    return next(word for word in re.split(r"[ ,/]+", option[0]) if word.startswith("--"))


def first_paragraph(text: str) -> str:
    """The beginning of a help text, in one line."""
    return " ".join(text.partition("\n\n")[0].replace("\b", "").split())


def option_table(known: Sequence[Option]) -> str:
    """Options and what they do."""
    return table(("option", "meaning"), [(f"`{name}`", told) for name, told in known])


def settings_table() -> str:
    """Keys, variables, defaults and meanings."""
    named = {key: variable for variable, key in VARIABLES.items()}
    rows = [
        (f"`{key}`", f"`{named[key]}`", each.default, each.meaning)
        for key, each in SETTINGS.items()
    ]
    rows += [
        (f"`{key}`, in `[source.NAME]`", "", each.default, each.meaning)
        for key, each in SOURCE_KEYS.items()
    ]
    rows.append(("`ACTION`, in `[keys]`", "", KEYSTROKES.default, KEYSTROKES.meaning))
    return table(("key", "variable", "default", "meaning"), rows)


def table_of_keys(kind: str) -> str:
    """The keys of a table such as `[quota.NAME]`, their defaults and meanings."""
    rows = [
        (f"`{key}`", each.default, each.meaning, f"`{toml_example(key, each)}`")
        for key, each in TABLE_KEYS[kind].items()
    ]
    return table(("key", "default", "meaning", "example"), rows)


def meanings(keys: Mapping[str, str]) -> str:
    """Keys and what they mean."""
    return table(("key", "meaning"), [(f"`{key}`", meaning) for key, meaning in keys.items()])


def mapping_block(name: str, mapping: Mapping[str, object]) -> str:
    """A mapping that ships, as a settings file would have it."""
    return f"```toml\n{toml_table(f'log.{name}', mapping)}```\n"


def toml_table(head: str, table: Mapping[str, object]) -> str:
    """A table of texts, lists of texts and tables, those last."""
    inner = {
        key: cast("Mapping[str, object]", value)
        for key, value in table.items()
        if isinstance(value, Mapping)
    }
    lines = [f"[{head}]"]
    lines += (
        f"{key if re.fullmatch(r'[A-Za-z0-9_-]+', key) else json.dumps(key)} = {toml_value(value)}"
        for key, value in table.items()
        if key not in inner
    )
    below = (toml_table(f"{head}.{key}", each) for key, each in inner.items())
    return "\n".join(["\n".join(lines) + "\n", *below])


def toml_value(value: object) -> str:
    """A text, or a list of texts, in one line if it fits."""
    if not isinstance(value, list):
        return toml_text(str(value))
    texts = [toml_text(str(each)) for each in cast("list[object]", value)]
    line = f"[{', '.join(texts)}]"
    return line if len(line) <= 80 else "[\n" + "".join(f"    {each},\n" for each in texts) + "]"


def toml_text(text: str) -> str:
    """A text, in single quotes where it holds double ones."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def variables_table() -> str:
    """Tallybook's own variables: where its files are, and one for each setting."""
    rows = [
        ("`TALLY_HOME`", "the folder of all of Tallybook's own files", "`~/tallybook`"),
        ("`TALLY_CONFIG`", "your settings file", "`~/dotfiles/tally.toml`"),
        *(
            (f"`{name}`", SETTINGS[key].meaning, f"`{SETTINGS[key].example}`")
            for name, key in VARIABLES.items()
        ),
    ]
    return table(("variable", "meaning", "example"), rows)


def exits_table() -> str:
    """Exit codes and what they mean."""
    rows = [
        (str(code), f"{each.short}: {each.more}" if each.more else each.short)
        for code, each in EXITS.items()
    ]
    return table(("code", "meaning"), rows)


def keys_table() -> str:
    """The keys of the live screen, by what they are about."""
    by_group = sorted(
        KEYS, key=lambda each: [*dict.fromkeys(k.group for k in KEYS)].index(each.group)
    )
    rows = [
        (" ".join(f"`{name}`" for name in key_names(each.keys)), each.tip, f"`{each.id}`")
        for each in by_group
    ]
    return table(("key", "does", "name"), rows)


def conventions_table() -> str:
    """How each API counts."""
    told = ("cache inside input", "reasoning inside output")
    return table(("API", "provider", "dialect", *told, "stream"), conventions())


def made() -> Mapping[Path, str]:
    """Every page that is made, or has a part that is, as it should be now."""
    tables = {
        "settings": settings_table,
        **{f"{kind}keys": partial(table_of_keys, kind) for kind in TABLE_KEYS},
        "logkeys": lambda: meanings(FIXED),
        "logfields": lambda: meanings(FIELDS),
        "litellm": lambda: mapping_block("litellm", litellm.MAPPING),
        "envoy_ai_gateway": lambda: mapping_block("envoy-ai-gateway", envoy_ai_gateway.MAPPING),
        "variables": variables_table,
        "exits": exits_table,
        "conventions": conventions_table,
        "examples": lambda: "\n" + "\n".join(chapters()) + "\n",
        "guesses": lambda: table(("guess", "meaning"), guesses()),
        "topkeys": keys_table,
    }
    pages = {DOCS / "options.md": options_page(), DOCS / "config.schema.json": schema_text() + "\n"}
    for page in DOCS.rglob("*.md"):
        old = page.read_text("utf-8")
        if MARK.search(old):
            pages[page] = MARK.sub(lambda m: f"{m[1]}{tables[m[2]]()}{m[3]}", old)
    return pages


def main() -> int:
    """Write all of them, or compare. Returns the exit code."""
    stale: list[str] = []
    for page, text in made().items():
        if not page.exists() or page.read_text("utf-8") != text:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(text, "utf-8")
    word = "stale (make docs writes them)" if "--check" in sys.argv else "written"
    print(f"{word}: {', '.join(stale) or 'none'}")
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
