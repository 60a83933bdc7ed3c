# SPDX-License-Identifier: MIT OR Apache-2.0
"""Changes that do not hold at once, and what becomes of those that were made
apart or by hand: trials, rollouts, re-bases, drift. Real daemons, of which
the spans after which they say how they are are shorter than those of people's
meshes."""

import contextlib
import json
import time

from crew import ROUTE, Node, again, begin, synced, until
from rig import Standin, daemons, loopback
from terminal import Terminal

NAMES = ("red", "green", "blue")


def speed(times):
    return {"UNITMESH_TEST_SPEED": str(times)}


@contextlib.contextmanager
def mesh(folder, names=NAMES, units=(), flags=None, fast=5):
    """Daemons that know where all others are, in one mesh; names of `units`
    have Units with fault switches."""
    at = {n: loopback() for n in names}
    with contextlib.ExitStack() as stack:
        nodes = []
        for n in names:
            unit = None
            if n in units:
                (folder / f"unit-{n}").mkdir()
                unit = stack.enter_context(Standin(folder / f"unit-{n}"))
            nodes.append(stack.enter_context(Node(
                n, folder, at[n], [a for m, a in at.items() if m != n],
                unit=unit, flags=(flags or {}).get(n, ()), env=speed(fast))))
        yield begin(nodes)


def once_more(node, folder, peers=(), fast=5, **more):
    """The same node, started once more, where it finds these."""
    return again(node, folder, [p.bind for p in peers], unit=node.standin,
                 env=speed(fast), **more)


def ends(node, revision):
    """When it ends, in seconds since 1970."""
    return json.loads(node.say("show", revision, "-o", "json"))["ends_ms"] / 1e3


def passed(moment):
    until(lambda: time.time() > moment, "that moment passes", 60)


def listener(port):
    return f"listeners/*:{port}", '{"pass": "routes"}'


def test_trials(folder):
    """One that is confirmed holds when its time is over; one that is not ends
    by itself, everywhere; after that nobody can confirm it."""
    with mesh(folder) as (red, green, blue):
        kept = red.revision("put", ROUTE, "205", "--trial=8s")
        for n in (red, green, blue):
            n.answers(205)
        green.say("confirm", kept)
        over = ends(green, kept)
        until(lambda: blue.state_of(kept) == "current", "blue hears of it")
        lost = blue.revision("put", ROUTE, "206", "--trial=9s")
        assert over < ends(blue, lost)
        over = ends(blue, lost)
        for n in (red, green, blue):
            n.answers(206)
        assert time.time() < over
        # Without a word of anybody, and not before its time.
        for n in (red, green, blue):
            n.answers(205)
            assert n.holds() == kept and n.state_of(kept) == "current"
            assert n.state_of(lost) == "ended"
            assert json.loads(n.say("get", ROUTE)) == 205
        assert time.time() > over
        synced(red, green, blue)
        assert "it has ended" in red.refuse("confirm", lost)
        assert "no revision is on trial" in red.refuse("confirm")
        # One that is aborted is over at once.
        gone = red.revision("put", ROUTE, "207", "--trial=10m")
        for n in (red, green, blue):
            n.answers(207)
        blue.say("abort", gone, "-m", "it was wrong")
        for n in (red, green, blue):
            n.answers(205)
            assert n.holds() == kept and n.state_of(gone) == "ended"


def test_a_change_on_top_of_a_trial(folder):
    """It does not confirm it, and need not: the child has the content. If both
    were on trial, what held before both holds again."""
    with mesh(folder, NAMES[:2]) as (red, green):
        was = red.holds()
        tried = red.revision("put", ROUTE, "205", "--trial=5s")
        over = ends(red, tried)
        synced(red, green)
        said = green.refuse("put", "settings", '{"listen_threads": 2}', code=4)
        assert "--supersede" in said
        child = green.revision("put", "settings", '{"listen_threads": 2}',
                               "--supersede")
        passed(over)
        for n in (red, green):
            until(lambda n=n: n.state_of(tried) == "ended", "its time is over")
            assert n.holds() == child
            n.answers(205)
            assert n.unit()["settings"] == {"listen_threads": 2}
        one = red.revision("put", ROUTE, "206", "--trial=5s")
        synced(red, green)
        two = red.revision("put", ROUTE, "207", "--trial=6s", "--supersede")
        for n in (red, green):
            n.answers(207)
        for n in (red, green):
            n.answers(205)
            assert n.holds() == child
            assert n.state_of(one) == n.state_of(two) == "ended"
        assert was != child


