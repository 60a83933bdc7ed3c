#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: manual.py UNITMESH P2P

Compares the manual pages with what the programs' --help says: every flag and
every command of one is in the other.
"""
import re
import subprocess
import sys
from pathlib import Path

MAN = Path(__file__).resolve().parents[2] / "docs/man"
UNITMESH, P2P = sys.argv[1:3]


def said(program, *words):
    return subprocess.run([program, *words, "--help"], text=True, check=True,
                          capture_output=True, timeout=20).stdout


def flags_of(text):
    """--name where a line of a help begins, and in usages."""
    return set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)(?=[ =\[\]]|$)", text,
                          re.M)) - {"help"}


def commands_of(text):
    return set(re.findall(r"^  ([a-z][a-z-]*)  +\S", text, re.M))


def page(name):
    return (MAN / name).read_text(encoding="utf-8")


def documented(text):
    """The flags that a page explains, or shows in its synopsis."""
    return set(re.findall(r"Fl -([a-z][a-z0-9-]+)", text)) - {"help"}


def named(text):
    """The commands of a page's synopsis."""
    synopsis = text.split(".Sh SYNOPSIS")[1].split(".Sh DESCRIPTION")[0]
    words = re.findall(r"^\.(?:Nm\n\.)?Cm ([a-z| -]+)", synopsis, re.M)
    return {w.split()[0] for line in words for w in line.split("|")}


def explained(text):
    """The flags that have an entry of their own in a page's lists."""
    return set(re.findall(r"Fl -([a-z][a-z0-9-]+)", "\n".join(
        re.findall(r"^\.It (?:Fl|.*, Fl).*", text, re.M)))) - {"help"}


def compare(what, a, b):
    for name in sorted(a - b):
        print(f"FAIL {what}: {name} is in the help, not on the page")
    for name in sorted(b - a):
        print(f"FAIL {what}: {name} is on the page, not in the help")
    if a == b and a:
        print(f"ok {what}: {len(a)}")
    return a == b and bool(a)


def main():
    run, ask, tool = page("unitmesh.8"), page("unitmesh.1"), page("p2p.1")
    commands = commands_of(said(UNITMESH)) - {"run", "applier"}
    asked = set().union(*(flags_of(said(UNITMESH, c)) for c in commands))
    node = flags_of(said(P2P, "node"))
    others = flags_of(said(P2P)) - node
    good = [
        compare("unitmesh.8, flags", flags_of(said(UNITMESH, "run")),
                explained(run)),
        compare("unitmesh.8, synopsis", flags_of(said(UNITMESH, "run")),
                documented(run.split(".Sh DESCRIPTION")[0])),
        compare("unitmesh.1, flags", asked - {"article"}, explained(ask)),
        compare("unitmesh.1, commands", commands, named(ask)),
        compare("p2p.1, flags of node", node, explained(tool)),
        compare("p2p.1, flags of others", others, documented(
            tool.split(".Sh DESCRIPTION")[0]) - node),
        compare("p2p.1, commands", commands_of(said(P2P)), named(tool)),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
