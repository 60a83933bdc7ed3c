# SPDX-License-Identifier: MIT OR Apache-2.0
"""A Unit that fails beside a node of a mesh (n2): what runs, and what every
node says of it."""

import json

import pytest
from nodes import Mesh, until
from rig import Standin, loopback

START = {"listeners": {}, "routes": {}, "applications": {}}


def route(code):
    return [{"action": {"return": code}}]


class Beside:
    """Three nodes; the second one's Unit is a program of its own."""

    def __init__(self, folder, *flags):
        self.folder = folder
        self.unit = Standin(folder)
        self.mesh = Mesh(folder, 3, n2={"unit": self.unit.target,
                                        "flags": flags})

    def __enter__(self):
        self.mesh.begin(START)
        self.first, self.node, self.third = self.mesh
        return self

    def __exit__(self, *exc):
        self.mesh.__exit__()
        self.unit.stop()

    def put(self, code, node=None):
        """A change at another node."""
        return (node or self.first).put("/config/routes/x", route(code))

    def runs(self, code):
        """Waits until the Unit beside it runs that."""
        until(lambda: self.unit.config().get("routes") == {"x": route(code)},
              f"that Unit runs {code}", 30)

    def say(self, state, seconds=30, **more):
        """Waits until every node says so of it; `more`: what is in what they
        say."""
        def look(node):
            row = node.states()["n2"]
            return row["state"] == state and all(
                want in str(row.get(k)) for k, want in more.items()) and row
        return [until(lambda node=node: look(node), f"{node.name} says {state}"
                      f" {more} of it, not {node.states()['n2']}", seconds)
                for node in self.mesh]

    def others_run(self, code):
        for node in (self.first, self.third):
            until(lambda node=node: node.unit_config()["routes"] ==
                  {"x": route(code)}, f"{node.name} runs {code}")


@pytest.fixture
def beside(folder):
    with Beside(folder) as b:
        yield b


@pytest.mark.parametrize("anew", ["empty", "default"])
def test_it_restarts_empty(beside, anew):
    """It is given what it ran, without anybody's doing."""
    beside.put(201)
    beside.runs(201)
    beside.unit.tell(f"restart {anew}")
    beside.runs(201)
    beside.say("synced")
    assert len(beside.node.revisions()) == 3


def test_it_is_absent(beside):
    """All say so; it gets what it missed when it is there again."""
    beside.put(201)
    beside.runs(201)
    beside.unit.kill()
    beside.put(202)
    beside.others_run(202)
    beside.say("behind", reason="absent", healthy="False")
    beside.unit = Standin(beside.folder)
    beside.runs(202)
    beside.say("synced")


def test_it_is_absent_and_nothing_is_changed(beside):
    beside.put(201)
    beside.runs(201)
    beside.unit.kill()
    beside.say("unhealthy", reason="absent")
    beside.unit = Standin(beside.folder)
    beside.say("synced")


def test_it_refuses(beside):
    """The others run it; this one what ran before, and all know why."""
    beside.put(201)
    beside.runs(201)
    beside.unit.tell("fault refuse-listener=*:8080")
    rev = beside.first.put("/config/listeners/*:8080", {"pass": "routes/x"})
    for row in beside.say("refused", reason="Failed to apply"):
        assert row["bad"] == [rev]
    assert beside.unit.config()["listeners"] == {}
    until(lambda: "*:8080" in beside.third.unit_config()["listeners"],
          "the third one runs it")
    beside.unit.tell("fault none")
    beside.put(202)
    beside.runs(202)
    assert "*:8080" in beside.unit.config()["listeners"]
    beside.say("synced")


def test_what_it_refuses_is_not_published_there(beside):
    """Asked at this node, nobody hears of it."""
    beside.put(201)
    beside.runs(201)
    beside.say("synced")
    before = [r["id"] for r in beside.node.revisions()]
    beside.unit.tell("fault refuse-listener=*:8080")
    answer = beside.node.ask("PUT", "/config/listeners/*:8080",
                             {"pass": "routes/x"})
    assert answer.code == 400 and "refuses" in answer.text, answer
    assert [r["id"] for r in beside.node.revisions()] == before
    assert beside.unit.config()["listeners"] == {}
    beside.say("synced")


def test_it_never_answers(beside):
    """Nobody waits for it, and it catches up."""
    beside.put(201)
    beside.runs(201)
    beside.unit.tell("fault mute")
    beside.put(202)
    beside.others_run(202)
    beside.say("behind")
    assert beside.node.ask("GET", "/healthz", seconds=2).code == 200
    # A change at this node holds, though its Unit says nothing to it.
    answer = beside.node.ask("PUT", "/config/routes/x", route(203))
    assert answer.code == 200, answer
    beside.others_run(203)
    beside.unit.tell("fault mute=0")
    beside.runs(203)
    beside.say("synced")


@pytest.mark.parametrize("fault", ["crash-applied", "crash-lost"])
@pytest.mark.parametrize("where", ["here", "there"])
def test_it_ends_without_an_answer(beside, fault, where):
    """After the change or before: it runs it in the end, and it is one
    revision."""
    beside.put(201)
    beside.runs(201)
    beside.say("synced")
    beside.unit.tell(f"fault {fault}")
    beside.put(202, beside.node if where == "here" else beside.first)
    beside.runs(202)
    beside.others_run(202)
    beside.say("synced")
    assert len(beside.third.revisions()) == 4


@pytest.mark.parametrize("way", ["report", "heal", "adopt"])
def test_it_is_changed_by_hand(folder, way):
    with Beside(folder, "--drift", way) as beside:
        beside.put(201)
        beside.runs(201)
        beside.say("synced")
        answer = beside.unit.ask("PUT", "/config/routes/x",
                                 json.dumps(route(444)).encode())
        assert answer.code == 200
        if way == "report":
            beside.say("drift", reason="by hand")
            beside.runs(444)
            beside.others_run(201)
            beside.put(202)   # and the next change ends it
            beside.runs(202)
        elif way == "heal":
            beside.runs(201)
            beside.node.log("a copy is kept")
        else:
            beside.others_run(444)
            assert beside.unit.config()["routes"] == {"x": route(444)}
            assert "by hand" in beside.third.revisions()[0]["message"]
        beside.say("synced")


def test_a_node_is_killed_before_unit_answers(beside):
    """Unit takes a change that was tried, after the node that asked is gone:
    nobody published it, so it is taken back; and it is no change by hand."""
    beside.put(201)
    beside.runs(201)
    beside.say("synced")
    beside.unit.tell("fault apply-delay=700")
    from threading import Thread
    answers = []
    asking = Thread(target=lambda: answers.append(
        beside.node.ask("PUT", "/config/routes/x", route(500))))
    asking.start()
    until(lambda: beside.node.get("/mesh/status")["unit"]["busy"],
          "Unit was asked")
    beside.node.kill()
    asking.join()
    assert answers[0].code == 0
    beside.runs(500)
    beside.unit.tell("fault none")
    beside.node.start()
    beside.runs(201)
    beside.say("synced")
    assert not [x for x in beside.node.daemon.lines if "by hand" in x]
    assert len(beside.third.revisions()) == 3


def test_a_node_comes_without_unit(folder):
    """It is a member without one, until there is one."""
    with Beside(folder) as beside:
        beside.unit.kill()
        beside.node.kill()
        beside.put(201)
        beside.node.start()
        beside.say("behind")
        beside.unit = Standin(beside.folder, "--any", loopback())
        beside.runs(201)
        beside.say("synced")
