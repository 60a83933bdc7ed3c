# SPDX-License-Identifier: MIT OR Apache-2.0
"""Members that know one other alone find each other there: without mDNS, and
though none was told of the other by name."""

import pytest
from crew import Node, begin, paths, until
from rig import daemons, network


def start(folder, lan, modules, *flags):
    """Red, and two that know it alone."""
    red = Node("red", folder, None, netns=lan.ns("red"),
               flags=["--discovery", modules, *flags])
    return red, *(Node(name, folder, None, lan.ip("red"), netns=lan.ns(name),
                       flags=["--discovery", modules])
                  for name in ("green", "blue"))


@pytest.mark.parametrize("modules, flags", [
    ("dht", []), ("rendezvous", ["--public"])])
def test_members_find_each_other(folder, modules, flags):
    with network("red", "green", "blue") as lan:
        red, green, blue = start(folder, lan, modules, *flags)
        with daemons(red, green, blue):
            begin((red, green, blue))
            until(lambda: "direct" in (paths(green).get("blue"),
                                       paths(blue).get("green")),
                  f"they find each other by {modules}")


def test_without_modules_they_do_not(folder):
    """So that the test above shows something."""
    with network("red", "green", "blue") as lan:
        red, green, blue = start(folder, lan, "none")
        with daemons(red, green, blue):
            begin((red, green, blue))
            said = until(lambda: [f["text"] for f in
                                  green.get("/mesh/doctor")["findings"]
                                  if f["what"] == "apart"], "it is said")
            assert "Nobody told where it is." in said[0]
