/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which limit was hit is seen by its host, as a counter and as an event, and
 * by the peer that was refused. Peers that are protected get in where
 * strangers do not, and those who are silent keep nobody out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "p2p/limit.h"
#include "simhost.h"
#include "unit.h"

#define STRANGERS 4U
#define LEFT      2U

static const char protocol[] = "/refusals/1";

/* What the victim was told. */
struct told {
    unsigned events;
    uint64_t times;
    char scope[32];
    char what[64];
    struct p2p_peer_id peer;
    struct p2p_multiaddr addr;
};

static void on_limited(void *user, const struct p2p_limited *l)
{
    struct told *t = user;

    t->events++;
    t->times += l->times;
    (void)snprintf(t->scope, sizeof t->scope, "%s", l->scope);
    (void)snprintf(t->what, sizeof t->what, "%s", l->what);
    t->peer = l->peer;
    t->addr = l->addr;
}

struct scene {
    struct sim sim;
    struct simhost a; /* the victim */
    struct simhost b[STRANGERS];
    struct told told;
    struct p2p_host *host; /* the victim's */
    struct p2p_host_events events;
};

static void scene_start(struct scene *s)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *s = (struct scene){.events = {.limited = on_limited}};
    sim_init(&s->sim, &cfg, STRANGERS + 1);
    simhost_start(&s->a, &s->sim, 0, NULL);
    simhost_end(&s->a); /* the key is made; the events are ours */
    hc.key = s->a.key;
    hc.events = &s->events;
    hc.user = &s->told;
    assert_int_equal(p2p__host_new(&s->sim.hosts[0].world, &hc, &s->host), 0);
    s->a.host = s->host;
    assert_int_equal(p2p_host_listen(s->host, "/ip4/0.0.0.0/tcp/4001"), 0);
    for (size_t i = 0; i < STRANGERS; i++) {
        simhost_start(&s->b[i], &s->sim, i + 1, NULL);
    }
}

static void scene_stop(struct scene *s)
{
    for (size_t i = 0; i < STRANGERS; i++) {
        simhost_stop(&s->b[i]);
    }
    sim_run(&s->sim, s->sim.now + P2P__SEC(20));
    assert_true(simhost_is_idle(&s->a));
    simhost_stop(&s->a);
    sim_fini(&s->sim);
}

static void run(struct scene *s, uint64_t ms)
{
    sim_run(&s->sim, s->sim.now + P2P__MS(ms));
}

/* The limit of a scope and a text. */
static struct p2p_limit limit(const struct scene *s, const char *scope,
                              const char *what)
{
    struct p2p_limit all[40];
    size_t n = p2p_host_limits(s->host, all, 40, sizeof all[0]);

    assert_in_range(n, 10, 40);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].scope, scope) == 0 &&
            strcmp(all[i].what, what) == 0) {
            return all[i];
        }
    }
    fail_msg("no limit %s, %s", scope, what);
    return (struct p2p_limit){0};
}

/* P2P__CAP_RESERVED_PART: others have all that strangers may but LEFT. */
static void test_protected_peers_have_room(void **state)
{
    static const char what[] = "inbound connections of strangers";
    const uint64_t reserved = P2P__CAP_HOST_CONNS_IN / P2P__CAP_RESERVED_PART;
    const uint64_t others = P2P__CAP_HOST_CONNS_IN - reserved - LEFT;
    struct scene s;
    struct p2p__quota *q;

    (void)state;
    scene_start(&s);
    q = &s.host->swarm->quota;
    assert_int_equal(reserved, 256);
    assert_int_equal(p2p__quota_take(q, P2P__Q_CONNS_IN, others), 0);
    assert_int_equal(p2p_host_protect(s.host, p2p_host_id(s.b[3].host), true),
                     0);
    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(simhost_dial(&s.b[i], &s.a), 0);
        run(&s, 3000);
    }
    assert_int_equal(simhost_conns(&s.b[0]), 1);
    assert_int_equal(simhost_conns(&s.b[1]), 1);
    assert_int_equal(simhost_conns(&s.b[2]), 0);
    assert_int_equal(s.b[2].last_why, P2P_ELIMIT); /* and it knows why */
    assert_int_equal(simhost_conns(&s.b[3]), 1);
    assert_int_equal(limit(&s, "host", what).refused, 1);
    assert_int_equal(s.told.events, 1);
    assert_string_equal(s.told.scope, "host");
    assert_string_equal(s.told.what, what);
    assert_true(p2p_peer_id_equal(&s.told.peer, p2p_host_id(s.b[2].host)));
    /* It is one of many again. */
    assert_int_equal(p2p_host_protect(s.host, p2p_host_id(s.b[3].host), false),
                     0);
    assert_int_equal(p2p_host_disconnect(s.host, p2p_host_id(s.b[3].host)), 0);
    run(&s, 3000);
    assert_int_equal(simhost_dial(&s.b[3], &s.a), 0);
    run(&s, 3000);
    assert_int_equal(simhost_conns(&s.b[3]), 0);
    p2p__quota_give(q, P2P__Q_CONNS_IN, others);
    scene_stop(&s);
}

