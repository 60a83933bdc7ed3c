/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hosts that meet at a relay: two with nothing to listen at, a relay or two,
 * and a stranger. Spec: libp2p circuit relay v2.
 */
#include <stdio.h>

#include "flow.h"
#include "host/bridge.h"
#include "p2p/pubsub.h"
#include "p2p/relay.h"
#include "unit.h"

#define ECHO "/echo/1"

enum { RELAY, TARGET, DIALER, OTHER, HOSTS };

struct world {
    struct sim sim;
    struct simhost h[HOSTS];
    int dialed; /* 1: not told yet */
    struct p2p_peer_id whom;
    size_t echoed;
    int closed; /* the status of the echo's stream; 1: it is open */
};

static void on_echo_data(void *user, struct p2p_stream *s, const uint8_t *bytes,
                         size_t len)
{
    (void)user;
    (void)p2p_stream_send(s, bytes, len);
}

static const struct p2p_stream_events echo_events = {.data = on_echo_data};

static void on_echo(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &echo_events, user);
}

/* Its host 0 is a relay with these limits (NULL: the defaults), and so is
 * OTHER; the others have no listener. */
static void start(struct world *w, const struct p2p_relay_config *limits)
{
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(1), .latency_max = P2P__MS(20)};
    struct p2p_host_config relay = P2P_HOST_CONFIG_INIT;

    relay.relay = limits != NULL ? limits : &defaults;
    *w = (struct world){.dialed = 1, .closed = 1};
    sim_init(&w->sim, &cfg, HOSTS);
    simhost_start(&w->h[RELAY], &w->sim, RELAY, &relay);
    simhost_start(&w->h[OTHER], &w->sim, OTHER, &relay);
    simhost_make(&w->h[TARGET], &w->sim, TARGET, NULL);
    simhost_make(&w->h[DIALER], &w->sim, DIALER, NULL);
    for (size_t i = 0; i < HOSTS; i++) {
        assert_int_equal(p2p_host_handle(w->h[i].host, ECHO, on_echo, w), 0);
    }
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

/* The address of a relay's circuits, to a host or (NULL) to all. */
static const char *circuit(const struct simhost *relay,
                           const struct simhost *to, char *buf)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    size_t len = strlen(simhost_addr(relay, buf));

    (void)snprintf(
        buf + len, P2P_MULTIADDR_TEXT_MAX - len, "/p2p-circuit%s%s",
        to != NULL ? "/p2p/" : "",
        to != NULL ? p2p_peer_id_text(p2p_host_id(to->host), id) : "");
    return buf;
}

static void reserve(struct world *w, int at)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    assert_int_equal(
        p2p_host_listen(w->h[TARGET].host, circuit(&w->h[at], NULL, buf)), 0);
    run(w, P2P__SEC(2));
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct world *w = user;

    w->dialed = status;
    if (status == 0) {
        w->whom = *peer;
    }
}

/* How a dial by a relay ends. */
static int dial(struct world *w, int from, int relay, int to)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];
    int rv;

    w->dialed = 1;
    rv = p2p_host_dial(w->h[from].host, circuit(&w->h[relay], &w->h[to], buf),
                       on_dialed, w);
    if (rv != 0) {
        return rv;
    }
    run(w, P2P__SEC(15));
    assert_int_not_equal(w->dialed, 1);
    return w->dialed;
}

/* The circuits that a relay counts. */
static uint32_t circuits(const struct world *w, int relay)
{
    return w->h[relay].host->relay->ledger.n_circuits;
}

static uint32_t reservations(const struct world *w, int relay)
{
    return w->h[relay].host->relay->ledger.n_reserved;
}

/* How it stands with the reservation of TARGET. */
static int standing(const struct world *w, int relay)
{
    return p2p_relay_status(w->h[TARGET].host, p2p_host_id(w->h[relay].host));
}

/* The connection of a host that goes over a relay; false: there is none. */
static bool find_circuit(const struct simhost *h, struct p2p_conn_info *out)
{
    struct p2p_conn_info all[8];
    size_t n = p2p_host_conns(h->host, all, 8, sizeof *all);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].transport, "p2p-circuit") == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

static void on_echoed(void *user, struct p2p_stream *s, const uint8_t *bytes,
                      size_t len)
{
    struct world *w = user;

    (void)s;
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], (uint8_t)(w->echoed + i));
    }
    w->echoed += len;
}

