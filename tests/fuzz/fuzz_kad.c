/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Kademlia, by the first byte. A message, and a walk over its peers. A routing
 * table: two bytes a step. A lookup: three bytes a step, with peers that
 * answer, do not, and tell of others; it ends in time. A node: messages behind
 * a byte that says who sends them, and whether they are requests or answers.
 */
#include "made_peer.h"
#include "proto/kad/kad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Eight messages of the longest that a node is given, or fifty short ones. */
#define INPUT_MAX 2000

/* A table or a lookup knows 256 peers; so many steps fill and empty it. */
#define STEPS_MAX 150

static void walk_over(const struct p2p__kad_msg *msg, enum p2p__kad_list list,
                      uint8_t whose)
{
    struct p2p__kad_walk walk;
    struct p2p__kad_peer peer;
    struct p2p__addr at;
    size_t n = 0;

    p2p__kad_walk_init(&walk, msg, list, (enum p2p__addr_class)(whose % 4));
    while (p2p__kad_walk_next(&walk, &peer)) {
        n++;
        must(peer.id.len > 0);
        must(peer.addrs.count <= P2P__CAP_KAD_PEER_ADDRS);
        must(peer.addrs.len <= sizeof peer.addrs.bytes);
        (void)p2p__kad_addrs_public(&peer.addrs, &at);
    }
    must(n <= P2P__CAP_KAD_PROVIDERS);
}

static void message(const uint8_t *data, size_t size)
{
    static uint8_t again[1U << 17];
    struct p2p__kad_msg msg, same;
    struct p2p__pbw w;
    int len;

    if (size == 0 ||
        p2p__kad_msg_read(p2p__slice_of(data + 1, size - 1), &msg) != 0) {
        return;
    }
    walk_over(&msg, P2P__KAD_CLOSER, data[0]);
    walk_over(&msg, P2P__KAD_PROVIDERS, data[0]);
    p2p__pbw_init(&w, again, sizeof again);
    p2p__kad_msg_write(&w, &msg);
    len = p2p__pbw_end(&w);
    if (len > 0) {
        const size_t head = len - 1 < 0x80 ? 1 : len - 2 < 0x4000 ? 2 : 3;

        must(p2p__kad_msg_read(p2p__slice_of(again + head, (size_t)len - head),
                               &same) == 0);
        must(same.type == msg.type && same.key.len == msg.key.len &&
             same.value.len == msg.value.len);
    }
}

/* A peer of a byte, at one of four networks. */
static struct p2p__kad_peer peer_of(uint8_t n)
{
    return (struct p2p__kad_peer){
        .id = made_peer(n),
        .at = {.family = 4, .ip = {n % 4 == 0 ? 10 : 8, n % 4}}};
}

static void table(const uint8_t *data, size_t size)
{
    const struct p2p_peer_id self = made_peer(256);
    const struct p2p__kad_entry *near[P2P__KAD_K];
    struct p2p__kad_table t;
    p2p_ns now = 1;

    p2p__kad_table_init(&t, &self, &(struct p2p__kad_table_limits){0});
    for (size_t i = 0; i + 1 < size && i < 2 * STEPS_MAX; i += 2) {
        const struct p2p__kad_peer peer = peer_of(data[i + 1]);
        struct p2p__kad_key key;
        const unsigned end = data[i + 1] % 16;
        unsigned bucket;

        now += P2P__SEC(data[i] >> 2);
        switch (data[i] % 4) {
            case 0:
                p2p__kad_table_failed(&t, &peer.id);
                break;
            case 1:
                p2p__kad_table_drop(&t, &peer.id);
                break;
            default:
                (void)p2p__kad_table_met(&t, &peer, now);
                break;
        }
        p2p__kad_key_of(peer.id.bytes, peer.id.len, &key);
        must(t.count <= 256);
        if (data[i] >= 192 || i + 3 >= size) {
            must(p2p__kad_table_nearest(&t, &key, NULL, near) <= t.count);
        }
        must(!p2p__kad_table_wants(&t, &key, now) ||
             p2p__kad_table_find(&t, &peer.id) == NULL);
        if (p2p__kad_table_dull(&t, now, end, &bucket)) {
            must(bucket < end && bucket < p2p__kad_table_depth(&t) &&
                 bucket <= P2P__KAD_REFRESH_BITS);
            p2p__kad_table_looked(&t, &key, now);
        }
    }
    p2p__kad_table_fini(&t);
}

