# SPDX-License-Identifier: MIT OR Apache-2.0
"""Nodes of four kinds in one mesh, in the article's flow."""

import itertools
import re
import threading
import time

from daemon import STANDIN, Daemon, fetch
from lan import Lan
from peer import PeerError, Program

FOREIGN = ("js2021", "js", "go")
OURS = ("red", "green", "blue")
# The halves of the bridge when it is cut.
HALVES = (("js2021", "red", "green"), ("js", "go", "blue"))

# How long it may take, in seconds.
FIND = 30     # until all links stand
APPLY = 10    # from POST /config to the answer of the last Unit
RETURN = 30   # until a node that was killed is part of the mesh again
NOTICE = 45   # until ours in both halves of a cut bridge have noticed
HEAL = 60     # until the mesh is whole again

# js2021 speaks mplex alone and the mDNS of its time: it meets ours only.
STRANGERS = ({"js2021", "js"}, {"js2021", "go"})


def poll(look, seconds, what):
    """Look until something true comes."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise PeerError(f"not in {seconds} s: {what}")
        pause.wait(0.1)


class Ours:
    """`unitmesh run --article --unit embedded`."""

    kind = "ours"
    applied = r"applied config from (\S+) in \d+ ms"

    def __init__(self, name, lan, folder):
        self.name, self.host, self.ns = name, lan.ip(name), lan.ns(name)
        self.folder = folder
        self.unit = "http://127.0.0.1:8800"
        self.program = None
        self.start()

    def start(self):
        self.program = Daemon(self.name, self.folder, netns=self.ns,
                              flags=["--log-level", "debug"])

    def ready(self):
        self.program.ready()

    def restart(self):
        self.program.kill()
        self.start()

    def hears(self, linked, _):
        """Whether all that it has a link with would hear it publish."""
        told = self.program.get("/mesh/status")["article"]
        return told["subscribers"] == len(linked)

    def via(self, publisher, mark):
        return self.program.wait_text(
            rf"message of {publisher.id} on news via (\w+)", 0, mark)[1]

    @property
    def id(self):
        return self.program.id

    def stop(self):
        self.program.stop()


class Foreign:
    """The article's program on other packages, beside a Unit."""

    applied = r"^own Unit answered 200"

    def __init__(self, kind, lan, folder):
        self.name = self.kind = kind
        self.host, self.ns = lan.ip(kind), lan.ns(kind)
        self.unit = "http://127.0.0.1:8888"
        self.beside = Program(f"unit of {kind}", [
            STANDIN, "--control", "0.0.0.0:8888", "--state",
            folder / f"unit-{kind}"], self.ns)
        self.beside.wait_text('"control"')
        self.program = Program.article(self.ns, name=kind, kind=kind)

    def ready(self):
        pass

    def hears(self, linked, mark):
        """Whether it has said since mark that it would tell those linked."""
        with self.program.changed:
            said = set(re.findall(r"^Subscribed (\S+)$", "\n".join(
                self.program.lines[mark:]), re.M))
        return {node.id for node in linked} <= said

    def via(self, publisher, mark):
        return self.program.wait_text(
            rf"^received \S+ from {publisher.id} via (\S+)", 0, mark)[1]

    @property
    def id(self):
        return self.program.id

    def stop(self):
        self.program.stop()
        self.beside.stop()


