# SPDX-License-Identifier: MIT OR Apache-2.0
"""--watch: a terminal is drawn anew, a pipe gets what is new."""

import json
import re
import select
import subprocess
import time

import pytest
from crew import ROUTE, Node, again
from daemon import UNITMESH
from rig import loopback
from terminal import Terminal

# In s; a look that waits for no event comes after two.
EVENT = 1.5


@pytest.fixture
def one(folder):
    with Node("one", folder, loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        node.say("put", "/config", '{"listeners": {}, "routes": [{"action": '
                 '{"return": 200}}]}')
        yield node


class Pipe:
    """What a command writes on a pipe, as it comes."""

    def __init__(self, node, *words):
        self.proc = subprocess.Popen(
            [UNITMESH, *words, "--watch", "--control", str(node.control)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.proc.kill()
        self.proc.communicate()

    def next(self, seconds):
        """All that comes within that time."""
        deadline, text = time.monotonic() + seconds, b""
        while time.monotonic() < deadline:
            if select.select([self.proc.stdout], [], [],
                             max(deadline - time.monotonic(), 0))[0]:
                part = self.proc.stdout.read1()
                if not part:
                    break
                text += part
        return text.decode()

    def wait(self, pattern, seconds=30):
        deadline, text = time.monotonic() + seconds, ""
        while not re.search(pattern, text):
            assert time.monotonic() < deadline, (pattern, text)
            text += self.next(0.1)
        return text


def test_a_pipe_gets_what_is_new(one):
    with Pipe(one, "log") as p:
        p.wait(r"r2\.\w+ +current")
        # Ages grow, which is no news: two looks and more say nothing.
        assert p.next(5) == ""
        began = time.monotonic()
        made = one.revision("put", ROUTE, "201")
        said = p.wait(rf"{made} +current.*\n(.*\n)*r1\.")
        assert said.startswith("\nREVISION") and "\x1b" not in said
        assert time.monotonic() - began < EVENT + 2
    with Pipe(one, "nodes", "-o", "json") as p:
        first = json.loads(p.wait(r"\n"))
        assert p.next(5) == ""
        one.say("put", ROUTE, "202")
        said = p.wait(r"\n")
        assert json.loads(said.splitlines()[-1])["nodes"][0]["runs"] != \
            first["nodes"][0]["runs"]


def test_a_terminal_is_drawn_anew(one):
    with Terminal("log", "--watch", "--control", one.control) as t:
        t.wait(r"\x1b\[H\x1b\[2J\x1b\[")
        t.wait(r"\d\d:\d\d:\d\d  unitmesh log\x1b\[K\n")
        t.wait(r"r2\.\w+ +current")
        t.wait(r"\x1b\[J")
        began = time.monotonic()
        made = one.revision("put", ROUTE, "201")
        t.wait(rf"{made} +current")
        assert time.monotonic() - began < EVENT + 2
        t.wait(r"\x1b\[H")  # and again, although nothing happens
        t.wait(r"\x1b\[H", 5)
        t.type("\x03")
        assert t.end() == -2  # SIGINT


def test_events_are_waited_for_and_not_polled(one):
    """A change is seen long before the next look would be due: several in a
    row, each at once."""
    with Pipe(one, "log") as p:
        p.wait(r"current")
        waits = []
        for status in range(210, 218):
            began = time.monotonic()
            one.say("put", ROUTE, str(status))
            p.wait(r"REVISION(.|\n)*r1\.")
            waits.append(time.monotonic() - began)
        assert sorted(waits)[4] < EVENT, waits


def test_a_daemon_that_is_away(one, folder):
    with Terminal("status", "--watch", "--control", one.control) as t, \
            Pipe(one, "status") as p:
        t.wait(r"mode +mesh")
        p.wait(r"mode +mesh")
        one.stop()
        t.wait(r"no daemon answers at")
        assert p.proc.wait(20) == 1
        assert b"no daemon answers" in p.proc.stderr.read()
        with again(one, folder, None) as back:
            back.ready()
            t.wait(r"mode +mesh")


def test_which_commands_watch(one):
    for words in (("nodes",), ("status",), ("peers",), ("conflicts",),
                  ("members", "pending")):
        with Pipe(one, *words) as p:
            p.wait(r"\n")
    assert "no such flag" in one.refuse("put", "x", "1", "--watch", code=2)
    with Pipe(one, "rollout") as p:
        p.wait(r"No revision is on trial or under way\.\n")
    with Pipe(one, "rollout", "-o", "json") as p:
        assert p.proc.wait(20) == 1
