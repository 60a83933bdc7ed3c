# SPDX-License-Identifier: MIT OR Apache-2.0
"""What differs on nodes, what rides along with a configuration, and who may
change it: overlays, variables and secrets, certificates, scripts, roles."""

import base64
import contextlib
import json
import re
import sqlite3
import subprocess

import sign
from crew import ROUTE, Node, again, begin, synced, until
from daemon import UNITMESH
from rig import Standin, loopback

NAMES = ("red", "green", "blue")
SECRET = "s3same-0pen"


@contextlib.contextmanager
def mesh(folder, names=NAMES, role="writer", **units):
    """Nodes with Units of their own beside them; `units`: flags of all."""
    at = {n: loopback() for n in names}
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Node(
            n, folder, at[n], [a for m, a in at.items() if m != n],
            unit=unit_of(stack, folder, n, **units))) for n in names]
        yield begin(nodes, role)


def unit_of(stack, folder, name, flags=()):
    (folder / f"unit-{name}").mkdir(exist_ok=True)
    return stack.enter_context(Standin(folder / f"unit-{name}", *flags))


def late(stack, folder, name, first, role="node"):
    """One more joins."""
    node = stack.enter_context(Node(name, folder, loopback(), first.bind,
                                    unit=unit_of(stack, folder, name)))
    node.ready()
    node.say("join", first.say("invite", "--role", role).strip())
    return node


def members(node):
    return {r[0]: r[1] for r in node.rows("members")}


def hears(node, what, seconds=40):
    """Until its table of members is so."""
    until(lambda: what(node.rows("members")), f"{node.name_} hears of it",
          seconds)


def everything(node):
    """All that a node says to anybody, as one text: REST, events, log."""
    said = [b"\n".join(line.encode() for line in list(node.lines))]
    for path in ("/config", "/config?effective", "/certificates",
                 "/js_modules", "/status", "/mesh/status", "/mesh/nodes",
                 "/mesh/members", "/mesh/overlays", "/mesh/variables",
                 "/mesh/conflicts", "/mesh/copies", "/mesh/pending"):
        said.append(node.ask("GET", path).body)
    for c in node.get("/mesh/copies")["copies"]:
        said.append(node.ask("GET", f"/mesh/copies/{c['copy']}").body)
    for r in node.get("/mesh/revisions")["revisions"]:
        path = f"/mesh/revisions/{r['revision']}"
        for more in ("", "/document", "/document?effective", "/diff"):
            said.append(node.ask("GET", path + more).body)
    said.append(events(node))
    return b"\n".join(said)


def stored(node):
    """The bytes of its store."""
    files = list(node.state.glob("mesh.db*"))
    assert files and not [f for f in files if f.stat().st_mode & 0o077], files
    return b"\n".join(f.read_bytes() for f in files)


def events(node):
    """What happened so far, up to the current revision."""
    last = node.holds()
    got = []
    with subprocess.Popen([UNITMESH, "events", "--since", "0", "--control",
                           node.control], stdout=subprocess.PIPE) as stream:
        for line in stream.stdout:
            got.append(line)
            if b"applied" in line and last.encode() in line:
                break
        stream.terminate()
    return b"".join(got)


def test_overlays(folder):
    """All, a group, a label, a node: one behind the other."""
    with mesh(folder) as (red, green, blue):
        red.say("members", "label", "green", "group=web,edge")
        red.say("members", "label", "blue", "group=edge")
        red.say("members", "label", "blue", "address=10.0.0.3")
        hears(green, lambda rows: any("address=10.0.0.3" in r[2]
                                      for r in rows))
        for selector, threads in (("all", 2), ("group:edge", 3),
                                  ("group:web", 4)):
            green.say("overlay", "set", selector, json.dumps(
                {"merge": {"settings": {"listen_threads": threads}}}))
        green.say("overlay", "set", "label:address=10.0.0.3", json.dumps(
            {"rename": {"/listeners/*:8080": "*:{{label.port}}"}}),
            code=0)
        red.say("members", "label", "blue", "port=8083")
        red.say("overlay", "set", "node:red", json.dumps(
            {"patch": [{"op": "replace", "path": "/" + ROUTE,
                        "value": 201}]}))
        until(lambda: "*:8083" in blue.unit()["listeners"], "blue has a port")
        synced(red, green, blue)
        assert [n.unit()["settings"]["listen_threads"]
                for n in (red, green, blue)] == [2, 4, 3]
        red.answers(201)
        for n in (green, blue):
            n.answers(204)
        assert list(green.unit()["listeners"]) == ["*:8080"]
        # Each knows what comes of it elsewhere.
        for n in (red, green, blue):
            for m in (red, green, blue):
                shown = json.loads(n.say("config", "show", "--effective",
                                         "--node", m.name_))
                assert shown == m.unit(), (n.name_, m.name_)
        assert red.current() == blue.current()
        red.say("members", "label", "blue", "address-")
        until(lambda: list(blue.unit()["listeners"]) == ["*:8080"],
              "blue is as the others")


