# SPDX-License-Identifier: MIT OR Apache-2.0
"""What `unitmesh doctor` finds, what it says mends it, and that it is silent
when that was done."""

import json
import os
import re
import signal
import subprocess

import pytest
from crew import ROUTE, Node, again, begin, synced, until
from daemon import UNITMESH
from rig import P2P_PORT, Standin, config, daemons, loopback

FAST = {"UNITMESH_TEST_SPEED": "50"}


def found(node):
    """What it finds: {what: finding}."""
    done = node.call("doctor", "-o", "json")
    said = json.loads(done.stdout)
    assert done.returncode == (0 if said["well"] else 1), done
    assert said["well"] == all(f["advice"] for f in said["findings"])
    return {f["what"]: f for f in said["findings"]}


def ailing(node):
    return {what for what, f in found(node).items() if not f["advice"]}


@pytest.fixture
def pair(folder):
    at = loopback(), loopback()
    nodes = [Node("one", folder, at[0], at[1], env=FAST),
             Node("two", folder, at[1], at[0], env=FAST)]
    with daemons(*nodes):
        yield nodes


def test_a_mesh_that_is_new(pair, folder):
    one, two = pair
    one.ready()
    two.ready()
    assert ailing(one) == {"no-mesh"}
    begin(pair)
    assert ailing(one) == ailing(two) == {"one-owner"}
    assert found(one)["one-owner"]["mend"] == \
        "unitmesh members role two owner"
    # The key that may all lies on the one that made it.
    assert str(folder) in found(one)["owner-key"]["mend"]
    assert "owner-key" not in found(two)
    text = one.say("doctor", code=1)
    for f in found(one).values():
        assert f"{f['text']}\n    {f['mend']}\n" in text
    assert text.endswith("\n1 thing to mend.\n")


def test_members_that_are_silent(pair, folder):
    one, two = begin(pair)
    at = one.bind
    two.kill()
    until(lambda: "silent" in ailing(one), "two is missed", 60)
    said = found(one)["silent"]
    assert said["text"].startswith("two was not heard of for ")
    assert said["mend"].endswith("unitmesh members rm two")
    assert "This node is connected with nobody at all" in said["text"]
    assert "alone" not in found(one)  # one of two is half
    with again(two, folder, at, env=FAST) as two:
        two.ready()
        until(lambda: "silent" not in found(one), "two is back")


def test_whether_it_is_the_network(folder):
    """One is silent while others are heard; one hangs."""
    at = [loopback() for _ in range(3)]
    nodes = [Node(n, folder, b, at[0] if i else None, env=FAST)
             for i, (n, b) in enumerate(zip(("red", "green", "blue"), at))]
    with daemons(*nodes):
        red, green, blue = begin(nodes)
        blue.kill()
        until(lambda: "silent" in ailing(red), "blue is missed", 60)
        assert re.search(r"^blue was not heard of for .*\. There is no "
                         "connection to it, as there are to others: its daemon "
                         "does not run", found(red)["silent"]["text"])
        # A daemon that hangs is connected still.
        green.proc.send_signal(signal.SIGSTOP)
        try:
            until(lambda: re.search(r"^green was not heard .* is connected, "
                                    r"at /ip4/.* its daemon hangs",
                                    red.call("doctor").stdout, re.M),
                  "green hangs", 60)
        finally:
            green.proc.send_signal(signal.SIGCONT)


def test_who_was_removed(pair, folder):
    one, two = begin(pair)
    shown = one.call("members", "rm", "two", "--dry-run")
    done = one.call("members", "rm", "two")
    for answer in (shown, done):
        assert answer.returncode == 0 and "remove node.key" in answer.stderr
    until(lambda: "removed" in ailing(two), "two hears that it was")
    mend = found(two)["removed"]["mend"]
    assert f"remove {folder}/two/node.key" in mend, mend
    # What is said to do brings it back; with the old key nobody lets it in.
    old = two.id
    two.say("leave")
    refused = two.refuse("join", one.say("invite").strip(), "--peer",
                         f"/ip4/{one.bind}/tcp/{P2P_PORT}")
    assert "remove node.key" in refused, refused
    two.stop()
    (folder / "two/node.key").unlink()
    with again(two, folder, one.bind, env=FAST) as two:
        two.ready()
        two.say("join", one.say("invite").strip())
        assert two.id != old
        synced(one, two)
        assert "removed" not in ailing(two)


def test_fewer_than_half(folder):
    at = [loopback() for _ in range(3)]
    nodes = [Node(n, folder, b, at[0] if i else None, env=FAST)
             for i, (n, b) in enumerate(zip(("red", "green", "blue"), at))]
    with daemons(*nodes):
        red, green, blue = begin(nodes)
        green.kill()
        blue.kill()
        until(lambda: "alone" in ailing(red), "most are missed", 60)
        assert "Only 1 of 3 members" in found(red)["alone"]["text"]


