"""Writes the sample histories that `tally demo` reads, and the truth about them for the tests.

Usage: make_demo.py [--out DIR] [--truth FILE]

The same seed gives the same bytes on every machine. The files have the shape that Claude Code
2.1 writes: one reply over several lines, tool results, a sub-agent's file, a fork that begins
with a copy of its source, an attempt that broke off, a compaction that stands only in the
agent's own counters. All text is made up. What is counted here is counted while the replies are
invented, never read back, so it can be held against what Tallybook reads.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEED = 20261110
FIRST_DAY = datetime(2026, 11, 10, 8, 30, tzinfo=UTC)
SONNET = "claude-sonnet-4-5-20250929"
OPUS = "claude-opus-4-5-20251101"
HAIKU = "claude-haiku-4-5-20251001"
CLASSES = ("input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h")
CLAIMED_RATES = {OPUS: (5_000, 25_000, 25_000, 500, 6_250, 10_000)}
"""Nano-dollars a token that the sample agent reckons with in its own cost line."""

Line = dict[str, Any]
Counts = tuple[int, int, int, int, int, int]


@dataclass
class Plan:
    """One session to invent: when, where, with what, how much, and what happens in it."""

    day: int
    hour: int
    project: str
    model: str
    prompts: tuple[str, ...]
    replies: int
    title: str = ""
    context: int = 18_000
    happens: tuple[str, ...] = ()


PLANS = (
    Plan(0, 0, "harbour-map", SONNET, ("Draw the depth lines from the survey file.",), 8),
    Plan(0, 3, "letterpress", HAIKU, ("Rename the page module to sheet.", "And in the docs."), 7),
    Plan(1, 1, "harbour-map", OPUS, ("Why do two buoys meet?",), 6, happens=("search",)),
    Plan(2, 0, "tide-tables", SONNET, ("按港口重新整理潮汐表。", "再加一个按小时的视图。"), 8),
    Plan(3, 2, "letterpress", SONNET, ("Set the margins from the paper size.",), 7,
         title="Margins that follow the paper", happens=("fork",)),
    Plan(4, 5, "letterpress", OPUS, ("Plan the move to new cases.", "Write it down."), 6,
         happens=("compact",)),
    Plan(6, 1, "tide-tables", HAIKU, ("Fix the spelling in the help texts.",), 5),
    Plan(6, 4, "harbour-map", SONNET, ("Load the whole chart archive and find gaps.",), 6,
         title="Gaps in the chart archive", context=188_000),
    Plan(7, 0, "tide-tables", SONNET, ("Test the leap-second days.", "Explain the failing one."), 7,
         happens=("subagent",)),
    Plan(8, 2, "harbour-map", OPUS, ("Review the projection code.",), 5, happens=("broken",)),
    Plan(9, 1, "tide-tables", SONNET, ("Make the month view load faster.",), 7),
    Plan(10, 0, "letterpress", HAIKU, ("List what changed this week.",), 4),
)  # fmt: skip

SAID = (
    "The survey file has two headers; the second one carries the unit.",
    "I will read the module first, then change one thing at a time.",
    "Both callers pass metres, so the conversion belongs at the border.",
    "The test names the day that fails. The table was cut one row short.",
    "Done. The old name stays as an alias for one release.",
    "This reads every sheet twice. Keeping the last one open is enough.",
    "The order of the rows was never promised, so I sort before I compare.",
)
TOOLS = (
    (
        "Read",
        {"file_path": "src/sheet.py"},
        "def height(sheet):\n    return sheet.rows * LEADING\n",
    ),
    ("Edit", {"file_path": "src/chart.py", "old_string": "feet", "new_string": "metres"}, "edited"),
    ("Bash", {"command": "python -m pytest -q"}, "14 passed in 0.41s"),
    ("Grep", {"pattern": "def load"}, "src/chart.py:31:def load(path):\n"),
)


@dataclass
class Truth:
    """What was invented: six classes and calls by model and status; one entry a reply."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, model: str, status: str, counts: Counts) -> None:
        """Count one reply. Spend that only a counter shows is no request."""
        row = self.rows.setdefault(f"{model} {status}", dict.fromkeys((*CLASSES, "requests"), 0))
        for name, count in zip(CLASSES, counts, strict=True):
            row[name] += count
        row["requests"] += status != "recovered"


