/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole nodes with a Unit each: a revision becomes what it runs, once all is
 * here; what it refuses, what hands do, what comes of conflicts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/store/copies.h"
#include "mesh/store/self.h"
#include "p2p/err.h"
#include "scene.h"

static const struct um_past *target(struct mate *m)
{
    return um_view_target(&m->node->model.view, &m->node->model.history);
}

static void test_a_revision_becomes_what_units_run(void **state)
{
    struct scene *s = *state;
    struct um_name id;
    unsigned puts;

    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    assert_true(crew_unit_runs(&s->u[1], RETURNS(200)));
    id = publish(s, 1, DOC(201));
    work(s, 10000);
    for (unsigned i = 0; i < 2; i++) {
        const struct um_model *m = &s->c->mates[i].node->model;

        assert_true(crew_unit_runs(&s->u[i], RETURNS(201)));
        assert_true(um_name_eq(&m->own.applied, &id));
    }
    /* After a start it knows its own work, and does it not again. */
    puts = s->u[0].puts;
    mate_stop(&s->c->mates[0]);
    mate_start(&s->c->mates[0]);
    work(s, 10000);
    assert_int_equal(s->u[0].puts, puts);
    assert_int_equal(s->c->mates[0].node->model.drift, UM_NO_DRIFT);
}

/* Whatever an applier says of Unit, the node bears it, and goes on once it
 * hears what is so. */
static void test_an_applier_that_lies(void **state)
{
    static const char *const shows[] = {"",
                                        "{",
                                        "null",
                                        "[[[[[[[[",
                                        "\xff\xfe",
                                        "{\"listeners\":{}}",
                                        "{\"base\":1,\"routes\":{\"a\":[{}]}}"};
    struct scene *s = *state;
    struct um_name some = s->c->mates[0].node->me, id;
    const struct um_wire_msg lies[] = {
        {.what = UM_WIRE_OUTCOME, .number = 1, .outcome = UM_RESULT_DONE},
        {.what = UM_WIRE_OUTCOME, .number = 99, .outcome = 16},
        {.what = UM_WIRE_GOT, .number = 7, .code = 999},
        {.what = UM_WIRE_WANT, .hash = some},
        {.what = UM_WIRE_ABSENT},
        {.what = UM_WIRE_HEALTH},
        {.what = UM_WIRE_RECORD, .names = {&some, 1}}};

    for (unsigned i = 0; i < 3 * sizeof shows / sizeof *shows; i++) {
        struct um_wire_msg m = {
            .what = i % 3 == 0 ? UM_WIRE_SHOWN : UM_WIRE_LIVE,
            .effective = some,
            .ours = i % 3 == 1,
            .bytes = um_str(shows[i / 3])};
        struct um_buf out = UM_BUF_INIT;

        um_wire_write(&out, &m);
        um_wire_write(&out, &lies[i % (sizeof lies / sizeof *lies)]);
        assert_int_equal(um_hands_recv(s->u[0].pair.hands, um_buf_view(&out)),
                         0);
        um_buf_fini(&out);
        work(s, 100);
    }
    mate_stop(&s->c->mates[0]);
    crew_unit_again(&s->u[0]);
    mate_start(&s->c->mates[0]);
    work(s, 20000);
    id = publish(s, 1, DOC(201));
    work(s, 10000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(201)));
    assert_true(um_name_eq(&s->c->mates[0].node->model.own.applied, &id));
}

/* The applier of a mate hears what an owner said; whether the mate has it when
 * it starts anew. */
