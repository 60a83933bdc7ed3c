/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node has for others: items by id and in the order in which they came,
 * and one row a member. */
#include "mesh/node/shelf.h"

#include <stdio.h>

#include "failing_mem.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

enum { MANY = 3000 };

static struct um_name name_of(unsigned n)
{
    struct um_name name;

    p2p_sha256(&n, sizeof n, name.b);
    return name;
}

static const enum um_kind kinds[] = {UM_STATEMENT, UM_REVISION, UM_FACT};

/* The n-th item: its kind by turns, its envelope says its number. */
static int add(struct um_shelf *s, unsigned n)
{
    struct um_name id = name_of(n);
    char text[32];

    (void)snprintf(text, sizeof text, "envelope %u", n);
    return um_shelf_add(s, kinds[n % 3], &id, um_str(text));
}

static bool has(const struct um_shelf *s, unsigned n)
{
    struct um_name id = name_of(n);
    char text[32];

    (void)snprintf(text, sizeof text, "envelope %u", n);
    return um_str_eq(um_shelf_get(s, &id), um_str(text));
}

static void test_items_are_found_by_id(void **state)
{
    struct um_shelf *s = um_shelf_new();
    struct um_name other = name_of(MANY);
    struct um_str first;

    (void)state;
    assert_non_null(s);
    assert_int_equal(add(s, 0), 0);
    other = name_of(0);
    first = um_shelf_get(s, &other);
    for (unsigned n = 1; n < MANY; n++)
        assert_int_equal(add(s, n), 0);
    for (unsigned n = 0; n < MANY; n++) {
        assert_true(has(s, n));
        assert_int_equal(add(s, n), P2P_EDUP);
    }
    /* It stays where it is. */
    assert_ptr_equal(um_shelf_get(s, &other).p, first.p);
    other = name_of(MANY);
    assert_null(um_shelf_get(s, &other).p);
    um_shelf_free(s);
}

static void test_digests_are_of_their_sets(void **state)
{
    static const enum um_sync_set sets[] = {UM_SYNC_ROSTER, UM_SYNC_REVISIONS,
                                            UM_SYNC_FACTS};
    struct um_shelf *s = um_shelf_new();
    struct um_digest plain;

    (void)state;
    assert_non_null(s);
    for (unsigned n = 0; n < 300; n++)
        assert_int_equal(add(s, n), 0);
    for (unsigned k = 0; k < 3; k++) {
        struct um_digest *d = um_shelf_digest(s, sets[k]);
        struct um_name root;
        struct um_name same = um_digest_root(d);

        assert_int_equal(um_shelf_set(kinds[k]), sets[k]);
        assert_int_equal(um_digest_count(d), 100);
        um_digest_init(&plain);
        for (unsigned n = k; n < 300; n += 3) {
            struct um_name id = name_of(n);

            assert_int_equal(um_digest_add(&plain, &id), 0);
            assert_true(um_name_eq(um_digest_at(d, n / 3), &id));
        }
        root = um_digest_root(&plain);
        assert_true(um_name_eq(&root, &same));
        um_digest_fini(&plain);
    }
    um_shelf_free(s);
}

static int add_row(struct um_shelf *s, unsigned member, uint64_t seq)
{
    char text[32];
    struct um_shelf_row row = {
        .member = name_of(member), .seq = seq, .seen_ms = 7 * seq};

    (void)snprintf(text, sizeof text, "row %u %u", member, (unsigned)seq);
    row.envelope = um_str(text);
    return um_shelf_row(s, &row);
}

static bool has_row(const struct um_shelf *s, unsigned member, uint64_t seq)
{
    struct um_name name = name_of(member);
    const struct um_shelf_row *row = um_shelf_row_of(s, &name);
    char text[32];

    (void)snprintf(text, sizeof text, "row %u %u", member, (unsigned)seq);
    return row != NULL && row->seq == seq && row->seen_ms == 7 * seq &&
           um_name_eq(&row->member, &name) &&
           um_str_eq(row->envelope, um_str(text));
}

static void test_a_row_takes_the_place_of_an_older_one(void **state)
{
    struct um_shelf *s = um_shelf_new();
    struct um_name nobody = name_of(4);

    (void)state;
    assert_non_null(s);
    assert_int_equal(add_row(s, 1, 5), 0);
    assert_int_equal(add_row(s, 2, 5), 0);
    assert_int_equal(add_row(s, 1, 5), P2P_EDUP);
    assert_int_equal(add_row(s, 1, 4), P2P_EDUP);
    assert_int_equal(add_row(s, 1, 6), 0);
    assert_true(has_row(s, 1, 6));
    assert_true(has_row(s, 2, 5));
    assert_null(um_shelf_row_of(s, &nobody));
    um_shelf_free(s);
}

/* UM__CAP_SHELF_ROWS: members beyond it are refused, those that are here go
 * on. */
static void test_rows_ascend_and_end_at_the_cap(void **state)
{
    struct um_shelf *s = um_shelf_new();
    const struct um_shelf_row *last = NULL;
    size_t n = 0;

    (void)state;
    assert_non_null(s);
    for (unsigned i = 0; i < 4096; i++)
        assert_int_equal(add_row(s, i, 1), 0);
    assert_int_equal(add_row(s, 4096, 1), P2P_ELIMIT);
    assert_int_equal(add_row(s, 17, 2), 0);
    for (const struct um_shelf_row *row; (row = um_shelf_row_at(s, n)) != NULL;
         n++) {
        if (last != NULL)
            assert_true(um_name_cmp(&last->member, &row->member) < 0);
        last = row;
    }
    assert_int_equal(n, 4096);
    assert_true(has_row(s, 17, 2));
    um_shelf_free(s);
}

static int body(void *arg)
{
    struct um_shelf *s = um_shelf_new();
    int err = s == NULL ? P2P_ENOMEM : 0;
    unsigned n = 0;
    unsigned m = 0;

    (void)arg;
    while (err == 0 && n < 200) {
        err = add(s, n);
        n += err == 0;
    }
    while (err == 0 && m < 70) {
        err = add_row(s, m % 65, 1 + m / 65);
        m += err == 0;
    }
    /* What was taken is there, and what was not can be added again. */
    for (unsigned i = 0; s != NULL && i < n; i++)
        assert_true(has(s, i));
    for (unsigned i = 0; s != NULL && i < m && i < 5; i++)
        assert_true(has_row(s, i, m > 65 + i ? 2 : 1));
    if (s != NULL && n < 200 && add(s, n) == 0)
        assert_true(has(s, n));
    um_shelf_free(s);
    return err;
}

static void test_without_memory_nothing_changes(void **state)
{
    (void)state;
    assert_true(failing_mem_each(body, NULL) > 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_found_by_id),
        cmocka_unit_test(test_digests_are_of_their_sets),
        cmocka_unit_test(test_a_row_takes_the_place_of_an_older_one),
        cmocka_unit_test(test_rows_ascend_and_end_at_the_cap),
        cmocka_unit_test(test_without_memory_nothing_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