class Writer:
    """The lines of one session file, in the order in which the agent would append them."""

    def __init__(self, rnd: random.Random, plan: Plan, truth: Truth) -> None:
        self.rnd, self.plan, self.truth = rnd, plan, truth
        self.session = self.new_id()
        self.directory = f"/home/ada/code/{plan.project}"
        self.now = FIRST_DAY + timedelta(days=plan.day, hours=plan.hour, minutes=rnd.randrange(50))
        self.context = plan.context
        self.lines: list[Line] = []
        self.counted: dict[str, list[int]] = {}
        self.last: str | None = None

    def new_id(self) -> str:
        """A version 4 UUID out of our own random numbers."""
        return str(uuid.UUID(int=self.rnd.getrandbits(128), version=4))

    def token(self, prefix: str) -> str:
        """An id in the provider's manner."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
        return prefix + "".join(self.rnd.choice(letters) for _ in range(22))

    def wait(self, low: float, high: float) -> None:
        """Let some time pass, in seconds."""
        self.now += timedelta(milliseconds=round(self.rnd.uniform(low, high) * 1000))

    def put(self, body: Line, *, side: bool = False) -> None:
        """Append one line with the envelope that user and assistant lines share."""
        stamp = self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}Z"
        line = {"parentUuid": self.last, "isSidechain": side, **body, "uuid": self.new_id()}
        line |= {"timestamp": stamp, "userType": "external", "cwd": self.directory}
        line |= {"sessionId": self.session, "version": "2.1.330", "gitBranch": "main"}
        self.last = line["uuid"]
        self.lines.append(line)

    def ask(self, text: str, *, side: bool = False) -> None:
        """A prompt."""
        self.wait(20, 400)
        self.put({"type": "user", "message": {"role": "user", "content": text}}, side=side)

    def counts(self, model: str) -> Counts:
        """What one reply uses, with the context growing by what it writes to the cache."""
        fresh = self.rnd.randrange(400, 5_200)
        long_lived = fresh if self.rnd.random() < 0.3 else 0
        thinking = self.rnd.randrange(60, 700) if model != HAIKU else 0
        output = self.rnd.randrange(80, 1_900)
        read, self.context = self.context, self.context + fresh
        return (self.rnd.randrange(2, 14), output, thinking, read, fresh - long_lived, long_lived)

    def reply(
        self, model: str, *, side: bool = False, searches: int = 0, ask_tool: bool = True
    ) -> None:
        """One reply: a line for each content block, the early ones with the first output count."""
        counts = self.counts(model)
        ids = {"id": self.token("msg_01"), "request": self.token("req_011C")}
        blocks: list[Line] = [{"type": "text", "text": self.rnd.choice(SAID)}]
        if counts[2]:
            blocks.insert(0, {"type": "thinking", "thinking": "", "signature": "c2FtcGxl"})
        name, wanted, result = self.rnd.choice(TOOLS)
        call = self.token("toolu_01")
        if ask_tool:
            blocks.append({"type": "tool_use", "id": call, "name": name, "input": wanted})
        for number, block in enumerate(blocks, 1):
            self.wait(0.4, 6)
            final = number == len(blocks)
            usage = usage_of(counts, searches, final=final)
            stop = ("tool_use" if ask_tool else "end_turn") if final else None
            self.put(assistant(model, ids, block, usage, stop), side=side)
        if ask_tool:
            self.wait(0.1, 9)
            answer = {"tool_use_id": call, "type": "tool_result", "content": result}
            self.put({"type": "user", "message": {"role": "user", "content": [answer]}}, side=side)
        self.count(model, "complete", counts)

    def count(self, model: str, status: str, counts: Counts) -> None:
        """Note the truth, and what the agent's own counters of the session would show."""
        self.truth.add(model, status, counts)
        sums = self.counted.setdefault(model, [0] * 6)
        sums[:] = [a + b for a, b in zip(sums, counts, strict=True)]

    def break_off(self, model: str) -> None:
        """An attempt that broke while it was thinking: its prompt was processed and is billed."""
        counts = (self.rnd.randrange(2, 14), 2, 0, self.context, 0, 0)
        ids = {"id": self.token("msg_01"), "request": self.token("req_011C")}
        block = {"type": "thinking", "thinking": "", "signature": ""}
        self.wait(1, 3)
        self.put(assistant(model, ids, block, usage_of(counts, 0, final=True), "end_turn"))
        self.count(model, "partial", counts)

    def compact(self, model: str) -> None:
        """A compaction: no reply is written down, only the session's own counters grow."""
        self.wait(5, 20)
        boundary = {"type": "system", "subtype": "compact_boundary", "level": "info"}
        self.put({**boundary, "content": "Conversation compacted"})
        hidden = (9, 2_310, 0, self.context, 1_204, 0)
        self.count(model, "recovered", hidden)
        self.context = 14_000

    def close(self, model: str) -> None:
        """The cost line that the agent writes when it ends: cumulative for the session."""
        sums = self.counted[model]
        nanos = sum(n * rate for n, rate in zip(sums, CLAIMED_RATES[model], strict=True))
        cost = nanos / 1e9  # the agent itself writes a floating-point number here
        used = {
            "inputTokens": sums[0], "outputTokens": sums[1] + sums[2], "thinkingTokens": sums[2],
            "cacheReadInputTokens": sums[3], "cacheCreationInputTokens": sums[4] + sums[5],
            "cacheCreationEphemeral5mInputTokens": sums[4],
            "cacheCreationEphemeral1hInputTokens": sums[5], "webSearchRequests": 0, "costUSD": cost,
        }  # fmt: skip
        started = round((self.now - timedelta(minutes=40)).timestamp() * 1000)
        state = {"type": "cost-state", "sessionId": self.session, "totalCostUSD": cost}
        state |= {"totalDuration": 2_400_000, "startTime": started, "modelUsage": {model: used}}
        self.lines.append({**state, "hasUnknownModelCost": False})


