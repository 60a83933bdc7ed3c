/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The roster: who may do what, whatever the order in which it was said. */
#include "mesh/trust/roster.h"

#include "p2p/err.h"
#include "rig.h"

static unsigned roles_of(struct rig *g, unsigned seed)
{
    struct um_name name = rig_name(seed);

    return um_roster_roles(&g->roster, &name);
}

static size_t keeps_of(struct rig *g, unsigned seed)
{
    struct um_name name = rig_name(seed);

    return um_roster_keeps(&g->roster, &name, NULL, 0);
}

/* A rig with an owner, a writer by him, a node by the root. */
static void people(struct rig *g)
{
    rig_init(g);
    assert_int_equal(rig_add(g, ROOT_SEED, rig_grant(OWNER_SEED, UM_OWNER)), 0);
    assert_int_equal(
        rig_add(g, OWNER_SEED, rig_grant(WRITER_SEED, UM_WRITER | UM_NODE)), 0);
    assert_int_equal(rig_add(g, ROOT_SEED, rig_grant(NODE_SEED, UM_NODE)), 0);
}

static void test_the_genesis_makes_the_root(void **state)
{
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(roles_of(&g, ROOT_SEED), UM_ROLES_ALL);
    assert_int_equal(roles_of(&g, WRITER_SEED), 0);
    assert_int_equal(um_roster_members(&g.roster), 1);
    assert_int_equal(um_roster_count(&g.roster), 1);
    assert_true(um_name_eq(&um_roster_genesis(&g.roster)->id, &g.mesh));
    rig_fini(&g);
}

static void test_roles_are_a_set_and_members_are_nodes(void **state)
{
    struct rig g;

    (void)state;
    people(&g);
    assert_int_equal(roles_of(&g, OWNER_SEED), UM_OWNER);
    assert_int_equal(roles_of(&g, WRITER_SEED), UM_WRITER | UM_NODE);
    assert_int_equal(roles_of(&g, NODE_SEED), UM_NODE);
    assert_int_equal(um_roster_members(&g.roster), 3); /* not the owner */
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_grant(NODE_SEED, UM_WRITER)),
                     0);
    assert_int_equal(roles_of(&g, NODE_SEED), UM_WRITER | UM_NODE);
    assert_int_equal(um_roster_members(&g.roster), 3);
    assert_int_equal(g.roster.keys_n, 4);
    for (size_t i = 1; i < g.roster.keys_n; i++)
        assert_true(um_name_cmp(&um_roster_key_at(&g.roster, i - 1)->name,
                                &um_roster_key_at(&g.roster, i)->name) < 0);
    rig_fini(&g);
}

static void test_what_is_there_is_not_added_again(void **state)
{
    struct rig g;
    struct um_need need;
    bool stands;
    struct um_statement s;

    (void)state;
    people(&g);
    s = rig_sign(&g, ROOT_SEED, rig_grant(9, UM_NODE));
    assert_null(um_roster_find(&g.roster, &s.id));
    assert_int_equal(um_roster_add(&g.roster, &s, &g.known, &need), 0);
    assert_int_equal(um_roster_add(&g.roster, &s, &g.known, &need), P2P_EDUP);
    assert_non_null(um_roster_find(&g.roster, &s.id));
    assert_int_equal(um_roster_count(&g.roster), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(um_roster_at(&g.roster, i, &stands));
        assert_true(stands);
    }
    rig_fini(&g);
}

