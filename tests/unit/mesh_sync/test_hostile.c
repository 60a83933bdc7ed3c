/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A peer that breaks the protocol: each way has its reason, ends the session,
 * and leaves the sets as they were. And one that keeps to it, and sends as much
 * as it can: what we hold for it has an end.
 */
#include "mesh/base/mem.h"
#include "rig.h"

static struct pool pool;

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool,
              &(struct pool_cfg){.seed = 9, .edits = 4300, .chain = true});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

/* One of ours, which speaks to the test. It has `items` of the pool. */
struct rig {
    struct node n;
    struct end e;
};

static void rig_init(struct rig *r, size_t items)
{
    node_init(&r->n, &pool);
    for (size_t k = 0; k < items; k++)
        assert_true(node_give(&r->n, k));
    end_init(&r->e, &r->n, 1000);
}

static void rig_fini(struct rig *r)
{
    end_fini(&r->e);
    node_fini(&r->n);
}

static void hear(struct rig *r, struct um_sync_msg m)
{
    end_hear(&r->e, &m);
    end_tx(&r->e, r->e.sync.now_ms);
}

static struct um_sync_msg hello(uint8_t root)
{
    struct um_sync_msg m = {
        .what = UM_SYNC_HELLO, .version = 1, .mesh = pool.mesh};

    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        memset(m.roots[i].b, root, UM_NAME_BYTES);
    return m;
}

/* Begins a round in which all roots differ; ours says Hello. */
static void greet(struct rig *r)
{
    um_sync_begin(&r->e.sync);
    end_tx(&r->e, 1000);
    hear(r, hello(1));
}

/* The session ended for a reason that is the peer's fault, and said so once. */
static void ended(struct rig *r, enum um_sync_why why)
{
    struct um_str more = UM_STR(
        "\x05"
        "more ");
    struct um_sync_ev ev;

    end_tx(&r->e, 1000);
    assert_int_equal(r->e.why, why);
    assert_true(um_sync_over(&r->e.sync));
    um_sync_rx(&r->e.sync, &more, 1001);
    assert_int_equal(more.len, 0);
    assert_false(um_sync_next(&r->e.sync, &ev));
    assert_int_equal(um_sync_tx(&r->e.sync, &r->e.out, 1001), 0);
    rig_fini(r);
}

static void raw(struct rig *r, struct um_str bytes)
{
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        struct chunker c;

        chunker_init(&c, plan, 1);
        rig_init(r, 6);
        end_rx(&r->e, bytes, &c, 1000);
        if (plan + 1 < CHUNK_PLANS)
            rig_fini(r);
    }
}

static void test_bytes_that_are_no_message(void **state)
{
    struct rig r;

    (void)state;
    raw(&r, UM_STR("\x05"
                   "hello"));
    ended(&r, UM_SYNC_GARBAGE);
    raw(&r, UM_STR("\x00"));
    ended(&r, UM_SYNC_GARBAGE);
    raw(&r, UM_STR("\x02\x12\x00"));
    ended(&r, UM_SYNC_GARBAGE);
}

/* Announces a frame of one byte too many. */
static void test_a_frame_that_is_too_long(void **state)
{
    struct um_buf head = UM_BUF_INIT;
    struct rig r;

    (void)state;
    um_pb_put_varint(&head, UM__CAP_SYNC_FRAME_BYTES + 1);
    raw(&r, um_buf_view(&head));
    um_buf_fini(&head);
    ended(&r, UM_SYNC_TOO_LONG);
}

static void test_another_mesh_or_version(void **state)
{
    struct um_sync_msg m = hello(1);
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    m.mesh.b[0] ^= 1;
    hear(&r, m);
    ended(&r, UM_SYNC_OTHER_MESH);
    rig_init(&r, 6);
    m = hello(1);
    m.version = 2;
    hear(&r, m);
    assert_false(um_sync_at_fault(UM_SYNC_TOO_NEW));
    ended(&r, UM_SYNC_TOO_NEW);
}

