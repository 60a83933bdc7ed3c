/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rule 2: what may be accepted, and what an item waits for. */
#include "mesh/trust/roster.h"

#include "p2p/err.h"
#include "rig.h"

static struct um_need need;

static int judge(struct rig *g, const struct um_revision *r)
{
    return um_accept_revision(&g->roster, &g->known, r, &need);
}

static void waits_for(enum um_need_what what, struct um_name name)
{
    assert_int_equal(need.what, what);
    assert_true(um_name_eq(&need.name, &name));
}

static void begin(struct rig *g)
{
    rig_init(g);
    assert_int_equal(rig_add(g, ROOT_SEED, rig_grant(WRITER_SEED, UM_WRITER)),
                     0);
    assert_int_equal(rig_add(g, ROOT_SEED, rig_grant(NODE_SEED, UM_NODE)), 0);
}

static void test_r1_is_the_one_of_the_genesis(void **state)
{
    struct rig g;
    struct um_revision other;

    (void)state;
    begin(&g);
    assert_int_equal(judge(&g, &g.r1), 0);
    other = g.r1;
    other.id.b[0] ^= 1;
    assert_int_equal(judge(&g, &other), P2P_EPROTO);
    other = g.r1;
    other.by = rig_name(WRITER_SEED);
    assert_int_equal(judge(&g, &other), P2P_EPROTO);
    rig_fini(&g);
}

static void test_a_writers_revision_with_its_parents(void **state)
{
    struct rig g;
    struct um_revision r2;
    struct um_revision r3;

    (void)state;
    begin(&g);
    r2 = rig_edit(&g, WRITER_SEED, &g.r1);
    r3 = rig_edit(&g, WRITER_SEED, &r2);
    assert_int_equal(judge(&g, &r2), 0);
    assert_int_equal(need.what, UM_NEED_NOTHING);
    assert_int_equal(judge(&g, &r3), P2P_EAGAIN);
    waits_for(UM_NEED_REVISION, r2.id);
    rig_here(&g, &r2.id, 2);
    assert_int_equal(judge(&g, &r3), 0);
    /* of two parents both, and the number is the higher one's and one */
    r3.parents[1] = rig_id(0x33);
    r3.parents_n = 2;
    assert_int_equal(judge(&g, &r3), P2P_EAGAIN);
    waits_for(UM_NEED_REVISION, rig_id(0x33));
    rig_here(&g, &r3.parents[1], 7);
    assert_int_equal(judge(&g, &r3), P2P_EPROTO);
    r3.number = 8;
    assert_int_equal(judge(&g, &r3), 0);
    r3.number = 9;
    assert_int_equal(judge(&g, &r3), P2P_EPROTO);
    rig_fini(&g);
}

static void test_only_writers_write(void **state)
{
    struct rig g;
    struct um_revision r;

    (void)state;
    begin(&g);
    r = rig_edit(&g, NODE_SEED, &g.r1);
    assert_int_equal(judge(&g, &r), P2P_EAGAIN);
    waits_for(UM_NEED_GRANT, rig_name(NODE_SEED));
    r = rig_edit(&g, 50, &g.r1); /* a stranger */
    assert_int_equal(judge(&g, &r), P2P_EAGAIN);
    waits_for(UM_NEED_GRANT, rig_name(50));
    /* an owner is no writer by it */
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_grant(OWNER_SEED, UM_OWNER)),
                     0);
    r = rig_edit(&g, OWNER_SEED, &g.r1);
    assert_int_equal(judge(&g, &r), P2P_EAGAIN);
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_grant(50, UM_WRITER)), 0);
    r = rig_edit(&g, 50, &g.r1);
    assert_int_equal(judge(&g, &r), 0);
    rig_fini(&g);
}

static void test_acceptance_does_not_ask_who_was_revoked(void **state)
{
    struct rig g;
    struct um_revision r;
    struct um_name w = rig_name(WRITER_SEED);

    (void)state;
    begin(&g);
    r = rig_edit(&g, WRITER_SEED, &g.r1);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_revoke(WRITER_SEED, 0)), 0);
    assert_int_equal(um_roster_roles(&g.roster, &w), 0);
    assert_int_equal(judge(&g, &r), 0);
    assert_int_equal(um_roster_keeps(&g.roster, &w, NULL, 0), 1);
    rig_fini(&g);
}

