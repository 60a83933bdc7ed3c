# SPDX-License-Identifier: MIT OR Apache-2.0
"""/dnsaddr: peers that find each other by names, in a network namespace whose
resolver is ours; and domains whose records lead nowhere."""

import time

import lan as lan_
import nameserver
import pytest
from lan import Lan
from peer import Peer, require

ID = "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"
PAIRS = [("c", "go"), ("go", "c"), ("c", "js"), ("c", "c")]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    why = lan_.why_not()
    if why:
        pytest.skip(why)
    with Lan(["one"], prefix="umn", subnet="10.77.9") as lan, \
            nameserver.of(lan, "one", tmp_path_factory.mktemp("zone")) as say:
        yield lan.ns("one"), say


def start(kind, netns, *args):
    return Peer.start(kind, args, netns=netns)


def port(addr):
    return addr.split("/")[4]


@pytest.mark.parametrize("dialer, listener", PAIRS)
def test_a_peer_is_found(world, dialer, listener):
    """By a name that leads to a name that leads to it: by an address, behind
    others that are of other peers, and by a name of a host."""
    require(dialer, listener)
    netns, say = world
    with start(listener, netns, "--listen", "/ip4/127.0.0.1/tcp/0") as there, \
            start(dialer, netns) as here:
        for last in ("ip4/127.0.0.1", "dns4/host.test"):
            say({"_dnsaddr.peers.test": {"TXT": [
                    "v=spf1 -all",
                    f"dnsaddr=/dnsaddr/sv1.test/p2p/{ID}",
                    f"dnsaddr=/dnsaddr/sv2.test/p2p/{there.id}"]},
                 "_dnsaddr.sv1.test": "silent",
                 "_dnsaddr.sv2.test": {"TXT": [
                    f"dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/{ID}",
                    f"dnsaddr=/{last}/tcp/{port(there.addr)}/p2p/{there.id}"]},
                 "host.test": {"A": ["127.0.0.1"]}})
            at = here.mark()
            here.cmd(f"connect /dnsaddr/peers.test/p2p/{there.id}")
            here.wait_connected(there, after=at)
            here.cmd(f"disconnect {there.id}")
            here.wait("disconnected", after=at, peer=there.id)


def test_nobody_in_particular(world):
    """Without a peer's id the first record decides who it is."""
    require("c")
    netns, say = world
    with start("c", netns, "--listen", "/ip4/127.0.0.1/tcp/0") as there, \
            start("c", netns) as here:
        say({"_dnsaddr.any.test": {"TXT": [f"dnsaddr={there.addr}"]}})
        here.cmd("connect /dnsaddr/any.test")
        here.wait_connected(there)


def many(there, count):
    """Records that lead to somebody else, and then one that does not."""
    wrong = [f"dnsaddr=/ip4/127.0.0.1/tcp/{n}/p2p/{ID}"
             for n in range(2000, 2000 + count)]
    return {"_dnsaddr.many.test": {"TXT": wrong + [f"dnsaddr={there.addr}"]}}


def test_answers_longer_than_a_datagram(world):
    """They come over TCP; what is longer than 9,000 bytes is not read."""
    require("c")
    netns, say = world
    with start("c", netns, "--listen", "/ip4/127.0.0.1/tcp/0") as there, \
            start("c", netns) as here:
        name = f"/dnsaddr/many.test/p2p/{there.id}"
        say(many(there, 300))
        answer = here.cmd(f"connect {name}", check=False)
        assert not answer["ok"] and "too big" in answer["error"], answer
        say(many(there, 70))
        here.cmd(f"connect /dnsaddr/many.test/p2p/{there.id}")
        here.wait_connected(there)


@pytest.mark.parametrize("said, error, most", [
    ("none", "not found", 1),
    ({}, "not found", 1),
    ("refused", "timed out", 4),
    ("garbage", "", 4),
    ("silent", "timed out", 7),
    ({"TXT": ["dnsaddr=/dnsaddr/x.test/p2p/" + ID]}, "no address", 1),
    ({"TXT": ["dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/" + ID[:-1] + "Y"]},
     "no address", 1),
    ({"TXT": ["dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/" + ID] * 3}, "refused", 2),
], ids=["no-name", "no-record", "refused", "garbage", "silent", "loop",
        "another-peer", "nobody-there"])
def test_names_that_lead_nowhere(world, said, error, most):
    require("c")
    netns, say = world
    say({"_dnsaddr.x.test": said})
    with start("c", netns) as here:
        began = time.monotonic()
        answer = here.cmd(f"connect /dnsaddr/x.test/p2p/{ID}", check=False)
        assert not answer["ok"]
        assert error in answer["error"], answer
        assert time.monotonic() - began < most
