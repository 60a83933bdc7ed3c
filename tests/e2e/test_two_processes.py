# SPDX-License-Identifier: MIT OR Apache-2.0
"""What talks to the network and what holds Unit are two processes, and somebody
who has the first has not the second: `intruder` starts as the daemon does, and
then does what it likes (tests/e2e/intruder)."""

import ctypes
import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest
from conftest import BUILD
from crew import Node, again
from daemon import UNITMESH
from rig import Standin, daemons, loopback, run, until

INTRUDER = os.environ.get("INTRUDER_BIN",
                          str(BUILD / "tests/e2e/intruder/intruder"))
# Nobody's number; its group is its own.
UID = 54321
MESSAGES = int(os.environ.get("INTRUDER_MESSAGES", "1000000"))
SEED = int(os.environ.get("INTRUDER_SEED", random.getrandbits(48)))

# What each has that is not of a user: the number of what it may, in the end.
PERMITTED = {"own folder", "own socket"}
# What only Landlock, or only seccomp, is in the way of.
BY_LANDLOCK = {"open file"}
BY_SECCOMP = {"program run", "process made", "name space"}

root = pytest.mark.skipif(os.geteuid() != 0,
                          reason="only root becomes another user")


@pytest.fixture
def unit(folder):
    """A Unit that root alone may speak with, and that tells of changes."""
    folder.chmod(0o711)
    (folder / "open").write_text("for everybody")
    (folder / "open").chmod(0o644)
    with Standin(folder, "--tell") as standin:
        assert (folder / "unit.sock").stat().st_mode & 0o777 == 0o600
        yield standin


def changes(unit):
    """What it was asked that could change something: method, path, body. It
    answers a command behind all of that."""
    unit.tell("fault none")
    with unit.changed:
        lines = [json.loads(line) for line in unit.lines
                 if '"type":"asked"' in line]
    return [(a["method"], a["path"], a["sha256"]) for a in lines]


