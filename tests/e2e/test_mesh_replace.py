# SPDX-License-Identifier: MIT OR Apache-2.0
"""Another key in the place of a member's: a node rotates its own, with an
owner's key on it or without; a new machine takes the place of one that is
dead. Roles, labels, name and what was written stay; nothing is lost."""

import json
import re
import subprocess

import pytest
from crew import ROUTE, Node, again, begin, synced, until
from rig import P2P_PORT, daemons, loopback
from test_mesh_owners import roles, sign

NAMES = ("red", "green", "blue")


@pytest.fixture
def trio(folder):
    at = [loopback() for _ in NAMES]
    nodes = [Node(n, folder, b, [a for a in at if a != b])
             for n, b in zip(NAMES, at)]
    with daemons(*nodes):
        yield begin(nodes)


def labels(node, name):
    return next((r[2] for r in node.rows("members") if r[0] == name), "")


def takes(node):
    """Until it has another key; its id."""
    old = node.id
    node.id = node.wait_text(rf"My Node ID: (?!{old})(\w+)", 40)[1]
    until(lambda: node.call("nodes").returncode == 0, "it serves again")
    return node.id


def put(node, value):
    """Makes a change, as soon as enough of the others were heard."""
    until(lambda: node.call("put", ROUTE, value).returncode == 0,
          f"{node.name_} may write", 10)


def secret(node):
    """A certificate by name is what only a key can open."""
    return node.call("cert", "get", "site")


def put_certificate(node, folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=site.test",
         "-days", "90", "-keyout", folder / "key", "-out", folder / "chain"],
        check=True, capture_output=True)
    node.say("cert", "put", "site", folder / "chain", folder / "key")


def test_a_node_with_an_owners_key_rotates(trio, folder):
    red, green, blue = trio
    red.say("members", "label", "red", "rack=a")
    red.say("members", "label", "red", "site=x/1")
    put_certificate(red, folder)
    made = red.revision("put", ROUTE, "205", "-m", "by the old key")
    synced(*trio)
    old, revisions = red.id, [r[0] for r in red.rows("log")]
    said = red.say("members", "rotate")
    assert takes(red) != old
    assert f"This node's key is {red.id} now." in said
    assert "sealed anew for the members:" in said
    assert "certificates/site" in said
    synced(*trio)
    for n in trio:
        until(lambda n=n: not roles(n, old), "the old key is gone")
        assert roles(n, red.id) == {"writer", "node"}
        assert set(labels(n, "red").split(",")) == {"rack=a", "site=x/1"}
        assert [r[0] for r in n.rows("log")][1:] == revisions
        assert n.state_of(made) == "established"
        assert "site.test" in secret(n).stdout
    # It writes, and what is written by others comes to it.
    put(red, "206")
    green.runs("206")
    put(blue, "207")
    red.answers(207)
    synced(*trio)
    # After a start, and once more.
    red.stop()
    with again(red, folder, [green.bind, blue.bind]) as red:
        red.ready()
        assert red.id != old
        synced(red, green, blue)
        assert "site.test" in secret(red).stdout
        red.say("members", "rotate")
        takes(red)
        synced(red, green, blue)
        put(green, "208")
        red.answers(208)


def test_two_keys_one_after_the_other(trio):
    """The applier follows to the second one, too, though nothing was applied
    in between."""
    red, green, blue = trio
    ids = [red.id]
    for _ in range(2):
        red.say("members", "rotate")
        ids.append(until(lambda: red.alive and red.get("/mesh/id")["id"]
                         not in ids and red.get("/mesh/id")["id"],
                         "it takes a key"))
    synced(red, green, blue)
    put(red, "208")
    for node in trio:
        node.answers(208)


def test_what_the_old_key_aborted_stays_ended(trio):
    """Its word falls with the key (rule 12), and what it ended does not come
    back for that: neither when the node rotates nor when another one goes."""
    red, green, blue = trio
    before = red.revision("put", ROUTE, "205")
    synced(*trio)
    gone = []
    for who in (red, blue):
        gone.append(green.revision("put", ROUTE, "206", "--trial=10m"))
        synced(*trio)
        who.say("abort", gone[-1])
        for n in trio:
            until(lambda n=n: n.state_of(gone[-1]) == "ended", "it is over")
            until(lambda n=n: n.holds() == before, "it runs no more")
    red.say("members", "rotate")
    takes(red)
    synced(*trio)
    shown = red.say("members", "rm", "blue", "--dry-run")
    assert [gone[1], "was aborted by it, and is made void"] in [
        re.split("  +", line)[:2] for line in shown.splitlines()], shown
    red.say("members", "rm", "blue")
    until(lambda: not roles(green, blue.id), "blue is out")
    for n in (red, green):
        for rev in gone:
            assert n.state_of(rev) == "void"
        assert n.holds() == before
        assert json.loads(n.say("get", ROUTE)) == 205


