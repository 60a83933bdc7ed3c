// SPDX-License-Identifier: MIT OR Apache-2.0

import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { ECHO, PERF, echo, perf, serveEcho, servePerf } from '../js-common/echo-perf.mjs'
import { dataFields, event, shortName } from '../js-common/output.mjs'
import { optionsOf } from './options.mjs'
import { adapt } from './stream.mjs'

const require = createRequire(import.meta.url)
const Libp2p = require('libp2p')
const PeerId = require('peer-id')
const { Multiaddr } = require('multiaddr')
const { Identify } = require('libp2p/src/identify/message')

const PING = '/ipfs/ping/1.0.0'
const IDENTIFY = '/ipfs/id/1.0.0'

function within (ms, what, promise) {
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} in ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const bare = (addr) => addr.toString().replace(/\/p2p\/[^/]+$/, '')

const serving = (handler) => async ({ stream }) => {
  try {
    await handler(adapt(stream))
  } catch (err) {
    stream.abort(err)
  }
}

function describe (conn) {
  return {
    peer: conn.remotePeer.toB58String(),
    addr: bare(conn.remoteAddr),
    dir: conn.stat.direction === 'inbound' ? 'in' : 'out',
    security: shortName(conn.stat.encryption),
    muxer: shortName(conn.stat.multiplexer),
    transport: 'tcp',
    early_mux: false, // it knows multistream alone
    limited: false
  }
}

export class Peer {
  static async start (flags) {
    const peer = new Peer()
    peer.identified = new Set()
    peer.counts = { in: 0, out: 0, published: 0, received: 0, bytes: 0 }
    peer.node = await Libp2p.create(await optionsOf(flags))
    peer.pubsub = peer.node.pubsub
    peer.receive = (msg) => peer.received(msg)
    peer.watch()
    peer.node.handle(ECHO, serving(serveEcho))
    peer.node.handle(PERF, serving(servePerf))
    await peer.node.start()
    for (const topic of flags.topic) peer.subscribe(topic)
    return peer
  }

  stop () { return this.node.stop() }
  id () { return this.node.peerId.toB58String() }

  peers () {
    const conns = this.connections()
    const ids = new Set(conns.map(c => c.remotePeer.toB58String()))
    return { peers: [...ids], conns: conns.length }
  }

  addrs () {
    return this.node.multiaddrs.map(ma => `${ma}/p2p/${this.id()}`)
  }

  connections () {
    return [...this.node.connections.values()].flat()
      .filter(c => c.stat.status === 'open')
  }

  watch () {
    const manager = this.node.connectionManager
    manager.on('peer:connect', (c) => {
      this.counts[c.stat.direction === 'inbound' ? 'in' : 'out']++
      event('connected', describe(c))
    })
    manager.on('peer:disconnect', (c) =>
      event('disconnected', { peer: c.remotePeer.toB58String() }))
    this.node.on('peer:discovery', (id) => event('mdns', {
      peer: id.toB58String(),
      addrs: this.storedAddrs(id)
    }))
    this.watchIdentify()
  }

  storedAddrs (id) {
    return (this.node.peerStore.addressBook.get(id) ?? [])
      .map(a => a.multiaddr.toString())
  }

  /** libp2p 0.35 has no event for it: look behind its own call. */
  watchIdentify () {
    const service = this.node.identifyService
    const original = service.identify.bind(service)
    service.identify = async (conn) => {
      await original(conn)
      const id = conn.remotePeer
      this.identified.add(id.toB58String())
      event('identify', await this.stored(id))
    }
    this.node.peerStore.on('change:protocols', async ({ peerId: id }) => {
      if (!this.identified.has(id.toB58String())) return
      event('identify', { ...await this.stored(id), push: true })
    })
  }

  /** What identify and later pushes have left in the peer store. */
  async stored (id) {
    const { peerStore } = this.node
    const text = (key) =>
      Buffer.from(peerStore.metadataBook.getValue(id, key) ?? '').toString()
    return {
      peer: id.toB58String(),
      agent: text('AgentVersion'),
      protocol_version: text('ProtocolVersion'),
      protocols: peerStore.protoBook.get(id) ?? [],
      addrs: this.storedAddrs(id),
      observed: null,
      signed_record: await peerStore.addressBook.getRawEnvelope(id) != null
    }
  }

