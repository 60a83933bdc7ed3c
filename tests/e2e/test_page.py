# SPDX-License-Identifier: MIT OR Apache-2.0
"""The page that a node serves, and who is logged in there."""

import contextlib
import gzip
import http.client
import json
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest
from daemon import UNITMESH, Daemon, fetch
from rig import loopback, until

UI = Path(__file__).resolve().parents[2] / "ui"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'")
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    token = folder / "read.token"
    token.write_text("5" * 64 + "\n")
    token.chmod(0o600)
    with Daemon("p", folder, bind=loopback(), article=False,
                flags=["--read-token", token]) as daemon:
        yield daemon.ready()


def url(daemon):
    return f"http://{daemon.bind}:4902"


def ask(daemon, method, path, headers=(), body=None, **more):
    return fetch(url(daemon) + path, method, list(headers), body, **more)


def token(daemon):
    return (daemon.state / "rest.token").read_text().strip()


def link(daemon, read_only=False):
    """A login's code."""
    answer = daemon.ask("POST", "/mesh/logins", {"read_only": read_only}).json
    assert answer["expires_ms"] == 120000
    return re.fullmatch(rf"{url(daemon)}/#login=([0-9a-f]{{32}})",
                        answer["url"])[1]


def log_in(daemon, headers=(), **what):
    return ask(daemon, "POST", "/mesh/session", [JSON, *headers],
               json.dumps(what).encode())


class Session:
    """Who is logged in, as a browser would send it."""

    def __init__(self, daemon, **what):
        answer = log_in(daemon, **what)
        assert answer.code == 200, answer
        self.daemon = daemon
        self.told = answer.json
        self.cookie = answer.headers["set-cookie"].split(";")[0]

    def headers(self, *more, csrf=None, origin=None):
        return [f"Cookie: {self.cookie}", JSON,
                f"X-CSRF: {csrf or self.told['csrf']}",
                f"Origin: {origin or url(self.daemon)}", *more]

    def ask(self, method, path, body=None, headers=None):
        return ask(self.daemon, method, path,
                   self.headers() if headers is None else headers,
                   None if body is None else json.dumps(body).encode())


def test_files_of_the_page(node):
    """Each, as it is and packed; who has it is told so; one look costs no
    token."""
    for path in sorted(UI.rglob("*")):
        name = path.relative_to(UI).as_posix()
        if path.is_dir() or name == "package.json":
            continue
        answer = ask(node, "GET", f"/ui/{name}")
        assert (answer.code, answer.body) == (200, path.read_bytes()), name
        packed = ask(node, "GET", f"/ui/{name}", ["Accept-Encoding: br, gzip"])
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == answer.body
        for head in (answer.headers, packed.headers):
            assert head["content-security-policy"] == POLICY
            assert head["x-content-type-options"] == "nosniff"
            assert head["referrer-policy"] == "no-referrer"
            assert head["cross-origin-opener-policy"] == "same-origin"
            assert head["cross-origin-resource-policy"] == "same-origin"
            assert head["cache-control"] == "no-cache"
            assert head["vary"] == "Accept-Encoding"
            assert head["etag"] == answer.headers["etag"]
        tag = answer.headers["etag"]
        for have in (tag, f'"x", {tag}', "*"):
            known = ask(node, "GET", f"/ui/{name}", [f"If-None-Match: {have}"])
            assert (known.code, known.body) == (304, b"")
            assert known.headers["etag"] == tag
        assert ask(node, "GET", f"/ui/{name}",
                   ['If-None-Match: W/"0"']).code == 200
    page = ask(node, "GET", "/")
    assert page.body == (UI / "index.html").read_bytes()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    script = ask(node, "GET", "/ui/app.js").headers["content-type"]
    assert script == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("accepts,packed", [
    ("gzip", True), ("GZIP;q=0.5", True), ("deflate,gzip", True),
    ("gzip;q=0", False), ("gzip; q=0.0, br", False), ("x-gzip", False),
    ("gzipped", False), ("*", False), ("identity", False)])
def test_who_gets_it_packed(node, accepts, packed):
    answer = ask(node, "GET", "/", [f"Accept-Encoding: {accepts}"])
    assert ("content-encoding" in answer.headers) == packed