/* A list of one envelope. */
static struct um_str run_of(enum um_sync_what what, struct um_str envelope)
{
    static struct um_buf run;

    um_buf_clear(&run);
    um_pb_put_str(&run, um_sync_envelope_field(what), envelope);
    return um_buf_view(&run);
}

static struct um_str item(size_t place)
{
    return um_buf_view(&pool.items[place].bytes);
}

static void test_answers_to_nothing(void **state)
{
    struct um_name names[UM_SYNC_BUCKETS];
    const struct um_sync_msg all[] = {
        {.what = UM_SYNC_BUCKETS_ARE, .set = 1, .names = {names, 256}},
        {.what = UM_SYNC_IDS, .set = 1},
        {.what = UM_SYNC_ITEMS,
         .set = UM_SYNC_REVISIONS,
         .envelopes = run_of(UM_SYNC_ITEMS, item(6))},
        {.what = UM_SYNC_DOC, .hash = {{1}}},
        {.what = UM_SYNC_SLOT, .hash = {{1}}},
        {.what = UM_SYNC_SORRY, .number = 2},
    };
    struct rig r;

    (void)state;
    memset(names, 1, sizeof names);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        rig_init(&r, 6);
        hear(&r, all[i]);
        assert_int_equal(node_count(&r.n), 6);
        ended(&r, UM_SYNC_UNASKED);
    }
}

/* Rows before a Hello of ours, or more than there can be members. */
static void test_rows_without_end(void **state)
{
    struct um_sync_msg m = {.what = UM_SYNC_ROWS};
    struct um_buf run = UM_BUF_INIT;
    struct rig r;

    (void)state;
    for (unsigned i = 0; i < 512; i++)
        um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ROWS),
                      rig_row(&pool, 1, 7));
    m.envelopes = um_buf_view(&run);
    rig_init(&r, 6);
    hear(&r, m);
    assert_int_equal(r.n.rows, 0);
    ended(&r, UM_SYNC_FLOOD);
    rig_init(&r, 6);
    um_sync_begin(&r.e.sync);
    end_tx(&r.e, 1000);
    for (unsigned i = 0; i < UM__CAP_SYNC_ROWS / 512; i++)
        hear(&r, m);
    assert_int_equal(r.e.why, UM_SYNC_FINE);
    hear(&r, m);
    assert_int_equal(r.n.rows, UM__CAP_SYNC_ROWS);
    ended(&r, UM_SYNC_FLOOD);
    /* what was not sent in many rounds is not to be sent at once */
    rig_init(&r, 6);
    for (unsigned i = 0; i < 10; i++) {
        um_sync_begin(&r.e.sync);
        end_tx(&r.e, 1000);
        hear(&r, hello(1));
    }
    for (unsigned i = 0; i <= 2 * UM__CAP_SYNC_ROWS / 512; i++)
        hear(&r, m);
    assert_int_equal(r.n.rows, 2 * UM__CAP_SYNC_ROWS);
    um_buf_fini(&run);
    ended(&r, UM_SYNC_FLOOD);
}

static void test_a_row_that_is_none(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    um_sync_begin(&r.e.sync);
    end_tx(&r.e, 1000);
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_ROWS,
                                  .envelopes = run_of(UM_SYNC_ROWS, item(6))});
    ended(&r, UM_SYNC_BAD_ITEM);
}

