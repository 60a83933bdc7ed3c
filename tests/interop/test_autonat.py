# SPDX-License-Identifier: MIT OR Apache-2.0
"""AutoNAT: servers, at addresses of their own, that say whether they reach who
asks, over TCP and QUIC; and ours with go and rust, each as the one and the
other, in both versions."""

import contextlib

import pytest
from finding import check_autonat
from peer import Peer, PeerError, require

PLACES = ("/ip4/{}/tcp/0", "/ip4/{}/udp/0/quic-v1")
SERVERS = 3


@contextlib.contextmanager
def servers(kind, place):
    """Some that dial back, also at home."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Peer(kind, [
            "--listen", place.format(f"127.0.7.{i + 1}"),
            "--autonat-server", "--autonat-private"])).ready()
            for i in range(SERVERS)]


def asker(place, *more):
    """One that wants to know."""
    return Peer("c", ["--listen", place.format("127.0.7.9"), "--autonatv2",
                      "--autonat-private", *more])


@pytest.mark.parametrize("place", PLACES)
def test_reachable(place):
    """Three servers reach it at the address that it listens at."""
    require("c")
    with servers("c", place) as there, asker(place) as a:
        mine = a.ready().addr.split("/p2p/")[0]
        assert a.cmd("reachability")["status"] == "unknown"
        for one in there:
            a.connect(one)
        e = a.wait("reachability", addr=mine)
        assert (e["status"], e["yes"], e["no"]) == ("public", 3, 0)
        a.wait("reachability", addr=None, status="public")
        assert a.cmd("reachability")["public"] == [mine]


def test_not_served():
    """A host is no server unless told so, and who does not ask has no
    verdict."""
    require("c")
    place = PLACES[0]
    with Peer("c", ["--listen", place.format("127.0.7.1")]) as b, \
            asker(place) as a:
        a.ready().connect(b.ready())
        told = a.cmd(f"identify {b.id}")["protocols"]
        assert not [p for p in told if "autonat" in p]
        assert "/libp2p/autonat/2/dial-back" in \
            b.cmd(f"identify {a.id}")["protocols"]
        with pytest.raises(PeerError, match="not supported"):
            b.cmd("reachability")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("client, server", [
    ("c", "go"), ("go", "c"), ("c", "rust"), ("rust", "c")])
def test_roles(lab, client, server, version):
    check_autonat(lab, version, client, server)
