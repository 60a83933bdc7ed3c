/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A joiner against an inviter that means harm, or says nothing. */
#include "door.h"

/* What a joiner with a code makes of an answer of these statements. */
static enum um_joiner_wrong believes(const struct door *d,
                                     enum um_join_result result,
                                     const struct um_buf *const *statements,
                                     size_t n, bool proven)
{
    struct um_join_answer a = {.result = result, .proven = proven};
    struct um_join about = {.joiner = d->m.names[JOINER],
                            .inviter = d->m.names[INVITER],
                            .mesh = d->m.mesh};
    struct um_buf list = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    enum um_joiner_wrong wrong;
    struct um_joiner j;

    memset(about.binding, 0x42, sizeof about.binding);
    um_invite_answer(&d->invite, &about, a.proof);
    for (size_t i = 0; i < n; i++)
        um_join_statement_put(&list, um_buf_view(statements[i]));
    a.statements = um_buf_view(&list);
    assert_true(um_join_answer_put(&out, &a));
    door_joiner(d, &j, true);
    door_hear(&j, um_buf_view(&out), CHUNK_ALL);
    wrong = j.wrong;
    assert_int_equal(j.result == UM_JOINER_BROKEN, wrong != UM_JOINER_FINE);
    if (wrong != UM_JOINER_FINE)
        assert_int_equal(j.statements.len, 0); /* nothing to store */
    assert_true(strlen(um_joiner_text(&j)) > 10);
    um_joiner_fini(&j);
    um_buf_fini(&list);
    um_buf_fini(&out);
    return wrong;
}

static void test_answers_that_are_not_believed(void **state)
{
    struct um_buf grant = UM_BUF_INIT;
    struct um_buf others = UM_BUF_INIT;
    struct um_buf by_node = UM_BUF_INIT;
    struct door d;
    const struct um_buf *s[4];

    (void)state;
    door_init(&d);
    door_sign(&d, OWNER,
              (struct um_statement){
                  .what = UM_GRANT, .key = d.m.names[JOINER], .roles = UM_NODE},
              &grant);
    door_sign(&d, ROOT,
              (struct um_statement){
                  .what = UM_GRANT, .key = d.m.names[JOINER], .roles = UM_NODE},
              &others);
    door_sign(&d, INVITER,
              (struct um_statement){
                  .what = UM_GRANT, .key = d.m.names[JOINER], .roles = UM_NODE},
              &by_node);
    s[0] = &d.m.statements[0];
    s[1] = &d.m.statements[1];
    s[2] = &grant;
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, true), UM_JOINER_FINE);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, false),
                     UM_JOINER_BAD_PROOF);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 2, true),
                     UM_JOINER_NO_ROLES);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 0, true),
                     UM_JOINER_BAD_GENESIS);
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s + 1, 2, true),
                     UM_JOINER_BAD_GENESIS);
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 1, true), UM_JOINER_FINE);
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 1, false),
                     UM_JOINER_BAD_PROOF);
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 2, true),
                     UM_JOINER_BAD_ROSTER);
    s[2] = &others; /* let in by another than the code names */
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, true),
                     UM_JOINER_OTHER_OWNER);
    s[2] = &by_node; /* by one who may not */
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 3, true),
                     UM_JOINER_BAD_ROSTER);
    s[1] = &grant; /* by one of whom nothing is said */
    assert_int_equal(believes(&d, UM_JOIN_WELCOME, s, 2, true),
                     UM_JOINER_BAD_ROSTER);
    um_buf_fini(&grant);
    um_buf_fini(&others);
    um_buf_fini(&by_node);
    door_fini(&d);
}

