"""Questions as text: one parser and one printer for command-line flags and URL query strings.

Both are lists of (key, text) pairs. The shape of a question is `tallybook.query.Query`; words
for time are understood by `tallybook.periods`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

from .errors import UsageMistake, nearest
from .periods import WEEK_DAYS, Frame, period, since_last
from .query import (
    BUCKETS,
    DIMENSIONS,
    MEASURES,
    NO_SESSION,
    OTHER_NAMES,
    Bucket,
    Filter,
    Operator,
    Query,
    exact_time,
)

_KEYS = (
    *("by", "where", "since", "until", "last", "tz", "week-start", "bucket", "sort", "limit"),
    "currency",
)
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "calls": ("requests",),
    "msgs": ("messages",),
    "in": ("input",),
    "out": ("output",),
    "reason": ("reasoning",),
    "cache_rd": ("cache_read",),
    "cache_write": ("cache_write_5m", "cache_write_1h"),
    "cache_wr": ("cache_write_5m", "cache_write_1h"),
    "cache": ("cache_read", "cache_write_5m", "cache_write_1h"),
    "write_5m": ("cache_write_5m",),
    "write_1h": ("cache_write_1h",),
    "tokens": ("total",),
    "reported": ("reported_cost",),
    "billed": ("billed_cost",),
    "unpriced": ("unpriced_tokens",),
    "calls_reported": ("reported_requests",),
    "rep_calls": ("reported_requests",),
    "calls_billed": ("billed_requests",),
    "bill_calls": ("billed_requests",),
    "partial": ("partial_requests",),
    "failed": ("failed_requests",),
    "unmetered": ("unmetered_requests",),
    "sess": ("sessions",),
    "first": ("first_at",),
    "last": ("last_at",),
    **{word: (name,) for word, name in OTHER_NAMES.items()},
    **dict.fromkeys((*BUCKETS, "week_of"), ("date",)),
}
"""The words above the columns of a table, and the fields that they mean."""

NATIVE = "native"
"""The word for amounts in the currencies of their prices."""

_BARE = ("session", NO_SESSION)
_CURRENCY = re.compile("[A-Za-z]{3}")
_PLAINLY = "{}= {}"
"""A condition on a name that may begin with any sign: a space keeps it apart from ours."""

_CONDITION = re.compile(r"([a-z_]+)\s*(!=|==|=|~)(.*)", re.DOTALL)


def query_pairs(query: Query) -> list[tuple[str, str]]:
    """The question as (key, text) pairs, which are also flags of `tally usage`; `parse_query`
    gives the same question back. Times are written as exact instants."""
    names = [(query.bucket or name) if name == "date" else name for name in query.by]
    pairs = [("by", ",".join(names))] if names else []
    pairs += [("where", _printed(f, value)) for f in query.where for value in f.values]
    edges = (("since", query.since_ms), ("until", query.until_ms))
    pairs += [(key, exact_time(ms, query.tz)) for key, ms in edges if ms is not None]
    pairs += [("tz", query.tz), ("week-start", WEEK_DAYS[query.week_start])]
    rest = (
        ("sort", query.sort and _signed(query.sort)),
        ("limit", query.limit),
        ("currency", query.currency),
    )
    return pairs + [(key, str(value)) for key, value in rest if value is not None]


def parse_query(pairs: Iterable[tuple[str, str]], frame: Frame) -> Query:
    """The question that flags or a URL ask. Beside the keys of `query_pairs`, every dimension
    is a key of its own (`model=x` is `where=model=x`), a `consumer` is a user, and a session that
    is `(no session)` is none; `last` is a span such as `7d`, `since` and `until` take words (an
    `until` word is included), and `by` takes buckets. `sort` takes words above columns too; without
    a sign a measure falls and a dimension rises. Repeated conditions on one dimension are *or*,
    different ones *and*. Words count from `frame`.
    Raises `UsageMistake` for anything not understood."""
    said: dict[str, list[str]] = {}
    for word, text in pairs:
        key = OTHER_NAMES.get(word, word)
        name = "where" if key in DIMENSIONS else key
        if name not in _KEYS:
            raise _unknown("question", key, (*_KEYS, *DIMENSIONS))
        said.setdefault(name, []).append(_PLAINLY.format(key, text) if key in DIMENSIONS else text)
    last = {name: texts[-1] for name, texts in said.items()}
    frame = frame._replace(tz=last.get("tz", frame.tz), week_start=_week_start(last, frame))
    by, bucket = _grouping(",".join(said.get("by", [])), last.get("bucket"))
    if "by" in said and not by:
        raise UsageMistake("--by names nothing", hint=f"group by one of {', '.join(DIMENSIONS)}")
    since_ms, until_ms = _range(last, frame)
    return Query(
        by=by,
        where=_filters(said.get("where", [])),
        since_ms=since_ms,
        until_ms=until_ms,
        tz=frame.tz,
        bucket=bucket,
        week_start=frame.week_start,
        sort=_order(last.get("sort"), by),
        limit=_limit(last.get("limit")),
        currency=currency_of(last.get("currency", NATIVE)),
    )


def currency_of(text: str) -> str | None:
    """The currency that a text names, in capitals; None for amounts as they are. Raises
    `UsageMistake` for what can't be one."""
    if text.lower() == NATIVE:
        return None
    if not _CURRENCY.fullmatch(text):
        raise UsageMistake(
            f"{text!r} is no currency", hint=f"a code such as USD, EUR or CNY, or {NATIVE}"
        )
    return text.upper()


