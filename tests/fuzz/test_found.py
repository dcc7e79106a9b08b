"""What fuzzing has found, each in the smallest form that shows it: kept so that it stays mended."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from tallybook.contract.folding import folded
from tallybook.contract.trial import batch_of
from tallybook.dialects import counter
from tallybook.errors import UsageMistake
from tallybook.loosejson import loose_json
from tallybook.periods import Frame
from tallybook.questions import parse_query
from tallybook.reading import Complaint, LimitSnapshot, Reading

from ..ledger.books import appraiser, open_new
from ..sources import rollouts, sessions_of_pi
from ..sources.folding import Story, dump, line, open_home, place_of
from ..sources.opencode_homes import Home, reply

USAGE = {"input_tokens": 3, "output_tokens": 50}


def claude(tmp: Path, *lines: bytes, name: str = "s1.jsonl") -> Story:
    path = tmp / ".claude" / "projects" / "-home-ann-app" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    return Story().add(open_home("claude", tmp).read(place_of(path), None))


def numbers(story: Story) -> Counter[tuple[int, ...]]:
    return Counter(call.counts for call in folded(story.readings).values() if any(call.counts))


def told(story: Story) -> list[str]:
    """Every complaint, those about a usage object too."""
    odd = [counter(each.dialect)(each.usage) for each in story.readings]
    return [each.reason for each in story.complaints] + [
        text for one in odd for text in one.complaints
    ]


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1" + b"0" * 400])
def test_a_count_that_json_does_not_have(tmp_path: Path, value: bytes) -> None:
    """It was taken for one that is not told, and so lost in silence."""
    story = claude(tmp_path, dump(line(message_usage=USAGE)).replace(b":50}", b":%b}" % value))
    assert told(story)
    home = Home(tmp_path / "opencode")
    raw = json.dumps(reply()).encode().replace(b'"output": 7', b'"output": %b' % value)
    home.message("msg_1", raw)
    assert told(home.read())


@pytest.mark.parametrize("value", [2**64, 10**30, -5, {"a": 1}, [], "50"])
def test_an_impossible_count_yields_to_a_good_one(tmp_path: Path, value: object) -> None:
    """A reply is written in several lines: one that is damaged spoilt what the others tell."""
    good, bad = line(message_usage=USAGE), line(message_usage={**USAGE, "output_tokens": value})
    for lines in ((good, bad), (bad, good)):
        story = claude(tmp_path, *(dump(each) for each in lines))
        assert numbers(story) == {(3, 50, 0, 0, 0, 0): 1}


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_title_that_is_cut_off(tmp_path: Path, end: bytes) -> None:
    """It was taken for a title, so that nobody was told of all that is missing behind it."""
    assert told(claude(tmp_path, b'{"type":"summary","sum' + end))


@pytest.mark.parametrize("name", [b"output_tokens", b"usage", b"message", b"type"])
@pytest.mark.parametrize("byte", [b"\xff", b"\x06", b"\0"])
def test_damage_in_a_name(tmp_path: Path, name: bytes, byte: bytes) -> None:
    """Nobody knows what such a line no longer tells, so that it has to be complained of."""
    torn = dump(line()).replace(b'"%b"' % name, b'"%b%b"' % (name[:2], byte + name[2:]))
    assert told(claude(tmp_path, torn))


@pytest.mark.parametrize("name", [b"total_token_usage", b"info", b"payload"])
def test_damage_in_a_name_of_codex(tmp_path: Path, name: bytes) -> None:
    lines = rollouts.begun(rollouts.thread_id(1)).call((1000, 100, 50, 5)).lines
    torn = rollouts.dumped(lines).split(b"\n")
    torn[-2] = torn[-2].replace(b'"%b"' % name, b'"%b\xff%b"' % (name[:2], name[2:]))
    assert told(rollouts.read(tmp_path, b"\n".join(torn)))


@pytest.mark.parametrize("last", ['"\\ud800xx"', '"text"', "[1, 2]", "12345"])
def test_a_last_usage_that_is_no_object(tmp_path: Path, last: str) -> None:
    lines = rollouts.dumped(rollouts.begun(rollouts.thread_id(1)).call((9, 0, 5, 0)).lines)
    head, mark, tail = lines.rpartition(b'"last_token_usage":')
    torn = head + mark + last.encode() + tail[tail.index(b"}") + 1 :]
    assert told(rollouts.read(tmp_path, torn)) == ["a count could not be understood"]


def test_a_hole_that_joins_a_tool_s_line_with_a_count(tmp_path: Path) -> None:
    history = rollouts.begun(rollouts.thread_id(1)).call((9, 0, 5, 0))
    lines = [*history.lines[:-1], rollouts.item(40, "function_call_output"), history.lines[-1]]
    data = rollouts.dumped(lines)
    at = data.index(b"_call_output")
    torn = data[:at] + data[data.index(b'put_tokens":', at) :]
    assert told(rollouts.read(tmp_path, torn)) == ["not a line of JSON"]


def test_a_history_that_was_written_twice(tmp_path: Path) -> None:
    """As by `cat FILE >> FILE`: the running total begins anew, and no call is a new one."""
    history = rollouts.begun(rollouts.thread_id(1)).call((9, 0, 5, 0)).call((99, 9, 50, 0))
    data = rollouts.dumped(history.lines)
    once, twice = rollouts.read(tmp_path, data), rollouts.read(tmp_path, data + data)
    assert numbers(twice) == numbers(once)
    assert len(numbers(once)) == 2
    fork = rollouts.dumped(history.forked(rollouts.thread_id(2, 90)).call((7, 0, 7, 0)).lines)
    once, twice = rollouts.read(tmp_path, fork), rollouts.read(tmp_path, fork + fork)
    assert folded(twice.readings).keys() == folded(once.readings).keys()


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_a_block_that_was_never_written(tmp_path: Path, agent: str) -> None:
    """After a loss of power a file may hold zeros, over the ends of two lines and all between."""
    if agent == "claude":
        data = dump(*(line(message_id=f"msg_0{n}0000", uuid=f"u{n}") for n in range(3)))
    else:
        history = rollouts.begun(rollouts.thread_id(1))
        for n in range(1, 4):
            history.call((100 * n, 0, 5, 0))
        data = rollouts.dumped(history.lines)
    size = len(data) // 2
    hole = data[: size // 2] + b"\0" * size + data[size // 2 + size :]
    story = claude(tmp_path, hole) if agent == "claude" else rollouts.read(tmp_path, hole)
    assert told(story) in (["zeros instead of text"], ["not a line of JSON"])


@pytest.mark.parametrize("field", ["window_minutes", "resets_at", "resets_in_seconds"])
@pytest.mark.parametrize("value", [-(2**63) - 1, -1, 2**63 - 1, 10**15])
def test_a_quota_window_of_no_length(tmp_path: Path, field: str, value: int) -> None:
    """The ledger could not hold it, and nothing was recorded at all."""
    window = {"used_percent": 5.0, "window_minutes": 300, "resets_at": 1_795_000_000, field: value}
    history = rollouts.begun(rollouts.thread_id(1)).call((9, 0, 5, 0))
    history.lines.append(rollouts.silent(90, {"limit_id": "codex", "primary": window}))
    story = rollouts.read(tmp_path, rollouts.dumped(history.lines))
    assert not [each for each in story.others if isinstance(each, LimitSnapshot)]
    ledger = open_new(tmp_path)
    assert ledger.record(batch_of([*story.readings, *story.others]), appraiser()).new == 1
    ledger.close()


def test_half_a_character_as_the_kind_of_a_helper(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "-home-ann-app" / "s1" / "subagents"
    folder.mkdir(parents=True)
    (folder / "agent-a1.meta.json").write_text('{"agentType": "\\ud800"}')
    (folder / "agent-a1.jsonl").write_bytes(dump(line(isSidechain=True)))
    place = place_of(folder / "agent-a1.jsonl")
    story = Story().add(open_home("claude", tmp_path).read(place, None))
    ledger = open_new(tmp_path)
    assert ledger.record(batch_of(story.readings), appraiser()).new == 1
    ledger.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_in_the_place_of_a_helper_s_kind(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "-home-ann-app" / "s1" / "subagents"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "agent-a1.meta.json")
    (folder / "agent-a1.jsonl").write_bytes(dump(line(isSidechain=True)))
    place = place_of(folder / "agent-a1.jsonl")
    (found,) = Story().add(open_home("claude", tmp_path).read(place, None)).readings
    assert found.who.agent == "subagent"


def test_an_empty_request_id_is_none_whoever_came_before(tmp_path: Path) -> None:
    """What was known of a line with a request was taken for one with an empty one."""
    first, second = line(), line(requestId="", message_id="msg_000002", uuid="u2")
    alone = claude(tmp_path, dump(second)).readings[-1]
    after = claude(tmp_path, dump(first, second)).readings[-1]
    assert (alone.who, alone.attr) == (after.who, after.attr)


def test_an_editor_s_mark_before_a_file_of_opencode(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.message("msg_1", b"\xef\xbb\xbf" + json.dumps(reply()).encode())
    story = home.read()
    assert (len(story.readings), story.complaints) == (1, [])


def test_names_are_whole_or_nothing_is_known() -> None:
    assert loose_json(b'{"a\xff": 1}') is None
    assert loose_json(b'{"a\x01": 1}') is None
    assert loose_json(b'{"a": "\xff\x01", "b": 1}') == {"a": "\ufffd\x01", "b": 1}
    assert loose_json('{"a\\tb\u200b": NaN}'.encode()) == {"a\tb\u200b": "NaN"}
    assert loose_json(b"\xef\xbb\xbf[1e999, 2.5]") == ["1e999", 2.5]
    assert loose_json(b"") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_a_history_without_end_is_complained_of(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "p"
    folder.mkdir(parents=True)
    (folder / "zero.jsonl").symlink_to("/dev/zero")
    source = open_home("claude", tmp_path)
    (found,) = source.locate()
    assert isinstance(found, Complaint)
    assert not isinstance(found, Reading)


@pytest.mark.parametrize("value", [{}, "50", -5, 10**30])
def test_a_damaged_count_behind_a_placeholder(tmp_path: Path, value: object) -> None:
    """The placeholder's count stood for the whole reply, and nobody was told."""
    first = line(message_usage={**USAGE, "output_tokens": 2}, message_stop_reason=None)
    last = line(message_usage={**USAGE, "output_tokens": value}, message_stop_reason="end_turn")
    assert told(claude(tmp_path, dump(first), dump(last)))


