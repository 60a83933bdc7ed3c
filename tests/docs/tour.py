#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: tour.py UNITMESH P2P ECHO CHAT

Does what the README tells, command by command, and compares what comes with
what it shows. In what is shown "…" stands for anything, and ids, times and
ports of the system's choice are masked. What a command in the background shows
must come in that order, among other lines. Addresses and names are replaced by
ones of this test's own, so that the reader's nodes are left alone.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PID = os.getpid()
NET = f"127.{100 + PID % 100}.{PID // 100 % 250}."
WAIT = 15

# The README's own words that are only ours in this test.
NAMES = ("red", "blue", "green", "gold")
OWN = [("127.0.1.", NET)] + [(f"--{flag} {name}", f"--{flag} {name}{PID}")
                             for flag in ("name", "daemon") for name in NAMES]
MASKS = [(r"12D3KooW\w+", "ID"), (r"\d+\.\d+ ms", "N ms"), (r"\d+ ms", "N ms"),
         (r"(?<=/ip4/127\.0\.0\.1/tcp/)\d+", "PORT")]


def blocks(text):
    """The README's indented parts, each a list of (command, shown lines); a
    part without a command has None for one."""
    for part in re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M):
        steps, command = [], None
        for line in part.splitlines():
            line = line[4:]
            if command is not None and (command.count("'") % 2 or
                                        command.endswith("\\")):
                command += "\n" + line
                steps[-1] = (command, [])
            elif line.startswith("$ "):
                command = line[2:]
                steps.append((command, []))
            elif line:
                if not steps:
                    steps.append((None, []))
                steps[-1][1].append(line)
                command = None
        yield steps


def masked(line):
    """What can be compared: without what differs, and how columns are wide."""
    for name in NAMES:
        line = line.replace(f"{name}{PID}", name)
    for pattern, mask in MASKS:
        line = re.sub(pattern, mask, line)
    return re.sub(r"(?<=\S)  +", "  ", line)


def like(shown, line):
    """Whether a line is what is shown."""
    head, *rest = masked(shown).split("…")
    pattern = re.escape(head) + "".join(".*" + re.escape(r) for r in rest)
    return re.fullmatch(pattern, masked(line)) is not None


def missing(shown, lines):
    """The first shown line that did not come, in order; and what it met."""
    at, met = 0, []
    for want in shown:
        while at < len(lines) and not like(want, lines[at]):
            at += 1
        if at == len(lines):
            return want, met
        met.append((want, lines[at]))
        at += 1
    return None, met


class Background:
    """A command that goes on."""

    def __init__(self, command, env, cwd):
        self.lines = []
        self.changed = threading.Condition()
        self.proc = subprocess.Popen(
            ["bash", "-c", "exec " + command.rstrip("& ")], env=env, cwd=cwd,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.proc.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def expect(self, shown):
        """What it met, once all came; or the line that did not."""
        deadline = time.monotonic() + WAIT
        with self.changed:
            while True:
                lost, met = missing(shown, self.lines)
                left = deadline - time.monotonic()
                if lost is None or left <= 0:
                    return lost, met
                self.changed.wait(left)


class Tour:
    def __init__(self, folder, programs):
        self.folder = Path(folder)
        self.running = []
        self.known = {}   # what the README shows -> what is so here
        self.failed = 0
        self.done = 0
        for path, program in zip(
                ("cli/unitmesh", "tools/p2p/p2p", "examples/echo",
                 "examples/chat"), programs):
            link = self.folder / "build" / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.abspath(program))
        self.env = {**os.environ, "XDG_STATE_HOME": str(self.folder),
                    "no_proxy": "*",
                    "PATH": f"{self.folder}/build/cli:{os.environ['PATH']}"}

    def own(self, text):
        """A README's text with what is ours and what we learned."""
        for theirs, ours in OWN:
            text = text.replace(theirs, ours)
        for shown, real in self.known.items():
            text = text.replace(shown, real)
        return re.sub(r"\S+…", self._whole, text)

    def _whole(self, match):
        """The rest of an address that was cut off."""
        head = match[0][:-1]
        return next((r for s, r in self.known.items() if s.startswith(head)),
                    match[0])

    def learn(self, met):
        for shown, line in met:
            if re.fullmatch(r"/ip4/127\.0\.0\.1/\S+", shown):
                self.known[shown] = line

    def say(self, good, what, why=""):
        self.done += 1
        self.failed += not good
        print(f"{'ok' if good else 'FAIL'} {what.splitlines()[0]}{why}",
              flush=True)

    def step(self, command, shown):
        shown = [self.own(s) if "…" not in s else s.replace("127.0.1.", NET)
                 for s in shown]
        if command is None:
            return self.logs(shown)
        if command.startswith("kill "):
            return self.stop(command)
        command_here = self.own(command)
        if command.rstrip().endswith("&"):
            b = Background(command_here, self.env, self.folder)
            self.running.append(b)
            lost, met = b.expect(shown)
            self.learn(met)
            said = b.lines
        else:
            r = subprocess.run(["bash", "-c", command_here], env=self.env,
                               cwd=self.folder, text=True, timeout=WAIT * 2,
                               capture_output=True, check=False)
            said = r.stdout.splitlines()
            lost = None if exactly(shown, said) else "what is shown"
        self.say(lost is None, f"$ {command}", "" if lost is None else
                 f": no {lost!r} in\n  " + "\n  ".join(said))

    def logs(self, shown):
        """Lines of one of those that go on."""
        for b in self.running:
            b.expect([])
        last = self.running[-1]
        lost, _ = last.expect(shown)
        self.say(lost is None, shown[0], "" if lost is None else
                 f": no {lost!r} in\n  " + "\n  ".join(last.lines))

    def stop(self, command):
        for b in self.running:
            b.proc.terminate()
        codes = [b.proc.wait(WAIT) for b in self.running]
        self.say(set(codes) <= {0}, command, f" {codes}")
        self.running = []


def exactly(shown, said):
    """All lines as shown; a line that is "…" alone stands for any number."""
    at = 0
    for i, want in enumerate(shown):
        if want == "…":
            if i == len(shown) - 1:
                return True
            while at < len(said) and not like(shown[i + 1], said[at]):
                at += 1
        elif at < len(said) and like(want, said[at]):
            at += 1
        else:
            return False
    return at == len(said)


def main():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = len((ROOT / "examples/chat.c").read_text().splitlines())
    with tempfile.TemporaryDirectory(prefix="umtour") as folder:
        tour = Tour(folder, sys.argv[1:])
        try:
            for block in blocks(text):
                for command, shown in block:
                    if command is None and not tour.running or \
                            (command or "").startswith("make"):
                        continue
                    tour.step(command, shown)
        finally:
            for b in tour.running:
                b.proc.kill()
            for name in ("red", "blue"):
                shutil.rmtree(f"/run/unitmesh-{name}{PID}", True)
    tour.say(f"a chat room in {lines} lines" in text and lines <= 150,
             f"chat.c has {lines} lines")
    print(f"{tour.done - tour.failed} ok, {tour.failed} failed")
    return 1 if tour.failed or tour.done < 12 else 0


if __name__ == "__main__":
    sys.exit(main())
