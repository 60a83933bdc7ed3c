/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node of the DHT keeps for others, and what it does not. */
#include "ident/record.h"
#include "made_peer.h"
#include "proto/kad/providers.h"
#include "proto/kad/records.h"
#include "unit.h"

#include <stdio.h>

static struct p2p__slice text(const char *s)
{
    return p2p__slice_of(s, strlen(s));
}

/* Anything is a value of the namespace "any"; the longer one is better. */
static bool any_valid(void *user, struct p2p__slice key,
                      struct p2p__slice value)
{
    (void)user;
    (void)key;
    return value.len > 0 && value.p[0] != '!';
}

static bool any_better(void *user, struct p2p__slice key,
                       struct p2p__slice value, struct p2p__slice than)
{
    (void)user;
    (void)key;
    return value.len > than.len;
}

static const struct p2p__kad_validator any = {.ns = "any",
                                              .valid = any_valid,
                                              .better = any_better};

struct fixture {
    struct p2p__quota quota;
    struct p2p__kad_validators validators;
    struct p2p__kad_records r;
    struct p2p__kad_providers p;
};

static void init(struct fixture *f, struct p2p__kad_records_limits rl,
                 struct p2p__kad_providers_limits pl)
{
    struct p2p__kad_records_cfg rc = {.limits = rl,
                                      .validators = &f->validators,
                                      .quota = &f->quota,
                                      .seed = {1, 2}};
    const struct p2p__kad_providers_cfg pc = {.self = made_peer(9999999),
                                              .limits = pl,
                                              .quota = &f->quota,
                                              .seed = {1, 2}};

    memset(f, 0, sizeof *f);
    p2p__quota_init(&f->quota, NULL, "host");
    assert_int_equal(p2p__kad_validators_add(&f->validators, &any), 0);
    p2p__kad_records_init(&f->r, &rc);
    p2p__kad_providers_init(&f->p, &pc);
}

static void fini(struct fixture *f)
{
    p2p__kad_records_fini(&f->r);
    p2p__kad_providers_fini(&f->p);
    p2p__quota_fini(&f->quota); /* all was given back */
}

#define DEFAULT_LIMITS                                                      \
    (struct p2p__kad_records_limits){0}, (struct p2p__kad_providers_limits) \
    {                                                                       \
        0                                                                   \
    }

/* The peer of a number, at the address of another. */
static struct p2p__kad_peer at_site(uint32_t n, uint32_t site)
{
    return (struct p2p__kad_peer){
        .id = made_peer(n),
        .at = {.family = 4,
               .ip = {10, (uint8_t)(site >> 16), (uint8_t)(site >> 8),
                      (uint8_t)site}}};
}

static int put(struct fixture *f, uint32_t from, const char *key,
               const char *value, p2p_ns now)
{
    const struct p2p__kad_peer peer = at_site(from, from);

    return p2p__kad_records_put(&f->r, &peer, text(key), text(value), now);
}

/* Whether a key has a value. */
static bool has(const struct fixture *f, const char *key, const char *value,
                p2p_ns now)
{
    struct p2p__slice got;

    return p2p__kad_records_get(&f->r, text(key), &got, now) &&
           got.len == strlen(value) && memcmp(got.p, value, got.len) == 0;
}

static void test_the_better_value_stays(void **state)
{
    struct fixture f;

    (void)state;
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(put(&f, 1, "/any/a", "one", 1), 0);
    assert_true(has(&f, "/any/a", "one", 1));
    assert_int_equal(put(&f, 2, "/any/a", "a1", 1), P2P_EEXIST);
    assert_int_equal(put(&f, 2, "/any/a", "longer", 1), 0);
    assert_true(has(&f, "/any/a", "longer", 1));
    assert_int_equal(put(&f, 1, "/any/a", "one", 1), P2P_EEXIST);
    assert_int_equal(f.r.count, 1);
    assert_false(has(&f, "/any/b", "longer", 1));
    fini(&f);
}

