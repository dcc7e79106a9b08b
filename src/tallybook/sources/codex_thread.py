"""One thread of Codex as far as its own file tells: who it is, which threads it came from, which
of its lines are copies, and to whom a call belongs. Usage is not looked at here.
"""

from __future__ import annotations

from msgspec import Struct

from ..naming import UNKNOWN, storable
from ..reading import Attribution, SessionFact, Witness, attr_of, key_of
from .codex_files import NAME
from .codex_lines import Meta, Origin, Spawn, Turn, born_ms

SUBAGENT = "subagent"
"""The agent of a thread that another thread started, if its kind is written nowhere."""

BURST_MS = 2_000
"""Codex copies a history in one go and gives every line the time of copying. Lines that are
nearer than this to the thread's beginning, or to the copy before them, may be copies."""

OWN, COPY = 3, 1
"""Ranks of a call in its own thread's file and of one that may be a copy."""

TITLE = 80
"""Titles are cut to this many characters."""

MACHINE_TEXT = ("<", "# AGENTS.md instructions", "Another language model started to solve")
"""How prompts begin that no person typed: surroundings, instructions, summaries."""

_CLOUDS = {"amazon-bedrock": "aws"}


class Whose(Struct, gc=False, frozen=True):
    """To whom a call belongs and which model answered, how good a witness of that the line is,
    the threads under whose name the call may be known, when it was if the line's own time is
    that of copying (else 0), and what is to be noted."""

    who: Attribution
    attr: int
    witness: int
    threads: tuple[str, ...]
    provider: str
    model: str
    at_ms: int
    note: str


