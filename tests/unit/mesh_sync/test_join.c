/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Both sides of the join protocol against each other, and an inviter against
 * joiners that mean harm. */
#include "door.h"

#include "p2p/err.h"

static void test_a_code_lets_one_in(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        struct um_str list;
        struct um_str envelope;
        struct um_joiner j;
        struct door d;
        unsigned n = 0;

        door_init(&d);
        door_join(&d, &j, true, T0, plan);
        assert_int_equal(j.result, UM_JOINER_WELCOME);
        assert_true(j.sure);
        assert_int_equal(j.roles, UM_WRITER | UM_NODE);
        assert_true(um_name_eq(&j.mesh, &d.m.mesh));
        assert_true(um_name_eq(&j.owner, &d.m.names[OWNER]));
        assert_int_equal(d.counted, 1);
        assert_int_equal(um_roster_roles(&d.roster, &d.m.names[JOINER]),
                         UM_WRITER | UM_NODE);
        list = um_buf_view(&j.statements);
        while (um_pb_list_next(&list, &envelope))
            n++;
        assert_int_equal(n, 4); /* genesis, owner, inviter, joiner */
        um_joiner_fini(&j);
        /* The one use is used. */
        d.m.names[JOINER] = d.m.names[OTHER];
        door_join(&d, &j, true, T0, plan);
        assert_int_equal(j.result, UM_JOINER_REFUSED);
        assert_int_equal(j.reason, UM_JOIN_USED_UP);
        assert_int_equal(d.counted, 1);
        um_joiner_fini(&j);
        door_fini(&d);
    }
}

/* The answer was lost: it asks again, and costs no second use. */
static void test_asking_again_costs_no_use(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    for (unsigned i = 0; i < 3; i++) {
        door_join(&d, &j, true, i == 0 ? T0 : T0 + 10000000, CHUNK_ALL);
        assert_int_equal(j.result, UM_JOINER_WELCOME);
        assert_int_equal(d.counted, 1);
        um_joiner_fini(&j);
    }
    door_fini(&d);
}

static void test_the_root_may_let_in(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    d.signer = ROOT;
    um_code_fingerprint(&d.m.names[ROOT], d.code.owner);
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    assert_true(um_name_eq(&j.owner, &d.m.names[ROOT]));
    um_joiner_fini(&j);
    door_fini(&d);
}

static void test_expired(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    door_join(&d, &j, true, d.invite.expires_ms, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_EXPIRED);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* A GRANT would not bring it back, so it is not told that it is welcome. */
static void test_a_revoked_key_is_told_so(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_say(
        &d, OWNER,
        (struct um_statement){.what = UM_REVOKE, .key = d.m.names[JOINER]});
    d.invite.uses = 2;
    for (unsigned coded = 0; coded < 2; coded++) {
        door_join(&d, &j, coded == 1, T0, CHUNK_ALL);
        assert_int_equal(j.result, UM_JOINER_REFUSED);
        assert_int_equal(j.reason, UM_JOIN_REVOKED);
        um_joiner_fini(&j);
    }
    assert_int_equal(d.counted, 1);
    assert_int_equal(d.put_down, 0);
    door_fini(&d);
}

/* No owner's key is here: it waits, the use is taken once. */
static void test_without_an_owner_it_waits(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    d.node.grant = NULL;
    for (unsigned i = 0; i < 3; i++) {
        door_join(&d, &j, true, T0, CHUNK_ALL);
        assert_int_equal(j.result, UM_JOINER_PENDING);
        assert_true(j.sure);
        assert_true(um_name_eq(&j.mesh, &d.m.mesh));
        assert_int_equal(d.counted, 1);
        assert_int_equal(d.put_down, 1);
        um_joiner_fini(&j);
    }
    door_fini(&d);
}

static void test_without_a_code_it_waits(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    door_join(&d, &j, false, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_PENDING);
    assert_false(j.sure); /* nothing vouches for the mesh */
    assert_int_equal(d.put_down, 1);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    d.node.open = false;
    door_join(&d, &j, false, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_CLOSED);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* An unknown code and a wrong proof: the same bytes, and no use. */
static void test_a_wrong_proof_is_an_unknown_code(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf wrong = UM_BUF_INIT;
    struct um_buf unknown = UM_BUF_INIT;
    struct um_join_hello h;
    struct um_joiner j;
    struct um_str frame;
    struct door d;
    uint64_t len;

    (void)state;
    door_init(&d);
    door_joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    frame = um_buf_view(&hello);
    assert_true(um_pb_take_varint(&frame, &len));
    assert_int_equal(um_join_hello_read(frame, &h), 0);
    assert_true(um_str_eq(h.name, UM_STR("new one")));
    h.proof[31] ^= 1;
    um_join_hello_put(&wrong, &h);
    h.proof[31] ^= 1;
    h.id[0] ^= 1;
    um_join_hello_put(&unknown, &h);
    um_buf_clear(&hello);
    door_answer(&d, um_buf_view(&wrong), T0, CHUNK_ALL, &hello);
    um_buf_clear(&wrong);
    door_answer(&d, um_buf_view(&unknown), T0, CHUNK_ALL, &wrong);
    assert_true(um_str_eq(um_buf_view(&hello), um_buf_view(&wrong)));
    door_hear(&j, um_buf_view(&hello), CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_NO_CODE);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&wrong);
    um_buf_fini(&unknown);
    door_fini(&d);
}

/* A Hello that was heard on another connection. */
static void test_a_proof_is_for_one_connection(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    door_joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    d.m.names[JOINER] = d.m.names[OTHER]; /* who repeats it */
    door_answer(&d, um_buf_view(&hello), T0, CHUNK_ALL, &back);
    door_hear(&j, um_buf_view(&back), CHUNK_ALL);
    assert_int_equal(j.reason, UM_JOIN_NO_CODE);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&back);
    door_fini(&d);
}

