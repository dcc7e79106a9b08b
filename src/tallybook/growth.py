"""How the prompt of a conversation grew, and how much of it came from a cache: told by what the
ledger holds of its calls, so that it can be told when the words are long gone.

A prompt is all that was sent to the model: fresh input, what was read from a cache and what was
written into one. What it cost, and how it is drawn, is elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .format import compact, count, number, plain, shorten, span

if TYPE_CHECKING:
    from .ledger.evidence import Turn

LEAST = 1_000
"""Tokens of a prompt below which nothing can be said of it: no provider caches so little."""

PAUSE_MS = 5 * 60_000
"""A pause after which a short-lived cache is gone."""

_TOLD_MISSES, _NAME, _TOO_FEW = 3, 40, 3
"""Misses that are told one by one, characters of a model's name, and rounds of which nobody can say
that they are no conversation."""


class Step(NamedTuple):
    """One metered call of a conversation: its place among all that the session shows, the tokens
    of its prompt, and those of them that were read from a cache and written into one."""

    number: int
    started_ms: int
    ended_ms: int
    model: str
    prompt: int
    read: int
    written: int


class Cut(NamedTuple):
    """The prompt of a round is much shorter than the one before: the conversation was summed up,
    or begun anew."""

    number: int
    before: int
    after: int


class Miss(NamedTuple):
    """Rounds, from the `first` to the `last`, whose prompts should have come from the cache and
    did not: `tokens` were sent anew. `why` is a likely reason, empty if there is none to see."""

    first: int
    last: int
    tokens: int
    why: str


class Growth(NamedTuple):
    """The steps of a conversation, those beside it left out; what happened to its prompt; and all
    of that in one line, empty where there are not two of them to be compared."""

    steps: tuple[Step, ...] = ()
    cuts: tuple[Cut, ...] = ()
    misses: tuple[Miss, ...] = ()
    verdict: str = ""


def growth_of(turns: Sequence[Turn]) -> Growth:
    """The growth of one session's conversation, from its calls in the order of time."""
    steps = tuple(_conversation(list(_steps(turns))))
    if len(steps) <= 1:
        return Growth(steps)
    cuts = tuple(_cuts(steps))
    misses = tuple(_misses(steps, {each.number for each in cuts}))
    parts = (_size_words(steps, cuts), _cache_words(steps), _miss_words(misses, steps))
    return Growth(steps, cuts, misses, "; ".join(filter(None, parts)))


def _steps(turns: Sequence[Turn]) -> Iterator[Step]:
    """The metered calls. Where some calls are nobody's, the others are those of sub-agents, which
    have conversations of their own."""
    main = any(turn.agent is None for turn in turns)
    for place, turn in enumerate(turns, 1):
        fresh, _, _, read, short, long = turn.counts
        prompt = fresh + read + short + long
        if prompt and not (main and turn.agent is not None):
            yield Step(
                place, turn.started_ms, turn.ended_ms, turn.model, prompt, read, short + long
            )


