"""What `tally init` can put into the settings: plans, balances, budgets, and who may be asked.

Which calls a name stands for is `initnames`. Amounts are the user's, or left out: no plan says how
much it holds, and a number of ours would be taken for one of theirs. Which of these fit the machine
is found in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageMistake
from ..model import NANOS
from ..query import Query, is_partly_known
from ..quota import is_bare
from .initnames import BALANCES, Used, marks_of

if TYPE_CHECKING:
    from ..book import Book

QUOTA, PROBE = "quota", "probe"


class Proposal(NamedTuple):
    """A table that may be added: its kind and name, its values, and in words what it is for."""

    kind: str
    name: str
    values: Mapping[str, object]
    about: str

    @property
    def path(self) -> tuple[str, str]:
        """Where it stands in a settings file."""
        return self.kind, self.name


class Plan(NamedTuple):
    """A plan that people have: its short name, its title, what its calls are known by, its window,
    and whether it is one of counted requests."""

    name: str
    title: str
    where: tuple[str, ...]
    per: str
    counted: bool = False


PLANS = (
    Plan("claude", "Claude plan", ("source=claude-code",), "5h"),
    Plan("codex", "ChatGPT plan (Codex)", ("source=codex",), "5h"),
    Plan("zai", "z.ai coding plan", ("provider=zai-coding-plan",), "5h"),
    Plan("zhipu", "Zhipu coding plan", ("provider=zhipuai-coding-plan",), "5h"),
    Plan("kimi", "Kimi coding plan", ("provider=kimi-for-coding",), "5h"),
    Plan("minimax", "MiniMax coding plan", ("provider=minimax-coding-plan",), "5h"),
    Plan("opencode-go", "OpenCode Go", ("provider=opencode-go",), "5h"),
    Plan("copilot", "GitHub Copilot", ("provider=github-copilot",), "month", counted=True),
)
"""Plans with windows that their providers make known."""

PROBED: Mapping[str, tuple[str, ...]] = {
    "claude": ("source=claude-code",),
    "codex": ("source=codex",),
    "copilot": ("provider=github-copilot",),
    "antigravity": ("provider=antigravity", "source=antigravity"),
    "openrouter": ("provider=openrouter",),
    "zai": ("provider=zai-coding-plan", "provider=zai"),
    "bigmodel": ("provider=zhipuai-coding-plan", "provider=zhipuai"),
    "opencode-go": ("provider=opencode-go",),
}
"""The probes, and by what it shows that their provider is used here."""

_NAMED = re.compile(r"([^\W\d_][\w-]*)=(\S.*)")
_PERIODS = {"hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly"}


def used_here(book: Book, now_ms: int) -> Used:
    """Which sources and providers have calls, what they cost of late, and what is known of prices
    and rates."""
    rows = book.ask(Query(by=("source", "provider")), estimate=False).rows
    units: dict[str, frozenset[str]] = {}
    for row in rows:
        told = frozenset(unit for unit, nanos in row.figures.cost.items() if nanos)
        for mark in (f"{name}={value}" for name, value in row.dims.items() if value):
            units[mark] = units.get(mark, frozenset()) | told
    since = now_ms - 30 * 86_400_000
    recent = book.ask(Query(since_ms=since), estimate=False).totals
    least = is_partly_known(recent, "cost")
    return Used(frozenset(units), recent.cost, least, units, book.fx, book.prices)


def plan_of(plan: Plan, limit: str = "") -> Proposal:
    """The quota of a plan; without a limit only its window is watched."""
    about = f"{plan.title}: {limit or 'its window'}, {plan.per}"
    values = {"limit": limit, "per": plan.per, "where": list(plan.where), "title": plan.title}
    return _quota(plan.name, about, values)


def named_plan(text: str, used: Used) -> Proposal:
    """`claude=5h`, `copilot=300requests/month`: a plan with its window, and how much it holds if
    that is known. Raises `UsageMistake`."""
    name, told = _named(text, "plan", "claude=5h")
    limit, slash, per = told.rpartition("/")
    limit, per = (limit.strip(), per.strip()) if slash else ("", told)
    _demand_unit(f"the plan {text!r}", limit, f"--plan {name}={limit}requests/{per}")
    known = next((each for each in PLANS if each.name == name), None)
    if known is None:
        table, where = marks_of(name, used)
        known = Plan(table, name, where, per)
    return plan_of(known._replace(per=per), limit)


def named_balance(text: str, used: Used, now: str) -> Proposal:
    """`deepseek=100cny`, `deepseek=100cny@2026-11-01`: what is there `now`, so that no earlier call
    is taken off it, or what was paid on a day. Raises `UsageMistake`."""
    name, told = _named(text, "balance", "deepseek=100cny")
    limit, _, since = (part.strip() for part in told.partition("@"))
    _demand_unit(f"the balance {text!r}", limit, f"--balance {name}={limit}cny")
    table, where = marks_of(name, used)
    title = f"{BALANCES.get(where[0].removeprefix('provider='), name)} balance"
    values = {
        "limit": limit,
        "per": "prepaid",
        "since": since or now,
        "where": list(where),
        "title": title,
    }
    begun = f"since {since}" if since else "from now on"
    return _quota(table, f"{title}: {limit} {begun}", values)


def budget(text: str) -> Proposal:
    """`20usd/day`. Raises `UsageMistake`."""
    limit, slash, per = (part.strip() for part in text.partition("/"))
    if not slash or per not in _PERIODS:
        raise UsageMistake(f"can't read the budget {text!r}", hint="--budget 20usd/day")
    _demand_unit(f"the budget {text!r}", limit, f"--budget {limit}usd/{per}")
    return _quota(_PERIODS[per], f"budget: {limit} a {per}", {"limit": limit, "per": per})


def probe(name: str) -> Proposal:
    """The word that a provider may be asked. Raises `UsageMistake` for one that can't be."""
    from ..probes import open_probe

    title = open_probe(name).title
    return Proposal(PROBE, name, {"consent": True}, f"may be asked for your limits: {title}")


def generous(nanos: int) -> int:
    """The next round number of units above an amount: 1, 2 or 5 times a power of ten."""
    units, power = -(-nanos // NANOS), 1
    while True:
        for step in (1, 2, 5):
            if step * power >= units:
                return step * power
        power *= 10


def marked(marks: Iterable[str], used: Used) -> bool:
    """Whether any of these is used here."""
    return any(mark in used.marks for mark in marks)


def _quota(name: str, about: str, values: Mapping[str, object]) -> Proposal:
    """A quota of those values that say something. Raises `SettingsError` for what is none."""
    from ..settings.writing import demand_table

    told = {key: value for key, value in values.items() if value}
    demand_table((QUOTA, name), told, Path())
    return Proposal(QUOTA, name, told, about)


def _named(text: str, what: str, example: str) -> tuple[str, str]:
    found = _NAMED.fullmatch(text.strip())
    if found is None:
        raise UsageMistake(f"can't read the {what} {text!r}", hint=f"--{what} {example}")
    return found[1], found[2].strip()


def _demand_unit(what: str, limit: str, example: str) -> None:
    """Refuse a number alone, which elsewhere is one of tokens: here hardly anybody means them."""
    if is_bare(limit):
        why = "a number alone does not say of what"
        raise UsageMistake(f"can't read {what}", because=why, hint=example)
