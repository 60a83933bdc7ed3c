/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sealed objects: members read them, nobody else, and under one name. */
#include "mesh/trust/seal.h"

#include "p2p/err.h"
#include "rig.h"

static const uint8_t entropy[P2P_SEAL_ENTROPY_BYTES] = {9};

/* A sealed object for the keys 1 and 2. */
struct object {
    struct um_name members[2];
    struct um_sealed_plan plan;
    struct um_buf bytes;
    struct um_sealed s;
};

static void make(struct object *o)
{
    memset(o, 0, sizeof *o);
    o->members[0] = rig_name(1);
    o->members[1] = rig_name(2);
    assert_int_equal(um_namelist_sort(o->members, 2), 2);
    o->plan = (struct um_sealed_plan){.mesh = rig_id(7),
                                      .name = UM_STR("variables/password"),
                                      .content = UM_STR("open sesame"),
                                      .members = {o->members, 2},
                                      .entropy = entropy};
    assert_int_equal(um_sealed_make(&o->plan, &o->bytes), 0);
    assert_int_equal(um_sealed_read(um_buf_view(&o->bytes), &o->s), 0);
}

/* What opening gives; the content is compared if it does. */
static int open_as(const struct um_sealed *s, unsigned seed,
                   const uint8_t *slot)
{
    struct p2p_key *key = rig_key(seed);
    struct um_buf out = UM_BUF_INIT;
    int err = um_sealed_open(s, key, slot, &out);

    if (err == 0)
        assert_true(um_str_eq(um_buf_view(&out), UM_STR("open sesame")));
    else
        assert_int_equal(out.len, 0);
    um_buf_fini(&out);
    p2p_key_free(key);
    return err;
}

static void test_members_open_and_others_do_not(void **state)
{
    struct object o;

    (void)state;
    make(&o);
    assert_int_equal(o.s.slots_n, 2);
    assert_true(um_str_eq(o.s.name, o.plan.name));
    assert_true(um_name_eq(&o.s.mesh, &o.plan.mesh));
    assert_int_equal(open_as(&o.s, 1, NULL), 0);
    assert_int_equal(open_as(&o.s, 2, NULL), 0);
    assert_int_equal(open_as(&o.s, 3, NULL), P2P_EACCES);
    assert_int_equal(open_as(&o.s, 3, o.s.slots[0].sealed), P2P_EAUTH);
    um_buf_fini(&o.bytes);
}

static void test_nothing_secret_shows(void **state)
{
    struct object o;

    (void)state;
    make(&o);
    assert_null(memmem(o.bytes.p, o.bytes.len, "sesame", 6));
    um_buf_fini(&o.bytes);
}

static void test_every_byte_counts(void **state)
{
    struct object o;
    struct um_sealed s;

    (void)state;
    make(&o);
    for (size_t i = 0; i < o.bytes.len; i++) {
        o.bytes.p[i] = (char)(o.bytes.p[i] ^ 4);
        /* the other member's slot is his alone to judge */
        if (um_sealed_read(um_buf_view(&o.bytes), &s) == 0)
            assert_true(open_as(&s, 1, NULL) != 0 || open_as(&s, 2, NULL) != 0);
        o.bytes.p[i] = (char)(o.bytes.p[i] ^ 4);
        assert_true(um_sealed_read(um_str_head(um_buf_view(&o.bytes), i), &s) !=
                        0 ||
                    open_as(&s, 1, NULL) != 0);
    }
    um_buf_fini(&o.bytes);
}

/* Who cannot open an object cannot give it another name, or another mesh. */
static void test_the_name_is_sealed_too(void **state)
{
    struct object o;
    struct um_sealed s;

    (void)state;
    make(&o);
    s = o.s;
    s.name = UM_STR("variables/greeting");
    assert_int_equal(open_as(&s, 1, NULL), P2P_EAUTH);
    s = o.s;
    s.mesh = rig_id(8);
    assert_int_equal(open_as(&s, 1, NULL), P2P_EAUTH);
    /* nor put one object's slots before another's box */
    s = o.s;
    s.key = rig_name(1);
    assert_int_equal(open_as(&s, 1, NULL), P2P_EAUTH);
    um_buf_fini(&o.bytes);
}

static void test_a_newcomer_gets_a_slot(void **state)
{
    struct object o;
    struct um_name newcomer = rig_name(3);
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    struct p2p_key *one = rig_key(1);
    struct p2p_key *three = rig_key(3);
    const struct um_sealed_opener first = {one, NULL};
    const struct um_sealed_opener third = {three, NULL};

    (void)state;
    make(&o);
    assert_int_equal(
        um_sealed_slot_make(&o.s, &first, entropy, &newcomer, slot), 0);
    assert_int_equal(open_as(&o.s, 3, slot), 0);
    assert_int_equal(open_as(&o.s, 2, slot), P2P_EAUTH);
    slot[60] ^= 1;
    assert_int_equal(open_as(&o.s, 3, slot), P2P_EAUTH);
    assert_int_equal(
        um_sealed_slot_make(&o.s, &third, entropy, &newcomer, slot),
        P2P_EACCES);
    p2p_key_free(one);
    p2p_key_free(three);
    um_buf_fini(&o.bytes);
}

