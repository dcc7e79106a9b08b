"""Lines of Higress's access log that are no JSON: what the gateway did not escape (quotes in a user
agent, a path or a forwarded address), what was cut, what another line was written into. Nothing is
repaired: `ai_log` and the few fields that a call needs are found by their names.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple, cast

from .higress_fields import UNIQUE, AiLog, Fields, Found, believed, fields_of, strict, typed
from .higress_twice import ADDED, TEMPLATE, TWICE
from .json_lines import loose

CUT = "a line about a call is cut"
TWO = "a line holds more than one call"
BEFORE = "what stands before a call in its line is damaged"
FORGED = "a field stands twice in a line about a call"

_ANCHOR = re.compile(rb'"ai_log"\s*:\s*("?)\s*(?=\{)')
BODY = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The inside of a JSON text, up to the quote that ends it."""

_HEAD = re.compile(rb'\{\s*"\w+"\s*:')
HINTS = re.compile(
    rb'"ai_log\\*"\s*:\s*\\*"?\{|_token\\+"|(?:chat_round|llm_service_duration)\\*"\s*:'
)
"""What only lines about calls hold, damaged or not."""

_FIELDS = (*TEMPLATE, *sorted(ADDED))
_FIELD = re.compile(
    rb'"(%s)"\s*:\s*("[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d+|null)' % "|".join(_FIELDS).encode(),
    re.DOTALL,
)
_SENT = (b'"path":"', b'"user_agent":"', b'"x_forwarded_for":"')
"""How fields begin that say what a client sent."""

_TIME = re.compile(rb'"start_time"\s*:\s*"[^"{]*"')
_NEXT = re.compile(b'","(%s)":' % "|".join(("ai_log", *TEMPLATE)).encode())

_OBJECT = json.JSONDecoder(strict=False, parse_constant=str)
_CONTAINER = re.compile(rb"\S{20,40} (?:stdout|stderr) [FP] ")
_TRIES = 3
"""How often the name is believed in one line: a client may send it a thousand times."""

_JUNK = b"\0 \t\r\n\xef\xbb\xbf"


class Piece(NamedTuple):
    """A part of a line that was understood, or what is wrong with it; `start` is its first byte in
    the line."""

    start: int
    found: Found | None
    reason: str = ""


def concerns_a_call(line: bytes) -> bool:
    """Whether a line looks as if it was about a call of a model."""
    return HINTS.search(line) is not None


def is_torn(line: bytes) -> bool:
    """Whether a line that does not begin and end as an object does is what is left of one. Other
    programs may write lines into the same file, which are whole."""
    text = line.strip(_JUNK)
    if text.startswith(b"{"):
        return not text.endswith(b"}")
    rest = text.endswith(b"}") and text.count(b"{") != text.count(b"}")
    return rest or not _is_text(text) or concerns_a_call(text)


def _is_text(line: bytes) -> bool:
    try:
        return "\0" not in line.decode()
    except UnicodeDecodeError:
        return False


def unwrapped(line: bytes) -> bytes:
    """A line without what a container's runtime writes around it."""
    prefix = _CONTAINER.match(line)
    if prefix is not None:
        return line[prefix.end() :]
    if line.startswith(b'{"log":"'):
        inner = (loose(line) or {}).get("log")
        return (
            inner.rstrip("\n").encode("utf-8", "surrogatepass") if isinstance(inner, str) else line
        )
    return line


def pieces(line: bytes) -> list[Piece]:
    """What an odd line says: mostly one call, or that it is cut. After a crash of the gateway a
    line may begin inside of another one."""
    text = line.strip(_JUNK)
    start = line.find(text) if text else 0
    text = _sheltered(text)
    found = strict(text)
    if found is not None:
        return told_of(found, start)
    begun = _begun(text)
    if begun and not _is_whole(text[:begun]):
        rest = [_moved(each, start + begun) for each in pieces(text[begun:])]
        whole = next((each.found for each in rest if _has_time(each.found)), None)
        if whole is not None:
            return [*_before(text[:begun], start, whole), *rest]
    found = _mended(text)
    if found is None:
        return [Piece(start, None, CUT)] if concerns_a_call(text) else []
    told = [Piece(start, found)]
    if begun and strict(text[begun:]) is not None:
        told.append(Piece(start + begun, None, TWO))
    elif not text.startswith(b"{"):
        told.append(Piece(start, None, BEFORE))
    return told if len(told) > 1 else told_of(found, start)


def told_of(found: Found, start: int = 0) -> list[Piece]:
    """A call, and that somebody else wrote in its line, if so."""
    told = [Piece(start, found)]
    return [*told, Piece(start, None, FORGED)] if TWICE in found.note else told


