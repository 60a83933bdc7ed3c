# SPDX-License-Identifier: MIT OR Apache-2.0
"""AutoNAT: behind each kind of NAT a node learns what it is, and tells others
no address of the internet that nobody reaches."""

import pytest
from peer import PeerError

SERVERS = 3
AGREE = ["--autonat-agree", "2", "--autonat-seen", "3"]

# A full cone lets in what comes to a port that something went out from: that
# is QUIC, which dials from where it listens.
PUBLIC = [("none", "tcp"), ("one-to-one", "tcp"), ("full-cone", "quic")]
PRIVATE = [("port-restricted", "tcp"), ("symmetric", "quic"),
           ("address-restricted", "tcp"), ("address-dependent", "quic")]
# A server dials back from the IP address that it was dialed at, so it gets in
# where all of one address does that something went to, from that port.
MISTAKEN = [("address-restricted", "quic", []),
            ("address-restricted", "tcp", ["--holepunch"])]


def asker(lab, nat, transport, more=()):
    """Public nodes that dial back, each at an address of its own, and one of a
    site that asks them; its address as it is outside, if its port stays."""
    hosts = [lab.host(f"s{i}") for i in range(SERVERS)]
    servers = [h.node(["--listen", h.at(transport, port=4001),
                       "--autonat-server"]) for h in hosts]
    host = lab.site("a", nat=nat).host()
    here = host.at(transport, port=4001)
    node = host.node(["--listen", here.replace(host.ip, "0.0.0.0"),
                      "--autonatv2", *AGREE, *more])
    for one in servers:
        node.connect(one)
    return node, here.replace(host.ip, host.public_ip)


def dialed(lab, node, there, seconds):
    """What a node says that dials another, which never heard of it."""
    stranger = lab.host("x").node(["--listen", "/ip4/127.0.0.1/tcp/0"])
    return stranger.cmd(f"connect {there}/p2p/{node.id}", seconds)


@pytest.mark.parametrize("nat, transport", PUBLIC)
def test_public(lab, nat, transport):
    """Who is reached from outside is public, and tells where that is."""
    node, there = asker(lab, nat, transport)
    node.wait("reachability", addr=there, status="public", timeout=60)
    heard = node.cmd("reachability")
    assert heard["status"] == "public" and there in heard["public"]
    assert f"{there}/p2p/{node.id}" in node.cmd("addrs")["addrs"]
    assert dialed(lab, node, there, 10)["ok"]


@pytest.mark.parametrize("nat, transport", PRIVATE)
def test_private(lab, nat, transport):
    """Who is not is private: its address at home is all that it tells."""
    node, there = asker(lab, nat, transport)
    node.wait("reachability", addr=there, status="private", timeout=60)
    heard = node.cmd("reachability")
    assert heard["status"] == "private" and not heard["public"]
    told = node.cmd("addrs")["addrs"]
    assert told and not [a for a in told if a.startswith("/ip4/44.77.")]


@pytest.mark.parametrize("nat, transport, more", MISTAKEN)
def test_mistaken_for_public(lab, nat, transport, more):
    """AutoNAT cannot tell a NAT that filters by address from none, if the
    node dials from where it listens: strangers do not get in."""
    node, there = asker(lab, nat, transport, more)
    node.wait("reachability", addr=there, status="public", timeout=60)
    with pytest.raises(PeerError, match="no answer to connect"):
        dialed(lab, node, there, 4)
