/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host's QUIC and datagrams from anybody: those of clients that begin, with
 * tokens of ours or of nobody, of other versions, of connections that there
 * are, were, or never were; and answers to what it dials. Packets are plain
 * (quic_plain.c). Whatever comes, nobody hears more than three times what came
 * from there; connections that are left end by themselves, and then nothing is
 * held.
 */
#include <stdlib.h>

#include "mux/quic/endpoint.h"
#include "mux/quic/priv.h"
#include "test_env.h"

#define CONNS     6U
#define ADDRS     4U
#define DATAGRAM  1500U
#define FIRST_LEN 1200U

/* Some hundred datagrams. */
#define INPUT_MAX 400

/* How much more than three times what came a connection may say when it is
 * over: its last word, the first, second, fourth, … time it is asked. */
#define LAST_WORDS (16U * P2P__QUIC_LAST_WORD_BYTES)

struct conn {
    struct p2p__pipe *pipe; /* NULL: none */
    void *sess;             /* NULL until attached */
    struct p2p__job job;
    struct p2p__quota quota;
};

struct play {
    const uint8_t *in;
    size_t left;
    p2p_ns now;
    struct p2p__runq q;
    struct p2p__net net;
    struct p2p__udp udp;
    struct test_env env;
    struct p2p__quota quota;
    struct p2p__quic_host *host;
    struct p2p__listener *listener;
    struct conn conns[CONNS];
    uint64_t heard[ADDRS]; /* bytes from an address, and what it may get */
    uint64_t said[ADDRS];
    uint64_t over[ADDRS]; /* that it may get beyond three times that */
    bool shut;            /* nobody is let in */
    bool full;            /* the socket takes nothing */
    size_t last_len;      /* what was sent last */
    uint8_t last[DATAGRAM];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t take(struct play *w)
{
    if (w->left == 0) {
        return 0;
    }
    w->left--;
    return *w->in++;
}

/* Copies at most `len` bytes of the input; how many. */
static size_t take_some(struct play *w, uint8_t *to, size_t len)
{
    const size_t n = p2p__min(len, w->left);

    memcpy(to, w->in, n);
    w->in += n;
    w->left -= n;
    return n;
}

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

static void run_conn(struct p2p__job *job, p2p_ns now);

/* The network. */

static struct p2p__addr address(unsigned i)
{
    return (struct p2p__addr){
        .family = 4, .ip = {10, 0, 0, (uint8_t)(i % ADDRS)}, .port = 4001};
}

static size_t send_run(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                       const struct p2p__udp_run *run)
{
    struct play *w = P2P__CONTAINER(udp, struct play, udp);
    const unsigned to = run->peer.ip[3] % ADDRS;

    need(len > 0 && run->segment > 0 && run->segment <= DATAGRAM);
    if (w->full) {
        return 0;
    }
    w->last_len = p2p__min(len, run->segment);
    memcpy(w->last, buf, w->last_len);
    w->said[to] += len;
    need(w->said[to] <= 3 * w->heard[to] + w->over[to]);
    return len;
}

static void udp_close(struct p2p__udp *udp)
{
    udp->cb = NULL;
}

static struct p2p__udp *net_udp(struct p2p__net *net,
                                const struct p2p__addr *at, bool shared,
                                const struct p2p__udp_cb *cb, void *user,
                                int *err)
{
    struct play *w = P2P__CONTAINER(net, struct play, net);

    (void)shared;
    (void)err;
    need(w->udp.cb == NULL);
    w->udp = (struct p2p__udp){.cb = cb,
                               .user = user,
                               .addr = *at,
                               .send_run = send_run,
                               .close = udp_close};
    return &w->udp;
}

static void arrive(struct play *w, unsigned from, const uint8_t *bytes,
                   size_t len)
{
    const struct p2p__udp_run run = {
        .peer = address(from), .segment = len, .ecn = (uint8_t)(len & 3)};
    uint8_t *copy = malloc(len + 1);

    need(copy != NULL);
    memcpy(copy, bytes, len);
    w->heard[from % ADDRS] += len;
    if (len > 0) {
        w->udp.cb->run(w->udp.user, p2p__slice_of(copy, len), &run, w->now);
    }
    free(copy);
}

/* The stack: connections without streams. */

static struct conn *conn_new(struct play *w)
{
    for (size_t i = 0; i < CONNS; i++) {
        struct conn *c = &w->conns[i];

        if (c->pipe == NULL) {
            p2p__quota_init(&c->quota, &w->quota, "conn");
            p2p__job_init(&c->job, &w->q, run_conn);
            return c;
        }
    }
    return NULL;
}

static void conn_end(struct conn *c)
{
    c->pipe->ops->close(c->pipe);
    if (c->sess != NULL) {
        p2p__quic_ops.fini(c->sess);
    }
    p2p__job_fini(&c->job);
    p2p__quota_fini(&c->quota);
    *c = (struct conn){0};
}

static void conn_attach(struct play *w, struct conn *c, bool dialer)
{
    const struct p2p__sess_cfg cfg = {.dialer = dialer,
                                      .quota = &c->quota,
                                      .env = &w->env.env,
                                      .owner = &c->job};

    if (p2p__qpipe_attach(c->pipe, &cfg, &c->sess, w->now) != 0) {
        c->sess = NULL;
        conn_end(c);
    }
}

static void on_connected(void *user, int status, p2p_ns now)
{
    struct conn *c = user;

    (void)now;
    need(status == 0);
    conn_attach(P2P__CONTAINER(c->job.q, struct play, q), c, true);
}

static void pull_events(struct conn *c)
{
    struct p2p__sec_ev sec;
    struct p2p__sess_ev ev;

    (void)p2p__quic_security.next(c->sess, &sec);
    while (p2p__quic_ops.next(c->sess, &ev)) {
        if (ev.type == P2P__SESS_DATA) {
            p2p__quic_ops.consume(c->sess, ev.stream, ev.data.len);
        } else if (ev.type == P2P__SESS_OPENED) {
            p2p__quic_ops.finish(c->sess, ev.stream);
        }
    }
}

static void on_data(void *user, struct p2p__slice in, p2p_ns now)
{
    struct conn *c = user;
    int rv = p2p__quic_ops.rx(c->sess, &in, now);

    if (rv < 0) {
        conn_end(c);
        return;
    }
    need(in.len == 0);
    pull_events(c);
}

static void on_writable(void *user, p2p_ns now)
{
    struct conn *c = user;

    (void)now;
    p2p__mark(&c->job);
}

static void on_ended(void *user, int status, p2p_ns now)
{
    (void)status;
    (void)now;
    conn_end(user);
}

static const struct p2p__pipe_cb pipe_cb = {.connected = on_connected,
                                            .data = on_data,
                                            .writable = on_writable,
                                            .ended = on_ended};

static void run_conn(struct p2p__job *job, p2p_ns now)
{
    struct conn *c = P2P__CONTAINER(job, struct conn, job);
    static uint8_t bytes[65536];
    struct p2p__outbuf out = {.p = bytes, .cap = sizeof bytes};
    int rv;

    if (c->sess == NULL || c->pipe->ops->unsent(c->pipe) > 0) {
        return;
    }
    pull_events(c);
    rv = p2p__quic_ops.tx(c->sess, &out, now);
    if (out.len > 0) {
        (void)c->pipe->ops->write(c->pipe, bytes, out.len);
        p2p__mark(&c->job);
    }
    if (rv < 0) {
        conn_end(c);
    }
}

static void on_accepted(void *user, struct p2p__pipe *pipe, p2p_ns now)
{
    struct play *w = user;
    struct conn *c = w->shut ? NULL : conn_new(w);
    struct p2p__addr from;

    (void)now;
    pipe->ops->remote(pipe, &from);
    w->over[from.ip[3] % ADDRS] += LAST_WORDS;
    if (c == NULL) {
        pipe->ops->close(pipe);
        return;
    }
    c->pipe = pipe;
    pipe->cb = &pipe_cb;
    pipe->user = c;
    conn_attach(w, c, false);
}

static const struct p2p__listener_cb listener_cb = {.accepted = on_accepted};

static void dial(struct play *w, unsigned to)
{
    const struct p2p__addr at = address(to);
    struct conn *c = conn_new(w);
    int err;

    if (c != NULL) {
        w->over[to % ADDRS] += 1U << 20; /* we began */
        c->pipe = p2p__quic_transport.own->dial(w->host, &at, NULL, &pipe_cb, c,
                                                &err);
        need(c->pipe != NULL);
    }
}

/* What is due, and lets time pass until `at`. */
static void pass(struct play *w, p2p_ns at)
{
    for (;;) {
        p2p_ns next = p2p__turn(&w->q, w->now, 64);

        for (size_t i = 0; i < CONNS; i++) {
            struct conn *c = &w->conns[i];

            if (c->sess != NULL && p2p__quic_ops.deadline(c->sess) <= w->now &&
                p2p__quic_ops.expire(c->sess, w->now) != 0) {
                conn_end(c);
            }
            if (c->sess != NULL) {
                next = p2p__ns_min(next, p2p__quic_ops.deadline(c->sess));
            }
        }
        if (!p2p__list_empty(&w->q.jobs)) {
            continue;
        }
        if (next > at) {
            break;
        }
        w->now = next > w->now ? next : w->now;
    }
    w->now = at;
}

/* A client's first datagram, as a client of ours writes it. */
static const uint8_t *first_of_a_client(void)
{
    static uint8_t first[4 * FIRST_LEN];
    static struct play *maker;
    struct p2p__outbuf out = {.p = first, .cap = sizeof first};
    struct p2p__quic_shared shared;
    const struct p2p__quic_path path = {address(0), address(1)};
    struct p2p__quic_cfg cfg = {.shared = &shared, .path = path};
    void *id, *sess;

    if (maker != NULL) {
        return first;
    }
    maker = calloc(1, sizeof *maker);
    need(maker != NULL);
    test_env_init(&maker->env, 9);
    p2p__quota_init(&maker->quota, NULL, "client");
    need(p2p__quic_security.id_new(NULL, NULL, NULL, &id) == 0);
    p2p__quic_shared_init(&shared, &maker->env.env, id);
    cfg.sess = (struct p2p__sess_cfg){
        .dialer = true, .quota = &maker->quota, .env = &maker->env.env};
    need(p2p__quic_new(&cfg, &sess, 1) == 0);
    need(p2p__quic_ops.tx(sess, &out, 1) == 0 && out.len == FIRST_LEN);
    p2p__quic_ops.fini(sess);
    p2p__quic_shared_fini(&shared);
    p2p__quic_security.id_free(id);
    p2p__quota_fini(&maker->quota);
    return first;
}

/* Puts the token and the id of the retry that was sent last into a first
 * datagram; how many bytes it gets longer. */
static size_t put_token(const struct play *w, uint8_t *d)
{
    const size_t id = 1 + 4 + 1, ids = id + 8 + 1 + P2P__QUIC_ID_BYTES;
    const size_t token = p2p__min(w->last_len - ids - 16, 200);

    memcpy(d + id, w->last + id + 8 + 1, 8);
    memmove(d + ids + 2 + token, d + ids + 1, FIRST_LEN - ids - 1);
    d[ids] = 0x40;
    d[ids + 1] = (uint8_t)token;
    memcpy(d + ids + 2, w->last + ids, token);
    return token + 1;
}

/* One that begins a connection: with an id of its own, and with the token and
 * the id of our retry, if that was sent last. Some of it is changed. */
static void begin(struct play *w, unsigned from)
{
    const uint8_t what = take(w);
    uint8_t d[DATAGRAM];
    size_t len = FIRST_LEN;

    memcpy(d, first_of_a_client(), FIRST_LEN);
    d[1 + 4 + 1 + 7] = take(w);
    if (what & 1 && w->last_len > 60 && (w->last[0] & 0xf0) == 0xf0) {
        len += put_token(w, d);
    }
    if (what & 2) {
        d[take(w)] ^= take(w);
        d[take(w)] = take(w);
    }
    if (what & 4) {
        len -= take(w);
    }
    arrive(w, from, d, len);
}

/* A short packet, for a connection that there is or for none. */
static void send_short(struct play *w, unsigned from)
{
    const struct conn *c = &w->conns[take(w) % CONNS];
    const struct p2p__quic *q = c->sess;
    struct p2p__list *link = q == NULL ? NULL : p2p__list_first(&q->routes);
    uint8_t d[DATAGRAM] = {0x41};

    if (link != NULL) {
        memcpy(d + 1,
               P2P__CONTAINER(link, struct p2p__quic_route, link)->id.bytes,
               P2P__QUIC_ID_BYTES);
    }
    arrive(w, from, d,
           1 + P2P__QUIC_ID_BYTES +
               take_some(w, d + 1 + P2P__QUIC_ID_BYTES, take(w)));
}

/* A long one of any kind and version for a connection that there is. */
static void send_long(struct play *w, unsigned from)
{
    const struct conn *c = &w->conns[take(w) % CONNS];
    const struct p2p__quic *q = c->sess;
    struct p2p__list *link = q == NULL ? NULL : p2p__list_first(&q->routes);
    uint8_t d[DATAGRAM] = {0xc0 | take(w),    0, 0, 0, take(w),
                           P2P__QUIC_ID_BYTES};
    size_t at = 6 + P2P__QUIC_ID_BYTES;

    if (link != NULL) {
        memcpy(d + 6,
               P2P__CONTAINER(link, struct p2p__quic_route, link)->id.bytes,
               P2P__QUIC_ID_BYTES);
    }
    at += take_some(w, d + at, take(w) * 2U);
    arrive(w, from, d, take(w) & 1 ? p2p__max(at, FIRST_LEN) : at);
}

static void send_raw(struct play *w, unsigned from)
{
    uint8_t d[DATAGRAM] = {0};
    const size_t len = take_some(w, d, take(w));

    arrive(w, from, d, take(w) & 1 ? FIRST_LEN : len);
}

static void do_one(struct play *w)
{
    const uint8_t what = take(w);
    const unsigned from = what >> 4;
    struct conn *c = &w->conns[from % CONNS];

    switch (what & 15) {
        case 0:
            pass(w, w->now + P2P__MS(1) * take(w) * take(w));
            break;
        case 1:
            w->shut = !w->shut;
            break;
        case 2:
            w->full = !w->full;
            if (!w->full) {
                w->udp.cb->writable(w->udp.user, w->now);
            }
            break;
        case 3:
            if (c->pipe != NULL) {
                conn_end(c);
            }
            break;
        case 4:
            dial(w, from);
            break;
        case 5: /* as if many were shaking hands */
            w->host->n_shaking ^= 1U << 20;
            break;
        case 6:
        case 7:
            send_raw(w, from);
            break;
        case 8:
        case 9:
            send_short(w, from);
            break;
        case 10:
        case 11:
            send_long(w, from);
            break;
        default:
            begin(w, from);
    }
    pass(w, w->now);
}

static void start(struct play *w)
{
    const struct p2p__addr any = {.family = 4, .port = 4001};
    struct p2p__transport_cfg cfg = {.self = &p2p__quic_transport,
                                     .q = &w->q,
                                     .env = &w->env.env,
                                     .net = &w->net,
                                     .quota = &w->quota};
    void *host;
    int err;

    w->now = P2P__SEC(100);
    test_env_init(&w->env, 1);
    p2p__runq_init(&w->q, NULL);
    w->q.now = w->now;
    w->net.udp = net_udp;
    p2p__quota_init(&w->quota, NULL, "host");
    need(p2p__quic_host_new(&cfg, &host) == 0);
    w->host = host;
    w->listener =
        p2p__quic_transport.own->listen(w->host, &any, &listener_cb, w, &err);
    need(w->listener != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play *w = calloc(1, sizeof *w);

    need(w != NULL);
    w->in = data;
    w->left = p2p__min(size, INPUT_MAX);
    start(w);
    while (w->left > 0) {
        do_one(w);
    }
    w->full = false;
    w->host->n_shaking &= (1U << 20) - 1;
    pass(w, w->now + 3 * P2P__QUIC_IDLE_NS);
    for (size_t i = 0; i < CONNS; i++) {
        need(w->conns[i].pipe == NULL);
    }
    pass(w, w->now + P2P__SEC(30));
    need(w->host->n_lingering == 0 && w->host->n_shaking == 0);
    need(w->host->shared.routes.count == 0);
    need(w->quota.used[P2P__Q_MEMORY] == 0);
    w->listener->close(w->listener);
    p2p__quic_host_free(w->host);
    p2p__quota_fini(&w->quota);
    free(w);
    return 0;
}
