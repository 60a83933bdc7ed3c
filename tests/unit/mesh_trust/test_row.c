/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows: what a node says of itself, and how far it may go. */
#include "mesh/trust/row.h"

#include "p2p/err.h"
#include "rig.h"

static int try_row(struct um_row row)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(1);
    struct um_row back;
    int err = um_row_seal(&row, key, &b);

    if (err == 0)
        assert_int_equal(um_row_open(um_buf_view(&b), &back), 0);
    p2p_key_free(key);
    um_buf_fini(&b);
    return err;
}

static void test_rows_that_make_no_sense(void **state)
{
    static char text[UM__CAP_ITEM_MESSAGE_BYTES + 1];
    struct um_name bad[UM__CAP_ROW_BAD + 1];
    const struct um_row good = {
        .mesh = rig_id(1), .seq = 1, .wall_ms = 1, .bad = {bad, 0}};
    struct um_row r = good;

    (void)state;
    memset(text, 't', sizeof text);
    for (unsigned i = 0; i <= UM__CAP_ROW_BAD; i++)
        bad[i] = rig_id(9 - i); /* newest first: any order */
    assert_int_equal(try_row(r), 0);
    r.bad.n = UM__CAP_ROW_BAD;
    r.drift = UM_ADOPTED;
    r.unit = um_str_n(text, UM__CAP_ROW_UNIT_BYTES);
    r.name = um_str_n(text, UM__CAP_ROW_NAME_BYTES);
    r.reason = um_str_n(text, UM__CAP_ITEM_MESSAGE_BYTES);
    assert_int_equal(try_row(r), 0);
    r.bad.n++;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r.bad.n--;
    r.unit.len++;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r.unit.len--;
    r.name.len++;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r.name.len--;
    r.reason.len++;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r = good;
    r.drift = (enum um_drift)4;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r = good;
    r.seq = 0;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r = good;
    r.wall_ms = 0;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r = good;
    memset(&r.mesh, 0, sizeof r.mesh);
    assert_int_equal(try_row(r), P2P_EINVAL);
}

/* A row with this as its field 16, read. */
static struct um_row with_daemon(struct um_str bytes, struct um_buf *b)
{
    const struct um_row row = {.mesh = rig_id(1),
                               .seq = 1,
                               .wall_ms = 1,
                               .name = UM_STR("n"),
                               .daemon = bytes};
    struct um_row made = row, back;
    struct p2p_key *key = rig_key(1);

    um_buf_clear(b);
    assert_int_equal(um_row_seal(&made, key, b), 0);
    assert_int_equal(um_row_open(um_buf_view(b), &back), 0);
    assert_true(um_str_eq(back.name, row.name));
    p2p_key_free(key);
    return back;
}

/* Nodes that do not know the field take such a row: so do those that do. */
static void test_an_odd_version_is_as_absent(void **state)
{
    static char text[UM__CAP_ROW_DAEMON_BYTES + 1];
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    memset(text, '1', sizeof text);
    assert_int_equal(
        with_daemon(um_str_n(text, sizeof text - 1), &b).daemon.len,
        sizeof text - 1);
    assert_int_equal(with_daemon(um_str_n(text, sizeof text), &b).daemon.len,
                     0);
    assert_int_equal(with_daemon(UM_STR("0.1\n"), &b).daemon.len, 0);
    assert_int_equal(with_daemon(UM_STR("0.1.0"), &b).daemon.len, 5);
    um_buf_fini(&b);
}

static void test_ties_are_whole_and_few(void **state)
{
    static char bytes[(UM__CAP_ROW_TIES + 1) * UM_TIE_BYTES];
    struct um_row r = {.mesh = rig_id(1), .seq = 1, .wall_ms = 1};

    (void)state;
    r.ties = um_str_n(bytes, (size_t)UM__CAP_ROW_TIES * UM_TIE_BYTES);
    assert_int_equal(try_row(r), 0);
    r.ties.len += UM_TIE_BYTES;
    assert_int_equal(try_row(r), P2P_EINVAL);
    r.ties.len = 2 * UM_TIE_BYTES - 1;
    assert_int_equal(try_row(r), P2P_EINVAL);
}

/* What a row of today says, or one of tomorrow. */
static void test_an_odd_reach_is_as_absent(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    for (unsigned i = 0; i <= UM_REACH_PRIVATE + 1; i++) {
        struct um_row r = {.mesh = rig_id(1),
                           .seq = 1,
                           .wall_ms = 1,
                           .reach = (enum um_reach)i};
        struct p2p_key *key = rig_key(1);
        struct um_row out;

        um_buf_clear(&b);
        assert_int_equal(um_row_seal(&r, key, &b), 0);
        assert_int_equal(um_row_open(um_buf_view(&b), &out), 0);
        assert_int_equal(out.reach,
                         i <= UM_REACH_PRIVATE ? i : UM_REACH_UNKNOWN);
        p2p_key_free(key);
    }
    um_buf_fini(&b);
}

/* The ways of a row with these; what cannot be read is as absent. */
static size_t ways_of(struct um_str ways, struct um_buf *b)
{
    struct um_row r = {.mesh = rig_id(1), .seq = 1, .wall_ms = 1, .ways = ways};
    struct p2p_key *key = rig_key(1);
    struct um_row out;

    um_buf_clear(b);
    assert_int_equal(um_row_seal(&r, key, b), 0);
    assert_int_equal(um_row_open(um_buf_view(b), &out), 0);
    assert_false(out.awaits);
    p2p_key_free(key);
    return out.ways.len;
}

