/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Chained hash map over SipHash-1-3; doubles when it is full, does not shrink,
 * and gives all memory back when it is empty. */
#include "base/map.h"

#include "base/mem.h"

#define FIRST_BUCKETS 8U

static uint64_t rotl(uint64_t x, unsigned b)
{
    return (x << b) | (x >> (64U - b));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
    uint64_t x = 0;

    for (size_t i = 0; i < n; i++) {
        x |= (uint64_t)p[i] << (8 * i);
    }
    return x;
}

static void sip_word(uint64_t v[4], uint64_t m)
{
    v[3] ^= m;
    sip_round(v);
    v[0] ^= m;
}

uint64_t p2p__siphash(const uint64_t seed[2], const void *p, size_t len)
{
    const uint8_t *b = len > 0 ? p : (const uint8_t *)""; /* p may be NULL */
    size_t whole = len & ~(size_t)7;
    uint64_t v[4] = {
        seed[0] ^ 0x736f6d6570736575ULL, seed[1] ^ 0x646f72616e646f6dULL,
        seed[0] ^ 0x6c7967656e657261ULL, seed[1] ^ 0x7465646279746573ULL};

    for (size_t i = 0; i < whole; i += 8) {
        sip_word(v, load_le(b + i, 8));
    }
    sip_word(v, load_le(b + whole, len - whole) | (uint64_t)len << 56);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void p2p__map_init(struct p2p__map *m, const uint64_t seed[2])
{
    *m = (struct p2p__map){.seed = {seed[0], seed[1]}};
}

void p2p__map_fini(struct p2p__map *m)
{
    p2p__free(m->buckets);
    m->buckets = NULL;
    m->mask = 0;
    m->count = 0;
}

/* The node of a key whose hash is known. */
static struct p2p__map_node *find(const struct p2p__map *m, uint64_t hash,
                                  const void *key, size_t key_len)
{
    struct p2p__map_node *n;

    for (n = m->buckets[hash & m->mask]; n != NULL; n = n->next) {
        if (n->hash == hash && n->key_len == key_len &&
            (key_len == 0 || memcmp(n->key, key, key_len) == 0)) {
            return n;
        }
    }
    return NULL;
}

struct p2p__map_node *p2p__map_get(const struct p2p__map *m, const void *key,
                                   size_t key_len)
{
    if (m->buckets == NULL) {
        return NULL;
    }
    return find(m, p2p__siphash(m->seed, key, key_len), key, key_len);
}

/* Moves all nodes into `count` fresh buckets. */
static int rehash(struct p2p__map *m, size_t count)
{
    struct p2p__map_node **fresh = p2p__zalloc(count * sizeof *fresh);

    if (fresh == NULL) {
        return P2P_ENOMEM;
    }
    for (size_t i = 0; m->buckets != NULL && i <= m->mask; i++) {
        struct p2p__map_node *n = m->buckets[i];

        while (n != NULL) {
            struct p2p__map_node *next = n->next;
            size_t slot = n->hash & (count - 1);

            n->next = fresh[slot];
            fresh[slot] = n;
            n = next;
        }
    }
    p2p__free(m->buckets);
    m->buckets = fresh;
    m->mask = count - 1;
    return 0;
}

/* Room for one more node. A map that cannot grow still works, only slower. */
static int make_room(struct p2p__map *m)
{
    if (m->buckets == NULL) {
        return rehash(m, FIRST_BUCKETS);
    }
    if (m->count > m->mask) {
        (void)rehash(m, (m->mask + 1) * 2);
    }
    return 0;
}

int p2p__map_put(struct p2p__map *m, struct p2p__map_node *node,
                 const void *key, size_t key_len)
{
    struct p2p__map_node **slot;
    int rv = make_room(m);

    if (rv != 0) {
        return rv;
    }
    node->key = key;
    node->key_len = key_len;
    node->hash = p2p__siphash(m->seed, key, key_len);
    assert(find(m, node->hash, key, key_len) == NULL);
    slot = &m->buckets[node->hash & m->mask];
    node->next = *slot;
    *slot = node;
    m->count++;
    return 0;
}

/* What points at a node that is in. */
static struct p2p__map_node **place_of(const struct p2p__map *m,
                                       const struct p2p__map_node *node)
{
    struct p2p__map_node **at = &m->buckets[node->hash & m->mask];

    assert(m->count > 0);
    while (*at != node) {
        assert(*at != NULL);
        at = &(*at)->next;
    }
    return at;
}

void p2p__map_replace(struct p2p__map *m, struct p2p__map_node *old,
                      struct p2p__map_node *node, const void *key)
{
    struct p2p__map_node **at = place_of(m, old);

    assert(memcmp(key, old->key, old->key_len) == 0);
    *node = *old;
    node->key = key;
    *at = node;
    old->next = NULL;
}

void p2p__map_remove(struct p2p__map *m, struct p2p__map_node *node)
{
    struct p2p__map_node **at = place_of(m, node);

    *at = node->next;
    node->next = NULL;
    if (--m->count == 0) {
        p2p__map_fini(m);
    }
}
