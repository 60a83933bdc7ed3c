# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh as a file: what is written on one node is read on another, item by
item, also by one that never met the mesh."""

import json
import re

import pytest
from crew import ROUTE, Node, begin, synced, until
from rig import daemons, loopback
from test_mesh_owners import roles, sign

NAMES = ("red", "green", "blue")


@pytest.fixture
def pair(folder):
    at = loopback(), loopback()
    nodes = [Node("red", folder, at[0]), Node("green", folder, at[1], at[0])]
    with daemons(*nodes):
        yield begin(nodes)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def records(data):
    """[(where its frame begins, where it ends, its field)] of an export."""
    at, found = 0, []
    while at < len(data):
        length, body = varint(data, at)
        found.append((at, body + length, data[body] >> 3))
        at = body + length
    return found


def shape(node):
    """All that a node says of its mesh."""
    return [json.loads(node.say(*words, "-o", "json")) for words in (
        ("log",), ("members",), ("settings",), ("config", "show"))]


def test_what_was_written_is_there_already(pair, folder):
    red, green = pair
    file = folder / "mesh"
    assert re.fullmatch(r"mesh [0-9a-f]{16}: 5 items, \d+ documents\n",
                        red.say("export", file))
    assert not (folder / "mesh.part").exists()
    assert ": 0 items are new, 5 were here; " in green.say("import", file)
    assert "No such file" in red.refuse("import", folder / "none")
    assert "No such file" in red.refuse("export", folder / "none/mesh")


def test_a_node_that_never_met_the_mesh(pair, folder):
    """An air-gapped one: it comes in by file and by what an owner signed, and
    what it writes goes back the same way."""
    red, green = pair
    red.say("members", "label", "green", "rack=a")
    red.say("settings", "set", "max-deadline-ms", "60000")
    for status in ("205", "206", "207"):
        green.say("put", ROUTE, status)
        synced(*pair)
    (folder / "hello.js").write_text("export default {}\n")
    file = folder / "mesh"
    red.say("export", file)
    blue = Node("blue", folder, loopback())
    with blue:
        blue.ready()
        said = blue.call("import", file)
        assert said.returncode == 0 and not said.stderr, said
        mine, theirs = shape(blue), shape(red)
        for ours, other in zip(mine, theirs):
            for members in (ours, other):
                for m in members.get("members", []):
                    m.pop("me"), m.pop("name")
                for r in members.get("revisions", []):
                    r.pop("author")
            assert ours == other
        assert ": 0 items are new" in blue.say("import", file)
        # It runs nothing until an owner lets it in.
        assert '"listeners": {}' in blue.config().decode()
        plan = folder / "plan"
        blue.say("members", "approve", blue.id, "--role", "writer",
                 "--to-sign", plan)
        signed, _ = sign(plan, "--key", folder / "red/owner.key")
        blue.say("owner", "carry", signed)
        blue.answers(207)
        made = blue.revision("put", ROUTE, "208", "--alone", "-m", "apart")
        blue.answers(208)
        blue.say("export", file)
    # Back to those who go on.
    assert ": 2 items are new" in green.say("import", file)
    for n in pair:
        until(lambda n=n: n.state_of(made) == "current", "it is there")
        n.answers(208)
    assert roles(red, blue.id) == {"writer", "node"}


def test_of_another_mesh(pair, folder):
    red, _ = pair
    red.say("export", folder / "mesh")
    other = Node("other", folder, loopback())
    with other:
        other.ready()
        other.say("init")
        was = other.rows("log")
        assert "of another mesh" in other.refuse("import", folder / "mesh")
        assert other.rows("log") == was


def test_what_is_damaged_is_named(pair, folder):
    """And keeps nothing else from being taken."""
    red, green = pair
    for status in ("205", "206"):
        red.say("put", ROUTE, status)
        synced(*pair)
    red.say("export", folder / "mesh")
    good = (folder / "mesh").read_bytes()
    found = records(good)
    assert [kind for _, _, kind in found[:2]] == [1, 2]
    assert found[-1][2] == 6
    last = [r for r in found if r[2] == 3][-1]  # r4: a byte of its signature
    bad = bytearray(good)
    bad[last[1] - 1] ^= 1
    (folder / "mesh").write_bytes(bad)
    blue = Node("blue", folder, loopback())
    with blue:
        blue.ready()
        done = blue.call("import", folder / "mesh")
        assert done.returncode == 1
        assert "a revision is left out: it is no signed item" in done.stderr
        assert "was damaged or cut off" in done.stderr
        assert "1 were left out" in done.stdout
        assert len(blue.rows("log")) == 3
        # An end that is not there; a file that is none; one that is whole.
        (folder / "mesh").write_bytes(good[:found[-1][0]])
        done = blue.call("import", folder / "mesh")
        assert done.returncode == 1 and "cut off" in done.stderr
        assert ": 1 items are new" in done.stdout
        assert [r[0] for r in blue.rows("log")] == [
            r[0] for r in red.rows("log")]
        (folder / "mesh").write_bytes(b"\x7fELF" * 100)
        assert "it is no export" in blue.refuse("import", folder / "mesh")
        (folder / "mesh").write_bytes(good)
        assert ": 0 items are new" in blue.say("import", folder / "mesh")
    # By who was never a writer there: nobody accepts it, in whatever file.
    (folder / "mesh").write_bytes(good[:found[1][0]] + good[found[2][0]:])
    fresh = Node("fresh", folder, loopback())
    with fresh:
        fresh.ready()
        assert "does not begin with the genesis" in fresh.refuse(
            "import", folder / "mesh")
        assert "in no mesh" in fresh.refuse("nodes")
    assert green.current() == red.current()
