"""Models that oh-my-opencode is configured with, and its JSON with comments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.sources.opencode import OpenCode
from tallybook.sources.opencode_configured import config_folders, configured_models, plain_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // one\n "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ('/* head */ {"url": "https://x//y/*z*/", "q": "a\\"//b,]"}',
         {"url": "https://x//y/*z*/", "q": 'a"//b,]'}),
        ('{"a": [1, /* two, */ ] /* , */ , }', {"a": [1]}),
        ('{"a": "x,"}', {"a": "x,"}),
        ("[] // end", []),
    ],
)  # fmt: skip
def test_comments_and_trailing_commas(text: str, value: object) -> None:
    assert json.loads(plain_json(text)) == value


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.text(), inner)))  # fmt: skip
def test_plain_json_stays_as_it_is(value: object) -> None:
    assert json.loads(plain_json(json.dumps(value, indent=1))) == value


@given(st.text(alphabet='{}[],:"\\/* \n1a'))
def test_odd_text_never_raises(text: str) -> None:
    plain_json(text)


def test_nearer_folders_win(tmp_path: Path) -> None:
    user, project = tmp_path / "user", tmp_path / "project"
    user.mkdir()
    project.mkdir()
    (user / "oh-my-openagent.json").write_text('{"agents": {"oracle": {"model": "never/read"}}}')
    (user / "oh-my-opencode.jsonc").write_text(
        '{"agents": {"Sisyphus (Ultraworker)": {"model": "anthropic/claude-opus-4-5"},'
        ' "librarian": {"category": "quick"},},'
        ' "categories": {"quick": {"model": "openai/gpt-5-mini"}}} // end'
    )
    (project / "oh-my-opencode.json").write_text(
        '{"agents": {"sisyphus": {"model": "kimi/k2"}, "broken": 7}, "categories": []}'
    )
    assert configured_models([user, project, tmp_path / "none"]) == {
        ("agent", "sisyphus"): "kimi/k2",
        ("agent", "librarian"): "openai/gpt-5-mini",
        ("category", "quick"): "openai/gpt-5-mini",
    }


def test_the_source_reads_what_is_configured_now(tmp_path: Path) -> None:
    source = OpenCode(environ={"HOME": str(tmp_path)}, platform="linux")
    assert source.configured() == {}
    project = tmp_path / "app"
    for folder, model in ((tmp_path / ".config/opencode", "a/b"), (project / ".opencode", "c/d")):
        folder.mkdir(parents=True)
        asked = {"agents": {"Oracle": {"model": model}}}
        (folder / "oh-my-opencode.json").write_text(json.dumps(asked))
    assert source.configured() == {("agent", "oracle"): "a/b"}
    assert source.configured(project) == {("agent", "oracle"): "c/d"}


def test_damaged_files_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "oh-my-opencode.json").write_text('{"agents": {')
    assert configured_models([tmp_path]) == {}


def test_where_it_looks() -> None:
    home = Path("/home/ann")
    found = config_folders({}, home, "linux", home / "app" / "sub")
    assert found == [
        home / ".config" / "opencode", home / "app" / ".opencode", home / "app/sub/.opencode"
    ]  # fmt: skip
    moved = {"XDG_CONFIG_HOME": "/cfg", "OPENCODE_CONFIG_DIR": "/own", "APPDATA": "C:/Roaming"}
    assert config_folders(moved, home, "win32") == [
        Path("/cfg/opencode"), Path("C:/Roaming/opencode"), Path("/own")
    ]  # fmt: skip
