"""Which channels hear of what."""

from __future__ import annotations

import pytest

from tallybook.alerts.routing import channels_for, fits, is_mute
from tallybook.ledger.notices import Alert, Mute, Severity
from tallybook.settings.told import AlertRule

RULES = {
    each.name: each
    for each in (
        AlertRule(name="all", on=("*",), to=("a", "b")),
        AlertRule(name="quotas", on=("quota:*", "pace"), to=("c",), at_least=90),
        AlertRule(name="none", to=("d",)),
        AlertRule(name="monday", view="costs", at="monday 09:00", to=("e",)),
    )
}


def alert(rule: str, level: int = 100, at_ms: int = 0, severity: Severity = "warning") -> Alert:
    return Alert(0, rule, "", "", level, severity, at_ms, "t", "x")


@pytest.mark.parametrize(
    ("rule", "level", "channels"),
    [
        ("quota:daily", 80, ("all/0", "all/1")),
        ("quota:daily", 90, ("all/0", "all/1", "quotas/0")),
        ("pace", 100, ("all/0", "all/1", "quotas/0")),
        ("limit:codex", 100, ("all/0", "all/1")),
        ("digest:monday", 100, ("monday/0",)),
        ("digest:other", 100, ()),
    ],
)
def test_channels(rule: str, level: int, channels: tuple[str, ...]) -> None:
    assert channels_for(RULES, alert(rule, level), ()) == channels


@pytest.mark.parametrize(
    ("least", "severity", "heard"),
    [
        (0, "notice", True),
        (89, "notice", True),
        (90, "notice", False),
        (90, "warning", True),
        (100, "warning", False),
        (100, "critical", True),
        (150, "critical", True),
    ],
)
def test_what_speaks_of_no_limit_is_held_against_how_bad_it_is(
    least: int, severity: Severity, heard: bool
) -> None:
    rules = {"desk": AlertRule(name="desk", on=("*",), to=("a",), at_least=least)}
    told = channels_for(rules, alert("unpriced", severity=severity), ())
    assert told == (("desk/0",) if heard else ())
    assert channels_for(rules, alert("quota:daily", least, severity=severity), ()) == ("desk/0",)


def test_mutes() -> None:
    mutes = (Mute("quota:*", 50, 0), Mute("pace", None, 0))
    assert channels_for(RULES, alert("quota:daily", at_ms=49), mutes) == ()
    assert channels_for(RULES, alert("quota:daily", at_ms=50), mutes) != ()
    assert is_mute("pace", mutes, 10**15)
    assert not is_mute("unpriced", mutes, 0)
    assert is_mute("unpriced", (Mute("*", 1, 0),), 0)


def test_patterns() -> None:
    assert fits("quota:daily", "quota:daily")
    assert not fits("quota:daily", "quota:daily2")
    assert not fits("quota:", "quota:daily")
    assert fits("quota:d*", "quota:daily")
