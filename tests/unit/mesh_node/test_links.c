/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Links in a world of buses: members come to have the same, and who may not or
 * breaks the protocol is let go. */
#include <stdio.h>

#include "link_rig.h"

static struct pool pool;

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 3, .edits = 400, .facts = 30});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

static void give_row(struct host *h, unsigned key, uint64_t seq)
{
    struct um_shelf_row row = {.member = pool.names[key],
                               .seq = seq,
                               .envelope = rig_row(&pool, key, seq)};

    assert_int_equal(um_shelf_row(h->shelf, &row), 0);
}

static uint64_t row_seq(const struct host *h, unsigned key)
{
    const struct um_shelf_row *row =
        um_shelf_row_of(h->shelf, &pool.names[key]);

    return row != NULL ? row->seq : 0;
}

static void test_two_become_equal_and_close(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    scene_deal(&s);
    give_row(&s.hosts[0], 0, 5);
    give_row(&s.hosts[1], 0, 4);
    give_row(&s.hosts[1], 1, 9);
    scene_connect(&s);
    assert_true(world_run(&s.w, 900, scene_equal, &s));
    assert_true(world_run(&s.w, 900, scene_still, &s));
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(row_seq(&s.hosts[i], 0), 5);
        assert_int_equal(row_seq(&s.hosts[i], 1), 9);
        assert_int_equal(host_stats(&s.hosts[i]).ended, 0);
        assert_string_equal(s.hosts[i].lines, "");
    }
    /* One of them began, not both: nothing came twice. */
    assert_int_equal(
        host_stats(&s.hosts[0]).rounds + host_stats(&s.hosts[1]).rounds, 1);
    assert_int_equal(s.hosts[0].taken + s.hosts[1].taken, pool.n);
    scene_fini(&s);
}

static void test_streams_that_take_little(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    s.w.window = 200;
    s.w.piece = 37;
    scene_deal(&s);
    scene_connect(&s);
    assert_true(world_run(&s.w, 900, scene_equal, &s));
    assert_true(world_run(&s.w, 900, scene_still, &s));
    scene_fini(&s);
}

static void test_three_become_equal(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 3);
    scene_deal(&s);
    scene_connect(&s);
    assert_true(world_run(&s.w, 4 * UM_LINKS_ROUND_MS, scene_equal, &s));
    scene_fini(&s);
}

/* Both have the same, but for rows: who opened the stream does not close it
 * before his went. */
static void test_rows_go_before_it_closes(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    give_row(&s.hosts[0], 0, 5);
    give_row(&s.hosts[1], 1, 9);
    scene_connect(&s);
    world_pass(&s.w, 2000);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(row_seq(&s.hosts[i], 0), 5);
        assert_int_equal(row_seq(&s.hosts[i], 1), 9);
    }
    assert_true(scene_still(&s));
    scene_fini(&s);
}

/* Bytes that a node with nothing hears until it has all, of so many others. */
static uint64_t heard_from(unsigned others)
{
    struct scene s;
    unsigned low = 0; /* who begins the rounds */
    uint64_t heard;

    scene_init(&s, &pool, 1 + others);
    for (unsigned k = 1; k <= others; k++) {
        if (um_name_cmp(&s.hosts[k].bus->name, &s.hosts[low].bus->name) < 0)
            low = k;
    }
    for (unsigned k = 0; k <= others; k++) {
        for (size_t i = 0; k != low && i < pool.n; i++)
            host_give(&s.hosts[k], i);
        if (k != low)
            world_connect(&s.w, s.hosts[low].bus, s.hosts[k].bus);
    }
    assert_true(world_run(&s.w, 900, scene_equal, &s));
    world_pass(&s.w, 60);
    heard = s.hosts[low].bus->heard;
    scene_fini(&s);
    return heard;
}

/* Rounds go one after the other: what one member brought, the next is not asked
 * for. */
