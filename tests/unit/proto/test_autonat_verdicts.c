/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an AutoNAT client makes of what servers say, and of where others see
 * it. */
#include <stdio.h>

#include "made_peer.h"
#include "proto/autonat/observed.h"
#include "proto/autonat/verdicts.h"
#include "unit.h"

static struct p2p_multiaddr maddr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static struct p2p__addr v4(uint32_t n)
{
    return (struct p2p__addr){
        .family = 4,
        .ip = {8, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
        .port = 4001};
}

/* Servers 1..n of v2 (or v1), each at an address of its own. */
static void servers(struct p2p__autonat_verdicts *v, uint32_t n, bool v2)
{
    for (uint32_t i = 1; i <= n; i++) {
        const struct p2p_peer_id id = made_peer(i);
        const struct p2p__addr at = v4(i);

        p2p__autonat_verdicts_server(
            v, &id, &at, v2 ? P2P__AUTONAT_SERVES_V2 : P2P__AUTONAT_SERVES_V1,
            1);
    }
}

static void addrs(struct p2p__autonat_verdicts *v, const char *a, const char *b)
{
    struct p2p_multiaddr all[2];
    size_t n = 0;

    all[n++] = maddr(a);
    if (b != NULL) {
        all[n++] = maddr(b);
    }
    (void)p2p__autonat_verdicts_set(v, all, n);
}

/* Asks whoever is next, who says this of the first address; false: nobody. */
static bool ask(struct p2p__autonat_verdicts *v,
                enum p2p__autonat_outcome outcome, p2p_ns now)
{
    struct p2p__autonat_probe probe;

    if (!p2p__autonat_verdicts_next(v, &probe, now)) {
        return false;
    }
    assert_false(p2p__autonat_verdicts_next(v, &probe, now));
    assert_true(p2p__autonat_verdicts_deadline(v) == P2P_NEVER);
    if (probe.v2) {
        p2p__autonat_verdicts_answer(v, &probe, outcome, 0, now);
    } else {
        p2p__autonat_verdicts_answer_v1(v, &probe, outcome, NULL, now);
    }
    return true;
}

static enum p2p__autonat_verdict of(const struct p2p__autonat_verdicts *v,
                                    const char *text)
{
    const struct p2p_multiaddr ma = maddr(text);

    return p2p__autonat_verdicts_of(v, &ma);
}

#define A "/ip4/9.9.9.9/tcp/1"
#define B "/ip4/9.9.9.9/udp/1/quic-v1"

static void test_a_verdict_wants_three_that_agree(void **state)
{
    const struct p2p_multiaddr *about;
    enum p2p__autonat_verdict verdict;
    struct p2p__autonat_verdicts v;
    uint32_t yes, no;

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 3, true);
    assert_true(p2p__autonat_verdicts_deadline(&v) == P2P_NEVER);
    addrs(&v, A, NULL);
    assert_true(p2p__autonat_verdicts_deadline(&v) == 0);
    assert_true(ask(&v, P2P__AUTONAT_YES, 1));
    assert_true(ask(&v, P2P__AUTONAT_YES, 1));
    assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
    assert_false(p2p__autonat_verdicts_change(&v, &about, &verdict));
    assert_true(ask(&v, P2P__AUTONAT_YES, 1));
    assert_int_equal(of(&v, A), P2P__AUTONAT_REACHABLE);
    p2p__autonat_verdicts_count(&v, 0, &yes, &no);
    assert_int_equal(yes, 3);
    assert_int_equal(no, 0);
    assert_true(p2p__autonat_verdicts_change(&v, &about, &verdict));
    assert_true(about != NULL && verdict == P2P__AUTONAT_REACHABLE);
    assert_true(p2p__autonat_verdicts_change(&v, &about, &verdict));
    assert_true(about == NULL && verdict == P2P__AUTONAT_REACHABLE);
    assert_false(p2p__autonat_verdicts_change(&v, &about, &verdict));
    /* Then nobody is asked for an hour. */
    assert_false(ask(&v, P2P__AUTONAT_YES, P2P__SEC(3000)));
    assert_true(p2p__autonat_verdicts_deadline(&v) == 1 + P2P__SEC(3600));
    assert_true(ask(&v, P2P__AUTONAT_YES, 1 + P2P__SEC(3600)));
    assert_false(ask(&v, P2P__AUTONAT_YES, P2P__SEC(3700)));
}

