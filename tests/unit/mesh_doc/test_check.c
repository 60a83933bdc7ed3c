/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The checker: what it finds, and that it finds nothing in what Units took.
 * Argument: the folder of recorded exchanges.
 */
#include "doc_rig.h"

#include <glob.h>

#include "mesh/doc/check.h"

static const char *folder;

/* What "this Unit" has. */
struct unit {
    bool later;
    const char *modules; /* JSON, or NULL */
};

static bool is_cert(void *user, struct um_str name)
{
    (void)user;
    return um_str_starts(name, UM_STR("c"));
}

static bool is_script(void *user, struct um_str name)
{
    (void)user;
    return um_str_eq(name, UM_STR("http"));
}

/* A line for each problem: "E POINTER" or "W POINTER". */
static const char *check(struct rig *r, const char *config,
                         const struct unit *unit)
{
    struct um_check_known known = {NULL, is_cert, is_script, NULL, false};
    struct um_problems out;

    if (unit != NULL) {
        known.later = unit->later;
        known.modules =
            unit->modules != NULL ? rig_val(r, unit->modules) : NULL;
    }
    um_problems_init(&out, &r->arena);
    assert_int_equal(um_doc_check(&r->arena, rig_val(r, config), &known, &out),
                     0);
    um_buf_clear(&r->text);
    for (size_t i = 0; i < out.count; i++) {
        assert_non_null(out.item[i].text);
        um_buf_text(&r->text,
                    out.item[i].severity == UM_PROBLEM_ERROR ? "E " : "W ");
        um_buf_str(&r->text, out.item[i].pointer);
        um_buf_byte(&r->text, '\n');
    }
    um_buf_byte(&r->text, '\0');
    return r->text.p;
}

static void finds(const char *config, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};

    assert_string_equal(check(&r, config, NULL), want);
    rig_fini(&r);
}

#define APPS                                                              \
    "\"applications\":{\"a\":{\"type\":\"external\"},\"b/c\":{\"type\":"  \
    "\"php\",\"targets\":{\"t\":{}}}},\"upstreams\":{\"u\":{\"servers\":" \
    "{}}},"

#define STEP(pass) "[{\"action\":{\"pass\":\"" pass "\"}}]"

static void test_destinations(void **state)
{
    static const char *const there[] = {
        "applications/a",     "applications/b%2Fc", "applications/b%2fc/t",
        "applications/%61",   "upstreams/u",        "routes/r",
        "applications/$host", "routes/${uri}",      "`applications/${x}`",
    };
    static const char *const nowhere[] = {
        "",
        "/",
        "routes",
        "routes/",
        "routes/x",
        "routes/r/x",
        "upstreams",
        "upstreams/x",
        "upstreams/u/x",
        "applications",
        "applications/x",
        "applications/b/c",
        "applications/b%2Fc/x",
        "applications/a/t",
        "applications/a/t/x",
        "applications/%zz",
        "applications/%6",
        "settings",
        "x",
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{" APPS
                       "\"routes\":{\"r\":[{\"action\":{\"pass\":"
                       "\"%s\"}}]}}",
                       there[i]);
        finds(text, "");
    }
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{" APPS
                       "\"routes\":{\"r\":[{},{\"action\":{\"pass\":"
                       "\"%s\"}}]}}",
                       nowhere[i]);
        finds(text, "E /routes/r/1/action/pass\n");
    }
    finds("{\"routes\":" STEP("routes") "}", "");
    finds("{\"routes\":" STEP("routes/r") "}", "E /routes/0/action/pass\n");
}

static void test_listeners(void **state)
{
    (void)state;
    finds("{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}}}",
          "E /listeners/*:80/pass\n");
    finds(
        "{\"listeners\":{\"*:80\":{\"application\":\"a\"},"
        "\"*:81\":{\"application\":\"z\"}}," APPS "\"routes\":[]}",
        "E /listeners/*:81/application\n");
    finds("{\"listeners\":{\"*:80\":{}}}", "E /listeners/*:80\n");
    finds(
        "{\"listeners\":{\"localhost:80\":{\"pass\":\"routes\"},"
        "\"unix:/a/b\":{\"pass\":\"routes\"},\"[::1]:8\":{\"pass\":"
        "\"routes\"},\"1.2.3.4\":null},\"routes\":[]}",
        "E /listeners/localhost:80\nE /listeners/1.2.3.4\n");
    finds(
        "{\"listeners\":{\"1.2.3.4:80\":{\"pass\":\"routes\"},"
        "\"1.2.3.4:81\":{\"pass\":\"routes\"},"
        "\"*:80\":{\"pass\":\"routes\"}},\"routes\":[]}",
        "W /listeners/1.2.3.4:80\n");
}

