/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What it costs: bytes on the wire, round trips, memory. The bytes of both
 * directions are counted, with their frames.
 */
#include <stdio.h>

#include "counting_mem.h"
#include "rig.h"

enum { REVISIONS = 10000, MISSED = 5000, MIB = 1 << 20 };

static struct pool pool;

static int make_pool(void **state)
{
    (void)state;
    pool_init(
        &pool,
        &(struct pool_cfg){
            .seed = 1, .edits = REVISIONS - 1, .chain = true, .message = 40});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

/* A node with the first items of the pool. */
static void node_with(struct node *n, size_t items)
{
    node_init(n, &pool);
    for (size_t i = 0; i < items; i++)
        assert_true(node_give(n, i));
}

static size_t sent(const struct pipe *p)
{
    return p->ends[0].sent + p->ends[1].sent;
}

static void same(const struct node *a, const struct node *b)
{
    assert_int_equal(node_count(a), pool.n);
    assert_int_equal(node_count(b), pool.n);
}

/* A newcomer gets all headers and the one document that is to run. */
static void test_joining_a_mesh_with_10000_revisions(void **state)
{
    struct node nodes[2];
    struct um_download doc;
    struct pipe p;

    (void)state;
    node_with(&nodes[0], pool.n);
    nodes[0].docs[3] = true; /* 900,100 bytes: more than most have */
    node_with(&nodes[1], 0);
    pipe_init(&p, &nodes[1], &nodes[0]);
    um_sync_begin(&p.ends[0].sync);
    pipe_run(&p);
    same(&nodes[0], &nodes[1]);
    assert_int_equal(p.ends[0].done, 1);
    assert_int_equal(p.ends[1].done, 1);
    /* The revision that is to run names its document. */
    um_download_init(&doc, &pool.docs[3], rig_doc(3).len, UM__CAP_DOC_BYTES);
    assert_int_equal(um_sync_fetch(&p.ends[0].sync, &doc), 0);
    pipe_run(&p);
    assert_true(doc.whole);
    printf(
        "join: %zu revisions, %zu bytes on the wire, %zu turns, of %zu "
        "items %zu waited\n",
        um_digest_count(&nodes[1].digests[1]), sent(&p), p.trips,
        nodes[1].judged, nodes[1].waited);
    assert_true(sent(&p) < 5000000);
    assert_int_equal(nodes[1].waited, 0);
    assert_int_equal(nodes[1].judged, pool.n);
    assert_true(p.trips <= 16);
    um_download_fini(&doc);
    pipe_fini(&p);
    node_fini(&nodes[0]);
    node_fini(&nodes[1]);
}

static void test_equal_sets_cost_little(void **state)
{
    struct node nodes[2];
    struct pipe p;

    (void)state;
    node_with(&nodes[0], pool.n);
    node_with(&nodes[1], pool.n);
    for (unsigned k = 1; k <= 3; k++)
        nodes[0].seqs[k] = nodes[1].seqs[k] = 8 * T0;
    pipe_init(&p, &nodes[0], &nodes[1]);
    um_sync_begin(&p.ends[0].sync);
    pipe_run(&p);
    printf("equal: %zu bytes on the wire, %zu turns\n", sent(&p), p.trips);
    assert_true(sent(&p) < 600);
    assert_true(p.trips <= 2);
    assert_int_equal(p.ends[0].done, 1);
    assert_int_equal(p.ends[1].done, 1);
    pipe_fini(&p);
    node_fini(&nodes[0]);
    node_fini(&nodes[1]);
}

static void test_5000_missed_revisions_heal(void **state)
{
    struct node nodes[2];
    struct pipe p;
    size_t before;
    size_t peak;

    (void)state;
    node_with(&nodes[0], pool.n);
    node_with(&nodes[1], pool.n - MISSED);
    pipe_init(&p, &nodes[1], &nodes[0]);
    before = counting_mem_live();
    (void)counting_mem_peak();
    um_sync_begin(&p.ends[0].sync);
    pipe_run(&p);
    peak = counting_mem_peak() - before;
    same(&nodes[0], &nodes[1]);
    printf(
        "heal: %d missed, %zu bytes on the wire, %zu turns, %zu waited, "
        "memory +%zu KiB with the history itself\n",
        MISSED, sent(&p), p.trips, nodes[1].waited, peak / 1024);
    assert_true(peak < 64U * MIB);
    assert_true(p.trips <= 14);
    assert_int_equal(nodes[1].waited, 0);
    assert_int_equal(nodes[1].judged, MISSED);
    pipe_fini(&p);
    /* What a session held is given back. */
    assert_true(counting_mem_live() < before + 8U * MIB);
    node_fini(&nodes[0]);
    node_fini(&nodes[1]);
}

/* One change more on one side: what the exchange every few seconds costs when
 * a hint was lost. */
static void test_one_revision_more(void **state)
{
    struct node nodes[2];
    struct pipe p;

    (void)state;
    node_with(&nodes[0], pool.n);
    node_with(&nodes[1], pool.n - 1);
    pipe_init(&p, &nodes[0], &nodes[1]);
    um_sync_begin(&p.ends[0].sync);
    pipe_run(&p);
    same(&nodes[0], &nodes[1]);
    printf("one more: %zu bytes on the wire, %zu turns\n", sent(&p), p.trips);
    assert_true(sent(&p) < 32U << 10);
    assert_true(p.trips <= 12);
    pipe_fini(&p);
    node_fini(&nodes[0]);
    node_fini(&nodes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joining_a_mesh_with_10000_revisions),
        cmocka_unit_test(test_equal_sets_cost_little),
        cmocka_unit_test(test_5000_missed_revisions_heal),
        cmocka_unit_test(test_one_revision_more),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
