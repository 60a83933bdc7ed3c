# SPDX-License-Identifier: MIT OR Apache-2.0
"""The daemon and its applier are two processes: what is seen when one of them
ends, or cannot begin."""

import contextlib
import http.server
import json
import os
import signal
import socketserver
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from crew import Node, again, begin, until
from daemon import UNITMESH, local
from rig import Standin, config, daemons, loopback


def appliers(node):
    """The processes that hold the Unit of a node."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[1:3] == [b"its-applier", str(node.state).encode()]:
            found.append(int(entry.name))
    return found


class SlowUnit:
    """A Unit that has a configuration, and takes another one when it may."""

    def __init__(self, folder):
        self.path = f"{folder}/slow.sock"
        self.target = f"unix:{self.path}"
        self.text = b'{"listeners":{},"routes":[],"applications":{}}'
        self.asked, self.may = threading.Event(), threading.Event()
        self.may.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                shown = self.server.unit.text
                if self.path.startswith("/control/"):
                    self.server.unit.asked.set()
                    assert self.server.unit.may.wait(30)
                self.answer(200 if self.path == "/config" else 404, shown)

            def do_PUT(self):
                text = self.rfile.read(int(self.headers["Content-Length"]))
                self.server.unit.asked.set()
                assert self.server.unit.may.wait(30)
                self.server.unit.text = text
                self.answer(200, b"{}")

            def answer(self, code, body):
                with contextlib.suppress(BrokenPipeError):
                    self.send_response(code)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def address_string(self):
                return "-"

            def log_message(self, format, *args):
                pass

        self.server = socketserver.ThreadingUnixStreamServer(self.path, Handler)
        self.server.unit = self
        self.thread = threading.Thread(target=self.server.serve_forever)

    def hold(self):
        self.asked.clear()
        self.may.clear()

    def config(self):
        return json.loads(self.text)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.may.set()
        self.server.shutdown()
        self.server.server_close()


def greets(unit, greeting):
    until(lambda: unit.config() == config(greeting),
          f"the Unit greets with {greeting}")


@pytest.fixture
def unit(folder):
    (folder / "unitd").mkdir()
    with Standin(folder) as standin:
        yield standin


@pytest.fixture
def one(folder, unit):
    """A node that runs something."""
    node = Node("one", folder, loopback(), unit=unit)
    with daemons(node):
        begin([node])
        node.revision("put", "/config", json.dumps(config("one")))
        greets(unit, "one")
        yield node


def ended(node, code):
    assert node.proc.wait(20) == code
    until(lambda: not appliers(node), "its applier has ended")


def test_the_applier_is_killed(folder, unit, one):
    pid, = appliers(one)
    os.kill(pid, signal.SIGKILL)
    one.wait_text("the applier: its process ended: signal 9")
    one.wait_text("ending: without its applier this node cannot reach Unit")
    ended(one, 1)
    with again(one, folder, None, unit=unit) as node:
        node.ready()
        node.revision("put", "/config", json.dumps(config("two")))
        greets(unit, "two")
        assert len(appliers(node)) == 1


def test_the_daemon_is_killed(folder, unit, one):
    """The next one begins at once, and its applier when it may."""
    one.kill()
    with again(one, folder, None, unit=unit) as node:
        node.ready()
        node.revision("put", "/config", json.dumps(config("two")))
        greets(unit, "two")
        until(lambda: len(appliers(node)) == 1, "the first one has ended")
        assert node.stop() == 0
    assert not appliers(one)


def test_the_daemon_is_killed_while_unit_works(folder):
    """What Unit was given is waited for before another applier begins."""
    with SlowUnit(folder) as unit:
        node = Node("one", folder, loopback(), unit=unit)
        with daemons(node):
            begin([node])
            pid, = appliers(node)
            unit.hold()
            with subprocess.Popen([UNITMESH, "put", "/config", "--control",
                                   node.control, json.dumps(config("two"))],
                                  stderr=subprocess.DEVNULL) as busy:
                assert unit.asked.wait(20)
                node.kill()
                busy.wait(20)
        with again(node, folder, None, unit=unit) as node:
            node.wait_text("waiting until another applier has ended")
            assert pid in appliers(node)
            unit.may.set()
            until(lambda: pid not in appliers(node), "the first one has ended")
            node.ready()
            node.revision("put", "/config", json.dumps(config("three")))
            greets(unit, "three")


def test_a_node_leaves_while_unit_is_asked(folder):
    """Who asked is answered at once, and Unit is not waited for."""
    with SlowUnit(folder) as unit:
        node = Node("one", folder, loopback(), unit=unit)
        with daemons(node), ThreadPoolExecutor(1) as pool:
            begin([node])
            unit.hold()
            answer = pool.submit(node.ask, "GET",
                                 "/control/applications/a/restart")
            assert unit.asked.wait(20)
            node.say("leave", "--force")
            assert answer.result(10).code == 503
            assert node.stop() == 0
            unit.may.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_are_told_to_end(one, number):
    """As a terminal or a service manager does it."""
    pid, = appliers(one)
    os.kill(pid, number)
    os.kill(one.proc.pid, number)
    ended(one, 0)
    assert not [line for line in one.lines if " error " in line]


def test_without_standard_files(folder, unit):
    """What is logged goes nowhere, and into nothing else."""
    state = folder / "one"
    at = loopback()
    argv = [UNITMESH, "run", "--state", state, "--control", state / "c",
            "--unit", unit.target, "--no-mdns", "--bind", at, "--log-level",
            "debug", "--listen", f"/ip4/{at}/tcp/4901"]
    with subprocess.Popen(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-',
                           *map(str, argv)]) as proc:
        until((state / "c").exists, "it serves")
        answer = local(state / "c", "/mesh/init", "POST", body=b"{}",
                       seconds=30)
        assert answer.code == 200, answer
        answer = local(state / "c", "/config", "PUT", seconds=30,
                       body=json.dumps(config("one")).encode())
        assert answer.code == 200, answer
        greets(unit, "one")
        proc.terminate()
        assert proc.wait(20) == 0
    for file in (state / "lock", state / "applier/lock"):
        assert b" info " not in file.read_bytes()


def test_its_folder_is_open_to_others(folder, unit):
    state = folder / "one"
    (state / "applier").mkdir(parents=True)
    state.chmod(0o700)
    (state / "applier").chmod(0o755)
    node = Node("one", folder, loopback(), unit=unit)
    with daemons(node):
        node.wait_text("/applier must be a folder of the user who starts")
        ended(node, 1)


def test_its_record_cannot_be_written(folder, unit):
    """Then Unit is given nothing; and everything once it can."""
    at = loopback(), loopback()
    one = Node("one", folder, at[0], at[1], unit=unit)
    two = Node("two", folder, at[1], at[0])
    with daemons(one, two):
        begin([one, two])
        two.revision("put", "/config", json.dumps(config("one")))
        greets(unit, "one")
        in_the_way = one.state / "applier/record.new"
        in_the_way.mkdir()
        (one.state / "applier/record").unlink()
        two.revision("put", "/config", json.dumps(config("two")))
        one.wait_text("the applier cannot write its record")
        assert unit.config() == config("one")
        in_the_way.rmdir()
        greets(unit, "two")


def test_a_second_daemon(folder, unit, one):
    """It ends, and the first one goes on."""
    pid, = appliers(one)
    node = again(one, folder, None, unit=unit)
    with daemons(node):
        assert node.proc.wait(20) == 1
        node.wait_text("is in use by another daemon", 1)
    assert pid in appliers(one)
    one.revision("put", "/config", json.dumps(config("two")))
    greets(unit, "two")
    assert one.stop() == 0
    until(lambda: not appliers(one), "all have ended")


def test_another_mesh(folder, unit, one):
    """Where nothing keeps the two apart the node's word is enough."""
    one.say("leave", "--force")
    one.say("init", "--name", "other")
    one.revision("put", "/config", json.dumps(config("two")))
    greets(unit, "two")
    assert one.stop() == 0
    with again(one, folder, None, unit=unit) as node:
        node.ready()
        node.revision("put", "/config", json.dumps(config("three")))
        greets(unit, "three")


