"""The walk over real files: what is new is read, what was complained of is settled."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tallybook.flow import Progress, SyncReceipt, Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.sources import open_source


def line(name: str, output: int, session: str = "s1") -> str:
    return json.dumps(
        {
            "parentUuid": None,
            "isSidechain": False,
            "message": {
                "id": name,
                "model": "claude-sonnet-4-5-20250929",
                "type": "message",
                "role": "assistant",
                "content": [{"type": "text", "text": "hello"}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 10, "output_tokens": output},
            },
            "requestId": "req_" + name,
            "type": "assistant",
            "uuid": "u-" + name,
            "timestamp": "2026-03-01T10:00:00.000Z",
            "cwd": "/home/dev/app",
            "sessionId": session,
            "version": "2.1.34",
        },
        separators=(",", ":"),
    )


class Desk:
    """A home with one history file, and a ledger."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.project = self.home / ".claude" / "projects" / "-home-dev-app"
        self.project.mkdir(parents=True)
        self.ledger = SqliteLedger(str(folder / "ledger.db"))

    def write(self, *lines: str, name: str = "s1.jsonl", end: str = "\n") -> Path:
        path = self.project / name
        with path.open("a") as file:
            file.write("\n".join(lines) + end)
        return path

    def sync(self, **more: object) -> SyncReceipt:
        walk = Walk(ledger=self.ledger, prices=open_price_book, **more)  # pyright: ignore[reportArgumentType]  tests give what fits
        return sync(walk, [open_source("claude", environ={"HOME": str(self.home)})])

    def output(self) -> int:
        assert self.ledger.verify() == []
        return self.ledger.ask(Query()).totals.counts[1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_empty_home_is_fine(desk: Desk) -> None:
    receipt = desk.sync()
    assert (receipt.places_found, receipt.new_events, receipt.complete) == (0, 0, True)


def test_only_what_is_new_is_read(desk: Desk) -> None:
    desk.write(line("a", 100))
    assert desk.sync().new_events == 1
    again = desk.sync()
    assert (again.places_unchanged, again.places_read, again.new_events) == (1, 0, 0)
    desk.write(line("b", 200))
    more = desk.sync()
    assert (more.places_read, more.new_events, more.joined) == (1, 1, 0)
    assert desk.output() == 300


def test_a_full_sync_changes_nothing(desk: Desk) -> None:
    desk.write(line("a", 100), line("b", 200))
    desk.sync()
    receipt = desk.sync(full=True)
    assert (receipt.places_read, receipt.new_events, receipt.joined) == (1, 0, 2)
    assert desk.output() == 300


def test_history_stays_when_the_files_go(desk: Desk) -> None:
    path = desk.write(line("a", 100))
    desk.sync()
    path.unlink()
    desk.sync()
    assert desk.output() == 100


def test_a_file_that_was_replaced_is_read_again(desk: Desk) -> None:
    path = desk.write(line("a", 100), line("b", 200))
    desk.sync()
    path.write_text(line("c", 50) + "\n")
    desk.sync()
    assert desk.output() == 350


def test_an_unfinished_line_is_complained_of_until_it_is_written(desk: Desk) -> None:
    whole = line("b", 200)
    path = desk.write(line("a", 100), whole[:150], end="")
    receipt = desk.sync()
    assert [each.reason for each in receipt.complaints] == ["the last line is not finished"]
    assert receipt.complete
    assert desk.output() == 100
    with path.open("a") as file:
        file.write(whole[150:] + "\n")
    desk.sync()
    assert desk.ledger.complaints() == []
    assert desk.output() == 300


def test_a_damaged_line_stays_complained_of(desk: Desk) -> None:
    broken = line("b", 200).replace('"content":', '"content"')
    desk.write(line("a", 100), broken, line("c", 7))
    desk.sync()
    desk.write(line("d", 1))
    desk.sync()
    assert len(desk.ledger.complaints()) == 1
    assert desk.ledger.complaints()[0].hint
    assert desk.output() == 108


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_makes_the_answer_partial(desk: Desk) -> None:
    path = desk.write(line("a", 100))
    path.chmod(0)
    receipt = desk.sync()
    assert not receipt.complete
    path.chmod(0o600)
    assert desk.sync().complete
    assert desk.ledger.complaints() == []


def test_a_place_that_cant_be_opened_is_settled_when_it_can(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.write(line("a", 100))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("tallybook.sources.line_files.open_regular", refuse)
        receipt = desk.sync()
    assert not receipt.complete
    assert [each.place for each in receipt.complaints] == [str(path)]
    assert desk.sync().complete
    assert desk.ledger.complaints() == []
    assert desk.output() == 100


def test_titles_can_be_kept_out(desk: Desk) -> None:
    prompt = json.dumps(
        {
            "type": "user",
            "message": {"role": "user", "content": "A secret plan"},
            "sessionId": "s1",
            "uuid": "u0",
            "timestamp": "2026-03-01T09:59:00.000Z",
        }
    )
    desk.write(prompt, line("a", 100))
    desk.sync(titles=False)
    assert desk.ledger.session("claude-code", "s1").title == ""
    desk.sync(full=True)
    assert desk.ledger.session("claude-code", "s1").title == "A secret plan"


def test_progress_is_told(desk: Desk) -> None:
    desk.write(line("a", 100))
    desk.write(line("b", 100, "s2"), name="s2.jsonl")
    seen: list[Progress] = []
    desk.sync(progress=seen.append)
    assert [(each.places_done, each.places_total) for each in seen] == [(0, 2), (1, 2)]
    assert seen[-1].bytes_done > 0


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_names_that_are_no_text_are_kept_by_their_codes(desk: Desk) -> None:
    odd = os.fsencode(desk.project) + b"/\xff.jsonl"
    broken = line("a", 100, session="half-\\ud800").replace("\\\\ud800", "\\ud800")
    prompt = '{"type":"user","message":{"role":"user","content":"\\ud83d half"},"sessionId":"s1"}'
    with open(odd, "w") as file:
        file.write(prompt + "\n" + broken + "\n")
    assert desk.sync().new_events == 1
    again = desk.sync()
    assert (again.places_unchanged, again.places_read) == (1, 0)
    assert desk.output() == 100