def test_a_limit_is_made_of_digits_alone() -> None:
    """What Python takes for white space at the end of a number crashed."""
    with pytest.raises(UsageMistake, match="the limit must be"):
        parse_query([("limit", "4\x1e")], Frame(now_ms=0, tz="UTC", week_start=0))


_RESULT: dict[str, object] = {
    "role": "toolResult",
    "details": {"messages": [sessions_of_pi.message(3)]},
}


@pytest.mark.parametrize("name", ["type", "message", "role", "details", "messages", "usage"])
@pytest.mark.parametrize("byte", [b"\x99", b"\x06", b"\0"])
def test_damage_in_a_name_of_pi(tmp_path: Path, name: str, byte: bytes) -> None:
    """The decoder passes over a name that it does not know, whatever stands in it."""
    helper = sessions_of_pi.entry("message", 3, "b", "a", message=_RESULT)
    path = sessions_of_pi.write(tmp_path, sessions_of_pi.header(), helper)
    assert numbers(sessions_of_pi.read(path)) == {(10, 5, 0, 0, 0, 0): 1}
    head, mark, tail = path.read_bytes().rpartition(b'{"type":"message"')
    torn = (mark + tail).replace(
        b'"%b":' % name.encode(), b'"%b%b":' % (name[:2].encode(), byte), 1
    )
    path.write_bytes(head + torn)
    found = sessions_of_pi.read(path)
    assert (numbers(found), told(found)) == ({}, ["not a line of JSON"])


