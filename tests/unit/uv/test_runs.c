/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs of datagrams on real sockets: what was cut up comes back whole, with
 * its code point; what cannot be sent is lost, and does not stand in the way.
 */
#include <stdlib.h>

#include "uv/runs.h"
#include "uv_rig.h"

struct end {
    struct p2p__udp *udp;
    uint8_t got[1 << 18];
    size_t len;
    size_t runs;
    size_t datagrams;
    uint8_t ecn;
    struct p2p__addr from;
    struct p2p__addr local;
    int refused; /* what the network said of a datagram, and of which */
    uint8_t sent[64];
    struct p2p__addr refused_at;
};

struct pair {
    struct p2p_loop *loop;
    struct end a, b;
};

static void on_run(void *user, struct p2p__slice in,
                   const struct p2p__udp_run *run, p2p_ns now)
{
    struct end *e = user;

    (void)now;
    assert_true(e->len + in.len <= sizeof e->got);
    memcpy(e->got + e->len, in.p, in.len);
    e->len += in.len;
    e->runs++;
    e->datagrams += (in.len + run->segment - 1) / run->segment;
    e->ecn = run->ecn;
    e->from = run->peer;
    e->local = run->local;
}

static void on_refused(void *user, struct p2p__slice sent,
                       const struct p2p__addr *to, int status, p2p_ns now)
{
    struct end *e = user;

    (void)now;
    e->refused = status;
    e->refused_at = *to;
    memcpy(e->sent, sent.p, p2p__min(sent.len, sizeof e->sent));
}

static const struct p2p__udp_cb cb = {.run = on_run, .refused = on_refused};

static void bind_at(struct pair *p, struct end *e, const struct p2p__addr *at)
{
    struct p2p__net *net = &p->loop->net.net;
    int err;

    e->udp = net->udp(net, at, false, &cb, e, &err);
    assert_non_null(e->udp);
    assert_true(e->udp->addr.port != 0);
}

static void bind_end(struct pair *p, struct end *e, uint8_t family)
{
    const struct p2p__addr v4 = {.family = 4, .ip = {127, 0, 0, 1}};
    const struct p2p__addr v6 = {.family = 6, .ip = {[15] = 1}};

    bind_at(p, e, family == 4 ? &v4 : &v6);
}

static struct pair *pair_new(uint8_t family)
{
    struct pair *p = calloc(1, sizeof *p);

    assert_non_null(p);
    assert_int_equal(p2p_loop_new(&p->loop), 0);
    bind_end(p, &p->a, family);
    bind_end(p, &p->b, family);
    return p;
}

static void pair_free(struct pair *p)
{
    p->a.udp->close(p->a.udp);
    p->b.udp->close(p->b.udp);
    p2p_loop_free(p->loop);
    free(p);
}

static void until_got(struct pair *p, size_t len)
{
    while (p->b.len < len) {
        (void)uv_run(p->loop->uv, UV_RUN_ONCE);
    }
}

static void check_run(uint8_t family, size_t segment, size_t len)
{
    static uint8_t bytes[65000];
    struct pair *p = pair_new(family);
    const struct p2p__udp_run run = {
        .peer = p->b.udp->addr, .segment = segment, .ecn = 2};

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + (i >> 9));
    }
    assert_int_equal(p->a.udp->send_run(p->a.udp, bytes, len, &run), len);
    until_got(p, len);
    assert_memory_equal(p->b.got, bytes, len);
    assert_int_equal(p->b.datagrams, (len + segment - 1) / segment);
    assert_int_equal(p->b.ecn, 2);
    assert_int_equal(p->b.from.port, p->a.udp->addr.port);
    pair_free(p);
}

static void test_runs_arrive_as_they_were(void **state)
{
    (void)state;
    check_run(4, 1200, 1200);
    check_run(4, 1200, 12 * 1200 + 7);
    check_run(4, 1444, 45 * 1444);
    check_run(6, 1200, 10 * 1200);
}

static void test_what_cannot_be_sent_is_lost(void **state)
{
    static const uint8_t bytes[65000];
    struct pair *p = pair_new(4);
    struct p2p__udp_run run = {.peer = p->b.udp->addr, .segment = 65000};
    struct p2p__udp_run next = run;

    (void)state;
    next.segment = 100;
    run.peer.ip[0] = 240; /* nobody is there */
    assert_int_equal(p->a.udp->send_run(p->a.udp, bytes, 65000, &run), 65000);
    assert_int_equal(p->a.udp->send_run(p->a.udp, bytes, 100, &next), 100);
    until_got(p, 100);
    assert_int_equal(p->b.len, 100);
    pair_free(p);
}

