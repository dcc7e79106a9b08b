"""Fields that stand more than once in a line of Higress's access log: which one the gateway wrote.

The encoding TEXT escapes nothing, so that a client that sends quotes in its user agent or its path
writes fields of its own. They stand right behind the field that says what it sent, and everything
else stands where the gateway's template has it. Where that does not tell, nobody is believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

TEMPLATE = (
    "authority", "bytes_received", "bytes_sent", "downstream_local_address",
    "downstream_remote_address", "duration", "istio_policy_status", "method", "path", "protocol",
    "request_id", "requested_server_name", "response_code", "response_flags", "route_name",
    "start_time", "trace_id", "upstream_cluster", "upstream_host", "upstream_local_address",
    "upstream_service_time", "upstream_transport_failure_reason", "user_agent", "x_forwarded_for",
    "response_code_details",
)  # fmt: skip
"""The fields of the gateway's own template, in its order; `ai_log` may stand anywhere."""

_PLACE = {name: at for at, name in enumerate(TEMPLATE)}
_SENT = frozenset(
    (
        "authority", "method", "path", "request_id", "requested_server_name", "trace_id",
        "user_agent", "x_forwarded_for",
    )
)  # fmt: skip
"""The fields that say what a client sent."""

ADDED = frozenset(("consumer", "session_id", "chat_id", "model", "timestamp"))
"""Fields that an operator may have added to the template, anywhere."""

_IDENTITY = frozenset(("chat_id", "model"))
"""Those of them by which a call would pass for another one. Operators have them in `ai_log`."""

_NEEDED = frozenset(("start_time", "request_id"))
"""What a call can't do without: the first one counts where nothing tells which one is true."""

TWICE, DOUBTED = "field-twice", "consumer-after-client-field"


class Ruling(NamedTuple):
    """Which fields of a line are believed, by their number in it (None: all of them), and what is
    to be said of the call."""

    taken: frozenset[int] | None
    note: str


@lru_cache(maxsize=256)
def ruled(told: tuple[bytes, ...]) -> Ruling | None:
    """What is to be believed of fields with these names; None if all of it is: most lines."""
    keys = [name.decode("utf-8", "replace") for name in told]
    often = Counter(keys)
    twice = any(often[name] > 1 and (name in _PLACE or name in ADDED) for name in often)
    if not twice and not (often.keys() & ADDED):
        return None
    taken = _of_template(keys, often)
    doubted = _add(keys, often, taken)
    note = ";".join(
        word for word, said in ((TWICE, twice), (DOUBTED, "consumer" in doubted)) if said
    )
    all_taken = all(at in taken for at, name in enumerate(keys) if name in _PLACE or name in ADDED)
    if all_taken:
        return Ruling(None, note) if note else None
    return Ruling(frozenset(taken), note)


def _of_template(keys: Sequence[str], often: Counter[str]) -> set[int]:
    """The fields of the template that are believed."""
    odd = _displaced(keys, often)
    known = [at for at, key in enumerate(keys) if key in _PLACE and at not in odd]
    in_place = _in_place(keys, known, {at for at in known if keys[at] in _SENT})
    in_place = in_place or _in_place(keys, known, {at for at in known if _opens(keys, at)})
    apart = _apart(keys, often)
    taken = set[int]()
    for name in often.keys() & _PLACE.keys():
        found = [at for at, key in enumerate(keys) if key == name]
        some = [at for at in found if at in in_place] or [at for at in found if at in apart]
        some = some or found
        if len(some) == 1 or name in _NEEDED:
            taken.add(some[0])
    return taken


def _in_place(keys: Sequence[str], known: Sequence[int], sent: set[int]) -> set[int]:
    """The fields that can be what the gateway wrote: those on some way through the line that has
    each field of the template once and in order, and leaves out only what stands behind one of
    those that a client `sent`. None where the template is another one."""
    names = sorted({keys[at] for at in known}, key=_PLACE.__getitem__)
    rank = {name: number for number, name in enumerate(names)}
    way = [(at, rank[keys[at]], at in sent) for at in known]
    ahead = _reached(way, 0, len(names))
    last = len(names) - 1
    back = set[int]()
    later, following = set[int](), -1
    for number, (at, place, opens) in enumerate(reversed(way)):
        goes_on = following == place + 1 or (opens and place + 1 in later)
        fits = goes_on or (place == last and (opens or number == 0))
        following = place if fits else -1
        if fits:
            back.add(at)
            later.add(place)
    return ahead & back


def _reached(way: Sequence[tuple[int, int, bool]], first: int, stop: int) -> set[int]:
    """The fields that a way from the first one leads to."""
    reached, opened, before = set[int](), set[int](), stop
    for number, (at, place, opens) in enumerate(way):
        fits = before == place - 1 or place - 1 in opened or (place == first and number == 0)
        before = place if fits else stop
        if fits:
            reached.add(at)
            if opens:
                opened.add(place)
    return reached


def _opens(keys: Sequence[str], at: int) -> bool:
    """Whether what follows a field may be a client's: behind one that it sent, and before one that
    nobody knows."""
    unknown = at + 1 < len(keys) and keys[at + 1] not in _PLACE
    return unknown or keys[at] in _SENT


def _displaced(keys: Sequence[str], often: Counter[str]) -> set[int]:
    """Fields that stand there once, but not where the template has them: they tell no order."""
    odd = set[int]()
    for at, name in enumerate(keys[1:], 1):
        before = keys[at - 1]
        loose = at - 1 in odd or before in _SENT or before not in _PLACE
        usual = _PLACE.get(name, 0) == _PLACE.get(before, -2) + 1 and at - 1 not in odd
        if loose and not usual and often[name] == 1:
            odd.add(at)
    return odd


def _apart(keys: Sequence[str], often: Counter[str]) -> set[int]:
    """Of fields in any order those that stand behind nothing that a client may have written."""
    behind = set[int]()
    for at, name in enumerate(keys):
        before = keys[at - 1] if at else ""
        loose = at > 0 and (before in _SENT or before not in _PLACE or at - 1 in behind)
        if loose and often[name] > 1:
            behind.add(at)
    return set(range(len(keys))) - behind


def _add(keys: Sequence[str], often: Counter[str], taken: set[int]) -> set[str]:
    """Take the fields that an operator added; the names of those that a client may have written.
    One that stands there once counts all the same, unless calls would pass for others by it, or it
    stands behind what is not believed."""
    sure, doubted = set[int](), set[str]()
    for at, name in enumerate(keys):
        before = keys[at - 1] if at else ""
        believed = before in _PLACE and at - 1 in taken and before not in _SENT
        if name in ADDED and (at == 0 or believed or at - 1 in sure):
            sure.add(at)
    for name in often.keys() & ADDED:
        found = [at for at, key in enumerate(keys) if key == name]
        some = [at for at in found if at in sure]
        if len(some) == 1:
            taken.add(some[0])
            continue
        doubted.add(name)
        (first, *rest) = found
        forged = first > 0 and keys[first - 1] in _PLACE and first - 1 not in taken
        if not rest and name not in _IDENTITY and not forged:
            taken.add(first)
    return doubted
