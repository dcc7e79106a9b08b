"""Message folders while they grow: what is told, what is told again, and damage."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.reading import Cursor

from .folding import Story
from .opencode_homes import LATER, NOON, Home, reply, running, step, tokens

DAY = 86_400_000


@pytest.fixture
def oc(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.session()
    return made


def read(oc: Home, since: Cursor | None, now_ms: int = LATER) -> Story:
    return Story().add(oc.open(now_ms).read(oc.folder(), since))


def fits(oc: Home, cursor: Cursor) -> bool:
    place = oc.folder()
    return (cursor.size, cursor.mtime_ns) == (place.size, place.mtime_ns)


def test_nothing_new(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    first = read(oc, None)
    assert fits(oc, first.cursors[0])
    again = read(oc, first.cursors[0])
    assert again.readings == []
    assert again.cursors == first.cursors


def test_only_new_messages_are_told(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    oc.message("msg_2", reply(2))
    cursor = read(oc, None).cursors[0]
    oc.message("msg_3", reply(3))
    assert not fits(oc, cursor)
    story = read(oc, cursor)
    assert [one.started_ms for one in story.readings] == [NOON + 3000]


def test_a_running_message_is_waited_for(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    oc.message("msg_2", running(2))
    story = read(oc, None)
    assert len(story.readings) == 1
    assert not fits(oc, story.cursors[0])
    before = oc.folder()
    oc.message("msg_2", reply(2))
    os.utime(before.path, ns=(before.mtime_ns, before.mtime_ns))
    again = read(oc, story.cursors[0])
    assert [one.status for one in again.readings] == ["complete"]
    assert fits(oc, again.cursors[0])


def test_what_is_followed_is_over_and_still_watched_for_a_day(oc: Home) -> None:
    oc.message("msg_1", running(1))
    oc.message("msg_2", reply(2))
    first = read(oc, None)
    assert sorted(one.status for one in first.readings) == ["complete", "unmetered"]
    oc.message("msg_1", reply(1))
    second = read(oc, first.cursors[0])
    assert [one.status for one in second.readings] == ["complete"]
    assert second.readings[0].keys[0] in {key for one in first.readings for key in one.keys}
    assert fits(oc, second.cursors[0])


def test_a_killed_message_is_given_up(oc: Home) -> None:
    oc.message("msg_1", running(1))
    story = read(oc, None)
    late = read(oc, story.cursors[0], NOON + 2 * DAY)
    assert [one.status for one in late.readings] == ["unmetered"]
    assert fits(oc, late.cursors[0])
    oc.message("msg_1", reply(1))
    oc.message("msg_2", reply(2))
    calls = Story(readings=late.readings + read(oc, None).readings).calls().values()
    assert [call.status for call in calls] == ["complete", "complete"]


def test_a_file_put_back_among_the_old_ones(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    oc.message("msg_3", reply(3))
    cursor = read(oc, None).cursors[0]
    oc.message("msg_2", reply(2))
    assert len(read(oc, cursor).readings) == 3


def test_a_better_reader_reads_again(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    cursor = read(oc, None).cursors[0]
    assert len(read(oc, cursor._replace(version=0)).readings) == 1
    assert len(read(oc, cursor._replace(state="[")).readings) == 1


def test_every_cut_of_a_file(oc: Home) -> None:
    whole = json.dumps(reply(1), indent=2).encode()
    for end in range(len(whole)):
        oc.message("msg_1", whole[:end])
        oc.message("msg_2", reply(2))
        story = read(oc, None)
        assert len(story.readings) == 1
        (complaint,) = story.complaints
        assert complaint.sample == "msg_1.json"
        assert complaint.hint
        assert not complaint.fatal
        assert not fits(oc, story.cursors[0])
    oc.message("msg_1", whole)
    healed = read(oc, story.cursors[0])
    assert healed.complaints == []
    assert len(healed.readings) == 1
    assert fits(oc, healed.cursors[0])


def test_a_file_that_stays_damaged_is_not_waited_for(oc: Home) -> None:
    path = oc.message("msg_1", b"{")
    os.utime(path, ns=(NOON * 1_000_000, NOON * 1_000_000))
    story = read(oc, None, NOON + 2 * DAY)
    assert fits(oc, story.cursors[0])
    assert len(story.complaints) == 1


@given(junk=st.binary(min_size=1, max_size=40), at=st.floats(0, 1), take=st.integers(0, 300))
def test_damage_never_raises(
    junk: bytes, at: float, take: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    oc = Home(tmp_path_factory.mktemp("damage"))
    whole = json.dumps(reply(1)).encode()
    where = int(at * len(whole))
    oc.message("msg_1", whole[:where] + junk + whole[where + take :])
    oc.message("msg_2", reply(2))
    story = read(oc, None)
    calls = story.calls().values()
    assert NOON + 2000 in {call.started_ms for call in calls}
    assert all(min(call.counts) >= 0 for call in calls)
    assert len(story.cursors) == 1


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (reply(1, tokens=tokens(5.0)), 5),  # pyright: ignore[reportArgumentType]  numbers as floats
        (reply(1, tokens=tokens(5, cache=None)), 5),
        (reply(1, tokens=tokens(5, later={"x": 1})), 5),
        (reply(1, time={"created": float(NOON), "completed": None}), 101),
        (reply(1, error="odd"), 101),
        (reply(1, path="/home", agent=7), 101),
    ],
)
def test_fields_of_odd_types(oc: Home, body: object, number: int) -> None:
    oc.message("msg_1", body)
    (call,) = read(oc, None).calls().values()
    assert call.counts[0] == number


def test_ids_come_from_the_path(oc: Home) -> None:
    oc.message("msg_1", reply(1, id="msg_stale", sessionID="ses_stale"))
    oc.message("msg_2", reply(1, id="msg_stale", sessionID="ses_stale", tokens=tokens(8)))
    story = read(oc, None)
    assert len(story.calls()) == 2
    assert {one.who.session for one in story.readings} == {"ses_a"}


def test_a_closed_folder(oc: Home) -> None:
    oc.message("msg_1", reply(1))
    place = oc.folder()
    missing = place._replace(path=f"{place.path}_gone")
    story = Story().add(oc.open().read(missing, None))
    assert [one.fatal for one in story.complaints] == [True]
    assert story.cursors == []


Message = tuple[int, bool]


@given(
    deeds=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["run", "step", "end", "read"])), max_size=24
    )
)
def test_any_growth_tells_what_one_reading_tells(
    deeds: list[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Messages that begin, get steps and end in any order, with readings between."""
    oc = Home(tmp_path_factory.mktemp("grow"))
    oc.session(version="0.5.29")
    oc.message("msg_0", reply(0))
    grown, cursor, steps = Story(), None, dict[int, int]()
    for number, deed in deeds:
        name = f"msg_{number}"
        if deed == "run" and number not in steps:
            steps[number] = 0
            oc.message(name, running(number))
        elif deed == "step" and steps.get(number, -1) >= 0:
            steps[number] += 1
            oc.part(name, f"prt_{steps[number]}", step(number * 10 + steps[number]))
            last, paid = tokens(number * 10 + steps[number]), 0.1 * steps[number]
            oc.message(name, running(number) | {"tokens": last, "cost": paid})
        elif deed == "end" and steps.get(number, -1) >= 0:
            final = tokens(number * 10 + steps[number]) if steps[number] else tokens(99)
            oc.message(name, reply(number, tokens=final, cost=0.1 * max(1, steps[number])))
            steps[number] = -1
        else:
            grown.add(read(oc, cursor).readings)
            cursor = read(oc, cursor).cursors[-1]
    grown.add(read(oc, cursor).readings)
    whole = read(oc, None)
    assert {key: call.counts for key, call in grown.calls().items()} == {
        key: call.counts for key, call in whole.calls().items()
    }