class Mesh:
    """All of them, and the table that is printed."""

    def __init__(self, lan, rows, nodes):
        self.lan, self.rows, self.nodes = lan, rows, nodes
        self.numbers = itertools.count(1)

    def linked(self, node, among=None):
        """Those that it should have a connection with."""
        return [other for other in among or self.nodes if other is not node
                and {node.kind, other.kind} not in STRANGERS]

    def marks(self):
        return {node: node.program.mark() for node in self.nodes}

    def name_of(self, id_):
        return next((n.name for n in self.nodes if n.id == id_), id_)

    def show_links(self, began):
        self.rows.title(f"they find each other by mDNS alone, in {FIND} s")
        for node in self.nodes:
            for other in self.linked(node):
                left = max(0.0, began + FIND - time.monotonic())
                try:
                    at = node.program.wait_line(
                        f"Connection established to {other.id}", left)[1]
                    self.rows.add(True, f"{node.name} – {other.name}",
                                  f"connected {at - began:.1f} s after start")
                except PeerError as err:
                    self.rows.add(False, f"{node.name} – {other.name}", "")
                    print(err)

    def settle(self, seconds, what, watched, mark):
        """Wait until messages would reach everybody. `watched`: those whose
        subscription foreign nodes must have seen since their mark. (None
        after a cut: what they hold of their old connections is theirs.)"""
        began = time.monotonic()

        def unsettled():
            lines = []
            for node in self.nodes:
                linked = self.linked(node)
                if isinstance(node, Foreign):
                    linked = [n for n in linked if n in watched]
                if not node.hears(linked, mark.get(node, 0)):
                    lines.append(node.name)
            return lines

        try:
            poll(lambda: not unsettled(), seconds, what)
            self.rows.add(True, what,
                          f"after {time.monotonic() - began:.1f} s")
        except PeerError:
            self.rows.add(False, what, f"not in {seconds} s: " +
                          ", ".join(unsettled()))

    def serve(self, node):
        """A new configuration in the node's own Unit; its mark."""
        greeting = f"{next(self.numbers)} of {node.name}"
        config = (
            '{"listeners": {"*:8080": {"pass": "routes"}}, "routes": [{"match"'
            ': {"uri": "/hello"}, "action": {"return": 200, "response_headers"'
            f': {{"X-Greeting": "{greeting}"}}}}}}]}}')
        answer = fetch(f"{node.unit}/config", method="PUT", netns=node.ns,
                       body=config.encode())
        if answer.code != 200:
            raise PeerError(f"the Unit of {node.name}: {answer}")
        return greeting

    def publish(self, node, among=None):
        """POST /config at the node; a row for each of the others."""
        greeting = self.serve(node)
        marks = self.marks()
        began = time.monotonic()
        answer = fetch(f"http://{node.host}:3000/config", method="POST",
                       netns=node.ns)
        if answer.text != "Published config event to all other nodes":
            self.rows.add(False, f"{node.name} publishes", repr(answer))
            return
        for other in among or self.nodes:
            if other is not node:
                self.show_applied(node, other, greeting,
                                  (began, marks[other]))

    def show_applied(self, node, other, greeting, start):
        began, mark = start
        name = f"{node.name} → {other.name}"
        try:
            left = max(0.0, began + APPLY - time.monotonic())
            at = other.program.wait_line(other.applied, left, mark)[1]
            via = self.name_of(other.via(node, mark))
        except PeerError as err:
            self.rows.add(False, name, "")
            print(err)
            return
        shown = fetch(f"http://{other.host}:8080/hello", netns=other.ns)
        runs = shown.headers.get("x-greeting")
        self.rows.add(
            runs == greeting, name,
            f"runs \"{runs}\" after {1000 * (at - began):4.0f} ms, heard "
            + ("directly" if via == node.name else f"through {via}")
            + f", pulled from {node.host}:8888")


def kill_two(mesh):
    mesh.rows.title("green and blue are killed and started again")
    two = [n for n in mesh.nodes if n.name in ("green", "blue")]
    marks = mesh.marks()
    ids = [n.id for n in two]
    for node in two:
        node.restart()
        marks.pop(node)
    for node, before in zip(two, ids):
        node.ready()
        mesh.rows.add(node.id == before, f"{node.name} is back",
                      "with its identity")
    mesh.settle(RETURN, "the mesh is whole", two, marks)
    for node in two + mesh.nodes[:1]:
        mesh.publish(node)


def notice(mesh, halves, marks):
    """Ours see that the other half is gone."""
    began = time.monotonic()
    for here, there in (halves, halves[::-1]):
        for node in (n for n in here if isinstance(n, Ours)):
            try:
                for other in there:
                    left = max(0.0, began + NOTICE - time.monotonic())
                    node.program.wait_text(f"Connection lost to {other.id}",
                                           left, marks[node])
                mesh.rows.add(True, f"{node.name} has noticed",
                              f"after {time.monotonic() - began:.1f} s")
            except PeerError as err:
                mesh.rows.add(False, f"{node.name} has noticed", "")
                print(err)


def cut_and_heal(mesh):
    halves = [[n for n in mesh.nodes if n.name in half] for half in HALVES]
    mesh.rows.title("the bridge is cut: " + " | ".join(
        ", ".join(n.name for n in half) for half in halves))
    marks = mesh.marks()
    mesh.lan.split(*(n.name for n in halves[1]))
    notice(mesh, halves, marks)
    for half in halves:
        mesh.publish(half[-1], half)
    mesh.rows.title("the bridge is one again")
    marks = mesh.marks()
    mesh.lan.join()
    mesh.settle(HEAL, "the mesh is whole", [], marks)
    for half in halves:
        for node in (half[0], half[-1]):
            mesh.publish(node)


def run(stack, rows, folder, kinds):
    names = [*kinds, *OURS]
    lan = stack.enter_context(Lan(names, prefix="umacc"))
    began = time.monotonic()
    nodes = []
    stack.callback(lambda: [node.stop() for node in nodes])
    for name in names:
        nodes.append((Foreign if name in FOREIGN else Ours)(name, lan, folder))
    for node in nodes:
        node.ready()
        print(f"     {node.name:<8} {node.kind:<8} {node.host:<12} {node.id}")
    mesh = Mesh(lan, rows, nodes)
    mesh.show_links(began)
    mesh.settle(FIND, "the mesh is whole", nodes, {})
    rows.title("each publishes its configuration")
    for node in nodes:
        mesh.publish(node)
    kill_two(mesh)
    cut_and_heal(mesh)
