"""Gemini CLI: which messages are calls, to whom they belong, and what damage does."""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tallybook.places import gemini_roots
from tallybook.reading import Complaint, SessionFact
from tallybook.sources import Place, Source, open_source

from .folding import Call, Story, open_home, place_of, places, read_all

HOMES = Path(__file__).parent / "gemini_cli"
NAMES = sorted(home.name for home in HOMES.iterdir())

MAIN = "5c1d0e2a-7b1f-4f7e-9a54-0d0f8c0a1b2c"
OTHER = "77777777-7b1f-4f7e-9a54-0d0f8c0a1b2c"
REPLY = "aaaaaaaa-0000-4000-8000-00000000000"
FOLDER = "/home/dev/proj/alpha"
HASH = hashlib.sha256(FOLDER.encode()).hexdigest()
TOKENS = {"input": 100, "output": 7, "cached": 40, "thoughts": 3, "tool": 0, "total": 110}
USED = (60, 7, 3, 40, 0, 0)

Fields = dict[str, Any]


def header(session: str = MAIN, **more: object) -> Fields:
    start = "2026-05-01T10:00:00.000Z"
    return {"sessionId": session, "projectHash": HASH, "startTime": start, "kind": "main", **more}


def asked(text: str, at: str = "10:00:01") -> Fields:
    stamp = f"2026-05-01T{at}.000Z"
    return {"id": f"q-{text}", "timestamp": stamp, "type": "user", "content": [{"text": text}]}


def reply(number: int = 1, **changes: object) -> Fields:
    fields: Fields = {
        "id": f"{REPLY}{number}",
        "timestamp": f"2026-05-01T10:00:{number + 1:02}.000Z",
        "type": "gemini",
        "content": f"answer {number}",
        "thoughts": [{"subject": "Plan", "description": "think first"}],
        "tokens": TOKENS,
        "model": "gemini-2.5-pro",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not ...}


def tool(name: str, **more: object) -> Fields:
    return {"id": f"call-{name}", "name": name, "args": {"file_path": "/x"}, **more}


def dumped(*lines: Fields) -> bytes:
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in lines)


def document(*messages: Fields, **more: object) -> bytes:
    return json.dumps({**header(), "messages": list(messages), **more}, indent=2).encode()


class Home:
    """A home of Gemini CLI that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gemini = folder / ".gemini"

    def put(self, name: str, data: bytes | str, project: str = "alpha") -> Path:
        """A file in the folder of a project's sessions."""
        path = self.gemini / "tmp" / project / "chats" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def write(self, name: str, text: object) -> None:
        """Any other file."""
        path = self.gemini / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text))

    def open(self) -> Source:
        return open_home("gemini-cli", self.folder)

    def story(self) -> Story:
        return read_all(self.open())

    def calls(self) -> list[Call]:
        return sorted(self.story().calls().values(), key=lambda call: call.started_ms)

    def only(self) -> Call:
        (call,) = self.calls()
        return call


@pytest.fixture
def gemini(tmp_path: Path) -> Home:
    return Home(tmp_path)


FILE = f"session-2026-05-01T10-00-{MAIN[:8]}.jsonl"
DOCUMENT = FILE.removesuffix("l")


def facts(story: Story) -> dict[str, SessionFact]:
    return {one.session: one for one in story.others if isinstance(one, SessionFact)}


# -- real homes


@pytest.mark.parametrize("name", NAMES)
def test_order_of_files_does_not_matter(name: str) -> None:
    source = open_home("gemini-cli", HOMES / name)
    whole = read_all(source).calls()
    for seed in range(3):
        found = places(source)
        random.Random(seed).shuffle(found)
        story = Story()
        for place in found:
            story.add(source.read(place, None))
        assert story.calls() == whole


