"""Settings of gateways' logs: what is kept of them, and logs that are read without code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.cli.mappings import faults_of
from tallybook.errors import SettingsError
from tallybook.settings import Settings, SourceSettings, Surroundings, load_settings, survey_file
from tallybook.settings.fieldpaths import Condition, condition, field_path
from tallybook.settings.logs import FIELDS, LogMapping, mapping_of
from tallybook.settings.schema import settings_schema
from tallybook.settings.values import Ground, read_patterns, read_size

LOG = """\
[log.acme]
paths = ["acme/*.log"]
only = ["kind=llm", "usage"]
skip = "path!=/v1/chat"

[log.acme.fields]
time = "at"
model = ["answer.model", 'request."model.name"']
usage = "answer.usage"

[log.acme.fields.counts]
prompt_tokens = "tokens[0]"
"prompt_tokens_details.cached_tokens" = "tokens[-1]"
"""


def settings_of(folder: Path, text: str, **environ: str) -> Settings:
    """The settings of a user's file."""
    (folder / "config.toml").write_text(text)
    return load_settings(
        Surroundings(
            environ=environ,
            home=folder,
            cwd=folder,
            config_file=folder / "config.toml",
            ledger_file=folder / "ledger.db",
        )
    )


def test_what_is_kept_of_a_source(tmp_path: Path) -> None:
    text = (
        '[source.higress]\ncapture = "preview"\nkeep_days = 30\nkeep_bytes = "500MB"\n'
        "redact = ['sk-[a-z]+']\n[source.codex]\npaths = []\n"
    )
    settings = settings_of(tmp_path, text)
    assert settings.sources["higress"] == SourceSettings(
        capture="preview", keep_days=30, keep_bytes=500_000_000, redact=("sk-[a-z]+",)
    )
    assert settings.sources["codex"] == SourceSettings()
    assert settings.paths == {"codex": ()}
    assert settings.origins["source.higress.capture"] == str(tmp_path / "config.toml")


def test_several_keys_of_a_source(tmp_path: Path) -> None:
    text = '[source.higress]\ncapture = "full"\npaths = ["/a"]\n'
    found = settings_of(tmp_path, text).sources["higress"]
    assert found == SourceSettings(capture="full", paths=(Path("/a"),))


@pytest.mark.parametrize(
    "text",
    [
        'log_roots = ["/"]\n',
        '[source.higress]\ncapture = "full"\n',
        "[source.higress]\nredact = []\n",
        '[source.higress]\nkeep_bytes = "1GB"\n',
        '[source.codex]\npaths = ["/"]\n',
        LOG,
    ],
)
def test_a_project_does_not_decide_what_is_kept_or_read(tmp_path: Path, text: str) -> None:
    assert settings_of(tmp_path, text).files
    (tmp_path / "tally.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"tally\.toml:\d is not for a project"):
        settings_of(tmp_path, "")


def test_folders_that_logs_may_be_in(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "").log_roots == ()
    text = 'log_roots = ["/var/log/higress", "logs"]\n'
    assert settings_of(tmp_path, text).log_roots == (Path("/var/log/higress"), tmp_path / "logs")
    named = settings_of(tmp_path, text, TALLY_LOG_ROOTS="/a:b")
    assert named.log_roots == (Path("/a"), tmp_path / "b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('capture = "some"', "off, preview, full"),
        ("keep_days = 0", "from 1"),
        ("keep_days = true", "whole number"),
        ('keep_days = "30"', "whole number"),
        ("keep_bytes = 5", "text"),
        ('keep_bytes = "5 XB"', "500MB"),
        ('redact = "x"', "list"),
        ('redact = ["("]', "no regular expression"),
        ('redact = ["x*"]', "everywhere"),
        ('captur = "off"', "source.higress.capture"),
    ],
)
def test_wrong_values_are_named_with_their_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, f"[source.higress]\n{text}\n")
    assert "config.toml:2" in str(caught.value)
    assert words in f"{caught.value.because} {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "size"),
    [("1B", 1), ("500MB", 500_000_000), ("2 GiB", 2 << 30), (" 3kb ", 3_000), ("1TIB", 1 << 40)],
)
def test_sizes(text: str, size: int) -> None:
    assert read_size(text, Ground(Path(), Path())) == size


@given(st.lists(st.text(max_size=12), max_size=3))
def test_patterns_are_taken_only_if_they_can_be_used(patterns: list[str]) -> None:
    import re

    try:
        read = read_patterns(patterns, Ground(Path(), Path()))
    except ValueError:
        return
    assert all(re.compile(each).search("") is None for each in read)