def uses_secret(node):
    node.say("var", "set", "word", SECRET, "--secret")
    node.say("put", "routes/0/action/location", '"/{{word}}/{{node.name}}"')


def test_secrets(folder):
    """One that was sealed here works there, and nobody is shown it; who joins
    later can open it, for who was removed the next one is not sealed."""
    with contextlib.ExitStack() as stack:
        red, green = stack.enter_context(mesh(folder, NAMES[:2]))
        uses_secret(red)
        synced(red, green)
        for n in (red, green):
            until(lambda n=n: n.unit()["routes"][0]["action"].get(
                "location") == f"/{SECRET}/{n.name_}", "the Unit has it")
            assert ["word", "(secret)"] in n.rows("var")
            assert SECRET.encode() not in everything(n)
            assert "word" in n.say("config", "show", "--effective")
        blue = late(stack, folder, "blue", red)
        synced(red, green, blue)
        until(lambda: blue.unit()["routes"][0]["action"].get(
            "location") == f"/{SECRET}/blue", "who joins later has it")
        assert SECRET.encode() not in everything(blue)
        red.say("members", "rm", "green")
        red.say("var", "set", "word", "another one", "--secret")
        synced(red, blue)
        [sealed] = red.get("/mesh/variables")["word"].values()
        red.stop()
        assert slots(red, sealed) == {sign.key_of(n.id) for n in (red, blue)}


def slots(node, sealed):
    """Who can open an object; the node is stopped."""
    with contextlib.closing(sqlite3.connect(node.state / "mesh.db")) as base:
        [[data]] = base.execute("select bytes from documents where hash = ?",
                                [bytes.fromhex(sealed)])
    # The last field: 112 bytes each, of which the first are the member's key.
    n = 112
    while not data.endswith(sign.text(7, data[-n:])):
        n += 112
        assert n < len(data)
    return {data[i:i + 32] for i in range(len(data) - n, len(data), 112)}


def certificate(folder, name):
    """A chain with its key; their files."""
    chain, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}.test",
         "-days", "9", "-keyout", key, "-out", chain],
        check=True, capture_output=True)
    return chain, key


def fragments(key):
    """Pieces of a key that may be found nowhere: lines of its PEM, bytes."""
    lines = key.read_text().split("\n")[1:-2]
    raw = base64.b64decode("".join(lines))
    # SEC 1 in PKCS#8: the number stands behind `04 20`.
    secret = raw[raw.index(b"\x02\x01\x01\x04\x20") + 5:][:32]
    return [line.encode() for line in lines] + [
        b"PRIVATE KEY", secret, secret.hex().encode(),
        base64.b64encode(secret)[:40]]


def on_unit(node):
    """The certificates that a Unit has, and what its listener names."""
    held = json.loads(node.standin.ask("GET", "/certificates").body)
    tls = node.unit()["listeners"].get("*:8443", {}).get("tls", {})
    return list(held), tls.get("certificate"), held


def test_certificates(folder):
    with contextlib.ExitStack() as stack:
        red, green, blue = nodes = list(stack.enter_context(mesh(folder)))
        chain, key = certificate(folder, "first")
        green.revision("cert", "put", "site", chain, key)
        green.revision("put", "listeners/*:8443", json.dumps(
            {"pass": "routes", "tls": {"certificate": "site"}}))
        synced(*nodes)
        names = set()
        for n in nodes:
            held, used, _ = on_unit(n)
            assert held == [used] and re.fullmatch(
                r"site\.[0-9a-f]{8}", used), (held, used)
            names.add(used)
            # People see the name that they gave.
            assert json.loads(n.say("get", "listeners/*:8443"))["tls"] == {
                "certificate": "site"}
            assert [r[0] for r in n.rows("cert")] == ["site"]
        assert len(names) == 1
        # Who joins later has it, too.
        more = late(stack, folder, "grey", red)
        nodes.append(more)
        synced(*nodes)
        assert on_unit(more)[:2] == ([*names], *names)
        # The same name, another certificate: new up, switched, old gone.
        chain, other = certificate(folder, "second")
        red.revision("cert", "put", "site", chain, other)
        synced(*nodes)
        for n in nodes:
            held, used, told = until(
                lambda n=n: (lambda u: u if len(u[0]) == 1 else None)(
                    on_unit(n)), f"the old one is gone from {n.name_}")
            assert held == [used] and used not in names
            assert told[used]["chain"][0]["subject"][
                "common_name"] == "second.test"
        # No key comes out again.
        pieces = fragments(key) + fragments(other)
        for n in nodes:
            said = everything(n) + stored(n)
            assert b"second.test" in said
            assert not [p for p in pieces if p in said], n.name_
            assert "PRIVATE" not in n.say("cert", "get", "site")
        # One that is in use stays; then it goes from everywhere.
        said = blue.refuse("cert", "rm", "site")
        assert "is used in the configuration" in said
        blue.say("delete", "listeners/*:8443")
        synced(*nodes)
        more.stop()
        blue.say("cert", "rm", "site")
        nodes[-1] = stack.enter_context(again(more, folder, red.bind,
                                              unit=more.standin))
        nodes[-1].ready()
        for n in nodes:
            until(lambda n=n: on_unit(n)[0] == [], "no Unit has it")
            assert n.rows("cert") == []


