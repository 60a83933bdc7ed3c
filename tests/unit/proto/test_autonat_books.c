/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An AutoNAT server's books: who is served, and where it dials. */
#include <stdio.h>

#include "made_peer.h"
#include "proto/autonat/books.h"
#include "unit.h"

static const uint64_t seed[2] = {1, 2};

static struct p2p__addr v4(uint32_t n)
{
    return (struct p2p__addr){
        .family = 4,
        .ip = {8, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
        .port = 4001};
}

static struct p2p_multiaddr maddr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static void init(struct p2p__autonat_books *b)
{
    const struct p2p__autonat_limits defaults = {0};

    p2p__autonat_books_init(b, &defaults, seed);
}

static int begin(struct p2p__autonat_books *b, uint32_t peer,
                 struct p2p__addr at, struct p2p__autonat_work *work,
                 p2p_ns now)
{
    const struct p2p_peer_id id = made_peer(peer);

    return p2p__autonat_books_begin(b, &(struct p2p__fair_who){&id, &at}, work,
                                    now);
}

/* Begins and ends. */
static int once(struct p2p__autonat_books *b, uint32_t peer,
                struct p2p__addr at, p2p_ns now)
{
    struct p2p__autonat_work work;
    const int rv = begin(b, peer, at, &work, now);

    p2p__autonat_books_end(b, &work);
    p2p__autonat_books_end(b, &work);
    return rv;
}

static void test_T34_requests_of_a_peer_have_a_rate(void **state)
{
    struct p2p__autonat_books b;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_RATE_PEER, 12);
    init(&b);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(once(&b, 1, v4(i), 1), 0);
    }
    assert_int_equal(once(&b, 1, v4(12), 1), P2P_ELIMIT);
    assert_int_equal(once(&b, 2, v4(12), 1), 0);
    assert_int_equal(once(&b, 1, v4(12), 1 + P2P__SEC(5)), 0);
    assert_int_equal(once(&b, 1, v4(12), 1 + P2P__SEC(5)), P2P_ELIMIT);
    p2p__autonat_books_fini(&b);
}

static void test_T34_requests_of_an_address_have_a_rate(void **state)
{
    struct p2p__addr net = {
        .family = 6, .ip = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1}, .port = 1};
    const struct p2p__autonat_limits limits = {.rate_all = 1000};
    struct p2p__autonat_books b;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_RATE_ADDR, 30);
    p2p__autonat_books_init(&b, &limits, seed);
    for (uint32_t i = 0; i < 30; i++) {
        assert_int_equal(once(&b, i, v4(7), 1), 0);
        net.ip[15] = (uint8_t)i; /* another of its /64 */
        assert_int_equal(once(&b, 100 + i, net, 1), 0);
    }
    assert_int_equal(once(&b, 30, v4(7), P2P__SEC(1)), P2P_ELIMIT);
    assert_int_equal(once(&b, 130, net, P2P__SEC(1)), P2P_ELIMIT);
    net.ip[7] = 2;
    assert_int_equal(once(&b, 130, net, P2P__SEC(1)), 0);
    assert_int_equal(once(&b, 30, v4(7), P2P__SEC(3)), 0);
    p2p__autonat_books_fini(&b);
}

static void test_T34_requests_have_a_rate(void **state)
{
    struct p2p__autonat_books b;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_RATE_ALL, 60);
    assert_int_equal(P2P__CAP_AUTONAT_RATE_OTHER, 12);
    init(&b);
    for (uint32_t i = 0; i < 60; i++) {
        assert_int_equal(once(&b, i, v4(i), 1), 0);
    }
    assert_int_equal(once(&b, 60, v4(60), 1), P2P_ELIMIT);
    assert_int_equal(once(&b, 60, v4(60), 1 + P2P__SEC(1)), 0);
    for (uint32_t i = 0; i < 12; i++) {
        assert_true(p2p__autonat_books_may_charge(&b, 1));
    }
    assert_false(p2p__autonat_books_may_charge(&b, 1));
    assert_true(p2p__autonat_books_may_charge(&b, 1 + P2P__SEC(5)));
    p2p__autonat_books_fini(&b);
}

