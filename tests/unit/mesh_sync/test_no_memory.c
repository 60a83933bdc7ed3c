/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Each allocation fails in turn: sessions end with that reason, and give all
 * back; joins come to nothing. */
#include "failing_mem.h"
#include "mesh/sync/hint.h"
#include "mesh/sync/inviter.h"
#include "mesh/sync/joiner.h"
#include "rig.h"

static struct pool pool;
static struct node nodes[2];

/* A row that was signed while there was memory. */
static struct um_buf row;

static int row_of(void *user, const struct um_name *member, struct um_buf *out)
{
    (void)user;
    (void)member;
    um_buf_str(out, um_buf_view(&row));
    return 0;
}

static int make_nodes(void **state)
{
    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 4, .edits = 12, .facts = 3});
    for (unsigned i = 0; i < 2; i++) {
        node_init(&nodes[i], &pool);
        for (size_t k = 0; k < (i == 0 ? pool.n : 6); k++)
            (void)node_give(&nodes[i], k);
        nodes[i].seqs[i] = 7;
        nodes[i].source.row = row_of;
    }
    nodes[0].docs[1] = true;
    um_buf_str(&row, rig_row(&pool, 0, 7));
    return 0;
}

static int drop_nodes(void **state)
{
    (void)state;
    um_buf_fini(&row);
    node_fini(&nodes[0]);
    node_fini(&nodes[1]);
    pool_fini(&pool);
    return 0;
}

/* Every third item waits for something, the others are called known. */
static void on_event(struct um_sync *s, const struct um_sync_ev *ev,
                     unsigned *count)
{
    struct um_need need = {UM_NEED_REVISION, {{0x77}}};

    if (ev->what == UM_SYNC_EV_ITEM && !ev->again && ++*count % 3 == 0)
        um_sync_judged(s, UM_SYNC_WAITS, &need);
    else if (ev->what == UM_SYNC_EV_ITEM || ev->what == UM_SYNC_EV_ROW)
        um_sync_judged(s, UM_SYNC_HAD, NULL);
}

static void drain(struct um_sync *s, unsigned *count)
{
    struct um_sync_ev ev;

    while (um_sync_next(s, &ev))
        on_event(s, &ev, count);
}

/* Hands over what one has to say. */
static void carry(struct um_sync *from, struct um_sync *to, unsigned *count)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_str in;

    drain(from, count);
    while (um_sync_tx(from, &out, 1000) == 1)
        drain(from, count);
    in = um_buf_view(&out);
    if (um_buf_failed(&out))
        in.len = 0;
    while (in.len > 0) {
        /* pieces, so that frames are put together */
        struct um_str piece = um_str_head(in, 1000);

        in = um_str_skip(in, piece.len);
        while (piece.len > 0) {
            um_sync_rx(to, &piece, 1000);
            drain(to, count);
        }
    }
    um_buf_fini(&out);
}

static int exchange(void *arg)
{
    struct um_name object = pool.docs[1];
    struct um_sync_cfg cfg = {.mesh = pool.mesh, .peer = pool.names[1]};
    struct um_download d;
    struct um_sync s[2];
    unsigned count = 0;
    bool over = false;

    (void)arg;
    for (unsigned i = 0; i < 2; i++) {
        cfg.source = &nodes[i].source;
        um_sync_init(&s[i], &cfg, 1000);
    }
    um_download_init(&d, &object, 0, UM__CAP_DOC_BYTES);
    um_sync_begin(&s[1]);
    over =
        um_sync_fetch(&s[1], &d) != 0 || um_sync_want_slot(&s[1], &object) != 0;
    for (unsigned i = 0; i < 40 && !over; i++) {
        carry(&s[i % 2], &s[1 - i % 2], &count);
        over = um_sync_over(&s[0]) || um_sync_over(&s[1]);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (um_sync_over(&s[i]))
            assert_int_equal(s[i].why, UM_SYNC_NO_MEMORY);
        um_sync_fini(&s[i]);
    }
    over = over || !d.whole;
    um_download_fini(&d);
    return over ? P2P_ENOMEM : 0;
}

static void test_exchange(void **state)
{
    (void)state;
    assert_true(failing_mem_each(exchange, NULL) > 40);
}

