/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hosts that learn where they can be reached: four public servers, and one
 * that asks. Spec: libp2p autonat-v1, autonat-v2.
 */
#include <stdio.h>

#include "host/ask.h"
#include "host/attach.h"
#include "host/autonat.h"
#include "p2p/autonat.h"
#include "p2p/gate.h"
#include "proto/autonat/caps.h"
#include "proto/autonat/client_v2.h"
#include "proto/autonat/msg_v1.h"
#include "simhost.h"
#include "unit.h"

enum { SERVERS = 4, ASKER = SERVERS, VICTIM, HOSTS };

/* How the asker is connected to the internet. */
enum place {
    AT_HOME,    /* 10.x, and the servers see it so */
    PUBLIC,     /* an address of the internet */
    ONE_TO_ONE, /* 10.x, seen at 8.x, and found there */
    BEHIND_NAT  /* the same, but nobody gets in */
};

struct world {
    struct sim sim;
    struct simhost h[HOSTS];
    unsigned changes;
    struct p2p_reachability_info last; /* of the host */
    const struct p2p_peer_id *trusted; /* NULL: nobody */
};

static void on_changed(void *user, const struct p2p_reachability_info *what)
{
    struct world *w = user;

    w->changes++;
    if (what->addr.len == 0) {
        w->last = *what;
    }
}

static void set_place(struct sim_host *m, enum place place)
{
    m->walled = place == BEHIND_NAT;
    if (place == PUBLIC) {
        m->addr.ip[0] = 8;
    } else if (place != AT_HOME) {
        m->outside = m->addr;
        m->outside.ip[0] = 8;
    }
}

/* All are there and the asker, who asks like that, is connected to the first
 * `n` servers. */
static void start_as(struct world *w, enum place place, size_t n,
                     const struct p2p_autonat_server_config *given,
                     struct p2p_autonat_config ask)
{
    const struct p2p_autonat_server_config defaults =
        P2P_AUTONAT_SERVER_CONFIG_INIT;
    struct p2p_host_config server = P2P_HOST_CONFIG_INIT,
                           asker = P2P_HOST_CONFIG_INIT;
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(1), .latency_max = P2P__MS(20)};

    *w = (struct world){0};
    server.autonat_server = given != NULL ? given : &defaults;
    ask.changed = on_changed;
    ask.user = w;
    asker.autonat = &ask;
    sim_init(&w->sim, &cfg, HOSTS);
    set_place(&w->sim.hosts[ASKER], place);
    for (size_t i = 0; i < HOSTS; i++) {
        if (i != ASKER && place != AT_HOME) {
            set_place(&w->sim.hosts[i], PUBLIC);
        }
        simhost_start(&w->h[i], &w->sim, i,
                      i == ASKER    ? &asker
                      : i < SERVERS ? &server
                                    : NULL);
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(simhost_dial(&w->h[ASKER], &w->h[i]), 0);
    }
}

static void start(struct world *w, enum place place, size_t n,
                  const struct p2p_autonat_server_config *given)
{
    struct p2p_autonat_config ask = P2P_AUTONAT_CONFIG_INIT;

    ask.private_addrs = place == AT_HOME;
    start_as(w, place, n, given, ask);
}

