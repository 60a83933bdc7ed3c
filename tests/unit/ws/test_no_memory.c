/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A WebSocket from its opening to its close, each allocation failing in turn:
 * nothing leaks, and the error is told. */
#include "chan/ws/ws.h"
#include "failing_mem.h"
#include "test_env.h"
#include "unit.h"

#define WIRE 4096U

struct end {
    void *chan;
    struct p2p__quota quota;
    struct test_env env;
    uint8_t wire[WIRE];
    size_t len;
};

static int nothing(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    (void)src;
    (void)now;
    if (cap > 0) {
        dst[0] = 'x';
    }
    return cap > 0 ? 1 : 0;
}

static int start(struct end *e, bool dialer)
{
    struct p2p__ws_cfg cfg = {.dialer = dialer,
                              .host = "example.com",
                              .env = &e->env.env,
                              .quota = &e->quota};

    *e = (struct end){0};
    p2p__quota_init(&e->quota, NULL, "conn");
    test_env_init(&e->env, dialer);
    return p2p__ws_new(&cfg, &e->chan, 0);
}

static void stop(struct end *e)
{
    if (e->chan != NULL) {
        p2p__ws_ops.fini(e->chan);
        p2p__free(e->chan);
    }
    p2p__quota_fini(&e->quota);
}

/* Draws from one, and lets the other read it byte by byte. */
static int carry(struct end *from, struct end *to)
{
    struct p2p__src src = {.pull = nothing};
    struct p2p__outbuf out = {.p = from->wire, .cap = WIRE};
    int rv = p2p__ws_ops.tx(from->chan, &src, &out, 0);

    for (size_t i = 0; i < out.len && rv == 0; i++) {
        struct p2p__slice in = p2p__slice_of(from->wire + i, 1), up;

        rv = p2p__ws_ops.rx(to->chan, &in, &up, 0);
    }
    return rv;
}

static int body(void *arg)
{
    struct end client, server;
    int rv = start(&client, true);
    int rv2 = start(&server, false);

    (void)arg;
    rv = rv != 0 ? rv : rv2;
    for (int i = 0; i < 3 && rv == 0; i++) {
        rv = carry(&client, &server);
        if (rv == 0) {
            rv = carry(&server, &client);
        }
    }
    stop(&client);
    stop(&server);
    return rv;
}

static void test_memory_may_fail_anywhere(void **state)
{
    (void)state;
    assert_true(failing_mem_each(body, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_may_fail_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
