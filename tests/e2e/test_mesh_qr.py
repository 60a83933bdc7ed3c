# SPDX-License-Identifier: MIT OR Apache-2.0
"""`unitmesh invite --qr`: what is drawn is what the daemon made, module by
module, dark on light, with room around it."""

import contextlib
import http.server
import json
import re
import socketserver
import subprocess
import threading

import pytest
from crew import Node
from daemon import UNITMESH
from rig import loopback
from terminal import Terminal

QUIET = 4
HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
LINE = re.compile(re.escape(BLACK_ON_WHITE) + r"([ ▀▄█]+)\x1b\[m\n")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with Node("one", tmp_path_factory.mktemp("q"), loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        yield node


@contextlib.contextmanager
def answering(folder, answer):
    """A daemon that has one answer to all that is asked."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.dumps(answer).encode()
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self):
            return "unix"

        def log_message(self, *args):
            pass

    path = folder / "s"
    with socketserver.UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def rows_of(lines):
    """The modules of drawn lines, as the daemon tells them; what is around
    them is light."""
    all_ = []
    for line in lines:
        all_ += zip(*(HALVES[c] for c in line))
    side = len(all_[0])
    assert {len(r) for r in all_} == {side} and len(all_) - side in (0, 1)
    inner = [r[QUIET:-QUIET] for r in all_[QUIET:side - QUIET]]
    assert sum(map(sum, all_)) == sum(map(sum, inner))
    return ["".join(map(str, r)) for r in inner]


def test_black_on_white(one, folder):
    made = one.ask("POST", "/mesh/invites", {}).json
    with answering(folder, made) as path:
        with Terminal("invite", "--qr", "--control", path,
                      env={"NO_COLOR": ""}) as t:
            assert t.end() == 0
        assert rows_of(LINE.findall(t.all)) == made["qr"]
        assert t.all.startswith(made["code"])
        # The code alone can be piped.
        with Terminal("invite", "--qr", "--control", path,
                      env={"NO_COLOR": ""}, stdout=subprocess.DEVNULL) as t:
            assert t.end() == 0
        assert rows_of(LINE.findall(t.all)) == made["qr"]
        assert made["code"] not in t.all


def test_without_colours_what_is_light_is_drawn(one, folder):
    made = one.ask("POST", "/mesh/invites", {}).json
    with answering(folder, made) as path:
        with Terminal("invite", "--qr", "--control", path) as t:
            assert t.end() == 0
        piped = subprocess.run([UNITMESH, "invite", "--qr", "--control", path],
                               text=True, capture_output=True, check=True)
    assert piped.stdout == made["code"] + "\n"
    for text in (t.all, piped.stderr):
        assert "\x1b" not in text
        drawn = re.findall(r"^[ ▀▄█]{20,}$", text, re.M)
        light = str.maketrans(" ▀▄█", "█▄▀ ")
        assert rows_of(line.translate(light) for line in drawn) == made["qr"]


def test_a_narrow_terminal(one, folder):
    made = one.ask("POST", "/mesh/invites", {}).json
    side = len(made["qr"]) + 2 * QUIET
    with answering(folder, made) as path:
        for columns, drawn in ((side, True), (side - 1, False)):
            with Terminal("invite", "--qr", "--control", path,
                          columns=columns) as t:
                assert t.end() == 0
            assert ("█" in t.all) == drawn
            assert (f"Its QR code takes {side} columns; here are {columns}.\n"
                    in t.all) != drawn


@pytest.mark.parametrize("rows", (
    None, [], "10", ["10"], ["10", "1"], ["10", "12"], ["10", 1],
    ["1" * 178] * 178))
def test_what_is_no_code(folder, rows):
    with answering(folder, {"code": "um1q", "role": "node", "uses": 1,
                            "qr": rows}) as path:
        done = subprocess.run([UNITMESH, "invite", "--qr", "--control", path],
                              text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, "um1q\n")
    assert done.stderr.startswith("There is no QR code of it.\nAs a node")


def test_it_is_drawn_when_it_is_asked_for_alone(one):
    assert "█" not in one.call("invite").stderr
    assert "qr" in json.loads(one.say("invite", "--qr", "-o", "json"))