static void test_records_end(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_TTL_S, 48 * 3600);
    init(&f, DEFAULT_LIMITS);
    assert_true(p2p__kad_records_deadline(&f.r) == P2P_NEVER);
    (void)put(&f, 1, "/any/a", "one", P2P__SEC(1));
    assert_true(p2p__kad_records_deadline(&f.r) == P2P__SEC(172801));
    (void)put(&f, 2, "/any/a", "one", P2P__SEC(11)); /* lasts longer */
    assert_false(has(&f, "/any/a", "one", P2P__SEC(172811)));
    p2p__kad_records_expire(&f.r, P2P__SEC(172810));
    assert_int_equal(f.r.count, 1);
    p2p__kad_records_expire(&f.r, P2P__SEC(172811));
    assert_int_equal(f.r.count, 0);
    fini(&f);
}

static void test_T32_what_is_not_valid_is_not_kept(void **state)
{
    struct fixture f;
    char key[300] = "/any/";

    (void)state;
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(put(&f, 1, "/any/a", "!", 1), P2P_EFORMAT);
    assert_int_equal(put(&f, 1, "/other/a", "v", 1), P2P_ENOTSUP);
    assert_int_equal(put(&f, 1, "any/a", "v", 1), P2P_ENOTSUP);
    assert_int_equal(put(&f, 1, "/any/", "v", 1), P2P_ENOTSUP);
    assert_int_equal(put(&f, 1, "/anything/a", "v", 1), P2P_ENOTSUP);
    memset(key + 5, 'k', 252);
    assert_int_equal(put(&f, 1, key, "v", 1), P2P_ETOOBIG);
    assert_int_equal(f.r.count, 0);
    fini(&f);
}

static void test_T32_values_have_a_length(void **state)
{
    static char value[8194];
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_VALUE_BYTES, 8192);
    init(&f, DEFAULT_LIMITS);
    memset(value, 'v', 8193);
    assert_int_equal(put(&f, 1, "/any/a", value, 1), P2P_ETOOBIG);
    value[8192] = '\0';
    assert_int_equal(put(&f, 1, "/any/a", value, 1), 0);
    fini(&f);
}

static void test_T32_records_of_a_peer_have_a_cap(void **state)
{
    const struct p2p__slice key = text("/any/ours");
    struct fixture f;
    char name[32];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_RECORDS_PER_PEER, 32);
    init(&f, DEFAULT_LIMITS);
    for (int i = 0; i < 32; i++) {
        (void)snprintf(name, sizeof name, "/any/%d", i);
        assert_int_equal(put(&f, 1, name, "v", 1), 0);
    }
    assert_int_equal(put(&f, 1, "/any/more", "v", 1), P2P_ELIMIT);
    assert_int_equal(put(&f, 2, "/any/more", "v", 1), 0);
    assert_int_equal(p2p__kad_records_put(&f.r, NULL, key, text("v"), 1), 0);
    fini(&f);
}

static void test_T32_the_farthest_record_goes(void **state)
{
    struct p2p__kad_key far, at;
    struct fixture f;
    char name[32], first[32] = "";

    (void)state;
    assert_int_equal(P2P__CAP_KAD_RECORDS, 1024);
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 1024; i++) {
        (void)snprintf(name, sizeof name, "/any/%u", i);
        assert_int_equal(put(&f, i / 16, name, "v", 1), 0);
        p2p__kad_key_of(name, strlen(name), &at);
        if (first[0] == '\0' ||
            p2p__kad_compare(&f.r.cfg.self, &at, &far) > 0) {
            far = at;
            memcpy(first, name, sizeof first);
        }
    }
    for (uint32_t i = 2000; f.r.count == 1024; i++) {
        (void)snprintf(name, sizeof name, "/any/%u", i);
        p2p__kad_key_of(name, strlen(name), &at);
        if (p2p__kad_compare(&f.r.cfg.self, &at, &far) > 0) {
            assert_int_equal(put(&f, i, name, "v", 1), P2P_ELIMIT);
        } else {
            assert_true(has(&f, first, "v", 1));
            assert_int_equal(put(&f, i, name, "v", 1), 0);
            break;
        }
    }
    assert_false(has(&f, first, "v", 1));
    assert_true(has(&f, name, "v", 1));
    fini(&f);
}

static void test_T32_bytes_of_records_have_a_cap(void **state)
{
    static char value[8193];
    struct fixture f;
    uint32_t in = 0;
    char name[32];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_RECORDS_BYTES, 4 << 20);
    init(&f, DEFAULT_LIMITS);
    memset(value, 'v', 8192);
    for (uint32_t i = 0; i < 600; i++) {
        (void)snprintf(name, sizeof name, "/any/%u", i);
        in += put(&f, i, name, value, 1) == 0;
    }
    assert_true(in >= 500);
    assert_true(f.quota.used[P2P__Q_MEMORY] <= 4 << 20);
    assert_true(f.r.count < 512);
    fini(&f);
}

