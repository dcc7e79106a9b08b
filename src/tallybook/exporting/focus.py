"""The rows of a FOCUS 1.2 file (FinOps Open Cost and Usage Specification): one for each day,
account, project, user, key, source, model, token class and price.

`ListCost` is `ListUnitPrice` times `PricingQuantity`, exactly, in the decimals that are printed.
The ledger rounds each charge line of each call to nano-units; the sum of these is
`x_RecordedCost`. Usage without a price has no row: the specification wants a unit price in each,
and none is known.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal, NamedTuple

from ..model import CLASSES, NANOS, decimal_text
from ..naming import UNKNOWN, provider_of
from ..prices.cards import PART_OF
from .decimals import exact
from .portions import Portion, Sum

VERSION = "1.2"


class Column(NamedTuple):
    """A column: what stands in it, and whether it may be empty, which is the null of a CSV."""

    name: str
    kind: Literal["text", "decimal", "count", "time"] = "text"
    null: bool = False


COLUMNS: tuple[Column, ...] = (
    Column("BilledCost", "decimal"),
    Column("BillingAccountId"),
    Column("BillingAccountName", null=True),
    Column("BillingCurrency"),
    Column("BillingPeriodEnd", "time"),
    Column("BillingPeriodStart", "time"),
    Column("ChargeCategory"),
    Column("ChargeClass", null=True),
    Column("ChargeDescription"),
    Column("ChargeFrequency"),
    Column("ChargePeriodEnd", "time"),
    Column("ChargePeriodStart", "time"),
    Column("ConsumedQuantity", "decimal"),
    Column("ConsumedUnit"),
    Column("ContractedCost", "decimal"),
    Column("ContractedUnitPrice", "decimal"),
    Column("EffectiveCost", "decimal"),
    Column("InvoiceId", null=True),
    Column("InvoiceIssuerName"),
    Column("ListCost", "decimal"),
    Column("ListUnitPrice", "decimal"),
    Column("PricingCategory"),
    Column("PricingQuantity", "decimal"),
    Column("PricingUnit"),
    Column("ProviderName"),
    Column("PublisherName"),
    Column("ServiceCategory"),
    Column("ServiceName"),
    Column("ServiceSubcategory"),
    Column("SkuId"),
    Column("SkuMeter"),
    Column("SkuPriceDetails", null=True),
    Column("SkuPriceId"),
    Column("SubAccountId", null=True),
    Column("SubAccountName", null=True),
    Column("Tags", null=True),
    Column("x_BilledCostIs"),
    Column("x_Calls", "count"),
    Column("x_Model"),
    Column("x_PriceContext", null=True),
    Column("x_RateCard", null=True),
    Column("x_RecordedCost", "decimal"),
    Column("x_Source"),
    Column("x_TokenClass", null=True),
    Column("x_User", null=True),
)
"""Every column in its order, which is that of the names: the specification's mandatory ones, those
of its conditional ones that apply, and ours, which begin with `x_`."""

_NUMBERS = frozenset(column.name for column in COLUMNS if column.kind == "decimal")
_UNITS = {
    "audio_seconds": "Seconds",
    "storage_hours": "Hours",
    "images": "Images",
    "search_source": "Sources",
    "search_units": "Units",
}
_EPOCH = date(1970, 1, 1)
_NO_ACCOUNT = "default"
_WHOLE = "all"
_TAG = "tallybook/"
"""What our tags begin with: those of a provider, and not of a user, need a prefix of their own."""
_CARD = re.compile(r"(.*)@(?:undated|\d{4}-\d\d-\d\d)(\+[^#]*)?(#.*)?", re.DOTALL)
"""A rate card's id as `prices.cards` writes it: model, price context that selects it, tier."""

Row = dict[str, str]
"""A row by the names of its columns; what is null is missing."""


def row_of(portion: Portion, total: Sum) -> Row:
    """The row of a portion."""
    quantity, price, pricing_unit = _pricing(portion, total)
    cost = exact(quantity * price)
    billed = decimal_text(total.billed) if portion.billed else cost
    row = {
        **_periods(portion.day),
        **_service(portion),
        **_whose(portion),
        **_sku(portion, exact(price)),
        "BilledCost": billed,
        "BillingCurrency": portion.currency,
        "ChargeCategory": "Usage",
        "ChargeDescription": _description(portion, exact(price), pricing_unit),
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": str(total.count),
        "ConsumedUnit": _unit(portion),
        "ContractedCost": cost,
        "ContractedUnitPrice": exact(price),
        "EffectiveCost": billed,
        "ListCost": cost,
        "ListUnitPrice": exact(price),
        "PricingCategory": "Standard",
        "PricingQuantity": exact(quantity),
        "PricingUnit": pricing_unit,
        "x_BilledCostIs": "recorded" if portion.billed else "list",
        "x_Calls": str(total.calls),
        "x_RecordedCost": decimal_text(total.nanos),
    }
    return {name: _fractional(name, text) for name, text in row.items()}


