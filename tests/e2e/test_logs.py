# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where lines go, and which: systemd's journal, which here is ours, and levels
that change while the daemon runs."""

import json
import os
import re
import socket

import daemon
import pytest
from crew import Node, until
from rig import daemons, loopback

# The daemon with a /run of its own, in which the journal is that of a folder.
APART = """#!/bin/sh
exec unshare --mount sh -c 'mount -t tmpfs tmpfs /run &&
    mkdir -p /run/systemd/journal && mount --bind {} /run/systemd/journal &&
    exec "$@"' sh {} "$@"
"""


class Journal:
    """What listens where systemd's journal does."""

    def __init__(self, folder):
        self.at = folder / "socket"
        self.entries = []
        self.begin()

    def begin(self):
        self.at.unlink(missing_ok=True)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.settimeout(0.05)
        self.sock.bind(str(self.at))
        self.at.chmod(0o666)

    def look(self):
        """All entries up to now, as dictionaries."""
        try:
            while True:
                text = self.sock.recv(65536).decode()
                self.entries.append(dict(
                    line.split("=", 1) for line in text.splitlines()))
        except socket.timeout:
            return self.entries

    def find(self, **fields):
        """Until there is an entry with these; values are patterns."""
        return until(lambda: [e for e in self.look() if all(
            re.search(v, e.get(k, "")) for k, v in fields.items())],
            f"{fields} in {self.entries[-5:]}", 20)[0]


@pytest.fixture
def journal(folder, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("a /run of its own takes root")
    place = folder / "journal"
    place.mkdir(0o755)
    folder.chmod(0o711)
    program = folder / "unitmesh"
    program.write_text(APART.format(place, daemon.UNITMESH))
    program.chmod(0o755)
    monkeypatch.setattr(daemon.Daemon, "program", str(program))
    listener = Journal(place)
    yield listener
    listener.sock.close()


def test_lines_have_fields(folder, journal):
    with daemons(Node("red", folder, loopback(),
                      flags=["--log-format", "journal"])) as node:
        entry = journal.find(MESSAGE="^REST is at")
        assert entry["PRIORITY"] == "6" and entry["UNITMESH_NODE"] == "red" \
            and entry["SYSLOG_IDENTIFIER"] == "unitmesh"
        journal.find(MESSAGE="confined: .*seccomp")
        node.say("init")
        made = node.revision("put", "/config/settings", '{"http": {}}')
        entry = journal.find(UNITMESH_REVISION="^" + re.escape(made),
                             UNITMESH_EVENT=".")
        assert made in entry["MESSAGE"]
        entry = journal.find(AUDIT="accepted", MESSAGE="PUT /config/settings")
        assert entry["PRIORITY"] == "6"
        node.ask("PUT", "/config/settings", b"{")
        entry = journal.find(AUDIT="refused")
        assert entry["PRIORITY"] == "4"
        # As after a restart of the journal.
        journal.sock.close()
        journal.begin()
        node.ask("PUT", "/config/settings", b"[")
        journal.find(AUDIT="refused", MESSAGE="PUT /config/settings")
        assert not node.out_tail


def test_without_a_journal_they_are_text(folder):
    with daemon.Daemon("a", folder, bind=loopback(), article=False, flags=[
            "--log-format", "journal", "--listen", f"/ip4/{loopback()}/tcp/0"],
            env={**os.environ, "JOURNAL_STREAM": "1:2"}) as node:
        node.wait_text("REST is at")


def test_the_level_changes_and_comes_back(folder):
    with daemons(Node("red", folder, loopback())) as node:
        node.ready()
        assert node.say("log-level") == "info; the settings say info\n"
        assert node.say("log-level", "debug", "--for", "1s").startswith(
            "debug, for another ")
        node.wait_text("logged is from now on: debug")
        node.wait_text("logged is again as the settings say: info")
        assert node.say("log-level") == "info; the settings say info\n"
        assert node.say("log-level", "error") == \
            "error; the settings say info\n"
        mark = node.mark()
        node.ask("PUT", "/config", b"{")
        assert node.say("log-level", "trace") == \
            "trace; the settings say info\n"
        node.ask("PUT", "/config", b"{")
        node.wait_text("audit: PUT /config", after=mark)
        assert sum("audit: PUT /config" in line
                   for line in node.lines[mark:]) == 1
        # A time takes the place of none, and the other way round.
        node.say("log-level", "debug", "--for", "300s")
        told = json.loads(node.say("log-level", "-o", "json"))
        assert told["level"] == "debug" and 0 < told["for_ms"] <= 300000
        node.say("log-level", "debug")
        assert json.loads(node.say("log-level", "-o", "json")) == {
            "level": "debug", "settings": "info"}


@pytest.mark.parametrize("body", [
    {}, {"level": "loud"}, {"level": 3}, {"level": "debug", "for_ms": 0},
    {"level": "debug", "for_ms": 604800001}, {"level": "debug", "for": 3},
    {"level": "debug", "for_ms": "3"}])
def test_bodies_that_are_none(folder, body):
    with daemons(Node("red", folder, loopback())) as node:
        node.ready()
        assert node.ask("PUT", "/mesh/log-level", body).code == 400
        assert node.get("/mesh/log-level") == {"level": "info",
                                               "settings": "info"}
