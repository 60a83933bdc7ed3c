/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts that are a DHT: servers, a client, and one that is not honest. */
#include <stdio.h>

#include "flow.h"
#include "host/kad.h"
#include "p2p/dht.h"
#include "unit.h"

#define SERVERS 8

enum { FIRST, SECOND, CLIENT = SERVERS, OTHER, HOSTS };

struct world {
    struct sim sim;
    struct simhost h[HOSTS];
    int status; /* 1: not told yet */
    char value[64];
    size_t n_addrs, count, n_found;
    struct p2p_peer_id found;
    char addr[P2P_MULTIADDR_TEXT_MAX];
    p2p_ns opened, closed; /* a stream of the test's own */
};

static bool on_valid(void *user, const struct p2p_dht_record *r)
{
    (void)user;
    assert_true(r->key_len > 3);
    return r->value_len > 0 && r->value[0] != '!';
}

static bool on_better(void *user, const struct p2p_dht_record *r,
                      const struct p2p_dht_record *than)
{
    (void)user;
    return r->value[0] > than->value[0];
}

static const struct p2p_dht_validator validator = {.ns = "x",
                                                   .valid = on_valid,
                                                   .better = on_better};

static struct p2p_dht_config config(bool server, const char *prefix)
{
    struct p2p_dht_config cfg = P2P_DHT_CONFIG_INIT;

    cfg.server = server;
    cfg.prefix = prefix;
    cfg.validators = &validator;
    cfg.n_validators = 1;
    return cfg;
}

static void run(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

/* Servers and a client that begin with the first one; one of another DHT. */
static void start(struct world *w)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(1), .latency_max = P2P__MS(20)};
    const struct p2p_dht_config server = config(true, "/x");
    const struct p2p_dht_config client = config(false, "/x");
    const struct p2p_dht_config other = config(true, "/other");
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    *w = (struct world){.status = 1};
    sim_init(&w->sim, &cfg, HOSTS);
    for (size_t i = 0; i < HOSTS; i++) {
        sim_watch_ifaces(&w->sim, i);
        hc.dht = i < SERVERS ? &server : i == CLIENT ? &client : &other;
        simhost_start(&w->h[i], &w->sim, i, &hc);
        if (i > 0) {
            assert_int_equal(
                p2p_dht_bootstrap(w->h[i].host, simhost_addr(&w->h[0], buf)),
                0);
        }
    }
    run(w, P2P__SEC(20));
}

static void stop(struct world *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

static uint32_t peers(const struct world *w, size_t who)
{
    struct p2p_dht_stats stats;

    p2p_dht_stats(w->h[who].host, &stats, sizeof stats);
    return stats.peers;
}

static void on_done(void *user, const struct p2p_dht_result *r)
{
    struct world *w = user;

    assert_int_equal(w->status, 1);
    w->status = r->status;
    w->n_addrs = r->n_addrs;
    w->count = r->count;
    (void)snprintf(w->value, sizeof w->value, "%.*s", (int)r->value_len,
                   (const char *)r->value);
    if (r->n_addrs > 0) {
        (void)p2p_multiaddr_text(&r->addrs[0], w->addr);
    }
}

static void on_provider(void *user, const struct p2p_peer_id *peer,
                        const struct p2p_multiaddr *addrs, size_t n_addrs)
{
    struct world *w = user;

    w->n_found++;
    w->found = *peer;
    w->n_addrs = n_addrs;
    if (n_addrs > 0) {
        (void)p2p_multiaddr_text(&addrs[0], w->addr);
    }
}

static struct p2p_dht_want want_of(struct world *w, const char *key,
                                   const char *value)
{
    struct p2p_dht_want want = P2P_DHT_WANT_INIT;

    want.key = key;
    want.key_len = strlen(key);
    want.value = value;
    want.value_len = value != NULL ? strlen(value) : 0;
    want.done = on_done;
    want.provider = on_provider;
    want.user = w;
    w->status = 1;
    w->n_found = 0;
    return want;
}

typedef int (*verb)(struct p2p_host *host, const struct p2p_dht_want *want,
                    struct p2p_dht_query **out);

/* Starts something and waits for its end; the status. */
static int ask(struct world *w, size_t who, verb v, const char *key,
               const char *value)
{
    const struct p2p_dht_want want = want_of(w, key, value);
    int rv = v(w->h[who].host, &want, NULL);

    if (rv == 0) {
        run(w, P2P__SEC(30));
        assert_int_not_equal(w->status, 1);
        rv = w->status;
    }
    return rv;
}

static int find(struct world *w, size_t who, size_t whom)
{
    const struct p2p_dht_want want = want_of(w, "", NULL);
    int rv = p2p_dht_find_peer(w->h[who].host, p2p_host_id(w->h[whom].host),
                               &want, NULL);

    if (rv == 0) {
        run(w, P2P__SEC(30));
        rv = w->status;
    }
    return rv;
}

static void test_hosts_of_one_prefix_are_a_dht(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_true(peers(&w, i) >= 4);
        assert_true(peers(&w, i) < SERVERS); /* servers of this DHT alone */
    }
    assert_true(peers(&w, CLIENT) >= 4);
    assert_int_equal(peers(&w, OTHER), 0);
    for (size_t i = 1; i < SERVERS; i++) {
        assert_int_equal(find(&w, CLIENT, i), 0);
        assert_int_equal(w.n_addrs, 1);
        (void)snprintf(w.value, sizeof w.value, "/ip4/10.0.0.%zu/tcp/4001",
                       i + 1);
        assert_string_equal(w.addr, w.value);
    }
    assert_int_equal(find(&w, CLIENT, CLIENT), P2P_ESELF);
    assert_int_equal(find(&w, FIRST, OTHER), P2P_ENOTFOUND);
    stop(&w);
}

