# SPDX-License-Identifier: MIT OR Apache-2.0
"""Statements of an owner whose key is not on a node: signed here, with openssl
and docs/reference/formats.md alone."""

import subprocess
import time

GRANT, VOID = 2, 5
OWNER = 1


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def prefixed(value):
    return varint(len(value)) + value


class Key:
    """An Ed25519 key in a file as a node keeps it: libp2p's private key."""

    def __init__(self, file, folder):
        raw = file.read_bytes()
        assert raw[:4] == b"\x08\x01\x12\x40" and len(raw) == 68
        seed, self.public = raw[4:36], raw[36:]
        self.der = folder / "signer.der"
        self.der.write_bytes(bytes.fromhex(
            "302e020100300506032b657004220420") + seed)
        self.message = folder / "signer.message"

    def sign(self, data):
        self.message.write_bytes(data)
        return subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER",
             "-inkey", self.der, "-in", self.message], check=True,
            capture_output=True).stdout

    def statement(self, mesh, what, *fields):
        """The envelope of one: its own fields, in order."""
        payload = number(1, 1) + number(2, 3) + text(3, mesh) + text(
            4, self.public) + number(5, what) + b"".join(
                f for f in fields if f[0] >> 3 < 14)
        payload += number(14, int(time.time() * 1000))
        signature = self.sign(b"".join(map(prefixed, (
            b"unitmesh-roster", b"/unitmesh/roster", payload))))
        return text(1, b"\x08\x01\x12\x20" + self.public) + text(
            2, b"/unitmesh/roster") + text(3, payload) + text(5, signature)


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def key_of(peer_id):
    """The 32 bytes of the key that a peer id carries."""
    n = 0
    for c in peer_id:
        n = n * 58 + BASE58.index(c)
    raw = n.to_bytes(38, "big")
    assert raw[:6] == b"\x00\x24\x08\x01\x12\x20"
    return raw[6:]
