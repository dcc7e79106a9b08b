"""The keys of the table as bindings of Textual."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from .keys import Key, Scope, keys_of


def bindings(*scopes: Scope) -> list[BindingType]:
    """The bindings of some places."""
    return [_binding(key) for key in keys_of(*scopes)]


def _binding(key: Key) -> Binding:
    return Binding(
        key.keys,
        key.action,
        key.word or key.tip,
        show=key.rank > 0,
        priority=key.eager,
        tooltip=key.tip,
        id=key.id,
    )
