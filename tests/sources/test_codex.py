"""Codex: which lines are calls, to whom they belong, and what damage does."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.clock import QUARTER_MS
from tallybook.ledger.joining import join as joined
from tallybook.reading import Cursor, LimitSnapshot, SessionFact, Witness, key_of
from tallybook.sources import line_files

from .folding import Story, open_home, place_of
from .rollouts import (
    BEGIN,
    NO_USE,
    Line,
    begun,
    counted,
    dumped,
    item,
    meta,
    read,
    read_lines,
    read_shuffled,
    recorded,
    saved,
    says,
    silent,
    thread_id,
    turn,
    usage,
)

T, U, V = thread_id(1), thread_id(2, 500), thread_id(3, 900)
A, B, C = (100, 60, 10, 4), (220, 100, 11, 5), (340, 200, 12, 6)


def summed(*used: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*used, strict=True)))


def totals(story: Story) -> list[tuple[int, ...]]:
    """The counts of each call, sorted."""
    return sorted(call.counts for call in story.calls().values())


def classes(used: tuple[int, ...]) -> tuple[int, ...]:
    fresh, read_, out, thought = used
    return (fresh - read_, out - thought, thought, read_, 0, 0)


def facts(story: Story) -> list[SessionFact]:
    return [one for one in story.others if isinstance(one, SessionFact)]


def limits(story: Story) -> list[LimitSnapshot]:
    return [one for one in story.others if isinstance(one, LimitSnapshot)]


# -- which lines are calls


def test_a_total_that_stays_is_no_call(tmp_path: Path) -> None:
    history = begun(T).call(A, repeat=2).call(B, repeat=1)
    story = read(tmp_path, dumped(history.lines))
    assert totals(story) == sorted([classes(A), classes(B)])
    assert story.complaints == []


def test_an_estimate_of_the_context_is_no_call(tmp_path: Path) -> None:
    estimate = counted(50, A, NO_USE)
    estimate[2]["info"]["last_token_usage"]["total_tokens"] = 6000
    full = counted(60, NO_USE, NO_USE)
    full[2]["info"]["total_token_usage"]["total_tokens"] = 258_400
    after = counted(70, (120, 40, 1, 1), (120, 40, 1, 1))
    story = read_lines(tmp_path, meta(T), turn(1), counted(40, A, A), estimate, full, after)
    assert totals(story) == sorted([classes(A), classes((120, 40, 1, 1))])


def test_runs_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    history = begun(T).call(A).call(B).resumed().call(A).call(B).resumed().call(A)
    assert len(read(tmp_path, dumped(history.lines)).calls()) == 5


def test_one_call_and_then_the_same_in_a_new_run(tmp_path: Path) -> None:
    again = begun(T).call(A).resumed().call(A)
    assert len(read(tmp_path, dumped(again.lines)).calls()) == 2


def test_a_last_usage_that_is_missing_is_what_was_added(tmp_path: Path) -> None:
    first, second, third = counted(5, A, A), counted(6, summed(A, B), B), counted(7, C, C)
    for one in (first, second, third):
        del one[2]["info"]["last_token_usage"]
    third[2]["info"]["total_token_usage"] = usage((50, 0, 5, 0))  # begins anew
    story = read_lines(tmp_path, meta(T), turn(1), first, second, third)
    assert totals(story) == sorted([classes(A), classes(B), (50, 5, 0, 0, 0, 0)])
    assert {"usage-from-totals"} == {note for c in story.calls().values() for note in c.notes}


def test_many_runs_that_begin_alike(tmp_path: Path) -> None:
    history = begun(T)
    for _ in range(300):
        history.call(A).resumed()
    assert len(read(tmp_path, dumped(history.lines)).calls()) == 300


# -- records


def test_a_record_and_its_count_are_one_call(tmp_path: Path) -> None:
    pairs = [recorded(5, T, "resp_1", A, A), counted(6, A, A), counted(7, A, A)]
    pairs += [recorded(8, T, "resp_2", summed(A, B), B), counted(9, summed(A, B), B)]
    story = read_lines(tmp_path, meta(T), turn(1), *pairs)
    assert totals(story) == sorted([classes(A), classes(B)])
    assert all(len(call.keys) == 2 for call in story.calls().values())


@pytest.mark.parametrize("swap", [False, True])
def test_the_order_of_record_and_count_does_not_matter(tmp_path: Path, swap: bool) -> None:
    pair = [recorded(5, T, "resp_1", A, A), counted(6, A, A)]
    story = read_lines(tmp_path, meta(T), turn(1), *(pair[::-1] if swap else pair))
    assert totals(story) == [classes(A)]


def test_a_thread_that_was_upgraded_counts_old_and_new(tmp_path: Path) -> None:
    """The records' own total may begin with the upgrade, that of the counts goes on."""
    lines = [counted(5, A, A), counted(6, A, A), recorded(90, T, "resp_1", B, B)]
    lines += [counted(91, summed(A, B), B), counted(92, summed(A, B), B)]
    lines += [recorded(99, T, "resp_2", summed(B, C), C), counted(99, summed(A, B, C), C)]
    story = read_lines(tmp_path, meta(T), turn(1), *lines)
    assert totals(story) == sorted([classes(A), classes(B), classes(C)])