static void no_pipe(void *user, int status, p2p_ns now)
{
    (void)user;
    (void)status;
    (void)now;
}

static void no_data(void *user, struct p2p__slice in, p2p_ns now)
{
    (void)user;
    (void)in;
    (void)now;
}

static void no_room(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static const struct p2p__pipe_cb mute = {.connected = no_pipe,
                                         .data = no_data,
                                         .writable = no_room,
                                         .ended = no_pipe};

static void connect_mute(struct scene *s, size_t machine)
{
    struct p2p__addr to = s->sim.hosts[0].addr;
    struct sim_host *h = &s->sim.hosts[machine];
    int err;

    to.port = SIMHOST_PORT;
    assert_non_null(h->net.dial(&h->net, &to, &mute, NULL, &err));
}

/* All places for handshakes are taken by those who say nothing. */
static void test_silent_connections_keep_nobody_out(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    s.host->swarm->limits.pending = 3;
    for (int i = 0; i < 3; i++) {
        connect_mute(&s, 1);
    }
    run(&s, 500);
    assert_int_equal(limit(&s, "transient", "handshakes").used, 3);
    /* Not before they had their time. */
    assert_int_equal(simhost_dial(&s.b[1], &s.a), 0);
    run(&s, 400);
    assert_int_equal(simhost_conns(&s.b[1]), 0);
    assert_int_equal(limit(&s, "transient", "handshakes").refused, 1);
    run(&s, 600);
    assert_int_equal(simhost_dial(&s.b[2], &s.a), 0);
    run(&s, 1000);
    assert_int_equal(simhost_conns(&s.b[2]), 1);
    assert_int_equal(limit(&s, "transient", "handshakes").used, 2);
    assert_int_equal(limit(&s, "transient", "handshakes").refused, 2);
    scene_stop(&s);
}

/* Places for two handshakes, and both are of machine 1, which says nothing. */
static void fill(struct scene *s)
{
    s->host->swarm->limits.pending = 2;
    connect_mute(s, 1);
    connect_mute(s, 1);
    run(s, 100);
    assert_int_equal(limit(s, "transient", "handshakes").used, 2);
}

/* Who is connected, and becomes protected, and goes. */
static void meet(struct scene *s, size_t i, bool keep)
{
    const struct p2p_peer_id *id = p2p_host_id(s->b[i].host);

    assert_int_equal(simhost_dial(&s->b[i], &s->a), 0);
    run(s, 1000);
    assert_int_equal(simhost_conns(&s->b[i]), 1);
    assert_int_equal(keep ? p2p_host_keep(s->host, id, true)
                          : p2p_host_protect(s->host, id, true),
                     0);
    assert_int_equal(p2p_host_disconnect(s->b[i].host, p2p_host_id(s->host)),
                     0);
}

/* Where protected peers were met there is room at once. */
static void test_T36_the_familiar_get_in_at_once(void **state)
{
    struct scene s;

    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        scene_start(&s);
        meet(&s, 2, keep == 1);
        run(&s, 50);
        fill(&s);
        assert_int_equal(simhost_dial(&s.b[1], &s.a), 0); /* a stranger */
        run(&s, 200);
        assert_int_equal(simhost_conns(&s.b[1]), 0);
        assert_int_equal(simhost_dial(&s.b[2], &s.a), 0);
        run(&s, 200);
        assert_int_equal(simhost_conns(&s.b[2]), 1);
        assert_int_equal(limit(&s, "transient", "handshakes").used, 1);
        scene_stop(&s);
    }
}

