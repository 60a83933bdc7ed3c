// SPDX-License-Identifier: MIT OR Apache-2.0

// The command line that every scriptable peer shares; see ../README.md.

import { parseArgs } from 'node:util'

const options = {
  listen: { type: 'string', multiple: true, default: [] },
  connect: { type: 'string', multiple: true, default: [] },
  topic: { type: 'string', multiple: true, default: [] },
  security: { type: 'string', default: 'noise' },
  muxer: { type: 'string' },
  key: { type: 'string' },
  'key-file': { type: 'string' },
  seed: { type: 'string' },
  psk: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-ca': { type: 'string' },
  sign: { type: 'string', default: 'strict' },
  msgid: { type: 'string' },
  mdns: { type: 'boolean', default: false },
  'mdns-2021': { type: 'boolean', default: false },
  'no-early-mux': { type: 'boolean', default: false },
  'max-seconds': { type: 'string', default: '0' },
  quiet: { type: 'boolean', default: false }
}

/** `more` are the flags that only one kind has. */
export function parseFlags (argv, more = {}) {
  // One dash is as good as two, as in go's flag package.
  const args = argv.filter((a, i) => !(i === 0 && a === 'node'))
    .map(a => /^-[a-z]/.test(a) ? '-' + a : a)
  return parseArgs({ args, options: { ...options, ...more }, strict: true }).values
}

/** 32 bytes, N little-endian in the first four. */
export function seedBytes (n) {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, Number(n), true)
  return seed
}

export const muxersOf = (flag) => flag === 'both' ? ['yamux', 'mplex'] : [flag]
