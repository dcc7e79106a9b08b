"""Where things lie on disk: Tallybook's own files, and the roots of agents' histories.

Everything is a pure function of (environment, home, platform), so that every system can be
tested on every other; only `home_folder`, `host_name` and `windows_profiles` ask the machine.
Nothing here opens a history or decides what a file means. `platform` is spelled as
`sys.platform`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

APP = "tallybook"

WSL_USERS = Path("/mnt/c/Users")
"""Where the Windows subsystem for Linux shows the profiles of the Windows side."""

_NOBODY = frozenset({"all users", "default", "default user", "public"})


def home_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The user's home: `HOME` if set (tests and containers rely on it), on Windows then
    `USERPROFILE`, else what the operating system says."""
    names = ("HOME", "USERPROFILE") if platform == "win32" else ("HOME",)
    for name in names:
        if environ.get(name):
            return Path(environ[name])
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.sep)


def host_name(environ: Mapping[str, str]) -> str | None:
    """This computer's name without asking the network; None if it has none."""
    if hasattr(os, "uname"):
        return os.uname().nodename or None
    return environ.get("COMPUTERNAME") or None


def expand(text: str, home: Path) -> Path:
    """A path as a person writes it: a leading `~` stands for `home`."""
    if text == "~":
        return home
    if text.startswith(("~/", "~\\")):
        return home / text[2:]
    return Path(text)


def _folder(environ: Mapping[str, str], name: str, fallback: Path) -> Path:
    """A base folder from the environment; relative values are ignored, as the XDG base
    directory specification asks."""
    value = environ.get(name, "")
    return Path(value) if value.startswith(("/", "\\")) or value[1:3] in (":\\", ":/") else fallback


