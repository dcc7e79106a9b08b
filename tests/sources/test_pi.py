"""The source `pi`: what is a call, whose it is, what it is worth, and what is said of damage."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tallybook.model import Money
from tallybook.reading import SessionFact, Witness, key_of

from .folding import Call, Story, open_home, place_of
from .sessions_of_pi import (
    OTHER,
    SESSION,
    entry,
    header,
    message,
    ms,
    path_of,
    read,
    reply,
    says,
    stamp,
    text_of,
    usage,
    write,
)


def only(story: Story) -> Call:
    (call,) = story.calls().values()
    assert story.complaints == []
    return call


def fact(story: Story) -> SessionFact:
    (found,) = (one for one in story.others if isinstance(one, SessionFact))
    return found


def test_a_reply(tmp_path: Path) -> None:
    asked = [
        {"type": "toolCall", "id": "t1", "name": "bash", "arguments": {}},
        {"type": "toolCall", "id": "t2", "name": "bash", "arguments": {}},
        {"type": "thinking", "thinking": "hm"},
        {"type": "toolCall", "id": "t3", "name": "read", "arguments": {}},
    ]
    path = write(tmp_path, header(), says(1, "Mend it."), reply(3, content=asked))
    (told,) = read(path).readings
    assert (told.provider, told.model, told.status) == (
        "anthropic",
        "claude-sonnet-4-5",
        "complete",
    )
    assert (told.started_ms, told.ended_ms) == (ms(2), ms(3))
    assert told.tools == (("bash", 2), ("read", 1))
    assert told.who.session == SESSION
    assert told.who.project == "/home/ann/app"
    assert told.witness == Witness.AGENT
    assert json.loads(told.usage)["usage"] == {
        "input": 10,
        "output": 5,
        "cacheRead": 0,
        "cacheWrite": 0,
        "totalTokens": 15,
    }


@pytest.mark.parametrize(
    ("more", "status", "notes"),
    [
        ({"stopReason": "length"}, "complete", set[str]()),
        ({"stopReason": ...}, "complete", set[str]()),
        ({"stopReason": "error", "errorMessage": "terminated"}, "partial", {"broken-attempt"}),
        ({"stopReason": "aborted"}, "partial", {"broken-attempt"}),
        ({"stopReason": "pending"}, "partial", {"unfinished"}),
        ({"usage": usage(0, 0, 0), "stopReason": "aborted"}, "unmetered", set[str]()),
        ({"usage": usage(0, 0, 0), "stopReason": "stop"}, "unmetered", set[str]()),
        ({"usage": ..., "stopReason": "stop"}, "unmetered", set[str]()),
        ({"usage": None, "stopReason": "error"}, "unmetered", set[str]()),
        (
            {"usage": usage(0, 0, 0), "stopReason": "error", "errorMessage": "fetch failed"},
            "unmetered",
            set[str](),
        ),
        (
            {"usage": usage(0, 0, 0), "stopReason": "error", "errorMessage": '429 {"type":1}'},
            "failed",
            set[str](),
        ),
        (
            {
                "usage": usage(0, 0, 0),
                "stopReason": "error",
                "errorMessage": '{"error":{"code": 503}}',
            },
            "failed",
            set[str](),
        ),
        (
            {"usage": usage(0, 0, 0), "stopReason": "error", "errorMessage": "took 4290 ms"},
            "unmetered",
            set[str](),
        ),
    ],
)
def test_status(tmp_path: Path, more: dict[str, Any], status: str, notes: set[str]) -> None:
    call = only(read(write(tmp_path, header(), reply(3, **more))))
    assert (call.status, call.notes) == (status, notes)


def test_what_waits_for_its_reply_is_no_call(tmp_path: Path) -> None:
    waiting = reply(3, usage=usage(0, 0, 0), stopReason="deferred")
    assert read(write(tmp_path, header(), waiting)).readings == []


@pytest.mark.parametrize(
    ("cost", "nanos"),
    [
        ("0.25240019999999996", 252_400_200),
        ("3e-05", 30_000),
        ("0", None),
        ("-1", None),
        ("null", None),
        ('"much"', None),
        ("1e99", None),
    ],
)
def test_reported_cost_is_read_digit_by_digit(tmp_path: Path, cost: str, nanos: int | None) -> None:
    path = write(tmp_path, header(), reply(3, usage=usage(cost="COST")))
    path.write_text(path.read_text().replace('"COST"', cost))
    want = None if nanos is None else Money(nanos, "USD")
    assert only(read(path)).reported == want


@pytest.mark.parametrize(
    ("more", "model"),
    [
        ({"responseModel": "claude-sonnet-4-5-20250929"}, "claude-sonnet-4-5"),
        ({"responseModel": "claude-opus-5"}, "claude-opus-5"),  # a fallback after a refusal
        (
            {"provider": "openrouter", "model": "openrouter/auto", "responseModel": "z/glm-5"},
            "z/glm-5",
        ),
        (
            {"provider": "openrouter", "model": "a/sonnet-5", "responseModel": "a/5-sonnet"},
            "a/sonnet-5",
        ),
        ({"provider": "github-copilot", "responseModel": "claude-4.5"}, "claude-sonnet-4-5"),
        ({"model": ...}, "unknown"),
    ],
)
def test_the_model_that_answered(tmp_path: Path, more: dict[str, Any], model: str) -> None:
    assert only(read(write(tmp_path, header(), reply(3, **more)))).model == model


def test_trusted_ids_of_responses_are_identities_too(tmp_path: Path) -> None:
    long = "resp_" + "0a" * 20
    lines = [
        reply(3, responseId="msg_01"),
        reply(5, provider="openai-codex", responseId=long),
        reply(7, provider="proxy", responseId="msg_01"),
        reply(9, provider="openai", responseId="resp_1"),
    ]
    known = [one.keys[1:] for one in read(write(tmp_path, header(), *lines)).readings]
    anthropic, openai = key_of("anthropic:response", "msg_01"), key_of("openai:response", long)
    assert known == [(anthropic,), (openai,), (), ()]


def test_every_branch_of_the_tree_counts(tmp_path: Path) -> None:
    lines = [
        says(1, "a", "u1"),
        reply(2, "r1", "u1"),
        says(3, "b", "u2", "r1"),
        reply(4, "r2", "u2"),
        entry("branch_summary", 5, "s", "r1", fromId="r2", summary="b", usage=usage(100, 20)),
        reply(6, "r3", "s"),
    ]
    story = read(write(tmp_path, header(), *lines))
    assert [sum(call.counts) for call in story.calls().values()].count(15) == 3
    assert sum(sum(call.counts) for call in story.calls().values()) == 165


def test_a_fork_gives_copies_to_its_source(tmp_path: Path) -> None:
    shared = [says(1, "a"), reply(2), reply(4)]
    first = write(tmp_path, header(), *shared)
    named = header(OTHER, 10, parentSession=str(first), cwd="/home/ann/other")
    fork = write(tmp_path, named, *shared, reply(12), session=OTHER)
    for order in ((first, fork), (fork, first)):
        calls = read(*order).calls().values()
        owners = sorted((call.who.session, call.who.project) for call in calls)
        assert owners == [
            (SESSION, "/home/ann/app"),
            (SESSION, "/home/ann/app"),
            (OTHER, "/home/ann/other"),
        ]
    alone = read(fork)
    assert sorted(call.who.session for call in alone.calls().values()) == [SESSION, SESSION, OTHER]
    assert fact(alone).forked_from == SESSION


def test_of_two_forks_the_first_knows_the_owner(tmp_path: Path) -> None:
    gone, third = path_of(tmp_path), "3" * 8
    fork = write(tmp_path, header(OTHER, 10, parentSession=str(gone)), reply(2), session=OTHER)
    again = write(
        tmp_path, header(third, 20, parentSession=str(fork)), reply(2), reply(12), session=third
    )
    calls = read(again, fork).calls().values()
    assert sorted(call.who.session for call in calls) == [SESSION, OTHER]


def test_early_branches_name_their_source_too(tmp_path: Path) -> None:
    windows = (
        f"C:\\Users\\ann\\.pi\\agent\\sessions\\--x--\\2026-05-01T10-00-00-000Z_{SESSION}.jsonl"
    )
    fork = write(tmp_path, header(OTHER, 10, branchedFrom=windows), reply(2), session=OTHER)
    assert only(read(fork)).who.session == SESSION


def test_a_session_is_known_by_its_files_name(tmp_path: Path) -> None:
    path = write(tmp_path, header("another-id"), reply(2))
    assert only(read(path)).who.session == SESSION
    renamed = path.rename(tmp_path / "copy.jsonl")
    assert only(read(renamed)).who.session == "another-id"


def test_converting_an_old_file_changes_nothing(tmp_path: Path) -> None:
    """pi rewrites a file of version 1 with new ids when the session goes on."""
    old = [header(), says(1, "a"), reply(2), reply(4, stopReason="aborted", usage=usage(0, 0, 0))]
    for line in old:
        line.pop("version", None), line.pop("parentId", None)
        if line["type"] != "session":
            del line["id"]
    source, story = open_home("pi", tmp_path), Story()
    path = write(tmp_path, *old)
    story.add(source.read(place_of(path), None))
    new = [{**line, "id": f"{number:08x}"} for number, line in enumerate(old[1:])]
    write(tmp_path, header(), *new, reply(9))
    story.add(source.read(place_of(path), story.cursors[-1]))
    assert len(story.readings) == 2 + 3
    assert len(story.calls()) == 3


def test_summaries(tmp_path: Path) -> None:
    lines = [
        reply(2),
        entry("compaction", 4, summary="s", usage=usage(100, 20), fromHook=False),
        entry("compaction", 6, summary="s", tokensBefore=99),
        entry("compaction", 8, summary="s", fromHook=True),
        entry("branch_summary", 9, summary="s", fromHook=True, usage=usage(7, 7)),
    ]
    told = read(write(tmp_path, header(), *lines)).readings[1:]
    assert [(one.status, one.model, one.note, one.witness) for one in told] == [
        ("complete", "claude-sonnet-4-5", "model-from-session", Witness.SUMMARY),
        ("unmetered", "claude-sonnet-4-5", "model-from-session", Witness.SUMMARY),
        ("complete", "claude-sonnet-4-5", "model-from-session", Witness.SUMMARY),
    ]


def test_usage_beside_the_conversation(tmp_path: Path) -> None:
    named = {"kind": "cache_warm", "provider": "anthropic", "model": "claude-haiku-4-5"}
    lines = [
        entry("model_change", 1, provider="google", modelId="gemini-2.5-pro"),
        entry("usage", 2, usage=usage(0, 0, cacheRead=50), **named),
        entry("warmed_by_tomorrow", 3, usage=usage(3, 4)),
        entry("custom", 4, data={"usage": usage(999, 999)}),
    ]
    told = read(write(tmp_path, header(), *lines)).readings
    assert [(one.provider, one.model, one.note) for one in told] == [
        ("anthropic", "claude-haiku-4-5", ""),
        ("google", "gemini-2.5-pro", "model-from-session"),
    ]


def test_early_models_are_written_in_one_word(tmp_path: Path) -> None:
    first = header(model="anthropic/claude-opus-4-1")
    change = entry("model_change", 3, model="openrouter/z-ai/glm-4.6")
    lines = [entry("compaction", 2, summary="s"), change, entry("compaction", 4, summary="s")]
    told = read(write(tmp_path, first, *lines)).readings
    assert [(one.provider, one.model) for one in told] == [
        ("anthropic", "claude-opus-4-1"),
        ("openrouter", "z-ai/glm-4.6"),
    ]


def result(at: float, details: object, **more: Any) -> dict[str, Any]:
    fields = {"role": "toolResult", "toolName": "subagent", "content": [], "details": details}
    return entry("message", at, message={**fields, "timestamp": ms(at), **more})


def nested(*messages: dict[str, Any], agent: str = "scout") -> dict[str, Any]:
    asked = {"role": "user", "content": [{"type": "text", "text": "Task: look"}]}
    return {"mode": "single", "results": [{"agent": agent, "messages": [asked, *messages]}]}


def test_sub_agents_without_a_session_of_their_own(tmp_path: Path) -> None:
    inner = message(5, model="claude-haiku-4-5")
    deeper = {"role": "toolResult", "details": nested(message(6, model="glm-5"), agent="digger")}
    path = write(tmp_path, header(), reply(3), result(9, nested(inner, deeper)), reply(11))
    told = read(path).readings
    assert [(one.model, one.who.agent, one.who.session) for one in told] == [
        ("claude-sonnet-4-5", None, SESSION),
        ("claude-haiku-4-5", "scout", SESSION),
        ("glm-5", "digger", SESSION),
        ("claude-sonnet-4-5", None, SESSION),
    ]


def test_a_sub_agent_with_a_session_of_its_own_counts_once(tmp_path: Path) -> None:
    parent = write(tmp_path, header(), result(9, nested(message(5))))
    child = write(tmp_path, header(OTHER, 4), reply(5), session=OTHER)
    for order in ((parent, child), (child, parent)):
        call = only(read(*order))
        assert (call.who.session, call.who.agent) == (OTHER, None)


def test_usage_of_a_tool_itself(tmp_path: Path) -> None:
    (told,) = read(write(tmp_path, header(), result(9, {"a": 1}, usage=usage(70, 7)))).readings
    assert (told.provider, told.model, told.note) == ("unknown", "unknown", "model-not-told")
    both = result(9, nested(message(5)), usage=usage())
    assert len(read(write(tmp_path, header(), both)).readings) == 1


@pytest.mark.parametrize(
    ("lines", "title", "rank"),
    [
        ([says(1, "Mend it.\nNow.")], "Mend it.", 1),
        ([says(1, "  "), says(2, "Second")], "Second", 1),
        ([says(1, "First"), says(2, "Second")], "First", 1),
        ([says(1, '<file name="a.py">x</file>\n<file name="b"/>\nRead these')], "Read these", 1),
        ([says(1, "<skill name='s'>\nmuch\n</skill>\n\nGo")], "Go", 1),
        ([says(1, "<b> is bold")], "<b> is bold", 1),
        ([says(1, "a"), entry("session_info", 2, name="Name"), says(3, "b")], "Name", 2),
        ([entry("session_info", 2, name="One"), entry("session_info", 3, name="Two")], "Two", 2),
        ([entry("session_info", 2, name="One"), entry("session_info", 3, name="")], "One", 2),
        ([reply(2)], "", 0),
    ],
)
def test_titles(tmp_path: Path, lines: list[dict[str, Any]], title: str, rank: int) -> None:
    found = fact(read(write(tmp_path, header(), *lines)))
    assert (found.title, found.title_rank) == (title, rank)
    assert found.directory == "/home/ann/app"


def test_prompts_may_be_plain_texts(tmp_path: Path) -> None:
    line = says(1, "")
    line["message"]["content"] = "Plain"
    assert fact(read(write(tmp_path, header(), line))).title == "Plain"


def test_a_session_that_began_anew_in_one_file_is_written_twice(tmp_path: Path) -> None:
    """Some versions wrote a header again, and all lines behind it."""
    lines = [header(), says(1, "a"), reply(2)]
    assert only(read(write(tmp_path, *lines, *lines))).who.session == SESSION


def test_files_put_behind_each_other(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    one, other = [header(), says(1, "a"), reply(2)], [header(OTHER, 5), says(6, "b"), reply(7)]
    path.write_text(text_of(*one, *other))
    story = read(path)
    assert [each.who.session for each in story.readings] == [SESSION, OTHER]
    facts = [each for each in story.others if isinstance(each, SessionFact)]
    assert [(each.session, each.title) for each in facts] == [(SESSION, "a"), (OTHER, "b")]


def test_a_line_that_was_cut_and_went_on_with_the_next(tmp_path: Path) -> None:
    path = write(tmp_path, header(), reply(2), reply(4))
    first, second, third = path.read_text().splitlines()
    path.write_text("\n".join((first, second[:150] + third)) + "\n")
    story = read(path)
    assert [one.reason for one in story.complaints] == ["not a line of JSON"]
    assert [one.ended_ms for one in story.readings] == [ms(4)]


def test_an_unfinished_line_is_read_when_it_is_finished(tmp_path: Path) -> None:
    path = write(tmp_path, header(), says(1, "a"), reply(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    source, story = open_home("pi", tmp_path), Story()
    story.add(source.read(place_of(path), None))
    assert [(one.reason, one.lost) for one in story.complaints] == [
        ("the last line is not finished", False)
    ]
    path.write_bytes(whole)
    story.add(source.read(place_of(path), story.cursors[-1]))
    assert len(story.readings) == 1


def test_odd_fields_hide_no_others(tmp_path: Path) -> None:
    odd = reply(3, model=7, content=5, errorMessage=[], responseId={})
    odd["parentId"] = {"x": 1}
    call = only(read(write(tmp_path, header(cwd=3), odd)))
    assert (call.model, call.who.project, sum(call.counts)) == ("unknown", None, 15)


def test_another_order_of_fields(tmp_path: Path) -> None:
    lines = [dict(reversed(line.items())) for line in (header(), says(1, "a"), reply(2))]
    story = read(write(tmp_path, *lines))
    assert only(story).who.session == SESSION
    assert fact(story).title == "a"


@pytest.mark.parametrize("time", ["1999-01-01T00:00:00Z", "yesterday", None, 5])
def test_impossible_times(tmp_path: Path, time: object) -> None:
    late = reply(9, timestamp=...)
    late["timestamp"] = time
    story = read(write(tmp_path, header(), reply(3), late))
    assert [one.reason for one in story.complaints] == [
        "impossible time; its neighbour's was taken"
    ]
    told = story.readings[-1]
    assert (told.started_ms, told.note) == (ms(3), "time-from-neighbour")


def test_calls_without_any_time_are_known_again(tmp_path: Path) -> None:
    """Their times are guesses, and a file's own time changes when it is copied."""
    timeless = [reply(at, f"n{at}", timestamp=...) for at in (1, 2)]
    path = write(tmp_path, *({**line, "timestamp": None} for line in timeless))
    keys = [one.keys for one in read(path).readings]
    assert len(set(keys)) == 2
    os.utime(path, (ms(99) / 1000, ms(99) / 1000))
    assert [one.keys for one in read(path).readings] == keys


