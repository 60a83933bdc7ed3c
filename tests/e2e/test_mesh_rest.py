# SPDX-License-Identifier: MIT OR Apache-2.0
"""REST below /mesh/: every row of docs/reference/rest-mesh.md on real daemons
in a mesh, and what its mistakes are answered."""

import contextlib
import json
import socket
import sqlite3
from concurrent import futures

import pytest
from daemon import Daemon, fetch
from rig import Mesh, Standin, code, config, join, loopback, synced, until

# Rows of the table that need a mesh.
ROWS = [
    ("GET", "/mesh/nodes"), ("GET", "/mesh/members"),
    ("GET", "/mesh/topology"),
    ("PUT", "/mesh/members/x/role"), ("PUT", "/mesh/members/x/labels/k"),
    ("DELETE", "/mesh/members/x/labels/k"), ("DELETE", "/mesh/members/x"),
    ("GET", "/mesh/pending"), ("POST", "/mesh/pending/x"),
    ("DELETE", "/mesh/pending/x"), ("GET", "/mesh/invites"),
    ("POST", "/mesh/invites"), ("DELETE", "/mesh/invites/0011223344556677"),
    ("GET", "/mesh/settings"), ("PUT", "/mesh/settings/require-if-match"),
    ("GET", "/mesh/revisions"), ("GET", "/mesh/revisions/r1"),
    ("GET", "/mesh/revisions/r1/document"), ("GET", "/mesh/revisions/r1/diff"),
    ("POST", "/mesh/revisions/r1/rollback"),
    ("POST", "/mesh/revisions/r1/confirm"),
    ("POST", "/mesh/revisions/r1/abort"), ("POST", "/mesh/revisions/r1/resume"),
    ("POST", "/mesh/revisions/r1/open"), ("GET", "/mesh/conflicts"),
    ("POST", "/mesh/conflicts/r1/take"), ("POST", "/mesh/conflicts/r1/drop"),
    ("POST", "/mesh/conflicts/r1/edit"), ("GET", "/mesh/copies"),
    ("GET", "/mesh/copies/1"), ("POST", "/mesh/statements"),
    ("GET", "/mesh/events"), ("POST", "/mesh/leave"), ("GET", "/config"),
    ("GET", "/mesh/overlays"), ("GET", "/mesh/variables")]


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    """Three nodes, two of them writers; a test leaves them in step."""
    with Mesh(tmp_path_factory.mktemp("e2e"), ("writer", "node")) as m:
        yield m


@pytest.fixture
def pair(folder):
    """Two nodes of a test's own."""
    with Mesh(folder, ("writer",)) as m:
        yield m


def routes(status):
    return [{"action": {"return": status}}]


def change(node, status, query="", headers=None):
    return node.ask("PUT", f"/config/routes{query}", routes(status), headers)


def test_a_connection_ends_when_it_shall(mesh):
    """After an answer that took its time, too; nothing else is asked."""
    body = json.dumps(routes(207)).encode()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(mesh.nodes[0].control))
        sock.sendall(b"PUT /config/routes HTTP/1.1\r\nHost: unit\r\n"
                     b"Connection: close\r\nContent-Length: %d\r\n\r\n%s"
                     % (len(body), body))
        text = b""
        while more := sock.recv(4096):
            text += more
    assert b" 200 " in text.split(b"\r\n", 1)[0], text


def test_who_left_a_stream_takes_no_place(mesh):
    """A page that is loaded anew leaves one behind each time."""
    node = mesh.nodes[0]
    token = (node.state / "rest.token").read_text().strip()
    for i in range(40):
        with socket.create_connection((node.bind, 4902), 10) as sock:
            sock.sendall(b"GET /mesh/events HTTP/1.1\r\nHost: %s:4902\r\n"
                         b"Authorization: Bearer %s\r\n\r\n"
                         % (node.bind.encode(), token.encode()))
            assert b" 200 " in sock.recv(64), f"the {i}. stream"


def test_many_at_once_who_name_no_revision(mesh):
    """Whoever was first, all are made; of those that say from what, one is."""
    node = mesh.nodes[0]
    tag = node.ask("GET", "/config").headers["etag"]
    change(node, 240)

    def all_at_once(headers, least=241):
        with futures.ThreadPoolExecutor(16) as pool:
            return [a.code for a in pool.map(
                lambda i: change(node, least + i, "", headers), range(16))]

    before = len(node.get("/mesh/revisions?limit=1000")["revisions"])
    assert all_at_once({}) == [200] * 16
    after = len(node.get("/mesh/revisions?limit=1000")["revisions"])
    assert after - before == 16
    assert node.get("/mesh/conflicts")["conflicts"] == []
    assert all_at_once({"If-Match": tag}) == [412] * 16
    tag = node.ask("GET", "/config").headers["etag"]
    assert sorted(all_at_once({"If-Match": tag}, 271)) == [200] + [412] * 15


def test_a_slip_in_the_query(mesh):
    """What was to be tried is not done, because a word is wrong or means
    nothing there."""
    node = mesh.nodes[0]
    was = current(node), node.get("/mesh/members"), node.get("/mesh/settings")
    for method, path, body in (
            ("PUT", "/config/routes?dryrun", routes(290)),
            ("PUT", "/config/routes?trail=10m", routes(290)),
            ("PUT", "/config/routes?trial=10m&stagd", routes(290)),
            ("PUT", "/config/routes?secret", routes(290)),
            ("DELETE", "/config?dry_run&force", None),
            ("DELETE", "/config?force=false", None),
            ("PUT", "/config/routes?dry-run=no", routes(290)),
            ("DELETE", "/mesh/members/n2?dry-run=0", {}),
            ("PUT", "/mesh/variables/x?dry-run=&unsigned", 1),
            ("POST", "/mesh/revisions/r1/rollback?dry-run", {}),
            ("PUT", "/mesh/settings/no-immediate?dry-run", {"value": "true"}),
            ("PUT", "/mesh/members/n2/labels/a?trial", {"value": "b"}),
            ("DELETE", "/mesh/members/n2?dry-ran", {}),
            ("POST", "/mesh/invites?dry-run", {}),
            ("POST", "/mesh/leave?dry-run", {})):
        told = said(node.ask(method, path, body), 400, "nothing was done")
        assert told["error"] == "Invalid request.", told
    assert was == (current(node), node.get("/mesh/members"),
                   node.get("/mesh/settings"))
    assert node.ask("GET", "/config?what=ever").code == 200
    assert change(node, 290, "?dry-run").code == 200
    assert change(node, 290, "?Dry-Run").code == 200
    assert node.ask("PUT", "/mesh/probes/x?dry-run",
                    {"listener": "*:80"}).code == 200
    assert was[0] == current(node)