static void test_values_are_put_and_got(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(ask(&w, CLIENT, p2p_dht_get, "/x/a", NULL), P2P_ENOTFOUND);
    assert_int_equal(ask(&w, CLIENT, p2p_dht_put, "/x/a", "one"), 0);
    assert_int_equal(w.count, SERVERS);
    for (size_t i = 0; i < SERVERS; i++) {
        assert_int_equal(ask(&w, i, p2p_dht_get, "/x/a", NULL), 0);
        assert_string_equal(w.value, "one");
    }
    assert_int_equal(ask(&w, 3, p2p_dht_put, "/x/a", "two"), 0);
    assert_int_equal(ask(&w, 3, p2p_dht_put, "/x/a", "one"), P2P_EEXIST);
    assert_int_equal(ask(&w, 5, p2p_dht_get, "/x/a", NULL), 0);
    assert_string_equal(w.value, "two");
    assert_int_equal(ask(&w, 3, p2p_dht_put, "/x/a", "!"), P2P_EFORMAT);
    assert_int_equal(ask(&w, 3, p2p_dht_put, "/y/a", "v"), P2P_ENOTSUP);
    assert_int_equal(ask(&w, 3, p2p_dht_put, "/x/a", NULL), P2P_EINVAL);
    stop(&w);
}

static void test_who_provides_is_found(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(ask(&w, SECOND, p2p_dht_find_providers, "cid", NULL),
                     P2P_ENOTFOUND);
    assert_int_equal(ask(&w, CLIENT, p2p_dht_provide, "cid", NULL), 0);
    assert_int_equal(w.count, SERVERS);
    assert_int_equal(ask(&w, SECOND, p2p_dht_find_providers, "cid", NULL), 0);
    assert_int_equal(w.n_found, 1);
    assert_true(p2p_peer_id_equal(&w.found, p2p_host_id(w.h[CLIENT].host)));
    assert_string_equal(w.addr, "/ip4/10.0.0.9/tcp/4001");
    stop(&w);
}

static bool is_up(const struct world *w, size_t who, size_t with)
{
    const struct p2p__peer *peer = p2p__book_find(&w->h[who].host->swarm->book,
                                                  p2p_host_id(w->h[with].host));

    return peer != NULL && p2p__peer_primary(peer) != NULL;
}

/* While few are known those to begin with are dialed, and met anew. */
static void test_those_to_begin_with_are_met_again(void **state)
{
    const struct p2p_peer_id *first;
    struct world w;
    uint32_t before;

    (void)state;
    start(&w);
    first = p2p_host_id(w.h[FIRST].host);
    assert_true(is_up(&w, CLIENT, FIRST));
    p2p__kad_left(&w.h[CLIENT].host->kad->core, first);
    before = peers(&w, CLIENT);
    assert_true(before > 0);
    (void)p2p_host_disconnect(w.h[CLIENT].host, first);
    run(&w, P2P__SEC(1));
    assert_false(is_up(&w, CLIENT, FIRST));
    run(&w, P2P__SEC(60));
    assert_true(is_up(&w, CLIENT, FIRST));
    assert_int_equal(peers(&w, CLIENT), before + 1);
    assert_int_equal(simhost_conns(&w.h[CLIENT]), before + 1); /* one each */
    stop(&w);
}

