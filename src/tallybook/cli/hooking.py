"""Hooks of agents: what they hand over, and what they are answered so that a session goes on or
stops at a budget. What stands of a quota is asked elsewhere.

Claude Code (code.claude.com/docs/en/hooks, as seen 2026-11-23) writes a JSON object with
`session_id` and `hook_event_name` to stdin. With exit code 0 it understands JSON on stdout:
`decision: block` with a `reason` refuses a prompt, `permissionDecision: deny` a tool, and
`continue: false` with a `stopReason` ends the turn whatever the event. A `Stop` that is blocked
goes on, so that one is never answered with more than a message.

OpenCode has no commands as hooks; its plugin (`skills/opencode/tallybook.js`) runs ours, and is
answered in our own words: `allow` and `reason`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TallyError
from .intime import in_one_line, read_in_time
from .statuslinehanded import read_stdin

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding

HOSTS = ("claude", "opencode")
ON_ERROR = ("open", "closed")
"""What a session may do when its budget can't be told: go on, or not."""

_PATIENCE_S = 5.0
"""How long a hook's input may take to come."""


_LONGEST_S = 5.0
"""How long what is new is read, and others that write are waited for: an agent ends a hook that
takes long, and goes on, whatever was to happen then."""


class Found(NamedTuple):
    """What stands of quotas, and what keeps that from being known for certain, in words."""

    standings: Sequence[QuotaStanding]
    hindered: str = ""


class HookCall(NamedTuple):
    """What a hook hands over: a session's id, and the event that it is called for."""

    session: str = ""
    event: str = ""


class Verdict(NamedTuple):
    """Whether a session may go on: what is used up, and what could not be told, in words."""

    over: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def refuses(self, on_error: str) -> bool:
        """Whether it has to stop."""
        return bool(self.over) or (bool(self.troubles) and on_error == "closed")

    def reason(self) -> str:
        """Why, or what could not be told, in one text."""
        known = [f"Budget used up. {each}" for each in self.over]
        return "\n".join([*known, *(f"Budget unknown. {each}" for each in self.troubles)])


def call_from(data: bytes) -> HookCall:
    """What stands in a hook's input; nothing where it is none."""
    try:
        told: Any = json.loads(data)
        return HookCall(str(told["session_id"]), str(told.get("hook_event_name") or ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return HookCall()


def read_call() -> HookCall:
    """The hook's input on stdin."""
    return call_from(read_stdin(_PATIENCE_S))


def read_for_hook(book: Book) -> str:
    """Read what is new, in time; what keeps anything that is new from being counted, in words."""
    receipt, hindered = read_in_time(book, time.monotonic() + _LONGEST_S)
    if receipt is not None and not receipt.complete:
        return "some histories could not be read: tally doctor"
    return hindered


def verdict_of(found: Found, told: Callable[[QuotaStanding], str]) -> Verdict:
    """What standings mean for the session; `told` puts one in words."""
    over, troubles = list[str](), [found.hindered] if found.hindered else []
    for each in found.standings:
        if each.exceeded:
            over.append(told(each))
        elif each.quota.limit is not None and each.used is None:
            troubles.append(told(each))
    return Verdict(tuple(over), tuple(troubles))


def hook_verdict(find: Callable[[], Found], told: Callable[[QuotaStanding], str]) -> Verdict:
    """The verdict on the standings that `find` gives; that they can't be told is a trouble, and
    never an error of the hook."""
    try:
        return verdict_of(find(), told)
    except Exception as problem:  # noqa: BLE001 - a hook that falls over lets everything pass
        said = in_one_line(problem) if isinstance(problem, TallyError) else repr(problem)
        return Verdict(troubles=(said,))


def answer_text(host: str, event: str, verdict: Verdict, on_error: str) -> str:
    """The answer to a host's hook, as JSON on one line."""
    refused = verdict.refuses(on_error)
    if host == "opencode":
        return _json({"allow": not refused, "reason": verdict.reason()})
    if not refused:
        return _json({"systemMessage": verdict.reason()} if verdict.troubles else {})
    return _json(_claude_refusal(event, verdict.reason()))


def _claude_refusal(event: str, reason: str) -> dict[str, Any]:
    if event == "UserPromptSubmit":
        return {"decision": "block", "reason": reason}
    if event in ("Stop", "SubagentStop", "SessionStart", "SessionEnd"):
        return {"systemMessage": reason}
    answer: dict[str, Any] = {"continue": False, "stopReason": reason}
    if event == "PreToolUse":
        answer["hookSpecificOutput"] = {
            "hookEventName": event,
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
        }
    return answer


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)
