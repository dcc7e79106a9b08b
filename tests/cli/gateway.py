"""A gateway whose access log is written as Higress writes it, one call a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGUN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

Message = Mapping[str, object]


@dataclass
class Gateway:
    """Writes lines to `log`, each call ten seconds after the one before."""

    log: Path
    calls: int = 0
    settings: dict[str, str] = field(default_factory=dict[str, str])

    def call(self, session: str = "s1", code: int = 200, **told: object) -> str:
        """One more line, and what it says. `told` are values of its `ai_log`; None leaves out what
        stands there as a rule."""
        self.calls += 1
        number = self.calls
        usual: dict[str, object] = {
            "api": "-",
            "answer": f"answer {number}",
            "consumer": "team-a",
            "input_token": 100 * number,
            "output_token": 7,
            "total_token": 100 * number + 7,
            "llm_first_token_duration": 200 + number,
            "model": "qwen3-max",
            "question": f"question {number}",
            "response_type": "stream",
            "session_id": session,
        }
        values = {name: value for name, value in {**usual, **told}.items() if value is not None}
        began = BEGUN + timedelta(seconds=10 * number)
        line = {
            "ai_log": json.dumps(values, ensure_ascii=False, separators=(",", ":")),
            "duration": "900",
            "path": "/v1/chat/completions",
            "request_id": f"request-{number:06}",
            "response_code": str(code),
            "route_name": "chat",
            "start_time": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "upstream_cluster": "outbound|443||llm-qwen.internal.dns",
        }
        text = json.dumps(line, ensure_ascii=False) + "\n"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(text)
        return text

    def unmetered(self) -> None:
        """A call of which nobody told the usage."""
        nothing = dict.fromkeys(("input_token", "output_token", "total_token", "answer"))
        self.call(**nothing)

    def refused(self) -> None:
        """A call that was turned away."""
        nothing = dict.fromkeys(("input_token", "output_token", "total_token", "answer", "model"))
        self.call(code=429, **nothing)

    def configure(self, file: Path, **more: str) -> None:
        """Settings in which the log is one that is read."""
        lines = ["[source.higress]", f"paths = [{json.dumps(str(self.log))}]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in more.items()]
        file.write_text("\n".join(lines) + "\n")


def said(*turns: str) -> Sequence[Message]:
    """Messages, of the user and the model in turns."""
    return [
        {"role": "assistant" if at % 2 else "user", "content": text}
        for at, text in enumerate(turns)
    ]
