# SPDX-License-Identifier: MIT OR Apache-2.0
"""Memory of a host that has no connections: TCP, Noise, gossipsub with one
topic. Ours is the example that chats, with the libraries that the system
shares, and with them inside; `p2p node` has all transports."""

import contextlib

from common import BUILD, NOISE, Result, Samples, Skipped, alternate, \
    memory_kb, need, server
from peer import Program

CHATS = {"chat": BUILD / "examples/chat",
         "static": BUILD / "bench/chat_static"}


class Chat(Program):
    """The example, listening."""

    def __init__(self, kind):
        super().__init__(kind, [CHATS[kind], "bench"])
        self.wait_text("you are", 20)


def present():
    """The kinds that are here."""
    kinds = [k for k, path in CHATS.items() if path.exists()] + ["c"]
    for kind in ("rust", "go"):
        with contextlib.suppress(Skipped):
            need(kind)
            kinds.append(kind)
    return kinds


def measure(smoke):
    rounds = 1 if smoke else 5
    rss, pss = ({k: Samples() for k in (*CHATS, "c", "rust", "go")}
                for _ in range(2))

    def one(stack, kind):
        here = stack.enter_context(
            Chat(kind) if kind in CHATS else
            server(kind, "--topic", "bench", over=NOISE))
        for samples, kb in zip((rss[kind], pss[kind]), memory_kb(here.pid)):
            samples.add(kb / 1024)

    alternate(present(), rounds, one)
    return [
        Result("idle host, RSS", "MiB", rss["chat"], rss["rust"], ("<=", 4.77),
               who="rust"),
        Result("idle host, RSS", "MiB", rss["chat"], rss["go"]),
        Result("idle host, PSS", "MiB", pss["chat"], pss["rust"], who="rust"),
        Result("idle host that shares no library, RSS", "MiB", rss["static"],
               rss["rust"], ("<=", 4.77), who="rust"),
        Result("idle `p2p node`, all transports, RSS", "MiB", rss["c"],
               rss["rust"], who="rust"),
    ]