static void test_who_is_gone_is_found_no_more(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(ask(&w, CLIENT, p2p_dht_put, "/x/a", "one"), 0);
    simhost_end(&w.h[SECOND]);
    simhost_end(&w.h[3]);
    assert_int_equal(ask(&w, 5, p2p_dht_get, "/x/a", NULL), 0);
    assert_string_equal(w.value, "one");
    assert_int_equal(ask(&w, 4, p2p_dht_put, "/x/b", "one"), 0);
    assert_true(w.count >= SERVERS - 3); /* not the two, nor itself */
    p2p_key_free(w.h[SECOND].key);
    p2p_key_free(w.h[3].key);
    for (size_t i = 0; i < HOSTS; i++) {
        if (i != SECOND && i != 3) {
            simhost_stop(&w.h[i]);
        }
    }
    sim_fini(&w.sim);
}

/* Its neighbours hear of it, and tell others. */
static void test_a_server_that_moved_is_found(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    run(&w, P2P__SEC(3000));
    assert_true(w.h[3].host->kad->core.refresh_at > w.sim.now + P2P__SEC(60));
    w.h[3].host->kad->n_bootstrap = 0;   /* it has nobody to begin with anew */
    for (size_t i = 0; i < HOSTS; i++) { /* nor to tell it on the way */
        (void)p2p_host_disconnect(w.h[3].host, p2p_host_id(w.h[i].host));
    }
    run(&w, P2P__SEC(1));
    sim_move(&w.sim, 3, 8);
    run(&w, P2P__SEC(10));
    assert_false(is_up(&w, CLIENT, 3));
    assert_int_equal(find(&w, CLIENT, 3), 0);
    assert_string_equal(w.addr, "/ip4/8.0.0.4/tcp/4001");
    stop(&w);
}

/* Bytes of the DHT that a host sent so far. */
static uint64_t sent(const struct world *w, size_t who)
{
    struct p2p_traffic rows[16];
    const size_t n = p2p_host_traffic(w->h[who].host, rows, 16, sizeof rows[0]);
    uint64_t sum = 0;

    for (size_t i = 0; i < p2p__min(n, 16); i++) {
        sum += strcmp(rows[i].protocol, "/x/kad/1.0.0") == 0 ? rows[i].bytes_out
                                                             : 0;
    }
    assert_true(sum > 0);
    return sum;
}

/* Who is connected is there; it is not asked whether it is. */
static void test_who_is_connected_is_not_asked_whether_it_is_there(void **state)
{
    struct world w;
    uint32_t before;
    uint64_t bytes;

    (void)state;
    start(&w);
    before = peers(&w, CLIENT);
    bytes = sent(&w, CLIENT);
    w.h[CLIENT].host->kad->core.refresh_at = P2P_NEVER; /* nothing but that */
    run(&w, P2P__SEC(7200));
    assert_true(sent(&w, CLIENT) == bytes);
    assert_int_equal(peers(&w, CLIENT), before);
    (void)p2p_host_disconnect(w.h[CLIENT].host, p2p_host_id(w.h[3].host));
    run(&w, P2P__SEC(7200));
    assert_true(sent(&w, CLIENT) > bytes);
    assert_int_equal(peers(&w, CLIENT), before);
    stop(&w);
}

static void test_a_query_can_be_cancelled(void **state)
{
    struct p2p_dht_query *query;
    struct p2p_dht_want want;
    struct world w;

    (void)state;
    start(&w);
    want = want_of(&w, "/x/a", NULL);
    assert_int_equal(p2p_dht_get(w.h[CLIENT].host, &want, &query), 0);
    run(&w, P2P__MS(10));
    p2p_dht_cancel(query);
    run(&w, P2P__SEC(30));
    assert_int_equal(w.status, 1);
    /* One that runs when the host ends is told. */
    assert_int_equal(p2p_dht_get(w.h[CLIENT].host, &want, &query), 0);
    run(&w, P2P__MS(10));
    stop(&w);
    assert_int_equal(w.status, P2P_ECLOSED);
}

