"""The conversation of a session, round by round: words from wherever they still are, figures from
the ledger. Nothing is counted here, and nothing of it is kept.

An agent's own files tell which rounds a session had. A gateway's log does not: there the ledger
knows the calls, and where the line of each stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .reading import Round, Spot

if TYPE_CHECKING:
    from .ledger import Ledger
    from .ledger.evidence import Call
    from .sources.source import Source

UNRECORDED = "unrecorded"
"""What stands for the status of a round that the ledger has no event for."""

_AT_ONCE = 50
"""Rounds whose captured words are asked for at a time: each may hold a whole conversation."""


_FILE_OF_LOG = re.compile(r"(.+)#[0-9a-f]{8,}(?:\.\w+)?", re.DOTALL)


class Recalled(NamedTuple):
    """A round with what the ledger holds of its call: None if no usage was ever recorded for
    it. Of a `blackened` one some words are not shown as they stand where they were read."""

    round: Round
    call: Call | None
    blackened: bool = False

    @property
    def status(self) -> str:
        """The status of the call, or `unrecorded`."""
        return UNRECORDED if self.call is None else self.call.status


Captured = Callable[[Sequence[bytes]], Mapping[bytes, Round]]
"""Finds the captured words of calls by their identities."""

Opening = Callable[[str, Iterable[str]], "Source | None"]
"""Opens the source of a name, which has to find some places again; None if there is none."""


def recalled(ledger: Ledger, source: Source, session: str) -> Iterator[Recalled]:
    """The rounds of a session that the tool's own files tell, each with its call."""
    rounds = list(source.recall(session))
    calls = ledger.calls([key for each in rounds for key in each.keys])
    for each in rounds:
        yield Recalled(each, next((calls[key] for key in each.keys if key in calls), None))


def found_again(rounds: Iterable[Round], call: Call, number: int) -> Recalled:
    """One call with its words, out of the rounds that the tool's own files tell, of which no more
    are taken than are needed to find it. `number` is its place in the session."""
    found = next((each for each in rounds if not {*call.keys}.isdisjoint(each.keys)), None)
    return Recalled(_round(number, call, found), call)


def blackened(rounds: Iterable[Recalled], clean: Callable[[Round], Round]) -> Iterator[Recalled]:
    """Rounds as they may be shown. `clean` gives the same object where nothing had to go."""
    for each in rounds:
        one = clean(each.round)
        yield each._replace(round=one, blackened=one is not each.round)


def log_of(place: str) -> str:
    """The path of the log that a place is a file of, whatever that is called by now: a file of a
    log is known by how it begins. Empty for a place of another kind."""
    found = _FILE_OF_LOG.fullmatch(place)
    return found[1] if found else ""


def revisited(
    calls: Sequence[Call], opened: Opening, captured: Captured, first: int = 1
) -> Iterator[Recalled]:
    """The calls of a session, which are in the order of time, each with its words: captured whole,
    else where they still stand, else a preview of them that was captured. One round at a time,
    since each may hold the whole conversation so far; from the `first` one on, or the last if there
    are not so many."""
    begin = max(min(first, len(calls)) - 1, 0)
    files = _Files(calls, begin, opened)
    for start in range(begin, len(calls), _AT_ONCE):
        some = calls[start : start + _AT_ONCE]
        kept = captured([key for call in some for key in call.keys])
        for at, call in enumerate(some, start):
            found = next((kept[key] for key in call.keys if key in kept), None)
            if found is None or found.preview:
                there = files.find(at)
                found = found if there is None or (found and there.wordless) else there
            else:
                files.pass_over(at)
            yield Recalled(_round(at + 1, call, found), call)


class _Files:
    """The rounds that stand in files: in those of logs, and where a call was an agent's too, in
    that one's history, since the ledger knows one line of each call. Each file of a log is read
    once and forwards; what comes before its turn, because calls that ran abreast ended in another
    order, waits."""

    def __init__(self, calls: Sequence[Call], begin: int, opened: Opening) -> None:
        self._calls = calls
        self._at = {key: at for at, call in enumerate(calls) for key in call.keys}
        self._waiting: dict[int, Round] = {}
        places: dict[str, set[str]] = {}
        for call in calls[begin:]:
            places.setdefault(call.who.source, set()).add(call.place)
        self._sources = {maker: opened(maker, there) for maker, there in places.items()}
        self._logs = {maker for maker, source in self._sources.items() if _is_log(source)}
        spots: dict[tuple[str, str], list[Spot]] = {}
        for call in calls[begin:]:
            spot = Spot(call.keys, call.place, call.offset)
            spots.setdefault(self._home(call), []).append(spot)
        self._streams = {home: self._rounds(home, several) for home, several in spots.items()}

    def find(self, at: int) -> Round | None:
        """The round of a call, None if it stands nowhere any more."""
        if at in self._waiting:
            return self._waiting.pop(at)
        call = self._calls[at]
        for one in self._streams[self._home(call)]:  # goes on where it stood
            found = next((self._at[key] for key in one.keys if key in self._at), -1)
            if found == at:
                return one
            if found > at:
                self._waiting[found] = one
            if (
                found >= 0
                and call.who.source in self._logs
                and self._calls[found].offset > call.offset
            ):
                break
        return None

    def pass_over(self, at: int) -> None:
        """Let go of a round that nobody will ask for."""
        self._waiting.pop(at, None)

    def _home(self, call: Call) -> tuple[str, str]:
        """What a call is found in: a file of a log, or an agent's session."""
        maker = call.who.source
        return maker, call.place if maker in self._logs else call.who.session or ""

    def _rounds(self, home: tuple[str, str], spots: Sequence[Spot]) -> Iterator[Round]:
        from .sources.source import Revisiting

        maker, where = home
        source = self._sources[maker]
        if isinstance(source, Revisiting):
            yield from source.revisit(sorted(spots, key=lambda spot: spot.offset))
        elif source is not None:
            yield from source.recall(where)


def _is_log(source: Source | None) -> bool:
    from .sources.source import Revisiting

    return isinstance(source, Revisiting)


def _round(number: int, call: Call, found: Round | None) -> Round:
    """A round as the ledger numbers and times it, without words if there are none any more."""
    one = found or Round(number, call.started_ms, call.model, keys=call.keys, origin="rotated")
    length = call.ended_ms - call.started_ms
    first = call.first_token_ms
    return one._replace(
        number=number,
        started_ms=call.started_ms,
        model=call.model or one.model,
        duration_ms=(length or None) if one.duration_ms is None else one.duration_ms,
        first_token_ms=one.first_token_ms if first is None else first,
        agent=one.agent or call.who.agent or "",
    )
