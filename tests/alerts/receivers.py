"""Servers on this machine that stand in for others: one that is posted to, and a proxy behind which
every host of the world is one of ours, with certificates of an authority of our own.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

RESET, HANG = "reset", "hang"


class Reply(NamedTuple):
    """What is answered once: a status, `reset` or `hang`."""

    does: int | str = 200
    headers: Mapping[str, str] = {}
    body: str = '{"ok": true}'


class Heard(NamedTuple):
    """What was posted."""

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """What was heard, and what is answered next; 200 when nothing is said. `asked` are the hosts
    that the proxy was asked for, with the user it was asked by."""

    address: str
    replies: deque[Reply] = field(default_factory=deque)
    heard: list[Heard] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def will(self, *replies: Reply | int | str) -> None:
        self.replies.extend(each if isinstance(each, Reply) else Reply(each) for each in replies)

    def hosts(self) -> list[str]:
        return [each.host for each in self.heard]


@contextmanager
def receiver() -> Iterator[World]:
    """A plain HTTP server that hears and answers."""
    with _served(None) as world:
        yield world


@contextmanager
def proxied(folder: Path) -> Iterator[tuple[World, dict[str, str]]]:
    """A proxy in front of the whole world, and the variables by which a program uses it."""
    authority = trustme.CA()
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with _served(authority) as world:
        proxy = world.address.replace("//", "//mole:s3cretproxy@")
        yield world, {"HTTPS_PROXY": proxy, "SSL_CERT_FILE": str(bundle), "NO_PROXY": "127.0.0.1"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was ended says no good-bye."""


@contextmanager
def _served(authority: trustme.CA | None) -> Iterator[World]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.world = World(f"http://127.0.0.1:{server.server_port}")
    server.authority = authority
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.world
    finally:
        server.world.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = ""

    def do_CONNECT(self) -> None:
        self.server.world.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
        self.host = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.authority.issue_cert(self.host).configure_cert(context)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def do_POST(self) -> None:
        world = self.server.world
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        host = self.host or re.sub(":.*", "", self.headers["Host"])
        world.heard.append(Heard(host, self.path, dict(self.headers.items()), body))
        reply = world.replies.popleft() if world.replies else Reply()
        if reply.does == HANG:
            world.ended.wait(30)
        if reply.does in (RESET, HANG):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        data = reply.body.encode()
        self.send_response(reply.does)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_of_it: object) -> None:
        """Nothing is told."""


BEFORE = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


def use(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have these variables, and no others that lead anywhere or say whom to trust."""
    for name in (*BEFORE, *PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def until(true: Any, seconds: float = 10) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
