/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node keeps of itself and of the others. */
#include <string.h>

#include "mesh/trust/row.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

static void test_self(void **state)
{
    struct um_self self;
    struct um_self got;
    struct um_name other = rig_name(99);
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_self_get(&g.s, &self), 0);
    assert_int_equal(self.row_seq + self.ran_n, 0);
    assert_true(um_name_none(&self.mesh));
    self.mesh = rig_name(1);
    self.row_seq = 8 * T0;
    self.applied = rig_name(2);
    self.effective = rig_name(3);
    um_self_ran(&self, &self.applied);
    um_self_ran(&self, &other);
    assert_int_equal(um_self_put(&g.s, &self), 0);
    rig_again(&g);
    assert_int_equal(um_self_get(&g.s, &got), 0);
    assert_int_equal(got.row_seq, 8 * T0);
    assert_true(um_name_eq(&got.mesh, &self.mesh));
    assert_true(um_name_eq(&got.applied, &self.applied));
    assert_true(um_name_eq(&got.effective, &self.effective));
    assert_int_equal(got.ran_n, 2);
    assert_true(um_name_eq(&got.ran[0], &other));
    assert_true(um_name_eq(&got.ran[1], &self.applied));
    rig_fini(&g);
}

/* The seq never goes back, and the mesh stays the mesh. */
static void test_self_does_not_go_back(void **state)
{
    struct um_self self = {.mesh = rig_name(1), .row_seq = 7};
    struct um_self got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_self_put(&g.s, &self), 0);
    self.row_seq = 6;
    assert_int_equal(um_self_put(&g.s, &self), P2P_EINVAL);
    self.row_seq = UINT64_MAX;
    assert_int_equal(um_self_put(&g.s, &self), P2P_EINVAL);
    self.row_seq = 8;
    self.mesh = rig_name(2);
    assert_int_equal(um_self_put(&g.s, &self), P2P_EINVAL);
    self.mesh = (struct um_name){{0}};
    assert_int_equal(um_self_put(&g.s, &self), P2P_EINVAL);
    assert_int_equal(um_self_get(&g.s, &got), 0);
    assert_int_equal(got.row_seq, 7);
    rig_fini(&g);
}

static void test_the_last_four(void **state)
{
    struct um_self self = {.row_seq = 0};
    struct um_name name;

    (void)state;
    for (uint64_t i = 1; i <= 6; i++) {
        name = rig_name(i);
        um_self_ran(&self, &name);
        um_self_ran(&self, &name);
    }
    assert_int_equal(self.ran_n, 4);
    name = rig_name(4); /* from behind to the front: 4 6 5 3 */
    um_self_ran(&self, &name);
    assert_int_equal(self.ran_n, 4);
    for (size_t i = 0; i < 4; i++) {
        static const uint64_t want[] = {4, 6, 5, 3};

        name = rig_name(want[i]);
        assert_true(um_name_eq(&self.ran[i], &name));
    }
}

static void test_attempts(void **state)
{
    struct um_attempt a = {.at_ms = T0,
                           .status = 400,
                           .text = UM_STR("{\"error\": \"no\\0 such\"}")};
    struct um_attempt got = {0};
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_attempts_next(&g.s, 0, &got), 0);
    a.revision = rig_name(1);
    a.effective = rig_name(2);
    assert_int_equal(um_attempts_put(&g.s, &a), 0);
    a.effective = rig_name(3);
    a.status = 500;
    assert_int_equal(um_attempts_put(&g.s, &a), 0);
    a.at_ms = T0 + 1; /* the same again */
    assert_int_equal(um_attempts_put(&g.s, &a), 0);
    rig_again(&g);
    assert_int_equal(um_attempts_next(&g.s, 0, &got), 1);
    assert_int_equal(got.status, 400);
    assert_true(um_name_eq(&got.revision, &a.revision));
    assert_true(um_str_eq(got.text, a.text));
    assert_int_equal(um_attempts_next(&g.s, got.place, &got), 1);
    assert_int_equal(got.status, 500);
    assert_int_equal(got.at_ms, T0 + 1);
    assert_true(um_name_eq(&got.effective, &a.effective));
    assert_int_equal(um_attempts_next(&g.s, got.place, &got), 0);
    a.at_ms = UINT64_MAX;
    assert_int_equal(um_attempts_put(&g.s, &a), P2P_EINVAL);
    assert_int_equal(um_attempts_clear(&g.s), 0);
    assert_int_equal(um_attempts_next(&g.s, 0, &got), 0);
    rig_fini(&g);
}

/* UM__CAP_STORE_ATTEMPTS and UM__CAP_STORE_ATTEMPT_BYTES: 256 of them, with
 * texts of 4096 bytes, cut between characters. */
static void test_attempts_have_an_end(void **state)
{
    struct um_attempt a = {.at_ms = 1};
    struct um_attempt got = {0};
    struct um_buf text = UM_BUF_INIT;
    uint64_t at = 5;
    struct rig g;

    (void)state;
    rig_init(&g);
    um_buf_fill(&text, 'a', 4095);
    um_buf_text(&text, "\xc3\xa4 and more");
    assert_int_equal(um_store_begin(&g.s), 0);
    for (; a.at_ms <= 260; a.at_ms++) {
        a.revision = rig_name(a.at_ms);
        a.text = um_buf_view(&text);
        assert_int_equal(um_attempts_put(&g.s, &a), 0);
    }
    assert_int_equal(um_store_commit(&g.s), 0);
    while (um_attempts_next(&g.s, got.place, &got) == 1) {
        assert_int_equal(got.at_ms, at++);
        assert_int_equal(got.text.len, 4095);
    }
    assert_int_equal(at, 261);
    um_buf_fini(&text);
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
        cmocka_unit_test(test_self),
        cmocka_unit_test(test_self_does_not_go_back),
        cmocka_unit_test(test_the_last_four),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_attempts_have_an_end),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
