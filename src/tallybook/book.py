"""`Book`: settings, ledger, prices and sources, opened once. The public face of Tallybook.

Command line, pages and programs all work through it. What it opens, it opens late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from . import __version__
from .errors import ContentError
from .lastread import mark_read
from .ledger import Ledger, open_ledger
from .query import Answering, Filter, Query, Report
from .reading import Complaint, Round
from .reports import answer
from .settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from .charges import Charge
    from .content import ContentStore
    from .families import Member
    from .flow import Progress, SyncReceipt
    from .growth import Growth
    from .ledger.evidence import Call, Explanation, Turn
    from .prices import PriceBook
    from .prices.fx import FxRate
    from .quotas import QuotaStanding
    from .quoting import Quote
    from .recalling import Recalled
    from .sessions import SessionAnswer
    from .sources.source import Source


def price_mark(settings: Settings) -> str:
    """Changes when the shipped, the newly built or the user's own prices do; costs no more than a
    look at three files."""
    shipped, built = Path(__file__).parent / "prices" / "data", settings.price_data
    index = "index.json"
    files = (shipped / index, built / index if built else None, settings.prices)
    marks = [__version__]
    for file in files:
        status = file.stat() if file is not None and file.exists() else None
        marks.append(f"{status.st_size}.{status.st_mtime_ns}" if status else "-")
    return " ".join(marks)


class Book:
    """One opened book of account. Use it as a context manager."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings = settings
        self.ledger = ledger
        self.unread: ContentError | None = None

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the ledger that the settings name, creating it if there is none."""
        return cls(settings, open_ledger(settings.ledger))

    @cached_property
    def prices(self) -> PriceBook:
        """The price book, with the user's overrides."""
        from .prices import open_price_book

        return open_price_book(self.settings.prices, self.settings.price_data)

    @cached_property
    def fx(self) -> tuple[FxRate, ...]:
        """The exchange rates of the user's price file. Nothing of the shipped book is read."""
        if self.settings.prices is None:
            return ()
        from .prices.overrides import read_overrides

        return read_overrides(self.settings.prices).fx

    def forget_prices(self) -> None:
        """Open prices and exchange rates anew when they are next asked for: their files have
        changed."""
        for name in ("prices", "fx"):
            self.__dict__.pop(name, None)  # where a cached property keeps its value

    def sources(self) -> list[Source]:
        """Every source that is known, in the order of the registry."""
        from .sources import source_names

        return [self.source(name) for name in source_names(self.settings.logs)]

    def reads(self, name: str) -> bool:
        """Whether there is a source of this name: calls may also have been recorded by hand, or
        from a log that the settings no longer have."""
        from .sources import source_names

        return name in source_names(self.settings.logs)

    def title(self, name: str) -> str:
        """What people call a source; its name where there is none of it now."""
        return self.source(name).title if self.reads(name) else name

    def source(self, name: str, paths: Sequence[Path] = ()) -> Source:
        """A source by its name or alias, as the settings have it, and with further roots. Raises
        `UsageMistake` for an unknown name."""
        from .sources import open_source_as_set

        return open_source_as_set(self.settings, name, paths)

    def sync(
        self,
        names: Sequence[str] = (),
        *,
        full: bool = False,
        paths: Mapping[str, Sequence[Path]] | None = None,
        progress: Callable[[Progress], None] | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> SyncReceipt:
        """Read what is new in the named sources (all by default) and record it. Once nothing more
        is `wanted`, it ends by raising `walking.Stopped`."""
        from .capture import Capture
        from .flow import Walk, sync

        more = paths or {}
        chosen = [self.source(name, more.get(name, ())) for name in names] or self.sources()
        walk = Walk(
            ledger=self.ledger,
            prices=lambda: self.prices,
            price_mark=price_mark(self.settings),
            progress=progress,
            full=full,
            titles=self.settings.titles,
            wanted=wanted or (lambda: True),
        )
        with Capture(self.settings) as capture:
            receipt = sync(walk._replace(keep=capture if capture.is_on else None), chosen)
        capture.tidy(kept=receipt.kept > 0)
        mark_read(self.settings)
        return receipt

    @property
    def content(self) -> ContentStore | None:
        """The store of captured content, whether there is anything in it or not; None where
        nobody said where it would be."""
        from .content import ContentStore

        file = self.settings.content_file
        return None if file is None else ContentStore(file)

    def ask(self, query: Query, *, estimate: bool = True) -> Report:
        """Answer a query from the ledger, with notes on what the answer leaves out, and beside it
        an estimate of what unmetered calls may have cost: thousands of calls are looked at for
        that, which is too much where nobody asked what anything cost."""
        report = answer(self.view(query.currency), query)
        if not estimate or not report.totals.unmetered_requests:
            return report
        from .estimating import estimated

        return estimated(self.ledger, report, lambda: self.fx)

    def view(self, currency: str | None) -> Answering:
        """The ledger as questions in a currency see it; None is the ledger itself. That of a
        settings file or a variable makes no question fail that does not speak of it."""
        if currency is None:
            return self.ledger
        from .conversion import Exchange

        settled = currency == self.settings.currency and not self.settings.is_flag("currency")
        return Exchange(self.ledger, lambda: self.fx, strict=not settled)

    def latest(self, where: Sequence[Filter] = ()) -> int | None:
        """When the call began that began last of those that pass all filters, in epoch
        milliseconds; None if there is none."""
        return self.ledger.latest(where)

    def session(self, session_id: str, source: str = "") -> SessionAnswer | None:
        """One session by its id or a part of it, of one source if that is named, in the currency
        of the settings; None if there is none. Raises `UsageMistake` when that fits several."""
        from .sessions import session_named

        def ask(query: Query) -> Report:
            return self.ask(replace(query, currency=self.settings.currency))

        return session_named(self.ledger, session_id, self.settings.tz, ask, source)

    def current_session(self, folder: Path) -> str | None:
        """The id of the session with the latest call, in the project of a folder if it is one;
        None in an empty ledger."""
        from .sessions import current_session

        return current_session(self.ledger, folder)

    def rounds(
        self, found: SessionAnswer, first: int = 1, *, raw: bool = False
    ) -> Iterator[Recalled]:
        """The conversation of a session, round by round, each with its call in the ledger: read
        from the tool's own files at this moment, of a gateway's log also from what was captured.
        Nothing when the files no longer hold it, and where there never were any, as with calls that
        were recorded by hand; of a gateway's log such rounds come without words, and only those
        from the `first` on. What looks like a secret in a gateway's log, or fits a pattern of the
        setting `redact`, is blackened unless they are wanted `raw`."""
        from .recalling import blackened, recalled, revisited
        from .sources.source import Revisiting

        if not self.reads(found.source):
            return iter(())
        source = self.source(found.source)
        if not isinstance(source, Revisiting):
            return recalled(self.ledger, source, found.session_id)
        calls = self.ledger.shown_calls(found.source, found.session_id)
        rounds = revisited(calls, self._source_of, self.captured, first)
        if raw:
            return rounds
        from .content.blackening import Blackening

        own = self.settings.sources.get(found.source)
        return blackened(rounds, Blackening(own.redact if own else ()))

    def round(self, found: SessionAnswer, number: int) -> Recalled | None:
        """The call at a place among those that a session shows, the first being 1, with its words
        as `rounds` has them; None if there are not so many."""
        from .recalling import found_again
        from .sources.source import Revisiting

        calls = self.ledger.shown_calls(found.source, found.session_id)
        if not 1 <= number <= len(calls):
            return None
        source = self.source(found.source) if self.reads(found.source) else None
        if isinstance(source, Revisiting):
            return next(self.rounds(found, number))
        told = () if source is None else source.recall(found.session_id)
        return found_again(told, calls[number - 1], number)

    def _source_of(self, name: str, places: Iterable[str]) -> Source | None:
        """A source that finds these places again; None if there is none of that name."""
        from .recalling import log_of
        from .sources.source import Remembering

        if not self.reads(name):
            return None
        # A log that was named on the command line once stands in no settings.
        logs = sorted({log_of(place) for place in places} - {""})
        source = self.source(name, tuple(map(Path, logs)))
        if isinstance(source, Remembering):
            source.remember(self.ledger.cursors(name))
        return source

    def captured(self, keys: Sequence[bytes]) -> Mapping[bytes, Round]:
        """The words of calls, by their identities, as far as they were captured. A store that can't
        be read has none: why is `unread`, once it was tried."""
        store = self.content
        if store is None or self.unread is not None:
            return {}
        try:
            return store.rounds(keys)
        except ContentError as problem:
            self.unread = problem
            return {}

    def growth(self, found: SessionAnswer) -> Growth:
        """How the prompt of a session grew, as the ledger's figures tell it."""
        from .growth import growth_of

        return growth_of(self.ledger.turns(found.source, found.session_id))

    def turns(self, found: SessionAnswer) -> tuple[Turn, ...]:
        """The calls that a session shows with no more than their figures, in the order of time and
        in the currency of the settings."""
        turns = self.ledger.turns(found.source, found.session_id)
        currency = self.settings.currency
        if currency is None:
            return turns
        from .conversion import converted_turn

        return tuple(converted_turn(each, currency, self.fx) for each in turns)

    def told(self, rounds: Iterable[Recalled]) -> Iterator[Recalled]:
        """Rounds with what their calls cost in the currency of the settings."""
        currency = self.settings.currency
        if currency is None:
            yield from rounds
            return
        from .conversion import converted_call

        for each in rounds:
            yield each._replace(call=each.call and converted_call(each.call, currency, self.fx))

    def charge(self, call: Call) -> Charge | None:
        """The lines of what a call costs; None where they can't be told."""
        from .charging import charge_of

        return charge_of(call, self.prices)

    def quote(
        self,
        provider: str,
        model: str,
        usage: bytes | Mapping[str, object],
        at: datetime | None = None,
        context: Mapping[str, str] | None = None,
    ) -> Quote:
        """What a call costs, or would cost, by the price book with the user's own prices. The
        fields are those of `quoting.Inquiry`. Raises `UsageMistake` for counts that can't be, and
        where nothing says which model it was or who served it."""
        from .quoting import Inquiry, quoted

        asked = Inquiry(provider=provider, model=model, usage=usage, at=at, context=context or {})
        return quoted(self.prices, asked)

    def explain(self, found: SessionAnswer) -> Explanation:
        """Why the figures of a session are what they are."""
        return self.ledger.explain(found.source, found.session_id)

    def sessions(self, query: Query) -> Report:
        """A report by session whose rows also tell projects and models; calls without a session
        come last."""
        from .sessions import by_session, with_company

        return with_company(self.ledger, by_session(self.ask, query))

    def families(self, query: Query) -> tuple[Report, list[Member]]:
        """A report by session, and its sessions with those below them; calls without a session
        come last. The limit of the query counts families; the report has every session and its
        total counts each once."""
        from .families import Member, members
        from .ledger.asking import ordered

        report = self.sessions(replace(query, limit=None))
        parents = {session: parent for (_, session), parent in self.ledger.parents().items()}
        plain = replace(query, limit=None)
        rows = [row for row in report.rows if row.dims["session"] is not None]
        found = members(rows, parents, lambda rows: ordered(plain, list(rows)))
        heads = [at for at, each in enumerate(found) if each.depth == 0]
        if query.limit is not None and len(heads) > query.limit:
            found = found[: heads[query.limit]]
        bare = report.rows[len(rows) :]
        found += (Member(row, 0, None, row.figures, 0) for row in bare)
        return replace(report, query=query), found

    def standings(self, now_ms: int, names: Sequence[str] = ()) -> tuple[QuotaStanding, ...]:
        """What stands of the quotas of the settings at a moment, of all or of those of these names.
        Raises `UsageMistake` for a name that is not known."""
        from .quotas import kept_quotas, standings

        return standings(self, kept_quotas(self, names), now_ms)

    def complaints(self) -> list[Complaint]:
        """Every complaint that still stands."""
        return self.ledger.complaints()

    def close(self) -> None:
        """Give the ledger back."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
