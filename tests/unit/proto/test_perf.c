/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Both ends of /perf/1.0.0. Spec: libp2p perf. */
#include "proto/perf/perf.h"

#include "hex.h"
#include "marked.h"
#include "proto_pair.h"
#include "unit.h"

struct pair {
    struct p2p__perf client;
    struct p2p__perf_server server;
    struct proto_end a, b;
};

static void pair_init(struct pair *p, uint64_t up, uint64_t down)
{
    struct p2p__perf_cfg cfg = {.up = up, .down = down};

    p2p__perf_init(&p->client, &cfg, 0);
    p2p__perf_server_init(&p->server, NULL, 0);
    proto_end_init(&p->a, &p2p__perf_ops, &p->client);
    proto_end_init(&p->b, &p2p__perf_server_ops, &p->server);
}

static void pair_fini(struct pair *p)
{
    p->a.ops->fini(p->a.core);
    p->b.ops->fini(p->b.core);
}

static void run(uint64_t up, uint64_t down, struct chunker *plan, size_t room)
{
    struct pair p;
    p2p_ns now = 1;

    pair_init(&p, up, down);
    for (bool moved = true; moved; now++) {
        moved = proto_move(&p.a, &p.b, plan, room, now);
        moved = proto_move(&p.b, &p.a, plan, room, now) || moved;
    }
    assert_int_equal(p.a.err, 0);
    assert_int_equal(p.b.err, 0);
    assert_true(p.a.ended && p.b.ended);
    assert_true(p2p__perf_next(&p.client));
    assert_false(p2p__perf_next(&p.client));
    assert_int_equal(p.client.stat.up, up);
    assert_int_equal(p.client.stat.down, down);
    assert_true(p.client.stat.ended >= p.client.stat.sent);
    assert_true(p2p__perf_deadline(&p.client) == P2P_NEVER);
    pair_fini(&p);
}

static void test_up_and_down_in_all_pieces(void **state)
{
    const uint64_t sizes[] = {0, 1, 7, 8, 9, 1000};
    const size_t rooms[] = {1, 7, 8, 9, 4096};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(sizes) * P2P__COUNT(sizes); i++) {
        for (size_t r = 0; r < P2P__COUNT(rooms); r++) {
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)(i % CHUNK_PLANS), i);
            run(sizes[i / P2P__COUNT(sizes)], sizes[i % P2P__COUNT(sizes)], &c,
                rooms[r]);
        }
    }
}

static void test_many_bytes_take_no_memory(void **state)
{
    struct chunker c;

    (void)state;
    chunker_init(&c, CHUNK_ALL, 0);
    run(4U << 20, 4U << 20, &c, 65536);
}

static void test_the_header_is_big_endian(void **state)
{
    struct pair p;
    uint8_t buf[64];
    size_t n;

    (void)state;
    pair_init(&p, 3, 0x0102030405060708);
    n = proto_draw(&p.a, buf, sizeof buf, 0);
    assert_hex(buf, n, "0102030405060708 000000");
    assert_true(p.a.finished);
    pair_fini(&p);
}

static void test_who_has_output_marks_its_owner(void **state)
{
    struct marked m;
    struct p2p__perf client;
    struct p2p__perf_server server;
    struct p2p__perf_cfg cfg = {.owner = &m.job};
    struct proto_end b;
    uint8_t in[8] = {0};

    (void)state;
    marked_init(&m);
    p2p__perf_init(&client, &cfg, 0);
    assert_true(marked_taken(&m));
    p2p__perf_server_init(&server, &m.job, 0);
    proto_end_init(&b, &p2p__perf_server_ops, &server);
    assert_int_equal(proto_feed(&b, in, 8, NULL, 0), 0);
    assert_false(marked_taken(&m));
    assert_int_equal(p2p__perf_server_fin(&server, 0), 0);
    assert_true(marked_taken(&m));
}

static void test_all_payload_is_zeros_behind_what_was_there(void **state)
{
    struct pair p;
    uint8_t in[8] = {0, 0, 0, 0, 0, 0, 0, 9}, buf[16];
    struct p2p__outbuf out = {.p = buf, .len = 4, .cap = sizeof buf};

    (void)state;
    pair_init(&p, 0, 0);
    memset(buf, 0xee, sizeof buf);
    assert_int_equal(proto_feed(&p.b, in, 8, NULL, 0), 0);
    assert_int_equal(p2p__perf_server_fin(&p.server, 0), 0);
    assert_int_equal(p2p__perf_server_tx(&p.server, &out, 0), P2P__PROTO_FIN);
    assert_hex(buf, sizeof buf, "eeeeeeee 000000000000000000 eeeeee");
    pair_fini(&p);
}

