"""What `deploy/` ships says what the program understands, and keeps it from what it needs not."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from tallybook.cli.app import tally
from tallybook.sources import source_names

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
UNIT = DEPLOY / "tally-watch.service"


def text(name: str) -> str:
    """One file, without its comments."""
    return re.sub(r"(?m)^\s*#.*\n", "", (DEPLOY / name).read_text("utf-8"))


def lists(name: str, key: str) -> list[str]:
    """Every list in square brackets behind a word, as one command line."""
    found = re.findall(rf"{key}:? (\[.*\])", text(name))
    return [shlex.join(json.loads(each)) for each in found]


def service() -> dict[str, list[str]]:
    """The keys of the unit's service with their values."""
    found: dict[str, list[str]] = {}
    part = text(UNIT.name).partition("[Service]")[2].partition("[Install]")[0]
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", part):
        found.setdefault(key, []).append(value)
    return found


def understood(line: str) -> bool:
    """Whether a command line without the program's name is one that would run."""
    words = shlex.split(line)
    with tally.make_context("tally", words, resilient_parsing=True) as context:
        name, command, rest = tally.resolve_command(context, words)
        assert isinstance(command, click.Command)
        with command.make_context(name, rest, parent=context) as inner:
            return set(inner.params["sources"]) <= set(source_names())


def test_every_recipe_runs_a_command_that_exists() -> None:
    (start,) = service()["ExecStart"]
    program, _, line = start.partition(" ")
    assert program.endswith("/tally")
    health, command = lists("Containerfile", "CMD")
    assert health == "tally watch higress --health"
    lines = [line, command, *lists("compose.yaml", "command"), *lists("sidecar.yaml", "args")]
    assert lines == ["watch higress --quiet"] * 4, "names of sessions and people go into no journal"
    lines.append(health.removeprefix("tally "))
    assert all(map(understood, lines))


def test_the_unit_may_write_its_own_folder_and_nothing_else() -> None:
    keys = service()
    assert keys["ProtectSystem"] == ["strict"]
    assert {"yes"} == {keys[each][0] for each in ("NoNewPrivileges", "PrivateNetwork")}
    assert keys["CapabilityBoundingSet"] == [""]
    assert "ReadWritePaths" not in keys
    folder = f"/var/lib/{keys['StateDirectory'][0]}"
    assert f"TALLY_HOME={folder}" in keys["Environment"]


def test_the_unit_is_begun_again_only_where_that_helps() -> None:
    keys = service()
    assert keys["Restart"] == ["on-failure"]  # SIGTERM ends with 0, so a stop stays one
    assert (
        int(keys["TimeoutStopSec"][0].removesuffix("s")) > 60
    )  # as long as a ledger is waited for


def test_containers_have_a_user_a_ledger_that_stays_and_logs_they_can_not_write() -> None:
    image, compose, pod = map(text, ("Containerfile", "compose.yaml", "sidecar.yaml"))
    (user,) = re.findall(r"USER (\d+):\d+", image)
    assert int(user) > 0
    assert f"-o {user}" in image
    assert f"runAsUser: {user}" in pod
    assert f"fsGroup: {user}" in pod
    (folder,) = re.findall(r"VOLUME (\S+)", image)
    assert f"TALLY_HOME={folder}" in image
    assert f"ledger:{folder}" in compose
    assert f"mountPath: {folder}" in pod
    assert "/var/log/higress:/var/log/higress:ro" in compose
    assert re.search(r"name: logs\s+mountPath: /var/log/higress\s+readOnly: true", pod)
    assert "--require-hashes" in image
    assert re.search(r"max-size: \"\d+m\"\s+max-file: \"\d\"", compose)


def test_the_yaml_has_no_tabs_and_even_steps() -> None:
    for name in ("compose.yaml", "sidecar.yaml"):
        steps = [len(line) - len(line.lstrip(" ")) for line in text(name).splitlines()]
        assert "\t" not in text(name)
        assert not [step for step in steps if step % 2]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "tally"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/tallybook/bin/tally", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if UNIT.name in line]
    assert (done.returncode, said) == (0, [])
