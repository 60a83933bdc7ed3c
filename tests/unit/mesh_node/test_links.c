/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Links in a world of buses: members come to have the same, documents come from
 * whoever has them, and who may not or breaks the protocol is let go. */
#include <stdio.h>

#include "link_rig.h"
#include "p2p/hash.h"

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

/* A world of up to four nodes; the first few are used. */
struct scene {
    struct world w;
    struct host hosts[4];
    unsigned n;
};

static void scene_init(struct scene *s, unsigned n)
{
    world_init(&s->w);
    s->n = n;
    for (unsigned i = 0; i < n; i++)
        host_init(&s->hosts[i], &s->w, &pool, i);
}

static void scene_fini(struct scene *s)
{
    for (unsigned i = 0; i < s->n; i++)
        host_fini(&s->hosts[i]);
    world_fini(&s->w);
}

static void connect_all(struct scene *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        for (unsigned k = i + 1; k < s->n; k++)
            world_connect(&s->w, s->hosts[i].bus, s->hosts[k].bus);
    }
}

static bool are_equal(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < s->n; i++) {
        if (host_count(&s->hosts[i]) != pool.n)
            return false;
    }
    return true;
}

static bool no_sessions(void *arg)
{
    struct scene *s = arg;

    for (unsigned i = 0; i < s->n; i++) {
        if (host_stats(&s->hosts[i]).sessions > 0)
            return false;
    }
    return s->w.streams == NULL;
}

/* Gives each item to one of the nodes. */
static void deal(struct scene *s)
{
    for (size_t i = 0; i < pool.n; i++)
        host_give(&s->hosts[i % s->n], i);
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
    scene_init(&s, 2);
    deal(&s);
    give_row(&s.hosts[0], 0, 5);
    give_row(&s.hosts[1], 0, 4);
    give_row(&s.hosts[1], 1, 9);
    connect_all(&s);
    assert_true(world_run(&s.w, 900, are_equal, &s));
    assert_true(world_run(&s.w, 900, no_sessions, &s));
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
    scene_init(&s, 2);
    s.w.window = 200;
    s.w.piece = 37;
    deal(&s);
    connect_all(&s);
    assert_true(world_run(&s.w, 900, are_equal, &s));
    assert_true(world_run(&s.w, 900, no_sessions, &s));
    scene_fini(&s);
}

static void test_three_become_equal(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 3);
    deal(&s);
    connect_all(&s);
    assert_true(world_run(&s.w, 4 * UM_LINKS_ROUND_MS, are_equal, &s));
    scene_fini(&s);
}

/* Rounds go one after the other: what one member brought, the next is not asked
 * for. */
static void test_nothing_is_brought_twice(void **state)
{
    struct scene s;
    uint64_t once;

    (void)state;
    scene_init(&s, 2);
    for (size_t i = 0; i < pool.n; i++)
        host_give(&s.hosts[1], i);
    connect_all(&s);
    assert_true(world_run(&s.w, 900, are_equal, &s));
    once = s.hosts[0].bus->heard;
    scene_fini(&s);
    scene_init(&s, 4);
    for (size_t i = 0; i < pool.n; i++) {
        for (unsigned k = 1; k < 4; k++)
            host_give(&s.hosts[k], i);
    }
    /* Whoever has the lower key begins: let it be the one with nothing. */
    for (unsigned k = 1; k < 4; k++)
        world_connect(&s.w, s.hosts[0].bus, s.hosts[k].bus);
    assert_true(world_run(&s.w, 900, are_equal, &s));
    world_pass(&s.w, 60);
    assert_true(s.hosts[0].bus->heard < 3 * once);
    scene_fini(&s);
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
    scene_init(&s, 3);
    connect_all(&s);
    world_pass(&s.w, 2500);
    before = host_stats(&s.hosts[0]).rounds;
    host_give(&s.hosts[1], pool.n - 1);
    assert_false(has_last(&s));
    assert_true(world_run(&s.w, 10 * UM_LINKS_ROUND_MS, has_last, &s));
    world_pass(&s.w, 30000 - (s.w.now - 3500));
    assert_in_range(host_stats(&s.hosts[0]).rounds - before, 9, 11);
    assert_true(no_sessions(&s));
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
    scene_init(&s, 2);
    for (size_t i = 0; i + 1 < place; i++) {
        host_give(&s.hosts[0], i);
        host_give(&s.hosts[1], i);
    }
    connect_all(&s);
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
    assert_true(no_sessions(&s));
    scene_fini(&s);
}

static void test_a_grant_is_found_by_a_round(void **state)
{
    struct scene s;
    struct um_need need = {UM_NEED_GRANT, pool.names[5]};

    (void)state;
    scene_init(&s, 2);
    connect_all(&s);
    world_pass(&s.w, 2000);
    host_give(&s.hosts[1], 3);
    um_links_want(s.hosts[0].links, &need, &pool.names[1]);
    world_pass(&s.w, 500);
    assert_true(host_has(&s.hosts[0], 3));
    scene_fini(&s);
}

/* ---- documents */

static void fetch(struct host *h, unsigned doc)
{
    um_links_fetch(h->links, &pool.docs[doc], rig_doc(doc).len);
}

