/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From relayed connections to direct ones: see p2p/dcutr.h. Happy path of who
 * was called by a relay: identify tells where the peer is, proto/dcutr/plan.h
 * what comes next: a dial, a talk, a punch. Of who called: it answers a talk
 * and punches. A direct connection, whoever made it, is the end of both; the
 * swarm then does what it does with the lesser of two. Failure modes: nobody
 * sees us anywhere; the peer does not speak it, or not in time; too many
 * attempts, of the peer or of all. Then the relayed connection stays.
 */
#include "p2p/dcutr.h"

#include "base/config.h"
#include "base/mem.h"
#include "host/attach.h"
#include "host/mapped.h"
#include "proto/dcutr/budget.h"
#include "proto/dcutr/plan.h"
#include "proto/dcutr/seen.h"
#include "proto/dcutr/talk.h"
#include "stack/knock.h"

/* How long identify may take before we go on without it. */
#define IDENTIFY_NS P2P__SEC(5)

/* How long who answered waits for the next attempt of who initiates. */
#define NEXT_NS P2P__SEC(10)

struct p2p__host_dcutr {
    struct p2p_host *host;
    struct p2p__list upgrades;
    size_t n_upgrades;
    enum p2p__dcutr_reach reach;
    struct p2p__rates budget;
    struct p2p__dcutr_seen seen;
    struct p2p_dcutr_config cfg;
};

/* A peer with whom we want a direct connection. */
struct upgrade {
    struct p2p__list link;
    struct p2p__timer timer;
    struct p2p__host_dcutr *dcutr;
    struct p2p__peer *peer; /* counted */
    struct p2p__dcutr_plan plan;
    struct p2p__dcutr_addrs addrs; /* the peer's, of the last talk */
    struct p2p__knock knock;
    struct conversation *talk; /* NULL: none that matters */
    struct p2p__dial *dial;    /* NULL: none */
    p2p_ns began;
    p2p_ns ends; /* if nothing happens until then */
    unsigned answered;
    bool initiates;
    bool planned;
    bool dials;  /* and does not punch */
    bool failed; /* the dial, or the talk, since we looked */
};

/* A talk on a stream. */
struct conversation {
    struct p2p__attach a;
    struct p2p__dcutr_talk core;
    struct upgrade *upgrade; /* NULL: it does not matter any more */
};

/* What is under way ends, if it has not. */
static void halt(struct upgrade *u, p2p_ns now)
{
    if (u->dial != NULL) {
        p2p__dial_cancel(u->dial, now);
        u->dial = NULL;
    }
    if (u->talk != NULL) {
        u->talk->upgrade = NULL;
        u->talk = NULL;
    }
    p2p__knock_stop(&u->knock);
    u->dials = u->failed = false;
}

static unsigned attempts(const struct upgrade *u)
{
    return u->initiates ? p2p__dcutr_plan_attempts(&u->plan) : u->answered;
}

static void drop(struct upgrade *u, p2p_ns now)
{
    halt(u, now);
    p2p__list_remove(&u->link);
    u->dcutr->n_upgrades--;
    p2p__timer_fini(&u->timer);
    p2p__peer_unref(u->peer);
    p2p__free(u);
}

/* It is over, well or not. */
static void finish(struct upgrade *u, bool ok, p2p_ns now)
{
    const struct p2p_dcutr_config cfg = u->dcutr->cfg;
    const struct p2p_dcutr_result result = {
        .peer = u->peer->id,
        .ok = ok,
        .initiator = u->initiates,
        .attempts = attempts(u),
        .ms = (uint32_t)((now - u->began) / P2P__MS(1))};
    char id[P2P_PEER_ID_TEXT_MAX];

    P2P__LOG(u->dcutr->host->env.log, INFO, "dcutr.%s peer=%s attempts=%u",
             ok ? "done" : "failed", p2p_peer_id_text(&u->peer->id, id),
             (unsigned)result.attempts);
    drop(u, now);
    if (cfg.done != NULL) {
        cfg.done(cfg.user, &result);
    }
}

static struct upgrade *find(const struct p2p__host_dcutr *d,
                            const struct p2p__peer *peer)
{
    P2P__LIST_EACH (it, &d->upgrades) {
        struct upgrade *u = P2P__CONTAINER(it, struct upgrade, link);

        if (u->peer == peer) {
            return u;
        }
    }
    return NULL;
}

/* Where a peer can dial us: where we are seen, where a gateway lets others in,
 * confirmed or not, and what we tell all. */
