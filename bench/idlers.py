# SPDX-License-Identifier: MIT OR Apache-2.0
"""Idle peers of a node: a crowd of hosts in one process."""

from common import P2P
from peer import Program


class Idlers(Program):
    """`count` connections, each of a peer of its own, until it is stopped."""

    def __init__(self, addr, count, par=16, flags=()):
        super().__init__(f"idle#{count}", [
            P2P, "bench-idle", addr, "-n", count, "--par", par, *flags])
        self.wait_text('"bench-idle"', 60)

    def stop(self, timeout=8):
        """The end of its input ends it."""
        return super(Program, self).stop(timeout)
