# SPDX-License-Identifier: MIT OR Apache-2.0
"""A DNS server for a network namespace of its own: nameserver.py ZONE

ZONE is a file of JSON that is read anew for each question: a name, in small
letters, and what is said of it:

    {"a.test": {"A": ["127.0.0.1"], "TXT": ["dnsaddr=/dns4/a.test/tcp/1"]},
     "b.test": "silent", "c.test": "garbage", "d.test": "refused"}

Other names do not exist. What is longer than a datagram is cut there, and whole
over TCP. Prints "ready", then each name that it was asked for.
"""

import contextlib
import json
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

DATAGRAM = 512
TYPES = {1: "A", 16: "TXT", 28: "AAAA"}
CODES = {"none": 3, "refused": 5}


def data(kind, value):
    if kind == "TXT":
        raw = value.encode()
        parts = [raw[i:i + 255] for i in range(0, len(raw), 255)]
        return b"".join(bytes([len(p)]) + p for p in parts)
    family = socket.AF_INET if kind == "A" else socket.AF_INET6
    return socket.inet_pton(family, value)


def question(msg):
    """The name that is asked for, the number of its type, where it ends."""
    labels, at = [], 12
    while msg[at]:
        labels.append(msg[at + 1:at + 1 + msg[at]].decode("ascii", "replace"))
        at += msg[at] + 1
    number = struct.unpack(">H", msg[at + 1:at + 3])[0]
    return ".".join(labels).lower(), number, at + 5


def answer(msg, zone, cap):
    """What to send, or nothing."""
    name, number, end = question(msg)
    print(name, flush=True)
    said = zone.get(name, "none")
    if said == "silent":
        return None
    if said == "garbage":
        return msg[:2] + b"\x81\x80" + b"\xff" * 40
    code = CODES[said] if isinstance(said, str) else 0
    kind = TYPES.get(number)
    values = said.get(kind, []) if code == 0 else []
    records = b""
    for value in values:
        raw = data(kind, value)
        records += b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 1, len(raw))
        records += raw
    cut = end + len(records) > cap
    flags = 0x8180 | code | (0x200 if cut else 0)
    head = msg[:2] + struct.pack(">HHHHH", flags, 1,
                                 0 if cut else len(values), 0, 0)
    return head + msg[12:end] + (b"" if cut else records)


def serve_tcp(listener, zone):
    while True:
        conn = listener.accept()[0]
        with conn, contextlib.suppress(OSError):
            size = struct.unpack(">H", conn.recv(2, socket.MSG_WAITALL))[0]
            out = answer(conn.recv(size, socket.MSG_WAITALL), zone(), 65535)
            conn.sendall(struct.pack(">H", len(out)) + out)


def main(path):
    def zone():
        return json.loads(Path(path).read_text(encoding="utf-8"))

    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 53))
    tcp = socket.create_server(("127.0.0.1", 53))
    threading.Thread(target=serve_tcp, args=(tcp, zone), daemon=True).start()
    print("ready", flush=True)
    while True:
        msg, whom = udp.recvfrom(4096)
        out = answer(msg, zone(), DATAGRAM)
        if out is not None:
            udp.sendto(out, whom)


@contextlib.contextmanager
def of(lan, host, folder):
    """Such a server on a host of a Lan, whose resolv.conf names it; and a
    function that sets the zone."""
    etc = Path("/etc/netns") / lan.ns(host)
    path = Path(folder) / "zone.json"

    def say(zone):
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(zone), encoding="utf-8")
        fresh.rename(path)

    say({})
    etc.mkdir(parents=True)
    try:
        (etc / "resolv.conf").write_text(
            "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n",
            encoding="utf-8")
        with subprocess.Popen(
                ["ip", "netns", "exec", lan.ns(host), sys.executable,
                 __file__, str(path)], stdout=subprocess.PIPE,
                text=True) as server:
            try:
                assert server.stdout.readline() == "ready\n"
                threading.Thread(target=server.stdout.read,
                                 daemon=True).start()
                yield say
            finally:
                server.kill()
    finally:
        shutil.rmtree(etc)


if __name__ == "__main__":
    main(sys.argv[1])
