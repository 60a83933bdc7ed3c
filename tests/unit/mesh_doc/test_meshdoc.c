/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/meshdoc.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct um_label labels[] = {
    {UM_STR_INIT("group"), UM_STR_INIT("web")},
    {UM_STR_INIT("site"), UM_STR_INIT("a")}};
static const struct um_meshdoc_node node = {
    .facts = {UM_STR_INIT("12D3"), UM_STR_INIT("web1"), labels, 2}};

static void makes(const char *doc, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_error err = {.what = {.text = ""}};
    struct um_meshdoc m;
    struct um_val out;
    const struct um_val *v = rig_val(&r, doc);

    if (um_meshdoc_init(&m, &r.arena, v, &err.what) != 0 ||
        um_meshdoc_effective(&r.arena, &m, &node, &out, &err) != 0)
        fail_msg("%s: %s", doc, err.what.text);
    assert_string_equal(rig_text(&r, &out), want);
    assert_string_equal(rig_text(&r, v), doc);
    rig_fini(&r);
}

static void is_none(const char *doc, const char *at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err;
    struct um_meshdoc m;
    const struct um_val *v = rig_val(&r, doc);

    assert_int_equal(um_meshdoc_init(&m, &r.arena, v, &err), P2P_EFORMAT);
    assert_string_equal(rig_str(&r, err.pointer), at);
    assert_int_equal(um_meshdoc_init(&m, &r.arena, v, NULL), P2P_EFORMAT);
    rig_fini(&r);
}

/* A document that is fine and can't be made a configuration. */
static void fails(const char *doc, int rc, bool in_config, const char *at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_error err;
    struct um_meshdoc m;
    struct um_val out;

    assert_int_equal(um_meshdoc_init(&m, &r.arena, rig_val(&r, doc), NULL), 0);
    assert_int_equal(um_meshdoc_effective(&r.arena, &m, &node, &out, &err), rc);
    assert_non_null(err.what.text);
    assert_string_equal(rig_str(&r, err.what.pointer), at);
    assert_int_equal(err.in_config, in_config);
    rig_fini(&r);
}

static void test_shape(void **state)
{
    (void)state;
    makes("{\"base\":{}}", "{}");
    makes("{\"variables\":{},\"js_modules\":{\"m\":\"" HASH
          "\"},"
          "\"certificates\":{\"c\":{\"sealed\":\"" HASH
          "\"}},\"overlays\":{},"
          "\"base\":{\"a\":1}}",
          "{\"a\":1}");
    is_none("[]", "");
    is_none("{}", "");
    is_none("{\"base\":[]}", "/base");
    is_none("{\"base\":{},\"more\":{}}", "/more");
    is_none("{\"base\":{},\"overlays\":[]}", "/overlays");
    is_none("{\"base\":{},\"overlays\":{\"web1\":{}}}", "/overlays/web1");
    is_none("{\"base\":{},\"overlays\":{\"all\":1}}", "/overlays/all");
    is_none("{\"base\":{},\"overlays\":{\"all\":{\"x\":1}}}",
            "/overlays/all/x");
    is_none("{\"base\":{},\"overlays\":{\"all\":{\"patch\":{}}}}",
            "/overlays/all/patch");
    is_none("{\"base\":{},\"overlays\":{\"all\":{\"rename\":{\"a/\":\"b\"}}}}",
            "/overlays/all/rename/a~1");
    is_none("{\"base\":{},\"overlays\":{\"all\":{\"rename\":{\"/a\":1}}}}",
            "/overlays/all/rename/~1a");
    is_none("{\"base\":{},\"overlays\":{\"all\":{\"rename\":[]}}}",
            "/overlays/all/rename");
    is_none("{\"base\":{},\"certificates\":{\"c\":\"x\"}}", "/certificates/c");
    is_none("{\"base\":{},\"certificates\":{\"c\":{\"sealed\":\"x\"}}}",
            "/certificates/c");
    is_none("{\"base\":{},\"certificates\":{\"a/b\":{\"sealed\":\"" HASH
            "\"}}}",
            "/certificates/a~1b");
    is_none("{\"base\":{},\"variables\":{\"v\":{\"sealed\":1}}}",
            "/variables/v");
    is_none("{\"base\":{},\"js_modules\":{\"m\":\"12\"}}", "/js_modules/m");
    is_none("{\"base\":{},\"js_modules\":{\"m\":7}}", "/js_modules/m");
    is_none("{\"base\":{},\"variables\":{\"a b\":1}}", "/variables/a b");
}