static void test_what_is_wrong_is_said(void **state)
{
    struct p2p_dht_config cfg = config(true, "x");
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct p2p_dht_validator twice[2] = {validator, validator};
    struct p2p_host *host;
    struct p2p_dht_want want;
    char buf[P2P_MULTIADDR_TEXT_MAX];
    struct world w;

    (void)state;
    start(&w);
    hc.key = w.h[FIRST].key;
    hc.dht = &cfg;
    assert_int_equal(p2p__host_new(&w.sim.hosts[0].world, &hc, &host),
                     P2P_EINVAL); /* the prefix */
    cfg.prefix = "/x/";
    assert_int_equal(p2p__host_new(&w.sim.hosts[0].world, &hc, &host),
                     P2P_EINVAL);
    cfg.prefix = NULL;
    cfg.validators = twice;
    cfg.n_validators = 2;
    assert_int_equal(p2p__host_new(&w.sim.hosts[0].world, &hc, &host),
                     P2P_EINVAL);
    hc.dht = NULL;
    assert_int_equal(p2p__host_new(&w.sim.hosts[0].world, &hc, &host), 0);
    want = want_of(&w, "/x/a", NULL);
    assert_int_equal(p2p_dht_get(host, &want, NULL), P2P_ESTATE);
    assert_int_equal(p2p_dht_bootstrap(host, simhost_addr(&w.h[0], buf)),
                     P2P_ESTATE);
    p2p_host_free(host);
    assert_int_equal(p2p_dht_bootstrap(w.h[0].host, "/ip4/10.0.0.1/tcp/1"),
                     P2P_EFORMAT);
    want.done = NULL;
    assert_int_equal(p2p_dht_get(w.h[0].host, &want, NULL), P2P_EINVAL);
    stop(&w);
}

/* Asks again whenever it is told. */
struct again {
    struct world *w;
    struct p2p_dht_want want;
    unsigned ends, most;
};

static void on_again(void *user, const struct p2p_dht_result *r)
{
    struct again *a = user;

    if (r->status != P2P_ECLOSED && ++a->ends < a->most) {
        assert_int_equal(p2p_dht_get(a->w->h[OTHER].host, &a->want, NULL), 0);
    }
}

static void test_queries_that_begin_in_done_leave_time_to_others(void **state)
{
    struct again a = {.most = 10 * P2P__KAD_QUERIES};
    struct world w;

    (void)state;
    start(&w);
    a.w = &w;
    a.want = want_of(&w, "/x/a", NULL);
    a.want.done = on_again;
    a.want.user = &a;
    assert_int_equal(peers(&w, OTHER), 0); /* queries end at once */
    assert_int_equal(p2p_dht_get(w.h[OTHER].host, &a.want, NULL), 0);
    /* Jobs of the host come between them. */
    assert_true(p2p__turn(&w.sim.hosts[OTHER].q, w.sim.now, 1) == 0);
    assert_int_equal(a.ends, P2P__KAD_QUERIES);
    run(&w, 1);
    assert_int_equal(a.ends, a.most);
    stop(&w);
}

/* What is for our own sake is nobody's failure: dials wait after others. */
static void test_our_own_limits_are_no_failures(void **state)
{
    const struct p2p_peer_id *first;
    const struct p2p__kad_entry *e;
    struct p2p_dht_want want;
    struct p2p__peer *peer;
    struct world w;

    (void)state;
    start(&w);
    first = p2p_host_id(w.h[FIRST].host);
    (void)p2p_host_disconnect(w.h[CLIENT].host, first);
    run(&w, P2P__SEC(1));
    assert_false(is_up(&w, CLIENT, FIRST));
    peer = p2p__book_find(&w.h[CLIENT].host->swarm->book, first);
    peer->backoff_until = w.sim.now + P2P__SEC(20);
    want = want_of(&w, "/x/a", NULL);
    assert_int_equal(p2p_dht_get(w.h[CLIENT].host, &want, NULL), 0);
    run(&w, P2P__SEC(5));
    assert_int_equal(w.status, P2P_ENOTFOUND);
    assert_false(is_up(&w, CLIENT, FIRST)); /* it was not asked */
    e = p2p__kad_table_find(&w.h[CLIENT].host->kad->core.table, first);
    assert_non_null(e);
    assert_int_equal(e->failures, 0);
    stop(&w);
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    struct world *w = user;

    (void)s;
    (void)status;
    w->closed = w->sim.now;
}

/* Announces an answer of more than 256 KiB. */
static void on_flood(void *user, struct p2p_stream *s)
{
    static const struct p2p_stream_events events = {.closed = on_closed};
    struct world *w = user;

    w->opened = w->sim.now;
    p2p_stream_listen(s, &events, w);
    (void)p2p_stream_send(s, "\x81\x80\x10", 3);
}

