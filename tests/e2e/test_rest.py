# SPDX-License-Identifier: MIT OR Apache-2.0
"""REST: who may ask what, and what everything malformed gets."""

import contextlib
import socket

import pytest
from daemon import Daemon, fetch, local
from rig import drain, loopback, raw

BIG = b"x" * (8 * 1024 * 1024 + 1)


@pytest.fixture(scope="module")
def article(tmp_path_factory):
    at = loopback()
    with Daemon("a", tmp_path_factory.mktemp("e2e"), bind=at) as daemon:
        yield daemon.ready()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    at = loopback()
    with Daemon("p", tmp_path_factory.mktemp("e2e"), bind=at,
                article=False) as daemon:
        yield daemon.ready()


def token(daemon):
    return (daemon.state / "rest.token").read_text().strip()


def ask(daemon, method, path, headers=(), port=3000, **more):
    return fetch(f"http://{daemon.bind}:{port}{path}", method=method,
                 headers=headers, **more)


def bearer(text):
    return [f"Authorization: Bearer {text}"]


def test_healthz_and_status(article):
    answer = ask(article, "GET", "/healthz")
    assert (answer.code, answer.text) == (200, "ok\n")
    answer = ask(article, "GET", "/mesh/status", bearer(token(article)))
    assert answer.code == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json
    assert told["mode"] == "article" and told["id"] == article.id
    assert told["unit"]["stand_in"] is True
    assert told == {**article.get("/mesh/status"), "p2p": told["p2p"],
                    "uptime_s": told["uptime_s"]}


def test_post_config_alone_is_open(article):
    answer = ask(article, "POST", "/config")
    assert (answer.code, answer.text) == (
        200, "Published config event to all other nodes")


@pytest.mark.parametrize("method,path", [
    ("GET", "/mesh/status"), ("GET", "/mesh/peers"), ("GET", "/mesh/id"),
    ("GET", "/config"), ("PUT", "/config"), ("DELETE", "/config"),
    ("POST", "/mesh/status"), ("GET", "/nothing"), ("GET", "/"),
    ("POST", "/config/"), ("POST", "/Config"), ("POST", "//config"),
    ("POST", "/config/x"), ("POST", "/mesh/../config"),
    ("OPTIONS", "/config"), ("HEAD", "/mesh/status")])
def test_without_token_401(article, method, path):
    answer = ask(article, method, path, body=b"{}" if method == "PUT"
                 else None, seconds=3, path_as_is=True)
    assert answer.code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    if method != "HEAD":
        assert "rest.token" in answer.json["error"]


@pytest.mark.parametrize("headers", [
    bearer("0" * 64), bearer("0" * 63), bearer("0" * 65), bearer(""),
    ["Authorization: Basic cm9vdDpyb290"], ["Authorization:"],
    ["Authorization: Bearer"]])
def test_a_wrong_token_401(article, headers):
    assert ask(article, "GET", "/mesh/status", headers).code == 401


@pytest.mark.parametrize("method,path,allow", [
    ("GET", "/config", "POST"), ("DELETE", "/config", "POST"),
    ("POST", "/healthz", "GET, HEAD"), ("PUT", "/mesh/status", "GET, HEAD"),
    ("PATCH", "/mesh/id", "GET, HEAD")])
