/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages, talk, plan and budget of DCUtR. Spec: libp2p DCUtR (r1). */
#include <stdio.h>

#include "hex.h"
#include "made_peer.h"
#include "marked.h"
#include "proto/dcutr/budget.h"
#include "proto/dcutr/plan.h"
#include "proto/dcutr/seen.h"
#include "proto/dcutr/talk.h"
#include "proto_pair.h"
#include "unit.h"

#define ADDR "/ip4/192.0.2.1/tcp/4901"

static struct p2p_multiaddr maddr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static struct p2p__dcutr_addrs list(const char *text)
{
    return (struct p2p__dcutr_addrs){.n = 1, .list = {maddr(text)}};
}

static void assert_frame(enum p2p__dcutr_type type,
                         const struct p2p__dcutr_addrs *addrs, const char *hex)
{
    uint8_t buf[256];
    struct p2p__pbw w;

    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__dcutr_msg_write(&w, type, addrs);
    assert_hex(buf, (size_t)p2p__pbw_end(&w), hex);
}

static void test_messages_are_those_of_the_spec(void **state)
{
    const struct p2p__dcutr_addrs one = list(ADDR);

    (void)state;
    assert_frame(P2P__DCUTR_CONNECT, &one, "0c 0864 1208 04c0000201 061325");
    assert_frame(P2P__DCUTR_SYNC, NULL, "03 08ac02");
}

static int read_hex(const char *hex, enum p2p__dcutr_type *type,
                    struct p2p__dcutr_addrs *addrs)
{
    uint8_t buf[256];
    const size_t len = unhex(hex, buf, sizeof buf);

    return p2p__dcutr_msg_read(p2p__slice_of(buf, len), P2P__DCUTR_PUBLIC, type,
                               addrs);
}

static void test_what_is_malformed_is_refused(void **state)
{
    static const char *const bad[] = {"08", "1205 04c0", "0864 12"};
    struct p2p__dcutr_addrs addrs;
    enum p2p__dcutr_type type;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(read_hex(bad[i], &type, &addrs), P2P_EFORMAT);
    }
    /* A type that nobody knows, none, an address that is none: passed over. */
    assert_int_equal(read_hex("0865", &type, &addrs), 0);
    assert_int_equal(type, P2P__DCUTR_UNKNOWN);
    assert_int_equal(read_hex("", &type, &addrs), 0);
    assert_int_equal(type, P2P__DCUTR_UNKNOWN);
    assert_int_equal(
        read_hex("0864 1203 04c000 1208 04c0000201 061325", &type, &addrs), 0);
    assert_int_equal(type, P2P__DCUTR_CONNECT);
    assert_int_equal(addrs.n, 1);
}

static void test_addresses_that_lead_elsewhere_are_passed_over(void **state)
{
    static const struct {
        const char *text;
        bool all, is_public;
    } rows[] = {
        {ADDR, true, true},
        {"/ip6/2001:db8::1/udp/4901/quic-v1", true, true},
        {"/ip4/10.0.0.1/tcp/4901", true, false},
        {"/ip4/127.0.0.1/tcp/4901", true, false},
        {"/ip6/::ffff:127.0.0.1/tcp/4901", true, false},
        {"/ip4/0.0.0.0/tcp/4901", false, false},
        {"/ip4/224.0.0.251/udp/5353/quic-v1", false, false},
        {"/ip4/255.255.255.255/udp/9/quic-v1", false, false},
        {"/ip4/192.0.2.1/tcp/0", false, false},
        {"/dns4/example.org/tcp/4901", false, false},
        {"/dnsaddr/example.org", false, false},
        {"/ip4/192.0.2.1/tcp/4901/p2p/"
         "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN/p2p-circuit",
         false, false},
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(rows); i++) {
        const struct p2p_multiaddr ma = maddr(rows[i].text);

        assert_int_equal(p2p__dcutr_is_usable(&ma, P2P__DCUTR_PUBLIC),
                         rows[i].is_public);
        assert_int_equal(p2p__dcutr_is_usable(&ma, P2P__DCUTR_ALL),
                         rows[i].all);
    }
}

/* A message with `n` addresses of `len` bytes each, or of ADDR's form (0), that
 * differ; how many are read. */