static void test_a_server_is_one_word(void **state)
{
    const struct p2p_peer_id other = made_peer(9);
    const struct p2p__addr at = v4(1);
    struct p2p__autonat_verdicts v;
    p2p_ns now = 1, next;

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 2, true);
    p2p__autonat_verdicts_server(&v, &other, &at, P2P__AUTONAT_SERVES_V2,
                                 1); /* beside the first */
    addrs(&v, A, NULL);
    assert_true(ask(&v, P2P__AUTONAT_YES, now));
    assert_true(ask(&v, P2P__AUTONAT_YES, now));
    assert_false(ask(&v, P2P__AUTONAT_YES, now));
    for (int i = 0; i < 10; i++) { /* asked again, and less and less often */
        next = p2p__autonat_verdicts_deadline(&v);
        assert_true(next >= now + (i == 0 ? P2P__AUTONAT_AGAIN : 0));
        now = next;
        assert_true(ask(&v, P2P__AUTONAT_YES, now));
        assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
    }
    assert_true(now >= P2P__SEC(3 * 3600));
}

static void test_a_verdict_stays_until_most_say_otherwise(void **state)
{
    struct p2p__autonat_verdicts v;
    p2p_ns now = 1;

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 4, true);
    addrs(&v, A, NULL);
    for (int i = 0; i < 3; i++) {
        assert_true(ask(&v, P2P__AUTONAT_YES, now));
    }
    now = p2p__autonat_verdicts_deadline(&v);
    assert_true(ask(&v, P2P__AUTONAT_NO, now)); /* so another is asked */
    assert_int_equal(of(&v, A), P2P__AUTONAT_REACHABLE);
    assert_true(ask(&v, P2P__AUTONAT_NO, now));
    assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
}

static void test_what_was_said_long_ago_does_not_count(void **state)
{
    const struct p2p_peer_id first[] = {made_peer(1), made_peer(2),
                                        made_peer(3)};
    struct p2p__autonat_verdicts v;
    const p2p_ns later = P2P__SEC(4 * 3600);

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 3, true);
    addrs(&v, A, NULL);
    for (int i = 0; i < 3; i++) {
        assert_true(ask(&v, P2P__AUTONAT_YES, 1));
    }
    for (int i = 0; i < 3; i++) {
        p2p__autonat_verdicts_gone(&v, &first[i]);
    }
    servers(&v, 4, true);
    p2p__autonat_verdicts_gone(&v, &first[0]);
    p2p__autonat_verdicts_gone(&v, &first[1]);
    p2p__autonat_verdicts_gone(&v, &first[2]);
    assert_true(ask(&v, P2P__AUTONAT_NO, later));
    assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
}

static void test_servers_that_fail_wait(void **state)
{
    struct p2p__autonat_verdicts v;
    p2p_ns now = 1, next;

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 1, true);
    addrs(&v, A, NULL);
    for (p2p_ns wait = P2P__SEC(60); wait < P2P__SEC(3600); wait *= 2) {
        assert_true(ask(&v, P2P__AUTONAT_FAILED, now));
        next = p2p__autonat_verdicts_deadline(&v);
        assert_true(next == now + wait);
        now = next;
    }
    assert_true(ask(&v, P2P__AUTONAT_FAILED, now));
    assert_true(p2p__autonat_verdicts_deadline(&v) == now + P2P__SEC(3600));
}

static void test_what_a_server_does_not_dial_others_may(void **state)
{
    const struct p2p_peer_id second = made_peer(2);
    struct p2p__autonat_probe probe;
    struct p2p__autonat_verdicts v;

    (void)state;
    p2p__autonat_verdicts_init(&v, 1);
    servers(&v, 2, true);
    addrs(&v, A, B);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, 1));
    assert_int_equal(probe.n_addrs, 2);
    /* It took the second: the first is nothing for it. */
    p2p__autonat_verdicts_answer(&v, &probe, P2P__AUTONAT_NO, 1, 1);
    assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
    assert_int_equal(of(&v, B), P2P__AUTONAT_UNREACHABLE);
    assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_UNREACHABLE);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, 1));
    assert_true(p2p_peer_id_equal(&probe.server, &second));
    assert_int_equal(probe.n_addrs, 1);
    p2p__autonat_verdicts_answer(&v, &probe, P2P__AUTONAT_REFUSED, 0, 1);
    assert_false(p2p__autonat_verdicts_next(&v, &probe, P2P__SEC(300)));
    assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
}

