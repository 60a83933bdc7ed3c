/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The worker of the daemon's loop. */
#include "mesh/app/loop.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"
#include "unit.h"

#define TASKS 40

/* What happened, in order; written by one thread at a time if the worker keeps
 * its word, and `inside` says if it does not. */
struct seen {
    struct um_loop loop;
    pthread_t me;
    atomic_int inside;
    atomic_int together; /* tasks that ran beside another */
    int worked[TASKS];
    int worked_n;
    int done[TASKS];
    int done_n;
};

struct one {
    struct seen *seen;
    int number;
    bool more; /* gives another to the worker when it is done */
};

static void work(void *arg)
{
    struct one *o = arg;
    struct seen *s = o->seen;

    assert_false(pthread_equal(pthread_self(), s->me));
    if (atomic_fetch_add(&s->inside, 1) != 0)
        atomic_fetch_add(&s->together, 1);
    for (int i = 0; i < 5; i++)
        (void)sched_yield();
    s->worked[s->worked_n++] = o->number;
    atomic_fetch_sub(&s->inside, 1);
}

static void give(struct seen *s, int number, bool more);

static void done(void *arg)
{
    struct one *o = arg;
    struct seen *s = o->seen;

    assert_true(pthread_equal(pthread_self(), s->me));
    s->done[s->done_n++] = o->number;
    if (o->more)
        give(s, o->number + TASKS / 2, false);
    free(o);
}

static void give(struct seen *s, int number, bool more)
{
    const struct um_worker *w = &s->loop.worker;
    struct one *o = malloc(sizeof *o);
    int was = s->done_n;

    assert_non_null(o);
    *o = (struct one){s, number, more};
    assert_int_equal(w->run(w->user, work, done, o), 0);
    assert_int_equal(s->done_n, was); /* never inside of run */
}

static void seen_init(struct seen *s)
{
    memset(s, 0, sizeof *s);
    s->me = pthread_self();
    assert_int_equal(um_loop_init(&s->loop), 0);
}

static void all_in_order(const struct seen *s, int n)
{
    assert_int_equal(s->worked_n, n);
    assert_int_equal(s->done_n, n);
    assert_int_equal(s->together, 0);
    for (int i = 0; i < n; i++) {
        assert_int_equal(s->worked[i], i);
        assert_int_equal(s->done[i], i);
    }
}

static void test_one_after_the_other(void **state)
{
    struct seen s;

    (void)state;
    seen_init(&s);
    for (int i = 0; i < TASKS / 2; i++)
        give(&s, i, true);
    while (s.done_n < TASKS)
        (void)uv_run(&s.loop.uv, UV_RUN_ONCE);
    all_in_order(&s, TASKS);
    um_loop_fini(&s.loop);
}

/* What waits is done and told before the loop is gone, and nothing new is
 * taken. */
static void test_the_end(void **state)
{
    struct seen s;
    const struct um_worker *w = &s.loop.worker;

    (void)state;
    seen_init(&s);
    for (int i = 0; i < TASKS; i++)
        give(&s, i, false);
    um_loop_fini(&s.loop);
    all_in_order(&s, TASKS);
    assert_int_equal(w->run(w->user, work, done, NULL), P2P_ECLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