static size_t read_many(size_t n, size_t len)
{
    static uint8_t buf[65536];
    struct p2p__dcutr_addrs addrs;
    enum p2p__dcutr_type type;
    struct p2p__pbw w;

    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__pbw_uint(&w, 1, P2P__DCUTR_CONNECT);
    for (size_t i = 0; i < n; i++) {
        struct p2p_multiaddr ma = maddr(ADDR);

        ma.bytes[4] = (uint8_t)(i + 1);
        if (len > 0) { /* /sni/NAME, below 128 bytes of name */
            memcpy(ma.bytes + ma.len, "\301\003", 2);
            ma.bytes[ma.len + 2] = (uint8_t)(len - ma.len - 3);
            memset(ma.bytes + ma.len + 3, 'a', len - ma.len - 3);
            ma.bytes[ma.len + 40] = ma.bytes[ma.len + 80] = '.';
            ma.len = (uint16_t)len;
        }
        p2p__pbw_bytes(&w, 2, ma.bytes, ma.len);
        p2p__pbw_bytes(&w, 2, ma.bytes, ma.len); /* twice is once */
    }
    assert_int_equal(p2p__dcutr_msg_read(p2p__slice_of(buf, w.len),
                                         P2P__DCUTR_PUBLIC, &type, &addrs),
                     0);
    return addrs.n;
}

static void test_addresses_of_a_message_have_a_cap(void **state)
{
    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_ADDRS, 8);
    assert_int_equal(read_many(1, 0), 1);
    assert_int_equal(read_many(8, 0), 8);
    assert_int_equal(read_many(100, 0), 8);
}

static void test_addresses_of_a_message_are_short(void **state)
{
    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_ADDR_BYTES, 128);
    assert_int_equal(read_many(1, 128), 1);
    assert_int_equal(read_many(1, 129), 0);
}

/* B initiates, A answers. */
struct pair {
    struct p2p__dcutr_addrs b_has, a_has;
    struct p2p__dcutr_talk b_core, a_core;
    struct proto_end b, a;
};

static void pair_init(struct pair *p)
{
    struct p2p__dcutr_talk_cfg cfg = {.initiates = true, .own = &p->b_has};

    p->b_has = list("/ip4/192.0.2.2/tcp/4902");
    p->a_has = list("/ip4/192.0.2.3/udp/4903/quic-v1");
    p2p__dcutr_talk_init(&p->b_core, &cfg, 0);
    cfg = (struct p2p__dcutr_talk_cfg){.own = &p->a_has};
    p2p__dcutr_talk_init(&p->a_core, &cfg, 0);
    proto_end_init(&p->b, &p2p__dcutr_talk_ops, &p->b_core);
    proto_end_init(&p->a, &p2p__dcutr_talk_ops, &p->a_core);
}

static void pair_fini(struct pair *p)
{
    p2p__dcutr_talk_fini(&p->b_core);
    p2p__dcutr_talk_fini(&p->a_core);
}

static void talk(struct chunker *plan, size_t room)
{
    struct p2p__dcutr_go b = {0}, a = {0};
    p2p_ns now = 1;
    struct pair p;

    pair_init(&p);
    for (bool moved = true; moved; now++) {
        moved = proto_move(&p.b, &p.a, plan, room, now);
        moved = proto_move(&p.a, &p.b, plan, room, now) || moved;
        (void)p2p__dcutr_talk_next(&p.b_core, &b);
        (void)p2p__dcutr_talk_next(&p.a_core, &a);
    }
    assert_int_equal(p.b.err, 0);
    assert_int_equal(p.a.err, 0);
    assert_true(p.b.finished && p.a.finished && p.b.ended && p.a.ended);
    assert_int_equal(b.addrs->n, 1);
    assert_true(p2p_multiaddr_equal(&b.addrs->list[0], &p.a_has.list[0]));
    assert_true(p2p_multiaddr_equal(&a.addrs->list[0], &p.b_has.list[0]));
    pair_fini(&p);
}

static void test_both_learn_where_the_other_is(void **state)
{
    const size_t rooms[] = {1, 5, 4096};

    (void)state;
    for (size_t r = 0; r < P2P__COUNT(rooms); r++) {
        for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)plan, r);
            talk(&c, rooms[r]);
        }
    }
}

/* The CONNECT leaves at 500 ms, is answered at 540: B dials half of 40 ms
 * after its SYNC left, A when that came. */
