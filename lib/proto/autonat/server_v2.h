/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A server's end of a stream of AutoNAT v2: one request, which may have to be
 * paid for, one answer. What to dial, and whether, is its owner's. To be
 * attached as port/proto.h says.
 * Spec: libp2p autonat-v2, "AutoNAT V2 Protocol", "Amplification Attack
 * Prevention".
 */
#ifndef P2P_PROTO_AUTONAT_SERVER_V2_H
#define P2P_PROTO_AUTONAT_SERVER_V2_H

#include "proto/autonat/msg_v2.h"
#include "proto/autonat/talk.h"

/* What happened. */
enum p2p__autonat_server_v2_ev {
    P2P__AUTONAT_SERVER_NOTHING,
    P2P__AUTONAT_SERVER_ASKED, /* ->request, valid until the next call */
    P2P__AUTONAT_SERVER_PAID   /* all that was charged is here */
};

/* `request` is for reading after its event; the others are private. */
struct p2p__autonat_server_v2 {
    struct p2p__autonat_talk talk;
    struct p2p__autonat_v2_msg request;
    uint64_t owed; /* bytes of data that are still to come */
    enum {
        P2P__AUTONAT_SERVER_WAITS,
        P2P__AUTONAT_SERVER_DECIDES, /* the owner has a word to say */
        P2P__AUTONAT_SERVER_CHARGES,
        P2P__AUTONAT_SERVER_ANSWERED
    } state;
    uint8_t ev; /* to be told */
};

/* `core` is a struct p2p__autonat_server_v2. */
extern const struct p2p__proto_ops p2p__autonat_server_v2_ops;

/* Waits for a request. */
void p2p__autonat_server_v2_init(struct p2p__autonat_server_v2 *s,
                                 const struct p2p__autonat_talk_cfg *cfg,
                                 p2p_ns now);

/* Takes the request, then what is paid. Errors: P2P_ETOOBIG, P2P_EFORMAT,
 * P2P_ELIMIT, P2P_ENOMEM, P2P_EPROTO (something else, or not its turn; or paid
 * in too small pieces). */
int p2p__autonat_server_v2_rx(struct p2p__autonat_server_v2 *s,
                              const struct p2p__slice *in, p2p_ns now);

/* The peer will say no more. Errors: P2P_EPROTO (but it ought to). */
int p2p__autonat_server_v2_fin(struct p2p__autonat_server_v2 *s, p2p_ns now);

/* Pulls an event. */
enum p2p__autonat_server_v2_ev p2p__autonat_server_v2_next(
    struct p2p__autonat_server_v2 *s);

/* Asks for so many bytes (> 0) before the address of this index is dialed;
 * after it was asked, once. */
void p2p__autonat_server_v2_charge(struct p2p__autonat_server_v2 *s,
                                   uint32_t index, uint32_t bytes);

/* Answers: with P2P__AUTONAT_V2_OK the address of this index was dialed, and
 * that is what it came to. After it was asked, or paid; once. */
void p2p__autonat_server_v2_answer(struct p2p__autonat_server_v2 *s,
                                   enum p2p__autonat_v2_status status,
                                   uint32_t index,
                                   enum p2p__autonat_v2_dial dial);

/* Writes; P2P__PROTO_FIN behind the answer. */
int p2p__autonat_server_v2_tx(struct p2p__autonat_server_v2 *s,
                              struct p2p__outbuf *out, p2p_ns now);

/* When the stream is given up; P2P_NEVER: it is the owner who is slow. */
p2p_ns p2p__autonat_server_v2_deadline(const struct p2p__autonat_server_v2 *s);

/* Errors: P2P_ETIMEDOUT. */
int p2p__autonat_server_v2_expire(struct p2p__autonat_server_v2 *s, p2p_ns now);

/* From any state. */
void p2p__autonat_server_v2_fini(struct p2p__autonat_server_v2 *s);

#endif
