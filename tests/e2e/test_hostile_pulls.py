# SPDX-License-Identifier: MIT OR Apache-2.0
"""--article among peers that mean harm: what they say, and what they serve.

`us` is a daemon of ours; `evil` a peer whose messages are signed and whose
port 8888 does what it is told; `other` a host that has nothing to do with it.
"""

import contextlib
import json
import shutil
import sys
import time
from pathlib import Path

import pytest
from daemon import Daemon, fetch
from peer import Peer, Program
from rig import P2P_PORT, network, until

HOSTILE = Path(__file__).with_name("hostile_http.py")


class Scene:
    """Three hosts, and what runs on them."""

    def __init__(self, stack, lan, folder):
        self.lan = lan
        self.names(stack)
        self.us = stack.enter_context(Daemon(
            "us", folder, netns=lan.ns("us"), flags=[
                "--no-mdns", "--log-level", "debug",
                "--listen", f"/ip4/0.0.0.0/tcp/{P2P_PORT}"]))
        self.us.ready()
        self.evil = stack.enter_context(Peer.start("c", [
            "--topic", "news", "--connect",
            f"/ip4/{lan.ip('us')}/tcp/{P2P_PORT}/p2p/{self.us.id}"],
            netns=lan.ns("evil")))
        self.web, self.other = (stack.enter_context(Program(
            f"{host}:8888", [sys.executable, HOSTILE], lan.ns(host)))
            for host in ("evil", "other"))
        self.web.wait_text("ready")
        self.other.wait_text("ready")
        self.evil.wait_mesh("news", self.us.id)

    def names(self, stack):
        """Names that resolve on our host alone."""
        folder = Path("/etc/netns") / self.lan.ns("us")
        folder.mkdir(parents=True)
        stack.callback(shutil.rmtree, folder)
        (folder / "hosts").write_text(
            "127.0.0.1 localhost\n"
            f"{self.lan.ip('evil')} evil.test\n"
            f"{self.lan.ip('other')} other.test\n"
            f"{self.lan.ip('other')} both.test\n"
            f"{self.lan.ip('evil')} both.test\n"
            "127.0.0.1 here.test\n")

    def mode(self, name):
        mark = self.web.mark()
        self.web.write(name)
        self.web.wait_text(f"mode {name}", 5, mark)

    def say(self, text):
        """Publish it; a mark in our log from before."""
        mark = self.us.mark()
        self.evil.cmd(f"pub news {text}")
        return mark

    def status(self):
        return self.us.get("/mesh/status")

    def memory_kb(self):
        return int(Path(f"/proc/{self.us.pid}/statm").read_text()
                   .split()[1]) * 4

    def alive(self):
        """It follows who means well, and answers."""
        self.mode("fine")
        mark = self.say(self.lan.ip("evil"))
        self.us.wait_text("applied config from|what runs already", 15, mark)
        assert self.us.fetch("http://127.0.0.1:3000/healthz").code == 200


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        lan = stack.enter_context(network("us", "evil", "other"))
        yield Scene(stack, lan, tmp_path_factory.mktemp("e2e"))


def test_who_means_well_is_followed(scene):
    before = scene.status()["article"]
    mark = scene.say(scene.lan.ip("evil"))
    scene.us.wait_text(r"applied config from \S+ in \d+ ms", 10, mark)
    after = scene.status()["article"]
    assert after["pulls"] == before["pulls"] + 1
    assert scene.us.config()


@pytest.mark.parametrize("mode,words,seconds", [
    ("endless", "too big", 12), ("huge", "too big", 12),
    ("drip", "[Tt]imed? ?out|timeout", 13), ("redirect", "answered 302", 5),
    ("own_path", "answered 301", 5), ("short", "outstanding|transfer closed|"
                                      "bytes remaining", 5),
    ("no_http", "HTTP", 12), ("missing", "answered 404", 5),
    ("heads", "[Hh]eader", 12), ("mute", "[Tt]imed? ?out|timeout", 13)])
