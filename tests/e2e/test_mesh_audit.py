# SPDX-License-Identifier: MIT OR Apache-2.0
"""The audit log of nodes: what was changed, by whom and from where; what was
tried; and that no secret is in it."""

import json
import os
import re
import stat

import pytest
from crew import Node, begin, synced, until
from daemon import Daemon
from rig import daemons, loopback
from test_page import Session, link, log_in

SECRET = "correct-horse-battery"


@pytest.fixture
def pair(folder):
    at = loopback(), loopback()
    nodes = [Node("red", folder, at[0]), Node("green", folder, at[1], at[0])]
    with daemons(*nodes):
        yield begin(nodes)


def entries(node, *words):
    return json.loads(node.say("audit", "-o", "json", *words))["entries"]


def those(node, **what):
    return [e for e in entries(node) if what.items() <= e.items()]


def test_a_change_is_noted_on_all(pair):
    red, green = pair
    red.say("put", "/config/settings", '{"http": {}}', "-m", "why so")
    synced(*pair)
    me = red.get("/mesh/id")["id"]
    asked, = those(red, action="PUT /config/settings")
    assert asked["via"] == "socket" and asked["uid"] == os.geteuid() and \
        asked["pid"] > 1 and asked["outcome"] == "accepted"
    signed = those(red, action="revision", about=asked["about"])
    assert [(e["via"], e["signer"], e["name"], e["message"], e["policy"])
            for e in signed] == [("here", me, "red", "why so", "immediate")]
    there = until(lambda: those(green, action="revision",
                                about=asked["about"]), "green noted it")
    assert [(e["via"], e["peer"], e["signer"], e["message"])
            for e in there] == [("node", me, me, "why so")]
    assert not those(green, action="PUT /config/settings")


def test_the_roster_is_noted(pair):
    red, green = pair
    me, it = (n.get("/mesh/id")["id"] for n in pair)
    red.say("members", "label", "green", "rack=7")
    label = until(lambda: those(green, action="set", about=f"{it} rack"),
                  "the label")
    # The owner's key is one of its own.
    assert [(e["via"], e["peer"]) for e in label] == [("node", me)]
    assert label[0]["signer"].startswith("12D3Koo") and \
        label[0]["signer"] not in (me, it)
    red.say("members", "role", "green", "node")
    until(lambda: [e for e in those(green, action="revoke")
                   if e["about"].startswith(it + " ")], "the role")


def test_what_is_refused_is_noted(pair):
    red, _ = pair
    answer = red.fetch(f"http://{red.bind}:4902/config",
                       headers=["Authorization: Bearer " + "0" * 64])
    assert answer.code == 401
    wrong, = those(red, status=401)
    assert wrong["via"] == "tcp" and wrong["outcome"] == "refused" and \
        re.match(r"127\.|::1", wrong["addr"]) and "token" in wrong["reason"]
    assert red.ask("PUT", "/config", {"colour": {}}).code == 400
    bad, = those(red, status=400)
    assert bad["reason"] == "Invalid configuration."
    before = entries(red)
    assert red.ask("GET", "/config").code == 200
    assert red.ask("PUT", "/config/settings?dry-run", {}).code == 200
    assert entries(red) == before


def test_a_get_that_acts_is_noted(pair):
    red, _ = pair
    path = "/control/applications/none/restart"
    assert red.ask("HEAD", path).code == 405
    before = entries(red)
    answer = red.ask("GET", path)
    noted, = entries(red)[len(before):]
    assert (noted["action"], noted["via"], noted["status"]) == \
        (f"GET {path}", "socket", answer.code)


def test_the_article_knows_no_dry_run(folder):
    with Daemon("a", folder, bind=loopback()) as a:
        a.ready()
        answer = a.ask("POST", "/config?dry-run")
        assert answer.text == "Published config event to all other nodes"
        noted = [e for e in a.get("/mesh/audit")["entries"]
                 if e["action"] == "POST /config"]
        assert [(e["outcome"], e["status"]) for e in noted] == [
            ("accepted", 200)]


def test_the_page_is_told_apart(pair):
    red, _ = pair
    admin = Session(red, login=link(red))
    assert admin.ask("PUT", "/config/settings", {"http": {}}).code == 200
    reader = Session(red, login=link(red, read_only=True))
    assert reader.ask("PUT", "/config/settings", {}).code == 403
    assert [(e["via"], e["status"]) for e in
            those(red, action="PUT /config/settings")] == [
                ("page", 200), ("page", 403)]
    assert len(those(red, action="POST /mesh/session", status=200)) == 2
    assert log_in(red, login="0" * 32).code == 401
    assert those(red, action="POST /mesh/session", outcome="refused")
    text = (red.state / "audit.log").read_text()
    for session in (admin, reader):
        assert session.told["csrf"] not in text
        assert session.cookie.split("=")[1] not in text


def test_no_secret_is_in_it(pair):
    red, green = pair
    red.say("var", "set", "password", SECRET, "--secret", "-m", "renewed")
    code = red.say("invite").split()[0]
    red.ask("PUT", f"/config/settings?x={SECRET}", {SECRET: SECRET})
    synced(*pair)
    token = (red.state / "rest.token").read_text().strip()
    for node in pair:
        text = (node.state / "audit.log").read_text()
        assert "revision" in text and SECRET not in text
        assert token not in text and code not in text


def test_the_file_and_the_command(pair):
    red, _ = pair
    red.say("put", "/config/settings", '{"http": {}}')
    path = red.state / "audit.log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    lines = [json.loads(x) for x in path.read_text().splitlines()]
    assert lines == entries(red)
    assert [e["number"] for e in lines] == sorted(
        {e["number"] for e in lines})
    assert entries(red, "--since", str(lines[-2]["number"])) == lines[-1:]
    assert entries(red, "--limit", "2") == lines[-2:]
    assert entries(red, "--last", "1h") == lines
    shown = red.say("audit")
    assert re.search(r"^TIME +WHO +VIA +ACTION +ABOUT +OUTCOME +MESSAGE$",
                     shown, re.M)
    assert re.search(r"socket +PUT /config/settings +r\d+\.\w+ +accepted",
                     shown)
    assert "must be" in red.refuse("audit", "--last", "soon", code=2)