static bool comes_back(struct scene *s, unsigned mate, struct um_statement say)
{
    struct um_buf envelope = UM_BUF_INIT, list = UM_BUF_INIT,
                  frame = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};
    struct um_name id = crew_sign(s->c, KEY_OWNER, say, &envelope);

    um_wire_put_statement(&list, um_buf_view(&envelope));
    m.statements = um_buf_view(&list);
    um_wire_write(&frame, &m);
    assert_int_equal(um_agent_recv(s->u[mate].pair.agent, um_buf_view(&frame)),
                     0);
    mate_stop(&s->c->mates[mate]);
    mate_start(&s->c->mates[mate]);
    crew_disconnect(&s->c->mates[0], &s->c->mates[1]);
    work(s, 1000);
    um_buf_fini(&envelope);
    um_buf_fini(&list);
    um_buf_fini(&frame);
    return um_roster_find(&s->c->mates[mate].node->model.roster, &id) != NULL;
}

/* What the store has lost and the applier knows comes back: that it was put
 * out, nobody else would tell. But for whom an owner's key here let in: of that
 * nobody heard, and the code that it was for was not used. */
static void test_what_the_applier_knows(void **state)
{
    struct scene *s = *state;
    struct um_statement grant = {
        .what = UM_GRANT, .key = s->c->names[KEY_STRANGER], .roles = UM_NODE};
    struct um_statement label = {.what = UM_SET,
                                 .key = s->c->names[1],
                                 .name = UM_STR("site"),
                                 .value = UM_STR("east"),
                                 .seq = 1};
    struct um_statement revoke = {.what = UM_REVOKE, .key = s->c->names[1]};

    assert_true(comes_back(s, 0, label));
    assert_false(comes_back(s, 0, grant));
    assert_true(comes_back(s, 1, grant));
    assert_true(comes_back(s, 1, revoke));
    assert_int_equal(
        um_roster_roles(&s->c->mates[1].node->model.roster, &s->c->names[1]),
        0);
    assert_int_equal(mate_said(&s->c->mates[1], "the store had lost"), 2);
}

/* Unit hears of nothing before what the node decided is on its disk. */
static void test_unit_waits_for_the_disk(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];
    struct told t;

    m->held = true;
    mate_publish(m, DOC(201), &t);
    work(s, 10000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    m->held = false;
    assert_true(mate_write(m));
    work(s, 5000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(201)));
}

/* A document that is too long for hints, and nobody who has it connected. */
static char *long_document(unsigned code)
{
    char *text = malloc(100000);
    size_t n = (size_t)snprintf(
               text, 100000,
               "{\"base\":{\"routes\":[{\"match\":{\"uri\":[\"/x\""),
           k = 0;

    assert_non_null(text);
    for (; k < 4000; k++)
        n += (size_t)snprintf(text + n, 100000 - n, ",\"/%zu\"", k);
    (void)snprintf(text + n, 100000 - n, "]},\"action\":{\"return\":%u}}]}}",
                   code);
    return text;
}

static void give_item(struct mate *to, struct mate *from,
                      const struct um_name *id)
{
    struct um_str envelope = um_shelf_get(from->node->shelf, id);

    assert_non_null(envelope.p);
    assert_int_equal(um_node_links_cb.item(to->node, &from->bus->name,
                                           UM_SYNC_REVISIONS, envelope),
                     UM_SYNC_TAKEN);
}

static void test_make_waits_for_the_document(void **state)
{
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];
    char *doc = long_document(201);
    struct um_name id;

    crew_disconnect(a, b);
    id = publish(s, 0, doc);
    give_item(b, a, &id);
    work(s, 10000);
    assert_true(um_name_eq(&target(b)->rev.id, &id));
    assert_string_equal(b->node->model.reason, "waits for the document");
    assert_true(crew_unit_runs(&s->u[1], RETURNS(200)));
    crew_connect(a, b);
    work(s, 10000);
    assert_true(mate_has_doc(b, doc));
    assert_true(crew_unit_runs(&s->u[1], "\"return\":201"));
    assert_int_equal(b->node->makes_n, 0);
    free(doc);
}

/* Links forget what is wanted, if it is much; it is asked for once more. */
static void test_a_document_that_was_forgotten(void **state)
{
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];
    char *doc = long_document(201);
    struct um_name id, hash = name_of(doc);

    crew_disconnect(a, b);
    id = publish(s, 0, doc);
    give_item(b, a, &id);
    work(s, 1000);
    um_links_unfetch(b->node->links, &hash);
    crew_connect(a, b);
    work(s, 2 * UM_NODE_ROWS_MS);
    assert_true(crew_unit_runs(&s->u[1], "\"return\":201"));
    free(doc);
}

