"""`python -m tallybook` is the same program as the command `tally`."""

from __future__ import annotations

from .cli import program

if __name__ == "__main__":
    program()
