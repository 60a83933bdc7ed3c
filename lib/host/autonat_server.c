/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host that dials others back, v1 and v2: off unless its configuration says
 * so. Happy path: a peer asks, the books agree, it is called where it wants to
 * be, after it paid if that is not where it asks from, and hears what came of
 * it. Failure modes: limits, and what may not be dialed, are said so. That
 * nobody was reached is said when the time for it is over, not before, so that
 * how long it took says nothing of who is there (T34).
 */
#include "base/config.h"
#include "base/mem.h"
#include "host/autonat.h"
#include "host/caller.h"
#include "p2p/autonat.h"
#include "proto/autonat/books.h"
#include "proto/autonat/server_v1.h"
#include "proto/autonat/server_v2.h"
#include "wire/addr_class.h"
#include "wire/maddr.h"

/* Somebody who is not the asker is dialed after a while of up to this, so that
 * many servers do not dial him at once; go has the same. */
#define WAIT_NS P2P__SEC(3)

struct p2p__host_autonat_server {
    struct p2p_host *host;
    struct p2p__autonat_books books;
    struct p2p__caller caller;
    struct p2p__list requests;
    uint32_t n_requests;
    uint32_t dial_s;
    bool (*allow)(void *user, const struct p2p_peer_id *peer); /* or NULL */
    void *user;
};

/* What a request is waiting for. */
enum stage {
    STAGE_ASKED, /* the asker, or nothing */
    STAGE_WAITS, /* for its turn */
    STAGE_CALLS,
    STAGE_FAILED /* until that may be told */
};

/* A peer that asks. */
struct request {
    struct p2p__list link;
    struct p2p__host_autonat_server *server;
    struct p2p__attach a;
    struct p2p__timer timer;
    struct p2p__call call;
    struct p2p__autonat_work work;
    struct p2p_peer_id id;
    struct p2p__addr from;
    struct p2p_multiaddr target; /* v2 */
    uint32_t index;              /* v2: of the target */
    enum stage stage;
    bool v2;
    bool gone; /* the asker's stream is */
    union {
        struct p2p__autonat_server_v1 v1;
        struct p2p__autonat_server_v2 v2;
    } core;
};

/* Whether a request may be worked on now; else why not. */
static int begin_work(struct request *r, p2p_ns now)
{
    const struct p2p__fair_who who = {&r->id, &r->from};

    return p2p__autonat_books_begin(&r->server->books, &who, &r->work, now);
}

/* The work on a request is done when nobody is called for it. */
static void end_work(struct request *r)
{
    if (r->call.cb == NULL) {
        p2p__autonat_books_end(&r->server->books, &r->work);
    }
}

/* Frees a request of which nothing is under way. */
static void put(struct request *r)
{
    if (!r->gone || r->call.cb != NULL) {
        return;
    }
    end_work(r);
    p2p__timer_fini(&r->timer);
    p2p__list_remove(&r->link);
    r->server->n_requests--;
    p2p__free(r);
}

/* There is nothing to wait for any more but the asker. */
static void settle(struct request *r)
{
    end_work(r);
    p2p__timer_set(&r->timer, P2P_NEVER);
    r->stage = STAGE_ASKED;
}

static void answer_v1(struct request *r, enum p2p__autonat_v1_status status,
                      const struct p2p_multiaddr *addr)
{
    settle(r);
    if (!r->gone) {
        p2p__autonat_server_v1_answer(&r->core.v1, status, addr);
    }
}

static void answer_v2(struct request *r, enum p2p__autonat_v2_status status,
                      enum p2p__autonat_v2_dial dial)
{
    settle(r);
    if (!r->gone) {
        p2p__autonat_server_v2_answer(&r->core.v2, status, r->index, dial);
    }
}

/* Nobody was reached. */
static void answer_failed(struct request *r)
{
    if (r->v2) {
        answer_v2(r, P2P__AUTONAT_V2_OK, P2P__AUTONAT_V2_DIAL_ERROR);
    } else {
        answer_v1(r, P2P__AUTONAT_V1_DIAL_ERROR, NULL);
    }
}

