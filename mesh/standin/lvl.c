/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The table of levels. Happy path: walk down by four bits of the hash a level
 * until a bucket, take its first free slot. A full bucket becomes a level and
 * is spread over its children, in slot order. Failure modes: the key is there
 * already; no memory, which leaves the table as it was.
 */
#include "mesh/standin/lvl.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/err.h"

enum { BITS = 4, HASH_INIT = 5381 };

struct slot {
    uint32_t hash;
    struct um_str key;
    void *item; /* NULL: free */
};

struct um_slvl_node {
    bool level;
    size_t used; /* slots or children */
    union {
        struct um_slvl_node *child[UM_SLVL_WAYS];
        struct {
            struct slot slot[UM_SLVL_BUCKET];
            struct um_slvl_node *next; /* chain, at full depth only */
        } bucket;
    } u;
};

static uint32_t hash_of(struct um_str key)
{
    uint32_t hash = HASH_INIT;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash * 33) ^ (uint8_t)key.p[i];
    return hash;
}

static struct um_slvl_node *node_new(bool level)
{
    struct um_slvl_node *n = calloc(1, sizeof(*n));

    if (n != NULL)
        n->level = level;
    return n;
}

static void node_free(struct um_slvl_node *n)
{
    if (n == NULL)
        return;
    if (n->level) {
        for (size_t i = 0; i < UM_SLVL_WAYS; i++)
            node_free(n->u.child[i]);
    } else {
        node_free(n->u.bucket.next);
    }
    free(n);
}

void um_slvl_init(struct um_slvl *t)
{
    *t = (struct um_slvl){NULL, 0};
}

void um_slvl_fini(struct um_slvl *t)
{
    node_free(t->root);
    um_slvl_init(t);
}

/* The slot that holds key in the chain of buckets from n, or NULL. */
static const struct slot *chain_find(const struct um_slvl_node *n,
                                     uint32_t hash, struct um_str key)
{
    for (; n != NULL; n = n->u.bucket.next) {
        assert(!n->level);
        for (size_t i = 0; i < UM_SLVL_BUCKET; i++) {
            const struct slot *s = &n->u.bucket.slot[i];

            if (s->item != NULL && s->hash == hash && um_str_eq(s->key, key))
                return s;
        }
    }
    return NULL;
}

/* Where the bucket of hash hangs, and how many levels are above it. */
static struct um_slvl_node **place_of(struct um_slvl *t, uint32_t hash,
                                      unsigned *depth)
{
    struct um_slvl_node **at = &t->root;

    for (*depth = 0; *at != NULL && (*at)->level; (*depth)++) {
        assert(*depth < UM_SLVL_DEPTH);
        at = &(*at)->u.child[(hash >> (BITS * *depth)) % UM_SLVL_WAYS];
    }
    return at;
}

/* Puts s into the first free slot of the chain from n; false if it is full. */
static bool chain_put(struct um_slvl_node *n, const struct slot *s)
{
    for (; n != NULL; n = n->u.bucket.next) {
        if (n->used == UM_SLVL_BUCKET)
            continue;
        for (size_t i = 0; i < UM_SLVL_BUCKET; i++) {
            if (n->u.bucket.slot[i].item == NULL) {
                n->u.bucket.slot[i] = *s;
                n->used++;
                return true;
            }
        }
    }
    return false;
}

/* Spreads a full bucket over a new level. */
static int spread(struct um_slvl_node **at, unsigned depth)
{
    struct um_slvl_node *bucket = *at;
    struct um_slvl_node *level = node_new(true);

    assert(bucket->used == UM_SLVL_BUCKET && bucket->u.bucket.next == NULL);
    if (level == NULL)
        return P2P_ENOMEM;
    for (size_t i = 0; i < UM_SLVL_BUCKET; i++) {
        const struct slot *s = &bucket->u.bucket.slot[i];
        struct um_slvl_node **child =
            &level->u.child[(s->hash >> (BITS * depth)) % UM_SLVL_WAYS];

        if (*child == NULL) {
            *child = node_new(false);
            if (*child == NULL) {
                node_free(level);
                return P2P_ENOMEM;
            }
            level->used++;
        }
        chain_put(*child, s);
    }
    free(bucket);
    *at = level;
    return 0;
}

