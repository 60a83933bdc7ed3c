/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who may come in, and what was answered: invitations, who waits, answers. */
#include <string.h>

#include "mesh/trust/roster.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

static struct um_invite invitation(uint64_t n)
{
    struct um_name name = rig_name(n);
    struct um_invite inv = {
        .expires_ms = T0 + 1000, .uses = 2, .roles = UM_NODE | UM_WRITER};

    memcpy(inv.id, name.b, sizeof inv.id);
    memset(inv.key, (int)n, sizeof inv.key);
    return inv;
}

static void test_invitations(void **state)
{
    struct um_invite inv = invitation(1);
    struct um_invite got;
    struct um_invite at = {.uses = 0};
    size_t n = 0;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_invites_get(&g.s, inv.id, &got), P2P_ENOTFOUND);
    assert_int_equal(um_invites_add(&g.s, &inv, T0), 0);
    assert_int_equal(um_invites_add(&g.s, &inv, T0), P2P_EEXIST);
    rig_again(&g);
    assert_int_equal(um_invites_get(&g.s, inv.id, &got), 0);
    assert_memory_equal(got.id, inv.id, sizeof inv.id);
    assert_memory_equal(got.key, inv.key, sizeof inv.key);
    assert_int_equal(got.expires_ms, inv.expires_ms);
    assert_int_equal(got.uses, 2);
    assert_int_equal(got.used, 0);
    assert_int_equal(got.roles, UM_NODE | UM_WRITER);
    for (uint64_t i = 2; i <= 4; i++) {
        inv = invitation(i);
        assert_int_equal(um_invites_add(&g.s, &inv, T0), 0);
    }
    while (um_invites_next(&g.s, at.id, &at) == 1)
        n++;
    assert_int_equal(n, 4);
    assert_int_equal(um_invites_drop(&g.s, inv.id), 0);
    assert_int_equal(um_invites_drop(&g.s, inv.id), P2P_ENOTFOUND);
    inv.expires_ms = UINT64_MAX;
    assert_int_equal(um_invites_add(&g.s, &inv, T0), P2P_EINVAL);
    rig_fini(&g);
}

/* When the taking returns, the use is on disk: another look at the same files
 * sees it, and this store was neither closed nor told to do anything. */
static void test_uses_are_kept_before_the_answer(void **state)
{
    struct um_invite inv = invitation(1);
    struct um_buf db = UM_BUF_INIT;
    struct um_buf wal = UM_BUF_INIT;
    struct um_invite got;
    struct rig other;
    struct rig g;

    (void)state;
    rig_init(&g);
    rig_folder(&other);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0), P2P_ENOTFOUND);
    assert_int_equal(um_invites_add(&g.s, &inv, T0), 0);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0 + 1000), P2P_ETIMEDOUT);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0), 0);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0 + 999), 0);
    rig_read(g.path, &db);
    rig_read(rig_file(&g, "-wal"), &wal);
    rig_write(other.path, db.p, db.len);
    rig_write(rig_file(&other, "-wal"), wal.p, wal.len);
    assert_int_equal(um_store_open(&other.s, other.path, UM_STORE_EXISTING), 0);
    assert_int_equal(um_invites_get(&other.s, inv.id, &got), 0);
    assert_int_equal(got.used, 2);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0), P2P_ELIMIT);
    rig_again(&g);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0), P2P_ELIMIT);
    um_buf_fini(&db);
    um_buf_fini(&wal);
    rig_fini(&other);
    rig_fini(&g);
}

/* A use and the grant that it is for, or neither. */
static void test_a_use_in_a_batch(void **state)
{
    struct um_invite inv = invitation(1);
    struct um_invite got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_invites_add(&g.s, &inv, T0), 0);
    assert_int_equal(um_store_begin(&g.s), 0);
    assert_int_equal(um_invites_take(&g.s, inv.id, T0), 0);
    um_store_rollback(&g.s);
    assert_int_equal(um_invites_get(&g.s, inv.id, &got), 0);
    assert_int_equal(got.used, 0);
    rig_fini(&g);
}

