#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [--big] [--write FILE] [FLOOD…]

Floods from real sockets against `p2p node`, whose limits are the library's
defaults, and against `unitmesh run` (those that begin with `mesh`). All of it
is in a network namespace of its own, in which every address of 10.66.0.0/16 is
this host's: the node answers at all of them, a peer has the one that it dials,
attackers take thousands.

Each flood has a node of its own and goes on until its peers have been looked
at: a member, which the node protects, was connected before and pings; others
dial from the member's address, and strangers from another one. It fails when
the node holds more above what it held before than it may; when one from the
member's address is not in at its first dial, or not within IN_S; when the
attack did not come to what it should have been; or when something is still held
afterwards. Two lines that begin with `control` show that this could fail.

A daemon is in a mesh of two. There a member is in when, behind a dial from its
address, a change that it makes runs beside the daemon; and a ping is an answer
over the control socket.

--big: the figures of docs/reference/floods.md, which --write makes; without, a
look of seconds at each.
"""
import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
P2P = os.environ.setdefault("P2P_BIN", str(BUILD / "tools/p2p/p2p"))
sys.path[:0] = [str(ROOT / "tests/interop/lib"), str(ROOT / "tests/e2e")]

# pylint: disable=wrong-import-position
import attack                                                  # noqa: E402
import crew                                                    # noqa: E402
import initial                                                 # noqa: E402
import noise                                                   # noqa: E402
from peer import Peer                                          # noqa: E402

NET = "10.66"
NODE = f"{NET}.0.1"
MEMBER = f"{NET}.0.2"
STRANGER = f"{NET}.0.9"
ONE = f"{NET}.0.66"
# Of the first flood; the next has the next ten.
PORT = 4000
WAYS = {"tcp": (1, "tcp/{}"), "ws": (2, "tcp/{}/ws"),
        "wss": (3, "tcp/{}/tls/ws"), "quic": (4, "udp/{}/quic-v1")}
# What a flood may cost beyond what the node held before, in MiB.
BOUND_MB = 32
# Seconds within which one from a member's address is in.
IN_S = 3
# How long a stranger tries, who may have no luck.
LUCK_S = 10
# How long what a flood left may take to go: handshakes have 10 s, and a peer
# that reads nothing 30.
GONE_S = 45
PENDING = 256
# Descriptors: a connection for each of these, and of REST 64, and some of ours.
FDS = PENDING + 64 + 64

# `way`: how its peers dial; `begin`: what makes its Attack; `least`: how often
# it must have done what it does, (big, small); `held`: handshakes that must be
# under way; `bound`: what it may cost, in MiB; `fds`: the descriptors.
Flood = namedtuple("Flood", "name text way begin least held bound fds",
                   defaults=(0, BOUND_MB, FDS))
Seen = namedtuple("Seen", "did refused rate rss cpu pending member strangers "
                  "rtt fds")


def into_namespace():
    """Runs this again where the network is nobody else's."""
    if os.environ.get("FLOODS_NETNS"):
        for words in ("link set lo up",
                      f"route add local {NET}.0.0/16 dev lo"):
            subprocess.run(["ip", *words.split()], check=True)
        return
    argv = ["unshare", "--net"] + (["-r"] if os.geteuid() else []) + \
        [sys.executable, *sys.argv]
    os.environ["FLOODS_NETNS"] = "1"
    os.execvp(argv[0], argv)


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(x for x in f if x.startswith("VmRSS")).split()[1])


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Watch:
    """The most that a process holds while it is looked at."""

    def __init__(self, pid):
        self.pid, self.most, self.fds, self.on = pid, 0, 0, True
        self.thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while self.on:
            with contextlib.suppress(OSError, StopIteration):
                self.most = max(self.most, rss_kb(self.pid))
                self.fds = max(self.fds, fds(self.pid))
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.on = False
        self.thread.join()


HELD = ("conns_in", "streams_in", "handshakes_pending", "descriptors", "fds")


