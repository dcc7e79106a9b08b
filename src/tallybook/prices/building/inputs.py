"""Where the data packages are: installed beside Tallybook, or named as a folder or a wheel. They
are found and read without being imported.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import PriceError

PACKAGES: Mapping[str, str] = {
    "genai-prices": "genai_prices/data.py",
    "model-prices": "model_prices/snapshot.json",
}
"""What is read of each package."""

LICENCES: Mapping[str, str] = {"genai-prices": "MIT", "model-prices": "MIT"}

Place = Path | zipfile.Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The data file of one package, and the version that its metadata names."""

    package: str
    version: str
    text: str


def read_inputs(paths: Sequence[Path] = ()) -> dict[str, Input]:
    """The data of each package: from the first of the paths that has it, else from the
    environment that runs Tallybook. Raises `PriceError` for a path that holds neither and for a
    package that is nowhere."""
    places = [(path, _opened(path)) for path in paths]
    for path, place in places:
        if not any(_file(place, name).exists() for name in PACKAGES):
            raise PriceError(
                f"{path} holds no price data",
                because=f"it has none of {', '.join(PACKAGES.values())}",
                hint="name a wheel, or the folder into which a data package was installed",
            )
    searched = [*(place for _, place in places), *_environment()]
    return {name: _input(name, searched) for name in PACKAGES}


def _input(package: str, places: Sequence[Place]) -> Input:
    for place in places:
        file = _file(place, package)
        if file.exists():
            try:
                text = file.read_text(encoding="utf-8")
                return Input(package=package, version=_version(place, package), text=text)
            except (OSError, ValueError, zipfile.BadZipFile) as problem:
                raise PriceError(f"{file} can't be read", because=str(problem)) from problem
    raise PriceError(
        f"the data package {package} is not there",
        because="a newer price book is built from data packages on this machine, never fetched",
        hint=f"pip install {package}, or name a wheel or folder: tally price update --from PATH",
    )


def _opened(path: Path) -> Place:
    """A folder as it is, a wheel as a folder."""
    try:
        return zipfile.Path(path) if path.is_file() else path
    except (OSError, zipfile.BadZipFile) as problem:
        raise PriceError(
            f"{path} can't be read", because=str(problem), hint="name a wheel or a folder"
        ) from problem


def _file(place: Place, package: str) -> Place:
    return place.joinpath(*PACKAGES[package].split("/"))


def _environment() -> Iterator[Path]:
    """The folders in which packages of this environment lie."""
    import sys

    return (Path(each) for each in sys.path if each and Path(each).is_dir())


def _version(place: Place, package: str) -> str:
    """The version in the metadata beside the package."""
    stem = package.replace("-", "_") + "-"
    for each in place.iterdir():
        if each.name.startswith(stem) and each.name.endswith(".dist-info"):
            metadata = each.joinpath("METADATA").read_text(encoding="utf-8")
            lines = (line.partition(": ") for line in metadata.splitlines())
            found = next((value for key, _, value in lines if key == "Version"), "")
            if found:
                return found
    raise PriceError(
        f"the version of {package} can't be told",
        because=f"there is no {stem}*.dist-info beside it",
        hint="install it with pip, or name its wheel",
    )