static void test_nothing_is_brought_twice(void **state)
{
    uint64_t once = heard_from(1);

    (void)state;
    assert_in_range(heard_from(3), once, once + once / 4);
}

static bool has_last(void *arg)
{
    struct scene *s = arg;

    return host_has(&s->hosts[0], pool.n - 1);
}

/* No hint, no new connection: the alarm begins rounds. */
static void test_rounds_come_every_few_seconds(void **state)
{
    struct scene s;
    uint64_t before;

    (void)state;
    scene_init(&s, &pool, 3);
    scene_connect(&s);
    world_pass(&s.w, 2500);
    before = host_stats(&s.hosts[0]).rounds;
    host_give(&s.hosts[1], pool.n - 1);
    assert_false(has_last(&s));
    assert_true(world_run(&s.w, 10 * UM_LINKS_ROUND_MS, has_last, &s));
    world_pass(&s.w, 30000 - (s.w.now - 3500));
    assert_in_range(host_stats(&s.hosts[0]).rounds - before, 9, 11);
    assert_true(scene_still(&s));
    scene_fini(&s);
}

static void test_what_is_missing_is_asked_for(void **state)
{
    struct scene s;
    size_t place = pool.n - 1;

    (void)state;
    while (pool.items[place].set != UM_SYNC_REVISIONS ||
           pool.items[place - 1].set != UM_SYNC_REVISIONS)
        place--;
    scene_init(&s, &pool, 2);
    for (size_t i = 0; i + 1 < place; i++) {
        host_give(&s.hosts[0], i);
        host_give(&s.hosts[1], i);
    }
    scene_connect(&s);
    world_pass(&s.w, 2000);
    /* A hint names the second of two; the first is a need of it. */
    host_give(&s.hosts[1], place - 1);
    host_give(&s.hosts[1], place);
    s.hosts[0].wants = place;
    um_links_hinted(s.hosts[0].links, UM_SYNC_REVISIONS,
                    (struct um_namelist){&pool.items[place].id, 1},
                    &pool.names[1]);
    world_pass(&s.w, 500);
    assert_true(host_has(&s.hosts[0], place - 1));
    /* And the second comes again in the round behind it. */
    assert_true(host_has(&s.hosts[0], place));
    assert_true(scene_still(&s));
    scene_fini(&s);
}

static void test_a_grant_is_found_by_a_round(void **state)
{
    struct scene s;
    struct um_need need = {UM_NEED_GRANT, pool.names[5]};

    (void)state;
    scene_init(&s, &pool, 2);
    scene_connect(&s);
    world_pass(&s.w, 2000);
    host_give(&s.hosts[1], 3);
    um_links_want(s.hosts[0].links, &need, &pool.names[1]);
    world_pass(&s.w, 500);
    assert_true(host_has(&s.hosts[0], 3));
    scene_fini(&s);
}

/* ---- who may not */

static void test_a_stranger_is_reset(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    s.hosts[0].strangers = &pool.names[1];
    s.hosts[0].strangers_n = 1;
    for (size_t i = 0; i < 10; i++)
        host_give(&s.hosts[i % 2], i);
    scene_connect(&s);
    world_pass(&s.w, 4000);
    assert_in_range(host_stats(&s.hosts[0]).strangers, 1, 3);
    assert_int_equal(host_stats(&s.hosts[0]).rounds, 0);
    assert_int_equal(s.hosts[0].bus->opened, 0);
    assert_int_equal(host_count(&s.hosts[0]), 5);
    assert_int_equal(host_count(&s.hosts[1]), 5);
    /* It gets a role: a round begins, without anybody connecting anew. */
    s.hosts[0].strangers_n = 0;
    um_links_roster(s.hosts[0].links);
    world_pass(&s.w, 1100);
    assert_int_equal(host_count(&s.hosts[0]), 10);
    assert_int_equal(host_count(&s.hosts[1]), 10);
    scene_fini(&s);
}

