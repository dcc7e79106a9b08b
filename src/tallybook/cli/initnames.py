"""Which calls `tally init` means by a name, and what is to be said of those: that there are none,
or that they are priced in another currency than the limit.

A name that nobody here knows is refused: a quota of it would never move.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from ..errors import UsageMistake, nearest
from ..quota import REQUESTS, TOKENS, limit_of
from .quotalacks import rate_cure

if TYPE_CHECKING:
    from ..prices.book import PriceBook
    from ..prices.fx import FxRate

BALANCES: Mapping[str, str] = {
    "deepseek": "DeepSeek",
    "moonshotai": "Moonshot",
    "moonshotai-cn": "Moonshot",
    "zhipuai": "Zhipu",
    "alibaba-cn": "Alibaba",
    "siliconflow": "SiliconFlow",
    "siliconflow-cn": "SiliconFlow",
    "openrouter": "OpenRouter",
}
"""Providers that are paid in advance."""

_ZHIPU = ("zhipuai", "zai")
_MOONSHOT = ("moonshotai", "moonshotai-cn")
_ALIBABA = ("alibaba-cn", "alibaba")
_SILICONFLOW = ("siliconflow-cn", "siliconflow")
_VOLCENGINE = ("volcengine",)

CALLED: Mapping[str, tuple[str, ...]] = {
    "glm": _ZHIPU,
    "zhipu": _ZHIPU,
    "bigmodel": _ZHIPU,
    "智谱": _ZHIPU,
    "kimi": _MOONSHOT,
    "moonshot": _MOONSHOT,
    "月之暗面": _MOONSHOT,
    "qwen": _ALIBABA,
    "dashscope": _ALIBABA,
    "bailian": _ALIBABA,
    "aliyun": _ALIBABA,
    "百炼": _ALIBABA,
    "通义": _ALIBABA,
    "硅基流动": _SILICONFLOW,
    "doubao": _VOLCENGINE,
    "豆包": _VOLCENGINE,
    "深度求索": ("deepseek",),
    "claude": ("anthropic",),
    "gpt": ("openai",),
    "chatgpt": ("openai",),
    "gemini": ("google",),
    "grok": ("xai", "x-ai"),
}
"""What people call a provider, by its models or its site, and the names that agents and gateways
write down for it. Who has an account with each of these names it by its own name."""

_TABLE = re.compile(r"[a-z][a-z0-9-]*")


class Used(NamedTuple):
    """What the ledger shows: `marks` such as `source=codex` and `provider=openai`; by currency what
    the last 30 days cost at list price, in nano-units, `least` where it is at least so much; by
    mark the currencies of its calls (`units`). What is declared of exchange `rates`, and `prices`,
    which know the names of providers."""

    marks: frozenset[str]
    cost: Mapping[str, int]
    least: bool = False
    units: Mapping[str, frozenset[str]] = MappingProxyType({})
    rates: Sequence[FxRate] = ()
    prices: PriceBook | None = None


def marks_of(name: str, used: Used) -> tuple[str, tuple[str, ...]]:
    """The name of the table, and the conditions for the calls, that a name means: a source that
    can be read or has calls, else a provider, under all names that are written down for it. Raises
    `UsageMistake` for what is neither."""
    from ..sources import source_names

    name = name.lower()
    source, provider = f"source={name}", f"provider={name}"
    if name in source_names() or (source in used.marks and provider not in used.marks):
        return name, (source,)
    several = (name,) if provider in used.marks else CALLED.get(name, ())
    if not several and (name in BALANCES or (used.prices and used.prices.provider_named(name))):
        several = (name,)
    if not several:
        raise _nobody(name, used)
    table = name if _TABLE.fullmatch(name) else several[0]
    return table, tuple(f"provider={each}" for each in several)


def _nobody(name: str, used: Used) -> UsageMistake:
    priced = used.prices.providers if used.prices else ()
    known = {*(mark.partition("=")[2] for mark in used.marks), *BALANCES, *CALLED, *priced}
    close = nearest(name, sorted(known))
    return UsageMistake(
        f"no provider or agent is called {name!r}",
        because="no call of one is recorded, and the price book has none",
        hint=f"did you mean {close}?" if close else "tally usage provider has the names",
    )


def remarks(name: str, values: Mapping[str, object], used: Used, now_ms: int) -> Iterator[str]:
    """What is to be said of a quota at once: that it counts no call that is recorded, or amounts in
    another currency, from which no rate leads to that of its limit."""
    from ..prices.fx import quote_at

    marks = cast("Sequence[str]", values.get("where", ()))
    if marks and used.marks.isdisjoint(marks):
        yield f"{name}: no call of {' or '.join(marks)} is recorded yet"
    limit = limit_of(str(values["limit"])) if "limit" in values else None
    if limit is None or limit.unit in (TOKENS, REQUESTS):
        return
    found = (used.units.get(each, frozenset[str]()) for each in marks or used.marks)
    for unit in sorted(frozenset[str]().union(*found) - {limit.unit}):
        if quote_at(used.rates, unit, limit.unit, now_ms) is None:
            told = f"{name}: calls of it are priced in {unit}, and no rate leads to {limit.unit}"
            yield f"{told}. {rate_cure(unit, limit.unit)}"
