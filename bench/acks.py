# SPDX-License-Identifier: MIT OR Apache-2.0
"""Changes a second that one node acknowledges, each on its disk with fsync: a
mesh of one node, and an etcd of one member, on the same disk; so many writers,
each on a connection that stays and with one change under way."""

import base64
import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path

from common import Meter, Result, Samples, Skipped, family
from daemon import UNITMESH, local
from fleet import config
from peer import Program

WRITERS = (1, 16)
WAIT = 20
PORT = 20000 + os.getpid() % 20000
KEY = base64.b64encode(b"config").decode()


class Ours:
    """A mesh of one. Its Unit: none, or a stand-in, embedded, that each change
    has to pass first."""

    def __init__(self, stack, folder, unit="none", query="?no-wait"):
        self.sock = Path(folder, "control.sock")
        self.target = f"/config{query}"
        flags = ["--unit-listen", f"unix:{folder}/unit.sock"] \
            if unit == "embedded" else []
        node = stack.enter_context(Program("unitmesh", [
            "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run", "--state",
            folder, "--control", self.sock, "--bind", "127.0.0.1", "--rest",
            "none", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--unit",
            unit, *flags]))
        node.wait_text("REST is at", WAIT)
        got = local(self.sock, "/mesh/init", "POST", body=b'{"name":"bench"}')
        if got.code != 200:
            raise RuntimeError(f"init: {got}")
        self.pids = family(node.pid)

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(self.sock))
        return sock

    def request(self, number):
        return "PUT", self.target, config(number)


class Embedded(Ours):
    """The same with a Unit."""

    def __init__(self, stack, folder):
        super().__init__(stack, folder, "embedded", "")


class Etcd:
    """One member."""

    def __init__(self, stack, folder):
        if shutil.which("etcd") is None:
            raise Skipped("no etcd (Debian: etcd-server)")
        client, peer = (f"http://127.0.0.1:{PORT + i}" for i in (0, 1))
        node = stack.enter_context(Program("etcd", [
            "etcd", "--data-dir", folder, "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster",
            f"default={peer}", "--log-level", "error", "--logger", "zap"]))
        self.pids = [node.pid]
        deadline = time.monotonic() + WAIT
        while not self._answers():
            if time.monotonic() > deadline or not node.alive:
                raise node.trouble("does not begin")
            threading.Event().wait(0.1)

    def _answers(self):
        try:
            with Writer(self, 0) as w:
                return w.change(0)
        except OSError:
            return False

    def connect(self):
        return socket.create_connection(("127.0.0.1", PORT), 5)

    def request(self, number):
        return "POST", "/v3/kv/put", json.dumps({
            "key": KEY, "value": base64.b64encode(config(number)).decode(),
        }).encode()


class Writer(threading.Thread):
    """One change after the other on one connection."""

    def __init__(self, side, number):
        super().__init__(daemon=True)
        self.side, self.number = side, number
        self.sock = side.connect()
        self.sock.settimeout(WAIT)
        self.done = self.failed = 0
        self.last = ""
        self.most = float("inf")
        self.over = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def change(self, number):
        """Whether it was acknowledged; waits for the whole answer."""
        method, target, body = self.side.request(number)
        self.sock.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        text = b""
        while not self._whole(text):
            more = self.sock.recv(65536)
            if not more:
                raise RuntimeError(f"connection closed after {text!r}")
            text += more
        self.last = text[:300]
        return b" 200 " in text.split(b"\r\n", 1)[0]

    @staticmethod
    def _whole(text):
        head, end, rest = text.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n")[1:] if end else ():
            if line.startswith(b"content-length:"):
                return len(rest) >= int(line.split(b":")[1])
        return False

    def run(self):
        while not self.over.is_set() and self.done < self.most and \
                self.failed < 100:
            good = self.change(self.number * 1000000 + self.done + self.failed)
            self.done += good
            self.failed += not good


def rate(side, writers, seconds):
    """(acknowledged a second, CPU ms of each), with so many writers."""
    with contextlib.ExitStack() as stack:
        all_ = [stack.enter_context(Writer(side, i)) for i in range(writers)]
        with Meter(*side.pids) as m:
            began = time.monotonic()
            for w in all_:
                w.start()
            threading.Event().wait(seconds)
            for w in all_:
                w.over.set()
            for w in all_:
                w.join(WAIT)
            took = time.monotonic() - began
        done = sum(w.done for w in all_)
        failed = sum(w.failed for w in all_)
        if failed > 0 or done == 0:
            raise RuntimeError(f"{failed} of {done + failed} were refused: "
                               f"{[w.last for w in all_ if w.failed][:1]}")
    return done / took, 1000 * sum(m.used) / done


def measure(smoke):
    rounds, seconds = (1, 0.3) if smoke else (4, 3)
    kinds = {"c": Ours, "unit": Embedded, "etcd": Etcd}
    got = {(k, n): Samples() for k in kinds for n in WRITERS}
    skipped = {}
    for i in range(rounds):
        for kind in (kinds if i % 2 == 0 else reversed(list(kinds))):
            for n in WRITERS:
                with contextlib.ExitStack() as stack:
                    folder = stack.enter_context(
                        tempfile.TemporaryDirectory(prefix="umbench"))
                    try:
                        side = kinds[kind](stack, folder)
                    except Skipped as why:
                        skipped[kind] = str(why)
                        continue
                    got[kind, n].add(*rate(side, n, seconds))
    for kind, why in skipped.items():
        print(f"  skipped: {kind}: {why}", flush=True)
    out = []
    for n in WRITERS:
        who = f"{n} writer" + ("s" if n > 1 else "")
        out += [
            Result(f"changes acknowledged, fsynced, {who}", "1/s", got["c", n],
                   got["etcd", n], ("ratio>=", 1), "ms/change", who="etcd"),
            Result(f"the same, after Unit took it or a later one, {who}", "1/s",
                   got["unit", n], got["etcd", n], None, "ms/change",
                   who="etcd"),
        ]
    return out