def _conversation(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps without those beside the conversation."""
    before = aside = None
    for at, step in enumerate(steps):
        after = steps[at + 1 : at + 3]
        if _is_aside(before, step, after) or (not after and _goes_on(aside, step, before)):
            aside = step
        else:
            yield step
            before = step


def _is_aside(before: Step | None, step: Step, after: Sequence[Step]) -> bool:
    """Whether a call stands beside the conversation, such as one that asks for a title: those
    around it are much larger. At either end it also has to be of another model."""
    if before is not None and after:
        goes_on = any(4 * each.prompt >= 3 * before.prompt for each in after)
        return 2 * step.prompt < before.prompt and goes_on
    neighbour = before or next(iter(after), None)
    if neighbour is None:
        return False
    return 2 * step.prompt < neighbour.prompt and step.model != neighbour.model


def _goes_on(aside: Step | None, last: Step, before: Step | None) -> bool:
    """Whether the last step goes on with what was beside the conversation before."""
    if aside is None or before is None or 2 * last.prompt >= before.prompt:
        return False
    return 4 * min(aside.prompt, last.prompt) >= 3 * max(aside.prompt, last.prompt)


def _cuts(steps: Sequence[Step]) -> Iterator[Cut]:
    for before, step in itertools.pairwise(steps):
        if 2 * step.prompt < before.prompt and before.prompt - step.prompt >= LEAST:
            yield Cut(step.number, before.prompt, step.prompt)


def _misses(steps: Sequence[Step], cut: set[int]) -> Iterator[Miss]:
    """Runs of rounds that a warm cache did nothing for. A prompt that was cut is a new one."""
    run: list[Step] = []
    why = ""
    for before, step in itertools.pairwise(steps):
        warm = bool(run) or before.written > 0 or 2 * before.read >= before.prompt
        known = min(before.prompt, step.prompt)
        # A call that began before the one before had ended could find nothing in the cache.
        due = warm and step.started_ms >= before.ended_ms
        if due and step.number not in cut and known >= LEAST and 10 * step.read < known:
            why = why if run else _reason(before, step)
            run.append(step)
        elif run:
            yield _missed(run, why)
            run = []
    if run:
        yield _missed(run, why)


def _missed(run: Sequence[Step], why: str) -> Miss:
    tokens = sum(each.prompt - each.read for each in run)
    return Miss(run[0].number, run[-1].number, tokens, why)


def _reason(before: Step, step: Step) -> str:
    if step.model != before.model:
        return f"when {shorten(plain(step.model), _NAME)} took over"
    pause = step.started_ms - before.ended_ms
    return f"after a pause of {span(pause)}" if pause >= PAUSE_MS else ""


def _size_words(steps: Sequence[Step], cuts: Sequence[Cut]) -> str:
    first, last, rounds = steps[0].prompt, steps[-1].prompt, len(steps)
    falls = sum(
        4 * after.prompt <= 3 * before.prompt for before, after in itertools.pairwise(steps)
    )
    if 3 * falls >= rounds > _TOO_FEW:
        sizes = sorted(each.prompt for each in steps)
        ends = f"{compact(sizes[0])} and {compact(sizes[-1])}"
        return (
            f"{number(rounds)} rounds with prompts between {ends} tokens: no growing conversation"
        )
    if cuts:
        return _cut_words(steps, cuts)
    if abs(last - first) < LEAST or 2 * max(first, last) < 3 * min(first, last):
        middle = sorted(each.prompt for each in steps)[rounds // 2]
        return f"the prompt stayed at about {compact(middle)} tokens for {number(rounds)} rounds"
    way = "grew" if last > first else "fell"
    ends = f"from {compact(first)} to {compact(last)} tokens"
    if last > first and 3 * (there := _settled(steps)) <= rounds:
        by = number(steps[there].number)
        return f"the prompt grew {ends} by round {by}, and stayed there to round {_last(steps)}"
    rate = compact(abs(last - first) // (rounds - 1))
    return f"the prompt {way} {ends} in {number(rounds)} rounds, about {rate} a round"


def _cut_words(steps: Sequence[Step], cuts: Sequence[Cut]) -> str:
    one = cuts[0]
    first, before = compact(steps[0].prompt), compact(one.before)
    begun = f"the prompt went from {first} to {before} tokens"
    if first == before:
        begun = f"the prompt began at {first} tokens"
    if len(cuts) == 1:
        then = f"the context was cut to {compact(one.after)} at round {number(one.number)}"
    else:
        times = f"the context was cut {number(len(cuts))} times"
        then = f"{times}, first to {compact(one.after)} at round {number(one.number)}"
    return f"{begun}; {then}; round {_last(steps)}, the last one, sent {compact(steps[-1].prompt)}"


def _settled(steps: Sequence[Step]) -> int:
    """Where the prompts have come to within a twentieth of the last one, and stay there."""
    last = steps[-1].prompt
    moving = (at for at in range(len(steps), 0, -1) if 20 * abs(steps[at - 1].prompt - last) > last)
    return next(moving, 0)


def _last(steps: Sequence[Step]) -> str:
    return number(steps[-1].number)


def _cache_words(steps: Sequence[Step]) -> str:
    """What part of the prompts was read from a cache. That nothing was may also mean that nobody
    wrote it down."""
    prompts, read = sum(each.prompt for each in steps), sum(each.read for each in steps)
    if read:
        return f"{_percent(read, prompts)} of all prompts came from cache"
    if any(each.written for each in steps):
        return "nothing came from cache, though it was written to"
    return "no use of a cache is told" if prompts >= 2 * LEAST else ""


def _percent(part: int, whole: int) -> str:
    """In whole per cent; neither none nor all of it unless it is."""
    rounded = (200 * part + whole) // (2 * whole)
    return f"{min(max(rounded, 1), 99) if part != whole else 100}%"


def _miss_words(misses: Sequence[Miss], steps: Sequence[Step]) -> str:
    if len(misses) > _TOLD_MISSES:
        tokens = compact(sum(each.tokens for each in misses))
        times, first = count(len(misses), "time"), number(misses[0].first)
        return f"the cache missed {times}, first at round {first}: {tokens} tokens paid in full"
    return "; ".join(_one_miss(each, steps) for each in misses)


def _one_miss(miss: Miss, steps: Sequence[Step]) -> str:
    why = f" {miss.why}" if miss.why else ""
    if miss.first == miss.last:
        paid = f"{compact(miss.tokens)} tokens paid in full"
        return f"the cache missed at round {number(miss.first)}{why}: {paid}"
    rounds = sum(miss.first <= each.number <= miss.last for each in steps)
    paid = f"{compact(miss.tokens // rounds)} tokens paid in full each round"
    if miss.last == steps[-1].number:
        return f"the cache missed from round {number(miss.first)} on{why}: {paid}"
    return f"the cache missed from round {number(miss.first)} to {number(miss.last)}{why}: {paid}"
