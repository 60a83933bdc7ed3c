# SPDX-License-Identifier: MIT OR Apache-2.0
"""What commands show, for programs: -o json and -o yaml say the same."""

import json

import pytest
import yaml
from crew import Node
from rig import loopback

# What YAML has other ideas of, and what is hard to write in it.
ODD = {
    "no": "no", "yes": "Yes", "null": None, "n": "null", "tilde": "~",
    "empty": "", "number": "1.10", "octal": "010", "sexagesimal": "12:30:45",
    "date": "2026-11-26", "merge": "<<", "equals": "=", "dash": "- a",
    "colon": "a: b", "hash": "a #b", "star": "*:80", "at": "@x", "bang": "!x",
    "brace": "{x}", "quote": "it's \"so\"", "space": " x ", "tab": "a\tb",
    "lines": "one\ntwo\n", "bare": "one\ntwo", "blank": "\n\n x\n",
    "more": "a\n\n\n", "cr": "a\r\nb", "next": "a\u0085b", "sep": "a\u2028b",
    "umlaut": "Grüße, 世界 🌍", "inf": ".inf", "true": True, "list": [],
    "object": {}, "deep": [[], [1, [2, {"a": [{}]}]]], "key: odd": 1,
    "off": False, "big": 123456789012, "-": ["-", "?", ":", ","],
}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with Node("one", tmp_path_factory.mktemp("f"), loopback()) as node:
        node.ready()
        node.say("init", "--name", "demo")
        yield node


def both(node, *words, code=0):
    return json.loads(node.say(*words, "-o", "json", code=code)), \
        yaml.safe_load(node.say(*words, "-o", "yaml", code=code))


def test_every_text_comes_back(one):
    one.say("var", "set", "odd", json.dumps(ODD))
    said = yaml.safe_load(one.say("var", "get", "odd", "-o", "yaml"))
    for name, value in ODD.items():
        assert said[name] == value, name
    assert said == ODD


def test_numbers_are_as_they_were_written(one):
    one.say("var", "set", "n", '{"a": 1.50, "b": 0.1e-7, "c": -0}')
    told = one.say("var", "get", "n", "-o", "json")
    said = one.say("var", "get", "n", "-o", "yaml")
    for number in json.loads(told, parse_float=str, parse_int=str).values():
        assert f": {number}\n" in said


def test_commands_say_the_same_as_json(one):
    for words in (("members",), ("log",), ("show",), ("invites",), ("get",),
                  ("id",), ("version",), ("config", "show"), ("overlay",),
                  ("settings",), ("conflicts",), ("copies",), ("var",),
                  ("put", "/config/settings", "{}", "--dry-run")):
        a, b = both(one, *words)
        assert a == b, words
    assert both(one, "status")[1]["mode"] == "mesh"
    assert both(one, "doctor", code=one.call("doctor").returncode)[1].keys() \
        == {"well", "findings"}
    made = yaml.safe_load(one.say("put", "/config/settings", "{}", "-o",
                                  "yaml"))
    assert made["revision"] == one.current()


def test_files_say_it_as_numbers(one, folder):
    said = json.loads(one.say("export", folder / "a", "-o", "json"))
    assert said["items"] > 3 and len(said["mesh"]) == 64
    told = yaml.safe_load(one.say("import", folder / "a", "-o", "yaml"))
    assert told == {"mesh": said["mesh"], "new": 0, "known": said["items"],
                    "documents": said["documents"], "aside": 0, "waiting": 0,
                    "refused": 0}


def test_mistakes_and_events_are_yaml_too(one):
    done = one.call("get", "/none", "-o", "yaml")
    assert done.returncode == 1 and yaml.safe_load(done.stderr)["error"]
    # A person reads it without quotes where there need be none.
    assert "\n- roles:\n" not in one.say("members", "-o", "yaml")
    assert "mode: mesh\n" in one.say("status", "-o", "yaml")
