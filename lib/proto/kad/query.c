/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See query.h. Happy path: the lookup asks; when it is done, or enough was
 * found, what is to be put goes to the keepers, and the best value to those
 * that had a worse one. Failure modes: who lies is not believed, who is silent
 * is left out, and the time of the lookup ends both.
 */
#include "proto/kad/query.h"

#include "base/mem.h"

/* What a candidate is, beside its state: its mark. */
enum { HAD_NOTHING, HAD_BEST, HAD_WORSE, BEING_TOLD };

struct p2p__kad_query *p2p__kad_query_new(
    const struct p2p__kad_want *want, const struct p2p_peer_id *self,
    const struct p2p__kad_validators *validators, p2p_ns now)
{
    struct p2p__kad_query *q = p2p__alloc(sizeof *q);
    struct p2p__kad_key target;

    assert(want->key.len > 0 && want->key.len <= P2P__CAP_KAD_KEY_BYTES);
    if (q == NULL) {
        return NULL;
    }
    /* Room for candidates is most of it, and touched when they come. */
    memset(q, 0, offsetof(struct p2p__kad_query, lookup));
    if (want->value.len > 0) {
        q->value = p2p__memdup(want->value.p, want->value.len);
        if (q->value == NULL) {
            p2p__free(q);
            return NULL;
        }
        q->value_len = want->value.len;
    }
    p2p__list_init(&q->link);
    q->goal = want->goal;
    q->enough = want->enough;
    q->user = want->user;
    q->validators = validators;
    q->key_len = want->key.len;
    memcpy(q->key, want->key.p, want->key.len);
    p2p__kad_key_of(q->key, q->key_len, &target);
    p2p__kad_lookup_init(&q->lookup, &target, self, now);
    q->lookup.frugal = want->goal == P2P__KAD_REFRESH && !want->whole;
    return q;
}

void p2p__kad_query_free(struct p2p__kad_query *q)
{
    if (q != NULL) {
        p2p__list_remove(&q->link);
        p2p__free(q->value);
        p2p__free(q->found);
        p2p__free(q);
    }
}

static struct p2p__slice key_of(const struct p2p__kad_query *q)
{
    return p2p__slice_of(q->key, q->key_len);
}

static bool has(const struct p2p__kad_query *q, struct p2p__slice value)
{
    return q->value != NULL && q->value_len == value.len &&
           memcmp(q->value, value.p, value.len) == 0;
}

/* What was the best is so no more. */
static void outdate(struct p2p__kad_query *q)
{
    for (size_t i = 0; i < q->lookup.n; i++) {
        if (q->lookup.sorted[i]->mark == HAD_BEST) {
            q->lookup.sorted[i]->mark = HAD_WORSE;
        }
    }
}

int p2p__kad_query_value(struct p2p__kad_query *q, struct p2p__slice value)
{
    const struct p2p__kad_validator *v =
        p2p__kad_validator_of(q->validators, key_of(q));
    uint8_t *copy;

    assert(v != NULL);
    if (has(q, value) || (q->value != NULL &&
                          !v->better(v->user, key_of(q), value,
                                     p2p__slice_of(q->value, q->value_len)))) {
        return 0;
    }
    copy = p2p__memdup(value.p, value.len);
    if (copy == NULL) {
        return P2P_ENOMEM;
    }
    p2p__free(q->value);
    q->value = copy;
    q->value_len = value.len;
    outdate(q);
    return 0;
}

bool p2p__kad_query_provider(struct p2p__kad_query *q,
                             const struct p2p__kad_peer *peer)
{
    for (size_t i = 0; i < q->n_found; i++) {
        if (p2p_peer_id_equal(&q->found[i].id, &peer->id)) {
            return false;
        }
    }
    if (q->found == NULL) {
        q->found = p2p__zalloc(P2P__CAP_KAD_FOUND * sizeof *q->found);
    }
    if (q->found == NULL || q->n_found == P2P__CAP_KAD_FOUND) {
        return false;
    }
    assert(q->n_pulled <= q->n_found);
    q->found[q->n_found++] = *peer;
    return true;
}

/* Whether what was found is enough. */
static bool has_enough(const struct p2p__kad_query *q)
{
    switch (q->goal) {
        case P2P__KAD_FIND_PEER:
            return q->proven;
        case P2P__KAD_FIND_PROVIDERS:
            return q->enough > 0 && q->n_found >= q->enough;
        case P2P__KAD_FIND_VALUE:
            return q->enough > 0 && q->answers >= q->enough;
        default:
            return false;
    }
}

/* The lookup is over: who is told something now? */
static void spread(struct p2p__kad_query *q)
{
    assert(!q->spreading);
    q->spreading = true;
    if (q->goal == P2P__KAD_PUT || q->goal == P2P__KAD_PROVIDE) {
        q->n_keepers = p2p__kad_lookup_keepers(&q->lookup, q->keepers);
    } else if (q->goal == P2P__KAD_FIND_VALUE && q->value != NULL) {
        for (size_t i = 0;
             i < q->lookup.n && q->n_keepers < P2P__COUNT(q->keepers); i++) {
            if (q->lookup.sorted[i]->mark == HAD_WORSE) {
                q->keepers[q->n_keepers++] = q->lookup.sorted[i];
            }
        }
    }
}

