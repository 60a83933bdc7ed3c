# SPDX-License-Identifier: MIT OR Apache-2.0
"""Streams on one connection: opened, negotiated, 32 bytes echoed, ended at both
ends; one after the other, all on one core. The client is ours each time: what
a stream costs the server is compared, and how many there are a second."""

from common import Meter, NOISE, Result, Samples, alternate, cores, need, \
    p2p, pin, server

KINDS = ("c", "rust", "go")


def measure(smoke):
    count, rounds = (200, 1) if smoke else (8000, 7)
    for kind in KINDS[1:]:
        need(kind)
    per = {k: Samples() for k in KINDS}
    rate = {k: Samples() for k in KINDS}
    core = cores()[0]

    def one(stack, kind):
        a = stack.enter_context(server(kind, over=NOISE))
        pin(a.pid, core)
        p2p("bench-echo", a.addr, "-n", count // 10, core=core)
        with Meter(a.pid) as m:
            r = p2p("bench-echo", a.addr, "-n", count, core=core)
        per[kind].add(count / m.used[0], 1e6 * m.used[0] / count)
        rate[kind].add(count / r["s"])

    alternate(KINDS, rounds, one)
    return [Result("streams per CPU-second of the server", "1/s", per["c"],
                   per[kind], ("ratio>=", 4) if kind == "rust" else None,
                   "us/stream, server", kind) for kind in KINDS[1:]] + \
        [Result("streams on one core, client ours", "1/s", rate["c"],
                rate[kind], who=kind) for kind in KINDS[1:]]
