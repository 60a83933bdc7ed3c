/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole nodes without a Unit: what is heard of before the disk has it, and what
 * is not; what others send, and what strangers do; what is there after a start.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../mesh_store/faulty_vfs.h"
#include "crew.h"
#include "mesh/store/aside.h"
#include "p2p/envelope.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

#define D0 "{\"base\":{\"listeners\":{},\"routes\":[]}}"
#define D1 "{\"base\":{\"listeners\":{},\"routes\":[{\"action\":{}}]}}"
#define D2 "{\"base\":{\"routes\":[]}}"

/* A REPLY comes when what it rests on is on disk, and not before. */
static void test_a_reply_waits_for_the_disk(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct told t;

    (void)state;
    m->held = true;
    mate_publish(m, D1, &t);
    crew_pass(c, 5000);
    assert_int_equal(t.n, 0);
    m->held = false;
    assert_true(mate_write(m));
    crew_pass(c, 1);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_OK);
    assert_true(mate_has(m, &t.revision));
    crew_free(c);
}

/* Others hear of nothing that a crash could undo, neither by a hint nor by a
 * round; then they have it, with its document. */
static void test_others_hear_of_what_is_on_disk(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *a = &c->mates[0], *b = &c->mates[1];
    struct um_name id;
    struct told t;

    (void)state;
    a->held = true;
    mate_publish(a, D1, &t);
    id = um_history_at(&a->node->model.history, 1)->rev.id;
    crew_pass(c, 20000);
    assert_int_equal(a->node->model.history.revs_n, 2);
    assert_int_equal(b->node->model.history.revs_n, 1);
    assert_null(um_shelf_get(a->node->shelf, &id).p);
    a->held = false;
    assert_true(mate_write(a));
    crew_pass(c, 10);
    assert_int_equal(t.answer, UM_OK);
    assert_true(mate_has(b, &t.revision)); /* by the hint */
    assert_non_null(um_shelf_get(a->node->shelf, &t.revision).p);
    crew_free(c);
}

/* What others made is passed on at once: they have it on their disks. */
static void test_items_of_others_are_passed_on_at_once(void **state)
{
    struct crew *c = crew_of(3, D0);
    struct um_name id;

    (void)state;
    crew_disconnect(&c->mates[0], &c->mates[2]);
    c->mates[1].held = true;
    id = mate_do(&c->mates[0], D1);
    crew_pass(c, 10000);
    assert_true(mate_has(&c->mates[1], &id));
    assert_true(mate_has(&c->mates[2], &id));
    assert_true(c->mates[1].node->persisted < c->mates[1].node->queued);
    crew_free(c);
}

/* What is on disk makes the same node. */
static void test_a_start_finds_the_same_node(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[1];
    struct um_name id = mate_do(m, D1);
    uint64_t seq;

    (void)state;
    mate_state(&c->mates[0], (struct um_statement){.what = UM_SET,
                                                   .key = c->names[1],
                                                   .seq = 1,
                                                   .name = UM_STR("zone"),
                                                   .value = UM_STR("b")});
    crew_pass(c, 10000);
    seq = um_shelf_row_of(m->node->shelf, &c->names[1])->seq;
    mate_stop(m);
    mate_start(m);
    assert_true(um_name_eq(um_node_me(m->node), &c->names[1]));
    assert_int_equal(m->node->model.history.revs_n, 2);
    assert_true(mate_has_doc(m, D1));
    assert_non_null(
        um_roster_value(&m->node->model.roster, &c->names[1], UM_STR("zone")));
    assert_true(um_shelf_row_of(m->node->shelf, &c->names[1])->seq >= seq);
    crew_pass(c, 10000);
    assert_true(um_name_eq(
        &um_view_target(&m->node->model.view, &m->node->model.history)->rev.id,
        &id));
    /* Its rows go on above those that it said before. */
    assert_true(um_shelf_row_of(c->mates[0].node->shelf, &c->names[1])->seq >
                seq);
    assert_int_equal(mate_said(m, "another node has this node's key"), 0);
    crew_free(c);
}

