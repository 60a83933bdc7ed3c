// SPDX-License-Identifier: MIT OR Apache-2.0

// A control plane in the way of the 2021 article on today's js-libp2p, with
// the defaults that it has: see ../js2021/article.js, whose log lines and
// variables (PORT, UNIT_URL, PULL_PORT, LISTEN) these are.

import http from 'node:http'
import { gossipsub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const TOPIC = 'news'
const {
  PORT = '3000',
  UNIT_URL = 'http://127.0.0.1:8888',
  PULL_PORT = '8888',
  LISTEN = '/ip4/0.0.0.0/tcp/0',
  // Of benches, which start ten at once: no attack, and in less than 20 s.
  MDNS_INTERVAL_MS,
  LIFT_LIMITS
} = process.env

async function follow (host) {
  console.log(`pulling config from ${host}`)
  const pulled = await fetch(`http://${host}:${PULL_PORT}/config`)
  if (pulled.status !== 200) throw new Error(`${host} answered ${pulled.status}`)
  const body = Buffer.from(await pulled.arrayBuffer())
  // Not by fetch: Unit takes what comes as one request, headers in 1 KiB.
  const put = await new Promise((resolve, reject) => {
    const headers = { 'content-length': body.length }
    const req = http.request(`${UNIT_URL}/config`, { method: 'PUT', headers }, (res) => {
      let text = ''
      res.on('data', (part) => { text += part })
      res.on('end', () => resolve({ status: res.statusCode, text }))
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(body)
  })
  console.log(`own Unit answered ${put.status} ${put.text.replace(/\s+/g, ' ').trim()}`)
}

async function startNode () {
  const node = await createLibp2p({
    start: false,
    addresses: { listen: [LISTEN] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    peerDiscovery: [mdns(MDNS_INTERVAL_MS ? { interval: Number(MDNS_INTERVAL_MS) } : {})],
    connectionManager: LIFT_LIMITS
      ? { inboundConnectionThreshold: 1e6, maxIncomingPendingConnections: 1e6 }
      : {},
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true })
    }
  })
  node.addEventListener('peer:discovery', ({ detail }) => {
    console.log(`Discovered ${detail.id}`)
    // Today's js dials nobody by itself.
    if (node.getConnections(detail.id).length > 0) return
    node.dial(detail.id).catch(err => console.log(`cannot dial ${detail.id}: ${err.message}`))
  })
  node.addEventListener('peer:connect', ({ detail }) =>
    console.log(`Connection established to ${detail}`))
  node.addEventListener('peer:disconnect', ({ detail }) =>
    console.log(`Connection lost to ${detail}`))
  const pubsub = node.services.pubsub
  pubsub.addEventListener('subscription-change', ({ detail }) => {
    for (const s of detail.subscriptions) {
      if (s.topic === TOPIC && s.subscribe) console.log(`Subscribed ${detail.peerId}`)
    }
  })
  pubsub.addEventListener('gossipsub:message', ({ detail }) => {
    const host = new TextDecoder().decode(detail.msg.data)
    console.log(`received ${host} from ${detail.msg.from} via ${detail.propagationSource}`)
    follow(host).catch(err => console.log(`could not follow ${host}: ${err.message}`))
  })
  await node.start()
  console.log(`My Node ID ${node.peerId}`)
  for (const ma of node.getMultiaddrs()) console.log(`Listening on ${ma}`)
  pubsub.subscribe(TOPIC)
  return node
}

/** The host that a request was addressed to, without its port. */
const hostOf = (req) => req.headers.host.replace(/:\d+$/, '')

function startRest (node) {
  http.createServer((req, res) => {
    if (req.method !== 'POST' || req.url !== '/config') {
      res.writeHead(404).end()
      return
    }
    node.services.pubsub.publish(TOPIC, new TextEncoder().encode(hostOf(req))).then(
      () => res.end('Published config event to all other nodes'),
      (err) => res.writeHead(500).end(err.message))
  }).listen(Number(PORT), () => console.log(`REST on port ${PORT}`))
}

process.on('SIGTERM', () => process.exit(0))
startRest(await startNode())