  received (msg) {
    this.counts.received++
    this.counts.bytes += msg.data.length
    const seqno = Buffer.from(msg.seqno ?? [])
    event('msg', {
      topic: msg.topicIDs[0],
      from: msg.from || null,
      via: msg.receivedFrom,
      seqno: seqno.length === 8 ? seqno.readBigUInt64BE() : null,
      size: msg.data.length,
      ...dataFields(msg.data)
    })
  }

  /** Takes a peer id, or a multiaddr that it dials first. */
  async connection (target) {
    const to = target.startsWith('/')
      ? new Multiaddr(target)
      : PeerId.createFromB58String(target)
    return within(15000, 'connection', this.node.dial(to))
  }

  async connect (ma) { return describe(await this.connection(ma)) }
  async disconnect (id) { await this.node.hangUp(PeerId.createFromB58String(id)) }

  async withStream (target, protocol, use) {
    const conn = await this.connection(target)
    const { stream } = await within(15000, protocol, conn.newStream(protocol))
    try {
      return await use(adapt(stream))
    } catch (err) {
      stream.abort(err)
      throw err
    }
  }

  echo (target, size) { return this.withStream(target, ECHO, s => echo(s, size)) }
  perf (target, up, down) { return this.withStream(target, PERF, s => perf(s, up, down)) }
  identify (target) { return this.withStream(target, IDENTIFY, s => askIdentify(s)) }

  async ping (target, n) {
    return this.withStream(target, PING, async (stream) => {
      const incoming = stream[Symbol.asyncIterator]()
      const rtts = []
      while (rtts.length < n) {
        rtts.push(await within(10000, 'answer to a ping', pingOnce(stream, incoming)))
      }
      await stream.end()
      return { rtt_us: rtts }
    })
  }

  handle (id) { this.node.handle(id, serving(serveEcho)) }

  subscribe (topic) {
    this.pubsub.removeListener(topic, this.receive)
    this.pubsub.on(topic, this.receive)
    this.pubsub.subscribe(topic)
  }

  unsubscribe (topic) {
    this.pubsub.removeListener(topic, this.receive)
    this.pubsub.unsubscribe(topic)
  }

  async publish (topic, bytes) {
    await this.pubsub.publish(topic, bytes)
    this.counts.published++
  }

  mesh (topic) {
    return {
      topic,
      mesh: [...(this.pubsub.mesh.get(topic) ?? [])],
      peers: this.pubsub.getSubscribers(topic)
    }
  }

  stats () {
    const c = this.counts
    const conns = this.connections().length
    return {
      conns,
      conns_in: c.in,
      conns_out: c.out,
      conns_closed: c.in + c.out - conns,
      published: c.published,
      messages: c.received,
      message_bytes: c.bytes
    }
  }
}

async function pingOnce (stream, incoming) {
  const sent = randomBytes(32)
  const start = performance.now()
  await stream.write(sent)
  let got = Buffer.alloc(0)
  while (got.length < sent.length) {
    const { value, done } = await incoming.next()
    if (done) throw new Error('the stream ended before the answer')
    got = Buffer.concat([got, value])
  }
  if (!got.equals(sent)) throw new Error('other bytes came back')
  return Math.round((performance.now() - start) * 1000)
}

async function askIdentify (stream) {
  await stream.end()
  const parts = []
  for await (const bytes of stream) parts.push(Buffer.from(bytes))
  const all = Buffer.concat(parts)
  const prefix = all.findIndex(byte => byte < 0x80) + 1 // a varint's length
  const m = Identify.decode(all.subarray(prefix))
  const id = await PeerId.createFromPubKey(m.publicKey)
  return {
    peer: id.toB58String(),
    agent: m.agentVersion,
    protocol_version: m.protocolVersion,
    protocols: m.protocols,
    addrs: m.listenAddrs.map(a => new Multiaddr(a).toString()),
    observed: m.observedAddr.length > 0 ? new Multiaddr(m.observedAddr).toString() : '',
    signed_record: m.signedPeerRecord.length > 0
  }
}