/* Of many that nobody has, as many are waited for as the model remembers, and
 * the last one is made when it comes. */
static void test_many_documents_that_nobody_has(void **state)
{
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];
    struct um_name id;
    char *doc = NULL;

    crew_disconnect(a, b);
    for (unsigned i = 0; i < UM_MADE_KEPT + 5; i++) {
        free(doc);
        doc = long_document(300 + i);
        id = publish(s, 0, doc);
        give_item(b, a, &id);
        work(s, 100);
    }
    assert_int_equal(b->node->makes_n, UM_MADE_KEPT);
    assert_true(um_name_eq(&b->node->makes[0].revision, &id));
    crew_connect(a, b);
    work(s, 10000);
    assert_true(crew_unit_runs(&s->u[1], "\"return\":320"));
    free(doc);
}

/* What a Unit refuses is not run, and said; what ran before goes on. */
static void test_what_unit_refuses(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];
    struct um_name id = publish(s, 0, "{\"base\":{\"routes\":5}}");
    const struct um_shelf_row *shown;
    struct um_row row;

    work(s, 10000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    assert_true(um_own_refused(&m->node->model.own, &id, NULL));
    assert_int_equal(mate_said(m, "Unit refuses r2"), 1);
    shown = um_shelf_row_of(m->node->shelf, &s->c->names[0]);
    assert_int_equal(um_row_read(shown->envelope, &row), 0);
    assert_int_equal(row.bad.n, 1);
    /* No configuration at all can be made of this one. */
    id = publish(s, 0, "{\"base\":{\"routes\":\"{{x}}\"}}");
    work(s, 10000);
    assert_int_equal(mate_said(m,
                               "no configuration can be made for this node "
                               "of r3"),
                     1);
    assert_int_equal(mate_said(m, "Unit refuses r3"), 0);
    assert_true(um_own_refused(&m->node->model.own, &id, NULL));
    shown = um_shelf_row_of(m->node->shelf, &s->c->names[0]);
    assert_int_equal(um_row_read(shown->envelope, &row), 0);
    assert_true(
        um_str_eq(row.reason, UM_STR("There is no such variable. (/routes)")));
}

/* A Unit that was upgraded while the node was down may take what the one before
 * refused; the same one is not asked again. */
static void test_a_unit_that_was_upgraded(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];
    struct crew_unit *u = &s->u[0];
    unsigned puts;

    (void)publish(s, 0, "{\"base\":{\"routes\":5}}");
    work(s, 60000);
    puts = u->puts;
    for (unsigned i = 0; i < 3; i++) {
        mate_stop(m);
        crew_unit_again(u);
        if (i == 1)
            snprintf(u->net.server, sizeof u->net.server, "Unit/1.36.0");
        mate_start(m);
        work(s, 60000);
        assert_int_equal(u->puts, puts + (i > 0));
        assert_int_equal(mate_said(m, "Unit refuses r2"), 1 + (i > 0));
        assert_true(crew_unit_runs(u, RETURNS(200)));
    }
}

/* What hands did is reported; or undone, and a copy is kept; or becomes a
 * revision for all. */
static void test_a_change_by_hand(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];

    crew_unit_change(&s->u[0], "/config/routes/0/action/return", "204");
    work(s, 10000);
    assert_int_equal(m->node->model.drift, UM_DIFFERS);
    assert_string_equal(m->node->model.reason,
                        "changed by hand at /routes/0/action/return");
    assert_true(crew_unit_runs(&s->u[0], RETURNS(204)));
    assert_int_equal(copies(m), 0);
    crew_unit_change(&s->u[0], "/config/settings", "{\"http\": {}}");
    work(s, 10000);
    assert_string_equal(
        m->node->model.reason,
        "changed by hand at /routes/0/action/return and 1 more place");
    /* A revision goes over it: a copy is kept. */
    (void)publish(s, 0, DOC(201));
    work(s, 10000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(201)));
    assert_int_equal(copies(m), 1);
}

