/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Roster statements: each kind has its fields, all of them and no others. */
#include "mesh/trust/statement.h"

#include "p2p/err.h"
#include "rig.h"

static int try_it(struct um_statement s)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(1);
    int err = um_statement_seal(&s, key, &b);

    assert_true(err == 0 || b.len == 0);
    p2p_key_free(key);
    um_buf_fini(&b);
    return err;
}

static struct um_name one[1];

/* A statement of each kind with the least it needs. */
static struct um_statement least(enum um_statement_what what)
{
    struct um_statement s = {.what = what, .wall_ms = 1};

    one[0] = rig_id(3);
    if (what != UM_GENESIS)
        s.mesh = rig_id(9);
    if (what == UM_GENESIS) {
        s.first = rig_id(4);
        s.roles = UM_OWNER | UM_ROOT;
    }
    if (what == UM_GRANT || what == UM_REVOKE)
        s.key = rig_id(5);
    if (what == UM_GRANT)
        s.roles = UM_NODE;
    if (what == UM_SET) {
        s.name = UM_STR("name");
        s.seq = 1;
    }
    if (what == UM_VOID)
        s.ids = (struct um_namelist){one, 1};
    return s;
}

static void test_the_least_of_each_kind(void **state)
{
    (void)state;
    for (int what = UM_GENESIS; what <= UM_VOID; what++) {
        struct um_statement s = least((enum um_statement_what)what);

        assert_int_equal(try_it(s), 0);
        s.message = UM_STR("why");
        assert_int_equal(try_it(s), 0);
        s.wall_ms = 0;
        assert_int_equal(try_it(s), P2P_EINVAL);
    }
    assert_int_equal(try_it(least((enum um_statement_what)0)), P2P_EINVAL);
    assert_int_equal(try_it(least((enum um_statement_what)6)), P2P_EINVAL);
}

/* What a field does to each kind: '+' it may be there, '-' it may not. */
static void fits(const char *kinds, struct um_statement with)
{
    for (int what = UM_GENESIS; what <= UM_VOID; what++) {
        struct um_statement s = least((enum um_statement_what)what);

        if (!um_name_none(&with.key))
            s.key = with.key;
        if (!um_name_none(&with.first))
            s.first = with.first;
        if (with.roles != 0)
            s.roles |= with.roles;
        if (with.seq != 0)
            s.seq = with.seq;
        if (with.keep.n > 0)
            s.keep = with.keep;
        if (with.stand.n > 0)
            s.stand = with.stand;
        if (with.ids.n > 0)
            s.ids = with.ids;
        if (with.name.len > 0)
            s.name = with.name;
        if (with.value.len > 0)
            s.value = with.value;
        assert_int_equal(try_it(s), kinds[what - 1] == '+' ? 0 : P2P_EINVAL);
    }
}

static void test_fields_of_other_kinds_are_refused(void **state)
{
    struct um_namelist names = {one, 1};

    (void)state;
    one[0] = rig_id(3);
    /* in the order genesis, grant, revoke, set, void */
    fits("++++-", (struct um_statement){.key = rig_id(6)});
    fits("+----", (struct um_statement){.first = rig_id(6)});
    fits("+++--", (struct um_statement){.roles = UM_WRITER});
    fits("---+-", (struct um_statement){.seq = 7});
    fits("--+--", (struct um_statement){.keep = names});
    fits("--+--", (struct um_statement){.stand = names});
    fits("----+", (struct um_statement){.ids = names});
    fits("+--+-", (struct um_statement){.name = UM_STR("n")});
    fits("---+-", (struct um_statement){.value = UM_STR("v")});
}

static void test_what_is_missing_is_refused(void **state)
{
    struct um_statement s = least(UM_GENESIS);

    (void)state;
    s.roles = UM_OWNER;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s.roles = UM_ROOT;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_GENESIS);
    memset(&s.first, 0, sizeof s.first);
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_GENESIS);
    s.mesh = rig_id(9);
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_GENESIS);
    s.key = rig_name(1); /* root and recovery in one */
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_GRANT);
    s.roles = 0;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s.roles = 16;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_GRANT);
    memset(&s.key, 0, sizeof s.key);
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_GRANT);
    memset(&s.mesh, 0, sizeof s.mesh);
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_SET);
    s.name.len = 0;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_SET);
    s.seq = 0;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s = least(UM_VOID);
    s.ids.n = 0;
    assert_int_equal(try_it(s), P2P_EINVAL);
}

static void test_names_and_values_have_an_end(void **state)
{
    static char text[UM__CAP_SET_VALUE_BYTES + 1];
    struct um_statement s = least(UM_SET);

    (void)state;
    memset(text, 't', sizeof text);
    s.name = um_str_n(text, UM__CAP_SET_NAME_BYTES);
    s.value = um_str_n(text, UM__CAP_SET_VALUE_BYTES);
    assert_int_equal(try_it(s), 0);
    s.value.len++;
    assert_int_equal(try_it(s), P2P_EINVAL);
    s.value.len--;
    s.name.len++;
    assert_int_equal(try_it(s), P2P_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_least_of_each_kind),
        cmocka_unit_test(test_fields_of_other_kinds_are_refused),
        cmocka_unit_test(test_what_is_missing_is_refused),
        cmocka_unit_test(test_names_and_values_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
