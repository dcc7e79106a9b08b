"""What takes bytes or words from outside, as functions of bytes: each returns whatever it is given,
and raises only if something is wrong with us. For hypothesis and for guided fuzzing.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

from tallybook.clock import zone
from tallybook.dialects import counter
from tallybook.dialects.choosing import dialect_of
from tallybook.dialects.responses import heard
from tallybook.dialects.streams import Reduction
from tallybook.errors import SettingsError, UsageMistake
from tallybook.ledger.rawtext import split, unite
from tallybook.loosejson import loose_json
from tallybook.periods import Frame, period, since_last
from tallybook.prices.overrides import read_overrides
from tallybook.questions import parse_query, query_pairs
from tallybook.rawusage import join
from tallybook.reading import Complaint, Cursor, Reading
from tallybook.settings import Surroundings, load_settings, survey_settings
from tallybook.sources import SOURCES, Place, open_source
from tallybook.sources.higress_lines import HigressLines
from tallybook.sources.opencode_configured import plain_json
from tallybook.sources.tail import Block

from ..dialects.wires import WIRES
from ..dialects.worked import examples
from .mutations import mutants
from .trying import FIXTURES, HOMES

Target = Callable[[bytes], None]

FRAME = Frame(1_795_348_800_000, "Europe/Berlin", 2)
THREAD = "01a202a6-7532-74b2-890d-49fe2c666d7a"
LARGEST = 10**12
"""No class of one usage object comes to more, whatever stands in it."""


@cache
def folder() -> Path:
    """Where files of targets lie; it goes away with the process."""
    kept = tempfile.TemporaryDirectory(prefix="tally-fuzz-")
    _KEPT.append(kept)
    return Path(kept.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def counted(dialect: str) -> Target:
    """A dialect's counter: six counts, each a whole number that can be, and the same again."""

    def count(data: bytes) -> None:
        found = counter(dialect)(data)
        assert len(found.counts) == 6
        assert all(type(each) is int and 0 <= each <= LARGEST for each in found.counts), found
        assert all(type(number) is int and number >= 0 for _, number in found.units), found
        assert found == counter(dialect)(data)

    return count


def read(source: str, name: str) -> Target:
    """A reader: what it says of a file ends with a cursor or with a complaint, and every reading
    can be counted."""

    def one(data: bytes) -> None:
        path = folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        reader = open_source(source, environ={"HOME": str(folder() / "nobody")})
        place = Place(str(path), len(data), 1_795_000_000_000_000_000)
        said = list(reader.read(place, None))
        assert any(isinstance(each, Cursor | Complaint) for each in said)
        for each in said:
            if isinstance(each, Reading):
                counted(each.dialect)(each.usage)
                assert unite(*split(each.usage)) == each.usage
                assert all(len(key) == 16 for key in each.keys)
                assert each.ended_ms >= each.started_ms

    return one


def message(data: bytes) -> None:
    """A message of OpenCode in a file of its own."""
    place = folder() / "storage" / "message" / "ses_a"
    place.mkdir(parents=True, exist_ok=True)
    (place / "msg_a.json").write_bytes(data)
    reader = open_source("opencode", environ={"HOME": str(folder() / "nobody")})
    said = list(reader.read(Place(str(place), 0, 1), None))
    assert isinstance(said[-1], Cursor)


def gateway(data: bytes) -> None:
    """Lines of a gateway's log, also as one of them that is too long for memory."""
    reader = HigressLines(capture=True)
    block = Block(bytearray(data), 0, len(data), 0)
    chunks = (data[at : at + 97] for at in range(0, len(data), 97))
    for each in (*reader.take(block, "log#1"), *reader.giant(chunks, "log#1", 0, len(data))):
        if isinstance(each, Reading):
            counted(each.dialect)(each.usage)
            assert unite(*split(each.usage)) == each.usage
            assert all(len(key) == 16 for key in each.keys)
            assert each.ended_ms >= each.started_ms
    for line in data.split(b"\n"):
        reader.recalled(line, "log#1", 0)