def test_a_slip_in_a_body(mesh):
    """What means nothing in it, or is of another kind, is said with its place;
    nothing is done."""
    node = mesh.nodes[0]
    rev = current(node)

    def state():
        return (current(node), node.get("/mesh/members"),
                node.get("/mesh/settings"), node.get("/mesh/invites"))

    def slips(method, path, good, *names):
        for name in (*names, "roles~/x"):
            told = said(node.ask(method, path, {**good, name: {"a": 1}}), 400,
                        "must be a" if name in names else "means nothing")
            at = "/" + name.replace("~", "~0").replace("/", "~1")
            assert told["error"] == "Invalid request.", told
            assert told["location"] == {"path": at, "of": "body"}, told

    was = state()
    slips("POST", "/mesh/init", {}, "name")
    slips("POST", "/mesh/join", {}, "code", "peer")
    slips("POST", "/mesh/invites", {}, "role", "expires_ms", "uses")
    slips("DELETE", "/mesh/invites/0011223344556677", {})
    slips("POST", "/mesh/pending/x", {}, "role")
    slips("DELETE", "/mesh/pending/x", {})
    slips("PUT", "/mesh/members/n2/role", {"role": "node"}, "message", "keep")
    slips("DELETE", "/mesh/members/n2", {}, "message", "keep")
    slips("PUT", "/mesh/members/n2/labels/a", {"value": "b"}, "value")
    slips("DELETE", "/mesh/members/n2/labels/a", {})
    slips("POST", "/mesh/members/n2/replace", {"by": "x"}, "by", "message")
    slips("POST", "/mesh/rotate", {}, "message")
    slips("POST", "/mesh/reseal", {})
    slips("PUT", "/mesh/settings/require-if-match", {"value": "true"}, "value")
    slips("POST", "/mesh/void", {"revisions": [rev]}, "revisions", "message")
    slips("POST", "/mesh/owner-key", {})
    for verb in ("rollback", "confirm", "abort", "resume"):
        slips("POST", f"/mesh/revisions/{rev}/{verb}", {}, "message")
    slips("POST", f"/mesh/revisions/{rev}/open", {"nodes": ["n2"]}, "nodes",
          "message")
    for verb in ("take", "drop"):
        slips("POST", f"/mesh/conflicts/{rev}/{verb}", {}, "message")
    for path, body in (("/mesh/rotate", {"take": "yes"}),
                       ("/mesh/leave", {"purge": 1}),
                       ("/mesh/leave", {"purgee": True})):
        said(node.ask("POST", path, body), 400, "")
    said(node.ask("POST", "/config", {"certificate": {}}), 400, "certificates")
    for path, body in (("/mesh/overlays/all", {"merges": {}}),
                       ("/mesh/probes/p", {"listener": "*:80", "merges": 1})):
        told = said(node.ask("PUT", path, body), 400, " only.")
        assert told["location"]["path"] == path[5:] + "/merges", told
    assert was == state()


