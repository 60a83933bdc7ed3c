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
import functools
import os
import re
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest
import nats
import netns
from lan import Lan, Namespaces, ip, ips
from lan import why_not as why_no_namespaces
from peer import Peer, Program, require

# Addresses that nobody takes for private or for examples: peers tell others
# of these as public ones. No packet leaves the namespaces.
PUBLIC = "44.77"
# The next hop of all lines.
HUB = f"{PUBLIC}.255.1"
# What `make wan` asks for; 0: what CI does, a part of it.
TRIES = int(os.environ.get("WAN_TRIES", 0))
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


class OneNat(Namespaces):
    """The least that all of it needs."""

    def _make(self):
        self._add(self.ns("nat"))
        nats.nft(self.ns("nat"), nats.rules("symmetric"))


@functools.lru_cache(maxsize=None)
def why_not():
    """A sentence if there can be no laboratory here, else None."""
    if shutil.which("nft") is None:
        return "NATs need nft (nftables)"
    reason = why_no_namespaces()
    if reason:
        return reason
    try:
        with OneNat("wantry"):
            return None
    except OSError as err:
        return f"no NAT can be made by nft here ({err})"


def program():
    """The path of wan-nat; skips the test where it cannot work."""
    path = Path(os.environ["BUILDDIR"]) / "tests/wan/nat/wan-nat"
    if not path.exists():
        pytest.skip(f"no {path}: make builds it")
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as err:
        pytest.skip(f"lines with delay and most NATs need /dev/net/tun: {err}")
    return path


def sweep():
    """Takes away what runs that were killed have left."""
    for name in os.listdir("/run/netns"):
        m = re.match(r"wan(\d+)-\d+-", name)
        if m and not os.path.exists(f"/proc/{m[1]}"):
            with contextlib.suppress(OSError):
                ip("netns", "del", name)


# What a line is like: delay one way, and up to so much more; percent of packets
# that overtake others, and that are lost; kbit/s each way. 0: nothing of it.
Quality = namedtuple("Quality", "delay_ms jitter_ms reorder loss rate_kbit "
                     "seed", defaults=(0,) * 6)


class Line:
    """Between the core and a namespace `ns`, where it is `dev` and has the
    `address`; the core sends `block` this way. `port` is the core's end. A
    `nat` of the program is in it."""

    def __init__(self, lab, end, block, quality, nat=()):
        self.core, (self.ns, self.dev, address) = lab.core, end
        self.port = f"up{lab.number()}"
        if nat or any(quality[:4]):
            self._by_program(lab, quality, nat)
        else:
            ip("-n", self.core, "link", "add", self.port, "type", "veth",
               "peer", "name", self.dev, "netns", self.ns)
        ips(self.core, f"link set {self.port} up",
            f"route add {block} {self._via(self.port, address)}")
        ip("-n", self.ns, "addr", "add", f"{address}/32", "dev", self.dev)
        self.up()
        if quality.rate_kbit:
            self._limit(quality.rate_kbit)

    _is_tun = False

    def _via(self, dev, hop):
        return f"dev {dev}" if self._is_tun else f"via {hop} dev {dev} onlink"

    def _by_program(self, lab, quality, nat):
        self._is_tun = True
        argv = [program(), "--inside", f"{self.ns}:{self.dev}", "--outside",
                f"{self.core}:{self.port}", *nat]
        for name in ("delay", "jitter", "reorder", "loss", "seed"):
            value = getattr(quality, name, None) or \
                getattr(quality, f"{name}_ms", 0)
            argv += [f"--{name}", value]
        self.program = Program("wan-nat", argv)
        lab.ends.callback(self.program.kill)
        self.program.wait_text("^ready")
        # What it does not read at once must not be lost.
        for ns, dev in ((self.core, self.port), (self.ns, self.dev)):
            ip("-n", ns, "link", "set", dev, "txqueuelen", "4096")

    def way(self, hop):
        """How the core reaches an address on it."""
        return self._via(self.port, hop)

    def _limit(self, kbit):
        for ns, dev in ((self.core, self.port), (self.ns, self.dev)):
            done = subprocess.run(
                f"tc -n {ns} qdisc add dev {dev} root tbf rate {kbit}kbit "
                "burst 16kb latency 100ms".split(), capture_output=True,
                text=True, check=False)
            if done.returncode != 0:
                pytest.skip("bandwidth needs tbf, which this kernel has not: "
                            + done.stderr.strip())

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

    def way_out(self):
        """How the site reaches all others."""
        return self._via(self.dev, HUB)

    def up(self):
        ips(self.ns, f"link set {self.dev} up",
            f"route replace default {self.way_out()}")


