"""The options that reading commands share, and what was asked with them.

Options are declared once here; turning them into a question is done by `asking`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import click

from ..errors import UsageMistake
from ..query import DIMENSIONS

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md")

_SHORT_FILTERS = ("source", "provider", "model", "project", "agent", "account", "user", "session")
_F = TypeVar("_F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The shared options of one command line. `pairs` are those that make the question (see
    `tallybook.questions`); `fields` are as written, empty unless `--fields` was given."""

    pairs: tuple[tuple[str, str], ...] = ()
    format: str = "table"
    fields: tuple[str, ...] = ()
    tz: str | None = None
    week_start: str | None = None
    sync: bool = True
    quiet: bool = False
    colour: bool = True
    verbose: bool = False

    @classmethod
    def of(cls, context: click.Context) -> Asked:
        """What the current command was given."""
        return cls(
            pairs=tuple(_pairs(context)),
            format=_format(context),
            fields=_fields(_text(context, "fields")),
            tz=_text(context, "tz"),
            week_start=_text(context, "week_start"),
            sync=not _on(context, "no_sync"),
            quiet=_on(context, "quiet"),
            colour=not _on(context, "no_color"),
            verbose=_on(context, "verbose"),
        )


def time_options(command: _F) -> _F:
    """`--since --until --last --tz --week-start`"""
    return _with(
        command,
        click.option("--since", metavar="WHEN", help="From then on: a word, a date, a time, all."),
        click.option("--until", metavar="WHEN", help="Up to and with that day, week, month."),
        click.option("--last", metavar="SPAN", help="The last 24h, 7d, 4w, 3mo, 1y."),
        click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days."),
        click.option("--week-start", metavar="DAY", help="First day of the week."),
    )


def filter_options(command: _F) -> _F:
    """`--where` and its short forms."""
    shorts = (
        click.option(f"--{name}", multiple=True, metavar="X", help=f"Only this {name}.")
        for name in _SHORT_FILTERS
    )
    where = click.option(
        "--where", multiple=True, metavar="COND", help="dim=value, dim!=value or dim~part."
    )
    return _with(command, where, *shorts)


def output_options(command: _F) -> _F:
    """`--json --format --fields`"""
    return _with(
        command,
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        click.option("--format", type=click.Choice(FORMATS), help="How to print. [table]"),
        click.option("--fields", metavar="A,B", help="Only these fields; help lists them."),
    )


def order_options(command: _F) -> _F:
    """`--sort --limit`"""
    return _with(
        command,
        click.option("--sort", metavar="FIELD", help="Order; -FIELD falls, +FIELD rises."),
        click.option("--limit", metavar="N", help="At most N rows; 0 is no limit."),
    )


def run_options(command: _F) -> _F:
    """`--quiet --no-color --verbose --debug`"""
    return _with(
        command,
        click.option("--quiet", "-q", is_flag=True, help="Only errors on stderr."),
        click.option("--no-color", is_flag=True, help="No colour (as NO_COLOR)."),
        click.option("--verbose", "-v", is_flag=True, help="More about what is done."),
        click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
    )


def sync_option(command: _F) -> _F:
    """`--no-sync`"""
    return _with(
        command,
        click.option("--no-sync", is_flag=True, help="Ask the ledger as it is, read nothing."),
    )


def json_option(command: _F) -> _F:
    """`--json` alone, for commands whose answer is no table of rows."""
    return _with(command, click.option("--json", "as_json", is_flag=True, help="As JSON."))


def _with(command: _F, *decorators: Callable[[_F], _F]) -> _F:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def _pairs(context: click.Context) -> list[tuple[str, str]]:
    pairs = [("by", text) for text in _texts(context, "by")]
    pairs += [("where", text) for text in _texts(context, "where")]
    pairs += [(name, text) for name in DIMENSIONS for text in _texts(context, name)]
    for key in ("since", "until", "last", "sort", "limit"):
        text = _text(context, key)
        pairs += [] if text is None else [(key, text)]
    return pairs


def _fields(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageMistake("--fields names no field", hint="--fields help lists them")
    return names


def _format(context: click.Context) -> str:
    named = _text(context, "format")
    if _on(context, "as_json") and named not in (None, "json"):
        raise UsageMistake(
            f"--json and --format {named} exclude each other", hint="give one of them"
        )
    return "json" if _on(context, "as_json") else named or "table"


def _text(context: click.Context, name: str) -> str | None:
    value: object = context.params.get(name)
    return value if isinstance(value, str) else None


def _texts(context: click.Context, name: str) -> tuple[str, ...]:
    value: object = context.params.get(name)
    return cast("tuple[str, ...]", value) if isinstance(value, tuple) else ()


def _on(context: click.Context, name: str) -> bool:
    return context.params.get(name) is True
