# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of the daemon share: loopback hosts, Units that fail on
request, hosts on a bridge, raw requests."""

import contextlib
import itertools
import json
import os
import socket
import subprocess
import threading
import time

import lan as lan_
import pytest
from daemon import STANDIN, UNITMESH, Daemon, fetch
from peer import Program

P2P_PORT = 4901
_numbers = itertools.count()


def loopback():
    """A loopback address of this process's own, so that runs can be many. Those
    of the first tests come again after 250."""
    pid = os.getpid()
    return f"127.{1 + pid // 250 % 200}.{1 + pid % 250}." \
        f"{1 + next(_numbers) % 250}"


def until(look, what, seconds=10):
    """Look until something true comes; returns it."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        pause.wait(0.05)


def config(greeting, port=8080):
    """What a Unit would run; the stand-in serves it."""
    return {"listeners": {f"*:{port}": {"pass": "routes"}}, "routes": [
        {"action": {"return": 200, "response_headers": {
            "X-Greeting": greeting}}}]}


class Standin(Program):
    """A Unit beside a daemon, with failures on request."""

    def __init__(self, folder, *flags, control=None):
        self.control = control or f"unix:{folder}/unit.sock"
        self.target = self.control if self.control.startswith("unix:") \
            else f"http://{self.control}"
        self.state = folder / "unitd"
        super().__init__("unit", [
            STANDIN, "--control", self.control, "--state", self.state,
            "--any", loopback(), *flags])
        self.wait_text('"type":"ready"')

    def tell(self, line):
        """A command, such as `fault mute`; waits until it is obeyed."""
        mark = self.mark()
        self.write(line)
        assert json.loads(self.wait_text("^.*reply.*$", 5, mark)[0])["ok"]

    def ask(self, method, path, body=None):
        if self.control.startswith("unix:"):
            return fetch(f"http://localhost{path}", method=method, body=body,
                         unix=self.control[5:])
        return fetch(self.target + path, method=method, body=body)

    def config(self):
        return json.loads(self.ask("GET", "/config").body)


@contextlib.contextmanager
def daemons(*programs):
    """Enters programs that were made together; ends them in order."""
    with contextlib.ExitStack() as stack:
        for program in programs:
            stack.enter_context(program)
        yield programs[0] if len(programs) == 1 else programs


class Pair:
    """Two daemons on loopback addresses: `a`, whose Unit is given, follows
    `b`, whose Unit is embedded."""

    def __init__(self, folder, unit, flags=()):
        at, to = loopback(), loopback()
        self.b = Daemon("b", folder, bind=to, flags=[
            "--listen", f"/ip4/{to}/tcp/{P2P_PORT}"])
        self.a = Daemon("a", folder, bind=at, unit=unit, flags=[
            "--peer", f"/ip4/{to}/tcp/{P2P_PORT}", *flags])

    def __enter__(self):
        self.b.ready()
        self.a.ready()
        self.a.wait_text(f"Connection established to {self.b.id}")
        until(lambda: self.b.get("/mesh/status")["article"]["subscribers"],
              "a hears b")
        return self

    def __exit__(self, *exc):
        self.a.stop()
        self.b.stop()

    def publish(self, what):
        """b changes its Unit and tells; a mark in a's log from before."""
        self.b.put_config(what)
        mark = self.a.mark()
        self.b.publish(self.b.bind)
        return mark

    def follow(self, what, seconds=15):
        """The same, and a has applied it."""
        mark = self.publish(what)
        self.a.wait_text("applied config from", seconds, mark)

    def unit(self):
        """What a's status says of its Unit."""
        return self.a.get("/mesh/status")["unit"]


class Mesh:
    """Daemons on loopback addresses in one mesh: the first begins it and has
    the owner's key, the others join. `roles`: of those others."""

    def __init__(self, folder, roles=("writer", "writer"), flags=(),
                 units=None):
        first = loopback()
        self.nodes = []
        for i in range(1 + len(roles)):
            at = loopback() if i else first
            name = f"n{i + 1}"
            known = ["--peer", f"/ip4/{first}/tcp/{P2P_PORT}"] if i else []
            self.nodes.append(lambda at=at, name=name, known=known, i=i: Daemon(
                name, folder, bind=at, article=False,
                unit=(units or {}).get(name, "embedded"), flags=[
                    "--name", name, "--listen",
                    f"/ip4/{at}/tcp/{P2P_PORT}", *known,
                    *(flags[i] if i < len(flags) else ())]))
        self.makers = list(self.nodes)
        self.roles = roles

    def __enter__(self):
        self.nodes = [make().ready() for make in self.makers]
        answer = self.nodes[0].ask("POST", "/mesh/init", {"name": "demo"})
        assert answer.code == 200, answer
        for node, role in zip(self.nodes[1:], self.roles):
            join(node, code(self.nodes[0], role=role))
        self.settle()
        return self

    def settle(self):
        """All know of all, and run the current revision."""
        for node in self.nodes:
            until(lambda node=node: synced(node) == len(self.nodes),
                  f"{node.name} knows all, and all are in step", 30)

    def stop(self, i):
        self.nodes[i].stop()

    def start(self, i):
        """The same daemon once more, as it was."""
        self.nodes[i] = self.makers[i]().ready()
        return self.nodes[i]

    def __exit__(self, *exc):
        for node in self.nodes:
            node.stop()


def synced(node):
    """How many nodes are in step, as one sees it."""
    return [n["state"] for n in node.get("/mesh/nodes")["nodes"]].count(
        "synced")


def code(node, **plan):
    """A join code."""
    answer = node.ask("POST", "/mesh/invites", plan)
    assert answer.code == 200, answer
    return answer.json["code"]


def join(node, text):
    answer = node.ask("POST", "/mesh/join", {"code": text})
    assert answer.code == 200 and answer.json["member"], answer
    return answer.json


def network(*names):
    """Hosts on a bridge; skips where that is not allowed."""
    reason = lan_.why_not()
    if reason:
        pytest.skip(f"no network of namespaces: {reason}")
    return lan_.Lan(names, prefix="ume2e")


def raw(host, port, data, seconds=5):
    """Sends bytes, returns all that comes until the other end closes."""
    with socket.create_connection((host, port), timeout=seconds) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(data)
        return drain(sock)


def drain(sock):
    got = b""
    with contextlib.suppress(ConnectionResetError, TimeoutError):
        while part := sock.recv(65536):
            got += part
    return got


def run(*args, seconds=20, env=None, **more):
    """`unitmesh ARGS…` until it ends."""
    return subprocess.run(
        [UNITMESH, *map(str, args)], capture_output=True, text=True,
        timeout=seconds, check=False, env={**os.environ, **(env or {})},
        **more)
