# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh of sites behind NATs: members of two sites meet at a public member,
and at another one when that is gone; what changes at one reaches all."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from crew import Node, begin, change, meet, paths, synced, until  # noqa: E402
from rig import daemons  # noqa: E402


@pytest.fixture
def folder():
    """Sockets are in it: its name is short."""
    path = tempfile.mkdtemp(prefix="umwan")
    yield Path(path)
    shutil.rmtree(path, ignore_errors=True)


def node(host, folder, *peers, flags=()):
    return Node(host.name, folder, None, [p.ip for p in peers],
                netns=host.ns, flags=["--no-mdns", *flags])


def hub(host, folder, *peers):
    return node(host, folder, *peers, flags=["--public"])


def test_a_hole_is_punched(lab, folder):
    """NATs that let it happen: they meet at the relay, and go on without it."""
    at = lab.host("red")
    red = hub(at, folder)
    one, two = (node(lab.site(name).host(), folder, at) for name in "ab")
    with daemons(red, one, two):
        begin((red, one, two))
        until(lambda: paths(one).get(two.name_) == "direct", "no relay is used")
        change(one, 205, red, two)


def test_two_sites_meet_at_members(lab, folder):
    """Symmetric NATs: neither comes to the other in any way but this."""
    hubs = [lab.host(name) for name in ("red", "green")]
    inside = [lab.site(name, nat="symmetric").host() for name in "ab"]
    red, green = (hub(h, folder, *hubs[:i]) for i, h in enumerate(hubs))
    one, two = (node(h, folder, *hubs) for h in inside)
    with daemons(red, green, one, two):
        begin((red, green, one, two))
        until(lambda: one.name_ in paths(two), "they meet")
        change(one, 205, red, green, two)
        by = paths(two)[one.name_].removeprefix("via ")
        gone, left = {"red": (red, green), "green": (green, red)}[by]
        gone.kill()
        meet(one, two, left.name_)
        change(two, 206, left, one)
        back = hub(hubs[0 if gone is red else 1], folder, hubs[1], hubs[0])
        with back:
            back.ready()
            synced(back, left, one, two)


def test_neighbours_are_no_relays_of_a_site(lab, folder):
    """Each site has members that are relays for nobody outside, and are met
    first: it is reached by the public one all the same."""
    at = lab.host("red")
    red, near, ends = node(at, folder), [], []
    for name in "ab":
        site = lab.site(name, nat="symmetric")
        hosts = [site.host() for _ in range(3)]
        near += [node(h, folder, at) for h in hosts[:2]]
        ends.append(node(hosts[2], folder, *hosts[:2], at))
    one, two = ends
    with daemons(red, *near, *ends):
        begin((red, *near, *ends))
        red.say("settings", "set", "relay", "members")
        until(lambda: one.name_ in paths(two), "they meet")
        for end in ends:
            until(lambda end=end: [a for a in end.get("/mesh/id")["addrs"]
                                   if "p2p-circuit" in a and at.ip in a],
                  "it is reached by red")
        change(one, 205, red, two)
