# SPDX-License-Identifier: MIT OR Apache-2.0
"""The program for the public harness of hole punching (tools/harness), behind
NATs, with a Redis server from Debian that all reach: ours in each role, beside
ours and go."""

import re
import shutil
import socket
import subprocess

import netns
import pytest
from peer import Program, require
from test_harness import KEY, REDIS, numbers, program
from test_relayed import circuit, relay_node, reserved

SECONDS = 60
RELAY, LISTENER = f"{KEY}_relay_multiaddr", f"{KEY}_listener_peer_id"


class Redis:
    """A server on a public host, and the little that a test says to it."""

    def __init__(self, host, folder):
        if not shutil.which(REDIS):
            pytest.skip("redis-server is not installed")
        self.host, self.at = host, f"{host.ip}:6379"
        argv = [REDIS, "--bind", host.ip, "--protected-mode", "no", "--save",
                "", "--dir", str(folder)]
        server = Program("redis", argv, host.ns)
        host.lab.ends.callback(server.kill)
        server.wait_text("Ready to accept connections")

    def ask(self, *words):
        """One command; the last line of the answer, None if it is nothing."""
        s = netns.within(self.host.ns, socket.create_connection,
                         (self.host.ip, 6379), SECONDS)
        with s, s.makefile("rwb") as f:
            f.write(f"{' '.join(words)}\r\n".encode())
            f.flush()
            head = f.readline().strip().decode()
            assert not head.startswith("-"), head
            if head.startswith("$"):
                return None if head == "$-1" else f.readline().strip().decode()
            return head[1:]


@pytest.fixture
def place(lab, tmp_path):
    """Redis, a host for a relay, and one behind a NAT for each peer."""
    hosts = [lab.site(name).host() for name in "ab"]
    return Redis(lab.host("redis"), tmp_path), lab.host("relay"), *hosts


def env_of(redis, transport, **more):
    stack = {} if transport == "quic-v1" else {"SECURE_CHANNEL": "noise",
                                               "MUXER": "yamux"}
    return {"REDIS_ADDR": redis.at, "TEST_KEY": KEY, "TRANSPORT": transport,
            **stack, **more}


def begin(host, env, name):
    one = Program(name, [program("punch")], host.ns, env)
    host.lab.ends.callback(one.kill)
    return one


def ended(dialer):
    """What a dialer printed, which is done with 0."""
    assert dialer.proc.wait(SECONDS) == 0, dialer.trouble("failed")
    dialer.stop()
    return "\n".join(dialer.lines)


def result_of(dialer):
    said = ended(dialer)
    assert re.fullmatch(
        r"latency:\n  handshake_plus_one_rtt: [\d.]+\n  ping_rtt: [\d.]+\n"
        r"  unit: ms", said), said
    whole, ping = (numbers(said, name)[0][0]
                   for name in ("handshake_plus_one_rtt", "ping_rtt"))
    assert 0 < ping < whole


@pytest.mark.parametrize("transport", ["tcp", "quic-v1"])
def test_ours_in_all_roles(place, transport):
    """The dialer is first and waits for the others."""
    redis, public, one, other = place
    dialer = begin(other, env_of(redis, transport, IS_DIALER="true"), "dialer")
    listener = begin(one, env_of(redis, transport, IS_DIALER="false"),
                     "listener")
    begin(public, env_of(redis, transport, RELAY_IP=public.ip), "relay")
    result_of(dialer)
    assert listener.alive
    assert redis.ask("GET", RELAY).startswith(f"/ip4/{public.ip}/")


def test_go_is_relay_and_listener(place):
    require("go")
    redis, public, one, other = place
    relay = relay_node(public, "go")
    redis.ask("SET", RELAY, relay.addr)
    listener = one.node(["--listen", one.at(), "--holepunch", "--listen",
                         circuit(relay)], "go")
    listener.wait("holepunch-ready", timeout=40)
    reserved(listener, relay)
    redis.ask("SET", LISTENER, listener.id)
    result_of(begin(other, env_of(redis, "tcp", IS_DIALER="true"), "dialer"))
    assert listener.wait("holepunch")["ok"]


def test_go_dials(place):
    require("go")
    redis, public, one, other = place
    relay = relay_node(public)
    redis.ask("SET", RELAY, relay.addr)
    listener = begin(one, env_of(redis, "tcp", IS_DIALER="false"), "listener")
    id_ = listener.until(lambda: redis.ask("GET", LISTENER), "its id", SECONDS)
    dialer = other.node(["--listen", other.at(), "--holepunch", "--connect",
                         relay.addr], "go")
    dialer.wait("holepunch-ready", timeout=40)
    dialer.cmd(f"connect {circuit(relay)}/p2p/{id_}")
    dialer.wait("connected", peer=id_, limited=False, timeout=SECONDS)


@pytest.mark.parametrize("way", ["tcp", "quic"])
def test_old_style(place, way):
    """test-plans: the relay is theirs, and told to each of both."""
    redis, public, one, other = place
    relay = public.node(["--listen", public.at(way, 4001), "--relay-server"])
    env = {"REDIS_ADDR": redis.at, "TRANSPORT": way}
    begin(one, {**env, "MODE": "listen"}, "listener")
    dialer = begin(other, {**env, "MODE": "dial"}, "dialer")
    for _ in "ab":
        redis.ask("RPUSH", f"RELAY_{way.upper()}_ADDRESS", relay.addr)
    assert re.fullmatch(r'{"rtt_to_holepunched_peer_millis": \d+}',
                        ended(dialer))


def test_no_way_through(lab, tmp_path):
    """Symmetric NATs: that is a failure, in words."""
    redis, public = Redis(lab.host("redis"), tmp_path), lab.host("relay")
    one, other = (lab.site(n, nat="symmetric").host() for n in "ab")
    redis.ask("SET", RELAY, relay_node(public).addr)
    begin(one, env_of(redis, "tcp", IS_DIALER="false"), "listener")
    dialer = begin(other, env_of(redis, "tcp", IS_DIALER="true"), "dialer")
    assert dialer.proc.wait(SECONDS) == 1
    dialer.stop()
    assert not dialer.lines
    assert any("no way through" in line for line in dialer.err_tail)


def test_routes(lab):
    """The networks that the harness names are reached by its routers."""
    host = lab.host("peer")
    env = {"IS_DIALER": "true", "REDIS_ADDR": f"{host.ip}:1", "TEST_KEY": KEY,
           "TRANSPORT": "tcp", "WAN_SUBNET": "10.9.8.64/27",
           "WAN_ROUTER_IP": "44.77.255.1"}
    peer = begin(host, env, "peer")

    def there():
        done = subprocess.run(["ip", "-n", host.ns, "route", "get",
                               "10.9.8.70"], capture_output=True, text=True,
                              check=False)
        return "via 44.77.255.1" in done.stdout or None

    peer.until(there, "its route", SECONDS)


@pytest.mark.parametrize("env, code, text", [
    ({}, 2, "none of IS_DIALER"), ({"MODE": "both"}, 2, "MODE is neither"),
    ({"IS_RELAY": "true"}, 2, "REDIS_ADDR is not set"),
    ({"IS_DIALER": "true", "REDIS_ADDR": "x:1", "TEST_KEY": KEY,
      "TRANSPORT": "tcp", "WAN_SUBNET": "10.0.0.0", "WAN_ROUTER_IP": "x"}, 2,
     "not a network and a router")])
def test_refusals(env, code, text):
    done = subprocess.run([program("punch")], capture_output=True, env=env,
                          text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert text in done.stderr
