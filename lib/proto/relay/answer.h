/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end that is asked on a hop or stop stream: one request, one status. It
 * is a relay, and a peer that its relay calls. What is no request is answered
 * here; all else is for the owner to decide.
 *
 * Driven like a core of port/proto.h, but for rx, which leaves what follows.
 * Spec: libp2p circuit relay v2, "Hop Protocol", "Stop Protocol".
 */
#ifndef P2P_PROTO_RELAY_ANSWER_H
#define P2P_PROTO_RELAY_ANSWER_H

#include "base/turn.h"
#include "proto/relay/msg.h"
#include "wire/frame.h"

/* How long the request may take, if the configuration does not say. */
#define P2P__RELAY_REQUEST_TIMEOUT P2P__SEC(10)

struct p2p__relay_answer_cfg {
    enum p2p__relay_kind kind;
    struct p2p__quota *quota; /* borrowed until fini, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
    p2p_ns timeout;           /* 0: P2P__RELAY_REQUEST_TIMEOUT */
};

/* All members are private. */
struct p2p__relay_answer {
    enum p2p__relay_kind kind;
    struct p2p__job *owner;
    struct p2p__frame frame;
    struct p2p__relay_msg request;
    p2p_ns deadline;
    uint8_t *out; /* the answer; NULL: none yet */
    size_t out_len;
    size_t written;
    bool asked;
    bool told;
};

/* Waits for a request. */
void p2p__relay_answer_init(struct p2p__relay_answer *a,
                            const struct p2p__relay_answer_cfg *cfg,
                            p2p_ns now);

/*
 * Takes bytes of the request; what is behind it stays in `in`. A request that
 * is malformed or out of place is answered so, and makes no event. Errors:
 * P2P_ETOOBIG and P2P_EFORMAT (of the length), P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__relay_answer_rx(struct p2p__relay_answer *a, struct p2p__slice *in);

/* Pulls the one event: a RESERVE, or a CONNECT with its peer; borrowed until
 * fini. NULL: none. */
const struct p2p__relay_msg *p2p__relay_answer_next(
    struct p2p__relay_answer *a);

/* Answers, once: a status and what belongs to it, copied. Marks the owner.
 * Errors: P2P_ENOMEM, P2P_ETOOBIG. */
int p2p__relay_answer_say(struct p2p__relay_answer *a,
                          const struct p2p__relay_msg *status);

/* Writes the answer. */
void p2p__relay_answer_tx(struct p2p__relay_answer *a, struct p2p__outbuf *out);

/* Whether the request is here, and all bytes that follow are not ours. */
bool p2p__relay_answer_is_asked(const struct p2p__relay_answer *a);

/* Whether the answer was written. */
bool p2p__relay_answer_is_said(const struct p2p__relay_answer *a);

/* When the request is given up; P2P_NEVER once it is here. */
p2p_ns p2p__relay_answer_deadline(const struct p2p__relay_answer *a);

/* Errors: P2P_ETIMEDOUT. */
int p2p__relay_answer_expire(struct p2p__relay_answer *a, p2p_ns now);

/* From any state; twice is harmless. */
void p2p__relay_answer_fini(struct p2p__relay_answer *a);

#endif
