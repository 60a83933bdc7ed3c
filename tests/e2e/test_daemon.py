# SPDX-License-Identifier: MIT OR Apache-2.0
"""`unitmesh run` itself: its state, its signals, its neighbours, its log."""

import json
import os
import re
import shutil
import signal
import socket
from pathlib import Path

import pytest
from daemon import UNITMESH, Daemon, fetch, local
from peer import Peer, Program
from rig import P2P_PORT, Standin, config, loopback, network, run, until

# Where a Unit is looked for that nobody names; the first one is waited for.
USUALLY = ("/run/control.unit.sock", "/var/run/control.unit.sock",
           "/run/unit/control.sock", "/var/run/unit/control.sock",
           "/usr/local/unit/control.unit.sock")


def plain(name, folder, *flags, **more):
    """A daemon that has no Unit."""
    return Daemon(name, folder, unit="none", bind=more.pop("bind", None) or
                  loopback(), flags=[*map(str, flags)], **more)


def once(folder, *flags, **more):
    """One that is expected to end by itself, with its Unit and REST off."""
    return run("run", "--state", folder / "s", "--control",
               folder / "c.sock", "--unit", "none", "--rest", "none",
               "--no-mdns", "--listen", f"/ip4/{loopback()}/tcp/0", *flags,
               **more)


def test_the_identity_is_made_once(folder):
    with plain("a", folder) as first:
        before = first.ready().id
        key = first.state / "node.key"
        assert (key.stat().st_mode & 0o777) == 0o600
        assert (first.state.stat().st_mode & 0o777) == 0o700
        assert ((first.state / "rest.token").stat().st_mode & 0o777) == 0o600
        kept, secret = key.read_bytes(), \
            (first.state / "rest.token").read_text()
        assert first.stop() == 0
    with plain("a", folder) as second:
        assert second.ready().id == before
        assert key.read_bytes() == kept
        assert (second.state / "rest.token").read_text() == secret
    # Protobuf: type Ed25519, 64 bytes.
    assert kept[:4] == b"\x08\x01\x12\x40" and len(kept) == 68
    with plain("b", folder) as other:
        assert other.ready().id != before


def test_a_key_that_others_can_read_is_refused(folder):
    with plain("s", folder) as daemon:
        daemon.ready()
    os.chmod(folder / "s/node.key", 0o640)
    done = once(folder)
    assert done.returncode == 1 and "chmod 600" in done.stderr


@pytest.mark.parametrize("damage", [b"", b"\x08\x01\x12\x40short", b"x" * 68,
                                    b"x" * 100_000])
def test_a_damaged_key_is_refused(folder, damage):
    with plain("s", folder) as daemon:
        daemon.ready()
    (folder / "s/node.key").write_bytes(damage)
    done = once(folder)
    assert done.returncode == 1 and "node.key" in done.stderr
    assert (folder / "s/node.key").read_bytes() == damage


def test_a_key_behind_a_link_is_refused(folder):
    with plain("s", folder) as daemon:
        daemon.ready()
    (folder / "s/node.key").rename(folder / "elsewhere")
    (folder / "s/node.key").symlink_to(folder / "elsewhere")
    done = once(folder)
    assert done.returncode == 1 and "node.key" in done.stderr


def test_a_second_daemon_on_the_same_state(folder):
    with plain("s", folder) as daemon:
        daemon.ready()
        done = once(folder)
        assert done.returncode == 1
        assert "in use by another daemon" in done.stderr
        assert str(folder / "s") in done.stderr
        assert daemon.get("/mesh/id")["id"] == daemon.id


def test_a_second_daemon_on_the_same_socket(folder):
    with plain("a", folder) as daemon:
        daemon.ready()
        done = once(folder, "--control", daemon.control)
        assert done.returncode == 1 and str(daemon.control) in done.stderr
        assert daemon.get("/mesh/id")["id"] == daemon.id


def test_a_state_folder_that_cannot_be(folder):
    (folder / "file").write_text("")
    done = once(folder, "--state", folder / "file/s")
    assert done.returncode == 1 and str(folder / "file/s") in done.stderr
    done = once(folder, "--state", folder / "file")
    assert done.returncode == 1 and str(folder / "file") in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be nobody")