/* The next keeper that is told. */
static const struct p2p__kad_peer *next_keeper(struct p2p__kad_query *q,
                                               bool *awaits, p2p_ns now)
{
    struct p2p__kad_candidate *c;

    if (q->told == q->n_keepers || q->waiting >= P2P__KAD_ALPHA ||
        now >= q->lookup.deadline) {
        return NULL;
    }
    c = q->keepers[q->told++];
    assert(c->state == P2P__KAD_ANSWERED);
    c->mark = BEING_TOLD;
    c->deadline = p2p__ns_after(now, P2P__KAD_ASK_TIMEOUT);
    q->waiting++;
    *awaits = q->goal != P2P__KAD_PROVIDE; /* ADD_PROVIDER has no answer */
    return &c->peer;
}

const struct p2p__kad_peer *p2p__kad_query_next(struct p2p__kad_query *q,
                                                bool *awaits, p2p_ns now)
{
    struct p2p__kad_candidate *c;

    if (!q->spreading && !has_enough(q)) {
        c = p2p__kad_lookup_next(&q->lookup, now);
        if (c != NULL) {
            *awaits = true;
            return &c->peer;
        }
    }
    if (!q->spreading &&
        (has_enough(q) || p2p__kad_lookup_is_done(&q->lookup) ||
         now >= q->lookup.deadline)) {
        q->lookup.deadline = p2p__ns_after(now, P2P__KAD_LOOKUP_TIMEOUT);
        spread(q);
    }
    return q->spreading ? next_keeper(q, awaits, now) : NULL;
}

void p2p__kad_query_write(const struct p2p__kad_query *q,
                          const struct p2p_peer_id *self,
                          const struct p2p__kad_addrs *own, struct p2p__pbw *w)
{
    static const enum p2p__kad_type asks[] = {
        [P2P__KAD_FIND_PROVIDERS] = P2P__KAD_GET_PROVIDERS,
        [P2P__KAD_FIND_VALUE] = P2P__KAD_GET_VALUE};
    struct p2p__kad_msg msg = {.type = P2P__KAD_FIND_NODE, .key = key_of(q)};
    size_t frame;

    if (!q->spreading && (q->goal == P2P__KAD_FIND_PROVIDERS ||
                          q->goal == P2P__KAD_FIND_VALUE)) {
        msg.type = asks[q->goal];
    } else if (q->spreading && q->goal == P2P__KAD_PROVIDE) {
        msg.type = P2P__KAD_ADD_PROVIDER;
    } else if (q->spreading) {
        assert(q->value != NULL);
        msg.type = P2P__KAD_PUT_VALUE;
        msg.has_record = true;
        msg.record_key = msg.key;
        msg.value = p2p__slice_of(q->value, q->value_len);
    }
    frame = p2p__kad_msg_open(w, &msg);
    if (msg.type == P2P__KAD_ADD_PROVIDER) {
        p2p__kad_msg_peer(w, P2P__KAD_PROVIDERS, self, own);
    }
    p2p__pbw_close(w, frame);
}

/* A record came: is it valid, and is it the best? */
static void take_record(struct p2p__kad_query *q, struct p2p__kad_candidate *c,
                        const struct p2p__kad_msg *msg)
{
    const struct p2p__kad_validator *v =
        p2p__kad_validator_of(q->validators, key_of(q));

    assert(v != NULL); /* else the query was not started */
    if (msg->value.len > P2P__CAP_KAD_VALUE_BYTES ||
        msg->record_key.len != q->key_len ||
        memcmp(msg->record_key.p, q->key, q->key_len) != 0 ||
        !v->valid(v->user, key_of(q), msg->value)) {
        return; /* it is made up (T32) */
    }
    q->answers++;
    if (p2p__kad_query_value(q, msg->value) == 0) {
        c->mark = has(q, msg->value) ? HAD_BEST : HAD_WORSE;
    }
}

/* Providers: a share of the room for each who answers, so that a few who make
 * some up leave room to the others (T32). */
static void take_providers(struct p2p__kad_query *q,
                           struct p2p__kad_candidate *c,
                           const struct p2p__kad_msg *msg,
                           enum p2p__addr_class whose)
{
    struct p2p__kad_walk walk;
    struct p2p__kad_peer peer;

    p2p__kad_walk_init(&walk, msg, P2P__KAD_PROVIDERS, whose);
    while (c->gave < P2P__CAP_KAD_FOUND_BY &&
           p2p__kad_walk_next(&walk, &peer)) {
        c->gave += p2p__kad_query_provider(q, &peer);
    }
}

/* Whether a peer is the one that is looked for. */
static bool is_target(const struct p2p__kad_query *q,
                      const struct p2p_peer_id *id)
{
    return q->goal == P2P__KAD_FIND_PEER && id->len == q->key_len &&
           memcmp(id->bytes, q->key, q->key_len) == 0;
}