static void test_nobody_grants_his_own_level(void **state)
{
    struct rig g;
    struct um_name by = rig_name(OWNER_SEED);
    struct um_statement s;
    struct um_need need;

    (void)state;
    people(&g);
    s = rig_sign(&g, OWNER_SEED, rig_grant(9, UM_OWNER | UM_NODE));
    assert_int_equal(um_roster_add(&g.roster, &s, &g.known, &need), P2P_EAGAIN);
    assert_int_equal(need.what, UM_NEED_GRANT);
    assert_true(um_name_eq(&need.name, &by));
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_grant(9, UM_ROOT)), P2P_EAGAIN);
    assert_int_equal(rig_add(&g, WRITER_SEED, rig_grant(9, UM_NODE)),
                     P2P_EAGAIN);
    assert_int_equal(rig_add(&g, NODE_SEED, rig_revoke(WRITER_SEED, 0)),
                     P2P_EAGAIN);
    assert_int_equal(rig_add(&g, 77, rig_grant(77, UM_NODE)), P2P_EAGAIN);
    assert_int_equal(roles_of(&g, 9), 0);
    /* the recovery key may all of it */
    assert_int_equal(rig_add(&g, RECOVERY_SEED, rig_grant(9, UM_ROOT)), 0);
    assert_int_equal(roles_of(&g, 9), UM_ROOT);
    assert_int_equal(rig_add(&g, 9, rig_grant(10, UM_OWNER)), 0);
    assert_int_equal(roles_of(&g, 10), UM_OWNER);
    rig_fini(&g);
}

/* Whether a statement that is taken counts for anything. */
static bool counts(struct rig *g, unsigned by, struct um_statement plan)
{
    struct um_statement s = rig_sign(g, by, plan);
    struct um_need need;

    assert_int_equal(um_roster_add(&g->roster, &s, &g->known, &need), 0);
    return um_roster_counts(&g->roster, &s.id);
}

static void test_what_is_kept_and_counts_for_nothing(void **state)
{
    struct rig g;
    struct um_name none = rig_name(99);

    (void)state;
    people(&g);
    assert_false(um_roster_counts(&g.roster, &none));
    assert_true(um_roster_counts(&g.roster, &um_roster_genesis(&g.roster)->id));
    assert_true(counts(&g, ROOT_SEED, rig_grant(6, UM_OWNER)));
    assert_false(counts(&g, OWNER_SEED, rig_revoke(6, 0)));
    assert_true(counts(&g, ROOT_SEED, rig_revoke(6, 0)));
    assert_false(counts(&g, 6, rig_revoke(WRITER_SEED, 0)));
    assert_true(counts(&g, OWNER_SEED, rig_revoke(WRITER_SEED, UM_WRITER)));
    assert_false(counts(&g, OWNER_SEED, rig_grant(WRITER_SEED, UM_WRITER)));
    rig_fini(&g);
}

static void test_nobody_revokes_upwards(void **state)
{
    struct rig g;

    (void)state;
    people(&g);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_grant(6, UM_OWNER | UM_WRITER)),
                     0);
    /* an owner: not the root, not another owner, not himself, nothing of them
     */
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_revoke(ROOT_SEED, 0)), 0);
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_revoke(6, 0)), 0);
    assert_int_equal(rig_add(&g, 6, rig_revoke(OWNER_SEED, UM_OWNER)), 0);
    assert_int_equal(roles_of(&g, ROOT_SEED), UM_ROLES_ALL);
    assert_int_equal(roles_of(&g, 6), UM_OWNER | UM_WRITER);
    assert_int_equal(roles_of(&g, OWNER_SEED), UM_OWNER);
    assert_int_equal(keeps_of(&g, ROOT_SEED), 0);
    assert_int_equal(keeps_of(&g, 6), 0);
    /* the root: owners, but not the recovery key's grants of root */
    assert_int_equal(rig_add(&g, RECOVERY_SEED, rig_grant(9, UM_ROOT)), 0);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_revoke(9, 0)), 0);
    assert_int_equal(roles_of(&g, 9), UM_ROOT);
    assert_int_equal(rig_add(&g, 9, rig_revoke(ROOT_SEED, 0)), 0);
    assert_int_equal(roles_of(&g, ROOT_SEED), UM_ROLES_ALL);
    assert_int_equal(rig_add(&g, 9, rig_revoke(6, 0)), 0);
    assert_int_equal(roles_of(&g, 6), 0);
    assert_int_equal(keeps_of(&g, 6), 1);
    rig_fini(&g);
}

