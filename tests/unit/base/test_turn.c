/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Marked once, run once, in order; and deadlines that nobody can starve. */
#include "base/turn.h"
#include "unit.h"

struct world {
    struct p2p__runq q;
    int wakes;
    char trace[64];
};

/* A job or timer with a letter; it does `again` when it runs. */
struct actor {
    struct world *w;
    struct p2p__job job;
    struct p2p__timer timer;
    char letter;
    int again;
    struct actor *other;
    p2p_ns next; /* where due() sets the timer, or P2P_NEVER */
};

static void on_wake(struct p2p__runq *q)
{
    P2P__CONTAINER(q, struct world, q)->wakes++;
}

static void note(const struct actor *a)
{
    size_t n = strlen(a->w->trace);

    assert_true(n + 1 < sizeof a->w->trace);
    a->w->trace[n] = a->letter;
    a->w->trace[n + 1] = '\0';
}

static void actor_run(struct p2p__job *job, p2p_ns now)
{
    struct actor *a = P2P__CONTAINER(job, struct actor, job);

    (void)now;
    note(a);
    if (a->again > 0) {
        a->again--;
        p2p__mark(&a->job);
    }
    if (a->other != NULL) {
        p2p__mark(&a->other->job);
    }
}

static void actor_due(struct p2p__timer *timer, p2p_ns now)
{
    struct actor *a = P2P__CONTAINER(timer, struct actor, timer);

    (void)now;
    note(a);
    p2p__timer_set(timer, a->next);
}

static void world_init(struct world *w)
{
    *w = (struct world){.wakes = 0};
    p2p__runq_init(&w->q, on_wake);
}

static void actor_init(struct actor *a, struct world *w, char letter)
{
    *a = (struct actor){.w = w, .letter = letter, .next = P2P_NEVER};
    p2p__job_init(&a->job, &w->q, actor_run);
    p2p__timer_init(&a->timer, &w->q, actor_due);
}

static void test_a_job_is_queued_once(void **state)
{
    struct world w;
    struct actor a;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    p2p__mark(NULL);
    p2p__mark(&a.job);
    p2p__mark(&a.job);
    assert_int_equal(w.wakes, 1);
    assert_true(p2p__turn(&w.q, 0, 100) == P2P_NEVER);
    assert_string_equal(w.trace, "a");
    assert_false(a.job.queued);
    p2p__mark(&a.job);
    assert_int_equal(w.wakes, 2);
    assert_true(p2p__turn(&w.q, 0, 100) == P2P_NEVER);
    assert_string_equal(w.trace, "aa");
}

static void test_jobs_take_turns(void **state)
{
    struct world w;
    struct actor a, b;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    actor_init(&b, &w, 'b');
    a.again = 3;
    p2p__mark(&a.job);
    p2p__mark(&b.job);
    assert_true(p2p__turn(&w.q, 0, 100) == P2P_NEVER);
    assert_string_equal(w.trace, "abaaa"); /* b waits for one run of a's */
    assert_int_equal(w.wakes, 1);
}

static void test_a_turn_is_bounded_and_says_so(void **state)
{
    struct world w;
    struct actor a, b;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    actor_init(&b, &w, 'b');
    a.other = &b;
    b.other = &a;
    p2p__mark(&a.job);
    assert_true(p2p__turn(&w.q, 0, 5) == 0);
    assert_string_equal(w.trace, "ababa");
    assert_int_equal(w.wakes, 1); /* the 0 is enough */
    assert_true(p2p__turn(&w.q, 0, 1) == 0);
    assert_string_equal(w.trace, "ababab");
}

static void test_a_finished_job_does_not_run(void **state)
{
    struct world w;
    struct actor a, b;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    actor_init(&b, &w, 'b');
    p2p__mark(&a.job);
    p2p__mark(&b.job);
    p2p__job_fini(&a.job);
    p2p__job_fini(&a.job);
    assert_true(p2p__turn(&w.q, 0, 100) == P2P_NEVER);
    assert_string_equal(w.trace, "b");
}

static void test_timers_come_in_order_and_not_early(void **state)
{
    struct world w;
    struct actor a, b, c;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    actor_init(&b, &w, 'b');
    actor_init(&c, &w, 'c');
    p2p__timer_set(&a.timer, 30);
    p2p__timer_set(&b.timer, 10);
    p2p__timer_set(&c.timer, 20);
    assert_int_equal(w.wakes, 2); /* a and b came sooner; c did not */
    assert_int_equal(p2p__turn(&w.q, 9, 1), 10);
    assert_string_equal(w.trace, "");
    assert_int_equal(p2p__turn(&w.q, 20, 1), 30);
    assert_string_equal(w.trace, "bc");
    p2p__timer_set(&a.timer, P2P_NEVER);
    assert_true(p2p__turn(&w.q, 1000, 1) == P2P_NEVER);
    assert_string_equal(w.trace, "bc");
    p2p__timer_fini(&a.timer);
}

