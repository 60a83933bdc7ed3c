/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names by getaddrinfo on libuv's worker pool. */
#ifndef P2P_UV_DNS_H
#define P2P_UV_DNS_H

#include <uv.h>

#include "port/dns.h"

struct p2p__uv_dns {
    struct p2p__resolver dns;
    uv_loop_t *uv;  /* borrowed */
    size_t pending; /* queries whose worker has not ended */
};

/* A resolver on the loop's workers. */
void p2p__uv_dns_init(struct p2p__uv_dns *d, uv_loop_t *uv);

#endif
