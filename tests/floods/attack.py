# SPDX-License-Identifier: MIT OR Apache-2.0
"""What attackers do, each in a process of its own:

    with Attack(silent, target, sources, 10000) as a:
        a.done()            # how often it did what it does

They go on until the block ends. An attacker that is turned away comes again.
"""

import collections
import contextlib
import errno
import itertools
import multiprocessing
import os
import selectors
import signal
import socket
import struct
import time

import initial
import noise

HURRY = struct.pack("ii", 1, 0)     # SO_LINGER: closing resets
DRIP_S = 0.2
BATCH = 64


class Attack:
    """A process that runs `what(counts, *args)`; counts[0] is what it did,
    counts[1] what it was refused, as far as it can tell."""

    def __init__(self, what, *args):
        self.counts = multiprocessing.Array("Q", 3, lock=False)
        self.process = multiprocessing.Process(target=self._run,
                                               args=(what, *args), daemon=True)

    def _run(self, what, *args):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.nice(5)
        with contextlib.suppress(KeyboardInterrupt):
            what(self.counts, *args)

    def __enter__(self):
        self.process.start()
        self.began = time.monotonic()
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.join()

    @property
    def did(self):
        return self.counts[0]

    def wait(self, n, seconds):
        """Until it did so much; how much it did."""
        until = time.monotonic() + seconds
        while self.did < n and time.monotonic() < until and \
                self.process.is_alive():
            time.sleep(0.02)
        return self.did


def sources(net, each):
    """Addresses, `each` times each: 10.66.1.0, 10.66.1.0, … round and round."""
    hosts = [f"{net}.{a}.{b}" for a in range(1, 250) for b in range(1, 250)]
    return itertools.cycle(x for x in hosts for _ in range(each))


class Crowd:
    """Many connections that say what `words` makes for each, at once or a byte
    now and then, and begin anew when they are closed."""

    def __init__(self, counts, target, places, want, words, drips):
        self.counts, self.target, self.places = counts, target, places
        self.want, self.words, self.drips = want, words, drips
        self.open = {}
        self.queue = collections.deque()
        self.poll = selectors.EpollSelector()

    def begin(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HURRY)
        s.setblocking(False)
        with contextlib.suppress(OSError):
            s.bind((next(self.places), 0))
        if s.connect_ex(self.target) not in (0, errno.EINPROGRESS):
            s.close()
            return
        said = self.words()
        self.open[s.fileno()] = (s, said)
        self.poll.register(s, selectors.EVENT_READ)
        self.queue.append([time.monotonic() + 0.05, s, said, 0])
        self.counts[0] += 1

    def end(self, s):
        if self.open.pop(s.fileno(), None):
            self.poll.unregister(s)
            self.counts[1] += 1
            s.close()

    def drip(self, entry, now):
        """A byte, or all of it."""
        _, s, said, at = entry
        if s.fileno() < 0:
            return
        more = said[at:at + 1] if self.drips else said
        try:
            s.send(more)
        except BlockingIOError:
            more = b""
        except OSError:
            self.end(s)
            return
        if at + len(more) < len(said):
            self.queue.append([now + DRIP_S, s, said, at + len(more)])

    def listen(self, wait):
        """Those that were closed; what is said is not read."""
        for key, _ in self.poll.select(wait):
            try:
                if not key.fileobj.recv(65536):
                    self.end(key.fileobj)
            except BlockingIOError:
                pass
            except OSError:
                self.end(key.fileobj)

    def run(self):
        while True:
            for _ in range(min(BATCH, self.want - len(self.open))):
                self.begin()
            self.counts[2] = len(self.open)
            now = time.monotonic()
            while self.queue and self.queue[0][0] <= now:
                self.drip(self.queue.popleft(), now)
            self.listen(0 if len(self.open) < self.want else 0.01)


def silent(counts, target, places, want):
    """Connections that say nothing."""
    Crowd(counts, target, places, want, lambda: b"", False).run()