static void test_the_quota_is_asked(void **state)
{
    struct fixture f;

    (void)state;
    init(&f, DEFAULT_LIMITS);
    f.quota.limit[P2P__Q_MEMORY] = 10;
    assert_int_equal(put(&f, 1, "/any/a", "v", 1), P2P_ELIMIT);
    fini(&f);
}

/* A key "/NS/ID". */
static struct p2p__slice about(const char *front, const struct p2p_peer_id *id)
{
    static uint8_t key[64];

    memcpy(key, front, strlen(front));
    memcpy(key + strlen(front), id->bytes, id->len);
    return p2p__slice_of(key, strlen(front) + id->len);
}

static void test_T32_a_public_key_is_its_peers(void **state)
{
    struct p2p_key *key, *other;
    struct p2p__kad_peer from = {0};
    struct p2p_peer_id *id = &from.id;
    struct fixture f;
    const uint8_t *pub;
    size_t len;

    (void)state;
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &key), 0);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &other), 0);
    pub = p2p_key_public(key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, id), 0);
    assert_int_equal(p2p__kad_records_put(&f.r, &from, about("/pk/", id),
                                          p2p__slice_of(pub, len), 1),
                     0);
    pub = p2p_key_public(other, &len);
    assert_int_equal(p2p__kad_records_put(&f.r, &from, about("/pk/", id),
                                          p2p__slice_of(pub, len), 1),
                     P2P_EFORMAT);
    p2p_key_free(key);
    p2p_key_free(other);
    fini(&f);
}

/* Puts a record of `key`'s peer as that of another. */
static int put_record(struct fixture *f, const struct p2p_key *key,
                      const struct p2p_peer_id *whose, uint64_t seq)
{
    const struct p2p__record_content content = {.seq = seq};
    const struct p2p__kad_peer from = {.id = *whose};
    uint8_t sealed[512];
    const int len = p2p__record_seal(key, &content, sealed, sizeof sealed);

    assert_true(len > 0);
    return p2p__kad_records_put(&f->r, &from, about("/peer/", whose),
                                p2p__slice_of(sealed, (size_t)len), 1);
}

static void test_T32_a_peer_record_is_its_peers(void **state)
{
    struct p2p_key *key, *other;
    struct p2p_peer_id id;
    struct fixture f;
    const uint8_t *pub;
    size_t len;

    (void)state;
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &key), 0);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &other), 0);
    pub = p2p_key_public(key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &id), 0);
    assert_int_equal(put_record(&f, other, &id, 9), P2P_EFORMAT);
    assert_int_equal(put_record(&f, key, &id, 5), 0);
    assert_int_equal(put_record(&f, key, &id, 4), P2P_EEXIST); /* T19 */
    assert_int_equal(put_record(&f, key, &id, 6), 0);
    p2p_key_free(key);
    p2p_key_free(other);
    fini(&f);
}

static void test_namespaces_are_taken_once(void **state)
{
    static const char *const wrong[] = {"pk", "peer", "any", "", "a/b"};
    struct p2p__kad_validator one = any;
    struct fixture f;
    char name[16];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_VALIDATORS, 16);
    init(&f, DEFAULT_LIMITS);
    for (size_t i = 0; i < P2P__COUNT(wrong); i++) {
        one.ns = wrong[i];
        assert_int_equal(p2p__kad_validators_add(&f.validators, &one),
                         P2P_EINVAL);
    }
    for (int i = 1; i < 16; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        one.ns = name;
        f.validators.own[f.validators.n++] = one;
    }
    one.ns = "more";
    assert_int_equal(p2p__kad_validators_add(&f.validators, &one), P2P_ELIMIT);
    f.validators.n = 1;
    fini(&f);
}

/* A peer provides a key: at a private address, or at 8.b.x.x. */
static int provide(struct fixture *f, uint32_t n, const char *key, uint8_t b,
                   p2p_ns now)
{
    const struct p2p__kad_peer peer = {
        .id = made_peer(n),
        .at = {.family = 4, .ip = {b == 0 ? 10 : 8, b, 1, 1}}};

    return p2p__kad_providers_add(&f->p, text(key), &peer, now);
}

