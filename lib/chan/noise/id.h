/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who we are in a Noise handshake: an X25519 key of this host's own, and the
 * host key's signature over it. Made once per host: signing, which is slow for
 * RSA, is no part of a handshake. Spec: libp2p noise, "Static Key
 * Authentication".
 */
#ifndef P2P_CHAN_NOISE_ID_H
#define P2P_CHAN_NOISE_ID_H

#include "crypto/crypto.h"
#include "p2p/key.h"
#include "port/env.h"

struct p2p__noise_id {
    uint8_t priv[P2P__KEY_BYTES];
    uint8_t pub[P2P__KEY_BYTES];
    size_t payload_len;
    uint8_t payload[]; /* identity_key and identity_sig, encoded */
};

/*
 * Makes a static key from env's random numbers and signs it with `key`, which
 * it borrows for the call. Returns owned: p2p__noise_id_free() it.
 * Errors: P2P_ENOMEM, P2P_ECRYPTO.
 */
int p2p__noise_id_new(struct p2p__crypto *crypto, struct p2p__env *env,
                      const struct p2p_key *key, struct p2p__noise_id **out);

/* Wipes and frees it; NULL is fine. */
void p2p__noise_id_free(struct p2p__noise_id *id);

#endif
