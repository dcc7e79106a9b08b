"""`tally session ID --explain` on a terminal: what was read of a session, what of it is counted
where, and by which rule, in plain English.

Everything comes from the ledger; the same facts in JSON are in `sessionjson`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..clock import iso
from ..format import DASH, compact, count, number, plain, size
from ..model import CLASSES, STATUS_RANK
from ..wording import assumed, short_id, spot, state_text
from .options import Asked
from .sessionjson import Opened
from .shell import Shell
from .tables import Column, Ink, draw, folded

if TYPE_CHECKING:
    from ..ledger.evidence import Call, Claimed, Explanation, PlaceRead

_BULLET = "- "
_CLASS_TITLES = ("Input", "Output", "Reason", "Cache rd", "Write 5m", "Write 1h")


def explanation_lines(shell: Shell, asked: Asked, opened: Opened) -> list[str]:
    """All sections that have something to say."""
    told = opened.explanation
    if told is None:
        return []
    ink = Ink(on=shell.colour and asked.colour)
    lines: list[str] = []
    for title, points in (
        ("What is counted here", _own(told)),
        ("What is shown here and counted elsewhere", _copies(told, opened.found.forked_from)),
        ("What is a guess, or only a part", _doubts(told)),
        ("What could not be read", _unreadable(shell, told)),
    ):
        said = [part for point in points for part in folded(_BULLET + point, shell.width)]
        lines += ["", ink.bold(title), *said] if said else []
    plainly = [each for each in told.claims if not _derives(each)]
    if plainly:
        lines += ["", ink.bold("The agent's own running totals")]
        lines += [part for each in plainly for part in folded(_agrees(each), shell.width)]
    for claim in filter(_derives, told.claims):
        lines += _sum(claim, opened.tz, ink, shell.width)
    return [*lines, *_places(shell, told.places, ink)]


def _own(told: Explanation) -> Iterator[str]:
    calls = [each for each in told.own if each.witness]
    alone = sum(not each.seen_in for each in calls)
    if not calls:
        yield "no call: nothing that was read was first made in this session"
    if alone:
        yield f"{count(alone, 'call')} that no other session shows"
    for session, times in _by_count(name for each in calls for name in each.seen_in):
        yield (
            f"{count(times, 'call')} that session {short_id(session)} shows too: joined with"
            " its copies, and counted once, here, where they were made"
        )
    for call in told.own:
        if not call.witness:
            yield (
                f"{compact(sum(call.counts))} tokens of {plain(call.model)} that no call shows,"
                " only the agent's own running totals (recovered, see below)"
            )


def _copies(told: Explanation, forked_from: str) -> Iterator[str]:
    owners = _by_count(each.who.session or "" for each in told.copies)
    for owner, times in owners:
        why = "fork" if owner == forked_from else "copied history"
        are = "is a copy" if times == 1 else "are copies"
        name = short_id(owner) or "without a name"
        yield f"{count(times, 'call')} {are} of session {name} ({why}): counted there"
    if owners:
        yield (
            "the rule: a call belongs to the session that made it, told by its place of origin and"
            " never by the order of reading"
        )


def _doubts(told: Explanation) -> Iterator[str]:
    calls = [each for each in told.own if each.witness]
    states = Counter(each.status for each in calls)
    for status in sorted(states, key=lambda word: STATUS_RANK.get(word, 0)):
        if status != "complete":
            yield f"{count(states[status], 'call')} {state_text(status)}"
    told_by_state = {"broken-attempt"} if states["partial"] else set[str]()
    codes = (code for each in calls for code in _codes(each) if code not in told_by_state)
    for code, times in _by_count(codes):
        yield f"{count(times, 'call')}: {assumed(code)}"
    for each in told.own:
        if not each.witness:
            yield from (f"recovered {plain(each.model)}: {assumed(code)}" for code in _codes(each))
    unpriced: Counter[str] = Counter()
    for each in told.own:
        unpriced[each.model] += each.unpriced
    for model, tokens in unpriced.items():
        if tokens:
            yield f"{compact(tokens)} tokens of {plain(model)} have no price: tally help prices"


def _unreadable(shell: Shell, told: Explanation) -> Iterator[str]:
    for each in told.complaints:
        where = f"{shell.shown(each.place)}, {spot(each.place, each.position)}"
        yield f"{where}: {plain(each.reason)}"


def _codes(call: Call) -> Iterable[str]:
    return dict.fromkeys(filter(None, (*call.note.split(";"), *call.assumptions)))


def _by_count(words: Iterable[str]) -> list[tuple[str, int]]:
    """Words with how often they came, the most frequent first; few, so that they stay readable."""
    return sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))


def _derives(claim: Claimed) -> bool:
    """Whether an agent's totals say more than the calls that are counted here."""
    return any(claim.recovered) or any(claim.inherited)


def _agrees(claim: Claimed) -> str:
    said, known = sum(claim.claimed), sum(claim.owned)
    model = plain(claim.model)
    if claim.claimed == claim.owned:
        return f"{_BULLET}{model}: {number(said)} tokens, exactly those of the calls counted here"
    return (
        f"{_BULLET}{model}: {number(said)} tokens, and {number(known)} in the calls counted here:"
        " nothing to recover"
    )


def _sum(claim: Claimed, tz: str, ink: Ink, width: int) -> list[str]:
    """The arithmetic of recovered tokens for one model that the agent counted."""
    seen = iso(claim.seen_ms, tz)[:16].replace("T", " ")
    told = f"The agent's own totals of {plain(claim.model)}, as of {seen}"
    heading = [ink.bold(line) for line in folded(told, width)]
    return ["", *heading, "", *draw(_sum_columns(claim), width, ink, total=True)]


def _sum_columns(claim: Claimed) -> list[Column]:
    origin = f" from {short_id(claim.origin)}" if claim.origin else ""
    rows = (
        ("its running totals", claim.claimed),
        ("- calls counted here", claim.owned),
        (f"- what came{origin}", claim.inherited),
        ("= recovered", claim.recovered),
    )
    shown = [row for row in rows if any(row[1]) or row[0].startswith("=")]
    names = Column("", tuple(name for name, _ in shown), text=True, least=26)
    classes = [
        Column(title, tuple(compact(counts[at]) for _, counts in shown))
        for at, title in enumerate(_CLASS_TITLES[: len(CLASSES)])
        if claim.claimed[at]
    ]
    total = Column("Total", tuple(compact(sum(counts)) for _, counts in shown))
    return [names, *classes, total]


def _places(shell: Shell, places: Sequence[PlaceRead], ink: Ink) -> list[str]:
    if not places:
        return []
    columns = [
        Column("Place", tuple(shell.shown(each.place) for each in places), text=True, least=30),
        Column("Read", tuple(_read(each) for each in places)),
        Column("Calls", tuple(number(each.calls) for each in places)),
    ]
    return ["", ink.bold("Where it was read"), "", *draw(columns, shell.width, ink)]


def _read(place: PlaceRead) -> str:
    if place.size is None:
        return DASH
    return "watched" if place.size < 0 else size(place.size)
