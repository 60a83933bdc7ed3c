/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a peer can make identify hold or do, and what bounds it (T16-T19). */
#ifndef P2P_PROTO_IDENTIFY_CAPS_H
#define P2P_PROTO_IDENTIFY_CAPS_H

#include "base/types.h"

/* One message on a stream, and how many there may be, as go. A peer that
 * sends more breaks off. */
#define P2P__CAP_IDENTIFY_MESSAGE_BYTES 8192U
#define P2P__CAP_IDENTIFY_MESSAGES      10U

/* Listen addresses of a peer that are looked at; those behind are ignored. */
#define P2P__CAP_IDENTIFY_ADDRS 64U

/* Protocols of a peer that are looked at; those behind are ignored (T17). */
#define P2P__CAP_IDENTIFY_PROTOCOLS 1000U

/* A protocol's name; a longer one is passed over: nobody could select it. */
#define P2P__CAP_IDENTIFY_NAME_BYTES 1023U

/* The agent's and the protocol's version; what is longer is cut there. */
#define P2P__CAP_IDENTIFY_TEXT_BYTES 256U

/* Pushes of one peer that are read: so many at once, then one each so often
 * (T18). */
#define P2P__CAP_IDENTIFY_PUSHES      10U
#define P2P__CAP_IDENTIFY_PUSHES_EACH P2P__SEC(10)

/* A message of ours: rust reads no more. */
#define P2P__CAP_IDENTIFY_OWN_BYTES 4096U

#endif
