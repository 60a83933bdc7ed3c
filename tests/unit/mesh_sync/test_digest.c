/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Digests against their definition, and what they cost. */
#include "mesh/sync/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

enum { MANY = 10000 };

static struct um_name random_name(struct p2p__rng *rng)
{
    struct um_name n;

    p2p__rng_fill(rng, n.b, sizeof n.b);
    return n;
}

static int cmp(const void *a, const void *b)
{
    return um_name_cmp(a, b);
}

/* The page's words: SHA-256 of the bucket's ids, ascending; SHA-256 of these.
 */
static struct um_name by_definition(const struct um_name *ids, size_t n)
{
    struct um_name *sorted = test_malloc((n + 1) * sizeof *sorted);
    struct um_name digests[256];
    struct um_name root;
    size_t from = 0;

    memcpy(sorted, ids, n * sizeof *ids);
    qsort(sorted, n, sizeof *sorted, cmp);
    for (unsigned b = 0; b < 256; b++) {
        size_t to = from;

        while (to < n && sorted[to].b[0] == b)
            to++;
        p2p_sha256(sorted + from, (to - from) * sizeof *sorted, digests[b].b);
        from = to;
    }
    p2p_sha256(digests, sizeof digests, root.b);
    test_free(sorted);
    return root;
}

static void test_the_root_is_as_defined(void **state)
{
    struct um_name *ids = test_malloc(MANY * sizeof *ids);
    struct um_digest d;
    struct p2p__rng rng;

    (void)state;
    p2p__rng_seed(&rng, 1);
    um_digest_init(&d);
    for (size_t i = 0; i < 600; i++) {
        struct um_name root = um_digest_root(&d);
        struct um_name want = by_definition(ids, i);

        assert_true(um_name_eq(&root, &want));
        ids[i] = random_name(&rng);
        if (i % 3 == 0)
            ids[i].b[0] = 7; /* one long bucket */
        assert_false(um_digest_has(&d, &ids[i]));
        assert_int_equal(um_digest_add(&d, &ids[i]), 0);
        assert_int_equal(um_digest_add(&d, &ids[i]), P2P_EDUP);
        assert_int_equal(um_digest_count(&d), i + 1);
    }
    for (size_t i = 0; i < 600; i++) {
        assert_true(um_digest_has(&d, &ids[i]));
        assert_true(um_name_eq(um_digest_at(&d, i), &ids[i]));
    }
    um_digest_fini(&d);
    test_free(ids);
}

/* Whatever the order in which they came. */
static void test_the_order_does_not_matter(void **state)
{
    struct um_name ids[100];
    struct um_digest a;
    struct um_digest b;
    struct um_name ra;
    struct um_name rb;
    struct p2p__rng rng;

    (void)state;
    p2p__rng_seed(&rng, 2);
    um_digest_init(&a);
    um_digest_init(&b);
    for (unsigned i = 0; i < 100; i++) {
        ids[i] = random_name(&rng);
        assert_int_equal(um_digest_add(&a, &ids[i]), 0);
    }
    for (unsigned i = 100; i > 0; i--)
        assert_int_equal(um_digest_add(&b, &ids[i - 1]), 0);
    ra = um_digest_root(&a);
    rb = um_digest_root(&b);
    assert_true(um_name_eq(&ra, &rb));
    assert_memory_equal(um_digest_buckets(&a), um_digest_buckets(&b),
                        256 * sizeof ra);
    um_digest_fini(&a);
    um_digest_fini(&b);
}

/* One more id changes one bucket and the root. */
static void test_one_more_changes_one_bucket(void **state)
{
    struct um_name before[256];
    struct um_name root;
    struct um_name now;
    struct um_name id = {{9}};
    struct um_digest d;
    unsigned changed = 0;

    (void)state;
    um_digest_init(&d);
    memcpy(before, um_digest_buckets(&d), sizeof before);
    root = um_digest_root(&d);
    assert_int_equal(um_digest_add(&d, &id), 0);
    for (unsigned i = 0; i < 256; i++)
        changed += !um_name_eq(&before[i], &um_digest_buckets(&d)[i]);
    assert_int_equal(changed, 1);
    assert_false(um_name_eq(&before[9], &um_digest_buckets(&d)[9]));
    now = um_digest_root(&d);
    assert_false(um_name_eq(&root, &now));
    um_digest_fini(&d);
}

static double us_since(const struct timespec *t)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) * 1e6 +
           (double)(now.tv_nsec - t->tv_nsec) / 1e3;
}

/* Printed, for docs/internals/sync.md; a generous bound, since it is a test. */
static void test_ten_thousand_are_cheap(void **state)
{
    struct um_digest d;
    struct p2p__rng rng;
    struct timespec t;
    double add;
    double full;
    double each;

    (void)state;
    p2p__rng_seed(&rng, 3);
    um_digest_init(&d);
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    for (size_t i = 0; i < MANY; i++) {
        struct um_name id = random_name(&rng);

        assert_int_equal(um_digest_add(&d, &id), 0);
    }
    add = us_since(&t) / MANY;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    (void)um_digest_root(&d);
    full = us_since(&t);
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    for (size_t i = 0; i < 1000; i++) {
        struct um_name id = random_name(&rng);

        assert_int_equal(um_digest_add(&d, &id), 0);
        (void)um_digest_root(&d);
    }
    each = us_since(&t) / 1000;
    printf(
        "digest of %d: %.2f us an id, %.0f us for all, %.1f us for one "
        "more and its root\n",
        MANY, add, full, each);
    assert_true(full < 200000 && each < 5000);
    um_digest_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_root_is_as_defined),
        cmocka_unit_test(test_the_order_does_not_matter),
        cmocka_unit_test(test_one_more_changes_one_bucket),
        cmocka_unit_test(test_ten_thousand_are_cheap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
