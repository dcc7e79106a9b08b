"""Blackening: what must not be kept is taken out of a text before anything of it is written.

The shipped rules know the secrets that have a form of their own. Each of them looks for a few
literal words first, so that the usual text costs next to nothing, and none goes back over what it
has matched: a hostile text takes no longer than its length. A user's own patterns are looked for
in pieces, with a limit of time; which of them are let in at all is `patterns`.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from ..patterns import open_repeats

MARK = "[redacted]"
WITHHELD = "[redacted: a pattern took too long on this text]"

REACH = 500
"""The characters that a user's pattern may span to be sure to be found, wherever it stands."""

_LEAST_S, _CHARACTER_S = 0.1, 2e-6
"""The time of this thread, whatever else the machine does, that a user's pattern has for one text:
some, and more for each character."""


class Secret(NamedTuple):
    """A kind of secret: its name in the documents, the literals of which a text must have one (in
    lower case if `folded`), and its form."""

    name: str
    literals: tuple[str, ...]
    form: re.Pattern[str]
    folded: bool = False


def _secret(name: str, literals: str, form: str, *, folded: bool = False) -> Secret:
    flags = re.IGNORECASE if folded else re.NOFLAG
    return Secret(name, tuple(literals.split()), re.compile(form, flags), folded)


_ALONE = r"(?<![A-Za-z0-9])"
_KEY_ENDS = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

SECRETS: tuple[Secret, ...] = (
    _secret(
        "private key blocks",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        rf"(?:[A-Za-z0-9+/=\s\\:,.()]|-(?!----))*+(?:{_KEY_ENDS})?",
    ),
    _secret(
        "keys of model providers: `sk-…`, `gsk_…`, `xai-…`, `pplx-…`, `AIza…`, `hf_…`, `r8_…`",
        "sk- gsk_ xai- pplx- AIza hf_ r8_",
        rf"{_ALONE}(?:sk-[A-Za-z0-9_-]{{20,}}+|gsk_[A-Za-z0-9]{{20,}}+|xai-[A-Za-z0-9]{{20,}}+"
        r"|pplx-[A-Za-z0-9]{20,}+|AIza[A-Za-z0-9_-]{30,}+|hf_[A-Za-z0-9]{20,}+"
        r"|r8_[A-Za-z0-9]{20,}+)",
    ),
    _secret(
        "tokens of GitHub, GitLab, npm, PyPI and Slack: `ghp_…`, `github_pat_…`, `glpat-…`,"
        " `npm_…`, `pypi-…`, `xoxb-…`, `xapp-…`",
        "gh github_pat_ glpat- npm_ pypi- xox xapp-",
        rf"{_ALONE}(?:gh[opsur]_[A-Za-z0-9]{{20,}}+|github_pat_[A-Za-z0-9_]{{20,}}+"
        r"|glpat-[A-Za-z0-9_-]{16,}+|npm_[A-Za-z0-9]{30,}+|pypi-[A-Za-z0-9_-]{40,}+"
        r"|xox[a-z]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{20,}+)",
    ),
    _secret(
        "keys of clouds: `AKIA…`, `ASIA…`, `LTAI…`, `ya29.…`, `GOCSPX-…`, `AccountKey=…`",
        "AKIA ASIA LTAI ya29. GOCSPX- AccountKey=",
        rf"{_ALONE}(?:A[KS]IA[A-Z0-9]{{16}}(?![A-Z0-9])|LTAI[A-Za-z0-9]{{12,}}+"
        r"|ya29\.[A-Za-z0-9_-]{20,}+|GOCSPX-[A-Za-z0-9_-]{20,}+|AccountKey=[A-Za-z0-9+/=]{40,}+)",
    ),
    _secret(
        "keys of payments and mail: `sk_live_…`, `rk_test_…`, `whsec_…`, `SG.…`",
        "sk_ rk_ whsec_ SG.",
        rf"{_ALONE}(?:[rs]k_(?:live|test)_[A-Za-z0-9]{{10,}}+|whsec_[A-Za-z0-9+/=]{{16,}}+"
        r"|SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+)",
    ),
    _secret(
        "JSON web tokens: `eyJ….eyJ….…`",
        "eyJ",
        rf"{_ALONE}eyJ[A-Za-z0-9_-]{{10,}}+\.eyJ[A-Za-z0-9_-]{{10,}}+(?:\.[A-Za-z0-9_-]*+)?",
    ),
    _secret(
        "bearer tokens: `Bearer …`",
        "bearer",
        r"\bbearer[ \t]{1,3}[A-Za-z0-9._~+/-]{16,}+=*+",
        folded=True,
    ),
    _secret(
        "what stands behind `Authorization:`, `x-api-key:`, `aws_secret_access_key =`",
        "authorization x-api-key secret_access_key secretaccesskey",
        r"(?:authorization|x-api-key|(?:aws_)?secret_access_key|secretaccesskey)"
        r"[\\\"']{0,4}[ \t]{0,3}[:=][ \t]{0,3}[\\\"']{0,4}"
        r"(?:(?:basic|bearer|token|apikey)[ \t]{1,3})?[^\s\"'\\,;]{8,}+",
        folded=True,
    ),
    _secret(
        "passwords in addresses: `https://user:…@host`",
        "://  :\\/\\/",
        r":\\?/\\?/[^\s/:@\"']{0,100}:[^\s/@\"']{1,200}@",
    ),
)
"""Every kind that is blackened without being asked. In the order in which they are looked for:
what one takes away no other can find."""


