/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Intrusive hash map from byte strings to objects. It cannot be iterated, so
 * no behaviour can depend on its order: what is walked is on a list too.
 * The hash is keyed (SipHash-1-3), so a peer cannot choose colliding keys.
 */
#ifndef P2P_BASE_MAP_H
#define P2P_BASE_MAP_H

#include "base/types.h"

/* Embedded in the object; the key's bytes belong to the object too. */
struct p2p__map_node {
    struct p2p__map_node *next;
    const void *key;
    size_t key_len;
    uint64_t hash;
};

struct p2p__map {
    struct p2p__map_node **buckets;
    size_t mask; /* buckets - 1, or 0 while there are none */
    size_t count;
    uint64_t seed[2];
};

/* An empty map with a seed from env's random numbers. Owns no memory yet. */
void p2p__map_init(struct p2p__map *m, const uint64_t seed[2]);

/* Frees the buckets; the objects are the caller's. */
void p2p__map_fini(struct p2p__map *m);

/* The node with this key, or NULL. An empty key may be NULL. */
struct p2p__map_node *p2p__map_get(const struct p2p__map *m, const void *key,
                                   size_t key_len);

/*
 * Adds a node; borrows it and its key until removed. The key must not be in
 * the map. Errors: P2P_ENOMEM (nothing was added).
 */
int p2p__map_put(struct p2p__map *m, struct p2p__map_node *node,
                 const void *key, size_t key_len);

/* Puts a node in the place of one that is in, for the same key; `key` is
 * borrowed. */
void p2p__map_replace(struct p2p__map *m, struct p2p__map_node *old,
                      struct p2p__map_node *node, const void *key);

/* Takes out a node that is in the map. */
void p2p__map_remove(struct p2p__map *m, struct p2p__map_node *node);

/* SipHash-1-3 of some bytes: for other tables that peers feed. */
uint64_t p2p__siphash(const uint64_t seed[2], const void *p, size_t len);

#endif
