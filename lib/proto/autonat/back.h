/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A dial-back stream of AutoNAT v2, both ends: who dialed says the nonce, who
 * was dialed hears it and says that it did. To be attached as port/proto.h
 * says. Spec: libp2p autonat-v2, "AutoNAT V2 Protocol".
 */
#ifndef P2P_PROTO_AUTONAT_BACK_H
#define P2P_PROTO_AUTONAT_BACK_H

#include "proto/autonat/msg_v2.h"
#include "proto/autonat/talk.h"

/* How long either has for what it says; go has the same. */
#define P2P__AUTONAT_BACK_TIMEOUT P2P__SEC(5)

/* All members are private. */
struct p2p__autonat_back {
    struct p2p__autonat_talk talk;
    uint64_t nonce;
    bool says;  /* it is the one who dialed */
    bool heard; /* what the other had to say */
    bool told;
};

/* `core` is a struct p2p__autonat_back. */
extern const struct p2p__proto_ops p2p__autonat_back_ops;

/* The end that dialed: says the nonce; marks the owner. */
void p2p__autonat_back_say(struct p2p__autonat_back *b,
                           const struct p2p__autonat_talk_cfg *cfg,
                           uint64_t nonce, p2p_ns now);

/* The end that was dialed: waits for one. */
void p2p__autonat_back_hear(struct p2p__autonat_back *b,
                            const struct p2p__autonat_talk_cfg *cfg,
                            p2p_ns now);

/* Takes the nonce, or the answer to it, whatever that says. Errors:
 * P2P_ETOOBIG, P2P_EFORMAT, P2P_ELIMIT, P2P_ENOMEM. */
int p2p__autonat_back_rx(struct p2p__autonat_back *b,
                         const struct p2p__slice *in, p2p_ns now);

/* The other will say no more: for who dialed that is an answer. Errors:
 * P2P_EPROTO (without a nonce). */
int p2p__autonat_back_fin(struct p2p__autonat_back *b, p2p_ns now);

/* Writes; P2P__PROTO_FIN behind what there is to say. */
int p2p__autonat_back_tx(struct p2p__autonat_back *b, struct p2p__outbuf *out,
                         p2p_ns now);

/* Pulls the one event: the nonce is here, or was heard by the other. */
bool p2p__autonat_back_next(struct p2p__autonat_back *b);

/* Says that the nonce was heard; after it was. */
void p2p__autonat_back_answer(struct p2p__autonat_back *b);

/* When the stream is given up. */
p2p_ns p2p__autonat_back_deadline(const struct p2p__autonat_back *b);

/* Errors: P2P_ETIMEDOUT. */
int p2p__autonat_back_expire(struct p2p__autonat_back *b, p2p_ns now);

/* From any state. */
void p2p__autonat_back_fini(struct p2p__autonat_back *b);

#endif