/* UM__CAP_STORE_INVITES: 256; what nobody can use makes room. */
static void test_invitations_have_an_end(void **state)
{
    struct um_invite inv;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_store_begin(&g.s), 0);
    for (uint64_t i = 1; i <= 256; i++) {
        inv = invitation(i);
        inv.used = i == 7 ? 2 : 0;
        inv.expires_ms = i == 9 ? T0 : i == 10 ? 0 : T0 + 1000;
        assert_int_equal(um_invites_add(&g.s, &inv, T0 - 1), 0);
    }
    for (uint64_t i = 257; i <= 258; i++) { /* in the place of 7 and 9 */
        inv = invitation(i);
        assert_int_equal(um_invites_add(&g.s, &inv, T0), 0);
    }
    inv = invitation(259);
    assert_int_equal(um_invites_add(&g.s, &inv, T0), P2P_ELIMIT);
    inv = invitation(10);
    assert_int_equal(um_invites_get(&g.s, inv.id, &inv), 0);
    inv = invitation(9);
    assert_int_equal(um_invites_get(&g.s, inv.id, &inv), P2P_ENOTFOUND);
    assert_int_equal(um_store_commit(&g.s), 0);
    rig_fini(&g);
}

static void test_pending(void **state)
{
    struct um_pending p = {.at_ms = T0, .name = UM_STR("web-7")};
    struct um_pending got = {0};
    struct rig g;

    (void)state;
    rig_init(&g);
    p.key = rig_name(1);
    assert_int_equal(um_pending_put(&g.s, &p), 0);
    p.key = rig_name(2);
    assert_int_equal(um_pending_put(&g.s, &p), 0);
    p.at_ms++;
    p.name = UM_STR("");
    assert_int_equal(um_pending_put(&g.s, &p), 0);
    rig_again(&g);
    assert_int_equal(um_pending_next(&g.s, 0, &got), 1);
    assert_true(um_str_eq(got.name, UM_STR("web-7")));
    assert_int_equal(um_pending_next(&g.s, got.place, &got), 1);
    assert_true(um_name_eq(&got.key, &p.key));
    assert_int_equal(got.at_ms, T0 + 1);
    assert_int_equal(got.name.len, 0);
    assert_int_equal(um_pending_next(&g.s, got.place, &got), 0);
    assert_int_equal(um_pending_drop(&g.s, &p.key), 0);
    assert_int_equal(um_pending_drop(&g.s, &p.key), P2P_ENOTFOUND);
    p.name = UM_STR(
        "0123456789012345678901234567890123456789012345678901234567"
        "890123");
    assert_int_equal(um_pending_put(&g.s, &p), P2P_ETOOBIG);
    p.at_ms = UINT64_MAX;
    p.name.len--;
    assert_int_equal(um_pending_put(&g.s, &p), P2P_EINVAL);
    rig_fini(&g);
}

/* UM__CAP_STORE_PENDING: 64. Who waits goes on waiting. */
static void test_pending_has_an_end(void **state)
{
    struct um_pending p = {.at_ms = T0};
    struct um_pending got = {0};
    size_t n = 0;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_store_begin(&g.s), 0);
    for (uint64_t i = 1; i <= 64; i++) {
        p.key = rig_name(i);
        assert_int_equal(um_pending_put(&g.s, &p), 0);
    }
    p.key = rig_name(65);
    assert_int_equal(um_pending_put(&g.s, &p), P2P_ELIMIT);
    p.key = rig_name(1);
    assert_int_equal(um_pending_put(&g.s, &p), 0);
    assert_int_equal(um_store_commit(&g.s), 0);
    while (um_pending_next(&g.s, got.place, &got) == 1)
        n++;
    assert_int_equal(n, 64);
    rig_fini(&g);
}

