/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See kad.h. Refreshing: every few minutes a lookup of ourselves, then one
 * into each bucket that has room, where none went lately, and where there may
 * be somebody whom the first one did not tell of, one after the other. Who is
 * in the table is not asked for its own sake there: who was not heard of for
 * twice as long is asked whether it is there. Failure modes: queries that
 * nobody answers end in time; who does not answer leaves the table.
 */
#include "proto/kad/kad.h"

#include "base/mem.h"

/* The number of what is asked for no query: whether somebody is there. */
#define CHECK UINT64_MAX

/* Tries to find a name that falls into a bucket. */
#define TRIES (8U << P2P__KAD_REFRESH_BITS)

void p2p__kad_init(struct p2p__kad *k, const struct p2p__kad_cfg *cfg,
                   p2p_ns now)
{
    struct p2p__kad_records_cfg records = {.limits = cfg->records,
                                           .quota = cfg->quota};
    struct p2p__kad_providers_cfg providers = {
        .self = cfg->self, .limits = cfg->providers, .quota = cfg->quota};

    *k = (struct p2p__kad){
        .self = cfg->self,
        .validators = cfg->validators,
        .refresh = cfg->refresh > 0 ? cfg->refresh : P2P__KAD_REFRESH_EACH,
        .refresh_at = P2P_NEVER,
        .check_ends = P2P_NEVER};
    p2p__kad_table_init(&k->table, &cfg->self, &cfg->table);
    records.validators = &k->validators;
    records.self = k->table.key;
    memcpy(records.seed, cfg->seed, sizeof records.seed);
    memcpy(providers.seed, cfg->seed, sizeof providers.seed);
    p2p__kad_records_init(&k->records, &records);
    p2p__kad_providers_init(&k->providers, &providers);
    p2p__list_init(&k->queries);
    p2p__list_init(&k->ended);
    p2p__rng_seed(&k->rng, cfg->random);
    k->round_at = now;
    k->pause = k->refresh;
    k->check_at = p2p__ns_after(now, k->refresh);
}

static struct p2p__kad_query *of(struct p2p__list *link)
{
    return P2P__CONTAINER(link, struct p2p__kad_query, link);
}

/* Frees queries whose end was told. */
static void sweep(struct p2p__kad *k)
{
    while (!p2p__list_empty(&k->ended)) {
        p2p__kad_query_free(of(k->ended.next));
    }
}

void p2p__kad_fini(struct p2p__kad *k)
{
    sweep(k);
    while (!p2p__list_empty(&k->queries)) {
        p2p__kad_query_free(of(k->queries.next));
    }
    p2p__kad_providers_fini(&k->providers);
    p2p__kad_records_fini(&k->records);
    p2p__kad_table_fini(&k->table);
}

void p2p__kad_set_addrs(struct p2p__kad *k, const struct p2p__kad_addrs *addrs)
{
    k->own = *addrs;
}

void p2p__kad_met(struct p2p__kad *k, const struct p2p__kad_peer *peer,
                  p2p_ns now)
{
    const bool first = k->table.count == 0;

    if (peer->at.family != 0 && p2p__kad_table_met(&k->table, peer, now) == 0 &&
        first) {
        k->refresh_at = k->round_at = now; /* there is somebody to ask */
    }
}

void p2p__kad_moved(struct p2p__kad *k, p2p_ns now)
{
    p2p_ns at = p2p__ns_after(now, P2P__KAD_MOVE_WAIT);

    if (k->moved || k->refresh_at == P2P_NEVER) {
        return; /* that is to come anyway */
    }
    k->moved = true;
    at = p2p__max(at, p2p__ns_after(k->began, P2P__KAD_MOVE_EACH));
    k->round_at = p2p__ns_min(k->round_at, at);
    k->refresh_at = p2p__ns_min(k->refresh_at, at);
}

void p2p__kad_left(struct p2p__kad *k, const struct p2p_peer_id *id)
{
    p2p__kad_table_drop(&k->table, id);
}

