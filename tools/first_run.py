"""What `make run` does once the environment stands: `tally`, and the demo where there is nothing.

Usage: first_run.py PATH-OF-TALLY

`tally` itself decides what to say on a machine without histories. Whether there was anything
to count is asked of the ledger afterwards, through the public report envelope, so that a ledger
whose source files were deleted long ago still counts as history.
"""

from __future__ import annotations

import json
import subprocess
import sys

PARTIAL = 5
"""Exit code of an answer that is shown although some source could not be read."""


def main() -> int:
    """Run `tally`, then `tally demo` if the ledger is empty. Returns the exit code to end with."""
    tally = sys.argv[1]
    first = subprocess.run([tally], check=False).returncode
    if first not in (0, PARTIAL):
        return first
    question = [tally, "usage", "--since", "all", "--no-sync", "--json"]
    answer = subprocess.run(question, check=False, stdout=subprocess.PIPE)
    if answer.returncode not in (0, PARTIAL):
        return answer.returncode
    if json.loads(answer.stdout)["rows"]:
        return first
    print("\nNo history on this machine yet: showing sample histories (tally demo).\n", flush=True)
    return subprocess.run([tally, "demo"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