static void test_a_revoked_key_never_returns(void **state)
{
    struct rig g;
    struct um_name w = rig_name(WRITER_SEED);
    struct um_name stranger = rig_name(99);

    (void)state;
    people(&g);
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_revoke(WRITER_SEED, 0)), 0);
    assert_int_equal(roles_of(&g, WRITER_SEED), 0);
    assert_int_equal(um_roster_members(&g.roster), 2);
    assert_int_equal(
        rig_add(&g, ROOT_SEED, rig_grant(WRITER_SEED, UM_WRITER | UM_NODE)), 0);
    assert_int_equal(roles_of(&g, WRITER_SEED), 0);
    /* acceptance does not ask */
    assert_int_equal(um_roster_ever(&g.roster, &stranger), 0);
    assert_int_equal(um_roster_ever(&g.roster, &w), UM_WRITER | UM_NODE);
    rig_fini(&g);
}

static void test_one_role_can_be_revoked(void **state)
{
    struct rig g;

    (void)state;
    people(&g);
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_revoke(WRITER_SEED, UM_NODE)),
                     0);
    assert_int_equal(roles_of(&g, WRITER_SEED), UM_WRITER);
    assert_int_equal(keeps_of(&g, WRITER_SEED), 0);
    assert_int_equal(
        rig_add(&g, OWNER_SEED, rig_revoke(WRITER_SEED, UM_WRITER)), 0);
    assert_int_equal(roles_of(&g, WRITER_SEED), 0);
    assert_int_equal(keeps_of(&g, WRITER_SEED), 1);
    rig_fini(&g);
}

static void test_every_revocation_has_to_keep(void **state)
{
    struct rig g;
    const struct um_statement *out[4];
    struct um_name w = rig_name(WRITER_SEED);
    struct um_statement s = rig_revoke(WRITER_SEED, 0);

    (void)state;
    people(&g);
    s.keep = (struct um_namelist){&g.r1.id, 1};
    assert_int_equal(rig_add(&g, OWNER_SEED, s), 0);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_revoke(WRITER_SEED, UM_WRITER)),
                     0);
    assert_int_equal(um_roster_keeps(&g.roster, &w, out, 4), 2);
    assert_true(out[0] != out[1]);
    assert_int_equal(out[0]->keep.n + out[1]->keep.n, 1);
    assert_int_equal(um_roster_keeps(&g.roster, &w, out, 1), 2);
    rig_fini(&g);
}

/* A lost owner's key: what he said falls, but for what the root lets stand. */
static void test_what_a_revoked_owner_said_falls(void **state)
{
    struct rig g;
    struct um_statement s = rig_revoke(OWNER_SEED, 0);
    struct um_statement stays;
    struct um_need need;
    const struct um_statement *out[4];
    struct um_name w = rig_name(WRITER_SEED);
    bool stands;
    unsigned fallen = 0;

    (void)state;
    people(&g);
    stays = rig_sign(&g, OWNER_SEED, rig_grant(6, UM_WRITER));
    assert_int_equal(um_roster_add(&g.roster, &stays, &g.known, &need), 0);
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_revoke(NODE_SEED, 0)), 0);
    assert_int_equal(roles_of(&g, NODE_SEED), 0);
    s.stand = (struct um_namelist){&stays.id, 1};
    s.keep = (struct um_namelist){&g.r1.id, 1};
    assert_int_equal(rig_add(&g, ROOT_SEED, s), 0);
    assert_int_equal(roles_of(&g, OWNER_SEED), 0);
    assert_int_equal(roles_of(&g, 6), UM_WRITER); /* let stand */
    assert_int_equal(keeps_of(&g, 6), 0);
    assert_int_equal(roles_of(&g, WRITER_SEED), 0); /* fell */
    assert_int_equal(roles_of(&g, NODE_SEED),
                     UM_NODE); /* his revocation fell */
    /* and the work of those whom he enrolled is kept by what felled him */
    assert_int_equal(um_roster_keeps(&g.roster, &w, out, 4), 1);
    assert_int_equal(out[0]->keep.n, 1);
    /* he may be heard later: it counts for acceptance, and for nothing else */
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_grant(11, UM_WRITER)), 0);
    assert_int_equal(roles_of(&g, 11), 0);
    assert_int_equal(keeps_of(&g, 11), 1);
    for (size_t i = 0; i < um_roster_count(&g.roster); i++) {
        (void)um_roster_at(&g.roster, i, &stands);
        fallen += !stands;
    }
    assert_int_equal(fallen, 3);
    /* the root enrols one of them anew */
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_grant(WRITER_SEED, UM_WRITER)),
                     0);
    assert_int_equal(roles_of(&g, WRITER_SEED), UM_WRITER);
    assert_int_equal(keeps_of(&g, WRITER_SEED), 0);
    rig_fini(&g);
}

