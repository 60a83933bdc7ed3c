#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: diff.py REV

Compares what is built with a revision of this repository, by instructions that
the library executes (callgrind), which other work on the machine does not
change as it changes times. Each load runs with n and with 3 n rounds: the
difference is what the rounds cost, without start and end. Prints a table, an
operation of each load a line, for the end that dials and for the one that
listens. Profiles stay in BUILDDIR/bench-diff for callgrind_annotate.
"""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

from common import BUILD, LOOP, ROOT

KEPT = BUILD / "bench-diff"
MIB = 1 << 20
# name, what is counted, n, the command for n rounds
LOADS = (
    ("connection", "each", 20, lambda ma, n: ["bench-conn", ma, "-n", n]),
    ("stream", "each", 200, lambda ma, n: ["bench-echo", ma, "-n", n]),
    ("ping", "each", 500, lambda ma, n: ["bench-ping", ma, "-n", n]),
    ("bytes up", "MiB", 16, lambda ma, n: ["perf", ma, "--up", n * MIB,
                                           "--down", 0]),
    ("bytes down", "MiB", 16, lambda ma, n: ["perf", ma, "--up", 0, "--down",
                                             n * MIB]),
)


def sh(*argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, text=True,
                          **more)


def built(rev):
    """The `p2p` of a revision, from a work tree of its own."""
    name = sh("git", "-C", ROOT, "rev-parse", "--short=10", rev + "^{commit}",
              capture_output=True).stdout.strip()
    tree, build = KEPT / name / "tree", KEPT / name / "build"
    if not tree.exists():
        sh("git", "-C", ROOT, "worktree", "prune")
        sh("git", "-C", ROOT, "worktree", "add", "--detach", tree, name)
    if not (build / "build.ninja").exists():
        sh("meson", "setup", "-Ddaemon=false", "-Dtests=false", build, tree,
           stdout=subprocess.DEVNULL)
    sh("ninja", "-C", build, "tools/p2p/p2p", stdout=subprocess.DEVNULL)
    return name, build / "tools/p2p/p2p"


def grind(out):
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]


def counted(out):
    """All instructions of a profile."""
    return int(re.search(r"^(?:summary|totals): (\d+)", Path(out).read_text(),
                         re.M)[1])


@contextlib.contextmanager
def listener(argv):
    """Runs `p2p node`; yields its address. The end of its input ends it."""
    with subprocess.Popen([*map(str, argv), "node", *LOOP, "--quiet"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as node:
        try:
            for line in node.stdout:
                event = json.loads(line)
                if event["type"] == "listening":
                    break
            yield event["addrs"][0]
        finally:
            node.stdin.close()
            node.wait(60)


def run(program, folder, load, times):
    """(instructions of the dialer, of the listener) for n * times rounds."""
    name, _, n, command = load
    outs = [folder / f"{name.replace(' ', '-')}-{times}-{end}"
            for end in ("dialer", "listener")]
    for i, out in enumerate(outs):
        watched = [grind(out) if i == end else [] for end in range(2)]
        with listener([*watched[1], program]) as addr:
            sh(*watched[0], program, *command(addr, n * times),
               capture_output=True, timeout=300)
    return [counted(out) for out in outs]


def measured(name, program):
    """{load: (dialer, listener)}, instructions for one."""
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    got = {}
    for load in LOADS:
        few, many = (run(program, folder, load, times) for times in (1, 3))
        got[load[0]] = [(b - a) / (2 * load[2]) for a, b in zip(few, many)]
    return got


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n", 1)[0])
    name, program = built(sys.argv[1])
    before = measured(name, program)
    now = measured("now", BUILD / "tools/p2p/p2p")
    print(f"thousand instructions   {name:>12} {'now':>12}   now / before")
    for load, unit, *_ in LOADS:
        for i, end in enumerate(("dials", "listens")):
            a, b = before[load][i], now[load][i]
            print(f"{load + ', ' + unit:15} {end:7} {a / 1e3:12.1f} "
                  f"{b / 1e3:12.1f}   {b / a:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
