# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is secret in a mesh: sealed anew when somebody leaves, and shown by
nobody."""

import contextlib
import json

import sign
from crew import ROUTE, synced, until
from test_mesh_parts import (NAMES, SECRET, certificate, everything, hears,
                             late, mesh, on_unit, slots, stored, uses_secret)


def objects(node):
    """The sealed objects of the document, by what they are for."""
    last = node.holds()
    document = node.get(f"/mesh/revisions/{last}/document")
    return {f"{part}/{name}": v["sealed"]
            for part in ("certificates", "variables")
            for name, v in document.get(part, {}).items()}


def untouched(node):
    """When its Unit was given something last: it writes that down."""
    return (node.standin.state / "conf.json").stat().st_mtime_ns


def secrets_of(node, folder):
    """A certificate that is in use, and a secret variable."""
    uses_secret(node)
    chain, key = certificate(folder, "site")
    node.say("cert", "put", "site", chain, key)
    node.say("put", "listeners/*:8443", json.dumps(
        {"pass": "routes", "tls": {"certificate": "site"}}))


def readable_by(node, *members):
    """Whether all objects are sealed for just these; the node is stopped."""
    wanted = {sign.key_of(m.id) for m in members}
    return all(slots(node, hash_) == wanted for hash_ in node.sealed.values())


def test_who_left_is_not_sealed_to(folder):
    """Removing a member makes a revision in which all that is secret is sealed
    for the others. No Unit is given anything."""
    with contextlib.ExitStack() as stack:
        red, green, blue = stack.enter_context(mesh(folder))
        secrets_of(red, folder)
        synced(red, green, blue)
        grey = late(stack, folder, "grey", red)
        synced(red, green, blue, grey)
        left = (red, blue, grey)
        names = {n.name_: on_unit(n)[:2] for n in left}
        was, old = red.holds(), objects(red)
        quiet = {n.name_: untouched(n) for n in left}
        said = red.say("members", "rm", "green")
        assert "no member any more" in said
        assert "certificates/site" in said and "variables/word" in said
        assert "It has seen these" in said
        made = red.holds()
        assert made != was and made in said
        assert red.rows("log", "--limit", "2")[1][0] == was
        red.sealed = objects(red)
        assert set(red.sealed) == set(old)
        assert not set(red.sealed.values()) & set(old.values())
        synced(*left)
        for n in left:
            assert n.states()[n.name_] == ("synced", made)
            assert on_unit(n)[:2] == names[n.name_]
            assert n.unit()["routes"][0]["action"][
                "location"] == f"/{SECRET}/{n.name_}"
            # What it was given last it was given before.
            assert untouched(n) == quiet[n.name_], n.name_
        # There is nothing more to be done, anywhere.
        for n in (red, blue):
            assert "All is sealed" in n.say("reseal")
        assert red.holds() == made
        red.stop()
        assert readable_by(red, *left)


def test_sealed_anew_by_itself(folder):
    """Also for who came later: its slots were made for it by others."""
    with contextlib.ExitStack() as stack:
        red, green = stack.enter_context(mesh(folder, NAMES[:2]))
        secrets_of(red, folder)
        blue = late(stack, folder, "blue", red, "writer")
        synced(red, green, blue)
        was = blue.holds()
        # One that has but a later slot can do it.
        said = blue.say("reseal")
        assert "certificates/site" in said and "variables/word" in said
        assert blue.holds() != was
        synced(red, green, blue)
        blue.sealed = objects(blue)
        answer = green.ask("POST", "/mesh/reseal")
        assert answer.code == 200 and answer.json == {
            "success": "All is sealed for the members of now.",
            "objects": [], "left": []}, answer
        blue.stop()
        assert readable_by(blue, red, green, blue)


def test_what_cannot_be_sealed_anew(folder):
    """Who may not write removes a member all the same, and says what is to be
    done; so it is while a trial is under way."""
    with mesh(folder) as (red, green, blue):
        uses_secret(red)
        synced(red, green, blue)
        trial = blue.revision("put", ROUTE, "301", "--trial=5m")
        synced(red, green, blue)
        said = red.say("members", "rm", "green")
        assert "no member any more" in said and "is not sealed anew" in said
        assert "`unitmesh reseal`" in said
        hears(blue, lambda rows: "green" not in {r[0] for r in rows})
        assert "green" not in {r[0] for r in red.rows("members")}
        assert "--supersede" in blue.refuse("reseal", code=4)
        blue.say("confirm", trial)
        made = objects(blue)
        red.say("members", "role", "red", "node")
        said = red.refuse("reseal")
        assert "may not write" in said, said
        assert objects(red) == made
        hears(blue, lambda rows: any(r[:2] == ["red", "node"]
                                     for r in rows))
        assert "variables/word" in blue.say("reseal")
        synced(red, blue)
        red.sealed = objects(red)
        assert red.sealed != made
        red.stop()
        assert readable_by(red, red, blue)
