/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The policy's file: what is read, what is wrong and where. */
#include <stdio.h>

#include "mesh/doc/parse.h"
#include "mesh/trust/policy.h"
#include "p2p/err.h"
#include "unit.h"

/* The policy refuses whatever it is asked. */
static bool refuses_all(const struct um_policy *p)
{
    static const struct um_val empty = {.kind = UM_VAL_OBJECT};
    struct um_arena a = UM_ARENA_INIT;
    struct um_problems found;
    bool refused;

    um_problems_init(&found, &a);
    refused = um_policy_judge(p, &empty, &found) == P2P_EACCES;
    um_arena_fini(&a);
    return refused;
}

/* A file that is wrong: POINTER LINE:COLUMN. */
static void is_wrong(const char *text, int rc, const char *want)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_policy p;
    struct um_doc_error err = {.text = NULL};
    char have[256];
    int got = um_policy_parse(&a, um_str(text), &p, &err);

    if (got != rc)
        fail_msg("%s: %d", text, got);
    assert_non_null(err.text);
    assert_true(err.has_place);
    assert_true(refuses_all(&p));
    (void)snprintf(have, sizeof have, "%.*s %zu:%zu", UM_STR_ARG(err.pointer),
                   err.line, err.column);
    if (strcmp(have, want) != 0)
        fail_msg("%s: %s (%s)", text, have, err.text);
    um_arena_fini(&a);
}

static void test_default_refuses_nothing(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_problems found;
    struct um_policy p;
    struct um_val v;

    (void)state;
    um_policy_default(&p);
    um_problems_init(&found, &a);
    assert_int_equal(
        um_doc_parse(UM_STR("{\"applications\":{\"a\":{\"type\":\"x\","
                            "\"user\":\"root\",\"executable\":\"/bin/sh\"}},"
                            "\"new\":1,\"routes\":[{\"action\":{\"proxy\":"
                            "\"http://unix:/x\",\"share\":\"`$`\"}}]}"),
                     &a, &v, NULL),
        0);
    assert_int_equal(um_policy_judge(&p, &v, &found), 0);
    assert_int_equal(found.count, 0);
    um_arena_fini(&a);
}

static void test_all_members(void **state)
{
    static const char text[] =
        "{\"unknown\":true,\"sizes\":{\"bytes\":9,\"members\":8,\"depth\":7},"
        "\"pointers\":{\"only\":[\"/a\"],\"not\":[\"/b\",\"/c\"]},"
        "\"most\":{\"/d\":1},\"require\":{\"/e\":null},"
        "\"applications\":{\"types\":{\"only\":[\"php\"]},\"users\":{},"
        "\"groups\":{\"not\":[]},\"processes\":3,\"commands\":[[\"/x\"]],"
        "\"modules\":{},\"environment\":{},\"php_options\":{},"
        "\"java_options\":{}},\"paths\":{\"programs\":[\"/p/\"],\"files\":"
        "[\"/f\",\"/g\"],\"written\":[],\"roots\":[],\"cgroups\":[\"/\"]},"
        "\"links\":false,\"listeners\":{\"only\":[\"*:80\"]},\"targets\":{"
        "\"not\":[\"unix:\",\"[::1]:*\"]},\"tls_commands\":{},\"scripts\":{},"
        "\"templates\":false}";
    struct um_arena a = UM_ARENA_INIT;
    struct um_policy p;

    (void)state;
    assert_int_equal(um_policy_parse(&a, um_str(text), &p, NULL), 0);
    assert_false(p.refuses_all);
    assert_false(p.refuses_unknown);
    assert_true(p.refuses_links && p.refuses_templates && p.only_said);
    assert_int_equal(p.pointer_count, 5);
    assert_int_equal(p.pointer[0].rule, UM_POLICY_ONLY);
    assert_int_equal(p.pointer[2].rule, UM_POLICY_NOT);
    assert_int_equal(p.pointer[3].rule, UM_POLICY_MOST);
    assert_int_equal(p.pointer[4].rule, UM_POLICY_MUST);
    assert_int_equal(p.types.only->count, 1);
    assert_null(p.types.not );
    assert_non_null(p.groups.not );
    assert_non_null(p.processes);
    assert_true(p.programs.said && p.programs.count == 1);
    assert_true(um_str_eq(p.programs.folder[0], UM_STR("/p")));
    assert_int_equal(p.files.count, 2);
    assert_true(p.written.said && p.written.count == 0);
    assert_true(p.listeners.only_said && p.listeners.only_count == 1);
    assert_false(p.targets.only_said);
    assert_int_equal(p.targets.not_count, 2);
    assert_int_equal(um_policy_parse(&a, UM_STR("{}"), &p, NULL), 0);
    assert_true(p.refuses_unknown);
    um_arena_fini(&a);
}

