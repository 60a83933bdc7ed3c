/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The order of the parts: see upgrade.h. */
#include "stack/upgrade.h"

#include "base/mem.h"
#include "chan/multistream/multistream.h"
#include "chan/pnet/pnet.h"
#include "mux/mplex/mplex.h"
#include "mux/yamux/yamux.h"
#include "stack/swarm.h"

/* Puts a negotiator on top. */
static int push_multistream(struct p2p__conn *c, const char *const *protocols,
                            size_t count, p2p_ns now)
{
    struct p2p__multistream_cfg cfg = {.dialer = c->dialer,
                                       .eager = count == 1,
                                       .protocols = protocols,
                                       .count = count,
                                       .quota = &c->quota,
                                       .owner = &c->job};
    struct p2p__multistream *ms = p2p__zalloc(sizeof *ms);
    int rv = ms == NULL ? P2P_ENOMEM : p2p__multistream_init(ms, &cfg, now);

    if (rv != 0) {
        p2p__free(ms);
        return rv;
    }
    assert(c->ms == NULL);
    c->ms = ms;
    p2p__conn_push(c, &p2p__multistream_ops, ms);
    return 0;
}

/* Begins the handshake of one of our security protocols. */
static int push_security(struct p2p__conn *c, size_t which, p2p_ns now)
{
    struct p2p__swarm *s = c->swarm;
    const struct p2p_security *ops = s->security[which].ops;
    struct p2p__sec_cfg cfg = {.dialer = c->dialer,
                               .crypto = s->crypto,
                               .proofs = &s->proofs,
                               .id = s->security[which].id,
                               .expected = p2p__dial_expected(c->dial),
                               .muxers = s->muxers,
                               .muxer_count = s->n_muxers,
                               .quota = &c->quota,
                               .env = s->env,
                               .owner = &c->job};
    int rv = ops->start(&cfg, &c->secured, now);

    if (rv == 0) {
        c->security = ops;
        p2p__conn_push(c, ops->chan, c->secured);
    }
    return rv;
}

/* Starts the session of a muxer by its place in our list. */
static int start_session(struct p2p__conn *c, size_t muxer, p2p_ns now)
{
    const struct p2p__sess_cfg cfg = {.dialer = c->dialer,
                                      .quota = &c->quota,
                                      .env = c->swarm->env,
                                      .owner = &c->job};
    bool yamux = strcmp(c->swarm->muxers[muxer], p2p__yamux_ops.protocol) == 0;
    void *sess = NULL;
    int rv;

    if (yamux) {
        rv = p2p__yamux_new(&(struct p2p__yamux_cfg){.sess = cfg}, &sess, now);
    } else {
        rv = p2p__mplex_new(&(struct p2p__mplex_cfg){.sess = cfg}, &sess, now);
    }
    if (rv == 0) {
        p2p__conn_set_session(c, yamux ? &p2p__yamux_ops : &p2p__mplex_ops,
                              sess);
        p2p__conn_open(c, now);
    }
    return rv != 0 ? rv : c->err;
}

/* Puts the transport's channels below all others. */
static int push_channels(struct p2p__conn *c, p2p_ns now)
{
    const struct p2p__via *via = c->place.via;
    struct p2p_multiaddr at;
    struct p2p__transport_conn tc = {.host = via->host,
                                     .dialer = c->dialer,
                                     .addr = &at,
                                     .quota = &c->quota,
                                     .env = c->swarm->env,
                                     .owner = &c->job};
    const struct p2p__chan_ops *ops = NULL;
    void *chan = NULL;
    int rv = 1;

    if (via->ops->channel == NULL) {
        return 0;
    }
    p2p__place_given(&c->place, &c->remote, &at);
    for (unsigned i = 0; rv > 0; i++) {
        rv = via->ops->channel(&tc, i, &ops, &chan, now);
        if (rv > 0) {
            p2p__conn_push(c, ops, chan);
        }
    }
    return rv;
}

