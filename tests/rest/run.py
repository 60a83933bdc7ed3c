#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [--seed N] [--examples N]

Holds docs/reference/openapi.yaml against a daemon in a mesh of two, with
somebody at its door, a conflict, and one of all that a document has. A
validator reads it; each operation is asked without a token and with another
method; then schemathesis asks all of them what they are to take and what not:
no 5xx, no status, header, media type or member of an answer that is not
described. Those that end something come last; then a daemon in no mesh is
asked. Lines begin with ok, FAIL or skip.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/rest"
PAGE = ROOT / "docs/reference/openapi.yaml"
sys.path[:0] = [str(ROOT / "tests/interop/lib"), str(ROOT / "tests/e2e")]
os.environ.setdefault("P2P_BIN", "none")  # no such peer is started

# pylint: disable=wrong-import-position
from daemon import Daemon, fetch                        # noqa: E402
from rig import P2P_PORT, Mesh, code, loopback, until   # noqa: E402

# What ends something; in this order they are asked last.
ENDS = ("setSetting", "makeVoid", "setRole", "replaceMember", "removeMember",
        "rotateKey", "leaveMesh", "beginMesh", "joinMesh", "beginImport")
# Unit says 400 to another method there, and so does a mesh.
UNITS_OWN_400 = ("listCertificates", "listScripts", "getCertificateValue")
# What another node makes of it is no resource: conditions have no say there.
# A field of the head that nobody knows is no mistake of who listens.
UNJUDGED = ("getConfig", "getConfigValue", "listenToEvents")
# Unit says 500 to a certificate that it cannot take.
UNITS_OWN_500 = ("putCertificate",)
PHASES = "examples,coverage,fuzzing"
FAILED = []


def row(good, what, more=""):
    """One line; True, False, or None: it could not be looked at."""
    word = {True: "ok  ", False: "FAIL", None: "skip"}[good]
    print(word, what, *([more] if more else []), flush=True)
    if good is False:
        FAILED.append(what)