static void on_echo_closed(void *user, struct p2p_stream *s, int status)
{
    struct world *w = user;

    (void)s;
    w->closed = status;
}

static const struct p2p_stream_events client_events = {
    .data = on_echoed,
    .closed = on_echo_closed};

/* Sends `len` bytes to be echoed, over a limited connection. */
static void echo(struct world *w, int from, int to, size_t len)
{
    static const char *const names[] = {ECHO};
    static uint8_t bytes[300000];
    struct p2p_stream *s;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)i;
    }
    w->echoed = 0;
    w->closed = 1;
    assert_int_equal(
        p2p_stream_open_limited(w->h[from].host, p2p_host_id(w->h[to].host),
                                names, 1, &client_events, w, &s),
        0);
    assert_int_equal(p2p_stream_send(s, bytes, len), 0);
    run(w, P2P__SEC(5));
}

static bool has_addr(const struct simhost *h, const char *text)
{
    struct p2p_multiaddr all[8], want;
    size_t n = p2p_host_addrs(h->host, all, 8);

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &want), 0);
    for (size_t i = 0; i < n; i++) {
        if (p2p_multiaddr_equal(&all[i], &want)) {
            return true;
        }
    }
    return false;
}

static void test_two_meet_at_a_relay(void **state)
{
    char buf[P2P_MULTIADDR_TEXT_MAX], text[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_conn_info info;
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(reservations(&w, RELAY), 1);
    (void)circuit(&w.h[RELAY], &w.h[TARGET], buf);
    assert_true(has_addr(&w.h[TARGET], buf));
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    assert_true(p2p_peer_id_equal(&w.whom, p2p_host_id(w.h[TARGET].host)));
    assert_int_equal(circuits(&w, RELAY), 1);
    for (int i = TARGET; i <= DIALER; i++) {
        assert_true(find_circuit(&w.h[i], &info));
        assert_true(info.limited);
        assert_int_equal(info.outbound, i == DIALER);
        assert_string_equal(info.security, "/noise");
    }
    assert_string_equal(p2p_multiaddr_text(&info.addr, text),
                        circuit(&w.h[RELAY], NULL, buf));
    echo(&w, DIALER, TARGET, 50000);
    assert_int_equal(w.echoed, 50000);
    echo(&w, TARGET, DIALER, 1000);
    assert_int_equal(w.echoed, 1000);
    p2p_host_disconnect(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host));
    run(&w, P2P__SEC(10));
    assert_int_equal(circuits(&w, RELAY), 0);
    assert_false(find_circuit(&w.h[TARGET], &info));
    assert_int_equal(reservations(&w, RELAY), 1);
    stop(&w);
}

/* Streams of the application want to be told that bytes are few. */
static void test_a_limited_connection_wants_allowance(void **state)
{
    static const char *const names[] = {ECHO};
    struct p2p_stream *s;
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(
        p2p_stream_open(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), names,
                        1, NULL, NULL, &s),
        P2P_ELIMITED);
    assert_null(s);
    /* There is a way beside the relay: that one is dialed. */
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, "/ip4/0.0.0.0/tcp/4001"),
                     0);
    run(&w, P2P__SEC(2)); /* identify tells of it */
    w.closed = 1;
    assert_int_equal(
        p2p_stream_open(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), names,
                        1, &client_events, &w, &s),
        0);
    w.echoed = 0;
    run(&w, P2P__SEC(2));
    assert_int_equal(p2p_stream_send(s, "\0\1\2", 3), 0);
    run(&w, P2P__SEC(2));
    assert_int_equal(w.echoed, 3);
    assert_int_equal(w.closed, 1);
    stop(&w);
}

/* A direct connection carries what is new; the circuit ends unused. */
static void test_a_direct_connection_is_better(void **state)
{
    struct p2p_conn_info info;
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, "/ip4/0.0.0.0/tcp/4001"),
                     0);
    assert_int_equal(simhost_dial(&w.h[DIALER], &w.h[TARGET]), 0);
    run(&w, P2P__SEC(8));
    assert_false(find_circuit(&w.h[DIALER], &info));
    assert_int_equal(w.h[DIALER].downs, 0);
    /* And it stays, whoever dials by the relay afterwards. */
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    run(&w, P2P__SEC(8));
    assert_false(find_circuit(&w.h[DIALER], &info));
    assert_int_equal(w.h[DIALER].downs, 0);
    stop(&w);
}

