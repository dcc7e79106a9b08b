"""The Anthropic dialect's tolerant way: usage objects with wrong types, impossible numbers or
broken text. Only `anthropic` calls it; it answers with the same `Usage`, cleaned.
"""

from __future__ import annotations

from functools import partial
from typing import cast

from .anthropic import CacheCreation, Iteration, OutputDetails, ServerTools, Usage
from .picking import Fields, Findings, decoded, inner
from .picking import number as told_number

number = partial(told_number, quoted=True)


def pick(raw: bytes, findings: Findings) -> Usage | None:
    """The usage object in `raw` with every unusable field taken out and complained of; None
    if there is no object at all."""
    found = decoded(raw)
    if not isinstance(found, dict):
        findings.complain("usage is not a JSON object")
        return None
    fields = cast("Fields", found)
    details = inner(fields, "output_tokens_details", findings)
    tools = inner(fields, "server_tool_use", findings)
    return Usage(
        input_tokens=number(fields, "input_tokens", findings),
        output_tokens=number(fields, "output_tokens", findings),
        cache_creation_input_tokens=number(fields, "cache_creation_input_tokens", findings),
        cache_read_input_tokens=number(fields, "cache_read_input_tokens", findings),
        cache_creation=_split(fields, findings),
        output_tokens_details=OutputDetails(number(details, "thinking_tokens", findings)),
        server_tool_use=ServerTools(
            number(tools, "web_search_requests", findings),
            number(tools, "web_fetch_requests", findings),
        ),
        service_tier=_text(fields, "service_tier", findings),
        speed=_text(fields, "speed", findings),
        inference_geo=_text(fields, "inference_geo", findings),
        iterations=_iterations(fields, findings),
        total_tokens=number(fields, "total_tokens", findings),
    )


def _text(fields: Fields, name: str, findings: Findings) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    findings.complain(f"{name} is not text")
    return None


def _split(fields: Fields, findings: Findings) -> CacheCreation:
    split = inner(fields, "cache_creation", findings)
    return CacheCreation(
        number(split, "ephemeral_5m_input_tokens", findings),
        number(split, "ephemeral_1h_input_tokens", findings),
    )


def _iterations(fields: Fields, findings: Findings) -> list[Iteration]:
    value = fields.get("iterations")
    if value is None:
        return []
    if not isinstance(value, list):
        findings.complain("iterations is not a list")
        return []
    passes: list[Iteration] = []
    for one in cast("list[object]", value):
        if not isinstance(one, dict):
            findings.complain("iterations holds something else than objects")
            continue
        taken = cast("Fields", one)
        passes.append(
            Iteration(
                type=_text(taken, "type", findings),
                status=_text(taken, "status", findings),
                input_tokens=number(taken, "input_tokens", findings),
                output_tokens=number(taken, "output_tokens", findings),
                cache_creation_input_tokens=number(taken, "cache_creation_input_tokens", findings),
                cache_read_input_tokens=number(taken, "cache_read_input_tokens", findings),
                cache_creation=_split(taken, findings),
            )
        )
    return passes
