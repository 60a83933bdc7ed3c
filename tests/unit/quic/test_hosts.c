/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole hosts that talk by QUIC in a simulated world, and a stranger with a
 * socket who sends them what no host of ours would.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mux/quic/endpoint.h"
#include "p2p/limit.h"
#include "p2p/quic.h"
#include "quic_pair.h"
#include "simhost.h"
#include "unit.h"

#define ADDR "/ip4/10.0.0.2/udp/4001/quic-v1"

struct scene {
    struct sim sim;
    struct simhost a, b; /* b listens */
    struct p2p_conn_info info;
    struct p2p_perf_result perf;
    int status;
    unsigned done;
    struct p2p__udp *udp; /* the stranger's */
    struct p2p__quic_shared shared;
    struct p2p__quota quota;
    void *id;
    size_t got; /* datagrams that he got, and the last of them */
    size_t last_len;
    uint8_t last[2048];
    unsigned kinds[4]; /* of long packets; 3: retries */
    unsigned versions; /* version negotiations */
};

static void on_run(void *user, struct p2p__slice in,
                   const struct p2p__udp_run *run, p2p_ns now)
{
    struct scene *s = user;

    (void)run;
    (void)now;
    s->got++;
    s->last_len = in.len;
    memcpy(s->last, in.p, p2p__min(in.len, sizeof s->last));
    if (in.p[0] & 0x80) {
        s->kinds[in.p[0] >> 4 & 3]++;
        s->versions += memcmp(in.p + 1, "\0\0\0\0", 4) == 0;
    }
}

static const struct p2p__udp_cb stranger_cb = {.run = on_run};

static void stranger_start(struct scene *s)
{
    struct sim_host *m = &s->sim.hosts[2];
    int err;

    s->udp = m->net.udp(&m->net, &(struct p2p__addr){.family = 4}, false,
                        &stranger_cb, s, &err);
    assert_non_null(s->udp);
    assert_int_equal(p2p__quic_security.id_new(NULL, &m->env, s->a.key, &s->id),
                     0);
    p2p__quic_shared_init(&s->shared, &m->env, s->id);
    p2p__quota_init(&s->quota, NULL, "stranger");
}

static struct scene *scene_new(uint32_t loss_permille)
{
    static const struct p2p_transport *transports[3];
    const struct sim_cfg cfg = {.seed = 1,
                                .latency_min = P2P__MS(5),
                                .latency_max = P2P__MS(10),
                                .loss_permille = loss_permille};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    transports[0] = p2p_transport_quic();
    transports[1] = p2p_transport_tcp();
    hc.transports = transports;
    hc.max_pending_per_addr = 256;
    sim_init(&s->sim, &cfg, 3);
    simhost_make(&s->a, &s->sim, 0, &hc);
    simhost_make(&s->b, &s->sim, 1, &hc);
    assert_int_equal(
        p2p_host_listen(s->b.host, "/ip4/0.0.0.0/udp/4001/quic-v1"), 0);
    stranger_start(s);
    return s;
}

static void scene_free(struct scene *s)
{
    s->udp->close(s->udp);
    p2p__quic_shared_fini(&s->shared);
    p2p__quic_security.id_free(s->id);
    p2p__quota_fini(&s->quota);
    simhost_stop(&s->a);
    simhost_stop(&s->b);
    sim_fini(&s->sim);
    free(s);
}

static struct p2p__quic_host *quic_of(const struct simhost *h)
{
    return h->host->swarm->transports.list[0].host;
}

static struct p2p__udp *udp_of(struct scene *s)
{
    return P2P__CONTAINER(p2p__list_first(&quic_of(&s->a)->sockets),
                          struct p2p__qsocket, link)
        ->udp;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct scene *s = user;

    (void)peer;
    s->status = status;
    s->done++;
}

static void on_perf(void *user, int status, const struct p2p_perf_result *r)
{
    struct scene *s = user;

    s->status = status;
    s->perf = r != NULL ? *r : (struct p2p_perf_result){0};
    s->done++;
}

static bool is_done(void *arg)
{
    return ((const struct scene *)arg)->done > 0;
}

