# SPDX-License-Identifier: MIT OR Apache-2.0
"""The programs for libp2p's public harnesses (tools/harness), ours against
ours, in both styles, with a Redis server from Debian between them."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from daemon import BUILD, ROOT
from peer import Program

REDIS = os.environ.get("REDIS_SERVER", "redis-server")
FOLDER = BUILD / "tools/harness"
KEY = "0a1b2c3d"
COMBINATIONS = [(t, s, m) for t in ("tcp", "ws", "wss")
                for s in ("noise", "tls") for m in ("yamux", "mplex")] + [
                    ("quic-v1", "", "")]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(name):
    path = FOLDER / f"harness-{name}"
    if not path.exists():
        pytest.skip(f"{path} was not built: libhiredis-dev is not installed")
    return str(path)


@pytest.fixture
def redis(tmp_path):
    """The address of a server of its own."""
    if not shutil.which(REDIS):
        pytest.skip("redis-server is not installed")
    port = free_port()
    argv = [REDIS, "--bind", "127.0.0.1", "--port", str(port), "--save", "",
            "--dir", str(tmp_path)]
    with Program("redis", argv) as server:
        server.wait_text("Ready to accept connections")
        yield f"127.0.0.1:{port}"


def new_style(redis, dialer, security="noise", muxer="yamux", **more):
    return {"IS_DIALER": "true" if dialer else "false", "REDIS_ADDR": redis,
            "TEST_KEY": KEY, "TRANSPORT": "tcp", "SECURE_CHANNEL": security,
            "MUXER": muxer, "LISTENER_IP": "127.0.0.1", **more}


def old_style(redis, dialer, security="noise", muxer="yamux", **more):
    return {"is_dialer": "true" if dialer else "false", "redis_addr": redis,
            "transport": "tcp", "security": security, "muxer": muxer,
            "ip": "127.0.0.1", "test_timeout_seconds": "20", **more}


def dial(name, env):
    """Runs a dialer to its end: its output."""
    done = subprocess.run([program(name)], env={**os.environ, **env},
                          capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(text, name):
    """The numbers of a line `name: 1.5` or `name: [1, 2]`, block by block."""
    return [[float(n) for n in re.findall(r"[\d.]+", line)]
            for line in re.findall(rf"^  {name}: (.*)$", text, re.M)]


@pytest.mark.parametrize("transport,security,muxer", COMBINATIONS)
def test_transport_new(redis, transport, security, muxer):
    more = {"TRANSPORT": transport}
    with Program("listener", [program("transport")], env=new_style(
            redis, False, security, muxer, **more)) as listener:
        said = dial("transport",
                    new_style(redis, True, security, muxer, **more))
        assert listener.alive
    assert re.fullmatch(
        r"latency:\n  handshake_plus_one_rtt: [\d.]+\n  ping_rtt: [\d.]+\n"
        r"  unit: ms\n", said), said
    assert numbers(said, "handshake_plus_one_rtt")[0][0] > 0
    assert numbers(said, "ping_rtt")[0][0] > 0


@pytest.mark.parametrize("transport,security,muxer", COMBINATIONS)
def test_transport_old(redis, transport, security, muxer):
    """Here the dialer is first, and waits."""
    more = {"transport": transport}
    dialer = Program("dialer", [program("transport")],
                     env=old_style(redis, True, security, muxer, **more))
    with dialer, Program("listener", [program("transport")], env=old_style(
            redis, False, security, muxer, **more)):
        line = dialer.wait_text("^{.*}$")[0]
        assert dialer.proc.wait(10) == 0
    said = json.loads(line)
    assert said["handshakePlusOneRTTMillis"] > 0
    assert said["pingRTTMilllis"] > 0


def test_transport_fails(redis):
    """No listener; one that speaks something else; nonsense."""
    env = old_style(redis, True, test_timeout_seconds="1")
    for name, value, code, text in (
            ("is_dialer", "true", 1, "nobody said where the listener is"),
            ("security", "plaintext", 1, "plaintext: not supported"),
            ("muxer", "yamux2", 1, "yamux2: not supported"),
            ("is_dialer", "", 2, "neither IS_DIALER nor is_dialer")):
        done = subprocess.run([program("transport")], capture_output=True,
                              env={**os.environ, **env, name: value},
                              text=True, timeout=20, check=False)
        assert (done.returncode, done.stdout) == (code, "")
        assert text in done.stderr


def test_transport_wrong_muxer(redis):
    with Program("listener", [program("transport")],
                 env=new_style(redis, False, muxer="mplex")):
        done = subprocess.run(
            [program("transport")], capture_output=True, text=True,
            env={**os.environ, **new_style(redis, True)}, timeout=60,
            check=False)
        assert done.returncode == 1 and done.stdout == ""
        assert "no protocol in common" in done.stderr


def test_perf_new(redis):
    sizes = {"UPLOAD_BYTES": "3000000", "DOWNLOAD_BYTES": "5000000",
             "UPLOAD_ITERATIONS": "4", "DOWNLOAD_ITERATIONS": "5",
             "LATENCY_ITERATIONS": "20"}
    with Program("listener", [program("perf")],
                 env=new_style(redis, False)):
        said = dial("perf", new_style(redis, True, **sizes))
    assert re.findall(r"^(\w+):$", said, re.M) == [
        "upload", "download", "latency"]
    assert re.findall(r"unit: (\w+)", said) == ["Gbps", "Gbps", "ms"]
    assert [int(n[0]) for n in numbers(said, "iterations")] == [4, 5, 20]
    assert [len(n) for n in numbers(said, "samples")] == [4, 5, 20]
    order = [numbers(said, name)
             for name in ("min", "q1", "median", "q3", "max")]
    for block in range(3):
        column = [values[block][0] for values in order]
        assert column == sorted(column) and column[0] > 0


def test_perf_old():
    at = f"127.0.0.1:{free_port()}"
    with Program("server", [program("perf"), "--run-server",
                            "--server-address", at]) as server:
        server.until(lambda: True if listens(at) else None, "the port", 10)
        done = subprocess.run(
            [program("perf"), "--server-address", at, "--transport", "tcp",
             "--upload-bytes", "100000000", "--download-bytes", "150000000"],
            capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = lines.pop()
    assert last["type"] == "final" and last["timeSeconds"] > 0
    assert (last["uploadBytes"], last["downloadBytes"]) == (100_000_000,
                                                            150_000_000)
    assert all(line["type"] == "intermediary" for line in lines)
    assert sum(line["uploadBytes"] for line in lines) <= 100_000_000


SCRIPT = [
    {"type": "initGossipSub", "gossipSubParams": {"D": 6, "Dlo": None}},
    {"type": "waitUntil", "elapsedSeconds": 2},
    *({"type": "ifNodeIDEquals", "nodeID": n, "instruction":
       {"type": "connect", "connectTo": [(n + 1) % 5, (n + 2) % 5]}}
      for n in range(5)),
    {"type": "subscribeToTopic", "topicID": "blobs"},
    {"type": "waitUntil", "elapsedSeconds": 5},
    *({"type": "ifNodeIDEquals", "nodeID": n, "instruction":
       {"type": "publish", "messageID": 1000 + n, "messageSizeBytes": 4096,
        "topicID": "blobs"}} for n in range(5)),
    {"type": "waitUntil", "elapsedSeconds": 60}]


def test_gossipsub(tmp_path):
    """Five nodes; each gets the messages of the four others."""
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"script": SCRIPT}))
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Program(
            f"node{n}", [program("gossipsub"), "--params", params],
            env={"NODE_ID": str(n), "NODE_NET": "127.61.9."}))
            for n in range(5)]
        for n, node in enumerate(nodes):
            first = json.loads(node.wait_text('"msg":"PeerID"').string)
            assert first["node_id"] == n
            for other in range(5):
                if other != n:
                    line = node.wait_text(f'"id":"{1000 + other}"').string
                    said = json.loads(line)
                    assert (said["msg"], said["topic"]) == (
                        "Received Message", "blobs")
                    assert said["time"] >= first["time"]
    # What rust makes of seed 1 in peers/rust.
    assert json.loads(nodes[1].lines[0])["id"] \
        == "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"


@pytest.mark.parametrize("script,text", [
    ([{"type": "addPartialMessage"}], "addPartialMessage: not supported"),
    ([{"type": "publish", "topicID": "t", "messageSizeBytes": 7}], "publish:"),
    ({}, "script: not a list")])
def test_gossipsub_refuses(tmp_path, script, text):
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"script": script}))
    done = subprocess.run(
        [program("gossipsub"), "--params", params], capture_output=True,
        env={**os.environ, "NODE_ID": "1"}, text=True, timeout=20, check=False)
    assert done.returncode == 1 and text in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
@pytest.mark.parametrize("name", ["transport", "perf", "punch", "gossipsub"])
def test_root_of_image(tmp_path, name):
    """What the Dockerfiles put into an image is enough to start from."""
    root = tmp_path / "root"
    subprocess.run([ROOT / "tools/harness/rootfs.sh", program(name), root],
                   check=True, cwd=ROOT)
    done = subprocess.run(["chroot", root, "/program", "--what"],
                          capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 2, done
    assert "usage" in done.stderr or "IS_DIALER" in done.stderr


def listens(at):
    host, port = at.split(":")
    with socket.socket() as s:
        return s.connect_ex((host, int(port))) == 0
