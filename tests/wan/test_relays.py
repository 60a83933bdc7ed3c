# SPDX-License-Identifier: MIT OR Apache-2.0
"""What nodes behind NATs do when their relay dies, and when their site is cut
off and comes back."""

import pytest
from lab import TRIES
from page import named
from peer import PeerError, require
from test_relayed import circuit, relay_node, reserved, talk

# Until a connection on which nobody answers is given up.
SILENCE_S = 120
# Until two have met again, from when the first relay died.
OVER_S = 20
# Until the site's node has its reservation again, from when the line is there.
BACK_S = 60
# The first relay and the second, who listens, who dials.
DEATHS = [("c", "c", "c", "c"), ("go", "rust", "c", "c")]
CUTS = ["c"]
if TRIES:
    DEATHS += [("rust", "go", "c", "c"), *(
        ends for kind in ("go", "rust")
        for ends in (("c", "c", kind, "c"), ("c", "c", "c", kind)))]
    CUTS += ["go", "rust"]


def meet(dialer, other, at, patient=False):
    """They get a connection over a relay; `at` is the other's address. The
    patient dial again if it fails."""
    marks = dialer.mark(), other.mark()
    if patient:
        dialer.poll(f"connect {at}", timeout=BACK_S, check=False)
    else:
        dialer.cmd(f"connect {at}")
    dialer.wait("connected", after=marks[0], peer=other.id, limited=True)
    other.wait("connected", after=marks[1], peer=dialer.id, limited=True)
    talk(dialer, other)


def lose(one, other, after, timeout=20):
    one.wait("disconnected", timeout, after=after, peer=other.id)


@pytest.mark.parametrize("kinds", DEATHS, ids="-".join)
def test_a_relay_dies_and_another_takes_over(lab, page, kinds):
    """One node is to be reached at two relays. The one that carries it is
    killed: they lose each other, and meet at the second."""
    require(*kinds)
    r1, r2 = (relay_node(lab.host(name), kind)
              for name, kind in zip(("r1", "r2"), kinds))
    a = lab.site("a", nat="symmetric").host().node(
        ["--listen", circuit(r1), "--listen", circuit(r2)], kinds[2])
    b = lab.site("b", nat="symmetric").host().node([], kinds[3])
    reserved(a, r1, r2)
    at1, at2 = (f"{circuit(r)}/p2p/{a.id}" for r in (r1, r2))
    meet(b, a, at1)
    marks = a.mark(), b.mark()
    with page.within("relay dies, they meet at another", "relays: "
                     f"{named(*kinds[:2])}; ends: {named(*kinds[2:])}", OVER_S):
        r1.kill()
        lose(a, b, marks[0])
        lose(b, a, marks[1])
        if a.kind != "go":  # it goes on telling the address
            reserved(a, r2)
        if b.kind != "go":  # it knows of the second by identify
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


@pytest.mark.parametrize("kind", CUTS)
def test_a_site_is_cut_off_and_comes_back(lab, page, kind):
    """In silence: each side finds out by itself that nobody answers. When the
    line is there again the node asks its relay again."""
    require(kind)
    r = relay_node(lab.host("relay"), kind)
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
    with page.within("site comes back: its node is reached by its relay",
                     f"relay: {named(kind)}", BACK_S):
        site.heal()
        reserved(a, r)
        # Those of go and rust hold the dead connection longer than ours does,
        # and bring nobody as long as they ask there.
        meet(b, a, at, patient=kind != "c")


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
    # From inside: masquerading forgets its mappings when the link goes down,
    # and nobody outside can make them anew.
    a.send(f"echo {b.id} 1000")
    site.up()
    assert a.reply("echo")["ok"]
    assert not a.seen("disconnected", after=marks[0])
    assert not b.seen("disconnected", after=marks[1])
