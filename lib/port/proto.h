/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A protocol on one stream: ping, identify, perf and their like, both ends.
 * Its core knows no stream; the host attaches it to one like this:
 *
 *   DATA       rx(in); then events; then consume() what dealt() says
 *   FIN        fin(); then events
 *   marked, WRITABLE, and as long as the stream has room
 *              tx(out), send what it wrote; then events; finish the stream
 *              when tx returns P2P__PROTO_FIN
 *   deadline   expire(); then events
 *   RESET, a negative return of any of these (then reset the stream), or
 *   CLOSED     fini()
 *
 * Each call is followed by pulling events with the core's own next(), whose
 * slices are borrowed until the next call on the core. A core marks its owner
 * when there may be bytes for tx. tx writes no more than there is room for and
 * is asked again as long as it writes; 0 bytes: nothing to send now.
 */
#ifndef P2P_PORT_PROTO_H
#define P2P_PORT_PROTO_H

#include "base/slice.h"

/* What tx returns once nothing will follow: finish the stream. Afterwards tx
 * is not called again. */
#define P2P__PROTO_FIN 1

struct p2p__proto_ops {
    const char *protocol; /* constant: "/ipfs/ping/1.0.0" */
    /* Takes all of `in`. */
    int (*rx)(void *core, const struct p2p__slice *in, p2p_ns now);
    /* The peer will send no more. Once, after all rx. */
    int (*fin)(void *core, p2p_ns now);
    /* Writes what there is to send: 0 or P2P__PROTO_FIN. */
    int (*tx)(void *core, struct p2p__outbuf *out, p2p_ns now);
    /* Bytes given to rx that the core has dealt with since the last call, to
     * be asked after rx and tx: they open the stream's window again. NULL:
     * rx deals with all at once. */
    size_t (*dealt)(void *core);
    p2p_ns (*deadline)(const void *core); /* P2P_NEVER if none */
    int (*expire)(void *core, p2p_ns now);
    void (*fini)(void *core); /* from any state */
};

/* Defines `core##_ops` on the six functions that are named core##_rx and so
 * on, and take the core by its own type. */
#define P2P__PROTO_OPS(core, id)                                        \
    static int ops_rx(void *c, const struct p2p__slice *in, p2p_ns now) \
    {                                                                   \
        return core##_rx(c, in, now);                                   \
    }                                                                   \
    static int ops_fin(void *c, p2p_ns now)                             \
    {                                                                   \
        return core##_fin(c, now);                                      \
    }                                                                   \
    static int ops_tx(void *c, struct p2p__outbuf *out, p2p_ns now)     \
    {                                                                   \
        return core##_tx(c, out, now);                                  \
    }                                                                   \
    static p2p_ns ops_deadline(const void *c)                           \
    {                                                                   \
        return core##_deadline(c);                                      \
    }                                                                   \
    static int ops_expire(void *c, p2p_ns now)                          \
    {                                                                   \
        return core##_expire(c, now);                                   \
    }                                                                   \
    static void ops_fini(void *c)                                       \
    {                                                                   \
        core##_fini(c);                                                 \
    }                                                                   \
    const struct p2p__proto_ops core##_ops = {.protocol = (id),         \
                                              .rx = ops_rx,             \
                                              .fin = ops_fin,           \
                                              .tx = ops_tx,             \
                                              .deadline = ops_deadline, \
                                              .expire = ops_expire,     \
                                              .fini = ops_fini}

#endif