/* How many provide a key, and who is told of first. */
static size_t providers(const struct fixture *f, const char *key, p2p_ns now,
                        struct p2p_peer_id *first)
{
    struct p2p__kad_providers_walk walk;
    const struct p2p__kad_peer *peer;
    size_t n = 0;

    p2p__kad_providers_walk_init(&walk, &f->p, text(key), now);
    while ((peer = p2p__kad_providers_walk_next(&walk)) != NULL) {
        if (n++ == 0 && first != NULL) {
            *first = peer->id;
        }
    }
    return n;
}

static void test_who_provides_is_told(void **state)
{
    const struct p2p_peer_id two = made_peer(2), one = made_peer(1);
    struct p2p_peer_id first;
    struct fixture f;

    (void)state;
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(providers(&f, "a", 1, NULL), 0);
    assert_int_equal(provide(&f, 1, "a", 0, P2P__SEC(1)), 0);
    assert_int_equal(provide(&f, 2, "a", 0, P2P__SEC(2)), 0);
    assert_int_equal(providers(&f, "a", P2P__SEC(3), &first), 2);
    assert_true(p2p_peer_id_equal(&first, &two)); /* the newest */
    assert_int_equal(provide(&f, 1, "a", 0, P2P__SEC(3)), 0);
    assert_int_equal(providers(&f, "a", P2P__SEC(3), &first), 2);
    assert_true(p2p_peer_id_equal(&first, &one));
    assert_true(p2p__kad_providers_deadline(&f.p) == P2P__SEC(172802));
    assert_int_equal(providers(&f, "a", P2P__SEC(172802), NULL), 1);
    p2p__kad_providers_expire(&f.p, P2P__SEC(172802));
    assert_int_equal(f.p.count, 1);
    p2p__kad_providers_expire(&f.p, P2P__SEC(172803));
    assert_int_equal(f.p.count, 0);
    assert_int_equal(f.p.map.count, 0);
    assert_int_equal(provide(&f, 1, "", 0, 1), P2P_ETOOBIG);
    fini(&f);
}

static void test_T32_providers_of_a_key_have_a_cap(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_PER_KEY, 32);
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(provide(&f, i, "a", 0, 1), 0);
    }
    assert_int_equal(provide(&f, 99, "a", 0, 1), P2P_ELIMIT);
    assert_int_equal(provide(&f, 3, "a", 0, 2), 0); /* it is there */
    assert_int_equal(provide(&f, 99, "b", 0, 1), 0);
    fini(&f);
}

static void test_T32_one_network_provides_a_key_a_few_times(void **state)
{
    const struct p2p_peer_id last = made_peer(49);
    struct p2p_peer_id first;
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_KEY_GROUP, 3);
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(provide(&f, 100, "a", 9, 1), 0);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(provide(&f, i, "a", 8, 1 + i), 0);
    }
    assert_int_equal(providers(&f, "a", 60, &first), 4);
    assert_true(p2p_peer_id_equal(&first, &last));
    fini(&f);
}

static void test_T32_keys_of_a_peer_have_a_cap(void **state)
{
    struct fixture f;
    char name[32];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_KEYS_OF_PEER, 256);
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 256; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        assert_int_equal(provide(&f, 1, name, 0, 1), 0);
        assert_int_equal(provide(&f, 9999999, name, 0, 1), 0);
    }
    assert_int_equal(provide(&f, 1, "more", 0, 1), P2P_ELIMIT);
    assert_int_equal(provide(&f, 9999999, "more", 0, 1), 0); /* we */
    assert_int_equal(f.p.map.count, 257);
    fini(&f);
}

/* A peer provides a key from the address of a site. */
static int provide_from(struct fixture *f, uint32_t n, uint32_t site,
                        const char *key)
{
    const struct p2p__kad_peer peer = at_site(n, site);

    return p2p__kad_providers_add(&f->p, text(key), &peer, 1);
}

