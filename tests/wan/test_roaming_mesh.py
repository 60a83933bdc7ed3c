# SPDX-License-Identifier: MIT OR Apache-2.0
"""A member whose machine moves is found again by what it proves to be: the
others hear its changes, and it theirs, within stated seconds.

WAN_TRIES: also what takes longer."""

import os
import signal
import time

import pytest
from crew import Node, begin, paths, synced, until
from night import Night
from rig import daemons

LONG = bool(os.environ.get("WAN_TRIES"))


def long(test):
    """One that CI has no time for."""
    return test if LONG else None


def node(host, folder, *peers, flags=(), env=None):
    """As people start it: with mDNS."""
    return Node(host.name, folder, None, [p.ip for p in peers],
                netns=host.ns, flags=flags, env=env)


def hub(host, folder, *peers):
    return node(host, folder, *peers, flags=["--public"])


def changed_within(seconds, writer, status, *others):
    """A change of one reaches all, from now on in so many seconds."""
    end = time.monotonic() + seconds
    writer.say("put", "routes/0/action/return", str(status))
    for n in others:
        n.answers(status, end - time.monotonic())


def test_a_member_that_gets_another_address(lab, folder):
    """In its own network, by QUIC and TCP: 10 s."""
    at, mine = lab.host("red"), lab.host("laptop")
    red, laptop = hub(at, folder), node(mine, folder, at)
    with daemons(red, laptop):
        begin((red, laptop))
        synced(red, laptop)
        mine.renumber()
        changed_within(10, laptop, 205, red)
        changed_within(10, red, 206, laptop)


def test_a_member_that_goes_to_another_site(lab, folder):
    """From behind one NAT to behind another; members there and here: 15 s."""
    at = lab.host("red")
    sites = [lab.site(name) for name in "ab"]
    mine = sites[0].host()
    red, laptop = hub(at, folder), node(mine, folder, at)
    desk = node(sites[1].host(), folder, at)
    with daemons(red, laptop, desk):
        begin((red, laptop, desk))
        synced(red, laptop, desk)
        mine.move(sites[1])
        changed_within(15, laptop, 205, red, desk)
        changed_within(10, desk, 206, red, laptop)
        until(lambda: paths(laptop).get(desk.name_) == "direct",
              "neighbours meet", 10)


@long
@pytest.mark.parametrize("seconds", [12, 60])
def test_a_laptop_that_slept(lab, folder, seconds):
    """And wakes up elsewhere: 15 s."""
    at = lab.host("red")
    sites = [lab.site(name) for name in "ab"]
    mine = sites[0].host()
    red, laptop = hub(at, folder), node(mine, folder, at)
    with daemons(red, laptop):
        begin((red, laptop))
        synced(red, laptop)
        os.kill(laptop.proc.pid, signal.SIGSTOP)
        try:
            mine.move(sites[1])
            red.say("put", "routes/0/action/return", "205")
            with red.changed:
                red.changed.wait_for(lambda: False, seconds)
        finally:
            os.kill(laptop.proc.pid, signal.SIGCONT)
        laptop.answers(205, 15)
        changed_within(10, laptop, 206, red)


def test_a_laptop_that_slept_through_a_night(lab, folder):
    """What it heard in the evening is old in the morning, at once."""
    night = Night(folder)
    at, mine = lab.host("red"), lab.host("laptop")
    red, laptop = hub(at, folder), node(mine, folder, at, env=night.env)
    with daemons(red, laptop):
        begin((red, laptop))
        synced(red, laptop)
        with night.sleep(laptop.proc.pid, hours=8):
            at.line.cut()
        told = laptop.get("/mesh/nodes")["nodes"]
        assert {n["name"]: n["state"] for n in told} == {
            "laptop": "synced", "red": "stale"}
        assert max(n["age_ms"] for n in told) >= 8 * 3600 * 1000
        at.line.heal()
        synced(red, laptop, seconds=15)
