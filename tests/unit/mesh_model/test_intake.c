/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Items on their way in: what waits, what is asked for, how much of it is
 * kept; and the rows of others. */
#include "node.h"
#include "p2p/err.h"
#include "unit.h"

struct both {
    struct mesh g;
    struct node n;
};

static int setup(void **state)
{
    static struct both b;

    *state = &b;
    mesh_init(&b.g, 3, 2);
    node_init(&b.n, &b.g, 1);
    return 0;
}

static int teardown(void **state)
{
    struct both *b = *state;

    node_fini(&b->n);
    mesh_fini(&b->g);
    return 0;
}

#define assert_same(a, b) assert_memory_equal((a), (b), UM_NAME_BYTES)

/* Edits on top of each other; the index of the first. */
static size_t chain(struct both *b, size_t n)
{
    size_t first = b->g.things_n;
    struct um_name parent = b->g.r1;

    for (unsigned i = 0; i < n; i++)
        parent = *mesh_id(&b->g, mesh_edit(&b->g, 2, &parent, 2 + i, 10 + i));
    return first;
}

static size_t revisions(const struct both *b)
{
    return b->n.m.history.revs_n;
}

static void test_what_waits_is_taken_when_what_it_needs_comes(void **state)
{
    struct both *b = *state;
    size_t first = chain(b, 20);
    const struct um_effect *want;

    for (size_t i = first + 19; i > first; i--)
        node_give(&b->n, i, i + 1);
    assert_int_equal(revisions(b), 1);
    assert_int_equal(b->n.m.waiting.n, 19);
    assert_int_equal(node_effects(&b->n, UM_FX_PERSIST), 0);
    want = node_effect(&b->n, UM_FX_WANT);
    assert_non_null(want);
    assert_int_equal(want->u.want.need.what, UM_NEED_REVISION);
    assert_same(&want->u.want.need.name, mesh_id(&b->g, first));
    assert_same(&want->u.want.from, &b->g.names[KEYS_MAX - 1]);
    node_give(&b->n, first, first + 1);
    assert_int_equal(revisions(b), 21);
    assert_int_equal(b->n.m.waiting.n, 0);
    /* They are stored in an order in which they can be loaded. */
    assert_int_equal(node_effects(&b->n, UM_FX_PERSIST), 20);
    node_restart(&b->n, b->n.disk_n);
    assert_int_equal(revisions(b), 21);
}

static void test_only_what_is_missing_is_asked_for_once(void **state)
{
    struct both *b = *state;
    size_t first = chain(b, 5);

    node_give(&b->n, first + 1, first + 5); /* all but the first */
    assert_int_equal(node_effects(&b->n, UM_FX_WANT), 1);
    node_give(&b->n, first + 1, first + 5);
    assert_int_equal(node_effects(&b->n, UM_FX_WANT), 0);
    assert_int_equal(b->n.m.waiting.n, 4);
}

static void test_items_of_a_stranger_wait_for_his_grant(void **state)
{
    struct both *b = *state;
    struct um_statement s = {
        .what = UM_GRANT, .key = b->g.names[9], .roles = UM_WRITER};
    size_t i = mesh_edit(&b->g, 9, &b->g.r1, 2, 5);

    node_give(&b->n, i, i + 1);
    assert_int_equal(revisions(b), 1);
    assert_int_equal(node_effect(&b->n, UM_FX_WANT)->u.want.need.what,
                     UM_NEED_GRANT);
    i = mesh_say(&b->g, 0, s);
    node_give(&b->n, i, i + 1);
    assert_int_equal(revisions(b), 2);
}

static void test_a_newcomer_takes_a_mesh_in_any_order(void **state)
{
    struct both *b = *state;
    struct node n = {0};
    size_t last = chain(b, 10) + 10;

    node_init(&n, &b->g, 4);
    node_restart(&n, 0); /* it knows nothing */
    for (size_t i = last; i > 0; i--)
        node_give(&n, i - 1, i);
    assert_int_equal(n.m.history.revs_n, 11);
    assert_int_equal(um_roster_members(&n.m.roster), 6);
    assert_int_equal(n.m.waiting.n, 0);
    node_fini(&n);
}

