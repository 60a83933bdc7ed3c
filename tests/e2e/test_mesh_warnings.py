# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is well to know of a document that is taken all the same: said by each
way to one."""

from crew import Node
from rig import config, loopback

USES = {**config("{{word}}"), "settings": {"http": {
    "server_version": False}}}
IDLE = "/variables/word: Nothing uses this variable."
UNDEFINED = "/overlays/label:role=web/merge/routes: There is no such variable."


def test_what_a_document_has_loose(folder):
    with Node("red", folder, loopback()) as red:
        red.ready()
        red.say("init")
        red.say("var", "set", "word", "\"hello\"")  # used in a moment
        assert red.ask("PUT", "/config", USES).json == {
            "success": "Reconfiguration done."}
        used = red.current()
        # It is used no more: once.
        answer = red.ask("PUT", "/config?force", config("plain"))
        assert answer.json["warnings"] == [IDLE], answer
        idle = red.current()
        answer = red.ask("PUT", "/config/settings", {})
        assert "warnings" not in answer.json, answer
        # An overlay of other nodes is no error here.
        overlay = {"merge": {"routes": "{{nowhere}}"}}
        answer = red.ask("PUT", "/mesh/overlays/label:role=web?dry-run",
                         overlay)
        assert answer.json["warnings"] == [UNDEFINED], answer
        assert red.ask("PUT", "/mesh/overlays/label:role=web",
                       overlay).json["warnings"] == [UNDEFINED]
        # Back and forth.
        answer = red.ask("POST", f"/mesh/revisions/{used}/rollback", {})
        assert answer.code == 200 and "warnings" not in answer.json, answer
        answer = red.ask("POST", f"/mesh/revisions/{idle}/rollback?force", {})
        assert answer.json["warnings"] == [IDLE], answer
        red.say("rollback", used)
        done = red.call("rollback", idle, "--force")
        assert IDLE in done.stdout + done.stderr, done

