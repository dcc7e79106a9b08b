"""OpenCode's rules that hold for every generation: steps, forks, agents, statuses, unions."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from tallybook.dialects import counter
from tallybook.ledger.joining import join
from tallybook.model import Money
from tallybook.reading import SessionFact, Spelling, Witness, key_of
from tallybook.sources import Place, open_source

from .folding import Story, open_home, places, read_all
from .opencode_homes import LATER, NOON, ZERO, Home, reply, running, step, tokens

HERE = Path(__file__).parent / "opencode"
HOMES = sorted(HERE.glob("home_*"))


@pytest.fixture
def oc(tmp_path: Path) -> Home:
    return Home(tmp_path)


def facts(story: Story) -> dict[str, SessionFact]:
    return {one.session: one for one in story.others if isinstance(one, SessionFact)}


@pytest.mark.parametrize("path", HOMES, ids=lambda one: one.name)
def test_real_homes(path: Path) -> None:
    expected = json.loads((path / "expected.json").read_text())
    story = read_all(open_home("opencode", path))
    found: dict[str, list[int]] = {}
    for call in story.calls().values():
        if call.status == "complete":
            row = found.setdefault(call.model, [0] * 7)
            found[call.model] = [a + b for a, b in zip(row, (*call.counts, 1), strict=True)]
    assert story.complaints == []
    assert found == expected["complete"]


@pytest.mark.parametrize("path", HOMES, ids=lambda one: one.name)
def test_order_of_places_does_not_matter(path: Path) -> None:
    source = open_home("opencode", path)
    stories = []
    for seed in range(4):
        story, order = Story(), places(source)
        random.Random(seed).shuffle(order)
        for place in order:
            story.add(source.read(place, None))
        stories.append(story.calls())
    assert all(one == stories[0] for one in stories)


@pytest.mark.parametrize("path", HOMES, ids=lambda one: one.name)
def test_recall_holds_every_call(path: Path) -> None:
    source = open_home("opencode", path)
    for call in read_all(source).calls().values():
        if "message-deleted" in call.notes or not call.who.session:
            continue
        rounds = list(source.recall(call.who.session))
        assert [one.number for one in rounds] == list(range(1, len(rounds) + 1))
        assert sum(not call.keys.isdisjoint(one.keys) for one in rounds) == 1


def test_steps_of_one_message(oc: Home) -> None:
    """0.5: the message's own tokens are those of its last step, its cost is the sum."""
    oc.session(version="0.5.29")
    oc.message("msg_1", reply(tokens=tokens(30), cost=0.6))
    for number in (1, 2, 3):
        oc.part("msg_1", f"prt_{number}", step(number * 10, cost=number / 10))
    oc.part("msg_1", "prt_4", {"type": "patch", "hash": "step-finish"})
    story = oc.read()
    assert sorted(call.counts[0] for call in story.calls().values()) == [10, 20, 30]
    assert [one.reported for one in story.readings] == [
        Money(each * 100_000_000, "USD") for each in (1, 2, 3)
    ]
    assert story.readings[0].keys[:2] == (
        key_of("opencode:part", "ses_a", "msg_1", "prt_1"),
        key_of("opencode:message", "ses_a", "msg_1"),
    )
    assert all(one.witness == Witness.AGENT for one in story.readings)


def test_identities_never_change(oc: Home) -> None:
    """Ledgers hold them: another key or another text of the tokens would count a call again."""
    oc.session()
    counts = {"total": 9, "reasoning": 1, "output": 2, "input": 3, "cache": {"write": 4, "read": 5}}
    oc.message("msg_1", reply(tokens=counts, cost=0.0125, providerID="anthröpic"))
    text = '{"cache":{"read":5,"write":4},"input":3,"output":2,"reasoning":1,"total":9}'
    (reading,) = oc.read().readings
    times = (str(NOON + 1000), str(NOON + 1500), "1")
    assert reading.keys == (
        key_of("opencode:message", "ses_a", "msg_1"),
        key_of("opencode:copy", "anthröpic", "claude-sonnet-4-5", *times, text, "12500000"),
    )
    assert reading.usage.decode() == (
        f'{{"model":"claude-sonnet-4-5","provider":"anthr\\u00f6pic","tokens":{text}}}'
    )


def test_a_summary_gives_way_to_steps(oc: Home) -> None:
    oc.session()
    oc.message("msg_1", reply(tokens=tokens(30), cost=0.6))
    database = oc.database()
    database.session()
    database.message("msg_1", reply(tokens=tokens(30), cost=0.6))
    database.part("prt_1", "msg_1", step(10, cost=0.2))
    database.part("prt_2", "msg_1", step(30, cost=0.4))
    story = oc.read()
    assert {one.witness for one in story.readings} == {Witness.SUMMARY, Witness.AGENT}
    witnessed = [one for one in story.readings if one.witness == Witness.AGENT]
    calls = Story(readings=witnessed).calls()
    assert sorted(call.counts[0] for call in calls.values()) == [10, 30]
    assert len(story.calls()) == 2


