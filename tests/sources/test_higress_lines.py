"""Lines of Higress's access log: every shape of them, and every kind of damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import counter
from tallybook.ledger.joining import join
from tallybook.reading import Complaint, Observation, Reading, Round, Said, key_of
from tallybook.sources.higress_lines import HigressLines
from tallybook.sources.higress_skim import KEPT
from tallybook.sources.tail import Block

from .higress_log import CALL, FORMS, REQUEST, as_json, as_object, as_text, changed, compact

Form = Callable[..., bytes]
PLACE = "/var/log/proxy/access.log#5d1c"
READER = HigressLines("box")


def said(data: bytes, base: int = 0, *, capture: bool = False) -> list[Observation]:
    """What a block of lines says."""
    reader = HigressLines("box", capture=capture)
    return list(reader.take(Block(bytearray(data), 0, len(data), base), PLACE))


def readings(data: bytes) -> list[Reading]:
    seen = said(data)
    assert [each for each in seen if not isinstance(each, Reading)] == []
    return [each for each in seen if isinstance(each, Reading)]


def one(data: bytes) -> Reading:
    (reading,) = readings(data + b"\n")
    return reading


def complaints(data: bytes) -> list[tuple[int, str]]:
    return [(each.position, each.reason) for each in said(data) if isinstance(each, Complaint)]


def counts(reading: Reading) -> tuple[int, ...]:
    return counter(reading.dialect)(reading.usage).counts


@pytest.mark.parametrize("form", FORMS)
def test_a_call_in_every_encoding(form: Form) -> None:
    reading = one(form(CALL))
    assert counts(reading) == (606, 156, 256, 17408, 0, 0)
    assert reading.who == (
        "higress", "agent:ops:slack:C0421", "ai-route-chat.internal", None, None, None, None, "box",
    )  # fmt: skip
    assert (reading.provider, reading.model, reading.note) == ("openai", "gpt-5.6-luna", "")
    assert (reading.started_ms, reading.ended_ms) == (1_774_318_265_417, 1_774_318_269_537)
    assert (reading.status, reading.first_token_ms) == ("complete", 611)
    assert (reading.place, reading.offset, reading.attr) == (PLACE, 0, 0)
    assert reading.keys == one(as_text(CALL)).keys


@pytest.mark.parametrize("form", FORMS)
def test_numbers_and_details_as_text(form: Form) -> None:
    texts = {name: str(value) for name, value in CALL.items() if isinstance(value, int)}
    details = {name: compact(value) for name, value in CALL.items() if isinstance(value, dict)}
    assert one(form(changed(CALL, texts | details))) == one(form(CALL))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("call", "code", "status"),
    [
        ({}, "200", "complete"),
        ({}, "503", "partial"),
        ({"input_token": 0, "output_token": 0, "total_token": 0}, "200", "unmetered"),
        ({"input_token": 0, "output_token": 0, "total_token": 0}, "429", "failed"),
        ({"input_token": ..., "output_token": ..., "total_token": ...}, "200", "unmetered"),
        ({"input_token": None, "output_token": ..., "total_token": ...}, "400", "failed"),
        ({"input_token": ..., "output_token": ..., "total_token": ...}, "0", "unmetered"),
    ],
)
def test_how_a_call_ended(form: Form, call: dict[str, Any], code: str, status: str) -> None:
    bare = changed(CALL, {"input_token_details": {}, "output_token_details": {"zeros": 0}} | call)
    reading = one(form(bare if call else CALL, response_code=code))
    assert reading.status == status
    assert (sum(counts(reading)) > 0) == (status in ("complete", "partial"))


@pytest.mark.parametrize("details", ["-", "", None, {}, {"cached_tokens": 0}])
def test_zeros_are_no_usage(details: object) -> None:
    zeros = {"input_token": 0, "output_token": 0, "total_token": "0"}
    call = changed(CALL, {**zeros, "input_token_details": details, "output_token_details": ...})
    assert one(as_text(call)).status == "unmetered"


def test_details_that_are_no_text_cost_only_themselves() -> None:
    reading = one(as_object(CALL).replace(b"reasoning_tokens", b"reason\xff\xfe_tokens"))
    assert counts(reading) == (606, 412, 0, 17408, 0, 0)


def test_lines_of_a_call_that_goes_on_are_one_call() -> None:
    early = as_text({"api": "-", "chat_round": 4}, downstream_remote_address="-", duration="9")
    first, last = one(early), one(as_text(CALL))
    assert set(first.keys) & set(last.keys)
    for told in (join(first, last), join(last, first)):
        assert (told.status, told.provider, told.model) == ("complete", "openai", "gpt-5.6-luna")
        assert (counts(told), told.who.session) == (counts(last), last.who.session)


def test_a_call_without_usage_says_nothing_odd() -> None:
    call = {"api": "-", "chat_round": 5, "session_id": "s"}
    found = counter("ai_log")(one(as_text(call)).usage)
    assert (sum(found.counts), found.assumptions, found.complaints) == (0, (), ())


@pytest.mark.parametrize(
    ("call", "request_", "who"),
    [
        ({"consumer": "team-a"}, {}, ("agent:ops:slack:C0421", "ai-route-chat.internal", "team-a")),
        ({}, {"consumer": "team-b"}, ("agent:ops:slack:C0421", "ai-route-chat.internal", "team-b")),
        ({"api": "chat@v1"}, {"consumer": "-"}, ("agent:ops:slack:C0421", "chat@v1", None)),
        ({"session_id": ...}, {"route_name": "-"}, (None, None, None)),
        ({"session_id": "-"}, {"session_id": "x"}, (None, "ai-route-chat.internal", None)),
        ({"session_id": ""}, {}, (None, "ai-route-chat.internal", None)),
        ({"session_id": ...}, {"session_id": "x"}, ("x", "ai-route-chat.internal", None)),
    ],
)
def test_whose_a_call_is(call: Any, request_: Any, who: tuple[Any, ...]) -> None:
    found = one(as_text(changed(CALL, call), **request_)).who
    assert (found.session, found.project, found.user) == who


@pytest.mark.parametrize("session", ["../evil", "<script>", "a/b", "\u202e", "会话", "x" * 5_000])
def test_any_session_is_only_a_name(session: str) -> None:
    found = one(as_text(changed(CALL, {"session_id": session}))).who.session
    assert found is not None
    assert found == session or (len(found) == 200 and found.startswith("x" * 180))
    longer = one(as_text(changed(CALL, {"session_id": session + "y"}))).who.session
    assert longer != found


@pytest.mark.parametrize(
    ("model", "cluster", "chat", "told"),
    [
        ("gpt-5", "llm-openai", "", ("openai", "")),
        ("gpt-5", "llm-azure-prod", "", ("azure", "")),
        ("gpt-5", "my-pool", "", ("openai", "provider-from-model")),
        ("claude-sonnet-4-6", "llm-claude", "", ("anthropic", "")),
        ("claude-sonnet-4-6", "llm-openai", "", ("anthropic", "provider-from-model")),
        ("claude-sonnet-4-6", "llm-claude", "msg_bdrk_01", ("aws", "")),
        ("anthropic.claude-v2", "llm-x", "", ("aws", "provider-from-model")),
        ("gemini-2.5-pro", "llm-vertex", "", ("google-vertex", "")),
        ("claude-sonnet-4-6", "llm-claude", "msg_vrtx_01", ("google-vertex", "")),
        ("qwen-max", "llm-bailian", "", ("alibaba-cn", "region-guessed")),
        ("qwen-max", "llm-qwen", "", ("alibaba", "region-guessed")),
        ("qwen-max", "llm-qwen-cn", "", ("alibaba-cn", "")),
        ("qwen-max", "llm-dashscope-intl", "", ("alibaba", "")),
        ("kimi-k2", "pool", "", ("moonshotai", "provider-from-model;region-guessed")),
        ("kimi-k2", "kimi-china", "", ("moonshotai-cn", "")),
        ("minimax-m2", "llm-minimax", "", ("minimax", "region-guessed")),
        ("text-embedding-v3", "llm-qwen", "", ("alibaba", "provider-from-service;region-guessed")),
        ("text-embedding-3-large", "pool", "", ("openai", "provider-from-model")),
        ("house-model", "llm-deepseek", "", ("deepseek", "provider-from-service")),
        ("house-model", "pool", "", ("unknown", "")),
        ("glm-4.6", "llm-zhipu", "", ("zhipuai", "")),
        ("glm-4.6", "llm-glm", "", ("zai", "region-guessed")),
        ("unknown", "-", "", ("unknown", "")),
    ],
)
def test_who_served_it(model: str, cluster: str, chat: str, told: tuple[str, str]) -> None:
    call = changed(CALL, {"model": model, "chat_id": chat})
    found = one(as_text(call, upstream_cluster=f"outbound|443||{cluster}.internal.dns"))
    assert (found.provider, found.note) == told


@pytest.mark.parametrize(
    "name",
    ["llm-qwen", "qwen", "llm-qwen.internal.dns", "outbound|443||llm-qwen.internal.dns"],
)
def test_the_user_says_who_serves_a_service(name: str) -> None:
    reader = HigressLines("box", providers={name: "alibaba-cn"})
    for cluster, told in (
        ("llm-qwen", ("alibaba-cn", "")),
        ("llm-qwen-two", ("alibaba", "region-guessed")),
    ):
        call = changed(CALL, {"model": "qwen-max"})
        line = as_text(call, upstream_cluster=f"outbound|443||{cluster}.internal.dns") + b"\n"
        (found,) = reader.take(Block(bytearray(line), 0, len(line), 0), PLACE)
        assert isinstance(found, Reading)
        assert (found.provider, found.note) == told


@pytest.mark.parametrize(
    ("call", "path", "model"),
    [
        ({"model": "UNKNOWN"}, "/v1/x", "unknown"),
        ({"model": ...}, "/v1beta/models/gemini-2.5-pro:streamGenerateContent", "gemini-2.5-pro"),
        ({"model": ...}, "/v1/models/list", "unknown"),
        ({"model": 7}, "/v1/x", "7"),
    ],
)
def test_which_model(call: Any, path: str, model: str) -> None:
    assert one(as_text(changed(CALL, call), path=path)).model == model


LONG_ID = "chatcmpl-9sD2kQpZ0aLr7VbNw3XyTcU"
UUID_ID = "chatcmpl-5f0c2a1e-77aa-4c1b-9a52-0b1d3c7e9f10"
CLAUDE_ID = "msg_01XFDUDYJgAACzvnptvVoYEL"


@pytest.mark.parametrize(
    ("chat", "key"),
    [
        (LONG_ID, key_of("openai:response", LONG_ID)),
        (CLAUDE_ID, key_of("anthropic:response", CLAUDE_ID)),
        (UUID_ID, key_of("openai:response", UUID_ID)),
        ("msg_01Qx", None),
        ("chatcmpl-000000000000000000000001", None),
        ("from-cache", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_another_witness_may_know(chat: str, key: bytes | None) -> None:
    assert list(one(as_text(changed(CALL, {"chat_id": chat}))).keys[1:]) == ([key] if key else [])


def test_identity() -> None:
    def key(call: dict[str, Any], **request: Any) -> bytes:
        return one(as_text(changed(CALL, call), **request)).keys[0]

    same = key({})
    assert key({}, user_agent="other") == same
    assert key({"chat_id": ...}) == key({"chat_id": "other"}) == same
    assert key({}, downstream_remote_address=...) == same
    word = {"request_id": "my-client"}
    assert key({}, **word) == key({"input_token": 3}, **word) != same
    assert key({}, **word) == key({"chat_id": ...}, **word)
    assert key({}, **word) != key({}, **word, downstream_remote_address="10.8.7.31:51023")
    assert key({}, start_time="2026-03-24T02:11:05.418Z") != same
    assert key({}, request_id="-") != same
    assert key({}, request_id="-") == key({"input_token": 3}, request_id=...)
    bare = {"chat_id": ...}
    assert key(bare, request_id="-") == key(bare, request_id="-")
    assert key(bare, request_id="-") != key(bare, request_id="-", bytes_sent="1")


def test_a_line_is_the_same_call_before_its_end_was_written() -> None:
    whole = as_json(changed(CALL, {"chat_id": "-"}), request_id="-")
    assert {one(whole + end).keys for end in (b"", b"\n", b"\r\n")} == {one(whole).keys}


def test_a_call_without_ids_is_known_by_where_it_stands() -> None:
    line = as_text(changed(CALL, {"chat_id": ...}), request_id="-") + b"\n"
    first, second = readings(line * 2)
    assert first.keys != second.keys
    assert [each.keys for each in said(line, len(line)) if isinstance(each, Reading)] == [
        second.keys
    ]


QUOTED: list[dict[str, str]] = [
    {"user_agent": 'Mozilla/5.0 {"ver":"7.0"}'},
    {"path": '/v1/chat/completions?q="x","y":"'},
    {"x_forwarded_for": '1.2.3.4", "ai_log":"-'},
    {"path": '/a","ai_log":"{', "user_agent": '"'},
    {"user_agent": '"}'},
    {"user_agent": "a\\"},
    {"user_agent": '{"ai_log":"{\\"input_token\\":9,\\"output_token\\":1,\\"total_token\\":10}"}'},
    {"path": '{"ai_log":"{\\"input_token\\":9,\\"output_token\\":1,\\"total_token\\":10}"}'},
    {"path": '"start_time":"2020"', "user_agent": '"request_id":"other"'},
    {"user_agent": '{"output_token":2,"session_id":"fake","consumer":"fake"}'},
]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("sent", QUOTED)
def test_quotes_that_a_client_sent(sent: dict[str, str], last: bool) -> None:
    whole, odd = one(as_text(CALL, last=last)), one(as_text(CALL, last=last, **sent))
    assert odd._replace(keys=()) == whole._replace(keys=())


@pytest.mark.parametrize("before", ["protocol", "route_name", "x_forwarded_for"])
@pytest.mark.parametrize("sent", QUOTED[-4:])
def test_quotes_in_front_of_a_call_and_behind_it(sent: dict[str, str], before: str) -> None:
    def moved(line: bytes) -> bytes:
        told = b'"ai_log":' + compact(compact(call)).encode() + b","
        mark = f'"{before}":'.encode()
        return line.replace(told, b"", 1).replace(mark, told + mark, 1)

    call = changed(CALL, {"session_id": ...})
    assert one(moved(as_text(call, **sent))) == one(moved(as_text(call)))


def test_a_client_can_write_no_call_of_its_own() -> None:
    forged = 'x","request_id":"r","start_time":"2026-01-01T00:00:00.000Z","ai_log":"{}","z":"'
    first, _ = said(as_text(CALL, user_agent=forged) + b"\n")
    second, _ = said(
        as_text(changed(CALL, {"input_token": 1}), user_agent=forged, request_id="q") + b"\n"
    )
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert first.started_ms == second.started_ms == one(as_text(CALL)).started_ms
    assert first.who.session == "agent:ops:slack:C0421"
    assert set(first.keys).isdisjoint(second.keys)


FORGED = {
    "upstream_cluster": "outbound|443||llm-ollama.internal.dns",
    "start_time": "2020-01-01T00:00:00.000Z",
    "route_name": "victim",
    "response_code": "429",
    "duration": "1",
}
REPEATED = (
    '","protocol":"HTTP/1.1","request_id":"r","requested_server_name":"a","response_code":"200",'
    '"response_flags":"-","route_name":"x","start_time":"2020-01-01T00:00:00.000Z","zz":"'
)
BEFORE = (
    "",
    '","duration":"1',
    '","requested_server_name":"a","response_code":"200',
    '","zz":"1","protocol":"HTTP/1.1',
    REPEATED,
    '","x_forwarded_for":"1","response_code_details":"',
)
"""What a client may write before it, so that the field looks as if it stood in its place."""


@pytest.mark.parametrize("sender", ["user_agent", "path", "x_forwarded_for", "authority"])
@pytest.mark.parametrize("padding", BEFORE)
@pytest.mark.parametrize("last", [False, True])
def test_a_field_that_a_client_wrote_is_not_believed(sender: str, padding: str, last: bool) -> None:
    whole = one(as_text(CALL, last=last))
    for name, value in FORGED.items():
        sent = {sender: f'x{padding}","{name}":"{value}'}
        found, complaint = said(as_text(CALL, last=last, **sent) + b"\n")
        assert isinstance(found, Reading)
        assert found._replace(keys=(), note="") == whole._replace(keys=()), name
        assert found.note == "field-twice"
        assert isinstance(complaint, Complaint)
        assert (complaint.position, complaint.lost, complaint.sample) == (0, False, "")
        assert "accessLogEncoding" in complaint.hint


@pytest.mark.parametrize("without", ["trace_id", "protocol", "upstream_host", "method"])
@pytest.mark.parametrize("name", FORGED)
def test_a_template_of_fewer_fields_helps_no_client(without: str, name: str) -> None:
    sent = f'x","{without}":"1","{name}":"{FORGED[name]}'
    whole = one(as_text(CALL, **{without: ...}))
    found, _ = said(as_text(CALL, **{without: ...}, user_agent=sent) + b"\n")
    assert isinstance(found, Reading)
    assert found._replace(keys=(), note="") == whole._replace(keys=())


def test_a_name_with_escapes_is_no_field() -> None:
    sent = 'x","start\\u005ftime":"2020-01-01T00:00:00.000Z'
    assert one(as_text(CALL, user_agent=sent)) == one(as_text(CALL))


def test_of_a_whole_template_that_a_client_wrote_only_the_time_is_believed() -> None:
    names = list(REQUEST)
    rest = names[names.index("path") + 1 : names.index("x_forwarded_for")]
    forged = REQUEST | FORGED
    sent = 'x",' + ",".join(f'"{name}":"{forged[name]}"' for name in rest)
    found, complaint = said(as_text(CALL, path=sent[:-1]) + b"\n")
    assert isinstance(found, Reading)
    assert isinstance(complaint, Complaint)
    assert found.status == "complete"
    assert found.who.project is None
    assert (found.provider, found.note) == ("openai", "provider-from-model;field-twice")


@pytest.mark.parametrize(
    ("request_", "inside", "user", "note"),
    [
        ({}, None, "victim", "consumer-after-client-field"),  # it can't be told from the gateway's
        ({}, "team-a", "team-a", ""),
        ({"consumer": "team-a"}, None, "team-a", "field-twice"),
        ({"response_code_details": ..., "consumer": "team-a"}, None, None, "field-twice"),
    ],
)
def test_a_consumer_that_a_client_wrote(
    request_: Any, inside: str | None, user: str | None, note: str
) -> None:
    call = changed(CALL, {"consumer": inside or ...})
    sent = 'x","consumer":"victim'
    found = said(as_text(call, user_agent=sent, **request_) + b"\n")[0]
    assert isinstance(found, Reading)
    assert found.who.user == user
    assert set(found.note.split(";")) >= set(filter(None, [note]))


@pytest.mark.parametrize("name", ["chat_id", "model"])
def test_a_client_can_tell_no_identity(name: str) -> None:
    call = changed(CALL, {name: ...})
    sent = f'x","{name}":"chatcmpl-5f0c2a1e-77aa-4c1b-9a52-0b1d3c7e9f10'
    assert one(as_text(call, user_agent=sent)) == one(as_text(call))


def test_an_operator_may_add_a_consumer_behind_a_client_s_field() -> None:
    line = as_text(CALL, response_code_details=..., consumer="team-a")
    assert (one(line).who.user, one(line).note) == ("team-a", "consumer-after-client-field")


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("sent", ['"ai_log":{', '"ai_log":"{', '{"authority":', '{"ai_log":'])
def test_a_client_that_sends_the_name_often_costs_no_time(sent: str, last: bool) -> None:
    call = changed(CALL, {"answer": "x" * 1_000_000})
    odd = as_text(call, path=sent * 5_000, last=last)
    began = process_time()
    seen = said(odd + b"\n")
    assert process_time() - began < 2
    assert isinstance(seen[0], Reading)
    assert counts(seen[0]) == counts(one(as_text(CALL)))


@pytest.mark.parametrize("nested", ["[", "{", ",", "[]", '"\\"', "\\\\"])
def test_a_giant_line_of_marks_costs_little_time(nested: str) -> None:
    line = as_text(changed(CALL, {"answer": "x"})).replace(b'\\"x\\"', nested.encode() * 500_000)
    began = process_time()
    giant(line, 1 << 20)
    assert process_time() - began < 5


@pytest.mark.parametrize("call", ["{} ", "{}}", "}", "{", "-", ""])
def test_statistics_that_are_hardly_any(call: str) -> None:
    line = as_text(CALL).replace(compact(compact(CALL)).encode(), compact(call).encode(), 1)
    seen = said(line + b"\n") + said(b'{"ai_log":' + compact(call).encode() + b"}")
    assert all(isinstance(each, Reading | Complaint) for each in seen)
    assert [each.status for each in seen if isinstance(each, Reading)] == (
        ["unmetered"] if call.startswith("{}") else []
    )


@pytest.mark.parametrize("form", FORMS)
def test_names_inside_of_messages_are_no_fields(form: Form) -> None:
    words = '{"input_token":1,"ai_log":"{}"} "start_time":"2020" \\" \\\\" \x07'
    talk = [{"role": "user", "content": words, "input_token": 9, "model": "evil"}]
    call = changed(CALL, {"messages": talk, "answer": words, "question": words, "zzz": talk})
    assert one(form(call)) == one(form(CALL))


def test_a_container_writes_around_lines() -> None:
    line, whole = as_text(CALL), one(as_text(CALL))
    docker = compact({"log": line.decode() + "\n", "stream": "stdout", "time": "2026"}).encode()
    cri = b"2026-03-24T02:11:05.417123456Z stdout F " + line
    assert one(docker) == whole
    assert one(cri) == whole


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n", b""])
def test_ends_of_lines(end: bytes) -> None:
    data = (as_text(CALL) + end if end else as_text(CALL)) * (2 if end else 1)
    assert len(readings(data)) == (2 if end else 1)


def test_lines_about_nothing_say_nothing() -> None:
    lines = [
        as_text(None), as_json(None), b"", b"[2026-03-24 02:11:05.417][1][info] starting {}",
        b'{"path":"/ai_log/x"}', b'{"ai_log":"","a":1}', b'{"ai_log" : "-"}', b"plain words",
        as_text(None, path='/"ai_log'), b'{"level":"info","api":"x"}', b'2026 I {"a": 1}',
    ]  # fmt: skip
    assert said(b"\n".join(lines) + b"\n") == []


DAMAGE: list[tuple[str, bytes]] = [
    ("cut in its statistics", as_text(CALL)[:300]),
    ("cut in the middle of nothing", as_text(None)[:300]),
    ("its beginning lost", as_text(CALL)[40:]),
    ("its name lost", as_text(CALL).replace(b"ai_log", b"ai_\xffog", 1)),
    ("statistics that seem to be none", as_text(CALL).replace(b'"{', b'""', 1)),
    ("without a time", as_text(CALL, start_time=...)),
    ("with an impossible time", as_text(CALL, start_time="0001-01-01T00:00:00.000Z")),
    ("statistics that are none", as_text(CALL).replace(b'{\\"api', b'{\\"api\x00\\"', 1)),
]


@pytest.mark.parametrize(("what", "line"), DAMAGE, ids=[name for name, _ in DAMAGE])
def test_damage_is_told_and_costs_nothing_else(what: str, line: bytes) -> None:
    good = as_text(CALL) + b"\n"
    seen = said(good + line + b"\n" + good)
    assert [each.offset for each in seen if isinstance(each, Reading)] == [
        0, len(good) + len(line) + 1,
    ]  # fmt: skip
    (told,) = [each for each in seen if isinstance(each, Complaint)]
    assert (told.position, told.place, told.lost) == (len(good), PLACE, True)
    assert told.hint
    assert told.sample == ""  # words may stand anywhere


def test_a_line_that_lacks_only_its_end_is_read() -> None:
    cut = as_text(CALL)[:-60]
    assert one(cut)._replace(keys=()) == one(as_text(CALL))._replace(keys=())


@pytest.mark.parametrize("field", ["path", "start_time", "user_agent", "authority"])
def test_a_line_inside_of_a_field_of_a_cut_one_is_read(field: str) -> None:
    line = as_text(changed(CALL, {"answer": "other"}))
    second = as_text(CALL, start_time="2026-03-24T03:00:00.000Z", request_id="r2")
    cut = line[: line.index(f'"{field}":"'.encode()) + len(field) + 6]
    seen = said(cut + second + b"\n")
    whole = [each for each in seen if isinstance(each, Reading)]
    told = [each for each in seen if isinstance(each, Complaint)]
    if field == "user_agent":  # it tells all that a call needs: what follows may be a client's
        assert (len(whole), [each.reason for each in told]) == (
            1,
            ["a line holds more than one call"],
        )
    else:
        assert [each.offset for each in whole] == [0, len(cut)]
        assert whole[1].keys == one(second).keys


@pytest.mark.parametrize("last", [False, True])
def test_a_line_inside_of_a_cut_one_is_read(last: bool) -> None:
    line = as_text(CALL, last=last)
    for length in (15, 200, 380) if not last else (200, 700, 900):
        seen = said(line[:length] + line + b"\n")
        (whole,) = [each for each in seen if isinstance(each, Reading)]
        assert (whole.offset, whole.keys) == (length, one(line).keys)
        assert [each.offset for each in seen if isinstance(each, Reading)] == [length]
        told = complaints(line[:length] + line + b"\n")
        assert told == ([] if last and length < 900 else [(0, "a line about a call is cut")])


def test_a_cut_line_that_tells_its_usage_counts_at_the_time_of_the_next() -> None:
    line = as_text(changed(CALL, {"output_token": 500, "total_token": 18514}))
    second = as_text(CALL, start_time="2026-03-24T03:00:00.000Z", request_id="r2")
    first, whole = readings(line[:700] + second + b"\n")
    assert (first.started_ms, whole.started_ms) == (1_774_321_200_000, 1_774_321_200_000)
    assert sum(counts(first)) == 18514
    assert first.note.split(";") == ["provider-from-model", "time-from-neighbour"]
    assert set(first.keys).isdisjoint(whole.keys)
    assert whole.keys == one(second).keys


def test_bytes_that_are_no_text() -> None:
    spoilt = as_text(changed(CALL, {"answer": "##"})).replace(b"##", b"\xff\x00\xfe")
    assert one(spoilt) == one(as_text(CALL))
    hole = bytes(5_000) + as_text(CALL)
    assert one(hole)._replace(offset=0) == one(as_text(CALL))
    assert one(hole).offset == 5_000


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def giant(data: bytes, size: int) -> list[Observation]:
    return list(READER.giant(chunks(data, size), PLACE, 7, len(data)))


WORDS = 'say "hi" {[,]} \\ \\" \u00e9 <b> "total_token":1'


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [7, 100, 4096, 1 << 20])
def test_a_giant_line_says_what_its_fields_say(form: Form, size: int) -> None:
    talk = [{"role": "user", "content": WORDS * 40, "total_token": 3}, {"a": [[WORDS]]}] * 60
    call = changed(CALL, {"messages": talk, "answer": WORDS * 3_000, "zzz": "\\"})
    line = form(call)
    assert len(line) > 3 * KEPT
    (seen,) = giant(line, size)
    assert seen == one(form(CALL))._replace(offset=7)


@pytest.mark.parametrize("form", FORMS)
def test_a_giant_line_that_is_cut_is_told(form: Form) -> None:
    line = form(changed(CALL, {"messages": [{"content": WORDS * 9_000}]}))
    (told,) = giant(line[:250_000], 4096)
    assert isinstance(told, Complaint)
    assert (told.position, told.lost) == (7, True)
    assert giant(as_text(None, path="x" * 300_000), 4096) == []
    assert [type(each) for each in giant(line.replace(b'"ai_log', b'"ai_lag'), 4096)] == [Complaint]


TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": [{"type": "text", "text": "what now?"}, {"type": "image"}]},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c0"}]},
    {"role": "tool", "content": "ok", "tool_call_id": "c0"},
]
SPOKEN = {
    "messages": TALK, "question": "what now?", "answer": 'look: "here" & <there>',
    "reasoning": "hm", "tool_calls": [
        {"index": 0, "id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}},
        {"index": 1, "id": "c2", "type": "function", "function": {"name": "ls", "arguments": "."}},
    ],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_recall(form: Form) -> None:
    line = form(changed(CALL, SPOKEN))
    found = READER.recalled(line, PLACE, 0)
    assert found is not None
    assert (found.question, found.answer, found.reasoning) == (
        "what now?",
        'look: "here" & <there>',
        "hm",
    )
    assert [each["role"] for each in found.messages] == ["system", "user", "assistant", "tool"]
    assert found.messages[1]["content"] == 'what now?\n\n{"type": "image"}'
    assert found.tool_calls[1] == {"id": "c2", "name": "ls", "input": "."}
    assert (found.response, found.message) == ("stream", "chatcmpl-b71")
    assert (found.duration_ms, found.first_token_ms) == (4120, 611)
    reading = one(line)
    assert (found.keys, reading.tools) == (reading.keys, (("ls", 2),))
    seen = said(line + b"\n", capture=True)
    assert seen[1:] == [Said("higress", "agent:ops:slack:C0421", found)]


def test_what_the_gateway_shortened_is_one_message() -> None:
    go = "[map[content:hello role:user] map[con [truncated] nt:bye role:user]]"
    found = READER.recalled(as_text(changed(CALL, {"messages": go, "tool_calls": go})), PLACE, 0)
    assert isinstance(found, Round)
    assert found.messages == ({"role": "truncated", "content": go},)
    assert found.tool_calls[0]["name"] == "truncated"


def test_a_line_without_a_call_has_no_round() -> None:
    assert READER.recalled(as_text(None), PLACE, 0) is None
    assert READER.recalled(b"", PLACE, 0) is None
    quiet = READER.recalled(as_text(CALL), PLACE, 0)
    assert quiet is not None
    assert (quiet.messages, quiet.question) == ((), "")


GOOD = [form(changed(CALL, extra)) for form in FORMS for extra in ({}, SPOKEN)]


@given(
    line=st.sampled_from(GOOD),
    where=st.floats(0, 1),
    junk=st.one_of(st.binary(max_size=30), st.sampled_from([b'"', b'\\"', b"{", b"\n", b"\0"])),
    take=st.integers(0, 400),
)
def test_any_damage_is_survived(line: bytes, where: float, junk: bytes, take: int) -> None:
    at = int(where * len(line))
    spoilt = line[:at] + junk + line[at + take :]
    good = as_text(CALL) + b"\n"
    seen = said(good + spoilt + b"\n" + good, capture=True)
    own = [each for each in seen if isinstance(each, Reading)]
    assert own[0].offset == 0
    assert own[-1].offset == len(good) + len(spoilt) + 1
    for each in own:
        assert all(number >= 0 for number in counts(each))
        assert each.ended_ms >= each.started_ms
        assert each.keys
    READER.recalled(spoilt, PLACE, 0)
    giant(spoilt, 64)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(data: bytes) -> None:
    for text in (data, b'{"ai_log":"' + data, b'{"ai_log":{' + data + b"}}"):
        said(text)
        giant(text, 3)
        READER.recalled(text, PLACE, 0)
    json.dumps(REQUEST)
    as_object(None)


PARTS = st.integers(0, 10**6)
HOSTILE = st.sampled_from(
    [
        "-",
        "openclaw/2026.3",
        'a "b" c',
        '{"ver":"7.0"}',
        '"',
        "\\",
        "x\\",
        '","x":"',
        "{",
        '"}',
        "é\u2028",
    ]
)


def as_told(way: str, parts: tuple[int, ...]) -> dict[str, Any]:
    """Usage in the words of one provider; `parts` are input, output, reasoning, cache read and
    cache written."""
    fresh, spoken, thought, read, written = parts
    made: dict[str, tuple[int, int, dict[str, int], dict[str, int]]] = {
        "openai": (
            fresh + read + written, spoken + thought,
            {"cached_tokens": read, "cache_write_tokens": written}, {"reasoning_tokens": thought},
        ),
        "anthropic": (
            fresh, spoken + thought,
            {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}, {},
        ),
        "google": (
            fresh + read + written, spoken,
            {"cached_content_token_count": read}, {"thoughts_token_count": thought},
        ),
        "xai": (
            fresh + read + written, spoken,
            {"cached_tokens": read}, {"reasoning_tokens": thought},
        ),
    }  # fmt: skip
    given_in, given_out, inside, beside = made[way]
    return {
        "input_token": given_in, "output_token": given_out, "total_token": sum(parts),
        "input_token_details": inside, "output_token_details": beside,
    }  # fmt: skip


def expected(way: str, parts: tuple[int, ...]) -> tuple[int, ...]:
    """The classes that this provider tells apart."""
    fresh, spoken, thought, read, written = parts
    if way == "anthropic":
        return (fresh, spoken + thought, 0, read, written, 0)
    if way == "openai":
        return (*parts, 0)
    return (fresh + written, spoken, thought, read, 0, 0)


@given(st.data())
def test_any_call_in_any_form(data: st.DataObject) -> None:
    lines, truth = list[bytes](), list[tuple[Any, ...]]()
    for number in range(data.draw(st.integers(1, 12))):
        way = data.draw(st.sampled_from(["openai", "anthropic", "google", "xai"]))
        parts = data.draw(st.tuples(*[PARTS] * 5))
        usage = as_told(way, parts) if data.draw(st.booleans()) else {}
        if data.draw(st.booleans()):
            usage = {
                name: compact(value) if isinstance(value, dict) else str(value)
                for name, value in usage.items()
            }
        code = data.draw(st.sampled_from(["200", "200", "429", "503"]))
        session = data.draw(st.sampled_from([None, "s1", "../evil", "<script>"]))
        words = {"question": data.draw(st.text(max_size=20)), "session_id": session or ...}
        bare = {name: ... for name in CALL if name.startswith(("input", "output", "total"))}
        call = changed(CALL, bare | usage | words)
        form = data.draw(st.sampled_from(FORMS))
        sent = {name: data.draw(HOSTILE) for name in ("user_agent", "path", "x_forwarded_for")}
        late = {"last": data.draw(st.booleans())} if form is as_text else {}
        lines += [
            as_text(None),
            form(call, request_id=f"r{number}", response_code=code, **sent, **late),
        ]
        some, refused = sum(parts) > 0 and bool(usage), code != "200"
        status = {(True, False): "complete", (True, True): "partial", (False, True): "failed"}
        told = expected(way, parts) if some else (0,) * 6
        truth.append((status.get((some, refused), "unmetered"), session, told))
    seen = readings(b"\n".join(lines) + b"\n")
    assert [(each.status, each.who.session, counts(each)) for each in seen] == truth
    assert len({each.keys for each in seen}) == len(truth)
