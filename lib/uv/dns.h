/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Names by the C library on libuv's worker pool: addresses by getaddrinfo, TXT
 * records by its resolver, which asks whom /etc/resolv.conf says. Of the pool's
 * four workers TXT records take one, and addresses two, as libuv sees to: a
 * server that does not answer leaves one to what goes to disk.
 */
#ifndef P2P_UV_DNS_H
#define P2P_UV_DNS_H

#include <netinet/in.h>
#include <uv.h>

#include "base/list.h"
#include "port/dns.h"

struct p2p__uv_dns {
    struct p2p__resolver dns;
    uv_loop_t *uv;             /* borrowed */
    size_t pending;            /* queries whose worker has not ended */
    size_t asking;             /* of these, for TXT records */
    struct p2p__list waiting;  /* for a worker that asks for TXT records */
    struct sockaddr_in server; /* whom to ask for these, in tests; port 0:
                                  whom the system says */
};

/* A resolver on the loop's workers. */
void p2p__uv_dns_init(struct p2p__uv_dns *d, uv_loop_t *uv);

#endif