/* Peers that are nearer, or the one that is looked for. */
static void take_closer(struct p2p__kad_query *q, struct p2p__kad_candidate *c,
                        const struct p2p__kad_msg *msg,
                        enum p2p__addr_class whose)
{
    struct p2p__kad_addrs_walk addrs;
    struct p2p_multiaddr ma;
    struct p2p__kad_walk walk;
    struct p2p__kad_peer peer;
    unsigned news = 0;

    p2p__kad_walk_init(&walk, msg, P2P__KAD_CLOSER, whose);
    while (p2p__kad_walk_next(&walk, &peer)) {
        p2p__kad_lookup_offer(&q->lookup, c, &peer);
        if (is_target(q, &peer.id)) {
            p2p__kad_addrs_walk_init(&addrs, &peer.addrs);
            while (news < P2P__CAP_KAD_ADDRS_BY &&
                   p2p__kad_addrs_walk_next(&addrs, &ma)) {
                news += p2p__kad_addrs_add(&q->hearsay, &ma);
            }
        }
    }
}

/* The keeper that is being told; NULL: it is none. */
static struct p2p__kad_candidate *keeper(struct p2p__kad_query *q,
                                         const struct p2p_peer_id *id)
{
    for (size_t i = 0; q->spreading && i < q->told; i++) {
        if (q->keepers[i]->mark == BEING_TOLD &&
            p2p_peer_id_equal(&q->keepers[i]->peer.id, id)) {
            return q->keepers[i];
        }
    }
    return NULL;
}

/* A keeper needs no more. */
static void told(struct p2p__kad_query *q, struct p2p__kad_candidate *c,
                 bool keeps)
{
    assert(q->waiting > 0);
    c->mark = HAD_BEST;
    q->waiting--;
    q->kept += keeps;
}

void p2p__kad_query_answered(struct p2p__kad_query *q,
                             const struct p2p__kad_peer *peer,
                             const struct p2p__kad_msg *msg)
{
    const enum p2p__addr_class whose = p2p__kad_class(&peer->at);
    const struct p2p_peer_id *id = &peer->id;
    struct p2p__kad_candidate *c = keeper(q, id);

    if (c != NULL) {
        told(q, c, msg == NULL || (msg->has_record && has(q, msg->value)));
        return;
    }
    c = q->spreading || msg == NULL ? NULL
                                    : p2p__kad_lookup_answered(&q->lookup, id);
    if (c == NULL) {
        return; /* it is too late */
    }
    p2p__kad_lookup_at(&q->lookup, c, &peer->at);
    if (is_target(q, id)) {
        q->proven = true;
        q->hearsay = c->peer.addrs; /* which led to it */
    }
    if (q->goal == P2P__KAD_FIND_VALUE && msg->has_record) {
        take_record(q, c, msg);
    }
    if (q->goal == P2P__KAD_FIND_PROVIDERS) {
        take_providers(q, c, msg, whose);
    }
    if (!q->proven) {
        take_closer(q, c, msg, whose);
    }
}

bool p2p__kad_query_failed(struct p2p__kad_query *q,
                           const struct p2p_peer_id *id)
{
    struct p2p__kad_candidate *c = keeper(q, id);

    if (c != NULL) {
        told(q, c, false);
        return true;
    }
    return p2p__kad_lookup_failed(&q->lookup, id);
}

p2p_ns p2p__kad_query_deadline(const struct p2p__kad_query *q)
{
    p2p_ns at = p2p__kad_lookup_deadline(&q->lookup);

    for (size_t i = 0; i < q->told; i++) {
        if (q->keepers[i]->mark == BEING_TOLD) {
            at = p2p__ns_min(at, q->keepers[i]->deadline);
        }
    }
    return at;
}

const struct p2p_peer_id *p2p__kad_query_expire(struct p2p__kad_query *q,
                                                p2p_ns now)
{
    struct p2p__kad_candidate *c = p2p__kad_lookup_expire(&q->lookup, now);

    for (size_t i = 0; c == NULL && i < q->told; i++) {
        if (q->keepers[i]->mark == BEING_TOLD &&
            q->keepers[i]->deadline <= now) {
            c = q->keepers[i];
            told(q, c, false);
        }
    }
    if (q->spreading && now >= q->lookup.deadline) {
        q->n_keepers = q->told; /* those that are left are told nothing */
    }
    return c == NULL ? NULL : &c->peer.id;
}

bool p2p__kad_query_is_over(const struct p2p__kad_query *q)
{
    return q->spreading && q->told == q->n_keepers && q->waiting == 0;
}

int p2p__kad_query_status(const struct p2p__kad_query *q)
{
    switch (q->goal) {
        case P2P__KAD_FIND_PEER:
            return q->hearsay.count > 0 || q->proven ? 0 : P2P_ENOTFOUND;
        case P2P__KAD_FIND_PROVIDERS:
            return q->n_found > 0 ? 0 : P2P_ENOTFOUND;
        case P2P__KAD_FIND_VALUE:
            return q->value != NULL ? 0 : P2P_ENOTFOUND;
        case P2P__KAD_PUT:
        case P2P__KAD_PROVIDE:
            return q->kept > 0 ? 0 : P2P_ENOTFOUND;
        default:
            return 0;
    }
}
