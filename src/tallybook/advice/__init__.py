"""What would have been cheaper, found by pricing what was really used once more, otherwise.

`advise` looks at every call of a question once, in the order of time, and hands it to one gatherer
after another: each module beside this is one advice. Nothing here is recorded, and no advice is a
rule of thumb: each amount is the difference of two exact prices of the same calls.
"""

from __future__ import annotations

from .advising import advise
from .finding import Advice, Part, Sure
from .telling import SCHEMA, advice_json, advice_text, advised_json

__all__ = [
    "SCHEMA",
    "Advice",
    "Part",
    "Sure",
    "advice_json",
    "advice_text",
    "advise",
    "advised_json",
]