static void test_what_can_never_be_taken_is_told(void **state)
{
    struct both *b = *state;
    size_t i = mesh_edit(&b->g, 2, &b->g.r1, 3, 5); /* its number is wrong */

    node_give(&b->n, i, i + 1);
    assert_int_equal(revisions(b), 1);
    assert_true(node_told(&b->n, UM_SAW_FORGERY));
    assert_int_equal(node_effects(&b->n, UM_FX_PERSIST), 0);
}

static void test_so_many_items_of_a_peer_wait(void **state)
{
    struct um_unmet w = {0};
    struct um_unmet_item it = {.need = {.what = UM_NEED_GRANT},
                               .envelope = UM_STR("x")};

    (void)state;
    it.from = name_of(1);
    for (unsigned i = 0; i < 4096; i++) {
        it.id = name_of(i);
        assert_int_equal(um_unmet_add(&w, &it), 0);
    }
    it.id = name_of(60000);
    assert_int_equal(um_unmet_add(&w, &it), P2P_ELIMIT);
    assert_int_equal(w.left_out, 1);
    assert_int_equal(w.n, UM__CAP_UNMET_ITEMS);
    it.from = name_of(2); /* an honest one has room still */
    assert_int_equal(um_unmet_add(&w, &it), 0);
    um_unmet_fini(&w);
}

static void test_so_many_bytes_of_a_peer_wait(void **state)
{
    static char big[UM__CAP_ITEM_BYTES];
    struct um_unmet w = {0};
    struct um_unmet_item it = {.need = {.what = UM_NEED_GRANT},
                               .envelope = {big, sizeof big}};
    unsigned n = 0;

    (void)state;
    for (; n < 1000; n++) {
        it.id = name_of(n);
        if (um_unmet_add(&w, &it) != 0)
            break;
    }
    assert_int_equal(n, UM__CAP_UNMET_BYTES / UM__CAP_ITEM_BYTES);
    um_unmet_fini(&w);
}

static void test_what_waits_too_long_is_left_out(void **state)
{
    struct both *b = *state;
    size_t i = mesh_edit(&b->g, 9, &b->g.r1, 2, 5);

    node_give(&b->n, i, i + 1);
    node_tick(&b->n, 60000);
    assert_int_equal(b->n.m.waiting.n, 1);
    node_tick(&b->n, 1);
    assert_int_equal(b->n.m.waiting.n, 0);
    assert_int_equal(UM__CAP_UNMET_MS, 60000);
    node_give(&b->n, i, i + 1); /* and comes again */
    assert_int_equal(b->n.m.waiting.n, 1);
}

static void test_the_latest_row_of_each_member_is_kept(void **state)
{
    struct both *b = *state;
    const struct um_heard *h;
    struct um_row row = {.seq = 5, .wall_ms = T0, .name = UM_STR("old")};
    size_t i = mesh_row(&b->g, 2, row);

    node_give(&b->n, i, i + 1);
    row.seq = 7;
    row.name = UM_STR("new");
    (void)mesh_row(&b->g, 2, row);
    row.name = UM_STR("another of the same number");
    (void)mesh_row(&b->g, 2, row);
    node_give(&b->n, i + 1, i + 3);
    node_give(&b->n, i, i + 1);
    h = um_others_find(&b->n.m.rows, &b->g.names[2]);
    assert_non_null(h);
    assert_true(um_str_eq(h->row.name, UM_STR("new")));
    assert_int_equal(b->n.m.rows.n, 1);
}

