/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The golden bytes of sync, join and hints, both ways: what is written is the
 * file, and the file is read to what was written. The argument is the folder.
 */
#include "golden.h"
#include "mesh/sync/digest.h"
#include "mesh/sync/dump.h"
#include "mesh/sync/hint.h"
#include "mesh/sync/joinmsg.h"
#include "p2p/hash.h"
#include "unit.h"

#define T0 UINT64_C(1764000000000)

static const char *folder;

static struct um_str golden(const char *name, char *bytes, size_t room)
{
    return um_str_n(bytes, golden_read(folder, name, bytes, room));
}

/* An item's envelope, and its id. */
struct item {
    char bytes[1024];
    struct um_str view;
    struct um_name id;
};

static void load(struct item *it, const char *name, enum um_kind kind)
{
    struct um_str payload;

    it->view = golden(name, it->bytes, sizeof it->bytes);
    payload = um_item_payload(it->view, kind);
    p2p_sha256(payload.p, payload.len, it->id.b);
}

/* All that the files are made of. */
static struct {
    struct item genesis, grant, set, r1, immediate, staged, trial, open,
        confirm, row;
    struct um_name doc;
} g;

static int load_all(void **state)
{
    (void)state;
    load(&g.genesis, "genesis", UM_STATEMENT);
    load(&g.grant, "grant", UM_STATEMENT);
    load(&g.set, "set", UM_STATEMENT);
    load(&g.r1, "r1", UM_REVISION);
    load(&g.immediate, "immediate", UM_REVISION);
    load(&g.staged, "staged", UM_REVISION);
    load(&g.trial, "trial", UM_REVISION);
    load(&g.open, "open", UM_FACT);
    load(&g.confirm, "confirm", UM_FACT);
    load(&g.row, "row", UM_ROW);
    p2p_sha256("{\"a\":1}", 7, g.doc.b);
    return 0;
}

static struct um_name root_of(const struct um_name *ids, size_t n)
{
    struct um_digest d;
    struct um_name root;

    um_digest_init(&d);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(um_digest_add(&d, &ids[i]), 0);
    root = um_digest_root(&d);
    um_digest_fini(&d);
    return root;
}

/* The next frame of a golden stream is this message, and is read to it. */
static void next(struct um_str *stream, const struct um_sync_msg *m)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_sync_msg back;
    struct um_str frame;
    uint64_t len;

    um_sync_write(&out, m);
    if (!um_str_eq(um_str_head(*stream, out.len), um_buf_view(&out)))
        fail_msg("message %d is not the golden one", m->what);
    assert_true(um_pb_take_varint(stream, &len));
    frame = um_str_head(*stream, (size_t)len);
    *stream = um_str_skip(*stream, (size_t)len);
    assert_int_equal(um_sync_read(frame, &back), 0);
    assert_int_equal(back.what, m->what);
    um_buf_clear(&out);
    um_sync_write(&out, &back);
    assert_true(um_str_eq(um_str_skip(um_buf_view(&out), out.len - (size_t)len),
                          frame));
    um_buf_fini(&out);
}

static void hello(struct um_str *stream, const struct um_name revisions[3])
{
    const struct um_name roster[] = {g.genesis.id, g.grant.id};
    struct um_sync_msg m = {
        .what = UM_SYNC_HELLO, .version = 1, .mesh = g.genesis.id};
    struct um_buf rows = UM_BUF_INIT;
    uint8_t seed[32] = {3};
    struct p2p_key *key;
    struct um_name member;

    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    assert_int_equal(um_item_signer(key, &member), 0);
    p2p_key_free(key);
    m.roots[0] = root_of(roster, 2);
    m.roots[1] = root_of(revisions, 3);
    m.roots[2] = root_of(NULL, 0);
    um_sync_row_put(&rows, &member, 8 * T0);
    m.rows = um_buf_view(&rows);
    next(stream, &m);
    um_buf_fini(&rows);
}

