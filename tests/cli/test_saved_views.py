"""`tally usage @NAME`, `tally @NAME` and `--save NAME` as a user types them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tallybook.cli.completing import suggestions
from tallybook.cli.suggested import VALUES


@pytest.fixture
def file(home: Path) -> Path:
    return home / "config.toml"


def test_a_report_is_saved_and_asked_again(ask, tome, file: Path, capsys) -> None:
    assert ask("usage", "model", "--last", "30d", "--sort", "cost", "--no-sync", "--save", "m") == 0
    said = capsys.readouterr()
    first = tome.asked[0]
    assert "claude-sonnet-4-5" in said.out
    assert "view.m: model --last 30d --sort cost  written to ~/config.toml" in said.err
    assert tomllib.loads(file.read_text())["view"] == {
        "m": {"usage": "model --last 30d --sort cost"}
    }
    for words in (("usage", "@m"), ("@m",), ("@m", "--quiet"), ("--no-sync", "@m")):
        tome.asked.clear()
        assert ask(*words) == 0
        assert tome.asked[0] == first
    assert capsys.readouterr().out.count(said.out) == 4


def test_what_stands_beside_it_comes_first(ask, tome, file: Path, capsys) -> None:
    file.write_text('[view.m]\nusage = "model --last 30d --json"\ntitle = "Models of the Month"\n')
    assert ask("@m", "project", "--last", "7d", "--where", "model~opus", "--format", "csv") == 0
    query = tome.asked[0]
    assert (query.by, query.since_ms) == (("project",), 1_794_787_200_000)
    assert query.where[0].values == ("opus",)
    assert capsys.readouterr().out.startswith("project,")
    assert ask("@m", "--format", "table") == 0
    assert capsys.readouterr().out.startswith("Models of the Month, ")
    assert ask("@m") == 0
    assert json.loads(capsys.readouterr().out)["query"]["by"] == ["model"]


def test_another_view_is_not_overwritten_unasked(ask, file: Path, capsys) -> None:
    old = '# mine\n[view.m]\nusage = "model"  # short\ntitle = "Mine"\n'
    file.write_text(old)
    assert ask("usage", "project", "--save", "@m") == 2
    said = capsys.readouterr()
    assert "it is: model; this would be: project" in said.err
    assert (file.read_text(), said.out) == (old, "")
    assert ask("usage", "model", "--save", "m") == 0
    assert file.read_text() == old
    assert "stands already in" in capsys.readouterr().err
    assert ask("usage", "project", "--save", "m", "--force") == 0
    assert "was: model\n" in capsys.readouterr().err
    assert file.read_text() == old.replace('"model"', '"project"')


def test_a_view_is_saved_from_another(ask, file: Path, capsys) -> None:
    file.write_text('[view.m]\nusage = "model --last 30d"\n')
    assert ask("@m", "--project", "my shop", "--save", "shop") == 0
    saved = tomllib.loads(file.read_text())["view"]["shop"]["usage"]
    assert saved == "model --last 30d --project 'my shop'"
    capsys.readouterr()
    assert ask("@shop") == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("usage", "model", "--breakdown", "--save", "x"), "can't have the option --breakdown"),
        (("usage", "model", "--save", "X y"), "small letters"),
        (("usage", "modle", "--save", "x"), "modle"),
        (("usage", "model", "--force"), "--force"),
        (("@a", "@b"), "one view"),
        (("@nothing",), "there is no view 'nothing'"),
        (("@bad",), "config.toml:1 can't be asked"),
        (("@broken",), "'view.broken.usage' in"),
    ],
)
def test_what_can_not_be_saved_or_asked_is_told(ask, file: Path, capsys, words, told) -> None:
    broken = "[view.broken]\nusage = 3\n" if words == ("@broken",) else ""
    text = f'view.bad.usage = "modle"\n{broken}'
    file.write_text(text)
    assert ask(*words) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert "\n  try: " in said.err
    assert (said.out, file.read_text()) == ("", text)


def test_a_view_of_ones_own_holds_before_a_projects_and_that_is_said(
    ask, tmp_path: Path, capsys
) -> None:
    (tmp_path / "tally.toml").write_text('[view.m]\nusage = "project"\n')
    assert ask("usage", "model", "--save", "m") == 0
    assert "your own view m holds, not the one in" in capsys.readouterr().err
    assert ask("@m", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["query"]["by"] == ["model"]
    assert "your own view m holds" in said.err
    assert ask("@m", "-q") == 0
    assert capsys.readouterr().err == ""


def test_a_mark_alone_lists_the_views(ask, tome, file: Path, capsys) -> None:
    assert ask("@") == 0
    assert "No view is saved yet. To save one: tally usage" in capsys.readouterr().out
    file.write_text('[view.m]\nusage = "model"\n[view.costs]\nusage = "day"\ntitle = "By day"\n')
    for words in (("@",), ("usage", "@")):
        assert ask(*words) == 0
        assert capsys.readouterr().out == "@m      model\n@costs  day  (By day)\n"
    assert not tome.asked


def test_the_settings_list_and_check_views(ask, file: Path, capsys) -> None:
    file.write_text('[view.m]\nusage = "model"\n[view.bad]\nusage = "modle"\n')
    assert ask("config", "show", "--json") == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["view.m.usage"]["value"] == "model"
    assert rows["view.m.usage"]["origin"] == str(file)
    for words in (("check",), ("check", str(file))):
        assert ask("config", *words) == 2
        assert "the view 'bad' in" in capsys.readouterr().out
    assert ask("config", "unset", "view.bad") == 0
    assert ask("config", "check") == 0


def test_tab_knows_saved_views(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "tallybook"
    folder.mkdir()
    (folder / "config.toml").write_text('[view.costs]\nusage = "model --last 7d"\n')
    monkeypatch.setenv("TALLY_HOME", str(folder))
    found = {each.text: each.about for each in VALUES["usage words"]("@c")}
    assert found["@costs"] == "model --last 7d"
    assert "view.costs.usage" in {each.text for each in VALUES["key"]("view")}
    assert suggestions is not None


@pytest.mark.parametrize(
    ("words", "saved"),
    [
        (("usage",), "day"),
        (("stats-model",), "model --since all"),
        (("stats-model", "--last", "7d"), "model --last 7d"),
        (("usage", "--by", "model", "--chart", "today", "-q"), "today --by model --chart"),
        (("daily", "model", "--no-sync"), "day model"),
    ],
)
def test_what_is_saved_says_what_was_asked(ask, tome, file: Path, words, saved: str) -> None:
    assert ask(*words, "--save", "x") == 0
    first = tome.asked[0]
    tome.asked.clear()
    assert tomllib.loads(file.read_text())["view"]["x"]["usage"] == saved
    assert ask("@x") == 0
    assert tome.asked[0] == first
