# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mesh is begun on a Unit that has certificates and scripts, or somebody adds
some by hand: they come along, or it stops and says which are missing. Unit
never gives a certificate back."""

import json
import subprocess

import pytest
from crew import Node, synced, until
from rig import Standin, daemons, loopback

SCRIPT = "export default { path(uri) { return uri } }\n"


def bundle(folder, name):
    """A file with a chain and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}.test",
         "-days", "90", "-keyout", folder / "key", "-out", folder / "chain"],
        check=True, capture_output=True)
    file = folder / f"{name}.pem"
    file.write_bytes((folder / "chain").read_bytes() +
                     (folder / "key").read_bytes())
    return file


def put(unit, path, body):
    answer = unit.ask("PUT", path, body if isinstance(body, bytes)
                      else json.dumps(body).encode())
    assert answer.code == 200, answer


def listener(certificate):
    return {"pass": "routes", "tls": {"certificate": certificate}}


@pytest.fixture
def unit(folder):
    """One that serves by TLS and has a script."""
    with Standin(folder, "--njs") as standin:
        for name in ("site", "shop", "unused"):
            put(standin, f"/certificates/{name}",
                bundle(folder, name).read_bytes())
        put(standin, "/js_modules/hello", SCRIPT.encode())
        put(standin, "/config", {
            "listeners": {"*:8443": listener(["site", "shop"]),
                          "*:8080": {"pass": "routes"}},
            "settings": {"js_module": "hello"},
            "routes": [{"action": {"return": 204}}]})
        yield standin


def held(unit):
    return set(json.loads(unit.ask("GET", "/certificates").body))


def tls(unit, where):
    """The certificates that a listener names, as the document calls them."""
    names = unit.config()["listeners"][where]["tls"]["certificate"]
    return [n.split(".")[0] for n in (
        names if isinstance(names, list) else [names])]


def test_it_stops_and_says_what_is_missing(unit, folder):
    one = Node("one", folder, loopback(), unit=unit)
    with one:
        one.ready()
        was = unit.config()
        assert "Unit has the certificate site, and does not give it out: " \
            "--cert site=FILE" in one.refuse("init")
        said = one.refuse("init", "--cert", f"site={folder}/site.pem")
        assert "the certificate shop" in said
        assert "must be NAME=FILE" in one.refuse("init", "--cert", "x", code=2)
        assert "PEM" in one.refuse("init", "--cert", f"site={folder}/key")
        assert "No such file" in one.refuse("init", "--unit-state", "/none")
        assert "in no mesh" in one.refuse("nodes")
        assert unit.config() == was
        assert not (folder / "one/mesh.db").exists()


@pytest.mark.parametrize("how", ("files", "state"))
def test_a_mesh_of_a_unit_with_tls(unit, folder, how):
    at = loopback(), loopback()
    one = Node("one", folder, at[0], unit=unit)
    (folder / "second").mkdir()
    with Standin(folder / "second", "--njs") as other:
        two = Node("two", folder, at[1], at[0], unit=other)
        with daemons(one, two):
            one.ready()
            two.ready()
            one.say("init", *(
                ("--unit-state", folder / "unitd") if how == "state" else
                ("--cert", f"site={folder}/site.pem",
                 "--cert", f"shop={folder}/shop.pem")))
            synced(one)
            # What it runs is what it ran, under names that say what is in it.
            assert tls(unit, "*:8443") == ["site", "shop"]
            assert [r[3] for r in one.rows("log")][0] == "one"
            assert [r[0].split(".")[0] for r in one.rows("log")] == [
                "r2", "r1"]
            assert {r[0] for r in one.rows("cert")} == {"site", "shop"}
            assert json.loads(one.say("script", "get", "hello")) == SCRIPT
            assert "unused" in held(unit)  # that is not the mesh's
            # And the next one gets them.
            two.say("join", one.say("invite", "--role", "writer").strip())
            synced(one, two)
            assert tls(other, "*:8443") == ["site", "shop"]
            assert {n.split(".")[0] for n in held(other)} == {"site", "shop"}
            assert other.config()["settings"]["js_module"].startswith("hello_")
            assert "PRIVATE" not in one.say("cert", "get", "site")


def test_what_is_added_by_hand_is_adopted(unit, folder):
    one = Node("one", folder, loopback(), unit=unit,
               flags=("--drift", "report"))
    with one:
        one.ready()
        one.say("init", "--unit-state", folder / "unitd")
        synced(one)
        put(unit, "/certificates/new", bundle(folder, "new").read_bytes())
        put(unit, "/js_modules/more", b"export default {}\n")
        now = unit.config()
        now["listeners"]["*:8444"] = listener("new")
        now["settings"]["js_module"] = [now["settings"]["js_module"], "more"]
        put(unit, "/config", now)
        # At once: nobody has to wait until it is seen that there is something.
        assert 'Certificate "new" is not found' in one.refuse(
            "post", "/config")
        assert "alone" in one.refuse("post", "/config", "1", "--cert",
                                     f"new={folder}/new.pem", code=2)
        one.say("post", "/config", "--cert", f"new={folder}/new.pem", "-m",
                "by hand")
        synced(one)
        assert tls(unit, "*:8444") == ["new"]
        assert tls(unit, "*:8443") == ["site", "shop"]
        assert {r[0] for r in one.rows("cert")} == {"site", "shop", "new"}
        assert {r[0] for r in one.rows("script")} == {"hello", "more"}
        assert json.loads(one.say("get"))["settings"]["js_module"] == [
            "hello", "more"]
        assert one.rows("log")[0][4] == "by hand"