/* One revocation counts once, however many grants it felled, and however many
 * there is room for. */
static void test_a_revocation_counts_once(void **state)
{
    struct rig g;
    struct um_name w = rig_name(WRITER_SEED);
    const struct um_statement *out[2];

    (void)state;
    people(&g);
    assert_int_equal(rig_add(&g, OWNER_SEED, rig_grant(WRITER_SEED, UM_WRITER)),
                     0);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_revoke(OWNER_SEED, 0)), 0);
    assert_int_equal(keeps_of(&g, WRITER_SEED), 1);
    assert_int_equal(um_roster_keeps(&g.roster, &w, out, 2), 1);
    assert_int_equal(um_roster_keeps(&g.roster, &w, out, 0), 1);
    rig_fini(&g);
}

/* A stolen root: the recovery key takes it away, with all that hangs on it. */
static void test_the_recovery_key_undoes_the_root(void **state)
{
    struct rig g;

    (void)state;
    people(&g);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_grant(66, UM_OWNER)), 0);
    assert_int_equal(rig_add(&g, 66, rig_grant(67, UM_WRITER)), 0);
    assert_int_equal(rig_add(&g, RECOVERY_SEED, rig_revoke(ROOT_SEED, 0)), 0);
    assert_int_equal(roles_of(&g, ROOT_SEED), 0);
    assert_int_equal(roles_of(&g, 66), 0);
    assert_int_equal(roles_of(&g, 67), 0);
    assert_int_equal(roles_of(&g, WRITER_SEED), 0);
    assert_int_equal(keeps_of(&g, 67), 1); /* two levels up */
    assert_int_equal(keeps_of(&g, ROOT_SEED), 1);
    assert_int_equal(rig_add(&g, RECOVERY_SEED, rig_grant(12, UM_ROOT)), 0);
    assert_int_equal(rig_add(&g, 12, rig_grant(OWNER_SEED, UM_OWNER)), 0);
    assert_int_equal(roles_of(&g, OWNER_SEED), UM_OWNER);
    assert_int_equal(roles_of(&g, WRITER_SEED), UM_WRITER | UM_NODE);
    assert_int_equal(keeps_of(&g, WRITER_SEED), 0);
    rig_fini(&g);
}

/* An owner by a root who is only an owner now: he speaks as one. */
static void test_a_fallen_root_may_still_be_an_owner(void **state)
{
    struct rig g;

    (void)state;
    people(&g);
    assert_int_equal(rig_add(&g, RECOVERY_SEED, rig_grant(9, UM_ROOT)), 0);
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_grant(9, UM_OWNER)), 0);
    assert_int_equal(rig_add(&g, 9, rig_grant(13, UM_OWNER)), 0);
    assert_int_equal(rig_add(&g, 13, rig_grant(14, UM_WRITER)), 0);
    assert_int_equal(rig_add(&g, 9, rig_grant(15, UM_WRITER)), 0);
    assert_int_equal(roles_of(&g, 13), UM_OWNER);
    assert_int_equal(rig_add(&g, RECOVERY_SEED, rig_revoke(9, UM_ROOT)), 0);
    assert_int_equal(roles_of(&g, 9), UM_OWNER);
    assert_int_equal(roles_of(&g, 13), 0);
    assert_int_equal(roles_of(&g, 14), 0);
    assert_int_equal(keeps_of(&g, 14), 1);
    assert_int_equal(roles_of(&g, 15), UM_WRITER);
    assert_int_equal(keeps_of(&g, 15), 0);
    rig_fini(&g);
}

