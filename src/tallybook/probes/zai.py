"""GLM Coding Plans of z.ai, and of its mother in China: tokens of some hours and weeks, tools of a
month.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ProbeError
from ..reading import LimitSnapshot
from .answers import (
    DAY,
    WEEK,
    Record,
    exact,
    hundredths,
    instant,
    nanos,
    quantity,
    record,
    records,
    text,
    unknown,
)
from .keyrings import api_key, none_found
from .probe import Credentials, Surroundings, Web

_NAMES = {"TOKENS_LIMIT": ("tokens", "tokens"), "TIME_LIMIT": ("tools", "requests")}
_UNITS = {1: DAY, 3: 60, 6: WEEK}


@dataclass(frozen=True, slots=True, kw_only=True)
class GlmProbe:
    """Asks `GET /api/monitor/usage/quota/limit`, which the plan's page shows.

    From z.ai's public plug-in for its plans and notes on the answer, seen 2026-11: `data.limits`
    lists limits by `type` (`TOKENS_LIMIT`; `TIME_LIMIT` is the calls of tools) with `percentage`,
    `nextResetTime` (milliseconds; not told while unused) and a length of `number` times `unit` (1
    day, 3 hour, 5 month, 6 week); some have `usage`, which is how much there is, and `remaining`.
    `data.level` is the plan. A wrong key is answered with 200, `success: false` and a `code`.
    """

    name: str
    title: str
    base: str
    variables: tuple[str, ...]
    opencode: tuple[str, ...]
    page: str

    @property
    def source(self) -> str:
        """Its own name: no agent of ours is it alone."""
        return self.name

    @property
    def keeps(self) -> str:
        """Where the key is looked for."""
        return f"{self.variables[0]} or OpenCode's auth.json"

    @property
    def renew(self) -> str:
        """What helps where the key does not."""
        return f"check the key at {self.page}"

    def credentials(self, around: Surroundings) -> Credentials:
        """The API key."""
        key = api_key(around, self.variables, self.opencode)
        if not key:
            raise none_found(self.title, self.keeps, f"export {self.variables[0]}=…")
        return Credentials(token=key)

    def ask(self, credentials: Credentials, web: Web) -> tuple[LimitSnapshot, ...]:
        """All limits of the plan."""
        headers = {"Authorization": f"Bearer {credentials.token}"}
        answer = record(web.get("/api/monitor/usage/quota/limit", headers))
        told = record(answer.get("data"))
        if answer.get("success") is False:
            code = exact(answer.get("code"))
            raise ProbeError(
                f"{self.title} does not tell its limits",
                because=f"it answered with the code {code}" if code is not None else "it refused",
                hint=self.renew,
            )
        if "limits" not in told:
            raise unknown(self.title, told or answer, "data.limits")
        plan = text(told.get("level"))
        found = (_limit(each, self.source, web.now_ms) for each in records(told["limits"]))
        return tuple(each._replace(plan=plan) for each in found if each is not None)


def zai() -> GlmProbe:
    """At z.ai."""
    return GlmProbe(
        name="zai",
        title="z.ai",
        base="https://api.z.ai",
        variables=("ZAI_API_KEY", "Z_AI_API_KEY"),
        opencode=("zai-coding-plan", "zai"),
        page="z.ai/manage-apikey",
    )


def bigmodel() -> GlmProbe:
    """At Zhipu's own address, where its keys belong."""
    return GlmProbe(
        name="bigmodel",
        title="BigModel",
        base="https://open.bigmodel.cn",
        variables=("ZHIPU_API_KEY", "ZHIPUAI_API_KEY"),
        opencode=("zhipuai-coding-plan", "zhipuai"),
        page="open.bigmodel.cn",
    )


def _limit(told: Record, source: str, now_ms: int) -> LimitSnapshot | None:
    kind = text(told.get("type"))
    name, unit = _NAMES.get(kind, (kind.lower(), ""))
    used = hundredths(told.get("percentage"))
    if not name or used is None:
        return None
    seen = LimitSnapshot(
        source, name, used, _minutes(told), instant(told.get("nextResetTime")), now_ms
    )
    most, left = quantity(told.get("usage")), quantity(told.get("remaining"))
    if unit and most is not None and most > 0 and left is not None:
        seen = seen._replace(most=nanos(most), unit=unit, left=max(0, nanos(left)))
    return seen


def _minutes(told: Record) -> int:
    """How long a window is; 0 for a month, and for what nobody knows."""
    unit, number = exact(told.get("unit")), exact(told.get("number"))
    if unit is None or number is None or not 0 < number < DAY:
        return 0
    return _UNITS.get(int(unit), 0) * int(number)
