# SPDX-License-Identifier: MIT OR Apache-2.0
"""One mesh of today's daemon and of an older one, both ways: who begins it is
the one, who comes into it the other."""

import pytest
from daemon import UNITMESH
from rig import daemons, until
from versions import ROUTE, SECONDS, begin, in_step, pair


@pytest.fixture(params=("old begins", "new begins"))
def mesh(request, folder, old):
    programs = [old, UNITMESH]
    if request.param == "new begins":
        programs.reverse()
    nodes = pair(folder, *programs)
    with daemons(*nodes):
        begin(*nodes)
        yield nodes


def test_each_takes_what_the_other_writes(mesh):
    one, two = mesh
    mine = one.put(205)
    two.answers(205)
    in_step(one, two)
    theirs = two.put(206)
    one.answers(206)
    in_step(one, two)
    for n in mesh:
        by = {r["id"]: r for r in n.revisions()}
        assert by[mine["id"]]["by"] != by[theirs["id"]]["by"]
        assert by[theirs["id"]]["state"] == "established"
        assert n.do("GET", "/mesh/conflicts")["conflicts"] == []


def test_what_differs_on_a_node_and_what_is_secret(mesh):
    one, two = mesh
    two.do("PUT", "/mesh/variables/code", 207)
    in_step(one, two)
    one.put("{{code}}")
    two.answers(207)
    one.answers(207)
    one.do("PUT", "/mesh/overlays/node:second",
           {"merge": {"routes": [{"action": {"return": 208}}]}})
    two.answers(208)
    one.answers(207)
    two.do("PUT", "/mesh/variables/word?secret", "open sesame")
    two.do("PUT", "/mesh/overlays/node:first", {"merge": {"routes": [{
        "action": {"return": 209, "location": "{{word}}"}}]}})
    until(lambda: one.runs()["routes"][0]["action"] == {
        "return": 209, "location": "open sesame"}, "a secret came", SECONDS)
    in_step(one, two)


def test_on_trial_and_staged(mesh):
    one, two = mesh
    kept = one.put(210, query="?trial=10m")
    two.answers(210)
    two.do("POST", f"/mesh/revisions/{kept['id']}/confirm", {})
    in_step(one, two)
    gone = two.put(211, query="?trial=10m")
    one.answers(211)
    one.do("POST", f"/mesh/revisions/{gone['id']}/abort", {})
    one.answers(210)
    two.answers(210)
    assert one.do("GET", f"/mesh/revisions/{kept['id']}")["state"] == \
        "established"
    # One node first; then it goes on by itself, and holds.
    two.do("PUT", ROUTE + "?staged=1&soak=2s&deadline=10m&wait=applied"
           "&timeout=60s", 212, status=200)
    one.answers(212)
    two.answers(212)
    in_step(one, two)


def test_what_was_missed_comes_later(mesh):
    """Each changes something while the other is away; both hold then."""
    one, two = mesh
    two.stop()
    for status in (220, 221, 222):
        one.put(status, query="?alone")
    one.stop()
    two = two.once_more()
    with daemons(two):
        two.ready()
        two.do("PUT", "/config/settings?alone", {"http": {"idle_timeout": 30}})
        one = one.once_more()
        with daemons(one):
            one.ready()
            both = [{"return": 222}, {"http": {"idle_timeout": 30}}]
            for n in (one, two):
                until(lambda n=n: [n.runs()["routes"][0]["action"],
                                   n.runs().get("settings")] == both,
                      f"{n.name} runs both", SECONDS)
            in_step(one, two)


def test_who_leaves(mesh):
    one, two = mesh
    two.do("POST", "/mesh/leave", {})
    one.do("DELETE", "/mesh/members/second", {})
    until(lambda: set(one.nodes()) == {"first"}, "one is left", SECONDS)
    one.put(230, query="?alone")
    one.answers(230)
    assert two.runs()["routes"][0]["action"] == {"return": 204}
