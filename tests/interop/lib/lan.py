# SPDX-License-Identifier: MIT OR Apache-2.0
"""A small network of Linux namespaces on one bridge, for multicast tests.

    with Lan(["a", "b"]) as lan:
        Peer.start("go", [...], netns=lan.ns("a"))     # lan.ip("a")
        lan.cut("b"); lan.heal("b"); lan.split("b"); lan.join()
        lan.part("a", "b")

The bridge lives in a namespace of its own: the machine's network is not
touched. Names carry the pid, so that several runs live side by side. Several
such networks behind routers: tests/wan.
"""

import itertools
import os
import shutil
import subprocess


def ip(*args):
    done = subprocess.run(["ip", *args], text=True, capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(args)}: {done.stderr.strip()}")


def ips(ns, *lines):
    """Several commands of ip in a namespace, by one process."""
    done = subprocess.run(["ip", "-n", ns, "-batch", "-"], text=True,
                          input="\n".join(lines) + "\n", capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise OSError(f"ip in {ns}: {done.stderr.strip()}")


def why_not():
    """A sentence if namespaces cannot be made here, else None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need ip (iproute2)"
    name = f"umtry{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except OSError as err:
        return f"network namespaces are not allowed here ({err})"
    return None


class Namespaces:
    """Namespaces that are made and removed together."""

    _numbers = itertools.count()

    def __init__(self, prefix):
        self.tag = f"{prefix}{os.getpid()}-{next(Namespaces._numbers)}"
        self.made = []

    def ns(self, name):
        return f"{self.tag}-{name}"

    def _add(self, ns):
        ip("netns", "add", ns)
        self.made.append(ns)
        ip("-n", ns, "link", "set", "lo", "up")

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        """What is there from the beginning."""

    def __exit__(self, *exc):
        for ns in reversed(self.made):
            try:
                ip("netns", "del", ns)
            except OSError:
                pass
        self.made.clear()


class Lan(Namespaces):
    """One /24 and one link-local IPv6 network; `names` are its first hosts.
    With a `router` the namespace of the bridge is one, gateway() its address
    in this network."""

    def __init__(self, names, prefix="um", subnet="10.77.0", router=False):
        super().__init__(prefix)
        self.names = []
        self.first = list(names)
        self.subnet = subnet
        self.router = router

    def ip(self, name):
        return f"{self.subnet}.{self.names.index(name) + 1}"

    def gateway(self):
        return f"{self.subnet}.254"

    def _make(self):
        switch = self.ns("switch")
        self._add(switch)
        for bridge in ("br0", "br1"):
            ips(switch, f"link add {bridge} type bridge mcast_snooping 0 "
                "forward_delay 0", f"link set {bridge} up")
        if self.router:
            ip("-n", switch, "addr", "add", f"{self.gateway()}/24", "dev",
               "br0")
        for name in self.first:
            self.add(name)

    def add(self, name):
        """One more host."""
        self._add(self.ns(name))
        self.plug(name, self.ns(name))

    def plug(self, name, ns, dev="eth0"):
        """One more host, in a namespace that there is; returns its address."""
        self.names.append(name)
        switch, port = self.ns("switch"), self._port(name)
        ips(switch, f"link add {port} type veth peer name {dev} netns {ns}",
            f"link set {port} master br0 up")
        self.address(ns, self.ip(name), dev)
        return self.ip(name)

    def address(self, ns, own, dev="eth0"):
        """Gives a host its address, and the way to others."""
        # Multicast goes where the default route goes, as on a real host.
        via = f"via {self.gateway()}" if self.router else ""
        ips(ns, f"addr add {own}/24 dev {dev}", f"link set {dev} up",
            f"route replace default {via} dev {dev}")

    def _port(self, name):
        return f"port{self.names.index(name)}"

    def cut(self, name):
        """Pull the host's plug out of the bridge."""
        self._set_port(name, "down")

    def heal(self, name):
        self._set_port(name, "up")

    def split(self, *names):
        """Cut the bridge in two: these hosts have the other half."""
        for name in names:
            self._set_port(name, "master", "br1")

    def part(self, one, other):
        """These two do not reach each other; all others do."""
        for a, b in ((one, other), (other, one)):
            ip("-n", self.ns(a), "route", "add", "unreachable",
               f"{self.ip(b)}/32")

    def join(self):
        """Make the bridge one again."""
        for name in self.names:
            self._set_port(name, "master", "br0")

    def _set_port(self, name, *state):
        ip("-n", self.ns("switch"), "link", "set", self._port(name), *state)
