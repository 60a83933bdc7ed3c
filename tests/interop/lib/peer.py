# SPDX-License-Identifier: MIT OR Apache-2.0
"""Start and steer scriptable peers, whatever they are written in.

    with Peer.start("go", ["--listen", "/ip4/127.0.0.1/tcp/0"]) as a, \\
            Peer.start("c", []) as b:
        b.cmd(f"connect {a.addrs[0]}")
        a.wait("connected", peer=b.id)

Nothing here sleeps: a thread reads lines, everybody else waits on a condition
with a deadline. A failure names the peer and shows the end of what it said.
"""

import atexit
import collections
import functools
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent / "peers"
KINDS = ("go", "js", "js2021", "rust", "py", "c")
SLOW = ("rust",)

START_SECONDS = 30
WAIT_SECONDS = 20
CMD_SECONDS = 40


class PeerError(AssertionError):
    """A peer did not do what was asked; the text shows its last words."""


class Unavailable(Exception):
    """The tool chain of this kind of peer is missing: a test may skip."""


def note(text):
    print(text, file=sys.stderr, flush=True)


def required():
    """The kinds that must not be missing, as CI names go and js."""
    return os.environ.get("PEERS_REQUIRED", "").replace(",", " ").split()


@functools.lru_cache(maxsize=None)
def executable(kind):
    """Return the argv prefix of a kind of peer, building it if need be."""
    if kind == "c":
        path = os.environ.get("P2P_BIN")
        if not path:
            raise Unavailable("P2P_BIN does not name our p2p program")
        return (path, "node")
    if kind not in KINDS:
        raise ValueError(f"unknown kind of peer: {kind}")
    # A slow build must be asked for; what stands in the cache is used.
    env = dict(os.environ)
    if kind in SLOW and kind not in required():
        env["PEER_NO_BUILD"] = "1"
    done = subprocess.run([PEERS / "build.sh", kind], text=True, env=env,
                          capture_output=True, check=False)
    if done.returncode == 77:
        raise Unavailable(done.stderr.strip().splitlines()[-1])
    if done.returncode != 0:
        raise PeerError(f"{kind} does not build:\n{done.stderr}")
    return (done.stdout.strip().splitlines()[-1],)


def require(*kinds):
    """Skip the calling test where a kind cannot be had.

    A kind named in PEERS_REQUIRED fails instead.
    """
    import pytest

    for kind in kinds:
        try:
            executable(kind)
        except Unavailable as err:
            if kind in required():
                pytest.fail(f"required peer {kind} is missing: {err}")
            pytest.skip(f"peer {kind}: {err}")


_running = weakref.WeakSet()


@atexit.register
def _kill_all():
    for process in list(_running):
        process.kill()