class Host:
    """A machine: `ip` is its own address, `public_ip` that which others see
    (of a NAT, the one of the site)."""

    def __init__(self, lab, name, ns, own, public):
        self.lab, self.name, self.ns = lab, name, ns
        self.ip, self.public_ip = own, public
        self.site = None

    def at(self, way="tcp", port=0):
        """A multiaddr to listen at: tcp, quic, ws."""
        form = {"tcp": "tcp/{}", "quic": "udp/{}/quic-v1", "ws": "tcp/{}/ws"}
        return f"/ip4/{self.ip}/{form[way].format(port)}"

    def begin(self, flags=(), kind="c", name=None, env=None):
        """A node that may not listen yet; the laboratory ends it."""
        require(kind)
        flags = ["--max-seconds", NODE_SECONDS, *flags]
        peer = Peer(kind, flags, netns=self.ns, name=name or self.name,
                    env=env)
        self.lab.ends.callback(peer.quit)
        return peer

    def node(self, flags=(), kind="c", name=None, env=None):
        """A node that listens, a Peer of tests/interop/lib/peer.py."""
        return self.begin(flags, kind, name, env).ready()

    def renumber(self):
        """Another address in the same network instead of the present one."""
        old, self.ip = self.ip, self.ip.rsplit(".", 1)[0] + \
            f".{100 + self.lab.number()}"
        if self.site is not None:
            ips(self.ns, f"addr del {old}/24 dev eth0")
            self.site.lan.address(self.ns, self.ip)
        else:
            ips(self.lab.core, f"route add {self.ip}/32 "
                f"{self.line.way(self.ip)}", f"route del {old}/32")
            ips(self.ns, f"addr add {self.ip}/32 dev eth0",
                f"addr del {old}/32 dev eth0")
            self.public_ip = self.ip

    def move(self, site):
        """Out of its site, and into another one."""
        ip("-n", self.ns, "link", "del", "eth0")
        self.site = site
        self.ip = site.lan.plug(f"{site.name}{len(site.lan.names) + 1}",
                                self.ns)
        self.public_ip = site.address

    def udp(self, port=0, seconds=5):
        """A bound socket that the laboratory closes; tcp() alike."""
        return self.lab.ends.enter_context(netns.udp(self.ns, port, seconds))

    def tcp(self, port=0, seconds=5):
        return self.lab.ends.enter_context(netns.tcp(self.ns, port, seconds))


class Site:
    """Hosts on one network behind a router. Site number N has the public
    addresses 44.77.N.0/24, its router 44.77.N.254; inside it is 10.77.N.0/24,
    or another one that is named."""

    def __init__(self, lab, name, nat, given):
        self.lab, self.name, self.kind = lab, name, nat
        self.nat = nats.kind_of(nat)
        n = len(lab.sites) + 1
        self.block = f"{PUBLIC}.{n}"
        subnet = given.pop("subnet", f"10.77.{n}")
        self.lan = lab.ends.enter_context(
            Lan([], prefix="wan", router=True,
                subnet=self.block if self.nat.own else subnet))
        self.router = self.lan.ns("switch")
        netns.set_sysctl(self.router, **{"net.ipv4.ip_forward": 1})
        rules = nats.rules(nat, given.pop("strangers", "drop"))
        nat = nats.arguments(self.nat, self.address,
                             given.pop("udp_idle_s", None))
        self.line = Line(lab, (self.router, "wan0", self.own_address),
                         f"{self.block}.0/24", Quality(**given), nat)
        nats.nft(self.router, rules)

    @property
    def address(self):
        """The public one of the NAT."""
        return f"{self.block}.254"

    @property
    def own_address(self):
        """The router's: not that of a NAT which is in the line."""
        free = self.nat.own or self.nat.by == "program"
        return f"{self.block}.253" if free else self.address

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
        made = Host(self.lab, name, self.lan.ns(name), own, public)
        made.site = self
        return made

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

    def host(self, name, **quality):
        """A public host, and what its line is like."""
        ns = self.ns(name)
        self._add(ns)
        own = f"{PUBLIC}.0.{len(self.hosts) + 1}"
        host = Host(self, name, ns, own, own)
        host.line = Line(self, (ns, "eth0", own), f"{own}/32",
                         Quality(**quality))
        self.hosts.append(host)
        return host

    def site(self, name, nat="port-restricted", **given):
        """A site: a kind of NAT, or a Nat; what else there is, and what its
        line is like, is in README.md."""
        site = Site(self, name, nat, given)
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


@contextlib.contextmanager
def laboratory():
    """One for a test, which is skipped where there can be none."""
    reason = why_not()
    if reason:
        pytest.skip(f"no laboratory: {reason}")
    with Lab() as made:
        yield made
