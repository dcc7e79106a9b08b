"""What people are told of: kept beside usage, moved once whoever is faster, forgotten by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tallybook.ledger.notices import Alert, AlertState, Correction, Mute, Outcome
from tallybook.ledger.orders import ForgetOrder
from tallybook.ledger.restoring import restore
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Query
from tallybook.reading import Attribution

from .books import T0, open_new, reading, record

MINUTE = 60_000
ALERT = Alert(
    0, "quota:daily", "", "w1", 80, "notice", T0, "80%", "daily: $16 of $20", '{"share": 800}'
)
STATE = AlertState("quota:daily", "", "w1", 80, T0, '{"limit": 20}')


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return open_new(tmp_path)


def raised(ledger: SqliteLedger, *channels: str, at_ms: int = T0) -> Alert:
    """An alert of a rule of its own."""
    states = ledger.notices.states()
    state = AlertState(f"rule{len(states)}", "")
    told = ledger.notices.move(None, state, ALERT._replace(at_ms=at_ms), channels)
    assert told is not None
    return told


def test_corrections_are_kept_in_the_order_of_their_time(ledger: SqliteLedger) -> None:
    later = Correction("plan", "", T0 + 5, "set", 120 * 10**9, "requests", T0 + 9)
    sooner = Correction("plan", "al", T0, "add", -5 * 10**9, "requests", T0 + 10)
    other = Correction("daily", "", T0 + 1, "reset", 0, "USD", T0 + 11)
    for each in (later, sooner, other):
        ledger.notices.correct(each)
    assert ledger.notices.corrections() == (sooner, other, later)
    assert ledger.notices.corrections("plan") == (sooner, later)
    assert ledger.notices.corrections("none") == ()


def test_what_was_entered_last_is_taken_back_for_its_own_subject(ledger: SqliteLedger) -> None:
    first = Correction("plan", "", T0 + 9, "set", 120 * 10**9, "requests", T0)
    other = Correction("plan", "al", T0, "set", 5 * 10**9, "requests", T0 + 1)
    last = Correction("plan", "", T0 + 2, "add", 10**9, "requests", T0 + 2)  # of an earlier time
    for each in (first, other, last):
        ledger.notices.correct(each)
    assert ledger.notices.withdraw("plan", "") == last
    assert ledger.notices.corrections() == (other, first)
    assert ledger.notices.withdraw("plan", "") == first
    assert ledger.notices.withdraw("plan", "") is None
    assert ledger.notices.corrections() == (other,)


def test_a_state_moves_only_from_what_it_was(ledger: SqliteLedger) -> None:
    notices = ledger.notices
    told = notices.move(None, STATE, ALERT, ("team/0", "team/1", "team/0"))
    assert told == ALERT._replace(number=1)
    assert notices.states() == {("quota:daily", ""): STATE}
    assert [each.channel for each in notices.deliveries([1])] == ["team/0", "team/1"]
    after = STATE._replace(level=90)
    assert notices.move(None, after, ALERT, ("team/0",)) is None
    assert notices.move(STATE._replace(seen_ms=1), after, ALERT) is None
    assert notices.states() == {("quota:daily", ""): STATE}
    assert notices.alerts(9) == (told,)
    assert notices.move(STATE, after) is None
    assert notices.states()["quota:daily", ""] == after
    second = notices.move(after, STATE, ALERT._replace(rule="pace"))
    assert second is not None
    assert notices.alerts(1) == (second,)
    assert notices.alerts(9) == (second, told)
    assert notices.alerts(9, "quota:daily") == notices.alerts(9, "quota:d*") == (told,)
    assert notices.alerts(9, "*") == (second, told)
    assert notices.alerts(9, "quota:x*") == ()
    notices.drop_states("quota:daily")
    assert notices.states() == {}


def test_no_figure_and_no_revision_moves(ledger: SqliteLedger) -> None:
    record(ledger, [reading("a")])
    before = ledger.revision(), ledger.ask(Query())
    raised(ledger, "team/0")
    ledger.notices.correct(Correction("plan", "", T0, "reset", 0, "USD", T0))
    ledger.notices.mute(Mute("*", None, T0))
    ledger.notices.finish([Outcome(1, True, T0)])
    assert (ledger.revision(), ledger.ask(Query())) == before
    assert ledger.verify() == []
    assert (ledger.info()["alert"], ledger.info()["quota_correction"]) == (1, 1)


def test_a_delivery_is_claimed_by_one_until_its_lease_ends(ledger: SqliteLedger) -> None:
    notices = ledger.notices
    raised(ledger, "b/0", "a/0")
    raised(ledger, "a/0", at_ms=T0 + MINUTE)
    assert notices.waiting() == (3, T0)
    assert notices.claim(T0 - 1, MINUTE, 9) == ()
    first = notices.claim(T0, 5 * MINUTE, 9)
    assert [(each.channel, each.alert.number) for each in first] == [("a/0", 1), ("b/0", 1)]
    later = notices.claim(T0 + 2 * MINUTE, MINUTE, 9)
    assert [(each.channel, each.alert.number) for each in later] == [("a/0", 2)]
    assert notices.waiting() == (3, T0 + 3 * MINUTE)
    again = notices.claim(T0 + 5 * MINUTE, MINUTE, 9)
    assert [(each.channel, each.alert.number) for each in again] == [
        ("a/0", 1),
        ("a/0", 2),
        ("b/0", 1),
    ]


def test_what_became_of_a_delivery(ledger: SqliteLedger) -> None:
    notices = ledger.notices
    raised(ledger, "a/0", "b/0", "c/0")
    sent, again, lost = notices.claim(T0, MINUTE, 9)
    notices.finish(
        [
            Outcome(sent.number, True, T0 + 1),
            Outcome(again.number, False, T0 + 1, T0 + 9, "no\udcff answer"),
            Outcome(lost.number, False, T0 + 1, None, "no such channel"),
        ]
    )
    found = {each.channel: each for each in notices.deliveries([1])}
    assert [found[name].state for name in ("a/0", "b/0", "c/0")] == ["sent", "waiting", "lost"]
    assert (found["b/0"].tries, found["b/0"].due_ms) == (1, T0 + 9)
    assert found["b/0"].trouble == "no\\udcff answer"
    assert notices.waiting() == (1, T0 + 9)
    late = [Outcome(sent.number, False, T0, T0 + 5), Outcome(lost.number, True, T0)]
    notices.finish(late)
    found = {each.channel: each.state for each in notices.deliveries([1])}
    assert found == {"a/0": "sent", "b/0": "waiting", "c/0": "sent"}


def test_mutes(ledger: SqliteLedger) -> None:
    notices = ledger.notices
    notices.mute(Mute("quota:*", T0, T0))
    notices.mute(Mute("quota:*", None, T0 + 1))
    assert notices.mutes() == (Mute("quota:*", None, T0 + 1),)
    assert (notices.unmute("quota:*"), notices.unmute("quota:*")) == (True, False)


_RACER = """
import sys, time
from tallybook.ledger import open_ledger
from tallybook.ledger.notices import Alert, AlertState
path, start = sys.argv[1], float(sys.argv[2])
notices = open_ledger(path).notices
time.sleep(max(0, start - time.time()))
for turn in range(40):
    rule = f"quota:{turn}"
    before = AlertState(rule, "") if turn % 2 else None
    alert = Alert(0, rule, "", "", 80, "notice", 1, "t", "x")
    notices.move(before, AlertState(rule, "", "", 80), alert, ("a/0",))
