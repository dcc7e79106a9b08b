"""The models that oh-my-opencode's configuration asks for, to stand beside the models that ran.

Its files hold JSON with comments and trailing commas. They say what was wanted: a model picked by
hand goes before them, and what ran is what OpenCode recorded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from ..loosejson import plain_json

_BASES = ("oh-my-opencode", "oh-my-openagent")
"""The older name goes before the newer one where both stand in one folder, as the tool has it."""

_ENDINGS = (".jsonc", ".json")
_LARGEST = 1 << 20

Kind = tuple[str, str]
"""(`agent` or `category`, name)."""


def config_folders(
    environ: Mapping[str, str], home: Path, platform: str, project: Path | None = None
) -> list[Path]:
    """The folders in which oh-my-opencode looks for its configuration, the nearest last."""
    xdg = environ.get("XDG_CONFIG_HOME", "")
    folders = [(Path(xdg) if os.path.isabs(xdg) else home / ".config") / "opencode"]
    if platform == "win32" and environ.get("APPDATA"):
        folders.append(Path(environ["APPDATA"]) / "opencode")
    if environ.get("OPENCODE_CONFIG_DIR"):
        folders.append(Path(environ["OPENCODE_CONFIG_DIR"]))
    if project is not None:
        above = [each for each in (project, *project.parents) if each != home]
        inside = [each for each in above if home in each.parents] or [project]
        folders += [each / ".opencode" for each in reversed(inside)]
    return list(dict.fromkeys(folders))


def configured_models(folders: Iterable[Path]) -> Mapping[Kind, str]:
    """The model (`provider/model`) of each agent and category, names in their normal form; later
    folders win. An agent without a model of its own has that of its category. Files that can't
    be read or understood tell nothing: OpenCode does not start with them either."""
    models: dict[Kind, str] = {}
    leaning: dict[str, str] = {}
    for folder in folders:
        fields = _configuration(folder)
        for name, settings in _objects(fields.get("categories")).items():
            model = _text(settings.get("model"))
            if model:
                models["category", name] = model
        for name, settings in _objects(fields.get("agents")).items():
            from .opencode_sessions import agent_name  # with the decoders: few have such a file

            normal = agent_name(name) or name
            model = _text(settings.get("model"))
            if model:
                models["agent", normal] = model
            else:
                leaning[normal] = _text(settings.get("category"))
    for name, category in leaning.items():
        model = models.get(("category", category))
        if model:
            models.setdefault(("agent", name), model)
    return models


def _configuration(folder: Path) -> dict[str, object]:
    """The object of the one file that counts in a folder; empty if there is none."""
    names = (f"{base}{ending}" for base in _BASES for ending in _ENDINGS)
    try:
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is None:
            return {}
        with open(path, "rb") as file:
            text = file.read(_LARGEST).decode("utf-8-sig", "replace")
        found: object = json.loads(plain_json(text))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: object) -> dict[str, dict[str, object]]:
    if not isinstance(value, dict):
        return {}
    fields = cast("dict[str, object]", value)
    return {
        name: cast("dict[str, object]", each)
        for name, each in fields.items()
        if isinstance(each, dict)
    }
