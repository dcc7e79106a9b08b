"""Changing a settings file: what was asked for and nothing else; lines of keys; the schema."""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.errors import SettingsError, UsageMistake
from tallybook.settings import SETTINGS, survey_file
from tallybook.settings.keys import TABLES
from tallybook.settings.lines import fault_line, key_lines
from tallybook.settings.schema import settings_schema
from tallybook.settings.values import Ground
from tallybook.settings.writing import Change, change_file
from tallybook.sources import source_name, source_names

PATHS = ("source", "codex", "paths")
OLD = """\
# mine
tz = "Asia/Tokyo"   # where I live

# agents
[source.codex]
paths = [
  "a",  # old
]
"""
LAYOUTS = (
    "",
    OLD,
    OLD.replace("\n", "\r\n"),
    'source.codex.paths = ["x"]\n',
    'source = { codex = { paths = ["x"] } }\n',
    '[source]\n[source.claude-code]\npaths = ["z"]\n\n# tail\n',
    '"tz" = "UTC"',
    "titles = false\n[source.codex]\n",
    "source = {}\n",
    "tz = 'UTC'\nsource = { claude-code = {} }\n[source-of]\n",
)
CHANGES = (
    Change(("tz",), "UTC"),
    Change(("titles",), True),
    Change(("tz",), None),
    Change(PATHS, ["n", "m"]),
    Change(PATHS, None),
)


@pytest.mark.parametrize("old", LAYOUTS)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_change_says_what_was_asked_and_nothing_else(
    tmp_path: Path, old: str, change: Change
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(old.encode())
    changed = change_file(file, change)
    new = file.read_bytes().decode()
    assert changed == (new != old)
    before, after = tomllib.loads(old), tomllib.loads(new)
    assert value_at(after, change.path) == change.value
    for key in {*before, *after} - {change.path[0]}:
        assert after[key] == before[key]
    kept = [row for row in old.splitlines() if row.lstrip().startswith("#")]
    assert [row for row in new.splitlines() if row in kept] == kept
    assert ("\r" in new) == ("\r" in old)
    assert "\n" not in new.replace("\r\n", "") or "\r" not in old


@pytest.mark.parametrize(
    "old",
    [
        "source = 5\n",
        'source = ["x"]\n',
        "[[source]]\n",
        "[[source.codex]]\n",
        "[source]\ncodex = 5\n",
        "[source]\ncodex = []\n",
    ],
)
def test_what_stands_where_a_table_should_be_is_left_alone(tmp_path: Path, old: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(old)
    with pytest.raises(SettingsError, match="can't be changed safely") as caught:
        change_file(file, Change(PATHS, ["n"]))
    assert "source.codex.paths" in caught.value.because
    assert not change_file(file, Change(PATHS, None))
    assert file.read_text() == old


def value_at(values: object, path: tuple[str, ...]) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def test_the_rest_of_a_line_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(OLD)
    assert change_file(file, Change(("tz",), "UTC"))
    assert file.read_text() == OLD.replace('"Asia/Tokyo"', '"UTC"')
    assert not change_file(file, Change(("tz",), "UTC"))


@given(
    text=st.text(st.characters(exclude_categories=("Cs",)), max_size=80),
    change=st.sampled_from(CHANGES),
)
def test_whatever_a_file_holds_a_change_is_right_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, change: Change
) -> None:
    file = tmp_path_factory.mktemp("any") / "config.toml"
    file.write_bytes(text.encode())
    try:
        change_file(file, change)
    except SettingsError:
        assert file.read_bytes() == text.encode()
    else:
        assert value_at(tomllib.loads(file.read_text("utf-8-sig")), change.path) == change.value
    assert [each.name for each in file.parent.iterdir()] == ["config.toml"]


def test_a_new_file_is_the_users_alone_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    change_file(file, Change(("tz",), "UTC"), head="# hello\n\n")
    assert file.read_text() == '# hello\n\ntz = "UTC"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    change_file(file, Change(("tz",), "Asia/Tokyo"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    change_file(link, Change(("tz",), "UTC"))
    assert link.is_symlink()
    assert real.read_text() == 'tz = "UTC"\n'


def test_a_broken_file_is_refused_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("tz = [")
    with pytest.raises(SettingsError, match="not valid TOML"):
        change_file(file, Change(("tz",), "UTC"))
    assert file.read_text() == "tz = ["


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="needs a folder that takes no file")
def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't write"):
        change_file(Path("/proc/self/config.toml"), Change(("tz",), "UTC"))


