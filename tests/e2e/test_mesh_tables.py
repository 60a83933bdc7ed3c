# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tables on terminals: colours, and columns that fit; piped, all of them."""

import json
import re
import unicodedata

import pytest
from crew import ROUTE, Node
from rig import loopback
from terminal import Terminal

LONG = "a message that is longer than a terminal is wide, " * 3
WIDE = "世界" * 30


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with Node("one", tmp_path_factory.mktemp("t"), loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        node.say("put", "/config", '{"listeners": {}, "routes": [{"action": '
                 '{"return": 200}}]}')
        node.say("put", ROUTE, "201", "-m", LONG.strip())
        node.say("put", ROUTE, "202", "-m", WIDE)
        yield node


def on_terminal(node, *words, env=None, columns=80):
    with Terminal(*words, "--control", node.control, columns=columns,
                  env={"COLUMNS": "", "NO_COLOR": "", **(env or {})}) as t:
        assert t.end() == 0
        return t


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


def test_colours_on_a_terminal_alone(one):
    shown = on_terminal(one, "log").all
    assert "\x1b[32mcurrent\x1b[m" in shown
    assert shown.startswith("\x1b[1mREVISION\x1b[m")
    assert "\x1b[32msynced\x1b[m" in on_terminal(one, "nodes").all
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
        assert "\x1b" not in on_terminal(one, "log", env=env).all
    assert "\x1b" not in one.say("log") + one.say("nodes")
    diff = on_terminal(one, "diff", "r2", "r3").all
    assert "\x1b[33m~ /base/routes/0/action/return: 200 -> 201\x1b[m" in diff


@pytest.mark.parametrize("columns", (60, 80, 100, 133))
def test_rows_fit(one, columns):
    for words in (("log",), ("members",), ("nodes",), ("blame", "/routes"),
                  ("peers",)):
        lines = on_terminal(one, *words, columns=columns).plain.splitlines()
        assert max(map(width, lines)) <= columns, (words, lines)
    rows = on_terminal(one, "log", columns=columns).plain.splitlines()
    assert rows[1].endswith("…") and rows[2].endswith("…")
    assert columns - 1 <= width(rows[1]) and width(rows[2]) == columns
    # What is not flexible is whole, as it fits.
    assert re.match(r"r4\.[0-9a-f]{4} +current +\d+s ", rows[1])


def test_columns_may_be_said(one):
    said = on_terminal(one, "log", env={"COLUMNS": "70"}).plain
    assert max(map(width, said.splitlines())) == 70
    said = on_terminal(one, "log", env={"COLUMNS": "0"}).plain
    assert max(map(width, said.splitlines())) == 80


def test_a_pipe_has_all_of_it(one):
    rows = one.rows("log")
    assert rows[0][4] == WIDE and rows[1][4] == LONG.strip()
    assert "…" not in one.say("log") + one.say("members")


def test_what_is_empty_is_said(one):
    """In words, beside standard output, where a table would begin; a program
    gets the same JSON as ever."""
    for words, said in (
            (("conflicts",), "No conflicts."),
            (("rollout",), "No revision is on trial or under way."),
            (("members", "pending"), "Nobody asks to be let in."),
            (("invites",), "No codes are out."),
            (("settings",), "No setting was set."), (("peers",), "No peers."),
            (("webhook",), "No webhooks."), (("overlay",), "No overlays."),
            (("var",), "No variables."), (("cert",), "No certificates."),
            (("script",), "No scripts."), (("probe",), "No probes."),
            (("log", "routes/7"), "No revisions."),
            (("audit", "--since", "9" * 15), "Nothing was noted.")):
        assert one.lacks(*words) == f"{said}\n", words
    assert json.loads(one.say("conflicts", "-o", "json")) == {
        "conflicts": [], "unlisted": 0}
    assert "no revision is on trial" in one.refuse("rollout", "-o", "json")


def test_on_a_terminal_too(one):
    assert on_terminal(one, "conflicts").all == "No conflicts.\n"
    with Terminal("conflicts", "--watch", "--control", one.control) as t:
        t.wait(r"unitmesh conflicts\x1b\[K\n\x1b\[K\nNo conflicts\.\x1b\[K\n")


def test_wide_characters_stay_in_their_columns(one):
    one.say("members", "label", "one", "team=世界")
    lines = one.say("members").splitlines()
    assert "team=世界  " in "".join(lines)
    at = lines[0].index("ID")
    for line in lines[1:]:
        assert width(line[:line.index("12D3")]) == at