static void sets(struct um_str *stream, const struct um_name revisions[3])
{
    struct um_name empty[UM_SYNC_BUCKETS];
    struct um_name facts[2] = {g.open.id, g.confirm.id};
    struct um_buf run = UM_BUF_INIT;

    for (unsigned i = 0; i < UM_SYNC_BUCKETS; i++)
        p2p_sha256(NULL, 0, empty[i].b);
    next(stream, &(struct um_sync_msg){.what = 2, .set = 2});
    next(stream,
         &(struct um_sync_msg){.what = 3, .set = 3, .names = {empty, 256}});
    next(stream, &(struct um_sync_msg){
                     .what = 4, .set = 2, .buckets = UM_STR("\x00\x07\xff")});
    next(stream,
         &(struct um_sync_msg){
             .what = 5, .set = 2, .names = {revisions, 3}, .more = true});
    next(stream,
         &(struct um_sync_msg){.what = 6, .set = 3, .names = {facts, 2}});
    um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ITEMS), g.open.view);
    next(stream, &(struct um_sync_msg){.what = 7,
                                       .set = 3,
                                       .envelopes = um_buf_view(&run),
                                       .names = {&facts[1], 1}});
    um_buf_clear(&run);
    um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ROWS), g.row.view);
    next(stream,
         &(struct um_sync_msg){.what = 8, .envelopes = um_buf_view(&run)});
    um_buf_fini(&run);
}

static void test_sync_frames(void **state)
{
    static char bytes[16384];
    struct um_str stream = golden("sync-frames", bytes, sizeof bytes);
    const struct um_name revisions[3] = {g.r1.id, g.immediate.id, g.staged.id};
    char slot[UM_SEALED_SLOT_BYTES];

    (void)state;
    for (unsigned i = 0; i < sizeof slot; i++)
        slot[i] = (char)i;
    hello(&stream, revisions);
    sets(&stream, revisions);
    next(&stream,
         &(struct um_sync_msg){
             .what = 9, .hash = g.doc, .offset = UM__CAP_SYNC_PART_BYTES});
    next(&stream, &(struct um_sync_msg){.what = 10,
                                        .hash = g.doc,
                                        .offset = 2,
                                        .size = 7,
                                        .bytes = UM_STR("a\":1}")});
    next(&stream, &(struct um_sync_msg){.what = 11, .hash = g.doc});
    next(&stream,
         &(struct um_sync_msg){
             .what = 12, .hash = g.doc, .bytes = um_str_n(slot, sizeof slot)});
    next(&stream, &(struct um_sync_msg){
                      .what = 13, .number = 14, .text = UM_STR("what?")});
    assert_int_equal(stream.len, 0);
}

static void is_golden(const char *name, const struct um_buf *made)
{
    static char bytes[8192];

    if (!um_str_eq(golden(name, bytes, sizeof bytes), um_buf_view(made)))
        fail_msg("%s is not the golden one", name);
}

static void test_join(void **state)
{
    struct um_join_hello h = {.code = true, .name = UM_STR("node-3")};
    struct um_join_answer a = {.result = UM_JOIN_WELCOME, .proven = true};
    struct um_buf out = UM_BUF_INIT;
    struct um_buf list = UM_BUF_INIT;
    struct um_str frame;
    char proofs[128];
    uint64_t len;

    (void)state;
    assert_int_equal(golden("join-proofs", proofs, sizeof proofs).len, 104);
    memcpy(h.id, proofs, 8);
    memcpy(h.proof, proofs + 40, 32);
    um_join_hello_put(&out, &h);
    is_golden("join-hello", &out);
    frame = um_buf_view(&out);
    assert_true(um_pb_take_varint(&frame, &len));
    memset(&h, 0, sizeof h);
    assert_int_equal(um_join_hello_read(frame, &h), 0);
    assert_true(h.code && um_str_eq(h.name, UM_STR("node-3")));
    assert_memory_equal(h.id, proofs, 8);
    assert_memory_equal(h.proof, proofs + 40, 32);
    um_buf_clear(&out);
    memcpy(a.proof, proofs + 72, 32);
    um_join_statement_put(&list, g.genesis.view);
    um_join_statement_put(&list, g.grant.view);
    a.statements = um_buf_view(&list);
    assert_true(um_join_answer_put(&out, &a));
    is_golden("join-answer", &out);
    frame = um_buf_view(&out);
    assert_true(um_pb_take_varint(&frame, &len));
    memset(&a, 0, sizeof a);
    assert_int_equal(um_join_answer_read(frame, &a), 0);
    assert_int_equal(a.result, UM_JOIN_WELCOME);
    assert_memory_equal(a.proof, proofs + 72, 32);
    assert_true(um_str_eq(a.statements, um_buf_view(&list)));
    um_buf_fini(&out);
    um_buf_fini(&list);
}

