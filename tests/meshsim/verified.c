/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Most of what a world of nodes computes are signatures, the same ones by each
 * node. Whether one holds is a function of its bytes: what held once is
 * remembered, by its hash, for all. Linked with --wrap=p2p_pubkey_verify.
 */
#include <string.h>

#include "mesh/trust/name.h"
#include "p2p/hash.h"
#include "world.h"

enum { SLOTS = 1 << 16 };

int __real_p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                             size_t msg_len, const void *sig, size_t sig_len);
int __wrap_p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                             size_t msg_len, const void *sig, size_t sig_len);

int __wrap_p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                             size_t msg_len, const void *sig, size_t sig_len)
{
    static struct um_name slots[SLOTS]; /* the last that held, by its hash */
    struct um_name parts[3], all, *at;
    int err;

    p2p_sha256(pb, pb_len, parts[0].b);
    p2p_sha256(msg, msg_len, parts[1].b);
    p2p_sha256(sig, sig_len, parts[2].b);
    p2p_sha256(parts, sizeof parts, all.b);
    at = &slots[(all.b[0] | all.b[1] << 8) % SLOTS];
    if (um_name_eq(at, &all))
        return 0;
    err = __real_p2p_pubkey_verify(pb, pb_len, msg, msg_len, sig, sig_len);
    if (err == 0)
        *at = all;
    return err;
}
