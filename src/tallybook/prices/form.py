"""Checked access to the tables of a price file: a wrong key, type or date is a `SettingsError`
that names the file, the line and the key, with a near miss where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, cast

from ..errors import SettingsError, nearest
from ..settings.lines import KeyPath, key_lines

Tell = Callable[[SettingsError], None]
"""Told of each fault; it may raise it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 30
"""Digits before or after the point of the largest and the smallest number that is believed."""


class Document(NamedTuple):
    """A price file: its name, and its text where that is at hand to look a line up in."""

    name: str
    text: str = ""

    def place(self, path: KeyPath) -> str:
        """Where a key stands, such as `prices.toml:7: price[0].rates.input`."""
        lines = key_lines(self.text)
        above = (path[:size] for size in range(len(path), 0, -1))
        line = next((lines[each] for each in above if each in lines), None)
        words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        return f"{self.name}:{line}: {words[1:]}" if line else f"{self.name}: {words[1:]}"


class Form:
    """One table of the file with its place, for checked access to its keys. As a text it is its
    place."""

    def __init__(
        self, data: object, known: Collection[str], document: Document, path: KeyPath
    ) -> None:
        self._document = document
        self._path = path
        if not isinstance(data, dict):
            raise self.fault("expected a table")
        self.data = cast("dict[str, object]", data)
        for key in self.data:
            if key not in known:
                raise self.fault("unknown key", key, hint=near_miss(key, sorted(known)))

    def __str__(self) -> str:
        return self._document.place(self._path)

    def fault(
        self, problem: str, *keys: str | int, because: str = "", hint: str = ""
    ) -> SettingsError:
        """What is wrong with a key of the table, or with all of it."""
        place = self._document.place((*self._path, *keys))
        return SettingsError(f"{place}: {problem}", because=because, hint=hint)

    def inner(self, key: str, known: Collection[str]) -> Form | None:
        """The table of a key; None if there is none."""
        if key not in self.data:
            return None
        return Form(self.data[key], known, self._document, (*self._path, key))

    def each(self, key: str, known: Collection[str]) -> list[Form]:
        """The tables of a list, empty if absent."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            raise self.fault(f"expected [[{key}]]", key)
        items = enumerate(cast("list[object]", value))
        return [Form(item, known, self._document, (*self._path, key, at)) for at, item in items]

    def text(self, key: str, default: str | None = None) -> str:
        """The text of a key."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            missing = key not in self.data
            raise self.fault(
                "missing" if missing else "expected a text",
                key,
                because="" if missing else f"found {value!r}",
                hint=f'write {key} = "{value}"' if type(value) in (int, float) else "",
            )
        return value

    def name(self, key: str) -> str:
        """The name of a key: a text without the spaces around it, not empty."""
        name = self.text(key).strip()
        if not name:
            raise self.fault("names nothing", key)
        return name

    def whole(self, key: str, default: int | None = None) -> int:
        """The whole number of a key, 0 or more."""
        value = self.data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.fault("expected a whole number", key)
        return value

    def flag(self, key: str) -> bool:
        """Whether a key is true; it need not be there."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.fault("expected true or false", key)
        return value

    def ratio(self, key: str) -> Fraction:
        """The number or fraction above 0 that a key has as text."""
        text = self.text(key)
        try:
            found = Fraction(text) if "/" in text else self.decimal(key)
        except (ValueError, ZeroDivisionError) as problem:
            raise self.fault(
                "not a number or fraction", key, because=f"found {text!r}"
            ) from problem
        if found <= 0:
            raise self.fault("must be above 0", key)
        return found

    def decimal(self, key: str) -> Fraction:
        """The decimal number that a key has as text, exact."""
        text = self.text(key)
        try:
            found = Decimal(text)
        except ArithmeticError as problem:
            raise self.fault("not a decimal number", key, because=f"found {text!r}") from problem
        if not found.is_finite() or abs(found.adjusted()) > _MOST_DIGITS:
            raise self.fault("not an amount", key, because=f"found {text!r}")
        return Fraction(found)

    def texts(self, key: str) -> dict[str, str]:
        """The table of texts of a key, empty if absent."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.fault("expected a table", key)
        found = cast("dict[str, object]", value)
        for name, item in found.items():
            if not isinstance(item, str):
                raise self.fault(
                    "expected a text",
                    key,
                    name,
                    because=f"found {item!r}; amounts are exact only as text",
                    hint=f'write {name} = "{item}"',
                )
        return cast("dict[str, str]", found)

    def words(self, key: str) -> tuple[str, ...]:
        """The list of texts of a key, empty if absent."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(item, str) for item in cast("list[object]", value)
        ):
            raise self.fault("expected a list of texts", key)
        return tuple(cast("list[str]", value))

    def moment(self, key: str) -> int | None:
        """The date of a key in epoch milliseconds, midnight UTC where it has no time."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, date):
            raise self.fault(
                "expected a date",
                key,
                because=f"found {value!r}",
                hint=f"without quotes, such as {key} = 2026-10-01",
            )
        try:
            return moment_of(value)
        except OverflowError as problem:
            raise self.fault("a date out of range", key, because=str(problem)) from problem


def moment_of(day: date) -> int:
    """A date of the file, with or without a time, in epoch milliseconds: midnight UTC where it
    has no time, UTC where it has no zone. Raises `OverflowError` where that is no year of the
    calendar."""
    if not isinstance(day, datetime):
        when = datetime(day.year, day.month, day.day, tzinfo=UTC)
    else:
        when = day.astimezone(UTC) if day.tzinfo else day.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(milliseconds=1)


def near_miss(key: str, known: Sequence[str]) -> str:
    """A hint for an unknown key: the closest known one, or all of them."""
    close = nearest(key, known)
    return f"did you mean {close!r}?" if close else f"known keys: {', '.join(known)}"
