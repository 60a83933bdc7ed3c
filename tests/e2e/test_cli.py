# SPDX-License-Identifier: MIT OR Apache-2.0
"""`unitmesh status`, `peers`, `id`, `publish`, and what they end with."""

import json
import re

import pytest
from daemon import Daemon
from rig import P2P_PORT, Pair, loopback, run

COMMANDS = ("status", "peers", "id", "publish")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("e2e"), "embedded") as both:
        yield both


def ask(daemon, *args, **more):
    return run(*args, "--control", daemon.control, **more)


def test_id(pair):
    done = ask(pair.a, "id")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines()[0] == pair.a.id
    assert f"/ip4/{pair.a.bind}/tcp/" in done.stdout
    assert json.loads(ask(pair.a, "id", "-o", "json").stdout) == \
        pair.a.get("/mesh/id")


def test_status(pair):
    done = ask(pair.a, "status")
    assert done.returncode == 0 and done.stderr == ""
    fields = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert fields["node"] == pair.a.id and fields["mode"] == "article"
    assert fields["peers"] == "1 connected"
    assert fields["unit"].endswith("(a stand-in)")
    told = json.loads(ask(pair.a, "status", "--output", "json").stdout)
    assert told["id"] == pair.a.id and told["peers_connected"] == 1


def test_peers(pair):
    done = ask(pair.a, "peers")
    assert done.returncode == 0
    head, row = done.stdout.splitlines()
    assert head.split() == [
        "PEER", "NAME", "STATE", "PATH", "TRANSPORT", "RTT", "REACH",
        "SECURITY", "ADDRESS", "AGENT"]
    id_, name, state, path, transport, rtt, reach, security, addr, agent = \
        re.split(r"  +", row.strip())
    assert (id_, name, state, path) == (pair.b.id, "-", "connected", "direct")
    assert reach == "-"  # members find that out, strangers do not
    assert rtt == "-" or re.fullmatch(r"[\d.]+ ms", rtt)
    assert addr == f"/ip4/{pair.b.bind}/tcp/{P2P_PORT}"
    assert agent.startswith("unitmesh/")
    assert (transport, security) == ("tcp", "/noise")
    peers = json.loads(ask(pair.a, "peers", "-o", "json").stdout)["peers"]
    assert [n["id"] for n in peers] == [pair.b.id]


def test_publish(pair):
    mark = pair.b.mark()
    done = ask(pair.a, "publish", "--host", pair.a.bind)
    assert (done.returncode, done.stdout) == (
        0, "Published config event to all other nodes\n")
    pair.b.wait_text(f"received {pair.a.bind} from {pair.a.id}", 10, mark)
    # Nobody said which host: the one at which the others see us.
    mark = pair.b.mark()
    assert ask(pair.a, "publish").returncode == 0
    pair.b.wait_text(f"received 127.*from {pair.a.id}", 10, mark)
    done = ask(pair.a, "publish", "--host", "no host")
    assert done.returncode == 1 and "Host" in done.stderr
    assert done.stdout == ""


def test_publish_without_article(folder):
    with Daemon("a", folder, bind=loopback(), article=False) as a:
        a.ready()
        done = ask(a, "publish")
        assert done.returncode == 1 and "--article" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_answers(folder, command):
    done = run(command, "--control", folder / "none.sock")
    assert done.returncode == 1 and done.stdout == ""
    assert str(folder / "none.sock") in done.stderr
    assert "is the daemon running?" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_no_socket(folder, command):
    (folder / "file").write_text("")
    done = run(command, "--control", folder / "file")
    assert done.returncode == 1 and str(folder / "file") in done.stderr


@pytest.mark.parametrize("command", (*COMMANDS, "run"))
def test_help(command):
    done = run(command, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith(f"usage: unitmesh {command}")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("args", [
    ["--bogus"], ["word"], ["-o", "xml"], ["--control"], ["-x"]])
def test_wrong_usage_is_2(command, args):
    done = run(command, *args)
    assert done.returncode == 2 and done.stdout == ""
    said, more = done.stderr.splitlines()
    assert said.startswith(f"unitmesh {command}: ")
    assert more == f"unitmesh {command} --help tells more."


def test_the_program(folder):
    for args in (["--help"], ["help"]):
        done = run(*args)
        assert done.returncode == 0
        for name in (*COMMANDS, "run", "version"):
            assert f"\n  {name} " in done.stdout
    assert run().returncode == 2
    done = run("frobnicate")
    assert done.returncode == 2 and "no such command" in done.stderr
    for args in (["--version"], ["version"]):
        done = run(*args)
        assert done.returncode == 0 and done.stdout.startswith("unitmesh 0.")
