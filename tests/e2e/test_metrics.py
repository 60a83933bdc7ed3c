# SPDX-License-Identifier: MIT OR Apache-2.0
"""GET /metrics of real daemons: what it says is so, in a mesh that changes,
refuses, parts and heals; who may read it; and that it waits for nobody."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from crew import ROUTE, Node, again, begin, synced, until
from daemon import Daemon, fetch
from peer import Program
from rig import P2P_PORT, Standin, daemons, loopback

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "metrics"))
import rules  # noqa: E402

FAST = {"UNITMESH_TEST_SPEED": "20"}
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
LINE = re.compile(r'([a-z0-9_]+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-z0-9_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def text_of(node, accept=None):
    answer = node.ask("GET", "/metrics",
                      headers={"Accept": accept} if accept else None)
    assert answer.code == 200, answer
    assert answer.headers["content-type"] == (PLAIN if accept else OPEN)
    return answer.text


def samples(text):
    """{(name, frozenset of labels): value}; each line is one, and one alone."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = LINE.fullmatch(line).groups()
        pairs = LABEL.findall(labels or "")
        assert LABEL.sub("", labels or "") == "", line
        key = name, frozenset(pairs)
        assert key not in found, line
        found[key] = float(value)
    return found


def look(node):
    """A function that tells a sample's value; None: there is none."""
    found = samples(text_of(node))
    return lambda name, /, **labels: found.get(
        (f"unitmesh_{name}", frozenset(labels.items())))


def value(node, name, /, **labels):
    return look(node)(name, **labels)


def state(node):
    is_ = [dict(labels)["unitmesh_sync_state"] for (name, labels), one in
           samples(text_of(node)).items()
           if name == "unitmesh_sync_state" and one]
    assert len(is_) == 1
    return is_[0]


def both_parse(node):
    """Readers of others find the same in both formats."""
    parser = pytest.importorskip(
        "prometheus_client.openmetrics.parser",
        reason="no python3-prometheus-client: its parsers are not asked")
    from prometheus_client.parser import text_string_to_metric_families
    new, old = text_of(node), text_of(node, "text/plain")
    assert new.endswith("\n# EOF\n") and "# EOF" not in old
    families = list(parser.text_string_to_metric_families(new))
    names = {s.name for f in families for s in f.samples}
    assert names == {s.name for f in text_string_to_metric_families(old)
                     for s in f.samples}
    assert names == {name for name, _ in samples(old)}
    for f in families:
        assert f.samples and f.documentation and f.type != "unknown", f
        assert f.unit == "" or f.name.endswith(f"_{f.unit}"), f
    return old


@pytest.fixture
def trio(folder):
    at = [loopback() for _ in range(3)]
    (folder / "unit").mkdir()
    with Standin(folder / "unit") as unit:
        nodes = [Node(n, folder, b, [x for x in at if x != b], env=FAST,
                      unit=unit if n == "green" else None)
                 for n, b in zip(("red", "green", "blue"), at)]
        with daemons(*nodes):
            yield begin(nodes)


def test_in_no_mesh(folder):
    with Node("one", folder, loopback()) as one:
        one.ready()
        at = look(one)
        assert state(one) == "alone"
        assert at("node_info", id=one.id, name="one", mode="alone") == 1
        assert at("peers") == 0 and at("unit_up") == 0
        assert at("current_revision") is None  # there is no mesh
        assert at("unit_requests_total") is None  # nor was Unit looked at
        both_parse(one)


