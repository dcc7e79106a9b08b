"""Complaints that nobody can mend are taken for seen; logs that no setting names are told of."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.cli.boundary import run
from tallybook.cli.complaining import complaint_lines
from tallybook.cli.tables import Ink
from tallybook.cli.telling import telling_for
from tallybook.reading import Complaint

from .gateway import Gateway
from .noon import shell

Type = Callable[..., tuple[int, str, str]]
NOTE = "2 entries in 1 place inside the histories could not be counted"


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command line at noon: exit code, stdout, stderr."""

    def go(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(words), shell(home, width=200))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return go


@pytest.fixture
def gateway(home: Path) -> Gateway:
    """A log with two calls and two damaged lines, in a place that no setting names."""
    found = Gateway(home / "srv" / "access.log")
    found.call()
    damage(found)
    found.call()
    damage(found)
    return found


def damage(gateway: Gateway) -> None:
    """A line that is no call any more."""
    with gateway.log.open("a") as log:
        log.write('{"ai_log": "{\\"model\\" broken\n')


def read(typed: Type, gateway: Gateway, *more: str) -> str:
    code, out, _ = typed("sync", "higress", "--path", str(gateway.log), *more)
    assert code == 0
    return out


def test_what_was_acknowledged_is_no_longer_mentioned(typed: Type, gateway: Gateway) -> None:
    read(typed, gateway)
    assert NOTE in typed("usage")[1]
    assert "2: tally doctor" in typed("ledger", "info")[1]
    code, out, _ = typed("doctor", "--acknowledge", "--yes")
    assert (code, out.startswith("2 complaints acknowledged")) == (0, True)
    assert "tally doctor" not in typed("usage")[1]
    assert "2: tally doctor" not in typed("ledger", "info")[1]
    page = typed("doctor")[1]
    assert "No other complaints; 2 complaints that were acknowledged: tally doctor --all" in page
    assert "a line about a call is cut" not in page
    assert "a line about a call is cut" in typed("doctor", "--all")[1]
    found = json.loads(typed("doctor", "--json")[1])
    assert (len(found["complaints"]), len(found["acknowledged"])) == (0, 2)
    assert typed("doctor", "--acknowledge", "--yes")[1] == "No complaints stand.\n"


def test_a_complaint_that_comes_up_again_is_new(typed: Type, gateway: Gateway) -> None:
    read(typed, gateway)
    typed("doctor", "--acknowledge", "--yes")
    gateway.call()
    damage(gateway)
    read(typed, gateway)
    assert "1 place inside the histories could not be counted" in typed("usage")[1]
    page = typed("doctor")[1]
    assert "Beside them; 2 complaints" in page
    read(typed, gateway, "--full")
    assert "3 entries in 1 place" in typed("usage")[1]


def test_a_place_is_told_once_with_its_positions(typed: Type, gateway: Gateway) -> None:
    first = len(gateway.log.read_bytes().split(b"\n")[0]) + 1
    out = read(typed, gateway)
    assert out.count("a line about a call is cut") == 1
    assert "a line about a call is cut (2 times)" in out
    page = typed("doctor", "--names")[1]
    assert page.count("access.log#") == 1
    assert f"(at bytes {first:,}, " in page


def test_nobody_to_ask(typed: Type, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    read(typed, gateway)
    code, _, err = typed("doctor", "--acknowledge")
    assert (code, "tally doctor --acknowledge --yes" in err) == (2, True)
    assert "2 × a line about a call is cut" in err
    assert NOTE in typed("usage")[1]


@pytest.mark.parametrize(
    "words", [("--yes",), ("--acknowledge", "--all"), ("--acknowledge", "--bundle", "-")]
)
def test_options_that_do_not_go_together(typed: Type, words: tuple[str, ...]) -> None:
    assert typed("doctor", *words)[0] == 2


def test_a_log_that_is_not_mounted_is_acknowledged_once(typed: Type, gateway: Gateway) -> None:
    typed("config", "set", "source.higress.paths", str(gateway.log.parent))
    typed("sync", "higress")
    typed("doctor", "--acknowledge", "--yes")
    away = gateway.log.parent.rename(gateway.log.parent.with_name("away"))
    for _ in range(2):
        assert "logs were read here earlier" in typed("sync", "higress")[1]
    typed("doctor", "--acknowledge", "--yes")
    assert "complaints  none\n" in typed("sync", "higress")[1]
    away.rename(gateway.log.parent)
    assert typed("sync", "higress")[0] == 0
    assert (
        "2 complaints that were acknowledged" in typed("doctor")[1]
    )  # the damage: it was not read


def test_a_log_that_was_named_once_is_told_of(typed: Type, gateway: Gateway) -> None:
    line = read(typed, gateway).splitlines()[-1].strip()
    assert line == f"tally config set source.higress.paths {shlex.quote(str(gateway.log))}"
    page = typed("doctor", "--names")[1]
    assert "read by hand: ~/srv/access.log, last written to on 20" in page
    assert "nothing found; see: tally source explain higress" not in page
    (known,) = [
        each
        for each in json.loads(typed("doctor", "--json")[1])["sources"]
        if each["name"] == "higress"
    ]
    assert len(known["by_hand"]) == 1
    assert typed(*shlex.split(line)[1:])[0] == 0
    assert "read by hand" not in typed("doctor")[1]
    assert "config set" not in read(typed, gateway)
    gateway.call()
    assert json.loads(typed("usage", "--since", "all", "--json")[1])["totals"]["requests"] == 3


def test_what_is_kept_already_stays_in_the_line(typed: Type, gateway: Gateway) -> None:
    first = gateway.log.with_name("with space.log")
    typed("config", "set", "source.higress.paths", str(first))
    line = read(typed, gateway).splitlines()[-1]
    assert line.split("paths ")[1] == shlex.join([str(first), str(gateway.log)])


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("a.jsonl", "(at bytes 7, 2,610,083,698)"),
        ("opencode.db", "(at rows 7, 2,610,083,698)"),
        ("message/ses_1", "(2 files in it)"),
        ("gone/ses_2", "(2 files in it)"),
        ("access", "(at bytes 7, 2,610,083,698)"),
    ],
)
def test_only_positions_in_files_are_bytes(tmp_path: Path, place: str, where: str) -> None:
    (tmp_path / "message/ses_1").mkdir(parents=True)
    (tmp_path / "access").touch()
    spots = (7, 2_610_083_698)
    alike = [Complaint("opencode", str(tmp_path / place), "torn", spot) for spot in spots]
    found = shell(tmp_path, width=200)
    telling = telling_for(found, found.settings(), names=True)
    assert complaint_lines(telling, alike, Ink(on=False))[2].endswith(where)
