/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Rows in whole nodes without a Unit: whose count, which are passed on, and
 * which are there after a start.
 */
#include <string.h>

#include "../mesh_store/faulty_vfs.h"
#include "crew.h"
#include "mesh/store/rows.h"
#include "p2p/err.h"
#include "unit.h"

#define D0 "{\"base\":{\"listeners\":{},\"routes\":[]}}"

static void row_of(struct crew *c, unsigned by, uint64_t seq,
                   const struct um_name *mesh, struct um_buf *out)
{
    struct um_row r = {.mesh = *mesh, .seq = seq, .wall_ms = CREW_T0};

    um_buf_clear(out);
    assert_int_equal(um_row_seal(&r, c->keys[by], out), 0);
}

static enum um_sync_verdict judge_row(struct mate *m, const struct um_buf *b)
{
    return um_node_hints_cb.row(m->node, &m->crew->names[1], um_buf_view(b));
}

static void test_rows(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    uint64_t big = UINT64_C(1) << 52;
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    row_of(c, KEY_STRANGER, 5, &c->mesh, &b);
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    assert_null(um_shelf_row_of(m->node->shelf, &c->names[KEY_STRANGER]));
    row_of(c, 1, big, &c->names[3], &b); /* of another mesh */
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    row_of(c, 1, big, &c->mesh, &b);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(
        um_node_hints_cb.row(m->node, &c->names[3], um_buf_view(&b)),
        UM_SYNC_REFUSED);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(judge_row(m, &b), UM_SYNC_TAKEN);
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    row_of(c, 1, 1, &c->mesh, &b);
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    assert_int_equal(um_shelf_row_of(m->node->shelf, &c->names[1])->seq, big);
    um_buf_fini(&b);
    crew_free(c);
}

static uint64_t row_on_disk(struct mate *m, const struct um_name *member)
{
    struct um_kept_row k = {0};

    while (um_rows_next(&m->store, &k.member, &k) == 1) {
        if (um_name_eq(&k.member, member))
            return k.seq;
    }
    return 0;
}

/* What a member says himself counts at once; what is passed on or kept is
 * verified, and one that does not hold is his word to this node alone. */
static void test_a_row_that_is_believed(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    const struct um_name *by = &c->names[1];
    uint64_t seq = um_shelf_row_of(m->node->shelf, by)->seq + 1000;
    struct um_sync_source source;
    struct um_buf b = UM_BUF_INIT, out = UM_BUF_INIT;

    (void)state;
    um_node_source(m->node, &source);
    row_of(c, 1, seq, &c->mesh, &b);
    assert_int_equal(judge_row(m, &b), UM_SYNC_TAKEN);
    assert_true(um_shelf_row_of(m->node->shelf, by)->believed);
    assert_int_equal(source.row(source.user, by, &out), 0);
    assert_true(um_str_eq(um_buf_view(&out), um_buf_view(&b)));
    assert_false(um_shelf_row_of(m->node->shelf, by)->believed);
    row_of(c, 1, seq + 1, &c->mesh, &b);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(judge_row(m, &b), UM_SYNC_TAKEN);
    assert_int_equal(um_others_find(&m->node->model.rows, by)->row.seq,
                     seq + 1);
    um_buf_clear(&out);
    assert_int_equal(source.row(source.user, by, &out), P2P_ENOTFOUND);
    assert_int_equal(out.len, 0);
    assert_null(um_shelf_row_of(m->node->shelf, by));
    row_of(c, 1, seq + 2, &c->mesh, &b);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(judge_row(m, &b), UM_SYNC_TAKEN);
    mate_stop(m);
    assert_true(row_on_disk(m, by) < seq);
    mate_start(m);
    um_buf_fini(&b);
    um_buf_fini(&out);
    crew_free(c);
}

/* A member tells of a newcomer's row before it tells of the roster: it counts
 * as soon as the key is a member's. */