def test_what_happens_is_counted(trio):
    red, green, blue = trio
    first = look(red)("current_revision")
    before = [look(n) for n in trio]
    for status in (205, 206, 207):
        red.say("put", ROUTE, str(status))
        synced(*trio)
    for n, was in zip(trio, before):
        at = look(n)
        assert state(n) == "synced"
        assert at("current_revision") == at("applied_revision") == first + 3
        assert 0 <= at("current_revision_age_seconds") < 60
        assert at("revisions") == was("revisions") + 3
        new = {what: at("events_total", event=what) -
               was("events_total", event=what)
               for what in ("current", "applied", "refused", "forgery")}
        assert new == {"current": 3, "applied": 3, "refused": 0, "forgery": 0}
        assert at("applies_total", outcome="applied") >= \
            was("applies_total", outcome="applied") + 3
        assert at("revision_delay_seconds_count") == \
            was("revision_delay_seconds_count") + 3
        assert at("revision_delay_seconds_sum") < 60
        assert at("apply_duration_seconds_count") == sum(
            at("applies_total", outcome=o) for o in
            ("applied", "refused", "failed"))
        assert at("apply_duration_seconds_bucket", le="+Inf") == \
            at("apply_duration_seconds_count")
        assert at("peers") == 2 and at("members", state="synced") == 3
        assert at("member_synced", id=red.id, name="red") == 1
        assert at("member_silent_seconds", id=n.id, name=n.name_) == 0
        assert at("store_bytes", file="database") > 0
        assert at("store_free_bytes") > 0 and at("store_failing") == 0
        for way in ("in", "out"):
            label = {"protocol": "/meshsub/1.3.0", "direction": way}
            assert at("p2p_protocol_bytes_total", **label) > \
                was("p2p_protocol_bytes_total", **label), label
            # What goes by hints is not asked for.
            label["protocol"] = "/unitmesh/sync/1.0.0"
            assert at("p2p_protocol_bytes_total", **label) > 0
            assert at("p2p_protocol_streams_total", **label) is not None
        assert at("pubsub_messages_total", fate="delivered") > \
            was("pubsub_messages_total", fate="delivered")
        assert at("conflicts") == at("rollouts") == 0
        assert at("limit_hits_total", limit="quota") == 0
        both_parse(n)


def test_a_rollout(trio):
    red, green, blue = trio
    made = red.revision("put", ROUTE, "205", "--trial=10m")
    until(lambda: all(value(n, "rollouts") == 1 for n in trio), "all know it")
    synced(*trio)
    green.say("confirm", made)
    until(lambda: all(value(n, "rollouts") == 0 for n in trio), "it is over")
    assert [value(n, "events_total", event="confirmed") for n in trio] == \
        [0, 1, 0]  # who said so


def test_a_unit_that_refuses_drifts_and_is_gone(trio):
    red, green, blue = trio
    unit = green.standin
    unit.tell("fault refuse-listener=*:8081")
    red.say("put", "listeners/*:8081", '{"pass": "routes"}')
    until(lambda: state(green) == "refused", "green says so")
    at = look(green)
    assert at("current_revision") == at("applied_revision") + 1
    assert at("applies_total", outcome="refused") >= 1
    assert at("events_total", event="refused") == 1
    until(lambda: value(red, "members", state="refused") == 1, "red hears it")
    assert value(red, "member_synced", id=green.id, name="green") == 0
    assert state(red) == "synced"
    unit.tell("fault none")
    red.say("delete", "listeners/*:8081")
    synced(*trio)
    # By hand.
    assert unit.ask("PUT", "/config/routes/0/action/return",
                    b"299").code == 200
    until(lambda: state(green) == "drift", "it is seen")
    assert value(green, "events_total", event="drift") == 1
    until(lambda: value(red, "members", state="drift") == 1, "red hears it")
    # Unit says nothing any more, and nobody waits for it.
    unit.tell("fault mute")
    until(lambda: value(green, "unit_up") == 0, "it is missed")
    began = time.monotonic()
    at = look(green)
    assert time.monotonic() - began < 2
    assert at("unit_requests_total") is not None
    old = at("unit_status_age_seconds")
    assert old > 0
    until(lambda: value(green, "unit_status_age_seconds") > old + 1,
          "what it said grows old")
    unit.tell("fault none")
    until(lambda: value(green, "unit_up") == 1, "it is back")
    until(lambda: value(green, "unit_status_age_seconds") < 3,
          "what it says is new")


