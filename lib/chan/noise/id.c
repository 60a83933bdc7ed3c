/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The static key of a host and the host key's signature over it: see id.h.
 * It is never written to disk, and a new one is made with each host; the only
 * failures are those of memory and of the crypto library.
 */
#include "chan/noise/id.h"

#include "base/mem.h"
#include "chan/noise/payload.h"

int p2p__noise_id_new(struct p2p__crypto *crypto, struct p2p__env *env,
                      const struct p2p_key *key, struct p2p__noise_id **out)
{
    uint8_t payload[P2P_PUBKEY_MAX + P2P_SIGNATURE_MAX + 2 * 4];
    uint8_t priv[P2P__KEY_BYTES], pub[P2P__KEY_BYTES];
    struct p2p__noise_id *id;
    int len;

    *out = NULL;
    env->random(env, priv, sizeof priv);
    len = p2p__crypto_x25519_public(crypto, priv, pub);
    if (len == 0) {
        len = p2p__noise_payload_sign(key, pub, payload, sizeof payload);
    }
    if (len < 0) {
        p2p__wipe(priv, sizeof priv);
        return len;
    }
    id = p2p__alloc(sizeof *id + (size_t)len);
    if (id != NULL) {
        memcpy(id->priv, priv, sizeof priv);
        memcpy(id->pub, pub, sizeof pub);
        memcpy(id->payload, payload, (size_t)len);
        id->payload_len = (size_t)len;
        *out = id;
    }
    p2p__wipe(priv, sizeof priv);
    return id == NULL ? P2P_ENOMEM : 0;
}

void p2p__noise_id_free(struct p2p__noise_id *id)
{
    if (id != NULL) {
        p2p__wipe(id, sizeof *id);
        p2p__free(id);
    }
}