static bool has_docs(void *arg)
{
    struct host *h = arg;

    return h->docs[3];
}

static void test_a_document_of_whoever_has_it(void **state)
{
    (void)state;
    for (unsigned where = 1; where < 4; where++) {
        struct scene s;

        scene_init(&s, 4);
        s.hosts[where].docs[3] = true;
        connect_all(&s);
        fetch(&s.hosts[0], 3);
        assert_true(world_run(&s.w, 900, has_docs, &s.hosts[0]));
        assert_int_equal(s.hosts[0].got[3], 1);
        assert_int_equal(host_stats(&s.hosts[0]).documents, 1);
        assert_int_equal(s.hosts[where].served, rig_doc(3).len);
        world_pass(&s.w, 2000);
        assert_true(no_sessions(&s));
        scene_fini(&s);
    }
}

static void test_several_documents(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    for (unsigned i = 0; i < RIG_DOCS; i++)
        s.hosts[1].docs[i] = true;
    connect_all(&s);
    world_pass(&s.w, 2000);
    for (unsigned i = 0; i < RIG_DOCS; i++)
        fetch(&s.hosts[0], i);
    fetch(&s.hosts[0], 1); /* twice is once */
    world_pass(&s.w, 500);
    for (unsigned i = 0; i < RIG_DOCS; i++)
        assert_int_equal(s.hosts[0].got[i], 1);
    assert_true(no_sessions(&s));
    scene_fini(&s);
}

/* Who sends it is gone after a third of it: another goes on there. */
static void test_a_document_goes_on_with_another(void **state)
{
    struct scene s;
    unsigned other;

    (void)state;
    scene_init(&s, 3);
    s.hosts[1].docs[3] = s.hosts[2].docs[3] = true;
    world_connect(&s.w, s.hosts[0].bus, s.hosts[1].bus);
    world_connect(&s.w, s.hosts[0].bus, s.hosts[2].bus);
    world_pass(&s.w, 2000);
    s.w.cut_after = s.hosts[0].bus->heard + 400000;
    fetch(&s.hosts[0], 3);
    assert_true(world_run(&s.w, 900, has_docs, &s.hosts[0]));
    assert_int_equal(s.w.cut_after, UINT64_MAX);
    assert_true(s.hosts[1].served > 0 && s.hosts[2].served > 0);
    /* What came before the cut is not sent again. */
    other = s.hosts[0].bus->up[1] ? 1 : 2;
    assert_true(s.hosts[other].served < rig_doc(3).len);
    scene_fini(&s);
}

static void test_who_connects_is_asked(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 3);
    s.hosts[2].docs[3] = true;
    world_connect(&s.w, s.hosts[0].bus, s.hosts[1].bus);
    fetch(&s.hosts[0], 3);
    world_pass(&s.w, 20000);
    assert_int_equal(s.hosts[0].got[3], 0);
    world_connect(&s.w, s.hosts[0].bus, s.hosts[2].bus);
    assert_true(world_run(&s.w, 200, has_docs, &s.hosts[0]));
    scene_fini(&s);
}

/* It had it not; by the next rounds it has. */
static void test_who_had_it_not_is_asked_again(void **state)
{
    struct scene s;
    uint64_t opened;

    (void)state;
    scene_init(&s, 2);
    connect_all(&s);
    fetch(&s.hosts[0], 3);
    world_pass(&s.w, 8000);
    opened = s.hosts[0].bus->opened;
    assert_true(opened < 8); /* a stream or two a round, not a storm */
    s.hosts[1].docs[3] = true;
    assert_true(world_run(&s.w, UM_LINKS_ROUND_MS, has_docs, &s.hosts[0]));
    scene_fini(&s);
}

static void test_what_nobody_waits_for_is_not_told(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    s.hosts[1].docs[3] = true;
    s.w.piece = 1000;
    connect_all(&s);
    world_pass(&s.w, 2000);
    s.w.cut_after = UINT64_MAX;
    fetch(&s.hosts[0], 3);
    um_links_unfetch(s.hosts[0].links, &pool.docs[3]);
    world_pass(&s.w, 10000);
    assert_int_equal(s.hosts[1].served, 0);
    fetch(&s.hosts[0], 3);
    (void)world_run(&s.w, 0, NULL, NULL);
    fetch(&s.hosts[0], 1);
    um_links_unfetch(s.hosts[0].links, &pool.docs[1]);
    world_pass(&s.w, 100);
    assert_int_equal(s.hosts[0].got[3], 1);
    assert_int_equal(s.hosts[0].got[1], 0);
    scene_fini(&s);
}

static bool half_served(void *arg)
{
    const struct host *h = arg;

    return h->served > 0;
}

