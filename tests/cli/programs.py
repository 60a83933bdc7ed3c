#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: programs.py UNITMESH P2P MESH_STORE

Calls the programs as people and scripts do: help, wrong words, exit codes;
then a daemon on a loopback address of its own: its commands, its REST, its
log, what it refuses. Prints a line a check.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop/lib"))

from daemon import fetch, local                          # noqa: E402
from peer import Peer, Program                                 # noqa: E402

UNITMESH, P2P, MESH_STORE = (os.path.abspath(p) for p in sys.argv[1:4])
PID = os.getpid()
ADDR = f"127.{100 + PID % 100}.{PID // 100 % 250}.{1 + PID % 250}"
FAILED = []
os.environ["P2P_BIN"] = P2P

# The words, the exit code, where the text goes, and what it holds.
CASES = [
    ("unitmesh", 2, "err", r"usage: unitmesh COMMAND"),
    ("unitmesh --help", 0, "out", r"usage: unitmesh COMMAND(.|\n)*publish"),
    ("unitmesh --version", 0, "out", r"unitmesh \d+\.\d+\.\d+"),
    ("unitmesh version --help", 0, "out", r"usage: unitmesh version"),
    ("unitmesh fly", 2, "err", r"fly: no such command\nunitmesh help lists "),
    ("unitmesh help", 0, "out", r"usage: unitmesh COMMAND(.|\n)*publish"),
    ("unitmesh help put", 0, "out", r"usage: unitmesh put PATH"),
    ("unitmesh help fly", 2, "err", r"fly: no such command"),
    ("unitmesh -h", 0, "out", r"usage: unitmesh COMMAND"),
    ("unitmesh run --help", 0, "out", r"--unit-modules FILE(.|\n)*4901"),
    ("unitmesh run --fly", 2, "err", r"unitmesh run: .*--fly"),
    ("unitmesh run more", 2, "err", r"unitmesh run: more: not a flag"),
    ("unitmesh run --listen x", 2, "err", r"--listen x: must be a multiaddr"),
    ("unitmesh run --peer /ip4/1.2.3/tcp/1", 2, "err", r"must be a multiaddr"),
    ("unitmesh run --peer /tea/1", 2, "err", r"--peer /tea/1: not supported"),
    ("unitmesh run --rest here", 2, "err", r"must be ADDR:PORT"),
    ("unitmesh run --rest 127.0.0.1:99999", 2, "err", r"must be ADDR:PORT"),
    ("unitmesh run --bind me", 2, "err", r"must be an IPv4 address"),
    ("unitmesh run --unit ftp://x", 2, "err", r"must be unix:PATH"),
    ("unitmesh run --unit-modules f", 2, "err", r"needs --unit embedded"),
    ("unitmesh run --unit embedded --unit-listen x", 2, "err",
     r"must be ADDR:PORT or unix:PATH"),
    ("unitmesh run --unit-flavour tea", 2, "err", r"unit or freeunit"),
    ("unitmesh run --name a/b", 2, "err", r"must be letters"),
    ("unitmesh run --log-format xml", 2, "err",
     r"must be text, json or journal"),
    ("unitmesh run --log-level loud", 2, "err", r"must be error, warn"),
    ("unitmesh run --state /proc/none", 1, "err", r"state folder /proc/none"),
    ("unitmesh status --control", 2, "err", r"unitmesh status: .*argument"),
    ("unitmesh status -o xml", 2, "err", r"must be text, json or yaml"),
    ("unitmesh status --host x", 2, "err", r"takes no such flag"),
    ("unitmesh id more", 2, "err", r"more: not a flag"),
    ("unitmesh peers --control /none", 1, "err", r"no daemon answers at /none"),
    ("unitmesh verify --help", 0, "out", r"--state DIR(.|\n)*--state it looks"),
    ("unitmesh verify --fly", 2, "err", r"unitmesh verify: .*--fly"),
    ("unitmesh verify more", 2, "err", r"unitmesh verify: more: not a flag"),
    ("unitmesh verify --state /none", 1, "err", r"state folder /none: No such"),
    ("unitmesh verify --name none", 1, "err", r"unitmesh-none: No such"),
    ("unitmesh verify --name ../x", 2, "err", r"no daemon of that name"),
    ("unitmesh init --peer x", 2, "err", r"init: --peer: it takes no such"),
    ("unitmesh init demo", 2, "err", r"demo: not a flag"),
    ("unitmesh init --name x --control /none", 1, "err", r"answers at /none"),
    ("unitmesh invite --role owner", 2, "err", r"must be writer or node"),
    ("unitmesh invite --expires tea", 2, "err", r"tea: must be a span"),
    ("unitmesh invite --uses some", 2, "err", r"some: must be a number"),
    ("unitmesh invites drop", 2, "err", r"drop: it has .*list rm\n"),
    ("unitmesh join a b", 2, "err", r"b: one word too many"),
    ("unitmesh members fly", 2, "err", r"fly: it has no such verb.* approve"),
    ("unitmesh members approve", 2, "err", r"approve: a word is .*: MEMBER"),
    ("unitmesh members role a king", 2, "err", r"must be "),
    ("unitmesh members label a b", 2, "err", r"b: must be key=value"),
    ("unitmesh members label a =b", 2, "err", r"=b: must be key=value"),
    ("unitmesh nodes --force", 2, "err", r"--force: it takes no such flag"),
    ("unitmesh put", 2, "err", r"a word is missing, it takes: PATH"),
    ("unitmesh put x", 2, "err", r"a value is missing: give a value, or -f"),
    ("unitmesh put x 1 -f f", 2, "err", r"1: give a value, or -f FILE"),
    ("unitmesh put x -f /none", 1, "err", r"/none: No such file"),
    ("unitmesh put x 1 --soak tea", 2, "err", r"--soak tea: must be a span"),
    ("unitmesh put x 1 --wait=long", 2, "err", r"applied or healthy"),
    ("unitmesh put x 1 --trial 10m", 2, "err",
     r"10m: one word too many; is --trial=10m meant\?"),
    ("unitmesh apply --wait healthy", 2, "err", r"is --wait=healthy meant\?"),
    ("unitmesh put x 1 2", 2, "err", r"2: one word too many\n"),
    ("unitmesh put x 1 --soak 2s", 2, "err", r"--soak: goes with --staged\n"),
    ("unitmesh put x 1 --trial --budget 1", 2, "err",
     r"--budget: goes with --staged\n"),
    ("unitmesh reseal --deadline 2m", 2, "err",
     r"--deadline: goes with --staged or --trial\n"),
    ("unitmesh put x 1 --if-match now", 2, "err", r"must be a revision such"),
    ("unitmesh delete x --secret", 2, "err", r"it takes no such flag"),
    ("unitmesh plan", 2, "err", r"a file is missing: -f FILE"),
    ("unitmesh apply x", 2, "err", r"x: not a flag"),
    ("unitmesh config", 2, "err", r"a verb is missing: .* show"),
    ("unitmesh config show --node x", 2, "err", r"goes with --effective"),
    ("unitmesh overlay set", 2, "err", r"overlay set: a word is missing"),
    ("unitmesh var set x", 2, "err", r"var set: a value is missing"),
    ("unitmesh cert put x", 2, "err", r"it takes: NAME FILE"),
    ("unitmesh cert put x /none /none", 1, "err", r"/none: No such file"),
    ("unitmesh script rm", 2, "err", r"script rm: a word is missing"),
    ("unitmesh log --limit x", 2, "err", r"x: must be a number"),
    ("unitmesh diff a b c", 2, "err", r"c: one word too many"),
    ("unitmesh blame", 2, "err", r"a word is missing, it takes: PATH"),
    ("unitmesh resolve r3", 2, "err", r"say how: --take, --drop, or --edit"),
    ("unitmesh resolve r3 --take --drop", 2, "err", r"say how"),
    ("unitmesh rollout open", 2, "err", r"it takes: MEMBER"),
    ("unitmesh events --since now", 2, "err", r"now: must be a number"),
    ("unitmesh leave now", 2, "err", r"now: not a flag"),
    ("unitmesh completion", 2, "err", r"it takes: bash\|zsh\|fish"),
    ("unitmesh completion tcsh", 2, "err", r"must be bash, zsh or fish"),
    ("unitmesh completion bash", 0, "out", r"\ncomplete -F "),
    ("unitmesh completion zsh", 0, "out", r"^#compdef unitmesh\n"),
    ("unitmesh completion fish", 0, "out", r"\ncomplete -c unitmesh"),
    ("p2p", 2, "err", r"usage: p2p COMMAND"),
    ("p2p --help", 0, "out", r"usage: p2p COMMAND(.|\n)*MA is a multiaddr"),
    ("p2p fly", 2, "err", r"fly: no such command"),
    ("p2p node --help", 0, "out", r"--mdns-2021(.|\n)*Commands: .*ping"),
    ("p2p node --fly", 2, "err", r"p2p node: .*--fly"),
    ("p2p node --muxer tea", 2, "err", r"must be one of"),
    ("p2p node --seed x", 2, "err", r"not a number"),
    ("p2p node --log 7", 2, "err", r"must be one of"),
    ("p2p ping", 2, "err", r"usage: p2p ping MA"),
    ("p2p ping x", 2, "err", r"p2p: x: malformed data; a multiaddr is"),
    ("p2p ping /ip4/127.0.0.1/tcp/1", 1, "err", r"connection refused"),
    ("p2p perf /ip4/127.0.0.1/tcp/1 --up x", 2, "err", r"usage: p2p perf"),
    ("p2p perf /ip4/127.0.0.1/tcp/1 --runs 0", 2, "err", r"usage: p2p perf"),
    ("p2p pub /ip4/127.0.0.1/tcp/1 t", 2, "err", r"usage: p2p pub"),
    ("p2p sub /ip4/127.0.0.1/tcp/1", 2, "err", r"usage: p2p sub"),
    ("p2p key gen", 2, "err", r"usage: p2p key"),
    ("p2p key gen /none tea", 2, "err", r"tea: must be ed25519"),
    ("p2p key show /none", 1, "err", r"p2p: /none: not found"),
]
CASES += [(f"unitmesh {c} --help", 0, "out",
           rf"usage: unitmesh {c}( .*)? \[FLAGS\](.|\n)*--control PATH"
           r"(.|\n)*/")
          for c in ("status", "peers", "id", "publish", "init", "invite",
                    "invites", "join", "leave", "members", "settings",
                    "nodes", "get",
                    "put", "post", "delete", "edit", "plan", "apply",
                    "config",
                    "overlay", "var", "cert", "script", "log", "show", "diff",
                    "blame", "rollback", "rollout", "confirm", "abort",
                    "resume", "conflicts", "resolve", "heal", "copies",
                    "events",
                    "webhook")]
