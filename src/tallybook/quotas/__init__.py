"""What stands of a quota at a moment: how much is used and left, until when, where it leads."""

from __future__ import annotations

from ..quota import FULL
from .asking import standing_of, standings
from .checking import (
    CacheHits,
    QuotaAlert,
    QuotaCheck,
    cache_hits,
    check_and_alert,
    check_quota,
    kept_quotas,
)
from .kinds import kind_of
from .standing import Forecast, QuotaStanding
from .wording import (
    SCHEMA,
    forecast_text,
    moment_text,
    reset_text,
    share_text,
    standing_json,
    standing_name,
    standing_text,
    used_text,
)

__all__ = [
    "FULL",
    "SCHEMA",
    "CacheHits",
    "Forecast",
    "QuotaAlert",
    "QuotaCheck",
    "QuotaStanding",
    "cache_hits",
    "check_and_alert",
    "check_quota",
    "forecast_text",
    "kept_quotas",
    "kind_of",
    "moment_text",
    "reset_text",
    "share_text",
    "standing_json",
    "standing_name",
    "standing_of",
    "standing_text",
    "standings",
    "used_text",
]