static void test_addresses_come_and_go(void **state)
{
    struct p2p__autonat_verdicts v;
    struct p2p_multiaddr many[20];
    char text[40];

    (void)state;
    p2p__autonat_verdicts_init(&v, 1);
    servers(&v, 1, true);
    addrs(&v, A, NULL);
    assert_true(ask(&v, P2P__AUTONAT_YES, 1));
    many[0] = maddr(B);
    many[1] = maddr(A);
    assert_true(p2p__autonat_verdicts_set(&v, many, 2));
    assert_int_equal(of(&v, A), P2P__AUTONAT_REACHABLE);
    assert_int_equal(of(&v, B), P2P__AUTONAT_UNKNOWN);
    assert_false(p2p__autonat_verdicts_set(&v, many, 2));
    many[2] = many[0];
    assert_false(p2p__autonat_verdicts_set(&v, many, 3)); /* one twice */
    assert_true(p2p__autonat_verdicts_set(&v, many, 1));
    assert_int_equal(of(&v, A), P2P__AUTONAT_UNKNOWN);
    assert_int_equal(P2P__CAP_AUTONAT_TRACKED, 16);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "/ip4/9.9.9.9/tcp/%d", 100 + i);
        many[i] = maddr(text);
    }
    assert_true(p2p__autonat_verdicts_set(&v, many, 20));
    assert_int_equal(v.n_addrs, 16);
    for (size_t i = 0; i < 16; i++) {
        assert_true(p2p_multiaddr_equal(&v.addrs[i].addr, &many[i]));
    }
}

static void test_verdicts_stay_where_there_is_no_room(void **state)
{
    struct p2p__autonat_verdicts v;
    struct p2p_multiaddr all[17];
    char text[40];

    (void)state;
    p2p__autonat_verdicts_init(&v, 1);
    servers(&v, 1, true);
    for (int i = 0; i < 17; i++) {
        (void)snprintf(text, sizeof text, "/ip4/9.9.9.9/tcp/%d", 100 + i);
        all[i] = maddr(text);
    }
    (void)p2p__autonat_verdicts_set(&v, all + 1, 16);
    for (p2p_ns now = 1; p2p__autonat_verdicts_deadline(&v) < P2P__SEC(600);) {
        now = p2p__max(now, p2p__autonat_verdicts_deadline(&v));
        assert_true(ask(&v, P2P__AUTONAT_YES, now));
    }
    assert_true(p2p__autonat_verdicts_set(&v, all, 17)); /* a new one first */
    assert_int_equal(v.n_addrs, 16);
    for (size_t i = 0; i < 16; i++) {
        assert_true(p2p_multiaddr_equal(&v.addrs[i].addr, &all[i]));
        assert_int_equal(
            p2p__autonat_verdicts_of(&v, &all[i]),
            i == 0 ? P2P__AUTONAT_UNKNOWN : P2P__AUTONAT_REACHABLE);
    }
}

static void test_an_answer_about_what_is_gone_is_nothing(void **state)
{
    const struct p2p_peer_id id = made_peer(1);
    struct p2p__autonat_probe probe;
    struct p2p__autonat_verdicts v;

    (void)state;
    p2p__autonat_verdicts_init(&v, 1);
    servers(&v, 1, true);
    addrs(&v, A, NULL);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, 1));
    addrs(&v, B, NULL);
    p2p__autonat_verdicts_answer(&v, &probe, P2P__AUTONAT_YES, 0, 1);
    assert_int_equal(of(&v, B), P2P__AUTONAT_UNKNOWN);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, P2P__SEC(60)));
    p2p__autonat_verdicts_gone(&v, &id);
    p2p__autonat_verdicts_answer(&v, &probe, P2P__AUTONAT_YES, 0, 1);
    assert_int_equal(of(&v, B), P2P__AUTONAT_UNKNOWN);
    assert_true(p2p__autonat_verdicts_deadline(&v) == P2P_NEVER);
}