static void test_a_row_before_its_grant(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    const struct um_name *late = &c->names[KEY_STRANGER];
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    for (uint64_t seq = 6; seq >= 5; seq--) {
        row_of(c, KEY_STRANGER, seq, &c->mesh, &b);
        assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    }
    mate_state(m, (struct um_statement){
                      .what = UM_GRANT, .key = *late, .roles = UM_WRITER});
    row_of(c, KEY_STRANGER, 6, &c->mesh, &b); /* it writes, and runs nothing */
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    assert_null(um_shelf_row_of(m->node->shelf, late));
    assert_null(um_others_find(&m->node->model.rows, late));
    mate_state(m, (struct um_statement){
                      .what = UM_GRANT, .key = *late, .roles = UM_NODE});
    assert_int_equal(um_shelf_row_of(m->node->shelf, late)->seq, 6);
    assert_non_null(um_others_find(&m->node->model.rows, late));
    assert_int_equal(m->node->early.n, 0);
    um_buf_fini(&b);
    crew_free(c);
}

/* Who is in it since a moment hears of all, and all of him: none waits for the
 * time of a row. */
static void test_a_row_is_said_once_more(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[1];
    uint64_t before = m->bus->published;

    (void)state;
    while (m->bus->published == before)
        crew_pass(c, 1);
    before = m->bus->published;
    crew_pass(c, 2 * UM_NODE_REPEAT_MS);
    assert_int_equal(m->bus->published, before);
    mate_state(
        &c->mates[0],
        (struct um_statement){
            .what = UM_GRANT, .key = c->names[KEY_STRANGER], .roles = UM_NODE});
    crew_pass(c, 2 * UM_NODE_REPEAT_MS);
    assert_int_equal(m->bus->published, before + 1);
    crew_disconnect(m, &c->mates[0]);
    crew_connect(m, &c->mates[0]);
    crew_pass(c, 2 * UM_NODE_REPEAT_MS);
    assert_int_equal(m->bus->published, before + 2);
    crew_free(c);
}

/* Among 200 it waits as long as news do: all of them hear it. */
static void test_a_row_is_said_later_among_many(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[1];
    struct um_name key = c->names[KEY_STRANGER];
    uint64_t before;

    (void)state;
    for (unsigned i = 0; i < 198; i++) {
        key.b[0] = (uint8_t)i;
        mate_state(&c->mates[0],
                   (struct um_statement){
                       .what = UM_GRANT, .key = key, .roles = UM_NODE});
        crew_pass(c, 1);
    }
    crew_pass(c, 10000);
    before = m->bus->published;
    while (m->bus->published == before)
        crew_pass(c, 1);
    before = m->bus->published;
    crew_disconnect(m, &c->mates[0]);
    crew_connect(m, &c->mates[0]);
    crew_pass(c, UM_NODE_REPEAT_MS + 100);
    assert_int_equal(m->bus->published, before);
    crew_pass(c, UM_NODE_REPEAT_MS);
    assert_int_equal(m->bus->published, before + 1);
    crew_free(c);
}

/* After a start the last row of a member is here; that he says it once more
 * shows that he is there. */
static void test_a_row_that_is_known_is_a_sign_of_life(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    const struct um_name *other = &c->names[1];
    struct um_buf b = UM_BUF_INIT;
    struct um_str row;

    (void)state;
    crew_disconnect(m, &c->mates[1]);
    mate_stop(m);
    mate_start(m);
    crew_pass(c, 1);
    assert_null(um_others_find(&m->node->model.rows, other));
    row = um_shelf_row_of(m->node->shelf, other)->envelope;
    um_buf_str(&b, row);
    assert_int_equal(
        um_node_hints_cb.row(m->node, &c->names[3], um_buf_view(&b)),
        UM_SYNC_HAD);
    assert_null(um_others_find(&m->node->model.rows, other));
    (void)judge_row(m, &b);
    assert_non_null(um_others_find(&m->node->model.rows, other));
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    um_buf_fini(&b);
    crew_free(c);
}

