"""What was said in one round, shortened to be read among others: what is new in the messages, the
answer, and the tools that were called.

All of it was written by others: nothing of it drives a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len

from ..format import count, plain
from ..format import number as digits
from ..reading import Round
from .tables import Ink, folded

_QUESTION, _ANSWER, _MESSAGE = 8, 24, 4
"""Lines of a question, of an answer and of another message that are shown among others."""

_LONG = 20_000
"""Characters of a text of which the lines are counted: it may have millions."""

_WORD = 16
"""Characters that the words of a text never have on average."""

_NAME = 80
_NEW = 6
"""Characters of a tool's name, and messages of one round, that are shown among others."""

Message = Mapping[str, str]


class Conversation:
    """What was said before: a gateway's log repeats it with every call."""

    def __init__(self) -> None:
        self._known: list[tuple[str, int]] = []
        self._question: str = ""
        self._answer = ""

    def new_in(self, one: Round) -> tuple[str, Sequence[Message]]:
        """The question of a round, empty where it was asked before, and the other messages that
        were not in the last round that told any, without what the model itself had answered."""
        if not has_words(one):
            return "", ()
        marks = [(each.get("role", ""), hash(each.get("content", ""))) for each in one.messages]
        told = one.messages[self._told_of(marks) :]
        fresh = [each for each in told if not _is_answer(each, self._answer)]
        asked = [each for each in fresh if each.get("content", "") == one.question]
        again = bool(one.messages) and not asked and one.question == self._question
        self._known = marks or self._known
        self._question = one.question
        self._answer = one.answer
        return "" if again else one.question, [each for each in fresh if each not in asked]

    def _told_of(self, marks: Sequence[tuple[str, int]]) -> int:
        """How many of these messages were told with the round before: as a rule they follow those.
        Where a client has let old ones go, those behind the last that is known are new."""
        known = len(self._known)
        if marks[:known] == self._known:
            return known
        before = set(self._known)
        return max((at for at, mark in enumerate(marks[:-1], 1) if mark in before), default=0)


def _is_answer(message: Message, said: str) -> bool:
    """Whether a message only repeats what the round before ended with: an answer, or no words
    beside the tools that it called."""
    return message.get("role") == "assistant" and message.get("content", "") in ("", said)


def has_words(one: Round) -> bool:
    """Whether anything is told of what was said in a round."""
    return bool(one.question or one.answer or one.reasoning or one.tool_calls or one.messages)


def exchange_lines(one: Round, before: Conversation, ink: Ink, width: int) -> Iterator[str]:
    """The words of a round, the first lines of each."""
    question, fresh = before.new_in(one)
    if len(fresh) > _NEW:
        more = count(len(fresh) - _NEW, "message")
        yield ink.faint(f"({more} before these: --round {one.number})")
    for message in fresh[-_NEW:]:
        role = plain(message.get("role", "")) or "?"
        yield from _headed(f"{role}> ", message.get("content", ""), width, one.number)
    for line in _folded(question, width - 2, _QUESTION, one.number):
        yield f"> {line}".rstrip()
    if one.reasoning:
        yield ink.faint(f"(thought for {_length(one.reasoning)}: --round {one.number})")
    yield from _folded(one.answer, width, _ANSWER, one.number)
    for call in one.tool_calls:
        name, arguments = call.get("name", "") or "?", call.get("input", "")
        told = f"→ {plain(name[:_NAME])} {plain(arguments[: 2 * width])}"
        yield start_of(told.rstrip(), width)


def _length(text: str) -> str:
    """How long a text is, in characters where it has no spaces between its words, as in Chinese."""
    words = len(text.split())
    return count(words, "word") if len(text) < _WORD * words else count(len(text), "character")


def _headed(head: str, text: str, width: int, number: int) -> Iterator[str]:
    """A text behind whose it is, its further lines below its first."""
    head = start_of(head, 16)
    room = max(width - cell_len(head), 8)
    for at, line in enumerate(_folded(text, room, _MESSAGE, number) or [""]):
        yield f"{' ' * cell_len(head) if at else head}{line}".rstrip()


def _folded(text: str, width: int, most: int, number: int) -> list[str]:
    """A text in lines that fit, the first ones of a long text."""
    lines = text_lines(text[:_LONG], width)
    if len(lines) <= most + 1 and len(text) <= _LONG:
        return lines
    rest = count(len(lines) - most, "more line")
    if len(text) > _LONG:
        rest = f"of {digits(len(text))} characters"
    return [*lines[:most], f"… {rest}: --round {number}"]


def text_lines(text: str, width: int) -> list[str]:
    """A text that others wrote, in lines that fit and can't drive a terminal. What was set in
    stays set in; words that are too long are cut."""
    lines: list[str] = []
    for raw in text.expandtabs(4).strip("\n").splitlines():
        inset = raw[: len(raw) - len(raw.lstrip())]
        folds = folded(plain(raw.strip()), max(width - len(inset), 8))
        lines += [
            (inset + part.rstrip()) for fold in folds for part in _cut(fold, width - len(inset))
        ]
    return lines


def _cut(line: str, width: int) -> Iterator[str]:
    """A line without spaces to break at, in pieces."""
    width = max(width, 8)
    while cell_len(line) > width:
        at = width
        while cell_len(line[:at]) > width:
            at -= 1
        yield line[:at]
        line = line[at:]
    yield line


def start_of(text: str, width: int) -> str:
    """The beginning of a line that is too long."""
    if cell_len(text) <= width:
        return text
    return next(_cut(text, width - 1)) + "…"
