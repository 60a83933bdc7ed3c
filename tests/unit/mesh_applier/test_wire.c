/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages of the socket to the applier: what is written is read, and what is
 * not as written is refused. */
#include "mesh/applier/wire.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"
#include "unit.h"

static struct um_name name(uint8_t c)
{
    struct um_name n;

    memset(n.b, c, sizeof n.b);
    return n;
}

/* The frame of a message, without its length. */
static struct um_str frame_of(struct um_buf *out, const struct um_wire_msg *m)
{
    um_buf_clear(out);
    um_wire_write(out, m);
    assert_false(um_buf_failed(out));
    return um_str_skip(um_buf_view(out), 4);
}

/* Reads a message back; out is where its bytes are. */
static struct um_wire_msg again(struct um_buf *out, const struct um_wire_msg *m)
{
    struct um_wire_msg is;

    assert_int_equal(um_wire_read(frame_of(out, m), &is), 0);
    assert_int_equal(is.what, m->what);
    return is;
}

static void test_start(void **state)
{
    struct um_buf out = UM_BUF_INIT;
    const struct um_wire_msg m = {.what = UM_WIRE_START,
                                  .number = 3,
                                  .mesh = name(1),
                                  .hash = name(2),
                                  .effective = name(3),
                                  .bytes = UM_STR("{}")};
    struct um_wire_msg is = again(&out, &m);

    (void)state;
    assert_int_equal(is.number, 3);
    assert_true(um_name_eq(&is.mesh, &m.mesh));
    assert_true(um_name_eq(&is.hash, &m.hash));
    assert_true(um_name_eq(&is.effective, &m.effective));
    assert_true(um_str_eq(is.bytes, m.bytes));
    um_buf_fini(&out);
}

static void test_an_order(void **state)
{
    struct um_buf out = UM_BUF_INIT, revisions = UM_BUF_INIT,
                  facts = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                            .number = 7,
                            .order = UM_WIRE_BACK,
                            .revision = name(1),
                            .effective = name(2),
                            .text = UM_STR("r2.ab")};
    struct um_wire_msg is;
    struct um_str one;

    (void)state;
    um_wire_put_revision(&revisions, UM_STR("first"));
    um_wire_put_revision(&revisions, UM_STR("second"));
    um_wire_put_fact(&facts, UM_STR("fact"));
    m.revisions = um_buf_view(&revisions);
    m.facts = um_buf_view(&facts);
    is = again(&out, &m);
    assert_int_equal(is.number, 7);
    assert_int_equal(is.order, UM_WIRE_BACK);
    assert_true(um_str_eq(is.text, m.text));
    assert_true(um_pb_list_next(&is.revisions, &one));
    assert_true(um_str_eq(one, UM_STR("first")));
    assert_true(um_pb_list_next(&is.revisions, &one));
    assert_true(um_str_eq(one, UM_STR("second")));
    assert_false(um_pb_list_next(&is.revisions, &one));
    assert_true(um_pb_list_next(&is.facts, &one));
    assert_true(um_str_eq(one, UM_STR("fact")));
    um_buf_fini(&out);
    um_buf_fini(&revisions);
    um_buf_fini(&facts);
}

static void test_what_unit_shows(void **state)
{
    struct um_buf out = UM_BUF_INIT;
    const struct um_wire_msg m = {.what = UM_WIRE_LIVE,
                                  .effective = name(1),
                                  .ours = true,
                                  .other = true,
                                  .text = UM_STR("1.35.0"),
                                  .modules = UM_STR("{\"php\":1}"),
                                  .bytes = UM_STR("{\n}")};
    struct um_wire_msg is = again(&out, &m);

    (void)state;
    assert_true(is.ours);
    assert_false(is.blank);
    assert_true(is.other);
    assert_true(um_str_eq(is.modules, m.modules));
    assert_true(um_str_eq(is.text, m.text));
    um_buf_fini(&out);
}

static void test_answers(void **state)
{
    struct um_buf out = UM_BUF_INIT;
    const struct um_name names[2] = {name(4), name(3)}; /* in any order */
    const struct um_wire_msg got = {.what = UM_WIRE_GOT,
                                    .number = 9,
                                    .outcome = 2,
                                    .code = 404,
                                    .bytes = UM_STR("{}"),
                                    .text = UM_STR("no")};
    const struct um_wire_msg record = {.what = UM_WIRE_RECORD,
                                       .names = {names, 2}};
    struct um_wire_msg stated = {.what = UM_WIRE_STATED};
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg is = again(&out, &got);
    struct um_str one;

    (void)state;
    assert_int_equal(is.outcome, 2);
    assert_int_equal(is.code, 404);
    assert_true(um_str_eq(is.text, got.text));
    is = again(&out, &record);
    assert_int_equal(is.names.n, 2);
    assert_true(um_name_eq(&is.names.p[1], &names[1]));
    um_wire_put_statement(&list, UM_STR("said"));
    stated.statements = um_buf_view(&list);
    is = again(&out, &stated);
    assert_true(um_pb_list_next(&is.statements, &one));
    assert_true(um_str_eq(one, UM_STR("said")));
    um_buf_fini(&list);
    um_buf_fini(&out);
}

/* Messages that say nothing but what they are. */
static void test_the_plain_ones(void **state)
{
    static const enum um_wire_what plain[] = {UM_WIRE_STOP, UM_WIRE_LOOK,
                                              UM_WIRE_HEALTH, UM_WIRE_RECORD,
                                              UM_WIRE_STATUS};
    struct um_buf out = UM_BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        const struct um_wire_msg m = {.what = plain[i]};

        (void)again(&out, &m);
    }
    um_buf_fini(&out);
}