def test_staged(folder):
    """One node first, the next when that did well for a while, and at the end
    it holds, without anybody's word."""
    with mesh(folder) as nodes:
        red = nodes[0]
        made = red.revision("put", ROUTE, "205", "--staged=node:green",
                            "--soak", "1500ms")
        until(lambda: red.state_of(made) == "current", "it holds", 60)
        synced(*nodes)
        began = {n.name_: n.ran(made) for n in nodes}
        first, second, third = sorted(began.values())
        assert began["green"] == first
        # Logs are read a little later than they are written.
        assert second - first > 1.4 and third - second > 1.4, began
        assert "No revision is on trial" in red.lacks("rollout")
        for n in nodes:
            n.answers(205)
        # Two at once, of three.
        made = red.revision("put", ROUTE, "206", "--staged=66%", "--soak",
                            "1500ms")
        until(lambda: red.state_of(made) == "current", "it holds", 60)
        synced(*nodes)
        first, second, third = sorted(n.ran(made) for n in nodes)
        assert third - second > 1.4 > second - first


def test_a_stage_that_fails(folder):
    """A Unit that refuses ends it, and the others never run it; with a budget
    it goes on without that one."""
    with mesh(folder, units=("green",)) as nodes:
        red, green, blue = nodes
        was = red.holds()
        green.standin.tell("fault refuse-listener=*:8081")
        bad = red.revision("put", *listener(8081), "--staged=node:green",
                           "--soak", "1s")
        until(lambda: blue.state_of(bad) == "ended", "it is aborted", 30)
        synced(*nodes)
        for n in nodes:
            assert n.holds() == was and n.ran(bad) is None
            assert "*:8081" not in n.unit()["listeners"]
        green.wait_text(f"Unit refuses {bad}: Failed to apply")
        bad = red.revision("put", *listener(8081), "--staged=node:green",
                           "--soak", "1s", "--budget", "1", "--deadline", "5m")
        until(lambda: blue.state_of(bad) == "current", "it holds", 60)
        for n in (red, blue):
            until(lambda n=n: "*:8081" in n.unit()["listeners"], "it runs")
        assert "*:8081" not in green.unit()["listeners"]
        row = next(r for r in red.rows("nodes") if r[0] == "green")
        assert row[1:3] == ["refused", was], row
        assert any("Failed to apply" in word for word in row), row
        # The Unit takes the next one, which is without.
        green.standin.tell("fault none")
        red.say("delete", listener(8081)[0])
        synced(*nodes)


def test_a_member_that_falls_silent(folder):
    """A rollout waits for who had it and is not heard of any more."""
    with mesh(folder) as nodes:
        red, green, blue = nodes
        made = red.revision("put", ROUTE, "205", "--staged=node:blue",
                            "--soak", "3s")
        blue.answers(205)
        blue.kill()
        red.wait_text(f"{made} waits for silent members", 20)
        assert green.ran(made) is None and red.ran(made) is None
        row = next(r for r in red.rows("nodes") if r[0] == "blue")
        assert row[1] == "stale", row
        with once_more(blue, folder, (red, green)) as blue:
            blue.ready()
            until(lambda: red.ran(made) or green.ran(made), "it goes on", 30)
            red.say("confirm", made)
            synced(red, green, blue)


