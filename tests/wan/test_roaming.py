# SPDX-License-Identifier: MIT OR Apache-2.0
"""Machines whose addresses change while they talk: QUIC goes on, TCP ends soon
and says why, and those who belong together meet again.

WAN_TRIES: also what takes longer."""

import os
import signal
import time

import netns
import pytest
from lan import ips
from night import Night
from peer import require

LONG = bool(os.environ.get("WAN_TRIES"))


def long(test):
    """One that CI has no time for."""
    return test if LONG else None


# What is under way takes some seconds of this line.
KBIT, BYTES = 16000, 6_000_000
# A connection whose address is gone waits for it for 2 s.
SOON = 5
GONE = "our own address is gone"


def any_at(way="tcp"):
    form = {"tcp": "tcp/4001", "quic": "udp/4001/quic-v1"}
    return "/ip4/0.0.0.0/" + form[way]


def pair(lab, way, kind="c"):
    """A public host, and one of ours with a slow line that dialed it."""
    require(kind, "c")
    at, mine = lab.host("there"), lab.host("here", rate_kbit=KBIT)
    there = at.node(["--listen", at.at(way, 4001)], kind)
    here = mine.node(["--listen", any_at("tcp"), "--listen", any_at("quic")])
    here.cmd(f"connect {there.addr}")
    here.wait("connected", peer=there.id)
    there.wait("connected", peer=here.id)
    return there, here, mine


def carried(host):
    """Bytes that came to and left its devices, but for loopback."""
    def read():
        with open("/proc/thread-self/net/dev", encoding="ascii") as f:
            rows = [line.replace(":", " ").split() for line in f][2:]
        return sum(int(r[1]) + int(r[9]) for r in rows if r[0] != "lo")

    return netns.within(host.ns, read)


def begin(host, node, command):
    """Begins a command, until a part of it is through."""
    before, end = carried(host), time.monotonic() + 20
    cmd = node.send(command)
    while carried(host) < before + BYTES / 10:
        assert time.monotonic() < end, "nothing flows"
        with node.changed:
            node.changed.wait(0.02)
    return cmd


def has(host):
    """Whether a host's present address is among multiaddrs."""
    return lambda addrs: any(f"/{host.ip}/" in a for a in addrs)


def stands(*nodes):
    """It is the connection that there was."""
    for node in nodes:
        assert not node.seen("disconnected")
        assert len(node.seen("connected")) == 1


def pause(node, seconds):
    """Lets time pass, in which a node says nothing new of connections."""
    with node.changed:
        node.changed.wait_for(lambda: node.seen("disconnected"), seconds)


@pytest.mark.parametrize("kind", ["c", "go"])
def test_quic_goes_on_from_a_new_address(lab, kind):
    """In mid-transfer: not a byte is lost, and it is the same connection."""
    there, here, mine = pair(lab, "quic", kind)
    cmd = begin(mine, here, f"echo {there.id} {BYTES}")
    mine.renumber()
    answer = here.reply(cmd, 60)
    assert answer["ok"] and answer["bytes"] == BYTES
    stands(here)
    told = here.wait("addrs", addrs=has(mine))
    assert len(told["addrs"]) == 2
    stands(there)
    if kind == "c":
        there.wait("identify", push=True, addrs=has(mine))


def test_tcp_ends_soon_from_a_gone_address(lab):
    """In mid-transfer; who dials again is served at once, and what was left
    behind ends at the other end, too."""
    there, here, mine = pair(lab, "tcp")
    cmd = begin(mine, here, f"echo {there.id} {BYTES}")
    mine.renumber()
    gone = here.wait("disconnected", SOON, peer=there.id)
    assert gone["why"] == GONE
    assert not here.reply(cmd)["ok"]
    here.connect(there)
    assert here.cmd(f"echo {there.id} 20000")["bytes"] == 20000
    there.wait("disconnected", 8, peer=here.id)
    here.cmd(f"ping {there.id} 3")