/* Asks and asks, and reads no answer. */
static void test_more_requests_than_may_be_open(void **state)
{
    struct um_sync_msg m = {
        .what = UM_SYNC_WANT, .set = UM_SYNC_REVISIONS, .names = {NULL, 0}};
    struct um_name names[UM__CAP_SYNC_WANT_NAMES];
    struct rig r;

    (void)state;
    memset(names, 7, sizeof names);
    m.names = (struct um_namelist){names, UM__CAP_SYNC_WANT_NAMES};
    rig_init(&r, 6);
    for (unsigned i = 0; i < UM__CAP_SYNC_REQUESTS; i++)
        end_hear(&r.e, &m);
    assert_int_equal(r.e.why, UM_SYNC_FINE);
    assert_int_equal(r.e.sync.asks_n, UM__CAP_SYNC_REQUESTS);
    end_hear(&r.e, &m);
    assert_int_equal(r.e.why, UM_SYNC_FLOOD);
    ended(&r, UM_SYNC_FLOOD);
    /* messages that nobody knows are requests too */
    rig_init(&r, 6);
    for (unsigned i = 0; i <= UM__CAP_SYNC_REQUESTS; i++) {
        struct chunker c;

        chunker_init(&c, CHUNK_ALL, 1);
        end_rx(&r.e, UM_STR("\x03\x72\x01z"), &c, 1000);
    }
    ended(&r, UM_SYNC_FLOOD);
}

/* Begins round after round. */
static void test_rounds_without_end(void **state)
{
    struct rig r;
    uint64_t at;

    (void)state;
    rig_init(&r, 6);
    for (unsigned i = 0; i < UM__CAP_SYNC_ROUNDS; i++)
        hear(&r, hello(1));
    assert_int_equal(r.e.why, UM_SYNC_FINE);
    hear(&r, hello(1));
    ended(&r, UM_SYNC_FLOOD);
    /* one a second is fine, for ever */
    rig_init(&r, 6);
    at = 1000;
    for (unsigned i = 0; i < 10 * UM__CAP_SYNC_ROUNDS; i++) {
        at += 1000;
        r.e.sync.now_ms = at;
        hear(&r, hello(1));
        assert_int_equal(r.e.why, UM_SYNC_FINE);
    }
    rig_fini(&r);
    /* two before an answer are not */
    rig_init(&r, 6);
    end_hear(&r.e, &(struct um_sync_msg){.what = UM_SYNC_HELLO,
                                         .version = 1,
                                         .mesh = pool.mesh,
                                         .roots = {{{1}}, {{1}}, {{1}}}});
    hear(&r, hello(1));
    ended(&r, UM_SYNC_FLOOD);
}

/* An IdsWant of ours for all buckets of the revisions is open, and the ones
 * before it were answered. */
static void listing(struct rig *r)
{
    struct um_name names[UM_SYNC_BUCKETS];
    struct um_sync_msg m;

    greet(r);
    memset(names, 1, sizeof names);
    /* roster and revisions are compared by bucket, facts there are none */
    for (unsigned set = 1; set <= 2; set++)
        hear(r, (struct um_sync_msg){.what = UM_SYNC_BUCKETS_ARE,
                                     .set = set,
                                     .names = {names, UM_SYNC_BUCKETS}});
    hear(r, (struct um_sync_msg){.what = UM_SYNC_IDS, .set = UM_SYNC_FACTS});
    hear(r, (struct um_sync_msg){.what = UM_SYNC_IDS, .set = UM_SYNC_ROSTER});
    assert_int_equal(r->e.why, UM_SYNC_FINE);
    assert_true(end_says(&r->e, UM_SYNC_IDS_WANT, &m));
}

static void test_answers_to_something_else(void **state)
{
    struct um_name names[UM_SYNC_BUCKETS];
    struct um_sync_msg m = {.what = UM_SYNC_BUCKETS_ARE, .set = 2};
    struct rig r;

    (void)state;
    memset(names, 1, sizeof names);
    m.names = (struct um_namelist){names, 256};
    rig_init(&r, 6);
    greet(&r);
    hear(&r, m); /* of another set than was asked first */
    ended(&r, UM_SYNC_WRONG_ANSWER);
    rig_init(&r, 6);
    greet(&r);
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_IDS, .set = 1});
    ended(&r, UM_SYNC_WRONG_ANSWER);
    rig_init(&r, 6);
    greet(&r);
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_SORRY, .number = 4});
    ended(&r, UM_SYNC_WRONG_ANSWER);
}

