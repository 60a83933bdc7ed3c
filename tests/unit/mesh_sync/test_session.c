/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a session does besides making sets equal: documents, slots, rows, hints,
 * rounds, time; and what it says of its own faults. */
#include "rig.h"

static struct pool pool;

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 5, .edits = 40, .chain = true});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

/* Two nodes, a has the first `a` items of the pool, b the first `b`. */
struct two {
    struct node nodes[2];
    struct pipe pipe;
};

static void two_init(struct two *t, size_t a, size_t b)
{
    size_t n[2] = {a, b};

    for (unsigned i = 0; i < 2; i++) {
        node_init(&t->nodes[i], &pool);
        for (size_t k = 0; k < n[i]; k++)
            assert_true(node_give(&t->nodes[i], k));
    }
    pipe_init(&t->pipe, &t->nodes[0], &t->nodes[1]);
}

/* Another stream between the same two. */
static void two_again(struct two *t)
{
    pipe_fini(&t->pipe);
    pipe_init(&t->pipe, &t->nodes[0], &t->nodes[1]);
}

static void two_fini(struct two *t)
{
    pipe_fini(&t->pipe);
    node_fini(&t->nodes[0]);
    node_fini(&t->nodes[1]);
}

static void fine(const struct two *t)
{
    assert_int_equal(t->pipe.ends[0].why, UM_SYNC_FINE);
    assert_int_equal(t->pipe.ends[1].why, UM_SYNC_FINE);
}

static void test_documents_in_any_pieces(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        for (unsigned i = 0; i < RIG_DOCS; i++) {
            struct um_download d;
            struct two t;

            two_init(&t, 6, 6);
            chunker_init(&t.pipe.chunker, plan, i);
            t.nodes[1].docs[i] = true;
            /* of a revision the size is known, of a sealed object it is not */
            um_download_init(&d, &pool.docs[i],
                             plan == CHUNK_ALL ? rig_doc(i).len : 0,
                             UM__CAP_DOC_BYTES);
            assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d), 0);
            assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d),
                             P2P_EAGAIN);
            pipe_run(&t.pipe);
            fine(&t);
            assert_int_equal(t.pipe.ends[0].documents, 1);
            assert_ptr_equal(t.pipe.ends[0].download, &d);
            assert_true(d.whole);
            assert_true(um_str_eq(um_buf_view(&d.bytes), rig_doc(i)));
            assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d),
                             P2P_ESTATE);
            um_download_fini(&d);
            two_fini(&t);
        }
    }
}

/* Fetches a document over streams that are cut after so many bytes; how many
 * were sent. */
static size_t fetch_in_cuts(size_t cut, bool sparing)
{
    struct um_download d;
    struct two t;
    size_t sent = 0;
    size_t before;

    two_init(&t, 6, 6);
    t.nodes[1].docs[3] = true;
    t.nodes[0].sparing = t.nodes[1].sparing = sparing;
    two_again(&t);
    um_download_init(&d, &pool.docs[3], rig_doc(3).len, UM__CAP_DOC_BYTES);
    while (!d.whole) {
        before = d.bytes.len;
        t.pipe.cut_after = cut;
        t.pipe.loses = sparing;
        assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d), 0);
        pipe_run(&t.pipe);
        fine(&t);
        assert_true(d.bytes.len > before); /* each brings something */
        sent += t.pipe.ends[1].sent;
        two_again(&t);
    }
    assert_true(um_str_eq(um_buf_view(&d.bytes), rig_doc(3)));
    um_download_fini(&d);
    two_fini(&t);
    return sent;
}

static void test_a_document_goes_on_in_another_session(void **state)
{
    (void)state;
    assert_true(fetch_in_cuts(400000, false) < 3 * rig_doc(3).len);
}

/* Where streams end after fewer bytes than a part has, parts are smaller, and
 * one is under way: what a relay has not yet sent on when it cuts is lost. */
static void test_small_parts_come_over_short_streams(void **state)
{
    (void)state;
    assert_true(fetch_in_cuts(100000, true) < 3 * rig_doc(3).len);
}