static void test_labels_and_settings(void **state)
{
    struct rig g;
    struct um_name node = rig_name(NODE_SEED);
    struct um_statement s = {.what = UM_SET,
                             .key = node,
                             .name = UM_STR("zone"),
                             .value = UM_STR("west"),
                             .seq = 2};
    const struct um_statement *v;

    (void)state;
    people(&g);
    assert_null(um_roster_value(&g.roster, &node, UM_STR("zone")));
    assert_int_equal(rig_add(&g, OWNER_SEED, s), 0);
    s.value = UM_STR("east");
    s.seq = 1; /* older */
    assert_int_equal(rig_add(&g, ROOT_SEED, s), 0);
    v = um_roster_value(&g.roster, &node, UM_STR("zone"));
    assert_true(um_str_eq(v->value, UM_STR("west")));
    assert_null(um_roster_value(&g.roster, NULL, UM_STR("zone")));
    assert_null(um_roster_value(&g.roster, &node, UM_STR("zon")));
    s.seq = 3;
    s.value = UM_STR("");
    assert_int_equal(rig_add(&g, ROOT_SEED, s), 0);
    assert_null(um_roster_value(&g.roster, &node, UM_STR("zone")));
    memset(&s.key, 0, sizeof s.key);
    s.value = UM_STR("24h");
    s.name = UM_STR("deadline");
    assert_int_equal(rig_add(&g, ROOT_SEED, s), 0);
    assert_non_null(um_roster_value(&g.roster, NULL, UM_STR("deadline")));
    assert_int_equal(rig_add(&g, WRITER_SEED, s), P2P_EAGAIN);
    rig_fini(&g);
}

static void test_of_equal_numbers_the_higher_id_wins(void **state)
{
    struct rig g;
    struct um_statement s = {
        .what = UM_SET, .name = UM_STR("n"), .value = UM_STR("a"), .seq = 1};
    struct um_name highest = {{0}};

    (void)state;
    people(&g);
    for (unsigned i = 0; i < 8; i++) {
        struct um_statement made = rig_sign(&g, ROOT_SEED, s);
        struct um_need need;

        assert_int_equal(um_roster_add(&g.roster, &made, &g.known, &need), 0);
        if (um_name_cmp(&made.id, &highest) > 0)
            highest = made.id;
    }
    assert_true(um_name_eq(&um_roster_value(&g.roster, NULL, UM_STR("n"))->id,
                           &highest));
    rig_fini(&g);
}

static void test_void_names_revisions_but_never_r1(void **state)
{
    struct rig g;
    struct um_name ids[2];
    struct um_name other = rig_id(0x61);
    struct um_name named = rig_id(0x60);

    (void)state;
    people(&g);
    ids[0] = g.r1.id;
    ids[1] = named;
    assert_int_equal(um_namelist_sort(ids, 2), 2);
    assert_int_equal(
        rig_add(&g, OWNER_SEED,
                (struct um_statement){.what = UM_VOID, .ids = {ids, 2}}),
        0);
    assert_false(um_roster_voids(&g.roster, &g.r1.id));
    assert_true(um_roster_voids(&g.roster, &named));
    assert_false(um_roster_voids(&g.roster, &other));
    /* with the owner falls his word */
    assert_int_equal(rig_add(&g, ROOT_SEED, rig_revoke(OWNER_SEED, 0)), 0);
    assert_false(um_roster_voids(&g.roster, &named));
    rig_fini(&g);
}

/* ---- whatever the order */

#define STORY 16

/* Adds statements until no more are taken. */
static void add_all(struct rig *g, struct um_roster *r,
                    const struct um_statement *s, const unsigned *order)
{
    size_t before;

    do {
        before = um_roster_count(r);
        for (unsigned i = 0; i < STORY; i++) {
            struct um_need need;

            (void)um_roster_add(r, &s[order[i]], &g->known, &need);
        }
    } while (um_roster_count(r) != before);
}