static void test_T34_a_relay_ends_what_has_carried_enough(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_conn_info info;
    struct world w;

    (void)state;
    limits.circuit_bytes = 20000;
    start(&w, &limits);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    echo(&w, DIALER, TARGET, 10000);
    assert_int_equal(w.echoed, 10000);
    echo(&w, DIALER, TARGET, 20000);
    assert_true(w.echoed < 20000);
    assert_true(w.closed < 0);
    assert_false(find_circuit(&w.h[DIALER], &info));
    assert_false(find_circuit(&w.h[TARGET], &info));
    assert_int_equal(circuits(&w, RELAY), 0);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET),
                     0); /* again, if need be */
    stop(&w);
}

static void test_T34_a_relay_ends_what_has_lasted_enough(void **state)
{
    struct p2p_conn_info info;
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0); /* 15 s */
    run(&w, P2P__SEC(100));
    assert_true(find_circuit(&w.h[DIALER], &info));
    run(&w, P2P__SEC(10));
    assert_false(find_circuit(&w.h[DIALER], &info));
    assert_false(find_circuit(&w.h[TARGET], &info));
    assert_int_equal(circuits(&w, RELAY), 0);
    stop(&w);
}

static void test_statuses_are_told(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct world w;

    (void)state;
    limits.max_circuits_per_peer = 1;
    limits.max_reservations = 1;
    start(&w, &limits);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), P2P_ENOTFOUND);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(dial(&w, OTHER, RELAY, TARGET), P2P_ELIMIT);
    assert_int_equal(dial(&w, DIALER, RELAY, OTHER), P2P_ENOTFOUND);
    assert_int_equal(dial(&w, RELAY, RELAY, TARGET), P2P_ESELF);
    stop(&w);
}

/* What one end still sends, and the other one takes, slowly or not at all. */
struct pour {
    struct p2p_stream *stream;
    size_t left;
    size_t taken;
    bool slow;
};

static void pour_on(void *user, struct p2p_stream *s)
{
    static const uint8_t chunk[40000];
    struct pour *p = user;

    while (p->left > 0) {
        size_t n = p2p__min(p->left, sizeof chunk);

        if (p2p_stream_send(s, chunk, n) != 0) {
            return;
        }
        p->left -= n;
    }
}

static void pour_in(void *user, struct p2p_stream *s, const uint8_t *bytes,
                    size_t len)
{
    struct pour *p = user;

    (void)bytes;
    p->taken += len;
    if (!p->slow) {
        p2p_stream_consume(s, len);
    }
}

static const struct p2p_stream_events pour_events = {.opened = pour_on,
                                                     .writable = pour_on,
                                                     .data = pour_in};

static void on_pour(void *user, struct p2p_stream *s)
{
    struct pour *p = user;

    p->stream = s;
    p2p_stream_manual(s);
    p2p_stream_listen(s, &pour_events, user);
    pour_on(user, s);
}

/* Each end sends much more than a window; a reader that is slow stops its
 * sender, and makes the relay hold no more than windows. */
static void test_many_bytes_both_ways(void **state)
{
    static const char *const names[] = {"/pour/1"};
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct pour ends[2] = {{.left = 6 << 20, .slow = true},
                           {.left = 6 << 20, .slow = true}};
    struct p2p_host_stats stats;
    struct world w;

    (void)state;
    limits.circuit_bytes = 64 << 20;
    limits.circuit_s = 1000;
    start(&w, &limits);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(
        p2p_host_handle(w.h[TARGET].host, names[0], on_pour, &ends[1]), 0);
    assert_int_equal(p2p_stream_open_limited(
                         w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), names,
                         1, &pour_events, &ends[0], &ends[0].stream),
                     0);
    p2p_stream_manual(ends[0].stream);
    pour_on(&ends[0], ends[0].stream);
    run(&w, P2P__SEC(20));
    p2p_host_stats(w.h[RELAY].host, &stats, sizeof stats);
    assert_true(stats.memory_bytes < 2 << 20);
    for (int i = 0; i < 2; i++) {
        assert_true(ends[i].taken > 0 && ends[i].taken < 1 << 20);
        assert_true(ends[i].left > 0);
        ends[i].slow = false;
        p2p_stream_consume(ends[i].stream, ends[i].taken);
    }
    run(&w, P2P__MS(100));
    sim_set_group(&w.sim, TARGET, 9); /* and nobody takes what the relay has */
    run(&w, P2P__SEC(5));
    p2p_host_stats(w.h[RELAY].host, &stats, sizeof stats);
    assert_true(stats.memory_bytes > 100000 && stats.memory_bytes < 3 << 20);
    assert_true(ends[0].left > 0);
    sim_set_group(&w.sim, TARGET, 0);
    run(&w, P2P__SEC(60));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ends[i].left, 0);
        assert_int_equal(ends[i].taken, 6 << 20);
    }
    p2p_host_disconnect(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host));
    run(&w, P2P__SEC(10));
    assert_int_equal(circuits(&w, RELAY), 0);
    stop(&w);
}

