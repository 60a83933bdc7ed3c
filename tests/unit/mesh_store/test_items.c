/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Items on disk, and items aside. */
#include <string.h>

#include "mesh/model/history.h"
#include "mesh/trust/fact.h"
#include "mesh/trust/statement.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "rig.h"
#include "unit.h"

static void test_in_the_order_of_arrival(void **state)
{
    struct um_stored item = {0};
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_items_next(&g.s, 0, &item), 0);
    rig_add(&g.s, 1, 40);
    rig_has(&g.s, 40);
    rig_again(&g);
    rig_add(&g.s, 41, 42);
    rig_has(&g.s, 42);
    assert_int_equal(um_items_next(&g.s, 42, &item), 0);
    rig_fini(&g);
}

static void test_by_id(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored want = {0};
    struct um_stored item;
    struct um_name id;
    struct rig g;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 9);
    want = rig_item(4, &b);
    assert_int_equal(um_items_has(&g.s, &want.id), 1);
    assert_int_equal(um_items_get(&g.s, &want.id, &item), 0);
    assert_int_equal(item.place, 4);
    assert_int_equal(item.overdue_ms, 0);
    assert_true(um_str_eq(item.envelope, want.envelope));
    assert_int_equal(um_items_add(&g.s, &want), P2P_EDUP);
    id = rig_name(77);
    assert_int_equal(um_items_has(&g.s, &id), 0);
    assert_int_equal(um_items_get(&g.s, &id, &item), P2P_ENOTFOUND);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* What could not be read again is not taken. */
