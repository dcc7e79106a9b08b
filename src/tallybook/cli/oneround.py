"""A single round on a terminal, with everything that is known of it: figures and the lines of its
cost, where it stands, question, thoughts, answer, and each tool call with its arguments. What is
told of it is `roundwords`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..format import plain
from ..roundwords import Setting, metered, parts_of, passages, round_facts
from .exchange import text_lines
from .options import Asked
from .rounds import BLACKENED
from .sessionjson import Opened
from .shell import Shell
from .tables import Column, Ink, draw, facts

if TYPE_CHECKING:
    from ..charges import Charge
    from ..ledger.evidence import Call
    from ..recalling import Recalled


def round_lines(
    shell: Shell, asked: Asked, opened: Opened, each: Recalled, charge: Charge | None
) -> list[str]:
    """The page of one round of a session; `charge` has the lines of its cost if they are known."""
    ink = Ink(on=shell.colour and asked.colour)
    found, one = opened.found, each.round
    lines = [ink.bold(f"Round {one.number} of {plain(found.session_id)}")]
    lines += [*([plain(found.title)] if found.title else []), ""]
    where = Setting(found.session_id, opened.tz, shell.shown, BLACKENED)
    lines += facts(list(round_facts(each, where)), ink, shell.width)
    if each.call is not None and metered(each.call):
        lines += ["", *draw(_figures(each.call, charge), shell.width, ink, total=True)]
    for said in passages(one):
        told = text_lines(said.text, shell.width - 2)
        lines += ["", ink.bold(said.title), *(f"  {line}" for line in told)]
    return lines


def _figures(call: Call, charge: Charge | None) -> list[Column]:
    titles = ("Class", "Tokens", "Rate", "Cost")
    cells = zip(*parts_of(call, charge), strict=True)
    columns = [Column(title, texts) for title, texts in zip(titles, cells, strict=True)]
    columns[0] = columns[0]._replace(text=True)
    return [column for column in columns if any(column.cells)]
