# SPDX-License-Identifier: MIT OR Apache-2.0
"""Five sites behind five NATs and one public node: what any node says, and what
is changed at any daemon, reaches all of them. Within a site nodes find each
other by mDNS."""

import concurrent.futures

from crew import Node, until
from lab import TRIES
from page import named
from peer import Unavailable, executable
from rig import daemons
from test_relayed import relay_node

KINDS = ["port-restricted", "symmetric", "one-to-one", "full-cone",
         "address-restricted"]
# Nodes of a site, and daemons: 50 of these with the public one where the tables
# are made.
OF_A_SITE = 10 if TRIES else 4
DAEMONS = 50 if TRIES else 10
# From a message to the last node that has it, and from a change to the last
# Unit that runs it.
SAID_S = 5
CHANGED_S = 30
JOINED_S = 300


def available(*kinds):
    for kind in kinds:
        try:
            executable(kind)
            yield kind
        except Unavailable:
            pass


def test_what_one_says_reaches_all(lab, page):
    """In each site one is of go and one of rust; in CI, in one site."""
    others = list(available("go", "rust"))
    public = relay_node(lab.host("public"), "c", ["--topic", "news"])
    sites = []
    for name, nat in zip("abcde", KINDS):
        site = lab.site(name, nat=nat)
        kinds = ["c"] * OF_A_SITE
        if TRIES or name == "a":
            kinds[:len(others)] = others
        sites.append([])
        for kind in kinds:
            host = site.host()
            sites[-1].append(host.begin(
                ["--listen", host.at(), "--topic", "news", "--mdns",
                 "--connect", public.addr], kind))
    nodes = [public, *(n.ready() for site in sites for n in site)]
    for one in nodes[1:]:
        # A dial of many at once through a NAT of the laboratory may be lost.
        one.poll(f"connect {public.addr}", check=False)
        one.wait_connected(public)
        one.wait_mesh("news")
    for i, site in enumerate(sites):
        says, text = site[-1 if i else 0], f"of site {i}"
        with page.within(f"what one says reaches {len(nodes)} nodes",
                         f"of site {i + 1}, {named(says.kind)}", SAID_S):
            says.cmd(f"pub news {text}")
            for one in nodes:
                if one is not says:
                    one.wait("msg", topic="news", data=text)


def test_what_is_changed_at_one_reaches_all(lab, folder, page):
    """Daemons, joined by one code, know of nobody but the public one and of
    those that mDNS finds."""
    at = lab.host("public")
    nodes = [Node(at.name, folder, None, netns=at.ns, flags=["--public"])]
    ends = []
    for name, nat in zip("abcde", KINDS):
        site = lab.site(name, nat=nat)
        for _ in range(min(DAEMONS // 5, DAEMONS - len(nodes))):
            host = site.host()
            nodes.append(Node(host.name, folder, None, at.ip, netns=host.ns))
        ends.append(nodes[-1])
    public = nodes[0]
    with daemons(*nodes):
        for n in nodes:
            n.ready()
        public.say("init", "--name", "many")
        public.say("put", "/config", '{"listeners": {}, "routes": ['
                   '{"action": {"return": 204}}]}')
        code = public.say("invite", "--uses", DAEMONS - 1, "--role",
                          "writer").strip()
        with page.within(f"{DAEMONS} daemons are in a mesh, all in step",
                         "joined with one code", JOINED_S):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda n: n.say("join", code), nodes[1:]))
            for n in nodes:
                until(lambda n=n: all_synced(n), f"{n.name_} hears of all", 120)
        for i, one in enumerate(ends):
            with page.within(f"a change runs on {DAEMONS} daemons",
                             f"made in site {i + 1}", CHANGED_S):
                revision = one.revision("put", "routes/0/action/return",
                                        str(210 + i))
                for n in nodes:
                    n.wait_text(f"Unit runs {revision}")


def all_synced(node):
    states = [n["state"] for n in node.get("/mesh/nodes")["nodes"]]
    return states == ["synced"] * DAEMONS
