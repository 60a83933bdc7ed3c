# SPDX-License-Identifier: MIT OR Apache-2.0
"""The matrix as Markdown: to stdout, and to the file that INTEROP_TABLE
names."""

import itertools
import os
from pathlib import Path

import matrix
from matrix import Row

NAMES = {"go": "go-libp2p 0.51.0", "rust": "rust-libp2p 0.57.1",
         "js": "js-libp2p 3.3.11", "py": "py-libp2p 0.8.1"}
SHOWN = {"noise": "Noise", "tls": "TLS", "ed25519": "Ed25519",
         "secp256k1": "secp256k1", "ecdsa": "ECDSA", "rsa": "RSA"}

HEAD = """\
# Interoperability

Our library with the other implementations of today, as `make interop-table`
last saw it. `pass` means that the connection is what its row says, and that
over it, both ways round: identify answers and, where the other side has a
command for it, pushes; three pings; echoes of 0, 1 and 300,000 bytes; perf; a
gossipsub message. `skip` and `fail` have their reason below the table.
"""


def pair(kind, transport, security, muxer, key):
    return [Row(kind, transport, security, muxer, key, role)
            for role in matrix.ROLES]


def services():
    for kind, transport in itertools.product(matrix.OTHERS, matrix.LISTEN):
        if transport == "QUIC":
            yield ((NAMES[kind], transport, "TLS", "QUIC"),
                   *pair(kind, transport, "tls", "quic", "ed25519"))
            continue
        for security, muxer in itertools.product(("noise", "tls"),
                                                 ("yamux", "mplex")):
            yield ((NAMES[kind], transport, SHOWN[security], muxer),
                   *pair(kind, transport, security, muxer, "ed25519"))


def keys():
    for kind, key in itertools.product(matrix.OTHERS, matrix.KEYS[1:]):
        for transport, security, muxer in (
                ("TCP", "noise", "yamux"), ("TCP", "tls", "yamux"),
                ("QUIC", "tls", "quic")):
            yield ((NAMES[kind], SHOWN[key],
                    f"{transport}, {SHOWN[security]}"),
                   *pair(kind, transport, security, muxer, key))


def private():
    for kind, transport in itertools.product(matrix.OTHERS,
                                             ("TCP", "WebSocket")):
        yield ((NAMES[kind], transport),
               *pair(kind, transport, "noise", "psk", "ed25519"))


def write(table):
    head = HEAD.splitlines()
    text = "\n".join([
        *head, "", *table.lines(
            "Transports, security, muxers",
            ("with", "transport", "security", "muxer"), services()),
        *table.lines("Keys", ("with", "key", "over"), keys()),
        *table.lines("Private networks", ("with", "transport"), private())])
    text = text.rstrip("\n") + "\n"
    print("\n" + text)
    counts = table.count()
    print("interop matrix: " + ", ".join(
        f"{n} {name.strip('*')}" for name, n in sorted(counts.items())))
    if os.environ.get("INTEROP_TABLE"):
        Path(os.environ["INTEROP_TABLE"]).write_text(text, encoding="utf-8")