/* Above the high water those go that have none, though they came later. */
static void test_a_reservation_keeps_its_connection(void **state)
{
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config narrow = P2P_HOST_CONFIG_INIT;
    struct world w;

    (void)state;
    narrow.relay = &defaults;
    narrow.high_water = 2;
    narrow.low_water = 1;
    start(&w, NULL);
    simhost_end(&w.h[RELAY]);
    simhost_start(&w.h[RELAY], &w.sim, RELAY, &narrow);
    reserve(&w, RELAY);
    assert_int_equal(simhost_dial(&w.h[DIALER], &w.h[RELAY]), 0);
    assert_int_equal(simhost_dial(&w.h[OTHER], &w.h[RELAY]), 0);
    run(&w, P2P__SEC(30));
    assert_int_equal(simhost_conns(&w.h[RELAY]), 1);
    assert_int_equal(w.h[TARGET].downs, 0);
    assert_int_equal(reservations(&w, RELAY), 1);
    stop(&w);
}

/* And with who holds it: the relay is not trimmed either. */
static void test_a_relay_of_ours_is_kept(void **state)
{
    struct p2p_host_config narrow = P2P_HOST_CONFIG_INIT;
    struct world w;

    (void)state;
    narrow.high_water = 2;
    narrow.low_water = 1;
    start(&w, NULL);
    simhost_end(&w.h[TARGET]);
    simhost_start(&w.h[TARGET], &w.sim, TARGET, &narrow);
    reserve(&w, RELAY);
    assert_int_equal(simhost_dial(&w.h[DIALER], &w.h[TARGET]), 0);
    assert_int_equal(simhost_dial(&w.h[OTHER], &w.h[TARGET]), 0);
    run(&w, P2P__SEC(30));
    assert_int_equal(simhost_conns(&w.h[TARGET]), 1);
    assert_int_equal(w.h[RELAY].downs, 0);
    assert_int_equal(reservations(&w, RELAY), 1);
    stop(&w);
}

static bool allow_one(void *user, const struct p2p_peer_id *peer)
{
    return p2p_peer_id_equal(peer, user);
}

static void test_T34_a_relay_serves_whom_it_wants_to(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_peer_id served = {0};
    struct world w;

    (void)state;
    limits.allow = allow_one;
    limits.user = &served;
    start(&w, &limits);
    reserve(&w, RELAY);
    assert_int_equal(reservations(&w, RELAY), 0);
    assert_int_equal(standing(&w, RELAY), P2P_EACCES);
    served = *p2p_host_id(w.h[TARGET].host);
    run(&w, P2P__SEC(10)); /* it asks again */
    assert_int_equal(reservations(&w, RELAY), 1);
    assert_int_equal(standing(&w, RELAY), 0);
    assert_int_equal(standing(&w, OTHER), P2P_ESTATE);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), P2P_EACCES);
    served = *p2p_host_id(w.h[DIALER].host);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    stop(&w);
}

static bool allow_nobody(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
    return false;
}

static bool to_one(void *user, const struct p2p_peer_id *from,
                   const struct p2p_peer_id *to)
{
    (void)from;
    return p2p_peer_id_equal(to, user);
}