static void own_addrs(struct p2p__host_dcutr *d, struct p2p__dcutr_addrs *out)
{
    struct p2p_multiaddr mapped;
    struct p2p_multiaddr told[P2P__CAP_OWN_ADDRS];
    const size_t n = p2p__min(p2p_host_addrs(d->host, told, P2P__CAP_OWN_ADDRS),
                              P2P__CAP_OWN_ADDRS);

    out->n = 0;
    p2p__dcutr_seen_list(&d->seen, d->reach, out);
    for (size_t i = 0; p2p__host_mapped_addr(d->host, i, &mapped); i++) {
        (void)p2p__dcutr_add(out, &mapped, d->reach);
    }
    for (size_t i = 0; i < n; i++) {
        (void)p2p__dcutr_add(out, &told[i], d->reach);
    }
}

/* Where the book has a peer, as far as that may be dialed. */
static void book_addrs(const struct upgrade *u, struct p2p__dcutr_addrs *out)
{
    struct p2p_multiaddr ma;

    out->n = 0;
    P2P__LIST_EACH (it, &u->peer->addrs) {
        const struct p2p__peer_addr *a =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        if (p2p_multiaddr_from_bytes(a->bytes, a->len, &ma) == 0) {
            (void)p2p__dcutr_add(out, &ma, u->dcutr->reach);
        }
    }
}

static void on_dialed(void *user, int status, struct p2p__conn *c, p2p_ns now)
{
    struct upgrade *u = user;

    (void)c;
    u->dial = NULL;
    if (status < 0 && u->dials) {
        u->failed = true;
    } else if (status < 0 && u->initiates && u->knock.n == 0) {
        p2p__dcutr_plan_hasten(&u->plan, now);
    }
    p2p__timer_set(&u->timer, now);
}

/* Dials addresses. Whether that began. */
static bool dial(struct upgrade *u, const struct p2p__dcutr_addrs *addrs,
                 enum p2p__dial_way way, p2p_ns now)
{
    const struct p2p__dial_order order = {.peer = &u->peer->id,
                                          .addrs = addrs->list,
                                          .n_addrs = addrs->n,
                                          .way = way,
                                          .done = on_dialed,
                                          .user = u};

    return p2p__dial_these(u->dcutr->host->swarm, &order, &u->dial, now) == 0;
}

/* Both ends do it now. Whether there is anything to do. */
static bool punch(struct upgrade *u, p2p_ns now)
{
    bool knocks;

    if (!u->initiates || p2p__dcutr_plan_is_client(&u->plan)) {
        return dial(u, &u->addrs, P2P__DIAL_AS_CLIENT, now);
    }
    knocks = p2p__knock_start(&u->knock, &u->peer->id, u->addrs.list,
                              u->addrs.n, now);
    return dial(u, &u->addrs, P2P__DIAL_AS_SERVER, now) || knocks;
}

static void on_talk_events(void *user, p2p_ns now)
{
    struct conversation *t = user;
    struct upgrade *u = t->upgrade;
    struct p2p__dcutr_go go;

    if (!p2p__dcutr_talk_next(&t->core, &go) || u == NULL) {
        return;
    }
    u->addrs = *go.addrs;
    u->talk = NULL;
    t->upgrade = NULL;
    if (u->initiates) {
        p2p__dcutr_plan_agreed(&u->plan, go.at);
    } else {
        u->ends = p2p__ns_after(now, P2P__DCUTR_PUNCH_NS + NEXT_NS);
        (void)punch(u, now);
    }
    p2p__timer_set(&u->timer, u->initiates ? go.at : u->ends);
}

static void on_talk_done(void *user, int status, p2p_ns now)
{
    struct conversation *t = user;
    struct upgrade *u = t->upgrade;

    if (u != NULL) { /* it came to nothing */
        u->talk = NULL;
        u->failed = true;
        u->ends = status == P2P_ENOPROTO ? now : u->ends;
        p2p__timer_set(&u->timer, now);
    }
    p2p__attach_fini(&t->a);
    p2p__dcutr_talk_fini(&t->core);
    p2p__free(t);
}

static const struct p2p__attach_cb talk_cb = {
    .events = on_talk_events,
    .done = on_talk_done,
};

/* Talks on a stream. 0, P2P_ENOADDR or P2P_ENOMEM. */
static int start_talk(struct upgrade *u, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__dcutr_addrs own;
    struct p2p__dcutr_talk_cfg cfg = {.initiates = u->initiates,
                                      .reach = u->dcutr->reach,
                                      .own = &own,
                                      .quota = &s->peer->quota};
    struct conversation *t;

    own_addrs(u->dcutr, &own);
    if (own.n == 0) {
        return P2P_ENOADDR;
    }
    t = p2p__zalloc(sizeof *t);
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    t->upgrade = u;
    u->talk = t;
    p2p__attach_init(&t->a, u->dcutr->host, &talk_cb, t);
    cfg.owner = &t->a.job;
    p2p__dcutr_talk_init(&t->core, &cfg, now);
    p2p__attach_start(&t->a, s, &p2p__dcutr_talk_ops, &t->core);
    return 0;
}