CASES += [(f"unitmesh {c} --control /none", 1, "err",
           r"no daemon answers at /none")
          for c in ("init", "invite", "invites", "join", "leave", "members",
                    "members pending", "members rm x", "nodes", "get",
                    "put x 1", "delete x", "config show", "overlay",
                    "var set x 1", "cert",
                    "script", "log", "show", "diff", "blame x", "rollback",
                    "rollout", "confirm", "abort r3", "conflicts",
                    "resolve r3 --take", "heal", "copies", "events",
                    "webhook", "webhook add http://h --events a,b",
                    "webhook test x", "webhook rm x")]
CASES += [(f"p2p {c} --help", 0, "out", f"usage: p2p {c} ")
          for c in ("key", "id", "ping", "identify", "perf", "pub", "sub")]


def check(what, good, got=""):
    print(f"{'ok' if good else 'FAIL'} {what}" +
          ("" if good else f": {got}"), flush=True)
    if not good:
        FAILED.append(what)


def call(*words, **more):
    program = {"unitmesh": UNITMESH, "p2p": P2P}[words[0]]
    return subprocess.run([program, *map(str, words[1:])], text=True,
                          capture_output=True, check=False, timeout=20,
                          stdin=subprocess.DEVNULL, **more)


def words():
    for line, code, where, pattern in CASES:
        r = call(*line.split())
        text, other = (r.stdout, r.stderr) if where == "out" else \
            (r.stderr, r.stdout)
        check(line, r.returncode == code and re.search(pattern, text) and
              not other, r)
    r = call("unitmesh", "run", "--article", env={"PORT": "tea", "HOME": "/x"})
    check("PORT=tea", r.returncode == 2 and "PORT=tea" in r.stderr, r)
    for speed in ("0", "101", "tea", ""):
        r = call("unitmesh", "run", "--bind", "127.0.0.1", env={
            "UNITMESH_TEST_SPEED": speed, "HOME": "/x"})
        check(f"UNITMESH_TEST_SPEED={speed}", r.returncode == 2 and
              f"UNITMESH_TEST_SPEED={speed}:" in r.stderr, r)
    r = call("unitmesh", "status", "--name", "two",
             env={"XDG_STATE_HOME": "/x"})
    check("--name", r.returncode == 1 and
          re.search("/run/unitmesh-two/|/x/unitmesh-two/", r.stderr), r)
    r = call("unitmesh", "status", env={"UNITMESH_NAME": "../../x"})
    check("UNITMESH_NAME=../../x", r.returncode == 1 and
          "there is no daemon to ask: its name is none" in r.stderr, r)