def test_equal_records_are_as_many_calls(tmp_path: Path) -> None:
    """A provider that always counts the same, and a count that was never written."""
    lines = [recorded(5, T, "resp_1", A, A), recorded(6, T, "resp_2", summed(A, A), A)]
    lines += [counted(7, summed(A, A), A), recorded(8, T, "resp_3", summed(A, A, A), A)]
    lines += [counted(9, summed(A, A, A), A)]
    assert totals(read_lines(tmp_path, meta(T), turn(1), *lines)) == [classes(A)] * 3


@pytest.mark.parametrize(
    ("response", "key"),
    [
        ("resp_" + "0a" * 24, key_of("openai:response", "resp_" + "0a" * 24)),
        ("resp_1", key_of("codex:response", T, "resp_1")),
        ("chatcmpl-7", key_of("codex:response", T, "chatcmpl-7")),
    ],
)
def test_only_long_response_ids_are_trusted(tmp_path: Path, response: str, key: bytes) -> None:
    story = read_lines(tmp_path, meta(T), turn(1), recorded(5, T, response, A, A))
    assert story.readings[0].keys == (key,)


def test_a_record_without_response_id_counts(tmp_path: Path) -> None:
    lines = [recorded(5, T, "", A, A), recorded(6, T, "", summed(A, A), A)]
    assert len(read_lines(tmp_path, meta(T), turn(1), *lines).calls()) == 2


# -- copies


def family() -> dict[str, bytes]:
    """A thread, a fork of it, a fork of the fork, and a thread that went on after the forks."""
    first = begun(T).call(A).call(B).resumed().call(A).call(C)
    second = first.forked(U, model="x").call(A).call(C)
    third = second.forked(V).call((900, 0, 9, 0))
    first.call((700, 0, 7, 0))
    return {one.thread: dumped(one.lines) for one in (first, second, third)}


CALLS = {T: {T: 5}, U: {T: 4, U: 2}, V: {T: 4, U: 2, V: 1}}
"""How many calls of which thread each file holds."""


@pytest.mark.parametrize(
    "present", [c for n in (1, 2, 3) for c in itertools.combinations([T, U, V], n)]
)
def test_copies_are_counted_once_in_any_order(tmp_path: Path, present: tuple[str, ...]) -> None:
    files = family()
    for thread in present:
        saved(tmp_path, thread, files[thread])
    want = {name: max(CALLS[one].get(name, 0) for one in present) for name in (T, U, V)}
    stories = [read_shuffled(tmp_path, seed).calls() for seed in range(6)]
    assert all(one == stories[0] for one in stories)
    assert len(stories[0]) == sum(want.values())
    owners = [call.who.session for call in stories[0].values()]
    for thread in present:
        assert owners.count(thread) >= want[thread]
    assert sum(owners.count(one) for one in present) == len(owners)


def test_a_copy_does_not_tell_the_model_of_its_original(tmp_path: Path) -> None:
    original = begun(T).call(A)
    copy = original.forked(U)
    copy.lines = [turn(0, "other") if one[1] == "turn_context" else one for one in copy.lines]
    story = read(tmp_path, dumped(copy.lines), U)
    assert [one.witness for one in story.readings] == [Witness.SUMMARY]
    assert story.readings[0].attr < read(tmp_path, dumped(original.lines)).readings[0].attr


def test_a_copy_that_begins_in_the_middle_joins(tmp_path: Path) -> None:
    """A sub-agent may be given the last turns only."""
    parent = begun(T).call(A).call(B).call(C)
    child = parent.forked(U).call(A)
    child.lines = [child.lines[0], *child.lines[5:]]
    for one in (parent, child):
        saved(tmp_path, one.thread, dumped(one.lines))
    assert len(read_shuffled(tmp_path, 1).calls()) == 4


def test_counts_that_were_copied_join_records(tmp_path: Path) -> None:
    """New versions copy counts and leave the records behind."""
    parent = [meta(T), turn(1), recorded(5, T, "resp_1", A, A), counted(6, A, A)]
    child = [meta(U, 500, forked_from_id=T), meta(T, 500), counted(500.01, A, A)]
    child += [recorded(560, U, "resp_9", summed(A, B), B), counted(561, summed(A, B), B)]
    saved(tmp_path, T, dumped(parent))
    saved(tmp_path, U, dumped(child))
    for seed in range(4):
        assert totals(read_shuffled(tmp_path, seed)) == sorted([classes(A), classes(B)])


def test_a_copied_record_belongs_to_the_thread_that_it_names(tmp_path: Path) -> None:
    lines = [meta(U, 500, forked_from_id=T), meta(T, 500), turn(500)]
    lines += [recorded(500.01, T, "resp_1", A, A), counted(500.02, A, A)]
    lines += [recorded(560, U, "resp_9", summed(A, B), B), counted(561, summed(A, B), B)]
    story = read(tmp_path, dumped(lines), U)
    assert {c.who.session: c.attr >> 56 for c in story.calls().values()} == {T: 1, U: 3}


