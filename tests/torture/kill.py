#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: kill.py [--kills N] [--writers N] [--seed N] [--keep]

Three daemons of one mesh, each with a Unit inside; writers change something of
their own at every one of them; and a daemon is killed (kill -9) at a random
moment and started again, N times (20): also two at a time, also while it
starts. A person ends conflicts meanwhile. Every change that was acknowledged
must be in the end on the disk of
every node, whole, and either be what the configuration in force is built upon
or stand among the conflicts; what was refused must be nowhere. Every ten kills
the writers rest, and all nodes must come to agree without a further change: on
the revision in force, and on what each Unit runs. A line for each thing that
must hold: ok or FAIL.

A change whose connection died before there was an answer is unknown: it may be
there or not. --keep, or a failure, leaves the folder of it all.
"""
import argparse
import collections
import itertools
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from nodes import Mesh
from stored import Stored

NODES = 3
# Kills between two looks at whether all agree.
ROUND = 10
# The longest until the next kill, in seconds.
LULL = 0.6
# How long a change waits for its answer.
PATIENCE = 40
START = {"listeners": {}, "routes": {}, "applications": {}}


class Writer(threading.Thread):
    """Changes a route of its own again and again, at one node."""

    def __init__(self, name, node, seed):
        super().__init__(daemon=True)
        self.name, self.node = name, node
        self.rng = random.Random(f"{seed}-{name}")
        self.numbers = itertools.count(1)
        self.acked = {}     # what was said to be there: name: start of its id
        self.refused = []   # names that must be nowhere
        self.unknown = []   # names without an answer
        self.away = 0       # nobody listened
        self.odd = []       # answers that nobody should get
        self.go = threading.Event()
        self.resting = threading.Event()
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            if not self.go.is_set():
                self.resting.set()
                self.go.wait()
                continue
            self.resting.clear()
            self.change(f"{self.name}-{next(self.numbers)}")
            # Less than a disk could do: histories of a real length.
            threading.Event().wait(self.rng.uniform(0, 0.1))

    def change(self, what):
        body = [{"action": {"return": 200,
                            "response_headers": {"X-What": what}}}]
        answer = self.node.ask("PUT", f"/config/routes/{self.name}", body,
                               {"X-Message": what}, PATIENCE)
        if answer.code == 200:
            name = answer.headers.get("etag", "").strip('"').split(".")[-1]
            self.acked[what] = name
        elif answer.code in (409, 412):
            self.refused.append(what)
        elif answer.code == 0 and ("ConnectionRefused" in answer.text or
                                   "FileNotFound" in answer.text):
            self.away += 1
        elif answer.code == 0:
            self.unknown.append(what)
            if "timed out" in answer.text:
                self.odd.append(f"{what}: no answer in {PATIENCE} s")
        else:
            self.odd.append(f"{what}: {answer}")


class Resolver(threading.Thread):
    """A person who ends conflicts, at a node that is there: else there is no
    room for more of them, and what the writers want is refused."""

    def __init__(self, mesh, seed):
        super().__init__(daemon=True)
        self.mesh = mesh
        self.rng = random.Random(f"{seed}-resolver")
        self.ended = 0
        self.go = threading.Event()
        self.resting = threading.Event()
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.3):
            if not self.go.is_set():
                self.resting.set()
                self.go.wait()
                continue
            self.resting.clear()
            node = self.rng.choice(list(self.mesh))
            listed = node.ask("GET", "/mesh/conflicts")
            for c in listed.json["conflicts"] if listed.code == 200 else []:
                how = self.rng.choice(["take", "drop"])
                self.ended += node.ask(
                    "POST", f"/mesh/conflicts/{c['id']}/{how}").code == 200


class Report:
    """Lines that begin with ok or FAIL."""

    def __init__(self):
        self.bad = 0

    def line(self, good, text, wrong=()):
        self.bad += not good
        print("ok  " if good else "FAIL", text, flush=True)
        for what in [] if good else list(wrong)[:10]:
            print("    ", what, flush=True)


class Torture:
    """The mesh, its writers, and who kills."""

    def __init__(self, folder, args):
        self.rng = random.Random(args.seed)
        self.kills = args.kills
        self.mesh = Mesh(folder, NODES)
        self.writers = [Writer(f"w{i}{chr(97 + j)}", node, args.seed)
                        for i, node in enumerate(self.mesh)
                        for j in range(args.writers)]
        self.resolver = Resolver(self.mesh, args.seed)
        self.people = [*self.writers, self.resolver]
        self.killed = collections.Counter()
        self.died = []
        self.report = Report()

    def run(self):
        self.mesh.begin(START)
        for w in self.people:
            w.start()
        while sum(self.killed.values()) < self.kills:
            self.round(min(ROUND, self.kills - sum(self.killed.values())))
        for w in self.people:
            w.over.set()
            w.go.set()
            w.join(2 * PATIENCE)
        self.mesh.agree()
        online = self.ask_all()
        codes = [node.stop() for node in self.mesh]
        self.report.line(not self.died, "no daemon ended by itself",
                         self.died)
        self.report.line(codes == [0] * NODES,
                         f"all daemons end in order: {codes}")
        self.judge(online)
        return self.report.bad == 0

    def round(self, kills):
        """Some kills while all write; then all agree, without a change."""
        for w in self.people:
            w.go.set()
        while kills > 0:
            threading.Event().wait(self.rng.uniform(0, LULL))
            kills -= self.strike(kills)
        for w in self.people:
            w.resting.clear()
            w.go.clear()
        for w in self.people:
            assert w.resting.wait(2 * PATIENCE), f"{w.name} does not rest"
        self.mesh.agree()
        self.same_units()

    def kill(self, node):
        if not node.runs:
            self.died.append(node.daemon.trouble("ended by itself"))
        node.kill()
        self.killed[node.name] += 1

    def strike(self, most):
        """Kills one, or two of them at a time, or one while it starts."""
        way = self.rng.random()
        victims = self.rng.sample(list(self.mesh), 2 if way < 0.2 else 1)
        done = 0
        for node in victims[:most]:
            self.kill(node)
            done += 1
        if way > 0.8 and done < most:
            victims[0].start(wait=False)
            threading.Event().wait(self.rng.uniform(0, 0.03))
            self.kill(victims[0])
            done += 1
        for node in victims[:most]:
            node.start(wait=False)
        for node in victims[:most]:
            node.ready()
        return done

    def same_units(self):
        """Every Unit runs what its node is to run."""
        for node in self.mesh:
            want = node.get("/config?effective")
            have = node.unit_config()
            assert have == want, (f"the Unit of {node.name} runs\n{have}\n"
                                  f"and not\n{want}\n{self.mesh.tell()}")

    def ask_all(self):
        """What each node says in the end."""
        return [{"current": node.current(), "conflicts": node.conflicts(),
                 "unlisted": node.get("/mesh/conflicts")["unlisted"],
                 "top": [r["id"] for r in node.revisions()],
                 "config": node.get("/config")} for node in self.mesh]

    def judge(self, online):
        stores = [Stored(node.state) for node in self.mesh]
        self.judge_changes(stores, online[0])
        report = self.report
        sets = [set(s.revisions) for s in stores]
        report.line(all(s == sets[0] for s in sets),
                    f"the same {len(sets[0])} revisions on all disks",
                    [f"{n.name}: {len(s)}" for n, s in zip(self.mesh, sets)])
        report.line(all(o == online[0] for o in online),
                    "all say the same of the revision in force, of conflicts "
                    f"({len(online[0]['conflicts'])}) and of the history",
                    [json.dumps(o)[:400] for o in online])
        for node in self.mesh:
            code, text = node.verify()
            report.line(code == 0, f"verify of {node.name}: {text}")

    def judge_changes(self, stores, online):
        acked = {k: v for w in self.writers for k, v in w.acked.items()}
        count = {what: sum(len(getattr(w, what)) for w in self.writers)
                 for what in ("acked", "refused", "unknown", "odd")}
        lost, half, aside = [], [], []
        for node, store in zip(self.mesh, stores):
            told = {r.message: r for r in store.revisions.values()}
            heads = store.descent([online["current"], *online["conflicts"]])
            for what, name in acked.items():
                r = told.get(what)
                if r is None or not name or not r.id.startswith(name):
                    lost.append(f"{what} ({name}) at {node.name}")
                    continue
                documents = [s.documents[r.doc] for s in stores
                             if r.doc in s.documents]
                if not documents or any(f'"{what}"'.encode() not in d
                                        for d in documents):
                    half.append(f"{what} ({name}): {documents}")
                if r.id not in heads and not online["unlisted"]:
                    aside.append(f"{what} ({name}) at {node.name}")
            lost += [f"{what} was refused, and is at {node.name}"
                     for w in self.writers for what in w.refused
                     if what in told]
        report = self.report
        report.line(
            count["acked"] > self.kills and not lost,
            f"{sum(self.killed.values())} kills {dict(self.killed)}, "
            f"{count['acked']} acknowledged, {count['refused']} refused, "
            f"{count['unknown']} unknown, {self.resolver.ended} conflicts "
            f"ended, {len(lost)} lost", lost)
        report.line(not half, "each has the content that was acknowledged",
                    half)
        report.line(not aside, "each is in force, was replaced by one who "
                    "knew it, or is listed as a conflict", aside)
        report.line(not count["odd"], "no answer but 200, 409 and 412",
                    [x for w in self.writers for x in w.odd])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--writers", type=int, default=2, help="at each node")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="umkill"))
    begun = time.monotonic()
    good = False
    torture = Torture(folder, args)
    try:
        with torture.mesh:
            good = torture.run()
    except AssertionError as err:
        print(f"FAIL {err}", flush=True)
        for node in torture.mesh:
            print(f"  log of {node.name}:", *node.daemon.lines[-30:],
                  sep="\n    ")
    if good and not args.keep:
        shutil.rmtree(folder)
    else:
        print(f"all of it is in {folder}")
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
