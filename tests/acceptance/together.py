# SPDX-License-Identifier: MIT OR Apache-2.0
"""Twenty of ours started at once, five times: do all find all?"""

import contextlib
import time

from daemon import Daemon
from lan import Lan
from peer import PeerError

NODES = 20
ROUNDS = 5
SECONDS = 10


def links(nodes, began):
    """Seconds after the start at which each link was said to stand; a link
    that did not come in time is not there."""
    found = []
    for node in nodes:
        for other in nodes:
            if other is node:
                continue
            left = max(0.0, began + SECONDS - time.monotonic())
            with contextlib.suppress(PeerError):
                at = node.wait_line(f"Connection established to {other.id}",
                                    left)[1]
                if at - began <= SECONDS:
                    found.append(at - began)
    return found


def one_round(folder):
    """The times of the links, and how many nodes still have all at the end."""
    names = [f"n{i}" for i in range(NODES)]
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        lan = stack.enter_context(Lan(names, prefix="umtog"))
        began = time.monotonic()
        nodes = [stack.enter_context(Daemon(
            name, folder, netns=lan.ns(name))) for name in names]
        for node in nodes:
            node.ready()
        found = links(nodes, began)
        whole = sum(len(node.peers()) == NODES - 1 for node in nodes)
        codes = [node.stop() for node in nodes]
    return found, whole, codes


def run(_, rows, folder, __):
    want = NODES * (NODES - 1)
    rows.title(f"{NODES} of ours started at once: {want} links in {SECONDS} s")
    for i in range(ROUNDS):
        found, whole, codes = one_round(folder / str(i))
        times = sorted(found)
        text = f"{len(found)} of {want} links"
        if found:
            text += (f", half after {times[len(times) // 2]:.2f} s, the last "
                     f"after {times[-1]:.2f} s")
        text += f"; {whole} of {NODES} connected with all at the end"
        rows.add(len(found) == want and whole == NODES and not any(codes),
                 f"round {i + 1}", text)
