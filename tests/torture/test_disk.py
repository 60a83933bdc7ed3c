# SPDX-License-Identifier: MIT OR Apache-2.0
"""A disk that is full, read-only or damaged, below a node of a mesh (n1)."""

import contextlib
import ctypes
import os
import subprocess
import time
from pathlib import Path

import pytest
from nodes import Mesh, Node, until
from stored import Stored

START = {"listeners": {}, "routes": {}, "applications": {}}
CLONE_NEWNS = 0x20000
# How long a change may wait for a disk before it is told that it waits.
PATIENCE = 8


def route(code):
    return [{"action": {"return": code}}]


def sh(*words):
    return subprocess.run(words, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Disk:
    """A small file system of its own."""

    def __init__(self, at, size="8m"):
        self.at = Path(at)
        self.at.mkdir(parents=True)
        self.ballast = self.at / "ballast"
        done = sh("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs",
                  str(self.at))
        if done.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted: {done.stdout.strip()}")

    def fill(self):
        """Until not one byte more has room."""
        with open(self.ballast, "ab", buffering=0) as f:
            for size in (65536, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        f.write(b"x" * size)

    def room(self):
        self.ballast.unlink()

    def remount(self, how):
        done = sh("mount", "-o", f"remount,{how}", str(self.at))
        return done.returncode == 0

    def unmount(self):
        sh("umount", "-l", str(self.at))


class Ext4(Disk):
    """The same, made of a file."""

    def __init__(self, at):  # pylint: disable=super-init-not-called
        self.at = Path(at)
        self.at.mkdir(parents=True)
        self.image = self.at.parent / "image"
        with open(self.image, "wb") as f:
            f.truncate(48 << 20)
        self.mount()

    def mount(self):
        if not list(self.at.iterdir()) and self.image.stat().st_blocks == 0:
            sh("mkfs.ext4", "-q", "-F", str(self.image))
        done = sh("mount", "-o", "loop,errors=remount-ro", str(self.image),
                  str(self.at))
        if done.returncode != 0:
            pytest.skip(f"no loop device with an ext4: {done.stdout.strip()}")
        number = os.stat(self.at).st_dev
        name = os.path.basename(os.readlink(
            f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"))
        self.trigger = Path("/sys/fs/ext4", name, "trigger_fs_error")
        if not os.access(self.trigger, os.W_OK):
            self.unmount()
            pytest.skip(f"{self.trigger} cannot be written")

    def break_it(self):
        self.trigger.write_text("1")

    def repair(self):
        assert sh("umount", str(self.at)).returncode == 0
        sh("e2fsck", "-fy", str(self.image))
        self.mount()


@pytest.fixture
def mounts():
    """A namespace of mounts of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or \
            sh("mount", "--make-rprivate", "/").returncode != 0:
        pytest.skip("mounts of its own need root")


@pytest.fixture
def disk(folder, mounts):
    """Where the state of n1 is."""
    small = Disk(folder / "disk")
    yield small
    small.unmount()


@pytest.fixture
def mesh(folder, disk):
    with Mesh(folder, 2, n1={"state": disk.at / "state"}) as m:
        m.begin(START)
        m[0].put("/config/routes/x", route(201))
        m.agree()
        yield m


def timed(node, code, name="x"):
    """A change: (seconds, answer)."""
    begun = time.monotonic()
    answer = node.ask("PUT", f"/config/routes/{name}", route(code))
    return time.monotonic() - begun, answer


def until_refused(node):
    """A full disk may have room in the journal for a few more: those hold. The
    routes that there are when it has not, and the one that was refused."""
    routes = {"x": route(201)}
    for code in range(400, 599):
        if timed(node, code, "f")[1].code != 200:
            return routes, route(code)
        routes["f"] = route(code)
    raise AssertionError("199 changes were taken on a full disk")


def held_or_done_late(node, held, refused):
    """Each route is what was acknowledged; or what was refused, when a file
    that went made room for what waits. Unit runs the same."""
    routes = node.get("/config")["routes"]
    assert held.keys() <= routes.keys() <= held.keys() | refused.keys()
    for name, now in routes.items():
        assert now in (held.get(name), refused.get(name)), name
    return node.unit_config()["routes"] == routes


def refused_for_the_disk(node):
    """A change is told what is wrong, soon; and reads go on."""
    held, last = until_refused(node)
    refused = {"f": last}
    for name in "abc":
        seconds, answer = timed(node, 299, name)
        assert answer.code == 507, answer
        assert "disk" in answer.json["error"], answer
        assert seconds < PATIENCE
        refused[name] = route(299)
    until(lambda: held_or_done_late(node, held, refused),
          "Unit runs what the node says")
    assert node.revisions() and node.states()
    assert node.get("/mesh/status")


def well_again(mesh):
    """It is as if nothing had been, but for what others did meanwhile."""
    until(lambda: timed(mesh[0], 210, "y")[1].code == 200,
          "changes are taken again")
    mesh.agree()
    for node in mesh:
        assert node.unit_config()["routes"]["y"] == route(210)
    assert [node.stop() for node in mesh] == [0, 0]
    stores = [Stored(node.state) for node in mesh]
    assert stores[0].revisions.keys() == stores[1].revisions.keys()
    for node in mesh:
        assert node.verify()[0] == 0, node.verify()


def test_a_full_disk(mesh, disk):
    """Said, refused, and over when there is room; without a restart."""
    one, other = mesh
    disk.fill()
    refused_for_the_disk(one)
    one.log("no room on the disk .*nothing is stored until")
    # What the other one does is applied there at least, and comes here later.
    other.put("/config/routes/z", route(220))
    until(lambda: other.unit_config()["routes"].get("z"), "the other runs it")
    assert one.runs
    disk.room()
    one.log("the disk can be written again")
    mesh.agree()
    assert one.unit_config()["routes"]["z"] == route(220)
    well_again(mesh)


def test_a_full_disk_at_the_start(mesh, disk):
    """It begins, reads, says what is wrong, and goes on when it can."""
    one = mesh[0]
    one.kill()
    disk.fill()
    one.start()
    refused_for_the_disk(one)
    disk.room()
    well_again(mesh)


def test_kill_on_a_full_disk(mesh, disk):
    """What was told that it waits may be gone, and nothing else is."""
    one = mesh[0]
    before = {r["id"] for r in one.revisions()}
    disk.fill()
    refused_for_the_disk(one)
    one.kill()
    one.start()
    assert before <= {r["id"] for r in one.revisions()}
    disk.room()
    well_again(mesh)


@pytest.fixture
def ext4(folder, mounts):
    """A file system that turns read-only when it finds an error."""
    small = Ext4(folder / "disk")
    yield small
    small.unmount()


def test_a_disk_that_turns_read_only(folder, ext4):
    """As a file system does that found an error in itself."""
    with Mesh(folder, 2, n1={"state": ext4.at / "state"}) as mesh:
        mesh.begin(START)
        one, other = mesh
        one.put("/config/routes/x", route(201))
        mesh.agree()
        ext4.break_it()
        refused_for_the_disk(one)
        other.put("/config/routes/z", route(220))
        until(lambda: other.unit_config()["routes"].get("z"),
              "the other runs it")
        assert one.runs
        one.stop()
        ext4.repair()
        one.start()
        mesh.agree()
        assert one.unit_config()["routes"]["z"] == route(220)
        well_again(mesh)


def test_a_read_only_disk_at_the_start(mesh, disk):
    """It does not start, and says why; no byte is another then."""
    one = mesh[0]
    one.kill()
    files = {p: p.read_bytes() for p in one.state.iterdir() if p.is_file()}
    assert disk.remount("ro")
    one.start(wait=False)
    assert one.ended() == 1
    assert [x for x in one.daemon.lines if " error " in x and "state" in x]
    assert {p: p.read_bytes() for p in one.state.iterdir()
            if p.is_file()} == files
    assert disk.remount("rw")
    one.start()
    well_again(mesh)


def page(path, number):
    """Spoils a page of a database in the middle of itself."""
    with open(path, "r+b") as f:
        f.seek(number * 4096 + 1024)
        old = f.read(2048)
        f.seek(number * 4096 + 1024)
        f.write(bytes(255 - b for b in old))


def pages_of(path):
    return os.path.getsize(path) // 4096


def test_damaged_pages(folder):
    """It does not start, says what is wrong and where, with code 1; and the
    file is as it was. Every page of it in turn; one that holds nothing may be
    overlooked."""
    node = Node("n1", folder)
    mesh = Mesh(folder, 0)
    mesh.nodes = [node]
    with mesh:
        mesh.begin(START)
        for i in range(12):
            node.put("/config/routes/x", route(300 + i))
        assert node.stop() == 0
        path = node.state / "mesh.db"
        whole = path.read_bytes()
        seen = 0
        for number in range(pages_of(path)):
            page(path, number)
            spoilt = path.read_bytes()
            code, text = node.verify()
            node.start(wait=False)
            until(lambda: not node.runs or any(
                "REST is at" in x for x in node.daemon.lines), "it decides")
            if node.runs:
                node.stop()
                assert code == 0 or number > 0, (number, text)
            else:
                assert node.ended() == 1, number
                assert [x for x in node.daemon.lines if " error " in x and
                        ("mesh.db" in x or "store" in x)], node.daemon.lines
                assert path.read_bytes() == spoilt, "it was written to"
                seen += 1
            assert code != 0 or node.daemon.proc.returncode == 0, (
                f"page {number}: verify holds it for whole, and it does not "
                f"start: {node.daemon.lines}")
            path.write_bytes(whole)
            for beside in ("mesh.db-wal", "mesh.db-shm"):
                (node.state / beside).unlink(missing_ok=True)
        assert seen > 0
        node.start()
        assert node.get("/config")["routes"]["x"] == route(311)
        assert node.stop() == 0


def test_no_database_at_all(folder):
    """An empty one, and one that is something else."""
    node = Node("n1", folder)
    mesh = Mesh(folder, 0)
    mesh.nodes = [node]
    with mesh:
        mesh.begin(START)
        assert node.stop() == 0
        path = node.state / "mesh.db"
        whole = path.read_bytes()
        for text in (b"", b"this is no database at all\n" * 400,
                     whole[:6000], whole[:100]):
            path.write_bytes(text)
            node.start(wait=False)
            assert node.ended() == 1
            assert [x for x in node.daemon.lines if " error " in x], text[:30]
            assert path.read_bytes() == text
        path.write_bytes(whole)
        node.start()
        assert node.stop() == 0


def test_the_database_is_removed_while_it_runs(folder):
    """Nobody may be told that a change is kept when it will not be."""
    with Mesh(folder, 2) as mesh:
        mesh.begin(START)
        one, other = mesh
        for name in ("mesh.db", "mesh.db-wal", "mesh.db-shm"):
            (one.state / name).unlink(missing_ok=True)
        answer = one.ask("PUT", "/config/routes/x", route(400), seconds=40)
        assert answer.code == 507, answer
        one.log("mesh.db: removed")
        assert one.get("/config") == START
        assert other.put("/config/routes/y", route(401))
        one.stop()


@pytest.mark.parametrize("name, mode", [
    ("node.key", 0o644), ("node.key", 0o640), ("owner.key", 0o644)])
def test_keys_that_others_can_read(folder, name, mode):
    node = Node("n1", folder)
    mesh = Mesh(folder, 0)
    mesh.nodes = [node]
    with mesh:
        mesh.begin(START)
        assert node.stop() == 0
        (node.state / name).chmod(mode)
        node.start(wait=False)
        assert node.ended() == 1
        assert [x for x in node.daemon.lines if f"{name} can be read by" in x]
        (node.state / name).chmod(0o600)
        node.start()
        assert node.stop() == 0


def test_a_folder_of_nobody(folder):
    """A state folder that others can write or read: what is in it is closed
    to them all the same."""
    node = Node("n1", folder)
    mesh = Mesh(folder, 0)
    mesh.nodes = [node]
    with mesh:
        mesh.begin(START)
        modes = {p.name: p.stat().st_mode & 0o777
                 for p in node.state.iterdir() if p.is_file()}
        # Its group may read what was done, and nothing else.
        closed = {"audit.log": 0o037}
        assert not [n for n, m in modes.items()
                    if m & closed.get(n, 0o077)], modes
        assert node.state.stat().st_mode & 0o077 == 0
        assert node.stop() == 0