def test_a_wrong_method_405(article, method, path, allow):
    answer = ask(article, method, path, bearer(token(article)))
    assert (answer.code, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("path", [
    "/", "/mesh", "/mesh/", "/mesh/status/", "/mesh/../mesh/status",
    "/%2e%2e/mesh/status", "/mesh//status", "/../../../../etc/passwd",
    "/..%2f..%2fetc/passwd", "/mesh/%00status", "/rest.token",
    "/MESH/STATUS", "/mesh/status%20", "/healthz%2f", "/healthz/.."])
def test_paths_match_exactly_404(article, path):
    answer = ask(article, "GET", path, bearer(token(article)), path_as_is=True)
    assert answer.code == 404
    assert token(article) not in answer.text and "root:" not in answer.text


@pytest.mark.parametrize("headers,code", [
    (["Origin: http://evil.example"], 403), (["Origin: null"], 403),
    (["Origin: http://{host}:3001"], 403),
    (["Origin: https://{host}:3000"], 403),
    (["Sec-Fetch-Site: cross-site"], 403),
    (["Host: evil.example"], 403), (["Host: evil.example:3000"], 403),
    (["Host: 127.0.0.1.evil.example"], 403), (["Host:"], 400),
    (["Host: [::1"], 403),
    (["Origin: http://{host}:3000"], 200), (["Host: localhost"], 200),
    (["Host: 192.0.2.1:99"], 200), (["Host: [2001:db8::1]:3000"], 200),
    (["Sec-Fetch-Site: same-origin"], 200), (["Host: " + socket.gethostname()],
                                             200)])
@pytest.mark.parametrize("method,path", [
    ("POST", "/config"), ("GET", "/healthz"), ("GET", "/mesh/status")])
def test_of_other_origins_403(article, method, path, headers, code):
    """Even with the token: a browser may have been tricked into it."""
    headers = [h.format(host=article.bind) for h in headers]
    answer = ask(article, method, path, headers + bearer(token(article)))
    assert answer.code == code


def test_without_host_it_is_no_request(article):
    for line in (b"GET /healthz HTTP/1.1\r\n\r\n",
                 b"GET /healthz HTTP/1.0\r\n\r\n"):
        assert raw(article.bind, 3000, line)[:12] in (
            b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.0 403",
            b"HTTP/1.0 400")


def test_a_big_body_413(article):
    answer = ask(article, "POST", "/config", body=BIG)
    assert answer.code == 413
    answer = ask(article, "POST", "/config", body=BIG[1:])
    assert answer.code == 200
    answer = fetch("http://localhost/config", "POST", body=BIG,
                   unix=article.control)
    assert answer.code == 413


def finish(sock):
    """Say that nothing follows, if it is still there; what comes back."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
    return drain(sock)


def test_a_body_that_is_not_what_it_says(article):
    """Cut off, longer, in chunks that are none: an answer or an end, and the
    daemon goes on."""
    host = f"Host: {article.bind}\r\n".encode()
    for head, body in (
            (b"Content-Length: 10\r\n", b"{}"),
            (b"Content-Length: -1\r\n", b""),
            (b"Content-Length: 1e3\r\n", b"x" * 1000),
            (b"Content-Length: 99999999999999999999999\r\n", b"x"),
            (b"Content-Length: 1\r\nContent-Length: 2\r\n", b"xx"),
            (b"Transfer-Encoding: chunked\r\n", b"zz\r\nx"),
            (b"Transfer-Encoding: chunked\r\n", b"-5\r\nx\r\n0\r\n\r\n"),
            (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
             b"ffffffffffffffffff\r\n")):
        with socket.create_connection((article.bind, 3000), 3) as sock:
            sock.sendall(b"POST /config HTTP/1.1\r\n" + host + head + b"\r\n" +
                         body)
            got = finish(sock)
        assert got[9:12] in (b"", b"400", b"411", b"413", b"501"), (head, got)
        assert ask(article, "GET", "/healthz").code == 200


@pytest.mark.parametrize("data", [
    b"\x00" * 100, b"\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz\r\n\r\n",
    b"GET /healthz HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nno colon\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 40000 +
    b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 8000 + b"\r\n",
    b"POST /config HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n"
    b"Content-Length: 0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ids=lambda d: d[:24].decode("latin-1").strip())
def test_what_is_no_request(article, data):
    with socket.create_connection((article.bind, 3000), 3) as sock:
        sock.sendall(data)
        got = finish(sock)
    assert got == b"" or int(got.split()[1]) >= 400, got[:100]
    assert ask(article, "GET", "/healthz").code == 200


def test_the_socket_needs_no_token(article):
    assert (article.control.stat().st_mode & 0o777) == 0o600
    assert local(article.control, "/mesh/id").json["id"] == article.id
    assert local(article.control, "/mesh/id", "POST").code == 405
    assert local(article.control, "/nothing").code == 404
    answer = local(article.control, "/config", "POST",
                   {"Host": "no host at all"})
    assert answer.code == 400


def test_without_article_nothing_is_open(plain):
    assert ask(plain, "POST", "/config", port=4902).code == 401
    answer = ask(plain, "POST", "/config", bearer(token(plain)), port=4902)
    assert answer.code == 409 and "--article" in answer.text
    assert local(plain.control, "/config", "POST").code == 409
    assert ask(plain, "GET", "/healthz", port=4902).code == 200
    assert ask(plain, "GET", "/mesh/status", port=4902).code == 401
    told = plain.get("/mesh/status")
    assert told["mode"] == "alone" and "article" not in told
    # Neither the article's REST nor its configuration is served.
    assert ask(plain, "GET", "/healthz", port=3000).code == 0
    assert ask(plain, "GET", "/config", port=8888).code == 0