static void test_what_is_no_store_of_a_mesh(void **state)
{
    struct crew *c = crew_new();
    struct mate *m = crew_begin(c, D0);
    struct um_statement s = {.what = UM_SET,
                             .seq = 1,
                             .key = c->names[KEY_STRANGER],
                             .name = UM_STR("a"),
                             .value = UM_STR("b")};
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item = {.kind = UM_STATEMENT, .seen_ms = 1};

    (void)state;
    /* An item that rests on what is not there. */
    item.id = crew_sign(c, KEY_STRANGER, s, &b);
    item.envelope = um_buf_view(&b);
    assert_int_equal(um_items_add(&m->store, &item), 0);
    assert_int_equal(mate_try(m), P2P_EFORMAT);
    assert_int_equal(mate_said(m, "does not fit to those before it"), 1);
    um_buf_fini(&b);
    /* And one of no mesh. */
    um_store_close(&m->store);
    assert_int_equal(um_store_remove(m->path), 0);
    assert_int_equal(um_store_open(&m->store, m->path, UM_STORE_CREATE), 0);
    assert_int_equal(mate_try(m), P2P_ENOTFOUND);
    crew_free(c);
}

/* ---- ends */

/* What is on its way to the disk is written and answered when a node ends. */
static void test_an_end_writes_and_answers(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct heard h = {0};
    struct um_buf b = UM_BUF_INIT;
    struct told t;

    (void)state;
    m->held = true;
    mate_publish(m, D1, &t);
    (void)crew_sign(c, KEY_OWNER,
                    (struct um_statement){
                        .what = UM_GRANT, .key = c->names[1], .roles = UM_NODE},
                    &b);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h), 0);
    crew_pass(c, 1);
    mate_stop(m);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_OK);
    assert_int_equal(h.n, 1);
    assert_int_equal(h.err, 0);
    mate_start(m);
    assert_true(mate_has(m, &t.revision));
    assert_int_equal(um_roster_roles(&m->node->model.roster, &c->names[1]),
                     UM_NODE);
    um_buf_fini(&b);
    crew_free(c);
}

/* A command that follows another one's answer. */
struct chain {
    struct mate *m;
    struct um_command c;
    struct told first, second;
};

static void on_first(void *user, enum um_reply answer,
                     const struct um_name *revision)
{
    struct chain *s = user;

    told(&s->first, answer, revision);
    assert_int_equal(um_node_command(s->m->node, &s->c, told, &s->second), 0);
}

/* What is asked for when a node ends already is not done, and told so: that is
 * no reason to call the node broken. */
static void test_a_command_at_the_end(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct chain s = {.m = m, .c = {.verb = UM_DO_PUBLISH}};
    struct told t;

    (void)state;
    m->held = true;
    mate_publish(m, D1, &t); /* what the next answer waits for */
    s.c.doc = name_of(D0);
    s.c.doc_bytes = sizeof D0 - 1;
    assert_int_equal(um_node_command(m->node, &s.c, on_first, &s), 0);
    crew_pass(c, 1);
    assert_int_equal(s.first.n, 0);
    mate_stop(m);
    assert_int_equal(t.n, 1);
    assert_int_equal(s.first.n, 1);
    assert_int_equal(s.second.n, 1);
    assert_true(s.second.nobody_knows);
    assert_int_equal(m->broken, 0);
    crew_free(c);
}

/* Disks do well once more. */
static int well(void **state)
{
    (void)state;
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    return 0;
}

/* After a failed sync nothing more is done; at the end each is told once that
 * nobody knows. */
