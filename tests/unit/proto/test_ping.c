/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Both ends of /ipfs/ping/1.0.0. Spec: libp2p ping. */
#include "proto/ping/ping.h"

#include "marked.h"
#include "proto_pair.h"
#include "test_env.h"
#include "unit.h"

struct pair {
    struct test_env env;
    struct p2p__ping ping;
    struct p2p__pong pong;
    struct proto_end a, b;
};

static void pair_init(struct pair *p, uint32_t count, p2p_ns interval)
{
    struct p2p__ping_cfg cfg = {.count = count, .interval = interval};
    struct p2p__pong_cfg other = {0};

    test_env_init(&p->env, 7);
    cfg.env = &p->env.env;
    p2p__ping_init(&p->ping, &cfg, 0);
    p2p__pong_init(&p->pong, &other, 0);
    proto_end_init(&p->a, &p2p__ping_ops, &p->ping);
    proto_end_init(&p->b, &p2p__pong_ops, &p->pong);
}

static void pair_fini(struct pair *p)
{
    p->a.ops->fini(p->a.core);
    p->b.ops->fini(p->b.core);
}

static void count_pings(struct chunker *plan, size_t room)
{
    struct pair p;
    struct p2p__ping_ev ev;
    unsigned answers = 0;
    bool last = false;
    p2p_ns now = 0;

    pair_init(&p, 3, 0);
    for (bool moved = true; moved;) {
        now += P2P__MS(1);
        moved = proto_move(&p.a, &p.b, plan, room, now);
        moved = proto_move(&p.b, &p.a, plan, room, now) || moved;
        while (p2p__ping_next(&p.ping, &ev)) {
            answers++;
            last = ev.last;
            assert_true(ev.last == (answers == 3));
            assert_true(ev.rtt <= P2P__MS(70));
        }
    }
    assert_int_equal(answers, 3);
    assert_true(last);
    assert_int_equal(p.a.err, 0);
    assert_int_equal(p.b.err, 0);
    assert_true(p.a.finished && p.b.finished && p.a.ended && p.b.ended);
    assert_true(p2p__ping_deadline(&p.ping) == P2P_NEVER);
    pair_fini(&p);
}

static void test_pings_are_answered_and_counted(void **state)
{
    const size_t rooms[] = {1, 31, 32, 33, 4096};

    (void)state;
    for (size_t r = 0; r < P2P__COUNT(rooms); r++) {
        for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)plan, r);
            count_pings(&c, rooms[r]);
        }
    }
}

static void test_rtt_runs_from_the_first_byte_written(void **state)
{
    struct pair p;
    struct p2p__ping_ev ev;

    (void)state;
    pair_init(&p, 1, 0);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, P2P__MS(500)));
    assert_false(p2p__ping_next(&p.ping, &ev));
    assert_true(proto_move(&p.b, &p.a, NULL, 64, P2P__MS(540)));
    assert_true(p2p__ping_next(&p.ping, &ev));
    assert_int_equal(ev.rtt, P2P__MS(40));
    assert_false(p2p__ping_next(&p.ping, &ev));
    pair_fini(&p);
}

static void test_the_next_ping_waits_for_the_interval(void **state)
{
    struct pair p;
    uint8_t buf[64];

    (void)state;
    pair_init(&p, 0, P2P__SEC(1));
    assert_true(proto_move(&p.a, &p.b, NULL, 64, P2P__MS(1)));
    assert_true(proto_move(&p.b, &p.a, NULL, 64, P2P__MS(2)));
    assert_int_equal(p2p__ping_deadline(&p.ping), P2P__MS(1002));
    assert_int_equal(p2p__ping_expire(&p.ping, P2P__MS(1001)), 0);
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, P2P__MS(1001)), 0);
    assert_int_equal(p2p__ping_expire(&p.ping, P2P__MS(1002)), 0);
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, P2P__MS(1002)), 32);
    pair_fini(&p);
}

static void test_each_ping_has_bytes_of_its_own(void **state)
{
    struct pair p;
    uint8_t one[32], two[32];

    (void)state;
    pair_init(&p, 2, 0);
    assert_int_equal(proto_draw(&p.a, one, sizeof one, 1), 32);
    assert_int_equal(proto_feed(&p.a, one, 32, NULL, 2), 0);
    assert_int_equal(proto_draw(&p.a, two, sizeof two, 3), 32);
    assert_memory_not_equal(one, two, 32);
    pair_fini(&p);
}

