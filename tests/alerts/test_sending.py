"""One message to one address: Apprise's real code, webhooks and commands, against servers that
answer, refuse, hang and break off."""

from __future__ import annotations

import hmac
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tallybook.alerts import httpanswer
from tallybook.alerts.addresses import kind_of, route
from tallybook.alerts.dispatching import Patience, send
from tallybook.alerts.message import trial
from tallybook.errors import SettingsError

from .receivers import HANG, RESET, Reply, proxied, receiver, use

NOW = 1_795_000_000_000
MESSAGE = trial("team", NOW)

SERVICES = {
    "discord": ("discord://4174294326184/nurkIFOvJSSqGrNLnZn", "discord.com"),
    "pasted discord": ("https://discord.com/api/webhooks/4174294326184/nurkIFOvJSS", "discord.com"),
    "slack": ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "hooks.slack.com"),
    "telegram": ("tgram://123456789:abcdefg_hijklmnop/12315544/", "api.telegram.org"),
    "dingtalk": ("dingtalk://aaaabbbbccccddddeeeeffff/13800138000", "oapi.dingtalk.com"),
    "feishu": ("feishu://aaaabbbb-cccc-dddd-eeee", "open.feishu.cn"),
    "wecom": ("wecombot://aaaabbbb-cccc-dddd-eeee", "qyapi.weixin.qq.com"),
    "ntfy": ("ntfys://ntfy.sh/my-private-topic", "ntfy.sh"),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_reached_by_the_proxy_with_certificates_verified(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, host = SERVICES[name]
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        plain = "ok" if name == "slack" else '{"ok": true, "errcode": 0, "code": 0}'
        world.will(Reply(200, body=plain))
        answer = send(MESSAGE, address)
        assert answer.sent, answer
        assert world.hosts() == [host]
        assert b"This is a test of the alerts" in world.heard[0].body
        assert world.asked[0][1].startswith("Basic ")


@pytest.mark.parametrize(
    ("reply", "heals", "words"),
    [
        (Reply(500), True, "500"),
        (Reply(404), False, "404"),
        (Reply(401), False, "401"),
        (RESET, True, "broke off"),
    ],
)
def test_what_a_service_answers_is_told(
    reply: Reply | str,
    heals: bool,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        world.will(*[reply] * 3)
        answer = send(MESSAGE, SERVICES["slack"][0])
    assert not answer.sent
    assert answer.heals is heals
    assert words in answer.trouble
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in answer.trouble


def test_a_service_that_wants_to_be_left_alone_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        world.will(*[Reply(429, {"Retry-After": "90"})] * 3)
        answer = send(MESSAGE, SERVICES["discord"][0])
    assert (answer.sent, answer.heals, answer.after_s) == (False, True, 90)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        (
            "dingtalk",
            '{"errcode": 310000, "errmsg": "keywords not in content"}',
            "310000: keywords",
        ),
        ("wecom", '{"errcode": 45009, "errmsg": "api freq out of limit"}', "45009"),
        ("feishu", '{"code": 19024, "msg": "Key Words Not Found"}', "19024: Key Words"),
        ("telegram", '{"ok": false, "description": "chat not found"}', "chat not found"),
        ("slack", "no_team", "Slack"),
    ],
)
def test_a_friendly_status_with_a_refusal_in_its_body_is_no_success(
    name: str, body: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        world.will(Reply(200, body=body))
        answer = send(MESSAGE, SERVICES[name][0])
    assert (answer.sent, answer.heals) == (False, True)
    assert words in answer.trouble


@pytest.mark.parametrize("body", ["[" * 50_000, "null", "[1]", '{"errcode": "0", "code": 200}'])
def test_what_is_no_refusal_is_none(body: str) -> None:
    assert not httpanswer.refusal(httpanswer.Reply(200, {}, body.encode(), "example.org"))


def test_a_redirection_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        world.will(Reply(302, {"Location": "https://portal.example.org/login"}))
        answer = send(MESSAGE, SERVICES["discord"][0])
    assert (answer.sent, answer.heals) == (False, True)
    assert world.hosts() == ["discord.com"]


def test_of_two_receivers_one_that_will_never_be_reached_has_none_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        world.will(404, 200)
        answer = send(MESSAGE, "tgram://123456789:abcdefg_hijklmnop/111/222/")
        assert len(world.heard) == 2
    assert (answer.sent, answer.heals) == (False, False)


def test_a_limit_is_waited_for_by_nobody_and_not_tried_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset = str(int(time.time()) + 90)
    limited = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset, "Retry-After": "90"}
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        begun = time.monotonic()
        for reply, seconds in (
            (Reply(429, limited), 90),
            (Reply(429, body='{"message": "slow down", "retry_after": 44.2}'), 45),
            (Reply(429, body='{"ok": false, "parameters": {"retry_after": 33}}'), 33),
            (Reply(429, {"Retry-After": "Fri, 01 Jan 99999 00:00:00 GMT"}), 0),
        ):
            world.heard.clear()
            world.will(reply)
            answer = send(MESSAGE, SERVICES["discord"][0])
            assert (answer.sent, answer.heals, answer.after_s) == (False, True, seconds)
            assert len(world.heard) == 1
    assert time.monotonic() - begun < 10