/* Strangers to whom it grants no reservation share few circuits. */
static void test_T34_guests_leave_room(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_peer_id member = {0};
    struct p2p__relay_peer *target;
    struct world w;

    (void)state;
    limits.allow = allow_one;
    limits.allow_circuit = to_one;
    limits.user = &member;
    start(&w, &limits);
    member = *p2p_host_id(w.h[TARGET].host);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    target = P2P__CONTAINER(
        p2p__list_first(&w.h[RELAY].host->relay->ledger.reserved),
        struct p2p__relay_peer, link);
    assert_int_equal(target->guests, 1);
    target->guests = P2P__CAP_RELAY_GUEST_CIRCUITS;
    assert_int_equal(dial(&w, OTHER, RELAY, TARGET), P2P_ELIMIT);
    target->guests = 1;
    w.h[RELAY].host->relay->allow = NULL; /* then there are no guests */
    assert_int_equal(dial(&w, OTHER, RELAY, TARGET), 0);
    assert_int_equal(target->guests, 1);
    stop(&w);
}

/* What is said of circuits is not asked of reservations, nor the other way. */
static void test_T34_a_relay_connects_whom_it_wants_to(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_peer_id whom = {0};
    struct world w;

    (void)state;
    limits.allow_circuit = to_one;
    limits.user = &whom;
    start(&w, &limits);
    reserve(&w, RELAY);
    assert_int_equal(reservations(&w, RELAY), 1);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), P2P_EACCES);
    whom = *p2p_host_id(w.h[TARGET].host);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    stop(&w);
    limits.allow = allow_nobody;
    start(&w, &limits);
    reserve(&w, RELAY);
    assert_int_equal(reservations(&w, RELAY), 0);
    stop(&w);
}

/* It says so while it is one, and circuits go on when it is none any more. */
static void test_a_host_becomes_a_relay(void **state)
{
    const struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_host *host;
    struct world w;

    (void)state;
    start(&w, NULL);
    host = w.h[DIALER].host;
    assert_int_equal(p2p_host_listen(host, "/ip4/0.0.0.0/tcp/4001"), 0);
    assert_int_equal(p2p_relay_serve(host, NULL), 0);
    reserve(&w, DIALER);
    assert_null(host->relay);
    assert_int_equal(standing(&w, DIALER), P2P_ENOPROTO);
    assert_int_equal(p2p_relay_serve(host, &limits), 0);
    run(&w, P2P__SEC(20)); /* it is asked again */
    assert_int_equal(reservations(&w, DIALER), 1);
    assert_int_equal(dial(&w, RELAY, DIALER, TARGET), 0);
    assert_int_equal(p2p_relay_serve(host, NULL), 0);
    assert_int_equal(dial(&w, OTHER, DIALER, TARGET), P2P_ENOPROTO);
    echo(&w, RELAY, TARGET, 1000);
    assert_int_equal(w.echoed, 1000);
    assert_int_equal(circuits(&w, DIALER), 1);
    assert_int_equal(p2p_relay_serve(host, &limits), 0);
    assert_int_equal(dial(&w, OTHER, DIALER, TARGET), 0);
    stop(&w);
}

static enum p2p_verdict on_news(void *user, const struct p2p_message *msg)
{
    struct world *w = user;

    w->echoed += msg->len;
    return P2P_ACCEPT;
}

/* Publishes over a circuit; how many bytes came. */
static size_t publish(const struct p2p_pubsub_config *cfg)
{
    struct p2p_pubsub *ps[HOSTS];
    struct world w;

    start(&w, NULL);
    reserve(&w, RELAY);
    for (int i = TARGET; i <= DIALER; i++) {
        assert_int_equal(p2p_pubsub_new(w.h[i].host, cfg, &ps[i]), 0);
        assert_int_equal(p2p_pubsub_subscribe(ps[i], "news", on_news, &w), 0);
    }
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    (void)p2p_pubsub_publish(ps[DIALER], "news", "hello", 5);
    run(&w, P2P__SEC(3));
    stop(&w);
    return w.echoed;
}

static void test_pubsub_goes_by_a_relay_if_it_may(void **state)
{
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;

    (void)state;
    assert_int_equal(publish(&cfg), 0);
    cfg.limited = true;
    assert_int_equal(publish(&cfg), 5);
}

static void test_a_reservation_is_refreshed(void **state)
{
    struct world w;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    (void)circuit(&w.h[RELAY], &w.h[TARGET], buf);
    for (int i = 0; i < 20; i++) {
        run(&w, P2P__SEC(1000));
        assert_int_equal(reservations(&w, RELAY), 1);
        assert_true(has_addr(&w.h[TARGET], buf));
    }
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    stop(&w);
}