def _sheltered(text: bytes) -> bytes:
    """A line with spaces for what a client sent, where that holds quotes or backslashes: then no
    field is found in it that is not the gateway's."""
    for opening in _SENT:
        at = text.find(opening)
        start = at + len(opening)
        sent = text[start : _end_of_value(text, start)] if at >= 0 else b""
        if (b'"' in sent or b"\\" in sent) and not _holds_a_line(sent, text):
            rest = text[:start] + b" " * len(sent) + text[start + len(sent) :]
            text = rest if all((name in text) == (name in rest) for name in UNIQUE) else text
    return text


def _end_of_value(text: bytes, start: int) -> int:
    """Where a value ends that may hold quotes: where a field of the template begins that was not
    there yet; else with the line."""
    for each in _NEXT.finditer(text, start):
        if text.find(b'"%s":' % each[1], 0, start) < 0:
            return each.start()
    return len(text) - 2 if text.endswith(b'"}') else start


def _holds_a_line(sent: bytes, text: bytes) -> bool:
    """Whether it was no client, but a crash, after which another line went on in the middle."""
    head = _HEAD.match(text)
    begins = b'"ai_log":' in sent or (head is not None and head[0] in sent)
    return begins and _NEXT.search(sent) is not None


def _before(text: bytes, start: int, whole: Found) -> list[Piece]:
    """What a line tells that was cut, and that a whole one follows on. If its statistics are there
    the call counts, at the time of the other one."""
    found = _mended(text)
    if found is None:
        return [Piece(start, None, CUT)] if concerns_a_call(text) else []
    found.access.start_time = whole.access.start_time
    return [Piece(start, found._replace(doubled=True, note="time-from-neighbour"))]


def _moved(piece: Piece, by: int) -> Piece:
    return piece._replace(start=piece.start + by)


def _begun(text: bytes) -> int:
    """Where a line begins once more, the way it began at first; 0 if it does not."""
    head = _HEAD.match(text) or _HEAD.search(text)
    if head is None:
        return 0
    again = text.rfind(head[0]) if head.start() == 0 else head.start()
    return max(0, again)


def _is_whole(text: bytes) -> bool:
    """Whether a beginning of a line tells all that a call needs."""
    return _TIME.search(text) is not None and _statistics(text) is not None


def _has_time(found: Found | None) -> bool:
    return found is not None and found.access.start_time is not None


def words_in(line: bytes) -> Fields:
    """All fields of the statistics in a line, words too; none for a line without any."""
    found = _statistics(_sheltered(unwrapped(line).strip(_JUNK)))
    return {} if found is None else found.fields


def _mended(line: bytes) -> Found | None:
    """The two parts of a line, by their names."""
    found = _statistics(line)
    if found is None:
        return None
    return _with_fields(typed(AiLog, found.fields), line[: found.start], line[found.end :])


class _Statistics(NamedTuple):
    """The fields of `ai_log`, and where it begins and ends in its line."""

    fields: Fields
    start: int
    end: int


def _statistics(line: bytes) -> _Statistics | None:
    """Where `ai_log` stands first, nothing that a client sent is before it; else the last one that
    can be read counts."""
    anchors = list(_ANCHOR.finditer(line))
    leads = anchors and not line[: anchors[0].start()].strip(b"{ ")
    for anchor in anchors[:_TRIES] if leads else anchors[: -_TRIES - 1 : -1]:
        found = _behind(line, anchor)
        if found is not None:
            return found
    return None


def _behind(line: bytes, anchor: re.Match[bytes]) -> _Statistics | None:
    """The statistics behind their name."""
    start = anchor.end()
    if anchor[1]:
        body = BODY.match(line, start)
        end = body.end() if body else start
        fields = _unescaped(line[start:end]) if line[end : end + 1] == b'"' else None
        if fields is not None:
            return _Statistics(fields, anchor.start(), end + 1)
    text = line[start:].decode("utf-8", "replace")
    try:
        found, length = _OBJECT.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    end = start + len(line[start:]) - len(text[length:].encode("utf-8"))
    return _Statistics(cast("Fields", found), anchor.start(), end)


def _unescaped(body: bytes) -> Fields | None:
    """Statistics from the inside of a JSON text, also where a byte of it is no character."""
    try:
        text: str = json.loads('"' + body.decode("utf-8", "replace") + '"', strict=False)
    except ValueError:
        return None
    return fields_of(text)


def _with_fields(log: AiLog, before: bytes, after: bytes) -> Found:
    """The call with its other fields, from what is around its statistics. Of a field that stands
    there twice the first counts, if nothing tells which is the gateway's; then the call is known by
    its line."""
    pairs = [
        (match[1].decode(), _plain(match[2]))
        for part in (before, after)
        for match in _FIELD.finditer(part)
    ]
    found = believed(pairs, log, first=True)
    again = _ANCHOR.search(after) is not None or _ANCHOR.search(before) is not None
    return found._replace(doubled=True) if again else found


def _plain(value: bytes) -> object:
    """What a field says; its text as it stands where that is no sound JSON."""
    text = value.decode("utf-8", "replace")
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return text.strip('"')
