# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of this folder share: nodes of a mesh that are killed and
started again, and questions to them.

    with Mesh(folder, 3) as mesh:
        mesh.begin()
        mesh[0].kill(); mesh[0].start()
        mesh[1].ask("PUT", "/config/settings", {…})
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/interop/lib"), str(ROOT / "tests/e2e")]

# pylint: disable=wrong-import-position
from daemon import UNITMESH, Daemon, Reply                     # noqa: E402
from rig import loopback, until                                # noqa: E402

PORT = 4901


class _Socket(http.client.HTTPConnection):
    def __init__(self, path, seconds):
        super().__init__("localhost", timeout=seconds)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def request(path, method, target, body=None, headers=None, seconds=60):
    """One request at a socket; the code is 0 if there was no answer."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    conn = _Socket(path, seconds)
    try:
        conn.request(method, target, body=body, headers=headers or {})
        answer = conn.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in
                                     answer.getheaders()}, answer.read())
    except (OSError, http.client.HTTPException) as err:
        return Reply(0, {}, repr(err).encode())
    finally:
        conn.close()


class Node:
    """A daemon of a mesh that comes and goes; its folder and addresses stay.

    `unit`: a target instead of the embedded stand-in. `state`: where its
    state is, if not below `folder`.
    """

    def __init__(self, name, folder, peers=(), unit="embedded", flags=(),
                 state=None):
        self.name = name
        self.at = loopback()
        self.state = Path(state or Path(folder) / name)
        self.control = Path(folder) / f"{name}.sock"
        self.unit_sock = Path(folder) / f"{name}-u.sock"
        self.addr = f"/ip4/{self.at}/tcp/{PORT}"
        self.argv = [UNITMESH, "run", "--name", name, "--state", self.state,
                     "--control", self.control, "--bind", self.at, "--listen",
                     self.addr, "--no-mdns", "--unit", unit]
        if unit == "embedded":
            self.argv += ["--unit-listen", f"unix:{self.unit_sock}"]
        for peer in peers:
            self.argv += ["--peer", peer]
        self.argv += list(flags)
        self.daemon = None

    def start(self, wait=True):
        """Starts it; its log is that of this run."""
        self.daemon = _Run(self.name, self.argv)
        return self.ready() if wait else self

    def ready(self, seconds=20):
        self.daemon.wait_text(r"REST is at", seconds)
        return self

    def kill(self):
        """kill -9, and reaped."""
        self.daemon.kill()

    def stop(self):
        """SIGTERM; the exit code."""
        return self.daemon.stop(15)

    def ended(self, seconds=20):
        """The exit code of one that ends by itself, when all that it said
        was read."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.daemon.proc.wait(seconds)
        assert not self.runs, f"{self.name} does not end"
        return self.daemon.stop()

    @property
    def runs(self):
        return self.daemon is not None and self.daemon.alive

    def log(self, pattern, seconds=20, after=0):
        return self.daemon.wait_text(pattern, seconds, after)

    def ask(self, method, target, body=None, headers=None, seconds=60):
        return request(self.control, method, target, body, headers, seconds)

    def get(self, target):
        """JSON that must come."""
        answer = self.ask("GET", target)
        assert answer.code == 200, f"{self.name}: GET {target}: {answer}"
        return answer.json

    def put(self, target, body, headers=None):
        """A change that must be made; the revision."""
        answer = self.ask("PUT", target, body, headers)
        assert answer.code == 200, f"{self.name}: PUT {target}: {answer}"
        return answer.headers["x-revision"]

    def revisions(self):
        return self.get("/mesh/revisions")["revisions"]

    def current(self):
        """The revision in force here."""
        return next((r["id"] for r in self.revisions() if r["current"]), None)

    def conflicts(self):
        return [c["id"] for c in self.get("/mesh/conflicts")["conflicts"]]

    def has(self):
        """What it has, in short: equal for all that have the same."""
        return (self.current(), tuple(self.conflicts()),
                tuple(r["id"] for r in self.revisions()))

    def states(self):
        """What this node says of each, by name."""
        return {n["name"]: n for n in self.get("/mesh/nodes")["nodes"]}

    def unit_config(self):
        """What its embedded Unit runs."""
        return request(self.unit_sock, "GET", "/config").json

    def verify(self):
        """`unitmesh verify` of its folder; (code, what it said)."""
        done = subprocess.run([UNITMESH, "verify", "--state", self.state],
                              capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()


class _Run(Daemon):
    """A run of a node: a Program with the argv of ours."""

    def __init__(self, name, argv):  # pylint: disable=super-init-not-called
        # Its log is on stderr; lines are looked for on stdout.
        super(Daemon, self).__init__(
            name, ["sh", "-c", 'exec "$0" "$@" 2>&1', *argv])


class Mesh:
    """Nodes n1, n2, … of one mesh on loopback addresses; all know the
    addresses of all, so that whoever is there finds whoever else is.

        Mesh(folder, 3, n2={"unit": "unix:/run/unit.sock"})
    """

    def __init__(self, folder, count, **special):
        self.nodes = []
        for i in range(count):
            name = f"n{i + 1}"
            self.nodes.append(Node(
                name, folder, [n.addr for n in self.nodes],
                **special.get(name, {})))
        for node in self.nodes:
            for other in self.nodes:
                if other is not node and other.addr not in node.argv:
                    node.argv += ["--peer", other.addr]

    def __getitem__(self, i):
        return self.nodes[i]

    def __iter__(self):
        return iter(self.nodes)

    def begin(self, config=None):
        """The first one makes a mesh, the others join as writers."""
        for node in self.nodes:
            node.start(wait=False)
        for node in self.nodes:
            node.ready()
        first = self.nodes[0]
        self.must(first.ask("POST", "/mesh/init", {"name": "torture"}))
        if len(self.nodes) > 1:
            code = self.must(first.ask("POST", "/mesh/invites", {
                "uses": len(self.nodes) - 1, "role": "writer"}))["code"]
        for node in self.nodes[1:]:
            self.must(node.ask("POST", "/mesh/join", {
                "code": code, "peer": first.addr}))
        self.agree()  # before that the first one has heard of too few
        if config is not None:
            first.put("/config", config)
            self.agree()
        return self

    @staticmethod
    def must(answer):
        assert answer.code == 200, answer
        return answer.json

    def agree(self, seconds=60):
        """Waits until all have the same, and run it, as each of them sees it;
        returns the revision in force."""
        def same():
            seen = {node.has() for node in self.nodes}
            return len(seen) == 1 and all(
                [n["state"] for n in node.states().values()] ==
                ["synced"] * len(self.nodes) for node in self.nodes) and seen
        try:
            return until(same, "all nodes are in step", seconds).pop()[0]
        except AssertionError as err:
            raise AssertionError(f"{err}\n{self.tell()}") from err

    def tell(self):
        """What each says, for people."""
        out = []
        for node in self.nodes:
            if not node.runs:
                out.append(f"{node.name}: does not run")
                continue
            out.append(f"{node.name}: current {str(node.current())[:12]}, "
                       f"{len(node.revisions())} revisions, "
                       f"conflicts {[c[:8] for c in node.conflicts()]}")
            out += [f"  {name}: {n['state']} runs {n.get('runs')} "
                    f"{n.get('reason', '')}"
                    for name, n in node.states().items()]
        return "\n".join(out)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for node in self.nodes:
            if node.runs:
                node.stop()