def test_an_upgraded_session_is_one(tmp_path: Path) -> None:
    """0.61 copied the old folder, and made lines of the document when it resumed."""
    home = HOMES / "home_0_24_5_to_0_61_0"
    source = open_home("gemini-cli", home)
    session = next(path for path in home.rglob("*1f411928.jsonl"))
    copies = sorted(str(path) for path in home.rglob(f"{session.stem}.*"))
    assert len(copies) == 3
    calls = read_all(source).calls().values()
    of_it = [call for call in calls if call.who.session and call.who.session.startswith("1f411928")]
    assert len(of_it) == 4
    assert {call.who.project for call in of_it} == {"/home/dev/proj/alpha"}
    assert [each.number for each in source.recall(str(of_it[0].who.session))] == [1, 2, 3, 4]


def test_projects_agents_and_parents_of_real_homes() -> None:
    story = read_all(open_home("gemini-cli", HOMES / "home_0_40_1"))
    whose = {(call.who.project, call.who.agent) for call in story.calls().values()}
    assert whose == {
        ("/home/dev/proj/alpha", None),
        ("/home/dev/proj/beta", None),
        ("/home/dev/proj/gamma", None),
        ("/home/dev/proj/gamma", "generalist"),
    }
    parents = {one.parent: name for name, one in facts(story).items() if one.parent}
    assert parents == {
        "32d6f57e-aa97-425a-a0ff-2f340354d6af": "en475n@32d6f57e-aa97-425a-a0ff-2f340354d6af"
    }


def test_a_model_that_nobody_can_price_is_kept_as_it_is() -> None:
    calls = read_all(open_home("gemini-cli", HOMES / "home_0_24_5")).calls().values()
    assert sorted(call.model for call in calls if call.model == "auto") == ["auto", "auto"]


# -- lines


def test_a_reply_that_is_written_twice_counts_once(gemini: Home) -> None:
    again = reply(toolCalls=[tool("read_file"), tool("read_file"), tool("shell")])
    gemini.put(FILE, dumped(header(), asked("hi"), reply(), again))
    story = gemini.story()
    assert len(story.readings) == 1
    call = gemini.only()
    assert (call.counts, call.model, call.status) == (USED, "gemini-2.5-pro", "complete")
    assert call.tools == {"read_file": 2, "shell": 1}
    assert (call.who.session, call.started_ms) == (MAIN, 1_777_629_602_000)


def test_a_reply_that_is_written_again_at_another_time_keeps_both(gemini: Home) -> None:
    """Read at once or while the file grows: the first time is when the reply came."""
    path = gemini.put(FILE, dumped(header(), reply(), reply(timestamp="2026-05-01T10:00:09.000Z")))
    call = gemini.only()
    assert (call.ended_ms - call.started_ms, call.counts) == (7_000, USED)
    assert len(Story().add(gemini.open().read(place_of(path), None)).readings) == 2


def test_a_history_that_is_written_back_takes_nothing_away(gemini: Home) -> None:
    bare = reply(tokens=..., model=..., timestamp="2026-05-01T12:00:00.000Z")
    patch = {"$set": {"messages": [asked("hi"), bare], "lastUpdated": "2026-05-01T12:00:00.000Z"}}
    gemini.put(FILE, dumped(header(), reply(), header(), patch, {"$rewindTo": f"{REPLY}1"}))
    call = gemini.only()
    assert (call.counts, call.status, call.started_ms) == (USED, "complete", 1_777_629_602_000)


def test_a_history_that_is_written_back_may_tell_what_was_lost(gemini: Home) -> None:
    gemini.put(FILE, dumped(header(), {"$set": {"messages": [asked("hi"), reply()]}}))
    assert gemini.only().counts == USED


@pytest.mark.parametrize("tokens", [None, ..., {**dict.fromkeys(TOKENS, 0)}])
def test_a_reply_without_counts_is_unmetered(gemini: Home, tokens: object) -> None:
    gemini.put(FILE, dumped(header(), reply(tokens=tokens)))
    call = gemini.only()
    assert (call.status, call.counts) == ("unmetered", (0,) * 6)


