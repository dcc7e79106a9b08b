"""What an operator of a gateway sees: calls without a session or without usage, consumers, and the
words and switches of the monitor that was there before."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.books import MODEL, reading, usage

from tallybook.appraising import Appraising
from tallybook.cli.boundary import run
from tallybook.cli.labels import undated
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.reading import Attribution, Batch, Reading

from .conftest import NOW
from .noon import shell

MINUTE = 60_000
Type = Callable[..., tuple[int, str, str]]


def call(name: str, session: str, user: str, ago: int, output: int = 100) -> Reading:
    """A metered call of a gateway, so many minutes before noon."""
    who = Attribution("higress", session=session, user=user, project="chat", machine="gw")
    return reading(name, at=NOW - ago * MINUTE, who=who, raw=usage(output))


def bare(name: str, status: str, session: str = "", model: str = "") -> Reading:
    """A call without usage, as an access log shows it."""
    who = Attribution("higress", session=session, user="ops", machine="gw")
    more = {"status": status, "raw": b"{}", "model": model, "provider": "unknown"}
    return reading(name, at=NOW - 5 * MINUTE, who=who, **more)  # pyright: ignore[reportArgumentType]


CALLS = (
    *(call(f"a{n}", "agent:ops:1", "ops", 30 + n, 100 + n) for n in range(12)),
    *(call(f"b{n}", "agent:dev:2", "dev", 90 + n) for n in range(10)),
    *(call(f"n{n}", "", "dev", 10 + n) for n in range(4)),
    bare("u1", "unmetered", "agent:ops:1"),
    bare("u2", "unmetered"),
    bare("u3", "unmetered", model="qwen-max"),
    bare("f1", "failed", "agent:ops:1"),
)


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command line at noon, with that ledger: exit code, stdout, stderr."""
    ledger = SqliteLedger(str(home / "ledger.db"))
    ledger.record(Batch(readings=list(CALLS)), Appraising(open_price_book()))
    ledger.close()

    def go(*words: str, width: int = 100) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(words), shell(home, width=width))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return go


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_line_of_no_session_is_the_last_and_no_session(typed: Type, width: int) -> None:
    for limit in ("1", "20", "0"):
        code, out, _ = typed("sessions", "--limit", limit, width=width)
        lines = out.splitlines()
        total = next(at for at, line in enumerate(lines) if line.lstrip().startswith("Total"))
        assert code == 0
        assert lines[total - 2].lstrip().startswith("(no "), out
        assert max(map(len, lines)) <= width
        shown = sum(" agent:" in f" {line}" for line in lines)
        assert shown == (1 if limit == "1" else 2), out


def test_it_stays_last_in_every_order_and_in_a_tree(typed: Type) -> None:
    for words in (("--sort", "cost"), ("--sort", "+total"), ("--tree",), ("--limit", "1")):
        report = json.loads(typed("sessions", "--json", *words)[1])
        sessions = [row["session"] for row in report["rows"]]
        assert sessions[-1] is None, words
        assert None not in sessions[:-1]
        assert report["rows"][-1]["requests"] == 4
        assert report["rows"][-1]["sessions"] == 0
        assert report["rows"][-1]["active"] is False
        assert report["totals"]["sessions"] == 2
        assert report["totals"]["requests"] == 27


def test_a_filter_selects_what_has_no_session(typed: Type) -> None:
    for condition in (("--where", "session="), ("--session", "(no session)")):
        report = json.loads(typed("usage", "model", *condition, "--json")[1])
        assert report["query"]["where"] == {"session": [""]}
        assert report["totals"]["requests"] == 4
        assert report["totals"]["unmetered_requests"] == 2
    others = json.loads(typed("usage", "--where", "session!=(no session)", "--json")[1])
    assert others["totals"]["requests"] == 23
    part = json.loads(typed("usage", "--where", "session~(no session)", "--json")[1])
    assert part["totals"]["requests"] == 0


def test_every_form_names_it_and_json_has_null(typed: Type) -> None:
    assert "(no session)" in typed("usage", "session")[1]
    assert "| (no session) |" in typed("usage", "session", "--format", "md")[1]
    by_csv = rows(typed("usage", "session", "--format", "csv")[1])
    assert "(no session)" in [row["session"] for row in by_csv]
    assert rows(typed("sessions", "--format", "csv")[1])[-1]["session"] == "(no session)"
    lines = typed("usage", "session", "--format", "jsonl")[1].splitlines()
    assert None in [json.loads(line)["session"] for line in lines]


