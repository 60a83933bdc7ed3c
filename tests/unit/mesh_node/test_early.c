/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows that came before what says that their key is a member's: few, and the
 * newest of each. */
#include "mesh/node/early.h"

#include <string.h>

#include "mesh/base/mem.h"
#include "unit.h"

static void test_early_rows_have_an_end(void **state)
{
    struct um_early e = {.n = 0};
    struct um_row r = {.seq = 1};
    struct um_str got;

    (void)state;
    for (unsigned i = 0; i < UM__CAP_NODE_EARLY + 10; i++) {
        memcpy(r.by.b, &i, sizeof i);
        um_early_keep(&e, &r, UM_STR("a row"));
        assert_true(e.n <= UM__CAP_NODE_EARLY);
    }
    assert_int_equal(e.n, UM__CAP_NODE_EARLY);
    um_early_keep(&e, &r, UM_STR("as old"));
    r.seq = 2;
    um_early_keep(&e, &r, UM_STR("a newer one"));
    assert_int_equal(e.n, UM__CAP_NODE_EARLY);
    got = um_early_take(&e, &r.by);
    assert_true(um_str_eq(got, UM_STR("a newer one")));
    um_mem_free((void *)(uintptr_t)got.p);
    assert_null(um_early_take(&e, &r.by).p);
    memset(&r.by, 0, sizeof r.by); /* the first one */
    assert_null(um_early_take(&e, &r.by).p);
    um_early_fini(&e);
    assert_int_equal(e.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_rows_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
