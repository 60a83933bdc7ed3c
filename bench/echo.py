# SPDX-License-Identifier: MIT OR Apache-2.0
"""Echo of 32 bytes, a stream each, with 10, 300 and 3,000 idle peers. Three
nodes run side by side and are asked in turns, so that what the machine does
meanwhile hits all of them. Client and nodes are on one core: waking another
one takes several times longer than all of the rest, and varies."""

import contextlib

from common import Result, Samples, cores, p2p, pin, server
from idlers import Idlers


def measure(smoke):
    crowds, rounds, count = ((10, 20, 50), 1, 50) if smoke else \
        ((10, 300, 3000), 25, 2000)
    got = {n: Samples() for n in crowds}
    core = cores()[0]
    with contextlib.ExitStack() as stack:
        nodes = {n: stack.enter_context(server("c")) for n in crowds}
        for n, node in nodes.items():
            stack.enter_context(Idlers(node.addr, n))
            pin(node.pid, core)
        for i in range(rounds):
            for n in (crowds if i % 2 == 0 else reversed(crowds)):
                r = p2p("bench-echo", nodes[n].addr, "-n", count,
                        core=core)
                got[n].add(r["p50_us"], 1e6 * r["cpu_s"] / count)
    few = crowds[0]
    lines = [Result(f"echo, {few} idle peers", "us p50", got[few])]
    for n in crowds[1:]:
        lines.append(Result(f"echo, {n} idle peers", "us p50", got[n],
                            got[few], ("ratio<=", 1.1), "us, client",
                            who=f"{few} idle"))
    return lines
