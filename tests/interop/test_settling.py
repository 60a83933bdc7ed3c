# SPDX-License-Identifier: MIT OR Apache-2.0
"""Both ends dial at the same time, and use what they have at once: whatever
connection is given up, nothing that is under way may be cut."""

import pytest
from checks import LOOP
from peer import Peer, require

ROUNDS = 6
ECHOES = (2_000_000, 1000, 500_000)


def echo_both_ways(x, y):
    """Each has one echo under way at a time: rust drops surplus streams."""
    for size in ECHOES:
        x.send(f"echo {y.id} {size}")
        y.send(f"echo {x.id} {size}")
        for one in (x, y):
            answer = one.reply("echo")
            if not answer.get("ok"):
                raise one.trouble(f"an echo was cut: {answer}")
            assert answer["bytes"] == size


@pytest.mark.parametrize("kind", ["go", "js", "rust", "c"])
def test_both_dial(kind):
    require("c", kind)
    topic = ["--listen", LOOP, "--topic", "news"]
    for number in range(ROUNDS):
        with Peer(kind, topic) as x, Peer("c", topic) as y:
            x.ready()
            y.ready()
            x.send(f"connect {y.addr}")
            y.send(f"connect {x.addr}")
            x.wait_connected(y)
            y.wait_connected(x)
            echo_both_ways(x, y)
            for one, other in ((x, y), (y, x)):
                one.wait_mesh("news", other)
                one.cmd(f"pub news {number} from {one.name}")
                other.wait("msg", data=f"{number} from {one.name}")