static void test_a_role_that_is_taken_ends_the_session(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    for (size_t i = 0; i < 100; i++)
        host_give(&s.hosts[1], i);
    s.hosts[0].unrole = true; /* by the first item */
    scene_connect(&s);
    world_pass(&s.w, 20000);
    assert_int_equal(s.hosts[0].taken, 1);
    assert_int_equal(host_stats(&s.hosts[0]).sessions, 0);
    assert_int_equal(host_stats(&s.hosts[0]).ended, 0);
    assert_true(scene_still(&s));
    scene_fini(&s);
}

/* ---- who breaks the protocol */

/* A node beside a peer of the test, connected, the first round over. */
struct duo {
    struct scene s;
    struct raw raw;
};

static void duo_init(struct duo *d)
{
    scene_init(&d->s, &pool, 1);
    raw_init(&d->raw, &d->s.w, &pool.names[1]);
    world_connect(&d->s.w, d->s.hosts[0].bus, d->raw.bus);
}

static void duo_fini(struct duo *d)
{
    raw_fini(&d->raw);
    scene_fini(&d->s);
}

static struct um_sync_msg hello_of(struct host *h)
{
    struct um_sync_msg m = {
        .what = UM_SYNC_HELLO, .version = UM_SYNC_VERSION, .mesh = pool.mesh};

    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        m.roots[i] = um_digest_root(um_shelf_digest(h->shelf, 1 + i));
    return m;
}

static void test_who_breaks_the_protocol_is_let_go(void **state)
{
    const struct um_sync_msg unasked = {.what = UM_SYNC_DOC,
                                        .hash = {{1}},
                                        .size = 3,
                                        .bytes = UM_STR_INIT("abc")};
    struct duo d;
    char id[P2P_PEER_ID_TEXT_MAX], line[200];
    size_t at;

    (void)state;
    duo_init(&d);
    at = raw_open(&d.raw, d.s.hosts[0].bus);
    raw_say(&d.raw, at, &unasked);
    world_pass(&d.s.w, 100);
    assert_null(d.raw.streams[at]);
    assert_int_equal(host_stats(&d.s.hosts[0]).ended, 1);
    (void)snprintf(line, sizeof line,
                   "sync with %s ended: it answered what was not asked\n",
                   p2p_peer_id_text(&d.raw.bus->id, id));
    assert_string_equal(d.s.hosts[0].lines, line);
    /* For a while it is left alone, and no stream of it is taken. */
    world_pass(&d.s.w, 5000);
    at = raw_open(&d.raw, d.s.hosts[0].bus);
    world_pass(&d.s.w, 1000);
    assert_null(d.raw.streams[at]);
    world_pass(&d.s.w, 5000);
    at = raw_open(&d.raw, d.s.hosts[0].bus);
    world_pass(&d.s.w, 100);
    assert_non_null(d.raw.streams[at]);
    duo_fini(&d);
}

static void test_an_item_that_nobody_accepts(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    scene_deal(&s);
    s.hosts[0].refuses = 101;
    scene_connect(&s);
    world_pass(&s.w, 2000);
    assert_int_equal(host_stats(&s.hosts[0]).ended, 1);
    assert_non_null(strstr(s.hosts[0].lines,
                           "ended: it sent an item that nobody may accept\n"));
    scene_fini(&s);
}

static bool is_empty(void *arg)
{
    const struct duo *d = arg;

    return host_stats(&d->s.hosts[0]).sessions == 0;
}

/* It is no fault to be slow, but it ends. */
static void test_who_says_nothing_is_given_up(void **state)
{
    struct duo d;
    uint64_t began;

    (void)state;
    duo_init(&d);
    world_pass(&d.s.w, 1500);
    began = d.s.w.now;
    assert_int_equal(host_stats(&d.s.hosts[0]).sessions, 1);
    assert_true(world_run(&d.s.w, 70000, is_empty, &d));
    assert_in_range(d.s.w.now - began, 50000, UM_SYNC_PATIENCE_MS);
    assert_non_null(strstr(d.s.hosts[0].lines, "ended: it does not answer\n"));
    duo_fini(&d);
}

