/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two nodes with random parts of one history, hundreds of times: what either
 * had, both have in the end, whatever the pieces in which bytes come and
 * wherever the stream is cut.
 */
#include <stdio.h>

#include "rig.h"

enum { SEEDS = 200, CUT_SEEDS = 150, CUTS_MAX = 40 };

static struct pool pool;

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool,
              &(struct pool_cfg){
                  .seed = 7, .edits = 60, .facts = 25, .statements = 25});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

struct trial {
    struct node nodes[2];
    bool *want; /* what both are to have */
    size_t want_n;
    struct p2p__rng rng;
};

static void trial_init(struct trial *t, uint64_t seed)
{
    p2p__rng_seed(&t->rng, seed);
    t->want = test_calloc(pool.n, sizeof *t->want);
    t->want_n = 0;
    for (unsigned i = 0; i < 2; i++) {
        /* one of them is empty, now and then */
        unsigned fill = (unsigned)p2p__rng_below(&t->rng, 110);

        node_init(&t->nodes[i], &pool);
        node_fill(&t->nodes[i], &t->rng, fill > 100 ? 0 : fill);
        t->nodes[i].seqs[p2p__rng_below(&t->rng, RIG_KEYS)] = 5;
        t->nodes[i].seqs[i] = 10 + i;
    }
    for (size_t i = 0; i < pool.n; i++) {
        t->want[i] = t->nodes[0].here[i] || t->nodes[1].here[i];
        t->want_n += t->want[i];
    }
}

static void trial_check(struct trial *t, uint64_t seed)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct node *n = &t->nodes[i];

        for (size_t k = 0; k < pool.n; k++) {
            if (n->here[k] != t->want[k])
                fail_msg("seed %llu: node %u %s item %zu of set %d",
                         (unsigned long long)seed, i,
                         n->here[k] ? "has" : "lacks", k, pool.items[k].set);
        }
    }
    for (unsigned k = 0; k < RIG_KEYS; k++)
        assert_int_equal(t->nodes[0].seqs[k], t->nodes[1].seqs[k]);
}

static void trial_fini(struct trial *t)
{
    node_fini(&t->nodes[0]);
    node_fini(&t->nodes[1]);
    test_free(t->want);
}

static void exchange(uint64_t seed, enum chunk_plan plan)
{
    struct trial t;
    struct pipe p;

    trial_init(&t, seed);
    pipe_init(&p, &t.nodes[0], &t.nodes[1]);
    chunker_init(&p.chunker, plan, seed);
    um_sync_begin(&p.ends[0].sync);
    if (seed % 3 == 0)
        um_sync_begin(&p.ends[1].sync); /* both at once */
    pipe_run(&p);
    trial_check(&t, seed);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(p.ends[i].why, UM_SYNC_FINE);
        assert_true(p.ends[i].done >= 1);
        assert_int_equal(t.nodes[i].dups, 0);
    }
    assert_true(p.trips < 40);
    pipe_fini(&p);
    trial_fini(&t);
}

static void test_both_have_the_union(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        exchange(seed, CHUNK_ALL);
}

static void test_in_any_pieces(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        exchange(seed, CHUNK_ONE);
        exchange(seed, CHUNK_RANDOM);
    }
}

/* Sessions that are cut after some bytes, and begun anew, until one is whole:
 * each takes up where the sets are. */
static void test_cut_at_any_byte(void **state)
{
    size_t cuts = 0;

    (void)state;
    for (uint64_t seed = 1000; seed < 1000 + CUT_SEEDS; seed++) {
        struct trial t;
        size_t before = 0;

        trial_init(&t, seed);
        for (unsigned i = 0; i <= CUTS_MAX; i++) {
            struct pipe p;
            size_t now;

            pipe_init(&p, &t.nodes[0], &t.nodes[1]);
            chunker_init(&p.chunker, CHUNK_RANDOM, seed);
            if (i < CUTS_MAX)
                p.cut_after = (size_t)p2p__rng_below(&t.rng, 40000);
            cuts += i < CUTS_MAX;
            um_sync_begin(&p.ends[i % 2].sync);
            pipe_run(&p);
            assert_int_equal(p.ends[0].why, UM_SYNC_FINE);
            assert_int_equal(p.ends[1].why, UM_SYNC_FINE);
            pipe_fini(&p);
            now = node_count(&t.nodes[0]) + node_count(&t.nodes[1]);
            assert_true(now >= before); /* nothing is lost */
            before = now;
            if (now == 2 * t.want_n && i < CUTS_MAX)
                i = CUTS_MAX - 1; /* and once more, whole */
        }
        trial_check(&t, seed);
        trial_fini(&t);
    }
    printf("%d seeds, %zu cuts\n", CUT_SEEDS, cuts);
    assert_true(cuts > CUT_SEEDS);
}

/* Three nodes, of which two speak at a time: it spreads. */
static void test_three_nodes(void **state)
{
    struct node nodes[3];
    struct p2p__rng rng;

    (void)state;
    p2p__rng_seed(&rng, 3);
    for (unsigned i = 0; i < 3; i++) {
        node_init(&nodes[i], &pool);
        node_fill(&nodes[i], &rng, 40 * i);
    }
    for (unsigned i = 0; i < 6; i++) {
        struct pipe p;

        pipe_init(&p, &nodes[i % 3], &nodes[(i + 1) % 3]);
        um_sync_begin(&p.ends[0].sync);
        pipe_run(&p);
        pipe_fini(&p);
    }
    for (size_t k = 0; k < pool.n; k++) {
        assert_int_equal(nodes[0].here[k], nodes[1].here[k]);
        assert_int_equal(nodes[0].here[k], nodes[2].here[k]);
    }
    for (unsigned i = 0; i < 3; i++)
        node_fini(&nodes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_have_the_union),
        cmocka_unit_test(test_in_any_pieces),
        cmocka_unit_test(test_cut_at_any_byte),
        cmocka_unit_test(test_three_nodes),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
