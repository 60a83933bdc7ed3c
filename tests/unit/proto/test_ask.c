/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One question, one answer. */
#include "proto/ask/ask.h"
#include "proto_pair.h"
#include "unit.h"

#define TIMEOUT P2P__SEC(3)

static uint8_t question[] = {3, 'w', 'h', 'o'};
static const uint8_t answer[] = {2, 'm', 'e'};

static void begin(struct p2p__ask *a, size_t cap, struct p2p__quota *quota)
{
    const struct p2p__ask_cfg cfg = {
        .request = p2p__slice_of(question, sizeof question),
        .cap = cap,
        .timeout = TIMEOUT,
        .quota = quota};

    p2p__ask_init(a, &cfg, 1);
}

static void test_it_is_asked_and_answered_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHUNK_PLANS * 8; i++) {
        struct p2p__slice heard = {0};
        struct chunker plan;
        struct proto_end end;
        struct p2p__ask a;
        uint8_t said[16];

        chunker_init(&plan, (enum chunk_plan)(i % CHUNK_PLANS), i);
        begin(&a, 16, NULL);
        proto_end_init(&end, &p2p__ask_ops, &a);
        assert_int_equal(proto_draw(&end, said, sizeof said, 1),
                         sizeof question);
        assert_memory_equal(said, question, sizeof question);
        assert_true(end.finished);
        assert_false(p2p__ask_next(&a, &heard));
        assert_int_equal(proto_feed(&end, answer, sizeof answer, &plan, 2), 0);
        assert_true(p2p__ask_next(&a, &heard));
        assert_int_equal(heard.len, 2);
        assert_memory_equal(heard.p, "me", 2);
        assert_false(p2p__ask_next(&a, &heard));
        assert_int_equal(p2p__ask_fin(&a, 2), 0);
        p2p__ask_fini(&a);
    }
}

static void test_what_is_behind_the_answer_stays(void **state)
{
    static uint8_t bytes[] = {2, 'm', 'e', 'x', 'y'};
    struct p2p__slice in = p2p__slice_of(bytes, sizeof bytes), heard;
    struct p2p__ask a;

    (void)state;
    begin(&a, 16, NULL);
    assert_int_equal(p2p__ask_take(&a, &in), 0);
    assert_int_equal(in.len, 2);
    assert_true(p2p__ask_deadline(&a) == P2P_NEVER);
    assert_int_equal(p2p__ask_take(&a, &in), 0);
    assert_int_equal(in.len, 2);
    assert_true(p2p__ask_next(&a, &heard));
    p2p__ask_fini(&a);
}

static void test_an_answer_has_a_cap_and_a_time(void **state)
{
    const struct p2p__slice in = p2p__slice_of(answer, sizeof answer);
    struct p2p__quota quota;
    struct p2p__ask a;

    (void)state;
    p2p__quota_init(&quota, NULL, "host");
    begin(&a, 1, &quota);
    assert_int_equal(p2p__ask_rx(&a, &in, 1), P2P_ETOOBIG);
    p2p__ask_fini(&a);
    begin(&a, 2, &quota);
    assert_true(p2p__ask_deadline(&a) == 1 + TIMEOUT);
    assert_int_equal(p2p__ask_expire(&a, TIMEOUT), 0);
    assert_int_equal(p2p__ask_expire(&a, 1 + TIMEOUT), P2P_ETIMEDOUT);
    assert_int_equal(p2p__ask_fin(&a, 1), P2P_EPROTO);
    assert_int_equal(p2p__ask_rx(&a, &in, 7), 0);
    assert_true(p2p__ask_deadline(&a) == 7 + P2P__ASK_LINGER);
    p2p__ask_fini(&a);
    p2p__ask_fini(&a);
    p2p__quota_fini(&quota);
}

static void test_none_is_awaited(void **state)
{
    const struct p2p__slice in = p2p__slice_of(answer, sizeof answer);
    struct p2p__slice heard;
    struct proto_end end;
    struct p2p__ask a;
    uint8_t said[16];

    (void)state;
    begin(&a, 0, NULL);
    proto_end_init(&end, &p2p__ask_ops, &a);
    assert_false(p2p__ask_next(&a, &heard));
    assert_int_equal(proto_draw(&end, said, sizeof said, 1), sizeof question);
    assert_int_equal(p2p__ask_rx(&a, &in, 1), 0); /* of no interest */
    assert_false(p2p__ask_next(&a, &heard));
    assert_int_equal(p2p__ask_fin(&a, 1), 0);
    assert_true(p2p__ask_next(&a, &heard));
    assert_int_equal(heard.len, 0);
    p2p__ask_fini(&a);
    begin(&a, 0, NULL);
    assert_int_equal(p2p__ask_fin(&a, 1), 0); /* before it was asked */
    assert_false(p2p__ask_next(&a, &heard));
    p2p__ask_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_asked_and_answered_in_any_pieces),
        cmocka_unit_test(test_what_is_behind_the_answer_stays),
        cmocka_unit_test(test_an_answer_has_a_cap_and_a_time),
        cmocka_unit_test(test_none_is_awaited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
