"""What an agent may ask by way of `tally mcp`: questions only, each answered with the object that
the command of the same name gives with `--json`.

Nothing here knows the protocol; that is `mcp`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TallyError, UsageMistake
from ..query import Query, report_json
from ..questions import parse_query, period_pairs
from .asking import answer
from .intime import read_in_time

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt
    from ..periods import Frame
    from ..settings import Settings
    from .shell import Shell

_FRESH_S = 5.0
"""Seconds in which what was just read is new enough for the next question."""

_LONGEST_S = 20.0
"""How long is read, and others that write are waited for: agents give up after a minute."""

_MOST_ROWS = 1_000
_SPAN = re.compile(r"\d+\s*(h|d|w|mo|m|y|min)", re.IGNORECASE)


class _Read(NamedTuple):
    """What came of reading before an answer."""

    receipt: SyncReceipt | None = None
    hindered: str = ""

    def with_told(self, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer with what is not in it, if anything."""
        return {**answer, "not_read": self.hindered} if self.hindered else answer


class Desk:
    """Answers questions of one agent. The book is opened for each: calls come from any thread, and
    hours may lie between them."""

    def __init__(self, shell: Shell, settings: Settings) -> None:
        self._shell = shell
        self._settings = settings
        self._begun_s = time.monotonic()
        self._read_s: float | None = None

    def usage(
        self,
        by: str | Sequence[str] = "model",
        when: str = "7d",
        where: str | Sequence[str] = (),
        sort: str = "",
        limit: int = 50,
    ) -> dict[str, Any]:
        """What was used: tokens in six disjoint classes, calls, cost in exact decimals by currency.

        `by`: what the rows are, several as a list or with commas: hour, day, week, month, model,
        provider, source, session, title, project, agent, user, account, machine. `when`: today,
        yesterday, week, month, all, 2026-11, 2026-W47, 2026-11-20, the last 24h, 7d, 4w or 3mo, or
        from one to another, both included, as 2026-11-01..2026-11-15. `where`: a condition or
        several, such as model~opus, project=/srv/x, source=codex. `sort`: a field; -cost falls. A
        cost is what the use is worth at list price; `unpriced_tokens` are in no cost."""
        _demand(limit)
        pairs = [("by", ",".join(_several(by))), *_conditions(where), *self._times(when)]
        query = self._question([*pairs, *([("sort", sort)] if sort else [])])
        with self._opened() as (book, read):
            return read.with_told(
                report_json(answer(book, replace(query, limit=limit), read.receipt))
            )

    def sessions(self, when: str = "7d", limit: int = 20) -> dict[str, Any]:
        """Recent sessions, the latest first, with title, project, models, tokens and cost. `when`
        is as in `usage`."""
        from .sessionrows import Listing, listing_json

        _demand(limit)
        query = self._question([("by", "session,title"), ("sort", "-last_at"), *self._times(when)])
        with self._opened() as (book, read):
            report = book.sessions(replace(query, limit=limit))
            active_since = self._now_ms() - 1000 * self._settings.active_within
            return read.with_told(listing_json(Listing(report, None, active_since)))

    def current_session(self, session_id: str = "", folder: str = "") -> dict[str, Any]:
        """The session that asks, or another one by its id: its models, calls, tokens, cost, how its
        prompt grew. Without an id it is the one that the agent's environment names, else the latest
        in `folder` (an absolute path; where the server was started unless told). `found_by` says
        which of these it was."""
        from ..whose import whose_session
        from .sessionjson import Opened, session_json

        around = self._shell.surroundings
        with self._opened() as (book, read):
            place = Path(folder) if folder else around.cwd
            whose = whose_session(book.ledger, around.environ, place, session_id)
            if whose is None:
                raise TallyError("the ledger has no session yet", hint="tally doctor")
            found = book.session(whose.session, whose.source)
            if found is None:
                raise TallyError(
                    f"no session {whose.session!r} in the ledger",
                    because=f"it was found by {whose.said()}, and no call of it is recorded",
                    hint="the tool sessions lists those that are",
                )
            opened = Opened(found=found, tz=self._settings.tz, growth=book.growth(found))
            told = session_json(opened)
        del told["rounds"], told["growth"]["rounds"]  # an agent has to pay for every word
        return read.with_told({**told, "found_by": whose.by, "found_in": whose.detail or None})

    def quota_standing(self, names: str | Sequence[str] = ()) -> dict[str, Any]:
        """How much of each quota is used and left, when it begins anew, where the present pace
        leads, whether it is exceeded; and the official windows of providers as they were last seen,
        each with when that was. Of one that is `over` since, nobody knows what is used; one that is
        `stale` may well be fuller by now."""
        from ..limits import present_json, present_limits
        from ..quotas import standing_json

        with self._opened() as (book, read):
            now_ms = self._now_ms()
            standings = book.standings(now_ms, _several(names))
            limits = present_limits(book.ledger, now_ms)
        official = [present_json(each, self._settings.tz, now_ms) for each in limits]
        quotas = [standing_json(each) for each in standings]
        return read.with_told({"quotas": quotas, "official_limits": official})

    def advice(self, when: str = "30d", where: str | Sequence[str] = ()) -> dict[str, Any]:
        """What would have been cheaper, found by pricing once more what was really used: each with
        an amount, the period, what is assumed, and how sure it is. Amounts may overlap: never add
        them up."""
        from ..advice import advise, advised_json

        query = self._question([*self._times(when), *_conditions(where)])
        with self._opened() as (book, read):
            return read.with_told(advised_json(advise(book, query, self._now_ms()), query))

    def tools(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Every question by its name."""
        asked = (
            self.usage,
            self.sessions,
            self.current_session,
            self.quota_standing,
            self.advice,
        )
        return {each.__name__: each for each in asked}

    def _now_ms(self) -> int:
        """The present moment, counted on from that of the shell."""
        return self._shell.now_ms + int((time.monotonic() - self._begun_s) * 1000)

    def _frame(self) -> Frame:
        return self._shell.frame(self._settings)._replace(now_ms=self._now_ms())

    def _times(self, when: str) -> list[tuple[str, str]]:
        """A time as a question has it."""
        first, between, last = when.partition("..")
        if between:
            return [("since", first), ("until", last)]
        if _SPAN.fullmatch(when.strip()):
            return [("last", when)]
        return list(period_pairs(when, self._frame()))

    def _question(self, pairs: Iterable[tuple[str, str]]) -> Query:
        return replace(parse_query(pairs, self._frame()), currency=self._settings.currency)

    @contextmanager
    def _opened(self) -> Generator[tuple[Book, _Read]]:
        """The book, with what is new read into it unless that was just done."""
        with self._shell.open_book(self._settings) as book:
            now, read = time.monotonic(), _Read()
            if self._read_s is None or now - self._read_s >= _FRESH_S:
                read = _Read(*read_in_time(book, now + _LONGEST_S))
                self._read_s = None if read.hindered else now
            yield book, read


def _several(told: str | Sequence[str]) -> tuple[str, ...]:
    """What may be told as one text or as a list of them."""
    return (told,) if isinstance(told, str) else tuple(told)


def _conditions(where: str | Sequence[str]) -> list[tuple[str, str]]:
    return [("where", each) for each in _several(where)]


def _demand(limit: int) -> None:
    if not 1 <= limit <= _MOST_ROWS:
        raise UsageMistake(f"limit can't be {limit}", hint=f"use 1 to {_MOST_ROWS}")
