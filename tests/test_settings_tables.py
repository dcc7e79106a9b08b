"""The tables of quotas, alerts, views and probes: what they mean, what is wrong with them, and how
they are written without touching anything else."""

from __future__ import annotations

import sys
import time
import tomllib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.errors import SettingsError
from tallybook.model import CLASSES, NANOS
from tallybook.query import Filter
from tallybook.quota import Limit, Quota, Window
from tallybook.settings import Settings, Surroundings, load_settings, survey_settings
from tallybook.settings.keys import setting_of
from tallybook.settings.schema import settings_schema
from tallybook.settings.tablekeys import TABLE_KEYS, shown_value, toml_example
from tallybook.settings.told import AlertRule, Probe, View
from tallybook.settings.toldvalues import masked
from tallybook.settings.writing import drop_table, write_table, write_tables

WHOLE = """\
tz = "Europe/Berlin"
week_start = "sunday"

[quota.daily]
limit = "20usd"
per = "week"
where = ["project=shop", "model~opus", "model~sonnet"]
basis = "billed"
classes = ["output", "input"]
each = "consumer"
warn = [100, 50, 50]
title = "Ours"
[quota.daily.multipliers]
"gpt-5" = "4"
"gpt-5-mini" = "0.33"
"deepseek" = 2

[quota.claude]
per = "5h"
tz = "Asia/Tokyo"

[quota.deepseek]
limit = "100cny"
per = "prepaid"
since = 2026-11-01

[alert.team]
on = ["quota:*", "limit:codex", "pace"]
to = ["env:TALLY_DISCORD", "https://hooks.example.com/T0/secret", "command:say -v x"]
at_least = 90
secret = "hunter22"

[alert.monday]
view = "costs"
at = "Monday  09:00"
to = ["ntfy://ntfy.sh/topic"]

[view.costs]
usage = "tally usage model --last 7d --where 'project=my shop'"

[probe.claude]
consent = true
every = "15m"
key = "MY_KEY"
"""


def around(folder: Path) -> Surroundings:
    return Surroundings(
        environ={"TZ": "UTC"},
        home=folder,
        cwd=folder / "project",
        config_file=folder / "config.toml",
        ledger_file=folder / "ledger.db",
    )


def loaded(folder: Path, user: str, project: str = "") -> Settings:
    """The settings of a user's file and, if there is one, of a project's."""
    (folder / "config.toml").write_text(user)
    (folder / "project").mkdir(exist_ok=True)
    if project:
        (folder / "project" / "tally.toml").write_text(project)
    return load_settings(around(folder))


def test_each_table_means_what_it_says(tmp_path: Path) -> None:
    settings = loaded(tmp_path, WHOLE)
    origin = str(tmp_path / "config.toml")
    assert settings.quotas["daily"] == Quota(
        name="daily",
        window=Window("week", tz="Europe/Berlin", week_start=6),
        limit=Limit(20 * NANOS, "USD"),
        where=(
            Filter(dimension="project", values=("shop",)),
            Filter(dimension="model", op="~", values=("opus", "sonnet")),
        ),
        basis="billed",
        classes=("input", "output"),
        each="user",
        multipliers=(("gpt-5-mini", 330), ("deepseek", 2000), ("gpt-5", 4000)),
        levels=(50, 100),
        title="Ours",
        origin=origin,
    )
    claude, deepseek = settings.quotas["claude"], settings.quotas["deepseek"]
    assert (claude.limit, claude.window.minutes, claude.window.tz) == (None, 300, "Asia/Tokyo")
    assert (claude.classes, claude.levels) == (CLASSES, (80, 90, 100))
    assert deepseek.window.anchor_ms == 1_793_487_600_000  # midnight in Berlin, where it is winter
    assert settings.alerts["team"] == AlertRule(
        name="team",
        on=("quota:*", "limit:codex", "pace"),
        to=("env:TALLY_DISCORD", "https://hooks.example.com/T0/secret", "command:say -v x"),
        at_least=90,
        secret="hunter22",
        origin=origin,
    )
    assert (settings.alerts["monday"].view, settings.alerts["monday"].at) == (
        "costs",
        "monday 09:00",
    )
    words = ("model", "--last", "7d", "--where", "project=my shop")
    assert settings.views == {"costs": View(name="costs", usage=words, origin=origin)}
    asked = Probe(name="claude", consent=True, every_s=900, key="MY_KEY", origin=origin)
    assert settings.probes == {"claude": asked}