def period_pairs(word: str, frame: Frame) -> list[tuple[str, str]]:
    """The pairs of a word for time that stands alone: all of it, or from an instant on. Raises
    `UsageMistake` if it is not understood."""
    found = period(word, frame)
    if found.since_ms is not None and found.since_ms == found.until_ms:
        return [("since", word)]
    return [("since", word), ("until", word)]


def _grouping(text: str, bucket: str | None) -> tuple[tuple[str, ...], Bucket | None]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    names = [OTHER_NAMES.get(word, word) for word in words]
    asked = [name for name in names if name in BUCKETS] + ([bucket] if bucket else [])
    if unknown := [name for name in asked if name not in BUCKETS]:
        raise _unknown("bucket", unknown[0], BUCKETS)
    if len(set(asked)) > 1:
        raise UsageMistake(
            f"can't group by {asked[0]} and by {asked[1]} at once", hint="give one of them"
        )
    dims = ["date" if name in BUCKETS else name for name in names]
    if asked and "date" not in dims:
        dims.insert(0, "date")
    for name in dims:
        if name not in DIMENSIONS:
            raise _unknown("grouping", name, (*DIMENSIONS, *BUCKETS))
    chosen = asked[0] if asked else "day" if "date" in dims else None
    return tuple(dict.fromkeys(dims)), cast("Bucket | None", chosen)


def _printed(condition: Filter, value: str) -> str:
    """One value of a condition. A space keeps its own `=` apart from the sign."""
    space = " " if condition.op == "=" and value.startswith("=") else ""
    return f"{condition.dimension}{condition.op}{space}{value}"


def _filters(conditions: list[str]) -> tuple[Filter, ...]:
    merged: dict[tuple[str, str], list[str]] = {}
    for text in conditions:
        match = _CONDITION.fullmatch(text.strip())
        if match is None:
            raise UsageMistake(
                f"can't read the condition {text!r}",
                hint="write dimension=value, dimension!=value, dimension~part or dimension==value, "
                "such as model~opus",
            )
        dimension, op, value = OTHER_NAMES.get(match[1], match[1]), match[2], match[3].strip()
        if (dimension, value) == _BARE and op in ("=", "!="):
            value = ""
        if dimension == "date":
            raise UsageMistake("date is no condition", hint="use --since and --until")
        if dimension not in DIMENSIONS:
            raise _unknown("dimension", dimension, DIMENSIONS)
        merged.setdefault((dimension, op), []).append(value)
    return tuple(
        Filter(dimension=dimension, op=cast(Operator, op), values=tuple(values))
        for (dimension, op), values in merged.items()
    )


def _range(last: Mapping[str, str], frame: Frame) -> tuple[int | None, int | None]:
    if "last" in last and "since" in last:
        raise UsageMistake("--last and --since exclude each other", hint="give one of them")
    since_ms = period(last["since"], frame).since_ms if "since" in last else None
    if "last" in last:
        since_ms = since_last(last["last"], frame)
    until_ms = period(last["until"], frame).until_ms if "until" in last else None
    if since_ms is not None and until_ms is not None and until_ms <= since_ms:
        raise UsageMistake(
            "the time range is empty",
            because=f"it would end at {exact_time(until_ms, frame.tz)} "
            f"and begin at {exact_time(since_ms, frame.tz)}",
            hint="give an earlier --since or a later --until",
        )
    return since_ms, until_ms


def named_fields(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The fields that a word means: itself if it is one of `known`, else what it stands for
    above a column (`Cache write` is two fields), else nothing."""
    name = word.strip().lower().replace(" ", "_").replace("-", "_")
    fields = set(known)
    if name in fields:
        return (name,)
    meant = SYNONYMS.get(name, ())
    return meant if fields.issuperset(meant) else ()


def _order(sort: str | None, by: tuple[str, ...]) -> str | None:
    """`Query.sort` from what was written: without a sign the largest or latest comes first
    where a measure is meant, the first of the alphabet where a name is."""
    if sort is None:
        return None
    word = sort.strip()
    sign, word = (word[0], word[1:]) if word[:1] in ("+", "-") else ("", word)
    known = (*MEASURES, *by, *(("provider",) if "model" in by else ()))
    meant = named_fields(word, known)
    if len(meant) == 1:
        falls = sign == "-" or (not sign and meant[0] in MEASURES)
        return f"-{meant[0]}" if falls else meant[0]
    if meant:
        raise UsageMistake(f"can't sort by {word}, which is a sum", hint=f"--sort {meant[0]}")
    name = word.strip()
    if name in DIMENSIONS:
        raise UsageMistake(f"can't sort by {name}", hint=f"group by it too: --by {name}")
    raise _unknown("sort order", name, known)


def _signed(sort: str) -> str:
    """The order as `_order` reads it back: what rises is said with a plus."""
    return sort if sort.startswith("-") else f"+{sort}"


def _limit(text: str | None) -> int | None:
    if text is not None and not re.fullmatch(r" *[0-9]{1,9} *", text):
        raise UsageMistake(
            f"the limit must be a whole number, not {text!r}", hint="--limit 10; 0 is no limit"
        )
    return None if text is None else int(text)


def _week_start(last: Mapping[str, str], frame: Frame) -> int:
    day = last.get("week-start", WEEK_DAYS[frame.week_start]).lower()
    if day not in WEEK_DAYS:
        raise _unknown("first day of the week", day, WEEK_DAYS)
    return WEEK_DAYS.index(day)


def _unknown(what: str, word: str, known: tuple[str, ...]) -> UsageMistake:
    close = nearest(word, known)
    return UsageMistake(
        f"unknown {what} {word!r}",
        hint=f"did you mean {close}?" if close else f"use one of {', '.join(known)}",
    )