def test_what_no_model_said_is_no_call(gemini: Home) -> None:
    synthetic = reply(1, tokens=..., model=...)
    silent = reply(2, tokens=None, content="")
    info = {**reply(3, tokens=...), "type": "info"}
    gemini.put(FILE, dumped(header(), synthetic, silent, info))
    assert gemini.calls() == []


def test_whatever_has_counts_is_a_call(gemini: Home) -> None:
    gemini.put(FILE, dumped(header(), reply(type="gemin\u202e")))
    assert gemini.only().counts == USED


def test_counts_that_come_later_are_taken(gemini: Home) -> None:
    path = gemini.put(FILE, dumped(header(), reply(tokens=None)))
    source, story = gemini.open(), Story()
    story.add(source.read(place_of(path), None))
    path.write_bytes(path.read_bytes() + dumped(reply()))
    story.add(source.read(place_of(path), story.cursors[-1]))
    (call,) = story.calls().values()
    assert (call.status, call.counts) == ("complete", USED)


def test_a_copied_session_counts_once(gemini: Home) -> None:
    gemini.put(FILE, dumped(header(), reply()))
    later = header(OTHER, startTime="2026-05-02T10:00:00.000Z")
    gemini.put(f"session-2026-05-02T10-00-{OTHER[:8]}.jsonl", dumped(later, reply(), reply(2)))
    assert [call.who.session for call in gemini.calls()] == [MAIN, OTHER]


def test_short_ids_are_told_apart_by_their_times(gemini: Home) -> None:
    again = reply(id="1", toolCalls=[tool("shell")])
    gemini.put(FILE, dumped(header(), reply(id="1"), again, reply(2, id="1")))
    assert [call.tools for call in gemini.calls()] == [{"shell": 1}, {}]


def test_the_title_is_the_first_prompt_or_a_summary(gemini: Home) -> None:
    context = asked("<session_context>\nThis is the Gemini CLI.", "10:00:00")
    path = gemini.put(FILE, dumped(header(), context, asked("Fix it\nplease"), reply()))
    fact = facts(gemini.story())[MAIN]
    assert (fact.title, fact.title_rank) == ("Fix it", 1)
    path.write_bytes(path.read_bytes() + dumped({"$set": {"summary": "Mending a fence"}}))
    fact = facts(gemini.story())[MAIN]
    assert (fact.title, fact.title_rank) == ("Mending a fence", 2)


def test_a_session_in_which_nobody_spoke_is_none(gemini: Home) -> None:
    gemini.put(FILE, dumped(header()))
    story = gemini.story()
    assert (story.readings, story.others, story.complaints) == ([], [], [])


# -- sub-agents

CHILD = f"{MAIN}/en475n.jsonl"


def started(name: str = "generalist") -> Fields:
    called = tool("invoke_agent", agentId="en475n", args={"agent_name": name})
    return reply(1, toolCalls=[called])


def of_child(number: int = 5) -> bytes:
    return dumped(header("en475n", kind="subagent"), asked("helper"), reply(number))


def test_a_sub_agent_is_a_session_of_its_own(gemini: Home) -> None:
    gemini.put(FILE, dumped(header(), asked("go"), started()))
    gemini.put(CHILD, of_child())
    own, helper = gemini.calls()
    assert (own.who.session, own.who.agent) == (MAIN, None)
    assert (helper.who.session, helper.who.agent) == (f"en475n@{MAIN}", "generalist")
    assert facts(gemini.story())[f"en475n@{MAIN}"].parent == MAIN


def test_a_sub_agent_may_have_a_document(gemini: Home) -> None:
    """As 0.38 writes them; the parent names it only in lines of newer versions."""
    child = document(reply(5), sessionId="en475n", kind="subagent")
    gemini.put(f"{MAIN}/en475n.json", child)
    parent = gemini.put(DOCUMENT, document(asked("go"), reply()))
    agents = {call.who.session: call.who.agent for call in gemini.calls()}
    assert agents == {MAIN: None, f"en475n@{MAIN}": "subagent"}
    parent.write_bytes(document(asked("go"), started()))
    for story in (gemini.story(), Story().add(gemini.open().read(place_of(parent), None))):
        agents = {call.who.session: call.who.agent for call in story.calls().values()}
        assert agents == {MAIN: None, f"en475n@{MAIN}": "generalist"}


