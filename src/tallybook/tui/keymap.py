"""What the settings say of keys, `[keys]`: checked, and put in the place of the usual ones.

Which keys there are is `keys`; how Textual is told of others is its keymap, by the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from ..errors import SettingsError, nearest
from .keys import KEYS, Key

Place = Callable[[str], str]
"""Where the keys of an action are set, for a message."""


class Keymap(NamedTuple):
    """The keys of each action that has others than usual, by its id and with commas between, and
    what is wrong with the rest."""

    keys: Mapping[str, str]
    faults: tuple[SettingsError, ...] = ()


def keymap(wanted: Mapping[str, tuple[str, ...]], place: Place) -> Keymap:
    """The keys that the settings want, as far as that can be: no unknown action, no unknown key,
    and none that would do two things in one place."""
    faults: list[SettingsError] = []
    fitting: dict[str, str] = {}
    for action, names in wanted.items():
        fault = stranger(action, names, place(action))
        if fault is None:
            fitting[action] = ",".join(map(_name, names))
        else:
            faults.append(fault)
    while (clash := _clash(fitting, place)) is not None:
        action, fault = clash
        del fitting[action]
        faults.append(fault)
    return Keymap(fitting, tuple(faults))


def stranger(action: str, names: Iterable[str], place: str) -> SettingsError | None:
    """What is unknown of an action and its keys; None if both are known."""
    ids = [key.id for key in KEYS]
    if action not in ids:
        close = nearest(action, ids)
        return SettingsError(
            f"no action is called {action!r} in {place}",
            hint=f"did you mean {close}?" if close else f"one of {', '.join(ids)}",
        )
    strange = next((name for name in names if not _is_key(_name(name))), None)
    if strange is None:
        return None
    close = nearest(strange.lower(), _key_names())
    return SettingsError(
        f"no key is called {strange!r} in {place}",
        hint=f"did you mean {close}?" if close else "a key is such as r, R, ?, f5, ctrl+r or space",
    )


def rebound(keys: Mapping[str, str], table: Iterable[Key] = KEYS) -> tuple[Key, ...]:
    """The table of keys with those of the settings in it."""
    return tuple(key._replace(keys=keys.get(key.id, key.keys)) for key in table)


def canonical(name: str) -> str:
    """One name for one key: `question_mark` and `?` are the same, and so are `tab` and `ctrl+i`."""
    from textual.keys import key_to_character

    name = _name(name)
    return key_to_character(name) or name


def _name(name: str) -> str:
    """A key as a terminal sends it, from what people write."""
    from textual.keys import KEY_ALIASES

    if len(name) == 1:
        return name
    *modifiers, last = name.lower().split("+")
    whole = "+".join((*sorted(modifiers), last))
    return next((key for key, others in KEY_ALIASES.items() if whole in others), whole)


def _is_key(name: str) -> bool:
    from textual.keys import key_to_character

    *modifiers, last = name.split("+") if len(name) > 1 else [name]
    if not set(modifiers) <= {"ctrl", "shift", "alt", "super"}:
        return False
    return last in _key_names() or (key_to_character(last) or "\0").isprintable()


def _key_names() -> frozenset[str]:
    """Keys that are no character."""
    from textual.keys import Keys

    names = (each.value.rpartition("+")[2] for each in Keys)
    return frozenset(name for name in names if len(name) > 1 and not name.startswith("<"))


def _clash(fitting: Mapping[str, str], place: Place) -> tuple[str, SettingsError] | None:
    """The first of the wanted actions that has a key of another one in the same place."""
    table = rebound(fitting)
    for key in table:
        if key.id not in fitting:
            continue
        for other in table:
            both = _canonical(key) & _canonical(other) if _meet(key, other) else set[str]()
            if both:
                return key.id, SettingsError(
                    f"{min(both)!r} would do two things, as {place(key.id)} has it",
                    because=f"{key.id} is {key.tip}; {other.id} is {other.tip}",
                    hint=f"give {other.id} another key too: tally config set keys.{other.id} …",
                )
    return None


def _canonical(key: Key) -> set[str]:
    return set(_each(key.keys))


def _each(keys: str) -> Iterator[str]:
    return (canonical(name.strip()) for name in keys.split(","))


def _meet(one: Key, other: Key) -> bool:
    """Whether two keys work in the same place: a list may have the focus on any screen but that of
    a round."""
    if one.id == other.id:
        return False
    places = {one.scope, other.scope}
    return (
        len(places) == 1 or "everywhere" in places or ("table" in places and "round" not in places)
    )
