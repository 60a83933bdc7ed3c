/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The 12 bytes in front of every yamux frame (spec, "Framing"). */
#ifndef P2P_MUX_YAMUX_FRAME_H
#define P2P_MUX_YAMUX_FRAME_H

#include "base/types.h"

#define P2P__YAMUX_HEADER_BYTES 12U

enum p2p__yamux_type {
    P2P__YAMUX_DATA = 0,
    P2P__YAMUX_WINDOW_UPDATE = 1,
    P2P__YAMUX_PING = 2,
    P2P__YAMUX_GO_AWAY = 3
};

enum p2p__yamux_flag {
    P2P__YAMUX_SYN = 1,
    P2P__YAMUX_ACK = 2,
    P2P__YAMUX_FIN = 4,
    P2P__YAMUX_RST = 8,
    P2P__YAMUX_FLAGS = 15 /* all that the spec knows */
};

struct p2p__yamux_header {
    uint8_t version;
    uint8_t type;
    uint16_t flags;
    uint32_t id;
    uint32_t length; /* body bytes, window delta, ping value or code */
};

/* Writes the 12 bytes of `h` to `p`. */
void p2p__yamux_encode(uint8_t *p, const struct p2p__yamux_header *h);

/* Reads 12 bytes; every value is possible, nothing is checked. */
struct p2p__yamux_header p2p__yamux_decode(const uint8_t *p);

#endif
