"""Claude Code's own rules: lines of one reply, copies, helpers, claims, titles, damage."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tallybook.dialects import counter
from tallybook.model import Money
from tallybook.reading import Complaint, SessionClaim, SessionFact, key_of
from tallybook.sources import Place, open_source

from .folding import Story, dump, line, open_home, place_of, places, read_all

HERE = Path(__file__).parent / "claude_code"
SPLIT = {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / ".claude" / "projects" / "-home-ann-app"
    folder.mkdir(parents=True)
    return folder


def told(path: Path, *parts: bytes | dict[str, object]) -> Story:
    """Write a history and read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(one if isinstance(one, bytes) else dump(one) for one in parts))
    return Story().add(open_home("claude", path.parents[3]).read(place_of(path), None))


def usage(**fields: object) -> dict[str, object]:
    return {"input_tokens": 3, "output_tokens": 50, **fields}


def tool(name: str, mark: str) -> dict[str, object]:
    return {"type": "tool_use", "id": mark, "name": name, "input": {"output_tokens": 9}}


def test_one_reply_over_three_lines(project: Path) -> None:
    story = told(
        project / "s1.jsonl",
        line(message_usage=usage(output_tokens=2), message_stop_reason=None),
        line(message_usage=usage(output_tokens=700), message_content=[tool("Edit", "t1")],
             timestamp="2026-05-01T10:00:07.250Z"),
        line(message_usage=usage(output_tokens=700), message_content=[tool("Edit", "t2")],
             timestamp="2026-05-01T10:00:09.500Z"),
        line(message_usage=usage(output_tokens=700), message_content=[tool("Edit", "t2")]),
    )  # fmt: skip
    (reading,) = story.readings
    assert reading.usage == b'{"input_tokens":3,"output_tokens":700}'
    assert reading.tools == (("Edit", 2),)
    assert reading.ended_ms - reading.started_ms == 9_500
    assert (reading.status, reading.note) == ("complete", "")
    assert reading.keys == (key_of("anthropic:response", "msg_1"),)


def test_usage_that_disagrees_is_joined_field_by_field(project: Path) -> None:
    story = told(
        project / "s1.jsonl",
        line(message_usage=usage(cache_creation_input_tokens=10, output_tokens=9, speed="fast")),
        line(message_usage=usage(input_tokens=1, cache_creation=SPLIT, output_tokens=60)),
    )
    assert json.loads(story.readings[0].usage) == {
        "input_tokens": 3,
        "output_tokens": 60,
        "cache_creation_input_tokens": 10,
        "cache_creation": SPLIT,
        "speed": "fast",
    }


def test_interleaved_replies_stay_apart(project: Path) -> None:
    first = [line(message_id=f"msg_{n}", message_usage=usage(output_tokens=1)) for n in range(6)]
    later = [line(message_id=f"msg_{n}", message_usage=usage(output_tokens=90)) for n in range(6)]
    story = told(project / "s1.jsonl", *first, *later)
    assert len(story.readings) == 6
    assert {counter("anthropic")(one.usage).counts[1] for one in story.readings} == {90}


def test_lines_without_usage_are_silent(project: Path) -> None:
    quoted = {"usage": {"input_tokens": 5, "output_tokens": 6}, "totalTokens": 11}
    story = told(
        project / "s1.jsonl",
        line(message_model="<synthetic>", message_usage=usage(output_tokens=0)),
        line(message_usage=None),
        line(message_usage=...),
        line(type="user", message={"role": "user", "content": "x"}, toolUseResult=quoted),
        line(type="progress", message=..., data={"message": line()}),
        {"type": "queue-operation", "sessionId": "s1"},
        b"\n\r\n",
    )
    assert story.readings == []
    assert story.complaints == []


