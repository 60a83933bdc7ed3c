/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reservation vouchers: a relay's word that it serves a peer, signed by the
 * relay. Who dials need not show one yet: they are advisory.
 * Spec: libp2p circuit relay v2, "Reservation Vouchers".
 */
#ifndef P2P_IDENT_VOUCHER_H
#define P2P_IDENT_VOUCHER_H

#include "ident/envelope.h"

/* What a voucher says. */
struct p2p__voucher {
    struct p2p_peer_id relay; /* who signed it */
    struct p2p_peer_id peer;  /* whom it serves */
    uint64_t expire_s;        /* seconds since 1970 */
};

/*
 * Opens a sealed voucher, borrowed.
 * Errors: those of p2p__envelope_open(), and P2P_EPEER: another peer than the
 * relay signed it.
 */
int p2p__voucher_open(struct p2p__slice in, struct p2p__voucher *out);

/*
 * Seals a voucher, whose relay is `key`'s own peer, into `cap` bytes at buf.
 * Returns the length. Errors: P2P_ETOOBIG, P2P_ENOMEM, P2P_ECRYPTO.
 */
int p2p__voucher_seal(const struct p2p_key *key, const struct p2p__voucher *v,
                      uint8_t *buf, size_t cap);

#endif
