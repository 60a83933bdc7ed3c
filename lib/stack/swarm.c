/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The swarm: making and ending it, and what happens when a connection is
 * secured, opened or closed. Dials are in dial.c, listeners in listener.c.
 */
#include "stack/swarm.h"

#include "base/mem.h"
#include "chan/noise/noise.h"
#include "mux/mplex/mplex.h"
#include "mux/yamux/yamux.h"
#include "stack/connmgr.h"

/* Two connections that opened within this time were dialed by both ends. */
#define SIMULTANEOUS_NS P2P__SEC(10)

static void set_muxers(struct p2p__swarm *s, const struct p2p__swarm_cfg *cfg)
{
    if (!cfg->no_yamux) {
        s->muxers[s->n_muxers++] = p2p__yamux_ops.protocol;
    }
    if (cfg->mplex || cfg->no_yamux) {
        s->muxers[s->n_muxers++] = p2p__mplex_ops.protocol;
    }
}

static void init_lists(struct p2p__swarm *s)
{
    uint64_t seed[2];

    p2p__list_init(&s->conns);
    p2p__list_init(&s->pending);
    p2p__list_init(&s->listeners);
    p2p__list_init(&s->dials);
    p2p__list_init(&s->dial_queue);
    p2p__env_seed(s->env, seed);
    p2p__book_init(&s->book, seed);
    p2p__env_seed(s->env, seed);
    p2p__handlers_init(&s->handlers, seed);
    p2p__familiar_init(&s->familiar, seed);
    s->env->random(s->env, seed, sizeof seed);
    p2p__rng_seed(&s->rng, seed[0]);
}

/* Makes what the host needs for each security protocol. */
static int set_securities(struct p2p__swarm *s,
                          const struct p2p__swarm_cfg *cfg)
{
    const struct p2p_security *const noise[] = {&p2p__noise_security, NULL};
    const struct p2p_security *const *list =
        cfg->security != NULL ? cfg->security : noise;
    int rv = 0;

    for (; rv == 0 && *list != NULL; list++) {
        struct p2p__swarm_security *one = &s->security[s->n_securities];

        if (s->n_securities == P2P__SWARM_SECURITIES) {
            return P2P_EINVAL;
        }
        one->ops = *list;
        s->security_names[s->n_securities++] = one->ops->chan->protocol;
        rv = one->ops->id_new(s->crypto, s->env, cfg->key, &one->id);
    }
    return s->n_securities > 0 ? rv : P2P_EINVAL;
}

/* Notes the key of a private network. A transport that brings sessions of its
 * own has no place for the channel of that key. */
static int set_psk(struct p2p__swarm *s, const struct p2p__swarm_cfg *cfg)
{
    const struct p2p_transport *const *t = cfg->transports;

    if (cfg->psk == NULL) {
        return 0;
    }
    for (; t != NULL && *t != NULL; t++) {
        if ((*t)->own != NULL) {
            P2P__LOG(s->env->log, ERROR,
                     "pnet.refused transport=%s: it cannot be used in a "
                     "private network",
                     (*t)->name);
            return P2P_ENOTSUP;
        }
    }
    memcpy(s->psk, cfg->psk, sizeof s->psk);
    s->is_private = true;
    return 0;
}

static int set_transports(struct p2p__swarm *s,
                          const struct p2p__swarm_cfg *cfg)
{
    const struct p2p__transport_cfg tc = {.q = s->q,
                                          .env = s->env,
                                          .net = s->net,
                                          .crypto = s->crypto,
                                          .quota = &s->quota,
                                          .key = cfg->key};

    return p2p__transports_init(&s->transports, cfg->transports, &tc);
}

