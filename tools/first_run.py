"""What `make run` does once the environment stands: `tally`, and the demo where there is nothing.

Usage: first_run.py PATH-OF-TALLY

The histories are read first, in silence; then the ledger is asked whether it holds anything,
through the public report envelope, so that a ledger whose source files were deleted long ago
still counts as history. Histories that are there and can't be read are told as that.
"""

from __future__ import annotations

import json
import subprocess
import sys

PARTIAL = 5
"""Exit code of an answer that is shown although some source could not be read."""


def main() -> int:
    """Run `tally`, or `tally demo` if there is no history. Returns the exit code to end with."""
    tally = sys.argv[1]
    question = [tally, "usage", "--since", "all", "--json"]
    answer = subprocess.run(question, check=False, stdout=subprocess.PIPE)
    if answer.returncode not in (0, PARTIAL):
        return answer.returncode
    found = json.loads(answer.stdout)
    if found["rows"] or not found["complete"]:
        code = subprocess.run([tally, "--no-sync"], check=False).returncode
    else:
        print("No history on this machine yet: here are sample histories.\n", flush=True)
        code = subprocess.run([tally, "demo"], check=False).returncode
    print(f"\nThe command is {tally}, such as: {tally} usage --last 7d", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