def test_a_row_of_nothing_but_unmetered_calls_costs_a_dash(typed: Type) -> None:
    out = typed("usage", "--by", "status,model")[1]
    row = next(line.split() for line in out.splitlines() if line.startswith("unmetered"))
    assert "–" in row
    assert "$0" not in " ".join(row)
    assert "1 failed call (no usage), 3 unmetered calls (usage unknown)" in out


@pytest.mark.parametrize(
    "words", [("usage", "model"), ("usage", "model", "--last", "7d", "--compare", "previous")]
)
def test_of_nothing_but_unmetered_calls_no_token_is_known(typed: Type, words) -> None:
    out = typed(*words, width=160)[1]
    cells = next(line.split() for line in out.splitlines() if "qwen-max" in line)[1:]
    assert "–" in cells
    known = ["1", "unmetered"] if len(words) == 2 else []
    assert cells[: len(known) + 1] == [*known, "–"], "calls, which are known; tokens"
    assert cells.count("–") >= 4
    total = next(line.split() for line in out.splitlines() if line.startswith("Total"))
    assert "–" not in total


def test_no_form_for_people_shows_unknown_tokens_as_none(typed: Type, tmp_path: Path) -> None:
    words = ("usage", "status", "--fields", "status,requests,input,output,cache,total")
    md = typed(*words, "--format", "md")[1]
    assert "| unmetered | 3 unmetered | – | – | – | – |" in md
    assert "| failed | 1 | 0 | 0 | 0 | 0 |" in md
    table = rows(typed("usage", "status", "--format", "csv")[1])
    by = {row["status"]: (row["input"], row["cache_read"], row["total"]) for row in table}
    assert (by["unmetered"], by["failed"]) == (("", "", ""), ("0", "0", "0"))
    told = {row["status"]: row for row in json.loads(typed("usage", "status", "--json")[1])["rows"]}
    assert (told["unmetered"]["input"], told["unmetered"]["total"]) == (0, 0)


def test_what_unmetered_calls_may_have_cost_stands_beside(typed: Type) -> None:
    for words in (("today",), ("usage", "consumer"), ("sessions",), ("session", "agent:ops:1")):
        code, out, _ = typed(*words, "--no-sync", width=200)
        assert code == 0
        assert "may have cost $0.0" in out, out
        assert "priced calls of higress" in out
    report = json.loads(typed("usage", "--json")[1])
    [(currency, estimate)] = report["unmetered_estimate"].items()
    assert currency == "USD"
    assert estimate["basis"] == "3 like 26 priced calls of higress"
    assert (
        0
        < Decimal(estimate["low"])
        < Decimal(estimate["high"])
        < Decimal(report["totals"]["cost"]["USD"])
    )
    assert (
        "may have cost"
        not in typed("usage", "--where", "session!=(no session)", "--where", "status!=unmetered")[1]
    )


def test_no_estimate_is_told_where_no_cost_is(typed: Type) -> None:
    assert "may have cost" not in typed("usage", "--no-cost")[1]
    assert "may have cost" in typed("usage")[1]
    out = typed("sync")[1]  # which looks at no single call where nothing is new
    assert "3 unmetered calls (usage unknown)" in out
    assert "may have cost" not in out


def test_a_consumer_is_a_user(typed: Type) -> None:
    for words in (("usage", "consumer"), ("usage", "--by", "consumer"), ("usage", "user")):
        report = json.loads(typed(*words, "--json")[1])
        assert report["query"]["by"] == ["user"]
        assert {row["user"]: row["requests"] for row in report["rows"]} == {"ops": 13, "dev": 14}
    for words in (("--consumer", "dev"), ("--where", "consumer=dev"), ("--user", "dev")):
        report = json.loads(typed("usage", *words, "--json")[1])
        assert report["query"]["where"] == {"user": ["dev"]}
        assert report["totals"]["requests"] == 14
    out = typed("usage", "consumer", "--sort", "consumer", "--fields", "consumer,requests")[1]
    assert out.index("dev") < out.index("ops")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("usage consumer", "Consumer"),
        ("usage --by model,consumer", "Consumer"),
        ("usage user", "User"),
        ("usage user --consumer dev", "User"),
    ],
)
def test_a_consumer_is_headed_by_the_word_that_was_typed(typed: Type, line: str, word: str) -> None:
    for form in ("table", "md"):
        for more in ((), ("--last", "7d", "--compare", "previous")):
            out = typed(*line.split(), "--format", form, *more)[1]
            other = {"Consumer": "User", "User": "Consumer"}[word]
            assert word in out, out
            assert f"by {word.lower()}" in out or f"and {word.lower()}" in out
            assert other not in out
    assert typed(*line.split(), "--format", "csv")[1].splitlines()[0].count("user") == 1
    assert "user" in json.loads(typed(*line.split(), "--json")[1])["rows"][0]