/* Lists ids of a bucket that was not asked for. */
static void test_ids_of_another_bucket(void **state)
{
    struct um_name names[UM_SYNC_BUCKETS];
    struct um_name id = {{7, 1}};
    struct um_digest *d;
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    greet(&r);
    d = &r.n.digests[0];
    memcpy(names, um_digest_buckets(d), sizeof names);
    names[8].b[0] ^= 1; /* this one alone differs */
    hear(&r, (struct um_sync_msg){
                 .what = UM_SYNC_BUCKETS_ARE, .set = 1, .names = {names, 256}});
    hear(&r, (struct um_sync_msg){
                 .what = UM_SYNC_BUCKETS_ARE, .set = 2, .names = {names, 256}});
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_IDS, .set = UM_SYNC_FACTS});
    hear(&r, (struct um_sync_msg){
                 .what = UM_SYNC_IDS, .set = 1, .names = {&id, 1}});
    ended(&r, UM_SYNC_WRONG_ANSWER);
}

/* Lists ids that it makes up, on and on. */
static void test_more_ids_than_are_kept(void **state)
{
    static struct um_name names[8192];
    struct um_sync_msg m = {.what = UM_SYNC_IDS,
                            .set = UM_SYNC_REVISIONS,
                            .names = {names, 8192},
                            .more = true};
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    for (unsigned i = 0; i < 12; i++) {
        for (unsigned k = 0; k < 8192; k++) {
            names[k].b[0] = (uint8_t)k;
            names[k].b[1] = (uint8_t)(k >> 8);
            names[k].b[2] = (uint8_t)(i + 1);
        }
        end_hear(&r.e, &m);
    }
    assert_int_equal(r.e.why, UM_SYNC_FINE);
    assert_true(r.e.sync.pulls[1].wants[1].n <= UM__CAP_SYNC_WANTED);
    rig_fini(&r);
}

/* Lists what is here already, on and on: nothing is kept, but it has an end. */
static void test_more_ids_than_a_set_has(void **state)
{
    static struct um_name names[8192];
    struct um_sync_msg m = {.what = UM_SYNC_IDS,
                            .set = UM_SYNC_REVISIONS,
                            .names = {names, 8192},
                            .more = true};
    struct rig r;
    unsigned frames = 0;

    (void)state;
    for (unsigned k = 0; k < 8192; k++)
        names[k] = pool.items[4].id;
    rig_init(&r, 6);
    listing(&r);
    while (r.e.why == UM_SYNC_FINE && frames < 200) {
        end_hear(&r.e, &m);
        frames++;
    }
    assert_int_equal(frames, UM__CAP_SYNC_LISTED / 8192 + 1);
    ended(&r, UM_SYNC_FLOOD);
}

/* Lists items of the pool, from place `from` on; ours asks for them. */
static void lists(struct rig *r, size_t from, size_t n)
{
    struct um_name *names = test_malloc(n * sizeof *names);

    for (size_t i = 0; i < n; i++)
        names[i] = pool.items[from + i].id;
    hear(r, (struct um_sync_msg){.what = UM_SYNC_IDS,
                                 .set = UM_SYNC_REVISIONS,
                                 .names = {names, n}});
    test_free(names);
}

static void test_items_that_were_not_asked_for(void **state)
{
    struct um_sync_msg m = {.what = UM_SYNC_ITEMS, .set = UM_SYNC_REVISIONS};
    struct um_buf run = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    lists(&r, 6, 2);
    m.envelopes = run_of(UM_SYNC_ITEMS, item(7)); /* not in order */
    hear(&r, m);
    assert_int_equal(r.n.judged, 0);
    ended(&r, UM_SYNC_WRONG_ANSWER);
    rig_init(&r, 6);
    listing(&r);
    lists(&r, 6, 1);
    for (size_t i = 6; i < 8; i++) /* one too many */
        um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ITEMS), item(i));
    m.envelopes = um_buf_view(&run);
    hear(&r, m);
    assert_int_equal(r.n.judged, 1);
    ended(&r, UM_SYNC_WRONG_ANSWER);
    um_buf_fini(&run);
    rig_init(&r, 6);
    listing(&r);
    lists(&r, 6, 1);
    m.envelopes = run_of(UM_SYNC_ITEMS, UM_STR("x")); /* no envelope at all */
    hear(&r, m);
    ended(&r, UM_SYNC_WRONG_ANSWER);
}