static int dial(struct scene *s, const char *addr)
{
    s->done = 0;
    assert_int_equal(p2p_host_dial(s->a.host, addr, on_dialed, s), 0);
    assert_true(sim_run_until(&s->sim, s->sim.now + P2P__SEC(60), is_done, s));
    return s->status;
}

static int perf(struct scene *s, uint64_t up, uint64_t down)
{
    s->done = 0;
    assert_int_equal(
        p2p_host_perf(s->a.host, p2p_host_id(s->b.host), up, down, on_perf, s),
        0);
    assert_true(sim_run_until(&s->sim, s->sim.now + P2P__SEC(600), is_done, s));
    return s->status;
}

static void pass(struct scene *s, p2p_ns span)
{
    sim_run(&s->sim, s->sim.now + span);
}

static void stranger_sends(struct scene *s, const uint8_t *bytes, size_t len)
{
    const struct p2p__udp_run to = {
        .peer = {.family = 4, .ip = {10, 0, 0, 2}, .port = 4001},
        .segment = len};

    assert_int_equal(s->udp->send_run(s->udp, bytes, len, &to), len);
}

/* The first datagram of a client. */
static void stranger_makes(struct scene *s, uint8_t to[1200])
{
    uint8_t room[4096];
    struct p2p__outbuf out = {.p = room, .cap = sizeof room};
    const struct p2p__addr here = {.family = 4, .ip = {10, 0, 0, 3}, .port = 1};
    const struct p2p__addr there = {.family = 4, .ip = {10, 0, 0, 2}};
    const struct p2p__quic_cfg cfg = {.sess = {.dialer = true,
                                               .quota = &s->quota,
                                               .env = &s->sim.hosts[2].env},
                                      .shared = &s->shared,
                                      .path = {here, there}};
    void *sess;

    assert_int_equal(p2p__quic_new(&cfg, &sess, s->sim.now), 0);
    assert_int_equal(p2p__quic_ops.tx(sess, &out, s->sim.now), 0);
    assert_int_equal(out.len, 1200);
    memcpy(to, room, out.len);
    p2p__quic_ops.fini(sess);
}

/* So many times that of a client who is never heard of again. */
static void stranger_repeats(struct scene *s, unsigned times)
{
    uint8_t hello[1200];

    stranger_makes(s, hello);
    for (unsigned i = 0; i < times; i++) {
        stranger_sends(s, hello, sizeof hello);
        pass(s, P2P__MS(i * 7));
    }
}

static void stranger_begins(struct scene *s)
{
    stranger_repeats(s, 1);
}

/* As if a client at some address began. */
static void forged_begins(struct scene *s, const struct p2p__addr *from)
{
    const struct p2p__qsocket *at = P2P__CONTAINER(
        p2p__list_first(&quic_of(&s->b)->sockets), struct p2p__qsocket, link);
    const struct p2p__udp_run run = {.peer = *from, .segment = 1200};
    uint8_t hello[1200];

    stranger_makes(s, hello);
    at->udp->cb->run(at->udp->user, p2p__slice_of(hello, sizeof hello), &run,
                     s->sim.now);
}

/* Clients at so many addresses begin, and are not heard of again. */
static void many_begin(struct scene *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        forged_begins(
            s, &(struct p2p__addr){
                   .family = 4, .ip = {10, 9, 9, (uint8_t)i}, .port = 9});
    }
}