static void test_names_of_bundles_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf b = UM_BUF_INIT;
    struct um_meshdoc m;

    (void)state;
    for (size_t n = 0; n < 2; n++) {
        um_buf_clear(&b);
        um_buf_text(&b, "{\"base\":{},\"certificates\":{\"");
        um_buf_fill(&b, 'c', UM__CAP_DOC_BUNDLE_NAME_BYTES + n);
        um_buf_text(&b, "\":{\"sealed\":\"" HASH "\"}}}");
        um_buf_byte(&b, '\0');
        assert_int_equal(um_meshdoc_init(&m, &r.arena, rig_val(&r, b.p), NULL),
                         n == 0 ? 0 : P2P_EFORMAT);
    }
    um_buf_fini(&b);
    rig_fini(&r);
}

#define SET(text) "{\"merge\":{\"by\":\"" text "\"}}"

/* Written in the wrong order on purpose. */
static void test_overlays_in_order(void **state)
{
    (void)state;
    makes(
        "{\"base\":{\"by\":\"\",\"a\":1},\"overlays\":{"
        "\"node:web1\":" SET("node") ",\"all\":" SET("all") "}}",
        "{\"by\":\"node\",\"a\":1}");
    makes(
        "{\"base\":{},\"overlays\":{\"label:site=a\":" SET(
            "label") ",\"group:web\":" SET("group") ",\"all\":" SET("all") "}}",
        "{\"by\":\"label\"}");
    makes("{\"base\":{},\"overlays\":{\"node:web1\":" SET(
              "name") ",\"node:12D3\":" SET("id") "}}",
          "{\"by\":\"name\"}");
    makes(
        "{\"base\":{\"by\":\"\"},\"overlays\":{\"group:db\":" SET(
            "x") ",\"label:site=b\":" SET("x") ",\"node:web2\":" SET("x") "}}",
        "{\"by\":\"\"}");
}

static void test_an_overlay_renames_merges_patches(void **state)
{
    (void)state;
    makes(
        "{\"base\":{\"listeners\":{\"*:80\":{\"pass\":\"routes\"},"
        "\"*:81\":{}},\"routes\":[1]},\"overlays\":{\"all\":{"
        "\"patch\":[{\"op\":\"add\",\"path\":\"/routes/0\",\"value\":0}],"
        "\"merge\":{\"listeners\":{\"10.0.0.1:80\":{\"x\":1},"
        "\"*:81\":null}},"
        "\"rename\":{\"/listeners/*:80\":\"10.0.0.1:80\"}}}}",
        "{\"listeners\":{\"10.0.0.1:80\":{\"pass\":\"routes\",\"x\":1}},"
        "\"routes\":[0,1]}");
    makes(
        "{\"base\":{\"a\":1,\"b\":2},\"overlays\":{\"all\":{\"rename\":{"
        "\"/a\":\"tmp\",\"/b\":\"a\",\"/tmp\":\"b\"}}}}",
        "{\"b\":1,\"a\":2}");
    makes(
        "{\"base\":{\"a\":1},\"overlays\":{\"all\":{\"rename\":{"
        "\"/a\":\"a\"}}}}",
        "{\"a\":1}");
    makes(
        "{\"base\":{\"a\":{\"unix:/x\":1}},\"overlays\":{\"all\":{"
        "\"rename\":{\"/a/unix:~1x\":\"unix:/y\"}}}}",
        "{\"a\":{\"unix:/y\":1}}");
}

static void test_overlays_that_do_not_fit(void **state)
{
    (void)state;
    fails(
        "{\"base\":{\"a\":1},\"overlays\":{\"all\":{\"rename\":{\"/b\":"
        "\"c\"}}}}",
        P2P_ENOTFOUND, false, "/overlays/all/rename/~1b");
    fails(
        "{\"base\":{\"a\":[1]},\"overlays\":{\"all\":{\"rename\":{\"/a/0\":"
        "\"c\"}}}}",
        P2P_ENOTFOUND, false, "/overlays/all/rename/~1a~10");
    fails(
        "{\"base\":{\"a\":1,\"b\":1},\"overlays\":{\"all\":{\"rename\":{"
        "\"/a\":\"b\"}}}}",
        P2P_EEXIST, false, "/overlays/all/rename/~1a");
    fails(
        "{\"base\":{},\"overlays\":{\"label:site=a\":{\"patch\":["
        "{\"op\":\"test\",\"path\":\"\",\"value\":1}]}}}",
        P2P_ESTATE, false, "/overlays/label:site=a/patch/0");
    fails("{\"base\":{},\"overlays\":{\"all\":{\"merge\":[]}}}", P2P_EFORMAT,
          true, "");
}

