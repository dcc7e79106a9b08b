"""Recall: the conversation of one session of OpenCode, read again from its files and databases.
Nothing is stored; when they are gone there is nothing to recall.

Who a message is in the ledger is not decided here: `opencode_calls` tells it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from ..naming import UNKNOWN, storable
from ..reading import Complaint, Reading, Round
from .json_lines import loose
from .opencode_calls import Calls, Step, Told
from .opencode_files import content, is_database, is_orphan
from .opencode_folder import LARGEST, Setting
from .opencode_messages import Message, decoded, inner, moment, settle
from .opencode_orphans import read_orphans
from .opencode_parts import Parts, part_names
from .opencode_sessions import Owners, Session, layout_of
from .opencode_store import Damaged, Moved, NoDatabase, Store, open_store, text
from .opencode_tables import Tables, generations
from .source import Place

Fields = dict[str, object]


class Found(NamedTuple):
    """One message as it stands somewhere: its object, its parts, and the calls in it."""

    id: str
    message: Message
    form: str
    session: Session
    steps: Sequence[Step]
    parts: Sequence[Fields]
    text: str = ""
    seq: int = 0
    origin: tuple[str, int] | None = None


def recall(places: Iterable[Place | Complaint], session: str, setting: Setting) -> Iterator[Round]:
    """The rounds of a session, one a call, in the order of their start. What a database holds
    goes before the same message in an old file."""
    known, left = _gathered(places, session, setting)
    calls = Calls("", Owners(setting.machine), setting.now_ms)
    question, number = "", 0
    ordered = sorted(known.values(), key=_order)
    last = [each.id for each in ordered if each.message.role != "user"][-1:]
    for each in ordered:
        if each.message.role == "user":
            question = each.text or _prompt(each.parts) or question
            continue
        for keys, parts in _calls(each, calls, over=each.id not in last):
            number += 1
            yield _round(each._replace(parts=parts), number, question, keys)
            question = ""
    for one in _deleted(left, setting):
        number += 1
        yield Round(number, one.started_ms, one.model, keys=one.keys)


def _gathered(
    places: Iterable[Place | Complaint], session: str, setting: Setting
) -> tuple[dict[str, Found], list[Place]]:
    """The messages of a session by their ids, and the places that hold only parts of it."""
    known: dict[str, Found] = {}
    left: list[Place] = []
    for place in places:
        if isinstance(place, Complaint):
            continue
        found: list[Found] = []
        if is_database(place.path):
            found = _stored(place.path, session)
        elif os.path.basename(place.path) == session:
            if is_orphan(place.path):
                left.append(place)
            else:
                found = _filed(place.path, setting)
        for each in found:
            known.setdefault(each.id, each)
    return known, left


def _deleted(places: Iterable[Place], setting: Setting) -> Iterator[Reading]:
    """The calls that are left of a deleted session. Its words are not shown: somebody wanted
    them gone."""
    for place in places:
        seen = read_orphans(place, None, setting)
        yield from (one for one in seen if isinstance(one, Reading))


def _calls(
    found: Found, calls: Calls, *, over: bool
) -> Iterator[tuple[tuple[bytes, ...], Sequence[Fields]]]:
    """The keys and parts of each call in a message: its parts are cut behind each step's end."""
    told = Told(
        id=found.id,
        message=found.message,
        session=found.session,
        origin=found.origin,
        form=found.form,
        over=over,
    )
    keys = [reading.keys for reading in calls.readings(told, found.steps)]
    ends = [at for at, part in enumerate(found.parts, 1) if part.get("type") == "step-finish"]
    if len(keys) < 2 or len(ends) != len(keys):
        yield keys[0] if keys else (), found.parts
        return
    begins = [0, *ends[:-1]]
    ends[-1] = len(found.parts)
    for one, begin, end in zip(keys, begins, ends, strict=True):
        yield one, found.parts[begin:end]


def _order(found: Found) -> tuple[int, int, str]:
    time = found.message.time
    return moment(time.created if time else None), found.seq, found.id


def _round(found: Found, number: int, question: str, keys: tuple[bytes, ...]) -> Round:
    message = found.message
    begun = moment(message.time.created if message.time else None)
    ended = moment(message.time.completed if message.time else None)
    texts = [part for part in found.parts if part.get("type") == "text"]
    spoken = moment(inner(texts[0], "time").get("start")) if texts else 0
    return Round(
        number=number,
        started_ms=begun or ended or found.session.created_ms,
        model=message.model_id or UNKNOWN,
        question=question,
        answer=_joined(texts),
        reasoning=_joined(part for part in found.parts if part.get("type") == "reasoning"),
        tool_calls=tuple(_tools(found.parts)),
        message=found.id,
        finish=message.finish or "",
        duration_ms=ended - begun if ended > begun > 0 else None,
        first_token_ms=spoken - begun if spoken > begun > 0 else None,
        agent=message.agent or message.mode or "",
        keys=keys,
    )


