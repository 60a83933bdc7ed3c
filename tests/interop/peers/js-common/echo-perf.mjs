// SPDX-License-Identifier: MIT OR Apache-2.0

// Echo and perf over any stream with `write(bytes)`, `end()` (half-close) and
// async iteration: what the two generations of js-libp2p offer after a thin
// adapter.

import { randomBytes } from 'node:crypto'

export const ECHO = '/echo/1.0.0'
export const PERF = '/perf/1.0.0'

const CHUNK = 64 * 1024
const zeros = new Uint8Array(CHUNK)

async function send (stream, bytes) {
  for (; bytes > 0; bytes -= CHUNK) {
    await stream.write(bytes < CHUNK ? zeros.subarray(0, bytes) : zeros)
  }
}

export async function serveEcho (stream) {
  for await (const bytes of stream) await stream.write(bytes)
  await stream.end()
}

export async function servePerf (stream) {
  let head = Buffer.alloc(0)
  for await (const bytes of stream) {
    if (head.length < 8) head = Buffer.concat([head, bytes])
  }
  if (head.length < 8) throw new Error('perf without its length')
  await send(stream, Number(head.readBigUInt64BE()))
  await stream.end()
}

export async function echo (stream, size) {
  const start = performance.now()
  const sent = randomBytes(size)
  const sending = (async () => {
    for (let at = 0; at < size; at += CHUNK) {
      await stream.write(sent.subarray(at, at + CHUNK))
    }
    await stream.end()
  })()
  const parts = []
  for await (const bytes of stream) parts.push(Buffer.from(bytes))
  await sending
  const got = Buffer.concat(parts)
  if (!got.equals(sent)) {
    throw new Error(`sent ${size} bytes, ${got.length} other bytes came back`)
  }
  return { bytes: size, us: Math.round((performance.now() - start) * 1000) }
}

export async function perf (stream, up, down) {
  const start = performance.now()
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(down))
  let uploaded = null
  let got = 0
  const reading = (async () => {
    for await (const bytes of stream) {
      // The first byte says that the other side has read everything.
      uploaded ??= performance.now()
      got += bytes.length
    }
    uploaded ??= performance.now()
  })()
  await stream.write(head)
  await send(stream, up)
  await stream.end()
  await reading
  if (got !== down) throw new Error(`asked for ${down} bytes, got ${got}`)
  const end = performance.now()
  return {
    up_bytes: up,
    down_bytes: down,
    up_s: (uploaded - start) / 1000,
    down_s: (end - uploaded) / 1000,
    s: (end - start) / 1000
  }
}