def test_a_folder_without_the_record(folder, unit, one):
    """It begins anew, and says so."""
    assert one.stop() == 0
    for file in (one.state / "applier").iterdir():
        file.unlink()
    (one.state / "applier").rmdir()
    with again(one, folder, None, unit=unit) as node:
        node.ready()
        node.wait_text("the applier has no record of what ran here")
        node.revision("put", "/config", json.dumps(config("two")))
        greets(unit, "two")


def test_a_store_from_a_backup(folder, unit, one):
    """The applier knows what ran since, and does not go back behind it: that
    is the node's reason, until there is something newer."""
    store = folder / "one/mesh.db"
    one.say("put", "/config/routes", '[{"action": {"return": 201}}]')
    one.stop()
    old = store.read_bytes()
    with again(one, folder, None, unit=unit) as one:
        one.ready()
        for status in (202, 203):
            one.say("put", "/config/routes/0/action/return", str(status))
        one.stop()
    store.write_bytes(old)
    with again(one, folder, None, unit=unit,
               env={"UNITMESH_TEST_SPEED": "50"}) as one:
        one.ready()
        until(lambda: one.states()["one"][0] == "drift", "it sees another one")
        one.say("put", "/config/routes/0/action/return", "204")
        until(lambda: "goes back behind r" in one.rows("nodes")[0][-1],
              "the reason is told")
        assert "reason     it goes back behind r" in one.say("status")
        for status in (205, 206, 207):
            one.say("put", "/config/routes/0/action/return", str(status))
        until(lambda: unit.config()["routes"] == [
            {"action": {"return": 207}}], "what is newer runs")
        assert one.states()["one"][0] == "synced"