def test_a_state_folder_that_we_may_not_write(folder):
    os.chmod(folder, 0o755)
    (folder / "s").mkdir(mode=0o755)
    done = once(folder, user=65534, group=65534, extra_groups=[])
    assert done.returncode == 1
    assert str(folder / "s") in done.stderr or "node.key" in done.stderr


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(folder, signum):
    """Its peers hear of it at once; nothing is left behind."""
    with plain("b", folder, "--listen",
               f"/ip4/{(to := loopback())}/tcp/{P2P_PORT}", bind=to) as b, \
            plain("a", folder, "--peer", f"/ip4/{to}/tcp/{P2P_PORT}") as a:
        b.ready()
        a.ready()
        for one, other in ((a, b), (b, a)):
            one.wait_text(f"Connection established to {other.id}")
        os.kill(a.pid, signum)
        b.wait_text(f"Connection lost to {a.id}", 3)
        assert a._reap(8) == 0
        assert f"{signum.name}: ending" in " ".join(a.lines)
        assert not a.control.exists()


def test_killed_and_started_again(folder):
    """A dead one's lock and socket are in nobody's way."""
    with plain("b", folder, "--listen",
               f"/ip4/{(to := loopback())}/tcp/{P2P_PORT}", bind=to) as b:
        b.ready()
        a = plain("a", folder, "--peer", f"/ip4/{to}/tcp/{P2P_PORT}")
        a.ready().wait_text(f"Connection established to {b.id}")
        b.wait_text(f"Connection established to {a.id}")
        a.kill()
        assert a.control.exists()
        b.wait_text(f"Connection lost to {a.id}", 5)
        mark = b.mark()
        with plain("a", folder, "--peer", f"/ip4/{to}/tcp/{P2P_PORT}") as c:
            assert c.ready().id == a.id
            b.wait_text(f"Connection established to {a.id}", 10, mark)
            assert local(c.control, "/healthz").code == 200


def test_the_lost_peer_is_dialed_again(folder):
    """--peer without an id: whoever answers there, after it was set up
    anew too."""
    to = loopback()
    with plain("a", folder, "--peer", f"/ip4/{to}/tcp/{P2P_PORT}") as a:
        a.ready()
        a.wait_text("--peer .*; trying again", 5)
        for name in ("b", "b", "other"):
            mark = a.mark()
            with plain(name, folder, "--listen",
                       f"/ip4/{to}/tcp/{P2P_PORT}", bind=to) as b:
                b.ready()
                a.wait_text(f"Connection established to {b.id}", 15, mark)
            a.wait_text(f"Connection lost to {b.id}", 5, mark)


def test_a_peer_with_an_id_that_is_not_there_yet(folder):
    to = loopback()
    with plain("b", folder, bind=to) as b:
        id_ = b.ready().id
    with plain("a", folder, "--peer",
               f"/ip4/{to}/tcp/{P2P_PORT}/p2p/{id_}") as a:
        a.ready()
        with plain("b", folder, "--listen",
                   f"/ip4/{to}/tcp/{P2P_PORT}", bind=to) as b:
            b.ready()
            a.wait_text(f"Connection established to {id_}", 15)
            assert a.peers() == {id_}


def test_itself_as_peer(folder):
    at = loopback()
    with plain("a", folder, "--listen", f"/ip4/{at}/tcp/{P2P_PORT}", "--peer",
               f"/ip4/{at}/tcp/{P2P_PORT}", bind=at) as a:
        a.ready()
        a.wait_text(f"--peer /ip4/{at}/tcp/{P2P_PORT} is this node", 5)
        assert a.peers() == set()


def cloned(folder, name, copy):
    """A folder with the state of another daemon, which has ended."""
    shutil.copytree(folder / name, folder / copy)
    (folder / copy / "control.sock").unlink(missing_ok=True)


def test_a_copied_state_is_noticed_by_its_twin(folder):
    """Two hosts with one key hear each other announce it."""
    with network("a", "b") as lan:
        with Daemon("a", folder, netns=lan.ns("a"), unit="none") as a:
            a.ready()
        cloned(folder, "a", "b")
        with Daemon("a", folder, netns=lan.ns("a"), unit="none") as a, \
                Daemon("b", folder, netns=lan.ns("b"), unit="none") as b:
            assert a.ready().id == b.ready().id
            for one, there in ((a, "b"), (b, "a")):
                one.wait_text("another node has this node's key, at "
                              f"/ip4/{lan.ip(there)}/tcp/", 15)


