# SPDX-License-Identifier: MIT OR Apache-2.0
"""What peers must do for each other to be found and reached: relays, the DHT,
rendezvous points; whoever is in which role."""

import contextlib

from checks import LOOP
from peer import WAIT_SECONDS, Peer, require


def circuit(relay):
    return relay.addr + "/p2p-circuit"


@contextlib.contextmanager
def peers(*wanted):
    """Peers that run: for each a kind and its flags."""
    require(*(kind for kind, _ in wanted))
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Peer(kind, flags))
                for kind, flags in wanted]
        yield [p.ready() for p in made]


def check_relayed(relay, listener, dialer):
    """They meet at the relay, and talk; each end knows that it is limited."""
    with peers((relay, ["--listen", LOOP, "--relay-server"])) as [r], \
            peers((listener, ["--listen", circuit(r)]),
                  (dialer, [])) as [a, b]:
        mine = f"{circuit(r)}/p2p/{a.id}"
        a.poll("addrs", lambda f: mine in f["addrs"])
        b.cmd(f"connect {mine}")
        for one, other in ((a, b), (b, a)):
            seen = one.wait("connected", peer=other.id, limited=True)
            assert seen["transport"] == "p2p-circuit"
        b.cmd(f"ping {a.id} 3")
        for one, other in ((a, b), (b, a)):
            assert one.cmd(f"echo {other.id} 20000")["bytes"] == 20000
        assert b.cmd(f"identify {a.id}")["peer"] == a.id


PREFIX = "/test"


def dht(mode, listen=LOOP):
    """The flags of a node of a DHT that is not the public one."""
    return ["--listen", listen, "--dht", mode, "--dht-prefix", PREFIX]


def check_dht(first, second, third, mode="server"):
    """What one puts and provides through the first, another one finds; and
    where they are. The third is a client, if `mode` says so."""
    with peers((first, dht("server")), (second, dht("server")),
               (third, dht(mode))) as [a, b, c]:
        for one in (b, c):
            one.connect(a)
            for x, y in ((one, a), (a, one)):
                serves = y is not c or mode == "server"
                x.wait("identify", peer=y.id, protocols=lambda names: serves
                       == (PREFIX + "/kad/1.0.0" in names))
        # A table fills a little after identify.
        said = c.poll(f"dhtfindpeer {b.id}", check=False)
        assert bare(b) in {a.split("/p2p/")[0] for a in said["addrs"]}
        for one, other in ((b, c), (c, b)):
            key = f"/test/{one.name}"
            one.poll(f"dhtput {key} of {one.name}", check=False)
            assert other.cmd(f"dhtget {key}")["value"] == f"of {one.name}"
            one.cmd(f"dhtprovide {key}")
            # Others say so when it is sent, ours when it was taken.
            other.poll(f"dhtfindprovs {key}",
                       lambda found, who=one.id: who in found["providers"],
                       timeout=0 if one.kind == "c" else WAIT_SECONDS)
        assert not b.cmd("dhtget /test/nothing", check=False)["ok"]
        said = c.cmd("dhtfindprovs /test/nothing", check=False)
        assert not said.get("providers")


def bare(peer):
    return peer.addr.split("/p2p/")[0]


def check_rendezvous(point, one, other):
    """Who registers is discovered, in its namespace, until it takes it back."""
    flags = ["--listen", LOOP]
    with peers((point, ["--listen", LOOP, "--rendezvous-server"]),
               (one, flags), (other, flags)) as [p, a, b]:
        for client in (a, b):
            client.connect(p)
        found = b.cmd(f"discover {p.id} news")
        assert found["registrations"] == []
        assert a.cmd(f"register {p.id} news 7300")["ttl"] == 7300
        a.cmd(f"register {p.id} weather")
        found = b.cmd(f"discover {p.id} news")["registrations"]
        assert [(r["peer"], r["ns"]) for r in found] == [(a.id, "news")]
        assert bare(a) in {x.split("/p2p/")[0] for x in found[0]["addrs"]}
        assert 7200 < found[0]["ttl"] <= 7300
        answer = a.cmd(f"register {p.id} news 999999999", check=False)
        assert not answer["ok"] and answer["error"]
        a.cmd(f"unregister {p.id} news")
        b.poll(f"discover {p.id} news", lambda f: f["registrations"] == [])
        found = b.cmd(f"discover {p.id} weather")["registrations"]
        assert [r["peer"] for r in found] == [a.id]


def autonat(kind, version, serves):
    """The flags of one that tells, or asks, where it is to be reached. Ours
    does both versions, and believes a single server where it is told to."""
    if kind != "c":
        return ["--autonat" if version == 1 else "--autonatv2"]
    return ["--autonat-server"] if serves else [
        "--autonatv2", "--autonat-agree", "1", "--autonat-seen", "1"]


def wait_verdict(peer, version, status):
    """What it comes to think of itself: ours makes one verdict of all."""
    return peer.wait("reachability", status=status,
                     version=None if peer.kind == "c" else version)


def check_autonat(lab, version, client, server):
    """Who can be dialed hears that it is public; who is behind a NAT, that it
    is not."""
    there = lab.host("server")
    s = there.node(["--listen", there.at(port=4001),
                    *autonat(server, version, True)], server)
    hosts = lab.host("open"), lab.site("shut", strangers="reject").host()
    a, b = (h.begin(["--listen", h.at(port=4001), "--connect", s.addr,
                     *autonat(client, version, False)], client) for h in hosts)
    said = wait_verdict(a.ready(), version, "public")
    if said.get("addr"):
        assert said["addr"].split("/p2p/")[0] == hosts[0].at(port=4001)
    if (server, version) == ("go", 1):
        return  # it would say so in fifteen seconds
    wait_verdict(b.ready(), version, "private")
    assert not b.seen("reachability", status="public")


def check_punch(lab, relay, listener, dialer, way):
    """Two that a relay made known to each other do without it."""
    public = lab.host("relay")
    r = public.node(["--listen", public.at(way, 4001), "--relay-server"],
                    relay)
    a, b = (lab.site(name).host() for name in "ab")
    x = a.node(["--listen", a.at(way, 4001), "--listen", circuit(r),
                "--holepunch"], listener)
    y = b.node(["--listen", b.at(way, 4001), "--connect", r.addr,
                "--holepunch"], dialer)
    for one in (x, y):
        # Somebody has to say where we are seen.
        if one.kind == "c":
            one.wait("identify", peer=r.id)
        else:
            one.wait("holepunch-ready")
    mine = f"{circuit(r)}/p2p/{x.id}"
    x.poll("addrs", lambda f: mine in f["addrs"])
    y.cmd(f"connect {mine}")
    for one, other in ((x, y), (y, x)):
        one.wait("connected", peer=other.id, limited=True)
        direct = one.wait("connected", peer=other.id, limited=False)
        assert direct["transport"] == ("tcp" if way == "tcp" else "quic-v1")
    for one in (x, y):
        # rust takes any connection, and so this one closes those over relays.
        if one.kind == "rust":
            one.poll("peers", lambda f: f["conns"] == 2)
    # More than the relay would have carried.
    for one, other in ((x, y), (y, x)):
        assert one.cmd(f"echo {other.id} 300000")["bytes"] == 300_000