static void stop(struct world *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

static void run(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

/* Whether a host has an address that begins like this among those it tells. */
static bool tells(const struct simhost *h, const char *beginning)
{
    struct p2p_multiaddr addrs[8];
    const size_t n = p2p_host_addrs(h->host, addrs, P2P__COUNT(addrs));
    char text[P2P_MULTIADDR_TEXT_MAX];

    for (size_t i = 0; i < n && i < P2P__COUNT(addrs); i++) {
        if (strncmp(p2p_multiaddr_text(&addrs[i], text), beginning,
                    strlen(beginning)) == 0) {
            return true;
        }
    }
    return false;
}

/* What the asker knows of itself, then of its first address. */
static size_t known(const struct world *w, struct p2p_reachability_info out[4])
{
    return p2p_host_reachability(w->h[ASKER].host, out, 4, sizeof *out);
}

static void test_a_public_host_learns_that_it_is(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, PUBLIC, 3, NULL);
    run(&w, P2P__MS(1));
    assert_false(tells(&w.h[ASKER], "/ip4/8."));
    assert_true(tells(&w.h[0], "/ip4/8.")); /* it does not ask */
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[0].verdict, P2P_REACHABILITY_UNKNOWN);
    run(&w, P2P__SEC(5));
    assert_int_equal(w.last.verdict, P2P_REACHABLE);
    assert_int_equal(w.changes, 2); /* the address, the host */
    assert_true(tells(&w.h[ASKER], "/ip4/8.0.0.5/tcp/4001/p2p/"));
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[0].verdict, P2P_REACHABLE);
    assert_int_equal(info[0].addr.len, 0);
    assert_int_equal(info[1].verdict, P2P_REACHABLE);
    assert_int_equal(info[1].yes, 3);
    assert_int_equal(info[1].no, 0);
    assert_false(info[1].observed);
    /* Nobody keeps the connections that were for it alone. */
    run(&w, P2P__SEC(10));
    assert_int_equal(simhost_conns(&w.h[ASKER]), 3);
    stop(&w);
}

static void test_two_servers_are_too_few(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, PUBLIC, 2, NULL);
    run(&w, P2P__SEC(60));
    assert_int_equal(w.changes, 0);
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[1].yes, 2);
    assert_int_equal(info[1].verdict, P2P_REACHABILITY_UNKNOWN);
    assert_false(tells(&w.h[ASKER], "/ip4/8."));
    stop(&w);
}

static void test_behind_a_nat_a_host_is_private(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, BEHIND_NAT, 4, NULL);
    run(&w, P2P__SEC(60));
    assert_int_equal(w.last.verdict, P2P_UNREACHABLE);
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[1].verdict, P2P_UNREACHABLE);
    assert_true(info[1].observed);
    assert_int_equal(info[1].no, 3);
    assert_true(tells(&w.h[ASKER], "/ip4/10.")); /* on its network, as ever */
    assert_false(tells(&w.h[ASKER], "/ip4/8."));
    stop(&w);
}

static void test_behind_one_to_one_it_is_public(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, ONE_TO_ONE, 4, NULL);
    run(&w, P2P__SEC(5));
    assert_int_equal(w.last.verdict, P2P_REACHABLE);
    assert_int_equal(known(&w, info), 2);
    assert_true(info[1].observed);
    assert_int_equal(info[1].verdict, P2P_REACHABLE);
    assert_true(tells(&w.h[ASKER], "/ip4/10."));
    assert_true(tells(&w.h[ASKER], "/ip4/8.0.0.5/tcp/4001/p2p/"));
    stop(&w);
}

static void test_three_witnesses_are_too_few(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, ONE_TO_ONE, 3, NULL);
    run(&w, P2P__SEC(60));
    assert_int_equal(known(&w, info), 1);
    assert_false(tells(&w.h[ASKER], "/ip4/8."));
    stop(&w);
}

/* A confirmed address stays while anybody still sees us there. */
static void test_an_observed_address_goes_with_its_witnesses(void **state)
{
    struct world w;

    (void)state;
    start(&w, ONE_TO_ONE, 4, NULL);
    run(&w, P2P__SEC(5));
    assert_true(tells(&w.h[ASKER], "/ip4/8."));
    for (size_t i = 0; i < SERVERS; i++) {
        assert_true(tells(&w.h[ASKER], "/ip4/8."));
        assert_int_equal(
            p2p_host_disconnect(w.h[ASKER].host, p2p_host_id(w.h[i].host)), 0);
        run(&w, P2P__SEC(5));
    }
    assert_false(tells(&w.h[ASKER], "/ip4/8."));
    stop(&w);
}

