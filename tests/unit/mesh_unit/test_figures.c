/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What Unit 1.35 answers at GET /status, and what is not that. */
#include "mesh/unit/figures.h"

#include "unit.h"

static const char status[] =
    "{\"modules\":{\"php\":{\"version\":\"8.2\",\"lib\":\"/x\"}},"
    "\"connections\":{\"accepted\":1067,\"active\":13,\"idle\":4,"
    "\"closed\":1050},\"requests\":{\"total\":1307},\"applications\":{"
    "\"wp\":{\"processes\":{\"running\":14,\"starting\":1,\"idle\":4},"
    "\"requests\":{\"active\":10}},\"bare\":{},\"odd\":[]}}\n";

static void test_what_unit_tells(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_figures f;
    struct um_figures_app app;

    (void)state;
    assert_true(um_figures_read(&a, um_str(status), &f));
    assert_true(f.accepted.told && f.closed.told && f.active.told);
    assert_int_equal(f.accepted.n, 1067);
    assert_int_equal(f.closed.n, 1050);
    assert_int_equal(f.active.n, 13);
    assert_int_equal(f.idle.n, 4);
    assert_int_equal(f.requests.n, 1307);
    assert_true(um_figures_app(&f, 0, &app));
    assert_true(um_str_eq(app.name, UM_STR("wp")));
    assert_int_equal(app.running.n, 14);
    assert_int_equal(app.starting.n, 1);
    assert_int_equal(app.idle.n, 4);
    assert_int_equal(app.requests.n, 10);
    assert_true(um_figures_app(&f, 1, &app));
    assert_true(um_str_eq(app.name, UM_STR("bare")));
    assert_false(app.running.told || app.requests.told);
    assert_true(um_figures_app(&f, 2, &app));
    assert_false(app.running.told);
    assert_false(um_figures_app(&f, 3, &app));
    um_arena_fini(&a);
}

static void test_what_is_not_told(void **state)
{
    static const char *const texts[] = {
        "{}", "{\"connections\":[],\"requests\":3,\"applications\":\"x\"}",
        ("{\"connections\":{\"accepted\":\"5\",\"active\":-1,\"idle\":1.5,"
         "\"closed\":null}}")};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct um_arena a = UM_ARENA_INIT;
        struct um_figures f;
        struct um_figures_app app;

        assert_true(um_figures_read(&a, um_str(texts[i]), &f));
        assert_false(f.accepted.told || f.closed.told || f.active.told ||
                     f.idle.told || f.requests.told);
        assert_false(um_figures_app(&f, 0, &app));
        um_arena_fini(&a);
    }
}

static void test_what_is_none(void **state)
{
    static const char *const texts[] = {"", "[]", "{", "no", "{}{}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct um_arena a = UM_ARENA_INIT;
        struct um_figures f;
        struct um_figures_app app;

        assert_false(um_figures_read(&a, um_str(texts[i]), &f));
        assert_false(f.accepted.told);
        assert_false(um_figures_app(&f, 0, &app));
        um_arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_unit_tells),
        cmocka_unit_test(test_what_is_not_told),
        cmocka_unit_test(test_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
