"""`tally statusline` as bars ask for it: answered from a small file before anything else is loaded,
neither click nor the ledger. What is old is found out by one process that is left behind.

Only the usual command lines are understood here; whatever else it is goes to `statusline`. A bar
shows no errors: what goes wrong is one mark in it, and is told by `tally doctor`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..places import data_folder, home_folder
from .statuslinefiles import Context, Files
from .statuslineforms import FORMATS, Line, shown, template_for
from .statuslinehanded import Handed, handed_by, read_stdin
from .statuslinepieces import Answer, Piece, pieces_of

PROJECT_FILE = "tally.toml"
"""As in `tallybook.settings`, which would take too long to load."""

EVERY_S = 5.0
"""Somebody finds out at most that often, whoever asks."""

_SOON_MS = 15_000
"""What a session wrote is in its line so long after that is next found out; else it is marked."""

_IDLE_S = 60.0
"""How long an answer holds while the session writes nothing; other sessions may."""

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from tallybook.cli.statuslinerefresh import left_behind; left_behind()"
)
"""What the process that finds out runs. It finds modules where this one does, nowhere else."""


class Wanted(NamedTuple):
    """The options of the command."""

    form: str = "claude"
    template: str = ""
    quota: str = ""


def answered(arguments: Sequence[str]) -> bool:
    """Print the line for these arguments, if they are understood; whether they were."""
    wanted = understood(arguments)
    if wanted is None or sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by `>&-`
        return False
    try:
        text = _line(wanted)
    except Exception as problem:  # noqa: BLE001 - a bar must show something, and no trace
        note_fault(problem)
        pieces = {"mark": Piece("!", level=100)}
        text = shown(wanted.form, Line(pieces, Answer(), Handed(), "tally {mark}", colour=False))
    with suppress(OSError):  # the bar is gone: nobody is left to be told
        os.write(sys.stdout.fileno(), f"{text}\n".encode(errors="replace"))
    return True


def note_fault(problem: Exception) -> None:
    """Keep a fault of ours for `tally doctor`: what it was and where, nothing of what was handed
    over."""
    trace, place = problem.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" in {os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    environ = os.environ
    with suppress(OSError):  # where nothing can be written, the mark in the bar is all there is
        files = Files(data_folder(environ, home_folder(environ)), environ)
        files.tell(f"a line could not be drawn: {type(problem).__name__}{place}")


def understood(arguments: Sequence[str]) -> Wanted | None:
    """The options, where they are only those that a bar needs."""
    fields = {"--format": "form", "--template": "template", "--quota": "quota"}
    given: dict[str, str] = {}
    words = [*arguments]
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name not in fields or (not equals and not words):
            return None
        given[fields[name]] = value if equals else words.pop(0)
    wanted = Wanted(**given)
    return wanted if wanted.form in FORMATS else None


def context_of(handed: Handed, wanted: Wanted, folder: str) -> Context:
    """Whose line it is; `folder` is where the command runs. All folders without settings of a
    project's own share one, so that a prompt knows what it shows wherever one goes."""
    project = _project(handed.folder or folder)
    return Context(handed.session, project, handed.transcript, wanted.quota)


def _project(folder: str) -> str:
    """The folder whose `tally.toml` holds in a folder, found as the settings find it: the nearest
    up to the root of the repository; outside of one only the folder itself counts."""
    found, above, below = "", folder, ""
    while above != below:
        if not found and os.path.isfile(os.path.join(above, PROJECT_FILE)):
            found = above
        if os.path.exists(os.path.join(above, ".git")):
            return found
        above, below = os.path.dirname(above), above
    return found if found == folder else ""


def answer_of(files: Files, context: Context) -> Answer:
    """What was last found out for a context."""
    try:
        return Answer.of(files.answer(context))
    except (KeyError, TypeError, ValueError, AttributeError):  # damaged: it is found out anew
        return Answer()


def line_of(
    answer: Answer, handed: Handed, wanted: Wanted, times: tuple[int, int], *, colour: bool
) -> str:
    """The line in its form. `times` are now, and when the limits that are handed over were so
    first."""
    template = template_for(wanted.form, wanted.template, handed)
    pieces: Mapping[str, Piece] = pieces_of(answer, handed, *times)
    return shown(wanted.form, Line(pieces, answer, handed, template, colour))


def _line(wanted: Wanted) -> str:
    now_ms = seen_ms = time.time_ns() // 1_000_000
    environ = os.environ
    handed = handed_by(read_stdin())
    files = Files(data_folder(environ, home_folder(environ)), environ)
    context = context_of(handed, wanted, _folder())
    answer = answer_of(files, context)
    if is_behind(answer, context, now_ms):
        answer = answer._replace(behind=True)
    try:
        if handed.limits:
            seen_ms = files.hand(handed.session, handed.limits, now_ms)
        files.ask(context)
        if is_due(answer, context, now_ms):
            _leave_behind(files)
    except OSError:  # a full or closed disk: what is known is shown, and that it stays so
        answer = answer._replace(trouble=True)
    times = (now_ms, seen_ms)
    return line_of(answer, handed, wanted, times, colour=not environ.get("NO_COLOR"))


def is_due(answer: Answer, context: Context, now_ms: int) -> bool:
    """Whether an answer is to be found out anew: soon while the session writes, else less often,
    and never so often that it would keep the machine busy."""
    age_ms = now_ms - answer.made_ms
    if age_ms < 0 or age_ms >= max(answer.wait_ms, int(_IDLE_S * 1000)):
        return True
    return age_ms >= max(answer.wait_ms, int(EVERY_S * 1000)) and _grew(context, answer.made_ms)


def is_behind(answer: Answer, context: Context, now_ms: int) -> bool:
    """Whether the session wrote what should be in its answer by now."""
    age_ms = now_ms - answer.made_ms
    return age_ms >= answer.wait_ms + _SOON_MS and _grew(context, answer.made_ms)


def _grew(context: Context, since_ms: int) -> bool:
    """Whether the session's transcript was written to since then."""
    try:
        return os.stat(context.transcript).st_mtime_ns // 1_000_000 >= since_ms
    except OSError:  # none was handed over, or it is not there yet
        return False


def _leave_behind(files: Files) -> None:
    """Start the process that finds out, unless there is one, or was a moment ago. It has the lock
    from us, and keeps it to its end."""
    age = files.began_s()
    if age is not None and age < EVERY_S:
        return
    lock = files.lock(EVERY_S)
    if lock is None:
        return
    try:
        start(lock)
    finally:
        os.close(lock)


def start(lock: int) -> None:
    """Start it with the lock; Windows can't hand one on, there it takes its own. Nobody waits for
    it, and nothing of ours is in its way."""
    import subprocess

    unseen = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, *sys.path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the end of the terminal is not for it
        pass_fds=() if sys.platform == "win32" else (lock,),
        creationflags=unseen,
    )
    child.returncode = 0  # it is not ours any more: no warning that it still runs


def _folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # deleted under us
        return os.sep
