# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where members are is kept on disk: nodes that start again find each other,
with no mDNS and nobody who was named."""

from crew import Node, again, begin, synced, until
from rig import P2P_PORT, daemons, loopback

NAMES = ("red", "green", "blue")


def noted(node):
    """The lines of its file."""
    file = node.state / "addresses"
    return set(file.read_text().splitlines()) if file.exists() else set()


def line(node):
    return f"/ip4/{node.bind}/tcp/{P2P_PORT}/p2p/{node.id}"


def test_all_start_again_and_nobody_is_named(folder):
    at = [loopback() for _ in NAMES]
    nodes = [Node(n, folder, b, at[0] if i else None)
             for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        red, green, blue = begin(nodes)
        for node in (green, blue):
            until(lambda node=node: noted(node) == {line(red)},
                  f"{node.name_} notes where red is")
        until(lambda: noted(red) == {line(green), line(blue)},
              "red notes where both are")
        assert (red.state / "addresses").stat().st_mode & 0o777 == 0o600
    # What cannot be read is passed over; a stranger is not dialed.
    with open(red.state / "addresses", "a", encoding="utf-8") as file:
        file.write("/ip4/1.2.3\n\0\n/ip4/127.0.0.1/tcp/9\n" + "x" * 9000)
    nodes = [Node(n, folder, b) for n, b in zip(NAMES, at)]
    with daemons(*nodes):
        for n in nodes:
            n.ready()
        synced(*nodes)
        red, green, blue = nodes
        # One that is removed is not noted any more.
        red.say("members", "rm", "blue", "--yes")
        for n in nodes:
            n.wait_text(f"{blue.id} is no member any more", 20)
        until(lambda: noted(red) == {line(green)}, "blue is not noted")


def test_one_that_was_killed_is_back_at_once(folder):
    at = [loopback() for _ in NAMES[:2]]
    nodes = [Node(n, folder, b, at[0] if i else None)
             for i, (n, b) in enumerate(zip(NAMES, at))]
    with daemons(*nodes):
        red, green = begin(nodes)
        until(lambda: noted(green), "green notes where red is")
        green.kill()
        with Node("green", folder, at[1]) as green:
            green.ready()
            until(lambda: red.id in green.peers(), "connected", 10)
            assert "connected" in green.say("peers")


def test_one_to_begin_with(folder):
    """It is dialed by who is connected with nobody; the first one is away."""
    at = [loopback() for _ in range(3)]
    red = Node("red", folder, at[0])
    flags = [w for b in (at[2], at[0])
             for w in ("--bootstrap", f"/ip4/{b}/tcp/{P2P_PORT}")]
    green = Node("green", folder, at[1], flags=flags)
    with daemons(red, green):
        red.ready()
        green.ready()
        until(lambda: red.id in green.peers(), "connected")
        red.stop()
        with again(red, folder, None) as red:
            red.ready()
            until(lambda: red.id in green.peers(), "connected anew")
