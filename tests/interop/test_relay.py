# SPDX-License-Identifier: MIT OR Apache-2.0
"""Circuit relay v2: ours and go as the relay, as the peer behind it that
listens there, and as the one that dials. At least one of the three is ours."""

import itertools

import pytest
from checks import LOOP
from peer import Peer, PeerError, require

KINDS = ("c", "go")
ROLES = [r for r in itertools.product(KINDS, repeat=3) if "c" in r]


def circuit(relay):
    return relay.addr + "/p2p-circuit"


@pytest.mark.parametrize("relay, listener, dialer", ROLES)
def test_roles(relay, listener, dialer):
    """They meet at the relay, and talk; each end knows that it is limited."""
    require(relay, listener, dialer)
    with Peer(relay, ["--listen", LOOP, "--relay-server"]) as r:
        r.ready()
        with Peer(listener, ["--listen", circuit(r)]) as a, \
                Peer(dialer, []) as b:
            a.ready()
            b.ready()
            mine = f"{circuit(r)}/p2p/{a.id}"
            a.poll("addrs", lambda f: mine in f["addrs"])
            b.cmd(f"connect {mine}")
            seen = b.wait("connected", peer=a.id, limited=True)
            assert seen["transport"] == "p2p-circuit"
            a.wait("connected", peer=b.id, limited=True,
                   transport="p2p-circuit")
            b.cmd(f"ping {a.id} 3")
            for one, other in ((a, b), (b, a)):
                assert one.cmd(f"echo {other.id} 20000")["bytes"] == 20000
            assert b.cmd(f"identify {a.id}")["peer"] == a.id


@pytest.mark.parametrize("relay", KINDS)
def test_nobody_there(relay):
    """Who has no reservation is not reached, and the dialer hears why."""
    require(relay, "c")
    with Peer(relay, ["--listen", LOOP, "--relay-server"]) as r, \
            Peer("c", []) as a, Peer("c", []) as b:
        r.ready()
        a.ready()
        b.ready()
        with pytest.raises(PeerError, match="not found"):
            b.cmd(f"connect {circuit(r)}/p2p/{a.id}")


@pytest.mark.parametrize("relay, dialer", [("go", "c"), ("c", "go")])
def test_limits(relay, dialer):
    """A circuit ends when it has carried 128 KiB, whoever counts them."""
    require(relay, dialer, "c")
    with Peer(relay, ["--listen", LOOP, "--relay-server"]) as r:
        r.ready()
        with Peer("c", ["--listen", circuit(r)]) as a, Peer(dialer, []) as b:
            b.ready()
            mine = f"{circuit(r)}/p2p/{a.ready().id}"
            a.poll("addrs", lambda f: mine in f["addrs"])
            b.cmd(f"connect {mine}")
            with pytest.raises(PeerError):
                b.cmd(f"echo {a.id} 200000")
            a.wait("disconnected", peer=b.id)
            b.wait("disconnected", peer=a.id)
