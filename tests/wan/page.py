# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/reference/wan.md, as `make wan` writes it: what was stated of the
scenarios and what was seen, and the table of hole punching.

WAN_TABLE: the file.
"""

import contextlib
import os
import time
from collections import namedtuple
from pathlib import Path

import report

Row = namedtuple("Row", "what who within took")
NAMES = {"c": "ours", **report.NAMES}

HEAD = """\
# Across NATs

What `make wan` last saw in sites behind NATs, made of network namespaces
([the laboratory](../../tests/wan/README.md)).

## Scenarios

*within*: the test fails if it takes longer. Roles that are not named are ours.
All nodes are on one machine of two cores, whose work is in the times. What a
machine merges goes to all in batches, 30 s apart.

| what | who | within s | took s |
|---|---|---|---|
"""


def named(*kinds):
    """A relay of go, a listener of ours, …: what differs in a row."""
    return ", ".join(NAMES[k] for k in kinds)


def seconds(took):
    return f"{took:.1f}" if took >= 0.1 else "< 0.1"


class Page:
    def __init__(self):
        self.rows = []
        self.more = []  # functions that give text

    @contextlib.contextmanager
    def within(self, what, who, seconds):
        """Times what is done inside; it must not take longer."""
        start = time.monotonic()
        yield
        took = time.monotonic() - start
        self.rows.append(Row(what, who, seconds, took))
        assert took < seconds, f"{what}, {who}: {took:.1f} s"

    def text(self):
        rows = [f"| {r.what} | {r.who} | {r.within} | {seconds(r.took)} |"
                for r in self.rows]
        return HEAD + "\n".join([*rows, "", *(f() for f in self.more)])

    def write(self):
        print("\n" + self.text())
        if os.environ.get("WAN_TABLE"):
            Path(os.environ["WAN_TABLE"]).write_text(self.text(),
                                                     encoding="utf-8")
