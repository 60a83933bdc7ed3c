#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The image and compose.yaml, in containers, beside Units that are stand-ins.
Within apart.sh, which ends all that is left: usage: run.py COMPOSE DIR, with
the images localhost/unitmesh and localhost/unit; COMPOSE is podman-compose."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPOSE, DIR = sys.argv[1], Path(sys.argv[2])
NAMES = ("red", "green", "blue")
TEAPOT = {"listeners": {"*:8080": {"pass": "routes"}},
          "routes": [{"action": {"return": 418}}]}
failed = 0


def say(what, fine, why=""):
    global failed  # pylint: disable=global-statement
    print(f"{'ok' if fine else 'FAIL'} {what}{'' if fine else f': {why}'}",
          flush=True)
    failed += not fine
    return fine


def run(*args, seconds=60, **more):
    return subprocess.run(list(map(str, args)), capture_output=True, text=True,
                          timeout=seconds, check=False, cwd=DIR, **more)


def podman(*args, **more):
    return run("podman", *args, **more)


def compose(*args):
    done = run(COMPOSE, *args, seconds=180)
    assert done.returncode == 0, done
    return done


def container(service):
    return f"unitmesh_{service}_1"


def ask(node, *args, **more):
    """A command of unitmesh on a node: its standard output."""
    return podman("exec", "-i", container(node), "unitmesh", *args,
                  **more).stdout


def until(look, seconds=40):
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > deadline:
            return found
        pause.wait(0.2)


def inspect(what):
    return json.loads(podman("inspect", what).stdout)[0]


# ---- the image

def image():
    info = inspect("localhost/unitmesh")
    top = Path(podman("image", "mount", "localhost/unitmesh").stdout.strip())
    say("it is small", info["Size"] < 40e6, info["Size"])
    say("it is nobody's", info["Config"]["User"] == "65532:65532", info)
    label = "org.opencontainers.image."
    say("it has labels", all(info["Labels"].get(label + key) for key in (
        "title", "description", "licenses", "version")), info["Labels"])
    programs = [p.name for p in (top / "usr/bin").iterdir()]
    say("it has one program", programs == ["unitmesh"], programs)
    libraries = [p for p in (top / "usr/lib").rglob("*.so*")]
    notices = {p.parent.name for p in top.glob("usr/share/doc/*/copyright")}
    listed = {p.name for p in (top / "var/lib/dpkg/status.d").iterdir()}
    say("each package that a library is of has its licence", len(notices) > 20
        and notices == listed, notices ^ listed)
    say("and nothing else is in it", len(libraries) < 80, len(libraries))
    writable = [p for p in top.rglob("*") if not p.is_symlink() and
                p.stat().st_mode & 0o22 and p.name not in ("tmp", "unitmesh")]
    say("nobody can change it", not writable, writable)
    podman("image", "unmount", "localhost/unitmesh")
    done = podman("run", "--rm", "--network=none", "localhost/unitmesh",
                  "--version")
    say("it starts", done.stdout.startswith("unitmesh "), done)
    done = podman("run", "--rm", "--network=none", "--entrypoint=/bin/sh",
                  "localhost/unitmesh", "-c", "true")
    say("it has no shell", "not found" in done.stderr, done)


def alone():
    """One container, which is its own applier."""
    podman("run", "-d", "--name=alone", "--network=none", "--read-only",
           "--cap-drop=all", "--security-opt=no-new-privileges",
           "localhost/unitmesh", "run", "--unit=none", "--no-mdns")
    say("it runs", until(lambda: "REST is at" in podman(
        "logs", "alone").stderr), podman("logs", "alone"))
    say("and is well", podman("healthcheck", "run", "alone").returncode == 0)
    log = podman("logs", "alone").stderr
    say("it is confined in a container, too", "user unitmesh (65532), no "
        "capabilities, Landlock " in log and ", seccomp" in log, log)
    begun = time.monotonic()
    podman("stop", "-t", "20", "alone")
    say("it ends when it is told to", time.monotonic() - begun < 10 and
        inspect("alone")["State"]["ExitCode"] == 0)
    podman("rm", "alone")


# ---- three nodes

