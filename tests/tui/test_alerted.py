"""What the reading process tells of alerts is shown beside the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from tallybook.background import Alerted, Background, Said
from tallybook.settings import Settings
from tallybook.tui.app import TallyTop

from .launching import drive, interface, sample_home, settings_in


class _Telling(Background):
    """A reading process that is never started, for what it would say."""

    def __init__(self, settings: Settings, tell: Callable[[Said], None]) -> None:
        super().__init__(settings, tell)
        self.tell = tell

    def start(self) -> None:
        self.tell(Alerted((("critical", "daily: limit [b]reached"),), ("not sent to me/0: 500",)))


def test_alerts_are_shown_as_they_come(home: Path) -> None:
    launch = interface(sample_home(home))._launch  # pyright: ignore[reportPrivateUsage] - as it is
    settings = settings_in(home)
    app = TallyTop(replace(launch, reading=lambda tell: _Telling(settings, tell)))

    async def look(app: TallyTop, pilot: Pilot[int]) -> None:
        for _ in range(100):
            await pilot.pause(0.02)
            if len(shown := [*app._notifications]) >= 2:
                break
        assert [(each.message, each.severity) for each in shown] == [
            ("daily: limit [b]reached", "error"),
            ("not sent to me/0: 500", "warning"),
        ]

    drive(app, look)
