# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node that is cut off from all others keeps its Unit right, however often
both start anew, takes changes, and comes back to the others with them."""

import shutil

from crew import ROUTE, Node, again, begin, synced, until
from lan import ips
from rig import Standin, daemons, loopback, network

FAST = {"UNITMESH_TEST_SPEED": "15"}


def boot(unit_at, node, folder, peer, **more):
    """A machine that starts: a Unit that has nothing, and the daemon."""
    shutil.rmtree(unit_at / "unitd")
    unit = Standin(unit_at)
    return unit, again(node, folder, peer, unit=unit, **more)


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


def test_a_machine_without_any_network(folder):
    """It starts where not even loopback is up, keeps its Unit right, which
    starts anew as well, and takes a change. The others make another one. When
    a cable is plugged in, both hold, and anybody is told how that came."""
    with network("red", "blue") as lan:
        unit_at = folder / "u"
        unit_at.mkdir()
        unit = Standin(unit_at)
        red = Node("red", folder, None, netns=lan.ns("red"), env=FAST)
        blue = Node("blue", folder, None, lan.ip("red"), unit=unit,
                    netns=lan.ns("blue"), env=FAST)
        with daemons(red):
            with unit, blue:
                begin((red, blue))
                red.revision("put", ROUTE, "205")
                synced(red, blue)
            ips(lan.ns("blue"), "link set eth0 down", "link set lo down")
            unit, blue = boot(unit_at, blue, folder, lan.ip("red"),
                              netns=lan.ns("blue"), env=FAST)
            with unit, blue:
                blue.ready()
                blue.answers(205)
                apart = blue.revision("put", ROUTE, "206")
                blue.answers(206)
                unit.tell("restart empty")
                blue.answers(206)
                red.revision("put", "/settings", '{"http": {}}')
                assert blue.states()["red"][0] != "synced"
                ips(lan.ns("blue"), "link set lo up", "link set eth0 up")
                until(lambda: red.current() == blue.current() != apart and
                      red.get("/config")["routes"] ==
                      [{"action": {"return": 206}}], "both changes hold")
                synced(red, blue)
                for n in (red, blue):
                    n.answers(206)
                    assert n.unit()["settings"] == {"http": {}}
                    assert n.rows("conflicts") == []
                    assert "re-based" in n.rows("log")[0], n.rows("log")
