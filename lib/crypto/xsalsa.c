/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * XSalsa20 by libsodium: the key and 16 bytes of the nonce become, once, the
 * key of Salsa20, which counts blocks of 64 bytes. A piece that begins within
 * a block is finished to its end by hand; none of it can fail.
 */
#include "crypto/xsalsa.h"

#include <sodium.h>

#include "base/mem.h"

#define BLOCK 64U

_Static_assert(P2P__XSALSA_KEY == crypto_stream_xsalsa20_KEYBYTES &&
                   P2P__XSALSA_NONCE == crypto_stream_xsalsa20_NONCEBYTES,
               "the same cipher");

void p2p__xsalsa_init(struct p2p__xsalsa *x, const uint8_t key[P2P__XSALSA_KEY],
                      const uint8_t nonce[P2P__XSALSA_NONCE])
{
    (void)crypto_core_hsalsa20(x->key, nonce, key, NULL);
    memcpy(x->nonce, nonce + crypto_core_hsalsa20_INPUTBYTES, sizeof x->nonce);
    x->at = 0;
}

/* The rest of a block that was begun; returns how many bytes. */
static size_t finish_block(struct p2p__xsalsa *x, uint8_t *p, size_t len)
{
    uint8_t block[BLOCK] = {0};
    size_t from = (size_t)(x->at % BLOCK);
    size_t n = from == 0 ? 0 : p2p__min(len, BLOCK - from);

    if (n == 0) {
        return 0;
    }
    (void)crypto_stream_salsa20_xor_ic(block, block, sizeof block, x->nonce,
                                       x->at / BLOCK, x->key);
    for (size_t i = 0; i < n; i++) {
        p[i] ^= block[from + i];
    }
    p2p__wipe(block, sizeof block);
    return n;
}

void p2p__xsalsa_xor(struct p2p__xsalsa *x, uint8_t *p, size_t len)
{
    size_t n = finish_block(x, p, len);

    x->at += n;
    if (n < len) {
        assert(x->at % BLOCK == 0);
        (void)crypto_stream_salsa20_xor_ic(p + n, p + n, len - n, x->nonce,
                                           x->at / BLOCK, x->key);
        x->at += len - n;
    }
}
