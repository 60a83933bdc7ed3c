/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What must hold over every transport and security, not over TCP and Noise
 * alone: handshakes have an end, a dead peer is noticed, no old memory goes
 * out. */
#include <malloc.h>
#include <stdio.h>

#include "unit.h"
#include "ways.h"

/* A connection of somebody who says a few bytes and then nothing. */
struct mute {
    const char *words;
    size_t len;
    bool ended;
    struct p2p__pipe *pipe;
};

static void mute_connected(void *user, int status, p2p_ns now)
{
    struct mute *m = user;

    (void)now;
    assert_int_equal(status, 0);
    m->pipe->ops->read(m->pipe, true);
    if (m->len > 0) {
        assert_true(m->pipe->ops->write(m->pipe, (const uint8_t *)m->words,
                                        m->len) >= 0);
    }
}

static void mute_data(void *user, struct p2p__slice in, p2p_ns now)
{
    (void)user;
    (void)in;
    (void)now;
}

static void mute_writable(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void mute_ended(void *user, int status, p2p_ns now)
{
    (void)status;
    (void)now;
    ((struct mute *)user)->ended = true;
}

static const struct p2p__pipe_cb mute_cb = {
    .connected = mute_connected,
    .data = mute_data,
    .writable = mute_writable,
    .ended = mute_ended,
};

#define HELLO "\x13/multistream/1.0.0\n"

/* What somebody says before he falls silent, on each way but QUIC's. */
static const struct {
    unsigned way;
    size_t len;
    const char *words;
} silences[] = {
    {WAY_TLS, 0, ""},
    {WAY_TLS, 20, HELLO},
    {WAY_TLS, 35, HELLO "\x0b/tls/1.0.0\n\x16\x03\x01"},
    {WAY_PNET, 0, ""},
    {WAY_PNET, 23, "a nonce that is not the"},
    {WAY_PNET, 24, "a nonce, and then nothing"},
    {WAY_WS, 0, ""},
    {WAY_WS, 16, "GET / HTTP/1.1\r\n"},
    {WAY_WSS, 0, ""},
    {WAY_WSS, 5, "\x16\x03\x01\x02\x00"},
};

static void test_T36_who_falls_silent_is_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(silences); i++) {
        const struct p2p__addr to = {
            .family = 4, .ip = {10, 0, 0, 2}, .port = 4001};
        struct mute m = {silences[i].words, silences[i].len, false, NULL};
        struct p2p_host_stats stats;
        struct ways_pair p;
        struct p2p__net *net;
        int err;

        ways_init(&p, silences[i].way, false);
        ways_begin(&p, 3);
        assert_int_equal(ways_start(&p, 1), 0);
        net = &p.sim.hosts[0].net;
        m.pipe = net->dial(net, &to, &mute_cb, &m, &err);
        assert_non_null(m.pipe);
        sim_run(&p.sim, P2P__SEC(2));
        p2p_host_stats(p.hosts[1], &stats, sizeof stats);
        assert_int_equal(stats.handshakes_pending, 1);
        assert_false(m.ended);
        sim_run(&p.sim, P2P__SEC(P2P__CAP_UPGRADE_S + 3));
        p2p_host_stats(p.hosts[1], &stats, sizeof stats);
        assert_int_equal(stats.handshakes_pending, 0);
        assert_int_equal(stats.conns_in, 0);
        assert_int_equal(stats.memory_bytes, 0);
        assert_true(m.ended);
        m.pipe->ops->close(m.pipe);
        ways_end(&p);
        ways_fini(&p);
    }
}

/* When a host noticed that the wire was cut, since then. */
static p2p_ns noticed(struct ways_pair *p)
{
    const p2p_ns cut = p->sim.now;

    while (p2p_host_conns(p->hosts[0], NULL, 0, 0) > 0 ||
           p2p_host_conns(p->hosts[1], NULL, 0, 0) > 0) {
        sim_run(&p->sim, p->sim.now + P2P__MS(50));
        assert_true(p->sim.now < cut + P2P__SEC(100));
    }
    return p->sim.now - cut;
}

static void test_T6_a_dead_peer_is_noticed(void **state)
{
    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned i = 0; i < 8; i++) {
            struct ways_pair p;

            ways_init(&p, way, false);
            ways_begin(&p, i + 1);
            assert_int_equal(ways_meet(&p), 0);
            assert_int_equal(ways_speak(&p), 0);
            assert_int_equal(p.pongs, 1);
            sim_run(&p.sim, p.sim.now + i * P2P__MS(4517));
            assert_int_equal(p2p_host_conns(p.hosts[0], NULL, 0, 0), 1);
            sim_set_group(&p.sim, 1, 1);
            assert_in_range(noticed(&p), P2P__SEC(14), P2P__MS(30200));
            ways_end(&p);
            ways_fini(&p);
        }
    }
}

/* All that two hosts say over a way, as a hash, on a heap full of something. */
static uint64_t said_on(int fill, unsigned way)
{
    struct ways_pair p;
    uint64_t trace;

    if (mallopt(M_PERTURB, fill) != 1) {
        print_message("skipped: this heap cannot be filled\n");
        skip();
    }
    ways_init(&p, way, false);
    ways_begin(&p, 17);
    assert_int_equal(ways_meet(&p), 0);
    assert_int_equal(ways_speak(&p), 0);
    assert_int_equal(p.measured, 1);
    sim_run(&p.sim, p.sim.now + P2P__SEC(60));
    trace = p.sim.trace;
    ways_end(&p);
    ways_fini(&p);
    (void)mallopt(M_PERTURB, 0);
    return trace;
}

/* Where all that is random is the world's: GnuTLS has dice of its own. What it
 * is given is looked at by `make valgrind`. */
static void test_T25_no_old_memory_goes_out(void **state)
{
    (void)state;
    assert_int_equal(said_on(0x55, WAY_WS), said_on(0xaa, WAY_WS));
    assert_int_equal(said_on(0x55, WAY_PNET), said_on(0xaa, WAY_PNET));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T36_who_falls_silent_is_cut_off),
        cmocka_unit_test(test_T6_a_dead_peer_is_noticed),
        cmocka_unit_test(test_T25_no_old_memory_goes_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
