#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: wan.py [--keep]

A mesh of three sites behind NATs and two public nodes, on one machine. The
sites meet at a public node, which the mesh lets be a relay; two of them find a
way through their NATs and need it no more. A change reaches all. The relay
dies, and the third site, whose NAT lets nobody through, meets the others at the
other public node. What changed meanwhile reaches the dead one when it is back.
It needs root, namespaces and nft.
Exit code: 0, or 1 if anything of that did not happen.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time

from hosts import ROOT, row, step

for folder in ("tests/e2e", "tests/wan"):
    sys.path.insert(0, str(ROOT / folder))

# pylint: disable=wrong-import-position
import lab as lab_                                      # noqa: E402
from crew import Node, paths                            # noqa: E402
from rig import config, until                           # noqa: E402

P2P_PORT = 4901
WAIT = 60
SITES = {"red": "port-restricted", "green": "port-restricted",
         "blue": "symmetric"}
RELAYS = ("north", "south")


class Wan:
    """The hosts, and the nodes on them."""

    def __init__(self, stack, lab, folder):
        self.stack, self.folder = stack, folder
        self.hosts = {name: lab.host(name) for name in RELAYS}
        self.sites = {name: lab.site(name, nat=kind)
                      for name, kind in SITES.items()}
        self.hosts |= {name: site.host() for name, site in self.sites.items()}
        self.nodes = {}

    def start(self, name, peers=()):
        host = self.hosts[name]
        self.nodes[name] = self.stack.enter_context(Node(
            name, self.folder, None, [self.hosts[p].ip for p in peers],
            netns=host.ns, flags=["--no-mdns"])).ready()

    def ask(self, name, *words, **more):
        """Runs `unitmesh WORDS` beside a node; what it prints."""
        said = (w if len(w) < 60 else w[:16] + "…" for w in words)
        print(f"  {name}$ unitmesh {' '.join(said)}", flush=True)
        return self.nodes[name].say(*words, **more)

    def way(self, one, other):
        """By which way a node has another one; None: by none."""
        return paths(self.nodes[one]).get(other)

    def agree(self, names):
        """Until each of them says that all of them run the same."""
        def same():
            seen = [self.nodes[n].states() for n in names]
            return len({s.get(n) for s in seen for n in names}) == 1 and \
                seen[0].get(names[0], [""])[0] == "synced"
        until(same, f"{', '.join(names)} run the same", WAIT)

    def change(self, name, greeting, names):
        began = time.monotonic()
        self.ask(name, "put", "/config", "-f", "-",
                 input=json.dumps(config(greeting)))
        self.agree(names)
        row(f"{', '.join(names)} run it {1000 * (time.monotonic() - began):.0f}"
            " ms after the command began")

    def show(self, name):
        print(self.ask(name, "peers"), end="")


def begin(wan):
    step("two public nodes, and three sites behind NATs")
    for name in RELAYS:
        wan.start(name, [n for n in RELAYS if n in wan.nodes])
        row(name, wan.hosts[name].ip, "public")
    for name, kind in SITES.items():
        wan.start(name)
        row(name, wan.hosts[name].ip,
            f"behind {wan.hosts[name].public_ip}, a NAT that is {kind}")
    step("north begins a mesh, whose members may be relays; the others join "
         "with a code, which says where north is")
    wan.ask("north", "init", "--name", "wan")
    wan.ask("north", "settings", "set", "relay", "members")
    code = wan.ask("north", "invite", "--uses", "4", "--role",
                   "writer").strip()
    for name in ("south", *SITES):
        wan.ask(name, "join", code)
    wan.agree([*RELAYS, *SITES])
    row("all run the same")


def meet(wan):
    step("red and green find a way through their NATs; to blue there is none")
    began = time.monotonic()
    for one, other in (("red", "green"), ("green", "red")):
        until(lambda one=one, other=other: wan.way(one, other) == "direct",
              f"{one} reaches {other}", WAIT)
    row(f"red and green have a direct connection after "
        f"{time.monotonic() - began:.1f} s")
    for name in ("red", "green"):
        until(lambda name=name: (wan.way(name, "blue") or "").startswith("via"),
              f"{name} meets blue at a relay", WAIT)
    wan.show("red")


def relay_dies(wan):
    by = wan.way("red", "blue").removeprefix("via ")
    other = RELAYS[by == RELAYS[0]]
    step(f"{by}, by which red and blue meet, is killed (kill -9)")
    began = time.monotonic()
    wan.nodes[by].kill()
    until(lambda: wan.way("red", "blue") == f"via {other}",
          f"they meet at {other}", WAIT)
    row(f"red and blue meet at {other} {time.monotonic() - began:.1f} s later")
    wan.change("blue", "without one relay", [other, *SITES])
    wan.show("blue")
    step(f"{by} is back")
    wan.start(by, [other])
    wan.agree([*RELAYS, *SITES])
    row(f"{by} runs what it missed")


def run(keeps):
    why = lab_.why_not()
    if why:
        print(f"this demo needs namespaces: {why}")
        return 1
    with tempfile.TemporaryDirectory(prefix="umwan") as folder, \
            lab_.Lab() as lab, contextlib.ExitStack() as stack:
        wan = Wan(stack, lab, folder)
        begin(wan)
        meet(wan)
        step("a change at one site reaches all")
        wan.change("green", "hello mesh", [*RELAYS, *SITES])
        relay_dies(wan)
        if keeps:
            input("\nall nodes are running; Enter ends them ")
    step("all of it happened; cleaned up")
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true")
    keeps = parser.parse_args().keep
    try:
        return run(keeps)
    except (AssertionError, RuntimeError) as err:
        print(f"  FAILED: {err}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    os.environ.setdefault("BUILDDIR", "build")
    sys.exit(main())
