# SPDX-License-Identifier: MIT OR Apache-2.0
"""NAT mapping: a gateway, Debian's miniupnpd, lets a node's ports in by PCP,
NAT-PMP and UPnP; strangers reach them, until the node goes."""

import sys
import tempfile
import time
from pathlib import Path

import pytest
import igd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from crew import Node, begin, paths, until  # noqa: E402
from rig import daemons  # noqa: E402


def home(lab, flags=(), by=igd.BY, **given):
    """A site whose gateway maps ports, and a node there that asks it to."""
    site = lab.site("a", **given)
    host = site.host()
    gateway = igd.Gateway(site, by) if by else None
    node = host.node(["--listen", "/ip4/0.0.0.0/tcp/4001", "--listen",
                      "/ip4/0.0.0.0/udp/4001/quic-v1", "--portmap", *flags])
    return site, gateway, node


def until_mapped(node, seconds=20):
    return node.poll("portmap", lambda r: r["mapped"] == 2, timeout=seconds)


def until_let_in(gateway, n=2):
    """It answers a little before its rules are there."""
    until(lambda: len(gateway.ports()) == n, f"{n} are let in")


def outside(site, node):
    """Where others reach it."""
    return {f"/ip4/{site.address}/tcp/4001/p2p/{node.id}",
            f"/ip4/{site.address}/udp/4001/quic-v1/p2p/{node.id}"}


@pytest.mark.parametrize("by", igd.BY)
def test_mapped(lab, by):
    """Strangers get in where the gateway says, by TCP and QUIC, and no more
    after the node ended."""
    site, gateway, node = home(lab, ["--portmap-by", by])
    status = until_mapped(node)
    assert status["method"] == by and status["gateway"] == "/ip4/10.77.1.254"
    assert status["why"] is None and not status["nat_behind"]
    there = outside(site, node)
    assert there <= set(node.cmd("addrs")["addrs"])
    until_let_in(gateway)
    assert set(gateway.ports()) == {("tcp", 4001), ("udp", 4001)}
    for addr in sorted(there):
        stranger = lab.host(addr.split("/")[3]).node()
        assert stranger.cmd(f"connect {addr}", 10)["ok"]
    assert node.quit() == 0
    assert not gateway.ports()


@pytest.mark.whole
def test_renewed(lab):
    """A port is asked for again before its time is over."""
    _, gateway, node = home(lab, ["--portmap-seconds", "12"])
    first = until_mapped(node)
    assert first["left_s"] <= 12
    again = node.poll("portmap", lambda r: r["asked"] >= first["asked"] + 2)
    assert again["mapped"] == 2 and again["failed"] == 0
    assert again["left_s"] >= 10
    until_let_in(gateway)


@pytest.mark.parametrize(
    "by", ["pcp", pytest.param("nat-pmp", marks=pytest.mark.whole)])
def test_restarted(lab, by):
    """A gateway that began anew is asked for all again, soon."""
    _, gateway, node = home(lab, ["--portmap-by", by])
    left = until_mapped(node)["left_s"]
    # Its clock has to show that it goes back: two seconds are no sign.
    node.poll("portmap", lambda r: r["left_s"] < left - 4)
    gateway.stop()
    assert not gateway.ports()
    gateway.start()
    until_let_in(gateway)
    assert node.cmd("portmap")["mapped"] == 2


@pytest.mark.whole
def test_taken(lab):
    """A port outside that somebody else has: another one is taken."""
    site, gateway, node = home(lab, ["--portmap-by", "upnp"])
    until_mapped(node)
    second = site.host().node(["--listen", "/ip4/0.0.0.0/tcp/4001", "--portmap",
                               "--portmap-by", "upnp"])
    told = second.poll("portmap", lambda r: r["mapped"] == 1)["told"]
    assert told and told != [f"/ip4/{site.address}/tcp/4001"]
    until_let_in(gateway, 3)
    stranger = lab.host("x").node()
    assert stranger.cmd(f"connect {told[0]}/p2p/{second.id}", 10)["ok"]


@pytest.mark.whole
def test_no_gateway_that_maps(lab):
    """Nobody answers: that costs a few packets, and is told in words."""
    _, _, node = home(lab, by=())
    status = node.poll("portmap", lambda r: r["failed"] == 3)
    assert not status["told"] and status["mapped"] == 0
    assert status["why"] == ("PCP: it does not answer; NAT-PMP: it does not "
                             "speak it; UPnP: it does not answer")
    assert not [a for a in node.cmd("addrs")["addrs"] if "44.77" in a]
    began = time.monotonic()
    assert node.quit() == 0
    assert time.monotonic() - began < 2


@pytest.mark.whole
def test_confirmed(lab):
    """With AutoNAT it is told when servers got in by it, not before."""
    site, _, node = home(lab, ["--autonatv2", "--autonat-agree", "2"])
    until_mapped(node)
    there = outside(site, node)
    assert not there & set(node.cmd("addrs")["addrs"])
    for i in range(3):
        host = lab.host(f"s{i}")
        server = host.node(["--listen", host.at(port=4001), "--listen",
                            host.at("quic", port=4001), "--autonat-server"])
        node.connect(server)
    node.poll("addrs", lambda r: there <= set(r["addrs"]), timeout=60)