/* Many ids at one address do not fill what there is room for. */
static void test_T32_one_address_has_a_share_of_providers(void **state)
{
    struct p2p__kad_peer six = {.id = made_peer(1), .at = {.family = 6}};
    struct fixture f;
    uint32_t in = 0;
    char name[32];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_PROVIDED_PER_ADDR, 512);
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 4096; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        in += provide_from(&f, i / 256, 7, name) == 0;
    }
    assert_int_equal(in, 512);
    assert_int_equal(provide_from(&f, 0, 7, "0"), 0); /* it is there */
    /* Who comes from elsewhere counts there: it leaves its place. */
    assert_int_equal(provide_from(&f, 0, 8, "0"), 0);
    assert_int_equal(provide_from(&f, 99, 7, "x"), 0);
    assert_int_equal(provide_from(&f, 0, 7, "0"), P2P_ELIMIT);
    /* Of IPv6 a /64 is one. */
    for (uint32_t i = 0; i < 520; i++) {
        six.id = made_peer(1000 + i);
        six.at.ip[15] = (uint8_t)i;
        (void)snprintf(name, sizeof name, "six %u", i);
        assert_int_equal(p2p__kad_providers_add(&f.p, text(name), &six, 1),
                         i < 512 ? 0 : P2P_ELIMIT);
    }
    fini(&f);
}

static void test_T32_one_address_has_a_share_of_records(void **state)
{
    struct fixture f;
    uint32_t in = 0;
    char name[32];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_RECORDS_PER_ADDR, 128);
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 1024; i++) {
        const struct p2p__kad_peer peer = at_site(i / 32, 7);

        (void)snprintf(name, sizeof name, "/any/%u", i);
        in += p2p__kad_records_put(&f.r, &peer, text(name), text("v"), 1) == 0;
    }
    assert_int_equal(in, 128);
    assert_int_equal(put(&f, 8, "/any/x", "v", 1), 0);
    fini(&f);
}

static int put_ours(struct fixture *f, const char *key, const char *value)
{
    return p2p__kad_records_put(&f->r, NULL, text(key), text(value), 1);
}

/* Others' records keep none of ours out, nor the other way. */
static void test_T32_our_records_are_apart(void **state)
{
    struct fixture f;
    char name[32];

    (void)state;
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 1024; i++) {
        (void)snprintf(name, sizeof name, "/any/%u", i);
        assert_int_equal(put(&f, i, name, "v", 1), 0);
    }
    for (uint32_t i = 0; i < 1024; i++) {
        (void)snprintf(name, sizeof name, "/any/ours%u", i);
        assert_int_equal(put_ours(&f, name, "v"), 0);
    }
    assert_int_equal(f.r.count, 2048);
    assert_int_equal(f.r.ours, 1024);
    assert_int_equal(put_ours(&f, "/any/more", "v"), P2P_ELIMIT);
    assert_int_equal(put_ours(&f, "/any/ours7", "vv"), 0);      /* its place */
    assert_int_equal(put(&f, 5000, "/any/ours7", "vvv", 1), 0); /* better */
    assert_true(has(&f, "/any/ours7", "vvv", 1));
    assert_int_equal(f.r.ours, 1023);
    fini(&f);
}

/* Who has as many as it may renews what it has, and what cannot come in takes
 * nothing away. */
static void test_what_is_kept_is_renewed_or_stays(void **state)
{
    static char value[8193];
    struct p2p__kad_records_limits few = {.bytes = 10000};
    struct fixture f;
    char name[32];

    (void)state;
    init(&f, DEFAULT_LIMITS);
    for (int i = 0; i < 32; i++) {
        (void)snprintf(name, sizeof name, "/any/%d", i);
        assert_int_equal(put(&f, 1, name, "a", 1), 0);
    }
    assert_int_equal(put(&f, 1, name, "bb", 1), 0);
    assert_int_equal(put(&f, 2, name, "ccc", 1), 0);
    assert_int_equal(put(&f, 1, "/any/one more", "a", 1), 0);
    assert_int_equal(put(&f, 1, name, "dddd", 1), P2P_ELIMIT);
    assert_true(has(&f, name, "ccc", 1));
    fini(&f);
    init(&f, few, (struct p2p__kad_providers_limits){0});
    memset(value, 'v', 8192);
    assert_int_equal(put(&f, 1, "/any/a", "a", 1), 0);
    assert_int_equal(put(&f, 1, "/any/b", value, 1), 0);
    /* The better value is too much, whatever would go. */
    value[8191] = '\0';
    assert_int_equal(put_ours(&f, "/any/a", value), 0);
    assert_int_equal(put_ours(&f, "/any/c", value), P2P_ELIMIT);
    value[8191] = 'v';
    assert_int_equal(put_ours(&f, "/any/c", "c"), 0);
    assert_int_equal(put_ours(&f, "/any/c", value), P2P_ELIMIT);
    assert_true(has(&f, "/any/c", "c", 1));
    fini(&f);
}

