// SPDX-License-Identifier: MIT OR Apache-2.0

// A scriptable node on today's js-libp2p.

import { event, fatal, line, setQuiet, textOf } from '../js-common/output.mjs'
import { parseFlags } from '../js-common/flags.mjs'
import { serve } from '../js-common/commands.mjs'
import { flagsOfRoads } from './options.mjs'
import { Peer } from './peer.mjs'

process.on('uncaughtException', fatal)
process.on('unhandledRejection', err => console.error('unhandled:', err))

async function main () {
  const flags = parseFlags(process.argv.slice(2), flagsOfRoads)
  setQuiet(flags.quiet)
  const peer = await Peer.start(flags)
  line({
    type: 'listening',
    impl: 'js',
    peer: peer.id(),
    addrs: peer.addrs(),
    ready_ms: performance.now(),
    pid: process.pid
  })
  const seconds = Number(flags['max-seconds'])
  if (seconds > 0) setTimeout(() => process.exit(0), seconds * 1000)
  for (const ma of flags.connect) {
    peer.connect(ma).catch(err =>
      event('dial-failed', { addr: ma, error: textOf(err) }))
  }
  await serve(peer)
  // The peers see an orderly end, but a stuck one must not hold us.
  setTimeout(() => process.exit(0), 2000)
  await peer.stop()
  process.exit(0)
}

main().catch(fatal)