int p2p__swarm_new(const struct p2p__swarm_cfg *cfg, struct p2p__swarm **out)
{
    struct p2p__swarm *s = p2p__zalloc(sizeof *s);
    const uint8_t *pub;
    size_t len;
    int rv;

    *out = NULL;
    if (s == NULL) {
        return P2P_ENOMEM;
    }
    s->q = cfg->q;
    s->env = cfg->env;
    s->net = cfg->net;
    s->dns = cfg->dns;
    s->cb = cfg->cb;
    s->user = cfg->user;
    s->limits = *cfg->limits;
    set_muxers(s, cfg);
    p2p__quota_init(&s->quota, NULL, "host");
    p2p__limits_host(&s->limits, &s->quota);
    p2p__quota_init(&s->transient, &s->quota, "transient");
    s->transient.level = P2P__SCOPE_TRANSIENT;
    p2p__limits_transient(&s->limits, &s->transient);
    p2p__refusals_init(s);
    init_lists(s);
    p2p__connmgr_init(s);
    pub = p2p_key_public(cfg->key, &len);
    rv = p2p_peer_id_from_pubkey(pub, len, &s->self);
    if (rv == 0) {
        rv = p2p__crypto_new(&s->crypto);
    }
    if (rv == 0) {
        rv = set_securities(s, cfg);
    }
    if (rv == 0) {
        rv = set_psk(s, cfg);
    }
    if (rv == 0) {
        rv = set_transports(s, cfg);
    }
    if (rv != 0) {
        p2p__swarm_free(s, 0);
        return rv;
    }
    *out = s;
    return 0;
}

/* Who waits for a dial hears that there will be nothing. */
static void end_dials(struct p2p__list *dials, p2p_ns now)
{
    struct p2p__list *link = p2p__list_first(dials);

    while (link != NULL) {
        struct p2p__dial *d = P2P__CONTAINER(link, struct p2p__dial, link);
        p2p__dial_done *done = d->done;
        void *user = d->user;

        p2p__dial_free(d);
        if (done != NULL) {
            done(user, P2P_ECLOSED, NULL, now);
        }
        link = p2p__list_first(dials);
    }
}

/* Streams that wait for a connection will not get one. */
static void end_waiting(struct p2p__swarm *s, p2p_ns now)
{
    struct p2p__list *link = p2p__list_first(&s->book.busy);

    while (link != NULL) {
        struct p2p__peer *peer =
            p2p__peer_ref(P2P__CONTAINER(link, struct p2p__peer, link));
        struct p2p__list *w = p2p__list_first(&peer->waiting);

        while (w != NULL) {
            p2p__stream_end(P2P__CONTAINER(w, struct p2p_stream, link),
                            P2P_ECLOSED, now);
            w = p2p__list_first(&peer->waiting);
        }
        link = link->next == &s->book.busy ? NULL : link->next;
        p2p__peer_unref(peer);
    }
}

/* Peers that were to be kept or protected need not be any more. */
static void release_kept(struct p2p__swarm *s)
{
    P2P__LIST_EACH_SAFE (it, &s->book.busy) {
        struct p2p__peer *peer = P2P__CONTAINER(it, struct p2p__peer, link);

        p2p__peer_ref(peer);
        p2p__peer_let_go(peer);
        p2p__peer_guard(peer, false);
        p2p__peer_unref(peer);
    }
}

void p2p__swarm_close(struct p2p__swarm *s, p2p_ns now)
{
    struct p2p__list *link;

    s->closing = true;
    p2p__listeners_close(s);
    link = p2p__list_first(&s->conns);
    while (link != NULL) {
        p2p__conn_free(P2P__CONTAINER(link, struct p2p__conn, link), now);
        link = p2p__list_first(&s->conns);
    }
    end_dials(&s->dials, now);
    end_dials(&s->dial_queue, now);
    end_waiting(s, now);
    release_kept(s);
}