static void test_a_document_that_is_not_there(void **state)
{
    struct um_download d;
    struct two t;

    (void)state;
    two_init(&t, 6, 6);
    um_download_init(&d, &pool.docs[1], rig_doc(1).len, UM__CAP_DOC_BYTES);
    assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d), 0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(t.pipe.ends[0].documents, 1);
    assert_false(d.whole);
    /* and then another one, on the same stream */
    t.nodes[1].docs[1] = true;
    assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d), 0);
    pipe_run(&t.pipe);
    assert_true(d.whole);
    um_download_fini(&d);
    two_fini(&t);
}

/* What an earlier session brought was wrong: the one who sent the rest is not
 * blamed, and the whole comes from him. */
static void test_a_poisoned_beginning(void **state)
{
    struct um_download d;
    struct two t;

    (void)state;
    two_init(&t, 6, 6);
    t.nodes[1].docs[3] = true;
    um_download_init(&d, &pool.docs[3], 0, UM__CAP_DOC_BYTES);
    um_buf_fill(&d.bytes, 'x', UM__CAP_SYNC_PART_BYTES);
    d.size = rig_doc(3).len;
    assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d), 0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_true(d.whole);
    assert_true(um_str_eq(um_buf_view(&d.bytes), rig_doc(3)));
    um_download_fini(&d);
    /* or it had another size */
    um_download_init(&d, &pool.docs[3], 0, UM__CAP_DOC_BYTES);
    um_buf_fill(&d.bytes, 'x', UM__CAP_SYNC_PART_BYTES);
    d.size = 2 * UM__CAP_SYNC_PART_BYTES;
    assert_int_equal(um_sync_fetch(&t.pipe.ends[0].sync, &d), 0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_true(d.whole);
    um_download_fini(&d);
    two_fini(&t);
}

