/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Everything of libp2p in C, in one include.
 */
#ifndef P2P_P2P_H
#define P2P_P2P_H

#include "p2p/envelope.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "p2p/host.h"
#include "p2p/key.h"
#include "p2p/loop.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "p2p/pubsub.h"
#include "p2p/seal.h"
#include "p2p/stream.h"

/** The version of these headers. */
#define P2P_VERSION "0.1.0"

#endif