/* Counts a new child in the level above at, if there is one. */
static void count_child(struct um_slvl *t, uint32_t hash, unsigned depth)
{
    struct um_slvl_node *n = t->root;

    for (unsigned d = 0; d + 1 < depth; d++)
        n = n->u.child[(hash >> (BITS * d)) % UM_SLVL_WAYS];
    if (depth > 0)
        n->used++;
}

static int put_new(struct um_slvl *t, struct um_slvl_node **at,
                   const struct slot *s, unsigned depth)
{
    struct um_slvl_node *n = node_new(false);

    if (n == NULL)
        return P2P_ENOMEM;
    chain_put(n, s);
    *at = n;
    count_child(t, s->hash, depth);
    t->count++;
    return 0;
}

int um_slvl_add(struct um_slvl *t, struct um_str key, void *item)
{
    const struct slot s = {hash_of(key), key, item};

    assert(item != NULL);
    for (;;) {
        unsigned depth;
        struct um_slvl_node **at = place_of(t, s.hash, &depth);
        int err;

        if (*at == NULL)
            return put_new(t, at, &s, depth);
        if (chain_find(*at, s.hash, key) != NULL)
            return P2P_EEXIST;
        if (chain_put(*at, &s)) {
            t->count++;
            return 0;
        }
        if (depth == UM_SLVL_DEPTH) {
            while (*at != NULL)
                at = &(*at)->u.bucket.next;
            return put_new(t, at, &s, 0);
        }
        err = spread(at, depth);
        if (err != 0)
            return err;
    }
}

void *um_slvl_get(const struct um_slvl *t, struct um_str key)
{
    uint32_t hash = hash_of(key);
    const struct um_slvl_node *n = t->root;
    const struct slot *s;

    for (unsigned depth = 0; n != NULL && n->level; depth++)
        n = n->u.child[(hash >> (BITS * depth)) % UM_SLVL_WAYS];
    s = chain_find(n, hash, key);
    return s != NULL ? s->item : NULL;
}

/* Takes key out of one bucket. */
static void *take_slot(struct um_slvl_node *n, uint32_t hash, struct um_str key)
{
    for (size_t i = 0; i < UM_SLVL_BUCKET; i++) {
        struct slot *s = &n->u.bucket.slot[i];

        if (s->item != NULL && s->hash == hash && um_str_eq(s->key, key)) {
            void *item = s->item;

            s->item = NULL;
            n->used--;
            return item;
        }
    }
    return NULL;
}

/* Takes key out below *at; frees nodes that became empty. */
static void *take(struct um_slvl_node **at, uint32_t hash, struct um_str key,
                  unsigned depth)
{
    struct um_slvl_node *n = *at;
    struct um_slvl_node **child;
    void *item;

    if (n == NULL)
        return NULL;
    if (n->level) {
        child = &n->u.child[(hash >> (BITS * depth)) % UM_SLVL_WAYS];
        if (*child == NULL)
            return NULL;
        item = take(child, hash, key, depth + 1);
        if (*child == NULL)
            n->used--;
    } else {
        item = take_slot(n, hash, key);
        if (item == NULL)
            return take(&n->u.bucket.next, hash, key, depth);
    }
    if (n->used == 0) {
        *at = n->level ? NULL : n->u.bucket.next;
        free(n);
    }
    return item;
}

void *um_slvl_remove(struct um_slvl *t, struct um_str key)
{
    void *item = take(&t->root, hash_of(key), key, 0);

    if (item != NULL)
        t->count--;
    return item;
}

static void **walk(const struct um_slvl_node *n, void **out)
{
    if (n == NULL)
        return out;
    if (n->level) {
        for (size_t i = 0; i < UM_SLVL_WAYS; i++)
            out = walk(n->u.child[i], out);
        return out;
    }
    for (size_t i = 0; i < UM_SLVL_BUCKET; i++) {
        if (n->u.bucket.slot[i].item != NULL)
            *out++ = n->u.bucket.slot[i].item;
    }
    return walk(n->u.bucket.next, out);
}

void um_slvl_items(const struct um_slvl *t, void **out)
{
    void **end = walk(t->root, out);

    assert((size_t)(end - out) == t->count);
    (void)end;
}