@pytest.mark.parametrize("path", [
    "/ui", "/ui/", "/ui/x", "/ui/../rest.token", "/ui//app.js",
    "/ui/lib/../app.js", "/ui/lib", "/ui/%61pp.js", "/ui/app.js/",
    "/ui/package.json", "/ui/..%2frest.token", "/ui/App.js"])
def test_what_is_no_file_404(node, path):
    answer = ask(node, "GET", path, path_as_is=True)
    assert answer.code == 404 and token(node) not in answer.text


def test_the_page_has_nothing_inline(node):
    """The policy would keep it from running, and nobody would see why."""
    page = ask(node, "GET", "/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=",
                         page)
    assert not re.search(r"(?:src|href)=[\"'](?!/)", page)


def test_a_link_holds_once(node):
    code = link(node)
    first = log_in(node, login=code)
    assert first.code == 200 and first.json["role"] == "admin"
    assert first.json["node"] == node.id
    assert 0 < first.json["expires_ms"] <= 12 * 3600 * 1000
    again = log_in(node, login=code)
    assert again.code == 401 and "set-cookie" not in again.headers
    assert "once" in again.json["error"]


def test_the_cookie(node):
    """No script reads it, no other site sends it, no other daemon of this host
    takes it for its own."""
    cookie = log_in(node, token=token(node)).headers["set-cookie"]
    value, *words = cookie.split("; ")
    assert re.fullmatch(r"unitmesh-4902=[0-9a-f]{64}", value)
    assert set(words) == {"Max-Age=43200", "Path=/", "HttpOnly",
                          "SameSite=Strict"}
    assert "Domain" not in cookie


def test_two_daemons_of_a_host(node, tmp_path):
    """One address, two ports: each has a cookie of its own, and both come to
    both."""
    with Daemon("q", tmp_path, bind=loopback(), article=False,
                flags=["--rest", f"{node.bind}:0"]) as other:
        port = other.ready().wait_text(r"REST is at http://[\d.]+:(\d+)")[1]
        at = f"http://{node.bind}:{port}"
        code = other.ask("POST", "/mesh/logins", {}).json["url"]
        assert code.startswith(at + "/#login=")
        theirs = fetch(f"{at}/mesh/session", "POST", [JSON], json.dumps(
            {"login": code.split("=")[1]}).encode())
        cookie = theirs.headers["set-cookie"].split(";")[0]
        assert cookie.startswith(f"unitmesh-{port}=")
        ours = Session(node, token=token(node))
        both = [f"Cookie: {cookie}; {ours.cookie}"]
        assert ask(node, "GET", "/mesh/session", both).json["node"] == node.id
        assert fetch(f"{at}/mesh/session",
                     headers=both).json["node"] == other.id
        for daemon, stray in ((url(node), cookie), (at, ours.cookie)):
            assert fetch(f"{daemon}/mesh/session",
                         headers=[f"Cookie: {stray}"]).code == 401


def test_a_session_comes_and_goes(node):
    s = Session(node, login=link(node))
    told = s.ask("GET", "/mesh/session").json
    assert told["csrf"] == s.told["csrf"] and told["role"] == "admin"
    assert s.ask("GET", "/mesh/status").json["id"] == node.id
    # Without the second secret one cannot even be logged out.
    assert s.ask("DELETE", "/mesh/session",
                 headers=[f"Cookie: {s.cookie}"]).code == 403
    answer = s.ask("DELETE", "/mesh/session")
    assert (answer.code, answer.body) == (204, b"")
    assert answer.headers["set-cookie"].startswith(
        "unitmesh-4902=; Max-Age=0;")
    assert s.ask("GET", "/mesh/session").code == 401
    assert s.ask("GET", "/mesh/status").code == 401


