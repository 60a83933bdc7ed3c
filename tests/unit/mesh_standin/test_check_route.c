/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "check_rig.h"

static void test_routes(void **state)
{
    static const struct row rows[] = {
        {"{\"routes\": []}", NULL, NULL, NULL},
        {"{\"routes\": {\"a\": []}}", NULL, NULL, NULL},
        {"{\"routes\": [{}]}", NULL, NULL, NULL},
        {"{\"routes\": [1]}",
         "The \"routes\" array must contain only object values.", "/routes/0",
         ""},
        {"{\"routes\": {\"a\": {}}}",
         "The \"a\" value must be an array, but not an object.", NULL, NULL},
        {"{\"routes\": {\"a\": [{}, {\"actoin\": {}}]}}",
         "Unknown parameter \"actoin\".", "/routes/a/1", "action"},
        {"{\"routes\": [{\"match\": []}]}",
         "The \"match\" value must be an object, but not an array.",
         "/routes/0/match", ""},
    };

    (void)state;
    BOTH(rows);
}

static void test_actions(void **state)
{
#define EITHER                                                      \
    "The \"action\" object must have either \"pass\", \"return\", " \
    "\"share\", or \"proxy\" option set."
#define JUST_ONE                                                         \
    "The \"action\" object must have just one of \"pass\", \"return\", " \
    "\"share\", or \"proxy\" options set."
    static const struct row rows[] = {
        {ACTION(""), EITHER, "/routes/0/action", ""},
        {ACTION("\"location\": \"/\""), EITHER, NULL, NULL},
        {ACTION("\"return\": 200, \"share\": \"/\""), JUST_ONE, NULL, NULL},
        {ACTION("\"return\": 0"), NULL, NULL, NULL},
        {ACTION("\"return\": 999, \"location\": \"/$uri\""), NULL, NULL, NULL},
        {ACTION("\"return\": 1000"),
         "The \"return\" value is out of allowed HTTP status code range "
         "0-999.",
         "/routes/0/action/return", ""},
        {ACTION("\"return\": -1"),
         "The \"return\" value is out of allowed HTTP status code range "
         "0-999.",
         NULL, NULL},
        {ACTION("\"return\": 200.5"),
         "The \"return\" value must be an integer number, but not a "
         "fractional number.",
         NULL, NULL},
        {ACTION("\"return\": 200, \"location\": \"$no\""),
         "Unknown variable \"no\" in the \"location\" value.", NULL, NULL},
        {ACTION("\"return\": 200, \"types\": \"x\""),
         "Unknown parameter \"types\".", NULL, NULL},
        {ACTION("\"pass\": \"routes\""), NULL, NULL, NULL},
        {ACTION("\"pass\": \"routes/x\""),
         "Request \"pass\" points to invalid location \"routes/x\".", NULL,
         NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_shares(void **state)
{
    static const struct row rows[] = {
        {ACTION("\"share\": \"/www$uri\""), NULL, NULL, NULL},
        {ACTION("\"share\": [\"/a\", \"/b$uri\"], \"index\": \"i\", "
                "\"types\": [\"!x/*\"], \"chroot\": \"/a\", "
                "\"follow_symlinks\": false, \"traverse_mounts\": true"),
         NULL, NULL, NULL},
        {ACTION("\"share\": []"),
         "The \"share\" array must contain at least one element.", NULL, NULL},
        {ACTION("\"share\": [1]"),
         "The \"share\" array must contain only string values.", NULL, NULL},
        {ACTION("\"share\": [\"/a\", \"$no\"]"),
         "Unknown variable \"no\" in the \"share\" value.",
         "/routes/0/action/share/1", ""},
        {ACTION("\"share\": \"/a\", \"fallback\": {}"), EITHER,
         "/routes/0/action/fallback", ""},
        {ACTION("\"share\": \"/a\", \"fallback\": {\"share\": \"/b\", "
                "\"fallback\": {\"return\": 404}}"),
         NULL, NULL, NULL},
        {ACTION("\"share\": \"`/www${uri}`\""),
         "Unit is built without support of njs: \"--njs\" ./configure option "
         "is missing. in the \"share\" value.",
         NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_proxies(void **state)
{
    static const struct row rows[] = {
        {ACTION("\"proxy\": \"http://127.0.0.1:80\""), NULL, NULL, NULL},
        {ACTION("\"proxy\": \"http://unix:/x\""), NULL, NULL, NULL},
        {ACTION("\"proxy\": \"http://localhost:80\""),
         "The \"proxy\" address is invalid \"localhost:80\"", NULL, NULL},
        {ACTION("\"proxy\": \"127.0.0.1:80\""),
         "The \"proxy\" address is invalid \"127.0.0.1:80\"", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

#define HEADERS(members) \
    ACTION("\"return\": 200, \"response_headers\": {" members "}")

static void test_response_headers(void **state)
{
    static const struct row rows[] = {
        {HEADERS("\"X-A\": \"b\", \"X-C\": null, \"X-D\": \"$uri\""), NULL,
         NULL, NULL},
        {HEADERS("\"\": \"b\""), "The response header name must not be empty.",
         NULL, NULL},
        {HEADERS("\"Content-Length\": \"1\""),
         "The \"Content-Length\" response header value is not supported", NULL,
         NULL},
        {HEADERS("\"X-A\": 1"),
         "The \"X-A\" response header value must either be a string or a null",
         NULL, NULL},
        {HEADERS("\"X-A\": \"$no\""),
         "Unknown variable \"no\" in the \"X-A\" value.", NULL, NULL},
    };
    static const struct row loose[] = {
        {HEADERS("\"X A\": \"b\""), NULL, NULL, NULL},
        {HEADERS("\"X-A\": \"a\\r\\nb\""), NULL, NULL, NULL},
    };
    static const struct row strict[] = {
        {HEADERS("\"X A\": \"b\""),
         "The response header name \"X A\" contains characters that are not "
         "allowed in a header field name.",
         "/routes/0/action/response_headers/X A", ""},
        {HEADERS("\"X-A\": \"a\\r\\nb\""),
         "The \"X-A\" response header value must not contain control "
         "characters.",
         NULL, NULL},
        {HEADERS("\"X-A\": \"a\\tb\""), NULL, NULL, NULL},
        {HEADERS("\"X-09!az_\": \"a\""), NULL, NULL, NULL},
    };

    (void)state;
    BOTH(rows);
    ONLY(loose, unit);
    ONLY(strict, freeunit);
}

static void test_patterns(void **state)
{
    static const struct row rows[] = {
        {MATCH("\"uri\": \"/a*b*\", \"method\": [\"GET\", \"!POST\"], "
               "\"host\": \"~^x\", \"query\": \"a=%20\""),
         NULL, NULL, NULL},
        {MATCH("\"method\": 1"),
         "The \"method\" value must be either a string or an array, but not "
         "an integer number.",
         NULL, NULL},
        {MATCH("\"method\": [1]"),
         "The \"match\" pattern for \"method\" must be strings.",
         "/routes/0/match/method/0", ""},
        {MATCH("\"uri\": [1]"),
         "The \"match\" pattern for \"uri\" must be a string.", NULL, NULL},
        {MATCH("\"host\": \"a**b\""),
         "The \"match\" pattern must not contain double \"*\" markers.", NULL,
         NULL},
        {MATCH("\"uri\": \"/%zz\""),
         "The \"match\" pattern for \"uri\" is encoded but is invalid.", NULL,
         NULL},
        {MATCH("\"query\": \"%\""),
         "The \"match\" pattern for \"query\" is encoded but is invalid.", NULL,
         NULL},
        {MATCH("\"uri\": \"~(\""),
         "Invalid regular expression: missing closing parenthesis", NULL, NULL},
        {MATCH("\"uri\": \"!~a)b\""),
         "Invalid regular expression: unmatched closing parenthesis at offset "
         "1",
         NULL, NULL},
        {MATCH("\"scheme\": \"HTTPS\""), NULL, NULL, NULL},
        {MATCH("\"scheme\": \"ftp\""),
         "The \"scheme\" can either be \"http\" or \"https\".", NULL, NULL},
        {MATCH("\"if\": \"!$host\""), NULL, NULL, NULL},
        {MATCH("\"if\": \"$no\""),
         "Unknown variable \"no\" in the \"if\" value.", NULL, NULL},
        {MATCH("\"urii\": \"/\""), "Unknown parameter \"urii\".",
         "/routes/0/match", "uri"},
    };

    (void)state;
    BOTH(rows);
}

static void test_sets_of_patterns(void **state)
{
    static const struct row rows[] = {
        {MATCH("\"arguments\": {\"a%20\": \"b\"}, \"headers\": [{\"A\": "
               "[\"b\"]}, {\"C\": \"d\"}], \"cookies\": {}"),
         NULL, NULL, NULL},
        {MATCH("\"headers\": [1]"),
         "The \"match\" patterns for \"headers\" must be objects.", NULL, NULL},
        {MATCH("\"headers\": {\"\": \"a\"}"),
         "The \"match\" pattern objects must not contain empty member names.",
         NULL, NULL},
        {MATCH("\"cookies\": {\"a\": [1]}"),
         "The \"match\" pattern for \"cookies\" must be strings.", NULL, NULL},
        {MATCH("\"arguments\": [1]"),
         "The \"match\" pattern for \"arguments\" must be an object.", NULL,
         NULL},
        {MATCH("\"arguments\": {\"\": \"a\"}"),
         "The \"match\" pattern objects must not contain empty member names.",
         NULL, NULL},
        {MATCH("\"arguments\": {\"%g\": \"a\"}"),
         "The \"match\" pattern for \"arguments\" is encoded but is invalid.",
         NULL, NULL},
        {MATCH("\"arguments\": {\"a\": \"%g\"}"),
         "The \"match\" pattern for \"arguments\" is encoded but is invalid.",
         NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

static void test_addresses(void **state)
{
    static const struct row rows[] = {
        {MATCH("\"source\": [\"10.0.0.1\", \"!::1\", \"*:80-90\", \"unix\", "
               "\"10.0.0.0/8\", \"10.0.0.1-10.0.0.9:80\"]"),
         NULL, NULL, NULL},
        {MATCH("\"source\": [1]"),
         "The \"match\" pattern for \"address\" must be a string.", NULL, NULL},
        {MATCH("\"source\": \"x\""), "The \"address\" is too short.", NULL,
         NULL},
        {MATCH("\"destination\": \"*:0x1\""),
         "The \"address\" port an invalid port.", NULL, NULL},
        {MATCH("\"destination\": \"10.0.0\""),
         "The \"address\" format is invalid.", NULL, NULL},
        {MATCH("\"source\": \"10.0.0.9-10.0.0.1\""),
         "The \"address\" range is overlapping.", NULL, NULL},
        {MATCH("\"source\": \"10.0.0.0/33\""),
         "The \"address\" has an invalid CIDR prefix.", NULL, NULL},
    };

    (void)state;
    BOTH(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_proxies),
        cmocka_unit_test(test_response_headers),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_sets_of_patterns),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
