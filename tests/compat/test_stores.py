# SPDX-License-Identifier: MIT OR Apache-2.0
"""What an older unitmesh left on the disk is read and gone on with; what a
newer one left is refused, and stays as it is. Recordings are made by
record.py, one for each version of the store."""

import hashlib
import json
import re
import sqlite3
import tarfile

import pytest
from conftest import ROOT
from daemon import BUILD, UNITMESH
from rig import Standin, daemons, loopback, run, until
from versions import SECONDS, Node, begin, in_step

DATA = ROOT / "tests/compat/data"
RECORDED = sorted(int(f.name[6:-7]) for f in DATA.glob("store-*.tar.gz"))


def said_of(number):
    return json.loads((DATA / f"store-{number}.json").read_text())


def timeless(answer):
    """Without what goes on with time."""
    text = json.dumps(answer)
    return json.loads(re.sub(r'"(age|healthy)_ms": \d+, ', "", text))


def test_each_version_of_the_store_is_recorded():
    text = (ROOT / "mesh/store/file.h").read_text()
    known = int(re.search(r"#define UM_STORE_SCHEMA (\d+)", text)[1])
    assert RECORDED == list(range(1, known + 1))


@pytest.fixture(params=RECORDED)
def recorded(request, folder):
    """A node's folder as it was left, and what the node said then."""
    state = folder / "first"
    state.mkdir(mode=0o700)
    with tarfile.open(DATA / f"store-{request.param}.tar.gz") as tar:
        tar.extractall(state)
    return folder, said_of(request.param)


def test_a_recorded_store_is_whole(recorded):
    done = run("verify", "--state", recorded[0] / "first")
    assert done.returncode == 0, done


def test_a_recorded_store_is_gone_on_with(recorded):
    """The same revisions, members, document; Unit is given nothing, for it
    runs what it should."""
    folder, said = recorded
    node = Node("first", folder, loopback())
    with daemons(node):
        node.ready()
        in_step(node)
        unit = said.pop("unit")
        for path, answer in said.items():
            assert timeless(node.do("GET", path)) == timeless(answer), path
        assert node.runs() == unit
        assert node.get("/mesh/status")["unit"]["applied"] == 0
        made = node.put({"http": {"idle_timeout": 33}}, "/config/settings")
        assert made["id"] not in {r["id"] for r in said["/mesh/revisions"][
            "revisions"]}
        in_step(node)
        assert node.runs() == {**unit, "settings": {"http": {
            "idle_timeout": 33}}}
    assert run("verify", "--state", node.state).returncode == 0


@pytest.mark.parametrize("number", RECORDED)
def test_a_recorded_mesh_is_read(number, folder):
    """The file of a mesh, with items of all kinds, into a node of none."""
    node = Node("other", folder, loopback())
    with daemons(node):
        node.ready()
        done = run("import", DATA / f"mesh-{number}.export", "--control",
                   node.control)
        assert done.returncode == 0, done
        assert node.ids() == {r["id"] for r in said_of(number)[
            "/mesh/revisions"]["revisions"]}
        assert node.do("GET", "/mesh/settings") == said_of(number)[
            "/mesh/settings"]


def asked_to_change(unit):
    """What a Unit was asked that would change something."""
    unit.tell("fault none")
    with unit.changed:
        lines = [json.loads(x) for x in unit.lines if '"type":"asked"' in x]
    return [a for a in lines if a["method"] != "GET"]


def test_upgraded_in_place(folder, old):
    """The old one is stopped, the new one started on what it left: it runs the
    same, is the same, gives Unit nothing. Then it changes something, and goes
    on from what it wrote itself."""
    (folder / "u").mkdir()
    with Standin(folder / "u", "--tell") as unit:
        node = Node("first", folder, loopback(), program=old, unit=unit)
        with daemons(node):
            begin(node)
            last = node.put(205)
            node.answers(205)
            key = node.id
        before = asked_to_change(unit)
        assert before
        for status in (206, 207):
            node = node.once_more(UNITMESH)
            with daemons(node):
                node.ready()
                in_step(node)
                assert node.id == key
                assert node.nodes()["first"]["runs"] == node.current()
                assert node.revisions()[0]["id"] == last["id"]
                assert asked_to_change(unit) == before
                assert node.nodes()["first"]["daemon"]
                last = node.put(status)
                node.answers(status)
                before = asked_to_change(unit)
        assert run("verify", "--state", node.state).returncode == 0


def contents(state):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in state.iterdir() if p.is_file() and p.name != "lock"}


def made_newer(state):
    """As a daemon that knows a version more would leave it."""
    with sqlite3.connect(state / "mesh.db") as db:
        number = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {number + 1}")
    db.close()
    (state / "mesh.db.version").write_text("9.1.0\n")
    return number


def test_a_newer_store_is_refused_in_words(folder):
    node = Node("first", folder, loopback())
    with daemons(node):
        begin(node)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n",
                        (node.state / "mesh.db.version").read_text())
    known = made_newer(node.state)
    before = contents(node.state)
    again = node.once_more()
    until(lambda: again.proc.poll() is not None, "it ends", SECONDS)
    again.stop()
    text = "\n".join(again.lines)
    assert again.proc.returncode == 1
    assert f"written by a newer unitmesh: its version is {known + 1}, this " \
        f"one knows {known}" in text, text
    assert re.search(r"unitmesh 9\.1\.0 wrote it, this is \d+\.\d+\.\d+, and "
                     "nothing was changed: start that one again, or this one "
                     "on a copy of the state folder from before it", text), text
    assert contents(node.state) == before
    done = run("verify", "--state", node.state)
    assert done.returncode == 1 and "newer unitmesh" in done.stderr, done
    assert contents(node.state) == before


def test_a_newer_member_is_told_of(folder):
    """A daemon of 9.1.0: this one, with another number in it."""
    newer = folder / "cli/newer"
    newer.parent.mkdir()
    (folder / "lib").symlink_to(BUILD / "lib")
    program = open(UNITMESH, "rb").read()
    ours = run("--version").stdout.split()[-1]
    newer.write_bytes(program.replace(ours.encode() + b"\0", b"9.1.0\0"))
    newer.chmod(0o755)
    a, b = loopback(), loopback()
    one = Node("first", folder, a, [b])
    two = Node("second", folder, b, [a], program=str(newer))
    with daemons(one, two):
        begin(one, two)
        assert {m["name"]: m["daemon"] for m in one.do("GET", "/mesh/nodes")[
            "nodes"]} == {"first": ours, "second": "9.1.0"}
        one.wait_text(f"a member runs unitmesh 9.1.0, this node {ours}: they "
                      "go on together, and this node is to be upgraded")
        found = {f["what"]: f["text"] for f in one.do("GET", "/mesh/doctor")[
            "findings"]}
        assert found["older"].startswith("second runs unitmesh 9.1.0, "), found
        assert "older" not in {f["what"] for f in two.do(
            "GET", "/mesh/doctor")["findings"]}
