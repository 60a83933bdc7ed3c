#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: mesh.py [--keep] [--loopback]

A mesh of three nodes, each beside a Unit: one begins it, the others join with
a code. A change that is made through any of them runs on all; one that a Unit
refuses never leaves the node that was asked. One node dies and comes back; then
two of three are left, one of them dies, the other goes on, and both agree when
it returns. Each node has a network namespace of its own on one bridge; where
those are not allowed, they have loopback addresses.
Exit code: 0, or 1 if anything of that did not happen.
"""

import json
import subprocess
import sys
import time

from hosts import (NAMES, WAIT, config, find_each_other, hello, keep, row,
                   show, start, step, tell)
from daemon import UNITMESH
from peer import PeerError


class Mesh:
    """The nodes, and the commands that people type beside them."""

    def __init__(self, stack, hosts):
        self.stack, self.hosts, self.nodes = stack, hosts, {}

    def ask(self, name, *words, stdin=None, quiet=False):
        """Runs `unitmesh WORDS` beside a node; its output."""
        done = subprocess.run(
            [UNITMESH, *words, "--control", self.nodes[name].control],
            input=stdin, capture_output=True, text=True, timeout=60,
            check=False)
        if not quiet:
            said = (w if len(w) < 60 else w[:16] + "…" for w in words)
            print(f"  {name}$ unitmesh {' '.join(said)}", flush=True)
        if done.returncode != 0:
            raise PeerError(f"unitmesh {' '.join(words)} on {name}: exit code "
                            f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def kill(self, name):
        self.nodes[name].kill()
        row(name, "its daemon is killed (kill -9)")

    def again(self, name):
        """A daemon that died is started once more on what it left."""
        self.nodes[name] = self.hosts.node(
            self.stack, name, False,
            [n for n in NAMES if n != name]).ready()
        row(name, "is started again")

    def states(self, name):
        """What a node says that all run: {name: (state, revision)}."""
        nodes = json.loads(self.ask(name, "nodes", "-o", "json", quiet=True))
        return {n["name"]: (n["state"], n.get("runs"))
                for n in nodes["nodes"]}

    def agree(self, names, seconds=WAIT):
        """Waits until each of them says that all of them run the same; how
        long it took, in ms."""
        began = time.monotonic()
        while True:
            seen = [self.states(n) for n in names]
            runs = {s.get(n) for s in seen for n in names}
            if len(runs) == 1 and None not in runs and \
                    runs.pop()[0] == "synced":
                return 1000 * (time.monotonic() - began)
            if time.monotonic() - began > seconds:
                raise PeerError(f"they do not agree in {seconds} s: {seen}")
            time.sleep(0.02)


def begin(mesh):
    step("one begins a mesh, with what its Unit runs, and invites; the others "
         "join")
    mesh.ask("red", "init", "--name", "demo")
    code = mesh.ask("red", "invite", "--uses", "2", "--role",
                    "writer").strip()
    print(f"  {code}")
    for name in NAMES[1:]:
        mesh.ask(name, "join", code)
    row(f"all three run the same {mesh.agree(NAMES):.0f} ms later")


def put(mesh, name, greeting, names=NAMES):
    """Changes the configuration at one node, and waits for all that live."""
    began = time.monotonic()
    text = json.dumps(config(greeting))
    mesh.ask(name, "put", "/config", "-f", "-", stdin=text)
    mesh.agree(names)
    row(f"all run it {1000 * (time.monotonic() - began):.0f} ms after the "
        "command began")


def refused(mesh, name):
    step("a configuration that no Unit would take is refused, in Unit's words, "
         "and nobody hears of it")
    try:
        mesh.ask(name, "put", "/config/routes/0/action/return", "1000")
    except PeerError as err:
        print("  " + str(err).splitlines()[-1])
        return 0
    row("FAILED", "it was taken")
    return 1


def one_dies(mesh):
    step("blue dies; a change is made; blue comes back")
    mesh.kill("blue")
    put(mesh, "green", "without blue", NAMES[:2])
    mesh.again("blue")
    row(f"blue runs what it missed {mesh.agree(NAMES):.0f} ms after it was "
        "ready")


def two_nodes(mesh):
    step("two nodes are the commonest mesh: blue leaves for good, green dies, "
         "and red goes on alone")
    mesh.ask("red", "members", "rm", "blue")
    mesh.kill("blue")
    mesh.kill("green")
    text = json.dumps(config("red alone"))
    mesh.ask("red", "put", "/config", "-f", "-", stdin=text)
    mesh.kill("red")
    mesh.again("red")
    mesh.ask("red", "put", "/config/routes/0/action/return", "201")
    bad = hello(mesh.hosts, "red", "green") is not None  # 201 is not 200
    row("red", "changed twice, and was restarted in between")
    mesh.again("green")
    row(f"both run the same {mesh.agree(NAMES[:2]):.0f} ms after green was "
        "ready")
    mesh.ask("green", "put", "/config/routes/0/action/return", "200")
    mesh.agree(NAMES[:2])
    return bad


def to_try(mesh):
    lines = [f"{UNITMESH} {words} --control {mesh.nodes['red'].control}"
             for words in ("nodes", "log", "members", "get /config",
                           "put /config/routes/0/action/return 418",
                           "rollback")]
    blue = mesh.hosts.ip("blue")
    return lines + [f"{mesh.hosts.how('blue')}curl -i http://{blue}:8080/hello"]


def run(stack, hosts, keeps):
    began = time.monotonic()
    mesh = Mesh(stack, hosts)
    mesh.nodes = start(stack, hosts, article=False)
    find_each_other(hosts, mesh.nodes, began)
    begin(mesh)
    step("a new route, through any node, with Unit's own paths")
    put(mesh, "green", "hello mesh")
    bad = show(hosts, "hello mesh")
    bad += refused(mesh, "blue")
    if keeps and bad == 0:
        keep(to_try(mesh))
    one_dies(mesh)
    bad += show(hosts, "without blue")
    bad += two_nodes(mesh)
    bad += show(hosts, "red alone", NAMES[:2])
    print(mesh.ask("red", "log"), end="")
    step("all of it happened; cleaning up" if bad == 0 else
         "something did not happen; cleaning up")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(tell(run, __doc__.split("\n\n")[1]))
