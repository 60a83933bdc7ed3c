// SPDX-License-Identifier: MIT OR Apache-2.0

// What the flags mean in the options of libp2p 0.35.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { seedBytes } from '../js-common/flags.mjs'

const require = createRequire(import.meta.url)
const Gossipsub = require('libp2p-gossipsub')
const MulticastDNS = require('libp2p-mdns')
const Mplex = require('libp2p-mplex')
const { NOISE } = require('libp2p-noise')
const TCP = require('libp2p-tcp')
const PeerId = require('peer-id')
const { keys } = require('libp2p-crypto')
const Protector = require('libp2p/src/pnet')

const keyTypes = { ed25519: 'Ed25519', secp256k1: 'secp256k1', rsa: 'RSA' }

async function newIdentity (flags) {
  // RSA was the default of its time; a seed means Ed25519 everywhere.
  const type = flags.key ?? (flags.seed !== undefined ? 'ed25519' : 'rsa')
  if (!Object.hasOwn(keyTypes, type)) throw new Error(`libp2p 0.35 has no ${type} keys`)
  if (flags.seed !== undefined && type === 'ed25519') {
    const key = await keys.generateKeyPairFromSeed('Ed25519', seedBytes(flags.seed))
    return PeerId.createFromPrivKey(keys.marshalPrivateKey(key))
  }
  return PeerId.create({ keyType: keyTypes[type], bits: 2048 })
}

async function identity (flags) {
  const file = flags['key-file']
  if (file && existsSync(file)) return PeerId.createFromPrivKey(readFileSync(file))
  const id = await newIdentity(flags)
  if (file) writeFileSync(file, id.marshalPrivKey(), { mode: 0o600 })
  return id
}

function refuse (flags) {
  if (flags.security !== 'noise') throw new Error('the 2021 peer has noise alone')
  if (flags.muxer === 'yamux') throw new Error('libp2p 0.35 has no yamux')
  if (flags.mdns) throw new Error('its mDNS is the form of 2021: --mdns-2021')
  if (flags.msgid === 'key') throw new Error('its message id is from ‖ seqno')
}

export async function optionsOf (flags) {
  refuse(flags)
  return {
    peerId: await identity(flags),
    addresses: { listen: flags.listen },
    modules: {
      transport: [TCP],
      connEncryption: [NOISE],
      streamMuxer: [Mplex],
      pubsub: Gossipsub,
      ...(flags['mdns-2021'] ? { peerDiscovery: [MulticastDNS] } : {}),
      ...(flags.psk ? { connProtector: new Protector(readFileSync(flags.psk)) } : {})
    },
    config: {
      peerDiscovery: {
        autoDial: true,
        mdns: { enabled: flags['mdns-2021'], interval: 5000 }
      },
      pubsub: {
        enabled: true,
        emitSelf: false,
        globalSignaturePolicy: flags.sign === 'nosign' ? 'StrictNoSign' : 'StrictSign'
      },
      nat: { enabled: false },
      relay: { enabled: true, hop: { enabled: false } }
    }
  }
}