static void test_two_hosts_meet(void **state)
{
    struct scene *s = scene_new(0);
    char at[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(dial(s, ADDR), 0);
    assert_int_equal(p2p_host_conns(s->a.host, &s->info, 1, sizeof s->info), 1);
    assert_string_equal(s->info.transport, "quic-v1");
    assert_string_equal(s->info.muxer, "/quic-v1");
    assert_string_equal(p2p_multiaddr_text(&s->info.addr, at), ADDR);
    assert_int_equal(perf(s, 3000000, 2000000), 0);
    assert_int_equal(p2p_host_disconnect(s->a.host, p2p_host_id(s->b.host)), 0);
    pass(s, P2P__SEC(5));
    assert_int_equal(s->b.downs, 1);
    assert_true(simhost_is_idle(&s->b));
    assert_int_equal(quic_of(&s->a)->shared.routes.count, 0);
    assert_int_equal(quic_of(&s->b)->shared.routes.count, 0);
    scene_free(s);
}

/* A socket that takes a few datagrams, and then none until it says so. */
static struct {
    size_t (*send)(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                   const struct p2p__udp_run *run);
    size_t room;
    size_t refused;
} narrow;

static size_t narrow_send(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                          const struct p2p__udp_run *run)
{
    size_t n = p2p__min(len, narrow.room * run->segment);

    narrow.room -= (n + run->segment - 1) / run->segment;
    narrow.refused += n < len;
    return n > 0 ? narrow.send(udp, buf, n, run) : 0;
}

static void test_a_full_socket_loses_nothing(void **state)
{
    struct scene *s = scene_new(0);
    struct p2p__udp *udp;
    uint64_t datagrams;

    (void)state;
    assert_int_equal(dial(s, ADDR), 0);
    udp = udp_of(s);
    narrow.send = udp->send_run;
    narrow.refused = 0;
    udp->send_run = narrow_send;
    datagrams = s->sim.datagrams;
    s->done = 0;
    assert_int_equal(
        p2p_host_perf(s->a.host, p2p_host_id(s->b.host), 300000, 0, on_perf, s),
        0);
    for (unsigned i = 0; i < 20000 && s->done == 0; i++) {
        narrow.room = 1 + i % 3;
        udp->cb->writable(udp->user, s->sim.now);
        pass(s, P2P__MS(1));
    }
    assert_int_equal(s->done, 1);
    assert_int_equal(s->status, 0);
    assert_true(narrow.refused > 20);
    assert_true(s->sim.datagrams - datagrams < 2 * 300000 / 1200);
    udp->send_run = narrow.send;
    scene_free(s);
}

static void test_who_is_somebody_else_is_not_met(void **state)
{
    struct scene *s = scene_new(0);
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    (void)snprintf(text, sizeof text,
                   ADDR
                   "/p2p/12D3KooWLnZUpcaBwbz9uD1XsyyHnbXUrJRmxnsMiRnuCmvP"
                   "ix67");
    assert_int_equal(dial(s, text), P2P_EPEER);
    pass(s, P2P__SEC(5));
    assert_int_equal(simhost_conns(&s->b), 0);
    scene_free(s);
}

static void test_nobody_is_there(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    assert_int_equal(dial(s, "/ip4/10.0.0.2/udp/4002/quic-v1"), P2P_ETIMEDOUT);
    assert_int_equal(dial(s, "/ip4/10.0.0.99/udp/4001/quic-v1"), P2P_ETIMEDOUT);
    scene_free(s);
}

/* The network says of a datagram that a's to that port was not delivered. */
static void say_refused(struct scene *s, uint8_t *sent, uint16_t port)
{
    struct p2p__udp *udp = udp_of(s);
    const struct p2p__addr to = {
        .family = 4, .ip = {10, 0, 0, 2}, .port = port};

    udp->cb->refused(udp->user, p2p__slice_of(sent, 64), &to, P2P_EREFUSED,
                     s->sim.now);
    pass(s, P2P__MS(1));
}

static struct {
    size_t (*send)(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                   const struct p2p__udp_run *run);
    uint8_t bytes[64];
} first_sent;

static size_t note_first(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                         const struct p2p__udp_run *run)
{
    memcpy(first_sent.bytes, buf, p2p__min(len, sizeof first_sent.bytes));
    udp->send_run = first_sent.send;
    return first_sent.send(udp, buf, len, run);
}

/* Dials, and notes what goes out first. */
static void dial_noted(struct scene *s, const char *addr)
{
    struct p2p__udp *udp = udp_of(s);

    first_sent.send = udp->send_run;
    udp->send_run = note_first;
    s->done = 0;
    assert_int_equal(p2p_host_dial(s->a.host, addr, on_dialed, s), 0);
    pass(s, P2P__MS(1));
    assert_int_equal(s->done, 0);
    assert_true(first_sent.bytes[0] & 0x80);
}

/* CVE-2024-53259 (quic-go) is of what ICMP says, and anybody can send. A port
 * where nobody is ends a dial: who saw the datagram knows which ids it has;
 * another is not believed, and nobody is once the peer was heard. */
static void test_T13_forged_icmp_ends_no_dial(void **state)
{
    struct scene *s = scene_new(0);
    uint8_t forged[64];

    (void)state;
    assert_int_equal(
        p2p_host_listen(s->a.host, "/ip4/0.0.0.0/udp/4005/quic-v1"), 0);
    dial_noted(s, "/ip4/10.0.0.2/udp/4002/quic-v1");
    memcpy(forged, first_sent.bytes, sizeof forged);
    forged[1 + 4 + 1 + forged[5] + 1] ^= 1;
    say_refused(s, forged, 4002);
    say_refused(s, first_sent.bytes, 4003);
    assert_int_equal(s->done, 0);
    say_refused(s, first_sent.bytes, 4002);
    assert_int_equal(s->done, 1);
    assert_int_equal(s->status, P2P_EREFUSED);
    dial_noted(s, ADDR);
    pass(s, P2P__MS(25));
    say_refused(s, first_sent.bytes, 4001);
    assert_true(sim_run_until(&s->sim, s->sim.now + P2P__SEC(5), is_done, s));
    assert_int_equal(s->status, 0);
    say_refused(s, first_sent.bytes, 4001);
    pass(s, P2P__SEC(1));
    assert_int_equal(simhost_conns(&s->a), 1);
    scene_free(s);
}

static void test_a_lossy_network_is_good_enough(void **state)
{
    struct scene *s = scene_new(50);

    (void)state;
    assert_int_equal(dial(s, ADDR), 0);
    assert_int_equal(perf(s, 500000, 500000), 0);
    scene_free(s);
}

static void test_a_peer_that_goes_dark_is_noticed(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    assert_int_equal(dial(s, ADDR), 0);
    pass(s, P2P__SEC(1));
    sim_set_group(&s->sim, 1, 7);
    pass(s, P2P__SEC(120));
    assert_int_equal(s->a.last_why, P2P_ETIMEDOUT);
    assert_int_equal(s->b.last_why, P2P_ETIMEDOUT);
    scene_free(s);
}

/* RFC 9000, 6: one of full size is answered, a small one is not. */
static void test_other_versions_hear_which_is_spoken(void **state)
{
    struct scene *s = scene_new(0);
    uint8_t hello[1200] = {0xc0, 0xba, 0xba, 0xba, 0xba, 4, 1,
                           2,    3,    4,    2,    8,    9};

    (void)state;
    stranger_sends(s, hello, 1199);
    pass(s, P2P__SEC(1));
    assert_int_equal(s->got, 0);
    stranger_sends(s, hello, 1200);
    pass(s, P2P__SEC(1));
    assert_int_equal(s->versions, 1);
    assert_memory_equal(s->last + 5, "\2\10\11\4\1\2\3\4\0\0\0\1", 12);
    scene_free(s);
}

/* RFC 9000, 10.3: shorter than what it answers, and never without end. */
static void test_forgotten_connections_are_reset(void **state)
{
    struct scene *s = scene_new(0);
    uint8_t packet[100] = {0x41, 1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    stranger_sends(s, packet, sizeof packet);
    pass(s, P2P__SEC(1));
    assert_int_equal(s->got, 1);
    assert_true(s->last_len < sizeof packet && !(s->last[0] & 0x80));
    stranger_sends(s, packet, 20);
    pass(s, P2P__SEC(1));
    assert_int_equal(s->got, 1);
    scene_free(s);
}

static void test_answers_to_strangers_have_a_cap(void **state)
{
    struct scene *s = scene_new(0);
    uint8_t packet[100] = {0x41, 1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    pass(s, P2P__SEC(1));
    for (unsigned i = 0; i < 4 * P2P__CAP_QUIC_REPLIES_BURST; i++) {
        stranger_sends(s, packet, sizeof packet);
    }
    pass(s, P2P__MS(20));
    assert_in_range(s->got, P2P__CAP_QUIC_REPLIES_BURST,
                    P2P__CAP_QUIC_REPLIES_BURST + 30);
    s->got = 0;
    for (unsigned i = 0; i < 4 * P2P__CAP_QUIC_REPLIES_PER_SEC; i++) {
        stranger_sends(s, packet, sizeof packet);
        pass(s, P2P__US(500));
    }
    assert_in_range(s->got, P2P__CAP_QUIC_REPLIES_PER_SEC,
                    3 * P2P__CAP_QUIC_REPLIES_PER_SEC);
    scene_free(s);
}

/* Under load clients show that their address is theirs; then they get in. */
static void test_unproven_clients_have_a_cap(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    many_begin(s, P2P__CAP_QUIC_UNPROVEN);
    pass(s, P2P__MS(100));
    assert_int_equal(s->kinds[3], 0);
    assert_int_equal(quic_of(&s->b)->n_shaking, P2P__CAP_QUIC_UNPROVEN);
    for (unsigned i = 0; i < 10; i++) {
        stranger_begins(s);
    }
    pass(s, P2P__MS(100));
    assert_int_equal(s->kinds[3], 10);
    assert_int_equal(quic_of(&s->b)->n_shaking, P2P__CAP_QUIC_UNPROVEN);
    assert_int_equal(dial(s, ADDR), 0);
    pass(s, P2P__SEC(30));
    assert_int_equal(quic_of(&s->b)->n_shaking, 0);
    scene_free(s);
}

/* How many unproven ones from an address b has let begin. */
static unsigned unproven_at(const struct scene *s, const struct p2p__addr *at)
{
    unsigned count = 0;

    P2P__LIST_EACH (it, &quic_of(&s->b)->unproven) {
        const struct p2p__qpipe *p =
            P2P__CONTAINER(it, struct p2p__qpipe, link);

        count += memcmp(p->path.remote.ip, at->ip, sizeof at->ip) == 0;
    }
    return count;
}

/* Forged datagrams use up nothing of what an address may have: the second is
 * asked for a proof, which who is there gives. */
static void test_forged_datagrams_keep_no_address_out(void **state)
{
    struct scene *s = scene_new(0);
    const struct p2p__addr of_a = {.family = 4, .ip = {10, 0, 0, 1}, .port = 9};

    (void)state;
    s->b.host->swarm->limits.pending_per_addr = 8;
    for (unsigned i = 0; i < 100; i++) {
        forged_begins(s, &of_a);
    }
    assert_int_equal(unproven_at(s, &of_a), 1);
    assert_int_equal(dial(s, ADDR), 0);
    pass(s, P2P__MS(100));
    assert_int_equal(quic_of(&s->b)->n_shaking, 1);
    pass(s, P2P__SEC(30));
    assert_int_equal(quic_of(&s->b)->n_shaking, 0);
    assert_true(p2p__list_empty(&quic_of(&s->b)->unproven));
    scene_free(s);
}

/* Nor are they familiar, nor keeps a crowd those out who are. */
static void test_who_is_familiar_proves_it(void **state)
{
    struct scene *s = scene_new(0);
    struct p2p__swarm *swarm = s->b.host->swarm;
    const struct p2p__addr of_a = {.family = 4, .ip = {10, 0, 0, 1}, .port = 9};

    (void)state;
    p2p__familiar_note(&swarm->familiar, &of_a);
    swarm->limits.pending = 4;
    many_begin(s, 4);
    assert_int_equal(swarm->n_pending, 4);
    forged_begins(s, &of_a);
    assert_int_equal(unproven_at(s, &of_a), 0);
    assert_int_equal(dial(s, ADDR), 0);
    scene_free(s);
}

/* How often clients are asked for a proof; not less than clients may need
 * while somebody forges their like. */
static void test_demands_for_a_proof_have_a_cap(void **state)
{
    struct scene *s = scene_new(0);
    uint8_t hello[1200];

    (void)state;
    many_begin(s, P2P__CAP_QUIC_UNPROVEN);
    pass(s, P2P__MS(100));
    stranger_makes(s, hello);
    for (unsigned i = 0; i < P2P__CAP_QUIC_RETRIES_BURST + 1000; i++) {
        stranger_sends(s, hello, sizeof hello);
    }
    pass(s, P2P__MS(30));
    assert_in_range(s->kinds[3], P2P__CAP_QUIC_RETRIES_BURST,
                    P2P__CAP_QUIC_RETRIES_BURST + 900);
    s->kinds[3] = 0;
    for (unsigned i = 0; i < 400; i++) { /* 50,000 a second */
        for (unsigned k = 0; k < 50; k++) {
            stranger_sends(s, hello, sizeof hello);
        }
        pass(s, P2P__MS(1));
    }
    assert_in_range(s->kinds[3], P2P__CAP_QUIC_RETRIES_PER_SEC / 10 * 4,
                    P2P__CAP_QUIC_RETRIES_PER_SEC / 10 * 5);
    scene_free(s);
}

/* A token of nobody's is as good as none. */
static void test_a_false_token_proves_nothing(void **state)
{
    struct scene *s = scene_new(0);
    struct p2p__quic_first first = {.version = 1, .dcid = {.len = 8}};
    const struct p2p__addr from = {.family = 4, .ip = {1, 2, 3, 4}, .port = 5};
    struct p2p__addr other = from;
    uint8_t out[P2P__QUIC_REPLY_BYTES], token[100] = {0xb6};
    struct p2p__quic_shared *shared = &quic_of(&s->b)->shared;
    size_t len;

    (void)state;
    first.token = p2p__slice_of(token, sizeof token);
    assert_false(p2p__quic_reply_proven(shared, &first, &from, s->sim.now));
    first.token = (struct p2p__slice){0};
    len = p2p__quic_reply_retry(shared, &first, &from, out, s->sim.now);
    assert_true(len > 15 + 16);
    /* version, two ids and their lengths; then the token and 16 bytes */
    first.token = p2p__slice_of(out + 1 + 4 + 1 + 0 + 1 + 8, len - 15 - 16);
    memcpy(first.dcid.bytes, out + 1 + 4 + 1 + 0 + 1, 8);
    assert_true(p2p__quic_reply_proven(shared, &first, &from, s->sim.now));
    other.ip[3]++;
    assert_false(p2p__quic_reply_proven(shared, &first, &other, s->sim.now));
    assert_false(p2p__quic_reply_proven(
        shared, &first, &from, s->sim.now + P2P__QUIC_TOKEN_NS + P2P__SEC(1)));
    scene_free(s);
}

static void test_who_is_not_wanted_hears_so(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    s->b.host->swarm->limits.pending = 0;
    assert_int_equal(dial(s, ADDR), P2P_EREFUSED);
    assert_int_equal(quic_of(&s->b)->n_shaking, 0);
    scene_free(s);
}

/* CVE-2024-45311 (quinn): a first datagram comes again, to who refused it, has
 * asked for another address's proof, or let it in. */
static void test_T13_a_first_datagram_comes_again(void **state)
{
    struct scene *s = scene_new(0);
    const size_t pending = s->b.host->swarm->limits.pending;

    (void)state;
    s->b.host->swarm->limits.pending = 0;
    stranger_repeats(s, 5);
    pass(s, P2P__SEC(1));
    assert_int_equal(quic_of(&s->b)->shared.routes.count, 0);
    assert_int_equal(s->got, 5);
    s->kinds[3] = 0;
    s->b.host->swarm->limits.pending = (uint32_t)pending;
    stranger_repeats(s, 5);
    pass(s, P2P__MS(100));
    assert_int_equal(quic_of(&s->b)->n_shaking, 1);
    many_begin(s, P2P__CAP_QUIC_UNPROVEN - 1);
    pass(s, P2P__MS(100));
    stranger_repeats(s, 5);
    pass(s, P2P__MS(100));
    assert_int_equal(s->kinds[3], 5);
    assert_int_equal(quic_of(&s->b)->n_shaking, P2P__CAP_QUIC_UNPROVEN);
    assert_int_equal(dial(s, ADDR), 0);
    pass(s, P2P__SEC(60));
    assert_int_equal(quic_of(&s->b)->n_shaking, 0);
    scene_free(s);
}

static struct p2p_multiaddr refused_at;

static void on_limited(void *user, const struct p2p_limited *l)
{
    (void)user;
    refused_at = l->addr;
}

/* Whom a limit refused came by UDP, and the event says so. */
static void test_a_refusal_names_the_transport(void **state)
{
    struct scene *s = scene_new(0);
    struct p2p_host_events events = *s->b.host->events;
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    events.limited = on_limited;
    s->b.host->events = &events;
    s->b.host->swarm->limits.pending = 0;
    assert_int_equal(dial(s, ADDR), P2P_EREFUSED);
    pass(s, P2P__SEC(2));
    assert_non_null(p2p_multiaddr_text(&refused_at, text));
    assert_non_null(strstr(text, "/ip4/10.0.0.1/udp/"));
    scene_free(s);
}

static bool nobody(void *user, const struct p2p_gate_question *question)
{
    (void)user;
    return question->step != P2P_GATE_SECURED;
}

/* The end of its handshake comes with the beginning of a stream: who is refused
 * then is nobody, and the stream nobody's. */
static void test_who_is_refused_brings_no_stream(void **state)
{
    struct scene *s = scene_new(0);
    char id[P2P_PEER_ID_TEXT_MAX], at[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    p2p_host_set_gate(s->b.host, nobody, NULL);
    (void)snprintf(at, sizeof at, ADDR "/p2p/%s",
                   p2p_peer_id_text(p2p_host_id(s->b.host), id));
    assert_int_equal(p2p_host_add_addr(s->a.host, at, 60), 0);
    assert_true(perf(s, 1000, 1000) < 0);
    assert_int_equal(simhost_conns(&s->b), 0);
    assert_int_equal(s->b.host->swarm->refused_gate, 1);
    scene_free(s);
}

static void test_lingering_connections_have_a_cap(void **state)
{
    struct scene *s = scene_new(0);
    struct p2p__quic_host *h = quic_of(&s->b);
    const struct p2p__addr from = {.family = 4, .port = 1};
    struct p2p__qsocket *sock =
        P2P__CONTAINER(p2p__list_first(&h->sockets), struct p2p__qsocket, link);

    (void)state;
    for (unsigned i = 0; i < P2P__CAP_QUIC_LINGERING + 20; i++) {
        struct p2p__qpipe *p = p2p__qpipe_new(sock, &from);

        assert_non_null(p);
        p2p__qpipe_linger(p, s->sim.now, P2P__SEC(1));
        assert_in_range(h->n_lingering, 1, P2P__CAP_QUIC_LINGERING);
    }
    pass(s, P2P__SEC(2));
    assert_int_equal(h->n_lingering, 0);
    assert_int_equal(sock->n_pipes, 0);
    scene_free(s);
}

/* What is under way when a connection ends is answered, less and less. */
static void test_the_last_word_is_said_again(void **state)
{
    struct scene *s = scene_new(0);
    uint64_t before;

    (void)state;
    assert_int_equal(dial(s, ADDR), 0);
    pass(s, P2P__SEC(1));
    assert_int_equal(p2p_host_disconnect(s->b.host, p2p_host_id(s->a.host)), 0);
    pass(s, P2P__MS(1));
    assert_int_equal(quic_of(&s->b)->n_lingering, 1);
    before = s->sim.datagrams;
    pass(s, P2P__SEC(5));
    assert_in_range(s->sim.datagrams - before, 0, 10);
    assert_int_equal(s->a.last_why, P2P_ECLOSED);
    assert_int_equal(quic_of(&s->b)->n_lingering, 0);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_hosts_meet),
        cmocka_unit_test(test_a_full_socket_loses_nothing),
        cmocka_unit_test(test_who_is_somebody_else_is_not_met),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_T13_forged_icmp_ends_no_dial),
        cmocka_unit_test(test_a_lossy_network_is_good_enough),
        cmocka_unit_test(test_a_peer_that_goes_dark_is_noticed),
        cmocka_unit_test(test_other_versions_hear_which_is_spoken),
        cmocka_unit_test(test_forgotten_connections_are_reset),
        cmocka_unit_test(test_answers_to_strangers_have_a_cap),
        cmocka_unit_test(test_unproven_clients_have_a_cap),
        cmocka_unit_test(test_forged_datagrams_keep_no_address_out),
        cmocka_unit_test(test_who_is_familiar_proves_it),
        cmocka_unit_test(test_demands_for_a_proof_have_a_cap),
        cmocka_unit_test(test_a_false_token_proves_nothing),
        cmocka_unit_test(test_who_is_not_wanted_hears_so),
        cmocka_unit_test(test_T13_a_first_datagram_comes_again),
        cmocka_unit_test(test_a_refusal_names_the_transport),
        cmocka_unit_test(test_who_is_refused_brings_no_stream),
        cmocka_unit_test(test_lingering_connections_have_a_cap),
        cmocka_unit_test(test_the_last_word_is_said_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
