# SPDX-License-Identifier: MIT OR Apache-2.0
"""A small network of Linux namespaces on one bridge, for multicast tests.

    with Lan(["a", "b"]) as lan:
        Peer.start("go", [...], netns=lan.ns("a"))     # lan.ip("a")
        lan.cut("b"); lan.heal("b"); lan.split("b"); lan.join()

The bridge lives in a namespace of its own: the machine's network is not
touched. Names carry the pid, so that several runs live side by side.
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


class Lan:
    """One /24 and one link-local IPv6 network; `names` are its hosts."""

    _numbers = itertools.count()

    def __init__(self, names, prefix="um", subnet="10.77.0"):
        self.tag = f"{prefix}{os.getpid()}-{next(Lan._numbers)}"
        self.names = list(names)
        self.subnet = subnet
        self.made = []

    def ns(self, name):
        return f"{self.tag}-{name}"

    def ip(self, name):
        return f"{self.subnet}.{self.names.index(name) + 1}"

    def _add(self, ns):
        ip("netns", "add", ns)
        self.made.append(ns)
        ip("-n", ns, "link", "set", "lo", "up")

    def __enter__(self):
        try:
            switch = self.ns("switch")
            self._add(switch)
            for bridge in ("br0", "br1"):
                ip("-n", switch, "link", "add", bridge, "type", "bridge",
                   "mcast_snooping", "0", "forward_delay", "0")
                ip("-n", switch, "link", "set", bridge, "up")
            for i, name in enumerate(self.names):
                self._plug(i, name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _plug(self, i, name):
        ns, switch, port = self.ns(name), self.ns("switch"), f"port{i}"
        self._add(ns)
        ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name",
           "eth0", "netns", ns)
        ip("-n", switch, "link", "set", port, "master", "br0", "up")
        ip("-n", ns, "addr", "add", f"{self.ip(name)}/24", "dev", "eth0")
        ip("-n", ns, "link", "set", "eth0", "up")
        # Multicast goes where the default route goes, as on a real host.
        ip("-n", ns, "route", "add", "default", "dev", "eth0")

    def cut(self, name):
        """Pull the host's plug out of the bridge."""
        self._port(name, "down")

    def heal(self, name):
        self._port(name, "up")

    def split(self, *names):
        """Cut the bridge in two: these hosts have the other half."""
        for name in names:
            self._port(name, "master", "br1")

    def join(self):
        """Make the bridge one again."""
        for name in self.names:
            self._port(name, "master", "br0")

    def _port(self, name, *state):
        ip("-n", self.ns("switch"), "link", "set",
           f"port{self.names.index(name)}", *state)

    def __exit__(self, *exc):
        for ns in reversed(self.made):
            try:
                ip("netns", "del", ns)
            except OSError:
                pass
        self.made.clear()
