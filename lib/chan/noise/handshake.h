/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The libp2p handshake over Noise XX: messages in, messages out, and in the
 * end who the peer is. It lives on the heap while it lasts and is wiped then.
 * What it makes is written in full at once and drawn as there is room.
 */
#ifndef P2P_CHAN_NOISE_HANDSHAKE_H
#define P2P_CHAN_NOISE_HANDSHAKE_H

#include "chan/noise/noise.h"
#include "chan/noise/payload.h"
#include "chan/noise/xx.h"

struct p2p__noise_hs {
    struct p2p__noise_xx xx;
    const struct p2p__noise_id *id;
    struct p2p__proofs *proofs;
    struct p2p__noise_muxers muxers;
    struct p2p__quota *quota;
    struct p2p_peer_id expected; /* len 0: anybody */
    struct p2p__sec_ev ev;       /* to be pulled once over */
    uint8_t *out;                /* a message to send, with its length */
    size_t out_len;
    size_t out_sent;
    p2p_ns deadline;
    bool ev_due;
};

/*
 * A handshake that has its first message ready, if it dials. Returns owned.
 * Errors: P2P_EINVAL (too many muxers for a message), P2P_ELIMIT, P2P_ENOMEM,
 * P2P_ECRYPTO.
 */
int p2p__noise_hs_new(const struct p2p__sec_cfg *cfg, p2p_ns now,
                      struct p2p__noise_hs **out);

/* Wipes it and gives the quota back; NULL is fine. */
void p2p__noise_hs_free(struct p2p__noise_hs *hs);

/* Whether all messages were read and written; the last may have to go out. */
bool p2p__noise_hs_over(const struct p2p__noise_hs *hs);

/*
 * Reads a message of the peer, in place, and makes the answer. If that was the
 * last, the event is due; its slices are parts of `msg`.
 * Errors: as p2p__noise_rx().
 */
int p2p__noise_hs_read(struct p2p__noise_hs *hs, const struct p2p__slice *msg);

/* Moves what is to be sent to `out`, as far as there is room. Whether all of
 * it is there. */
bool p2p__noise_hs_draw(struct p2p__noise_hs *hs, struct p2p__outbuf *out);

#endif