static bool valid_so_far(void *user, struct p2p__slice key,
                         struct p2p__slice value)
{
    return !*(const bool *)user && any_valid(user, key, value);
}

static void test_what_is_valid_no_more_is_not_given(void **state)
{
    bool over = false;
    const struct p2p__kad_validator v = {
        .ns = "so", .valid = valid_so_far, .better = any_better, .user = &over};
    struct fixture f;

    (void)state;
    init(&f, DEFAULT_LIMITS);
    assert_int_equal(p2p__kad_validators_add(&f.validators, &v), 0);
    assert_int_equal(put(&f, 1, "/so/a", "v", 1), 0);
    assert_int_equal(put(&f, 1, "/so/a", "v", 2), 0);
    assert_true(has(&f, "/so/a", "v", 2));
    over = true;
    assert_false(has(&f, "/so/a", "v", 2));
    assert_int_equal(put(&f, 1, "/so/a", "v", 3), P2P_EFORMAT);
    fini(&f);
}

static void test_T32_providers_have_a_cap(void **state)
{
    struct fixture f;
    char name[32];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_PROVIDED, 4096);
    init(&f, DEFAULT_LIMITS);
    for (uint32_t i = 0; i < 4096; i++) {
        (void)snprintf(name, sizeof name, "%u", i / 16);
        assert_int_equal(provide_from(&f, i, i, name), 0);
    }
    assert_int_equal(provide_from(&f, 9999, 9999, "x"), P2P_ELIMIT);
    assert_int_equal(f.p.map.count, 256);
    /* What others provide keeps nothing of ours out, nor the other way. */
    assert_int_equal(provide_from(&f, 9999999, 1, "ours"), 0);
    assert_int_equal(provide_from(&f, 9999999, 1, "0"), 0);
    p2p__kad_providers_expire(&f.p, 1 + P2P__SEC(P2P__CAP_KAD_TTL_S));
    assert_int_equal(f.p.ours, 0);
    for (uint32_t i = 0; i < 4096; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        assert_int_equal(provide_from(&f, 9999999, 1, name), 0);
    }
    assert_int_equal(provide_from(&f, 9999999, 1, "more"), P2P_ELIMIT);
    assert_int_equal(provide_from(&f, 1, 1, "0"), 0);
    assert_true(f.quota.used[P2P__Q_MEMORY] < (4U << 20));
    fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_better_value_stays),
        cmocka_unit_test(test_records_end),
        cmocka_unit_test(test_T32_what_is_not_valid_is_not_kept),
        cmocka_unit_test(test_T32_values_have_a_length),
        cmocka_unit_test(test_T32_records_of_a_peer_have_a_cap),
        cmocka_unit_test(test_T32_the_farthest_record_goes),
        cmocka_unit_test(test_T32_bytes_of_records_have_a_cap),
        cmocka_unit_test(test_the_quota_is_asked),
        cmocka_unit_test(test_T32_a_public_key_is_its_peers),
        cmocka_unit_test(test_T32_a_peer_record_is_its_peers),
        cmocka_unit_test(test_namespaces_are_taken_once),
        cmocka_unit_test(test_who_provides_is_told),
        cmocka_unit_test(test_T32_providers_of_a_key_have_a_cap),
        cmocka_unit_test(test_T32_one_network_provides_a_key_a_few_times),
        cmocka_unit_test(test_T32_keys_of_a_peer_have_a_cap),
        cmocka_unit_test(test_T32_one_address_has_a_share_of_providers),
        cmocka_unit_test(test_T32_one_address_has_a_share_of_records),
        cmocka_unit_test(test_T32_our_records_are_apart),
        cmocka_unit_test(test_what_is_kept_is_renewed_or_stays),
        cmocka_unit_test(test_what_is_valid_no_more_is_not_given),
        cmocka_unit_test(test_T32_providers_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
