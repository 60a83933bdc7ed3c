/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The heap against a plain array that is searched from end to end. */
#include <stdlib.h>

#include "base/heap.h"
#include "base/rng.h"
#include "unit.h"

#define NODES 200

struct model {
    struct p2p__heap heap;
    struct p2p__heap_node nodes[NODES];
    p2p_ns at[NODES];
    uint64_t order[NODES]; /* 0: not in */
    uint64_t clock;
};

static struct p2p__heap_node *model_first(struct model *m)
{
    size_t best = NODES;

    for (size_t i = 0; i < NODES; i++) {
        if (m->order[i] != 0 &&
            (best == NODES || m->at[i] < m->at[best] ||
             (m->at[i] == m->at[best] && m->order[i] < m->order[best]))) {
            best = i;
        }
    }
    return best == NODES ? NULL : &m->nodes[best];
}

static void model_set(struct model *m, size_t i, p2p_ns at)
{
    p2p__heap_set(&m->heap, &m->nodes[i], at);
    m->at[i] = at;
    m->order[i] = ++m->clock;
}

static void model_remove(struct model *m, size_t i)
{
    p2p__heap_remove(&m->heap, &m->nodes[i]);
    m->order[i] = 0;
}

static void test_empty_heap_has_no_first(void **state)
{
    struct p2p__heap h;
    struct p2p__heap_node n = {0};

    (void)state;
    p2p__heap_init(&h);
    assert_null(p2p__heap_first(&h));
    p2p__heap_remove(&h, &n);
    assert_null(p2p__heap_first(&h));
    p2p__heap_set(&h, &n, 7);
    assert_ptr_equal(p2p__heap_first(&h), &n);
    p2p__heap_remove(&h, &n);
    p2p__heap_remove(&h, &n);
    assert_null(p2p__heap_first(&h));
    assert_false(n.armed);
}

static void test_ties_leave_in_order_of_insertion(void **state)
{
    struct p2p__heap h;
    struct p2p__heap_node n[50] = {0};

    (void)state;
    p2p__heap_init(&h);
    for (size_t i = 0; i < 50; i++) {
        p2p__heap_set(&h, &n[i], 5);
    }
    p2p__heap_set(&h, &n[0], 5); /* set again: now the youngest */
    for (size_t i = 1; i < 50; i++) {
        assert_ptr_equal(p2p__heap_first(&h), &n[i]);
        p2p__heap_remove(&h, &n[i]);
    }
    assert_ptr_equal(p2p__heap_first(&h), &n[0]);
}

static void test_never_sorts_last(void **state)
{
    struct p2p__heap h;
    struct p2p__heap_node a = {0}, b = {0};

    (void)state;
    p2p__heap_init(&h);
    p2p__heap_set(&h, &a, P2P_NEVER);
    p2p__heap_set(&h, &b, P2P_NEVER - 1);
    assert_ptr_equal(p2p__heap_first(&h), &b);
}

/* Random sets, moves and removals, the moments from a range with many ties. */
static void run_model(uint64_t seed, uint64_t range)
{
    struct model m = {0};
    struct p2p__rng rng;

    p2p__rng_seed(&rng, seed);
    p2p__heap_init(&m.heap);
    for (int step = 0; step < 4000; step++) {
        size_t i = (size_t)p2p__rng_below(&rng, NODES);

        if (p2p__rng_below(&rng, 3) == 0) {
            model_remove(&m, i);
        } else {
            model_set(&m, i, p2p__rng_below(&rng, range));
        }
        assert_ptr_equal(p2p__heap_first(&m.heap), model_first(&m));
    }
    while (p2p__heap_first(&m.heap) != NULL) {
        struct p2p__heap_node *n = p2p__heap_first(&m.heap);

        assert_ptr_equal(n, model_first(&m));
        model_remove(&m, (size_t)(n - m.nodes));
    }
    assert_null(model_first(&m));
}

static void test_random_work_matches_a_sorted_array(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        run_model(seed, 20);
        run_model(seed, UINT64_MAX);
    }
}

/* 100,000 nodes in one list of siblings: no recursion, no square time. */
static void test_many_siblings_need_no_stack(void **state)
{
    enum { MANY = 100000 };
    struct p2p__heap_node *n = calloc(MANY, sizeof *n);
    struct p2p__heap h;

    (void)state;
    assert_non_null(n);
    p2p__heap_init(&h);
    for (size_t i = 0; i < MANY; i++) {
        p2p__heap_set(&h, &n[i], i);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(p2p__heap_first(&h), &n[i]);
        p2p__heap_remove(&h, &n[i]);
    }
    assert_null(p2p__heap_first(&h));
    free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_heap_has_no_first),
        cmocka_unit_test(test_ties_leave_in_order_of_insertion),
        cmocka_unit_test(test_never_sorts_last),
        cmocka_unit_test(test_random_work_matches_a_sorted_array),
        cmocka_unit_test(test_many_siblings_need_no_stack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
