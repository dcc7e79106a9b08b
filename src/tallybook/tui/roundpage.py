"""What the screen of one round shows, as plain values: its facts, what each class of its tokens
cost and by which card, and what was said. Made in the asker's thread: here words are read, those
of this one round. No Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..charging import requoted
from ..format import number, plain, tilde
from ..roundwords import Passage, Setting, metered, parts_of, passages, round_facts
from ..wording import assumed
from .section import Section, text_section

if TYPE_CHECKING:
    from ..book import Book
    from ..charges import Charge
    from ..ledger.evidence import Call
    from ..recalling import Recalled

_BASES: Mapping[str, str] = MappingProxyType(
    {
        "rated": "the rates of its own model",
        "alias": "the rates of the model that its name stands for",
        "override": "the rates of your own price file",
        "estimate": "an estimate, by the rates of another model",
        "free": "free of charge",
    }
)
"""What a price is taken from, in words."""

_BLACKENED = "[redacted]: what looks like a secret in a gateway's log is not shown"
_OLDER = "it was priced by an older price book, and the amount stands: tally price explain"
_SILENT = "No words of this round are written down."


class Wanted(NamedTuple):
    """Which round is asked for: its place in its session, and where it is looked at."""

    source: str
    session: str
    number: int
    tz: str
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPage:
    """A round as its screen shows it; `last` is the number of the session's last one."""

    title: str
    number: int
    last: int
    sections: tuple[Section, ...]


def round_page(book: Book, wanted: Wanted) -> RoundPage | None:
    """The page of a round; None where the session has none at that place."""
    found = book.session(wanted.session, wanted.source)
    each = None if found is None else book.round(found, wanted.number)
    if found is None or each is None:
        return None
    sections = [*_known(book, each, wanted), *map(_said, passages(each.round))]
    if not any(passages(each.round)) and not each.round.wordless:
        sections.append(Section(text=_SILENT))
    if book.unread is not None:
        sections.append(Section(title="Not read", text=book.unread.because or str(book.unread)))
    return RoundPage(
        title=plain(found.title),
        number=wanted.number,
        last=len(book.ledger.turns(found.source, found.session_id)),
        sections=tuple(sections),
    )


def _known(book: Book, each: Recalled, wanted: Wanted) -> Iterator[Section]:
    """What the ledger knows of the round."""

    def shown(path: str) -> str:
        return plain(tilde(path, wanted.home))

    where = Setting(wanted.session, wanted.tz, shown, _BLACKENED)
    facts = tuple(pair for pair in round_facts(each, where) if pair != ("state", "complete"))
    yield Section(title=f"Round {number(wanted.number)}", facts=facts)
    if each.call is None or not metered(each.call):
        return
    charge = book.charge(each.call)
    parts = [("class", "tokens", "rate", "amount"), *parts_of(each.call, charge)]
    told = [column for column in zip(*parts, strict=True) if any(column[1:])]
    rows = tuple(zip(*told, strict=True))
    yield Section(
        title="What it cost", table=rows, facts=tuple(_price_facts(book, each.call, charge))
    )


def _price_facts(book: Book, call: Call, charge: Charge | None) -> Iterator[tuple[str, str]]:
    """Where the rates come from, and what was guessed; or why there are none."""
    if charge is None:
        why = requoted(call, book.prices).reason if call.cost is None else _OLDER
        yield "no rates", plain(why or "nothing is known of them")
        return
    yield "card", plain(charge.card)
    yield "by", _BASES[charge.basis]
    for code in sorted(charge.assumptions):
        yield "assumed", assumed(code)
    if charge.unpriced:
        yield "no rate", f"for {number(charge.unpriced)} tokens, which are not in the amount"


def _said(passage: Passage) -> Section:
    """What was said: thoughts, tools and the messages that came before are folded."""
    folded = passage.kind in ("thoughts", "tool", "message")
    return text_section(passage.title, passage.text, folded=folded)
