"""What is said when a ledger is begun where there was another one: it must not go unnoticed that
calls which no history shows any more are not in it.
"""

from __future__ import annotations

from pathlib import Path

from ..ledger.backup import FOLDER, copies_beside, holds_calls
from ..settings import Settings, survey_settings
from .shell import Shell, mention


def tell_of_new(shell: Shell, settings: Settings, *, quiet: bool) -> None:
    """One line on stderr if backups lie beside a new ledger, or a settings file has moved it away
    from one that holds calls."""
    ledger, usual = Path(settings.ledger), shell.surroundings.ledger_file
    begun = f"a new ledger was begun: {shell.shown(ledger)}"
    if copies_beside(ledger):
        folder = shell.shown(ledger.parent / FOLDER)
        said = f"{begun}; backups of an earlier one: {folder} (tally ledger restore FILE)"
        mention(said, quiet=quiet)
    elif _moved(shell, settings) and holds_calls(usual):
        old = shell.shown(usual)
        mention(f"{begun}; an earlier one: {old} (tally ledger restore {old})", quiet=quiet)


def _moved(shell: Shell, settings: Settings) -> bool:
    """Whether a settings file says that the ledger is here. A demo's own is not meant."""
    told, _ = survey_settings(shell.surroundings)
    by_file = told.origins["ledger"] in map(str, told.files)
    return by_file and told.ledger == settings.ledger
