# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a node's own policy refuses is said before anybody hears of it, also
when nothing is to be changed."""

import json

import pytest
from crew import Node, begin
from rig import Standin, config, daemons, loopback

POLICY = {"pointers": {"not": ["/settings/http/server_version"]}}
ALLOWED = {"listeners": {}, "routes": [{"action": {"return": 205}}]}
AGAINST = {**ALLOWED, "settings": {"http": {"server_version": False}}}
TITLE = "This node's policy refuses the configuration."


@pytest.fixture
def policy(folder):
    file = folder / "policy.json"
    file.write_text(json.dumps(POLICY))
    return ["--policy", str(file)]


def dry(node, what):
    return node.ask("PUT", "/config?dry-run", what)


def test_a_dry_run_asks_the_policy(folder, policy):
    at = loopback(), loopback()
    nodes = [Node("red", folder, at[0]),
             Node("green", folder, at[1], at[0], flags=policy)]
    with daemons(*nodes):
        red, green = begin(nodes)
        now = green.current()
        answer = dry(green, AGAINST)
        assert answer.code == 400, answer
        assert answer.json["error"] == TITLE
        assert answer.json["detail"].startswith("policy: ")
        assert "at /settings/http/server_version" in answer.json["detail"]
        said = green.refuse("put", "/config", json.dumps(AGAINST), "--dry-run",
                            code=3)
        assert TITLE in said and "/settings/http/server_version" in said, said
        # One that asks for it to be done is told the same.
        answer = green.ask("PUT", "/config?force", AGAINST)
        assert answer.code == 400 and answer.json["error"] == TITLE, answer
        assert green.current() == now
        # It is this node's: what it allows, and what others do.
        answer = dry(green, ALLOWED)
        assert answer.code == 200, answer
        assert answer.headers["x-checked"] == "document, policy"
        assert dry(red, AGAINST).code == 200
        # What comes of it counts, with overlays and variables.
        assert green.ask("PUT", "/mesh/overlays/all", {
            "merge": {"settings": {"http": {
                "server_version": False}}}}).code == 400
        answer = green.ask("PUT", "/mesh/overlays/all?dry-run", {
            "merge": {"settings": {"http": {
                "server_version": False}}}})
        assert answer.code == 400 and answer.json["error"] == TITLE, answer


def test_where_there_is_no_unit(folder, policy):
    class Nowhere:
        target = "none"

    with Node("red", folder, loopback(), unit=Nowhere, flags=policy) as red:
        red.ready()
        red.say("init")
        answer = dry(red, AGAINST)
        assert answer.code == 400 and answer.json["error"] == TITLE, answer
        assert dry(red, ALLOWED).headers["x-checked"] == "document, policy"


def test_who_may_not_write_has_nothing_to_try(folder, policy):
    at = loopback(), loopback()
    nodes = [Node("red", folder, at[0]),
             Node("green", folder, at[1], at[0], flags=policy)]
    with daemons(*nodes):
        _, green = begin(nodes, role="node")
        answer = dry(green, AGAINST)
        assert answer.code == 200, answer
        assert answer.headers["x-checked"] == "document"


@pytest.mark.parametrize("log", [False, True])
def test_a_unit_that_says_500_and_no_more(folder, log):
    file = folder / "unit.log"
    file.write_text("")
    with Standin(folder) as unit:
        red = Node("red", folder, loopback(), unit=unit, flags=[
            "--unit-log", str(file)] if log else [])
        with daemons(red):
            red.ready()
            red.say("init")
            unit.tell("fault refuse-listener=*:8080")
            answer = red.ask("PUT", "/config", config("x"))
            assert answer.code == 400, answer
            assert ("`--unit-log FILE`" in answer.json["detail"]) != log
