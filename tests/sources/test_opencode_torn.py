"""Part files that are torn, or not there yet: what is told is late, and never other than what is
told of the whole files."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.contract.folding import Calls, folded
from tallybook.reading import Cursor, Observation, Witness
from tallybook.sources import Place

from .folding import Story
from .opencode_homes import LATER, NOON, Home, reply, step, tokens

DAY = 86_400_000
NOW = int(time.time() * 1000)
START = {"type": "step-start"}
TOOL = {"id": "prt_3", "type": "tool", "tool": "bash", "state": {"output": '"step-finish"'}}
PARTS = {
    "prt_1": START, "prt_2": step(10), "prt_3": TOOL, "prt_4": START, "prt_5": step(20),
    "prt_6": START, "prt_7": step(20, cost=0.2), "prt_8": {"type": "text", "text": "Done."},
}  # fmt: skip
FINISHED = reply(1, tokens=tokens(20), cost=0.4)
STEPS = {"prt_2", "prt_5", "prt_7"}


class Live:
    """A message with three steps and its parts."""

    def __init__(self, home: Home) -> None:
        self.home = home
        home.session()
        self.path = home.message("msg_1", FINISHED)
        self.parts = home.data / "storage" / "part" / "msg_1"
        self.fill()

    def fill(self) -> None:
        self.parts.mkdir(parents=True, exist_ok=True)
        for name, body in PARTS.items():
            self.put(name, json.dumps(body))

    def put(self, name: str, content: str | bytes | None) -> Path:
        path = self.parts / f"{name}.json"
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def place(self) -> Place:
        (place,) = (each for each in self.home.open().locate() if isinstance(each, Place))
        return place

    def read(self, since: Cursor | None = None, now_ms: int = LATER) -> Story:
        return Story().add(self.home.open(now_ms).read(self.place(), since))

    def fits(self, story: Story) -> bool:
        """Whether the place is left alone from now on."""
        place, cursor = self.place(), story.cursors[-1]
        return (cursor.size, cursor.mtime_ns) == (place.size, place.mtime_ns)


class Left(Live):
    """The parts that a deleted message left behind."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.parts = home.data / "project" / "app" / "storage" / "session" / "part" / "ses_a"
        self.parts /= "msg_1"
        self.fill()


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(Home(tmp_path))


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(Home(tmp_path))


def inputs(story: Story) -> list[int]:
    return sorted(call.counts[0] for call in story.calls().values())


def test_whole_parts_need_no_second_look(live: Live) -> None:
    story = live.read()
    assert inputs(story) == [10, 20, 20]
    assert live.fits(story)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_cut_of_a_step(live: Live, name: str) -> None:
    whole = json.dumps(PARTS[name]).encode()
    for end in range(len(whole)):
        live.put(name, whole[:end])
        story = live.read()
        assert story.readings == []
        (complaint,) = story.complaints
        assert complaint.sample == name
        assert complaint.hint
        assert not complaint.fatal
        assert not live.fits(story)
    live.put(name, whole)
    healed = live.read(story.cursors[-1])
    assert (inputs(healed), healed.complaints) == ([10, 20, 20], [])
    assert live.fits(healed)


def test_what_is_no_step_may_be_torn(live: Live) -> None:
    live.put("prt_3", json.dumps(TOOL)[:-5])
    live.put("prt_8", "x" * 5000)
    story = live.read()
    assert (inputs(story), story.complaints) == ([10, 20, 20], [])


def test_a_last_step_that_is_the_only_one_waits_for_nothing(live: Live) -> None:
    live.home.message("msg_1", FINISHED | {"cost": 0.2})
    live.put("prt_2", b"\0" * 300)
    assert inputs(live.read()) == [20]


def test_a_step_that_stays_torn(live: Live) -> None:
    """The message tells one call itself, and the steps are told when the file is mended, however
    late."""
    now = os.stat(live.parts).st_mtime_ns // 1_000_000 + 2 * DAY
    whole = json.dumps(PARTS["prt_2"])
    live.put("prt_2", b"\0" * len(whole))
    first = live.read(now_ms=now)
    assert [(each.witness, each.status) for each in first.readings] == [
        (Witness.SUMMARY, "complete")
    ]
    assert len(first.complaints) == 1
    assert not live.fits(first)
    live.put("prt_2", whole)
    second = live.read(first.cursors[-1], now)
    assert inputs(Story(readings=first.readings + second.readings)) == [10, 20, 20]
    assert live.fits(second)


