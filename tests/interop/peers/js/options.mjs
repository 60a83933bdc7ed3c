// SPDX-License-Identifier: MIT OR Apache-2.0

// What the flags mean in js-libp2p's own options.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { quic } from '@chainsafe/libp2p-quic'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair, generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { gossipsub, StrictNoSign, StrictSign } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { mplex } from '@libp2p/mplex'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { muxersOf, seedBytes } from '../js-common/flags.mjs'

const keyTypes = {
  ed25519: () => generateKeyPair('Ed25519'),
  secp256k1: () => generateKeyPair('secp256k1'),
  ecdsa: () => { throw new Error('js-libp2p has no ECDSA peer ids') },
  rsa: () => generateKeyPair('RSA', 2048)
}

async function newKey (type, seed) {
  if (!Object.hasOwn(keyTypes, type)) throw new Error(`unknown key type "${type}"`)
  if (seed !== undefined && type === 'ed25519') {
    return generateKeyPairFromSeed('Ed25519', seedBytes(seed))
  }
  return keyTypes[type]()
}

async function identity (flags) {
  const file = flags['key-file']
  if (file && existsSync(file)) return privateKeyFromProtobuf(readFileSync(file))
  const key = await newKey(flags.key ?? 'ed25519', flags.seed)
  if (file) writeFileSync(file, privateKeyToProtobuf(key), { mode: 0o600 })
  return key
}

/**
 * Wraps a security module to learn, or to prevent, that the muxer was agreed
 * inside the handshake: libp2p itself does not tell.
 */
function observed (factory, noEarlyMux, onEarly) {
  return (components) => {
    const inner = factory(components)
    for (const method of ['secureInbound', 'secureOutbound']) {
      const original = inner[method].bind(inner)
      inner[method] = async (conn, options) => {
        const result = await original(conn, noEarlyMux
          ? { ...options, skipStreamMuxerNegotiation: true }
          : options)
        onEarly(conn.remoteAddr.toString(), result.streamMuxer != null)
        return result
      }
    }
    return inner
  }
}

/** What go and the 2021 packages compute: author, then number. */
function fromId (msg) {
  const from = msg.from.toMultihash().bytes
  const id = new Uint8Array(from.length + 8)
  id.set(from)
  new DataView(id.buffer).setBigUint64(from.length, msg.sequenceNumber)
  return id
}

function gossip (flags) {
  const strict = flags.sign !== 'nosign'
  return gossipsub({
    globalSignaturePolicy: strict ? StrictSign : StrictNoSign,
    allowPublishToZeroTopicPeers: true,
    ...(strict && flags.msgid === 'from' ? { msgIdFn: fromId } : {})
  })
}

const securities = { noise, tls }
const muxers = {
  yamux,
  // By default it drops a connection that opens six streams in a second.
  mplex: () => mplex({ disconnectThreshold: 1e6 })
}

function pick (table, name) {
  if (!Object.hasOwn(table, name)) throw new Error(`unknown "${name}"`)
  return table[name]()
}

/** mDNS that also tells what it heard; libp2p's own event has other causes. */
function announced (factory, onFound) {
  return (components) => {
    const inner = factory(components)
    inner.addEventListener('peer', (e) => onFound(e.detail))
    return inner
  }
}

/** The server's certificate, and whom a client trusts besides. */
function web (flags) {
  if (flags['tls-ca']) {
    const ca = readFileSync(flags['tls-ca'], 'utf8')
    setDefaultCACertificates([...getCACertificates('default'), ca])
  }
  if (!flags['tls-cert']) return webSockets()
  return webSockets({
    https: {
      cert: readFileSync(flags['tls-cert']),
      key: readFileSync(flags['tls-key'])
    }
  })
}

/** A private network has no QUIC: its key protects bytes, not datagrams. */
const transports = (flags) =>
  [tcp(), web(flags), ...(flags.psk ? [] : [quic()]), circuitRelayTransport()]

export const flagsOfRoads = {
  'relay-server': { type: 'boolean', default: false },
  relay: { type: 'string', multiple: true, default: [] },
  dht: { type: 'string' },
  'dht-prefix': { type: 'string', default: '/ipfs' }
}

const listen = (flags) =>
  [...flags.listen, ...flags.relay.map(ma => ma + '/p2p-circuit')]

/** What only some nodes have. */
const roads = (flags) => ({
  ...(flags['relay-server'] && { relay: circuitRelayServer() }),
  ...(flags.dht && {
    dht: kadDHT({
      protocol: flags['dht-prefix'] + '/kad/1.0.0',
      clientMode: flags.dht !== 'server',
      peerInfoMapper: passthroughMapper,
      validators: { test: async () => {} },
      selectors: { test: () => 0 }
    })
  })
})

export async function optionsOf (flags, { onEarly, onFound }) {
  // Not a test of js's own limits: 5 a second from one address, 10 pending.
  const limits = {
    inboundConnectionThreshold: 1e6,
    maxIncomingPendingConnections: 1e6,
    maxConnections: 1e6
  }
  return {
    privateKey: await identity(flags),
    addresses: { listen: listen(flags) },
    transports: transports(flags),
    connectionEncrypters: flags.security.split(',').map(name =>
      observed(pick(securities, name), flags['no-early-mux'], onEarly)),
    streamMuxers: muxersOf(flags.muxer ?? 'yamux').map(m => pick(muxers, m)),
    connectionManager: limits,
    connectionGater: { denyDialMultiaddr: () => false },
    ...(flags.psk
      ? { connectionProtector: preSharedKey({ psk: readFileSync(flags.psk) }) }
      : {}),
    peerDiscovery: flags.mdns
      ? [announced(mdns({ interval: 5000 }), onFound)]
      : [],
    services: {
      identify: identify({ maxInboundStreams: 64, maxOutboundStreams: 64 }),
      identifyPush: identifyPush({ maxInboundStreams: 64, maxOutboundStreams: 64 }),
      ping: ping({ maxInboundStreams: 1024, maxOutboundStreams: 1024 }),
      pubsub: gossip(flags),
      ...roads(flags)
    }
  }
}
