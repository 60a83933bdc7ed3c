#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: walk.py UNITMESH [PAGE…]

Does what the pages of docs/ tell that have commands on the machines red, green
and blue ("red$ unitmesh nodes"), and compares all that comes with what they
show. The machines are those of tools/demo/machines.sh, new ones for each page.

Ids, revisions, codes, times and ages are masked; the first that is shown stands
for the one that came, from then on. Lines of "…" stand for any number of lines.
What only looks is done again until it shows what the page does: people look
again, too. Without namespaces there are no such machines: exit code 77.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MACHINES = ROOT / "tools/demo/machines.sh"
WAIT = 45
LOOKS = re.compile(r"unitmesh (nodes|members$|log|conflicts|get|copies|rollout"
                   r"|peers|status|events|doctor|show|config show|diff"
                   r"|cert list|var list|members pending|settings$)"
                   r"|curl -s?i?s? http|tail|cat|ls|openssl|grep")
BY_ID = re.compile(r"unitmesh (members$|rollout)")
# What differs each time. The first kind is remembered: one that is shown
# twice has to come twice.
SAME = [r"r\d+\.[0-9a-f]{4}", r"um1q\w*…", r"umkey1\w*…", r"12D3KooW\w*…?",
        r"[0-9a-f]{16,64}…?"]
ANY = [(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", r"[0-9: -]{19}"),
       (r"\b\d\d:\d\d:\d\d", r"\\d\\d:\\d\\d:\\d\\d"),
       (r"\b\d{13}\b", r"\\d{13}"), (r"\b\d+\*\w+", r"\\w+\\*\\w+"),
       (r"\b\d+[smh]\b", r"\\d+[smhd]"), (r" +", r" +")]
# How a page begins: "<!-- begins with a mesh of three -->", "with two daemons".
BEGIN = re.compile(r"<!-- begins with (a mesh of |)(one|two|three)\b")
NAMES = ("red", "green", "blue")
START = ("unitmesh run --unit embedded --unit-listen "
         "unix:/run/control.unit.sock 2>/run/log &\n"
         "until unitmesh id >/dev/null 2>&1; do sleep 0.05; done")
WORD = re.compile("|".join(f"(?:{s})" for s in SAME))


def steps(text):
    """(machine, command, [shown line]) of a page's indented parts; those that
    are told for the reader's own machine have None for one."""
    for part in re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M):
        at = None
        for line in part.splitlines():
            line = line[4:]
            m = re.match(r"(red|green|blue|)\$ (.*)", line)
            if at is not None and going_on(at[1]):
                at[1] += "\n" + line
            elif m:
                if at is not None:
                    yield at
                at = [m[1] or None, m[2], []]
            elif at is not None:
                at[2].append(line)
        if at is not None:
            while at[2] and not at[2][-1].strip():
                at[2].pop()
            yield at


def going_on(command):
    """Whether a command has more lines: an open quote, a backslash, a here
    document."""
    m = re.search(r"<<'?(\w+)'?", command)
    if m:
        return not re.search(rf"^{m[1]}$", command, re.M)
    return command.count("'") % 2 == 1 or command.endswith("\\")


