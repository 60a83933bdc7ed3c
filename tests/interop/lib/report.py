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

TAIL = """\
## What js-libp2p loses

What js-libp2p 3.3.11 receives on a new stream together with the end of
writing, before its handler reads, is lost: the handler sees an empty stream
that has ended. It concerns any dialer that sends its request with the proposal
of the protocol and finishes at once. Echoes that came back whole, of 15 each,
from dialers that finish when all is sent:

| dialer | over | 1 byte | 10 | 1,000 | 10,000 | 300,000 |
|---|---|---|---|---|---|---|
| go-libp2p 0.51.0 | QUIC | 2 | 5 | 8 | 15 | 15 |
| go-libp2p 0.51.0 | TCP | 1 | 3 | 0 | 1 | 15 |
| ours | QUIC | 9 | 9 | 3 | 15 | 15 |
| ours | TCP | 15 | 15 | 15 | 15 | 15 |
| rust-libp2p 0.57.1 | QUIC, TCP | 15 | 15 | 15 | 15 | 15 |

go announces a protocol that it knows the peer to have with its first bytes, as
ours does; rust waits for the answer, a round trip for each stream. Ours does
not wait either: a peer of any other kind loses nothing. To talk to js, finish
a stream when the answer is there and not when the request is sent; over TCP
ours sends the end in a frame of its own, which js takes in time. To see it:
`h.NewStream`, `Write` and `CloseWrite` in go, without the branch for js in
`open()` of `tests/interop/peers/go/streams.go`, or `p2p_stream_open()`,
`p2p_stream_send()` and `p2p_stream_finish()` in a row.
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
    text = text.rstrip("\n") + "\n\n" + TAIL
    print("\n" + text)
    counts = table.count()
    print("interop matrix: " + ", ".join(
        f"{n} {name.strip('*')}" for name, n in sorted(counts.items())))
    if os.environ.get("INTEROP_TABLE"):
        Path(os.environ["INTEROP_TABLE"]).write_text(text, encoding="utf-8")
