# SPDX-License-Identifier: MIT OR Apache-2.0
"""From the PUT at node 1 to the last of N Units that runs it: a mesh of ours,
the article's nodes, etcd with a watcher beside each Unit (one that does nothing
but PUT, and one of etcd's own client), and curl."""

import contextlib
import statistics
import tempfile
import time

import fleet
from common import Meter, Result, Samples, Skipped
import lan as lan_

SIZES = (3, 10, 20)
# A program that does nothing but PUT what etcd tells it, without a look at what
# Unit runs or makes of it, is nobody's agent: it shows what is left to gain.
FLOOR = "etcd"
# From one change to the next: nobody's talk about the last one is in the way.
# What 20 nodes say of each other takes them 0.1 s of CPU.
REST_S = 0.6


class Measured:
    """What came of one way at one size."""

    def __init__(self):
        self.runs = Samples()
        self.answers = Samples()


def one(way, size, publishes, into):
    """One fleet: made, warmed, measured."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="umbench"))
        lan = stack.enter_context(
            lan_.Lan([f"n{i}" for i in range(size)], prefix="umb"))
        units = fleet.Units(stack, lan, folder)
        side = fleet.WAYS[way](stack, units)
        warm(side, units, publishes)
        took, answered = [], []
        with Meter(*side.pids) as m:
            for i in range(publishes):
                began = time.monotonic()
                end = side.publish(i)
                last = units.all_run(i, 5)
                took.append(1000 * (last - began))
                end()
                answered.append(1000 * (time.monotonic() - began))
                units.watch.rest(REST_S)
        into.runs.add(statistics.median(took),
                      1000 * sum(m.used) / publishes if side.pids else None)
        into.answers.add(statistics.median(answered))


def warm(side, units, publishes):
    """Until everybody follows, then some more."""
    deadline = time.monotonic() + fleet.WAIT
    good = 0
    n = publishes
    while good < 8:
        n += 1
        end = side.publish(n)
        try:
            units.all_run(n, 2)
            good += 1
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            good = 0
        end()


def measure(smoke):
    why = lan_.why_not()
    if why:
        raise Skipped(why)
    gone = fleet.missing()
    for way, reason in gone.items():
        print(f"  skipped: {way}: {reason}", flush=True)
    ways = [w for w in fleet.WAYS if w not in gone]
    sizes, rounds, publishes = ((3,), 1, 3) if smoke else (SIZES, 2, 15)
    results = []
    for size in sizes:
        got = {w: Measured() for w in fleet.WAYS}
        for i in range(rounds):
            for way in (ways if i % 2 == 0 else reversed(ways)):
                one(way, size, publishes, got[way])
        results += [Result(
            f"PUT to the last of {size} Units", "ms", got["c"].runs,
            got[way].runs, None if way == FLOOR else ("ratio<=", 1),
            "ms/change, all nodes", who=way)
            for way in fleet.WAYS if way != "c"]
    return results
