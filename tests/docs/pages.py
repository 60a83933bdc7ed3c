#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: pages.py UNITMESH MANPAGES.PY

The pages of single commands, made anew: each command has one, with each of its
verbs and flags, and nothing that unitmesh.1 says of a command is lost. mandoc
finds nothing wrong with them.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MAN = Path(__file__).resolve().parents[2] / "docs/man"
UNITMESH, MANPAGES = sys.argv[1:3]
FAILED = []


def check(what, good, got=""):
    print(f"{'ok' if good else 'FAIL'} {what}" +
          ("" if good else f": {got}"), flush=True)
    if not good:
        FAILED.append(what)


def said(*words):
    return subprocess.run([UNITMESH, *words, "--help"], text=True, check=True,
                          capture_output=True, timeout=20).stdout


def flags_of(text):
    return set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)(?=[ =\[\]]|$)", text,
                          re.M))


def compare(name, page):
    help_ = said(name)
    listed = help_.split("\n\n", 1)[1]
    mine = set(re.findall(r"^  (?:-\w,|   ) --([a-z0-9-]+)", help_, re.M))
    explained = set(re.findall(r"Fl -([a-z][a-z0-9-]+)", "\n".join(
        re.findall(r"^\.It (?:Fl|.*, Fl).*", page, re.M))))
    check(f"{name}: flags", mine and mine == explained, mine ^ explained)
    verbs = set(re.findall(rf"^(?:usage:|  +) unitmesh {name} ([a-z]+) ",
                           help_, re.M))
    check(f"{name}: verbs", all(f"\n.Cm {v}\n" in page for v in verbs), verbs)
    check(f"{name}: its text", len(page.split(".Sh DESCRIPTION")[1].split(
        ".Sh OPTIONS")[0].split()) > 5 and listed)


def lint(folder):
    if not shutil.which("mandoc"):
        print("skipped: no mandoc here, pages are not looked at")
        return
    for path in sorted(folder.glob("*.1")):
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path],
                              text=True, capture_output=True, check=False)
        check(f"{path.name}: mandoc", not done.stdout, done.stdout)


def main():
    commands = set(re.findall(r"^  ([a-z][a-z-]*)  +\S", said(), re.M)) - {
        "run", "applier", "verify"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "unitmesh-old.1").touch()
        subprocess.run([MANPAGES, UNITMESH, MAN / "unitmesh.1",
                        MAN / "commands.mdoc", folder], check=True)
        pages = {p.name: p.read_text(encoding="utf-8")
                 for p in folder.iterdir()}
        check("a page for each command", pages.keys() == {
            f"unitmesh-{c}.1" for c in commands}, sorted(pages))
        for command in sorted(commands):
            compare(command, pages[f"unitmesh-{command}.1"])
        whole = "\n".join(pages.values())
        manual = (MAN / "unitmesh.1").read_text(encoding="utf-8")
        for head in re.findall(r"^\.It Cm (?!verify)(.*)", manual, re.M):
            body = manual.split(f".It Cm {head}\n")[1].split("\n.It ")[0]
            check(f"nothing of {head!r} is lost", body.split(
                "\n.El")[0] in whole)
        lint(folder)
    print(f"{len(FAILED)} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
