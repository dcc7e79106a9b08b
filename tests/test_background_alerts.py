"""The reading process behind a screen tells of alerts, and sends them."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from tallybook.background import Alerted, Following
from tallybook.quota import Quota as Limited
from tallybook.quota import limit_of, window_of
from tallybook.settings import Settings
from tallybook.settings.told import AlertRule

from .background_home import Beside, OpenCodeAtWork, eventually

_WRITE = "import os, sys; open(sys.argv[1], 'x').write(os.environ['TALLY_ALERT_RULE'])"


def test_an_alert_reaches_the_screen_and_its_channel(home: Path) -> None:
    told = home / "told"
    quota = Limited(
        name="calls",
        limit=limit_of("1 requests"),
        window=window_of("ever", tz="UTC", now_ms=0),
    )
    to = f'command:{sys.executable} -c "{_WRITE}" {told}'
    settings = Settings(
        ledger=str(home / "ledger.db"),
        quotas={"calls": quota},
        alerts={"me": AlertRule(name="me", on=("quota:calls",), to=(to,))},
    )
    beside = Beside(settings)
    with closing(OpenCodeAtWork(home)) as opencode, closing(beside.background):
        beside.start().until(Following)
        opencode.answer()
        said = beside.until(Alerted)
        assert [severity for severity, _ in said.alerts] == ["critical"]
        assert eventually(lambda: told.exists() and told.read_text() == "quota:calls")
    assert len(beside.all(Alerted)) == 1