static void test_a_change_by_hand_is_healed(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];
    struct um_copy copy = {0};
    struct um_buf b = UM_BUF_INIT;

    change_drift(s, UM_HEAL);
    crew_unit_change(&s->u[0], "/config/routes/0/action/return", "204");
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    assert_int_equal(m->node->model.history.revs_n, 1);
    assert_int_equal(copies(m), 1);
    assert_int_equal(um_copies_next(&m->store, 0, &copy), 1);
    assert_int_equal(copy.why, UM_COPY_DRIFT);
    assert_int_equal(um_copies_get(&m->store, copy.place, &b), 0);
    um_buf_byte(&b, '\0');
    assert_non_null(strstr(b.p, "204"));
    um_buf_fini(&b);
}

/* Whether the applier's record has what a node applied. */
static bool is_noted(struct scene *s, unsigned i)
{
    struct um_namelist record = um_hands_record(s->u[i].pair.hands);
    const struct um_name *applied = &s->c->mates[i].node->model.own.applied;
    bool noted = false;

    for (size_t k = 0; k < record.n; k++)
        noted = noted || um_name_eq(&record.p[k], applied);
    return noted;
}

static void test_a_change_by_hand_is_adopted(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];

    change_drift(s, UM_ADOPT);
    crew_unit_change(&s->u[0], "/config/routes/0/action/return", "204");
    work(s, 20000);
    assert_int_equal(m->node->model.history.revs_n, 2);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(204)));
    assert_true(crew_unit_runs(&s->u[1], RETURNS(204)));
    assert_true(mate_has_doc(m, DOC(204)));
    assert_true(is_noted(s, 0));
    assert_true(is_noted(s, 1));
}

/* A Unit that began anew is given what it is to run, and nothing is adopted. */
static void test_a_unit_that_began_anew(void **state)
{
    struct scene *s = *state;

    change_drift(s, UM_ADOPT);
    crew_unit_change(&s->u[0], "/config",
                     "{\"listeners\":{},\"routes\":[],\"applications\":{}}");
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    assert_int_equal(s->c->mates[0].node->model.history.revs_n, 1);
    assert_int_equal(copies(&s->c->mates[0]), 0);
}

/* ---- trials */

struct tried {
    unsigned n;
    enum um_result outcome;
};

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    struct tried *t = user;

    (void)text;
    t->n++;
    t->outcome = outcome;
}

static int try(struct scene *s, const char *doc, struct tried *t)
{
    struct um_node *n = s->c->mates[0].node;
    struct um_name hash;

    *t = (struct tried){0};
    assert_int_equal(um_papers_put(n->papers, um_str(doc), &hash), 0);
    return um_node_try(n, &hash, on_tried, t);
}

static void test_a_trial(void **state)
{
    struct scene *s = *state;
    struct um_node *n = s->c->mates[0].node;
    struct um_name hash = name_of("nothing");
    struct tried t, other;

    assert_int_equal(um_node_try(n, &hash, on_tried, &t), P2P_ENOTFOUND);
    assert_int_equal(try(s, DOC(201), &t), 0);
    assert_int_equal(try(s, DOC(202), &other), P2P_EAGAIN);
    assert_int_equal(t.n, 0);
    work(s, 500);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.outcome, UM_RESULT_DONE);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(201)));
    um_node_untry(n);
    assert_int_equal(try(s, DOC(202), &t), P2P_EAGAIN);
    work(s, 5000);
    assert_false(um_node_try_later(n));
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    assert_int_equal(n->model.drift, UM_NO_DRIFT);
    assert_int_equal(try(s, "{\"base\":{\"routes\":5}}", &t), 0);
    work(s, 500);
    assert_int_equal(t.outcome, UM_RESULT_REFUSED);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200)));
    assert_int_equal(n->model.history.revs_n, 1);
}

