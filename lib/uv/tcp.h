/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TCP pipes and listeners on libuv, behind port/net.h. */
#ifndef P2P_UV_TCP_H
#define P2P_UV_TCP_H

#include <uv.h>

#include "port/net.h"

/* What all pipes of a loop share. */
struct p2p__uv_net {
    struct p2p__net net;
    uv_loop_t *uv;         /* borrowed */
    struct p2p__slab *hot; /* all connections read into it */
    size_t handles;        /* open libuv handles of ours */
};

/* The network of a libuv loop. Allocates nothing yet. */
void p2p__uv_net_init(struct p2p__uv_net *n, uv_loop_t *uv);

/* After all handles are closed. */
void p2p__uv_net_fini(struct p2p__uv_net *n);

/* The loop's moment for callbacks: monotonic nanoseconds. */
static inline p2p_ns p2p__uv_now(void)
{
    return uv_hrtime();
}

/* Gives libuv the hot slab to read into (uv_alloc_cb's shape). */
void p2p__uv_hot(struct p2p__uv_net *n, uv_buf_t *buf);

/* Lends what was read as a slice of the hot slab. */
struct p2p__slice p2p__uv_hot_slice(const struct p2p__uv_net *n, size_t len);

/* After the callback: if somebody keeps the slab, the next read gets another.
 */
void p2p__uv_hot_done(struct p2p__uv_net *n);

/* Adds dial and listen to the table of `n`. */
void p2p__uv_tcp_setup(struct p2p__uv_net *n);

/* Adds udp to the table of `n`. */
void p2p__uv_udp_setup(struct p2p__uv_net *n);

#endif
