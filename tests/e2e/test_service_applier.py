# SPDX-License-Identifier: MIT OR Apache-2.0
"""The daemon and its applier as two services: neither starts the other, and
the daemon is never root."""

import contextlib
import os
import signal
import socket

import pytest
from daemon import UNITMESH, Daemon
from peer import Program
from rig import Standin, config, loopback, run, until

# Nobody's number; its group is its own.
UID = 54321

pytestmark = pytest.mark.skipif(os.geteuid() != 0,
                                reason="only root becomes another user")


# Another one, in the group of the first.
OTHER = UID + 1


def become(uid=UID):
    return ["setpriv", f"--reuid={uid}", f"--regid={UID}", "--clear-groups"]


class Applier(Program):
    """`log`: where it writes, and nobody waits for what it says there."""

    def __init__(self, folder, unit, log=None):
        more = {} if log is None else {"pass_fds": [log]}
        super().__init__("applier", [
            "bash", "-c", f'exec "$0" "$@" 2>&{log or 1}', UNITMESH,
            "applier", "--state",
            folder / "s", "--applier", folder / "gate", "--user", UID, "--unit",
            unit], **more)
        if log is None:
            self.wait_text("waits for a daemon")


class Guest(Daemon):
    """A daemon that a user has started, who never was root."""

    def __init__(self, folder, flags=()):
        at = loopback()
        self.netns, self.bind = None, at
        self.state, self.control = folder / "s", folder / "run/control.sock"
        self.control.parent.mkdir(exist_ok=True)
        os.chown(self.control.parent, UID, UID)
        Program.__init__(self, "daemon", [
            *become(), "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run",
            "--state", self.state, "--control", self.control,
            "--applier", folder / "gate",
            "--bind", at, "--no-mdns", "--listen", f"/ip4/{at}/tcp/4901",
            *flags])


@pytest.fixture
def unit(folder):
    """A Unit that root alone may speak with."""
    folder.chmod(0o711)
    with Standin(folder) as standin:
        assert (folder / "unit.sock").stat().st_mode & 0o777 == 0o600
        yield standin


@contextlib.contextmanager
def as_user():
    os.setegid(UID)
    os.seteuid(UID)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def call(folder, text, *fds):
    """What the applier answers to who comes by hand."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(10)
        sock.connect(str(folder / "gate"))
        socket.send_fds(sock, [text.encode()], list(fds))
        return sock.recv(300).decode()


def version():
    return run("--version").stdout.split()[1]


def uids(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(line for line in f if line.startswith("Uid:")).split()[1:]


def test_a_mesh_of_two_services(folder, unit):
    with Applier(folder, unit.target) as applier, Guest(folder) as node:
        node.ready()
        assert uids(node.pid) == [str(UID)] * 4
        assert uids(applier.pid) == ["0"] * 4
        assert node.ask("POST", "/mesh/init", {}).code == 200
        answer = node.ask("PUT", "/config", config("two"))
        assert answer.code == 200, answer
        until(lambda: unit.config() == config("two"), "Unit runs it")
        assert node.control.stat().st_mode & 0o777 == 0o660
        for name in ("node.key", "owner.key", "applier"):
            assert (folder / "s" / name).stat().st_uid == 0, name
        assert (folder / "s/mesh.db").stat().st_uid == UID
        node.proc.send_signal(signal.SIGTERM)
        assert node.proc.wait(20) == 0 and applier.proc.wait(20) == 0


def test_each_ends_with_the_other(folder, unit):
    with Applier(folder, unit.target) as applier, Guest(folder) as node:
        node.ready()
        node.proc.kill()
        assert applier.proc.wait(20) == 0
    with Applier(folder, unit.target) as applier, Guest(folder) as node:
        node.ready()
        applier.proc.kill()
        node.wait_text("without its applier")
        assert node.proc.wait(20) == 1


def test_who_is_turned_away(folder, unit):
    with Applier(folder, unit.target) as applier:
        ours = version()
        assert call(folder, ours) == "another user"
        ends, streams = os.pipe(), socket.socketpair()
        with as_user():
            assert call(folder, "0.0.9", *ends) == \
                "this applier is of another version: restart both"
            for fds in (), ends, [streams[0].fileno()], [
                    streams[0].fileno(), *ends]:
                assert call(folder, ours, *fds) == \
                    "it does not bring two sockets"
        applier.wait_text("user 0, process .* is turned away: another user")
        for fd in ends:
            os.close(fd)
        with Guest(folder) as node:
            node.ready()


def test_a_socket_that_the_manager_made(folder, unit):
    """Socket activation: it listens before there is an applier."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.bind(str(folder / "gate"))
        os.chown(folder / "gate", 0, UID)
        os.chmod(folder / "gate", 0o660)
        sock.listen(4)
        for _ in range(2):  # a second one, when the first has ended
            with Guest(folder) as node, Program("applier", [
                    "bash", "-c", f'exec 3<&{sock.fileno()}; LISTEN_FDS=1 '
                    'LISTEN_PID=$$ exec "$0" "$@" 2>&1', UNITMESH, "applier",
                    "--state", folder / "s", "--user", UID, "--unit",
                    unit.target], pass_fds=[sock.fileno()]) as applier:
                node.ready()
                node.proc.terminate()
                assert node.proc.wait(20) == 0
                assert applier.proc.wait(20) == 0


