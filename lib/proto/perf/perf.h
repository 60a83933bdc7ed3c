/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /perf/1.0.0, both ends: how fast bytes go up and down a stream.
 * Spec: libp2p perf (r0).
 *
 * The client says in 8 bytes, the highest first, how many bytes it wants,
 * sends as many as it likes and ends its side; then the server sends what was
 * wanted and ends its own. All payload is zeros. Neither holds a byte of it: a
 * peer that does not read stops us, and that is all.
 *
 * A server does work for whoever asks: serve it to peers that may ask alone.
 *
 * Both are attached to a stream as port/proto.h says.
 */
#ifndef P2P_PROTO_PERF_H
#define P2P_PROTO_PERF_H

#include "base/turn.h"
#include "port/proto.h"

#define P2P__PERF_PROTOCOL "/perf/1.0.0"

/* How long nothing may move on a stream before it is given up. */
#define P2P__PERF_IDLE P2P__SEC(30)

/* What a client measured: counts in bytes, and moments. */
struct p2p__perf_stat {
    uint64_t up;   /* written so far */
    uint64_t down; /* read so far */
    p2p_ns began;  /* init */
    p2p_ns sent;   /* our end was written; 0: not yet */
    p2p_ns first;  /* the first byte came down; 0: not yet */
    p2p_ns ended;  /* the peer's end came; 0: not yet */
};

struct p2p__perf_cfg {
    struct p2p__job *owner; /* marked when there is output; may be NULL */
    uint64_t up;            /* bytes to send */
    uint64_t down;          /* bytes to ask for; UINT64_MAX: until reset */
    p2p_ns idle;            /* 0: P2P__PERF_IDLE */
};

/* The client. All members but `stat` are private. */
struct p2p__perf {
    struct p2p__perf_stat stat;
    struct p2p__job *owner;
    uint64_t up;
    uint64_t down;
    p2p_ns idle;
    p2p_ns moved;   /* when something last went either way */
    uint8_t header; /* bytes of it that were written */
    bool finished;  /* our end was written */
    bool done;      /* an event to pull */
};

/* `core` is a struct p2p__perf. */
extern const struct p2p__proto_ops p2p__perf_ops;

/* Begins; marks the owner. */
void p2p__perf_init(struct p2p__perf *p, const struct p2p__perf_cfg *cfg,
                    p2p_ns now);

/* Counts bytes. Errors: P2P_EPROTO (unasked, or before our end). */
int p2p__perf_rx(struct p2p__perf *p, const struct p2p__slice *in, p2p_ns now);

/* The server ended. Errors: P2P_EPROTO (fewer bytes than were asked for). */
int p2p__perf_fin(struct p2p__perf *p, p2p_ns now);

/* Writes header and payload; P2P__PROTO_FIN after the last byte. */
int p2p__perf_tx(struct p2p__perf *p, struct p2p__outbuf *out, p2p_ns now);

/* Pulls the one event, that all is done; stat is complete then. */
bool p2p__perf_next(struct p2p__perf *p);

/* When a stream on which nothing moves is given up. */
p2p_ns p2p__perf_deadline(const struct p2p__perf *p);

/* Errors: P2P_ETIMEDOUT. */
int p2p__perf_expire(struct p2p__perf *p, p2p_ns now);

/* From any state. */
void p2p__perf_fini(struct p2p__perf *p);

/* The server. All members are private. */
struct p2p__perf_server {
    struct p2p__job *owner;
    uint64_t left;  /* bytes to send; while the header comes, its value */
    p2p_ns moved;   /* when something last went either way */
    uint8_t header; /* bytes of it that were read */
    bool ended;     /* the client ended: send now */
};

/* `core` is a struct p2p__perf_server. */
extern const struct p2p__proto_ops p2p__perf_server_ops;

/* Waits for the header. `owner` is marked when there is output, or NULL. */
void p2p__perf_server_init(struct p2p__perf_server *s, struct p2p__job *owner,
                           p2p_ns now);

/* Takes the header and drops the rest. No errors. */
int p2p__perf_server_rx(struct p2p__perf_server *s, const struct p2p__slice *in,
                        p2p_ns now);

/* The client ended its side. Errors: P2P_EPROTO (within the header). */
int p2p__perf_server_fin(struct p2p__perf_server *s, p2p_ns now);

/* Writes what was wanted, once the client ended; P2P__PROTO_FIN at the end. */
int p2p__perf_server_tx(struct p2p__perf_server *s, struct p2p__outbuf *out,
                        p2p_ns now);

/* When a stream on which nothing moves is given up. */
p2p_ns p2p__perf_server_deadline(const struct p2p__perf_server *s);

/* Errors: P2P_ETIMEDOUT. */
int p2p__perf_server_expire(struct p2p__perf_server *s, p2p_ns now);

/* From any state. */
void p2p__perf_server_fini(struct p2p__perf_server *s);

#endif
