# SPDX-License-Identifier: MIT OR Apache-2.0
"""Echo, perf and ping over one stream each."""

import os
import time

import trio
from libp2p.network.stream.exceptions import StreamEOF, StreamReset
from libp2p.stream_muxer.mplex.mplex_stream import MplexStream
from libp2p.transport.quic.exceptions import QUICStreamClosedError
from libp2p.transport.quic.stream import QUICStream

ECHO = "/echo/1.0.0"
PERF = "/perf/1.0.0"
PING = "/ipfs/ping/1.0.0"
CHUNK = 32 << 10
SECONDS = 60


async def read(stream, most=CHUNK):
    """The next bytes; none at the end."""
    try:
        return await stream.read(most)
    except StreamEOF:
        return b""
    except StreamReset:
        # So it calls the end of a QUIC stream that both sides have ended,
        # even if it has bytes of it still, or is about to have.
        if not isinstance(stream.muxed_stream, QUICStream):
            raise
        return await rest_of(stream.muxed_stream, most)


async def rest_of(stream, most):
    for pause in (0, 0.05, 0.2):
        await trio.sleep(pause)
        try:
            return await stream.read(most)
        except QUICStreamClosedError:
            pass
    return b""


async def read_exactly(stream, count):
    got = b""
    while len(got) < count:
        more = await read(stream, count - len(got))
        if not more:
            raise EOFError(f"the stream ended after {len(got)} bytes")
        got += more
    return got


async def send(stream, count):
    zeros = bytes(CHUNK)
    while count > 0:
        await stream.write(zeros[:count])
        count -= CHUNK


async def drain(stream):
    got = 0
    while more := await read(stream):
        got += len(more)
    return got


async def serve_echo(stream):
    while more := await read(stream):
        await stream.write(more)
    await stream.close()


async def serve_perf(stream):
    """Reads how much to send, drains the upload, then sends that."""
    head = await read_exactly(stream, 8)
    await drain(stream)
    await send(stream, int.from_bytes(head, "big"))
    await stream.close()


async def echo(host, peer, size=1024):
    start, sent, got = time.monotonic(), os.urandom(size), []
    with trio.fail_after(SECONDS):
        stream = await host.new_stream(peer, [ECHO])

        async def write():
            for at in range(0, size, CHUNK):
                await stream.write(sent[at:at + CHUNK])
            await stream.close_write()

        async with trio.open_nursery() as nursery:
            # A read of its mplex that waits keeps writes waiting, too.
            if isinstance(stream.muxed_stream, MplexStream):
                await write()
            else:
                nursery.start_soon(write)
            while more := await read(stream):
                got.append(more)
    if b"".join(got) != sent:
        raise ValueError(f"sent {size} bytes, {len(b''.join(got))} other "
                         "bytes came back")
    return {"bytes": size, "us": int((time.monotonic() - start) * 1e6)}


async def perf(host, peer, up=0, down=0):
    start = time.monotonic()
    with trio.fail_after(10 * SECONDS):
        stream = await host.new_stream(peer, [PERF])
        await stream.write(down.to_bytes(8, "big"))
        await send(stream, up)
        await stream.close_write()
        # The first byte says that the other side has read everything.
        got = len(await read(stream, 1))
        uploaded = time.monotonic()
        got += await drain(stream)
    end = time.monotonic()
    if got != down:
        raise ValueError(f"asked for {down} bytes, got {got}")
    return {"up_bytes": up, "down_bytes": down, "up_s": uploaded - start,
            "down_s": end - uploaded, "s": end - start}


async def ping(host, peer, count=1):
    """On one stream, as go does."""
    rtts = []
    stream = await host.new_stream(peer, [PING])
    while len(rtts) < count:
        sent, start = os.urandom(32), time.monotonic()
        with trio.fail_after(10):
            await stream.write(sent)
            if await read_exactly(stream, 32) != sent:
                raise ValueError("other bytes came back")
        rtts.append(int((time.monotonic() - start) * 1e6))
    await stream.close()
    return {"rtt_us": rtts}
