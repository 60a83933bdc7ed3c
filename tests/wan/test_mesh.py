# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh of sites behind NATs: members of two sites meet at a public member,
and at another one when that is gone; what changes at one reaches all."""

import json

from members import hub, node
from crew import Node, begin, change, meet, paths, synced, until
from rig import daemons

# Until members whose relay died have met at another one.
MEET_S = 30


def test_a_hole_is_punched(lab, folder):
    """NATs that let it happen: they meet at the relay, and go on without it."""
    at = lab.host("red")
    red = hub(at, folder)
    one, two = (node(lab.site(name).host(), folder, at) for name in "ab")
    with daemons(red, one, two):
        begin((red, one, two))
        until(lambda: paths(one).get(two.name_) == "direct", "no relay is used")
        change(one, 205, red, two)


def test_two_sites_meet_at_members(lab, folder, page):
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
        with page.within("relay dies, another takes over", "4 daemons",
                         MEET_S):
            gone.kill()
            meet(one, two, left.name_)
        change(two, 206, left, one)
        back = hub(hubs[0 if gone is red else 1], folder, hubs[1], hubs[0])
        with back:
            back.ready()
            synced(back, left, one, two)


def reach(node):
    """What a node found out of itself."""
    return node.get("/mesh/status")["reach"]


def test_members_find_out_who_is_reached(lab, folder):
    """With relay=members who is reached from outside becomes a relay by itself,
    and nobody else does."""
    at = lab.host("red")
    red, other = node(at, folder), lab.host("green")
    green = node(other, folder, at)
    one, two = (node(lab.site(name, nat="symmetric").host(), folder, at, other)
                for name in "ab")
    wrong = node(lab.site("c").host(), folder, at, flags=["--public"])
    with daemons(red, green, one, two, wrong):
        begin((red, green, one, two, wrong))
        said = until(lambda: [f["text"] for f in json.loads(
            wrong.call("doctor", "-o", "json").stdout)["findings"]
            if f["what"] == "public"], "the settings are wrong")
        assert "members that dialed it from outside did not" in said[0]
        wrong.stop()
        red.say("settings", "set", "relay", "members")
        for n, verdict in ((red, "public"), (one, "private"), (two, "private")):
            until(lambda n=n, v=verdict: reach(n)["verdict"] == v,
                  f"{n.name_} is {verdict}")
        until(lambda: one.name_ in paths(two), "they meet")
        until(lambda: not reach(one)["relay"] and not reach(two)["relay"],
              "who is private serves nobody")
        assert reach(red)["relay"] and not reach(red)["said"]
        assert [a["verdict"] for a in reach(red)["addrs"]] == ["public"]
        until(lambda: {p["name"]: p["reach"] for p in
                       two.get("/mesh/peers")["peers"] if p["connected"]} ==
              {"red": "public", "green": "public", one.name_: "private"},
              "all know of all")
        change(one, 205, red, green, two)


def asked(node, direction):
    """Requests of rendezvous that a node had or made."""
    return sum(int(line.split()[-1]) for line in
               node.ask("GET", "/metrics").text.splitlines()
               if "streams_total" in line and "/rendezvous/" in line and
               f'"{direction}"' in line)


def test_a_member_that_moved_is_found(lab, folder):
    """It has another address when it comes again, and no way to a member that
    knows the old one: that one asks where both are known."""
    at, old, new = (lab.host(name) for name in ("red", "old", "new"))
    red = hub(at, folder)
    one = node(lab.site("a", nat="symmetric").host(), folder, at, old)
    green = node(old, folder, at)
    with daemons(red, one, green):
        begin((red, one, green))
        until(lambda: paths(one).get(green.name_) == "direct", "they know it")
        until(lambda: asked(red, "in") >= 2, "both tell red where they are")
        green.stop()
        with Node(green.name_, folder, None, [at.ip], netns=new.ns,
                  flags=["--no-mdns"]) as moved:
            moved.ready()
            until(lambda: paths(one).get(green.name_) == "direct", "it is met")
            assert [p["addr"] for p in one.get("/mesh/peers")["peers"]
                    if p["name"] == green.name_][0].startswith(
                        f"/ip4/{new.ip}/")
            until(lambda: asked(one, "out") >= 2, "red was asked")


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
