/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/uses.h"

static void finds(const char *document, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_problems out;
    struct um_meshdoc doc;

    um_problems_init(&out, &r.arena);
    assert_int_equal(
        um_meshdoc_init(&doc, &r.arena, rig_val(&r, document), NULL), 0);
    assert_int_equal(um_uses_check(&r.arena, &doc, &out), 0);
    for (size_t i = 0; i < out.count; i++) {
        assert_int_equal(out.item[i].severity, UM_PROBLEM_WARNING);
        um_buf_str(&r.text, out.item[i].pointer);
        um_buf_byte(&r.text, '\n');
    }
    um_buf_byte(&r.text, '\0');
    assert_string_equal(r.text.p, want);
    rig_fini(&r);
}

static void test_all_is_there(void **state)
{
    (void)state;
    finds("{\"base\":{}}", "");
    finds(
        "{\"base\":{\"{{a}}\":[\"x{{ b }}y{{node.id}}\",\"{{label.k}}\","
        "\"{{{{z}}\",\"$uri ${host}\"]},\"variables\":{\"a\":1,\"b\":2}}",
        "");
    finds(
        "{\"base\":{},\"overlays\":{\"all\":{\"rename\":{\"/x\":\"{{a}}\"}},"
        "\"node:n\":{\"merge\":{\"y\":[\"{{b}}\"]}}},"
        "\"variables\":{\"a\":1,\"b\":2}}",
        "");
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    finds(
        "{\"base\":{\"x\":[\"{{a}}{{b}}{{a}}\"],\"{{c}}\":1},"
        "\"variables\":{\"b\":1}}",
        "/base/x/0\n/base/x/0\n/base/{{c}}\n");
    finds(
        "{\"base\":{},\"overlays\":{\"all\":{\"patch\":[{\"op\":\"add\","
        "\"path\":\"/a\",\"value\":\"{{node.nme}}\"}]}}}",
        "/overlays/all/patch/0/value\n");
}

static void test_braces(void **state)
{
    (void)state;
    finds("{\"base\":{\"x\":\"{{}}\",\"y\":\"a {{b\",\"z\":\"{{a b}}\"}}",
          "/base/x\n/base/y\n/base/z\n");
}

static void test_what_is_idle(void **state)
{
    (void)state;
    finds(
        "{\"base\":{\"x\":\"{{b}}\"},\"variables\":{\"a\":1,\"b\":2,"
        "\"c\":\"{{a}}\"}}",
        "/variables/a\n/variables/c\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_there),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_braces),
        cmocka_unit_test(test_what_is_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
