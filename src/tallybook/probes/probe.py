"""The shape of a probe, and what one is given to ask with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..reading import LimitSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where and when credentials are looked for: the environment, the user's home, the system as
    `sys.platform` spells it, and the variable that the settings name for the key, if they do."""

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    platform: str
    now_ms: int
    key: str = ""

    def variable(self, *names: str) -> str:
        """The value of the variable that the settings name, else of the first of these that is
        set; empty without one."""
        wanted = (self.key,) if self.key else names
        return next((value for each in wanted if (value := self.environ.get(each, "").strip())), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request is allowed by. It lives as long as the request, and is neither shown nor
    written anywhere. `account` is whose it is, where the request has to say so."""

    token: str = field(repr=False)
    account: str = field(default="", repr=False)


class Web(Protocol):
    """How a probe asks one address of its provider (`probes.web`)."""

    @property
    def now_ms(self) -> int:
        """The moment of the question."""
        ...

    def get(self, path: str, headers: Mapping[str, str]) -> object:
        """The JSON behind a path. Raises `ProbeError` for everything else."""
        ...

    def post(self, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> object:
        """The JSON that answers a body of JSON. Raises `ProbeError` for everything else."""
        ...


class Probe(Protocol):
    """One provider."""

    @property
    def name(self) -> str:
        """As in `[probe.NAME]`."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    @property
    def source(self) -> str:
        """Whose limits it tells: a source where we have one."""
        ...

    @property
    def base(self) -> str:
        """The address that is asked, without a path."""
        ...

    @property
    def keeps(self) -> str:
        """Where its credentials are looked for, in words."""
        ...

    @property
    def renew(self) -> str:
        """What the user does when they are worth nothing any more."""
        ...

    def credentials(self, around: Surroundings) -> Credentials:
        """What to ask with. Raises `ProbeError` where there is none, or it has expired."""
        ...

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """The official windows at this moment. Raises `ProbeError` for an answer that is not
        understood."""
        ...
