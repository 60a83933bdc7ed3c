# SPDX-License-Identifier: MIT OR Apache-2.0
"""Our peer with everybody else's, beyond what test_matrix.py asks of each
row: what was agreed inside the handshake and what was not, muxers and
securities to choose from, forms of messages, mDNS, the peers of 2021.

P2P_BIN names our program; without it every row is skipped.
"""

import time

import pytest
import lan as lan_
from checks import LOOP, check_connection, check_pubsub, check_push
from checks import check_services, pair, short
from peer import Peer, require

# name: the other kind, its flags, our flags, the muxer, early negotiation
ROWS = {
    "go": ("go", [], [], "yamux", True),
    "go-multistream": ("go", ["--no-early-mux"], [], "yamux", False),
    "js-multistream": ("js", ["--no-early-mux"], [], "yamux", False),
    "js-mplex": ("js", ["--muxer", "mplex"], ["--muxer", "both"], "mplex",
                 True),
    "js2021": ("js2021", [], ["--muxer", "both"], "mplex", False),
    "rust": ("rust", [], [], "yamux", False),
    "rust-mplex": ("rust", ["--muxer", "mplex"], ["--muxer", "both"], "mplex",
                   False),
    "c": ("c", [], [], "yamux", True),
    "c-mplex": ("c", ["--muxer", "mplex"], ["--muxer", "both"], "mplex", True),
}


@pytest.fixture(scope="module", autouse=True)
def clock():
    start = time.monotonic()
    yield
    print(f"\nwith ours: {time.monotonic() - start:.1f} s")


def roles(kind, theirs, ours, we_dial):
    """The arguments of pair(): the listener's, then the dialer's."""
    them, us = (kind, theirs), ("c", ours)
    return (*them, *us) if we_dial else (*us, *them)


@pytest.mark.parametrize("we_dial", [True, False], ids=["dial", "listen"])
@pytest.mark.parametrize("row", ROWS)
def test_pair(row, we_dial):
    kind, theirs, ours, muxer, early = ROWS[row]
    with pair(*roles(kind, theirs, ours, we_dial)) as (x, y):
        for one, other in ((x, y), (y, x)):
            check_connection(one, other, muxer, early)
            check_services(one, other)
            check_push(one, other)
        check_pubsub(x, y)
        check_pubsub(y, x)
        y.cmd(f"disconnect {x.id}")
        x.wait("disconnected", peer=y.id)
        assert x.quit() == 0
        assert y.quit() == 0


# The same over TLS: the other kind, flags of both, the muxer, early.
TLS = {
    "go": ("go", ["--security", "tls"], "yamux", True),
    "go-multistream": ("go", ["--security", "tls", "--no-early-mux"], "yamux",
                       False),
    "rust": ("rust", ["--security", "tls"], "yamux", False),
    "c": ("c", ["--security", "tls"], "yamux", True),
    "c-mplex": ("c", ["--security", "tls", "--muxer", "mplex"], "mplex", True),
}


@pytest.mark.parametrize("we_dial", [True, False], ids=["dial", "listen"])
@pytest.mark.parametrize("row", TLS)
def test_tls(row, we_dial):
    kind, flags, muxer, early = TLS[row]
    ours = [f for f in flags if f != "--no-early-mux"]
    with pair(*roles(kind, flags, ours, we_dial)) as (x, y):
        for one, other in ((x, y), (y, x)):
            check_connection(one, other, muxer, early, "tls")
            check_services(one, other)
        check_pubsub(x, y)
        check_pubsub(y, x)
        assert x.quit() == 0
        assert y.quit() == 0


@pytest.mark.parametrize("we_dial", [True, False], ids=["dial", "listen"])
@pytest.mark.parametrize("kind", ["go", "js", "rust", "py", "c"])
def test_tls_or_noise(kind, we_dial):
    """Who has one of both meets us, who have both: either way round."""
    for theirs in ("tls", "noise"):
        flags = roles(kind, ["--security", theirs],
                      ["--security", "noise,tls"], we_dial)
        with pair(*flags) as (x, y):
            assert short(x.wait_connected(y)["security"]) in (theirs, "null")
            assert y.cmd(f"echo {x.id} 1000")["bytes"] == 1000


