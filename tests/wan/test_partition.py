# SPDX-License-Identifier: MIT OR Apache-2.0
"""A site is cut off from its mesh. Both sides are changed meanwhile; when they
hear each other again what is current has both changes, and goes to all, node
by node, as what a machine merged does."""

import pytest
from crew import ROUTE, begin, change, paths, until
from lab import TRIES
from members import hub, node
from rig import daemons

SETTING = "settings/listen_threads"
# So long nobody answers until a connection is given up.
SILENCE_S = 120
# From when the line is there until all have both changes, and from then until
# all run them: two batches, 30 s each.
HEALED_S = 45
RUNS_S = 120


def both(what):
    return what["routes"][0]["action"]["return"] == 205 and \
        what.get("settings") == {"listen_threads": 2}


def has_both(node_):
    current = node_.get(f"/mesh/revisions/{node_.current()}/document")
    return both(current["base"])


@pytest.mark.parametrize("cut", ["brief", *(["long"] if TRIES else [])])
def test_both_sides_change(lab, folder, page, cut):
    """Long is until each side has noticed that the other one is silent."""
    at = lab.host("red")
    site = lab.site("a", nat="symmetric")
    inside = [site.host() for _ in range(2)]
    far = lab.site("b").host()
    red = hub(at, folder)
    here = [node(inside[0], folder, at),
            node(inside[1], folder, inside[0], at)]
    there = [red, node(far, folder, at)]
    nodes = here + there
    with daemons(*nodes):
        begin((red, *here, there[1]))
        red.say("put", "settings", '{"listen_threads": 1}')
        for n in nodes:
            n.answers(204)
        until(lambda: paths(here[0]).get(here[1].name_) == "direct",
              "neighbours are connected")
        site.cut()
        if cut == "long":
            for a in here:
                until(lambda a=a: "red" not in paths(a), "silence is noticed",
                      SILENCE_S)
        change(here[0], 205, here[1])
        red.say("put", SETTING, "2")
        until(lambda: there[1].unit()["settings"] == {"listen_threads": 2},
              "the other side goes on")
        assert not any(has_both(n) for n in nodes)
        assert there[1].call("get", ROUTE).stdout.strip() == "204"
        with page.within("site is back: all have what both sides changed",
                         f"4 daemons; the cut was {cut}", HEALED_S):
            site.heal()
            for n in nodes:
                until(lambda n=n: has_both(n), f"{n.name_} has both", HEALED_S)
        if cut == "long":
            with page.within("and run it", "4 daemons", RUNS_S):
                for n in nodes:
                    until(lambda n=n: both(n.unit()), f"{n.name_} runs both",
                          RUNS_S)
