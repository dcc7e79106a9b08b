"""The application behind `tally top`: it opens the main screen, has questions answered beside it,
and goes by one clock.

Histories are read by a process of its own (`background`), the ledger is asked in one thread
(`asking`), processes are looked at in another (`watching`); what they tell arrives here as
messages. What is looked at, and how it is shown, is the main screen's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual.app import App
from textual.message import Message
from textual.screen import Screen

from ..errors import TallyError
from ..format import plain
from ..periods import Frame
from .beside import Beside
from .bindings import bindings
from .desk import Copying, Keyed, Layered, Renewing
from .frame import pens_for
from .glyphs import chosen
from .keymap import rebound
from .keysinorder import KeysInOrder
from .livestate import Live
from .mainscreen import MainScreen
from .signals import heed, stop_job
from .themes import ANSI, own_themes

if TYPE_CHECKING:
    from ..book import Book
    from ..processes import Process
    from .answers import Surveyed
    from .launch import Launch
    from .look import View

T = TypeVar("T")

_BEAT_S = 1.0
_MENTION_S, _TROUBLE_S = 3.0, 8.0
"""For how long something is said."""

_MINUTE_MS = 60_000


class Arrived(Message):
    """Something that another thread found out, and who is to hear it."""

    def __init__(self, hear: Callable[[], None]) -> None:
        super().__init__()
        self.hear = hear


class TallyTop(KeysInOrder[int], inherit_bindings=False):
    """The live interface. It is the `Desk` of its screens."""

    TITLE = "Tallybook"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = bindings("everywhere")
    # What is said stands above sums, notes and keys.
    DEFAULT_CSS = """
    TallyTop ToastRack { margin-bottom: 5; }
    TallyTop Toast { padding: 0 1; margin-top: 0; }
    """

    def __init__(self, launch: Launch) -> None:
        # Textual looks at this before there is a theme, to choose how NO_COLOR takes colours away.
        super().__init__(ansi_color=launch.theme == ANSI or None)
        self.set_reactive(App.ansi_color, None)
        self._launch = launch
        self.settings = launch.settings
        self.home = launch.home
        self.glyphs = chosen(launch.settings.glyphs, launch.encoding)
        self.pens = pens_for(launch.encoding)
        self.keys = rebound(launch.keys)
        self._beside = Beside(launch, self._post)
        self.processes: tuple[Process, ...] = ()
        self.fault: Exception | None = None
        self._main = MainScreen(self, launch.look)
        self._revision: str | None = None
        self._time = self._clock()
        self._begun = False
        for theme in own_themes():
            self.register_theme(theme)
        self.theme = launch.theme

    @property
    def live(self) -> Live:
        """How live the figures are."""
        return self._beside.live

    def get_default_screen(self) -> Screen[None]:
        """The main one."""
        return self._main

    def on_mount(self) -> None:
        """Listen to signals, and let the clock go."""
        self.set_keymap(self._launch.keys)
        heed(self)
        for notice in self._launch.notices:
            self.mention(notice, trouble=True)

    # Questions, and what others find out.

    def frame(self) -> Frame:
        """From where words for time are understood at this moment."""
        return Frame(self._launch.now_ms(), self.settings.tz, self.settings.week_start)

    def ask(
        self, name: str, question: Callable[[Book], T], tell: Callable[[T | TallyError], None]
    ) -> None:
        """Have a question answered beside the screen; `tell` hears the answer here."""

        def answered(answer: T | TallyError) -> None:
            self.post_message(Arrived(lambda: self._answered(partial(tell, answer))))

        self._launch.asker.ask(name, question, answered)

    def _answered(self, tell: Callable[[], None]) -> None:
        tell()
        if not self._begun:
            self._begun = True
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """The first figures stand there: now look at everything else."""
        if not self._is_up():
            return
        self._beside.told = self._hear_live
        self._beside.recorded = self._look_at_revision
        self._beside.ran = self._hear_processes
        self._beside.mention = partial(self.mention, trouble=True)
        self._beside.alert = self._alert
        self._beside.start()
        self._survey()
        self._beat()

    def _post(self, hear: Callable[[], None]) -> None:
        self.post_message(Arrived(hear))

    def on_arrived(self, message: Arrived) -> None:
        """Hear it here, in the thread of the screens."""
        message.stop()
        if self._is_up():
            message.hear()

    def _is_up(self) -> bool:
        """Whether there are screens still: at the end, what others say comes too late."""
        return self.is_running and bool(self.screen_stack)

    def _hear_live(self, live: Live) -> None:
        before = self._main.live
        self._main.show_live(live)
        if (before.starting, before.trouble) != (live.starting, live.trouble):
            self._survey()  # whether there is any call, and else why, is only known now

    def _hear_processes(self, found: tuple[Process, ...]) -> None:
        others = {each.source for each in found} != {each.source for each in self.processes}
        self.processes = found
        self._main.show_processes(found)
        if others:
            self._survey()

    # The clock.

    def _beat(self) -> None:
        """Once a second, and never before the last one is over: whether the ledger has changed, or
        time has passed."""
        if not self._is_up():
            return
        if not self._beside.live.paused:
            self._look_at_clock()
            if self.screen is self._main:
                self._main.freshen()
        self.ask("beat", lambda book: book.ledger.revision(), self._beaten)

    def _clock(self) -> tuple[int, date]:
        """The minute and the day."""
        frame = self.frame()
        return frame.now_ms // _MINUTE_MS, frame.today

    def _look_at_clock(self) -> None:
        """With each minute, words for time are others; with each day, what they mean."""
        before, self._time = self._time, self._clock()
        if self._time != before:
            self._main.show_frame()
            self._main.age()
        if self._time[1] != before[1]:
            self._renew()

    def _beaten(self, answer: str | TallyError) -> None:
        self._hear_revision(answer)
        self.set_timer(_BEAT_S, self._beat)

    def _look_at_revision(self) -> None:
        self.ask("revision", lambda book: book.ledger.revision(), self._hear_revision)

    def _hear_revision(self, answer: str | TallyError) -> None:
        if isinstance(answer, TallyError) or self._beside.live.paused or answer == self._revision:
            return
        first, self._revision = self._revision is None, answer
        if not first:
            self._survey()
            self._renew()

    def _renew(self) -> None:
        """Have the screen that is on top ask again, and the main one when it is seen again."""
        if isinstance(self.screen, Renewing):
            self.screen.renew()
        if self.screen is not self._main:
            self._main.outdate()

    def _survey(self) -> None:
        from .answers import surveyed

        running = frozenset(each.source for each in self.processes)
        live = self.live
        self.ask("survey", lambda book: surveyed(book, running, self.home, live), self._surveyed)

    def _surveyed(self, found: Surveyed | TallyError) -> None:
        if not isinstance(found, TallyError):
            self._main.show_survey(found)

    # Keys that work everywhere.

    def mention(self, text: str, *, trouble: bool = False) -> None:
        """Say something beside the figures, for a few seconds."""
        severity = "warning" if trouble else "information"
        timeout = _TROUBLE_S if trouble else _MENTION_S
        self.notify(plain(text), severity=severity, timeout=timeout, markup=False)

    def _alert(self, title: str, severity: str) -> None:
        """Show a new alert for as long as a trouble."""
        grave = "error" if severity == "critical" else "warning"
        self.notify(plain(title), severity=grave, timeout=_TROUBLE_S, markup=False)

    def action_leave(self) -> None:
        """The end."""
        self.exit(0)

    def action_stand_aside(self) -> None:
        """Back to the shell, until it says `fg`."""
        if not stop_job(self):
            self.mention("No shell is here that could bring this back.")

    async def action_view(self, view: View) -> None:
        """A view by its name, out of whatever was opened in it."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        self._main.action_view(view)

    async def action_back(self) -> None:
        """One level out."""
        if self.screen is self._main:
            self._main.back()
        elif isinstance(self.screen, Layered) and self.screen.back():
            return
        elif len(self.screen_stack) > 1:
            await self.pop_screen()

    def action_pause(self) -> None:
        """Let everything stand still, or go on."""
        paused = not self._beside.live.paused
        self._beside.pause(paused)
        if not paused:
            self._revision = ""  # whatever happened meanwhile is looked at
            self._look_at_revision()

    def action_refresh(self) -> None:
        """Read what is new, and ask again."""
        self._beside.refresh()
        self._survey()
        self._renew()

    def action_reread(self) -> None:
        """Read all histories from their beginning, after a question."""
        if not self._beside.reads:
            self.mention("Nothing is read here: this was started with --no-sync.")
            return
        from .dialogs.confirm import Confirm

        what = (
            "All histories are read from their beginning. Nothing is counted twice, and the screen"
            " goes on meanwhile; with many of them it takes a minute or more."
        )
        self.push_screen(Confirm("Read everything again", what, "reads"), self._reread)

    def _reread(self, wanted: bool | None) -> None:
        if wanted:
            self._beside.refresh(full=True)

    def action_copy(self) -> None:
        """Copy what the screen has to copy, by the terminal's own clipboard."""
        text, name = self.screen.copied() if isinstance(self.screen, Copying) else ("", "")
        if text:
            self.copy_to_clipboard(text)
        self.mention(f"copied {name}" if text else "There is nothing to copy here.")

    def action_keys_help(self) -> None:
        """The keys of where one is."""
        from .dialogs.keyshelp import KeysHelp

        scopes = self.screen.scopes if isinstance(self.screen, Keyed) else ("everywhere",)
        self.push_screen(KeysHelp(self.keys, scopes))

    def action_palette(self) -> None:
        """Everything that can be found by name."""
        from .palette import Palette

        self.push_screen(Palette())

    def action_jump(self) -> None:
        """Letters over everything that can be reached."""
        from .dialogs.jump import Jump, targets_of

        self.push_screen(Jump(targets_of(self.screen)), self._jumped)

    def _jumped(self, deed: Callable[[], object] | None) -> None:
        if deed is not None:
            self.call_later(deed)

    def action_browse(self) -> None:
        """Say why there is no page."""
        self.mention("No pages are served here: `tally export --format html` writes one.")

    # The end.

    def _handle_exception(self, error: Exception) -> None:
        """Nobody caught it: whoever started this tells it, once the screen is left."""
        self.fault = self.fault or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave the screen, without a trace of everything that the frames held."""
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        """End what runs beside the screen."""
        self._beside.close()
        self._launch.asker.close()
