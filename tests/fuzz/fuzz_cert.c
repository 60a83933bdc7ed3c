/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A certificate that a peer sends. One that holds names its owner by a key
 * that is one, and the same certificate with a byte more does not hold.
 *
 * Signatures of its own, and those of a host by Ed25519, are right here unless
 * they end in a zero: what is changed would fail there, and what comes behind
 * would only be seen on the certificates that inputs begin with.
 */
#include <openssl/x509.h>
#include <sodium.h>
#include <stdlib.h>

#include "ident/cert.h"

#define NOW INT64_C(1795651200) /* 2026-11-26 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

int X509_verify(X509 *x, EVP_PKEY *key)
{
    const ASN1_BIT_STRING *sig;

    need(key != NULL);
    X509_get0_signature(&sig, NULL, x);
    return sig->length > 0 && sig->data[sig->length - 1] != 0;
}

int crypto_sign_verify_detached(const unsigned char *sig,
                                const unsigned char *text,
                                unsigned long long len,
                                const unsigned char *pub)
{
    (void)pub;
    need(text != NULL && len > 0);
    return sig[crypto_sign_BYTES - 1] != 0 ? 0 : -1;
}

/* What was said of a certificate that holds. */
static void check_owner(const struct p2p__cert_owner *owner)
{
    struct p2p_peer_id id;

    need(p2p_pubkey_check(owner->pubkey, owner->pubkey_len) >= 0);
    need(p2p_peer_id_from_pubkey(owner->pubkey, owner->pubkey_len, &id) == 0);
    need(p2p_peer_id_equal(&id, &owner->id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p__cert_owner owner;

    if (p2p__cert_open(p2p__slice_of(data, size), NOW, &owner) == 0) {
        uint8_t longer[P2P__CAP_CERT_BYTES + 1];

        check_owner(&owner);
        memcpy(longer, data, size);
        longer[size] = 0;
        need(p2p__cert_open(p2p__slice_of(longer, size + 1), NOW, &owner) != 0);
    }
    return 0;
}
