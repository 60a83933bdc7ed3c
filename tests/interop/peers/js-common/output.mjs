// SPDX-License-Identifier: MIT OR Apache-2.0

// One JSON object a line. Sequence numbers are 64-bit integers: they are
// written as such, which JSON.stringify alone cannot do.

import { writeSync } from 'node:fs'

let quiet = false
export const setQuiet = (q) => { quiet = q }

function encode (fields) {
  const text = JSON.stringify(fields,
    (_, v) => typeof v === 'bigint' ? `\u0001${v}\u0001` : v)
  return text.replace(/"\\u0001(\d+)\\u0001"/g, '$1')
}

export function line (fields) {
  const bytes = Buffer.from(encode(fields) + '\n')
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at)
    } catch (err) {
      if (err.code === 'EPIPE') process.exit(0)
      if (err.code !== 'EAGAIN') throw err
    }
  }
}

export function event (type, fields) {
  if (!quiet) line({ type, ...fields })
}

export function fatal (err) {
  line({ type: 'fatal', error: textOf(err) })
  console.error(err)
  process.exit(1)
}

export function textOf (err) {
  const inner = err.errors?.map(e => e.message).join('; ')
  return [err.message || String(err), inner].filter(Boolean).join(': ')
}

const shownBytes = 512

/** The `data` or `data_b64` field of a message event. */
export function dataFields (bytes) {
  const shown = bytes.subarray(0, shownBytes)
  try {
    return { data: new TextDecoder('utf8', { fatal: true }).decode(shown) }
  } catch {
    return { data_b64: Buffer.from(shown).toString('base64') }
  }
}

/** `yamux` of `/yamux/1.0.0`. */
export const shortName = (id) => id?.split('/')[1] ?? null
