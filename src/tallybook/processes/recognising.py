"""Which agent a process is, if any: from its executable and arguments, by the signatures of the
sources. Pure: who asks brings what the system says; no process is looked at here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..reading import ProcessSignature
from .arguments import Arguments, parse
from .paths import ends_like, is_runtime, last_part, package_of, plain_path
from .process import HELPERS

Resolve = Callable[[str], str | None]
"""Where a script's path really leads, None where nobody can tell."""

_SCRIPT_VALUES = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--cwd")
"""Options of JavaScript runtimes that stand before the script and take a value."""

_NO_SCRIPT = ("-", "-e", "-p", "-pe", "-c", "--eval", "--print", "--check")
"""With these they run no script: what follows may be a whole program, with whatever is in it."""

_WINDOW_PART = "--type="
"""With this the program of a window runs its parts: the page, the graphics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the system tells of a process: its executable's path and arguments, each empty where it
    may not be read, and the short name that stays readable."""

    program: str
    argv: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A process that belongs to an agent. `arguments` is a digest of those that it was started
    with, None where they can't be read; `scripted` if a runtime runs it."""

    source: str
    mode: str
    program: str
    session: str | None = None
    arguments: int | None = None
    scripted: bool = False

    @property
    def helper(self) -> bool:
        """Whether it is no agent by itself."""
        return self.mode in HELPERS


def known(
    outside: Outside, signatures: Mapping[str, ProcessSignature], resolve: Resolve
) -> Known | None:
    """Which agent's process this is, None if nobody's. A name alone never tells it where the
    executable can be read: `vim opencode`, or a script of that name, is no agent."""
    argv = _told(outside.argv)
    shown = outside.program or (argv[0] if argv else outside.name)
    program = plain_path(shown)
    if argv and is_runtime(program):
        return _scripted(program, argv, signatures, resolve)
    for source, signature in signatures.items():
        found = _native(source, signature, program, argv)
        if found is not None:
            return replace(found, program=shown)
    return None


def _told(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments without the empty rest that a title leaves behind it."""
    end = len(argv)
    while end and not argv[end - 1]:
        end -= 1
    return argv[:end]


def _native(
    source: str, signature: ProcessSignature, program: str, argv: Sequence[str]
) -> Known | None:
    if ends_like(program, signature.companions):
        return Known(source=source, mode="helper", program=program)
    desktop = ends_like(program, signature.desktop)
    if not desktop and not ends_like(program, signature.names):
        return None
    if any(ends_like(part, signature.others) for part in program.split("/")):
        return None
    if argv and last_part(plain_path(argv[0])) in signature.guises:
        return None
    if any(word.startswith(_WINDOW_PART) for word in argv):
        return None
    if desktop:
        return Known(source=source, mode="desktop", program=program)
    return _in_mode(source, signature, program, argv[1:] if argv else None)


def _scripted(
    runtime: str,
    argv: Sequence[str],
    signatures: Mapping[str, ProcessSignature],
    resolve: Resolve,
) -> Known | None:
    title = None if is_runtime(plain_path(argv[0])) else argv[0].split(" ")[0]
    at = _script_at(argv)
    for source, signature in signatures.items():
        if title is not None:
            if title in signature.commands:  # it calls itself so, and its arguments are gone
                return _in_mode(source, signature, runtime, None)
        elif at is not None:
            script = _script_of(signature, argv[at], resolve)
            if script:
                found = _in_mode(source, signature, script, argv[at + 1 :])
                return replace(found, scripted=True) if found else None
    return None


def _script_at(argv: Sequence[str]) -> int | None:
    """Where the script stands behind a runtime."""
    at = 1
    while at < len(argv):
        word = argv[at]
        if word.partition("=")[0] in _NO_SCRIPT:
            return None
        if word in _SCRIPT_VALUES:
            at += 2
        elif word.startswith("-") or (at == 1 and word == "run"):
            at += 1
        else:
            return at
    return None


def _script_of(signature: ProcessSignature, script: str, resolve: Resolve) -> str:
    """The path of a script if it is one of the agent's, else empty. A link of npm, such as
    `bin/codex`, counts by where it leads, and by its name only where nobody can tell that."""
    path = script.replace("\\", "/")
    if _is_of(signature, path):
        return path
    linked = path.split("/")[-2:-1] in (["bin"], [".bin"]) and last_part(path) in signature.commands
    if not linked and not any(one.endswith(last_part(path)) for one in signature.scripts):
        return ""
    real = resolve(script)
    if real is None:
        return path if linked else ""
    real = real.replace("\\", "/")
    return real if _is_of(signature, real) else ""


def _is_of(signature: ProcessSignature, path: str) -> bool:
    return package_of(path) in signature.packages or ends_like(path, signature.scripts)


def _in_mode(
    source: str, signature: ProcessSignature, program: str, given: Sequence[str] | None
) -> Known | None:
    """`given` is None where the arguments can't be read."""
    if given is None:
        return Known(source=source, mode="unknown", program=program)
    arguments = parse(given, signature.valued)
    mode = next((mode for form, mode in signature.modes if arguments.fits(form)), "cli")
    if not mode:
        return None
    return Known(
        source=source,
        mode=mode,
        program=program,
        session=_session(signature, arguments),
        arguments=hash(tuple(given)),
    )


def _session(signature: ProcessSignature, arguments: Arguments) -> str | None:
    if not signature.session or any(map(arguments.has, signature.branches)):
        return None
    for form in signature.sessions:
        found = _compiled(signature.session).search(arguments.after(form))
        if found:
            return found[1]
    return None


@lru_cache(maxsize=64)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
