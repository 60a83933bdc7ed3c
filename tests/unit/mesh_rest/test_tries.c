/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Wrong tokens, by address. */
#include "mesh/rest/tries.h"

#include <stdio.h>

#include "unit.h"

enum { NOW = 5000, TEN = 10 };

static void wrong(struct um_tries *t, const char *client, unsigned n)
{
    while (n-- > 0) {
        um_tries_wrong(t, client, NOW);
    }
}

/* UM__CAP_TRIES in a minute, and the address waits for one. */
static void test_too_many_wait(void **state)
{
    struct um_tries t = {0};

    (void)state;
    wrong(&t, "192.0.2.1", TEN - 1);
    assert_int_equal(um_tries_wait_ms(&t, "192.0.2.1", NOW), 0);
    um_tries_wrong(&t, "192.0.2.1", NOW + UM_TRIES_MS - 1);
    assert_int_equal(um_tries_wait_ms(&t, "192.0.2.1", NOW + UM_TRIES_MS - 1),
                     UM_TRIES_MS);
    assert_int_equal(um_tries_wait_ms(&t, "192.0.2.2", NOW), 0);
    assert_int_equal(
        um_tries_wait_ms(&t, "192.0.2.1", NOW + 2 * UM_TRIES_MS - 2), 1);
    assert_int_equal(
        um_tries_wait_ms(&t, "192.0.2.1", NOW + 2 * UM_TRIES_MS - 1), 0);
}

static void test_a_few_are_forgotten(void **state)
{
    struct um_tries t = {0};

    (void)state;
    wrong(&t, "192.0.2.1", TEN - 1);
    um_tries_wrong(&t, "192.0.2.1", NOW + UM_TRIES_MS);
    assert_int_equal(um_tries_wait_ms(&t, "192.0.2.1", NOW + UM_TRIES_MS), 0);
}

/* UM__CAP_TRIES_ADDRS: who tried once makes room, who waits goes on waiting. */
static void test_addresses_are_few(void **state)
{
    static struct um_tries t;
    char client[UM_TRIES_ADDR];

    (void)state;
    wrong(&t, "192.0.2.1", TEN);
    wrong(&t, "192.0.2.2", TEN - 1);
    for (unsigned i = 0; i < 62; i++) {
        (void)snprintf(client, sizeof client, "2001:db8::%x", i);
        wrong(&t, client, TEN);
    }
    wrong(&t, "192.0.2.3", 1); /* in the place of .2 */
    wrong(&t, "192.0.2.2", 1);
    assert_int_equal(um_tries_wait_ms(&t, "192.0.2.2", NOW), 0);
    assert_int_equal(um_tries_wait_ms(&t, "192.0.2.1", NOW), UM_TRIES_MS);
    assert_int_equal(um_tries_wait_ms(&t, client, NOW), UM_TRIES_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_many_wait),
        cmocka_unit_test(test_a_few_are_forgotten),
        cmocka_unit_test(test_addresses_are_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
