/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all ends of AutoNAT's streams have: messages come in, one after the
 * other, few go out, and all is over after a while. */
#ifndef P2P_PROTO_AUTONAT_TALK_H
#define P2P_PROTO_AUTONAT_TALK_H

#include "base/turn.h"
#include "port/proto.h"
#include "wire/frame.h"
#include "wire/pb.h"

/* How long a peer has for all that it says on a stream; go has the same. */
#define P2P__AUTONAT_TIMEOUT P2P__SEC(15)

/* How long a peer has to end its side of a stream whose talk is over. */
#define P2P__AUTONAT_LINGER P2P__SEC(5)

/* Room for an answer: a status, a text, an address. */
#define P2P__AUTONAT_ANSWER_BYTES 640U

/* How an end of a stream is made. */
struct p2p__autonat_talk_cfg {
    struct p2p__quota *quota; /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

/* All members are private to the ends. */
struct p2p__autonat_talk {
    struct p2p__frame frame;
    struct p2p__job *owner;
    p2p_ns deadline;
    size_t len, written;
    bool last; /* nothing is said after what is here */
    bool over; /* nothing is said any more: `deadline` is for the peer's end */
    uint8_t out[P2P__AUTONAT_ANSWER_BYTES];
};

/* Waits for messages of `cap` bytes at the most. */
void p2p__autonat_talk_init(struct p2p__autonat_talk *t,
                            const struct p2p__autonat_talk_cfg *cfg, size_t cap,
                            p2p_ns now);

/* Begins what is to be said next: when there is nothing left of what was. */
void p2p__autonat_talk_open(struct p2p__autonat_talk *t, struct p2p__pbw *w);

/* It is written; `last`: and all that there is to say. */
void p2p__autonat_talk_say(struct p2p__autonat_talk *t,
                           const struct p2p__pbw *w, bool last);

/* Writes what is left; P2P__PROTO_FIN after the last of it: it is over then. */
int p2p__autonat_talk_tx(struct p2p__autonat_talk *t, struct p2p__outbuf *out,
                         p2p_ns now);

/* Nothing is said any more. Returns P2P__PROTO_FIN. */
int p2p__autonat_talk_end(struct p2p__autonat_talk *t, p2p_ns now);

/* Errors: P2P_ETIMEDOUT. */
int p2p__autonat_talk_expire(const struct p2p__autonat_talk *t, p2p_ns now);

/* From any state; twice is harmless. */
void p2p__autonat_talk_fini(struct p2p__autonat_talk *t);

#endif
