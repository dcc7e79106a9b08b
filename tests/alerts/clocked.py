"""A book under a simulated clock, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tallybook.alerts import evaluate
from tallybook.appraising import Appraising
from tallybook.book import Book
from tallybook.clock import parse_instant
from tallybook.ledger.notices import Alert
from tallybook.prices import open_price_book
from tallybook.quota import Quota, limit_of, window_of
from tallybook.reading import Attribution, Batch, LimitSnapshot, Reading, attr_of, key_of
from tallybook.settings import Settings
from tallybook.settings.told import AlertRule

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PRICES = Appraising(open_price_book())
MODEL = "claude-sonnet-4-5-20250929"


def at(text: str) -> int:
    """An instant in epoch milliseconds."""
    found = parse_instant(text)
    assert found is not None
    return found


def quota(name: str, limit: str, per: str, *, tz: str = "UTC", since: str = "", **more: object):
    """A quota as the settings have it."""
    window = window_of(per, tz=tz, since=since, now_ms=0)
    return Quota(name=name, limit=limit_of(limit), window=window, **more)  # pyright: ignore[reportArgumentType]


class Clocked:
    """A ledger in a folder, and everything that happens to it at told times."""

    def __init__(self, folder: Path, *quotas: Quota, tz: str = "UTC") -> None:
        self._folder = folder
        self._tz = tz
        self._calls = 0
        self.alerts = {"team": AlertRule(name="team", on=("*",), to=("command:true",))}
        self.use(*quotas)

    def use(self, *quotas: Quota) -> None:
        """Other settings, as after a restart."""
        if hasattr(self, "book"):
            self.book.close()
        settings = Settings(
            ledger=str(self._folder / "ledger.db"),
            tz=self._tz,
            quotas={each.name: each for each in quotas},
            alerts=self.alerts,
        )
        self.book = Book.open(settings)

    def call(self, at_ms: int, tokens: int = 0, **more: object) -> None:
        """One call that is recorded, of so many tokens of input unless its usage is told."""
        self.calls([(at_ms, tokens)], **more)

    def calls(self, calls: Iterable[tuple[int, int]], **more: object) -> None:
        """Several at once, each at its time and of its tokens."""
        self.book.ledger.record(
            Batch(readings=[self._reading(at_ms, tokens, more) for at_ms, tokens in calls]), PRICES
        )

    def _reading(self, at_ms: int, tokens: int, more: dict[str, object]) -> Reading:
        self._calls += 1
        told = dict(more)
        who = Attribution(
            str(told.pop("source", "claude-code")), session="s1", user=str(told.pop("user", "me"))
        )
        usage = str(told.pop("usage", f'{{"input_tokens":{tokens},"output_tokens":0}}'))
        values: dict[str, object] = {
            "keys": (key_of("test", str(self._calls)),),
            "who": who,
            "attr": attr_of(5, 7),
            "started_ms": at_ms,
            "ended_ms": at_ms + 900,
            "provider": "anthropic",
            "model": MODEL,
            "dialect": "anthropic",
            "usage": usage.encode(),
            "place": "/logs/a.jsonl",
        }
        return Reading(**{**values, **told})  # pyright: ignore[reportArgumentType]

    def limit(self, used: int, resets_ms: int, seen_ms: int, **more: object) -> None:
        """An official window of five hours, in per cent."""
        seen = LimitSnapshot("codex", "primary", used * 100, 300, resets_ms, seen_ms)
        self.book.ledger.record(Batch(limits=[seen._replace(**more)]), PRICES)  # pyright: ignore[reportArgumentType]

    def look(self, now_ms: int) -> list[Alert]:
        """What is newly told at a moment."""
        return list(evaluate(self.book, now_ms))

    def told(self, now_ms: int) -> list[tuple[str, str, int]]:
        """The same as (rule, subject, level)."""
        return [(each.rule, each.subject, each.level) for each in self.look(now_ms)]

    @property
    def history(self) -> list[Alert]:
        """Everything that was ever told, the oldest first."""
        return list(reversed(self.book.ledger.notices.alerts(10_000)))
