# SPDX-License-Identifier: MIT OR Apache-2.0
"""The daemon beside a Unit that fails: what it says, and that it recovers."""

import json
import re
import time

import pytest
from daemon import Daemon, fetch
from rig import Pair, Standin, config, daemons, loopback, until


@pytest.fixture(params=["unix", "tcp"])
def unit(folder, request):
    at = None if request.param == "unix" else f"{loopback()}:8811"
    with Standin(folder, control=at) as program:
        yield program


@pytest.fixture
def unix_unit(folder):
    with Standin(folder) as program:
        yield program


def runs(unit, greeting):
    """Whether the Unit shows that configuration."""
    return greeting in json.dumps(unit.config())


def test_it_follows(folder, unit):
    with Pair(folder, unit.target) as pair:
        pair.follow(config("one"))
        assert runs(unit, "one")
        # The fetched bytes are PUT as they came: both Units show the same.
        assert unit.ask("GET", "/config").body == pair.b.config()
        mark = pair.publish(config("one"))
        pair.a.wait_text("is what runs already", 10, mark)
        told = pair.unit()
        assert (told["applied"], told["unchanged"]) == (1, 1)


def test_500_on_apply_is_tried_again(folder, unix_unit):
    with Pair(folder, unix_unit.target) as pair:
        unix_unit.tell("fault refuse-listener=*:8080")
        mark = pair.publish(config("later"))
        pair.a.wait_text("Failed to apply new configuration.*trying again",
                         10, mark)
        assert not runs(unix_unit, "later")
        unix_unit.tell("fault none")
        pair.a.wait_text("applied config from", 15, mark)
        assert runs(unix_unit, "later")


def test_400_is_final(folder, unix_unit):
    """A Unit without that language refuses; nobody asks it again."""
    (folder / "modules").write_text(
        '{"php": {"version": "8.2", "lib": "/usr/lib/php.so"}}')
    what = config("app")
    what["applications"] = {"x": {"type": "php", "root": "/tmp"}}
    with Pair(folder, unix_unit.target) as pair, Daemon(
            "c", folder, bind=loopback(), flags=[
                "--unit-modules", folder / "modules", "--peer",
                f"/ip4/{pair.a.bind}/tcp/{port_of(pair.a)}"]) as c:
        c.ready()
        pair.a.wait_text(f"Connection established to {c.id}")
        until(lambda: c.get("/mesh/status")["article"]["subscribers"],
              "a hears c")
        c.put_config(what)
        mark = pair.a.mark()
        c.publish(c.bind)
        pair.a.wait_text("refused config from .*[Mm]odule|"
                         "refused config from .*type", 10, mark)
        told = pair.unit()
        assert (told["refused"], told["busy"]) == (1, False)
        pair.follow(config("after"))


def port_of(daemon):
    addr = daemon.get("/mesh/id")["addrs"][0]
    return addr.split("/tcp/")[1].split("/")[0]


def test_an_end_without_answer_after_the_change(folder, unit):
    with Pair(folder, unit.target) as pair:
        pair.follow(config("zero"))
        unit.tell("fault crash-applied")
        mark = pair.publish(config("one"))
        pair.a.wait_text("applied config from|what runs already", 15, mark)
        assert runs(unit, "one")
        pair.follow(config("two"))
        assert runs(unit, "two")


def test_an_end_without_answer_and_without_the_change(folder, unit):
    with Pair(folder, unit.target) as pair:
        pair.follow(config("zero"))
        unit.tell("fault crash-lost=2")
        mark = pair.publish(config("one"))
        pair.a.wait_text("applied config from", 15, mark)
        assert runs(unit, "one")
        told = pair.unit()
        assert (told["applied"], told["failed"]) == (2, 0)


def test_a_restart_to_the_default_is_not_what_we_put(folder, unix_unit):
    """The same configuration again is no "runs already" then."""
    with Pair(folder, unix_unit.target) as pair:
        pair.follow(config("one"))
        unix_unit.tell("restart default")
        until(lambda: not runs(unix_unit, "one"), "Unit began anew")
        pair.follow(config("one"))
        assert runs(unix_unit, "one")


def test_a_unit_that_never_answers(folder, unix_unit):
    """The daemon goes on answering, and catches up."""
    with Pair(folder, unix_unit.target) as pair:
        pair.follow(config("one"))
        unix_unit.tell("fault mute")
        mark = pair.publish(config("two"))
        pair.a.wait_text("pulling config from", 10, mark)
        until(lambda: pair.unit()["busy"], "the applier has it")
        begun = time.monotonic()
        assert fetch(f"http://{pair.a.bind}:3000/healthz").code == 200
        assert time.monotonic() - begun < 1
        unix_unit.tell("fault mute=0")
        pair.a.wait_text("applied config from", 20, mark)
        assert runs(unix_unit, "two")


