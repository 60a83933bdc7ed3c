# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who says who is who: several owners, keys that are on no node, what is
signed elsewhere and carried, the brake, and what is left when a key is
lost."""

import json
import re
import subprocess

import pytest
from crew import ROUTE, Node, again, begin, synced, until
from daemon import UNITMESH
from rig import P2P_PORT, daemons, loopback, run

NAMES = ("red", "green", "blue")


@pytest.fixture
def trio(folder):
    at = [loopback() for _ in NAMES]
    nodes = [Node(n, folder, b, at[0] if i else None)
             for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        yield begin(nodes)


def roles(node, name):
    """What a node says somebody may; of a name or an id."""
    found = [r[1] for r in node.rows("members") if name in (r[0], r[3])]
    return set(found[0].split(",")) if found else set()


def known(nodes, name, wanted):
    for n in nodes:
        until(lambda n=n: roles(n, name) == set(wanted),
              f"{n.name_} hears what {name} may")


def sign(plan, *how, stdin=None):
    """Signs a file somewhere; the file with what was signed."""
    done = subprocess.run([UNITMESH, "owner", "sign", *how, str(plan)],
                          input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done
    signed = plan.with_suffix(".signed")
    signed.write_bytes(done.stdout)
    return signed, done.stderr.decode()


def test_a_second_owner(trio):
    red, green, blue = trio
    assert "must be node, writer or owner" in red.refuse(
        "members", "role", "green", "king", code=2)
    assert "no owner's key here" in green.refuse(
        "members", "role", "green", "owner")
    red.say("members", "role", "green", "owner")
    known(trio, "green", {"owner", "writer", "node"})
    # The node's own key is an owner's now.
    green.say("members", "label", "blue", "rack=b")
    assert re.fullmatch(r"um1\w+\n", green.say("invite"))
    assert "A root alone says who is an owner" in green.refuse(
        "members", "role", "blue", "owner")
    assert "recovery key alone says who is a root" in red.refuse(
        "members", "role", "green", "root")
    # Nobody revokes upwards, or beside himself.
    root = next(r[3] for r in red.rows("members") if "root" in r[1])
    assert "may not" in green.refuse("members", "rm", root)
    assert roles(red, root) == {"root", "owner"}
    assert red.say("doctor").endswith("Nothing has to be mended.\n")
    # What he said stays when he is none any more.
    red.say("members", "role", "green", "writer")
    known(trio, "green", {"writer", "node"})
    assert any("rack=b" in r[2] for r in blue.rows("members"))
    assert "no owner's" in green.refuse("members", "label", "blue", "a=b")
    assert "does not come back" in red.refuse(
        "members", "role", "green", "owner")
    blue.say("put", ROUTE, "205")


def test_the_last_owner_stays(trio):
    """Who would go and leave nobody behind that lets members in is told what to
    do, does it, and goes."""
    red, green, _ = trio
    for flags in ((), ("--purge",)):
        said = red.refuse("leave", *flags, code=4)
        assert "Nobody could let members in or remove them any more" in said
        assert "unitmesh members role MEMBER owner" in said
        assert "--force" in said, said
    assert "mode       mesh" in red.say("status")
    red.say("members", "role", "green", "owner")
    known((green,), "green", {"owner", "writer", "node"})
    assert "in no mesh any more" in red.say("leave")
    assert re.fullmatch(r"um1\w+\n", green.say("invite"))


def test_let_in_by_a_node_that_was_made_an_owner(folder):
    """Its own key lets in with a code."""
    at = [loopback() for _ in NAMES]
    red, green, blue = nodes = [
        Node(n, folder, b, at[0] if i == 1 else at[1] if i == 2 else None)
        for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        for n in nodes:
            n.ready()
        red.say("init")
        green.say("join", red.say("invite").strip())
        synced(red, green)
        red.say("members", "role", "green", "owner")
        known((red, green), "green", {"owner", "node"})
        said = blue.say("join", green.say("invite").strip())
        assert "role  node" in said
        synced(red, green, blue)


def key_of(node):
    """The owner's key that is beside a node, which has no name."""
    return next(r[3] for r in node.rows("members") if "root" in r[1])