static void test_at_home_only_where_it_is_configured(void **state)
{
    struct p2p_autonat_server_config server = P2P_AUTONAT_SERVER_CONFIG_INIT;
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, AT_HOME, 4, NULL); /* servers refuse */
    run(&w, P2P__SEC(60));
    assert_int_equal(w.changes, 0);
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[1].yes + info[1].no, 0);
    assert_true(tells(&w.h[ASKER], "/ip4/10."));
    stop(&w);
    server.private_addrs = true;
    start(&w, AT_HOME, 4, &server);
    run(&w, P2P__SEC(5));
    assert_int_equal(w.last.verdict, P2P_REACHABLE);
    stop(&w);
}

static bool trust(void *user, const struct p2p_peer_id *server)
{
    const struct world *w = user;

    return w->trusted != NULL && p2p_peer_id_equal(w->trusted, server);
}

static void test_whom_it_trusts_alone_is_asked(void **state)
{
    struct p2p_autonat_config ask = P2P_AUTONAT_CONFIG_INIT;
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    ask.servers = 1;
    ask.trust = trust;
    start_as(&w, PUBLIC, 4, NULL, ask);
    run(&w, P2P__SEC(45)); /* between two looks at our addresses */
    assert_int_equal(w.changes, 0);
    w.trusted = p2p_host_id(w.h[2].host);
    run(&w, P2P__MS(500)); /* nobody said that somebody is trusted now */
    assert_int_equal(w.changes, 0);
    p2p_autonat_recheck(w.h[ASKER].host);
    run(&w, P2P__MS(500));
    assert_int_equal(w.last.verdict, P2P_REACHABLE);
    run(&w, P2P__SEC(600));
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[1].yes, 1);
    stop(&w);
}

static bool serve_nobody(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
    return false;
}

static void test_a_server_serves_whom_it_wants_to(void **state)
{
    struct p2p_autonat_server_config server = P2P_AUTONAT_SERVER_CONFIG_INIT;
    struct world w;

    (void)state;
    server.allow = serve_nobody;
    start(&w, PUBLIC, 4, &server);
    run(&w, P2P__SEC(600));
    assert_int_equal(w.changes, 0);
    assert_int_equal(simhost_conns(&w.h[ASKER]), 4);
    stop(&w);
}

/* As members of a mesh do: an address that nobody reaches is where a hole is
 * punched, and before a verdict somebody has to find us. */
static void test_all_addresses_are_told_if_that_is_wanted(void **state)
{
    struct p2p_autonat_config ask = P2P_AUTONAT_CONFIG_INIT;
    struct world w;

    (void)state;
    ask.servers = ask.witnesses = 1;
    ask.tell_all = true;
    start_as(&w, PUBLIC, 1, NULL, ask);
    assert_true(tells(&w.h[ASKER], "/ip4/8.0.0.5/tcp/4001/p2p/"));
    w.sim.hosts[ASKER].walled = true;
    run(&w, P2P__SEC(60));
    assert_int_equal(w.last.verdict, P2P_UNREACHABLE);
    assert_true(tells(&w.h[ASKER], "/ip4/8."));
    stop(&w);
    start_as(&w, ONE_TO_ONE, 1, NULL, ask);
    assert_false(tells(&w.h[ASKER], "/ip4/8."));
    run(&w, P2P__SEC(5));
    assert_true(tells(&w.h[ASKER], "/ip4/8.")); /* confirmed, beside them */
    stop(&w);
}

/* How many requests a host sent, by either version. */
static uint64_t requests(const struct simhost *h)
{
    struct p2p_traffic all[32];
    const size_t n = p2p_host_traffic(h->host, all, 32, sizeof *all);
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (strstr(all[i].protocol, "autonat") != NULL) {
            sum += all[i].streams_out;
        }
    }
    return sum;
}

