# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whom our peer does not talk with, and what it says of itself, as others see
it: over TCP and QUIC."""

import pytest
from peer import Peer, require

LOOP = "/ip4/127.0.0.0/ipcidr/8"
TRANSPORTS = {"tcp": "/ip4/127.0.0.1/tcp/0",
              "quic": "/ip4/127.0.0.1/udp/0/quic-v1"}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", ["go", "js"])
def test_a_denied_network(kind, transport):
    require("c", kind)
    at = TRANSPORTS[transport]
    with Peer.start("c", ["--listen", at, "--deny", LOOP]) as us, \
            Peer.start(kind, ["--listen", at]) as them:
        assert not them.cmd(f"connect {us.addr}", check=False)["ok"]
        answer = us.cmd(f"connect {them.addr}", check=False)
        assert not answer["ok"] and "gate" in answer["error"], answer
        assert not us.seen("connected") and not them.seen("connected")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_one_address_is_allowed(transport):
    require("c", "go")
    at = TRANSPORTS[transport]
    with Peer.start("c", ["--listen", at, "--deny", LOOP,
                          "--allow", "/ip4/127.0.0.1"]) as us, \
            Peer.start("go", []) as them:
        them.connect(us)


@pytest.mark.parametrize("kind", ["go", "js"])
def test_what_is_announced(kind):
    require("c", kind)
    told = ["/dns4/a.example/tcp/443", "/ip4/192.0.2.7/tcp/4001"]
    flags = [flag for addr in told for flag in ("--announce", addr)]
    with Peer.start(kind, ["--listen", TRANSPORTS["tcp"]]) as them, \
            Peer.start("c", ["--listen", TRANSPORTS["tcp"], *flags]) as us:
        assert us.addrs == [f"{addr}/p2p/{us.id}" for addr in told]
        us.connect(them)
        event = them.wait("identify", peer=us.id)
        assert [a.split("/p2p/")[0] for a in event["addrs"]] == told
