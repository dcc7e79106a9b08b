"""The documents say what the program does: commands, options, settings, variables, exit codes,
sources and links. What is missing on either side fails, and so does an example that does not
run or shows something else than the program."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from tallybook import errors
from tallybook.book import Book
from tallybook.cli.app import ALIASES, tally
from tallybook.cli.boundary import INTERRUPTED, run
from tallybook.cli.demo import SAMPLES
from tallybook.cli.exits import EXITS
from tallybook.cli.shell import Shell
from tallybook.cli.topics import TOPICS
from tallybook.ledger.schema import MIGRATIONS
from tallybook.settings import VARIABLES, Settings, Surroundings
from tallybook.settings.keys import SOURCE_KEYS
from tallybook.settings.logs import FIELDS, FIXED
from tallybook.settings.tablekeys import TABLE_KEYS
from tallybook.sources import open_source, source_names

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/tallybook"
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOW = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp() * 1000)
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
    assert re.search(rf"{re.escape(path)}(?![\w-])", text("docs/commands.md")), path
    page = text("docs/options.md")
    missing = [o for o in sorted(options(TREE[path])) if not re.search(rf"{o}(?![\w-])", page)]
    assert missing == []


def test_what_is_made_from_the_program_is_current() -> None:
    tool = [sys.executable, str(ROOT / "tools/make_docs.py"), "--check"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_is_documented(alias: str) -> None:
    written = [page.read_text("utf-8") for page in DOCS if page.name != "options.md"]
    assert any(f"tally {alias}" in page for page in written)


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
    return not words or words[0] in ALIASES or f"tally {words[0]}" in TREE or words[0][0] == "@"


class Example(NamedTuple):
    """One command line in a document, and what it shows, if it shows anything."""

    words: list[str]
    shown: str


def examples(page: str) -> list[Example]:
    """The command lines of a page: of `console` blocks all, of `sh` blocks those that begin
    with `tally`. Comments, pipes and redirections are left out."""
    found: list[Example] = []
    for kind, block in FENCE.findall(page):
        prompt = {"console": r"\$ ", "sh": ""}.get(kind)
        if prompt is None:
            continue
        for call, shown in re.findall(rf"^{prompt}(tally\b.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            line = re.split(r"\s[|>#]", call)[0]
            answer = shown.strip("\n") if kind == "console" and line == call else ""
            found.append(Example(shlex.split(line)[1:], answer))
    return found


def shell_in(home: Path) -> Shell:
    """A shell in a home, at a moment shortly after the sample histories end."""
    return Shell(
        surroundings=Surroundings(
            environ={"TZ": "UTC", "USER": "ada"},
            home=home,
            cwd=home,
            config_file=home / "settings" / "config.toml",
            ledger_file=home / "ledger.db",
        ),
        now_ms=NOW,
        width=96,
        colour=False,
        live=False,
        open_book=Book.open,
    )


def fits(shown: str, said: str) -> bool:
    """Whether an output is what a page shows; a line of `…` stands for any lines."""
    rows = [".*" if row == "…" else re.escape(row) for row in shown.splitlines()]
    told = "\n".join(row.rstrip() for row in said.rstrip().splitlines())
    return re.fullmatch("\n".join(rows), told, re.DOTALL) is not None


def ran_wrong(lines: list[Example], home: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Which of some command lines, one after the other in a home with the sample histories,
    fail or print something else than is shown."""
    shutil.copytree(SAMPLES, home, dirs_exist_ok=True)
    wrong: list[str] = []
    for words, shown in lines:
        code = run(words, shell_in(home))
        said = capsys.readouterr()
        if code or not said.out + said.err or (shown and not fits(shown, said.out)):
            wrong.append(f"tally {shlex.join(words)}: {code}\n{said.err}{said.out}")
    return wrong


SHOWING = [page for page in DOCS if examples(page.read_text("utf-8"))]


def test_there_are_examples() -> None:
    assert {"README.md", "commands.md", "settings.md"} <= {page.name for page in SHOWING}


@pytest.mark.parametrize("page", SHOWING, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_example_runs_and_prints_what_it_shows(page: Path, home: Path, capsys) -> None:
    written = page.read_text("utf-8")
    for name, content in re.findall(r"^```\w+\n# ([\w-]+\.\w+)\n(.*?)^```", written, re.M | re.S):
        there = home / "settings" / name if name == "config.toml" else home / name
        there.parent.mkdir(exist_ok=True)
        there.write_text(content)  # files that the examples speak of
    assert ran_wrong(examples(written), home, capsys) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_the_examples_of_a_help_topic_run(topic: str, home: Path, capsys) -> None:
    lines = re.findall(r"^  (tally .*)$", TOPICS[topic].partition("Examples\n")[2], re.MULTILINE)
    assert lines or topic == "notes"
    (home / "my-prices.toml").write_text("schema = 1\n")  # what a reader would have written first
    assert ran_wrong([Example(shlex.split(line)[1:], "") for line in lines], home, capsys) == []


def test_a_page_that_shows_something_else_is_noticed() -> None:
    assert fits("a\n…\nz", "a\nb\nc\nz  \n")
    assert not fits("a\nz", "a\nb\nz")
    assert examples("```console\n$ tally usage  # days\nx\n$ tally\n1\n2\n```\n") == [
        Example(["usage"], ""),
        Example([], "1\n2"),
    ]


def test_every_setting_is_documented() -> None:
    page = text("docs/settings.md")
    fields = {field.name for field in dataclasses.fields(Settings)} - {
        "origins",
        "overlooked",
        "read_from",
        "files",
        "price_data",
        "content_file",
        *("sources", "logs", "tables"),  # tables, whose keys are asked for below
        *("quotas", "alerts", "views", "probes"),
        "max_rotate",  # an option's
    }
    keys = {*fields, *SOURCE_KEYS}
    assert [name for name in sorted(keys) if f"`{name}`" not in page] == []
    told = {key for keys in TABLE_KEYS.values() for key in keys}
    assert [name for name in sorted(told) if f"| `{name}` |" not in page] == []
    logs = text("docs/other-logs.md")
    assert [name for name in (*FIXED, *FIELDS) if f"| `{name}` |" not in logs] == []


def variables() -> set[str]:
    """Every environment variable that the program reads, by its name in the code."""
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    asking = "\n".join(source for source in sources if "environ" in source)
    asking = re.sub(r"getattr\(\s*subprocess, \"\w+\"", "", asking)  # what only Windows has
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
    assert {0, INTERRUPTED} | exit_codes(errors.TallyError) <= set(EXITS) == said


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
