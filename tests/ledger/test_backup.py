"""Copies are whole whatever happens meanwhile, and a copy that is put back is there or is not."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tallybook.errors import LedgerBusy, LedgerError, LedgerTooNew
from tallybook.ledger import restoring
from tallybook.ledger.backup import default_path, left_beside, pour
from tallybook.ledger.orders import ForgetOrder
from tallybook.ledger.restoring import restore, survey
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Query

from .books import T0, open_new, picture, reading, record

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there is no such thing on Windows")


def filled(folder: Path, calls: int = 3) -> SqliteLedger:
    """A ledger with some calls."""
    ledger = open_new(folder)
    record(ledger, [reading(f"{n}", session=f"s{n % 7}", at=T0 + n) for n in range(calls)])
    return ledger


def calls_in(path: Path) -> int:
    """The calls of a ledger, which is sound."""
    ledger = SqliteLedger(str(path))
    assert ledger.verify() == []
    found = ledger.ask(Query()).totals.requests
    ledger.close()
    return found


def names(folder: Path) -> set[str]:
    """What lies in a folder, without SQLite's own two files and the home that every test has."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))} - {
        "home"
    }


def test_a_copy_says_the_same_and_is_for_nobody_else(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    target = default_path(tmp_path / "ledger.db", T0)
    copy = ledger.backup(target)
    assert (copy.path, copy.events) == (str(target), 3)
    assert target.name == "ledger-2025-11-24T16-00-00Z.db"
    assert names(target.parent) == {target.name}
    assert copy.size == target.stat().st_size
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert picture(str(target)) == picture(ledger.path)
    assert default_path(tmp_path / "ledger.db", T0).name == "ledger-2025-11-24T16-00-00Z-1.db"


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(LedgerError, match="exists"):
        ledger.backup(target)
    assert target.read_text() == "mine"
    assert ledger.backup(target, force=True).events == 3
    assert calls_in(target) == 3
    assert names(tmp_path) == {"ledger.db", "copy.db"}


def test_a_damaged_ledger_makes_no_copy(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    ledger.close()
    db = sqlite3.connect(ledger.path)
    db.execute("UPDATE event SET output = output + 1 WHERE id = 1")
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="not sound"):
        open_new(tmp_path).backup(tmp_path / "copy.db")
    assert names(tmp_path) == {"ledger.db"}


WRITER = """
import sys
from tests.ledger.books import appraiser, reading
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.reading import Batch
ledger, by = SqliteLedger(sys.argv[1]), appraiser()
print("begun", flush=True)
for n in range(100_000):
    ledger.record(Batch(readings=[reading(f"{n}-{k}", session=f"w{n}") for k in range(20)]), by)
"""


def started(script: str, *words: str) -> subprocess.Popen[str]:
    """A process of our own, once it has begun."""
    job = subprocess.Popen(
        [sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert job.stdout is not None
    with job.stdout as told:
        assert told.readline() == "begun\n"
    return job


def test_a_copy_of_a_ledger_that_is_written_to_is_one_moment(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    job = started(WRITER, ledger.path)
    try:
        for number in range(4):
            time.sleep(0.1)
            ledger.backup(tmp_path / f"copy-{number}.db")
    finally:
        job.kill()
        job.wait()
    found = [calls_in(tmp_path / f"copy-{number}.db") for number in range(4)]
    assert found == sorted(found)
    assert all((calls - 3) % 20 == 0 for calls in found)
    assert calls_in(tmp_path / "ledger.db") >= found[-1]


COPIER = """
import sys
from pathlib import Path
from tallybook.ledger.sqlite import SqliteLedger
ledger = SqliteLedger(sys.argv[1])
print("begun", flush=True)
while True:
    ledger.backup(Path(sys.argv[2]), force=True)
"""

RESTORER = """
import sys
from pathlib import Path
from tallybook.ledger.restoring import restore
print("begun", flush=True)
for moment in range(1_000_000_000_000, 2_000_000_000_000, 1_000):
    for copy in sys.argv[2:]:
        restore(Path(sys.argv[1]), Path(copy), moment)
"""


@POSIX
def test_kills_leave_a_good_copy_or_none(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 2_000)
    chance, target = random.Random(4), tmp_path / "copy.db"
    for _ in range(5):
        job = started(COPIER, ledger.path, str(target))
        time.sleep(chance.uniform(0, 0.4))
        os.kill(job.pid, signal.SIGKILL)
        job.wait()
        assert not target.exists() or calls_in(target) == 2_000
    assert calls_in(tmp_path / "ledger.db") == 2_000


@POSIX
def test_kills_leave_the_old_ledger_or_the_new_one(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 2_000)
    many, few = tmp_path / "many.db", tmp_path / "few.db"
    ledger.backup(many)
    ledger.close()
    (tmp_path / "few").mkdir()
    filled(tmp_path / "few", 5).backup(few)
    chance = random.Random(5)
    for _ in range(6):
        job = started(RESTORER, ledger.path, str(few), str(many))
        time.sleep(chance.uniform(0, 0.6))
        os.kill(job.pid, signal.SIGKILL)
        job.wait()
        assert calls_in(tmp_path / "ledger.db") in (5, 2_000)


FULL = """
import resource, sys
from pathlib import Path
from tallybook.errors import LedgerError
from tallybook.ledger.restoring import restore
from tallybook.ledger.sqlite import SqliteLedger
ledger = SqliteLedger(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
path, target, good = map(Path, sys.argv[1:])
for go in (lambda: ledger.backup(target), lambda: restore(path, good, 0)):
    try:
        go()
    except LedgerError as problem:
        print(problem, "|", problem.because, "|", problem.hint)
"""


@POSIX
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: SQLite is told the same."""
    ledger = filled(tmp_path, 2_000)
    ledger.backup(tmp_path / "good.db")
    ledger.close()
    command = [
        sys.executable,
        "-c",
        FULL,
        ledger.path,
        *(f"{tmp_path}/{n}.db" for n in ("no", "good")),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert all("can't write" in line and "free some disk space" in line for line in lines)
    assert calls_in(tmp_path / "ledger.db") == 2_000
    assert {"ledger.db", "good.db"} == {name for name in names(tmp_path) if name.endswith(".db")}
    assert not list(tmp_path.rglob("*.part*"))


def test_a_restore_keeps_what_was_there(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    record(ledger, [reading("later", session="between"), reading("more", session="of another")])
    revision = int(ledger.revision())
    path = tmp_path / "ledger.db"
    planned = survey(path, copy)
    assert (planned.before, planned.after, planned.kept) == (5, 3, "")
    done = restore(path, copy, T0)
    assert (done.before, done.after) == (5, 3)
    assert calls_in(Path(done.kept)) == 5
    assert ledger.ask(Query()).totals.requests == 3  # an open ledger sees it too
    assert int(ledger.revision()) > revision
    record(ledger, [reading("after", session="of another"), reading("0", session="s0", at=T0)])
    assert ledger.verify() == []
    rows = ledger.ask(Query(by=("session",))).rows
    assert {row.dims["session"] for row in rows} == {"s0", "s1", "s2", "of another"}
    assert calls_in(path) == 4
    assert names(tmp_path) == {"ledger.db", "copy.db", "backups"}


def test_a_sync_does_not_go_on_in_another_ledger(tmp_path: Path) -> None:
    """It would continue from where the ledger of before had read a file to."""
    ledger = filled(tmp_path)
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    ledger.cursors("claude-code")
    record(ledger, [reading("one more")])
    restore(tmp_path / "ledger.db", copy, T0)
    with pytest.raises(LedgerError, match="another one now"):
        record(ledger, [reading("and one")])
    ledger.cursors("claude-code")
    record(ledger, [reading("and one")])
    assert calls_in(tmp_path / "ledger.db") == 4


def test_a_restore_refuses_while_another_process_writes(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="in use"):
        restore(tmp_path / "ledger.db", copy, T0)
    other.execute("ROLLBACK")
    other.close()
    assert not (tmp_path / "backups").exists()
    assert calls_in(tmp_path / "ledger.db") == 3


@pytest.mark.parametrize("there", [True, False])
def test_a_ledger_that_cant_be_read_is_replaced_and_kept(tmp_path: Path, there: bool) -> None:
    ledger = filled(tmp_path)
    copy, path = tmp_path / "copy.db", tmp_path / "ledger.db"
    ledger.backup(copy)
    ledger.close()
    path.unlink()
    if there:
        path.write_bytes(b"broken" * 500)
    done = restore(path, copy, T0)
    assert done.before is None
    assert bool(done.kept) == there
    if there:
        assert Path(done.kept).read_bytes() == b"broken" * 500
    assert calls_in(path) == 3


def test_only_sound_ledgers_of_this_program_are_restored(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    ledger.backup(copy)
    strange = tmp_path / "strange.db"
    with pytest.raises(LedgerError, match="no file"):
        survey(path, strange)
    strange.write_bytes(b"")
    with pytest.raises(LedgerError, match="not a Tallybook ledger"):
        survey(path, strange)
    strange.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(LedgerError, match="can't be restored"):
        restore(path, strange, T0)
    db = sqlite3.connect(copy)
    db.execute("UPDATE event SET output = 7 WHERE id = 1")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for go in (survey, lambda one, two: restore(one, two, T0)):
        with pytest.raises(LedgerError, match="not sound"):
            go(path, copy)
    db.execute("INSERT INTO migration VALUES (999, 'future', 'x')")
    db.commit()
    db.close()
    with pytest.raises(LedgerTooNew):
        survey(path, copy)
    assert calls_in(path) == 3
    assert not (tmp_path / "backups").exists()


def test_a_copy_that_tells_more_than_the_ledger_is_told(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    ledger.forget(ForgetOrder(names=(("session", "s1"),)))
    assert survey(tmp_path / "ledger.db", copy).told_again > 0


def test_pages_of_another_size_fit(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    db = sqlite3.connect(copy)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA page_size = 4096")
    db.execute("VACUUM")
    db.close()
    record(ledger, [reading("later")])
    assert restore(tmp_path / "ledger.db", copy, T0).after == 3
    assert calls_in(tmp_path / "ledger.db") == 3


@pytest.mark.parametrize("damaged", [True, False])
def test_a_log_that_outlived_its_ledger_is_not_put_into_the_next_one(
    tmp_path: Path, damaged: bool
) -> None:
    """What a killed writer leaves, once the file itself was moved away or broke."""
    ledger = filled(tmp_path)
    copy, path = tmp_path / "copy.db", tmp_path / "ledger.db"
    log = path.with_name("ledger.db-wal")
    ledger.backup(copy)
    record(ledger, [reading(f"more {n}", session=f"m{n}") for n in range(300)])
    told = log.read_bytes()
    ledger.close()
    path.unlink()
    if damaged:
        path.write_bytes(b"broken" * 5_000)
    log.write_bytes(told)
    done = restore(path, copy, T0)
    assert calls_in(path) == 3
    kept = Path(done.kept)
    assert kept.exists()
    if not damaged:
        assert kept.read_bytes() == told
        assert left_beside(path) == [kept]
        again = default_path(path, T0, "-before-restore")
        assert not again.with_name(f"{again.name}-wal").exists()


def test_force_overwrites_no_ledger_in_use(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    (tmp_path / "other").mkdir()
    other = filled(tmp_path / "other", 5)
    link, twin = tmp_path / "link.db", tmp_path / "twin.db"
    link.symlink_to(ledger.path)
    twin.hardlink_to(ledger.path)
    log = Path(f"{ledger.path}-wal")
    shared = Path(f"{ledger.path}-shm")
    for target in (Path(ledger.path), link, twin, log, shared):
        with pytest.raises(LedgerError, match="the ledger itself"):
            ledger.backup(target, force=True)
    with pytest.raises(LedgerError, match="can't be written"):
        ledger.backup(Path(other.path), force=True)
    stray = tmp_path / "new.db"
    stray.with_name("new.db-wal").write_bytes(b"of another")
    with pytest.raises(LedgerError, match="can't be written"):
        ledger.backup(stray)
    assert not stray.exists()
    other.close()
    ledger.close()
    assert calls_in(tmp_path / "ledger.db") == 3
    assert calls_in(tmp_path / "other" / "ledger.db") == 5


@POSIX
def test_force_overwrites_nothing_but_files(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    pipe = tmp_path / "pipe.db"
    os.mkfifo(pipe)
    with pytest.raises(LedgerError, match="is no file"):
        ledger.backup(pipe, force=True)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_to_a_copy_stays_a_link(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    link, target = tmp_path / "latest.db", tmp_path / "copy.db"
    link.symlink_to(target)
    ledger.backup(link)
    record(ledger, [reading("later")])
    ledger.backup(link, force=True)
    assert link.is_symlink()
    assert calls_in(target) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("INSERT INTO migration VALUES (99, 'future', 'x')", "newer Tallybook"),
        ("UPDATE migration SET checksum = 'y' WHERE number = 1", "another history"),
        ("DROP TABLE migration", "not a Tallybook ledger"),
    ],
)
def test_a_good_ledger_that_cant_be_used_is_not_replaced(
    tmp_path: Path, change: str, message: str
) -> None:
    ledger = filled(tmp_path)
    copy, path = tmp_path / "copy.db", tmp_path / "ledger.db"
    ledger.backup(copy)
    ledger.close()
    db = sqlite3.connect(path)
    db.execute(change)
    db.commit()
    db.close()
    before = path.read_bytes()
    for go in (survey, lambda one, two: restore(one, two, T0)):
        with pytest.raises(LedgerError, match=message):
            go(path, copy)
    assert path.read_bytes() == before
    assert names(tmp_path) == {"ledger.db", "copy.db"}


def test_what_is_written_at_the_last_moment_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit of another process comes just before the pages are put in."""
    ledger = filled(tmp_path)
    copy, path = tmp_path / "copy.db", tmp_path / "ledger.db"
    ledger.backup(copy)

    def late(*words: Any, **more: Any) -> None:
        record(ledger, [reading("at the last moment")])
        pour(*words, **more)

    monkeypatch.setattr(restoring, "pour", late)
    with pytest.raises(LedgerBusy, match="in use"):
        restore(path, copy, T0)
    assert calls_in(path) == 4
    assert not (tmp_path / "backups").exists()


def test_nobody_writes_between_the_copy_of_before_and_the_new_pages(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    copy = tmp_path / "copy.db"
    ledger.backup(copy)
    record(ledger, [reading("later")])
    source, target = sqlite3.connect(copy), sqlite3.connect(ledger.path)
    other = sqlite3.connect(ledger.path, timeout=0, isolation_level=None)

    def keep() -> None:
        assert other.execute("SELECT count(*) FROM event").fetchone() == (4,)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        raise LedgerBusy("not now")

    with pytest.raises(LedgerBusy, match="not now"):
        pour(source, target, once_locked=keep)
    assert other.execute("SELECT count(*) FROM event").fetchone() == (4,)
    for db in (source, target, other):
        db.close()
    assert calls_in(tmp_path / "ledger.db") == 4


def test_a_ledger_behind_a_link_is_replaced_where_it_is(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    copy, path = tmp_path / "copy.db", tmp_path / "ledger.db"
    ledger.backup(copy)
    ledger.close()
    path.unlink()
    real = tmp_path / "elsewhere" / "real.db"
    real.parent.mkdir()
    real.write_bytes(b"broken" * 500)
    path.symlink_to(real)
    done = restore(path, copy, T0)
    kept = Path(done.kept)
    assert kept.parent == tmp_path / "backups"
    assert not kept.is_symlink()
    assert kept.read_bytes() == b"broken" * 500
    assert path.is_symlink()
    assert calls_in(real) == 3


@POSIX
def test_drafts_of_killed_processes_are_counted_and_go(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 2_000)
    path, folder = Path(ledger.path), tmp_path / "backups"
    draft = None
    for _ in range(20):
        job = started(COPIER, ledger.path, str(folder / "copy.db"))
        while job.poll() is None and not (draft := next(iter(left_beside(path)), None)):
            time.sleep(0.001)
        os.kill(job.pid, signal.SIGKILL)
        job.wait()
        if draft is not None and draft.exists():
            break
    assert draft is not None
    assert left_beside(path) == [draft]
    ledger.backup(default_path(path, T0))
    assert draft.exists()  # who knows whose it is
    os.utime(draft, (T0 / 1_000, T0 / 1_000))
    mine = folder / f".mine.db.0a0a0a0a.{os.getppid()}.tally.part"
    mine.write_bytes(b"at work")
    os.utime(mine, (T0 / 1_000, T0 / 1_000))
    ledger.backup(default_path(path, T0))
    assert left_beside(path) == [mine]


@POSIX
def test_a_new_ledger_is_for_nobody_else(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    for path in (Path(ledger.path), Path(f"{ledger.path}-wal")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