@pytest.mark.parametrize("unit", ["unix"], indirect=True)
def test_a_configuration_that_is_cut_off(folder, unit):
    """Unit says 200 and a length, and sends less: read piece by piece, by us
    and for others."""
    big = config("x" * 200)
    with Pair(folder, unit.target) as pair:
        pair.follow(config("small"))
        unit.tell("fault truncate-unix=300")
        assert len(json.dumps(big)) > 300
        # What is longer than the room, yet has no member that is.
        many = {"listeners": {f"*:{p}": {"pass": "routes"}
                              for p in range(8081, 8086)},
                "routes": [{"action": {"return": 204}}]}
        mark = pair.publish(many)
        pair.a.wait_text("applied config from", 20, mark)
        unit.tell("fault none")
        assert unit.config()["listeners"] == many["listeners"]
        unit.tell("fault truncate-unix=300")
        answer = fetch(f"http://{pair.a.bind}:8888/config", seconds=20)
        assert answer.code == 200
        shown = answer.json
        assert shown["listeners"] == many["listeners"]
        assert shown["routes"] == many["routes"]


def test_a_slow_apply_holds_nobody_up(folder, unix_unit):
    with Pair(folder, unix_unit.target) as pair:
        unix_unit.tell("fault apply-delay=2000")
        mark = pair.publish(config("slow"))
        pair.a.wait_text("pulling config from", 10, mark)
        until(lambda: pair.unit()["busy"], "the applier has it")
        begun = time.monotonic()
        assert fetch(f"http://{pair.a.bind}:3000/healthz").code == 200
        assert time.monotonic() - begun < 1
        took = pair.a.wait_text(r"applied config from \S+ in (\d+) ms", 10,
                                mark)[1]
        assert int(took) >= 2000


def test_never_two_changes_at_once(folder, unix_unit):
    """This Unit dies when two changes are there; many publishes, slow
    applies, and it lives."""
    with Pair(folder, unix_unit.target) as pair:
        unix_unit.tell("fault apply-delay=300")
        unix_unit.tell("fault crash-on-concurrency=2")
        for i in range(20):
            pair.b.put_config(config(f"number {i}"))
            pair.b.publish(pair.b.bind)
        until(lambda: runs(unix_unit, "number 19"), "the last one runs", 20)
        until(lambda: not pair.unit()["busy"], "nothing is left to do", 20)
        told = pair.unit()
        assert told["failed"] == 0 and 1 <= told["applied"] <= 20
        assert not [x for x in pair.a.lines if re.search("Unit at.*again", x)]


def test_that_unit_does_die_of_two(folder, unix_unit):
    """So that the test above can fail."""
    unix_unit.tell("fault apply-delay=1000")
    unix_unit.tell("fault crash-on-concurrency=2")
    body = json.dumps(config("x")).encode()
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda _: unix_unit.ask(
            "PUT", "/config", body).code, range(2)))
    assert 0 in codes


def test_a_unit_that_comes_later(folder):
    """Absent when the daemon starts, and when the first message comes."""
    target = f"unix:{folder}/unit.sock"
    with Pair(folder, target) as pair:
        mark = pair.publish(config("one"))
        pair.a.wait_text("Unit at .*; trying again", 10, mark)
        with Standin(folder) as unit:
            pair.a.wait_text("applied config from", 20, mark)
            assert runs(unit, "one")


def test_sigterm_waits_for_the_change_in_hand(folder, unix_unit):
    with Pair(folder, unix_unit.target) as pair:
        unix_unit.tell("fault apply-delay=1500")
        mark = pair.publish(config("last"))
        pair.a.wait_text("pulling config from", 10, mark)
        until(lambda: pair.unit()["busy"], "the applier has it")
        assert pair.a.stop() == 0
        pair.a.wait_text("waiting for Unit's answer first", 1, mark)
        pair.a.wait_text("applied config from", 1, mark)


def test_sigterm_does_not_wait_for_ever(folder, unix_unit):
    """Nor does it stumble over one who waits for Unit through us."""
    with Pair(folder, unix_unit.target) as pair:
        pair.follow(config("one"))
        unix_unit.tell("fault mute")
        mark = pair.publish(config("two"))
        pair.a.wait_text("pulling config from", 10, mark)
        until(lambda: pair.unit()["busy"], "the applier has it")
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                fetch, f"http://{pair.a.bind}:8888/config", seconds=20)
            begun = time.monotonic()
            assert pair.a.stop(15) == 0
            assert 4 < time.monotonic() - begun < 8
            assert asked.result().code in (0, 503)