def _fractional(name: str, text: str) -> str:
    """Numbers have a decimal point, so that who guesses types of columns sees no integers."""
    return f"{text}.0" if name in _NUMBERS and "." not in text else text


def _pricing(portion: Portion, total: Sum) -> tuple[Fraction, Fraction, str]:
    """Quantity, price in units of the currency, and what the quantity is of. Where no single price
    tells the amount, the row is one charge of that amount."""
    if portion.price is None:
        return Fraction(1), Fraction(total.nanos, NANOS), "Charges"
    unit = _unit(portion)
    named = f"{portion.per} {unit}" if portion.per > 1 else unit
    return Fraction(total.count, portion.per), portion.price / NANOS, named


def _unit(portion: Portion) -> str:
    return "Tokens" if portion.is_tokens else _UNITS.get(portion.meter, "Requests")


def _periods(day: int) -> Row:
    """The day of the charge and its month, in UTC and half-open."""
    began = _EPOCH + timedelta(days=day)
    month = began.replace(day=1)
    after = (month + timedelta(days=31)).replace(day=1)
    return {
        "ChargePeriodStart": _midnight(began),
        "ChargePeriodEnd": _midnight(began + timedelta(days=1)),
        "BillingPeriodStart": _midnight(month),
        "BillingPeriodEnd": _midnight(after),
    }


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _service(portion: Portion) -> Row:
    """Who sold what to whom. Who bills is not recorded: it is taken to be the provider."""
    provider = portion.provider or UNKNOWN
    maker = provider_of(portion.model)
    account = portion.account or _NO_ACCOUNT
    found = {
        "BillingAccountId": account,
        "InvoiceIssuerName": provider,
        "ProviderName": provider,
        "PublisherName": provider if maker == UNKNOWN else maker,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": "Model inference",
        "ServiceSubcategory": "Generative AI",
        "x_Model": portion.model or UNKNOWN,
        "x_Source": portion.source,
    }
    if portion.account:
        found["BillingAccountName"] = account
    return found


def _whose(portion: Portion) -> Row:
    """In whose name calls were made, as far as it is known: what costs are shared out by."""
    found: Row = {}
    if portion.project:
        found |= {"SubAccountId": portion.project, "SubAccountName": portion.project}
    if portion.user:
        found["x_User"] = portion.user
    known = {"key": portion.key, "project": portion.project, "user": portion.user}
    if tags := {f"{_TAG}{name}": value for name, value in known.items() if value}:
        found["Tags"] = json.dumps(tags, ensure_ascii=False)
    return found


def _sku(portion: Portion, price: str) -> Row:
    """What is sold, by the rate card that prices it: a model's class or unit is a SKU, and that at
    one price a SKU price."""
    named = _CARD.fullmatch(portion.card)
    sold = named[1] if named else f"{portion.provider or UNKNOWN}/{portion.model or UNKNOWN}"
    meter = portion.meter or _WHOLE
    at = f"@{price}" if portion.price is not None else ""
    found = {
        "SkuId": f"{sold}:{meter}",
        "SkuMeter": meter,
        "SkuPriceId": f"{portion.card or sold}:{meter}{at}",
    }
    if details := _details(portion, named):
        found["SkuPriceDetails"] = json.dumps(details, ensure_ascii=False)
    if token_class := PART_OF.get(meter, meter if meter in CLASSES else ""):
        found["x_TokenClass"] = token_class
    optional = {"x_RateCard": portion.card, "x_PriceContext": portion.context}
    return found | {name: text for name, text in optional.items() if text}


def _details(portion: Portion, card: re.Match[str] | None) -> Row:
    """What one has to know of a SKU price beside its number."""
    found: Row = {}
    for pair in (card[2] or "").split("+") if card else ():
        name, sign, value = pair.partition("=")
        if sign:
            found[f"x_{name.title().replace('_', '')}"] = value
    if card and card[3]:
        found["x_PromptTier"] = card[3].removeprefix("#")
    if portion.meter.startswith("cache_write_"):
        found["x_CacheLifetime"] = portion.meter.removeprefix("cache_write_")
    return found


def _description(portion: Portion, price: str, unit: str) -> str:
    name = f"{portion.provider or UNKNOWN}/{portion.model or UNKNOWN}"
    if portion.price is None:
        return f"{name}: {portion.meter or 'calls'} whose amount no single price tells"
    return f"{name}: {portion.meter} at {price} {portion.currency} per {unit}"