def test_the_state_folder(pair, folder):
    one, _ = begin(pair)
    assert "rights" not in found(one)
    os.chmod(folder / "one", 0o750)
    assert found(one)["rights"]["mend"] == f"chmod 700 {folder}/one"
    os.chmod(folder / "one", 0o700)
    os.chmod(folder / "one/owner.key", 0o644)
    assert found(one)["rights"]["mend"] == \
        f"chmod 600 {folder}/one/owner.key"
    os.chmod(folder / "one/owner.key", 0o600)
    assert "rights" not in found(one)


def test_who_used_the_paper_has_tried_it(folder):
    one = Node("one", folder, loopback())
    with daemons(one):
        one.ready()
        paper = re.search(r"umkey1\w+", one.say("init"))[0]
        assert "recovery-key" in found(one)
        assert one.call("recover", "--to", one.id, input=paper + "\n"
                        ).returncode == 0
        assert "recovery-key" not in found(one)


def test_a_store_that_nobody_looked_through(folder):
    one = Node("one", folder, loopback())
    with daemons(one):
        begin([one])
        assert "unitmesh verify" in found(one)["verified"]["mend"]
        one.stop()
        with again(one, folder, None) as one:
            one.ready()
            assert "verified" in found(one)
        assert subprocess.run(
            [UNITMESH, "verify", "--state", folder / "one"],
            check=False).returncode == 0
        with again(one, folder, None) as one:
            one.ready()
            assert "verified" not in found(one)
            long = os.stat(folder / "one/verified").st_mtime - 91 * 86400
            os.utime(folder / "one/verified", (long, long))
            assert "for long" in found(one)["verified"]["text"]


def test_a_unit_that_is_gone(folder):
    with Standin(folder) as unit:
        one = Node("one", folder, loopback(), unit=unit)
        with daemons(one):
            begin([one])
            assert "unit" not in found(one)
            unit.kill()
            said = until(lambda: found(one).get("unit"), "it is missed")
            assert said["text"] == \
                f"Unit has ended, and left its socket at {folder}/unit.sock."
            assert "journalctl -u unit" in said["mend"]
            # Its health is what comes of that, and no thing of its own.
            until(lambda: one.states()["one"][0] == "unhealthy", "it is seen")
            assert ailing(one) == {"unit", "one-owner"} or \
                ailing(one) == {"unit"}, found(one)
            (folder / "unit.sock").unlink()
            assert found(one)["unit"]["text"] == \
                f"Unit is not there: it has no socket at {folder}/unit.sock."


def test_a_member_that_refuses(pair):
    """Its reason, on whichever node one asks."""
    one, two = begin(pair)
    was = one.current()
    one.say("overlay", "set", "node:two", json.dumps(
        {"patch": [{"op": "remove", "path": "/nowhere"}]}))
    for n in (one, two):
        said = until(lambda n=n: found(n).get("refused"), "it is told")
        assert said["text"] == \
            "two does not run the current revision: There is no such place " \
            "in the document. (/overlays/node:two/patch/0)"
        assert "unitmesh rollback" in said["mend"]
    assert two.states()["two"] == ("refused", was)
    one.say("rollback")
    synced(one, two)
    assert "refused" not in ailing(one) | ailing(two)


def test_certificates(pair, folder):
    one, two = begin(pair)
    for days, ends in ((9, True), (90, False)):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=site",
             "-days", str(days), "-keyout", folder / "key", "-out",
             folder / "chain"], check=True, capture_output=True)
        one.say("cert", "put", "site", folder / "chain", folder / "key")
        synced(one, two)
        for n in (one, two):
            assert ("certificate" in ailing(n)) == ends
    assert "unitmesh" not in found(two).get("certificate", {})


def test_what_waits_for_a_decision(pair, folder):
    """A conflict; a rollout that stands still."""
    one, two = begin(pair)
    at = one.bind, two.bind
    two.stop()
    one.say("put", ROUTE, "205")
    one.stop()
    with again(two, folder, at[0], env=FAST) as two:
        two.ready()
        two.say("put", ROUTE, "206")
        with again(one, folder, at[1], env=FAST) as one:
            one.ready()
            synced(one, two)
            until(lambda: "conflicts" in ailing(two), "it is seen")
            one.say("resolve", one.rows("conflicts")[0][0], "--take")
            synced(one, two)
            assert "conflicts" not in found(two)
            made = one.revision("put", "/config", json.dumps(config("new")),
                                "--staged=node:two", "--soak", "1h")
            until(lambda: two.state_of(made) == "open", "two has it")
            assert "rollout" not in found(one)
            two.kill()
            until(lambda: "rollout" in ailing(one), "it is held", 60)
            assert found(one)["rollout"]["mend"].startswith(
                f"unitmesh resume {made}")


def test_two_with_one_key(folder):
    """A cloned disk."""
    at = loopback(), loopback()
    one = Node("one", folder, at[0])
    with daemons(one):
        begin([one])
        one.stop()
        subprocess.run(["cp", "-r", folder / "one", folder / "copy"],
                       check=True)
        two = Node("copy", folder, at[1], at[0])
        with again(one, folder, at[1]) as one, two:
            one.ready()
            two.ready()
            until(lambda: "twin" in ailing(two), "it is noticed")