static void test_a_relay_is_forgotten(void **state)
{
    struct world w;
    char buf[P2P_MULTIADDR_TEXT_MAX];
    const struct p2p_peer_id *relay;

    (void)state;
    start(&w, NULL);
    relay = p2p_host_id(w.h[RELAY].host);
    assert_int_equal(p2p_relay_forget(w.h[TARGET].host, relay), P2P_ESTATE);
    reserve(&w, RELAY);
    (void)circuit(&w.h[RELAY], &w.h[TARGET], buf);
    assert_true(has_addr(&w.h[TARGET], buf));
    assert_int_equal(p2p_relay_forget(w.h[TARGET].host, relay), 0);
    assert_false(has_addr(&w.h[TARGET], buf));
    assert_int_equal(standing(&w, RELAY), P2P_ESTATE);
    /* It does not know that yet, and brings nobody all the same. */
    assert_int_equal(reservations(&w, RELAY), 1);
    assert_true(dial(&w, DIALER, RELAY, TARGET) < 0);
    run(&w, P2P__SEC(4000)); /* it is not asked again */
    assert_int_equal(reservations(&w, RELAY), 0);
    (void)circuit(&w.h[RELAY], NULL, buf);
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, buf), 0);
    run(&w, P2P__MS(10));
    assert_int_equal(standing(&w, RELAY), P2P_EAGAIN);
    assert_int_equal(p2p_relay_forget(w.h[TARGET].host, relay), 0);
    reserve(&w, RELAY);
    stop(&w);
}