def settings(folder):
    """The settings file, as `config check` and the daemon take it."""
    shipped = ROOT / "packaging/unitmesh.conf"
    env = {"HOME": str(folder)}
    path = Path(folder) / "a.conf"

    def put(text, mode=0o644):
        path.write_text(text)
        path.chmod(mode)
        return call("unitmesh", "config", "check", path, env=env)

    r = put(shipped.read_text())
    check("config check: the file of the package", r.returncode == 0 and
          re.search(r"^drift +report +default$", r.stdout, re.M) and
          not r.stderr, r)
    samples = re.findall(r"^#([\w-]+ = .*)", shipped.read_text(), re.M)
    token = Path(folder) / "token"
    token.write_text("a" * 64 + "\n")
    token.chmod(0o640)
    for line in samples:
        name = line.split(" = ")[0]
        line = re.sub(r"/etc/unitmesh/\w+\.token", str(token), line)
        r = put(("unit = embedded\n" if name.startswith("unit-") else "\n") +
                line + "\n")
        # The policy is one that is not here.
        check(f"config check: {line}", len(samples) > 20 and
              (r.returncode == 0 or name == "policy") and
              re.search(rf"^{name} +\S.* {path}:2$", r.stdout, re.M), r)
    r = put("drift = heal\n")
    r = call("unitmesh", "config", "check", path, "-o", "json",
             env={"UNITMESH_DRIFT": "adopt", **env})
    check("config check -o json", r.returncode == 0 and
          {"name": "drift", "value": "adopt", "from": "UNITMESH_DRIFT"}
          in json.loads(r.stdout)["settings"], r)
    for flag in ("--name", "--daemon"):
        r = call("unitmesh", "config", "check", flag, "two",
                 env={"XDG_STATE_HOME": "/x", "UNITMESH_NAME": "one", **env})
        check(f"config check {flag}", r.returncode == 0 and
              re.search(r"^name +two +flag\n"
                        r"state +/x/unitmesh-two +default\n"
                        r"control +\S+/unitmesh-two/control.sock ", r.stdout,
                        re.M), r)
    r = put("\ndrfit = heal\n")
    check("config check: a name that is none", r.returncode == 1 and
          f"{path}:2: drfit: there is no such setting; is drift meant?"
          in r.stderr, r)
    check("config check: and what holds is shown", all(
        re.search(rf"^{name} +[\w/]\S+ +default$", r.stdout, re.M)
        for name in ("rest", "state", "control")), r)
    r = call("unitmesh", "run", "--settings", path, env=env)
    check("run: a name that is none", r.returncode == 2 and
          f"unitmesh run: {path}:2: drfit:" in r.stderr, r)
    r = call("unitmesh", "applier", "--settings", path, env=env)
    check("applier: a name that is none", r.returncode == 2 and
          f"unitmesh applier: {path}:2: drfit:" in r.stderr, r)
    r = put("drift = heal\n", 0o666)
    check("config check: others may write", r.returncode == 1 and
          "others may write to it" in r.stderr, r)


