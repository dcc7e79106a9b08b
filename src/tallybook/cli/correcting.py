"""What `tally update` and `tally reset` have in common: which quota a word means, what stands of it
before and after, and writing a correction down.

A correction never touches recorded usage; how it counts is `tallybook.quotas`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import plain
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book
    from ..ledger.notices import Correction
    from ..quota import Quota
    from ..quotas import QuotaStanding

SCHEMA = "tallybook.correction/1"

_NAMED = 5
"""Those whom a mistake names."""

whose_option = click.option(
    "--for", "subject", metavar="VALUE", help="Of this one, where a quota is kept for each."
)


undo_option = click.option("--undo", is_flag=True, help="Take back what was entered last instead.")


class Corrected(NamedTuple):
    """A correction, written down or taken back, and what stood of the quota before and after."""

    correction: Correction
    before: QuotaStanding
    after: QuotaStanding
    withdrawn: bool = False


def meant(quotas: Sequence[Quota], word: str) -> Quota:
    """The quota of that name, or the only one for that provider or agent, of whose name a part
    between hyphens is enough: `copilot`, `claude`. Raises `UsageMistake` where there is none or
    there are several."""
    named = [each for each in quotas if each.name == word]
    whole = named or [each for each in quotas if word.lower() in _speaks_of(each)]
    found = whole or [each for each in quotas if _part_of(word.lower(), _speaks_of(each))]
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise UsageMistake(
            f"{word} has {len(found)} quotas: {names}",
            because="each of them counts something else",
            hint=f"name one of them, such as {found[0].name}",
        )
    if not found:
        known = [each.name for each in quotas]
        close = nearest(word, [*known, *(who for each in quotas for who in _speaks_of(each))])
        first = _beginning(word)
        raise UsageMistake(
            f"there is no quota of {word!r}",
            because=f"there are {', '.join(known)}" if known else "none is set yet",
            hint=f"did you mean {close}?" if close else first,
        )
    return found[0]


def _beginning(word: str) -> str:
    """How a quota for a plan, a balance or a provider is set."""
    from .initnames import BALANCES
    from .initplans import PLANS

    plan = next((each for each in PLANS if each.name == word), None)
    if plan is not None:
        return f"tally init --plan {word}={'300requests/' if plan.counted else ''}{plan.per}"
    if word in BALANCES:
        return f"tally init --balance {word}=20usd"
    return f"tally quota set {word} --limit '300 requests' --per month --provider {word}"


def _part_of(word: str, names: Iterable[str]) -> bool:
    return any(word in name.split("-") for name in names)


def _speaks_of(quota: Quota) -> set[str]:
    """The providers and agents that a quota is about."""
    return {
        value.lower()
        for each in quota.where
        if each.dimension in ("provider", "source") and each.op in ("=", "==")
        for value in each.values
    }


def standing_for(book: Book, quota: Quota, subject: str | None, now_ms: int) -> QuotaStanding:
    """What stands of a quota for one subject, who may have used nothing yet. Raises `UsageMistake`
    where it takes one and none is told, or the other way round."""
    from ..quotas import standing_of, standings

    if quota.each is None and subject is not None:
        raise UsageMistake(f"{quota.name} is one quota for all", hint=f"leave out --for {subject}")
    if quota.each is not None and subject is None:
        found = standings(book, [quota], now_ms)
        known = ", ".join(each.subject for each in found[:_NAMED] if each.subject)
        raise UsageMistake(
            f"{quota.name} is kept for each {quota.each}",
            because=f"there are {known}" if known else "nobody has used anything of it yet",
            hint=f"say whose: --for {quota.each.upper()}",
        )
    return standing_of(book, quota, subject or "", now_ms)


def correct(book: Book, before: QuotaStanding, correction: Correction) -> Corrected:
    """Write a correction down."""
    book.ledger.notices.correct(correction)
    return Corrected(correction, before, _after(book, before, correction.recorded_ms))


def take_back(book: Book, before: QuotaStanding, now_ms: int) -> Corrected:
    """Take back what was entered last. Raises `UsageMistake` where nothing was."""
    quota, subject = before.quota.name, before.subject
    gone = book.ledger.notices.withdraw(quota, subject)
    if gone is None:
        raise UsageMistake(
            f"nothing was entered by hand of {label(before)}", hint=f"tally quota list {quota}"
        )
    return Corrected(gone, before, _after(book, before, now_ms), withdrawn=True)


def _after(book: Book, before: QuotaStanding, now_ms: int) -> QuotaStanding:
    subject = before.subject if before.quota.each else None
    return standing_for(book, before.quota, subject, now_ms)


def taken_back_text(done: Corrected, now_ms: int) -> str:
    """What was taken back, and what stands now."""
    from ..clock import local
    from ..quota import limit_text
    from ..quotas import standing_text

    said, tz = done.correction, done.before.quota.window.tz
    what = {"set": "", "add": "+" if said.nanos >= 0 else "-", "reset": "a reset"}[said.kind]
    if said.kind != "reset":
        what += limit_text(abs(said.nanos), said.unit)
    when = f"{local(said.recorded_ms, tz):%Y-%m-%d %H:%M}"
    return f"taken back: {what}, entered {when}\n{standing_text(done.after, now_ms)}"


def show_json(shell: Shell, done: Sequence[Corrected], tz: str) -> None:
    """Corrections for programs."""
    from ..clock import iso

    rows = [_row(each, tz) for each in done]
    say(json_text({"schema": SCHEMA, "time": iso(shell.now_ms, tz), "rows": rows}))


def _row(done: Corrected, tz: str) -> dict[str, Any]:
    from ..clock import iso
    from ..model import decimal_text
    from ..quotas import standing_json

    said = done.correction
    return {
        "quota": said.quota,
        "subject": said.subject or None,
        "kind": said.kind,
        "at": iso(said.at_ms, tz),
        "amount": decimal_text(said.nanos),
        "unit": said.unit or None,
        "before": standing_json(done.before),
        "after": standing_json(done.after),
        "withdrawn": done.withdrawn,
    }


def label(standing: QuotaStanding) -> str:
    """Whose quota it is: `copilot`, `team: ada`."""
    return plain(": ".join(filter(None, (standing.quota.name, standing.subject))))


def undo_hint(verb: str, standing: QuotaStanding) -> str:
    """How what was just entered is taken back."""
    whose = f" --for {shlex.quote(standing.subject)}" if standing.quota.each else ""
    return f"to undo: tally {verb} {standing.quota.name}{whose} --undo"
