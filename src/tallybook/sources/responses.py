"""The ids that providers give their responses, as identities of calls that a log and an agent's
history both know. Whether a provider made one up, or a proxy before it, only its form tells.
"""

from __future__ import annotations

from ..reading import key_maker

LONG = 20
"""Characters of an id, letters and digits among them, from which on it is nobody's counter."""

_FORMS = (
    ("chatcmpl-", key_maker("openai:response")),
    ("msg_", key_maker("anthropic:response")),
    ("resp_", key_maker("openai:response")),
)


def response_key(response: str) -> bytes | None:
    """The identity of a provider's own response; None for an id that may not be unique. Proxies
    count, or give every reply the same one."""
    for prefix, key in _FORMS:
        if response.startswith(prefix):
            part = response[len(prefix) :].replace("-", "")
            plain = part.isalpha() or part.isdecimal()
            return None if plain or len(part) < LONG else key(response)
    return None