def test_short_ids_of_sub_agents_do_not_meet(gemini: Home) -> None:
    gemini.put(CHILD, of_child(5))
    gemini.put(f"{OTHER}/en475n.jsonl", of_child(6))
    assert {call.who.session for call in gemini.calls()} == {f"en475n@{MAIN}", f"en475n@{OTHER}"}


def test_a_sub_agent_is_named_when_it_comes_back(gemini: Home) -> None:
    parent = gemini.put(FILE, dumped(header(), asked("go")))
    child = gemini.put(CHILD, of_child())
    source, story = gemini.open(), Story()
    story.add(source.read(place_of(parent), None))
    begun = story.cursors[-1]
    story.add(source.read(place_of(child), None))
    assert [call.who.agent for call in story.calls().values()] == ["subagent"]
    parent.write_bytes(parent.read_bytes() + dumped(started()))
    story.add(source.read(place_of(parent), begun))
    agents = {call.who.session: call.who.agent for call in story.calls().values()}
    assert agents == {MAIN: None, f"en475n@{MAIN}": "generalist"}


@pytest.mark.parametrize("named", ["../../../../x", "/etc/x", "a\0b", "none"])
def test_a_sub_agent_that_leads_elsewhere_is_left_alone(gemini: Home, named: str) -> None:
    (gemini.folder / "x.jsonl").write_bytes(of_child())
    called = reply(1, toolCalls=[tool("invoke_agent", agentId=named)])
    gemini.put(FILE, dumped(header(), called))
    assert [call.who.agent for call in gemini.calls()] == [None]


# -- projects


def project(gemini: Home, folder: str = HASH, *more: Fields) -> str | None:
    gemini.put(DOCUMENT, document(reply(), *more), folder)
    return gemini.only().who.project


def test_a_project_is_named_by_the_marker_in_its_folder(gemini: Home) -> None:
    gemini.write("tmp/alpha/.project_root", "/srv/alpha\n")
    gemini.write("projects.json", {"projects": {"/srv/other": "alpha"}})
    assert project(gemini, "alpha") == "/srv/alpha"


def test_a_project_is_named_by_the_list(gemini: Home) -> None:
    gemini.write("projects.json", {"projects": {"/srv/beta": "beta", "/srv/alpha": "alpha"}})
    assert project(gemini, "alpha") == "/srv/alpha"


@pytest.mark.parametrize("name", ["projects.json", "trustedFolders.json"])
def test_a_hash_is_matched_with_directories_that_are_known(gemini: Home, name: str) -> None:
    known = {"projects": {FOLDER: "alpha"}} if name == "projects.json" else {FOLDER: "TRUST_FOLDER"}
    gemini.write(name, known)
    assert project(gemini) == FOLDER


def test_a_hash_is_matched_with_directories_that_the_session_names(gemini: Home) -> None:
    call = tool("read_file", args={"file_path": f"{FOLDER}/src/a.py"})
    assert project(gemini, HASH, reply(1, toolCalls=[call])) == FOLDER
    assert facts(gemini.story())[MAIN].directory == FOLDER


def test_a_hash_that_nobody_knows_is_shown_in_short(gemini: Home) -> None:
    assert project(gemini) == HASH[:12]
    assert facts(gemini.story())[MAIN].directory is None


def test_an_unreadable_list_is_as_good_as_none(gemini: Home) -> None:
    gemini.write("projects.json", "{")
    os.mkfifo(gemini.gemini / "trustedFolders.json")
    assert project(gemini) == HASH[:12]


# -- documents


