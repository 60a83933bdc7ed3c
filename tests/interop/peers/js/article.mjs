// SPDX-License-Identifier: MIT OR Apache-2.0

// The article's control plane on today's packages: the nodes find each other
// by mDNS; who gets POST /config tells the others by gossip at which host it
// was asked, and they fetch that host's configuration and put it into their
// own Unit. The same variables as ../js2021/article.js.

import http from 'node:http'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
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
  MDNS_INTERVAL_MS = '20000',
  LISTEN = '/ip4/0.0.0.0/tcp/0'
} = process.env

async function follow (host) {
  console.log(`pulling config from ${host}`)
  const pulled = await fetch(`http://${host}:${PULL_PORT}/config`)
  if (!pulled.ok) throw new Error(`${host} answered ${pulled.status}`)
  const put = await fetch(`${UNIT_URL}/config`, {
    method: 'PUT',
    body: Buffer.from(await pulled.arrayBuffer()),
    headers: { 'content-type': 'application/json' }
  })
  console.log(`own Unit answered ${put.status} ${(await put.text()).trim()}`)
}

async function startNode () {
  const node = await createLibp2p({
    addresses: { listen: [LISTEN] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    peerDiscovery: [mdns({ interval: Number(MDNS_INTERVAL_MS) })],
    connectionGater: { denyDialMultiaddr: () => false },
    // Ten nodes that start at once are no attack.
    connectionManager: { inboundConnectionThreshold: 1e6, maxIncomingPendingConnections: 1e6 },
    services: { identify: identify(), pubsub: gossipsub({ emitSelf: false }) }
  })
  node.addEventListener('peer:discovery', (e) => {
    console.log(`Discovered ${e.detail.id}`)
    node.dial(e.detail.multiaddrs.map(ma => ma.encapsulate(`/p2p/${e.detail.id}`)))
      .catch(err => console.log(`no connection to ${e.detail.id}: ${err.message}`))
  })
  node.addEventListener('peer:connect', (e) =>
    console.log(`Connection established to ${e.detail}`))
  console.log(`My Node ID ${node.peerId}`)
  const { pubsub } = node.services
  pubsub.addEventListener('message', ({ detail }) => {
    if (detail.topic !== TOPIC) return
    const host = Buffer.from(detail.data).toString()
    console.log(`received ${host} from ${detail.from}`)
    follow(host).catch(err => console.log(`could not follow ${host}: ${err.message}`))
  })
  pubsub.subscribe(TOPIC)
  return node
}

function startRest (node) {
  http.createServer(async (req, res) => {
    if (req.method !== 'POST' || req.url !== '/config') {
      res.writeHead(404).end()
      return
    }
    const host = req.headers.host.replace(/:\d+$/, '')
    await node.services.pubsub.publish(TOPIC, Buffer.from(host))
    res.end('Published config event to all other nodes')
  }).listen(Number(PORT), () => console.log(`REST on port ${PORT}`))
}

process.on('SIGTERM', () => process.exit(0))
startRest(await startNode())
