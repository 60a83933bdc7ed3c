# SPDX-License-Identifier: MIT OR Apache-2.0
"""Brakes that a root puts on: changes that are not immediate, and confirmed by
somebody else than who made them."""

import pytest
from crew import ROUTE, Node, begin, synced, until
from rig import daemons, loopback
from test_mesh_owners import known

NAMES = ("red", "green", "blue")


@pytest.fixture
def trio(folder):
    at = [loopback() for _ in NAMES]
    nodes = [Node(n, folder, b, at[0] if i else None,
                  env={"UNITMESH_TEST_SPEED": "10"})
             for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        yield begin(nodes)


def settings(nodes, wanted):
    for n in nodes:
        until(lambda n=n: {r[0]: r[1] for r in n.rows("settings")} == wanted,
              f"{n.name_} hears what holds")


def test_nothing_at_once(trio):
    red, green, blue = trio
    red.say("members", "role", "blue", "owner")
    known(trio, "blue", {"owner", "writer", "node"})
    for words in (("settings", "set", "no-immediate", "true"),
                  ("members", "label", "red", "no-immediate=true")):
        assert "A root alone puts brakes on" in blue.refuse(*words)
    assert 'It is "true"' in red.refuse("settings", "set", "no-immediate",
                                        "yes")
    red.say("settings", "set", "no-immediate", "true")
    settings(trio, {"no-immediate": "true"})
    for n in trio:
        said = n.refuse("put", ROUTE, "205")
        assert "no immediate changes here: --trial or --staged" in said
    assert "no immediate" in green.refuse("rollback")
    made = green.revision("put", ROUTE, "205", "--trial=10m")
    synced(*trio)
    green.say("confirm", made)
    red.runs("205")
    # For one writer alone.
    assert "taken back" in red.say("settings", "set", "no-immediate", "")
    red.say("members", "label", "green", "no-immediate=true")
    settings(trio, {})
    until(lambda: "no immediate" in green.call("put", ROUTE, "206").stderr,
          "green hears of it")
    red.say("put", ROUTE, "206")
    green.runs("206")


def test_four_eyes(trio):
    red, green, blue = trio
    red.say("settings", "set", "four-eyes", "true")
    settings(trio, {"four-eyes": "true"})
    made = green.revision("put", ROUTE, "205", "--trial=10m")
    synced(*trio)
    assert "somebody else than who made it" in green.refuse("confirm", made)
    assert green.rows("log")[0][1] == "open"
    blue.say("confirm", made)
    until(lambda: green.state_of(made) == "current", "it holds")
    # A rollout that does well on all waits for another.
    staged = red.revision("put", ROUTE, "206", "--staged=1", "--soak", "1s")
    red.wait_text(f"{staged} does well, and waits for somebody else", 60)
    for n in trio:
        n.answers(206)
    assert red.state_of(staged) == "open"
    assert "somebody else" in red.refuse("confirm", staged)
    green.say("confirm", staged)
    until(lambda: red.state_of(staged) == "current", "it holds")