def time_word(data: bytes) -> None:
    """A word for a time, or a span."""
    text = data.decode("utf-8", "replace")
    for understand in (period, since_last):
        with suppress(UsageMistake):
            understand(text, FRAME)


def question(data: bytes) -> None:
    """A question in the form of a URL: what is understood is printed and understood again."""
    text = data.decode("utf-8", "replace")
    pairs = [tuple(part.partition("=")[::2]) for part in text.split("&")]
    with suppress(UsageMistake):
        query = parse_query([(key, value) for key, value in pairs], FRAME)
        zone(query.tz)
        try:
            again = parse_query(query_pairs(query), FRAME)
        except UsageMistake as problem:
            raise AssertionError(f"{query} is printed as what is not understood") from problem
        assert again == query


def settings(data: bytes) -> None:
    """A settings file."""
    file, home = folder() / "config.toml", folder()
    file.write_bytes(data)
    around = Surroundings({}, home, home, file, home / "ledger.db")
    survey_settings(around, {})
    with suppress(SettingsError):
        load_settings(around, {})


def own_prices(data: bytes) -> None:
    """A file of one's own prices."""
    file = folder() / "prices.toml"
    file.write_bytes(data)
    with suppress(SettingsError):
        read_overrides(file)


def commented(data: bytes) -> None:
    """JSON with comments: what has none says the same as before."""
    text = data.decode("utf-8", "replace")
    plain = plain_json(text)
    with suppress(ValueError, RecursionError):
        assert repr(json.loads(plain)) == repr(json.loads(text))


def joined(data: bytes) -> None:
    """Usage objects that are joined in any order, and with themselves."""
    one, _, other = data.partition(b"\n")
    both = join(one, other)
    assert loose_json(join(other, one)) == loose_json(both)
    assert loose_json(join(both, one)) == loose_json(both)
    assert unite(*split(both)) == both


def response(data: bytes) -> None:
    """A response, or the text of a streamed one: what is heard of it, also in pieces, can be
    counted, and where there is no usage it says why."""
    found = heard(data)
    assert found.usage is not None or found.complaints
    counted(dialect_of(found.usage or {}))(json.dumps(found.usage).encode())
    reduction = Reduction()
    for at in range(0, len(data), 97):
        reduction.feed(data[at : at + 97])
    assert reduction.heard().complaints or reduction.heard().usage is not None


EXAMPLES: Mapping[str, tuple[bytes, ...]] = {
    name: tuple(each.raw for each in examples() if each.dialect == name)
    for name in ("ai_log", "bedrock", "cohere", "google", "ollama", "otel", "watsonx", "xai")
}
"""Usage objects of dialects that no agent's history here is written in."""

TARGETS: Mapping[str, Target] = {
    "anthropic": counted("anthropic"),
    "openai": counted("openai"),
    "opencode": counted("opencode"),
    "pi": counted("pi"),
    "gemini-cli": counted("gemini-cli"),
    **{name: counted(name) for name in EXAMPLES},
    "claude-code": read("claude-code", "proj/8cfb97a0-0921-4e39-b38c-8f63c4ff2e24.jsonl"),
    "codex": read(
        "codex", "rollout-2026-11-22T09-46-33-01a202a6-7532-74b2-890d-49fe2c666d7a.jsonl"
    ),
    "pi-session": read("pi", "2026-11-22T04-42-58-014Z_01a20190-845d-7080-8510-946072c661f8.jsonl"),
    "gemini-session": read("gemini-cli", "chats/session-2026-11-22T04-24-36a471c4.jsonl"),
    "gemini-document": read("gemini-cli", "chats/session-2026-11-22T15-11-e1599c7d.json"),
    "database": read("opencode", "opencode.db"),
    "message": message,
    "gateway": gateway,
    "time": time_word,
    "question": question,
    "settings": settings,
    "prices": own_prices,
    "comments": commented,
    "join": joined,
    "response": response,
}
"""Everything that is fuzzed, by name."""