static void on_outcome(void *user, enum p2p__call_outcome outcome,
                       const struct p2p_multiaddr *at, p2p_ns now)
{
    struct request *r = user;

    (void)now;
    if (r->stage != STAGE_CALLS) {
        return; /* too late: it was told that nobody was reached */
    }
    if (outcome == P2P__CALL_NOT_REACHED) {
        r->stage = STAGE_FAILED;
    } else if (!r->v2) {
        answer_v1(r, P2P__AUTONAT_V1_OK, at);
    } else {
        answer_v2(r, P2P__AUTONAT_V2_OK,
                  outcome == P2P__CALL_REACHED
                      ? P2P__AUTONAT_V2_DIAL_OK
                      : P2P__AUTONAT_V2_DIAL_BACK_ERROR);
    }
}

static void on_ended(void *user, p2p_ns now)
{
    (void)now;
    end_work(user);
    put(user);
}

static const struct p2p__call_cb call_cb = {
    .outcome = on_outcome,
    .ended = on_ended,
};

/* Calls who asks; a failure is told when the time is up. */
static void call(struct request *r, const struct p2p_multiaddr *addrs, size_t n,
                 p2p_ns now)
{
    const struct p2p__call_want want = {
        .id = &r->id,
        .addrs = addrs,
        .n_addrs = n,
        .says = r->v2,
        .nonce = r->v2 ? r->core.v2.request.nonce : 0};

    r->stage = STAGE_CALLS;
    p2p__timer_set(&r->timer, p2p__ns_after(now, P2P__SEC(r->server->dial_s)));
    if (p2p__call(&r->call, &r->server->caller, &want, &call_cb, r) != 0) {
        r->stage = STAGE_FAILED;
    }
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct request *r = P2P__CONTAINER(timer, struct request, timer);

    if (r->stage == STAGE_WAITS) {
        call(r, &r->target, 1, now);
    } else if (r->stage != STAGE_ASKED) {
        answer_failed(r);
    }
}

/* Who asks v1 is who is at the other end, if it says who it is. */
static bool is_own(const struct request *r,
                   const struct p2p__autonat_v1_msg *msg)
{
    return msg->peer.len == 0 ||
           (msg->peer.len == r->id.len &&
            memcmp(msg->peer.p, r->id.bytes, r->id.len) == 0);
}

/* Those of the addresses that can be dialed stay. */
static size_t sift(const struct request *r, struct p2p_multiaddr *addrs,
                   size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (p2p__caller_can(&r->server->caller, &addrs[i])) {
            addrs[kept++] = addrs[i];
        }
    }
    return kept;
}

static void on_asked_v1(struct request *r,
                        const struct p2p__autonat_v1_msg *msg, p2p_ns now)
{
    struct p2p_multiaddr addrs[P2P__CAP_AUTONAT_ADDRS];
    size_t n;

    if (!is_own(r, msg)) {
        answer_v1(r, P2P__AUTONAT_V1_BAD_REQUEST, NULL);
        return;
    }
    n = p2p__autonat_v1_targets(&r->server->books, &msg->addrs, &r->from, addrs,
                                P2P__COUNT(addrs));
    n = sift(r, addrs, n);
    if (n == 0 || begin_work(r, now) != 0) {
        answer_v1(r, P2P__AUTONAT_V1_DIAL_REFUSED, NULL);
        return;
    }
    call(r, addrs, n, now);
}

/* Whether a machine with this address gets to others of its family. NAT brings
 * private IPv4 addresses to the internet; of IPv6, loopback and link-local ones
 * are everywhere, and private ones end at home. */
static bool leads_out(const struct p2p__host_autonat_server *s,
                      const struct p2p__addr *a)
{
    const enum p2p__addr_class class = p2p__addr_class(a);

    return class == P2P__ADDR_PUBLIC ||
           (class == P2P__ADDR_PRIVATE &&
            (a->family == 4 || s->books.limits.private_addrs));
}

/* Whether dialing an address of the family says something about who is there
 * and not about us. */
