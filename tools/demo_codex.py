"""Sample histories in the shape that Codex 0.169 writes: a record and a running total for each
reply, official quota windows, a compaction around which counts are repeated, a thread that
another one started, an archived thread, and a fork that only points at its source.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from demo_codex_counts import Vector, Windows
from demo_world import (
    RAN,
    SAID,
    Counts,
    Line,
    Plan,
    Truth,
    Who,
    json_lines,
    later,
    ms_of,
    stamp,
    token,
    uuid7,
)

SOURCE = "codex"
SOL = "gpt-5.6-sol"
LUNA = "gpt-5.6-luna"

PLANS = (
    Plan(1, 6, "letterpress", SOL, ("Measure where the proof takes its time.",), 5,
         title="Where the proof takes its time", happens=("subagent",)),
    Plan(5, 2, "harbour-map", LUNA, ("Turn the soundings into a grid.", "Now every second row."), 6,
         happens=("compact", "archived")),
    Plan(8, 5, "tide-tables", SOL, ("Store the tables in one file.",), 4,
         title="One file for the tables", happens=("fork",)),
)  # fmt: skip


class Desk(NamedTuple):
    """What all threads have in common."""

    rnd: random.Random
    truth: Truth
    windows: Windows


class Thread:
    """The lines of one thread's file, in the order in which Codex appends them."""

    def __init__(self, desk: Desk, plan: Plan, now: datetime, parent: Thread | None = None) -> None:
        self.desk, self.rnd, self.plan, self.now = desk, desk.rnd, plan, now
        self.id = uuid7(self.rnd, now)
        self.root = parent.id if parent else self.id
        self.agent = "explorer" if parent else ""
        self.model, self.context = plan.model, plan.context
        self.begun, self.ordinal, self.replies = now, 0, 0
        self.total, self.last, self.turn_id = Vector(), Vector(), ""
        self.limits: Line = {}
        self.lines: list[Line] = []

    def put(self, kind: str, **payload: object) -> None:
        """Append one line."""
        line: Line = {"timestamp": stamp(self.now), "ordinal": self.ordinal, "type": kind}
        self.lines.append({**line, "payload": payload})
        self.ordinal += 1

    def introduce(self, **more: object) -> None:
        """The line with which every file begins."""
        names: Line = {"session_id": self.root, "id": self.id, "timestamp": stamp(self.begun)}
        names |= {"cwd": self.plan.directory, "originator": "codex_cli_rs"}
        names |= {"cli_version": "0.169.0", "source": "cli", "thread_source": "user"}
        names |= {"model_provider": "openai", "history_mode": "paginated"}
        self.put("session_meta", **(names | more), git={"branch": "main"})

    def wait(self, low: float, high: float) -> None:
        """Let some time pass, in seconds."""
        self.now += later(self.rnd, low, high)

    def ask(self, text: str) -> None:
        """A turn begins, with a prompt."""
        self.wait(20, 300)
        self.turn_id = uuid7(self.rnd, self.now)
        begun = {"turn_id": self.turn_id, "started_at": ms_of(self.now) // 1000}
        self.put("event_msg", type="task_started", **begun, model_context_window=258_400)
        self.settle()
        self.say("user", "input_text", text)

    def settle(self) -> None:
        """The context of the turn, written before requests."""
        where = {"turn_id": self.turn_id, "cwd": self.plan.directory, "model": self.model}
        self.put("turn_context", **where, approval_policy="on-request", effort="medium")

    def say(self, role: str, kind: str, text: str) -> None:
        """A message."""
        content = [{"type": kind, "text": text}]
        self.put("response_item", type="message", role=role, content=content)

    def used(self) -> Vector:
        """What one reply uses, of a context that grows. Caches work in blocks of 128 tokens."""
        fresh = self.rnd.randrange(500, 6_000)
        cached = self.context // 128 * 128 if self.replies else 0
        self.context += fresh
        written = (self.context - cached) // 128 * 128 if self.model == SOL else 0
        thought = self.rnd.randrange(60, 900)
        output = thought + self.rnd.randrange(80, 1_700)
        return Vector(self.context, cached, written, output, thought, self.context + output)

    def reply(self, call: tuple[str, Line, str] | None = None) -> None:
        """One reply: its items, its record, what its tool printed, and the count."""
        self.wait(2, 25)
        summary = [{"type": "summary_text", "text": "I look before I change anything."}]
        self.put("response_item", type="reasoning", summary=summary, encrypted_content="c2FtcGxl")
        name, asked, printed = call or ("", {}, "")
        call_id = token(self.rnd, "call_")
        if call:
            wanted = {"name": name, "arguments": json.dumps(asked), "call_id": call_id}
            self.put("response_item", type="function_call", **wanted)
        else:
            self.say("assistant", "output_text", self.rnd.choice(SAID))
        self.account(self.used())
        if call:
            self.wait(0.1, 8)
            self.put("response_item", type="function_call_output", call_id=call_id, output=printed)
        self.count()

    def shell(self) -> None:
        """A reply that runs a command."""
        command, printed = self.rnd.choice(RAN)
        self.reply(("exec_command", {"cmd": command}, f"Process exited with code 0\n{printed}"))

    def account(self, used: Vector) -> None:
        """The record of a reply, and the truth about it."""
        self.total, self.replies = self.total.plus(used), self.replies + 1
        ids = {"thread_id": self.id, "turn_id": self.turn_id, "session_id": self.root}
        ids["response_id"] = f"resp_{self.rnd.getrandbits(192):048x}"
        sums = {"usage": used.usage(), "thread_token_usage": self.total.usage()}
        self.put("token_usage_record", **ids, **sums)
        self.last = used
        self.limits = self.desk.windows.spend(self.now, used.total)
        fresh, cached, written, output, thought, _ = used
        counts: Counts = (fresh - cached - written, output - thought, thought, cached, written, 0)
        self.desk.truth.add(Who(SOURCE, self.id, self.model, self.agent), "complete", counts)

    def count(self, estimate: int = 0) -> None:
        """The running total after a reply; `estimate` is how long the context is after it was
        compacted, which is no reply."""
        last = Vector(total=estimate) if estimate else self.last
        info: Line = {"total_token_usage": self.total.usage(), "last_token_usage": last.usage()}
        info["model_context_window"] = 258_400
        self.put("event_msg", type="token_count", info=info, rate_limits=self.limits)
        if self.limits:
            for seen in self.desk.truth.windows.values():
                seen["seen_ms"] = ms_of(self.now)

    def compact(self) -> None:
        """A compaction: a request like others, with a count repeated before and an estimate
        behind it."""
        self.count()
        self.wait(4, 12)
        left = "The grid is written; every second row is left."
        self.say("assistant", "output_text", left)
        self.account(self.used())
        self.count()
        self.put("compacted", message=left)
        self.settle()
        self.context = 8_000
        self.count(estimate=6_067)

    def end(self) -> None:
        """The turn is over."""
        self.put("event_msg", type="task_complete", turn_id=self.turn_id)

    def delegate(self, prompt: str) -> Thread:
        """A reply that starts another thread, which works until this one goes on."""
        child = Thread(self.desk, self.plan, self.now + timedelta(seconds=30), self)
        spawn = {"message": prompt, "agent_type": child.agent}
        answer = json.dumps({"agent_id": child.id, "nickname": "Euclid"})
        self.reply(("spawn_agent", spawn, answer))
        child.now = max(child.now, self.now)
        child.model, child.context = LUNA, 7_000
        child.introduce(**origin_of(self.id, child.agent), thread_source="subagent")
        self.desk.truth.parents[f"{SOURCE} {child.id}"] = self.id
        child.ask(prompt)
        child.shell()
        child.shell()
        child.reply()
        child.end()
        self.now = child.now
        return child

    def path(self) -> str:
        """Where the file lies: archived threads in a folder of their own."""
        name = f"rollout-{self.begun:%Y-%m-%dT%H-%M-%S}-{self.id}.jsonl"
        if "archived" in self.plan.happens:
            return f".codex/archived_sessions/{name}"
        return f".codex/sessions/{self.begun:%Y/%m/%d}/{name}"

    def file(self) -> tuple[str, bytes]:
        """Path and content."""
        return self.path(), json_lines(self.lines)


def origin_of(parent: str, role: str) -> Line:
    """How a thread that another one started says so."""
    spawn = {"parent_thread_id": parent, "depth": 1, "agent_nickname": "Euclid", "agent_role": role}
    return {"parent_thread_id": parent, "source": {"subagent": {"thread_spawn": spawn}}}


def invent(rnd: random.Random, truth: Truth) -> Iterator[tuple[str, bytes]]:
    """(path below the home, content) of every file."""
    desk = Desk(rnd, truth, Windows(truth))
    for plan in PLANS:
        for thread in work(desk, plan):
            yield thread.file()


def work(desk: Desk, plan: Plan) -> Iterator[Thread]:
    """Every thread that one plan makes."""
    thread = Thread(desk, plan, plan.begin(desk.rnd))
    thread.introduce()
    share = plan.replies // len(plan.prompts)
    for number, prompt in enumerate(plan.prompts):
        thread.ask(prompt)
        for step in range(share - 1):
            if step == 1 and "subagent" in plan.happens:
                yield thread.delegate("Find every place that measures type twice.")
            else:
                thread.shell()
        thread.reply()
        if number == 0 and "compact" in plan.happens:
            thread.compact()
        thread.end()
    if plan.title:
        named = {"thread_id": thread.id, "thread_name": plan.title}
        thread.put("event_msg", type="thread_name_updated", **named)
    yield thread
    if "fork" in plan.happens:
        yield fork(thread)


def fork(source: Thread) -> Thread:
    """A fork: nothing is copied, but lines and totals go on from those of its source."""
    source.wait(2_000, 6_000)
    thread = Thread(source.desk, source.plan, source.now)
    thread.ordinal, thread.total = source.ordinal, source.total
    thread.context, thread.replies = source.context, source.replies
    base = {"thread_id": source.id, "end_ordinal_exclusive": source.ordinal}
    base["end_byte_offset"] = len(source.file()[1])
    origin = {"forked_from_id": source.id, "forked_from_ordinal_exclusive": source.ordinal}
    thread.introduce(**origin, history_base=base)
    thread.ask("And if each month had its own file?")
    thread.shell()
    thread.reply()
    thread.end()
    return thread