HISTORIES: Mapping[str, str] = {
    "claude-code": "claude-code",
    "codex": "codex",
    "gemini-session": "gemini-cli",
    "pi-session": "pi",
}
"""Targets that read files of lines, and the source that does."""


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """Good examples for a target, to begin from."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    if name == "response":
        return tuple(wire.text for wire in WIRES.values())
    if name in _WORDS:
        return tuple(each.encode() for each in _WORDS[name])
    if name in HISTORIES:
        return tuple(islice((b"\n".join(file) for file in _files(HISTORIES[name])), 12))
    if name == "database":
        return (next(_homes("opencode", "**/opencode.db")).read_bytes(),)
    if name == "gemini-document":
        return tuple(path.read_bytes() for path in _homes("gemini-cli", "**/session-*.json"))
    if name == "gateway":
        logs = (FIXTURES / "higress").glob("*/log/access.log*")
        return tuple(path.read_bytes() for path in sorted(logs) if path.suffix != ".gz")
    if name == "message":
        return tuple(path.read_bytes() for path in islice(_homes("opencode", "**/msg_*.json"), 20))
    return tuple(_usages(name))


def _homes(source: str, pattern: str) -> Iterator[Path]:
    return (path for one, home in HOMES if one == source for path in sorted(home.glob(pattern)))


def _files(source: str) -> Iterator[list[bytes]]:
    """The first lines of histories: short ones are tried more often."""
    for path in _homes(source, "**/*.jsonl"):
        yield path.read_bytes().split(b"\n")[:25]


def _usages(name: str) -> Iterator[bytes]:
    """Usage objects of the agent whose dialect it is."""
    writer = name if name in SOURCES else {"openai": "codex"}.get(name, "claude-code")
    for one, home in HOMES:
        if one != writer:
            continue
        source = open_source(one, environ={"HOME": str(home)})
        place = next(each for each in source.locate() if isinstance(each, Place))
        for each in islice(source.read(place, None), 8):
            if isinstance(each, Reading):
                yield each.usage


_WORDS: Mapping[str, tuple[str, ...]] = {
    "time": (
        "today", "2026-W05", "2026-01", "2026-01-15", "2026-01-15T10:00:00+02:00", "7d", "3mo",
        "90min", "now", "all", "-1d", "9999-12-31", "0000-00-00", "99999y", "2026-W54", "٣d",
    ),
    "question": (
        "by=day,model&where=model~opus&since=today&until=now&tz=Asia/Tokyo&sort=-total&limit=5",
        "by=project&last=7d&week-start=sunday&source=codex&bucket=hour",
        "where=session!=a&where=session!=b&by=date,agent&sort=cost",
    ),
    "settings": (
        """
ledger = "~/x.db"
tz = "Europe/Berlin"
week_start = "monday"
active_within = "5m"
titles = true
prices = "p.toml"
[source.codex]
paths = ["~/c", "/d"]
""",
    ),
    "prices": (
        """
[[card]]
provider = "zai"
model = "glm-4.7"
since = "2026-01-01"
currency = "USD"
[card.rates]
input = "0.6"
output = "2.2"
[[free]]
provider = "x"
model = "y"
[[alias]]
provider = "a"
as = "b"
[[multiplier]]
provider = "c"
factor = "1.1"
""",
    ),
    "comments": ('{"a": [1, 2,], /* b */ "c": "//d", // e\n}', "/*", '"\\'),
}  # fmt: skip


def spoilt(name: str, seed: int) -> bytes:
    """A good example, spoilt by chance."""
    chance = random.Random(seed)
    data = chance.choice(seeds(name))
    way = mutants(data, chance, lines=name in HISTORIES)
    return next(way).data


def json_text(value: object) -> bytes:
    """A value as JSON, also where JSON has no such value."""
    return json.dumps(value).encode("utf-8", "surrogatepass")
