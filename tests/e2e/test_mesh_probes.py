# SPDX-License-Identifier: MIT OR Apache-2.0
"""Probes of a document: what nodes ask their own listeners, and what becomes of
a change after which these do badly. Real daemons whose Units are embedded and
answer on ports; intervals of probes are a fifth of what is written."""

import contextlib
import http.server
import json
import ssl
import threading

from crew import Node, synced, until
from rig import Standin, loopback
from test_mesh_replace import put_certificate
from test_mesh_rollouts import NAMES, mesh

PORT = 8081
HEALTH = "routes/0/action/return"
PROBE = {"listener": "{{label.at}}:%d" % PORT, "path": "/healthz",
         "host": "shop.example", "interval": 1, "failures": 2}


def health(status):
    """A configuration that answers so to probes."""
    return json.dumps({
        "listeners": {"{{label.at}}:%d" % PORT: {"pass": "routes"}},
        "routes": [{"match": {"uri": "/healthz", "host": "shop.example"},
                    "action": {"return": status}},
                   {"action": {"return": 204}}]})


def row(node, name):
    """What `nodes` says of one, asked at another."""
    return {n["name"]: n for n in json.loads(
        node.say("nodes", "-o", "json"))["nodes"]}[name]


def reason(node, name):
    return row(node, name).get("reason", "")


def probed(nodes):
    """All have a listener of their own, which answers 200, and a probe."""
    red = nodes[0]
    for n in nodes:
        red.say("members", "label", n.name_, f"at={loopback()}")
    red.say("put", "/config", health(200))
    synced(*nodes)
    red.say("probe", "set", "front", json.dumps(PROBE))
    synced(*nodes)


def labels(red, name):
    return {m["name"]: m["labels"] for m in json.loads(
        red.say("members", "-o", "json"))["members"]}[name]


def test_what_a_probe_finds(folder):
    """The answer that is waited for, the one that is not, none, and a listener
    that is not there: each is told at every node, by name."""
    with mesh(folder, NAMES[:2]) as nodes:
        red, green = nodes
        probed(nodes)
        at = labels(red, "green")["at"]
        for n in nodes:
            assert red.rows("probe", "list") == n.rows("probe", "list") == [
                ["front", "{{label.at}}:8081", "/healthz"]]
        answer = red.call("put", HEALTH, "503", "--wait=healthy",
                          "--timeout", "8s", "-o", "json")
        said = json.loads(answer.stdout)
        assert {m["name"] for m in said["missing"]} == {"red", "green"}, said
        assert all('probe "front"' in m["reason"] for m in said["missing"])
        for n in nodes:
            until(lambda n=n: n.states()["green"][0] == "unhealthy" and
                  reason(n, "green") == "probe \"front\": 503 from "
                  f"http://{at}:{PORT}/healthz", "it is told why")
            assert row(n, "green")["healthy"] is False
        green.wait_text('does not do well: probe "front": 503 from')
        # It does well again, and that is waited for.
        said = json.loads(red.say("put", HEALTH, "200", "--wait=healthy",
                                  "--timeout", "60s", "-o", "json"))
        assert not said.get("missing"), said
        synced(*nodes)
        assert reason(red, "green") == "" and row(red, "green")["healthy"]
        # Another host than the one that is asked for has 204: no match, if
        # 200 alone is good.
        red.say("probe", "set", "front", json.dumps(
            {**PROBE, "host": "other.example", "status": 200}))
        until(lambda: '"front": 204 from' in reason(green, "red"), "204")
        red.say("probe", "set", "front", json.dumps(PROBE))
        synced(*nodes)
        # A listener that a node does not have, by its overlay.
        red.say("overlay", "set", "node:green", json.dumps(
            {"probes": {"front": {"listener": "127.9.9.9:81"}}}))
        until(lambda: reason(red, "green") == "probe \"front\": this node has "
              "no such listener (127.9.9.9:81)", "it goes nowhere")
        until(lambda: red.states()["red"][0] == "synced", "others are well")
        found = [f for f in json.loads(red.call(
            "doctor", "-o", "json").stdout)["findings"]
            if f["what"] == "unhealthy"]
        assert len(found) == 1 and "green" in found[0]["text"], found
        assert "unitmesh probe rm" in found[0]["mend"], found
        # Another one takes the probe away there.
        red.say("overlay", "set", "node:green", '{"probes": {"front": null}}')
        synced(*nodes)
        # Who takes the listener away is warned: by a plan, and afterwards.
        listeners = json.loads(health(200))["listeners"]
        warning = 'warning: The probe "front" finds nothing to ask: this ' \
            f"node has no such listener ({labels(red, 'red')['at']}:{PORT})"
        (folder / "none.json").write_text(json.dumps(
            {**json.loads(health(200)), "listeners": {}}))
        for words in (("plan", "-f", folder / "none.json"),
                      ("delete", f"/config/listeners/{next(iter(listeners))}",
                       "--force")):
            done = red.call(*words)
            assert done.returncode == 0 and warning in done.stderr, done
        until(lambda: "no such listener" in reason(green, "red"), "it is so")
        said = json.loads(red.say(
            "put", "/config/listeners", json.dumps(listeners),
            "--wait=healthy", "--timeout", "60s", "-o", "json"))
        assert not said.get("missing") and "warnings" not in said, said
        said = red.call("probe", "set", "front", json.dumps(
            {**PROBE, "listener": "*:1"}), "--wait=applied", "-o", "json")
        assert "(*:1)" in json.loads(said.stdout)["warnings"][0], said
        red.say("probe", "set", "front", json.dumps(PROBE))
        synced(*nodes)
        # What answers with a redirect is not followed.
        red.say("put", HEALTH, "302")
        synced(*nodes)
        # Without a probe nobody asks.
        red.say("probe", "rm", "front")
        red.say("put", HEALTH, "503", "--wait=healthy", "--timeout", "60s")
        synced(*nodes)