@pytest.mark.parametrize(
    ("text", "key", "because"),
    [
        ('[quota.x]\nlimit = "20usd"', "quota.x", "per is missing"),
        ('[quota.x]\nper = "fortnight"', "quota.x.per", "fortnight"),
        ('[quota.x]\nper = "prepaid"\nlimit = "5usd"', "quota.x.per", "from which"),
        ('[quota.x]\nper = "day"\nlimit = "20"\nlimt = "2"', "quota.x.limt", "no such key"),
        ('[quota.x]\nper = "day"\nlimit = "20 bananas"', "quota.x.limit", "20 bananas"),
        ('[quota.x]\nper = "day"\nwhere = ["colour=red"]', "quota.x.where", "colour"),
        ('[quota.x]\nper = "day"\nwhere = "project=x"', "quota.x.where", "must be a list"),
        ('[quota.x]\nper = "day"\nclasses = ["inputs"]', "quota.x.classes", "input"),
        ('[quota.x]\nper = "day"\nwarn = [0]', "quota.x.warn", "per cent"),
        ('[quota.x]\nper = "day"\nwarn = [true]', "quota.x.warn", "per cent"),
        ('[quota.x]\nper = "month"\nsince = "today"', "quota.x.since", "day such as"),
        ('[quota.x]\nper = "month"\nsince = "2026-13-01"', "quota.x.per", "2026-13-01"),
        ('[quota.x]\nper = "day"\ntz = "Mars/Olympus"', "quota.x.tz", "IANA"),
        ("[quota.x]\nper = 'day'\nmultipliers = { a = 0.33 }", "quota.x.multipliers", "quotes"),
        ("[quota.x]\nper = 'day'\nmultipliers = { a = '-1' }", "quota.x.multipliers", "quotes"),
        ('[quota.X]\nper = "day"', "quota.X", "small letters"),
        ('quota = "x"', "quota", ""),
        ("[quota]\nx = 3", "quota.x", ""),
        ('[alert.x]\non = ["pace"]', "alert.x", "to is missing"),
        ('[alert.x]\nto = ["env:A"]', "alert.x", "on is missing"),
        ('[alert.x]\nto = ["env:A"]\nview = "v"', "alert.x.view", "needs both"),
        ('[alert.x]\nto = ["env:A"]\nview = "v"\nat = "9"', "alert.x.at", "09:00"),
        ('[alert.x]\nto = ["env:A"]\non = ["quoda:*"]', "alert.x.on", "quota:*"),
        ('[alert.x]\nto = ["hunter22"]\non = ["*"]', "alert.x.to", "address 1"),
        ("[view.x]\n", "view.x", "usage is missing"),
        ('[view.x]\nusage = "model \'a"', "view.x.usage", "words"),
        ('[view.x]\nusage = "@y"', "view.x.usage", "another"),
        ('[probe.x]\nconsent = "perhaps"', "probe.x.consent", "true or false"),
        ('[probe.x]\nkey = "sk-123"', "probe.x.key", "name of a variable"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_a_way_out(
    tmp_path: Path, text: str, key: str, because: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, f"# first\n{text}\n")
    assert f"'{key}' in {tmp_path}/config.toml:" in str(caught.value)
    assert because in caught.value.because
    assert caught.value.hint
    assert "hunter22" not in f"{caught.value}{caught.value.because}{caught.value.hint}"


def test_every_fault_is_told_and_what_is_sound_holds(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "config.toml").write_text(
        '[quota.good]\nper = "day"\n[quota.bad]\nper = "x"\n[quota.worse]\nlimit = "y"\nwarn = 3\n'
        "[alert.bad]\nto = []\n[view.bad]\nusage = 3\n"
    )
    settings, faults = survey_settings(around(tmp_path))
    assert list(settings.quotas) == ["good"]
    assert (settings.alerts, settings.views) == ({}, {})
    assert len(faults) == 5
    assert {str(fault).split("'")[1] for fault in faults} == {
        *(
            "quota.bad.per",
            "quota.worse.limit",
            "quota.worse.warn",
            "alert.bad.to",
            "view.bad.usage",
        )
    }


def test_a_project_has_quotas_and_views_of_its_own(tmp_path: Path) -> None:
    user = '[quota.b]\nper = "week"\n'
    project = '[quota.a]\nper = "month"\n[view.v]\nusage = "model"\n'
    settings = loaded(tmp_path, user, project)
    assert settings.quotas["a"].origin == str(tmp_path / "project" / "tally.toml")
    assert settings.quotas["b"].window.kind == "week"
    assert settings.views["v"].usage == ("model",)


def test_a_project_puts_nothing_in_the_place_of_mine(tmp_path: Path) -> None:
    user = '[quota.a]\nper = "day"\nlimit = "1usd"\n[view.v]\nusage = "day"\n'
    project = '[quota.a]\nper = "day"\nlimit = "9usd"\nwarn = [1000]\n[view.v]\nusage = "model"\n'
    settings = loaded(tmp_path, user, project)
    mine, theirs = str(tmp_path / "config.toml"), str(tmp_path / "project" / "tally.toml")
    whole = settings.quotas["a"]
    assert (whole.limit, whole.levels, whole.origin) == (Limit(NANOS, "USD"), (80, 90, 100), mine)
    assert settings.views["v"].usage == ("day",)
    assert settings.overlooked == {"quota.a": theirs, "view.v": theirs}
    assert settings.origins["quota.a"] == mine


def test_a_project_cuts_its_own_quotas_and_not_mine(tmp_path: Path) -> None:
    user = 'tz = "Asia/Tokyo"\n[quota.mine]\nper = "week"\n'
    project = 'tz = "Pacific/Kiritimati"\nweek_start = "friday"\n[quota.theirs]\nper = "week"\n'
    settings = loaded(tmp_path, user, project)
    assert settings.quotas["mine"].window == Window("week", tz="Asia/Tokyo")
    assert settings.quotas["theirs"].window == Window("week", tz="Pacific/Kiritimati", week_start=4)
    assert settings.tz == "Pacific/Kiritimati"
    assert loaded(tmp_path, '[quota.mine]\nper = "day"\n').quotas["mine"].window.tz == "UTC"


def test_a_project_does_not_decide_where_usage_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not for a project's file"):
        loaded(tmp_path, "", 'ledger = "here.db"\n')


def test_one_file_that_is_both_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[quota.a]\nper = "day"\n[probe.codex]\n')
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "tally.toml").symlink_to(tmp_path / "config.toml")
    settings = load_settings(around(tmp_path))
    assert (list(settings.quotas), settings.overlooked) == (["a"], {})
    assert settings.files == (tmp_path / "config.toml",)


@pytest.mark.parametrize(
    "lines",
    [
        '[quota.a]\nper = "day"\n' + "".join(f"k{n} = 1\n" for n in range(2_000)),
        '[quota.a]\nper = "day"\nwhere = [\n' + '"x=1",\n' * 4_000 + "]\n",
    ],
)
def test_a_strangers_file_does_not_hold_up_every_command(tmp_path: Path, lines: str) -> None:
    began = time.process_time()
    with pytest.raises(SettingsError, match="can't be used"):
        loaded(tmp_path, "", lines)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("table", ['[alert.x]\non = ["*"]\nto = ["env:A"]', "[probe.claude]"])
def test_a_project_decides_neither_who_is_told_nor_who_is_asked(tmp_path: Path, table: str) -> None:
    with pytest.raises(SettingsError, match="is not for a project's file"):
        loaded(tmp_path, "", table)


def test_the_zone_of_a_quota_is_its_own_or_that_of_all(tmp_path: Path) -> None:
    loaded(tmp_path, '[quota.a]\nper = "day"\n[quota.b]\nper = "day"\ntz = "Asia/Tokyo"\n')
    settings = load_settings(around(tmp_path), {"tz": "UTC", "week_start": "sunday"})
    assert [each.window.tz for each in settings.quotas.values()] == ["UTC", "Asia/Tokyo"]
    assert settings.quotas["a"].window.week_start == 6


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("env:MY_HOOK", "env:MY_HOOK"),
        (
            "https://user:pw@hooks.example.com:8443/T0/xyz?token=1",
            "https://hooks.example.com:8443/…",
        ),
        ("http://me:p@ss@[::1]:8080/hook", "http://[::1]:8080/…"),
        ("http://me:12345@/hook", "http://…"),
        ("discord://123/abc", "discord://…"),
        ("command:notify-send --token abc", "command:notify-send …"),
        ("command:TOKEN=abc notify", "command:…"),
        ("hunter22", "…"),
    ],
)
def test_an_address_is_shown_without_what_opens_it(address: str, shown: str) -> None:
    assert masked(address) == shown
    setting = TABLE_KEYS["alert"]["to"]
    assert shown_value(setting, [address]) == [shown]


