/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See records.h. Failure modes: limits, and values that are not valid or not
 * better; what is kept stays as it is then. */
#include "proto/kad/records.h"

#include "base/mem.h"

struct record {
    struct p2p__map_node node;
    struct p2p__list link;
    struct p2p__heap_node ends;
    struct p2p__share share;
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
    p2p__owners_init(
        &r->owners, cfg->seed, l->records_per_peer,
        (uint32_t)p2p__max(l->records_per_peer, P2P__CAP_KAD_RECORDS_PER_ADDR));
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
    p2p__owners_give(&r->owners, &e->share);
    p2p__quota_give(r->cfg.quota, P2P__Q_MEMORY, e->charged);
    p2p__free(e);
}

static bool is_ours(const struct record *e)
{
    return e->share.peer == NULL;
}

/* Forgets a record whose key is another's, or nobody's. */
static void take_out(struct p2p__kad_records *r, struct record *e)
{
    assert(r->count > 0 && r->bytes >= e->charged);
    p2p__list_remove(&e->link);
    p2p__heap_remove(&r->expiry, &e->ends);
    r->bytes -= e->charged;
    r->count--;
    if (is_ours(e)) {
        r->our_bytes -= e->charged;
        r->ours--;
    }
    unmake(r, e);
}

static void drop(struct p2p__kad_records *r, struct record *e)
{
    p2p__map_remove(&r->map, &e->node);
    take_out(r, e);
}

void p2p__kad_records_fini(struct p2p__kad_records *r)
{
    while (!p2p__list_empty(&r->all)) {
        drop(r, P2P__CONTAINER(r->all.next, struct record, link));
    }
    p2p__owners_fini(&r->owners);
    p2p__map_fini(&r->map);
}

/* What is there and what is to come. */
struct room {
    uint32_t count;
    uint64_t bytes;
};

static void leave(struct room *room, const struct record *e)
{
    assert(room->count > 0 && room->bytes >= e->charged);
    room->count--;
    room->bytes -= e->charged;
}

static bool fits(const struct p2p__kad_records *r, const struct room *room)
{
    return room->count <= r->cfg.limits.records &&
           room->bytes <= r->cfg.limits.bytes;
}

/* Of the others' records, but for `old`, the one farthest from us that is
 * farther than a place and nearer than `than` (NULL: than none). */
static struct record *farthest(const struct p2p__kad_records *r,
                               const struct p2p__kad_key *at,
                               const struct record *old,
                               const struct record *than)
{
    struct record *worst = NULL;

    P2P__LIST_EACH (it, &r->all) {
        struct record *e = P2P__CONTAINER(it, struct record, link);

        if (!is_ours(e) && e != old &&
            p2p__kad_compare(&r->cfg.self, &e->at,
                             worst != NULL ? &worst->at : at) > 0 &&
            (than == NULL ||
             p2p__kad_compare(&r->cfg.self, &e->at, &than->at) < 0)) {
            worst = e;
        }
    }
    return worst;
}

/* Makes room for one in the place of `old` (or NULL), by dropping those that
 * are farther from us: only if that is enough. 0 or P2P_ELIMIT. */
static int make_room(struct p2p__kad_records *r, const struct record *e,
                     const struct record *old)
{
    const bool ours = is_ours(e);
    struct room room = {
        .count = (ours ? r->ours : r->count - r->ours) + 1,
        .bytes = (ours ? r->our_bytes : r->bytes - r->our_bytes) + e->charged};
    struct record *worst = NULL;
    uint32_t n = 0;

    if (old != NULL && is_ours(old) == ours) {
        leave(&room, old);
    }
    while (!fits(r, &room)) {
        worst = ours ? NULL : farthest(r, &e->at, old, worst);
        if (worst == NULL) {
            return P2P_ELIMIT;
        }
        leave(&room, worst);
        n++;
    }
    for (; n > 0; n--) {
        drop(r, farthest(r, &e->at, old, NULL));
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

/* Takes memory for a record, and what it is counted in; `old` is to go. */
static int make(struct p2p__kad_records *r, const struct p2p__kad_peer *from,
                size_t charged, const struct record *old, struct record **out)
{
    const struct p2p__fair_who who = {from != NULL ? &from->id : NULL,
                                      from != NULL ? &from->at : NULL};
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
    rv = p2p__owners_take(&r->owners, from != NULL ? &who : NULL,
                          old != NULL ? &old->share : NULL, &e->share);
    if (rv != 0) {
        unmake(r, e);
        return rv;
    }
    *out = e;
    return 0;
}

static void fill(struct record *e, struct p2p__slice key,
                 struct p2p__slice value)
{
    assert(sizeof *e + key.len + value.len == e->charged);
    memcpy(e->bytes, key.p, key.len);
    memcpy(e->bytes + key.len, value.p, value.len);
    e->key_len = key.len;
    e->value_len = value.len;
    p2p__kad_key_of(key.p, key.len, &e->at);
}

/* A record comes in, in the place of `old` (or NULL). 0 or P2P_ENOMEM. */
static int enter(struct p2p__kad_records *r, struct record *e,
                 struct record *old)
{
    if (old != NULL) {
        p2p__map_replace(&r->map, &old->node, &e->node, e->bytes);
        take_out(r, old);
    } else if (p2p__map_put(&r->map, &e->node, e->bytes, e->key_len) != 0) {
        return P2P_ENOMEM;
    }
    p2p__list_push(&r->all, &e->link);
    r->bytes += e->charged;
    r->count++;
    if (is_ours(e)) {
        r->our_bytes += e->charged;
        r->ours++;
    }
    return 0;
}

static bool is_same(const struct record *e, struct p2p__slice value)
{
    return e->value_len == value.len &&
           memcmp(e->bytes + e->key_len, value.p, value.len) == 0;
}

int p2p__kad_records_put(struct p2p__kad_records *r,
                         const struct p2p__kad_peer *from,
                         struct p2p__slice key, struct p2p__slice value,
                         p2p_ns now)
{
    const p2p_ns ends = p2p__ns_after(now, P2P__SEC(r->cfg.limits.ttl_s));
    struct record *old = find(r, key), *e = NULL;
    const bool again = old != NULL && is_same(old, value);
    int rv = check(r, again ? NULL : old, key, value);

    if (rv == 0 && again) {
        p2p__heap_set(&r->expiry, &old->ends, ends);
        return 0;
    }
    if (rv == 0) {
        rv = make(r, from, sizeof *e + key.len + value.len, old, &e);
    }
    if (rv != 0) {
        return rv;
    }
    fill(e, key, value);
    rv = make_room(r, e, old);
    if (rv == 0) {
        rv = enter(r, e, old);
    }
    if (rv != 0) {
        unmake(r, e);
        return rv;
    }
    p2p__heap_set(&r->expiry, &e->ends, ends);
    return 0;
}

bool p2p__kad_records_get(const struct p2p__kad_records *r,
                          struct p2p__slice key, struct p2p__slice *value,
                          p2p_ns now)
{
    const struct record *e = find(r, key);

    if (e == NULL || e->ends.at <= now ||
        check(r, NULL, key, value_of(e)) != 0) {
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
