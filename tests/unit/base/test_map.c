/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The map against an array; and the hash against vectors made elsewhere. */
#include "base/map.h"
#include "base/rng.h"
#include "unit.h"

#define ITEMS 500

struct item {
    struct p2p__map_node node;
    uint8_t key[40];
    size_t len;
    bool in;
};

static const uint64_t SEED[2] = {1, 2};

/* Key 00 01 … 0f, input 00 01 …; SipHash-1-3 from an independent program
 * that also gives the published vectors of SipHash-2-4. */
static void test_hash_is_siphash_1_3(void **state)
{
    static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {
        {0, 0xabac0158050fc4dc},  {1, 0xc9f49bf37d57ca93},
        {7, 0xd3927d989bb11140},  {8, 0x369095118d299a8e},
        {15, 0xd320d86d2a519956}, {63, 0x9d199062b7bbb3a8},
    };
    uint8_t in[64];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        assert_int_equal(p2p__siphash(key, in, vectors[i].len),
                         vectors[i].hash);
    }
    assert_int_equal(p2p__siphash(key, NULL, 0), vectors[0].hash);
}

static void test_an_empty_map_finds_nothing(void **state)
{
    struct p2p__map m;

    (void)state;
    p2p__map_init(&m, SEED);
    assert_null(p2p__map_get(&m, "x", 1));
    assert_null(p2p__map_get(&m, NULL, 0));
    assert_int_equal(m.count, 0);
    p2p__map_fini(&m);
}

static void test_keys_differ_in_length_and_content(void **state)
{
    struct p2p__map_node a = {0}, b = {0}, none = {0};
    struct p2p__map m;

    (void)state;
    p2p__map_init(&m, SEED);
    assert_int_equal(p2p__map_put(&m, &a, "ab", 2), 0);
    assert_int_equal(p2p__map_put(&m, &b, "ab\0", 3), 0);
    assert_int_equal(p2p__map_put(&m, &none, NULL, 0), 0);
    assert_ptr_equal(p2p__map_get(&m, "ab", 2), &a);
    assert_ptr_equal(p2p__map_get(&m, "ab\0", 3), &b);
    assert_ptr_equal(p2p__map_get(&m, NULL, 0), &none);
    assert_null(p2p__map_get(&m, "a", 1));
    assert_null(p2p__map_get(&m, "ac", 2));
    p2p__map_fini(&m);
}

/* A node that goes to another map, or back, is a fresh one. */
static void test_a_removed_node_can_be_put_again(void **state)
{
    struct p2p__map_node n = {0};
    struct p2p__map m;

    (void)state;
    p2p__map_init(&m, SEED);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p2p__map_put(&m, &n, "key", 3), 0);
        p2p__map_remove(&m, &n);
        assert_null(p2p__map_get(&m, "key", 3));
    }
    assert_null(m.buckets); /* an empty map holds no memory */
    p2p__map_fini(&m);
}

/* Keys that all fall into one bucket: chains of any shape lose nobody. */
static void test_a_node_takes_the_place_of_another(void **state)
{
    struct p2p__map_node nodes[3], other;
    struct p2p__map m;

    (void)state;
    p2p__map_init(&m, SEED);
    for (size_t i = 0; i < P2P__COUNT(nodes); i++) {
        assert_int_equal(p2p__map_put(&m, &nodes[i], &"abc"[i], 1), 0);
    }
    p2p__map_replace(&m, &nodes[1], &other, "b");
    assert_ptr_equal(p2p__map_get(&m, "a", 1), &nodes[0]);
    assert_ptr_equal(p2p__map_get(&m, "b", 1), &other);
    assert_ptr_equal(p2p__map_get(&m, "c", 1), &nodes[2]);
    assert_int_equal(m.count, 3);
    p2p__map_remove(&m, &other);
    assert_null(p2p__map_get(&m, "b", 1));
    p2p__map_fini(&m);
}