def test_what_unit_says(trio):
    red, green, blue = trio
    red.say("put", "/config", json.dumps({
        "listeners": {"*:8080": {"pass": "routes"}},
        "routes": [{"action": {"return": 204}}],
        "applications": {
            name: {"type": "external", "executable": "/bin/true"}
            for name in ("shop", 'a "b"\\c', "x" * 200)}}))
    synced(*trio)
    shown = json.loads(green.standin.ask("GET", "/status").body)
    until(lambda: value(green, "unit_applications") == 3, "it was looked at")
    at = look(green)
    for way in ("accepted", "closed"):
        assert at(f"unit_connections_{way}_total") == \
            shown["connections"][way]
    for name in ("active", "idle"):
        assert at("unit_connections", state=name) is not None
    assert at("unit_requests_total") == shown["requests"]["total"]
    for name, label in (("shop", "shop"), ('a "b"\\c', 'a \\"b\\"\\\\c')):
        app = shown["applications"][name]
        for kind in ("running", "starting", "idle"):
            assert at("unit_application_processes", application=label,
                      state=kind) == app["processes"][kind]
        assert at("unit_application_requests_active",
                  application=label) == app["requests"]["active"]
    assert "xxxxx" not in text_of(green)  # it is counted, that is all
    both_parse(green)


def cert(folder, subject, days):
    """A certificate and when it ends, by openssl."""
    chain = folder / f"{subject}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={subject}",
         "-days", str(days), "-keyout", folder / "key", "-out", chain],
        check=True, capture_output=True)
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601",
         "-in", chain], check=True, capture_output=True, text=True).stdout
    return chain, datetime.fromisoformat(
        said.strip().removeprefix("notAfter=").replace("Z", "+00:00"))


def test_when_certificates_end(trio, folder):
    red, green, blue = trio
    named = "certificate_expiry_timestamp_seconds"

    def ends(node):
        return {dict(labels)["name"]: one for (name, labels), one in
                samples(text_of(node)).items() if name == f"unitmesh_{named}"}

    assert ends(red) == {} and named not in text_of(red)
    leaf, end = cert(folder, "leaf", 90)
    red.say("cert", "put", "site", leaf, folder / "key")
    synced(*trio)
    for n in trio:  # also where Unit is another one
        assert ends(n) == {"site": end.timestamp()}
        both_parse(n)
    # Of a chain what ends first; 2038 is no end.
    issuer, sooner = cert(folder, "issuer", 9)
    leaf, later = cert(folder, "leaf", 40000)
    assert later.year > 2106
    chain = folder / "chain.pem"
    chain.write_text(leaf.read_text() + issuer.read_text())
    red.say("cert", "put", "site", chain, folder / "key")
    red.say("cert", "put", "far", leaf, folder / "key")
    # The longest name that one may have is a label, too.
    green.say("cert", "put", "x" * 128, leaf, folder / "key")
    synced(*trio)
    for n in trio:
        assert ends(n) == {"site": sooner.timestamp(), "far": later.timestamp(),
                           "x" * 128: later.timestamp()}
    red.say("cert", "rm", "site")
    synced(*trio)
    assert set(ends(blue)) == {"far", "x" * 128}


def test_who_is_silent_and_what_was_made_apart(folder):
    at = loopback(), loopback()
    one = Node("one", folder, at[0], at[1], env=FAST)
    two = Node("two", folder, at[1], at[0], env=FAST)
    with daemons(one, two):
        begin([one, two])
        two.stop()
        until(lambda: value(one, "members", state="stale") == 1, "it is missed")
        silent = value(one, "member_silent_seconds", id=two.id, name="two")
        until(lambda: value(one, "member_silent_seconds", id=two.id,
                            name="two") > silent, "for longer and longer")
        assert value(one, "member_synced", id=two.id, name="two") == 0
        assert value(one, "peers") == 0
        one.say("put", ROUTE, "205")
        one.stop()
        with again(two, folder, at[0], env=FAST) as two:
            two.ready()
            two.say("put", ROUTE, "206")
            with again(one, folder, at[1], env=FAST) as one:
                one.ready()
                synced(one, two)
                for n in (one, two):
                    until(lambda n=n: value(n, "conflicts") == 1, "a conflict")
                lost = one.rows("conflicts")[0][0]
                one.say("resolve", lost, "--drop")
                for n in (one, two):
                    until(lambda n=n: value(n, "conflicts") == 0, "it is over")
                # Of those made before this start none is a delay.
                assert value(one, "revision_delay_seconds_sum") < 30
                one.say("members", "rm", "two")
                until(lambda: state(two) == "removed", "two hears of that")
                assert value(one, "members", state="synced") == 1
                both_parse(two)