@pytest.mark.parametrize("place", ["file", "database"])
@pytest.mark.parametrize("cost", [0.1, 0])
def test_the_last_step_alone(oc: Home, place: str, cost: float) -> None:
    body = reply(tokens=tokens(30), cost=cost)
    if place == "file":
        oc.session()
        oc.message("msg_1", body)
        oc.part("msg_1", "prt_1", {"type": "step-start"})
        oc.part("msg_1", "prt_2", step(30, cost=cost))
    else:
        database = oc.database()
        database.session()
        database.message("msg_1", body)
        database.part("prt_2", "msg_1", step(30, cost=cost))
    (reading,) = oc.read().readings
    assert reading.witness == Witness.AGENT
    assert reading.reported == (Money(100_000_000, "USD") if cost else None)


def test_copies_in_forks_are_one_call(oc: Home) -> None:
    oc.session("ses_a", at=0)
    oc.session("ses_b", at=50)
    oc.session("ses_c", at=90)
    for session in ("ses_a", "ses_b", "ses_c"):
        oc.message(f"msg_1_{session}", reply(1), session)
    oc.message("msg_2", reply(60), "ses_b")
    oc.message("msg_2c", reply(60), "ses_c")
    oc.message("msg_3", reply(95), "ses_c")
    source = oc.open()
    for order in permutations(place for place in source.locate() if isinstance(place, Place)):
        story = Story()
        for place in order:
            story.add(source.read(place, None))
        owners = {call.started_ms: call.who.session for call in story.calls().values()}
        assert owners == {NOON + 1000: "ses_a", NOON + 60_000: "ses_b", NOON + 95_000: "ses_c"}


def test_equal_calls_at_different_times_stay_apart(oc: Home) -> None:
    oc.session("ses_a")
    oc.message("msg_1", reply(1, tokens=tokens(5)))
    oc.message("msg_2", reply(2, tokens=tokens(5)))
    assert len(oc.read().calls()) == 2


def test_zeros_have_no_fingerprint(oc: Home) -> None:
    oc.session("ses_a")
    oc.session("ses_b")
    for session in ("ses_a", "ses_b"):
        oc.message(f"msg_{session}", reply(1, tokens=ZERO, error={"name": "X"}), session)
    story = oc.read()
    assert [len(one.keys) for one in story.readings] == [1, 1]
    assert len(story.calls()) == 2


def test_a_database_and_its_old_files(oc: Home) -> None:
    """The importer leaves the files; the same ids, and the database owns."""
    oc.session("ses_a", title="Old title")
    oc.message("msg_1", reply(1))
    oc.message("msg_2", reply(2))
    database = oc.database()
    database.session("ses_a", title="New title")
    database.message("msg_1", reply(1))
    database.message("msg_3", reply(3))
    story = oc.read()
    calls = story.calls().values()
    assert sorted(call.started_ms - NOON for call in calls) == [1000, 2000, 3000]
    assert {call.attr >> 56 for call in calls} == {3, 4}


def test_orphans_without_a_session_file(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    oc.session("ses_b", at=0)
    oc.message("msg_2", reply(1), "ses_b")
    story = oc.read()
    (call,) = story.calls().values()
    assert call.who.session == "ses_b"
    assert {one.who.project for one in story.readings} == {"/home/ann/app"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ("complete", "")),
        ({"finish": ...}, ("complete", "")),
        ({"time": {"created": NOON}}, ("complete", "")),
        ({"time": {"created": NOON}, "finish": ...}, ("partial", "unfinished")),
        ({"error": {"name": "MessageAbortedError"}}, ("partial", "broken-attempt")),
        ({"tokens": ZERO}, ("unmetered", "")),
        ({"tokens": ...}, ("unmetered", "")),
        ({"tokens": ZERO, "error": {"name": "MessageAbortedError"}}, ("unmetered", "")),
        ({"tokens": ZERO, "error": {"name": "UnknownError", "data": {}}}, ("unmetered", "")),
        ({"tokens": ZERO, "error": {"name": "ProviderAuthError"}}, ("failed", "")),
        (
            {"tokens": ZERO, "error": {"name": "APIError", "data": {"statusCode": 400}}},
            ("failed", ""),
        ),
    ],
)
def test_status(oc: Home, changes: dict[str, object], told: tuple[str, str]) -> None:
    oc.session()
    oc.message("msg_1", reply(0, **changes))
    database = oc.database()
    database.session("ses_b")
    database.message("msg_2", {"time": {"created": NOON}} | reply(0, **changes), "ses_b")
    story = oc.read()
    assert [(one.status, one.note) for one in story.readings] == [told, told]


