# SPDX-License-Identifier: MIT OR Apache-2.0
"""Five sites behind five NATs and one public node: what any node says reaches
all of them. Within a site nodes find each other by mDNS."""

import os
import time

import pytest
from peer import require
from test_relayed import relay_node

KINDS = ["port-restricted", "symmetric", "one-to-one", "full-cone",
         "address-restricted"]
# Nodes of a site: 50 in all where the tables are made.
OF_A_SITE = 10 if os.environ.get("WAN_TRIES") else 4
# From a message to the last node that has it.
WITHIN_S = 5


@pytest.mark.parametrize("kind", ["c"])
def test_what_one_says_reaches_all(lab, kind):
    require(kind)
    public = relay_node(lab.host("public"), kind, ["--topic", "news"])
    sites = []
    for name, nat in zip("abcde", KINDS):
        site = lab.site(name, nat=nat)
        hosts = [site.host() for _ in range(OF_A_SITE)]
        sites.append([host.begin(["--listen", host.at(), "--topic", "news",
                                  "--mdns", "--connect", public.addr])
                      for host in hosts])
    nodes = [n.ready() for site in sites for n in site]
    for one in nodes:
        one.wait_connected(public)
        one.wait_mesh("news")
    for i, site in enumerate(sites):
        text = f"of site {i}"
        start = time.monotonic()
        site[-1].cmd(f"pub news {text}")
        for one in [public, *nodes]:
            if one is not site[-1]:
                one.wait("msg", topic="news", data=text)
        assert time.monotonic() - start < WITHIN_S
