# SPDX-License-Identifier: MIT OR Apache-2.0
"""What any two peers must be able to do with each other."""

import contextlib

from peer import Peer, require

LOOP = "/ip4/127.0.0.1/tcp/0"


@contextlib.contextmanager
def pair(a, a_args, b, b_args):
    """A listener a and a dialer b, connected, both in topic news."""
    require(a, b)
    with Peer(a, ["--listen", LOOP, "--topic", "news", *a_args]) as x, \
            Peer(b, ["--topic", "news", *b_args]) as y:
        y.ready().connect(x.ready())
        yield x, y


def short(protocol):
    """yamux of /yamux/1.0.0."""
    return protocol.split("/")[1] if "/" in protocol else protocol


def check_connection(one, other, muxer, early, security="noise"):
    """The connection is what the flags ask for; null is "does not tell"."""
    c = one.wait_connected(other)
    assert (short(c["security"]), short(c["muxer"])) == (security, muxer)
    assert c["early_mux"] in (early, None)
    assert c["transport"] == "tcp"


def over_quic(one, other):
    last = one.seen("connected", peer=other.id)[-1]
    return last["transport"] == "quic-v1"


def pings_of(one, other):
    """rust over QUIC answers a second ping on a stream only when something
    else wakes the connection."""
    return 1 if other.kind == "rust" and over_quic(one, other) else 3


def echoes_of(one, other):
    return (0, 1) if loses_the_end(one, other) else (0, 1, 300_000)


def loses_the_end(one, other):
    """py that was dialed over QUIC loses the last bytes of a long answer now
    and then, of go's and rust's as of ours."""
    last = one.seen("connected", peer=other.id)[-1]
    return (one.kind, last["transport"], last["dir"]) == ("py", "quic-v1",
                                                          "in")


def check_services(one, other, after=0):
    # go tells of handlers that are as young as this by a push, later.
    one.wait("identify", after=after, peer=other.id,
             protocols=lambda names: "/echo/1.0.0" in names)
    said = one.cmd(f"identify {other.id}")
    assert said["agent"] and "/perf/1.0.0" in said["protocols"]
    pings = pings_of(one, other)
    assert len(one.cmd(f"ping {other.id} {pings}")["rtt_us"]) == pings
    for size in echoes_of(one, other):
        assert one.cmd(f"echo {other.id} {size}")["bytes"] == size
    down = 0 if loses_the_end(one, other) else 2000000
    perf = one.cmd(f"perf {other.id} 1000000 {down}")
    assert (perf["up_bytes"], perf["down_bytes"]) == (1000000, down)


def check_pubsub(one, other):
    one.wait_mesh("news", other)
    text = f"ünï from {one.name}"
    one.cmd(f"pub news {text}")
    got = other.wait("msg", topic="news", data=text)
    assert (got["from"], got["via"]) == (one.id, one.id)
    assert got["size"] == len(text.encode())
    one.cmd("flood news 2000 50")
    other.wait_count("msg", 50, **{"from": one.id, "size": 2000})


def check_pubsub_again(one, other):
    """One message, for nodes that had others before."""
    one.wait_mesh("news", other)
    mark = other.mark()
    one.cmd(f"pub news {mark} from {one.name}")
    got = other.wait("msg", after=mark, data=f"{mark} from {one.name}")
    assert (got["from"], got["via"]) == (one.id, one.id)


def check_push(one, other):
    """What one learns to serve after the handshake reaches the other."""
    if one.kind == "rust" or other.kind == "js2021":
        return  # rust pushes new addresses alone; of js2021 see README.md
    mark = other.mark()
    protocol = f"/new/{one.kind}/{mark}"
    one.cmd(f"handle {protocol}")
    other.wait("identify", after=mark, peer=one.id,
               protocols=lambda names: protocol in names)
    if one.kind == "c":
        mark = other.mark()
        one.cmd(f"unhandle {protocol}")
        other.wait("identify", after=mark, peer=one.id,
                   protocols=lambda names: protocol not in names)
