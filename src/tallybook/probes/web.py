"""One question to a provider over HTTPS, and its answer as JSON.

Credentials go to the address that is asked and nowhere else: a redirect is not followed, and a
proxy gets none to read. Nothing of an answer that is refused is shown, since it might repeat what
was sent.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import IO
from urllib.parse import urlsplit

from .. import __version__
from ..errors import ProbeError

TIMEOUT_S = 5
"""How long to wait for a connection, and for each part of an answer."""

MOST_BYTES = 1_000_000
"""An answer about usage is some kilobytes."""

_DAY_S = 86_400

_COMMON = {"Accept": "application/json", "User-Agent": f"tallybook/{__version__}"}

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, whatever it says: the credentials are for this host alone."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message
    ) -> None:
        """No other request."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsWeb:
    """Asks the addresses below `base`. `renew` is what the user does when the provider takes the
    credentials for no good."""

    base: str
    title: str
    renew: str
    now_ms: int
    timeout_s: float = TIMEOUT_S

    def get(self, path: str, headers: Mapping[str, str]) -> object:
        """The JSON behind a path."""
        return self._ask(path, headers, None)

    def post(self, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> object:
        """The JSON that answers a body of JSON."""
        return self._ask(path, {**headers, "Content-Type": "application/json"}, body)

    def _ask(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, object] | None
    ) -> object:
        try:
            address = self._address()
            opener = urllib.request.build_opener(_NoRedirect(), *_proxies(address))
            request = urllib.request.Request(
                address + path,
                data=None if body is None else json.dumps(body).encode(),
                headers={**headers, **_COMMON},
            )
            with opener.open(request, timeout=self.timeout_s) as answer:
                raw = answer.read(MOST_BYTES + 1)
                if answer.length and len(raw) <= MOST_BYTES:
                    raise http.client.IncompleteRead(b"", answer.length)
                return self._json(raw)
        except urllib.error.HTTPError as problem:
            with problem:
                raise self._refusal(problem.code, problem.headers) from None
        except (ValueError, http.client.InvalidURL):  # its own text shows what can't be sent
            raise ProbeError(
                f"{self.title} was not asked",
                because="its address or the credentials have characters that can't be sent",
                hint=self.renew,
            ) from None
        except (OSError, http.client.HTTPException) as problem:
            raise ProbeError(
                f"{self.title} could not be reached",
                because=self._why(problem),
                hint="check the network; behind a proxy, set HTTPS_PROXY",
            ) from None

    def _address(self) -> str:
        parts = urlsplit(self.base)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            return self.base.rstrip("/")
        raise ProbeError(
            f"{self.title} is not asked at {parts.scheme or '?'}://{parts.hostname or '?'}",
            because="credentials leave this machine over https only",
            hint="give [probe.NAME] an url that begins with https://",
        )

    def _why(self, problem: Exception) -> str:
        reason: object = getattr(problem, "reason", problem)
        if isinstance(reason, TimeoutError):
            return f"no answer within {self.timeout_s:g} s"
        if isinstance(reason, http.client.HTTPException):  # its text may be what the answer said
            return "what it answered was cut, or is no HTTP"
        return str(reason)[:200] or type(reason).__name__

    def _json(self, raw: bytes) -> object:
        if len(raw) <= MOST_BYTES:
            try:
                return json.loads(raw, parse_float=Decimal)
            except (ValueError, RecursionError):
                pass  # told below, with an answer that is too long
        raise ProbeError(
            f"the answer of {self.title} is not understood",
            because="it is no JSON" if len(raw) <= MOST_BYTES else "it is longer than 1 MB",
            hint="a proxy may have answered in its place; else report it, please",
        )

    def _refusal(self, code: int, headers: Message) -> ProbeError:
        """What to say of a status that is no answer."""
        because = f"it answered {code}"
        if code in (401, 403):
            said = "does not take the credentials" if code == 401 else "does not tell its limits"
            failed = ProbeError(f"{self.title} {said}", because=because, hint=self.renew)
            return failed.answered(code)
        if 300 <= code < 400:
            return ProbeError(
                f"{self.title} sends elsewhere, to {_host(headers.get('Location', ''))}",
                because="credentials don't follow a redirect",
                hint="if that is meant, name it: url in [probe.NAME]",
            ).answered(code)
        if code == 429:
            because = "it was asked too often"
        failed = ProbeError(f"{self.title} gave no answer", because=because)
        return failed.answered(code, _retry_s(headers.get("Retry-After", ""), self.now_ms))


def _proxies(address: str) -> tuple[urllib.request.ProxyHandler, ...]:
    """The usual ones, which make a tunnel for https and see nothing of what goes through. Without
    https, which is for this machine itself, none: it would be handed the credentials."""
    return () if urlsplit(address).scheme == "https" else (urllib.request.ProxyHandler({}),)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "another address"
    except ValueError:
        return "another address"


def _retry_s(text: str, now_ms: int) -> int:
    """Seconds of a Retry-After header, which may also hold a date (RFC 9110, 10.2.3); not more than
    a day."""
    if text.isdecimal():
        return min(int(text[:9]), _DAY_S)
    try:
        waits = int(parsedate_to_datetime(text).timestamp()) - now_ms // 1000
        return min(max(0, waits), _DAY_S)
    except (ValueError, TypeError, OverflowError):
        return 0