static void test_a_disk_that_does_not_sync(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct told t, late;

    (void)state;
    mate_publish(m, D1, &t);
    faulty_vfs_set(FAULTY_SYNC, 1, SQLITE_IOERR_FSYNC, EIO);
    crew_pass(c, 5);
    faulty_vfs_set(FAULTY_SYNC, 0, 0, 0);
    assert_int_equal(m->broken, 1);
    mate_publish(m, D2, &late);
    crew_pass(c, 60000);
    assert_int_equal(t.n, 0);
    mate_stop(m);
    assert_int_equal(t.n, 1);
    assert_true(t.nobody_knows);
    assert_int_equal(late.n, 1);
    assert_true(late.nobody_knows);
    crew_free(c);
}

/* A full disk: nothing is called done before there is room, and nobody waits
 * for ever; then what waited is done, and all is as if nothing had been. */
static void test_a_full_disk(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *a = &c->mates[0];
    struct told t, late;

    (void)state;
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, ENOSPC);
    mate_publish(a, D1, &t);
    crew_pass(c, 2000);
    assert_int_equal(t.n, 0); /* it may be over soon */
    assert_non_null(um_disk_trouble(a->node->disk));
    crew_pass(c, 2000);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_UNSTORED);
    mate_publish(a, D2, &late);
    assert_int_equal(late.n, 1); /* at once */
    assert_int_equal(late.answer, UM_UNSTORED);
    crew_pass(c, 30000);
    assert_int_equal(c->mates[1].node->model.history.revs_n, 1);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    crew_pass(c, 5000);
    assert_int_equal(t.n + late.n, 2);
    assert_int_equal(c->mates[1].node->model.history.revs_n, 2);
    assert_true(mate_has_doc(&c->mates[1], D1));
    assert_int_equal(a->broken, 0);
    (void)mate_do(a, D2);
    crew_free(c);
}

/* A slow disk is no full one: who waits is told of it when it is there. */
static void test_a_slow_disk(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct told t;

    (void)state;
    m->held = true;
    mate_publish(m, D1, &t);
    crew_pass(c, 20000);
    assert_int_equal(t.n, 0);
    m->held = false;
    assert_true(mate_write(m));
    crew_pass(c, 1);
    assert_int_equal(t.answer, UM_OK);
    crew_free(c);
}

/* A statement is told of, too. */
static void test_a_statement_on_a_full_disk(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct heard h[2] = {{0}};
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, ENOSPC);
    (void)crew_sign(c, KEY_OWNER,
                    (struct um_statement){
                        .what = UM_GRANT, .key = c->names[1], .roles = UM_NODE},
                    &b);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h[0]), 0);
    crew_pass(c, 4000);
    assert_int_equal(h[0].n, 1);
    assert_int_equal(h[0].err, P2P_EIO);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h[1]),
                     P2P_EIO);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    crew_pass(c, 5000);
    assert_int_equal(h[0].n, 1);
    assert_int_equal(h[1].n, 0);
    assert_int_not_equal(um_roster_roles(&m->node->model.roster, &c->names[1]),
                         0);
    um_buf_fini(&b);
    crew_free(c);
}

/* ---- statements */

/* The same statement twice, before the disk has it: both hear of the disk; and
 * once more afterwards. */
static void test_a_statement_twice(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct heard h[3] = {{0}};
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    m->held = true;
    (void)crew_sign(c, KEY_OWNER,
                    (struct um_statement){
                        .what = UM_GRANT, .key = c->names[1], .roles = UM_NODE},
                    &b);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h[0]), 0);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h[1]), 0);
    crew_pass(c, 1);
    assert_int_equal(h[0].n + h[1].n, 0);
    m->held = false;
    assert_true(mate_write(m));
    crew_pass(c, 1);
    assert_int_equal(h[0].n, 1);
    assert_int_equal(h[0].err, 0);
    assert_int_equal(h[1].n, 1);
    assert_int_equal(h[1].err, 0);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h[2]), 0);
    assert_int_equal(h[2].n, 1);
    assert_int_equal(h[2].err, P2P_EDUP);
    um_buf_fini(&b);
    crew_free(c);
}

