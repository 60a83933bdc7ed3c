/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/modules.h"

#include "p2p/err.h"
#include "unit.h"

static const char json[] =
    "{\"python\": {\"version\": \"3.10.7\", \"lib\": \"/x/py.so\"},"
    " \"php\": [{\"version\": \"8.1.2\"}, {\"version\": \"7.49\"}],"
    " \"wasm-wasi-component\": {\"version\": \"0.1\"},"
    " \"cobol\": {\"version\": \"1\"}}";

static void test_types_are_found(void **state)
{
    struct um_smodules m;

    (void)state;
    um_smodules_init(&m);
    assert_int_equal(um_smodules_load(&m, um_str(json)), 0);
#define FIND(text, lang) \
    assert_int_equal(um_smodules_find(&m, UM_STR(text)), UM_LANGUAGE_##lang)
    FIND("python", PYTHON);
    FIND("python 3", PYTHON);
    FIND("python 3.10", PYTHON);
    FIND("python3.10.7", PYTHON);
    FIND("python 3.1", UNKNOWN);
    FIND("python 3.10.70", UNKNOWN);
    FIND("python 2", UNKNOWN);
    FIND("Python", UNKNOWN);
    FIND("php 7", PHP);
    FIND("php 7.4", UNKNOWN);
    FIND("php 8.1", PHP);
    FIND("php 8.2", UNKNOWN);
    FIND("wasm-wasi-component", WASM_WC);
    FIND("wasm", UNKNOWN);
    FIND("perl", UNKNOWN);
    FIND("external", EXTERNAL);
    FIND("go", EXTERNAL);
    FIND("external 1", UNKNOWN);
    /* what Unit has no words for is no language */
    FIND("cobol", UNKNOWN);
    FIND("", UNKNOWN);
    um_smodules_fini(&m);
    FIND("python", UNKNOWN);
    FIND("external", EXTERNAL);
    m.any = true;
    FIND("python 9", PYTHON);
    FIND("external 1", UNKNOWN);
    FIND("cobol", UNKNOWN);
#undef FIND
}

static void test_what_is_no_list_of_modules(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"a\": 1}",
        "{\"a\": {}}",
        "{\"a\": {\"version\": 3}}",
        "{\"a\": []}",
        "{\"a\": [{\"version\": \"1\"}, 2]}",
        "{",
    };
    struct um_smodules m;

    (void)state;
    um_smodules_init(&m);
    assert_int_equal(um_smodules_load(&m, um_str(json)), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(um_smodules_load(&m, um_str(bad[i])), P2P_EFORMAT);
    assert_int_equal(m.shown.count, 4);
    um_smodules_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_found),
        cmocka_unit_test(test_what_is_no_list_of_modules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