/* What runs by a trial, and is a revision then, is in the record too. */
static void test_a_trial_that_is_published(void **state)
{
    struct scene *s = *state;
    unsigned puts;
    struct tried t;
    struct um_name id;

    assert_int_equal(try(s, DOC(201), &t), 0);
    work(s, 500);
    assert_int_equal(t.outcome, UM_RESULT_DONE);
    puts = s->u[0].puts;
    id = publish(s, 0, DOC(201));
    work(s, 5000);
    assert_true(um_name_eq(&s->c->mates[0].node->model.own.applied, &id));
    assert_int_equal(s->u[0].puts, puts);
    assert_true(is_noted(s, 0));
}

/* One that is published as tried is what runs here without Unit being asked,
 * and the next one is tried at once: it is on the disk with what came before.
 * It is noted then, too. */
static void test_one_trial_behind_the_other(void **state)
{
    struct scene *s = *state;
    struct um_node *n = s->c->mates[0].node;
    struct um_command c = {
        .verb = UM_DO_PUBLISH, .tried = true, .doc_bytes = sizeof DOC(201) - 1};
    struct um_applier_stats stats, after;
    struct told published = {0};
    struct tried t;
    unsigned puts;

    assert_int_equal(um_papers_put(n->papers, UM_STR(DOC(201)), &c.doc), 0);
    assert_int_equal(try(s, DOC(201), &t), 0);
    assert_true(um_node_try_later(n));
    work(s, 500);
    assert_int_equal(t.outcome, UM_RESULT_DONE);
    puts = s->u[0].puts;
    um_hands_stats(s->c->mates[0].hands, &stats);
    assert_int_equal(um_node_command(n, &c, told, &published), 0);
    assert_false(um_node_try_later(n));
    assert_int_equal(try(s, DOC(202), &t), 0);
    assert_int_equal(published.n, 0); /* it is not on disk yet */
    work(s, 500);
    assert_int_equal(published.n, 1);
    assert_true(um_name_eq(&n->model.own.applied, &published.revision));
    assert_int_equal(t.outcome, UM_RESULT_DONE);
    assert_int_equal(s->u[0].puts, puts + 1);
    assert_true(is_noted(s, 0));
    um_hands_stats(s->c->mates[0].hands, &after);
    assert_int_equal(after.applied, stats.applied + 1); /* the trial */
    um_node_untry(n);
    work(s, 5000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(201)));
    assert_int_equal(n->model.drift, UM_NO_DRIFT);
}

/* Gives a mate a command; the revision that it is about. */
static struct um_name command(struct scene *s, unsigned by, struct um_command c)
{
    struct told t = {0};

    assert_int_equal(um_node_command(s->c->mates[by].node, &c, told, &t), 0);
    work(s, 10000);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_OK);
    return t.revision;
}

/* Mate 0 stages a document at itself; mate 1 hears of that, and has it not. */
static struct um_name stage(struct scene *s, const char *doc)
{
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];
    struct um_command staged = {.verb = UM_DO_PUBLISH,
                                .doc_bytes = (uint32_t)strlen(doc),
                                .policy = UM_STAGED,
                                .first = UM_FIRST_NAMED,
                                .nodes = {&s->c->names[0], 1},
                                .soak_ms = 300000,
                                .deadline_ms = 600000,
                                .flags = UM_EVEN_ALONE};
    struct um_name id;

    crew_disconnect(a, b);
    assert_int_equal(um_papers_put(a->node->papers, um_str(doc), &staged.doc),
                     0);
    id = command(s, 0, staged);
    give_item(b, a, &id);
    work(s, 1000);
    assert_true(um_name_eq(&target(b)->rev.id, &id));
    return id;
}

/* The document of the current revision is fetched where it is not to run yet:
 * its author may be gone when it is. */