/* Nor do strangers take what they have begun while others can go. */
static void test_T36_the_familiar_stay(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    meet(&s, 2, false);
    run(&s, 200);
    s.host->swarm->limits.pending = 2;
    connect_mute(&s, 3); /* it comes from a familiar place, and is slow */
    run(&s, 100);
    connect_mute(&s, 1);
    run(&s, 1100);
    for (size_t i = 0; i < 2; i++) {
        connect_mute(&s, 1);
        run(&s, 1100);
        assert_int_equal(limit(&s, "transient", "handshakes").used, 2);
        assert_int_equal(p2p__list_first(&s.host->swarm->pending) != NULL, 1);
        assert_memory_equal(
            P2P__CONTAINER(p2p__list_first(&s.host->swarm->pending),
                           struct p2p__conn, pending)
                ->remote.ip,
            s.sim.hosts[3].addr.ip, 16);
    }
    scene_stop(&s);
}

static void keep_stream(void *user, struct p2p_stream *stream)
{
    static const struct p2p_stream_events none;

    (void)user;
    p2p_stream_listen(stream, &none, NULL);
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    (void)stream;
    *(int *)user = status;
}

static const struct p2p_stream_events closed_events = {.closed = on_closed};

/* P2P__CAP_PROTOCOL_STREAMS_IN: others have all but LEFT. */
static void test_streams_of_one_protocol(void **state)
{
    struct scene s;
    struct p2p__handler *h;
    int status[LEFT + 1];

    (void)state;
    scene_start(&s);
    assert_int_equal(p2p_host_handle(s.host, protocol, keep_stream, NULL), 0);
    h = p2p__handlers_find(&s.host->swarm->handlers, protocol,
                           strlen(protocol));
    h->streams_in = P2P__CAP_PROTOCOL_STREAMS_IN - LEFT;
    assert_int_equal(simhost_dial(&s.b[0], &s.a), 0);
    run(&s, 1000);
    for (size_t i = 0; i < LEFT + 1; i++) {
        static const char *const names[] = {protocol, "/refusals/2"};
        struct p2p_stream *stream;

        status[i] = 1;
        assert_int_equal(
            p2p_stream_open(s.b[0].host, p2p_host_id(s.host), names, 2,
                            &closed_events, &status[i], &stream),
            0);
        run(&s, 500);
    }
    assert_int_equal(status[0], 1);
    assert_int_equal(status[1], 1);
    assert_int_equal(status[2], P2P_ELIMIT);
    assert_int_equal(limit(&s, "protocol", "inbound streams").refused, 1);
    assert_string_equal(s.told.scope, "protocol");
    assert_int_equal(h->streams_in, P2P__CAP_PROTOCOL_STREAMS_IN);
    assert_int_equal(p2p_host_disconnect(s.host, p2p_host_id(s.b[0].host)), 0);
    run(&s, 1000);
    assert_int_equal(h->streams_in, P2P__CAP_PROTOCOL_STREAMS_IN - LEFT);
    h->streams_in = 0;
    scene_stop(&s);
}

/* yamux's word for a frame that is none is 1, whatever we say of limits. */
static void test_a_broken_session_says_so_itself(void **state)
{
    static uint8_t junk[] = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
    struct scene s;
    struct p2p__conn *c;
    struct p2p__slice in = p2p__slice_of(junk, sizeof junk);
    struct p2p__outbuf out;
    uint8_t word[64];
    int rv;

    (void)state;
    scene_start(&s);
    assert_int_equal(simhost_dial(&s.b[0], &s.a), 0);
    run(&s, 1000);
    c = P2P__CONTAINER(p2p__list_first(&s.host->swarm->conns), struct p2p__conn,
                       link);
    rv = c->sess_ops->rx(c->sess, &in, s.sim.now);
    assert_true(rv < 0);
    p2p__conn_fail(c, rv);
    out = (struct p2p__outbuf){.p = word, .cap = sizeof word};
    (void)c->sess_ops->tx(c->sess, &out, s.sim.now);
    assert_int_equal(out.len, 12);
    assert_int_equal(word[1], 3);  /* go-away */
    assert_int_equal(word[10], 0); /* 1: protocol error */
    assert_int_equal(word[11], 1);
    run(&s, 1000);
    scene_stop(&s);
}