LINE = ("claude-code:line", "u1")
REQUEST = ("claude-code:request", "s1", "req_1")


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"message_id": ...}, [(*LINE, ""), (*REQUEST, "")]),
        ({"message_id": ""}, [(*LINE, ""), (*REQUEST, "")]),
        ({"message_id": None, "requestId": ...}, [(*LINE, "")]),
        ({"requestId": ...}, [("anthropic:response", "msg_1")]),
        (
            {"message_id": "msg_vrtx_1", "message_model": "x"},
            [("anthropic:response", "msg_vrtx_1")],
        ),
        ({"message_model": "glm-4.7"}, [(*LINE, "msg_1"), (*REQUEST, "msg_1")]),
        ({"message_id": "chatcmpl-0"}, [(*LINE, "chatcmpl-0"), (*REQUEST, "chatcmpl-0")]),
        (
            {"message_id": "chatcmpl-0", "requestSessionId": "s0"},
            [(*LINE, "chatcmpl-0"), ("claude-code:request", "s0", "req_1", "chatcmpl-0")],
        ),
    ],
)
def test_keys(project: Path, changes: dict[str, object], keys: list[tuple[str, ...]]) -> None:
    found = told(project / "s1.jsonl", line(**changes)).readings[0].keys
    assert found == tuple(key_of(*key) for key in keys)


def reply(number: int, part: int, **changes: object) -> dict[str, object]:
    """A line of a reply through a proxy that gives every reply the same id: `part` 0 follows a
    prompt, the others the line before."""
    parent = f"u{number}.{part - 1}" if part else f"prompt{number}"
    return line(
        message_id="chatcmpl-0",
        message_model="glm-4.7",
        uuid=f"u{number}.{part}",
        parentUuid=parent,
        timestamp=f"2026-05-01T10:0{number}:0{part}.000Z",
        message_usage=usage(output_tokens=100 + number),
        message_content=[tool("Edit", f"t{number}.{part}")],
        **changes,
    )


@pytest.mark.parametrize("numbered", [True, False])
def test_proxy_that_gives_every_reply_the_same_id(project: Path, numbered: bool) -> None:
    def request(n: int) -> dict[str, object]:
        return {"requestId": f"req_{n}" if numbered else ...}

    lines = [reply(n, part, **request(n)) for n in range(4) for part in range(3)]
    story = told(project / "s1.jsonl", *lines)
    assert [call.counts[1] for call in story.calls().values()].count(100) == 1
    assert sorted(call.counts[1] for call in story.calls().values()) == [100, 101, 102, 103]
    assert {call.tools["Edit"] for call in story.calls().values()} == {3}
    copies = [one | {"sessionId": "s2", "requestSessionId": "s1"} for one in lines]
    story.add(told(project / "s2.jsonl", *copies).readings)
    older = [
        {name: value for name, value in one.items() if name != "requestId"} | {"sessionId": "s3"}
        for one in lines
    ]
    story.add(told(project / "s3.jsonl", *older).readings)
    assert len(story.calls()) == 4
    assert {call.who.session for call in story.calls().values() if numbered} <= {"s1"}
    later = told(project / "s1.jsonl", *lines, *lines[1:3])
    assert len(later.calls()) == 4
    rounds = list(open_home("claude", project.parents[2]).recall("s1"))
    assert [len(one.tool_calls) for one in rounds] == [3, 3, 3, 3]


def test_sessions_of_one_proxy_stay_apart(project: Path) -> None:
    one = told(project / "s1.jsonl", reply(1, 0))
    other = reply(1, 0, sessionId="s2") | {"uuid": "v"}
    one.add(told(project / "s2.jsonl", other).readings)
    assert len(one.calls()) == 2


def test_a_line_without_any_id_has_a_key_of_its_contents(project: Path) -> None:
    bare = line(message_id=None, requestId=..., uuid=..., timestamp=...)
    other = line(
        message_id=None,
        requestId=...,
        uuid=...,
        timestamp=...,
        message_usage=usage(output_tokens=51),
    )
    path = project / "s1.jsonl"
    story = told(path, bare, bare, other)
    assert len(story.readings) == 3
    assert len(story.calls()) == 2
    os.utime(path, ns=(0, 1_700_000_000_000_000_000))
    story.add(open_home("claude", project.parents[2]).read(place_of(path), None))
    assert len(story.calls()) == 2


def test_rank_of_witnesses(project: Path) -> None:
    own = told(project / "s1.jsonl", line()).readings[0]
    numberless = told(project / "s1.jsonl", line(requestId=...)).readings[0]
    aside = told(project / "s1.jsonl", line(isSidechain=True)).readings[0]
    foreign = told(project / "s1.jsonl", line(sessionId="s2")).readings[0]
    copy = told(project / "s1.jsonl", line(requestSessionId="s0")).readings[0]
    ranks = [one.attr >> 56 for one in (own, numberless, aside, foreign, copy)]
    assert ranks == [5, 4, 3, 2, 1]
    assert own.who.agent is None
    assert aside.who.agent == "subagent"
    elsewhere = told(project.parent / "-other" / "s1.jsonl", line()).readings[0]
    assert elsewhere.attr == own.attr


