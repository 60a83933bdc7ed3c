/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A warden when memory runs out: nothing leaks, nothing is granted that would
 * not be otherwise, and what failed can be done again. */
#include "court.h"
#include "failing_mem.h"
#include "p2p/err.h"
#include "unit.h"

/* A warden's life: the roster, orders that need a walk, confirmations, what is
 * kept and read again. */
struct life {
    struct court *c;
    unsigned a, trial, confirm, evil, kept;
};

static int hear(struct um_warden *w, const struct um_str *facts, size_t n)
{
    const struct um_case with = {.facts = facts, .facts_n = n};

    return um_warden_hear(w, &with);
}

static int order(struct um_warden *w, const struct court *c, unsigned rev,
                 unsigned with)
{
    const struct um_str headers[2] = {um_buf_view(&c->rev_bytes[rev]),
                                      um_buf_view(&c->rev_bytes[with])};
    const struct um_case made = {.revisions = headers, .revisions_n = 2};
    struct um_order out;
    int err = um_warden_judge(w, &c->revs[rev].id, &made,
                              MESH_MAKER_T0 + c->now, &out);

    if (err == 0) {
        um_warden_begins(w, &c->revs[rev].id);
        um_warden_ended(w, &c->revs[rev].id, UM_WARDEN_RUNS);
    }
    return err;
}

static int copy(struct um_warden *from, struct um_warden *to,
                enum um_warden_part part)
{
    struct um_buf b = UM_BUF_INIT;
    int err = 0;

    um_warden_save(from, part, &b);
    if (um_buf_failed(&b)) {
        assert_true(um_warden_dirty(from, part));
        err = P2P_ENOMEM;
    }
    if (err == 0)
        err = um_warden_load(to, part, um_buf_view(&b));
    um_buf_fini(&b);
    return err;
}

static int live(const struct life *l, struct um_warden *w, struct um_warden *x)
{
    struct court *c = l->c;
    struct um_str fact = um_buf_view(&c->fact_bytes[l->confirm]);
    int err = 0;

    for (size_t i = 0; i < c->m.statements_n && err == 0; i++)
        err = um_warden_statement(w, um_buf_view(&c->m.statements[i]));
    if (err == 0)
        err = order(w, c, l->a, 0);
    if (err == 0)
        err = order(w, c, l->trial, 0);
    if (err == 0)
        err = hear(w, &fact, 1);
    if (err == 0) {
        err = order(w, c, l->evil, l->kept);
        assert_true(err == P2P_EACCES || err == P2P_ENOMEM);
        err = err == P2P_EACCES ? 0 : err;
    }
    if (err == 0)
        err = copy(w, x, UM_WARDEN_ROSTER);
    if (err == 0)
        err = copy(w, x, UM_WARDEN_RECORD);
    if (err == 0) {
        err = order(x, c, l->a, 0);
        assert_true(err == P2P_EACCES || err == P2P_ENOMEM);
        err = err == P2P_EACCES ? 0 : err;
    }
    return err;
}

static int body(void *arg)
{
    const struct life *l = arg;
    struct um_warden *w = um_warden_new(&l->c->m.mesh, &l->c->m.names[ME]);
    struct um_warden *x = um_warden_new(&l->c->m.mesh, &l->c->m.names[ME]);
    int err = P2P_ENOMEM;

    if (w != NULL && x != NULL)
        err = live(l, w, x);
    um_warden_free(w);
    um_warden_free(x);
    return err;
}

static void make(struct life *l, struct court *c)
{
    court_init(c);
    l->c = c;
    l->a = court_edit(c, 2, 0);
    l->trial = court_staged(c, 2, l->a, ME);
    l->confirm = court_fact(c, UM_CONFIRM, l->trial, 4, 0);
    l->kept = court_edit(c, 2, l->trial);
    l->evil = court_edit(c, 3, l->kept);
    court_revoke(c, 3, l->kept);
}

static void test_nothing_leaks(void **state)
{
    static struct court c;
    struct life l;

    (void)state;
    make(&l, &c);
    assert_true(failing_mem_each(body, &l) > 60);
    court_fini(&c);
}

/* An order that failed is judged as it would have been. */
static void test_again(void **state)
{
    static struct court c;
    struct life l;
    size_t nth = 1;
    int err;

    (void)state;
    make(&l, &c);
    court_run(&c, l.a);
    do {
        failing_mem_set(nth++, 0);
        court_with(&c, l.kept);
        err = court_judge(&c, l.evil);
        failing_mem_set(0, 0);
        assert_true(err == P2P_EACCES || err == P2P_ENOMEM);
    } while (err != P2P_EACCES);
    assert_true(nth > 3);
    assert_non_null(strstr(c.order.why, " is void"));
    nth = 1;
    do {
        failing_mem_set(nth++, 0);
        err = court_judge(&c, l.trial);
        failing_mem_set(0, 0);
        assert_true(err == 0 || err == P2P_ENOMEM);
    } while (err != 0);
    assert_true(nth > 3);
    court_run(&c, l.trial);
    court_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_leaks),
        cmocka_unit_test(test_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
