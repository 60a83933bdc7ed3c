// SPDX-License-Identifier: MIT OR Apache-2.0

import { randomBytes } from 'node:crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { ECHO, PERF, echo, perf, serveEcho, servePerf } from '../js-common/echo-perf.mjs'
import { dataFields, event, shortName, textOf } from '../js-common/output.mjs'
import { optionsOf } from './options.mjs'
import { adapt } from './stream.mjs'

const PING = '/ipfs/ping/1.0.0'
const manyStreams = {
  maxInboundStreams: 1024,
  maxOutboundStreams: 1024,
  runOnLimitedConnection: true
}

const contentId = async (text) =>
  CID.createV1(raw.code, await sha256.digest(Buffer.from(text)))

/** The address alone: js appends the peer to some of them. */
const bare = (addr) => addr.toString().replace(/\/p2p\/[^/]+$/, '')

function transportOf (addr) {
  const parts = addr.split('/')
  if (parts.includes('p2p-circuit')) return 'p2p-circuit'
  if (parts.includes('quic-v1')) return 'quic-v1'
  if (parts.includes('wss')) return 'wss'
  if (parts.includes('ws')) return parts.includes('tls') ? 'wss' : 'ws'
  return 'tcp'
}

const serving = (handler) => async (stream) => {
  try {
    await handler(adapt(stream))
  } catch (err) {
    stream.abort(err)
  }
}

export class Peer {
  static async start (flags) {
    const peer = new Peer()
    peer.early = new Map()
    peer.counts = { in: 0, out: 0, closed: 0, published: 0, received: 0, bytes: 0 }
    const options = await optionsOf(flags, {
      onEarly: (addr, early) => peer.early.set(bare(addr), early),
      onFound: (found) => peer.discovered(found)
    })
    peer.node = await createLibp2p({ ...options, start: false })
    peer.pubsub = peer.node.services.pubsub
    peer.watch()
    await peer.node.handle(ECHO, serving(serveEcho), manyStreams)
    await peer.node.handle(PERF, serving(servePerf), manyStreams)
    await peer.node.start()
    for (const topic of flags.topic) peer.subscribe(topic)
    return peer
  }

  stop () { return this.node.stop() }
  id () { return this.node.peerId.toString() }
  addrs () { return this.node.getMultiaddrs().map(String) }

  peers () {
    return {
      peers: this.node.getPeers().map(String),
      conns: this.node.getConnections().length
    }
  }

  describe (conn) {
    const transport = transportOf(bare(conn.remoteAddr))
    // QUIC is both by itself, and js names them as it likes.
    const own = transport === 'quic-v1'
    return {
      peer: conn.remotePeer.toString(),
      addr: bare(conn.remoteAddr),
      dir: conn.direction === 'inbound' ? 'in' : 'out',
      security: own ? null : shortName(conn.encryption),
      muxer: own ? null : shortName(conn.multiplexer),
      transport,
      early_mux: this.early.get(bare(conn.remoteAddr)) ?? null,
      limited: conn.limits != null
    }
  }

  watch () {
    const on = (name, f) => this.node.addEventListener(name, e => f(e.detail))
    on('connection:open', (c) => {
      this.counts[c.direction === 'inbound' ? 'in' : 'out']++
      event('connected', this.describe(c))
    })
    on('connection:close', (c) => {
      this.counts.closed++
      this.early.delete(bare(c.remoteAddr))
    })
    on('peer:disconnect', (id) => event('disconnected', { peer: id.toString() }))
    on('peer:identify', (r) => event('identify', identifyFields(r)))
    this.pubsub.addEventListener('gossipsub:message',
      (e) => this.received(e.detail))
  }

  discovered (found) {
    event('mdns', {
      peer: found.id.toString(),
      addrs: found.multiaddrs.map(String)
    })
    if (this.node.getConnections(found.id).length > 0) return
    const addrs = found.multiaddrs.map(ma => ma.encapsulate(`/p2p/${found.id}`))
    this.node.dial(addrs, { signal: AbortSignal.timeout(15000) }).catch(err =>
      event('dial-failed', { peer: found.id.toString(), error: textOf(err) }))
  }

  received ({ propagationSource, msg }) {
    this.counts.received++
    this.counts.bytes += msg.data.length
    event('msg', {
      topic: msg.topic,
      from: msg.from?.toString() ?? null,
      via: propagationSource.toString(),
      seqno: msg.sequenceNumber ?? null,
      size: msg.data.length,
      ...dataFields(msg.data)
    })
  }

  /** Takes a peer id, or a multiaddr that it dials first. */
  async connection (target) {
    const ma = target.startsWith('/')
    const id = ma ? multiaddr(target) : peerIdFromString(target)
    // js dials where there is only a connection over a relay.
    const open = ma ? [] : this.node.getConnections(id)
    const best = open.find(c => c.limits == null) ?? open[0]
    return best ?? this.node.dial(id, { signal: AbortSignal.timeout(15000) })
  }

