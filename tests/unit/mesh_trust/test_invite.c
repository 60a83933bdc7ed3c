/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Invitations: uses that run out, and proofs that are good for one thing. */
#include "mesh/trust/invite.h"

#include "p2p/err.h"
#include "rig.h"

static void make(struct um_invite *inv, uint8_t secret, uint8_t mesh)
{
    uint8_t s[UM_CODE_SECRET_BYTES];
    uint8_t m[UM_CODE_HALF_BYTES];

    memset(s, secret, sizeof s);
    memset(m, mesh, sizeof m);
    um_invite_init(inv, s, m);
}

static void test_uses_run_out(void **state)
{
    struct um_invite inv;

    (void)state;
    make(&inv, 1, 1);
    assert_int_equal(um_invite_take(&inv, 0), P2P_ELIMIT);
    inv.uses = 2;
    assert_int_equal(um_invite_take(&inv, 0), 0);
    assert_int_equal(inv.used, 1);
    assert_int_equal(um_invite_take(&inv, UINT64_MAX), 0);
    assert_int_equal(um_invite_take(&inv, 0), P2P_ELIMIT);
    assert_int_equal(inv.used, 2);
}

static void test_an_invitation_expires(void **state)
{
    struct um_invite inv;

    (void)state;
    make(&inv, 1, 1);
    inv.uses = 9;
    inv.expires_ms = 1000;
    assert_int_equal(um_invite_take(&inv, 999), 0);
    assert_int_equal(um_invite_take(&inv, 1000), P2P_ETIMEDOUT);
    assert_int_equal(um_invite_take(&inv, 5000), P2P_ETIMEDOUT);
    assert_int_equal(inv.used, 1);
}

static void test_both_sides_make_the_same(void **state)
{
    struct um_invite a;
    struct um_invite b;

    (void)state;
    make(&a, 1, 1);
    make(&b, 1, 1);
    assert_memory_equal(&a, &b, sizeof a);
    make(&b, 2, 1);
    assert_memory_not_equal(a.id, b.id, sizeof a.id);
    assert_memory_not_equal(a.key, b.key, sizeof a.key);
    make(&b, 1, 2); /* another mesh */
    assert_memory_not_equal(a.key, b.key, sizeof a.key);
}

/* Whether both proofs are other ones than those of `base`. */
static void differs(const struct um_invite *inv, const struct um_join *base,
                    const struct um_join *other, bool hello)
{
    uint8_t a[UM_INVITE_PROOF_BYTES];
    uint8_t b[UM_INVITE_PROOF_BYTES];

    um_invite_hello(inv, base, a);
    um_invite_hello(inv, other, b);
    assert_int_equal(um_invite_equal(a, b), !hello);
    um_invite_answer(inv, base, a);
    um_invite_answer(inv, other, b);
    assert_false(um_invite_equal(a, b));
}

static void test_a_proof_is_good_for_one_thing(void **state)
{
    struct um_invite inv;
    struct um_join join = {
        .joiner = rig_id(1), .inviter = rig_id(2), .mesh = rig_id(3)};
    struct um_join other;
    uint8_t a[UM_INVITE_PROOF_BYTES];
    uint8_t b[UM_INVITE_PROOF_BYTES];

    (void)state;
    make(&inv, 1, 3);
    um_invite_hello(&inv, &join, a);
    um_invite_hello(&inv, &join, b);
    assert_true(um_invite_equal(a, b));
    um_invite_answer(&inv, &join, b);
    assert_false(um_invite_equal(a, b)); /* one direction */
    other = join;
    other.binding[31] = 1; /* one connection */
    differs(&inv, &join, &other, true);
    other = join;
    other.joiner = rig_id(4);
    differs(&inv, &join, &other, true);
    other = join;
    other.inviter = rig_id(4);
    differs(&inv, &join, &other, true);
    other = join;
    other.joiner = join.inviter; /* not the other way round */
    other.inviter = join.joiner;
    differs(&inv, &join, &other, true);
    other = join;
    other.mesh.b[0] ^= 1;
    differs(&inv, &join, &other, true);
    other = join;
    other.mesh.b[31] ^= 1; /* the joiner knows the first half alone */
    differs(&inv, &join, &other, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uses_run_out),
        cmocka_unit_test(test_an_invitation_expires),
        cmocka_unit_test(test_both_sides_make_the_same),
        cmocka_unit_test(test_a_proof_is_good_for_one_thing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
