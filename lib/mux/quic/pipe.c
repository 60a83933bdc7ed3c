/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A connection of QUIC as a pipe: see endpoint.h. */
#include "base/mem.h"
#include "mux/quic/endpoint.h"
#include "mux/quic/priv.h"

/* Who is asked again and again answers the first, second, fourth, … time. */
static bool is_power_of_two(uint32_t n)
{
    return (n & (n - 1)) == 0;
}

static struct p2p__qpipe *of_pipe(const struct p2p__pipe *pipe)
{
    union {
        const struct p2p__pipe *c;
        struct p2p__pipe *m;
    } u = {.c = pipe};

    return P2P__CONTAINER(u.m, struct p2p__qpipe, pipe);
}

/* Sends one run; how much of it is dealt with. */
static size_t send_run(struct p2p__qpipe *p, const uint8_t *buf,
                       const struct p2p__quic_run *run)
{
    struct p2p__udp *udp = p->socket->udp;
    const struct p2p__udp_run to = {.peer = run->path.remote,
                                    .local = run->path.local,
                                    .segment = run->segment,
                                    .ecn = run->ecn};

    return udp->send_run(udp, buf, run->len, &to);
}

/* Keeps what the socket had no room for; without memory it is lost. */
static void keep(struct p2p__qpipe *p, const uint8_t *buf, size_t len,
                 const struct p2p__quic_run *runs, size_t n_runs)
{
    assert(p->kept == NULL && n_runs <= P2P__QUIC_RUNS);
    if (p2p__quota_take(p->socket->host->cfg.quota, P2P__Q_MEMORY, len) != 0) {
        return;
    }
    p->kept = p2p__memdup(buf, len);
    if (p->kept == NULL) {
        p2p__quota_give(p->socket->host->cfg.quota, P2P__Q_MEMORY, len);
        return;
    }
    p->kept_len = len;
    memcpy(p->kept_runs, runs, n_runs * sizeof *runs);
    p->n_kept_runs = n_runs;
}

static void drop_kept(struct p2p__qpipe *p)
{
    if (p->kept != NULL) {
        p2p__quota_give(p->socket->host->cfg.quota, P2P__Q_MEMORY, p->kept_len);
        p2p__free(p->kept);
        p->kept = NULL;
        p->kept_len = 0;
    }
}

/* Sends runs until the socket is full; what is left is kept. Whether all were
 * sent. */
static bool send_runs(struct p2p__qpipe *p, const uint8_t *buf, size_t len,
                      const struct p2p__quic_run *runs, size_t count)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        size_t n = send_run(p, buf + at, &runs[i]);

        at += n;
        if (n < runs[i].len) {
            struct p2p__quic_run left[P2P__QUIC_RUNS];

            memcpy(left, runs + i, (count - i) * sizeof *left);
            left[0].len -= n;
            keep(p, buf + at, len - at, left, count - i);
            return false;
        }
    }
    assert(at == len);
    return true;
}

static void wait_for_room(struct p2p__qpipe *p)
{
    if (p2p__list_empty(&p->full)) {
        p2p__list_push(&p->socket->full, &p->full);
    }
}

bool p2p__qpipe_drain(struct p2p__qpipe *p, p2p_ns now)
{
    struct p2p__quic_run runs[P2P__QUIC_RUNS];
    uint8_t *buf = p->kept;
    size_t len = p->kept_len;
    bool all = true;

    memcpy(runs, p->kept_runs, sizeof runs);
    p->kept = NULL;
    p->kept_len = 0;
    if (buf != NULL) {
        all = send_runs(p, buf, len, runs, p->n_kept_runs);
        p2p__quota_give(p->socket->host->cfg.quota, P2P__Q_MEMORY, len);
        p2p__free(buf);
    }
    if (!all) {
        wait_for_room(p);
    } else if (p->pipe.cb != NULL) {
        p->pipe.cb->writable(p->pipe.user, now);
    }
    return all;
}

static int pipe_write(struct p2p__pipe *pipe, const uint8_t *buf, size_t len)
{
    struct p2p__qpipe *p = of_pipe(pipe);
    size_t count;
    const struct p2p__quic_run *runs = p2p__quic_runs(p->sess, &count);

    assert(p->kept == NULL);
    if (send_runs(p, buf, len, runs, count)) {
        return 1;
    }
    wait_for_room(p);
    return 0;
}

static size_t pipe_unsent(const struct p2p__pipe *pipe)
{
    return of_pipe(pipe)->kept_len;
}

/* The session has its own time for that. */
static p2p_ns pipe_silence(const struct p2p__pipe *pipe)
{
    (void)pipe;
    return 0;
}

/* Datagrams that nobody reads would be lost: the windows say enough. */
static void pipe_read(struct p2p__pipe *pipe, bool on)
{
    (void)pipe;
    (void)on;
}