static void test_T32_answers_have_a_cap(void **state)
{
    struct world w;
    uint64_t held;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_ANSWER_BYTES, 256 * 1024);
    start(&w);
    assert_int_equal(
        p2p_host_handle(w.h[SECOND].host, "/x/kad/1.0.0", on_flood, &w), 0);
    assert_int_equal(ask(&w, 5, p2p_dht_put, "/x/a", "one"), 0);
    assert_int_equal(w.count, SERVERS - 2); /* neither it nor ourselves */
    held = w.h[5].host->swarm->quota.used[P2P__Q_MEMORY];
    assert_true(held < 64 * 1024);
    assert_true(w.opened > 0 && w.closed > 0);
    assert_true(w.closed - w.opened < P2P__SEC(2)); /* not waited for */
    stop(&w);
}

/* Whether a server still listens to a stream on which these three bytes were
 * said so often. */
static bool is_heard(struct world *w, const char *bytes, int times)
{
    static const char *const names[] = {"/x/kad/1.0.0"};
    static const struct p2p_stream_events events = {.closed = on_closed};
    struct p2p_stream *s;

    w->closed = 0;
    assert_int_equal(
        p2p_stream_open(w->h[CLIENT].host, p2p_host_id(w->h[FIRST].host), names,
                        1, &events, w, &s),
        0);
    run(w, P2P__SEC(1));
    for (int i = 0; i < times && w->closed == 0; i++) {
        assert_int_equal(p2p_stream_send(s, bytes, 3), 0);
        run(w, P2P__MS(200));
    }
    if (w->closed == 0) {
        p2p_stream_reset(s);
        run(w, P2P__SEC(1));
        return true;
    }
    return false;
}

static void test_T32_a_host_s_requests_have_caps(void **state)
{
    static const char ping[] = "\x02\x08\x05";
    struct world w;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_REQUEST_BYTES, 16384);
    assert_int_equal(P2P__CAP_KAD_REQUESTS, 4096);
    start(&w);
    assert_true(is_heard(&w, "\x80\x80\x01", 1));
    assert_false(is_heard(&w, "\x81\x80\x01", 1));
    assert_true(is_heard(&w, ping, 4096));
    assert_false(is_heard(&w, ping, 4097));
    stop(&w);
}

/* Three addresses at which nobody is. */
static void lie_of(struct p2p__kad_addrs *out)
{
    struct p2p_multiaddr ma;
    char text[64];

    *out = (struct p2p__kad_addrs){0};
    for (int i = 1; i <= 3; i++) {
        const int len = snprintf(text, sizeof text, "/ip4/10.0.0.99/tcp/%d", i);

        assert_int_equal(p2p_multiaddr_from_text(text, (size_t)len, &ma), 0);
        (void)p2p__kad_addrs_add(out, &ma);
    }
}

/* Who is said first to be where nobody is is found where others say. */
static void test_T32_the_truth_is_dialed_after_a_lie(void **state)
{
    struct world w;
    const struct p2p_peer_id *second;
    const struct p2p__kad_entry *e;
    struct p2p__kad_peer lie;
    struct p2p__peer *peer;

    (void)state;
    start(&w);
    second = p2p_host_id(w.h[SECOND].host);
    e = p2p__kad_table_find(&w.h[FIRST].host->kad->core.table, second);
    assert_non_null(e);
    lie = e->peer;
    lie_of(&lie.addrs);
    p2p__kad_met(&w.h[FIRST].host->kad->core, &lie, w.sim.now);
    /* The client knows the first one alone, and nothing of the second. */
    for (size_t i = SECOND; i < SERVERS; i++) {
        p2p__kad_left(&w.h[CLIENT].host->kad->core, p2p_host_id(w.h[i].host));
    }
    (void)p2p_host_disconnect(w.h[CLIENT].host, second);
    run(&w, P2P__SEC(1));
    peer = p2p__book_find(&w.h[CLIENT].host->swarm->book, second);
    if (peer != NULL) {
        p2p__peer_prune(peer, P2P_NEVER);
    }
    assert_false(is_up(&w, CLIENT, SECOND));
    assert_int_equal(find(&w, CLIENT, SECOND), 0);
    assert_true(is_up(&w, CLIENT, SECOND));
    stop(&w);
}