/* What becomes of one who was asked. */
static void decide(struct p2p__kad_lookup *l, struct p2p__kad_candidate *c,
                   uint8_t how, uint8_t from)
{
    if (how % 4 == 0) {
        p2p__kad_lookup_failed(l, &c->peer.id);
    } else if (how % 4 != 1) {
        must(p2p__kad_lookup_answered(l, &c->peer.id) == c);
        for (uint8_t i = 0; i < how >> 2; i++) {
            struct p2p__kad_peer other = peer_of((uint8_t)(from + i));

            p2p__kad_lookup_offer(l, c, &other);
        }
    } /* else it is silent */
}

static void lookup(const uint8_t *data, size_t size)
{
    static struct p2p__kad_lookup l;
    const struct p2p_peer_id self = made_peer(256);
    struct p2p__kad_candidate *keepers[P2P__KAD_KEEPERS];
    struct p2p__kad_key target;
    p2p_ns now = 1;
    bool answered = false;
    size_t n;

    p2p__kad_key_of(data, size > 0 ? 1 : 0, &target);
    p2p__kad_lookup_init(&l, &target, &self, now);
    for (size_t i = 0; i + 2 < size && i < 3 * STEPS_MAX; i += 3) {
        const struct p2p__kad_peer peer = peer_of(data[i]);
        struct p2p__kad_candidate *c;

        if (data[i + 1] % 5 == 0) {
            p2p__kad_lookup_seed(&l, &peer);
        }
        c = p2p__kad_lookup_next(&l, now);
        if (c != NULL) {
            decide(&l, c, data[i + 1], data[i + 2]);
        } else {
            must(p2p__kad_lookup_deadline(&l) <= P2P__KAD_LOOKUP_TIMEOUT + 1);
            now = p2p__max(now, p2p__kad_lookup_deadline(&l));
        }
        while (p2p__kad_lookup_expire(&l, now) != NULL) {
        }
        must(l.n + l.n_free == P2P__KAD_CANDIDATES);
    }
    n = p2p__kad_lookup_keepers(&l, keepers);
    for (size_t i = 0; i < l.n; i++) {
        answered = answered || l.sorted[i]->state == P2P__KAD_ANSWERED;
    }
    must(n <= P2P__KAD_KEEPERS && (n > 0) == answered);
    for (unsigned path = 0; path < P2P__KAD_PATHS; path++) {
        must(l.asked[path] <= P2P__CAP_KAD_ASKS);
    }
}

static bool any_valid(void *user, struct p2p__slice key,
                      struct p2p__slice value)
{
    (void)user;
    return value.len > 0 && value.len < key.len + 8;
}

static bool any_better(void *user, struct p2p__slice key,
                       struct p2p__slice value, struct p2p__slice than)
{
    (void)user;
    (void)key;
    return value.len > than.len;
}

/* Starts a query of the goal and key of a byte. */
static void query(struct p2p__kad *k, uint8_t n, p2p_ns now)
{
    static uint8_t key[] = "/any/x";
    struct p2p__kad_want want = {.goal = (enum p2p__kad_goal)(1 + n % 5),
                                 .key = p2p__slice_of(key, sizeof key - 1),
                                 .value = p2p__slice_of(&n, 1)};
    const struct p2p_peer_id id = made_peer(n);
    uint64_t number;

    key[5] = n >> 6;
    if (want.goal == P2P__KAD_FIND_PEER) {
        want.key = p2p__slice_of(id.bytes, id.len);
    }
    if (p2p__kad_start(k, &want, &number, now) == 0 && n % 7 == 0) {
        p2p__kad_cancel(k, number);
    }
}

