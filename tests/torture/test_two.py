# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two machines, the commonest installation: one of them dies."""

import pytest
from nodes import Mesh, until
from stored import Stored

START = {"listeners": {}, "routes": {}, "applications": {}}


def route(code):
    return [{"action": {"return": code}}]


@pytest.fixture
def two(folder):
    with Mesh(folder, 2) as mesh:
        yield mesh.begin(START)


def at_rest(mesh, *changes):
    """All in step; each of the changes is there, on both disks, and in both
    lists of revisions; both stores hold."""
    mesh.agree()
    for node in mesh:
        messages = {r["message"] for r in node.revisions()}
        assert not set(changes) - messages, node.name
    assert [node.stop() for node in mesh] == [0, 0]
    stores = [Stored(node.state) for node in mesh]
    assert stores[0].revisions.keys() == stores[1].revisions.keys()
    for node in mesh:
        assert node.verify()[0] == 0, node.verify()


def said(what):
    return {"X-Message": what}


@pytest.mark.parametrize("dead", [0, 1], ids=["founder", "joiner"])
def test_one_goes_on_alone(two, dead):
    """It changes, is killed, comes back alone, applies; then the dead one
    returns. Also if the dead one has the owner's key."""
    lone, gone = two[1 - dead], two[dead]
    lone.put("/config/routes/both", route(201), said("both"))
    two.agree()
    gone.kill()
    lone.put("/config/routes/alone", route(202), said("alone"))
    until(lambda: "alone" in lone.unit_config()["routes"], "Unit runs it")
    lone.kill()
    lone.start()
    assert lone.get("/config") == until(
        lambda: "alone" in lone.unit_config()["routes"] and
        lone.unit_config(), "Unit runs it still")
    lone.put("/config/routes/anew", route(203), said("anew"))
    until(lambda: "anew" in lone.unit_config()["routes"], "Unit runs that")
    until(lambda: lone.states()[lone.name]["state"] == "synced",
          "it says so of itself")
    gone.start()
    two.agree()
    assert gone.unit_config() == lone.unit_config()
    assert not gone.conflicts() and not lone.conflicts()
    at_rest(two, "both", "alone", "anew")


def apart(two):
    """Each changes the same while the other is dead."""
    two[1].kill()
    two[0].put("/config/routes/same", route(204), said("first"))
    two[0].kill()
    two[1].start()
    two[1].put("/config/routes/same", route(205), said("second"))
    two[0].start()


def test_both_change_while_apart(two):
    """The same conflict is listed on both, and the same is in force."""
    two.agree()
    apart(two)
    two.agree()
    listed = [node.get("/mesh/conflicts") for node in two]
    assert listed[0] == listed[1] and listed[0]["unlisted"] == 0
    [loser] = listed[0]["conflicts"]
    winner = next(r for r in two[0].revisions() if r["current"])
    assert {loser["message"], winner["message"]} == {"first", "second"}
    assert loser["number"] == winner["number"]
    # The later one is above; of the same moment the one with the higher id.
    assert (winner["wall_ms"], winner["id"]) > (loser["wall_ms"], loser["id"])
    assert two[0].unit_config() == two[1].unit_config()
    at_rest(two, "first", "second")


def test_the_conflict_is_there_after_a_restart(two):
    two.agree()
    apart(two)
    two.agree()
    before = [node.get("/mesh/conflicts") for node in two]
    for node in two:
        node.kill()
    for node in two:
        node.start()
    two.agree()
    assert [node.get("/mesh/conflicts") for node in two] == before
    # And a change that knows the winner leaves the conflict listed.
    two[0].put("/config/routes/other", route(206), said("third"))
    two.agree()
    assert [c["id"] for c in two[1].get("/mesh/conflicts")["conflicts"]] == [
        c["id"] for c in before[0]["conflicts"]]
    at_rest(two, "first", "second", "third")
