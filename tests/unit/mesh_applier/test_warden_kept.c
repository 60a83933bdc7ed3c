/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a warden keeps: the statements that it took, and what ran. */
#include "court.h"
#include "mesh/applier/saved.h"
#include "p2p/err.h"
#include "unit.h"

static void save(struct court *c, enum um_warden_part part, struct um_buf *out)
{
    um_buf_clear(out);
    um_warden_save(c->w, part, out);
    assert_false(um_buf_failed(out));
    assert_false(um_warden_dirty(c->w, part));
}

/* A warden of this node that read parts; NULL: it was refused. */
static struct um_warden *load(const struct court *c,
                              const struct um_buf *roster,
                              const struct um_buf *record)
{
    struct um_warden *w = um_warden_new(&c->m.mesh, &c->m.names[ME]);

    assert_non_null(w);
    assert_int_equal(um_warden_load(w, UM_WARDEN_ROSTER, um_buf_view(roster)),
                     0);
    assert_int_equal(um_warden_load(w, UM_WARDEN_RECORD, um_buf_view(record)),
                     0);
    assert_false(um_warden_dirty(w, UM_WARDEN_ROSTER));
    assert_false(um_warden_dirty(w, UM_WARDEN_RECORD));
    return w;
}

/* A record with all that there may be in one. */
static unsigned fill(struct court *c)
{
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME),
             bad = court_edit(c, 3, trial), confirm;

    court_run(c, a);
    confirm = court_fact(c, UM_CONFIRM, trial, 3, 0);
    court_with_fact(c, confirm);
    court_run(c, trial);
    assert_int_equal(court_judge(c, bad), 0);
    um_warden_begins(c->w, &c->revs[bad].id);
    um_warden_ended(c->w, &c->revs[bad].id, UM_WARDEN_REFUSED);
    return a;
}

