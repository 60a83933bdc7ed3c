# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a NAT does, found out as RFC 5780 does: from plain sockets before and
behind it."""

import select
import socket


def say(one, to, text=b"x"):
    one.sendto(text, to)


def heard(one):
    """What the socket got, and from whom; times out."""
    text, who = one.recvfrom(2048)
    return text, who


def mapped(one, server, at):
    """As what `server`, which is bound to `at`, sees the socket."""
    say(one, at)
    return heard(server)[1]


class Servers:
    """Four public endpoints: two addresses with two ports each."""

    def __init__(self, lab):
        self.hosts = [lab.host("p1"), lab.host("p2")]
        self.at, self.sockets = [], []
        for host in self.hosts:
            for _ in range(2):
                s = host.udp()
                self.sockets.append(s)
                self.at.append((host.ip, s.getsockname()[1]))

    def mapping(self, one):
        """What the mapping of a socket depends on."""
        first, port, other, both = (mapped(one, s, at) for s, at in
                                    zip(self.sockets, self.at))
        if first == port == other == both:
            return "endpoint"
        return "address" if first == port and other == both else "port"

    def filtering(self, one):
        """Who may answer a socket that has talked to the first alone."""
        outer = mapped(one, self.sockets[0], self.at[0])
        for i in (3, 1):
            say(self.sockets[i], outer, str(i).encode())
        got = through(one, self.sockets[0], self.at[0], outer)
        if b"3" in got:
            return "endpoint"
        return "address" if b"1" in got else "port"


def through(one, server, at, outer):
    """What reached the socket up to now: a server that may send does so, the
    socket answers, three times; what went before has come by then."""
    got = []
    for i in range(3):
        last = b"last%d" % i
        say(server, outer, last)
        text = b""
        while text != last:
            text, who = heard(one)
            got.append(text)
        assert who == at
        say(one, at)
        heard(server)
    return got


def reaches(one, to, at, back):
    """Whether a datagram of `one` to the endpoint `to` reaches the socket
    `at`, and from whom it seems to be; None if not. `back` is (server, its
    endpoint, the outer one of `at`), of one that surely reaches it."""
    say(one, to, b"knock")
    server, server_at, outer = back
    say(server, outer, b"last")
    text, who = heard(at)
    seen = None
    while text != b"last":
        seen = who
        text, who = heard(at)
    assert who == server_at
    return seen


def punch_udp(one, other):
    """Two UDP sockets, (socket, where the other's was seen) each, send to each
    other and answer what they hear; whether one is answered."""
    for s, _ in (one, other):
        s.settimeout(0.2)
    for _ in range(3):
        for s, to in (one, other):
            say(s, to, b"hello")
        for s, _ in (one, other, one):
            try:
                while True:
                    text, who = heard(s)
                    if text == b"hi":
                        return True
                    say(s, who, b"hi")
            except TimeoutError:
                pass
    return False


def tcp_mapped(host, server):
    """(a bound socket, one of its port that listens, where that was seen)."""
    there = server.tcp()
    there.listen()
    s = host.tcp()
    port = s.getsockname()[1]
    s.connect((server.ip, there.getsockname()[1]))
    accepted, who = there.accept()
    # It has to stay, or there may be no mapping any more.
    host.lab.ends.enter_context(accepted)
    listener = host.tcp(port)
    listener.listen()
    return host.tcp(port), listener, who


def punch_tcp(one, other):
    """Two of tcp_mapped() connect to each other at once; whether that did."""
    for (s, _, _), (_, _, to) in ((one, other), (other, one)):
        s.setblocking(False)
        s.connect_ex(to)
    trying = [one[0], other[0]]
    listeners = [one[1], other[1]]
    while trying:
        accepted, done, _ = select.select(listeners, trying, [], 2)
        if accepted:
            accepted[0].accept()[0].close()
            return True
        if not done:
            return False
        for s in done:
            if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                return True
            trying.remove(s)
    return False