def test_a_certificate_without_its_key(folder):
    with mesh(folder, NAMES[:1]) as (red,):
        chain, key = certificate(folder, "one")
        was = red.holds()
        for files in ((chain,), (key,)):
            assert red.refuse("cert", "put", "site", *files)
        assert red.holds() == was and red.rows("cert") == []


def test_scripts(folder):
    def script(word):
        file = folder / "hello.js"
        file.write_text("export default { path(uri) { return '/%s' + uri } }\n"
                        % word)
        return file

    with mesh(folder, NAMES[:2], flags=("--njs",)) as (red, green):
        red.say("script", "put", "hello", script("one"))
        wanted = json.loads(red.say("get"))
        wanted["settings"] = {"js_module": "hello"}
        wanted["routes"].append(
            {"action": {"share": "`/www${hello.path(uri)}`"}})
        file = folder / "unit.json"
        file.write_text(json.dumps(wanted))
        green.revision("apply", "-f", file)
        synced(red, green)
        used = set()
        for word in ("one", "two"):
            red.say("script", "put", "hello", script(word))
            synced(red, green)
            for n in (red, green):
                def held(n=n):
                    told = json.loads(n.standin.ask(
                        "GET", "/js_modules").body)
                    return list(told) if len(told) == 1 else None
                [name] = until(held, "the old one is gone")
                assert re.fullmatch(r"hello_[0-9a-f]{8}", name)
                assert n.unit()["settings"] == {"js_module": name}
                assert n.unit()["routes"][1]["action"]["share"] == \
                    f"`/www${{{name}.path(uri)}}`"
                assert word in n.standin.ask(
                    "GET", f"/js_modules/{name}").text
                assert json.loads(n.say("get", "settings")) == {
                    "js_module": "hello"}
                used.add(name)
        assert len(used) == 2
        assert red.refuse("script", "rm", "hello")
        red.say("delete", "settings/js_module")
        red.say("delete", "routes/1")
        red.say("script", "rm", "hello")
        for n in (red, green):
            until(lambda n=n: json.loads(n.standin.ask(
                "GET", "/js_modules").body) == {}, "no Unit has it")


def test_who_runs_it_only(folder):
    """A member without the role writer changes nothing, and is told why."""
    with mesh(folder, NAMES[:2], "node") as (red, green):
        was = red.holds()
        for words in (("put", ROUTE, "205"), ("rollback",),
                      ("delete", "/config", "--force"),
                      ("var", "set", "a", "1"),
                      ("overlay", "set", "all", '{"merge": {}}')):
            said = green.refuse(*words)
            assert "may not write" in said, (words, said)
        assert green.ask("PUT", "/config/" + ROUTE, b"205").code == 403
        said = green.refuse("members", "role", "green", "writer")
        assert "no owner's key here" in said
        red.say("members", "role", "green", "writer")
        hears(green, lambda rows: any(r[:2] == ["green", "writer,node"]
                                      for r in rows))
        made = green.revision("put", ROUTE, "205")
        synced(red, green)
        assert red.holds() == made != was
        red.say("members", "role", "green", "node")
        hears(green, lambda rows: any(r[:2] == ["green", "node"]
                                      for r in rows))
        assert "may not write" in green.refuse("put", ROUTE, "206")
        # What it wrote stays.
        assert red.holds() == made
        assert "does not come back" in red.refuse(
            "members", "role", "green", "writer")


