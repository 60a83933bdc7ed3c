# SPDX-License-Identifier: MIT OR Apache-2.0
"""What nodes behind NATs do when their relay dies, and when their site is cut
off and comes back."""

import pytest
from peer import PeerError, require
from test_relayed import circuit, relay_node, reserved, talk

# Until a connection on which nobody answers is given up.
SILENCE_S = 120


def meet(dialer, other, at):
    """They get a connection over a relay; `at` is the other's address."""
    marks = dialer.mark(), other.mark()
    dialer.cmd(f"connect {at}")
    dialer.wait("connected", after=marks[0], peer=other.id, limited=True)
    other.wait("connected", after=marks[1], peer=dialer.id, limited=True)
    talk(dialer, other)


def lose(one, other, after, timeout=20):
    one.wait("disconnected", timeout, after=after, peer=other.id)


def test_a_relay_dies_and_another_takes_over(lab):
    """One node is to be reached at two relays. The one that carries it is
    killed: they lose each other, meet at the second, and at the first when it
    is there again."""
    r1, r2 = (relay_node(lab.host(name)) for name in ("r1", "r2"))
    a = lab.site("a", nat="symmetric").host().node(
        ["--listen", circuit(r1), "--listen", circuit(r2)])
    b = lab.site("b", nat="symmetric").host().node()
    reserved(a, r1, r2)
    at1, at2 = (f"{circuit(r)}/p2p/{a.id}" for r in (r1, r2))
    meet(b, a, at1)
    marks = a.mark(), b.mark()
    r1.kill()
    lose(a, b, marks[0])
    lose(b, a, marks[1])
    reserved(a, r2)
    with pytest.raises(PeerError):
        b.cmd(f"connect {at1}")
    meet(b, a, at2)


@pytest.mark.parametrize("kind", ["c", "go"])
def test_a_relay_is_started_again(lab, kind):
    """Who was to be reached there asks again by itself, and is reached."""
    require(kind)
    host = lab.host("relay")
    r = relay_node(host, kind, ["--seed", "7"])
    a = lab.site("a").host().node(["--listen", circuit(r)])
    b = lab.site("b").host().node()
    [at] = reserved(a, r)
    meet(b, a, at)
    mark = b.mark()
    r.kill()
    lose(b, a, mark)
    reserved(a)
    r = relay_node(host, kind, ["--seed", "7"])
    reserved(a, r)
    meet(b, a, at)


def test_a_site_is_cut_off_and_comes_back(lab):
    """In silence: each side finds out by itself that nobody answers. When the
    line is there again the node asks its relay again."""
    r = relay_node(lab.host("relay"))
    site = lab.site("a")
    a = site.host().node(["--listen", circuit(r)])
    b = lab.site("b").host().node(["--connect", r.addr])
    [at] = reserved(a, r)
    meet(b, a, at)
    marks = a.mark(), b.mark()
    site.cut()
    lose(a, r, marks[0], SILENCE_S)
    lose(b, a, marks[1], SILENCE_S)
    reserved(a)
    with pytest.raises(PeerError):
        b.cmd(f"connect {at}")
    site.heal()
    reserved(a, r)
    meet(b, a, at)


def test_a_link_goes_down_and_up(lab):
    """Of the router: a node inside notices nothing of it, but that nobody can
    be reached; a short while is survived by all connections."""
    r = relay_node(lab.host("relay"))
    site = lab.site("a")
    a = site.host().node(["--listen", circuit(r)])
    b = lab.site("b").host().node(["--connect", r.addr])
    [at] = reserved(a, r)
    meet(b, a, at)
    marks = a.mark(), b.mark()
    site.down()
    b.send(f"echo {a.id} 1000")
    site.up()
    assert b.reply("echo")["ok"]
    assert not a.seen("disconnected", after=marks[0])
    assert not b.seen("disconnected", after=marks[1])
