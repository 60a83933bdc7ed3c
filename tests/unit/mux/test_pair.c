/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two ends, many streams, megabytes both ways: see pair.h. */
#include "mux/mplex/mplex.h"
#include "mux/yamux/yamux.h"
#include "pair.h"

static int make_yamux(const struct p2p__sess_cfg *sess, void **out, p2p_ns now)
{
    const struct p2p__yamux_cfg cfg = {.sess = *sess};

    return p2p__yamux_new(&cfg, out, now);
}

static uint64_t yamux_id(const void *stream)
{
    return p2p__yamux_stream_id(stream);
}

static int make_mplex(const struct p2p__sess_cfg *sess, void **out, p2p_ns now)
{
    const struct p2p__mplex_cfg cfg = {.sess = *sess};

    return p2p__mplex_new(&cfg, out, now);
}

/* mplex counts from 0, and has no id before it is announced. */
static uint64_t mplex_id(const void *stream)
{
    return p2p__mplex_stream_id(stream) + 1;
}

static const struct pair_kind MPLEX = {&p2p__mplex_ops, make_mplex, mplex_id};
static const struct pair_kind YAMUX = {&p2p__yamux_ops, make_yamux, yamux_id};

static void play(const struct pair_kind *kind, uint64_t memory)
{
    static const size_t steps[] = {
        [CHUNK_ALL] = 12000, [CHUNK_ONE] = 12000, [CHUNK_RANDOM] = 12000};

    for (int plan = 0; plan < CHUNK_PLANS; plan++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct pair *p =
                pair_new(kind, (enum chunk_plan)plan, seed, memory);

            pair_play(p, steps[plan]);
            if (seed > 1) { /* 1: ends in the midst of it */
                pair_drain(p);
            }
            print_message("%llu bytes, %u streams, %llu resets\n",
                          (unsigned long long)p->bytes, p->labels,
                          (unsigned long long)p->resets);
            assert_true(p->bytes > 100000);
            assert_true(p->closed > 20);
            pair_free(p);
        }
    }
}

static void test_yamux(void **state)
{
    (void)state;
    play(&YAMUX, 0);
}

/* The quota says no again and again; what it lets through is whole. */
static void test_yamux_in_little_memory(void **state)
{
    (void)state;
    play(&YAMUX, 60000);
}

static void test_mplex(void **state)
{
    (void)state;
    play(&MPLEX, 0);
}

static void test_mplex_in_little_memory(void **state)
{
    (void)state;
    play(&MPLEX, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yamux),
        cmocka_unit_test(test_yamux_in_little_memory),
        cmocka_unit_test(test_mplex),
        cmocka_unit_test(test_mplex_in_little_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