def test_a_writer_that_is_removed_while_away(folder):
    """What the owner had of it stays; what it made later, where he could not
    see it, is void when he hears of it, and those who ran it are back."""
    with mesh(folder) as nodes:
        red, green, blue = nodes
        kept = blue.revision("put", "settings", '{"listen_threads": 2}')
        synced(*nodes)
        red.stop()
        later = blue.revision("put", ROUTE, "205")
        for n in (green, blue):
            n.answers(205)
        green.stop()
        blue.stop()
        with again(red, folder, green.bind, unit=red.standin) as red:
            red.ready()
            said = red.say("members", "rm", "blue", "--dry-run")
            assert "No revision falls." in said and \
                f"none. The current revision then: {kept}." in said
            red.say("members", "rm", "blue", "-m", "sold")
            assert set(members(red)) >= {"red", "green"}
            assert "blue" not in members(red)
            with again(green, folder, red.bind, unit=green.standin) as green:
                green.ready()
                hears(green, lambda rows: "blue" not in {r[0] for r in rows})
                until(lambda: green.holds() == kept, "it falls")
                green.answers(204)
                assert green.unit()["settings"] == {"listen_threads": 2}
                assert green.state_of(later) == "void"
                until(lambda: red.state_of(later) == "void", "red has it")
                assert green.rows("conflicts") == red.rows("conflicts") == []
                synced(red, green)
                # Blue comes back: nobody listens to it.
                with again(blue, folder, [red.bind, green.bind],
                           unit=blue.standin) as blue:
                    blue.ready()
                    more = blue.call("put", ROUTE, "206", "--alone")
                    made = green.revision("put", ROUTE, "207")
                    synced(red, green)
                    assert red.holds() == green.holds() == made
                    if more.returncode == 0:
                        assert more.stdout.split()[0] not in red.say("log")
                    assert "blue" not in red.states()


def test_void_and_a_second_owner(folder):
    """The owner's key lies elsewhere: what it signs there is carried to any
    node. An owner makes another one no owner, a revision void."""
    with mesh(folder, NAMES[:2]) as (red, green):
        mesh_id = bytes.fromhex(red.get("/mesh/status")["mesh"]["id"])
        owner = sign.Key(red.state / "owner.key", folder)
        kept = red.holds()
        bad = green.revision("put", ROUTE, "205")
        child = red.revision("put", "settings", '{"listen_threads": 2}')
        synced(red, green)
        told = {r["revision"]: r["id"]
                for r in red.get("/mesh/revisions")["revisions"]}
        ids = sorted(bytes.fromhex(told[r]) for r in (bad, child))
        word = owner.statement(mesh_id, sign.VOID, sign.text(
            10, b"".join(ids)))
        answer = green.ask("POST", "/mesh/statements", word)
        assert answer.code == 200 and answer.json["new"], answer
        for n in (red, green):
            until(lambda n=n: n.holds() == kept, "what held before holds")
            assert n.state_of(bad) == n.state_of(child) == "void"
            n.answers(204)
        synced(red, green)
        # The root's key makes an owner of another key, here of green's.
        word = owner.statement(
            mesh_id, sign.GRANT, sign.text(6, sign.key_of(green.id)),
            sign.number(7, sign.OWNER))
        answer = red.ask("POST", "/mesh/statements", word)
        assert answer.code == 200, answer
        hears(green, lambda rows: any(
            r[0] == "green" and "owner" in r[1] for r in rows))
        # It signs with its own.
        second = sign.Key(green.state / "node.key", folder)
        word = second.statement(
            mesh_id, sign.GRANT, sign.text(6, second.public[::-1]),
            sign.number(7, 2))
        answer = red.ask("POST", "/mesh/statements", word)
        assert answer.code == 200, answer
        hears(green, lambda rows: any(r[0] == "-" and r[1] == "writer"
                                      for r in rows))
        # Nobody gives what he has not.
        word = second.statement(
            mesh_id, sign.GRANT, sign.text(6, second.public),
            sign.number(7, 8))
        answer = red.ask("POST", "/mesh/statements", word)
        assert answer.code == 409, answer
        assert "root" not in members(red)["green"]


def test_who_asks_is_approved_or_not(folder):
    """Also where the node that was asked has no owner's key."""
    with contextlib.ExitStack() as stack:
        red, green = stack.enter_context(mesh(folder, NAMES[:2]))
        blue = stack.enter_context(Node("blue", folder, loopback(),
                                        green.bind))
        blue.ready()
        assert f"unitmesh members approve {blue.id}" in blue.say("join")
        until(lambda: [r[2] for r in green.rows("members", "pending")] ==
              [blue.id], "it is seen")
        said = green.refuse("members", "approve", blue.id)
        assert "no owner's key here" in said, said
        green.say("members", "reject", blue.id)
        assert green.rows("members", "pending") == []
        # With a code of such a node an owner still has to say yes.
        code = green.say("invite", "--role", "node").strip()
        assert "an owner has to approve" in blue.say("join", code)
        until(lambda: green.rows("members", "pending"), "it is seen")
        assert red.rows("members", "pending") == []
        assert "waits to be let in" in red.refuse("members", "approve", "blue")
        red.say("members", "approve", blue.id)
        synced(red, green, blue)
        until(lambda: green.rows("members", "pending") == [], "it waits not")
        assert members(blue)["blue"] == "node"
        assert "It has this role" in red.say("members", "approve", blue.id)
        # Who was removed does not come in once more.
        red.say("members", "rm", "blue")
        assert "does not come back" in red.refuse("members", "approve",
                                                  blue.id)
