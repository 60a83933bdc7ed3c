// SPDX-License-Identifier: MIT OR Apache-2.0

// A control plane in the way of the 2021 article, written anew for the tests:
// the nodes find each other by mDNS; who gets POST /config tells the others by
// gossip at which host it was asked, and they fetch that host's configuration
// and put it into their own Unit.
//
//   PORT              where POST /config is served             3000
//   UNIT_URL          this node's Unit                         http://127.0.0.1:8888
//   PULL_PORT         the port asked for other nodes' config   8888
//   MDNS_INTERVAL_MS  between two questions                    20000
//   LISTEN            libp2p's address                         /ip4/0.0.0.0/tcp/0
//   BOOTSTRAP         addresses to dial, with commas between   (none)

import http from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const bodyParser = require('body-parser')
const express = require('express')
const Libp2p = require('libp2p')
const Bootstrap = require('libp2p-bootstrap')
const Gossipsub = require('libp2p-gossipsub')
const MulticastDNS = require('libp2p-mdns')
const Mplex = require('libp2p-mplex')
const { NOISE } = require('libp2p-noise')
const TCP = require('libp2p-tcp')
const { fromString } = require('uint8arrays/from-string')
const { toString } = require('uint8arrays/to-string')

const TOPIC = 'news'
const {
  PORT = '3000',
  UNIT_URL = 'http://127.0.0.1:8888',
  PULL_PORT = '8888',
  MDNS_INTERVAL_MS = '20000',
  LISTEN = '/ip4/0.0.0.0/tcp/0',
  BOOTSTRAP = ''
} = process.env

function request (method, url, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': body.length }
    const req = http.request(url, { method, headers }, (res) => {
      const parts = []
      res.on('data', (part) => parts.push(part))
      res.on('end', () => resolve({ status: res.statusCode, body: Buffer.concat(parts) }))
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(body)
  })
}

async function follow (host) {
  console.log(`pulling config from ${host}`)
  const pulled = await request('GET', `http://${host}:${PULL_PORT}/config`)
  if (pulled.status !== 200) throw new Error(`${host} answered ${pulled.status}`)
  const put = await request('PUT', `${UNIT_URL}/config`, pulled.body)
  console.log(`own Unit answered ${put.status} ${put.body.toString().trim()}`)
}

function options () {
  const peers = BOOTSTRAP.split(',').filter(Boolean)
  return {
    addresses: { listen: [LISTEN] },
    modules: {
      transport: [TCP],
      connEncryption: [NOISE],
      streamMuxer: [Mplex],
      pubsub: Gossipsub,
      peerDiscovery: peers.length > 0 ? [MulticastDNS, Bootstrap] : [MulticastDNS]
    },
    config: {
      peerDiscovery: {
        autoDial: true,
        mdns: { enabled: true, interval: Number(MDNS_INTERVAL_MS) },
        bootstrap: { enabled: peers.length > 0, interval: 5000, list: peers }
      },
      pubsub: { enabled: true, emitSelf: false }
    }
  }
}

async function startNode () {
  const node = await Libp2p.create(options())
  node.on('peer:discovery', (id) => console.log(`Discovered ${id.toB58String()}`))
  node.connectionManager.on('peer:connect', (conn) =>
    console.log(`Connection established to ${conn.remotePeer.toB58String()}`))
  await node.start()
  const id = node.peerId.toB58String()
  console.log(`My Node ID ${id}`)
  for (const ma of node.multiaddrs) console.log(`Listening on ${ma}/p2p/${id}`)
  node.pubsub.on('pubsub:subscription-change', (id, changes) => {
    for (const c of changes) {
      if (c.topicID === TOPIC && c.subscribe) console.log(`Subscribed ${id.toB58String()}`)
    }
  })
  node.pubsub.on(TOPIC, (msg) => {
    const host = toString(msg.data)
    console.log(`received ${host} from ${msg.from} via ${msg.receivedFrom}`)
    follow(host).catch(err => console.log(`could not follow ${host}: ${err.message}`))
  })
  await node.pubsub.subscribe(TOPIC)
  return node
}

function startRest (node) {
  const app = express()
  app.use(bodyParser.json())
  app.post('/config', async (req, res) => {
    await node.pubsub.publish(TOPIC, fromString(req.hostname))
    res.send('Published config event to all other nodes')
  })
  app.listen(Number(PORT), () => console.log(`REST on port ${PORT}`))
}

process.on('SIGTERM', () => process.exit(0))
startRest(await startNode())
