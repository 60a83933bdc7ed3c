# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node that joins by itself, with a code that somebody puts into a file."""

import os

import pytest
from crew import Node, again, synced
from rig import Standin, daemons, loopback, run, until

# Nobody's number; its group is its own.
UID = 54321


@pytest.fixture
def red(folder):
    """One that began a mesh."""
    with Node("red", folder, loopback()) as node:
        node.ready()
        node.say("init", "--name", "shop")
        yield node


@pytest.fixture
def file(folder):
    """Where the code is going to be."""
    (folder / "secret").mkdir()
    return folder / "secret/code"


def blue(folder, red, file, **more):
    return Node("blue", folder, loopback(), red.bind,
                flags=["--join-file", str(file)], **more)


def is_member(node):
    mesh = node.get("/mesh/status").get("mesh")
    return mesh is not None and mesh["member"]


def test_with_a_code_that_is_there(folder, red, file):
    file.write_text(red.say("invite", "--role", "writer"))
    with blue(folder, red, file) as node:
        node.ready()
        until(lambda: is_member(node), "it is a member")
        node.wait_text("joined with the code in ")
        synced(red, node)
        assert node.get("/mesh/status")["mesh"]["roles"] == ["writer", "node"]


def test_started_again_it_asks_nobody(folder, red, file):
    file.write_text(red.say("invite"))
    with blue(folder, red, file) as node:
        node.ready()
        until(lambda: is_member(node), "it is a member")
    file.write_text("no code at all")
    with again(node, folder, red.bind, flags=[
            "--join-file", str(file)]) as node:
        node.ready()
        synced(red, node)
        assert "join-file" not in "".join(node.lines)
        assert "the code in" not in "".join(node.lines)


def test_with_one_that_comes_later(folder, red, file):
    with blue(folder, red, file) as node:
        node.ready()
        node.wait_text("waits for a join code in ")
        file.write_text("\n")  # made first, written then
        (folder / "code").write_text(" " + red.say("invite"))
        os.rename(folder / "code", file)
        until(lambda: is_member(node), "it is a member")
        assert sum("waits for a join" in line for line in node.lines) == 1


def test_as_kubernetes_puts_it_there(folder, red, file):
    """A link to a folder that is changed for another one."""
    (folder / "secret/..1").mkdir()
    (folder / "secret/..data").symlink_to("..1")
    with blue(folder, red, file) as node:
        node.ready()
        node.wait_text("waits for a join code in ")
        (folder / "secret/..2").mkdir()
        (folder / "secret/..2/code").write_text(red.say("invite"))
        file.symlink_to("..data/code")
        (folder / "next").symlink_to("..2")
        os.rename(folder / "next", folder / "secret/..data")
        until(lambda: is_member(node), "it is a member")


def test_a_wrong_code_is_said_and_a_right_one_taken(folder, red, file):
    file.write_text("umcode1nothing\n")
    with blue(folder, red, file) as node:
        node.ready()
        node.wait_text("the code in .*: the code is wrong .*; tried again in")
        file.write_text("x" * 5000)
        node.wait_text("--join-file .*: is longer than a code")
        file.write_text(red.say("invite"))
        until(lambda: is_member(node), "it is a member", 20)


def test_one_that_is_used_up(folder, red, file):
    file.write_text(red.say("invite", "--uses", "1"))
    with blue(folder, red, file) as node:
        node.ready()
        until(lambda: is_member(node), "it is a member")
        with Node("green", folder, loopback(), red.bind, flags=[
                "--join-file", str(file)]) as late:
            late.ready()
            late.wait_text("the code in .*used already; tried again in", 60)
            file.write_text(red.say("invite"))
            until(lambda: is_member(late), "it is a member")


def test_a_unit_that_comes_later(folder, red, file):
    """The code is used up by then; it is let in all the same."""
    file.write_text(red.say("invite", "--uses", "1"))

    class Late:
        target = f"unix:{folder}/unit.sock"

    with blue(folder, red, file, unit=Late) as node:
        node.ready()
        node.wait_text("the code in .*does not say what it runs.*tried again")
        with Standin(folder):
            until(lambda: is_member(node), "it is a member", 20)
            synced(red, node)


def test_somebody_is_faster(folder, red, file):
    with blue(folder, red, file) as node:
        node.ready()
        node.wait_text("waits for a join code in ")
        node.say("join", red.say("invite").strip())
        file.write_text("no code at all")
        synced(red, node)
        assert node.call("members").returncode == 0


def test_it_ends_while_it_asks(folder, file):
    with Node("red", folder, loopback()) as red:
        red.ready()
        red.say("init")
        file.write_text(red.say("invite"))
    with blue(folder, red, file) as node:  # nobody is there any more
        node.ready()
        node.proc.terminate()
        assert node.proc.wait(20) == 0


@pytest.mark.skipif(os.geteuid() != 0,
                    reason="only root becomes another user")
def test_a_file_that_is_roots_alone(folder, red, file):
    folder.chmod(0o711)
    file.write_text(red.say("invite"))
    file.chmod(0o600)
    node = Node("gold", folder, loopback(), red.bind, flags=[
        "--join-file", str(file), "--user", str(UID)])
    with daemons(node):
        node.ready()
        node.wait_text("--join-file .*: Permission denied")
        os.chown(file, UID, UID)
        until(lambda: is_member(node), "it is a member", 20)


def test_not_with_the_article(folder):
    done = run("run", "--article", "--join-file", "x", "--state", folder / "s")
    assert done.returncode == 2 and "no part with --article" in done.stderr
