# SPDX-License-Identifier: MIT OR Apache-2.0
"""Private networks: ours with go and js, both ways, over TCP; other keys."""

import os
import subprocess

import pytest
from checks import LOOP, check_pubsub, check_services, pair
from peer import Peer, PeerError, require

OTHERS = ("go", "js", "c")
PAIRS = [("c", kind) for kind in OTHERS] + [("go", "c"), ("js", "c")]


def key_file(folder, name, key=None):
    path = folder / name
    path.write_text("/key/swarm/psk/1.0.0/\n/base16/\n" +
                    (key or os.urandom(32)).hex() + "\n", encoding="ascii")
    return path


@pytest.mark.parametrize("a, b", PAIRS)
@pytest.mark.parametrize("security", ["noise", "tls"])
def test_one_key(tmp_path, a, b, security):
    psk = key_file(tmp_path, "swarm.key")
    args = ["--psk", str(psk), "--security", security]
    with pair(a, args, b, args) as (x, y):
        for one, other in ((x, y), (y, x)):
            check_services(one, other)
            check_pubsub(one, other)


@pytest.mark.parametrize("a, b", PAIRS)
def test_other_keys(tmp_path, a, b):
    """Nobody gets in with another key, or with none; both ends live on."""
    require(a, b)
    ours, theirs = (key_file(tmp_path, n) for n in ("ours", "theirs"))
    with Peer(a, ["--listen", LOOP, "--psk", str(ours)]) as x:
        x.ready()
        for flags in (["--psk", str(theirs)], []):
            with Peer(b, flags) as y:
                with pytest.raises(PeerError):
                    y.ready().connect(x)
        with Peer(b, ["--psk", str(ours)]) as y:
            y.ready().connect(x)
            check_services(y, x)


def test_commands_in_a_private_network(tmp_path):
    """p2p ping gets in with the key alone, and says what is wrong."""
    require("c")
    psk = key_file(tmp_path, "swarm.key")
    with Peer("c", ["--listen", LOOP, "--psk", str(psk)]) as x:
        def ping(key):
            return subprocess.run(
                [os.environ["P2P_BIN"], "ping", x.ready().addr, "-n", "1"],
                env={**os.environ, "P2P_PSK": str(key)}, timeout=30,
                capture_output=True, text=True, check=False)
        done = ping(psk)
        assert done.returncode == 0 and x.id in done.stdout, done.stderr
        done = ping(key_file(tmp_path, "other.key"))
        assert done.returncode == 1
        assert "authentication failed" in done.stderr
        (tmp_path / "bad.key").write_text("no key\n")
        done = ping(tmp_path / "bad.key")
        assert done.returncode == 1
        assert f"{tmp_path}/bad.key: line 1: not the key" in done.stderr


def test_a_file_that_is_wrong(tmp_path):
    """The error names the file and the line."""
    require("c")
    path = tmp_path / "swarm.key"
    path.write_text("/key/swarm/psk/1.0.0/\n/base17/\n00\n")
    with Peer("c", ["--psk", str(path)]) as x:
        said = x.wait("fatal")["error"]
    assert said == f"{path}: line 2: /base16/, /base64/ or /bin/ is expected"
