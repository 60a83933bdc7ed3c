# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream of a QUIC connection, by /perf/1.0.0."""

from common import Meter, Peer, Result, Samples, alternate, need

MIB = 1 << 20
THEIRS = ("rust", "go")
LISTEN = ["--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--quiet"]


def address(peer):
    return next(a for a in peer.addrs if "/quic-v1/" in a)


def connected(stack, kind):
    """(server, client) of one kind, connected by QUIC."""
    one = stack.enter_context(Peer.start(kind, LISTEN))
    other = stack.enter_context(Peer.start(kind, ["--quiet"]))
    other.cmd(f"connect {address(one)}")
    return one, other


def measure(smoke):
    size, rounds = (8, 1) if smoke else (256, 5)
    for kind in THEIRS:
        need(kind)
    got = {(k, w): Samples() for k in ("c", *THEIRS) for w in ("up", "down")}

    def one(stack, kind):
        a, b = connected(stack, kind)
        b.cmd(f"perf {a.id} {4 * MIB} {4 * MIB}")
        for way in ("up", "down"):
            up, down = (size, 0) if way == "up" else (0, size)
            with Meter(a.pid, b.pid) as m:
                r = b.cmd(f"perf {a.id} {up * MIB} {down * MIB}", 120)
            got[kind, way].add(size / r[f"{way}_s"],
                               sum(m.used) * 1024 / size)

    alternate(("c", *THEIRS), rounds, one)
    return [Result(f"one stream of QUIC, {way}", "MiB/s", got["c", way],
                   got[kind, way],
                   ("ratio>=", 1.6) if kind == "rust" else None,
                   "s/GiB, both ends", kind)
            for way in ("up", "down") for kind in THEIRS]