def test_what_only_reads_is_read_right(mesh):
    node = mesh.nodes[0]
    for path in ("/mesh/revisions?path=routes", "/mesh/export/facts?from=-1",
                 "/config?effective=false", "/mesh/events?since=-1"):
        said(node.ask("GET", path), 400, "")
    said(node.ask("GET", "/mesh/events?since=-1", None,
                  {"Last-Event-ID": "1"}), 400, "number")
    said(node.ask("GET", "/certificates", None, {"If-None-Match": "r1"}), 400,
         "entity tags")
    said(node.ask("GET", "/control/soup"), 404, "doesn't exist")
    said(node.ask("POST", "/mesh/reseal?trial=soon"), 400, "span")
    for path in ("/mesh/revisions/r1/diff", "/mesh/revisions/r1/document"):
        assert node.ask("PUT", path).headers["allow"] == "GET, HEAD"
    answer = node.ask("PUT", "/mesh/overlays", {})
    assert (answer.code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert "allow" not in node.ask("PATCH", "/certificates").headers


def current(node):
    return node.get("/mesh/status")["mesh"]["current"]


def runs(node, who):
    return {n["name"]: n.get("runs") for n in
            node.get("/mesh/nodes")["nodes"]}[who]


def member(node, name):
    return next(m for m in node.get("/mesh/members")["members"]
                if m["name"] == name)


def said(answer, status, text):
    """A mistake is said in words, as JSON."""
    assert answer.code == status, answer
    told = answer.json
    assert text in told["error"] + " " + told.get("detail", ""), told
    return told


def alone(folder, name="n9", **more):
    at = loopback()
    return Daemon(name, folder, bind=at, article=False, flags=[
        "--name", name, "--listen", f"/ip4/{at}/tcp/4901",
        *more.pop("flags", ())], **more)


def test_a_store_that_came_meanwhile_is_left_alone(folder):
    """Somebody puts a copy back while the daemon is in no mesh: it is neither
    taken nor removed."""
    with alone(folder) as node:
        node.ready()
        store = node.state / "mesh.db"
        store.write_bytes(b"somebody's mesh")
        said(node.ask("POST", "/mesh/init"), 409, "mesh.db")
        said(node.ask("POST", "/mesh/join", {}), 409, "mesh.db")
        assert store.read_bytes() == b"somebody's mesh"


def test_without_a_mesh(folder):
    with alone(folder) as node:
        node.ready()
        for method, path in ROWS:
            said(node.ask(method, path), 409, "in no mesh yet")
        assert node.get("/mesh/status")["mode"] == "alone"
        assert "mesh" not in node.get("/mesh/status")
        assert node.get("/mesh/peers")["peers"] == []
        assert node.get("/mesh/id")["id"] == node.id
        said(node.ask("POST", "/mesh/init", b"{"), 400, "Invalid JSON")
        said(node.ask("POST", "/mesh/init", b"[]"), 400, "JSON object")
        said(node.ask("POST", "/mesh/init", {"name": "x" * 256}), 400,
             "longer than")
        said(node.ask("POST", "/mesh/join", {"code": "nonsense"}), 400,
             "letter 1")
        answer = node.ask("POST", "/mesh/init", {"name": "one"}).json
        assert answer["role"] == "writer" and answer["member"]
        assert answer["recovery_key"].startswith("umkey1")
        assert "listeners" in answer["unit_ran"]
        said(node.ask("POST", "/mesh/init"), 409, "in a mesh already")
        said(node.ask("POST", "/mesh/join"), 409, "in a mesh already")


def test_no_such_row(mesh):
    node = mesh.nodes[0]
    for method, path, allow in (
            ("POST", "/mesh/nodes", "GET, HEAD"),
            ("GET", "/mesh/pending/x", "POST, DELETE"),
            ("GET", "/mesh/members/n1", "DELETE"),
            ("DELETE", "/mesh/settings/x", "PUT"),
            ("PUT", "/mesh/revisions", "GET, HEAD"),
            ("GET", "/mesh/leave", "POST")):
        answer = node.ask(method, path)
        assert (answer.code, answer.headers["allow"]) == (405, allow)
    for method, path in (("POST", "/mesh/revisions/r1/burn"),
                         ("POST", "/mesh/conflicts/r1/rollback"),
                         ("GET", "/mesh/members/"), ("GET", "/mesh/members//x"),
                         ("GET", "/mesh/revisions/r1/document/x"),
                         ("POST", "/mesh/revisions/r1/%zz")):
        said(node.ask(method, path), 404, "doesn't exist")


def test_status_nodes_members(mesh):
    for i, node in enumerate(mesh.nodes):
        told = node.get("/mesh/status")["mesh"]
        assert told["name"] == "demo" and told["node"] == f"n{i + 1}"
        assert told["members"] == 3 and told["owner_key"] == (i == 0)
        nodes = node.get("/mesh/nodes")["nodes"]
        assert {n["name"] for n in nodes} == {"n1", "n2", "n3"}
        assert [n["name"] for n in nodes if n["me"]] == [f"n{i + 1}"]
        assert {n["unit"] for n in nodes} == {"1.35.0"}
    roles = {m["name"]: m["roles"] for m in
             mesh.nodes[2].get("/mesh/members")["members"]}
    assert roles["n1"] == roles["n2"] == ["writer", "node"]
    assert roles["n3"] == ["node"] and roles[""] == ["root", "owner"]


def test_labels(mesh):
    a, b = mesh.nodes[:2]
    path = "/mesh/members/n2/labels/rack"
    assert a.ask("PUT", path, {"value": "a"}).code == 200
    assert member(a, "n2")["labels"] == {"rack": "a"}
    assert a.ask("PUT", path, {"value": "b"}).code == 200
    until(lambda: member(b, "n2")["labels"] == {"rack": "b"}, "n2 hears it")
    said(b.ask("PUT", path, {"value": "c"}), 403, "owner's key")
    said(a.ask("PUT", path, {}), 400, "has a value")
    said(a.ask("PUT", path, {"value": "x" * 4097}), 400, "too long")
    said(a.ask("PUT", "/mesh/members/n2/labels/a%3Db", {"value": "c"}), 400,
         "equals sign")
    said(a.ask("PUT", "/mesh/members/n7/labels/a", {"value": "c"}), 404,
         "no such member")
    assert a.ask("DELETE", path).code == 200
    assert member(a, "n2")["labels"] == {}
    said(a.ask("DELETE", path), 404, "no such label")
    # It comes back: a number above all that were said.
    assert a.ask("PUT", path, {"value": "d"}).code == 200
    assert member(a, "n2")["labels"] == {"rack": "d"}
    assert a.ask("DELETE", path).code == 200


def test_names(mesh):
    """A member is named by its id or its name; a name that two have by
    neither."""
    a = mesh.nodes[0]
    ids = {n["name"]: n["id"] for n in a.get("/mesh/nodes")["nodes"]}
    path = f"/mesh/members/{ids['n3']}/labels/name"
    told = said(a.ask("PUT", path, {"value": "n2"}), 409, "has this name")
    assert (told["member"], told["override"]) == (ids["n2"], "force")
    assert a.ask("PUT", path, {"value": "n3"}).code == 200
    assert a.ask("PUT", path + "?force", {"value": "n2"}).code == 200
    told = said(a.ask("PUT", "/mesh/members/n2/labels/x", {"value": "1"}), 409,
                "Several fit")
    assert set(told["candidates"]) == {ids["n2"], ids["n3"]}
    # An escaped slash is a letter of the name.
    assert a.ask("PUT", path, {"value": "a/b"}).code == 200
    assert a.ask("PUT", "/mesh/members/a%2Fb/labels/x",
                 {"value": "1"}).code == 200
    assert member(a, "a/b")["labels"] == {"name": "a/b", "x": "1"}
    assert a.ask("DELETE", "/mesh/members/a%2Fb/labels/x").code == 200
    assert a.ask("DELETE", path).code == 200
    assert member(a, "n3")["labels"] == {}


def test_overlays_with_a_slash(mesh):
    a = mesh.nodes[0]
    path = "/mesh/overlays/label:rack=a%2F1"
    assert a.ask("PUT", path, {"merge": {}}).code == 200
    assert list(a.get("/mesh/overlays")) == ["label:rack=a/1"]
    assert a.ask("DELETE", path + "?wait=applied").code == 200


def test_invites(mesh, folder):
    a, b = mesh.nodes[:2]
    answer = a.ask("POST", "/mesh/invites", {"role": "node", "uses": 3}).json
    assert (answer["role"], answer["uses"]) == ("node", 3)
    # Who has no owner's key lets nobody in by itself, and says so.
    assert not answer["pending"]
    assert len({len(answer["qr"]), *map(len, answer["qr"])}) == 1
    assert b.ask("POST", "/mesh/invites", {}).json["pending"]
    shown = a.get("/mesh/invites")["invites"]
    mine = [i for i in shown if i["uses"] == 3]
    assert len(mine) == 1 and mine[0]["used"] == 0 and "code" not in mine[0]
    assert a.ask("DELETE", f"/mesh/invites/{mine[0]['id']}").code == 200
    assert mine[0] not in a.get("/mesh/invites")["invites"]
    for wrong in (mine[0]["id"], "x", "0" * 16):
        said(a.ask("DELETE", f"/mesh/invites/{wrong}"), 404, "no such invit")
    said(a.ask("POST", "/mesh/invites", {"role": "king"}), 400, "role")
    for wrong in ({"uses": "2"}, {"expires_ms": "1h"}, {"expires_ms": None}):
        said(a.ask("POST", "/mesh/invites", wrong), 400, "must be a number")
    for wrong in ({"uses": 0}, {"uses": -1}, {"uses": 1.5},
                  {"expires_ms": 0}, {"expires_ms": 366 * 86400001}):
        said(a.ask("POST", "/mesh/invites", wrong), 400, "can be no such")
    said(a.ask("POST", "/mesh/invites", {"uses": 0}), 400, "one use")
    said(a.ask("POST", "/mesh/invites", {"uses": 1 << 40}), 400, "one use")
    with alone(folder, flags=["--peer", a.get("/mesh/id")["addrs"][0]]) as n:
        n.ready()
        said(n.ask("POST", "/mesh/join", {"code": answer["code"]}), 403, "")
    assert b.ask("GET", "/mesh/invites").code == 200


def test_pending(folder, pair):
    a, b = pair.nodes
    with alone(folder, flags=["--peer", a.get("/mesh/id")["addrs"][0]]) as n:
        n.ready()
        answer = n.ask("POST", "/mesh/join", {})
        assert answer.code == 202 and not answer.json["member"], answer
        asks = until(lambda: a.get("/mesh/pending")["pending"], "n9 waits")
        assert [(p["name"], p["id"]) for p in asks] == [("n9", n.id)]
        said(a.ask("POST", "/mesh/pending/n8", {"role": "node"}), 404,
             "waits to be let in")
        said(a.ask("POST", "/mesh/pending/n9", {"role": "king"}), 400, "role")
        assert a.ask("DELETE", "/mesh/pending/n9").code == 200
        assert a.get("/mesh/pending")["pending"] == []
        # It waits with a place in the mesh and no role; it may ask again.
        told = n.get("/mesh/status")
        assert told["mode"] == "mesh" and not told["mesh"]["member"]
        said(change(n, 299), 409, "has to approve")
        assert n.ask("POST", "/mesh/join", {}).code == 202
        until(lambda: a.get("/mesh/pending")["pending"], "n9 asks again")
        assert a.ask("POST", f"/mesh/pending/{n.id}",
                     {"role": "writer"}).code == 200
        assert a.get("/mesh/pending")["pending"] == []
        until(lambda: n.get("/mesh/status")["mesh"]["member"], "n9 hears it")
        said(n.ask("POST", "/mesh/join", {}), 409, "in a mesh already")
        for node in (a, b, n):
            until(lambda node=node: synced(node) == 3, "n9 runs it", 30)
        until(lambda: change(n, 299, "?wait=applied").code == 200,
              "n9 has heard of the others", 20)
        until(lambda: current(b) == current(n), "n2 has it")


def test_settings(mesh):
    a, b = mesh.nodes[:2]
    path = "/mesh/settings/require-if-match"
    said(b.ask("PUT", path, {"value": "true"}), 403, "owner's key")
    said(a.ask("PUT", path, {"value": "maybe"}), 400, "true")
    said(a.ask("PUT", path, {}), 400, "has a value")
    # Those of a daemon, which may name programs, are none of a mesh.
    for name in ("colour", "scratch-unit", "policy", "unit"):
        said(a.ask("PUT", f"/mesh/settings/{name}", {"value": "red"}), 404,
             "no such setting")
    assert a.ask("PUT", path, {"value": "true"}).code == 200
    assert a.get("/mesh/settings") == {"settings": {
        "require-if-match": "true"}}
    assert change(a, 201).code == 428
    tag = a.ask("GET", "/config").headers["etag"]
    assert change(a, 201, "?wait=applied", {"If-Match": tag}).code == 200
    assert change(a, 202, "", {"If-Match": tag}).code == 412
    assert a.ask("PUT", path, {"value": ""}).code == 200
    assert a.get("/mesh/settings") == {"settings": {}}
    assert change(a, 203, "?wait=applied").code == 200
    longest = "/mesh/settings/max-deadline-ms"
    said(a.ask("PUT", longest, {"value": "soon"}), 400, "milliseconds")
    assert a.ask("PUT", longest, {"value": "60000"}).code == 200
    said(change(a, 204, "?trial=2m"), 400, "deadline")
    assert a.ask("PUT", longest, {"value": ""}).code == 200


def test_revisions(mesh):
    a, c = mesh.nodes[0], mesh.nodes[2]
    before = current(a)
    assert a.ask("PUT", "/config/settings?wait=applied",
                 {"listen_threads": 2},
                 {"X-Message": "two threads"}).code == 200
    assert change(a, 210, "?wait=applied").code == 200
    last = current(a)
    shown = a.get("/mesh/revisions")["revisions"]
    assert shown[0]["revision"] == last and shown[0]["current"]
    assert shown[-1]["number"] == 1
    assert [r["number"] for r in shown] == list(range(len(shown), 0, -1))
    assert len(a.get("/mesh/revisions?limit=2")["revisions"]) == 2
    said(a.ask("GET", "/mesh/revisions?limit=x"), 400, "limit")
    for path in ("/config/settings", "/settings", "/base/settings",
                 "/settings/listen_threads"):
        told = a.get(f"/mesh/revisions?path={path}")
        assert told["unread"] == 0
        assert [r["message"] for r in told["revisions"]] == ["two threads"]
    said(a.ask("GET", "/mesh/revisions?path=settings~"), 400, "pointer")
    two = a.get("/mesh/revisions?path=/settings")["revisions"][0]
    for name in (two["revision"], f"r{two['number']}", two["id"][:8],
                 two["id"]):
        assert a.get(f"/mesh/revisions/{name}") == two
    assert a.get("/mesh/revisions/current")["revision"] == last
    said(a.ask("GET", "/mesh/revisions/r999"), 404, "no such revision")
    said(a.ask("GET", "/mesh/revisions/soup"), 400, "no revision")
    said(a.ask("GET", f"/mesh/revisions/{two['id'][:7]}"), 400, "no revision")
    diff = a.get(f"/mesh/revisions/{two['revision']}/diff")
    assert diff["changes"] == ['+ /base/settings: {"listen_threads":2}']
    assert diff["from"] == before
    diff = a.get(f"/mesh/revisions/{before}/diff?from={last}")
    assert '- /base/settings: {"listen_threads":2}' in diff["changes"]
    said(a.ask("GET", f"/mesh/revisions/{last}/diff?from=r998"), 404, "no such")
    assert a.get("/mesh/revisions/r1/diff")["changes"]
    document = c.get(f"/mesh/revisions/{last}/document")
    assert document["base"]["settings"] == {"listen_threads": 2}
    assert "settings" not in c.get(
        f"/mesh/revisions/{before}/document")["base"]


def test_what_comes_of_it_on_a_node(mesh):
    a = mesh.nodes[0]
    assert a.ask("PUT", "/mesh/overlays/node:n2?wait=applied", {
        "merge": {"settings": {"listen_threads": 7}}}).code == 200
    path = "/mesh/revisions/current/document?effective"
    assert a.get(path + "&node=n2")["settings"] == {"listen_threads": 7}
    assert a.get(path + "&node=n3").get("settings") == a.get(
        "/config").get("settings") == a.get(path).get("settings")
    said(a.ask("GET", path + "&node=n8"), 404, "no such member")
    said(a.ask("GET", "/mesh/revisions/current/document?node=n2"), 400,
         "effective")
    # The same by Unit's own path.
    assert a.get("/config?effective&node=n2")["settings"] == {
        "listen_threads": 7}
    assert a.get("/config/settings/listen_threads?effective&node=n2") == 7
    said(a.ask("GET", "/config/settings/x?effective&node=n2"), 404, "exist")
    said(a.ask("GET", "/config?effective&node=n8"), 404, "no such member")
    said(a.ask("GET", "/config?node=n2"), 400, "effective")
    assert a.ask("DELETE", "/mesh/overlays/node:n2?wait=applied").code == 200


def test_rollback(mesh):
    a, b, c = mesh.nodes
    assert change(a, 220, "?wait=applied").code == 200
    old = current(a)
    assert change(a, 221, "?wait=applied").code == 200
    answer = b.ask("POST", f"/mesh/revisions/{old}/rollback?wait=applied",
                   {"message": "221 was wrong"})
    assert answer.code == 200 and answer.json["missing"] == [], answer
    assert answer.json["revision"] == current(b)
    assert a.get("/config/routes") == routes(220)
    assert a.get("/mesh/revisions/current")["message"] == "221 was wrong"
    assert b.ask("POST", f"/mesh/revisions/{old}/rollback").code == 200
    assert b.get("/mesh/revisions/current")["message"] == f"back to {old}"
    said(c.ask("POST", f"/mesh/revisions/{old}/rollback"), 403, "not write")
    told = said(a.ask("POST", "/mesh/revisions/r1/rollback"), 409, "half")
    assert told["override"] == "force"
    assert a.ask("POST",
                 "/mesh/revisions/r1/rollback?force&wait=applied").code == 200


def test_trial(mesh):
    a, b = mesh.nodes[:2]
    assert change(a, 230, "?wait=applied").code == 200
    assert change(a, 231, "?trial=10m&wait=applied").code == 200
    rev = current(a)
    told = a.get(f"/mesh/revisions/{rev}")
    assert told["state"] == "open" and told["policy"] == "trial"
    assert told["ends_ms"] - told["wall_ms"] == 600000
    assert said(change(a, 232), 409, "on its way")["override"] == "supersede"
    until(lambda: current(b) == rev, "n2 has it")
    assert b.ask("POST", f"/mesh/revisions/{rev}/confirm",
                 {"message": "good"}).code == 200
    assert b.get(f"/mesh/revisions/{rev}")["state"] == "established"
    said(b.ask("POST", f"/mesh/revisions/{rev}/confirm"), 409, "holds already")
    said(b.ask("POST", f"/mesh/revisions/{rev}/abort"), 409, "holds already")
    until(lambda: a.get(f"/mesh/revisions/{rev}")["state"] == "established",
          "n1 hears it")
    # Another one is aborted, and what ran before runs again.
    assert change(a, 233, "?trial&wait=applied").code == 200
    bad = current(a)
    assert a.ask("POST", f"/mesh/revisions/{bad}/abort",
                 {"message": "bad"}).code == 200
    assert a.get(f"/mesh/revisions/{bad}")["state"] == "ended"
    assert current(a) == rev
    said(a.ask("POST", f"/mesh/revisions/{bad}/confirm"), 409, "ended")
    for node in mesh.nodes:
        until(lambda node=node: runs(node, node.name) == rev, "all are back")


def test_a_trial_ends_by_itself(mesh):
    a = mesh.nodes[0]
    rev = current(a)
    assert change(a, 234, "?trial=1s&no-wait").code == 200
    until(lambda: current(a) == rev, "nobody confirms it")
    for node in mesh.nodes:
        until(lambda node=node: runs(node, node.name) == rev, "all are back")


def test_staged(mesh):
    a, b, c = mesh.nodes
    path = "/mesh/members/n3/labels/canary"
    assert a.ask("PUT", path, {"value": "yes"}).code == 200
    until(lambda: synced(a) == 3, "all are ready")
    answer = change(a, 240,
                    "?staged=label:canary=yes&soak=10m&wait=applied")
    assert answer.code == 200, answer
    rev = answer.json["revision"]
    assert runs(c, "n3") == rev and answer.json["missing"] == []
    assert runs(a, "n1") != rev and runs(b, "n2") != rev
    said(a.ask("POST", f"/mesh/revisions/{rev}/open", {"nodes": []}), 400,
         "nodes")
    said(a.ask("POST", f"/mesh/revisions/{rev}/open", {"nodes": ["n7"]}), 404,
         "no such member")
    answer = a.ask("POST", f"/mesh/revisions/{rev}/open?wait=applied",
                   {"nodes": ["n1"]})
    assert answer.code == 200 and runs(a, "n1") == rev, answer
    until(lambda: b.ask("POST", f"/mesh/revisions/{rev}/resume").code == 200,
          "n2 drives it")
    assert runs(b, "n2") != rev
    assert b.ask("POST", f"/mesh/revisions/{rev}/confirm?wait=applied",
                 {}).code == 200
    assert runs(b, "n2") == rev
    said(b.ask("POST", f"/mesh/revisions/{rev}/resume"), 409, "holds already")
    assert a.ask("DELETE", path).code == 200
    mesh.settle()


@pytest.mark.parametrize("batch,size", [("", 1), ("1", 1), ("2", 2), ("9", 3),
                                        ("34%25", 2), ("100%25", 3),
                                        ("all", 3)])
def test_the_first_batch(mesh, batch, size):
    a = mesh.nodes[0]
    mesh.settle()
    rev = current(a)
    assert change(a, 250, f"?staged={batch}&soak=10m&wait=applied").code == 200
    staged = current(a)
    told = a.get("/mesh/nodes")["nodes"]
    assert [n.get("runs") for n in told].count(staged) == size
    assert a.ask("POST", f"/mesh/revisions/{staged}/abort").code == 200
    until(lambda: current(a) == rev, "it is over")
    for node in mesh.nodes:
        until(lambda node=node: runs(node, node.name) == rev, "all are back")


def test_wrong_manners(mesh):
    a = mesh.nodes[0]
    for query in ("staged=0", "staged=101%25", "staged=rack", "staged=-1",
                  "staged=label:rack", "trial=soon", "staged&soak=x",
                  "staged&budget=many", "deadline=&trial=1x", "trial&staged",
                  "wait=forever", "wait=applied&timeout=x"):
        said(change(a, 260, f"?{query}"), 400, "")
    # Who forgets the one word does not have it everywhere at once.
    for query in ("soak=1s", "budget=1", "trial&soak=1s"):
        said(change(a, 260, f"?{query}"), 400, "staged asks for")
    said(change(a, 260, "?deadline=5m"), 400, "trial ask for")
    said(change(a, 260, "?staged=label:rack=nowhere"), 409, "ready")
    assert a.get("/config/routes") != routes(260)


def test_rollout_confirms_itself(mesh):
    a = mesh.nodes[0]
    assert change(a, 270, "?staged&soak=100ms").code == 200
    rev = current(a)
    until(lambda: a.get(f"/mesh/revisions/{rev}")["state"] == "established",
          "all do well", 60)
    mesh.settle()
    assert {n["runs"] for n in a.get("/mesh/nodes")["nodes"]} == {rev}


def test_waiting(folder):
    """Who is missing is told: who refuses, who is slow, who is silent."""
    with Standin(folder) as unit:
        with Mesh(folder, ("writer", "writer"),
                  units={"n2": unit.target}) as m:
            a, b, c = m.nodes
            answer = change(a, 280, "?wait=healthy&timeout=50s")
            assert answer.code == 200, answer
            assert answer.json["waited"] == "healthy"
            assert answer.json["missing"] == answer.json["silent"] == []
            # n2's Unit does not answer.
            unit.tell("fault mute")
            answer = change(a, 281, "?wait=applied&timeout=2s")
            assert answer.code == 202, answer
            assert [(n["name"], n["state"]) for n in
                    answer.json["missing"]] == [("n2", "behind")]
            assert runs(a, "n3") == answer.json["revision"]
            unit.tell("fault none")
            until(lambda: synced(a) == 3, "n2 is back", 60)
            # n2's Unit refuses the next one.
            unit.tell("fault refuse-listener=*:8081")
            answer = a.ask("PUT", "/config?wait=applied", config("x", 8081))
            assert answer.code == 202, answer
            assert [(n["name"], n["state"]) for n in
                    answer.json["missing"]] == [("n2", "refused")]
            # If it is one's own Unit, nobody hears of it.
            unit.tell("fault none")
            assert change(a, 283, "?wait=applied").code == 200
            mesh_rev = current(b)
            unit.tell("fault refuse-listener=*:8082")
            said(b.ask("PUT", "/config?wait=applied", config("x", 8082)), 400,
                 "Unit refuses")
            assert current(b) == mesh_rev
            unit.tell("fault none")
            # n3 is not there.
            m.stop(2)
            until(lambda: [n["state"] for n in a.get("/mesh/nodes")["nodes"]
                           if n["name"] == "n3"] == ["stale"], "n3 is gone",
                  40)
            answer = change(a, 282, "?wait=applied")
            assert answer.code == 200, answer
            assert [n["name"] for n in answer.json["silent"]] == ["n3"]
            m.start(2)
            m.settle()
            assert c.name == "n3" and b.name == "n2"


def test_idempotency_key(pair):
    a, b = pair.nodes
    key = {"Idempotency-Key": "once-and-for-all"}
    first = change(a, 290, "", key)
    assert first.code == 200
    n = a.get("/mesh/status")["mesh"]["revisions"]
    assert change(a, 291, "?wait=applied").code == 200
    again = change(a, 290, "", key)
    assert (again.code, again.body) == (200, first.body)
    assert again.headers["x-revision"] == first.headers["x-revision"]
    assert again.headers["etag"] == first.headers["etag"]
    assert a.get("/mesh/status")["mesh"]["revisions"] == n + 1
    assert a.get("/config/routes") == routes(291)
    said(change(a, 292, "", key), 422, "another request")
    said(change(a, 290, "?trial", key), 422, "another request")
    # It is on the disk with the change.
    pair.stop(0)
    a = pair.start(0)
    again = change(a, 290, "", key)
    assert again.headers["x-revision"] == first.headers["x-revision"]
    assert a.get("/mesh/status")["mesh"]["revisions"] == n + 1
    # Of another node it is another key, and over TCP another client.
    pair.settle()
    assert change(b, 293, "?wait=applied", key).code == 200
    token = (a.state / "rest.token").read_text().strip()
    answer = fetch(f"http://{a.bind}:4902/config/routes", "PUT",
                   ["Idempotency-Key: once-and-for-all",
                    f"Authorization: Bearer {token}"],
                   json.dumps(routes(294)).encode())
    assert answer.code == 200, answer
    # A refused one is not kept.
    key = {"Idempotency-Key": "second"}
    assert a.ask("PUT", "/config/routes", b"[", key).code == 400
    assert change(a, 295, "", key).code == 200


def test_roles(folder):
    with Mesh(folder, ("node",)) as m:
        a, b = m.nodes
        path = "/mesh/members/n2/role"
        said(change(b, 300), 403, "not write")
        said(b.ask("PUT", path, {"role": "writer"}), 403, "owner's key")
        said(a.ask("PUT", path, {"role": "king"}), 400, "role")
        said(a.ask("PUT", path, {}), 400, "role")
        assert a.ask("PUT", path, {"role": "node"}).json["success"] == \
            "It has this role."
        assert a.ask("PUT", path, {"role": "writer"}).code == 200
        until(lambda: "writer" in member(b, "n2")["roles"], "n2 hears it")
        assert change(b, 301, "?wait=applied").code == 200
        until(lambda: current(a) == current(b), "n1 has it")
        # What it wrote stays when it writes no more.
        dry = a.ask("PUT", path + "?dry-run", {"role": "node"}).json
        assert dry["roles_after"] == ["node"] and dry["falls"] == []
        assert "writer" in member(a, "n2")["roles"]
        [warning] = dry["warnings"]
        assert "for ever" in warning and "members rotate" in warning
        answer = a.ask("PUT", path, {"role": "node"})
        assert answer.code == 200 and answer.json["warnings"] == [warning]
        until(lambda: "writer" not in member(b, "n2")["roles"], "n2 hears it")
        said(change(b, 302), 403, "not write")
        assert a.get("/config/routes") == routes(301)
        told = said(a.ask("PUT", path, {"role": "writer"}), 409,
                    "does not come back")
        assert "members rotate" in told["detail"], told
        # What is said to do then does it.
        answer = b.ask("POST", "/mesh/rotate", {})
        assert answer.code == 202, answer
        new = answer.json["next"]
        answer = a.ask("POST", "/mesh/members/n2/replace", {"by": new})
        assert answer.code == 200 and "warnings" not in answer.json, answer
        until(lambda: b.get("/mesh/id")["id"] == new, "n2 has its next key")
        until(lambda: synced(a) == 2, "and is in step")
        assert a.ask("PUT", path, {"role": "writer"}).code == 200
        until(lambda: "writer" in member(b, "n2")["roles"], "n2 hears it")
        assert change(b, 303, "?wait=applied").code == 200
        # Of who goes altogether something else is said.
        answer = a.ask("DELETE", "/mesh/members/n2", {})
        assert "remove node.key" in answer.json["warnings"][0], answer


def test_removal(folder):
    with Mesh(folder, ("writer", "writer")) as m:
        a, b, c = m.nodes
        assert change(a, 310, "?wait=applied").code == 200
        kept = current(a)
        assert b.ask("PUT", "/config/settings?wait=applied",
                     {"listen_threads": 3}).code == 200
        theirs = current(b)
        assert change(c, 311, "?wait=applied").code == 200
        built = current(c)
        for node in m.nodes:
            until(lambda node=node: current(node) == built, "all have it")
        path = "/mesh/members/n2"
        dry = a.ask("DELETE", path + "?dry-run").json
        assert dry["falls"] == dry["built_upon"] == []
        assert dry["roles_after"] == [] and dry["current"] == built
        # Kept at an older head, its revision falls; the child that somebody
        # honest made stays, and is shown.
        dry = c.ask("DELETE", path + "?dry-run", {"keep": [kept]}).json
        assert [r["revision"] for r in dry["falls"]] == [theirs]
        assert [r["revision"] for r in dry["built_upon"]] == [built]
        said(c.ask("DELETE", path), 403, "owner's key")
        said(a.ask("DELETE", path, {"keep": "r1"}), 400, "keep")
        said(a.ask("DELETE", path, {"keep": ["r77"]}), 404, "no such revision")
        said(a.ask("DELETE", "/mesh/members/n5"), 404, "no such member")
        owner = next(k["id"] for k in a.get("/mesh/members")["members"]
                     if "owner" in k["roles"])
        said(a.ask("DELETE", f"/mesh/members/{owner}"), 403, "level")
        assert said(a.ask("DELETE", "/mesh/members/n1"), 409,
                    "this node")["override"] == "force"
        assert member(a, "n2")["roles"] == ["writer", "node"]
        answer = a.ask("DELETE", path, {"message": "sold"})
        assert answer.code == 200 and answer.json["member"] == b.id, answer
        for node in (a, c):
            until(lambda node=node: "n2" not in {
                k["name"] for k in node.get("/mesh/members")["members"]},
                "it is no member")
        assert a.get("/config/settings") == {"listen_threads": 3}
        assert a.get(f"/mesh/revisions/{theirs}")["state"] == "established"
        said(a.ask("DELETE", path), 404, "no such member")


def test_removal_of_what_it_wrote(folder):
    with Mesh(folder, ("writer",)) as m:
        a, b = m.nodes
        assert change(a, 320, "?wait=applied").code == 200
        kept = current(a)
        assert change(b, 321, "?wait=applied").code == 200
        until(lambda: current(a) == current(b), "n1 has it")
        theirs = current(a)
        assert a.ask("DELETE", "/mesh/members/n2",
                     {"keep": [kept]}).code == 200
        until(lambda: current(a) == kept, "it fell")
        assert a.get(f"/mesh/revisions/{theirs}")["state"] == "void"
        until(lambda: runs(a, "n1") == kept, "and Unit is back")
        # Nobody is left beside n1: without it nobody could write.
        assert said(a.ask("PUT", "/mesh/members/n1/role", {"role": "node"}),
                    409, "last writer")["override"] == "force"


def part(m):
    """Two nodes change the same place and do not know of each other."""
    m.stop(1)
    assert change(m.nodes[0], 401, "?alone").code == 200
    m.stop(0)
    b = m.start(1)
    assert change(b, 402, "?alone").code == 200
    assert change(b, 403, "?alone").code == 200
    a = m.start(0)
    for node in (a, b):
        until(lambda node=node: len(
            node.get("/mesh/conflicts")["conflicts"]) == 1, "a conflict", 30)
    mine = a.get("/mesh/conflicts")["conflicts"][0]
    return a, b, mine["revision"]


@pytest.mark.parametrize("verb,status", [("take", 401), ("drop", 403),
                                         ("edit", 404)])
def test_conflicts(pair, verb, status):
    a, b, rev = part(pair)
    told = a.get("/mesh/conflicts")
    assert told["unlisted"] == 0
    assert told["conflicts"][0]["state"] == "established"
    number = told["conflicts"][0]["number"]
    same = [r["revision"] for r in a.get("/mesh/revisions")["revisions"]
            if r["number"] == number]
    candidates = said(a.ask("GET", f"/mesh/revisions/r{number}"), 409,
                      "Several fit")["candidates"]
    assert sorted(candidates) == sorted(same) and rev in same
    said(a.ask("POST", f"/mesh/conflicts/{current(a)}/{verb}",
               {"base": {}} if verb == "edit" else {}), 409, "")
    body = {"message": "it is settled"}
    if verb == "edit":
        # Where Unit's configuration alone is sent, it is said where it stands.
        for bare in ({"bose": {}}, {"listeners": {}, "routes": []}):
            told = said(a.ask("POST", f"/mesh/conflicts/{rev}/edit", bare),
                        400, '{"base": {"listeners": {}, "routes": []}}')
            assert "config show" in told["detail"], told
        told = said(a.ask("POST", f"/mesh/conflicts/{rev}/edit",
                          {"base": {}, "overlay": {}}), 400, "no such part")
        assert told["location"] == {"path": "/overlay", "of": "document"}
        said(a.ask("POST", f"/mesh/conflicts/{rev}/edit",
                   {"base": {"routes": routes(4040)}}), 400, "4040"[:0])
        body = a.get("/mesh/revisions/current/document")
        body["base"]["routes"] = routes(404)
    answer = a.ask("POST", f"/mesh/conflicts/{rev}/{verb}?wait=applied", body)
    assert answer.code == 200 and answer.json["missing"] == [], answer
    assert len(a.get("/mesh/revisions/current")["parents"]) == 2
    for node in (a, b):
        until(lambda node=node: node.get("/mesh/conflicts")["conflicts"] == [],
              "it is over")
        assert node.get("/config/routes") == routes(status)
    said(a.ask("POST", f"/mesh/conflicts/{rev}/{verb}", body), 409,
         "not among the conflicts")


def test_a_second_join_keeps_the_place(folder, pair):
    """Where a node waits to be approved it waits on, until somebody else has
    given an answer."""
    a, b = pair.nodes
    peer = a.get("/mesh/id")["addrs"][0]

    def waits(n):
        told = n.get("/mesh/status")
        return told["mode"] == "mesh" and not told["mesh"]["member"]

    used = code(a)
    with alone(folder, "n8", flags=["--peer", peer]) as n8:
        n8.ready()
        join(n8, used)
    with alone(folder, flags=["--peer", peer]) as n, \
            futures.ThreadPoolExecutor(1) as pool:
        n.ready()
        assert n.ask("POST", "/mesh/join", {}).code == 202
        # Who answers that the code is used up gives it no place.
        said(n.ask("POST", "/mesh/join", {"code": used, "peer": peer}), 403,
             "waits on to be approved")
        assert waits(n)
        # Slips give it up as little.
        said(n.ask("POST", "/mesh/join", {"code": used[:-1]}), 400, "code")
        said(n.ask("POST", "/mesh/init", {"certificates": {"a": 5}}), 400,
             "certificates")
        assert waits(n)
        # Nobody is there.
        nobody = f"/ip4/{loopback()}/tcp/4901"
        asked = pool.submit(n.ask, "POST", "/mesh/join", {"peer": nobody})
        n.wait_text("cannot reach " + nobody)
        assert waits(n) and not asked.done()
        said(n.ask("POST", "/mesh/join", {}), 409, "asking")
        assert a.ask("POST", f"/mesh/pending/{n.id}",
                     {"role": "node"}).code == 200
        until(lambda: not waits(n), "it is let in where it waited")
        said(n.ask("POST", "/mesh/join", {}), 409, "in a mesh already")
        until(lambda: synced(n) >= 3, "and runs what the others run", 30)
        n.stop()
        asked.exception()
    with alone(folder, "n7", flags=["--peer", peer]) as n, \
            Mesh(folder / "other", ()) as m:
        n.ready()
        assert n.ask("POST", "/mesh/join", {}).code == 202
        # An answer of another mesh takes it there.
        join_at = m.nodes[0].get("/mesh/id")["addrs"][0]
        told = n.ask("POST", "/mesh/join",
                     {"code": code(m.nodes[0]), "peer": join_at})
        assert told.code == 200 and told.json["member"], told
        assert told.json["mesh"] == m.nodes[0].get("/mesh/status")["mesh"]["id"]


def test_copies(folder):
    with Mesh(folder, ("writer",)) as m:
        a, b = m.nodes
        shown = b.get("/mesh/copies")["copies"]
        assert [(c["copy"], c["why"]) for c in shown] == [(1, "join")]
        assert b.get("/mesh/copies/1")["listeners"] == {}
        for wrong in ("2", "0", "x", "-1"):
            said(b.ask("GET", f"/mesh/copies/{wrong}"), 404, "no such copy")
        assert change(a, 330, "?wait=applied").code == 200
        by_hand = config("by hand")
        b.put_config(by_hand)
        # The next revision overwrites it, and keeps a copy, whether it was seen
        # by then or is a moment old.
        assert change(a, 331, "?wait=applied&timeout=50s").code == 200
        shown = until(lambda: [c for c in b.get("/mesh/copies")["copies"]
                               if c["why"] == "drift"], "a copy is kept")
        assert b.get(f"/mesh/copies/{shown[0]['copy']}") == by_hand


def test_heal(folder):
    with Mesh(folder, ("writer",)) as m:
        a, b = m.nodes
        assert change(a, 330, "?wait=applied").code == 200
        said(b.ask("POST", "/mesh/heal"), 409, "nothing was changed by hand")
        was = json.loads(b.config())
        b.put_config(config("by hand"))
        until(lambda: {n["name"]: n["state"] for n in
                       b.get("/mesh/nodes")["nodes"]}[b.name] == "drift",
              "it is seen")
        said(b.ask("POST", "/mesh/heal?dry-run"), 400, "dry-run")
        done = b.ask("POST", "/mesh/heal")
        assert done.code == 200, done
        assert done.json["revision"] == \
            a.get("/mesh/status")["mesh"]["current"]
        until(lambda: json.loads(b.config()) == was, "it is as it was")
        until(lambda: synced(a) == 2, "and all run the same")
        shown = [c for c in b.get("/mesh/copies")["copies"]
                 if c["why"] == "drift"]
        assert b.get(f"/mesh/copies/{shown[0]['copy']}") == config("by hand")
        said(b.ask("POST", "/mesh/heal"), 409, "nothing was changed by hand")


def envelopes(node):
    """The statements that a node has on its disk."""
    base = sqlite3.connect(f"file:{node.state}/mesh.db?mode=ro", uri=True)
    with contextlib.closing(base):
        names = [r[1] for r in base.execute("pragma table_info(items)")]
        column = "envelope" if "envelope" in names else "bytes"
        return {bytes(r[0]) for r in base.execute(
            f"select {column} from items where kind = 3")}


def test_statements(folder, pair):
    a, b = pair.nodes
    pair.stop(1)
    pair.stop(0)
    before = envelopes(a)
    a = pair.start(0)
    assert a.ask("PUT", "/mesh/members/n2/labels/rack",
                 {"value": "x"}).code == 200
    pair.stop(0)
    [word] = envelopes(a) - before
    b = pair.start(1)
    for wrong in (b"", b"soup", word[:-1], word + b"x",
                  word[:-1] + bytes([word[-1] ^ 1])):
        said(b.ask("POST", "/mesh/statements", wrong), 400, "signed statement")
    answer = b.ask("POST", "/mesh/statements", word)
    assert answer.code == 200 and answer.json["new"] is True, answer
    assert member(b, "n2")["labels"] == {"rack": "x"}
    answer = b.ask("POST", "/mesh/statements", word)
    assert answer.code == 200 and answer.json["new"] is False, answer
    with alone(folder) as other:
        other.ready()
        assert other.ask("POST", "/mesh/init").code == 200
        said(other.ask("POST", "/mesh/statements", word), 403, "another mesh")


class Events:
    """A stream of events."""

    def __init__(self, node, query="", last=None):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(node.control))
        field = f"Last-Event-ID: {last}\r\n" if last is not None else ""
        self.sock.sendall((f"GET /mesh/events{query} HTTP/1.1\r\nHost: x\r\n"
                           f"{field}\r\n").encode())
        self.file = self.sock.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.fields = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(": ", 1)
            self.fields[name.lower()] = value
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.file.close()
        self.sock.close()

    def more(self):
        """One chunk; False: the stream ended."""
        size = int(self.file.readline() or b"0", 16)
        self.text += self.file.read(size)
        self.file.readline()
        return size > 0

    def next(self):
        """The next event with its fields; None: the stream ended."""
        while b"\n\n" not in self.text:
            if not self.more():
                return None
        block, _, self.text = self.text.partition(b"\n\n")
        if block.startswith(b":"):
            return self.next()
        event = dict(line.split(": ", 1) for line in
                     block.decode().split("\n"))
        event["data"] = json.loads(event["data"])
        assert event["data"]["event"] == event["event"]
        return event

    def until(self, name):
        """All up to the first of a name."""
        got = [self.next()]
        while got[-1]["event"] != name:
            got.append(self.next())
        return got


