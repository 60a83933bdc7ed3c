/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ed25519 whose signatures are keyed hashes, for fuzzers of what is signed:
 * linked into a program it is in place of libsodium's. Who has the public key
 * could sign; nobody here does, and what is changed or by another key is still
 * refused. A run has hundreds of signatures, and they were most of its time.
 */
#include <sodium.h>
#include <string.h>

static void mark(const unsigned char *text, unsigned long long len,
                 const unsigned char *pub, unsigned char sig[crypto_sign_BYTES])
{
    (void)crypto_generichash(sig, crypto_sign_BYTES, text, len, pub,
                             crypto_sign_PUBLICKEYBYTES);
}

int crypto_sign_detached(unsigned char *sig, unsigned long long *len,
                         const unsigned char *text, unsigned long long text_len,
                         const unsigned char *key)
{
    mark(text, text_len, key + crypto_sign_SEEDBYTES, sig);
    if (len != NULL)
        *len = crypto_sign_BYTES;
    return 0;
}

int crypto_sign_verify_detached(const unsigned char *sig,
                                const unsigned char *text,
                                unsigned long long text_len,
                                const unsigned char *pub)
{
    unsigned char right[crypto_sign_BYTES];

    mark(text, text_len, pub, right);
    return memcmp(sig, right, sizeof right) == 0 ? 0 : -1;
}
