/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What each member of a policy refuses, and what it lets pass. */
#include <stdio.h>

#include "court.h"
#include "mesh/trust/folder.h"

static void test_names(void **state)
{
    (void)state;
    policy_gives("{\"applications\":{\"types\":{\"not\":[\"external\"]}}}",
                 APP("\"type\":\"go\""), X "type");
    policy_gives("{\"applications\":{\"types\":{\"not\":[\"go\"]}}}",
                 APP("\"type\":\"external\""), X "type");
    policy_gives("{\"applications\":{\"types\":{\"only\":[\"go\"]}}}",
                 APP("\"type\":\"external\""), "");
    policy_gives(
        "{\"applications\":{\"types\":{\"only\":[\"py*\"],\"not\":"
        "[\"python\"]}}}",
        APP("\"type\":\"python\""), X "type");
    policy_gives(
        "{\"unknown\":true,\"applications\":{\"types\":{\"not\":"
        "[\"php\"]}}}",
        APP("\"type\":\"cobol\",\"x\":1"), "");
    policy_gives("{\"applications\":{\"users\":{\"not\":[\"root\"]}}}",
                 APP("\"type\":\"go\",\"user\":\"root\\u0000x\""), X "user");
    policy_gives("{\"applications\":{\"users\":{\"not\":[\"root\"]}}}",
                 APP("\"type\":\"go\",\"user\":[\"root\"]"), X "user/0");
    policy_gives("{\"applications\":{\"users\":{\"not\":[\"root\"]}}}",
                 APP("\"type\":\"go\",\"user\":0"), X "user");
    policy_gives("{\"applications\":{\"users\":{\"only\":[\"a\"]}}}",
                 APP("\"type\":\"go\""), "");
    policy_gives("{\"applications\":{\"environment\":{\"not\":[\"LD_*\"]}}}",
                 APP("\"type\":\"go\",\"environment\":{\"LD_PRELOAD\":\"\","
                     "\"ld_x\":\"\",\"LD\":\"\"}"),
                 X "environment/LD_PRELOAD");
    policy_gives("{\"tls_commands\":{\"not\":[\"privatekey\"]}}",
                 "{\"listeners\":{\"*:1\":{\"tls\":{\"conf_commands\":{"
                 "\"PrivateKey\":\"x\"}}}}}",
                 "/listeners/*:1/tls/conf_commands/PrivateKey");
}

static void test_commands(void **state)
{
    static const char policy[] =
        "{\"applications\":{\"commands\":[[\"/a\"],[\"/b\",\"1\"],"
        "[\"/c\",\"1\",\"*\"],[\"/d\",\"*\"]]}}";
    static const struct {
        const char *command;
        bool fine;
    } commands[] = {
        {"\"/a\"", true},
        {"\"/a\",\"arguments\":[]", true},
        {"\"/a\",\"arguments\":[\"1\"]", false},
        {"\"/b\"", false},
        {"\"/b\",\"arguments\":[\"1\"]", true},
        {"\"/b\",\"arguments\":[\"2\"]", false},
        {"\"/b\",\"arguments\":[\"1\",\"2\"]", false},
        {"\"/b\",\"arguments\":\"1\"", false},
        {"\"/c\",\"arguments\":[\"1\"]", true},
        {"\"/c\",\"arguments\":[\"1\",\"2\",\"3\"]", true},
        {"\"/c\",\"arguments\":[\"2\",\"1\"]", false},
        {"\"/c\",\"arguments\":[1]", false},
        {"\"/d\"", true},
        {"\"/d\",\"arguments\":[\"x\"]", true},
        {"\"/a/../a\"", false},
        {"[\"/a\"]", false},
    };
    char config[256];
    struct court c;

    (void)state;
    court_open(&c, um_str(policy));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        (void)snprintf(config, sizeof config,
                       APP("\"type\":\"external\",\"executable\":%s"),
                       commands[i].command);
        court_gives(&c, config, commands[i].fine ? "" : X "executable");
    }
    /* A command is asked of external applications only. */
    court_gives(&c, APP("\"type\":\"php\",\"root\":\"/x\""), "");
    court_gives(&c, APP("\"type\":\"external\""), X "executable");
    court_close(&c);
}

