"""The first word of a command line where it is not simply a command of ours: a source, as in
`tally claude daily`, a verb of another tool, or nothing but options.

What those tools' switches mean is `familiar`; words that stand for a fixed beginning are
`app.ALIASES`.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..errors import UsageMistake
from ..sources import source_names
from .teaching import HELP, flags_of

_UNREAD = (
    *("amp", "antigravity", "codebuff", "copilot", "droid", "goose", "grok"),
    *("hermes", "kilo", "kimi", "openclaw", "pi", "qwen", "zcode"),
)
"""Agents that ccusage has commands for. Those that can be read here are sources."""

_ABSENT = {
    "statusline": ("there is no status line yet", "tally blocks --active, or tally today"),
    "export": ("there is no export yet", "tally usage --format csv, json, jsonl or md"),
    "init": ("there is nothing to set up", "tally sync, or tally config show"),
}
_REPORT = "report"
_PERIODS = ("daily", "weekly", "monthly")


def sources_by_word() -> dict[str, str]:
    """The sources by their names and by the first part of these: `claude` is `claude-code`."""
    return {word: name for name in source_names() for word in (name.split("-")[0], name)}


def translated_words(words: Sequence[str]) -> list[str]:
    """A command line whose first word is no command, in words that are; as it is if that can't
    be done. Raises `UsageMistake` for what other tools have and this one has not."""
    first, rest = words[0], list(words[1:])
    if first == _REPORT:
        return rest if rest[:1] and rest[0] in _PERIODS else ["usage", *rest]
    if source := sources_by_word().get(first):
        return _of_source(source, rest)
    if first in _UNREAD:
        raise UsageMistake(
            f"{first} can't be read yet",
            because=f"known sources are: {', '.join(source_names())}",
            hint="tally source list",
        )
    if first in _ABSENT:
        what, instead = _ABSENT[first]
        raise UsageMistake(what, hint=instead)
    return list(words)


def _of_source(source: str, rest: list[str]) -> list[str]:
    """`tally claude daily` is `tally daily --source claude-code`."""
    if not rest or rest[0].startswith("-"):
        return ["--source", source, *rest]
    if rest[0] in _ABSENT:
        return translated_words(rest)
    if rest[0] == "sync":
        return ["sync", source, *rest[1:]]
    if rest[0] == "session" and rest[1:] and not rest[1].startswith("-"):
        return rest
    return [rest[0], "--source", source, *rest[1:]]


def options_before(usage: click.Command, words: Sequence[str]) -> int:
    """How many words at the beginning are options and their values, as far as `tally usage`
    knows them."""
    valued = {flag for each in usage.params for flag in each.opts if not _is_flag(each)}
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in valued else 1
    return at


def _is_flag(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and option.is_flag


def lists_sessions(session: click.Command, words: Sequence[str]) -> bool:
    """Whether `tally session` is meant as ccusage's, which lists sessions: no id is given."""
    if {*HELP} & {*words}:
        return False
    context = click.Context(session, help_option_names=[*HELP])
    try:
        given, _, _ = session.make_parser(context).parse_args(list(words))
    except click.UsageError:
        return False
    return not isinstance(given.get("session_id"), str)


def fits(today: click.Command, options: Sequence[str]) -> bool:
    """Whether options without a command are those of `tally today`; else they are meant for
    `tally usage`."""
    known = flags_of(today)
    given = [word.split("=")[0] for word in options if word.startswith("-")]
    return all((word if word.startswith("--") else word[:2]) in known for word in given)
