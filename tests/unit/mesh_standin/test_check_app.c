/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "check_rig.h"

#define EXTERNAL(members) \
    APP("\"type\": \"external\", \"executable\": \"x\"" members)
#define PYTHON(members) APP("\"type\": \"python\", \"module\": \"m\"" members)
#define LIMIT           "2147483647"

static void test_types(void **state)
{
    static const struct row rows[] = {
        {APP("\"type\": \"go\", \"executable\": \"x\""), NULL, NULL, NULL},
        {APP(""), "Application must have the \"type\" property set.",
         "/applications/a/type", ""},
        {APP("\"type\": 1"),
         "The \"type\" value must be a string, but not an integer number.",
         "/applications/a/type", ""},
        {APP("\"type\": \"python 2\""),
         "The module to run \"python 2\" is not found among the available "
         "application modules.",
         "/applications/a/type", ""},
        {"{\"applications\": {\"a\": 1}}",
         "The \"a\" value must be an object, but not an integer number.", NULL,
         NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_every_language_has_its_table(void **state)
{
    static const struct row rows[] = {
        {APP("\"type\": \"python 3\", \"module\": \"m\", \"callable\": \"c\", "
             "\"path\": [\"/a\"], \"home\": \"/h\", \"protocol\": \"asgi\", "
             "\"threads\": 2, \"thread_stack_size\": 16384"),
         NULL, NULL, NULL},
        {APP("\"type\": \"php\", \"root\": \"/r\", \"index\": \"i\", "
             "\"script\": \"s\", \"options\": {\"admin\": {\"a\": \"b\"}, "
             "\"user\": {}, \"file\": \"/f\"}"),
         NULL, NULL, NULL},
        {APP("\"type\": \"perl\", \"script\": \"s\""), NULL, NULL, NULL},
        {APP("\"type\": \"ruby\", \"script\": \"s\", \"hooks\": \"h\""), NULL,
         NULL, NULL},
        {APP("\"type\": \"java\", \"webapp\": \"w\", \"classpath\": [\"c\"], "
             "\"options\": [\"-x\"]"),
         NULL, NULL, NULL},
        {APP("\"type\": \"wasm\", \"module\": \"m\", \"request_handler\": "
             "\"r\", \"malloc_handler\": \"m\", \"free_handler\": \"f\", "
             "\"access\": {\"filesystem\": []}"),
         NULL, NULL, NULL},
        {APP("\"type\": \"wasm-wasi-component\", \"component\": \"c\""), NULL,
         NULL, NULL},
        {APP("\"type\": \"perl\""), "Required parameter \"script\" is missing.",
         NULL, NULL},
        {APP("\"type\": \"java\""), "Required parameter \"webapp\" is missing.",
         NULL, NULL},
        {APP("\"type\": \"php\""), "Required parameter \"root\" is missing.",
         NULL, NULL},
        {APP("\"type\": \"wasm\", \"module\": \"m\""),
         "Required parameter \"request_handler\" is missing.", NULL, NULL},
        {APP("\"type\": \"java\", \"webapp\": \"w\", \"classpath\": [1]"),
         "The \"classpath\" array must contain only string values.", NULL,
         NULL},
        {APP("\"type\": \"java\", \"webapp\": \"w\", \"classpath\": "
             "[\"\\u0000\"]"),
         "The \"classpath\" array must not contain strings with null "
         "character.",
         NULL, NULL},
        {APP("\"type\": \"java\", \"webapp\": \"w\", \"options\": "
             "[\"\\u0000\"]"),
         "The \"options\" array must not contain strings with null character.",
         NULL, NULL},
        {APP("\"type\": \"php\", \"root\": \"/\", \"options\": {\"user\": "
             "{\"a\": 1}}"),
         "The \"a\" PHP option must be a string.", NULL, NULL},
        {APP("\"type\": \"php\", \"root\": \"/\", \"options\": {\"user\": "
             "{\"\": \"a\"}}"),
         "The PHP option name must not be empty.", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_external(void **state)
{
    static const struct row rows[] = {
        {EXTERNAL(", \"arguments\": [\"a\", \"b\"]"), NULL, NULL, NULL},
        {EXTERNAL(", \"arguments\": [1]"),
         "The \"arguments\" array must contain only string values.",
         "/applications/a/arguments/0", ""},
        {EXTERNAL(", \"arguments\": [\"a\\u0000\"]"),
         "The \"arguments\" array must not contain strings with null "
         "character.",
         NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_python(void **state)
{
    static const struct row rows[] = {
        {PYTHON(", \"path\": [1]"),
         "The \"path\" array must contain only string values.", NULL, NULL},
        {PYTHON(", \"protocol\": \"cgi\""),
         "The \"protocol\" can either be \"wsgi\" or \"asgi\".", NULL, NULL},
        {PYTHON(", \"prefix\": \"x\""),
         "The \"prefix\" must be a string beginning with \"/\".", NULL, NULL},
        {PYTHON(", \"threads\": 0"),
         "The \"threads\" number must be equal to or greater than 1.", NULL,
         NULL},
        {PYTHON(", \"threads\": 2147483648"),
         "The \"threads\" number must not exceed " LIMIT ".", NULL, NULL},
        {PYTHON(", \"thread_stack_size\": 16383"),
         "The \"thread_stack_size\" number must be equal to or greater than "
         "16384.",
         NULL, NULL},
        {PYTHON(", \"thread_stack_size\": 16385"),
         "The \"thread_stack_size\" number must be a multiple of the system "
         "page size (4096).",
         NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_targets(void **state)
{
#define TARGETS(members) APP("\"type\": \"python\", \"targets\": {" members "}")
    static const struct row rows[] = {
        {TARGETS("\"t\": {\"module\": \"m\"}"), NULL, NULL, NULL},
        {TARGETS("\"\": {\"module\": \"m\"}"),
         "The target name must not be empty.", NULL, NULL},
        {TARGETS("\"t\": 1"), "The \"t\" target must be an object.", NULL,
         NULL},
        {TARGETS("\"t\": {}"), "Required parameter \"module\" is missing.",
         "/applications/a/targets/t/module", ""},
        {APP("\"type\": \"python\", \"module\": \"m\", \"targets\": {}"),
         "The \"module\" option is mutually exclusive with the \"targets\" "
         "object.",
         NULL, NULL},
        {APP("\"type\": \"php\", \"root\": \"/\", \"targets\": {}"),
         "The \"root\" option is mutually exclusive with the \"targets\" "
         "object.",
         NULL, NULL},
    };
    struct um_buf b = UM_BUF_INIT;
    struct row many = {NULL, NULL, NULL, NULL};

    (void)state;
    BOTH(rows);
    for (unsigned n = 254; n <= 255; n++) {
        um_buf_clear(&b);
        um_buf_text(&b,
                    "{\"applications\": {\"a\": {\"type\": \"python\", "
                    "\"targets\": {");
        for (unsigned i = 0; i < n; i++)
            um_buf_fmt(&b, "\"%u\": {\"module\": \"m\"},", i);
        um_buf_text(&b, "}}}}");
        um_buf_byte(&b, '\0');
        many.conf = b.p;
        check_row(&many, unit);
        many.text =
            "The \"targets\" object must not contain more than 254 "
            "members.";
    }
    um_buf_fini(&b);
}

static void test_processes(void **state)
{
#define SPARE "/applications/a/processes/spare"
    static const struct row rows[] = {
        {EXTERNAL(", \"processes\": 1"), NULL, NULL, NULL},
        {EXTERNAL(", \"processes\": {}"), NULL, NULL, NULL},
        {EXTERNAL(", \"processes\": 0"),
         "The \"processes\" number must be equal to or greater than 1.",
         "/applications/a/processes", ""},
        {EXTERNAL(", \"processes\": 2147483648"),
         "The \"processes\" number must not exceed " LIMIT ".", NULL, NULL},
        {EXTERNAL(", \"processes\": {\"spare\": -1}"),
         "The \"spare\" number must not be negative.", SPARE, ""},
        {EXTERNAL(", \"processes\": {\"spare\": 2}"),
         "The \"spare\" number must be less than or equal to \"max\".", SPARE,
         ""},
        {EXTERNAL(", \"processes\": {\"max\": 0}"),
         "The \"max\" number must be equal to or greater than 1.", NULL, NULL},
        {EXTERNAL(", \"processes\": {\"max\": 2147483648}"),
         "The \"max\" number must not exceed " LIMIT ".", NULL, NULL},
        {EXTERNAL(", \"processes\": {\"idle_timeout\": -1}"),
         "The \"idle_timeout\" number must not be negative.", NULL, NULL},
        {EXTERNAL(", \"processes\": {\"idle_timeout\": 2147484}"),
         "The \"idle_timeout\" number must not exceed 2147483.", NULL, NULL},
        {EXTERNAL(", \"processes\": {\"max\": 2, \"spare\": 2, "
                  "\"idle_timeout\": 2147483}"),
         NULL, NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_environments(void **state)
{
#define ENVIRONMENT(members) EXTERNAL(", \"environment\": {" members "}")
    static const struct row rows[] = {
        {ENVIRONMENT("\"A\": \"b\""), NULL, NULL, NULL},
        {ENVIRONMENT("\"\": \"b\""), "The environment name must not be empty.",
         NULL, NULL},
        {ENVIRONMENT("\"a\\u0000\": \"b\""),
         "The environment name must not contain null character.", NULL, NULL},
        {ENVIRONMENT("\"a=b\": \"b\""),
         "The environment name must not contain '=' character.", NULL, NULL},
        {ENVIRONMENT("\"A\": 1"),
         "The \"A\" environment value must be a string.",
         "/applications/a/environment/A", ""},
        {ENVIRONMENT("\"A\": \"\\u0000\""),
         "The \"A\" environment value must not contain null character.", NULL,
         NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_isolation(void **state)
{
#define ISOLATION(members) EXTERNAL(", \"isolation\": {" members "}")
    static const struct row rows[] = {
        {ISOLATION("\"namespaces\": {\"network\": true}, \"rootfs\": \"/x\", "
                   "\"new_privs\": true, \"cgroup\": {\"path\": \"/a/b\"}"),
         NULL, NULL, NULL},
        {ISOLATION("\"namespaces\": {\"net\": true}"),
         "Unknown parameter \"net\".", NULL, NULL},
        {ISOLATION("\"cgroup\": {\"path\": \"\"}"),
         "The cgroup path \"\" is invalid.", NULL, NULL},
        {ISOLATION("\"cgroup\": {\"path\": \"a/../b\"}"),
         "The cgroup path \"a/../b\" is invalid.", NULL, NULL},
        {ISOLATION("\"cgroup\": {\"path\": \"a..b\"}"), NULL, NULL, NULL},
        {ISOLATION("\"uidmap\": [1]"),
         "The \"uidmap\" array must contain only object values.", NULL, NULL},
        {ISOLATION("\"gidmap\": [1]"),
         "The \"gidmap\" array must contain only object values.", NULL, NULL},
        {ISOLATION("\"uidmap\": [{\"container\": 0, \"host\": 1, \"size\": "
                   "1}]"),
         NULL, NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_long_cgroup_paths(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf text = UM_BUF_INIT;
    struct row r = {NULL, NULL, NULL, NULL};
    const char *const head =
        "{\"applications\": {\"a\": {\"type\": \"external\", \"executable\": "
        "\"x\", \"isolation\": {\"cgroup\": {\"path\": \"";

    (void)state;
    um_buf_text(&b, head);
    um_buf_fill(&b, 'p', 4080);
    um_buf_text(&b, "\"}}}}}");
    um_buf_byte(&b, '\0');
    r.conf = b.p;
    check_row(&r, unit);
    um_buf_clear(&b);
    um_buf_text(&b, head);
    um_buf_fill(&b, 'p', 4081);
    um_buf_text(&b, "\"}}}}}");
    um_buf_byte(&b, '\0');
    r.conf = b.p;
    /* Unit's own room for a detail ends before the path does */
    um_buf_text(&text, "The cgroup path \"");
    um_buf_fill(&text, 'p', UM_SCHECK_DETAIL_MAX - text.len);
    um_buf_byte(&text, '\0');
    r.text = text.p;
    check_row(&r, unit);
    um_buf_fini(&text);
    um_buf_fini(&b);
}

/* freeunit looks at strings that become C strings, and at rootfs. */
static void test_what_freeunit_checks_more(void **state)
{
#define ROOTFS(path) ISOLATION("\"rootfs\": \"" path "\"")
    static const struct row fine[] = {
        {EXTERNAL(", \"working_directory\": \"\""), NULL, NULL, NULL},
        {ROOTFS("x"), NULL, NULL, NULL},
        {ROOTFS("/a/.."), NULL, NULL, NULL},
        {EXTERNAL(", \"user\": \"a\\u0000\""), NULL, NULL, NULL},
    };
    static const struct row rows[] = {
        {EXTERNAL(", \"working_directory\": \"\""),
         "The \"working_directory\" value must not be empty.",
         "/applications/a/working_directory", ""},
        {EXTERNAL(", \"user\": \"a\\u0000\""),
         "The \"user\" value must not contain null character.", NULL, NULL},
        {ROOTFS("x"),
         "The \"rootfs\" path \"x\" is invalid; an absolute path other than "
         "\"/\" is required.",
         NULL, NULL},
        {ROOTFS("//"),
         "The \"rootfs\" path \"//\" is invalid; an absolute path other than "
         "\"/\" is required.",
         NULL, NULL},
        {ROOTFS("/a/./../.."),
         "The \"rootfs\" path \"/a/./../..\" is invalid; it resolves to "
         "\"/\".",
         NULL, NULL},
        {ROOTFS("/../a"), NULL, NULL, NULL},
    };

    (void)state;
    ONLY(fine, unit);
    ONLY(rows, freeunit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_every_language_has_its_table),
        cmocka_unit_test(test_external),
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_environments),
        cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_long_cgroup_paths),
        cmocka_unit_test(test_what_freeunit_checks_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