/* A mesh of its own, whose half is another. */
static void test_another_mesh(void **state)
{
    struct um_buf genesis = UM_BUF_INIT;
    const struct um_buf *s[1] = {&genesis};
    struct um_name mesh;
    struct door d;

    (void)state;
    door_init(&d);
    mesh = d.m.mesh;
    d.m.mesh = (struct um_name){{0}};
    door_sign(&d, ROOT,
              (struct um_statement){.what = UM_GENESIS,
                                    .roles = UM_ROLES_ALL,
                                    .nonce = {2},
                                    .first = {{7}}},
              &genesis);
    d.m.mesh = mesh;
    assert_int_equal(believes(&d, UM_JOIN_PENDING, s, 1, true),
                     UM_JOINER_OTHER_MESH);
    um_buf_fini(&genesis);
    door_fini(&d);
}

/* Bytes that are no answer. */
static enum um_joiner_wrong hears(struct um_str bytes)
{
    enum um_joiner_wrong wrong;
    struct um_joiner j;
    struct door d;

    door_init(&d);
    door_joiner(&d, &j, true);
    door_hear(&j, bytes, CHUNK_RANDOM);
    wrong = j.wrong;
    um_joiner_fini(&j);
    door_fini(&d);
    return wrong;
}

static void test_bytes_that_are_no_answer(void **state)
{
    (void)state;
    assert_int_equal(hears(UM_STR("")), UM_JOINER_SILENT);
    assert_int_equal(hears(UM_STR("\x04\x08\x01")), UM_JOINER_SILENT);
    assert_int_equal(hears(UM_STR("\x03xyz")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x02\x08\x01")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x04\x08\x01\x10\x03")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x04\x08\x01\x10\x04")), UM_JOINER_GARBAGE);
    assert_int_equal(hears(UM_STR("\x04\x08\x02\x10\x01")), UM_JOINER_TOO_NEW);
    assert_int_equal(hears(UM_STR("\x06\x08\x01\x10\x03\x28\x63")),
                     UM_JOINER_FINE); /* refused, for a reason of later */
}

/* An answer that is refused, with padding, as a frame of `len` bytes. */
static enum um_joiner_wrong hears_long(size_t len)
{
    struct um_buf body = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_buf pad = UM_BUF_INIT;
    enum um_joiner_wrong wrong;

    um_buf_fill(&pad, 'x', len - 12);
    um_pb_put_num(&body, 1, 1);
    um_pb_put_num(&body, 2, UM_JOIN_REFUSED);
    um_pb_put_num(&body, 5, UM_JOIN_CLOSED);
    um_pb_put_str(&body, 30, um_buf_view(&pad));
    um_frame_put(&frame, um_buf_view(&body));
    assert_true(body.len <= len && body.len + 2 > len);
    wrong = hears(um_buf_view(&frame));
    um_buf_fini(&body);
    um_buf_fini(&frame);
    um_buf_fini(&pad);
    return wrong;
}

static void test_answers_have_an_end(void **state)
{
    (void)state;
    assert_int_equal(hears_long(UM__CAP_JOIN_ANSWER_BYTES), UM_JOINER_FINE);
    assert_int_equal(hears_long(UM__CAP_JOIN_ANSWER_BYTES + 2),
                     UM_JOINER_GARBAGE);
}

static void test_a_joiner_does_not_wait_for_ever(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    door_joiner(&d, &j, false);
    assert_true(um_joiner_deadline(&j) == 1000 + UM_JOINER_PATIENCE_MS);
    um_joiner_expire(&j, 1000 + UM_JOINER_PATIENCE_MS - 1);
    assert_int_equal(j.result, UM_JOINER_ASKING);
    um_joiner_expire(&j, 1000 + UM_JOINER_PATIENCE_MS);
    assert_int_equal(j.wrong, UM_JOINER_SILENT);
    um_joiner_fini(&j);
    door_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_that_are_not_believed),
        cmocka_unit_test(test_another_mesh),
        cmocka_unit_test(test_bytes_that_are_no_answer),
        cmocka_unit_test(test_answers_have_an_end),
        cmocka_unit_test(test_a_joiner_does_not_wait_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
