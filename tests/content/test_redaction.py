"""What is blackened, what is not, and that no text takes for ever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.content.redaction import MARK, REACH, SECRETS, WITHHELD, Redaction
from tallybook.patterns import slowness

CLEAN = Redaction()
PEM = "-----BEGIN RSA PRIVATE KEY-----{0}MIIEpAIBAAKCAQEA+x/Y={0}-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-" + "aB3_" * 10,
        "sk-" + "a1" * 16,
        "sk-proj-" + "a1-" * 16,
        "gsk_" + "a1" * 20,
        "AIza" + "Sy1-" * 9,
        "hf_" + "aB" * 17,
        "ghp_" + "aB" * 18,
        "github_pat_" + "a1_" * 20,
        "glpat-" + "a1" * 10,
        "xoxb-" + "123-abc" * 4,
        "npm_" + "a1" * 18,
        "AKIA" + "ABCD" * 4,
        "ya29." + "a1" * 20,
        "sk_live_" + "a1" * 12,
        "SG." + "a" * 20 + "." + "b" * 30,
        JWT,
        "Bearer " + "abc.DEF-123" * 3,
        PEM.format("\n"),
        PEM.format("\\n"),
        "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQ",
        "authorization: Basic dXNlcjpwYXNzd29yZA==",
        'x-api-key": "0123456789abcdef',
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENGbPxRfiCY",
    ],
)
def test_a_secret_is_taken_out_wherever_it_stands(secret: str) -> None:
    for text in (secret, f"before {secret} after", f'{{"key": "{secret}"}}', f"\n{secret}\n"):
        said = CLEAN(text)
        assert secret[-12:] not in said
        assert MARK in said
    assert CLEAN(f"before {secret}").startswith("before ")


def test_every_kind_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/content.md").read_text("utf-8")
    assert [each.name for each in SECRETS if f"\n- {each.name}\n" not in page] == []


def test_the_address_around_a_password_stays() -> None:
    assert CLEAN("see postgres://ada:hunter2@db:5432/x?y") == f"see postgres://{MARK}@db:5432/x?y"
    assert CLEAN(r'"http:\/\/ada:hunter2@db\/x"') == rf'"http:\/\/{MARK}@db\/x"'


@pytest.mark.parametrize(
    "text",
    [
        "task-oriented dialogue, risk-averse and disk-space-saving-measures",
        "use bearer tokens; the bearer of bad news",
        "http://localhost:8080/a@b and https://example.org/~ada",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "eyJ is how they begin. ghost ghp_ AKIA sk- xoxb-",
        "authorization: none",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert CLEAN(text) == text


def test_what_stands_after_a_key_stays() -> None:
    said = CLEAN(f"{PEM.format(chr(10))} and then we went home")
    assert said == f"{MARK} and then we went home"


@pytest.mark.parametrize("secret", SECRETS, ids=lambda each: each.literals[0])
def test_no_text_takes_longer_than_its_length(secret) -> None:
    began = time.process_time()
    for literal in secret.literals:
        for text in (literal, f"{literal}a", f"{literal} ", f"{literal}{'a' * 30}.", f"{literal}:"):
            CLEAN(text * (200_000 // len(text)))
    assert time.process_time() - began < 10 * len(secret.literals)  # seen: under 0.1 s each


@given(st.text(max_size=3_000), st.integers(0, 3_000))
def test_a_match_within_reach_is_found_wherever_it_stands(text: str, at: int) -> None:
    text = text.replace("<", "")
    needle = "<" + "x" * (REACH - 2) + ">"
    said = Redaction(["<x+>"])(CLEAN(text)[:at] + needle + CLEAN(text)[at:])
    assert said == CLEAN(text)[:at] + MARK + CLEAN(text)[at:]


def test_a_pattern_that_takes_too_long_leaves_nothing_of_the_text() -> None:
    began = time.process_time()
    assert Redaction([r"\w*\w*x"])("a" * 300_000) == WITHHELD
    assert time.process_time() - began < 20  # seen: 0.5 s
    assert Redaction([r"\w+@"])("a" * 3_000) == "a" * 3_000


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\w*\w*\w*!", r".*.*.*.*!", r"(.*),(.*),(.*),(.*)!", r"[a-z]*?[a-z]*?[a-z]*?!"),
        *("a{0,500}a{0,500}a{0,500}!", ".*a.*a.*a.*a.*a.*a.*!"),
    ],
)
@pytest.mark.parametrize("text", ["a" * 1_500, "ab, " * 500 + "a," * 700])
def test_no_pattern_that_is_let_in_holds_anybody_up(pattern: str, text: str) -> None:
    assert slowness(pattern) == ""
    began = time.process_time()
    assert Redaction([pattern])(text) in (text, WITHHELD)
    assert time.process_time() - began < 5  # seen: 0.1 s; some would have taken years


@pytest.mark.parametrize("length", [1, 20, 900, 1_600])
def test_several_repeats_are_found_wherever_they_stand(length: int) -> None:
    own = Redaction([r"[\w.]+@[\w.]+\.[a-z]+", r"\bpin\s*[:=]\s*\d+"])
    said = " ".join(["words"] * length)
    told = f"{said} ada@example.org {said} pin = 1234 {said}"
    assert own(told) == f"{said} {MARK} {said} {MARK} {said}"


@pytest.mark.parametrize("pattern", [r"\b", "(?<=a)", "(?=a)"])
def test_a_pattern_that_fits_no_letter_takes_nothing_away(pattern: str) -> None:
    assert Redaction([pattern])("ba " * 700 + "a") == "ba " * 700 + "a"


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+", "(a|aa)+b", "((a+)b)*", "(a{2,3}){2}", "(?:a?)*", r"(\w+)\1", "(?P<x>a)(?P=x)"),
        *("a?" * 25, "a*" * 9, "(?:a|b)" * 12 + "c{1,8}" * 5),
        *("(?>a+)+", "((a|b)c)*", "(a+){50}", "(?:(?:x*))+", "(a|b){2}"),
    ],
)
def test_patterns_that_may_take_for_ever_are_known(pattern: str) -> None:
    assert slowness(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\d{16}", "(a|b)", "(?:ab)+", "(?:a+)++", r"(?i)password\s*[:=]\s*\S+", "[(a+)+]+"),
        *(r"\(a+\)+", "(a*)?", "customer-[0-9]+", "a{,3}", "x{y}+", "[]a+]+(b)", "(a+){1}"),
    ],
)
def test_others_are_let_in(pattern: str) -> None:
    assert slowness(pattern) == ""