def dripping(counts, target, places, want, words):
    """Handshakes of which a byte comes now and then."""
    Crowd(counts, target, places, want, lambda: words, True).run()


def stalled(counts, target, places, want, words):
    """Handshakes that begin and do not go on."""
    Crowd(counts, target, places, want, words, False).run()


def handshakes(counts, target, source, rate):
    """So many handshakes a second as far as the node's own work, all from one
    address; none goes on behind the node's answer."""
    begun = time.monotonic()
    waiting = collections.deque()
    while True:
        while counts[0] >= (time.monotonic() - begun) * rate:
            time.sleep(0.001)
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HURRY)
        s.setblocking(False)
        s.bind((source, 0))
        s.connect_ex(target)
        with contextlib.suppress(OSError):
            s.send(noise.FIRST + noise.message_1())
        counts[0] += 1
        waiting.append(s)
        if len(waiting) > 6:
            old = waiting.popleft()
            with contextlib.suppress(OSError):
                if old.recv(4096):
                    counts[1] += 1
            old.close()


def _session(target, source):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind((source, 0))
    s.settimeout(5)
    s.connect(target)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return noise.Session(s)


def _again(counts, target, source, work):
    """Sessions, one after the other; counts[1] of them were ended by the
    node."""
    while True:
        session = None
        try:
            session = _session(target, source)
            work(session)
        except (OSError, ValueError):
            counts[1] += 1
        if session:
            session.sock.close()


def churn(counts, target, source):
    """Streams that are opened and reset in one breath."""
    def work(session):
        ids = itertools.count(1, 2)
        while True:
            some = b"".join(
                noise.frame(noise.WINDOW, noise.SYN, i, 0) +
                noise.frame(noise.WINDOW, noise.RST, i, 0)
                for i in itertools.islice(ids, 500))
            session.write(some)
            counts[0] += 500
    _again(counts, target, source, work)


def pings(counts, target, source):
    """Pings of the muxer, 5,000 in a record."""
    def work(session):
        many = b"".join(noise.frame(noise.PING, noise.SYN, 0, i)
                        for i in range(5000))
        session.sock.setblocking(True)
        while True:
            session.write(many)
            counts[0] += 5000
            session.sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while session.sock.recv(1 << 16):
                    pass
            session.sock.setblocking(True)
    _again(counts, target, source, work)


def unread(counts, target, places, want, streams, bytes_each):
    """Peers that ask for more than anybody wants, open their windows wide, and
    never read."""
    wide = 15 << 20
    ask = noise.HELLO + noise.line("/perf/1.0.0") + struct.pack(">Q",
                                                                bytes_each)
    held = []
    while len(held) < want:
        try:
            session = _session(target, next(places))
        except (OSError, ValueError):
            counts[1] += 1
            continue
        session.write(b"".join(
            noise.frame(noise.WINDOW, noise.SYN, i, wide) +
            noise.frame(noise.DATA, noise.FIN, i, len(ask), ask)
            for i in range(1, 2 * streams, 2)))
        held.append(session)
        counts[0] += 1
    signal.pause()


def initials(counts, target, places, said):
    """First packets of QUIC, each from another address and port, which is not
    ours: nobody hears the answers."""
    scid, frames = said
    with socket.socket(socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_RAW) as raw:
        for at in places:
            port = 1024 + counts[0] % 60000
            raw.sendto(initial.datagram((at, port), target,
                                        initial.first(scid, frames)), target)
            counts[0] += 1


def proven(counts, target, places, said):
    """Dialers of QUIC that show that their address is theirs, and then say
    nothing more."""
    scid, frames = said
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((next(places), 0))
            s.settimeout(0.05)
            s.sendto(initial.first(scid, frames), target)
            counts[0] += 1
            with contextlib.suppress(OSError):
                answer = initial.asked_to_prove(s.recv(2048))
                if answer:
                    counts[1] += 1
                    s.sendto(initial.first(scid, frames, *answer), target)
