# SPDX-License-Identifier: MIT OR Apache-2.0
"""On a terminal a change is shown and asked for before it is made; where nobody
can answer, nobody is asked."""

import json
import subprocess

import pytest
from crew import ROUTE, Node, begin, until
from fake import FakeDaemon
from rig import daemons, loopback
from terminal import Terminal

ASKS = r"Go on\? \[y/N\] "


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder, at = tmp_path_factory.mktemp("c"), [loopback(), loopback()]
    nodes = [Node("one", folder, at[0], at[1]),
             Node("two", folder, at[1], at[0])]
    with daemons(*nodes):
        yield begin(nodes)


def person(node, *words, **more):
    return Terminal(*words, "--control", node.control, **more)


def answers(node, answer, *words, code, plan=""):
    """A person who is shown a plan and says that; all that was shown."""
    with person(node, *words) as t:
        t.wait(plan)
        t.wait(ASKS)
        t.type(answer)
        assert t.end() == code, t.all
        return t.all


def test_a_change_is_shown_and_asked_for(pair):
    one, _ = pair
    was = one.current()
    for no in ("n\n", "\n", "later\n", "\x04"):
        said = answers(one, no, "put", ROUTE, "418", code=1,
                       plan=r"~ /base/routes/0/action/return: 204 -> 418\n")
        assert f"\n1 change to {was}.\n" in said
        assert said.endswith("Nothing is changed.\n")
    assert one.current() == was
    said = answers(one, "y\n", "put", ROUTE, "418", "-m", "tea", code=0)
    assert one.current() != was and f"{one.current()}  " in said
    assert one.rows("log")[0][4] == "tea"
    # What changes nothing asks nothing.
    with person(one, "put", ROUTE, "418") as t:
        assert t.end() == 0 and "so already" in t.all and "Go on" not in t.all
    # What is wrong is said before anybody is asked.
    with person(one, "put", "listeners", "5") as t:
        assert t.end() == 1 and "Go on" not in t.all, t.all


def test_nobody_is_asked_who_cannot_answer(pair):
    one, _ = pair
    for n, apart in enumerate(({"stdin": subprocess.DEVNULL},
                               {"stderr": subprocess.DEVNULL})):
        with person(one, "put", ROUTE, str(410 + n), **apart) as t:
            assert t.end() == 0 and "Go on" not in t.all
        assert one.say("get", ROUTE).strip() == str(410 + n)
    for n, yes in enumerate(("-y", "--yes")):
        with person(one, "put", ROUTE, str(420 + n), yes) as t:
            assert t.end() == 0 and "Go on" not in t.all
        assert one.say("get", ROUTE).strip() == str(420 + n)
    with person(one, "put", ROUTE, "204", "--dry-run") as t:
        assert t.end() == 0 and "Go on" not in t.all
    # A pipe behind it takes the outcome, the plan is on the terminal.
    with person(one, "put", ROUTE, "204", stdout=subprocess.PIPE) as t:
        t.wait(ASKS)
        t.type("y\n")
        assert t.end() == 0
        assert t.proc.stdout.read().decode().startswith(one.current())


def test_a_plan_holds_for_what_it_was_made_of(pair):
    one, _ = pair
    with person(one, "put", ROUTE, "500") as t:
        t.wait(ASKS)
        made = one.revision("put", ROUTE, "501")
        t.type("y\n")
        assert t.end() == 4, t.all
        assert "the plan was made before that: nothing is changed" in t.all
    assert one.current() == made


def test_revisions_go_back_with_their_difference(pair):
    one, _ = pair
    one.say("put", ROUTE, "204")
    one.say("put", ROUTE, "205")
    said = answers(one, "n\n", "rollback", code=1)
    assert "~ /base/routes/0/action/return: 205 -> 204" in said
    answers(one, "y\n", "rollback", code=0)
    assert one.say("get", ROUTE).strip() == "204"
    open_ = one.revision("put", ROUTE, "206", "--trial=10m")
    said = answers(one, "n\n", "abort", code=1)
    assert "~ /base/routes/0/action/return: 206 -> 204" in said
    assert one.state_of(open_) == "open"
    answers(one, "y\n", "abort", code=0)
    assert one.state_of(open_) != "open"
    with person(one, "put", ROUTE, "207", "--trial=10m", "-y") as t:
        assert t.end() == 0
    with person(one, "confirm") as t:  # which asks nothing
        assert t.end() == 0 and "Go on" not in t.all


def test_members_and_what_would_fall(pair):
    one, two = pair
    before = one.rows("members")
    made = two.revision("put", ROUTE, "208")
    until(lambda: one.current() == made, "one has it")
    said = answers(one, "n\n", "members", "role", "two", "node", code=1)
    assert "The current revision then: " in said
    assert "two is to be: node" in said
    said = answers(one, "n\n", "members", "rm", "two", code=1)
    assert "for ever" in said
    answers(one, "n\n", "members", "rotate", code=1)
    answers(one, "n\n", "void", made, code=1, plan=rf"{made} +falls ")
    answers(one, "n\n", "leave", code=1)
    assert one.rows("members") == before and one.current() == made
    said = answers(one, "n\n", "settings", "set", "require-if-match", "true",
                   code=1)
    assert "~ require-if-match: not set -> true" in said
    assert "require-if-match" not in one.say("settings")
    answers(one, "y\n", "settings", "set", "require-if-match", "true", code=0)
    # Who says yes to a plan has said to which revision.
    answers(one, "y\n", "put", ROUTE, "209", code=0)
    assert one.say("get", ROUTE).strip() == "209"
    said = answers(one, "y\n", "settings", "set", "require-if-match", "",
                   code=0)
    assert "~ require-if-match: true -> not set" in said


def test_a_secret_is_not_in_its_plan(pair):
    one, _ = pair
    said = answers(one, "n\n", "var", "set", "pass", "hush-hush", "--secret",
                   code=1)
    assert "pass" in said and "hush" not in said
    answers(one, "y\n", "overlay", "set", "node:two", json.dumps(
        {"merge": {"settings": {"http": {"max_body_size": 1000}}}}), code=0)


def test_an_export_comes_in_after_a_yes(pair, folder):
    one, _ = pair
    one.say("export", folder / "all")
    said = answers(one, "n\n", "import", folder / "all", code=1)
    assert "gets what the file has" in said
    answers(one, "y\n", "import", folder / "all", code=0)


def test_a_plan_that_cannot_be_read_is_none(folder):
    """Nobody is asked without it, and nothing is sent after it."""
    for words in (("put", ROUTE, "418"), ("members", "role", "two", "node"),
                  ("members", "rm", "two"), ("void", "r2.9f3c")):
        with FakeDaemon(folder / "s", "{}" if words[0] == "put" else "tea",
                        "tea", "{}") as fake, person(fake, *words) as t:
            assert t.end() == 1, t.all
            assert "the daemon's answer is no JSON" in t.all
            assert "Go on" not in t.all
            assert "dry-run" in fake.asked[-1]