static bool has_family(const struct p2p__host_autonat_server *s, uint8_t family)
{
    struct p2p__iface ifaces[P2P__ROAM_IFACES];
    const size_t n = p2p__host_ifaces(s->host, ifaces);

    for (size_t i = 0; i < n; i++) {
        if (ifaces[i].addr.family == family && leads_out(s, &ifaces[i].addr)) {
            return true;
        }
    }
    return false;
}

/* Picks the first address that we are willing to dial; false: there is none.
 */
static bool choose(struct request *r, bool *elsewhere)
{
    const struct p2p__host_autonat_server *s = r->server;
    struct p2p__autonat_walk walk;
    struct p2p__maddr_waist waist;
    int i;

    p2p__autonat_walk_init(&walk, &r->core.v2.request.addrs);
    i = p2p__autonat_v2_target(&s->books, &r->from, &walk, &r->target);
    while (i >= 0) {
        if (p2p__caller_can(&s->caller, &r->target) &&
            p2p__maddr_waist(&r->target, &waist) == 0 &&
            has_family(s, waist.addr.family)) {
            r->index = (uint32_t)i;
            *elsewhere = !p2p__addr_same_ip(&waist.addr, &r->from);
            return true;
        }
        i = p2p__autonat_v2_target(&s->books, &r->from, &walk, &r->target);
    }
    return false;
}

/* A random number below a bound. */
static uint64_t below(const struct request *r, uint64_t bound)
{
    struct p2p_host *h = r->server->host;
    uint64_t n;

    h->env.random(&h->env, &n, sizeof n);
    return n % bound;
}

static void on_asked_v2(struct request *r, p2p_ns now)
{
    struct p2p__autonat_books *books = &r->server->books;
    bool elsewhere = false;

    if (begin_work(r, now) != 0) {
        answer_v2(r, P2P__AUTONAT_V2_REQUEST_REJECTED,
                  P2P__AUTONAT_V2_DIAL_UNUSED);
    } else if (!choose(r, &elsewhere)) {
        answer_v2(r, P2P__AUTONAT_V2_DIAL_REFUSED, P2P__AUTONAT_V2_DIAL_UNUSED);
    } else if (!elsewhere) {
        call(r, &r->target, 1, now);
    } else if (p2p__autonat_books_may_charge(books, now)) {
        p2p__autonat_server_v2_charge(
            &r->core.v2, r->index,
            P2P__AUTONAT_DATA_MIN_BYTES +
                (uint32_t)below(r, P2P__CAP_AUTONAT_DATA_BYTES -
                                       P2P__AUTONAT_DATA_MIN_BYTES));
    } else {
        answer_v2(r, P2P__AUTONAT_V2_REQUEST_REJECTED,
                  P2P__AUTONAT_V2_DIAL_UNUSED);
    }
}

static void on_events(void *user, p2p_ns now)
{
    struct request *r = user;
    const struct p2p__autonat_v1_msg *msg;
    enum p2p__autonat_server_v2_ev ev;

    if (!r->v2) {
        msg = p2p__autonat_server_v1_next(&r->core.v1);
        if (msg != NULL) {
            on_asked_v1(r, msg, now);
        }
        return;
    }
    ev = p2p__autonat_server_v2_next(&r->core.v2);
    if (ev == P2P__AUTONAT_SERVER_ASKED) {
        on_asked_v2(r, now);
    } else if (ev == P2P__AUTONAT_SERVER_PAID) {
        r->stage = STAGE_WAITS;
        p2p__timer_set(&r->timer, p2p__ns_after(now, below(r, WAIT_NS)));
    }
}

static void on_done(void *user, int status, p2p_ns now)
{
    struct request *r = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&r->a);
    if (r->v2) {
        p2p__autonat_server_v2_fini(&r->core.v2);
    } else {
        p2p__autonat_server_v1_fini(&r->core.v1);
    }
    r->gone = true;
    put(r);
}

static const struct p2p__attach_cb attach_cb = {
    .events = on_events,
    .done = on_done,
};

/* Whether somebody may ask. Over a relay he has no IP address that he could be
 * held to. */
static bool may_ask(const struct p2p__host_autonat_server *s,
                    const struct p2p_stream *stream)
{
    return stream->conn != NULL && !stream->conn->relayed &&
           (s->allow == NULL || s->allow(s->user, &stream->peer->id));
}

