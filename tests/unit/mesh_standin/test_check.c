/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The engine, listeners, upstreams, settings and access logs. */
#include "check_rig.h"

#define LIMIT "2147483647"

static void test_types(void **state)
{
    static const struct row rows[] = {
        {"{}", NULL, NULL, NULL},
        {"[]", "The configuration must be an object, but not an array.", "",
         ""},
        {"1",
         "The configuration must be an object, but not an integer "
         "number.",
         "", ""},
        {"1.5",
         "The configuration must be an object, but not a fractional "
         "number.",
         "", ""},
        {"\"\"", "The configuration must be an object, but not a string.", "",
         ""},
        {"null", "The configuration must be an object, but not a null.", "",
         ""},
        {"{\"routes\": 1}",
         "The \"routes\" value must be either an array or an object, but not "
         "an integer number.",
         "/routes", ""},
        {"{\"listeners\": true}",
         "The \"listeners\" value must be an object, but not a boolean.",
         "/listeners", ""},
        {"{\"access_log\": null}",
         "The \"access_log\" value must be either a string or an object, but "
         "not a null.",
         "/access_log", ""},
        {LISTENER("\"pass\": []"),
         "The \"pass\" value must be a string, but not an array.",
         "/listeners/*:80/pass", ""},
        {LISTENER("\"backlog\": \"1\""),
         "The \"backlog\" value must be either an integer number or a "
         "fractional number, but not a string.",
         NULL, NULL},
    };

    (void)state;
    ONLY(rows, unit);
}