def test_side_question_replays_a_reply(project: Path) -> None:
    main = told(project / "s1.jsonl", line())
    folder = project / "s1" / "subagents"
    folder.mkdir(parents=True)
    path = folder / "agent-aside-1.jsonl"
    path.write_bytes(dump(line(isSidechain=True, requestId="req_2")))
    story = read_all(open_home("claude", project.parents[2]))
    (call,) = story.calls().values()
    assert call.who == main.readings[0].who


def test_subagent_kind_comes_from_the_file_beside(project: Path) -> None:
    folder = project / "s1" / "subagents"
    folder.mkdir(parents=True)
    (folder / "agent-7.jsonl").write_bytes(dump(line(isSidechain=True)))
    (folder / "agent-7.meta.json").write_text('{"agentType": "explorer"}')
    (folder / "agent-8.jsonl").write_bytes(
        dump(line(isSidechain=True, message_id="m8", sessionId=..., attributionAgent="planner"))
    )
    readings = read_all(open_home("claude", project.parents[2])).readings
    assert [one.who.agent for one in readings] == ["explorer", "planner"]
    assert {one.who.session for one in readings} == {"s1"}


def test_project_is_the_folder_that_the_session_began_in(project: Path) -> None:
    names = {
        "/home/ann/app": "/home/ann/app",
        "/home/ann/app/src/deep": "/home/ann/app",
        "/elsewhere": "/elsewhere",
    }
    for directory, name in names.items():
        assert told(project / "s1.jsonl", line(cwd=directory)).readings[0].who.project == name
    assert told(project / "s1.jsonl", line(cwd=...)).readings[0].who.project == "-home-ann-app"


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"message_content": [{"type": "thinking"}]}, "broken-attempt;placeholder-output"),
        (
            {"message_content": [{"type": "redacted_thinking"}]},
            "broken-attempt;placeholder-output",
        ),
        ({"message_content": [tool("Edit", "t")]}, "placeholder-output"),
        ({"message_stop_reason": None}, "placeholder-output"),
        ({}, ""),
        ({"message_content": [{"type": "thinking"}], "message_usage": usage()}, ""),
        ({"message_stop_reason": None, "message_usage": usage()}, ""),
    ],
)
def test_partial_replies(project: Path, fields: dict[str, object], note: str) -> None:
    fields = {"message_usage": usage(output_tokens=2)} | fields
    ask = line(type="user", message={"role": "user", "content": "more"}, parentUuid="u1")
    (reading,) = told(project / "s1.jsonl", line(**fields), ask).readings
    assert (reading.status, reading.note) == ("partial" if note else "complete", note)
    (last,) = told(project / "s1.jsonl", line(**fields)).readings
    short = fields["message_usage"] != usage()
    assert (last.status, last.note) == (
        ("partial", "placeholder-output") if short else ("complete", "")
    )


@pytest.mark.parametrize(
    ("follows", "status"),
    [
        ({"type": "cost-state", "sessionId": "s1", "modelUsage": {}}, "complete"),
        ({"parentUuid": "u1", "type": "system", "subtype": "turn_duration"}, "complete"),
        ({"parentUuid": "u1", "type": "system", "subtype": "api_error"}, "partial"),
        ({"type": "last-prompt", "sessionId": "s1"}, "partial"),
    ],
)
def test_what_shows_that_a_short_reply_stood(
    project: Path, follows: dict[str, object], status: str
) -> None:
    short = line(message_usage=usage(output_tokens=2))
    (reading,) = told(project / "s1.jsonl", short, follows).readings
    assert reading.status == status


def test_a_reply_that_was_cut_off_in_the_middle_of_its_text(project: Path) -> None:
    said = "Your response above was cut off mid-stream. Resume directly from where it stops."
    ask = line(type="user", message={"role": "user", "content": said}, isMeta=True, uuid="q")
    short = line(message_usage=usage(output_tokens=2))
    story = told(project / "s1.jsonl", short, ask | {"parentUuid": "u1"}, line(message_id="m2"))
    assert [one.status for one in story.readings] == ["partial", "complete"]
    assert story.readings[0].note == "broken-attempt;placeholder-output"
    unrelated = told(project / "s1.jsonl", short, ask | {"parentUuid": "zz"}, line(message_id="m"))
    assert [one.status for one in unrelated.readings] == ["complete", "complete"]