void p2p__swarm_free(struct p2p__swarm *s, p2p_ns now)
{
    p2p__swarm_close(s, now);
    p2p__connmgr_fini(s);
    p2p__book_fini(&s->book);
    p2p__handlers_fini(&s->handlers);
    for (size_t i = 0; i < s->n_securities; i++) {
        s->security[i].ops->id_free(s->security[i].id);
    }
    p2p__transports_fini(&s->transports);
    p2p__crypto_free(s->crypto);
    p2p__refusals_fini(s);
    p2p__gate_fini(&s->gate);
    p2p__quota_fini(&s->transient);
    p2p__quota_fini(&s->quota);
    p2p__wipe(s->psk, sizeof s->psk);
    p2p__free(s);
}

static void end_pending(struct p2p__conn *c)
{
    if (!p2p__list_empty(&c->pending)) {
        p2p__list_remove(&c->pending);
        c->swarm->n_pending--;
    }
}

int p2p__swarm_secured(struct p2p__swarm *s, struct p2p__conn *c,
                       const struct p2p_peer_id *id)
{
    if (p2p_peer_id_equal(id, &s->self)) {
        return P2P_ESELF;
    }
    if (!p2p__gate_may_conn(c, P2P__GATE_SECURED, id)) {
        return P2P_EGATED;
    }
    c->peer = p2p__peer_get(s, id);
    if (c->peer == NULL) {
        return P2P_ENOMEM;
    }
    return p2p__quota_move(&c->quota, &c->peer->quota);
}

static uint32_t count_conns(const struct p2p__peer *peer)
{
    uint32_t n = 0;

    P2P__LIST_EACH (it, &peer->conns) {
        n++;
    }
    return n;
}

/* Whether the connection that was dialed by `c->dialer`'s end is the one that
 * both ends keep: the one that the smaller peer id dialed. */
static bool dialed_by_smaller(const struct p2p__conn *c)
{
    bool smaller = p2p_peer_id_compare(&c->swarm->self, &c->peer->id) < 0;

    return c->dialer == smaller;
}

/* Whether both ends may have dialed two connections at the same moment. */
static bool are_simultaneous(const struct p2p__conn *fresh,
                             const struct p2p__conn *old)
{
    return fresh->dialer != old->dialer &&
           fresh->opened_at - old->opened_at <= SIMULTANEOUS_NS;
}

/* Whether the new connection replaces the present primary one. */
static bool replaces(const struct p2p__conn *fresh, const struct p2p__conn *old)
{
    if (fresh->relayed != old->relayed) {
        return old->relayed; /* a direct one is better than a circuit */
    }
    return !are_simultaneous(fresh, old) || dialed_by_smaller(fresh);
}

/* Files a connection with its peer, at the right end of the list. */
static void join_peer(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now)
{
    struct p2p__conn *old = p2p__peer_primary(c->peer), *loser;

    if (old == NULL) {
        p2p__list_push_front(&c->peer->conns, &c->peer_link);
        return;
    }
    if (replaces(c, old)) {
        p2p__list_push_front(&c->peer->conns, &c->peer_link);
        s->cb->peer_moved(s->user, c->peer, now);
        loser = old;
        if (!are_simultaneous(c, old)) {
            p2p__conn_probe(old, now); /* a peer that moved left it behind */
        }
    } else {
        p2p__list_push(&c->peer->conns, &c->peer_link);
        loser = c;
    }
    p2p__conn_spare(loser, now);
}

/* There is a connection: streams that may go over it do; for the others a
 * better one is dialed, if there may be one. What is told of a stream that ends
 * may ask for another one: that one is looked at when it comes. */
static void attach_waiting(struct p2p__peer *peer, p2p_ns now)
{
    struct p2p__list these;
    struct p2p__list *link;

    p2p__list_init(&these);
    p2p__list_append(&these, &peer->waiting);
    link = p2p__list_first(&these);
    while (link != NULL) {
        struct p2p_stream *s = P2P__CONTAINER(link, struct p2p_stream, link);
        const enum p2p__path path = (enum p2p__path)s->path;
        struct p2p__conn *c = p2p__peer_conn(peer, path);
        int rv = c != NULL ? 0 : p2p__dial_for(peer, path, now);

        if (c != NULL) {
            p2p__stream_attach(s, c, now);
        } else if (rv != 0) {
            p2p__stream_end(s, rv, now);
        } else {
            p2p__list_remove(&s->link);
            p2p__list_push(&peer->waiting, &s->link);
        }
        link = p2p__list_first(&these);
    }
}

