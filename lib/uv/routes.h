/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Default routes, as rtnetlink tells of them: whether what it says is news. */
#ifndef P2P_UV_ROUTES_H
#define P2P_UV_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Routes that are remembered; of more each word is news. */
#define P2P__UV_ROUTES 16U

/* A default route, or a half of one, as VPNs have it (0.0.0.0/1). */
struct p2p__uv_route {
    uint8_t family;
    uint8_t half;   /* 0: all; else its bits, and the first byte */
    uint32_t table; /* of those that rules choose from */
    uint32_t metric;
    uint64_t way; /* a hash of where it leads */
};

/* Empty at first: of a route that nobody told of all is news. */
struct p2p__uv_routes {
    size_t n;
    struct p2p__uv_route list[P2P__UV_ROUTES];
};

/* What a datagram of rtnetlink tells. */
struct p2p__uv_told {
    bool ifaces; /* of links or addresses */
    bool routes; /* a default route is another, or gone */
};

/*
 * Reads a datagram of so many bytes, borrowed. What is cut off is left out.
 */
struct p2p__uv_told p2p__uv_routes_read(struct p2p__uv_routes *routes,
                                        const uint8_t *bytes, size_t len);

#endif