def test_a_log_is_read(tmp_path: Path) -> None:
    mapping = settings_of(tmp_path, LOG).logs["acme"]
    assert mapping.paths == (tmp_path / "acme/*.log",)
    assert (mapping.title, mapping.dialect, mapping.currency) == ("acme", "auto", "USD")
    assert mapping.fields["model"] == (("answer", "model"), ("request", "model.name"))
    assert mapping.usage == {
        ("prompt_tokens",): (("tokens", 0),),
        ("prompt_tokens_details", "cached_tokens"): (("tokens", -1),),
    }
    assert mapping.only == (Condition(("kind",), "llm"), Condition(("usage",)))
    assert mapping.skip == (Condition(("path",), "/v1/chat", unlike=True),)
    assert list(faults_of({"acme": mapping})) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('paths = ["acme/*.log"]', 'paths = "acme"', 2, "list of paths"),
        ('paths = ["acme/*.log"]', 'pathes = ["x"]', 2, "did you mean paths?"),
        ('"kind=llm"', '"kind llm"', 3, "= or !="),
        ('time = "at"', "time = 3", 7, "a text, or a list of texts"),
        ('time = "at"', 'tyme = "at"', 7, "did you mean time?"),
        ('"answer.usage"', '"answer..usage"', 9, "..usage"),
        ('"tokens[0]"', '"tokens[x]"', 12, "[x]"),
        ('"tokens[0]"', "[]", 12, "a text, or a list of texts"),
        ("[log.acme]", "[log.Acme]", 1, "small letters"),
        ('skip = "path!=/v1/chat"', 'currency = "dollars"', 4, "USD, EUR or CNY"),
    ],
)
def test_what_is_wrong_in_a_log_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    file = tmp_path / "config.toml"
    text = LOG.replace(old, new)
    file.write_text(text.replace("log.acme", "log.Acme") if "Acme" in new else text)
    values, faults = survey_file(file, tmp_path)
    assert values == {}
    told = [f"{fault} {fault.because} {fault.hint}" for fault in faults]
    assert any(f"config.toml:{line}" in each and words in each for each in told), told


@pytest.mark.parametrize(("missing", "words"), [("time", "time is"), ("usage", "usage is")])
def test_what_has_to_be_there(missing: str, words: str) -> None:
    fields = {"time": "t", "usage": "u"}
    del fields[missing]
    with pytest.raises(SettingsError) as caught:
        mapping_of("x", {"fields": fields})
    assert words in caught.value.because
    assert mapping_of("x", {"fields": {"ended": "t", "counts": {"a": "b"}}}).usage


def test_names_of_sources_and_dialects_are_known_beside_the_table(tmp_path: Path) -> None:
    text = LOG.replace("[log.acme]\n", '[log.acme]\ndialect = "openay"\n')
    faults = list(faults_of(settings_of(tmp_path, text).logs))
    assert len(faults) == 1
    assert "config.toml:2" in str(faults[0])
    assert "'openai'" in faults[0].hint
    taken = list(faults_of(settings_of(tmp_path, LOG.replace("log.acme", "log.codex")).logs))
    assert "config.toml:1" in str(taken[0])
    assert "ships" in taken[0].because
    told = list(faults_of(settings_of(tmp_path, LOG.replace("log.acme", "log.manual")).logs))
    assert "config.toml:1" in str(told[0])


def test_what_is_no_table_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[log]\nacme = 3\n")
    _, faults = survey_file(tmp_path / "config.toml", tmp_path)
    assert [str(each).rpartition("config.toml")[2] for each in faults] == [":2 must be a table"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("usage", ("usage",)),
        ("a.b-c.d_e", ("a", "b-c", "d_e")),
        ("a[0].b[-1]", ("a", 0, "b", -1)),
        ('"x.y".z', ("x.y", "z")),
        ('a["x y"]."\\u00e9"', ("a", "x y", "é")),
        (" :authority ", (":authority",)),
    ],
)
def test_paths(text: str, path: tuple[str | int, ...]) -> None:
    assert field_path(text) == path


@pytest.mark.parametrize("text", ["", " ", ".a", "a.", "a..b", "a b", "a[", "a[b]", 'a"b"', "a=b"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"field|understood"):
        field_path(text)


@given(st.lists(st.text(min_size=1) | st.integers(-99, 99), min_size=1, max_size=5))
def test_every_path_can_be_written(path: list[str | int]) -> None:
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f"[{json.dumps(step)}]" for step in path
    )
    assert field_path(text) == tuple(path)


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        asked = condition(text)
    except ValueError:
        return
    assert asked.path
    assert asked.value is None or "=" in text


def test_the_schema_knows_every_key() -> None:
    schema = json.loads(json.dumps(settings_schema(("codex",))))
    log = schema["$defs"]["log"]["properties"]
    assert {*log["fields"]["properties"]} == {*FIELDS}
    own = {"paths": ["x"], "currency": "eur", "fields": {"time": "t", "usage": "u"}}
    whole = {**dict.fromkeys(log, "x"), **own}
    assert isinstance(mapping_of("x", whole), LogMapping)