static void test_bundles(void **state)
{
    (void)state;
    finds(
        "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{"
        "\"certificate\":\"c\"}},\"*:81\":{\"pass\":\"routes\",\"tls\":{"
        "\"certificate\":[\"c1\",\"d\"]}},\"*:82\":{\"pass\":\"routes\","
        "\"tls\":{\"certificate\":\"x\"}}},\"routes\":[]}",
        "E /listeners/*:81/tls/certificate/1\n"
        "E /listeners/*:82/tls/certificate\n");
    finds("{\"settings\":{\"js_module\":[\"http\",\"x\"]}}",
          "E /settings/js_module/1\n");
}

static void test_addresses_elsewhere(void **state)
{
    (void)state;
    finds(
        "{\"upstreams\":{\"u\":{\"servers\":{\"10.0.0.1:80\":{},"
        "\"web:80\":{},\"unix:/x\":{}}}}}",
        "E /upstreams/u/servers/web:80\n");
    finds(
        "{\"routes\":[{\"action\":{\"share\":\"/x\",\"fallback\":{\"proxy\":"
        "\"https://1.2.3.4:80\",\"fallback\":1}}},"
        "{\"action\":{\"proxy\":\"http://unix:/x\"}},"
        "{\"action\":{\"proxy\":\"http://example.com:80\"}}]}",
        "E /routes/0/action/fallback/proxy\nE /routes/2/action/proxy\n");
}

static void test_actions(void **state)
{
    (void)state;
    finds(
        "{\"routes\":[{\"action\":{}},{\"action\":{\"return\":200,"
        "\"share\":\"/x\"}},{},{\"action\":{\"return\":200}}]}",
        "E /routes/0/action\nE /routes/1/action\n");
}

static void test_parts(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct unit later = {.later = true};
    const char *config =
        "{\"routs\":{},\"settings\":1,\"access_log\":[],"
        "\"applications\":{\"a\":{\"type\":\"cobol\"},"
        "\"b\":{},\"c\":{\"type\":1},\"d\":[]}}";

    (void)state;
    finds("[]", "E \n");
    finds(config, "E /routs\nE /applications/a/type\nE /applications/b\n");
    assert_string_equal(
        check(&r, config, &later),
        "W /routs\nW /applications/a/type\nE /applications/b\n");
    rig_fini(&r);
}

static void test_modules(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct unit unit = {
        .modules =
            "{\"python\":{\"version\":\"3.11.2\"},\"php\":["
            "{\"version\":\"8.1.2\"},{\"version\":\"8.3.0\"}],\"x\":1}"};

    (void)state;
    assert_string_equal(
        check(&r,
              "{\"applications\":{\"a\":{\"type\":\"python 3.11\"},"
              "\"b\":{\"type\":\"python 3.1\"},\"c\":{\"type\":\"php8.3\"},"
              "\"d\":{\"type\":\"php 8.2\"},\"e\":{\"type\":\"ruby\"},"
              "\"f\":{\"type\":\"go\"},\"g\":{\"type\":\"external 1\"},"
              "\"h\":{\"type\":\"x\"}}}",
              &unit),
        "E /applications/b/type\nE /applications/d/type\n"
        "E /applications/e/type\nE /applications/g/type\n"
        "E /applications/h/type\n");
    rig_fini(&r);
}

/* A great many of everything takes no time that grows with the square. */
static void test_many(void **state)
{
    enum { MANY = 15000 };
    struct um_buf b = UM_BUF_INIT;
    struct rig r = {.arena = UM_ARENA_INIT};

    (void)state;
    um_buf_text(&b, "{\"applications\":{");
    for (unsigned i = 0; i < MANY; i++)
        um_buf_fmt(&b, "%s\"a%u\":{\"type\":\"go\"}", i > 0 ? "," : "", i);
    um_buf_text(&b, "},\"routes\":[");
    for (unsigned i = 0; i < MANY; i++)
        um_buf_fmt(&b, "%s{\"action\":{\"pass\":\"applications/a%u\"}}",
                   i > 0 ? "," : "", i + 1);
    um_buf_text(&b, "]}");
    um_buf_byte(&b, '\0');
    assert_string_equal(check(&r, b.p, NULL), "E /routes/14999/action/pass\n");
    um_buf_fini(&b);
    rig_fini(&r);
}

/* A list that is full keeps what it has, has room for errors, and counts. */
static void test_list_is_capped(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_problems p;
    size_t warnings = 0;

    (void)state;
    um_problems_init(&p, &a);
    assert_null(um_problems_error(&p));
    for (size_t i = 0; i < 1000; i++)
        um_problems_add(&p, UM_PROBLEM_WARNING, NULL, "warning");
    for (size_t i = 0; i < 1000; i++)
        um_problems_add(&p, UM_PROBLEM_ERROR, NULL, "error");
    assert_int_equal(p.found[UM_PROBLEM_WARNING], 1000);
    assert_int_equal(p.found[UM_PROBLEM_ERROR], 1000);
    assert_int_equal(p.count, UM__CAP_DOC_PROBLEMS);
    for (size_t i = 0; i < p.count; i++)
        warnings += p.item[i].severity == UM_PROBLEM_WARNING;
    assert_int_equal(warnings, UM__CAP_DOC_PROBLEMS / 2);
    assert_string_equal(um_problems_error(&p)->text, "error");
    um_arena_fini(&a);
}