def test_a_copied_state_is_noticed_by_others(folder):
    """Where mDNS does not reach: one peer at two addresses."""
    with network("a", "b", "c") as lan:
        with Daemon("a", folder, netns=lan.ns("a"), unit="none") as a:
            a.ready()
        cloned(folder, "a", "b")
        with Daemon("c", folder, netns=lan.ns("c"), unit="none", flags=[
                "--no-mdns", "--listen", f"/ip4/0.0.0.0/tcp/{P2P_PORT}"]) as c:
            c.ready()
            to = f"/ip4/{lan.ip('c')}/tcp/{P2P_PORT}"
            flags = ["--no-mdns", "--peer", to]
            with Daemon("a", folder, netns=lan.ns("a"), unit="none",
                        flags=flags) as a:
                a.ready()
                c.wait_text(f"Connection established to {a.id}")
                with Daemon("b", folder, netns=lan.ns("b"), unit="none",
                            flags=flags) as b:
                    b.ready()
                    c.wait_text(
                        f"{a.id} is at two addresses, /ip4/{lan.ip('a')}/tcp/"
                        rf"\d+ and /ip4/{lan.ip('b')}/tcp/\d+", 10)


def test_one_node_on_one_host_is_no_copy(folder):
    """Its own announcements come back to it, by every interface."""
    with network("a", "b") as lan:
        with Daemon("a", folder, netns=lan.ns("a"), unit="none") as a, \
                Daemon("b", folder, netns=lan.ns("b"), unit="none") as b:
            for one, other in ((a.ready(), b.ready()), (b, a)):
                one.wait_text(f"Connection established to {other.id}")
            for one in (a, b):
                assert not [x for x in one.lines if "this node's key" in x]


def test_the_log_as_json(folder):
    """Each line is an object, whatever a peer puts into it."""
    at = loopback()
    with Daemon("a", folder, bind=at, unit="none", flags=[
            "--log-format", "json", "--log-level", "trace", "--listen",
            f"/ip4/{at}/tcp/{P2P_PORT}"]) as a:
        id_ = a.wait_text(r"My Node ID: (\w+)")[1]
        a.wait_text("REST is at")
        with Peer.start("c", ["--topic", "news", "--connect",
                              f"/ip4/{at}/tcp/{P2P_PORT}/p2p/{id_}"]) as p:
            p.wait_mesh("news", id_)
            mark = a.mark()
            p.proc.stdin.write(
                b"pub news \"},\\{\x1b\x01 \xff\xc3\xa4\xed\xa0\x80\n")
            p.proc.stdin.flush()
            a.wait_text("names no host", 10, mark)
            a.wait_text("not pulling|names no host", 10, mark)
        assert a.stop() == 0
    for line in a.lines:
        told = json.loads(line)
        assert {"time", "level", "msg", "node"} <= set(told) <= {
            "time", "level", "msg", "node", "peer", "audit"}
        assert told["level"] in ("error", "warn", "info", "debug", "trace")
        assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}\.\d{3}Z",
                            told["time"])


def test_the_level_of_the_log(folder):
    with Daemon("a", folder, bind=loopback(), unit="none", flags=[
            "--log-level", "error"]) as a:
        until(lambda: a.control.exists(), "it serves")
        assert a.stop() == 0
    assert a.lines == []


@pytest.mark.parametrize("flags,words", [
    (["--bogus"], "bogus"), (["--rest"], "rest"), (["word"], "word"),
    (["--log-format", "xml"], "text, json or journal"),
    (["--log-level", "loud"], "error,"),
    (["--unit", "ftp://x"], "unix:PATH"), (["--bind", "localhost"], "IPv4"),
    (["--unit-flavour", "nginx"], "freeunit"),
    (["--control", "x" * 200], "too long"),
    (["--listen", "/ip4/999.0.0.1/tcp/1"], "/ip4/999.0.0.1/tcp/1"),
    (["--listen", "nonsense"], "nonsense"),
    (["--peer", "nonsense"], "nonsense"),
    (["--rest", "nowhere"], "nowhere"), (["--rest", "127.0.0.1:"], "127.0.0.1"),
    (["--rest", "127.0.0.1:99999"], "99999"),
    (["--unit", "embedded", "--unit-listen", "300.0.0.1:1"], "300.0.0.1"),
    (["--unit-listen", "127.0.0.1:1"], "needs --unit embedded")])
