"""Settings in layers: which value wins, where it came from, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tallybook.clock import system_zone
from tallybook.errors import SettingsError
from tallybook.settings import (
    Settings,
    Surroundings,
    load_settings,
    survey_settings,
    zone_warning,
)


class Place:
    """A home with a user's settings file, and a project inside a repository."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.project = folder / "repository" / "deep" / "below"
        self.project.mkdir(parents=True)
        self.home.mkdir(exist_ok=True)
        (folder / "repository" / ".git").mkdir()
        self.user_file = self.home / "config.toml"
        self.project_file = folder / "repository" / "tally.toml"
        self.outside = folder / "tally.toml"

    def settings(
        self,
        environ: Mapping[str, str] | None = None,
        flags: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
    ) -> Settings:
        return load_settings(
            Surroundings(
                environ=environ or {},
                home=self.home,
                cwd=cwd or self.project,
                config_file=self.user_file,
                ledger_file=self.home / "ledger.db",
            ),
            flags,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_defaults(place: Place) -> None:
    settings = place.settings({"TZ": "UTC"})
    assert settings.ledger == str(place.home / "ledger.db")
    assert (settings.tz, settings.week_start, settings.prices) == ("UTC", 0, None)
    assert settings.titles is True
    assert settings.origins["ledger"] == "default"
    assert settings.origins["tz"] == "TZ"


def test_each_layer_overrides_the_ones_below(place: Place) -> None:
    place.user_file.write_text('tz = "Asia/Tokyo"\nweek_start = "sunday"\ntitles = false\n')
    place.project_file.write_text('tz = "Asia/Shanghai"\nweek_start = "saturday"\n')
    environ = {"TALLY_TZ": "Europe/Berlin", "TALLY_WEEK_START": ""}
    below = place.settings()
    assert (below.tz, below.origins["tz"]) == ("Asia/Shanghai", str(place.project_file))
    assert (below.week_start, below.titles) == (5, False)
    assert below.origins["titles"] == str(place.user_file)
    assert below.files == (place.project_file, place.user_file)
    middle = place.settings(environ)
    assert (middle.tz, middle.origins["tz"]) == ("Europe/Berlin", "TALLY_TZ")
    assert middle.week_start == 5
    top = place.settings(environ, {"tz": "UTC", "week_start": None})
    assert (top.tz, top.origins["tz"]) == ("UTC", "flag --tz")


def test_paths_start_at_the_file_that_names_them(place: Place) -> None:
    place.user_file.write_text(
        'ledger = "books/l.db"\nprices = "~/p.toml"\n'
        '[source.claude-code]\npaths = ["old/.claude", "~/x", "/abs"]\n'
    )
    settings = place.settings()
    assert settings.ledger == str(place.home / "books/l.db")
    assert settings.prices == place.home / "p.toml"
    assert settings.paths == {
        "claude-code": (place.home / "old/.claude", place.home / "x", Path("/abs"))
    }
    here = place.settings({"TALLY_LEDGER": "mine.db"})
    assert here.ledger == str(place.project / "mine.db")
    assert place.settings({"TALLY_LEDGER": "postgresql://h/db"}).ledger == "postgresql://h/db"


def test_a_project_file_outside_the_repository_is_not_obeyed(place: Place) -> None:
    place.outside.write_text('tz = "Asia/Tokyo"\n')
    assert place.settings({"TZ": "UTC"}).files == ()
    loose = place.outside.parent / "loose"
    loose.mkdir()
    assert place.settings({"TZ": "UTC"}, cwd=loose).files == ()
    assert place.settings(cwd=loose.parent).tz == "Asia/Tokyo"


def test_the_users_file_can_be_named(place: Place) -> None:
    other = place.home / "other.toml"
    other.write_text('tz = "Asia/Tokyo"\n')
    assert place.settings({"TALLY_CONFIG": str(other)}).tz == "Asia/Tokyo"
    with pytest.raises(SettingsError, match="there is no settings file"):
        place.settings({"TALLY_CONFIG": str(place.home / "none.toml")})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('week_star = "monday"', ("week_star", "week_start")),
        ('week_start = "someday"', ("week_start", "monday")),
        ("week_start = 1", ("week_start", "text")),
        ('tz = "Mars/Olympus"', ("tz", "IANA")),
        ('titles = "perhaps"', ("titles", "true or false")),
        ("titles = 1.5", ("titles", "true or false")),
        ("prices = 3", ("prices", "text")),
        ('ledger = ""', ("ledger", "empty")),
        ("source = 3", ("source", "[source.claude-code]")),
        ('[source.claude-code]\npath = ["x"]', ("source.claude-code.path", "paths")),
        ('[source.claude-code]\npaths = "x"', ("source.claude-code.paths", "list")),
        ("tz = ", ("TOML", "")),
    ],
)
def test_what_is_wrong_is_named_with_its_file(
    place: Place, text: str, words: tuple[str, str]
) -> None:
    place.user_file.write_text(text + "\n")
    with pytest.raises(SettingsError) as caught:
        place.settings()
    error = caught.value
    whole = f"{error} {error.because} {error.hint}"
    assert str(place.user_file) in str(error)
    assert all(word in whole for word in words)
    assert error.exit_code == 2


