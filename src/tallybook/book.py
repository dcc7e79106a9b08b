"""`Book`: settings, ledger, prices and sources, opened once. The public face of Tallybook.

Command line, pages and programs all work through it. What it opens, it opens late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from . import __version__
from .ledger import Ledger, open_ledger
from .query import Answering, Filter, Query, Report
from .reading import Complaint
from .reports import answer
from .settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from .charges import Charge
    from .families import Member
    from .flow import Progress, SyncReceipt
    from .ledger.evidence import Call, Explanation
    from .prices import PriceBook
    from .prices.fx import FxRate
    from .quoting import Quote
    from .sessions import Recalled, SessionAnswer
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

    def sources(self) -> list[Source]:
        """Every source that is known, in the order of the registry."""
        from .sources import source_names

        return [self.source(name) for name in source_names()]

    def source(self, name: str, paths: Sequence[Path] = ()) -> Source:
        """A source by its name or alias, with the extra roots of the settings. Raises
        `UsageMistake` for an unknown name."""
        from .sources import open_source, source_name

        name = source_name(name)
        extra = self.settings.paths.get(name, ())
        return open_source(name, (*extra, *paths))

    def sync(
        self,
        names: Sequence[str] = (),
        *,
        full: bool = False,
        paths: Mapping[str, Sequence[Path]] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReceipt:
        """Read what is new in the named sources (all by default) and record it."""
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
        )
        return sync(walk, chosen)

    def ask(self, query: Query) -> Report:
        """Answer a query from the ledger, with notes on what the answer leaves out."""
        return answer(self.view(query.currency), query)

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

    def session(self, session_id: str) -> SessionAnswer | None:
        """One session by its id or a prefix of it, in the currency of the settings; None if
        there is none. Raises `UsageMistake` when the prefix fits several."""
        from .sessions import session_named

        def ask(query: Query) -> Report:
            return self.ask(replace(query, currency=self.settings.currency))

        return session_named(self.ledger, session_id, self.settings.tz, ask)

    def current_session(self, folder: Path) -> str | None:
        """The id of the session with the latest call, in the project of a folder if it is one;
        None in an empty ledger."""
        from .sessions import current_session

        return current_session(self.ledger, folder)

    def rounds(self, found: SessionAnswer) -> tuple[Recalled, ...]:
        """The conversation of a session, read from the tool's own files at this moment, each
        round with its call in the ledger. Empty when the files no longer hold it, and where there
        never were any, as with calls that were recorded by hand."""
        from .sessions import recalled
        from .sources import source_names

        if found.source not in source_names():
            return ()
        return recalled(self.ledger, self.source(found.source), found.session_id)

    def told(self, rounds: Sequence[Recalled]) -> tuple[Recalled, ...]:
        """Rounds with what their calls cost in the currency of the settings."""
        currency = self.settings.currency
        if currency is None:
            return tuple(rounds)
        from .conversion import converted_call

        return tuple(
            each._replace(call=each.call and converted_call(each.call, currency, self.fx))
            for each in rounds
        )

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
        """A report by session whose rows also tell projects and models."""
        from .sessions import with_company

        return with_company(self.ledger, self.ask(query))

    def families(self, query: Query) -> tuple[Report, list[Member]]:
        """A report by session, and its sessions with those below them. The limit of the query
        counts families; the report has every session and its total counts each once."""
        from .families import members
        from .ledger.asking import ordered

        report = self.sessions(replace(query, limit=None))
        parents = {session: parent for (_, session), parent in self.ledger.parents().items()}
        plain = replace(query, limit=None)
        found = members(report.rows, parents, lambda rows: ordered(plain, list(rows)))
        heads = [at for at, each in enumerate(found) if each.depth == 0]
        if query.limit is not None and len(heads) > query.limit:
            found = found[: heads[query.limit]]
        return replace(report, query=query), found

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