class Node:
    """The node of one flood, and the member that it protects."""

    def __init__(self, number, folder):
        self.port = PORT + 10 * number
        args = ["--security", "noise,tls", "--quiet", "--handshakes", "0",
                "--tls-cert", folder / "cert", "--tls-key", folder / "key"]
        for way in WAYS:
            args += ["--listen", self.addr("0.0.0.0", way)]
        self.peer = Peer.start("c", args, name="node")
        self.member = Peer.start("c", [], name="member")
        self.member.cmd(f"connect {self.addr(MEMBER, 'tcp')}/p2p/"
                        f"{self.peer.id}")
        self.ping()
        self.peer.cmd(f"protect {self.member.id}")
        self.before = self.stats()

    def addr(self, at, way):
        more, form = WAYS[way]
        return f"/ip4/{at}/{form.format(self.port + more)}"

    def target(self, way):
        return NODE, self.port + WAYS[way][0]

    def stats(self):
        return self.peer.cmd("stats")

    def ping(self):
        """Milliseconds of a member's round trip."""
        return self.member.cmd(f"ping {self.peer.id} 1")["rtt_us"][0] / 1000

    def dial(self, way, at, seconds):
        """Dials until it is in, at least once; how long it took, or None, and
        how many dials."""
        began, tries = time.monotonic(), 0
        while tries == 0 or time.monotonic() < began + seconds:
            tries += 1
            with contextlib.suppress(subprocess.TimeoutExpired):
                done = subprocess.run(
                    [P2P, "ping", f"{self.addr(at, way)}/p2p/{self.peer.id}",
                     "-n", "1"], capture_output=True, check=False,
                    timeout=LUCK_S, env={**os.environ,
                                         "P2P_TLS_CA": os.environ["CERT"]})
                if done.returncode == 0:
                    return time.monotonic() - began, tries
        return None, tries

    def left(self):
        """What is still held for attackers after GONE_S, or None."""
        until = time.monotonic() + GONE_S
        while True:
            now = self.stats()
            held = {k: now[k] - self.before[k] for k in HELD
                    if now.get(k, 0) > self.before.get(k, 0)}
            if not held or time.monotonic() > until:
                return held or None
            time.sleep(0.2)

    def end(self):
        self.member.stop()
        return self.peer.stop()


class Mesh(Node):
    """The daemon of one flood, and the other one of its mesh, which is the
    member."""

    def __init__(self, number, folder):
        # pylint: disable=super-init-not-called
        self.port = PORT + 10 * number
        folder = folder / str(number)
        folder.mkdir()
        self.peer, self.member = [
            crew.Node(name, folder, f"127.66.{number}.{i + 1}", **more)
            for i, (name, more) in enumerate((
                ("red", {"listen": [self.addr("0.0.0.0", "tcp")]}),
                ("blue", {"flags": ["--peer", self.addr(MEMBER, "tcp")]})))]
        crew.begin((self.peer, self.member))
        self.status = 204
        self.before = self.stats()

    def target(self, way):
        return (self.peer.bind, 4902) if way == "rest" else super().target(way)

    def stats(self):
        return {**self.peer.get("/mesh/status")["p2p"],
                "fds": fds(self.peer.pid)}

    def ping(self):
        began = time.monotonic()
        self.peer.get("/mesh/status")
        return (time.monotonic() - began) * 1000

    def dial(self, way, at, seconds):
        began = time.monotonic()
        if way == "rest" and at != MEMBER:
            return self._over_tcp(), 1
        took, tries = super().dial("tcp", at, seconds)
        if took is None or at != MEMBER:
            return took, tries
        self.status = 200 + (self.status + 1) % 90
        with contextlib.suppress(AssertionError):
            self.member.say("put", crew.ROUTE, str(self.status))
            self.peer.answers(self.status, seconds)
            return time.monotonic() - began, tries
        return None, tries

    def _over_tcp(self):
        """How long REST takes to answer there; None: too long."""
        began = time.monotonic()
        answer = self.peer.fetch(f"http://{self.peer.bind}:4902/healthz",
                                 seconds=0.5)
        return time.monotonic() - began if answer.code else None


