# SPDX-License-Identifier: MIT OR Apache-2.0
"""The matrix: ours with every other implementation over every transport,
security, muxer and type of key, in both roles. `make interop-table` writes
what it saw as docs/reference/interop.md; it is printed in any case."""

import itertools

import pytest
import matrix
import report
from checks import check_pubsub_again, check_push, check_services, echoes_of
from checks import short
from matrix import Row
from peer import PeerError, executable, Unavailable, required

SECURITIES = ("noise", "tls")
MUXERS = ("yamux", "mplex")
TCP_LIKE = ("TCP", "WebSocket", "WSS")
SESSIONS = list(itertools.product(matrix.OTHERS, TCP_LIKE, SECURITIES, MUXERS))
KEYS = list(itertools.product(matrix.OTHERS, SECURITIES, matrix.KEYS[1:]))


@pytest.fixture(scope="module")
def table():
    made = matrix.Table()
    yield made
    report.write(made)


def have(*kinds):
    for kind in kinds:
        try:
            executable(kind)
        except Unavailable as err:
            if kind in required():
                pytest.fail(f"required peer {kind} is missing: {err}")
            return f"no {kind} peer: {err}"
    return None


class Session:
    """Two nodes that are begun anew when a row left them in doubt."""

    def __init__(self, kind, flags, transports):
        self.kind, self.flags, self.transports = kind, flags, transports
        self.nodes = {}

    def node(self, kind):
        if kind not in self.nodes:
            self.nodes[kind] = matrix.start(kind, self.flags,
                                            self.transports)
        return self.nodes[kind]

    def drop(self):
        for node in self.nodes.values():
            node.kill()
        self.nodes = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for node in self.nodes.values():
            node.quit()


def run(session, row, check):
    """Connect for this row alone, check, and part."""
    ours, theirs = session.node("c"), session.node(row.kind)
    dialer, listener = (ours, theirs) if row.role == "dial" \
        else (theirs, ours)
    marks = [dialer.mark(), listener.mark()]
    dialer.cmd(f"connect {matrix.address(listener, row.transport)}")
    for one, other, mark in zip((dialer, listener), (listener, dialer),
                                marks):
        said = one.wait("connected", after=mark, peer=other.id)
        assert said["transport"] in matrix.SHOWN[row.transport], said
        if row.transport != "QUIC":
            assert short(said["security"] or row.security) == row.security
            muxer = "yamux" if row.muxer == "psk" else row.muxer
            assert short(said["muxer"] or muxer) == muxer
    check(dialer, listener, marks)
    marks = [dialer.mark(), listener.mark()]
    dialer.cmd(f"disconnect {listener.id}")
    dialer.wait("disconnected", after=marks[0], peer=listener.id)
    listener.wait("disconnected", after=marks[1], peer=dialer.id)


def everything(dialer, listener, marks):
    for one, other, mark in ((dialer, listener, marks[0]),
                             (listener, dialer, marks[1])):
        check_services(one, other, mark)
        check_push(one, other)
        check_pubsub_again(one, other)


def little(dialer, listener, marks):
    for one, other in ((dialer, listener), (listener, dialer)):
        size = 1 if 1 in echoes_of(one, other) else 300_000
        assert one.cmd(f"echo {other.id} {size}")["bytes"] == size


def why_skip(row, flags):
    return matrix.lacks(row) or matrix.cannot("c", row.transport, *flags) \
        or matrix.cannot(row.kind, row.transport, *flags)


def session_of(rows, flags, check, table):
    """Run the rows of one pair of nodes, which have one transport: who knows
    of several addresses of a peer dials the one that it likes best, whichever
    it was told. The worst result is the test's."""
    kind = rows[0].kind
    missing = have("c", kind)
    reasons = {row: missing or why_skip(row, flags) for row in rows}
    for row, why in reasons.items():
        if why:
            table.put(row, "skip", why)
    left = [row for row in rows if not reasons[row]]
    if not left:
        pytest.skip("; ".join(dict.fromkeys(reasons.values())))
    troubles = []
    with Session(kind, flags, [rows[0].transport]) as session:
        for row in left:
            try:
                run(session, row, check)
                table.put(row, "pass")
            except (AssertionError, PeerError) as err:
                table.put(row, "**fail**", str(err).splitlines()[0][:160])
                troubles.append(f"{' '.join(row)}:\n{err}")
                session.drop()
    assert not troubles, "\n\n".join(troubles)


def rows_of(kind, security, muxer, key, transport):
    return [Row(kind, transport, security, muxer, key, role)
            for role in matrix.ROLES]


@pytest.mark.parametrize("kind,transport,security,muxer", SESSIONS)
def test_session(kind, transport, security, muxer, table):
    """TCP and both WebSockets: all services, on a connection that ours dialed
    and then on one that the other dialed."""
    flags = ("--security", security, "--muxer", muxer)
    session_of(rows_of(kind, security, muxer, "ed25519", transport), flags,
               everything, table)


@pytest.mark.parametrize("kind", matrix.OTHERS)
def test_quic(kind, table):
    session_of(rows_of(kind, "tls", "quic", "ed25519", "QUIC"), (),
               everything, table)


@pytest.mark.parametrize("kind,security,key", KEYS)
def test_key(kind, security, key, table):
    """Both have a key of that type."""
    flags = ("--security", security, "--key", key)
    session_of(rows_of(kind, security, "yamux", key, "TCP"), flags, little,
               table)


@pytest.mark.parametrize("kind,key", itertools.product(matrix.OTHERS,
                                                       matrix.KEYS[1:]))
def test_quic_key(kind, key, table):
    session_of(rows_of(kind, "tls", "quic", key, "QUIC"), ("--key", key),
               little, table)


@pytest.mark.parametrize("kind,transport", itertools.product(
    matrix.OTHERS, ("TCP", "WebSocket")))
def test_psk(kind, transport, table):
    """A private network: the same key on both sides."""
    rows = rows_of(kind, "noise", "psk", "ed25519", transport)
    session_of(rows, ("--psk", matrix.psk_file()), little, table)