/* Whether it was for want of room that nothing is kept here: it may be kept
 * elsewhere. */
static int without_us(int rv)
{
    return rv == P2P_ELIMIT || rv == P2P_ENOMEM ? 0 : rv;
}

/* Keeps here what is to be kept elsewhere, and has what is here found. 0, or
 * why the query makes no sense. */
static int begin_here(struct p2p__kad *k, const struct p2p__kad_want *want,
                      struct p2p__kad_query *q, p2p_ns now)
{
    struct p2p__kad_peer self = {.id = k->self, .addrs = k->own};
    struct p2p__kad_providers_walk walk;
    const struct p2p__kad_peer *peer;
    struct p2p__slice value;

    switch (want->goal) {
        case P2P__KAD_PUT:
            return without_us(p2p__kad_records_put(&k->records, NULL, want->key,
                                                   want->value, now));
        case P2P__KAD_PROVIDE:
            return without_us(
                p2p__kad_providers_add(&k->providers, want->key, &self, now));
        case P2P__KAD_FIND_VALUE:
            if (p2p__kad_validator_of(&k->validators, want->key) == NULL) {
                return P2P_ENOTSUP;
            }
            q->answers =
                p2p__kad_records_get(&k->records, want->key, &value, now);
            return q->answers > 0 ? p2p__kad_query_value(q, value) : 0;
        case P2P__KAD_FIND_PROVIDERS:
            p2p__kad_providers_walk_init(&walk, &k->providers, want->key, now);
            while ((peer = p2p__kad_providers_walk_next(&walk)) != NULL) {
                (void)p2p__kad_query_provider(q, peer);
            }
            return 0;
        default:
            return 0;
    }
}

/* Starts a query with those of the table that are nearest. */
static int start(struct p2p__kad *k, const struct p2p__kad_want *want,
                 uint64_t *number, p2p_ns now)
{
    const struct p2p__kad_entry *near[P2P__KAD_K];
    struct p2p__kad_query *q =
        p2p__kad_query_new(want, &k->self, &k->validators, now);
    int rv = q == NULL ? P2P_ENOMEM : begin_here(k, want, q, now);
    size_t n;

    if (rv != 0) {
        p2p__kad_query_free(q);
        return rv;
    }
    assert(k->number < CHECK - 1);
    q->number = *number = ++k->number;
    n = p2p__kad_table_seeds(&k->table, &q->lookup.target, near);
    for (size_t i = 0; i < n; i++) {
        p2p__kad_lookup_seed(&q->lookup, &near[i]->peer);
    }
    p2p__kad_table_looked(&k->table, &q->lookup.target, now);
    p2p__list_push(&k->queries, &q->link);
    k->n_queries++;
    return 0;
}

int p2p__kad_start(struct p2p__kad *k, const struct p2p__kad_want *want,
                   uint64_t *number, p2p_ns now)
{
    assert(want->goal != P2P__KAD_REFRESH);
    if (want->key.len == 0 ||
        (want->goal == P2P__KAD_PUT && want->value.len == 0)) {
        return P2P_EINVAL;
    }
    if (want->key.len > P2P__CAP_KAD_KEY_BYTES) {
        return P2P_ETOOBIG;
    }
    if (k->n_queries >= P2P__KAD_QUERIES) {
        return P2P_ELIMIT;
    }
    return start(k, want, number, now);
}

static struct p2p__kad_query *find(struct p2p__kad *k, uint64_t number)
{
    P2P__LIST_EACH (it, &k->queries) {
        if (of(it)->number == number) {
            return of(it);
        }
    }
    return NULL;
}

/* Takes a query off those that run; it is freed later. */
static void end(struct p2p__kad *k, struct p2p__kad_query *q)
{
    assert(k->n_queries > 0);
    k->n_queries--;
    p2p__list_remove(&q->link);
    p2p__list_push(&k->ended, &q->link);
    if (q->goal == P2P__KAD_REFRESH) {
        k->refreshing = false;
    }
}