/* A network without a way out has nothing to say, and no traffic of it. */
static void test_neighbours_are_not_asked(void **state)
{
    struct p2p_autonat_config ask = P2P_AUTONAT_CONFIG_INIT;
    struct world w;

    (void)state;
    start_as(&w, AT_HOME, 4, NULL, ask);
    run(&w, P2P__SEC(600));
    assert_int_equal(requests(&w.h[ASKER]), 0);
    stop(&w);
    start_as(&w, PUBLIC, 4, NULL, ask);
    run(&w, P2P__SEC(600));
    assert_true(requests(&w.h[ASKER]) >= 3);
    stop(&w);
    /* Nor is a network of public addresses: all are in its /24. */
    start_as(&w, PUBLIC, 4, NULL, ask);
    w.sim.hosts[ASKER].prefix = 24;
    run(&w, P2P__SEC(600));
    assert_int_equal(requests(&w.h[ASKER]), 0);
    stop(&w);
}

/* An asker of one's own: how the server answers. */
struct answer {
    bool came;
    int status;
    struct p2p__autonat_v1_msg v1;
    struct p2p__autonat_v2_msg v2;
    bool is_v2;
};

static void on_answer(void *user, int status, struct p2p__slice bytes,
                      p2p_ns now)
{
    struct answer *a = user;

    (void)now;
    a->came = true;
    a->status = status;
    if (status == 0) {
        assert_int_equal(a->is_v2 ? p2p__autonat_v2_read(bytes, &a->v2)
                                  : p2p__autonat_v1_read(bytes, &a->v1),
                         0);
    }
}

/* Asks server 0, by v1 or v2, to be dialed somewhere, from host `who`. */
static void ask(struct world *w, size_t who, const char *where,
                struct answer *a)
{
    struct p2p__slab *slab = p2p__slab_new(512);
    struct p2p__ask_want want = {
        .peer = p2p_host_id(w->h[0].host),
        .protocol = a->is_v2 ? P2P__AUTONAT_V2_REQUEST_PROTOCOL
                             : P2P__AUTONAT_V1_PROTOCOL,
        .path = P2P__PATH_DIRECT,
        .cap = 4096,
        .timeout = P2P__SEC(60)};
    struct p2p_multiaddr ma;
    struct p2p__pbw w2;

    assert_non_null(slab);
    assert_int_equal(p2p_multiaddr_from_text(where, strlen(where), &ma), 0);
    p2p__pbw_init(&w2, slab->data, slab->cap);
    if (a->is_v2) {
        p2p__autonat_v2_write_request(&w2, &ma, 1, 1);
    } else {
        p2p__autonat_v1_write_dial(&w2, p2p_host_id(w->h[who].host), &ma, 1);
    }
    want.request =
        (struct p2p__slice){.p = slab->data, .len = w2.len, .slab = slab};
    a->came = false;
    assert_int_equal(p2p__host_ask(w->h[who].host, &want, on_answer, a, NULL),
                     0);
}

static void on_back_data(void *user, struct p2p_stream *s, const uint8_t *bytes,
                         size_t len)
{
    (void)user;
    (void)bytes;
    (void)len;
    p2p_stream_reset(s);
}

static const struct p2p_stream_events back_events = {.data = on_back_data};

static void on_back(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &back_events, user);
}

/* As go does, whose answer a reset overtakes; or it does not serve that. */
static void test_a_nonce_that_was_taken_is_heard(void **state)
{
    static const enum p2p__autonat_v2_dial dials[] = {
        P2P__AUTONAT_V2_DIAL_OK, P2P__AUTONAT_V2_DIAL_BACK_ERROR};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct answer v2 = {.is_v2 = true};
        struct world w;

        start(&w, PUBLIC, 1, NULL);
        run(&w, P2P__SEC(30));
        assert_int_equal(
            p2p_host_handle(w.h[ASKER].host, P2P__AUTONAT_V2_BACK_PROTOCOL,
                            i == 0 ? on_back : NULL, &w),
            0);
        ask(&w, ASKER, "/ip4/8.0.0.5/tcp/4001", &v2);
        run(&w, P2P__SEC(2));
        assert_true(v2.came && v2.status == 0);
        assert_int_equal(v2.v2.status, P2P__AUTONAT_V2_OK);
        assert_int_equal(v2.v2.dial, dials[i]);
        stop(&w);
    }
}