static void test_answers(void **state)
{
    struct um_answer a = {.key = UM_STR("k\0ey"),
                          .at_ms = T0,
                          .status = 200,
                          .bytes = UM_STR("{\"revision\": \"r42.9f3c\"}")};
    struct um_answer got;
    struct rig g;

    (void)state;
    rig_init(&g);
    a.request = rig_name(1);
    assert_int_equal(um_answers_get(&g.s, a.key, T0, &got), P2P_ENOTFOUND);
    assert_int_equal(um_answers_put(&g.s, &a), 0);
    rig_again(&g);
    assert_int_equal(um_answers_get(&g.s, a.key, T0 + 5, &got), 0);
    assert_int_equal(got.status, 200);
    assert_int_equal(got.at_ms, T0);
    assert_true(um_name_eq(&got.request, &a.request));
    assert_true(um_str_eq(got.bytes, a.bytes));
    assert_int_equal(um_answers_get(&g.s, UM_STR("k"), T0, &got),
                     P2P_ENOTFOUND);
    rig_fini(&g);
}

static void test_answers_grow_old(void **state)
{
    struct um_answer a = {.key = UM_STR("one"), .at_ms = T0};
    struct um_answer got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_answers_put(&g.s, &a), 0);
    /* a clock that was set back makes it no older */
    assert_int_equal(um_answers_get(&g.s, a.key, 5, &got), 0);
    assert_int_equal(um_answers_get(&g.s, a.key, T0 + UM_STORE_ANSWER_MS, &got),
                     0);
    assert_int_equal(
        um_answers_get(&g.s, a.key, T0 + UM_STORE_ANSWER_MS + 1, &got),
        P2P_ENOTFOUND);
    a.key = UM_STR("two");
    a.at_ms = T0 + UM_STORE_ANSWER_MS + 1;
    assert_int_equal(um_answers_put(&g.s, &a), 0);
    assert_int_equal(um_answers_get(&g.s, UM_STR("one"), T0, &got),
                     P2P_ENOTFOUND);
    rig_fini(&g);
}

/* UM__CAP_STORE_ANSWERS: 1024, the newest; and the longest of them:
 * UM__CAP_STORE_ANSWER_KEY_BYTES, UM__CAP_STORE_ANSWER_BYTES. */
static void test_answers_have_an_end(void **state)
{
    struct um_answer a = {.at_ms = T0};
    struct um_answer got;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_store_begin(&g.s), 0);
    for (uint32_t i = 0; i < 1025; i++) {
        a.key = um_str_n((const char *)&i, sizeof i);
        assert_int_equal(um_answers_put(&g.s, &a), 0);
    }
    assert_int_equal(um_store_commit(&g.s), 0);
    for (uint32_t i = 0; i < 1025; i++) {
        a.key = um_str_n((const char *)&i, sizeof i);
        assert_int_equal(um_answers_get(&g.s, a.key, T0, &got),
                         i == 0 ? P2P_ENOTFOUND : 0);
    }
    rig_fini(&g);
}

static void test_answers_have_a_length(void **state)
{
    struct um_buf big = UM_BUF_INIT;
    struct um_answer a = {.at_ms = T0};
    struct rig g;

    (void)state;
    rig_init(&g);
    um_buf_fill(&big, 'k', 65537);
    a.key = um_str_n(big.p, 256);
    assert_int_equal(um_answers_put(&g.s, &a), P2P_ETOOBIG);
    a.key.len = 255;
    a.bytes = um_buf_view(&big);
    assert_int_equal(um_answers_put(&g.s, &a), P2P_ETOOBIG);
    a.bytes.len--;
    assert_int_equal(um_answers_put(&g.s, &a), 0);
    a.at_ms = UINT64_MAX;
    assert_int_equal(um_answers_put(&g.s, &a), P2P_EINVAL);
    um_buf_fini(&big);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invitations),
        cmocka_unit_test(test_uses_are_kept_before_the_answer),
        cmocka_unit_test(test_a_use_in_a_batch),
        cmocka_unit_test(test_invitations_have_an_end),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_pending_has_an_end),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_answers_grow_old),
        cmocka_unit_test(test_answers_have_an_end),
        cmocka_unit_test(test_answers_have_a_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
