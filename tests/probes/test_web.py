"""One question over HTTP: where credentials go, and what is said of everything but an answer."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tallybook.errors import ProbeError
from tallybook.probes.web import HttpsWeb

from .provider import Provider, running

NOW = 1_795_400_000_000
SECRET = {"Authorization": "Bearer secret-token"}


def web(base: str, timeout_s: float = 5) -> HttpsWeb:
    return HttpsWeb(base=base, title="Ward", renew="sign in", now_ms=NOW, timeout_s=timeout_s)


def refused(base: str, path: str = "/a", timeout_s: float = 5) -> ProbeError:
    with pytest.raises(ProbeError) as problem:
        web(base, timeout_s).get(path, SECRET)
    told = f"{problem.value} {problem.value.because} {problem.value.hint}"
    assert "secret-token" not in told
    assert "private" not in told
    return problem.value


def test_credentials_do_not_follow_a_redirect(provider: Provider) -> None:
    with running() as elsewhere:
        elsewhere.tells("/b", {"fine": True})
        for status in (301, 302, 303, 307, 308):
            target = {"Location": f"{elsewhere.url}/b"}
            provider.tells("/a", {}, status=status, headers=target)
            problem = refused(provider.url)
            assert str(problem) == "Ward sends elsewhere, to localhost"
            assert problem.status == status
        assert elsewhere.asked == []


def test_a_redirect_to_nowhere_is_told_too(provider: Provider) -> None:
    provider.tells("/a", {}, status=302, headers={"Location": "https://[odd"})
    assert str(refused(provider.url)) == "Ward sends elsewhere, to another address"


@pytest.mark.parametrize(
    ("status", "headers", "because", "retry_s"),
    [
        (401, {}, "it answered 401", 0),
        (403, {}, "it answered 403", 0),
        (404, {}, "it answered 404", 0),
        (429, {"Retry-After": "120"}, "it was asked too often", 120),
        (429, {"Retry-After": "99999999999"}, "it was asked too often", 86_400),
        (429, {"Retry-After": "Mon, 23 Nov 2026 02:15:20 GMT"}, "it was asked too often", 120),
        (429, {"Retry-After": "soon"}, "it was asked too often", 0),
        (503, {"Retry-After": "7"}, "it answered 503", 7),
    ],
)
def test_what_is_no_answer(
    provider: Provider, status: int, headers: dict[str, str], because: str, retry_s: int
) -> None:
    provider.tells("/a", {"error": "private"}, status=status, headers=headers)
    problem = refused(provider.url)
    assert (problem.status, problem.because, problem.retry_s) == (status, because, retry_s)
    assert (problem.hint == "sign in") == (status in (401, 403))


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b"<html>private</html>", "it is no JSON"),
        (b"", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b"\xff\xfe\x00", "it is no JSON"),
        (b" " * 1_000_001, "it is longer than 1 MB"),
    ],
)
def test_what_is_no_json(provider: Provider, body: bytes, because: str) -> None:
    provider.tells("/a", body)
    assert refused(provider.url).because == because


def test_an_answer_that_is_cut_or_hangs(provider: Provider) -> None:
    provider.tells("/a", b"{}", headers={"Content-Length": "5"})
    assert str(refused(provider.url, timeout_s=0.3)) == "Ward could not be reached"
    provider.tells("/a", {}, hangs=True)
    begun = time.monotonic()
    assert refused(provider.url, timeout_s=0.2).because == "no answer within 0.2 s"
    assert time.monotonic() - begun < 2


def test_a_proxy_is_not_handed_what_goes_to_this_machine(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without https it would read the credentials."""
    provider.tells("/a", {"fine": True})
    with running() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert web(provider.url).get("/a", SECRET) == {"fine": True}
        assert proxy.asked == []


def test_a_server_that_sends_back_what_it_got_is_not_shown() -> None:
    """What is no HTTP may begin with what was sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            near, _ = server.accept()
            with near:
                sent = near.recv(4096).split(b"\r\n")
                near.sendall(next(each for each in sent if b"secret" in each) + b"\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        problem = refused(f"http://127.0.0.1:{server.getsockname()[1]}")
    assert problem.because == "what it answered was cut, or is no HTTP"


@pytest.mark.parametrize("base", ["https://me:secret-token@[::1", "https://me:secret-token@host:x"])
def test_an_address_that_is_none_is_not_shown(base: str) -> None:
    assert str(refused(base)) == "Ward was not asked"


def test_nobody_is_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        problem = refused(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert str(problem) == "Ward could not be reached"


@pytest.mark.parametrize("base", ["http://example.com", "ftp://localhost", "file:///etc", "x", ""])
def test_credentials_leave_over_https_only(base: str) -> None:
    assert refused(base).because == "credentials leave this machine over https only"


@pytest.mark.parametrize("token", ["two\nlines", "no latin: 密"])
def test_a_token_that_cannot_be_sent_is_not_shown(provider: Provider, token: str) -> None:
    with pytest.raises(ProbeError) as problem:
        web(provider.url).get("/a", {"Authorization": f"Bearer secret-{token}"})
    assert "secret" not in f"{problem.value} {problem.value.because} {problem.value.hint}"
    assert problem.value.__cause__ is None
    assert problem.value.__suppress_context__
    assert provider.asked == []


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this process believes."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return ca


def tls(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def tunnel() -> Iterator[tuple[str, list[str]]]:
    """A proxy that lets everything through, and what it was asked for."""
    server, seen = socket.create_server(("127.0.0.1", 0)), list[str]()

    def serve() -> None:
        near, _ = server.accept()
        with near:
            asked = near.recv(4096).split(b"\r\n")[0].decode()
            seen.append(asked)
            host, _, port = asked.split()[1].partition(":")
            with socket.create_connection((host, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                pairs = {near: far, far: near}
                while True:
                    ready, _, _ = select.select(list(pairs), [], [], 10)
                    pieces = [(each, each.recv(65_536)) for each in ready]
                    if not pieces or not all(piece for _, piece in pieces):
                        return
                    for each, piece in pieces:
                        pairs[each].sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
    server.close()


def test_a_proxy_is_asked_for_a_tunnel_and_sees_no_credentials(
    authority: trustme.CA, tunnel: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tls(authority)) as provider:
        provider.tells("/a", {"fine": True})
        monkeypatch.setenv("HTTPS_PROXY", tunnel[0])
        assert web(provider.url).get("/a", SECRET) == {"fine": True}
        port = provider.url.rpartition(":")[2]
    assert tunnel[1] == [f"CONNECT localhost:{port} HTTP/1.1"] or tunnel[1][0].startswith(
        f"CONNECT localhost:{port} "
    )


def test_a_certificate_of_nobody_is_refused() -> None:
    with running(tls(trustme.CA())) as provider:
        problem = refused(provider.url)
        assert "certificate" in problem.because.lower()
        assert provider.asked == []