@pytest.mark.parametrize("flags, code, words", [
    (["run", "--applier", "GATE"], 1, "must not be root"),
    (["run", "--applier", "GATE", "--article"], 2, "no part with --article"),
    (["applier", "--applier", "GATE", "--unit", "embedded"], 2, "no part"),
    (["applier", "--applier", "GATE", "--user", "root"], 1, "than root"),
    (["applier", "--applier", "GATE", "--user", "nobody-1"], 1, "no user"),
    (["applier", "--user", UID], 1, "--applier PATH"),
    (["applier", "--applier", "GATE" * 40, "--user", UID], 1, "too long")])
def test_what_cannot_be(folder, flags, code, words):
    folder.chmod(0o711)
    done = run(*[str(folder / "gate") if f == "GATE" else f for f in flags],
               "--state", folder / "s")
    assert done.returncode == code and words in done.stderr, done


def test_nobody_is_there(folder):
    folder.chmod(0o711)
    with Guest(folder) as node:
        node.wait_text("no applier at .*: No such file", 30)
        assert node.proc.wait(20) == 1


def test_it_comes_later(folder, unit):
    """As containers do, which are all started at once; what is there at first
    is the socket of one that was killed."""
    with Applier(folder, unit.target) as applier:
        applier.proc.kill()
        applier.proc.wait(20)
    assert (folder / "gate").is_socket()
    with Guest(folder) as node:
        node.wait_text("waits for an applier at ")
        with Applier(folder, unit.target):
            node.ready()
            node.proc.terminate()
            assert node.proc.wait(20) == 0


def test_as_the_first_process_of_a_container(folder, unit):
    """The kernel spares a process 1 the signals that it does not expect."""
    with Program("applier", [
            "unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
            'exec "$0" "$@" 2>&1', UNITMESH, "applier", "--state", folder / "s",
            "--applier", folder / "gate", "--user", UID, "--unit",
            unit.target]) as applier:
        applier.wait_text("waits for a daemon")
        with open(f"/proc/{applier.pid}/task/{applier.pid}/children",
                  encoding="ascii") as f:
            os.kill(int(f.read().split()[0]), signal.SIGTERM)
        assert applier.proc.wait(20) == 0


def test_both_are_units_user(folder, unit):
    """No root at all: Unit's socket is that user's."""
    folder.chmod(0o711)
    (folder / "s").mkdir(mode=0o700)
    (folder / "gates").mkdir()
    for path in "s", "gates", "unit.sock":
        os.chown(folder / path, UID, UID)
    gate = folder / "gates/gate"
    with Program("applier", [
            *become(), "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "applier",
            "--state", folder / "s", "--applier", gate, "--unit",
            unit.target]) as applier:
        applier.wait_text("waits for a daemon")
        with Guest(folder, ["--applier", gate]) as node:
            node.ready()
            assert node.ask("POST", "/mesh/init", {}).code == 200
            answer = node.ask("PUT", "/config", config("one"))
            assert answer.code == 200, answer
            until(lambda: unit.config() == config("one"), "Unit runs it")


def test_two_users_and_none_is_root(folder, unit):
    """Unit's socket and the keys are one user's, and the daemon another's, as
    the containers of a pod may be."""
    folder.chmod(0o711)
    for path in "data", "gates":
        (folder / path).mkdir(mode=0o770)
        os.chown(folder / path, 0, UID)
        (folder / path).chmod(0o2775)  # as of fsGroup
    os.chown(folder / "unit.sock", OTHER, OTHER)
    gate, state = folder / "gates/gate", folder / "data/s"
    with Program("applier", [
            *become(OTHER), "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH,
            "applier", "--state", state, "--applier", gate, "--unit",
            unit.target, "--user", UID]) as applier:
        applier.wait_text("waits for a daemon of")
        with Guest(folder, ["--applier", gate, "--state", state]) as node:
            node.ready()
            assert uids(applier.pid) == [str(OTHER)] * 4
            assert node.ask("POST", "/mesh/init", {}).code == 200
            answer = node.ask("PUT", "/config", config("two"))
            assert answer.code == 200, answer
            until(lambda: unit.config() == config("two"), "Unit runs it")
            assert state.stat().st_mode & 0o7777 == 0o1770
            for name in ("node.key", "owner.key", "applier"):
                assert (state / name).stat().st_uid == OTHER, name
            with as_user(), pytest.raises(PermissionError):
                (state / "node.key").read_bytes()
            assert (state / "mesh.db").stat().st_uid == UID


def test_a_folder_of_a_group_that_it_is_not_in(folder, unit):
    folder.chmod(0o711)
    (folder / "data").mkdir(mode=0o777)
    (folder / "data").chmod(0o777)
    with Program("applier", [
            *become(OTHER), "sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH,
            "applier", "--state", folder / "data/s", "--applier",
            folder / "data/gate", "--unit", unit.target, "--user",
            UID + 2]) as applier:
        applier.wait_text("state folder .*: Operation not permitted")
        assert applier.proc.wait(20) == 1


def test_who_read_the_log_is_gone(folder, unit):
    """As when journald starts again."""
    folder.chmod(0o711)
    out, into = os.pipe()
    with Applier(folder, unit.target, log=into) as applier:
        os.close(into)
        seen = b""
        while b"waits for a daemon" not in seen:
            seen += os.read(out, 4096)
        os.close(out)
        with Guest(folder) as node:
            node.ready()
            node.proc.terminate()
            assert node.proc.wait(20) == 0 and applier.proc.wait(20) == 0
