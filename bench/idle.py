# SPDX-License-Identifier: MIT OR Apache-2.0
"""Memory of idle connections: what the listening process grows by, for each
of them, and the CPU that it takes to do nothing. The peers are hosts of our
own in another process, for both sides."""

import time

from common import Meter, NOISE, QUIC, Result, Samples, TLS, alternate, \
    need, server
from idlers import Idlers

# The most KiB of RSS of a QUIC connection: what was measured, and a tenth.
QUIC_KIB = 86


def settled(peer):
    """RSS when two looks, a second apart, are the same to 1 %."""
    last = -1
    while True:
        now = peer.cmd("stats")["rss_kb"]
        if abs(now - last) <= now / 100:
            return now
        last = now
        with peer.changed:
            peer.changed.wait(1)


class Crowd:
    """What idle connections over one transport cost the one they are with."""

    def __init__(self, over, count, seconds):
        self.over, self.count, self.seconds = over, count, seconds
        self.rss = {k: Samples() for k in ("c", "go")}
        self.cpu = {k: Samples() for k in ("c", "go")}
        self.counted = Samples()

    def measure(self, rounds):
        alternate(("c", "go"), rounds, self._one)
        return self

    def _one(self, stack, kind):
        a = stack.enter_context(server(kind, over=self.over))
        with Idlers(a.addr, 10, flags=self.over.flags):
            before = settled(a)
            held = a.cmd("stats").get("memory_bytes", 0)
            with Idlers(a.addr, self.count, flags=self.over.flags):
                self.rss[kind].add((settled(a) - before) / self.count)
                with Meter(a.pid) as m:
                    time.sleep(self.seconds)
                self.cpu[kind].add(1000 * m.used[0] / self.seconds)
                if kind == "c":
                    now = a.cmd("stats")["memory_bytes"]
                    self.counted.add((now - held) / self.count / 1024)

    def lines(self, name, rss, counted):
        """`rss`, `counted`: the most KiB of each, or None."""
        what = f"{self.count} idle {name}connections"
        return [
            Result(f"{what}, RSS", "KiB each", self.rss["c"], self.rss["go"],
                   rss and ("<=", rss)),
            Result(f"{what}, counted by quota", "KiB each", self.counted,
                   gate=counted and ("<=", counted)),
            Result(f"CPU with {what}", "ms/s", self.cpu["c"],
                   self.cpu["go"]),
        ]


def measure(smoke):
    count, rounds, seconds = (50, 1, 0.1) if smoke else (1000, 3, 5)
    need("go")
    lines = []
    for name, over, rss, counted in (("", NOISE, 8, 4), ("TLS ", TLS, 28, None),
                                     ("QUIC ", QUIC, QUIC_KIB, None)):
        lines += Crowd(over, count, seconds).measure(rounds).lines(
            name, rss, counted)
    return lines
