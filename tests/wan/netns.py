# SPDX-License-Identifier: MIT OR Apache-2.0
"""Plain sockets in namespaces, from this process: what a thread enters is its
own, and a socket stays where it was made."""

import concurrent.futures
import ctypes
import os
import socket
import struct
import threading
import time

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33


def within(ns, what, *args):
    """what(*args) in a thread in a namespace; its result or exception."""
    def run():
        with open(f"/run/netns/{ns}", "rb") as f:
            if _libc.setns(f.fileno(), CLONE_NEWNET) != 0:
                error = ctypes.get_errno()
                raise OSError(error, f"setns {ns}: {os.strerror(error)}")
        return what(*args)

    # A pool of its own: its thread must not be asked for anything else.
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def set_sysctl(ns, **values):
    """set_sysctl(ns, **{"net.ipv4.ip_forward": 1})"""
    def write():
        for name, value in values.items():
            path = "/proc/sys/" + name.replace(".", "/")
            with open(path, "w", encoding="ascii") as f:
                f.write(str(value))

    within(ns, write)


def _socket(kind, port, seconds):
    s = socket.socket(socket.AF_INET, kind)
    s.settimeout(seconds)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # As root beyond what the system allows: nothing is lost at the end.
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    s.bind(("0.0.0.0", port))
    return s


def udp(ns, port=0, seconds=5):
    """A bound UDP socket; its calls wait so long."""
    return within(ns, _socket, socket.SOCK_DGRAM, port, seconds)


def tcp(ns, port=0, seconds=5):
    """A bound TCP socket that neither listens nor is connected. Several may
    have one port."""
    return within(ns, _socket, socket.SOCK_STREAM, port, seconds)


ETH_P_IP = 0x0800
FLAGS = {1: "FIN", 2: "SYN", 4: "RST", 16: "ACK"}


def told(packet):
    """A packet of IPv4 in words: 10.77.1.1:4001 > 44.77.0.1:4001 tcp SYN."""
    at = (packet[0] & 15) * 4
    ends = [socket.inet_ntoa(packet[i:i + 4]) for i in (12, 16)]
    kind = {1: "icmp", 6: "tcp", 17: "udp"}.get(packet[9], str(packet[9]))
    more = len(packet)
    if kind in ("tcp", "udp"):
        ports = struct.unpack_from(">HH", packet, at)
        ends = [f"{a}:{p}" for a, p in zip(ends, ports)]
    if kind == "tcp":
        flags = packet[at + 13]
        more = " ".join(v for k, v in FLAGS.items() if flags & k)
    elif kind == "icmp":
        more = f"type {packet[at]} code {packet[at + 1]}"
    return f"{ends[0]} > {ends[1]} {kind} {more}"


def watch(ns, say=print, wanted="SYN|RST|icmp|udp"):
    """Tells of what comes to the devices of a namespace, for who looks why
    something does not get through; until this process ends."""
    def made():
        return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                             socket.htons(ETH_P_IP))

    def run():
        while True:
            packet, where = s.recvfrom(2048)
            text = told(packet)
            if any(word in text for word in wanted.split("|")):
                say(f"{time.monotonic():.3f} {ns} {where[0]} {text}")

    s = within(ns, made)
    threading.Thread(target=run, daemon=True).start()