def test_an_answer_that_is_none(scene, mode, words, seconds):
    unit = scene.status()["unit"]
    memory = scene.memory_kb()
    scene.mode(mode)
    web, other = scene.web.mark(), scene.other.mark()
    mark = scene.say(scene.lan.ip("evil"))
    begun = time.monotonic()
    scene.us.wait_text(f"cannot pull config from .*({words})", seconds, mark)
    assert time.monotonic() - begun < seconds
    assert scene.memory_kb() - memory < 40_000
    # One request, and none where it was sent on to.
    scene.web.wait_text("^request", 5, web)
    assert [x for x in scene.web.lines[web:] if x.startswith("request")] == \
        ["request GET /config HTTP/1.1"]
    assert not scene.other.lines[other:]
    assert scene.status()["unit"] == unit
    scene.alive()


@pytest.mark.parametrize("mode,words", [
    ("no_json", "refused config from .*A valid JSON value is expected"),
    ("no_object", "refused config from .*A configuration is an object"),
    ("deep", "refused config from .*nesting exceeds the maximum"),
    ("full", "refused config from .*too many members and elements"),
    ("no_unit", "refused config from .*Invalid configuration")])
def test_a_body_that_is_refused(scene, mode, words):
    config = scene.us.config()
    scene.mode(mode)
    mark = scene.say(scene.lan.ip("evil"))
    scene.us.wait_text(words, 10, mark)
    assert scene.us.config() == config
    scene.alive()


def test_a_body_with_many_members_is_applied(scene):
    """Unit 1.35 has no limit on them, and they do no harm."""
    scene.mode("many")
    mark = scene.say(scene.lan.ip("evil"))
    scene.us.wait_text(r"applied config from \S+ in \d+ ms", 30, mark)
    routes = json.loads(scene.us.config())["routes"]
    assert len(routes[0]["match"]["source"]) == 150_000
    scene.alive()


@pytest.mark.parametrize("host", [
    "other", "us", "127.0.0.1", "127.9.9.9", "[::1]", "::1",
    "[::ffff:127.0.0.1]", "::ffff:{other}", "169.254.169.254", "169.254.1.1",
    "[fe80::1]", "224.0.0.251", "[ff02::fb]", "255.255.255.255", "0.0.0.0",
    "[::]", "10.99.99.99", "{other}:8888", "{us}:3000"])
def test_an_address_that_is_not_the_signers(scene, host):
    ip = scene.lan.ip
    named = ip(host) if host in ("other", "us") else host.format(
        other=ip("other"), us=ip("us"))
    refused_and_quiet(scene, named, "not pulling from")


@pytest.mark.parametrize("host", [
    "other.test", "here.test", "localhost", "nowhere.invalid", "1.2.3",
    "0x7f000001"])
def test_a_name_that_leads_elsewhere(scene, host):
    refused_and_quiet(scene, host, "not pulling from")


@pytest.mark.parametrize("text", [
    "", " ", "http://{evil}/", "{evil}/elsewhere", "{evil}:8888/x", "a b",
    "{evil}@{other}", "-x", ".", "..", "[{evil}", "{evil}\t", "a\\b", "%00",
    "ünï.test", "a" * 254, "{evil}#", "{evil}?x", "{evil}:x", "{evil}:123456",
    "evil.test:80 80"])
def test_a_text_that_names_no_host(scene, text):
    said = text.format(evil=scene.lan.ip("evil"), other=scene.lan.ip("other"))
    refused_and_quiet(scene, said, "names no host")


def test_bytes_that_are_no_text(scene):
    mark = scene.us.mark()
    before = scene.status()["article"]
    scene.evil.proc.stdin.write(b"pub news \xff\xfe\x1b[2J\x80\n")
    scene.evil.proc.stdin.flush()
    assert scene.evil.reply("pub")["ok"]
    scene.us.wait_text("names no host", 10, mark)
    assert scene.status()["article"]["pulls"] == before["pulls"]
    assert not any("\x1b" in line for line in scene.us.lines)


def test_a_message_of_a_mebibyte(scene):
    mark = scene.us.mark()
    scene.evil.cmd("flood news 1000000 3")
    for _ in range(3):
        scene.us.wait_text("names no host", 10, mark)
        mark = scene.us.mark()
        if len([x for x in scene.us.lines if "names no host" in x]) >= 3:
            break
    scene.alive()


