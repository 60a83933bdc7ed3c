# SPDX-License-Identifier: MIT OR Apache-2.0
"""A gateway that lets ports in: miniupnpd of Debian in a site's router.

    gateway = Gateway(site)              # starts it; PCP, NAT-PMP and UPnP
    gateway.ports()                      # {("tcp", 4001): "10.77.1.1:4001"}
    gateway.stop(), gateway.start()      # it forgets all; and tells so

Where the package is not installed it is taken out of Debian's archive:
installed it would begin a service, and ask questions. BY names the ways that it
speaks.
"""

import contextlib
import functools
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
import nats
import netns
from peer import Program

BY = ("pcp", "nat-pmp", "upnp")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / \
    "unitmesh/miniupnpd"

RULES = """
add table inet igd
add chain inet igd let
add chain inet igd in
add chain inet igd out
add chain inet igd forward { type filter hook forward priority 0; }
add rule inet igd forward jump let
add chain inet igd pre { type nat hook prerouting priority -100; }
add rule inet igd pre jump in
add chain inet igd post { type nat hook postrouting priority 100; }
add rule inet igd post jump out
insert rule ip guard forward ct status dnat accept
"""
EMPTY = "".join(f"flush chain inet igd {c}\n" for c in ("let", "in", "out"))

CONFIG = """
ext_ifname=wan0
listening_ip=br0
ipv6_disable=yes
enable_natpmp={natpmp}
enable_upnp={upnp}
secure_mode=yes
system_uptime=no
min_lifetime=4
lease_file={leases}
upnp_table_name=igd
upnp_nat_table_name=igd
upnp_forward_chain=let
upnp_nat_chain=in
upnp_nat_postrouting_chain=out
uuid=9e4f1a4c-2f0b-4c1c-8a52-33b7c6f5a001
{more}
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


def _unpack():
    """The program, out of the package. Errors: OSError, CalledProcessError."""
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as tmp:
        subprocess.run(["apt-get", "download", "-q", "miniupnpd-nftables"],
                       cwd=tmp, check=True, capture_output=True)
        deb = next(Path(tmp).glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", deb, Path(tmp) / "x"], check=True)
        with contextlib.suppress(OSError):  # another run was faster
            (Path(tmp) / "x").rename(CACHE)


@functools.lru_cache(maxsize=None)
def program():
    """Its path; skips the test where it cannot be had."""
    path = os.environ.get("MINIUPNPD") or shutil.which("miniupnpd") or \
        CACHE / "usr/sbin/miniupnpd"
    try:
        if not Path(path).exists():
            _unpack()
        subprocess.run([path, "--version"], check=False, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as err:
        pytest.skip(f"no miniupnpd: {err}")
    return path


class Gateway:
    """miniupnpd in the router of a site of nftables."""

    def __init__(self, site, by=BY, more=""):
        self.site = site
        folder = tempfile.TemporaryDirectory()
        site.lab.ends.callback(folder.cleanup)
        self.config = Path(folder.name) / "miniupnpd.conf"
        self.leases = Path(folder.name) / "leases"
        self.config.write_text(CONFIG.format(
            natpmp="yes" if by != ("upnp",) else "no",
            upnp="yes" if "upnp" in by else "no", more=more,
            leases=self.leases),
            encoding="ascii")
        # It logs on stderr.
        self.argv = ["sh", "-c", 'exec "$@" 2>&1', "-", program(), "-d", "-f",
                     self.config, "-P", Path(folder.name) / "pid"]
        self.ready = "HTTP listening" if "upnp" in by else "Listening for NAT"
        self.run = None
        nats.nft(site.router, RULES)
        self.start()

    def start(self):
        self.run = Program("miniupnpd", self.argv, netns=self.site.router)
        self.site.lab.ends.callback(self.run.kill)
        self.run.wait_text(self.ready)

    def stop(self):
        """It is gone, and what it let in is let in no more."""
        self.run.kill()
        self.leases.unlink(missing_ok=True)
        nats.nft(self.site.router, EMPTY)

    def ports(self):
        """What it lets in: {(protocol, port outside): where to}."""
        out = subprocess.run(
            ["ip", "netns", "exec", self.site.router, "nft", "-n", "list",
             "chain", "inet", "igd", "in"], check=True, text=True,
            capture_output=True).stdout
        rules = re.findall(r"(0x6|0x11) th dport (\d+) dnat ip to ([0-9.:]+)",
                           out)
        return {("tcp" if proto == "0x6" else "udp", int(port)): to
                for proto, port, to in rules}


SSDP = ("239.255.255.250", 1900)
FOUND = """HTTP/1.1 200 OK\r
LOCATION: http://{}:{}/desc.xml\r
ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r
USN: uuid:1::urn:schemas-upnp-org:device:InternetGatewayDevice:1\r
\r
"""
PAGE = """<root><URLBase>{}</URLBase><device><serviceList><service>
<serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>
<controlURL>{}</controlURL><SCPDURL>/s</SCPDURL>
</service></serviceList></device></root>"""


class Door:
    """A port of TCP at an address of a namespace that counts who comes: what
    comes first from each is in `asked`."""

    def __init__(self, lab, ns, address, answer=lambda stream: None):
        self.asked = []
        self.answer = answer
        self.page = netns.within(ns, socket.create_server, (address, 0))
        lab.ends.callback(self._close)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self):
        return "http://{}:{}".format(*self.page.getsockname())

    def _close(self):
        with contextlib.suppress(OSError):  # it is not connected
            self.page.shutdown(socket.SHUT_RDWR)  # who waits there hears it
        self.page.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self.page.accept()
                with stream, contextlib.suppress(OSError):
                    self.asked.append(stream.recv(4096))
                    self.answer(stream)


class Liar:
    """What says that it is a gateway of UPnP, at an address of a namespace.
    `says` is what it gives who asks for its description, a text or a function
    of the stream; `door` counts them; `at` is whom its answer names, itself if
    that is None."""

    def __init__(self, lab, ns, address, says=None, at=None):
        self.over = threading.Event()
        lab.ends.callback(self.over.set)
        says = says or self.trickle
        self.door = Door(lab, ns, address, says if callable(says) else
                         lambda s: s.sendall(says.encode()))
        self.told = netns.within(ns, self._ssdp, address)
        lab.ends.callback(self._close)
        where = (at or self.door).page.getsockname()
        self.found = FOUND.format(*where).encode()
        threading.Thread(target=self._tell, daemon=True).start()

    def _close(self):
        with contextlib.suppress(OSError):
            self.told.shutdown(socket.SHUT_RDWR)
        self.told.close()

    @staticmethod
    def _ssdp(address):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(SSDP)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton(SSDP[0]) + socket.inet_aton(address))
        return s

    def _tell(self):
        with contextlib.suppress(OSError):
            while True:
                packet, where = self.told.recvfrom(2048)
                if packet.startswith(b"M-SEARCH"):
                    self.told.sendto(self.found, where)

    def trickle(self, stream):
        """A byte a second."""
        while not self.over.is_set():
            stream.send(b"X")
            self.over.wait(1)

    def flood(self, stream):
        """A page without an end."""
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not self.over.is_set():
            stream.sendall(b"X" * 65536)