def http(status, body="", head=""):
    return (f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n"
            f"{body}")


AWAY = "UPnP: what it tells of itself leads away"
LIES = {
    "elsewhere": (lambda url: {"at": True}, AWAY, 0),
    "base": (lambda url: {"says": http("200 OK", igd.PAGE.format(url, "/ctl"))},
             AWAY, 1),
    "control": (lambda url: {"says": http("200 OK",
                                          igd.PAGE.format("", url + "/ctl"))},
                AWAY, 1),
    "redirect": (lambda url: {"says": http("302 Found", head=f"Location: {url}"
                                           "/desc.xml\r\n")},
                 "UPnP: it sends us elsewhere for its description", 1),
    "endless": (lambda url: {"says": "flood"},
                "UPnP: what it says is too long", 1),
    "slow": (lambda url: {}, "UPnP: it takes too long", 1),
}


@pytest.mark.parametrize("lie", [
    pytest.param(k, marks=() if k == "control" else pytest.mark.whole)
    for k in LIES])
def test_a_gateway_that_lies(lab, lie):
    """What it names elsewhere is never visited, what has no end is not read
    on, and the reason is told; the node goes on meanwhile, and ends at once."""
    site = lab.site("a")
    other, host = site.host(), site.host()
    victim = igd.Door(lab, other.ns, other.ip)
    made, why, visits = LIES[lie]
    given = made(victim.url)
    if given.pop("at", None):
        given["at"] = victim
    if given.get("says") == "flood":
        given["says"] = lambda stream: liar.flood(stream)
    liar = igd.Liar(lab, site.router, site.lan.gateway(), **given)
    node = host.node(["--listen", "/ip4/0.0.0.0/tcp/4001", "--portmap",
                      "--portmap-by", "upnp"])
    began = time.monotonic()
    status = node.poll("portmap", lambda r: r["why"], timeout=20)
    assert status["why"] == why and status["mapped"] == 0
    assert time.monotonic() - began < 15
    assert len(liar.door.asked) == visits and not victim.asked
    began = time.monotonic()
    assert node.quit() == 0
    assert time.monotonic() - began < 2


@pytest.mark.whole
def test_somebody_else_on_the_link(lab):
    """Who answers and is not the gateway is not even looked at."""
    site = lab.site("a")
    other, host = site.host(), site.host()
    liar = igd.Liar(lab, other.ns, other.ip)
    node = host.node(["--listen", "/ip4/0.0.0.0/tcp/4001", "--portmap",
                      "--portmap-by", "upnp"])
    node.poll("portmap", lambda r: r["why"] == "UPnP: it does not answer")
    assert not liar.door.asked


def shown(one, two, sites):
    """Where the router lets peers in, or why it does not: at a glance, by REST
    and in figures."""
    line = one.call("status").stdout
    assert f"router     {sites[0].lan.gateway()} lets peers in at /ip4/" in line
    assert "(upnp)\n" in line
    assert one.get("/mesh/status")["router"]["told"] == 1
    assert f"{sites[1].lan.gateway()} lets no peers in: PCP: it does" in \
        two.call("status").stdout
    text = one.ask("GET", "/metrics").text
    assert 'unitmesh_router_mapped{method="upnp"} 1\n' in text
    assert 'unitmesh_router_mapped{method="pcp"} 0\n' in text
    text = two.ask("GET", "/metrics").text
    assert "unitmesh_router_told 0\n" in text
    assert "unitmesh_router_failures_total 0\n" not in text


@pytest.mark.whole
def test_daemons(lab):
    """A join code has where the router lets peers in: who joins with it needs
    no more. `doctor` tells of a router that names somebody else, who is not
    visited. By UPnP, which wants most of what a daemon may."""
    sites = [lab.site(name) for name in "ab"]
    gateway = igd.Gateway(sites[0], by=("upnp",))
    other = sites[1].host()
    victim = igd.Door(lab, other.ns, other.ip)
    igd.Liar(lab, sites[1].router, sites[1].lan.gateway(), at=victim)
    with tempfile.TemporaryDirectory(prefix="umwan") as folder:
        one, two = nodes = [
            Node(h.name, Path(folder), None, netns=h.ns,
                 flags=["--no-mdns", "--portmap"])
            for h in (s.host() for s in sites)]
        with daemons(*nodes):
            one.ready()
            there = f"/ip4/{sites[0].address}/tcp/4901/"
            until(lambda: [a for a in one.get("/mesh/id")["addrs"]
                           if a.startswith(there)], "it is told")
            begin(nodes)
            assert [s for s in one.lines if "(upnp)" in s]
            assert paths(two)[one.name_] == "direct"
            until(lambda: AWAY in two.call("doctor").stdout, "it says why not")
            assert not victim.asked
            assert "The router" not in one.call("doctor").stdout
            shown(one, two, sites)
        assert not gateway.ports()