@pytest.mark.parametrize("key", ["ed25519", "secp256k1"])
def test_key_2021(key):
    """js2021's own default is RSA."""
    with pair("js2021", ["--key", key], "c",
              ["--key", key, "--muxer", "both"]) as (x, y):
        assert y.cmd(f"echo {x.id} 100")["bytes"] == 100
        check_pubsub(x, y)
        check_pubsub(y, x)


def test_seed():
    require("c")
    with Peer.start("c", ["--seed", "1"]) as p:
        assert p.id == "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"


@pytest.mark.parametrize("kind,flags", [
    ("go", ["--sign", "nosign"]), ("js", ["--sign", "nosign"]),
    ("js", ["--msgid", "from"]), ("js", ["--msgid", "key"]),
    ("go", ["--msgid", "key"])], ids=lambda v: "-".join(v).strip("-")
    if isinstance(v, list) else v)
def test_message_forms(kind, flags):
    with pair(kind, flags, "c", flags) as (x, y):
        for one, other in ((x, y), (y, x)):
            one.wait_mesh("news", other)
            one.cmd(f"pub news to {other.name}")
            got = other.wait("msg", data=f"to {other.name}")
            assert not got["from"] if "nosign" in flags \
                else got["from"] == one.id


@pytest.mark.parametrize("left,right", [
    ("go", "js"), ("js", "go"), ("js2021", "go"), ("js2021", "js")])
def test_forward(left, right):
    """A signed message crosses us unchanged: the ends do not know each
    other, and both check the signature."""
    require("c", left, right)
    with Peer.start("c", ["--listen", LOOP, "--topic", "news", "--muxer",
                          "both"]) as us, \
            Peer(left, ["--topic", "news"]) as a, \
            Peer(right, ["--topic", "news"]) as b:
        a.ready().connect(us)
        b.ready().connect(us)
        for end in (a, b):
            end.wait_mesh("news", us)
            us.wait_mesh("news", end)
        for one, other in ((a, b), (b, a)):
            one.cmd(f"pub news across from {one.name}")
            got = other.wait("msg", data=f"across from {one.name}")
            assert (got["from"], got["via"]) == (one.id, us.id)


@pytest.mark.parametrize("size", [700, 65_536, 900_000])
@pytest.mark.parametrize("kind", ["go", "js", "js2021"])
def test_message_size(kind, size):
    """Beyond one frame, one record, and the size that IDONTWANT is for."""
    ours = ["--muxer", "both"] if kind == "js2021" else []
    with pair(kind, [], "c", ours) as (x, y):
        for one, other in ((x, y), (y, x)):
            one.wait_mesh("news", other)
            one.cmd(f"flood news {size} 3")
            other.wait_count("msg", 3, size=size)


@pytest.mark.parametrize("kind,flag", [
    ("go", "--mdns"), ("js", "--mdns"), ("rust", "--mdns"),
    ("js2021", "--mdns-2021"), ("c", "--mdns"), ("c", "--mdns-2021")])
@pytest.mark.parametrize("we_first", [True, False],
                         ids=["we first", "we last"])
def test_mdns(kind, flag, we_first):
    reason = lan_.why_not()
    if reason:
        pytest.skip(f"no network of namespaces: {reason}")
    require("c", kind)
    with lan_.Lan(["a", "b"]) as lan:
        kinds = ("c", kind) if we_first else (kind, "c")
        x, y = (Peer(
            k, ["--listen", f"/ip4/{lan.ip(host)}/tcp/0", flag]
            + (["--muxer", "both"] if k == "c" else []), netns=lan.ns(host))
            for k, host in zip(kinds, "ab"))
        with x, y:
            x.ready().wait_connected(y.ready())
            y.wait_connected(x)
            assert x.cmd(f"echo {y.id} 1000")["bytes"] == 1000
            ours = x if we_first else y
            ours.wait("mdns", peer=(y if we_first else x).id)
