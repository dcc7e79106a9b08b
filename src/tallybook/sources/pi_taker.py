"""Taking the lines that `pi_scan` found in one file: calls are told, the session is got to know,
damage is complained of. How the file's bytes arrive is not known here.
"""

from __future__ import annotations

import re

from ..naming import UNKNOWN
from ..reading import Observation, Witness
from .damage import Damage
from .json_lines import NOTHING
from .pi_calls import Spot, reading_of
from .pi_files import NAME
from .pi_lines import Entry, Message, decode_entry, decode_message, prompt_of
from .pi_nested import replies
from .pi_scan import scan
from .pi_state import State
from .source import Place
from .tail import Block

_BEGIN = re.compile(
    rb'\{"type":"(?:session|message|model_change|session_info|usage|compaction|branch_summary)",'
    rb'"(?:version|id|timestamp)":"?'
)
"""How a line begins that matters: where it stands inside another one, that one was cut off."""

_SUMMARIES = ("compaction", "branch_summary")
"""Lines that a model was called for, once or twice. Newer versions tell the usage in one sum; which
model it was, none."""


class LineTaker:
    """The state of one file while it is read. See `pi_scan.Taker` for the calls."""

    def __init__(self, place: Place, machine: str | None, state: State) -> None:
        self.place = place
        self.machine = machine
        self.state = state
        self.damage = Damage(NAME, place.path)
        self.untitled = state.session.title_rank == 0
        self._told: list[Observation] = []
        self._block = Block(bytearray(), 0, 0, 0)

    def take(self, block: Block) -> list[Observation]:
        """Take the lines of a block; what came of it."""
        self._block = block
        scan(block, self)
        told, self._told = self._told, []
        return told

    def entry(self, pos: int, end: int) -> None:
        """A line that may matter."""
        raw = bytes(self._block.data[pos:end])
        if not raw.strip():
            return
        entry = decode_entry(raw)
        if entry is None:
            self._rescue(raw, pos, end)
        elif entry.type == "session":
            self._introduce(entry)
        elif entry.type == "model_change":
            self.state.session.speak(entry)
        elif entry.type == "session_info":
            self._entitle(entry.name or "", 2)
        elif entry.type == "message":
            self._message(entry, entry.message or Message(), raw, pos)
        elif entry.type in _SUMMARIES:
            if not entry.from_hook or entry.usage != NOTHING:
                self._beside(entry, pos)
        elif entry.usage != NOTHING:
            self._beside(entry, pos)
        else:
            self._without_usage(raw, pos)

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        self._told += self.damage.unread(self._block, pos, end)

    def _without_usage(self, raw: bytes, pos: int) -> None:
        """A line that tells no call: no loss, unless it is damaged, and maybe just where a name
        should stand, which the decoder passes over."""
        try:
            raw.decode()
        except UnicodeDecodeError:
            self.damaged(pos, pos + len(raw))

    # -- their kinds

    def _introduce(self, header: Entry) -> None:
        """The header of a session; a second one where files were put behind each other."""
        session = self.state.session
        if session.last_ms and not session.named and header.id != session.id:
            self._told.append(session.fact())
            session.title, session.title_rank = "", 0
            self.untitled = True
        if not session.begun_ms or not session.named:
            session.introduce(header)
        session.last_ms = max(session.last_ms, session.begun_ms)

    def _entitle(self, text: str, rank: int) -> None:
        session = self.state.session
        session.entitle(text, rank)
        self.untitled = session.title_rank == 0

    def _message(self, entry: Entry, message: Message, raw: bytes, pos: int) -> None:
        if message.role == "user":
            for text in prompt_of(raw) if self.untitled else ():
                self._entitle(text, 1)
            return
        before = len(self._told)
        if message.role == "assistant":
            session = self.state.session
            session.provider = message.provider or session.provider
            session.model = message.model or session.model
            self._tell(message, self._spot(entry, pos))
        elif message.role == "toolResult":
            self._result(entry, message, pos)
        if len(self._told) == before:
            self._without_usage(raw, pos)

    def _result(self, entry: Entry, message: Message, pos: int) -> None:
        """The result of a tool: the calls inside it, else the usage that it tells as a whole."""
        nested = list(replies(bytes(message.details)))
        for one in nested:
            self._tell(decode_message(one.fields), self._spot(entry, pos, helper=one.agent))
        if not nested and message.usage != NOTHING:
            whole = Message(usage=message.usage, response_id="", timestamp=message.timestamp)
            self._tell(whole, self._spot(entry, pos, "model-not-told"), Witness.SUMMARY)

    def _beside(self, entry: Entry, pos: int) -> None:
        """Usage that stands beside the messages. If no model is named, it was the session's."""
        provider, model = self.state.session.served_by()
        guess = "model-not-told" if model == UNKNOWN else "model-from-session"
        note = "" if entry.model else guess
        call = Message(
            usage=entry.usage,
            provider=entry.provider or provider,
            model=entry.model or model,
            response_id="",
        )
        witness = Witness.SUMMARY if entry.type in _SUMMARIES else Witness.AGENT
        self._tell(call, self._spot(entry, pos, note), witness)

    # -- their parts

    def _tell(self, message: Message, spot: Spot, witness: Witness = Witness.AGENT) -> None:
        reading = reading_of(message, spot)
        if reading is not None:
            self._told.append(reading._replace(witness=witness))

    def _spot(self, entry: Entry, pos: int, note: str = "", helper: str | None = None) -> Spot:
        session, ms = self.state.session, entry.written_ms()
        if ms:
            session.last_ms = max(ms, session.last_ms)
        else:
            line, position = bytes(self._block.data[pos : pos + 64]), self._block.base + pos
            reason = "impossible time; its neighbour's was taken"
            hint = "nothing to do: only its time is a guess"
            self._told += self.damage.at(position, line, reason, hint, lost=False)
            note = f"{note};time-from-neighbour" if note else "time-from-neighbour"
        when = ms or session.last_ms or self.place.mtime_ns // 1_000_000
        who, attr = session.whose(ms, self.machine, helper)
        offset = self._block.base + pos
        written = str(ms or entry.id or offset)  # never a guess: the file's time may change
        return Spot(when, who, attr, self.place.path, offset, note, written)

    def _rescue(self, raw: bytes, pos: int, end: int) -> None:
        """A line that is none, and the whole one that was written behind it."""
        self.damaged(pos, end)
        behind = [found.start() for found in _BEGIN.finditer(raw, 1)]
        if behind and not self._block.unfinished:
            start = pos + behind[-1]
            if decode_entry(raw[behind[-1] :]) is not None:
                self.entry(start, end)
