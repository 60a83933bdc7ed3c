# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is secret in a mesh: sealed anew when somebody leaves, and shown by
nobody."""

import contextlib
import json
import re

import sign
from crew import ROUTE, Node, again, begin, synced, until
from rig import loopback
from test_mesh_parts import (NAMES, SECRET, certificate, everything, fragments,
                             hears, late, mesh, on_unit, slots, unit_of,
                             uses_secret)


def objects(node):
    """The sealed objects of the document, by what they are for."""
    last = node.holds()
    document = node.get(f"/mesh/revisions/{last}/document")
    return {f"{part}/{name}": v["sealed"]
            for part in ("certificates", "variables")
            for name, v in document.get(part, {}).items()}


def untouched(node):
    """When its Unit was given something last: it writes that down."""
    return (node.standin.state / "conf.json").stat().st_mtime_ns


def secrets_of(node, folder):
    """A certificate that is in use, and a secret variable."""
    uses_secret(node)
    chain, key = certificate(folder, "site")
    node.say("cert", "put", "site", chain, key)
    node.say("put", "listeners/*:8443", json.dumps(
        {"pass": "routes", "tls": {"certificate": "site"}}))


def readable_by(node, *members):
    """Whether all objects are sealed for just these; the node is stopped."""
    wanted = {sign.key_of(m.id) for m in members}
    return all(slots(node, hash_) == wanted for hash_ in node.sealed.values())


def test_who_left_is_not_sealed_to(folder):
    """Removing a member makes a revision in which all that is secret is sealed
    for the others. No Unit is given anything."""
    with contextlib.ExitStack() as stack:
        red, green, blue = stack.enter_context(mesh(folder))
        secrets_of(red, folder)
        synced(red, green, blue)
        grey = late(stack, folder, "grey", red)
        synced(red, green, blue, grey)
        left = (red, blue, grey)
        names = {n.name_: on_unit(n)[:2] for n in left}
        was, old = red.holds(), objects(red)
        quiet = {n.name_: untouched(n) for n in left}
        said = red.say("members", "rm", "green")
        assert "no member any more" in said
        assert "certificates/site" in said and "variables/word" in said
        assert "Who left has seen these" in said
        made = red.holds()
        assert made != was and made in said
        assert red.rows("log", "--limit", "2")[1][0] == was
        red.sealed = objects(red)
        assert set(red.sealed) == set(old)
        assert not set(red.sealed.values()) & set(old.values())
        synced(*left)
        for n in left:
            assert n.states()[n.name_] == ("synced", made)
            assert on_unit(n)[:2] == names[n.name_]
            assert n.unit()["routes"][0]["action"][
                "location"] == f"/{SECRET}/{n.name_}"
            # What it was given last it was given before.
            assert untouched(n) == quiet[n.name_], n.name_
        # There is nothing more to be done, anywhere.
        for n in (red, blue):
            assert "All is sealed" in n.say("reseal")
        assert red.holds() == made
        red.stop()
        assert readable_by(red, *left)


def test_sealed_anew_by_itself(folder):
    """Also for who came later: its slots were made for it by others."""
    with contextlib.ExitStack() as stack:
        red, green = stack.enter_context(mesh(folder, NAMES[:2]))
        secrets_of(red, folder)
        blue = late(stack, folder, "blue", red, "writer")
        synced(red, green, blue)
        was = blue.holds()
        # One that has but a later slot can do it; as any change, where there
        # are to be no immediate ones.
        red.say("settings", "set", "no-immediate", "true")
        until(lambda: ["no-immediate", "true"] in blue.rows("settings"),
              "blue hears of it")
        assert "immediate" in blue.refuse("reseal")
        said = blue.say("reseal", "--trial=5m")
        assert "certificates/site" in said and "variables/word" in said
        synced(red, green, blue)
        green.say("confirm", blue.current())
        until(lambda: blue.holds() not in (None, was), "it is confirmed")
        synced(red, green, blue)
        blue.sealed = objects(blue)
        answer = green.ask("POST", "/mesh/reseal")
        assert answer.code == 200 and answer.json == {
            "success": "All is sealed for the members of now.",
            "objects": [], "left": []}, answer
        blue.stop()
        assert readable_by(blue, red, green, blue)


def test_what_cannot_be_sealed_anew(folder):
    """Who may not write removes a member all the same, and says what is to be
    done; so it is while a trial is under way."""
    with mesh(folder) as (red, green, blue):
        uses_secret(red)
        synced(red, green, blue)
        trial = blue.revision("put", ROUTE, "301", "--trial=5m")
        synced(red, green, blue)
        said = red.say("members", "rm", "green")
        assert "no member any more" in said and "is not sealed anew" in said
        assert "`unitmesh reseal`" in said
        hears(blue, lambda rows: "green" not in {r[0] for r in rows})
        assert "green" not in {r[0] for r in red.rows("members")}
        assert "--supersede" in blue.refuse("reseal", code=4)
        blue.say("confirm", trial)
        made = objects(blue)
        red.say("members", "role", "red", "node")
        said = red.refuse("reseal")
        assert "may not write" in said, said
        assert objects(red) == made
        hears(blue, lambda rows: any(r[:2] == ["red", "node"]
                                     for r in rows))
        assert "variables/word" in blue.say("reseal")
        synced(red, blue)
        red.sealed = objects(red)
        assert red.sealed != made
        red.stop()
        assert readable_by(red, red, blue)


# What may be found nowhere: a text, a number, what is inside of an object, and
# one that Units quote when they refuse it.
CANARIES = {"word": "canary-word-0pen", "port": 54321,
            "env": {"TOKEN": "canary-token-77"}, "version": "3.4.56789"}
MODULES = {"python": {"version": "3.4.56789", "lib": "/none.so"}}


def stands(piece, text):
    """Where it is; a number not as a part of a longer one, as a moment is."""
    edge = rb"(?<!\d)%s(?!\d)" if piece.isdigit() else b"%s"
    match = re.search(edge % re.escape(piece), text)
    return match.start() if match else None


def found(node, pieces):
    """Which of these are anywhere: in what the node says, in its log, in its
    state folder, in what is carried elsewhere."""
    carried = node.state.parent / f"{node.name_}.export"
    node.say("export", carried)
    said = everything(node) + carried.read_bytes()
    said += node.call("doctor").stdout.encode()
    assert b"mesh" in said
    files = [f for f in node.state.rglob("*") if f.is_file()]
    assert "mesh.db" in {f.name for f in files}
    for place, text in [("said", said)] + [(f.name, f.read_bytes())
                                           for f in files]:
        for piece in pieces:
            at = stands(piece, text)
            if at is not None:
                yield place, piece, text[max(0, at - 60):][:160]


@contextlib.contextmanager
def watched(folder):
    """Three nodes: green adopts what is changed by hand, blue heals it, and its
    Unit has no module."""
    (folder / "modules").write_text(json.dumps(MODULES))
    at = {n: loopback() for n in NAMES}
    with contextlib.ExitStack() as stack:
        nodes = []
        for n, drift in zip(NAMES, ("report", "adopt", "heal")):
            more = [] if n == "blue" else ["--modules", folder / "modules"]
            nodes.append(stack.enter_context(Node(
                n, folder, at[n], [a for m, a in at.items() if m != n],
                unit=unit_of(stack, folder, n, more),
                flags=("--drift", drift, "--log-level", "debug"))))
        yield begin(nodes)


def by_hand(node, path, value):
    answer = node.standin.ask("PUT", "/config/" + path,
                              json.dumps(value).encode())
    assert answer.code == 200, answer


def copies(node):
    """Its copies of what was changed by hand, as REST shows them."""
    return [node.ask("GET", f"/mesh/copies/{r[0]}").text
            for r in node.rows("copies") if r[3] == "drift"]


def test_no_secret_comes_out(folder):
    """Not by what a person changes at a Unit, not by what a Unit says when it
    refuses, not by what is on a disk."""
    with watched(folder) as (red, green, blue):
        for name, value in CANARIES.items():
            red.say("var", "set", name, json.dumps(value), "--secret")
        chain, key = certificate(folder, "site")
        red.say("cert", "put", "site", chain, key)
        wanted = {
            "listeners": {"*:{{port}}": {
                "pass": "routes", "tls": {"certificate": "site"}}},
            "routes": [{"action": {"return": 301,
                                   "location": "/{{word}}/{{node.name}}"}}],
            "applications": {"{{word}}": {
                "type": "external", "executable": "/bin/true",
                "environment": "{{env}}"}}}
        red.say("put", "/config", json.dumps(wanted))
        synced(red, green, blue)
        # By hand, where it is healed: a copy is kept.
        word = CANARIES["word"]
        by_hand(blue, "settings", {"http": {
            "idle_timeout": 54321, "server_version": False}})
        by_hand(blue, "routes/0/action/location", f"/x/{word}?canary-token-77")
        [copy] = until(lambda: copies(blue), "a copy is kept")
        assert '"idle_timeout": "{{port}}"' in copy
        assert '"/x/{{word}}?{{env}}"' in copy and '"*:{{port}}"' in copy
        until(lambda: blue.unit()["routes"][0]["action"]["location"] ==
              f"/{word}/blue", "it is healed")
        # By hand, where it is adopted: the document has the variable.
        by_hand(green, "access_log", f"/var/log/{word}.log")
        until(lambda: red.unit().get("access_log") == f"/var/log/{word}.log",
              "all have it")
        assert json.loads(red.say("get", "access_log")) == \
            "/var/log/{{word}}.log"
        synced(red, green, blue)
        # What a Unit says of it, told to all.
        (folder / "wsgi.py").touch()
        red.say("put", "applications/app", json.dumps({
            "type": "python {{version}}", "path": str(folder),
            "module": "wsgi"}))
        for n in (red, blue):
            until(lambda n=n: n.states()["blue"][0] == "refused",
                  f"{n.name_} sees that blue refuses it")
            told = next(r["reason"] for r in n.get("/mesh/nodes")["nodes"]
                        if r["name"] == "blue")
            assert '"python {{version}}"' in told, told
        assert "python {{version}}" in "\n".join(blue.lines)
        until(lambda: green.states()["green"][0] == "synced", "green runs it")
        pieces = [b"canary-", b"54321", b"3.4.56789", *fragments(key)]
        for n in (red, green):
            assert b"{{word}}" in everything(n)
            assert not list(found(n, pieces)), n.name_
        red.say("delete", "applications/app")
        synced(red, green, blue)
        assert not list(found(blue, pieces))
        # Also when they begin anew on what they stored.
        for n in (red, green, blue):
            n.stop()
        for n in (red, green, blue):
            assert not [f.name for f in n.state.rglob("*") if f.is_file() and
                        any(p in f.read_bytes() for p in pieces)], n.name_
        with again(blue, folder, [], unit=blue.standin) as blue:
            blue.ready()
            until(lambda: blue.states()["blue"][0] == "synced", "it runs")
            said = "".join([*copies(blue), *blue.lines, blue.say("get"),
                            blue.say("get", "--effective")]).encode()
            assert b"{{word}}" in said
            assert not [p for p in pieces if p in said]
