#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: article.py [--keep] [--loopback]

Three nodes, each with a Unit of its own; the first one's configuration is
changed and published, the others follow. Each node has a network namespace
of its own on one bridge and they find each other by mDNS; where namespaces
are not allowed, they have loopback addresses and are told of each other.
Exit code: 0, or 1 if somebody did not follow.
"""

import sys
import time

from hosts import (NAMES, WAIT, config, find_each_other, keep, row, show,
                   start, step, tell)
from daemon import UNITMESH
from peer import PeerError


def change(hosts, nodes, greeting):
    """Change the first, publish, watch the others; the number of failures."""
    first, others = NAMES[0], NAMES[1:]
    step(f"a new route on {first}, then: curl -X POST "
         f"http://{hosts.ip(first)}:3000/config")
    nodes[first].put_config(config(greeting))
    marks = {name: nodes[name].mark() for name in others}
    began = time.monotonic()
    answer = nodes[first].publish(hosts.ip(first))
    row(first, "answered", answer.text.strip())
    bad = 0
    for name in others:
        try:
            found = nodes[name].wait_text(r"applied config from (\S+) in "
                                          r"(\d+) ms", WAIT, marks[name])
            row(name, "followed", f"{found[2]} ms from message to Unit's "
                f"answer (seen here {1000 * (time.monotonic() - began):.0f}"
                " ms after curl began)")
        except PeerError as err:
            bad += 1
            row(name, "FAILED", f"did not follow in {WAIT} s")
            print(err)
    return bad


def to_try(hosts, nodes):
    first = NAMES[0]
    return (f"{UNITMESH} status --control {nodes[first].control}",
            f"{UNITMESH} peers --control {nodes[first].control}",
            f"{hosts.how(first)}curl -X PUT -d '{{\"action\":{{\"return\":"
            f"418}}}}' http://{nodes[first].unit_addr}/config/routes/0",
            f"{hosts.how(first)}curl -X POST "
            f"http://{hosts.ip(first)}:3000/config",
            f"{hosts.how(NAMES[2])}curl -i "
            f"http://{hosts.ip(NAMES[2])}:8080/hello")


def run(stack, hosts, keeps):
    began = time.monotonic()
    nodes = start(stack, hosts, article=True)
    find_each_other(hosts, nodes, began)
    bad = change(hosts, nodes, "hello mesh")
    bad += show(hosts, "hello mesh")
    if keeps and bad == 0:
        keep(to_try(hosts, nodes))
    step("all followed; cleaning up" if bad == 0 else
         "somebody did not follow; cleaning up")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(tell(run, __doc__.split("\n\n")[1]))
