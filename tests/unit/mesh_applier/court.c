/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See court.h. */
#include "court.h"

#include "p2p/err.h"
#include "unit.h"

void court_init(struct court *c)
{
    memset(c, 0, sizeof *c);
    mesh_maker_init(&c->m, WRITERS);
    mesh_maker_say(
        &c->m, 0,
        (struct um_statement){
            .what = UM_GRANT, .key = c->m.names[PLAIN], .roles = UM_NODE});
    um_buf_str(&c->rev_bytes[0], um_buf_view(&c->m.r1));
    assert_int_equal(
        um_revision_open(um_buf_view(&c->rev_bytes[0]), &c->revs[0]), 0);
    c->revs_n = 1;
    c->now = 1000;
    court_again(c);
}

void court_fini(struct court *c)
{
    um_warden_free(c->w);
    for (unsigned i = 0; i < c->revs_n; i++)
        um_buf_fini(&c->rev_bytes[i]);
    for (unsigned i = 0; i < c->facts_n; i++)
        um_buf_fini(&c->fact_bytes[i]);
    mesh_maker_fini(&c->m);
}

int court_setup(void **state)
{
    static struct court c;

    court_init(&c);
    *state = &c;
    return 0;
}

int court_teardown(void **state)
{
    court_fini(*state);
    return 0;
}

void court_again(struct court *c)
{
    um_warden_free(c->w);
    c->w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
    assert_non_null(c->w);
    for (size_t i = 0; i < c->m.statements_n; i++)
        assert_int_equal(
            um_warden_statement(c->w, um_buf_view(&c->m.statements[i])), 0);
}

void court_say(struct court *c, unsigned by, struct um_statement s)
{
    mesh_maker_say(&c->m, by, s);
    assert_int_equal(
        um_warden_statement(
            c->w, um_buf_view(&c->m.statements[c->m.statements_n - 1])),
        0);
}

void court_revoke(struct court *c, unsigned key, unsigned keep)
{
    court_say(c, 0,
              (struct um_statement){.what = UM_REVOKE,
                                    .key = c->m.names[key],
                                    .keep = {&c->revs[keep].id, 1}});
}

void court_revoke_two(struct court *c, unsigned key, unsigned a, unsigned b)
{
    struct um_name keep[2] = {c->revs[a].id, c->revs[b].id};

    (void)um_namelist_sort(keep, 2);
    court_say(
        c, 0,
        (struct um_statement){
            .what = UM_REVOKE, .key = c->m.names[key], .keep = {keep, 2}});
}

void court_void(struct court *c, unsigned rev)
{
    court_say(
        c, 0,
        (struct um_statement){.what = UM_VOID, .ids = {&c->revs[rev].id, 1}});
}

struct um_revision court_shape(const struct court *c, unsigned parent)
{
    return (struct um_revision){
        .mesh = c->m.mesh,
        .parents = {c->revs[parent].id},
        .parents_n = 1,
        .number = c->revs[parent].number + 1,
        .wall_ms = MESH_MAKER_T0 + c->revs_n,
        .doc = {{1, (uint8_t)c->revs_n, (uint8_t)(c->revs_n >> 8)}},
        .doc_bytes = 2 + c->revs_n};
}

struct um_revision court_merge(const struct court *c, unsigned a, unsigned b)
{
    struct um_revision r = court_shape(c, a);

    r.parents[r.parents_n++] = c->revs[b].id;
    if (c->revs[b].number >= r.number)
        r.number = c->revs[b].number + 1;
    return r;
}

unsigned court_rev(struct court *c, unsigned by, struct um_revision shape)
{
    unsigned i = c->revs_n++;

    assert_true(i < COURT_ITEMS);
    assert_int_equal(um_revision_seal(&shape, c->m.keys[by], &c->rev_bytes[i]),
                     0);
    assert_int_equal(
        um_revision_open(um_buf_view(&c->rev_bytes[i]), &c->revs[i]), 0);
    return i;
}

unsigned court_edit(struct court *c, unsigned by, unsigned parent)
{
    return court_rev(c, by, court_shape(c, parent));
}

unsigned court_staged(struct court *c, unsigned by, unsigned parent,
                      unsigned first)
{
    struct um_revision r = court_shape(c, parent);

    r.policy = UM_STAGED;
    r.deadline_ms = COURT_N;
    r.first = (struct um_namelist){&c->m.names[first], 1};
    return court_rev(c, by, r);
}

unsigned court_fact(struct court *c, enum um_fact_what what, unsigned rev,
                    unsigned by, unsigned node)
{
    unsigned i = c->facts_n++;
    struct um_fact f = {.mesh = c->m.mesh,
                        .revision = c->revs[rev].id,
                        .wall_ms = MESH_MAKER_T0 + c->now,
                        .what = what};

    assert_true(i < COURT_ITEMS);
    if (what == UM_OPEN)
        f.nodes = (struct um_namelist){&c->m.names[node], 1};
    assert_int_equal(um_fact_seal(&f, c->m.keys[by], &c->fact_bytes[i]), 0);
    assert_int_equal(um_fact_open(um_buf_view(&c->fact_bytes[i]), &c->facts[i]),
                     0);
    return i;
}

void court_with(struct court *c, unsigned rev)
{
    c->with_revs[c->with.revisions_n++] = um_buf_view(&c->rev_bytes[rev]);
}

void court_with_fact(struct court *c, unsigned fact)
{
    c->with_facts[c->with.facts_n++] = um_buf_view(&c->fact_bytes[fact]);
}

int court_judge_bare(struct court *c, unsigned rev)
{
    int err;

    c->with.revisions = c->with_revs;
    c->with.facts = c->with_facts;
    err = um_warden_judge(c->w, &c->revs[rev].id, &c->with,
                          MESH_MAKER_T0 + c->now, &c->order);
    c->with.revisions_n = c->with.facts_n = 0;
    return err;
}

int court_judge(struct court *c, unsigned rev)
{
    court_with(c, rev);
    return court_judge_bare(c, rev);
}

void court_run(struct court *c, unsigned rev)
{
    int err = court_judge(c, rev);

    if (err != 0)
        print_error("it says: %s\n", c->order.why);
    assert_int_equal(err, 0);
    assert_true(um_name_eq(&c->order.doc, &c->revs[rev].doc));
    assert_true(c->order.number == c->revs[rev].number);
    assert_true(c->order.doc_bytes == c->revs[rev].doc_bytes);
    um_warden_begins(c->w, &c->revs[rev].id);
    um_warden_ended(c->w, &c->revs[rev].id, UM_WARDEN_RUNS);
}

void court_refuses(struct court *c, unsigned rev, const char *why)
{
    int err = court_judge(c, rev);

    assert_int_equal(err, P2P_EACCES);
    if (strstr(c->order.why, why) == NULL)
        print_error("it says: %s\n", c->order.why);
    assert_non_null(strstr(c->order.why, why));
}

int court_hear(struct court *c)
{
    int err;

    c->with.revisions = c->with_revs;
    c->with.facts = c->with_facts;
    err = um_warden_hear(c->w, &c->with);
    c->with.revisions_n = c->with.facts_n = 0;
    return err;
}