static void test_what_is_no_item(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item;
    struct rig g;

    (void)state;
    rig_init(&g);
    item = rig_item(1, &b);
    item.kind = UM_FACT;
    assert_int_equal(um_items_add(&g.s, &item), P2P_EINVAL);
    item.kind = UM_ROW;
    assert_int_equal(um_items_add(&g.s, &item), P2P_EINVAL);
    item = rig_item(1, &b);
    item.id.b[3] ^= 1;
    assert_int_equal(um_items_add(&g.s, &item), P2P_EINVAL);
    item = rig_item(1, &b);
    item.envelope.len--;
    assert_int_equal(um_items_add(&g.s, &item), P2P_EINVAL);
    item.envelope.len = 0;
    assert_int_equal(um_items_add(&g.s, &item), P2P_EINVAL);
    item = rig_item(1, &b);
    item.seen_ms = UINT64_MAX;
    assert_int_equal(um_items_add(&g.s, &item), P2P_EINVAL);
    rig_has(&g.s, 0);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* "A node stores the first moment at which it judged a deadline passed, and
 * never un-judges it." */
static void test_overdue_is_kept(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item;
    struct um_name id;
    struct rig g;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 3);
    id = rig_item(2, &b).id;
    assert_int_equal(um_items_overdue(&g.s, &id, 0), P2P_EINVAL);
    assert_int_equal(um_items_overdue(&g.s, &id, UINT64_MAX), P2P_EINVAL);
    assert_int_equal(um_items_overdue(&g.s, &id, T0 + 99), 0);
    assert_int_equal(um_items_overdue(&g.s, &id, T0 + 5), P2P_EDUP);
    id = rig_name(5);
    assert_int_equal(um_items_overdue(&g.s, &id, T0), P2P_ENOTFOUND);
    rig_again(&g);
    for (item.place = 0; um_items_next(&g.s, item.place, &item) == 1;)
        assert_int_equal(item.overdue_ms, item.place == 2 ? T0 + 99 : 0);
    rig_has(&g.s, 3);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* A mesh: genesis, r1, an edit, a fact about it, a grant after it. */
struct mesh {
    struct p2p_key *root;
    struct um_name me;
    struct um_name id;
    struct um_roster roster;
    struct um_history history;
    struct um_buf b;
};

static struct um_stored stored(enum um_kind kind, const struct um_name *id,
                               const struct um_buf *b)
{
    return (struct um_stored){
        .seen_ms = T0, .id = *id, .kind = kind, .envelope = um_buf_view(b)};
}

static void keep_statement(struct mesh *m, struct um_store *s,
                           struct um_statement st)
{
    struct um_stored item;

    um_buf_clear(&m->b);
    st.wall_ms = T0;
    st.mesh = m->id;
    assert_int_equal(um_statement_seal(&st, m->root, &m->b), 0);
    if (um_name_none(&m->id))
        m->id = st.id;
    item = stored(UM_STATEMENT, &st.id, &m->b);
    assert_int_equal(um_items_add(s, &item), 0);
}

static struct um_name keep_revision(struct mesh *m, struct um_store *s,
                                    const struct um_name *parent)
{
    struct um_revision r = {.number = parent != NULL ? 2 : 1,
                            .wall_ms = T0,
                            .doc = rig_name(1),
                            .doc_bytes = 1,
                            .policy = parent != NULL ? UM_TRIAL : UM_IMMEDIATE,
                            .deadline_ms = parent != NULL ? 1000 : 0};
    struct um_stored item;

    if (parent != NULL) {
        r.mesh = m->id;
        r.parents[0] = *parent;
        r.parents_n = 1;
    }
    um_buf_clear(&m->b);
    assert_int_equal(um_revision_seal(&r, m->root, &m->b), 0);
    item = stored(UM_REVISION, &r.id, &m->b);
    assert_int_equal(um_items_add(s, &item), 0);
    return r.id;
}

/* As the daemon does at its start. */
static void load(struct mesh *m, struct um_store *s)
{
    static const uint64_t salt[8] = {1};
    struct um_stored at = {0};
    struct um_known known;
    struct um_need need;
    int rv;

    um_roster_init(&m->roster, &m->id);
    um_history_init(&m->history, salt);
    known = um_history_known(&m->history);
    while ((rv = um_items_next(s, at.place, &at)) == 1) {
        struct um_str payload = um_item_payload(at.envelope, at.kind);
        struct um_statement st;
        struct um_revision rev;
        struct um_item it;

        assert_int_equal(um_item_read(payload, at.kind, &it), 0);
        if (at.kind == UM_STATEMENT) {
            assert_int_equal(um_statement_decode(&it, &st), 0);
            assert_int_equal(um_roster_add(&m->roster, &st, &known, &need), 0);
        } else {
            assert_int_equal(um_revision_decode(&it, &rev), 0);
            assert_int_equal(um_history_add_revision(&m->history, &m->roster,
                                                     &rev, at.seen_ms, &need),
                             0);
        }
    }
    assert_int_equal(rv, 0);
}

/* In the order of acceptance nothing waits for what comes later: a revision
 * for its author's grant, a revocation for the head that it keeps. */
static void test_what_depends_comes_later(void **state)
{
    static const uint8_t seed[32] = {3};
    struct mesh m = {.b = UM_BUF_INIT};
    struct um_name other = rig_name(9);
    struct um_name r1;
    struct um_name r2;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(p2p_key_from_seed(seed, &m.root), 0);
    assert_int_equal(um_item_signer(m.root, &m.me), 0);
    assert_int_equal(um_store_begin(&g.s), 0);
    r1 = keep_revision(&m, &g.s, NULL);
    um_store_rollback(&g.s);
    keep_statement(
        &m, &g.s,
        (struct um_statement){.what = UM_GENESIS,
                              .roles = UM_OWNER | UM_WRITER | UM_NODE | UM_ROOT,
                              .nonce = {1},
                              .first = r1});
    assert_true(
        um_name_eq(&r1, &(struct um_name[]){keep_revision(&m, &g.s, NULL)}[0]));
    r2 = keep_revision(&m, &g.s, &r1);
    keep_statement(&m, &g.s,
                   (struct um_statement){
                       .what = UM_GRANT, .key = other, .roles = UM_WRITER});
    keep_statement(&m, &g.s,
                   (struct um_statement){
                       .what = UM_REVOKE, .key = other, .keep = {&r2, 1}});
    rig_again(&g);
    load(&m, &g.s);
    assert_int_equal(m.history.revs_n, 2);
    assert_int_equal(um_roster_count(&m.roster), 3);
    um_history_fini(&m.history);
    um_roster_fini(&m.roster);
    um_buf_fini(&m.b);
    p2p_key_free(m.root);
    rig_fini(&g);
}

static void test_aside(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item;
    struct um_stored out = {0};
    struct rig g;

    (void)state;
    rig_init(&g);
    for (uint64_t n = 1; n <= 3; n++) {
        item = rig_item(n, &b);
        assert_int_equal(um_aside_add(&g.s, &item), 0);
        assert_int_equal(um_aside_add(&g.s, &item), P2P_EDUP);
    }
    item.id.b[0] ^= 1;
    assert_int_equal(um_aside_add(&g.s, &item), P2P_EINVAL);
    rig_has(&g.s, 0);
    item = rig_item(2, &b);
    assert_int_equal(um_aside_drop(&g.s, &item.id), 0);
    assert_int_equal(um_aside_drop(&g.s, &item.id), P2P_ENOTFOUND);
    rig_again(&g);
    assert_int_equal(um_aside_next(&g.s, 0, &out), 1);
    item = rig_item(1, &b);
    assert_true(um_str_eq(out.envelope, item.envelope));
    assert_int_equal(out.seen_ms, T0 + 1);
    assert_int_equal(um_aside_next(&g.s, out.place, &out), 1);
    item = rig_item(3, &b);
    assert_true(um_name_eq(&out.id, &item.id));
    assert_int_equal(um_aside_next(&g.s, out.place, &out), 0);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void test_aside_has_an_end(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item;
    struct rig g;

    (void)state;
    assert_true(UM__CAP_STORE_ASIDE >= 1024);
    rig_init(&g);
    assert_int_equal(um_store_begin(&g.s), 0);
    for (uint64_t n = 1; n <= 1024; n++) {
        item = rig_item(n, &b);
        assert_int_equal(um_aside_add(&g.s, &item), 0);
    }
    item = rig_item(1025, &b);
    assert_int_equal(um_aside_add(&g.s, &item), P2P_ELIMIT);
    item = rig_item(1, &b);
    assert_int_equal(um_aside_add(&g.s, &item), P2P_EDUP);
    assert_int_equal(um_store_commit(&g.s), 0);
    um_buf_fini(&b);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_the_order_of_arrival),
        cmocka_unit_test(test_by_id),
        cmocka_unit_test(test_what_is_no_item),
        cmocka_unit_test(test_overdue_is_kept),
        cmocka_unit_test(test_what_depends_comes_later),
        cmocka_unit_test(test_aside),
        cmocka_unit_test(test_aside_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
