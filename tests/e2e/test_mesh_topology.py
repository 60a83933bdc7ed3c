# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who is connected with whom, as any node tells it, also of the dead."""

import pytest
from rig import Mesh, until


@pytest.fixture
def mesh(folder):
    with Mesh(folder) as m:
        yield m


def links(node):
    """{frozenset of two ids: link}"""
    told = node.get("/mesh/topology")
    assert told["left_out"] == 0
    pairs = {frozenset(link["between"]): link for link in told["links"]}
    assert len(pairs) == len(told["links"]), told
    return pairs


def test_each_node_knows_all_links(mesh):
    a, b, c = mesh.nodes  # the others know where the first one is, no more
    near, far = frozenset((a.id, c.id)), frozenset((a.id, b.id))
    for node in mesh.nodes:
        until(lambda node=node: set(links(node)) == {near, far},
              f"{node.name} knows both links", 30)
    # That of the two others: nobody but these could tell.
    link = until(lambda: links(c)[far].get("rtt_ms") and links(c)[far],
                 "it was measured", 30)
    assert link["over"] == "tcp" and not link["relayed"] and not link["stale"]
    assert 0 < link["rtt_ms"] < 1000
    for node in mesh.nodes:
        assert links(node)[far]["dialled_by"] == b.id
    names = {n["name"] for n in a.get("/mesh/topology")["nodes"] if n["me"]}
    assert names == {"n1"}


def test_of_the_dead_the_last_word_stays(mesh):
    a, b, c = mesh.nodes
    far = frozenset((a.id, b.id))
    until(lambda: far in links(c), "c heard of it", 30)
    for node in (a, b):
        node.kill()
    until(lambda: links(c).get(far, {}).get("stale"), "it is stale", 40)
    until(lambda: all(link["stale"] for link in links(c).values()),
          "c has no connection left", 40)
    states = {n["name"]: n["state"]
              for n in c.get("/mesh/topology")["nodes"]}
    assert states == {"n1": "stale", "n2": "stale", "n3": "synced"}