static void test_T34_few_are_dialed_at_once(void **state)
{
    struct p2p__autonat_work work[16], none, again;
    struct p2p__autonat_books b;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_DIALS, 16);
    assert_int_equal(P2P__CAP_AUTONAT_DIALS_PER_PEER, 1);
    init(&b);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(begin(&b, i, v4(i), &work[i], 1), 0);
        assert_int_equal(begin(&b, i, v4(i), &none, 1), P2P_ELIMIT);
        assert_false(none.begun);
    }
    assert_int_equal(begin(&b, 99, v4(99), &none, 1), P2P_ELIMIT);
    p2p__autonat_books_end(&b, &work[0]);
    assert_int_equal(begin(&b, 99, v4(99), &again, 1), 0);
    p2p__autonat_books_end(&b, &again);
    for (size_t i = 1; i < 16; i++) {
        p2p__autonat_books_end(&b, &work[i]);
    }
    p2p__autonat_books_fini(&b);
}

static void test_T34_only_the_internet_is_dialed(void **state)
{
    static const char *const never[] = {
        "/dns4/example.org/tcp/1",
        "/ip4/8.8.8.8/tcp/0",
        ("/ip4/8.8.8.8/tcp/1/p2p/"
         "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit"),
        "/ip4/0.0.0.0/tcp/1",
        "/ip4/224.0.0.1/udp/1/quic-v1",
        "/ip4/169.254.1.1/tcp/1",
        "/ip6/fe80::1/tcp/1",
        "/unix/%2Ftmp%2Fx",
        "/ip4/255.255.255.255/tcp/1"};
    static const char *const private[] = {"/ip4/10.0.0.1/tcp/1",
                                          "/ip4/127.0.0.1/tcp/1",
                                          "/ip4/192.168.1.1/udp/1/quic-v1",
                                          "/ip4/100.64.0.1/tcp/1",
                                          "/ip6/::ffff:10.0.0.1/tcp/1",
                                          "/ip6/64:ff9b::10.0.0.1/tcp/1",
                                          "/ip6/fd00::1/tcp/1"};
    static const char *const fine[] = {"/ip4/8.8.8.8/tcp/1",
                                       "/ip6/2600::1/udp/1/quic-v1",
                                       "/ip4/8.8.8.8/tcp/1/ws"};
    const struct p2p__autonat_limits limits = {.private_addrs = true};
    const struct p2p__addr from = v4(1),
                           at_home = {.family = 4, .ip = {10, 0, 0, 9}};
    struct p2p__autonat_books b, home;

    (void)state;
    init(&b);
    p2p__autonat_books_init(&home, &limits, seed);
    for (size_t i = 0; i < P2P__COUNT(never); i++) {
        struct p2p_multiaddr ma;

        if (p2p_multiaddr_from_text(never[i], strlen(never[i]), &ma) == 0) {
            assert_false(p2p__autonat_may_dial(&b, &from, &ma));
            assert_false(p2p__autonat_may_dial(&home, &at_home, &ma));
        }
    }
    for (size_t i = 0; i < P2P__COUNT(private); i++) {
        const struct p2p_multiaddr ma = maddr(private[i]);

        assert_false(p2p__autonat_may_dial(&b, &from, &ma));
        assert_false(p2p__autonat_may_dial(&home, &from, &ma));
        assert_true(p2p__autonat_may_dial(&home, &at_home, &ma));
    }
    for (size_t i = 0; i < P2P__COUNT(fine); i++) {
        const struct p2p_multiaddr ma = maddr(fine[i]);

        assert_true(p2p__autonat_may_dial(&b, &from, &ma));
    }
    p2p__autonat_books_fini(&b);
    p2p__autonat_books_fini(&home);
}

/* The targets of a request with these addresses, from 8.0.0.7. */
static size_t targets(const char *const *texts, size_t n,
                      struct p2p_multiaddr *out, size_t cap)
{
    static uint8_t buf[4096];
    struct p2p__autonat_told told = {.field = 1};
    const struct p2p__addr from = v4(7);
    struct p2p__autonat_books b;
    struct p2p__pbw w;

