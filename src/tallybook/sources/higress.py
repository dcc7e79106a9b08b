"""The source `higress`: the access log of the Higress gateway with its AI statistics plugin, live
and rotated.

Where logs are, and what is missing in them. How files are followed is `logs`, what their lines mean
`higress_lines`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..places import host_name
from .logs import LogKind, LogOptions, LogSource

if TYPE_CHECKING:
    from .loglines import LineReader

PLACES = (Path("/var/log/higress/access.log"), Path("/var/log/proxy/access.log"))
"""Where the gateway writes by default, and where other tools have looked for it."""

MISSING = (
    "Calls that ended before their provider told its usage: each is an unmetered call.",
    "Usage of paths that the plugin was not told to look at, such as /responses or embeddings.",
    "How long Anthropic's cache writes live: all count as short ones.",
    "Service tiers, searches and other units beside tokens.",
    "Who called, unless the plugin's attribute `consumer` is configured.",
    "The conversation, unless the plugin's attributes for it are configured.",
    "Lines that were rotated away before they were read.",
)


class Higress(LogSource):
    """See `Source`. `machine` names this computer in attributions (default: its host name)."""

    def __init__(
        self,
        *,
        extra_roots: Sequence[Path] = (),
        environ: Mapping[str, str] | None = None,
        logs: LogOptions | None = None,
        machine: str | None = None,
    ) -> None:
        def reader(capture: bool) -> LineReader:
            from .higress_lines import HigressLines  # with the decoder

            named = machine or host_name(os.environ if environ is None else environ)
            providers = logs.providers if logs is not None else None
            return HigressLines(named, capture=capture, providers=providers)

        kind = LogKind(
            name="higress",
            title="Higress",
            dialect="ai_log",
            places=PLACES,
            reader=reader,
            missing=MISSING,
        )
        super().__init__(kind, extra_roots, logs)