def test_every_example_is_a_value(tmp_path: Path) -> None:
    for kind, keys in TABLE_KEYS.items():
        for key, setting in keys.items():
            assert setting_of(f"{kind}.x.{key}") is setting
            line = toml_example(key, setting)
            setting.read(tomllib.loads(line)[key], around(tmp_path))  # type: ignore[arg-type] - no path is read


def test_the_schema_knows_what_is_needed() -> None:
    schema = settings_schema(["codex"])
    defs = schema["$defs"]
    assert isinstance(defs, dict)
    assert {kind: defs[kind].get("required") for kind in TABLE_KEYS} == {
        "quota": ["per"],
        "alert": ["to"],
        "view": ["usage"],
        "probe": None,
    }
    for kind, keys in TABLE_KEYS.items():
        assert list(defs[kind]["properties"]) == list(keys)


DAILY = {"limit": "20usd", "per": "day"}
LAYOUTS = (
    "",
    'tz = "UTC"  # mine\n\n[quota.daily] # that one\nlimit = "5usd" # little\nper = "day"\n',
    '[quota.daily]\nper = "week"\n[quota.daily.multipliers]\nx = "2"\n[keys]\nrefresh = "f5"\n',
    '[quota.a]\nper = "day"\n[view.v]\nusage = "day"\n[quota.b]\nper = "day"\n',
    'quota = { daily = { per = "hour" } }\n',
    'quota.daily.per = "hour"\n',
    '[quota]\ndaily = { per = "hour", limit = "1usd" }\n# end\n',
    '[quota.daily]\r\nper = "hour" # crlf\r\n',
)