/* How recorded configurations fare. */
struct counts {
    size_t taken;
    size_t refused; /* by Unit */
    size_t found;   /* of these, by us */
    size_t owed;    /* of these, those that are ours to find */
};

static struct um_str text_of(const struct um_val *v, const char *name)
{
    const struct um_val *m = v != NULL ? um_val_member(v, um_str(name)) : NULL;

    return m != NULL && (m->kind == UM_VAL_STRING || m->kind == UM_VAL_NUMBER)
               ? m->text
               : um_str_n(NULL, 0);
}

static bool any_name(void *user, struct um_str name)
{
    (void)user;
    (void)name;
    return true;
}

static bool contains(struct um_str s, const char *word)
{
    struct um_str w = um_str(word);

    for (; s.len >= w.len; s = um_str_skip(s, 1)) {
        if (um_str_starts(s, w))
            return true;
    }
    return false;
}

/* Whether what Unit says is one of the things that are to be found here. */
static bool is_owed(struct um_str detail)
{
    static const char *const words[] = {
        "points to invalid location", "value \"\" is invalid",
        "listener address",           "\"proxy\" address",
        "Unknown parameter \"foo\".", "must be an object, but not a",
        "\"type\" property set",      "The module to run",
        "The \"action\" object must", "Unknown parameter \"list",
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (contains(detail, words[i]))
            return true;
    }
    return false;
}

static void judge(struct um_arena *a, const struct um_val *config,
                  const struct um_val *said, struct counts *n)
{
    /* The recordings name certificates and scripts that came before. */
    const struct um_check_known known = {NULL, any_name, any_name, NULL, false};
    struct um_problems out;
    struct um_str detail = text_of(said, "detail");
    bool taken = um_val_member(said, UM_STR("success")) != NULL;
    bool owed;

    um_problems_init(&out, a);
    assert_int_equal(um_doc_check(a, config, &known, &out), 0);
    if (taken && out.found[UM_PROBLEM_ERROR] > 0)
        fail_msg("refused, though a Unit took it: %.*s: %s",
                 UM_STR_ARG(out.item[0].pointer), out.item[0].text);
    n->taken += taken;
    if (taken ||
        !um_str_eq(text_of(said, "error"), UM_STR("Invalid configuration.")))
        return;
    n->refused++;
    n->found += out.found[UM_PROBLEM_ERROR] > 0;
    /* Unknown members and wrong types below the root are not ours. */
    owed = is_owed(detail) &&
           !(contains(detail, "\"foo\".") &&
             um_val_member(config, UM_STR("foo")) == NULL) &&
           !(contains(detail, "must be an object, but not a") &&
             config->kind == UM_VAL_OBJECT) &&
           !contains(detail, "\"python 9\"");
    n->owed += owed;
    if (owed && out.found[UM_PROBLEM_ERROR] == 0)
        fail_msg("not found: %.*s", UM_STR_ARG(detail));
}

static void read_line(struct um_str line, struct counts *n)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v, config, said;
    const struct um_val *request, *response;
    struct um_str body;

    if (um_doc_parse(line, &a, &v, NULL) == 0) {
        request = um_val_member(&v, UM_STR("request"));
        response = um_val_member(&v, UM_STR("response"));
        body = text_of(request, "body");
        if (um_str_eq(text_of(request, "method"), UM_STR("PUT")) &&
            um_str_eq(text_of(request, "path"), UM_STR("/config")) &&
            um_doc_parse(body, &a, &config, NULL) == 0 &&
            um_doc_parse(text_of(response, "body"), &a, &said, NULL) == 0)
            judge(&a, &config, &said, n);
    }
    um_arena_fini(&a);
}

static void test_recorded(void **state)
{
    struct counts n = {0};
    char pattern[4096];
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    glob_t files;

    (void)state;
    (void)snprintf(pattern, sizeof pattern, "%s/*/*.jsonl", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        FILE *in = fopen(files.gl_pathv[i], "rb");

        assert_non_null(in);
        while ((len = getline(&line, &room, in)) > 0)
            read_line(um_str_n(line, (size_t)len - 1), &n);
        (void)fclose(in);
    }
    free(line);
    globfree(&files);
    print_message("%zu taken; %zu refused, %zu of these found, %zu owed\n",
                  n.taken, n.refused, n.found, n.owed);
    assert_true(n.taken >= 150 && n.refused >= 90);
    assert_true(n.owed >= 40 && n.found >= n.owed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_bundles),
        cmocka_unit_test(test_addresses_elsewhere),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_list_is_capped),
        cmocka_unit_test(test_recorded),
    };

    if (argc != 2)
        return 2;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
