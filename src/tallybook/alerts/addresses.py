"""Where alerts can be sent: what an address of the settings means, and how it is shown.

An address is a secret: who has it can write in somebody's name. So it is never shown whole, only
its kind, and what others say of it is blackened. Nothing is sent here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from ..errors import SettingsError
from ..settings.toldvalues import masked

Kind = Literal["env", "command", "webhook", "apprise"]
"""`env` names a variable that holds an address, `command` a program, `webhook` a URL that is posted
to as `tallybook.alerts.posting` does it; what else has the form of a URL is one of Apprise's."""

ENV, COMMAND = "env:", "command:"

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USER = re.compile(r"(\w+://)[^/\s@'\"]+@")
_SHORTEST = 4
"""Parts of an address that are shorter are no secret, and are parts of too many words."""

_OWN_WAYS = (
    ".discord.com",
    ".discordapp.com",
    ".hooks.slack.com",
    ".open.larksuite.com",
    ".qyapi.weixin.qq.com",
    ".chat.googleapis.com",
    ".ntfy.sh",
)
"""Hosts whose own https addresses Apprise knows by heart: they may be pasted as they are."""

_OTHER_WAYS: Mapping[str, str] = {
    "oapi.dingtalk.com": "dingtalk://TOKEN",
    "open.feishu.cn": "feishu://TOKEN",
}
"""Hosts that would take a webhook's JSON with a friendly status, and show it to nobody."""

_HIDDEN = "…"


class Route(NamedTuple):
    """An address whose variable is looked up, and what signs what is posted to it."""

    kind: Kind
    address: str
    secret: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see of it, the longest first."""
        address = set[str]() if self.kind == "command" else _parts(self.address)
        parts = {self.secret, *address}
        return tuple(sorted((each for each in parts if len(each) >= _SHORTEST), key=len)[::-1])


def kind_of(text: str) -> Kind:
    """What kind of address this is. Raises `SettingsError` if it is none."""
    if text.startswith(ENV) and _VARIABLE.fullmatch(text.removeprefix(ENV)):
        return "env"
    if text.startswith(COMMAND) and text.removeprefix(COMMAND).strip():
        return "command"
    scheme = _SCHEME.match(text)
    if scheme is None or any(each.isspace() for each in text):
        raise SettingsError(
            f"no address has the form {masked(text)!r}",
            because="it is no URL, no command: and no env:NAME",
            hint="tally help alerts has examples: discord://…, https://…, command:…, env:NAME",
        )
    if scheme[1].lower() not in ("http", "https"):
        return "apprise"
    try:
        host = (urlsplit(text).hostname or "").lower()
    except ValueError as problem:  # such as a bracket that is not closed
        raise SettingsError(f"{masked(text)!r} is no URL") from problem
    if other := _OTHER_WAYS.get(host):
        raise SettingsError(f"{masked(text)} does not take webhooks", hint=f"write {other}")
    return "apprise" if f".{host}".endswith(_OWN_WAYS) else "webhook"


def route(text: str, secret: str, environ: Mapping[str, str]) -> Route:
    """An address as it is used, with its variables looked up. Raises `SettingsError` where one is
    not set or holds no address."""
    address = text
    if kind_of(text) == "env":
        address = _variable(text, environ)
        if kind_of(address) == "env":
            raise SettingsError(f"the variable of {text} names another variable, not an address")
    kind = kind_of(address)
    if kind != "webhook":  # nothing else is signed, nor held up by a variable that is not set
        return Route(kind, address)
    return Route(kind, address, _variable(secret, environ) if secret.startswith(ENV) else secret)


def _variable(text: str, environ: Mapping[str, str]) -> str:
    name = text.removeprefix(ENV)
    if value := environ.get(name, "").strip():
        return value
    raise SettingsError(
        f"the variable {name} is not set",
        because="the settings name it instead of a secret",
        hint=f"set {name} where tally runs, also in its timer or service",
    )


def blackened(text: str, secrets: Iterable[str]) -> str:
    """What somebody else said, without secrets, and without the user of any URL, such as that of a
    proxy."""
    for each in secrets:
        text = text.replace(each, _HIDDEN)
    return _USER.sub(rf"\1{_HIDDEN}@", text)


def _parts(address: str) -> set[str]:
    """The parts of a URL as others may repeat them. The host of a webhook is none: people have to
    be told which one did not answer."""
    rest = address.partition("://")[2]
    if kind_of(address) == "webhook":
        place = urlsplit(address)
        user = place.netloc.rpartition("@")[0]
        rest = f"{user}/{place.path}/{place.query}"
    parts = {each for each in re.split(r"[/?&=@:#]", rest) if each}
    return {address, *parts, *map(unquote, parts)}
