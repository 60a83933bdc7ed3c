# SPDX-License-Identifier: MIT OR Apache-2.0
"""N hosts of a bridge, a Unit on each (a stand-in, a process of its own), and
the ways to give all of them one configuration:

    c     a mesh of ours: PUT /config at node 1
    js    the article's nodes: the Unit of node 1 is changed, then POST /config
    etcd  three members, beside each Unit a watcher that PUTs to it; "etcdctl":
          a watch of etcd's client that runs curl
    curl  a shell loop: one curl a Unit

Each has `publish(bytes)`, which begins it at host 1 and returns what tells its
end, and `pids`, whose CPU it costs.
"""

import base64
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from common import BUILD, Skipped, executable, family, need
from daemon import UNITMESH, local
from inotify import Watch
from peer import Program

STANDIN = BUILD / "mesh/unit-standin"
CLONE_NEWNET = 0x40000000
WAIT = 60
KEY = base64.b64encode(b"config").decode()


def socket_in(netns, address):
    """A TCP connection that is made inside a namespace."""
    made = []

    def enter():
        fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None).setns(fd, CLONE_NEWNET) == 0:
                made.append(socket.create_connection(address, 5))
        except OSError:
            pass
        finally:
            os.close(fd)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if not made:
        raise RuntimeError(f"no connection to {address} in {netns}")
    return made[0]


def unix_socket(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    return sock


def http(sock, method, path, body=b"", host="localhost"):
    """Sends a request; the connection ends with its answer."""
    sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"
                 f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                 .encode() + body)


def answer(sock):
    """The body of a 200."""
    with sock:
        text = b""
        while more := sock.recv(65536):
            text += more
    if b" 200 " not in text.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"answered {text[:300]!r}")
    return text.partition(b"\r\n\r\n")[2]


def config(number):
    """A small configuration that has a number."""
    return json.dumps({
        "listeners": {}, "routes": [{"action": {
            "return": 200, "response_headers": {"X-Number": f"<{number}>"}}}],
    }).encode()


class Units:
    """The Units of a bridge's hosts."""

    def __init__(self, stack, lan, folder):
        self.lan, self.names = lan, lan.names
        self.folder = Path(folder)
        self.programs = [self._unit(stack, n) for n in self.names]
        for unit in self.programs:
            unit.wait_text('"type":"ready"')
        self.watch = Watch({n: self._state(n) for n in self.names})
        stack.callback(self.watch.close)

    def _state(self, name):
        return self.folder / f"unit-{name}"

    def _unit(self, stack, name):
        self._state(name).mkdir()
        return stack.enter_context(Program(f"unit-{name}", [
            STANDIN, "--control", "0.0.0.0:8888", "--state",
            self._state(name)], self.lan.ns(name)))

    def runs(self, name, number):
        """Whether the Unit kept the configuration of that number."""
        try:
            text = (self._state(name) / "conf.json").read_bytes()
        except OSError:
            return False
        return f"<{number}>".encode() in text

    def all_run(self, number, timeout):
        """When the last one had it, in monotonic seconds."""
        last = now = time.monotonic()
        deadline = now + timeout
        missing = {n for n in self.names if not self.runs(n, number)}
        while missing and now < deadline:
            for name, _, when in self.watch.changes(deadline - now):
                if name in missing and self.runs(name, number):
                    missing.discard(name)
                    last = when
            now = time.monotonic()
        if missing:
            raise RuntimeError(f"{', '.join(sorted(missing))} did not follow "
                               f"in {timeout} s")
        return last


class Ours:
    """A mesh that was made by init, invite and join."""

    def __init__(self, stack, units):
        lan, self.names = units.lan, units.names
        self.folder = units.folder
        self.nodes = [stack.enter_context(Program(n, [
            "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run", "--name", n,
            "--state", self.folder / n, "--control", self._control(n),
            "--rest", "none", "--unit", "http://127.0.0.1:8888"], lan.ns(n)))
            for n in self.names]
        for node in self.nodes:
            node.wait_text("REST is at", WAIT)
        self._join()
        self.pids = [p for n in self.nodes for p in family(n.pid)]

    def _control(self, name):
        return self.folder / name / "control.sock"

    def ask(self, name, method, path, body=None):
        got = local(self._control(name), path, method,
                    body=body and json.dumps(body).encode(), seconds=WAIT)
        if got.code != 200:
            raise RuntimeError(f"{name}: {method} {path}: {got}")
        return got.json

    def _join(self):
        first, *others = self.names
        self.ask(first, "POST", "/mesh/init", {"name": "bench"})
        code = self.ask(first, "POST", "/mesh/invites",
                        {"role": "node", "uses": len(others)})["code"]
        for name in others:
            self.ask(name, "POST", "/mesh/join", {"code": code})

    def publish(self, number):
        sock = unix_socket(self._control(self.names[0]))
        http(sock, "PUT", "/config", config(number))
        return lambda: answer(sock)


