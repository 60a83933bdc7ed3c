# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh beside real Units: `UNITD=/usr/sbin/unitd make e2e`, or one that is in
the PATH. What these do not show is shown with the stand-in."""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
from pathlib import Path

import pytest
from crew import ROUTE, Node, synced, until
from daemon import fetch
from peer import Program
from rig import loopback
from test_mesh_parts import certificate

PROGRAM = os.environ.get("UNITD") or shutil.which("unitd")
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no unitd: UNITD does not name one, nor is it in "
    "the PATH")
TLS_PORT, PORT = 8443, 8080


class Unit(Program):
    """unitd, with a state of its own and the address of its listeners. Ended
    and begun anew it has what it had."""

    def __init__(self, folder, name, at):
        self.folder = folder / f"unit-{name}"
        self.at = at
        self.log = self.folder / "log"
        self.socket = self.folder / "control.sock"
        self.target = f"unix:{self.socket}"
        for part in ("state", "tmp"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        super().__init__(name, [
            PROGRAM, "--no-daemon", "--control", self.target,
            "--statedir", self.folder / "state", "--log", self.log,
            "--tmpdir", self.folder / "tmp", "--pid", self.folder / "pid"])
        until(lambda: self.ask("GET", "/config").code == 200,
              "unitd answers")

    def ask(self, method, path, body=None):
        return fetch(f"http://localhost{path}", method=method, body=body,
                     unix=str(self.socket))

    def config(self):
        return json.loads(self.ask("GET", "/config").body)

    def served(self):
        """What its first listener answers."""
        return fetch(f"http://{self.at}:{PORT}/").code

    def certificate(self):
        """The one that its listener shows."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.at, TLS_PORT), 5) as plain:
            with context.wrap_socket(plain) as sock:
                return sock.getpeercert(True)

    def kill(self):
        """Its main process first, then all that it began."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        for pid in [self.pid, *map(int, children.read_text().split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.stop()
        self.socket.unlink(missing_ok=True)


def served(status, **more):
    """A configuration that serves that at each node's address."""
    return json.dumps({
        "listeners": {f"{{{{label.address}}}}:{PORT}": {"pass": "routes"},
                      **more},
        "routes": [{"action": {"return": status}}]})


@contextlib.contextmanager
def mesh(folder, flags=()):
    """Two nodes, each beside a unitd whose listeners are at its address."""
    names = ("red", "green")
    at = [loopback() for _ in names]
    with contextlib.ExitStack() as stack:
        units = [stack.enter_context(Unit(folder, n, a))
                 for n, a in zip(names, at)]
        nodes = [stack.enter_context(Node(
            n, folder, at[i], at[1 - i], unit=units[i], flags=[
                "--unit-log", units[i].log, *flags]))
            for i, n in enumerate(names)]
        for n in nodes:
            n.ready()
        red, green = nodes
        red.say("init", "--name", "real")
        green.say("join", red.say("invite", "--role", "writer").strip())
        synced(*nodes)
        for n in nodes:
            red.say("members", "label", n.name_, f"address={n.standin.at}")
        red.say("put", "/config", served(204))
        synced(*nodes)
        yield nodes


def answers(node, status, seconds=40):
    until(lambda: node.standin.served() == status,
          f"{node.name_} serves {status}", seconds)


def test_changes(folder):
    """What is written at one is served by all; what unitd refuses by none, with
    unitd's words."""
    with mesh(folder) as (red, green):
        for n in (red, green):
            answers(n, 204)
        green.say("put", ROUTE, "205")
        for n in (red, green):
            answers(n, 205)
        assert {r[0]: r[4] for r in red.rows("nodes")} == {
            n.name_: red.standin.ask("GET", "/config").headers[
                "server"].split("/")[1] for n in (red, green)}
        at = red.current()
        # One that our own check knows; one that shows when it is applied.
        said = red.refuse("put", "/config/listeners", json.dumps(
            {"*:80": {"pass": "applications/none"}}))
        assert "/listeners/*:80/pass" in said
        said = red.refuse("put", "/config/listeners/203.0.113.1:80",
                          '{"pass": "routes"}', code=3)
        assert "203.0.113.1:80" in said and said.count("bind(") == 1, said
        assert red.current() == at
        for n in (red, green):
            assert n.standin.served() == 205
        red.say("rollback")
        for n in (red, green):
            answers(n, 204)


def test_it_begins_anew(folder):
    """With what it ran, or without; in good order, or not."""
    with mesh(folder) as (red, green):
        for end in (Unit.stop, Unit.kill):
            for keeps in (True, False):
                unit = green.standin
                end(unit)
                until(lambda: red.states()["green"][0] != "synced",
                      "red sees that it is gone")
                red.say("put", ROUTE, str(205 + keeps))
                answers(red, 205 + keeps)
                if not keeps:
                    shutil.rmtree(unit.folder / "state")
                with contextlib.ExitStack() as stack:
                    green.standin = stack.enter_context(
                        Unit(folder, "green", unit.at))
                    answers(green, 205 + keeps)
                    synced(red, green)
                    stack.pop_all()
        green.standin.stop()


