"""The first lines of a settings file that a command makes."""

from __future__ import annotations

from pathlib import Path

from .shell import Shell

PROJECT_HEAD = "# Settings of Tallybook for this project. What there is: tally help settings\n\n"
"""Of a project's file, which must not name a place of this one machine."""


def user_head(shell: Shell, file: Path) -> str:
    """Of the user's own file: editors are led to the schema, which is laid beside it. That of an
    older Tallybook is renewed."""
    from ..settings.schema import DIRECTIVE
    from ..settings.writing import replace_file
    from .configcheck import schema_text

    schema = shell.surroundings.config_file.with_name("config.schema.json")
    try:
        if not file.exists() or schema.exists():
            replace_file(schema, f"{schema_text()}\n")
    except OSError:
        return ""  # without it editors complete nothing; whether settings can be written comes next
    beside = schema.parent == file.parent
    return f"{DIRECTIVE} {f'./{schema.name}' if beside else schema.absolute().as_uri()}\n\n"
