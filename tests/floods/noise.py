# SPDX-License-Identifier: MIT OR Apache-2.0
"""A peer that means harm and is known by its key: multistream, Noise and yamux
as far as an attack needs them.

    with Session(sock) as s:
        s.send(frame(PING, SYN, 0, 1) * 5000)
"""

import hashlib
import os
import struct

import seal

DATA, WINDOW, PING = 0, 1, 2
SYN, ACK, FIN, RST = 1, 2, 4, 8
NAME = b"Noise_XX_25519_ChaChaPoly_SHA256"
RECORD = 65535 - 16


def line(text):
    """A line of multistream: its length and newline."""
    return bytes([len(text) + 1]) + text.encode() + b"\n"


HELLO = line("/multistream/1.0.0")
FIRST = HELLO + line("/noise")


def frame(kind, flags, stream, length, body=b""):
    """A frame of yamux."""
    return struct.pack(">BBHII", 0, kind, flags, stream, length) + body


def field(number, body):
    return bytes([number << 3 | 2, len(body)]) + body


def message_1():
    """The first message of Noise, of a key that nobody has."""
    return b"\0\x20" + os.urandom(31) + b"\x40"


class Session:
    """A connection whose handshake is done, and whose muxer is yamux."""

    def __init__(self, sock):
        self.sock = sock
        self.got = b""
        self.out = self.into = 0
        self._handshake()
        self.write(HELLO + line("/yamux/1.0.0"))
        said = b""
        while line("/yamux/1.0.0") not in said:
            said += self.read()

    def _exactly(self, n):
        while len(self.got) < n:
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionResetError("the node closed")
            self.got += more
        taken, self.got = self.got[:n], self.got[n:]
        return taken

    def _message(self):
        return self._exactly(int.from_bytes(self._exactly(2), "big"))

    def _mix(self, data):
        self.h = hashlib.sha256(self.h + data).digest()

    def _mix_key(self, shared):
        temp = seal.hmac256(self.ck, shared)
        self.ck = seal.hmac256(temp, b"\1")
        self.k, self.n = seal.hmac256(temp, self.ck + b"\2"), 0

    def _code(self, name, text):
        coded = seal.chacha(name, self.k, self.n, self.h, text)
        self._mix(coded if name == "encrypt" else text)
        self.n += 1
        return coded

    def _handshake(self):
        e, e_pub = seal.x25519_pair()
        s, s_pub = seal.x25519_pair()
        secret, public = seal.ed25519_pair()
        self.h = self.ck = NAME
        self._mix(b"")
        self._mix(e_pub)
        self._mix(b"")
        self.sock.sendall(FIRST + b"\0\x20" + e_pub)
        self._exactly(len(FIRST))
        m = self._message()
        re = m[:32]
        self._mix(re)
        self._mix_key(seal.x25519(e, re))
        self._mix_key(seal.x25519(e, self._code("decrypt", m[32:80])))
        self._code("decrypt", m[80:])
        third = self._code("encrypt", s_pub)
        self._mix_key(seal.x25519(s, re))
        signed = seal.ed25519_sign(secret, b"noise-libp2p-static-key:" + s_pub)
        third += self._code("encrypt", field(1, b"\x08\x01\x12\x20" + public) +
                            field(2, signed))
        self.sock.sendall(len(third).to_bytes(2, "big") + third)
        temp = seal.hmac256(self.ck, b"")
        self.k_out = seal.hmac256(temp, b"\1")
        self.k_in = seal.hmac256(temp, self.k_out + b"\2")

    def record(self, text):
        """One record of Noise, to be sent next."""
        sealed = seal.chacha("encrypt", self.k_out, self.out, b"", text)
        self.out += 1
        return len(sealed).to_bytes(2, "big") + sealed

    def write(self, text):
        """Everything, in records."""
        for at in range(0, len(text), RECORD):
            self.sock.sendall(self.record(text[at:at + RECORD]))

    def read(self):
        """What one record has."""
        text = seal.chacha("decrypt", self.k_in, self.into, b"",
                           self._message())
        self.into += 1
        return text