@pytest.mark.parametrize(
    ("model", "response", "provider"),
    [
        ("claude-opus-4-5", "msg_01", "anthropic"),
        ("claude-opus-4-5", "msg_bdrk_01", "aws"),
        ("us.anthropic.claude-sonnet-4-5-v1:0", "msg_01", "aws"),
        ("claude-opus-4-5", "msg_vrtx_01", "google-vertex"),
        ("glm-4.7", "msg_01", "unknown"),
    ],
)
def test_provider(project: Path, model: str, response: str, provider: str) -> None:
    story = told(project / "s1.jsonl", line(message_model=model, message_id=response))
    assert story.readings[0].provider == provider


def test_the_agents_own_price_is_kept_to_the_digit() -> None:
    readings = read_all(open_home("claude", HERE / "home_0_2")).readings
    assert [one.reported for one in readings] == [
        Money(12_345_679, "USD"),
        Money(500_000_000, "USD"),
        Money(250_000_000, "USD"),
    ]
    assert {one.who.project for one in readings} == {"/home/ann/code/old"}


def test_fork_goes_to_its_source_and_says_so() -> None:
    story = read_all(open_home("claude", HERE / "home_2_1_330"))
    source, fork = "8cfb97a0-0921-4e39-b38c-8f63c4ff2e24", "4d6f1013-5ce3-49f3-9477-cfa456f76bb5"
    owners = [call.who.session for call in story.calls().values()]
    assert owners.count(fork) == 2
    facts = {one.session: one for one in story.others if isinstance(one, SessionFact)}
    assert facts[fork].forked_from == source
    assert facts[source].forked_from is None
    helpers = {call.who.agent for call in story.calls().values()}
    assert helpers == {None, "general-purpose"}


def test_claims_are_cumulative_and_dated() -> None:
    story = read_all(open_home("claude", HERE / "home_2_1_330"))
    session = "8cfb97a0-0921-4e39-b38c-8f63c4ff2e24"
    claims = [
        one
        for one in story.others
        if isinstance(one, SessionClaim) and one.session == session and "opus" not in one.model
    ]
    assert [one.seen_ms for one in claims] == sorted(one.seen_ms for one in claims)
    assert claims[0].counts == (90053, 12011, 1533, 60055, 27019, 42049)
    assert claims[0].reported == Money(844_950_750, "USD")
    assert len(claims) == 6


def test_claim_without_lifetimes_and_claim_that_contradicts_itself(project: Path) -> None:
    use = {"inputTokens": 5, "outputTokens": 9, "cacheCreationInputTokens": 70, "costUSD": 0.25}
    state = {"type": "cost-state", "sessionId": "s1", "modelUsage": {"claude-x": use}}
    story = told(project / "s1.jsonl", line(), state)
    (claim,) = (one for one in story.others if isinstance(one, SessionClaim))
    assert claim.counts == (5, 9, 0, 0, 70, 0)
    assert claim.seen_ms == story.readings[0].ended_ms
    for change in ({"thinkingTokens": 10}, {"inputTokens": 10**10 + 1}, {"inputTokens": 10**40}):
        state["modelUsage"] = {"claude-x": use | change}
        odd = told(project / "s1.jsonl", state)
        assert (len(odd.complaints), odd.claims()) == (1, [])
    state["modelUsage"] = {}
    empty = told(project / "s1.jsonl", state)
    assert (empty.complaints, [one for one in empty.others if isinstance(one, SessionClaim)]) == (
        [], [],
    )  # fmt: skip


AT_10 = 1_777_629_600_000
"""2026-05-01T10:00:00Z."""


def cost(**fields: object) -> dict[str, object]:
    use = {"inputTokens": 3000, "outputTokens": 1200}
    return {"type": "cost-state", "sessionId": "s1", "modelUsage": {"claude-x": use}, **fields}


