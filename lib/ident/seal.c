/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sealing to peers' keys: finds the Ed25519 key in what the caller has, and
 * leaves the rest to crypto/box.h. Other types of keys are refused: their
 * curves do not seal.
 */
#include "p2p/seal.h"

#include "crypto/box.h"
#include "ident/key.h"

int p2p_seal_to(const void *pub, size_t pub_len, const uint8_t *entropy,
                const void *msg, size_t len, uint8_t *out)
{
    struct p2p__slice data;
    uint64_t type;
    int err = p2p__key_split(p2p__slice_of(pub, pub_len), &type, &data);

    if (err != 0) {
        return err;
    }
    if (type != P2P_KEY_ED25519) {
        return P2P_ENOTSUP;
    }
    if (data.len != P2P__ED25519_PUBLIC) {
        return P2P_EFORMAT;
    }
    return p2p__box_seal(data.p, entropy, p2p__slice_of(msg, len), out);
}

int p2p_seal_open(const struct p2p_key *key, const void *sealed, size_t len,
                  uint8_t *out)
{
    const uint8_t *priv = p2p__key_ed25519(key);
    void *user;
    const struct p2p_key_ops *ops = p2p__key_ops(key, &user);

    if (priv == NULL && (ops == NULL || ops->open == NULL)) {
        return P2P_ENOTSUP;
    }
    if (len < P2P_SEAL_BYTES) {
        return P2P_EFORMAT;
    }
    if (priv == NULL) {
        return ops->open(user, sealed, len, out);
    }
    return p2p__box_open(priv, p2p__slice_of(sealed, len), out);
}