/* A peer asks. */
static void serve(struct p2p__host_autonat_server *s, struct p2p_stream *stream,
                  bool v2, p2p_ns now)
{
    struct p2p__autonat_talk_cfg cfg = {.quota = &stream->peer->quota};
    struct request *r;

    if (!may_ask(s, stream)) {
        p2p__stream_reset(stream, P2P_EACCES);
        return;
    }
    r = s->n_requests < P2P__CAP_AUTONAT_STREAMS ? p2p__zalloc(sizeof *r)
                                                 : NULL;
    if (r == NULL) {
        p2p__stream_reset(stream, P2P_ELIMIT);
        return;
    }
    s->n_requests++;
    r->server = s;
    r->v2 = v2;
    r->id = stream->peer->id;
    r->from = stream->conn->remote;
    p2p__list_push(&s->requests, &r->link);
    p2p__timer_init(&r->timer, s->host->world->q, on_due);
    p2p__attach_init(&r->a, s->host, &attach_cb, r);
    cfg.owner = &r->a.job;
    if (v2) {
        p2p__autonat_server_v2_init(&r->core.v2, &cfg, now);
        p2p__attach_start(&r->a, stream, &p2p__autonat_server_v2_ops,
                          &r->core.v2);
    } else {
        p2p__autonat_server_v1_init(&r->core.v1, &cfg, now);
        p2p__attach_start(&r->a, stream, &p2p__autonat_server_v1_ops,
                          &r->core.v1);
    }
}

static void on_v1(void *user, struct p2p_stream *stream, p2p_ns now)
{
    serve(user, stream, false, now);
}

static void on_v2(void *user, struct p2p_stream *stream, p2p_ns now)
{
    serve(user, stream, true, now);
}

static void init_books(struct p2p__host_autonat_server *s,
                       const struct p2p_autonat_server_config *cfg)
{
    const struct p2p__autonat_limits limits = {
        .rate_peer = cfg->per_peer,
        .rate_addr = cfg->per_addr,
        .rate_all = cfg->per_minute,
        .rate_other = cfg->max_elsewhere,
        .dials = cfg->max_dials,
        .private_addrs = cfg->private_addrs};
    uint64_t seed[2];

    p2p__env_seed(&s->host->env, seed);
    p2p__autonat_books_init(&s->books, &limits, seed);
}

int p2p__host_autonat_server_init(struct p2p_host *h,
                                  const struct p2p_host_config *cfg)
{
    struct p2p_autonat_server_config own;
    struct p2p__host_autonat_server *s;
    int rv;

    if (cfg->autonat_server == NULL) {
        return 0;
    }
    if (p2p__config_read(&own, sizeof own, cfg->autonat_server) != 0) {
        return P2P_EINVAL;
    }
    s = p2p__zalloc(sizeof *s);
    if (s == NULL) {
        return P2P_ENOMEM;
    }
    s->host = h;
    s->allow = own.allow;
    s->user = own.user;
    s->dial_s = own.dial_s != 0 ? own.dial_s : P2P__AUTONAT_DIAL_S;
    p2p__list_init(&s->requests);
    init_books(s, &own);
    h->autonat_server = s;
    rv = p2p__caller_init(&s->caller, h, cfg, s->dial_s);
    if (rv == 0) {
        rv = p2p__handlers_set(&h->swarm->handlers, P2P__AUTONAT_V1_PROTOCOL,
                               on_v1, s);
    }
    if (rv == 0) {
        rv = p2p__handlers_set(&h->swarm->handlers,
                               P2P__AUTONAT_V2_REQUEST_PROTOCOL, on_v2, s);
    }
    return rv;
}

void p2p__host_autonat_server_fini(struct p2p_host *h)
{
    struct p2p__host_autonat_server *s = h->autonat_server;

    if (s == NULL) {
        return;
    }
    p2p__caller_fini(&s->caller); /* the last requests end with their calls */
    assert(p2p__list_empty(&s->requests));
    p2p__autonat_books_fini(&s->books);
    p2p__free(s);
    h->autonat_server = NULL;
}
