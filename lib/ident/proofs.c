/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See proofs.h. What is remembered is a hash of the text, the key and the
 * signature: to have another taken for it, one would have to find two inputs
 * of one SHA-256. What was wrong is not remembered.
 */
#include "ident/proofs.h"

#include "p2p/key.h"

/* The text's hash, how long the key is, the key, the signature. */
#define LENGTH_BYTES 2U
#define INPUT_MAX \
    (P2P_SHA256_BYTES + LENGTH_BYTES + P2P_PUBKEY_MAX + P2P_SIGNATURE_MAX)

static void digest(const struct p2p__proof *proof,
                   uint8_t out[P2P_SHA256_BYTES])
{
    uint8_t input[INPUT_MAX], *p = input + P2P_SHA256_BYTES;

    p2p_sha256(proof->text.p, proof->text.len, input);
    *p++ = (uint8_t)(proof->pubkey.len >> 8);
    *p++ = (uint8_t)proof->pubkey.len;
    memcpy(p, proof->pubkey.p, proof->pubkey.len);
    p += proof->pubkey.len;
    memcpy(p, proof->sig.p, proof->sig.len);
    p += proof->sig.len;
    p2p_sha256(input, (size_t)(p - input), out);
}

static int verify(const struct p2p__proof *proof)
{
    return p2p_pubkey_verify(proof->pubkey.p, proof->pubkey.len, proof->text.p,
                             proof->text.len, proof->sig.p, proof->sig.len);
}

int p2p__proofs_verify(struct p2p__proofs *proofs,
                       const struct p2p__proof *proof)
{
    uint8_t hash[P2P_SHA256_BYTES], *place;
    int rv = 0;

    if (proofs == NULL || proof->pubkey.len > P2P_PUBKEY_MAX ||
        proof->sig.len > P2P_SIGNATURE_MAX) {
        return verify(proof);
    }
    digest(proof, hash);
    place = proofs->right[hash[0] % P2P__PROOFS];
    if (memcmp(place, hash, sizeof hash) != 0) {
        rv = verify(proof);
        if (rv == 0) {
            memcpy(place, hash, sizeof hash);
        }
    }
    return rv;
}