def test_damage_in_a_name_of_a_reply_of_pi(tmp_path: Path) -> None:
    path = sessions_of_pi.write(tmp_path, sessions_of_pi.header(), sessions_of_pi.reply(3, "a"))
    path.write_bytes(path.read_bytes().replace(b'"message":{', b'"mess\x99age":{'))
    found = sessions_of_pi.read(path)
    assert (numbers(found), told(found)) == ({}, ["not a line of JSON"])


@pytest.mark.parametrize("value", [b'"\xed\xa0\x80"', b'"\x99"', b'["\xff"]'])
def test_a_count_of_pi_that_is_no_text_in_any_encoding(tmp_path: Path, value: bytes) -> None:
    """The whole read ended with it."""
    path = sessions_of_pi.write(tmp_path, sessions_of_pi.header(), sessions_of_pi.reply(3, "a"))
    path.write_bytes(path.read_bytes().replace(b'"cacheRead":0', b'"cacheRead":%b' % value))
    found = sessions_of_pi.read(path)
    assert numbers(found) == {(10, 5, 0, 0, 0, 0): 1}
    assert told(found) == ["cacheRead is not a whole number"]


def test_damage_in_what_was_said_is_no_loss_in_pi(tmp_path: Path) -> None:
    lines = (sessions_of_pi.header(), sessions_of_pi.says(1, "Hello"), sessions_of_pi.reply(3, "a"))
    path = sessions_of_pi.write(tmp_path, *lines)
    path.write_bytes(path.read_bytes().replace(b"Hello", b"He\x99o").replace(b"Done.", b"\x99"))
    found = sessions_of_pi.read(path)
    assert (numbers(found), told(found)) == ({(10, 5, 0, 0, 0, 0): 1}, [])