def test_events(pair):
    a = pair.nodes[0]
    with Events(a) as live:
        assert live.status == 200
        assert live.fields["content-type"] == "text/event-stream"
        assert change(a, 340).code == 200
        got = live.until("applied")
        rev = current(a)
        assert [e["event"] for e in got] == ["current", "applied"]
        assert {e["data"]["about"] for e in got} == {rev}
        assert rev in got[0]["data"]["text"]
        numbers = [int(e["id"]) for e in got]
        assert numbers == [got[0]["data"]["number"],
                           got[0]["data"]["number"] + 1]
        # Two listeners hear the same.
        with Events(a, last=numbers[0]) as late:
            assert late.next() == got[1]
            assert change(a, 341).code == 200
            assert late.until("applied") == live.until("applied")
    # Somebody who was away goes on behind what he had.
    with Events(a, f"?since={numbers[1]}") as back:
        assert [e["event"] for e in back.until("applied")] == [
            "current", "applied"]
    # What is not kept is missed, and said so.
    for number in (1, numbers[1] + 1000000):
        with Events(a, last=number) as lost:
            assert lost.next()["event"] == "missed"
            assert lost.next()["data"]["number"] <= numbers[0]
    with Events(a, last="soup") as wrong:
        assert wrong.status == 400
    # A member was let in; numbers go on over a start.
    pair.stop(0)
    a = pair.start(0)
    with Events(a, last=numbers[0]) as later:
        assert later.next()["event"] == "missed"
        assert change(a, 342, "?alone").code == 200
        assert int(later.until("applied")[-1]["id"]) > numbers[1]
        pair.stop(0)
        while later.next():
            pass
    pair.start(0)


