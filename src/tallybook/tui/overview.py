"""What the overview shows, asked of the book: the sessions that are active and how full their
context is, today beside the range that is looked at, the models of that, official limits; and the
processes that run, which ask nothing. How that becomes lines is `overviewlines`. No Textual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..clock import local
from ..format import compact, count, number, plain, tenths, tilde
from ..limits import (
    is_over,
    is_stale,
    left_text,
    present_limits,
    reset_words,
    used_percent,
    window_words,
)
from ..periods import Frame, period
from ..query import Answering, Figures, Query, Row
from ..running import GLOBAL, GUESSED, Running, called, summary
from ..wording import short_id
from .activesessions import SessionPart, active_sessions
from .look import Look, question, span_name
from .sheetfilter import narrowed, typed
from .sheetteaching import teaching
from .steps import Steps, steps_of

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding
    from ..reading import LimitSnapshot

_MEGA = 1_000_000
_MODELS = 8
"""Models that are told one by one."""

_WORDS = "The words that were typed choose rows of lists; here only conditions do, as model~opus."

_SPARK_DAYS = "30d"
"""How far back the lines of an endless range go."""


class ProcessLine(NamedTuple):
    """A process in words; None is what nobody may know. `name` is that of the agent, or of the
    program of a helper; `depth` is 1 for a helper that stands below its agent. What its `session`
    has used since it began is only told of an agent that writes one."""

    pid: str
    name: str
    mode: str
    cpu: str | None
    memory: str | None
    uptime: str
    where: str
    depth: int = 0
    helper: bool = False
    session: str = ""
    per_minute: str = ""
    figures: Figures | None = None


class Processes(NamedTuple):
    """The processes that run, how many they are, and what was looked for where there is none."""

    lines: tuple[ProcessLine, ...] = ()
    summary: str = ""
    teaches: str = ""


class Use(NamedTuple):
    """What a time came to, by what it is called, and in which steps. Where these are not of all of
    it, `part` says of what they are."""

    name: str
    totals: Figures
    steps: Steps
    part: str = ""


class Share(NamedTuple):
    """A model or an agent, or all others together, and what it came to; of an agent its tab."""

    name: str
    figures: Figures
    tab: str = ""


_OWN = "quota"
"""What stands where an official limit has the name of whose it is."""


class LimitPart(NamedTuple):
    """A window of a limit: whose it is, how much was used in hundredths of a percent (None where
    only what is left is told) and in words, that it starts anew and when, how long ago it was seen
    (None for a quota of one's own, which is counted at this moment); `over` since it was, `stale`
    where that is too long ago."""

    source: str
    name: str
    used: int | None
    percent: str
    resets: str
    moment: str
    seen_ms: int | None
    over: bool
    stale: bool = False


class Overview(NamedTuple):
    """All cards. `ranged` is None where the range that is looked at is today. `active` tells how
    many sessions are, of which some are in `sessions`; the last one is where none is. A `remark` is
    what a reader of the figures has to know; a range without a call `teaches` what to do."""

    look: Look
    today: Use
    ranged: Use | None
    sessions: tuple[SessionPart, ...] = ()
    active: int = 0
    models: tuple[Share, ...] = ()
    totals: Figures = Figures()
    limits: tuple[LimitPart, ...] = ()
    processes: Processes = Processes()
    remark: str = ""
    teaches: tuple[str, ...] = ()
    agents: tuple[Share, ...] = ()


def overview_of(
    book: Book, look: Look, frame: Frame, found: Sequence[Running] = (), home: str = ""
) -> Overview:
    """The overview of a look. Raises `UsageMistake` for a time that nobody understands."""
    query = narrowed(look, frame, book.settings.currency)
    ledger = book.view(query.currency)
    now = period("today", frame)
    daily = replace(query, since_ms=now.since_ms, until_ms=now.until_ms)
    today = _use(ledger, daily, frame, "today")
    is_today = (query.since_ms, query.until_ms) == now
    ranged = None if is_today else _ranged(ledger, query, frame, _range_name(look))
    models, totals = _models(ledger, query)
    mine = [each for each in found if look.tab in ("", each.process.source)]
    active, sessions = active_sessions(book, ledger, query, frame.now_ms, mine)
    told = present_limits(book.ledger, frame.now_ms)
    limits = [_limit(each, frame) for each in told if look.tab in ("", each.source)]
    own = () if look.tab or not book.settings.quotas else book.standings(frame.now_ms)
    return Overview(
        look=look,
        today=today,
        ranged=ranged,
        sessions=sessions,
        active=active,
        models=models,
        totals=totals,
        limits=(*(_quota(each, frame) for each in own), *limits),
        processes=processes_of(found, look, frame.now_ms, home),
        remark=_WORDS if typed(look.text, frame).picks else "",
        teaches=() if models else teaching(book, look, frame),
        agents=() if look.tab else _agents(book, ledger, query),
    )


def processes_of(found: Sequence[Running], look: Look, now_ms: int, home: str = "") -> Processes:
    """The processes of a look in words; it asks nobody, so that it can be made each second."""
    from ..processes import MODES

    mine = [each for each in found if look.tab in ("", each.process.source)]
    agents = frozenset(each.process.pid for each in mine if not each.process.helper)
    lines = tuple(
        _process(each, MODES, now_ms, home)._replace(depth=int(each.process.agent in agents))
        for each in mine
    )
    what = look.tab or "any agent that Tallybook knows"
    teaches = "" if mine else f"Looked for: processes of {what}. Once one starts, it stands here."
    return Processes(lines, summary(each.process for each in mine), teaches)


def _process(one: Running, modes: Mapping[str, str], now_ms: int, home: str) -> ProcessLine:
    found = one.process
    cpu, memory = tenths(found.cpu), found.memory
    where = one.project if one.project == GLOBAL else one.project or found.directory or ""
    guess = "" if one.certain else GUESSED
    return ProcessLine(
        pid=str(found.pid),
        name=plain(called(found)),
        mode=modes.get(found.mode, found.mode),
        cpu=None if cpu is None else f"{cpu}%",
        memory=None if memory is None else f"{number(memory // _MEGA)}M",
        uptime=clock_span(now_ms - found.started_ms),
        where=plain(tilde(where, home)),
        helper=found.helper,
        session=f"{guess}{plain(one.title) or short_id(one.session)}" if one.session else "",
        per_minute="" if one.per_minute is None else compact(one.per_minute),
        figures=one.figures,
    )


def clock_span(ms: int) -> str:
    """A length of time as a clock shows it: `0:39`, `16:29`, `2:05:00`, `3d 04h`."""
    seconds = max(ms, 0) // 1000
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days}d {hours % 24:02}h"
    if hours:
        return f"{hours}:{minutes % 60:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"


def _range_name(look: Look) -> str:
    """What the range is called: that of the last bucket that was opened, else of the time."""
    opened = (each.label for each in reversed(look.crumbs) if each.dimension == "date")
    return next(opened, span_name(look.span))


def _use(ledger: Answering, query: Query, frame: Frame, name: str) -> Use:
    steps = steps_of(ledger, query, frame)
    return Use(name, steps.totals, steps)


def _ranged(ledger: Answering, query: Query, frame: Frame, name: str) -> Use:
    """The range that is looked at. Of an endless one the ledger knows the sums at once, but not
    the steps: those are of its last days."""
    if query.since_ms is not None:
        return _use(ledger, query, frame, name)
    totals = ledger.ask(replace(query, by=())).totals
    ends_ms = frame.now_ms if totals.last_ms is None else totals.last_ms + 1
    last, part = question(Look(span=_SPARK_DAYS), frame), span_name(_SPARK_DAYS)
    if last.since_ms is not None and ends_ms <= last.since_ms:
        last = question(Look(span=_SPARK_DAYS), frame._replace(now_ms=ends_ms))
        query = replace(query, until_ms=ends_ms)
        part = f"{_SPARK_DAYS} to {_day(ends_ms - 1, frame)}"
    steps = steps_of(ledger, replace(query, since_ms=last.since_ms), frame)
    whole = totals.first_ms is None or last.since_ms is None or totals.first_ms >= last.since_ms
    return Use(name, totals, steps, "" if whole else part)


def _day(at_ms: int, frame: Frame) -> str:
    """A day, of this year without it."""
    now, there = (local(each, frame.tz) for each in (frame.now_ms, at_ms))
    return f"{there:%m-%d}" if now.year == there.year else f"{there:%Y-%m-%d}"


def _models(ledger: Answering, query: Query) -> tuple[tuple[Share, ...], Figures]:
    """The models with the most tokens, and the others as one."""
    report = ledger.ask(replace(query, by=("model",), sort="-total", limit=None))
    names = _model_names(report.rows[:_MODELS])
    first = [
        Share(*each) for each in zip(names, (row.figures for row in report.rows), strict=False)
    ]
    if rest := report.rows[_MODELS:]:
        from ..families import together

        first.append(Share(count(len(rest), "other"), together([row.figures for row in rest])))
    return tuple(first), report.totals


def _agents(book: Book, ledger: Answering, query: Query) -> tuple[Share, ...]:
    """What each agent came to, the one with the most tokens first."""
    report = ledger.ask(replace(query, by=("source",), sort="-total", limit=None))
    return tuple(
        Share(plain(book.title(name)), row.figures, name)
        for row in report.rows
        if (name := row.dims["source"] or "")
    )


def _model_names(rows: Sequence[Row]) -> list[str]:
    """Models by their own names, with their providers where another one has the same."""
    bare = [row.dims["model"] or "?" for row in rows]
    return [
        plain(f"{row.dims['provider'] or '?'}/{name}" if bare.count(name) > 1 else name)
        for name, row in zip(bare, rows, strict=True)
    ]


def _limit(limit: LimitSnapshot, frame: Frame) -> LimitPart:
    words = (plain(window_words(limit)), plain(limit.plan))
    resets, moment = reset_words(limit, frame.now_ms, frame.tz)
    return LimitPart(
        source=limit.source,
        name=" ".join(filter(None, words)),
        used=None if limit.bare else limit.used,
        percent=left_text(limit) if limit.bare else f"{used_percent(limit)} %",
        resets=resets,
        moment=moment,
        seen_ms=max(0, frame.now_ms - limit.seen_ms),
        over=is_over(limit, frame.now_ms),
        stale=is_stale(limit, frame.now_ms),
    )


def _quota(standing: QuotaStanding, frame: Frame) -> LimitPart:
    """A quota of one's own as a line among the limits."""
    from ..quotas import reset_text, standing_name, used_text

    share = standing.share
    told = used_text(standing) if share is None else f"{tenths(share)} %"
    return LimitPart(
        source=_OWN,
        name=plain(standing_name(standing)),
        used=None if share is None else share * 10,
        percent=f"≥ {told}" if standing.least and share is not None else told,
        resets=reset_text(standing, frame.now_ms),
        moment="",
        seen_ms=None,
        over=False,
    )
