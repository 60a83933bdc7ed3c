# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream of one connection by /perf/1.0.0, up and down: what the rows of
every transport share."""

from common import Meter, Result, Samples, alternate, connected, need

MIB = 1 << 20
WAYS = ("up", "down")


class Streams:
    """What was measured of several kinds of peers: MiB/s, CPU s per GiB."""

    def __init__(self, kinds, over):
        """`over`: by which transport and security; see common.Over."""
        self.kinds, self.over = kinds, over
        self.got = {(k, w): Samples() for k in kinds for w in WAYS}

    def measure(self, size, rounds):
        """`size`: MiB, each way."""
        for kind in self.kinds:
            if kind != "c":
                need(kind)
        alternate(self.kinds, rounds,
                  lambda stack, kind: self._one(stack, kind, size))
        return self

    def _one(self, stack, kind, size):
        a, b = connected(stack, kind, self.over)
        b.cmd(f"perf {a.id} {4 * MIB} {4 * MIB}")
        for way in WAYS:
            up, down = (size, 0) if way == "up" else (0, size)
            with Meter(a.pid, b.pid) as m:
                r = b.cmd(f"perf {a.id} {up * MIB} {down * MIB}", 120)
            self.got[kind, way].add(size / r[f"{way}_s"],
                                    sum(m.used) * 1024 / size)

    def lines(self, name, gates):
        """A line of the table for each way and each of the others; `gates`:
        of some of them, by kind."""
        return [Result(f"{name}, {way}", "MiB/s", self.got["c", way],
                       self.got[kind, way], gates.get(kind),
                       "s/GiB, both ends", kind)
                for way in WAYS for kind in self.kinds if kind != "c"]