def test_who_drove_it_died(folder):
    """Nobody takes over by himself; a person lets it go on elsewhere, or opens
    it to a member."""
    with mesh(folder) as nodes:
        red, green, blue = nodes
        made = red.revision("put", ROUTE, "205", "--staged=node:blue",
                            "--soak", "3s")
        blue.answers(205)
        until(lambda: made in green.say("rollout"), "green hears of it")
        red.kill()
        until(lambda: dict((r[0], r[1]) for r in green.rows("nodes"))["red"]
              not in ("synced", "behind"), "red is silent", 20)
        green.say("rollout", "open", "green")
        green.answers(205)
        assert green.state_of(made) == "open"
        green.say("resume", made)
        until(lambda: blue.state_of(made) == "current", "it holds", 60)
        with once_more(red, folder, (green, blue)) as red:
            red.ready()
            synced(red, green, blue)
            red.answers(205)


def test_changes_that_were_made_apart(folder):
    """What touches other places is merged by the node that lost; what touches
    the same place waits for a person."""
    with mesh(folder, fast=15) as nodes:
        red, green, blue = nodes
        for n in nodes:
            n.stop()
        made = {}
        # The last one has the latest clock, so it wins.
        for n, change in ((blue, ("put", "settings", '{"listen_threads": 2}')),
                          (red, ("put", ROUTE, "205")),
                          (green, ("put", ROUTE, "206"))):
            with once_more(n, folder, fast=15) as n:
                n.ready()
                made[n.name_] = n.revision(*change, "--alone", "-m",
                                           f"of {n.name_}")
        red, green, blue = nodes = [
            once_more(n, folder, [m for m in nodes if m != n], fast=15)
            for n in nodes]
        with daemons(*nodes):
            for n in nodes:
                n.ready()
            blue.wait_text("merged into", 30)
            until(lambda: all(n.holds() not in made.values() and n.state_of(
                n.holds()) == "current" for n in nodes), "it holds", 60)
            synced(*nodes)
            row = red.rows("log")[0]
            assert row[3] == "blue" and "re-based" in row, row
            for n in nodes:
                n.answers(206)
                assert n.unit()["settings"] == {"listen_threads": 2}
                # Only that is left which two say differently.
                rows = n.rows("conflicts")
                assert [r[0] for r in rows] == [made["red"]], rows
            assert "say how" in green.refuse("resolve", made["red"], code=2)
            file = folder / "edited.json"
            told = json.loads(green.say("config", "show"))
            told["base"]["routes"][0]["action"]["return"] = 207
            file.write_text(json.dumps(told))
            done = green.revision("resolve", made["red"], "--edit", file,
                                  "--alone")
            synced(*nodes)
            for n in nodes:
                assert n.rows("conflicts") == [] and n.holds() == done
                n.answers(207)
                assert n.unit()["settings"] == {"listen_threads": 2}


def by_hand(node, status):
    """What somebody does who does not know of the mesh."""
    answer = node.standin.ask("PUT", "/config/routes/0/action/return",
                              str(status).encode())
    assert answer.code == 200, answer


def test_drift_is_reported(folder):
    """It stays, all see it, and it is adopted when somebody says so. A Unit
    that began anew gets its configuration, whatever is said of drift."""
    with mesh(folder, NAMES[:2], ("green",)) as (red, green):
        by_hand(green, 299)
        row = until(lambda: next((r for r in red.rows("nodes") if r[0] ==
                                  "green" and r[1] != "synced"), None),
                    "red hears of it", 20)
        # Where, too: on any node, in its table, its status and its doctor.
        assert row[1] == "drift" and row[-1] == \
            "changed by hand at /routes/0/action/return", row
        for node in (red, green):
            until(lambda n=node: "nodes      1 synced, 1 drift\n" in
                  n.say("status"), "its status says so")
        assert "green does not run what the mesh says: changed by hand at " \
            "/routes/0/action/return" in red.call("doctor").stdout
        assert green.unit()["routes"][0]["action"]["return"] == 299
        made = green.revision("post", "/config", "-m", "it was right")
        red.answers(299)
        synced(red, green)
        assert red.holds() == made and red.rows("log")[0][4] == \
            "it was right"
        green.standin.tell("restart empty")
        green.answers(299)
        synced(red, green)
        # Nothing of a Unit that is empty is kept, or made the mesh's.
        assert [r[3] for r in green.rows("copies") if r[3] == "drift"] == []
        assert red.holds() == made
        # What the next revision overwrites is kept.
        by_hand(green, 298)
        until(lambda: green.states()["green"][0] != "synced", "it is seen")
        red.say("put", ROUTE, "205")
        green.answers(205)
        copy = until(lambda: [r for r in green.rows("copies")
                              if r[3] == "drift"], "a copy is kept")[0][0]
        assert json.loads(green.say("copies", copy))["routes"] == [
            {"action": {"return": 298}}]