def test_notes_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    """As they do when readings are joined: one that is told once says the same."""
    broken = reply(9, stopReason="pending")
    summary = entry("compaction", 9, usage=usage())
    for line in (broken, summary):
        line["timestamp"] = None
    notes = [one.note for one in read(write(tmp_path, header(), broken, summary)).readings]
    assert notes == ["time-from-neighbour;unfinished", "model-from-session;time-from-neighbour"]


def test_another_tools_history_has_no_calls_of_pi(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    line = {"type": "assistant", "timestamp": stamp(1), "message": message(1)}
    path.write_text(json.dumps(line) + "\n")
    assert read(path).readings == []


def test_recall_follows_the_branches(tmp_path: Path) -> None:
    parts = [
        {"type": "thinking", "thinking": "Think."},
        {"type": "text", "text": "One."},
        {"type": "text", "text": "Two."},
        {"type": "toolCall", "id": "t", "name": "bash", "arguments": {"command": "ls"}},
    ]
    path = write(
        tmp_path,
        header(),
        says(1, "first", "u1"),
        reply(3, "r1", "u1", content=parts, stopReason="toolUse", responseId="msg_1"),
        result(4, None),
        says(5, "second", "u2", "r1"),
        reply(7, "r2", "u2"),
        says(8, "instead", "u3", "r1"),
        reply(10, "r3", "u3"),
        entry("compaction", 12, "c", "r3", summary="In short.", usage=usage(9, 9)),
        result(14, nested(message(13))),
    )
    rounds = list(open_home("pi", tmp_path).recall(SESSION))
    assert [(one.number, one.question, one.answer, one.agent) for one in rounds] == [
        (1, "first", "One.\n\nTwo.", ""),
        (2, "second", "Done.", ""),
        (3, "instead", "Done.", ""),
        (4, "", "In short.", ""),
        (5, "Task: look", "Done.", "scout"),
    ]
    first = rounds[0]
    assert first.reasoning == "Think."
    assert first.tool_calls == ({"id": "t", "name": "bash", "input": '{"command": "ls"}'},)
    assert (first.message, first.finish, first.duration_ms) == ("msg_1", "toolUse", 1000)
    told = {one.keys for one in read(path).readings}
    assert {one.keys for one in rounds} == told


def test_recall_of_a_session_of_which_only_a_fork_is_left(tmp_path: Path) -> None:
    gone = path_of(tmp_path)
    lines = [says(1, "a", "u"), reply(2, "r", "u"), reply(12, "s", "r")]
    write(tmp_path, header(OTHER, 10, parentSession=str(gone)), *lines, session=OTHER)
    source = open_home("pi", tmp_path)
    assert [one.question for one in source.recall(SESSION)] == ["a"]
    assert [one.question for one in source.recall(OTHER)] == ["a", ""]


def test_long_lines_without_usage_are_passed_over(tmp_path: Path) -> None:
    long = says(1, "x" * (3 << 20))
    story = read(write(tmp_path, header(), entry("session_info", 1, name="n"), long, reply(3)))
    assert only(story).started_ms == ms(2)
    held = result(2, {"text": "y" * (3 << 20), **nested(message(1))})
    assert len(read(write(tmp_path, header(), held, reply(3))).readings) == 2


def test_nothing_of_the_conversation_is_in_what_is_told(tmp_path: Path) -> None:
    secret = "the secret answer"
    lines = [says(2, secret), reply(3, content=[{"type": "text", "text": secret}])]
    path = write(tmp_path, header(), says(1, "title"), *lines, session=SESSION)
    path.write_text(path.read_text().replace('"totalTokens":15', '"totalTokens":"x'))
    story = read(path)
    assert story.complaints
    assert not re.search(secret, repr(story))