def test_at_most_two_remarks_are_about_unmetered_calls(home: Path, typed: Type) -> None:
    ledger, calls = SqliteLedger(str(home / "ledger.db")), list[Reading]()
    for source in ("higress", "litellm", "envoy-ai-gateway"):
        for at, model in enumerate((MODEL, "gpt-4o", "gpt-4o-mini", "o3")):
            who = Attribution(source, session=f"{source}-{at}", user=f"team-{at}", machine="gw")
            provider = "anthropic" if at == 0 else "openai"
            for number in range(21):
                name, when = f"{source}-{at}-{number}", NOW - number * MINUTE
                more = {"model": model, "provider": provider, "who": who, "at": when}
                calls.append(reading(name, raw=usage(10 + at), **more))
            calls.append(reading(f"{source}-{at}", status="unmetered", raw=b"{}", **more))
    ledger.record(Batch(readings=calls), Appraising(open_price_book()))
    ledger.close()
    for words in ((), ("today",)):
        out = typed(*words, "--no-sync", width=80)[1]
        remarks = re.sub("\n +", " ", out).splitlines()
        told = [line for line in remarks if "unmetered call" in line]
        assert len(told) <= 2, out
        assert "; and " in told[-1], "the smaller groups are counted, not named"
        assert "smaller groups" in told[-1]
        assert len(told[-1]) < 5 * 80
        assert max(map(len, out.splitlines())) <= 80


def test_the_reports_of_the_old_monitor(typed: Type) -> None:
    assert MODEL in typed("stats-model", width=160)[1]
    assert "2026-11-22" in typed("stats-date", "--days", "7")[1]
    for field in ("cost", "tokens", "updated"):
        code, out, _ = typed("list", "--sort-by", field, "--limit", "1")
        assert (code, out.count("agent:")) == (0, 1), field
    assert typed("show", "agent:ops:1")[0] == 0
    whole = json.loads(typed("usage", "--session-key", "agent:ops:1", "--json")[1])
    assert whole["totals"]["requests"] == 13


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("sync --output-dir x", "TALLY_LEDGER=FILE before the command"),
        ("sync --state-file x", "TALLY_LEDGER=FILE before the command"),
        ("list --data-dir x", "TALLY_LEDGER=FILE before the command"),
        ("show agent:ops:1 --data-dir x", "TALLY_LEDGER=FILE before the command"),
        ("--log-path /var/log/proxy/access.log", "tally sync higress --log-path PATH"),
        ("usage --max-rotate 5", "tally sync higress --max-rotate N"),
        ("webserver --port 8888", "tally watch"),
        ("switch economical", "tally usage model"),
        ("undo --redo", "tally update NAME --undo"),
        ("validate-models --all", "tally price audit"),
        ("sync --path a /var/log/proxy/access.log.1", "tally sync SOURCE --path 'PATH'"),
        ("sync higress logs/access.log", "tally sync higress --path 'PATH'"),
        ("sync higress --path=", "tally sync SOURCE --path PATH"),
        ("watch higress --once --log-path=", "tally sync SOURCE --path PATH"),
        ("sync higress --budget 500000", "tally watch --budget N"),
        ("usage --budget 500000", "tally watch --budget N"),
        ("sync --path nowhere", "tally sync --path FOLDER"),
        ("sync --path '/nowhere/*.jsonl'", "tally sync --path FOLDER"),
    ],
)
def test_what_cannot_be_is_answered_with_what_to_type(typed: Type, line: str, hint: str) -> None:
    code, out, err = typed(*line.replace("'", "").split())
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(f"  try: {hint}"), err