/* Labels that are in many groups, and an overlay for each. */
static void test_overlays_of_a_node_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf doc = UM_BUF_INIT;
    struct um_buf groups = UM_BUF_INIT;
    struct um_label label = {UM_STR("group"), UM_STR("")};
    struct um_meshdoc_node many = {
        .facts = {UM_STR("i"), UM_STR("n"), &label, 1}};
    struct um_meshdoc_error err;
    struct um_meshdoc m;
    struct um_val out;

    (void)state;
    um_buf_text(&doc, "{\"base\":{},\"overlays\":{\"node:x\":{}");
    for (size_t i = 0; i < UM__CAP_DOC_OVERLAYS + 1; i++) {
        um_buf_fmt(&doc, ",\"group:g%zu\":{}", i);
        um_buf_fmt(&groups, "%sg%zu", i > 0 ? "," : "", i);
    }
    um_buf_text(&doc, "}}");
    um_buf_byte(&doc, '\0');
    assert_int_equal(um_meshdoc_init(&m, &r.arena, rig_val(&r, doc.p), NULL),
                     0);
    label.value = um_buf_view(&groups);
    assert_int_equal(um_meshdoc_effective(&r.arena, &m, &many, &out, &err),
                     P2P_ELIMIT);
    assert_string_equal(rig_str(&r, err.what.pointer), "/overlays");
    label.value.len -= 4; /* ",g64" */
    assert_int_equal(um_meshdoc_effective(&r.arena, &m, &many, &out, &err), 0);
    um_buf_fini(&doc);
    um_buf_fini(&groups);
    rig_fini(&r);
}

static void test_variables(void **state)
{
    (void)state;
    makes(
        "{\"base\":{\"threads\":\"{{n}}\",\"p\":\"{{node.name}}\"},"
        "\"overlays\":{\"all\":{\"merge\":{\"q\":\"/{{dir}}/\"}}},"
        "\"variables\":{\"n\":4,\"dir\":\"srv\"}}",
        "{\"threads\":4,\"p\":\"web1\",\"q\":\"/srv/\"}");
    fails("{\"base\":{\"a\":[{\"b\":\"{{no}}\"}]}}", P2P_ENOTFOUND, true,
          "/a/0/b");
    fails("{\"base\":{\"a\":\"{{s}}\"},\"variables\":{\"s\":{\"sealed\":\"" HASH
          "\"}}}",
          P2P_EACCES, true, "/a");
}

static void test_bundles(void **state)
{
    static const struct um_bundle item = {UM_BUNDLE_CERTIFICATE,
                                          UM_STR_INIT("web1"),
                                          UM_STR_INIT("web1.01020304")};
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_node mine = node;
    struct um_meshdoc m;
    struct um_val out;

    (void)state;
    mine.bundles = (struct um_bundles){&item, 1};
    assert_int_equal(
        um_meshdoc_init(&m, &r.arena,
                        rig_val(&r,
                                "{\"base\":{\"listeners\":{\"*:1\":{"
                                "\"tls\":{\"certificate\":"
                                "\"{{node.name}}\"}}}}}"),
                        NULL),
        0);
    assert_int_equal(um_meshdoc_effective(&r.arena, &m, &mine, &out, NULL), 0);
    assert_string_equal(rig_text(&r, &out),
                        "{\"listeners\":{\"*:1\":{\"tls\":{\"certificate\":"
                        "\"web1.01020304\"}}}}");
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_names_of_bundles_are_capped),
        cmocka_unit_test(test_overlays_in_order),
        cmocka_unit_test(test_an_overlay_renames_merges_patches),
        cmocka_unit_test(test_overlays_that_do_not_fit),
        cmocka_unit_test(test_overlays_of_a_node_are_capped),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_bundles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
