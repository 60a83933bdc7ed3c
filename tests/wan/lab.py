# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sites behind NATs around a public segment, made of namespaces.

    with Lab() as lab:
        relay = lab.host("relay").node(["--relay-server"])
        a = lab.site("a", nat="symmetric").host().node([...])
        lab.site("b", nat="port-restricted").cut()

README.md tells what there is. The middle is a router, the core: it knows the
way to each public address and is a hop between any two. A site's router and
each public host hang on it by a line of their own.
"""

import contextlib
import os
import re
import shutil

import nats
import netns
from lan import Lan, Namespaces, ip, ips
from lan import why_not as why_no_namespaces
from peer import Peer, require

# Addresses that nobody takes for private or for examples: peers tell others
# of these as public ones. No packet leaves the namespaces.
PUBLIC = "44.77"
# The next hop of all lines.
HUB = f"{PUBLIC}.255.1"
# A node that a test forgot ends by itself.
NODE_SECONDS = 600

CORE_RULES = """
add table ip lab
add set ip lab gone { type ifname; }
add set ip lab apart { type ifname . ifname; }
add chain ip lab forward { type filter hook forward priority filter; }
add rule ip lab forward iifname @gone drop
add rule ip lab forward oifname @gone drop
add rule ip lab forward iifname . oifname @apart drop
"""


def why_not():
    """A sentence if there can be no laboratory here, else None."""
    if shutil.which("nft") is None:
        return "NATs need nft (nftables)"
    return why_no_namespaces()


def sweep():
    """Takes away what runs that were killed have left."""
    for name in os.listdir("/run/netns"):
        m = re.match(r"wan(\d+)-\d+-", name)
        if m and not os.path.exists(f"/proc/{m[1]}"):
            with contextlib.suppress(OSError):
                ip("netns", "del", name)


def route_up(ns, dev, address):
    """A line's end gets its address; everything is beyond it."""
    ips(ns, f"addr add {address}/32 dev {dev}", f"link set {dev} up",
        f"route add default via {HUB} dev {dev} onlink")


class Line:
    """Between the core and a namespace `ns`, where it is `dev` and has the
    `address`; the core sends `block` this way. `port` is the core's end."""

    def __init__(self, lab, ns, dev, address, block):
        self.core, self.ns, self.dev = lab.core, ns, dev
        self.port = f"up{lab.number()}"
        ips(self.core,
            f"link add {self.port} type veth peer name {dev} netns {ns}",
            f"link set {self.port} up",
            f"route add {block} via {address} dev {self.port} onlink")
        route_up(ns, dev, address)

    def _set(self, words):
        nats.nft(self.core, words + "\n")

    def cut(self):
        """Everything on it is lost, and nobody is told."""
        self._set(f"add element ip lab gone {{ {self.port} }}")

    def heal(self):
        self._set(f"delete element ip lab gone {{ {self.port} }}")

    def down(self):
        """The plug is pulled on the site's side, which notices."""
        ip("-n", self.ns, "link", "set", self.dev, "down")

    def up(self):
        ips(self.ns, f"link set {self.dev} up",
            f"route replace default via {HUB} dev {self.dev} onlink")


class Host:
    """A machine: `ip` is its own address, `public_ip` that which others see
    (of a NAT, the one of the site)."""

    def __init__(self, lab, name, ns, own, public):
        self.lab, self.name, self.ns = lab, name, ns
        self.ip, self.public_ip = own, public

    def at(self, way="tcp", port=0):
        """A multiaddr to listen at: tcp, quic, ws."""
        form = {"tcp": "tcp/{}", "quic": "udp/{}/quic-v1", "ws": "tcp/{}/ws"}
        return f"/ip4/{self.ip}/{form[way].format(port)}"

    def begin(self, flags=(), kind="c", name=None):
        """A node that may not listen yet; the laboratory ends it."""
        require(kind)
        flags = ["--max-seconds", NODE_SECONDS, *flags]
        peer = Peer(kind, flags, netns=self.ns, name=name or self.name)
        self.lab.ends.callback(peer.quit)
        return peer

    def node(self, flags=(), kind="c", name=None):
        """A node that listens, a Peer of tests/interop/lib/peer.py."""
        return self.begin(flags, kind, name).ready()

    def udp(self, port=0, seconds=5):
        """A bound socket that the laboratory closes; tcp() alike."""
        return self.lab.ends.enter_context(netns.udp(self.ns, port, seconds))

    def tcp(self, port=0, seconds=5):
        return self.lab.ends.enter_context(netns.tcp(self.ns, port, seconds))