def node(folder, *flags, name="a"):
    state = Path(folder) / name
    return Program(name, ["sh", "-c", 'exec "$0" "$@" 2>&1', UNITMESH, "run",
                          "--state", state, "--control", state / "s",
                          "--bind", ADDR, "--no-mdns", "--listen",
                          f"/ip4/{ADDR}/tcp/0", *flags])


def commands(state):
    sock = state / "s"
    r = call("unitmesh", "id", "--control", sock)
    me = r.stdout.split("\n")[0]
    check("id", r.returncode == 0 and me.startswith("12D3Koo") and
          f"/ip4/{ADDR}/tcp/" in r.stdout, r)
    r = call("unitmesh", "status", "--control", sock)
    check("status", re.search(rf"node +{me}\nmode +alone\npeers +0 conn"
                              r"(.|\n)*\(a stand-in\)\napplied .*\n"
                              r"confined .*\nup ",
                              r.stdout), r)
    r = call("unitmesh", "status", "--control", sock, "-o", "json")
    check("status -o json", json.loads(r.stdout)["id"] == me, r)
    r = call("unitmesh", "peers", "--control", sock)
    check("peers", (r.returncode, r.stdout, r.stderr) ==
          (0, "", "No peers.\n"), r)
    r = call("unitmesh", "publish", "--control", sock)
    check("publish without --article", r.returncode == 1 and
          "--article" in r.stderr and not r.stdout, r)
    check("node.key is 0600", (state / "node.key").stat().st_mode & 0o777
          == 0o600)
    check("the socket is 0600", sock.stat().st_mode & 0o777 == 0o600)
    r = call("unitmesh", "run", "--state", state, "--unit", "none")
    check("one daemon a state folder", r.returncode == 1 and
          "in use by another daemon" in r.stderr, r)
    r = call("unitmesh", "verify", "--state", state)
    check("verify beside a daemon", r.returncode == 1 and
          "is in use by a daemon: stop it first" in r.stderr, r)