/* v1 never dials anybody but the asker; v2 not for nothing. The same requests
 * for the asker's own address have it dialed: they are what can be asked. */
static void test_T34_a_server_is_no_reflector(void **state)
{
    struct answer v1 = {0}, v2 = {.is_v2 = true};
    struct world w;
    uint64_t handshakes;

    (void)state;
    start(&w, PUBLIC, 1, NULL);
    run(&w, P2P__SEC(30));
    /* The control: the asker's own address, which it is dialed at. */
    handshakes = w.h[ASKER].ups;
    ask(&w, ASKER, "/ip4/8.0.0.5/tcp/4001", &v1);
    run(&w, P2P__SEC(2));
    assert_true(v1.came && v1.status == 0);
    assert_int_equal(v1.v1.status, P2P__AUTONAT_V1_OK);
    assert_true(w.h[ASKER].ups > handshakes);
    ask(&w, ASKER, "/ip4/8.0.0.5/tcp/4001", &v2);
    run(&w, P2P__SEC(2));
    assert_true(v2.came && v2.status == 0);
    assert_int_equal(v2.v2.type, P2P__AUTONAT_V2_RESPONSE);
    /* The victim's: v1 dials the asker at the victim's port instead. */
    ask(&w, ASKER, "/ip4/8.0.0.6/tcp/4001", &v1);
    run(&w, P2P__SEC(2));
    assert_int_equal(v1.v1.status, P2P__AUTONAT_V1_OK);
    ask(&w, ASKER, "/ip4/8.0.0.6/tcp/4001", &v2);
    run(&w, P2P__SEC(2));
    assert_int_equal(v2.v2.type, P2P__AUTONAT_V2_DATA_REQUEST);
    assert_in_range(v2.v2.bytes, 30000, 100000);
    run(&w, P2P__SEC(30));
    assert_int_equal(w.sim.hosts[VICTIM].bytes_sent, 0);
    assert_int_equal(w.h[VICTIM].ups, 0);
    stop(&w);
}

/* An asker that pays. */
struct payer {
    struct p2p__attach a;
    struct p2p__autonat_client_v2 core;
    struct p2p__autonat_v2_msg answer;
    bool came, done;
};

static void on_payer_events(void *user, p2p_ns now)
{
    struct payer *p = user;
    const struct p2p__autonat_v2_msg *msg =
        p2p__autonat_client_v2_next(&p->core);

    (void)now;
    if (msg != NULL) {
        p->answer = *msg;
        p->came = true;
    }
}

static void on_payer_done(void *user, int status, p2p_ns now)
{
    struct payer *p = user;

    (void)status;
    (void)now;
    p->done = true;
    p2p__attach_fini(&p->a);
    p2p__autonat_client_v2_fini(&p->core);
}

static const struct p2p__attach_cb payer_cb = {.events = on_payer_events,
                                               .done = on_payer_done};

static size_t pipes_of(const struct sim_host *h)
{
    size_t n = 0;

    P2P__LIST_EACH (it, &h->pipes) {
        n++;
    }
    return n;
}

/* What the owner forbids while somebody is called holds for the call. */
static void test_the_filter_holds_for_a_call(void **state)
{
    static const char own[] = "/ip4/8.0.0.5/tcp/4001";
    struct answer v2 = {.is_v2 = true};
    struct world w;
    char net[64];
    size_t before;

    (void)state;
    start(&w, PUBLIC, 1, NULL);
    assert_int_equal(
        p2p_host_filter(w.h[0].host, "/ip4/9.9.9.9/ipcidr/32", P2P_FILTER_DENY),
        0);
    run(&w, P2P__SEC(30));
    before = pipes_of(&w.sim.hosts[0]);
    ask(&w, ASKER, own, &v2);
    while (pipes_of(&w.sim.hosts[0]) == before) {
        run(&w, P2P__MS(1));
    }
    assert_int_equal(
        p2p_host_filter(w.h[0].host, "/ip4/8.0.0.5/ipcidr/32", P2P_FILTER_DENY),
        0);
    for (int i = 0; i < 200; i++) { /* the rules move */
        (void)snprintf(net, sizeof net, "/ip4/9.9.8.%d/ipcidr/32", i);
        assert_int_equal(p2p_host_filter(w.h[0].host, net, P2P_FILTER_DENY), 0);
    }
    run(&w, P2P__SEC(10));
    assert_true(v2.came && v2.status == 0);
    assert_int_equal(v2.v2.status, P2P__AUTONAT_V2_OK);
    assert_int_equal(v2.v2.dial, P2P__AUTONAT_V2_DIAL_ERROR);
    stop(&w);
}

