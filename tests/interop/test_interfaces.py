# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ours by mDNS where networks come and go: a machine that is plugged in after
its node began, a second network, and several nodes on one machine."""

import contextlib

import pytest
import lan as lan_
from peer import Peer, require

ANY = ["--listen", "/ip4/0.0.0.0/tcp/0", "--mdns"]


@contextlib.contextmanager
def network(names):
    reason = lan_.why_not()
    if reason:
        pytest.skip(f"no network of namespaces: {reason}")
    require("c")
    with lan_.Lan(names) as lan:
        yield lan


def node(lan, host, name=None):
    return Peer("c", ANY, netns=lan.ns(host), name=name)


def test_plugged_in_late():
    """The node of b begins on a machine with nothing but loopback."""
    with network(["a", "b"]) as lan:
        lan_.ip("-n", lan.ns("b"), "link", "set", "eth0", "down")
        with node(lan, "a") as a, node(lan, "b") as b:
            a.ready()
            b.ready()
            lan_.ip("-n", lan.ns("b"), "link", "set", "eth0", "up")
            a.wait_connected(b)
            b.wait_connected(a)
            assert a.cmd(f"echo {b.id} 1000")["bytes"] == 1000


def test_unplugged_and_plugged_in_elsewhere():
    """b's network goes, and another one comes under a new name and address;
    they lose each other and meet again."""
    with network(["a", "b"]) as lan:
        with node(lan, "a") as a, node(lan, "b") as b:
            a.ready().wait_connected(b.ready())
            b.wait_connected(a)
            mark_a, mark_b = a.mark(), b.mark()
            lan_.ip("-n", lan.ns("b"), "link", "del", "eth0")
            a.wait("disconnected", timeout=60, after=mark_a, peer=b.id)
            b.wait("disconnected", timeout=60, after=mark_b, peer=a.id)
            mark_a, mark_b = a.mark(), b.mark()
            lan_.ip("-n", lan.ns("a"), "link", "add", "eth1", "type", "veth",
                    "peer", "name", "eth7", "netns", lan.ns("b"))
            for host, dev, last in (("a", "eth1", 1), ("b", "eth7", 2)):
                lan_.ip("-n", lan.ns(host), "addr", "add",
                        f"10.78.0.{last}/24", "dev", dev)
                lan_.ip("-n", lan.ns(host), "link", "set", dev, "up")
            a.wait_connected(b, timeout=60, after=mark_a)
            b.wait_connected(a, timeout=60, after=mark_b)
            assert a.cmd(f"echo {b.id} 1000")["bytes"] == 1000


def test_a_machine_in_two_networks():
    """a and c have no network in common; b is in both and meets each."""
    with network(["a", "b", "c"]) as lan:
        lan_.ip("-n", lan.ns("c"), "link", "del", "eth0")
        lan_.ip("-n", lan.ns("b"), "link", "add", "eth1", "type", "veth",
                "peer", "name", "eth0", "netns", lan.ns("c"))
        for host, dev, last in (("b", "eth1", 1), ("c", "eth0", 2)):
            lan_.ip("-n", lan.ns(host), "addr", "add", f"10.78.1.{last}/24",
                    "dev", dev)
            lan_.ip("-n", lan.ns(host), "link", "set", dev, "up")
        with node(lan, "a") as a, node(lan, "b") as b, node(lan, "c") as c:
            for one in (a, b, c):
                one.ready()
            for one in (a, c):
                one.wait_connected(b)
                b.wait_connected(one)
                assert one.cmd(f"echo {b.id} 1000")["bytes"] == 1000
            assert not a.seen("connected", peer=c.id)


def test_several_nodes_on_one_machine():
    with network(["a", "b"]) as lan, contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(node(lan, host)) for host in "aaab"]
        for one in nodes:
            one.ready()
        for one in nodes:
            for other in nodes:
                if other is not one:
                    one.wait_connected(other)
