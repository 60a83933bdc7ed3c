#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: demo.py [--keep] [--loopback]

Three nodes, each with a Unit of its own; the first one's configuration is
changed and published, the others follow. Each node has a network namespace
of its own on one bridge and they find each other by mDNS; where namespaces
are not allowed, they have loopback addresses and are told of each other.
Exit code: 0, or 1 if somebody did not follow.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/interop/lib"))

# pylint: disable=wrong-import-position
import lan as lan_                                      # noqa: E402
from daemon import Daemon, UNITMESH, fetch              # noqa: E402
from peer import PeerError, Program                     # noqa: E402

NAMES = ("red", "green", "blue")
P2P_PORT = 4981
WAIT = 10


def config(greeting):
    return {
        "listeners": {"*:8080": {"pass": "routes"}},
        "routes": [{
            "match": {"uri": "/hello"},
            "action": {"return": 200,
                       "response_headers": {"X-Greeting": greeting}},
        }],
    }


def step(text):
    print(f"\n{text}", flush=True)


def row(*cells):
    print("  " + "".join(f"{str(c):<{w}}" for c, w in
                         zip(cells, (8, 14, 54, 0))).rstrip(), flush=True)


class Hosts:
    """Where the nodes live: namespaces on a bridge, or loopback addresses."""

    def __init__(self, lan):
        self.lan = lan

    def ns(self, name):
        return self.lan.ns(name) if self.lan else None

    def ip(self, name):
        return self.lan.ip(name) if self.lan else \
            f"127.0.1.{NAMES.index(name) + 1}"

    def how(self, name):
        """The words in front of a command that runs on this host."""
        return f"ip netns exec {self.ns(name)} " if self.lan else ""


def start_unitd(stack, hosts, name, folder):
    """A real Unit, its control API at the loopback address."""
    state = Path(folder) / f"unitd-{name}"
    state.mkdir()
    unit = stack.enter_context(Program(f"unitd-{name}", [
        "unitd", "--no-daemon", "--control", "127.0.0.1:8800", "--log",
        state / "log", "--pid", state / "pid", "--statedir", state,
        "--tmpdir", state], hosts.ns(name)))
    deadline = time.monotonic() + WAIT
    while fetch("http://127.0.0.1:8800/", netns=hosts.ns(name)).code != 200:
        if time.monotonic() > deadline:
            raise unit.trouble("its control API does not answer")
        time.sleep(0.05)


def start(stack, hosts, folder):
    real = hosts.lan is not None and shutil.which("unitd") is not None
    nodes = {}
    for name in NAMES:
        flags = []
        if hosts.lan is None:
            flags = ["--listen", f"/ip4/{hosts.ip(name)}/tcp/{P2P_PORT}"]
            flags += [w for n in nodes for w in
                      ("--peer", f"/ip4/{hosts.ip(n)}/tcp/{P2P_PORT}")]
        if real:
            start_unitd(stack, hosts, name, folder)
        nodes[name] = stack.enter_context(Daemon(
            name, folder, netns=hosts.ns(name),
            bind=None if hosts.lan else hosts.ip(name),
            unit="http://127.0.0.1:8800" if real else "embedded",
            flags=flags))
    step("three nodes, each beside " +
         ("a unitd" if real else "a stand-in for Unit (no unitd here)"))
    for name, node in nodes.items():
        node.ready()
        row(name, hosts.ip(name), node.id)
    return nodes


def find_each_other(hosts, nodes, began):
    step("they find each other " +
         ("by mDNS, nobody was told of anybody" if hosts.lan else
          "by --peer (mDNS needs a network)"))
    for name, node in nodes.items():
        for other in nodes.values():
            if other is not node:
                node.wait_text(f"Connection established to {other.id}", WAIT)
    row(f"all connected {time.monotonic() - began:.1f} s after start")


def hello(hosts, name, client):
    answer = fetch(f"http://{hosts.ip(name)}:8080/hello",
                   netns=hosts.ns(client), seconds=3)
    return answer.headers.get("x-greeting") if answer.code == 200 else None


