"""The one way to count an object whose form is a table: take the numbers, let the total decide
what stands inside what, and divide them into the six classes. What a field is called is in `forms`
and in the dialects; nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

from ..model import Counts
from . import Counted
from .arithmetic import Headlines, Inside, Share, outside, possible, settle
from .forms import Form, fitted
from .lifetimes import Writes, writes
from .picking import Fields, Findings, decoded, largest
from .selecting import context_of

Units = tuple[tuple[str, int], ...]


class Told(NamedTuple):
    """The numbers of one object as its writer counts them; None for a headline or a total that it
    does not tell."""

    input: int | None
    output: int | None
    total: int | None
    missed: int | None
    read: int
    written: Writes
    thought: int
    tool: int
    loose: Units


def count_form(
    form: Form, raw: bytes, prepare: Callable[[Fields, Findings], Fields] | None = None
) -> Counted:
    """Six disjoint counts from one raw usage object of a form, JSON text. `prepare` brings what is
    no plain field into the form. Never raises."""
    findings = Findings()
    fields = opened(raw, findings)
    return count_fields(form, prepare(fields, findings) if prepare else fields, findings)


def opened(raw: bytes, findings: Findings) -> Fields:
    """The fields of an object as JSON text; none, with a complaint, for anything else."""
    found = decoded(raw)
    if isinstance(found, dict):
        return cast("Fields", found)
    findings.complain("usage is not a JSON object")
    return {}


def count_fields(form: Form, fields: Fields, findings: Findings) -> Counted:
    """The same for an object that has been decoded."""
    form = fitted(form, fields)
    told = _told(form, fields, findings)
    beside = _beside(form, fields, findings)
    counts = _classes(form, told, _headlines(form, told, bool(beside), findings), findings)
    parts = [*told.loose, *_kinds(form, fields, findings), *told.written.units]
    units = (*_within(parts, counts, findings), *beside)
    context = context_of(fields, explicit_cache=any(_is_told(fields, n) for n in form.explicit))
    return Counted(counts, units, context, findings.assumptions, findings.complaints)


def _told(form: Form, fields: Fields, findings: Findings) -> Told:
    loose = ((name, largest(fields, names, findings) or 0) for name, names in form.loose)
    return Told(
        largest(fields, form.input, findings),
        largest(fields, form.output, findings),
        largest(fields, form.total, findings),
        largest(fields, form.missed, findings),
        largest(fields, form.read, findings) or 0,
        writes(fields, largest(fields, form.written, findings), form.splits, findings),
        largest(fields, form.thought, findings) or 0,
        largest(fields, form.tool, findings) or 0,
        tuple(pair for pair in loose if pair[1]),
    )


def _shares(form: Form, told: Told) -> list[Share]:
    """What is told beside the headlines: cache, prompts of tools, other kinds, reasoning."""
    _, _, _, _, read, (short, long, _), thought, tool, loose = told
    return [
        Share(read, of_input=True, inside=form.cache_inside),
        Share(short + long, of_input=True, inside=form.cache_inside),
        Share(tool, of_input=True, inside=False, apart=False),
        Share(sum(count for _, count in loose), of_input=True, inside=True, apart=False),
        Share(thought, of_input=False, inside=form.thought_inside),
    ]


def _headlines(form: Form, told: Told, has_units: bool, findings: Findings) -> Headlines:
    """Input and output, from the total where one of them is missing: absent is not zero."""
    prompt, answer, total = told.input, told.output, told.total
    if prompt is None and told.missed is not None:
        cached = told.read + told.written.short + told.written.long
        prompt = told.missed + (cached if form.cache_inside else 0)
    if prompt is not None and answer is not None:
        return Headlines(prompt, answer)
    if prompt is None and answer is None and total is None:
        if not (has_units or findings.complaints):
            findings.complain("usage has neither input nor output")
        return Headlines(0, 0)
    shares = _shares(form, told)
    beside = outside(shares, tuple(share.inside for share in shares))
    rest = None if total is None else total - (prompt or 0) - (answer or 0) - beside
    missing = "output" if prompt is not None else "input"
    if prompt is None and answer is None:
        findings.assume("only-total-told")
    elif rest is None or rest < 0:
        findings.assume(f"{missing}-not-told")
    elif rest > 0:
        findings.assume(f"{missing}-from-total")
    of_input = missing == "input"
    held = (share for share in shares if share.apart and share.inside)
    found = max(rest or 0, sum(share.size for share in held if share.of_input == of_input))
    return Headlines(prompt or 0, found) if missing == "output" else Headlines(found, answer or 0)


def _classes(form: Form, told: Told, heads: Headlines, findings: Findings) -> Counts:
    """The disjoint classes."""
    shares = _shares(form, told)
    way = _untold(form, told, heads, shares, findings)
    if way is None:
        way = settle(heads, shares, told.total, findings)
    held = [0, 0]
    for share, inside in zip(shares, way, strict=True):
        if share.apart == inside:
            held[not share.of_input] += share.size if inside else -share.size
    fresh = findings.less(heads.input, held[0], "more cached input than input")
    said = findings.less(heads.output, held[1], "more reasoning than output")
    if told.tool and way[2]:
        findings.assume("tool-prompt-inside-input")
    hits = (told.read + told.written.short + told.written.long) if way[0] else 0
    if told.missed is not None and told.missed + hits != heads.input:
        findings.complain("cache hits and misses are not the input")
    return fresh, said, told.thought, told.read, told.written.short, told.written.long


def _untold(
    form: Form, told: Told, heads: Headlines, shares: list[Share], findings: Findings
) -> Inside | None:
    """What stands inside what where no total tells and it is not just as usual; else None."""
    if told.total is not None:
        return None
    read, written, tool, loose, thought = (share.inside for share in shares)
    if loose and sum(count for _, count in told.loose) > heads.input:
        findings.assume("kind-outside-input")
        loose = False
    if form.doubtful and shares[0].size + shares[1].size:
        if not possible(heads, shares[:2], (read, written)):
            read = written = False
        findings.assume("cache-inside-input" if read else "cache-outside-input")
    return read, written, tool, loose, thought


def _kinds(form: Form, fields: Fields, findings: Findings) -> list[tuple[str, int]]:
    """Tokens that are no text: parts of the input, of what the cache served, of the output."""
    parts: list[tuple[str, int]] = []
    for kind in form.kinds:
        served = largest(fields, kind.cached, findings) or 0
        heard = largest(fields, kind.input, findings) or 0
        spoken = largest(fields, kind.output, findings) or 0
        parts.append((f"{kind.name}_input", max(0, heard - served)))
        parts.append((f"{kind.name}_cache_read", served))
        parts.append((f"{kind.name}_output", spoken))
    return parts


_CLASS = {"input": 0, "output": 1, "cache_read": 3, "cache_write_30m": 4, "cache_write_12h": 5}


def _within(parts: list[tuple[str, int]], counts: Counts, findings: Findings) -> Units:
    """Parts of classes, none larger than what is left of its class: an object that tells how many
    tokens were sound and how many were cached, but not how many were both, leaves that open."""
    left, told = list(counts), dict[str, int]()
    for name, count in parts:
        told[name] = max(count, told.get(name, 0))
    for name, count in told.items():
        index = _CLASS[name if name in _CLASS else name.partition("_")[2]]
        if count > left[index]:
            findings.assume("kind-share-not-told")
        told[name] = min(count, left[index])
        left[index] -= told[name]
    return tuple((name, told[name]) for name in sorted(told) if told[name])


def _beside(form: Form, fields: Fields, findings: Findings) -> Units:
    """What is billed beside tokens. An empty object says that there is none of it: Mistral writes
    one where nothing was heard."""
    told = (
        (unit, [each for each in names if fields.get(each) != {}]) for unit, names in form.units
    )
    pairs = ((unit, largest(fields, names, findings) or 0) for unit, names in told)
    return tuple(sorted(pair for pair in pairs if pair[1]))


def _is_told(fields: Fields, path: str) -> bool:
    """Whether a mark is there: a text or a number that is not empty."""
    value: object = fields
    for name in path.split("."):
        value = cast("Fields", value).get(name) if isinstance(value, dict) else None
    return isinstance(value, str | int) and bool(value)