def test_limits_that_are_hit(folder):
    """Connections that never say who they are."""
    with Node("one", folder, loopback()) as one, \
            contextlib.ExitStack() as held:
        one.ready()
        assert value(one, "limit_hits_total", limit="handshakes") == 0
        for _ in range(12):
            held.enter_context(socket.create_connection(
                (one.bind, P2P_PORT), timeout=5))
        until(lambda: value(one, "limit_hits_total", limit="handshakes") == 4,
              "those above eight of one address are refused")
        assert value(one, "p2p_handshakes") == 8
        assert value(one, "p2p_descriptors") >= 9
        held.close()
        until(lambda: value(one, "p2p_handshakes") == 0, "they are gone")
        assert value(one, "limit_hits_total", limit="handshakes") == 4


def test_nothing_secret(trio):
    red, green, _ = trio
    red.say("var", "set", "word", "canary-metrics-9", "--secret")
    red.say("put", "routes/0/action/location", '"/{{word}}"')
    synced(*trio)
    for n in trio:
        token = (n.state / "rest.token").read_text().strip()
        for accept in (None, "text/plain"):
            text = text_of(n, accept)
            assert "canary" not in text and token not in text
            assert str(n.state) not in text


def test_promtool(trio):
    """Prometheus itself has nothing to say against names, types, help."""
    promtool = rules.promtool()
    if promtool is None:
        pytest.skip(f"{rules.NO_PROMTOOL}: names are not checked")
    for n in trio:
        done = subprocess.run([promtool, "check", "metrics"], text=True,
                              input=text_of(n, "text/plain"), check=False,
                              capture_output=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_prometheus_itself(folder):
    """It reads both nodes with a token of its own, and loads the alerts."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("no prometheus: nothing scrapes")
    at = loopback(), loopback()
    token = token_file(folder)
    one, two = [Node(n, folder, b, at[1 - i], env=FAST,
                     flags=["--metrics-token", token])
                for i, (n, b) in enumerate(zip(("one", "two"), at))]
    (folder / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules.ALERTS)],
        "scrape_configs": [{
            "job_name": "unitmesh",
            "authorization": {"credentials_file": str(token)},
            "static_configs": [{"targets": [f"{a}:4902" for a in at]}]}]}))
    web = f"{loopback()}:9090"

    def asked(path):
        answer = fetch(f"http://{web}/api/v1/{path}")
        return answer.json["data"] if answer.code == 200 else None

    def values(query):
        data = asked(f"query?query={query}") or {"result": []}
        return sorted(float(r["value"][1]) for r in data["result"])

    with daemons(one, two, Program("prometheus", [
            "sh", "-c", 'exec "$0" "$@" 2>&1', program,
            "--config.file", folder / "prometheus.yml",
            "--storage.tsdb.path", folder / "tsdb",
            "--web.listen-address", web])) as (_, _, server):
        begin([one, two])
        server.wait_text("Server is ready", 30)
        until(lambda: values("unitmesh_unit_up") == [1, 1], "both are read")
        assert values("up") == [1, 1]
        assert [t["lastError"] for t in asked("targets")["activeTargets"]] == \
            ["", ""]
        made = [r[0] for r in one.rows("log", "--limit", "1")][0]
        number = int(re.match(r"r(\d+)", made)[1])
        until(lambda: values("unitmesh_applied_revision") == [number, number],
              "what runs is seen")
        groups = asked("rules")["groups"]
        names = re.findall(r"- alert: (\w+)", rules.ALERTS.read_text())
        assert [r["name"] for g in groups for r in g["rules"]] == names
        assert {r["health"] for g in groups for r in g["rules"]} <= \
            {"ok", "unknown"}
        for query in rules.queries(json.loads(rules.DASHBOARD.read_text())):
            query = query.replace("$__rate_interval", "30s").replace(
                "$job", "unitmesh").replace("$instance", ".*")
            assert asked(f"query?query={quote(query)}") is not None, query


# ---- who may

def token_file(folder, text=64 * "a" + "\n", mode=0o640):
    path = folder / "scraper"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_token_for_this_alone(folder):
    secret = "0123456789abcdef" * 4
    flags = ["--metrics-token", token_file(folder, secret + "\n")]
    with Daemon("a", folder, bind=loopback(), article=False,
                flags=flags) as a:
        a.ready()
        url = f"http://{a.bind}:4902"
        scraper = [f"Authorization: Bearer {secret}"]
        whole = ["Authorization: Bearer " +
                 (a.state / "rest.token").read_text().strip()]
        for path, headers, status in (
                ("/metrics", [], 401), ("/metrics", scraper, 200),
                ("/metrics", whole, 200),
                ("/metrics", ["Authorization: Bearer " + "0" * 64], 401),
                ("/metrics", ["Authorization: Bearer "], 401),
                ("/metrics", [*scraper, "Host: evil.example"], 403),
                ("/metrics", [*scraper, "Origin: http://evil.example"], 403),
                ("/metrics/", scraper, 401), ("/mesh/status", scraper, 401),
                ("/config", scraper, 401), ("/mesh/events", scraper, 401),
                ("/mesh/status", whole, 200)):
            assert fetch(url + path, headers=headers).code == status, \
                (path, headers)
        for method in ("POST", "PUT", "DELETE"):
            answer = fetch(url + "/metrics", method, whole, b"")
            assert (answer.code, answer.headers["allow"]) == (405, "GET, HEAD")
            assert fetch(url + "/metrics", method, scraper, b"").code == 401
        answer = fetch(url + "/metrics", headers=scraper)
        assert answer.headers["content-type"] == OPEN
        answer = fetch(url + "/metrics",
                       headers=[*scraper, "Accept: text/plain"])
        assert answer.headers["content-type"] == PLAIN
        assert "ccept" in answer.headers["vary"]


def test_without_one_an_empty_token_opens_nothing(folder):
    with Daemon("a", folder, bind=loopback(), article=False) as a:
        a.ready()
        for given in ("", "Bearer", "Bearer ", "Bearer " + " " * 64):
            assert fetch(f"http://{a.bind}:4902/metrics", headers=[
                f"Authorization: {given}"]).code == 401


@pytest.mark.parametrize("text,mode", [
    (64 * "a" + "\n", 0o644), ("short\n", 0o600), (64 * "g" + "\n", 0o600),
    (65 * "a" + "\n", 0o600), ("", 0o600), (None, 0)])
def test_a_token_that_is_none(folder, text, mode):
    path = folder / "scraper"
    if text is not None:
        token_file(folder, text, mode)
    with Daemon("a", folder, bind=loopback(), article=False,
                flags=["--metrics-token", path]) as a:
        a.wait_text(f"--metrics-token {path}: " + (
            "must be a file of 64" if text is not None else "No such file"))
        assert a.proc.wait(10) == 1


def test_the_article(folder):
    with Daemon("a", folder, bind=loopback()) as a:
        a.ready()
        at = look(a)
        assert at("article_subscribers") == 0
        assert at("article_messages_total", fate="received") == 0
        assert at("current_revision") is None
        assert 'mode="article"' in text_of(a)
        both_parse(a)
