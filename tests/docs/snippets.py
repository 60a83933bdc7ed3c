#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: snippets.py FROM_GO

C that documents show is a part of a program of examples/, line by line, which
is compiled there; and FROM_GO, whose parts a page is made of, does what that
page says.
"""
import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"^```c\n(.*?)^```$", re.M | re.S)
SAID = ["connected", "connected", "answer: hello", "ping: there and back",
        "message: good morning"]


def plain(text):
    return textwrap.dedent(text).strip("\n").split("\n")


def within(block, lines):
    """Whether a block is a run of lines, indented by anything."""
    for at in range(len(lines) - len(block) + 1):
        if plain("\n".join(lines[at:at + len(block)])) == block:
            return True
    return False


def failures(looked):
    programs = [p.read_text(encoding="utf-8").split("\n")
                for p in sorted((ROOT / "examples").glob("*.c"))]
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for m in CODE.finditer(page.read_text(encoding="utf-8")):
            looked.append(page)
            block = plain(m[1])
            if not any(within(block, lines) for lines in programs):
                yield f"{page.relative_to(ROOT)}: is in no example: {block[0]}"


def main():
    looked = []
    bad = list(failures(looked))
    if not looked:
        bad.append("nothing was looked at")
    said = subprocess.run([sys.argv[1]], capture_output=True, text=True,
                          timeout=60, check=False)
    lines = said.stdout.splitlines()
    if said.returncode or len(lines) != len(SAID) or not all(
            line.startswith(want) for line, want in zip(lines, SAID)):
        bad.append(f"from_go: {said}")
    for text in bad:
        print(f"FAIL {text}")
    print(f"{len(looked) + 1 - len(bad)} ok, {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
