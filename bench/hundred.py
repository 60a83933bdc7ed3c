# SPDX-License-Identifier: MIT OR Apache-2.0
"""A hundred daemons on one machine, each at a loopback address and beside its
embedded stand-in of Unit: how long all take to start, to join, and to run a
change; what a daemon holds and does when nothing happens.

They are in one namespace and not on hosts of a bridge, since a kernel has one
table of neighbours for all namespaces, too small for a hundred. Each is
told of a few others, as people do where mDNS does not reach."""

import contextlib
import json
import statistics
import tempfile
import threading
import time
from concurrent import futures
from pathlib import Path

from common import Meter, Result, Samples, Skipped, family, memory_kb
from daemon import UNITMESH, local
from fleet import config
import lan as lan_
from peer import Program

SIZE = 100
WAIT = 120
JOINING = 8
# After a change all say what they run, each to all.
REST_S = 3


class Crowd:
    """The daemons."""

    def __init__(self, stack, size):
        self.folder = Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="umbench")))
        lan = stack.enter_context(lan_.Lan(["all"], prefix="umb"))
        self.names = [f"n{i}" for i in range(size)]
        began = time.monotonic()
        self.programs = {n: stack.enter_context(Program(n, [
            "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run", "--name", n,
            "--state", self.folder / n, "--control", self.control(n),
            "--rest", "none", "--unit", "embedded", "--unit-listen",
            f"{self.ip(i)}:8888", "--bind", self.ip(i), "--no-mdns",
            "--listen", self.addr(i), *(
                word for p in self.known(i)
                for word in ("--peer", self.addr(p)))], lan.ns("all")))
            for i, n in enumerate(self.names)}
        for node in self.programs.values():
            node.wait_text("REST is at", WAIT)
        self.start_s = time.monotonic() - began

    @staticmethod
    def ip(i):
        return f"127.1.{i // 250}.{1 + i % 250}"

    def addr(self, i):
        return f"/ip4/{self.ip(i)}/tcp/4901"

    @staticmethod
    def known(i):
        """Whom it is told of: the first, and two that began before it."""
        return sorted({0, i // 2, i - 1} - {i}) if i > 0 else []

    def control(self, name):
        return self.folder / name / "control.sock"

    def ask(self, name, method, path, body=None):
        got = local(self.control(name), path, method, {},
                    None if body is None else json.dumps(body).encode(), WAIT)
        if got.code != 200:
            raise RuntimeError(f"{name}: {method} {path}: {got}")
        return got.json

    def join(self):
        """Seconds until all are members, and all run r1."""
        first, *others = self.names
        began = time.monotonic()
        self.ask(first, "POST", "/mesh/init", {"name": "bench"})
        code = self.ask(first, "POST", "/mesh/invites",
                        {"role": "node", "uses": len(others)})["code"]
        with futures.ThreadPoolExecutor(JOINING) as pool:
            list(pool.map(lambda n: self.ask(n, "POST", "/mesh/join",
                                             {"code": code}), others))
        joined = time.monotonic() - began
        self.synced(first)
        return joined, time.monotonic() - began

    def synced(self, name, seconds=WAIT):
        """Until a node says of all that they run the current revision."""
        deadline = time.monotonic() + seconds
        while True:
            nodes = self.ask(name, "GET", "/mesh/nodes")["nodes"]
            behind = [n for n in nodes if n["state"] != "synced"]
            if len(nodes) == len(self.names) and not behind:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(nodes)} nodes, not synced: "
                                   f"{[n['name'] for n in behind][:5]}")
            threading.Event().wait(0.05)

    def change(self, number):
        """Seconds until the last daemon says that its Unit runs it."""
        marks = {n: p.mark() for n, p in self.programs.items()}
        began = time.monotonic()
        got = local(self.control(self.names[0]), "/config", "PUT",
                    body=config(number), seconds=WAIT)
        if got.code != 200:
            raise RuntimeError(f"PUT: {got}")
        name = got.headers["x-revision"][:6]
        last = max(p.wait_line(f"Unit runs {name}", WAIT, marks[n])[1]
                   for n, p in self.programs.items())
        return last - began

    def pids(self):
        return [family(p.pid) for p in self.programs.values()]


def measure(smoke):
    why = lan_.why_not()
    if why:
        raise Skipped(why)
    size, changes, idle_s = (5, 1, 1) if smoke else (SIZE, 10, 20)
    with contextlib.ExitStack() as stack:
        crowd = Crowd(stack, size)
        joined, ran = crowd.join()
        took = []
        for i in range(changes):
            took.append(crowd.change(i))
            threading.Event().wait(REST_S)
        daemons = crowd.pids()
        with Meter(*(p for d in daemons for p in d)) as m:
            threading.Event().wait(idle_s)
        crowd.synced(crowd.names[-1])
        memory = [[sum(k) / 1024 for k in zip(*map(memory_kb, d))]
                  for d in daemons]

    def row(name, unit, values, gate=None):
        samples = Samples()
        samples.values = list(values)
        return Result(name, unit, samples, None, gate)
    return [
        row(f"{size} daemons: all started", "s", [crowd.start_s]),
        row(f"{size} daemons: all joined, {JOINING} at a time", "s", [joined]),
        row(f"{size} daemons: from init to all run r1", "s", [ran]),
        row(f"{size} daemons: from a PUT to the last Unit", "s", took),
        row(f"{size} daemons, idle: CPU of one", "ms/s",
            [1000 * statistics.mean(m.used) *
             len(m.used) / size / idle_s]),
        row(f"{size} daemons: PSS of one, with its applier", "MiB",
            [v[1] for v in memory]),
        row(f"{size} daemons: RSS of one, with its applier", "MiB",
            [v[0] for v in memory]),
    ]
