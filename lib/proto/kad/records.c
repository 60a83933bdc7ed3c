/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See records.h. Failure modes: limits, and values that are not valid or not
 * better; what is kept stays as it is then. */
#include "proto/kad/records.h"

#include "base/mem.h"

struct record {
    struct p2p__map_node node;
    struct p2p__list link;
    struct p2p__heap_node ends;
    struct p2p__kad_owner *owner;
    struct p2p__kad_key at;
    size_t charged;
    size_t key_len, value_len;
    uint8_t bytes[]; /* key, then value */
};

void p2p__kad_records_init(struct p2p__kad_records *r,
                           const struct p2p__kad_records_cfg *cfg)
{
    struct p2p__kad_records_limits *l = &r->cfg.limits;

    *r = (struct p2p__kad_records){.cfg = *cfg};
    l->records = l->records > 0 ? l->records : P2P__CAP_KAD_RECORDS;
    l->records_per_peer = l->records_per_peer > 0
                              ? l->records_per_peer
                              : P2P__CAP_KAD_RECORDS_PER_PEER;
    l->bytes = l->bytes > 0 ? l->bytes : P2P__CAP_KAD_RECORDS_BYTES;
    l->ttl_s = l->ttl_s > 0 ? l->ttl_s : P2P__CAP_KAD_TTL_S;
    p2p__map_init(&r->map, cfg->seed);
    p2p__list_init(&r->all);
    p2p__heap_init(&r->expiry);
    p2p__kad_owners_init(&r->owners, cfg->seed, l->records_per_peer);
}

static struct record *find(const struct p2p__kad_records *r,
                           struct p2p__slice key)
{
    struct p2p__map_node *n = p2p__map_get(&r->map, key.p, key.len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct record, node);
}

static struct p2p__slice value_of(const struct record *e)
{
    return p2p__slice_of(e->bytes + e->key_len, e->value_len);
}

/* Frees a record that is not among the others. */
static void unmake(struct p2p__kad_records *r, struct record *e)
{
    p2p__kad_owners_give(&r->owners, e->owner);
    p2p__quota_give(r->cfg.quota, P2P__Q_MEMORY, e->charged);
    p2p__free(e);
}

static void drop(struct p2p__kad_records *r, struct record *e)
{
    assert(r->count > 0 && r->bytes >= e->charged);
    p2p__map_remove(&r->map, &e->node);
    p2p__list_remove(&e->link);
    p2p__heap_remove(&r->expiry, &e->ends);
    r->bytes -= e->charged;
    r->count--;
    unmake(r, e);
}

void p2p__kad_records_fini(struct p2p__kad_records *r)
{
    while (!p2p__list_empty(&r->all)) {
        drop(r, P2P__CONTAINER(r->all.next, struct record, link));
    }
    p2p__kad_owners_fini(&r->owners);
    p2p__map_fini(&r->map);
}

static bool has_room(const struct p2p__kad_records *r, size_t charged)
{
    assert(r->bytes <= r->cfg.limits.bytes);
    return r->count < r->cfg.limits.records &&
           charged <= r->cfg.limits.bytes - r->bytes;
}

/* Makes room for one at a place, by dropping those that are farther from us.
 * 0 or P2P_ELIMIT. */
static int make_room(struct p2p__kad_records *r, const struct p2p__kad_key *at,
                     size_t charged)
{
    while (!has_room(r, charged)) {
        struct record *worst = NULL;

        P2P__LIST_EACH (it, &r->all) {
            struct record *e = P2P__CONTAINER(it, struct record, link);

            if (worst == NULL ||
                p2p__kad_compare(&r->cfg.self, &e->at, &worst->at) > 0) {
                worst = e;
            }
        }
        if (worst == NULL ||
            p2p__kad_compare(&r->cfg.self, at, &worst->at) >= 0) {
            return P2P_ELIMIT;
        }
        drop(r, worst);
    }
    return 0;
}

/* Whether a value may come in where `old` (NULL: nothing) is. */
static int check(const struct p2p__kad_records *r, const struct record *old,
                 struct p2p__slice key, struct p2p__slice value)
{
    const struct p2p__kad_validator *v =
        p2p__kad_validator_of(r->cfg.validators, key);

