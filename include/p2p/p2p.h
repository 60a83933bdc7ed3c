/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Everything of libp2p in C, in one include.
 *
 * How structs grow, so that a program need not be compiled anew when the
 * library is:
 *
 * - a config begins with its size, which its …_INIT sets: what an older program
 *   does not have is the default;
 * - what the library fills in for a program is asked for with its size
 *   (p2p_host_stats(host, &s, sizeof s)): no more than that is written, and
 *   what the library does not know is zero;
 * - a table of events has reserved members that stay NULL, as an initializer
 *   with names leaves them;
 * - what the library lends during a call grows at its end: read it, and copy
 *   members rather than the struct;
 * - ids, multiaddrs and envelopes are what the specs say, and stay.
 */
#ifndef P2P_P2P_H
#define P2P_P2P_H

#include "p2p/autonat.h"
#include "p2p/dcutr.h"
#include "p2p/dht.h"
#include "p2p/envelope.h"
#include "p2p/err.h"
#include "p2p/gate.h"
#include "p2p/hash.h"
#include "p2p/host.h"
#include "p2p/key.h"
#include "p2p/limit.h"
#include "p2p/loop.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "p2p/psk.h"
#include "p2p/pubsub.h"
#include "p2p/relay.h"
#include "p2p/rendezvous.h"
#include "p2p/seal.h"
#include "p2p/stream.h"

/** The version of these headers. */
#define P2P_VERSION "0.1.0"

#endif
