# SPDX-License-Identifier: MIT OR Apache-2.0
"""Start and steer `unitmesh run`, beside the Lines of peer.py.

    with Daemon("a", folder, netns=lan.ns("a")) as a:
        a.ready()
        a.put_config({...}); a.post(f"http://{lan.ip('a')}:3000/config")
        b.wait_text("applied config")
"""

import http.client
import json
import os
import socket
import subprocess
from pathlib import Path

from peer import Program

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
UNITMESH = os.environ.get("UNITMESH_BIN", str(BUILD / "cli/unitmesh"))
STANDIN = os.environ.get("STANDIN_BIN", str(BUILD / "mesh/unit-standin"))

# Where the Unit beside a daemon is, seen from the same host.
UNIT_PORT = 8800


class Reply:
    """An HTTP answer: `code` is 0 when there was none."""

    def __init__(self, code, headers, body):
        self.code, self.headers, self.body = code, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.code} {self.headers} {self.text[:200]!r}"


def fetch(url, method="GET", headers=(), body=None, netns=None, seconds=10,
          unix=None, path_as_is=False, source=None):
    """One request by curl, which runs in the namespace, at an address there."""
    argv = ["curl", "-s", "-i", "-X", method, "--max-time", str(seconds),
            "--noproxy", "*", "-H", "Expect:"]
    argv += [word for h in headers for word in ("-H", h)]
    argv += ["--unix-socket", str(unix)] if unix else []
    argv += ["--path-as-is"] if path_as_is else []
    argv += ["--interface", source] if source else []
    argv += ["--data-binary", "@-"] if body is not None else []
    argv = (["ip", "netns", "exec", netns] if netns else []) + argv + [url]
    done = subprocess.run(argv, input=body, capture_output=True, check=False)
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return Reply(0, {}, done.stderr)
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return Reply(int(lines[0].split()[1]),
                 {k.lower(): v for k, v in fields.items()}, rest)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, seconds=10):
        super().__init__("localhost", timeout=seconds)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def local(path, target, method="GET", headers=None, body=None, seconds=10):
    """One request over a unix socket, without a program."""
    conn = _UnixConnection(path, seconds)
    try:
        conn.request(method, target, body=body, headers=headers or {})
        answer = conn.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in
                                     answer.getheaders()}, answer.read())
    finally:
        conn.close()


class Daemon(Program):
    """One `unitmesh run`, with a Unit of its own unless `unit` says other.

    `netns` is its host; without one it has the loopback address `bind`.
    """

    program = UNITMESH

    def __init__(self, name, folder, netns=None, bind=None, article=True,
                 unit="embedded", flags=(), env=None):
        self.netns = netns
        self.bind = bind
        self.state = Path(folder) / name
        self.control = self.state / "control.sock"
        self.unit_addr = f"{bind or '127.0.0.1'}:{UNIT_PORT}"
        argv = [self.program, "run", "--state", self.state, "--control",
                self.control, "--unit", unit]
        if unit == "embedded":
            argv += ["--unit-listen", self.unit_addr]
        argv += ["--bind", bind, "--no-mdns"] if bind else []
        argv += ["--article"] if article else []
        # Whoever else could be become on this machine; folders are root's.
        argv += ["--user", "root"] if os.geteuid() == 0 and \
            "--no-confine" not in flags else []
        # Its log is on stderr; Lines looks for lines on stdout.
        super().__init__(name, ["sh", "-c", 'exec "$0" "$@" 2>&1', *argv,
                                *flags], netns, env)

    def ready(self, timeout=10):
        """Wait until it serves; sets `id`."""
        self.id = self.wait_text(r"My Node ID: (\w+)", timeout)[1]
        self.wait_text(r"REST is at", timeout)
        return self

    def get(self, target):
        """JSON from its own socket."""
        return local(self.control, target).json

    def ask(self, method, target, body=None, headers=None, seconds=60):
        """A request at its own socket; a body that is no bytes is JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return local(self.control, target, method, headers, body, seconds)

    def peers(self):
        """The ids it is connected with."""
        return {n["id"] for n in self.get("/mesh/peers")["peers"]
                if n["connected"]}

    def fetch(self, url, **more):
        """A request made on its host."""
        return fetch(url, netns=self.netns, **more)

    def put_config(self, config):
        """What an operator does: PUT to the Unit here."""
        body = config if isinstance(config, bytes) else \
            json.dumps(config).encode()
        answer = self.fetch(f"http://{self.unit_addr}/config", method="PUT",
                            body=body)
        if answer.code != 200:
            raise self.trouble(f"its Unit said {answer}")

    def config(self):
        """What the Unit here runs, as it shows it."""
        return self.fetch(f"http://{self.unit_addr}/config").body

    def publish(self, host):
        """POST /config, addressed to `host` as the others know us."""
        answer = self.fetch(f"http://{host}:3000/config", method="POST")
        if answer.code != 200:
            raise self.trouble(f"POST /config: {answer}")
        return answer