/* Two with the last use at once: one of them is told that it is used up. */
static void test_two_with_one_use(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_inviter a;
    struct um_inviter b;
    struct um_joiner j;
    struct um_str in;
    struct door d;

    (void)state;
    door_init(&d);
    door_joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    door_knock(&d, &a, JOINER);
    door_knock(&d, &b, JOINER);
    in = um_buf_view(&hello);
    um_inviter_rx(&a, &in, 1000, T0);
    in = um_buf_view(&hello);
    um_inviter_rx(&b, &in, 1000, T0);
    door_store(&d, &a, T0);
    door_store(&d, &b, T0);
    assert_int_equal(d.counted, 1);
    assert_int_equal(um_inviter_tx(&b, &back), 1);
    door_hear(&j, um_buf_view(&back), CHUNK_ALL);
    assert_int_equal(j.reason, UM_JOIN_USED_UP);
    um_buf_clear(&back);
    assert_int_equal(um_inviter_tx(&a, &back), 1);
    um_inviter_fini(&a);
    um_inviter_fini(&b);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&back);
    door_fini(&d);
}

/* What cannot be written down is not answered. */
static void test_no_answer_without_disk(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_inviter_ev ev;
    struct um_inviter i;
    struct um_joiner j;
    struct um_str in;
    struct door d;

    (void)state;
    door_init(&d);
    door_joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    door_knock(&d, &i, JOINER);
    in = um_buf_view(&hello);
    um_inviter_rx(&i, &in, 1000, T0);
    assert_int_equal(um_inviter_tx(&i, &back), 0);
    assert_true(um_inviter_next(&i, &ev));
    assert_int_equal(um_inviter_tx(&i, &back), 0);
    um_inviter_stored(&i, P2P_EIO);
    assert_int_equal(um_inviter_tx(&i, &back), 0);
    assert_true(um_inviter_over(&i));
    um_inviter_fini(&i);
    um_joiner_closed(&j);
    assert_int_equal(j.result, UM_JOINER_BROKEN);
    assert_int_equal(j.wrong, UM_JOINER_SILENT);
    um_joiner_fini(&j);
    /* likewise when the owner's key cannot be used */
    d.sign_err = P2P_EIO;
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.wrong, UM_JOINER_SILENT);
    assert_int_equal(d.counted, 0);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    door_fini(&d);
}

/* An owner's key that is not to be had after all is like none. */
static void test_a_key_that_is_not_to_be_had(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    d.sign_err = P2P_EACCES;
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_PENDING);
    assert_true(j.sure);
    assert_int_equal(d.put_down, 1);
    assert_int_equal(d.counted, 1);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* There is no room on the way to the disk. */