@pytest.mark.parametrize("turns", [True, False])
def test_sub_agents_that_count_alike_stay_apart(tmp_path: Path, turns: bool) -> None:
    """Two sub-agents of one thread, asked the same, whose first calls look like the thread's own:
    told apart by the times of their turns, or because they answer later than a copy would."""
    spawn = {"thread_spawn": {"parent_thread_id": T, "depth": 1}}
    saved(tmp_path, T, dumped(begun(T).call(A).call(B).lines))
    for number in (7, 8):
        child = thread_id(number, 500)
        later = {"turn_id": thread_id(90 + number, 501)} if turns else {}
        at = 500.5 if turns else 540
        lines = [meta(child, 500, source={"subagent": spawn}), turn(500.1, **later)]
        lines += [counted(at, A, A), counted(at + 1, summed(A, B), B)]
        saved(tmp_path, child, dumped(lines))
    assert totals(read_shuffled(tmp_path, 0)) == [classes(A)] * 3 + [classes(B)] * 3


def test_an_old_turn_is_a_copy_however_late_it_was_written(tmp_path: Path) -> None:
    lines = [meta(U, 500, forked_from_id=T), turn(500, turn_id=thread_id(50, 20))]
    lines += [counted(500.1, A, A), counted(580, summed(A, B), B)]
    lines += [turn(590, turn_id=thread_id(51, 590)), counted(600, summed(A, B, C), C)]
    story = read(tmp_path, dumped(lines), U)
    assert sorted(call.attr >> 56 for call in story.calls().values()) == [1, 1, 3]


def test_what_a_fork_repeats_when_it_begins_is_no_call(tmp_path: Path) -> None:
    """Without copied history: the first count may be the last one of the source."""
    saved(tmp_path, T, dumped(begun(T).call(A).call(B).lines))
    lines = [meta(U, 500, forked_from_id=T), turn(900, turn_id=thread_id(51, 900))]
    lines += [counted(901, summed(A, B), B), counted(930, summed(A, B, C), C)]
    saved(tmp_path, U, dumped(lines))
    for seed in range(4):
        story = read_shuffled(tmp_path, seed)
        assert totals(story) == sorted([classes(A), classes(B), classes(C)])


def test_an_archived_copy_is_the_same_thread(tmp_path: Path) -> None:
    data = dumped(begun(T).call(A).call(B).lines)
    saved(tmp_path, T, data)
    saved(tmp_path, T, data, "archived_sessions")
    assert len(read_shuffled(tmp_path, 0).calls()) == 2
    assert len(list(open_home("codex", tmp_path).recall(T))) == 2


def at(lines: list[Line], seconds: float) -> list[Line]:
    """The lines as they are copied at that time."""
    return [(seconds + n / 1000, kind, what) for n, (_, kind, what) in enumerate(lines)]


def test_a_fork_that_counts_like_its_source_stays_apart_in_its_own_copies(tmp_path: Path) -> None:
    """The source and a fork go on with calls that look alike, and the fork is forked: turns tell
    which of the two a copy is of."""
    first = [meta(T), turn(1, turn_id=thread_id(51, 1)), counted(9, A, A)]
    begun_ = [meta(U, 500, forked_from_id=T), *at(first, 500)]
    own = [turn(510, turn_id=thread_id(52, 510)), counted(520, summed(A, B), B)]
    second = [*begun_, *own]
    third = [meta(V, 900, forked_from_id=U), *at(second, 900)]
    first += [turn(600, turn_id=thread_id(53, 600)), counted(610, summed(A, B), B)]
    for thread, lines in ((T, first), (U, second), (V, third)):
        saved(tmp_path, thread, dumped(lines))
    for seed in range(6):
        calls = read_shuffled(tmp_path, seed).calls().values()
        assert sorted(call.who.session or "" for call in calls) == [T, T, U]


def test_a_copy_has_the_time_and_the_thread_of_its_turn(tmp_path: Path) -> None:
    """The original is gone: the copy is of the thread that made the call, when its turn began."""
    source = [meta(T), turn(20, turn_id=thread_id(51, 20)), counted(30, A, A)]
    lines = [meta(U, 500, forked_from_id=T), *at(source, 500)]
    lines += [turn(510, turn_id=thread_id(52, 510)), says(511, "x"), counted(520, summed(A, B), B)]
    story = read(tmp_path, dumped(lines), U)
    begin = int(BEGIN.timestamp() * 1000)
    times = [(one.started_ms - begin, one.ended_ms - begin) for one in story.readings]
    assert times == [(20_000, 20_000), (511_000, 520_000)]
    assert [one.who.session for one in story.readings] == [T, U]
    assert [one.witness for one in story.readings] == [Witness.SUMMARY, Witness.AGENT]


def test_a_turn_without_id_behind_copies_is_not_taken_for_one(tmp_path: Path) -> None:
    """A fork that goes on in a version whose turns have no ids."""
    source = [meta(T), turn(20, turn_id=thread_id(51, 20)), counted(30, A, A)]
    lines = [meta(U, 500, forked_from_id=T), *at(source, 500), turn(590)]
    lines += [counted(600, summed(A, B), B)]
    story = read(tmp_path, dumped(lines), U)
    own = story.readings[1]
    assert (own.who.session, own.witness, own.ended_ms) == (
        U,
        Witness.AGENT,
        int(BEGIN.timestamp() * 1000) + 600_000,
    )


