/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See owners.h. */
#include "proto/kad/owners.h"

#include "base/mem.h"

void p2p__kad_owners_init(struct p2p__kad_owners *o, const uint64_t seed[2],
                          uint32_t most, uint32_t most_of_site)
{
    *o = (struct p2p__kad_owners){.most = most, .most_of_site = most_of_site};
    p2p__map_init(&o->peers, seed);
    p2p__map_init(&o->sites, seed);
}

void p2p__kad_owners_fini(struct p2p__kad_owners *o)
{
    assert(o->peers.count == 0 && o->sites.count == 0);
    p2p__map_fini(&o->peers);
    p2p__map_fini(&o->sites);
}

/* The owner of a name, made if it is new; NULL: no memory. */
static struct p2p__kad_owner *get(struct p2p__map *map, struct p2p__slice name)
{
    struct p2p__map_node *n = p2p__map_get(map, name.p, name.len);
    struct p2p__kad_owner *owner;

    if (n != NULL) {
        return P2P__CONTAINER(n, struct p2p__kad_owner, node);
    }
    owner = p2p__zalloc(sizeof *owner + name.len);
    if (owner == NULL) {
        return NULL;
    }
    memcpy(owner->key, name.p, name.len);
    if (p2p__map_put(map, &owner->node, owner->key, name.len) != 0) {
        p2p__free(owner);
        return NULL;
    }
    return owner;
}

static void give_one(struct p2p__map *map, struct p2p__kad_owner *owner)
{
    assert(owner == NULL || owner->count > 0);
    if (owner != NULL && --owner->count == 0) {
        p2p__map_remove(map, &owner->node);
        p2p__free(owner);
    }
}

/* Counts one more thing, unless there are enough without `instead`. */
static int take_one(struct p2p__map *map, struct p2p__slice name, uint32_t most,
                    const struct p2p__kad_owner *instead,
                    struct p2p__kad_owner **out)
{
    struct p2p__kad_owner *owner = get(map, name);

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

int p2p__kad_owners_take(struct p2p__kad_owners *o,
                         const struct p2p__kad_peer *peer,
                         const struct p2p__kad_share *instead,
                         struct p2p__kad_share *out)
{
    const struct p2p__kad_share none = {0};
    uint8_t site[9];
    int rv;

    *out = none;
    if (peer == NULL) {
        return 0;
    }
    instead = instead != NULL ? instead : &none;
    rv = take_one(&o->peers, p2p__slice_of(peer->id.bytes, peer->id.len),
                  o->most, instead->peer, &out->peer);
    if (rv != 0) {
        return rv;
    }
    site[0] = peer->at.family;
    memcpy(site + 1, peer->at.ip, 8);
    rv = take_one(&o->sites,
                  p2p__slice_of(site, peer->at.family == 6   ? 9
                                      : peer->at.family == 4 ? 5
                                                             : 1),
                  o->most_of_site, instead->site, &out->site);
    if (rv != 0) {
        p2p__kad_owners_give(o, out);
    }
    return rv;
}

void p2p__kad_owners_give(struct p2p__kad_owners *o,
                          struct p2p__kad_share *share)
{
    give_one(&o->peers, share->peer);
    give_one(&o->sites, share->site);
    *share = (struct p2p__kad_share){0};
}
