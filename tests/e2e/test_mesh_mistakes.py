# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mistake says what, where, and what to do: the line and column of the value
in the file that was given, and why no daemon answers."""

import grp
import json
import os
import socket
import subprocess

import pytest
from crew import Node
from daemon import UNITMESH
from rig import loopback


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with Node("one", tmp_path_factory.mktemp("m"), loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        yield node


# What is in the file; what is called with it; the value that is wrong there.
# A caret stands before it.
CASES = [
    ('{\n  "listeners": {"*:80": {"pass": ^"routs"}},\n  "routes": []\n}\n',
     ("apply",), "/listeners/*:80/pass"),
    ('{"listeners": {}, // it "may" [have} comments\n "routes": [\n'
     ' {"action": {"return": 200}}, /* , { */\n'
     ' {"action": {"return": ^5000}}]}\n', ("apply",),
     "/routes/1/action/return"),
    ('{"listeners": {}, "routes": [{"match": {"uri": "\\"]}"},\n'
     ' "action": ^{"returns": 5}}]}\n', ("plan",), "/routes/0/action"),
    ('[{"match": {"uri": ^5},\n "action": {"return": 500}}]\n',
     ("put", "/config/routes"), "/routes/0/match/uri"),
    ('{"*:82": {"pass": "routes"},\n /* ü */ "*:1/x": ^{"pass": "routes"}}\n',
     ("put", "listeners"), "/listeners/*:1~1x"),
    ('{"rename":\n {"listeners": ^"x"}}\n', ("overlay", "set", "all"),
     "/overlays/all/rename/listeners"),
    ('{"listener": "*:80",\n\t"pat": ^1}', ("probe", "set", "x"),
     "/probes/x/pat"),
    ('{\n"listeners": {}, "routes": [{"action": ^]}\n', ("apply",),
     "/routes/0 of the body"),
]


@pytest.mark.parametrize("text,words,pointer", CASES)
def test_where_in_a_file(one, folder, text, words, pointer):
    before, after = text.split("^")
    file = folder / "a file.json"
    file.write_text(before + after)
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    said = one.call(*words, "-f", file).stderr
    assert f"\n  {file}: line {line}, column {column}\n" in said, said
    assert f"\n  at {pointer}" in said, said


def test_what_was_typed_has_no_file(one):
    said = one.refuse("put", "routes", '[{"action": {"return": 5000}}]')
    assert "line" not in said and "at /routes/0/action/return" in said
    said = one.refuse("put", "routes", "[,]")
    assert "\n  line 1, column 2\n" in said
    # Elsewhere in the document than what was given.
    one.say("put", "/config", '{"listeners": {"*:80": {"pass": "routes"}}, '
            '"routes": [{"action": {"return": 200}}]}')
    said = one.refuse("delete", "routes")
    assert "at /listeners" in said and "line" not in said


def test_what_to_do(one):
    assert "`unitmesh log` lists them" in one.refuse("rollback", "r99")
    assert "`unitmesh members` lists" in one.refuse("members", "rm", "none")
    assert "members pending` lists" in one.refuse("members", "approve", "none")
    # Said once, to programs as well.
    done = one.call("show", "r99", "-o", "json")
    assert "unitmesh log" in json.loads(done.stderr)["detail"]


def test_why_no_daemon_answers(folder):
    def said(path, *before):
        done = subprocess.run([*before, UNITMESH, "status", "--control", path],
                              text=True, capture_output=True, check=False)
        assert done.returncode == 1 and not done.stdout, done
        return done.stderr
    assert "there is no such socket; is the daemon running?" in \
        said(folder / "none")
    path = folder / "s"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))
    assert "it has ended, and left its socket there" in said(path)
    assert "systemctl start unitmesh" in said(path)


def test_a_socket_that_is_for_others(folder):
    if os.geteuid() != 0:
        pytest.skip("skipped: only root can make sockets of others")
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    if subprocess.run([*nobody, UNITMESH, "--version"], check=False,
                      capture_output=True).returncode:
        pytest.skip("skipped: nobody cannot run the program in this folder")
    folder.chmod(0o755)
    group = next(g for g in grp.getgrall() if g.gr_gid and
                 g.gr_name != "nogroup")
    path, name = folder / "s", group.gr_name
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))
        s.listen()
        os.chown(path, 0, group.gr_gid)
        path.chmod(0o660)

        def said():
            return subprocess.run(
                [*nobody, UNITMESH, "status", "--control", path], text=True,
                capture_output=True, check=False).stderr
        assert f"{path}: it is not for nobody, but for root and the group " \
            f"{name}\n  as root: usermod -a -G {name} nobody;" in said()
        path.chmod(0o600)
        assert "but for root\n  ask as root, with sudo\n" in said()
        folder.chmod(0o700)
        assert f"unitmesh: {folder}: it is not for nobody" in said()
