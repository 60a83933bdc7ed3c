/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bytes and streams of each protocol. Only protocols that we serve or ask for
 * have a row: what a peer proposes, and nobody serves, is never named here. */
#ifndef P2P_STACK_TRAFFIC_H
#define P2P_STACK_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

/* Rows; protocols beyond them share the last one. */
#define P2P__TRAFFIC_ROWS 32U

/* Bytes of a name, its zero byte included; a longer one is cut. */
#define P2P__TRAFFIC_NAME 64U

struct p2p__traffic {
    char protocol[P2P__TRAFFIC_NAME]; /* "": the row is free */
    uint64_t streams_in;
    uint64_t streams_out;
    uint64_t bytes_in;
    uint64_t bytes_out;
};

/* The row of a protocol, begun if it is new. Rows stay where they are. */
struct p2p__traffic *p2p__traffic_row(struct p2p__traffic *rows,
                                      const char *protocol);

#endif
