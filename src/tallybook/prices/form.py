"""Checked access to the tables of an override file: a wrong key, type or date is a
`SettingsError` that names the place and the key, with a near miss where there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import cast

from ..errors import SettingsError, nearest


class Form:
    """One table of the file with its place, for checked access to its keys."""

    def __init__(self, data: object, known: Collection[str], place: str) -> None:
        if not isinstance(data, dict):
            raise SettingsError(f"{place}: expected a table")
        self.place = place
        self.data = cast("dict[str, object]", data)
        for key in self.data:
            if key not in known:
                raise SettingsError(
                    f"{place}.{key}: unknown key", hint=near_miss(key, sorted(known))
                )

    def text(self, key: str, default: str | None = None) -> str:
        """The text of a key."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            missing = key not in self.data
            raise SettingsError(
                f"{self.place}.{key}: {'missing' if missing else 'expected a text'}",
                because="" if missing else f"found {value!r}",
            )
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """The whole number of a key, 0 or more."""
        value = self.data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise SettingsError(f"{self.place}.{key}: expected a whole number")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """The table of texts of a key, empty if absent."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise SettingsError(f"{self.place}.{key}: expected a table")
        found = cast("dict[str, object]", value)
        for name, item in found.items():
            if not isinstance(item, str):
                raise SettingsError(
                    f"{self.place}.{key}.{name}: expected a text",
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
            raise SettingsError(f"{self.place}.{key}: expected a list of texts")
        return tuple(cast("list[str]", value))

    def moment(self, key: str) -> int | None:
        """The date of a key in epoch milliseconds, midnight UTC where it has no time."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, datetime):
            when = value if value.tzinfo else value.replace(tzinfo=UTC)
        elif isinstance(value, date):
            when = datetime(value.year, value.month, value.day, tzinfo=UTC)
        else:
            raise SettingsError(f"{self.place}.{key}: expected a date", because=f"found {value!r}")
        return int(when.timestamp()) * 1000


def near_miss(key: str, known: Sequence[str]) -> str:
    """A hint for an unknown key: the closest known one, or all of them."""
    close = nearest(key, known)
    return f"did you mean {close!r}?" if close else f"known keys: {', '.join(known)}"
