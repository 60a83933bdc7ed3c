/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node keeps of itself and of the others. */
#include <string.h>

#include "mesh/doc/value.h"
#include "mesh/trust/row.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

static void test_self(void **state)
{
    struct um_self self = {.salt = {1, UINT64_MAX, 3, 4, 5, 6, 7, 8}};
    struct um_self got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_self_get(&g.s, &got), 0);
    assert_true(um_name_none(&got.mesh));
    assert_int_equal(got.salt[0] + got.salt[7], 0);
    assert_int_equal(um_self_put(&g.s, &self), P2P_EINVAL);
    self.mesh = rig_name(1);
    assert_int_equal(um_self_put(&g.s, &self), 0);
    rig_again(&g);
    assert_int_equal(um_self_get(&g.s, &got), 0);
    assert_true(um_name_eq(&got.mesh, &self.mesh));
    assert_memory_equal(got.salt, self.salt, sizeof got.salt);
    rig_fini(&g);
}

/* The mesh stays the mesh, and the salt the salt. */
static void test_a_mesh_is_for_good(void **state)
{
    struct um_self self = {.mesh = rig_name(1), .salt = {7}};
    struct um_self got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_self_put(&g.s, &self), 0);
    self.salt[0] = 8;
    assert_int_equal(um_self_put(&g.s, &self), P2P_EEXIST);
    self.mesh = rig_name(2);
    assert_int_equal(um_self_put(&g.s, &self), P2P_EEXIST);
    assert_int_equal(um_self_get(&g.s, &got), 0);
    assert_int_equal(got.salt[0], 7);
    self.mesh = rig_name(1);
    assert_true(um_name_eq(&got.mesh, &self.mesh));
    rig_fini(&g);
}

/* UM__CAP_STORE_OWN_BYTES: 65536. */
static void test_own(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_str got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_self_own_get(&g.s, &got), 0);
    assert_int_equal(got.len, 0);
    assert_int_equal(um_self_own_put(&g.s, UM_STR("a\0b")), 0);
    assert_int_equal(um_self_own_get(&g.s, &got), 0);
    assert_true(um_str_eq(got, UM_STR("a\0b")));
    um_buf_fill(&b, 'x', 65537);
    assert_int_equal(um_self_own_put(&g.s, um_buf_view(&b)), P2P_ETOOBIG);
    b.len--;
    assert_int_equal(um_self_own_put(&g.s, um_buf_view(&b)), 0);
    rig_again(&g);
    assert_int_equal(um_self_own_get(&g.s, &got), 0);
    assert_true(um_str_eq(got, um_buf_view(&b)));
    assert_int_equal(um_self_own_put(&g.s, UM_STR("")), 0);
    assert_int_equal(um_self_own_get(&g.s, &got), 0);
    assert_int_equal(got.len, 0);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void test_shown(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf got = UM_BUF_INIT;
    struct um_name name = rig_name(3);
    struct um_name effective = name;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_self_shown_get(&g.s, &effective, &got), 0);
    assert_true(um_name_none(&effective));
    assert_int_equal(got.len, 0);
    (void)rig_doc(1, UM__CAP_DOC_BYTES + 1, &b);
    assert_int_equal(um_self_shown_put(&g.s, &name, um_buf_view(&b)),
                     P2P_ETOOBIG);
    b.len--;
    assert_int_equal(um_self_shown_put(&g.s, &name, um_buf_view(&b)), 0);
    rig_again(&g);
    assert_int_equal(um_self_shown_get(&g.s, &effective, &got), 0);
    assert_true(um_name_eq(&effective, &name));
    assert_true(um_str_eq(um_buf_view(&got), um_buf_view(&b)));
    name = rig_name(4);
    assert_int_equal(um_self_shown_put(&g.s, &name, UM_STR("{}")), 0);
    um_buf_clear(&got);
    assert_int_equal(um_self_shown_get(&g.s, &effective, &got), 0);
    assert_true(um_name_eq(&effective, &name));
    assert_true(um_str_eq(um_buf_view(&got), UM_STR("{}")));
    um_buf_fini(&b);
    um_buf_fini(&got);
    rig_fini(&g);
}

static void test_rows(void **state)
{
    struct um_kept_row row = {
        .seq = 5, .seen_ms = T0, .envelope = UM_STR("a row")};
    struct um_kept_row got = {.seq = 0};
    struct um_buf big = UM_BUF_INIT;
    size_t n = 0;
    struct rig g;

    (void)state;
    rig_init(&g);
    for (uint64_t i = 1; i <= 3; i++) {
        row.member = rig_name(i);
        assert_int_equal(um_rows_put(&g.s, &row), 0);
    }
    assert_int_equal(um_rows_put(&g.s, &row), P2P_EDUP);
    row.seq = 4;
    assert_int_equal(um_rows_put(&g.s, &row), P2P_EDUP);
    row.seq = 6;
    row.envelope = UM_STR("the next");
    assert_int_equal(um_rows_put(&g.s, &row), 0);
    rig_again(&g);
    while (um_rows_next(&g.s, &got.member, &got) == 1) {
        bool last = um_name_eq(&got.member, &row.member);

        n++;
        assert_int_equal(got.seq, last ? 6 : 5);
        assert_true(
            um_str_eq(got.envelope, last ? row.envelope : UM_STR("a row")));
        assert_int_equal(got.seen_ms, T0);
    }
    assert_int_equal(n, 3);
    assert_int_equal(um_rows_drop(&g.s, &row.member), 0);
    assert_int_equal(um_rows_drop(&g.s, &row.member), P2P_ENOTFOUND);
    um_buf_fill(&big, 'x', UM__CAP_ROW_BYTES + 1);
    row.envelope = um_buf_view(&big);
    assert_int_equal(um_rows_put(&g.s, &row), P2P_ETOOBIG);
    row.envelope.len--;
    assert_int_equal(um_rows_put(&g.s, &row), 0);
    row.seq = UINT64_MAX;
    assert_int_equal(um_rows_put(&g.s, &row), P2P_EINVAL);
    um_buf_fini(&big);
    rig_fini(&g);
}

/* UM__CAP_STORE_ROWS: 4096 members. */
static void test_rows_have_an_end(void **state)
{
    struct um_kept_row row = {.seq = 5, .envelope = UM_STR("a row")};
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_store_begin(&g.s), 0);
    for (uint64_t i = 1; i <= 4096; i++) {
        row.member = rig_name(i);
        assert_int_equal(um_rows_put(&g.s, &row), 0);
    }
    row.seq++;
    assert_int_equal(um_rows_put(&g.s, &row), 0);
    row.member = rig_name(5000);
    assert_int_equal(um_rows_put(&g.s, &row), P2P_ELIMIT);
    assert_int_equal(um_store_commit(&g.s), 0);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_self), cmocka_unit_test(test_a_mesh_is_for_good),
        cmocka_unit_test(test_own),  cmocka_unit_test(test_shown),
        cmocka_unit_test(test_rows), cmocka_unit_test(test_rows_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
