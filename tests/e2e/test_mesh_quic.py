# SPDX-License-Identifier: MIT OR Apache-2.0
"""Meshes over QUIC, and of nodes that listen at different transports. All of it
under the filter of system calls."""

import contextlib

from crew import Node, begin, synced, until
from rig import P2P_PORT, daemons, loopback, network

NAMES = ("red", "green", "blue")
QUIC = "quic-v1"


def links(node):
    """What `peers` says of those that are connected: transport, security."""
    return {row[0]: (row[4], row[7]) for row in node.rows("peers")
            if row[2] == "connected"}


def quic(ip):
    return f"/ip4/{ip}/udp/{P2P_PORT}/quic-v1"


def over(node, transport):
    """Its open connections, as its metrics count them."""
    mark = f'unitmesh_p2p_transport_connections{{transport="{transport}"}} '
    said = node.ask("GET", "/metrics").text
    return next(float(line[len(mark):]) for line in said.splitlines()
                if line.startswith(mark))


def one(name, folder, lan):
    """A node on a host of its own: nobody tells it of others but the code."""
    return Node(name, folder, None, netns=lan.ns(name), flags=["--no-mdns"],
                listen=[quic(lan.ip(name))])


def test_a_mesh_over_quic_alone(folder):
    with network(*NAMES) as lan, daemons(*[
            one(name, folder, lan) for name in NAMES]) as nodes:
        red, green, blue = begin(nodes)
        # No address of TCP is known, or listened at.
        for n in nodes:
            assert n.get("/mesh/status")["confined"]["seccomp"]
            for addr in n.get("/mesh/id")["addrs"]:
                assert addr.startswith(quic(lan.ip(n.name_)) + "/p2p/"), addr
            until(lambda n=n: set(links(n).values()) == {
                (QUIC, "/tls/1.0.0")}, f"{n.name_} is connected")
        assert over(red, QUIC) == 2 and over(red, "tcp") == 0
        green.revision("put", "routes/0/action/return", "205")
        synced(*nodes)
        # One is cut off, and hears what it missed when it is back.
        lan.cut("blue")
        missed = red.revision("put", "routes/0/action/return", "206")
        until(lambda: green.states()["green"][1] == missed, "green runs it")
        assert blue.states()["blue"][1] != missed
        lan.heal("blue")
        synced(*nodes)
        blue.runs("206")
        # One ends without a word, and finds them again where they were.
        file = blue.state / "addresses"
        until(lambda: file.exists() and red.id in file.read_text(),
              "blue notes where red is")
        blue.kill()
        last = green.revision("put", "routes/0/action/return", "207")
        with one("blue", folder, lan) as blue:
            blue.ready()
            synced(red, green, blue, seconds=20)
            assert blue.states()["blue"][1] == last
            assert over(blue, "tcp") == 0


def test_nodes_that_listen_at_different_transports(folder):
    """red at TCP alone, green at both, blue at QUIC alone. Who dials picks
    QUIC where there is one."""
    at = {name: loopback() for name in NAMES}
    tcp = {name: f"/ip4/{ip}/tcp/{P2P_PORT}" for name, ip in at.items()}
    udp = {name: quic(ip) for name, ip in at.items()}
    nodes = red, green, blue = [
        Node("red", folder, at["red"]),
        Node("green", folder, at["green"], flags=[
            "--listen", udp["green"], "--peer", tcp["red"]]),
        Node("blue", folder, at["blue"], listen=[udp["blue"]], flags=[
            "--peer", udp["green"], "--peer", tcp["red"]])]
    with daemons(*nodes):
        begin(nodes)
        until(lambda: links(green).get(red.id) == ("tcp", "/noise"),
              "green dialed red by TCP")
        until(lambda: links(blue) == {red.id: ("tcp", "/noise"),
                                      green.id: (QUIC, "/tls/1.0.0")},
              "blue has a connection of each kind")
        told = {frozenset(link["between"]): link["over"] for link in
                until(lambda: [x for x in [red.get("/mesh/topology")["links"]]
                               if len(x) == 3], "red knows all links")[0]}
        assert told[frozenset((green.id, blue.id))] == "quic"
        assert told[frozenset((red.id, blue.id))] == "tcp"
        blue.revision("put", "routes/0/action/return", "207")
        synced(*nodes)


def test_tls_over_tcp_is_accepted(folder):
    """Noise is what nodes speak with each other; others may want TLS."""
    from peer import Peer
    at = loopback()
    with Node("red", folder, at) as red, contextlib.ExitStack() as stack:
        red.ready()
        to = f"/ip4/{at}/tcp/{P2P_PORT}/p2p/{red.id}"
        for security in ("tls", "noise", "noise,tls", "tls,noise"):
            p = stack.enter_context(Peer.start(
                "c", ["--security", security, "--connect", to]))
            first = security.split(",")[0]
            want = "/tls/1.0.0" if first == "tls" else "/noise"
            until(lambda p=p, want=want: links(red).get(p.id) == (
                "tcp", want), f"{security} is {want}")
