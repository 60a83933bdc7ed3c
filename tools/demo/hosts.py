# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the nodes of a demo live, and how it is told: namespaces on a bridge,
or loopback addresses where those are not allowed."""

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

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop/lib"))

# pylint: disable=wrong-import-position
import lan as lan_                                      # noqa: E402
from daemon import Daemon, fetch                        # noqa: E402
from peer import PeerError, Program                     # noqa: E402

NAMES = ("red", "green", "blue")
P2P_PORT = 4981
WAIT = 10


def step(text):
    print(f"\n{text}", flush=True)


def row(*cells):
    print("  " + "".join(f"{str(c):<{w}}" for c, w in
                         zip(cells, (8, 14, 54, 0))).rstrip(), flush=True)


class Hosts:
    """Where the nodes live: namespaces on a bridge, or loopback addresses."""

    def __init__(self, lan, folder):
        self.lan = lan
        self.folder = Path(folder)
        self.real = lan is not None and shutil.which("unitd") is not None

    def ns(self, name):
        return self.lan.ns(name) if self.lan else None

    def ip(self, name):
        return self.lan.ip(name) if self.lan else \
            f"127.0.1.{NAMES.index(name) + 1}"

    def how(self, name):
        """The words in front of a command that runs on this host."""
        return f"ip netns exec {self.ns(name)} " if self.lan else ""

    def start_unitd(self, stack, name):
        """A real Unit, its control API at the loopback address."""
        state = self.folder / f"unitd-{name}"
        state.mkdir()
        unit = stack.enter_context(Program(f"unitd-{name}", [
            "unitd", "--no-daemon", "--control", "127.0.0.1:8800", "--log",
            state / "log", "--pid", state / "pid", "--statedir", state,
            "--tmpdir", state], self.ns(name)))
        deadline = time.monotonic() + WAIT
        while fetch("http://127.0.0.1:8800/", netns=self.ns(name)).code != 200:
            if time.monotonic() > deadline:
                raise unit.trouble("its control API does not answer")
            time.sleep(0.05)

    def node(self, stack, name, article, peers=()):
        """A daemon beside its Unit."""
        flags = [] if article else ["--name", name]
        if self.lan is None:
            flags += ["--listen", f"/ip4/{self.ip(name)}/tcp/{P2P_PORT}"]
            flags += [w for n in peers for w in
                      ("--peer", f"/ip4/{self.ip(n)}/tcp/{P2P_PORT}")]
        return stack.enter_context(Daemon(
            name, self.folder, netns=self.ns(name), article=article,
            bind=None if self.lan else self.ip(name),
            unit="http://127.0.0.1:8800" if self.real else "embedded",
            flags=flags))


def start(stack, hosts, article):
    """Three nodes; of those at loopback addresses the later know the
    earlier."""
    nodes = {}
    for name in NAMES:
        if hosts.real:
            hosts.start_unitd(stack, name)
        nodes[name] = hosts.node(stack, name, article, tuple(nodes))
    step("three nodes, each beside " +
         ("a unitd" if hosts.real else "a stand-in for Unit (no unitd here)"))
    for name, node in nodes.items():
        node.ready()
        row(name, hosts.ip(name), node.id)
    return nodes


def find_each_other(hosts, nodes, began):
    step("they find each other " +
         ("by mDNS, nobody was told of anybody" if hosts.lan else
          "by --peer (mDNS needs a network)"))
    for node in nodes.values():
        for other in nodes.values():
            if other is not node:
                node.wait_text(f"Connection established to {other.id}", WAIT)
    row(f"all connected {time.monotonic() - began:.1f} s after start")


def config(greeting):
    return {
        "listeners": {"*:8080": {"pass": "routes"}},
        "routes": [{
            "match": {"uri": "/hello"},
            "action": {"return": 200,
                       "response_headers": {"X-Greeting": greeting}},
        }],
    }


def hello(hosts, name, client):
    """What a node's Unit says at /hello, asked from another host."""
    answer = fetch(f"http://{hosts.ip(name)}:8080/hello",
                   netns=hosts.ns(client), seconds=3)
    return answer.headers.get("x-greeting") if answer.code == 200 else None


def show(hosts, greeting, names=NAMES):
    """The route on each; the number of those where it is not."""
    step("the route on each: curl -i http://NODE:8080/hello")
    bad = 0
    for i, name in enumerate(names):
        said = hello(hosts, name, names[(i + 1) % len(names)])
        bad += said != greeting
        row(name, hosts.ip(name), f"200, X-Greeting: {said}"
            if said == greeting else f"FAILED, X-Greeting: {said}")
    return bad


def keep(lines):
    step("it is left running; try, in another terminal:")
    for text in lines:
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


def interrupted(*_):
    raise KeyboardInterrupt


def tell(run, text):
    """Runs a demo; the exit code."""
    parser = argparse.ArgumentParser(description=text)
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
            why = lan_.why_not() or (args.loopback and "as asked")
            lan = None if why else stack.enter_context(
                lan_.Lan(NAMES, prefix="umdemo"))
            if why:
                print(f"no network namespaces ({why}): loopback addresses "
                      "instead")
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="umdemo"))
            return run(stack, Hosts(lan, folder), args.keep)
    except KeyboardInterrupt:
        print("\nended")
        return 0 if args.keep else 130
    except (PeerError, OSError) as err:
        print(f"\nFAILED: {err}")
        return 1