def verify(folder):
    """What a small program wrote: it holds, or what does not is named."""

    def look(flaw, code, out, err, *more):
        state = Path(folder) / f"v-{flaw}{''.join(more)}"
        state.mkdir(0o700)
        subprocess.run([MESH_STORE, state / "mesh.db", flaw, *more], check=True)
        before = (state / "mesh.db").read_bytes()
        r = call("unitmesh", "verify", "--state", state)
        check(f"verify: {flaw} {' '.join(more)}".rstrip(),
              r.returncode == code and re.search(out, r.stdout) and
              re.search(err, r.stderr), r)
        check("verify: and the file is as it was",
              more or (state / "mesh.db").read_bytes() == before)

    counts = "3 statements, 5 revisions, 1 facts, 1 aside, 4 documents of "
    holds = rf"^mesh [0-9a-f]{{64}}: {counts}revisions, 2 rows: all holds\n$"
    look("well", 0, holds, "^$")
    look("well", 0, holds, "^$", "killed")
    look("empty", 0, "^mesh none: 0 statements.*: all holds", "^$")
    look("signature", 1, "something does not hold",
         r"^item 5, revision [0-9a-f]{64}: its signature is wrong\n$")
    look("order", 1, "does not hold", r"^item 6, .* not before it: the rev")
    look("row-sum", 1, "does not hold", "row 4 differs from its checksum")
    store = Path(folder) / "v-well/mesh.db"
    torn = store.read_bytes().replace(b"sqlite_autoindex", b"\xe5\x1b[2Jto", 1)
    store.write_bytes(torn)
    r = call("unitmesh", "verify", "--state", Path(folder) / "v-well")
    check("verify: bytes of a damaged store steer no terminal",
          r.returncode == 1 and "damaged" in r.stderr and
          "\x1b" not in r.stderr, r)
    r = call("unitmesh", "verify", "--state", folder)
    check("verify: no store", r.returncode == 1 and
          "mesh.db: there is no such file" in r.stderr, r)
    (Path(folder) / "v-well/mesh.db").write_bytes(b"")
    r = call("unitmesh", "verify", "--state", Path(folder) / "v-well")
    check("verify: an empty file", r.returncode == 1 and
          "damaged: it is empty" in r.stderr, r)


