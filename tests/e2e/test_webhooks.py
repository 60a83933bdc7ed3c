# SPDX-License-Identifier: MIT OR Apache-2.0
"""Webhooks: a receiver that takes, fails, hangs, sends elsewhere, is away and
comes back; a daemon that is killed meanwhile. Verified by what the manual
shows."""

import contextlib
import http.server
import json
import re
import ssl
import subprocess
import threading

import pytest
from conftest import ROOT
from crew import Node
from rig import daemons, loopback, until

PAGE = (ROOT / "docs/reference/webhooks.md").read_text()
ROUTE = "/config/routes/0/action/return"
SPEED = {"UNITMESH_TEST_SPEED": "5"}


def verifier():
    """is_genuine() of the manual."""
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.S)[1], names)
    return names["is_genuine"]


class Receiver:
    """Keeps what comes. `answers`: the next ones, a status, "hang", or a
    status with a Location; when there are no more: 204."""

    def __init__(self, at, port=0, tls=None):
        self.got, self.answers = [], []
        self.changed = threading.Condition()
        self.going = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.take(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((at, port), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if tls:
            scheme = "https"
            self.server.socket = tls.wrap_socket(self.server.socket,
                                                 server_side=True)
        self.port = self.server.server_port
        self.url = f"{scheme}://{at}:{self.port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def take(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self.changed:
            answer = self.answers.pop(0) if self.answers else 204
            self.got.append((request.path, dict(request.headers), body,
                             answer))
            self.changed.notify_all()
        if answer == "hang":
            self.going.wait(60)
            return
        status, where = answer if isinstance(answer, tuple) else (answer, None)
        request.send_response(status)
        if where:
            request.send_header("Location", where)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(b"x" * 100000)

    def events(self):
        """Of each that was taken, in the order in which they were."""
        with self.changed:
            return [json.loads(g[2]) for g in self.got if g[3] == 204]

    def wait(self, n, seconds=40):
        """Until so many were asked."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= n,
                                         seconds), self.got
            return self.got[:n]

    def close(self):
        self.going.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def do(node, method, path, body=None, status=200):
    answer = node.ask(method, path, body)
    assert answer.code == status, (path, answer)
    return answer.json


def listed(node):
    return {h["name"]: h for h in do(node, "GET", "/mesh/webhooks")[
        "webhooks"]}


def change(node, status):
    do(node, "PUT", ROUTE, status)


def begun(node):
    node.ready()
    do(node, "POST", "/mesh/init", {"name": "demo"})
    do(node, "PUT", "/config", {
        "listeners": {"*:8080": {"pass": "routes"}},
        "routes": [{"action": {"return": 204}}]})
    return node


@pytest.fixture
def node(folder):
    with daemons(Node("red", folder, loopback(), env=SPEED)) as n:
        yield begun(n)


def once_more(node, folder, env=None):
    return Node("red", folder, node.bind, env={**SPEED, **(env or {})})


@pytest.fixture
def receiver():
    with Receiver(loopback()) as r:
        yield r


def add(node, url, **more):
    return do(node, "POST", "/mesh/webhooks", {"url": url, **more})


def idle(node, name):
    until(lambda: listed(node)[name]["state"] == "idle", f"{name} is idle", 40)
    return listed(node)[name]


def test_signed_and_in_order(node, receiver):
    made = add(node, receiver.url, name="ops")
    assert re.fullmatch(r"whsec_[0-9a-f]{64}", made["secret"])
    for status in (205, 206, 207):
        change(node, status)
    receiver.wait(6)
    is_genuine = verifier()
    for path, head, body, _ in receiver.got:
        told = json.loads(body)
        assert path == "/hook?x=1" and body.endswith(b"}\n")
        assert head["Content-Type"] == "application/json"
        assert head["Unitmesh-Event"] == told["event"]
        assert head["Unitmesh-Delivery"] == str(told["number"])
        assert head["Unitmesh-Node"] == node.id
        sign = head["Unitmesh-Signature"]
        assert is_genuine(made["secret"], sign, body)
        assert not is_genuine(made["secret"], sign, body + b" ")
        assert not is_genuine(made["secret"] + "0", sign, body)
        assert not is_genuine(made["secret"], sign, body, seconds=-1)
    events = receiver.events()
    numbers = [e["number"] for e in events]
    assert numbers == sorted(set(numbers))
    assert [e["event"] for e in events] == ["current", "applied"] * 3
    told = idle(node, "ops")
    assert told["delivered"] == 6 and told["queued"] == 0
    assert told["last"]["status"] == 204 and "secret" not in told
    text = node.ask("GET", "/metrics").text
    assert 'unitmesh_webhook_events_total{webhook="ops",result="delivered"} ' \
        "6" in text, text
    assert 'unitmesh_webhook_queued{webhook="ops"} 0' in text


def test_some_events_for_some(node, receiver):
    add(node, receiver.url + "&a", name="a", events=["applied"])
    add(node, receiver.url + "&b", name="b", events=["refused", "joined"])
    change(node, 205)
    change(node, 206)
    receiver.wait(2)
    idle(node, "b")
    assert [(g[0][-1], g[1]["Unitmesh-Event"]) for g in receiver.got] == [
        ("a", "applied")] * 2
    do(node, "DELETE", "/mesh/webhooks/a")
    change(node, 207)
    assert list(listed(node)) == ["b"] and len(receiver.got) == 2


def test_until_it_is_taken(node, receiver):
    """500, an answer that does not come, another place: the same again, and
    nothing overtakes it."""
    with Receiver(loopback()) as elsewhere:
        receiver.answers = [500, "hang", (302, elsewhere.url), 503]
        add(node, receiver.url, name="ops", events=["applied"])
        change(node, 205)
        change(node, 206)
        got = receiver.wait(6)
        assert not elsewhere.got
    assert len({g[2] for g in got[:5]}) == 1
    assert len({g[1]["Unitmesh-Delivery"] for g in got}) == 2
    told = idle(node, "ops")
    assert told["delivered"] == 2 and told["failed"] == 0
    # Each try is signed anew, with the moment of it.
    assert len({g[1]["Unitmesh-Signature"] for g in got[:5]}) > 1


def test_410_turns_it_off(node, receiver):
    receiver.answers = [410]
    add(node, receiver.url, name="ops", events=["applied"])
    mark = node.mark()
    change(node, 205)
    node.wait_text("webhook ops is turned off: its receiver answered 410",
                   after=mark)
    change(node, 206)
    assert listed(node)["ops"]["state"] == "off"
    assert listed(node)["ops"]["queued"] == 0
    do(node, "POST", "/mesh/webhooks/ops/enable")
    change(node, 207)
    receiver.wait(2)
    idle(node, "ops")
    assert [e["about"] for e in receiver.events()] == [node.current()]


def test_who_was_away_and_a_daemon_that_was_killed(node, receiver, folder):
    """Nothing is lost and nothing is out of order, whoever is away."""
    at, port = receiver.server.server_address
    add(node, receiver.url, name="ops", events=["applied"])
    change(node, 205)
    receiver.wait(1)
    idle(node, "ops")
    receiver.close()
    for status in (206, 207):
        change(node, status)
    until(lambda: listed(node)["ops"]["state"] == "retrying", "it is tried")
    assert listed(node)["ops"]["last"]["status"] == 0
    node.kill()
    node = once_more(node, folder)
    with daemons(node):
        node.ready()
        assert listed(node)["ops"]["queued"] == 2
        with Receiver(at, port) as again:
            # One answer does not come before the daemon is killed once more.
            again.answers = ["hang"]
            again.wait(1)
            node.kill()
            node = once_more(node, folder)
            with daemons(node):
                node.ready()
                again.wait(3)
                first, twice, last = (json.loads(g[2]) for g in again.got)
                assert first == twice and last["number"] > twice["number"]
                change(node, 208)
                again.wait(4)
                assert json.loads(again.got[3][2])["number"] > last["number"]
                assert idle(node, "ops")["delivered"] == 4


def test_a_try(node, receiver):
    add(node, receiver.url, name="ops", events=["refused"])
    said = do(node, "POST", "/mesh/webhooks/ops/test")
    assert said["status"] == 204 and said["took_ms"] < 10000
    assert receiver.got[0][1]["Unitmesh-Event"] == "test"
    receiver.answers = [404]
    said = do(node, "POST", "/mesh/webhooks/ops/test", status=502)
    assert said["detail"].startswith("It answered 404")
    receiver.close()
    said = do(node, "POST", "/mesh/webhooks/ops/test", status=502)
    assert said["error"] == "The receiver does not answer."
    do(node, "POST", "/mesh/webhooks/none/test", status=404)


def test_where_it_may_not_lead(node):
    for i, url in enumerate(("http://169.254.169.254/latest/meta-data",
                             "http://[fe80::1]/", "http://[::ffff:a9fe:1]/",
                             "http://0.0.0.0/")):
        add(node, url, name=f"n{i}")
        said = do(node, "POST", f"/mesh/webhooks/n{i}/test", status=502)
        assert "may not be asked" in said["detail"], said
    for body, text in (
            ({"url": "file:///etc/passwd"}, "does not begin with http"),
            ({"url": "unix:/run/x"}, "URL"),
            ({"url": "https://me:secret@h/"}, "password"),
            ({"url": "http://h/" + "x" * 1024}, "1024"),
            ({"url": "http://h/\n"}, "no URL"),
            ({"url": "http://h", "name": "../x"}, "A name has"),
            ({"url": "http://h", "events": ["a,b"]}, "words"),
            ({"url": "http://h", "events": ["w" * 30] * 20}, "512"),
            ({"url": "http://h", "secret": "mine"}, "means nothing"),
            ({"name": "x"}, "missing")):
        said = do(node, "POST", "/mesh/webhooks", body, 400)
        assert text in said["detail"], said
    add(node, "http://h/", name="twice")
    do(node, "POST", "/mesh/webhooks", {"url": "http://h", "name": "twice"},
       409)
    for i in range(len(listed(node)), 16):
        add(node, "http://h/")
    do(node, "POST", "/mesh/webhooks", {"url": "http://h"}, 409)
    assert "hook-1" in listed(node)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def certificate(folder, name, at):
    """A server's, for an address, by an authority of its own; and that one."""
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt",
           "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    ca, key, cert = (folder / f"{name}.{end}" for end in ("ca", "key", "pem"))
    openssl(*new, "-subj", f"/CN={name} CA", "-keyout", f"{ca}.key",
            "-out", ca)
    openssl(*new, "-subj", f"/CN={name}", "-CA", ca, "-CAkey", f"{ca}.key",
            "-addext", f"subjectAltName=IP:{at}", "-addext",
            "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, ca


def test_https_is_verified(folder):
    here = loopback()
    known, ca = certificate(folder, "known", here)
    other, _ = certificate(folder, "other", here)
    wrong, wrong_ca = certificate(folder, "wrong", "192.0.2.1")
    (folder / "red").mkdir(mode=0o700)
    authorities = folder / "red/authorities.pem"
    authorities.write_bytes(ca.read_bytes() + wrong_ca.read_bytes())
    node = Node("red", folder, loopback(), env={
        **SPEED, "SSL_CERT_FILE": str(authorities)})
    with daemons(node), Receiver(here, tls=known) as a, \
            Receiver(here, tls=other) as b, Receiver(here, tls=wrong) as c:
        begun(node)
        for name, r in ("a", a), ("b", b), ("c", c):
            add(node, r.url, name=name)
        assert do(node, "POST", "/mesh/webhooks/a/test")["status"] == 204
        for name in "bc":
            said = do(node, "POST", f"/mesh/webhooks/{name}/test", status=502)
            assert "certificate" in said["detail"].lower(), said
        assert a.got and not b.got and not c.got


def test_a_file_of_a_newer_one_stays(folder):
    node = Node("red", folder, loopback(), env=SPEED)
    with daemons(node):
        begun(node)
        add(node, "http://h/", name="ops")
    file = node.state / "webhooks"
    file.write_bytes(b"unitmsh9" + bytes(32760))
    was = file.read_bytes()
    node = once_more(node, folder)
    with daemons(node):
        node.ready()
        node.wait_text("no webhook is told anything: the file webhooks")
        change(node, 205)
        said = do(node, "GET", "/mesh/webhooks", status=500)
        assert "log says why" in said["detail"]
        assert file.read_bytes() == was