@pytest.mark.parametrize(
    ("before", "fields", "seen_ms"),
    [
        ([], {}, AT_10),
        ([{"type": "user", "timestamp": "2026-05-01T10:01:00.000Z"}], {}, AT_10 + 60_000),
        ([{"type": "user", "timestamp": "9026-05-01T10:01:00.000Z"}], {}, AT_10),
        ([{"type": "user", "toolUseResult": {"timestamp": "2030-01-01T00:00:00Z"}}], {}, AT_10),
        ([], {"startTime": AT_10 - 5, "totalDuration": 90_005}, AT_10 + 90_000),
        ([], {"startTime": AT_10, "totalDuration": 4e12}, AT_10),
        ([], {"startTime": 4_200_000_000_000, "totalDuration": 5}, AT_10),
        ([], {"startTime": 1e300, "totalDuration": 1e300}, AT_10),
        ([], {"startTime": -5, "totalDuration": 10}, AT_10),
        ([], {"startTime": 12, "totalDuration": 10}, AT_10),
    ],
)
def test_claims_hold_everything_until_the_run_ended(
    project: Path, before: list[dict[str, object]], fields: dict[str, object], seen_ms: int
) -> None:
    path = project / "s1.jsonl"
    full = told(path, line(), *before, cost(**fields))
    assert [one.seen_ms for one in full.claims()] == [seen_ms]
    early = told(path, line(), *before)
    path.write_bytes(dump(line(), *before, cost(**fields)))
    again = open_home("claude", project.parents[2]).read(place_of(path), early.cursors[-1])
    assert early.add(again).claims() == full.claims()


def test_claim_without_any_time_has_that_of_the_file(project: Path) -> None:
    path = project / "s1.jsonl"
    told(path, cost(startTime=10**20))
    os.utime(path, ns=(0, AT_10 * 1_000_000))
    story = Story().add(open_home("claude", project.parents[2]).read(place_of(path), None))
    assert [one.seen_ms for one in story.claims()] == [AT_10]


@pytest.mark.parametrize(
    ("text", "reported", "complaints"),
    [
        (b"0.25", Money(250_000_000, "USD"), 0),
        (b"null", None, 0),
        (b"1e9999999", None, 1),
        (b"-1", None, 1),
        (b"NaN", None, 1),
        (b"1000001", None, 1),
        (b'"free"', None, 1),
        (b"9" * 9_000, None, 1),
    ],
)
def test_prices_that_nobody_paid(
    project: Path, text: bytes, reported: Money | None, complaints: int
) -> None:
    story = told(project / "s1.jsonl", dump(line(costUSD=17)).replace(b":17,", b":%b," % text)
                 .replace(b":17}", b":%b}" % text))  # fmt: skip
    assert [one.reported for one in story.readings] == [reported]
    assert len(story.complaints) == complaints
    assert not any(one.lost for one in story.complaints)


def title(story: Story) -> tuple[str, int]:
    (fact,) = (one for one in story.others if isinstance(one, SessionFact))
    return fact.title, fact.title_rank


def test_titles(project: Path) -> None:
    path = project / "s1.jsonl"

    def prompt(text: object, **more: object) -> dict[str, object]:
        return line(type="user", message={"role": "user", "content": text}, **more)

    meta = prompt("Caveat: made by a machine", isMeta=True)
    command = prompt("<command-name>/model</command-name>")
    result = prompt([{"type": "tool_result", "content": "x"}])
    real = prompt([{"type": "text", "text": "请修复解析器\nand more"}])
    assert title(told(path, meta, command, result, real, line())) == ("请修复解析器", 1)
    assert title(told(path, meta, line())) == ("", 0)
    assert len(title(told(path, prompt("x" * 500)))[0]) == 80
    foreign = {"type": "summary", "summary": "Another day", "leafUuid": "nowhere"}
    own = {"type": "summary", "summary": "Parser repaired", "leafUuid": "u1"}
    assert title(told(path, foreign, real, line()))[1] == 1
    assert title(told(path, foreign, own, real, line())) == ("Parser repaired", 2)
    named = {"type": "custom-title", "customTitle": "Mine", "sessionId": "s1"}
    assert title(told(path, own, named, real, line())) == ("Mine", 2)


# -- damage


