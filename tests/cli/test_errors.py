"""Every way a command can fail: what is said on stderr, and the exit code."""

from __future__ import annotations

import sqlite3

import pytest

from tallybook.errors import LedgerBusy, LedgerError, LedgerReadOnly, LedgerTooNew


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("usgae",), "error: tally has no command 'usgae'\n  try: tally usage\n"),
        (("dayly",), "error: tally has no command 'dayly'\n  try: tally daily\n"),
        (
            ("ledger", "verfy"),
            "error: tally ledger has no command 'verfy'\n  try: tally ledger verify\n",
        ),
        (("usage", "--sinc", "x"), "error: tally usage has no option --sinc\n  try: --since\n"),
        (("usage", "modle"), "error: can't place the word 'modle'\n  try: did you mean model?\n"),
        (
            ("usage", "--by", "projct"),
            "error: unknown grouping 'projct'\n  try: did you mean project?\n",
        ),
        (
            ("usage", "--fields", "totl"),
            "error: unknown field 'totl'\n  try: did you mean total?\n",
        ),
        (
            ("usage", "--since", "tody"),
            "error: can't read the time 'tody'\n  try: did you mean today?\n",
        ),
        (
            ("usage", "--since"),
            "error: option '--since' requires an argument\n  try: tally usage --help\n",
        ),
        (
            ("completion", "fsh"),
            (
                "error: invalid value for 'SHELL': 'fsh' is not one of 'bash', 'zsh', 'fish'\n"
                "  try: did you mean fish?\n"
            ),
        ),
        (
            ("usage", "--week-start", "someday"),
            (
                "error: bad value for 'week_start' in flag --week-start: 'someday'\n"
                "  because: use one of monday, tuesday, wednesday, thursday, friday,"
                " saturday, sunday\n"
                "  try: --week-start sunday\n"
            ),
        ),
        (
            ("help", "filtres"),
            "error: there is no help topic 'filtres'\n  try: tally help filters\n",
        ),
    ],
)
def test_misspelt_words_are_answered_with_the_right_one(ask, capsys, words, said) -> None:
    assert ask(*words) == 2
    captured = capsys.readouterr()
    assert captured.err == said
    assert captured.out == ""


def test_a_misspelt_source_too(ask, capsys) -> None:
    assert ask("usage", "--source", "claud-cod") == 2
    assert "claude-code" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("usage", "--format", "yaml"),
        ("show",),
        ("usage", "--since"),
        ("usage", "today", "--last", "7d"),
        ("usage", "--last", "7d", "--since", "today"),
        ("usage", "--tz", "Mars/Olympus"),
        ("usage", "--json", "--format", "csv"),
        ("usage", "--limit", "ten"),
        ("usage", "--last", "99999y"),
        ("usage", "--sort", "cache write"),
        ("usage", "--by", "day,week"),
        ("usage", "--fields", ","),
        ("session", "8c1f"),
        ("sync", "--path", "/nowhere/at/all"),
        ("sync", "--path", __file__),
    ],
)
def test_wrong_use_is_two_with_a_next_step(ask, capsys, words) -> None:
    assert ask(*words) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert "\n  try: " in err


def test_our_errors_say_because_and_try(ask, tome, capsys) -> None:
    def fail(_query):
        raise LedgerTooNew("the ledger is too new", because="it says 9", hint="update")

    tome.ask = fail
    assert ask("usage", "--no-sync") == 1
    err = capsys.readouterr().err
    assert err == "error: the ledger is too new\n  because: it says 9\n  try: update\n"


def test_the_unexpected_is_no_traceback_unless_asked_for(ask, tome, capsys) -> None:
    def fail(_query):
        raise sqlite3.OperationalError("strange\x1b[31m")

    tome.ask = fail
    assert ask("usage", "--no-sync") == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert "--debug" in err
    with pytest.raises(sqlite3.OperationalError):
        ask("usage", "--no-sync", "--debug")


def test_an_interrupt_is_130(ask, tome, capsys) -> None:
    def fail(_query):
        raise KeyboardInterrupt

    tome.ask = fail
    assert ask("usage", "--no-sync") == 130
    assert capsys.readouterr().err.startswith("error: interrupted")


def test_a_busy_ledger_still_answers(ask, tome, capsys) -> None:
    def busy(*_names, **_more):
        raise LedgerBusy("locked")

    tome.sync = busy
    assert ask("usage") == 0
    captured = capsys.readouterr()
    assert "showing what is recorded" in captured.err
    assert "2026-11-22" in captured.out


def test_a_ledger_that_can_only_be_read_answers(ask, tome, capsys) -> None:
    def closed(*_names, **_more):
        raise LedgerReadOnly("no")

    tome.sync = closed
    assert ask("usage") == 0
    captured = capsys.readouterr()
    assert captured.err == "the ledger can't be written: showing what is recorded\n"
    assert "2026-11-22" in captured.out


def test_an_error_without_a_hint_still_says_what_to_try(ask, tome, capsys) -> None:
    def fail(_query):
        raise LedgerError("strange")

    tome.ask = fail
    assert ask("usage", "--no-sync") == 1
    assert capsys.readouterr().err == "error: strange\n  try: tally doctor\n"


def test_a_beginning_that_fits_several_sessions_lists_them(ask, capsys) -> None:
    assert ask("session", "8c1f") == 2
    err = capsys.readouterr().err.splitlines()
    assert err[0] == "error: '8c1f' fits several sessions"
    assert err[1].startswith("  because: 8c1f22d0  2026-11-22  修复登录")
    assert err[2].startswith("           8c1f22d1  2026-11-22  Find out why")
    assert err[3].startswith("  try: ")


def test_a_session_that_is_not_there(ask, capsys) -> None:
    assert ask("session", "nope") == 1
    assert (
        capsys.readouterr().err == "error: no session 'nope' in the ledger\n  try: tally sessions\n"
    )
