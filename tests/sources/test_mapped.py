"""Logs that are read by a mapping: what becomes of a line, and of what is no line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.contract import CHECKS, Sample, Subject, try_one
from tallybook.contract.trial import Trial
from tallybook.dialects import counter
from tallybook.model import Money
from tallybook.reading import Complaint, Observation, Reading, Said
from tallybook.settings.logs import LogMapping, mapping_of
from tallybook.sources import open_source
from tallybook.sources.logs import LogOptions
from tallybook.sources.lookup import instant_ms, value_at
from tallybook.sources.mapped import MappedLog
from tallybook.sources.mapped_lines import MappedReader
from tallybook.sources.shortening import LONGEST, MOST, shortened
from tallybook.sources.tail import Block

USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
FIELDS = {
    name: name.partition("_at")[0] if name == "first_token_at" else name
    for name in (
        *("time", "ended", "duration_ms", "duration_s", "first_token_ms", "first_token_at"),
        *("request", "response", "session", "user", "key", "account", "project", "agent"),
        *("machine", "status_code", "cost", "currency", "model", "provider", "service"),
        *("question", "answer", "reasoning", "messages", "tool_calls", "stream", "finish"),
    )
}
AT, AT_MS = "2026-03-24T02:11:05.417Z", 1_774_318_265_417


def mapping(**more: Any) -> LogMapping:
    """A mapping of fields by their own names."""
    fields = {**FIELDS, "usage": ["usage", "response.usage"], **more.pop("fields", {})}
    return mapping_of("acme", {"fields": fields, **more})


PLACE = "/var/log/acme.log#00112233aabbccdd"


def seen(
    data: bytes, chosen: LogMapping | None = None, *, capture: bool = False, place: str = PLACE
) -> Any:
    """What lines say."""
    reader = MappedReader(chosen or mapping(), capture=capture)
    block = Block(bytearray(data), 0, len(data), 0)
    return list(reader.take(block, place))


def reading(chosen: LogMapping | None = None, **line: Any) -> Reading:
    """The only reading of one line."""
    (found,) = seen(json.dumps({"time": AT, "model": "gpt-4o", **line}).encode() + b"\n", chosen)
    assert isinstance(found, Reading), found
    return found


def test_a_whole_line() -> None:
    found = reading(
        usage=USAGE, ended="2026-03-24T02:11:07Z", request="r", session="s", user="ada",
        account="team", key="ops", project="web", agent="bot", machine="m1", provider="openai",
        first_token_ms="350", cost=0.00123, status_code="200",
    )  # fmt: skip
    assert found.who == ("acme", "s", "web", "bot", "team", "ada", "ops", "m1")
    assert (found.started_ms, found.ended_ms) == (AT_MS, AT_MS + 1_583)
    assert (found.provider, found.model, found.dialect) == ("openai", "gpt-4o", "auto")
    assert (found.status, found.note, found.first_token_ms) == ("complete", "", 350)
    assert found.reported == Money(1_230_000, "USD")
    assert json.loads(found.usage) == USAGE
    assert counter("auto")(found.usage).counts == (100, 20, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ({"usage": USAGE}, ("complete", "")),
        ({"usage": USAGE, "status_code": 500}, ("partial", "broken-attempt")),
        ({"status_code": 429}, ("failed", "")),
        ({"status_code": "503", "usage": {"prompt_tokens": 0}}, ("failed", "")),
        ({"status": "FAILURE"}, ("failed", "")),
        ({"status_code": 200}, ("unmetered", "")),
        ({"usage": {"prompt_tokens": 0, "completion_tokens": 0}}, ("unmetered", "")),
        ({"usage": None}, ("unmetered", "")),
        ({"usage": "none"}, ("unmetered", "")),
        ({}, ("unmetered", "")),
    ],
)
def test_status(line: dict[str, Any], status: tuple[str, str]) -> None:
    found = reading(mapping(failed="status=failure", provider="openai"), **line)
    assert (found.status, found.note) == status
    assert (found.usage == b"{}") == (found.status in ("failed", "unmetered"))


@pytest.mark.parametrize(
    ("told", "ms"),
    [
        (AT, AT_MS),
        ("2026-03-24 02:11:05.417", AT_MS),
        ("2026-03-24T10:11:05.417123456+08:00", AT_MS),
        ("[24/Mar/2026:04:11:05 +0200]", AT_MS - 417),
        (1_774_318_265, AT_MS - 417),
        ("1774318265.417", AT_MS),
        (AT_MS, AT_MS),
        (AT_MS * 1_000 + 999, AT_MS),
        (AT_MS * 1_000_000 + 999, AT_MS),
        (0, None),
        ("soon", None),
        ("31/Feb/2026:04:11:05 +0200", None),
        (True, None),
        ("1e400", None),
        ({}, None),
    ],
)
def test_times(told: object, ms: int | None) -> None:
    assert instant_ms(told) == ms


@pytest.mark.parametrize(
    ("line", "span"),
    [
        ({"duration_ms": 250}, (0, 250)),
        ({"duration_s": "1.5"}, (0, 1_500)),
        ({"ended": AT_MS + 9, "duration_ms": 250}, (0, 9)),
        ({"ended": AT_MS - 9}, (0, 0)),
        ({"time": None, "ended": AT_MS, "duration_ms": 7}, (-7, 0)),
        ({"duration_ms": -1}, (0, 0)),
        ({"duration_ms": 10**30}, (0, 0)),
    ],
)
def test_spans(line: dict[str, Any], span: tuple[int, int]) -> None:
    found = reading(usage=USAGE, **line)
    assert (found.started_ms - AT_MS, found.ended_ms - AT_MS) == span


def test_the_first_token_of_what_came_at_once_is_none() -> None:
    ended = {"ended": AT_MS + 900}
    assert reading(first_token=AT_MS + 300, **ended).first_token_ms == 300
    assert reading(first_token=AT_MS + 900, **ended).first_token_ms is None
    assert reading(first_token=AT_MS - 5, **ended).first_token_ms is None


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        (1.23e-05, Money(12_300, "USD")),
        ("0.1", Money(100_000_000, "USD")),
        (0.30000000000000004, Money(300_000_000, "USD")),
        (0, None),
        ("", None),
        (-1, None),
        ("much", None),
        (10**30, None),
        (True, None),
    ],
)
def test_costs_are_taken_digit_by_digit(told: object, amount: Money | None) -> None:
    assert reading(cost=told).reported == amount


def test_the_currency_is_the_lines_or_the_tables() -> None:
    euros = mapping(currency="eur")
    assert reading(euros, cost="2").reported == Money(2_000_000_000, "EUR")
    assert reading(euros, cost="2", currency="cny").reported == Money(2_000_000_000, "CNY")
    for odd in ("€", "dollars", "<script>", "us"):
        assert reading(euros, cost="2", currency=odd).reported is None


@pytest.mark.parametrize(
    ("line", "table", "served"),
    [
        ({"provider": "azure"}, {}, ("azure", "gpt-4o")),
        ({}, {"provider": "acme"}, ("acme", "gpt-4o")),
        ({"provider": "openai", "model": "openai/gpt-4o"}, {}, ("openai", "gpt-4o")),
        ({"model": "openrouter/anthropic/claude-x"}, {}, ("openrouter", "anthropic/claude-x")),
        ({"model": None}, {}, ("unknown", "unknown")),
        ({"service": "llm-azure", "model": "gpt-4o"}, {}, ("azure", "gpt-4o")),
    ],
)
def test_who_served_it(
    line: dict[str, Any], table: dict[str, Any], served: tuple[str, str]
) -> None:
    found = reading(mapping(**table), usage=USAGE, **line)
    assert (found.provider, found.model) == served


def test_identities() -> None:
    first = reading(request="r", usage=USAGE)
    assert reading(request="r", usage=USAGE, extra="x").keys == first.keys
    assert reading(request="r", time=AT_MS + 1).keys != first.keys  # the client's id, sent again
    bare = seen(b'{"time":"%s","model":"m"}\n' % AT.encode() * 2)
    assert len({each.keys for each in bare}) == 2
    answer = "chatcmpl-9f2c1a7b-5d3e-4f60-8a91-0c2b3d4e5f60"
    told = {reading(request=name, response=answer).keys[1] for name in "ab"}
    assert len(told) == 1
    assert len(reading(request="r", response="1").keys) == 1


def test_a_call_without_an_id_is_known_by_where_it_stands_and_what_it_says() -> None:
    def keys(place: str, **more: Any) -> tuple[bytes, ...]:
        line = {"time": AT, "model": "gpt-4o", "usage": USAGE, **more}
        return seen(json.dumps(line).encode() + b"\n", place=place)[0].keys

    first = keys(PLACE)
    # whichever of the files with one heading it was taken for, and wherever the log lies
    assert keys(f"{PLACE}.2") == keys(PLACE.replace("var", "mnt")) == first
    others = {"time": AT_MS + 1}, {"ended": AT_MS + 9}, {"usage": {**USAGE, "total_tokens": 9}}
    assert len({first, keys("a#0011"), *(keys(PLACE, **each) for each in others)}) == 5


def test_a_secret_is_not_kept() -> None:
    for secret in ("sk-abc", "Bearer abc", "ghp_abc", "eyJabc", "gsk_abc", "AIzaabc"):
        key = reading(key=secret).who.key
        assert key is not None
        assert "abc" not in key
        assert len(key) == 64
    assert reading(key="ops").who.key == "ops"


def test_names_are_bounded_and_storable() -> None:
    found = reading(session="x" * 10_000, user="\ud800", project="../evil<script>", agent=["a"])
    assert found.who.session is not None
    assert len(found.who.session) == 200
    assert reading(session="x" * 9_999).who.session != found.who.session
    assert (found.who.user, found.who.project) == ("\\ud800", "../evil<script>")
    assert found.who.agent is None


def test_what_is_said_does_not_reach_the_ledger() -> None:
    whole = {**USAGE, "choices": [{"message": {"content": "secret " * 40}}], "id": "short"}
    found = reading(mapping(fields={"usage": "response"}), response=whole)
    assert b"secret" not in found.usage
    assert b'"prompt_tokens":100' in found.usage
    for hidden in ('a"' * 40, "é" * 65, {"a": {"b": {"c": {"d": {"e": {"f": {"g": "secret"}}}}}}}):
        kept = reading(usage={**USAGE, "x": hidden}).usage
        assert len(kept) < 130, kept
        assert b"secret" not in kept
    endless: Any = 1
    for _ in range(50):
        endless = {"a": endless}
    assert len(reading(usage={**USAGE, "b": endless}).usage) < 200
    huge = {"time": AT, "usage": {**USAGE, **dict.fromkeys(map(str, range(3_000)), 1)}}
    assert isinstance(seen(json.dumps(huge).encode())[0], Complaint)


def test_counts_in_single_fields() -> None:
    table = {"prompt_tokens": ["in", "a.in"], "prompt_tokens_details.cached_tokens": "t[1]"}
    chosen = mapping(fields={"usage": table})
    found = reading(chosen, a={"in": "90"}, t=[1, 40], **{"in": "-"})
    assert json.loads(found.usage) == {
        "prompt_tokens": 90,
        "prompt_tokens_details": {"cached_tokens": 40},
    }
    assert reading(chosen, t=[]).status == "unmetered"


def test_single_counts_where_there_is_no_object() -> None:
    chosen = mapping(fields={"counts": {"prompt_tokens": "in", "completion_tokens": "out"}})
    assert json.loads(reading(chosen, usage=USAGE, **{"in": 7}).usage) == USAGE
    assert json.loads(reading(chosen, out=2, **{"in": 7}).usage)["prompt_tokens"] == 7


def test_paths_go_through_texts_that_are_json() -> None:
    inner = json.dumps({"usage": json.dumps(USAGE), "s": "x"})
    chosen = mapping(fields={"usage": "log.usage", "session": "log.s"})
    found = reading(chosen, log=inner)
    assert json.loads(found.usage) == USAGE
    assert found.who.session == "x"
    assert value_at({"a": "[1, {"}, (("a", 0),)) is None


def test_only_and_skip() -> None:
    chosen = mapping(only=["kind=LLM", "deep.er"], skip="path!=/v1")
    lines = [
        {"kind": "llm", "deep": {"er": 0}, "path": "/v1"},
        {"kind": "llm", "deep": {}, "path": "/v1"},
        {"kind": "x", "deep": {"er": 0}, "path": "/v1"},
        {"kind": "llm", "deep": {"er": 0}},
    ]
    data = b"".join(json.dumps({"time": AT, **each}).encode() + b"\n" for each in lines)
    assert [each.offset for each in seen(data, chosen)] == [0]


def test_lines_of_something_else_are_passed_over() -> None:
    other = [
        b'{"time":"2026-03-24","path":"/health"}',
        b"starting {all} services",
        b"",
        b"\xff\x00",
    ]
    assert seen(b"\n".join(other) + b"\n") == []


GOOD = json.dumps({"time": AT, "model": "m", "usage": USAGE}).encode()


@pytest.mark.parametrize(
    "line",
    [
        GOOD + b"\r",
        b"2026-03-24T02:11:05Z stdout F " + GOOD,
        b"[" + GOOD + b",",
        b"  " + GOOD + b"]",
    ],
)
def test_what_may_stand_around_an_object(line: bytes) -> None:
    (found,) = seen(line + b"\n")
    assert isinstance(found, Reading)


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        (GOOD[:-9], 0),
        (GOOD[9:], 0),
        (b'"x":1}' + GOOD, 1),
        (GOOD + b'{"time":', 1),
        (b"[" + GOOD + b"," + GOOD + b"]", 0),
        (b"{", 0),
        (b'{"time":"never","model":"m"}', 0),
        (b"\xff\xfe" + GOOD, 1),
        (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, 0),
    ],
)
def test_what_is_lost_is_complained_of(line: bytes, calls: int) -> None:
    told = seen(line + b"\n")
    assert sum(isinstance(each, Reading) for each in told) == calls
    complaints = [each for each in told if isinstance(each, Complaint)]
    assert len(complaints) == 1
    assert complaints[0].hint
    assert complaints[0].sample.isprintable()


@pytest.mark.parametrize("objects", [2, 30_000])
def test_a_list_without_a_newline_is_told_how_to_become_lines(tmp_path: Path, objects: int) -> None:
    """As an answer that was saved in a file: it is a live log, which nobody goes on writing."""
    log = tmp_path / "answer.json"
    log.write_bytes(b"[" + b",".join([GOOD] * objects) + b"]")
    source = MappedLog(mapping(), [log])
    (place,) = (each for each in source.locate() if not isinstance(each, Complaint))
    (told,) = (each for each in source.read(place, None) if isinstance(each, Complaint))
    assert "jq -c" in told.hint


@pytest.mark.parametrize("words", ["", "x" * (5 << 20)])
def test_a_folder_of_one_object_each(tmp_path: Path, words: str) -> None:
    """Without a newline at their end, and known by nothing but where they stand."""
    folder = tmp_path / "payloads"
    folder.mkdir()
    for number in (1, 2):
        used = {**USAGE, "prompt_tokens": number}
        line = {"time": AT, "model": "gpt-4o", "usage": used, "question": words}
        (folder / f"{number}.json").write_text(json.dumps(line))

    def calls() -> set[bytes]:
        source = MappedLog(mapping(), [folder / "*.json"])
        found = [each for each in source.locate() if not isinstance(each, Complaint)]
        every = [each for place in found for each in source.read(place, None)]
        assert not any(isinstance(each, Complaint) for each in every)
        return {each.keys[0] for each in every if isinstance(each, Reading)}

    before = calls()
    assert len(before) == 2
    for file in folder.iterdir():
        file.write_text(file.read_text() + "\n")
    assert calls() == before


@pytest.mark.parametrize("between", [b",", b", "])
def test_a_list_in_one_line_is_told_how_to_become_lines(between: bytes) -> None:
    (told,) = seen(b"[" + GOOD + between + GOOD + b"]\n")
    assert "jq -c" in told.hint
    whole = b"[" + between.join([GOOD] * 30_000) + b"]\n"
    reader = MappedReader(mapping(), capture=False)
    (told,) = reader.giant(chunks(whole, 1 << 20), "p#0011", 0, len(whole))
    assert isinstance(told, Complaint)
    assert "jq -c" in told.hint


@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 60))
def test_nothing_raises(junk: bytes, at: int, hole: int) -> None:
    data = GOOD[:at] + junk + GOOD[at + hole :] + b"\n" + GOOD
    assert all(isinstance(each, Observation) for each in seen(data, capture=True))


def test_what_was_said_follows_if_it_is_captured() -> None:
    line = {
        "time": AT, "model": "m", "usage": USAGE, "session": "s", "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What"}, {"text": "now?"}]},
        ],
        "answer": {"content": [{"type": "text", "text": "Rest."}]}, "reasoning": "Hm.",
        "tool_calls": json.dumps([{"id": "c", "function": {"name": "ls", "arguments": "{}"}}]),
        "finish": "stop",
    }  # fmt: skip
    call, said = seen(json.dumps(line).encode(), capture=True)
    assert isinstance(said, Said)
    assert (said.source, said.session, said.round.keys) == ("acme", "s", call.keys)
    told = said.round
    assert (told.question, told.answer, told.reasoning) == ("What\nnow?", "Rest.", "Hm.")
    assert (told.response, told.finish) == ("stream", "stop")
    assert [each["role"] for each in told.messages] == ["system", "user"]
    assert told.tool_calls == ({"id": "c", "name": "ls", "input": "{}"},)
    assert call.tools == (("ls", 1),)
    recalled = MappedReader(mapping(), capture=False).recalled(
        json.dumps(line).encode(), call.place, call.offset
    )
    assert recalled == told
    assert len(seen(json.dumps(line).encode())) == 1


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(
    st.recursive(
        st.none() | st.integers(0, 9) | st.text(max_size=20) | st.just('\\"\n' * 40_000),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=6,
    ),
    st.integers(1, 70_000),
)
def test_long_texts_are_left_out(value: object, size: int) -> None:
    data = json.dumps({"a": value, "b": 1}).encode()
    short = shortened(chunks(data, size if len(data) > 5_000 else max(1, size % 7)))
    assert short is not None
    assert json.loads(short) == json.loads(
        json.dumps({"a": value, "b": 1}).replace(json.dumps('\\"\n' * 40_000), '""')
    )


def test_a_giant_line_is_read_without_its_words() -> None:
    line = {"words": "x\\" * (3 << 20), "time": AT, "model": "m", "usage": USAGE}
    reader = MappedReader(mapping(), capture=False)
    data = json.dumps(line).encode()
    (found,) = reader.giant(chunks(data, 1 << 20), "p#0011", 7, len(data))
    assert isinstance(found, Reading)
    assert found.offset == 7
    endless = b'{"a":[' + b"1," * MOST
    (told,) = reader.giant(chunks(endless, 1 << 20), "p#0011", 7, len(endless))
    assert isinstance(told, Complaint)
    assert "too long" in told.reason
    assert LONGEST < MOST


def test_another_mapping_reads_the_files_again(tmp_path: Path) -> None:
    one, other = MappedLog(mapping()), MappedLog(mapping(fields={"session": "s"}))
    assert one.version == MappedLog(mapping(title="Other")).version != other.version


def test_a_mapped_log_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "acme.log").write_bytes(GOOD + b"\n")
    known = {"acme": mapping(paths=[str(tmp_path / "*.log")])}
    source = open_source("acm", mappings=known, logs=LogOptions(roots=(tmp_path / "other",)))
    assert [type(each) for each in source.locate()] == [Complaint]
    source = open_source("acme", mappings=known)
    assert [each.size for each in source.locate()] == [len(GOOD) + 1]


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A mapped log with a rotated file."""
    folder = tmp_path_factory.mktemp("acme")
    for name, numbers in (("a.log", range(9)), ("a.log.1", range(5, 40))):
        rows: Sequence[dict[str, Any]] = [
            {"time": AT_MS + each, "model": "m", "request": f"r{each}", "usage": USAGE}
            for each in numbers
        ]
        lines = (json.dumps(each).encode() + b"\n" for each in rows)
        (folder / name).write_bytes(b"".join(lines))
    subject = Subject("acme", (folder / "a.log",), mappings={"acme": mapping()})
    return Trial(Sample(subject, tmp_path_factory.mktemp("sample")), seconds=0.15)