def test_too_many_listen(pair):
    a = pair.nodes[0]
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            assert stack.enter_context(Events(a)).status == 200
        with Events(a) as more:
            assert more.status == 503
        assert a.ask("GET", "/mesh/id").code == 200
    # They are gone; that shows when there is something to say.
    assert change(a, 350).code == 200

    def again():
        with Events(a) as one:
            return one.status == 200

    until(again, "there is room again")


def test_leave(folder):
    with Mesh(folder, ("writer", "node")) as m:
        a, b, c = m.nodes
        assert change(a, 360, "?wait=applied").code == 200
        old = c.config()
        said(c.ask("POST", "/mesh/leave", b"x"), 400, "JSON")
        with Events(c) as stream:
            answer = c.ask("POST", "/mesh/leave", {"purge": True})
            assert answer.code == 200 and answer.json["purged"], answer
            assert stream.status == 200
        assert c.get("/mesh/status")["mode"] == "alone"
        assert c.config() == old  # Unit runs on
        assert not list(c.state.glob("mesh.db*"))
        said(c.ask("GET", "/mesh/nodes"), 409, "in no mesh")
        # It may come back, and others may go without losing what they had.
        join(c, code(a, role="node"))
        until(lambda: synced(a) == 3, "n3 is back", 30)
        answer = b.ask("POST", "/mesh/leave")
        assert answer.code == 200 and not answer.json["purged"], answer
        assert [p.name for p in b.state.glob("mesh.db*")] == ["mesh.db.left"]
        # Nor is the last one out by a slip, as long as somebody stays.
        assert a.get("/mesh/status")["mesh"]["last_owner"]
        for body in ({}, {"purge": True}):
            answer = said(a.ask("POST", "/mesh/leave", body), 409,
                          "let members in or remove them")
            assert answer["override"] == "force"
            assert "unitmesh members role MEMBER owner" in answer["detail"]
        assert a.get("/mesh/status")["mode"] == "mesh"
        member = c.get("/mesh/id")["id"]
        assert a.ask("PUT", f"/mesh/members/{member}/role",
                     {"role": "owner"}).code == 200
        until(lambda: c.get("/mesh/status")["mesh"]["owner_key"],
              "n3 is an owner")
        assert not a.get("/mesh/status")["mesh"]["last_owner"]
        assert not c.get("/mesh/status")["mesh"]["last_owner"]
        # An owner's key is not lost by a slip.
        assert said(a.ask("POST", "/mesh/leave", {"purge": True}), 409,
                    "owner's key")["override"] == "force"
        assert a.get("/mesh/status")["mode"] == "mesh"
        assert a.ask("POST", "/mesh/leave?force", {"purge": True}).code == 200
        assert not (a.state / "owner.key").exists()
        assert a.ask("POST", "/mesh/init").code == 200
        assert (a.state / "owner.key").exists()