static void test_too_many_writes_are_told(void **state)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    struct um_inviter_ev ev;
    struct um_inviter i;
    struct um_joiner j;
    struct um_str in;
    struct door d;

    (void)state;
    door_init(&d);
    door_joiner(&d, &j, true);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    in = um_buf_view(&hello);
    door_knock(&d, &i, JOINER);
    um_inviter_rx(&i, &in, 1000, T0);
    assert_true(um_inviter_next(&i, &ev));
    um_inviter_stored(&i, P2P_EAGAIN);
    assert_int_equal(um_inviter_tx(&i, &back), 1);
    um_inviter_fini(&i);
    door_hear(&j, um_buf_view(&back), CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_TOO_MANY);
    um_joiner_fini(&j);
    um_buf_fini(&hello);
    um_buf_fini(&back);
    door_fini(&d);
}

/* ---- joiners that mean harm */

/* Whether an inviter reads a Hello: else it hangs up, without a word. */
static bool reads(struct um_str bytes)
{
    struct um_buf out = UM_BUF_INIT;
    struct door d;
    bool fine;

    door_init(&d);
    door_answer(&d, bytes, T0, CHUNK_RANDOM, &out);
    fine = out.len > 0;
    um_buf_fini(&out);
    door_fini(&d);
    return fine;
}

static void test_bytes_that_are_no_hello(void **state)
{
    (void)state;
    assert_true(reads(UM_STR("\x02\x08\x01")));
    assert_false(reads(UM_STR("\x02\x08\x02"))); /* a later version */
    assert_false(reads(UM_STR("\x02\x10\x01")));
    assert_false(reads(UM_STR("\x00")));
    assert_true(reads(UM_STR("\x05\x08\x01\x22\x01n")));
    assert_false(reads(UM_STR("\x05\x08\x01\x22\x01\n")));
    /* a code without a proof, and a short one */
    assert_false(
        reads(UM_STR("\x0c\x08\x01\x12\x08"
                     "12345678")));
    assert_false(
        reads(UM_STR("\x05\x08\x01\x12\x01"
                     "1")));
}

static bool reads_name(size_t len)
{
    struct um_buf body = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_buf name = UM_BUF_INIT;
    bool fine;

    um_buf_fill(&name, 'n', len);
    um_pb_put_num(&body, 1, 1);
    um_pb_put_str(&body, 4, um_buf_view(&name));
    um_frame_put(&frame, um_buf_view(&body));
    fine = reads(um_buf_view(&frame));
    um_buf_fini(&body);
    um_buf_fini(&frame);
    um_buf_fini(&name);
    return fine;
}

static void test_names_have_an_end(void **state)
{
    (void)state;
    assert_true(reads_name(UM__CAP_JOIN_NAME_BYTES));
    assert_false(reads_name(UM__CAP_JOIN_NAME_BYTES + 1));
}

static void test_hellos_have_an_end(void **state)
{
    struct um_buf body = UM_BUF_INIT;
    struct um_buf frame = UM_BUF_INIT;
    struct um_buf pad = UM_BUF_INIT;

    (void)state;
    um_pb_put_num(&body, 1, 1);
    um_buf_fill(&pad, 'x', UM__CAP_JOIN_HELLO_BYTES - 5);
    um_pb_put_str(&body, 30, um_buf_view(&pad));
    assert_int_equal(body.len, UM__CAP_JOIN_HELLO_BYTES + 1);
    um_frame_put(&frame, um_buf_view(&body));
    assert_false(reads(um_buf_view(&frame)));
    um_buf_clear(&body);
    um_buf_clear(&frame);
    pad.len--;
    um_pb_put_num(&body, 1, 1);
    um_pb_put_str(&body, 30, um_buf_view(&pad));
    um_frame_put(&frame, um_buf_view(&body));
    assert_true(reads(um_buf_view(&frame)));
    um_buf_fini(&body);
    um_buf_fini(&frame);
    um_buf_fini(&pad);
}

static struct um_name stranger(unsigned n)
{
    return (struct um_name){{0xff, (uint8_t)(n >> 8), (uint8_t)n}};
}

