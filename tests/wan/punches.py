# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tries of hole punching between nodes of two sites, and the table of them."""

import concurrent.futures
import statistics
from collections import namedtuple

from page import NAMES
from test_relayed import circuit, reserved

# Who tries: kinds of peers and of NATs, and the transport.
Case = namedtuple("Case", "listener dialer one other way")
Seen = namedtuple("Seen", "direct ms")
# More than a circuit of ours carries.
BEYOND = 200_000
# So long may an upgrade take, with all its attempts.
UPGRADE_S = 60
WAYS = {"tcp": "TCP", "quic": "QUIC"}

HEAD = """\
## Hole punching, by kinds of NAT

How often two nodes behind NATs that met at a relay got a direct connection:
two sites, {delay} ms each way on the line of each. Who listens has a
reservation at the relay, which is ours; who dials reaches it there; then they
try (DCUtR). Where there is a direct connection, {beyond} bytes are echoed both
ways, more than the relay would carry; where there is none, they go on by the
relay. ms: the median, from the relayed connection to the direct one, as our
node tells it where it is the one that listens.

*can*: whether plain sockets that send at the same time get through such a pair
([test_punching.py](../../tests/wan/test_punching.py)). Three things to know:

- Behind a symmetric NAT it is the node there that has to be the client. Who
  listens is the client in the last of three attempts alone, with ours: that is
  10 s later. go-libp2p, which listens there, is not.
- A firewall takes 5 s more where its side dials: its address is public, so it
  is dialed first, and nothing answers.
- Pairs that take long are tried 7 at once, others 2.

[The kinds of NAT](../../tests/wan/README.md#kinds-of-nat)
"""


class Ground:
    """A relay, and two sites to try between."""

    def __init__(self, lab, case, delay_ms):
        self.case = case
        self.hosts = [lab.site(name, nat=kind, delay_ms=delay_ms).host()
                      for name, kind in (("a", case.one), ("b", case.other))]
        public = lab.host("relay")
        self.relay = public.node(["--listen", public.at(case.way, 4001),
                                  "--relay-server"])

    def _node(self, host, kind, *flags):
        node = host.node(["--listen", host.at(self.case.way), "--holepunch",
                          *flags], kind)
        if kind != "c":
            node.wait("holepunch-ready", timeout=40)
        return node

    def once(self):
        """One try between new nodes; raises where they do not even talk."""
        case = self.case
        a = self._node(self.hosts[0], case.listener, "--listen",
                       circuit(self.relay))
        b = self._node(self.hosts[1], case.dialer, "--connect",
                       self.relay.addr)
        try:
            [at] = reserved(a, self.relay)
            return upgrade(a, b, at)
        finally:
            a.quit()
            b.quit()


def relayed(addr):
    return "/p2p-circuit" in addr


def direct(addr):
    return not relayed(addr)


def upgrade(a, b, at):
    """They meet at the relay, and get a direct connection, or not."""
    b.cmd(f"connect {at}")
    a.wait("connected", peer=b.id, addr=relayed)
    end = a.wait("holepunch", UPGRADE_S, peer=b.id)
    if end["ok"]:
        for one, other in ((a, b), (b, a)):
            one.wait("connected", peer=other.id, addr=direct)
        for one in (a, b):
            # rust takes any connection, and one of the two will end: its own.
            if one.kind == "rust":
                one.poll("peers", lambda f: f["conns"] == 2)
    for one, other in ((a, b), (b, a)):
        size = BEYOND if end["ok"] else 1000
        assert one.cmd(f"echo {other.id} {size}")["bytes"] == size
    return Seen(end["ok"], end.get("ms"))


class Table:
    """What came of all tries; a part of the page."""

    def __init__(self, delay_ms):
        self.delay_ms = delay_ms
        self.rows = {}

    def add(self, case, can, seen):
        self.rows[case] = can, seen

    def lines(self):
        yield "| listens | behind | dials | behind | over | can | direct | ms |"
        yield "|---|---|---|---|---|---|---|---|"
        for case, (can, seen) in self.rows.items():
            times = [s.ms for s in seen if s.direct and s.ms is not None]
            yield "| " + " | ".join([
                NAMES[case.listener], case.one, NAMES[case.dialer], case.other,
                WAYS[case.way], "yes" if can else "no",
                f"{sum(s.direct for s in seen)} of {len(seen)}",
                f"{statistics.median(times):.0f}" if times else ""]) + " |"

    def text(self):
        head = HEAD.format(delay=self.delay_ms, beyond=f"{BEYOND:,}")
        return head + "\n" + "\n".join(self.lines()) + "\n"


def tries(ground, count, at_once):
    """What came of so many, of which each must at least end in words."""
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda _: ground.once(), range(count)))