static void test_who_has_output_marks_its_owner(void **state)
{
    struct test_env env;
    struct marked m;
    struct p2p__ping ping;
    struct p2p__pong pong;
    struct p2p__ping_cfg asks = {
        .env = &env.env, .owner = &m.job, .interval = P2P__SEC(1)};
    struct p2p__pong_cfg answers = {
        .owner = &m.job, .burst = 1, .each = P2P__SEC(1)};
    struct proto_end a, b;
    struct p2p__ping_ev ev;
    uint8_t buf[64] = {0};

    (void)state;
    test_env_init(&env, 1);
    marked_init(&m);
    p2p__ping_init(&ping, &asks, 0);
    assert_true(marked_taken(&m));
    proto_end_init(&a, &p2p__ping_ops, &ping);
    assert_int_equal(proto_draw(&a, buf, sizeof buf, 1), 32);
    assert_int_equal(proto_feed(&a, buf, 32, NULL, 2), 0);
    assert_true(p2p__ping_next(&ping, &ev));
    assert_false(marked_taken(&m));
    assert_int_equal(p2p__ping_expire(&ping, 3), 0);
    assert_false(marked_taken(&m));
    assert_int_equal(p2p__ping_expire(&ping, P2P__SEC(1) + 2), 0);
    assert_true(marked_taken(&m));
    assert_int_equal(proto_draw(&a, buf, sizeof buf, P2P__SEC(2)), 32);
    assert_int_equal(proto_feed(&a, buf, 32, NULL, P2P__SEC(2)), 0);
    p2p__ping_stop(&ping, P2P__SEC(2));
    assert_true(marked_taken(&m));
    p2p__ping_fini(&ping);

    p2p__pong_init(&pong, &answers, 0);
    proto_end_init(&b, &p2p__pong_ops, &pong);
    assert_int_equal(proto_feed(&b, buf, 31, NULL, 0), 0);
    assert_false(marked_taken(&m));
    assert_int_equal(proto_feed(&b, buf, 33, NULL, 0), 0);
    assert_true(marked_taken(&m));
    assert_int_equal(proto_draw(&b, buf, sizeof buf, 0), 32);
    assert_int_equal(p2p__pong_expire(&pong, P2P__MS(999)), 0);
    assert_false(marked_taken(&m));
    assert_int_equal(p2p__pong_expire(&pong, P2P__SEC(1)), 0);
    assert_true(marked_taken(&m));
    assert_int_equal(p2p__pong_fin(&pong, P2P__SEC(1)), 0);
    assert_true(marked_taken(&m));
    p2p__pong_fini(&pong);
}

static void test_a_peer_that_does_not_end_is_given_up(void **state)
{
    struct pair p;
    p2p_ns now = P2P__SEC(5);

    (void)state;
    pair_init(&p, 1, 0);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, 1));
    assert_true(proto_move(&p.b, &p.a, NULL, 64, now));
    assert_true(proto_move(&p.a, &p.b, NULL, 64, now));
    assert_true(p.a.finished);
    assert_int_equal(p2p__ping_deadline(&p.ping), now + P2P__PING_TIMEOUT);
    assert_int_equal(p2p__ping_expire(&p.ping, now + P2P__PING_TIMEOUT),
                     P2P_ETIMEDOUT);
    pair_fini(&p);
}

static void test_a_missing_answer_times_out(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, 1, 0);
    assert_int_equal(p2p__ping_deadline(&p.ping), P2P__PING_TIMEOUT);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, P2P__SEC(2)));
    assert_int_equal(p2p__ping_deadline(&p.ping),
                     P2P__SEC(2) + P2P__PING_TIMEOUT);
    assert_int_equal(p2p__ping_expire(&p.ping, P2P__SEC(11)), 0);
    assert_int_equal(p2p__ping_expire(&p.ping, P2P__SEC(12)), P2P_ETIMEDOUT);
    pair_fini(&p);
}

static void test_a_wrong_answer_is_refused(void **state)
{
    for (size_t i = 0; i < 32; i++) {
        struct pair p;
        uint8_t buf[32];

        (void)state;
        pair_init(&p, 1, 0);
        assert_int_equal(proto_draw(&p.a, buf, sizeof buf, 1), 32);
        buf[i] ^= 0x80;
        assert_int_equal(proto_feed(&p.a, buf, 32, NULL, 2), P2P_EPROTO);
        pair_fini(&p);
    }
}