def test_a_document_that_has_not_changed_says_nothing(gemini: Home) -> None:
    path = gemini.put(DOCUMENT, document(asked("hi"), reply()))
    source = gemini.open()
    first = Story().add(source.read(place_of(path), None))
    os.utime(path)
    assert Story().add(source.read(place_of(path), first.cursors[-1])).readings == []
    path.write_bytes(document(asked("hi"), reply(), reply(2)))
    again = Story().add(source.read(place_of(path), first.cursors[-1]))
    assert len(again.calls()) == 2


@pytest.mark.parametrize("dump", ["indent", "compact"])
def test_a_document_that_is_cut_keeps_its_whole_messages(gemini: Home, dump: str) -> None:
    lines = [asked("hi"), reply(), reply(2, toolCalls=[tool("shell")]), reply(3)]
    data = document(*lines)
    if dump == "compact":
        data = json.dumps(json.loads(data), separators=(",", ":")).encode()
    ends = [data.find(f"{REPLY}{number}".encode()) for number in (2, 3)]
    source = gemini.open()
    for end in range(0, len(data), 7):
        path = gemini.put(DOCUMENT, data[:end])
        story = Story().add(source.read(place_of(path), None))
        assert len(story.complaints) == 1, end
        assert len(story.cursors) == 1
        found = [call.counts for call in story.calls().values()]
        assert set(found) <= {USED}
        assert len(found) >= sum(end > each for each in ends)
        assert all(call.who.session == MAIN for call in story.calls().values())


def test_a_damaged_message_does_not_hide_the_others(gemini: Home) -> None:
    data = document(asked("hi"), reply(), reply(2), reply(3))
    at = data.find(b"answer 2")
    path = gemini.put(DOCUMENT, data[:at] + b'"]}\0' + data[at:])
    story = Story().add(gemini.open().read(place_of(path), None))
    assert len(story.calls()) == 2
    (complaint,) = story.complaints
    assert "not a whole JSON document" in complaint.reason
    assert "answer" not in complaint.sample


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"answer 2", b"answer \0", "zeros instead of text"),
        (b'"messages": [', b'"messages": [7,', "a message is no JSON object"),
    ],
)
def test_damage_in_a_document_that_is_still_one_is_told(
    gemini: Home, old: bytes, new: bytes, reason: str
) -> None:
    data = document(asked("hi"), reply(), reply(2))
    path = gemini.put(DOCUMENT, data.replace(old, new))
    story = Story().add(gemini.open().read(place_of(path), None))
    assert len(story.calls()) == 2
    assert [each.reason for each in story.complaints] == [reason]


def test_a_large_document_that_is_damaged_is_read_in_time(gemini: Home) -> None:
    """Its messages are not looked for one by one through all the rest."""
    many = 3_000
    text = 'word "/home/ann/app" ' * 250
    ids = (f"{number:036}" for number in range(many))
    data = document(*(reply(2, id=each, content=text) for each in ids))
    gemini.put(DOCUMENT, data.replace(b"word", b"wor\0", 1))
    begun = time.process_time()
    story = gemini.story()
    assert time.process_time() - begun < 5
    assert len({one.keys for one in story.readings}) == many
    assert len({one.offset for one in story.readings}) == many


def test_notes_stand_in_the_order_of_their_names(gemini: Home) -> None:
    """As they do when readings are joined: one that is told once says the same."""
    gemini.put(FILE, dumped(header(), reply(model=..., timestamp=...)))
    (reading,) = gemini.story().readings
    assert reading.note == "model-not-told;time-from-neighbour"


