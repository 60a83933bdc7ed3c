# SPDX-License-Identifier: MIT OR Apache-2.0
"""Circuit relay v2: ours, go, rust and js as the relay, as the peer behind it
that listens there, and as the one that dials. At least one of them is ours."""

import itertools

import pytest
from checks import LOOP
from finding import check_relayed, circuit
from peer import Peer, PeerError, require

KINDS = ("c", "go", "rust")
ROLES = [r for r in itertools.product(KINDS, repeat=3) if "c" in r]
ROLES += [("js", "c", "c"), ("c", "js", "c"), ("c", "c", "js")]


@pytest.mark.parametrize("relay, listener, dialer", ROLES)
def test_roles(relay, listener, dialer):
    check_relayed(relay, listener, dialer)


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


@pytest.mark.parametrize("relay, dialer", [
    ("go", "c"), ("c", "go"), ("rust", "c"), ("c", "rust")])
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
