/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /ipfs/ping/1.0.0, both ends. Spec: libp2p ping (r0).
 *
 * The one that asks sends 32 random bytes, waits for the same ones, and tells
 * the round trip; again after an interval, on the same stream, as often as it
 * was told; then it ends its side. One ping is under way at a time.
 *
 * The one that answers sends each 32 bytes back. It holds no more than
 * P2P__CAP_PING_HELD pings: a peer that sends more without reading breaks off.
 * Beyond a rate answers are late, which is how a peer that pings in a loop is
 * slowed down.
 *
 * Both are attached to a stream as port/proto.h says.
 */
#ifndef P2P_PROTO_PING_H
#define P2P_PROTO_PING_H

#include "base/bucket.h"
#include "base/turn.h"
#include "port/env.h"
#include "port/proto.h"

#define P2P__PING_PROTOCOL "/ipfs/ping/1.0.0"

/* The bytes of a ping. */
#define P2P__PING_BYTES 32U

/* Pings of one stream that were read and not answered yet. */
#define P2P__CAP_PING_HELD 8U

/* Answers on one stream: so many at once, then one each so often: below a
 * twentieth of a processor. */
#define P2P__CAP_PING_BURST 20000U
#define P2P__CAP_PING_EACH  P2P__US(100)

/* A stream on which nobody pings is given up after this. */
#define P2P__PING_IDLE P2P__SEC(60)

/* How long an answer may take, if the configuration does not say. */
#define P2P__PING_TIMEOUT P2P__SEC(10)

struct p2p__ping_cfg {
    struct p2p__env *env;   /* borrowed until fini */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
    uint32_t count;         /* how often; 0: until p2p__ping_stop() */
    p2p_ns interval;        /* from an answer to the next ping */
    p2p_ns timeout;         /* of each answer; 0: P2P__PING_TIMEOUT */
};

/* The one event: an answer came. */
struct p2p__ping_ev {
    p2p_ns rtt;
    bool last; /* no more will be sent */
};

/* The one that asks. All members are private. */
struct p2p__ping {
    struct p2p__env *env;
    struct p2p__job *owner;
    p2p_ns interval;
    p2p_ns timeout;
    p2p_ns at;      /* the deadline of the state */
    p2p_ns sent_at; /* when the ping began to be written */
    p2p_ns rtt;     /* of the answer that is to be told */
    uint32_t left;  /* pings to send after this one */
    uint8_t state;
    uint8_t written; /* bytes of the ping */
    uint8_t read;    /* bytes of the answer */
    bool endless;
    bool answered; /* an event to pull */
    uint8_t bytes[P2P__PING_BYTES];
};

/* `core` is a struct p2p__ping. */
extern const struct p2p__proto_ops p2p__ping_ops;

/* Begins with the first ping; marks the owner. */
void p2p__ping_init(struct p2p__ping *p, const struct p2p__ping_cfg *cfg,
                    p2p_ns now);

/*
 * Reads of an answer.
 * Errors: P2P_EPROTO (not the bytes that were sent, or unasked).
 */
int p2p__ping_rx(struct p2p__ping *p, const struct p2p__slice *in, p2p_ns now);

/* The peer ended its side. Errors: P2P_ECLOSED (an answer is missing). */
int p2p__ping_fin(struct p2p__ping *p, p2p_ns now);

/* Writes of a ping; P2P__PROTO_FIN after the last answer. */
int p2p__ping_tx(struct p2p__ping *p, struct p2p__outbuf *out, p2p_ns now);

/* Pulls an answer; false: none. */
bool p2p__ping_next(struct p2p__ping *p, struct p2p__ping_ev *ev);

/* Sends no further ping: the one under way is the last. Marks the owner. */
void p2p__ping_stop(struct p2p__ping *p, p2p_ns now);

/* When a ping is due or its answer is given up; P2P_NEVER at the end. */
p2p_ns p2p__ping_deadline(const struct p2p__ping *p);

/* Marks the owner when a ping is due. Errors: P2P_ETIMEDOUT. */
int p2p__ping_expire(struct p2p__ping *p, p2p_ns now);

/* Forgets the bytes; from any state. */
void p2p__ping_fini(struct p2p__ping *p);

struct p2p__pong_cfg {
    struct p2p__job *owner; /* marked when there is output; may be NULL */
    uint32_t burst;         /* answers at once; 0: P2P__CAP_PING_BURST */
    p2p_ns each;            /* then one each; 0: P2P__CAP_PING_EACH */
};

/* The one that answers. All members are private. */
struct p2p__pong {
    struct p2p__job *owner;
    struct p2p__bucket rate;
    p2p_ns heard;     /* when the peer last sent or took something */
    uint16_t begin;   /* the first held byte */
    uint16_t have;    /* held bytes */
    uint16_t granted; /* of them, those that may be written */
    bool late;        /* the rate keeps a ping waiting */
    bool ended;       /* the peer ended its side */
    uint8_t bytes[P2P__CAP_PING_HELD * P2P__PING_BYTES];
};

/* `core` is a struct p2p__pong. */
extern const struct p2p__proto_ops p2p__pong_ops;

/* Waits for pings. */
void p2p__pong_init(struct p2p__pong *p, const struct p2p__pong_cfg *cfg,
                    p2p_ns now);

/* Takes pings. Errors: P2P_ELIMIT (P2P__CAP_PING_HELD). */
int p2p__pong_rx(struct p2p__pong *p, const struct p2p__slice *in, p2p_ns now);

/* The peer will ping no more. Errors: P2P_EPROTO (within a ping). */
int p2p__pong_fin(struct p2p__pong *p, p2p_ns now);

/* Writes answers; P2P__PROTO_FIN after the last. */
int p2p__pong_tx(struct p2p__pong *p, struct p2p__outbuf *out, p2p_ns now);

/* When an answer is due, or the stream is given up as idle. */
p2p_ns p2p__pong_deadline(const struct p2p__pong *p);

/* Marks the owner when an answer is due. Errors: P2P_ETIMEDOUT (idle). */
int p2p__pong_expire(struct p2p__pong *p, p2p_ns now);

/* From any state. */
void p2p__pong_fini(struct p2p__pong *p);

#endif