def test_a_key_that_is_on_no_node(trio, folder):
    red, green, blue = trio
    key = folder / "safe.key"
    done = run("owner", "key", key)
    assert done.returncode == 0 and key.stat().st_mode & 0o777 == 0o600
    owner = done.stdout.strip()
    assert f"unitmesh members role {owner} owner" in done.stderr
    assert run("owner", "key", key).returncode == 2  # it is not written over
    red.say("members", "role", owner, "owner")
    known(trio, owner, {"owner"})
    # Each thing that owners say can be signed elsewhere.
    plan = folder / "plan"
    for words, line in (
            (["label", "blue", "rack=b"],
             f"sets the label rack to b of {blue.id}"),
            (["role", "blue", "node"],
             f"takes from {blue.id}: writer; what is below 1 revision stays"),
            (["rm", "blue", "-m", "old"],
             f"takes from {blue.id}: all roles; what is below 1 revision")):
        said = green.say("members", *words, "--to-sign", plan)
        assert f"unitmesh owner sign --key owner.key {plan}" in said
        assert line in run("owner", "show", plan).stdout
        assert "nobody has signed it yet" in green.refuse(
            "owner", "carry", plan)
        signed, words = sign(plan, "--key", key)
        assert line in words
        assert line in blue.say("owner", "carry", signed)
        assert line in blue.say("owner", "carry", signed)  # it is there
    known((red, green), "blue", ())
    # Settings, and who waits at the door.
    green.say("settings", "set", "require-if-match", "true", "--to-sign", plan)
    green.say("owner", "carry", sign(plan, "--key", key)[0])
    assert green.rows("settings") == [["require-if-match", "true"]]
    # By who may not.
    run("owner", "key", folder / "thief.key")
    red.say("members", "rm", "green", "--to-sign", plan)
    assert "rests on what is not here" in red.refuse("owner", "carry", sign(
        plan, "--key", folder / "thief.key")[0])
    assert roles(red, "green") == {"writer", "node"}
    # An owner takes nothing of another one: the rules keep the statement, and
    # it counts for nothing, which is said.
    green.say("members", "rm", key_of(red), "--to-sign", plan)
    assert "it has no effect" in green.refuse(
        "owner", "carry", sign(plan, "--key", key)[0])
    # Files that are none.
    plan.write_bytes(b"{}")
    for verb in ("show", "sign", "carry"):
        done = run("owner", verb, plan, "--key", key) if verb == "sign" else \
            green.call("owner", verb, plan)
        assert done.returncode == 1 and "no statements" in done.stderr
    done = run("owner", "sign", signed, "--key", key)
    assert done.returncode == 1 and "signed already" in done.stderr
    red.say("members", "rm", "green", "--to-sign", plan)
    done = run("owner", "sign", plan)
    assert done.returncode == 2 and "--key FILE or --recovery" in done.stderr
    assert not done.stdout


def test_the_brake(trio):
    red, green, blue = trio
    bad = blue.revision("put", ROUTE, "205", "-m", "bad")
    synced(*trio)
    on_top = green.revision("put", "/config/settings",
                            '{"http": {"idle_timeout": 30}}', "-m", "good")
    synced(*trio)
    rows = {r[0]: r[1] for r in red.rows("void", bad, "--dry-run")[:2]}
    assert rows == {bad: "falls", on_top: "was built upon what falls"}
    assert green.state_of(bad) == "established"
    assert "no owner's key here" in green.refuse("void", bad)
    assert "first revision cannot be void" in red.refuse("void", "r1")
    assert "no such revision" in red.refuse("void", "r99")
    red.say("void", bad, on_top, "-m", "leaked")
    for n in trio:
        until(lambda n=n: n.state_of(bad) == n.state_of(on_top) == "void",
              "it falls everywhere")
        n.runs("204")
        n.answers(204)


def test_the_key_is_lost(folder):
    at = [loopback() for _ in NAMES[:2]]
    red, green = nodes = [Node(n, folder, b, at[0] if i else None)
                          for i, (n, b) in enumerate(zip(NAMES, at))]
    plan = folder / "plan"
    with daemons(*nodes):
        for n in nodes:
            n.ready()
        paper = re.search(r"umkey1\w+", red.say("init"))[0]
        green.say("join", red.say("invite", "--role", "writer").strip())
        synced(*nodes)
        lost = next(r[3] for r in red.rows("members") if "root" in r[1])
        red.stop()
        (folder / "red/owner.key").unlink()
        with again(red, folder, at[1]) as red:
            red.ready()
            synced(red, green)
            assert "no owner's key here" in red.refuse(
                "members", "label", "green", "a=b")
            # The paper, with slips of the pen, and another mesh's.
            assert "recovery key yet" in red.say("doctor", code=1)
            wrong = paper[:-1] + ("q" if paper[-1] != "q" else "p")
            done = red.call("recover", "--check", input=wrong + "\n")
            assert done.returncode == 1
            assert f"look at character {len(paper)}" in done.stderr
            done = red.call("recover", "--check", input="nonsense\n")
            assert done.returncode == 1
            other = Node("other", folder, loopback())
            with other:
                other.ready()
                theirs = re.search(r"umkey1\w+", other.say("init"))[0]
            done = red.call("recover", input=theirs + "\n")
            assert done.returncode == 1 and "not this mesh's" in done.stderr
            assert red.call("recover", "--check", input=paper.upper() + "\n"
                            ).returncode == 0
            assert "recovery key yet" not in red.say("doctor", code=1)
            # It makes a root; the one that was lost goes.
            said = red.say("recover", input=paper + "\n")
            root = said.split()[0]
            known((red, green), root, {"root", "owner"})
            assert (folder / "red/owner.key").exists()
            red.say("members", "role", "green", "owner")
            green.say("members", "rm", lost, "--to-sign", plan)
            signed, words = sign(plan, "--recovery",
                                 stdin=(paper + "\n").encode())
            assert f"takes from {lost}: all roles" in words
            green.say("owner", "carry", signed)
            known((red, green), lost, ())
            # What was written under it stays, and the new one rules.
            red.say("put", "/config", json.dumps({
                "listeners": {"*:8080": {"pass": "routes"}},
                "routes": [{"action": {"return": 204}}]}))
            synced(red, green)
            # A second time there is a key here already.
            done = red.call("recover", input=paper + "\n")
            assert done.returncode == 1 and "is here already" in done.stderr
            assert green.call("recover", "--to", green.id, input=paper + "\n"
                              ).returncode == 0
            known((red, green), "green",
                  {"root", "owner", "writer", "node"})
            assert f"tcp/{P2P_PORT}" in red.say("id")