/* Whether a peer may have an attempt now; then it is counted. */
static int attempt(struct p2p__host_dcutr *d, const struct p2p__peer *peer,
                   p2p_ns now)
{
    const struct p2p__fair_who who = {.id = &peer->id};

    return p2p__rates_take(&d->budget, &who, now);
}

/* Asks the peer to punch. 0, or why there is no use in going on. */
static int ask(struct upgrade *u, p2p_ns now)
{
    struct p2p_host *h = u->dcutr->host;
    const struct p2p__conn *c = p2p__peer_primary(u->peer);
    struct p2p_stream *s;
    int rv = c == NULL ? P2P_ECLOSED : attempt(u->dcutr, u->peer, now);

    if (rv != 0) {
        return rv;
    }
    s = p2p__host_open(h, &u->peer->id, P2P__DCUTR_PROTOCOL, P2P__PATH_ANY,
                       &rv);
    if (s == NULL) {
        return rv;
    }
    rv = start_talk(u, s, now);
    if (rv != 0) {
        p2p__stream_reset(s, rv);
    }
    return rv;
}

/* Dials where the peer says that it can be reached by all. */
static bool dial_public(struct upgrade *u, p2p_ns now)
{
    struct p2p__dcutr_addrs addrs;

    book_addrs(u, &addrs);
    return addrs.n > 0 && attempt(u->dcutr, u->peer, now) == 0 &&
           dial(u, &addrs, P2P__DIAL_APART, now);
}

/* Does what is next. Whether it goes on. */
static bool step(struct upgrade *u, enum p2p__dcutr_step what, p2p_ns now)
{
    halt(u, now);
    switch (what) {
        case P2P__DCUTR_DIAL:
            u->dials = dial_public(u, now);
            u->failed = !u->dials;
            return true;
        case P2P__DCUTR_TALK:
            return ask(u, now) == 0;
        case P2P__DCUTR_PUNCH:
            u->failed = !punch(u, now);
            return true;
        default:
            return false;
    }
}

/* Follows the plan. */
static void pump(struct upgrade *u, p2p_ns now)
{
    enum p2p__dcutr_step what;

    if (!u->planned) { /* identify has told, or takes too long */
        u->planned = true;
        u->ends = P2P_NEVER;
        p2p__dcutr_plan_init(&u->plan, true, now);
    }
    do {
        if (u->failed) {
            u->failed = false;
            p2p__dcutr_plan_failed(&u->plan, now);
        }
        p2p__dcutr_plan_expire(&u->plan, now);
        what = p2p__dcutr_plan_next(&u->plan, now);
        if (what != P2P__DCUTR_WAIT && !step(u, what, now)) {
            finish(u, false, now);
            return;
        }
    } while (u->failed);
    p2p__timer_set(&u->timer, p2p__dcutr_plan_deadline(&u->plan));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct upgrade *u = P2P__CONTAINER(timer, struct upgrade, timer);

    if (p2p__peer_conn(u->peer, P2P__PATH_DIRECT) != NULL) {
        finish(u, true, now);
    } else if (u->planned && now >= u->ends) {
        finish(u, false, now);
    } else if (u->initiates) {
        pump(u, now);
    } else {
        p2p__timer_set(&u->timer, u->ends);
    }
}

/* An upgrade that has nothing to do yet; NULL: too many, or no memory. */
static struct upgrade *upgrade_new(struct p2p__host_dcutr *d,
                                   struct p2p__peer *peer, bool initiates,
                                   p2p_ns now)
{
    struct upgrade *u =
        d->n_upgrades < P2P__CAP_DCUTR_UPGRADES ? p2p__zalloc(sizeof *u) : NULL;

    if (u == NULL) {
        return NULL;
    }
    u->dcutr = d;
    u->peer = p2p__peer_ref(peer);
    u->initiates = initiates;
    u->planned = !initiates;
    u->began = now;
    u->ends = p2p__ns_after(now, IDENTIFY_NS);
    p2p__knock_init(&u->knock, d->host->swarm);
    p2p__timer_init(&u->timer, d->host->world->q, on_due);
    p2p__list_init(&u->link);
    p2p__list_push(&d->upgrades, &u->link);
    d->n_upgrades++;
    p2p__timer_set(&u->timer, u->ends);
    return u;
}

/* Begins with a peer that came by a relay, if there is no better way yet;
 * NULL: it did not come so, or there is. */
static struct upgrade *begin(struct p2p__host_dcutr *d,
                             const struct p2p__conn *c, p2p_ns now)
{
    if (!c->relayed || c->dialer ||
        p2p__peer_conn(c->peer, P2P__PATH_DIRECT) != NULL) {
        return NULL;
    }
    return upgrade_new(d, c->peer, true, now);
}

