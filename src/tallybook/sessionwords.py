"""What is known of one session, in words: pairs of a name and what there is to say, for whoever
shows its page. Figures are the ledger's; nothing is counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .clock import iso
from .figurewords import costs_text
from .format import DASH, count, number, plain, shorten, span
from .wording import short_id

if TYPE_CHECKING:
    from .sessions import Configured, SessionAnswer

_NAMED = 4
_TITLE, _ID = 40, 120

NEVER, NONE_OF_ITS_OWN = (
    "No call is recorded of this session.",
    "No call of its own is recorded of this session.",
)


def session_facts(
    found: SessionAnswer,
    configured: Sequence[Configured],
    tz: str,
    shown: Callable[[str], str],
) -> Iterator[tuple[str, str]]:
    """The facts of a session that have something to say. `shown` gives a path as it is shown."""
    pairs = (
        ("session", _id(found.session_id)),
        ("source", plain(" ".join(filter(None, (found.source, found.version))))),
        ("project", shown(found.project) if found.project else DASH),
        ("branch", plain(found.branch)),
        ("forked from", plain(found.forked_from)),
        ("parent", _named(found.parent, found.titles) if found.parent else ""),
        ("category", plain(found.category)),
        ("below it", _children(found)),
        ("family", _family(found)),
        ("copies", _copies(found)),
        ("time", _times(found, tz)),
        ("agents", _agents(found)),
        ("configured", "; ".join(map(_configured, configured))),
        ("users", ", ".join(map(plain, found.users))),
        ("tools", ", ".join(f"{plain(name)} {number(calls)}" for name, calls in found.tools)),
    )
    return (pair for pair in pairs if pair[1])


def _id(session: str) -> str:
    """An id to be typed back; one of a length that nobody types is cut."""
    if len(session) <= _ID:
        return plain(session)
    return f"{plain(session[:_ID])}… ({number(len(session))} characters; whole: --json)"


def _named(session: str, titles: Mapping[str, str]) -> str:
    """A session by its short id and its title."""
    title = shorten(plain(titles.get(session, "")), _TITLE)
    return f'{short_id(session)} "{title}"' if title else short_id(session)


def _children(found: SessionAnswer) -> str:
    """The sessions right below; their figures are not in this one's."""
    if not found.children:
        return ""
    named = ", ".join(_named(each, found.titles) for each in found.children[:_NAMED])
    more = f" and {len(found.children) - _NAMED} more" if len(found.children) > _NAMED else ""
    return f"{count(len(found.children), 'session')}, counted apart: {named}{more}"


def _family(found: SessionAnswer) -> str:
    """The figures of the session with all below it: beside its own, and no part of them."""
    if found.family is None:
        return ""
    sums = f"{number(found.family.total)} tokens"
    if found.family.cost:
        mark = "≥ " if found.family.unpriced_tokens else ""
        sums += f", {mark}{costs_text(found.family.cost)}"
    return f"{sums}: this session with {count(found.below, 'session')} below it"


def _copies(found: SessionAnswer) -> str:
    """Calls of other sessions that came with a copied history."""
    if not found.copies:
        return ""
    whose = ", ".join(short_id(owner) for owner, _ in found.copies[:_NAMED])
    more = f" and {len(found.copies) - _NAMED} more" if len(found.copies) > _NAMED else ""
    calls = count(sum(times for _, times in found.copies), "call")
    return f"shows {calls} of {whose}{more}, counted there"


def _agents(found: SessionAnswer) -> str:
    """Names of agents, with how the tool writes them where that is something else."""
    return ", ".join(
        plain(f"{name} (written {' or '.join(raw)})" if raw else name)
        for name in found.agents
        for raw in (found.spellings.get(name, ()),)
    )


def _configured(each: Configured) -> str:
    """What an agent is configured with now, and whether that is what ran."""
    whose = f"{each.agent} (category {each.category})" if each.category else each.agent
    others = " and ".join(each.others)
    if not others:
        what = ", which ran"
    elif len(each.others) < len(each.ran):
        what = f", which ran, and so did {others}"
    else:
        what = f", but {others} ran"
    return plain(f"{whose}: {each.model}{what}")


def _times(found: SessionAnswer, tz: str) -> str:
    """First and last moment, to the second within a day, and how long that is."""
    if found.created_ms is None or found.updated_ms is None:
        return ""
    first, last = (
        iso(at, tz)[:19].replace("T", " ") for at in (found.created_ms, found.updated_ms)
    )
    length = span(found.updated_ms - found.created_ms)
    if first == last:
        ends = first
    elif first[:10] == last[:10]:
        ends = f"{first} to {last[11:]}"
    else:
        ends = f"{first[:16]} to {last[:16]}"
    return f"{ends} ({tz}), {length}"
