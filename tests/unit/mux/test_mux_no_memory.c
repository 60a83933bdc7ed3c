/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of a session fails once: nothing is lost, or half done. */
#include <string.h>

#include "failing_mem.h"
#include "mux/mplex/mplex.h"
#include "mux/yamux/yamux.h"
#include "test_env.h"
#include "unit.h"

/* Streams of the peer's with data, SYN in each. */
static const uint8_t YAMUX_PEER[] =
    "\0\0\0\1\0\0\0\2\0\0\0\2ab"
    "\0\0\0\1\0\0\0\4\0\0\0\2cd"
    "\0\0\0\4\0\0\0\2\0\0\0\1e"
    "\0\1\0\1\0\0\0\6\0\0\0\0";

/* The same, with names. */
static const uint8_t MPLEX_PEER[] =
    "\0\1\60"
    "\2\2ab"
    "\10\1\61"
    "\12\2cd"
    "\4\0"
    "\20\0";

struct work {
    const struct p2p__sess_ops *ops;
    int (*make)(const struct p2p__sess_cfg *cfg, void **out);
    const uint8_t *peer;
    size_t peer_len;
};

static int pull_all(const struct work *w, void *sess)
{
    struct p2p__sess_ev ev;
    int opened = 0;

    while (w->ops->next(sess, &ev)) {
        opened += ev.type == P2P__SESS_OPENED;
    }
    return opened;
}

static int receive(const struct work *w, void *sess)
{
    uint8_t copy[256];
    struct p2p__slice in = p2p__slice_of(copy, w->peer_len);
    int rv = 0;

    memcpy(copy, w->peer, w->peer_len);
    while (in.len > 0 && rv == 0) {
        rv = w->ops->rx(sess, &in, 0);
        if (rv == 0) {
            (void)pull_all(w, sess);
        }
    }
    return rv;
}

/* Opens and sends what it can; the first thing that failed. */
static int talk(const struct work *w, void *sess)
{
    static const char text[3000];
    const struct p2p__slice data = p2p__slice_of(text, sizeof text);
    int first = 0;

    for (int i = 0; i < 3; i++) {
        void *st = NULL;
        int rv = w->ops->open(sess, NULL, &st, 0);

        if (rv == 0) {
            rv = w->ops->send(sess, st, &data);
        }
        if (rv == 0) {
            rv = w->ops->send(sess, st, &data);
        }
        first = first == 0 ? rv : first;
    }
    return first;
}

static int session(void *arg)
{
    const struct work *w = arg;
    uint8_t room[40000];
    struct p2p__outbuf out = {.p = room, .cap = sizeof room};
    struct p2p__quota quota;
    struct test_env env;
    struct p2p__sess_cfg cfg = {
        .dialer = true, .quota = &quota, .env = &env.env};
    void *sess;
    int rv, rx;

    p2p__quota_init(&quota, NULL, "conn");
    test_env_init(&env, 1);
    rv = w->make(&cfg, &sess);
    if (rv != 0) {
        p2p__quota_fini(&quota);
        return rv;
    }
    rx = receive(w, sess);
    rv = rx == 0 ? talk(w, sess) : rx;
    assert_int_equal(w->ops->tx(sess, &out, 0), 0);
    if (rx == 0) {
        (void)pull_all(w, sess);
    }
    w->ops->fini(sess);
    p2p__quota_fini(&quota);
    return rv;
}

static int make_yamux(const struct p2p__sess_cfg *sess, void **out)
{
    const struct p2p__yamux_cfg cfg = {.sess = *sess};

    return p2p__yamux_new(&cfg, out, 0);
}

static void test_yamux_survives_every_failure(void **state)
{
    struct work w = {&p2p__yamux_ops, make_yamux, YAMUX_PEER,
                     sizeof YAMUX_PEER - 1};

    (void)state;
    assert_true(failing_mem_each(session, &w) > 10);
}

static int make_mplex(const struct p2p__sess_cfg *sess, void **out)
{
    const struct p2p__mplex_cfg cfg = {.sess = *sess};

    return p2p__mplex_new(&cfg, out, 0);
}

static void test_mplex_survives_every_failure(void **state)
{
    struct work w = {&p2p__mplex_ops, make_mplex, MPLEX_PEER,
                     sizeof MPLEX_PEER - 1};

    (void)state;
    assert_true(failing_mem_each(session, &w) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yamux_survives_every_failure),
        cmocka_unit_test(test_mplex_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