def test_times_that_are_missing_or_impossible(project: Path) -> None:
    story = told(
        project / "s1.jsonl",
        line(),
        line(message_id="m2", timestamp=...),
        line(message_id="m3", timestamp="1987-01-01T00:00:00.000Z"),
        line(message_id="m4", timestamp="yesterday"),
        line(message_id="m5", timestamp="2026-05-01T12:00:00+02:00"),
    )
    assert len({one.started_ms for one in story.readings}) == 1
    notes = [one.note for one in story.readings]
    assert notes == ["", *["time-from-neighbour"] * 3, ""]
    assert len(story.complaints) == 2


def test_a_time_that_is_missing_is_no_fault_of_the_next_reply(project: Path) -> None:
    story = told(project / "s1.jsonl", line(), line(timestamp=...), line(message_id="msg_2"))
    assert [one.note for one in story.readings] == ["time-from-neighbour", ""]


def test_halves_of_characters_in_names(project: Path) -> None:
    odd = "\ud800"
    path = project / "s1.jsonl"
    story = told(
        path,
        line(cwd=f"/home/{odd}", message_id=f"msg_{odd}", requestId=odd, uuid=odd, gitBranch=odd,
             message_content=[tool(odd, odd)], message_usage=usage(service_tier=odd)),
        line(sessionId=odd, message_id=odd, message_model=odd, uuid=odd),
    )  # fmt: skip
    assert [one.counts[1] for one in story.calls().values()] == [50, 50]
    assert story.readings[0].tools == (("\\ud800", 1),)
    for one in story.readings:
        assert f"{one.who}{one.model}".encode()
    again = open_home("claude", project.parents[2]).read(place_of(path), story.cursors[-1])
    assert [type(one).__name__ for one in again][-1] == "Cursor"
    rounds = [*open_home("claude", project.parents[2]).recall("s1")]
    assert str(rounds).encode()


def test_depth_and_digits_are_complaints(project: Path) -> None:
    deep = dump(line(cwd=17)).replace(b":17,", b":" + b"[" * 90_000 + b"]" * 90_000 + b",")
    nested = dump(line(message_id="msg_2", message_usage=17)).replace(
        b":17", b':{"input_tokens":' + b"[" * 9_000 + b"]" * 9_000 + b"}"
    )
    digits = dump(line(message_id="msg_3", gitBranch=17)).replace(b":17", b":" + b"9" * 9_000)
    story = told(project / "s1.jsonl", deep, nested, digits, line(message_id="msg_4"))
    assert key_of("anthropic:response", "msg_4") in story.calls()
    assert story.complaints
    assert list(open_home("claude", project.parents[2]).recall("s1"))


def test_a_line_cut_by_a_crash_and_the_next_one_behind_it(project: Path) -> None:
    prompt = dump(line(type="user", message={"role": "user", "content": "long " * 900}))
    story = told(project / "s1.jsonl", line(), prompt[:3000], line(message_id="m2"), line(
        message_id="m3"))  # fmt: skip
    assert len(story.calls()) == 3
    (complaint,) = story.complaints
    assert complaint.position == len(dump(line()))
    assert "long" not in complaint.sample


def test_last_line_being_written(project: Path) -> None:
    path, whole = project / "s1.jsonl", dump(line(), line(message_id="m2"))
    cut = told(path, whole[:-30])
    assert len(cut.readings) == 1
    assert [(one.reason, one.lost) for one in cut.complaints] == [
        ("the last line is not finished", False)
    ]
    assert json.loads(cut.cursors[0].state)["offset"] == len(dump(line()))
    unended = told(path, whole[:-1])
    assert len(unended.readings) == 2
    assert unended.complaints == []
    assert json.loads(unended.cursors[0].state)["offset"] == len(dump(line()))


def test_damaged_lines_are_counted_and_bounded(project: Path) -> None:
    good, broken = dump(line()), dump(line(message_id="m2"))[:-40] + b"\n"
    story = told(project / "s1.jsonl", good, broken * 200, b"what is this\n", good)
    assert len(story.calls()) == 1
    assert len(story.complaints) == 51
    assert "151 more" in story.complaints[-1].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"\x00\x01PNG" * 900, "not a file of JSON lines"),
        (b"\x89PNG\r\n\x1a\n" + b"\n{\x00\xfe}\n\n\x07{" * 900, "not a file of JSON lines"),
        (b"\xe4\xb8\xad\xe6\x96\x87\n{ notes }\n" * 9, "not a file of JSON lines"),
        (b"words\n{ notes }\n" * 9, "not a line of JSON"),
        (b"just words\n" * 9, "not a file of JSON lines"),
    ],
)
def test_files_that_are_no_histories(project: Path, data: bytes, reason: str) -> None:
    story = told(project / "s1.jsonl", data)
    assert {one.reason for one in story.complaints} == {reason}
    assert len(story.complaints) == 1 or reason == "not a line of JSON"
    assert [one.lost for one in story.complaints[:1]] == [bool(data)]
    assert not any(one.fatal for one in story.complaints)
    assert len(story.cursors) == 1


