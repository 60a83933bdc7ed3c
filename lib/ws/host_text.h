/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which server a multiaddr names: for its Host header, and for TLS. */
#ifndef P2P_WS_HOST_TEXT_H
#define P2P_WS_HOST_TEXT_H

#include "chan/ws/ws.h"
#include "p2p/multiaddr.h"

struct p2p__host_text {
    char name[P2P__WS_HOST_MAX + 1];   /* a name, or an IP address */
    char header[P2P__WS_HOST_MAX + 1]; /* with the port, if it is another */
};

/*
 * Reads it of an address, borrowed: of its /sni, else what stands in front of
 * the port. The port is left out where it is `usual`.
 * Errors: P2P_EFORMAT (no name and port), P2P_ETOOBIG.
 */
int p2p__host_text_of(const struct p2p_multiaddr *ma, const char *usual,
                      struct p2p__host_text *out);

#endif
