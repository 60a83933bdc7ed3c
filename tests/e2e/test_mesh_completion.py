# SPDX-License-Identifier: MIT OR Apache-2.0
"""Words are completed in real shells, from the table of commands and from the
mesh. A shell that is not here is skipped, and that is said."""

import os
import re
import shutil
import subprocess

import pytest
from crew import Node
from daemon import UNITMESH
from rig import loopback
from terminal import Terminal


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with Node("one", tmp_path_factory.mktemp("c"), loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        node.say("members", "label", node.id, "name=red")
        node.say("put", "/config", '{"listeners": {"*:8080": {"pass": '
                 '"routes"}}, "routes": [{"action": {"return": 200}}]}')
        node.say("var", "set", "greeting", "hello")
        yield node


def offered(*words, node=None):
    """What the program offers: words and what stands beside them."""
    asked = ["--control", str(node.control)] if node else []
    command, *more = words
    done = subprocess.run([UNITMESH, "__complete", command, *asked, *more],
                          capture_output=True, text=True, check=True)
    return {line.split("\t")[0]: line.partition("\t")[2]
            for line in done.stdout.splitlines()}


def test_words_of_the_table():
    assert set(offered("pu")) == {"put", "publish"}
    assert offered("pu")["put"] == "put JSON there"
    assert {"owner", "help", "run", "completion"} <= set(offered(""))
    assert set(offered("help", "mem")) == {"members"}
    assert {"list", "rm", "rotate"} <= set(offered("members", ""))
    assert set(offered("members", "ro")) == {"role", "rotate"}
    assert set(offered("members", "role", "x", "")) == {"owner", "writer",
                                                         "node"}
    assert set(offered("put", "x", "--w")) == {"--wait"}
    assert set(offered("put", "x", "--wait=")) == {"--wait=applied",
                                                    "--wait=healthy"}
    assert set(offered("status", "-o", "")) == {"text", "json", "yaml"}
    assert "--wait" not in offered("put", "x", "--wait", "--")
    assert "--secret" in offered("var", "set", "--") and \
        "--secret" not in offered("var", "rm", "--")
    assert offered("apply", "-f", "") == {":files": ""}
    assert offered("cert", "put", "x", "a", "b", "") == {":files": ""}
    assert "--unit-flavour" in offered("run", "--unit-")
    assert offered("fly", "") == offered("version", "x", "") == {}
    assert offered("--", "") == {}


def test_words_of_the_mesh(one):
    def at(*words):
        return offered(*words, node=one)
    assert at("members", "rm", "r") == {"red": "writer,node"}
    cur = one.current()
    assert set(at("rollback", cur[:3])) == {cur}
    assert "greeting" in at("var", "rm", "")
    assert set(at("settings", "set", "f")) == {"four-eyes"}
    assert "all" in at("overlay", "set", "")
    assert set(at("get", "")) >= {"listeners/", "routes/"}
    assert set(at("get", "/")) >= {"/config/", "/status/", "/routes/"}
    assert set(at("get", "listeners/")) == {"listeners/*:8080/"}
    assert at("get", "/config/routes/0/action/") == {
        "/config/routes/0/action/return": "200"}
    assert at("get", "no/such/") == {} and at("members", "rm", "zz") == {}


def test_no_daemon_is_no_words():
    assert offered("members", "--control", "/none", "rm", "") == {}
    done = subprocess.run([UNITMESH, "__complete", "rollback", "--control",
                           "/none", ""], capture_output=True, check=True)
    assert not done.stdout and not done.stderr


def shell(name):
    return shutil.which(name) or pytest.skip(f"skipped: {name} is not here")


def environment(one, folder):
    """`unitmesh` in PATH is a wrapper, so that words ask this node."""
    program = folder / "unitmesh"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = __complete ]; then shift\n'
        f'c=$1; shift\n[ $# -gt 0 ] && set -- --control {one.control} "$@"\n'
        f'exec {UNITMESH} __complete "$c" "$@"; fi\nexec {UNITMESH} "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder),
            "TERM": "dumb", "PS1": "$ ", "ZDOTDIR": str(folder)}


def complete(t, typed, rest):
    t.type(typed + "\t")
    t.wait(re.escape(typed) + r"[\x07\s]*" + re.escape(rest))
    t.type("\x15")  # nothing of it is left


def in_a_shell(t):
    """What a person sees who types that and presses Tab."""
    complete(t, "unitmesh members rot", "ate ")
    complete(t, "unitmesh var rm gr", "eeting ")
    complete(t, "unitmesh put x --wa", "it")
    complete(t, "unitmesh put x --wait=heal", "thy")
    complete(t, "unitmesh get routes/0/act", "ion/")
    complete(t, "unitmesh get listen", "ers/")
    complete(t, "unitmesh apply -f some-f", "ile")


def test_bash(one, folder):
    path = shell("bash")
    (folder / "some-file").touch()
    env = environment(one, folder)
    with Terminal("--norc", "--noprofile", "-i", program=path, env=env,
                  cwd=folder) as t:
        t.type("PS1='ready> '; source <(unitmesh completion bash)\n")
        t.wait(r"\nready> ")
        in_a_shell(t)
        t.type("unitmesh get listeners/*:\t")
        t.wait(r"8080/")


def test_zsh(one, folder):
    path = shell("zsh")
    (folder / "some-file").touch()
    (folder / ".zshrc").write_text(
        "PS1='ready> '; unset zle_bracketed_paste; unsetopt prompt_sp\n"
        "autoload -U compinit; compinit -u -D\n"
        "source <(unitmesh completion zsh)\n")
    with Terminal("-i", "-d", program=path, env=environment(one, folder),
                  cwd=folder) as t:
        t.wait(r"ready> ")
        in_a_shell(t)


def test_zsh_finds_the_installed_file(folder):
    path = shell("zsh")
    functions = os.path.join(os.path.dirname(__file__),
                             "../../cli/completion")
    done = subprocess.run(
        [path, "-fc", f"fpath=({functions} $fpath); autoload -U compinit; "
         "compinit -u -D; print $_comps[unitmesh]"], text=True,
        capture_output=True, check=True)
    assert done.stdout == "_unitmesh\n"


def test_fish(one, folder):
    path = shell("fish")
    (folder / "some-file").touch()
    env = {**os.environ, **environment(one, folder)}

    def said(line):
        done = subprocess.run(
            [path, "--no-config", "-c", "unitmesh completion fish | source; "
             f"complete -C '{line}'"], text=True, capture_output=True,
            check=True, env=env, cwd=folder)
        return [x.split("\t")[0] for x in done.stdout.splitlines()]

    assert said("unitmesh members rot") == ["rotate"]
    assert said("unitmesh var rm gr") == ["greeting"]
    assert said("unitmesh put x --wait=heal") == ["--wait=healthy"]
    assert said("unitmesh get routes/0/act") == ["routes/0/action/"]
    assert said("unitmesh get listeners/") == ["listeners/*:8080/"]
    assert said("unitmesh apply -f some-f") == ["some-file"]
    assert "members" in said("unitmesh mem")
