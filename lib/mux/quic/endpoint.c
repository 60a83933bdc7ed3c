/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sockets, and which datagram is whose: see endpoint.h. */
#include "mux/quic/endpoint.h"

#include "base/mem.h"
#include "mux/quic/priv.h"

/* Where a peer's addresses lead to it by QUIC and by TCP, QUIC goes first. */
#define QUIC_RANK 5U

/* The least that a client's first datagram, and one of another version that
 * is answered, has. RFC 9000, 14.1. */
#define FIRST_LEAST 1200U

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__quic_host *h = P2P__CONTAINER(job, struct p2p__quic_host, job);
    struct p2p__list *link = p2p__list_pop(&h->dialed);

    while (link != NULL) {
        struct p2p__qpipe *p = P2P__CONTAINER(link, struct p2p__qpipe, link);

        p->pipe.cb->connected(p->pipe.user, 0, now);
        link = p2p__list_pop(&h->dialed);
    }
}

int p2p__quic_host_new(const struct p2p__transport_cfg *cfg, void **host)
{
    struct p2p__quic_host *h = p2p__zalloc(sizeof *h);
    void *id = NULL;
    int rv;

    *host = NULL;
    if (h == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p__quic_security.id_new(cfg->crypto, cfg->env, cfg->key, &id);
    if (rv != 0) {
        p2p__free(h);
        return rv;
    }
    h->cfg = *cfg;
    h->id = id;
    p2p__quic_shared_init(&h->shared, cfg->env, h->id);
    p2p__job_init(&h->job, cfg->q, on_job);
    p2p__list_init(&h->sockets);
    p2p__list_init(&h->dialed);
    p2p__list_init(&h->lingering);
    p2p__list_init(&h->unproven);
    p2p__bucket_init(&h->replies, P2P__CAP_QUIC_REPLIES_BURST,
                     P2P__SEC(1) / P2P__CAP_QUIC_REPLIES_PER_SEC);
    p2p__bucket_init(&h->retries, P2P__CAP_QUIC_RETRIES_BURST,
                     P2P__SEC(1) / P2P__CAP_QUIC_RETRIES_PER_SEC);
    *host = h;
    return 0;
}

static void socket_free(struct p2p__qsocket *s)
{
    assert(s->n_pipes == 0 && p2p__list_empty(&s->full));
    s->udp->close(s->udp);
    p2p__list_remove(&s->link);
    p2p__free(s);
}

void p2p__quic_host_free(void *host)
{
    struct p2p__quic_host *h = host;
    struct p2p__list *link;

    while ((link = p2p__list_first(&h->lingering)) != NULL) {
        p2p__qpipe_free(P2P__CONTAINER(link, struct p2p__qpipe, link));
    }
    while ((link = p2p__list_first(&h->sockets)) != NULL) {
        socket_free(P2P__CONTAINER(link, struct p2p__qsocket, link));
    }
    p2p__job_fini(&h->job);
    p2p__quic_shared_fini(&h->shared);
    p2p__tls_id_free(h->id);
    p2p__free(h);
}

/* Sends an answer to a stranger. */
static void reply(struct p2p__qsocket *s, const uint8_t *bytes, size_t len,
                  const struct p2p__udp_run *from)
{
    const struct p2p__udp_run to = {
        .peer = from->peer, .local = from->local, .segment = len};

    if (len > 0) {
        (void)s->udp->send_run(s->udp, bytes, len, &to);
    }
}

/* A client that is new: a pipe for it, and its datagram. */
static void accept_pipe(struct p2p__qsocket *s, struct p2p__slice in,
                        const struct p2p__quic_first *first,
                        const struct p2p__udp_run *run, p2p_ns now)
{
    struct p2p__quic_host *h = s->host;
    struct p2p__qpipe *p = p2p__qpipe_new(s, &run->peer);

    if (p == NULL) {
        return;
    }
    p->path.local = p2p__qsocket_local(s, run);
    p->first = *first;
    p->shaking = true;
    h->n_shaking++;
    if (first->token.len == 0) {
        p->pipe.unproven = true;
        p2p__list_push(&h->unproven, &p->link);
    }
    h->current = p;
    s->l.cb->accepted(s->l.user, &p->pipe, now);
    if (h->current == p && p->sess != NULL) {
        p2p__qpipe_arrive(p, in, run, now);
    }
    h->current = NULL;
}

/* Whether a client may begin without a proof: few do, and none from his
 * address, so that forged datagrams do not use up what an address may have. */
static bool may_be_unproven(const struct p2p__quic_host *h,
                            const struct p2p__addr *from)
{
    P2P__LIST_EACH (it, &h->unproven) {
        if (p2p__addr_same_ip(
                &P2P__CONTAINER(it, struct p2p__qpipe, link)->path.remote,
                from)) {
            return false;
        }
    }
    return h->n_shaking < P2P__CAP_QUIC_UNPROVEN;
}

/* What may be a client's first datagram. */
static void on_first(struct p2p__qsocket *s, struct p2p__slice in,
                     const struct p2p__udp_run *run, p2p_ns now)
{
    struct p2p__quic_host *h = s->host;
    uint8_t out[P2P__QUIC_REPLY_BYTES];
    struct p2p__quic_first first;
    size_t len = 0;

    if (in.len < FIRST_LEAST || !p2p__quic_is_first(&in, &first)) {
        return;
    }
    if (first.token.len > 0 &&
        !p2p__quic_reply_proven(&h->shared, &first, &run->peer, now)) {
        first.token.len = 0; /* of an earlier connection, or another server */
    }
    if (first.token.len > 0 || may_be_unproven(h, &run->peer)) {
        accept_pipe(s, in, &first, run, now);
    } else if (p2p__bucket_take(&h->retries, now)) {
        len = p2p__quic_reply_retry(&h->shared, &first, &run->peer, out, now);
    }
    reply(s, out, len, run);
}

/* A datagram that no connection wants. */
static void on_stranger(struct p2p__qsocket *s, struct p2p__slice in,
                        const struct p2p__quic_first *first,
                        const struct p2p__udp_run *run, p2p_ns now)
{
    const bool known = first->version == 0; /* a short one says none */
    struct p2p__quic_host *h = s->host;
    uint8_t out[P2P__QUIC_REPLY_BYTES];
    size_t len;

    if (s->l.cb == NULL || (!known && in.len < FIRST_LEAST) ||
        !p2p__bucket_take(&h->replies, now)) {
        return;
    }
    len = known ? p2p__quic_reply_reset(&h->shared, first, in.len, out)
                : p2p__quic_reply_version(first, h->cfg.env, out);
    reply(s, out, len, run);
}

static void on_datagram(struct p2p__qsocket *s, struct p2p__slice in,
                        const struct p2p__udp_run *run, p2p_ns now)
{
    struct p2p__quic_first first;
    enum p2p__quic_kind kind = p2p__quic_look(&in, &first);
    struct p2p__qpipe *p = NULL;

    if (kind == P2P__QUIC_SHORT || kind == P2P__QUIC_LONG) {
        p = p2p__quic_route_find(&s->host->shared, first.dcid.bytes,
                                 first.dcid.len);
    }
    if (p != NULL) {
        p2p__qpipe_arrive(p, in, run, now);
    } else if (kind == P2P__QUIC_LONG && s->l.cb != NULL) {
        on_first(s, in, run, now);
    } else if (kind == P2P__QUIC_SHORT || kind == P2P__QUIC_OTHER_VERSION) {
        on_stranger(s, in, &first, run, now);
    }
}

static void on_run(void *user, struct p2p__slice in,
                   const struct p2p__udp_run *run, p2p_ns now)
{
    struct p2p__qsocket *s = user;

    s->n_pipes++; /* so that it stays while its datagrams are looked at */
    while (in.len > 0) {
        struct p2p__slice one = in;

        one.len = p2p__min(in.len, run->segment);
        p2p__slice_skip(&in, one.len);
        on_datagram(s, one, run, now);
    }
    s->n_pipes--;
    p2p__qsocket_release(s);
}

static void on_writable(void *user, p2p_ns now)
{
    struct p2p__qsocket *s = user;
    struct p2p__list *link;
    bool room = true;

    while (room && (link = p2p__list_pop(&s->full)) != NULL) {
        room = p2p__qpipe_drain(P2P__CONTAINER(link, struct p2p__qpipe, full),
                                now);
    }
}

/*
 * The network says that what we sent did not get there: a dial need not wait
 * any longer. Who is believed has seen the datagram, as it names the id that we
 * chose; and only until the peer was heard, for then it is there (RFC 9000,
 * 21.12).
 */
static void on_refused(void *user, struct p2p__slice sent,
                       const struct p2p__addr *to, int status, p2p_ns now)
{
    const struct p2p__qsocket *s = user;
    struct p2p__quic_first first;
    struct p2p__qpipe *p;

    if (p2p__quic_look(&sent, &first) != P2P__QUIC_LONG) {
        return;
    }
    p = p2p__quic_route_find(&s->host->shared, first.scid.bytes,
                             first.scid.len);
    if (p != NULL && p->dialer && !p->heard && p->sess != NULL &&
        p->path.remote.port == to->port &&
        p2p__addr_same_ip(&p->path.remote, to)) {
        p->pipe.cb->ended(p->pipe.user, status, now);
    }
}

static const struct p2p__udp_cb udp_cb = {.run = on_run,
                                          .writable = on_writable,
                                          .refused = on_refused};

struct p2p__addr p2p__qsocket_local(const struct p2p__qsocket *s,
                                    const struct p2p__udp_run *run)
{
    struct p2p__addr at = s->udp->addr;

    if (!p2p__addr_is_any(&run->local)) {
        at = run->local;
        at.port = s->udp->addr.port;
    }
    return at;
}

void p2p__qsocket_release(struct p2p__qsocket *s)
{
    if (s->n_pipes == 0 && s->l.cb == NULL) {
        socket_free(s);
    }
}

static void listener_close(struct p2p__listener *l)
{
    struct p2p__qsocket *s = P2P__CONTAINER(l, struct p2p__qsocket, l);

    s->l.cb = NULL;
    p2p__qsocket_release(s);
}

static struct p2p__qsocket *socket_new(struct p2p__quic_host *h,
                                       const struct p2p__addr *at, int *err)
{
    struct p2p__net *net = h->cfg.net;
    struct p2p__qsocket *s = p2p__zalloc(sizeof *s);

    *err = P2P_ENOMEM;
    if (s == NULL) {
        return NULL;
    }
    s->host = h;
    s->udp = net->udp(net, at, false, &udp_cb, s, err);
    if (s->udp == NULL) {
        p2p__free(s);
        return NULL;
    }
    s->l.addr = s->udp->addr;
    s->l.close = listener_close;
    p2p__list_init(&s->full);
    p2p__list_init(&s->link);
    p2p__list_push(&h->sockets, &s->link);
    return s;
}

static struct p2p__listener *quic_listen(void *host, const struct p2p__addr *at,
                                         const struct p2p__listener_cb *cb,
                                         void *user, int *err)
{
    struct p2p__qsocket *s = socket_new(host, at, err);

    if (s == NULL) {
        return NULL;
    }
    s->l.cb = cb;
    s->l.user = user;
    return &s->l;
}

/* A socket by which an address can be reached: the first that is bound to all
 * addresses of its family, or to the one that the system sends from. */
struct p2p__qsocket *p2p__qsocket_for(struct p2p__quic_host *h,
                                      const struct p2p__addr *to,
                                      struct p2p__addr *from, int *err)
{
    const struct p2p__addr any = {.family = to->family};
    struct p2p__net *net = h->cfg.net;

    if (net->source == NULL || !net->source(net, to, from)) {
        *from = any;
    }
    P2P__LIST_EACH (it, &h->sockets) {
        struct p2p__qsocket *s = P2P__CONTAINER(it, struct p2p__qsocket, link);

        if (s->udp->addr.family == to->family &&
            (p2p__addr_is_any(&s->udp->addr) ||
             p2p__addr_same_ip(&s->udp->addr, from))) {
            return s;
        }
    }
    return socket_new(h, &any, err);
}

static void quic_knock(void *host, const struct p2p__addr *to,
                       const uint8_t *bytes, size_t len)
{
    const struct p2p__udp_run run = {
        .peer = *to, .local = {.family = to->family}, .segment = len};
    struct p2p__addr from;
    int err;
    struct p2p__qsocket *s = p2p__qsocket_for(host, to, &from, &err);

    if (s != NULL) {
        (void)s->udp->send_run(s->udp, bytes, len, &run);
        p2p__qsocket_release(s);
    }
}

static struct p2p__pipe *quic_dial(void *host, const struct p2p__addr *to,
                                   const struct p2p_peer_id *expected,
                                   const struct p2p__pipe_cb *cb, void *user,
                                   int *err)
{
    struct p2p__quic_host *h = host;
    struct p2p__addr from;
    struct p2p__qsocket *s = p2p__qsocket_for(h, to, &from, err);
    struct p2p__qpipe *p = s == NULL ? NULL : p2p__qpipe_new(s, to);

    if (p == NULL) {
        if (s != NULL) {
            *err = P2P_ELIMIT;
            p2p__qsocket_release(s);
        }
        return NULL;
    }
    p->dialer = true;
    if (!p2p__addr_is_any(&from)) {
        from.port = p->path.local.port;
        p->path.local = from;
    }
    p->pipe.cb = cb;
    p->pipe.user = user;
    if (expected != NULL) {
        p->expected = *expected;
    }
    p2p__list_push(&h->dialed, &p->link);
    p2p__mark(&h->job);
    return &p->pipe;
}

static bool quic_speaks(const struct p2p_multiaddr *ma, size_t at)
{
    struct p2p_multiaddr_part part;

    return p2p_multiaddr_next(ma, &at, &part) &&
           part.code == P2P_MULTIADDR_QUIC_V1 && at == ma->len;
}

static const struct p2p__transport_own own = {
    .listen = quic_listen,
    .dial = quic_dial,
    .attach = p2p__qpipe_attach,
    .knock = quic_knock,
    .session = &p2p__quic_ops,
    .security = &p2p__quic_security,
};

const struct p2p_transport p2p__quic_transport = {
    .name = "quic-v1",
    .port_code = P2P_MULTIADDR_UDP,
    .rank = QUIC_RANK,
    .speaks = quic_speaks,
    .host_new = p2p__quic_host_new,
    .host_free = p2p__quic_host_free,
    .own = &own,
};
