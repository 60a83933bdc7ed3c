#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [--publishes N] [--connects N] [--posts N] [--no-memory]

Real processes on loopback do the same thing thousands of times, and nothing
may grow: N publishes through a chain of three nodes; N connections to one host
that are closed again, by ten peers that come and go; N changes of a
configuration that two daemons publish in turn and the other one follows
(--posts; with the stand-in for Unit). A ledger is printed: what each process
holds at the start, after a tenth of it, of a daemon after a quarter (warm), in
the middle, at the end, and when everybody else is gone.

Fails when a process holds more at the end than when it was warm, beyond the
bounds below; when it has other descriptors than before; when what is counted
for peers is not back at what it was without any; or when a process does not
end with 0. --no-memory compares no memory: for builds with a sanitizer, whose
heap keeps what was freed, and which say themselves at the end what leaked.
"""
import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
os.environ.setdefault("P2P_BIN", str(BUILD / "tools/p2p/p2p"))
sys.path.insert(0, str(ROOT / "tests/interop/lib"))

# pylint: disable=wrong-import-position
from daemon import Daemon                                      # noqa: E402
from peer import Peer                                          # noqa: E402

# What may be more at the end than when warm, in KiB. The heap: what malloc()
# gave out and no quota counts. Resident: fragments, and pages that were never
# given back to the system.
HEAP_KB = 128
RSS_KB = 4096
# The same of a daemon, which does not tell of its heap, beyond what is counted.
DAEMON_KB = 512
# How long what was counted may take to go: ids of messages stay 2 minutes.
GONE_S = 150
# Publishes a second; connections of one client before the next begins.
RATE = 400
ROUND = 100
# Where the daemons are; several runs at a time do not meet.
NET = f"127.{64 + os.getpid() % 128}.{1 + os.getpid() // 128 % 250}"

TOPIC = "soak"
CHAIN = ("first", "second", "third")
PAIR = ("one", "other")
LISTEN = ["--listen", "/ip4/127.0.0.1/tcp/0"]
COLUMNS = ("process", "when", "rss_kb", "heap_kb", "counted", "fds", "conns",
           "streams", "pending", "done", "refused")


def fds(pid):
    """The fewest descriptors in a moment: clients that have just had their
    answer may not be closed yet."""
    fewest = None
    for _ in range(20):
        now = len(os.listdir(f"/proc/{pid}/fd"))
        fewest = now if fewest is None else min(now, fewest)
        time.sleep(0.01)
    return fewest


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(x for x in f if x.startswith("VmRSS")).split()[1])


class Ledger:
    """What processes held at moments, and what must be true of it."""

    def __init__(self, memory):
        self.memory = memory
        self.rows = {}
        self.bad = []
        self.print(COLUMNS)

    @staticmethod
    def print(cells):
        widths = (9, 8, 9, 9, 11, 5, 7, 9, 9, 8, 8)
        print("".join(f"{c:<{w}}" if i < 2 else f"{c:>{w}}" for i, (c, w) in
                      enumerate(zip(cells, widths))), flush=True)

    def add(self, name, when, row):
        self.rows[name, when] = row
        self.print([name, when] + [row[c] for c in COLUMNS[2:]])

    def node(self, name, peer, when):
        """A row of a node of ours."""
        s = peer.cmd("stats")
        self.add(name, when, {
            "rss_kb": s["rss_kb"], "counted": s["memory_bytes"],
            "heap_kb": (s["heap_bytes"] - s["memory_bytes"]) // 1024
                       if self.memory else "-",
            "fds": fds(peer.pid), "conns": s["conns_in"] + s["conns_out"],
            "streams": s["streams_in"] + s["streams_out"],
            "pending": s["handshakes_pending"], "done": s["messages"],
            "refused": s["refused"]})

    def daemon(self, name, node, when, done):
        """A row of a daemon, which does not tell of its heap."""
        s = node.get("/mesh/status")["p2p"]
        self.add(name, when, {
            "rss_kb": rss_kb(node.pid), "heap_kb": "-", "fds": fds(node.pid),
            "counted": s["memory_bytes"],
            "conns": s["conns_in"] + s["conns_out"],
            "streams": s["streams_in"] + s["streams_out"],
            "pending": s["handshakes_pending"], "done": done,
            "refused": s["refused_quota"] + s["refused_pending"]})

    def expect(self, true, what):
        if not true:
            self.bad.append(what)
            print(f"FAIL {what}", flush=True)

    def flat(self, name, since, until):
        """No more memory at one moment than at another, nor descriptors."""
        a, b = self.rows[name, since], self.rows[name, until]
        self.expect(b["fds"] == a["fds"], f"{name}: {a['fds']} descriptors "
                    f"{since}, {b['fds']} {until}")
        for what, most in (("heap_kb", HEAP_KB), ("rss_kb", RSS_KB)):
            if self.memory and a[what] != "-":
                self.expect(b[what] - a[what] <= most, f"{name}: {what} grew "
                            f"by {b[what] - a[what]} from {since} to {until}")
        grown = b["rss_kb"] - a["rss_kb"]
        grown -= (b["counted"] - a["counted"]) // 1024
        if self.memory and a["heap_kb"] == "-":
            self.expect(grown <= DAEMON_KB, f"{name}: grew by {grown} KiB that "
                        f"are not counted from {since} to {until}")

    def gone(self, name, since, until):
        """Nothing is held for anybody, as before."""
        a, b = self.rows[name, since], self.rows[name, until]
        for what in ("conns", "streams", "pending"):
            self.expect(b[what] == 0, f"{name}: {b[what]} {what} {until}")
        self.expect(b["counted"] == a["counted"], f"{name}: {a['counted']} "
                    f"bytes counted {since}, {b['counted']} {until}")
        # Some are opened when first needed: those of the warm process count.
        warm = self.rows[name, "warm"]
        own = warm["fds"] - warm["conns"]
        self.expect(b["fds"] == own, f"{name}: {own} descriptors warm, "
                    f"connections apart, {b['fds']} {until}")


def parts(n):
    """(moment, how many by then): warm, middle, end."""
    return (("warm", n // 10), ("middle", n // 2), ("end", n))


def publish(ledger, nodes, count):
    """Messages of the first node reach the last one, each of them once."""
    said = 0
    for peer, to in zip(nodes, nodes[1:]):
        peer.cmd(f"connect {to.addr}")
    for peer, to in zip(nodes, nodes[1:]):
        peer.wait_mesh(TOPIC, to)
        to.wait_mesh(TOPIC, peer)
    for when, until in parts(count):
        nodes[0].cmd(f"flood {TOPIC} 200 {until - said} {RATE}",
                     timeout=60 + (until - said) / RATE)
        said = until
        for peer in nodes[1:]:
            peer.poll("stats", lambda s: s["messages"] >= said, timeout=60)
        for name, peer in zip(CHAIN, nodes):
            ledger.node(name, peer, when)
    for name, peer in zip(CHAIN, nodes):
        ledger.flat(name, "warm", "end")
        if peer is not nodes[0]:
            got = ledger.rows[name, "end"]["done"]
            ledger.expect(got == count, f"{name}: {got} of {count} messages")


def part(peer, other):
    """Closes the connections of two nodes, and waits for both ends."""
    since = other.mark()
    peer.cmd(f"disconnect {other.id}")
    other.wait("disconnected", after=since, peer=peer.id)


def connect(ledger, host, count):
    """Peers come and go; the host is asked in between."""
    done = 0
    for when, until in parts(count):
        while done < until:
            seed = done // ROUND % 10
            with Peer.start("c", ["--seed", str(100 + seed)],
                            name=f"client {seed}") as client:
                for _ in range(min(ROUND, until - done)):
                    client.cmd(f"connect {host.addr}")
                    part(client, host)
                    done += 1
            ledger.expect(client.proc.returncode == 0, "a client ended with "
                          f"{client.proc.returncode}")
        settled(host)
        ledger.node("host", host, when)
        ledger.rows["host", when]["done"] = done
    ledger.flat("host", "warm", "end")
    ups = len(host.seen("connected"))
    ledger.expect(ups == count, f"host: {ups} of {count} connections")


def settled(peer):
    """Waits until a node has no connection any more."""
    peer.poll("stats", lambda s: s["conns_in"] + s["conns_out"] == 0)


def config(number):
    return {"listeners": {}, "routes": [
        {"match": {"uri": "/soak"},
         "action": {"return": 200, "response_headers": {"X-N": str(number)}}}]}


def post(ledger, daemons, count):
    """They change and publish their configuration in turn, and follow."""
    done = 0
    for node, other in (daemons, daemons[::-1]):
        node.wait_text(f"Connection established to {other.id}")
    for when, until in (("warm", count // 4), *parts(count)[1:]):
        while done < until:
            node, other = daemons[::-1] if done % 2 else daemons
            since = other.mark()
            node.put_config(config(done))
            node.publish(node.bind)
            other.wait_text(r"applied config from", after=since)
            done += 1
        for name, node in zip(PAIR, daemons):
            ledger.daemon(name, node, when, done)
    for name in PAIR:
        ledger.flat(name, "warm", "end")
    ledger.expect(daemons[0].config() == daemons[1].config(),
                  "the daemons' configurations differ")


def start_daemons(ledger, stack):
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="umsoak"))
    nodes = []
    for i, name in enumerate(PAIR):
        flags = ["--listen", f"/ip4/{NET}.{i + 1}/tcp/4001"]
        flags += ["--peer", f"/ip4/{NET}.1/tcp/4001"] if i else []
        nodes.append(stack.enter_context(
            Daemon(name, folder, bind=f"{NET}.{i + 1}", flags=flags)).ready())
        if not i:
            ledger.daemon(name, nodes[0], "start", 0)
    return nodes


def gone(ledger, name, counted, tell, deadline):
    """Waits until what was counted is back at what it was, and says so."""
    before = ledger.rows[name, "start"]["counted"]
    while counted() != before and time.monotonic() < deadline:
        time.sleep(0.5)
    tell(name)
    ledger.gone(name, "start", "alone")


def leave(nodes):
    """All connections of the chain end."""
    for peer, to in zip(nodes, nodes[1:]):
        peer.cmd(f"disconnect {to.id}")


def ended(ledger, process):
    code = process.stop(20)
    ledger.expect(code == 0, f"{process.name} ended with {code}: " +
                  " ".join(process.err_tail))


def soak(args, ledger, stack):
    nodes = [stack.enter_context(Peer.start(
        "c", LISTEN + ["--topic", TOPIC, "--quiet"])) for _ in range(3)]
    host = stack.enter_context(Peer.start("c", LISTEN, name="host"))
    for name, peer in zip(CHAIN, nodes):
        ledger.node(name, peer, "start")
    ledger.node("host", host, "start")
    publish(ledger, nodes, args.publishes)
    leave(nodes)
    one = None
    if args.posts:
        one, other = start_daemons(ledger, stack)
        post(ledger, (one, other), args.posts)
        ended(ledger, other)
    connect(ledger, host, args.connects)
    deadline = time.monotonic() + GONE_S
    for name, peer in zip((*CHAIN, "host"), (*nodes, host)):
        gone(ledger, name, lambda p=peer: p.cmd("stats")["memory_bytes"],
             lambda n, p=peer: ledger.node(n, p, "alone"), deadline)
        ended(ledger, peer)
    if one:
        gone(ledger, "one",
             lambda: one.get("/mesh/status")["p2p"]["memory_bytes"],
             lambda n: ledger.daemon(n, one, "alone", args.posts), deadline)
        ended(ledger, one)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--publishes", type=int, default=10000)
    parser.add_argument("--connects", type=int, default=10000)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--no-memory", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    ledger = Ledger(not args.no_memory)
    with contextlib.ExitStack() as stack:
        soak(args, ledger, stack)
    print(f"soak: {args.publishes} publishes, {args.connects} connections, "
          f"{args.posts} configurations in {time.monotonic() - began:.0f} s; "
          f"{len(ledger.rows)} rows, {len(ledger.bad)} failed")
    return bool(ledger.bad)


if __name__ == "__main__":
    sys.exit(main())