static void test_the_document_of_a_rollout(void **state)
{
    struct scene *s = *state;
    struct mate *b = &s->c->mates[1];
    char *doc = long_document(201);

    (void)stage(s, doc);
    crew_connect(&s->c->mates[0], b);
    work(s, 10000);
    assert_true(mate_has_doc(b, doc));
    assert_int_equal(b->node->makes_n, 0);
    assert_true(crew_unit_runs(&s->u[1], RETURNS(200)));
    free(doc);
}

/* Nobody holds to what only its author has: without him nobody could run it. */
static void test_what_is_confirmed_is_here(void **state)
{
    struct scene *s = *state;
    struct mate *b = &s->c->mates[1];
    char *doc = long_document(201);
    struct um_command confirm = {.verb = UM_DO_CONFIRM, .flags = UM_EVEN_ALONE};
    struct told t = {0};

    confirm.about = stage(s, doc);
    assert_int_equal(um_node_command(b->node, &confirm, told, &t), 0);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_NO_DOCUMENT);
    assert_true(um_name_eq(&t.revision, &confirm.about));
    crew_connect(&s->c->mates[0], b);
    work(s, 10000);
    (void)command(s, 1, confirm);
    assert_true(crew_unit_runs(&s->u[1], "\"return\":201"));
    free(doc);
}

/* That somebody confirmed what runs on trial gets into the applier's record,
 * without an order. */
static void test_a_confirmation_is_told(void **state)
{
    struct scene *s = *state;
    struct um_command trial = {.verb = UM_DO_PUBLISH,
                               .doc_bytes = sizeof DOC(201) - 1,
                               .policy = UM_TRIAL,
                               .first = UM_FIRST_ALL};
    struct um_command confirm = {.verb = UM_DO_CONFIRM};
    size_t before;

    assert_int_equal(um_papers_put(s->c->mates[0].node->papers,
                                   UM_STR(DOC(201)), &trial.doc),
                     0);
    confirm.about = command(s, 0, trial);
    assert_true(crew_unit_runs(&s->u[1], RETURNS(201)));
    assert_true(is_noted(s, 1));
    before = pair_file(&s->u[1].pair, "record")->len;
    (void)command(s, 0, confirm);
    for (unsigned i = 0; i < 2; i++)
        assert_true(pair_file(&s->u[i].pair, "record")->len > before);
}

/* The answer to an order was lost with the node, not with its applier: it is
 * not given again, and what ran before it is not what runs. */
static void test_an_answer_that_was_lost(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];
    struct um_own own = m->node->model.own;
    struct um_buf bytes = UM_BUF_INIT;
    struct um_applier_stats stats;
    struct um_name id = publish(s, 0, DOC(201));

    work(s, 2000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(201)));
    own.trying = id;
    own.trying_effective = m->node->model.own.effective;
    mate_stop(m);
    um_own_write(&own, &bytes);
    assert_int_equal(um_self_own_put(&m->store, um_buf_view(&bytes)), 0);
    um_buf_fini(&bytes);
    crew_unit_again(&s->u[0]);
    mate_start(m);
    work(s, 2000);
    assert_memory_equal(&m->node->model.own.applied, &id, sizeof id);
    um_hands_stats(m->hands, &stats);
    assert_int_equal(stats.applied + stats.unchanged, 0);
}

/* One that is under way when the node ends is told no more; nor is one that is
 * taken back. */
static void test_a_trial_at_the_end(void **state)
{
    struct scene *s = *state;
    struct tried t;

    assert_int_equal(try(s, DOC(201), &t), 0);
    work(s, 500);
    um_node_untry(s->c->mates[0].node);
    mate_stop(&s->c->mates[0]);
    assert_int_equal(t.n, 1);
    mate_start(&s->c->mates[0]);
    work(s, 5000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(200))); /* as it was */
    assert_int_equal(try(s, DOC(202), &t), 0);
    work(s, 500);
    assert_int_equal(t.outcome, UM_RESULT_DONE);
}

/* ---- conflicts */

