# SPDX-License-Identifier: MIT OR Apache-2.0
"""Many who write at once at a node that has no Unit: nothing waits for one, and
what was acknowledged is there, however the node ends."""

import threading

from crew import Node, again
from rig import loopback

WRITERS = 16
EACH = 12


class Nowhere:
    target = "none"


def write(node, who, acks):
    """Sets variables, one after the other, until the node is gone."""
    for i in range(EACH):
        try:
            answer = node.ask("PUT", f"/mesh/variables/w{who}-{i}", i)
        except OSError:
            return
        if answer.code != 200:
            return
        acks.append((f"w{who}-{i}", i))


def test_what_was_acknowledged_is_there(folder):
    acks = []
    with Node("red", folder, loopback(), unit=Nowhere) as red:
        red.ready()
        red.say("init")
        writers = [threading.Thread(target=write, args=(red, n, acks))
                   for n in range(WRITERS)]
        for w in writers:
            w.start()
        while len(acks) < WRITERS * EACH // 2 and \
                any(w.is_alive() for w in writers):
            writers[0].join(0.01)
        red.proc.kill()
        for w in writers:
            w.join()
    assert len(acks) >= WRITERS * EACH // 2, len(acks)
    with again(red, folder, None, unit=Nowhere) as red:
        red.ready()
        there = red.get("/mesh/variables")
        lost = [(name, i) for name, i in acks if there.get(name) != i]
        assert not lost, lost