/* Who has no slot but one that another member made can make one, too. */
static void test_a_newcomer_gives_a_slot(void **state)
{
    struct object o;
    struct um_name third = rig_name(3);
    struct um_name fourth = rig_name(4);
    uint8_t slot[UM_SEALED_SLOT_BYTES], next[UM_SEALED_SLOT_BYTES];
    struct p2p_key *one = rig_key(1);
    struct p2p_key *three = rig_key(3);
    const struct um_sealed_opener first = {one, NULL};
    const struct um_sealed_opener later = {three, slot};

    (void)state;
    make(&o);
    assert_int_equal(um_sealed_slot_make(&o.s, &first, entropy, &third, slot),
                     0);
    assert_int_equal(um_sealed_slot_make(&o.s, &later, entropy, &fourth, next),
                     0);
    assert_int_equal(open_as(&o.s, 4, next), 0);
    assert_int_equal(open_as(&o.s, 3, next), P2P_EAUTH);
    slot[60] ^= 1;
    assert_int_equal(um_sealed_slot_make(&o.s, &later, entropy, &fourth, next),
                     P2P_EAUTH);
    p2p_key_free(one);
    p2p_key_free(three);
    um_buf_fini(&o.bytes);
}

static void test_another_content_has_another_key(void **state)
{
    struct object a;
    struct object b;

    (void)state;
    make(&a);
    make(&b);
    assert_true(um_str_eq(um_buf_view(&a.bytes), um_buf_view(&b.bytes)));
    um_buf_clear(&b.bytes);
    b.plan.content = UM_STR("open sesamE"); /* the same entropy */
    assert_int_equal(um_sealed_make(&b.plan, &b.bytes), 0);
    assert_int_equal(um_sealed_read(um_buf_view(&b.bytes), &b.s), 0);
    assert_false(um_name_eq(&a.s.key, &b.s.key));
    um_buf_fini(&a.bytes);
    um_buf_fini(&b.bytes);
}

static int plan_gives(const struct um_sealed_plan *plan)
{
    struct um_buf out = UM_BUF_INIT;
    int err = um_sealed_make(plan, &out);

    assert_true(err == 0 || out.len == 0);
    um_buf_fini(&out);
    return err;
}

static void test_what_cannot_be_sealed(void **state)
{
    static char big[UM__CAP_SEALED_CONTENT_BYTES + 1];
    static struct um_name many[UM__CAP_SEALED_SLOTS + 1];
    struct object o;
    struct um_sealed_plan p;

    (void)state;
    make(&o);
    memset(big, 'n', sizeof big);
    p = o.plan;
    p.content = um_str_n(big, UM__CAP_SEALED_CONTENT_BYTES);
    assert_int_equal(plan_gives(&p), 0);
    p.content.len++;
    assert_int_equal(plan_gives(&p), P2P_ETOOBIG);
    p = o.plan;
    p.content.len = 0;
    assert_int_equal(plan_gives(&p), P2P_EINVAL);
    p = o.plan;
    p.name = um_str_n(big, UM__CAP_SEALED_NAME_BYTES + 1);
    assert_int_equal(plan_gives(&p), P2P_EINVAL);
    p.name = UM_STR("a\nb");
    assert_int_equal(plan_gives(&p), P2P_EINVAL);
    p = o.plan;
    memset(&p.mesh, 0, sizeof p.mesh);
    assert_int_equal(plan_gives(&p), P2P_EINVAL);
    p = o.plan;
    o.members[1] = o.members[0];
    assert_int_equal(plan_gives(&p), P2P_EINVAL);
    p.members = (struct um_namelist){many, 1}; /* no point of the curve */
    assert_int_equal(plan_gives(&p), P2P_EFORMAT);
    p.members.n = UM__CAP_SEALED_SLOTS + 1;
    assert_int_equal(plan_gives(&p), P2P_ETOOBIG);
    p = o.plan;
    p.members.n = 0; /* nobody: allowed, a member may make slots */
    assert_int_equal(plan_gives(&p), 0);
    um_buf_fini(&o.bytes);
}

static void test_what_is_no_object(void **state)
{
    static char big[UM__CAP_SEALED_BYTES + 1];
    struct object o;
    struct um_sealed s;
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    make(&o);
    assert_int_equal(um_sealed_read(um_str_n(big, sizeof big), &s),
                     P2P_ETOOBIG);
    assert_int_equal(um_sealed_read(um_str_n(big, 10), &s), P2P_EFORMAT);
    assert_int_equal(um_sealed_read(um_str_n(big, 0), &s), P2P_EFORMAT);
    um_buf_str(&b, um_buf_view(&o.bytes));
    b.p[1] = 2;
    assert_int_equal(um_sealed_read(um_buf_view(&b), &s), P2P_ENOTSUP);
    b.p[1] = 1;
    b.p[3] = 6;
    assert_int_equal(um_sealed_read(um_buf_view(&b), &s), P2P_ENOTSUP);
    b.p[3] = 5;
    assert_int_equal(um_sealed_read(um_buf_view(&b), &s), 0);
    /* slots in another order */
    memcpy(b.p + b.len - 224, o.bytes.p + o.bytes.len - 112, 112);
    memcpy(b.p + b.len - 112, o.bytes.p + o.bytes.len - 224, 112);
    assert_int_equal(um_sealed_read(um_buf_view(&b), &s), P2P_EFORMAT);
    um_buf_fini(&b);
    um_buf_fini(&o.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_open_and_others_do_not),
        cmocka_unit_test(test_nothing_secret_shows),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_the_name_is_sealed_too),
        cmocka_unit_test(test_a_newcomer_gets_a_slot),
        cmocka_unit_test(test_a_newcomer_gives_a_slot),
        cmocka_unit_test(test_another_content_has_another_key),
        cmocka_unit_test(test_what_cannot_be_sealed),
        cmocka_unit_test(test_what_is_no_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
