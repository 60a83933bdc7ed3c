/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asking peers of a DHT. Happy path: the job pulls what the core wants to be
 * asked, each question goes out on a stream of its own, its answer goes back
 * to the core, and the job runs again. Failure modes: who cannot be reached, or
 * answers nonsense or nothing, has failed; that is told to the core.
 */
#include "host/kad.h"

#include "base/mem.h"
#include "host/ask.h"

/* How long what others say of addresses is believed. */
#define HEARSAY_NS P2P__SEC(600)

/* Between two dials to those we begin with, while we know so few that answer:
 * as go has them. */
#define AGAIN_NS P2P__SEC(30)
#define FEW      10U

/* A question on its way. */
struct flight {
    struct p2p__list link; /* kad->flights */
    struct p2p__host_kad *of;
    struct p2p__host_ask *ask;
    struct p2p__peer *peer; /* counted */
    uint64_t query;
};

struct p2p__kad_peer p2p__host_kad_peer(const struct p2p__peer *peer)
{
    struct p2p__kad_peer out = {.id = peer->id};
    const struct p2p__conn *c = p2p__peer_conn(peer, P2P__PATH_DIRECT);

    if (c != NULL) {
        out.at = c->remote;
    }
    return out;
}

void p2p__host_kad_own(struct p2p__host_kad *k)
{
    struct p2p_multiaddr all[P2P__CAP_OWN_ADDRS];
    const size_t n = p2p__min(p2p_host_addrs(k->host, all, P2P__CAP_OWN_ADDRS),
                              P2P__CAP_OWN_ADDRS);
    struct p2p__kad_addrs own = {0};

    for (size_t i = 0; i < n; i++) {
        p2p_multiaddr_strip_peer(&all[i]);
        (void)p2p__kad_addrs_add(&own, &all[i]);
    }
    p2p__kad_set_addrs(&k->core, &own);
}

void p2p__host_kad_addrs(struct p2p_host *h, p2p_ns now)
{
    struct p2p__host_kad *k = h->kad;

    if (k == NULL || !k->serves) {
        return; /* nobody tells of clients */
    }
    p2p__host_kad_own(k);
    if (k->told.len != k->core.own.len ||
        memcmp(k->told.bytes, k->core.own.bytes, k->told.len) != 0) {
        k->told = k->core.own;
        p2p__kad_moved(&k->core, now);
        p2p__host_kad_wake(k);
    }
}

static void end_flight(struct flight *f)
{
    p2p__list_remove(&f->link);
    p2p__peer_unref(f->peer);
    p2p__free(f);
}

/* Nothing came of a question. Our own limits say nothing about a peer: dials
 * that are full, or that wait after others. */
static void give_up(struct p2p__host_kad *k, uint64_t query,
                    const struct p2p_peer_id *peer, int why, p2p_ns now)
{
    const struct p2p_peer_id id = *peer;

    if (why == P2P_ELIMIT || why == P2P_ENOMEM) {
        p2p__kad_not_asked(&k->core, query, &id, now);
    } else {
        p2p__kad_failed(&k->core, query, &id, now);
    }
}

static void on_answered(void *user, int status, struct p2p__slice answer,
                        p2p_ns now)
{
    struct flight *f = user;
    const struct p2p__kad_peer peer = p2p__host_kad_peer(f->peer);
    struct p2p__host_kad *k = f->of;

    if (status == 0) {
        p2p__kad_answered(&k->core, f->query, &peer, answer, now);
    } else {
        give_up(k, f->query, &peer.id, status, now);
    }
    end_flight(f);
    p2p__host_kad_wake(k);
}

/* Addresses as the application has them; returns how many. */
static size_t expand(const struct p2p__kad_addrs *addrs,
                     struct p2p_multiaddr out[P2P__CAP_KAD_PEER_ADDRS])
{
    struct p2p__kad_addrs_walk walk;
    size_t n = 0;

    p2p__kad_addrs_walk_init(&walk, addrs);
    while (n < P2P__CAP_KAD_PEER_ADDRS &&
           p2p__kad_addrs_walk_next(&walk, &out[n])) {
        n++;
    }
    return n;
}

/* Notes where a peer is said to be; the first address comes first. With one
 * that is news the peer may be dialed at once: the others may have been lies,
 * and a lookup asks a peer a few times at most. */
