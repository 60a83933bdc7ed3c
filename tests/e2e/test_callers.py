# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every route of mesh/app/routes.c, asked by every kind of caller. The node is
in no mesh, and bodies are none that mean anything: who is let in gets a
mistake of another kind, and nothing is done. A route without a row fails."""

import http.client
import json
import re
from pathlib import Path

import pytest
from daemon import Daemon, Reply, fetch
from rig import loopback

ROUTES = Path(__file__).resolve().parents[2] / "mesh/app/routes.c"
READER, SCRAPER = "5" * 64, "6" * 64

# What a route asks for: methods and paths, with * for a segment; of those that
# have all that is below them, one of each kind.
OPEN = {"GET /healthz", "GET /", "GET /ui/"}
FIGURES = {"GET /metrics"}
READ = {
    "GET /mesh/openapi.yaml", "GET /mesh/status", "GET /mesh/doctor",
    "GET /mesh/peers", "GET /mesh/id", "GET /mesh/invites",
    "GET /mesh/pending", "GET /mesh/nodes", "GET /mesh/topology",
    "GET /mesh/members",
    "GET /mesh/settings", "GET /mesh/log-level", "GET /mesh/revisions",
    "GET /mesh/revisions/*",
    "GET /mesh/revisions/*/document", "GET /mesh/revisions/*/diff",
    "GET /mesh/conflicts", "GET /mesh/copies", "GET /mesh/events"}
ADMIN = {
    "POST /mesh/init", "POST /mesh/join", "POST /mesh/leave",
    "POST /mesh/invites", "DELETE /mesh/invites/*", "POST /mesh/pending/*",
    "DELETE /mesh/pending/*", "DELETE /mesh/members/*",
    "POST /mesh/members/*/replace", "POST /mesh/rotate",
    "PUT /mesh/members/*/role", "PUT /mesh/members/*/labels/*",
    "DELETE /mesh/members/*/labels/*", "PUT /mesh/settings/*",
    "POST /mesh/revisions/*/rollback", "POST /mesh/revisions/*/confirm",
    "POST /mesh/revisions/*/abort", "POST /mesh/revisions/*/resume",
    "POST /mesh/revisions/*/open", "POST /mesh/conflicts/*/take",
    "POST /mesh/conflicts/*/drop", "POST /mesh/conflicts/*/edit",
    "POST /mesh/heal", "POST /mesh/reseal", "POST /mesh/statements",
    "POST /mesh/void",
    "POST /mesh/owner-key", "PUT /mesh/documents/*", "POST /mesh/import",
    "POST /mesh/import/begin", "PUT /mesh/log-level",
    # These only show, but what the mesh is made of, as it is.
    "GET /mesh/copies/*", "GET /mesh/export/*", "GET /mesh/documents",
    "GET /mesh/documents/*", "GET /mesh/audit",
    # Their addresses may be secrets.
    "GET /mesh/webhooks", "POST /mesh/webhooks", "DELETE /mesh/webhooks/*",
    "POST /mesh/webhooks/*/test", "POST /mesh/webhooks/*/enable"}
VALUE = {"/mesh/overlays/", "/mesh/variables/", "/mesh/probes/", "/config/",
         "/certificates/", "/js_modules/", "/status/"}
ACT = {"/control/"}
SESSION = {"GET /mesh/session", "DELETE /mesh/session"}
LOGIN = {"POST /mesh/session"}
SOCKET = {"POST /mesh/logins"}

CALLERS = ("nobody", "wrong", "scraper", "reader", "token", "reading", "admin",
           "bare", "foreign", "same-site", "rebound", "local")
IN = 0  # let in: whatever it is then, it is not about who asks
# What each kind of route says to each of the callers.
SAYS = {
    "open": (IN, IN, IN, IN, IN, IN, IN, IN, 403, IN, 403, IN),
    "login": (IN, IN, IN, IN, IN, IN, IN, IN, 403, IN, 403, IN),
    "figures": (401, 401, IN, IN, IN, IN, IN, IN, 403, 403, 403, IN),
    "read": (401, 401, 401, IN, IN, IN, IN, IN, 403, 403, 403, IN),
    "reads": (401, 401, 401, 403, IN, 403, IN, IN, 403, 403, 403, IN),
    "write": (401, 401, 401, 403, IN, 403, IN, 403, 403, 403, 403, IN),
    "session": (401, 401, 401, 401, 401, IN, IN, IN, 403, 403, 403, 401),
    "out": (401, 401, 401, 401, 401, IN, IN, 403, 403, 403, 403, 401),
    "socket": (401, 401, 401, 403, 403, 403, 403, 403, 403, 403, 403, IN),
}


def rows():
    """Each request of the tables above, and what kind it is."""
    for kind, table in (("open", OPEN), ("figures", FIGURES), ("read", READ),
                        ("login", LOGIN), ("socket", SOCKET)):
        for row in table:
            yield row, kind
    for row in ADMIN:
        yield row, "reads" if row.startswith("GET") else "write"
    for path in VALUE:
        yield f"GET {path}x", "read"
        for method in ("PUT", "POST", "PATCH", "DELETE"):
            yield f"{method} {path}x", "write"
    for path in ACT:
        yield f"GET {path}x", "write"
        yield f"POST {path}x", "write"
    yield "GET /mesh/session", "session"
    yield "DELETE /mesh/session", "out"


def test_each_route_has_a_row():
    source = ROUTES.read_text(encoding="utf-8")
    found = re.findall(r'\{("\w+"|NULL),\s*"(/[^"]*)",\s*UM_ACCESS_',
                       source[source.index("struct route routes[]"):])
    have = {f'{m} {p}'.replace('"', "") for m, p in found}
    want = OPEN | FIGURES | READ | ADMIN | SESSION | LOGIN | SOCKET | \
        {f"NULL {p}" for p in VALUE | ACT}
    assert have == want and len(found) == len(have) > 60


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("callers")
    flags = []
    for flag, text in (("read", READER), ("metrics", SCRAPER)):
        path = folder / flag
        path.write_text(text + "\n")
        path.chmod(0o600)
        flags += [f"--{flag}-token", path]
    with Daemon("c", folder, bind=loopback(), article=False,
                flags=flags) as daemon:
        yield daemon.ready()


def log_in(node, token):
    answer = fetch(f"http://{node.bind}:4902/mesh/session", "POST",
                   ["Content-Type: application/json"],
                   json.dumps({"token": token}).encode())
    return (f"Cookie: {answer.headers['set-cookie'].split(';')[0]}",
            f"X-CSRF: {answer.json['csrf']}")


def callers(node):
    """The headers of each kind; those of "local" go another way."""
    own = f"Origin: http://{node.bind}:4902"
    reading = log_in(node, READER)
    admin = log_in(node, (node.state / "rest.token").read_text().strip())
    bearer = [f"Authorization: Bearer {t}" for t in (
        "0" * 64, SCRAPER, READER, (node.state / "rest.token").read_text()
        .strip())]
    return dict(zip(CALLERS, (
        [], [bearer[0]], [bearer[1]], [bearer[2]], [bearer[3]],
        [*reading, own], [*admin, own],
        [admin[0]],                                      # without X-CSRF
        [*admin, f"Origin: http://{node.bind}:8080"],    # another port's page
        [*admin, "Sec-Fetch-Site: same-site"],           # that, by a picture
        [*admin, own, "Host: rebound.example"], []), strict=True))


def says(node, request, headers, caller, source):
    method, path = request.replace("*", "x").split()
    body = None if method == "GET" else b'{"means nothing": 1}'
    headers = [*headers, "Content-Type: application/json"]
    if caller == "local":
        return fetch(f"http://localhost{path}", method, headers, body,
                     unix=node.control)
    return fetch(f"http://{node.bind}:4902{path}", method, headers, body,
                 source=source)


def test_each_route_for_each_caller(node):
    """The sessions that end with this are made anew for it."""
    bad = []
    for n, (request, kind) in enumerate(sorted(rows())):
        who = callers(node) if n == 0 or kind == "out" else who
        for caller, want in zip(CALLERS, SAYS[kind], strict=True):
            answer = says(node, request, who[caller], caller,
                          f"127.7.{1 + n // 200}.{1 + n % 200}")
            got = IN if answer.code not in (401, 403, 429) else answer.code
            if answer.code == 0 or got != want or answer.code >= 500:
                bad.append((request, caller, want, answer))
            if got != IN:
                assert set(answer.json) == {"error"}
    assert not bad


def plainly(node, method, path, headers):
    """A request without a program: curl waits for the body of a HEAD."""
    conn = http.client.HTTPConnection(node.bind, 4902, timeout=10)
    try:
        conn.putrequest(method, path, skip_host=any(
            h.startswith("Host:") for h in headers))
        for name, value in (h.split(": ", 1) for h in headers):
            conn.putheader(name, value)
        conn.endheaders()
        answer = conn.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in
                                     answer.getheaders()}, answer.read())
    finally:
        conn.close()


@pytest.mark.parametrize("caller", CALLERS)
def test_head_and_options(node, caller):
    """HEAD is let in where GET is; to ask what may be asked reads. Nobody is
    told that pages of others may."""
    headers = callers(node)[caller]
    for path in ("/mesh/status", "/mesh/documents", "/config", "/healthz",
                 "/"):
        got, head, options = (
            node.ask(m, path) if caller == "local" else
            plainly(node, m, path, headers) for m in ("GET", "HEAD", "OPTIONS"))
        assert head.body == b"" and {got.code, head.code} in (
            {got.code}, {401, 429})
        if got.code == head.code:
            assert set(got.headers) == set(head.headers)
        assert not [h for a in (got, head, options) for h in a.headers
                    if h.startswith("access-control")]
        if options.code == 204:
            assert options.headers["allow"].split(", ")[:2] == ["GET", "HEAD"]
            assert options.body == b""
        else:
            assert options.code in (401, 403, 429)


@pytest.mark.parametrize("path,allow", [
    ("/mesh/status", "GET, HEAD"), ("/mesh/init", "POST"),
    ("/mesh/members/x", "DELETE"), ("/mesh/invites", "GET, HEAD, POST"),
    ("/config", "GET, HEAD, PUT, POST, DELETE, PATCH"),
    ("/config/a/b", "GET, HEAD, PUT, POST, DELETE, PATCH"),
    ("/certificates", "GET, HEAD"), ("/certificates/", "GET, HEAD"),
    ("/certificates/a", "GET, HEAD, PUT, DELETE"),
    ("/certificates/a/chain/0", "GET, HEAD"), ("/status/x", "GET, HEAD"),
    ("/mesh/overlays/label:a=b", "GET, HEAD, PUT, DELETE"),
    ("/control/applications/x/restart", "GET")])
def test_what_is_allowed(node, path, allow):
    answer = node.ask("OPTIONS", path)
    assert (answer.code, answer.headers["allow"]) == (204, allow)


def test_a_picture_restarts_nothing(node):
    """GET /control/… does something: HEAD is none of it, and a session shows
    its second secret."""
    headers = callers(node)
    path = "/control/applications/x/restart"
    for caller, code in (("admin", 409), ("bare", 403), ("same-site", 403)):
        assert plainly(node, "GET", path, headers[caller]).code == code
    answer = plainly(node, "HEAD", path, headers["token"])
    assert (answer.code, answer.headers["allow"]) == (405, "GET")
