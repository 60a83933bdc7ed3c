/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end of identify that listens: who asked on /ipfs/id/1.0.0, or who was
 * pushed to on /ipfs/id/push/1.0.0. It reads messages behind their lengths
 * until the peer ends its side; several make one, as if they were written in
 * one piece, which is what go means by them. Then comes the one event.
 *
 * A peer that does not end its side is taken at its word when the time is up,
 * if it said something and nothing is half said: js does not wait either.
 *
 * To be attached to a stream as port/proto.h says.
 */
#ifndef P2P_PROTO_IDENTIFY_READER_H
#define P2P_PROTO_IDENTIFY_READER_H

#include "base/quota.h"
#include "base/turn.h"
#include "port/proto.h"
#include "proto/identify/info.h"

/* How long the exchange may take, if the configuration does not say. */
#define P2P__IDENTIFY_TIMEOUT P2P__SEC(10)

struct p2p__identify_reader_cfg {
    struct p2p__identify_peer *peer; /* borrowed until fini */
    struct p2p__quota *quota;        /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
    p2p_ns timeout;         /* 0: P2P__IDENTIFY_TIMEOUT */
};

/* All members are private. */
struct p2p__identify_reader {
    struct p2p__identify_peer *peer;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    uint8_t *bytes; /* the messages, without their lengths */
    size_t have;
    size_t room;
    size_t left; /* bytes of the message that is being read */
    p2p_ns deadline;
    uint8_t prefix[2]; /* of a length that is incomplete */
    uint8_t prefix_len;
    uint8_t messages;
    bool ended; /* all was said: end our side */
    bool told;  /* an event to pull */
    struct p2p__identify_info info;
};

/* `core` is a struct p2p__identify_reader. `protocol` is the first of the two
 * that it may be used for. */
extern const struct p2p__proto_ops p2p__identify_reader_ops;

/* Waits for a message. */
void p2p__identify_reader_init(struct p2p__identify_reader *r,
                               const struct p2p__identify_reader_cfg *cfg,
                               p2p_ns now);

/*
 * Takes bytes of messages.
 * Errors: P2P_ETOOBIG (a message), P2P_ELIMIT (messages, quota), P2P_EFORMAT
 * (a length), P2P_ENOMEM.
 */
int p2p__identify_reader_rx(struct p2p__identify_reader *r,
                            const struct p2p__slice *in, p2p_ns now);

/* The peer ended its side: the event follows. Errors: P2P_EPROTO (within a
 * message, or before any), P2P_EFORMAT. */
int p2p__identify_reader_fin(struct p2p__identify_reader *r, p2p_ns now);

/* Writes nothing; P2P__PROTO_FIN once all was heard. */
int p2p__identify_reader_tx(struct p2p__identify_reader *r,
                            struct p2p__outbuf *out, p2p_ns now);

/* Pulls the one event: what the peer told. NULL: none. Borrowed until the next
 * call on r. */
const struct p2p__identify_info *p2p__identify_reader_next(
    struct p2p__identify_reader *r);

/* When the exchange is given up; P2P_NEVER once both sides have ended. */
p2p_ns p2p__identify_reader_deadline(const struct p2p__identify_reader *r);

/* Errors: P2P_ETIMEDOUT, P2P_EFORMAT. */
int p2p__identify_reader_expire(struct p2p__identify_reader *r, p2p_ns now);

/* Frees what is held and gives the quota back; from any state. */
void p2p__identify_reader_fini(struct p2p__identify_reader *r);

#endif