static void test_T34_who_pays_has_another_dialed(void **state)
{
    static const char where[] = "/ip4/8.0.0.6/tcp/4001";
    struct p2p__autonat_client_v2_cfg cfg = {.n_addrs = 1, .nonce = 1};
    struct p2p_multiaddr ma;
    struct payer p = {0};
    struct p2p_stream *s;
    struct world w;
    int err;

    (void)state;
    start(&w, PUBLIC, 1, NULL);
    run(&w, P2P__SEC(30));
    assert_int_equal(p2p_multiaddr_from_text(where, strlen(where), &ma), 0);
    s = p2p__host_open(w.h[ASKER].host, p2p_host_id(w.h[0].host),
                       P2P__AUTONAT_V2_REQUEST_PROTOCOL, P2P__PATH_DIRECT,
                       &err);
    assert_non_null(s);
    p2p__attach_init(&p.a, w.h[ASKER].host, &payer_cb, &p);
    cfg.addrs = &ma;
    cfg.talk.owner = &p.a.job;
    assert_int_equal(p2p__autonat_client_v2_init(&p.core, &cfg, w.sim.now), 0);
    p2p__attach_start(&p.a, s, &p2p__autonat_client_v2_ops, &p.core);
    run(&w, P2P__SEC(10));
    assert_true(p.came && p.done);
    /* He is there, and not who asks: for the asker it is nobody. */
    assert_int_equal(p.answer.status, P2P__AUTONAT_V2_OK);
    assert_int_equal(p.answer.dial, P2P__AUTONAT_V2_DIAL_ERROR);
    assert_in_range(w.sim.hosts[VICTIM].bytes_sent, 1, 10000);
    assert_true(w.sim.hosts[ASKER].bytes_sent > 30000);
    stop(&w);
}

/* What it does not get to itself, a server says nothing about. */
static void test_a_server_dials_by_what_it_has(void **state)
{
    static const struct {
        struct p2p__addr has; /* beside loopback; family 0: 8.x */
        const char *wants;
        enum p2p__autonat_v2_status status;
    } v[] = {
        {{0}, "/ip6/2a00:1450::5/tcp/1", P2P__AUTONAT_V2_DIAL_REFUSED},
        {{.family = 6, .ip = {0xfe, 0x80, [15] = 1}},
         "/ip6/2a00:1450::5/tcp/1",
         P2P__AUTONAT_V2_DIAL_REFUSED},
        {{.family = 6, .ip = {0xfd, [15] = 1}},
         "/ip6/2a00:1450::5/tcp/1",
         P2P__AUTONAT_V2_DIAL_REFUSED},
        {{.family = 6, .ip = {0xfe, 0x80, [15] = 1}},
         "/ip4/8.0.0.5/tcp/4001",
         P2P__AUTONAT_V2_DIAL_REFUSED},
        /* Behind a NAT. */
        {{.family = 4, .ip = {10, 0, 0, 1}},
         "/ip4/8.0.0.5/tcp/4001",
         P2P__AUTONAT_V2_OK},
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(v); i++) {
        struct answer v2 = {.is_v2 = true};
        struct world w;

        start(&w, PUBLIC, 1, NULL);
        run(&w, P2P__SEC(30));
        w.sim.hosts[0].iface = v[i].has;
        ask(&w, ASKER, v[i].wants, &v2);
        run(&w, P2P__SEC(10));
        assert_true(v2.came && v2.status == 0);
        assert_int_equal(v2.v2.type, P2P__AUTONAT_V2_RESPONSE);
        assert_int_equal(v2.v2.status, v[i].status);
        stop(&w);
    }
}