static void test_both_dial_at_the_same_moment(void **state)
{
    struct p2p__dcutr_go go;
    struct pair p;

    (void)state;
    pair_init(&p);
    assert_true(proto_move(&p.b, &p.a, NULL, 999, P2P__MS(500)));
    assert_true(proto_move(&p.a, &p.b, NULL, 999, P2P__MS(540)));
    assert_false(p2p__dcutr_talk_next(&p.b_core, &go));
    assert_false(p2p__dcutr_talk_next(&p.a_core, &go));
    assert_true(proto_move(&p.b, &p.a, NULL, 999, P2P__MS(541)));
    assert_true(p2p__dcutr_talk_next(&p.b_core, &go));
    assert_int_equal(go.rtt, P2P__MS(40));
    assert_int_equal(go.at, P2P__MS(561));
    assert_true(p2p__dcutr_talk_next(&p.a_core, &go));
    assert_int_equal(go.at, P2P__MS(541));
    assert_false(p2p__dcutr_talk_next(&p.a_core, &go));
    pair_fini(&p);
}

static int feed(struct proto_end *e, const char *hex)
{
    uint8_t buf[256];

    return proto_feed(e, buf, unhex(hex, buf, sizeof buf), NULL, 1);
}

#define CONNECT "0c 0864 1208 04c0000201 061325"
#define SYNC    "03 08ac02"

static void test_what_is_not_due_ends_it(void **state)
{
    uint8_t buf[256];
    struct pair p;

    (void)state;
    pair_init(&p);
    assert_int_equal(feed(&p.a, SYNC), P2P_EPROTO);
    assert_int_equal(feed(&p.b, CONNECT), P2P_EPROTO); /* ours comes first */
    pair_fini(&p);
    pair_init(&p);
    assert_int_equal(feed(&p.a, CONNECT), 0);
    assert_int_equal(feed(&p.a, SYNC), P2P_EPROTO); /* no answer came yet */
    assert_true(proto_draw(&p.b, buf, sizeof buf, 1) > 0);
    assert_int_equal(feed(&p.b, SYNC), P2P_EPROTO);
    pair_fini(&p);
    pair_init(&p);
    assert_int_equal(feed(&p.a, "02 0801"), P2P_EPROTO);
    pair_fini(&p);
    pair_init(&p);
    assert_int_equal(p.a.ops->fin(p.a.core, 1), P2P_EPROTO);
    assert_int_equal(p.b.ops->fin(p.b.core, 1), P2P_EPROTO);
    pair_fini(&p);
}

static void test_nobody_punches_at_nothing(void **state)
{
    uint8_t buf[256];
    struct pair p;

    (void)state;
    pair_init(&p);
    assert_int_equal(feed(&p.a, "02 0864"), P2P_ENOADDR);
    assert_true(proto_draw(&p.b, buf, sizeof buf, 1) > 0);
    assert_int_equal(feed(&p.b, "0c 0864 1208 047f000001 061325"), P2P_ENOADDR);
    pair_fini(&p);
}

static void test_messages_have_a_cap(void **state)
{
    struct pair p;

    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_MESSAGE_BYTES, 4096);
    pair_init(&p);
    assert_int_equal(feed(&p.a, "8020"), 0); /* 4096 */
    pair_fini(&p);
    pair_init(&p);
    assert_int_equal(feed(&p.a, "8120"), P2P_ETOOBIG);
    pair_fini(&p);
}

static void test_who_is_silent_is_given_up(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p);
    assert_int_equal(p2p__dcutr_talk_deadline(&p.a_core), P2P__SEC(20));
    assert_int_equal(p2p__dcutr_talk_expire(&p.a_core, P2P__SEC(20) - 1), 0);
    assert_int_equal(p2p__dcutr_talk_expire(&p.a_core, P2P__SEC(20)),
                     P2P_ETIMEDOUT);
    pair_fini(&p);
}

static void test_who_has_output_marks_its_owner(void **state)
{
    struct p2p__dcutr_addrs own = list(ADDR);
    struct marked m;
    struct p2p__dcutr_talk_cfg cfg = {.own = &own, .owner = &m.job};
    struct p2p__dcutr_talk core;
    struct proto_end e;
    uint8_t buf[64];

    (void)state;
    marked_init(&m);
    proto_end_init(&e, &p2p__dcutr_talk_ops, &core);
    p2p__dcutr_talk_init(&core, &cfg, 0);
    assert_false(marked_taken(&m));
    assert_int_equal(feed(&e, CONNECT), 0);
    assert_true(marked_taken(&m));
    assert_int_equal(proto_draw(&e, buf, sizeof buf, 1), 13);
    assert_int_equal(feed(&e, SYNC), 0);
    assert_true(marked_taken(&m)); /* for the end */
    p2p__dcutr_talk_fini(&core);
    cfg.initiates = true;
    p2p__dcutr_talk_init(&core, &cfg, 0);
    assert_true(marked_taken(&m));
    p2p__dcutr_talk_fini(&core);
}

