"""OpenCode's databases: live, locked, damaged, replaced, of the second and of no known kind."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.dialects import counter
from tallybook.reading import Cursor, SessionFact, Witness
from tallybook.sources import Place
from tallybook.sources.opencode_files import database_place

from .folding import Story
from .opencode_homes import LATER, NOON, Database, Home, reply, running, step, tokens

HERE = Path(__file__).parent / "opencode"


@pytest.fixture
def oc(tmp_path: Path) -> Home:
    return Home(tmp_path)


def read(
    oc: Home, place: Place | Database, since: Cursor | None = None, now_ms: int = LATER
) -> Story:
    place = place.place() if isinstance(place, Database) else place
    return Story().add(oc.open(now_ms).read(place, since))


def test_rows_in_the_log_are_seen(oc: Home) -> None:
    database = oc.database()
    database.db.execute("PRAGMA wal_autocheckpoint = 0")
    database.session()
    database.message("msg_1", reply(1))
    assert database.path.stat().st_size < 8192  # everything stands in the log
    first = read(oc, database)
    assert len(first.readings) == 1
    database.message("msg_2", reply(2))
    cursor, place = first.cursors[0], database.place()
    assert (cursor.size, cursor.mtime_ns) != (place.size, place.mtime_ns)
    assert [one.started_ms for one in read(oc, database, cursor).readings] == [NOON + 2000]


def test_a_running_row_is_told_when_it_ends(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", running(1))
    first = read(oc, database)
    assert first.readings == []
    database.message("msg_1", reply(1), updated=NOON + 2000)
    (reading,) = read(oc, database, first.cursors[0]).readings
    assert reading.status == "complete"


def test_a_killed_row_is_told_by_what_follows(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", running(1))
    first = read(oc, database)
    database.message("msg_2", reply(2), updated=NOON + 2000)
    second = read(oc, database, first.cursors[0])
    assert sorted(one.status for one in second.readings) == ["complete", "unmetered"]
    third = read(oc, database, second.cursors[0], NOON + 26 * 3_600_000)
    assert [one.status for one in third.readings] == ["unmetered"]
    assert read(oc, database, third.cursors[0], NOON + 27 * 3_600_000).readings == []


def test_young_rows_are_told_again(oc: Home) -> None:
    """A row's time is set before its transaction ends: another may still come out below it."""
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    cursor = read(oc, database, None, NOON + 5000).cursors[0]
    database.message("msg_2", reply(0), updated=NOON - 20)
    assert len(read(oc, database, cursor).readings) == 2