def look(flood, node, big):
    """One flood; what was seen, while it went on."""
    pid, rss, had = node.peer.pid, rss_kb(node.peer.pid), fds(node.peer.pid)
    with Watch(pid) as watch, flood.begin(node, big) as a:
        a.wait(flood.least[not big], 30)
        cpu, did, began = cpu_s(pid), a.did, time.monotonic()
        member = [node.dial(flood.way, MEMBER, LUCK_S)
                  for _ in range(20 if big else 3)]
        strangers = [node.dial(flood.way, STRANGER, LUCK_S if big else 0)
                     for _ in range(10 if big else 3)]
        rtts = [node.ping() for _ in range(50 if big else 5)]
        while time.monotonic() < began + (10 if big else 0.5):
            time.sleep(0.05)
        span = time.monotonic() - began
        return Seen(a.did, a.counts[1], (a.did - did) / span,
                    max(0, watch.most - rss) / 1024, (cpu_s(pid) - cpu) / span,
                    node.stats()["handshakes_pending"], member, strangers,
                    rtts, watch.fds - had)


def judge(flood, seen, big):
    """What is wrong, as sentences."""
    wrong = []
    if seen.did < flood.least[not big]:
        wrong.append(f"the attack did only {seen.did}")
    if not flood.held <= seen.pending <= PENDING:
        wrong.append(f"{seen.pending} handshakes were under way")
    if seen.rss > flood.bound:
        wrong.append(f"the node grew by {seen.rss:.1f} MiB")
    if seen.fds > flood.fds:
        wrong.append(f"it had {seen.fds} descriptors more")
    if any(took is None or took > IN_S for took, _ in seen.member):
        wrong.append(f"a member was not in within {IN_S} s")
    if any(tries > 1 for _, tries in seen.member):
        wrong.append("a member was not in with its first dial")
    return wrong


def crowd(what, way, want, each=8, words=(), net=NET):
    """A flood of connections from many addresses; `want` is (big, small)."""
    def begin(node, big):
        return attack.Attack(what, node.target(way), attack.sources(net, each),
                             want[not big], *words)
    return begin


def of_one(what, *args):
    def begin(node, _big):
        return attack.Attack(what, node.target("tcp"), ONE, *args)
    return begin


def quic(what):
    def begin(node, _big):
        return attack.Attack(what, node.target("quic"), attack.sources(NET, 1),
                             initial.hello(P2P, node.peer.id, MEMBER))
    return begin


def unread(node, big):
    return attack.Attack(attack.unread, node.target("tcp"),
                         attack.sources(NET, 1), 64 if big else 24, 8, 4 << 30)


def first_and_key():
    return noise.FIRST + noise.message_1()


HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(501)
TLS_HELLO = noise.HELLO + noise.line("/tls/1.0.0") + HELLO
WS_HEAD = b"GET / HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\n" + \
    b"X: y\r\n" * 60
REST_HEAD = b"GET /mesh/status HTTP/1.1\r\nHost: localhost\r\n" + \
    b"X: y\r\n" * 60
MANY, SOME = (10000, 1000), (2000, 500)

