# SPDX-License-Identifier: MIT OR Apache-2.0
"""`run --scratch-unit`: what is written is tried on a Unit beside this node's
before anybody hears of it. No unitd is needed: a script with its options runs
the stand-in, fails on request, and keeps a line of each change."""

import concurrent.futures
import contextlib
import json
import os
import platform
import re
import signal
from pathlib import Path

import pytest
from crew import ROUTE, Node, begin, synced, until
from daemon import STANDIN, fetch
from rig import Standin, loopback, run

SCRIPT = """#!/bin/sh
# unitd's options, for the stand-in.
while [ $# -gt 0 ]; do
    case "$1" in
        --no-daemon) shift; continue ;;
        --control) control="$2" ;;
        --statedir) state="$2" ;;
        --log) log="$2" ;;
        --pid) echo $$ > "$2" ;;
        --tmpdir) [ -d "$2" ] || exit 8 ;;
        *) exit 9 ;;
    esac
    shift 2
done
at="${{control#unix:}}"
faults=$(sed "s,@,${{at%/*}},g" {folder}/faults)
exec {standin} --control "$control" --state "$state" --quiet --tell --njs \\
    $faults > "$log"
"""
APP = {"type": "external", "executable": "/bin/true"}


class Scratch:
    """The program, and what the one that runs is like."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "program"
        self.path.write_text(SCRIPT.format(folder=folder, standin=STANDIN))
        self.path.chmod(0o755)
        self.fail("")

    def fail(self, how):
        """From its next start on; @ is its folder."""
        (self.folder / "faults").write_text(how)

    def where(self):
        return next(self.folder.glob("unitmesh-*"), None)

    def ready(self):
        until(lambda: self.where() and
              (self.where() / "control.sock").exists(), "the scratch Unit")

    def get(self, path):
        return json.loads(fetch(f"http://localhost{path}",
                                unix=str(self.where() / "control.sock")).body)

    def pid(self):
        return int((self.where() / "unit.pid").read_text())

    def again(self, how):
        """Another one begins, which fails so."""
        pid = self.pid()
        self.fail(how)
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.pid() != pid and
              fetch("http://localhost/config", unix=str(
                  self.where() / "control.sock")).code == 200, "it is back")


@contextlib.contextmanager
def mesh(folder, names=("red",), flags=()):
    """Nodes, the first of which has a scratch Unit and a Unit that tells."""
    scratch = Scratch(folder)
    at = [loopback() for _ in names]
    with contextlib.ExitStack() as stack:
        unit = stack.enter_context(Standin(folder, "--tell", "--njs"))
        nodes = [stack.enter_context(Node(
            n, folder, at[i], [a for a in at if a != at[i]],
            unit=unit if i == 0 else None,
            flags=["--scratch-unit", scratch.path, *flags] if i == 0 else (),
            env={"TMPDIR": str(folder)})) for i, n in enumerate(names)]
        nodes[0].ready()
        scratch.ready()
        yield scratch, unit, begin(nodes)


def puts(unit):
    """How often a Unit was given a configuration."""
    with unit.changed:
        return sum('"asked"' in line and '"/config"' in line and
                   '"PUT"' in line for line in unit.lines)


def two(status):
    """A configuration of two listeners and three applications."""
    return json.dumps({
        "listeners": {"*:8080": {"pass": "routes"},
                      "*:8081": {"pass": "applications/a"}},
        "applications": {"a": {**APP, "processes": {"max": 4, "spare": 2}},
                         "b": {**APP, "processes": 3}, "c": APP},
        "routes": [{"action": {"return": status}}]})


def checked(node, method, path, body):
    answer = node.ask(method, path, body.encode())
    assert answer.code == 200, answer
    return answer.headers["x-checked"]


# poll() without an end, as /proc shows it: the call, and its third argument.
FOR_EVER = {"x86_64": ("7", 0xffffffff), "aarch64": ("73", 0)}


def sleeps(pid):
    """Whether a process waits for something to happen, however long."""
    call, *args = Path(f"/proc/{pid}/syscall").read_text().split()
    return FOR_EVER[platform.machine()] == (
        call, int(args[2], 16) & 0xffffffff if len(args) > 2 else None)


def test_its_keeper_sleeps(folder):
    """It is woken when the Unit ends, and not to look whether it has."""
    with mesh(folder) as (scratch, _, _):
        keeper = int(re.search(r"^PPid:\s+(\d+)", Path(
            f"/proc/{scratch.pid()}/status").read_text(), re.M)[1])
        if platform.machine() not in FOR_EVER or not Path(
                f"/proc/{keeper}/syscall").exists():
            pytest.skip("it cannot be seen here what a process waits in")
        until(lambda: sleeps(keeper), "it waits")
        scratch.again("")
        until(lambda: sleeps(keeper), "it waits for the next one")
        fds = [os.readlink(f) for f in Path(f"/proc/{keeper}/fd").iterdir()]
        assert sum("[pidfd]" in fd for fd in fds) == 1, fds


def test_what_it_is_given(folder):
    """The configuration of this node, with sockets for listeners and without
    applications that start; certificates and scripts, too. Nothing of it is
    there when the daemon has ended."""
    with mesh(folder) as (scratch, _, (red,)):
        assert checked(red, "PUT", "/config", two(205)) == \
            "document, scratch, unit"
        red.answers(205)
        got = scratch.get("/config")
        where = scratch.where()
        assert where.stat().st_mode & 0o777 == 0o700
        assert list(got["listeners"].values()) == [
            {"pass": "routes"}, {"pass": "applications/a"}]
        for name in got["listeners"]:
            assert re.fullmatch(rf"unix:{where}/l/\d+-\d\.sock", name), name
        assert [a["processes"] for a in got["applications"].values()] == [
            {"max": 4, "spare": 0}, {"max": 3, "spare": 0},
            {"max": 1, "spare": 0}]
        assert got["routes"] == [{"action": {"return": 205}}]
        assert set(red.unit()["listeners"]) == {"*:8080", "*:8081"}
        # A dry run asks it, and this node's Unit does not hear of it.
        at = red.current()
        assert checked(red, "PUT", "/config/routes/0/action/return?dry-run",
                       "206") == "document, scratch"
        assert scratch.get("/config/routes/0/action/return") == 206
        assert red.current() == at and red.unit()["routes"] == [
            {"action": {"return": 205}}]
        red.say("script", "put", "http", str(script(folder)))
        red.say("put", "/config/settings", '{"js_module": "http"}')
        assert [n[:5] for n in scratch.get("/js_modules")] == ["http_"]
        pid = scratch.pid()
    until(lambda: not where.exists(), "the folder has gone")
    until(lambda: not os.path.exists(f"/proc/{pid}"), "it has ended")


def script(folder):
    path = folder / "http.js"
    path.write_text("export default {f: function() { return 1; }};\n")
    return path


def test_what_it_refuses(folder):
    """Nobody hears of it, whatever the policy of the change; what comes next is
    tried anew."""
    with mesh(folder, ("red", "green")) as (scratch, unit, (red, green)):
        at = red.current()
        # Sockets have the number of the try in front; it is any of these.
        scratch.again(" ".join(f"--fault refuse-listener=unix:@/l/{n}-1.sock"
                               for n in range(1, 9)))
        seen = puts(unit)
        for more in ((), ("--trial=10m",), ("--staged", "--soak", "1s"),
                     ("--dry-run",)):
            said = red.refuse("put", "/config", two(205), *more, code=3)
            assert "The scratch Unit refuses the configuration." in said, said
            assert "Failed to apply new configuration." in said, said
        file = folder / "plan.json"
        file.write_text(two(205))
        said = red.refuse("apply", "-f", str(file), code=3)
        assert "The scratch Unit refuses" in said, said
        assert red.current() == green.current() == at
        assert puts(unit) == seen
        # Where there is none it is this node's own Unit that decides.
        assert checked(green, "PUT", "/config/" + ROUTE, "207") == \
            "document, unit"
        synced(red, green)
        red.say("put", ROUTE, "208")
        synced(red, green)


def test_one_that_does_not_answer(folder):
    """Then the change is made without it, and the answer says so."""
    with mesh(folder) as (scratch, _, (red,)):
        scratch.again("--fault crash-lost=9")
        red.wait_text("the scratch Unit has ended: signal 9")
        assert checked(red, "PUT", "/config/" + ROUTE, "205") == \
            "document, unit"
        red.wait_text("the scratch Unit does not say")
        red.answers(205)


def test_none_that_is_there(folder):
    """A program that cannot be started is said at once."""
    done = run("run", "--state", folder / "s", "--scratch-unit",
               folder / "nothing", "--unit", "none", "--rest", "none",
               "--listen", f"/ip4/{loopback()}/tcp/4901", "--no-mdns")
    assert done.returncode == 1
    assert "the scratch Unit: " in done.stderr, done
    assert not list(folder.glob("unitmesh-*"))


def test_changes_at_once(folder):
    """Whoever writes while another change is on trial at this node's Unit waits
    for that: none becomes a revision that this Unit was not asked about."""
    with contextlib.ExitStack() as stack:
        unit = stack.enter_context(Standin(folder))
        red = stack.enter_context(Node("red", folder, loopback(), unit=unit))
        begin([red])
        red.say("put", "settings", '{"http": {}}')
        unit.tell("fault apply-delay=300")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            said = list(pool.map(lambda n: red.ask(
                "PUT", f"/config/settings/http/{n}", b"9"), (
                    "idle_timeout", "send_timeout", "body_read_timeout",
                    "header_read_timeout")))
        assert [a.code for a in said] == [200] * 4, said
        assert {a.headers["x-checked"] for a in said} == {"document, unit"}
        assert set(red.unit()["settings"]["http"].values()) == {9}