def test_a_wrong_layer_below_is_still_told(place: Place) -> None:
    place.user_file.write_text('tz = "Nowhere/Here"\n')
    with pytest.raises(SettingsError):
        place.settings(flags={"tz": "UTC"})


def test_a_wrong_variable_is_named(place: Place) -> None:
    with pytest.raises(SettingsError, match="TALLY_TZ"):
        place.settings({"TALLY_TZ": "Nowhere/Here"})


def test_the_zone_of_the_system(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    target = tmp_path / "zoneinfo" / "Asia" / "Kathmandu"
    target.parent.mkdir(parents=True)
    target.touch()
    link.symlink_to(target)
    assert system_zone({}, str(link)) == ("Asia/Kathmandu", str(link))
    assert system_zone({"TZ": ":Europe/Berlin"}, str(link)) == ("Europe/Berlin", "TZ")
    assert system_zone({"TZ": "/usr/share/zoneinfo/Asia/Tokyo"}, str(link))[0] == "Asia/Tokyo"
    assert system_zone({"TZ": f":{link}"}, "/none") == ("Asia/Kathmandu", "TZ")
    assert system_zone({}, str(tmp_path / "none")) == ("UTC", "default")


@pytest.mark.parametrize(
    "named", ["CET-1CEST,M3.5.0", "Mars/Olympus", "/no/such/file", "..", "x\0"]
)
def test_a_tz_that_names_no_zone_is_utc_and_told(place: Place, named: str) -> None:
    settings = place.settings({"TZ": named})
    assert settings.tz == "UTC"
    assert "is not a zone name" in settings.origins["tz"]
    assert zone_warning(settings) == f"TZ={named} is not a zone name: days are cut in UTC"
    assert zone_warning(place.settings({"TZ": named, "TALLY_TZ": "Asia/Tokyo"})) == ""
    assert zone_warning(place.settings({"TZ": "UTC"})) == ""


def test_a_survey_names_every_fault_and_keeps_the_rest(place: Place) -> None:
    place.user_file.write_text(
        'tz = "Mars/Olympus"\nweek_start = "sunday"\nwhat = 1\nsource = 3\ntitles = 7\n'
    )
    place.project_file.write_text("tz = [")
    settings, faults = survey_settings(
        Surroundings(
            environ={"TZ": "Asia/Tokyo", "TALLY_LEDGER": "mine.db", "TALLY_TITLES": "maybe"},
            home=place.home,
            cwd=place.project,
            config_file=place.user_file,
            ledger_file=place.home / "ledger.db",
        )
    )
    assert (settings.tz, settings.week_start, settings.titles) == ("Asia/Tokyo", 6, True)
    assert settings.ledger == str(place.project / "mine.db")
    said = "\n".join(f"{fault} {fault.because} {fault.hint}" for fault in faults)
    for word in ("Mars/Olympus", "what", "source", "TALLY_TITLES", "not valid TOML"):
        assert word in said
    assert len(faults) == 6
    assert all(fault.hint for fault in faults)


def test_keys_are_set_one_by_one_in_the_users_own_file(place: Place) -> None:
    place.user_file.write_text('glyphs = "ASCII"\n[keys]\nrefresh = "f5, ctrl+r,f5"\n"q-x" = ","\n')
    place.project_file.write_text('theme = "nord"\n[keys]\nsort = "f6"\n')
    settings, faults = survey_settings(
        Surroundings(
            environ={"TALLY_THEME": "tally-light", "TALLY_KEYS": "never read"},
            home=place.home,
            cwd=place.project,
            config_file=place.user_file,
            ledger_file=place.home / "ledger.db",
        )
    )
    assert settings.keys == {"refresh": ("f5", "ctrl+r")}
    assert settings.origins["keys.refresh"] == str(place.user_file)
    assert (settings.theme, settings.glyphs) == ("tally-light", "ascii")
    personal, nameless = faults
    assert "'keys.sort'" in str(personal)
    assert "not for a project's file" in str(personal)
    assert f"{place.user_file}:4" in str(nameless)
    assert "one key" in nameless.because


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keys = 5", "must be a table"),
        ("[keys]\nrefresh = []", "bad value"),
        ("[keys.refresh]\nx = 1", "bad value"),
        ('glyphs = "dots"', "bad value"),
        ("theme = 1", "bad value"),
    ],
)
def test_keys_and_looks_that_can_not_be_are_faults(place: Place, text: str, said: str) -> None:
    place.user_file.write_text(text + "\n")
    with pytest.raises(SettingsError, match=said) as told:
        place.settings()
    assert told.value.hint


def test_a_list_of_keys_is_told_how_keys_are_written(place: Place) -> None:
    place.user_file.write_text('[keys]\nrefresh = ["f5", "ctrl+r"]\n')
    with pytest.raises(SettingsError) as told:
        place.settings()
    assert '"ctrl+r,f5"' in told.value.because
