# SPDX-License-Identifier: MIT OR Apache-2.0
"""Changes that wait for this node's Unit: one after the other is tried on it,
in the order in which they came, and each has its own answer."""

import contextlib
import json
import socket
from concurrent import futures

import pytest
from crew import Node, begin, until
from rig import Standin, loopback

PORTS = range(8100, 8124)
REFUSED = 8103, 8112


@contextlib.contextmanager
def mesh(folder, *names):
    """Nodes; the Unit of the first one tells what it is asked."""
    at = [loopback() for _ in names]
    with contextlib.ExitStack() as stack:
        unit = stack.enter_context(Standin(folder, "--tell"))
        nodes = [stack.enter_context(Node(
            n, folder, at[i], [a for a in at if a != at[i]],
            unit=unit if i == 0 else None)) for i, n in enumerate(names)]
        begin(nodes)
        nodes[0].say("put", "/config", '{"listeners": {}, "routes": ['
                     '{"action": {"return": 200}}]}', "--force")
        yield nodes


@pytest.fixture
def red(folder):
    """A mesh of one."""
    with mesh(folder, "red") as (node,):
        yield node


class Request:
    """One that was sent, and is not read yet."""

    def __init__(self, node, method, path, body, headers=()):
        raw = json.dumps(body).encode() if body is not None else b""
        head = "".join(f"{k}: {v}\r\n" for k, v in dict(headers).items())
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(40)
        self.sock.connect(str(node.control))
        self.sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: unit\r\n"
                          f"Connection: close\r\n{head}Content-Length: "
                          f"{len(raw)}\r\n\r\n".encode() + raw)

    def answer(self):
        """(status, headers, JSON)"""
        with self.sock:
            text = b""
            while more := self.sock.recv(65536):
                text += more
        head, _, body = text.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        return int(lines[0].split()[1]), {
            k.lower(): v for k, _, v in
            (line.partition(": ") for line in lines[1:])}, json.loads(body)


def listener(port):
    return f"/config/listeners/*:{port}", {"pass": "routes"}


def puts(unit):
    """How often it was given a configuration."""
    with unit.changed:
        return sum('"asked"' in line and '"/config"' in line and
                   '"PUT"' in line for line in unit.lines)


def history(node):
    return node.get("/mesh/revisions?limit=1000")["revisions"]


def slow(node, ms):
    node.standin.tell(f"fault apply-delay={ms}")


def number(headers):
    return int(headers["x-revision"].split(".")[0][1:])


def test_each_has_its_own_answer(red):
    """What Unit refuses takes nothing else with it, and nothing of it becomes a
    revision; what it takes was tried, and is not given to it again."""
    for port in REFUSED:
        red.standin.tell(f"fault refuse-listener=*:{port}")
    before, seen = len(history(red)), puts(red.standin)
    with futures.ThreadPoolExecutor(len(PORTS)) as pool:
        said = dict(zip(PORTS, pool.map(
            lambda p: red.ask("PUT", *listener(p)), PORTS)))
    for port, answer in said.items():
        assert answer.code == (400 if port in REFUSED else 200), (port, answer)
        if port in REFUSED:
            assert answer.json["error"] == \
                "This node's Unit refuses the configuration.", answer
        else:
            assert answer.headers["x-checked"] == "document, unit"
    want = {f"*:{p}" for p in PORTS if p not in REFUSED}
    assert set(red.unit()["listeners"]) == want
    assert set(red.get("/config/listeners")) == want
    assert len(history(red)) == before + len(want)
    # It fails at those, and is asked four times.
    assert puts(red.standin) == seen + len(PORTS) + 3 * len(REFUSED)
    red.say("put", "routes/0/action/return", "201")
    red.answers(201)


