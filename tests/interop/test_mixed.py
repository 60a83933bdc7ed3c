# SPDX-License-Identifier: MIT OR Apache-2.0
"""One gossipsub mesh of nodes of every kind: no message is lost, none comes
twice, with ids of either fashion. MIXED_NODES=20 is `make interop-mesh`."""

import os

import pytest
import mixed
from peer import Unavailable, executable, require

NODES = int(os.environ.get("MIXED_NODES", "6"))
ROUNDS = int(os.environ.get("MIXED_ROUNDS", "5"))


def available():
    kinds = ["c"]
    for kind in ("go", "js", "rust", "py"):
        try:
            executable(kind)
            kinds.append(kind)
        except Unavailable:
            pass
    return kinds


@pytest.mark.parametrize("msgid,count,rounds", [
    ("from", NODES, ROUNDS), ("key", NODES, ROUNDS), ("from", 20, 1)])
def test_mesh(msgid, count, rounds):
    """IDONTWANT is for messages of 512 bytes and more: go counts whose it
    saw, and ours must be among them."""
    require("c", "go", "js")
    kinds = mixed.kinds_of(available(), count)
    print(f"\n{count} nodes: {' '.join(kinds)}")
    with mixed.mesh(kinds, ["--msgid", msgid]) as nodes:
        mark = [node.mark() for node in nodes]
        assert not mixed.lost(nodes, rounds, 100)
        assert not mixed.lost(nodes, rounds, 2000)
        assert not mixed.doubles(nodes, min(mark))
        ours = {node.id for node in nodes if node.kind == "c"}
        senders = set()
        for node in nodes:
            if node.kind == "go":
                senders |= set(node.cmd("stats")["idontwant"])
        assert ours & senders, "no IDONTWANT of ours reached go"