static void test_T34_that_nobody_is_there_is_told_late(void **state)
{
    struct answer v1 = {0};
    struct world w;

    (void)state;
    start(&w, PUBLIC, 1, NULL);
    run(&w, P2P__SEC(30));
    ask(&w, ASKER, "/ip4/8.0.0.5/tcp/9", &v1); /* refused at once */
    run(&w, P2P__SEC(4));
    assert_false(v1.came);
    run(&w, P2P__SEC(2));
    assert_true(v1.came);
    assert_int_equal(v1.v1.status, P2P__AUTONAT_V1_DIAL_ERROR);
    stop(&w);
}

static void test_T34_who_asks_too_often_is_refused(void **state)
{
    struct answer v2 = {.is_v2 = true};
    struct world w;
    int refused = 0;

    (void)state;
    start(&w, PUBLIC, 1, NULL);
    run(&w, P2P__SEC(30));
    for (int i = 0; i < 20; i++) {
        ask(&w, ASKER, "/ip4/10.0.0.1/tcp/1", &v2);
        run(&w, P2P__MS(500));
        assert_true(v2.came && v2.status == 0);
        refused += v2.v2.status == P2P__AUTONAT_V2_REQUEST_REJECTED ? 1 : 0;
        assert_true(refused > 0 ||
                    v2.v2.status == P2P__AUTONAT_V2_DIAL_REFUSED);
    }
    assert_in_range(refused, 5, 9);
    stop(&w);
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    (void)s;
    (void)status;
    ++*(unsigned *)user;
}

static void test_T34_streams_of_askers_have_a_cap(void **state)
{
    static const char *const names[] = {P2P__AUTONAT_V2_REQUEST_PROTOCOL};
    static const struct p2p_stream_events events = {.closed = on_closed};
    struct p2p_stream *s;
    unsigned closed = 0;
    struct world w;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_STREAMS, 256);
    start(&w, PUBLIC, 1, NULL);
    run(&w, P2P__SEC(30));
    for (int i = 0; i < 300; i++) {
        assert_int_equal(
            p2p_stream_open(w.h[ASKER].host, p2p_host_id(w.h[0].host), names, 1,
                            &events, &closed, &s),
            0);
        assert_int_equal(p2p_stream_send(s, (const uint8_t *)"\x7f", 1), 0);
        run(&w, P2P__MS(i % 32 == 31 ? 100 : 0));
    }
    run(&w, P2P__SEC(1));
    assert_int_equal(closed, 300 - 256);
    run(&w, P2P__SEC(20)); /* those that ask nothing are given up */
    assert_int_equal(closed, 300);
    stop(&w);
}

/* A server of v2 that says it reached us, and did not. */
static void on_liar_data(void *user, struct p2p_stream *s, const uint8_t *bytes,
                         size_t len)
{
    const struct p2p__autonat_v2_msg yes = {.type = P2P__AUTONAT_V2_RESPONSE,
                                            .status = P2P__AUTONAT_V2_OK,
                                            .dial = P2P__AUTONAT_V2_DIAL_OK};
    struct p2p__pbw w;
    uint8_t buf[64];

    (void)user;
    (void)bytes;
    (void)len;
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__autonat_v2_write(&w, &yes);
    (void)p2p_stream_send(s, buf, w.len);
    (void)p2p_stream_finish(s);
}

static const struct p2p_stream_events liar_events = {.data = on_liar_data};

static void on_liar(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &liar_events, user);
}

static void test_a_server_must_prove_that_it_reached_us(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, PUBLIC, 0, NULL);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_int_equal(
            p2p_host_handle(w.h[i].host, P2P__AUTONAT_V2_REQUEST_PROTOCOL,
                            on_liar, &w),
            0);
        assert_int_equal(simhost_dial(&w.h[ASKER], &w.h[i]), 0);
    }
    run(&w, P2P__SEC(600));
    assert_int_equal(w.changes, 0);
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[1].yes, 0);
    stop(&w);
}

