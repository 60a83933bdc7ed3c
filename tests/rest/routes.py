#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: routes.py

Holds docs/reference/openapi.yaml against the table of mesh/app/routes.c, by
their text: each route is described, with who may ask it, and nothing else is.
Prints a line for each. (That a daemon does what is described, run.py looks at.)
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "patch")
CALLERS = {"OPEN": "anybody", "PAGE": "anybody", "SCRAPER": "scraper",
           "READ": "reader", "ADMIN": "admin", "ACT": "admin",
           "SESSION": "session", "SOCKET": "socket"}
# Routes of all that is below them: what mesh/control and Unit make of it.
BELOW = {
    "/config": "DELETE GET PATCH POST PUT",
    "/config/*": "DELETE GET PATCH POST PUT",
    "/certificates": "GET", "/certificates/*": "DELETE GET PUT",
    "/certificates/*/*": "GET",
    "/js_modules": "GET", "/js_modules/*": "DELETE GET PUT",
    "/mesh/overlays": "GET", "/mesh/overlays/*": "DELETE GET PUT",
    "/mesh/variables": "GET", "/mesh/variables/*": "DELETE GET PUT",
    "/mesh/probes": "GET", "/mesh/probes/*": "DELETE GET PUT",
    "/status": "GET", "/status/*": "GET", "/control/*": "GET",
}


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def described(yaml):
    """Who may ask each operation of a description, with * for a parameter. It
    is laid out so that its lines tell."""
    found, path, method = {}, None, None
    for line in yaml.split("\npaths:\n")[1].split("\n"):
        if re.match(r"\S", line):
            break
        if m := re.match(r"  (/\S*):$", line):
            path = re.sub(r"\{\w+\}", "*", m[1])
        elif m := re.match(r"    (\w+):$", line):
            method = m[1].upper()
            assert m[1] in METHODS and (method, path) not in found, line
            found[method, path] = None
        elif m := re.match(r"      x-caller: (\w+)$", line):
            found[method, path] = m[1]
    return found


def caller(access, method):
    """Who may ask, as the description says it."""
    if access == "VALUE":
        return "reader" if method == "GET" else "admin"
    return CALLERS[access]


def routes(c):
    """The rows of the table, and what is below those that have no method."""
    rows = re.findall(r'\{("\w+"|NULL),\s*"(/[^"]*)",\s*UM_ACCESS_(\w+),\s*\w+',
                      c[c.index("struct route routes[]"):])
    found, families = {}, {}
    for method, path, access in rows:
        if method == "NULL":
            families[path.rstrip("/")] = access
        else:
            method = method.strip('"')
            whole = path + "*" if path[1:].endswith("/") else path
            found[method, whole] = caller(access, method)
    for path, methods in BELOW.items():
        for f, access in families.items():
            if path == f or path.startswith(f + "/"):
                found |= {(m, path): caller(access, m)
                          for m in methods.split()}
    lost = {f for f in families
            if not any(p == f or p.startswith(f + "/") for p in BELOW)}
    return found | {("?", f): "nobody" for f in lost}


def lines():
    """What is looked at, and whether it is so."""
    yaml = text("docs/reference/openapi.yaml")
    have = described(yaml)
    want = routes(text("mesh/app/routes.c"))
    assert len(want) > 60 and len(have) > 60, "a table was not read"
    versions = [re.search(r"^\s+version: '?([\d.]+)", t, re.M)[1]
                for t in (yaml, text("meson.build"))]
    yield versions[0] == versions[1], f"the version is {versions[1]}"
    for row in sorted(want.keys() | have.keys(), key=lambda r: r[::-1]):
        yield row in have and have[row] == want.get(row), \
            f"{' '.join(row)}: a route for {want.get(row)}, and described"


def main():
    bad = 0
    for good, what in lines():
        bad += not good
        print("ok  " if good else "FAIL", what)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