/* Somebody silent does not keep rounds with others from beginning. */
static void test_who_says_nothing_keeps_nobody(void **state)
{
    struct scene s;
    struct raw raw;
    struct um_name high;
    unsigned low;

    (void)state;
    scene_init(&s, &pool, 2);
    scene_deal(&s);
    memset(high.b, 0xff, sizeof high.b);
    raw_init(&raw, &s.w, &high);
    low = um_name_cmp(&s.hosts[0].bus->name, &s.hosts[1].bus->name) > 0;
    world_connect(&s.w, s.hosts[low].bus, raw.bus);
    world_pass(&s.w, 100);
    assert_int_equal(raw.n, 1);
    s.hosts[!low].bus->open_err = P2P_ELIMIT; /* it cannot help */
    scene_connect(&s);
    assert_true(world_run(&s.w, 2500, scene_equal, &s));
    raw_fini(&raw);
    scene_fini(&s);
}

/* It answers for ever: who opened the stream ends it. */
static void test_a_session_has_an_end(void **state)
{
    struct duo d;
    struct um_sync_msg hello;

    (void)state;
    duo_init(&d);
    world_pass(&d.s.w, 1500);
    assert_int_equal(d.raw.n, 1);
    for (unsigned i = 0; i < 130 && d.raw.streams[0] != NULL; i++) {
        hello = hello_of(&d.s.hosts[0]);
        hello.roots[0].b[0] ^= 1; /* never the same */
        raw_say(&d.raw, 0, &hello);
        world_pass(&d.s.w, 1000);
    }
    assert_null(d.raw.streams[0]);
    duo_fini(&d);
}

/* It never closes its side. */
static void test_a_stream_that_does_not_close(void **state)
{
    struct duo d;
    struct um_sync_msg hello;

    (void)state;
    duo_init(&d);
    d.raw.deaf = true;
    world_pass(&d.s.w, 1500);
    hello = hello_of(&d.s.hosts[0]);
    raw_say(&d.raw, 0, &hello);
    world_pass(&d.s.w, 1000);
    assert_int_equal(host_stats(&d.s.hosts[0]).sessions, 1);
    world_pass(&d.s.w, 10000);
    assert_null(d.raw.streams[0]);
    assert_int_equal(host_stats(&d.s.hosts[0]).ended, 0);
    duo_fini(&d);
}

/* How many of the streams that the peer opened are open. */
static size_t open_of(const struct duo *d, const size_t *at, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += d->raw.streams[at[i]] != NULL;
    return count;
}

/* UM__CAP_LINKS_STREAMS: one more is reset; when one is closed, another is
 * taken. */
static void test_streams_of_a_member_are_limited(void **state)
{
    enum { ALL = 5 };
    struct duo d;
    size_t at[ALL + 1];
    unsigned i = 0;

    (void)state;
    duo_init(&d);
    for (unsigned k = 0; k < ALL; k++)
        at[k] = raw_open(&d.raw, d.s.hosts[0].bus);
    world_pass(&d.s.w, 100);
    assert_int_equal(open_of(&d, at, ALL), 4);
    while (d.raw.streams[at[i]] == NULL)
        i++;
    p2p_stream_finish(d.raw.streams[at[i]]);
    world_pass(&d.s.w, 100);
    assert_int_equal(open_of(&d, at, ALL), 3);
    at[ALL] = raw_open(&d.raw, d.s.hosts[0].bus);
    world_pass(&d.s.w, 100);
    assert_non_null(d.raw.streams[at[ALL]]);
    duo_fini(&d);
}

/* Asks for a document again and again and reads nothing: a part or two are
 * made, the rest when it reads. */
