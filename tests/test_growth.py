"""How prompts grow, by hand-made conversations: each line of a case is what a call used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybook.growth import Growth, growth_of
from tallybook.ledger.evidence import Turn
from tallybook.reading import key_of

from .ledger.books import T0, open_new, reading, record, usage

MINUTE = 60_000


def turn(at: int, fresh: int, read: int = 0, written: int = 0, **more: object) -> Turn:
    """The call that began `at` minutes after the first, and took ten seconds."""
    values: dict[str, object] = {
        "started_ms": at * MINUTE,
        "ended_ms": at * MINUTE + 10_000,
        "agent": None,
        "provider": "p",
        "model": "big",
        "status": "complete",
        "counts": (fresh, 50, 0, read, written, 0),
    }
    return Turn(**{**values, **more})  # pyright: ignore[reportArgumentType]


def told(*prompts: tuple[int, int, int], every: int = 1) -> Growth:
    """The growth of calls one after the other: (fresh, read, written) each."""
    return growth_of([turn(at * every, *each) for at, each in enumerate(prompts)])


def test_a_prompt_that_grows_is_told_with_its_pace_and_its_cache() -> None:
    rounds = [(100, at * 1_000, 1_000) for at in range(40)]
    growth = told(*rounds)
    assert growth.verdict == (
        "the prompt grew from 1.1k to 40.1k tokens in 40 rounds, about 1.0k a round;"
        " 95% of all prompts came from cache"
    )
    assert [each.number for each in growth.steps] == list(range(1, 41))
    assert growth.cuts == growth.misses == ()


@pytest.mark.parametrize(
    ("prompts", "begins"),
    [
        ([(9_000, 0, 0), (9_200, 0, 0), (9_100, 0, 0)], "the prompt stayed at about 9.1k tokens"),
        ([(9_000, 0, 0), (7_000, 0, 0), (5_000, 0, 0)], "the prompt fell from 9.0k to 5.0k tokens"),
        ([(200, 0, 0), (900, 0, 0)], "the prompt stayed at about 900 tokens for 2 rounds"),
        (
            [(9_000, 0, 0), (300, 0, 0), (5_000, 0, 0), (40, 0, 0)],
            "4 rounds with prompts between 40 and 9.0k tokens: no growing conversation",
        ),
    ],
)
def test_prompts_that_do_not_grow(prompts: list[tuple[int, int, int]], begins: str) -> None:
    assert told(*prompts).verdict.startswith(begins)


def test_a_cut_is_told_with_its_round() -> None:
    before = [(1_000 * at, 0, 0) for at in range(10, 26)]
    growth = told(*before, (4_000, 0, 0), (5_000, 0, 0), (6_000, 0, 0))
    assert growth.cuts == ((17, 25_000, 4_000),)
    assert growth.verdict == (
        "the prompt went from 10.0k to 25.0k tokens; the context was cut to 4.0k at round 17; round"
        " 19, the last one, sent 6.0k; no use of a cache is told"
    )


def test_a_window_that_is_full_stays_there() -> None:
    climb = [(1_000 * at, 0, 0) for at in range(1, 11)]
    growth = told(*climb, *[(10_100, 0, 0)] * 30)
    assert growth.verdict.startswith(
        "the prompt grew from 1.0k to 10.1k tokens by round 10, and stayed there to round 40;"
    )


def test_unlike_calls_are_no_conversation_that_was_cut() -> None:
    sizes = (500, 12_000, 700, 9_000, 30_000, 800, 400, 22_000, 600, 15_000)
    growth = told(*((size, 0, 0) for size in sizes))
    assert "rounds with prompts between 400 and 30.0k tokens: no growing" in growth.verdict


def test_the_last_call_beside_the_conversation_is_no_cut() -> None:
    main = [turn(2 * at, 10_000 + 5_000 * at) for at in range(10)]
    other = [turn(2 * at + 1, 3_000 + 100 * at) for at in range(10)]
    growth = growth_of([each for pair in zip(main, other, strict=True) for each in pair])
    assert growth.cuts == ()
    assert [each.number for each in growth.steps] == list(range(1, 21, 2))


def test_calls_at_the_same_time_find_nothing_in_a_cache() -> None:
    first = turn(0, 0, written=20_000)
    abreast = [first._replace(started_ms=first.started_ms + at) for at in range(5)]
    long = [each._replace(ended_ms=each.started_ms + 9_000) for each in abreast]
    assert growth_of(long).misses == ()
    assert growth_of([turn(at, 0, written=20_000) for at in range(5)]).misses


def test_several_cuts_are_counted() -> None:
    climb = [(1_000 * at, 0, 0) for at in range(5, 15)]
    growth = told(*climb, *climb, *climb)
    assert [each.number for each in growth.cuts] == [11, 21]
    assert "the context was cut 2 times, first to 5.0k at round 11" in growth.verdict


def test_a_call_for_a_title_is_no_cut() -> None:
    main = [turn(at, 1_000 + 500 * at) for at in range(4, 10)]
    aside = turn(6, 200, model="small")
    growth = growth_of([*main[:3], aside, *main[3:]])
    assert growth.cuts == ()
    assert [each.number for each in growth.steps] == [1, 2, 3, 5, 6, 7]
    for around in ([aside, *main], [*main, aside]):
        growth = growth_of(around)
        assert growth.cuts == ()
        assert len(growth.steps) == len(main)
    assert growth_of([*main, aside._replace(model="big")]).cuts == ((7, 5_500, 200),)


def test_sub_agents_have_conversations_of_their_own() -> None:
    main = [turn(at, 9_000 + at) for at in range(3)]
    helper = turn(1, 100, agent="explore")
    assert [each.number for each in growth_of([main[0], helper, *main[1:]]).steps] == [1, 3, 4]
    named = [each._replace(agent=name) for each, name in zip(main, "xyz", strict=True)]
    assert len(growth_of(named).steps) == 3


def test_a_cache_that_misses_from_a_round_on() -> None:
    warm = [(100, 30_000 + 1_000 * at, 1_000) for at in range(8)]
    cold = [(38_000 + 1_000 * at, 0, 0) for at in range(5)]
    growth = told(*warm, *cold)
    assert growth.misses == ((9, 13, 200_000, ""),)
    assert growth.verdict.endswith(
        "; the cache missed from round 9 on: 40.0k tokens paid in full each round"
    )


def test_why_a_cache_missed_once() -> None:
    warm = (100, 30_000, 1_000)
    cold = (100, 0, 31_000)
    growth = told(warm, warm, cold, warm, every=8)
    assert "the cache missed at round 3 after a pause of 7 min 50 s: 31.1k tokens" in growth.verdict
    turns = [turn(0, *warm), turn(1, *cold, model="x\x1b[31m"), turn(2, *warm, model="x\x1b[31m")]
    assert growth_of(turns).misses == ((2, 2, 31_100, "when x·[31m took over"),)
    growth = told(warm, warm, cold, cold, warm)
    assert "the cache missed from round 3 to 4: 31.1k tokens paid in full each" in growth.verdict


def test_many_misses_are_counted() -> None:
    warm, cold = (100, 30_000, 1_000), (100, 0, 31_000)
    growth = told(*[warm, cold] * 4)
    assert growth.verdict.endswith(
        "the cache missed 4 times, first at round 2: 124k tokens paid in full"
    )


def test_a_new_prompt_is_no_miss() -> None:
    assert told((100, 30_000, 1_000), (100, 30_000, 1_000), (4_000, 0, 0)).misses == ()
    assert told((9_000, 0, 0), (9_000, 0, 0), (9_000, 0, 0)).misses == ()
    assert "nothing came from cache, though it was written to" in (
        told((0, 0, 9_000), (9_000, 0, 0)).verdict
    )


def test_shares_are_never_rounded_to_none_or_all() -> None:
    assert "1% of all prompts came from cache" in told((99_999, 1, 0), (99_999, 1, 0)).verdict
    assert "99% of all prompts came" in told((1, 99_999, 0), (1, 99_999, 0)).verdict
    assert "100% of all prompts came" in told((0, 9_999, 0), (0, 9_999, 0)).verdict


def test_what_was_not_metered_says_nothing() -> None:
    nothing = turn(1, 0, status="unmetered")
    assert growth_of([nothing, nothing]) == Growth()
    one = growth_of([nothing, turn(2, 5_000), nothing])
    assert one.verdict == ""
    assert [each.number for each in one.steps] == [2]


def test_the_ledger_tells_turns_and_calls_in_one_order(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    own = [
        reading(str(at), at=T0 + at * MINUTE, raw=usage(5, 1_000 * at), place="/l", offset=at)
        for at in (3, 1, 2)
    ]
    copied = reading("1", session="fork", rank=1, place="/logs/fork.jsonl")
    record(ledger, own, [copied, reading("4", session="fork", at=T0 - MINUTE)])
    turns = ledger.turns("claude-code", "s1")
    assert [each.counts[0] for each in turns] == [1_000, 2_000, 3_000]
    calls = ledger.shown_calls("claude-code", "s1")
    assert [each.keys for each in calls] == [(key_of("test", str(at)),) for at in (1, 2, 3)]
    fork = ledger.shown_calls("claude-code", "fork")
    assert [each.who.session for each in fork] == ["fork", "s1"]
    assert [each.started_ms for each in ledger.turns("claude-code", "fork")] == [
        each.started_ms for each in fork
    ]
    assert ledger.turns("codex", "s1") == ledger.shown_calls("claude-code", "nobody") == ()