def data_folder(environ: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """Where Tallybook keeps its data; `TALLY_HOME` moves it."""
    if environ.get("TALLY_HOME"):
        return expand(environ["TALLY_HOME"], home)
    if platform == "win32":
        return _folder(environ, "LOCALAPPDATA", home / "AppData" / "Local") / APP
    if platform == "darwin":
        return _folder(environ, "XDG_DATA_HOME", home / "Library" / "Application Support") / APP
    return _folder(environ, "XDG_DATA_HOME", home / ".local" / "share") / APP


def config_folder(environ: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """Where Tallybook looks for its settings; `TALLY_HOME` moves it."""
    if environ.get("TALLY_HOME"):
        return expand(environ["TALLY_HOME"], home)
    if platform == "win32":
        return _folder(environ, "APPDATA", home / "AppData" / "Roaming") / APP
    if platform == "darwin":
        return _folder(environ, "XDG_CONFIG_HOME", home / "Library" / "Application Support") / APP
    return _folder(environ, "XDG_CONFIG_HOME", home / ".config") / APP


def ledger_path(environ: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The ledger's default place. `TALLY_LEDGER` is a setting and is not looked at here."""
    return data_folder(environ, home, platform) / "ledger.db"


def config_path(environ: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The user's settings file. `TALLY_CONFIG` is a setting and is not looked at here."""
    return config_folder(environ, home, platform) / "config.toml"


def in_wsl(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether this Linux is the one inside Windows, which sets these variables itself."""
    names = ("WSL_DISTRO_NAME", "WSL_INTEROP")
    return platform == "linux" and any(environ.get(name) for name in names)


def windows_profiles(users: Path = WSL_USERS, folder: str = ".claude") -> tuple[Path, ...]:
    """The Windows profiles that hold a readable folder of an agent, seen from inside WSL. Other
    people's profiles are closed to us and are none of our business: they are left out."""
    found: list[Path] = []
    try:
        names = sorted(entry.name for entry in os.scandir(users))
    except OSError:
        return ()
    for name in names:
        wanted = users / name / folder
        if name.lower() not in _NOBODY and os.access(wanted, os.R_OK | os.X_OK):
            found.append(users / name)
    return tuple(found)


def claude_roots(
    environ: Mapping[str, str],
    home: Path,
    platform: str = sys.platform,
    profiles: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Folders that may hold Claude Code's `projects`, existing or not, each once.

    `CLAUDE_CONFIG_DIR` (a comma list) replaces all others. Else: `~/.claude`, the XDG place of
    later versions, on macOS the desktop application's own session folders (searched for
    `.claude/projects` at any depth), and each of `profiles` (the Windows side of WSL).
    """
    chosen = [part.strip() for part in environ.get("CLAUDE_CONFIG_DIR", "").split(",")]
    if any(chosen):
        return tuple(dict.fromkeys(expand(part, home) for part in chosen if part))
    roots = [
        home / ".claude",
        _folder(environ, "XDG_CONFIG_HOME", home / ".config") / "claude",
    ]
    if platform == "darwin":
        desktop = home / "Library" / "Application Support" / "Claude"
        roots += [desktop / name for name in DESKTOP_FOLDERS]
    if in_wsl(environ, platform):
        roots += [profile / ".claude" for profile in profiles]
    return tuple(dict.fromkeys(roots))


DESKTOP_FOLDERS = ("local-agent-mode-sessions", "claude-code-sessions")
"""Folders of the Claude desktop application in which it keeps whole `.claude` homes."""


def codex_roots(
    environ: Mapping[str, str],
    home: Path,
    platform: str = sys.platform,
    profiles: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Homes of Codex, existing or not, each once: `CODEX_HOME` replaces all others; else
    `~/.codex`, and the one in each of `profiles` (the Windows side of WSL)."""
    chosen = environ.get("CODEX_HOME", "").strip()
    if chosen:
        return (expand(chosen, home),)
    beside = profiles if in_wsl(environ, platform) else ()
    return tuple(dict.fromkeys(one / ".codex" for one in (home, *beside)))


def gemini_roots(
    environ: Mapping[str, str],
    home: Path,
    platform: str = sys.platform,
    profiles: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Folders of Gemini CLI, existing or not, each once: `.gemini` in the folder that
    `GEMINI_CLI_HOME` names instead of the home; else in the home and in each of `profiles` (the
    Windows side of WSL). `GEMINI_DATA_DIR` (a comma list, a habit of other meters) adds folders.
    """
    chosen = environ.get("GEMINI_CLI_HOME", "").strip()
    beside = profiles if in_wsl(environ, platform) else ()
    homes = (expand(chosen, home),) if chosen else (home, *beside)
    more = [part.strip() for part in environ.get("GEMINI_DATA_DIR", "").split(",")]
    roots = [one / ".gemini" for one in homes] + [expand(part, home) for part in more if part]
    return tuple(dict.fromkeys(roots))


OPENCODE_DATA = ".local/share/opencode"
"""Where OpenCode keeps its data below a home, on every system."""


def opencode_roots(
    environ: Mapping[str, str],
    home: Path,
    platform: str = sys.platform,
    profiles: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Data folders of OpenCode, existing or not, each once; the first is the one in use.

    OpenCode itself knows only the XDG place, on Windows too; some builds there use
    `%LOCALAPPDATA%`. `OPENCODE_DATA_DIR` (a comma list, a habit of other meters) and
    `OMO_QUOTA_HOME` add folders; each of `profiles` is a profile on the Windows side of WSL.
    """
    roots = [_folder(environ, "XDG_DATA_HOME", home / ".local" / "share") / "opencode"]
    if platform == "win32":
        roots.append(_folder(environ, "LOCALAPPDATA", home / "AppData" / "Local") / "opencode")
    if in_wsl(environ, platform):
        roots += [profile / OPENCODE_DATA for profile in profiles]
    more = [*environ.get("OPENCODE_DATA_DIR", "").split(","), environ.get("OMO_QUOTA_HOME", "")]
    roots += [expand(part.strip(), home) for part in more if part.strip()]
    return tuple(dict.fromkeys(roots))


def opencode_database(environ: Mapping[str, str], data: Path) -> Path | None:
    """The database that `OPENCODE_DB` names, if it names one: a relative path lies in OpenCode's
    data folder, `:memory:` nowhere."""
    named = environ.get("OPENCODE_DB", "").strip()
    return None if named in ("", ":memory:") else data / named


def pi_roots(
    environ: Mapping[str, str],
    home: Path,
    platform: str = sys.platform,
    profiles: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Homes of pi, existing or not, each once: `PI_CODING_AGENT_DIR`, or `CODING_AGENT_DIR` as its
    first versions had it, replaces all others; else `~/.pi/agent`, and the one in each of
    `profiles` (the Windows side of WSL)."""
    names = ("PI_CODING_AGENT_DIR", "CODING_AGENT_DIR")
    chosen = [environ.get(name, "").strip() for name in names]
    if any(chosen):
        return tuple(dict.fromkeys(expand(each, home) for each in chosen if each))
    beside = profiles if in_wsl(environ, platform) else ()
    return tuple(dict.fromkeys(one / ".pi" / "agent" for one in (home, *beside)))


def pi_sessions(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The folder in which pi keeps its sessions by `PI_CODING_AGENT_SESSION_DIR`, if it is set. A
    relative one depends on where pi was started: it is not known."""
    named = environ.get("PI_CODING_AGENT_SESSION_DIR", "").strip()
    folder = expand(named, home)
    return (folder,) if named and folder.is_absolute() else ()