def test_a_session_listens(tmp_path):
    """A stream of events, by the cookie; not for a page of others."""
    with Daemon("s", tmp_path, bind=loopback(), article=False) as node:
        node.ready()
        assert node.ask("POST", "/mesh/init", {"name": "m"}).code == 200
        s = Session(node, login=link(node, read_only=True))
        conn = http.client.HTTPConnection(node.bind, 4902, timeout=10)
        conn.request("GET", "/mesh/events?since=1",
                     headers={"Cookie": s.cookie})
        answer = conn.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Type") == "text/event-stream"
        assert b"event: " in b"".join(answer.readline() for _ in range(6))
        conn.close()
        for foreign in ("Origin: http://evil.example",
                        f"Origin: http://{node.bind}:8080",
                        "Sec-Fetch-Site: same-site",
                        "Sec-Fetch-Site: cross-site"):
            assert ask(node, "GET", "/mesh/events",
                       [f"Cookie: {s.cookie}", foreign]).code == 403


def test_who_says_nothing_is_closed(node):
    """By the daemon as it is confined."""
    with socket.create_connection((node.bind, 4902), 10) as mute, \
            socket.create_connection((node.bind, 4902), 20) as drips:
        began = time.monotonic()
        drips.sendall(b"GET / HTTP/1.1\r\nX: ")
        drips.settimeout(1)
        data = None
        while data is None:
            with contextlib.suppress(OSError):
                drips.sendall(b"x")
            try:
                data = drips.recv(100)
            except TimeoutError:
                continue
            except OSError:
                data = b""
        assert data == b"" and 8 < time.monotonic() - began < 15
        assert mute.recv(100) == b""
    assert ask(node, "GET", "/healthz").code == 200


def test_a_session_is_never_given(node):
    """Who plants a cookie knows nothing of the session that begins with it;
    the one that was there is over."""
    planted = "unitmesh-4902=" + "0" * 64
    new = log_in(node, [f"Cookie: {planted}"], token=token(node))
    assert new.code == 200 and planted not in new.headers["set-cookie"]
    assert ask(node, "GET", "/mesh/session",
               [f"Cookie: {planted}"]).code == 401
    old = Session(node, login=link(node))
    assert log_in(node, [f"Cookie: {old.cookie}"],
                  token=token(node)).code == 200
    assert old.ask("GET", "/mesh/session").code == 401


def test_a_reader(node):
    """He sees, and does nothing; by a link and by a token."""
    s = Session(node, login=link(node, read_only=True))
    assert s.told["role"] == "reader"
    by_token = Session(node, token="5" * 64)
    assert by_token.told["role"] == "reader"
    bearer = ["Authorization: Bearer " + "5" * 64]
    for headers in (s.headers(), by_token.headers(), bearer):
        assert ask(node, "GET", "/mesh/status", headers).code == 200
        answer = ask(node, "PUT", "/config", [*headers, JSON], b"{}")
        assert answer.code == 403 and "only read" in answer.json["error"]
        assert ask(node, "GET", "/mesh/export/roster", headers).code == 403
    assert s.ask("DELETE", "/mesh/session").code == 204


def test_what_is_no_login(node):
    for body, code, word in (
            ({}, 400, "needed"), ({"login": "", "token": ""}, 400, "needed"),
            ({"login": 1}, 400, "string"), ({"user": "x"}, 400, "nothing"),
            ([], 400, "object")):
        answer = ask(node, "POST", "/mesh/session", [JSON],
                     json.dumps(body).encode())
        assert answer.code == code and word in answer.text, body
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = ask(node, "POST", "/mesh/session", [f"Content-Type:{kind}"],
                     json.dumps({"login": link(node)}).encode())
        assert answer.code == 415, kind
    answer = log_in(node, ["Origin: http://evil.example"], login=link(node))
    assert answer.code == 403 and "set-cookie" not in answer.headers
    answer = log_in(node, ["Host: evil.example"], login=link(node))
    assert answer.code == 403


