/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See owners.h. */
#include "proto/kad/owners.h"

#include "base/mem.h"

void p2p__kad_owners_init(struct p2p__kad_owners *o, const uint64_t seed[2],
                          uint32_t most)
{
    *o = (struct p2p__kad_owners){.most = most};
    p2p__map_init(&o->map, seed);
}

void p2p__kad_owners_fini(struct p2p__kad_owners *o)
{
    assert(o->map.count == 0);
    p2p__map_fini(&o->map);
}

int p2p__kad_owners_take(struct p2p__kad_owners *o,
                         const struct p2p_peer_id *id,
                         struct p2p__kad_owner **out)
{
    struct p2p__map_node *n;
    struct p2p__kad_owner *owner;

    *out = NULL;
    if (id == NULL) {
        return 0;
    }
    n = p2p__map_get(&o->map, id->bytes, id->len);
    owner = n == NULL ? NULL : P2P__CONTAINER(n, struct p2p__kad_owner, node);
    if (owner == NULL) {
        owner = p2p__zalloc(sizeof *owner);
        if (owner == NULL) {
            return P2P_ENOMEM;
        }
        owner->id = *id;
        if (p2p__map_put(&o->map, &owner->node, owner->id.bytes,
                         owner->id.len) != 0) {
            p2p__free(owner);
            return P2P_ENOMEM;
        }
    }
    if (owner->count >= o->most) {
        return P2P_ELIMIT; /* so it has some: it stays */
    }
    owner->count++;
    *out = owner;
    return 0;
}

void p2p__kad_owners_give(struct p2p__kad_owners *o,
                          struct p2p__kad_owner *owner)
{
    assert(owner == NULL || owner->count > 0);
    if (owner != NULL && --owner->count == 0) {
        p2p__map_remove(&o->map, &owner->node);
        p2p__free(owner);
    }
}