def synced(*nodes):
    def same():
        for node in nodes:
            rows = [line.split()[1] for line in ask(
                node, "nodes").splitlines()[1:]]
            if rows != ["synced"] * len(NAMES):
                return False
        return True
    return until(same)


def begin():
    code = DIR / "join-code"
    code.write_text("")
    compose("up", "-d")
    say("they wait for a code", until(lambda: all(
        "waits for a join code" in podman("logs", container(n)).stderr
        for n in NAMES)), podman("logs", container("red")))
    said = until(lambda: ask("red", "init", "--name", "shop"))
    say("one begins a mesh", "umkey1" in said, said)
    code.write_text(ask("red", "invite", "--role", "writer", "--uses", "2"))
    say("the others join by themselves", synced(*NAMES), ask("red", "nodes"))


def serve(status, nodes=NAMES):
    def all_do():
        return all(run("curl", "-s", "-m", "2", "-o", "/dev/null", "-w",
                       "%{http_code}", f"http://127.0.0.1:{8081 + i}/").stdout
                   == str(status) for i, n in enumerate(NAMES) if n in nodes)
    return until(all_do)


def rights(service):
    """Who process 1 of a container is, and what it may."""
    pid = inspect(container(service))["State"]["Pid"]
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").split("\n")
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return fields["Uid"].split()[0], fields["CapPrm"], fields["NoNewPrivs"]


def apart():
    none = "0" * 16
    say("the daemon is nobody", rights("red") == ("65532", none, "1"),
        rights("red"))
    say("its applier is root without a capability",
        rights("red-applier") == ("0", none, "1"), rights("red-applier"))
    mounts = {m["Destination"] for m in inspect(container("red"))["Mounts"]}
    say("the daemon does not see Unit", "/run/unit" not in mounts, mounts)
    done = podman("exec", container("red"), "unitmesh", "status")
    say("it says how it is held", "Landlock" in done.stdout, done)


def come_back():
    podman("kill", container("green"))
    say("where the daemon is killed both begin again", until(
        lambda: podman("start", container("green-applier"),
                       container("green")).returncode == 0))
    say("and it is in its mesh", synced(*NAMES), ask("green", "nodes"))
    address = inspect(container("blue"))["NetworkSettings"]
    compose("stop", "blue", "blue-applier")
    podman("rm", "-f", container("blue"), container("blue-applier"))
    podman("run", "-d", "--rm", "--name=squatter", "--network=unitmesh_mesh",
           "localhost/unit", "sleep", "600")
    compose("up", "-d", "blue")
    now = inspect(container("blue"))["NetworkSettings"]
    say("one that was made anew has another address",
        address["Networks"]["unitmesh_mesh"]["IPAddress"] !=
        now["Networks"]["unitmesh_mesh"]["IPAddress"], now)
    say("and is found by its name, with what it had", synced(*NAMES),
        ask("red", "nodes"))
    say("it asked nobody to be let in", "joined with the code" not in podman(
        "logs", container("blue")).stderr)


def mesh():
    for name in "compose.yaml",:
        (DIR / name).write_bytes((ROOT / "packaging/oci" / name).read_bytes())
    begin()
    said = ask("blue", "put", "/config", "--wait", json.dumps(TEAPOT))
    say("a change is made at one", "done" in said, said)
    say("and all Units serve it", serve(418))
    apart()
    come_back()
    ask("green", "put", "/config/routes/0/action/return", "404", "--wait")
    say("a change after that is on all", serve(404))
    leave()


def leave():
    said = ask("blue-applier", "leave", "--purge")
    say("one leaves, as its applier's user says", "in no mesh any more" in said
        and "bound" not in said, said)
    top = Path(podman("volume", "inspect", "--format", "{{.Mountpoint}}",
                      "unitmesh_blue-state").stdout.strip())
    left = {p.name for p in top.iterdir()}
    say("and nothing is left of it", left == {
        "applier", "audit.log", "control.sock", "lock", "node.key",
        "rest.token"} and
        [p.name for p in (top / "applier").iterdir()] == ["lock"], left)


os.environ |= {"UNIT_IMAGE": "localhost/unit",
               "UNITMESH_IMAGE": "localhost/unitmesh"}
DIR.mkdir(parents=True, exist_ok=True)
image()
alone()
mesh()
sys.exit(failed > 0)