static enum p2p__dcutr_step next(struct p2p__dcutr_plan *p, p2p_ns now)
{
    return p2p__dcutr_plan_next(p, now);
}

static void test_a_dial_then_three_attempts(void **state)
{
    struct p2p__dcutr_plan p;
    p2p_ns now = P2P__SEC(1);

    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_ATTEMPTS, 3);
    p2p__dcutr_plan_init(&p, true, now);
    assert_int_equal(next(&p, now), P2P__DCUTR_DIAL);
    assert_int_equal(next(&p, now), P2P__DCUTR_WAIT);
    assert_int_equal(p2p__dcutr_plan_deadline(&p), P2P__SEC(6));
    now = P2P__SEC(6);
    p2p__dcutr_plan_expire(&p, now);
    assert_int_equal(p2p__dcutr_plan_attempts(&p), 1);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(next(&p, now), P2P__DCUTR_TALK);
        assert_int_equal(p2p__dcutr_plan_attempts(&p), i);
        assert_true(p2p__dcutr_plan_deadline(&p) == P2P_NEVER);
        p2p__dcutr_plan_agreed(&p, now + 20);
        assert_int_equal(next(&p, now + 19), P2P__DCUTR_WAIT);
        assert_int_equal(p2p__dcutr_plan_deadline(&p), now + 20);
        p2p__dcutr_plan_expire(&p, now + 20); /* begins, does not end */
        assert_int_equal(next(&p, now + 20), P2P__DCUTR_PUNCH);
        now += 20 + P2P__SEC(5);
        assert_int_equal(p2p__dcutr_plan_deadline(&p), now);
        p2p__dcutr_plan_expire(&p, now - 1);
        assert_int_equal(next(&p, now), P2P__DCUTR_WAIT);
        p2p__dcutr_plan_expire(&p, now);
    }
    assert_int_equal(next(&p, now), P2P__DCUTR_GIVE_UP);
    assert_int_equal(next(&p, now), P2P__DCUTR_WAIT);
    p2p__dcutr_plan_failed(&p, now);
    assert_int_equal(next(&p, now), P2P__DCUTR_WAIT);
    assert_true(p2p__dcutr_plan_deadline(&p) == P2P_NEVER);
}

static void test_a_talk_that_fails_is_an_attempt(void **state)
{
    struct p2p__dcutr_plan p;

    (void)state;
    p2p__dcutr_plan_init(&p, false, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next(&p, 1), P2P__DCUTR_TALK);
        p2p__dcutr_plan_failed(&p, 1);
    }
    assert_int_equal(next(&p, 1), P2P__DCUTR_GIVE_UP);
}

/* What the peer began may get through after ours failed; and in the last
 * attempt we are the client. */
static void test_a_punch_that_failed_waits_for_the_other(void **state)
{
    struct p2p__dcutr_plan p;

    (void)state;
    p2p__dcutr_plan_init(&p, false, 1);
    p2p__dcutr_plan_hasten(&p, 1); /* nothing to hasten */
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(next(&p, 1), P2P__DCUTR_TALK);
        p2p__dcutr_plan_hasten(&p, 1);
        assert_true(p2p__dcutr_plan_deadline(&p) == P2P_NEVER);
        p2p__dcutr_plan_agreed(&p, 1);
        assert_int_equal(next(&p, 1), P2P__DCUTR_PUNCH);
        assert_int_equal(p2p__dcutr_plan_is_client(&p), i == 3);
        p2p__dcutr_plan_hasten(&p, 1);
        assert_int_equal(p2p__dcutr_plan_deadline(&p), P2P__SEC(2) + 1);
        p2p__dcutr_plan_hasten(&p, P2P__SEC(1)); /* not later again */
        assert_int_equal(p2p__dcutr_plan_deadline(&p), P2P__SEC(2) + 1);
        p2p__dcutr_plan_failed(&p, 1);
    }
}

static int take(struct p2p__rates *b, uint32_t who, p2p_ns now)
{
    const struct p2p_peer_id id = made_peer(who);

    return p2p__rates_take(b, &(struct p2p__fair_who){.id = &id}, now);
}

static void test_attempts_of_a_peer_have_a_cap(void **state)
{
    static const uint64_t seed[2] = {1, 2};
    struct p2p__rates b;
    const p2p_ns now = P2P__SEC(1000);

    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_PEER_BURST, 6);
    assert_int_equal(P2P__CAP_DCUTR_PEER_S, 60);
    p2p__dcutr_budget_init(&b, seed);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(take(&b, 1, now), 0);
    }
    assert_int_equal(take(&b, 1, now), P2P_ELIMIT);
    assert_int_equal(take(&b, 2, now), 0);
    assert_int_equal(take(&b, 1, now + P2P__SEC(59)), P2P_ELIMIT);
    assert_int_equal(take(&b, 1, now + P2P__SEC(60)), 0);
    assert_int_equal(take(&b, 1, now + P2P__SEC(61)), P2P_ELIMIT);
    p2p__rates_fini(&b);
}