static void test_an_answer_to_nothing_is_refused(void **state)
{
    struct pair p;
    uint8_t buf[33] = {0};

    (void)state;
    pair_init(&p, 1, 0);
    assert_int_equal(proto_feed(&p.a, buf, 1, NULL, 0), P2P_EPROTO);
    pair_fini(&p);
    pair_init(&p, 2, P2P__SEC(1));
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, 1), 32);
    assert_int_equal(proto_feed(&p.a, buf, 33, NULL, 2), P2P_EPROTO);
    pair_fini(&p);
    pair_init(&p, 2, P2P__SEC(1));
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, 1), 32);
    assert_int_equal(proto_feed(&p.a, buf, 32, NULL, 2), 0);
    assert_int_equal(proto_feed(&p.a, buf, 32, NULL, 3), P2P_EPROTO);
    pair_fini(&p);
}

static void test_an_early_end_is_told(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, 1, 0);
    assert_int_equal(p2p__ping_fin(&p.ping, 1), P2P_ECLOSED);
    pair_fini(&p);
}

static void test_stop_makes_the_current_ping_the_last(void **state)
{
    struct pair p;
    struct p2p__ping_ev ev;

    (void)state;
    pair_init(&p, 0, 0);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, 1));
    p2p__ping_stop(&p.ping, 1);
    assert_true(proto_move(&p.b, &p.a, NULL, 64, 2));
    assert_true(p2p__ping_next(&p.ping, &ev));
    assert_true(ev.last);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, 3));
    assert_true(p.a.finished);
    pair_fini(&p);
    pair_init(&p, 0, P2P__SEC(1));
    assert_true(proto_move(&p.a, &p.b, NULL, 64, 1));
    assert_true(proto_move(&p.b, &p.a, NULL, 64, 2));
    p2p__ping_stop(&p.ping, 3);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, 4));
    assert_true(p.a.finished);
    pair_fini(&p);
}

static void pong_only(struct p2p__pong *p, struct proto_end *e, uint32_t burst,
                      p2p_ns each)
{
    struct p2p__pong_cfg cfg = {.burst = burst, .each = each};

    p2p__pong_init(p, &cfg, 0);
    proto_end_init(e, &p2p__pong_ops, p);
}

static void test_pipelined_pings_come_back_in_order(void **state)
{
    struct p2p__pong p;
    struct proto_end e;
    uint8_t in[8 * 32], out[8 * 32];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(i * 7);
    }
    pong_only(&p, &e, 0, 0);
    for (int round = 0; round < 5; round++) {
        assert_int_equal(proto_feed(&e, in, 40, NULL, 1), 0);
        assert_int_equal(proto_draw(&e, out, 33, 1), 32);
        assert_int_equal(proto_feed(&e, in + 40, sizeof in - 40, NULL, 1), 0);
        assert_int_equal(proto_draw(&e, out + 32, 5, 1), 5);
        assert_int_equal(proto_draw(&e, out + 37, sizeof out, 1), 219);
        assert_memory_equal(in, out, sizeof in);
    }
    assert_int_equal(p2p__pong_fin(&p, 1), 0);
    assert_int_equal(proto_draw(&e, out, sizeof out, 1), 0);
    assert_true(e.finished);
    p2p__pong_fini(&p);
}

static void test_a_peer_that_never_reads_makes_us_hold_little(void **state)
{
    struct p2p__pong p;
    struct proto_end e;
    uint8_t in[P2P__CAP_PING_HELD * 32 + 1] = {0};

    (void)state;
    pong_only(&p, &e, 0, 0);
    assert_int_equal(proto_feed(&e, in, sizeof in - 1, NULL, 1), 0);
    assert_int_equal(proto_feed(&e, in, 1, NULL, 1), P2P_ELIMIT);
    p2p__pong_fini(&p);
    pong_only(&p, &e, 0, 0);
    assert_int_equal(proto_feed(&e, in, sizeof in, NULL, 1), P2P_ELIMIT);
    p2p__pong_fini(&p);
}