/* P2P__CAP_TRANSIENT_MEMORY_BYTES: what those hold that are not known yet. */
static void test_memory_of_the_unknown(void **state)
{
    struct scene s;
    struct p2p__quota *q;
    const uint64_t most = P2P__CAP_TRANSIENT_MEMORY_BYTES;

    (void)state;
    scene_start(&s);
    q = &s.host->swarm->transient;
    assert_int_equal(p2p__quota_take(q, P2P__Q_MEMORY, most), 0);
    assert_int_equal(simhost_dial(&s.b[0], &s.a), 0);
    run(&s, 2000);
    assert_int_equal(simhost_conns(&s.b[0]), 0);
    assert_true(limit(&s, "transient", "memory bytes").refused > 0);
    assert_int_equal(limit(&s, "transient", "memory bytes").used, most);
    p2p__quota_give(q, P2P__Q_MEMORY, most);
    run(&s, 2000);
    assert_int_equal(simhost_dial(&s.b[0], &s.a), 0);
    run(&s, 2000);
    assert_int_equal(simhost_conns(&s.b[0]), 1);
    /* Once they are known it is theirs. */
    assert_int_equal(q->used[P2P__Q_MEMORY], 0);
    assert_int_equal(q->used[P2P__Q_CONNS_IN], 0);
    scene_stop(&s);
}

/* A thousand refusals are two events: the first at once. */
static void test_a_flood_of_refusals_is_not_one_of_events(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(p2p__quota_take(&s.host->swarm->quota, P2P__Q_FDS,
                                         P2P__CAP_HOST_FDS + 1),
                         P2P_ELIMIT);
        run(&s, 1);
    }
    run(&s, 1100);
    assert_in_range(s.told.events, 2, 3);
    assert_int_equal(s.told.times, 1000);
    assert_string_equal(s.told.what, "file descriptors");
    assert_int_equal(s.told.peer.len, 0);
    assert_int_equal(s.told.addr.len, 0);
    assert_int_equal(limit(&s, "host", "file descriptors").refused, 1000);
    scene_stop(&s);
}

static void test_metrics_are_text(void **state)
{
    struct scene s;
    char buf[16384], part[64];
    size_t n;

    (void)state;
    scene_start(&s);
    assert_int_equal(p2p_host_handle(s.host, "/odd/\"\\\n", keep_stream, NULL),
                     0);
    assert_int_equal(simhost_dial(&s.b[0], &s.a), 0);
    run(&s, 2000);
    n = p2p_host_metrics(s.host, buf, sizeof buf);
    assert_in_range(n, 1000, sizeof buf - 1);
    assert_int_equal(strlen(buf), n);
    assert_non_null(strstr(buf, "\np2p_connections{direction=\"in\"} 1\n"));
    assert_non_null(strstr(
        buf, "\np2p_limit{scope=\"peer\",what=\"inbound streams\"} 2048\n"));
    assert_non_null(
        strstr(buf,
               "\np2p_protocol_streams_total{protocol=\"/ipfs/id/1.0.0\","
               "direction=\"in\"} 1\n"));
    assert_string_equal(buf + n - 6, "# EOF\n");
    assert_int_equal(p2p_host_metrics(s.host, part, sizeof part), n);
    assert_int_equal(strlen(part), sizeof part - 1);
    assert_memory_equal(part, buf, sizeof part - 1);
    assert_int_equal(p2p_host_metrics(s.host, NULL, 0), n);
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protected_peers_have_room),
        cmocka_unit_test(test_silent_connections_keep_nobody_out),
        cmocka_unit_test(test_T36_the_familiar_get_in_at_once),
        cmocka_unit_test(test_T36_the_familiar_stay),
        cmocka_unit_test(test_streams_of_one_protocol),
        cmocka_unit_test(test_a_broken_session_says_so_itself),
        cmocka_unit_test(test_memory_of_the_unknown),
        cmocka_unit_test(test_a_flood_of_refusals_is_not_one_of_events),
        cmocka_unit_test(test_metrics_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