    p2p__pbw_init(&w, buf, sizeof buf);
    for (size_t i = 0; i < n; i++) {
        const struct p2p_multiaddr ma = maddr(texts[i]);

        p2p__pbw_bytes(&w, 1, ma.bytes, ma.len);
    }
    told.fields = p2p__slice_of(buf, w.len);
    init(&b);
    n = p2p__autonat_v1_targets(&b, &told, &from, out, cap);
    p2p__autonat_books_fini(&b);
    return n;
}

static void test_T34_v1_dials_who_asks_alone(void **state)
{
    static const char *const texts[] = {
        "/ip4/8.8.8.8/tcp/4001",
        "/ip4/192.168.1.2/udp/4001/quic-v1",
        "/ip6/2600::1/tcp/4002/ws",
        "/ip4/8.0.0.7/tcp/4001",
        "/dns4/example.org/tcp/443",
        "/ip4/8.8.8.8/tcp/4003/p2p/"
        "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2"
        "kj6vnc6iDEp/p2p-circuit"};
    static const char *const expected[] = {"/ip4/8.0.0.7/tcp/4001",
                                           "/ip4/8.0.0.7/udp/4001/quic-v1",
                                           "/ip4/8.0.0.7/tcp/4002/ws"};
    struct p2p_multiaddr out[8];

    (void)state;
    assert_int_equal(targets(texts, P2P__COUNT(texts), out, 8), 3);
    for (size_t i = 0; i < P2P__COUNT(expected); i++) {
        const struct p2p_multiaddr ma = maddr(expected[i]);

        assert_true(p2p_multiaddr_equal(&out[i], &ma));
    }
}

static void test_T34_few_addresses_of_v1_are_looked_at(void **state)
{
    static char lines[20][40];
    const char *texts[20];
    struct p2p_multiaddr out[20];

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_ADDRS, 16);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(lines[i], sizeof lines[i], "/ip4/8.8.8.8/tcp/%d",
                       1000 + i);
        texts[i] = lines[i];
    }
    assert_int_equal(targets(texts, 20, out, 20), 16);
}

static void test_T34_few_addresses_of_v2_are_looked_at(void **state)
{
    const struct p2p_multiaddr private = maddr("/ip4/10.0.0.1/tcp/1"),
                               fine = maddr("/ip4/8.8.8.8/tcp/1");
    const struct p2p__addr from = v4(1);
    struct p2p__autonat_told told = {.field = 1};
    struct p2p__autonat_walk walk;
    struct p2p__autonat_books b;
    struct p2p_multiaddr ma;
    struct p2p__pbw w;
    uint8_t buf[1024];

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_ADDRS_V2, 50);
    init(&b);
    p2p__pbw_init(&w, buf, sizeof buf);
    for (int i = 0; i < 60; i++) {
        const struct p2p_multiaddr *one = i % 50 == 49 ? &fine : &private;

        p2p__pbw_bytes(&w, 1, one->bytes, one->len);
    }
    p2p__pbw_bytes(&w, 1, fine.bytes, fine.len);
    told.fields = p2p__slice_of(buf, w.len);
    p2p__autonat_walk_init(&walk, &told);
    assert_int_equal(p2p__autonat_v2_target(&b, &from, &walk, &ma), 49);
    assert_true(p2p_multiaddr_equal(&ma, &fine));
    assert_true(p2p__autonat_v2_target(&b, &from, &walk, &ma) <
                0); /* though 60 is */
    p2p__autonat_books_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T34_requests_of_a_peer_have_a_rate),
        cmocka_unit_test(test_T34_requests_of_an_address_have_a_rate),
        cmocka_unit_test(test_T34_requests_have_a_rate),
        cmocka_unit_test(test_T34_few_are_dialed_at_once),
        cmocka_unit_test(test_T34_only_the_internet_is_dialed),
        cmocka_unit_test(test_T34_v1_dials_who_asks_alone),
        cmocka_unit_test(test_T34_few_addresses_of_v1_are_looked_at),
        cmocka_unit_test(test_T34_few_addresses_of_v2_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