def test_many_changed_rows(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_0", reply(0))
    database.message("msg_x", running(1))
    cursor = read(oc, database).cursors[0]
    for number in range(1, 2100):
        database.message(f"msg_{number:04}", reply(number))
    story = read(oc, database, cursor)
    assert len(story.readings) == 2100
    assert sorted({one.status for one in story.readings}) == ["complete", "unmetered"]


def test_rows_that_were_imported_late(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", reply(900))
    cursor = read(oc, database).cursors[0]
    database.message("msg_0", reply(1))
    assert [one.started_ms for one in read(oc, database, cursor).readings] == [NOON + 1000]


def test_totals_prove_that_nothing_hides(oc: Home) -> None:
    """Since 1.16 a session's totals are the sum over all steps: parts need not be read."""
    database = oc.database(totals=True)
    sums = {"tokens_input": 101, "tokens_output": 7, "tokens_cache_read": 303}
    database.session("ses_a", **sums)
    database.message("msg_1", reply(1))
    database.part("prt_1", "msg_1", step(101))
    database.session("ses_b", **sums)
    database.message("msg_2", reply(2, tokens=tokens(1)), "ses_b")
    database.part("prt_2", "msg_2", step(100), "ses_b")
    database.part("prt_3", "msg_2", step(1), "ses_b")
    readings = read(oc, database).readings
    assert [one.witness for one in readings] == [Witness.SUMMARY, Witness.AGENT, Witness.AGENT]
    assert [counter("opencode")(one.usage).counts[0] for one in readings] == [101, 100, 1]


def test_large_parts_are_passed_over(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.part("prt_1", "msg_1", step(1) | {"text": "x" * 5000})
    (reading,) = read(oc, database).readings
    assert reading.witness == Witness.SUMMARY


def test_nothing_is_left_beside_a_closed_database(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.close()
    before = {(each.name, each.stat().st_mtime_ns) for each in oc.data.iterdir()}
    assert len(read(oc, database).readings) == 1
    assert list(oc.open().recall("ses_a"))
    assert {(each.name, each.stat().st_mtime_ns) for each in oc.data.iterdir()} == before


def test_a_writer_in_the_middle_of_a_reading(oc: Home) -> None:
    """Opened as unchangeable, written to meanwhile: what comes next is read with locks."""
    database = oc.database()
    database.db.execute("BEGIN")
    for number in range(900):
        database.session(f"ses_{number:03}")
        database.message(f"msg_{number:03}", reply(number), f"ses_{number:03}")
    database.db.execute("COMMIT")
    database.close()
    place = database_place(str(database.path))
    writer = None
    story = Story()
    for observation in oc.open().read(place, None):
        story.add([observation])
        if writer is None:
            writer = sqlite3.connect(database.path, isolation_level=None)
            writer.execute("DELETE FROM message WHERE id > 'msg_800'")
            writer.execute(
                "INSERT INTO message VALUES ('msg_new', 'ses_000', ?, ?, ?)",
                (NOON, NOON, json.dumps(reply(5000))),
            )
    assert len(story.calls()) == 802
    assert NOON + 5_000_000 in {one.started_ms for one in story.readings}
    assert len(story.cursors) == 1
    assert story.complaints == []


LOCKER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_database_that_another_process_locks(oc: Home) -> None:
    """On network drives OpenCode uses a rollback journal, where a writer shuts readers out."""
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.db.execute("PRAGMA journal_mode = DELETE")
    database.close()
    command = [sys.executable, "-c", LOCKER, str(database.path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        story = read(oc, database)
        other.communicate("")
    (complaint,) = story.complaints
    assert "locked" in complaint.reason
    assert complaint.fatal
    assert (story.readings, story.cursors) == ([], [])
    assert len(read(oc, database).readings) == 1


def test_a_live_writer_in_wal_mode_never_locks_us_out(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.db.execute("BEGIN EXCLUSIVE")
    database.message("msg_2", reply(2))
    assert len(read(oc, database).readings) == 1
    database.db.execute("COMMIT")
    assert len(read(oc, database).readings) == 2


def test_a_database_that_was_replaced(oc: Home) -> None:
    database = oc.database()
    database.session()
    for number in range(5):
        database.message(f"msg_{number}", reply(number))
    cursor = read(oc, database).cursors[0]
    database.db.execute("DELETE FROM message WHERE id > 'msg_1'")
    assert len(read(oc, database, cursor).readings) == 2
    database.close()
    database.path.rename(oc.data / "old")
    other = oc.database()
    other.session()
    for number in range(5):
        other.message(f"msg_x{number}", reply(number, tokens=tokens(9)))
    assert len(read(oc, other, cursor).readings) == 5


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("DROP TABLE message", "no table"),
        ("ALTER TABLE message RENAME COLUMN data TO body", "no column data"),
        ("DROP TABLE message; CREATE TABLE turn (id text)", "turn"),
    ],
)
def test_an_unknown_schema(oc: Home, sql: str, word: str) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.db.executescript(sql)
    story = read(oc, database)
    (complaint,) = story.complaints
    assert complaint.reason.startswith("unknown schema")
    assert word in complaint.reason
    assert complaint.fatal
    assert (story.readings, story.cursors) == ([], [])


def test_an_earlier_table_of_the_same_name(oc: Home) -> None:
    """1.14 and 1.15 have a `session_message` without numbers, which holds no model's message."""
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.db.execute(
        "CREATE TABLE session_message (id text PRIMARY KEY, session_id text, type text,"
        " time_created integer, time_updated integer, data text)"
    )
    row = "INSERT INTO session_message VALUES (?, 'ses_a', ?, 1, 1, '{}')"
    database.db.execute(row, ("evt_1", "agent-switched"))
    story = oc.read()
    assert (len(story.readings), story.complaints) == (1, [])
    database.db.execute(row, ("evt_2", "assistant"))
    assert ["no column seq" in each.reason for each in oc.read().complaints] == [True]


def test_messages_without_parts_are_read_and_doubted(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", reply(1))
    database.db.execute("DROP TABLE part")
    story = read(oc, database)
    assert len(story.readings) == 1
    assert "no table part" in story.complaints[0].reason


def test_damaged_rows(oc: Home) -> None:
    database = oc.database()
    database.session()
    database.message("msg_1", '{"role":"assis')
    database.message("msg_2", reply(2))
    database.message("msg_3", "[]")
    first = read(oc, database)
    assert len(first.readings) == 1
    assert sorted(one.sample for one in first.complaints) == ["msg_1", "msg_3"]
    again = read(oc, database, first.cursors[0])
    assert again.complaints == first.complaints
    database.message("msg_1", reply(1), updated=NOON + 9000)
    healed = read(oc, database, again.cursors[0])
    assert len(healed.readings) == 1
    assert [one.sample for one in healed.complaints] == ["msg_3"]


@pytest.mark.parametrize("share", [0, 50, 100, 3_000, 20_000, 100_000, 187_000])
def test_a_cut_database(share: int, oc: Home) -> None:
    data = (HERE / "home_1_18_33/.local/share/opencode/opencode.db").read_bytes()
    path = oc.data / "opencode.db"
    path.write_bytes(data[:share])
    story = read(oc, database_place(str(path)))
    (complaint,) = story.complaints
    assert complaint.hint
    assert complaint.fatal == bool(share)
    assert story.cursors == []


@given(at=st.integers(0, 188_000), junk=st.binary(min_size=1, max_size=200))
def test_damage_never_raises(
    at: int, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    oc = Home(tmp_path_factory.mktemp("damage"))
    data = bytearray((HERE / "home_1_18_33/.local/share/opencode/opencode.db").read_bytes())
    data[at : at + len(junk)] = junk
    path = oc.data / "opencode.db"
    path.write_bytes(data)
    story = read(oc, database_place(str(path)))
    assert len(story.cursors) + sum(one.fatal for one in story.complaints) >= 1
    assert all(min(call.counts) >= 0 for call in story.calls().values())


def test_a_database_that_is_closed_to_us(oc: Home) -> None:
    database = oc.database()
    database.close()
    os.rename(database.path, oc.data / "away")
    place = Place(str(database.path), 4096, 1)
    story = read(oc, place)
    assert [one.fatal for one in story.complaints] == [True]
    (oc.data / "opencode.db").mkdir()
    story = read(oc, place)
    assert [one.fatal for one in story.complaints] == [True]


def second(at: int, number: int = 100, **changes: object) -> dict[str, object]:
    """A message of 2.0: the model is an object, the content stands in the message."""
    content = [{"type": "text", "text": "hello"}, {"type": "tool", "id": "t1", "name": "bash",
               "state": {"input": {"command": "ls"}}}]  # fmt: skip
    usual = {
        "model": {"id": "claude-sonnet-4-5", "providerID": "anthropic"},
        "content": content,
        "tokens": tokens(number),
    }
    left = dict.fromkeys(("modelID", "providerID", "parentID", "role"), ...)
    return reply(at, **{**left, **usual, **changes})


def test_the_tables_of_2_0(oc: Home) -> None:
    """Built from OpenCode's published source, not from a home that it wrote."""
    database = oc.second()
    database.session("ses_old")
    database.message("msg_old", reply(1), "ses_old")
    database.second_session("ses_new", at=10)
    database.numbered("msg_1", 1, second(11, 50, tokens=tokens(50, reasoning=3)), "ses_new")
    database.numbered("msg_2", 2, second(12, tokens=..., finish=...), "ses_new")
    story = read(oc, database)
    assert [one.status for one in story.readings] == ["complete", "complete", "unmetered"]
    counted = counter("opencode")(story.readings[1].usage)
    assert counted.counts == (50, 7, 3, 150, 0, 0)
    assert counted.assumptions == ("reasoning-outside-output",)
    facts = {one.session for one in story.others if isinstance(one, SessionFact)}
    assert facts == {"ses_old", "ses_new"}
    told = next(iter(oc.open().recall("ses_new")))
    assert (told.answer, told.tool_calls[0]["name"]) == ("hello", "bash")
    assert told.keys == story.readings[1].keys
    assert read(oc, database, story.cursors[0]).readings == []


@pytest.mark.parametrize(("kind", "copied"), [("through", 2), ("before", 1)])
def test_forks_of_2_0_by_their_lineage(oc: Home, kind: str, copied: int) -> None:
    """Copies keep their numbers; what comes after the boundary is the fork's own."""
    database = oc.second()
    database.second_session("ses_a")
    for seq in (1, 2, 3):
        database.numbered(f"msg_a{seq}", seq, second(seq, seq), "ses_a")
    boundary = json.dumps({"messageID": "msg_a2", "type": kind})
    database.second_session("ses_b", at=10, fork_session_id="ses_a", fork_boundary=boundary)
    for seq in range(1, copied + 1):
        # without a cost the fingerprints differ: only the lineage tells that they are copies
        database.numbered(f"msg_b{seq}", seq, second(seq, seq, cost=...), "ses_b")
    database.numbered("msg_b9", 9, second(20, 9), "ses_b")
    deeper = json.dumps({"messageID": "msg_b9", "type": "through"})
    database.second_session("ses_c", at=30, fork_session_id="ses_b", fork_boundary=deeper)
    database.numbered("msg_c1", 1, second(1, 1, cost=...), "ses_c")
    database.numbered("msg_c9", 9, second(20, 9, cost=...), "ses_c")
    story = read(oc, database)
    calls = sorted((call.started_ms, call.who.session) for call in story.calls().values())
    assert calls == [
        (NOON + 1000, "ses_a"), (NOON + 2000, "ses_a"), (NOON + 3000, "ses_a"),
        (NOON + 20_000, "ses_b"),
    ]  # fmt: skip
    forked = {one.session: one.forked_from for one in story.others if isinstance(one, SessionFact)}
    assert forked == {"ses_a": None, "ses_b": "ses_a", "ses_c": "ses_b"}


def test_totals_of_2_0_are_claimed(oc: Home) -> None:
    """They hold titles and compactions, which have no message. Only a session with one model
    can be claimed: the totals are not told by model."""
    database = oc.second()
    database.second_session("ses_a", tokens_input=170, tokens_output=30, tokens_cache_read=300)
    database.numbered("msg_1", 1, second(1, 100), "ses_a")
    database.second_session("ses_b", tokens_input=170)
    database.numbered("msg_2", 1, second(2, 100), "ses_b")
    other = second(3, 1, model={"id": "gpt-5", "providerID": "openai"})
    database.numbered("msg_3", 2, other, "ses_b")
    database.second_session("ses_c", tokens_input=170)
    unended = second(4, 100, time={"created": NOON + 4000})
    database.numbered("msg_4", 1, unended, "ses_c")
    (claim,) = read(oc, database).claims()
    assert (claim.session, claim.model) == ("ses_a", "claude-sonnet-4-5")
    assert claim.counts == (170, 30, 0, 300, 0, 0)


@given(
    deeds=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["run", "step", "end", "read"])), max_size=24
    ),
    totals=st.booleans(),
)
def test_any_growth_tells_what_one_reading_tells(
    deeds: list[tuple[int, str]], totals: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    oc = Home(tmp_path_factory.mktemp("grow"))
    database = oc.database(totals=totals)
    database.session()
    grown, cursor, steps, clock = Story(), None, dict[int, int](), NOON
    for number, deed in deeds:
        clock += 100
        name = f"msg_{number}"
        if deed == "run" and number not in steps:
            steps[number] = 0
            database.message(name, running(number), updated=clock)
        elif deed == "step" and number in steps and steps[number] >= 0:
            steps[number] += 1
            found = number * 10 + steps[number]
            database.part(f"prt_{number}_{steps[number]}", name, step(found))
            body = running(number) | {"tokens": tokens(found), "cost": 0.1}
            database.message(name, body, updated=clock)
        elif deed == "end" and steps.get(number, -1) >= 0:
            final = tokens(number * 10 + steps[number]) if steps[number] else tokens(99)
            database.message(name, reply(number, tokens=final), updated=clock)
            steps[number] = -1
        else:
            story = read(oc, database, cursor)
            grown.add(story.readings)
            cursor = story.cursors[-1]
    grown.add(read(oc, database, cursor).readings)
    whole = read(oc, database)
    assert {key: call.counts for key, call in grown.calls().items()} == {
        key: call.counts for key, call in whole.calls().items()
    }
    database.close()