/* A cloned machine, or a disk that was restored with a late clock. */
static void test_a_row_of_its_own_that_it_never_said_is_told(void **state)
{
    struct both *b = *state;
    struct um_row row = {.seq = b->n.wall * 8 + 5000000, .wall_ms = T0};
    size_t i = mesh_row(&b->g, 1, row);

    node_tick(&b->n, 10);
    node_give(&b->n, i, i + 1);
    assert_true(node_told(&b->n, UM_SAW_TWIN));
    assert_int_equal(b->n.m.rows.n, 0);
    node_tick(&b->n, b->n.cfg.heartbeat_ms);
    assert_true(node_effect(&b->n, UM_FX_ROW)->u.row.seq > row.seq);
    node_give(&b->n, i, i + 1); /* an old one of its own */
    assert_false(node_told(&b->n, UM_SAW_TWIN));
}

static void test_the_row_of_nobody_is_not_kept(void **state)
{
    struct both *b = *state;
    struct um_row row = {.seq = 5, .wall_ms = T0};
    size_t i = mesh_row(&b->g, 9, row);

    node_give(&b->n, i, i + 1);
    assert_null(um_others_find(&b->n.m.rows, &b->g.names[9]));
    assert_int_equal(um_others_add(&b->n.m.rows, &b->n.m.roster,
                                   um_buf_view(&b->g.things[i].envelope), 1),
                     P2P_EACCES);
}

/* A member more, and his row. */
static void enrol(struct both *b, unsigned n, struct um_buf *row_out)
{
    uint8_t seed[32] = {1, (uint8_t)n, (uint8_t)(n >> 8)};
    struct um_known known = um_history_known(&b->n.m.history);
    struct um_statement s = {.what = UM_GRANT, .roles = UM_NODE};
    struct um_row row = {.seq = 1, .wall_ms = T0, .mesh = b->g.mesh};
    struct um_need need;
    struct p2p_key *key;

    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    assert_int_equal(um_row_seal(&row, key, row_out), 0);
    s.key = row.by;
    s.id = name_of(n);
    s.mesh = b->g.mesh;
    s.by = b->g.names[0];
    assert_int_equal(um_roster_add(&b->n.m.roster, &s, &known, &need), 0);
    p2p_key_free(key);
}

static void dismiss(struct both *b, const struct um_name *key)
{
    struct um_known known = um_history_known(&b->n.m.history);
    struct um_statement s = {.what = UM_REVOKE,
                             .id = name_of(60000),
                             .mesh = b->g.mesh,
                             .by = b->g.names[0],
                             .key = *key};
    struct um_need need;

    assert_int_equal(um_roster_add(&b->n.m.roster, &s, &known, &need), 0);
}

static void test_rows_of_so_many_members_are_kept(void **state)
{
    static struct um_buf rows[4097];
    struct both *b = *state;
    struct um_others r = {0};

    for (unsigned n = 0; n < 4097; n++)
        enrol(b, n, &rows[n]);
    for (unsigned n = 0; n < 4097; n++) {
        assert_int_equal(
            um_others_add(&r, &b->n.m.roster, um_buf_view(&rows[n]), 1),
            n < 4096 ? 0 : P2P_ELIMIT);
    }
    assert_int_equal(r.n, UM__CAP_OTHERS);
    /* Who has left makes room. */
    dismiss(b, &r.list[7]->row.by);
    assert_int_equal(
        um_others_add(&r, &b->n.m.roster, um_buf_view(&rows[4096]), 1), 0);
    for (unsigned n = 0; n < 4097; n++)
        um_buf_fini(&rows[n]);
    um_others_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_what_waits_is_taken_when_what_it_needs_comes),
        T(test_only_what_is_missing_is_asked_for_once),
        T(test_items_of_a_stranger_wait_for_his_grant),
        T(test_a_newcomer_takes_a_mesh_in_any_order),
        T(test_what_can_never_be_taken_is_told),
        T(test_so_many_items_of_a_peer_wait),
        T(test_so_many_bytes_of_a_peer_wait),
        T(test_what_waits_too_long_is_left_out),
        T(test_the_latest_row_of_each_member_is_kept),
        T(test_a_row_of_its_own_that_it_never_said_is_told),
        T(test_the_row_of_nobody_is_not_kept),
        T(test_rows_of_so_many_members_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