class Site:
    """Hosts on one network behind a router. Site number N has the public
    addresses 44.77.N.0/24, its router 44.77.N.254; inside it is 10.77.N.0/24,
    or another one that is named."""

    def __init__(self, lab, name, nat, subnet, strangers):
        self.lab, self.name, self.kind = lab, name, nat
        self.nat = nats.KINDS[nat]
        n = len(lab.sites) + 1
        self.block = f"{PUBLIC}.{n}"
        inside = self.block if self.nat.own else subnet or f"10.77.{n}"
        self.lan = lab.ends.enter_context(
            Lan([], prefix="wan", subnet=inside, router=True))
        self.router = self.lan.ns("switch")
        netns.set_sysctl(self.router, **{"net.ipv4.ip_forward": 1})
        self.line = Line(lab, self.router, "wan0", self.address,
                         f"{self.block}.0/24")
        nats.nft(self.router, nats.rules(nat, strangers))

    @property
    def address(self):
        """The router's public one."""
        return f"{self.block}.{254 if not self.nat.own else 253}"

    def host(self):
        """One more host: a1, a2, … of site a."""
        name = f"{self.name}{len(self.lan.names) + 1}"
        self.lan.add(name)
        own = self.lan.ip(name)
        public = self.address
        if self.kind == "one-to-one":
            public = f"{self.block}.{len(self.lan.names)}"
        elif self.nat.own:
            public = own
        nats.nft(self.router, nats.rules_of_host(self.kind, own, public))
        return Host(self.lab, name, self.lan.ns(name), own, public)

    def cut(self):
        """The site is an island; its router believes that it is not."""
        self.line.cut()

    def heal(self):
        self.line.heal()

    def down(self):
        """The router's plug is pulled: hosts hear that there is no way."""
        self.line.down()

    def up(self):
        self.line.up()


class Lab(Namespaces):
    """See above. `ends` is an ExitStack of what goes before namespaces do."""

    def __init__(self):
        super().__init__("wan")
        self.core = self.ns("core")
        self.sites, self.hosts = [], []
        self.ends = contextlib.ExitStack()
        self.lines = 0

    def number(self):
        self.lines += 1
        return self.lines

    def _make(self):
        sweep()
        self._add(self.core)
        ip("-n", self.core, "addr", "add", f"{HUB}/32", "dev", "lo")
        netns.set_sysctl(self.core, **{"net.ipv4.ip_forward": 1})
        nats.nft(self.core, CORE_RULES)

    def host(self, name):
        """A public host."""
        ns = self.ns(name)
        self._add(ns)
        own = f"{PUBLIC}.0.{len(self.hosts) + 1}"
        host = Host(self, name, ns, own, own)
        host.line = Line(self, ns, "eth0", own, f"{own}/32")
        self.hosts.append(host)
        return host

    def site(self, name, nat="port-restricted", subnet=None,
             strangers="drop"):
        """A site; README.md has the kinds of NAT."""
        site = Site(self, name, nat, subnet, strangers)
        self.sites.append(site)
        return site

    def apart(self, one, other):
        """These two (sites, public hosts) no longer hear each other."""
        self._apart("add", one, other)

    def together(self, one, other):
        self._apart("delete", one, other)

    def _apart(self, verb, one, other):
        a, b = one.line.port, other.line.port
        nats.nft(self.core, f"{verb} element ip lab apart "
                 f"{{ {a} . {b}, {b} . {a} }}\n")

    def __exit__(self, *exc):
        try:
            self.ends.close()
        finally:
            super().__exit__(*exc)
