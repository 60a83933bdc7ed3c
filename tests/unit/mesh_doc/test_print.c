/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

static void pretty(const char *text, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};

    assert_int_equal(um_doc_print_pretty(&r.text, rig_val(&r, text)), 0);
    um_buf_byte(&r.text, '\0');
    assert_string_equal(r.text.p, want);
    rig_fini(&r);
}

static void test_units_form(void **state)
{
    (void)state;
    pretty("200", "200\r\n");
    pretty("{}", "{}\r\n");
    pretty("{\"a\":{\"b\":1},\"c\":[],\"d\":[{\"e\":{}},{\"f\":2}],\"g\":3}",
           "{\r\n\t\"a\": {\r\n\t\t\"b\": 1\r\n\t},\r\n\r\n\t\"c\": [],\r\n"
           "\t\"d\": [\r\n\t\t{\r\n\t\t\t\"e\": {}\r\n\t\t},\r\n\t\t{\r\n"
           "\t\t\t\"f\": 2\r\n\t\t}\r\n\t],\r\n\r\n\t\"g\": 3\r\n}\r\n");
}

static void test_hash_is_of_the_compact_bytes(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    uint8_t a[P2P_SHA256_BYTES], b[P2P_SHA256_BYTES];

    (void)state;
    assert_int_equal(um_doc_hash(rig_val(&r, " { } "), a), 0);
    p2p_sha256("{}", 2, b);
    assert_memory_equal(a, b, sizeof a);
    /* order and number text are part of a document */
    assert_int_equal(um_doc_hash(rig_val(&r, "{\"a\":1,\"b\":1}"), a), 0);
    assert_int_equal(um_doc_hash(rig_val(&r, "{\"b\":1,\"a\":1}"), b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(um_doc_hash(rig_val(&r, "1"), a), 0);
    assert_int_equal(um_doc_hash(rig_val(&r, "1.0"), b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    rig_fini(&r);
}

/* Escapes make it longer than what was read. */
static void test_a_text_over_the_cap(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf zeros = UM_BUF_INIT;
    struct um_val v;
    uint8_t hash[P2P_SHA256_BYTES];

    (void)state;
    um_buf_fill(&zeros, '\0', UM__CAP_DOC_BYTES / 6 + 1);
    v = um_val_string(um_buf_view(&zeros));
    assert_int_equal(um_doc_print(&r.text, &v), P2P_ETOOBIG);
    assert_int_equal(um_doc_hash(&v, hash), P2P_ETOOBIG);
    um_buf_fini(&zeros);
    rig_fini(&r);
}

/* The widest of the deepest: whatever can be read can be shown. */
static void test_every_document_can_be_indented(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf b = UM_BUF_INIT;
    struct um_val v;

    (void)state;
    um_buf_fill(&b, '[', UM__CAP_DOC_DEPTH - 1);
    for (size_t i = 0; i < UM__CAP_DOC_MEMBERS / 2 - UM__CAP_DOC_DEPTH; i++)
        um_buf_text(&b, "[0],");
    um_buf_text(&b, "\"");
    um_buf_fill(&b, 'x', UM__CAP_DOC_BYTES - b.len - UM__CAP_DOC_DEPTH);
    um_buf_text(&b, "\"");
    um_buf_fill(&b, ']', UM__CAP_DOC_DEPTH - 1);
    assert_int_equal(b.len, UM__CAP_DOC_BYTES);
    assert_int_equal(um_doc_parse(um_buf_view(&b), &r.arena, &v, NULL), 0);
    assert_int_equal(um_doc_print_pretty(&r.text, &v), 0);
    um_buf_fini(&b);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_form),
        cmocka_unit_test(test_hash_is_of_the_compact_bytes),
        cmocka_unit_test(test_a_text_over_the_cap),
        cmocka_unit_test(test_every_document_can_be_indented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