def test_a_probe_of_a_unix_socket(folder):
    """A listener without a port is asked, too."""
    with mesh(folder, NAMES[:1], units=("red",)) as (red,):
        path = f"unix:{folder}/red.http"
        red.say("put", "/config", json.dumps({
            "listeners": {path: {"pass": "routes"}},
            "routes": [{"action": {"return": 500}}]}))
        red.say("probe", "set", "local", json.dumps(
            {"listener": path, "interval": 1, "failures": 1}))
        until(lambda: reason(red, "red") ==
              f'probe "local": 500 from {path}/', "it is asked")
        red.say("put", HEALTH, "200")
        synced(red)


@contextlib.contextmanager
def over_tls(folder, status):
    """A server at a port of 127.0.0.1 that speaks TLS with a certificate that
    nobody knows; as Unit would, if the stand-in spoke it."""
    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/healthz" else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain", folder / "key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_probe_of_a_listener_with_tls(folder):
    """It is asked over TLS; its answer counts, not its certificate. One that
    does not speak it after all gives no answer."""
    with Standin(folder) as unit, Node(
            "red", folder, loopback(), unit=unit,
            env={"UNITMESH_TEST_SPEED": "5"}) as red:
        red.ready()
        red.say("init", "--name", "demo")
        put_certificate(red, folder)
        with over_tls(folder, 200) as port:
            listener = {"pass": "routes", "tls": {"certificate": "site"}}
            red.say("put", "/config", json.dumps({
                "listeners": {f"*:{port}": listener},
                "routes": [{"action": {"return": 204}}]}))
            probe = {"listener": f"*:{port}", "path": "/", "interval": 1,
                     "failures": 1}
            done = red.call("probe", "set", "site", json.dumps(probe))
            assert done.returncode == 0 and not done.stderr, done
            until(lambda: reason(red, "red") == 'probe "site": 500 from '
                  f"https://127.0.0.1:{port}/", "it is asked")
            red.say("probe", "set", "site",
                    json.dumps({**probe, "path": "/healthz"}),
                    "--wait=healthy", "--timeout", "60s")
            synced(red)
        until(lambda: reason(red, "red").startswith(
            'probe "site": no answer'), "nobody is there")


def test_a_rollout_stops_at_a_probe(folder):
    """The first node does badly, so nobody else gets it; one that does well
    goes to all, and not before the probe has passed."""
    with mesh(folder) as nodes:
        red, green, blue = nodes
        probed(nodes)
        was = red.holds()
        bad = red.revision("put", HEALTH, "503", "--staged=node:green",
                           "--soak", "30s")
        until(lambda: blue.state_of(bad) == "ended", "it is aborted", 30)
        synced(*nodes)
        for n in nodes:
            assert n.holds() == was and n.unit()["routes"][0]["action"][
                "return"] == 200
        assert green.ran(bad) is not None
        assert red.ran(bad) is None and blue.ran(bad) is None
        good = red.revision("put", HEALTH, "201", "--staged=node:green",
                            "--soak", "500ms")
        until(lambda: blue.state_of(good) == "current", "it holds", 60)
        synced(*nodes)


def test_where_a_probe_may_go(folder):
    """To listeners of the document alone; what is none, or has a secret in it,
    is refused with its place."""
    asked = threading.Event()

    class Neighbour(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()

    at = loopback()
    server = http.server.HTTPServer((at, 0), Neighbour)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with mesh(folder, NAMES[:1]) as (red,):
            there = f"{at}:{server.server_address[1]}"
            red.say("probe", "set", "near", json.dumps(
                {"listener": there, "interval": 1, "failures": 1}))
            until(lambda: f"no such listener ({there})" in reason(red, "red"),
                  "it is not asked")
            red.say("probe", "rm", "near")
            red.say("var", "set", "word", "xyz", "--secret")
            for value, place in (
                    ('{"path": "/"}', "/probes/x"),
                    ('{"listener": "example.com:80"}', "/probes/x/listener"),
                    ('{"listener": "*:80", "path": "a"}', "/probes/x/path"),
                    ('{"listener": "*:80", "port": 1}', "/probes/x"),
                    ('{"listener": "*:80", "path": "/{{word}}"}',
                     "/probes/x/path")):
                done = red.call("probe", "set", "x", value)
                assert done.returncode == 1 and place in done.stderr, done
            assert red.rows("probe", "list") == []
        assert not asked.is_set()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
