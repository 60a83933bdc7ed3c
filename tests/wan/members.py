# SPDX-License-Identifier: MIT OR Apache-2.0
"""Daemons on hosts of the laboratory."""

from crew import Node


def node(host, folder, *peers, flags=()):
    """One that is told of peers (hosts), and finds none by itself."""
    return Node(host.name, folder, None, [p.ip for p in peers],
                netns=host.ns, flags=["--no-mdns", *flags])


def hub(host, folder, *peers):
    """One that all members reach, and that brings them together."""
    return node(host, folder, *peers, flags=["--public"])