static void test_roots(void **state)
{
    static const char policy[] =
        "{\"paths\":{\"programs\":[\"/jail/app\"],\"roots\":[\"/jail\"],"
        "\"written\":[\"/log\",\"/jail/log\"]}}";

    (void)state;
    policy_gives(policy,
                 APP("\"type\":\"python\",\"path\":\"/app/x\",\"stdout\":"
                     "\"/log/x\",\"isolation\":{\"rootfs\":\"/jail\"}"),
                 "");
    policy_gives(policy,
                 APP("\"type\":\"python\",\"path\":\"/app/x\",\"stdout\":"
                     "\"/log/x\",\"isolation\":{\"rootfs\":\"/jail/b\"}"),
                 X "path " X "stdout");
    policy_gives(policy,
                 APP("\"type\":\"python\",\"path\":\"/jail/app/x\","
                     "\"isolation\":{\"rootfs\":\"/jail\"}"),
                 X "path");
    policy_gives(policy,
                 APP("\"type\":\"php\",\"root\":\"/app\",\"script\":\"a\","
                     "\"isolation\":{\"rootfs\":\"/jail/..\"}"),
                 X "root " X "script " X "isolation/rootfs");
    policy_gives(policy,
                 APP("\"type\":\"php\",\"root\":\"/app\","
                     "\"isolation\":{\"rootfs\":[\"/jail\"]}"),
                 X "root");
}

/* What is read before the root changes is outside of it. */
static void test_before_the_root(void **state)
{
    static const char policy[] =
        "{\"paths\":{\"programs\":[\"/jail/app\",\"/app/ok\"]}}";

    (void)state;
    policy_gives(policy,
                 APP("\"type\":\"php\",\"root\":\"/app\",\"options\":{\"file\":"
                     "\"/app/php.ini\"},\"isolation\":{\"rootfs\":\"/jail\"}"),
                 X "options/file");
    policy_gives(policy,
                 APP("\"type\":\"php\",\"root\":\"/app\",\"options\":{\"file\":"
                     "\"/app/ok/i\"},\"isolation\":{\"rootfs\":\"/jail\"}"),
                 "");
    policy_gives(policy,
                 APP("\"type\":\"wasm\",\"module\":\"/app/x\","
                     "\"isolation\":{\"rootfs\":\"/jail\"}"),
                 X "module");
}

static void test_pointers(void **state)
{
    (void)state;
    policy_gives("{\"pointers\":{\"not\":[\"/routes/**/share\"]}}",
                 "{\"routes\":{\"a\":[{\"action\":{\"return\":1,\"fallback\":{"
                 "\"share\":\"/x\"}}}]}}",
                 "/routes/a/0/action/fallback/share");
    policy_gives("{\"pointers\":{\"only\":[\"/routes\",\"/settings/http\"]}}",
                 "{\"listeners\":{},\"settings\":{\"http\":{},\"js_module\":"
                 "\"x\"},\"routes\":[1]}",
                 "/listeners /settings/js_module");
    policy_gives("{\"pointers\":{\"only\":[]}}", "{}", "");
    policy_gives("{\"pointers\":{\"only\":[]}}", "{\"settings\":{}}",
                 "/settings");
    policy_gives("{\"pointers\":{\"only\":[\"/settings/http\"]}}",
                 "{\"settings\":{}}", "");
    policy_gives("{\"pointers\":{\"only\":[\"/settings/http\"]}}",
                 "{\"settings\":1}", "/settings");
    policy_gives("{\"most\":{\"/settings/listen_threads\":8,\"/routes\":2}}",
                 "{\"settings\":{\"listen_threads\":8.5},\"routes\":[1,2,3]}",
                 "/settings/listen_threads /routes");
    policy_gives("{\"most\":{\"/settings/listen_threads\":8,\"/routes\":2}}",
                 "{\"settings\":{\"listen_threads\":80e-1},\"routes\":[1,2]}",
                 "");
    policy_gives("{\"most\":{\"/settings/listen_threads\":8}}",
                 "{\"settings\":{\"listen_threads\":\"1\"}}",
                 "/settings/listen_threads");
}