void p2p__host_dcutr_conn(struct p2p_host *h, struct p2p__conn *c, p2p_ns now)
{
    struct upgrade *u = h->dcutr == NULL ? NULL : find(h->dcutr, c->peer);
    bool soon = u != NULL && !c->relayed; /* its dial is not done with it */

    if (h->dcutr != NULL && u == NULL) {
        u = begin(h->dcutr, c, now);
        soon = u != NULL && p2p__host_is_identified(c->peer);
    }
    if (soon) {
        p2p__timer_set(&u->timer, now);
    }
}

void p2p__host_dcutr_identified(struct p2p_host *h,
                                const struct p2p__dcutr_news *news, p2p_ns now)
{
    const struct p2p__conn *c = news->conn;
    struct p2p__host_dcutr *d = h->dcutr;
    struct upgrade *u;

    if (d == NULL) {
        return;
    }
    if (news->seen->len > 0 && p2p__listener_is_at(c) &&
        (c->dialer || p2p__host_reserved_at(h, &c->peer->id))) {
        (void)p2p__dcutr_seen_note(&d->seen, &c->peer->id, news->seen,
                                   d->reach);
    }
    u = find(d, c->peer);
    if (u == NULL && news->speaks) { /* it may not have when it came */
        u = begin(d, c, now);
    }
    if (u != NULL && !u->planned) {
        p2p__timer_set(&u->timer, now);
    }
}

void p2p__host_dcutr_gone(struct p2p_host *h, struct p2p__peer *peer,
                          p2p_ns now)
{
    struct upgrade *u = h->dcutr == NULL ? NULL : find(h->dcutr, peer);

    if (u != NULL) {
        finish(u, false, now);
    }
}

/* Of two that came to each other by relays one initiates: not the one with the
 * smaller id. */
static bool gives_way(const struct upgrade *u)
{
    return !u->initiates ||
           p2p_peer_id_compare(&u->dcutr->host->swarm->self, &u->peer->id) < 0;
}

/* The upgrade that a peer's stream is for, made if need be; NULL: it is not
 * wanted. */
static struct upgrade *answering(struct p2p__host_dcutr *d,
                                 const struct p2p_stream *s, p2p_ns now)
{
    struct upgrade *u = find(d, s->peer);

    if (!s->conn->relayed || (u == NULL && !s->conn->dialer) ||
        p2p__peer_conn(s->peer, P2P__PATH_DIRECT) != NULL ||
        (u != NULL && !gives_way(u)) || attempt(d, s->peer, now) != 0) {
        return NULL;
    }
    if (u == NULL) {
        return upgrade_new(d, s->peer, false, now);
    }
    halt(u, now);
    u->initiates = false;
    u->planned = true;
    return u;
}

static void on_inbound(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct upgrade *u = answering(user, s, now);

    if (u == NULL) {
        p2p__stream_reset(s, P2P_ELIMIT);
        return;
    }
    u->answered++;
    u->ends = p2p__ns_after(now, P2P__DCUTR_TALK_TIMEOUT + NEXT_NS);
    p2p__timer_set(&u->timer, u->ends);
    if (start_talk(u, s, now) != 0) {
        p2p__stream_reset(s, P2P_ENOADDR);
    }
}

int p2p__host_dcutr_init(struct p2p_host *h,
                         const struct p2p_dcutr_config *given)
{
    struct p2p__host_dcutr *d;
    struct p2p_dcutr_config cfg;
    uint64_t seed[2];

    if (given == NULL) {
        return 0;
    }
    if (p2p__config_read(&cfg, sizeof cfg, given) != 0) {
        return P2P_EINVAL;
    }
    d = p2p__zalloc(sizeof *d);
    if (d == NULL) {
        return P2P_ENOMEM;
    }
    d->host = h;
    d->cfg = cfg;
    d->reach = cfg.private_addrs ? P2P__DCUTR_ALL : P2P__DCUTR_PUBLIC;
    p2p__list_init(&d->upgrades);
    p2p__env_seed(&h->env, seed);
    p2p__dcutr_budget_init(&d->budget, seed);
    h->dcutr = d;
    h->swarm->lend = cfg.private_addrs ? P2P__LEND_ALWAYS : P2P__LEND_PUBLIC;
    return p2p__handlers_set(&h->swarm->handlers, P2P__DCUTR_PROTOCOL,
                             on_inbound, d);
}

void p2p__host_dcutr_fini(struct p2p_host *h)
{
    struct p2p__host_dcutr *d = h->dcutr;

    if (d == NULL) {
        return;
    }
    P2P__LIST_EACH_SAFE (it, &d->upgrades) {
        drop(P2P__CONTAINER(it, struct upgrade, link), p2p__host_now(h));
    }
    p2p__rates_fini(&d->budget);
    p2p__free(d);
    h->dcutr = NULL;
}
