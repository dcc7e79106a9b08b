"""`tally config` and the doctor with quotas, alerts, views and probes: single keys of tables that
count as a whole, and nothing told of what is secret."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

TEXT = """\
[quota.daily]  # mine
limit = "20usd"
per = "day"

[alert.team]
on = ["quota:*"]
to = ["https://user:passw0rd@hooks.example.com/T0/hunter22", "ntfy://topic-hunter22"]
secret = "hunter22"

[probe.codex]
consent = true
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "config.toml"
    path.write_text(TEXT)
    return path


def test_single_keys_of_a_table_are_changed(ask, file: Path, capsys) -> None:
    for words in (
        ("quota.daily.limit", "30usd"),
        ("quota.daily.warn", "50", "90"),
        ("quota.daily.multipliers", "opus=2", "gpt-5-mini=0.33"),
        ("quota.weekly.per", "week"),
        ("probe.codex.every", "15m"),
    ):
        assert ask("config", "set", *words) == 0, words
    tables = tomllib.loads(file.read_text())
    assert tables["quota"] == {
        "daily": {
            "limit": "30usd",
            "per": "day",
            "warn": [50, 90],
            "multipliers": {"opus": "2", "gpt-5-mini": "0.33"},
        },
        "weekly": {"per": "week"},
    }
    assert "[quota.daily]  # mine" in file.read_text()
    capsys.readouterr()
    assert ask("config", "get", "quota.daily.warn") == 0
    assert capsys.readouterr().out == "50\n90\n"
    assert ask("config", "unset", "quota.daily") == 0
    assert (
        ask("config", "unset", "quota.weekly.per") == 0
    )  # the last key goes, and with it the table
    assert ask("config", "check") == 0


@pytest.mark.parametrize(
    "words",
    [
        ("set", "quota.daily.per", "fortnight"),
        ("set", "quota.daily.limit", "20 bananas"),
        ("set", "quota.new.limit", "20usd"),
        ("set", "quota.daily.lmit", "20usd"),
        ("unset", "quota.daily.per"),
        ("set", "alert.team.to", "hunter22"),
        ("set", "--project", "alert.team.to", "env:A"),
    ],
)
def test_a_table_that_would_be_none_is_refused(ask, file: Path, capsys, words) -> None:
    assert ask("config", *words) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert "\n  try: " in err
    assert "hunter22" not in err
    assert file.read_text() == TEXT


def test_nothing_secret_is_shown(ask, file: Path, capsys) -> None:
    for words in (
        ("config", "show"),
        ("config", "show", "--json"),
        ("config", "get", "alert.team.to"),
        ("config", "get", "alert.team.secret"),
        ("config", "set", "alert.team.secret", "hunter22x"),
        ("config", "set", "alert.team.to", "ntfy://topic-hunter22/x"),
    ):
        assert ask(*words, width=200) == 0
        said = capsys.readouterr()
        assert "hunter22" not in said.out + said.err, words
        assert "passw0rd" not in said.out + said.err, words
    assert "hunter22x" in file.read_text()


def test_a_file_that_holds_a_secret_is_ones_own(ask, file: Path, capsys) -> None:
    for words, mode in (
        (("alert.team.secret", "env:MINE"), 0o644),
        (("alert.team.secret", "hunter22"), 0o600),
    ):
        file.chmod(0o644)
        assert ask("config", "set", *words) == 0
        assert file.stat().st_mode & 0o777 == mode
    assert "now readable for you alone" in capsys.readouterr().err


def test_a_bundle_tells_neither_names_nor_addresses(tell, home: Path) -> None:
    view = '[view.northwind]\nusage = "model --project northwind"\n'
    (home / "config.toml").write_text(TEXT.replace("team", "acme-team") + view)
    tell("doctor", "--bundle", str(home / "bundle.json"))
    bundle = (home / "bundle.json").read_text()
    assert "hunter22" not in tell("doctor", "--json", "--names")
    for secret in ("hunter22", "hooks.example", "acme-team", "northwind"):
        assert secret not in bundle
    assert "20usd" in bundle


def test_what_there_is_none_of_is_found_by_the_check(ask, file: Path, capsys) -> None:
    file.write_text(TEXT.replace("probe.codex", "probe.codx"))
    for words in (("check",), ("check", str(file))):
        assert ask("config", *words) == 2
        out = capsys.readouterr().out
        assert "unknown probe 'codx' in ~/config.toml:10" in out
        assert "did you mean codex?" in out


@pytest.mark.parametrize(
    ("text", "told", "way"),
    [
        ('[quota.a]\nper = "day"\nwhere = ["source=claud-code"]\n', "'claud-code'", "claude-code"),
        ('[quota.a]\nper = "day"\nwhere = ["source!=Codex"]\n', "'Codex'", "codex"),
        ('[alert.a]\non = ["quota:dayly"]\nto = ["env:A"]\n', "'quota:dayly'", "quota:daily"),
        ('[alert.a]\non = ["limit:claude"]\nto = ["env:A"]\n', "'limit:claude'", "limit:claude-co"),
    ],
)
def test_what_would_never_be_told_is_found_by_the_check(
    ask, file: Path, capsys, text: str, told: str, way: str
) -> None:
    file.write_text(f'{text}[quota.daily]\nper = "day"\n')
    for words in (("check",), ("check", str(file))):
        assert ask("config", *words) == 2
        out = capsys.readouterr().out
        assert told in out
        assert "~/config.toml:" in out
        assert f"did you mean {way}" in out
        assert "1 fault." in out


def test_what_may_well_be_told_is_no_fault(ask, file: Path, tmp_path: Path, capsys) -> None:
    file.write_text(
        '[quota.daily]\nper = "day"\nwhere = ["source=claude,mine", "source~cod", "model=gpt"]\n'
        '[alert.a]\nto = ["env:A"]\n'
        'on = ["quota:*", "quota:da*", "limit:*", "limit:zai", "limit:claude-code", "pace", "*"]\n'
    )
    assert ask("config", "check") == 0, capsys.readouterr().out
    one = tmp_path / "other.toml"  # listens to a quota of another file
    one.write_text('[alert.b]\non = ["quota:daily"]\nto = ["env:A"]\n')
    assert ask("config", "check", str(one)) == 0


def test_a_projects_table_that_is_not_gone_by_is_found_by_the_check(
    ask, file: Path, tmp_path: Path, capsys
) -> None:
    (tmp_path / "tally.toml").write_text('\n[quota.daily]\nlimit = "900usd"\nper = "day"\n')
    assert ask("config", "check") == 2
    out = capsys.readouterr().out
    assert "'quota.daily' in" in out
    assert "tally.toml:2 is not gone by" in out
    assert ask("config", "set", "--project", "quota.daily.limit", "800usd") == 0
    assert "sets it too, and comes first" in capsys.readouterr().err


def test_a_quota_may_name_a_source_by_its_beginning(ask, tome, file: Path) -> None:
    file.write_text('[quota.a]\nper = "day"\nwhere = ["source=claude", "source!=gone"]\n')
    assert ask("usage", "--no-sync") == 0
    where = tome.settings.quotas["a"].where
    assert [each.values for each in where] == [("claude-code",), ("gone",)]
