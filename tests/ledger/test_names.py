"""The names that a dimension has taken, by how they begin: what Tab asks for."""

from __future__ import annotations

from pathlib import Path

from tallybook.book import Book
from tallybook.cli.demo import SAMPLES
from tallybook.settings import Settings
from tallybook.sources import source_names


def test_names_by_their_beginning(tmp_path: Path) -> None:
    with Book.open(Settings(ledger=str(tmp_path / "ledger.db"))) as book:
        assert book.ledger.names("model", "", 10) == ()
        homes = {"claude-code": ".claude", "codex": ".codex", "opencode": ".local/share/opencode"}
        assert set(homes) <= set(source_names())
        book.sync(tuple(homes), paths={name: [SAMPLES / at] for name, at in homes.items()})
        every = book.ledger.names("model", "", 100)
        assert {"claude-opus-4-5-20251101", "gpt-5.6-sol", "kimi-k2.5"} <= set(every)
        assert list(every) == sorted(every)
        assert "" not in every
        assert book.ledger.names("model", "gpt-5.6-", 10) == ("gpt-5.6-luna", "gpt-5.6-sol")
        assert book.ledger.names("model", "gpt-5.6-", 1) == ("gpt-5.6-luna",)
        assert book.ledger.names("model", "nothing", 10) == ()
        assert all(name.startswith("/home/ada") for name in book.ledger.names("project", "/", 10))
