"""The store: what was said comes back as it was, once, whatever the order, in little room."""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.content import ContentStore, Limits, Rules
from tallybook.content.purging import Order
from tallybook.content.redaction import Redaction
from tallybook.errors import ContentError
from tallybook.reading import Said

from .talks import FULL, PREVIEW, T0, expected, faults, key, one, prose, talk, whole

DAY = 86_400_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "content.db"


def test_a_store_that_is_not_there_is_empty_and_is_not_made(path: Path) -> None:
    store = ContentStore(path)
    assert store.rounds([key(1)]) == {}
    assert store.holdings() == []
    assert store.purge(Order()) == store.tidy({"higress": Limits(1, 1)}, T0) == 0
    assert store.forget([("higress", "s1")]) == store.drop([key(1)]) == store.size() == 0
    assert not path.parent.exists()


def test_everything_comes_back(path: Path) -> None:
    said = [
        one(
            1,
            question="图\ud800 \0 ?",
            answer="",
            reasoning="hm",
            tool_calls=({"id": "c1", "name": "Bash", "input": '{"a": "\\"}'},),
            messages=(
                {"role": "tool", "content": "", "name": "x"},
                {"role": "assistant", "content": "", "tool_calls": '[{"a": 1}]'},
                {"role": "", "content": "x" * 5_000_000},
            ),
            message="m",
            finish="stop",
            agent="a",
            response="normal",
            first_token_ms=0,
            keys=(key(1), key(2)),
        ),
        one(3, session=None, started_ms=-5),
    ]
    with ContentStore(path) as store:
        assert store.keep(said, FULL) == 2
        assert whole(store, said) == expected(said)
        assert {each.origin for each in store.rounds([key(1), key(2)]).values()} == {"captured"}
        assert [each.round.number for each in store.rounds_in("higress", "")] == [3]
        assert [each.session for each in store.call(key(2).hex())] == ["s1"]
    assert faults(path) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_behind_a_link_too_it_is_for_nobody_else_to_read(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.db"
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(real)
    with ContentStore(path) as store:
        store.keep([one(1)], FULL)
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_preview_says_so_and_is_short(path: Path) -> None:
    secret = "sk-" + "a1" * 20
    said = one(
        1,
        question="q" * 190 + " " + secret,
        answer="a" * 1_000,
        reasoning="thought",
        tool_calls=({"name": "Bash", "input": "rm"},),
        messages=({"role": "user", "content": "before"},),
    )
    with ContentStore(path) as store:
        store.keep([said], PREVIEW)
        found = store.rounds([key(1)])[key(1)]
    assert found.preview
    assert found.question == "q" * 190 + " [redacted…"
    assert found.answer == "a" * 200 + "…"
    assert (found.reasoning, found.messages) == ("", ())
    assert found.tool_calls == ({"name": "Bash"},)
    assert b"before" not in path.read_bytes()


def test_more_takes_the_place_of_less_and_never_the_other_way(path: Path) -> None:
    short, long = one(1, answer="a"), one(1, answer="a longer one", keys=(key(1), key(9)))
    for order in ([short, long], [long, short], [long, long]):
        with ContentStore(path) as store:
            for each in order:
                store.keep([each], FULL)
            store.keep(order, PREVIEW)
            assert store.rounds([key(9)])[key(9)].answer == "a longer one"
            assert store.holdings()[0].rounds == 1
        assert faults(path) == []
        path.unlink()
    with ContentStore(path) as store:
        store.keep([long], PREVIEW)
        store.keep([short], FULL)
        assert not store.rounds([key(1)])[key(1)].preview
    assert faults(path) == []


def test_all_identities_lead_to_what_is_kept_in_the_end(path: Path) -> None:
    first, second = (
        one(1, keys=(key(1), key(2))),
        one(1, answer="longer " * 9, keys=(key(2), key(3))),
    )
    for order in ([first, second], [second, first]):
        with ContentStore(path) as store:
            store.keep(order, FULL)
            found = store.rounds(map(key, (1, 2, 3)))
            assert {each.answer for each in found.values()} == {"longer " * 9}
            assert len(found) == 3
        assert faults(path) == []
        path.unlink()


def test_a_source_without_rules_and_a_call_without_an_identity_are_passed_over(path: Path) -> None:
    with ContentStore(path) as store:
        said = [one(1, keys=()), one(2)._replace(source="other")]
        assert store.keep(said, FULL) == 0
        assert store.holdings() == []


@pytest.mark.parametrize("window", [50, 1_000_000])
def test_a_growing_history_takes_little_more_than_what_was_said(path: Path, window: int) -> None:
    said = talk(400, 2_000, window)
    once = sum(len(each.round.question) + len(each.round.answer) for each in said)
    began = time.process_time()
    with ContentStore(path) as store:
        for at in range(0, len(said), 16):
            store.keep(said[at : at + 16], FULL)
        assert time.process_time() - began < 12  # seen: 0.4 and 1.7 s
        assert whole(store, said) == expected(said)
    assert path.stat().st_size < once  # which is compressed, so that there is room for the rest
    assert faults(path) == []


def test_conversations_that_take_turns_stand_on_their_own_rounds(path: Path) -> None:
    turns = [talk(40, 50, first=first) for first in (0, 100, 200)]
    said = [each for some in zip(*turns, strict=True) for each in some]
    with ContentStore(path) as store:
        store.keep(said, FULL)
        assert whole(store, said) == expected(said)
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM round WHERE base IS NULL").fetchone()[0] == 3
    db.close()


@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_neither_order_nor_repetition_matters(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, portion: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "content.db"
    said = [*talk(8, 40, 5), one(50, session="s2"), one(51, session=None)]
    order = [*said, *chance.choices(said, k=5)]
    chance.shuffle(order)
    with ContentStore(path) as store:
        for at in range(0, len(order), portion):
            store.keep(order[at : at + portion], FULL)
            if chance.random() < 0.2:
                store.drop([chance.choice(order).round.keys[0]])
        store.keep(said, FULL)
        assert whole(store, said) == expected(said)
        assert sum(each.rounds for each in store.holdings()) == len(said)
        assert faults(path) == []
        while rounds := [each for each in said if whole(store, [each])]:
            store.drop([each.round.keys[0] for each in chance.sample(rounds, -(-len(rounds) // 2))])
            assert faults(path) == []
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*), sum(bytes) FROM text, source").fetchone()[0] == 0
    db.close()


def _write(path: Path, said: list[Said]) -> None:
    with ContentStore(path) as store:
        for at in range(0, len(said), 7):
            store.keep(said[at : at + 7], FULL)


def test_two_processes_write_the_same_at_once(path: Path) -> None:
    said = talk(60, 200, 20)
    way = multiprocessing.get_context("spawn")
    both = [way.Process(target=_write, args=(path, each)) for each in (said, said[::-1])]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    assert [each.exitcode for each in both] == [0, 0]
    assert whole(ContentStore(path), said) == expected(said)
    assert ContentStore(path).holdings()[0].rounds == 60
    assert faults(path) == []


def test_what_one_writer_remembers_is_forgotten_when_another_deletes(path: Path) -> None:
    said = talk(6, 100)
    with ContentStore(path) as first, ContentStore(path) as second:
        first.keep(said[:3], FULL)
        second.purge(Order())
        first.keep(said[3:], FULL)
        assert whole(first, said) == expected(said[3:])
    assert faults(path) == []


def test_what_could_not_be_written_is_not_remembered(path: Path) -> None:
    said = talk(4, 100)
    with ContentStore(path) as store:
        store.keep(said[:1], FULL)
        with pytest.raises(AttributeError):
            store.keep([*said[1:3], None], FULL)  # pyright: ignore[reportArgumentType]  breaks off in the middle
        store.keep(said[1:], FULL)
        assert whole(store, said) == expected(said)
    assert faults(path) == []


def test_old_rounds_go_first_and_what_others_need_stays(path: Path) -> None:
    said = talk(40, 500, first=0)
    with ContentStore(path) as store:
        store.keep(said, FULL)
        now = said[30].round.started_ms + 2 * DAY
        assert store.tidy({"higress": Limits(days=2)}, now) == 30
        assert whole(store, said) == expected(said[30:])
        assert store.tidy({"higress": Limits(days=2)}, now) == 0
        assert store.tidy({"other": Limits(1, 1)}, now * 2) == 0
    assert faults(path) == []


def test_so_many_bytes_are_kept_and_the_file_shrinks(path: Path) -> None:
    said = [one(number, question=prose(3_000)) for number in range(200)]
    with ContentStore(path) as store:
        store.keep(said, FULL)
        before = store.holdings()[0].size or 0
        gone = store.tidy({"higress": Limits(most=before // 4)}, T0)
        held = store.holdings()[0]
        assert before // 5 < (held.size or 0) <= before // 4
        assert held.rounds == 200 - gone
        assert held.first_ms == said[gone].round.started_ms
    assert path.stat().st_size < before // 2
    assert faults(path) == []


def everything(folder: Path) -> bytes:
    """All that stands in the files of a folder."""
    return b"".join(each.read_bytes() for each in folder.iterdir())


def test_nothing_of_what_was_deleted_is_left_in_the_file(path: Path) -> None:
    said = [one(1, question="Schwarzwälder"), one(2, question="Kirschtorte", session="s2")]
    with ContentStore(path) as store:
        store.keep(said, FULL)
        assert b"Schwarzw" in everything(path.parent)
        assert store.purge(Order(session="s1")) == 1
        left = everything(path.parent)
    assert b"Schwarzw" not in left
    assert b"Kirschtorte" in left
    assert faults(path) == []


def test_a_purge_takes_what_fits_all_that_is_told(path: Path) -> None:
    said = [one(1), one(2, session="s2"), one(3, session=None), one(4)]
    other = {**FULL, "litellm": FULL["higress"]}
    with ContentStore(path) as store:
        store.keep([*said, one(5)._replace(source="litellm")], other)
        assert [each.source for each in store.plan(Order())] == ["higress", "litellm"]
        early = Order(source="higress", session="s1", before_ms=said[3].round.started_ms)
        assert [each.rounds for each in store.plan(early)] == [1]
        assert store.purge(early) == 1
        assert store.purge(Order(session="")) == 1
        assert store.purge(Order(source="litellm")) == 1
        assert set(whole(store, said)) == {key(2), key(4)}


def test_a_forgotten_session_is_not_captured_again(path: Path) -> None:
    with ContentStore(path) as store:
        store.keep([one(1), one(2, session="s2")], FULL)
        assert store.forget([("higress", "s1")]) == 1
        assert store.keep([one(1), one(3), one(2, session="s2")], FULL) == 1
        assert set(store.rounds(map(key, range(5)))) == {key(2)}
    assert b"s1" not in path.read_bytes()


def test_a_file_that_is_none_of_ours_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.commit()
    db.close()
    before = path.read_bytes()
    for ask in (lambda s: s.keep([one(1)], FULL), lambda s: s.holdings()):
        with pytest.raises(ContentError, match="no store of captured content"):
            ask(ContentStore(path))
    assert path.read_bytes() == before
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ContentError, match="can't open"):
        ContentStore(path).keep([one(1)], FULL)


def test_a_newer_store_is_refused(path: Path) -> None:
    with ContentStore(path) as store:
        store.keep([one(1)], FULL)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ContentError, match="newer Tallybook"):
        ContentStore(path).holdings()


def test_a_redaction_of_ones_own_reaches_all_that_is_kept(path: Path) -> None:
    rules = {"higress": Rules(preview=False, redaction=Redaction(["ACME"]))}
    said = one(
        1,
        question="ACME 1",
        answer="ACME 2",
        reasoning="ACME 3",
        tool_calls=({"name": "ACME", "input": '{"x": "ACME"}'},),
        messages=({"role": "ACME", "content": "ACME", "name": "ACME"},),
    )
    with ContentStore(path) as store:
        store.keep([said], rules)
        found = store.rounds([key(1)])[key(1)]
    assert "ACME" not in repr(found)
    assert repr(found).count("[redacted]") == 8