static void test_mistakes_have_a_place(void **state)
{
    (void)state;
    is_wrong("", P2P_EFORMAT, " 1:1");
    is_wrong("[]", P2P_EFORMAT, " 1:1");
    is_wrong("{\n \"links\": fals}", P2P_EFORMAT, " 2:11");
    is_wrong("// x\n{\n  \"link\": true\n}\n", P2P_EFORMAT, "/link 3:3");
    is_wrong("{\"links\":0}", P2P_EFORMAT, "/links 1:2");
    is_wrong("{\"links\":true,\n\"links\":true}", P2P_EFORMAT, "/links 2:1");
    is_wrong("{\"sizes\":{\"bytes\":-1}}", P2P_EFORMAT, "/sizes/bytes 1:11");
    is_wrong("{\"sizes\":{\"bytes\":1.5}}", P2P_EFORMAT, "/sizes/bytes 1:11");
    is_wrong("{\"sizes\":{\"bits\":1}}", P2P_EFORMAT, "/sizes/bits 1:11");
    is_wrong("{\"sizes\":[]}", P2P_EFORMAT, "/sizes 1:2");
    is_wrong("{\"pointers\":{\"only\":[\"/a\",\n  \"b\"]}}", P2P_EFORMAT,
             "/pointers/only/1 2:3");
    is_wrong("{\"pointers\":{\"not\":\"/a\"}}", P2P_EFORMAT,
             "/pointers/not 1:14");
    is_wrong("{\"most\":{\"/a\":\"1\"}}", P2P_EFORMAT, "/most/~1a 1:10");
    is_wrong("{\"most\":{\"a\":1}}", P2P_EFORMAT, "/most/a 1:10");
    is_wrong("{\"most\":1}", P2P_EFORMAT, "/most 1:2");
    is_wrong("{\"require\":{\"/a/**\":1}}", P2P_EFORMAT,
             "/require/~1a~1** 1:13");
    is_wrong("{\"require\":[]}", P2P_EFORMAT, "/require 1:2");
    is_wrong("{\"applications\":{\"typs\":{}}}", P2P_EFORMAT,
             "/applications/typs 1:18");
    is_wrong("{\"applications\":{\"users\":[\"root\"]}}", P2P_EFORMAT,
             "/applications/users 1:18");
    is_wrong("{\"applications\":{\"users\":{\"only\":[\"a\",\"\"]}}}",
             P2P_EFORMAT, "/applications/users/only/1 1:39");
    is_wrong("{\"applications\":{\"users\":{\"only\":[1]}}}", P2P_EFORMAT,
             "/applications/users/only/0 1:35");
    is_wrong("{\"applications\":{\"users\":{\"only\":[\"a\\u0000\"]}}}",
             P2P_EFORMAT, "/applications/users/only/0 1:35");
    is_wrong("{\"applications\":{\"commands\":[[]]}}", P2P_EFORMAT,
             "/applications/commands/0 1:30");
    is_wrong("{\"applications\":{\"commands\":[\"/x\"]}}", P2P_EFORMAT,
             "/applications/commands/0 1:30");
    is_wrong("{\"paths\":{\"files\":[\"srv\"]}}", P2P_EFORMAT,
             "/paths/files/0 1:20");
    is_wrong("{\"paths\":{\"files\":[\"/srv/../x\"]}}", P2P_EFORMAT,
             "/paths/files/0 1:20");
    is_wrong("{\"listeners\":{\"only\":[\"host:80\"]}}", P2P_EFORMAT,
             "/listeners/only/0 1:23");
    is_wrong("{\"targets\":{\"not\":[\"10.0.0.1/33:80\"]}}", P2P_EFORMAT,
             "/targets/not/0 1:20");
}

