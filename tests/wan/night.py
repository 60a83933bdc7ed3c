# SPDX-License-Identifier: MIT OR Apache-2.0
"""A machine that sleeps, as one process sees it: it is stopped, its clock that
counts while it is awake stands still meanwhile, and the one that counts always
goes on by hours.

    night = Night(folder)
    node = Peer("c", [...], env=night.env)
    with night.sleep(node.pid, hours=8):
        ...
"""

import contextlib
import os
import signal
import struct
import time
from pathlib import Path

import pytest

HOUR_NS = 3600 * 10**9


class Night:
    def __init__(self, folder):
        shim = Path(os.environ["BUILDDIR"]) / "tests/wan/clock/clock.so"
        if not shim.exists():
            pytest.skip(f"no {shim}: make builds it")
        self.path = Path(folder) / "clock"
        self.awake = self.always = 0  # what is added to these clocks, in ns
        self._write()
        self.env = {"LD_PRELOAD": str(shim), "CLOCK_FILE": str(self.path)}

    def _write(self):
        """In place: it is mapped."""
        with open(self.path, "r+b" if self.path.exists() else "wb") as f:
            f.write(struct.pack("=qq", self.awake, self.always))

    @contextlib.contextmanager
    def sleep(self, pid, hours):
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic_ns()
        try:
            yield
        finally:
            stood = time.monotonic_ns() - began
            self.awake -= stood
            self.always += int(hours * HOUR_NS) - stood
            self._write()
            os.kill(pid, signal.SIGCONT)
