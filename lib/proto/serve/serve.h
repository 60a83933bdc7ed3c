/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A server's end of a stream: requests of one peer, one after the other, each
 * a message behind its length, and answered before the next is looked at. What
 * they say is the owner's. To be attached as port/proto.h says.
 */
#ifndef P2P_PROTO_SERVE_H
#define P2P_PROTO_SERVE_H

#include "base/turn.h"
#include "port/proto.h"
#include "wire/frame.h"
#include "wire/pb.h"

struct p2p__serve_cfg {
    /*
     * Answers a request, borrowed, with a message behind its length into w.
     * Returns 0, 1 (it gets no answer), or an error that ends the stream.
     */
    int (*answer)(void *user, struct p2p__slice request, struct p2p__pbw *w,
                  p2p_ns now);
    void *user;
    size_t cap;               /* of a request, in bytes */
    size_t room;              /* for an answer, in bytes */
    uint32_t requests;        /* on one stream */
    p2p_ns pause;             /* how long the peer may take for one */
    struct p2p__quota *quota; /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

/* All members are private. */
struct p2p__serve {
    struct p2p__serve_cfg cfg;
    struct p2p__frame frame;
    uint8_t *out; /* an answer that is not written yet; NULL: none */
    size_t len, room, written;
    uint32_t requests;
    p2p_ns deadline;
    bool ended; /* the peer will ask no more */
};

/* `core` is a struct p2p__serve; any protocol's. */
extern const struct p2p__proto_ops p2p__serve_ops;

/* Waits for a request. */
void p2p__serve_init(struct p2p__serve *s, const struct p2p__serve_cfg *cfg,
                     p2p_ns now);

/* Takes requests. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_EPROTO (one before its
 * turn), P2P_ELIMIT (requests, quota), P2P_ENOMEM; those of answer(). */
int p2p__serve_rx(struct p2p__serve *s, const struct p2p__slice *in,
                  p2p_ns now);

/* The peer will ask no more. Errors: P2P_EPROTO (in a request). */
int p2p__serve_fin(struct p2p__serve *s, p2p_ns now);

/* Writes the answer. */
int p2p__serve_tx(struct p2p__serve *s, struct p2p__outbuf *out, p2p_ns now);

/* When the stream is given up. */
p2p_ns p2p__serve_deadline(const struct p2p__serve *s);

/* Errors: P2P_ETIMEDOUT. */
int p2p__serve_expire(struct p2p__serve *s, p2p_ns now);

/* From any state. */
void p2p__serve_fini(struct p2p__serve *s);

#endif
