# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream on one WebSocket+Noise+yamux connection."""

from common import WS
from perf import Streams


def measure(smoke):
    size, rounds = (8, 1) if smoke else (256, 5)
    return Streams(("c", "go"), WS).measure(size, rounds).lines(
        "one stream of WebSocket", {"go": ("ratio>=", 1)})
