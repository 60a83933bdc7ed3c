/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See key.h. */
#include "proto/kad/key.h"

void p2p__kad_key_of(const void *name, size_t len, struct p2p__kad_key *key)
{
    p2p_sha256(name, len, key->b);
}

int p2p__kad_compare(const struct p2p__kad_key *target,
                     const struct p2p__kad_key *a, const struct p2p__kad_key *b)
{
    for (size_t i = 0; i < sizeof target->b; i++) {
        const int da = a->b[i] ^ target->b[i], db = b->b[i] ^ target->b[i];

        if (da != db) {
            return da - db;
        }
    }
    return 0;
}

unsigned p2p__kad_common(const struct p2p__kad_key *a,
                         const struct p2p__kad_key *b)
{
    unsigned bits = 0;

    for (size_t i = 0; i < sizeof a->b; i++) {
        unsigned x = a->b[i] ^ (unsigned)b->b[i];

        bits += 8;
        if (x != 0) {
            while (x != 0) {
                x >>= 1;
                bits--;
            }
            break;
        }
    }
    return bits;
}
