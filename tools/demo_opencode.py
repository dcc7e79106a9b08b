"""Sample histories in the shape that OpenCode 1.1 writes with oh-my-opencode: a file for each
session, message and part, agents with decorated names, a session that another one started, and a
fork, whose copied messages have new ids and nothing else that is new.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha1
from typing import NamedTuple

from demo_world import RAN, SAID, Counts, Line, Plan, Truth, Who, later, ms_of, token

SOURCE = "opencode"
SONNET = "claude-sonnet-4-5-20250929"
SOL = "gpt-5.6-sol"
KIMI = "kimi-k2.5"
STORAGE = ".local/share/opencode/storage"


class Served(NamedTuple):
    """By whom a model is served, and what OpenCode reckons with: nano-dollars a token of input,
    output, cache read and cache write."""

    provider: str
    rates: tuple[int, int, int, int]


SERVED = {
    SONNET: Served("anthropic", (3_000, 15_000, 300, 3_750)),
    SOL: Served("openai", (4_000, 20_000, 400, 5_000)),
    KIMI: Served("moonshotai", (600, 3_000, 100, 0)),
}

PLANS = (
    Plan(2, 5, "tide-tables", SONNET, ("Draw the tides of one day as a curve.",), 4,
         title="Tides of a day as a curve", agent="Sisyphus (Ultraworker)", happens=("subagent",)),
    Plan(5, 6, "letterpress", SOL, ("Why is the last line of a page set too high?",), 4,
         title="Last line set too high", agent="Hephaestus (Deep Agent)"),
    Plan(9, 5, "harbour-map", SONNET, ("Colour the fairways by depth.",), 3,
         title="Fairways coloured by depth", agent="Sisyphus (Ultraworker)", happens=("fork",)),
)  # fmt: skip


class Session:
    """One session and its messages, each with its parts."""

    def __init__(self, desk: tuple[random.Random, Truth], plan: Plan, now: datetime) -> None:
        (self.rnd, self.truth), self.plan, self.now = desk, plan, now
        self.project = sha1(plan.project.encode()).hexdigest()
        self.agent, self.model, self.context = plan.agent, plan.model, plan.context
        mark = (1 << 48) - 1 - ((ms_of(now) << 12) & ((1 << 48) - 1))  # the latest comes first
        self.id = token(self.rnd, f"ses_{mark:012x}", 14)
        self.begun, self.title, self.parent = now, plan.title, ""
        self.last_id, self.counter, self.question = "", 0, ""
        self.messages: list[tuple[Line, list[Line]]] = []

    def wait(self, low: float, high: float) -> None:
        """Let some time pass, in seconds."""
        self.now += later(self.rnd, low, high)

    def new_id(self, prefix: str) -> str:
        """An id that grows with the time."""
        self.counter += 1
        mark = ((ms_of(self.now) << 12) + self.counter) & ((1 << 48) - 1)
        return token(self.rnd, f"{prefix}_{mark:012x}", 14)

    def part(self, kind: str, **fields: object) -> None:
        """Append a part to the last message."""
        message, parts = self.messages[-1]
        head = {"id": self.new_id("prt"), "sessionID": self.id, "messageID": message["id"]}
        parts.append({**head, "type": kind, **fields})

    def ask(self, text: str) -> None:
        """A prompt."""
        self.wait(20, 300)
        served = {"providerID": SERVED[self.model].provider, "modelID": self.model}
        self.question = self.new_id("msg")
        message: Line = {"id": self.question, "sessionID": self.id, "role": "user"}
        message |= {"time": {"created": ms_of(self.now)}, "agent": self.agent, "model": served}
        self.messages.append((message, []))
        self.part("text", text=text)

    def used(self) -> tuple[Line, Counts]:
        """What one reply uses: as OpenCode writes it, and in classes that do not overlap. Only
        Anthropic tells cache writes; the others tell reasoning, which stands inside the output."""
        fresh, spoken = self.rnd.randrange(500, 5_000), self.rnd.randrange(80, 1_800)
        thought = 0 if self.model == SONNET else self.rnd.randrange(50, 700)
        read = self.context if len(self.messages) > 2 else 0
        if not read:
            fresh += self.context
        self.context = read + fresh
        plain = self.rnd.randrange(2, 14) if self.model == SONNET else fresh
        written = fresh if self.model == SONNET else 0
        tokens: Line = {"input": plain, "output": spoken + thought, "reasoning": thought}
        tokens["cache"] = {"read": read, "write": written}
        return tokens, (plain, spoken, thought, read, written, 0)

    def reply(self, tool: str = "", state: Line | None = None) -> None:
        """One reply: a message, and its parts from the step's start to its end."""
        self.wait(1, 4)
        created, provider = self.now, SERVED[self.model].provider
        message: Line = {"id": self.new_id("msg"), "sessionID": self.id, "role": "assistant"}
        self.messages.append((message, []))
        self.part("step-start", snapshot=sha1(message["id"].encode()).hexdigest())
        self.wait(2, 20)
        tokens, counts = self.used()
        if tool:
            self.part("tool", callID=token(self.rnd, "call_"), tool=tool, state=state)
        else:
            self.part("text", text=self.rnd.choice(SAID))
        nanos = self.nanos(tokens)
        spent = {"cost": nanos / 1e9, "tokens": tokens}  # OpenCode writes a floating-point number
        finish = "tool-calls" if tool else "stop"
        self.part("step-finish", reason=finish, **spent)
        where = {"cwd": self.plan.directory, "root": self.plan.directory}
        message["time"] = {"created": ms_of(created), "completed": ms_of(self.now)}
        message |= {"parentID": self.question, "modelID": self.model, "providerID": provider}
        message |= {"mode": self.agent, "agent": self.agent, "path": where, **spent}
        message["finish"] = finish
        name = self.agent.partition("(")[0].strip().lower()
        self.truth.add(Who(SOURCE, self.id, self.model, name), "complete", counts, nanos)

    def nanos(self, tokens: Line) -> int:
        """What OpenCode says that a reply cost, in nano-dollars."""
        cache = tokens["cache"]
        counts = (tokens["input"], tokens["output"], cache["read"], cache["write"])
        rates = SERVED[self.model].rates
        return sum(count * rate for count, rate in zip(counts, rates, strict=True))

    def shell(self) -> None:
        """A reply that runs a command."""
        command, printed = self.rnd.choice(RAN)
        self.reply("bash", {"status": "completed", "input": {"command": command},
                            "output": printed, "metadata": {"exit": 0}})  # fmt: skip

    def delegate(self, prompt: str) -> Session:
        """A reply that starts another session, which works until this one goes on."""
        child = Session((self.rnd, self.truth), self.plan, self.now + timedelta(seconds=30))
        child.agent, child.model, child.context = "explore", KIMI, 6_000
        child.title, child.parent = f"Find drawing code (@{child.agent} subagent)", self.id
        self.truth.parents[f"{SOURCE} {child.id}"] = self.id
        asked = {"description": "find drawing code", "prompt": prompt, "category": "quick"}
        asked["subagent_type"] = child.agent
        answer = (
            f"It is in src/chart.py.\n\n<task_metadata>\nsession_id: {child.id}\n</task_metadata>"
        )
        told = {"sessionId": child.id, "truncated": False}
        self.reply("task", {"status": "completed", "input": asked, "output": answer,
                            "metadata": told})  # fmt: skip
        child.now = max(child.now, self.now)
        child.ask(prompt)
        child.shell()
        child.reply()
        self.now = child.now
        return child

    def fork(self) -> Session:
        """A fork: copies of all messages and parts under new ids, then two replies of its own."""
        self.wait(2_000, 6_000)
        other = Session((self.rnd, self.truth), self.plan, self.now)
        other.context, other.title = self.context, f"{self.title} (fork #1)"
        renamed = {message["id"]: other.new_id("msg") for message, _ in self.messages}
        for message, parts in copy.deepcopy(self.messages):
            message |= {"id": renamed[message["id"]], "sessionID": other.id}
            if "parentID" in message:
                message["parentID"] = renamed[message["parentID"]]
            for part in parts:
                part |= {"id": other.new_id("prt"), "sessionID": other.id}
                part["messageID"] = message["id"]
            other.messages.append((message, parts))
        other.ask("Use the colours of the paper chart instead.")
        other.shell()
        other.reply()
        return other

    def files(self) -> Iterator[tuple[str, Line]]:
        """(path below the storage, object) of everything."""
        times = {"created": ms_of(self.begun), "updated": ms_of(self.now)}
        info: Line = {"id": self.id, "version": "1.1.65", "projectID": self.project}
        info |= {"directory": self.plan.directory}
        info |= {"parentID": self.parent} if self.parent else {}
        info |= {"title": self.title, "time": times}
        place: Line = {"id": self.project, "worktree": self.plan.directory, "vcs": "git"}
        yield f"project/{self.project}.json", {**place, "time": {"created": ms_of(self.begun)}}
        yield f"session/{self.project}/{self.id}.json", info
        for message, parts in self.messages:
            yield f"message/{self.id}/{message['id']}.json", message
            for part in parts:
                yield f"part/{message['id']}/{part['id']}.json", part


def invent(rnd: random.Random, truth: Truth) -> Iterator[tuple[str, bytes]]:
    """(path below the home, content) of every file."""
    for plan in PLANS:
        for session in work((rnd, truth), plan):
            for path, content in session.files():
                text = json.dumps(content, indent=2, ensure_ascii=False)
                yield f"{STORAGE}/{path}", text.encode()


def work(desk: tuple[random.Random, Truth], plan: Plan) -> Iterator[Session]:
    """Every session that one plan makes."""
    session = Session(desk, plan, plan.begin(desk[0]))
    for prompt in plan.prompts:
        session.ask(prompt)
        for step in range(plan.replies - 1):
            if step == 1 and "subagent" in plan.happens:
                yield session.delegate("Find the code that draws curves.")
            else:
                session.shell()
        session.reply()
    yield session
    if "fork" in plan.happens:
        yield session.fork()