def packages():
    """Where schemathesis is; None, and a row, if it cannot be had."""
    done = subprocess.run([HERE / "packages.sh"], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        row(None, "openapi:", done.stderr.strip())
        return None
    return done.stdout.strip()


# ---- the description

def reach(page, node, seen):
    """The schemas that a part of the description leads to."""
    if isinstance(node, dict):
        ref = node.get("$ref", "")
        if ref and ref not in seen:
            seen.add(ref)
            _, _, kind, name = ref.split("/")
            reach(page, page["components"][kind][name], seen)
        for value in node.values():
            reach(page, value, seen)
    elif isinstance(node, list):
        for value in node:
            reach(page, value, seen)


def close(node):
    """Nothing is in an object but what is described."""
    if isinstance(node, dict):
        if "properties" in node and "additionalProperties" not in node:
            node["additionalProperties"] = False
        for value in node.values():
            close(value)
    elif isinstance(node, list):
        for value in node:
            close(value)


def operations(page):
    for path, item in page["paths"].items():
        for method, op in item.items():
            yield method.upper(), path, op


def strict(page, folder):
    """The description for the test: answers have no other members."""
    page = json.loads(json.dumps(page))
    seen = set()
    for _, _, op in operations(page):
        reach(page, op["responses"], seen)
        close(op["responses"])
    for ref in seen:
        _, _, kind, name = ref.split("/")
        close(page["components"][kind][name])
    out = folder / "strict.json"
    out.write_text(json.dumps(page))
    return out


def python(folder, *argv):
    """What a program of the packages says."""
    return subprocess.run([sys.executable, *argv], capture_output=True,
                          text=True, check=False,
                          env={**os.environ, "PYTHONPATH": folder})


def read(folder):
    done = python(folder, "-c", "import json, sys, yaml; print(json.dumps("
                  "yaml.safe_load(open(sys.argv[1]))))", PAGE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def validate(folder):
    done = python(folder, "-m", "openapi_spec_validator", PAGE)
    row(done.returncode == 0, "the description is OpenAPI 3.1",
        "" if done.returncode == 0 else done.stdout + done.stderr)


# ---- the mesh

def certificate(folder):
    files = folder / "c.crt", folder / "c.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a.test", "-days",
         "99", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True)
    return files[0].read_bytes() + files[1].read_bytes()


def put(node, path, body, method="PUT"):
    answer = node.ask(method, path, body)
    assert answer.code == 200, (path, answer)
    return answer


def part(mesh):
    """A conflict: both change the same and do not know of each other."""
    mesh.stop(1)
    put(mesh.nodes[0], "/config/routes/0/action/return?alone", 205)
    mesh.stop(0)
    b = mesh.start(1)
    put(b, "/config/routes/0/action/return?alone", 206)
    put(b, "/config/routes/0/action/return?alone", 207)
    a = mesh.start(0)
    conflicts = until(lambda: a.get("/mesh/conflicts")["conflicts"],
                      "a conflict", 40)
    return conflicts[0]["revision"]


def furnish(node, pem):
    """One of all that a document has, and more than one revision."""
    put(node, "/config", {
        "listeners": {"*:8080": {"pass": "routes"}},
        "routes": [{"action": {"return": 204}}]})
    put(node, "/certificates/a", pem)
    put(node, "/mesh/overlays/all", {"merge": {}})
    put(node, "/mesh/variables/a", 1)
    put(node, "/mesh/probes/a", {"listener": "*:8080"})
    put(node, "/mesh/settings/max-deadline-ms", {"value": "600000"})
    put(node, "/mesh/members/n1/labels/rack", {"value": "a"})
    node.ask("POST", "/mesh/webhooks", {
        "url": f"http://{node.bind}:9/", "name": "ops"})


def words(node, conflict):
    """Values that mean something, of a parameter each."""
    revisions = node.get("/mesh/revisions?limit=3")["revisions"]
    members = [m["id"] for m in node.get("/mesh/members")["members"]]
    return {
        "member": [*members, "n1", "n2", "n9"], "label": ["rack", "name"],
        "revision": ["r1", "current", conflict,
                     *(r["revision"] for r in revisions)],
        "webhook": ["ops"],
        "invite": [i["id"] for i in node.get("/mesh/invites")["invites"]],
        "hash": node.get("/mesh/documents")["documents"][:9],
        "path": ["routes", "routes/0/action", "listeners/*:8080", "chain/0"],
        "name": ["a"], "selector": ["all", "label:rack=a"], "variable": ["a"],
        "probe": ["a"], "copy": [1], "from": ["r1", "current"],
        "node": ["n1", "n2"], "staged": ["1", "50%", "all"],
        "If-Match": ["*", f'"{revisions[0]["revision"]}"'],
        "If-None-Match": ["*"], "timeout": ["1s", "500ms"]}


# ---- what is asked

def url(node):
    return f"http://{node.bind}:4902"


def token(node):
    return (node.state / "rest.token").read_text().strip()


def example(path):
    return "".join("x" if c == "{" else "" if c == "}" else c for c in path)


def without_token(node, page):
    """401, in words, for who has none, or another one."""
    for n, (method, path, op) in enumerate(operations(page)):
        opened = op.get("security") == []
        bad = []
        for headers in ([], ["Authorization: Bearer " + "0" * 64]):
            # Ten wrong ones of an address are too many: it is another one.
            answer = fetch(url(node) + example(path), method, headers,
                           source=f"127.9.9.{1 + n}")
            if opened != (answer.code != 401) or not opened and (
                    "www-authenticate" not in answer.headers or
                    "error" not in answer.json):
                bad.append(answer)
        row(not bad, f"{method} {path}: "
            + ("needs no token" if opened else "without the token 401"),
            str(bad) if bad else "")


def other_methods(node, page):
    """405, with those that are there."""
    own = [path for _, path, op in operations(page)
           if op["operationId"] in UNITS_OWN_400]
    for path, item in page["paths"].items():
        answer = node.ask("BREW", example(path))
        have = set(answer.headers.get("allow", "").split(", "))
        want = {m.upper() for m in item}
        if "get" in item and not path.startswith("/control"):
            want.add("HEAD")
        good = answer.code == 400 if path in own else \
            answer.code == 405 and have == want
        row(good, f"BREW {path}: " + ("400, as Unit" if path in own else
            "405 with Allow"), "" if good else str(answer))


def settings(folder, args, told, alone=False):
    """schemathesis.toml."""
    lines = [
        f"seed = {args.seed}", "continue-on-failure = true",
        "request-timeout = 45", "max-stream-events = 1",
        'suppress-health-check = ["all"]', "[generation]",
        f"max-examples = {args.examples}", "no-shrink = true",
        "database = 'none'", "deterministic = false", "[cache]",
        "enabled = false",
        "[checks]", "positive_data_acceptance.enabled = false",
        # Many wrong tokens of an address are 429; without_token() has looked.
        "ignored_auth.enabled = false",
        # A condition that is not met comes before what is wrong in the body;
        # a disk that is not there before neither.
        "negative_data_rejection.expected-statuses = "
        '["400", "401", "403", "404", "405", "409", "412", "413", "414", '
        '"415", "422", "428", "431"]']
    for name, values in told.items():
        if values:
            lines += [f"[dictionaries.{name}]",
                      f"values = {json.dumps(values)}"]
    lines += ["[parameters]"] + [
        f'"{name}" = {{ dictionary = "{name}", probability = 0.8 }}'
        for name, values in told.items() if values]
    for oid in UNITS_OWN_400:
        lines += ["[[operations]]", f'include-operation-id = "{oid}"',
                  "checks.unsupported_method.enabled = false",
                  "checks.allow_header_conformance.enabled = false"]
    if alone:  # where a document would be asked, all is 409
        lines[lines.index("[checks]") + 1:0] = [
            "unsupported_method.enabled = false"]
    for oid in UNJUDGED:
        lines += ["[[operations]]", f'include-operation-id = "{oid}"',
                  "checks.negative_data_rejection.enabled = false"]
    for oid in UNITS_OWN_500:
        lines += ["[[operations]]", f'include-operation-id = "{oid}"',
                  'checks.not_a_server_error.expected-statuses = '
                  '["2xx", "4xx", "500"]']
    # Nobody takes what is sent there.
    lines += ["[[operations]]", 'include-operation-id = "testWebhook"',
              'checks.not_a_server_error.expected-statuses = '
              '["2xx", "4xx", "502"]']
    out = folder / "schemathesis.toml"
    out.write_text("\n".join(lines) + "\n")
    return out


def schemathesis(node, where, name, only, phases=PHASES):
    """One run; a row an operation."""
    report = where["folder"] / f"{name}.xml"
    argv = [sys.executable, "-m", "schemathesis.cli", "--config-file",
            where["config"], "run", where["strict"], "-u", url(node), "-H",
            f"Authorization: Bearer {token(node)}", "--phases",
            phases, "--report", "junit",
            "--report-junit-path", report, "--no-color", *only]
    env = {**os.environ, "PYTHONPATH": f"{where['packages']}:{HERE}",
           "SCHEMATHESIS_HOOKS": "hooks", "REST_PEM": where["pem"].decode()}
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True,
                          env=env, cwd=where["folder"], check=False)
    logs = Path(os.environ.get("CI_LOGS", where["folder"]))
    (logs / f"rest-{name}.txt").write_text(done.stdout + done.stderr)
    if not report.exists():
        row(False, f"{name}: schemathesis", (done.stdout + done.stderr)[-3000:])
        return
    asked = 0
    for case in xml.parse(report).iter("testcase"):
        bad = [f for f in case if f.tag in ("failure", "error")]
        asked += 1
        row(not bad, f"{name}: {case.get('name')}",
            f"({float(case.get('time', 0)):.1f} s)")
        for f in bad:
            print((f.get("message") or "") + "\n" + (f.text or ""))
    wanted = len(only) // 2
    if "--exclude-operation-id" in only:
        wanted = where["operations"] - wanted
    row(asked == wanted, f"{name}: {asked} operations were asked of {wanted}")
    for line in done.stdout.split("\n"):
        if re.search(r"\d generated|^ +\S+ +(Examples|Coverage|Fuzz)", line):
            print(f"{name}: {line.strip()}", flush=True)


