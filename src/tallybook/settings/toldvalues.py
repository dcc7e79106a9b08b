"""How the values of the tables `[quota.NAME] [alert.NAME] [view.NAME] [probe.NAME]` are read.

Which keys those tables have is `tallybook.settings.tables`; what a limit and a window are, and how
a person writes them, is `tallybook.quota`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import date
from typing import cast

from ..errors import UsageMistake, nearest
from ..model import CLASSES
from ..periods import WEEK_DAYS, Frame
from ..query import DIMENSIONS, OTHER_NAMES, Filter
from ..questions import parse_query
from ..quota import Basis, Limit
from .values import Ground, read_text

BASES: tuple[Basis, ...] = ("list", "billed")
"""The amounts of money that a quota can be held against."""

EACH = tuple(name for name in (*DIMENSIONS, *OTHER_NAMES) if name not in ("date", "title"))
"""What a quota can be kept for each value of."""

MOST_PERCENT = 1_000
TIMES = r"((mon|tues|wednes|thurs|fri|satur|sun)day |([1-9]|[12]\d|3[01]) )?([01]\d|2[0-3]):[0-5]\d"
"""When a digest is sent: at a time of every day, of one day of the week, or of the month."""

RULES = ("quota:*", "limit:*", "pace", "unpriced", "silent", "cache", "*")
"""The rules that an alert table can listen to, `*` standing for any name."""

_RULE = re.compile(r"(quota|limit):(\*|[\w.-]+\*?)|pace|unpriced|silent|cache|\*", re.ASCII)
_ADDRESS = re.compile(r"env:[A-Za-z_]\w*|command:.*\S.*|[A-Za-z][\w+.-]*://\S.*", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_HOST = re.compile(r"//(?:[^/?#]*@)?((?:[\w.-]+|\[[\w:.]+\])(?::\d*)?)(?=[/?#]|$)", re.ASCII)
"""Of a web address the host with its port, whoever is named before them."""
_FACTOR = re.compile(r"\d{1,6}(\.\d{1,3})?", re.ASCII)
_PLAIN = Frame(0)
"""Conditions on calls know no time."""


def read_limit(value: object, ground: Ground) -> Limit:
    """How far a quota may go."""
    from ..quota import limit_of

    try:
        return limit_of(read_text(value, ground))
    except UsageMistake as problem:
        raise ValueError(_said(problem)) from problem


def read_per(value: object, ground: Ground) -> str:
    """The words for a window. Whether they are understood shows together with where it begins:
    see `tallybook.settings.tables`."""
    return read_text(value, ground).strip()


def read_since(value: object, ground: Ground) -> str:
    """A day, or an instant, as a text; TOML's own dates are as good. A word such as `today` would
    mean another day tomorrow. Whether it is one shows together with its window."""
    text = read_text(str(value) if isinstance(value, date) else value, ground).strip()
    if not text[:4].isdecimal():
        raise ValueError('it must be a day such as "2026-11-01"')
    return text


def read_where(value: object, ground: Ground) -> tuple[Filter, ...]:
    """Conditions on calls, as `--where` takes them."""
    conditions = _texts(value, ground, '["project=shop", "model~opus"]')
    try:
        return parse_query((("where", each) for each in conditions), _PLAIN).where
    except UsageMistake as problem:
        raise ValueError(_said(problem)) from problem


def read_basis(value: object, ground: Ground) -> str:
    """Which amount of money is meant: one of `BASES`."""
    return _one_of(value, BASES, ground)


def read_classes(value: object, ground: Ground) -> tuple[str, ...]:
    """Token classes, in the order of the contract."""
    told = {_one_of(each, CLASSES, ground) for each in _texts(value, ground, '["input", "output"]')}
    return tuple(name for name in CLASSES if name in told)


def read_each(value: object, ground: Ground) -> str:
    """A dimension of which every value has a standing of its own."""
    name = _one_of(value, EACH, ground)
    return OTHER_NAMES.get(name, name)


def read_levels(value: object, _ground: Ground) -> tuple[int, ...]:
    """Per cent of a limit at which somebody is told, the lowest first."""
    levels = cast("list[object]", value) if isinstance(value, list) else []
    if not levels or not all(_is_percent(each) and each for each in levels):
        raise ValueError(f"it must be a list of per cent from 1 to {MOST_PERCENT}: [80, 90, 100]")
    return tuple(sorted(set(cast("list[int]", levels))))


def read_percent(value: object, _ground: Ground) -> int:
    """Per cent."""
    if not _is_percent(value):
        raise ValueError(f"it must be a whole number of per cent, from 0 to {MOST_PERCENT}")
    return cast("int", value)


def read_multipliers(value: object, ground: Ground) -> tuple[tuple[str, int], ...]:
    """Beginnings of models' names with how often their calls count, in thousandths; the longest
    beginning first, as it speaks of fewer models."""
    if not isinstance(value, dict):
        raise ValueError('it must be a table such as { "gpt-5-mini" = "0.33" }')
    table = cast("dict[str, object]", value)
    found = {read_text(name, ground).lower(): _thousandths(raw) for name, raw in table.items()}
    return tuple(sorted(found.items(), key=lambda each: (-len(each[0]), each[0])))


def read_rules(value: object, ground: Ground) -> tuple[str, ...]:
    """Which rules an alert table listens to."""
    rules = _texts(value, ground, '["quota:*", "pace"]')
    for rule in rules:
        if not _RULE.fullmatch(rule):
            close = nearest(rule, RULES)
            near = f"did you mean {close}?" if close else f"rules are {', '.join(RULES)}"
            raise ValueError(f"there is no rule {rule!r}; {near}")
    return rules


def read_addresses(value: object, ground: Ground) -> tuple[str, ...]:
    """Where alerts are sent. What is wrong is told by its place in the list: an address is as good
    as a password."""
    told = _texts(value, ground, '["env:MY_DISCORD", "ntfy://ntfy.sh/my-topic"]')
    for at, address in enumerate(told, 1):
        if not _ADDRESS.fullmatch(address):
            ways = "env:VARIABLE, https://…, command:…, or a URL of Apprise such as ntfy://…"
            raise ValueError(f"address {at} is none; there are {ways}")
    return told


def read_time(value: object, ground: Ground) -> str:
    """When a digest is sent."""
    text = " ".join(read_text(value, ground).lower().split())
    if not re.fullmatch(TIMES, text, re.ASCII):
        day = f"{WEEK_DAYS[0]} 09:00"
        raise ValueError(f'it must be a time such as "09:00", "{day}" or "1 09:00"')
    return text


def read_variable(value: object, ground: Ground) -> str:
    """The name of a variable; never what it holds."""
    text = read_text(value, ground)
    if not _VARIABLE.fullmatch(text):
        raise ValueError("it must be the name of a variable, such as OPENROUTER_API_KEY")
    return text


def read_words(value: object, ground: Ground) -> tuple[str, ...]:
    """What stands behind `tally usage`, divided into words as a shell does."""
    try:
        words = shlex.split(read_text(value, ground))
    except ValueError as problem:
        raise ValueError(f"it can't be divided into words: {problem}") from problem
    if words[:2] == ["tally", "usage"]:
        words = words[2:]
    if any(word.startswith("@") for word in words):
        raise ValueError("a view can't stand on another one")
    return tuple(words)


def masked(text: str) -> str:
    """An address or secret as it may be shown: which kind it is, of a web address also the host and
    port, and no more. The name of a variable is no secret; the first word of a command is not,
    unless it sets one."""
    kind, colon, rest = text.partition(":")
    if kind == "env" and colon:
        return text
    if kind == "command" and colon:
        word = next(iter(rest.split()), "")
        return f"command:{'' if '=' in word else f'{word} '}…"
    host = _HOST.match(rest) if kind in ("http", "https") else None
    if host:
        return f"{kind}://{host[1]}/…"
    return f"{kind}://…" if rest.startswith("//") else "…"


def _texts(value: object, ground: Ground, example: str) -> tuple[str, ...]:
    """A list of texts without repetition."""
    several = cast("list[object]", value) if isinstance(value, list) else []
    if not several or not all(isinstance(each, str) and each.strip() for each in several):
        raise ValueError(f"it must be a list such as {example}")
    return tuple(dict.fromkeys(read_text(each, ground).strip() for each in several))


def _one_of(value: object, known: Iterable[str], ground: Ground) -> str:
    text = read_text(value, ground).strip().lower()
    if text not in known:
        close = nearest(text, known)
        raise ValueError(f"did you mean {close}?" if close else f"use one of {', '.join(known)}")
    return text


def _is_percent(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_PERCENT


def _thousandths(raw: object) -> int:
    """`0.33` is 330. What is no text would have been through a binary fraction."""
    text = str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if not _FACTOR.fullmatch(text.strip()):
        raise ValueError('it must be a number in quotes with up to three places, such as "0.33"')
    whole, _, part = text.strip().partition(".")
    return int(whole) * 1000 + int(f"{part:0<3}")


def _said(problem: UsageMistake) -> str:
    """A mistake as the reason why a value is none."""
    return "; ".join(filter(None, (str(problem), problem.because, problem.hint)))
