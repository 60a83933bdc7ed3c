# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh of three as a person builds and uses it: `unitmesh` commands alone,
with what they print and what they end with."""

import json
import re
import subprocess
import types

import pytest
from crew import ROUTE, Node, again, begin, synced, until
from daemon import UNITMESH
from rig import P2P_PORT, Standin, config, daemons, loopback

NAMES = ("red", "green", "blue")


@pytest.fixture
def trio(folder):
    at = [loopback() for _ in NAMES]
    nodes = [Node(n, folder, b, at[0] if i else None)
             for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        yield begin(nodes)


@pytest.fixture
def pair(folder):
    at = loopback(), loopback()
    nodes = [Node("one", folder, at[0], at[1]),
             Node("two", folder, at[1], at[0])]
    with daemons(*nodes):
        yield begin(nodes)


def test_the_first_minutes(folder):
    at = [loopback() for _ in range(3)]
    red, green, blue = nodes = [
        Node(n, folder, b, at[0] if i else None)
        for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        for n in nodes:
            n.ready()
        assert "`unitmesh init` begins one" in red.refuse("nodes")
        said = red.say("init", "--name", "demo")
        assert re.search(r"^mesh  [0-9a-f]{64}\nrole  writer\n", said)
        assert re.search(r"\n    umkey1[a-z0-9]+\n", said)
        assert "is in a mesh" in red.refuse("init")
        # A code is alone on standard output.
        done = red.call("invite", "--role", "writer", "--expires", "10m",
                        "--uses", "2")
        assert re.fullmatch(r"um1[a-z0-9]+\n", done.stdout)
        assert re.fullmatch(r"As a writer, for (9|10)m, 2 uses\. .*\n",
                            done.stderr)
        code = done.stdout.strip()
        wrong = code[:9] + ("q" if code[9] != "q" else "p") + code[10:]
        assert "the code is" in green.refuse("join", wrong)
        # What a node ran before is shown, and kept.
        blue.put_config(config("mine"))
        assert "unit_ran" not in green.say("join", code)
        said = blue.say("join", code)
        assert "a copy is kept" in said and '"X-Greeting": "mine"' in said
        assert [r[1] + r[3] for r in red.rows("invites")] == [
            "writer,node2 of 2"]
        assert "is in a mesh" in green.refuse("join", code)
        first = red.revision("put", "/config", json.dumps(config("ours")))
        assert first.startswith("r2.")
        synced(*nodes)
        for n in nodes:
            assert n.states() == {m: ("synced", first) for m in NAMES}
            assert json.loads(n.say("get")) == json.loads(n.say(
                "get", "/config")) == config("ours")
            assert json.loads(n.config()) == config("ours")
        second = green.revision("put", f"/config/{ROUTE}", "418", "-m", "tea")
        red.runs("418")
        blue.runs("418")
        rows = blue.rows("log")
        assert [rows[0][i] for i in (0, 1, 3, 4)] == [
            second, "current", "green", "tea"]
        assert [r[0].split(".")[0] for r in rows] == ["r3", "r2", "r1"]
        assert rows[2][1] == "established" and rows[2][3].startswith("12*")
        copies = blue.rows("copies")
        assert copies[0][3] == "join"
        assert json.loads(blue.say("copies", copies[0][0])) == config("mine")
        members = red.rows("members")
        assert {(r[0], r[1]) for r in members} == {
            ("-", "root,owner"), ("red", "writer,node"),
            ("green", "writer,node"), ("blue", "writer,node")}
        assert {r[3] for r in members} >= {n.id for n in nodes}
        status = green.say("status")
        assert "mesh       demo (" in status and "mode       mesh" in status


def test_a_file(trio, folder):
    red, green, _ = trio
    wanted = json.loads(red.say("get"))
    wanted["routes"][0]["action"]["return"] = 205
    wanted["routes"].append({"action": {"return": 404}})
    file = folder / "unit.json"
    file.write_text(json.dumps(wanted))
    was = red.current()
    said = green.say("plan", "-f", file, "--detailed-exitcode", code=2)
    assert "~ /base/routes/0/action/return: 204 -> 205\n" in said
    assert '+ /base/routes/1: {"action":{"return":404}}\n' in said
    assert f"2 changes to {was}." in said
    assert red.current() == was
    assert json.loads(green.say("plan", "-f", file, "-o", "json"))["changes"]
    now = green.revision("apply", "-f", file, "--if-match", was, "-m", "file",
                         "--wait", "--timeout", "60s")
    said = red.say("plan", "-f", file, "--detailed-exitcode")
    assert said == f"No change: this is what {now} says.\n"
    assert "so already" in red.say("apply", "-f", file)
    assert red.current() == now
    # Somebody was first.
    said = red.refuse("apply", "-f", file, "--if-match", was, code=4)
    assert "another revision" in said
    # It comes from elsewhere.
    wanted["routes"].pop()
    done = red.call("apply", "-f", "-", input=json.dumps(wanted))
    assert done.returncode == 0
    file.write_text('{"listeners": {')
    assert "line 1, column" in red.refuse("plan", "-f", file)
    assert json.loads(red.say("put", ROUTE, "206", "-o", "json"))[
        "revision"] == red.current()


def test_lines_end_as_on_this_system(trio):
    """Those of Unit end with CR LF; a shell would keep the one of them."""
    red = trio[0]
    for words in (["get", ROUTE], ["get", ROUTE, "--effective"]):
        done = subprocess.run([UNITMESH, *words, "--control", red.control],
                              capture_output=True, check=True)
        assert done.stdout == b"204\n", done


def test_history(trio):
    red, green, blue = trio
    base = red.current()
    one = red.revision("put", ROUTE, "205", "-m", "one")
    synced(*trio)
    two = green.revision("put", "/config/settings",
                         '{"http": {"idle_timeout": 30}}', "-m", "two")
    synced(*trio)
    said = blue.say("show", one)
    assert f"revision  {one}\n" in said and "by        red\n" in said
    assert "message   one\n" in said and f"from      {base}\n" in said
    assert "\n~ /base/routes/0/action/return: 204 -> 205\n" in said
    assert blue.say("diff", base, two).splitlines() == [
        "~ /base/routes/0/action/return: 204 -> 205",
        '+ /base/settings: {"http":{"idle_timeout":30}}']
    assert blue.say("diff", one) == blue.say("diff") == \
        '+ /base/settings: {"http":{"idle_timeout":30}}\n'
    assert [r[0] for r in blue.rows("log", ROUTE)][0] == one
    rows = {r[3]: r[0] for r in blue.rows("blame", "/")}
    assert rows["/routes"] == one and rows["/settings"] == two
    assert {r[3]: r[0] for r in blue.rows("blame", "routes/0/action")}[
        "routes/0/action/return"] == one
    back = blue.revision("rollback", one, "-m", "back")
    synced(*trio)
    assert red.say("diff", one, back) == ""
    assert red.revision("rollback") == red.current()
    assert red.say("diff", two, "current") == ""
    assert "no such revision" in red.refuse("show", "r99")
    assert json.loads(red.say("config", "show", base))["base"]["routes"] == [
        {"action": {"return": 204}}]
    assert [r["revision"] for r in json.loads(
        red.say("log", "--limit", "1", "-o", "json"))["revisions"]] == [
            red.current()]


def test_guards(trio):
    red, green, _ = trio
    said = red.refuse("delete", "/config", code=4)
    assert "--force does it all the same" in said
    said = red.say("delete", "/config", "--dry-run")
    assert "- /base/listeners" in said and "dry run" in said
    assert len(red.rows("log")) == 2
    red.say("delete", "/config", "--force")
    assert json.loads(red.say("get")) == {}
    assert red.call("get", "nowhere").returncode == 1
    said = green.refuse("put", ROUTE, '"tea"')
    assert said.startswith("unitmesh: ")
    said = green.refuse("put", "routes", '[{"actoin": {"return": 1}}]')
    assert "actoin" in said
    # Where it is: a file may be long.
    assert '  at /routes/0\n  is "action" meant?\n' in said
    wrong = [{"action": {"return": 200}}] * 300 + [{"action": {}}]
    said = red.refuse("put", "routes", json.dumps(wrong))
    assert said.endswith("  at /routes/300/action\n"), said
    assert said.startswith("unitmesh: Invalid configuration.\n  The "), said
    said = red.refuse("put", "/config", '{"routes": [{"action": tru}]}')
    assert "line 1, column 24\n  at /routes/0 of the body\n" in said, said
    assert red.refuse("get", "no/such") == "unitmesh: Value doesn't exist.\n"
    # A script gets what the daemon says, as Unit says it.
    said = json.loads(red.refuse("put", "routes", '[{"actoin": 1}]', "-o",
                                 "json"))
    assert set(said) <= {"error", "detail"}, said


def test_what_differs(trio, folder):
    red, green, blue = trio
    red.say("members", "label", "blue", "rack=b")
    until(lambda: [r for r in green.rows("members") if r[0] == "blue" and
                   "rack=b" in r[2]], "green hears of the label")
    red.say("overlay", "set", "label:rack=b", json.dumps(
        {"patch": [{"op": "replace", "path": "/routes/0/action/return",
                    "value": 418}]}), "--wait")
    assert green.rows("overlay") == [["label:rack=b", "patch"]]
    assert json.loads(green.say("overlay", "get", "label:rack=b"))["patch"]
    until(lambda: '"return": 418' in blue.config().decode(), "blue differs")
    assert '"return": 204' in green.config().decode()
    assert json.loads(green.say("config", "show", "--effective", "--node",
                                "blue"))["routes"] == [
                                    {"action": {"return": 418}}]
    assert json.loads(green.say("config", "show", "--effective"))[
        "routes"] == [{"action": {"return": 204}}]
    green.say("overlay", "rm", "label:rack=b")
    red.say("members", "label", "blue", "rack-")
    assert red.rows("overlay") == []
    # Labels with slashes, names with spaces.
    red.say("members", "label", "blue", "rack=a/1")
    until(lambda: [r for r in blue.rows("members") if "rack=a/1" in r[2]],
          "blue hears of the label")
    blue.say("overlay", "set", "label:rack=a/1", '{"merge": {}}')
    assert blue.rows("overlay") == [["label:rack=a/1", "merge"]]
    assert "no owner's key here" in green.refuse("members", "label", "blue",
                                                 "a=b")


def test_variables(trio, folder):
    red, green, blue = trio
    red.say("var", "set", "code", "205")
    synced(*trio)
    green.say("put", ROUTE, '"{{code}}"', "--wait")
    until(lambda: '"return": 205' in blue.config().decode(), "blue has it")
    red.say("var", "set", "greeting", "good morning")
    (folder / "word").write_text("s3same\n")
    red.say("var", "set", "word", "-f", folder / "word", "--secret")
    synced(*trio)
    assert blue.rows("var") == [["code", "205"], ["greeting", "good morning"],
                                ["word", "(secret)"]]
    assert json.loads(blue.say("var", "get", "greeting")) == "good morning"
    for command in (["var", "get", "word"], ["log"], ["show"], ["diff"],
                    ["config", "show"], ["var", "-o", "json"]):
        assert "s3same" not in green.say(*command)
    blue.say("var", "rm", "word")
    assert blue.refuse("var", "rm", "code")


def test_certificates(trio, folder):
    red, green, _ = trio
    for name in ("first", "second"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}.test",
             "-days", "9", "-keyout", folder / "key", "-out",
             folder / "chain"], check=True, capture_output=True)
        red.say("cert", "put", "site", folder / "chain", folder / "key")
        synced(*trio)
        row = green.rows("cert")[0]
        assert row[0] == "site" and row[2] == f"{name}.test"
    assert "PRIVATE" not in green.say("cert", "get", "site")
    green.say("cert", "rm", "site")
    assert green.rows("cert") == []


def test_scripts(folder):
    script = "export default { path(uri) { return uri } }\n"
    (folder / "hello.js").write_text(script)
    with Standin(folder, "--njs") as unit:
        one = Node("one", folder, loopback(), unit=unit)
        with daemons(one):
            begin([one])
            one.revision("script", "put", "hello", folder / "hello.js")
            assert one.rows("script") == [["hello", str(len(script))]]
            assert json.loads(one.say("script", "get", "hello")) == script
            one.revision("script", "rm", "hello")
            assert one.rows("script") == []


def test_who_asks_to_be_let_in(folder):
    at = loopback(), loopback()
    one, two = nodes = Node("one", folder, at[0]), Node("two", folder, at[1])
    with daemons(*nodes):
        one.ready()
        two.ready()
        one.say("init")
        peer = f"/ip4/{at[0]}/tcp/{P2P_PORT}"
        said = two.say("join", "--peer", peer)
        assert f"unitmesh members approve {two.id}" in said
        assert re.search(r"^mesh  [0-9a-f]{64}\n", said)
        assert [(r[0], r[2]) for r in one.rows("members", "pending")] == [
            ("two", two.id)]
        assert "roles      none yet: an owner has to" in two.say("status")
        # A slip does not give up its place.
        assert "no multiaddr" in two.refuse("join", "--peer", "web1")
        one.say("members", "approve", two.id, "--role", "writer")
        assert one.rows("members", "pending") == []
        until(lambda: set(two.states()) == {"one", "two"}, "two is in")
        two.say("put", "/config", json.dumps(config("hello")))
        synced(one, two)


def test_on_trial(trio):
    red, green, blue = trio
    was = red.current()
    assert red.lacks("rollout") == "No revision is on trial or under way.\n"
    tried = red.revision("put", ROUTE, "205", "--trial=10m")
    synced(*trio)
    said = green.say("rollout")
    assert f"revision  {tried}" in said and "policy    trial" in said
    assert green.rows("log")[0][1] == "open"
    # Another change would end it.
    assert "--supersede" in green.refuse("put", ROUTE, "206", code=4)
    red.say("confirm")
    until(lambda: green.rows("log")[0][1] == "current", "it holds")
    again_ = red.revision("put", ROUTE, "207", "--trial=10m")
    synced(*trio)
    red.say("abort", again_)
    blue.runs("205")
    assert red.current() != was
    # One that another one was made from is none to decide on any more.
    first = red.revision("put", ROUTE, "208", "--trial=10m")
    second = red.revision("put", ROUTE, "209", "--trial=10m", "--supersede")
    assert [r[1] for r in red.rows("log", "--limit", "2")] == [
        "open", "superseded"]
    assert second in red.say("confirm")
    assert "no revision is on trial" in red.refuse("abort")
    assert red.lacks("rollout") == "No revision is on trial or under way.\n"
    assert red.state_of(first) == "superseded"
    assert red.current() == second


def test_a_conflict(pair, folder):
    """Each changes the same place while the other one is away."""
    one, two = pair
    at = one.bind, two.bind
    two.stop()
    mine = one.revision("put", ROUTE, "205", "-m", "mine")
    one.stop()
    with again(two, folder, at[0]) as two:
        two.ready()
        yours = two.revision("put", ROUTE, "206", "-m", "yours")
        with again(one, folder, at[1]) as one:
            one.ready()
            synced(one, two)
            rows = until(lambda: one.rows("conflicts"), "it is seen")
            assert rows == two.rows("conflicts") and len(rows) == 1
            lost, won = rows[0][0], one.current()
            assert {lost, won} == {mine, yours}
            assert rows[0][4] == {mine: "mine", yours: "yours"}[lost]
            assert "say how" in one.refuse("resolve", lost, code=2)
            taken = one.revision("resolve", lost, "--take", "-m", "decided")
            synced(one, two)
            for n in (one, two):
                assert n.rows("conflicts") == [] and n.current() == taken
                n.runs({mine: "205", yours: "206"}[lost])
            assert "not among the conflicts" in two.refuse(
                "resolve", lost, "--drop")


def test_two_of_which_one_is_dead(pair, folder):
    one, two = pair
    at = one.bind, two.bind
    two.kill()
    made = one.revision("put", ROUTE, "205", "-m", "alone")
    one.stop()
    with again(one, folder, at[1]) as one:
        one.ready()
        assert one.current() == made
        until(lambda: one.states()["one"] == ("synced", made), "one runs it")
        more = one.revision("put", ROUTE, "206")
        with again(two, folder, at[0]) as two:
            two.ready()
            synced(one, two)
            assert two.states()["two"] == ("synced", more)
            assert [r[0] for r in two.rows("log")[:2]] == [more, made]
            assert two.rows("conflicts") == []
            assert '"return": 206' in two.config().decode()


def test_texts_of_others_steer_no_terminal(trio):
    red, green, _ = trio
    red.say("put", "routes/0/action/location", '"a\\u001b[2Jb"', "-m", "x")
    red.say("var", "set", "v", '"\\u009b31m\\u0007"')
    red.say("overlay", "set", "group:a\x1b[2J", '{"merge": {}}')
    synced(*trio)
    for command in (["log"], ["var"], ["overlay"], ["show"], ["diff"],
                    ["config", "show"], ["show", green.rows("log")[1][0]]):
        said = green.say(*command)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said), command


def test_a_node_refuses(folder):
    """This node's Unit: 3, and what it said. Another one: the same, if one
    waits for it."""
    at = loopback(), loopback()
    with Standin(folder) as unit:
        one = Node("one", folder, at[0], at[1])
        two = Node("two", folder, at[1], at[0], unit=unit)
        with daemons(one, two):
            begin((one, two))
            unit.tell("fault refuse-listener=*:8081")
            done = two.call("put", "listeners/*:8081", '{"pass": "routes"}')
            assert done.returncode == 3 and "refuses" in done.stderr, done
            unit.tell("fault refuse-listener=*:8082")
            done = one.call("put", "listeners/*:8082", '{"pass": "routes"}',
                            "--wait", "--timeout", "60s")
            assert done.returncode == 3 and "two: refused" in done.stderr, done
            assert one.states()["two"][0] == "refused"


def test_events(trio):
    red, green, _ = trio
    made = red.revision("put", ROUTE, "205")
    with subprocess.Popen([UNITMESH, "events", "--since", "0", "--control",
                           green.control],
                          stdout=subprocess.PIPE, text=True) as stream:
        for line in stream.stdout:
            if made in line:
                break
        stream.terminate()
    assert made in line


def test_removal_and_leaving(trio):
    red, green, blue = trio
    blue.say("put", ROUTE, "205")
    synced(*trio)
    said = red.say("members", "rm", "blue", "--dry-run")
    assert "Its roles then: none" in said
    red.say("members", "rm", "blue")
    until(lambda: "blue" not in {r[0] for r in green.rows("members")},
          "green hears of it")
    assert "roles      none: this node's key was taken" in blue.say("status")
    assert "remove " + str(blue.state / "node.key") in blue.call(
        "doctor").stdout
    blue.say("leave")
    assert "in no mesh" in blue.refuse("nodes")
    # Its key is of no use any more; another one is, as it was told.
    green.say("nodes")
    code = red.say("invite", "--role", "writer").strip()
    assert "remove node.key" in blue.refuse("join", code)
    assert '"return": 205' in blue.config().decode()


def test_where_there_is_no_unit(folder):
    """A change is checked as a document, and made. That none waits for a Unit,
    test_without_a_unit_none_is_waited_for of mesh_node/node looks at, where
    time does not pass by itself."""
    node = Node("alone", folder, loopback(),
                unit=types.SimpleNamespace(target="none"))
    with daemons(node):
        node.ready()
        node.say("init", "--name", "demo")
        for i in range(3):
            answer = node.ask("PUT", "/config", {
                "routes": [{"action": {"return": 200 + i}}]})
            assert answer.code == 200, answer
            assert answer.headers["x-checked"] == "document"
            assert answer.headers["x-revision"] == node.holds()
        assert node.rows("nodes")[0][1::5] == [
            "behind", "no Unit was seen there"]


def test_a_unit_that_is_not_there_begins_nothing(folder):
    node = Node("alone", folder, loopback(),
                unit=types.SimpleNamespace(target="unix:/none/unit.sock"))
    with daemons(node):
        node.ready()
        said = node.refuse("init", "--name", "demo")
        assert "Unit at unix:/none/unit.sock does not say what it runs" in said
        assert "is it running?" in said
        assert "in no mesh" in node.refuse("nodes")
