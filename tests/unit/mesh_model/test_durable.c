/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Random lives of a node: the same events give the same effects to the byte;
 * and one that crashes at any step, with any beginning of what it was to store,
 * goes on without having lost what anybody may have heard of.
 */
#include "node.h"
#include "p2p/err.h"
#include "unit.h"

#define LIVES 60
#define STEPS 250

struct both {
    struct mesh g;
    struct node n;
    uint64_t rng;
    size_t base;   /* of the disk, when the node started */
    size_t synced; /* so much of the disk is safe */
};

/* What somebody may have heard of, and what must be on disk by then. */
struct heard {
    size_t disk_n;
    struct um_name id;
};

struct ear {
    struct heard items[STEPS * 4];
    size_t items_n;
    uint64_t row_seq;
    struct heard attempt; /* the last APPLY */
};

static unsigned draw(struct both *b, unsigned below)
{
    b->rng ^= b->rng << 13;
    b->rng ^= b->rng >> 7;
    b->rng ^= b->rng << 17;
    return (unsigned)(b->rng >> 20) % below;
}

static void begin(struct both *b, uint64_t seed)
{
    mesh_init(&b->g, 2, 2);
    node_init(&b->n, &b->g, 1);
    b->rng = seed * 0x9e3779b97f4a7c15 + 1;
    b->base = b->synced = b->n.disk_n;
    b->n.m.cfg.drift = b->n.cfg.drift = (enum um_drift_policy)draw(b, 3);
}

static void end(struct both *b)
{
    node_fini(&b->n);
    mesh_fini(&b->g);
}

/* A random revision that the node knows. */
static const struct um_past *some(struct both *b)
{
    const struct um_history *h = &b->n.m.history;
    size_t recent = h->revs_n < 6 ? h->revs_n : 6;

    return um_history_ranked(h, draw(b, (unsigned)recent));
}

static void somebody_edits(struct both *b)
{
    const struct um_past *p = some(b);
    struct um_revision r = {.parents = {p->rev.id},
                            .parents_n = 1,
                            .number = p->rev.number + 1,
                            .wall_ms = b->n.wall + draw(b, 2000),
                            .doc = name_of(draw(b, 60000)),
                            .policy = (enum um_rev_policy)draw(b, 3)};
    size_t i;

    if (r.policy != UM_IMMEDIATE) {
        r.deadline_ms = 1000 + draw(b, 60000);
        r.soak_ms = 1000;
        r.first = (struct um_namelist){&b->g.names[1], 1};
    }
    i = mesh_rev(&b->g, draw(b, 2) ? 2 : 0, r);
    node_give(&b->n, i, i + 1);
}

static void somebody_says(struct both *b)
{
    size_t i = mesh_fact(&b->g, 2, (enum um_fact_what)(1 + draw(b, 3)),
                         &some(b)->rev.id, b->n.wall);

    node_give(&b->n, i, i + 1);
}

static void a_person_acts(struct both *b)
{
    static const enum um_verb verbs[] = {
        UM_DO_PUBLISH, UM_DO_PUBLISH, UM_DO_ROLLBACK, UM_DO_TAKE,
        UM_DO_CONFIRM, UM_DO_ABORT,   UM_DO_RESUME};
    struct um_command c = {.verb = verbs[draw(b, 7)],
                           .doc = name_of(draw(b, 60000)),
                           .about = some(b)->rev.id,
                           .policy = (enum um_rev_policy)draw(b, 3),
                           .soak_ms = 1000,
                           .flags = draw(b, 64)};

    c.flags |= UM_EVEN_ALONE | UM_EVEN_SKEWED;
    (void)node_do(&b->n, c);
}

static void unit_moves(struct both *b)
{
    struct um_event e = {.what = UM_EV_LIVE};

    e.u.live.blank = draw(b, 3) == 0;
    e.u.live.other_unit = draw(b, 4) == 0;
    if (draw(b, 2) == 0)
        b->n.live = name_of(draw(b, 60000));
    e.u.live.effective = e.u.live.doc = b->n.live;
    e.u.live.doc_bytes = 2;
    assert_int_equal(node_step(&b->n, &e), 0);
}