void p2p__kad_cancel(struct p2p__kad *k, uint64_t number)
{
    struct p2p__kad_query *q = find(k, number);

    if (q != NULL) {
        end(k, q);
    }
}

static void tell_done(const struct p2p__kad_query *q, struct p2p__kad_ev *ev)
{
    const bool puts = q->goal == P2P__KAD_PUT || q->goal == P2P__KAD_PROVIDE;

    *ev = (struct p2p__kad_ev){.type = P2P__KAD_DONE,
                               .query = q->number,
                               .user = q->user,
                               .goal = q->goal,
                               .status = p2p__kad_query_status(q),
                               .addrs = &q->hearsay,
                               .count = puts ? q->kept : q->n_found};
    if (q->value != NULL) {
        ev->value = p2p__slice_of(q->value, q->value_len);
    }
}

/* After a lookup of ourselves all are known that are nearer than the farthest
 * of the k nearest. If there are fewer these are all that anybody told of. */
static void note_extent(struct p2p__kad *k, const struct p2p__kad_lookup *l)
{
    size_t n = 0;

    if (memcmp(&l->target, &k->table.key, sizeof l->target) != 0) {
        return;
    }
    k->extent = 0;
    for (size_t i = 0; i < l->n && k->extent == 0; i++) {
        const struct p2p__kad_candidate *c = l->sorted[i];

        n += c->state != P2P__KAD_FAILED && !c->crowd;
        if (n == P2P__KAD_K) {
            k->extent = p2p__kad_common(&k->table.key, &c->key) + 1;
        }
    }
}

/* The next event of one query. */
static bool next_of(struct p2p__kad *k, struct p2p__kad_query *q,
                    struct p2p__kad_ev *ev, p2p_ns now)
{
    const struct p2p__kad_peer *peer;
    bool awaits = false;

    *ev = (struct p2p__kad_ev){.type = P2P__KAD_PROVIDER,
                               .query = q->number,
                               .user = q->user,
                               .goal = q->goal};
    if (q->n_pulled < q->n_found) {
        ev->peer = &q->found[q->n_pulled++];
        return true;
    }
    peer = p2p__kad_query_next(q, &awaits, now);
    if (peer != NULL) {
        ev->type = P2P__KAD_ASK;
        ev->peer = peer;
        ev->awaits = awaits;
        return true;
    }
    if (p2p__kad_query_is_over(q)) {
        tell_done(q, ev);
        note_extent(k, &q->lookup);
        end(k, q);
        return true;
    }
    return false;
}

/* Asks somebody of whom nothing was heard whether it is there. */
static bool next_check(struct p2p__kad *k, struct p2p__kad_ev *ev, p2p_ns now)
{
    const struct p2p__kad_entry *e;

    if (!k->check_due) {
        return false;
    }
    assert(k->checked.len > 0);
    k->check_due = false;
    e = p2p__kad_table_find(&k->table, &k->checked);
    if (e == NULL) {
        k->checked.len = 0;
        k->check_ends = P2P_NEVER;
        return false;
    }
    k->check_ends = p2p__ns_after(now, P2P__KAD_ASK_TIMEOUT);
    *ev = (struct p2p__kad_ev){.type = P2P__KAD_ASK,
                               .query = CHECK,
                               .peer = &e->peer,
                               .awaits = true,
                               .check = true};
    return true;
}

/* A name in a bucket. False: none was found. */
static bool name_in(struct p2p__kad *k, unsigned bucket,
                    struct p2p_peer_id *name)
{
    struct p2p__kad_key key;

    *name = k->self;
    for (unsigned i = 0; i < TRIES; i++) {
        p2p__rng_fill(&k->rng, name->bytes + name->len - 8, 8);
        p2p__kad_key_of(name->bytes, name->len, &key);
        if (p2p__kad_common(&k->table.key, &key) == bucket) {
            return true;
        }
    }
    return false;
}

