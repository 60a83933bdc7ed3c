# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream on one TCP+Noise+yamux connection, by /perf/1.0.0."""

from common import Meter, Result, Samples, alternate, connected, need

MIB = 1 << 20


def measure(smoke):
    size, rounds = (8, 1) if smoke else (512, 7)
    need("go")
    got = {(k, w): Samples() for k in ("c", "go") for w in ("up", "down")}

    def one(stack, kind):
        a, b = connected(stack, kind)
        b.cmd(f"perf {a.id} {4 * MIB} {4 * MIB}")
        for way in ("up", "down"):
            up, down = (size, 0) if way == "up" else (0, size)
            with Meter(a.pid, b.pid) as m:
                r = b.cmd(f"perf {a.id} {up * MIB} {down * MIB}", 120)
            got[kind, way].add(size / r[f"{way}_s"],
                               sum(m.used) * 1024 / size)

    alternate(("c", "go"), rounds, one)
    return [Result(f"one stream, {way}", "MiB/s", got["c", way],
                   got["go", way], ("ratio>=", 1.3), "s/GiB, both ends")
            for way in ("up", "down")]
