"""Ways in which a history can be spoilt, each made by chance from a seed: bytes, lines, whole
files, and values inside JSON. What a reader has to make of it is not known here.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple


class Mutant(NamedTuple):
    """A spoilt text and how it was made. `harmless` says that nothing may be lost by it, `odd`
    that a count in it was made impossible, which must be told. `first` is what the first of two
    ways made of the text."""

    data: bytes
    how: str
    harmless: bool = False
    odd: bool = False
    first: Mutant | None = None


Mutate = Callable[[bytes, random.Random], Mutant | None]

SNIPPETS = (
    b"\0", b"\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"{", b"}",
    b"\\", b"[", b"]]", b",", b"\xc3", b"\x1b[2J", b"\0" * 4096, b"}{", b"\n\n\n", b"{}\n",
    b"null\n", b"[1,2]\n", b'"text"\n', b"1e999\n", b"\xe2\x80\xa8", b'{"type":"assistant"}\n',
)  # fmt: skip
"""What is put into a file somewhere."""


class Nested(NamedTuple):
    """An array in an array in an array."""

    depth: int


ODD_NUMBERS: tuple[Any, ...] = (
    -1, -(10**9), 10**30, 2**63, 2**64, -(2**63) - 1, 1.5, float("nan"), float("inf"),
    float("-inf"), 1e300, "12", "", "-", [], [1], {}, {"a": 1}, True,
)  # fmt: skip
"""Values that no count has. What is absent or null is not odd: a count may be untold."""

ODD_VALUES: tuple[Any, ...] = (
    *ODD_NUMBERS, None, False, 0, "\ud800", "a\0b", "\u202e", "x" * 20_000, "../../etc/passwd",
    "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2262-04-12T00:00:00Z",
    "2026-13-45T99:99:99Z", "2026-05-01T10:00:00+99:00", "tomorrow", 10**15, -(10**15), 1e308,
    Nested(5_000), Nested(100),
)  # fmt: skip

COUNTS = frozenset(
    (
        "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
        "cached_input_tokens", "reasoning_output_tokens", "input", "output", "reasoning", "read",
        "write",
    )
)  # fmt: skip
"""Fields that hold counts in the histories of any agent."""


def mutants(data: bytes, chance: random.Random, *, lines: bool) -> Iterator[Mutant]:
    """Endless mutants of a text, which is JSON lines or one JSON text. Often two in a row."""
    ways = [*BYTES, *WHOLES, *(LINES if lines else ())]
    inside = in_line if lines else in_text
    while True:
        way = inside if chance.random() < 0.5 else chance.choice(ways)
        mutant = way(data, chance)
        if mutant is None or mutant.data == data:
            continue
        if chance.random() < 0.15 and mutant.data:
            again = chance.choice(BYTES)(mutant.data, chance)
            if again is not None:
                how = f"{mutant.how}, then {again.how}"
                mutant = Mutant(again.data, how, first=mutant)
        yield mutant


# -- bytes


def cut(data: bytes, chance: random.Random) -> Mutant:
    at = chance.randrange(len(data) + 1)
    return Mutant(data[:at], f"cut at {at}")


def flip(data: bytes, chance: random.Random) -> Mutant:
    spoilt = bytearray(data)
    spots = [chance.randrange(len(data)) for _ in range(chance.choice((1, 1, 1, 3, 20)))]
    for at in spots:
        spoilt[at] ^= 1 << chance.randrange(8)
    return Mutant(bytes(spoilt), f"bits flipped at {spots[:4]}")


def insert(data: bytes, chance: random.Random) -> Mutant:
    at = chance.randrange(len(data) + 1)
    more = chance.choice(SNIPPETS) if chance.random() < 0.7 else chance.randbytes(5)
    return Mutant(data[:at] + more + data[at:], f"{more[:8]!r} put in at {at}")


def drop(data: bytes, chance: random.Random) -> Mutant:
    at, length = chance.randrange(len(data)), chance.choice((1, 1, 7, 300, 5_000))
    return Mutant(data[:at] + data[at + length :], f"{length} bytes taken out at {at}")


def zeroed(data: bytes, chance: random.Random) -> Mutant:
    """A block that was never written, as after a loss of power."""
    at, length = chance.randrange(len(data)), chance.choice((1, 40, 512, 4096))
    hole = b"\0" * min(length, len(data) - at)
    return Mutant(data[:at] + hole + data[at + length :], f"{length} zeros at {at}")


def moved(data: bytes, chance: random.Random) -> Mutant:
    """A part of the file written over another."""
    start, at = chance.randrange(len(data)), chance.randrange(len(data))
    part = data[start : start + chance.choice((16, 512, 4096))]
    return Mutant(data[:at] + part + data[at + len(part) :], f"{len(part)} bytes moved to {at}")


BYTES: tuple[Mutate, ...] = (cut, flip, insert, drop, zeroed, moved)

# -- lines


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) if b"\r" not in data else data.split(b"\n")


def doubled(data: bytes, chance: random.Random) -> Mutant:
    lines = _lines(data)
    at, times = chance.randrange(len(lines)), chance.choice((1, 1, 30))
    lines[at] = lines[at].rstrip(b"\n") + b"\n"
    lines[at:at] = [lines[at]] * times
    return Mutant(b"".join(lines), f"line {at} written {times + 1} times", harmless=True)


def blank(data: bytes, chance: random.Random) -> Mutant:
    lines = _lines(data)
    at = chance.randrange(len(lines))
    lines[at:at] = [chance.choice((b"\n", b"   \n", b"\r\n", b"\n" * 500))]
    return Mutant(b"".join(lines), f"blank lines before {at}", harmless=True)


def windows(data: bytes, chance: random.Random) -> Mutant:
    del chance
    return Mutant(data.replace(b"\n", b"\r\n"), "lines end as on Windows", harmless=True)


def gigantic(data: bytes, chance: random.Random) -> Mutant:
    """A line that is longer than any block."""
    lines = _lines(data)
    at = chance.randrange(len(lines) + 1)
    line = b'{"type":"user","message":{"role":"user","content":"%b"}}\n' % (b"x" * 1_500_000)
    lines[at:at] = [chance.choice((line, b"{" * 1_200_000 + b"\n", b"\xff" * 1_100_000 + b"\n"))]
    return Mutant(b"".join(lines), f"a gigantic line before {at}")


def glued(data: bytes, chance: random.Random) -> Mutant | None:
    lines = _lines(data)
    at = chance.randrange(len(lines))
    lines[at] = lines[at].rstrip(b"\r\n")
    return Mutant(b"".join(lines), f"line {at} goes on in the next one")


def _rewritten(line: bytes, how: Callable[[Any], str]) -> bytes | None:
    try:
        return how(json.loads(line)).encode("utf-8", "surrogatepass") + b"\n"
    except (ValueError, RecursionError):
        return None


def spaced(data: bytes, chance: random.Random) -> Mutant | None:
    """A line as another program would write it again: blanks between its parts."""
    return _line(data, chance, "with blanks", lambda found: json.dumps(found))


def escaped(data: bytes, chance: random.Random) -> Mutant | None:
    def turned(found: Any) -> str:
        return json.dumps(_reversed(found), separators=(",", ":"), ensure_ascii=True)

    return _line(data, chance, "with its fields in reverse order", turned)


def _reversed(found: Any) -> Any:
    if isinstance(found, Mapping):
        return {name: _reversed(found[name]) for name in reversed(list(found))}
    return found


def _line(
    data: bytes, chance: random.Random, how: str, write: Callable[[Any], str]
) -> Mutant | None:
    lines = _lines(data)
    at = chance.randrange(len(lines))
    text = _rewritten(lines[at], write)
    if text is None:
        return None
    lines[at] = text
    return Mutant(b"".join(lines), f"line {at} {how}", harmless=True)


LINES: tuple[Mutate, ...] = (doubled, blank, windows, gigantic, glued, spaced, escaped)

# -- whole files


def empty(data: bytes, chance: random.Random) -> Mutant:
    return Mutant(
        chance.choice((b"", b"\n", b" ", b"\0", b"\xef\xbb\xbf", b"null", b"[]", b"{")), "empty"
    )


def marked(data: bytes, chance: random.Random) -> Mutant:
    del chance
    return Mutant(b"\xef\xbb\xbf" + data, "with a byte order mark", harmless=True)


def wide(data: bytes, chance: random.Random) -> Mutant:
    code = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32"))
    return Mutant(data.decode("utf-8", "replace").encode(code, "replace"), f"as {code}")


def zipped(data: bytes, chance: random.Random) -> Mutant:
    del chance
    return Mutant(gzip.compress(data, 1, mtime=0), "compressed")


def noise(data: bytes, chance: random.Random) -> Mutant:
    return Mutant(chance.randbytes(min(len(data), 3_000)), "noise")


def twice(data: bytes, chance: random.Random) -> Mutant:
    del chance
    return Mutant(data + data, "written twice")


WHOLES: tuple[Mutate, ...] = (empty, marked, wide, zipped, noise, twice)

# -- inside JSON


def in_line(data: bytes, chance: random.Random) -> Mutant | None:
    """One value of one line is another, is gone, or is told twice."""
    lines = _lines(data)
    at = chance.randrange(len(lines))
    found = in_text(lines[at], chance)
    if found is None:
        return None
    lines[at] = found.data + b"\n"
    return found._replace(data=b"".join(lines), how=f"line {at}: {found.how}")


def in_text(data: bytes, chance: random.Random) -> Mutant | None:
    """One value of a JSON text is another, is gone, or is told twice."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        return None
    spots = list(_spots(whole))
    if not spots:
        return None
    holder, name = _chosen(spots, chance)
    path = f"{name}={str(holder[name])[:20]!r}"
    kind = chance.choice(("value", "value", "value", "gone", "twice"))
    if kind == "gone" and isinstance(holder, dict):
        del holder[name]
        return Mutant(_dumped(whole), f"without {path}")
    odd = name in COUNTS and type(holder[name]) is int
    value = chance.choice(ODD_NUMBERS if odd else ODD_VALUES)
    if kind == "twice" and isinstance(holder, dict):
        return Mutant(_told_twice(whole, holder, name, value), f"{path} and again {value!r:.30}")
    holder[name] = value
    return Mutant(_dumped(whole), f"{path} is {value!r:.30}", odd=odd)


