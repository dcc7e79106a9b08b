"""Discord, Slack, Telegram, e-mail and all the others, by the library Apprise.

Only ever in a process of its own: Apprise says what went wrong in its log and no more, so what the
other side answered is overheard where `requests` sends, which changes that library for the whole
process.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Protocol, cast
from urllib.parse import urlsplit

from ..format import plain
from .httpanswer import Reply, answer_to, refusal
from .wire import Answer, Errand

_LONGEST = 300
"""Characters of a trouble that are told."""

_BROKEN: Mapping[str, str] = {
    "ProxyError": "the proxy did not let it through, or it broke off",
    "SSLError": "its certificate can't be trusted, or TLS failed",
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "ConnectionError": "the connection was refused or broke off",
}
"""What went wrong before there was an answer, by the names that `requests` has for it."""


class _Response(Protocol):
    """What is needed of the answers of `requests`."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    url: str


class _Overheard(logging.Handler):
    """What was answered, and what Apprise warned of last."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.failed: list[Answer] = []
        self.refused = False
        self.warning = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a warning."""
        self.warning = plain(record.getMessage())[:_LONGEST]

    def listen(self) -> None:
        """Overhear every answer from now on, in this process. Once the other side wants to be left
        alone nothing more is sent: Apprise would try again, or wait until nobody waits for it."""
        from requests import RequestException
        from requests.adapters import HTTPAdapter

        sending = HTTPAdapter.send
        rests = False

        def send(adapter: HTTPAdapter, *given: object, **named: object) -> object:
            nonlocal rests
            if rests:
                raise RequestException("it wants to be left alone")
            try:
                reply = sending(adapter, *given, **named)  # pyright: ignore[reportArgumentType] - passed on as it is
                status = self._hear(cast("_Response", cast("object", reply)))
            except Exception as problem:
                self.failed.append(Answer(sent=False, trouble=_words(problem)))
                raise
            rests = status == 429
            if rests:
                raise RequestException("it wants to be left alone")
            return reply

        HTTPAdapter.send = send  # pyright: ignore[reportAttributeAccessIssue] - see above

    def _hear(self, response: _Response) -> int:
        host = urlsplit(response.url).hostname or ""
        reply = Reply(response.status_code, response.headers, response.content, host)
        answer = answer_to(reply, time.time())
        if answer.sent and (why := refusal(reply)):
            answer, self.refused = Answer(sent=False, trouble=why), True
        if not answer.sent:
            self.failed.append(answer)
        return reply.status

    def failure(self) -> Answer:
        """Why it was not sent; of several reasons one that passes, if there is one."""
        if not self.failed:
            return Answer(sent=False, trouble=self.warning or "Apprise does not say why")
        why = next((each for each in self.failed if each.heals), self.failed[-1])
        return why._replace(after_s=max(each.after_s for each in self.failed))


def notify(errand: Errand) -> Answer:
    """Send it; what became of that. What is too long for a service goes in parts, and no
    redirection is followed, which would lose the message and look as if it was taken."""
    import apprise

    overheard = _Overheard()
    log = logging.getLogger("apprise")
    log.addHandler(overheard)
    log.propagate = False
    overheard.listen()
    apprise.URLBase.socket_connect_timeout = apprise.URLBase.socket_read_timeout = errand.limit_s
    apprise.NotifyBase.overflow_mode = apprise.OverflowMode.SPLIT
    asset = apprise.AppriseAsset(
        app_id="Tallybook", app_desc="Tallybook", async_mode=False, http_redirects=False
    )
    sender = apprise.Apprise(asset=asset)
    if not sender.add(errand.address):  # pyright: ignore[reportUnknownMemberType] - half typed
        return Answer(sent=False, trouble="Apprise knows no service by it", heals=False)
    kinds = {"notice": apprise.NotifyType.INFO, "warning": apprise.NotifyType.WARNING}
    sent = sender.notify(  # pyright: ignore[reportUnknownMemberType] - half typed
        title=errand.title,
        body=errand.text,
        notify_type=kinds.get(errand.severity, apprise.NotifyType.FAILURE),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return Answer(sent=True) if sent and not overheard.refused else overheard.failure()


def _words(problem: Exception) -> str:
    kinds = (kind.__name__ for kind in type(problem).__mro__)
    return next((_BROKEN[each] for each in kinds if each in _BROKEN), type(problem).__name__)


def knows(address: str) -> bool:
    """Whether a service has such an address. Nothing is sent."""
    import apprise

    log = logging.getLogger("apprise")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    return apprise.Apprise.instantiate(address) is not None  # pyright: ignore[reportUnknownMemberType] - half typed
