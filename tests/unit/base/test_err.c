/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/types.h"
#include "unit.h"

static void test_every_code_has_a_name_and_a_text(void **state)
{
    (void)state;
    assert_string_equal(p2p_err_name(P2P_EAGAIN), "P2P_EAGAIN");
    assert_string_equal(p2p_err_text(P2P_OK), "success");
    for (int code = P2P_EADDRGONE; code < 0; code++) {
        assert_string_not_equal(p2p_err_name(code), "P2P_E?");
        assert_string_not_equal(p2p_err_text(code), "unknown error");
    }
    assert_string_equal(p2p_err_name(P2P_OK), "P2P_OK");
    assert_string_equal(p2p_err_name(-1000), "P2P_E?");
    assert_string_equal(p2p_err_text(-1000), "unknown error");
    assert_string_equal(p2p_err_text(1), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_name_and_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