static void it_is_ill(struct both *b)
{
    struct um_event e = {.what = UM_EV_HEALTH};

    e.u.health.revision = *node_applied(&b->n);
    e.u.health.healthy = draw(b, 2) != 0;
    assert_int_equal(node_step(&b->n, &e), 0);
}

static void merges(struct both *b)
{
    const struct um_effect *x = node_effect(&b->n, UM_FX_MERGE);
    struct um_event e = {.what = UM_EV_MERGED};

    if (x == NULL)
        return;
    e.u.merged.outcome = (enum um_result)draw(b, 3);
    e.u.merged.target = x->u.merge.target;
    e.u.merged.head = x->u.merge.head;
    e.u.merged.doc = name_of(draw(b, 60000));
    e.u.merged.doc_bytes = 2;
    assert_int_equal(node_step(&b->n, &e), 0);
}

static void something(struct both *b)
{
    switch (draw(b, 12)) {
        case 0:
        case 1:
            somebody_edits(b);
            break;
        case 2:
            somebody_says(b);
            break;
        case 3:
            node_hear(&b->n, draw(b, 2) ? 2 : 3, &some(b)->rev.id,
                      draw(b, 5000), draw(b, 4) ? NULL : &some(b)->rev.id);
            break;
        case 4:
        case 5:
            a_person_acts(b);
            break;
        case 6:
            unit_moves(b);
            break;
        case 7:
            it_is_ill(b);
            break;
        default:
            node_tick(&b->n, draw(b, 4000));
            merges(b);
    }
}

/* Answers what the last step asked of Unit and of documents, if anything. */
static void answer(struct both *b)
{
    const struct um_effect *make = node_effect(&b->n, UM_FX_MAKE);
    const struct um_effect *apply = node_effect(&b->n, UM_FX_APPLY);
    struct um_event e = {.what = UM_EV_MADE};

    if (make == NULL && apply == NULL)
        return;
    if (apply == NULL) {
        e.u.made.revision = make->u.make.revision;
        e.u.made.effective = make->u.make.doc;
        e.u.made.outcome =
            draw(b, 8) ? UM_RESULT_DONE : (enum um_result)draw(b, 3);
    } else {
        e.what = UM_EV_APPLIED;
        e.u.applied.revision = apply->u.apply.revision;
        e.u.applied.effective = apply->u.apply.effective;
        e.u.applied.outcome =
            draw(b, 3) ? UM_RESULT_DONE : (enum um_result)draw(b, 3);
        if (e.u.applied.outcome == UM_RESULT_DONE)
            b->n.live = e.u.applied.effective;
    }
    assert_int_equal(node_step(&b->n, &e), 0);
}

static void test_the_same_events_give_the_same_effects(void **state)
{
    static struct both one, two;

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        begin(&one, seed);
        begin(&two, seed);
        for (unsigned i = 0; i < STEPS; i++) {
            something(&one);
            answer(&one);
        }
        for (unsigned i = 0; i < STEPS; i++) {
            something(&two);
            answer(&two);
        }
        assert_true(one.n.log.len > 10000);
        assert_int_equal(one.n.log.len, two.n.log.len);
        assert_memory_equal(one.n.log.p, two.n.log.p, one.n.log.len);
        end(&one);
        end(&two);
    }
}

/* Notes what others may hear of the last step, once it is stored. */
static void listen(struct both *b, struct ear *ear)
{
    for (size_t i = 0; i < b->n.fx.n; i++) {
        const struct um_effect *e = &b->n.fx.list[i];
        size_t disk_n = b->base + e->after;

        assert_true(disk_n <= b->n.disk_n);
        if (e->what == UM_FX_PUBLISH)
            ear->items[ear->items_n++] =
                (struct heard){disk_n, e->u.publish.id};
        if (e->what == UM_FX_APPLY)
            ear->attempt = (struct heard){disk_n, e->u.apply.revision};
        if (e->what == UM_FX_ROW && disk_n <= b->synced)
            ear->row_seq = e->u.row.seq;
        if (e->what == UM_FX_REPLY && e->u.reply.answer == UM_OK &&
            !um_name_none(&e->u.reply.revision))
            ear->items[ear->items_n++] =
                (struct heard){disk_n, e->u.reply.revision};
    }
}