@pytest.mark.parametrize("check", CHECKS)
def test_the_contract_holds(trial: Trial, check: str) -> None:
    verdict = try_one(trial, check)
    assert verdict.passed, verdict.difference


COUNTS = {
    "prompt_tokens": "in",
    "completion_tokens": "out",
    "total_tokens": "all",
    "prompt_tokens_details.cached_tokens": "hit",
}


@pytest.mark.parametrize(
    ("line", "status", "note"),
    [
        ({"in": 9, "out": 2}, "complete", ""),
        ({"in": 0, "out": 2}, "complete", ""),
        ({"in": 9, "all": 11}, "complete", ""),
        ({"out": 2, "all": 11}, "complete", ""),
        ({"out": 2}, "partial", "input-not-told"),
        ({"in": "-", "out": 2, "hit": 3}, "partial", "input-not-told"),
        ({"in": 9}, "partial", "output-not-told"),
        ({"all": 11}, "partial", "input-not-told;output-not-told"),
        ({"in": 9, "status_code": 500}, "partial", "broken-attempt"),
        ({"status_code": 200}, "unmetered", ""),
    ],
)
def test_a_half_of_the_usage_that_is_missing_is_told(
    line: dict[str, Any], status: str, note: str
) -> None:
    chosen = mapping(provider="openai", fields={"usage": COUNTS})
    data = json.dumps({"time": AT, "model": "gpt-4o", **line}).encode() + b"\n"
    *complaints, found = seen(data * 2, chosen)
    assert (found.status, found.note) == (status, note)
    told = {each.reason for each in complaints if isinstance(each, Complaint)}
    assert len(told) == note.count("not-told")


def test_it_is_told_once_a_file(tmp_path: Path) -> None:
    log = tmp_path / "acme.log"
    line = json.dumps({"time": AT, "model": "gpt-4o", "out": 2, "pad": "x" * 1_000})
    log.write_text(f"{line}\n" * 5_000)
    source = MappedLog(mapping(fields={"usage": COUNTS}), [log])
    (place,) = (each for each in source.locate() if not isinstance(each, Complaint))
    (told,) = (each for each in source.read(place, None) if isinstance(each, Complaint))
    assert told.reason == "calls whose input is not told: prompt_tokens is looked for at in"