def test_what_is_too_long_for_a_service_goes_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(f"line {number} of many" for number in range(150))
    with proxied(tmp_path) as (world, environ):
        use(environ, monkeypatch)
        assert send(MESSAGE._replace(text=text), SERVICES["discord"][0]).sent
        parts = [each.json["content"] for each in world.heard]
    assert all(len(part) <= 2000 for part in parts)
    assert "line 149 of many" in parts[-1]


@pytest.mark.parametrize("said", [b"HTTP/9.9 banana\r\n\r\n", b"what?\r\n\r\n"])
def test_what_does_not_speak_http_is_told(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_once() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65_536)
                peer.sendall(said)

        threading.Thread(target=answer_once, daemon=True).start()
        answer = send(MESSAGE, f"http://127.0.0.1:{server.getsockname()[1]}/hook")
    assert (answer.sent, answer.heals) == (False, True)
    assert "not HTTP" in answer.trouble


@pytest.mark.parametrize(
    "address",
    [
        "https://oapi.dingtalk.com/robot/send?access_token=abcdefgh",
        "https://open.feishu.cn/open-apis/bot/v2/hook/abcdefgh",
    ],
)
def test_a_pasted_address_that_would_lose_everything_is_refused(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        kind_of(address)
    assert "abcdefgh" not in str(refused.value)


def test_certificates_of_nobody_are_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxied(tmp_path) as (world, environ):
        use({"HTTPS_PROXY": environ["HTTPS_PROXY"]}, monkeypatch)
        for address in (SERVICES["slack"][0], "https://hooks.example.org/path"):
            answer = send(MESSAGE, address)
            assert not answer.sent
            assert "certificate" in answer.trouble
            assert "s3cretproxy" not in answer.trouble
    assert not world.heard


def test_a_webhook_is_signed_over_time_and_body() -> None:
    with receiver() as world:
        assert send(MESSAGE, f"{world.address}/hook", "a shared secret").sent
        heard = world.heard[0]
    stamp = heard.headers["Tally-Timestamp"]
    proof = hmac.new(b"a shared secret", stamp.encode() + b"." + heard.body, "sha256").hexdigest()
    assert heard.headers["Tally-Signature"] == f"v1={proof}"
    assert abs(int(stamp) - time.time()) < 60
    assert heard.headers["Tally-Delivery"] == heard.json["delivery"] == MESSAGE.number
    assert heard.json["schema"] == "tallybook.alert/1"
    assert heard.json["alerts"][0]["rule"] == "test"


def test_a_webhook_may_have_any_letters_in_its_path() -> None:
    with receiver() as world:
        assert send(MESSAGE, f"{world.address}/ümlaut/a%20b?k=ä&x={{1}}").sent
    assert world.heard[0].path == "/%C3%BCmlaut/a%20b?k=%C3%A4&x=%7B1%7D"


def test_a_webhook_without_a_secret_is_not_signed() -> None:
    with receiver() as world:
        assert send(MESSAGE, world.address).sent
    assert "Tally-Signature" not in world.heard[0].headers


@pytest.mark.parametrize(
    ("reply", "heals"),
    [
        (Reply(302, {"Location": "/login"}), True),  # as in a hotel
        (Reply(301, {"Location": "/elsewhere"}), False),
        (410, False),
        (408, True),
        (503, True),
    ],
)
def test_an_answer_of_a_webhook_heals_or_not(reply: Reply | int, heals: bool) -> None:
    with receiver() as world:
        world.will(reply)
        answer = send(MESSAGE, f"{world.address}/hook")
    assert (answer.sent, answer.heals) == (False, heals)
    assert len(world.heard) == 1


def test_a_webhook_by_a_proxy_but_not_to_hosts_that_need_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxied(tmp_path) as (world, environ), receiver() as near:
        use({**environ, "HTTP_PROXY": environ["HTTPS_PROXY"]}, monkeypatch)
        assert send(MESSAGE, "https://someone:pass%40word@hooks.example.org/in?key=abcdef").sent
        assert send(MESSAGE, near.address).sent
    assert world.hosts() == ["hooks.example.org"]
    assert world.heard[0].path == "/in?key=abcdef"
    assert world.heard[0].headers["Authorization"] == "Basic c29tZW9uZTpwYXNzQHdvcmQ="
    assert len(near.heard) == 1


@pytest.mark.parametrize("secret", ["a-secret-path", "0123456789abcdef", "pass@word"])
def test_a_trouble_holds_no_secret(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://mole:s3cretproxy@127.0.0.1:9")
    address = "https://u:pass%40word@hooks.example.org/a-secret-path?k=0123456789abcdef"
    answer = send(MESSAGE, address)
    assert not answer.sent
    assert secret not in answer.trouble
    assert "s3cretproxy" not in answer.trouble


def test_what_hangs_is_ended() -> None:
    with receiver() as world:
        world.will(HANG)
        begun = time.monotonic()
        answer = send(MESSAGE, f"{world.address}/hook", patience=Patience(1))
        assert time.monotonic() - begun < 4
    assert not answer.sent
    assert answer.heals
    assert "1 s" in answer.trouble or "in time" in answer.trouble


def test_a_command_gets_the_facts_and_no_shell(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    program = (
        "import json, os, sys; "
        "facts = {k: v for k, v in os.environ.items() if k.startswith('TALLY_ALERT_')}; "
        "json.dump([sys.argv[2:], facts, json.load(sys.stdin)], open(sys.argv[1], 'w'))"
    )
    words = f"{told} '{{title}}' '$HOME;`id`' '<{{text}}>'"
    command = f'command:{sys.executable} -c "{program}" {words}'
    answer = send(MESSAGE._replace(text="{title} 50 %"), command)
    assert answer.sent, answer
    words, facts, body = json.loads(told.read_text())
    assert words == ["Tallybook: a test", "$HOME;`id`", "<{title} 50 %>"]
    assert facts["TALLY_ALERT_RULE"] == "test"
    assert facts["TALLY_ALERT_AT"] == "2026-11-18T11:06:40+00:00"
    assert body["delivery"] == facts["TALLY_ALERT_DELIVERY"] == MESSAGE.number


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("command:false", "exit code 1"),
        ("command:no-such-program-here", "can't be started"),
        ("command:sh -c 'echo what a pity >&2; exit 3'", "exit code 3: what a pity"),
        ("command:sleep 30", "not done in 1 s"),
    ],
)
def test_a_command_that_fails_says_why(command: str, words: str) -> None:
    begun = time.monotonic()
    answer = send(MESSAGE, command, patience=Patience(1))
    assert not answer.sent
    assert answer.heals
    assert words in answer.trouble
    assert time.monotonic() - begun < 4


def test_a_variable_is_looked_up_when_something_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as world:
        answer = send(MESSAGE, "env:MY_HOOK", "env:MY_KEY")
        assert not answer.sent
        assert answer.heals
        assert "MY_HOOK is not set" in answer.trouble
        monkeypatch.setenv("MY_HOOK", f"{world.address}/here")
        monkeypatch.setenv("MY_KEY", "k")
        assert send(MESSAGE, "env:MY_HOOK", "env:MY_KEY").sent
    assert "Tally-Signature" in world.heard[0].headers


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("env:X", "env"),
        ("command:notify-send {title}", "command"),
        ("https://example.org/hook", "webhook"),
        ("https://evildiscord.com/api/webhooks/1/2", "webhook"),
        ("https://discord.com/api/webhooks/1/2", "apprise"),
        ("HTTP://localhost:8080", "webhook"),
        ("mailto://u:p@gmail.com", "apprise"),
        ("macosx://", "apprise"),
    ],
)
def test_the_kind_of_an_address(address: str, kind: str) -> None:
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    "address", ["", "env:", "env:1X", "command: ", "me@example.org", "a b://c", "https://[::1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        kind_of(address)


def test_what_is_not_signed_needs_no_secret() -> None:
    assert send(MESSAGE, "command:true", "env:NO_SUCH_KEY").sent


def test_a_variable_leads_to_no_other() -> None:
    with pytest.raises(SettingsError, match="another variable"):
        route("env:A", "", {"A": "env:B", "B": "https://example.org"})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"Retry-After": "0.3"}, 1),
        ({"X-RateLimit-Reset-After": "1.25"}, 2),
        ({"Retry-After": "Wed, 18 Nov 2026 11:07:40 GMT"}, 60),
        ({"Retry-After": "Wed, 18 Nov 2020 09:47:40 GMT"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "nan"}, 0),
        ({"Retry-After": "inf"}, 86_400),
        ({"Retry-After": "99999999999999999999"}, 86_400),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: int) -> None:
    answer = httpanswer.answer_to(httpanswer.Reply(429, headers), NOW / 1000)
    assert answer.after_s == seconds


def test_the_recipe_of_the_manual_verifies_what_is_sent_and_nothing_else() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    recipe = manual.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(recipe, names)  # as somebody pastes it
    is_ours: Callable[[str, Mapping[str, str], bytes], bool] = names["is_ours"]
    with receiver() as world:
        assert send(MESSAGE._replace(title="ümlaut"), f"{world.address}/hook", "schlüssel").sent
        heard = world.heard[0]
    headers = heard.headers
    assert is_ours("schlüssel", headers, heard.body)
    assert not is_ours("another", headers, heard.body)
    assert not is_ours("schlüssel", headers, heard.body + b" ")
    assert not is_ours("schlüssel", {}, heard.body)
    old = str(int(headers["Tally-Timestamp"]) - 400)
    for wrong in ("", "soon", "-1", old):
        assert not is_ours("schlüssel", {**headers, "Tally-Timestamp": wrong}, heard.body)
    assert not is_ours("schlüssel", {**headers, "Tally-Signature": "v1=ü"}, heard.body)
