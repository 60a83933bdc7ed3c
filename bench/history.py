# SPDX-License-Identifier: MIT OR Apache-2.0
"""Long histories over real streams: joining a mesh with 10,000 revisions, and
5,000 that were missed in a partition. Two hosts on a bridge, whose counters say
what went over the wire, in both directions and with all headers."""

import contextlib
import json
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from acks import Writer
from common import Result, Samples, Skipped, family
from daemon import UNITMESH, local
from fleet import config, unix_socket
import lan as lan_
from peer import Program

WRITERS = 16
WAIT = 60
# A history is older than what pubsub remembers, which it would say once more.
OLD_S = 8
# How long it takes TCP to find out that a cut is over depends on how long that
# was: a connection is given up after 30 s.
CUT_S = 20


class Node:
    """A daemon on a host, with an embedded stand-in of Unit."""

    def __init__(self, stack, lan, folder, name):
        self.name, self.lan = name, lan
        self.control = Path(folder, f"{name}.sock")
        self.target = "/config?no-wait"
        self.program = stack.enter_context(Program(name, [
            "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run", "--name", name,
            "--state", Path(folder, name), "--control", self.control, "--rest",
            "none", "--unit", "embedded", "--unit-listen", "127.0.0.1:8888"],
            lan.ns(name)))
        self.program.wait_text("REST is at", WAIT)

    def ask(self, method, path, body=None):
        got = local(self.control, path, method, {}, None if body is None else
                    json.dumps(body).encode(), WAIT)
        if got.code != 200:
            raise RuntimeError(f"{self.name}: {method} {path}: {got}")
        return got.json

    # What a Writer asks of a side.
    def connect(self):
        return unix_socket(self.control)

    def request(self, number):
        return "PUT", self.target, config(number)

    def grow(self, count):
        """So many revisions more."""
        with contextlib.ExitStack() as stack:
            writers = [stack.enter_context(Writer(self, i))
                       for i in range(WRITERS)]
            for i, w in enumerate(writers):
                w.most = count // WRITERS + (i < count % WRITERS)
                w.start()
            for w in writers:
                w.join(WAIT)
            if sum(w.done for w in writers) != count:
                raise RuntimeError(f"{[w.last for w in writers if w.failed]}")

    def current(self):
        return self.ask("GET", "/mesh/status")["mesh"].get("current")

    def number(self):
        """Of the current revision; 0: there is none yet."""
        return int((self.current() or "r0").split(".")[0][1:])

    def wire_bytes(self):
        folder = "/sys/class/net/eth0/statistics"
        said = subprocess.run(
            ["ip", "netns", "exec", self.lan.ns(self.name), "cat",
             f"{folder}/rx_bytes", f"{folder}/tx_bytes"],
            capture_output=True, text=True, check=True).stdout
        return sum(map(int, said.split()))

    def peak_mib(self):
        """The most that was resident."""
        kib = 0
        for pid in family(self.program.pid):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                kib += int(line.split()[1]) if line.startswith("VmHWM") else 0
        return kib / 1024

    def reset_peak(self):
        for pid in family(self.program.pid):
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def runs(self, revision, after=0):
        """When its Unit began to run it."""
        return self.program.wait_line(f"Unit runs {revision}", WAIT, after)[1]


@contextlib.contextmanager
def pair():
    """Two nodes, the first of which has a mesh."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="umbench"))
        lan = stack.enter_context(lan_.Lan(["a", "b"], prefix="umb"))
        a, b = (Node(stack, lan, folder, n) for n in lan.names)
        a.ask("POST", "/mesh/init", {"name": "bench"})
        yield lan, a, b


def join(a, b):
    code = a.ask("POST", "/mesh/invites", {"role": "node"})["code"]
    began = time.monotonic()
    b.ask("POST", "/mesh/join", {"code": code})
    return began


def until_same(a, b):
    """Until b has what a has; it says so by the current revision, and has all
    that this one rests on then."""
    want = a.current()
    deadline = time.monotonic() + WAIT
    while b.current() != want:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{b.current()} instead of {want}")
        threading.Event().wait(0.01)


def joining(count, old_s, took, wire):
    with pair() as (_, a, b):
        a.grow(count)
        threading.Event().wait(old_s)
        want = a.current()
        before = b.wire_bytes()
        began = join(a, b)
        took.add(b.runs(want) - began)
        until_same(a, b)
        wire.add((b.wire_bytes() - before) / 1e6)


def healing(count, cut_s, took, memory, wire):
    with pair() as (lan, a, b):
        join(a, b)
        b.runs(a.current())
        lan.cut("b")
        over = time.monotonic() + cut_s
        a.grow(count)
        threading.Event().wait(max(0, over - time.monotonic()))
        want = a.current()
        b.reset_peak()
        had, before = b.peak_mib(), b.wire_bytes()
        lan.heal("b")
        began = time.monotonic()
        took.add(b.runs(want) - began)
        memory.add(b.peak_mib() - had)
        wire.add((b.wire_bytes() - before) / 1e6)


def measure(smoke):
    why = lan_.why_not()
    if why:
        raise Skipped(why)
    rounds, joined, missed, old_s, cut_s = (1, 300, 200, 0, 0) if smoke else \
        (3, 10000, 5000, OLD_S, CUT_S)
    s = [Samples() for _ in range(5)]
    for _ in range(rounds):
        joining(joined, old_s, s[0], s[1])
        healing(missed, cut_s, *s[2:])
    return [
        Result(f"joining a mesh of {joined} revisions, to the Unit", "s", s[0],
               None, ("<=", 1)),
        Result("the same, on the wire", "MB", s[1], None, ("<=", 5)),
        Result(f"{missed} revisions missed in a partition of {cut_s} s, to the "
               "Unit", "s", s[2], None, ("<=", 10)),
        Result("the same, more memory at the most", "MiB", s[3], None,
               ("<=", 64)),
        Result("the same, on the wire", "MB", s[4], None),
    ]