static void test_servers_are_known_up_to_a_cap(void **state)
{
    struct p2p__autonat_verdicts v;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_SERVERS, 64);
    p2p__autonat_verdicts_init(&v, 1);
    servers(&v, 100, true);
    assert_int_equal(v.n_servers, 64);
}

/* A peer that serves v2 at a site. */
static void server_at(struct p2p__autonat_verdicts *v, uint32_t peer,
                      uint32_t site)
{
    const struct p2p_peer_id id = made_peer(peer);
    const struct p2p__addr at = v4(site);

    p2p__autonat_verdicts_server(v, &id, &at, P2P__AUTONAT_SERVES_V2, 1);
}

/* Whether a peer is known. */
static bool knows(const struct p2p__autonat_verdicts *v, uint32_t peer)
{
    const struct p2p_peer_id id = made_peer(peer);

    for (size_t i = 0; i < v->n_servers; i++) {
        if (p2p_peer_id_equal(&v->servers[i].id, &id)) {
            return true;
        }
    }
    return false;
}

static void test_servers_of_one_site_do_not_hide_others(void **state)
{
    struct p2p__autonat_verdicts v;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_SERVERS_PER_SITE, 2);
    p2p__autonat_verdicts_init(&v, 0);
    for (uint32_t i = 100; i < 200; i++) {
        server_at(&v, i, 77);
    }
    assert_int_equal(v.n_servers, 2);
    addrs(&v, A, NULL);
    assert_true(ask(&v, P2P__AUTONAT_FAILED, 1)); /* of the hundred */
    assert_true(ask(&v, P2P__AUTONAT_FAILED, 1));
    server_at(&v, 200, 77); /* under another name: waits all the same */
    assert_true(knows(&v, 200) && v.n_servers == 2);
    assert_true(p2p__autonat_verdicts_deadline(&v) > P2P__AUTONAT_BACKOFF);
    servers(&v, 3, true);
    for (int i = 0; i < 3; i++) {
        assert_true(ask(&v, P2P__AUTONAT_YES, 1));
    }
    assert_int_equal(of(&v, A), P2P__AUTONAT_REACHABLE);
}

static void test_who_fails_most_makes_room(void **state)
{
    struct p2p__autonat_verdicts v;
    p2p_ns now = 1;

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 2, true);
    addrs(&v, A, NULL);
    /* The first answers, the second fails twice. */
    assert_true(ask(&v, P2P__AUTONAT_REFUSED, now));
    for (int i = 0; i < 2; i++) {
        now = p2p__autonat_verdicts_deadline(&v);
        assert_true(ask(&v, P2P__AUTONAT_FAILED, p2p__max(now, 1)));
    }
    servers(&v, 64, true);
    assert_int_equal(v.n_servers, 64);
    assert_true(ask(&v, P2P__AUTONAT_FAILED, now)); /* once, the third */
    server_at(&v, 65, 65);
    assert_true(knows(&v, 65) && knows(&v, 3) && !knows(&v, 2));
    server_at(&v, 66, 66);
    assert_true(knows(&v, 66) && !knows(&v, 3));
    server_at(&v, 67, 67); /* nobody else failed */
    assert_true(knows(&v, 66) && knows(&v, 65) && !knows(&v, 67));
    assert_int_equal(v.n_servers, 64);
}

static void test_v1_is_asked_about_the_node(void **state)
{
    const struct p2p_multiaddr dialed = maddr(A);
    struct p2p__autonat_probe probe;
    struct p2p__autonat_verdicts v;

    (void)state;
    p2p__autonat_verdicts_init(&v, 2);
    servers(&v, 2, false);
    addrs(&v, A, NULL);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, 1));
    assert_false(probe.v2);
    assert_int_equal(probe.n_addrs, 0);
    p2p__autonat_verdicts_answer_v1(&v, &probe, P2P__AUTONAT_YES, &dialed, 1);
    assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_UNKNOWN);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, 1));
    p2p__autonat_verdicts_answer_v1(&v, &probe, P2P__AUTONAT_YES, &dialed, 1);
    assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_REACHABLE);
    assert_int_equal(of(&v, A), P2P__AUTONAT_REACHABLE);
    assert_false(p2p__autonat_verdicts_next(&v, &probe, P2P__SEC(600)));
}

