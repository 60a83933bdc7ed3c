# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the rows of the bench share: processes, CPU, medians, verdicts."""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
P2P = BUILD / "tools/p2p/p2p"
os.environ.setdefault("P2P_BIN", str(P2P))
sys.path.insert(0, str(ROOT / "tests/interop/lib"))

# pylint: disable=wrong-import-position
from peer import Peer, Unavailable, executable          # noqa: E402

LOOP = ["--listen", "/ip4/127.0.0.1/tcp/0"]


@dataclasses.dataclass(frozen=True)
class Over:
    """A transport and what makes it secure."""
    listen: str
    security: str = ""

    @property
    def flags(self):
        return ["--security", self.security] if self.security else []


NOISE = Over("/ip4/127.0.0.1/tcp/0", "noise")
TLS = Over("/ip4/127.0.0.1/tcp/0", "tls")
WS = Over("/ip4/127.0.0.1/tcp/0/ws", "noise")
QUIC = Over("/ip4/127.0.0.1/udp/0/quic-v1")


class Skipped(Exception):
    """Somebody whom the row needs is not here; the text says who."""


def need(kind):
    """The argv of a kind of peer, or Skipped."""
    try:
        return executable(kind)
    except Unavailable as err:
        raise Skipped(f"peer {kind}: {err}") from err


def server(kind, *flags, over=NOISE):
    """A started peer that listens on loopback, without events."""
    return Peer.start(kind, ["--listen", over.listen, *over.flags, "--quiet",
                             *flags])


def connected(stack, kind, over=NOISE):
    """(server, client) of one kind, connected."""
    one = stack.enter_context(server(kind, over=over))
    other = stack.enter_context(Peer.start(kind, [*over.flags, "--quiet"]))
    other.cmd(f"connect {one.addr}")
    return one, other


def bound(what, *on):
    """What this machine can do, now; `on`: the cores of both ends of a ping.
    See bounds.c."""
    return float(subprocess.run([BUILD / "bench/bounds", what, *map(str, on)],
                                capture_output=True, text=True, timeout=120,
                                check=True).stdout)


def cores():
    """A processor, and another one (the same, if there is one only)."""
    here = sorted(os.sched_getaffinity(0))
    return here[0], here[-1]


def pin(pid, core):
    """All threads of a process, and those that come, stay on one core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def p2p(*args, core=None):
    """Runs a bench command of ours; returns what it printed."""
    argv = [P2P, *map(str, args)]
    if core is not None:
        argv = ["taskset", "-c", str(core), *argv]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"p2p {args[0]}: {done.stderr.strip()}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def cpu_s(pid):
    """CPU seconds of a process: the scheduler's nanoseconds where the kernel
    counts them, else ticks."""
    try:
        return sum(int(t.joinpath("schedstat").read_text().split()[0])
                   for t in Path(f"/proc/{pid}/task").iterdir()) / 1e9
    except (OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
        ticks = sum(int(f) for f in fields.split()[11:13])
        return ticks / os.sysconf("SC_CLK_TCK")


def memory_kb(pid):
    """(RSS, PSS) of a process in KiB."""
    rss = pss = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            rss = int(line.split()[1])
        elif line.startswith("Pss:"):
            pss = int(line.split()[1])
    return rss, pss


def family(pid):
    """A process and its children: a daemon has an applier."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [pid, *map(int, text.split())]


class Meter:
    """CPU seconds that processes use within a block: one figure each."""

    def __init__(self, *pids):
        self.pids = pids
        self.used = []

    def __enter__(self):
        self.before = [cpu_s(p) for p in self.pids]
        return self

    def __exit__(self, *exc):
        self.used = [cpu_s(p) - b for p, b in zip(self.pids, self.before)]


class Samples:
    """Figures of one side of a row; each with the CPU that it cost."""

    def __init__(self):
        self.values = []
        self.cpu = []

    def add(self, value, cpu=None):
        self.values.append(value)
        if cpu is not None:
            self.cpu.append(cpu)

    @property
    def median(self):
        return statistics.median(self.values)


def text_of(x):
    """Three figures that matter."""
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.3g}"


class Result:
    """One line of the table.

    `gate` is (kind, limit): "ratio>=", "ratio<=" of ours over theirs (the
    median of the rounds' ratios), or "<=" of our median; None: to look at.
    """

    def __init__(self, name, unit, ours, theirs=None, gate=None, cpu_unit="",
                 who="go"):
        self.name, self.unit, self.gate = name, unit, gate
        self.ours, self.theirs, self.who = ours, theirs, who
        self.cpu_unit = cpu_unit

    @property
    def ratio(self):
        if self.theirs is None or not self.theirs.values:
            return None
        ratios = [a / b for a, b in zip(self.ours.values, self.theirs.values)
                  if b > 0]
        return statistics.median(ratios) if ratios else None

    def verdict(self):
        if self.gate is None:
            return "-"
        kind, limit = self.gate
        value = self.ratio if kind.startswith("ratio") else self.ours.median
        if value is None:
            return "skipped"
        good = value >= limit if kind.endswith(">=") else value <= limit
        return "pass" if good else "MISS"

    def row(self):
        def side(samples):
            if samples is None or not samples.values:
                return "-"
            v = samples.values
            return (f"{text_of(samples.median)} "
                    f"[{text_of(min(v))}-{text_of(max(v))}]")

        def cpu(samples):
            if samples is None or not samples.cpu:
                return "-"
            return text_of(statistics.median(samples.cpu))

        gate = "-"
        if self.gate:
            kind, limit = self.gate
            gate = kind.replace("ratio", "").replace(">=", "≥ ").replace(
                "<=", "≤ ") + text_of(limit)
            gate += " x" if kind.startswith("ratio") else f" {self.unit}"
        ratio = self.ratio
        return {
            "name": self.name, "unit": self.unit, "ours": side(self.ours),
            "theirs": side(self.theirs),
            "who": self.who if self.theirs is not None else "-",
            "ratio": "-" if ratio is None else f"{ratio:.2f}",
            "gate": gate, "verdict": self.verdict(),
            "cpu_ours": cpu(self.ours), "cpu_theirs": cpu(self.theirs),
            "cpu_unit": self.cpu_unit,
        }


def alternate(kinds, rounds, measure):
    """measure(kind) for each kind in turn, round by round, the order turned
    around every time."""
    for i in range(rounds):
        for kind in (kinds if i % 2 == 0 else reversed(kinds)):
            with contextlib.ExitStack() as stack:
                measure(stack, kind)