static void test_where_nobody_speaks_v2_v1_is_asked(void **state)
{
    struct p2p_reachability_info info[4];
    struct world w;

    (void)state;
    start(&w, PUBLIC, 0, NULL);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_int_equal(
            p2p_host_handle(w.h[i].host, P2P__AUTONAT_V2_REQUEST_PROTOCOL, NULL,
                            NULL),
            0);
        assert_int_equal(simhost_dial(&w.h[ASKER], &w.h[i]), 0);
    }
    run(&w, P2P__SEC(10));
    assert_int_equal(w.last.verdict, P2P_REACHABLE);
    assert_int_equal(known(&w, info), 2);
    assert_int_equal(info[1].verdict, P2P_REACHABLE);
    assert_true(tells(&w.h[ASKER], "/ip4/8."));
    stop(&w);
}

static void test_hosts_end_at_any_moment(void **state)
{
    (void)state;
    for (p2p_ns at = 0; at < P2P__MS(400); at += P2P__MS(7)) {
        struct world w;

        start(&w, (at / P2P__MS(7)) % 2 == 0 ? PUBLIC : BEHIND_NAT, 4, NULL);
        run(&w, at);
        stop(&w);
    }
}

static void test_a_config_has_its_size(void **state)
{
    const struct p2p_autonat_config none = {0};
    const struct p2p_autonat_server_config no_server = {0};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    const struct sim_cfg sc = {.seed = 7};
    struct p2p_host *host;
    struct simhost h = {0};
    struct sim sim;

    (void)state;
    sim_init(&sim, &sc, 1);
    simhost_start(&h, &sim, 0, NULL);
    cfg.key = h.key;
    cfg.autonat = &none;
    assert_int_equal(p2p__host_new(&sim.hosts[0].world, &cfg, &host),
                     P2P_EINVAL);
    cfg.autonat = NULL;
    cfg.autonat_server = &no_server;
    assert_int_equal(p2p__host_new(&sim.hosts[0].world, &cfg, &host),
                     P2P_EINVAL);
    assert_int_equal(p2p_host_reachability(h.host, NULL, 0, 0), 0);
    simhost_stop(&h);
    sim_fini(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_public_host_learns_that_it_is),
        cmocka_unit_test(test_two_servers_are_too_few),
        cmocka_unit_test(test_behind_a_nat_a_host_is_private),
        cmocka_unit_test(test_behind_one_to_one_it_is_public),
        cmocka_unit_test(test_three_witnesses_are_too_few),
        cmocka_unit_test(test_an_observed_address_goes_with_its_witnesses),
        cmocka_unit_test(test_at_home_only_where_it_is_configured),
        cmocka_unit_test(test_whom_it_trusts_alone_is_asked),
        cmocka_unit_test(test_a_server_serves_whom_it_wants_to),
        cmocka_unit_test(test_all_addresses_are_told_if_that_is_wanted),
        cmocka_unit_test(test_neighbours_are_not_asked),
        cmocka_unit_test(test_a_nonce_that_was_taken_is_heard),
        cmocka_unit_test(test_T34_a_server_is_no_reflector),
        cmocka_unit_test(test_the_filter_holds_for_a_call),
        cmocka_unit_test(test_T34_who_pays_has_another_dialed),
        cmocka_unit_test(test_a_server_dials_by_what_it_has),
        cmocka_unit_test(test_T34_that_nobody_is_there_is_told_late),
        cmocka_unit_test(test_T34_who_asks_too_often_is_refused),
        cmocka_unit_test(test_T34_streams_of_askers_have_a_cap),
        cmocka_unit_test(test_a_server_must_prove_that_it_reached_us),
        cmocka_unit_test(test_where_nobody_speaks_v2_v1_is_asked),
        cmocka_unit_test(test_hosts_end_at_any_moment),
        cmocka_unit_test(test_a_config_has_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