/* What the DHT says of a peer's addresses is hearsay to the whole host. */
static void test_T32_addresses_are_hearsay(void **state)
{
    struct p2p__kad_peer lie = {.at = {.family = 4, .ip = {10, 0, 0, 99}}};
    const struct p2p__peer_addr *a;
    struct p2p_dht_want want;
    const struct p2p__peer *peer;
    struct world w;

    (void)state;
    start(&w);
    lie.id = *p2p_host_id(w.h[FIRST].host);
    lie.id.bytes[lie.id.len - 1] ^= 1;
    lie_of(&lie.addrs);
    p2p__kad_met(&w.h[FIRST].host->kad->core, &lie, w.sim.now);
    want = want_of(&w, "", NULL);
    assert_int_equal(p2p_dht_find_peer(w.h[CLIENT].host, &lie.id, &want, NULL),
                     0);
    run(&w, P2P__SEC(30));
    peer = p2p__book_find(&w.h[CLIENT].host->swarm->book, &lie.id);
    assert_non_null(peer);
    assert_int_equal(peer->n_addrs, 3);
    P2P__LIST_EACH (it, &peer->addrs) {
        a = P2P__CONTAINER(it, struct p2p__peer_addr, link);
        assert_int_equal(a->source, P2P__ADDR_HEARSAY);
    }
    a = P2P__CONTAINER(peer->addrs.next, struct p2p__peer_addr, link);
    assert_int_equal(a->bytes[a->len - 1], 1); /* the first one said */
    stop(&w);
}

static bool allow_one(void *user, const struct p2p_peer_id *peer)
{
    return p2p_peer_id_equal(user, peer);
}

/* Whom it met before it asks anew; who has no part in it is not noted, nor
 * served. */
static void test_a_host_joins_after_its_start(void **state)
{
    struct p2p_dht_config cfg = config(true, "/x"), odd = {.size = 1};
    struct p2p_dht_want want;
    struct p2p_peer_id one;
    struct world w;

    (void)state;
    start(&w);
    simhost_end(&w.h[OTHER]);
    simhost_start(&w.h[OTHER], &w.sim, OTHER, NULL);
    assert_int_equal(simhost_dial(&w.h[OTHER], &w.h[FIRST]), 0);
    assert_int_equal(simhost_dial(&w.h[OTHER], &w.h[SECOND]), 0);
    run(&w, P2P__SEC(5));
    assert_int_equal(p2p_dht_join(w.h[OTHER].host, NULL), P2P_EINVAL);
    assert_int_equal(p2p_dht_join(w.h[OTHER].host, &odd), P2P_EINVAL);
    one = *p2p_host_id(w.h[FIRST].host);
    cfg.allow = allow_one;
    cfg.user = &one;
    assert_int_equal(p2p_dht_join(w.h[OTHER].host, &cfg), 0);
    assert_int_equal(p2p_dht_join(w.h[OTHER].host, &cfg), P2P_ESTATE);
    run(&w, P2P__SEC(5));
    assert_int_equal(peers(&w, OTHER), 1);
    want = want_of(&w, "", NULL);
    assert_int_equal(
        p2p_dht_find_peer(w.h[CLIENT].host, p2p_host_id(w.h[OTHER].host), &want,
                          NULL),
        0);
    run(&w, P2P__SEC(30));
    assert_int_equal(w.status, 0); /* the first one knows it */
    assert_true(w.n_addrs > 0);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_of_one_prefix_are_a_dht),
        cmocka_unit_test(test_values_are_put_and_got),
        cmocka_unit_test(test_who_provides_is_found),
        cmocka_unit_test(test_those_to_begin_with_are_met_again),
        cmocka_unit_test(test_who_is_gone_is_found_no_more),
        cmocka_unit_test(test_a_server_that_moved_is_found),
        cmocka_unit_test(
            test_who_is_connected_is_not_asked_whether_it_is_there),
        cmocka_unit_test(test_a_query_can_be_cancelled),
        cmocka_unit_test(test_queries_that_begin_in_done_leave_time_to_others),
        cmocka_unit_test(test_our_own_limits_are_no_failures),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_T32_answers_have_a_cap),
        cmocka_unit_test(test_T32_a_host_s_requests_have_caps),
        cmocka_unit_test(test_T32_the_truth_is_dialed_after_a_lie),
        cmocka_unit_test(test_T32_addresses_are_hearsay),
        cmocka_unit_test(test_a_host_joins_after_its_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
