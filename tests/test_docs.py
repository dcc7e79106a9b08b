"""The documents say what the program does: commands, options, settings, variables, exit codes,
sources and links. What is missing on either side fails."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tallybook import errors
from tallybook.cli.app import ALIASES, tally
from tallybook.cli.boundary import INTERRUPTED
from tallybook.ledger.schema import MIGRATIONS
from tallybook.settings import VARIABLES, Settings
from tallybook.sources import open_source, source_names

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/tallybook"
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text(name: str) -> str:
    """One document."""
    return (ROOT / name).read_text("utf-8")


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """(full name, command) of a command and of everything below it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, f"{path} {name}"
            if not child.hidden:
                yield from commands(child, f"{path} {name}")


def options(command: click.Command) -> set[str]:
    """The long names of a command's options."""
    known = (p for p in command.params if isinstance(p, click.Option) and not p.hidden)
    return {n for p in known for n in (*p.opts, *p.secondary_opts) if n.startswith("--")}


TREE = dict(commands(tally, "tally"))


def test_the_tree_is_not_empty() -> None:
    assert len(TREE) > 12


@pytest.mark.parametrize("path", TREE)
def test_every_command_and_option_is_documented(path: str) -> None:
    page = text("docs/commands.md")
    assert re.search(rf"{re.escape(path)}(?![\w-])", page), path
    missing = [o for o in sorted(options(TREE[path])) if not re.search(rf"{o}(?![\w-])", page)]
    assert missing == []


@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_is_documented(alias: str) -> None:
    assert f"tally {alias}" in text("docs/commands.md")


def test_no_option_is_documented_that_does_not_exist() -> None:
    known = {o for command in TREE.values() for o in options(command)} | {"--help", "--version"}
    said = set(re.findall(r"`[^`\n]*?(--[a-z][a-z-]+)", text("docs/commands.md")))
    assert said - known == set()


@pytest.mark.parametrize("page", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_line_in_a_document_exists(page: Path) -> None:
    wrong: list[str] = []
    for kind, block in FENCE.findall(page.read_text("utf-8")):
        lines = block.splitlines() if kind in ("sh", "console") else []
        calls = (re.match(r"(?:\$ )?(?:uv run |uvx --from \. )?tally\b(.*)", x) for x in lines)
        wrong += [call[0] for call in calls if call and not is_a_command(call[1])]
    assert wrong == []


def is_a_command(rest: str) -> bool:
    """Whether the words after `tally`, up to an option or a comment, begin with a command."""
    words = re.split(r"\s(?:-|#|\||>)", f" {rest.strip()} ")[0].split()
    return not words or words[0] in ALIASES or f"tally {words[0]}" in TREE


def test_every_setting_is_documented() -> None:
    page = text("docs/settings.md")
    fields = {field.name for field in dataclasses.fields(Settings)} - {"origins", "files"}
    assert [name for name in sorted(fields) if f"`{name}`" not in page] == []


def variables() -> set[str]:
    """Every environment variable that the program reads, by its name in the code."""
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    asking = "\n".join(source for source in sources if "environ" in source)
    named = re.findall(r"\"([A-Z][A-Z0-9]*_[A-Z0-9_]+|TZ|HOME|COLUMNS|[A-Z]*APPDATA)\"", asking)
    return {
        *named,
        *VARIABLES,
        *(v for name in source_names() for v in open_source(name).variables),
    }


def test_every_variable_is_documented() -> None:
    assert {"TALLY_HOME", "TALLY_LEDGER", "TALLY_TZ", "TALLY_CONFIG"} <= variables()
    page = text("docs/environment.md")
    assert [name for name in sorted(variables()) if f"`{name}`" not in page] == []


def test_no_variable_of_ours_is_documented_that_is_not_read() -> None:
    said = set(re.findall(r"`(TALLY_[A-Z_]+)`", text("docs/environment.md")))
    assert said - variables() == set()


def exit_codes(kind: type[errors.TallyError]) -> set[int]:
    """The exit codes of an error and of everything below it."""
    below = (exit_codes(child) for child in kind.__subclasses__())
    return {kind.exit_code}.union(*below)


def test_every_exit_code_is_documented() -> None:
    said = set(map(int, re.findall(r"^\| (\d+) \|", text("docs/exit-codes.md"), re.MULTILINE)))
    assert {0, INTERRUPTED} | exit_codes(errors.TallyError) <= said


@pytest.mark.parametrize("name", source_names())
def test_every_source_has_a_page(name: str) -> None:
    source = open_source(name)
    page = text(f"docs/sources/{name}.md")
    assert source.title in page
    assert [v for v in source.variables if f"`{v}`" not in page] == []
    assert f"sources/{name}.md" in text("docs/index.md")


def anchors(page: str) -> set[str]:
    """The anchors that a host makes of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken: list[str] = []
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        found = file.exists() and (not anchor or anchor in anchors(file.read_text("utf-8")))
        broken += [] if found else [link]
    assert broken == []


def test_every_table_of_the_ledger_is_described() -> None:
    tables = set(re.findall(r"CREATE TABLE (\w+)", "".join(m.sql for m in MIGRATIONS)))
    said = set(re.findall(r"`(\w+)`", text("docs/ledger.md")))
    assert tables - said == set()


def test_every_page_is_in_the_index() -> None:
    index = text("docs/index.md")
    pages = [p.relative_to(ROOT / "docs") for p in DOCS if p.is_relative_to(ROOT / "docs")]
    assert [str(p) for p in pages if p.name != "index.md" and f"({p})" not in index] == []