def test_a_message_without_an_id_counts_once(gemini: Home) -> None:
    nameless = reply(id=...)
    gemini.put(DOCUMENT, document(nameless, reply(2, id=...)))
    gemini.put(FILE, dumped(header(), nameless, nameless))
    assert len(gemini.calls()) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"[]", "not a whole JSON document"),
        (b'{"a": 1}', "not a session of Gemini CLI"),
        (b"\0" * 5_000, "not a whole JSON document"),
        (b"\xef\xbb\xbf" + document(reply()), None),
    ],
)
def test_documents_that_are_none(gemini: Home, data: bytes, reason: str | None) -> None:
    gemini.put(DOCUMENT, data)
    reasons = [each.reason for each in gemini.story().complaints]
    assert reasons == [] if reason is None else reason in reasons[0]


# -- damage in lines


def test_a_line_behind_a_broken_one_is_read(gemini: Home) -> None:
    broken = dumped(reply(1))[:60]
    gemini.put(FILE, dumped(header()) + broken + dumped(reply(2), reply(3)))
    story = gemini.story()
    assert len(story.calls()) == 2
    assert [each.reason for each in story.complaints] == ["not a line of JSON"]


def test_a_damaged_field_does_not_spoil_the_others(gemini: Home) -> None:
    odd = reply(1, thoughts=7, toolCalls=[3, tool("shell")], content={"x": 1}, summary=5)
    gemini.put(FILE, dumped(header(kind=9), odd))
    call = gemini.only()
    assert (call.counts, call.tools) == (USED, {"shell": 1})


def test_bytes_that_are_no_text_are_no_reason_to_lose_a_count(gemini: Home) -> None:
    data = dumped(header(), reply(1, content="\u00e9 \ud83d"))
    gemini.put(FILE, data.replace(b"answer", b"\xff\xfe"))
    assert gemini.only().counts == USED


@pytest.mark.parametrize(
    ("changes", "reason", "note"),
    [
        ({"timestamp": "soon"}, "impossible time", "time-from-neighbour"),
        ({"timestamp": ...}, "impossible time", "time-from-neighbour"),
        ({"model": ...}, None, "model-not-told"),
        ({"tokens": "many"}, "the tokens of a reply could not be understood", None),
    ],
)
def test_what_is_missing_is_told(
    gemini: Home, changes: Fields, reason: str | None, note: str | None
) -> None:
    gemini.put(FILE, dumped(header(), asked("hi"), reply(1, **changes)))
    story = gemini.story()
    assert (story.complaints[0].reason if story.complaints else "").startswith(reason or "")
    assert bool(story.complaints) == bool(reason)
    notes = {one for call in story.calls().values() for one in call.notes}
    assert notes == ({note} if note else set())


# -- finding files


def found(source: Source) -> list[str]:
    return [Path(one.path).name for one in source.locate() if isinstance(one, Place)]


def test_only_sessions_are_read(gemini: Home) -> None:
    gemini.put(FILE, dumped(header(), reply()))
    gemini.put(CHILD, of_child())
    for name in (f"{FILE}.tmp-4711", f"{FILE}.unreadable-1", "notes.json", "notes.jsonl"):
        gemini.put(name, dumped(header(OTHER), reply(9)))
    for name in ("tmp/alpha/logs.json", "tmp/alpha/checkpoint-a.json", "tmp/bin/rg", "x.jsonl"):
        gemini.write(name, "[]")
    assert sorted(found(gemini.open())) == sorted(["en475n.jsonl", FILE])
    assert gemini.story().complaints == []


def test_prompts_without_a_session_are_told(gemini: Home) -> None:
    gemini.write("tmp/one/logs.json", "[]")
    gemini.write("tmp/two/logs.json", "[]")
    gemini.write("tmp/two/checkpoint-x.json", "[]")
    gemini.put(FILE, dumped(header(), reply()))
    (complaint,) = [one for one in gemini.open().locate() if isinstance(one, Complaint)]
    assert complaint.reason == "2 projects hold prompts but no session with counts"