def _joined(parts: Iterable[Fields]) -> str:
    return "\n\n".join(filter(None, (_text(part.get("text")) for part in parts)))


def _prompt(parts: Iterable[Fields]) -> str:
    """What a person typed: OpenCode marks the texts that it adds itself."""
    typed = (part for part in parts if part.get("type") == "text" and not part.get("synthetic"))
    return "\n".join(filter(None, (_text(part.get("text")) for part in typed)))


def _tools(parts: Iterable[Fields]) -> Iterator[Mapping[str, str]]:
    for part in parts:
        kind = part.get("type")
        if kind == "tool":
            name = _text(part.get("tool")) or _text(part.get("name"))
            mark = _text(part.get("callID")) or _text(part.get("id"))
            yield {"id": mark, "name": name, "input": _json(inner(part, "state").get("input"))}
        elif kind == "tool-invocation":  # 0.1
            call = inner(part, "toolInvocation")
            name, mark = _text(call.get("toolName")), _text(call.get("toolCallId"))
            yield {"id": mark, "name": name, "input": _json(call.get("args"))}


def _filed(folder: str, setting: Setting) -> list[Found]:
    """The messages of a folder, as far as they can be read."""
    layout = layout_of(folder)
    session, parts = setting.sessions.of(layout), Parts.of(layout.parts)
    found: list[Found] = []
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError:
        return []
    for name in names:
        try:
            raw = content(os.path.join(folder, name), LARGEST)
            message = decoded(raw)
            if message is None:
                continue
            inline = _list((loose(raw) or {}).get("parts"))
            bodies = inline or _bodies(os.path.join(layout.parts, name[:-5]))
            steps = parts.of_message(name[:-5], message).steps
        except OSError:
            continue
        form = settle(message)
        found.append(Found(name[:-5], message, form, session, steps, bodies))
    return found


def _bodies(folder: str) -> list[Fields]:
    found = (loose(content(os.path.join(folder, name), LARGEST)) for name in part_names(folder))
    return [part for part in found if part]


def _stored(path: str, session: str) -> list[Found]:
    """The messages of a session in a database; none if it can't be read at this moment."""
    try:
        return _seen(path, session, locked=False)
    except Moved:
        return _seen(path, session, locked=True)
    except (*Damaged, OSError, NoDatabase):
        return []


def _seen(path: str, session: str, *, locked: bool) -> list[Found]:
    with open_store(path, locked=locked) as store:
        tables = generations(store)[0]
        return [found for each in tables for found in _rows(store, each, session)]


def _rows(store: Store, tables: Tables, mark: str) -> Iterator[Found]:
    generation, session = tables.generation, tables.session(mark)
    kind = "CAST(type AS BLOB), seq" if generation.numbered else "NULL, 0"
    sql = (
        f"SELECT id, {kind}, CAST(data AS BLOB) FROM {generation.messages}"
        f" WHERE session_id = ? ORDER BY {generation.order}"
    )
    steps = tables.steps("session_id", mark)
    for key, role, seq, data in store.rows(sql, (mark,)):
        raw = data if isinstance(data, bytes) else b""
        message, name = decoded(raw), text(key)
        if message is None:
            continue
        form = settle(message)
        if generation.numbered:
            message.role = text(role)
            fields, number = loose(raw) or {}, seq if isinstance(seq, int) else 0
            if message.role in ("user", "assistant"):
                parts, typed = _list(fields.get("content")), _text(fields.get("text"))
                origin = tables.origin(session, number)
                yield Found(name, message, form, session, (), parts, typed, number, origin)
        elif message.role in ("user", "assistant"):
            sql_parts = "SELECT CAST(data AS BLOB) FROM part WHERE message_id = ? ORDER BY id"
            rows = store.rows(sql_parts, (name,)) if tables.has_parts else iter(())
            parts = [loose(row[0]) or {} for row in rows if isinstance(row[0], bytes)]
            yield Found(name, message, form, session, steps.get(name, ()), parts)


def _list(value: object) -> list[Fields]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Fields", each) for each in listed if isinstance(each, dict)]


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _json(value: object) -> str:
    return "" if value is None else storable(json.dumps(value, ensure_ascii=False))
