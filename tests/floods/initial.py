# SPDX-License-Identifier: MIT OR Apache-2.0
"""First packets of QUIC (RFC 9001, section 5), thousands of them from one hello
that a real dialer said, each for a connection of its own."""

import os
import socket
import struct
import subprocess

import seal

SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
LEAST = 1200
_aes = seal.Aes()


def _expand(secret, name, size):
    name = b"tls13 " + name
    info = struct.pack(">HB", size, len(name)) + name + b"\0"
    return seal.hmac256(secret, info + b"\1")[:size]


def keys(dcid):
    """Key, IV and key of the header of what a client sends first."""
    client = _expand(seal.hmac256(SALT, dcid), b"client in", 32)
    return (_expand(client, b"quic key", 16), _expand(client, b"quic iv", 12),
            _expand(client, b"quic hp", 16))


def _varint(data, at):
    size = 1 << (data[at] >> 6)
    n = int.from_bytes(data[at:at + size], "big") & (1 << 8 * size - 2) - 1
    return n, at + size


def _nonce(iv, n):
    return bytes(a ^ b for a, b in zip(iv, bytes(8) + n.to_bytes(4, "big")))


def opened(packet):
    """The id of the sender, and the frames that are in a first packet."""
    dcid = packet[6:6 + packet[5]]
    at = 6 + len(dcid)
    scid = packet[at + 1:at + 1 + packet[at]]
    at += 1 + len(scid)
    size, at = _varint(packet, at)
    size, at = _varint(packet, at + size)
    key, iv, hp = keys(dcid)
    mask = _aes.block(hp, packet[at + 4:at + 20])
    n_size = ((packet[0] ^ mask[0]) & 3) + 1
    n = bytes(a ^ b for a, b in zip(packet[at:at + n_size], mask[1:]))
    sealed = packet[at + n_size:at + size - 16]
    nonce = _nonce(iv, int.from_bytes(n, "big"))
    return scid, _aes.gcm(key, nonce, b"", sealed)[:-16]


def first(scid, frames, token=b"", dcid=None):
    """A first packet; of a new connection unless `dcid` is given, which a
    server chose when it asked for a proof."""
    dcid = dcid or os.urandom(8)
    key, iv, hp = keys(dcid)
    head = b"\xc3\0\0\0\1" + bytes([len(dcid)]) + dcid + bytes([len(scid)]) + \
        scid + struct.pack(">H", 0x4000 | len(token)) + token
    room = LEAST - len(head) - 2
    plain = frames + bytes(max(0, room - 4 - 16 - len(frames)))
    head += struct.pack(">H", 0x4000 | len(plain) + 4 + 16)
    n = bytes(4)
    sealed = _aes.gcm(key, _nonce(iv, 0), head + n, plain)
    mask = _aes.block(hp, sealed[:16])
    return bytes([head[0] ^ mask[0] & 15]) + head[1:] + mask[1:5] + sealed


def hello(p2p, peer, at):
    """What a dialer says first: its id and frames. The program dials us at an
    address of ours and gets no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((at, 0))
        s.settimeout(10)
        to = f"/ip4/{at}/udp/{s.getsockname()[1]}/quic-v1/p2p/{peer}"
        with subprocess.Popen([p2p, "ping", to], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as dialer:
            packet = s.recv(2048)
            dialer.kill()
    return opened(packet)


def datagram(source, target, payload):
    """An IPv4 packet with any source, for a raw socket."""
    (src, sport), (dst, dport) = source, target
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64,
                       socket.IPPROTO_UDP, 0, socket.inet_aton(src),
                       socket.inet_aton(dst)) + udp


def asked_to_prove(packet):
    """The token and the new id of a server's Retry, or None."""
    if packet[0] & 0xf0 != 0xf0:
        return None
    at = 6 + packet[5]
    scid = packet[at + 1:at + 1 + packet[at]]
    return packet[at + 1 + len(scid):-16], scid