static bool is_there(const struct both *b, const struct um_name *id)
{
    const struct um_history *h = &b->n.m.history;

    for (size_t i = 0; i < h->facts_n; i++) {
        if (um_name_eq(&h->fact_ids[i], id))
            return true;
    }
    return um_history_find(h, id) != NULL;
}

/* Where on the disk the last word of this node about itself is. */
static size_t last_own(const struct both *b, size_t left)
{
    while (left > 0 && b->n.disk[left - 1].what != UM_RECORD_OWN)
        left--;
    return left == 0 ? 0 : left - 1;
}

/* After a crash that left so much: nothing is gone that was heard of. */
static void check(struct both *b, struct ear *ear, size_t left)
{
    size_t kept = 0;

    for (size_t i = 0; i < ear->items_n; i++) {
        if (ear->items[i].disk_n > left)
            continue;
        assert_true(is_there(b, &ear->items[i].id));
        ear->items[kept++] = ear->items[i];
    }
    ear->items_n = kept; /* what nobody heard of may be gone */
    /* Unless what came of it was stored, too. */
    if (ear->attempt.disk_n > 0 && ear->attempt.disk_n <= left &&
        last_own(b, left) < ear->attempt.disk_n)
        assert_true(um_name_eq(&b->n.m.own.trying, &ear->attempt.id));
    assert_true(b->n.m.own.row_seq >= ear->row_seq);
}

static void test_a_crash_at_any_step_loses_nothing_that_was_heard(void **state)
{
    static struct both b;
    static struct ear ear;
    unsigned crashes = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= LIVES; seed++) {
        begin(&b, seed);
        ear = (struct ear){.items_n = 0};
        for (unsigned i = 0; i < STEPS; i++) {
            something(&b);
            listen(&b, &ear);
            answer(&b);
            listen(&b, &ear);
            if (draw(&b, 3) == 0)
                b.synced = b.n.disk_n;
            if (draw(&b, 15) == 0) {
                size_t left =
                    b.synced + draw(&b, (unsigned)(b.n.disk_n - b.synced) + 1);

                node_restart(&b.n, left);
                crashes++;
                b.base = b.synced = left;
                check(&b, &ear, left);
                ear.attempt = (struct heard){0};
            }
        }
        end(&b);
    }
    assert_true(crashes > LIVES * STEPS / 30);
}

/* With the whole disk it is as it was. */
static void test_a_restart_changes_nothing_that_is_decided(void **state)
{
    static struct both b;

    (void)state;
    for (uint64_t seed = 100; seed <= 100 + LIVES; seed++) {
        struct um_buf before = UM_BUF_INIT, after = UM_BUF_INIT;
        uint32_t heads[64];
        size_t n, revs, facts;

        begin(&b, seed);
        for (unsigned i = 0; i < STEPS / 2; i++) {
            something(&b);
            answer(&b);
        }
        node_tick(&b.n, 0);
        n = b.n.m.view.heads_n;
        revs = b.n.m.history.revs_n;
        facts = b.n.m.history.facts_n;
        assert_true(n <= 64);
        for (size_t i = 0; i < n; i++)
            heads[i] = b.n.m.view.heads[i];
        um_own_write(&b.n.m.own, &before);
        node_restart(&b.n, b.n.disk_n);
        um_own_write(&b.n.m.own, &after);
        assert_int_equal(before.len, after.len);
        assert_memory_equal(before.p, after.p, before.len);
        assert_int_equal(b.n.m.history.revs_n, revs);
        assert_int_equal(b.n.m.history.facts_n, facts);
        b.n.mono += 1;
        node_tick(&b.n, 0);
        assert_int_equal(b.n.m.view.heads_n, n);
        assert_memory_equal(b.n.m.view.heads, heads, n * sizeof *heads);
        um_buf_fini(&before);
        um_buf_fini(&after);
        end(&b);
    }
}