/* A message that lacks what it must have, or has what it may not. */
static void test_shapes(void **state)
{
    const struct um_wire_msg wrong[] = {
        {.what = UM_WIRE_START, .hash = name(1)},
        {.what = UM_WIRE_START, .mesh = name(1), .text = UM_STR("x")},
        {.what = UM_WIRE_STOP, .number = 1},
        {.what = UM_WIRE_STATEMENTS},
        {.what = UM_WIRE_ORDER, .number = 1, .order = UM_WIRE_RUN},
        {.what = UM_WIRE_SCRATCH, .number = 1, .hash = name(1)},
        {.what = UM_WIRE_SCRATCH, .hash = name(1), .effective = name(1)},
        {.what = UM_WIRE_TRY, .number = 1, .hash = name(1)},
        {.what = UM_WIRE_TRY, .hash = name(1), .effective = name(1)},
        {.what = UM_WIRE_TRY,
         .number = 1,
         .hash = name(1),
         .effective = name(2),
         .bytes = UM_STR("{\"a\":1}")},
        {.what = UM_WIRE_PAPER, .bytes = UM_STR("x")},
        {.what = UM_WIRE_SLOT, .hash = name(1), .bytes = UM_STR("short")},
        {.what = UM_WIRE_GET, .number = 1},
        {.what = UM_WIRE_GET, .number = 1, .text = UM_STR("/a\0b")},
        {.what = UM_WIRE_ADOPTED},
        {.what = UM_WIRE_OUTCOME, .number = 1, .outcome = 17},
        {.what = UM_WIRE_GOT, .number = 1, .code = 1000},
        {.what = UM_WIRE_WANT},
        {.what = UM_WIRE_LIVE, .bytes = UM_STR("{}")},
        {.what = 13, .number = 1},
        {.what = 15, .number = 1},
        {.what = UM_WIRE_STATED, .number = 1},
        {.what = 25, .number = 1},
    };
    struct um_buf out = UM_BUF_INIT;
    struct um_wire_msg is;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (um_wire_read(frame_of(&out, &wrong[i]), &is) != P2P_EFORMAT)
            fail_msg("message %zu is taken", i);
    }
    um_buf_fini(&out);
}

static void test_texts_have_an_end(void **state)
{
    struct um_str long_text = {calloc(1, UM__CAP_WIRE_TEXT_BYTES + 1),
                               UM__CAP_WIRE_TEXT_BYTES + 1};
    struct um_wire_msg m = {.what = UM_WIRE_GET, .number = 1}, is;
    struct um_buf out = UM_BUF_INIT;

    (void)state;
    assert_non_null(long_text.p);
    memset((char *)(uintptr_t)long_text.p, 'a', long_text.len);
    m.text = um_str_head(long_text, UM__CAP_WIRE_PATH_BYTES);
    (void)again(&out, &m);
    m.text = um_str_head(long_text, UM__CAP_WIRE_PATH_BYTES + 1);
    assert_int_equal(um_wire_read(frame_of(&out, &m), &is), P2P_EFORMAT);
    m.what = UM_WIRE_ABSENT;
    m.number = 0;
    m.text = um_str_head(long_text, UM__CAP_WIRE_TEXT_BYTES);
    (void)again(&out, &m);
    m.text = long_text;
    assert_int_equal(um_wire_read(frame_of(&out, &m), &is), P2P_EFORMAT);
    free((char *)(uintptr_t)long_text.p);
    um_buf_fini(&out);
}

/* Frames come in pieces of any size. */
static void test_pieces(void **state)
{
    const struct um_wire_msg look = {.what = UM_WIRE_LOOK};
    const struct um_wire_msg want = {.what = UM_WIRE_WANT, .hash = name(5)};
    struct um_buf out = UM_BUF_INIT;

    (void)state;
    um_wire_write(&out, &look);
    um_wire_write(&out, &want);
    um_wire_write(&out, &look);
    for (size_t piece = 1; piece <= out.len; piece++) {
        struct um_wire_in in = {.used = 0};
        struct um_str frame;
        unsigned n = 0;

        for (size_t at = 0; at < out.len; at += piece) {
            struct um_str part =
                um_str_head(um_str_skip(um_buf_view(&out), at), piece);

            assert_int_equal(um_wire_in_add(&in, part), 0);
            while (um_wire_in_next(&in, &frame) == 1) {
                struct um_wire_msg is;

                assert_int_equal(um_wire_read(frame, &is), 0);
                assert_int_equal(is.what, n == 1 ? UM_WIRE_WANT : UM_WIRE_LOOK);
                n++;
            }
        }
        assert_int_equal(n, 3);
        um_wire_in_fini(&in);
    }
    um_buf_fini(&out);
}

/* A length is judged before anything is waited for. */
static void test_lengths(void **state)
{
    static const struct {
        const char *head;
        int rv;
    } cases[] = {{"\0\0\0\0", P2P_EFORMAT},
                 {"\1\100\0\0", 0}, /* the cap */
                 {"\1\100\0\1", P2P_ETOOBIG},
                 {"\377\377\377\377", P2P_ETOOBIG}};
    struct um_str frame;

    (void)state;
    assert_int_equal(UM__CAP_WIRE_FRAME_BYTES, 0x01400000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct um_wire_in in = {.used = 0};

        assert_int_equal(um_wire_in_add(&in, um_str_n(cases[i].head, 4)), 0);
        assert_int_equal(um_wire_in_next(&in, &frame), cases[i].rv);
        um_wire_in_fini(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_an_order),
        cmocka_unit_test(test_what_unit_shows),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_the_plain_ones),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_texts_have_an_end),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