def test_history_that_begins_with_damage_or_a_mark(project: Path) -> None:
    marked = told(project / "s1.jsonl", b"\xef\xbb\xbf", line(), line(message_id="msg_2"))
    assert (len(marked.calls()), marked.complaints) == (2, [])
    torn = told(project / "s1.jsonl", b"\0" * 5000 + b"\n", line(), line(message_id="msg_2"))
    assert (len(torn.calls()), len(torn.complaints)) == (2, 1)


def test_odd_but_whole_lines_are_read(project: Path) -> None:
    spaced = json.dumps(line(message_id="m2")).encode() + b"\r\n"
    latin = dump(line(message_id="m3", cwd="/home/J\xfcrgen")).replace(b"\\u00fc", b"\xfc")
    typed = line(message_id="m4", gitBranch=5, message_content=[None, {"type": 7}])
    story = told(project / "s1.jsonl", spaced, latin, typed)
    assert len(story.calls()) == 3
    assert story.complaints == []


def test_a_line_of_twenty_megabytes_and_an_endless_one(project: Path) -> None:
    big = [{"type": "text", "text": "x" * (20 << 20)}]
    said = dump(line(type="user", message={"role": "user", "content": "y" * (5 << 20)}))
    endless = b'{"a":"' + b"z" * (65 << 20) + b'"}\n'
    story = told(
        project / "s1.jsonl",
        line(message_content=big), said, endless, line(message_id="m2"),
    )  # fmt: skip
    assert len(story.calls()) == 2
    (complaint,) = story.complaints
    assert "too long" in complaint.reason
    assert complaint.position == len(dump(line(message_content=big))) + len(said)


def test_a_large_file_has_safe_points(project: Path) -> None:
    path = project / "s1.jsonl"
    rest = line(type="user", message={"role": "user", "content": "y" * 900_000})
    lines = [one for n in range(40) for one in (line(message_id=f"m{n}"), rest)]
    story = told(path, *lines)
    assert len(story.cursors) == 3
    source, place = open_home("claude", project.parents[2]), place_of(path)
    for cursor in story.cursors[:-1]:
        assert (cursor.size, cursor.mtime_ns) != (place.size, place.mtime_ns)
        before = Story()
        for seen in source.read(place, None):
            before.add([seen])
            if seen == cursor:
                break
        before.add(source.read(place, cursor))
        assert before.calls() == story.calls()


def test_replaced_file_is_read_from_its_beginning(project: Path) -> None:
    path = project / "s1.jsonl"
    cursor = told(path, line(), line(message_id="m2")).cursors[-1]
    path.write_bytes(dump(line(message_id="m3"), line(message_id="m4"), line(message_id="m5")))
    again = Story().add(open_home("claude", project.parents[2]).read(place_of(path), cursor))
    assert len(again.readings) == 3
    path.write_bytes(dump(line(message_id="m9")))
    shrunk = Story().add(open_home("claude", project.parents[2]).read(place_of(path), cursor))
    assert len(shrunk.readings) == 1


def test_strange_things_among_the_files(project: Path) -> None:
    (project / "s1.jsonl").write_bytes(dump(line()))
    (project / "folder.jsonl").mkdir()
    (project / "loop").symlink_to(project)
    (project / "gone.jsonl").symlink_to(project / "nowhere")
    (project / "round.jsonl").symlink_to(project / "round.jsonl")
    (project / "twin.jsonl").symlink_to(project / "s1.jsonl")
    if hasattr(os, "mkfifo"):
        os.mkfifo(project / "pipe.jsonl")
    found = list(open_home("claude", project.parents[2]).locate())
    assert [one.path for one in found if isinstance(one, Place)] == [str(project / "s1.jsonl")]
    complaints = [one for one in found if isinstance(one, Complaint)]
    assert [Path(one.place).name for one in complaints] == ["gone.jsonl", "round.jsonl"]
    assert {(one.hint, one.fatal) for one in complaints} == {("remove the link", False)}
    if hasattr(os, "mkfifo"):
        pipe = Place(str(project / "pipe.jsonl"), 0, 0)
        (complaint,) = open_home("claude", project.parents[2]).read(pipe, None)
        assert isinstance(complaint, Complaint)
        assert complaint.fatal