/* The bucket that is next in this round. False: none is left. */
static bool next_bucket(struct p2p__kad *k, unsigned *bucket)
{
    const unsigned depth = p2p__kad_table_depth(&k->table);

    if (k->extent > 0 || depth == 0) {
        return p2p__kad_table_dull(&k->table, k->began, k->extent, bucket);
    }
    /* All are known, if all tell each other: one somewhere is asked, so that
     * in the course of time each is, in case it knows others. */
    *bucket = (unsigned)p2p__rng_below(&k->rng, depth);
    return !k->strolled;
}

/* Goes on with a refresh, or waits for the next round. */
static void refresh(struct p2p__kad *k, p2p_ns now)
{
    struct p2p__kad_want want = {.goal = P2P__KAD_REFRESH};
    struct p2p_peer_id name = k->self;
    uint64_t number;
    unsigned bucket;

    if (k->refresh_at > now || k->refreshing) {
        return;
    }
    if (k->round_at <= now) { /* a new round begins with ourselves */
        k->began = now;
        k->round_at = p2p__ns_after(now, k->refresh);
        k->changes = k->table.changes;
        k->strolled = false;
        want.whole = k->moved;
        k->moved = false;
    } else if (!next_bucket(k, &bucket) || !name_in(k, bucket, &name)) {
        name.len = 0; /* nothing is left to do in this one */
    } else {
        k->strolled = true;
    }
    want.key = p2p__slice_of(name.bytes, name.len);
    if (name.len > 0 && start(k, &want, &number, now) == 0) {
        k->refreshing = true;
        return;
    }
    k->pause = k->changes != k->table.changes
                   ? k->refresh
                   : p2p__ns_min(2 * k->pause, P2P__KAD_CALM * k->refresh);
    /* Apart from each other, so that nodes do not ask all at once. */
    k->round_at = p2p__ns_after(
        now, k->pause - p2p__rng_below(&k->rng, k->pause / 4 + 1));
    if (k->moved) {
        k->round_at = p2p__ns_after(k->began, P2P__KAD_MOVE_EACH);
    }
    k->refresh_at = k->round_at;
}

/* The next event of any query. */
static bool next_of_all(struct p2p__kad *k, struct p2p__kad_ev *ev, p2p_ns now)
{
    P2P__LIST_EACH_SAFE (it, &k->queries) {
        if (next_of(k, of(it), ev, now)) {
            return true;
        }
    }
    return false;
}

bool p2p__kad_next(struct p2p__kad *k, struct p2p__kad_ev *ev, p2p_ns now)
{
    sweep(k);
    if (next_check(k, ev, now)) {
        return true;
    }
    while (next_of_all(k, ev, now)) {
        if (ev->type != P2P__KAD_DONE || ev->goal != P2P__KAD_REFRESH) {
            return true;
        }
        refresh(k, now); /* the next bucket */
    }
    return false;
}

void p2p__kad_request(const struct p2p__kad *k, const struct p2p__kad_ev *ev,
                      struct p2p__pbw *w)
{
    const struct p2p__kad_msg check = {.type = P2P__KAD_PING};

    assert(ev->type == P2P__KAD_ASK);
    if (ev->query == CHECK) {
        p2p__kad_msg_write(w, &check);
        return;
    }
    P2P__LIST_EACH (it, &k->queries) {
        if (of(it)->number == ev->query) {
            p2p__kad_query_write(of(it), &k->self, &k->own, w);
        }
    }
}

/* A peer answered: it is in the table, or comes in. */
static void heard(struct p2p__kad *k, struct p2p__kad_query *q,
                  const struct p2p__kad_peer *peer, p2p_ns now)
{
    struct p2p__kad_peer met = *peer;

    if (p2p__kad_table_heard(&k->table, &peer->id, now) || q == NULL) {
        return;
    }
    for (size_t i = 0; i < q->lookup.n; i++) {
        if (p2p_peer_id_equal(&q->lookup.sorted[i]->peer.id, &peer->id)) {
            met.addrs = q->lookup.sorted[i]->peer.addrs;
            p2p__kad_met(k, &met, now);
            return;
        }
    }
}

