"""`tally doctor` tells what is needed and nothing that is the user's own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.book import Book
from tallybook.cli.boundary import run
from tallybook.cli.demo import SAMPLES
from tallybook.cli.redacting import Redactor
from tallybook.cli.shell import Shell
from tallybook.settings import Surroundings
from tallybook.whereabouts import places_text

from .conftest import NOW

WORD = st.from_regex(r"zq[a-z0-9A-Zé修]{4,9}", fullmatch=True)
SECRET = st.builds(
    lambda words, sign: sign.join(words),
    st.lists(WORD, min_size=1, max_size=3),
    st.sampled_from([" ", "-", "_", ".", "'", '"', "@", ",", ": ", "(", "\\"]),
)
"""A name as people give them; every word of it would be known again."""

KINDS = "user project title prompt session branch folder source key value prices ledger zone"
SECRETS = st.fixed_dictionaries(dict.fromkeys(KINDS.split(), SECRET)).filter(
    lambda found: len(set(found.values())) == len(found)
)


class Home:
    """A home in which every name is a secret, with damage in its histories and settings."""

    def __init__(self, folder: Path, secrets: dict[str, str]) -> None:
        self.secrets = secrets
        self.home = folder / secrets["user"]
        self.beside = folder / secrets["folder"]
        self.project = self.home / "code" / secrets["project"]
        self.project.mkdir(parents=True)
        for root in (self.home, self.beside):
            self._histories(root / ".claude" / "projects" / f"-{secrets['project']}")
        (self.home / ".codex" / "sessions").mkdir(parents=True)
        (self.home / ".codex" / "sessions" / f"rollout-{secrets['session']}.jsonl").write_text("{")
        self.config = self.home / "config.toml"
        self.config.write_text(self._settings(), "utf-8")

    def _histories(self, folder: Path) -> None:
        sample = sorted((SAMPLES / ".claude" / "projects").rglob("*.jsonl"))[0].read_text("utf-8")
        lines = [json.loads(line) for line in sample.splitlines()]
        for line in lines:
            line |= {"cwd": str(self.project), "gitBranch": self.secrets["branch"]}
            if line.get("type") == "user":
                line["message"]["content"] = self.secrets["prompt"]
        lines.append({"type": "ai-title", "title": self.secrets["title"]})
        lines.append({"type": "summary", "summary": self.secrets["title"]})
        text = "\n".join(map(json.dumps, lines)) + f'\n{{"key": "{self.secrets["key"]}\n'
        folder.mkdir(parents=True)
        (folder / f"{self.secrets['session']}.jsonl").write_text(text, "utf-8")

    def _settings(self) -> str:
        said = {name: json.dumps(text) for name, text in self.secrets.items()}
        beside = json.dumps(str(self.beside / ".claude"))
        return (
            f"week_start = {said['value']}\n{said['key']} = {said['value']}\n"
            f"prices = {said['prices']}\n"
            f"[source.{said['source']}]\npaths = [{said['folder']}]\n"
            f"[source.codex]\n{said['key']} = 1\n"
            f"[source.claude-code]\npaths = [{beside}]\n"
        )

    def run(self, *words: str) -> tuple[int, str]:
        """The exit code of a command line there, and all that it printed."""
        ledger = self.home / self.secrets["ledger"] / "ledger.db"
        environ = {"HOME": str(self.home), "USER": self.secrets["user"]}
        environ |= {"TALLY_LEDGER": str(ledger), "TZ": self.secrets["zone"]}
        shell = Shell(
            surroundings=Surroundings(
                environ=environ,
                home=self.home,
                cwd=self.project,
                config_file=self.config,
                ledger_file=ledger,
            ),
            now_ms=NOW,
            width=100,
            colour=False,
            live=False,
            open_book=Book.open,
        )
        out = io.StringIO()
        with (
            mock.patch.dict(os.environ, environ),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            code = run(words, shell)
        return code, out.getvalue()

    def leaks(self, said: str) -> list[str]:
        """Words of secrets in what was said."""
        words = {word for text in self.secrets.values() for word in re.findall(r"zq\w+", text)}
        return sorted(word for word in words if word.lower() in said.lower())


@settings(max_examples=20)
@given(secrets=SECRETS)
def test_no_secret_is_in_what_the_doctor_tells(secrets: dict[str, str]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        home = Home(folder, secrets)
        settings_text = home.config.read_text("utf-8")
        home.config.write_text("", "utf-8")  # a wrong setting stops a sync
        assert home.run("sync", "--path", str(home.beside))[0] == 0
        home.config.write_text(settings_text, "utf-8")
        for words in (("doctor", "--bundle", "-"), ("doctor", "--json"), ("doctor",)):
            code, said = home.run(*words)
            assert code == 2
            plain = said if words == ("doctor",) else said.encode().decode("unicode_escape")
            assert home.leaks(plain) == []
            assert "not valid TOML" not in said
            assert " by reason" in said or words != ("doctor",)
        assert home.leaks(home.run("doctor", "--names")[1])
    finally:
        shutil.rmtree(folder)


def test_the_doctor_still_says_what_is_wrong_and_where(tally, home: Path) -> None:
    file = home / "tallybook" / "config.toml"
    file.parent.mkdir()
    file.write_text('\ntz = "sk-ant-0123456789abcdef"\nprices = "/srv/acme/p.toml"\n')
    out = tally("doctor").stdout
    assert "bad value for 'tz' in ~/tallybook/config.toml:2: '…'" in out
    assert "use an IANA name such as Europe/Berlin" in out
    assert re.search(r"/srv/‹\w{6}›/‹\w{6}›\.toml", out)
    assert "sk-ant" not in out
    assert "acme" not in out
    assert "acme" in tally("doctor", "--names").stdout


def test_complaints_are_counted_by_reason_without_names(tally, home: Path) -> None:
    folder = home / ".claude" / "projects" / "-home-ada-secret"
    folder.mkdir(parents=True)
    (folder / "abc.jsonl").write_text('{"type":"assistant"\n{}\n')
    tally("sync")
    out = tally("doctor").stdout
    assert "1 complaint by reason" in out
    assert re.search(r"1 × not a line of JSON\n +~/\.claude/projects/‹\w{6}›/‹\w{6}›\.jsonl", out)
    assert "next: " in out
    assert "ada" not in out
    assert "~/.claude/projects/-home-ada-secret/abc.jsonl" in tally("doctor", "--names").stdout


def test_a_bundle_is_a_new_file_of_the_user_alone(tally, tmp_path: Path) -> None:
    done = tally("doctor", "--bundle", "report.json")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "report.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = json.loads(file.read_text("utf-8"))
    assert found["schema"] == "tallybook.doctor/1"
    assert {"versions", "settings", "terminal", "ledger", "prices", "sources"} <= set(found)
    assert found["ledger"]["sound"] is True
    assert {each["name"] for each in found["sources"]} >= {"claude-code", "codex", "opencode"}
    assert all(isinstance(each["reader"], int) for each in found["sources"])
    assert "Nothing was sent" in done.stdout
    assert "Not inside: prompts" in done.stderr
    again = tally("doctor", "--bundle", "report.json")
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert "or --force" in again.stderr
    file.write_text("old")
    file.chmod(0o644)
    assert tally("doctor", "--bundle", "report.json", "--force").returncode == 0
    assert json.loads(file.read_text("utf-8"))["schema"] == "tallybook.doctor/1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tally("doctor", "--bundle", "-", "--names").returncode == 2
    assert tally("doctor", "--bundle", "no/such/folder.json").returncode == 1


def test_a_bundle_on_stdout_is_nothing_but_json(tally) -> None:
    done = tally("doctor", "--bundle", "-")
    assert json.loads(done.stdout)["versions"]["tallybook"]
    assert "Look through it before you send it" in done.stderr


def test_each_setting_is_told_with_its_origin(tally, home: Path) -> None:
    env = {"TALLY_TZ": "Asia/Tokyo", "CODEX_HOME": "/srv/acme"}
    out = tally("doctor", env=env).stdout
    assert re.search(r"tz +Asia/Tokyo \(TALLY_TZ\)", out)
    assert re.search(r"week_start +monday \(default\)", out)
    assert "moved by CODEX_HOME" in out
    assert "cells, no colour, utf-8" in out
    assert str(home) not in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "can't open ~/.claude/projects/acme/x.jsonl",
            r"can't open ~/\.claude/projects/‹\w+›/‹\w+›\.jsonl",
        ),
        ("a 'quoted \\' one' and \"two\" but 'tz'", "a '…' and \"…\" but 'tz'"),
        ("mail ada@example.org, see https://ada.example/x?y", "mail …, see …"),
        ("key sk-ant-api03-abcdefgh and AKIAIOSFODNN7EXAMPLE", "key … and …"),
        ("C:\\Users\\Ada\\x.jsonl is closed", r"C:\\Users\\‹\w+›\\‹\w+›\.jsonl is closed"),
        ("adalovelace wrote it", "… wrote it"),
        ("it can't be read, and isn't 'mine' either", "it can't be read, and isn't '…' either"),
        ("/srv/‹secret›/‹0a1b2c›x", r"/srv/‹[0-9a-f]{6}›/‹[0-9a-f]{6}›"),
        ("ordinary words, 12 of 24 and/or more: tally sync --full", None),
    ],
)
def test_what_is_kept_of_a_text(text: str, said: str | None) -> None:
    found = Redactor(Path("/home/ada"), ["adalovelace"], ["tz"]).text(text)
    pattern = re.escape(text) if said is None else said if "‹" in said else re.escape(said)
    assert re.fullmatch(pattern, found), found


def test_settings_of_a_log_are_told_and_its_patterns_are_not(tally, home: Path) -> None:
    file = home / "tallybook" / "config.toml"
    file.parent.mkdir()
    file.write_text(
        '[source.higress]\ncapture = "preview"\nkeep_days = 30\nkeep_bytes = "2 gib"\n'
        'redact = ["acme"]\npaths = ["/var/log/acme/access.log"]\n'
    )
    out = tally("doctor").stdout
    assert re.search(r"source.higress.capture +preview \(your settings file\)", out)
    assert re.search(r"source.higress.keep_bytes +2GiB ", out)
    assert "/var/log/higress/access.log  (not there)" in out
    assert re.search(r"/var/log/‹\w{6}›/access\.log  \(not there\)", out)
    assert "acme" not in out
    assert tally("config", "get", "source.higress.keep_bytes").stdout == "2GiB\n"


def test_marks_mean_the_same_within_one_telling_only() -> None:
    one, other = (Redactor(Path("/home/ada")) for _ in range(2))
    assert one.path("/srv/acme/acme.json").count(one.path("acme")) == 2
    assert one.path("acme") != other.path("acme")


@pytest.mark.parametrize(
    ("places", "octets", "said"),
    [(0, 0, "0 places, 0 B"), (151, 0, "151 places"), (2, 1_500, "2 places, 1.5 kB")],
)
def test_places_that_are_not_measured_have_no_size(places: int, octets: int, said: str) -> None:
    assert places_text({"places": places, "bytes": octets}) == said
