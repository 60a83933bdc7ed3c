/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See told.h. Failure modes: what is no address is told as an empty one, so
 * that the indices of the others are what the peer means by them. */
#include "proto/autonat/told.h"

void p2p__autonat_walk_init(struct p2p__autonat_walk *walk,
                            const struct p2p__autonat_told *told)
{
    p2p__pb_init(&walk->fields, told->fields);
    walk->field = told->field;
    walk->next = 0;
}

int p2p__autonat_walk_next(struct p2p__autonat_walk *walk,
                           struct p2p_multiaddr *ma)
{
    struct p2p__pb_field f;

    while (p2p__pb_next(&walk->fields, &f)) {
        if (f.tag != P2P__PB_BYTES(walk->field)) {
            continue;
        }
        if (p2p_multiaddr_from_bytes(f.bytes.p, f.bytes.len, ma) != 0) {
            ma->len = 0;
        }
        return (int)walk->next++;
    }
    return P2P_ENOTFOUND;
}