static void learn(struct p2p__peer *peer, const struct p2p__kad_addrs *addrs,
                  p2p_ns now)
{
    struct p2p_multiaddr all[P2P__CAP_KAD_PEER_ADDRS];

    for (size_t i = expand(addrs, all); i > 0; i--) {
        if (!p2p__peer_has_addr(peer, all[i - 1].bytes, all[i - 1].len)) {
            peer->backoff_until = 0;
        }
        (void)p2p__peer_add_addr(peer, all[i - 1].bytes, all[i - 1].len,
                                 P2P__ADDR_HEARSAY,
                                 p2p__ns_after(now, HEARSAY_NS));
    }
}

/* The request of an event in memory of its own. 0, or why not. */
static int write_request(struct p2p__host_kad *k, const struct p2p__kad_ev *ev,
                         struct p2p__slice *out)
{
    struct p2p__slab *slab = p2p__slab_new(P2P__CAP_KAD_REQUEST_BYTES);
    struct p2p__pbw w;
    int len;

    if (slab == NULL) {
        return P2P_ENOMEM;
    }
    if (!ev->awaits) {
        p2p__host_kad_own(k); /* it says where we are */
    }
    p2p__pbw_init(&w, slab->data, slab->cap);
    p2p__kad_request(&k->core, ev, &w);
    len = p2p__pbw_end(&w);
    if (len < 0) {
        p2p__slab_unref(slab);
        return len;
    }
    *out =
        (struct p2p__slice){.p = slab->data, .len = (size_t)len, .slab = slab};
    return 0;
}

static int ask(struct p2p__host_kad *k, const struct p2p__kad_ev *ev,
               p2p_ns now)
{
    struct p2p__ask_want want = {
        .peer = &ev->peer->id,
        .protocol = k->protocol,
        .path = P2P__PATH_WHOLE,
        .cap = ev->awaits ? P2P__CAP_KAD_ANSWER_BYTES : 0,
        .timeout = P2P__KAD_ASK_TIMEOUT};
    const bool allowed = p2p__host_kad_has(k, want.peer);
    struct flight *f = allowed ? p2p__zalloc(sizeof *f) : NULL;
    int rv = !allowed    ? P2P_EACCES
             : f == NULL ? P2P_ENOMEM
                         : write_request(k, ev, &want.request);

    if (rv != 0) {
        p2p__free(f);
        return rv;
    }
    f->of = k;
    f->query = ev->query;
    p2p__list_push(&k->flights, &f->link);
    f->peer = p2p__host_peer(k->host, &ev->peer->id);
    if (f->peer == NULL) {
        p2p__slice_drop(&want.request);
        p2p__list_remove(&f->link);
        p2p__free(f);
        return P2P_ENOMEM;
    }
    learn(f->peer, &ev->peer->addrs, now);
    rv = p2p__host_ask(k->host, &want, on_answered, f, &f->ask);
    if (rv != 0) {
        end_flight(f);
    }
    return rv;
}

static struct p2p_dht_query *find(struct p2p__host_kad *k, uint64_t number)
{
    P2P__LIST_EACH (it, &k->queries) {
        struct p2p_dht_query *q =
            P2P__CONTAINER(it, struct p2p_dht_query, link);

        if (q->number == number) {
            return q;
        }
    }
    return NULL;
}

/* Tells who started a query. */
static void tell(struct p2p__host_kad *k, const struct p2p__kad_ev *ev)
{
    struct p2p_multiaddr addrs[P2P__CAP_KAD_PEER_ADDRS];
    struct p2p_dht_query *q = find(k, ev->query);
    struct p2p_dht_result result = {.status = ev->status,
                                    .value = ev->value.p,
                                    .value_len = ev->value.len,
                                    .addrs = addrs,
                                    .count = ev->count};
    struct p2p_dht_query told;

    if (q == NULL) {
        return;
    }
    if (ev->type == P2P__KAD_PROVIDER) {
        if (q->provider != NULL) {
            const size_t n = expand(&ev->peer->addrs, addrs);

            q->provider(q->user, &ev->peer->id, addrs, n);
        }
        return;
    }
    result.n_addrs = expand(ev->addrs, addrs);
    told = *q;
    p2p__list_remove(&q->link);
    p2p__free(q);
    told.done(told.user, &result);
}

/* Whether a peer is there for sure: pings of its connection are answered. */
static bool is_there(const struct p2p__host_kad *k,
                     const struct p2p_peer_id *id)
{
    const struct p2p__peer *peer = p2p__book_find(&k->host->swarm->book, id);

    return peer != NULL && p2p__peer_conn(peer, P2P__PATH_DIRECT) != NULL;
}

