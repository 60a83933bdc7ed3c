# SPDX-License-Identifier: MIT OR Apache-2.0
"""The DHT (kad-dht): ours and go as the node that the others begin with, as the
one that has something, and as the one that looks for it; rust and js where they
are built. At least one of them is ours."""

import contextlib
import itertools

import pytest
from checks import LOOP
from peer import Peer, require

KINDS = ("c", "go")
ROLES = [r for r in itertools.product(KINDS, repeat=3) if "c" in r]
ROLES += [("rust", "c", "c"), ("c", "rust", "c"), ("c", "c", "rust"),
          ("js", "c", "c"), ("c", "js", "c"), ("c", "c", "js")]
PREFIX = "/unitmesh"


def dht(stack, kind, via=None, mode="server"):
    """A node of the DHT that knows `via`."""
    p = stack.enter_context(Peer(kind, [
        "--listen", LOOP, "--dht", mode, "--dht-prefix", PREFIX]))
    p.ready()
    if via is not None:
        p.cmd(f"connect {via.addrs[0]}")
        for one, other in ((p, via), (via, p)):
            one.wait("identify", peer=other.id)
    return p


@pytest.mark.parametrize("first, giver, seeker", ROLES)
def test_roles(first, giver, seeker):
    """What one puts and provides another finds, over a third."""
    require(first, giver, seeker)
    with contextlib.ExitStack() as stack:
        a = dht(stack, first)
        b = dht(stack, giver, a)
        c = dht(stack, seeker, a)
        b.cmd("dhtput /test/key a value of some words")
        got = c.poll("dhtget /test/key", lambda f: "value" in f, check=False)
        assert got["value"] == "a value of some words"
        b.cmd("dhtprovide something")
        found = c.poll("dhtfindprovs something",
                       lambda f: f.get("providers"), check=False)
        assert found["providers"] == [b.id]
        where = c.poll(f"dhtfindpeer {b.id}",
                       lambda f: f.get("addrs"), check=False)
        tail = f"/p2p/{b.id}"
        ports = {x.removesuffix(tail).split("/")[4] for x in where["addrs"]}
        assert b.addrs[0].removesuffix(tail).split("/")[4] in ports


@pytest.mark.parametrize("server", KINDS)
def test_client(server):
    """A client puts and gets, and nobody asks it."""
    require(server, "c")
    with contextlib.ExitStack() as stack:
        a = dht(stack, server)
        b = dht(stack, "c", a, mode="client")
        c = dht(stack, "c", a, mode="client")
        b.cmd("dhtput /test/key of a client")
        assert c.cmd("dhtget /test/key")["value"] == "of a client"
        b.cmd("dhtprovide something")
        assert c.cmd("dhtfindprovs something")["providers"] == [b.id]