static void test_the_server_waits_for_the_end_of_the_upload(void **state)
{
    struct pair p;
    uint8_t in[] = {0, 0, 0, 0, 0, 0, 0, 5, 'u', 'p'}, out[16];

    (void)state;
    pair_init(&p, 0, 0);
    assert_int_equal(proto_feed(&p.b, in, sizeof in, NULL, 0), 0);
    assert_int_equal(proto_draw(&p.b, out, sizeof out, 0), 0);
    assert_int_equal(p2p__perf_server_fin(&p.server, 0), 0);
    assert_int_equal(proto_draw(&p.b, out, 3, 0), 3);
    assert_false(p.b.finished);
    assert_int_equal(proto_draw(&p.b, out, sizeof out, 0), 2);
    assert_true(p.b.finished);
    pair_fini(&p);
}

static void test_a_server_asked_for_everything_goes_on(void **state)
{
    struct pair p;
    uint8_t in[8], out[4096];

    (void)state;
    memset(in, 0xff, sizeof in);
    pair_init(&p, 0, 0);
    assert_int_equal(proto_feed(&p.b, in, sizeof in, NULL, 0), 0);
    assert_int_equal(p2p__perf_server_fin(&p.server, 0), 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(proto_draw(&p.b, out, sizeof out, 0), sizeof out);
    }
    assert_false(p.b.finished);
    pair_fini(&p);
}

static void test_an_end_within_the_header_is_an_error(void **state)
{
    struct pair p;
    uint8_t in[7] = {0};

    (void)state;
    pair_init(&p, 0, 0);
    assert_int_equal(proto_feed(&p.b, in, sizeof in, NULL, 0), 0);
    assert_int_equal(p2p__perf_server_fin(&p.server, 0), P2P_EPROTO);
    pair_fini(&p);
}

static void test_a_client_checks_what_comes_down(void **state)
{
    struct pair p;
    uint8_t buf[16] = {0};

    (void)state;
    pair_init(&p, 0, 5); /* before our end */
    assert_int_equal(proto_feed(&p.a, buf, 1, NULL, 0), P2P_EPROTO);
    pair_fini(&p);
    pair_init(&p, 0, 5); /* too many */
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, 0), 8);
    assert_int_equal(proto_feed(&p.a, buf, 6, NULL, 0), P2P_EPROTO);
    pair_fini(&p);
    pair_init(&p, 0, 5); /* too few */
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, 0), 8);
    assert_int_equal(proto_feed(&p.a, buf, 4, NULL, 0), 0);
    assert_int_equal(p2p__perf_fin(&p.client, 0), P2P_EPROTO);
    assert_false(p2p__perf_next(&p.client));
    pair_fini(&p);
}

static void test_moments_are_measured(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, 10, 10);
    assert_true(proto_move(&p.a, &p.b, NULL, 64, 100));
    assert_true(p.a.finished);
    assert_true(proto_move(&p.b, &p.a, NULL, 5, 200));
    assert_true(proto_move(&p.b, &p.a, NULL, 5, 300));
    assert_true(p2p__perf_next(&p.client));
    assert_int_equal(p.client.stat.began, 0);
    assert_int_equal(p.client.stat.sent, 100);
    assert_int_equal(p.client.stat.first, 200);
    assert_int_equal(p.client.stat.ended, 300);
    pair_fini(&p);
}

static void test_a_stream_without_motion_is_given_up(void **state)
{
    struct pair p;
    uint8_t buf[8];

    (void)state;
    pair_init(&p, 100, 0);
    assert_int_equal(proto_draw(&p.a, buf, sizeof buf, P2P__SEC(20)), 8);
    assert_int_equal(p2p__perf_expire(&p.client, P2P__SEC(49)), 0);
    assert_int_equal(p2p__perf_expire(&p.client, P2P__SEC(50)), P2P_ETIMEDOUT);
    assert_int_equal(proto_feed(&p.b, buf, 8, NULL, P2P__SEC(10)), 0);
    assert_int_equal(p2p__perf_server_expire(&p.server, P2P__SEC(39)), 0);
    assert_int_equal(p2p__perf_server_expire(&p.server, P2P__SEC(40)),
                     P2P_ETIMEDOUT);
    pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_and_down_in_all_pieces),
        cmocka_unit_test(test_many_bytes_take_no_memory),
        cmocka_unit_test(test_the_header_is_big_endian),
        cmocka_unit_test(test_who_has_output_marks_its_owner),
        cmocka_unit_test(test_all_payload_is_zeros_behind_what_was_there),
        cmocka_unit_test(test_the_server_waits_for_the_end_of_the_upload),
        cmocka_unit_test(test_a_server_asked_for_everything_goes_on),
        cmocka_unit_test(test_an_end_within_the_header_is_an_error),
        cmocka_unit_test(test_a_client_checks_what_comes_down),
        cmocka_unit_test(test_moments_are_measured),
        cmocka_unit_test(test_a_stream_without_motion_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