static void test_it_has_not_what_it_lists(void **state)
{
    struct um_name names[2] = {pool.items[6].id, pool.items[7].id};
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    lists(&r, 6, 2);
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_ITEMS,
                                  .set = UM_SYNC_REVISIONS,
                                  .names = {names, 2}});
    ended(&r, UM_SYNC_WRONG_ANSWER);
}

/* A signature of another: the envelope is another one with the same payload. */
static void test_an_item_with_a_wrong_signature(void **state)
{
    struct um_buf bad = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    lists(&r, 6, 1);
    um_buf_str(&bad, item(6));
    bad.p[bad.len - 1] ^= 1;
    hear(&r, (struct um_sync_msg){
                 .what = UM_SYNC_ITEMS,
                 .set = UM_SYNC_REVISIONS,
                 .envelopes = run_of(UM_SYNC_ITEMS, um_buf_view(&bad))});
    um_buf_fini(&bad);
    assert_int_equal(node_count(&r.n), 6);
    ended(&r, UM_SYNC_BAD_ITEM);
}

/* Sends all that it lists but the first, on which the others were made: as
 * many wait as may, and no more. */
static void lacking(struct rig *r, size_t n)
{
    struct um_buf run = UM_BUF_INIT;

    lists(r, 7, n);
    um_buf_clear(&r->e.out); /* our Want */
    for (size_t i = 0; i < n;) {
        um_buf_clear(&run);
        for (; i < n && run.len < 200000 && (run.len == 0 || i % 1024 != 0);
             i++)
            um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ITEMS),
                          item(7 + i));
        /* without pulling, so that nothing is decided in between */
        end_hear(&r->e, &(struct um_sync_msg){.what = UM_SYNC_ITEMS,
                                              .set = UM_SYNC_REVISIONS,
                                              .envelopes = um_buf_view(&run)});
        assert_int_equal(r->e.why, UM_SYNC_FINE);
        if (i + 2 < n)
            assert_true(r->e.sync.waiting.n > 0);
    }
    um_buf_fini(&run);
}

static void test_items_whose_needs_never_come(void **state)
{
    struct rig r;
    struct um_sync_msg m;
    size_t n = 4200;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    lists(&r, 7, n);
    for (size_t i = 0; i + 1 < n; i++) { /* the last one is still to come */
        end_hear(&r.e, &(struct um_sync_msg){
                           .what = UM_SYNC_ITEMS,
                           .set = UM_SYNC_REVISIONS,
                           .envelopes = run_of(UM_SYNC_ITEMS, item(7 + i))});
    }
    assert_int_equal(r.e.why, UM_SYNC_FINE);
    assert_int_equal(r.n.judged, n - 1);
    assert_int_equal(r.e.sync.waiting.n, UM__CAP_SYNC_WAITING);
    /* All came: the one that the others need is asked for, by name. */
    end_tx(&r.e, 1000);
    um_buf_clear(&r.e.out);
    end_hear(&r.e, &(struct um_sync_msg){
                       .what = UM_SYNC_ITEMS,
                       .set = UM_SYNC_REVISIONS,
                       .envelopes = run_of(UM_SYNC_ITEMS, item(7 + n - 1))});
    assert_true(end_says(&r.e, UM_SYNC_WANT, &m));
    assert_true(m.names.n >= 1);
    assert_int_equal(r.n.judged, n);
    rig_fini(&r);
}