#define BOTH "{\"base\":{\"routes\":{\"a\":[],\"b\":[]}}}"
#define LEFT \
    "{\"base\":{\"routes\":{\"a\":[{\"action\":{\"return\":201}}],\"b\":[]}}}"
#define RIGHT \
    "{\"base\":{\"routes\":{\"a\":[],\"b\":[{\"action\":{\"return\":202}}]}}}"

/* Two change what they have, apart, and meet again. */
static void conflict(struct scene *s, const char *left, const char *right)
{
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];

    crew_disconnect(a, b);
    (void)publish(s, 0, left);
    (void)publish(s, 1, right);
    work(s, 1000);
    crew_connect(a, b);
    work(s, 60000);
}

static void test_a_conflict_is_merged(void **state)
{
    struct scene *s = *state;

    (void)publish(s, 0, BOTH);
    work(s, 10000);
    conflict(s, LEFT, RIGHT);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(s->c->mates[i].node->model.history.revs_n, 5);
        assert_true(crew_unit_runs(&s->u[i], "\"return\":201"));
        assert_true(crew_unit_runs(&s->u[i], "\"return\":202"));
    }
}

#define ROUTES "\"routes\":{\"a\":[],\"b\":[]}"
#define LISTEN                                   \
    "{\"base\":{\"routes\":{\"a\":[],\"b\":[]}," \
    "\"listeners\":{\"*:8080\":{\"pass\":\"routes/a\"}}}}"
#define NO_A "{\"base\":{\"routes\":{\"b\":[]}}}"

/* Each is fine, and both together are what no Unit takes: a listener that leads
 * to routes that are gone. It stays a conflict. */
static void test_a_merge_that_no_unit_takes(void **state)
{
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];

    (void)publish(s, 0, "{\"base\":{" ROUTES "}}");
    work(s, 10000);
    conflict(s, LISTEN, NO_A);
    assert_int_equal(a->node->model.history.revs_n, 4);
    assert_int_equal(b->node->model.history.revs_n, 4);
    assert_int_equal(a->node->model.view.heads_n, 2);
    assert_int_equal(mate_said(a, "a conflict is not merged") +
                         mate_said(b, "a conflict is not merged"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_revision_becomes_what_units_run,
                                        two, end),
        cmocka_unit_test_setup_teardown(test_an_applier_that_lies, two, end),
        cmocka_unit_test_setup_teardown(test_what_the_applier_knows, two, end),
        cmocka_unit_test_setup_teardown(test_the_document_of_a_rollout, two,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_is_confirmed_is_here, two,
                                        end),
        cmocka_unit_test_setup_teardown(test_unit_waits_for_the_disk, one, end),
        cmocka_unit_test_setup_teardown(test_make_waits_for_the_document, two,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_document_that_was_forgotten, two,
                                        end),
        cmocka_unit_test_setup_teardown(test_many_documents_that_nobody_has,
                                        two, end),
        cmocka_unit_test_setup_teardown(test_what_unit_refuses, one, end),
        cmocka_unit_test_setup_teardown(test_a_unit_that_was_upgraded, one,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_change_by_hand, one, end),
        cmocka_unit_test_setup_teardown(test_a_change_by_hand_is_healed, one,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_change_by_hand_is_adopted, two,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_unit_that_began_anew, one, end),
        cmocka_unit_test_setup_teardown(test_a_trial, one, end),
        cmocka_unit_test_setup_teardown(test_a_confirmation_is_told, two, end),
        cmocka_unit_test_setup_teardown(test_a_trial_that_is_published, one,
                                        end),
        cmocka_unit_test_setup_teardown(test_one_trial_behind_the_other, one,
                                        end),
        cmocka_unit_test_setup_teardown(test_an_answer_that_was_lost, one, end),
        cmocka_unit_test_setup_teardown(test_a_trial_at_the_end, one, end),
        cmocka_unit_test_setup_teardown(test_a_conflict_is_merged, two, end),
        cmocka_unit_test_setup_teardown(test_a_merge_that_no_unit_takes, two,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