def test_each_key_has_its_line() -> None:
    found = key_lines(
        '# a\ntz = """\nx\n"""\n\n[source.codex]\npaths = [\n  "a",\n]\n[source."a.b"]\nq = 1\n'
    )
    assert found["tz",] == 2
    assert found["source", "codex"] == 6
    assert found[PATHS] == 7
    assert found["source", "a.b", "q"] == 11


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.integers(), min_size=1))
def test_lines_are_those_of_the_file(values: dict[str, int]) -> None:
    text = "".join(f"# {key}\n{key} = {value}\n" for key, value in values.items())
    assert key_lines(text) == {(key,): 2 * at + 2 for at, key in enumerate(values)}


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = ", 2), ("a = 1\n\nb = [\n1,\n", 4)])
def test_what_is_no_toml_breaks_on_a_line(text: str, line: int) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert fault_line(text, caught.value) == line


def test_every_fault_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('\ntzz = 1\nweek_start = "x"\ntitles = true\n\n[source.codex]\npath = 3\n')
    values, faults = survey_file(file, tmp_path)
    assert values == {"titles": True}
    places = [str(fault).split("config.toml:")[1][0] for fault in faults]
    assert places == ["2", "3", "7"]
    assert "did you mean tz?" in faults[0].hint
    assert "source.codex.paths" in faults[2].hint


@pytest.mark.parametrize(
    "text",
    ["\ufefftz = 'UTC'\n", "tz = 'UTC'\r\ntitles = true\r\n", "tz = 'UTC'"],
)
def test_what_editors_of_other_systems_write_is_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode())
    values, faults = survey_file(file, tmp_path)
    assert (values["tz"], faults) == ("UTC", ())


@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 3_000, f"x = {'9' * 5_000}", f"tz = 0x{'f' * 5_000}", "tz = 'a\\u0000'"],
)
def test_what_no_reader_expects_is_a_fault(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    _, faults = survey_file(file, tmp_path)
    assert len(faults) == 1
    assert faults[0].hint


def test_the_schema_takes_what_the_program_takes(tmp_path: Path) -> None:
    schema = json.loads(json.dumps(settings_schema(source_names())))
    assert {*schema["properties"]} == {*SETTINGS, *TABLES}
    assert {*schema["properties"]["source"]["properties"]} == {*source_names()}
    assert schema["$schema"].endswith("2020-12/schema")
    file = tmp_path / "config.toml"
    for key, form in schema["properties"].items():
        words = form.get("anyOf", [{}])[0].get("enum", ())
        for value in (*words, *([form["default"]] if "default" in form else ())):
            file.write_text(f"{key} = {json.dumps(value)}\n")
            assert survey_file(file, tmp_path)[1] == ()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("titles", (True, "yes", "No", "TRUE", "0", "y", "", 1, None)),
        ("week_start", ("sunday", "Sunday", "MONDAY", "sun", "sunday ", 0)),
        ("currency", ("EUR", "eur", "native", "Native", "euro", "€", "EU", "EUR ", 1)),
        ("glyphs", ("auto", "Braille", "ASCII", "blocks", "", 1)),
        ("theme", ("tally-light", "", 5)),
        ("active_within", ("5M", " 90 s ", "1h", "0m", "5d", "1000000s", 5)),
    ],
)
def test_the_schema_and_the_reader_agree(key: str, values: tuple[object, ...]) -> None:
    form = settings_schema(source_names())["properties"][key]
    for value in values:
        assert fits(form, value) == read(key, value), value


def fits(form: dict[str, Any], value: object) -> bool:
    """Whether a value has a form, as far as those of our schema go."""
    if "anyOf" in form:
        return any(fits(each, value) for each in form["anyOf"])
    if not isinstance(value, {"string": str, "boolean": bool}[form["type"]]):
        return False
    there = "pattern" not in form or re.search(form["pattern"], str(value), re.ASCII)
    long_enough = not isinstance(value, str) or len(value) >= form.get("minLength", 0)
    return bool(there) and long_enough and value in form.get("enum", [value])


def read(key: str, value: object) -> bool:
    try:
        SETTINGS[key].read(value, Ground(Path(), Path()))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", ["claude-code", "claude", "cod", "openco"])
def test_the_schema_knows_short_names_of_sources(name: str) -> None:
    form = settings_schema(source_names())["properties"]["source"]
    assert source_name(name) in form["properties"]
    assert name in form["properties"] or re.search(*form["patternProperties"], name)


@pytest.mark.parametrize("name", ["cl", "co", "claude-codes", "Codex", "xclaude"])
def test_the_schema_knows_no_other_source(name: str) -> None:
    form = settings_schema(source_names())["properties"]["source"]
    assert name not in form["properties"]
    assert not re.search(*form["patternProperties"], name)
    with pytest.raises(UsageMistake):
        source_name(name)


@given(text=st.text(max_size=12) | st.from_regex(r"\s?[1-9]\d{0,6}\s?[smhdSMH]\s?"))
def test_the_schema_and_the_reader_agree_on_lengths_of_time(text: str) -> None:
    form = SETTINGS["active_within"].form
    assert read("active_within", text) == (
        re.search(str(form["pattern"]), text, re.ASCII) is not None
    )


def test_a_value_that_is_no_utf8_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "mine" / "config.toml"
    file.parent.mkdir()
    file.write_text(OLD, encoding="utf-8")
    with pytest.raises(SettingsError, match="this value of ledger can't be written"):
        change_file(file, Change(("ledger",), "/d/bad\udcff"))
    assert file.read_text(encoding="utf-8") == OLD
    assert list(file.parent.iterdir()) == [file]
