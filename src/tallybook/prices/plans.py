"""Plans: which calls are paid by a subscription, so that a single one adds nothing to any bill.

What a call in a plan is *worth* is found by the alias rules (`alias`); that its billed amount is
0 is put to the call by who appraises it. Nothing is added up here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .alias import Kind, ModelAlias, Tables
from .schedule import holds

Period = Literal["week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What a plan costs: nano-units of a currency for each period."""

    nanos: int
    currency: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A subscription. It covers calls that fit every one of `providers`, `sources` (tools),
    `accounts` and `models` (as logged) which names anything, in a half-open interval. The list
    value of its calls is that of `value_at`, a provider, where that is not the provider itself;
    for want of a metered sibling, `estimate_as` is a provider or `provider/model` that they are
    compared with."""

    id: str
    billing: Literal["subscription"] = "subscription"
    providers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    value_at: str = ""
    estimate_as: str = ""
    fee: Fee | None = None
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    source: str = ""

    def concerns(self, provider: str, source: str, account: str | None) -> bool:
        """Whether such calls, of some model, are in the plan while it holds; names in lower case,
        except that of the account."""
        return (
            (not self.providers or provider in self.providers)
            and (not self.sources or source in self.sources)
            and (not self.accounts or account in self.accounts)
        )

    def pays(self, model: str, at_ms: int) -> bool:
        """Whether a call that the plan concerns is of one of its models and in its interval."""
        named = not self.models or model.strip().lower() in self.models
        return named and holds(self.valid_from_ms, self.valid_to_ms, at_ms)

    def aliases(self) -> tuple[ModelAlias, ...]:
        """Where the list value of the plan's calls is looked up. That goes by provider, so where
        the plan asks for more than the provider, nothing is said of a plan, which a call need not
        be in."""
        place, _, model = (self.value_at or self.estimate_as).partition("/")
        kind: Kind = "priced-as" if self.sources or self.accounts else "plan"
        return tuple(
            ModelAlias(
                provider=provider,
                model=named,
                to=place,
                to_model=model,
                kind=kind if self.value_at else "estimate",
                valid_from_ms=self.valid_from_ms,
                valid_to_ms=self.valid_to_ms,
                step=f"plan:{self.id}",
            )
            for provider in self.providers
            for named in self.models or ("",)
            if place and (place != provider or model)
        )


def shipped_plan(tables: Tables, provider: str) -> Plan | None:
    """The plan of a provider that is known to sell nothing else; None for any other."""
    alias = tables.alias_of(provider)
    if alias is None or alias.kind != "plan":
        return None
    return Plan(id=provider, providers=(provider,), value_at=alias.to[0])