/* Whether two rosters say the same. */
static void compare(struct um_roster *a, struct um_roster *b)
{
    assert_int_equal(um_roster_count(a), um_roster_count(b));
    for (size_t i = 0; i < um_roster_count(a); i++) {
        bool x;
        bool y;

        assert_true(um_name_eq(&um_roster_at(a, i, &x)->id,
                               &um_roster_at(b, i, &y)->id));
        assert_int_equal(x, y);
    }
    assert_int_equal(um_roster_members(a), um_roster_members(b));
    for (unsigned seed = 1; seed < 12; seed++) {
        struct um_name n = rig_name(seed);

        assert_int_equal(um_roster_roles(a, &n), um_roster_roles(b, &n));
        assert_int_equal(um_roster_ever(a, &n), um_roster_ever(b, &n));
        assert_int_equal(um_roster_keeps(a, &n, NULL, 0),
                         um_roster_keeps(b, &n, NULL, 0));
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 16;
}

/* A random statement of random people about random people. */
static struct um_statement random_statement(struct rig *g, uint32_t *seed,
                                            const struct um_statement *before,
                                            unsigned n)
{
    unsigned by = next_random(seed) % 8 + 1;
    unsigned about = next_random(seed) % 8 + 1;
    unsigned what = next_random(seed) % 3;
    unsigned roles = next_random(seed) % 15 + 1;
    struct um_statement s = rig_grant(about, roles);

    if (what == 1)
        s = rig_revoke(about, roles);
    if (what == 1 && n > 0 && next_random(seed) % 2 == 0)
        s.stand = (struct um_namelist){&before[next_random(seed) % n].id, 1};
    if (what == 2 && next_random(seed) % 2 == 0)
        s = rig_revoke(about, 0);
    return rig_sign(g, by, s);
}

static void test_the_order_does_not_matter(void **state)
{
    uint32_t seed = 42;

    (void)state;
    for (unsigned run = 0; run < 40; run++) {
        struct rig g;
        struct um_statement s[STORY];
        unsigned order[STORY];
        struct um_roster first;

        rig_init(&g);
        s[0] = g.genesis;
        s[1] = rig_sign(&g, 1, rig_grant(2, UM_OWNER));
        s[2] = rig_sign(&g, 4, rig_grant(3, UM_ROOT | UM_OWNER));
        for (unsigned i = 3; i < STORY; i++)
            s[i] = random_statement(&g, &seed, s, i);
        for (unsigned i = 0; i < STORY; i++)
            order[i] = i;
        um_roster_init(&first, &g.mesh);
        add_all(&g, &first, s, order);
        for (unsigned again = 0; again < 6; again++) {
            struct um_roster other;

            for (unsigned i = STORY - 1; i > 0; i--) {
                unsigned j = next_random(&seed) % (i + 1);
                unsigned t = order[i];

                order[i] = order[j];
                order[j] = t;
            }
            um_roster_init(&other, &g.mesh);
            add_all(&g, &other, s, order);
            compare(&first, &other);
            um_roster_fini(&other);
        }
        um_roster_fini(&first);
        rig_fini(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_genesis_makes_the_root),
        cmocka_unit_test(test_roles_are_a_set_and_members_are_nodes),
        cmocka_unit_test(test_what_is_there_is_not_added_again),
        cmocka_unit_test(test_nobody_grants_his_own_level),
        cmocka_unit_test(test_what_is_kept_and_counts_for_nothing),
        cmocka_unit_test(test_nobody_revokes_upwards),
        cmocka_unit_test(test_a_revoked_key_never_returns),
        cmocka_unit_test(test_one_role_can_be_revoked),
        cmocka_unit_test(test_every_revocation_has_to_keep),
        cmocka_unit_test(test_what_a_revoked_owner_said_falls),
        cmocka_unit_test(test_a_revocation_counts_once),
        cmocka_unit_test(test_the_recovery_key_undoes_the_root),
        cmocka_unit_test(test_a_fallen_root_may_still_be_an_owner),
        cmocka_unit_test(test_labels_and_settings),
        cmocka_unit_test(test_of_equal_numbers_the_higher_id_wins),
        cmocka_unit_test(test_void_names_revisions_but_never_r1),
        cmocka_unit_test(test_the_order_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