static void test_one_bucket_for_all(void **state)
{
    struct p2p__map_node n[8] = {0};
    char keys[8][4];
    struct p2p__map m;
    size_t found = 0;

    (void)state;
    p2p__map_init(&m, SEED);
    for (unsigned k = 0; found < 8; k++) {
        char key[4] = {(char)(k & 0xff), (char)(k >> 8), 'k', 0};

        if ((p2p__siphash(SEED, key, 4) & 7) == 3) {
            memcpy(keys[found], key, 4);
            assert_int_equal(p2p__map_put(&m, &n[found], keys[found], 4), 0);
            found++;
        }
    }
    p2p__map_remove(&m, &n[7]); /* first of the chain */
    p2p__map_remove(&m, &n[0]); /* last */
    p2p__map_remove(&m, &n[4]); /* in the middle */
    for (size_t i = 0; i < 8; i++) {
        bool gone = i == 0 || i == 4 || i == 7;

        assert_ptr_equal(p2p__map_get(&m, keys[i], 4), gone ? NULL : &n[i]);
    }
    p2p__map_fini(&m);
}

static struct item *find(struct item *items, const uint8_t *key, size_t len)
{
    for (size_t i = 0; i < ITEMS; i++) {
        if (items[i].in && items[i].len == len &&
            memcmp(items[i].key, key, len) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

/* One step: take out what is in, else make a key and look, then put. */
static void model_step(struct p2p__map *m, struct item *items,
                       struct p2p__rng *rng)
{
    struct item *it = &items[p2p__rng_below(rng, ITEMS)];
    struct p2p__map_node *got;
    struct item *expect;

    if (it->in) {
        assert_ptr_equal(p2p__map_get(m, it->key, it->len), &it->node);
        p2p__map_remove(m, &it->node);
        it->in = false;
        return;
    }
    it->len = (size_t)p2p__rng_below(rng, 3) + 1;
    p2p__rng_fill(rng, it->key, it->len);
    expect = find(items, it->key, it->len);
    got = p2p__map_get(m, it->key, it->len);
    assert_ptr_equal(got, expect == NULL ? NULL : &expect->node);
    if (expect == NULL) {
        assert_int_equal(p2p__map_put(m, &it->node, it->key, it->len), 0);
        it->in = true;
    }
}

static void test_random_work_matches_an_array(void **state)
{
    static struct item items[ITEMS];
    struct p2p__rng rng;
    struct p2p__map m;
    size_t in = 0;

    (void)state;
    p2p__rng_seed(&rng, 11);
    p2p__map_init(&m, SEED);
    for (int step = 0; step < 20000; step++) {
        model_step(&m, items, &rng);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        in += items[i].in;
    }
    assert_int_equal(m.count, in);
    for (size_t i = 0; i < ITEMS; i++) {
        if (items[i].in) {
            p2p__map_remove(&m, &items[i].node);
        }
    }
    assert_int_equal(m.count, 0);
    assert_null(m.buckets);
}

/* A peer that knows the code but not the seed cannot choose one bucket. */
static void test_seeds_scatter_differently(void **state)
{
    static const uint64_t other[2] = {1, 3};
    size_t same = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        same += (p2p__siphash(SEED, &i, sizeof i) & 255) ==
                (p2p__siphash(other, &i, sizeof i) & 255);
    }
    assert_in_range(same, 0, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_is_siphash_1_3),
        cmocka_unit_test(test_an_empty_map_finds_nothing),
        cmocka_unit_test(test_keys_differ_in_length_and_content),
        cmocka_unit_test(test_a_removed_node_can_be_put_again),
        cmocka_unit_test(test_a_node_takes_the_place_of_another),
        cmocka_unit_test(test_one_bucket_for_all),
        cmocka_unit_test(test_random_work_matches_an_array),
        cmocka_unit_test(test_seeds_scatter_differently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