static int digest(void *arg)
{
    struct um_digest d;
    struct um_name before;
    int err = 0;

    (void)arg;
    um_digest_init(&d);
    for (unsigned i = 0; i < 200 && err == 0; i++) {
        struct um_name id = {{(uint8_t)(i % 3), (uint8_t)i}};
        size_t n = um_digest_count(&d);
        struct um_name now;

        before = um_digest_root(&d);
        err = um_digest_add(&d, &id);
        now = um_digest_root(&d);
        assert_int_equal(um_digest_count(&d), n + (err == 0));
        assert_int_equal(um_name_eq(&before, &now), err != 0);
    }
    um_digest_fini(&d);
    return err;
}

static void test_digest(void **state)
{
    (void)state;
    assert_true(failing_mem_each(digest, NULL) > 10);
}

static int hint(void *arg)
{
    struct um_hint h = {0};
    struct um_buf out = UM_BUF_INIT;
    struct um_name id = {{1}};
    bool fine = um_hint_item(&h, UM_REVISION, UM_STR("item")) &&
                um_hint_id(&h, UM_FACT, &id) &&
                um_hint_document(&h, UM_STR("{}"));
    int err = um_hint_write(&h, &out);

    (void)arg;
    um_hint_fini(&h);
    um_buf_fini(&out);
    return fine ? err : P2P_ENOMEM;
}

static void test_hint(void **state)
{
    (void)state;
    assert_true(failing_mem_each(hint, NULL) >= 4);
}

/* ---- join: at a door of the rig's mesh, whose owner is key 0 */

static struct um_code code;
static struct um_invite invite;

static bool invite_of(void *user, const uint8_t id[8], struct um_invite *out)
{
    (void)user;
    (void)id;
    *out = invite;
    return true;
}

static int statement_of(void *user, const struct um_name *id,
                        struct um_buf *out)
{
    (void)user;
    return nodes[0].source.item(nodes[0].source.user, UM_SYNC_ROSTER, id, out);
}

static int grant_of(void *user, const struct um_name *key, unsigned roles,
                    struct um_buf *out)
{
    struct um_statement s = {.what = UM_GRANT,
                             .mesh = pool.mesh,
                             .key = *key,
                             .roles = (uint8_t)roles,
                             .wall_ms = T0};

    (void)user;
    return um_statement_seal(&s, pool.keys[0], out);
}

static bool waits(void *user, const struct um_name *key)
{
    (void)user;
    (void)key;
    return false;
}

static int join(void *arg)
{
    const struct um_inviter_node node = {.roster = &nodes[0].roster,
                                         .invite = invite_of,
                                         .statement = statement_of,
                                         .grant = grant_of,
                                         .waits = waits};
    struct um_door door;
    struct um_inviter i;
    struct um_joiner j;
    struct um_inviter_ev ev;
    struct um_buf out = UM_BUF_INIT;
    struct um_str in;
    bool fine;

    (void)arg;
    um_door_init(&door, 1000);
    um_inviter_init(&i,
                    &(struct um_inviter_cfg){.node = &node,
                                             .door = &door,
                                             .me = pool.names[1],
                                             .joiner = pool.names[7]},
                    1000);
    um_joiner_init(
        &j,
        &(struct um_joiner_cfg){
            .code = &code, .me = pool.names[7], .inviter = pool.names[1]},
        1000);
    (void)um_joiner_tx(&j, &out);
    for (in = um_buf_view(&out); in.len > 0;) {
        struct um_str piece = um_str_head(in, 10);

        in = um_str_skip(in, piece.len);
        um_inviter_rx(&i, &piece, 1000, T0);
    }
    um_buf_fini(&out);
    if (um_inviter_next(&i, &ev))
        um_inviter_stored(&i, 0);
    (void)um_inviter_tx(&i, &out);
    for (in = um_buf_view(&out); in.len > 0;) {
        struct um_str piece = um_str_head(in, 100);

        in = um_str_skip(in, piece.len);
        while (piece.len > 0)
            (void)um_joiner_rx(&j, &piece);
    }
    um_buf_fini(&out);
    um_joiner_closed(&j);
    fine = j.result == UM_JOINER_WELCOME;
    um_joiner_fini(&j);
    um_inviter_fini(&i);
    return fine ? 0 : P2P_ENOMEM;
}

static void test_join(void **state)
{
    (void)state;
    memcpy(code.mesh, pool.mesh.b, sizeof code.mesh);
    um_code_fingerprint(&pool.names[0], code.owner);
    um_invite_init(&invite, code.secret, code.mesh);
    invite.uses = 1;
    invite.roles = UM_NODE;
    assert_true(failing_mem_each(join, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_join),
    };

    return cmocka_run_group_tests(tests, make_nodes, drop_nodes);
}