static void test_answers_beyond_the_rate_are_late(void **state)
{
    struct p2p__pong p;
    struct proto_end e;
    uint8_t in[4 * 32] = {0}, out[4 * 32];

    (void)state;
    pong_only(&p, &e, 2, P2P__SEC(1));
    assert_int_equal(proto_feed(&e, in, sizeof in, NULL, 10), 0);
    assert_int_equal(proto_draw(&e, out, sizeof out, 10), 64);
    assert_int_equal(p2p__pong_deadline(&p), P2P__SEC(1) + 10);
    assert_int_equal(p2p__pong_expire(&p, P2P__SEC(1) + 9), 0);
    assert_int_equal(proto_draw(&e, out, sizeof out, P2P__SEC(1) + 9), 0);
    assert_int_equal(p2p__pong_expire(&p, P2P__SEC(1) + 10), 0);
    /* The deadline has passed and the stream takes nothing: no busy loop. */
    assert_true(p2p__pong_deadline(&p) > P2P__SEC(2));
    assert_int_equal(proto_draw(&e, out, sizeof out, P2P__SEC(1) + 10), 32);
    assert_int_equal(p2p__pong_fin(&p, P2P__SEC(1) + 11), 0);
    assert_false(e.finished);
    assert_int_equal(proto_draw(&e, out, sizeof out, P2P__SEC(3)), 32);
    assert_int_equal(proto_draw(&e, out, sizeof out, P2P__SEC(3)), 0);
    assert_true(e.finished);
    p2p__pong_fini(&p);
}

static void test_the_rate_if_nothing_is_said(void **state)
{
    struct p2p__pong p;
    struct proto_end e;
    uint8_t in[32] = {0}, out[32];

    (void)state;
    pong_only(&p, &e, 0, 0);
    for (uint32_t i = 0; i < P2P__CAP_PING_BURST; i++) {
        assert_int_equal(proto_feed(&e, in, 32, NULL, 1), 0);
        assert_int_equal(proto_draw(&e, out, 32, 1), 32);
    }
    assert_int_equal(proto_feed(&e, in, 32, NULL, 1), 0);
    assert_int_equal(proto_draw(&e, out, 32, 1), 0);
    assert_int_equal(p2p__pong_deadline(&p), 1 + P2P__CAP_PING_EACH);
    p2p__pong_fini(&p);
}

static void test_an_end_within_a_ping_is_an_error(void **state)
{
    struct p2p__pong p;
    struct proto_end e;
    uint8_t in[33] = {0};

    (void)state;
    pong_only(&p, &e, 0, 0);
    assert_int_equal(proto_feed(&e, in, 33, NULL, 1), 0);
    assert_int_equal(p2p__pong_fin(&p, 1), P2P_EPROTO);
    p2p__pong_fini(&p);
}

static void test_an_idle_stream_is_given_up(void **state)
{
    struct p2p__pong p;
    struct proto_end e;
    uint8_t in[32] = {0};

    (void)state;
    pong_only(&p, &e, 0, 0);
    assert_int_equal(p2p__pong_deadline(&p), P2P__PING_IDLE);
    assert_int_equal(proto_feed(&e, in, 32, NULL, P2P__SEC(50)), 0);
    assert_int_equal(p2p__pong_expire(&p, P2P__SEC(60)), 0);
    /* Who takes answers is not idle. */
    assert_int_equal(proto_draw(&e, in, 32, P2P__SEC(70)), 32);
    assert_int_equal(p2p__pong_expire(&p, P2P__SEC(110)), 0);
    assert_int_equal(p2p__pong_expire(&p, P2P__SEC(130)), P2P_ETIMEDOUT);
    p2p__pong_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pings_are_answered_and_counted),
        cmocka_unit_test(test_rtt_runs_from_the_first_byte_written),
        cmocka_unit_test(test_the_next_ping_waits_for_the_interval),
        cmocka_unit_test(test_each_ping_has_bytes_of_its_own),
        cmocka_unit_test(test_who_has_output_marks_its_owner),
        cmocka_unit_test(test_a_peer_that_does_not_end_is_given_up),
        cmocka_unit_test(test_a_missing_answer_times_out),
        cmocka_unit_test(test_a_wrong_answer_is_refused),
        cmocka_unit_test(test_an_answer_to_nothing_is_refused),
        cmocka_unit_test(test_an_early_end_is_told),
        cmocka_unit_test(test_stop_makes_the_current_ping_the_last),
        cmocka_unit_test(test_pipelined_pings_come_back_in_order),
        cmocka_unit_test(test_a_peer_that_never_reads_makes_us_hold_little),
        cmocka_unit_test(test_answers_beyond_the_rate_are_late),
        cmocka_unit_test(test_the_rate_if_nothing_is_said),
        cmocka_unit_test(test_an_end_within_a_ping_is_an_error),
        cmocka_unit_test(test_an_idle_stream_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