def rest(state):
    url = f"http://{ADDR}:4902"
    token = (state / "rest.token").read_text(encoding="ascii").strip()
    bearer = [f"Authorization: Bearer {token}"]
    for what, method, path, headers, code in (
            ("health needs no token", "GET", "/healthz", [], 200),
            ("status needs one", "GET", "/mesh/status", [], 401),
            ("a wrong one", "GET", "/mesh/status", bearer[:0] +
             ["Authorization: Bearer " + "0" * 64], 401),
            ("the right one", "GET", "/mesh/status", bearer, 200),
            ("POST /config needs one", "POST", "/config", [], 401),
            ("and a mesh", "POST", "/config", bearer, 409),
            ("a foreign origin", "POST", "/config",
             ["Origin: http://evil.example"], 403),
            ("a foreign host", "GET", "/healthz", ["Host: evil.example"], 403),
            ("no such path", "GET", "/tea", bearer, 404),
            ("no such path, no token", "GET", "/tea", [], 401),
            ("no such method", "DELETE", "/mesh/status", bearer, 405),
            ("a path that is almost one", "GET", "/mesh/status/", bearer,
             404)):
        r = fetch(url + path, method=method, headers=headers)
        check(f"REST: {what}", r.code == code, r)
        if code == 409:
            check("REST: it is named", "unitmesh init" in r.text, r)
    r = local(state / "s", "/mesh/status")
    check("REST: the socket needs no token", r.code == 200, r)


def daemon(folder):
    with node(folder, "--log-format", "json", "--unit", "embedded") as a:
        a.wait_text("in no mesh yet: .* no Unit is changed", 10)
        a.wait_text("REST is at", 10)
        with node(folder, "--unit", "none", name="taken") as other:
            check("REST is taken", other.proc.wait(10) == 1)
            other.wait_text("REST cannot be at .*; --rest names another", 5)
        commands(a_state := Path(folder) / "a")
        rest(a_state)
        a.proc.send_signal(signal.SIGTERM)
        check("SIGTERM ends it with 0", a.proc.wait(10) == 0)
        a.wait_text("SIGTERM", 5)
        lines = [line for line in a.lines if line.strip()]
        check("--log-format json is JSON", len(lines) > 3 and all(
            {"time", "level", "msg"} <= json.loads(x).keys() for x in lines))
    (Path(folder) / "a/mesh.db").touch()
    with node(folder, "--article", "--unit", "none") as a:
        check("--article beside a roster is refused", a.proc.wait(10) == 1)
        a.wait_text("--article is refused", 5)


def facade(folder):
    """The article's GET, for connected peers alone and nothing else."""
    with node(folder, "--article", "--unit", "embedded", name="f") as a, \
            Peer.start("c", [], name="peer") as peer:
        at = a.wait_text(r"peers connect at (\S+)", 10)[1]
        a.wait_text("REST is at", 10)
        url = f"http://{ADDR}:8888/config"
        r = fetch(url)
        check("facade: nobody is connected", r.code == 403, r)
        peer.cmd(f"connect {at}")
        a.wait_text("Connection established", 10)
        for what, code, more in (
                ("a peer reads", 200, {}),
                ("another name", 403, {"headers": ["Host: evil.example"]}),
                ("no writing", 405, {"method": "PUT", "body": b"{}"}),
                ("no deleting", 405, {"method": "DELETE"})):
            r = fetch(url, **more)
            check(f"facade: {what}", r.code == code, r)
        r = fetch(f"http://{ADDR}:3000/config", "POST",
                  headers=["Host: 192.0.2.9"])
        a.wait_text("addressed to 192.0.2.9, which is none of this", 5)
        check("a host that is not ours is warned of", r.code == 200, r)
        r = fetch(f"http://{ADDR}:8888/status")
        check("facade: nothing else", r.code == 404, r)