    if (value.len > P2P__CAP_KAD_VALUE_BYTES ||
        key.len > P2P__CAP_KAD_KEY_BYTES) {
        return P2P_ETOOBIG;
    }
    if (v == NULL) {
        return P2P_ENOTSUP;
    }
    if (!v->valid(v->user, key, value)) {
        return P2P_EFORMAT;
    }
    return old == NULL || v->better(v->user, key, value, value_of(old))
               ? 0
               : P2P_EEXIST;
}

/* Takes memory for a record, and what it is counted in. */
static int make(struct p2p__kad_records *r, const struct p2p_peer_id *from,
                size_t charged, struct record **out)
{
    struct record *e;
    int rv;

    if (p2p__quota_take(r->cfg.quota, P2P__Q_MEMORY, charged) != 0) {
        return P2P_ELIMIT;
    }
    e = p2p__zalloc(charged);
    if (e == NULL) {
        p2p__quota_give(r->cfg.quota, P2P__Q_MEMORY, charged);
        return P2P_ENOMEM;
    }
    e->charged = charged;
    rv = p2p__kad_owners_take(&r->owners, from, &e->owner);
    if (rv != 0) {
        unmake(r, e);
        return rv;
    }
    *out = e;
    return 0;
}

static int enter(struct p2p__kad_records *r, struct record *e,
                 struct p2p__slice key, struct p2p__slice value)
{
    assert(sizeof *e + key.len + value.len == e->charged);
    memcpy(e->bytes, key.p, key.len);
    memcpy(e->bytes + key.len, value.p, value.len);
    e->key_len = key.len;
    e->value_len = value.len;
    p2p__kad_key_of(key.p, key.len, &e->at);
    if (p2p__map_put(&r->map, &e->node, e->bytes, e->key_len) != 0) {
        unmake(r, e);
        return P2P_ENOMEM;
    }
    p2p__list_push(&r->all, &e->link);
    r->bytes += e->charged;
    r->count++;
    return 0;
}

static bool is_same(const struct record *e, struct p2p__slice value)
{
    return e->value_len == value.len &&
           memcmp(e->bytes + e->key_len, value.p, value.len) == 0;
}

int p2p__kad_records_put(struct p2p__kad_records *r,
                         const struct p2p_peer_id *from, struct p2p__slice key,
                         struct p2p__slice value, p2p_ns now)
{
    const p2p_ns ends = p2p__ns_after(now, P2P__SEC(r->cfg.limits.ttl_s));
    const size_t charged = sizeof(struct record) + key.len + value.len;
    struct record *old = find(r, key), *e = NULL;
    struct p2p__kad_key at;
    int rv;

    if (old != NULL && is_same(old, value)) {
        p2p__heap_set(&r->expiry, &old->ends, ends);
        return 0;
    }
    rv = check(r, old, key, value);
    if (rv != 0) {
        return rv;
    }
    p2p__kad_key_of(key.p, key.len, &at);
    rv = make(r, from, charged, &e);
    if (rv != 0) {
        return rv;
    }
    if (old != NULL) {
        drop(r, old);
    }
    rv = make_room(r, &at, charged);
    if (rv != 0) {
        unmake(r, e);
        return rv;
    }
    rv = enter(r, e, key, value);
    if (rv == 0) {
        p2p__heap_set(&r->expiry, &e->ends, ends);
    }
    return rv;
}

bool p2p__kad_records_get(const struct p2p__kad_records *r,
                          struct p2p__slice key, struct p2p__slice *value,
                          p2p_ns now)
{
    const struct record *e = find(r, key);

    if (e == NULL || e->ends.at <= now) {
        return false;
    }
    *value = value_of(e);
    return true;
}

p2p_ns p2p__kad_records_deadline(const struct p2p__kad_records *r)
{
    const struct p2p__heap_node *n = p2p__heap_first(&r->expiry);

    return n == NULL ? P2P_NEVER : n->at;
}

void p2p__kad_records_expire(struct p2p__kad_records *r, p2p_ns now)
{
    struct p2p__heap_node *n = p2p__heap_first(&r->expiry);

    while (n != NULL && n->at <= now) {
        drop(r, P2P__CONTAINER(n, struct record, ends));
        n = p2p__heap_first(&r->expiry);
    }
}
