"""The first word of a command line where it is not simply a command of ours: a source, as in
`tally claude daily`, a verb of another tool, or nothing but options.

What those tools' switches mean is `familiar`; words that stand for a fixed beginning are
`app.ALIASES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..errors import UsageMistake
from ..sources import source_names
from .teaching import HELP, flags_of

if TYPE_CHECKING:
    from .shell import Shell

_UNREAD = (
    *("amp", "antigravity", "codebuff", "copilot", "droid", "goose", "grok"),
    *("hermes", "kilo", "kimi", "openclaw", "pi", "qwen", "zcode"),
)
"""Agents that ccusage has commands for. Those that can be read here are sources."""

_NO_PAGES = "there are no pages for a browser yet"
_INSTEAD = "tally watch, tally sessions, or tally session ID --rounds"
_NO_SWITCHING = "another program's configuration is not written here"
_ABSENT = {
    "serve": (_NO_PAGES, _INSTEAD),
    "webserver": (_NO_PAGES, _INSTEAD),
    "switch": (_NO_SWITCHING, "tally usage model shows which models run"),
    "undo": (_NO_SWITCHING, "tally update NAME --undo, or tally reset NAME --undo"),
    "validate-models": ("there are no fallback chains here", "tally price audit, or tally doctor"),
}
_READERS = ("sync", "watch")
_WHOLE = ("status", "statusline")
"""Commands that are never about one source."""


def source_of(word: str, shell: Shell | None = None) -> str | None:
    """The source that a first word names: one that ships, a log of the settings (as far as these
    are understood), or one by the first part of its name, as `claude` is `claude-code`."""
    if word in source_names():
        return word
    from ..settings import survey_settings
    from .shell import Shell

    if word in survey_settings((shell or Shell.real()).surroundings)[0].logs:
        return word
    return next((name for name in source_names() if word == name.split("-")[0]), None)


def translated_words(words: Sequence[str], shell: Shell | None = None) -> list[str]:
    """A command line whose first word is no command, in words that are; as it is if that can't
    be done. Raises `UsageMistake` for what other tools have and this one has not."""
    first, rest = words[0], list(words[1:])
    if source := source_of(first, shell):
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
    if rest[0] in _WHOLE:
        return rest
    if rest[0] in _READERS:
        return [rest[0], source, *rest[1:]]
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
