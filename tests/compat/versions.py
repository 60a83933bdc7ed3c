# SPDX-License-Identifier: MIT OR Apache-2.0
"""Daemons of two versions, asked over REST alone: what commands print may be
another thing in each."""

import json

from daemon import UNITMESH, Daemon
from rig import P2P_PORT, code, join, loopback, until

SECONDS = 60
ROUTE = "/config/routes/0/action/return"
FIRST = {"listeners": {"*:8080": {"pass": "routes"}},
         "routes": [{"action": {"return": 204}}]}


class Node(Daemon):
    """A daemon of a version. `at`: its address; `peers`: those of others;
    `unit`: its Standin, else one is embedded."""

    def __init__(self, name, folder, at, peers=(), program=UNITMESH,
                 unit=None):
        self.program = program
        self.standin = unit
        self.again = (name, folder, at, peers)
        flags = ["--name", name, "--listen", f"/ip4/{at}/tcp/{P2P_PORT}"]
        for p in peers:
            flags += ["--peer", f"/ip4/{p}/tcp/{P2P_PORT}"]
        super().__init__(name, folder, bind=at, article=False, flags=flags,
                         unit=unit.target if unit else "embedded",
                         env={"UNITMESH_TEST_SPEED": "5"})

    def once_more(self, program=None):
        """The same node, started once more, by another version or the same."""
        return Node(*self.again, program=program or self.program,
                    unit=self.standin)

    def ready(self, timeout=40):
        return super().ready(timeout)

    def do(self, method, target, body=None, status=200):
        """What a request is answered, which has this status."""
        answer = self.ask(method, target, body, seconds=90)
        assert answer.code == status, (method, target, answer)
        return answer.json

    def put(self, value, target=ROUTE, query=""):
        """Changes something; the revision that came of it."""
        self.do("PUT", target + query, value)
        return self.revisions()[0]

    def revisions(self):
        return self.do("GET", "/mesh/revisions")["revisions"]

    def ids(self):
        return {r["id"] for r in self.revisions()}

    def current(self):
        return self.do("GET", "/mesh/status")["mesh"]["current"]

    def nodes(self):
        return {n["name"]: n for n in self.do("GET", "/mesh/nodes")["nodes"]}

    def runs(self):
        """What its Unit runs, asked there."""
        return self.standin.config() if self.standin else json.loads(
            self.config())

    def answers(self, status):
        until(lambda: [r["action"]["return"] for r in
                       self.runs().get("routes", [])[:1]] == [status],
              f"the Unit of {self.name} answers {status}", SECONDS)


def in_step(*nodes):
    """Until all say of all that they run the same, and have the same."""
    def same():
        said = [[m.get("state") for m in n.nodes().values()] +
                [m.get("runs") for m in n.nodes().values()] for n in nodes]
        return all(s[:len(s) // 2] == ["synced"] * len(nodes) and
                   len(set(s[len(s) // 2:])) == 1 for s in said) and \
            len({frozenset(n.ids()) for n in nodes}) == 1
    until(same, "all are in step", SECONDS)


def begin(first, *others, role="writer"):
    """A mesh that the first begins and into which the others come."""
    for n in (first, *others):
        n.ready()
    first.do("POST", "/mesh/init", {"name": "demo"})
    for n in others:
        join(n, code(first, role=role))
    in_step(first, *others)
    first.put(FIRST, "/config")
    in_step(first, *others)


def pair(folder, first, second):
    """A node of each of two programs, which know where the other is."""
    a, b = loopback(), loopback()
    return (Node("first", folder, a, [b], program=first),
            Node("second", folder, b, [a], program=second))