def test_roots_and_variables(tmp_path: Path) -> None:
    moved = Home(tmp_path / "moved")
    moved.put(FILE, dumped(header(), reply()))
    environ = {"HOME": str(tmp_path / "home"), "GEMINI_CLI_HOME": str(tmp_path / "moved")}
    source = open_source("gemini-cli", environ=environ)
    assert source.roots() == (tmp_path / "moved" / ".gemini",)
    assert found(source) == [FILE]
    more = {"HOME": str(tmp_path / "home"), "GEMINI_DATA_DIR": str(moved.gemini)}
    assert found(open_source("gemini-cli", environ=more)) == [FILE]


def test_roots_in_the_windows_subsystem() -> None:
    """The Windows side is looked into as well, unless the variable names a home."""
    linux, windows = Path("/home/dev"), Path("/mnt/c/Users/Dev")
    inside = {"WSL_DISTRO_NAME": "Debian"}
    both = (linux / ".gemini", windows / ".gemini")
    assert gemini_roots(inside, linux, "linux", (windows,)) == both
    moved = {**inside, "GEMINI_CLI_HOME": "~/x"}
    assert gemini_roots(moved, linux, "linux", (windows,)) == (linux / "x" / ".gemini",)


@pytest.mark.parametrize(
    "root", [".gemini", ".gemini/tmp/alpha", f".gemini/tmp/alpha/chats/{FILE}"]
)
def test_extra_roots(gemini: Home, root: str) -> None:
    gemini.put(FILE, dumped(header(), reply()))
    (gemini.gemini / "tmp" / "alpha" / "chats" / "other.jsonl").write_text('{"type":"x"}\n')
    extra = open_source(
        "gemini-cli", (gemini.folder / root,), {"HOME": str(gemini.folder / "none")}
    )
    names = [name for name in found(extra) if name != "other.jsonl" or root != ".gemini"]
    assert names == [FILE]


def test_a_file_of_another_tool_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "session-1.jsonl"
    other.write_text('{"type":"session","id":"x"}\n')
    assert found(open_source("gemini-cli", (other,), {"HOME": str(tmp_path / "none")})) == []


# -- recall


def test_the_conversation_is_recalled(gemini: Home) -> None:
    first = reply(1, content=[{"text": "so", "thought": True}, {"text": "done"}])
    again = {**first, "toolCalls": [tool("shell", args={"command": "ls"})]}
    result = {**asked("", "10:00:03"), "content": [{"functionResponse": {"id": "call-shell"}}]}
    gemini.put(FILE, dumped(header(), asked("list"), asked("now"), first, again, result, reply(2)))
    one, two = gemini.open().recall(MAIN)
    assert (one.number, one.question, one.answer) == (1, "list\n\nnow", "done")
    assert one.reasoning == "Plan: think first"
    assert one.tool_calls == ({"id": "call-shell", "name": "shell", "input": '{"command":"ls"}'},)
    assert (two.number, two.question, two.answer) == (2, "", "answer 2")
    assert {one.keys, two.keys} == {tuple(call.keys) for call in gemini.calls()}


def test_recall_of_a_document_and_of_what_was_made_of_it(gemini: Home) -> None:
    gemini.put(DOCUMENT, document(asked("old"), reply()))
    assert [each.question for each in gemini.open().recall(MAIN)] == ["old"]
    gemini.put(FILE, dumped(header(), asked("old"), reply(), asked("new"), reply(2)))
    assert [each.question for each in gemini.open().recall(MAIN)] == ["old", "new"]
    assert list(gemini.open().recall(OTHER)) == []


def test_recall_of_a_session_whose_file_another_one_goes_on_with(gemini: Home) -> None:
    """As the calls are told: each belongs to the session whose header stands before it."""
    behind = (header(OTHER), asked("other"), reply(2))
    gemini.put("together.jsonl", dumped(header(), asked("mine"), reply(), *behind))
    source = open_source("gemini-cli", [gemini.folder / ".gemini" / "tmp"], environ={})
    rounds = {session: list(source.recall(session)) for session in (MAIN, OTHER)}
    assert {each: [one.question for one in rounds[each]] for each in rounds} == {
        MAIN: ["mine"],
        OTHER: ["other"],
    }