/* Puts the channel of our private network on those of the transport. */
static int push_private(struct p2p__conn *c)
{
    struct p2p__swarm *s = c->swarm;
    struct p2p__pnet *pnet;

    if (!s->is_private) {
        return 0;
    }
    pnet = p2p__alloc(sizeof *pnet);
    if (pnet == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pnet_init(pnet, &(struct p2p__pnet_cfg){
                             .psk = s->psk, .env = s->env, .owner = &c->job});
    p2p__conn_push(c, &p2p__pnet_ops, pnet);
    return 0;
}

/* Whether the other end spoke, but not as one of our private network. */
static bool is_foreign(const struct p2p__conn *c)
{
    if (!c->swarm->is_private || c->ms == NULL || c->peer != NULL ||
        p2p__multistream_heard(c->ms)) {
        return false;
    }
    for (unsigned i = 0; i < c->n_layers; i++) {
        if (c->layers[i].ops == &p2p__pnet_ops) {
            return p2p__pnet_heard(c->layers[i].chan);
        }
    }
    return false;
}

int p2p__upgrade_error(const struct p2p__conn *c, int err)
{
    switch (err) {
        case P2P_EPROTO:
        case P2P_ETOOBIG:
        case P2P_ECLOSED:
        case P2P_ERESET:
            return is_foreign(c) ? P2P_EAUTH : err;
        default:
            return err;
    }
}

/* A transport of its own: all that is left to learn is who the peer is. */
static int start_own(struct p2p__conn *c, p2p_ns now)
{
    const struct p2p__transport_own *own = c->place.via->ops->own;
    const struct p2p__sess_cfg cfg = {.dialer = c->dialer,
                                      .quota = &c->quota,
                                      .env = c->swarm->env,
                                      .owner = &c->job};
    void *sess = NULL;
    int rv = own->attach(c->pipe, &cfg, &sess, now);

    if (rv == 0) {
        c->security = own->security;
        c->secured = sess;
        p2p__conn_set_session(c, own->session, sess);
    }
    return rv;
}

int p2p__upgrade_start(struct p2p__conn *c, p2p_ns now)
{
    const struct p2p__swarm *s = c->swarm;
    int rv;

    if (c->place.via->ops->own != NULL) {
        return start_own(c, now);
    }
    rv = push_channels(c, now);
    if (rv == 0) {
        rv = push_private(c);
    }
    if (rv == 0) {
        rv = push_multistream(c, s->security_names, s->n_securities, now);
    }
    if (rv == 0 && c->dialer && s->n_securities == 1) {
        rv = push_security(c, 0, now); /* speaks before the answer is here */
    }
    return rv;
}

static int on_established(struct p2p__conn *c, const struct p2p__sec_ev *ev,
                          p2p_ns now)
{
    struct p2p__swarm *s = c->swarm;
    int rv = p2p__swarm_secured(s, c, &ev->peer);

    if (rv == P2P_ESELF) {
        s->cb->self(s->user, c, now);
    }
    if (rv != 0) {
        return rv;
    }
    if (c->sess != NULL) {
        p2p__conn_open(c, now);
        return c->err;
    }
    if (ev->muxer >= 0) {
        c->early_mux = true;
        return start_session(c, (size_t)ev->muxer, now);
    }
    rv = push_multistream(c, s->muxers, s->n_muxers, now);
    if (rv == 0 && c->dialer && s->n_muxers == 1) {
        rv = start_session(c, 0, now);
    }
    return rv;
}

/* A negotiator agreed: on security when there is none yet, else on a muxer. */
static int on_agreed(struct p2p__conn *c, size_t index, p2p_ns now)
{
    if (c->security == NULL) {
        return push_security(c, index, now);
    }
    if (c->peer != NULL && c->sess == NULL) {
        return start_session(c, index, now);
    }
    return 0; /* the eager dialer went ahead already */
}

static int step_multistream(struct p2p__conn *c, bool *more, p2p_ns now)
{
    struct p2p__multistream_ev ev;

    if (c->ms == NULL || !p2p__multistream_next(c->ms, &ev)) {
        return 0;
    }
    *more = true;
    if (ev.type == P2P__MULTISTREAM_AGREED) {
        return on_agreed(c, ev.index, now);
    }
    if (ev.type == P2P__MULTISTREAM_DONE) {
        const struct p2p__multistream *ms = c->ms;

        c->ms = NULL;
        p2p__conn_drop(c, ms);
    }
    return 0;
}

int p2p__upgrade_step(struct p2p__conn *c, p2p_ns now)
{
    bool more = true;
    int rv = 0;

    while (more && rv == 0) {
        struct p2p__sec_ev ev;

        more = false;
        rv = step_multistream(c, &more, now);
        if (rv == 0 && c->security != NULL && c->peer == NULL &&
            c->security->next(c->secured, &ev)) {
            more = true;
            rv = on_established(c, &ev, now);
        }
    }
    return rv;
}