static void test_another_mesh_is_another(void **state)
{
    struct rig g;
    struct um_revision r;
    struct um_fact f = {.mesh = rig_id(1), .by = rig_name(WRITER_SEED)};

    (void)state;
    begin(&g);
    r = rig_edit(&g, WRITER_SEED, &g.r1);
    r.mesh.b[31] ^= 1;
    assert_int_equal(judge(&g, &r), P2P_EPEER);
    f.revision = g.r1.id;
    assert_int_equal(um_accept_fact(&g.roster, &g.known, &f, &need), P2P_EPEER);
    rig_fini(&g);
}

static void test_facts_wait_for_their_revision(void **state)
{
    struct rig g;
    struct um_fact f = {.by = rig_name(WRITER_SEED), .revision = rig_id(0x44)};

    (void)state;
    begin(&g);
    f.mesh = g.mesh;
    assert_int_equal(um_accept_fact(&g.roster, &g.known, &f, &need),
                     P2P_EAGAIN);
    waits_for(UM_NEED_REVISION, rig_id(0x44));
    rig_here(&g, &f.revision, 2);
    assert_int_equal(um_accept_fact(&g.roster, &g.known, &f, &need), 0);
    f.by = rig_name(NODE_SEED);
    assert_int_equal(um_accept_fact(&g.roster, &g.known, &f, &need),
                     P2P_EAGAIN);
    waits_for(UM_NEED_GRANT, f.by);
    rig_fini(&g);
}

static void test_statements_wait_for_what_they_name(void **state)
{
    struct rig g;
    struct um_name heads[2];
    struct um_name stand = rig_id(0x55);
    struct um_statement s = rig_revoke(WRITER_SEED, 0);

    (void)state;
    begin(&g);
    heads[0] = g.r1.id;
    heads[1] = rig_id(0x44);
    assert_int_equal(um_namelist_sort(heads, 2), 2);
    s.keep = (struct um_namelist){heads, 2};
    s.stand = (struct um_namelist){&stand, 1};
    s = rig_sign(&g, ROOT_SEED, s);
    assert_int_equal(um_roster_add(&g.roster, &s, &g.known, &need), P2P_EAGAIN);
    waits_for(UM_NEED_STATEMENT, stand);
    s = rig_revoke(WRITER_SEED, 0);
    s.keep = (struct um_namelist){heads, 2};
    s = rig_sign(&g, ROOT_SEED, s);
    assert_int_equal(um_roster_add(&g.roster, &s, &g.known, &need), P2P_EAGAIN);
    waits_for(UM_NEED_REVISION, rig_id(0x44));
    stand = rig_id(0x44);
    rig_here(&g, &stand, 2);
    assert_int_equal(um_roster_add(&g.roster, &s, &g.known, &need), 0);
    rig_fini(&g);
}

static void test_nothing_before_the_genesis(void **state)
{
    struct rig g;
    struct um_roster r;
    struct um_fact f = {.by = rig_name(1)};
    struct um_statement s;
    struct um_name other = rig_id(3);

    (void)state;
    begin(&g);
    um_roster_init(&r, &g.mesh);
    s = rig_sign(&g, ROOT_SEED, rig_grant(20, UM_NODE));
    assert_int_equal(um_roster_add(&r, &s, &g.known, &need), P2P_EAGAIN);
    waits_for(UM_NEED_GENESIS, g.mesh);
    assert_int_equal(um_accept_revision(&r, &g.known, &g.r1, &need),
                     P2P_EAGAIN);
    waits_for(UM_NEED_GENESIS, g.mesh);
    f.mesh = g.mesh;
    assert_int_equal(um_accept_fact(&r, &g.known, &f, &need), P2P_EAGAIN);
    assert_null(um_roster_genesis(&r));
    assert_int_equal(um_roster_add(&r, &g.genesis, &g.known, &need), 0);
    assert_int_equal(um_roster_add(&r, &s, &g.known, &need), 0);
    um_roster_fini(&r);
    /* another mesh's genesis, and its statements */
    um_roster_init(&r, &other);
    assert_int_equal(um_roster_add(&r, &g.genesis, &g.known, &need), P2P_EPEER);
    assert_int_equal(um_roster_add(&r, &s, &g.known, &need), P2P_EPEER);
    um_roster_fini(&r);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r1_is_the_one_of_the_genesis),
        cmocka_unit_test(test_a_writers_revision_with_its_parents),
        cmocka_unit_test(test_only_writers_write),
        cmocka_unit_test(test_acceptance_does_not_ask_who_was_revoked),
        cmocka_unit_test(test_another_mesh_is_another),
        cmocka_unit_test(test_facts_wait_for_their_revision),
        cmocka_unit_test(test_statements_wait_for_what_they_name),
        cmocka_unit_test(test_nothing_before_the_genesis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