static void test_ways_are_whole_and_few(void **state)
{
    static char bytes[UM__CAP_ROW_WAYS_BYTES + 1];
    struct um_buf b = UM_BUF_INIT, ways = UM_BUF_INIT;
    struct um_str all, way;

    (void)state;
    memset(bytes, 1, sizeof bytes); /* ways of one byte */
    assert_int_equal(ways_of(um_str_n(bytes, sizeof bytes - 1), &b),
                     sizeof bytes - 1);
    assert_int_equal(ways_of(um_str_n(bytes, sizeof bytes), &b), 0);
    assert_int_equal(ways_of(um_str_n(bytes, 3), &b), 0);
    assert_int_equal(ways_of(UM_STR("\x05"
                                    "1234"),
                             &b),
                     0);
    assert_false(um_way_put(&ways, UM_STR("")));
    assert_false(um_way_put(&ways, um_str_n(bytes, 256)));
    assert_true(um_way_put(&ways, um_str_n(bytes, 255)));
    assert_true(um_way_put(&ways, UM_STR("abc")));
    assert_false(um_way_put(&ways, um_str_n(bytes, 255)));
    all = um_buf_view(&ways);
    assert_true(um_way_take(&all, &way) && way.len == 255);
    assert_true(um_way_take(&all, &way) && um_str_eq(way, UM_STR("abc")));
    assert_false(um_way_take(&all, &way));
    um_buf_fini(&ways);
    um_buf_fini(&b);
}

static void test_a_tie_is_what_was_told(void **state)
{
    static const struct {
        const char *addr;
        const char *word;
        bool relayed;
    } all[] = {
        {"/ip4/10.0.0.1/tcp/4901", "tcp", false},
        {"/ip4/10.0.0.1/udp/4901/quic-v1", "quic", false},
        {"/ip4/10.0.0.1/udp/1/quic-v1/webtransport", "webtransport", false},
        {"/ip4/10.0.0.1/tcp/80/ws", "ws", false},
        {"/dns/a.example/tcp/443/tls/ws", "wss", false},
        {"/ip4/10.0.0.1/udp/9/webrtc-direct", "webrtc", false},
        {"/ip4/10.0.0.1/tcp/1/p2p/Qm/p2p-circuit", "tcp", true},
        {"/unix/x", "other", false}};
    struct um_buf b = UM_BUF_INIT;
    struct um_str s;
    struct um_tie t, back;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        t = (struct um_tie){.dialled = i % 2 == 0,
                            .rtt_us = i == 0 ? UINT32_MAX : (uint32_t)i};
        memset(t.member, (int)i, sizeof t.member);
        um_tie_addr(all[i].addr, &t);
        um_tie_put(&b, &t);
    }
    s = um_buf_view(&b);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(um_tie_take(&s, &back));
        assert_string_equal(um_tie_word(back.over), all[i].word);
        assert_int_equal(back.relayed, all[i].relayed);
        assert_int_equal(back.dialled, i % 2 == 0);
        assert_int_equal(back.member[7], i);
        assert_int_equal(back.rtt_us, i == 0 ? 0xffffff : i);
    }
    assert_false(um_tie_take(&s, &back));
    b.p[UM_TIE_MEMBER_BYTES] = 0x0f; /* of a later version */
    s = um_buf_view(&b);
    assert_true(um_tie_take(&s, &back));
    assert_int_equal(back.over, UM_TIE_OTHER);
    um_buf_fini(&b);
}

static void test_a_row_is_signed_by_whom_it_is_about(void **state)
{
    struct um_row row = {.mesh = rig_id(1), .seq = 1, .wall_ms = 1};
    struct um_row back;
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(3);
    struct um_name by = rig_name(3);

    (void)state;
    assert_int_equal(um_row_seal(&row, key, &b), 0);
    assert_int_equal(um_row_open(um_buf_view(&b), &back), 0);
    assert_true(um_name_eq(&back.by, &by));
    for (size_t i = 0; i < b.len; i++) {
        b.p[i] = (char)(b.p[i] ^ 1);
        assert_true(um_row_open(um_buf_view(&b), &back) < 0);
        b.p[i] = (char)(b.p[i] ^ 1);
    }
    p2p_key_free(key);
    um_buf_fini(&b);
}

static void test_size_is_looked_at_first(void **state)
{
    static char big[UM__CAP_ROW_BYTES + 1];
    struct um_row back;

    (void)state;
    assert_int_equal(um_row_open(um_str_n(big, sizeof big), &back),
                     P2P_ETOOBIG);
    assert_int_equal(um_row_open(um_str_n(big, sizeof big - 1), &back),
                     P2P_EFORMAT);
}

static void test_seq_goes_on_and_follows_the_clock(void **state)
{
    (void)state;
    assert_true(um_row_seq(0, 0) == 1);
    assert_true(um_row_seq(7, 0) == 8);
    assert_true(um_row_seq(0, T0) == 8 * T0);
    assert_true(um_row_seq(8 * T0, T0) == 8 * T0 + 1);
    assert_true(um_row_seq(9 * T0, T0) == 9 * T0 + 1);
    assert_true(um_row_seq(4, UINT64_MAX) == 5); /* no clock of this world */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_make_no_sense),
        cmocka_unit_test(test_an_odd_version_is_as_absent),
        cmocka_unit_test(test_ties_are_whole_and_few),
        cmocka_unit_test(test_ways_are_whole_and_few),
        cmocka_unit_test(test_an_odd_reach_is_as_absent),
        cmocka_unit_test(test_a_tie_is_what_was_told),
        cmocka_unit_test(test_a_row_is_signed_by_whom_it_is_about),
        cmocka_unit_test(test_size_is_looked_at_first),
        cmocka_unit_test(test_seq_goes_on_and_follows_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
