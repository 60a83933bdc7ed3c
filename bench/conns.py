# SPDX-License-Identifier: MIT OR Apache-2.0
"""New connections: dial, security, muxer, identify, close; 16 client hosts."""

from common import Meter, NOISE, Peer, QUIC, Result, Samples, TLS, \
    alternate, need, p2p, server

KINDS = ("c", "go")


class Connections:
    """What was measured over one transport."""

    def __init__(self, over, count, par):
        self.over, self.count, self.par = over, count, par
        self.rate = {k: Samples() for k in KINDS}
        self.cost = {k: Samples() for k in KINDS}
        self.wall = {k: Samples() for k in KINDS}

    def measure(self, rounds):
        alternate(KINDS, rounds, self._one)
        return self

    def _note(self, kind, cpu, seconds):
        self.rate[kind].add(self.count / cpu, 1000 * cpu / self.count)
        self.cost[kind].add(1000 * cpu / self.count)
        self.wall[kind].add(self.count / seconds)

    def _one(self, stack, kind):
        a = stack.enter_context(server(kind, over=self.over))
        if kind == "c":
            args = [a.addr, "--par", self.par, *self.over.flags, "-n"]
            p2p("bench-conn", *args, self.par)
            with Meter(a.pid) as m:
                r = p2p("bench-conn", *args, self.count)
            self._note(kind, m.used[0] + r["cpu_s"], r["s"])
            return
        b = stack.enter_context(Peer.start(
            kind, [*self.over.flags, "--quiet"]))
        b.cmd(f"bench-conn {a.addr} {self.par} {self.par}")
        with Meter(a.pid, b.pid) as m:
            r = b.cmd(f"bench-conn {a.addr} {self.count} {self.par}", 120)
        self._note(kind, sum(m.used), r["s"])

    def line(self, name):
        return Result(f"a connection, {name}, both ends", "ms CPU",
                      self.cost["c"], self.cost["go"])


def measure(smoke):
    count, par, rounds = (64, 16, 1) if smoke else (1600, 16, 7)
    need("go")
    noise = Connections(NOISE, count, par).measure(rounds)
    lines = [
        Result("connections per CPU-second", "1/s", noise.rate["c"],
               noise.rate["go"], ("ratio>=", 1.5), "ms/conn, both ends"),
        Result("connections, 16 at a time", "1/s", noise.wall["c"],
               noise.wall["go"]),
        Result("a connection, both ends", "ms CPU", noise.cost["c"],
               noise.cost["go"], ("<=", 0.6)),
    ]
    for name, over in (("TLS", TLS), ("QUIC", QUIC)):
        few = max(par, count // 2)
        lines.append(Connections(over, few, par).measure(
            min(rounds, 5)).line(name))
    return lines
