"""How an API writes its usage, as a table: which fields are spellings of which number, and what is
usual where no total tells. The arithmetic on it is in `engine`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, cast

from .picking import Fields, Names, spelt

KINDS = ("audio", "image", "video")
"""What tokens can stand for besides text, where that has prices of its own."""


class Kind(NamedTuple):
    """Where tokens of one kind are told: those of the input, of what the cache served, and of the
    output."""

    name: str
    input: Names
    cached: Names
    output: Names


class Form(NamedTuple):
    """The spellings of each number of one API. Those of one number are combined by maximum.

    `missed` is the input that no cache served, `tool` prompts that tools made, `loose` tokens of
    other kinds told at the top, `splits` objects that divide the cache writes by lifetime,
    `explicit` marks of an explicitly created cache, and `units` what is billed beside tokens.
    `doubtful` forms have writers of both conventions: where no total decides, the guess is named.
    """

    input: Names
    output: Names
    total: Names = ()
    read: Names = ()
    missed: Names = ()
    written: Names = ()
    thought: Names = ()
    tool: Names = ()
    loose: tuple[tuple[str, Names], ...] = ()
    splits: Names = ()
    explicit: Names = ()
    kinds: tuple[Kind, ...] = ()
    units: tuple[tuple[str, Names], ...] = ()
    cache_inside: bool = True
    thought_inside: bool = True
    doubtful: bool = False


def kinds(inputs: Names, cached: Names, outputs: Names) -> tuple[Kind, ...]:
    """The kinds of tokens, told as `audio_tokens` and so on in objects of these names."""
    return tuple(
        Kind(
            kind,
            spelt(*(f"{holder}.{kind}_tokens" for holder in inputs)),
            spelt(*(f"{holder}.{kind}_tokens" for holder in cached)),
            spelt(*(f"{holder}.{kind}_tokens" for holder in outputs)),
        )
        for kind in KINDS
    )


def fitted(form: Form, fields: Fields) -> Form:
    """The form with only those spellings that an object with these fields can have: few of many."""
    outer = _places(form)
    found: list[str] = []
    for name in outer.intersection(fields):
        value = fields[name]
        found.append(name)
        if isinstance(value, dict):
            found += [f"{name}.{inner}" for inner in cast("Fields", value)]
        elif value is not None:
            found.append(f"{name}.")  # no object, which is to be complained of
    return _kept(form, outer.intersection(found) | {each for each in found if each[-1] == "."})


@lru_cache(maxsize=32)
def _places(form: Form) -> frozenset[str]:
    """The beginnings of all spellings of a form: their first name, and their first two."""
    ways = [_start(name) for name in texts(form)]
    return frozenset([*ways, *(way.partition(".")[0] for way in ways)])


def texts(value: object) -> list[str]:
    """Every spelling in a form, or in a part of one."""
    if isinstance(value, tuple):
        return [text for inner in cast("tuple[object, ...]", value) for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def _start(spelling: str) -> str:
    return ".".join(spelling.split(".")[:2])


@lru_cache(maxsize=512)
def _kept(form: Form, names: frozenset[str]) -> Form:
    def here(spellings: Names) -> Names:
        return tuple(
            each
            for each in spellings
            if _start(each) in names or ("." in each and f"{each.partition('.')[0]}." in names)
        )

    kinds = (Kind(one.name, *map(here, one[1:])) for one in form.kinds)
    return form._replace(
        input=here(form.input),
        output=here(form.output),
        total=here(form.total),
        read=here(form.read),
        missed=here(form.missed),
        written=here(form.written),
        thought=here(form.thought),
        tool=here(form.tool),
        loose=tuple((unit, found) for unit, each in form.loose if (found := here(each))),
        splits=here(form.splits),
        explicit=here(form.explicit),
        kinds=tuple(one for one in kinds if any(one[1:])),
        units=tuple((unit, found) for unit, each in form.units if (found := here(each))),
    )