static void test_unknown_members(void **state)
{
    static const struct row rows[] = {
        {"{\"listener\": {}}", "Unknown parameter \"listener\".", "",
         "listeners"},
        {"{\"\": {}}", "Unknown parameter \"\".", "", ""},
        {"{\"a/b~c\": {}}", "Unknown parameter \"a/b~c\".", "", ""},
        {LISTENER("\"pas\": \"routes\""), "Unknown parameter \"pas\".",
         "/listeners/*:80", "pass"},
        {APP("\"type\": \"python 3\", \"module\": \"m\", \"paths\": \"\""),
         "Unknown parameter \"paths\".", "/applications/a", "path"},
        {"{\"upstreams\": {\"a/b~c\": 1}}",
         "The \"a/b~c\" value must be an object, but not an integer number.",
         "/upstreams/a~1b~0c", ""},
        {SETTING("\"http\": {\"max_body\": 1}"),
         "Unknown parameter \"max_body\".", "/settings/http", NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_missing_members(void **state)
{
    static const struct row rows[] = {
        {APP("\"type\": \"python\""),
         "Required parameter \"module\" is missing.", "/applications/a/module",
         ""},
        {APP("\"type\": \"external\""),
         "Required parameter \"executable\" is missing.",
         "/applications/a/executable", ""},
        /* in the order of Unit's table, not of the configuration */
        {LISTENER("\"pass\": \"routes\", \"client_ip\": {}"),
         "Required parameter \"source\" is missing.",
         "/listeners/*:80/client_ip/source", ""},
        {LISTENER("\"pass\": \"routes\", \"client_ip\": {\"source\": []}"),
         "Required parameter \"header\" is missing.", NULL, NULL},
        {LISTENER("\"pass\": \"routes\", \"tls\": {}"),
         "Required parameter \"certificate\" is missing.", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_listeners(void **state)
{
    static const struct row rows[] = {
        {LISTENER("\"pass\": \"routes\""), NULL, NULL, NULL},
        {LISTENER(""), NULL, NULL, NULL},
        {"{\"listeners\": {\"*:0\": {}}}",
         "The listener address \"*:0\" is invalid.", "/listeners/*:0", ""},
        {"{\"listeners\": {\"\": {}}}", "The listener address \"\" is invalid.",
         "/listeners/", ""},
        {"{\"listeners\": {\"*:80\": 1}}",
         "The \"*:80\" value must be an object, but not an integer number.",
         NULL, NULL},
        {LISTENER("\"application\": \"b\""),
         "Listening socket is assigned for a non existing application \"b\".",
         NULL, NULL},
        {LISTENER("\"pass\": \"routes\", \"backlog\": -1"), NULL, NULL, NULL},
        {LISTENER("\"pass\": \"routes\", \"backlog\": -2"),
         "The \"backlog\" number must be equal to or greater than -1.",
         "/listeners/*:80/backlog", ""},
        {LISTENER("\"pass\": \"routes\", \"backlog\": 2147483648"),
         "The \"backlog\" number must not exceed " LIMIT ".", NULL, NULL},
        {LISTENER("\"pass\": \"routes\", \"forwarded\": {\"source\": []}"),
         "The \"forwarded\" object must have either \"client_ip\" or "
         "\"protocol\" option set.",
         "/listeners/*:80/forwarded", ""},
        {LISTENER("\"pass\": \"routes\", \"forwarded\": {\"source\": \"x\", "
                  "\"client_ip\": \"X\"}"),
         "The \"address\" is too short.", NULL, NULL},
        {LISTENER("\"pass\": \"routes\", \"forwarded\": {\"source\": "
                  "[\"10.0.0.0/8\"], \"client_ip\": \"X\", \"recursive\": "
                  "true}"),
         NULL, NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_tls(void **state)
{
#define TLS(members) LISTENER("\"pass\": \"routes\", \"tls\": {" members "}")
#define SESSION(members) \
    TLS("\"certificate\": \"there\", \"session\": {" members "}")
    static const struct row rows[] = {
        {TLS("\"certificate\": \"there\""), NULL, NULL, NULL},
        {TLS("\"certificate\": [\"there\", \"there\"]"), NULL, NULL, NULL},
        {TLS("\"certificate\": \"no\""), "Certificate \"no\" is not found.",
         "/listeners/*:80/tls/certificate", ""},
        {TLS("\"certificate\": [\"there\", \"no\"]"),
         "Certificate \"no\" is not found.",
         "/listeners/*:80/tls/certificate/1", ""},
        {TLS("\"certificate\": []"),
         "The \"certificate\" array must contain at least one element.", NULL,
         NULL},
        {TLS("\"certificate\": [1]"),
         "The \"certificate\" array must contain only string values.", NULL,
         NULL},
        {SESSION("\"cache_size\": -1"),
         "The \"cache_size\" number must not be negative.", NULL, NULL},
        {SESSION("\"cache_size\": 0, \"timeout\": 1"), NULL, NULL, NULL},
        {SESSION("\"timeout\": 0"),
         "The \"timeout\" number must be greater than zero.", NULL, NULL},
        {SESSION("\"tickets\": true"), NULL, NULL, NULL},
        {SESSION("\"tickets\": [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                 "AAAAAAAAAAAAAAAAAAA\"]"),
         NULL, NULL, NULL},
        {SESSION("\"tickets\": \"AAAA\""),
         "Invalid length 3 of the ticket key \"AAAA\".  Must be 48 or 80 "
         "bytes.",
         NULL, NULL},
        {SESSION("\"tickets\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                 "A=\""),
         NULL, NULL, NULL},
        {SESSION("\"tickets\": \"AA==\""),
         "Invalid length 1 of the ticket key \"AA==\".  Must be 48 or 80 "
         "bytes.",
         NULL, NULL},
        {SESSION("\"tickets\": \"A===\""),
         "Invalid Base64 format for the ticket key \"A===\".", NULL, NULL},
        {SESSION("\"tickets\": \"AA=A\""),
         "Invalid Base64 format for the ticket key \"AA=A\".", NULL, NULL},
        {SESSION("\"tickets\": \"A!AA\""),
         "Invalid Base64 format for the ticket key \"A!AA\".", NULL, NULL},
        {SESSION("\"tickets\": [1]"),
         "The \"key\" array must contain only string values.", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_passes(void **state)
{
#define PASS(to)                                                      \
    "{\"listeners\": {\"*:80\": {\"pass\": \"" to                     \
    "\"}},"                                                           \
    " \"routes\": {\"r\": [], \"s l\": []},"                          \
    " \"applications\": {\"a\": {\"type\": \"php\", \"targets\": "    \
    "{\"t\": {\"root\": \"/\"}}}, \"e/x\": {\"type\": \"external\", " \
    "\"executable\": \"x\"}},"                                        \
    " \"upstreams\": {\"u\": {\"servers\": {}}}}"
    static const struct row rows[] = {
        {PASS("routes/r"), NULL, NULL, NULL},
        {PASS("routes/s%20l"), NULL, NULL, NULL},
        {PASS("applications/a/t"), NULL, NULL, NULL},
        {PASS("applications/e%2Fx"), NULL, NULL, NULL},
        {PASS("upstreams/u"), NULL, NULL, NULL},
        {PASS("routes/$host"), NULL, NULL, NULL},
        {PASS("routes"),
         "Request \"pass\" points to invalid location "
         "\"routes\".",
         "/listeners/*:80/pass", ""},
        {PASS("routes/x"),
         "Request \"pass\" points to invalid location \"routes/x\".", NULL,
         NULL},
        {PASS("applications/a/x"),
         "Request \"pass\" points to invalid location \"applications/a/x\".",
         NULL, NULL},
        {PASS("applications/e/x"),
         "Request \"pass\" points to invalid location \"applications/e/x\".",
         NULL, NULL},
        {PASS("upstreams/u/x"),
         "Request \"pass\" points to invalid location \"upstreams/u/x\".", NULL,
         NULL},
        {PASS("nowhere/r"),
         "Request \"pass\" points to invalid location \"nowhere/r\".", NULL,
         NULL},
        {PASS("a/b/c/d"), "Request \"pass\" value \"a/b/c/d\" is invalid.",
         NULL, NULL},
        {PASS("routes/"), "Request \"pass\" value \"routes/\" is invalid.",
         NULL, NULL},
        {PASS("routes/%zz"),
         "Request \"pass\" value \"routes/%zz\" is invalid.", NULL, NULL},
        {PASS(""), "Request \"pass\" value \"\" is invalid.", NULL, NULL},
        {PASS("routes/$nope"),
         "Unknown variable \"nope\" in the \"pass\" value.", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_upstreams(void **state)
{
#define UPSTREAM(members) "{\"upstreams\": {\"u\": {" members "}}}"
#define SERVER(members) \
    UPSTREAM("\"servers\": {\"127.0.0.1:80\": {" members "}}")
    static const struct row rows[] = {
        {UPSTREAM("\"servers\": {}"), NULL, NULL, NULL},
        {UPSTREAM(""),
         "The \"u\" upstream must contain \"servers\" object "
         "value.",
         "/upstreams/u/servers", ""},
        {UPSTREAM("\"servers\": {\"x\": {}}"),
         "The \"x\" is not valid server address.", NULL, NULL},
        {SERVER("\"weight\": 0"), NULL, NULL, NULL},
        {SERVER("\"weight\": 0.5"), NULL, NULL, NULL},
        {SERVER("\"weight\": -1"), "The \"weight\" number must be positive.",
         "/upstreams/u/servers/127.0.0.1:80/weight", ""},
        {SERVER("\"weight\": 1000000"), NULL, NULL, NULL},
        {SERVER("\"weight\": 1000001"),
         "The \"weight\" number must not exceed 1,000,000", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_settings(void **state)
{
#define MIME(members) \
    SETTING("\"http\": {\"static\": {\"mime_types\": {" members "}}}")
#define COMPRESSOR(members) \
    SETTING("\"http\": {\"compression\": {\"compressors\": " members "}}")
    static const struct row rows[] = {
        {SETTING("\"listen_threads\": 2"), NULL, NULL, NULL},
        {SETTING("\"listen_threads\": 0"),
         "The \"listen_threads\" number must be equal to or greater than 1.",
         "/settings/listen_threads", ""},
        {SETTING("\"listen_threads\": 2147483648"),
         "The \"listen_threads\" number must not exceed " LIMIT ".", NULL,
         NULL},
        {MIME("\"text/x\": [\".x\", \".y\"], \"text/z\": \".z\""), NULL, NULL,
         NULL},
        {MIME("\"text/x\": [1]"),
         "The \"text/x\" MIME type array must contain only strings.", NULL,
         NULL},
        {MIME("\"text/x\": \"\""),
         "An empty file extension for the \"text/x\" MIME type.", NULL, NULL},
        {MIME("\"text/x\": \".a\", \"text/y\": [\".b\", \".A\"]"),
         "The \".A\" file extension has been declared for \"text/x\" and "
         "\"text/y\" MIME types at the same time.",
         NULL, NULL},
        {MIME("\"text/x\": [\".a\", \".b\", \".a\"]"),
         "The \".a\" file extension has been declared for \"text/x\" and "
         "\"text/x\" MIME types at the same time.",
         NULL, NULL},
        {COMPRESSOR("[{\"encoding\": \"identity\"}]"), NULL, NULL, NULL},
        {COMPRESSOR("[{\"encoding\": \"lzma\"}]"),
         "\"lzma\" is not a supported compressor.", NULL, NULL},
        {COMPRESSOR("[1]"),
         "The \"compressors\" array must contain only object values.", NULL,
         NULL},
        {COMPRESSOR("[{}]"), "Required parameter \"encoding\" is missing.",
         NULL, NULL},
        {SETTING("\"js_module\": \"there\""),
         "Unknown parameter \"js_module\".", "/settings", NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_js_modules_want_njs(void **state)
{
    static const struct row rows[] = {
        {SETTING("\"js_module\": \"there\""), NULL, NULL, NULL},
        {SETTING("\"js_module\": [\"there\"]"), NULL, NULL, NULL},
        {SETTING("\"js_module\": \"no\""), "JS module \"no\" is not found.",
         NULL, NULL},
        {SETTING("\"js_module\": [1]"),
         "The \"js_module\" array must contain only string values.", NULL,
         NULL},
        {ACTION("\"share\": \"`/www${uri}`\""), NULL, NULL, NULL},
    };

    (void)state;
    ONLY(rows, unit_njs);
}

static void test_access_logs(void **state)
{
    static const struct row rows[] = {
        {"{\"access_log\": \"/x\"}", NULL, NULL, NULL},
        {"{\"access_log\": {\"path\": \"/x\", \"format\": \"$uri\"}}", NULL,
         NULL, NULL},
        {"{\"access_log\": {\"path\": \"/x\", \"format\": {\"u\": \"$uri\"}}}",
         NULL, NULL, NULL},
        {"{\"access_log\": {}}", "The \"path\" string must not be empty.",
         "/access_log/path", ""},
        {"{\"access_log\": {\"path\": \"/x\", \"format\": \"$no\"}}",
         "Unknown variable \"no\" in the \"format\" value.", NULL, NULL},
        {"{\"access_log\": {\"path\": \"/x\", \"format\": {\"\": \"a\"}}}",
         "In the access log format, the name must not be empty.", NULL, NULL},
        {"{\"access_log\": {\"path\": \"/x\", \"format\": {\"a\": 1}}}",
         "In the access log format, the value must be a string.", NULL, NULL},
        {"{\"access_log\": {\"path\": \"/x\", \"if\": \"$no\"}}",
         "Unknown variable \"no\" in the \"if\" value.", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

/* The first mistake in the order of the configuration is the one told. */
static void test_order_of_mistakes(void **state)
{
    static const struct row rows[] = {
        {"{\"routes\": 1, \"listeners\": 1}",
         "The \"routes\" value must be either an array or an object, but not "
         "an integer number.",
         "/routes", ""},
        {"{\"x\": 1, \"routes\": 1}", "Unknown parameter \"x\".", "", ""},
    };

    (void)state;
    BOTH(rows);
}

/* unitd 1.35 takes it for an array and dies. */
static void test_compressors_as_an_object(void **state)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_arena a = UM_ARENA_INIT;
    struct um_smodules modules;
    struct um_sjson_error err;
    struct um_sval conf;
    struct um_scheck ck = {.conf = &conf,
                           .modules = &modules,
                           .has_cert = is_there,
                           .has_script = is_there};

    (void)state;
    um_smodules_init(&modules);
    assert_int_equal(
        um_sjson_parse(UM_STR(COMPRESSOR("{\"encoding\": \"gzip\"}")), &limits,
                       &a, &conf, &err),
        0);
    assert_int_equal(um_scheck_run(&ck), P2P_ELIMIT);
    um_scheck_fini(&ck);
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_unknown_members),
        cmocka_unit_test(test_missing_members),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_upstreams),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_js_modules_want_njs),
        cmocka_unit_test(test_access_logs),
        cmocka_unit_test(test_order_of_mistakes),
        cmocka_unit_test(test_compressors_as_an_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