class Page:
    """One page, and what it met so far."""

    def __init__(self, path, unitmesh, folder):
        self.path, self.folder = path, Path(folder)
        self.known = {}
        self.failed = self.done = 0
        program = self.folder / "build/cli/unitmesh"
        program.parent.mkdir(parents=True)
        program.symlink_to(os.path.abspath(unitmesh))
        self.cwd = self.folder / "here"
        self.cwd.mkdir()
        self.env = {**os.environ, "MACHINES": str(self.folder / "machines"),
                    "BUILDDIR": str(self.folder / "build"), "NO_COLOR": "1",
                    "no_proxy": "*", "ROOT": str(ROOT)}

    def on(self, *words):
        """The exit code and what came, up to the end of the command: daemons
        that go on hold what it wrote to."""
        with tempfile.TemporaryFile("w+") as out:
            code = subprocess.run(
                [MACHINES, *words], env=self.env, cwd=self.cwd, timeout=90,
                check=False, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT).returncode
            out.seek(0)
            return code, out.read()

    def own(self, command):
        """A command with what the words of the page stand for."""
        return WORD.sub(lambda m: self.known.get(m[0], m[0]), command)

    def pattern(self, shown):
        """The regular expression of a line; its groups are words that the page
        shows and that were not met before, in order."""
        new, out, at = [], "", 0
        for m in WORD.finditer(shown):
            out += self.plain(shown[at:m.start()])
            at = m.end()
            if m[0] in self.known:
                out += re.escape(self.known[m[0]])
            else:
                new.append(m[0])
                head = re.match(r"r\d+\.|um1|umkey1|12D3KooW|", m[0])[0]
                out += f"({re.escape(head)}\\w+)"
        return out + self.plain(shown[at:]), new

    @staticmethod
    def plain(text):
        parts = text.split("…")
        for i, part in enumerate(parts):
            part = re.escape(part).replace(r"\ ", " ").replace(r"\*", "*")
            part = part.replace("*", r"\*").replace(r"\-", "-")
            for mask, by in ANY:
                mask = mask.replace(r"\*", r"\\\*")
                part = re.sub(mask, by, part)
            parts[i] = part
        return ".*".join(parts)

    def like(self, shown, said):
        """What the words of a line stand for, or None if it is another one."""
        pattern, new = self.pattern(shown)
        m = re.fullmatch(pattern, said)
        return None if m is None else dict(zip(new, m.groups()))

    def learn(self, shown, said):
        met = self.like(shown, said)
        if met is None:
            return False
        self.known.update(met)
        return True

    def compare(self, shown, said):
        """Whether all lines are as shown; else nothing is learnt."""
        before = dict(self.known)
        at = 0
        for i, want in enumerate(shown):
            if want == "…":
                if i == len(shown) - 1:
                    return True
                while at < len(said) and \
                        self.like(shown[i + 1], said[at]) is None:
                    at += 1
            elif at < len(said) and self.learn(want, said[at]):
                at += 1
            else:
                self.known = before
                return False
        if at == len(said):
            return True
        self.known = before
        return False

    def tables(self, shown, said):
        """The same, where rows stand in the order of the members' ids."""
        if "…" in shown:
            return self.compare(shown, said)
        rest = list(said)
        before = dict(self.known)
        for want in shown:
            row = next((s for s in rest if self.learn(want, s)), None)
            if row is None:
                self.known = before
                return False
            rest.remove(row)
        if rest:
            self.known = before
        return not rest

    def step(self, machine, command, shown):
        if machine is None:
            return
        self.done += 1
        deadline = time.monotonic() + WAIT
        wait = "unitmesh run" in command and command.endswith("&")
        while True:
            words = self.own(command)
            if wait:
                words += START.split("&", 1)[1]
            if command == "kill $(pidof unitmesh)":
                words += ("; while pidof unitmesh >/dev/null; do\nsleep 0.05\n"
                          "done")
            code, text = self.on(machine, words)
            said = [s.rstrip() for s in text.splitlines()]
            while said and not said[-1]:
                said.pop()
            good = self.tables(shown, said) if BY_ID.search(command) else \
                self.compare(shown, said)
            if shown == ["…"]:  # whatever it is: it works, and says something
                good = bool(said) and (code == 0 or "timeout" in command)
            if good or not LOOKS.search(command) or \
                    time.monotonic() > deadline:
                break
            time.sleep(0.1)
        self.failed += not good
        print(f"{'ok' if good else 'FAIL'} {self.path.name}: {machine}$ "
              f"{command.splitlines()[0]}", flush=True)
        if not good:
            print("  is shown:\n    " + "\n    ".join(shown) +
                  "\n  came:\n    " + "\n    ".join(said) +
                  f"\n  known: {self.known}", flush=True)

    def begin(self, how):
        """What a page takes for granted: daemons, or a mesh of them."""
        if how is None:
            return
        names = NAMES[:("one", "two", "three").index(how[2]) + 1]
        for name in names:
            self.must(name, START)
        if how[1]:
            said = self.must("red", "unitmesh init --name shop")
            self.known["umkey1qr0ugt00…"] = re.search(r"umkey1\w+", said)[0]
            for name in names[1:]:
                code = self.must("red", "unitmesh invite --role writer")
                self.must(name, f"unitmesh join {code.split()[0]}")
            self.must("red", "until [ $(unitmesh nodes | grep -c synced) = "
                      f"{len(names)} ]; do sleep 0.05; done")

    def must(self, name, command):
        code, said = self.on(name, command)
        if code != 0:
            raise SystemExit(f"{self.path}: {command}: {said}")
        return said

    def run(self):
        code, said = self.on("up")
        if code != 0:
            print(said)
            return False
        text = self.path.read_text(encoding="utf-8")
        try:
            self.begin(BEGIN.search(text))
            for step in steps(text):
                self.step(*step)
        finally:
            self.on("down")
        return True


def pages():
    """Those with commands on the machines."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if re.search(r"^    (red|green|blue)\$ ",
                     path.read_text(encoding="utf-8"), re.M):
            yield path


def main():
    failed = done = 0
    for path in [Path(p) for p in sys.argv[2:]] or pages():
        with tempfile.TemporaryDirectory(prefix="umwalk") as folder:
            page = Page(path, sys.argv[1], folder)
            if not page.run():
                print("no namespaces here: no machines to try it on")
                return 77
        failed, done = failed + page.failed, done + page.done
    print(f"{done - failed} ok, {failed} failed")
    return 1 if failed or done == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