/* One that rests on what is not here, and one that nobody may say. */
static void test_statements_that_are_not_taken(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct heard h = {0};
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    (void)crew_sign(c, KEY_STRANGER,
                    (struct um_statement){
                        .what = UM_GRANT, .key = c->names[1], .roles = UM_NODE},
                    &b);
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h), 0);
    assert_int_equal(h.n, 1);
    assert_true(h.err == P2P_EAGAIN || h.err == P2P_EPROTO);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(um_node_state(m->node, um_buf_view(&b), heard, &h),
                     P2P_EAUTH);
    assert_int_equal(h.n, 1);
    um_buf_fini(&b);
    crew_free(c);
}

#define GONE "is no member any more"

/* A member whose roles are taken back hears no more; what it says is not
 * listened to. */
static void test_who_is_revoked(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *a = &c->mates[0], *b = &c->mates[1];
    const char *said;
    struct um_name id;

    (void)state;
    assert_true(um_node_may(a->node, &b->bus->id));
    crew_disconnect(a, b);
    mate_state(a, (struct um_statement){.what = UM_REVOKE, .key = c->names[1]});
    assert_false(um_node_may(a->node, &b->bus->id));
    assert_false(um_node_hears(a->node, &b->bus->id));
    crew_connect(a, b);
    b->bus->on_message = NULL; /* its hints are for mesh/bus to keep back */
    id = mate_do(a, D1);
    crew_pass(c, 20000);
    assert_false(mate_has(b, &id));
    /* People hear of it once, also if he is revoked once more. */
    said = strstr(a->lines, GONE);
    assert_non_null(said);
    mate_state(a, (struct um_statement){.what = UM_REVOKE,
                                        .key = c->names[1],
                                        .message = UM_STR("again")});
    assert_null(strstr(said + 1, GONE));
    crew_free(c);
}

/* Who is revoked hears that he is, and nothing more. */
static void test_who_is_revoked_hears_of_it(void **state)
{
    struct crew *c = crew_of(3, D0);
    struct mate *a = &c->mates[0], *b = &c->mates[1];

    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        b = &c->mates[i];
        mate_state(
            a, (struct um_statement){.what = UM_REVOKE, .key = c->names[i]});
        assert_false(um_node_may(a->node, &b->bus->id));
        assert_true(um_node_hears(a->node, &b->bus->id));
        if (i == 1) {
            crew_pass(c, UM_NODE_FAREWELL_MS);
        } else {
            crew_disconnect(a, b);
        }
        assert_false(um_node_hears(a->node, &b->bus->id));
    }
    crew_free(c);
}

/* ---- what others send */

/* A revision on top of r1, by a key, of a version. */
static struct um_name revision(struct crew *c, unsigned by, unsigned version,
                               uint64_t nth, struct um_buf *out)
{
    const struct um_history *h = &c->mates[0].node->model.history;
    struct um_revision r = {.mesh = c->mesh,
                            .parents = {um_history_at(h, 0)->rev.id},
                            .parents_n = 1,
                            .number = 2,
                            .wall_ms = CREW_T0 + nth,
                            .doc = name_of(D1),
                            .doc_bytes = sizeof D1 - 1};
    static const struct p2p_envelope_kind kind = {"unitmesh-revision",
                                                  "/unitmesh/revision", 18};
    struct um_buf b = UM_BUF_INIT;
    struct um_str payload;
    int got;

    um_buf_clear(out);
    assert_int_equal(um_revision_seal(&r, c->keys[by], out), 0);
    if (version == 1)
        return r.id;
    um_buf_str(&b, um_item_payload(um_buf_view(out), UM_REVISION));
    assert_int_equal(b.p[1], 1);
    b.p[1] = (char)version;
    payload = um_buf_view(&b);
    got = p2p_envelope_seal(c->keys[by], &kind, payload.p, payload.len,
                            (uint8_t *)out->p, out->len);
    assert_int_equal(got, out->len);
    p2p_sha256(payload.p, payload.len, r.id.b);
    um_buf_fini(&b);
    return r.id;
}

