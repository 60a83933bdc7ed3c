/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the world must offer to resolve names: dns, dns4 and dns6, and the TXT
 * records of dnsaddr. */
#ifndef P2P_PORT_DNS_H
#define P2P_PORT_DNS_H

#include "port/net.h"

struct p2p__dns_query;

struct p2p__resolver {
    /*
     * Resolves `name` (a C string, copied) to addresses of `family` (4, 6, or
     * 0: both). `done` comes once, never before the call returned, with
     * `count` addresses that are valid until it returns, or with status < 0.
     * Returns the query (for cancel), or NULL and *err.
     */
    struct p2p__dns_query *(*resolve)(struct p2p__resolver *dns,
                                      const char *name, uint8_t family,
                                      void (*done)(void *user, int status,
                                                   const struct p2p__addr *at,
                                                   size_t count, p2p_ns now),
                                      void *user, int *err);
    /*
     * Asks for the TXT records of `name` (a C string, copied). `done` comes
     * once, never before the call returned, with the `len` bytes of the DNS
     * message that answered, unread but for its result code and valid until it
     * returns, or with status < 0. Returns the query (for cancel), or NULL and
     * *err. NULL: cannot be asked for.
     */
    struct p2p__dns_query *(*texts)(struct p2p__resolver *dns, const char *name,
                                    void (*done)(void *user, int status,
                                                 const uint8_t *msg, size_t len,
                                                 p2p_ns now),
                                    void *user, int *err);
    /* No `done` will come. */
    void (*cancel)(struct p2p__resolver *dns, struct p2p__dns_query *query);
};

#endif