def test_what_is_behind_a_torn_file_waits_for_it(live: Live) -> None:
    now = os.stat(live.parts).st_mtime_ns // 1_000_000 + 2 * DAY
    live.put("prt_5", b"")
    assert inputs(live.read(now_ms=now)) == [10]


@pytest.mark.parametrize("gone", [("prt_2",), ("prt_1", "prt_2"), ("prt_5",), ("prt_7",)])
def test_a_step_that_comes_later(live: Live, gone: tuple[str, ...]) -> None:
    now = os.stat(live.parts).st_mtime_ns // 1_000_000 + 1000
    for name in gone:
        live.put(name, None)
    first = live.read(now_ms=now)
    assert (first.readings, first.complaints) == ([], [])
    assert not live.fits(first)
    left_so = live.read(first.cursors[-1], now + 2 * DAY)
    assert len(inputs(left_so)) == 2
    assert live.fits(left_so)
    live.fill()
    assert inputs(live.read(first.cursors[-1], now)) == [10, 20, 20]


def test_what_a_deleted_message_left_is_torn(left: Left) -> None:
    assert left.fits(left.read())
    left.put("prt_2", '{"type": "step-fin')
    first = left.read()
    assert inputs(first) == [20, 20]
    assert [each.sample for each in first.complaints] == ["prt_2"]
    assert not left.fits(first)
    left.fill()
    second = left.read(first.cursors[-1])
    assert inputs(Story(readings=first.readings + second.readings)) == [10, 20, 20]
    assert second.complaints == []
    assert left.fits(second)


def test_a_part_comes_to_what_a_deleted_message_left(left: Left) -> None:
    left.put("prt_2", None)
    os.utime(left.parts, ns=(NOON * 1_000_000, NOON * 1_000_000))
    os.utime(left.parts.parent, ns=(NOON * 1_000_000, NOON * 1_000_000))
    first = left.read()
    assert left.fits(first)
    left.fill()
    assert not left.fits(first)
    second = left.read(first.cursors[-1])
    assert inputs(Story(readings=first.readings + second.readings)) == [10, 20, 20]


Stage = dict[str, int]
"""Percent of each file that is there; below 0 it is not."""

STAGES = st.lists(
    st.dictionaries(st.sampled_from(sorted(PARTS)), st.integers(-30, 99), max_size=5), max_size=4
)


def stages_read(live: Live, stages: list[Stage], keep: frozenset[str]) -> Iterator[Calls]:
    """What was told after each stage, and at last of the whole files. Files in `keep` may be torn
    but are always there."""
    seen: list[Observation] = []
    cursor: Cursor | None = None
    for stage in (*stages, Stage()):
        for name, body in PARTS.items():
            whole, share = json.dumps(body).encode(), stage.get(name, 100)
            gone = share < 0 and name not in keep
            live.put(name, None if gone else whole[: len(whole) * abs(share) // 100])
        place = live.place()
        if cursor is None or (cursor.size, cursor.mtime_ns) != (place.size, place.mtime_ns):
            seen += live.home.open(NOW).read(place, cursor)
            cursor = next(each for each in reversed(seen) if isinstance(each, Cursor))
        yield folded(seen)


def check_stages(live: Live, stages: list[Stage], keep: frozenset[str] = frozenset()) -> None:
    told = list(stages_read(live, stages, keep))
    whole = folded(live.home.open(NOW).read(live.place(), None))
    assert told[-1] == whole
    sums = [sum(sum(call.counts) for call in calls.values()) for calls in told]
    assert sums == sorted(sums)


@given(stages=STAGES)
def test_parts_in_any_order(stages: list[Stage], tmp_path_factory: pytest.TempPathFactory) -> None:
    check_stages(Live(Home(tmp_path_factory.mktemp("live"))), stages)


@given(stages=STAGES)
def test_parts_that_were_left_in_any_order(
    stages: list[Stage], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What begins a step is there before its end."""
    check_stages(
        Left(Home(tmp_path_factory.mktemp("left"))), stages, frozenset({"prt_1", "prt_4", "prt_6"})
    )
