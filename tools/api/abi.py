#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: abi.py HEADERS BASELINE GROWING [--write]

Compares what the public headers promise to compiled programs with what they
promised in the last release: BASELINE, an XML of libabigail. --write renews
it. A program that was compiled then has to run with today's library: what is
new is fine, what is gone or has another form is not. Structs that GROWING lists
may have more members: they are compared without these. (abidiff's own
suppressions let pass other changes of such a struct as well.)

The library that is described is made of the headers alone: each function with
an empty body, so that nothing private is in it. That the real one has these
functions is looked at by make lint (exports).
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import headers

NUMBER = re.compile(r"#define (\w+) \d+$")
RESERVED = re.compile(r"\breserved\[(\d+)\]")
CONTROLS = (
    ("a parameter of another type", r"\bsize_t cap\);", "char cap);"),
    ("a function that is gone", r"P2P_API int p2p_host_listen\([^;]*;", ""),
    ("a member in the middle", r"\bbool mplex;", "int more; bool mplex;"),
    ("a member of another type", r"\bbool mplex;", "int mplex;"),
    ("a member that is gone", r"\bvoid \*user; ", ""),
    ("the form of an event", r"(\(\*finished\)\(void \*user,)",
     r"\1 int more,"),
    ("events that grow", r"reserved\[3\]", "reserved[9]"),
    ("a number", r"(P2P_SIGNATURE_MAX) 1024", r"\1 1025"),
    ("the value of an enum", r"(P2P_KEY_ECDSA) = 3", r"\1 = 4"),
)
CHANGED = 12  # abidiff's bits: the ABI changed, and incompatibly


def members(code):
    """(name, text) of each member of a struct, with the comments before it."""
    begin = code.index("{") + 1
    bare = headers.BLANK.sub(lambda m: " " * len(m[0]), code)
    while (end := bare.find(";", begin, bare.rindex("}"))) >= 0:
        yield headers.name_of(bare[begin:end]), code[begin:end + 1]
        begin = end + 1


def aged(code, old):
    """A struct without the members that are not in `old`, an element of the
    baseline, where these are such as may come: behind, or in the place of
    reserved ones. Else it stays as it is."""
    names = [v.get("name") for v in old.iter("var-decl")]
    now = list(members(code))
    more = [text for name, text in now if name not in names]
    slots = RESERVED.search(code)
    if slots:
        known = [n for n, _ in now if n in names]
        mine = [n for n, _ in now]
        if known != names or mine[:len(names) - 1] != names[:-1]:
            return code
        for text in more:
            code = code.replace(text, "")
        return RESERVED.sub(f"reserved[{int(slots[1]) + len(more)}]", code)
    if [n for n, _ in now][:len(names)] != names:
        return code
    return code[:code.index("{") + 1] + "".join(
        text for _, text in now[:len(names)]) + "\n};"


def age(folder, baseline, growing):
    """Takes out of the headers in a folder what has come since."""
    old = {e.get("name"): e for e in
           ElementTree.parse(baseline).iter("class-decl")}
    for header in headers.read(folder):
        path = folder / header.name
        text = path.read_text(encoding="utf-8")
        for item in header.items:
            if item.name in growing and item.name in old and \
                    item.kind == "struct":
                text = text.replace(item.code,
                                    aged(item.code, old[item.name]))
        path.write_text(text, encoding="utf-8")


def stub(everything):
    """C of a library that has all functions, and knows all types."""
    out = [f"#include <p2p/{h.name}>" for h in everything]
    for item in (i for h in everything for i in h.items):
        if item.kind == "function":
            body = "{ __builtin_trap(); }"
            out.append(item.code.replace("P2P_API ", "").rstrip(";") + body)
        elif item.kind in ("struct", "enum"):
            out.append(f"{item.kind} {item.name} *p2p_abi_{item.name};")
        elif item.kind == "typedef":
            out.append(f"{item.name} *p2p_abi_{item.name};")
        elif NUMBER.match(item.code):
            out.append(f"char p2p_abi_{item.name}[{item.name} + 1];")
    return "\n".join(out) + "\n"


def built(include, folder):
    """That library, compiled with the headers of a folder."""
    path = folder / "stub.so"
    subprocess.run(
        ["gcc", "-x", "c", "-", "-g", "-w", "-O0", "-shared", "-fPIC",
         "-Wl,-soname,libp2p.so.0", f"-I{include.parent}", "-o", path],
        input=stub(headers.read(include)), text=True, check=True)
    return path


def compare(old, new):
    """What abidiff says that is wrong; nothing: it is compatible."""
    said = subprocess.run(["abidiff", "--no-added-syms", old, new],
                          capture_output=True, text=True, check=False)
    if said.returncode & 3:
        raise RuntimeError(said.stderr or said.stdout)
    return said.stdout if said.returncode & CHANGED else ""


def looked_at(include, baseline, growing, change=None):
    """What is wrong with the headers, or with a changed copy of them."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "p2p"
        shutil.copytree(include, copy)
        for path in copy.glob("*.h") if change else ():
            path.write_text(re.sub(*change, path.read_text(
                encoding="utf-8")), encoding="utf-8")
        age(copy, baseline, growing)
        return compare(baseline, built(copy, Path(name)))


def write(include, baseline):
    with tempfile.TemporaryDirectory() as name:
        baseline.write_text(subprocess.run(
            ["abidw", "--no-show-locs", "--no-corpus-path",
             "--no-comp-dir-path", "--no-elf-needed",
             built(include, Path(name))], check=True,
            capture_output=True, text=True).stdout, encoding="utf-8")


def main():
    include, baseline, table = map(Path, sys.argv[1:4])
    if "--write" in sys.argv:
        return write(include, baseline)
    growing = {line.split()[0] for line in table.read_text(
        encoding="utf-8").splitlines() if line and line[0] != "#"}
    found = looked_at(include, baseline, growing)
    print(f"{'FAIL' if found else 'ok'} programs that were compiled with the "
          "last release still run")
    print(found, end="")
    failed = bool(found)
    for what, *change in CONTROLS:
        noticed = bool(looked_at(include, baseline, growing, change))
        failed |= not noticed
        print(f"{'ok' if noticed else 'FAIL'} noticed: {what}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