class Thread(Struct, gc=False, omit_defaults=True):
    """What is known so far. It is kept in the cursor, so that a later read goes on from it.

    `named` says that the id is known from the file's name, `told` from its own first line; `own`
    that the copies lie behind, `copied_turn` to which turn the lines belong that are copied now,
    if turns tell; `copied_ms` when the last line was written that may be a copy."""

    id: str
    named: bool = False
    told: bool = False
    ancestors: list[str] = []
    helper: str = ""
    begun_ms: int = 0
    copied_ms: int = 0
    own: bool = False
    copied_turn: str = ""
    directory: str | None = None
    branch: str | None = None
    version: str | None = None
    parent: str | None = None
    forked_from: str | None = None
    provider: str = ""
    model: str = ""
    cwd: str | None = None
    title: str = ""
    title_rank: int = 0
    last_ms: int = 0

    def introduce(self, meta: Meta, ms: int) -> None:
        """Take in a `session_meta` line: the file's own, which is the first, or one of another
        thread, which was copied together with its history. `named` says that the id is known
        from the file's name, should the first be damaged."""
        spawn = _spawn(meta.source)
        if (self.told or self.named) and meta.id != self.id:
            self._descend(meta.id, meta.forked_from_id, meta.parent_thread_id)
            self.begun_ms = self.begun_ms or ms
            return
        if not self.told:
            self.told, self.begun_ms = True, ms
            self.id = meta.id or self.id
            self.forked_from = meta.forked_from_id
            self.parent = meta.parent_thread_id or spawn.parent_thread_id
            self._descend(self.forked_from, self.parent)
            self.helper = _kind(meta, spawn)
        self.directory = meta.cwd or self.directory
        self.branch = (meta.git.branch if meta.git else None) or self.branch
        self.version = meta.cli_version or self.version
        self.serve(meta.model_provider)

    def is_first(self, meta: Meta, ms: int) -> bool:
        """Whether a `session_meta` line is the one that the file began with, met once more."""
        return self.told and meta.id == self.id and ms == self.begun_ms > 0

    def serve(self, provider: str | None) -> None:
        """Note which of the providers in the user's settings answers from now on."""
        if provider:
            self.provider = _CLOUDS.get(provider, provider)

    def turn(self, turn: Turn) -> bool:
        """Take in a `turn_context` line, or the line that begins a turn; whether it changes what
        `whose` says. Newer versions name turn and thread by ids that begin with the time: a turn
        older than the thread was copied, and with the first that is younger the copies lie
        behind."""
        before = (self.model, self.cwd, self.copied_turn)
        self.model = turn.model or self.model
        self.cwd = turn.cwd or self.cwd
        self.copied_turn = ""
        if turn.turn_id and born_ms(self.id) and born_ms(turn.turn_id):
            self.own = self.own or turn.turn_id > self.id
            self.copied_turn = "" if self.own else turn.turn_id
        return before != (self.model, self.cwd, self.copied_turn)

    def entitle(self, text: str, rank: int) -> None:
        """Take a title if none of its rank is known; a name that was given may be changed."""
        text = text.strip()
        machine = rank == 1 and text.startswith(MACHINE_TEXT)
        if text and not machine and (rank > self.title_rank or rank == self.title_rank > 1):
            self.title = storable(text.splitlines()[0].strip()[:TITLE])
            self.title_rank = rank

    def perhaps_copied(self, ms: int, carried: bool) -> bool:
        """Whether a usage line of that time may be a copy from another thread: one of an older
        turn, or of the burst of copying where turns tell no time. `carried` says that it is the
        file's first count and its total holds earlier calls: it may still be the last count of
        the thread that was forked."""
        if not self.ancestors or self.own:
            return carried and bool(self.ancestors)
        if ms <= max(self.begun_ms, self.copied_ms) + BURST_MS:
            self.copied_ms = max(ms, self.copied_ms)
            return True
        return bool(self.copied_turn) or carried

    def whose(self, machine: str | None, copied: bool, named: str | None = None) -> Whose:
        """To whom a call belongs; `named` is the thread that the line itself tells. A copy is a
        lesser witness: the lines that told its model may not have been copied with it, and its
        time is that of copying, or of its turn at best. So is a line whose model is not told."""
        copied = copied or named not in (None, self.id)
        author = named or (self._author() if copied else "") or self.id
        mine = author == self.id
        who = Attribution(
            source=NAME,
            session=author,
            project=self._project(),
            agent=(self.helper or None) if mine else None,
            machine=machine,
        )
        untold = not self.model and not copied
        return Whose(
            who,
            attr_of(COPY if copied else OWN, _order_of(self.id)),
            Witness.SUMMARY if copied or untold else Witness.AGENT,
            (author,) if named or not copied else self._carriers(author),
            self._served_by(),
            self.model,
            born_ms(self.copied_turn) if copied else 0,
            "model-not-told" if untold else "",
        )

    def _author(self) -> str:
        """The thread that made a call which was copied: the youngest ancestor that is older than
        the call's turn. Empty if times don't tell."""
        turn = self.copied_turn
        older = [one for one in self.ancestors if born_ms(one) and one < turn]
        return max(older, default="")

    def _carriers(self, author: str) -> tuple[str, ...]:
        """The threads whose files may hold a copied call: this one and its ancestors, but none
        that was older than the call's author and can't have it."""
        if author == self.id:
            return (self.id, *self.ancestors)
        return (self.id, *(one for one in self.ancestors if one >= author or not born_ms(one)))

    def fact(self) -> SessionFact:
        """What the file tells about the session."""
        return SessionFact(
            source=NAME,
            session=self.id,
            title=self.title,
            title_rank=min(self.title_rank, 2),
            directory=self.directory or self.cwd,
            branch=self.branch,
            parent=self.parent,
            forked_from=self.forked_from,
            version=self.version,
            seen_ms=self.last_ms or self.begun_ms,
        )

    def _project(self) -> str | None:
        """The directory in which the thread was begun, or the one of the turn if that is not
        inside it."""
        home, cwd = self.directory, self.cwd
        if not home or not cwd or cwd == home:
            return home or cwd
        inside = cwd.startswith((home.rstrip("/") + "/", home.rstrip("\\") + "\\"))
        return home if inside else cwd

    def _served_by(self) -> str:
        """Who answers: the provider in the file, else the maker of the model's name. Early files
        name none."""
        return self.provider or ("openai" if self.model.startswith(_MAKER) else UNKNOWN)

    def _descend(self, *threads: str | None) -> None:
        for one in threads:
            if one and one != self.id and one not in self.ancestors:
                self.ancestors.append(one)


_MAKER = ("gpt-", "codex", "o1", "o3", "o4")


def _spawn(source: Origin | str | None) -> Spawn:
    helper = source.subagent if isinstance(source, Origin) else None
    spawn = None if helper is None or isinstance(helper, str) else helper.thread_spawn
    return spawn or Spawn()


def _kind(meta: Meta, spawn: Spawn) -> str:
    """The kind of a sub-agent, empty for a thread that a person began."""
    helper = meta.source.subagent if isinstance(meta.source, Origin) else None
    if isinstance(helper, str):
        return helper
    role = spawn.agent_role or meta.agent_role
    name = role or spawn.agent_nickname or meta.agent_nickname
    return name or (SUBAGENT if helper or meta.parent_thread_id else "")


def _order_of(thread: str) -> int:
    """The order of origin among threads: fixed, whatever the path and whoever is read first."""
    return int.from_bytes(key_of("codex:thread", thread)[:7], "big")