FLOODS = (
    Flood("unread", "64 peers that ask for 4 GiB on each of 8 streams, open "
          "their windows wide and never read", "tcp", unread, (64, 24), 0,
          64 * 8 // 4 + BOUND_MB),
    Flood("unfinished-quic", "dialers of QUIC that prove their address and end "
          "there", "quic", quic(attack.proven), (2000, 300), 30),
    Flood("initials", "first packets of QUIC from forged addresses, as fast as "
          "they can be made", "quic", quic(attack.initials), (20000, 2000), 30),
    Flood("silent", "10,000 connections that say nothing, 8 from each of 1,250 "
          "addresses", "tcp", crowd(attack.silent, "tcp", MANY), MANY, 200),
    Flood("silent-ws", "the same over WebSocket", "ws",
          crowd(attack.silent, "ws", MANY), MANY, 200),
    Flood("silent-one", "the same from one address", "tcp",
          crowd(attack.silent, "tcp", MANY, 1 << 30), MANY),
    Flood("stalled-noise", "10,000 handshakes of Noise that stop when the node "
          "has answered", "tcp",
          crowd(attack.stalled, "tcp", MANY, words=(first_and_key,)), MANY,
          200),
    Flood("drip-noise", "2,000 handshakes, a byte of multistream, then of "
          "Noise, every 0.2 s", "tcp",
          crowd(attack.dripping, "tcp", SOME, words=(first_and_key(),)), SOME,
          200),
    Flood("drip-tls", "2,000 handshakes, a byte of multistream, then of TLS, "
          "every 0.2 s", "tcp",
          crowd(attack.dripping, "tcp", SOME, words=(TLS_HELLO,)), SOME, 200),
    Flood("drip-ws", "2,000 heads of HTTP, a byte every 0.2 s", "ws",
          crowd(attack.dripping, "ws", SOME, words=(WS_HEAD,)), SOME, 200),
    Flood("drip-wss", "2,000 handshakes of wss, a byte of TLS every 0.2 s",
          "wss", crowd(attack.dripping, "wss", SOME, words=(HELLO,)), SOME,
          200),
    Flood("handshakes", "1,000 handshakes a second from one address, as far as "
          "the node's own work", "tcp", of_one(attack.handshakes, 1000),
          (5000, 500)),
    Flood("churn", "streams that are opened and reset in one breath", "tcp",
          of_one(attack.churn), (1000000, 50000)),
    Flood("pings", "pings of the muxer, 5,000 a record", "tcp",
          of_one(attack.pings), (1000000, 50000)),
    Flood("mesh-silent", "a daemon: 10,000 connections that say nothing, 8 "
          "from each of 1,250 addresses", "tcp",
          crowd(attack.silent, "tcp", MANY), MANY, 200),
    Flood("mesh-churn", "a daemon: streams that a stranger opens and resets in "
          "one breath", "tcp", of_one(attack.churn), (1000000, 50000)),
    Flood("mesh-rest", "a daemon: 2,000 requests over REST, a byte every "
          "0.2 s, 8 from each of 250 addresses", "rest",
          crowd(attack.dripping, "rest", SOME, words=(REST_HEAD,),
                net="127.67"), SOME, 0, BOUND_MB, 64 + 16),
)


def controls(seen):
    """What must have been bad, by name: the bounds bite."""
    out = {}
    if "unread" in seen:
        out["control: peers that never read cost more than a flood of "
            "handshakes may"] = seen["unread"].rss > BOUND_MB
    if "silent" in seen:
        out["control: not every stranger is in with its first dial"] = \
            any(took is None or tries > 1
                for took, tries in seen["silent"].strangers)
    if "mesh-rest" in seen:
        out["control: REST has no room for one more over TCP"] = \
            any(took is None for took, _ in seen["mesh-rest"].strangers)
    return out


def times(took):
    """The middle and the worst of some dials, as text."""
    known = [t for t, _ in took if t is not None]
    if not known:
        return "none in"
    worst = f"{max(known):.2f} s" if len(known) == len(took) else \
        f"{len(took) - len(known)} of {len(took)} not in"
    return f"{statistics.median(known):.2f} s, {worst}"


def shown(flood, seen, wrong):
    print(f"{'FAIL' if wrong else 'ok'} {flood.name}: {seen.did} done, "
          f"{seen.rate:.0f}/s; {seen.pending} handshakes under way; "
          f"+{seen.rss:.1f} MiB, {seen.cpu * 100:.0f} % of a core; in: members "
          f"{times(seen.member)}, strangers {times(seen.strangers)}; ping "
          f"{statistics.median(seen.rtt):.2f} ms, {max(seen.rtt):.2f} ms",
          flush=True)
    for what in wrong:
        print(f"  {what}", flush=True)


HEAD = """# Floods

What floods from real sockets cost a node with the library's default
[limits](limits.md), and whether others get in meanwhile. `make floods` measures
this anew. It fails when a flood costs more than {bound} MiB (of peers that
never read: more than their streams may queue), when one from the address of a
member is not in with its first dial within {in_s} s, or when something is still
held {gone_s} s after it; CI has a look of a second at each. Attackers are
processes in Python that go on for the whole time, and come again when they are
turned away ([tests/floods](../../tests/floods/attack.py)).

A member is a peer that the node protects, at an address at which it was
connected before: there is room for it at once. A stranger from another address
takes its chance with the attackers while handshakes fill their {pending}
places: each has one for at least a second. Both times are those of whole
programs that start, dial, ping and end: {idle:.0f} ms without any flood.

A daemon is in a mesh of two. There a member is in when, behind a dial from its
address, a change that it makes runs at the Unit of the daemon; in place of its
pings stands how long an answer takes over the control socket; and of REST a
stranger is somebody else who asks over TCP.

{machine}.

{columns}
"""
COLUMNS = ("flood", "done", "a second", "handshakes under way", "memory", "CPU",
           "members in: median, worst", "strangers in: median, worst",
           "a member's ping: median, worst")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((x.split(":", 1)[1].strip() for x in f
                      if x.startswith("model name")), platform.machine())
    return f"Attackers and node on {os.cpu_count()} cores of one machine " \
        f"({model}), in {time.strftime('%B %Y', time.gmtime())}"


def table(rows, idle):
    columns = f"| {' | '.join(COLUMNS)} |\n" + "|---" * len(COLUMNS) + "|"
    out = HEAD.format(bound=BOUND_MB, in_s=IN_S, gone_s=GONE_S, pending=PENDING,
                      idle=idle * 1000, machine=machine(), columns=columns)
    for flood, s in rows:
        out += f"| {flood.text} | {s.did:,} | {s.rate:,.0f} | {s.pending} " \
            f"| +{s.rss:.1f} MiB | {s.cpu * 100:.0f} % of a core " \
            f"| {times(s.member)} | {times(s.strangers)} " \
            f"| {statistics.median(s.rtt):.2f} ms, {max(s.rtt):.1f} ms |\n"
    return out


def ended(node, flood, wrong):
    """The last questions to a node, in a thread: they may take long."""
    left = node.left()
    if left:
        wrong.append(f"{flood.name}: still held after {GONE_S} s: {left}")
    code = node.end()
    if code != 0:
        wrong.append(f"{flood.name}: the node ended with {code}")


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key",
         "-out", folder / "cert", "-days", "2", "-subj", "/CN=node",
         "-addext", f"subjectAltName=IP:{NODE},IP:{MEMBER},IP:{STRANGER}"],
        check=True, capture_output=True)
    os.environ["CERT"] = str(folder / "cert")


