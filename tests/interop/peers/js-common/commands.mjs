// SPDX-License-Identifier: MIT OR Apache-2.0

// Commands from stdin, run in the order they come. A node is any object with
// the methods used below; each returns the fields of its reply.

import { createInterface } from 'node:readline'
import { line, textOf } from './output.mjs'

const usage = () => { throw new Error('wrong arguments') }

function count (text, fallback) {
  const n = text === undefined ? fallback : Number(text.replace(/\/s$/, ''))
  return n >= 0 ? n : usage()
}

/** The line behind its first two words, spaces kept. */
const textAfterTopic = (input) => input.replace(/^\s*\S+\s+\S+ ?/, '')

function floodData (i, size) {
  return Buffer.from(`flood ${i} `.padEnd(size, 'x').slice(0, size))
}

async function flood (node, topic, size, n, rate) {
  const start = performance.now()
  for (let i = 0; i < n; i++) {
    const wait = rate > 0 ? start + i * 1000 / rate - performance.now() : 0
    if (wait > 1) await new Promise(resolve => setTimeout(resolve, wait))
    await node.publish(topic, floodData(i, size))
    // Without a pause nothing would leave before the last one is queued.
    if (i % 64 === 63) await new Promise(setImmediate)
  }
  return { count: n, size, s: (performance.now() - start) / 1000 }
}

const table = {
  addrs: (node) => ({ addrs: node.addrs() }),
  peers: (node) => node.peers(),
  stats: (node) => ({
    rss_kb: Math.round(process.memoryUsage().rss / 1024),
    cpu_s: (({ user, system }) => (user + system) / 1e6)(process.cpuUsage()),
    ...node.stats()
  }),
  quit: () => ({}),
  connect: (node, [ma]) => node.connect(ma ?? usage()),
  disconnect: (node, [id]) => node.disconnect(id ?? usage()),
  identify: (node, [p]) => node.identify(p ?? usage()),
  ping: (node, [p, n]) => node.ping(p ?? usage(), count(n, 1)),
  echo: (node, [p, size]) => node.echo(p ?? usage(), count(size, 1024)),
  perf: (node, [p, up, down]) =>
    node.perf(p ?? usage(), count(up, 0), count(down, 0)),
  sub: (node, [t]) => node.subscribe(t ?? usage()),
  unsub: (node, [t]) => node.unsubscribe(t ?? usage()),
  handle: (node, [id]) => node.handle(id ?? usage()),
  mesh: (node, [t]) => node.mesh(t ?? usage()),
  pub: (node, [t], input) =>
    node.publish(t ?? usage(), Buffer.from(textAfterTopic(input))),
  dhtput: (node, [k], input) =>
    node.dhtPut(k ?? usage(), Buffer.from(textAfterTopic(input))),
  dhtget: (node, [k]) => node.dhtGet(k ?? usage()),
  dhtfindpeer: (node, [id]) => node.dhtFindPeer(id ?? usage()),
  dhtprovide: (node, [x]) => node.dhtProvide(x ?? usage()),
  dhtfindprovs: (node, [x]) => node.dhtFindProviders(x ?? usage()),
  flood: (node, [t, size, n, rate]) =>
    flood(node, t ?? usage(), count(size), count(n), count(rate, 0))
}

async function run (node, input) {
  const [cmd, ...args] = input.trim().split(/\s+/)
  let fields
  try {
    if (!Object.hasOwn(table, cmd)) throw new Error(`unknown command "${cmd}"`)
    fields = { ok: true, ...await table[cmd](node, args, input) }
  } catch (err) {
    fields = { ok: false, error: textOf(err) }
  }
  line({ type: 'reply', cmd, ...fields })
  return cmd
}

/** Returns after `quit` or at the end of input. */
export async function serve (node) {
  for await (const input of createInterface({ input: process.stdin })) {
    if (input.trim() === '') continue
    if (await run(node, input) === 'quit') return
  }
}