def test_an_interface_that_is_down_for_a_moment(lab):
    """What was under way goes on, also by TCP."""
    there, here, mine = pair(lab, "tcp")
    cmd = begin(mine, here, f"echo {there.id} {BYTES}")
    mine.line.down()
    here.wait("addrs", addrs=lambda addrs: not has(mine)(addrs))
    mine.line.up()
    assert here.reply(cmd, 60)["bytes"] == BYTES
    stands(there, here)


def test_a_way_out_that_leads_nowhere(lab):
    """The default route is another, the address is not: who is not heard any
    more is gone within seconds, not after half a minute of silence."""
    there, here, mine = pair(lab, "tcp")
    ips(mine.ns, "route replace default dev lo")
    here.wait("disconnected", 8, peer=there.id)
    mine.line.up()
    here.connect(there)


@long
def test_a_way_out_that_is_as_good(lab):
    """All stays as it is."""
    there, here, mine = pair(lab, "tcp")
    for metric in 7, 5, 3:
        ips(mine.ns, f"route add default {mine.line.way_out()} "
                f"metric {metric}")
        pause(here, 6)
    stands(there, here)


@long
def test_quic_waits_for_its_interface(lab):
    there, here, mine = pair(lab, "quic")
    cmd = begin(mine, here, f"echo {there.id} {BYTES}")
    mine.line.down()
    pause(here, 8)
    mine.line.up()
    assert here.reply(cmd, 60)["bytes"] == BYTES
    stands(there, here)


@long
def test_a_peer_that_does_not_want_it(lab):
    """rust-libp2p lets no client move: that ends soon, and they meet again."""
    there, here, mine = pair(lab, "quic", "rust")
    cmd = begin(mine, here, f"echo {there.id} {BYTES}")
    mine.renumber()
    assert here.wait("disconnected", SOON, peer=there.id)["why"] == GONE
    assert not here.reply(cmd)["ok"]
    here.connect(there)
    assert here.cmd(f"echo {there.id} 20000")["bytes"] == 20000


def test_a_new_interface_has_neighbours(lab):
    """Who is plugged into one more network finds by mDNS who is there."""
    home, away = lab.site("a"), lab.site("b")
    one, two = home.host(), away.host()
    flags = ["--listen", any_at("tcp"), "--mdns"]
    here, there = one.node(flags), two.node(flags)
    assert not here.seen("connected")
    away.lan.plug("guest", one.ns, "eth1")
    here.wait("connected", 10, peer=there.id)


@pytest.mark.parametrize("seconds", [12, *[40] * LONG])
def test_a_process_that_stood_still(lab, seconds):
    """It asks all at once: who is there stays, who went meanwhile is noticed
    within seconds."""
    there, here, mine = pair(lab, "tcp")
    other = lab.host("other")
    gone = other.node(["--listen", other.at(port=4001)])
    here.connect(gone)
    os.kill(here.pid, signal.SIGSTOP)
    try:
        other.line.cut()
        pause(there, seconds)
    finally:
        os.kill(here.pid, signal.SIGCONT)
    here.wait("disconnected", 11, peer=gone.id)
    if seconds < 30:
        assert not here.seen("disconnected", peer=there.id)
        here.cmd(f"ping {there.id} 3")


def test_a_machine_that_slept(lab, folder):
    """Nothing is late, as its clock stood still as well; the one that does not
    tells, and all are asked as above."""
    night = Night(folder)
    hosts = [lab.host(name) for name in ("here", "there", "other")]
    here = hosts[0].node(["--listen", any_at("tcp")], env=night.env)
    there, gone = [h.node(["--listen", h.at(port=4001)]) for h in hosts[1:]]
    here.connect(there)
    here.connect(gone)
    with night.sleep(here.pid, hours=8):
        hosts[2].line.cut()
    here.wait("disconnected", 11, peer=gone.id)
    assert not here.seen("disconnected", peer=there.id)
    here.cmd(f"ping {there.id} 3")