/* However many peers somebody makes up. */
static void test_attempts_of_all_have_a_cap(void **state)
{
    static const uint64_t seed[2] = {1, 2};
    struct p2p__rates b;
    const p2p_ns now = P2P__SEC(1000);
    unsigned granted = 0;

    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_TOTAL_BURST, 64);
    assert_int_equal(P2P__CAP_DCUTR_TOTAL_S, 2);
    p2p__dcutr_budget_init(&b, seed);
    for (uint32_t i = 0; i < 1000; i++) {
        granted += take(&b, i, now) == 0 ? 1 : 0;
    }
    assert_int_equal(granted, 64);
    for (uint32_t i = 0; i < 1000; i++) {
        granted += take(&b, i, now + P2P__SEC(20)) == 0 ? 1 : 0;
    }
    assert_int_equal(granted, 74);
    p2p__rates_fini(&b);
}

static bool see(struct p2p__dcutr_seen *s, uint32_t who, const char *at)
{
    const struct p2p_peer_id by = made_peer(who);
    const struct p2p_multiaddr ma = maddr(at);

    return p2p__dcutr_seen_note(s, &by, &ma, P2P__DCUTR_PUBLIC);
}

static size_t sights(const struct p2p__dcutr_seen *s, const char *first)
{
    struct p2p__dcutr_addrs addrs = {0};
    const struct p2p_multiaddr ma = maddr(first);

    p2p__dcutr_seen_list(s, P2P__DCUTR_PUBLIC, &addrs);
    assert_true(p2p_multiaddr_equal(&addrs.list[0], &ma));
    return addrs.n;
}

static void test_witnesses_have_a_say_each(void **state)
{
    struct p2p__dcutr_seen s = {0};
    char text[64];

    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_SIGHTS, 8);
    assert_false(see(&s, 1, "/ip4/10.0.0.1/tcp/4901"));
    assert_true(see(&s, 1, ADDR));
    assert_true(see(&s, 1, "/ip4/192.0.2.1/udp/4901/quic-v1"));
    assert_true(see(&s, 2, ADDR));
    assert_int_equal(sights(&s, ADDR), 2);
    assert_true(see(&s, 2, "/ip4/192.0.2.9/tcp/4909"));
    assert_int_equal(sights(&s, "/ip4/192.0.2.9/tcp/4909"), 3);
    for (unsigned i = 0; i < 100; i++) { /* and one has one, however often */
        (void)snprintf(text, sizeof text, "/ip4/192.0.2.1/tcp/%u", i + 1);
        assert_true(see(&s, 2, text));
    }
    assert_int_equal(sights(&s, text), 3);
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(text, sizeof text, "/ip4/192.0.2.1/tcp/%u", i + 1);
        assert_true(see(&s, i, text));
    }
    assert_int_equal(s.n, 8);
    assert_int_equal(sights(&s, text), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_those_of_the_spec),
        cmocka_unit_test(test_what_is_malformed_is_refused),
        cmocka_unit_test(test_addresses_that_lead_elsewhere_are_passed_over),
        cmocka_unit_test(test_addresses_of_a_message_have_a_cap),
        cmocka_unit_test(test_addresses_of_a_message_are_short),
        cmocka_unit_test(test_both_learn_where_the_other_is),
        cmocka_unit_test(test_both_dial_at_the_same_moment),
        cmocka_unit_test(test_what_is_not_due_ends_it),
        cmocka_unit_test(test_nobody_punches_at_nothing),
        cmocka_unit_test(test_messages_have_a_cap),
        cmocka_unit_test(test_who_is_silent_is_given_up),
        cmocka_unit_test(test_who_has_output_marks_its_owner),
        cmocka_unit_test(test_a_dial_then_three_attempts),
        cmocka_unit_test(test_a_talk_that_fails_is_an_attempt),
        cmocka_unit_test(test_a_punch_that_failed_waits_for_the_other),
        cmocka_unit_test(test_attempts_of_a_peer_have_a_cap),
        cmocka_unit_test(test_attempts_of_all_have_a_cap),
        cmocka_unit_test(test_witnesses_have_a_say_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
