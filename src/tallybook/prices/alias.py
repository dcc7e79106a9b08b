"""Matching a (provider, model) as logged to a name in the price book: nine rules in a fixed
order, every step recorded. There is no prefix, substring or edit-distance matching here, and
there must never be: it is what priced models grossly wrong in every tool that had it.

The tables (which provider is another's plan, who is an aggregator, …) are data and come with
the price book or from the user's override file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .schedule import holds

Has = Callable[[str, str], str | None]
"""(provider, model as spelled) → the canonical model id in the book, or None."""

_MARKERS = re.compile(r"(\[1m\]|:thinking|@default)$")
_DATE = re.compile(r"(-20\d{6}|-20\d\d-\d\d-\d\d|@20\d{6})$")
_DASHED = re.compile(r"(?<=\d)-(?=\d{1,2}(?!\d))")
_DOTTED = re.compile(r"(?<=\d)\.(?=\d)")
_REGION = re.compile(r"^(us|eu|au|jp|in|ca|apac|us-gov|global)\.")
_REVISION = re.compile(r"-v\d+(:\d+)?$")
_EFFORT = re.compile(r"-(xhigh|high|medium|low|minimal|thinking)$")
_FREE = re.compile(r"[:-]free$")

Kind = Literal["same", "plan", "priced-as", "estimate"]

ESTIMATED = "estimated-as:"
"""How the assumption begins that a price is another model's, for want of any better."""