static void test_slots(void **state)
{
    struct two t;

    (void)state;
    two_init(&t, 6, 6);
    t.nodes[1].docs[1] = true;
    assert_int_equal(um_sync_want_slot(&t.pipe.ends[0].sync, &pool.docs[1]), 0);
    assert_int_equal(um_sync_want_slot(&t.pipe.ends[0].sync, &pool.docs[1]),
                     P2P_EAGAIN);
    pipe_run(&t.pipe);
    assert_int_equal(t.pipe.ends[0].slots, 1);
    assert_true(t.pipe.ends[0].slot_here);
    assert_int_equal(um_sync_want_slot(&t.pipe.ends[0].sync, &pool.docs[2]), 0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(t.pipe.ends[0].slots, 2);
    assert_false(t.pipe.ends[0].slot_here);
    two_fini(&t);
}

/* Rows go to who has none, or an older one, and to nobody else. */
static void test_rows(void **state)
{
    struct two t;

    (void)state;
    two_init(&t, 6, 6);
    t.nodes[0].seqs[1] = 10;
    t.nodes[1].seqs[1] = 9;
    t.nodes[0].seqs[2] = 5;
    t.nodes[1].seqs[2] = 5;
    t.nodes[1].seqs[5] = 1;
    um_sync_begin(&t.pipe.ends[0].sync);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(t.nodes[1].seqs[1], 10);
    assert_int_equal(t.nodes[0].seqs[5], 1);
    assert_int_equal(t.nodes[0].rows, 1);
    assert_int_equal(t.nodes[1].rows, 1);
    two_fini(&t);
}

/* A hint named a revision: it comes by name, with few bytes. */
static void test_a_hinted_item(void **state)
{
    struct two t;
    struct um_name id = pool.items[20].id;

    (void)state;
    two_init(&t, 20, pool.n);
    assert_int_equal(um_sync_want(&t.pipe.ends[0].sync, UM_SYNC_REVISIONS,
                                  (struct um_namelist){&id, 1}),
                     0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_true(t.nodes[0].here[20]);
    two_fini(&t);
}

/* What it was made from is missing too: two are asked for by name. */
static void test_a_hinted_item_with_needs(void **state)
{
    struct two t;
    struct um_name id = pool.items[22].id;
    size_t first;

    (void)state;
    two_init(&t, 20, 23);
    assert_int_equal(um_sync_want(&t.pipe.ends[0].sync, UM_SYNC_REVISIONS,
                                  (struct um_namelist){&id, 1}),
                     0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(node_count(&t.nodes[0]), 23);
    assert_int_equal(t.nodes[0].waited, 2);
    first = t.pipe.ends[0].sent + t.pipe.ends[1].sent;
    assert_true(first < 3000);
    two_fini(&t);
}

/* Very much is missing: a round is better, and is begun. */
static void test_a_hinted_item_far_away(void **state)
{
    struct two t;
    struct um_name id = pool.items[pool.n - 1].id;

    (void)state;
    two_init(&t, 6, pool.n);
    assert_int_equal(um_sync_want(&t.pipe.ends[0].sync, UM_SYNC_REVISIONS,
                                  (struct um_namelist){&id, 1}),
                     0);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(node_count(&t.nodes[0]), pool.n);
    two_fini(&t);
}

/* Nobody has it: the exchange goes on. */
static void test_a_hint_about_nothing(void **state)
{
    struct two t;
    struct um_name id = {{1, 2, 3}};

    (void)state;
    two_init(&t, 6, 8);
    assert_int_equal(um_sync_want(&t.pipe.ends[0].sync, UM_SYNC_REVISIONS,
                                  (struct um_namelist){&id, 1}),
                     0);
    um_sync_begin(&t.pipe.ends[0].sync);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(node_count(&t.nodes[0]), 8);
    two_fini(&t);
}

/* A later round on the same stream brings what is new. */
static void test_another_round(void **state)
{
    struct two t;

    (void)state;
    two_init(&t, 20, 20);
    um_sync_begin(&t.pipe.ends[0].sync);
    pipe_run(&t.pipe);
    assert_int_equal(t.pipe.ends[1].done, 1);
    for (size_t k = 20; k < 30; k++) {
        assert_true(node_give(&t.nodes[1], k));
        um_sync_known(&t.pipe.ends[1].sync, &pool.items[k].id);
    }
    um_sync_begin(&t.pipe.ends[0].sync);
    um_sync_begin(&t.pipe.ends[1].sync);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(node_count(&t.nodes[0]), 30);
    assert_true(t.pipe.ends[0].done > 1 && t.pipe.ends[1].done > 1);
    two_fini(&t);
}

/* Large items do not fit in one frame: the answer takes several. */
/* One has a pool of many bytes, the other nothing; streams end after `cut`
 * bytes, and there are `streams` of them at most. */
static void fill_in_cuts(size_t cut, bool sparing, unsigned streams)
{
    struct pool big;
    struct node nodes[2];
    struct pipe p;

    pool_init(&big, &(struct pool_cfg){
                        .seed = 1, .edits = 60, .chain = true, .first = 400});
    for (unsigned i = 0; i < 2; i++) {
        node_init(&nodes[i], &big);
        nodes[i].sparing = sparing;
    }
    for (size_t k = 0; k < big.n; k++)
        assert_true(node_give(&nodes[1], k));
    while (node_count(&nodes[0]) < big.n) {
        assert_true(streams-- > 0);
        pipe_init(&p, &nodes[0], &nodes[1]);
        p.cut_after = cut;
        um_sync_begin(&p.ends[0].sync);
        pipe_run(&p);
        assert_int_equal(p.ends[0].why, UM_SYNC_FINE);
        pipe_fini(&p);
    }
    assert_int_equal(nodes[0].waited, 0);
    assert_int_equal(nodes[0].judged, big.n);
    node_fini(&nodes[0]);
    node_fini(&nodes[1]);
    pool_fini(&big);
}

static void test_an_answer_in_several_frames(void **state)
{
    (void)state;
    fill_in_cuts(SIZE_MAX, false, 1);
}

static void test_short_frames_come_over_short_streams(void **state)
{
    (void)state;
    fill_in_cuts(100000, true, 20);
}

/* What is kept aside, of a later version, is not asked for. */
static bool aside(void *user, enum um_sync_set set, const struct um_name *id)
{
    (void)user;
    return set == UM_SYNC_REVISIONS &&
           um_name_eq(id, &pool.items[pool.n - 1].id);
}

static void test_what_is_aside_is_not_asked_for(void **state)
{
    struct two t;

    (void)state;
    two_init(&t, 6, pool.n);
    t.nodes[0].source.has = aside;
    um_sync_begin(&t.pipe.ends[0].sync);
    pipe_run(&t.pipe);
    fine(&t);
    assert_int_equal(node_count(&t.nodes[0]), pool.n - 1);
    assert_int_equal(t.pipe.ends[0].done, 0); /* the roots differ */
    two_fini(&t);
}

static void test_an_unknown_message_is_answered(void **state)
{
    struct um_buf frame = UM_BUF_INIT;
    struct um_sync_msg m;
    struct chunker c;
    struct node n;
    struct end e;

    (void)state;
    node_init(&n, &pool);
    end_init(&e, &n, 1000);
    chunker_init(&c, CHUNK_ONE, 1);
    um_frame_put(&frame, UM_STR("\x72\x01z")); /* message 14 */
    end_rx(&e, um_buf_view(&frame), &c, 1000);
    end_hear(&e, &(struct um_sync_msg){.what = UM_SYNC_BUCKETS_WANT, .set = 1});
    end_tx(&e, 1000);
    assert_true(end_said(&e, &m));
    assert_int_equal(m.what, UM_SYNC_SORRY);
    assert_int_equal(m.number, 14);
    assert_true(end_said(&e, &m)); /* in the order of the questions */
    assert_int_equal(m.what, UM_SYNC_BUCKETS_ARE);
    assert_false(end_said(&e, &m));
    um_buf_fini(&frame);
    end_fini(&e);
    node_fini(&n);
}

/* A peer that knows no slots is not a bad one. */
static void test_an_older_peer_is_sorry(void **state)
{
    struct um_sync_msg m;
    struct um_download d;
    struct node n;
    struct end e;

    (void)state;
    node_init(&n, &pool);
    end_init(&e, &n, 1000);
    um_download_init(&d, &pool.docs[1], 0, UM__CAP_DOC_BYTES);
    assert_int_equal(um_sync_want_slot(&e.sync, &pool.docs[1]), 0);
    assert_int_equal(um_sync_fetch(&e.sync, &d), 0);
    assert_true(end_says(&e, UM_SYNC_DOC_WANT, &m));
    end_hear(&e, &(struct um_sync_msg){.what = UM_SYNC_SORRY,
                                       .number = UM_SYNC_SLOT_WANT});
    assert_int_equal(e.slots, 1);
    assert_false(e.slot_here);
    end_hear(&e, &(struct um_sync_msg){.what = UM_SYNC_SORRY,
                                       .number = UM_SYNC_DOC_WANT});
    assert_int_equal(e.documents, 1);
    assert_int_equal(e.why, UM_SYNC_FINE);
    /* but who knows no buckets is of no use */
    um_sync_begin(&e.sync);
    end_tx(&e, 1000);
    end_hear(&e, &(struct um_sync_msg){.what = UM_SYNC_HELLO,
                                       .version = 1,
                                       .mesh = pool.mesh,
                                       .roots = {{{1}}, {{1}}, {{1}}}});
    assert_true(end_says(&e, UM_SYNC_IDS_WANT, &m));
    end_hear(&e, &(struct um_sync_msg){.what = UM_SYNC_SORRY,
                                       .number = UM_SYNC_IDS_WANT});
    assert_int_equal(e.why, UM_SYNC_TOO_NEW);
    assert_false(um_sync_at_fault(e.why));
    um_download_fini(&d);
    end_fini(&e);
    node_fini(&n);
}

static void test_quiet_and_silent(void **state)
{
    struct node n;
    struct end e;

    (void)state;
    node_init(&n, &pool);
    end_init(&e, &n, 1000);
    assert_true(um_sync_deadline(&e.sync) == 1000 + UM_SYNC_QUIET_MS);
    um_sync_expire(&e.sync, 1000 + UM_SYNC_QUIET_MS - 1);
    end_tx(&e, 1000);
    assert_int_equal(e.quiet, 0);
    um_sync_expire(&e.sync, 1000 + UM_SYNC_QUIET_MS);
    assert_true(um_sync_deadline(&e.sync) == 0);
    end_tx(&e, 20000);
    assert_int_equal(e.quiet, 1);
    assert_true(um_sync_deadline(&e.sync) == UINT64_MAX);
    /* we ask, and nobody answers */
    um_sync_begin(&e.sync);
    end_tx(&e, 30000);
    assert_true(um_sync_deadline(&e.sync) == 30000 + UM_SYNC_PATIENCE_MS);
    um_sync_expire(&e.sync, 30000 + UM_SYNC_PATIENCE_MS);
    end_tx(&e, 100000);
    assert_int_equal(e.why, UM_SYNC_SILENT);
    assert_false(um_sync_at_fault(e.why));
    assert_true(um_sync_deadline(&e.sync) == UINT64_MAX);
    end_fini(&e);
    node_fini(&n);
}

static void test_half_a_frame_for_ever(void **state)
{
    struct chunker c;
    struct node n;
    struct end e;

    (void)state;
    node_init(&n, &pool);
    end_init(&e, &n, 1000);
    chunker_init(&c, CHUNK_ALL, 1);
    end_rx(&e, UM_STR("\x40"), &c, 2000);
    for (uint64_t now = 3000; now < 2000 + UM_SYNC_PATIENCE_MS; now += 1000) {
        end_rx(&e, UM_STR("a"), &c, now); /* a byte a second */
        um_sync_expire(&e.sync, now);
        assert_int_equal(e.sync.why, UM_SYNC_FINE);
    }
    um_sync_expire(&e.sync, 2000 + UM_SYNC_PATIENCE_MS);
    end_tx(&e, 70000);
    assert_int_equal(e.why, UM_SYNC_SILENT);
    end_fini(&e);
    node_fini(&n);
}

/* Our own store cannot be read: no answer is better than a wrong one. */
static void test_a_store_that_fails(void **state)
{
    struct two t;

    (void)state;
    two_init(&t, 6, pool.n);
    t.nodes[1].store_fails = true;
    um_sync_begin(&t.pipe.ends[0].sync);
    pipe_run(&t.pipe);
    assert_int_equal(t.pipe.ends[1].why, UM_SYNC_NO_SOURCE);
    assert_false(um_sync_at_fault(t.pipe.ends[1].why));
    assert_int_equal(t.pipe.ends[0].why, UM_SYNC_FINE);
    assert_int_equal(node_count(&t.nodes[0]), 6);
    two_fini(&t);
}

static void test_reasons_have_words(void **state)
{
    (void)state;
    for (int why = UM_SYNC_FINE; why <= UM_SYNC_NO_SOURCE; why++)
        assert_true(strlen(um_sync_why_text((enum um_sync_why)why)) > 10);
    assert_true(um_sync_at_fault(UM_SYNC_GARBAGE));
    assert_false(um_sync_at_fault(UM_SYNC_NO_MEMORY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_in_any_pieces),
        cmocka_unit_test(test_a_document_goes_on_in_another_session),
        cmocka_unit_test(test_small_parts_come_over_short_streams),
        cmocka_unit_test(test_short_frames_come_over_short_streams),
        cmocka_unit_test(test_a_document_that_is_not_there),
        cmocka_unit_test(test_a_poisoned_beginning),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_hinted_item),
        cmocka_unit_test(test_a_hinted_item_with_needs),
        cmocka_unit_test(test_a_hinted_item_far_away),
        cmocka_unit_test(test_a_hint_about_nothing),
        cmocka_unit_test(test_another_round),
        cmocka_unit_test(test_an_answer_in_several_frames),
        cmocka_unit_test(test_what_is_aside_is_not_asked_for),
        cmocka_unit_test(test_an_unknown_message_is_answered),
        cmocka_unit_test(test_an_older_peer_is_sorry),
        cmocka_unit_test(test_quiet_and_silent),
        cmocka_unit_test(test_half_a_frame_for_ever),
        cmocka_unit_test(test_a_store_that_fails),
        cmocka_unit_test(test_reasons_have_words),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