/* What the node wants; the last question that is open. */
static uint64_t pull(struct p2p__kad *k, p2p_ns now, struct p2p__kad_peer *whom)
{
    static uint8_t out[P2P__CAP_KAD_REQUEST_BYTES];
    uint64_t number = 0;
    struct p2p__kad_ev ev;
    struct p2p__pbw w;

    while (p2p__kad_next(k, &ev, now)) {
        if (ev.type == P2P__KAD_ASK) {
            p2p__pbw_init(&w, out, sizeof out);
            p2p__kad_request(k, &ev, &w);
            must(p2p__pbw_end(&w) > 0);
            number = ev.query;
            *whom = *ev.peer;
        }
    }
    return number;
}

/* One step: a request of somebody, or an answer of who was asked last. */
static void step(struct p2p__kad *k, uint8_t how, struct p2p__slice msg,
                 p2p_ns now)
{
    static uint8_t page[P2P__CAP_KAD_PAGE_BYTES + 64];
    const struct p2p__kad_peer from = peer_of(how >> 2);
    struct p2p__kad_peer whom = from;
    struct p2p__pbw w;
    uint64_t number;

    if (how % 4 == 0) {
        p2p__kad_met(k, &from, now);
        query(k, how, now);
    }
    number = pull(k, now, &whom);
    if (how % 4 == 1) {
        p2p__kad_failed(k, number, &whom.id, now);
    } else if (how % 4 == 2) {
        whom.at = from.at;
        p2p__kad_answered(k, number, &whom, msg, now);
    } else {
        p2p__pbw_init(&w, page, sizeof page);
        if (p2p__kad_serve(k, &from, msg, &w, now) == 0) {
            must(p2p__pbw_end(&w) > 0);
        }
    }
}

static void node(const uint8_t *data, size_t size)
{
    struct p2p__kad_cfg cfg = {
        .self = made_peer(256),
        .records = {.records = 8, .records_per_peer = 3},
        .providers = {.providers = 16, .per_key = 4, .keys_of_peer = 3},
        .seed = {1, 2},
        .random = 3};
    const struct p2p__kad_validator any = {
        .ns = "any", .valid = any_valid, .better = any_better};
    struct p2p__quota quota;
    struct p2p__kad_peer whom;
    struct p2p__kad k;
    p2p_ns now = 1;

    p2p__quota_init(&quota, NULL, "host");
    cfg.quota = &quota;
    must(p2p__kad_validators_add(&cfg.validators, &any) == 0);
    p2p__kad_init(&k, &cfg, now);
    for (size_t i = 0; i + 1 < size; i += 2 + (size_t)data[i + 1]) {
        const size_t len = p2p__min(data[i + 1], size - i - 2);

        step(&k, data[i], p2p__slice_of(data + i + 2, len), now);
        if (data[i] % 8 == 7) {
            now = p2p__max(now, p2p__kad_deadline(&k));
            p2p__kad_expire(&k, now);
        }
        (void)pull(&k, now, &whom);
        must(k.records.count - k.records.ours <= 8 && k.records.ours <= 8 &&
             k.providers.count - k.providers.ours <= 16);
        must(k.n_queries <= P2P__KAD_QUERIES + 1);
    }
    p2p__kad_fini(&k);
    p2p__quota_fini(&quota); /* all was given back */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        size = p2p__min(size, INPUT_MAX);
        (data[0] % 4 == 0   ? message
         : data[0] % 4 == 1 ? table
         : data[0] % 4 == 2 ? lookup
                            : node)(data + 1, size - 1);
    }
    return 0;
}