static void test_without_an_address_v1_is_asked_of_all(void **state)
{
    const struct p2p_peer_id id = made_peer(1);
    struct p2p__autonat_probe probe;
    struct p2p__autonat_verdicts v;
    const struct p2p__addr at = v4(1);

    (void)state;
    p2p__autonat_verdicts_init(&v, 1);
    p2p__autonat_verdicts_server(
        &v, &id, &at, P2P__AUTONAT_SERVES_V1 | P2P__AUTONAT_SERVES_V2, 1);
    assert_false(p2p__autonat_verdicts_next(&v, &probe, 1)); /* yet */
    assert_true(p2p__autonat_verdicts_deadline(&v) ==
                1 + P2P__AUTONAT_V1_AFTER);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, P2P__SEC(11)));
    assert_false(probe.v2);
    p2p__autonat_verdicts_answer_v1(&v, &probe, P2P__AUTONAT_NO, NULL, 1);
    assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_UNREACHABLE);
    addrs(&v, A, NULL);
    assert_true(p2p__autonat_verdicts_next(&v, &probe, P2P__SEC(60)));
    assert_true(probe.v2);
    p2p__autonat_verdicts_answer(&v, &probe, P2P__AUTONAT_YES, 0, 1);
    assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_REACHABLE);
}

static void test_v1_says_no(void **state)
{
    struct p2p__autonat_verdicts v;

    (void)state;
    p2p__autonat_verdicts_init(&v, 0);
    servers(&v, 3, false);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_UNKNOWN);
        assert_true(ask(&v, P2P__AUTONAT_NO, 1));
    }
    assert_int_equal(p2p__autonat_verdicts_node(&v), P2P__AUTONAT_UNREACHABLE);
}

/* Somebody at site `site`, by connection `by`, sees us at port `port`. */
static bool see(struct p2p__autonat_observed *o, uint32_t site, uint64_t by,
                uint16_t port)
{
    struct p2p__addr from = v4(site);
    struct p2p__autonat_saying what = {
        .by = by,
        .site = p2p__autonat_site(&from),
        .local = {.family = 4, .port = 4001},
        .addr = {.family = 4, .ip = {9, 9, 9, 9}, .port = port}};

    return p2p__autonat_observed_add(o, &what);
}

static const struct p2p__autonat_local local = {.family = 4, .port = 4001};

static size_t listed(const struct p2p__autonat_observed *o,
                     struct p2p__autonat_sight out[3])
{
    return p2p__autonat_observed_list(o, &local, P2P__AUTONAT_WITNESSES, out,
                                      3);
}

static void test_an_address_wants_four_witnesses(void **state)
{
    const struct p2p__autonat_local udp = {
        .family = 4, .udp = true, .port = 4001};
    struct p2p__autonat_observed o;
    struct p2p__autonat_sight out[3];

    (void)state;
    p2p__autonat_observed_init(&o);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(see(&o, i, i, 4001));
        assert_true(see(&o, i, 100 + i, 4001)); /* another of the same site */
        assert_false(see(&o, i, i, 4001));
    }
    assert_int_equal(listed(&o, out), 0);
    assert_int_equal(p2p__autonat_observed_list(&o, &local, 1, out, 3), 1);
    assert_true(see(&o, 3, 3, 4001));
    assert_int_equal(listed(&o, out), 1);
    assert_int_equal(out[0].witnesses, 4);
    assert_int_equal(out[0].addr.port, 4001);
    assert_int_equal(p2p__autonat_observed_list(&o, &udp, 1, out, 3), 0);
    assert_true(p2p__autonat_observed_gone(&o, 1));
    assert_int_equal(listed(&o, out), 1); /* its neighbour says so, too */
    assert_true(p2p__autonat_observed_gone(&o, 101));
    assert_false(p2p__autonat_observed_gone(&o, 101));
    assert_int_equal(listed(&o, out), 0);
}

static void test_a_connection_says_one_thing(void **state)
{
    struct p2p__autonat_observed o;
    struct p2p__autonat_sight out[3];

    (void)state;
    p2p__autonat_observed_init(&o);
    assert_true(see(&o, 1, 1, 10));
    assert_true(see(&o, 1, 1, 11)); /* the network changed */
    assert_int_equal(p2p__autonat_observed_list(&o, &local, 1, out, 3), 1);
    assert_int_equal(out[0].addr.port, 11);
    assert_int_equal(o.count, 1);
}

