"""What must hold for every source, on every home among its fixtures (`NAME/home_*`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.errors import UsageMistake
from tallybook.reading import key_of
from tallybook.sources import LOGS, SOURCES, open_source, source_name, source_names

from .folding import Story, open_home, place_of, places, read_all, rounds_of

HERE = Path(__file__).parent
HOMES = sorted(
    (name, home) for name in SOURCES for home in (HERE / name.replace("-", "_")).glob("home_*")
)
FILES = [
    (name, home, Path(place.path))
    for name, home in HOMES
    for place in places(open_home(name, home))
    if Path(place.path).suffix == ".jsonl"
]
"""Files that grow by lines; folders and databases are cut and damaged in tests of their own."""

IDS = [f"{name}-{home.name}" for name, home in HOMES]


def test_every_source_has_fixtures() -> None:
    assert {name for name, _ in HOMES} == set(source_names())
    assert len(FILES) > 10


@pytest.mark.parametrize("name", SOURCES)
def test_source_describes_itself(name: str) -> None:
    source = open_source(name, environ={})
    assert source.name == name
    assert source.title
    assert source.dialect
    assert source.version >= 1
    assert all(text.endswith(".") for text in source.missing)
    assert all(text.isupper() for text in source.variables)
    assert all(source_name(alias) == name for alias in source.aliases)


def test_unknown_source_is_a_mistake_with_a_suggestion() -> None:
    with pytest.raises(UsageMistake, match="cluade-code") as caught:
        open_source("cluade-code")
    assert "claude-code" in caught.value.hint


@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
def test_golden_counts(name: str, home: Path) -> None:
    expected = json.loads((home / "expected.json").read_text())
    calls = read_all(open_home(name, home)).calls()
    found: dict[str, list[int]] = {}
    for call in calls.values():
        if call.status == "complete":
            row = found.setdefault(call.model, [0] * 7)
            found[call.model] = [a + b for a, b in zip(row, (*call.counts, 1), strict=True)]
    assert found == expected["complete"]
    partial = {key for key, call in calls.items() if call.status == "partial"}
    told = expected["partial"]
    whole = (one if isinstance(one, list) else ("anthropic:response", one) for one in told)
    assert partial == {key_of(*parts) for parts in whole}


@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
def test_reading_twice_says_the_same(name: str, home: Path) -> None:
    source = open_home(name, home)
    first, second = read_all(source), read_all(source)
    assert first == second
    assert first.complaints == []
    assert all(min(call.counts) >= 0 for call in first.calls().values())


@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
def test_nothing_new_says_nothing_new(name: str, home: Path) -> None:
    source = open_home(name, home)
    for place in places(source):
        cursor = Story().add(source.read(place, None)).cursors[-1]
        assert (cursor.size, cursor.mtime_ns) == (place.size, place.mtime_ns)
        again = Story().add(source.read(place, cursor))
        assert again.readings == []
        assert [one.state for one in again.cursors] == [cursor.state]


@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
def test_order_of_files_does_not_matter(name: str, home: Path) -> None:
    source = open_home(name, home)
    forward, backward = Story(), Story()
    for place in places(source):
        forward.add(source.read(place, None))
    for place in reversed(places(source)):
        backward.add(source.read(place, None))
    assert forward.calls() == backward.calls()


def read_in_parts(name: str, path: Path, cuts: list[int], tmp: Path) -> Story:
    """Read a growing copy of a file, one part more each time."""
    source, data, story = open_home(name, tmp), path.read_bytes(), Story()
    copy = tmp / path.parent.name / path.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    cursor = None
    for end in [*cuts, len(data)]:
        copy.write_bytes(data[:end])
        story.add(source.read(place_of(copy), cursor))
        cursor = story.cursors[-1]
    return story


@given(file=st.sampled_from(FILES), where=st.lists(st.floats(0, 1), max_size=4))
def test_reading_while_the_file_grows(
    file: tuple[str, Path, Path], where: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, _, path = file
    size = path.stat().st_size
    tmp = tmp_path_factory.mktemp("grow")
    grown = read_in_parts(name, path, sorted(int(share * size) for share in where), tmp)
    whole = read_in_parts(name, path, [], tmp)
    assert grown.calls() == whole.calls()
    assert grown.cursors[-1].state == whole.cursors[-1].state


@pytest.mark.long
@pytest.mark.parametrize(("name", "home", "path"), FILES, ids=lambda one: str(one)[-20:])
def test_cut_all_over(name: str, home: Path, path: Path, tmp_path: Path) -> None:
    whole = read_in_parts(name, path, [], tmp_path).calls()
    for end in range(0, path.stat().st_size, 23):
        assert read_in_parts(name, path, [end], tmp_path).calls() == whole


@given(
    file=st.sampled_from(FILES),
    where=st.floats(0, 1),
    junk=st.binary(min_size=1, max_size=40),
    take=st.integers(0, 2_000),
)
def test_damage_never_raises(
    file: tuple[str, Path, Path],
    where: float,
    junk: bytes,
    take: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    name, _, path = file
    data = path.read_bytes()
    at = int(where * len(data))
    tmp = tmp_path_factory.mktemp("damage")
    copy = tmp / path.parent.name / path.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(data[:at] + junk + data[at + take :])
    story = Story().add(open_home(name, tmp).read(place_of(copy), None))
    assert all(min(call.counts, default=0) >= 0 for call in story.calls().values())
    assert len(story.cursors) == 1
    for complaint in story.complaints:
        assert complaint.reason
        assert complaint.hint
        assert len(complaint.sample) <= 120
        assert complaint.sample.isprintable()


@pytest.mark.parametrize("name", SOURCES)
def test_empty_home(name: str, tmp_path: Path) -> None:
    source = open_home(name, tmp_path)
    assert list(source.locate()) == []
    assert source.roots()
    assert list(source.recall("nobody")) == []


@pytest.mark.parametrize(("name", "home"), HOMES, ids=IDS)
def test_recall_finds_every_call(name: str, home: Path) -> None:
    source = open_home(name, home)
    calls = read_all(source).calls().values()
    for session in {call.who.session for call in calls if call.who.session}:
        own = [one for one in calls if one.who.session == session]
        rounds = rounds_of(source, session, own)
        told = {(one.started_ms, one.model) for one in rounds}
        assert {(one.started_ms, one.model) for one in own} <= told
        if name not in LOGS:  # whose rounds are numbered by who asks for them
            assert [one.number for one in rounds] == list(range(1, len(rounds) + 1))