def modules(folder):
    path = Path(folder) / "modules"
    path.write_text("{tea")
    with node(folder, "--unit", "embedded", "--unit-modules", path,
              name="m") as a:
        check("modules that are no JSON", a.proc.wait(10) == 1)
        a.wait_text(f"--unit-modules {path}: must be JSON", 5)
    path.write_text('{"python": {"version": "3.11", "lib": "/p.so"}}')
    with node(folder, "--unit", "embedded", "--unit-modules", path,
              name="m") as a:
        at = a.wait_text(r"Unit is at (\S+)", 10)[1]
        a.wait_text("REST is at", 10)
        r = fetch(f"{at}/status/modules")
        check("modules are shown", r.json["python"]["version"] == "3.11", r)


def twin(folder):
    """A copied state folder is noticed, and said, by who meets the other."""
    with node(folder, "--unit", "none", name="one") as a:
        at = a.wait_text(r"peers connect at (\S+)/p2p/", 10)[1]
        a.wait_text("REST is at", 10)
        copy = Path(folder) / "two"
        copy.mkdir(0o700)
        shutil.copy(Path(folder) / "one/node.key", copy)
        with node(folder, "--unit", "none", "--rest", "none", "--peer", at,
                  name="two") as b:
            b.wait_text(f"another node has this node's key, at {at}", 10)
            r = call("unitmesh", "status", "--control", copy / "s")
            check("a copied key", f"WARNING    the node at {at}" in r.stdout,
                  r)


def ended(folder):
    """A daemon that takes a request and ends, as if it had been killed."""
    path = f"{folder}/ended.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def take():
            conn, _ = server.accept()
            conn.recv(65536)
            conn.close()
        thread = threading.Thread(target=take)
        thread.start()
        r = call("unitmesh", "put", "/config", "{}", "--control", path)
        thread.join()
    check("a daemon that ends says nothing of what it did",
          r.returncode == 1 and "ended before it answered" in r.stderr and
          "unitmesh log" in r.stderr, r)


def topics():
    """A message each way; the peer publishes until `p2p sub` has one."""
    with Peer.start("c", ["--listen", f"/ip4/{ADDR}/tcp/0", "--topic", "tea"],
                    name="peer") as peer:
        at = peer.addrs[0]
        r = call("p2p", "pub", at, "tea", "one two")
        check("pub", r.returncode == 0 and not r.stderr, r)
        peer.wait("msg", data="one two", topic="tea")
        with Program("sub", [P2P, "sub", at, "cup", "-n", "1"]) as sub:
            while sub.alive:
                peer.cmd("pub cup three")
            sub.wait_text(rf"^{peer.id}: three$", 5)
            check("sub", sub.proc.wait(5) == 0)
        r = call("p2p", "perf", at, "--up", "1000", "--down", "0")
        check("perf", re.search(r"^up +[\d.]+ MiB/s\n$", r.stdout), r)
        r = call("p2p", "identify", at)
        check("identify", f"peer       {peer.id}" in r.stdout and
              "/ipfs/ping/1.0.0" in r.stdout, r)


def main():
    words()
    with tempfile.TemporaryDirectory(prefix="umcli") as folder:
        daemon(folder)
        facade(folder)
        twin(folder)
        modules(folder)
        verify(folder)
        settings(folder)
        ended(folder)
    topics()
    print(f"{len(FAILED)} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