/* One's own key elsewhere: people are told, and nothing is passed on. */
static void test_a_row_of_ones_own(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    uint64_t seq = um_shelf_row_of(m->node->shelf, &c->names[0])->seq + 100;
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    row_of(c, 0, seq, &c->mesh, &b);
    assert_int_equal(judge_row(m, &b), UM_SYNC_HAD);
    assert_int_equal(mate_said(m, "another node has this node's key"), 1);
    assert_true(um_shelf_row_of(m->node->shelf, &c->names[0])->seq < seq);
    crew_pass(c, 10000);
    assert_true(um_shelf_row_of(m->node->shelf, &c->names[0])->seq > seq);
    um_buf_fini(&b);
    crew_free(c);
}

/* Rows go to the disk some time; and all that are there when a node ends. */
static void test_rows_are_written(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    uint64_t seq;

    (void)state;
    crew_pass(c, UM_NODE_ROWS_MS + 10);
    assert_true(row_on_disk(m, &c->names[0]) > 0);
    assert_true(row_on_disk(m, &c->names[1]) > 0);
    crew_pass(c, 6000);
    seq = um_shelf_row_of(m->node->shelf, &c->names[1])->seq;
    assert_true(row_on_disk(m, &c->names[1]) < seq);
    mate_stop(m);
    assert_int_equal(row_on_disk(m, &c->names[1]), seq);
    mate_start(m);
    assert_int_equal(um_shelf_row_of(m->node->shelf, &c->names[1])->seq, seq);
    crew_free(c);
}

/* A store that is full of rows of who is gone: those that it has are renewed
 * all the same. */
static void test_rows_of_a_full_store(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    struct um_kept_row k = {.seq = 1, .envelope = UM_STR("gone")};
    uint64_t before;

    (void)state;
    assert_int_equal(um_store_begin(&m->store), 0);
    for (unsigned i = 0; i < UM__CAP_STORE_ROWS - 1; i++) {
        memcpy(k.member.b, &i, sizeof i);
        k.member.b[31] = 1;
        assert_int_equal(um_rows_put(&m->store, &k), 0);
    }
    k.member = c->names[um_name_cmp(&c->names[0], &c->names[1]) > 0 ? 0 : 1];
    assert_int_equal(um_rows_put(&m->store, &k), 0);
    assert_int_equal(um_store_commit(&m->store), 0);
    for (unsigned i = 0; i < 2; i++) { /* whichever is noted first */
        before = row_on_disk(m, &k.member);
        crew_pass(c, UM_NODE_ROWS_MS + 6000);
        assert_true(row_on_disk(m, &k.member) > before);
    }
    crew_free(c);
}

/* While a disk does not write, rows do not pile up in its row. */
static void test_rows_do_not_pile_up(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    size_t waiting;
    uint64_t seq;

    (void)state;
    m->held = true;
    crew_pass(c, 3 * UM_NODE_ROWS_MS);
    waiting = um_disk_waiting(m->node->disk);
    crew_pass(c, 10 * UM_NODE_ROWS_MS);
    /* The node's own record goes on, once a minute. */
    assert_in_range(um_disk_waiting(m->node->disk), waiting, waiting + 6);
    m->held = false;
    assert_true(mate_write(m));
    seq = um_shelf_row_of(m->node->shelf, &c->names[1])->seq;
    assert_true(row_on_disk(m, &c->names[1]) < seq);
    crew_pass(c, 2 * UM_NODE_ROWS_MS + 10);
    assert_true(row_on_disk(m, &c->names[1]) >= seq);
    crew_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_row_that_is_believed),
        cmocka_unit_test(test_a_row_before_its_grant),
        cmocka_unit_test(test_a_row_is_said_later_among_many),
        cmocka_unit_test(test_a_row_is_said_once_more),
        cmocka_unit_test(test_a_row_that_is_known_is_a_sign_of_life),
        cmocka_unit_test(test_a_row_of_ones_own),
        cmocka_unit_test(test_rows_are_written),
        cmocka_unit_test(test_rows_of_a_full_store),
        cmocka_unit_test(test_rows_do_not_pile_up),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