static enum um_sync_verdict judge(struct mate *m, const struct um_buf *b)
{
    return um_node_links_cb.item(m->node, &m->crew->names[1], UM_SYNC_REVISIONS,
                                 um_buf_view(b));
}

static size_t aside_on_disk(struct mate *m)
{
    struct um_stored s = {0};
    size_t n = 0;

    while (um_aside_next(&m->store, s.place, &s) == 1)
        n++;
    return n;
}

/* An item of a later version is kept, and not asked for again; also after a
 * start. */
static void test_an_item_of_a_later_version(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    struct um_buf b = UM_BUF_INIT;
    struct um_name id = revision(c, 1, 2, 1, &b);

    (void)state;
    assert_false(m->node->source.has(m->node, UM_SYNC_REVISIONS, &id));
    assert_int_equal(judge(m, &b), UM_SYNC_HAD);
    assert_int_equal(judge(m, &b), UM_SYNC_HAD);
    assert_true(m->node->source.has(m->node, UM_SYNC_REVISIONS, &id));
    assert_false(mate_has(m, &id));
    crew_pass(c, 1);
    assert_int_equal(aside_on_disk(m), 1);
    assert_int_equal(mate_said(m, "this daemon is too old"), 1);
    mate_stop(m);
    mate_start(m);
    assert_true(m->node->source.has(m->node, UM_SYNC_REVISIONS, &id));
    um_buf_fini(&b);
    crew_free(c);
}

/* UM__CAP_NODE_ASIDE: so many are kept, and no more. */
static void test_aside_has_an_end(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    struct um_buf b = UM_BUF_INIT;
    struct um_name id;

    (void)state;
    for (unsigned i = 0; i <= UM__CAP_NODE_ASIDE; i++) {
        id = revision(c, 1, 2, i, &b);
        assert_int_equal(judge(m, &b), UM_SYNC_HAD);
    }
    assert_false(m->node->source.has(m->node, UM_SYNC_REVISIONS, &id));
    assert_int_equal(m->node->aside_n, UM__CAP_NODE_ASIDE);
    crew_pass(c, 1);
    assert_int_equal(aside_on_disk(m), UM__CAP_NODE_ASIDE);
    um_buf_fini(&b);
    crew_free(c);
}

/* A forged item ends the session; a stranger's waits for who would let him
 * write, and is no part of anything. */
static void test_items_of_strangers(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    struct um_buf b = UM_BUF_INIT;
    struct um_name id = revision(c, KEY_STRANGER, 1, 1, &b);

    (void)state;
    assert_int_equal(judge(m, &b), UM_SYNC_HAD);
    assert_true(m->node->source.has(m->node, UM_SYNC_REVISIONS, &id));
    assert_null(um_shelf_get(m->node->shelf, &id).p);
    b.p[b.len - 1] ^= 1;
    (void)revision(c, 1, 1, 2, &b);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(judge(m, &b), UM_SYNC_REFUSED);
    assert_int_equal(m->node->model.history.revs_n, 1);
    um_buf_fini(&b);
    crew_free(c);
}

/* UM__CAP_NODE_BEHIND: while a disk is full, what others have is left with
 * them, and is taken when there is room. */
static void test_a_disk_that_is_behind(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *m = &c->mates[0];
    struct um_buf b = UM_BUF_INIT;
    unsigned taken = 0;

    (void)state;
    m->held = true;
    for (unsigned i = 0; i < UM__CAP_NODE_BEHIND + 50; i++) {
        (void)revision(c, 1, 1, i, &b);
        taken += judge(m, &b) == UM_SYNC_TAKEN;
    }
    assert_true(taken <= UM__CAP_NODE_BEHIND);
    assert_true(taken + 10 > UM__CAP_NODE_BEHIND);
    assert_int_equal(judge(m, &b), UM_SYNC_HAD);
    m->held = false;
    crew_pass(c, 10);
    (void)mate_write(m);
    crew_pass(c, 10);
    assert_int_equal(judge(m, &b), UM_SYNC_TAKEN);
    um_buf_fini(&b);
    crew_free(c);
}