def well(node, where):
    """It is there, and is the one that was started; else what it said last."""
    good = node.proc.poll() is None and node.ask("GET", "/healthz").code == 200
    row(good, f"the daemon {where} is well")
    if not good:
        print(node.proc.poll(), "\n".join(list(node.lines)[-40:]))


def picked(ids, word="--include"):
    return [w for i in ids for w in (f"{word}-operation-id", i)]


def main():
    flags = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    flags.add_argument("--seed", type=int, default=1)
    flags.add_argument("--examples", type=int, default=8)
    args = flags.parse_args()
    print(f"seed {args.seed}, {args.examples} examples", flush=True)
    where = {"packages": packages()}
    if where["packages"] is None:
        return 0
    validate(where["packages"])
    page = read(where["packages"])
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="umrest")))
        where |= {"folder": folder, "pem": certificate(folder),
                  "strict": strict(page, folder),
                  "operations": len(list(operations(page)))}
        in_a_mesh(stack, where, args, page)
        in_no_mesh(stack, where, args)
    return bool(FAILED)


def in_a_mesh(stack, where, args, page):
    mesh = stack.enter_context(Mesh(where["folder"], ("writer",)))
    furnish(mesh.nodes[0], where["pem"])
    conflict = part(mesh)
    node = mesh.nodes[0]
    at = loopback()
    asks = stack.enter_context(Daemon(
        "n9", where["folder"], bind=at, article=False, flags=[
            "--name", "n9", "--listen", f"/ip4/{at}/tcp/{P2P_PORT}",
            "--peer", f"/ip4/{node.bind}/tcp/{P2P_PORT}"]))
    asks.ready()
    asks.ask("POST", "/mesh/join", {})
    until(lambda: node.get("/mesh/pending")["pending"], "n9 waits")
    code(node)
    where["config"] = settings(where["folder"], args, words(node, conflict))
    served = node.ask("GET", "/mesh/openapi.yaml")
    row(served.body == PAGE.read_bytes(), "the daemon serves the description")
    without_token(node, page)
    other_methods(node, page)
    schemathesis(node, where, "mesh", picked(ENDS, "--exclude"))
    for oid in ENDS[:-3]:
        schemathesis(node, where, oid, picked([oid]))
    well(node, "in a mesh")


def in_no_mesh(stack, where, args):
    at = loopback()
    node = stack.enter_context(Daemon("alone", where["folder"], bind=at,
                                      article=False))
    node.ready()
    args.examples = 1
    where["config"] = settings(where["folder"], args, {}, alone=True)
    schemathesis(node, where, "alone",
                 picked(ENDS[-3:], "--exclude"), "examples,fuzzing")
    for oid in ENDS[-3:]:
        schemathesis(node, where, oid, picked([oid]))
    well(node, "in no mesh")


if __name__ == "__main__":
    sys.exit(main())