static void test_a_relay_that_dies_takes_its_address_along(void **state)
{
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config again = P2P_HOST_CONFIG_INIT;
    char first[P2P_MULTIADDR_TEXT_MAX], second[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_conn_info info;
    struct world w;

    (void)state;
    again.relay = &defaults;
    start(&w, NULL);
    reserve(&w, RELAY);
    reserve(&w, OTHER);
    (void)circuit(&w.h[RELAY], &w.h[TARGET], first);
    (void)circuit(&w.h[OTHER], &w.h[TARGET], second);
    assert_true(has_addr(&w.h[TARGET], first));
    assert_true(has_addr(&w.h[TARGET], second));
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    simhost_end(&w.h[RELAY]);
    run(&w, P2P__SEC(1));
    assert_false(has_addr(&w.h[TARGET], first));
    assert_true(has_addr(&w.h[TARGET], second));
    assert_false(find_circuit(&w.h[DIALER], &info));
    assert_int_equal(dial(&w, DIALER, OTHER, TARGET), 0);
    echo(&w, DIALER, TARGET, 1000);
    assert_int_equal(w.echoed, 1000);
    simhost_start(&w.h[RELAY], &w.sim, RELAY, &again);
    run(&w, P2P__SEC(600));
    assert_true(has_addr(&w.h[TARGET], first));
    stop(&w);
}

/* The relay goes dark: nobody is told, and silence is noticed. */
static void test_a_relay_that_goes_dark_is_noticed(void **state)
{
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_conn_info info;
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    (void)circuit(&w.h[RELAY], &w.h[TARGET], addr);
    sim_set_group(&w.sim, RELAY, 9);
    run(&w, P2P__SEC(90));
    assert_false(find_circuit(&w.h[DIALER], &info));
    assert_false(has_addr(&w.h[TARGET], addr));
    sim_set_group(&w.sim, RELAY, 0);
    run(&w, P2P__SEC(700));
    assert_true(has_addr(&w.h[TARGET], addr));
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    stop(&w);
}

struct answer {
    uint8_t bytes[64];
    size_t len;
};

static void on_answer(void *user, struct p2p_stream *s, const uint8_t *bytes,
                      size_t len)
{
    struct answer *a = user;

    (void)s;
    len = p2p__min(len, sizeof a->bytes - a->len);
    memcpy(a->bytes + a->len, bytes, len);
    a->len += len;
}

/* What a host answers to bytes on a hop or stop stream: the status. */
static unsigned ask(struct world *w, int from, int to, const char *protocol,
                    struct p2p__slice bytes)
{
    static const struct p2p_stream_events events = {.data = on_answer};
    const char *const names[] = {protocol};
    struct answer a = {.len = 0};
    struct p2p_stream *s;
    struct p2p__relay_msg msg;

    assert_int_equal(
        p2p_stream_open_limited(w->h[from].host, p2p_host_id(w->h[to].host),
                                names, 1, &events, &a, &s),
        0);
    assert_int_equal(p2p_stream_send(s, bytes.p, bytes.len), 0);
    run(w, P2P__SEC(5));
    assert_true(a.len > 1 && a.bytes[0] == a.len - 1);
    assert_int_equal(
        p2p__relay_msg_read(strcmp(protocol, P2P__RELAY_HOP_PROTOCOL) == 0
                                ? P2P__RELAY_HOP
                                : P2P__RELAY_STOP,
                            p2p__slice_of(a.bytes + 1, a.len - 1), &msg),
        0);
    p2p_stream_listen(s, NULL, NULL);
    p2p_stream_reset(s);
    run(w, P2P__SEC(1));
    return (unsigned)msg.status;
}

/* A peer with a direct connection to nobody but its relay may not reserve or
 * connect over the circuit. */
static void test_T34_nothing_is_relayed_over_what_is_relayed(void **state)
{
    static const char reserve_bytes[] = {2, 8, 0};
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config relay = P2P_HOST_CONFIG_INIT;
    struct world w;

    (void)state;
    relay.relay = &defaults;
    start(&w, NULL);
    simhost_end(&w.h[TARGET]);
    simhost_make(&w.h[TARGET], &w.sim, TARGET, &relay);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(ask(&w, DIALER, TARGET, P2P__RELAY_HOP_PROTOCOL,
                         p2p__slice_of(reserve_bytes, sizeof reserve_bytes)),
                     P2P__RELAY_PERMISSION_DENIED);
    assert_int_equal(reservations(&w, TARGET), 0);
    stop(&w);
}

static void test_circuits_over_circuits_are_no_addresses(void **state)
{
    char buf[2 * P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];
    struct world w;
    size_t len;

    (void)state;
    start(&w, NULL);
    (void)circuit(&w.h[RELAY], &w.h[OTHER], buf);
    len = strlen(buf);
    (void)snprintf(buf + len, sizeof buf - len, "/p2p-circuit");
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, buf), P2P_EFORMAT);
    len = strlen(buf);
    (void)snprintf(buf + len, sizeof buf - len, "/p2p/%s",
                   p2p_peer_id_text(p2p_host_id(w.h[TARGET].host), id));
    assert_int_equal(p2p_host_dial(w.h[DIALER].host, buf, NULL, NULL),
                     P2P_EFORMAT);
    assert_int_equal(
        p2p_host_dial(w.h[DIALER].host, "/p2p-circuit", NULL, NULL),
        P2P_EFORMAT);
    assert_int_equal(
        p2p_host_listen(w.h[RELAY].host, circuit(&w.h[RELAY], NULL, buf)),
        P2P_ESELF);
    assert_int_equal(p2p_host_listen(w.h[TARGET].host,
                                     circuit(&w.h[RELAY], &w.h[TARGET], buf)),
                     P2P_EFORMAT);
    stop(&w);
}

/* Circuits come from relays that we asked, and from nobody else. */
static void test_T34_a_stranger_brings_no_circuits(void **state)
{
    const struct p2p__relay_msg connect = {.type = P2P__RELAY_CONNECT};
    struct p2p__relay_msg msg = connect;
    uint8_t bytes[128];
    struct p2p__pbw wr;
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(simhost_dial(&w.h[TARGET], &w.h[OTHER]), 0);
    run(&w, P2P__SEC(1));
    msg.peer = *p2p_host_id(w.h[DIALER].host);
    p2p__pbw_init(&wr, bytes, sizeof bytes);
    p2p__relay_msg_write(&wr, P2P__RELAY_STOP, &msg);
    assert_int_equal(ask(&w, OTHER, TARGET, P2P__RELAY_STOP_PROTOCOL,
                         p2p__slice_of(bytes, wr.len)),
                     P2P__RELAY_PERMISSION_DENIED);
    stop(&w);
}