static void test_requirements(void **state)
{
    static const char policy[] =
        "{\"require\":{\"/applications/*/isolation/namespaces/pid\":true,"
        "\"/settings/http/server_version\":false}}";

    (void)state;
    policy_gives(policy, "{}", "/settings/http/server_version");
    policy_gives(policy, "{\"settings\":{\"http\":{}}}",
                 "/settings/http/server_version");
    policy_gives(policy,
                 "{\"settings\":{\"http\":{\"server_version\":false}},"
                 "\"applications\":{\"a\":{\"type\":\"php\",\"isolation\":{"
                 "\"namespaces\":{\"pid\":true}}},\"b\":{\"type\":\"php\"},"
                 "\"c\":{\"type\":\"php\",\"isolation\":{\"namespaces\":{"
                 "\"pid\":false}}}}}",
                 "/applications/b/isolation/namespaces/pid "
                 "/applications/c/isolation/namespaces/pid");
}

static void test_sizes(void **state)
{
    static const struct {
        const char *policy, *want;
    } sizes[] = {
        {"{\"sizes\":{\"bytes\":18}}", ""},
        {"{\"sizes\":{\"bytes\":15}}", "all"},
        {"{\"sizes\":{\"members\":3}}", ""},
        {"{\"sizes\":{\"members\":2}}", "all"},
        {"{\"sizes\":{\"depth\":2}}", ""},
        {"{\"sizes\":{\"depth\":1}}", "all"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        policy_gives(sizes[i].policy, "{\"routes\":[7,8]}", sizes[i].want);
}

/* A long path costs no memory but is refused, wherever it stands. */
static void test_long_paths(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct court c;

    (void)state;
    court_open(&c, UM_STR("{\"paths\":{\"programs\":[\"/\"],\"files\":[\"/\"],"
                          "\"roots\":[\"/\"]}}"));
    um_buf_text(&b, "{\"routes\":[{\"action\":{\"share\":\"/$uri");
    um_buf_fill(&b, 'x', UM__CAP_POLICY_PATH_BYTES);
    um_buf_text(&b, "\",\"index\":\"");
    um_buf_fill(&b, 'x', UM__CAP_POLICY_PATH_BYTES + 1);
    um_buf_text(&b,
                "\"}}],\"applications\":{\"x\":{\"type\":\"php\",\"root\":"
                "\"/");
    um_buf_fill(&b, 'x', UM__CAP_POLICY_PATH_BYTES);
    um_buf_text(&b, "\",\"script\":\"y\"}}}");
    um_buf_byte(&b, '\0');
    court_gives(&c, b.p, A "share " A "index " X "root " X "script");
    um_buf_fini(&b);
    court_close(&c);
}

/* Many of all take no time that grows with the square: an action of many
 * members with many shares, an application of many with many paths. */
static void test_many(void **state)
{
    enum { MANY = 20000 };
    struct um_buf b = UM_BUF_INIT;
    struct court c;

    (void)state;
    court_open(&c, UM_STR("{\"unknown\":true,\"links\":false,\"paths\":{"
                          "\"programs\":[\"/p\"],\"files\":[\"/f\"]}}"));
    um_buf_text(&b, "{\"routes\":[{\"action\":{");
    for (unsigned i = 0; i < MANY; i++)
        um_buf_fmt(&b, "\"j%u\":1,", i);
    um_buf_text(&b, "\"share\":[");
    for (unsigned i = 0; i < MANY; i++)
        um_buf_fmt(&b, "\"/f/%u\",", i);
    um_buf_text(&b,
                "],\"follow_symlinks\":false,\"traverse_mounts\":false}}],"
                "\"applications\":{\"x\":{");
    for (unsigned i = 0; i < MANY; i++)
        um_buf_fmt(&b, "\"j%u\":1,", i);
    um_buf_text(&b, "\"type\":\"python\",\"path\":[");
    for (unsigned i = 0; i < MANY; i++)
        um_buf_fmt(&b, "\"/p/%u\",", i);
    um_buf_text(&b, "\"/q\"]}}}");
    um_buf_byte(&b, '\0');
    court_gives(&c, b.p, X "path/20000");
    um_buf_fini(&b);
    court_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),    cmocka_unit_test(test_commands),
        cmocka_unit_test(test_roots),    cmocka_unit_test(test_before_the_root),
        cmocka_unit_test(test_pointers), cmocka_unit_test(test_requirements),
        cmocka_unit_test(test_sizes),    cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
