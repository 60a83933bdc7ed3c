# SPDX-License-Identifier: MIT OR Apache-2.0
"""The foreign peers among themselves, so that they are known to be good.

Before a failure between one of them and us means anything, they must work
with each other through the same commands and the same harness.
"""

import contextlib
import time

import pytest
import lan as lan_
from peer import Peer, require

LOOP = "/ip4/127.0.0.1/tcp/0"

# (listener, its flags, dialer, its flags, security, muxer, early)
PAIRS = {
    "go-go": ("go", [], "go", [], "yamux", True),
    "go-go-multistream": ("go", [], "go", ["--no-early-mux"], "yamux", False),
    "js-go": ("js", [], "go", [], "yamux", True),
    "go-js": ("go", [], "js", [], "yamux", True),
    # Not mplex: js 3 among itself stalls there, as upstream has it.
    "js-js": ("js", [], "js", ["--muxer", "both"], "yamux", True),
    "js-js-multistream": ("js", ["--no-early-mux"], "js", [], "yamux", False),
}


@pytest.fixture(scope="module", autouse=True)
def clock():
    start = time.monotonic()
    yield
    print(f"\npeers alone: {time.monotonic() - start:.1f} s")


@contextlib.contextmanager
def pair(a, a_args, b, b_args):
    """A listener a and a dialer b, connected, both in topic news."""
    require(a, b)
    with Peer.start(a, ["--listen", LOOP, "--topic", "news", *a_args]) as x, \
            Peer.start(b, ["--topic", "news", *b_args]) as y:
        y.connect(x)
        yield x, y


@pytest.mark.parametrize("name", PAIRS)
def test_pair(name):
    a, a_args, b, b_args, muxer, early = PAIRS[name]
    with pair(a, a_args, b, b_args) as (x, y):
        for one, other in ((x, y), (y, x)):
            check_connection(one, other, muxer, early)
            check_services(one, other)
        check_pubsub(x, y)
        check_pubsub(y, x)
        y.cmd(f"disconnect {x.id}")
        x.wait("disconnected", peer=y.id)
        assert x.quit() == 0
        assert y.quit() == 0


def check_connection(one, other, muxer, early):
    c = one.wait_connected(other)
    assert (c["security"], c["muxer"]) == ("noise", muxer)
    assert c["early_mux"] in (early, None)
    assert c["transport"] == "tcp"


def check_services(one, other):
    said = one.wait("identify", peer=other.id)
    assert "/echo/1.0.0" in said["protocols"]
    said = one.cmd(f"identify {other.id}")
    assert said["agent"] and "/perf/1.0.0" in said["protocols"]
    assert len(one.cmd(f"ping {other.id} 3")["rtt_us"]) == 3
    for size in (0, 1, 300_000):
        assert one.cmd(f"echo {other.id} {size}")["bytes"] == size
    perf = one.cmd(f"perf {other.id} 1000000 2000000")
    assert (perf["up"], perf["down"]) == (1000000, 2000000)


def check_pubsub(one, other):
    one.wait_mesh("news", other)
    text = f"ünï from {one.name}"
    one.cmd(f"pub news {text}")
    got = other.wait("msg", topic="news", data=text)
    assert (got["from"], got["via"]) == (one.id, one.id)
    assert got["size"] == len(text.encode())
    one.cmd("flood news 2000 50")
    other.wait_count("msg", 50, **{"from": one.id, "size": 2000})


# js-libp2p has no ECDSA peer ids: it neither is one nor talks to one.
@pytest.mark.parametrize("kinds,key", [
    ("go-js", "secp256k1"), ("go-js", "rsa"), ("js-go", "secp256k1"),
    ("js-go", "rsa"), ("go-go", "ecdsa")])
def test_key(kinds, key):
    a, b = kinds.split("-")
    with pair(a, ["--key", key], b, ["--key", key]) as (x, y):
        assert y.cmd(f"echo {x.id} 100")["bytes"] == 100
        check_pubsub(x, y)
        check_pubsub(y, x)


@pytest.mark.parametrize("kind", ["go", "js"])
def test_seed(kind):
    require(kind)
    with Peer.start(kind, ["--seed", "1"]) as p:
        assert p.id == "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"


@pytest.mark.parametrize("flags", [["--sign", "nosign"], ["--msgid", "from"],
                                   ["--msgid", "key"]])
def test_message_forms(flags):
    require("go", "js")
    with pair("go", flags, "js", flags) as (x, y):
        for one, other in ((x, y), (y, x)):
            one.wait_mesh("news", other)
            one.cmd(f"pub news to {other.name}")
            got = other.wait("msg", data=f"to {other.name}")
            unsigned = "nosign" in flags
            assert got["from"] == (None if unsigned else one.id)
            assert (got["seqno"] is None) == unsigned


def test_mdns():
    reason = lan_.why_not()
    if reason:
        pytest.skip(f"mdns between namespaces: {reason}")
    require("go", "js")
    with lan_.Lan(["go", "js"]) as lan:
        def listen(host):
            return ["--listen", f"/ip4/{lan.ip(host)}/tcp/0", "--mdns"]

        with Peer.start("go", listen("go"), netns=lan.ns("go")) as x, \
                Peer.start("js", listen("js"), netns=lan.ns("js")) as y:
            x.wait_connected(y)
            y.wait_connected(x)
            assert x.cmd(f"echo {y.id} 1000")["bytes"] == 1000
