"""The text of one streamed response gives its final usage, whole, cut, damaged or in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tallybook.dialects.framing import LONGEST, Framing
from tallybook.dialects.responses import Heard, heard
from tallybook.dialects.streams import CUT, Reduction, join

from .wires import WIRES, Wire, anthropic, chat, ndjson, sse

NAMES = sorted(WIRES)
OTHERS = "it holds 2 responses: only the first that tells usage counts"


def told(wire: Wire) -> Heard:
    """What is to be heard of a whole stream."""
    return Heard(wire.usage, wire.model, wire.response_id, wire.context, complete=True)


def in_pieces(text: bytes, size: int) -> Heard:
    """What is heard of a text that comes in pieces."""
    reduction = Reduction()
    for at in range(0, len(text), size):
        reduction.feed(text[at : at + size])
    return reduction.heard()


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_stream_is_heard(name: str) -> None:
    assert heard(WIRES[name].text) == told(WIRES[name])


@pytest.mark.parametrize("size", [1, 2, 3, 64, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", NAMES)
def test_pieces_and_ends_of_lines_do_not_matter(name: str, end: bytes, size: int) -> None:
    wire = WIRES[name]
    assert in_pieces(wire.text.replace(b"\n", end), size) == told(wire)


@pytest.mark.parametrize("size", [5, 50, 120, 333])
def test_many_events_in_one_line_may_come_in_pieces(size: int) -> None:
    wire = WIRES["gemini, tight array"]
    assert in_pieces(wire.text + b"\n\n", size) == told(wire)


def at_most(some: Any, whole: Any) -> bool:
    """Whether no number of a usage object is larger than in the whole one."""
    if isinstance(some, dict):
        return isinstance(whole, dict) and all(
            name in whole and at_most(inner, whole[name]) for name, inner in some.items()
        )
    if isinstance(some, list):
        return all(map(at_most, some, whole))
    return some <= whole if isinstance(some, int | float) else some == whole


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_is_cut_anywhere(name: str) -> None:
    wire, last = WIRES[name], {}
    for end in range(len(wire.text)):
        found = heard(wire.text[:end])
        usage = found.usage or {}
        assert at_most(usage, wire.usage)
        assert at_most(last, usage), "what was heard once stands"
        assert found.usage == wire.usage or not found.complete
        assert found.complete or found.complaints
        last = usage
    assert last == wire.usage


def test_what_a_stream_says_that_broke_off() -> None:
    text = anthropic()
    found = heard(text[: text.index(b"event: message_delta")])
    assert found.usage is not None
    assert (found.usage["input_tokens"], found.usage["output_tokens"]) == (25, 1)
    assert not found.complete
    assert found.complaints == (CUT,)
    assert found.assumptions == ("placeholder-output",)
    found = heard(text[: text.index(b"event: message_stop")])
    assert found.usage == WIRES["anthropic"].usage
    assert (found.complaints, found.assumptions) == ((CUT,), ())


def test_a_number_at_which_the_text_ends_may_be_longer() -> None:
    text = anthropic()
    cut = heard(text[: text.index(b'"output_tokens": 150') + len(b'"output_tokens": 15')])
    assert cut.usage is not None
    assert cut.usage["output_tokens"] == 75


def test_zeros_at_the_start_are_no_counts() -> None:
    def event(**usage: int) -> dict[str, object]:
        return {"type": "message_delta", "delta": {}, "usage": usage}

    start = {"id": "m", "model": "glm-5", "usage": {"input_tokens": 0, "output_tokens": 0}}
    text = sse(
        {"type": "message_start", "message": start},
        event(input_tokens=812, output_tokens=40, cache_read_input_tokens=64),
        {"type": "message_stop"},
        name=True,
    )
    usage = {"input_tokens": 812, "output_tokens": 40, "cache_read_input_tokens": 64}
    assert heard(text) == Heard(usage, "glm-5", "m", complete=True)


def test_usage_that_was_not_asked_for_is_not_told() -> None:
    found = heard(chat(None))
    assert found.usage is None
    assert (found.model, found.response_id) == ("gpt-5.6", "chatcmpl-1")
    assert found.complaints == (
        "no usage is told in it: a chat streams it only with stream_options.include_usage",
    )


def test_a_chat_without_the_usual_end_is_whole_once_it_told_its_usage() -> None:
    assert heard(chat({"prompt_tokens": 3}, done=False)).complete


def test_several_responses_are_told_and_the_first_one_counts() -> None:
    found = heard(anthropic("msg_1", 150) + anthropic("msg_2", 9_000))
    assert found == told(WIRES["anthropic"])._replace(complaints=(OTHERS,))
    one, two = ({"model": "m", "done": True, "eval_count": count} for count in (5, 700))
    found = heard(ndjson(one, two))
    assert (found.usage, found.complaints) == ({"eval_count": 5}, (OTHERS,))
    for text in (b'{"prompt_tokens": 5}\n{"prompt_tokens": 8}', b'[{"input": 5}, {"input": 8}]'):
        found = heard(text)
        assert list((found.usage or {}).values()) == [5]
        assert found.complaints == (OTHERS,)
    cut = chat(None, done=False)
    other = sse({"id": "b", "choices": [], "usage": {"prompt_tokens": 8}}, done=True)
    found = heard(cut + other)
    assert (found.usage, found.response_id) == ({"prompt_tokens": 8}, "b")
    assert found.complaints == (OTHERS,)


def test_an_error_in_the_stream_is_told() -> None:
    text = anthropic()
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "too\x1bmany"}}
    found = heard(text[: text.index(b"event: message_delta")] + sse(error, name=True))
    assert found.complaints == ("the response tells an error: too·many", CUT)
    failed = {"id": "r", "status": "failed", "error": {"code": "server_error"}, "usage": None}
    found = heard(sse({"type": "response.failed", "response": failed}))
    assert found.complaints[0] == "the response tells an error: server_error"


@pytest.mark.parametrize(
    "damage",
    [b'data: {"type": "ping"\n\n', b"data: {]\n\n", b"HTTP/1.1 200 OK\n", b"data: \xff\xfe{\n\n"],
)
def test_broken_lines_are_counted_and_stop_nothing(damage: bytes) -> None:
    text = anthropic()
    middle = text.index(b"event: content_block_stop")
    found = heard(text[:middle] + damage + text[middle:])
    assert found == told(WIRES["anthropic"])._replace(complaints=("1 line could not be read",))


def test_bytes_that_are_no_text_spoil_only_themselves() -> None:
    text = anthropic().replace("字".encode(), b"\xe5\xad").replace(b"end_turn", b"end\xff\x01turn")
    found = heard(text)
    assert found.usage == WIRES["anthropic"].usage
    assert found.complete


def test_data_may_stand_in_several_lines() -> None:
    event = json.dumps({"id": "a", "choices": [], "usage": {"prompt_tokens": 5}}, indent=1)
    lines = "".join(f"data: {line}\n" for line in event.splitlines())
    found = heard(f": hello\nretry: 9\n{lines}\ndata: [DONE]".encode())
    assert found == Heard({"prompt_tokens": 5}, "", "a", complete=True)
    found = heard(b'data: {"usage": {"prompt_tokens": 5}\ndata: }\n\ndata: [DONE]\n\n')
    assert found == Heard({"prompt_tokens": 5}, complete=True)


@pytest.mark.parametrize("name", ["chat", "anthropic", "responses"])
def test_empty_lines_between_events_may_be_lost(name: str) -> None:
    wire = WIRES[name]
    assert heard(wire.text.replace(b"\n\n", b"\n")) == told(wire)


def test_a_stream_that_tells_nothing_is_not_kept() -> None:
    reduction = Reduction()
    for _ in range(2_000):
        reduction.feed(chat(None, done=False))
    framing = reduction._framing
    assert framing.unfinished == b""
    assert not framing.is_midway


def test_an_event_without_an_end_does_not_fill_the_memory() -> None:
    framing, piece = Framing(), b"x" * (1 << 22)
    list(framing.feed(b'data: {"a": "'))
    for _ in range(LONGEST // len(piece) + 1):
        assert list(framing.feed(piece)) == []
    assert (framing.broken, framing.unfinished) == (1, b"")
    assert list(framing.feed(b'\ndata: {"b": 1}\n\n')) == [b'{"b": 1}']


NUMBERS = st.integers(0, 10**6)
USAGE = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), NUMBERS, max_size=4),
    lambda inner: st.dictionaries(st.sampled_from("efgh"), inner, max_size=3),
    max_leaves=6,
)


@given(USAGE, USAGE, USAGE)
def test_counts_are_joined_by_maximum_in_any_order(a: Any, b: Any, c: Any) -> None:
    def of(*usages: Any) -> dict[str, object]:
        into: dict[str, object] = {}
        for usage in json.loads(json.dumps(usages)):
            join(into, usage)
        return into

    assert of(a, b, c) == of(c, b, a) == of(b, a, c, a, b)
    assert at_most(a, of(a, b))
    assert of(a) == a


@pytest.mark.parametrize(
    ("first", "later", "stands"),
    [
        (5, None, 5),
        (None, 5, 5),
        (5, "x", 5),
        (True, 5, 5),
        ("standard", "", "standard"),
        ("standard", "priority", "priority"),
        ([1, 2], [9], [1, 2]),
        ([1, 2], [3, 4], [3, 4]),
        ({"a": 1}, None, {"a": 1}),
        (7, 3.5, 7),
        (7, -3, 7),
        (-3, 7, 7),
        (7, 10**40, 7),
        (10**40, 7, 7),
    ],
)
def test_what_can_be_no_count_yields(first: object, later: object, stands: object) -> None:
    into: dict[str, object] = {"x": first}
    join(into, {"x": later})
    assert into == {"x": stands}


TEXTS = st.sampled_from([wire.text for wire in WIRES.values()])


@given(TEXTS, st.integers(0, 5_000), st.integers(0, 300), st.binary(max_size=8))
@example(b"", 0, 0, b"data:\r\r\ndata:")
@example(b'{"usage": {"x": ' * 400, 0, 0, b"")
@example(b"[" * 90_000, 0, 0, b"")
@example(b'{"a":' * 50_000, 0, 0, b"")
@example(b"data: " + b'{"usage":[' * 20_000, 0, 0, b"")
def test_no_damage_ever_raises(text: bytes, at: int, gone: int, put: bytes) -> None:
    spoilt = text[:at] + put + text[at + gone :]
    found = heard(spoilt)
    assert found.usage is not None or found.complaints
    assert found == heard(spoilt)
    assert in_pieces(spoilt, 7).usage is not None or found.usage is None or text[:1] in b"[{"


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    found = heard(data)
    assert found.usage is not None or found.complaints