/* What a person brings is judged as what a member sends, and said what it was.
 */
static void test_items_that_a_person_brings(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct mate *m = &c->mates[0];
    struct um_buf b = UM_BUF_INIT;
    struct um_name id, made;

    (void)state;
    made = revision(c, 0, 1, 1, &b);
    assert_int_equal(um_node_import(m->node, UM_REVISION, um_buf_view(&b), &id),
                     UM_IMPORT_TAKEN);
    assert_true(um_name_eq(&id, &made));
    assert_true(mate_has(m, &made));
    assert_int_equal(um_node_import(m->node, UM_REVISION, um_buf_view(&b), &id),
                     UM_IMPORT_KNOWN);
    b.p[b.len - 1] ^= 1;
    assert_int_equal(um_node_import(m->node, UM_REVISION, um_buf_view(&b), &id),
                     UM_IMPORT_FORGED);
    (void)revision(c, KEY_STRANGER, 1, 2, &b); /* until it is a writer's */
    assert_int_equal(um_node_import(m->node, UM_REVISION, um_buf_view(&b), &id),
                     UM_IMPORT_WAITS);
    (void)revision(c, 0, 2, 3, &b);
    assert_int_equal(um_node_import(m->node, UM_REVISION, um_buf_view(&b), &id),
                     UM_IMPORT_ASIDE);
    um_buf_clear(&b);
    c->mesh.b[0] ^= 1;
    (void)revision(c, 0, 1, 4, &b);
    c->mesh.b[0] ^= 1;
    assert_int_equal(um_node_import(m->node, UM_REVISION, um_buf_view(&b), &id),
                     UM_IMPORT_REFUSED);
    um_buf_fini(&b);
    crew_free(c);
}

/* ---- watchers */

struct watcher {
    struct um_node *n;
    struct um_watch_node *other;
    unsigned seen;
    bool again;
};

static void on_seen(void *user)
{
    struct watcher *w = user;

    w->seen++;
    if (w->other != NULL)
        um_node_unwatch(w->n, w->other);
    if (w->again)
        assert_non_null(um_node_watch(w->n, on_seen, w));
    w->again = false;
}

static void test_watchers(void **state)
{
    struct crew *c = crew_of(1, D0);
    struct um_node *n = c->mates[0].node;
    struct watcher a = {.n = n, .again = true}, b = {.n = n}, d = {.n = n};
    struct um_watch_node *wb, *wd;

    (void)state;
    wb = um_node_watch(n, on_seen, &b);
    wd = um_node_watch(n, on_seen, &d);
    assert_non_null(um_node_watch(n, on_seen, &a)); /* is told first */
    um_node_unwatch(n, wd);
    a.other = wb; /* which it takes off while others are told */
    (void)mate_do(&c->mates[0], D1);
    assert_int_equal(a.seen, 1);
    assert_int_equal(b.seen, 0);
    assert_int_equal(d.seen, 0);
    a.other = NULL;
    (void)mate_do(&c->mates[0], D2);
    assert_int_equal(a.seen, 2);
    assert_non_null(
        um_node_watch(n, on_seen, &b)); /* is forgotten at the end */
    crew_free(c);
}

/* ---- sealed objects between nodes */