_NO_LIMIT = math.inf


class _Own(NamedTuple):
    """A user's pattern, the reaches with which it is tried, and the seconds that a piece may take
    for twice the piece to be tried too."""

    pattern: re.Pattern[str]
    reaches: tuple[int, ...]
    most_s: float


def _own(pattern: str) -> _Own:
    repeats = open_repeats(pattern)
    _, step, reaches = next(each for each in _STEPS if repeats <= each[0])
    return _Own(re.compile(pattern), reaches, 2 * _LEAST_S / step ** (repeats + 1))


_STEPS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (1, 1, (REACH,)),
    (3, 4, (32, 125, REACH)),
    (sys.maxsize, 2, (8, 16, 32, 64, 125, 250, REACH)),
)
"""Up to so many repeats of any length, by how much the reach grows, and to what."""


class Redaction:
    """Blackens texts: the shipped rules, and a user's own `patterns`, which have to be valid."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._own = [_own(each) for each in patterns]

    def __call__(self, text: str) -> str:
        """The text without what must not be kept. Where a user's pattern took too long nothing of
        the text is left: what could not be looked through is not kept."""
        lower = ""
        for secret in SECRETS:
            if secret.folded and not lower:
                lower = text.lower()
            if any(each in (lower if secret.folded else text) for each in secret.literals):
                text = secret.form.sub(_blackened, text)
        for own in self._own:
            found = _searched(own, text)
            if found is None:
                return WITHHELD
            text = _without(text, found) if found else text
        return text


def _blackened(match: re.Match[str]) -> str:
    """Of an address its form stays, which tells no secret."""
    form = next((each for each in ("://", ":\\/\\/") if match[0].startswith(each)), "")
    return f"{form}{MARK}@" if form else MARK


def _searched(own: _Own, text: str) -> list[tuple[int, int]] | None:
    """Where a pattern fits, in order; None if that took too long. A pattern with several repeats
    may take for ever on a piece of a text, and once it is let loose nobody can stop it. So small
    pieces are looked through first, then larger ones: what each costs tells what the next would."""
    ends = time.thread_time() + _LEAST_S + len(text) * _CHARACTER_S
    found: list[tuple[int, int]] | None = []
    for reach in own.reaches:
        found = _found(own, text, reach, ends)
        if found is None or len(text) <= 2 * reach:
            break
    return found


def _found(own: _Own, text: str, reach: int, ends: float) -> list[tuple[int, int]] | None:
    """The same with pieces of twice a reach, each from the middle of the one before: one match
    costs at most a power of that, however long the text is."""
    found: list[tuple[int, int]] = []
    most_s = own.most_s if reach < REACH and 2 * reach < len(text) else _NO_LIMIT
    at, began = 0, time.thread_time()
    for start in range(0, max(len(text), 1), reach):
        stop = start + 2 * reach
        at = max(at, start)
        while at <= len(text) and (match := own.pattern.search(text, at, stop)):
            if match.start() >= start + reach and stop < len(text):
                break  # the next piece sees more of it
            found.append(match.span())
            at = max(match.end(), at + 1)
        now = time.thread_time()
        if now - began > most_s or now > ends:
            return None
        began = now
        if stop >= len(text):
            break
    return found


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with what stands at some places blackened."""
    parts: list[str] = []
    at = 0
    for start, stop in spans:
        if stop > start:
            parts += [text[at:start], MARK]
            at = stop
    return "".join([*parts, text[at:]])
