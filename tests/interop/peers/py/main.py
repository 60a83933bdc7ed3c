# SPDX-License-Identifier: MIT OR Apache-2.0
"""A scriptable py-libp2p node: flags in, commands on stdin, one JSON object a
line on stdout. The same command line and line protocol as `p2p node`."""

import argparse
import logging
import os
import resource
import sys
import time

import trio
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.peer.id import ID
from multiaddr import Multiaddr

import output
import streams
from node import Node, flood_data

DIAL_SECONDS = 15


def parse(argv):
    """The flags; one dash is as good as two."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("listen", "connect", "topic"):
        parser.add_argument(f"--{name}", action="append", default=[])
    for name, value in (("security", "noise"), ("muxer", "yamux"),
                        ("key", "ed25519"), ("sign", "strict"),
                        ("msgid", "from")):
        parser.add_argument(f"--{name}", default=value)
    for name in ("key-file", "psk", "tls-cert", "tls-key", "tls-ca"):
        parser.add_argument(f"--{name}")
    for name in ("seed", "max-seconds"):
        parser.add_argument(f"--{name}", type=int)
    # It never agrees on the muxer inside the handshake unless told to.
    for name in ("quiet", "no-early-mux"):
        parser.add_argument(f"--{name}", action="store_true")
    if argv[:1] == ["node"]:
        argv = argv[1:]
    return parser.parse_args(["-" + a if a[:1] == "-" != a[1:2] else a
                              for a in argv])


def stats(node):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return {"rss_kb": pages * resource.getpagesize() // 1024,
            "cpu_s": usage.ru_utime + usage.ru_stime, **node.counts}


async def peer_of(node, target):
    """Takes a peer id, or a multiaddr that it dials first."""
    if not target.startswith("/"):
        return ID.from_string(target)
    info = info_from_p2p_addr(Multiaddr(target))
    with trio.fail_after(DIAL_SECONDS):
        await node.host.connect(info)
    return info.peer_id


async def flood(node, topic, size, count, rate="0"):
    """Publishes count messages of size bytes, at rate a second if not 0."""
    start, rate = time.monotonic(), float(rate.removesuffix("/s"))
    for i in range(int(count)):
        if rate:
            await trio.sleep_until(trio.current_time()
                                   + start + i / rate - time.monotonic())
        await node.publish(topic, flood_data(i, int(size)))
        # Its queues hold 16 messages for each peer, and drop the rest.
        await trio.sleep(0.002)
    return {"count": int(count), "size": int(size),
            "s": time.monotonic() - start}


async def run(node, cmd, args, line):
    """Runs one command and returns the fields of its answer."""
    if cmd in ("addrs", "peers", "quit"):
        return {"addrs": {"addrs": node.addrs()}, "peers": node.peers(),
                "quit": {}}[cmd]
    if cmd == "stats":
        return stats(node)
    if not args:
        raise ValueError(f"unknown command, or no argument: {cmd}")
    if cmd == "sub":
        return await node.subscribe(args[0])
    if cmd == "unsub":
        return await node.unsubscribe(args[0])
    if cmd == "mesh":
        return node.mesh(args[0])
    if cmd == "handle":
        return await node.handle(args[0])
    if cmd == "pub":
        text = line.split(None, 2)[2] if len(args) > 1 else ""
        return await node.publish(args[0], text.encode())
    if cmd == "flood":
        return await flood(node, *args)
    if cmd == "disconnect":
        await node.host.disconnect(ID.from_string(args[0]))
        return {}
    return await run_peer(node, cmd, args)


async def run_peer(node, cmd, args):
    peer = await peer_of(node, args[0])
    numbers = [int(a) for a in args[1:]]
    if cmd == "connect":
        return node.describe(node.conn_to(peer))
    if cmd == "identify":
        return await node.identify(peer)
    uses = {"ping": streams.ping, "echo": streams.echo, "perf": streams.perf}
    if cmd not in uses:
        raise ValueError(f"unknown command {cmd}")
    return await uses[cmd](node.host, peer, *numbers)


async def answer(node, line):
    cmd, *args = line.split()
    fields = {"type": "reply", "cmd": cmd}
    try:
        fields |= {"ok": True, **await run(node, cmd, args, line)}
    except Exception as err:  # whatever it is, it is the answer
        while isinstance(err, BaseExceptionGroup):
            err = err.exceptions[0]
        fields |= {"ok": False, "error": f"{type(err).__name__}: {err}"}
    output.line(fields)
    return cmd


async def serve(node):
    """Commands in the order they come, until quit or the end of input."""
    rest = b""
    stdin = trio.lowlevel.FdStream(os.dup(0))
    while chunk := await stdin.receive_some():
        *lines, rest = (rest + chunk).split(b"\n")
        for raw in lines:
            if raw.split() and await answer(node, raw.decode()) == "quit":
                return


async def dial(node, target):
    try:
        await peer_of(node, target)
    except Exception as err:
        output.event({"type": "dial-failed", "addr": target,
                      "error": str(err)})


async def main(flags):
    start = time.monotonic()
    node = Node(flags)
    async with node.running(), trio.open_nursery() as nursery:
        output.line({"type": "listening", "impl": "py", "peer": node.id,
                     "addrs": node.addrs(), "pid": os.getpid(),
                     "ready_ms": (time.monotonic() - start) * 1000})
        for target in flags.connect:
            nursery.start_soon(dial, node, target)
        with trio.move_on_after(flags.max_seconds or float("inf")):
            await serve(node)
        # Its services end slowly, and nothing of them is wanted now.
        with trio.move_on_after(1):
            await node.hang_up()
        os._exit(0)


if __name__ == "__main__":
    # What a test shows of a peer that failed is the end of this.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    try:
        FLAGS = parse(sys.argv[1:])
        output.set_quiet(FLAGS.quiet)
        trio.run(main, FLAGS)
    except Exception as error:
        output.line({"type": "fatal", "error": str(error)})
        raise