static void test_unwanted_in_the_middle(void **state)
{
    struct scene s;

    (void)state;
    for (unsigned again = 0; again < 2; again++) {
        scene_init(&s, 2);
        s.hosts[1].docs[3] = true;
        s.w.piece = 1000;
        connect_all(&s);
        world_pass(&s.w, 2000);
        fetch(&s.hosts[0], 3);
        assert_true(world_run(&s.w, 100, half_served, &s.hosts[1]));
        um_links_unfetch(s.hosts[0].links, &pool.docs[3]);
        if (again)
            fetch(&s.hosts[0], 3);
        world_pass(&s.w, 2000);
        assert_int_equal(s.hosts[0].got[3], again);
        assert_int_equal(host_stats(&s.hosts[0]).documents, again);
        scene_fini(&s);
    }
}

/* UM__CAP_LINKS_WAITING: the oldest is forgotten. */
static void test_the_oldest_of_too_many_is_forgotten(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    s.hosts[1].docs[3] = s.hosts[1].docs[1] = true;
    fetch(&s.hosts[0], 3);
    fetch(&s.hosts[0], 1);
    for (unsigned i = 0; i < 1023; i++) {
        struct um_name hash;

        p2p_sha256(&i, sizeof i, hash.b);
        um_links_fetch(s.hosts[0].links, &hash, 100);
    }
    connect_all(&s);
    world_pass(&s.w, 10000);
    assert_int_equal(s.hosts[0].got[3], 0);
    assert_int_equal(s.hosts[0].got[1], 1);
    scene_fini(&s);
}

/* UM__CAP_LINKS_FETCHES: of more documents no part is asked for, though there
 * are members enough. */
static void test_documents_at_a_time_are_limited(void **state)
{
    enum { RAWS = 24 };
    struct scene s;
    struct raw raws[RAWS];
    size_t asked = 0;

    (void)state;
    scene_init(&s, 1);
    for (unsigned i = 0; i < RAWS; i++) {
        struct um_name name;

        p2p_sha256(&i, sizeof i, name.b);
        raw_init(&raws[i], &s.w, &name);
        world_connect(&s.w, s.hosts[0].bus, raws[i].bus);
        um_links_fetch(s.hosts[0].links, &name, 100000);
    }
    world_pass(&s.w, 500);
    for (unsigned i = 0; i < RAWS; i++)
        asked += raw_heard(&raws[i], UM_SYNC_DOC_WANT);
    assert_int_equal(asked, 16);
    for (unsigned i = 0; i < RAWS; i++)
        raw_fini(&raws[i]);
    scene_fini(&s);
}

/* ---- who may not */

static void test_a_stranger_is_reset(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    s.hosts[0].strangers = &pool.names[1];
    s.hosts[0].strangers_n = 1;
    for (size_t i = 0; i < 10; i++)
        host_give(&s.hosts[i % 2], i);
    connect_all(&s);
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
    scene_init(&s, 2);
    for (size_t i = 0; i < 100; i++)
        host_give(&s.hosts[1], i);
    s.hosts[0].unrole = true; /* by the first item */
    connect_all(&s);
    world_pass(&s.w, 20000);
    assert_int_equal(s.hosts[0].taken, 1);
    assert_int_equal(host_stats(&s.hosts[0]).sessions, 0);
    assert_int_equal(host_stats(&s.hosts[0]).ended, 0);
    assert_true(no_sessions(&s));
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
    scene_init(&d->s, 1);
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
    scene_init(&s, 2);
    deal(&s);
    s.hosts[0].refuses = 101;
    connect_all(&s);
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
    struct um_name low = {{0}};

    (void)state;
    scene_init(&s, 2);
    deal(&s);
    memset(low.b + 1, 1, sizeof low.b - 1);
    raw_init(&raw, &s.w, &low);
    world_connect(&s.w, s.hosts[0].bus, raw.bus);
    world_pass(&s.w, 1000);
    connect_all(&s);
    assert_true(world_run(&s.w, 2500, are_equal, &s));
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

/* Links are made when others are connected already; and freed in the middle. */
static void test_beginning_and_end(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, 2);
    deal(&s);
    s.hosts[0].bus->on_up = NULL;
    s.hosts[1].bus->on_up = NULL;
    connect_all(&s); /* nobody is told */
    assert_true(world_run(&s.w, 1500, are_equal, &s));
    scene_fini(&s);
    scene_init(&s, 2);
    deal(&s);
    s.hosts[1].docs[3] = true;
    s.w.piece = 100;
    connect_all(&s);
    fetch(&s.hosts[0], 3);
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
        cmocka_unit_test(test_nothing_is_brought_twice),
        cmocka_unit_test(test_rounds_come_every_few_seconds),
        cmocka_unit_test(test_what_is_missing_is_asked_for),
        cmocka_unit_test(test_a_grant_is_found_by_a_round),
        cmocka_unit_test(test_a_document_of_whoever_has_it),
        cmocka_unit_test(test_several_documents),
        cmocka_unit_test(test_a_document_goes_on_with_another),
        cmocka_unit_test(test_who_connects_is_asked),
        cmocka_unit_test(test_who_had_it_not_is_asked_again),
        cmocka_unit_test(test_what_nobody_waits_for_is_not_told),
        cmocka_unit_test(test_unwanted_in_the_middle),
        cmocka_unit_test(test_the_oldest_of_too_many_is_forgotten),
        cmocka_unit_test(test_documents_at_a_time_are_limited),
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
        cmocka_unit_test(test_beginning_and_end),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