/* Who is no relay does not say that it is one. */
static void test_a_host_is_no_relay_unless_told_so(void **state)
{
    struct world w;

    (void)state;
    start(&w, NULL);
    assert_null(w.h[TARGET].host->relay);
    assert_null(p2p__handlers_find(&w.h[TARGET].host->swarm->handlers,
                                   P2P__RELAY_HOP_PROTOCOL,
                                   strlen(P2P__RELAY_HOP_PROTOCOL)));
    assert_null(p2p__handlers_find(&w.h[TARGET].host->swarm->handlers,
                                   P2P__RELAY_STOP_PROTOCOL,
                                   strlen(P2P__RELAY_STOP_PROTOCOL)));
    stop(&w);
}

/* A peer that is gone is served no more, and a relay holds nothing of it. */
static void test_a_relay_gives_all_back(void **state)
{
    struct world w;

    (void)state;
    start(&w, NULL);
    reserve(&w, RELAY);
    assert_int_equal(dial(&w, DIALER, RELAY, TARGET), 0);
    echo(&w, DIALER, TARGET, 60000);
    simhost_end(&w.h[TARGET]);
    simhost_end(&w.h[DIALER]);
    run(&w, P2P__SEC(10));
    assert_true(simhost_is_idle(&w.h[RELAY]));
    assert_int_equal(reservations(&w, RELAY), 0);
    assert_int_equal(circuits(&w, RELAY), 0);
    simhost_make(&w.h[TARGET], &w.sim, TARGET, NULL);
    simhost_make(&w.h[DIALER], &w.sim, DIALER, NULL);
    stop(&w);
}

/* Whoever goes while a circuit is being made: it is made, or fails. */
static void test_ends_of_all_kinds_at_any_moment(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 400; ms += 3) {
        char buf[P2P_MULTIADDR_TEXT_MAX];
        struct world w;

        start(&w, NULL);
        reserve(&w, RELAY);
        assert_int_equal(p2p_host_dial(w.h[DIALER].host,
                                       circuit(&w.h[RELAY], &w.h[TARGET], buf),
                                       on_dialed, &w),
                         0);
        run(&w, P2P__MS(ms));
        if (ms % 4 == 0) {
            p2p_host_disconnect(w.h[RELAY].host, p2p_host_id(w.h[DIALER].host));
        } else if (ms % 4 == 1) {
            p2p_host_disconnect(w.h[TARGET].host, p2p_host_id(w.h[RELAY].host));
        } else if (ms % 4 == 2) {
            simhost_end(&w.h[RELAY]);
        }
        run(&w, P2P__SEC(15));
        assert_true(ms % 4 == 3 ? w.dialed == 0 : w.dialed <= 0);
        if (ms % 4 == 2) {
            simhost_make(&w.h[RELAY], &w.sim, RELAY, NULL);
        }
        stop(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_meet_at_a_relay),
        cmocka_unit_test(test_a_limited_connection_wants_allowance),
        cmocka_unit_test(test_a_direct_connection_is_better),
        cmocka_unit_test(test_T34_a_relay_ends_what_has_carried_enough),
        cmocka_unit_test(test_T34_a_relay_ends_what_has_lasted_enough),
        cmocka_unit_test(test_statuses_are_told),
        cmocka_unit_test(test_many_bytes_both_ways),
        cmocka_unit_test(test_a_reservation_keeps_its_connection),
        cmocka_unit_test(test_a_relay_of_ours_is_kept),
        cmocka_unit_test(test_T34_a_relay_serves_whom_it_wants_to),
        cmocka_unit_test(test_T34_a_relay_connects_whom_it_wants_to),
        cmocka_unit_test(test_T34_guests_leave_room),
        cmocka_unit_test(test_a_host_becomes_a_relay),
        cmocka_unit_test(test_pubsub_goes_by_a_relay_if_it_may),
        cmocka_unit_test(test_a_reservation_is_refreshed),
        cmocka_unit_test(test_a_relay_is_forgotten),
        cmocka_unit_test(test_a_relay_that_dies_takes_its_address_along),
        cmocka_unit_test(test_a_relay_that_goes_dark_is_noticed),
        cmocka_unit_test(test_T34_nothing_is_relayed_over_what_is_relayed),
        cmocka_unit_test(test_circuits_over_circuits_are_no_addresses),
        cmocka_unit_test(test_T34_a_stranger_brings_no_circuits),
        cmocka_unit_test(test_a_host_is_no_relay_unless_told_so),
        cmocka_unit_test(test_a_relay_gives_all_back),
        cmocka_unit_test(test_ends_of_all_kinds_at_any_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