def test_first_come_first_served(red):
    """Also of those who asked for one revision: the first of them gets it. What
    does not fit to what came before is refused for that."""
    red.say("put", "/config/applications", json.dumps({
        "a": {"type": "external", "executable": "/bin/true"}}))
    tag = {"If-Match": red.ask("GET", "/config").headers["etag"]}
    slow(red, 150)
    all_ = [Request(red, "PUT", *listener(8101), tag),
            Request(red, "PUT", *listener(8102), tag),
            *(Request(red, "PUT", *listener(p)) for p in range(8103, 8108)),
            Request(red, "DELETE", "/config/applications/a?force", None),
            Request(red, "PUT", "/config/listeners/*:8108",
                    {"pass": "applications/a"}),
            Request(red, "PUT", *listener(8109))]
    said = [r.answer() for r in all_]
    assert [s[0] for s in said] == [200, 412, *6 * [200], 400, 200], said
    assert '"applications/a"' in said[8][2]["detail"], said[8]
    made = [number(s[1]) for s in said if s[0] == 200]
    assert made == list(range(made[0], made[0] + 8))


def test_one_key_while_it_waits(red):
    """The same request once more is told that it is under way; afterwards it
    has the answer, and is not done twice."""
    slow(red, 300)
    key = {"Idempotency-Key": "k-1"}
    before = len(history(red))
    first = Request(red, "PUT", *listener(8101))
    waits = Request(red, "PUT", *listener(8102), key)
    again = Request(red, "PUT", *listener(8102), key)
    assert again.answer()[0] == 409
    assert first.answer()[0] == 200
    status, headers, _ = waits.answer()
    assert status == 200
    once_more = Request(red, "PUT", *listener(8102), key).answer()
    assert once_more[0] == 200
    assert once_more[1]["x-revision"] == headers["x-revision"]
    assert len(history(red)) == before + 2


def test_who_goes_away_while_he_waits(red):
    """The others go on."""
    slow(red, 150)
    all_ = [Request(red, "PUT", *listener(p)) for p in range(8101, 8107)]
    for gone in all_[1::2]:
        gone.sock.close()
    assert [r.answer()[0] for r in all_[::2]] == [200] * 3
    slow(red, 0)
    red.say("put", "routes/0/action/return", "201")
    red.answers(201)


def test_a_unit_that_goes_while_they_wait(red):
    """Nobody waits for one that is absent, and when it is there again it is
    given what is in force."""
    slow(red, 300)
    all_ = [Request(red, "PUT", *listener(p)) for p in range(8101, 8105)]
    until(lambda: puts(red.standin) > 1, "the first is tried")
    red.standin.tell("restart empty")
    assert [r.answer()[0] for r in all_] == [200] * 4
    slow(red, 0)
    until(lambda: set(red.unit()["listeners"]) == {
        f"*:{p}" for p in range(8101, 8105)}, "it runs what is in force")


def test_what_others_made_comes_first(folder):
    """A change waits until this node's Unit has what is on its way to it."""
    with mesh(folder, "red", "green") as (red, green):
        slow(red, 1000)
        seen = puts(red.standin)
        made = green.ask("PUT", *listener(8101)).headers["x-revision"]
        until(lambda: red.current() == made and puts(red.standin) > seen,
              "it is being given what green made")
        said = red.ask("PUT", *listener(8102))
        assert said.code == 200
        assert said.headers["x-checked"] == "document, unit"
        assert number(said.headers) == number({"x-revision": made}) + 1
        assert set(red.unit()["listeners"]) == {"*:8101", "*:8102"}


def test_what_others_made_during_a_trial(folder):
    """It is made anew from that and tried anew, once what ran before is
    back."""
    with mesh(folder, "red", "green") as (red, green):
        slow(red, 700)
        seen = puts(red.standin)
        waits = Request(red, "PUT", *listener(8102))
        until(lambda: puts(red.standin) > seen, "it is tried")
        made = green.ask("PUT", *listener(8101)).headers["x-revision"]
        status, headers, _ = waits.answer()
        assert status == 200
        assert headers["x-checked"] == "document, unit"
        assert number(headers) == number({"x-revision": made}) + 1
        assert set(red.unit()["listeners"]) == {"*:8101", "*:8102"}
