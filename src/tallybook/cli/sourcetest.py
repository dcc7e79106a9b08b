"""`tally source test`: the contract of a source, tried on somebody's real histories.

What is tried, and how, is `tallybook.contract`; here it is asked for and shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import TallyError, UsageMistake
from ..exporting.delimited import json_text
from ..format import count, number, size
from .asking import begin, settings_for
from .options import Asked, json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..contract import Subject, Verdict
    from ..settings import Settings

SCHEMA = "tallybook.source-test/1"
FAILED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one source: the verdicts, and how much was copied for them."""

    name: str
    title: str
    files: int
    bytes: int
    left_out: int
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return all(each.passed for each in self.verdicts)


@click.command("test", short_help="try it on real histories: what must hold")
@click.argument("what", metavar="NAME|PATH")
@click.option("--as", "name", metavar="NAME", help="Whose histories they are, if not told by them.")
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=4,
    metavar="S",
    help="Time for each check that tries samples. [4]",
)
@json_option
@run_options
@click.pass_context
def source_test(
    context: click.Context, what: str, name: str | None, seconds: int, **_options: object
) -> int:
    """Try whether a source reads histories as it must: those of NAME on this machine, or a
    folder or file. They are copied first; nothing is recorded.

    It is tried whether reading twice, in any order, in parts, or of damaged files gives what it
    must give. For this no right figures need to be known. Exit code 1 if something does not hold.
    """
    import tempfile

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with tempfile.TemporaryDirectory(prefix="tally-trial-") as folder:
        subjects = _subjects(settings, what, name, Path(folder))
        results = [_try(shell, asked, each, Path(folder), seconds) for each in subjects]
    passed = all(each.passed for each in results)
    if asked.format == "json":
        told = {"schema": SCHEMA, "passed": passed, "sources": [_json(each) for each in results]}
        say(json_text(told))
    else:
        say("\n\n".join("\n".join(_lines(shell, asked, each)) for each in results))
    return 0 if passed else FAILED


def _subjects(settings: Settings, what: str, name: str | None, folder: Path) -> list[Subject]:
    """What is to be tried; raises `UsageMistake` for what is neither a source nor a path, and
    `TallyError` where nothing is found."""
    from ..contract import Subject
    from ..contract.finding import subjects_in
    from ..sources import source_name, source_names

    path, logs = Path(what).expanduser(), settings.logs
    if what in source_names(logs) or not path.exists():
        if name is not None:
            raise UsageMistake("--as goes with a folder or file", hint=f"tally source test {name}")
        if "/" in what or "\\" in what:
            raise UsageMistake(f"there is no folder or file {what}", hint="tally source list")
        known = source_name(what, logs)
        return [Subject(known, settings.paths.get(known, ()), usual=True, mappings=logs)]
    names = (source_name(name, logs),) if name is not None else ()
    found = list(subjects_in(path.absolute(), folder / "stage", names, logs))
    if not found:
        raise TallyError(
            f"no call of {name or 'any known agent'} was found in {what}",
            hint="what is looked for: tally source explain NAME",
        )
    return found


def _try(shell: Shell, asked: Asked, subject: Subject, folder: Path, seconds: int) -> Tried:
    from ..contract import Sample, try_source

    sample = Sample(subject, folder / subject.source)
    if not sample.files:
        raise TallyError(
            f"no history of {subject.source} was found on this machine",
            hint=f"tally source explain {subject.source}",
        )
    verdicts: list[Verdict] = []
    for each in try_source(sample, seconds):
        verdicts.append(each)
        if shell.live:
            mention(f"{subject.source}: {each.title}, {each.tried}", quiet=asked.quiet)
    return Tried(
        name=subject.source,
        title=sample.open().title,
        files=len(sample.files),
        bytes=sample.bytes,
        left_out=sample.left_out,
        verdicts=tuple(verdicts),
    )


def _json(tried: Tried) -> dict[str, Any]:
    return {
        "name": tried.name,
        "passed": tried.passed,
        "files": tried.files,
        "bytes": tried.bytes,
        "left_out_bytes": tried.left_out,
        "checks": [each._asdict() for each in tried.verdicts],
    }


def _lines(shell: Shell, asked: Asked, tried: Tried) -> list[str]:
    from .tables import Column, Ink, draw, folded

    ink = Ink(on=shell.colour and asked.colour)
    lines = [*folded(_heading(tried), shell.width), ""]
    columns = [
        Column("What must hold", tuple(each.title for each in tried.verdicts), text=True, least=30),
        Column("", tuple("ok" if each.passed else "FAILED" for each in tried.verdicts), text=True),
        Column("Tried", tuple(each.tried for each in tried.verdicts), text=True, rank=1, least=10),
    ]
    lines += draw(columns, shell.width, ink)
    for told in _failures(shell, tried.verdicts):
        lines += ["", *folded(told, shell.width)]
    return lines


def _heading(tried: Tried) -> str:
    copied = f"{count(tried.files, 'file')}, {size(tried.bytes)}"
    rest = f", the newest; {size(tried.left_out)} were left out" if tried.left_out else ""
    return f"{tried.title} ({tried.name}), on a copy of {copied}{rest}"


def _failures(shell: Shell, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The first difference of each check that failed, and how many held."""
    for each in verdicts:
        if not each.passed:
            yield f"{each.title}: {shell.hidden(each.difference)}"
    held = sum(each.passed for each in verdicts)
    yield f"{number(held)} of {count(len(verdicts), 'check')} passed"