static void test_hint(void **state)
{
    struct um_hint h = {0};
    struct um_hint_read r;
    struct um_buf out = UM_BUF_INIT;
    struct um_str s;

    (void)state;
    assert_true(um_hint_item(&h, UM_REVISION, g.immediate.view));
    assert_true(um_hint_item(&h, UM_REVISION, g.staged.view));
    assert_true(um_hint_item(&h, UM_FACT, g.open.view));
    assert_true(um_hint_item(&h, UM_STATEMENT, g.set.view));
    assert_true(um_hint_item(&h, UM_ROW, g.row.view));
    assert_true(um_hint_id(&h, UM_REVISION, &g.r1.id));
    assert_true(um_hint_id(&h, UM_REVISION, &g.trial.id));
    assert_true(um_hint_id(&h, UM_FACT, &g.confirm.id));
    assert_true(um_hint_id(&h, UM_STATEMENT, &g.grant.id));
    assert_true(um_hint_document(&h, UM_STR("{\"a\":1}")));
    assert_true(um_hint_document(&h, UM_STR("{\"a\":2}")));
    assert_int_equal(um_hint_write(&h, &out), 0);
    is_golden("hint", &out);
    assert_int_equal(um_hint_read(um_buf_view(&out), &r), 0);
    assert_true(um_pb_list_next(&r.items[UM_REVISION], &s));
    assert_true(um_str_eq(s, g.immediate.view));
    assert_true(um_pb_list_next(&r.items[UM_ROW], &s));
    assert_true(um_str_eq(s, g.row.view));
    assert_int_equal(r.ids[UM_REVISION].n, 2);
    assert_true(um_name_eq(&r.ids[UM_REVISION].p[1], &g.trial.id));
    um_hint_fini(&h);
    um_buf_fini(&out);
}

/* All of a small mesh as a file. */
static void test_export(void **state)
{
    const struct {
        enum um_dump_what what;
        struct um_str bytes;
    } all[] = {{UM_DUMP_STATEMENT, g.genesis.view},
               {UM_DUMP_STATEMENT, g.grant.view},
               {UM_DUMP_REVISION, g.r1.view},
               {UM_DUMP_REVISION, g.immediate.view},
               {UM_DUMP_FACT, g.confirm.view},
               {UM_DUMP_DOCUMENT, UM_STR("{\"a\":1}")}};
    static char bytes[4096];
    struct um_str want = golden("export", bytes, sizeof bytes);
    struct um_buf out = UM_BUF_INIT;
    struct um_dump_record r;
    struct um_dump_sum w;
    struct um_dump d;
    size_t n = 0;

    (void)state;
    um_dump_begin(&w, &g.genesis.id, T0, &out);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(um_dump_add(&w, all[i].what, all[i].bytes, &out), 0);
    um_dump_end(&w, &out);
    assert_true(um_str_eq(um_buf_view(&out), want));
    um_dump_open(&d);
    while (um_dump_next(&d, &want, &r) == 1) {
        if (r.what == UM_DUMP_BEGIN)
            assert_true(um_name_eq(&r.mesh, &g.genesis.id));
        else if (r.what != UM_DUMP_END)
            assert_true(um_str_eq(r.bytes, all[n++].bytes));
    }
    assert_int_equal(n, 6);
    assert_true(um_dump_whole(&d));
    um_dump_fini(&d);
    um_buf_fini(&out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_sync_frames),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_hint),
    };

    folder = argc > 1 ? argv[1] : "tests/golden";
    return cmocka_run_group_tests(tests, load_all, NULL);
}
