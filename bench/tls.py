# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream on one TCP+TLS+yamux connection."""

from common import TLS
from perf import Streams


def measure(smoke):
    size, rounds = (8, 1) if smoke else (512, 5)
    return Streams(("c", "go"), TLS).measure(size, rounds).lines(
        "one stream of TLS", {"go": ("ratio>=", 1)})
