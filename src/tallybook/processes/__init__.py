"""Which agents run on this machine at this moment, known by their executables and arguments.

Live only: nothing is recorded. How an agent is known is data of its source
(`reading.ProcessSignature`); what its sessions cost is `running`. psutil is loaded at the first
look and nowhere else.
"""

from __future__ import annotations

from .process import MODES, Process
from .watch import ProcessWatch

__all__ = ["MODES", "Process", "ProcessWatch"]