static void test_what_is_written_is_not_run(void **state)
{
    (void)state;
    is_wrong(
        "{\"paths\":{\"programs\":[\"/srv/app\"],\"written\":[\"/var\","
        "\"/srv/app/log\"]}}",
        P2P_EFORMAT, "/paths/written/1 1:53");
    is_wrong("{\"paths\":{\"written\":[\"/srv\"],\"programs\":[\"/srv/app\"]}}",
             P2P_EFORMAT, "/paths/written/0 1:22");
}

/* A policy with n strings in a list. */
static int with_entries(size_t n, struct um_doc_error *err)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_policy p;
    int rc;

    um_buf_text(&b, "{\"scripts\":{\"not\":[");
    for (size_t i = 0; i < n; i++)
        um_buf_fmt(&b, "%s\"s%zu\"", i > 0 ? "," : "", i);
    um_buf_text(&b, "]}}");
    rc = um_policy_parse(&a, um_buf_view(&b), &p, err);
    um_buf_fini(&b);
    um_arena_fini(&a);
    return rc;
}

static void test_lists_are_capped(void **state)
{
    struct um_doc_error err = {.text = NULL};

    (void)state;
    assert_int_equal(with_entries(UM__CAP_POLICY_ENTRIES, NULL), 0);
    assert_int_equal(with_entries(UM__CAP_POLICY_ENTRIES + 1, NULL),
                     P2P_ELIMIT);
    assert_int_equal(with_entries(UM__CAP_POLICY_ENTRIES + 1, &err),
                     P2P_ELIMIT);
    assert_true(err.has_place);
}

/* A policy with n pointers. */
static int with_pointers(size_t n)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_policy p;
    int rc;

    um_buf_text(&b, "{\"most\":{");
    for (size_t i = 0; i < n; i++)
        um_buf_fmt(&b, "%s\"/p%zu\":1", i > 0 ? "," : "", i);
    um_buf_text(&b, "}}");
    rc = um_policy_parse(&a, um_buf_view(&b), &p, NULL);
    um_buf_fini(&b);
    um_arena_fini(&a);
    return rc;
}

static void test_pointers_are_capped(void **state)
{
    (void)state;
    assert_int_equal(with_pointers(UM__CAP_POLICY_POINTERS), 0);
    assert_int_equal(with_pointers(UM__CAP_POLICY_POINTERS + 1), P2P_ELIMIT);
}

static void test_bytes_are_capped(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_doc_error err;
    struct um_policy p;

    (void)state;
    um_buf_text(&b, "{}");
    um_buf_fill(&b, ' ', UM__CAP_POLICY_BYTES - 2);
    assert_int_equal(um_policy_parse(&a, um_buf_view(&b), &p, &err), 0);
    um_buf_byte(&b, ' ');
    assert_int_equal(um_policy_parse(&a, um_buf_view(&b), &p, &err),
                     P2P_ETOOBIG);
    assert_true(refuses_all(&p));
    um_buf_fini(&b);
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_refuses_nothing),
        cmocka_unit_test(test_all_members),
        cmocka_unit_test(test_mistakes_have_a_place),
        cmocka_unit_test(test_what_is_written_is_not_run),
        cmocka_unit_test(test_lists_are_capped),
        cmocka_unit_test(test_pointers_are_capped),
        cmocka_unit_test(test_bytes_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