/* A stranger without a code asks at a moment; what he is told. */
static uint64_t ask_as(struct door *d, unsigned n, uint64_t now_ms)
{
    static const char hello[] = "\x02\x08\x01";
    struct um_buf out = UM_BUF_INIT;
    struct um_join_answer a;
    struct um_inviter i;
    struct um_str in = um_str_n(hello, sizeof hello - 1);
    uint64_t len;

    d->m.names[OTHER] = stranger(n);
    door_knock(d, &i, OTHER);
    um_inviter_rx(&i, &in, now_ms, T0);
    door_store(d, &i, T0);
    assert_int_equal(um_inviter_tx(&i, &out), 1);
    in = um_buf_view(&out);
    assert_true(um_pb_take_varint(&in, &len));
    assert_int_equal(um_join_answer_read(in, &a), 0);
    um_inviter_fini(&i);
    um_buf_fini(&out);
    return a.result == UM_JOIN_PENDING ? 0 : a.reason;
}

/* Strangers ask one after the other, as fast as they can. */
static void test_strangers_ask_at_a_rate(void **state)
{
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    for (unsigned n = 0; n < UM__CAP_JOIN_ASKS; n++)
        assert_int_equal(ask_as(&d, n, 1000), 0);
    assert_int_equal(ask_as(&d, 1000, 1000), UM_JOIN_TOO_MANY);
    assert_int_equal(ask_as(&d, 0, 1000), 0); /* who waits may ask again */
    assert_int_equal(ask_as(&d, 1001, 11000), 0);
    assert_int_equal(ask_as(&d, 1002, 11000), UM_JOIN_TOO_MANY);
    /* Who has a code does not stand behind them. */
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* They take their time, and there are very many. */
static void test_so_many_strangers_wait(void **state)
{
    struct um_joiner j;
    struct door d;
    uint64_t now = 1000;

    (void)state;
    door_init(&d);
    for (unsigned n = 0; n < UM__CAP_JOIN_PENDING; n++) {
        now += 20000;
        assert_int_equal(ask_as(&d, n, now), 0);
    }
    assert_int_equal(ask_as(&d, 1000, now + 20000), UM_JOIN_TOO_MANY);
    assert_int_equal(d.waiting_n, UM__CAP_JOIN_PENDING);
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_fini(&d);
}

/* They open streams and say nothing. */
static void test_so_many_ask_at_a_time(void **state)
{
    struct um_inviter silent[UM__CAP_JOIN_ASKING];
    struct um_joiner j;
    struct door d;

    (void)state;
    door_init(&d);
    for (unsigned n = 0; n < UM__CAP_JOIN_ASKING; n++)
        door_knock(&d, &silent[n], OTHER);
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, UM_JOIN_TOO_MANY);
    um_joiner_fini(&j);
    /* until their time is over */
    for (unsigned n = 0; n < UM__CAP_JOIN_ASKING; n++) {
        assert_true(um_inviter_deadline(&silent[n]) ==
                    1000 + UM_INVITER_PATIENCE_MS);
        um_inviter_expire(&silent[n], 1000 + UM_INVITER_PATIENCE_MS - 1);
        assert_false(um_inviter_over(&silent[n]));
        um_inviter_expire(&silent[n], 1000 + UM_INVITER_PATIENCE_MS);
        assert_true(um_inviter_over(&silent[n]));
        um_inviter_fini(&silent[n]);
    }
    door_join(&d, &j, true, T0, CHUNK_ALL);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    um_joiner_fini(&j);
    door_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_lets_one_in),
        cmocka_unit_test(test_asking_again_costs_no_use),
        cmocka_unit_test(test_the_root_may_let_in),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_a_revoked_key_is_told_so),
        cmocka_unit_test(test_without_an_owner_it_waits),
        cmocka_unit_test(test_without_a_code_it_waits),
        cmocka_unit_test(test_a_wrong_proof_is_an_unknown_code),
        cmocka_unit_test(test_a_proof_is_for_one_connection),
        cmocka_unit_test(test_two_with_one_use),
        cmocka_unit_test(test_no_answer_without_disk),
        cmocka_unit_test(test_a_key_that_is_not_to_be_had),
        cmocka_unit_test(test_too_many_writes_are_told),
        cmocka_unit_test(test_bytes_that_are_no_hello),
        cmocka_unit_test(test_names_have_an_end),
        cmocka_unit_test(test_hellos_have_an_end),
        cmocka_unit_test(test_strangers_ask_at_a_rate),
        cmocka_unit_test(test_so_many_strangers_wait),
        cmocka_unit_test(test_so_many_ask_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
