# SPDX-License-Identifier: MIT OR Apache-2.0
"""What peers must do for each other to be found and reached: relays and the
DHT; whoever is in which role."""

import contextlib

from checks import LOOP
from peer import Peer, require


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
            found = other.cmd(f"dhtfindprovs {key}")["providers"]
            assert one.id in found
        assert not b.cmd("dhtget /test/nothing", check=False)["ok"]
        assert c.cmd("dhtfindprovs /test/nothing")["providers"] == []


def bare(peer):
    return peer.addr.split("/p2p/")[0]