/* Asks what the core wants asked, where that is needed. */
static void ask_or_know(struct p2p__host_kad *k, const struct p2p__kad_ev *ev,
                        p2p_ns now)
{
    const struct p2p__kad_peer peer = *ev->peer;
    int rv;

    if (ev->check && is_there(k, &peer.id)) {
        p2p__kad_answered(&k->core, ev->query, &peer, (struct p2p__slice){0},
                          now);
        return;
    }
    rv = ask(k, ev, now);
    if (rv != 0) {
        give_up(k, ev->query, &peer.id, rv, now);
    }
}

/* Does what the core wants. Those that are told of the end of a query may
 * start others, which may end at once: no more than so many end at a time. */
static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__host_kad *k = P2P__CONTAINER(job, struct p2p__host_kad, job);
    unsigned ended = 0;
    struct p2p__kad_ev ev;

    while (!k->host->swarm->closing && ended < P2P__KAD_QUERIES &&
           p2p__kad_next(&k->core, &ev, now)) {
        if (ev.type != P2P__KAD_ASK) {
            ended += ev.type == P2P__KAD_DONE;
            tell(k, &ev);
            continue;
        }
        ask_or_know(k, &ev, now);
    }
    if (ended == P2P__KAD_QUERIES) {
        p2p__mark(job);
    }
    p2p__timer_set(&k->timer, p2p__kad_deadline(&k->core));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_kad *k =
        P2P__CONTAINER(timer, struct p2p__host_kad, timer);

    p2p__kad_expire(&k->core, now);
    p2p__mark(&k->job);
}

void p2p__host_kad_wake(struct p2p__host_kad *k)
{
    p2p__mark(&k->job);
}

/* Whether a peer that we begin with is connected. */
static bool is_connected(const struct p2p__host_kad *k,
                         const struct p2p_multiaddr *at)
{
    struct p2p_peer_id id;

    return p2p_multiaddr_peer(at, &id) && is_there(k, &id);
}

/* Dials those we begin with, while we know few; while we know nobody also
 * those that are connected, for then we learn anew who they are. */
static void on_again(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_kad *k =
        P2P__CONTAINER(timer, struct p2p__host_kad, again);
    const bool few = p2p__kad_table_good(&k->core.table) < FEW;

    for (size_t i = 0; few && i < k->n_bootstrap; i++) {
        if (k->core.table.count == 0 || !is_connected(k, &k->bootstrap[i])) {
            (void)p2p__dial_addr(k->host->swarm, &k->bootstrap[i], NULL, NULL,
                                 now);
        }
    }
    p2p__timer_set(timer, p2p__ns_after(now, AGAIN_NS));
}

int p2p_dht_bootstrap(struct p2p_host *host, const char *addr)
{
    struct p2p__host_kad *k = host->kad;
    struct p2p_multiaddr ma;
    int rv = p2p_multiaddr_from_text(addr, strlen(addr), &ma);

    if (k == NULL) {
        return P2P_ESTATE;
    }
    if (rv != 0 || !p2p_multiaddr_peer(&ma, NULL)) {
        return P2P_EFORMAT;
    }
    if (k->n_bootstrap == P2P__COUNT(k->bootstrap)) {
        return P2P_ELIMIT;
    }
    k->bootstrap[k->n_bootstrap++] = ma;
    (void)p2p__dial_addr(host->swarm, &ma, NULL, NULL, p2p__host_now(host));
    p2p__timer_set(&k->again, p2p__ns_after(p2p__host_now(host), AGAIN_NS));
    return 0;
}

void p2p__host_kad_ask_init(struct p2p__host_kad *k)
{
    struct p2p__runq *q = k->host->world->q;

    p2p__job_init(&k->job, q, on_job);
    p2p__timer_init(&k->timer, q, on_due);
    p2p__timer_init(&k->again, q, on_again);
    p2p__list_init(&k->flights);
    p2p__list_init(&k->queries);
}

void p2p__host_kad_ask_fini(struct p2p__host_kad *k)
{
    const struct p2p_dht_result closed = {.status = P2P_ECLOSED};
    struct p2p__list *link;

    while ((link = p2p__list_first(&k->flights)) != NULL) {
        struct flight *f = P2P__CONTAINER(link, struct flight, link);

        p2p__host_ask_cancel(f->ask);
        end_flight(f);
    }
    while ((link = p2p__list_pop(&k->queries)) != NULL) {
        struct p2p_dht_query *q =
            P2P__CONTAINER(link, struct p2p_dht_query, link);

        q->done(q->user, &closed);
        p2p__free(q);
    }
    p2p__timer_fini(&k->again);
    p2p__timer_fini(&k->timer);
    p2p__job_fini(&k->job);
}
