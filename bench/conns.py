# SPDX-License-Identifier: MIT OR Apache-2.0
"""New connections: dial, Noise, yamux, identify, close; 16 client hosts."""

from common import Meter, Peer, Result, Samples, alternate, need, p2p, server


def measure(smoke):
    count, par, rounds = (64, 16, 1) if smoke else (1600, 16, 7)
    need("go")
    rate = {k: Samples() for k in ("c", "go")}
    wall = {k: Samples() for k in ("c", "go")}

    def note(kind, cpu, seconds):
        rate[kind].add(count / cpu, 1000 * cpu / count)
        wall[kind].add(count / seconds)

    def one(stack, kind):
        a = stack.enter_context(server(kind))
        if kind == "c":
            p2p("bench-conn", a.addr, "-n", par, "--par", par)
            with Meter(a.pid) as m:
                r = p2p("bench-conn", a.addr, "-n", count, "--par", par)
            note(kind, m.used[0] + r["cpu_s"], r["s"])
            return
        b = stack.enter_context(Peer.start(kind, ["--quiet"]))
        b.cmd(f"bench-conn {a.addr} {par} {par}")
        with Meter(a.pid, b.pid) as m:
            r = b.cmd(f"bench-conn {a.addr} {count} {par}", 120)
        note(kind, sum(m.used), r["s"])

    alternate(("c", "go"), rounds, one)
    return [
        Result("connections per CPU-second", "1/s", rate["c"], rate["go"],
               ("ratio>=", 1.5), "ms/conn, both ends"),
        Result("connections, 16 at a time", "1/s", wall["c"], wall["go"]),
    ]
