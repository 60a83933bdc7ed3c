/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/variables.h"

#define VARS                                                     \
    "{\"n\":1.50,\"s\":\"x\\\"y\",\"t\":true,\"o\":{\"b\":[1]}," \
    "\"z\":null,\"again\":\"{{s}}\",\"e\":\"\",\"a-b_9\":9,"     \
    "\"secret\":{\"sealed\":\"abc\"},\"lost\":{\"sealed\":\"\"}}"

static const struct um_label labels[] = {
    {UM_STR_INIT("region.x"), UM_STR_INIT("eu")}};
static const struct um_node_facts node = {UM_STR_INIT("12D3"),
                                          UM_STR_INIT("web1"), labels, 1};

/* Opens the one, and not the other. */
static int open_secret(void *user, struct um_str name,
                       const struct um_val *sealed, struct um_arena *a,
                       struct um_val *out)
{
    (*(int *)user)++;
    if (!um_str_eq(name, UM_STR("secret")))
        return P2P_EACCES;
    assert_true(um_str_eq(um_val_member(sealed, UM_STR("sealed"))->text,
                          UM_STR("abc")));
    out->kind = UM_VAL_STRING;
    return um_arena_dup(a, UM_STR("open"), &out->text) ? 0 : P2P_ENOMEM;
}

static int run(struct rig *r, const char *config, struct um_val *out,
               struct um_doc_error *err)
{
    int opened = 0;
    const struct um_secrets secrets = {&opened, open_secret};
    const struct um_variables from = {rig_val(r, VARS), &node, &secrets};

    return um_variables_apply(&r->arena, rig_val(r, config), &from, out, err);
}

static void fills(const char *config, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err = {.text = ""};
    struct um_val out;

    if (run(&r, config, &out, &err) != 0)
        fail_msg("%s: %s", config, err.text);
    assert_string_equal(rig_text(&r, &out), want);
    rig_fini(&r);
}

static void fails(const char *config, int rc, const char *at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err;
    struct um_val out;

    assert_int_equal(run(&r, config, &out, &err), rc);
    assert_string_equal(rig_str(&r, err.pointer), at);
    assert_int_equal(run(&r, config, &out, NULL), rc);
    rig_fini(&r);
}

static void test_a_string_that_is_a_variable(void **state)
{
    (void)state;
    fills("{\"a\":\"{{n}}\"}", "{\"a\":1.50}");
    fills("{\"a\":\"{{ n }}\"}", "{\"a\":1.50}");
    fills("[\"{{t}}\",\"{{o}}\",\"{{z}}\",\"{{s}}\",\"{{e}}\"]",
          "[true,{\"b\":[1]},null,\"x\\\"y\",\"\"]");
    fills("\"{{a-b_9}}\"", "9");
}

static void test_inside_of_text(void **state)
{
    (void)state;
    fills("\"<{{n}}>{{s}}{{t}}\"", "\"<1.50>x\\\"ytrue\"");
    fills("\" {{n}}\"", "\" 1.50\"");
    fills("\"{{e}}{{e}}\"", "\"\"");
    /* what is put in is not looked at again */
    fills("\"-{{again}}\"", "\"-{{s}}\"");
    fills("\"{{again}}\"", "\"{{s}}\"");
    fails("{\"a\":[0,\"x{{o}}\"]}", P2P_EFORMAT, "/a/1");
    fails("\"x{{z}}\"", P2P_EFORMAT, "");
}

static void test_names_of_members(void **state)
{
    (void)state;
    fills("{\"a\":1,\"{{node.name}}:80\":{\"x\":2},\"b\":3}",
          "{\"a\":1,\"web1:80\":{\"x\":2},\"b\":3}");
    fills("{\"{{n}}\":1}", "{\"1.50\":1}");
    fails("{\"k\":{\"{{s}}\":1,\"x\\\"y\":2}}", P2P_EEXIST, "/k");
    fails("{\"k\":{\"{{o}}\":1}}", P2P_EFORMAT, "/k/{{o}}");
    fails("{\"k\":{\"{{none}}/\":1}}", P2P_ENOTFOUND, "/k/{{none}}~1");
}

static void test_facts_of_the_node(void **state)
{
    (void)state;
    fills("[\"{{node.id}}\",\"{{node.name}}\",\"{{label.region.x}}\"]",
          "[\"12D3\",\"web1\",\"eu\"]");
    fails("[\"{{label.none}}\"]", P2P_ENOTFOUND, "/0");
    fails("[\"{{node.x}}\"]", P2P_ENOTFOUND, "/0");
}