static void test_a_site_names_few_addresses(void **state)
{
    struct p2p__autonat_observed o;
    struct p2p__autonat_sight out[8];

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_OBSERVED_PER_SITE, 3);
    p2p__autonat_observed_init(&o);
    for (uint16_t i = 0; i < 50; i++) {
        assert_true(see(&o, 1, i, (uint16_t)(100 + i)));
        assert_true(o.count <= 3);
    }
    assert_int_equal(p2p__autonat_observed_list(&o, &local, 1, out, 8), 3);
}

static void test_many_addresses_do_not_push_out_what_many_say(void **state)
{
    struct p2p__autonat_observed o;
    struct p2p__autonat_sight out[8];

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_OBSERVED_PER_LOCAL, 8);
    p2p__autonat_observed_init(&o);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(see(&o, i, i, 4001));
    }
    for (uint16_t i = 10; i < 200; i++) {
        assert_true(see(&o, i, i, i));
        assert_int_equal(listed(&o, out), 1);
        assert_int_equal(out[0].addr.port, 4001);
    }
    assert_int_equal(p2p__autonat_observed_list(&o, &local, 1, out, 8), 8);
    assert_int_equal(out[0].addr.port, 4001);
    assert_int_equal(o.count, 4 + 7);
}

static void test_addresses_of_all_ports_have_a_cap(void **state)
{
    struct p2p__autonat_observed o;
    const struct p2p__addr from = v4(1);
    size_t used = 0;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_OBSERVED, 64);
    p2p__autonat_observed_init(&o);
    for (uint16_t i = 1; i <= 100; i++) {
        const struct p2p__autonat_saying what = {
            .by = 1,
            .site = p2p__autonat_site(&from),
            .local = {.family = 4, .port = i},
            .addr = {.family = 4, .ip = {9, 9, 9, 9}, .port = i}};

        assert_true(p2p__autonat_observed_add(&o, &what));
    }
    for (size_t i = 0; i < P2P__CAP_AUTONAT_OBSERVED; i++) {
        used += o.externals[i].observations > 0 ? 1 : 0;
    }
    assert_int_equal(used, 64);
    assert_int_equal(o.count, 64);
}

static void test_observations_have_a_cap(void **state)
{
    struct p2p__autonat_observed o;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_OBSERVATIONS, 512);
    p2p__autonat_observed_init(&o);
    for (uint32_t i = 0; i < 512; i++) {
        assert_true(see(&o, i, i, 4001));
    }
    assert_false(see(&o, 512, 512, 4001));
    assert_int_equal(o.count, 512);
    assert_true(p2p__autonat_observed_gone(&o, 5));
    assert_true(see(&o, 512, 512, 4001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_verdict_wants_three_that_agree),
        cmocka_unit_test(test_a_server_is_one_word),
        cmocka_unit_test(test_a_verdict_stays_until_most_say_otherwise),
        cmocka_unit_test(test_what_was_said_long_ago_does_not_count),
        cmocka_unit_test(test_servers_that_fail_wait),
        cmocka_unit_test(test_what_a_server_does_not_dial_others_may),
        cmocka_unit_test(test_addresses_come_and_go),
        cmocka_unit_test(test_verdicts_stay_where_there_is_no_room),
        cmocka_unit_test(test_an_answer_about_what_is_gone_is_nothing),
        cmocka_unit_test(test_servers_are_known_up_to_a_cap),
        cmocka_unit_test(test_servers_of_one_site_do_not_hide_others),
        cmocka_unit_test(test_who_fails_most_makes_room),
        cmocka_unit_test(test_v1_is_asked_about_the_node),
        cmocka_unit_test(test_without_an_address_v1_is_asked_of_all),
        cmocka_unit_test(test_v1_says_no),
        cmocka_unit_test(test_an_address_wants_four_witnesses),
        cmocka_unit_test(test_a_connection_says_one_thing),
        cmocka_unit_test(test_a_site_names_few_addresses),
        cmocka_unit_test(test_many_addresses_do_not_push_out_what_many_say),
        cmocka_unit_test(test_addresses_of_all_ports_have_a_cap),
        cmocka_unit_test(test_observations_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
