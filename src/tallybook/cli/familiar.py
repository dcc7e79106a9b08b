"""Switches as users of other tools type them (ccusage above all, and the session monitor of a
gateway): what they mean here, or what is answered to them. They stand in no `--help`; the pages
docs/from-….md have every one.

How commands get them is `teaching`, first words such as `list` are `firstword`, the commands' own
options are `options`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, cast

import click

from ..errors import UsageMistake
from ..query import BUCKETS

Pairs = list[tuple[str, str]]
Meaning = Callable[[click.Context, str], Pairs]
"""Turns the value of a switch into pairs of a question (see `tallybook.questions`); beside those
`format`, and `amounts` with the fields of amounts."""

READING = ("usage", "sessions", "blocks", "today", "session")
"""The commands that know these switches."""

_REPORTS = ("usage", "sessions", "blocks")
_LISTING = (*_REPORTS, "today")

FOLLOWING = ("sync", "watch", "export")
"""The commands that know those switches of a monitor that say where it keeps what it knows."""


class Switch(NamedTuple):
    """One switch: its spellings, the name of its value (none for a flag, `a|b` where it is one of
    these), and the commands that understand it, with its meaning for each. The others answer
    with `why` not and what to do `instead`; where that is nothing, it changes nothing."""

    flags: tuple[str, ...]
    takes: str = ""
    understood: Mapping[str, Meaning] = {}
    instead: str = ""
    why: str = ""


def grouping_words(context: click.Context) -> list[str]:
    """What the rows are grouped by, as words of the command line; empty where it says nothing."""
    words = cast("tuple[str, ...]", context.params.get("words") or ())
    by = cast("tuple[str, ...]", context.params.get("by") or ())
    return [part.strip() for word in (*words, *by) for part in word.split(",")]


def command_name(context: click.Context) -> str:
    """The name of the current command in the tree, whatever alias was typed."""
    return context.command.name or ""


def _as(key: str) -> Meaning:
    return lambda _context, text: [(key, text)]


def _always(*pairs: tuple[str, str]) -> Meaning:
    return lambda _context, _text: list(pairs)


def _also_by(dimension: str) -> Meaning:
    """One more grouping: of days, if nothing else is grouped by."""

    def pairs(context: click.Context, _text: str) -> Pairs:
        return [*([] if grouping_words(context) else [("by", "day")]), ("by", dimension)]

    return pairs


def _second_session(_context: click.Context, text: str) -> Pairs:
    """`tally session` with no other id is `tally sessions` by now."""
    raise UsageMistake("one session has one id", hint=f"tally session {text}")


def _order(context: click.Context, text: str) -> Pairs:
    words = grouping_words(context) or ["day"]
    dated = any(word in (*BUCKETS, "date") for word in words)
    field = "last_at" if command_name(context) == "sessions" else "date" if dated else "total"
    return [("sort", f"{'-' if text == 'desc' else '+'}{field}")]


def _sort_by(_context: click.Context, text: str) -> Pairs:
    fields = {"tokens": "total", **dict.fromkeys(("date", "time", "updated"), "last_at")}
    return [("sort", f"-{fields.get(text, text)}")]


def _mode(_context: click.Context, text: str) -> Pairs:
    return [("amounts", "reported_cost")] if text == "display" else []


def _days(_context: click.Context, text: str) -> Pairs:
    return [("last", f"{text}d")]


def _everywhere(meaning: Meaning, names: Iterable[str] = READING) -> dict[str, Meaning]:
    return dict.fromkeys(names, meaning)


_MISMATCHES = "what differs from an agent's own cost has a column here"
_BOTH = "tally usage --amounts list,reported"
_NOT_LIVE = "a report is no live screen"
_WATCHED = "watch -n 5 tally blocks --active"
_ASKS = "a report asks the ledger; what reads a log is sync"
_WATCH_BUDGET = "tally watch --budget N"
_LEDGER = "TALLY_LEDGER=FILE before the command, or: tally config set ledger FILE"

SWITCHES: Mapping[str, Switch] = {
    "json": Switch(("-j",), understood=_everywhere(_always(("format", "json")))),
    "since": Switch(("-s",), "WHEN", _everywhere(_as("since"), _REPORTS), "tally usage --since"),
    "until": Switch(("-u",), "WHEN", _everywhere(_as("until"), _REPORTS), "tally usage --until"),
    "timezone": Switch(("--timezone", "-z"), "ZONE", _everywhere(_as("tz"))),
    "start_of_week": Switch(
        ("--start-of-week", "-w"),
        "DAY",
        _everywhere(_as("week-start"), _REPORTS),
        "tally usage week --week-start",
    ),
    "project": Switch(
        ("-p",),
        "NAME",
        _everywhere(_as("project"), _LISTING),
        "tally usage --project",
    ),
    "breakdown": Switch(
        ("--breakdown", "-b"),
        understood={"usage": _also_by("model")},
        instead="tally usage day model",
    ),
    "instances": Switch(
        ("--instances", "-i"),
        understood={"usage": _also_by("project")},
        instead="tally usage day project",
    ),
    "id": Switch(
        ("--id", "-i"),
        "ID",
        {"sessions": _as("session"), "session": _second_session},
        "tally session ID",
    ),
    "by_agent": Switch(
        ("--by-agent",), understood={"usage": _also_by("source")}, instead="tally usage source"
    ),
    "order": Switch(
        ("--order", "-o"),
        "asc|desc",
        _everywhere(_order, ("usage", "sessions")),
        "tally usage --sort",
    ),
    "mode": Switch(
        ("--mode", "-m"),
        "auto|calculate|display",
        _everywhere(_mode, ("usage", "blocks")),
        _BOTH,
    ),
    "no_cost": Switch(
        ("--no-cost",),
        understood=_everywhere(_always(("amounts", "")), ("usage", "blocks")),
        instead="tally usage --fields total",
    ),
    "days": Switch(("--days",), "N", {"usage": _days}, "tally usage day --last 7d"),
    "sort_by": Switch(
        ("--sort-by",), "FIELD", {"sessions": _sort_by}, "tally sessions --sort cost"
    ),
    "offline": Switch(
        ("--offline", "-O"), why="prices are always those that were shipped or are yours"
    ),
    "no_offline": Switch(
        ("--no-offline",), why="prices are never fetched while a question is asked"
    ),
    "single_thread": Switch(("--single-thread",), why="the ledger is asked, nothing is loaded"),
    "all": Switch(("--all",), why="every agent is counted unless --source names some"),
    "locale": Switch(
        ("--locale",), "LOCALE", why="dates are written as ISO 8601, whatever the language"
    ),
    "sections": Switch(
        ("--sections",),
        "LIST",
        why="one command gives one report",
        instead="tally daily --json, tally weekly --json, …: the ledger is read once anyway",
    ),
    "mismatches": Switch(("-d",), why=_MISMATCHES, instead=_BOTH),
    "debug_samples": Switch(("--debug-samples",), "N", why=_MISMATCHES, instead=_BOTH),
    "config": Switch(
        ("--config",),
        "FILE",
        why="the settings of other tools are not read; TALLY_CONFIG names a file of ours",
        instead="TALLY_CONFIG=FILE tally …, or tally config path",
    ),
    "aliases": Switch(
        ("--project-aliases",),
        "LIST",
        why="projects are called as their folders are",
        instead="tally usage project --where project~PART",
    ),
    "speed": Switch(
        ("--speed",),
        "TIER",
        why="each call is priced at the speed that is recorded with it",
        instead="tally help prices",
    ),
    "live": Switch(("--live",), why=_NOT_LIVE, instead=_WATCHED),
    "refresh": Switch(("--refresh-interval",), "SECONDS", why=_NOT_LIVE, instead=_WATCHED),
    "session_key": Switch(
        ("--session-key",), "ID", _everywhere(_as("session"), _LISTING), "tally session ID"
    ),
    "log_path": Switch(
        ("--log-path",), "PATH", why=_ASKS, instead="tally sync higress --log-path PATH"
    ),
    "max_rotate": Switch(
        ("--max-rotate",), "N", why=_ASKS, instead="tally sync higress --max-rotate N"
    ),
    "budget": Switch(
        ("--budget",), "N", why="a budget is held against what is watched", instead=_WATCH_BUDGET
    ),
    "output_dir": Switch(
        ("--output-dir", "--data-dir"),
        "FOLDER",
        why="sessions are rows of one ledger here, not files in a folder",
        instead=_LEDGER,
    ),
    "state_file": Switch(
        ("--state-file",),
        "FILE",
        why="how far each log was read is kept in the ledger, with what was read of it",
        instead=_LEDGER,
    ),
}
"""The switches of other tools, by their names."""

_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "tally usage": (
        *("--since WHEN", "--until WHEN", "--last SPAN", "--week-start DAY"),
        *("--by A", "--sort FIELD", "--limit N", "--compare KIND", "--chart", "--amounts A"),
    ),
    "tally sessions": (
        *("--where COND", "--source X", "--provider X", "--model X", "--project X", "--agent X"),
        *("--account X", "--user X", "--consumer X", "--session X", "--format F", "--fields A"),
        *("--compact", "--tree"),
    ),
}
"""Options of ours, with the names of their values, and a command that has them."""

OWN: Mapping[str, Switch] = {
    f"own_{flag[2:].replace('-', '_')}": Switch((flag,), takes, instead=f"{there} {flag}")
    for there, spelled in _ELSEWHERE.items()
    for flag, _, takes in (each.partition(" ") for each in spelled)
}
"""The same as switches: a command without one of them says where it is."""

_KEPT = ("budget", "output_dir", "state_file")
_ONCE = "sync reads what there is and ends; tally watch goes on"
_NO_WORDS = "an export never has the words of a conversation"


def switches_of(command: str) -> Mapping[str, Switch]:
    """The switches of others that a command knows, by their names."""
    if command in READING:
        return {**SWITCHES, **OWN}
    if command not in FOLLOWING:
        return {}
    idle = {
        "refresh": Switch(("--refresh-interval",), "SECONDS", why=_ONCE),
        "no_messages": Switch(("--no-messages",), why=_NO_WORDS),
    }
    return {**{name: SWITCHES[name] for name in _KEPT}, **idle}
