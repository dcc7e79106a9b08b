"""Reading a history while it grows says the same as reading it at the end, whatever it holds:
short replies that turn out broken, claims, proxies, lines that disagree with each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tallybook.reading import SessionClaim, SessionFact

from .folding import Story, dump, line, open_home, place_of

CHANGED_NS = 1_780_000_000_000_000_000
CUT_OFF = "Your response above was cut off mid-stream. Resume directly from where it stops."
BLOCKS: list[list[dict[str, object]]] = [
    [{"type": "thinking"}],
    [{"type": "text", "text": "hi"}],
    [{"type": "tool_use", "id": "t1", "name": "Edit"}],
    [{"type": "tool_use", "id": "t1", "name": "Read"}, {"type": "tool_use", "name": "Bash"}],
    [],
]


def reply(pick: st.DrawFn, number: int) -> dict[str, object]:
    """One line of one of a few replies; the lines of a reply agree about little."""
    which = pick(st.integers(0, 2))
    usage: dict[str, object] = {
        "input_tokens": pick(st.sampled_from([3, 3, 4])),
        "output_tokens": pick(st.sampled_from([1, 2, 2, 8, 9, 700])),
    }
    tier = pick(st.sampled_from([None, None, "standard", "priority", "batch"]))
    usage |= {"service_tier": tier} if tier else {}
    changes: dict[str, object] = {
        "message_id": pick(st.sampled_from([f"msg_{which}", f"msg_{which}", "chatcmpl-0", ...])),
        "message_content": pick(st.sampled_from(BLOCKS)),
        "message_stop_reason": pick(st.sampled_from([None, "end_turn"])),
        "message_usage": usage,
        "requestId": pick(st.sampled_from([f"req_{which}", f"req_{which}", ...])),
        "timestamp": pick(st.sampled_from([f"2026-05-01T10:{number:02}:00.000Z", ...])),
        "uuid": f"u{number}",
        "parentUuid": f"u{number - 1}",
    }
    odd = {
        "cwd": "/home/ann/app/src",
        "sessionId": "s2",
        "isSidechain": True,
        "costUSD": 0.25 + number,
        "message_model": "glm-4.7",
        "uuid": ...,
        "requestSessionId": "s0",
    }
    for name in pick(st.lists(st.sampled_from(sorted(odd)), max_size=2)):
        changes[name] = odd[name]
    return line(**changes)


def other(pick: st.DrawFn, number: int) -> dict[str, object]:
    """A line between the replies."""
    text = pick(st.sampled_from([CUT_OFF, "go on"]))
    use = {"inputTokens": 100 * number, "outputTokens": number}
    begun: dict[str, object] = {"startTime": 1_777_629_600_000, "totalDuration": 1000 * number}
    prompt = line(
        type="user",
        message={"role": "user", "content": text},
        isMeta=text == CUT_OFF,
        parentUuid=f"u{number - 1}",
        uuid=f"u{number}",
        timestamp=f"2026-05-01T10:{number:02}:00.000Z",
    )
    kinds: list[dict[str, object]] = [
        prompt,
        prompt,
        {"type": "cost-state", "sessionId": "s1", "modelUsage": {"claude-x": use}, **begun},
        {"type": "cost-state", "sessionId": "s1", "modelUsage": {"claude-x": use}},
        {"type": "last-prompt", "sessionId": "s1"},
        {"parentUuid": f"u{number - 1}", "type": "system", "subtype": "turn_duration"},
    ]
    return pick(st.sampled_from(kinds))


@st.composite
def histories(pick: st.DrawFn) -> list[dict[str, object]]:
    """Lines in order; the first one tells a time, without which only the file's would be left."""
    kinds = pick(st.lists(st.sampled_from([reply, reply, other]), min_size=1, max_size=16))
    lines = [kind(pick, number) for number, kind in enumerate(kinds, 1)]
    return [{"type": "mode", "timestamp": "2026-05-01T10:00:00.000Z"}, *lines]


def read_in_parts(home: Path, data: bytes, cuts: list[int]) -> Story:
    """Read a growing file, one part more each time."""
    path = home / ".claude" / "projects" / "-home-ann-app" / "s1.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    source, story, cursor = open_home("claude", home), Story(), None
    for end in [*cuts, len(data)]:
        path.write_bytes(data[:end])
        os.utime(path, ns=(CHANGED_NS, CHANGED_NS))
        story.add(source.read(place_of(path), cursor))
        cursor = story.cursors[-1]
    return story


def claims(story: Story) -> set[SessionClaim]:
    return set(story.claims())


@given(lines=histories(), where=st.lists(st.floats(0, 1), max_size=4))
def test_growing_says_the_same(
    lines: list[dict[str, object]], where: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, home = dump(*lines), tmp_path_factory.mktemp("grow")
    grown = read_in_parts(home, data, sorted(int(share * len(data)) for share in where))
    whole = read_in_parts(home, data, [])
    assert grown.calls() == whole.calls()
    assert claims(grown) == claims(whole)
    assert grown.cursors[-1].state == whole.cursors[-1].state


def with_models(*models: str) -> list[dict[str, object]]:
    """Lines of one request, each of which names another model."""
    lines = [{"type": "mode", "timestamp": "2026-05-01T10:00:00.000Z"}]
    for number, model in enumerate(models, 1):
        message = {
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "thinking"}],
            "stop_reason": None,
            "usage": {"input_tokens": 3, "output_tokens": 1},
        }
        lines.append(
            line(
                type="assistant",
                message=message,
                requestId="req_0",
                parentUuid=f"u{number - 1}",
                uuid=f"u{number}",
                timestamp=f"2026-05-01T10:{number:02}:00.000Z",
            )
        )
    return lines


@given(lines=histories())
@example(lines=with_models("glm-4.7", "claude-sonnet-4-5"))
@example(lines=with_models("claude-sonnet-4-5", "glm-4.7"))
def test_a_sync_after_every_line_says_the_same(
    lines: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("lines")
    ends = [len(dump(*lines[:count])) for count in range(1, len(lines))]
    grown = read_in_parts(home, dump(*lines), ends)
    whole = read_in_parts(home, dump(*lines), [])
    assert grown.calls() == whole.calls()
    assert claims(grown) == claims(whole)


def test_title_that_was_not_there_at_first(tmp_path: Path) -> None:
    first = {"type": "queue-operation", "timestamp": "2026-05-01T10:00:00Z", "sessionId": "s1"}
    asked = line(type="user", message={"role": "user", "content": "Why?"})
    data = dump(first, asked, line())
    story = read_in_parts(tmp_path, data, [len(dump(first))])
    facts = [one for one in story.others if isinstance(one, SessionFact)]
    assert facts[-1].title == "Why?"
    assert (
        facts[-1]
        == [
            one for one in read_in_parts(tmp_path, data, []).others if isinstance(one, SessionFact)
        ][-1]
    )
