/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end that asks on a hop or stop stream: one request, one status. It is a
 * client that wants a reservation or a circuit, and a relay that calls the peer
 * at the other end. Where the status is "ok" to a CONNECT, the stream is the
 * circuit from the next byte on.
 *
 * Driven like a core of port/proto.h, but for rx, which leaves what follows.
 * Spec: libp2p circuit relay v2, "Hop Protocol", "Stop Protocol".
 */
#ifndef P2P_PROTO_RELAY_ASK_H
#define P2P_PROTO_RELAY_ASK_H

#include "proto/ask/ask.h"
#include "proto/relay/msg.h"

/* How long the answer may take, if the configuration does not say. */
#define P2P__RELAY_ASK_TIMEOUT P2P__SEC(30)

/* The longest request: a peer and a limit. */
#define P2P__RELAY_REQUEST_MAX 96U

struct p2p__relay_ask_cfg {
    enum p2p__relay_kind kind;
    const struct p2p__relay_msg *request; /* borrowed for the call */
    struct p2p__quota *quota;             /* borrowed until fini, or NULL */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
    p2p_ns timeout;         /* 0: P2P__RELAY_ASK_TIMEOUT */
};

/* All members are private. */
struct p2p__relay_ask {
    enum p2p__relay_kind kind;
    struct p2p__ask ask;
    struct p2p__relay_msg answer;
    bool told;
    uint8_t request[P2P__RELAY_REQUEST_MAX];
};

/* Begins; marks the owner. */
void p2p__relay_ask_init(struct p2p__relay_ask *a,
                         const struct p2p__relay_ask_cfg *cfg, p2p_ns now);

/*
 * Takes bytes of the answer; what is behind it stays in `in`. Errors:
 * P2P_EPROTO (no status), P2P_EFORMAT, P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__relay_ask_rx(struct p2p__relay_ask *a, struct p2p__slice *in);

/* Writes the request. */
void p2p__relay_ask_tx(struct p2p__relay_ask *a, struct p2p__outbuf *out);

/* Pulls the one event: the answer, borrowed until fini. NULL: none. */
const struct p2p__relay_msg *p2p__relay_ask_next(struct p2p__relay_ask *a);

/* Whether the answer is here, and all bytes are the circuit's. */
bool p2p__relay_ask_is_answered(const struct p2p__relay_ask *a);

/* When the answer is given up; P2P_NEVER once it is here. */
p2p_ns p2p__relay_ask_deadline(const struct p2p__relay_ask *a);

/* Errors: P2P_ETIMEDOUT. */
int p2p__relay_ask_expire(struct p2p__relay_ask *a, p2p_ns now);

/* From any state; twice is harmless. */
void p2p__relay_ask_fini(struct p2p__relay_ask *a);

#endif
