"""Advice as JSON (`tallybook.advice/1`) and as plain lines. Colour and width are the business of
whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..clock import iso, local
from ..format import compact, count, money, plain, shorten
from ..model import Money, decimal_text
from ..query import Query, query_json
from .finding import Advice, Part

SCHEMA = "tallybook.advice/1"

_LONGEST = 40
_SHOWN = 3
"""Sessions that a text names at most."""

_ID = 8
"""Characters of a session's title and of its id, by the beginning of which it is found."""

_SENSES: Mapping[str, str] = {
    "saving": "could be saved",
    "finding": "worth knowing",
    "unseen": "not seen by advice",
}


def advised_json(found: Sequence[Advice], query: Query) -> dict[str, Any]:
    """The whole answer to a question."""
    return {
        "schema": SCHEMA,
        "query": query_json(query),
        "advice": [advice_json(each, query.tz) for each in found],
    }


def advice_json(advice: Advice, tz: str = "UTC") -> dict[str, Any]:
    """One advice. Amounts are exact decimal texts; `amount` is null where there is none."""
    return {
        "name": advice.name,
        "kind": advice.name.partition(":")[0],
        "sense": advice.sense,
        "title": advice.title,
        "amount": _money_json(advice.amount),
        "basis": advice.basis,
        "assumption": advice.assumption or None,
        "sure": advice.sure,
        "because": advice.because,
        "calls": advice.calls,
        "tokens": advice.tokens,
        "calls_in_plan": advice.in_plan,
        "amount_in_plan": None if advice.plan_nanos is None else decimal_text(advice.plan_nanos),
        "sessions": advice.sessions,
        "named": [_part_json(each) for each in advice.parts],
        "named_by": "amount" if advice.is_sum else "cost",
        "first_at": None if advice.first_ms is None else iso(advice.first_ms, tz),
        "last_at": None if advice.last_ms is None else iso(advice.last_ms, tz),
        "facts": dict(advice.facts),
        "overlaps": list(advice.overlaps),
        "command": advice.command,
        "command_calls": advice.shown and advice.shown.calls,
        "command_tokens": advice.shown and advice.shown.tokens,
    }


def advice_text(advice: Advice, tz: str = "UTC", numbers: Mapping[str, int] | None = None) -> str:
    """One advice in plain lines: what it is, then indented what it stands on. With `numbers`, those
    of all advice by name, it begins with its own, and overlaps are told by them."""
    numbers = numbers or {}
    mark = f"{numbers[advice.name]}. " if advice.name in numbers else ""
    amount = money(advice.amount.nanos, advice.amount.currency) if advice.amount else ""
    is_value = advice.sense == "saving" and advice.falls_on_no_bill
    value = " at list, inside a plan," if is_value else ""
    head = f"{amount}{value} {_SENSES[advice.sense]}: ".lstrip()
    return "\n".join([plain(f"{mark}{head}{advice.title}"), *_lines(advice, tz, numbers)])


def _lines(advice: Advice, tz: str, numbers: Mapping[str, int]) -> list[str]:
    named = [str(numbers.get(name, name)) for name in advice.overlaps]
    sessions = [_part(each, advice.amount) for each in advice.parts[:_SHOWN]]
    told = {
        "stands on": _standing(advice, tz),
        "worked out": advice.basis,
        "in plans": _in_plans(advice),
        "assumed": advice.assumption,
        "sure": f"{advice.sure}: {advice.because}",
        "most in" if advice.is_sum else "costliest": ", ".join(sessions),
        "overlaps": f"may count the same calls as {', '.join(named)}" if named else "",
        "see": advice.command,
        "it shows": _besides(advice),
    }
    return [f"   {name + ':':<12}{plain(text)}" for name, text in told.items() if text]


def _standing(advice: Advice, tz: str) -> str:
    tokens = f"{compact(advice.tokens)} tokens" if advice.tokens else ""
    sessions = f"{count(advice.sessions, 'session')}" if advice.sessions else ""
    span = ""
    if advice.first_ms is not None and advice.last_ms is not None:
        first, last = (f"{local(ms, tz):%Y-%m-%d}" for ms in (advice.first_ms, advice.last_ms))
        span = first if first == last else f"{first} to {last}"
    calls = count(advice.calls, "call") if advice.calls else ""
    return ", ".join(filter(None, (calls, tokens, sessions, span)))


def _in_plans(advice: Advice) -> str:
    if not advice.in_plan or advice.amount is None or advice.name.startswith("plan:"):
        return ""
    if advice.falls_on_no_bill:
        return "a subscription paid for all of them: the amount is a value, and no bill falls by it"
    part = ""
    if advice.plan_nanos is not None:
        part = f" with {money(advice.plan_nanos, advice.amount.currency)} of the amount"
    return f"a subscription paid for {count(advice.in_plan, 'call')}{part}: no bill falls by these"


def _besides(advice: Advice) -> str:
    """What its command shows, where that is not just the calls of the advice."""
    if advice.shown is None or advice.shown == (advice.calls, advice.tokens):
        return ""
    calls, tokens = advice.shown
    whole = f"{count(calls, 'call')} with {compact(tokens)} tokens"
    which = f"{'this is one' if advice.calls == 1 else 'these are some'} of them"
    return f"{whole}: {which}, and no condition tells the others apart"


def _part(part: Part, amount: Money | None) -> str:
    name = f"{shorten(part.title, _LONGEST)} {part.session[:_ID]}".strip()
    return f"{name} ({money(part.nanos, amount.currency)})" if amount else name


def _part_json(part: Part) -> dict[str, str]:
    return {
        "source": part.source,
        "session": part.session,
        "title": part.title,
        "amount": decimal_text(part.nanos),
    }


def _money_json(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"amount": money.text, "currency": money.currency}
