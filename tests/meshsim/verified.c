/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Most of what a world of nodes computes are signatures, the same ones by each
 * node. Whether one holds is a function of its bytes: what held once is
 * remembered, by its hash, for all. Linked with
 * --wrap=crypto_sign_verify_detached.
 */
#include <string.h>

#include "mesh/trust/name.h"
#include "p2p/hash.h"

enum { SLOTS = 1 << 16 };

int __real_crypto_sign_verify_detached(const unsigned char *sig,
                                       const unsigned char *m,
                                       unsigned long long len,
                                       const unsigned char *pk);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig,
                                       const unsigned char *m,
                                       unsigned long long len,
                                       const unsigned char *pk);

int __wrap_crypto_sign_verify_detached(const unsigned char *sig,
                                       const unsigned char *m,
                                       unsigned long long len,
                                       const unsigned char *pk)
{
    static struct um_name slots[SLOTS]; /* the last that held, by its hash */
    struct um_name parts[4] = {{{0}}}, all, *at;
    int err;

    memcpy(parts[0].b, pk, sizeof parts[0].b);
    memcpy(parts[1].b, sig, sizeof parts[1].b);
    memcpy(parts[2].b, sig + sizeof parts[1].b, sizeof parts[2].b);
    p2p_sha256(m, len, parts[3].b);
    p2p_sha256(parts, sizeof parts, all.b);
    at = &slots[(all.b[0] | all.b[1] << 8) % SLOTS];
    if (um_name_eq(at, &all))
        return 0;
    err = __real_crypto_sign_verify_detached(sig, m, len, pk);
    if (err == 0)
        *at = all;
    return err;
}
