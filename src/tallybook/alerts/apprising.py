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

from ..format import plain
from .errands import Answer, Errand, of_status
from .waits import after_s

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


class _Reply(Protocol):
    status_code: int
    headers: Mapping[str, str]


class _Overheard(logging.Handler):
    """What was answered last, and what Apprise warned of last."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.answer: Answer | None = None
        self.warning = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a warning."""
        self.warning = plain(record.getMessage())[:_LONGEST]

    def listen(self) -> None:
        """Overhear every answer from now on, in this process."""
        from requests.adapters import HTTPAdapter

        sending = HTTPAdapter.send

        def send(adapter: HTTPAdapter, *given: object, **named: object) -> _Reply:
            try:
                reply = cast("_Reply", cast("object", sending(adapter, *given, **named)))  # pyright: ignore[reportArgumentType] - passed on as it is
            except Exception as problem:
                self.answer = Answer(sent=False, trouble=_words(problem))
                raise
            self.answer = of_status(reply.status_code, after_s(reply.headers, time.time()))
            return reply

        HTTPAdapter.send = send  # pyright: ignore[reportAttributeAccessIssue] - see above


def notify(errand: Errand) -> Answer:
    """Send it; what became of that."""
    import apprise

    overheard = _Overheard()
    log = logging.getLogger("apprise")
    log.addHandler(overheard)
    log.propagate = False
    overheard.listen()
    apprise.URLBase.socket_connect_timeout = apprise.URLBase.socket_read_timeout = errand.limit_s
    asset = apprise.AppriseAsset(app_id="Tallybook", app_desc="Tallybook", async_mode=False)
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
    if sent:
        return Answer(sent=True)
    if overheard.answer is not None and not overheard.answer.sent:
        return overheard.answer
    return Answer(sent=False, trouble=overheard.warning or "Apprise does not say why")


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
