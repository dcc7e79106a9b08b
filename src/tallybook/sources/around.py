"""What is around a source: the environment, the system and the name of the machine, and the roots
that an agent has there. Where each agent keeps its files is known in `places`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..places import home_folder, host_name, in_wsl, windows_profiles

Roots = Callable[[Mapping[str, str], Path, str, Sequence[Path]], tuple[Path, ...]]
"""The roots of one agent, from environment, home, platform and Windows profiles."""


class Around:
    """The machine's own surroundings, or others that stand in for them. `machine` is what
    attributions call this computer (default: its host name)."""

    def __init__(
        self, environ: Mapping[str, str] | None, platform: str, machine: str | None
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self.platform = platform
        self.machine = machine or host_name(self.environ)

    def home(self) -> Path:
        """The user's home."""
        return home_folder(self.environ, self.platform)

    def roots(self, of: Roots, folder: str) -> tuple[Path, ...]:
        """The roots of an agent. Inside WSL the Windows profiles that hold `folder` have some
        too."""
        inside = in_wsl(self.environ, self.platform)
        profiles = windows_profiles(folder=folder) if inside else ()
        return of(self.environ, self.home(), self.platform, profiles)
