# SPDX-License-Identifier: MIT OR Apache-2.0
"""The article's flow: ten nodes in ten namespaces, each beside a stand-in of
Unit (the same for both sides, a process of its own). One Unit is changed and
POST /config sent to its node: how long until the last other Unit has kept the
configuration, as inotify tells; then the same from the next node."""

import contextlib
import ctypes
import json
import os
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

from common import BUILD, Meter, Result, Samples, Skipped, executable, \
    memory_kb, need
from daemon import UNITMESH
from inotify import Watch
import lan as lan_
from peer import Program

STANDIN = BUILD / "mesh/unit-standin"
CLONE_NEWNET = 0x40000000
WAIT = 40


def socket_in(netns, address):
    """A TCP connection that is made inside a namespace."""
    made = []

    def enter():
        fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None).setns(fd, CLONE_NEWNET) == 0:
                made.append(socket.create_connection(address, 5))
        finally:
            os.close(fd)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if not made:
        raise RuntimeError(f"no connection to {address} in {netns}")
    return made[0]


def http(sock, method, path, host, body=b""):
    sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"
                 f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                 .encode() + body)


def answer(sock):
    with sock:
        text = b""
        while more := sock.recv(65536):
            text += more
    if b" 200 " not in text.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"answered {text[:200]!r}")


class Mesh:
    """N nodes of a kind and their Units."""

    def __init__(self, stack, kind, lan, folder):
        self.lan, self.kind = lan, kind
        self.names = lan.names
        self.folder = Path(folder)
        self.units = {n: self._unit(stack, n) for n in self.names}
        self.nodes = {n: self._node(stack, n) for n in self.names}
        for node in self.nodes.values():
            node.id = node.wait_text(r"^.*My Node ID:? (\w+)", WAIT)[1]
        self._linked()
        self.watch = Watch({n: self.folder / f"unit-{n}" for n in self.names})
        stack.callback(self.watch.close)

    def _unit(self, stack, name):
        state = self.folder / f"unit-{name}"
        state.mkdir()
        unit = stack.enter_context(Program(f"unit-{name}", [
            STANDIN, "--control", "0.0.0.0:8888", "--state", state],
            self.lan.ns(name)))
        return unit

    def _node(self, stack, name):
        ns = self.lan.ns(name)
        if self.kind == "js":
            env = {"PEER_MAIN": "article.mjs", "MDNS_INTERVAL_MS": "2000",
                   "LIFT_LIMITS": "1"}
            return stack.enter_context(Program(name, executable("js"), ns,
                                               env))
        state = self.folder / name
        return stack.enter_context(Program(name, [
            "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run", "--article",
            "--state", state, "--control", state / "control.sock", "--unit",
            "http://127.0.0.1:8888"], ns))

    def _linked(self):
        for name, node in self.nodes.items():
            for other, peer in self.nodes.items():
                if other != name:
                    node.wait_text(f"Connection established to {peer.id}",
                                   WAIT)

    def configure(self, name, n):
        """A new configuration for the Unit of a node."""
        body = json.dumps({
            "listeners": {}, "routes": [{"action": {
                "return": 200, "response_headers": {"X-Number": str(n)}}}],
        }).encode()
        sock = socket_in(self.lan.ns(name), ("127.0.0.1", 8888))
        http(sock, "PUT", "/config", "localhost", body)
        answer(sock)
        self.watch.drain()

    def publish(self, name, timeout=5):
        """Milliseconds until the last other Unit has it."""
        missing = set(self.names) - {name}
        ip = self.lan.ip(name)
        sock = socket_in(self.lan.ns(name), (ip, 3000))
        began = now = time.monotonic()
        http(sock, "POST", "/config", f"{ip}:3000")
        while missing and now - began < timeout:
            for node, _, now in self.watch.changes(timeout):
                missing.discard(node)
            now = now if not missing else time.monotonic()
        answer(sock)
        if missing:
            raise RuntimeError(f"{', '.join(sorted(missing))} did not follow "
                               f"{name} in {timeout} s")
        return 1000 * (now - began)


def warm(mesh, times):
    """Until everybody follows: gossip needs a moment to reach all."""
    deadline, n = time.monotonic() + WAIT, 0
    while n < times:
        name = mesh.names[n % len(mesh.names)]
        mesh.configure(name, -n - 1)
        try:
            mesh.publish(name, 2)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            continue
        n += 1


def measure(smoke):
    size, warming, publishes, rounds = (3, 1, 2, 1) if smoke else \
        (10, 20, 40, 3)
    need("js")
    why = lan_.why_not()
    if why:
        raise Skipped(why)
    latency = {k: Samples() for k in ("c", "js")}
    memory = {k: Samples() for k in ("c", "js")}
    share = {k: Samples() for k in ("c", "js")}

    def one(kind, number):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="umbench"))
            lan = stack.enter_context(
                lan_.Lan([f"n{i}" for i in range(size)], prefix="umb"))
            mesh = Mesh(stack, kind, lan, folder)
            warm(mesh, warming)
            took = []
            with Meter(*(n.pid for n in mesh.nodes.values())) as m:
                for i in range(publishes):
                    name = mesh.names[i % size]
                    mesh.configure(name, number * publishes + i)
                    took.append(mesh.publish(name))
            each = 1000 * sum(m.used) / publishes
            latency[kind].add(statistics.median(took), each)
            used = [memory_kb(n.pid) for n in mesh.nodes.values()]
            memory[kind].add(statistics.median(u[0] for u in used) / 1024)
            share[kind].add(statistics.median(u[1] for u in used) / 1024)

    for i in range(rounds):
        for kind in ("c", "js"):
            one(kind, i)
    return [
        Result(f"article's flow, N = {size}, to the last Unit", "ms",
               latency["c"], latency["js"], ("ratio<=", 0.2),
               "ms/publish, all nodes", who="js"),
        Result("memory of a node, RSS", "MiB", memory["c"], memory["js"],
               ("ratio<=", 0.1), who="js"),
        Result("memory of a node, PSS", "MiB", share["c"], share["js"],
               who="js"),
    ]
