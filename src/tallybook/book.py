"""`Book`: settings, ledger, prices and sources, opened once. The public face of Tallybook.

Command line, pages and programs all work through it. What it opens, it opens late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from . import __version__
from .errors import UsageMistake
from .ledger import Ledger, SessionRecord, open_ledger
from .query import Figures, Filter, Query, Report
from .reading import Complaint
from .reports import answer
from .settings import Settings

if TYPE_CHECKING:
    from .flow import Progress, SyncReceipt
    from .prices import PriceBook
    from .sources.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """One session: what is known of it, its figures, and who and what it was made of."""

    session_id: str
    source: str
    title: str
    project: str
    parent: str
    forked_from: str
    branch: str
    created_ms: int | None
    updated_ms: int | None
    models: tuple[str, ...]
    figures: Figures
    agents: tuple[str, ...]
    tools: tuple[tuple[str, int], ...]
    by_model: Report


def price_mark(settings: Settings) -> str:
    """Changes when the shipped or the user's own prices do; costs no more than a look at two
    files."""
    files = (Path(__file__).parent / "prices" / "data" / "index.json", settings.prices)
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

        return open_price_book(self.settings.prices)

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
        return answer(self.ledger, query)

    def session(self, session_id: str) -> SessionAnswer | None:
        """One session by its id or a prefix of it; None if there is none. Raises
        `UsageMistake` when the prefix fits several."""
        found = self.ledger.find_sessions(session_id)
        if not found:
            return None
        (source, session), *others = found
        if others:
            raise UsageMistake(
                f"{session_id!r} fits several sessions",
                because=", ".join(each for _, each in found[:4]),
                hint="give more of the id",
            )
        return self._answer(self.ledger.session(source, session))

    def _answer(self, record: SessionRecord) -> SessionAnswer:
        where = (
            Filter(dimension="source", values=(record.source,)),
            Filter(dimension="session", values=(record.session,)),
        )
        by_model = self.ask(Query(by=("model",), where=where, tz=self.settings.tz))
        by_agent = self.ask(Query(by=("agent",), where=where))
        by_project = self.ask(Query(by=("project",), where=where))
        projects = [row.dims["project"] or "" for row in by_project.rows]
        return SessionAnswer(
            session_id=record.session,
            source=record.source,
            title=record.title,
            project=next(filter(None, projects), record.directory),
            parent=record.parent,
            forked_from=record.forked_from,
            branch=record.branch,
            created_ms=by_model.totals.first_ms,
            updated_ms=by_model.totals.last_ms,
            models=tuple(dict.fromkeys(row.dims["model"] or "" for row in by_model.rows)),
            figures=by_model.totals,
            agents=tuple(
                sorted(row.dims["agent"] or "" for row in by_agent.rows if row.dims["agent"])
            ),
            tools=record.tools,
            by_model=by_model,
        )

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
