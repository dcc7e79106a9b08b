"""Guided fuzzing of one target: `python -m tests.fuzz.guided TARGET SECONDS SEED FOLDER`.

Atheris watches which lines of the package an input reaches and keeps those that reach new ones. It
ends with an error, and keeps the input in FOLDER, when a target raises. Not imported by any test.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tallybook"]):
    from .targets import TARGETS, seeds, spoilt

FIRST = 40
"""Spoilt examples that are there from the beginning."""


def main(name: str, seconds: str, seed: str, folder: str) -> None:
    """Fuzz until the time is over."""
    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    examples = [*seeds(name), *(spoilt(name, number) for number in range(FIRST))]
    for number, data in enumerate(examples):
        (corpus / f"{number}").write_bytes(data)
    target = TARGETS[name]
    target(examples[0])  # what loads late is loaded, and watched, now
    limits = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=65536", "-timeout=20"]
    atheris.Setup(
        [sys.argv[0], *limits, "-rss_limit_mb=3000", f"-artifact_prefix={folder}/", str(corpus)],
        target,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