static void test_it_withholds_what_they_need(void **state)
{
    struct um_name need = pool.items[6].id;
    struct um_sync_msg m;
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    lacking(&r, 100);
    assert_int_equal(r.e.sync.waiting.n, 100);
    assert_true(end_says(&r.e, UM_SYNC_WANT, &m));
    assert_int_equal(m.names.n, 1); /* one is needed by all, in the end */
    assert_true(um_name_eq(m.names.p, &need));
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_ITEMS,
                                  .set = UM_SYNC_REVISIONS,
                                  .names = {&need, 1}});
    end_tx(&r.e, 1000);
    /* They are dropped; nothing came, so no round is begun. */
    assert_int_equal(r.e.sync.waiting.n, 0);
    assert_int_equal(r.e.out.len, 0);
    assert_int_equal(r.e.why, UM_SYNC_FINE);
    assert_int_equal(node_count(&r.n), 6);
    rig_fini(&r);
}

static void test_it_gives_what_they_need(void **state)
{
    struct um_sync_msg m;
    struct rig r;

    (void)state;
    rig_init(&r, 6);
    listing(&r);
    lacking(&r, 100);
    assert_true(end_says(&r.e, UM_SYNC_WANT, &m));
    hear(&r, (struct um_sync_msg){.what = UM_SYNC_ITEMS,
                                  .set = UM_SYNC_REVISIONS,
                                  .envelopes = run_of(UM_SYNC_ITEMS, item(6))});
    assert_int_equal(node_count(&r.n), 107); /* all at once, link by link */
    assert_int_equal(r.e.sync.waiting.n, 0);
    rig_fini(&r);
}

/* Few items that wait, and long ones. */
static void test_long_items_whose_needs_never_come(void **state)
{
    struct pool big;
    struct um_waiting w = {.n = 0};
    size_t held = 0;

    (void)state;
    pool_init(&big, &(struct pool_cfg){
                        .seed = 2, .edits = 700, .chain = true, .first = 400});
    for (size_t i = 6; i < big.n; i++) {
        struct um_str bytes = um_buf_view(&big.items[i].bytes);
        struct um_waiting_item *it = um_waiting_make(&w, bytes);

        if (it == NULL)
            continue;
        it->need = (struct um_need){UM_NEED_REVISION, big.items[i - 1].id};
        assert_int_equal(um_waiting_put(&w, it), 0);
        held += bytes.len;
    }
    assert_true(w.n < 694 && w.n > 600);
    assert_true(held <= UM__CAP_SYNC_WAITING_BYTES);
    /* What became ready counts until it is taken. */
    for (size_t i = 5; i < big.n; i++)
        um_waiting_wake(&w, &big.items[i].id);
    assert_int_equal(w.n, 0);
    assert_null(
        um_waiting_make(&w, um_str_n(rig_doc(1).p, UM__CAP_ITEM_BYTES)));
    um_waiting_fini(&w);
    assert_true(um_waiting_empty(&w));
    pool_fini(&big);
}

/* One thing comes, and all that waited for it are ready, in a row. */
static void test_many_that_wait_for_one(void **state)
{
    struct um_waiting w = {.n = 0};
    const struct um_name a = {{1}};
    const struct um_name b = {{2}};
    unsigned ready = 0;

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        struct um_waiting_item *it = um_waiting_make(&w, UM_STR("item"));

        assert_non_null(it);
        it->need = (struct um_need){UM_NEED_REVISION, i % 3 == 0 ? a : b};
        assert_int_equal(um_waiting_put(&w, it), 0);
    }
    um_waiting_wake(&w, &a);
    assert_int_equal(w.n, 20);
    um_waiting_wake(&w, &a);
    um_waiting_wake(&w, &b);
    assert_int_equal(w.n, 0);
    for (struct um_waiting_item *it; (it = um_waiting_take(&w)) != NULL;) {
        assert_true(um_name_eq(&it->need.name, ready < 10 ? &a : &b));
        ready++;
        um_mem_free(it);
    }
    assert_int_equal(ready, 30);
    assert_int_equal(w.bytes, 0);
    um_waiting_fini(&w);
}

static void doc(struct rig *r, uint64_t offset, uint64_t size, size_t bytes)
{
    hear(r, (struct um_sync_msg){
                .what = UM_SYNC_DOC,
                .hash = pool.docs[1],
                .offset = offset,
                .size = size,
                .bytes = um_str_head(um_str_skip(rig_doc(1), (size_t)offset),
                                     bytes)});
}

