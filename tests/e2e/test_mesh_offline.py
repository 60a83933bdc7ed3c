# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node that is cut off from all others keeps its Unit right, however often
both start anew, takes changes, and comes back to the others with them."""

import shutil

from crew import ROUTE, Node, again, begin, synced, until
from rig import Standin, daemons, loopback


def boot(unit_at, node, folder, peer):
    """A machine that starts: a Unit that has nothing, and the daemon."""
    shutil.rmtree(unit_at / "unitd")
    unit = Standin(unit_at)
    return unit, again(node, folder, peer, unit=unit)


def test_a_node_alone_is_started_again_and_again(folder):
    at = [loopback() for _ in range(3)]
    unit_at = folder / "u"
    unit_at.mkdir()
    unit = Standin(unit_at)
    others = [Node(n, folder, b, at[0] if i else None)
              for i, (n, b) in enumerate(zip(("red", "green"), at))]
    blue = Node("blue", folder, at[2], at[0], unit=unit)
    with daemons(*others):
        with unit, blue:
            begin([*others, blue])
            others[0].revision("put", ROUTE, "205")
            synced(*others, blue)
    # The others are away. Twice the machine is started anew.
    for status in (205, 206):
        unit, blue = boot(unit_at, blue, folder, at[0])
        with unit, blue:
            blue.ready()
            blue.answers(status)
            if status == 205:
                assert "--alone" in blue.refuse("put", ROUTE, "206", code=4)
                blue.revision("put", ROUTE, "206", "--alone")
                blue.answers(206)
            until(lambda: blue.states()["blue"][0] == "synced", "it holds")
    unit, blue = boot(unit_at, blue, folder, at[0])
    others = [again(n, folder, at[0] if i else None)
              for i, n in enumerate(others)]
    with unit, daemons(*others, blue):
        for n in (*others, blue):
            n.ready()
        synced(*others, blue)
        for n in (*others, blue):
            n.answers(206)
            assert n.rows("conflicts") == []
