"""The options that reading commands share, and what was asked with them.

Options are declared once here; turning them into a question is done by `asking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import click

from ..errors import UsageMistake
from ..query import DIMENSIONS, OTHER_NAMES
from .teaching import JQ, Said, counted, translated

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md")

HELP_FIELDS = (("help",), ("?",))
"""What `--fields` is given by who wants to know which there are."""

_MANY = frozenset({"by", "where", *DIMENSIONS})
"""The keys that a question may have more than one of."""

_ASKING = ("since", "until", "last", "sort", "limit")
"""The other keys of pairs that make the question; what is left concerns how it is understood or
shown."""

_SHORT_FILTERS = ("source", "provider", "model", "project", "agent", "account", "user", "session")
_F = TypeVar("_F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The shared options of one command line. `pairs` are those that make the question (see
    `tallybook.questions`); `fields` are as written, empty unless `--fields` was given; `others` are
    the other names of dimensions that were typed, by which these are headed."""

    pairs: tuple[tuple[str, str], ...] = ()
    format: str = "table"
    fields: tuple[str, ...] = ()
    tz: str | None = None
    week_start: str | None = None
    currency: str | None = None
    sync: bool = True
    quiet: bool = False
    colour: bool = True
    verbose: bool = False
    compact: bool = False
    amounts: tuple[str, ...] = ("cost",)
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, context: click.Context) -> Asked:
        """What the current command was given."""
        told = translated(context)
        single = _folded(said for said in (*_single(context), *told) if said.key not in _MANY)
        fields = _fields(_text(context, "fields"))
        _check(single, told, fields)
        texts = {key: said.text for key, said in single.items()}
        return cls(
            pairs=(
                *_many(context),
                *((said.key, said.text) for said in told if said.key in _MANY),
                *((key, texts[key]) for key in _ASKING if key in texts),
            ),
            format=texts.get("format", "table"),
            fields=fields,
            tz=texts.get("tz"),
            week_start=texts.get("week-start"),
            currency=texts.get("currency"),
            compact=_on(context, "compact"),
            amounts=_familiar_amounts(told),
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
        click.option(*_flags_of(name), multiple=True, metavar="X", help=f"Only this {name}.")
        for name in _SHORT_FILTERS
    )
    where = click.option(
        "--where", multiple=True, metavar="COND", help="dim=value, dim!=value or dim~part."
    )
    return _with(command, where, *shorts)


def _flags_of(dimension: str) -> list[str]:
    """The option that filters by a dimension, by its own name first."""
    others = (word for word, name in OTHER_NAMES.items() if name == dimension)
    return [f"--{name}" for name in (dimension, *others)]


def output_options(command: _F) -> _F:
    """`--json --format --fields --compact`"""
    return _with(
        command,
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        click.option("--format", type=click.Choice(FORMATS), help="How to print. [table]"),
        click.option("--fields", metavar="A,B", help="Only these fields; help lists them."),
        click.option("--compact", is_flag=True, help="Short numbers, classes joined."),
    )


def currency_option(command: _F) -> _F:
    """`--currency`"""
    meaning = "Amounts in this currency, by your own rates."
    return _with(command, click.option("--currency", metavar="CODE", help=meaning))


def order_options(command: _F) -> _F:
    """`--sort --limit`"""
    return _with(
        command,
        click.option("--sort", metavar="FIELD", help="Order; -FIELD falls, +FIELD rises."),
        click.option("--limit", metavar="N", help="At most N rows; 0 is no limit."),
    )


def path_options(command: _F) -> _F:
    """`--path --max-rotate`, also under the names that the old monitor of logs has for them; what
    is done with them is `beside`."""
    meaning = "Also this folder, file or pattern."
    return _with(
        command,
        click.option("--path", "--log-path", "paths", multiple=True, metavar="P", help=meaning),
        click.option(
            "--max-rotate",
            type=click.IntRange(min=0),
            metavar="N",
            help="Of each log, at most N rotated files.",
        ),
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


def _many(context: click.Context) -> list[tuple[str, str]]:
    pairs = [("by", text) for text in _texts(context, "by")]
    pairs += [("where", text) for text in _texts(context, "where")]
    return pairs + [(name, text) for name in DIMENSIONS for text in _texts(context, name)]


def _single(context: click.Context) -> Iterator[Said]:
    """What is said by options of ours that may be said once."""
    if _on(context, "as_json"):
        yield Said("--json", "format", "json")
    for key in (*_ASKING, "tz", "week-start", "currency", "format", "amounts"):
        text = _text(context, key.replace("-", "_"))
        if text is not None:
            yield Said(f"--{key}", key, counted(context, text) if key == "last" else text)


def _folded(parts: Iterable[Said]) -> dict[str, Said]:
    """One of each key. Raises `UsageMistake` where two say different things."""
    found: dict[str, Said] = {}
    for said in parts:
        other = found.setdefault(said.key, said)
        if said.text != other.text:
            raise excluding(other.flag, said.flag)
    return found


def excluding(first: str, second: str, hint: str = "give one of them") -> UsageMistake:
    """The mistake of two options that contradict each other."""
    return UsageMistake(f"{first} and {second} exclude each other", hint=hint)


def _check(single: Mapping[str, Said], told: Iterable[Said], fields: tuple[str, ...]) -> None:
    """What contradicts the chosen fields, or the words that tell which there are."""
    if fields and "amounts" in single:
        hint = "name the amounts among the fields: cost, reported, billed"
        raise excluding(single["amounts"].flag, "--fields", hint)
    if fields in HELP_FIELDS and any(said.flag == JQ for said in told):
        raise excluding(JQ, "--fields help")


def _familiar_amounts(told: Iterable[Said]) -> tuple[str, ...]:
    """The amounts that a familiar switch means; those of `--amounts` are read by `views`."""
    named = next((said.text for said in told if said.key == "amounts"), "cost")
    return (named,) if named else ()


def _fields(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageMistake("--fields names no field", hint="--fields help lists them")
    return names


def _text(context: click.Context, name: str) -> str | None:
    value: object = context.params.get(name)
    return value if isinstance(value, str) else None


def _texts(context: click.Context, name: str) -> tuple[str, ...]:
    value: object = context.params.get(name)
    return cast("tuple[str, ...]", value) if isinstance(value, tuple) else ()


def _on(context: click.Context, name: str) -> bool:
    return context.params.get(name) is True
