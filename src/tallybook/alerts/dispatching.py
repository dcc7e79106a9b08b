"""Sending one message to one address, within a time.

Commands are started as they stand, without a shell; everything else is carried by a process that
runs `messenger`. What is told of a failure holds no secret.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ..clock import iso
from ..errors import SettingsError
from .addresses import COMMAND, Route, blackened, route
from .message import Message
from .program import Ended, Program, run
from .wire import PATIENT_S, Answer, Errand, answer_of, errand_line

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from tallybook.alerts.messenger import main; sys.exit(main())"
)
"""What carries a message. It finds modules where this process does, and nowhere else."""

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def never() -> bool:
    """Whether nobody waits any more: somebody does to the end."""
    return False


class Patience(NamedTuple):
    """How many seconds one message may take, and whether it is `over`: nobody waits any more."""

    limit_s: int = PATIENT_S
    over: Callable[[], bool] = never


def send(
    message: Message, address: str, secret: str = "", patience: Patience | None = None
) -> Answer:
    """Send a message to an address as it stands in the settings; what became of that. Where it was
    ended because nobody waits any more, it is to be sent again."""
    patience = patience or Patience()
    try:
        way = route(address, secret, os.environ)
    except SettingsError as problem:
        told = ": ".join(filter(None, (str(problem), problem.because)))
        return Answer(sent=False, trouble=told)
    carry = _by_command if way.kind == "command" else _by_messenger
    try:
        answer = carry(message, way, patience)
    except OSError as problem:
        what = "the command" if way.kind == "command" else "a process to send it"
        answer = Answer(sent=False, trouble=f"{what} can't be started: {problem.strerror}")
    secrets = (*way.secrets, *_of_proxies(os.environ))
    return answer._replace(trouble=blackened(answer.trouble, secrets))


def _by_messenger(message: Message, way: Route, patience: Patience) -> Answer:
    errand = Errand(
        kind=way.kind,
        address=way.address,
        secret=way.secret,
        number=message.number,
        title=message.title,
        text=message.text,
        severity=message.severity,
        body=message.body,
        at_s=int(time.time()),
        limit_s=patience.limit_s,
    )
    program = Program(
        [sys.executable, "-P", "-c", _PROGRAM, *sys.path],
        errand_line(errand),
        _trusting(os.environ),
        *patience,
    )
    ended = run(program, hear=True)
    return answer_of(ended.said) or _failed(ended, patience)


def _by_command(message: Message, way: Route, patience: Patience) -> Answer:
    """`{title}` and `{text}` in a command's words are those of the message."""
    try:
        words = shlex.split(way.address.removeprefix(COMMAND))
    except ValueError as problem:
        return Answer(sent=False, trouble=f"the command can't be read: {problem}", heals=False)
    filled = [_filled(word, message) for word in words]
    environ = {**os.environ, **_facts(message)}
    ended = run(Program(filled, message.body.encode(), environ, *patience), hear=False)
    return Answer(sent=True) if ended.code == 0 else _failed(ended, patience)


def _failed(ended: Ended, patience: Patience) -> Answer:
    if ended.code is None:
        why = (
            "stopped before it was done" if patience.over() else f"not done in {patience.limit_s} s"
        )
        return Answer(sent=False, trouble=why)
    told = f": {ended.complaint}" if ended.complaint else ""
    how = f"exit code {ended.code}" if ended.code >= 0 else f"ended by signal {-ended.code}"
    return Answer(sent=False, trouble=f"{how}{told}")


def _filled(word: str, message: Message) -> str:
    """In one go: what stands in a title is no place for a text."""
    title, text = (each.replace("\0", "") for each in (message.title, message.text))
    return text.join(part.replace("{title}", title) for part in word.split("{text}"))


def _facts(message: Message) -> Mapping[str, str]:
    """What is told to a command in variables."""
    facts = {
        "DELIVERY": message.number,
        "TITLE": message.title,
        "TEXT": message.text,
        "SEVERITY": message.severity,
        "RULE": message.rule,
        "SUBJECT": message.subject,
        "LEVEL": str(message.level),
        "AT": iso(message.at_ms, "UTC"),
    }
    return {f"TALLY_ALERT_{name}": value.replace("\0", "") for name, value in facts.items()}


def _trusting(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables for a messenger: `SSL_CERT_FILE` holds for every kind of address, as the
    library that Apprise sends by has another name for it."""
    bundle = environ.get("SSL_CERT_FILE")
    return {"REQUESTS_CA_BUNDLE": bundle, **environ} if bundle else environ


def _of_proxies(environ: Mapping[str, str]) -> Iterator[str]:
    """Users and passwords that stand in the addresses of proxies."""
    for name in _PROXIES:
        proxy = environ.get(name) or environ.get(name.lower()) or ""
        user, there, _ = proxy.partition("://")[2].rpartition("@")
        if there:
            yield user
        if password := user.partition(":")[2]:
            yield password