static void test_literal_braces(void **state)
{
    (void)state;
    fills("\"{{{{name}}\"", "\"{{name}}\"");
    fills("\"{{{{{{n}}\"", "\"{{1.50\"");
    fills("\"a}}b{c}d\"", "\"a}}b{c}d\"");
    fails("[\"{{\"]", P2P_EFORMAT, "/0");
    fails("[\"{{}}\"]", P2P_EFORMAT, "/0");
    fails("[\"{{n}\"]", P2P_EFORMAT, "/0");
    fails("[\"{{n} }\"]", P2P_EFORMAT, "/0");
    fails("[\"{{a b}}\"]", P2P_EFORMAT, "/0");
    fails("[\"{{{n}}}\"]", P2P_EFORMAT, "/0");
}

static void test_units_own_are_left_alone(void **state)
{
    static const char config[] =
        "{\"share\":\"/www/$uri\",\"r\":\"${host}${arg_x}\","
        "\"js\":\"`/x${ {a:{b:1}}.a.b }/${uri}`\",\"p\":\"~\\\\.{2,3}$\"}";

    (void)state;
    fills(config, config);
}

static void test_secrets(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_variables from = {rig_val(&r, VARS), &node, NULL};
    struct um_doc_error err;
    struct um_val out;

    (void)state;
    fills("[\"{{secret}}\",\"pw={{secret}}\"]", "[\"open\",\"pw=open\"]");
    fails("[\"{{lost}}\"]", P2P_EACCES, "/0");
    assert_int_equal(
        um_variables_apply(&r.arena, rig_val(&r, "[\"{{secret}}\"]"), &from,
                           &out, &err),
        P2P_EACCES);
    assert_true(um_variables_sealed(rig_val(&r, "{\"sealed\":1}")));
    assert_false(um_variables_sealed(rig_val(&r, "{\"sealed\":1,\"x\":2}")));
    assert_false(um_variables_sealed(rig_val(&r, "\"sealed\"")));
    rig_fini(&r);
}

static void test_names(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    assert_true(um_variables_name(UM_STR("a-B_9")));
    assert_false(um_variables_name(UM_STR("")));
    assert_false(um_variables_name(UM_STR("a.b")));
    assert_false(um_variables_name(UM_STR("a b")));
    um_buf_fill(&b, 'a', UM__CAP_DOC_VARIABLE_BYTES);
    assert_true(um_variables_name(um_buf_view(&b)));
    um_buf_byte(&b, 'a');
    assert_false(um_variables_name(um_buf_view(&b)));
    um_buf_fini(&b);
}

/* A hundred thousand references to one large value end at the caps. */
static void test_values_do_not_explode(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val big, vars, config, out;
    const struct um_variables from = {&vars, &node, NULL};
    struct um_doc_error err;
    char *text = um_arena_alloc(&r.arena, 100000);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 100000);
    assert_true(um_val_array(&r.arena, 50000, &big));
    assert_true(um_val_object(&r.arena, 2, &vars));
    vars.members.p[0] = (struct um_member){UM_STR("big"), big};
    vars.members.p[1] = (struct um_member){
        UM_STR("long"), um_val_string(um_str_n(text, 100000))};
    assert_true(um_val_array(&r.arena, UM__CAP_DOC_MEMBERS, &config));
    for (size_t i = 0; i < config.count; i++)
        config.items.p[i] = um_val_string(UM_STR("{{big}}"));
    assert_int_equal(um_variables_apply(&r.arena, &config, &from, &out, &err),
                     P2P_ELIMIT);
    assert_string_equal(rig_str(&r, err.pointer), "/2");
    for (size_t i = 0; i < config.count; i++)
        config.items.p[i] = um_val_string(UM_STR("x{{long}}"));
    assert_int_equal(um_variables_apply(&r.arena, &config, &from, &out, &err),
                     P2P_ELIMIT);
    assert_string_equal(rig_str(&r, err.pointer), "/83");
    rig_fini(&r);
}

static void test_values_do_not_go_too_deep(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val vars, out;
    const struct um_variables from = {&vars, &node, NULL};
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_fill(&b, '[', UM__CAP_DOC_DEPTH - 1);
    um_buf_fill(&b, ']', UM__CAP_DOC_DEPTH - 1);
    um_buf_byte(&b, '\0');
    assert_true(um_val_object(&r.arena, 1, &vars));
    vars.members.p[0] = (struct um_member){UM_STR("deep"), *rig_val(&r, b.p)};
    assert_int_equal(um_variables_apply(&r.arena, rig_val(&r, "[\"{{deep}}\"]"),
                                        &from, &out, NULL),
                     0);
    assert_int_equal(
        um_variables_apply(&r.arena, rig_val(&r, "[[\"{{deep}}\"]]"), &from,
                           &out, NULL),
        P2P_ELIMIT);
    um_buf_fini(&b);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_string_that_is_a_variable),
        cmocka_unit_test(test_inside_of_text),
        cmocka_unit_test(test_names_of_members),
        cmocka_unit_test(test_facts_of_the_node),
        cmocka_unit_test(test_literal_braces),
        cmocka_unit_test(test_units_own_are_left_alone),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values_do_not_explode),
        cmocka_unit_test(test_values_do_not_go_too_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
