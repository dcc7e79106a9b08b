"""What a Python program enters and asks, as the examples of docs/from-usage-service.md do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tallybook import (
    Book,
    Settings,
    cache_hits,
    check_and_alert,
    check_quota,
    open_book,
    record,
    statistics,
)
from tallybook.errors import TallyError, UsageMistake
from tallybook.ledger.orders import VoidOrder
from tallybook.query import Query

CLAUDE, GPT = "claude-sonnet-4-5-20250929", "gpt-4o"
JANUARY = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(Settings(ledger=str(tmp_path / "ledger.db"))) as book:
        yield book


def enter(book: Book, number: int, **more: object) -> None:
    """A call of user-123: a thousand tokens in and five hundred out."""
    told = {"model": CLAUDE, "user": "user-123", "project": "project-456", "at": JANUARY, **more}
    record(book, id=f"c{number}", tokens={"input": 1000, "output": 500}, **told)  # pyright: ignore[reportArgumentType]


def test_a_call_is_counted_priced_and_entered_once(book: Book) -> None:
    for _ in range(2):
        call = record(
            book,
            id="one",
            user="user-123",
            project="project-456",
            provider="anthropic",
            model=CLAUDE,
            tokens={"input": 1000, "output": 500},
            at=JANUARY,
        )
    assert (sum(call.counts), call.who.user, call.who.source) == (1500, "user-123", "manual")
    assert call.cost is not None
    assert call.cost.nanos == 1000 * 3_000 + 500 * 15_000
    assert statistics(book).total.calls == 1
    record(book, model=CLAUDE, tokens={"output": 1})
    record(book, model=CLAUDE, tokens={"output": 1})
    assert statistics(book).total.calls == 3


def test_statistics_by_user_project_and_time(book: Book) -> None:
    enter(book, 1)
    enter(book, 2, model=GPT, at="2026-01-31T23:59:59+00:00")
    enter(book, 3, user="user-1234")
    enter(book, 4, at="2026-02-01T00:00:00+00:00", project="project-45")
    enter(book, 5, model="nobody-knows", provider="mine", at="2026-03-01")
    found = statistics(book, user="user-123", since=date(2026, 1, 1), until=date(2026, 1, 31))
    assert (found.total.calls, found.total.tokens) == (2, 3000)
    assert found.total.cost == {"USD": Decimal("0.0105") + Decimal("0.0075")}
    assert {name: each.calls for name, each in found.by_provider.items()} == {
        "anthropic": 1,
        "openai": 1,
    }
    assert found.by_model[f"openai/{GPT}"].cost == {"USD": Decimal("0.0075")}
    assert statistics(book, project="project-45").total.calls == 1
    strange = statistics(book, since="2026-03").total
    assert (strange.cost, strange.unpriced_tokens) == ({}, 1500)
    until = statistics(book, until=datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC))
    assert until.total.calls == 2


def test_quotas_and_caches_of_what_was_entered(book: Book) -> None:
    now = int(JANUARY.timestamp() * 1000) + 1
    enter(book, 1)
    check = check_quota(
        book, user="user-123", monthly_tokens=10_000, monthly_cost="0.011", now_ms=now
    )
    assert check.usage == {"tokens": 1500, "cost": Decimal("0.0105")}
    assert check.percentage == {"tokens": Decimal("15.0"), "cost": Decimal("95.4")}
    alert = check_and_alert(book, user="user-123", monthly_tokens=1500, now_ms=now)
    assert (alert.should_alert, alert.level) == (True, "critical")
    record(
        book, model=CLAUDE, user="user-123", at=JANUARY, tokens={"input": 100, "cache_read": 900}
    )
    assert cache_hits(book, user="user-123").percentage == Decimal("45.0")


def test_what_is_no_call_is_refused(book: Book) -> None:
    with pytest.raises(UsageMistake, match="needs a model"):
        record(book, tokens={"input": 1})
    with pytest.raises(UsageMistake, match="no token class 'promptTokens'"):
        record(book, model=CLAUDE, tokens={"promptTokens": 1})
    with pytest.raises(UsageMistake):
        statistics(book, since="whenever")
    enter(book, 1)
    book.ledger.void(VoidOrder(Query(since_ms=0)), "mistaken", 1)
    with pytest.raises(TallyError, match="voided"):
        enter(book, 1)


def test_the_manual_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every example of the page, in the user's own book, with the quotas of their settings."""
    page = Path(__file__).resolve().parents[1] / "docs/from-usage-service.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert examples
    monkeypatch.setenv("TALLY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[quota.daily]\nlimit = "1k tokens"\nper = "day"\n')
    exec("\n".join(examples), {})  # what it prints is told beside each line
    printed = capsys.readouterr().out.splitlines()
    told = re.findall(r"^print\(.*\)\s+# (.*)$", "\n".join(examples), re.MULTILINE)
    assert printed == told
    with open_book() as book:
        assert book.settings.quotas.keys() == {"daily"}
        assert statistics(book).total.calls == 1
