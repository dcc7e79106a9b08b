"""`python -m tallybook` is the same program as the command `tally`."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