def usage_of(counts: Counts, searches: int, *, final: bool) -> Line:
    """The usage object as the provider reports it: thinking is inside the output."""
    fresh, output, thinking, read, short, long_lived = counts
    usage: Line = {"input_tokens": fresh, "cache_creation_input_tokens": short + long_lived}
    usage |= {"cache_read_input_tokens": read, "output_tokens": output + thinking if final else 2}
    if final:
        usage["output_tokens_details"] = {"thinking_tokens": thinking}
    if searches:
        usage["server_tool_use"] = {"web_search_requests": searches, "web_fetch_requests": 0}
    split = {"ephemeral_1h_input_tokens": long_lived, "ephemeral_5m_input_tokens": short}
    return {**usage, "service_tier": "standard", "cache_creation": split, "speed": "standard"}


def assistant(model: str, ids: dict[str, str], block: Line, usage: Line, stop: str | None) -> Line:
    """The inner part of one line of a reply."""
    message = {"id": ids["id"], "type": "message", "role": "assistant", "model": model}
    message |= {"content": [block], "stop_reason": stop, "stop_sequence": None, "usage": usage}
    return {"message": message, "requestId": ids["request"], "type": "assistant"}


def invent(rnd: random.Random, plan: Plan, truth: Truth) -> Iterator[tuple[str, list[Line] | Line]]:
    """(path below `projects`, content) of every file that one plan makes."""
    writer = Writer(rnd, plan, truth)
    slug = "-" + writer.directory.strip("/").replace("/", "-")
    share = -(-plan.replies // len(plan.prompts))
    for number, prompt in enumerate(plan.prompts):
        writer.ask(prompt)
        if number == 1 and "compact" in plan.happens:
            writer.compact(plan.model)
        for step in range(share):
            writer.reply(
                plan.model,
                searches=2 if step == 1 and "search" in plan.happens else 0,
                ask_tool=step < share - 1,
            )
            if step == 2 and "broken" in plan.happens:
                writer.break_off(plan.model)
    if plan.title:
        writer.lines.insert(0, {"type": "summary", "summary": plan.title, "leafUuid": writer.last})
    if "compact" in plan.happens:
        writer.close(plan.model)
    yield f"{slug}/{writer.session}.jsonl", writer.lines
    if "subagent" in plan.happens:
        yield from subagent(writer, slug)
    if "fork" in plan.happens:
        yield fork(writer, slug)


def subagent(writer: Writer, slug: str) -> Iterator[tuple[str, list[Line] | Line]]:
    """A sub-agent's own file beside the session, and the note that names its kind."""
    name = f"{slug}/{writer.session}/subagents/agent-{writer.token('a')[:12].lower()}"
    writer.lines, writer.last, writer.context = [], None, 9_000
    writer.ask("Find every test that names a leap second.", side=True)
    for step in range(3):
        writer.reply(HAIKU, side=True, ask_tool=step < 2)
    yield f"{name}.jsonl", writer.lines
    yield f"{name}.meta.json", {"agentType": "explore", "description": "find leap seconds"}


def fork(writer: Writer, slug: str) -> tuple[str, list[Line] | Line]:
    """A fork: the source's lines again under a new session, then two replies of its own."""
    source, writer.session = writer.session, writer.new_id()
    copies = [line | {"sessionId": writer.session} for line in writer.lines if "uuid" in line]
    for line in copies:
        if "requestId" in line:
            line["requestSessionId"] = source
    writer.lines = copies
    writer.wait(3_000, 9_000)
    writer.ask("Try it the other way round: start from the sheet.")
    writer.reply(writer.plan.model)
    writer.reply(writer.plan.model, ask_tool=False)
    return f"{slug}/{writer.session}.jsonl", writer.lines


def main() -> None:
    """Write the home and the truth, from nothing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "src/tallybook/demo/home")
    parser.add_argument("--truth", type=Path, default=ROOT / "tests/demo/truth.json")
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    rnd, truth, size = random.Random(SEED), Truth(), 0
    for plan in PLANS:
        for path, content in invent(rnd, plan, truth):
            target = args.out / ".claude/projects" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            lines = content if isinstance(content, list) else [content]
            compact = [json.dumps(x, ensure_ascii=False, separators=(",", ":")) for x in lines]
            target.write_bytes(("\n".join(compact) + "\n").encode())
            size += target.stat().st_size
    args.truth.parent.mkdir(parents=True, exist_ok=True)
    rows = dict(sorted(truth.rows.items()))
    args.truth.write_bytes((json.dumps({"seed": SEED, "rows": rows}, indent=1) + "\n").encode())
    print(f"{args.out}: {size:,} bytes")


if __name__ == "__main__":
    main()