def change(hosts, nodes, greeting):
    """Change the first, publish, watch the others; the number of failures."""
    first, others = NAMES[0], NAMES[1:]
    step(f"a new route on {first}, then: curl -X POST "
         f"http://{hosts.ip(first)}:3000/config")
    nodes[first].put_config(config(greeting))
    marks = {name: nodes[name].mark() for name in others}
    began = time.monotonic()
    answer = nodes[first].publish(hosts.ip(first))
    row(first, "answered", answer.text.strip())
    bad = 0
    for name in others:
        try:
            found = nodes[name].wait_text(r"applied config from (\S+) in "
                                          r"(\d+) ms", WAIT, marks[name])
            row(name, "followed", f"{found[2]} ms from message to Unit's "
                f"answer (seen here {1000 * (time.monotonic() - began):.0f}"
                " ms after curl began)")
        except PeerError as err:
            bad += 1
            row(name, "FAILED", f"did not follow in {WAIT} s")
            print(err)
    return bad


def show(hosts, greeting):
    step("the route on each: curl -i http://NODE:8080/hello")
    bad = 0
    for i, name in enumerate(NAMES):
        said = hello(hosts, name, NAMES[(i + 1) % 3])
        bad += said != greeting
        row(name, hosts.ip(name), f"200, X-Greeting: {said}"
            if said == greeting else f"FAILED, X-Greeting: {said}")
    return bad


def keep(hosts, nodes):
    step("it is left running; try, in another terminal:")
    first = NAMES[0]
    for text in (
            f"{UNITMESH} status --control {nodes[first].control}",
            f"{UNITMESH} peers --control {nodes[first].control}",
            f"{hosts.how(first)}curl -X PUT -d '{{\"action\":{{\"return\":"
            f"418}}}}' http://{nodes[first].unit_addr}/config/routes/0",
            f"{hosts.how(first)}curl -X POST "
            f"http://{hosts.ip(first)}:3000/config",
            f"{hosts.how(NAMES[2])}curl -i "
            f"http://{hosts.ip(NAMES[2])}:8080/hello"):
        print(f"  {text}")
    print("\n^C ends all of it.", flush=True)
    while True:
        signal.pause()


def in_own_namespace():
    """Without root: become root of a user namespace, where that is allowed."""
    if os.geteuid() == 0 or os.environ.get("UNITMESH_DEMO_INNER"):
        return
    argv = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh",
            "-c", 'mount -t tmpfs none /run && exec "$0" "$@"']
    tried = argv + [sys.executable, "-c", "import sys; sys.path.insert(0, "
                    f"{str(ROOT / 'tests/interop/lib')!r}); import lan; "
                    "sys.exit(lan.why_not() is not None)"]
    if shutil.which("unshare") and subprocess.run(
            tried, capture_output=True, check=False).returncode == 0:
        os.environ["UNITMESH_DEMO_INNER"] = "1"
        os.execvp("unshare", argv + [sys.executable, *sys.argv])


def run(stack, args):
    why = lan_.why_not() or (args.loopback and "as asked")
    lan = None if why else stack.enter_context(
        lan_.Lan(NAMES, prefix="umdemo"))
    if why:
        print(f"no network namespaces ({why}): loopback addresses instead")
    hosts = Hosts(lan)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="umdemo"))
    began = time.monotonic()
    nodes = start(stack, hosts, folder)
    find_each_other(hosts, nodes, began)
    bad = change(hosts, nodes, "hello mesh")
    bad += show(hosts, "hello mesh")
    if args.keep and bad == 0:
        keep(hosts, nodes)
    step("all followed; cleaning up" if bad == 0 else
         "somebody did not follow; cleaning up")
    return 1 if bad else 0


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("--keep", action="store_true",
                        help="leave it running until ^C")
    parser.add_argument("--loopback", action="store_true",
                        help="no namespaces, even where they are allowed")
    args = parser.parse_args()
    if not (args.keep or args.loopback):
        in_own_namespace()
    signal.signal(signal.SIGTERM, interrupted)
    try:
        with contextlib.ExitStack() as stack:
            return run(stack, args)
    except KeyboardInterrupt:
        print("\nended")
        return 0 if args.keep else 130
    except (PeerError, OSError) as err:
        print(f"\nFAILED: {err}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
