/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See caller.h. Happy path: a dial opens a connection, the nonce is said on a
 * stream, heard, and the connection ends. Failure modes: nobody is there, or
 * somebody else; he who is there takes no nonce.
 */
#include "host/caller.h"

#include "ident/key.h"
#include "wire/maddr.h"

/* Bytes that all who are called can make us hold. */
#define MEMORY_BYTES (16U << 20)

static void on_conn_open(void *user, struct p2p__conn *c, p2p_ns now)
{
    (void)user;
    (void)c;
    (void)now;
}

static void on_conn_closed(void *user, struct p2p__conn *c, int why, p2p_ns now)
{
    (void)why;
    on_conn_open(user, c, now);
}

static void on_peer(void *user, struct p2p__peer *peer, p2p_ns now)
{
    (void)user;
    (void)peer;
    (void)now;
}

static void on_limited(void *user, unsigned row,
                       const struct p2p__refusal_row *what)
{
    (void)user;
    (void)row;
    (void)what;
}

/* The host's gate, as it is at this moment. */
static bool may(void *user, const struct p2p__gate_case *one)
{
    const struct p2p__caller *c = user;

    return p2p__gate_may(c->host->swarm, one);
}

static const struct p2p__swarm_cb swarm_cb = {
    .conn_open = on_conn_open,
    .conn_closed = on_conn_closed,
    .peer_up = on_peer,
    .peer_down = on_peer,
    .peer_moved = on_peer,
    .pong = on_conn_open,
    .self = on_conn_open,
    .limited = on_limited,
};

int p2p__caller_init(struct p2p__caller *c, struct p2p_host *h,
                     const struct p2p_host_config *cfg, uint32_t dial_s)
{
    struct p2p__limits limits;
    struct p2p__swarm_cfg sc = {.q = h->world->q,
                                .env = &h->env,
                                .net = h->world->net,
                                .limits = &limits,
                                .cb = &swarm_cb,
                                .user = c,
                                .security = cfg->security,
                                .psk = cfg->psk,
                                .transports = cfg->transports,
                                .mplex = cfg->mplex,
                                .no_yamux = cfg->no_yamux};
    int rv = p2p__key_generate_env(P2P_KEY_ED25519, &h->env, &c->key);

    c->host = h;
    if (rv != 0) {
        return rv;
    }
    p2p__limits_default(&limits);
    limits.host_memory = MEMORY_BYTES;
    limits.dial_ns = limits.upgrade_ns = P2P__SEC(dial_s);
    sc.key = c->key;
    rv = p2p__swarm_new(&sc, &c->swarm);
    if (rv == 0) {
        c->swarm->gate.may = may;
        c->swarm->gate.user = c;
    }
    return rv;
}

void p2p__caller_fini(struct p2p__caller *c)
{
    if (c->swarm != NULL) {
        p2p__swarm_free(c->swarm, p2p__host_now(c->host));
        c->swarm = NULL;
    }
    p2p_key_free(c->key);
    c->key = NULL;
}

bool p2p__caller_can(const struct p2p__caller *c,
                     const struct p2p_multiaddr *ma)
{
    struct p2p__maddr_waist waist;

    return p2p__maddr_waist(ma, &waist) == 0 &&
           p2p__transports_find(&c->swarm->transports, ma, &waist) != NULL;
}

static void tell(struct p2p__call *call, enum p2p__call_outcome outcome,
                 const struct p2p_multiaddr *at, p2p_ns now)
{
    if (!call->told) {
        call->told = true;
        call->cb->outcome(call->user, outcome, at, now);
    }
}

/* It is over. */
static void end(struct p2p__call *call, p2p_ns now)
{
    const struct p2p__call_cb *cb = call->cb;

    if (!call->caller->swarm->closing) {
        (void)p2p__swarm_disconnect(call->caller->swarm, &call->id);
    }
    call->cb = NULL;
    cb->ended(call->user, now);
}

static void on_events(void *user, p2p_ns now)
{
    struct p2p__call *call = user;

    if (p2p__autonat_back_next(&call->back)) {
        tell(call, P2P__CALL_REACHED, NULL, now);
    }
}

static void on_done(void *user, int status, p2p_ns now)
{
    struct p2p__call *call = user;
    /* go resets the stream behind its answer, which is lost with QUIC; whether
     * the nonce was right, who asked knows. */
    const bool heard = status == P2P_ERESET && call->back.talk.over;

    p2p__attach_fini(&call->a);
    p2p__autonat_back_fini(&call->back);
    tell(call, heard ? P2P__CALL_REACHED : P2P__CALL_NOT_HEARD, NULL, now);
    end(call, now);
}

static const struct p2p__attach_cb attach_cb = {
    .events = on_events,
    .done = on_done,
};

/* Says the nonce on the connection that there is now. 0, or why not. */
static int say(struct p2p__call *call, struct p2p__peer *peer, p2p_ns now)
{
    static const char *const names[] = {P2P__AUTONAT_V2_BACK_PROTOCOL};
    const struct p2p__stream_want want = {
        .peer = peer, .protocols = names, .n = 1, .path = P2P__PATH_DIRECT};
    struct p2p__autonat_talk_cfg cfg = {.quota = &peer->quota};
    struct p2p_stream *s;
    int err;

    s = p2p__stream_want(&want, now, &err);
    if (s == NULL) {
        return err;
    }
    p2p__attach_init(&call->a, call->caller->host, &attach_cb, call);
    cfg.owner = &call->a.job;
    p2p__autonat_back_say(&call->back, &cfg, call->nonce, now);
    p2p__attach_start(&call->a, s, &p2p__autonat_back_ops, &call->back);
    return 0;
}

static void on_dialed(void *user, int status, struct p2p__conn *c, p2p_ns now)
{
    struct p2p__call *call = user;
    struct p2p_multiaddr at;

    if (status == 0 && call->says) {
        if (say(call, c->peer, now) == 0) {
            return;
        }
        tell(call, P2P__CALL_NOT_HEARD, NULL, now);
    } else if (status == 0) {
        p2p__conn_maddr(c, &at);
        tell(call, P2P__CALL_REACHED, &at, now);
    } else {
        tell(call, P2P__CALL_NOT_REACHED, NULL, now);
    }
    end(call, now);
}

int p2p__call(struct p2p__call *call, struct p2p__caller *c,
              const struct p2p__call_want *want, const struct p2p__call_cb *cb,
              void *user)
{
    const p2p_ns now = p2p__host_now(c->host);
    struct p2p_multiaddr ma = want->addrs[0];
    const struct p2p__peer *peer;
    int rv = p2p_multiaddr_append_peer(&ma, want->id);

    assert(want->n_addrs > 0 && call->cb == NULL);
    *call = (struct p2p__call){.caller = c,
                               .user = user,
                               .id = *want->id,
                               .nonce = want->nonce,
                               .says = want->says};
    if (rv == 0) {
        rv = p2p__dial_addr(c->swarm, &ma, on_dialed, call, now);
    }
    if (rv != 0) {
        return rv;
    }
    call->cb = cb;
    peer = p2p__book_find(&c->swarm->book, want->id);
    for (size_t i = 1; i < want->n_addrs && peer != NULL && peer->dial != NULL;
         i++) {
        (void)p2p__dial_add_maddr(peer->dial, &want->addrs[i], now);
    }
    return 0;
}
