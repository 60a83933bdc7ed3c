/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Links over real buses on loopback, on the library's loop: members with
 * different sets, and a document longer than a stream's window. */
#include <stdio.h>
#include <stdlib.h>

#include "host_rig.h"
#include "p2p/loop.h"

enum { HOSTS = 3, PATIENCE_MS = 60000 };

static struct pool pool;

/* An alarm as a timer of the library. */
struct timer {
    struct p2p_timer *timer;
    void (*fn)(void *arg);
    void *arg;
};

static void on_timer(void *user)
{
    struct timer *t = user;
    void (*fn)(void *arg) = t->fn;
    void *arg = t->arg;

    p2p_timer_free(t->timer);
    free(t);
    fn(arg);
}

static void *alarm_set(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct timer *t = calloc(1, sizeof *t);

    assert_non_null(t);
    t->fn = fn;
    t->arg = arg;
    assert_int_equal(p2p_timer_new(user, ms, 0, on_timer, t, &t->timer), 0);
    return t;
}

static void alarm_clear(void *user, void *alarm)
{
    struct timer *t = alarm;

    (void)user;
    if (t != NULL) {
        p2p_timer_free(t->timer);
        free(t);
    }
}

static uint64_t now_ms(void *user)
{
    return p2p_loop_now_ns(user) / 1000000U;
}

static void on_found(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
}

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    const struct host *h = user;

    if (h->links != NULL)
        um_links_up(h->links, peer);
}

static void on_down(void *user, const struct p2p_peer_id *peer)
{
    const struct host *h = user;

    if (h->links != NULL) /* the bus says good-bye when it ends */
        um_links_down(h->links, peer);
}

static void on_twin(void *user, const char *addr)
{
    (void)user;
    (void)addr;
}

static const struct um_bus_cb bus_cb = {on_found, on_up, on_down,
                                        on_twin,  NULL,  NULL};

struct scene {
    struct p2p_loop *loop;
    struct um_alarms alarms;
    struct um_bus *buses[HOSTS];
    struct host hosts[HOSTS];
    char addr[128];
    unsigned left_ms;
    bool (*done)(const struct scene *s);
    bool ok;
};

static void note_addr(void *user, const char *addr)
{
    struct scene *s = user;

    (void)snprintf(s->addr, sizeof s->addr, "%s", addr);
}

static void scene_init(struct scene *s)
{
    static const char *const listen[] = {"/ip4/127.0.0.1/tcp/0"};

    memset(s, 0, sizeof *s);
    assert_int_equal(p2p_loop_new(&s->loop), 0);
    s->alarms = (struct um_alarms){s->loop, alarm_set, alarm_clear, now_ms};
    for (unsigned i = 0; i < HOSTS; i++) {
        const struct um_bus_cfg cfg = {.loop = s->loop,
                                       .key = pool.keys[i],
                                       .listen = listen,
                                       .n_listen = 1,
                                       .agent = "test",
                                       .cb = &bus_cb,
                                       .user = &s->hosts[i]};

        s->buses[i] = um_bus_new(&cfg);
        assert_non_null(s->buses[i]);
        host_make(&s->hosts[i], &pool, i, s->buses[i], &s->alarms);
    }
}

static void scene_fini(struct scene *s)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        host_drop(&s->hosts[i]);
        um_bus_free(s->buses[i]);
    }
    p2p_loop_free(s->loop);
}

/* Looks every few milliseconds whether it is so; at last it gives up. */
static void look(void *user)
{
    struct scene *s = user;

    s->ok = s->done(s);
    s->left_ms -= 5;
    if (s->ok || s->left_ms == 0)
        p2p_loop_stop(s->loop);
}

static bool run_until(struct scene *s, bool (*done)(const struct scene *s))
{
    struct p2p_timer *timer;

    s->done = done;
    s->left_ms = PATIENCE_MS;
    assert_int_equal(p2p_timer_new(s->loop, 5, 5, look, s, &timer), 0);
    p2p_loop_run(s->loop);
    p2p_timer_free(timer);
    return s->ok;
}

static void dial(struct scene *s, unsigned from, unsigned to)
{
    um_bus_addrs(s->buses[to], note_addr, s);
    assert_int_equal(um_bus_dial(s->buses[from], s->addr, NULL, NULL), 0);
}

static bool are_equal(const struct scene *s)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        if (host_count(&s->hosts[i]) != pool.n)
            return false;
    }
    return s->hosts[0].got[3] == 1;
}

static bool are_closed(const struct scene *s)
{
    size_t n = 0;

    for (unsigned i = 0; i < HOSTS; i++)
        n += host_stats(&s->hosts[i]).sessions;
    return n == 0;
}

static void test_three_on_loopback(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    for (size_t i = 0; i < pool.n; i++)
        host_give(&s.hosts[i % HOSTS], i);
    s.hosts[2].docs[3] = true;
    um_links_fetch(s.hosts[0].links, &pool.docs[3], rig_doc(3).len);
    dial(&s, 0, 1);
    dial(&s, 0, 2);
    assert_true(run_until(&s, are_equal));
    assert_true(run_until(&s, are_closed));
    for (unsigned i = 0; i < HOSTS; i++)
        assert_int_equal(host_stats(&s.hosts[i]).ended, 0);
    scene_fini(&s);
}

static bool is_reset(const struct scene *s)
{
    return host_stats(&s->hosts[0]).strangers > 0;
}

static void test_a_stranger_on_loopback(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    s.hosts[0].strangers = &pool.names[1];
    s.hosts[0].strangers_n = 1;
    host_give(&s.hosts[0], 0);
    host_give(&s.hosts[1], 1);
    dial(&s, 0, 1);
    assert_true(run_until(&s, is_reset));
    assert_int_equal(host_count(&s.hosts[1]), 1);
    assert_int_equal(host_count(&s.hosts[0]), 1);
    /* Freed in the middle of whatever is under way. */
    scene_fini(&s);
}

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 3, .edits = 400, .facts = 30});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_on_loopback),
        cmocka_unit_test(test_a_stranger_on_loopback),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