def test_a_copied_record_has_the_time_of_its_turn(tmp_path: Path) -> None:
    source = [meta(T), turn(20, turn_id=thread_id(51, 20)), recorded(30, T, "resp_1", A, A)]
    source += [counted(31, A, A)]
    lines = [meta(U, 500, forked_from_id=T), *at(source, 500)]
    (reading,) = read(tmp_path, dumped(lines), U).readings
    assert reading.ended_ms == int(BEGIN.timestamp() * 1000) + 20_000
    own = read(tmp_path, dumped(source)).readings[0]
    assert set(reading.keys) == set(own.keys)


# -- whose


def test_model_and_provider_are_those_of_the_moment(tmp_path: Path) -> None:
    applied = {
        "type": "thread_settings_applied",
        "thread_settings": {"model_provider_id": "amazon-bedrock"},
    }
    story = read_lines(
        tmp_path,
        meta(T, model_provider=None),
        turn(1, "gpt-5"),
        counted(2, A, A),
        turn(3, "o4-mini"),
        counted(4, summed(A, B), B),
        (5, "event_msg", applied),
        turn(6, "llama"),
        counted(7, summed(A, B, C), C),
    )
    told = [(one.provider, one.model) for one in story.readings]
    assert told == [("openai", "gpt-5"), ("openai", "o4-mini"), ("aws", "llama")]


def test_a_model_that_is_not_told_is_unknown(tmp_path: Path) -> None:
    reading = read_lines(tmp_path, meta(T, model_provider=None), counted(2, A, A)).readings[0]
    assert (reading.provider, reading.model) == ("unknown", "unknown")
    assert reading.note == "model-not-told"


def test_a_file_that_lost_its_beginning_does_not_unname_the_model(tmp_path: Path) -> None:
    lines = [meta(T), turn(1, "gpt-5"), counted(5, A, A), counted(9, summed(A, B), B)]
    whole = read_lines(tmp_path, *lines).readings
    rest = read_lines(tmp_path, *lines[2:]).readings
    assert {one.model for one in rest} == {"unknown"}
    for one, other in zip(whole, rest, strict=True):
        assert one.keys == other.keys
        assert joined(one, other).model == joined(other, one).model == "gpt-5"


SOURCES: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"source": "exec"}, None, None),
    ({"source": {"subagent": "review"}}, "review", None),
    ({"source": {"subagent": {"other": "x"}}}, "subagent", None),
    ({"source": {"subagent": {"thread_spawn": {"parent_thread_id": U}}}}, "subagent", U),
    ({"parent_thread_id": U, "source": {"subagent": {}}}, "subagent", U),
    (
        {
            "source": {
                "subagent": {
                    "thread_spawn": {
                        "parent_thread_id": U,
                        "agent_role": "explorer",
                        "agent_nickname": "Euclid",
                    }
                }
            }
        },
        "explorer",
        U,
    ),
    ({"parent_thread_id": U, "agent_nickname": "Euclid", "source": "cli"}, "Euclid", U),
    ({"source": 7, "git": "none"}, None, None),
]


@pytest.mark.parametrize(("more", "agent", "parent"), SOURCES)
def test_who_asked(
    tmp_path: Path, more: dict[str, Any], agent: str | None, parent: str | None
) -> None:
    story = read_lines(tmp_path, meta(T, **more), turn(1), counted(90, A, A))
    assert story.readings[0].who.agent == agent
    assert story.readings[0].who.session == T
    assert facts(story)[-1].parent == parent


@pytest.mark.parametrize(
    ("cwd", "project"),
    [
        ("/home/ann/app/src", "/home/ann/app"),
        ("/home/ann/other", "/home/ann/other"),
        ("/home/ann/app2", "/home/ann/app2"),
    ],
)
def test_the_project_is_where_the_thread_works(tmp_path: Path, cwd: str, project: str) -> None:
    story = read_lines(tmp_path, meta(T), turn(1, cwd=cwd), counted(2, A, A))
    assert story.readings[0].who.project == project


def test_what_is_known_of_a_session(tmp_path: Path) -> None:
    story = read_lines(
        tmp_path,
        meta(T, forked_from_id=U),
        says(1, "<environment_context>…"),
        says(2, "# AGENTS.md instructions for /home/ann/app"),
        says(3, "Mend the clock\nplease"),
        says(4, "and the bell"),
        turn(5),
        counted(9, A, A),
    )
    fact = facts(story)[-1]
    assert (fact.title, fact.title_rank) == ("Mend the clock", 1)
    assert (fact.directory, fact.branch, fact.version) == ("/home/ann/app", "main", "0.98.0")
    assert fact.forked_from == U
    assert fact.seen_ms == story.readings[0].ended_ms


