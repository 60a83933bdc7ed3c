# SPDX-License-Identifier: MIT OR Apache-2.0
"""The rows of the interoperability table, and what became of them.

A session is one node of ours and one of another kind; a row is one connection
between them, made for it. What either cannot do is a row that is skipped in
words.
"""

import collections
import functools
import os
import subprocess
import tempfile
from pathlib import Path

from peer import Peer, PeerError, Unavailable, executable

OTHERS = ("go", "rust", "js", "py")
LISTEN = {
    "TCP": "/ip4/127.0.0.1/tcp/0",
    "WebSocket": "/ip4/127.0.0.1/tcp/0/ws",
    "WSS": "/ip4/127.0.0.1/tcp/0/tls/ws",
    "QUIC": "/ip4/127.0.0.1/udp/0/quic-v1",
}
MARKS = {"TCP": "", "WebSocket": "/ws", "WSS": "/tls/ws", "QUIC": "/quic-v1"}
# What a peer may call it; an accepting one does not always know that a
# WebSocket came over TLS.
SHOWN = {"TCP": ("tcp", None), "WebSocket": ("ws", None),
         "WSS": ("wss", "ws", None), "QUIC": ("quic-v1", None)}
KEYS = ("ed25519", "secp256k1", "ecdsa", "rsa")
ROLES = ("dial", "listen")

# What an implementation of today has not, in its own words or ours.
LACKS = {
    ("go", "mplex"): "go-libp2p has no mplex any more",
    ("js", "ecdsa"): "js-libp2p has no ECDSA peer ids",
    ("py", "ecdsa"): "py-libp2p has no ECDSA peer ids",
    ("py", "psk"): "py-libp2p's private network does not meet go's either",
}

Row = collections.namedtuple(
    "Row", "kind transport security muxer key role", defaults=("dial",))


def lacks(row):
    """Why the other side cannot do this row, or None."""
    if (row.kind, row.transport, row.role) == ("py", "WSS", "listen"):
        return "py-libp2p's dials of wss do not get through to go or js either"
    for what in (row.transport, row.security, row.muxer, row.key):
        if (row.kind, what) in LACKS:
            return LACKS[row.kind, what]
    return None


@functools.lru_cache(maxsize=None)
def web_files():
    """A test authority and a server's certificate of it: flags of wss."""
    folder = Path(tempfile.mkdtemp(prefix="interop-tls-"))

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True,
                       capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "30", "-subj", "/CN=Interop test authority")
    openssl("req", *new, "-keyout", "key.pem", "-out", "web.csr",
            "-subj", "/CN=localhost")
    (folder / "web.ext").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
        "extendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", "web.csr", "-CA", "ca.pem", "-CAkey",
            "ca.key", "-CAcreateserial", "-days", "30", "-extfile",
            "web.ext", "-out", "cert.pem")
    return ("--tls-cert", str(folder / "cert.pem"), "--tls-key",
            str(folder / "key.pem"), "--tls-ca", str(folder / "ca.pem"))


@functools.lru_cache(maxsize=None)
def psk_file():
    """The key of a private network."""
    file = tempfile.NamedTemporaryFile("w", suffix=".key", delete=False)
    with file:
        file.write(f"/key/swarm/psk/1.0.0/\n/base16/\n{os.urandom(32).hex()}\n")
    return file.name


@functools.lru_cache(maxsize=None)
def why_not(kind, *flags):
    """Ask a kind of peer whether it takes these flags: its own words where
    it does not, None where it listens."""
    try:
        peer = Peer(kind, flags)
    except Unavailable as err:
        return f"no {kind} peer here: {err}"
    try:
        peer.ready()
        peer.quit()
        return None
    except PeerError:
        pass
    said = [e["error"] for e in peer.seen("fatal")] or list(peer.err_tail)
    kept = said[-1] if said else "it ended without a word"
    return f"{peer.kind if kind != 'c' else 'ours'}: {kept}"


def listening(kind, transport):
    """The flags with which a kind listens on a transport."""
    tls = web_files() if transport == "WSS" else ()
    return ("--listen", LISTEN[transport], *tls)


def cannot(kind, transport, *flags):
    """Why this kind cannot listen there with these flags, or None."""
    if transport != "QUIC" and "--psk" not in flags:
        flags = ()  # any of its securities and muxers goes over any of these
    return why_not(kind, *listening(kind, transport), *flags)


def start(kind, flags, transports):
    """A node that listens on these, in topic news; ready."""
    argv = ["--topic", "news", *flags]
    for transport in transports:
        argv += ["--listen", LISTEN[transport]]
    argv += web_files() if "WSS" in transports else ()
    return Peer(kind, argv).ready()


def address(peer, transport):
    """Where the peer listens on that transport."""
    for addr in peer.addrs:
        bare = addr.split("/p2p/")[0].replace("/wss", "/tls/ws")
        head, mark = bare.split("/")[3], MARKS[transport]
        if head == ("udp" if transport == "QUIC" else "tcp") and \
                "/".join([""] + bare.split("/")[5:]) == mark:
            return addr
    raise peer.trouble(f"has no address of {transport}: {peer.addrs}")


class Table:
    """What became of the rows, for people."""

    def __init__(self):
        self.results = {}

    def put(self, row, result, why=None):
        self.results[row] = (result, why)

    def count(self):
        return collections.Counter(r for r, _ in self.results.values())

    def lines(self, title, head, rows):
        """One table: rows are (texts, the row that dials, that listens)."""
        notes, out = [], [f"## {title}", ""]
        out.append(f"| {' | '.join(head)} | ours dials | ours listens |")
        out.append("|" + "---|" * (len(head) + 2))
        for texts, *pair in rows:
            cells = [self.cell(row, notes) for row in pair]
            if any(cells):
                out.append(f"| {' | '.join([*texts, *cells])} |")
        out += [""] + [f"{i}. {text}" for i, text in enumerate(notes, 1)]
        return out + ([""] if notes else [])

    def cell(self, row, notes):
        if row not in self.results:
            return ""
        result, why = self.results[row]
        if not why:
            return result
        if why not in notes:
            notes.append(why)
        return f"{result} ({notes.index(why) + 1})"
