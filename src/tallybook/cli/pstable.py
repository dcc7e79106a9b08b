"""The table of `tally ps`: its columns by the room there is, its groups, and what has to be known
beside it.

What stands in it is found by `pslooking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..families import together
from ..format import DASH, compact, number, plain, size, span, tenths
from ..processes import MODES
from ..query import Figures
from ..running import GUESSED, Running, called, summary
from ..wording import short_id
from .output import below_lines
from .pslooking import By, Roll
from .reportcolumns import Manner, cost_text
from .tables import Column, Ink, draw, fit, folded

_BRANCH, _LAST_BRANCH = "├ ", "└ "
_LIVE = "Live: tally ps --watch. Everything: tally top"
_NAMED = 5
"""Processes that are named in a remark at most."""


class Frame(NamedTuple):
    """How it is drawn: for so many cells, in groups or not."""

    width: int
    ink: Ink
    by: By | None = None


def roll_lines(roll: Roll, frame: Frame, looked_for: Sequence[str], hint: str = _LIVE) -> list[str]:
    """The table with all that stands below it; the last line counts what runs. `looked_for` are
    the agents that could have been found."""
    if not roll.rows:
        return [line for text in _nothing(roll, looked_for) for line in folded(text, frame.width)]
    groups = list(roll.groups(frame.by))
    rows = [each for _, group in groups for each in group]
    columns = list(_columns(roll, rows, Manner(width=frame.width)))
    if frame.by == "project":
        columns = [each for each in columns if each.title != "Where"]
    heading, *lines = draw(columns, frame.width, frame.ink)
    body: list[str] = [heading]
    for name, group in groups:
        body += _group_heading(roll, name, group, frame) if name else []
        body += lines[: len(group)]
        lines = lines[len(group) :]
    shown = [column.title for column in fit(columns, frame.width)[0]]
    notes = list(_notes(roll, shown))
    body += below_lines(notes, frame.width, frame.ink)
    return [*body, "", *folded(f"{roll.summary}. {hint}", frame.width)]


def _nothing(roll: Roll, looked_for: Sequence[str]) -> Iterator[str]:
    if roll.others:
        yield "No agent like that is running. All that are: tally ps"
        return
    known = ", ".join(looked_for)
    yield f"No agent is running. Looked for, by their programs and arguments: {known}."
    yield "What there is of their histories: tally doctor"


def _group_heading(roll: Roll, name: str, group: Sequence[Running], frame: Frame) -> list[str]:
    """What a group comes to."""
    processes = [each.process for each in group]
    told = [summary(processes)]
    cpu = [each.cpu for each in processes if each.cpu is not None]
    memory = [each.memory for each in processes if each.memory is not None]
    told += [f"{tenths(sum(cpu))}% CPU"] if cpu else []
    told += [size(sum(memory))] if memory else []
    told += _work(roll, group, Manner(width=frame.width))
    lines = folded(f"{name}: {', '.join(told)}", frame.width)
    return ["", *map(frame.ink.bold, lines)]


def _work(roll: Roll, group: Sequence[Running], manner: Manner) -> Iterator[str]:
    """The tokens, the rate and the cost of a group. A session that several processes write is
    counted once, as the one among them knows it that began first."""
    met: dict[tuple[str, str], tuple[Figures, int | None]] = {}
    for each in group:
        whose = each.process.source, each.session
        if each.figures and (whose not in met or met[whose][0].total < each.figures.total):
            met[whose] = each.figures, each.per_minute
    if not met:
        return
    figures = together([own for own, _ in met.values()])
    rates = [rate for _, rate in met.values() if rate is not None]
    yield f"{_tokens(figures, compact)} tokens"
    if rates:
        yield f"{compact(sum(rates))} tok/min"
    yield from (cost_text(figures, "cost", unit, manner) for unit in _units(roll, group))


def _columns(roll: Roll, rows: Sequence[Running], manner: Manner) -> Iterator[Column]:
    """Which process, its use of the machine, its place, and its use of models. Where room is short
    it is told which agents run, how busy they are, and what they came to."""
    word = number if manner.wide else compact

    def cells(text: Callable[[Running], str]) -> tuple[str, ...]:
        return tuple(map(text, rows))

    def figures(text: Callable[[Running], str | None]) -> tuple[str, ...]:
        """Of a helper nothing is to be told, of an unknown session nothing is known."""
        told = (text(each) if each.session else None for each in rows)
        return tuple(
            "" if each.process.helper else DASH if text is None else text
            for each, text in zip(rows, told, strict=True)
        )

    yield Column("PID", cells(lambda each: str(each.process.pid)))
    yield Column("Agent", tuple(_agents(rows)), text=True, least=11)
    yield Column("Mode", cells(lambda each: MODES[each.process.mode]), rank=3, text=True)
    yield Column("CPU", cells(lambda each: _percent(each.process.cpu)), rank=4)
    yield Column("Memory", cells(lambda each: _known(each.process.memory, size)), rank=9)
    yield Column("Threads", cells(lambda each: _known(each.process.threads, number)), rank=12)
    yield Column("Uptime", cells(lambda each: span(roll.lasts_ms(each))), rank=11)
    yield Column("Where", cells(roll.where), rank=7, text=True)
    yield Column("Session", figures(_session), rank=8, text=True, least=18, prose=True)
    yield Column("Tok/min", figures(lambda each: _known(each.per_minute, compact)), rank=10)
    yield Column("Tokens", figures(lambda each: _tokens(each.figures, word)), rank=5)
    units = _units(roll, rows)
    for unit in units:
        costs = figures(lambda each, unit=unit: _cost(each.figures, unit, manner))
        yield Column("Cost" if len(units) == 1 else f"Cost {unit}", costs, rank=6)


def _agents(rows: Sequence[Running]) -> Iterator[str]:
    """Agents by their names; helpers by those of their programs, below the agent."""
    for at, each in enumerate(rows):
        process = each.process
        if not process.helper:
            yield plain(called(process))
            continue
        beyond = rows[at + 1].process if at + 1 < len(rows) else None
        more = beyond is not None and beyond.helper and beyond.agent == process.agent
        branch = "" if process.agent is None else _BRANCH if more else _LAST_BRANCH
        yield branch + plain(called(process))


def _percent(value: int | None) -> str:
    return DASH if value is None else f"{tenths(value)}%"


def _known(value: int | None, word: Callable[[int], str]) -> str:
    return DASH if value is None else word(value)


def _session(one: Running) -> str:
    return f"{'' if one.certain else GUESSED}{plain(one.title) or short_id(one.session)}"


def _tokens(figures: Figures | None, word: Callable[[int], str]) -> str:
    return DASH if figures is None or figures.is_uncounted else word(figures.total)


def _cost(figures: Figures | None, unit: str, manner: Manner) -> str | None:
    return None if figures is None else cost_text(figures, "cost", unit, manner)


def _units(roll: Roll, rows: Sequence[Running]) -> list[str]:
    """The currencies that anything cost, that of the question first; one in any case."""
    met = {unit for each in rows if each.figures for unit in each.figures.cost}
    return sorted(met, key=lambda unit: (unit != roll.currency, unit)) or [roll.currency or "USD"]


def _notes(roll: Roll, shown: Sequence[str]) -> Iterator[str]:
    """What a reader of the columns that are shown has to know."""
    agents = [each for each in roll.rows if not each.process.helper]
    known = [each for each in agents if each.session]
    costly = any(title.startswith("Cost") for title in shown)
    if any(each.figures for each in known) and (costly or "Tokens" in shown):
        yield (
            "Tokens and cost are those of the session and of all below it since the process began."
        )
    if "Session" in shown and any(not each.certain for each in known):
        yield (
            f"{GUESSED.strip()} the process does not tell its session: the latest one of its agent"
            " there, where no other process of that agent is."
        )
    if costly and any(each.figures and each.figures.unpriced_tokens for each in known):
        yield "Some tokens have no price and are in no cost (≥). Which: tally doctor"
    if closed := [str(each.process.pid) for each in roll.rows if _is_closed(each)]:
        more = f" and {len(closed) - _NAMED} more" if len(closed) > _NAMED else ""
        yield (
            f"{DASH} the system does not show all of {', '.join(closed[:_NAMED])}{more}: another"
            " user's, or protected. Whoever owns it sees more with tally ps, or an administrator."
        )


def _is_closed(one: Running) -> bool:
    """Whether the system keeps something of a process to itself. How busy it is may only not be
    known yet."""
    process = one.process
    return None in (process.memory, process.threads, process.directory)