def refused_and_quiet(scene, text, words):
    """It is said, nothing is asked anywhere, nothing changes."""
    before = scene.status()
    web, other = scene.web.mark(), scene.other.mark()
    mark = scene.say(text)
    scene.us.wait_text(words, 10, mark)
    after = scene.status()
    assert after["article"]["refused"] == before["article"]["refused"] + 1
    assert after["article"]["pulls"] == before["article"]["pulls"]
    assert after["unit"] == before["unit"]
    assert not scene.web.lines[web:] and not scene.other.lines[other:]


@pytest.mark.parametrize("text", [
    "evil.test", "EVIL.test", "both.test", "evil.test:9999", "{evil}:9999",
    "{evil}:", "::ffff:{evil}"])
def test_the_signers_host_by_other_words(scene, text):
    """Port and path are ours, whatever the message says."""
    scene.mode("fine")
    web, other = scene.web.mark(), scene.other.mark()
    mark = scene.say(text.format(evil=scene.lan.ip("evil")))
    scene.us.wait_text(
        f"pulling config from http://{scene.lan.ip('evil')}:8888/config", 10,
        mark)
    scene.us.wait_text("applied config from|what runs already", 10, mark)
    scene.web.wait_text("request GET /config HTTP/1.1", 5, web)
    assert not scene.other.lines[other:]


def test_a_hundred_messages_are_no_storm(scene):
    """A pull is under way for 0.3 s; those that come meanwhile are one."""
    scene.mode("each_other")
    before = scene.status()
    web = scene.web.mark()
    for _ in range(100):
        scene.evil.send(f"pub news {scene.lan.ip('evil')}")
    for _ in range(100):
        assert scene.evil.reply("pub")["ok"]
    until(lambda: scene.status()["article"]["received"] ==
          before["article"]["received"] + 100, "all have come")
    scene.us.wait_text("applied config from", 10)
    until(lambda: [x for x in scene.web.lines[web:] if "done" in x][1:],
          "two were answered")
    until(lambda: not scene.status()["unit"]["busy"], "nothing is left")
    after = scene.status()
    asked = [x for x in scene.web.lines[web:] if x.startswith("request")]
    assert 2 <= len(asked) <= 3
    assert after["article"]["pulls"] - before["article"]["pulls"] == len(asked)
    assert after["unit"]["applied"] - before["unit"]["applied"] <= len(asked)
    scene.alive()


def test_own_messages_are_ignored(scene):
    before = scene.status()["article"]
    mark = scene.evil.mark()
    answer = scene.us.publish(scene.lan.ip("us"))
    assert answer.text == "Published config event to all other nodes"
    got = scene.evil.wait("msg", after=mark, topic="news")
    assert (got["data"], got["from"]) == (scene.lan.ip("us"), scene.us.id)
    after = scene.status()["article"]
    assert after["published"] == before["published"] + 1
    assert (after["received"], after["pulls"]) == \
        (before["received"], before["pulls"])


@pytest.mark.parametrize("at", ["127.0.0.1", "localhost"])
def test_a_publish_to_loopback_names_us_as_others_see_us(scene, at):
    mark, log = scene.evil.mark(), scene.us.mark()
    answer = scene.us.fetch(f"http://{at}:3000/config", method="POST")
    assert answer.code == 200
    got = scene.evil.wait("msg", after=mark, topic="news")
    assert got["data"] == scene.lan.ip("us")
    scene.us.wait_text("means another machine to each of the others", 5, log)


@pytest.mark.parametrize("host,method,path,code", [
    ("evil", "GET", "/config", 200), ("other", "GET", "/config", 403),
    ("other", "PUT", "/config", 403), ("evil", "PUT", "/config", 405),
    ("evil", "DELETE", "/config", 405), ("evil", "POST", "/config", 405),
    ("evil", "GET", "/", 404), ("evil", "GET", "/certificates", 404),
    ("evil", "GET", "/config/../status", 404),
    ("evil", "GET", "/config/routes", 404)])
def test_what_the_others_may_read(scene, host, method, path, code):
    """The configuration, if they are connected; nothing else, and no write."""
    config = scene.us.config()
    answer = fetch(f"http://{scene.lan.ip('us')}:8888{path}", method=method,
                   netns=scene.lan.ns(host), body=b"{}" if method == "PUT"
                   else None)
    assert answer.code == code
    assert (answer.body == config) == (code == 200)
    assert scene.us.config() == config
