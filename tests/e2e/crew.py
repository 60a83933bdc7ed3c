# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh that is built and used by `unitmesh` commands alone."""

import json
import re

import rig
from daemon import Daemon
from rig import P2P_PORT, run

ROUTE = "routes/0/action/return"


def until(look, what, seconds=40):
    """As rig's, for commands on a machine that has other things to do."""
    return rig.until(look, what, seconds)


class Node(Daemon):
    """A daemon and the commands that ask it. `peer`: where another one is, or
    several; `unit`: its Unit, a Standin, else it has one embedded; `listen`:
    multiaddrs, in place of TCP at `bind`, and without `bind` none."""

    def __init__(self, name, folder, bind, peer=None, unit=None, flags=(),
                 listen=None, **more):
        peers = [peer] if isinstance(peer, str) else peer or ()
        own = ["--name", name]
        if listen is None and bind:
            listen = [f"/ip4/{bind}/tcp/{P2P_PORT}"]
        for at in listen or ():
            own += ["--listen", at]
        for p in peers:
            own += ["--peer", f"/ip4/{p}/tcp/{P2P_PORT}"]
        self.name_ = name
        self.standin = unit
        super().__init__(name, folder, bind=bind, article=False,
                         unit=unit.target if unit else "embedded",
                         flags=[*own, *flags], **more)

    def ready(self, timeout=40):
        return super().ready(timeout)

    def call(self, *args, **more):
        return run(*args, "--control", self.control, seconds=90, **more)

    def say(self, *args, code=0, **more):
        """What a command prints; what it does not is an error here."""
        done = self.call(*args, **more)
        assert done.returncode == code, (args, done)
        return done.stdout

    def refuse(self, *args, code=1):
        """The same of one that goes wrong: what it complains of."""
        done = self.call(*args)
        assert done.returncode == code and not done.stdout, (args, done)
        return done.stderr

    def lacks(self, *args):
        """What a command says that has nothing to show, and no mistake."""
        done = self.call(*args)
        assert done.returncode == 0 and not done.stdout, (args, done)
        return done.stderr

    def rows(self, *args):
        """A table without its titles: words that two spaces part."""
        lines = self.say(*args).splitlines()
        return [re.split(r"  +", line.strip()) for line in lines[1:]]

    def states(self):
        """What `nodes` says of each: its state and what it runs."""
        return {row[0]: (row[1], row[2]) for row in self.rows("nodes")}

    def current(self):
        return self.rows("log", "--limit", "1")[0][0]

    def holds(self):
        """The revision that is in force; None: the highest one is open."""
        return {r[1]: r[0] for r in self.rows("log")}.get("current")

    def revision(self, *args):
        """Makes a change; the revision that it became."""
        said = self.say(*args)
        return re.match(r"(r\d+\.[0-9a-f]{4,})  ", said)[1]

    def unit(self):
        """What its Unit runs, asked there."""
        return self.standin.config() if self.standin else json.loads(
            self.config())

    def answers(self, status, seconds=40):
        """Until its Unit's first route has this status."""
        until(lambda: [r["action"]["return"] for r in
                       self.unit()["routes"][:1]] == [status],
              f"the Unit of {self.name_} answers {status}", seconds)

    def ran(self, revision):
        """When its Unit began to run a revision; None: it never did."""
        with self.changed:
            for line, when in zip(self.lines, self.times):
                if f"Unit runs {revision}" in line:
                    return when
        return None

    def state_of(self, revision):
        """What `log` says that became of a revision."""
        return {r[0]: r[1] for r in self.rows("log")}.get(revision)

    def runs(self, what):
        """Until this node's own document says so."""
        until(lambda: self.call("get", ROUTE).stdout.strip() == what,
              f"{self.name_} has {what}")


def synced(*nodes, seconds=40):
    """Until each says of all of these that they run the same."""
    def same():
        seen = [n.states() for n in nodes]
        rows = [[s.get(m.name_, ("unknown", "")) for m in nodes] for s in seen]
        return all({state for state, _ in row} == {"synced"} and
                   len({runs for _, runs in row}) == 1 for row in rows)
    until(same, "all run the same", seconds)


def paths(asked):
    """What `peers` says of those that are connected: by which way."""
    return {row[1]: row[3] for row in asked.rows("peers")
            if row[2] == "connected"}


def meet(one, other, by):
    """Until both say that they are connected by this relay."""
    for a, b in ((one, other), (other, one)):
        until(lambda a=a, b=b: paths(a).get(b.name_) == f"via {by}",
              f"{a.name_} meets {b.name_} by {by}")


def change(writer, status, *nodes):
    writer.say("put", ROUTE, str(status))
    for n in nodes:
        n.answers(status)


def begin(nodes, role="writer"):
    """init, invite, join: as a shell does it."""
    first, *others = nodes
    for n in nodes:
        n.ready()
    first.say("init", "--name", "demo")
    for n in others:
        code = first.say("invite", "--role", role).strip()
        n.say("join", code)
    synced(*nodes)  # before that the first one has heard of too few
    first.say("put", "/config", json.dumps({
        "listeners": {"*:8080": {"pass": "routes"}},
        "routes": [{"action": {"return": 204}}]}))
    synced(*nodes)
    return nodes


def again(node, folder, peer, **more):
    """The same node, started once more."""
    return Node(node.name_, folder, node.bind, peer, **more)
