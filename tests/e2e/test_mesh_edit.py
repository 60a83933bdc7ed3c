# SPDX-License-Identifier: MIT OR Apache-2.0
"""`unitmesh edit`: an editor that is a script, on a terminal and without."""

import json
import os
import re
import stat
import subprocess

import pytest
from crew import ROUTE, Node
from daemon import UNITMESH
from fake import FakeDaemon
from rig import loopback
from terminal import Terminal

ASKS = r"Go on, or edit it again\? \[y/e/N\] "
ONCE_MORE = r"Edit it again\? \[Y/n\] "


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with Node("one", tmp_path_factory.mktemp("e"), loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        node.say("put", "/config", json.dumps({
            "listeners": {"*:8080": {"pass": "routes"}},
            "routes": [{"action": {"return": 204}}]}))
        yield node


@pytest.fixture
def editor(folder):
    """Makes an editor: the shell runs `script` on "$1"; each time the next
    one, if there are more. It may be called with words of its own."""
    def make(*scripts):
        program = folder / "an editor"
        for i, script in enumerate(scripts):
            (folder / f"script.{i}").write_text(script)
        program.write_text(
            f'#!/bin/sh\nset -eu\nn=$(cat {folder}/n 2>/dev/null || echo 0)\n'
            f'echo $((n + 1)) > {folder}/n\n. {folder}/script.$n\n')
        program.chmod(0o755)
        (folder / "n").unlink(missing_ok=True)
        return {"EDITOR": f"'{program}'", "VISUAL": "", "TMPDIR": str(folder)}
    return make


def left(folder):
    return list(folder.glob("unitmesh-*.json"))


def to(status):
    return f'sed -i "s/20[0-9]/{status}/" "$1"'


def test_a_change_in_an_editor(one, editor, folder):
    env = editor(f'stat -c %a "$1" > {folder}/mode; {to(205)}')
    with Terminal("edit", "-m", "by hand", "--control", one.control,
                  env=env) as t:
        t.wait(r"~ /base/routes/0/action/return: 204 -> 205\n")
        t.wait(r"\n1 change to r2\.[0-9a-f]{4}\.\n" + ASKS)
        t.type("y\n")
        assert t.end() == 0, t.all
    assert one.say("get", ROUTE).strip() == "205"
    assert one.rows("log")[0][4] == "by hand"
    assert (folder / "mode").read_text() == "600\n" and not left(folder)
    # What is behind a slash is a part of it; VISUAL goes first; a trial.
    env = editor('echo 206 > "$1"')
    env["VISUAL"], env["EDITOR"] = env["EDITOR"], "false"
    with Terminal("edit", f"/{ROUTE}", "--trial=10m", "--control", one.control,
                  env=env) as t:
        t.wait(ASKS)
        t.type("y\n")
        assert t.end() == 0, t.all
    assert one.rows("log")[0][1] == "open"
    one.say("abort")


def test_nothing_is_changed(one, editor, folder):
    was = one.current()
    for script in ("true", ': > "$1"', r'sed -i "s/{$/{ /" "$1"'):
        done = one.call("edit", env={**os.environ, **editor(script)})
        assert (done.returncode, done.stdout, done.stderr) == (
            0, "Nothing is changed.\n", ""), script
        assert not left(folder)
    assert one.current() == was


def test_mistakes_are_told_and_mended(one, editor, folder):
    env = editor('printf \'{\\n  "a": [1,\\n  x]}\\n\' > "$1"',
                 'printf \'{"listeners": {"*:80": {"pass": "no"}}}\' > "$1"',
                 'printf \'{"listeners": {}, "routes": [{"action": '
                 '{"return": 207}}]}\' > "$1"',
                 'sed -i "s/207/208/" "$1"')
    with Terminal("edit", "--control", one.control, "--force", env=env) as t:
        t.wait(r"\.json: line 3, column 3: this is no JSON: .*\n" + ONCE_MORE)
        t.type("\n")
        t.wait(r"unitmesh: (.|\n)*" + ONCE_MORE)
        t.type("y\n")
        t.wait(r"204 -> 207|205 -> 207")
        t.wait(ASKS)
        t.type("e\n")
        t.wait(r"-> 208")
        t.wait(ASKS)
        t.type("y\n")
        assert t.end() == 0, t.all
    assert one.say("get", ROUTE).strip() == "208" and not left(folder)


def test_who_gives_up_keeps_the_text(one, editor, folder):
    was = one.current()
    for script, typed, waits in ((r'echo "{" > "$1"', "n\n", ONCE_MORE),
                                 (to(209), "n\n", ASKS),
                                 (to(209), "\x04", ASKS)):
        with Terminal("edit", "--control", one.control,
                      env=editor(script)) as t:
            t.wait(waits)
            t.type(typed)
            assert t.end() == 1, t.all
            kept = re.search(r"Nothing is changed\. The text is kept in "
                             r"(\S+)\n$", t.all)[1]
        assert [str(p) for p in left(folder)] == [kept]
        mode = os.stat(kept).st_mode
        assert stat.S_IMODE(mode) == 0o600
        os.unlink(kept)
    assert one.current() == was
    done = one.call("edit", env={**os.environ, **editor("exit 3")})
    assert done.returncode == 1 and "ended with an error" in done.stderr
    assert done.stderr.endswith("\nNothing is changed.\n")
    assert not left(folder)  # which had nothing new
    done = one.call("edit", env={**os.environ, **editor("true"),
                                 "EDITOR": "/none/at-all"})
    assert done.returncode == 1 and "$EDITOR names one" in done.stderr
    assert not left(folder)
    done = one.call("edit", env={**os.environ, **editor(to(209) + "; exit 3")})
    assert done.returncode == 1 and "is kept in" in done.stderr
    assert "209" in left(folder)[0].read_text()


def test_a_file_that_cannot_be_written(one, editor, folder):
    done = subprocess.run(
        ["sh", "-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"', "sh", UNITMESH,
         "edit", "--control", one.control], env={**os.environ,
                                                 **editor("true")},
        capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not done.stdout
    assert f"unitmesh: {folder}/unitmesh-" in done.stderr
    assert done.stderr.endswith(".json: File too large\n")
    assert not left(folder)


def test_somebody_else_is_first(one, editor, folder):
    call = f'"{one.call("version").args[0]}" put {ROUTE} 202 ' \
        f'--control {one.control} >&2; {to(203)}'
    done = one.call("edit", env={**os.environ, **editor(call)})
    assert done.returncode == 4, done
    assert "changed by somebody else while you edited" in done.stderr
    assert "203" in left(folder)[0].read_text()
    assert one.say("get", ROUTE).strip() == "202"


def test_without_a_terminal(one, editor, folder):
    done = one.call("edit", "/routes", env={**os.environ, **editor(to(201))})
    assert done.returncode == 0 and one.current() in done.stdout, done
    assert one.say("get", ROUTE).strip() == "201" and not left(folder)
    done = one.call("edit", env={**os.environ, **editor('echo "[" > "$1"')})
    assert done.returncode == 1 and "line 2, column 1" in done.stderr
    assert "Edit it again" not in done.stderr and len(left(folder)) == 1
    done = one.call("edit", "--dry-run",
                    env={**os.environ, **editor(to(209))})
    assert done.returncode == 0 and "201 -> 209" in done.stderr
    for path in ("/certificates/x", "/status", "/mesh/settings", "/js_modules"):
        assert "no JSON that can be" in one.refuse("edit", path, code=2)
    assert "exist" in one.refuse("edit", "/none")


def test_a_daemon_that_ends_says_nothing_of_it(editor, folder):
    for last, why in ((None, "ended before it answered"),
                      ("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
                       "partial file|remaining to read")):
        with FakeDaemon(folder / "s", '{"a": 204}', '{"changes": ["~ a"]}',
                        last) as fake, Terminal(
                            "edit", "--control", fake.control,
                            env=editor(to(205))) as t:
            t.wait(ASKS)
            t.type("y\n")
            t.wait(why)
            assert t.end() == 1, t.all
            assert re.search(r"\nThe text is kept in \S+\n$", t.all), t.all
            assert "othing is changed" not in t.all
            assert "dry-run" not in fake.asked[-1]
        kept, = left(folder)
        assert "205" in kept.read_text()
        kept.unlink()


def test_a_plan_that_cannot_be_read_changes_nothing(editor, folder):
    with FakeDaemon(folder / "s", '{"a": 204}', "tea", "{}") as fake, \
            Terminal("edit", "--control", fake.control,
                     env=editor(to(205))) as t:
        t.wait(r"the daemon's answer is no JSON\n" + ONCE_MORE)
        t.type("n\n")
        assert t.end() == 1, t.all
        assert "dry-run" in fake.asked[-1]
    assert "205" in left(folder)[0].read_text()