/* Whether of the inbound connections those alone are left that protected peers
 * have for themselves. */
static bool is_reserved(const struct p2p__swarm *s)
{
    const uint64_t most = s->limits.host_conns_in;

    return s->quota.used[P2P__Q_CONNS_IN] >
           most - most / P2P__CAP_RESERVED_PART;
}

void p2p__swarm_opened(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now)
{
    struct p2p__peer *peer = c->peer;
    struct p2p__dial *dial = c->dial;

    end_pending(c);
    c->dial = NULL;
    if (!p2p__gate_may_conn(c, P2P__GATE_OPEN, &peer->id)) {
        p2p__conn_fail(c, P2P_EGATED);
    } else if (count_conns(peer) >= s->limits.per_peer) {
        p2p__refused(s, P2P__REFUSED_PEER_CONNS, c);
        p2p__conn_fail(c, P2P_ELIMIT);
    } else if (!c->dialer && !p2p__peer_is_protected(peer) && is_reserved(s)) {
        p2p__refused(s, P2P__REFUSED_UNRESERVED, c);
        p2p__conn_fail(c, P2P_ELIMIT);
    }
    if (c->err != 0) {
        if (dial != NULL) {
            p2p__dial_attempt_done(dial, NULL, c->err, now);
        }
        return;
    }
    s->n_open++;
    join_peer(s, c, now);
    p2p__peer_met(peer);
    peer->failures = 0;
    peer->backoff_until = 0;
    s->cb->conn_open(s->user, c, now);
    if (!peer->announced) {
        peer->announced = true;
        s->cb->peer_up(s->user, peer, now);
    }
    if (dial != NULL) {
        p2p__dial_attempt_done(dial, c, 0, now); /* there may be another */
    }
    attach_waiting(peer, now);
    p2p__connmgr_check(s, now);
}

void p2p__swarm_moved(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now)
{
    if (p2p__peer_primary(c->peer) != NULL) {
        s->cb->peer_moved(s->user, c->peer, now);
    }
}

/* An open connection left its peer. */
static void leave_peer(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now)
{
    struct p2p__peer *peer = c->peer;

    p2p__list_remove(&c->peer_link);
    s->n_open--;
    s->cb->conn_closed(s->user, c, c->err, now);
    if (p2p__list_empty(&peer->conns)) {
        peer->announced = false;
        s->cb->peer_down(s->user, peer, now);
        if (peer->keep && !s->closing) {
            p2p__dial_schedule(peer, now);
        }
    } else if (p2p__peer_primary(peer) != NULL) {
        s->cb->peer_moved(s->user, peer, now);
    }
}

void p2p__swarm_closed(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now)
{
    struct p2p__dial *dial = c->dial;

    end_pending(c);
    c->dial = NULL;
    if (!p2p__list_empty(&c->peer_link)) {
        leave_peer(s, c, now);
    }
    if (dial != NULL && !s->closing) {
        p2p__dial_attempt_done(dial, NULL, c->err, now);
    }
}

int p2p__swarm_disconnect(struct p2p__swarm *s, const struct p2p_peer_id *id)
{
    struct p2p__peer *peer = p2p__book_find(&s->book, id);

    if (peer == NULL || (p2p__list_empty(&peer->conns) && !peer->keep)) {
        return P2P_ENOTFOUND;
    }
    p2p__peer_let_go(peer);
    P2P__LIST_EACH (it, &peer->conns) {
        p2p__conn_fail(P2P__CONTAINER(it, struct p2p__conn, peer_link),
                       P2P_ECANCELED);
    }
    return 0;
}
