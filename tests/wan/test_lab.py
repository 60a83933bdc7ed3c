# SPDX-License-Identifier: MIT OR Apache-2.0
"""The laboratory itself: what is cut is cut, and nothing is left."""

import os
import queue
import subprocess
import sys

import pytest
import netns
from lab import Lab
from probes import heard, say


def bound(host):
    s = host.udp()
    s.settimeout(0.3)
    return s, (host.ip, s.getsockname()[1])


def hears(one, at, text, tries=10):
    """Whether a datagram of one gets to the other socket. Some are lost where
    a network has just come back."""
    sender, _ = one
    receiver, to = at
    for _ in range(tries):
        try:
            say(sender, to, text)
            while heard(receiver)[0] != text:
                pass
            return True
        except OSError:
            pass
    return False


def deaf(one, at, text):
    return not hears(one, at, text, tries=1)


def test_cut_and_heal(lab):
    a, b = lab.site("a"), lab.site("b")
    one, two = bound(a.host()), bound(b.host())
    public = bound(lab.host("p"))
    assert hears(one, public, b"1") and hears(two, public, b"2")
    a.cut()
    assert deaf(one, public, b"3") and hears(two, public, b"4")
    a.heal()
    assert hears(one, public, b"5")


def test_down_and_up(lab):
    """The host is told that there is no way."""
    site = lab.site("a")
    one, public = bound(site.host()), bound(lab.host("p"))
    assert hears(one, public, b"1")
    site.down()
    assert deaf(one, public, b"2")
    site.up()
    assert hears(one, public, b"3")


def test_apart_and_together(lab):
    """Two do not hear each other, a third hears both."""
    p, q, site = lab.host("p"), lab.host("q"), lab.site("a")
    at_p, at_q, one = bound(p), bound(q), bound(site.host())
    lab.apart(p, site)
    assert deaf(one, at_p, b"1")
    assert hears(one, at_q, b"2") and hears(at_p, at_q, b"3")
    lab.together(p, site)
    assert hears(one, at_p, b"4")


def test_a_host_of_a_site_without_its_network(lab):
    site = lab.site("a")
    one, two = site.host(), site.host()
    at_one, at_two = bound(one), bound(two)
    site.lan.cut(one.name)
    assert deaf(at_two, at_one, b"1")
    site.lan.heal(one.name)
    assert hears(at_two, at_one, b"2")


def names():
    return set(os.listdir("/run/netns"))


def mine():
    return {n for n in names() if n.startswith(f"wan{os.getpid()}-")}


def test_several_side_by_side(lab):
    """One's hosts do not see the other's, and each goes alone."""
    at = bound(lab.host("p"))
    lab.site("a").host()
    before = mine()
    with Lab() as other:
        one, own = bound(other.host("q")), bound(other.host("r"))
        assert deaf(one, (at[0], ("44.77.0.1", at[1][1])), b"1")
        assert hears(one, own, b"2")
        assert mine() > before
    assert mine() == before


def test_nothing_is_left_after_a_failure(lab):
    before = mine()
    with pytest.raises(ZeroDivisionError):
        with Lab() as other:
            other.site("a", nat="symmetric").host()
            raise ZeroDivisionError
    with pytest.raises(KeyError):
        with Lab() as other:
            other.site("a", nat="of no kind")
    assert mine() == before


KILLED = """
import os, sys
sys.path[:0] = %r
from lab import Lab
Lab().__enter__().site("a").host()
print(os.getpid(), flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_run_left_is_swept(lab):
    done = subprocess.run([sys.executable, "-c", KILLED % sys.path], text=True,
                          capture_output=True, check=False)
    tag = f"wan{done.stdout.strip()}-"
    assert any(n.startswith(tag) for n in names()), done.stderr
    with Lab():
        assert not any(n.startswith(tag) for n in names())


def test_what_comes_through_can_be_watched(lab):
    heard_of = queue.Queue()
    server, site = lab.host("p"), lab.site("a")
    host = site.host()
    netns.watch(lab.core, heard_of.put)
    say(host.udp(4000), (server.ip, 5000))
    assert heard_of.get(timeout=5).endswith(
        f"{site.address}:4000 > {server.ip}:5000 udp 29")
    one = host.tcp(4000)
    with pytest.raises(ConnectionRefusedError):
        one.connect((server.ip, 5000))
    seen = [heard_of.get(timeout=5) for _ in range(3)]
    ours, theirs = f"{site.address}:4000", f"{server.ip}:5000"
    assert f"{ours} > {theirs} tcp SYN" in "".join(seen)
    assert f"{theirs} > {ours} tcp RST ACK" in "".join(seen)