@pytest.mark.parametrize("numbers", ["none when listed", "none at all"])
def test_files_without_numbers(
    project: Path, monkeypatch: pytest.MonkeyPatch, numbers: str
) -> None:
    for name in ("s1", "s2", "s3"):
        (project / f"{name}.jsonl").write_bytes(dump(line(message_id=f"msg_{name}")))
    (project / "twin.jsonl").symlink_to(project / "s1.jsonl")
    (project / "loop").symlink_to(project)
    scandir, stat = os.scandir, os.stat

    def numberless(status: os.stat_result) -> os.stat_result:
        return os.stat_result((status[0], 0, 0, *status[3:]))

    class Entry:
        """A directory entry as Windows fills it."""

        def __init__(self, entry: os.DirEntry[str]) -> None:
            self._entry = entry

        def __getattr__(self, name: str) -> object:
            return getattr(self._entry, name)

        def stat(self) -> os.stat_result:
            return numberless(self._entry.stat())

    monkeypatch.setattr(os, "scandir", lambda folder: [Entry(one) for one in scandir(folder)])
    if numbers == "none at all":
        monkeypatch.setattr(os, "stat", lambda *args, **more: numberless(stat(*args, **more)))
    found = places(open_home("claude", project.parents[2]))
    assert [Path(one.path).name for one in found] == ["s1.jsonl", "s2.jsonl", "s3.jsonl"]


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs Linux")
def test_file_that_the_system_refuses_to_read(tmp_path: Path) -> None:
    (complaint,) = open_home("claude", tmp_path).read(Place("/proc/self/mem", 9, 9), None)
    assert isinstance(complaint, Complaint)
    assert complaint.fatal


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user without privileges")
def test_closed_folder(project: Path) -> None:
    project.chmod(0)
    found = list(open_home("claude", project.parents[2]).locate())
    project.chmod(0o700)
    assert [isinstance(one, Complaint) and one.fatal for one in found] == [True]


def test_a_root_may_be_one_file(tmp_path: Path, project: Path) -> None:
    told(project / "s1.jsonl", line())
    lone = tmp_path / "saved.jsonl"
    lone.write_bytes(dump(line()))
    roots = [lone, project / "s1.jsonl", tmp_path / "gone.jsonl"]
    source = open_source("claude", extra_roots=roots, environ={"HOME": str(tmp_path)})
    found = [place.path for place in source.locate() if isinstance(place, Place)]
    assert found == [str(project / "s1.jsonl"), str(lone)]


def test_extra_roots(tmp_path: Path, project: Path) -> None:
    (project / "s1.jsonl").write_bytes(dump(line()))
    empty = tmp_path / "empty"
    for extra in (project.parents[1], project.parent, project, tmp_path):
        source = open_source("claude", extra_roots=[extra], environ={"HOME": str(empty)})
        assert len(places(source)) == 1
    both = open_source("claude", extra_roots=[project], environ={"HOME": str(tmp_path)})
    assert len(places(both)) == 1


def test_recall(project: Path) -> None:
    ask = line(type="user", message={"role": "user", "content": "Why?"}, uuid="q")
    think = [{"type": "thinking", "thinking": "hm"}]
    told(project / "s1.jsonl", ask, line(message_content=think),
         line(message_content=[{"type": "text", "text": "Because."}]),
         line(message_content=[tool("Edit", "t1")]), line(message_id="m2"))  # fmt: skip
    first, second = open_home("claude", project.parents[2]).recall("s1")
    assert (first.question, first.answer, first.reasoning) == ("Why?", "Because.", "hm")
    assert (first.message, first.finish) == ("msg_1", "end_turn")
    assert first.keys == (key_of("anthropic:response", "msg_1"),)
    assert first.tool_calls == ({"id": "t1", "name": "Edit", "input": '{"output_tokens":9}'},)
    assert (second.number, second.question, second.answer) == (2, "", "hi")