def test_guesses(tmp_path):
    """Ten in a minute from an address; then 429 there. Others, and what is
    right, go on."""
    with Daemon("g", tmp_path, bind=loopback(), article=False) as node:
        node.ready()
        right = [f"Authorization: Bearer {token(node)}"]
        for i in range(12):
            wrong = {"login": f"{i:032x}"} if i % 2 else {"token": "x"}
            answer = ask(node, "POST", "/mesh/session", [JSON],
                         json.dumps(wrong).encode(), source="127.8.0.1")
            assert answer.code == (401 if i < 10 else 429)
            assert ("retry-after" in answer.headers) == (i >= 10)
        answer = ask(node, "GET", "/mesh/status",
                     ["Authorization: Bearer 0"], source="127.8.0.1")
        assert answer.code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 60
        for source in ("127.8.0.1", "127.8.0.2"):
            assert ask(node, "GET", "/mesh/status", right,
                       source=source).code == 200
        assert ask(node, "GET", "/mesh/status", ["Authorization: Bearer 0"],
                   source="127.8.0.2").code == 401
        assert ask(node, "POST", "/mesh/session", [JSON], json.dumps(
            {"login": link(node)}).encode(), source="127.8.0.1").code == 200
        node.wait_text("wrong tokens from 127.8.0.1: it is told to wait")
        assert sum("told to wait" in line for line in node.lines) == 1
        told = ask(node, "GET", "/metrics", right).text
        assert 'unitmesh_rest_refused_total{reason="tries"} 3' in told
        assert 'unitmesh_rest_refused_total{reason="token"} 11' in told


def test_no_page(tmp_path):
    """--no-ui: nothing is there, and nobody is logged in."""
    with Daemon("n", tmp_path, bind=loopback(), article=False,
                flags=["--no-ui"]) as node:
        node.ready()
        bearer = [f"Authorization: Bearer {token(node)}"]
        for method, path in (("GET", "/"), ("GET", "/ui/app.js"),
                             ("GET", "/mesh/session"),
                             ("POST", "/mesh/session")):
            assert ask(node, method, path).code == 401
            assert ask(node, method, path, bearer).code == 404
        answer = node.ask("POST", "/mesh/logins", {})
        assert answer.code == 409 and "--no-ui" in answer.text
        done = subprocess.run([UNITMESH, "ui", "--control", node.control],
                              capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "--no-ui" in done.stderr


def test_no_secret_is_told(node):
    """In no answer but those that are about it, no log, no metric."""
    s = Session(node, login=link(node))
    unused = link(node)
    secrets = [s.cookie.split("=")[1], s.told["csrf"], unused, token(node),
               "5" * 64]
    node.ask("POST", "/mesh/session", {"login": "0" * 32},
             {"Content-Type": "application/json"})
    seen = [s.ask("GET", path).text for path in (
        "/mesh/status", "/metrics", "/mesh/doctor", "/mesh/openapi.yaml",
        "/mesh/peers", "/mesh/id", "/nothing", "/")]
    seen.append(s.ask("POST", "/mesh/session", {"login": "x" * 40}).text)
    seen.append("\n".join(node.lines))
    assert "a session as admin began" in seen[-1]
    for secret in secrets:
        assert secret not in "\n".join(seen)


def test_the_command(node):
    argv = [UNITMESH, "ui", "--control", node.control]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    code = re.fullmatch(rf"{url(node)}/#login=(\w+)\n", done.stdout)[1]
    assert Session(node, login=code).told["role"] == "admin"
    done = subprocess.run([*argv, "--read-only", "-o", "json"],
                          capture_output=True, text=True, check=True)
    code = json.loads(done.stdout)["url"].split("=")[1]
    assert Session(node, login=code).told["role"] == "reader"


def test_the_command_opens_a_browser(node, tmp_path):
    """What it is given is a file of nobody else's, not the link."""
    seen = tmp_path / "seen"
    browser = tmp_path / "xdg-open"
    browser.write_text(f'#!/bin/sh\nprintf %s "$*" > {seen}.new\n'
                       f'mv {seen}.new {seen}\n')
    browser.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin",
           "XDG_RUNTIME_DIR": str(tmp_path)}
    argv = [UNITMESH, "ui", "--open", "--control", node.control]
    done = subprocess.run(argv, capture_output=True, text=True, check=True,
                          env=env)
    until(seen.exists, "the browser is called")
    page = Path(seen.read_text())
    assert page.parent == tmp_path and page.stat().st_mode & 0o777 == 0o600
    assert f"url={done.stdout.strip()}\"" in page.read_text()
    browser.unlink()
    env["PATH"] = str(tmp_path)
    done = subprocess.run(argv, capture_output=True, text=True, check=False,
                          env=env)
    assert done.returncode == 1 and "xdg-open" in done.stderr
    assert done.stdout.startswith("http://")