static void test_who_does_not_read(void **state)
{
    struct duo d;
    size_t at;

    (void)state;
    duo_init(&d);
    d.s.hosts[0].docs[3] = true;
    d.raw.bus->stopped = true;
    at = raw_open(&d.raw, d.s.hosts[0].bus);
    for (unsigned i = 0; i < 16; i++) {
        struct um_sync_msg m = {.what = UM_SYNC_DOC_WANT, .hash = pool.docs[3]};

        raw_say(&d.raw, at, &m);
    }
    world_pass(&d.s.w, 5000);
    assert_in_range(d.s.hosts[0].served, UM__CAP_SYNC_PART_BYTES,
                    2 * UM__CAP_SYNC_PART_BYTES);
    d.raw.bus->stopped = false;
    world_pass(&d.s.w, 100);
    assert_int_equal(d.s.hosts[0].served, 16 * UM__CAP_SYNC_PART_BYTES);
    duo_fini(&d);
}

/* Of a document no more is read than is sent. */
static void test_a_part_is_as_large_as_was_asked_for(void **state)
{
    const uint64_t most[] = {1, 1, 1000, UM__CAP_SYNC_PART_BYTES + 1};
    struct duo d;
    size_t at;

    (void)state;
    duo_init(&d);
    d.s.hosts[0].docs[3] = true;
    at = raw_open(&d.raw, d.s.hosts[0].bus);
    for (unsigned i = 0; i < 4; i++) {
        struct um_sync_msg m = {
            .what = UM_SYNC_DOC_WANT, .hash = pool.docs[3], .size = most[i]};

        raw_say(&d.raw, at, &m);
    }
    world_pass(&d.s.w, 5000);
    assert_int_equal(d.s.hosts[0].served, 1002 + UM__CAP_SYNC_PART_BYTES);
    duo_fini(&d);
}

/* Links are made when others are connected already; and freed in the middle. */
static void test_beginning_and_end(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    scene_deal(&s);
    s.hosts[0].bus->on_up = NULL;
    s.hosts[1].bus->on_up = NULL;
    scene_connect(&s); /* nobody is told */
    assert_true(world_run(&s.w, 1500, scene_equal, &s));
    scene_fini(&s);
    scene_init(&s, &pool, 2);
    scene_deal(&s);
    s.hosts[1].docs[3] = true;
    s.w.piece = 100;
    scene_connect(&s);
    um_links_fetch(s.hosts[0].links, &pool.docs[3], 0);
    for (unsigned i = 0; s.hosts[1].served == 0; i++) {
        assert_true(i < 1000);
        world_pass(&s.w, 1);
    }
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_become_equal_and_close),
        cmocka_unit_test(test_streams_that_take_little),
        cmocka_unit_test(test_three_become_equal),
        cmocka_unit_test(test_rows_go_before_it_closes),
        cmocka_unit_test(test_nothing_is_brought_twice),
        cmocka_unit_test(test_rounds_come_every_few_seconds),
        cmocka_unit_test(test_what_is_missing_is_asked_for),
        cmocka_unit_test(test_a_grant_is_found_by_a_round),
        cmocka_unit_test(test_a_stranger_is_reset),
        cmocka_unit_test(test_a_role_that_is_taken_ends_the_session),
        cmocka_unit_test(test_who_breaks_the_protocol_is_let_go),
        cmocka_unit_test(test_an_item_that_nobody_accepts),
        cmocka_unit_test(test_who_says_nothing_is_given_up),
        cmocka_unit_test(test_who_says_nothing_keeps_nobody),
        cmocka_unit_test(test_a_session_has_an_end),
        cmocka_unit_test(test_a_stream_that_does_not_close),
        cmocka_unit_test(test_streams_of_a_member_are_limited),
        cmocka_unit_test(test_who_does_not_read),
        cmocka_unit_test(test_a_part_is_as_large_as_was_asked_for),
        cmocka_unit_test(test_beginning_and_end),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