def test_a_running_message_is_no_call_yet(oc: Home) -> None:
    oc.session()
    oc.message("msg_1", running(1))
    database = oc.database()
    database.session("ses_b")
    database.message("msg_2", running(1), "ses_b")
    assert oc.read().readings == []
    killed = oc.read(NOON + 26 * 3_600_000).readings
    assert [one.status for one in killed] == ["unmetered", "unmetered"]
    oc.message("msg_3", reply(2))
    database.message("msg_4", reply(2), "ses_b")
    statuses = sorted(one.status for one in oc.read().readings)
    assert statuses == ["complete", "complete", "unmetered", "unmetered"]


@pytest.mark.parametrize(
    ("raw", "agent"),
    [
        ("build", "build"),
        ("Sisyphus", "sisyphus"),
        ("Sisyphus (Ultraworker)", "sisyphus"),
        ("\u200bMomus (Plan Reviewer)", "momus"),
        ("OpenCode-Builder", "opencode-builder"),
        ("(odd)", "(odd)"),
        ("", None),
    ],
)
def test_agents(oc: Home, raw: str, agent: str | None) -> None:
    oc.session()
    oc.message("msg_1", reply(1, agent=raw, mode=...))
    oc.message("msg_2", reply(2, agent=raw, mode=...))
    story = oc.read()
    assert {one.who.agent for one in story.readings} == {agent}
    spelt = [one for one in story.others if isinstance(one, Spelling)]
    wanted = [] if raw in (agent, "") else [Spelling("opencode", "agent", str(agent), raw)]
    assert spelt == wanted


TASK = {
    "type": "tool",
    "tool": "delegate_task",
    "state": {
        "input": {"category": "visual-engineering", "subagent_type": "sisyphus-junior"},
        "metadata": {"sessionId": "ses_b"},
    },
}


def mark(at: int) -> str:
    return f"{((NOON + at * 1000) << 12) & ((1 << 48) - 1):012x}001abc"


def test_sub_agents(oc: Home) -> None:
    oc.session("ses_a")
    oc.session("ses_b", at=20, parentID="ses_a")
    oc.message(f"msg_{mark(5)}", reply(5))
    oc.message(f"msg_{mark(30)}", reply(30))
    oc.message("msg_x", reply(21, agent="Sisyphus-Junior"), "ses_b")
    oc.part(f"msg_{mark(5)}", "prt_1", TASK)
    oc.part(f"msg_{mark(5)}", "prt_2", step(105, cost=0.25))
    database = oc.database()
    database.session("ses_c")
    database.session("ses_d", at=20, parent_id="ses_c")
    database.message("msg_1", reply(5), "ses_c")
    told = TASK | {"state": {"input": {"subagent_type": "explore"}, "output": "id: ses_d"}}
    database.part(f"prt_{mark(6)}", "msg_1", told, "ses_c")
    found = facts(oc.read())
    assert (found["ses_b"].parent, found["ses_b"].category) == ("ses_a", "visual-engineering")
    assert (found["ses_d"].parent, found["ses_d"].category) == ("ses_c", "explore")
    assert (found["ses_a"].title, found["ses_a"].title_rank) == ("Work", 2)


def test_the_shape_of_omo_quota(oc: Home) -> None:
    usage = {"promptTokens": 100, "completionTokens": 20, "cacheReadTokens": 30}
    oc.message("msg_1", {"provider": "openai", "model": "gpt-4o", "usage": usage})
    oc.message("msg_2", {"text": "who knows"})
    story = oc.read()
    (reading,) = story.readings
    assert (reading.provider, reading.model) == ("openai", "gpt-4o")
    assert (reading.status, reading.note) == ("complete", "time-from-file")
    assert reading.started_ms > NOON
    assert counter("opencode")(reading.usage).counts == (70, 20, 0, 30, 0, 0)
    (complaint,) = story.complaints
    assert "neither" in complaint.reason


