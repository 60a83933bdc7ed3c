/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hints: what is put in comes out, nothing is too long, and what is too long is
 * refused. */
#include "mesh/sync/hint.h"

#include "p2p/err.h"
#include "unit.h"

static struct um_name name(unsigned byte)
{
    struct um_name n;

    memset(n.b, (int)byte, sizeof n.b);
    return n;
}

static void test_what_is_put_in_comes_out(void **state)
{
    static const char *const texts[] = {"", "rev", "fact", "said", "row"};
    struct um_hint h = {0};
    struct um_hint_read r;
    struct um_buf out = UM_BUF_INIT;
    struct um_str s;
    struct um_name id = name(9);

    (void)state;
    assert_true(um_hint_document(&h, UM_STR("{}")));
    for (unsigned k = UM_ROW; k >= UM_REVISION; k--) { /* in any order */
        assert_true(um_hint_item(&h, k, um_str(texts[k])));
        assert_true(um_hint_item(&h, k, UM_STR("second")));
    }
    assert_true(um_hint_id(&h, UM_FACT, &id));
    assert_int_equal(um_hint_write(&h, &out), 0);
    assert_int_equal(um_hint_read(um_buf_view(&out), &r), 0);
    for (unsigned k = UM_REVISION; k <= UM_ROW; k++) {
        assert_true(um_pb_list_next(&r.items[k], &s));
        assert_true(um_str_eq(s, um_str(texts[k])));
        assert_true(um_pb_list_next(&r.items[k], &s));
        assert_true(um_str_eq(s, UM_STR("second")));
        assert_false(um_pb_list_next(&r.items[k], &s));
    }
    assert_int_equal(r.ids[UM_FACT].n, 1);
    assert_int_equal(r.ids[UM_REVISION].n, 0);
    assert_true(um_name_eq(r.ids[UM_FACT].p, &id));
    assert_true(um_pb_list_next(&r.documents, &s));
    assert_true(um_str_eq(s, UM_STR("{}")));
    um_hint_fini(&h);
    um_buf_fini(&out);
}

/* Fills it until there is no room: it is never longer than one may be. */
static void test_a_hint_has_an_end(void **state)
{
    struct um_hint h = {0};
    struct um_hint_read r;
    struct um_buf out = UM_BUF_INIT;
    struct um_buf item = UM_BUF_INIT;
    struct um_name id = name(1);
    size_t n = 0;

    (void)state;
    um_buf_fill(&item, 'x', 10000);
    while (um_hint_item(&h, UM_REVISION, um_buf_view(&item)))
        n++;
    assert_int_equal(n, 104);
    while (um_hint_id(&h, UM_STATEMENT, &id))
        n++;
    assert_false(um_hint_item(&h, UM_ROW,
                              um_str_n("0123456789012345678901234"
                                       "567890",
                                       30)));
    assert_int_equal(um_hint_write(&h, &out), 0);
    assert_true(out.len <= UM__CAP_HINT_BYTES);
    assert_true(out.len > UM__CAP_HINT_BYTES - 200);
    assert_int_equal(um_hint_read(um_buf_view(&out), &r), 0);
    /* and one that is longer is refused unread */
    um_buf_fill(&out, 'x', UM__CAP_HINT_BYTES + 1 - out.len);
    assert_int_equal(um_hint_read(um_buf_view(&out), &r), P2P_ETOOBIG);
    um_hint_fini(&h);
    um_buf_fini(&out);
    um_buf_fini(&item);
}

/* A message of a version and one field. */
static int read(uint64_t v, unsigned field, size_t len, char c)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf bytes = UM_BUF_INIT;
    struct um_hint_read r;
    int err;

    um_buf_fill(&bytes, c, len);
    um_pb_put_num(&b, 1, v);
    um_pb_put_str(&b, field, um_buf_view(&bytes));
    err = um_hint_read(um_buf_view(&b), &r);
    um_buf_fini(&b);
    um_buf_fini(&bytes);
    return err;
}

static void test_documents_are_small(void **state)
{
    struct um_hint h = {0};
    struct um_buf doc = UM_BUF_INIT;
    size_t most = UM__CAP_HINT_DOCUMENT_BYTES;

    (void)state;
    assert_int_equal(read(1, 9, most, 'x'), 0);
    assert_int_equal(read(1, 9, most + 1, 'x'), P2P_EFORMAT);
    um_buf_fill(&doc, 'x', most + 1);
    assert_false(um_hint_document(&h, um_buf_view(&doc)));
    assert_true(um_hint_document(&h, um_str_n(doc.p, most)));
    assert_false(um_hint_document(&h, um_str_n(NULL, 0)));
    um_hint_fini(&h);
    um_buf_fini(&doc);
}

static void test_what_is_no_hint(void **state)
{
    struct um_hint_read r;

    (void)state;
    assert_int_equal(read(1, 2, UM__CAP_ITEM_BYTES, 'x'), 0);
    assert_int_equal(read(1, 2, UM__CAP_ITEM_BYTES + 1, 'x'), P2P_EFORMAT);
    assert_int_equal(read(1, 5, UM__CAP_ROW_BYTES, 'x'), 0);
    assert_int_equal(read(1, 5, UM__CAP_ROW_BYTES + 1, 'x'), P2P_EFORMAT);
    assert_int_equal(read(1, 6, 64, 'x'), 0);
    assert_int_equal(read(1, 6, 63, 'x'), P2P_EFORMAT);
    assert_int_equal(read(1, 8, 64, 0), P2P_EFORMAT);
    assert_int_equal(read(0, 6, 64, 'x'), P2P_EFORMAT);
    assert_int_equal(read(2, 6, 64, 'x'), P2P_ENOTSUP);
    assert_int_equal(read(1, 40, 64, 'x'), 0); /* nobody knows */
    assert_int_equal(um_hint_read(UM_STR("\x08\x01\x10\x01"), &r), P2P_EFORMAT);
    assert_int_equal(um_hint_read(UM_STR("\x08\x01\x1a\x01x\x12\x01x"), &r),
                     P2P_EFORMAT); /* not ascending */
    assert_int_equal(um_hint_read(UM_STR(""), &r), P2P_EFORMAT);
}

static void test_the_topic(void **state)
{
    struct um_name mesh = name(0xab);
    char text[UM_HINT_TOPIC_MAX];

    (void)state;
    assert_string_equal(
        um_hint_topic(&mesh, text),
        "/unitmesh/1/"
        "abababababababababababababababababababababababababababababababab"
        "/hints");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_put_in_comes_out),
        cmocka_unit_test(test_a_hint_has_an_end),
        cmocka_unit_test(test_documents_are_small),
        cmocka_unit_test(test_what_is_no_hint),
        cmocka_unit_test(test_the_topic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
