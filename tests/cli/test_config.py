"""`tally config` as a user types it: what is written where, and what is said of it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tallybook.cli.help import TOPICS
from tallybook.settings import KEYS

PRICES = "schema = 1\n"
"""A file of prices without any."""


def test_a_setting_is_written_read_and_taken_out(ask, home: Path, capsys) -> None:
    assert ask("config", "set", "week_start", "Sunday") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == 'week_start = "sunday"  written to ~/config.toml\n'
    assert ask("config", "get", "week_start") == 0
    assert capsys.readouterr().out == "sunday\n"
    assert ask("config", "unset", "week_start") == 0
    assert ask("config", "get", "week_start", "--quiet") == 0
    assert capsys.readouterr().out == "monday\n"
    assert ask("config", "unset", "week_start") == 0
    assert "is not set in" in capsys.readouterr().err


def test_a_new_file_leads_editors_to_its_schema(ask, home: Path) -> None:
    assert ask("config", "set", "tz", "UTC") == 0
    file = home / "config.toml"
    assert file.read_text() == '#:schema ./config.schema.json\n\ntz = "UTC"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    schema = home / "config.schema.json"
    assert json.loads(schema.read_text())["properties"]["tz"]
    schema.write_text("that of an older one")
    assert ask("config", "set", "titles", "false") == 0
    assert json.loads(schema.read_text())["properties"]["tz"]
    schema.unlink()
    assert ask("config", "set", "titles", "true") == 0
    assert not schema.exists()


def test_the_schema_is_printed_as_it_is_shipped(ask, capsys) -> None:
    assert ask("config", "schema") == 0
    shipped = Path(__file__).parents[2] / "docs" / "config.schema.json"
    assert capsys.readouterr().out == shipped.read_text("utf-8")


def test_what_is_no_value_is_refused_and_nothing_written(ask, home: Path, capsys) -> None:
    for words in (
        ("tz", "Mars/Olympus"),
        ("week_start", "someday"),
        ("titles", "perhaps"),
        ("active_within", "soon"),
        ("ledger", ""),
        ("tz", "UTC", "Asia/Tokyo"),
        ("tzz", "UTC"),
        ("source.codex.path", "x"),
        ("source.codx.paths", "x"),
    ):
        assert ask("config", "set", *words) == 2, words
        err = capsys.readouterr().err
        assert err.startswith("error: ")
        assert "\n  try: " in err
        assert not list(home.iterdir()), words


@pytest.mark.parametrize(
    ("key", "near"),
    [("tzz", "tz"), ("week-start", "week_start"), ("source.codx.paths", "codex")],
)
def test_a_misspelt_key_is_answered_with_the_right_one(ask, capsys, key: str, near: str) -> None:
    assert ask("config", "get", key) == 2
    assert near in capsys.readouterr().err


def test_a_key_like_no_other_is_answered_with_all(ask, capsys) -> None:
    assert ask("config", "get", "qqqqqqqq") == 2
    assert all(key in capsys.readouterr().err for key in KEYS[:1])


def test_paths_mean_in_the_file_what_they_meant_here(
    ask, home: Path, tmp_path: Path, capsys
) -> None:
    assert ask("config", "set", "source.claude.paths", "old/.claude", "~/x", "/abs") == 0
    prices = tmp_path.parent / f"{tmp_path.name}.toml"
    prices.write_text(PRICES)
    assert ask("config", "set", "prices", f"../{prices.name}") == 0
    text = (home / "config.toml").read_text()
    assert f'paths = ["{tmp_path}/old/.claude", "~/x", "/abs"]' in text
    assert f'prices = "{prices}"' in text
    capsys.readouterr()
    assert ask("config", "get", "source.claude-code.paths") == 0
    assert capsys.readouterr().out.split() == [f"{tmp_path}/old/.claude", f"{home}/x", "/abs"]


def test_a_source_keeps_the_name_that_the_file_has(ask, home: Path) -> None:
    (home / "config.toml").write_text('[source.claude]\npaths = ["/a"]\n')
    assert ask("config", "set", "source.claude-code.paths", "/b") == 0
    assert (home / "config.toml").read_text() == '[source.claude]\npaths = ["/b"]\n'
    assert ask("config", "unset", "source.claude-code.paths") == 0
    assert "paths" not in (home / "config.toml").read_text()


def test_a_project_has_a_file_of_its_own(ask, home: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "p.toml").write_text(PRICES)
    assert ask("config", "set", "--project", "prices", "sub/p.toml") == 0
    file = tmp_path / "tally.toml"
    assert file.read_text().endswith('\nprices = "sub/p.toml"\n')
    assert not list(home.iterdir())
    assert ask("config", "path", "--project") == 0
    assert capsys.readouterr().out.strip() == str(file)


def test_a_stronger_layer_is_told(ask, home: Path, capsys) -> None:
    assert ask("config", "set", "tz", "Asia/Tokyo", TALLY_TZ="UTC") == 0
    assert "but TALLY_TZ sets it too, and comes first" in capsys.readouterr().err


def test_what_else_is_wrong_in_the_file_is_told(ask, home: Path, capsys) -> None:
    (home / "config.toml").write_text("weekstart = 1\n")
    assert ask("config", "set", "tz", "UTC") == 2
    err = capsys.readouterr().err
    assert "written to ~/config.toml" in err
    assert "did you mean week_start?" in err
    assert (home / "config.toml").read_text() == 'weekstart = 1\ntz = "UTC"\n'


def test_a_named_file_is_made_where_it_is_named(ask, home: Path) -> None:
    named = home / "dot" / "files.toml"
    assert ask("config", "set", "tz", "UTC", TALLY_CONFIG=str(named)) == 0
    assert 'tz = "UTC"' in named.read_text()
    assert "file://" in named.read_text()


def test_get_as_json_tells_the_origin(ask, capsys) -> None:
    assert ask("config", "get", "tz", "--json", TALLY_TZ="Asia/Tokyo") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["value"], found["origin"]) == ("Asia/Tokyo", "TALLY_TZ")
    assert ask("config", "get", "prices") == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "prices is not set\n")


def test_check_names_every_fault_at_once(ask, home: Path, tmp_path: Path, capsys) -> None:
    (home / "config.toml").write_text('tzz = 1\nprices = "/none.toml"\n[source.codx]\npaths = []\n')
    (tmp_path / "tally.toml").write_text('titles = "so"\n')
    assert ask("config", "check", TALLY_WEEK_START="never") == 2
    out = capsys.readouterr().out
    for word in (
        "~/config.toml:1",
        "did you mean tz?",
        "tally.toml:1",
        "TALLY_WEEK_START",
        "/none.toml",
        "'codx' in ~/config.toml:3",
        "codex",
        "5 faults",
    ):
        assert word in out, word
    assert ask("config", "check", "--json", TALLY_WEEK_START="never") == 2
    found = json.loads(capsys.readouterr().out)
    assert (found["sound"], len(found["problems"])) == (False, 5)


def test_check_of_one_file_looks_at_nothing_else(ask, home: Path, tmp_path: Path, capsys) -> None:
    (home / "config.toml").write_text("tzz = 1\n")
    (tmp_path / "other.toml").write_text('tz = "UTC"\n')
    assert ask("config", "check", "other.toml", TALLY_TZ="Mars/Olympus") == 0
    assert capsys.readouterr().out.startswith("Nothing is wrong. Looked at: ")
    (tmp_path / "other.toml").write_text("[source.codx]\npaths = []\n")
    assert ask("config", "check", "other.toml") == 2
    assert "codex" in capsys.readouterr().out
    assert ask("config", "check", "none.toml") == 2
    assert capsys.readouterr().err.startswith("error: there is no file ")


def test_a_sound_machine_is_said_to_be(ask, capsys) -> None:
    assert ask("config", "check") == 0
    assert "Nothing is wrong" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("config", "sett"), "tally help config set"),
        (("usgae",), "tally help usage"),
        (("environmnt",), "tally help environment"),
        (("zebra",), "topics: "),
        (("session", "more"), "topics: "),
    ],
)
def test_a_misspelt_topic_is_answered_with_the_right_one(ask, capsys, words, near: str) -> None:
    assert ask("help", *words) == 2
    assert f"try: {near}" in capsys.readouterr().err


def test_help_of_a_command_is_its_own(ask, capsys) -> None:
    assert ask("help", "config", "set") == 0
    once = capsys.readouterr().out
    assert once.startswith("Usage: tally config set ")
    assert ask("config", "set", "--help") == 0
    assert capsys.readouterr().out.strip() == once.strip()
    for topic in TOPICS:
        assert ask("help", topic) == 0
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= 92
        assert len(out.splitlines()) <= 45


def test_prices_that_can_not_be_read_are_refused(ask, home: Path, tmp_path: Path, capsys) -> None:
    assert ask("config", "set", "prices", "my-nope.toml") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: there is no price file {tmp_path}/my-nope.toml")
    (tmp_path / "p.toml").write_text("schema = 1\n[[price]]\nprovider = 1\n")
    for more in ((), ("--project",)):
        assert ask("config", "set", "prices", "p.toml", *more) == 2
        assert "price[0]" in capsys.readouterr().err
    assert not list(home.iterdir())
    assert not (tmp_path / "tally.toml").exists()


def test_prices_that_went_away_are_told_with_the_way_out(tell, home: Path) -> None:
    file = home / "p.toml"
    file.write_text(PRICES)
    tell("config", "set", "prices", str(file))
    file.unlink()
    said = tell("sync", code=2)
    assert said.startswith("error: there is no price file ~/p.toml\n")
    assert "try: tally config unset prices" in said
    tell("config", "unset", "prices")
    tell("sync")


@pytest.mark.parametrize("more", [(), ("--project",)])
def test_what_becomes_of_titles_is_told(tell, more: tuple[str, ...]) -> None:
    taken = "titles that are recorded are taken out at the next read"
    back = "tally sync --full brings back the titles that histories still hold"
    tell("sync")
    before = tell("sessions", "--since", "all")
    said = tell("config", "set", "titles", "false", *more, err=True)
    assert taken in said
    assert taken not in tell("config", "set", "titles", "false", *more, err=True)
    assert tell("sessions", "--since", "all") != before
    assert back in tell("config", "unset", "titles", *more, err=True)
    tell("sync", "--full")
    assert tell("sessions", "--since", "all") == before
    tell("config", "set", "titles", "false", *more)
    assert back in tell("config", "set", "titles", "true", *more, err=True)


def test_a_layer_that_does_not_hold_changes_nothing(tell, tmp_path: Path) -> None:
    (tmp_path / "tally.toml").write_text("titles = true\n")
    assert "taken out" not in tell("config", "set", "titles", "false", err=True)


def test_keys_and_themes_are_checked_before_they_are_written(tell, home: Path) -> None:
    tell("config", "set", "keys.refresh", "f5,ctrl+r")
    assert tell("config", "get", "keys.refresh").strip() == "f5,ctrl+r"
    assert "did you mean sort?" in tell("config", "set", "keys.srot", "x", code=2)
    assert "did you mean f5?" in tell("config", "set", "keys.sort", "f55", code=2)
    assert "did you mean tally-light?" in tell("config", "set", "theme", "tally-lite", code=2)
    assert "for each user to say" in tell("config", "set", "keys.sort", "x", "--project", code=2)
    text = (home / "config.toml").read_text()
    assert text.endswith('[keys]\nrefresh = "f5,ctrl+r"\n')
    tell("config", "unset", "keys.refresh")
    assert "refresh" not in (home / "config.toml").read_text()


def test_keys_that_change_places_can_be_set_one_after_the_other(tell) -> None:
    said = tell("config", "set", "keys.sort", "c", err=True)
    assert "'c' would do two things" in said
    assert "two things" not in tell("config", "set", "keys.shown", "s", err=True)
    assert tell("config", "check").startswith("Nothing is wrong")


def test_a_check_knows_what_the_live_screen_would_not_understand(tell, home: Path) -> None:
    (home / "config.toml").write_text('theme = "sunset"\n[keys]\nfly = "f"\nsort = "c"\n')
    said = tell("config", "check", code=2)
    assert "no theme is called 'sunset' in ~/config.toml" in said
    assert "no action is called 'fly'" in said
    assert "'c' would do two things" in said
    assert "3 faults" in said
