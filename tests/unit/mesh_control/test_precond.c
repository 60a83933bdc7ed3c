/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Conditions, alone and in requests. */
#include "control_rig.h"

#include "mesh/control/precond.h"

struct row {
    const char *match;
    const char *none;
    bool exists;
    bool reads;
    bool require;
    unsigned status;
};

static struct um_str text(const char *s)
{
    return s != NULL ? um_str(s) : um_str_n(NULL, 0);
}

static void test_rows(void **state)
{
    static const struct row rows[] = {
        {NULL, NULL, true, false, false, 0},
        {NULL, NULL, true, false, true, 428},
        {NULL, NULL, true, true, true, 0},
        {"\"r7\"", NULL, true, false, true, 0},
        {"\"r6\"", NULL, true, false, false, 412},
        {"\"r6\", \"r7\"", NULL, true, false, false, 0},
        {"\"r6\",\"r8\"", NULL, true, false, false, 412},
        {"  \"r7\"  ", NULL, true, false, false, 0},
        {"W/\"r7\"", NULL, true, false, false, 412},
        {"\"r\"", NULL, true, false, false, 412},
        {"\"r71\"", NULL, true, false, false, 412},
        {"*", NULL, true, false, true, 0},
        {"*", NULL, false, false, false, 412},
        {"\"r6\"", NULL, true, true, false, 412},
        {NULL, "\"r7\"", true, true, false, 304},
        {NULL, "W/\"r7\"", true, true, false, 304},
        {NULL, "\"r6\"", true, true, false, 0},
        {NULL, "\"r7\"", true, false, false, 412},
        {NULL, "*", true, false, false, 412},
        {NULL, "*", false, false, false, 0},
        {NULL, "*", false, false, true, 428},
        {"\"r7\"", "*", true, false, false, 412},
        {"\"r6\"", "\"r7\"", true, true, false, 412},
        {"", NULL, true, false, false, 400},
        {"r7", NULL, true, false, false, 400},
        {"\"r7", NULL, true, false, false, 400},
        {"\"", NULL, true, false, false, 400},
        {"\"r7\" \"r8\"", NULL, true, false, false, 400},
        {"\"r7\", x", NULL, true, false, false, 400},
        {"*, \"r7\"", NULL, true, false, false, 400},
        {NULL, "W/r7", true, true, false, 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct um_precond p = {
            .if_match = text(rows[i].match),
            .if_none_match = text(rows[i].none),
            .revision = UM_STR("r7"),
            .exists = rows[i].exists,
            .reads = rows[i].reads,
            .require = rows[i].require,
        };

        if (um_precond_check(&p) != rows[i].status)
            fail_msg("row %zu: %u, want %u", i, um_precond_check(&p),
                     rows[i].status);
    }
}

/* Who got there first wins, whatever the body. */
/* As people are shown it: with its number, and four digits at least. */
static void test_a_shorter_name(void **state)
{
    static const struct {
        const char *match;
        unsigned status;
    } rows[] = {
        {"\"r42.9f3c5d7e9f3c5d7e\"", 0},
        {"\"r42.9f3c5d7e\"", 0},
        {"\"r42.9f3c\"", 0},
        {"\"r42.9f3\"", 412},
        {"\"r42.\"", 412},
        {"\"r42\"", 412},
        {"\"r42.9f3d\"", 412},
        {"\"r4.29f3c\"", 412},
        {"\"r42.9f3c5d7e9f3c5d7e1\"", 412},
        {"W/\"r42.9f3c\"", 412},
        {"\"\"", 412},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct um_precond p = {.if_match = um_str(rows[i].match),
                                     .revision = UM_STR("r42.9f3c5d7e9f3c5d7e"),
                                     .exists = true};

        assert_int_equal(um_precond_check(&p), rows[i].status);
    }
}

static void test_in_requests(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{\"routes\":[]},\"variables\":{\"a\":1}}");
    r.req.if_match = UM_STR("\"r6.0000\"");
    assert_int_equal(rig_ask(&r, "PUT", "/config", "{"), 412);
    assert_non_null(strstr(rig_body(&r), "another revision"));
    assert_int_equal(rig_ask(&r, "POST", "/config", ""), 412);
    assert_int_equal(r.out.kind, UM_CONTROL_ANSWER);
    assert_int_equal(rig_ask(&r, "PUT", "/mesh/variables/a", "2"), 412);
    assert_int_equal(rig_ask(&r, "DELETE", "/certificates/x", ""), 412);
    assert_int_equal(rig_ask(&r, "FROB", "/config", ""), 405);
    r.req.if_match = UM_STR("\"r7.00ff\"");
    assert_int_equal(rig_ask(&r, "PUT", "/config", "{}"), 200);
    assert_int_equal(rig_ask(&r, "PUT", "/mesh/variables/a", "2"), 200);
    r.req.if_match = um_str_n(NULL, 0);
    r.state.require = true;
    assert_int_equal(rig_ask(&r, "PUT", "/config", "{}"), 428);
    assert_int_equal(rig_ask(&r, "PUT", "/js_modules/x", "{}"), 428);
    assert_int_equal(rig_ask(&r, "GET", "/config", ""), 200);
    r.req.if_none_match = UM_STR("\"r7.00ff\"");
    assert_int_equal(rig_ask(&r, "GET", "/config", ""), 304);
    assert_null(r.out.type);
    assert_int_equal(r.out.body.len, 0);
    assert_int_equal(r.out.etag.len, 9);
    /* what hangs on this node, too, has no tag and is always shown */
    assert_int_equal(rig_ask(&r, "GET", "/certificates", ""), 200);
    assert_int_equal(r.out.etag.len, 0);
    r.req.effective = true;
    assert_int_equal(rig_ask(&r, "GET", "/config", ""), 200);
    assert_int_equal(r.out.etag.len, 0);
    rig_fini(&r);
}

/* "*" asks whether the target is there: it may be made, or only changed. */
static void test_only_new(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r,
             "{\"base\":{\"routes\":[]},\"variables\":{\"a\":1},"
             "\"js_modules\":{\"m\":\"" HASH_A "\"}}");
    r.req.if_none_match = UM_STR("*");
    assert_int_equal(rig_ask(&r, "PUT", "/config/routes", "[]"), 412);
    assert_int_equal(rig_ask(&r, "PUT", "/config/listeners", "{}"), 200);
    assert_int_equal(rig_ask(&r, "PUT", "/mesh/variables/a", "2"), 412);
    assert_int_equal(rig_ask(&r, "PUT", "/mesh/variables/b", "2"), 200);
    assert_int_equal(rig_ask(&r, "PUT", "/js_modules/m", "export default {}"),
                     412);
    assert_int_equal(rig_ask(&r, "PUT", "/js_modules/n", "export default {}"),
                     200);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_shorter_name),
        cmocka_unit_test(test_in_requests),
        cmocka_unit_test(test_only_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
