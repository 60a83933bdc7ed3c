# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream on one TCP+Noise+yamux connection, and what the machine's TCP and
cipher would allow if each end had a core and did nothing else."""

from common import NOISE, Result, Samples, bound
from perf import WAYS, Streams


def allowed(rounds):
    """MiB/s: a byte costs what it costs TCP, and the cipher once."""
    got = Samples()
    for _ in range(rounds):
        got.add(1 / (1 / bound("tcp") + 1 / bound("cipher")))
    return got


def measure(smoke):
    size, rounds = (8, 1) if smoke else (512, 7)
    limit = allowed(rounds)
    streams = Streams(("c", "go"), NOISE).measure(size, rounds)
    return streams.lines("one stream", {"go": ("ratio>=", 2)}) + [
        Result(f"one stream, {way}, of what the machine allows", "MiB/s",
               streams.got["c", way], limit, ("ratio>=", 0.6),
               who="TCP and cipher") for way in WAYS]