static void test_a_slot_for_who_came_later(void **state)
{
    struct crew *c = crew_of(2, D0);
    struct mate *a = &c->mates[0], *late;
    struct um_name hash;
    struct um_str bytes;
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    struct um_buf out = UM_BUF_INIT;
    struct um_sealed s;

    (void)state;
    assert_int_equal(
        um_node_seal(a->node, UM_STR("variables/x"), UM_STR("\"s3\""), &hash),
        0);
    late = crew_join(c);
    assert_int_equal(um_papers_get(a->node->papers, &hash, &bytes), 0);
    assert_int_equal(um_sealed_read(bytes, &s), 0);
    assert_int_equal(um_sealed_open(&s, c->keys[late->no], NULL, &out),
                     P2P_EACCES);
    /* Another member makes one for it, and for nobody without a role. */
    assert_int_equal(
        a->node->source.slot(a->node, &hash, &c->names[late->no], slot), 0);
    assert_int_equal(um_sealed_open(&s, c->keys[late->no], slot, &out), 0);
    assert_true(um_str_eq(um_buf_view(&out), UM_STR("\"s3\"")));
    assert_int_equal(
        a->node->source.slot(a->node, &hash, &c->names[KEY_OWNER], slot),
        P2P_ENOTFOUND);
    um_buf_fini(&out);
    crew_free(c);
}

static void into_nowhere(void *user, struct um_str bytes)
{
    (void)user;
    (void)bytes;
}

static void not_tried(void *user, enum um_result outcome, struct um_str text)
{
    (void)user;
    (void)text;
    fail_msg("it was tried: %d", (int)outcome);
}

/* An applier without a Unit says nothing, ever: nobody is told to come again
 * for a trial, whatever is to run here. */
static void test_without_a_unit_none_is_waited_for(void **state)
{
    static const char *const docs[] = {D1, D2};
    struct crew *c = crew_new();
    struct mate *m = crew_begin(c, D0);
    const struct um_hands_cfg cfg = {.log = &m->log, .send = into_nowhere};
    struct um_hands *hands = um_hands_new(&cfg);
    struct um_name doc;
    struct told t;

    (void)state;
    m->hands = hands;
    mate_start(m);
    for (size_t i = 0; i < 2; i++) {
        assert_false(um_node_has_unit(m->node));
        assert_int_equal(um_papers_put(m->node->papers, um_str(docs[i]), &doc),
                         0);
        assert_int_equal(um_node_try(m->node, &doc, not_tried, NULL),
                         P2P_ESTATE);
        mate_publish(m, docs[i], &t);
        assert_int_equal(um_node_try(m->node, &doc, not_tried, NULL),
                         P2P_ESTATE);
        crew_pass(c, 5000);
        assert_int_equal(t.n, 1);
        assert_int_equal(t.answer, UM_OK);
    }
    mate_stop(m);
    m->hands = NULL;
    um_hands_free(hands);
    crew_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_waits_for_the_disk),
        cmocka_unit_test(test_others_hear_of_what_is_on_disk),
        cmocka_unit_test(test_items_of_others_are_passed_on_at_once),
        cmocka_unit_test(test_a_start_finds_the_same_node),
        cmocka_unit_test(test_what_is_no_store_of_a_mesh),
        cmocka_unit_test(test_an_end_writes_and_answers),
        cmocka_unit_test(test_a_command_at_the_end),
        cmocka_unit_test_teardown(test_a_disk_that_does_not_sync, well),
        cmocka_unit_test_teardown(test_a_full_disk, well),
        cmocka_unit_test(test_a_slow_disk),
        cmocka_unit_test_teardown(test_a_statement_on_a_full_disk, well),
        cmocka_unit_test(test_a_statement_twice),
        cmocka_unit_test(test_statements_that_are_not_taken),
        cmocka_unit_test(test_who_is_revoked),
        cmocka_unit_test(test_who_is_revoked_hears_of_it),
        cmocka_unit_test(test_an_item_of_a_later_version),
        cmocka_unit_test(test_aside_has_an_end),
        cmocka_unit_test(test_items_of_strangers),
        cmocka_unit_test(test_a_disk_that_is_behind),
        cmocka_unit_test(test_items_that_a_person_brings),
        cmocka_unit_test(test_watchers),
        cmocka_unit_test(test_a_slot_for_who_came_later),
        cmocka_unit_test(test_without_a_unit_none_is_waited_for),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
