# SPDX-License-Identifier: MIT OR Apache-2.0
"""A line on a terminal that says whom a command waits for; none on a pipe."""

import re
import subprocess

import pytest
from crew import ROUTE, Node, begin, until
from rig import Standin, daemons, loopback
from terminal import Terminal


@pytest.fixture
def pair(folder):
    """`two` has a Unit that can be made to hang."""
    at = loopback(), loopback()
    with Standin(folder) as unit:
        nodes = [Node("one", folder, at[0], at[1]),
                 Node("two", folder, at[1], at[0], unit=unit)]
        with daemons(*nodes):
            begin(nodes)
            yield (*nodes, unit)


def test_who_is_waited_for(pair):
    one, two, unit = pair
    unit.tell("fault mute")
    with Terminal("put", ROUTE, "418", "--wait", "--timeout", "60s", "-y",
                  "--control", one.control) as t:
        t.wait(r"\rWaiting for two \(\w+\), since [1-9]s\x1b\[K")
        unit.tell("fault none")
        assert t.end(60) == 0, t.all
        # The line is gone before anything else is said.
        assert re.search(r"\r\x1b\[Kr\d+\.\w+  Reconfig", t.all), t.all
    unit.tell("fault mute")
    done = one.call("put", ROUTE, "419", "--wait", "--timeout", "3s")
    assert "Waiting" not in done.stderr + done.stdout
    for more in ({"stderr": subprocess.DEVNULL}, {"env": {"TERM": "dumb"}}):
        with Terminal("put", ROUTE, "420", "--wait", "--timeout", "3s", "-y",
                      "--control", one.control, **more) as t:
            t.end(60)
            assert "Waiting" not in t.all and "\x1b" not in t.all
    unit.tell("fault none")


def test_joining_says_that_it_waits(folder):
    at = loopback(), loopback()
    with Node("one", folder, at[0]) as one, Node("two", folder, at[1]) as two:
        one.ready()
        two.ready()
        one.say("init")
        code = one.say("invite").strip()
        one.stop()
        with Terminal("join", code, "--control", two.control) as t:
            t.wait(r"\rWaiting for a node of the mesh, since [1-9]s\x1b\[K", 60)
            t.type("\x03")
            t.end()


def test_an_import_that_is_short_says_nothing_of_it(pair, folder):
    one, *_ = pair
    until(lambda: one.call("export", folder / "all").returncode == 0, "export")
    with Terminal("import", folder / "all", "-y", "--control",
                  one.control) as t:
        assert t.end() == 0 and "%" not in t.all
