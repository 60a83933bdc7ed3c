/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What goes over the streams of a protocol is counted at both ends, under names
 * that nobody else chooses. */
#include <stdio.h>
#include <string.h>

#include "simhost.h"
#include "stack/traffic.h"
#include "unit.h"

static const char *const echo[] = {"/echo/1.0.0"};
static const char *const nobodys[] = {"/nobodys/1.0.0"};

/* The row of a protocol; all zero: there is none. */
static struct p2p_traffic traffic_of(const struct p2p_host *h,
                                     const char *protocol)
{
    struct p2p_traffic all[P2P__TRAFFIC_ROWS];
    size_t n = p2p_host_traffic(h, all, P2P__TRAFFIC_ROWS, sizeof all[0]);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].protocol, protocol) == 0) {
            return all[i];
        }
    }
    return (struct p2p_traffic){.protocol = NULL};
}

/* Half of what comes goes back. */
static void server_data(void *user, struct p2p_stream *s, const uint8_t *p,
                        size_t len)
{
    (void)user;
    assert_int_equal(p2p_stream_send(s, p, len / 2), 0);
}

static void server_finished(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_finish(s);
}

static const struct p2p_stream_events server = {.data = server_data,
                                                .finished = server_finished};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &server, user);
}

static const struct p2p_stream_events quiet = {.opened = NULL};

static void ask(struct sim *sim, struct simhost *a, struct simhost *b,
                const char *const *protocol)
{
    static const uint8_t bytes[1000];
    struct p2p_stream *s;

    assert_int_equal(p2p_stream_open(a->host, p2p_host_id(b->host), protocol, 1,
                                     &quiet, NULL, &s),
                     0);
    while (p2p_stream_send(s, bytes, sizeof bytes) != 0) {
        sim_run(sim, sim->now + P2P__MS(1)); /* there is no connection yet */
    }
    p2p_stream_finish(s);
    sim_run(sim, sim->now + P2P__SEC(2));
}

static void test_bytes_and_streams_are_counted_at_both_ends(void **state)
{
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct p2p_traffic t;
    char addr[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    sim_init(&sim, &cfg, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_host_handle(b.host, echo[0], on_stream, NULL), 0);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    ask(&sim, &a, &b, echo);
    ask(&sim, &a, &b, echo);
    t = traffic_of(a.host, echo[0]);
    assert_int_equal(t.streams_out, 2);
    assert_int_equal(t.streams_in, 0);
    assert_int_equal(t.bytes_out, 2000);
    assert_int_equal(t.bytes_in, 1000);
    t = traffic_of(b.host, echo[0]);
    assert_int_equal(t.streams_in, 2);
    assert_int_equal(t.streams_out, 0);
    assert_int_equal(t.bytes_in, 2000);
    assert_int_equal(t.bytes_out, 1000);
    /* What a peer proposes is no name here. */
    ask(&sim, &a, &b, nobodys);
    assert_non_null(traffic_of(a.host, nobodys[0]).protocol);
    assert_null(traffic_of(b.host, nobodys[0]).protocol);
    /* identify goes by itself, both ways. */
    t = traffic_of(a.host, "/ipfs/id/1.0.0");
    assert_true(t.streams_out > 0 && t.streams_in > 0 && t.bytes_in > 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_protocols_beyond_the_rows_share_the_last(void **state)
{
    struct p2p__traffic rows[P2P__TRAFFIC_ROWS] = {{.bytes_in = 0}};
    struct p2p__traffic *last = &rows[P2P__TRAFFIC_ROWS - 1];
    char name[2 * P2P__TRAFFIC_NAME];

    (void)state;
    for (unsigned i = 0; i < P2P__TRAFFIC_ROWS - 1; i++) {
        (void)snprintf(name, sizeof name, "/p/%u", i);
        assert_ptr_equal(p2p__traffic_row(rows, name), &rows[i]);
        assert_ptr_equal(p2p__traffic_row(rows, name), &rows[i]);
        assert_string_equal(rows[i].protocol, name);
    }
    assert_ptr_equal(p2p__traffic_row(rows, "/one/more"), last);
    assert_ptr_equal(p2p__traffic_row(rows, "/and/another"), last);
    assert_string_equal(last->protocol, "others");
    assert_ptr_equal(p2p__traffic_row(rows, "/p/0"), &rows[0]);
}

static void test_a_long_name_is_cut(void **state)
{
    struct p2p__traffic rows[P2P__TRAFFIC_ROWS] = {{.bytes_in = 0}};
    char name[2 * P2P__TRAFFIC_NAME];

    (void)state;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_ptr_equal(p2p__traffic_row(rows, name), &rows[0]);
    assert_int_equal(strlen(rows[0].protocol), P2P__TRAFFIC_NAME - 1);
    assert_ptr_equal(p2p__traffic_row(rows, name), &rows[0]);
}

/* Both ways, of two hosts that speak nothing but what all do: to connect, and
 * to stay connected for a minute. */
static void test_what_a_connection_costs(void **state)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(5), .latency_max = P2P__MS(20)};
    struct simhost h[2] = {0};
    uint64_t connected;
    struct sim sim;

    (void)state;
    sim_init(&sim, &cfg, 2);
    simhost_start(&h[0], &sim, 0, NULL);
    simhost_start(&h[1], &sim, 1, NULL);
    assert_int_equal(simhost_dial(&h[0], &h[1]), 0);
    sim_run(&sim, sim.now + P2P__SEC(10));
    connected = sim.bytes;
    assert_in_range(connected, 1400, 1700);
    sim_run(&sim, sim.now + P2P__SEC(3600));
    assert_int_equal(simhost_conns(&h[0]), 1);
    assert_in_range((sim.bytes - connected) / 60, 240, 290);
    simhost_stop(&h[0]);
    simhost_stop(&h[1]);
    sim_fini(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_connection_costs),
        cmocka_unit_test(test_bytes_and_streams_are_counted_at_both_ends),
        cmocka_unit_test(test_protocols_beyond_the_rows_share_the_last),
        cmocka_unit_test(test_a_long_name_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
