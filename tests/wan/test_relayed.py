# SPDX-License-Identifier: MIT OR Apache-2.0
"""Nodes of sites behind NATs meet at a public relay: ours, go's and rust's as
the relay, and as either end."""

import itertools

import pytest
from peer import require

# (relay, listener, dialer), at least one ours.
ROLES = [("c", "c", "c"), *itertools.chain.from_iterable(
    [(kind, "c", "c"), ("c", kind, "c"), ("c", "c", kind)]
    for kind in ("go", "rust"))]


def circuit(relay):
    return relay.addr + "/p2p-circuit"


def relay_node(host, kind="c", more=()):
    return host.node(["--listen", host.at(port=4001), "--relay-server",
                      *more], kind)


def reserved(node, *relays):
    """Waits until the node is to be reached at exactly these relays; their
    circuits, up to it."""
    want = {f"{circuit(r)}/p2p/{node.id}" for r in relays}
    node.poll("addrs", lambda f: want == {a for a in f["addrs"]
                                          if "/p2p-circuit" in a}, timeout=60)
    return sorted(want)


def talk(one, other):
    """Echo both ways."""
    for a, b in ((one, other), (other, one)):
        assert a.cmd(f"echo {b.id} 20000")["bytes"] == 20000


@pytest.mark.parametrize("relay, listener, dialer", ROLES)
def test_two_sites(lab, relay, listener, dialer):
    """Symmetric NATs at both ends: there is no other way than the relay."""
    require(relay, listener, dialer)
    public = lab.host("relay")
    hosts = [lab.site(name, nat="symmetric").host() for name in "ab"]
    r = relay_node(public, relay)
    a = hosts[0].node(["--listen", circuit(r)], listener)
    b = hosts[1].node([], dialer)
    [mine] = reserved(a, r)
    b.cmd(f"connect {mine}")
    for one, other in ((a, b), (b, a)):
        seen = one.wait("connected", peer=other.id)
        assert seen["transport"] == "p2p-circuit" and seen["limited"]
    b.cmd(f"ping {a.id} 3")
    talk(a, b)
    assert not a.seen("connected", peer=b.id, limited=False)


@pytest.mark.parametrize("relay", ["c", "go", "rust"])
def test_messages_between_sites(lab, relay):
    """Gossip does not go over circuits that are limited: it goes from relay to
    members, if the relay is in the topic."""
    require(relay, "c")
    r = relay_node(lab.host("relay"), relay, ["--topic", "news"])
    a, b = (lab.site(name).host().node(["--connect", r.addr, "--topic",
                                        "news"]) for name in "ab")
    for one, other in ((a, b), (b, a)):
        one.wait_mesh("news", r)
        r.wait_mesh("news", other)
        text = f"from {one.name}"
        one.cmd(f"pub news {text}")
        got = other.wait("msg", topic="news", data=text)
        assert (got["from"], got["via"]) == (one.id, r.id)


@pytest.mark.parametrize("way", ["tcp", "quic"])
def test_over_bad_lines(lab, way):
    """Far away, packets lost, late and out of order: slower, but the same."""
    host = lab.host("relay")
    r = host.node(["--listen", host.at(way, 4001), "--relay-server"])
    a, b = (lab.site(name, delay_ms=30, jitter_ms=10, reorder=2, loss=3,
                     seed=seed).host() for name, seed in (("a", 1), ("b", 2)))
    a = a.node(["--listen", circuit(r)])
    b = b.node()
    [mine] = reserved(a, r)
    b.cmd(f"connect {mine}")
    a.wait("connected", peer=b.id, limited=True)
    # Four lines, each way; one that overtakes does not wait.
    assert min(b.cmd(f"ping {a.id} 3")["rtt_us"]) >= 60_000
    talk(a, b)