def test_wrong_usage_is_2(folder, flags, words):
    done = run("run", "--state", folder / "s", *flags)
    assert done.returncode == 2 and words in done.stderr
    assert done.stderr.endswith("\nunitmesh run --help tells more.\n")
    assert not (folder / "s").exists()


@pytest.mark.parametrize("flags,words", [
    (["--peer", "/unix/tmp"], "/unix/tmp"),
    (["--rest", "0.0.0.0:4902"], "only addresses of this machine"),
    (["--listen", "/ip4/192.0.2.1/tcp/4901"],
     "/ip4/192.0.2.1/tcp/4901: this machine has no such address"),
    (["--unit", "embedded", "--unit-modules", "/nonexistent"], "nonexistent")])
def test_what_cannot_start_is_1(folder, flags, words):
    done = run("run", "--state", folder / "s", "--control", folder / "c.sock",
               "--no-mdns", "--unit", "none", "--bind", loopback(), *flags)
    assert done.returncode == 1 and words in done.stderr


@pytest.mark.parametrize("flags", [["--rest"],
                                   ["--unit", "embedded", "--unit-listen"]])
def test_a_port_in_use(folder, flags):
    at = loopback()
    with socket.create_server((at, 4902)):
        done = once(folder, *flags, f"{at}:4902")
    assert done.returncode == 1 and f"{at}:4902" in done.stderr


def test_a_listen_port_in_use(folder):
    at = loopback()
    with socket.create_server((at, 4901)):
        done = run("run", "--state", folder / "s", "--control",
                   folder / "c.sock", "--unit", "none", "--no-mdns",
                   "--bind", at)
    assert done.returncode == 1
    assert f"cannot listen at /ip4/{at}/tcp/4901" in done.stderr
    assert "no address to listen at" in done.stderr


def test_the_articles_port_in_use(folder):
    """Somebody else may answer there, Unit itself for one: it is said."""
    at = loopback()
    with socket.create_server((at, 8888)), \
            Daemon("a", folder, bind=at) as a:
        a.ready().wait_text("port 8888 is taken", 1)


def test_no_unit(folder):
    """It is said, and a message then changes nothing."""
    with Daemon("a", folder, bind=loopback(), unit="none") as a:
        a.ready().wait_text("there is no Unit here, as --unit none", 1)
        assert a.get("/mesh/status")["unit"] == {
            "target": "", "stand_in": False}


def test_a_unit_that_is_not_there_yet(folder):
    """Nobody named one, and a machine may start it later: it is waited for."""
    if any(Path(p).exists() for p in USUALLY):
        pytest.skip("a Unit is at one of the usual places")
    at = loopback()
    argv = [UNITMESH, "run", "--state", folder / "a", "--control",
            folder / "a/c", "--bind", at, "--no-mdns", "--user",
            str(os.geteuid())]
    with Program("a", ["sh", "-c", 'exec "$0" "$@" 2>&1', *argv]) as a:
        a.wait_text(f"waited for at unix:{USUALLY[0]}", 10)
        a.wait_text("REST is at", 10)
        said = run("init", "--control", folder / "a/c")
        assert said.returncode == 1
        assert f"Unit at unix:{USUALLY[0]} does not say" in said.stderr
        assert "names another one, or none" in said.stderr
        said = run("doctor", "--control", folder / "a/c")
        assert "No Unit was found at the usual places" in said.stdout


def test_the_embedded_unit_keeps_its_state(folder):
    at = loopback()
    with Daemon("a", folder, bind=at) as a:
        a.ready().wait_text("this Unit is a stand-in", 1)
        a.put_config(config("kept"))
    with Daemon("a", folder, bind=at) as a:
        a.ready()
        assert b"kept" in a.config()
        assert fetch(f"http://{at}:8080/").headers["x-greeting"] == "kept"


def test_a_unit_beside_it(folder):
    """--unit by TCP and by socket is what status tells."""
    with Standin(folder) as unit:
        with Daemon("a", folder, bind=loopback(), unit=unit.target) as a:
            told = a.ready().get("/mesh/status")["unit"]
            assert (told["target"], told["stand_in"]) == (unit.target, False)
