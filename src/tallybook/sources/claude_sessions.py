"""What Claude Code's lines tell about sessions: titles, origin of forks, and the cumulative
counters of `cost-state` lines. Replies are folded elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from ..clock import EARLIEST_MS, LATEST_MS, parse_instant
from ..model import Counts, Money
from ..naming import provider_of
from ..reading import SessionClaim, SessionFact
from .amounts import usd_nanos
from .claude_files import NAME, project_of
from .claude_lines import Line
from .json_lines import NOTHING, Problems, plausible
from .tail import Block

HEAD_BYTES = 64 << 10
HEAD_LINES = 60
SUMMARIES = 8
"""Summaries of a file that wait for the line they end with; each costs a search of every block."""

LIMIT = 10**10
"""No session ever used this many tokens of one class: counters above it are none."""

TITLE = 80
"""Titles are cut to this many characters."""

_MACHINE_TEXT = ("<", "Caveat:", "[Request interrupted", "This session is being continued")
"""How prompts begin that no person typed: command output, reminders, summaries."""


class Part(Struct, gc=False):
    """One block of a prompt."""

    type: str | None = None
    text: str | None = None


class Prompt(Struct, gc=False):
    """What a person said."""

    role: str | None = None
    content: str | list[Part] | None = None


class Opening(Struct, gc=False, rename="camel"):
    """A line of a file's head, or a line that names its session."""

    type: str | None = None
    message: Prompt | None = None
    session_id: str | None = None
    is_meta: bool | None = None
    is_sidechain: bool | None = None
    is_compact_summary: bool | None = None
    timestamp: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    version: str | None = None
    summary: str | None = None
    leaf_uuid: str | None = None
    custom_title: str | None = None
    ai_title: str | None = None


_opening = msgspec.json.Decoder(Opening).decode


class Notes:
    """What is known so far about the sessions of one file."""

    def __init__(self, session: str | None, before: Callable[[int], bytes]) -> None:
        self.session = session
        self.awaited: dict[str, tuple[str, str]] = {}
        self._before = before
        self.titles: dict[str, tuple[int, str]] = {}
        self.last: dict[str, Line] = {}
        self.first: Opening | None = None
        self.forked: dict[str, str] = {}
        self.begun_ms = 0
        self.opened_ms = 0

    def read_head(self, data: bytes) -> None:
        """Look for the first real prompt in the first lines of a file, and for the moment at
        which the session began: headless versions from 2.0.65 on write a `queue-operation`
        first, so that what carries an earlier time was copied from another session."""
        timed, start = False, 0
        for _ in range(HEAD_LINES):
            if start > len(data) or (timed and self._introduced()):
                return
            end = data.find(b"\n", start, HEAD_BYTES)
            raw = data[start : end if end >= 0 else HEAD_BYTES]
            start = end + 1 if end >= 0 else len(data) + 1
            try:
                line = _opening(raw)
            except Problems:
                continue
            if line.timestamp and not (timed and self.opened_ms):
                at = parse_instant(line.timestamp) or 0
                if not self.opened_ms and plausible(at):
                    self.opened_ms = at
                if not timed and line.type == "queue-operation":
                    self.begun_ms = at if plausible(at) else 0
                timed = True
            if line.session_id and (self.first is None or not self.first.cwd):
                self.first = line
            self._prompt(line)

    def _introduced(self) -> bool:
        """Whether the head need not be read on: it told all that it can of the file's session."""
        first, own = self.first, self.session
        told = first is not None and first.session_id == own and bool(first.cwd)
        return told and own in self.titles and self.opened_ms > 0

    def title(self, block: Block, pos: int, end: int) -> None:
        """Take the agent's own title, or the one that the user gave, from the line at `pos`. A
        summary names the line that it ends with: older versions also put the summaries of other
        sessions into a file, so that line must stand shortly before it, or behind it."""
        try:
            line = _opening(block.data[pos:end])
        except Problems:
            return
        text, session = line.custom_title or line.ai_title, line.session_id or self.session
        if text and session:
            self._entitle(session, 3 if line.custom_title else 2, text)
        elif session and line.summary and line.leaf_uuid:
            leaf = line.leaf_uuid.encode("utf-8", "replace")
            near = leaf in self._before(block.base + pos)
            if near or block.data.find(leaf, end, block.stop) >= 0:
                self._entitle(session, 2, line.summary)
            elif len(self.awaited) < SUMMARIES:
                self.awaited[line.leaf_uuid] = (session, line.summary)

    def look(self, block: Block) -> None:
        """Look for the lines that summaries further up wait for, in a block that comes later."""
        for name, (session, summary) in list(self.awaited.items()):
            if block.data.find(name.encode("utf-8", "replace"), block.start, block.stop) >= 0:
                self._entitle(session, 2, summary)
                del self.awaited[name]

    def _prompt(self, line: Opening) -> None:
        message, session = line.message, line.session_id or self.session
        machine = line.is_meta or line.is_sidechain or line.is_compact_summary
        if line.type != "user" or message is None or session is None or machine:
            return
        content = message.content
        texts = [content] if isinstance(content, str) else [one.text for one in content or ()]
        text = next((one for one in texts if one and one.strip()), "").strip()
        if text and not text.startswith(_MACHINE_TEXT):
            self._entitle(session, 1, text.splitlines()[0].strip())

    def _entitle(self, session: str, rank: int, text: str) -> None:
        held, _ = self.titles.get(session, (0, ""))
        if rank > held or rank == held > 1:
            self.titles[session] = (rank, text.strip()[:TITLE])

    def facts(self, slug: str, seen_ms: int) -> Iterator[SessionFact]:
        """One fact for every session that was met; `slug` is the name of the file's folder."""
        opened = self.first.session_id if self.first else None
        known = dict.fromkeys([opened or "", *self.last, *self.titles])
        for session in filter(None, known):
            rank, title = self.titles.get(session, (0, ""))
            line: Line | Opening | None = self.last.get(session)
            if line is None and self.first and opened == session:
                line = self.first
            yield SessionFact(
                source=NAME,
                session=session,
                title=title,
                title_rank=min(rank, 2),
                directory=project_of(line.cwd, slug) if line and line.cwd else None,
                branch=(line.git_branch or None) if line else None,
                version=line.version if line else None,
                forked_from=self.forked.get(session),
                seen_ms=seen_ms or self.opened_ms,
            )


