/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The door by which other threads reach a loop: p2p_loop_post(). `make tsan`
 * builds this with ThreadSanitizer, so what is shared here has no lock of its
 * own: the door alone must order it.
 */
#include <pthread.h>
#include <stdlib.h>

#include "p2p/err.h"
#include "p2p/loop.h"
#include "unit.h"

#define THREADS 6
#define EACH    5000U

struct crowd;

struct poster {
    struct crowd *crowd;
    pthread_t thread;
    uint32_t said; /* of the thread alone */
    uint32_t seen; /* of the loop alone */
};

struct crowd {
    struct p2p_loop *loop;
    struct p2p_timer *ticker;
    struct poster posters[THREADS];
    uint32_t running;
    uint32_t ticks;
};

/* What a thread writes and the loop reads. */
struct note {
    struct poster *from;
    uint32_t number;
    uint32_t echo;
};

static void on_note(void *arg)
{
    struct note *n = arg;
    struct crowd *c = n->from->crowd;

    assert_int_equal(n->number, n->from->seen);
    assert_int_equal(n->echo, ~n->number);
    n->from->seen++;
    if (n->from->seen == EACH && --c->running == 0) {
        p2p_loop_stop(c->loop);
    }
    free(n);
}

static int post(struct poster *p)
{
    struct note *n = malloc(sizeof *n);

    if (n == NULL) {
        return P2P_ENOMEM;
    }
    *n = (struct note){.from = p, .number = p->said, .echo = ~p->said};
    p->said++;
    return p2p_loop_post(p->crowd->loop, on_note, n);
}

static void *say(void *arg)
{
    for (uint32_t i = 0; i < EACH; i++) {
        if (post(arg) != 0) {
            abort();
        }
    }
    return NULL;
}

static void on_tick(void *user)
{
    struct crowd *c = user;

    c->ticks++;
}

static void begin(struct crowd *c)
{
    assert_int_equal(p2p_loop_new(&c->loop), 0);
    for (size_t i = 0; i < THREADS; i++) {
        c->posters[i].crowd = c;
    }
}

static void test_threads_post_in_their_order(void **state)
{
    struct crowd c = {.running = THREADS};

    (void)state;
    begin(&c);
    assert_int_equal(p2p_timer_new(c.loop, 1, 1, on_tick, &c, &c.ticker), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(
            pthread_create(&c.posters[i].thread, NULL, say, &c.posters[i]), 0);
    }
    p2p_loop_run(c.loop);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(c.posters[i].seen, EACH);
        assert_int_equal(pthread_join(c.posters[i].thread, NULL), 0);
    }
    p2p_timer_free(c.ticker);
    p2p_loop_free(c.loop);
}

static void test_what_is_posted_before_the_end_is_done(void **state)
{
    struct crowd c = {.running = THREADS + 1};

    (void)state;
    begin(&c);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(
            pthread_create(&c.posters[i].thread, NULL, say, &c.posters[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(c.posters[i].thread, NULL), 0);
    }
    p2p_loop_free(c.loop);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(c.posters[i].seen, EACH);
    }
}

/* One that posts while it runs on the loop: it has its turn later. */
static void test_the_loop_posts_to_itself(void **state)
{
    struct crowd c = {.running = THREADS};

    (void)state;
    begin(&c);
    for (size_t i = 0; i < THREADS; i++) {
        (void)say(&c.posters[i]);
    }
    p2p_loop_run(c.loop);
    assert_int_equal(c.running, 0);
    p2p_loop_free(c.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_post_in_their_order),
        cmocka_unit_test(test_what_is_posted_before_the_end_is_done),
        cmocka_unit_test(test_the_loop_posts_to_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