def intruder(mode, folder, *args, seconds=300):
    """What it says, a dict a line; it must end well."""
    (folder / "s").mkdir(mode=0o700, exist_ok=True)
    (folder / "s/policy.json").write_text("{}")
    (folder / "s/lock").touch()
    done = subprocess.run(
        [INTRUDER, mode, "--state", folder / "s", "--unit",
         folder / "unit.sock", "--open", folder / "open", *map(str, args)],
        capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def probes(said):
    return {s["what"]: s["errno"] for s in said if s["type"] == "probe"}


def kernel_has_landlock():
    """landlock_create_ruleset(NULL, 0, VERSION), asked without the daemon."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


def reached(found):
    return {what for what, errno in found.items() if errno == 0}


@root
def test_what_an_intruder_reaches(folder, unit):
    said = intruder("probes", folder, "--user", UID)
    how = said[0]
    found = probes(said)
    assert how["type"] == "confined", said
    expected = set(PERMITTED)
    if not kernel_has_landlock():
        print("skipped: this kernel or container has no Landlock")
        expected |= BY_LANDLOCK
    if not Path("/proc/sys/kernel/seccomp/actions_avail").exists():
        print("skipped: this kernel has no seccomp")
        expected |= BY_SECCOMP
    if how["sanitized"]:
        print("skipped: a sanitizer makes processes to look for leaks")
        expected.add("process made")
    assert reached(found) == expected
    assert not changes(unit)


@root
def test_what_the_user_alone_keeps_from_it(folder, unit):
    """Where the kernel has neither Landlock nor seccomp."""
    found = probes(intruder("probes", folder, "--user", UID, "--bare"))
    assert reached(found) == PERMITTED | BY_LANDLOCK | BY_SECCOMP


@root
def test_without_all_that_all_is_reached(folder, unit):
    """The probes find what is there: root reaches each."""
    found = probes(intruder("probes", folder))
    assert reached(found) == set(found), found


@root
def test_a_million_messages(folder, unit, capsys):
    """What ran before the flood runs after it, and nothing else ever did."""
    said = {s["type"]: s for s in intruder(
        "flood", folder, "--user", UID, "--seed", SEED, "--count", MESSAGES)}
    with capsys.disabled():
        print(f"\n{said['flood']['said']} messages in "
              f"{said['flood']['seconds']} s, seed {SEED}: "
              f"{said['flood']['no_answer']} orders refused, "
              f"{said['flood']['not_signed']} signatures refused")
    made = [c for c in changes(unit) if c[1] == "/config"]
    assert [c[0] for c in made] == ["PUT"] * 4
    assert len(set(made)) == 4
    # A GET may restart an application, which is said in the threat model.
    assert {c[1] for c in changes(unit)} <= {
        "/config", "/control/applications/x/restart"}
    assert unit.config()["routes"] == [{"action": {"return": 203}}]
    assert said["flood"]["said"] == MESSAGES
    assert said["flood"]["no_answer"] > MESSAGES // 4
    assert said["flood"]["ended"] == said["flood"]["alone"] > MESSAGES // 1000
    assert said["flood"]["signed"] == 0
    assert said["flood"]["not_signed"] > MESSAGES // 30


@root
def test_what_is_no_message_ends_it(folder, unit):
    """And Unit is not asked for anything."""
    for i in range(40):
        intruder("garbage", folder, "--user", UID, "--seed", SEED + i,
                 seconds=60)
    assert not changes(unit)


@root
def test_a_foreign_change_would_be_seen(folder, unit):
    """The other tests look at what the stand-in tells: it tells."""
    assert unit.ask("PUT", "/config/routes", b"[]").code == 200
    assert [c[:2] for c in changes(unit)] == [("PUT", "/config/routes")]


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def look_at_doctor(node):
    """What is as the daemon makes it is well, whatever user asks; what is not
    is mended back to that, and keys are given to nobody."""
    def rights():
        said = json.loads(node.call("doctor", "-o", "json").stdout)
        return [f["mend"] for f in said["findings"] if f["what"] == "rights"]

    key = node.state / "node.key"
    assert rights() == []
    node.state.chmod(0o1775)
    os.chown(key, UID, -1)
    assert rights() == [f"chmod 1770 {node.state}", f"chown 0 {key}"]
    os.chown(key, 0, -1)
    node.state.chmod(0o1770)
    assert rights() == []


@root
def test_a_daemon_as_it_is_confined(folder, unit):
    """The real one, from root's old state folder to a change that runs."""
    at = loopback()
    flags = ("--user", str(UID))
    with daemons(Node("one", folder, at, unit=unit)) as old:
        old.ready()
        old.say("init", "--name", "demo")
    node = Node("one", folder, at, unit=unit, flags=flags)
    with daemons(node):
        node.ready()
        look_at_processes(node)
        look_at_files(node)
        look_at_doctor(node)
        node.say("put", "/config", json.dumps(
            {"routes": [{"action": {"return": 207}}]}))
        until(lambda: unit.config()["routes"] == [{"action": {"return": 207}}],
              "its Unit has the change")
        how = node.get("/mesh/status")["confined"]
        assert how["user"] == str(UID) and how["changed_user"]
        assert f"confined   {how['how']}" in node.say("status")
        node.wait_text(re.escape(f"confined: {how['how']}"))
    done = run("verify", "--state", node.state)
    assert done.returncode == 0 and "all holds" in done.stdout, done
    assert {p.stat().st_uid for p in node.state.glob("mesh.db*")} == {UID}
    back = Node("one", folder, at, unit=unit)
    with daemons(back):
        back.ready()
        assert (folder / "one/mesh.db").stat().st_uid == 0
        assert (folder / "one").stat().st_mode & 0o7777 == 0o700


@root
def test_who_purges_leaves_nothing(folder, unit):
    """Each removes what it owns; that the applier may, root says, who is asked
    to nowhere else."""
    node = Node("one", folder, loopback(), unit=unit,
                flags=("--user", str(UID)))
    with daemons(node):
        node.ready()
        fresh = {p.name for p in node.state.iterdir()}
        was = (node.state / "node.key").read_bytes()
        node.say("init", "--name", "first")
        node.say("put", "/config", json.dumps(
            {"routes": [{"action": {"return": 207}}]}))
        assert "An owner's key" in node.refuse(
            "leave", "--purge", code=4)
        assert not (node.state / "applier/unbind").exists()
        assert "stays bound" not in node.say("leave", "--purge", "--force")
        assert {p.name for p in node.state.iterdir()} == fresh
        assert [p.name for p in (node.state / "applier").iterdir()] == ["lock"]
        # Not even who it was.
        assert (node.state / "node.key").read_bytes() != was
        mine = node.say("id").split()[0]
        assert mine != node.id
        node.say("init", "--name", "second")
    node = again(node, folder, None, unit=unit, flags=("--user", str(UID)))
    with daemons(node):
        node.ready()
        assert node.id == mine
        assert "second" in node.say("status")


@root
def test_the_daemon_cannot_purge_by_itself(folder, unit):
    node = Node("one", folder, loopback(), unit=unit,
                flags=("--user", str(UID)))
    with daemons(node):
        node.ready()
        was = (node.state / "node.key").read_bytes()
        node.say("init", "--name", "first")
        node.say("put", "/config", json.dumps(
            {"routes": [{"action": {"return": 207}}]}))
        answer = node.ask("POST", "/mesh/leave?force", {"purge": True})
        assert answer.code == 200 and answer.json["bound"], answer
        assert (node.state / "owner.key").exists()
        assert (node.state / "node.key").read_bytes() == was
        assert (node.state / "applier/roster").exists()


@root
def test_the_mesh_that_is_left_stays_bound(folder, unit):
    """What talks to the network cannot take its Unit into another mesh by its
    own word; a person can."""
    node = Node("one", folder, loopback(), unit=unit,
                flags=("--user", str(UID)))
    with daemons(node):
        node.ready()
        node.say("init", "--name", "first")
        node.say("put", "/config", json.dumps(
            {"routes": [{"action": {"return": 207}}]}))
        said = node.say("leave", "--force")
        assert "stays bound to that mesh" in said, said
        assert "cannot be begun" in node.refuse("init", "--name", "second")
        for name in ("roster", "record"):
            (node.state / "applier" / name).unlink()
        node.say("init", "--name", "second")
        # Before it is left, a file that only root can put there is enough.
        (node.state / "applier/unbind").touch()
        assert "stays bound" not in node.say("leave", "--force")
        assert not (node.state / "applier/unbind").exists()
        node.say("init", "--name", "third")
    assert unit.config()["routes"] == [{"action": {"return": 207}}]


def look_at_processes(node):
    how = node.get("/mesh/status")["confined"]
    pid = node.proc.pid
    own = status_of(pid)
    applier, = children(pid)
    other = status_of(applier)
    assert own["Uid"].split() == own["Gid"].split() == [str(UID)] * 4
    assert not own["Groups"].strip()
    assert {own[c] for c in ("CapInh", "CapPrm", "CapEff", "CapBnd",
                             "CapAmb")} == {"0" * 16}
    assert own["NoNewPrivs"] == "1"
    assert (own["Seccomp"] == "2") == how["seccomp"]
    assert other["Uid"].split() == ["0"] * 4
    assert other["NoNewPrivs"] == "1"
    assert other["CapEff"] == "0" * 15 + "2"  # CAP_DAC_OVERRIDE
    threads = {status_of(int(t))["CapEff"] for t in
               os.listdir(f"/proc/{pid}/task")}
    assert threads == {"0" * 16}


def look_at_files(node):
    owners = {p.name: (p.stat().st_uid, p.stat().st_mode & 0o7777)
              for p in node.state.iterdir()}
    assert node.state.stat().st_mode & 0o7777 == 0o1770
    assert owners["node.key"] == owners["owner.key"] == (0, 0o600)
    assert owners["applier"] == (0, 0o700)
    assert owners["mesh.db"][0] == owners["lock"][0] == UID
    assert owners["control.sock"] == (UID, 0o660)


@root
def test_a_unit_that_everybody_reaches(folder):
    """Nothing is kept apart then, and it is said."""
    folder.chmod(0o711)
    at = loopback()
    with Standin(folder, control=f"{at}:8801") as unit:
        node = Node("one", folder, at, unit=unit, flags=("--user", str(UID)))
        with daemons(node):
            node.ready()
            node.wait_text(f"Unit's control is at http://{at}:8801, where")


@root
def test_no_confine(folder, unit):
    node = Node("one", folder, loopback(), unit=unit, flags=("--no-confine",))
    with daemons(node):
        node.ready()
        node.wait_text("confined: not at all: --no-confine")
        assert status_of(node.proc.pid)["Seccomp"] == "0"
        assert status_of(node.proc.pid)["CapEff"] != "0" * 16


def once(folder, *flags, **more):
    return run("run", "--state", folder / "s", "--control", folder / "s/c",
               "--unit", "none", "--no-mdns", "--bind", loopback(), *flags,
               **more)


def test_a_user_that_is_not_there(folder):
    done = once(folder, "--user", "no-such-user")
    assert done.returncode == 1
    assert "--user no-such-user: there is no such user" in done.stderr


def test_a_user_and_no_confinement(folder):
    done = once(folder, "--user", "root", "--no-confine")
    assert done.returncode == 2


@root
def test_only_root_becomes_another_user(folder):
    folder.chmod(0o777)
    done = subprocess.run(
        ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
         UNITMESH, "run", "--state", folder / "s", "--unit", "none",
         "--user", "0"], capture_output=True, text=True, check=False,
        timeout=20)
    assert done.returncode == 1
    assert "only root can become another user" in done.stderr


@root
def test_a_folder_that_the_user_cannot_get_to(folder):
    """Its parent is root's alone; that is said, with what to do."""
    assert folder.stat().st_mode & 0o777 == 0o700
    done = once(folder, "--user", UID)
    assert done.returncode == 1
    assert f"{folder}/s" in done.stderr and "let him through" in done.stderr


@root
def test_a_folder_with_other_things(folder):
    (folder / "s").mkdir()
    (folder / "s/notes").write_text("mine")
    done = once(folder, "--user", UID)
    assert done.returncode == 1 and "has other things in it" in done.stderr
    assert (folder / "s/notes").stat().st_uid == 0
    assert (folder / "s").stat().st_mode & 0o7777 == 0o755
