"""`tally top`: the live interface. Here a command line becomes what the interface starts with, and
the end of the interface an exit code; what it shows is `tallybook.tui`'s.

The ledger is asked for the first figures while Textual is still being loaded.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from ..errors import UsageMistake
from ..tui.look import VIEWS, Look
from .asking import begin, settings_for
from .beside import named_sources
from .options import Asked, currency_option, run_options, sync_option
from .shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..background import Background, Said
    from ..errors import TallyError
    from ..processes import Process, ProcessWatch
    from ..settings import Settings
    from ..tui.app import TallyTop
    from ..tui.asking import Asker
    from ..tui.watching import Watcher

_FEW_COLOURS = frozenset({"linux", "xterm", "xterm-16color", "screen", "vt100", "vt220", "ansi"})
"""Kinds of terminals that are not known to have more than sixteen colours."""


@click.command(short_help="the live screen")
@click.option("--source", metavar="NAME", help="Begin with this agent.")
@click.option("--view", type=click.Choice(VIEWS), help="Begin with this view. [overview]")
@click.option("--since", metavar="WHEN", help="Begin with this time: a word, a date, 7d. [30d]")
@click.option("--theme", metavar="NAME", help="The colours.")
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@currency_option
@sync_option
@run_options
@click.pass_context
def top(context: click.Context, **_options: object) -> int:
    """The live screen: what runs, what it used, what it cost, by agent, session, project, model
    and over time. ? there lists the keys; q leaves.

    New usage is read in the background, unless with --no-sync.
    """
    shell, asked = begin(context)
    _refuse_without_terminal(shell)
    settings = settings_for(shell, asked)
    look = _look(context, shell, settings)
    from ..tui.asking import Asker

    asker = Asker(lambda: shell.open_book(settings))
    try:
        return _shown(context, shell, asked, (settings, look, asker))
    finally:
        asker.close()


def _shown(
    context: click.Context, shell: Shell, asked: Asked, ready: tuple[Settings, Look, Asker]
) -> int:
    """Show it until it is left; the exit code."""
    if not _has_colours(shell, asked):
        os.environ["NO_COLOR"] = "1"  # the only way in which Textual is told
    with _loading():
        interface = _interface(context, shell, asked, ready)
    code = interface.run()
    if interface.fault is not None:
        raise interface.fault
    return code or 0


@contextmanager
def _loading() -> Generator[None]:
    """All that is loaded stays: nobody looks for garbage in it, now or later, which makes the start
    a seventh shorter and each search of the hours after it short."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _interface(
    context: click.Context, shell: Shell, asked: Asked, ready: tuple[Settings, Look, Asker]
) -> TallyTop:
    settings, look, asker = ready
    from ..tui.app import TallyTop
    from ..tui.keymap import keymap
    from ..tui.launch import Launch

    keys = keymap(settings.keys, lambda action: settings.origins.get(f"keys.{action}", "settings"))
    return TallyTop(
        Launch(
            settings=settings,
            home=str(shell.surroundings.home),
            look=look,
            asker=asker,
            now_ms=lambda: time.time_ns() // 1_000_000,
            reading=partial(_reading, settings) if asked.sync else None,
            watching=partial(_watching, settings),
            theme=_theme(context, shell, asked, settings),
            keys=keys.keys,
            encoding=getattr(sys.stdout, "encoding", None) or "utf-8",
            notices=tuple(f"{fault}: tally config check" for fault in keys.faults),
        )
    )


def _refuse_without_terminal(shell: Shell) -> None:
    """Say what to use where nothing can be drawn or no key be pressed."""
    from .watchscreen import can_be_drawn_on

    streams = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    others = [name for name, stream in streams.items() if not (stream and stream.isatty())]
    if not others and can_be_drawn_on(shell.surroundings.environ.get("TERM", "")):
        return
    other = f"{others[0]} is none" if others else "this one can't move its cursor (TERM)"
    raise UsageMistake(
        "tally top needs a terminal",
        because=f"it draws on the whole screen and goes by keys; {other}",
        hint="tally watch for lines as things happen, tally usage for a table",
    )


def _look(context: click.Context, shell: Shell, settings: Settings) -> Look:
    """What is looked at first. Raises `UsageMistake` for a source or a time that there is not."""
    from ..tui.look import SPANS, USUAL, question

    given: dict[str, str | None] = context.params
    source, since = given["source"], given["since"]
    span = since or USUAL
    if since and since not in SPANS and not (since[:1].isdigit() and since[-1:].isalpha()):
        span = f"{since}.."  # from then on, as everywhere; a range would end with that day
    look = Look(span=span, tab=_source(source, settings) if source else "")
    question(look, shell.frame(settings))
    view = next((each for each in VIEWS if each == given["view"]), look.view)
    return replace(look, view=view)


def _source(word: str, settings: Settings) -> str:
    from ..manual import MANUAL

    return MANUAL if word == MANUAL else named_sources("top", (word,), settings)[0]


def _has_colours(shell: Shell, asked: Asked) -> bool:
    return asked.colour and shell.colour


def _theme(context: click.Context, shell: Shell, asked: Asked, settings: Settings) -> str:
    """The theme that is wanted; on a terminal of sixteen colours the one that goes by those, unless
    another one is asked for, and without colours always: the ground is the terminal's own."""
    from ..tui.themes import ANSI, theme_name

    flag: str | None = context.params["theme"]
    if flag is not None:
        flag = theme_name(flag, "--theme")
    if not _has_colours(shell, asked):
        return ANSI
    if flag is not None:
        return flag
    origin = settings.origins.get("theme", "default")
    environ = shell.surroundings.environ
    few = environ.get("TERM", "") in _FEW_COLOURS and not environ.get("COLORTERM")
    return ANSI if few and origin == "default" else theme_name(settings.theme, origin)


def _reading(settings: Settings, tell: Callable[[Said], None]) -> Background:
    from ..background import Background

    return Background(settings, tell)


def _watching(
    settings: Settings, tell: Callable[[tuple[Process, ...] | TallyError], None]
) -> Watcher:
    from ..tui.watching import Watcher

    def watch() -> ProcessWatch:
        from ..processes import ProcessWatch
        from ..whereabouts import known_sources

        known = known_sources(settings)
        return ProcessWatch({each.name: each.signature for each in known if each.signature})

    return Watcher(watch, tell)