/* A refresh is for the table's sake: of whom that has no need is noted. */
static void note_spare(const struct p2p__kad *k, struct p2p__kad_query *q,
                       p2p_ns now)
{
    for (size_t i = 0; i < q->lookup.n; i++) {
        struct p2p__kad_candidate *c = q->lookup.sorted[i];

        c->spare = c->spare || !p2p__kad_table_wants(&k->table, &c->key, now);
    }
}

/* The question whether somebody is there is over: who is the next one? */
static void end_check(struct p2p__kad *k, p2p_ns now)
{
    const struct p2p__kad_entry *silent = p2p__kad_table_unheard(
        &k->table, now - p2p__ns_min(now, 2 * k->refresh));

    k->checked = silent != NULL ? silent->peer.id : (struct p2p_peer_id){0};
    k->check_due = silent != NULL;
    k->check_ends = P2P_NEVER;
}

void p2p__kad_answered(struct p2p__kad *k, uint64_t query,
                       const struct p2p__kad_peer *peer, struct p2p__slice msg,
                       p2p_ns now)
{
    struct p2p__kad_query *q = find(k, query);
    struct p2p__kad_msg answer;

    if (msg.len > 0 && p2p__kad_msg_read(msg, &answer) != 0) {
        p2p__kad_failed(k, query, &peer->id, now);
        return;
    }
    heard(k, q, peer, now);
    if (query == CHECK) {
        end_check(k, now);
    } else if (q != NULL) {
        p2p__kad_query_answered(q, peer, msg.len > 0 ? &answer : NULL);
        if (q->goal == P2P__KAD_REFRESH) {
            note_spare(k, q, now);
        }
    }
}

void p2p__kad_failed(struct p2p__kad *k, uint64_t query,
                     const struct p2p_peer_id *id, p2p_ns now)
{
    struct p2p__kad_query *q = find(k, query);
    const bool waited = query == CHECK
                            ? p2p_peer_id_equal(&k->checked, id)
                            : q != NULL && p2p__kad_query_failed(q, id);

    if (waited) { /* else that was told before */
        p2p__kad_table_failed(&k->table, id);
    }
    if (query == CHECK) {
        end_check(k, now);
    }
}

void p2p__kad_not_asked(struct p2p__kad *k, uint64_t query,
                        const struct p2p_peer_id *id, p2p_ns now)
{
    struct p2p__kad_query *q = find(k, query);

    if (q != NULL) {
        (void)p2p__kad_query_failed(q, id);
    }
    if (query == CHECK) { /* not before the next time */
        k->checked.len = 0;
        k->check_ends = P2P_NEVER;
        k->check_at = p2p__ns_after(now, k->refresh);
    }
}

p2p_ns p2p__kad_deadline(const struct p2p__kad *k)
{
    p2p_ns at =
        p2p__ns_min(k->refreshing ? P2P_NEVER : k->refresh_at, k->check_ends);

    at = p2p__ns_min(at, k->checked.len == 0 ? k->check_at : P2P_NEVER);

    at = p2p__ns_min(at, p2p__kad_records_deadline(&k->records));
    at = p2p__ns_min(at, p2p__kad_providers_deadline(&k->providers));
    P2P__LIST_EACH (it, &k->queries) {
        at = p2p__ns_min(at, p2p__kad_query_deadline(of(it)));
    }
    return at;
}

void p2p__kad_expire(struct p2p__kad *k, p2p_ns now)
{
    p2p__kad_records_expire(&k->records, now);
    p2p__kad_providers_expire(&k->providers, now);
    P2P__LIST_EACH_SAFE (it, &k->queries) {
        const struct p2p_peer_id *id = p2p__kad_query_expire(of(it), now);

        while (id != NULL) {
            p2p__kad_table_failed(&k->table, id);
            id = p2p__kad_query_expire(of(it), now);
        }
    }
    if (k->check_at <= now && k->checked.len == 0) {
        k->check_at = p2p__ns_after(now, k->refresh);
        end_check(k, now);
    }
    if (k->check_ends <= now) {
        p2p__kad_failed(k, CHECK, &k->checked, now);
    }
    refresh(k, now);
}