/* Its clock is set back while it is down: what ended stays ended. */
static void test_trap3_what_ended_stays_so_whatever_the_clock_says(void **s)
{
    static struct both b;
    struct um_revision r = {.parents_n = 1,
                            .number = 2,
                            .doc = name_of(7),
                            .policy = UM_TRIAL,
                            .deadline_ms = 60000,
                            .first = {&b.g.names[1], 1}};
    size_t i;

    (void)s;
    begin(&b, 1);
    node_settle(&b.n, 10);
    r.parents[0] = b.g.r1;
    r.wall_ms = b.n.wall + 1000000000; /* its author's clock is far off */
    i = mesh_rev(&b.g, 2, r);
    node_give(&b.n, i, i + 1);
    node_settle(&b.n, 10);
    assert_memory_equal(node_target(&b.n), mesh_id(&b.g, i), UM_NAME_BYTES);
    b.n.wall += 30000;
    node_restart(&b.n, b.n.disk_n); /* when it was first seen is on disk */
    node_settle(&b.n, 31000);
    assert_memory_equal(node_target(&b.n), &b.g.r1, UM_NAME_BYTES);
    b.n.wall -= 50000;
    node_restart(&b.n, b.n.disk_n);
    node_settle(&b.n, 10);
    assert_memory_equal(node_target(&b.n), &b.g.r1, UM_NAME_BYTES);
    end(&b);
}

static void test_what_was_not_stored_so_is_refused(void **state)
{
    static struct both b;
    struct um_event e = {.what = UM_EV_LOADED};
    struct um_model m;
    struct um_effects fx = {0};

    (void)state;
    begin(&b, 1);
    /* A revision before the genesis; then nothing more is done. */
    um_model_init(&m, &b.n.cfg);
    e.u.loaded = b.n.disk[1];
    assert_int_equal(um_model_step(&m, &e, &fx), P2P_EFORMAT);
    e.u.loaded = b.n.disk[0];
    assert_int_equal(um_model_step(&m, &e, &fx), P2P_EINVAL);
    um_model_fini(&m);
    /* Bytes that were changed on the disk. */
    um_model_init(&m, &b.n.cfg);
    e.u.loaded.id.b[3] ^= 1;
    assert_int_equal(um_model_step(&m, &e, &fx), P2P_EFORMAT);
    um_model_fini(&m);
    /* TICK before all was loaded. */
    um_model_init(&m, &b.n.cfg);
    e = (struct um_event){.what = UM_EV_TICK};
    assert_int_equal(um_model_step(&m, &e, &fx), P2P_EINVAL);
    um_model_fini(&m);
    um_effects_fini(&fx);
    end(&b);
}

static void test_what_is_on_disk_was_said_to_be_stored(void **state)
{
    static struct both b;
    struct um_event e = {.what = UM_EV_PERSISTED};

    (void)state;
    begin(&b, 1);
    node_settle(&b.n, 10);
    e.u.persisted = b.n.m.seq;
    assert_int_equal(node_step(&b.n, &e), 0);
    assert_int_equal(b.n.m.persisted, b.n.m.seq);
    e.u.persisted = b.n.m.seq + 1;
    assert_int_equal(node_step(&b.n, &e), P2P_EINVAL);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_events_give_the_same_effects),
        cmocka_unit_test(test_a_crash_at_any_step_loses_nothing_that_was_heard),
        cmocka_unit_test(test_a_restart_changes_nothing_that_is_decided),
        cmocka_unit_test(
            test_trap3_what_ended_stays_so_whatever_the_clock_says),
        cmocka_unit_test(test_what_was_not_stored_so_is_refused),
        cmocka_unit_test(test_what_is_on_disk_was_said_to_be_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