class ModelUse(Struct, gc=False, rename="camel"):
    """Cumulative counters of one model in a `cost-state` line."""

    input_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    short_writes: int = msgspec.field(default=0, name="cacheCreationEphemeral5mInputTokens")
    long_writes: int = msgspec.field(default=0, name="cacheCreationEphemeral1hInputTokens")
    cost_usd: Raw = msgspec.field(default=NOTHING, name="costUSD")

    def counts(self) -> Counts | None:
        """Six disjoint classes; a write of untold lifetime is a short one. None if a counter is
        negative or contradicts another."""
        long = self.long_writes
        rest = self.cache_creation_input_tokens - long
        short = max(self.short_writes, rest)
        spoken, thought = self.output_tokens - self.thinking_tokens, self.thinking_tokens
        read = self.cache_read_input_tokens
        counts = (self.input_tokens, spoken, thought, read, short, long)
        return counts if min(counts) >= 0 and max(counts) <= LIMIT else None


class CostState(Struct, gc=False, rename="camel"):
    """Claude Code's own total for a session so far."""

    session_id: str | None = None
    start_time: int | float | None = None
    total_duration: int | float | None = None
    model_usage: dict[str, ModelUse] | None = None

    def closed_ms(self) -> int:
        """When the run that wrote the line ended by its own account, or 0 if that can't be."""
        begun, lasted = self.start_time or 0, self.total_duration or 0
        if not EARLIEST_MS <= begun < LATEST_MS or not 0 <= lasted < LATEST_MS:
            return 0
        closed = int(begun + lasted)
        return closed if plausible(closed) else int(begun)


_cost_state = msgspec.json.Decoder(CostState).decode


class Seen(NamedTuple):
    """What a file tells about a `cost-state` line in it: the session that owns the file, when
    the lines before were written (0 if unknown), and when the file was changed."""

    session: str | None
    before_ms: int
    changed_ms: int


def claims_of(raw: bytes, seen: Seen) -> list[SessionClaim] | None:
    """The claims of one `cost-state` line, one a model; None if it can't be understood.

    The line has no time of its own. Its totals hold everything until the run ended: also what
    sub-agents, which have files of their own, used after the last line before it."""
    try:
        state = _cost_state(raw)
    except Problems:
        return None
    owner = state.session_id or seen.session
    seen_ms = max(seen.before_ms, state.closed_ms()) or seen.changed_ms
    claims: list[SessionClaim] = []
    for model, use in (state.model_usage or {}).items():
        counts = use.counts()
        if counts is None or owner is None:
            return None
        nanos = usd_nanos(bytes(use.cost_usd).strip(b'"')) if use.cost_usd else None
        claims.append(
            SessionClaim(
                source=NAME,
                session=owner,
                provider=provider_of(model),
                model=model,
                counts=counts,
                seen_ms=seen_ms,
                reported=None if nanos is None else Money(nanos, "USD"),
            )
        )
    return claims