static void fetching(struct rig *r, struct um_download *d, uint64_t size)
{
    rig_init(r, 6);
    um_download_init(d, &pool.docs[1], size, size > 0 ? size : 1U << 20);
    assert_int_equal(um_sync_fetch(&r->e.sync, d), 0);
    end_tx(&r->e, 1000);
}

static void bad_document(struct rig *r, struct um_download *d)
{
    assert_int_equal(d->bytes.len, 0);
    assert_false(d->whole);
    um_download_fini(d);
    ended(r, UM_SYNC_BAD_DOCUMENT);
}

static void test_documents_that_are_another(void **state)
{
    struct um_download d;
    struct rig r;

    (void)state;
    fetching(&r, &d, 300100);
    doc(&r, 0, 300100, UM__CAP_SYNC_PART_BYTES);
    hear(&r, (struct um_sync_msg){
                 .what = UM_SYNC_DOC,
                 .hash = pool.docs[1],
                 .offset = UM__CAP_SYNC_PART_BYTES,
                 .size = 300100,
                 .bytes = um_str_head(rig_doc(1),
                                      300100 - UM__CAP_SYNC_PART_BYTES)});
    bad_document(&r, &d);
    fetching(&r, &d, 300100); /* another size than the revision says */
    doc(&r, 0, 300101, UM__CAP_SYNC_PART_BYTES);
    bad_document(&r, &d);
    fetching(&r, &d, 0); /* longer than any may be */
    doc(&r, 0, (1U << 20) + 1, UM__CAP_SYNC_PART_BYTES);
    bad_document(&r, &d);
    fetching(&r, &d, 300100); /* a short part: it would take for ever */
    doc(&r, 0, 300100, 1);
    bad_document(&r, &d);
    fetching(&r, &d, 300100); /* nothing of it */
    doc(&r, 0, 300100, 0);
    bad_document(&r, &d);
    fetching(&r, &d, 0); /* a size that changes */
    doc(&r, 0, 300100, UM__CAP_SYNC_PART_BYTES);
    doc(&r, UM__CAP_SYNC_PART_BYTES, 300099, 300099 - UM__CAP_SYNC_PART_BYTES);
    bad_document(&r, &d);
}

static void test_a_part_of_elsewhere(void **state)
{
    struct um_download d;
    struct rig r;

    (void)state;
    fetching(&r, &d, 300100);
    doc(&r, 5, 300100, 1000);
    um_download_fini(&d);
    ended(&r, UM_SYNC_WRONG_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_that_are_no_message),
        cmocka_unit_test(test_a_frame_that_is_too_long),
        cmocka_unit_test(test_another_mesh_or_version),
        cmocka_unit_test(test_answers_to_nothing),
        cmocka_unit_test(test_rows_without_end),
        cmocka_unit_test(test_a_row_that_is_none),
        cmocka_unit_test(test_more_requests_than_may_be_open),
        cmocka_unit_test(test_rounds_without_end),
        cmocka_unit_test(test_answers_to_something_else),
        cmocka_unit_test(test_ids_of_another_bucket),
        cmocka_unit_test(test_more_ids_than_are_kept),
        cmocka_unit_test(test_more_ids_than_a_set_has),
        cmocka_unit_test(test_items_that_were_not_asked_for),
        cmocka_unit_test(test_it_has_not_what_it_lists),
        cmocka_unit_test(test_an_item_with_a_wrong_signature),
        cmocka_unit_test(test_items_whose_needs_never_come),
        cmocka_unit_test(test_it_withholds_what_they_need),
        cmocka_unit_test(test_it_gives_what_they_need),
        cmocka_unit_test(test_long_items_whose_needs_never_come),
        cmocka_unit_test(test_many_that_wait_for_one),
        cmocka_unit_test(test_documents_that_are_another),
        cmocka_unit_test(test_a_part_of_elsewhere),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
