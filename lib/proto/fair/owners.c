/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See owners.h. */
#include "proto/fair/owners.h"

#include "base/mem.h"

void p2p__owners_init(struct p2p__owners *o, const uint64_t seed[2],
                      uint32_t most, uint32_t most_at_addr)
{
    assert(most > 0 && most_at_addr > 0);
    *o = (struct p2p__owners){.most = most, .most_at_addr = most_at_addr};
    p2p__map_init(&o->all, seed);
}

void p2p__owners_fini(struct p2p__owners *o)
{
    assert(o->all.count == 0);
    p2p__map_fini(&o->all);
}

/* The owner of a key, made if it is new; NULL: no memory. */
static struct p2p__owner *get(struct p2p__owners *o,
                              const struct p2p__fair_key *key)
{
    struct p2p__map_node *n = p2p__map_get(&o->all, key->bytes, key->len);
    struct p2p__owner *owner;

    if (n != NULL) {
        return P2P__CONTAINER(n, struct p2p__owner, node);
    }
    owner = p2p__zalloc(sizeof *owner);
    if (owner == NULL) {
        return NULL;
    }
    owner->key = *key;
    if (p2p__map_put(&o->all, &owner->node, owner->key.bytes, key->len) != 0) {
        p2p__free(owner);
        return NULL;
    }
    return owner;
}

static void give_one(struct p2p__owners *o, struct p2p__owner *owner)
{
    assert(owner == NULL || owner->count > 0);
    if (owner != NULL && --owner->count == 0) {
        p2p__map_remove(&o->all, &owner->node);
        p2p__free(owner);
    }
}

/* Counts one more thing, unless there are enough without `instead`. */
static int take_one(struct p2p__owners *o, const struct p2p__fair_key *key,
                    uint32_t most, const struct p2p__owner *instead,
                    struct p2p__owner **out)
{
    struct p2p__owner *owner = get(o, key);

    if (owner == NULL) {
        return P2P_ENOMEM;
    }
    if (owner->count - (owner == instead) >= most) {
        return P2P_ELIMIT; /* so it has some: it stays */
    }
    owner->count++;
    *out = owner;
    return 0;
}

int p2p__owners_take(struct p2p__owners *o, const struct p2p__fair_who *who,
                     const struct p2p__share *instead, struct p2p__share *out)
{
    const struct p2p__share none = {0};
    struct p2p__fair_key key;
    int rv;

    *out = none;
    if (who == NULL) {
        return 0;
    }
    instead = instead != NULL ? instead : &none;
    p2p__fair_key(who, P2P__FAIR_PEER, &key);
    rv = take_one(o, &key, o->most, instead->peer, &out->peer);
    if (rv != 0) {
        return rv;
    }
    p2p__fair_key(who, P2P__FAIR_ADDR, &key);
    rv = take_one(o, &key, o->most_at_addr, instead->addr, &out->addr);
    if (rv != 0) {
        p2p__owners_give(o, out);
    }
    return rv;
}

void p2p__owners_give(struct p2p__owners *o, struct p2p__share *share)
{
    give_one(o, share->peer);
    give_one(o, share->addr);
    *share = (struct p2p__share){0};
}
