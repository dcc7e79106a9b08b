"""The live board of `tally watch` as lines of text: who is active, what the period has come to.

What is on it is asked in `tallybook.activity`; putting it on a screen is `watchscreen`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nlargest
from typing import NamedTuple

from rich.cells import cell_len

from ..activity import Activity, Company, Whose
from ..clock import local
from ..format import DASH, begun, compact, count, number, plain, shorten, span
from ..naming import UNKNOWN
from ..periods import period_text
from ..query import NO_SESSION, Figures, session_label
from .budget import Spent, spent_text
from .labels import short_ids, undated
from .reportcolumns import Manner, cost_text
from .shell import Shell
from .tables import GAP, Column, Ink, draw, facts, folded

_MINUTE_MS = 60_000
_FEWEST = 3
"""Rows of sessions that a low screen has room for in any case."""

Ranked = tuple[Whose, Figures, Company]


class Board(NamedTuple):
    """What is on the board. `sources` are those that were asked for, none if all are watched;
    `fresh` the sessions with calls since it was last drawn; `notes` what is wrong at the moment;
    `roots` what is watched, for a board on which nothing is yet."""

    activity: Activity
    sources: Sequence[str]
    within_ms: int
    spent: Spent | None = None
    fresh: frozenset[Whose] = frozenset()
    notes: Sequence[str] = ()
    roots: Sequence[str] = ()
    ledger: str = ""


def board_lines(shell: Shell, ink: Ink, board: Board, height: int | None = None) -> list[str]:
    """The board, as many cells wide as the shell; at most `height` lines, of which those of the
    sessions give way, then the last ones."""
    head = [ink.bold(begun(_active_text(board), shell.width, cell_len)), ""]
    foot = ["", *_foot(shell, ink, board)]
    room = None if height is None else max(height - len(head) - len(foot) - 1, _FEWEST)
    lines = [*head, *_sessions(shell, ink, board, room), *foot]
    return lines if height is None else lines[:height]


def heading(board: Board, width: int, now_ms: int) -> str:
    """The first line, which changes every second: what is watched, for how long it has been quiet,
    and the time."""
    at = f"{local(now_ms, board.activity.query.tz):%H:%M:%S}"
    what = f"Watching {', '.join(map(plain, board.sources)) or 'all sources'}"
    last_ms = board.activity.totals.last_ms
    quiet = "" if last_ms is None else f", last call {_ago(now_ms - last_ms)}"
    if cell_len(what + quiet) + GAP + len(at) <= width:
        what += quiet
    left = begun(what, max(width - len(at) - GAP, 0), cell_len)
    return left + " " * (width - cell_len(left) - len(at)) + at if width > len(at) else at


def _ago(ms: int) -> str:
    return f"{max(ms, 0) // 1000} s ago" if ms < _MINUTE_MS else f"{span(ms)} ago"


def _active_text(board: Board) -> str:
    active, every = board.activity.active_sessions, board.activity.totals.sessions
    moment = span(board.within_ms)
    if not board.activity.active:
        return f"No session is active: none had a call in the last {moment}"
    return f"{count(active, 'active session')} of {number(every)}: a call in the last {moment}"


def _sessions(shell: Shell, ink: Ink, board: Board, room: int | None) -> list[str]:
    if not board.activity.active:
        return _nothing(shell, board)
    every = len(board.activity.active)
    shown = _ranked(board.activity, every if room is None or every <= room else room - 1)
    columns = [
        column
        for column in _columns(board.activity, shown, Manner(width=shell.width))
        if any(column.cells) or column.rank < _OPTIONAL
    ]
    lines = draw(columns, shell.width, ink)
    for at, (whose, _, _) in enumerate(shown, start=1):
        lines[at] = ink.bold(lines[at]) if whose in board.fresh else lines[at]
    if more := every - len(shown):
        lines.append(ink.faint(f"and {number(more)} more"))
    return lines


def _ranked(activity: Activity, most: int) -> list[Ranked]:
    """The active sessions that cost most, in an order that changes seldom."""
    units, figures, made = _units(activity), activity.sessions, activity.active
    first = nlargest(most, made, key=lambda whose: (*_weight(figures[whose], units), *whose))
    return [(whose, figures[whose], made[whose]) for whose in first]


def _units(activity: Activity) -> list[str]:
    """The currencies in which costs are told, that of the question first; one in any case."""
    asked = activity.query.currency
    met = sorted(activity.totals.cost, key=lambda unit: (unit != asked, unit))
    return met or [asked or "USD"]


def _weight(figures: Figures, units: Sequence[str]) -> tuple[int, ...]:
    return (*(figures.cost.get(unit, 0) for unit in units), figures.total, figures.messages)


_READABLE = 20
_OPTIONAL = 4
"""From this rank on a column without a value is left out."""


def _columns(activity: Activity, rows: Sequence[Ranked], manner: Manner) -> Iterator[Column]:
    """The columns in the order of the old monitor, what it lacked behind them."""
    figures = [each for _, each, _ in rows]
    word = number if manner.wide else compact
    titles = [plain(activity.titles.get(whose, "")) for whose, _, _ in rows]
    ids = _short([plain(session_label(whose[1])) if whose[1] else "" for whose, _, _ in rows])
    yield Column(title="Session", cells=ids, text=True, least=12, tight=8)
    yield Column(title="Title", cells=tuple(titles), rank=7, text=True, least=20, prose=True)
    users = tuple(_listed(made.users) for _, _, made in rows)
    yield Column(title="Consumer", cells=users, rank=5, text=True)
    models = tuple(_listed(_known_first(made.models)) for _, _, made in rows)
    yield Column(title="Model", cells=models, rank=6, text=True, least=14)
    folders = tuple(_folder(made.projects) for _, _, made in rows)
    yield Column(title="Project", cells=folders, rank=8, text=True)
    if len({source for (source, _), _, _ in rows}) > 1:
        sources = tuple(plain(source) for (source, _), _, _ in rows)
        yield Column(title="Source", cells=sources, rank=9, text=True)
    yield Column(title="Messages", cells=tuple(number(f.messages) for f in figures), rank=2)
    for title, rank, classes in _CLASSES:
        cells = tuple(
            DASH if each.is_uncounted else word(sum(each.counts[at] for at in classes))
            for each in figures
        )
        yield Column(title=title, cells=cells, rank=rank)
    for unit in _units(activity):
        cells = tuple(cost_text(each, "cost", unit, manner) for each in figures)
        yield Column(title="Cost", cells=cells, rank=1)
    moments = tuple(_moment(each, activity.query.tz) for each in figures)
    yield Column(title="Last call", cells=moments, rank=4)


_CLASSES = (("Input", 2, (0,)), ("Output", 2, (1, 2)), ("Cache", 3, (3, 4, 5)))


def _short(ids: Sequence[str]) -> tuple[str, ...]:
    """Ids of a length that can be read as they are, others by their beginnings, which can be typed
    back; calls without a session by these words."""
    known = list(filter(None, ids))
    short = known if max(map(len, known), default=0) <= _READABLE else short_ids(known)
    shown = dict(zip(known, short, strict=True))
    return tuple(shown.get(each, NO_SESSION) for each in ids)


def _known_first(models: Sequence[str]) -> list[str]:
    """Models as they are shown: of a refused call it may not be told which was meant."""
    return sorted(map(undated, models), key=lambda name: name == UNKNOWN)


def _listed(names: Sequence[str]) -> str:
    """The name with the latest call, and how many others there are."""
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return plain(names[0]) + more if names else ""


def _folder(projects: Sequence[str]) -> str:
    return plain(projects[0].replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]) if projects else ""


def _moment(figures: Figures, tz: str) -> str:
    return DASH if figures.last_ms is None else f"{local(figures.last_ms, tz):%H:%M:%S}"


def _nothing(shell: Shell, board: Board) -> list[str]:
    """What to say instead of an empty table."""
    last = board.activity.totals.last_ms
    if last is not None:
        at = f"{local(last, board.activity.query.tz):%Y-%m-%d %H:%M:%S}"
        return folded(f"The last call was at {at}. The next one will show here.", shell.width)
    text = "Nothing in this period yet. Calls show as soon as one of these is written:"
    lines = [*folded(text, shell.width), *(f"  {each}" for each in board.roots)]
    source = board.sources[0] if len(board.sources) == 1 else "SOURCE"
    hint = f"Elsewhere: tally watch {source} --path P. Calls of earlier days: --since all"
    return [*(shorten(line, shell.width, cell_len) for line in lines), *folded(hint, shell.width)]


def _foot(shell: Shell, ink: Ink, board: Board) -> list[str]:
    """The totals of the period, what they leave out, the budget, and what is wrong."""
    activity, totals = board.activity, board.activity.totals
    query = activity.query
    manner = Manner(width=shell.width)
    word = number if manner.wide else compact
    tokens = (
        f"{title.lower()} {word(sum(totals.counts[at] for at in classes))}"
        for title, _, classes in _CLASSES
    )
    units = _units(activity)
    costs = [text for unit in units if (text := cost_text(totals, "cost", unit, manner))]
    told = f"{count(totals.messages, 'message')} in {count(totals.sessions, 'session')}"
    pairs = [
        ("period", f"{period_text(query.since_ms, query.until_ms, query.tz)}: {told}"),
        ("tokens", ", ".join(tokens)),
        ("cost", " + ".join(costs)),
        ("odd calls", ", ".join(_odd(totals))),
        ("budget", spent_text(board.spent, _bar()) if board.spent else ""),
        ("complaints", _complaints(activity)),
        *(("trouble", note) for note in board.notes),
        ("ledger", board.ledger),
    ]
    return facts([pair for pair in pairs if pair[1]], ink, shell.width)


def _bar() -> str:
    from .streams import takes

    return "█░" if takes("█░") else "#-"


def _odd(totals: Figures) -> Iterator[str]:
    """The calls that are not simply complete."""
    if totals.unmetered_requests:
        yield f"{number(totals.unmetered_requests)} unmetered (usage unknown)"
    if totals.failed_requests:
        yield f"{number(totals.failed_requests)} failed (no usage)"
    if totals.partial_requests:
        yield f"{number(totals.partial_requests)} partial (the answer broke off)"


def _complaints(activity: Activity) -> str:
    said = [f"{number(activity.lost)} may cost a total something"] if activity.lost else []
    said += [f"{count(activity.closed, 'place')} can't be read"] if activity.closed else []
    return f"{', '.join(said)}: tally doctor" if said else ""
