# SPDX-License-Identifier: MIT OR Apache-2.0
"""The daemon as a service: what it tells at NOTIFY_SOCKET, which here is ours.
systemd believes the main process alone, so who sends is looked at, too."""

import contextlib
import os
import socket
import struct

import pytest
from daemon import Daemon, local
from rig import loopback

# Nobody's number; its group is its own.
UID = 54321


class Manager:
    """Who started a daemon: hears datagrams of lines."""

    def __init__(self, at):
        self.at = str(at)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.settimeout(20)
        name = self.at
        if name.startswith("@"):
            name = "\0" + name[1:]
        self.sock.bind(name)
        if not self.at.startswith("@"):
            os.chmod(self.at, 0o777)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def hear(self):
        """The next datagram: who sent it, and its lines."""
        text, extra, _, _ = self.sock.recvmsg(4096, 256)
        pid = next(struct.unpack("3i", data)[0] for level, kind, data in extra
                   if (level, kind) == (socket.SOL_SOCKET,
                                        socket.SCM_CREDENTIALS))
        return pid, text.decode().strip().split("\n")

    def hear_until(self, line):
        """Lines of all datagrams up to the one with this line."""
        got = []
        while line not in got:
            got += self.hear()[1]
        return got

    def env(self, **more):
        return {**os.environ, "NOTIFY_SOCKET": self.at, **more}


@contextlib.contextmanager
def daemon(folder, env, flags=()):
    folder.chmod(0o711)
    at = loopback()
    with Daemon("a", folder, bind=at, article=False, flags=[
            "--listen", f"/ip4/{at}/tcp/4901", *flags], env=env) as node:
        yield node


def test_it_is_ready_when_it_serves(folder):
    with Manager(folder / "notify") as manager, \
            daemon(folder, manager.env()) as node:
        pid, lines = manager.hear()
        assert local(node.control, "/healthz").code == 200
        assert lines == ["READY=1", "STATUS=in no mesh, 0 connections"]
        assert pid == node.proc.pid
        node.ready()
        node.proc.terminate()
        assert manager.hear_until("STOPPING=1")[-2] == "STOPPING=1"
        assert node.proc.wait(20) == 0


def test_what_it_is_in_is_told(folder):
    with Manager(folder / "notify") as manager, \
            daemon(folder, manager.env(WATCHDOG_USEC="400000")) as node:
        node.ready()
        assert node.ask("POST", "/mesh/init", {}).code == 200
        name = node.get("/mesh/revisions/current")["revision"]
        manager.hear_until(
            f"STATUS=in a mesh, current: {name}, 0 connections")


def test_the_watchdog_hears_of_the_loop(folder):
    with Manager(folder / "notify") as manager, \
            daemon(folder, manager.env(WATCHDOG_USEC="200000")):
        _, first = manager.hear()
        assert first[:2] == ["READY=1", "WATCHDOG=1"]
        for _ in range(5):
            assert manager.hear()[1] == ["WATCHDOG=1"]


def test_somebody_elses_watchdog(folder):
    """Variables that were meant for who started us."""
    env = {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}
    with Manager(folder / "notify") as manager, \
            daemon(folder, manager.env(**env)) as node:
        manager.hear()
        node.proc.terminate()
        assert "WATCHDOG=1" not in manager.hear_until("STOPPING=1")


@pytest.mark.skipif(os.geteuid() != 0,
                    reason="only root becomes another user")
def test_a_socket_without_a_file(folder):
    """Landlock keeps the daemon from such sockets, so it is connected before
    rights are given up."""
    with Manager(f"@ume2e-{os.getpid()}") as manager, daemon(
            folder, manager.env(WATCHDOG_USEC="200000"),
            ["--user", UID]) as node:
        node.wait_text(f"confined: user {UID}")
        assert "READY=1" in manager.hear()[1]
        assert manager.hear()[1] == ["WATCHDOG=1"]
        node.proc.terminate()
        manager.hear_until("STOPPING=1")


@pytest.mark.skipif(os.geteuid() != 0,
                    reason="only root becomes another user")
def test_a_socket_that_is_made_anew(folder):
    """As when systemd was started again."""
    path = folder / "notify"
    with Manager(path) as first, daemon(
            folder, first.env(WATCHDOG_USEC="200000"),
            ["--user", UID]) as node:
        first.hear_until("READY=1")
        path.unlink()
        first.sock.close()
        with Manager(path) as second:
            second.hear_until("WATCHDOG=1")
            node.proc.terminate()
            second.hear_until("STOPPING=1")


@pytest.mark.parametrize("at", ["vsock:2:99", "@", "nowhere", "/nowhere/at"])
def test_a_socket_that_cannot_be_used(folder, at):
    env = {**os.environ, "NOTIFY_SOCKET": at}
    with daemon(folder, env) as node:
        node.wait_text("cannot be used")
        node.ready()
        node.proc.terminate()
        assert node.proc.wait(20) == 0