EMPTY_COUNTS = [
    ("pi", '{"api":"google-generative-ai","usage":{"input":5,"output":{},"totalTokens":9}}'),
    ("gemini-cli", '{"input":5,"output":{},"total":5}'),
    ("anthropic", '{"input_tokens":5,"output_tokens":{}}'),
    ("openai", '{"input_tokens":5,"output_tokens":{},"total_tokens":9}'),
    ("opencode", '{"tokens":{"input":5,"output":{},"reasoning":0,"cache":{"read":0,"write":0}}}'),
    ("tallybook", '{"input":5,"output":{}}'),
]


@pytest.mark.parametrize(("dialect", "usage"), EMPTY_COUNTS, ids=[one for one, _ in EMPTY_COUNTS])
def test_an_empty_object_in_place_of_a_count(dialect: str, usage: str) -> None:
    """It was taken for a count that is not told: one provider writes one where it has no seconds
    of sound."""
    assert any(
        "is not a whole number" in each for each in counter(dialect)(usage.encode()).complaints
    )


def test_a_reply_that_goes_on_behind_a_title_without_an_end(tmp_path: Path) -> None:
    """The larger count of its last line is that of the whole reply, though the line is damaged."""
    first = line(message_usage={**USAGE, "output_tokens": 2}, message_stop_reason=None)
    title = b'{"type":"summary","summary":"Parser repaired","leafUuid":"u1"}'
    found = claude(tmp_path, dump(first), title, dump(line(message_usage=USAGE)))
    assert (numbers(found), told(found)) == ({(3, 50, 0, 0, 0, 0): 1}, ["not a line of JSON"])


def test_a_copy_of_a_line_without_its_model(tmp_path: Path) -> None:
    """`unknown` was the larger name, and the whole reply was nobody's."""
    good, other = (
        dump(line(message_id="msg_000001")),
        dump(line(message_id="msg_000002", uuid="u2")),
    )
    torn = good.replace(b'"model":', b'"modeh":')
    for lines in ((good, other, torn), (torn, other, good)):
        found = claude(tmp_path, *lines).readings
        served = {(each.provider, each.model) for each in found}
        assert (len(found), served) == (2, {("anthropic", "claude-sonnet-4-5")})


def test_damage_in_what_was_said_changes_no_count_of_a_document(tmp_path: Path) -> None:
    """What its cache served is not told, and that is no work of the damage."""
    chats = tmp_path / ".gemini" / "tmp" / "app" / "chats"
    chats.mkdir(parents=True)
    tokens = {"input": 100, "output": 7, "thoughts": 3, "total": 110}
    said = {
        "id": "m1",
        "timestamp": "2026-05-01T10:00:01.000Z",
        "type": "gemini",
        "content": "Done",
    }
    whole = {"sessionId": "s1", "messages": [{**said, "tokens": tokens, "model": "gemini-2.5-pro"}]}
    path = chats / "session-2026-05-01T10-00-s1.json"
    for text in (b"Done", b"Do\xc3ne"):
        path.write_bytes(json.dumps(whole).encode().replace(b"Done", text))
        found = Story().add(open_home("gemini-cli", tmp_path).read(place_of(path), None))
        assert (numbers(found), told(found)) == ({(100, 7, 3, 0, 0, 0): 1}, [])
