# SPDX-License-Identifier: MIT OR Apache-2.0
"""Members that cannot reach each other meet at a relay: at a member, where the
mesh says so, or at one that `--relay` names."""

import json

import pytest
from crew import Node, begin, change, meet, paths, synced, until
from peer import Peer, PeerError
from rig import P2P_PORT, daemons, network

RELAY_PORT = 4001


def node(name, folder, lan, *flags, **more):
    return Node(name, folder, None, netns=lan.ns(name),
                flags=["--no-mdns", *flags], **more)


def relay(lan, name):
    """One that knows nothing of meshes, with the limits of the default; the
    same whenever it starts."""
    return Peer("c", ["--relay-server", "--seed", str(len(name)), "--listen",
                      f"/ip4/{lan.ip(name)}/tcp/{RELAY_PORT}"],
                netns=lan.ns(name))


def at(lan, name, peer):
    return f"/ip4/{lan.ip(name)}/tcp/{RELAY_PORT}/p2p/{peer.id}"


def findings(asked):
    """What `doctor` says, by what it is about."""
    said = json.loads(asked.call("doctor", "-o", "json").stdout)
    return {f["what"]: f for f in said["findings"]}


def test_members_meet_at_a_member(folder):
    """relay=members: one that both reach brings them together. A stranger is
    brought to nobody but one whose code is out."""
    with network("red", "green", "blue", "gold") as lan:
        lan.part("green", "blue")
        lan.part("green", "gold")
        red = node("red", folder, lan).ready()
        where = f"/ip4/{lan.ip('red')}/tcp/{P2P_PORT}/p2p/{red.id}"
        green = node("green", folder, lan, peer=lan.ip("red"))
        blue = node("blue", folder, lan, "--relay", where, peer=lan.ip("red"))
        with daemons(red, green, blue), \
                Peer("c", [], netns=lan.ns("gold")) as stranger:
            begin((red, green, blue))
            assert blue.id not in green.peers()
            said = findings(green)["apart"]
            assert said["advice"] and "settings set relay members" in \
                said["mend"]
            assert said["text"] == "This node has no connection with blue: " \
                "what it says comes by others. Nobody told where it is."
            said = until(lambda: findings(blue).get("relay"), "it is said")
            assert said["text"].startswith(f"The relay {where} is no relay")
            red.say("members", "role", "green", "owner")
            red.say("settings", "set", "relay", "members")
            meet(green, blue, "red")
            assert paths(green)["red"] == paths(blue)["red"] == "direct"
            assert not {"apart", "relay"} & set(findings(green))
            assert "apart" not in findings(blue)
            until(lambda: "relay" not in findings(blue), "red is asked again")
            until(lambda: [link["relayed"] for link in
                           red.get("/mesh/topology")["links"]].count(True) == 1,
                  "red has heard of it")
            change(blue, 205, red, green)
            stranger.ready()
            by, = [a for a in green.get("/mesh/id")["addrs"]
                   if "p2p-circuit" in a and lan.ip("red") in a]
            with pytest.raises(PeerError, match="permission"):
                stranger.cmd(f"connect {by}")
            code = green.say("invite").strip()
            with node("gold", folder, lan) as gold:
                gold.ready()
                gold.say("join", code)
                synced(red, green, blue, gold)
                assert paths(gold)["green"] == "via red"
            # A node without a mesh would serve everybody.
            red.say("leave", "--force")
            with Peer("c", [], netns=lan.ns("gold")) as other:
                told = other.ready().cmd(f"identify {where}")["protocols"]
                assert told and not [p for p in told if "relay" in p]


def test_join_and_changes_by_a_relay_of_somebody(folder):
    """Two members have no other way to each other. What is larger than a
    circuit carries comes all the same, and so it does by another relay."""
    with network("red", "blue", "mid", "last") as lan:
        lan.part("red", "blue")
        with relay(lan, "mid") as mid, relay(lan, "last") as last:
            mid.ready()
            last.ready()
            flags = [w for name, r in (("mid", mid), ("last", last))
                     for w in ("--relay", at(lan, name, r))]
            red, blue = [node(n, folder, lan, *flags) for n in ("red", "blue")]
            with daemons(red, blue):
                red.ready()
                blue.ready()
                red.say("init")
                until(lambda: red.say("id").count("p2p-circuit") == 2,
                      "red is reached by both")
                blue.say("join", red.say("invite", "--role",
                                         "writer").strip())
                synced(red, blue)
                # A circuit carries 128 KiB.
                large = red.ask("PUT", "/config", {
                    "listeners": {"*:8080": {"pass": "routes"}},
                    "routes": [{"action": {"return": 204}}] + [
                        {"match": {"uri": f"/{i}/{'x' * 400}"},
                         "action": {"return": 404}} for i in range(900)]})
                assert large.code == 200, large
                blue.answers(204)
                used = until(lambda: paths(blue).get("red"), "they met anew")
                gone, left = (mid, last) if mid.id in used else (last, mid)
                gone.stop()
                meet(red, blue, left.id)
                change(blue, 205, red)
                said = until(lambda: findings(red).get("relay"), "it is said")
                assert gone.id in said["text"] and "--relay" in said["mend"]
                left.stop()
                said = until(lambda: findings(red).get("apart"), "they part")
                assert "blue" in said["text"]
                until(lambda: "there is no way to it from here" in
                      findings(red)["apart"]["text"], "why is said")
                with relay(lan, "mid") as mid:
                    meet(red, blue, mid.ready().id)
                    change(red, 206, blue)
