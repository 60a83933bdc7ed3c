/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A client's end of a stream of AutoNAT v2: it asks to be dialed at the first
 * of some addresses that the server likes, pays for it if it must, and hears
 * what it came to. Whether that is true, the nonce shows, which comes another
 * way. To be attached as port/proto.h says.
 * Spec: libp2p autonat-v2, "AutoNAT V2 Protocol", "Amplification Attack
 * Prevention".
 */
#ifndef P2P_PROTO_AUTONAT_CLIENT_V2_H
#define P2P_PROTO_AUTONAT_CLIENT_V2_H

#include "proto/autonat/msg_v2.h"
#include "proto/autonat/talk.h"

/* Bytes of data in a message (specification: at most 4096). */
#define P2P__AUTONAT_PIECE_BYTES 4000U

/* How long an answer may take: a server takes its time before it dials an
 * address that is not the asker's. */
#define P2P__AUTONAT_ANSWER_TIMEOUT P2P__SEC(30)

struct p2p__autonat_client_v2_cfg {
    const struct p2p_multiaddr *addrs; /* borrowed for init */
    size_t n_addrs;                    /* > 0 */
    uint64_t nonce;
    struct p2p__autonat_talk_cfg talk;
};

/* All members are private. */
struct p2p__autonat_client_v2 {
    struct p2p__autonat_talk talk;
    struct p2p__autonat_v2_msg answer;
    uint8_t *request; /* until it is written; NULL: it is */
    size_t request_len, request_written;
    size_t n_addrs;
    uint64_t owed; /* bytes of data to be put into messages yet */
    size_t piece;  /* of the message that is being written */
    bool charged;
    bool answered;
    bool told;
};

/* `core` is a struct p2p__autonat_client_v2. */
extern const struct p2p__proto_ops p2p__autonat_client_v2_ops;

/* Begins; marks the owner. Errors: P2P_ETOOBIG, P2P_ENOMEM: only fini then. */
int p2p__autonat_client_v2_init(struct p2p__autonat_client_v2 *c,
                                const struct p2p__autonat_client_v2_cfg *cfg,
                                p2p_ns now);

/* Takes what the server says. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_ENOMEM,
 * P2P_EPROTO (something else, or an address that it was not told), P2P_ELIMIT
 * (it wants too much, or the quota does not). */
int p2p__autonat_client_v2_rx(struct p2p__autonat_client_v2 *c,
                              const struct p2p__slice *in, p2p_ns now);

/* The server ended. Errors: P2P_EPROTO (before it answered). */
int p2p__autonat_client_v2_fin(struct p2p__autonat_client_v2 *c, p2p_ns now);

/* Writes the request, then what is to be paid; P2P__PROTO_FIN behind the
 * answer. */
int p2p__autonat_client_v2_tx(struct p2p__autonat_client_v2 *c,
                              struct p2p__outbuf *out, p2p_ns now);

/* Pulls the one event: the answer, whose index is that of one of the
 * addresses. NULL: none. */
const struct p2p__autonat_v2_msg *p2p__autonat_client_v2_next(
    struct p2p__autonat_client_v2 *c);

/* When the answer is given up, or the end of the stream behind it. */
p2p_ns p2p__autonat_client_v2_deadline(const struct p2p__autonat_client_v2 *c);

/* Errors: P2P_ETIMEDOUT. */
int p2p__autonat_client_v2_expire(struct p2p__autonat_client_v2 *c, p2p_ns now);

/* From any state. */
void p2p__autonat_client_v2_fini(struct p2p__autonat_client_v2 *c);

#endif
