# SPDX-License-Identifier: MIT OR Apache-2.0
"""Streams on one connection: opened, negotiated, 32 bytes echoed, ended at both
ends; all on one core. One at a time each has its own client; 16 at a time the
client is ours, and rust is not asked: it resets streams when its acceptor
lags."""

import time

from common import Meter, NOISE, Result, Samples, alternate, connected, \
    cores, need, p2p, pin, server

KINDS = ("c", "rust", "go")
BYTES = 32
PAR = 16


class Rates:
    """Streams a second, and what each cost."""

    def __init__(self):
        self.rate = {k: Samples() for k in KINDS}
        self.per_cpu = {k: Samples() for k in KINDS}

    def add(self, kind, count, seconds, cpu):
        self.rate[kind].add(count / seconds, 1e6 * cpu / count)
        self.per_cpu[kind].add(count / cpu)


def ours(stack, count, par, kind="c"):
    """(seconds, CPU of the server, CPU of the client, which is ours)."""
    a = stack.enter_context(server(kind, over=NOISE))
    pin(a.pid, cores()[0])
    args = ["bench-echo", a.addr, "--par", par, "-n"]
    p2p(*args, count // 10, core=cores()[0])
    with Meter(a.pid) as m:
        r = p2p(*args, count, core=cores()[0])
    return r["s"], m.used[0], r["cpu_s"]


def theirs(stack, kind, count):
    """(seconds, CPU of both): a command each, which the client of that kind
    does one after the other."""
    a, b = connected(stack, kind, NOISE)
    for peer in (a, b):
        pin(peer.pid, cores()[0])
    b.cmd(f"echo {a.id} {BYTES}")
    with Meter(a.pid, b.pid) as m:
        began = time.monotonic()
        for _ in range(count):
            last = b.send(f"echo {a.id} {BYTES}")
        for _ in range(count):
            if not b.reply(last, 60)["ok"]:
                raise b.trouble("an echo failed")
        took = time.monotonic() - began
    return took, sum(m.used)


def measure(smoke):
    count, rounds = (200, 1) if smoke else (8000, 7)
    for kind in KINDS[1:]:
        need(kind)
    turn, once = Rates(), Rates()

    def one(stack, kind):
        if kind == "c":
            took, *cpu = ours(stack, count, 1)
            turn.add(kind, count, took, sum(cpu))
        else:
            turn.add(kind, count, *theirs(stack, kind, count))
        if kind != "rust":
            took, cpu, _ = ours(stack, count, PAR, kind)
            once.add(kind, count, took, cpu)

    alternate(KINDS, rounds, one)

    def line(name, of, kind, cpu="", gate=None):
        return Result(name, "1/s", of["c"], of[kind], gate, cpu, kind)

    return [line("streams, one at a time, one core", turn.rate, kind,
                 "us/stream, both ends",
                 ("ratio>=", 4) if kind == "rust" else None)
            for kind in KINDS[1:]] + [
        line(f"streams, {PAR} at a time, our client", once.rate, "go",
             "us/stream, server"),
        line("the same, a CPU-second of the server", once.per_cpu, "go")]