def run(opts, folder):
    rows, threads, late, bad, idle = [], [], [], 0, 0
    for number, flood in enumerate(FLOODS):
        if opts.floods and flood.name not in opts.floods:
            continue
        if flood.name.startswith("mesh"):
            node = Mesh(number, folder)
        else:
            node = Node(number, folder)
            idle = statistics.median(node.dial("tcp", MEMBER, IN_S)[0]
                                     for _ in range(5))
        seen = look(flood, node, opts.big)
        wrong = judge(flood, seen, opts.big)
        shown(flood, seen, wrong)
        rows.append((flood, seen))
        bad += bool(wrong)
        threads.append(threading.Thread(target=ended, args=(node, flood, late)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for name, true in controls({f.name: s for f, s in rows}).items():
        print("ok" if true else "FAIL", name)
        bad += not true
    print("FAIL" if late else "ok", "nothing is held afterwards")
    for what in late:
        print(f"  {what}")
    if opts.write and not bad and not late:
        Path(opts.write).write_text(table(rows, idle), encoding="utf-8")
    return 1 if bad or late else 0


def main():
    cli = argparse.ArgumentParser()
    cli.add_argument("--big", action="store_true")
    cli.add_argument("--write")
    cli.add_argument("floods", nargs="*")
    opts = cli.parse_args()
    into_namespace()
    with tempfile.TemporaryDirectory(prefix="floods") as folder:
        certificate(Path(folder))
        return run(opts, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
