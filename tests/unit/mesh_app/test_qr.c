/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* QR codes: their shape, and which texts have none. */
#include "mesh/app/qr.h"

#include <string.h>

#include "unit.h"

/* The rows of a code, without quotes and commas; NULL: there is none. */
static const char *rows_of(const char *text, char *out)
{
    struct um_json j;
    size_t len;
    const char *json;
    char *at = out;

    um_json_init(&j);
    um_qr_put(&j, "qr", text);
    json = um_json_finish(&j, &len);
    for (size_t i = 0; i < len; i++) {
        if (json[i] == '0' || json[i] == '1') {
            *at++ = json[i];
        }
    }
    *at = '\0';
    um_json_fini(&j);
    return at > out ? out : NULL;
}

/* The corner of every code: a frame of seven modules with a block in it. */
static const char *const finder[] = {"1111111", "1000001", "1011101", "1011101",
                                     "1011101", "1000001", "1111111"};

static void test_a_code_is_a_square_with_its_corners(void **state)
{
    static char rows[177 * 177 + 1];
    const size_t side = 25; /* version 2 */

    (void)state;
    assert_non_null(rows_of("um1qpzry9x8gf2tvdw0s3jn54khce6mua7l", rows));
    assert_int_equal(strlen(rows), side * side);
    for (size_t y = 0; y < 7; y++) {
        assert_memory_equal(rows + y * side, finder[y], 7);
        assert_memory_equal(rows + y * side + side - 7, finder[y], 7);
        assert_memory_equal(rows + (y + side - 7) * side, finder[y], 7);
    }
}

static void test_case_is_none(void **state)
{
    static char low[177 * 177 + 1], high[177 * 177 + 1];

    (void)state;
    assert_string_equal(rows_of("um1qpzry9x8", low),
                        rows_of("UM1QPZRY9X8", high));
}

static void test_texts_without_a_code(void **state)
{
    static char rows[177 * 177 + 1];
    static char text[UM_QR_TEXT_BYTES + 2];

    (void)state;
    memset(text, 'q', UM_QR_TEXT_BYTES + 1);
    assert_null(rows_of(text, rows));
    text[UM_QR_TEXT_BYTES] = '\0';
    assert_non_null(rows_of(text, rows));
    assert_null(rows_of("", rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_is_a_square_with_its_corners),
        cmocka_unit_test(test_case_is_none),
        cmocka_unit_test(test_texts_without_a_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
