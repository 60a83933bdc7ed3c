# SPDX-License-Identifier: MIT OR Apache-2.0
"""A code alone leads to a member behind a NAT: by the relay that is in it, ours
or somebody's."""

import pytest
from crew import change, synced, until
from members import node
from page import named
from peer import require
from rig import daemons
from test_relayed import relay_node

JOINED_S = 30


@pytest.mark.parametrize("kind", ["c", "go", "rust"])
def test_join_by_a_relay(lab, folder, page, kind):
    """Symmetric NATs at both ends; who joins knows of no relay by itself."""
    require(kind)
    relay = relay_node(lab.host("relay"), kind)
    hosts = [lab.site(name, nat="symmetric").host() for name in "ab"]
    one = node(hosts[0], folder, flags=["--relay", relay.addr])
    two = node(hosts[1], folder)
    with daemons(one, two):
        for n in (one, two):
            n.ready()
        one.say("init", "--name", "demo")
        one.say("put", "/config", '{"listeners": {}, "routes": ['
                '{"action": {"return": 204}}]}')
        until(lambda: [a for a in one.get("/mesh/id")["addrs"]
                       if relay.id in a], "it is reached by the relay")
        code = one.say("invite", "--role", "writer").strip()
        with page.within("join by a relay, with a code alone",
                         f"relay: {named(kind)}", JOINED_S):
            two.say("join", code)
            synced(one, two)
        change(two, 205, one)
        change(one, 206, two)
