/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which table belongs to which type of key, and what all of them do. */
#include "crypto/sign.h"

const struct p2p__sign_alg *p2p__sign_alg(uint64_t type)
{
    switch (type) {
        case P2P_KEY_RSA:
            return &p2p__sign_rsa;
        case P2P_KEY_ED25519:
            return &p2p__sign_ed25519;
        case P2P_KEY_SECP256K1:
            return &p2p__sign_secp256k1;
        case P2P_KEY_ECDSA:
            return &p2p__sign_ecdsa;
        default:
            return NULL;
    }
}

int p2p__sign_write(const struct p2p__slice *parts, size_t count, uint8_t *buf,
                    size_t cap)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        if (buf != NULL) {
            if (parts[i].len > cap - len) {
                return P2P_ETOOBIG;
            }
            if (parts[i].len > 0) {
                memcpy(buf + len, parts[i].p, parts[i].len);
            }
        }
        len += parts[i].len;
    }
    return (int)len;
}
