"""Where agents keep credentials: JSON files, OpenCode's list of them, the keychain of macOS.

They are read and used at once; nothing is written, renewed or remembered.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..errors import ProbeError
from ..places import opencode_roots
from .answers import Record, record, text
from .probe import Surroundings

SECURITY = "/usr/bin/security"
"""What asks the keychain of macOS."""

_MOST_BYTES = 4_000_000
_TIMEOUT_S = 5


def json_file(path: Path) -> Record | None:
    """The object in a file; None where there is no such file. Raises `ProbeError` for one that
    can't be read."""
    try:
        with path.open("rb") as file:
            return record(json.loads(file.read(_MOST_BYTES)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise ProbeError(
            f"{path} can't be read", because=problem.strerror or str(problem), hint="check who may"
        ) from problem
    except (ValueError, RecursionError):
        raise ProbeError(
            f"{path} is not understood",
            because="it is no JSON, or half written",
            hint="try again in a moment",
        ) from None


def opencode_entry(around: Surroundings, *names: str) -> Record:
    """What OpenCode keeps of the first of these providers that it has in its `auth.json` (an object
    by provider, as `opencode auth list` shows; seen in its public code, 2026-11); empty without."""
    for root in opencode_roots(around.environ, around.home, around.platform):
        kept = json_file(root / "auth.json") or {}
        found = next((record(kept[name]) for name in names if record(kept.get(name))), None)
        if found:
            return found
    return {}


def api_key(around: Surroundings, variables: Sequence[str], opencode: Sequence[str]) -> str:
    """An API key: of a variable, else the one that OpenCode keeps; empty without."""
    return around.variable(*variables) or text(opencode_entry(around, *opencode).get("key"))


def keychain(around: Surroundings, service: str) -> Record:
    """What the keychain of macOS holds for a service, which is an object as JSON; empty elsewhere,
    and where there is none or it may not be read. The system may ask its user for that."""
    if around.platform != "darwin":
        return {}
    command = [SECURITY, "find-generic-password", "-s", service, "-w"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        return record(json.loads(done.stdout)) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}


def none_found(title: str, keeps: str, hint: str) -> ProbeError:
    """What to say where no credentials are."""
    return ProbeError(
        f"nothing to ask {title} with", because=f"there is nothing in {keeps}", hint=hint
    )