@pytest.mark.parametrize("old", LAYOUTS)
def test_a_table_is_written_and_nothing_else_is_touched(tmp_path: Path, old: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(old.encode())
    before = tomllib.loads(old)
    assert write_table(file, ("quota", "daily"), DAILY)
    text = file.read_bytes().decode()
    after = tomllib.loads(text)
    assert after["quota"].pop("daily") == DAILY
    before.get("quota", {}).pop("daily", None)
    assert {key: each for key, each in after.items() if each} == {
        key: each for key, each in before.items() if each
    }
    assert [line.partition("#")[2] for line in old.splitlines() if "#" in line] == [
        line.partition("#")[2] for line in text.splitlines() if "#" in line
    ]
    assert not write_table(file, ("quota", "daily"), DAILY)
    assert drop_table(file, ("quota", "daily"))
    assert not drop_table(file, ("quota", "daily"))
    assert "daily" not in tomllib.loads(file.read_bytes().decode()).get("quota", {})


def test_several_tables_are_written_at_once_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    good, bad = {("quota", "a"): DAILY}, {("quota", "b"): {"per": "fortnight"}}
    with pytest.raises(SettingsError):
        write_tables(file, {**good, **bad})
    assert not file.exists()
    assert write_tables(file, {**good, ("probe", "codex"): {"consent": True}}, head="# new\n")
    assert file.read_text().startswith("# new\n")
    assert not drop_table(tmp_path / "other.toml", ("quota", "a"))


def _write(file: Path, name: str) -> bool:
    return write_table(file, ("quota", name), DAILY)


@pytest.mark.skipif(sys.platform == "win32", reason="no folder can be locked there")
def test_nothing_that_is_written_at_once_is_lost(tmp_path: Path) -> None:
    file, names = tmp_path / "dotfiles" / "mine.toml", [f"q{number}" for number in range(24)]
    (tmp_path / "config.toml").symlink_to(file)
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        there = [tmp_path / "config.toml"] * len(names)
        assert all(pool.map(_write, there, names))
    assert set(tomllib.loads(file.read_text())["quota"]) == set(names)
    assert [each.name for each in file.parent.iterdir()] == ["mine.toml"]


@given(
    limit=st.sampled_from(["20usd", "5M", "300 requests", "0.5eur"]),
    per=st.sampled_from(["hour", "day", "week", "month", "5h", "sliding 24h", "ever"]),
    warn=st.lists(st.integers(1, 1000), min_size=1, max_size=4),
    title=st.text(st.characters(exclude_categories=("Cs",)), min_size=1),
)
def test_what_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, limit: str, per: str, warn: list[int], title: str
) -> None:
    folder = tmp_path_factory.mktemp("written")
    values: dict[str, object] = {"limit": limit, "per": per, "warn": warn, "title": title}
    write_table(folder / "config.toml", ("quota", "x"), values)
    settings = load_settings(around(folder)._replace(cwd=folder))
    assert settings.tables[("quota", "x")].values == values
    assert settings.quotas["x"].levels == tuple(sorted(set(warn)))
