"""`tally session`: the page, the JSON object, rounds, a single round, and the explanation."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.cli.exchange import text_lines
from tallybook.cli.explaining import explanation_lines
from tallybook.cli.options import Asked
from tallybook.cli.rounds import conversation_lines
from tallybook.cli.sessionjson import Opened, response_type, session_json
from tallybook.cli.shell import Shell
from tallybook.ledger.evidence import Call, Claimed, Explanation
from tallybook.model import CLASSES, Money, nanos_of
from tallybook.query import Figures, Note, Query, Report
from tallybook.reading import Attribution, Round
from tallybook.recalling import Recalled
from tallybook.sessions import SessionAnswer
from tallybook.settings import Settings, Surroundings
from tallybook.wording import assumed, short_id, spot, state_text

from .conftest import Tell

SESSION = SessionAnswer(
    session_id="8c1f-1",
    source="claude-code",
    title="一个标题 \x1b[31m",
    project="/srv/web",
    parent="",
    forked_from="",
    branch="main",
    created_ms=1_700_000_000_000,
    updated_ms=1_700_000_060_000,
    models=("m",),
    figures=Figures(
        requests=2, messages=2, partial_requests=1, counts=(1, 2, 3, 4, 5, 6), cost={"USD": 10**9}
    ),
    agents=("explore",),
    tools=(("Bash", 3),),
    by_model=Report(
        query=Query(by=("model",)),
        revision="r",
        rows=(),
        totals=Figures(partial_requests=1),
        notes=(Note(code="recovered", text="9 tokens recovered"),),
    ),
    children=("c1", "c2"),
)
FORK, FIRST, THIRD = "d2666446", "dc5d397a", "f3cff65d"
CONTRACT = {
    "schema", "session_id", "source", "title", "project", "parent", "created_at", "updated_at",
    "models", "messages_count", *CLASSES, "total", "cost", "rounds", "content",
}  # fmt: skip
ROUND = {
    "round", "timestamp", "model", *CLASSES, "total", "cost", "status", "has_tool_calls",
    "response_type", "duration_ms", "first_token_ms", "messages", "question", "answer",
    "reasoning", "tool_calls",
}  # fmt: skip


def test_a_session_in_json(ask, tome, capsys) -> None:
    tome.found = SESSION
    assert ask("session", "8c1f-1", "--json", "--tz", "Asia/Shanghai") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "tallybook.session/1"
    assert found.keys() >= CONTRACT
    assert found["created_at"] == "2023-11-15T06:13:20+08:00"
    assert (found["messages_count"], found["total"], found["cost"]) == (2, 21, {"USD": "1"})
    assert (found["rounds"], found["content"], found["parent"]) == ([], "off", None)
    assert found["tools"] == [{"name": "Bash", "calls": 3}]
    assert found["children"] == ["c1", "c2"]
    assert found["notes"] == [{"code": "recovered", "text": "9 tokens recovered", "items": []}]
    assert "explanation" not in found


def test_a_session_on_a_page(ask, tome, capsys) -> None:
    tome.found = SESSION
    assert ask("session", "current") == 0
    out = capsys.readouterr().out
    assert out.startswith("一个标题 ")
    assert "\x1b" not in out
    assert "Bash 3" in out
    assert "2 sessions, counted apart: c1, c2" in out
    assert "1 partial call" in out
    assert "9 tokens recovered" in out


def test_a_page_tells_copies_spellings_and_how_long(ask, tome, capsys) -> None:
    tome.found = replace(
        SESSION,
        copies=(("7407ab4a-426a", 3), ("s2", 1)),
        spellings={"explore": ("Explore", "EXPLORE")},
    )
    assert ask("session", "8c1f-1") == 0
    out = capsys.readouterr().out
    assert "shows 4 calls of 7407ab4a, s2, counted there" in out
    assert "explore (written Explore or EXPLORE)" in out
    assert "2023-11-14 22:13:20 to 22:14:20 (UTC), 1 min" in out
    assert ask("session", "8c1f-1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["copies"] == [
        {"session": "7407ab4a-426a", "calls": 3},
        {"session": "s2", "calls": 1},
    ]
    assert told["agent_spellings"] == {"explore": ["Explore", "EXPLORE"]}
    assert told["agents"] == ["explore"]


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (1_700_000_000_400, "2023-11-14 22:13:20 (UTC), 400 ms"),
        (1_700_100_000_000, "2023-11-14 22:13 to 2023-11-16 02:00 (UTC), 1 d 3 h"),
    ],
)
def test_times_are_as_exact_as_they_are_far_apart(ask, tome, capsys, until, said) -> None:
    tome.found = replace(SESSION, updated_ms=until)
    assert ask("session", "8c1f-1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("time")).split("  ")[-1].strip() == said


def test_a_session_without_calls_says_so(ask, tome, capsys) -> None:
    nothing = replace(SESSION.by_model, notes=(), totals=Figures())
    tome.found = replace(SESSION, figures=Figures(), by_model=nothing)
    assert ask("session", "8c1f-1", "--rounds") == 0
    out = capsys.readouterr().out
    assert "No call is recorded of this session." in out
    assert "No reply of a model stands in the tool's own files." in out
    assert "Total" not in out
    assert session_json(Opened(tome.found, ()))["content"] == "recalled"
    tome.found = replace(tome.found, copies=(("s2", 1),))
    assert ask("session", "8c1f-1", "--rounds") == 0
    out = capsys.readouterr().out
    assert "No call of its own is recorded of this session." in out
    assert "no longer hold this conversation" in out


def recalled(number: int, owner: str = "8c1f-1", **words: object) -> Recalled:
    one = Round(number=number, started_ms=0, model="m", question="why?", answer="because")
    call = Call(
        keys=(b"k" * 16,),
        who=Attribution("claude-code", session=owner),
        started_ms=0,
        ended_ms=9,
        provider="anthropic",
        model="m",
        status="partial",
        counts=(1, 2, 3, 4, 5, 6),
        cost=Money(1_500_000_000, "USD"),
    )
    return Recalled(one._replace(**words), call)  # pyright: ignore[reportArgumentType]


def test_a_round_has_the_fields_of_the_contract() -> None:
    tools = ({"id": "t", "name": "Bash", "input": "{}"},)
    (told,) = session_json(Opened(SESSION, (recalled(1, tool_calls=tools),)))["rounds"]
    assert told.keys() >= ROUND
    assert (told["provider"], told["reported_cost"]) == ("anthropic", {})
    assert (told["total"], told["cost"], told["status"]) == (21, {"USD": "1.5"}, "partial")
    assert (told["reasoning"], told["reasoning_tokens"]) == ("", 3)
    assert list(told["tokens"].values()) == [1, 2, 3, 4, 5, 6, 21]
    assert (told["has_tool_calls"], told["response_type"]) == (True, "tool_use")
    assert [each["role"] for each in told["messages"]] == ["user", "assistant"]


def test_a_round_without_an_event_has_no_figures() -> None:
    bare = recalled(1)._replace(call=None)
    (told,) = session_json(Opened(SESSION, (bare,)))["rounds"]
    assert told["status"] == "unrecorded"
    assert told["tokens"] == dict.fromkeys((*CLASSES, "total"))
    assert [told[name] for name in ("input", "total", "cost", "counted_in")] == [None] * 4


def test_content_is_recalled_or_rotated_away(ask, tome, capsys) -> None:
    assert session_json(Opened(SESSION, (recalled(1),)))["content"] == "recalled"
    assert session_json(Opened(SESSION, ()))["content"] == "rotated"
    tome.found = SESSION
    assert ask("session", "8c1f-1", "--rounds") == 0
    assert "no longer hold this conversation" in capsys.readouterr().out
    assert ask("session", "8c1f-1", "--round", "1") == 1


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({}, "text"),
        ({"answer": "", "reasoning": "hm"}, "thinking"),
        ({"answer": ""}, "empty"),
        ({"tool_calls": ({"name": "x"},)}, "tool_use"),
    ],
)
def test_response_types(words: dict[str, object], kind: str) -> None:
    assert response_type(recalled(1, **words).round) == kind


def test_codes_have_words_and_unknown_ones_stay_as_they_are() -> None:
    assert assumed("priced-as:openai") == "priced as a call of openai"
    assert assumed("tier-unknown").startswith("priced at the base tier")
    assert assumed("new-\x1bcode") == "new-·code"
    assert state_text("complete") == "complete"


def test_long_words_are_cut_and_short_lines_kept() -> None:
    assert text_lines("a\n\n    if x:\n" + "字" * 30, 20) == [
        "a",
        "",
        "    if x:",
        "字" * 10,
        "字" * 10,
        "字" * 10,
    ]


def test_rounds_on_real_histories(tell: Tell) -> None:
    out = tell("session", FORK, "--rounds", width=120)
    assert "6 rounds on 2026-11-22 (UTC)" in out
    assert "copy of dc5d397a" in out
    assert "── 4 · 07:27:25 · claude-opus-4-5 · general-purpose\n" in out
    assert "→ Agent {" in out
    assert max(map(len, out.splitlines())) <= 120
    narrow = tell("session", FORK, "--rounds", width=80)
    assert max(map(len, narrow.splitlines())) <= 80
    assert "$0.4713" in narrow


def test_rounds_in_json_are_the_ledgers_own_figures(tell: Tell, ledger_file: Path) -> None:
    found = json.loads(tell("session", FIRST, "--rounds", "--json"))
    own = [each for each in found["rounds"] if each["counted_in"] == found["session_id"]]
    assert len(own) == found["requests"] == 7
    recovered = 60_188 + 8_100 + 1_132 + 20_089 + 9_059 + 14_083
    assert sum(each["total"] for each in own) == found["total"] - recovered
    assert all(each["status"] == "complete" for each in own)
    assert all(each["place"].endswith(".jsonl") for each in own)
    assert {each["agent"] for each in own} == {None, "general-purpose"}
    with open(own[0]["place"], "rb") as file:
        file.seek(own[0]["offset"])
        assert json.loads(file.readline())["type"] == "assistant"


def test_the_cost_of_rounds_adds_up(tell: Tell) -> None:
    found = json.loads(tell("session", THIRD, "--rounds", "--json"))
    own = [each for each in found["rounds"] if each["counted_in"] == found["session_id"]]
    costs = sum(nanos_of(each["cost"]["USD"]) for each in own)
    assert costs == nanos_of(found["cost"]["USD"])


def test_one_round_has_everything(tell: Tell) -> None:
    out = tell("session", FIRST, "--round", "2", width=140)
    assert out.startswith("Round 2 of dc5d397a")
    for part in (
        "stands in",
        " byte 12,301",
        "cache write 1h",
        "10 USD per 1M",
        "$0.140110000",
        "$0.469279250",
        "Thoughts\n  Rig thinking 1.",
        'Tool call: Bash toolu_rig00010\n  {\n    "command": "sleep 3; echo rig step 1 call 0",',
    ):
        assert part in out
    found = json.loads(tell("session", FIRST, "--round", "2", "--json"))
    assert [each["round"] for each in found["rounds"]] == [2]


def test_a_round_that_is_not_there(tell: Tell) -> None:
    assert "--round takes 1 to 7" in tell("session", FIRST, "--round", "8", code=2)
    assert "0 is not in the range" in tell("session", FIRST, "--round", "0", code=2)


def test_calls_that_rotated_away_are_told(tell: Tell, home: Path) -> None:
    tell("sync")
    shutil.rmtree(
        home / ".claude/projects/-home-dev-proj-alpha" / "dc5d397a-079f-4f3d-a624-99261d7c066a"
    )
    out = tell("session", FIRST, "--rounds", "--no-sync")
    assert "2 calls of this session can no longer be read" in out


def test_the_explanation_of_a_fork(tell: Tell) -> None:
    out = tell("session", FORK, "--explain")
    for part in (
        "- 4 calls that no other session shows\n",
        "- 1 call that session f3cff65d shows too",
        "- 113k tokens of claude-opus-4-5 that no call shows",
        "- 1 call is a copy of session dc5d397a (fork): counted there\n",
        "- recovered claude-opus-4-5: priced at the base tier",
        "- what came from dc5d397a   210k ",
        "Where it was read",
    ):
        assert part in out


def explained(told: Explanation) -> str:
    shell = Shell(
        surroundings=Surroundings({}, Path("/h"), Path("/h"), Path("/h/c"), Path("/h/l")),
        now_ms=0,
        width=100,
        colour=False,
        live=False,
        open_book=Book.open,
    )
    return "\n".join(explanation_lines(shell, Asked(), Opened(SESSION, explanation=told)))


def test_totals_that_agree_need_no_table() -> None:
    none, known, less = (0,) * 6, (1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 7)
    same = Claimed("anthropic", "opus", 0, known, known, none, none)
    out = explained(Explanation(claims=(same, same._replace(model="haiku", owned=less))))
    assert "- opus: 21 tokens, exactly those of the calls counted here" in out
    assert "- haiku: 21 tokens, and 22 in the calls counted here: nothing to recover" in out
    assert "= recovered" not in out
    out = explained(Explanation(claims=(same._replace(owned=none, recovered=known),)))
    assert "= recovered" in out
    assert "exactly" not in out


def test_an_answer_that_broke_off_is_told_once() -> None:
    call = recalled(1).call
    assert call is not None
    broken = call._replace(note="broken-attempt;placeholder-output", witness=4)
    out = explained(Explanation(own=(broken,)))
    assert "1 call partial: it broke off" in out
    assert "the answer broke off" not in out
    assert "only the first count" in out


def test_the_explanation_in_json_adds_up(tell: Tell) -> None:
    told = json.loads(tell("session", FORK, "--explain", "--json"))
    explanation = told["explanation"]
    assert sum(each["total"] for each in explanation["calls"]) == told["total"]
    assert [each["counted_in"][:8] for each in explanation["copies"]] == [FIRST]
    (claim,) = explanation["claims"]
    parts = [claim[name]["total"] for name in ("claimed", "owned", "inherited", "recovered")]
    assert parts[0] - parts[1] - parts[2] == parts[3] == 113_115
    assert sum(each["calls"] for each in explanation["places"]) == 5


OPENCODE = Path(__file__).parents[1] / "sources" / "opencode" / "home_1_18_33"
CONFIGURED = """{ // as it is now
  "agents": { "Build": { "model": "rigcompat/kimi-k2", }, "oracle": { "model": "a/b" } },
  "categories": { "general": { "model": "riganth/claude-sonnet-4-5-20250929" }, },
}"""


def test_the_configured_model_stands_beside_those_that_ran(tell: Tell, home: Path) -> None:
    shutil.copytree(OPENCODE, home, dirs_exist_ok=True)
    assert "configured" not in tell("session", "ses_dfe7f70b8")
    assert json.loads(tell("session", "ses_dfe7f70b8", "--json"))["configured"] == []
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "oh-my-opencode.jsonc").write_text(CONFIGURED)
    for session, said in (
        (
            "ses_dfe7f70b8",
            "build: rigcompat/kimi-k2, which ran, and so did riganth/claude-sonnet-4-5",
        ),
        ("ses_dfe7eccfb", "build: rigcompat/kimi-k2, which ran"),
        ("ses_dfe7eef64", "build: rigcompat/kimi-k2, but rigopenai/gpt-5.2 ran"),
        (
            "ses_dfe7e3e8e",
            "general (category general): riganth/claude-sonnet-4-5-20250929, which ran",
        ),
    ):
        assert f"configured  {said}\n" in tell("session", session, width=120)
    told = json.loads(tell("session", "ses_dfe7f70b8", "--json"))
    assert told["configured"] == [
        {
            "agent": "build",
            "written": [],
            "category": None,
            "model": "rigcompat/kimi-k2",
            "ran": ["riganth/claude-sonnet-4-5", "rigcompat/kimi-k2"],
        }
    ]
    told = json.loads(tell("session", "ses_dfe7e3e8e", "--json"))
    assert [each["category"] for each in told["configured"]] == ["general"]
    assert "configured" not in tell("session", FORK)


def test_a_session_that_was_entered_by_hand_is_shown(tell: Tell) -> None:
    given = ("--model", "claude-sonnet-4-5", "--tokens", "input=9", "--agent", "joe")
    tell("record", *given, "--session", "by-hand")
    out = tell("session", "by-hand", "--rounds")
    assert "agents   joe" in out
    assert "no longer hold this conversation" in out


def test_a_source_lists_what_is_configured(tell: Tell, home: Path, tmp_path: Path) -> None:
    assert "Configured" not in tell("source", "explain", "opencode")
    assert json.loads(tell("source", "explain", "codex", "--json"))["configured"] == []
    for folder, text in (
        (home / ".config" / "opencode", CONFIGURED),
        (tmp_path / "app" / ".opencode", '{"agents": {"oracle": {"model": "c/d"}}}'),
    ):
        folder.mkdir(parents=True)
        (folder / "oh-my-opencode.jsonc").write_text(text)
    out = tell("source", "explain", "opencode", cwd=tmp_path / "app")
    assert out.endswith(
        "Configured models; what is recorded are those that ran\n"
        "  agent     build    rigcompat/kimi-k2\n"
        "  agent     oracle   c/d\n"
        "  category  general  riganth/claude-sonnet-4-5-20250929\n"
    )
    told = json.loads(tell("source", "explain", "opencode", "--json"))["configured"]
    assert told[1] == {"kind": "agent", "name": "oracle", "model": "a/b"}


def test_current_is_the_latest_session_of_the_project_you_are_in(
    tell: Tell,
    ledger_file: Path,
) -> None:
    def current(folder: str) -> str:
        return json.loads(tell("session", "current", "--json", cwd=Path(folder)))["session_id"]

    last = current("/elsewhere")
    with Book.open(Settings(ledger=str(ledger_file))) as book:
        rows = book.ask(Query(by=("session",), sort="-last_at")).rows
    assert rows[0].dims["session"] == last
    assert current("/home/dev/proj/alpha/src/deep") == last


def test_current_in_an_empty_ledger(tell: Tell, home: Path) -> None:
    shutil.rmtree(home / ".claude")
    assert "no session yet" in tell("session", "current", code=1)


def test_a_session_may_be_nobodys_copy() -> None:
    plain = Opened(SESSION, (recalled(1), recalled(2, owner="7407ab4a-426a")))
    shell = Shell(
        surroundings=Surroundings({}, Path("/h"), Path("/h"), Path("/h/c"), Path("/h/l")),
        now_ms=0,
        width=80,
        colour=False,
        live=False,
        open_book=Book.open,
    )
    lines = list(conversation_lines(shell, Asked(), plain))
    heads = [line for line in lines if line.startswith("──")]
    assert [line.endswith("copy of 7407ab4a") for line in heads] == [False, True]
    assert any("1 call of this session" in line for line in lines)


@pytest.mark.parametrize(
    ("session", "short"),
    [
        ("dc5d397a-079f-4f3d-a624-99261d7c066a", "dc5d397a"),
        ("01a20180-b8fc-7c11-9f3d-0123456789ab", "01a20180-b8fc"),
        ("ses_dfe7e4341ffe9ZrhFeXcc7O2L3", "ses_dfe7e4341f"),
        ("s\x1b", "s·"),
    ],
)
def test_short_ids_tell_sessions_apart(session: str, short: str) -> None:
    assert short_id(session) == short


def test_only_lines_are_counted_in_bytes() -> None:
    assert spot("/a/b.jsonl", 1234) == "byte 1,234"
    assert spot("/a/opencode.db", 44) == "entry 44"
