# SPDX-License-Identifier: MIT OR Apache-2.0
"""Memory of idle connections: what the listening process grows by, for each
of them, and the CPU that it takes to do nothing. The peers are hosts of our
own in another process, for both sides."""

import time

from common import Meter, Result, Samples, alternate, need, server
from idlers import Idlers


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


def measure(smoke):
    count, rounds, seconds = (50, 1, 0.1) if smoke else (1000, 3, 5)
    need("go")
    per = {k: Samples() for k in ("c", "go")}
    counted = Samples()
    idle = {k: Samples() for k in ("c", "go")}

    def one(stack, kind):
        a = stack.enter_context(server(kind))
        with Idlers(a.addr, 10):
            before = settled(a)
            held = a.cmd("stats").get("memory_bytes", 0)
            with Idlers(a.addr, count):
                per[kind].add((settled(a) - before) / count)
                with Meter(a.pid) as m:
                    time.sleep(seconds)
                idle[kind].add(1000 * m.used[0] / seconds)
                if kind == "c":
                    now = a.cmd("stats")["memory_bytes"]
                    counted.add((now - held) / count / 1024)

    alternate(("c", "go"), rounds, one)
    return [
        Result(f"{count} idle connections, RSS", "KiB each", per["c"],
               per["go"], ("<=", 8)),
        Result(f"{count} idle connections, counted by quota", "KiB each",
               counted),
        Result(f"CPU with {count} idle connections", "ms/s", idle["c"],
               idle["go"]),
    ]