static void test_a_timer_that_moved_later_comes_later(void **state)
{
    struct world w;
    struct actor a;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    p2p__timer_set(&a.timer, 10);
    p2p__timer_set(&a.timer, 50);
    p2p__timer_set(&a.timer, 40);
    (void)p2p__turn(&w.q, 10, 1);
    (void)p2p__turn(&w.q, 39, 1);
    assert_string_equal(w.trace, "");
    assert_int_equal(p2p__turn(&w.q, 39, 1), 40);
    (void)p2p__turn(&w.q, 40, 1);
    assert_string_equal(w.trace, "a");
}

static void test_a_timer_that_moved_earlier_comes_earlier(void **state)
{
    struct world w;
    struct actor a;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    p2p__timer_set(&a.timer, 100);
    p2p__timer_set(&a.timer, 200);
    p2p__timer_set(&a.timer, 50);
    assert_int_equal(w.wakes, 2);
    assert_true(p2p__turn(&w.q, 50, 1) == P2P_NEVER);
    assert_string_equal(w.trace, "a");
    assert_true(p2p__turn(&w.q, 500, 1) == P2P_NEVER);
    assert_string_equal(w.trace, "a");
}

static void test_a_periodic_timer_runs_once_a_turn(void **state)
{
    struct world w;
    struct actor a;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    a.next = 5; /* always late */
    p2p__timer_set(&a.timer, 5);
    assert_int_equal(p2p__turn(&w.q, 100, 1), 100);
    assert_string_equal(w.trace, "a");
    assert_int_equal(p2p__turn(&w.q, 101, 1), 101);
    assert_string_equal(w.trace, "aa");
}

/* A timer that sets itself to a moment long past must not hide another. */
static void test_a_late_timer_does_not_starve_others(void **state)
{
    struct world w;
    struct actor a, b;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    actor_init(&b, &w, 'b');
    a.next = 1;
    p2p__timer_set(&a.timer, 1);
    p2p__timer_set(&b.timer, 2);
    (void)p2p__turn(&w.q, 100, 1);
    assert_string_equal(w.trace, "ab");
}

static void test_a_finished_timer_does_not_come(void **state)
{
    struct world w;
    struct actor a, b;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    actor_init(&b, &w, 'b');
    p2p__timer_set(&a.timer, 5);
    p2p__timer_set(&b.timer, 5);
    p2p__timer_fini(&a.timer);
    p2p__timer_fini(&a.timer);
    assert_true(p2p__turn(&w.q, 9, 1) == P2P_NEVER);
    assert_string_equal(w.trace, "b");
}

static void mark_due(struct p2p__timer *timer, p2p_ns now)
{
    struct actor *a = P2P__CONTAINER(timer, struct actor, timer);

    (void)now;
    p2p__mark(&a->job);
}

static void test_what_a_timer_marks_runs_in_the_same_turn(void **state)
{
    struct world w;
    struct actor a;

    (void)state;
    world_init(&w);
    actor_init(&a, &w, 'a');
    a.timer.due = mark_due;
    p2p__timer_set(&a.timer, 7);
    assert_true(p2p__turn(&w.q, 7, 1) == P2P_NEVER);
    assert_string_equal(w.trace, "a");
    assert_int_equal(w.wakes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_is_queued_once),
        cmocka_unit_test(test_jobs_take_turns),
        cmocka_unit_test(test_a_turn_is_bounded_and_says_so),
        cmocka_unit_test(test_a_finished_job_does_not_run),
        cmocka_unit_test(test_timers_come_in_order_and_not_early),
        cmocka_unit_test(test_a_timer_that_moved_later_comes_later),
        cmocka_unit_test(test_a_timer_that_moved_earlier_comes_earlier),
        cmocka_unit_test(test_a_periodic_timer_runs_once_a_turn),
        cmocka_unit_test(test_a_late_timer_does_not_starve_others),
        cmocka_unit_test(test_a_finished_timer_does_not_come),
        cmocka_unit_test(test_what_a_timer_marks_runs_in_the_same_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