def test_a_name_that_was_given_wins(tmp_path: Path) -> None:
    names = [
        (at, "event_msg", {"type": "thread_name_updated", "thread_name": name})
        for at, name in ((2, "Clock"), (8, "Bell"))
    ]
    story = read_lines(tmp_path, meta(T), says(1, "Mend"), *names, turn(9), counted(10, A, A))
    assert (facts(story)[-1].title, facts(story)[-1].title_rank) == ("Bell", 2)


# -- times and tools

CALL = {"name": "shell", "arguments": '{"name":"x"}', "call_id": "c"}
ORDERS = {
    "count first (0.63)": [
        says(10, "go"),
        counted(14, A, A),
        item(15, "reasoning"),
        item(15, "function_call", **CALL),
        item(15, "function_call_output", call_id="c"),
        turn(16),
        counted(17, A, A),
        counted(19, summed(A, B), B),
        says(19, "done", "assistant"),
    ],
    "count behind the items (0.98)": [
        says(10, "go"),
        item(13, "reasoning"),
        item(14, "function_call", **CALL),
        counted(14, A, A),
        item(15, "function_call_output", call_id="c"),
        turn(16),
        says(19, "done", "assistant"),
        counted(19, summed(A, B), B),
    ],
    "count behind the results (0.145)": [
        says(10, "go"),
        item(13, "reasoning"),
        item(14, "function_call", **CALL),
        item(16, "function_call_output", call_id="c"),
        counted(17, A, A),
        says(19, "done", "assistant"),
        counted(19, summed(A, B), B),
    ],
    "records (0.169)": [
        says(10, "go"),
        item(13, "reasoning"),
        item(14, "function_call", **CALL),
        recorded(14, T, "resp_1", A, A),
        item(16, "function_call_output", call_id="c"),
        counted(17, A, A),
        says(19, "done", "assistant"),
        recorded(19, T, "resp_2", summed(A, B), B),
        counted(19, summed(A, B), B),
    ],
}


@pytest.mark.parametrize("order", ORDERS)
def test_tools_and_times_belong_to_their_call(tmp_path: Path, order: str) -> None:
    lines = [meta(T), turn(9), *ORDERS[order]]
    story = read_lines(tmp_path, *lines)
    first, second = sorted(story.calls().values(), key=lambda call: call.ended_ms)
    assert (first.tools, second.tools) == ({"shell": 1}, {})
    begin = facts(story)[-1].seen_ms - 19_000
    assert (first.started_ms - begin, first.ended_ms - begin) == (10_000, 14_000)
    assert (second.started_ms - begin, second.ended_ms - begin) == (16_000, 19_000)
    rounds = list(open_home("codex", tmp_path).recall(T))
    assert [one.question for one in rounds] == ["go", ""]
    assert [one.answer for one in rounds] == ["", "done"]
    tools = [[dict(tool) for tool in one.tool_calls] for one in rounds]
    assert tools == [[{"id": "c", "name": "shell", "input": '{"name":"x"}'}], []]
    assert {one.keys for one in rounds} == {one.keys for one in story.readings[-2:]}


def test_kinds_of_tools(tmp_path: Path) -> None:
    items = [
        item(2, "function_call", arguments="{}", call_id="a"),
        item(2, "custom_tool_call", status="completed", call_id="b", name="apply\\patch"),
        item(2, "local_shell_call", call_id="c", action={"name": "x"}),
        item(2, "web_search_call", status="completed"),
        item(2, "web_search_call", status="completed"),
    ]
    story = read_lines(tmp_path, meta(T), turn(1), *items, counted(3, A, A))
    want = {"unknown": 1, "apply\\patch": 1, "local_shell": 1, "web_search": 2}
    assert dict(story.readings[0].tools) == want


# -- limits


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("0", 0),
        ("12.5", 1250),
        ("100.0", 10_000),
        ("37.126", 3713),
        ("37.125", 3712),
        ("0.29", 29),
        ("1.005", 100),
        ("1e1", 1000),
        ("1e-9", 0),
        ("-1", None),
        ('"5"', None),
        ("null", None),
        ("1e999999999", None),
        ("9" * 5000, None),
        ("NaN", None),
    ],
)
def test_hundredths_of_a_percent(tmp_path: Path, text: str, used: int | None) -> None:
    data = dumped([meta(T), silent(10, {"primary": window(77, 99)})])
    story = read(tmp_path, data.replace(b":77,", f":{text},".encode()))
    assert [one.used for one in limits(story)] == ([] if used is None else [used])


def window(used: float, resets: int, minutes: int = 300) -> dict[str, Any]:
    return {"used_percent": used, "window_minutes": minutes, "resets_at": resets}


PLUS = {"plan_type": "plus"}


