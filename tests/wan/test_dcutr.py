# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two behind NATs meet at a relay and go on without it: hole punching over TCP
and QUIC, between ours, and between ours and those of go and rust in either
role."""

import pytest
from peer import require

# Longer than three attempts.
SECONDS = 40

# (B, whom A dials by the relay and who initiates; A)
ROLES = [("c", "c"), ("c", "go"), ("go", "c"), ("c", "rust"), ("rust", "c")]


def node(host, way, kind, flags):
    """A node that punches, and knows of a relay."""
    return host.node(["--listen", host.at(way, 4001), "--holepunch", *flags],
                     kind)


def meet(lab, way, nats, kinds=("c", "c"), more=()):
    """B, and A that has dialed it by a relay; `nats` and `kinds` are theirs."""
    public = lab.host("relay")
    relay = public.node(["--listen", public.at(way, 4001), "--relay-server"])
    at_b, at_a = (lab.site(name, nat=nat).host()
                  for name, nat in zip("ba", nats))
    b = node(at_b, way, kinds[0],
             ["--listen", relay.addr + "/p2p-circuit", *more])
    a = node(at_a, way, kinds[1], ["--connect", relay.addr, *more])
    for peer in (a, b):
        peer.wait("identify", peer=relay.id)
        if peer.kind != "c":  # it looks for a public address now and then
            peer.wait("holepunch-ready")
    mine = f"{relay.addr}/p2p-circuit/p2p/{b.id}"
    b.poll("addrs", lambda f: mine in f["addrs"])
    a.cmd(f"connect {mine}")
    return b, a


def echo(one, other, begins=lambda peer: True):
    for a, b in ((one, other), (other, one)):
        if not begins(a):
            continue
        assert a.cmd(f"echo {b.id} 20000")["bytes"] == 20000


@pytest.mark.parametrize("kinds", ROLES, ids="-".join)
@pytest.mark.parametrize("way", ["tcp", "quic"])
def test_port_restricted(lab, way, kinds):
    require(*kinds)
    b, a = meet(lab, way, ("port-restricted",) * 2, kinds)
    for peer, other in ((b, a), (a, b)):
        e = peer.wait("holepunch", peer=other.id, timeout=SECONDS)
        assert e["ok"], e
        if peer.kind == "c":
            assert e["initiator"] == (peer is b) and e["attempts"] >= 1, e
        direct = peer.wait("connected", peer=other.id, limited=False)
        assert "p2p-circuit" not in direct["addr"]
    # That of rust takes any connection, and the one by the relay is about to
    # end: ours alone begin there.
    echo(a, b, begins=lambda peer: peer.kind != "rust")
    if kinds == ("c", "c"):  # go's holds on to it
        for peer, other, part in ((b, a, "in"), (a, b, "out")):
            peer.wait("connected", peer=other.id, limited=False, dir=part)
            peer.wait("disconnected", peer=other.id)
        echo(a, b)


def test_messages_go_through_the_hole(lab):
    """Gossip does not go over circuits; it moves to the direct connection."""
    b, a = meet(lab, "tcp", ("port-restricted",) * 2, more=["--topic", "t"])
    for one, other in ((a, b), (b, a)):
        one.wait_mesh("t", other)
        one.cmd("pub t through")
        assert other.wait("msg", topic="t")["via"] == one.id


# Other pairs of NATs (B's, A's) that can be punched, and the attempts that it
# takes; see test_punching.py. A NAT that maps as it likes wants its node to be
# the client: that is the last attempt.
PAIRS = [
    ("full-cone", "port-restricted", 1),
    ("port-restricted", "full-cone", 1),
    ("firewall", "port-restricted", 1),
    ("full-cone", "full-cone", 1),
    ("full-cone", "symmetric", 1),
    ("address-restricted", "symmetric", 1),
    ("symmetric", "full-cone", 3),
]


@pytest.mark.parametrize("way", ["tcp", "quic"])
@pytest.mark.parametrize("one, other, attempts", PAIRS)
def test_pair(lab, one, other, attempts, way):
    b, a = meet(lab, way, (one, other))
    e = b.wait("holepunch", peer=a.id, timeout=SECONDS)
    assert e["ok"] and e["attempts"] <= attempts, e
    echo(a, b)


def test_symmetric(lab):
    """Nobody gets through: it stays with the relay, and nothing is lost."""
    b, a = meet(lab, "tcp", ("symmetric",) * 2)
    e = b.wait("holepunch", peer=a.id, timeout=SECONDS)
    assert not e["ok"] and e["attempts"] == 3, e
    assert not a.seen("disconnected", peer=b.id)
    echo(a, b)


def test_without_the_flag(lab):
    """What punches is the flag: the same NATs, and one that has none."""
    public = lab.host("relay")
    relay = public.node(["--listen", public.at(port=4001), "--relay-server"])
    hosts = [lab.site(name, nat="port-restricted").host() for name in "ba"]
    b = node(hosts[0], "tcp", "c",
             ["--listen", relay.addr + "/p2p-circuit"])
    mine = f"{relay.addr}/p2p-circuit/p2p/{b.id}"
    b.poll("addrs", lambda f: mine in f["addrs"])
    a = hosts[1].node(["--listen", hosts[1].at(port=4001)])
    a.cmd(f"connect {mine}")
    assert not b.wait("holepunch", peer=a.id)["ok"]
    echo(a, b)
    assert not a.seen("connected", peer=b.id, limited=False)
