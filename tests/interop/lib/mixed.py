# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gossipsub meshes of nodes of every kind, and whether a message is lost."""

import contextlib
import time

from checks import LOOP
from peer import Peer, PeerError

TOPIC = "news"
CHORDS = (1, 2, 5)  # whom each node dials, counted around the ring


def kinds_of(available, count):
    """The kinds in turn, ours first."""
    return [available[i % len(available)] for i in range(count)]


@contextlib.contextmanager
def mesh(kinds, flags):
    """Nodes that listen, dialed around a ring with chords; each has the topic
    and knows of enough others that have."""
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Peer(
            kind, ["--listen", LOOP, "--topic", TOPIC, *flags]))
            for kind in kinds]
        for node in nodes:
            node.ready(60)
        pairs = {frozenset((i, (i + step) % len(nodes)))
                 for i in range(len(nodes)) for step in CHORDS}
        for i, j in sorted(map(sorted, pairs)):
            if i != j:
                nodes[i].cmd(f"connect {nodes[j].addr}")
        for node in nodes:
            node.wait_mesh(TOPIC, timeout=40)
        settle(nodes)
        yield nodes


def settle(nodes):
    """Until a message of each has reached each: the mesh has grown together.
    What is lost before that is no loss."""
    missing = {(a.name, b.name) for a in nodes for b in nodes if a is not b}
    end, number = time.monotonic() + 60, 0
    while missing:
        if time.monotonic() > end:
            raise PeerError(f"never heard of each other: {sorted(missing)}")
        number += 1
        for node in nodes:
            if any(a == node.name for a, _ in missing):
                node.cmd(f"pub {TOPIC} settle {number} {node.name}")
        for node in nodes:
            wanted = {a for a, b in missing if b == node.name}
            with contextlib.suppress(PeerError):
                node.until(lambda: True if wanted <= heard(node) else None,
                           "the others", 3)
            missing -= {(a, node.name) for a in heard(node)}


def heard(node):
    """Whose messages of settle() a node has seen; with its condition held."""
    return {e["data"].split()[2] for e in node.events
            if e.get("type") == "msg"
            and e.get("data", "").startswith("settle")}


def lost(nodes, rounds, size, seconds=30):
    """Each publishes `rounds` messages of `size` bytes, one after the other;
    what has not come everywhere in time, as (from, to, how many)."""
    marks = [node.mark() for node in nodes]
    for _ in range(rounds):
        for node in nodes:
            node.cmd(f"flood {TOPIC} {size} 1")
    left = []
    for node, mark in zip(nodes, marks):
        for other in nodes:
            if other is node:
                continue
            try:
                node.wait_count("msg", rounds, seconds, mark, size=size,
                                **{"from": other.id})
            except PeerError:
                got = len(node.seen("msg", mark, size=size,
                                    **{"from": other.id}))
                left.append((other.name, node.name, rounds - got))
    return left


def doubles(nodes, after=0):
    """Messages that an application saw twice."""
    found = []
    for node in nodes:
        numbers = [(e["from"], e["seqno"]) for e in node.seen("msg", after)]
        found += [(node.name, *n) for n in set(numbers)
                  if numbers.count(n) > 1]
    return found