def test_a_receipt_shows_one_session_though_all_are_recorded(typed: Type, home: Path) -> None:
    code, out, err = typed("sync", "--session-key", "agent:ops:1", "--refresh-interval", "1", "-v")
    assert code == 0
    assert "The ledger now holds of the session agent:ops:1" in out
    assert "--refresh-interval changes nothing: sync reads what there is and ends" in err
    narrow = json.loads(typed("sync", "--session", "agent:ops:1", "--json")[1])
    assert narrow["totals"]["requests"] == 13
    out = typed("sync", "--session-key", "agent:ops:9")[1]
    assert "Nothing is recorded of the session agent:ops:9. Those that are: tally sessions" in out


def test_a_first_screen_for_a_gateway_alone(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert run(["higress"], shell(home)) == 0
    out = capsys.readouterr().out
    assert out.startswith("No history of Higress was found on this machine.")
    assert "/var/log/higress/access.log  (not there)" in out
    assert "tally sync higress --path PATH" in out
    assert "claude" not in out.lower()


def test_what_is_cut_off_a_list_is_told_and_nothing_else(typed: Type) -> None:
    for limit, cut in ((1, True), (2, False), (3, False)):
        out = typed("sessions", "--limit", str(limit))[1]
        assert ("The first " in out) == cut, limit
        assert "(no session)" in out


LINE = {
    "authority": "llm.example",
    "duration": "4120",
    "method": "POST",
    "path": "/v1/chat/completions",
    "response_code": "200",
    "response_flags": "-",
    "route_name": "chat",
    "start_time": "2026-11-22T09:00:00.000Z",
    "upstream_cluster": "outbound|443||llm-openai.internal.dns",
}


def logged(folder: Path, name: str, *requests: str) -> Path:
    """A log with one call for each of these requests."""
    folder.mkdir(exist_ok=True)
    counts = {"input_token": 100, "output_token": 20, "total_token": 120, "model": "gpt-4o"}
    lines = (
        json.dumps(
            {
                "ai_log": json.dumps({**counts, "session_id": f"s:{each}", "consumer": "team"}),
                **LINE,
                "request_id": each,
            }
        )
        for each in requests
    )
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def synced(typed: Type, *words: str) -> dict[str, int]:
    """What a sync of the gateway's log found: places, and new events."""
    code, out, err = typed("sync", "higress", "--json", *words)
    assert code == 0, err
    told = json.loads(out)
    return {"found": told["places"]["found"], "new": told["new_events"]}


def test_a_log_is_read_by_its_name_a_pattern_or_its_folder(typed: Type, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logged(logs, "access.log.2", "r1")
    logged(logs, "access.log.1", "r2", "r3")
    live = logged(logs, "access.log", "r4")
    once = ("--log-path", str(live), "--max-rotate", "1", "--refresh-interval", "1")
    assert synced(typed, *once) == {"found": 2, "new": 3}
    assert synced(typed, "--path", str(live))["new"] == 1
    assert synced(typed, "--path", f"{logs}/acc*.log*")["new"] == 0
    assert synced(typed, "--path", str(logs))["new"] == 0
    rows = json.loads(typed("usage", "consumer", "--source", "higress", "--json")[1])["rows"]
    assert {row["user"]: row["total"] for row in rows}["team"] == 480


def test_a_log_outside_of_the_allowed_folders_is_refused(typed: Type, tmp_path: Path) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    logged(allowed, "a.log", "r1")
    secret = logged(outside, "b.log", "r2")
    (allowed / "link.log").symlink_to(secret)
    (tmp_path / "home" / "config.toml").write_text(f"log_roots = ['{allowed}']\n")
    for path in (secret, outside, f"{outside}/*.log", allowed / "link.log", "/etc/passwd"):
        code, out, err = typed("sync", "higress", "--path", str(path))
        assert (code, out) == (2, ""), path
        assert "may not be read" in err
        assert f"because: it is outside of log_roots: {allowed}" in err
        assert "to log_roots in the settings" in err.splitlines()[-1]
    assert synced(typed, "--path", f"{allowed}/*.log") == {"found": 1, "new": 1}


def test_a_refusal_is_forgotten_when_it_is_over(typed: Type, tmp_path: Path) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    logged(allowed, "access.log", "r1")
    (allowed / "access.log.1").symlink_to(logged(outside, "b.log", "r2"))
    words = ("--path", str(allowed / "access.log"))
    assert synced(typed, *words) == {"found": 1, "new": 1}
    told = typed("doctor", "--names")[1]
    assert "the link leads out of its folder" in told
    assert told.count(f"{allowed}/access.log.1") == 1
    (tmp_path / "home" / "config.toml").write_text(f"log_roots = ['{tmp_path}']\n")
    assert synced(typed, *words) == {"found": 2, "new": 1}
    assert "No complaints" in typed("doctor")[1]


def test_what_is_met_on_two_ways_is_complained_of_once(typed: Type, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    logged(allowed, "access.log", "r1")
    (allowed / "access.log.1").symlink_to(logged(tmp_path / "outside", "b.log", "r2"))
    words = ("sync", "higress", "--json", "--path", f"{allowed}/access.log*")
    told = json.loads(typed(*words)[1])["complaints"]
    assert [each["place"] for each in told] == [f"{allowed}/access.log.1"]


def test_where_no_log_is_that_is_a_mistake(typed: Type, tmp_path: Path) -> None:
    for path in (tmp_path / "none.log", f"{tmp_path}/none/*.log"):
        code, out, err = typed("sync", "higress", "--path", str(path))
        assert (code, out) == (2, "")
        assert f"there is no log at {path}" in err
        assert err.splitlines()[-1] == "  try: tally source explain higress"
    folder = logged(tmp_path / "payloads", "1.json", "r").parent
    code, out, err = typed("sync", "higress", "--path", str(folder))
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].endswith(f"tally sync higress --path '{folder}/*.json'")
    assert synced(typed, "--path", f"{folder}/*.json") == {"found": 1, "new": 1}
    code, out, err = typed("sync", "--path", str(logged(tmp_path / "logs", "access.log", "r")))
    assert (code, out) == (2, "")
    assert "for a gateway's log: tally sync higress --path" in err


def test_without_a_log_it_says_where_it_looked(typed: Type, home: Path) -> None:
    fields = '[log.mine.fields]\nusage = "usage"\ntime = "time"\n'
    (home / "config.toml").write_text(f"[log.mine]\n{fields}")
    out = typed("sync", "mine")[1]
    assert "mine has no usual place\nElsewhere: tally sync mine --path PATH" in out
    (home / "config.toml").write_text(f'[log.mine]\npaths = ["~/gone.log"]\n{fields}')
    out = typed("sync", "mine")[1]
    assert "Looked for mine in\n  ~/gone.log  (not there)\nElsewhere: tally sync mine" in out


def test_a_client_that_calls_its_session_so_is_told_apart(home: Path, typed: Type) -> None:
    ledger = SqliteLedger(str(home / "ledger.db"))
    trick = call("trick", "(no session)", "dev", 3)
    ledger.record(Batch(readings=[trick]), Appraising(open_price_book()))
    ledger.close()
    out = typed("usage", "session")[1]
    assert sum(line.startswith("(no session)") for line in out.splitlines()) == 1
    assert sum(line.startswith('"(no session)"') for line in out.splitlines()) == 1
    listed = [row["session"] for row in rows(typed("usage", "session", "--format", "csv")[1])]
    assert sorted(listed)[:2] == ['"(no session)"', "(no session)"]


def test_so_it_is_on_the_board_and_what_is_not_told_names_no_session(
    home: Path, typed: Type
) -> None:
    ledger = SqliteLedger(str(home / "ledger.db"))
    trick = call("trick", "(no session)", "dev", 3)
    refused = bare("late", "failed", "agent:ops:1", "unknown")._replace(started_ms=NOW - MINUTE)
    more = [trick, call("a99", "agent:ops:1", "ops", 2), refused, call("n99", "", "dev", 1)]
    ledger.record(Batch(readings=more), Appraising(open_price_book()))
    ledger.close()
    board = typed("watch", "--once", width=160)[1]
    names = [line.split("  ")[0] for line in board.splitlines()]
    assert "(no session)" in names
    assert any(name.startswith('"(no') for name in names)
    assert f"{undated(MODEL)} +1" in board