/* Who asks at one of many addresses is answered from that one. */
static void test_an_answer_leaves_from_where_it_was_asked(void **state)
{
    static const uint8_t bytes[3000];
    const struct p2p__addr any = {.family = 4};
    struct pair *p = pair_new(4);
    struct end everywhere = {.udp = NULL};
    struct p2p__udp_run ask = {.segment = 1000}, answer = {.segment = 1000};

    (void)state;
    bind_at(p, &everywhere, &any);
    for (uint8_t i = 1; i < 200; i = (uint8_t)(i + 66)) {
        ask.peer = everywhere.udp->addr;
        memcpy(ask.peer.ip, (uint8_t[]){127, 7, i, 3}, 4);
        everywhere.len = p->b.len = 0;
        (void)p->b.udp->send_run(p->b.udp, bytes, 3000, &ask);
        while (everywhere.len < 3000) {
            (void)uv_run(p->loop->uv, UV_RUN_ONCE);
        }
        assert_memory_equal(everywhere.local.ip, ask.peer.ip, 4);
        answer.peer = everywhere.from;
        answer.local = everywhere.local;
        (void)everywhere.udp->send_run(everywhere.udp, bytes, 2500, &answer);
        until_got(p, 2500);
        assert_memory_equal(p->b.from.ip, ask.peer.ip, 4);
        assert_int_equal(p->b.from.port, everywhere.udp->addr.port);
    }
    /* An address that is not ours is no reason to send one by one. */
    memcpy(answer.local.ip, (uint8_t[]){192, 0, 2, 1}, 4);
    (void)everywhere.udp->send_run(everywhere.udp, bytes, 2500, &answer);
    answer.local = any;
    p->b.len = p->b.runs = 0;
    (void)everywhere.udp->send_run(everywhere.udp, bytes, 3000, &answer);
    until_got(p, 3000);
    assert_int_equal(p->b.runs, 1);
    everywhere.udp->close(everywhere.udp);
    pair_free(p);
}

/* A port where nobody is says so, and with which datagram; others hear
 * nothing of it, and nothing of theirs is lost. */
static void check_refused(uint8_t family)
{
    static const uint8_t bytes[1200] = {1, 2, 3, 4};
    struct pair *p = pair_new(family);
    struct p2p__udp_run to_a = {.peer = p->a.udp->addr, .segment = 1200};
    struct p2p__udp_run to_b = {.peer = p->b.udp->addr, .segment = 1200};

    p->a.udp->close(p->a.udp);
    while (uv_run(p->loop->uv, UV_RUN_NOWAIT) != 0 &&
           p->loop->net.handles > 1) {
    }
    (void)p->b.udp->send_run(p->b.udp, bytes, 1200, &to_a);
    while (p->b.refused == 0) {
        (void)uv_run(p->loop->uv, UV_RUN_ONCE);
    }
    assert_int_equal(p->b.refused, P2P_EREFUSED);
    assert_memory_equal(p->b.sent, bytes, sizeof p->b.sent);
    assert_int_equal(p->b.refused_at.port, to_a.peer.port);
    assert_memory_equal(p->b.refused_at.ip, to_a.peer.ip, 16);
    for (unsigned i = 1; i < 20; i++) {
        (void)p->b.udp->send_run(p->b.udp, bytes, 1200, &to_a);
        (void)p->b.udp->send_run(p->b.udp, bytes, 1200, &to_b);
        until_got(p, i * 1200);
    }
    bind_end(p, &p->a, family);
    pair_free(p);
}

static void test_a_port_where_nobody_is_says_so(void **state)
{
    (void)state;
    check_refused(4);
    check_refused(6);
}

/* Who hears in each turn that nobody is there reads what came, too. */
static void test_errors_do_not_stand_before_what_came(void **state)
{
    static const uint8_t bytes[100];
    struct pair *p = pair_new(4);
    struct p2p__udp_run nowhere = {.peer = p->a.udp->addr, .segment = 100};
    struct p2p__udp_run to_b = {.peer = p->b.udp->addr, .segment = 100};

    (void)state;
    nowhere.peer.ip[3] = 2; /* no socket is there */
    for (unsigned i = 0; i < 20; i++) {
        (void)p->b.udp->send_run(p->b.udp, bytes, 100, &nowhere);
        (void)p->a.udp->send_run(p->a.udp, bytes, 100, &to_b);
        (void)uv_run(p->loop->uv, UV_RUN_NOWAIT);
    }
    assert_int_equal(p->b.refused, P2P_EREFUSED);
    assert_true(p->b.len > 0);
    pair_free(p);
}

/* CVE-2024-53259 (quic-go): a forged ICMP says that a path takes small
 * datagrams alone. The system does not believe it of our sockets. */
static void test_T13_sizes_that_icmp_tells_are_not_believed(void **state)
{
    const int level[] = {IPPROTO_IP, IPPROTO_IPV6};
    const int option[] = {IP_MTU_DISCOVER, IPV6_MTU_DISCOVER};
    const int probe[] = {IP_PMTUDISC_PROBE, IPV6_PMTUDISC_PROBE};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        int fd = socket(i == 0 ? AF_INET : AF_INET6, SOCK_DGRAM, 0), got = -1;
        socklen_t len = sizeof got;

        assert_true(fd >= 0);
        p2p__uv_run_setup(fd, i == 0 ? 4 : 6);
        assert_int_equal(getsockopt(fd, level[i], option[i], &got, &len), 0);
        assert_int_equal(got, probe[i]);
        (void)close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_arrive_as_they_were),
        cmocka_unit_test(test_what_cannot_be_sent_is_lost),
        cmocka_unit_test(test_an_answer_leaves_from_where_it_was_asked),
        cmocka_unit_test(test_a_port_where_nobody_is_says_so),
        cmocka_unit_test(test_errors_do_not_stand_before_what_came),
        cmocka_unit_test(test_T13_sizes_that_icmp_tells_are_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
