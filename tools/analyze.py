#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: analyze.py BUILDDIR [FILE…]

Looks at each file of lib/ (or at FILEs) with analyzers that follow paths: gcc
-fanalyzer, with and without optimization (it finds other things), and clang
--analyze, with the flags that BUILDDIR compiles it with. A line for each
analyzer and file, ok or FAIL, and below it what was found. Each is first shown
a mistake: one that does not find it is broken.

Nothing is suppressed. Where an analyzer cannot know what holds, an assert
says it, which tests and fuzzers then look at, too.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ANALYZERS = {
    "gcc -O0": ["gcc", "-O0", "-c", "-o", os.devnull, "-fanalyzer"],
    "gcc -O1": ["gcc", "-O1", "-c", "-o", os.devnull, "-fanalyzer"],
    "clang": ["clang", "--analyze", "-o", os.devnull,
              "-Xclang", "-analyzer-output=text"],
}
# What they find has a name of theirs; the compilers' own warnings are the
# matter of the lane clang.
FOUND = re.compile(
    r"\berror: |warning: .* \[(-Wanalyzer-|[a-z]+\.)\S+\]$", re.M)
# Flags of the build that say where its output goes, and those that take one.
OUTPUT = {"-c", "-MD", "-MMD"}
PAIRS = {"-o", "-MQ", "-MF", "-MT"}
BAD = """#include <stdlib.h>
int f(int n);
int f(int n)
{
    int *p = malloc(sizeof *p);
    *p = n;
    free(p);
    return *p;
}
"""


def flags(command):
    """What a command of compile_commands.json compiles with."""
    out, words = [], iter(shlex.split(command)[1:])
    for word in words:
        if word in PAIRS:
            next(words)
        elif word.startswith("-") and word not in OUTPUT and \
                not word.startswith(("-fdiagnostics", "-O")):
            out.append(word)
    return out


def files(build):
    """{path in the tree: (folder, flags)} of lib/, each file once."""
    found = {}
    with open(build / "compile_commands.json", encoding="utf-8") as f:
        for entry in json.load(f):
            folder = Path(entry["directory"])
            path = os.path.relpath((folder / entry["file"]).resolve(), ROOT)
            if path.startswith("lib/"):
                found.setdefault(path, (folder, flags(entry["command"])))
    return found


def look(name, path, folder, words):
    """What an analyzer says of a file; None: nothing."""
    said = subprocess.run([*ANALYZERS[name], *words, str(path)], cwd=folder,
                          capture_output=True, text=True, check=False)
    if said.returncode or FOUND.search(said.stderr):
        return said.stderr or f"it ended with {said.returncode}"
    return None


def self_test(name):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
        f.write(BAD)
        f.flush()
        if not look(name, f.name, ROOT, []):
            yield f"FAIL {name}: does not find a mistake that it is shown"


def main():
    todo = files(Path(sys.argv[1]).resolve())
    chosen = [os.path.relpath(p, ROOT) for p in sys.argv[2:]] or sorted(todo)
    bad = [line for name in ANALYZERS for line in self_test(name)]
    done = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(n, p, pool.submit(look, n, ROOT / p, *todo[p]))
                for p in chosen for n in ANALYZERS]
        for name, path, job in jobs:
            found = job.result()
            if found:
                bad.append(f"FAIL {name}: {path}\n{found}")
            else:
                done += 1
                print(f"ok {name}: {path}")
    print("\n".join(bad))
    print(f"analyze: {done} ok, {len(bad)} failed")
    return 1 if bad or not done else 0


if __name__ == "__main__":
    sys.exit(main())
