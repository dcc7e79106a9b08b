"""What reading a gateway's log costs, as whole processes: calls into the ledger, lines about
nothing, one long session, lines of many megabytes.

Usage: gateway.py [--calls N] [--megabytes M] [--runs K]

The logs are made anew from a seed, in the form in which Higress writes them by default. What a
process costs that finds nothing to read is taken off the rates. The best of K runs is shown.
Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from measuring import Cost, measure

TALLY = [sys.executable, "-m", "tallybook"]
SEED = 20261122
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
WORDS = ("the", "gateway", "restarted", "because", "its", "pods", "had", "no", "memory", "left")
MODELS = (
    ("gpt-5.1", "openai"), ("claude-sonnet-4-5", "claude"), ("qwen-max", "qwen"),
    ("gemini-2.5-pro", "gemini"), ("deepseek-chat", "deepseek"),
)  # fmt: skip
ROUNDS = 3_000
LARGE = 12 << 20


class Log(NamedTuple):
    """A log to be read: what is measured with it, how many lines or bytes that are, and of what."""

    title: str
    path: Path
    number: float
    unit: str


def text_of(chance: random.Random, length: int) -> str:
    """Words of about that length, with quotes and line ends as conversations have them."""
    words = chance.choices(WORDS, k=length // 6)
    return " ".join(f'"{word}"\n' if at % 17 == 16 else word for at, word in enumerate(words))


def line(chance: random.Random, number: int, words: int, session: str) -> bytes:
    """A line about a call."""
    model, service = chance.choice(MODELS)
    prompt, answer = chance.randrange(500, 90_000), chance.randrange(20, 4_000)
    read = prompt * 3 // 4
    call = {
        "answer": text_of(chance, words // 2),
        "api": "-",
        "chat_id": f"chatcmpl-{chance.getrandbits(128):032x}",
        "chat_round": number % 40,
        "input_token": prompt,
        "input_token_details": {"cached_tokens": read},
        "llm_first_token_duration": chance.randrange(200, 3_000),
        "llm_service_duration": chance.randrange(3_000, 60_000),
        "model": model,
        "output_token": answer,
        "output_token_details": {"reasoning_tokens": answer // 3},
        "question": text_of(chance, words // 2),
        "response_type": "stream",
        "session_id": session,
        "total_token": prompt + answer,
    }
    return around(chance, number, json.dumps(json.dumps(call, separators=(",", ":"))), service)


def around(chance: random.Random, number: int, statistics: str, service: str) -> bytes:
    """A line with what the gateway tells of every request."""
    at = (BEGIN + timedelta(milliseconds=number * 7)).isoformat(timespec="milliseconds")
    rest = {
        "authority": "llm.corp.example", "bytes_received": "1841", "bytes_sent": "9120",
        "downstream_local_address": "10.8.1.20:443",
        "downstream_remote_address": f"10.8.7.31:{chance.randrange(1024, 65_000)}",
        "duration": "4120", "istio_policy_status": "-", "method": "POST",
        "path": "/v1/chat/completions", "protocol": "HTTP/1.1",
        "request_id": f"{chance.getrandbits(128):032x}",
        "requested_server_name": "llm.corp.example", "response_code": "200",
        "response_flags": "-", "route_name": "ai-route-chat.internal",
        "start_time": at.replace("+00:00", "Z"), "trace_id": "-",
        "upstream_cluster": f"outbound|443||llm-{service}.internal.dns",
        "upstream_host": "203.0.113.9:443", "upstream_local_address": "10.8.1.20:40112",
        "upstream_service_time": "611", "upstream_transport_failure_reason": "-",
        "user_agent": "openclaw/2026.3", "x_forwarded_for": "10.8.7.31",
        "response_code_details": "via_upstream",
    }  # fmt: skip
    fields = json.dumps(rest, separators=(",", ":"))
    return f'{{"ai_log":{statistics},{fields[1:]}\n'.encode()


def logs(folder: Path, calls: int, megabytes: int) -> Iterator[Log]:
    """The logs, written when their turn comes."""
    chance = random.Random(SEED)
    for title, words in (("calls, 1 kB", 100), ("calls, up to 4 kB", 2_600)):
        path = folder / title.replace(" ", "-") / "access.log"
        made = (line(chance, at, words, f"agent:{at % 400}") for at in range(calls))
        yield Log(title, write(path, made), calls, "lines")
    made = (line(chance, at, 300, "agent:one") for at in range(ROUNDS))
    yield Log("one session", write(folder / "one" / "access.log", made), ROUNDS, "rounds")
    other = [around(chance, at, '"-"', "web") for at in range(1_000)]
    times = megabytes * 1_000_000 // sum(map(len, other))
    path = write(folder / "other" / "access.log", (each for _ in range(times) for each in other))
    yield Log("other lines", path, path.stat().st_size / 1_000_000, "MB")
    path = write(folder / "large" / "access.log", (line(chance, at, LARGE, "l") for at in range(3)))
    yield Log("3 calls of 12 MB", path, path.stat().st_size / 1_000_000, "MB")


def write(path: Path, lines: Iterator[bytes]) -> Path:
    """A log of these lines."""
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.writelines(lines)
    return path


def best(costs: list[Cost]) -> Cost:
    """The smallest of each column by itself."""
    return Cost(*(min(column) for column in zip(*costs, strict=True)))


def read(path: Path, ledger: Path, environ: dict[str, str], runs: int) -> Cost:
    """Read a log for the first time, several times."""
    costs: list[Cost] = []
    for _ in range(runs):
        shutil.rmtree(ledger, ignore_errors=True)
        costs.append(measure([*TALLY, "sync", "higress", "--path", str(path), "-q"], environ))
    return best(costs)


def main() -> None:
    """Make the logs, read them and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=40_000, help="calls in a log (40000)")
    parser.add_argument("--megabytes", type=int, default=400, help="MB of other lines (400)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each process (3)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        ledger = Path(scratch, "ledger")
        fixed = {"HOME": scratch, "TALLY_HOME": str(ledger), "TZ": "UTC"}
        environ = {**os.environ, **fixed}
        empty = read(write(Path(scratch, "empty", "access.log"), iter(())), ledger, environ, 3)
        print(f"{'log':20}{'CPU s':>8}{'wall s':>8}{'MB':>6}{'a second of CPU':>22}")
        print(f"{'nothing':20}{empty.cpu:8.2f}{empty.wall:8.2f}{empty.rss:6.0f}")
        for log in logs(Path(scratch), args.calls, args.megabytes):
            cost = read(log.path, ledger, environ, args.runs)
            rate = f"{log.number / max(0.001, cost.cpu - empty.cpu):,.0f} {log.unit}"
            print(f"{log.title:20}{cost.cpu:8.2f}{cost.wall:8.2f}{cost.rss:6.0f}{rate:>22}")
            if log.title == "one session":
                show = [*TALLY, "session", "agent:one", "--rounds", "--no-sync"]
                shown = best([measure(show, environ) for _ in range(args.runs)])
                print(f"{'  shown':20}{shown.cpu:8.2f}{shown.wall:8.2f}{shown.rss:6.0f}")


if __name__ == "__main__":
    main()
