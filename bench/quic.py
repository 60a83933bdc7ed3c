# SPDX-License-Identifier: MIT OR Apache-2.0
"""One stream of a QUIC connection."""

from common import QUIC
from perf import Streams


def measure(smoke):
    size, rounds = (8, 1) if smoke else (256, 5)
    return Streams(("c", "rust", "go"), QUIC).measure(size, rounds).lines(
        "one stream of QUIC", {"rust": ("ratio>=", 1.6)})
