/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Statements that are carried: what is planned on a node, signed elsewhere and
 * brought back is what the node would have signed itself. */
#include "mesh/trust/carry.h"

#include "p2p/err.h"
#include "rig.h"

static struct um_statement grant(void)
{
    return (struct um_statement){.what = UM_GRANT,
                                 .mesh = rig_id(9),
                                 .by = rig_name(ROOT_SEED),
                                 .key = rig_id(5),
                                 .roles = UM_OWNER,
                                 .wall_ms = T0};
}

static void test_a_plan_is_signed_elsewhere(void **state)
{
    struct p2p_key *key = rig_key(OWNER_SEED);
    struct um_statement s = grant(), back;
    struct um_buf plan = UM_BUF_INIT, file = UM_BUF_INIT, there = UM_BUF_INIT,
                  here = UM_BUF_INIT;
    enum um_carry what;
    struct um_str list, one;
    struct um_item it;

    (void)state;
    assert_int_equal(um_statement_plan(&s, &plan), 0);
    um_carry_begin(&file, UM_CARRY_TO_SIGN);
    um_carry_add(&file, um_buf_view(&plan));
    assert_int_equal(um_carry_read(um_buf_view(&file), &what, &list), 0);
    assert_int_equal(what, UM_CARRY_TO_SIGN);
    assert_true(um_pb_list_next(&list, &one));
    assert_int_equal(um_item_read(one, UM_STATEMENT, &it), 0);
    assert_int_equal(um_statement_decode(&it, &back), 0);
    assert_false(um_pb_list_next(&list, &one));
    assert_int_equal(um_statement_seal(&back, key, &there), 0);
    assert_int_equal(um_statement_seal(&s, key, &here), 0);
    assert_true(um_str_eq(um_buf_view(&here), um_buf_view(&there)));
    um_buf_fini(&plan);
    um_buf_fini(&file);
    um_buf_fini(&there);
    um_buf_fini(&here);
    p2p_key_free(key);
}

static void test_what_cannot_be_signed_is_no_plan(void **state)
{
    struct um_statement s = grant();
    struct um_buf plan = UM_BUF_INIT;

    (void)state;
    s.message = UM_STR("a\nb");
    assert_int_equal(um_statement_plan(&s, &plan), P2P_EINVAL);
    assert_int_equal(plan.len, 0);
    um_buf_fini(&plan);
}

static int read_it(const char *bytes, size_t len)
{
    enum um_carry what;
    struct um_str list;

    return um_carry_read(um_str_n(bytes, len), &what, &list);
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(read_it("", 0), P2P_EFORMAT);
    assert_int_equal(read_it("\x08\x01\x10\x07", 4), P2P_EFORMAT); /* empty */
    assert_int_equal(read_it("\x08\x01\x10\x07\x1a\x01x", 7), 0);
    assert_int_equal(read_it("\x08\x01\x10\x08\x1a\x01x\x1a\x01y", 10), 0);
    assert_int_equal(read_it("\x08\x01\x10\x06\x1a\x01x", 7), P2P_EFORMAT);
    assert_int_equal(read_it("\x10\x07\x1a\x01x", 5), P2P_EFORMAT);
    assert_int_equal(read_it("\x08\x02\x10\x07\x1a\x01x", 7), P2P_ENOTSUP);
    assert_int_equal(read_it("\x08\x01\x10\x07\x1a\x02x", 7), P2P_EFORMAT);
    assert_int_equal(read_it("{}", 2), P2P_EFORMAT);
}

static void test_files_have_an_end(void **state)
{
    struct um_buf file = UM_BUF_INIT;

    (void)state;
    um_carry_begin(&file, UM_CARRY_SIGNED);
    for (unsigned i = 0; i < UM__CAP_CARRY_STATEMENTS; i++)
        um_carry_add(&file, UM_STR("one"));
    assert_int_equal(read_it(file.p, file.len), 0);
    um_carry_add(&file, UM_STR("one"));
    assert_int_equal(read_it(file.p, file.len), P2P_ETOOBIG);
    um_buf_clear(&file);
    um_carry_begin(&file, UM_CARRY_SIGNED);
    um_buf_byte(&file, '\x1a');
    um_pb_put_varint(&file, UM__CAP_CARRY_BYTES - 8);
    um_buf_fill(&file, 'x', UM__CAP_CARRY_BYTES - 8);
    assert_int_equal(file.len, UM__CAP_CARRY_BYTES);
    assert_int_equal(read_it(file.p, file.len), 0);
    um_buf_clear(&file);
    um_carry_begin(&file, UM_CARRY_SIGNED);
    um_buf_byte(&file, '\x1a');
    um_pb_put_varint(&file, UM__CAP_CARRY_BYTES - 7);
    um_buf_fill(&file, 'x', UM__CAP_CARRY_BYTES - 7);
    assert_int_equal(read_it(file.p, file.len), P2P_ETOOBIG);
    um_buf_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_is_signed_elsewhere),
        cmocka_unit_test(test_what_cannot_be_signed_is_no_plan),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_files_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