for _ in range(30):
    for each in notices.claim(10, 10**7, 1):
        print(each.number)
"""


def test_two_processes_raise_each_alert_once_and_claim_each_delivery_once(tmp_path: Path) -> None:
    import time

    ledger = open_new(tmp_path)
    for turn in range(1, 40, 2):
        ledger.notices.move(None, AlertState(f"quota:{turn}", ""))
    command = [sys.executable, "-c", _RACER, ledger.path, str(time.time() + 1)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    claimed = [int(word) for racer in racers for word in racer.communicate(timeout=60)[0].split()]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert sorted(each.rule for each in ledger.notices.alerts(99)) == sorted(
        f"quota:{turn}" for turn in range(40)
    )
    assert sorted(claimed) == list(range(1, 41))


def test_a_copy_has_it_all_and_sends_nothing_again(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    told = raised(ledger, "a/0")
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    ledger.notices.finish([Outcome(1, True, T0)])
    path = ledger.path
    ledger.close()
    restore(Path(path), copy, T0)
    ledger.reopen()
    assert ledger.notices.alerts(9) == (told,)
    assert [each.state for each in ledger.notices.deliveries([1])] == ["lost"]
    assert ledger.notices.waiting() == (0, None)
    assert ledger.verify() == []


def test_a_forgotten_name_is_gone_from_what_was_told(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    who = Attribution("claude-code", session="s1", user="adelheid", machine="m")
    record(ledger, [reading("a", who=who)])
    notices = ledger.notices
    notices.correct(Correction("each", "adelheid", T0, "set", 5, "tokens", T0))
    own = ALERT._replace(
        rule="quota:each", subject="adelheid", title="each (adelheid): 80%", text="adelheid: $16"
    )
    state = AlertState("quota:each", "adelheid", "w1", 80, T0, '{"who": "adelheid"}')
    notices.move(None, state, own)
    digest = ALERT._replace(rule="digest:monday", subject="", text="adelh…d 5M", facts='["adelh"]')
    notices.move(None, AlertState("digest:monday", ""), digest)
    ledger.forget(ForgetOrder(names=(("user", "adelheid"),), what=()))
    hidden = ledger.ask(Query(by=("user",))).rows[0].dims["user"]
    assert hidden is not None
    assert hidden.endswith("-forgotten")
    assert notices.corrections()[0].subject == hidden
    moved = state._replace(subject=hidden, memory=f'{{"who": "{hidden}"}}')
    assert notices.states()["quota:each", hidden] == moved
    shown, said = notices.alerts(9)
    assert said == replace_all(own, "adelheid", hidden)
    assert "adelh" not in shown.text + shown.facts
    raw = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.db*"))
    assert b"adelh" not in raw
    assert ledger.verify() == []


def replace_all(alert: Alert, name: str, hidden: str) -> Alert:
    """The second alert of a ledger's two, with a pseudonym for a name."""
    words = (each.replace(name, hidden) if isinstance(each, str) else each for each in alert)
    return Alert(*words)._replace(number=1)  # pyright: ignore[reportArgumentType]
