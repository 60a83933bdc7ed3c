# SPDX-License-Identifier: MIT OR Apache-2.0
"""Round trips of /ipfs/ping/1.0.0 on a warm connection, both ends on one core
and each on its own: the latter is mostly the time that a core needs to wake,
unless somebody keeps it awake (go's scheduler spins)."""

import statistics

from common import Meter, Result, Samples, alternate, bound, connected, \
    cores, need, pin


def rounds_of(where, ends, count, rounds):
    """The lines of the table for processes on these two cores."""
    got = {k: Samples() for k in ("c", "go")}
    raw, more = Samples(), Samples()

    def one(stack, kind):
        a, b = connected(stack, kind)
        for peer, core in zip((a, b), ends):
            pin(peer.pid, core)
        b.cmd(f"ping {a.id} 100")
        with Meter(a.pid, b.pid) as m:
            rtts = b.cmd(f"ping {a.id} {count}", 60)["rtt_us"]
        got[kind].add(statistics.median(rtts), 1e6 * sum(m.used) / count)
        if kind == "c":
            raw.add(bound("ping", *ends))
            more.add(got["c"].values[-1] - raw.values[-1])

    alternate(("c", "go"), rounds, one)
    return [Result(f"ping, {where}", "us p50", got["c"], got["go"],
                   cpu_unit="us/ping, both ends"),
            Result(f"ping, {where}, and TCP alone", "us p50", got["c"], raw,
                   who="TCP"),
            Result(f"ping, {where}, more than TCP alone", "us p50", more,
                   gate=("<=", 15))]


def measure(smoke):
    count, rounds = (50, 1) if smoke else (5000, 7)
    need("go")
    here, there = cores()
    return rounds_of("one core", (here, here), count, rounds) + \
        rounds_of("two cores", (here, there), count, rounds)