def test_by_hand(folder):
    """Overwritten by what comes next, and a copy is kept; adopted."""
    with mesh(folder) as (red, green):
        for status in (298, 299):
            answer = green.standin.ask(
                "PUT", "/config/routes/0/action/return", b"%d" % status)
            assert answer.code == 200, answer
            if status == 298:
                red.say("put", ROUTE, "205")
                answers(green, 205)
                until(lambda: [r for r in green.rows("copies")
                               if r[3] == "drift"], "a copy is kept")
        green.say("post", "/config", "-m", "it was right")
        answers(red, 299)
        synced(red, green)


def test_certificates(folder):
    """Renewed under its name, which unitd cannot do."""
    with mesh(folder) as (red, green):
        shown = []
        for name in ("first", "second"):
            chain, key = certificate(folder, name)
            der = ssl.PEM_cert_to_DER_cert(chain.read_text())
            red.say("cert", "put", "site", chain, key)
            if not shown:
                green.say("put", "/config", served(204, **{
                    f"{{{{label.address}}}}:{TLS_PORT}": {
                        "pass": "routes", "tls": {"certificate": "site"}}}))
            for n in (red, green):
                until(lambda n=n, der=der: n.standin.certificate() == der,
                      f"{n.name_} shows the {name} one")
            shown.append(der)
        synced(red, green)
        assert shown[0] != shown[1]
        # A listener with TLS is probed as it is.
        probe = {"listener": f"{{{{label.address}}}}:{TLS_PORT}",
                 "interval": 1, "failures": 1}
        said = red.call("probe", "set", "secure", json.dumps(probe),
                        "--wait=healthy", "--timeout", "60s", "-o", "json")
        assert not json.loads(said.stdout).get("missing"), said
        red.say("put", ROUTE, "503")
        until(lambda: f"503 from https://{red.standin.at}:{TLS_PORT}/" in
              " ".join(next(r for r in green.rows("nodes") if r[0] == "red")),
              "green hears why red is ill")
        for n in (red, green):
            held = json.loads(n.standin.ask("GET", "/certificates").body)
            assert len(held) == 1, held


def test_on_the_scratch_unit(folder):
    """unitd refuses there what it would refuse here; here nobody is asked."""
    with mesh(folder, ("--scratch-unit", PROGRAM)) as (red, green):
        answer = red.ask("PUT", f"/config/{ROUTE}?dry-run", b"206")
        assert answer.code == 200 and answer.headers["x-checked"] == \
            "document, scratch", answer
        at = red.current()
        red.say("cert", "put", "other", *certificate(folder, "other"))
        said = red.refuse("put", "/config/listeners/203.0.113.1:80",
                          '{"pass": "routes"}', code=3)
        assert "203.0.113.1:80" in said
        assert red.standin.served() == green.standin.served() == 204
        answer = red.ask("PUT", f"/config/{ROUTE}", b"206")
        assert answer.headers["x-checked"] == "document, scratch, unit"
        answers(green, 206)
        assert red.current() != at


def test_a_probe(folder):
    """Of a listener that is there, and of what it answers."""
    with mesh(folder) as (red, green):
        red.say("probe", "set", "front", json.dumps(
            {"listener": f"{{{{label.address}}}}:{PORT}", "path": "/"}))
        synced(red, green)
        said = red.ask("PUT", f"/config/{ROUTE}?wait=healthy", b"207")
        assert said.code == 200, said
        red.say("put", ROUTE, "503")
        until(lambda: "503" in " ".join(
            next(r for r in green.rows("nodes") if r[0] == "red")),
            "green hears why red is ill")


def test_a_large_configuration(folder):
    """unitd cuts off what it shows of one over a unix socket; a change of it is
    served all the same, and nothing is taken for a change by hand."""
    with mesh(folder) as (red, green):
        large = json.loads(served(204))
        large["routes"][:0] = [
            {"match": {"uri": f"/{i}/{'x' * 80}"}, "action": {"return": 200}}
            for i in range(4000)]
        assert red.ask("PUT", "/config", large).code == 200
        synced(red, green)
        for status in (205, 206):
            green.say("put", "/config/routes/4000/action/return", str(status))
            for n in (red, green):
                answers(n, status)
            synced(red, green)
        for n in (red, green):
            assert not any("by hand" in line for line in n.lines)
            assert [r for r in n.rows("copies") if r[3] == "drift"] == []