def test_an_owner_of_another_mesh(folder, pair):
    """A key that was left over says nothing, and lets nobody in."""
    a = pair.nodes[0]
    known = ["--peer", a.get("/mesh/id")["addrs"][0]]
    with alone(folder, flags=known) as b, \
            alone(folder, "n8", flags=known) as c:
        b.ready()
        assert b.ask("POST", "/mesh/init").code == 200
        assert b.ask("POST", "/mesh/leave").code == 200
        assert (b.state / "owner.key").exists()
        join(b, code(a, role="writer"))
        assert b.get("/mesh/status")["mesh"]["owner_key"] is False
        member = a.get("/mesh/id")["id"]  # its name comes with its row, later
        said(b.ask("PUT", f"/mesh/members/{member}/labels/x", {"value": "y"}),
             403, "no owner's")
        c.ready()
        answer = c.ask("POST", "/mesh/join", {
            "code": code(b), "peer": b.get("/mesh/id")["addrs"][0]})
        assert answer.code == 202 and not answer.json["member"], answer
        until(lambda: b.get("/mesh/pending")["pending"], "it waits")


def test_leave_while_others_wait(pair):
    """A request that waits is answered when its node goes."""
    a, b = pair.nodes
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        pair.stop(1)
        body = json.dumps(routes(370)).encode()
        sock.settimeout(20)
        sock.connect(str(a.control))
        sock.sendall(b"PUT /config/routes?alone&wait=healthy&timeout=60s "
                     b"HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" %
                     len(body) + body)
        until(lambda: a.get("/config/routes") == routes(370) and
              runs(a, "n1") == current(a), "it is made, and runs here")
        assert a.ask("POST", "/mesh/leave?force").code == 200
        assert sock.recv(12) == b"HTTP/1.1 503"
    assert b.name == "n2"