def test_a_node_without_one_rotates(trio, folder):
    red, green, blue = trio
    put_certificate(red, folder)
    synced(*trio)
    old = green.id
    said = green.say("members", "rotate")
    new = json.loads(green.say("members", "rotate", "-o", "json"))["next"]
    assert new in said and f"unitmesh members replace {old}" in said
    assert roles(red, old) == {"writer", "node"} and not roles(red, new)
    # It goes on as it is until an owner said so, also after a start.
    put(green, "205")
    synced(*trio)
    assert "no owner's key here" in blue.refuse("members", "replace", old, new)
    red.say("members", "replace", "green", new)
    assert takes(green) == new
    synced(*trio)
    assert not roles(blue, old) and roles(blue, new) == {"writer", "node"}
    assert "site.test" in secret(green).stdout
    put(green, "206")
    blue.answers(206)
    # What was said while it was away it does not hear: it is told.
    green.say("members", "rotate")
    new = json.loads(green.say("members", "rotate", "-o", "json"))["next"]
    green.stop()
    plan = folder / "plan"
    red.say("members", "replace", "green", new, "--to-sign", plan)
    signed, words = sign(plan, "--key", folder / "red/owner.key")
    assert f"gives {new}: writer node" in words
    assert f"takes from {green.id}: all roles" in words
    red.say("owner", "carry", signed)
    until(lambda: roles(blue, new), "blue hears it")
    with again(green, folder, [red.bind, blue.bind]) as green:
        green.ready()
        assert green.id != new
        assert green.say("members", "rotate", "--unheard") == \
            "This node takes its next key.\n"
        assert takes(green) == new
        synced(red, green, blue)
        put(blue, "207")
        green.answers(207)


def test_a_node_alone_rotates(folder):
    """Nobody has to hear of it; what is sealed opens still."""
    one = Node("one", folder, loopback())
    with daemons(one):
        begin([one])
        put_certificate(one, folder)
        old = one.id
        one.say("members", "rotate")
        assert takes(one) != old
        put(one, "205")
        one.answers(205)
        assert "site.test" in secret(one).stdout
        one.say("leave", "--purge", "--force")
        assert not list((folder / "one").glob("node.key.*"))


def test_a_new_machine(trio, folder):
    red, green, blue = trio
    red.say("members", "label", "blue", "rack=b")
    put_certificate(red, folder)
    made = blue.revision("put", ROUTE, "205", "-m", "of the dead one")
    synced(*trio)
    old = blue.id
    blue.kill()
    grey = Node("grey", folder, loopback(), red.bind)
    with grey:
        grey.ready()
        grey.say("join", "--peer", f"/ip4/{red.bind}/tcp/{P2P_PORT}")
        assert "Nobody of that name" in red.refuse(
            "members", "replace", "blue", "gray")
        assert "That is the same key" in red.refuse(
            "members", "replace", "blue", blue.id)
        assert "No revision falls" in red.say(
            "members", "replace", "blue", "grey", "--dry-run")
        assert "It is an owner" in red.refuse(
            "members", "replace", next(
                r[3] for r in red.rows("members") if "root" in r[1]), "grey")
        said = red.say("members", "replace", "blue", "grey")
        assert "sealed anew" in said and "certificates/" in said, said
        anew = red.holds()
        assert anew in said
        assert red.rows("members", "pending") == []
        until(lambda: grey.call("nodes").stdout.count("synced") == 3,
              "grey runs what all run")
        for n in (red, green, grey):
            until(lambda n=n: not roles(n, old), "the old one is gone")
            assert roles(n, grey.id) == {"writer", "node"}
            assert set(labels(n, "blue").split(",")) == {
                "rack=b", "name=blue"}
            until(lambda n=n: n.holds() == anew, "what is sealed anew holds")
            assert n.state_of(made) == "established"
        assert "site.test" in secret(grey).stdout
        put(grey, "206")
        green.answers(206)
        # The dead one comes back: it is a stranger.
        with again(blue, folder, [red.bind, green.bind]) as blue:
            blue.ready()
            put(red, "207")
            green.answers(207)
            assert [r["action"]["return"] for r in blue.unit()["routes"]] == [
                205]