def rows(snapshots: list[LimitSnapshot]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """What the ledger keeps: one row a window and quarter-hour, as it was last seen."""
    kept: dict[tuple[Any, ...], tuple[int, int]] = {}
    for one in snapshots:
        row = (one.name, one.window_minutes, one.resets_ms, one.plan, one.seen_ms // QUARTER_MS)
        used, seen = kept.get(row, (0, 0))
        kept[row] = max((used, seen), (one.used, one.seen_ms), key=lambda each: each[::-1])
    return kept


def test_limits_are_told_once_a_quarter_hour_as_they_were_last_seen(tmp_path: Path) -> None:
    told = [
        (10, {"primary": window(1.5, 99), "secondary": window(3, 999, 10_080), **PLUS}),
        (200, {"primary": window(1.25, 99), "secondary": window(3.25, 999, 10_080), **PLUS}),
        (400, {"primary": window(1.25, 99), "secondary": window(3.25, 999, 10_080), **PLUS}),
        (910, {"primary": window(1.5, 99), "secondary": window(3.25, 999, 10_080), **PLUS}),
        (920, {"primary": window(0, 199), "secondary": window(3.25, 999, 10_080), **PLUS}),
    ]
    counts = [silent(at, each) for at, each in told]
    story = read_lines(tmp_path, meta(T), turn(1), counted(5, A, A), *counts)
    begin = int(BEGIN.timestamp() * 1000)
    seen = [
        (one.name, one.used, one.resets_ms, (one.seen_ms - begin) / 1000) for one in limits(story)
    ]
    assert seen == [
        ("primary", 125, 99_000, 400),
        ("secondary", 325, 999_000, 400),
        ("primary", 150, 99_000, 910),
        ("secondary", 325, 999_000, 910),
        ("primary", 0, 199_000, 920),
        ("secondary", 325, 999_000, 920),
    ]
    assert {(one.window_minutes, one.plan) for one in limits(story)} == {
        (300, "plus"),
        (10_080, "plus"),
    }


@given(
    told=st.lists(
        st.tuples(
            st.integers(0, 2000), st.sampled_from([1, 2.5, 40]), st.sampled_from([99, 199, None])
        ),
        max_size=12,
    ),
    where=st.lists(st.floats(0, 1), max_size=5),
)
def test_limits_do_not_depend_on_the_pieces_of_a_reading(
    told: list[tuple[int, float, int | None]],
    where: list[float],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("limits")
    lines = [meta(T)]
    for at, used, resets in told:
        other = {"limit_id": "review"} if used == 40 else PLUS
        end = {"resets_in_seconds": 70} if resets is None else {"resets_at": resets}
        one = {"used_percent": used, "window_minutes": 300, **end}
        lines.append(silent(at, {"primary": one, **other}))
    data, source, cursor, pieces = dumped(lines), open_home("codex", home), None, Story()
    for end in [*sorted(int(share * len(data)) for share in where), len(data)]:
        path = saved(home, T, data[:end])
        pieces.add(source.read(place_of(path), cursor))
        cursor = pieces.cursors[-1]
    whole = read(home, data)
    assert rows(limits(pieces)) == rows(limits(whole))
    assert len(limits(whole)) <= len(told)


def test_limits_survive_a_reading_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that was seen before a cursor has been told before it."""
    monkeypatch.setattr(line_files, "SAFE_POINT", 1)
    monkeypatch.setattr("tallybook.sources.tail.BLOCK", 1024)
    counts = [silent(at, {"primary": window(at, 99)}) for at in range(40)]
    path = saved(tmp_path, T, dumped([meta(T), *counts]))
    source, place = open_home("codex", tmp_path), place_of(path)
    seen = list(source.read(place, None))
    whole = Story().add(seen)
    assert len(whole.cursors) > 3
    for number, one in enumerate(seen):
        if isinstance(one, Cursor):
            rest = Story().add(source.read(place, one))
            parts = limits(Story().add(seen[:number])) + limits(rest)
            assert rows(parts) == rows(limits(whole))


def test_limits_of_older_versions_and_of_others(tmp_path: Path) -> None:
    """Seconds are counted to the minute: the line was written a little after they were."""
    old = {"primary": {"used_percent": 5.0, "window_minutes": 299, "resets_in_seconds": 110}}
    other = {"limit_id": "review", "secondary": window(7, 5)}
    lines = [silent(10, old), silent(14, old), silent(100, other), silent(101, {**other, **PLUS})]
    begin = int(BEGIN.timestamp() * 1000)
    told = rows(limits(read_lines(tmp_path, meta(T), *lines)))
    quarter = begin // QUARTER_MS
    assert told == {
        ("primary", 299, begin + 120_000, "", quarter): (500, begin + 14_000),
        ("review/secondary", 300, 5000, "", quarter): (700, begin + 100_000),
        ("review/secondary", 300, 5000, "plus", quarter): (700, begin + 101_000),
    }


@pytest.mark.parametrize("odd", [[1], {"primary": 5}, {"primary": {"used_percent": "x"}}, "x"])
def test_odd_limits_hide_no_call(tmp_path: Path, odd: object) -> None:
    line = counted(5, A, A)
    line[2]["rate_limits"] = odd
    story = read_lines(tmp_path, meta(T), turn(1), line)
    assert len(story.readings) == 1
    assert limits(story) == []


def test_limits_in_copied_lines_are_old_news(tmp_path: Path) -> None:
    lines = [meta(U, 500, forked_from_id=T), counted(500.1, A, A, {"primary": window(5, 9)})]
    assert limits(read(tmp_path, dumped(lines), U)) == []


# -- damage


def test_a_line_that_was_cut_hides_only_itself(tmp_path: Path) -> None:
    whole = dumped([meta(T), turn(1)])
    broken = dumped([counted(5, A, A)])[:150]
    for piece in (broken, dumped([item(5, "function_call_output", output="x" * 3000)])[:2000]):
        story = read(tmp_path, whole + piece + dumped([counted(9, summed(A, B), B)]))
        assert totals(story) == [classes(B)]
        assert [one.reason for one in story.complaints] == ["not a line of JSON"]


def test_another_order_of_fields_is_read(tmp_path: Path) -> None:
    lines = [json.loads(row) for row in dumped([meta(T), turn(1), counted(5, A, A)]).splitlines()]
    turned = [dict(reversed(line.items())) for line in lines]
    data = "".join(json.dumps(line) + "\n" for line in turned).encode()
    assert totals(read(tmp_path, data)) == [classes(A)]


def test_an_unfinished_line_is_read_when_it_is_finished(tmp_path: Path) -> None:
    data = dumped([meta(T), turn(1), counted(5, A, A), item(6, "function_call", **CALL)])
    source = open_home("codex", tmp_path)
    for cut in (1, 40):
        path = saved(tmp_path, T, data[:-cut])
        first = Story().add(source.read(place_of(path), None))
        assert [one.lost for one in first.complaints] == ([] if cut == 1 else [False])
        path.write_bytes(data)
        again = first.add(source.read(place_of(path), first.cursors[-1]))
        assert [dict(call.tools) for call in again.calls().values()] == [{"shell": 1}]


def test_an_impossible_time_is_its_neighbours(tmp_path: Path) -> None:
    data = dumped([meta(T), turn(1), counted(5, A, A), counted(7, summed(A, B), B)])
    data = data.replace(b"2026-05-01T10:00:07.000Z", b"0001-05-01T10:00:07.000Z")
    story = read(tmp_path, data)
    assert [one.reason for one in story.complaints] == [
        "impossible time; its neighbour's was taken"
    ]
    assert {one.ended_ms for one in story.readings} == {story.readings[0].ended_ms}
    assert [one.note for one in story.readings] == ["", "time-from-neighbour"]


def test_a_payload_in_another_order_is_read(tmp_path: Path) -> None:
    lines = [meta(T), turn(1), counted(5, A, A)]
    turned = [(at, kind, dict(reversed(what.items()))) for at, kind, what in lines]
    story = read_lines(tmp_path, *turned)
    assert totals(story) == [classes(A)]
    assert story.complaints == []


def test_an_item_that_holds_what_looks_like_a_line(tmp_path: Path) -> None:
    inner = {"timestamp": "2026-05-01T10:00:00.000Z", "type": "x", "payload": {"type": "y"}}
    call = item(3, "custom_tool_call", name="log", input=[inner, {"k": "v", "payload": {}}])
    story = read_lines(tmp_path, meta(T), turn(1), says(2, "go"), call, counted(5, A, A))
    assert story.complaints == []
    assert dict(story.readings[0].tools) == {"log": 1}


def test_a_turn_behind_a_line_that_was_cut_is_read(tmp_path: Path) -> None:
    """A crash in the middle of a line; the thread goes on with another model."""
    broken = dumped([item(4, "function_call_output", output="x" * 3000)])[:2000]
    data = dumped([meta(T), turn(1, "gpt-5"), counted(3, A, A)]) + broken
    data += dumped([turn(8, "gpt-6"), counted(9, summed(A, B), B)])
    assert [one.model for one in read(tmp_path, data).readings] == ["gpt-5", "gpt-6"]


@pytest.mark.parametrize("stamp", ["", "ü", 'a"b', "x" * 50, 7, None])
def test_a_time_that_is_none_hides_no_call(tmp_path: Path, stamp: object) -> None:
    rows_ = [json.loads(row) for row in dumped([meta(T), turn(1), counted(5, A, A)]).splitlines()]
    rows_[2]["timestamp"] = stamp
    data = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows_).encode()
    story = read(tmp_path, data)
    assert totals(story) == [classes(A)]
    assert [one.lost for one in story.complaints] == [False]


@pytest.mark.parametrize("info", ["x", {"total_token_usage": 5, "last_token_usage": [1]}, 7])
def test_counts_that_make_no_sense(tmp_path: Path, info: object) -> None:
    line = counted(5, A, A)
    line[2]["info"] = info
    story = read_lines(tmp_path, meta(T), turn(1), line, counted(9, B, B))
    assert classes(B) in totals(story)


def test_many_damaged_lines_are_summed_up(tmp_path: Path) -> None:
    story = read(tmp_path, dumped([meta(T)]) + b'{"timestamp":\n' * 70)
    assert len(story.complaints) == 51
    assert story.complaints[-1].reason == "20 more damaged lines"


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (b"", ["empty file"]),
        (b"\n\n", []),
        (b"\x00\x01\x02" * 500, ["not a file of JSON lines"]),
        (b"plain text\nmore\n", ["not a file of JSON lines"]),
        (b'{"id":"x","timestamp":"2025-08-01T00:00:00Z"}\n{"record_type":"state"}\n', []),
    ],
)
def test_what_is_no_history(tmp_path: Path, data: bytes, reasons: list[str]) -> None:
    story = read(tmp_path, data)
    assert [one.reason for one in story.complaints] == reasons
    assert story.readings == []
    assert len(story.cursors) == 1


def test_a_mark_before_the_text_is_passed_over(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + dumped([meta(T), turn(1), counted(5, A, A)])
    story = read(tmp_path, data)
    assert totals(story) == [classes(A)]
    assert story.complaints == []


def test_a_huge_line_costs_no_memory_and_hides_nothing(tmp_path: Path) -> None:
    huge = item(6, "function_call_output", output="x" * (3 << 20))
    lines = [meta(T), turn(1), counted(5, A, A), huge, counted(9, summed(A, B), B)]
    story = read_lines(tmp_path, *lines)
    assert totals(story) == sorted([classes(A), classes(B)])
    assert story.complaints == []
    assert story.readings[-1].started_ms == story.readings[-1].ended_ms - 3000


def test_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    place = place_of(saved(tmp_path, T, b""))
    Path(place.path).unlink()
    (complaint,) = Story().add(open_home("codex", tmp_path).read(place, None)).complaints
    assert complaint.fatal


# -- growth


def test_reading_on_from_any_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_files, "SAFE_POINT", 1)
    monkeypatch.setattr("tallybook.sources.tail.BLOCK", 4096)
    lines = [line for order in ORDERS.values() for line in order] * 30
    path = saved(tmp_path, T, dumped([meta(T), turn(1), *lines]))
    source, place = open_home("codex", tmp_path), place_of(path)
    whole = Story().add(source.read(place, None))
    assert len(whole.cursors) > 3
    for number, cursor in enumerate(whole.cursors):
        rest = Story().add(source.read(place, cursor))
        assert rest.cursors[-1].state == whole.cursors[-1].state
        both = Story(readings=[*whole.readings, *rest.readings])
        assert both.calls() == whole.calls()
        assert number == 0 or cursor.since > 0


@st.composite
def histories(draw: st.DrawFn) -> bytes:
    """A file of many kinds of lines in a row that no version would write."""
    pieces = [line for order in ORDERS.values() for line in order]
    pieces += [silent(20), turn(21, "gpt-5"), meta(U, 22), (23, "compacted", {"message": "x"})]
    pieces += [recorded(24, U, "resp_7", A, A), counted(25, A, NO_USE), says(26, "why?")]
    chosen = draw(st.lists(st.sampled_from(pieces), max_size=25))
    fork: dict[str, Any] = {"forked_from_id": U} if draw(st.booleans()) else {}
    return dumped([meta(T, **fork), turn(1), *chosen])


@given(data=histories(), where=st.lists(st.floats(0, 1), max_size=4))
def test_growing_says_the_same_as_reading_at_the_end(
    data: bytes, where: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("grow")
    source, story = open_home("codex", home), Story()
    cursor = None
    for end in [*sorted(int(share * len(data)) for share in where), len(data)]:
        path = saved(home, T, data[:end])
        story.add(source.read(place_of(path), cursor))
        cursor = story.cursors[-1]
    whole = read(home, data)
    assert story.calls() == whole.calls()
    assert story.cursors[-1].state == whole.cursors[-1].state


def test_a_cut_at_any_byte_never_raises(tmp_path: Path) -> None:
    data = dumped([meta(T), *ORDERS["records (0.169)"]])
    whole = read(tmp_path, data).calls()
    source = open_home("codex", tmp_path)
    for end in range(0, len(data), 7):
        path = saved(tmp_path, T, data[:end])
        story = Story().add(source.read(place_of(path), None))
        path.write_bytes(data)
        story.add(source.read(place_of(path), story.cursors[-1]))
        assert story.calls() == whole


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    source = open_home("codex", tmp_path)
    path = saved(tmp_path, T, dumped([meta(T), turn(1), counted(5, A, A)]))
    cursor = Story().add(source.read(place_of(path), None)).cursors[-1]
    path.write_bytes(dumped([meta(U), turn(1), counted(6, B, B), counted(8, summed(B, C), C)]))
    assert len(Story().add(source.read(place_of(path), cursor)).readings) == 2


# -- recall


def test_recall_of_reasoning_and_of_other_threads(tmp_path: Path) -> None:
    summary = [{"type": "summary_text", "text": "Thinking."}]
    action = {"type": "search", "query": "tide"}
    lines = [
        meta(T),
        turn(1),
        says(2, "When is high tide?"),
        item(3, "reasoning", summary=summary),
        item(3, "web_search_call", id="ws", action=action),
        says(4, "At noon.", "assistant"),
        counted(5, A, A),
    ]
    saved(tmp_path, T, dumped(lines))
    saved(tmp_path, U, dumped([meta(U), turn(1), counted(5, B, B)]))
    source = open_home("codex", tmp_path)
    (found,) = source.recall(T)
    assert (found.question, found.answer) == ("When is high tide?", "At noon.")
    assert found.reasoning == "Thinking."
    assert [dict(one) for one in found.tool_calls] == [
        {"id": "ws", "name": "web_search", "input": json.dumps(action)}
    ]
    assert found.duration_ms == 3000
    assert list(source.recall("nobody")) == []
