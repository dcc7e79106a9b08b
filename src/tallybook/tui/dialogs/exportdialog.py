"""The dialog that asks for the file of an export. What goes into it is `exportfile`; how a file is
written whole or not at all is `exporting.place`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from ...errors import TallyError, UsageMistake
from ...exporting.place import demand_target, outlet
from ...format import plain, size
from ...places import expand
from ..exportfile import Subject, form_of, proposed, texts
from .dialog import TROUBLE, Dialog, told

if TYPE_CHECKING:
    from textual.app import App

    from ...book import Book
    from ..desk import Desk


R = TypeVar("R")


class Order(NamedTuple):
    """Into which file, in which form, and whether it takes the place of one that is there."""

    path: Path
    form: str
    replaces: bool


class ExportDialog(Dialog[Order]):
    """Asks for a file, and again before one that is there is replaced."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "form(1)", "next form"),
        Binding("up", "form(-1)", "form before"),
    ]
    title_text: ClassVar[str] = "Export this view"
    keys_text: ClassVar[str] = "↑ ↓ form · Enter writes · Esc leaves"

    def __init__(self, subject: Subject, desk: Desk, folder: Path) -> None:
        super().__init__()
        self._subject = subject
        self._folder = folder
        self._home = Path(desk.home)
        self._ledger = Path(desk.settings.ledger)
        self._name = proposed(subject, desk.frame().today, folder)
        self._warned = ""

    def content(self) -> ComposeResult:
        """The file, its forms, and what is wrong."""
        yield Static(f"a file in {plain(str(self._folder))}", classes="label", markup=False)
        yield Input(self._name, select_on_focus=False)
        yield Static(id="forms", markup=False)
        yield Static(id=TROUBLE, markup=False)

    def on_mount(self) -> None:
        """The proposed name is there to be changed."""
        self.query_one(Input).cursor_blink = False
        self._show_forms(self._name)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another name may mean another form."""
        self._warned = ""
        self.say(TROUBLE, "")
        self._show_forms(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the file, unless it can't be one, or is there already."""
        try:
            order = self._order(event.value.strip())
        except TallyError as problem:
            self.say(TROUBLE, told(problem), bad=True)
            return
        if order.replaces and self._warned != event.value:
            self._warned = event.value
            self.say(TROUBLE, "it is there already: Enter once more replaces it", bad=True)
        else:
            self.dismiss(order)

    def action_form(self, step: int) -> None:
        """Another ending."""
        field, forms = self.query_one(Input), self._subject.forms
        form = form_of(field.value)
        at = (forms.index(form) + step) % len(forms) if form in forms else 0
        stem = field.value.removesuffix(Path(field.value).suffix) if form else field.value
        field.value = f"{stem}.{forms[at]}"
        field.cursor_position = len(stem)

    def _order(self, name: str) -> Order:
        """What a name orders. Raises `UsageMistake` for one that can't be written."""
        form = form_of(name)
        if form not in self._subject.forms:
            endings = ", ".join(f".{each}" for each in self._subject.forms)
            raise UsageMistake("its ending does not tell the form", hint=endings)
        path = self._folder / expand(name, self._home)
        demand_target(path, self._ledger, force=True)
        if not path.parent.is_dir():
            folder = path.parent
            raise UsageMistake(f"there is no folder {folder}", hint="another folder, or make it")
        return Order(path, form, path.exists())

    def _show_forms(self, name: str) -> None:
        here = form_of(name)
        parts = (
            (f"▸{form}◂ ", "bold $accent") if form == here else (f" {form}  ", "$text-muted")
            for form in self._subject.forms
        )
        self.query_one("#forms", Static).update(Content.assemble(*parts))


def export_view(app: App[R], desk: Desk, subject: Subject) -> None:
    """Ask where a view goes, write it, and say where it is."""
    folder = Path.cwd()

    def ordered(order: Order | None) -> None:
        if order is None:
            return

        def ask(book: Book) -> list[str]:
            return list(texts(book, subject, order.form))

        desk.ask("export", ask, lambda found: _written(desk, order, found))

    app.push_screen(ExportDialog(subject, desk, folder), ordered)


def _written(desk: Desk, order: Order, found: list[str] | TallyError) -> None:
    try:
        if isinstance(found, TallyError):
            raise found
        with outlet(order.path, force=order.replaces) as place:
            for part in found:
                place.write(part)
    except TallyError as problem:
        desk.mention(told(problem), trouble=True)
    else:
        octets = size(order.path.stat().st_size) if order.path.is_file() else "a device"
        desk.mention(f"Written: {plain(str(order.path))}, {octets}")