  async connect (ma) { return this.describe(await this.connection(ma)) }
  async disconnect (id) { await this.node.hangUp(peerIdFromString(id)) }

  async identify (target) {
    const conn = await this.connection(target)
    return identifyFields(await this.node.services.identify.identify(conn))
  }

  async stream (target, protocol, options = {}) {
    const conn = await this.connection(target)
    return conn.newStream(protocol, {
      maxOutboundStreams: 1024,
      runOnLimitedConnection: true,
      ...options
    })
  }

  /** On one stream, as go does; js's own ping opens one a time. */
  async ping (target, n) {
    const stream = await this.stream(target, PING, { negotiateFully: true })
    const incoming = adapt(stream)[Symbol.asyncIterator]()
    const rtts = []
    try {
      while (rtts.length < n) rtts.push(await pingOnce(stream, incoming))
      await stream.close()
    } finally {
      stream.abort(new Error('done'))
    }
    return { rtt_us: rtts }
  }

  async echo (target, size) { return this.withStream(target, ECHO, s => echo(s, size)) }
  async perf (target, up, down) { return this.withStream(target, PERF, s => perf(s, up, down)) }

  async withStream (target, protocol, use) {
    const stream = await this.stream(target, protocol)
    try {
      return await use(adapt(stream))
    } catch (err) {
      stream.abort(err)
      throw err
    }
  }

  async handle (id) { await this.node.handle(id, serving(serveEcho), manyStreams) }

  subscribe (topic) { this.pubsub.subscribe(topic) }
  unsubscribe (topic) { this.pubsub.unsubscribe(topic) }

  async publish (topic, bytes) {
    const { recipients } = await this.pubsub.publish(topic, bytes)
    this.counts.published++
    return { recipients: recipients.length }
  }

  mesh (topic) {
    return {
      topic,
      mesh: this.pubsub.getMeshPeers(topic),
      peers: this.pubsub.getSubscribers(topic).map(String)
    }
  }

  get dht () {
    if (!this.node.services.dht) throw new Error('this node was started without --dht')
    return this.node.services.dht
  }

  /** The first event of a query that the caller looks for. */
  async query (events, wanted) {
    for await (const e of events) if (wanted(e)) return e
    throw new Error('not found')
  }

  async dhtPut (key, value) {
    const stored = e => e.name === 'PEER_RESPONSE' && e.messageName === 'PUT_VALUE'
    await this.query(this.dht.put(Buffer.from(key), value), stored)
  }

  async dhtGet (key) {
    const found = e => e.name === 'VALUE'
    const { value } = await this.query(this.dht.get(Buffer.from(key)), found)
    return { value: Buffer.from(value).toString() }
  }

  async dhtFindPeer (id) {
    const found = e => e.name === 'FINAL_PEER'
    const { peer } = await this.query(this.dht.findPeer(peerIdFromString(id)), found)
    return { addrs: peer.multiaddrs.map(String) }
  }

  async dhtProvide (text) {
    const events = this.dht.provide(await contentId(text))
    for await (const _ of events); // until all are asked
  }

  async dhtFindProviders (text) {
    const providers = new Set()
    for await (const e of this.dht.findProviders(await contentId(text))) {
      if (e.name === 'PROVIDER') e.providers.forEach(p => providers.add(p.id.toString()))
    }
    return { providers: [...providers] }
  }

  stats () {
    const c = this.counts
    return {
      conns: this.node.getConnections().length,
      conns_in: c.in,
      conns_out: c.out,
      conns_closed: c.closed,
      published: c.published,
      messages: c.received,
      message_bytes: c.bytes
    }
  }
}

async function pingOnce (stream, incoming) {
  const sent = randomBytes(32)
  const start = performance.now()
  stream.send(sent)
  let got = Buffer.alloc(0)
  while (got.length < sent.length) {
    const { value, done } = await Promise.race([
      incoming.next(),
      new Promise((resolve, reject) => setTimeout(() =>
        reject(new Error('no answer to a ping in 10 s')), 10000).unref())
    ])
    if (done) throw new Error('the stream ended before the answer')
    got = Buffer.concat([got, value])
  }
  if (!got.equals(sent)) throw new Error('other bytes came back')
  return Math.round((performance.now() - start) * 1000)
}

function identifyFields (r) {
  return {
    peer: r.peerId.toString(),
    agent: r.agentVersion ?? '',
    protocol_version: r.protocolVersion ?? '',
    protocols: r.protocols,
    addrs: r.listenAddrs.map(String),
    observed: r.observedAddr?.toString() ?? '',
    signed_record: r.signedPeerRecord != null
  }
}