/* The path that it goes by now. */
static struct p2p__quic_path path_of(const struct p2p__pipe *pipe)
{
    const struct p2p__qpipe *p = of_pipe(pipe);
    struct p2p__quic_path path = p->path;

    if (p->sess != NULL) {
        p2p__quic_path_of(p->sess, &path);
    }
    return path;
}

static void pipe_local(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    *addr = path_of(pipe).local;
}

static void pipe_remote(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    *addr = path_of(pipe).remote;
}

static void on_lingered(struct p2p__timer *timer, p2p_ns now)
{
    (void)now;
    p2p__qpipe_free(P2P__CONTAINER(timer, struct p2p__qpipe, timer));
}

/* The last word, kept to be said again. */
static void say_last(struct p2p__qpipe *p, p2p_ns now)
{
    uint8_t room[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
    struct p2p__outbuf out = {.p = room, .cap = sizeof room};
    size_t count;
    const struct p2p__quic_run *runs;

    p2p__quic_close(p->sess, &out, now);
    runs = p2p__quic_runs(p->sess, &count);
    if (count == 0) {
        return;
    }
    (void)send_run(p, room, &runs[0]);
    if (out.len <= sizeof p->last) {
        memcpy(p->last, room, out.len);
        p->last_len = (uint16_t)out.len;
        p->path = runs[0].path;
    }
}

/* A client that is not wanted, or not while he may be anybody: with a proof he
 * may be somebody familiar. */
static void refuse(struct p2p__qpipe *p, bool unproven, p2p_ns now)
{
    struct p2p__quic_host *h = p->socket->host;
    uint8_t room[P2P__QUIC_REPLY_BYTES];
    const size_t len =
        unproven && p2p__bucket_take(&h->retries, now)
            ? p2p__quic_reply_retry(&h->shared, &p->first, &p->path.remote,
                                    room, now)
            : p2p__quic_reply_refuse(&p->first, P2P__QUIC_REFUSED, room);
    const struct p2p__quic_run run = {
        .len = len, .segment = len, .path = p->path};

    if (len > 0) {
        (void)send_run(p, room, &run);
    }
}

void p2p__qpipe_linger(struct p2p__qpipe *p, p2p_ns now, p2p_ns span)
{
    struct p2p__quic_host *h = p->socket->host;

    if (h->n_lingering == P2P__CAP_QUIC_LINGERING) {
        p2p__qpipe_free(P2P__CONTAINER(p2p__list_first(&h->lingering),
                                       struct p2p__qpipe, link));
    }
    p2p__list_push(&h->lingering, &p->link);
    p->lingers = true;
    h->n_lingering++;
    p2p__timer_set(&p->timer, p2p__ns_after(now, span));
}

/* The handshake is over, in whatever way. */
static void not_shaking(struct p2p__qpipe *p)
{
    if (p->shaking) {
        p->shaking = false;
        p->socket->host->n_shaking--;
        if (p->pipe.unproven) {
            p->pipe.unproven = false;
            p2p__list_remove(&p->link);
        }
    }
}

static void pipe_close(struct p2p__pipe *pipe)
{
    struct p2p__qpipe *p = of_pipe(pipe);
    struct p2p__quic_host *h = p->socket->host;
    const p2p_ns now = h->cfg.q->now;
    const bool unproven = pipe->unproven;

    if (h->current == p) {
        h->current = NULL;
    }
    not_shaking(p);
    drop_kept(p);
    p2p__list_remove(&p->full);
    p2p__list_remove(&p->link);
    p->pipe.cb = NULL;
    if (p->sess != NULL) {
        const p2p_ns span = p2p__quic_linger(p->sess);

        say_last(p, now);
        p2p__quic_routes_move(p->sess, h->cfg.quota, &p->routes);
        p->sess = NULL;
        p2p__qpipe_linger(p, now, span);
        return;
    }
    if (!p->dialer) {
        refuse(p, unproven, now);
    }
    p2p__qpipe_free(p);
}

/* Takes another socket; what the old one had no room for is lost. */
static void change_socket(struct p2p__qpipe *p, struct p2p__qsocket *to,
                          p2p_ns now)
{
    struct p2p__qsocket *from = p->socket;
    const bool waited = !p2p__list_empty(&p->full);

    if (to == from) {
        return;
    }
    drop_kept(p);
    p2p__list_remove(&p->full);
    p->socket = to;
    to->n_pipes++;
    from->n_pipes--;
    p2p__qsocket_release(from);
    if (waited) {
        p->pipe.cb->writable(p->pipe.user, now);
    }
}

/* The peer follows who dialed, and nobody else. RFC 9000, 9. */
static int pipe_move(struct p2p__pipe *pipe, bool gone, p2p_ns now)
{
    struct p2p__qpipe *p = of_pipe(pipe);
    struct p2p__quic_path path;
    struct p2p__qsocket *s;
    struct p2p__addr from;
    int rv;

    if (!p->dialer || p->sess == NULL) {
        return P2P_ENOTSUP;
    }
    path = path_of(pipe);
    s = p2p__qsocket_for(p->socket->host, &path.remote, &from, &rv);
    if (s == NULL || p2p__addr_is_any(&from)) {
        if (s != NULL) {
            p2p__qsocket_release(s);
        }
        return P2P_EAGAIN;
    }
    if (p2p__addr_same_ip(&from, &path.local) || (!gone && s != p->socket)) {
        p2p__qsocket_release(s);
        return 0;
    }
    path.local = from;
    path.local.port = s->udp->addr.port;
    rv = p2p__quic_move(p->sess, &path, gone, now);
    if (rv == 0 && gone) {
        p->path = path;
        change_socket(p, s, now);
    }
    p2p__qsocket_release(s);
    return rv == 0 ? 1 : rv;
}

static const struct p2p__pipe_ops pipe_ops = {
    .write = pipe_write,
    .unsent = pipe_unsent,
    .silence = pipe_silence,
    .read = pipe_read,
    .close = pipe_close,
    .local = pipe_local,
    .remote = pipe_remote,
    .move = pipe_move,
};

struct p2p__qpipe *p2p__qpipe_new(struct p2p__qsocket *s,
                                  const struct p2p__addr *remote)
{
    struct p2p__qpipe *p;

    if (p2p__quota_take(s->host->cfg.quota, P2P__Q_MEMORY, sizeof *p) != 0) {
        return NULL;
    }
    p = p2p__zalloc(sizeof *p);
    if (p == NULL) {
        p2p__quota_give(s->host->cfg.quota, P2P__Q_MEMORY, sizeof *p);
        return NULL;
    }
    p->pipe.ops = &pipe_ops;
    p->socket = s;
    p->path.local = s->udp->addr;
    p->path.remote = *remote;
    p2p__list_init(&p->link);
    p2p__list_init(&p->full);
    p2p__list_init(&p->routes);
    p2p__timer_init(&p->timer, s->host->cfg.q, on_lingered);
    s->n_pipes++;
    return p;
}

void p2p__qpipe_free(struct p2p__qpipe *p)
{
    struct p2p__qsocket *s = p->socket;
    struct p2p__quic_host *h = s->host;

    assert(p->sess == NULL && p->kept == NULL && !p->shaking);
    h->n_lingering -= p->lingers ? 1 : 0;
    p2p__timer_fini(&p->timer);
    p2p__list_remove(&p->link);
    p2p__list_remove(&p->full);
    p2p__quic_routes_drop(&h->shared, h->cfg.quota, &p->routes);
    p2p__quota_give(h->cfg.quota, P2P__Q_MEMORY, sizeof *p);
    p2p__free(p);
    s->n_pipes--;
    p2p__qsocket_release(s);
}

/* A datagram for a connection that is over. */
static void answer_again(struct p2p__qpipe *p)
{
    const struct p2p__quic_run run = {
        .len = p->last_len, .segment = p->last_len, .path = p->path};

    p->asked++;
    if (p->last_len > 0 && is_power_of_two(p->asked)) {
        (void)send_run(p, p->last, &run);
    }
}

void p2p__qpipe_arrive(struct p2p__qpipe *p, struct p2p__slice in,
                       const struct p2p__udp_run *run, p2p_ns now)
{
    struct p2p__quic_host *h = p->socket->host;
    struct p2p__quic_path path = {.local = p2p__qsocket_local(p->socket, run),
                                  .remote = run->peer};

    p->heard = true;
    if (p->sess == NULL) {
        answer_again(p);
        return;
    }
    if (p->dialer &&
        (p2p__addr_is_any(&p->path.local) || p2p__addr_is_any(&path.local))) {
        path.local = p->path.local; /* the system does not tell */
    }
    p2p__quic_arrives(p->sess, &path, run->ecn);
    h->current = p;
    p->pipe.cb->data(p->pipe.user, in, now);
    if (h->current == p && p->shaking &&
        p2p__quic_security.binding(p->sess) != NULL) {
        not_shaking(p);
    }
    h->current = NULL;
}

int p2p__qpipe_attach(struct p2p__pipe *pipe, const struct p2p__sess_cfg *cfg,
                      void **sess, p2p_ns now)
{
    struct p2p__qpipe *p = of_pipe(pipe);
    const struct p2p__quic_cfg qc = {
        .sess = *cfg,
        .shared = &p->socket->host->shared,
        .path = p->path,
        .expected = p->expected.len > 0 ? &p->expected : NULL,
        .first = p->dialer ? NULL : &p->first,
        .user = p};
    int rv = p2p__quic_new(&qc, sess, now);

    p->first.token = (struct p2p__slice){0};
    if (rv == 0) {
        p->sess = *sess;
    }
    return rv;
}