class Lines:
    """A child process that prints lines, and a condition to wait on."""

    def __init__(self, name, argv, netns=None, env=None, **more):
        self.name = name
        argv = [str(a) for a in argv]
        if netns:
            argv = ["ip", "netns", "exec", netns] + argv
        self.argv = argv
        self.started = time.monotonic()
        self.proc = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **(env or {})},
            **more)
        _running.add(self.proc)
        self.changed = threading.Condition()
        self.out_tail = collections.deque(maxlen=12)
        self.err_tail = collections.deque(maxlen=20)
        self._threads = [
            threading.Thread(target=self._read, daemon=True,
                             args=(self.proc.stdout, self.out_tail, True)),
            threading.Thread(target=self._read, daemon=True,
                             args=(self.proc.stderr, self.err_tail, False)),
        ]
        self._open = len(self._threads)
        for thread in self._threads:
            thread.start()

    def on_line(self, text):
        """Called with the condition held, for each line of stdout."""

    def _read(self, stream, tail, is_out):
        for raw in stream:
            text = raw.decode("utf-8", "replace").rstrip("\n")
            with self.changed:
                tail.append(text)
                if is_out:
                    self.on_line(text)
                self.changed.notify_all()
        with self.changed:
            self._open -= 1
            self.changed.notify_all()

    @property
    def pid(self):
        return self.proc.pid

    @property
    def alive(self):
        return self.proc.poll() is None

    def trouble(self, what):
        def block(title, lines):
            shown = [line[:400] for line in lines] or ["(nothing)"]
            return "\n".join([f"  {title}:"] + [f"    {s}" for s in shown])

        code = self.proc.poll()
        state = "running" if code is None else f"ended with {code}"
        return PeerError("\n".join([
            f"{self.name}: {what}",
            f"  {state}, {time.monotonic() - self.started:.1f} s after start:"
            f" {shlex.join(self.argv)}",
            block("last lines", self.out_tail),
            block("last lines of stderr", self.err_tail),
        ]))

    def until(self, find, what, timeout):
        """Wait until find() is not None; it runs with the condition held."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                found = find()
                if found is not None:
                    return found
                if self._open == 0:
                    raise self.trouble(f"ended while we waited for {what}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self.trouble(f"no {what} in {timeout} s")
                self.changed.wait(left)

    def write(self, line):
        try:
            self.proc.stdin.write(line.encode() + b"\n")
            self.proc.stdin.flush()
        except (BrokenPipeError, ValueError) as err:
            raise self.trouble(f"is not reading ({err}): {line[:80]}") from err

    def kill(self):
        """End at once, as a crash would."""
        self.proc.kill()
        return self._reap(5)

    def stop(self, timeout=8):
        """Close its input, which is a request to end; returns the code."""
        try:
            self.proc.stdin.close()
        except OSError:
            pass
        return self._reap(timeout)

    def _reap(self, timeout):
        try:
            self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        for thread in self._threads:
            thread.join(2)
        for pipe in (self.proc.stdout, self.proc.stderr):
            if not any(t.is_alive() for t in self._threads):
                pipe.close()
        return self.proc.returncode

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


class Program(Lines):
    """A child that prints text for people, such as a daemon or article.js."""

    # What each kind runs instead of the scriptable peer.
    ARTICLES = {"js2021": "article.js", "js": "article.mjs", "go": "article"}

    def __init__(self, name, argv, netns=None, env=None, **more):
        self.lines = []
        self.times = []  # of the lines, monotonic seconds
        super().__init__(name, argv, netns, env, **more)

    @classmethod
    def article(cls, netns=None, env=None, name="article", kind="js2021"):
        """A control plane as the article has it; see peers/js2021/article.js
        for env."""
        program = cls(name, executable(kind), netns,
                      {"PEER_MAIN": cls.ARTICLES[kind], **(env or {})})
        program.id = program.wait_text(r"^My Node ID (\S+)")[1]
        program.wait_text(r"^REST on port")
        return program

    def on_line(self, text):
        self.lines.append(text)
        self.times.append(time.monotonic())

    def mark(self):
        """A point in time for `after=`: only later lines count."""
        with self.changed:
            return len(self.lines)

    def wait_text(self, pattern, timeout=WAIT_SECONDS, after=0):
        """The match of the first line since `after` that has the pattern."""
        return self.wait_line(pattern, timeout, after)[0]

    def wait_line(self, pattern, timeout=WAIT_SECONDS, after=0):
        """The same, and when it came."""
        at = after

        def find():
            nonlocal at
            while at < len(self.lines):
                at += 1
                found = re.search(pattern, self.lines[at - 1])
                if found:
                    return found, self.times[at - 1]
            return None

        return self.until(find, f"line with {pattern!r}", timeout)

    def stop(self, timeout=8):
        """Ask it to end (SIGTERM); returns the code."""
        if self.alive:
            self.proc.terminate()
        return super().stop(timeout)


def _matches(event, wanted):
    for key, want in wanted.items():
        have = event.get(key)
        if not (want(have) if callable(want) else have == want):
            return False
    return True


class Peer(Lines):
    """One node that speaks the command line and line protocol of `p2p node`.

    After start: `id`, `addrs`, `ready_ms`; `events` grows for ever.
    """

    _numbers = collections.Counter()

    def __init__(self, kind, args, netns=None, env=None, name=None):
        self.kind = kind
        self.events = []
        self._replies = collections.defaultdict(collections.deque)
        Peer._numbers[kind] += 1
        name = name or f"{kind}#{Peer._numbers[kind]}"
        super().__init__(name, [*executable(kind), *args], netns, env)

    @classmethod
    def start(cls, kind, args=(), netns=None, env=None, name=None,
              timeout=START_SECONDS):
        """Start a peer and return it when it listens."""
        return cls(kind, args, netns, env, name).ready(timeout)

    def ready(self, timeout=START_SECONDS):
        """Wait until it listens; for several that were begun together."""
        try:
            first = self.wait("listening", timeout)
        except PeerError:
            self.kill()
            raise
        self.id = first["peer"]
        self.addrs = first["addrs"]
        self.ready_ms = first.get("ready_ms")
        return self

    def on_line(self, text):
        try:
            event = json.loads(text)
        except ValueError:
            event = {"type": "garbage", "text": text}
        if event.get("type") == "reply":
            self._replies[event.get("cmd")].append(event)
        else:
            self.events.append(event)

    @property
    def addr(self):
        """The first address that others can dial, with /p2p/ID."""
        if not self.addrs:
            raise self.trouble("listens nowhere")
        return self.addrs[0]

    # -- events

    def mark(self):
        """A point in time for `after=`: only later events count."""
        with self.changed:
            return len(self.events)

    def seen(self, type_, after=0, **wanted):
        """All events so far; a wanted value may be a predicate."""
        with self.changed:
            return [e for e in self.events[after:]
                    if e.get("type") == type_ and _matches(e, wanted)]

    def wait(self, type_, timeout=WAIT_SECONDS, after=0, **wanted):
        """The first such event since `after`, waiting for it."""
        at = after

        def find():
            nonlocal at
            while at < len(self.events):
                event = self.events[at]
                at += 1
                if event.get("type") == type_ and _matches(event, wanted):
                    return event
                if event.get("type") == "fatal" and type_ != "fatal":
                    raise self.trouble(f"gave up: {event.get('error')}")
            return None

        what = " ".join([type_] + [f"{k}={v!r}" for k, v in wanted.items()])
        return self.until(find, what, timeout)

    def wait_count(self, type_, count, timeout=WAIT_SECONDS, after=0,
                   **wanted):
        """Wait until there are that many such events; returns them."""
        def find():
            found = [e for e in self.events[after:]
                     if e.get("type") == type_ and _matches(e, wanted)]
            return found if len(found) >= count else None

        return self.until(find, f"{count} × {type_} {wanted}", timeout)

    def wait_connected(self, other, timeout=WAIT_SECONDS, after=0):
        """Wait for a connection with another Peer (or peer id)."""
        return self.wait("connected", timeout, after,
                         peer=getattr(other, "id", other))

    # -- commands

    def send(self, command):
        """Send a command; `reply` gets its answer."""
        self.write(command)
        return command.split(None, 1)[0]

    def reply(self, cmd, timeout=CMD_SECONDS):
        """The next answer to a command of that name."""
        def find():
            queue = self._replies[cmd]
            return queue.popleft() if queue else None

        return self.until(find, f"answer to {cmd}", timeout)

    def cmd(self, command, timeout=CMD_SECONDS, check=True):
        """Send a command and return its answer, which must be ok."""
        answer = self.reply(self.send(command), timeout)
        if check and not answer.get("ok"):
            raise self.trouble(f"{command[:120]!r}: {answer.get('error')}")
        return answer

    def connect(self, other, timeout=CMD_SECONDS):
        """Dial another Peer and wait until both say that it stands."""
        answer = self.cmd(f"connect {other.addr}", timeout)
        self.wait_connected(other)
        other.wait_connected(self)
        return answer

    def poll(self, command, accept=lambda answer: answer["ok"],
             timeout=WAIT_SECONDS, every=0.1, check=True):
        """Repeat a command until accept(answer); for what has no event. It may
        fail on the way where `check` is false."""
        deadline = time.monotonic() + timeout
        while True:
            answer = self.cmd(command, check=check)
            if accept(answer):
                return answer
            if time.monotonic() > deadline:
                raise self.trouble(f"{command!r} stayed {answer}")
            with self.changed:
                self.changed.wait(every)

    def wait_mesh(self, topic, other=None, timeout=WAIT_SECONDS):
        """Wait until gossip reaches somebody, or a given peer, in a topic."""
        want = getattr(other, "id", other)
        return self.poll(
            f"mesh {topic}",
            lambda a: want in a["mesh"] if want else bool(a["mesh"]),
            timeout)

    def quit(self, timeout=8):
        """The orderly end; returns the exit code."""
        if self.alive:
            try:
                self.write("quit")
            except PeerError:
                pass
        return self.stop(timeout)

    def __exit__(self, *exc):
        self.quit()