_WORD: Mapping[Kind, str] = {
    "same": "",
    "plan": "plan-value-at:",
    "priced-as": "priced-as:",
    "estimate": ESTIMATED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAlias:
    """Where the prices of a provider are looked up when it has none of its own. `kind` says
    what that means: `same` endpoint by another name, a `plan` whose calls are worth what the
    metered sibling asks, or a reseller that is `priced-as` the maker."""

    to: tuple[str, ...]
    kind: Kind = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAlias:
    """An alias for one `model` (every model, if empty) of `provider`: it is looked up at `to`,
    as `to_model` if given, after `strip_prefix` is taken off, for calls in the half-open
    interval. `step` is what the record of the match calls the rule."""

    provider: str
    to: str
    model: str = ""
    to_model: str = ""
    strip_prefix: str = ""
    kind: Kind = "same"
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    step: str = "own-alias"

    def concerns(self, provider: str, model: str) -> bool:
        """Whether the alias is for that name, at some time; both in lower case."""
        return self.provider == provider and self.model in ("", model)

    def wanted(self, model: str) -> str:
        """What the model is looked up as; in lower case."""
        return self.to_model or model.removeprefix(self.strip_prefix)

    def active(self, at_ms: int | None) -> bool:
        """Whether the alias holds at that instant; None is after everything known."""
        if at_ms is None:
            return self.valid_to_ms is None
        return holds(self.valid_from_ms, self.valid_to_ms, at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the rules need to know about providers. A name in `providers` that ends in `*` stands
    for a family of provider ids that begin alike; a name in full goes before it. `models` are
    names that stand for different models at different times. `effort` maps a provider to the
    prefix that its model names must carry (may be empty) for an effort suffix to be stripped.
    `own` are the user's aliases and plans, the first that leads anywhere counting."""

    providers: Mapping[str, ProviderAlias] = field(default_factory=dict[str, ProviderAlias])
    models: tuple[ModelAlias, ...] = ()
    aggregators: frozenset[str] = frozenset()
    local: frozenset[str] = frozenset()
    effort: Mapping[str, str] = field(default_factory=dict[str, str])
    own: tuple[ModelAlias, ...] = ()

    def alias_of(self, provider: str) -> ProviderAlias | None:
        """The alias of a provider by its name, else by the family that it belongs to."""
        found = self.providers.get(provider)
        if found is not None:
            return found
        families = (name for name in self.providers if name.endswith("*"))
        family = next((name for name in families if provider.startswith(name[:-1])), None)
        return self.providers[family] if family else None

    def edges(self, provider: str, model: str) -> list[int]:
        """The instants at which a name may begin to lead elsewhere, rising."""
        provider, model = provider.strip().lower(), model.strip().lower()
        mine = [alias for alias in self.own if alias.concerns(provider, model)]
        names = {(provider, model), *((alias.to, alias.wanted(model)) for alias in mine)}
        theirs = [a for a in self.models if any(a.concerns(*name) for name in names)]
        bounds = (bound for a in (*mine, *theirs) for bound in (a.valid_from_ms, a.valid_to_ms))
        return sorted({bound for bound in bounds if bound is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where the card is: canonical provider and model, the steps taken, the assumptions that
    they imply. `free` is set, without a card, for calls that cost nothing by rule."""

    provider: str
    model: str
    steps: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    free: str = ""


def match(
    provider: str, model: str, tables: Tables, has: Has, at_ms: int | None = None
) -> Match | None:
    """The first rule that leads to a card, or None. Names are compared regardless of case.
    `at_ms` is the instant of the call, for aliases that hold between dates; None is now."""
    provider, model = provider.strip().lower(), model.strip().lower()
    if model == "<synthetic>":
        return Match(provider=provider, model=model, free="synthetic")
    for alias in tables.own:
        if alias.concerns(provider, model) and alias.active(at_ms):
            found = _ruled(alias.to, alias.wanted(model), tables, has, at_ms)
            if found is not None:
                return _led(found, alias, (provider, model))
    return _ruled(provider, model, tables, has, at_ms)


def _ruled(provider: str, model: str, tables: Tables, has: Has, at_ms: int | None) -> Match | None:
    """The first rule that leads to a card, the user's aliases aside; names in lower case."""
    exact = has(provider, model)
    if exact is not None:
        return Match(provider=provider, model=exact)
    if provider in tables.local:
        return Match(provider=provider, model=model, free="local")
    return (
        _by_rules(provider, model, tables, has)
        or _renamed(provider, model, tables, has, at_ms)
        or _aggregated(provider, model, tables, has)
        or _bedrock(provider, model, tables, has)
        or _effort(provider, model, tables, has)
        or _free(provider, model, tables)
    )


def _renamed(
    provider: str, model: str, tables: Tables, has: Has, at_ms: int | None
) -> Match | None:
    """Where a name leads that stands for other models at other times."""
    for alias in tables.models:
        if alias.concerns(provider, model) and alias.active(at_ms):
            found = _by_rules(alias.to, alias.wanted(model), tables, has)
            if found is not None:
                return _led(found, alias, (provider, model))
    return None


def _led(found: Match, alias: ModelAlias, name: tuple[str, str]) -> Match:
    """A match with the alias that led from a name to it."""
    word = _WORD[alias.kind]
    place = f"{found.provider}/{found.model}" if alias.to_model else found.provider
    said = (f"{word}{place}",) if word else ()
    provider, model = name
    step = f"{alias.step}:{provider}/{model}→{alias.to}/{alias.wanted(model)}"
    return _after(found, (step,), said)


def _by_rules(provider: str, model: str, tables: Tables, has: Has) -> Match | None:
    """Rules 1 to 5: every allowed spelling, each at the provider and then at its aliases."""
    routes = list(_routes(provider, tables))
    for spelling, steps in _spellings(model):
        for place, hops, assumptions in routes:
            found = has(place, spelling)
            if found is not None:
                return Match(
                    provider=place, model=found, steps=(*hops, *steps), assumptions=assumptions
                )
    return None


def _routes(
    provider: str, tables: Tables
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The provider, then the providers that its alias names, and theirs, once each."""
    waiting: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [(provider, (), ())]
    seen: set[str] = set()
    while waiting:
        place, hops, said = waiting.pop(0)
        if place in seen:
            continue
        seen.add(place)
        yield place, hops, said
        alias = tables.alias_of(place)
        for target in alias.to if alias else ():
            word = _WORD[alias.kind] if alias else ""
            more = (*said, f"{word}{target}") if word else said
            waiting.append((target, (*hops, f"provider:{place}→{target}"), more))


def _spellings(model: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The model's name as rules 3 to 5 may respell it, in order, with the steps taken."""
    chain: list[tuple[str, tuple[str, ...]]] = [(model, ())]
    for word, pattern in (("marker", _MARKERS), ("date", _DATE)):
        name, steps = chain[-1]
        shorter = pattern.sub("", name)
        if shorter != name:
            chain.append((shorter, (*steps, f"{word}:{name}→{shorter}")))
    yield from chain
    for name, steps in chain:
        yield from ((n, (*steps, f"version:{name}→{n}")) for n in _versions(name))


def _versions(name: str) -> Iterator[str]:
    """Rule 5: the name with dots for dashes in version numbers and the other way round."""
    if name.startswith(("claude-", "gpt-")):
        both = (_DOTTED.sub("-", name), _DASHED.sub(".", name))
        yield from (other for other in both if other != name)


def _aggregated(provider: str, model: str, tables: Tables, has: Has) -> Match | None:
    """Rule 6: `maker/model` at an aggregator, or where no provider was logged."""
    maker, slash, rest = model.partition("/")
    if not slash or (provider and provider not in tables.aggregators):
        return None
    if _FREE.search(model):
        return None
    found = _by_rules(maker, rest, tables, has)
    if found is None:
        return None
    said = (f"priced-as:{found.provider}",) if provider else ()
    return _after(found, (f"prefix:{model}→{maker}/{rest}",), said)


def _bedrock(provider: str, model: str, tables: Tables, has: Has) -> Match | None:
    """Rule 7: Amazon's ids carry a region before and a revision behind the maker's name."""
    if "aws" not in {place for place, _, _ in _routes(provider, tables)}:
        return None
    region = _REGION.match(model)
    base = _REVISION.sub("", _REGION.sub("", model))
    zone = region.group(1) if region else ""
    group = "global." if zone in ("", "global") else "regional."
    for name in (base, _DATE.sub("", base)):
        for spelling in (f"{group}{name}", name):
            found = has("aws", spelling)
            if found is not None:
                step = f"bedrock:{model}→{spelling}"
                said = () if zone or spelling == name else ("bedrock-region-unknown",)
                return Match(provider="aws", model=found, steps=(step,), assumptions=said)
    return None


def _effort(provider: str, model: str, tables: Tables, has: Has) -> Match | None:
    """Rule 8: a reasoning effort in the name, only where the provider writes it there."""
    prefix = tables.effort.get(provider)
    if prefix is None or not model.startswith(prefix):
        return None
    shorter = _EFFORT.sub("", model.removeprefix(prefix))
    if shorter == model:
        return None
    found = _by_rules(provider, shorter, tables, has)
    return None if found is None else _after(found, (f"effort:{model}→{shorter}",))


def _free(provider: str, model: str, tables: Tables) -> Match | None:
    """Rule 9: a model that an aggregator gives away says so at the end of its name."""
    if provider in tables.aggregators and _FREE.search(model):
        return Match(provider=provider, model=model, free="named-free", steps=("free",))
    return None


def _after(found: Match, steps: tuple[str, ...], said: tuple[str, ...] = ()) -> Match:
    return Match(
        provider=found.provider,
        model=found.model,
        steps=(*steps, *found.steps),
        assumptions=(*said, *found.assumptions),
        free=found.free,
    )
