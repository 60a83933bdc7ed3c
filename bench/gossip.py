# SPDX-License-Identifier: MIT OR Apache-2.0
"""gossipsub: what a 1 KB message costs who subscribes: one publisher, one
subscriber, strict signing. Both kinds of subscriber hear a go publisher, whose
queue takes the whole flood: nothing is dropped on the way."""

from common import Meter, Result, Samples, alternate, bound, need, server

TOPIC = "bench"


def run(stack, subscriber, count, rate):
    """CPU us of the subscriber for each message."""
    sub = stack.enter_context(server(subscriber, "--topic", TOPIC))
    pub = stack.enter_context(server("go", "--topic", TOPIC))
    pub.cmd(f"connect {sub.addr}")
    pub.wait_mesh(TOPIC, sub)
    sub.wait_mesh(TOPIC, pub)
    with Meter(sub.pid) as m:
        pub.cmd(f"flood {TOPIC} 1024 {count} {rate or ''}".strip(), 120)
        sub.poll("stats", lambda s: s["messages"] >= count, 60, 0.02)
    return 1e6 * m.used[0] / count


def measure(smoke):
    count, rate, rounds = (200, 1000, 1) if smoke else (10000, 4000, 7)
    need("go")
    paced = {k: Samples() for k in ("c", "go")}
    flood = {k: Samples() for k in ("c", "go")}
    verify = Samples()

    def one(stack, kind):
        paced[kind].add(run(stack, kind, count, rate))
        flood[kind].add(run(stack, kind, count, None))
        if kind == "c":
            verify.add(bound("verify"))

    alternate(("c", "go"), rounds, one)
    return [
        Result(f"gossipsub, 1 KB, subscriber, {rate}/s", "us CPU/msg",
               paced["c"], paced["go"], ("ratio<=", 0.7)),
        Result("gossipsub, 1 KB, subscriber, flood", "us CPU/msg",
               flood["c"], flood["go"], ("ratio<=", 0.7)),
        Result("the same, of one verification of a signature", "us CPU/msg",
               flood["c"], verify, ("ratio<=", 1.15), who="libsodium"),
    ]