def _spots(found: Any) -> Iterator[tuple[Any, Any]]:
    """Every value, as (what holds it, its name or number there)."""
    pairs = (
        found.items() if isinstance(found, dict)
        else enumerate(found) if isinstance(found, list)
        else ()
    )  # fmt: skip
    for name, value in pairs:
        yield found, name
        yield from _spots(value)


def _chosen(spots: list[tuple[Any, Any]], chance: random.Random) -> tuple[Any, Any]:
    """Counts, ids and times more often than what is said."""
    metered = [one for one in spots if one[1] in COUNTS or "id" in str(one[1]).lower()
               or "time" in str(one[1])]  # fmt: skip
    return chance.choice(metered if metered and chance.random() < 0.6 else spots)


def _told_twice(whole: Any, holder: dict[str, Any], name: str, value: Any) -> bytes:
    """The same name twice in one object, with another value."""
    mark = "\ue001again"
    holder[mark] = value
    text = _dumped(whole)
    return text.replace(json.dumps(mark).encode(), json.dumps(name).encode())


def _dumped(whole: Any) -> bytes:
    """The text, with numbers and depths that no Python object can hold."""
    deep = [one.depth for _, one in _values(whole) if isinstance(one, Nested)]
    text = json.dumps(_plain(whole), separators=(",", ":"), ensure_ascii=False)
    for depth in deep:
        text = text.replace('"\ue002deep"', "[" * depth + "]" * depth)
    return text.encode("utf-8", "surrogatepass")


def _values(whole: Any) -> Iterator[tuple[Any, Any]]:
    return ((holder, holder[name]) for holder, name in _spots(whole))


def _plain(whole: Any) -> Any:
    if isinstance(whole, Nested):
        return "\ue002deep"
    if isinstance(whole, dict):
        return {name: _plain(value) for name, value in whole.items()}
    return [_plain(one) for one in whole] if isinstance(whole, list) else whole


def unhit(data: bytes, spoilt: bytes) -> tuple[bytes, list[bytes]]:
    """What is left of a file of lines without those that no longer stand in the spoilt one, and
    the lines that the spoilt one has more than before."""
    left = Counter(one.rstrip(b"\r") for one in spoilt.split(b"\n"))
    kept: list[bytes] = []
    for line in data.split(b"\n"):
        if left[line] > 0:
            left[line] -= 1
            kept.append(line)
    return b"\n".join(kept), [line for line in left.elements() if line.strip()]