class Article:
    """The article's nodes, on today's js."""

    def __init__(self, stack, units):
        env = {"PEER_MAIN": "article.mjs", "MDNS_INTERVAL_MS": "2000",
               "LIFT_LIMITS": "1"}
        self.ns = units.lan.ns(units.names[0])
        self.ip = units.lan.ip(units.names[0])
        nodes = [stack.enter_context(Program(
            n, executable("js"), units.lan.ns(n), env)) for n in units.names]
        for node in nodes:  # whether all are linked is seen when all follow
            node.wait_text(r"^REST on port", WAIT)
        self.pids = [n.pid for n in nodes]

    def publish(self, number):
        sock = socket_in(self.ns, ("127.0.0.1", 8888))
        http(sock, "PUT", "/config", config(number))
        answer(sock)
        sock = socket_in(self.ns, (self.ip, 3000))
        http(sock, "POST", "/config", host=f"{self.ip}:3000")
        return lambda: answer(sock)


class Etcd:
    """Three members on the first three hosts; host 1 has the leader, so that a
    PUT is not passed on."""

    def __init__(self, stack, units):
        lan = units.lan
        members = units.names[:3]
        cluster = ",".join(f"{n}=http://{lan.ip(n)}:2380" for n in members)
        self.programs = {n: stack.enter_context(Program(n, [
            "etcd", "--name", n, "--data-dir", units.folder / f"etcd-{n}",
            "--listen-client-urls", "http://0.0.0.0:2379",
            "--advertise-client-urls", f"http://{lan.ip(n)}:2379",
            "--listen-peer-urls", f"http://{lan.ip(n)}:2380",
            "--initial-advertise-peer-urls", f"http://{lan.ip(n)}:2380",
            "--initial-cluster", cluster, "--log-level", "error",
            "--logger", "zap"], lan.ns(n))) for n in members}
        self.pids = [p.pid for p in self.programs.values()]
        self.lan = lan
        self.leader = self._leader()
        for i, name in enumerate(units.names):
            at = lan.ip(name if name in members else members[i % len(members)])
            self.pids.append(self.watch(stack, name, f"{at}:2379"))

    def watch(self, stack, name, at):
        """A watcher's pid. It does nothing but PUT."""
        watcher = stack.enter_context(Program(
            f"watch-{name}", [sys.executable, "-S",
                              Path(__file__).with_name("watcher.py"),
                              at, "127.0.0.1:8888"], self.lan.ns(name)))
        watcher.wait_text("watching", WAIT)
        return watcher.pid

    def ask(self, name, path, body):
        sock = socket_in(self.lan.ns(name), ("127.0.0.1", 2379))
        http(sock, "POST", path, json.dumps(body).encode())
        return json.loads(answer(sock))

    def _leader(self):
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            for name in self.programs:
                try:
                    said = self.ask(name, "/v3/maintenance/status", {})
                except (OSError, RuntimeError):
                    continue
                if said["header"]["member_id"] == said.get("leader"):
                    return name
            threading.Event().wait(0.1)
        raise RuntimeError("etcd has no leader")

    def publish(self, number):
        body = json.dumps({"key": KEY, "value": base64.b64encode(
            config(number)).decode()}).encode()
        sock = socket_in(self.lan.ns(self.leader), ("127.0.0.1", 2379))
        http(sock, "POST", "/v3/kv/put", body)
        return lambda: answer(sock)


class EtcdCtl(Etcd):
    """The same with what etcd's own client offers: a command for each value."""

    def watch(self, stack, name, at):
        get = f"etcdctl --endpoints {at} get config --print-value-only"
        put = ("curl -sS -o /dev/null -X PUT --data-binary @- "
               "http://127.0.0.1:8888/config")
        return stack.enter_context(Program(
            f"watch-{name}", ["etcdctl", "--endpoints", at, "watch", "config",
                              "--", "sh", "-c", f"{get} | {put}"],
            self.lan.ns(name), {"ETCDCTL_API": "3"})).pid


class Loop:
    """A shell on host 1 that goes from Unit to Unit."""

    argv = ["sh", "-c", 'for ip in "$@"; do curl -sS -o /dev/null -X PUT '
            '--data-binary @- "http://$ip:8888/config" < "$0" || exit; done']

    def __init__(self, _, units):
        self.lan, self.names = units.lan, units.names
        self.file = units.folder / "config.json"
        self.pids = []

    def publish(self, number):
        self.file.write_bytes(config(number))
        run = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.lan.ns(self.names[0])}",
             *self.argv, self.file, *(self.lan.ip(n) for n in self.names)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            if run.wait(WAIT) != 0:
                raise RuntimeError("curl failed")
        return end


class AllAtOnce(Loop):
    """The same by one curl, which is given all Units at once."""

    argv = ["sh", "-c", 'f=$0; for ip in "$@"; do set -- "$@" '
            '"http://$ip:8888/config"; shift; done; exec curl -sS -Z '
            '--parallel-immediate -o /dev/null -X PUT --data-binary "@$f" '
            '"$@"']


WAYS = {"c": Ours, "js": Article, "etcd": Etcd, "etcdctl": EtcdCtl,
        "curl": Loop, "curl -Z": AllAtOnce}


def missing():
    """Who is not here, with the reason."""
    gone = {}
    try:
        need("js")
    except Skipped as why:
        gone["js"] = str(why)
    for name, program, package in (
            ("etcd", "etcd", "etcd-server"),
            ("etcdctl", "etcdctl", "etcd-client"), ("curl", "curl", "curl"),
            ("curl -Z", "curl", "curl")):
        if shutil.which(program) is None:
            gone[name] = f"no {program} (Debian: {package})"
    if "etcd" in gone:
        gone["etcdctl"] = gone["etcd"]
    return gone