def test_0_1_keeps_its_fields_elsewhere(oc: Home) -> None:
    folder = oc.data / "project" / "home-ann" / "storage" / "session"
    (folder / "message" / "ses_a").mkdir(parents=True)
    (folder / "info").mkdir()
    info = {"title": "Old", "version": "0.1.174", "time": {"created": NOON}}
    (folder / "info" / "ses_a.json").write_text(json.dumps(info))
    body = {"id": "x", "role": "assistant", "parts": [{"type": "text", "text": "hello"}],
            "metadata": {"time": {"created": NOON + 1, "completed": NOON + 9},
                         "assistant": {"modelID": "claude-opus-4", "providerID": "anthropic",
                                       "cost": 0.5, "tokens": tokens(9)}}}  # fmt: skip
    (folder / "message" / "ses_a" / "msg_1.json").write_text(json.dumps(body))
    story = oc.read()
    (call,) = story.calls().values()
    assert (call.model, call.counts[0], call.status) == ("claude-opus-4", 9, "complete")
    assert facts(story)["ses_a"].title == "Old"
    (told,) = oc.open().recall("ses_a")
    assert (told.answer, told.keys) == ("hello", story.readings[0].keys)


def test_parts_that_a_deleted_session_left(oc: Home) -> None:
    """0.5 deletes a session's messages and forgets its parts."""
    folder = oc.data / "project" / "home-ann" / "storage" / "session" / "part" / "ses_a" / "msg_1"
    folder.mkdir(parents=True)
    name = f"prt_{mark(7)}"
    (folder / f"{name}.json").write_text(json.dumps(step(30)))
    (reading,) = oc.read().readings
    assert (reading.model, reading.note) == ("unknown", "message-deleted")
    assert reading.started_ms == NOON + 7000
    os.utime(folder / f"{name}.json", (NOON // 1000 + 6, NOON // 1000 + 6))
    assert oc.read().readings == [reading]  # a copy that keeps whole seconds
    assert reading.keys[0] == key_of("opencode:part", "ses_a", "msg_1", name)
    assert reading.witness == Witness.LOG


def test_what_a_deleted_session_left_gives_way(oc: Home) -> None:
    """The message, recorded before or found in a database, tells the model and the times."""
    name = f"prt_{mark(7)}"
    folder = oc.data / "project" / "home-ann" / "storage" / "session" / "part" / "ses_a" / "msg_1"
    folder.mkdir(parents=True)
    (folder / f"{name}.json").write_text(json.dumps(step(30)))
    database = oc.database()
    database.session()
    database.message("msg_1", reply(tokens=tokens(30)))
    database.part(name, "msg_1", step(30))
    left, whole = sorted(oc.read().readings, key=lambda one: one.witness)
    assert (left.witness, whole.witness) == (Witness.LOG, Witness.AGENT)
    for joined in (join(left, whole), join(whole, left)):
        assert joined[1:9] == whole[1:9]  # who, times, model and usage
        assert (joined.witness, joined.status) == (Witness.AGENT, "complete")


def test_looking_for_news_needs_no_decoder(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    oc.database().close()
    code = (
        "import sys; from tallybook.sources import open_source;"
        f"found = list(open_source('opencode', environ={{'HOME': {str(oc.path)!r}}}).locate());"
        "heavy = {'msgspec', 'json', 'sqlite3', 'hashlib'} & set(sys.modules);"
        "print(len(found), sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "[]"]


def test_where_it_looks(oc: Home, tmp_path: Path) -> None:
    oc.message("msg_1", reply(1))
    for name in ("opencode.db", "opencode-dev.db", "other.db"):
        oc.database(name=name).close()
    elsewhere = Home(tmp_path / "elsewhere")
    elsewhere.message("msg_2", reply(2), "ses_b")
    named = tmp_path / "named"
    Home(tmp_path / "n").database().close()
    (tmp_path / "n" / ".local/share/opencode/opencode.db").rename(named)
    source = oc.open(
        OPENCODE_DB=str(named),
        OPENCODE_DATA_DIR=f" {elsewhere.data} ,{oc.data}",
        OMO_QUOTA_HOME=str(elsewhere.data / "storage"),
    )
    found = [Path(place.path).name for place in source.locate() if isinstance(place, Place)]
    assert found == ["named", "opencode-dev.db", "opencode.db", "ses_a", "ses_b"]


def test_no_word_of_a_conversation_is_kept(oc: Home) -> None:
    oc.session()
    oc.message("msg_1", reply(1, summary="SECRET", system=["SECRET"]))
    oc.message("msg_2", {"role": "user", "time": {"created": NOON}, "summary": {"diffs": "SECRET"}})
    oc.part("msg_1", "prt_1", {"type": "text", "text": "SECRET"})
    story = oc.read()
    assert "SECRET" not in repr((story.readings, story.others, story.cursors, story.complaints))


def test_it_can_be_opened_by_name() -> None:
    source = open_source("opencode", environ={"HOME": "/nowhere"})
    assert source.title == "OpenCode"
    assert list(source.recall("ses_a")) == []
    assert LATER > NOON