static void test_what_is_read_is_what_was_written(void **state)
{
    struct court *c = *state;
    unsigned a = fill(c);
    struct um_buf roster = UM_BUF_INIT, record = UM_BUF_INIT,
                  again = UM_BUF_INIT;

    assert_true(um_warden_dirty(c->w, UM_WARDEN_ROSTER));
    assert_true(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    save(c, UM_WARDEN_ROSTER, &roster);
    save(c, UM_WARDEN_RECORD, &record);
    um_warden_free(c->w);
    c->w = load(c, &roster, &record);
    save(c, UM_WARDEN_ROSTER, &again);
    assert_true(um_str_eq(um_buf_view(&roster), um_buf_view(&again)));
    save(c, UM_WARDEN_RECORD, &again);
    assert_true(um_str_eq(um_buf_view(&record), um_buf_view(&again)));
    /* It knows what it knew. */
    assert_true(um_warden_may_try(c->w));
    c->now += 10 * COURT_N;
    court_refuses(c, a, "goes back behind r3."); /* r4 was refused */
    assert_int_equal(court_judge_bare(c, a + 1), 0);
    um_buf_fini(&roster);
    um_buf_fini(&record);
    um_buf_fini(&again);
}

static void test_it_is_dirty_when_it_is_another(void **state)
{
    struct court *c = *state;
    struct um_buf b = UM_BUF_INIT;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME);

    save(c, UM_WARDEN_ROSTER, &b);
    save(c, UM_WARDEN_RECORD, &b);
    assert_int_equal(
        um_warden_statement(c->w, um_buf_view(&c->m.statements[0])), P2P_EDUP);
    assert_false(um_warden_dirty(c->w, UM_WARDEN_ROSTER));
    court_revoke(c, 5, 0);
    assert_true(um_warden_dirty(c->w, UM_WARDEN_ROSTER));
    assert_int_equal(court_judge(c, trial), 0);
    assert_false(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    um_warden_begins(c->w, &c->revs[trial].id);
    assert_true(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    save(c, UM_WARDEN_RECORD, &b);
    um_warden_ended(c->w, &c->revs[trial].id, UM_WARDEN_UNKNOWN);
    assert_true(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    save(c, UM_WARDEN_RECORD, &b);
    um_warden_ended(c->w, &c->revs[trial].id, UM_WARDEN_UNKNOWN);
    assert_false(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    um_warden_ended(c->w, &c->revs[trial].id, UM_WARDEN_RUNS);
    assert_true(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    save(c, UM_WARDEN_RECORD, &b);
    court_run(c, court_edit(c, 2, trial));
    save(c, UM_WARDEN_RECORD, &b);
    c->now += 2 * COURT_N;
    court_refuses(c, trial, "not confirmed in time");
    assert_true(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    save(c, UM_WARDEN_RECORD, &b);
    um_warden_ended(c->w, &c->revs[a].id, UM_WARDEN_REFUSED); /* unknown */
    assert_false(um_warden_dirty(c->w, UM_WARDEN_RECORD));
    um_buf_fini(&b);
}

/* Gives Unit a revision; it says that of it. */
static void give(struct court *c, unsigned rev, enum um_warden_end end)
{
    assert_int_equal(court_judge(c, rev), 0);
    um_warden_begins(c->w, &c->revs[rev].id);
    um_warden_ended(c->w, &c->revs[rev].id, end);
}

/* What Unit was at when the applier ended may have run, whatever Unit said of
 * what was given to it since; until Unit says something of that itself. There
 * was no answer: that is another thing, which the node knows, too. */
static void test_what_was_under_way(void **state)
{
    struct court *c = *state;
    struct um_buf roster = UM_BUF_INIT, record = UM_BUF_INIT;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a),
             bad = court_edit(c, 2, b);

    court_run(c, a);
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    save(c, UM_WARDEN_ROSTER, &roster);
    save(c, UM_WARDEN_RECORD, &record);
    um_warden_free(c->w);
    c->w = load(c, &roster, &record);
    give(c, bad, UM_WARDEN_REFUSED);
    court_refuses(c, a, "goes back behind r3.");
    assert_int_equal(court_judge_bare(c, a), P2P_EACCES);
    give(c, b, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge(c, a), 0);
    give(c, b, UM_WARDEN_UNKNOWN);
    give(c, bad, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge(c, a), 0);
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    give(c, bad, UM_WARDEN_RUNS);
    assert_int_equal(court_judge_bare(c, bad), 0); /* which runs now */
    um_buf_fini(&roster);
    um_buf_fini(&record);
}

/* The warden begins anew, with what it kept. */
static void reload(struct court *c)
{
    struct um_buf roster = UM_BUF_INIT, record = UM_BUF_INIT;

    save(c, UM_WARDEN_ROSTER, &roster);
    save(c, UM_WARDEN_RECORD, &record);
    um_warden_free(c->w);
    c->w = load(c, &roster, &record);
    um_buf_fini(&roster);
    um_buf_fini(&record);
}

/* It ran while it was open; then another one; then it was confirmed, and Unit
 * did not answer to it, and said no to the next one. So the node, which never
 * saw it run while it held, goes back behind it; and does not once it has run,
 * whatever is given without an answer after that. */
static void test_what_ran_only_before_it_held(void **state)
{
    struct court *c = *state;
    unsigned good = court_edit(c, 2, 0), a = court_staged(c, 2, good, ME),
             b = court_staged(c, 2, a, ME), bad = court_edit(c, 3, a),
             confirm = court_fact(c, UM_CONFIRM, a, 3, 0);

    court_run(c, good);
    court_run(c, a);
    court_run(c, b);
    reload(c);
    court_with_fact(c, confirm);
    give(c, a, UM_WARDEN_UNKNOWN);
    court_refuses(c, good, "goes back behind r3."); /* it may run now */
    give(c, bad, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge(c, good), 0);
    assert_int_equal(court_judge(c, a), 0);
    um_warden_begins(c->w, &c->revs[a].id);
    give(c, bad, UM_WARDEN_REFUSED);
    court_refuses(c, good, "goes back behind r3."); /* nobody said anything */
    give(c, a, UM_WARDEN_RUNS);
    give(c, a, UM_WARDEN_UNKNOWN);
    reload(c);
    give(c, bad, UM_WARDEN_REFUSED);
    court_refuses(c, good, "goes back behind r3.");
}

/* The same, but it still ran when it was confirmed. */
static void test_what_held_while_it_ran(void **state)
{
    struct court *c = *state;
    unsigned good = court_edit(c, 2, 0), a = court_staged(c, 2, good, ME),
             bad = court_edit(c, 3, a),
             confirm = court_fact(c, UM_CONFIRM, a, 3, 0);

    court_run(c, good);
    court_run(c, a);
    assert_int_equal(court_judge(c, good), 0);
    court_with_fact(c, confirm);
    assert_int_equal(court_hear(c), 0);
    give(c, a, UM_WARDEN_UNKNOWN);
    give(c, bad, UM_WARDEN_REFUSED);
    court_refuses(c, good, "goes back behind r3.");
}

/* It was open when Unit was given it, and something newer was when it was
 * confirmed. */
static void test_what_was_under_way_before_it_held(void **state)
{
    struct court *c = *state;
    unsigned good = court_edit(c, 2, 0), a = court_staged(c, 2, good, ME),
             bad = court_edit(c, 3, a),
             confirm = court_fact(c, UM_CONFIRM, a, 3, 0);

    court_run(c, good);
    assert_int_equal(court_judge(c, a), 0);
    um_warden_begins(c->w, &c->revs[a].id);
    reload(c);
    give(c, bad, UM_WARDEN_REFUSED);
    court_with_fact(c, confirm);
    assert_int_equal(court_judge(c, good), 0);
}

/* What Unit shows settles what was under way: it runs, or, once Unit has said
 * no to a newer one, it does not. */
static void test_what_unit_shows_of_it(void **state)
{
    static const struct um_name its = {{1}}, other = {{2}};
    struct court *c = *state;
    struct um_buf roster = UM_BUF_INIT, record = UM_BUF_INIT;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a),
             bad = court_edit(c, 2, b);

    court_run(c, a);
    for (unsigned gone = 0; gone < 2; gone++) {
        assert_int_equal(court_judge(c, b), 0);
        um_warden_begins(c->w, &c->revs[b].id);
        um_warden_comes_to(c->w, &c->revs[b].id, &its);
        um_buf_clear(&roster);
        um_buf_clear(&record);
        save(c, UM_WARDEN_ROSTER, &roster);
        save(c, UM_WARDEN_RECORD, &record);
        um_warden_free(c->w);
        c->w = load(c, &roster, &record);
        assert_true(um_warden_wonders(c->w));
        assert_false(um_warden_shows(c->w, &other)); /* it may come yet */
        give(c, bad, UM_WARDEN_REFUSED);
        court_refuses(c, a, "goes back behind r3.");
        assert_true(um_warden_shows(c->w, gone == 0 ? &other : &its));
        assert_false(um_warden_wonders(c->w));
        if (gone == 0)
            assert_int_equal(court_judge(c, a), 0);
        else
            court_refuses(c, a, "goes back behind r3.");
    }
    assert_memory_equal(um_warden_runs(c->w), &c->revs[b].id, UM_NAME_BYTES);
    um_buf_fini(&roster);
    um_buf_fini(&record);
}

/* What came after it comes to the same, and is what Unit shows. */
static void test_what_unit_shows_is_the_newer_one(void **state)
{
    static const struct um_name same = {{1}};
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a),
             bad = court_edit(c, 2, b), trial = court_staged(c, 2, bad, ME);

    court_run(c, a);
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    um_warden_comes_to(c->w, &c->revs[b].id, &same);
    reload(c);
    give(c, bad, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge(c, trial), 0);
    um_warden_begins(c->w, &c->revs[trial].id);
    um_warden_comes_to(c->w, &c->revs[trial].id, &same);
    um_warden_ended(c->w, &c->revs[trial].id, UM_WARDEN_RUNS);
    court_refuses(c, a, "goes back behind r3."); /* nobody looked yet */
    assert_true(um_warden_shows(c->w, &same));
    assert_memory_equal(um_warden_runs(c->w), &c->revs[trial].id,
                        UM_NAME_BYTES);
    assert_int_equal(court_judge(c, a), 0);
}

/* When it was first seen, and that it was over, outlive a restart. */
static void test_a_deadline_outlives_a_restart(void **state)
{
    struct court *c = *state;
    struct um_revision r = court_shape(c, 0);
    struct um_buf roster = UM_BUF_INIT, record = UM_BUF_INIT;
    unsigned a;

    r.policy = UM_TRIAL;
    r.deadline_ms = COURT_N;
    r.first = (struct um_namelist){&c->m.names[ME], 1};
    r.wall_ms = MESH_MAKER_T0 + 100ULL * COURT_N;
    a = court_rev(c, 2, r);
    court_run(c, 0);
    court_run(c, a);
    court_run(c, 0);
    for (unsigned i = 0; i < 2; i++) {
        save(c, UM_WARDEN_ROSTER, &roster);
        save(c, UM_WARDEN_RECORD, &record);
        um_warden_free(c->w);
        c->w = load(c, &roster, &record);
        if (i == 0) {
            c->now += COURT_N;
            assert_int_equal(court_judge(c, a), 0);
            c->now++;
            court_refuses(c, a, "not confirmed in time");
        }
    }
    c->now = 1000;
    court_refuses(c, a, "not confirmed in time");
    um_buf_fini(&roster);
    um_buf_fini(&record);
}

static void test_it_is_of_one_mesh_and_node(void **state)
{
    struct court *c = *state;
    struct um_buf b = UM_BUF_INIT;
    struct um_name other = c->m.mesh;
    struct um_warden *w = um_warden_new(&c->m.mesh, &c->m.names[2]);

    save(c, UM_WARDEN_ROSTER, &b);
    assert_int_equal(um_warden_load(w, UM_WARDEN_ROSTER, um_buf_view(&b)),
                     P2P_EPEER);
    um_warden_free(w);
    other.b[0] ^= 1;
    w = um_warden_new(&other, &c->m.names[ME]);
    assert_int_equal(um_warden_load(w, UM_WARDEN_ROSTER, um_buf_view(&b)),
                     P2P_EPEER);
    um_warden_free(w);
    w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
    assert_int_equal(um_warden_load(w, UM_WARDEN_RECORD, um_buf_view(&b)),
                     P2P_EFORMAT);
    um_warden_free(w);
    um_buf_fini(&b);
}

/* Each byte that is another, or is missing, is noticed; and what was damaged
 * leaves a warden that takes the whole. */
static void damage_all(struct court *c, enum um_warden_part part)
{
    struct um_buf b = UM_BUF_INIT;

    save(c, part, &b);
    for (size_t i = 0; i < b.len; i++) {
        struct um_warden *w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
        struct um_str cut = um_str_head(um_buf_view(&b), i);
        int err;

        assert_int_equal(um_warden_load(w, part, cut), P2P_EFORMAT);
        b.p[i] = (char)(b.p[i] ^ 0x10);
        err = um_warden_load(w, part, um_buf_view(&b));
        assert_true(err == P2P_EFORMAT || err == P2P_EPEER ||
                    (i == 1 && err == P2P_ENOTSUP)); /* its version */
        b.p[i] = (char)(b.p[i] ^ 0x10);
        assert_int_equal(um_warden_load(w, part, um_buf_view(&b)), 0);
        um_warden_free(w);
    }
    um_buf_fini(&b);
}

static void test_damage_is_noticed(void **state)
{
    (void)fill(*state);
    damage_all(*state, UM_WARDEN_RECORD);
    damage_all(*state, UM_WARDEN_ROSTER);
}

/* A part that somebody made up, sum and all. */
static int load_made(struct court *c, enum um_warden_part part,
                     struct um_str one, struct um_str two)
{
    struct um_saved head = {
        .part = (unsigned)part + 1, .mesh = c->m.mesh, .node = c->m.names[ME]};
    struct um_warden *w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
    struct um_buf b = UM_BUF_INIT, names = UM_BUF_INIT;
    int err;

    um_saved_begin(&head, &b);
    um_saved_entry(&b, one);
    um_saved_entry(&b, two);
    um_saved_end(&head, &b);
    err = um_warden_load(w, part, um_buf_view(&b));
    um_warden_names(w, &names);
    assert_true(err == 0 || names.len == 0);
    assert_true(err == 0 || um_roster_count(um_warden_roster(w)) == 0);
    um_warden_free(w);
    um_buf_fini(&b);
    um_buf_fini(&names);
    return err;
}

/* A run as the record has it. */
static struct um_str entry(struct um_buf *b, struct um_str header,
                           uint64_t flags, struct um_str confirm)
{
    um_buf_clear(b);
    um_pb_put_str(b, 1, header);
    um_pb_put_num(b, 2, MESH_MAKER_T0);
    um_pb_put_num(b, 3, flags);
    um_pb_put_str(b, 4, confirm);
    return um_buf_view(b);
}

static void test_what_was_made_up_is_not_read(void **state)
{
    struct court *c = *state;
    const struct um_str none = {NULL, 0};
    unsigned a = court_staged(c, 2, 0, ME), b = court_edit(c, 2, 0), other;
    unsigned confirm = court_fact(c, UM_CONFIRM, a, 3, 0),
             abort = court_fact(c, UM_ABORT, a, 3, 0);
    struct um_buf x = UM_BUF_INIT, y = UM_BUF_INIT;
    struct um_str ha = um_buf_view(&c->rev_bytes[a]),
                  hb = um_buf_view(&c->rev_bytes[b]);
    struct um_revision r = court_shape(c, 0);

#define RECORD(one, two) load_made(c, UM_WARDEN_RECORD, one, two)
    assert_int_equal(RECORD(entry(&x, ha, 4, none), entry(&y, hb, 3, none)), 0);
    assert_int_equal(
        RECORD(entry(&x, ha, 4, um_buf_view(&c->fact_bytes[confirm])), none),
        0);
    assert_int_equal(
        RECORD(entry(&x, ha, 4, um_buf_view(&c->fact_bytes[abort])), none),
        P2P_EFORMAT);
    assert_int_equal(
        RECORD(entry(&x, hb, 4, um_buf_view(&c->fact_bytes[confirm])), none),
        P2P_EFORMAT);
    assert_int_equal(RECORD(entry(&x, ha, 64, none), none), 0);
    assert_int_equal(RECORD(entry(&x, ha, 256, none), none), P2P_EFORMAT);
    assert_int_equal(RECORD(entry(&x, ha, 4, ha), none), P2P_EFORMAT);
    assert_int_equal(RECORD(entry(&x, ha, 4, none), entry(&y, hb, 4, none)),
                     P2P_EFORMAT); /* both run */
    assert_int_equal(RECORD(entry(&x, ha, 0, none), entry(&y, ha, 4, none)),
                     P2P_EFORMAT); /* twice the same */
    assert_int_equal(RECORD(ha, none), P2P_EFORMAT);
    r.mesh.b[0] ^= 1;
    other = court_rev(c, 2, r);
    assert_int_equal(
        RECORD(entry(&x, um_buf_view(&c->rev_bytes[other]), 0, none), none),
        P2P_EFORMAT);
    c->rev_bytes[b].p[c->rev_bytes[b].len - 1] ^= 1;
    assert_int_equal(RECORD(entry(&x, hb, 0, none), none), P2P_EFORMAT);
    assert_int_equal(
        load_made(c, UM_WARDEN_ROSTER, um_buf_view(&c->m.statements[1]), none),
        P2P_EFORMAT); /* before the genesis */
    assert_int_equal(
        load_made(c, UM_WARDEN_ROSTER, um_buf_view(&c->m.statements[0]), hb),
        P2P_EFORMAT);
#undef RECORD
    um_buf_fini(&x);
    um_buf_fini(&y);
}

static void test_more_runs_than_a_record_holds_are_damage(void **state)
{
    struct court *c = *state;
    struct um_saved head = {.part = UM_WARDEN_RECORD + 1,
                            .mesh = c->m.mesh,
                            .node = c->m.names[ME]};

    for (unsigned n = UM__CAP_TRAIL_RUNS; n <= UM__CAP_TRAIL_RUNS + 1; n++) {
        struct um_warden *w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
        struct um_buf b = UM_BUF_INIT, one = UM_BUF_INIT;

        um_saved_begin(&head, &b);
        for (unsigned i = 0; i < n; i++)
            um_saved_entry(
                &b, entry(&one, um_buf_view(&c->rev_bytes[court_edit(c, 2, 0)]),
                          0, um_str_n(NULL, 0)));
        um_saved_end(&head, &b);
        assert_int_equal(um_warden_load(w, UM_WARDEN_RECORD, um_buf_view(&b)),
                         n == UM__CAP_TRAIL_RUNS ? 0 : P2P_EFORMAT);
        um_warden_free(w);
        um_buf_fini(&b);
        um_buf_fini(&one);
    }
}

/* ---- statements */

static void test_statements_come_in_order(void **state)
{
    struct court *c = *state;
    struct um_warden *w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
    struct um_buf *s = c->m.statements;

    assert_int_equal(um_warden_statement(w, um_buf_view(&s[1])), P2P_EAGAIN);
    assert_int_equal(um_warden_statement(w, um_buf_view(&s[0])), 0);
    assert_int_equal(um_warden_statement(w, um_buf_view(&s[1])), 0);
    assert_int_equal(um_warden_statement(w, um_buf_view(&s[1])), P2P_EDUP);
    s[2].p[s[2].len - 1] ^= 1;
    assert_int_equal(um_warden_statement(w, um_buf_view(&s[2])), P2P_EAUTH);
    s[2].p[s[2].len - 1] ^= 1;
    assert_int_equal(um_warden_statement(w, UM_STR("x")), P2P_EFORMAT);
    assert_int_equal(um_roster_count(um_warden_roster(w)), 2);
    um_warden_free(w);
}

static void test_statements_of_another_mesh(void **state)
{
    struct court *c = *state;
    struct um_name other = c->m.mesh;
    struct um_warden *w;

    other.b[0] ^= 1;
    w = um_warden_new(&other, &c->m.names[ME]);
    assert_int_equal(um_warden_statement(w, um_buf_view(&c->m.statements[0])),
                     P2P_EPEER);
    um_warden_free(w);
}

/* An owner who makes statements without end. */
static void test_the_roster_has_an_end(void **state)
{
    struct court *c = *state;
    struct um_name ids[UM__CAP_NAMES] = {{{0}}};
    size_t bytes = 0;
    int err = 0;

    for (unsigned i = 0; i < UM__CAP_NAMES; i++) {
        ids[i].b[0] = (uint8_t)(i >> 8);
        ids[i].b[1] = (uint8_t)i;
        ids[i].b[2] = 1;
    }
    assert_int_equal(UM__CAP_WARDEN_ROSTER_BYTES, 64 << 20);
    for (unsigned i = 0; i < 6000 && err == 0; i++) {
        struct um_buf b = UM_BUF_INIT;

        ids[0].b[30] = (uint8_t)(i >> 8);
        ids[0].b[31] = (uint8_t)i;
        mesh_maker_sign(
            &c->m, 0,
            (struct um_statement){.what = UM_VOID, .ids = {ids, UM__CAP_NAMES}},
            &b);
        err = um_warden_statement(c->w, um_buf_view(&b));
        bytes += err == 0 ? b.len : 0;
        um_buf_fini(&b);
    }
    assert_int_equal(err, P2P_ELIMIT);
    assert_in_range(bytes, (64 << 20) - 32768, 64 << 20);
    assert_int_equal(
        um_warden_statement(c->w, um_buf_view(&c->m.statements[1])), P2P_EDUP);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, court_setup, court_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_read_is_what_was_written),
        TEST(test_it_is_dirty_when_it_is_another),
        TEST(test_what_was_under_way),
        TEST(test_what_ran_only_before_it_held),
        TEST(test_what_held_while_it_ran),
        TEST(test_what_was_under_way_before_it_held),
        TEST(test_what_unit_shows_of_it),
        TEST(test_what_unit_shows_is_the_newer_one),
        TEST(test_a_deadline_outlives_a_restart),
        TEST(test_it_is_of_one_mesh_and_node),
        TEST(test_damage_is_noticed),
        TEST(test_what_was_made_up_is_not_read),
        TEST(test_more_runs_than_a_record_holds_are_damage),
        TEST(test_statements_come_in_order),
        TEST(test_statements_of_another_mesh),
        TEST(test_the_roster_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
