"""`tally session` of a gateway's log: rounds by place and offset, through rotation and without any
file, in the words of clients who mean no good."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallybook.cli.exchange import Conversation, exchange_lines
from tallybook.cli.sessiongrowth import growth_facts
from tallybook.cli.sessionjson import Opened, session_json, session_text
from tallybook.cli.tables import Ink
from tallybook.growth import Growth, Step
from tallybook.reading import Round
from tallybook.recalling import Recalled
from tallybook.sources import logspots
from tallybook.wording import short_id

from .conftest import Tell
from .gateway import Gateway, said
from .test_session import SESSION, recalled


@pytest.fixture
def gateway(home: Path, tell: Tell) -> Gateway:
    """A gateway whose log is read with every command."""
    there = Gateway(home / "log" / "access.log")
    there.configure(home / "config.toml")
    return there


def told(tell: Tell, *words: str) -> dict[str, Any]:
    return json.loads(tell("session", *words, "--json"))


def test_each_round_comes_with_its_words_and_the_ledgers_figures(
    tell: Tell, gateway: Gateway
) -> None:
    calls = [{"function": {"arguments": '{"a":1}', "name": "look"}, "id": "t1", "index": 0}]
    gateway.call(messages=said("question 1"))
    gateway.call(messages=said("question 1", "answer 1", "question 2"), reasoning="hm")
    gateway.call(tool_calls=calls, answer="", messages=said("question 3"), response_type="normal")
    found = told(tell, "s1", "--rounds")
    assert (found["content"], found["source"], found["users"]) == (
        "recalled",
        "higress",
        ["team-a"],
    )
    one, two, three = found["rounds"]
    assert [each["round"] for each in found["rounds"]] == [1, 2, 3]
    assert (one["question"], one["answer"], two["reasoning"]) == ("question 1", "answer 1", "hm")
    assert [each["content"] for each in two["messages"]] == ["question 1", "answer 1", "question 2"]
    assert (one["response_type"], three["response_type"]) == ("stream", "normal")
    assert (three["has_tool_calls"], three["tool_calls"][0]["name"]) == (True, "look")
    assert [each["first_token_ms"] for each in found["rounds"]] == [201, 202, 203]
    assert {each["duration_ms"] for each in found["rounds"]} == {900}
    assert {(each["user"], each["origin"]) for each in found["rounds"]} == {("team-a", "recalled")}
    assert sum(each["total"] for each in found["rounds"]) == found["total"] == 600 + 21
    assert one["timestamp"] == "2026-11-22T03:00:10+00:00"
    assert found["title"] == ""


def test_what_was_not_metered_is_not_nothing(tell: Tell, gateway: Gateway) -> None:
    gateway.call()
    gateway.unmetered()
    gateway.refused()
    rounds = told(tell, "s1", "--rounds")["rounds"]
    assert [each["status"] for each in rounds] == ["complete", "unmetered", "failed"]
    for each in rounds[1:]:
        assert (each["total"], each["input"], each["reasoning_tokens"]) == (None, None, None)
        assert (each["cost"], set(each["tokens"].values())) == ({}, {None})
    out = tell("session", "s1", "--rounds", width=160)
    for state in ("unmetered", "failed"):
        assert re.search(rf"–  +–  +–  +–  {state} ", out)
    page = tell("session", "s1", "--round", "2")
    assert "unmetered: it happened, but its usage is not known" in page
    assert "Tokens" not in page
    assert "priced by" not in page


def test_a_line_that_is_too_long_is_not_said_to_be_gone(
    tell: Tell, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.call(answer="x" * 200_000)
    gateway.call()
    monkeypatch.setattr(logspots, "RECALLED", 100_000)
    found = told(tell, "s1", "--rounds")
    assert [each["origin"] for each in found["rounds"]] == ["oversized", "recalled"]
    assert (found["content"], found["rounds"][0]["answer"]) == ("recalled", None)
    out = tell("session", "s1", "--rounds", width=160)
    assert "oversized: a line of more than 64 MiB is not read for its words (1 round)" in out
    assert "rotated" not in out
    out = tell("session", "s1", "--round", "1", width=160)
    assert "too long: the line is longer than 64 MiB" in out
    assert "stands in" in out


def test_words_are_followed_through_rotation_until_they_are_gone(
    tell: Tell, gateway: Gateway
) -> None:
    log = gateway.log
    for _ in range(3):
        gateway.call()
    tell("sync")
    packed = log.with_name("access.log.1.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    for _ in range(2):
        gateway.call()
    found = told(tell, "s1", "--rounds")
    assert [each["answer"] for each in found["rounds"]] == [f"answer {at}" for at in range(1, 6)]
    before = tell("session", "s1")
    packed.unlink()
    assert tell("session", "s1") == before
    found = told(tell, "s1", "--rounds")
    assert found["content"] == "recalled"
    assert [each["origin"] for each in found["rounds"]] == ["rotated"] * 3 + ["recalled"] * 2
    gone, there = found["rounds"][0], found["rounds"][-1]
    assert [gone[name] for name in ("question", "answer", "reasoning", "has_tool_calls")] == [
        None
    ] * 4
    assert (gone["total"], gone["first_token_ms"], gone["messages"]) == (107, 201, [])
    assert there["answer"] == "answer 5"
    out = tell("session", "s1", "--rounds", width=200)
    assert "rotated: the words of 3 rounds are in no log any more" in out
    assert "tally config set source.higress.capture preview (or full)" in out
    assert "answer 5" in out
    assert "rotated away: they are in no log any more" in tell("session", "s1", "--round", "1")
    log.unlink()
    found = told(tell, "s1", "--rounds")
    assert (found["content"], len(found["rounds"])) == ("rotated", 5)
    assert "the words of all rounds are in no log any more" in tell(
        "session", "s1", "--rounds", width=160
    )


def test_a_log_that_was_named_once_is_found_again(tell: Tell, gateway: Gateway, home: Path) -> None:
    (home / "config.toml").unlink()
    gateway.call()
    tell("sync", "higress", "--path", str(gateway.log))
    assert told(tell, "s1", "--rounds")["rounds"][0]["answer"] == "answer 1"
    gateway.log.rename(gateway.log.with_name("access.log.1"))
    gateway.call()
    assert told(tell, "s1", "--rounds")["rounds"][0]["answer"] == "answer 1"


def test_files_that_begin_alike_are_told_apart(tell: Tell, gateway: Gateway) -> None:
    hello = '{"ai_log":"-","path":"/health"}\n'
    for number in range(3):
        gateway.log.parent.mkdir(exist_ok=True)
        gateway.log.write_text(hello)
        for _ in range(number + 1):
            gateway.call()
        tell("sync")
        gateway.log.rename(gateway.log.with_name(f"access.log.{3 - number}"))
    rounds = told(tell, "s1", "--rounds")["rounds"]
    assert [each["answer"] for each in rounds] == [f"answer {at}" for at in range(1, 7)]


def test_what_was_captured_stays_and_is_told(tell: Tell, gateway: Gateway, home: Path) -> None:
    gateway.call()
    tell("sync")
    gateway.configure(home / "config.toml", capture="full")
    gateway.call(messages=said("question 1", "answer 1", "question 2"))
    tell("sync")
    found = told(tell, "s1", "--rounds")
    assert [each["origin"] for each in found["rounds"]] == ["recalled", "captured"]
    gateway.log.unlink()
    found = told(tell, "s1", "--rounds")
    assert [each["origin"] for each in found["rounds"]] == ["rotated", "captured"]
    assert found["content"] == "captured"
    assert len(found["rounds"][1]["messages"]) == 3
    out = tell("session", "s1", "--rounds", width=120)
    assert "captured: the words of 1 round are kept by Tallybook itself" in out
    assert "── 2 · 03:00:20 · qwen3-max · captured\n" in out
    assert "To keep those to come" not in out
    assert "because a setting says so" in tell("session", "s1", "--round", "2")


def test_a_store_that_can_not_be_read_takes_no_words_of_the_log_away(
    tell: Tell, gateway: Gateway, home: Path
) -> None:
    gateway.configure(home / "config.toml", capture="full")
    gateway.call()
    tell("sync")
    store = next(home.rglob("content.db"), None) or next(home.parent.rglob("content.db"))
    store.write_bytes(b"no database at all " * 100)
    found = told(tell, "s1", "--rounds", "--no-sync")
    assert (found["content"], found["rounds"][0]["answer"]) == ("recalled", "answer 1")
    said = tell("session", "s1", "--rounds", "--no-sync", err=True)
    assert "what was captured is not shown: file is not a database" in said


def test_calls_that_ran_abreast_keep_their_words(tell: Tell, gateway: Gateway) -> None:
    lines = [gateway.call() for _ in range(7)]
    gateway.log.write_text("".join(lines[at] for at in (4, 0, 1, 3, 2, 6, 5)))
    rounds = told(tell, "s1", "--rounds")["rounds"]
    assert [each["question"] for each in rounds] == [f"question {at}" for at in range(1, 8)]
    assert "question 3" in tell("session", "s1", "--round", "3")
    assert "--round takes 1 to 7" in tell("session", "s1", "--round", "8", code=2)


def test_the_same_call_in_an_agents_history_is_counted_there(
    tell: Tell, gateway: Gateway, home: Path
) -> None:
    file, line = next(_replies(home))
    response = "msg_01HzWq7Yx0123456789abcdE"  # as the provider makes them: nobody's counter
    file.write_text(file.read_text().replace(line["message"]["id"], response))
    gateway.call(chat_id=response, model=line["message"]["model"])
    gateway.call(input_token=50, output_token=1, total_token=51)
    found = told(tell, "s1", "--rounds")
    assert [each["counted_in"] for each in found["rounds"]].count("s1") == 1
    copy = next(each for each in found["rounds"] if each["counted_in"] != "s1")
    assert copy["counted_in"] == line["sessionId"]
    assert found["requests"] == 1
    out = tell("session", "s1", "--rounds", width=120)
    assert f"copy of {line['sessionId'][:8]}" in out
    assert "rotated" not in out
    agents = told(tell, line["sessionId"], "--rounds")["rounds"]
    there = next(each for each in agents if each["timestamp"] == copy["timestamp"])
    words = ("question", "answer", "reasoning", "tool_calls", "origin")
    assert [copy[name] for name in words] == [there[name] for name in words]
    assert there["answer"] or there["tool_calls"]
    file.unlink()
    copy = told(tell, "s1", "--rounds")["rounds"][copy["round"] - 1]
    assert (copy["origin"], copy["counted_in"]) == ("rotated", line["sessionId"])


def test_a_call_of_two_gateways_is_found_in_the_log_that_the_ledger_knows(
    tell: Tell, gateway: Gateway, home: Path
) -> None:
    answer = "chatcmpl-9aBcDeFgHiJkLmNoPqRsTuVwXyZ01"
    spent = {
        "request_id": answer,
        "startTime": "2026-11-22T03:00:05Z",
        "model": "qwen3-max",
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "total_tokens": 107,
        "session_id": "other",
        "response": {"choices": [{"message": {"content": "answer 1"}}]},
    }
    gateway.call(chat_id=answer)
    log = home / "log" / "spend.jsonl"
    log.write_text(json.dumps(spent) + "\n")
    tell("sync", "litellm", "--path", str(log))
    rounds = [told(tell, session, "--rounds")["rounds"] for session in ("s1", "other")]
    assert [len(each) for each in rounds] == [1, 1]
    assert {(each[0]["answer"], each[0]["origin"]) for each in rounds} == {("answer 1", "recalled")}
    assert len({each[0]["counted_in"] for each in rounds}) == 1


def test_a_preview_gives_way_to_the_line_itself(tell: Tell, gateway: Gateway, home: Path) -> None:
    gateway.configure(home / "config.toml", capture="preview")
    for _ in range(3):
        gateway.call(question="why " * 200)
    lines = gateway.log.read_text().splitlines(keepends=True)
    gateway.log.write_text("".join(lines[at] for at in (2, 0, 1)))
    tell("sync")
    found = told(tell, "s1", "--rounds")["rounds"]
    assert {each["question"] for each in found} == {"why " * 200}
    assert {(each["origin"], each["preview"]) for each in found} == {("recalled", False)}
    gateway.log.unlink()
    found = told(tell, "s1", "--rounds")["rounds"]
    assert {(each["origin"], each["preview"]) for each in found} == {("captured", True)}


@pytest.mark.parametrize("number", ["0", "-1"])
def test_a_round_that_can_not_be_is_refused_before_anything_is_read(
    tell: Tell, gateway: Gateway, number: str
) -> None:
    gateway.call()
    assert "--round" in tell("session", "s1", "--round", number, code=2)
    assert "no session" in tell("session", "s1", "--no-sync", code=1)


def _replies(home: Path) -> Iterator[tuple[Path, Any]]:
    for file in sorted(home.glob(".claude/projects/*/*.jsonl")):
        lines = map(json.loads, file.read_text().splitlines())
        yield from ((file, line) for line in lines if "usage" in line.get("message", {}))


HOSTILE = (
    "../../etc/evil",
    "<script>alert(1)</script>",
    "a\x1b[31m\x07\u202eb",
    "--weird",
    "-x",
    "=cmd|' /C calc'!A0",
    "agent:main:discord:channel:1465367993012981988",
    "长" * 120,
    "%s{0}$HOME`id`",
)


@pytest.mark.parametrize("session", HOSTILE)
def test_ids_of_clients_are_harmless_and_can_be_typed(
    tell: Tell, gateway: Gateway, home: Path, session: str
) -> None:
    gateway.call(session=session)
    before = _files(home)
    for words in (("--rounds",), ("--round", "1"), ("--explain",), ()):
        out = tell("session", *words, "--", session)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    found = json.loads(tell("session", "--rounds", "--json", "--", session))
    assert (found["session_id"], len(found["rounds"])) == (session, 1)
    assert tell("show", "--", session) == tell("session", "--", session)
    assert _files(home) - before <= {"last-read", "ledger.db", "ledger.db-wal", "ledger.db-shm"}


def _files(home: Path) -> set[str]:
    return {str(each.relative_to(home)) for each in home.rglob("*")}


def test_an_id_of_ten_kilobytes(tell: Tell, gateway: Gateway) -> None:
    gateway.call(session="x" * 10_240)
    out = tell("session", "xxxx", "--rounds", width=100)
    assert max(map(len, out.splitlines())) <= 160
    assert told(tell, "xxxx")["session_id"].startswith("x" * 100)
    assert len(tell("session", "y" * 10_240, code=1)) < 400


def test_a_composed_id_is_found_by_its_beginning(tell: Tell, gateway: Gateway) -> None:
    gateway.call(session="agent:main:discord:channel:123")
    gateway.call(session="agent:main:slack:channel:123")
    assert told(tell, "agent:main:d")["session_id"] == "agent:main:discord:channel:123"
    listed = tell("session", "agent:main", code=2)
    for name in ("agent:main:d", "agent:main:s"):
        assert f"{name}  2026-11-22" in listed
    assert short_id("agent:main:discord:channel:123") == "agent:main:discord:channel:123"


def test_ids_that_begin_alike_are_listed_by_their_ends(tell: Tell, gateway: Gateway) -> None:
    for number in (1230001, 1230002):
        gateway.call(session=f"agent:main:discord:channel:{number}")
    listed = tell("sessions", "--source", "higress", width=60)
    assert re.findall(r"^agent\S*…\S*000(\d) ", listed, re.MULTILINE) == ["2", "1"]
    gateway.call(session="sess_91b758")
    gateway.call(session_id=None)
    listed = tell("sessions", "--source", "higress", width=60)
    assert re.findall(r"^agent\S*…\S*000(\d) ", listed, re.MULTILINE) == ["2", "1"]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
def test_ids_that_differ_in_the_middle_stay_apart(tell: Tell, gateway: Gateway, width: int) -> None:
    for team in "abc":
        for model in ("qwen3-max", "glm-4.7", "claude-opus-4-5"):
            gateway.call(session=f"agent:team-{team}:slack:channel:C0421", model=model)
    gateway.call(session_id=None)
    tell("sync", "--quiet")
    tell("price", "set", "zai/glm-4.7", "--input", "1", "--output", "2", "--currency", "CNY")
    tell("price", "apply", "--yes")
    listed = tell("sessions", "--source", "higress", width=width)
    cells = re.findall(r"^agent\S*", listed, re.MULTILINE)
    assert len({*cells}) == len(cells) == 3, listed
    assert "Cost CNY" in listed


def test_a_list_has_the_consumers_of_its_sessions(tell: Tell, gateway: Gateway) -> None:
    gateway.call()
    for name in ("team-b", "team-c", "team-b"):
        gateway.call(session="s2", consumer=name)
    listed = tell("sessions", "--source", "higress", width=160)
    heading = next(line for line in listed.splitlines() if line.startswith("Session "))
    at = heading.index("Consumer")
    found = {line[:2]: line[at:].split("  ")[0] for line in listed.splitlines()}
    assert (found["s1"], found["s2"]) == ("team-a", "team-b, team-c")
    for word in ("user", "consumer", "users"):
        told = tell("sessions", "--source", "higress", "--fields", f"session,{word}", "--json")
        assert json.loads(told)["rows"] == [
            {"session": "s2", "users": ["team-b", "team-c"]},
            {"session": "s1", "users": ["team-a"]},
        ]
    flat = tell("export", "sessions", "--source", "higress", "--fields", "session,consumer")
    assert flat.splitlines() == ["session,users", "s2,team-b; team-c", "s1,team-a"]
    assert "Consumer" not in tell("sessions", "--source", "claude", width=200)


def conversation(*rounds: tuple[list[dict[str, str]], str, str]) -> list[list[str]]:
    """What is shown of rounds of (messages, question, answer)."""
    before, shown = Conversation(), list[list[str]]()
    for at, (messages, question, answer) in enumerate(rounds, 1):
        one = Round(at, 0, "m", question=question, answer=answer, messages=tuple(messages))
        shown.append(list(exchange_lines(one, before, Ink(on=False), 60)))
    return shown


def of(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


SYSTEM, ONE, TWO = of("system", "be kind"), of("user", "one"), of("user", "two")
ANSWER, RESULT = of("assistant", "A1"), of("tool", "42")


@pytest.mark.parametrize(
    ("second", "question", "shown"),
    [
        ([SYSTEM, ONE, ANSWER, TWO], "two", ["> two", "A2"]),
        ([SYSTEM, ONE, of("assistant", ""), RESULT], "one", ["tool> 42", "A2"]),
        ([SYSTEM, ONE, ANSWER, ONE], "one", ["> one", "A2"]),
        ([SYSTEM, of("user", "summary"), TWO], "two", ["user> summary", "> two", "A2"]),
        ([ONE, ANSWER, TWO], "two", ["> two", "A2"]),
        ([TWO], "two", ["> two", "A2"]),
        ([], "one", ["> one", "A2"]),
    ],
)
def test_only_what_is_new_is_shown_of_a_conversation(
    second: list[dict[str, str]], question: str, shown: list[str]
) -> None:
    first, then = conversation(([SYSTEM, ONE], "one", "A1"), (second, question, "A2"))
    assert first == ["system> be kind", "> one", "A1"]
    assert then == shown


def test_a_session_without_a_title_has_none(tell: Tell, gateway: Gateway) -> None:
    gateway.call()
    assert tell("session", "s1").startswith("session ")
    assert tell("session", "s1", "--round", "1").startswith("Round 1 of s1\n\n")


@pytest.mark.parametrize(
    ("thoughts", "told"),
    [
        ("he asks for the weather", "5 words"),
        ("用户想知道北京的天气，我需要调用工具。", "19 characters"),
    ],
)
def test_thoughts_are_told_by_their_length(thoughts: str, told: str) -> None:
    one = Round(1, 0, "m", reasoning=thoughts)
    lines = list(exchange_lines(one, Conversation(), Ink(on=False), 60))
    assert lines == [f"(thought for {told}: --round 1)"]


def test_many_and_long_messages_are_cut(tell: Tell, gateway: Gateway) -> None:
    history = [of("user", f"u{at}\n" * 9) for at in range(9)]
    (shown,) = conversation(([*history, TWO], "two", "A" * 30_000))
    assert shown[0] == "(3 messages before these: --round 1)"
    assert shown[1:6] == ["user> u3", *["      u3"] * 3, "      … 5 more lines: --round 1"]
    assert shown[-1] == "… of 30,000 characters: --round 1"
    gateway.call(messages=[*history, TWO], question="two")
    page = tell("session", "s1", "--round", "1")
    assert page.count("u3") == 9
    assert "Message 10, user\n  two" in page
    assert "Question" not in page


def test_rounds_are_told_one_by_one() -> None:
    taken = Counter[str]()

    def rounds() -> Iterator[Recalled]:
        for number in range(1, 4):
            taken["rounds"] += 1
            yield recalled(number)

    pieces = session_text(Opened(SESSION, rounds()))
    text = [next(pieces), next(pieces)]
    assert taken["rounds"] == 2
    text += pieces
    plain = Opened(SESSION, [recalled(number) for number in range(1, 4)])
    assert json.loads("\n".join(text)) == session_json(plain)
    for none in (None, ()):
        opened = Opened(SESSION, none)
        assert json.loads("\n".join(session_text(opened))) == session_json(opened)


def test_growth_is_drawn_and_told_in_numbers(tell: Tell, gateway: Gateway) -> None:
    for _ in range(30):
        gateway.call(input_token_details={"cached_tokens": 50 * gateway.calls})
    found = told(tell, "s1")["growth"]
    assert len(found["rounds"]) == 30
    assert found["rounds"][9] == {
        "round": 10,
        "timestamp": "2026-11-22T03:01:40+00:00",
        "prompt": 1_000,
        "cache_read": 450,
        "cached_percent": "45.0",
    }
    assert (found["cuts"], found["cache_misses"]) == ([], [])
    assert found["verdict"].startswith("the prompt grew from 100 to 3.0k tokens in 30 rounds")
    out = tell("session", "s1", width=80)
    assert "growth   the prompt grew from 100 to 3.0k tokens in 30 rounds, about 100 a" in out
    assert re.search(r"prompt   ▁.{28}█ up to 3\.0k\n", out)
    assert re.search(r"cached   ·.{28}▄ up to 48%\n", out)


@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_line_of_growth_fits(width: int) -> None:
    steps = tuple(Step(at, 0, 0, "m", at, at // 2, 0) for at in range(1, 3_001))
    for name, text in growth_facts(Growth(steps, verdict="v"), width):
        assert len(name) + 3 + len(text) <= width


def test_secrets_in_a_log_are_not_shown_unless_asked_for(
    tell: Tell, gateway: Gateway, home: Path
) -> None:
    key, order = "sk-" + "a1B2c3D4" * 5, "order-4711"
    file = home / "config.toml"
    file.write_text(f"{file.read_text()}redact = ['order-\\d+']\n")
    asked = f"use {key} for {order}"
    gateway.call(messages=said(asked), question=asked, answer=f"done: {order}")
    gateway.call(messages=said("hello"), question="hello", answer="hi")
    for words in (["--rounds"], ["--round", "1"], ["--rounds", "--json"]):
        out = tell("session", "s1", *words)
        assert key not in out
        assert order not in out
        assert "use [redacted] for [redacted]" in out
        assert ("--raw" in out) is ("--json" not in words)
        out = tell("session", "s1", *words, "--raw")
        assert (key in out, order in out, "[redacted]" in out) == (True, True, False)
    rounds = told(tell, "s1", "--rounds")["rounds"]
    assert [each["redacted"] for each in rounds] == [True, False]
    assert "--raw" not in tell("session", "s1", "--round", "2")


def test_a_round_without_words_is_not_where_the_next_one_goes_on() -> None:
    shown = conversation(
        ([SYSTEM, ONE], "one", "A1"), ([], "", ""), ([SYSTEM, ONE, ANSWER, TWO], "two", "A2")
    )
    assert shown[1:] == [[], ["> two", "A2"]]


def test_a_session_is_opened_by_a_part_of_its_id(tell: Tell, gateway: Gateway) -> None:
    for number in (21, 22):
        gateway.call(session=f"agent:ops:slack:C00{number}")
    for words in ("agent:ops…ack:C0021", "C0021"):
        assert tell("session", words).startswith("session ")
        assert told(tell, words)["session_id"] == "agent:ops:slack:C0021"