def test_drift_is_taken_back_by_hand(folder):
    with mesh(folder, NAMES[:2], ("green",)) as (red, green):
        was = red.holds()
        assert "nothing was changed by hand" in green.refuse("heal").lower()
        by_hand(green, 299)
        until(lambda: green.states()["green"][0] == "drift", "it is seen")
        # Each node heals its own.
        assert "nothing was changed by hand" in red.refuse("heal").lower()
        with Terminal("heal", "--control", green.control) as t:
            t.wait(r"a copy\nof what it runs is kept: unitmesh copies\n"
                   r"Go on\? \[y/N\] ")
            t.type("n\n")
            assert t.end() == 1
        assert green.unit()["routes"][0]["action"]["return"] == 299
        assert green.say("heal") == "Unit is given what the mesh says.\n"
        green.answers(204)
        synced(red, green)
        assert red.holds() == was
        [copy] = [r[0] for r in green.rows("copies") if r[3] == "drift"]
        assert json.loads(green.say("copies", copy))["routes"] == [
            {"action": {"return": 299}}]
        by_hand(green, 298)
        until(lambda: green.states()["green"][0] == "drift", "it is seen")
        assert json.loads(green.say("heal", "--yes", "-o", "json"))[
            "revision"] == was
        green.answers(204)
        assert green.call("heal", "now").returncode == 2


def test_drift_is_healed(folder):
    with mesh(folder, NAMES[:2], ("green",),
              {"green": ("--drift", "heal")}) as (red, green):
        was = red.holds()
        by_hand(green, 299)
        green.answers(204)
        copy = until(lambda: [r for r in green.rows("copies")
                              if r[3] == "drift"], "a copy is kept")[0][0]
        assert json.loads(green.say("copies", copy))["routes"] == [
            {"action": {"return": 299}}]
        synced(red, green)
        assert red.holds() == was
        # Away: it is found and healed when the daemon comes back.
        green.stop()
        by_hand(green, 297)
        with once_more(green, folder, [red],
                       flags=("--drift", "heal")) as green:
            green.ready()
            green.answers(204)
            assert red.holds() == was


def test_drift_is_adopted(folder):
    with mesh(folder, NAMES[:2], ("green",),
              {"green": ("--drift", "adopt")}) as (red, green):
        was = red.holds()
        by_hand(green, 299)
        red.answers(299)
        synced(red, green)
        row = red.rows("log")[0]
        assert row[0] != was and row[3:5] == ["green", "a change by hand"]
        # What is adopted is what the next change by hand is a change of.
        by_hand(green, 298)
        red.answers(298)
        synced(red, green)
        row = red.rows("log")[0]
        # Nobody means to empty the mesh: it is reported, not adopted.
        assert green.standin.ask("PUT", "/config", json.dumps(
            {"listeners": {}}).encode()).code == 200
        green.wait_text("not adopted: a guard is against it", 20)
        assert red.holds() == row[0] and red.unit()["listeners"]
        said = green.refuse("post", "/config", code=4)
        assert "--force does it all the same" in said


def test_who_may_not_write_does_not_adopt(folder):
    with mesh(folder, NAMES[:2], ("green",),
              {"green": ("--drift", "adopt")}) as (red, green):
        red.say("members", "role", "green", "node")
        until(lambda: "writer" not in next(
            r[1] for r in green.rows("members") if r[0] == "green"),
            "green hears of it")
        was = red.holds()
        by_hand(green, 299)
        until(lambda: green.states()["green"][0] == "drift", "it is seen")
        assert "not write" in green.refuse("post", "/config")
        assert red.holds() == was
