"""Sample histories in the shape that Claude Code 2.1 writes: one reply over several lines, tool
results, a sub-agent's file, a fork that begins with a copy of its source, an attempt that broke
off, a compaction that stands only in the agent's own counters.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import timedelta

from demo_world import SAID, Counts, Line, Plan, Truth, Who, json_lines, later, stamp, token

SOURCE = "claude-code"
SONNET = "claude-sonnet-4-5-20250929"
OPUS = "claude-opus-4-5-20251101"
HAIKU = "claude-haiku-4-5-20251001"
CLAIMED_RATES = {OPUS: (5_000, 25_000, 25_000, 500, 6_250, 10_000)}
"""Nano-dollars a token that the sample agent reckons with in its own cost line."""

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


class Writer:
    """The lines of one session file, in the order in which the agent would append them."""

    def __init__(self, rnd: random.Random, plan: Plan, truth: Truth) -> None:
        self.rnd, self.plan, self.truth = rnd, plan, truth
        self.session = self.new_id()
        self.now = plan.begin(rnd)
        self.agent = ""
        self.context = plan.context
        self.lines: list[Line] = []
        self.counted: dict[str, list[int]] = {}
        self.last: str | None = None

    def new_id(self) -> str:
        """A version 4 UUID out of our own random numbers."""
        return str(uuid.UUID(int=self.rnd.getrandbits(128), version=4))

    def wait(self, low: float, high: float) -> None:
        """Let some time pass, in seconds."""
        self.now += later(self.rnd, low, high)

    def put(self, body: Line, *, side: bool = False) -> None:
        """Append one line with the envelope that user and assistant lines share."""
        line = {"parentUuid": self.last, "isSidechain": side, **body, "uuid": self.new_id()}
        line |= {"timestamp": stamp(self.now), "userType": "external"}
        line |= {"cwd": self.plan.directory}
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
        ids = {"id": token(self.rnd, "msg_01"), "request": token(self.rnd, "req_011C")}
        blocks: list[Line] = [{"type": "text", "text": self.rnd.choice(SAID)}]
        if counts[2]:
            blocks.insert(0, {"type": "thinking", "thinking": "", "signature": "c2FtcGxl"})
        name, wanted, result = self.rnd.choice(TOOLS)
        call = token(self.rnd, "toolu_01")
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
        self.truth.add(Who(SOURCE, self.session, model, self.agent), status, counts)
        sums = self.counted.setdefault(model, [0] * 6)
        sums[:] = [a + b for a, b in zip(sums, counts, strict=True)]

    def break_off(self, model: str) -> None:
        """An attempt that broke while it was thinking: its prompt was processed and is billed."""
        counts = (self.rnd.randrange(2, 14), 2, 0, self.context, 0, 0)
        ids = {"id": token(self.rnd, "msg_01"), "request": token(self.rnd, "req_011C")}
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


def invent(rnd: random.Random, truth: Truth) -> Iterator[tuple[str, bytes]]:
    """(path below the home, content) of every file."""
    for plan in PLANS:
        for path, lines in work(rnd, plan, truth):
            yield f".claude/projects/{path}", json_lines(lines)


def work(rnd: random.Random, plan: Plan, truth: Truth) -> Iterator[tuple[str, list[Line]]]:
    """(path below `projects`, lines) of every file that one plan makes."""
    writer = Writer(rnd, plan, truth)
    slug = "-" + plan.directory.strip("/").replace("/", "-")
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


def subagent(writer: Writer, slug: str) -> Iterator[tuple[str, list[Line]]]:
    """A sub-agent's own file beside the session, and the note that names its kind."""
    name = f"{slug}/{writer.session}/subagents/agent-{token(writer.rnd, 'a')[:12].lower()}"
    writer.lines, writer.last, writer.context, writer.agent = [], None, 9_000, "explore"
    writer.ask("Find every test that names a leap second.", side=True)
    for step in range(3):
        writer.reply(HAIKU, side=True, ask_tool=step < 2)
    yield f"{name}.jsonl", writer.lines
    yield f"{name}.meta.json", [{"agentType": writer.agent, "description": "find leap seconds"}]


def fork(writer: Writer, slug: str) -> tuple[str, list[Line]]:
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
