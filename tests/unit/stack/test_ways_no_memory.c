/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two hosts meet over each transport and security, ping, measure and part, on
 * a heap whose n-th allocation fails, for every n: nothing crashes, and
 * everything is given back. So do two with one key, who notice.
 */
#include "failing_mem.h"
#include "unit.h"
#include "ways.h"

/* 0, or P2P_ENOMEM when something could not be for want of memory. */
static int meet(void *arg)
{
    struct ways_pair *p = arg;
    int rv;

    ways_begin(p, 31);
    rv = ways_meet(p);
    rv = rv != 0 ? rv : ways_speak(p);
    ways_end(p);
    if (!failing_mem_hit()) {
        assert_int_equal(rv, 0);
        assert_int_equal(p->pongs, 1);
        assert_int_equal(p->measured, 1);
    }
    return rv == 0 ? 0 : P2P_ENOMEM;
}

static void each(unsigned which)
{
    struct ways_pair p;

    ways_init(&p, which, false);
    assert_true(failing_mem_each(meet, &p) > 60);
    ways_fini(&p);
}

static void test_over_tls(void **state)
{
    (void)state;
    each(WAY_TLS);
}

static void test_in_a_private_network(void **state)
{
    (void)state;
    each(WAY_PNET);
}

static void test_over_websocket(void **state)
{
    (void)state;
    each(WAY_WS);
}

static void test_over_secure_websocket(void **state)
{
    (void)state;
    each(WAY_WSS);
}

static void test_over_quic(void **state)
{
    (void)state;
    each(WAY_QUIC);
}

/* They have one key, and the one that dials does not know whom. */
static int meet_oneself(void *arg)
{
    struct ways_pair *p = arg;
    int rv;

    ways_begin(p, 31);
    rv = ways_start(p, 0);
    rv = rv != 0 ? rv : ways_start(p, 1);
    rv = rv != 0 ? rv : ways_dial(p, false);
    ways_end(p);
    if (!failing_mem_hit()) {
        assert_int_equal(rv, 0);
        assert_int_equal(p->twins, 2);
    }
    return rv == 0 ? 0 : P2P_ENOMEM;
}

static void test_with_ones_own_key(void **state)
{
    struct ways_pair p;

    (void)state;
    ways_init(&p, WAY_WS, true);
    assert_true(failing_mem_each(meet_oneself, &p) > 40);
    ways_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_over_tls),
        cmocka_unit_test(test_in_a_private_network),
        cmocka_unit_test(test_over_websocket),
        cmocka_unit_test(test_over_secure_websocket),
        cmocka_unit_test(test_over_quic),
        cmocka_unit_test(test_with_ones_own_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
