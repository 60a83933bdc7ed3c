/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host that asks where it can be reached. Happy path: peers that serve
 * AutoNAT become known by identify, one after the other is asked about the
 * addresses that we listen at or are seen at, what they say becomes verdicts,
 * and those change what we tell others. Failure modes: a server that says it
 * reached us, and did not prove it by the nonce, has said nothing.
 */
#include "base/config.h"
#include "base/mem.h"
#include "host/ask.h"
#include "host/attach.h"
#include "host/autonat.h"
#include "host/mapped.h"
#include "proto/autonat/back.h"
#include "proto/autonat/client_v2.h"
#include "proto/autonat/msg_v1.h"
#include "proto/autonat/observed.h"
#include "proto/autonat/verdicts.h"
#include "proto/identify/info.h"
#include "wire/addr_class.h"
#include "wire/maddr.h"

/* Ends after this if a server of v1 is silent: it takes its time, too. */
#define V1_TIMEOUT P2P__SEC(30)

/* Bytes of a request of v1: 16 addresses and our id. */
#define V1_BYTES 4096U

/* A set of addresses, none twice. */
struct addrs {
    size_t n;
    struct p2p_multiaddr list[P2P__CAP_AUTONAT_TRACKED];
};

struct p2p__host_autonat {
    struct p2p_host *host;
    struct p2p__job job;
    struct p2p__timer timer;
    void (*changed)(void *user, const struct p2p_reachability_info *what);
    bool (*trust)(void *user, const struct p2p_peer_id *server); /* or NULL */
    void *user;
    uint32_t witnesses;
    bool private_addrs;
    bool tell_all;
    size_t n_listen; /* the first of verdicts' addresses: we listen there, or a
                      * gateway lets others in to where we do */
    struct p2p__autonat_verdicts verdicts;
    struct p2p__autonat_observed observed;
    /* What is being asked. */
    struct p2p__autonat_probe probe;
    struct p2p__attach a;
    struct p2p__autonat_client_v2 core;
    uint64_t nonce;
    p2p_ns asked_at;
    const struct p2p__via *reached_by; /* the nonce came; NULL: not yet */
    uint8_t reached_family;
    bool asking;   /* a stream of v2 is open */
    bool asks_v1;  /* one of v1 is */
    bool answered; /* v2's answer was noted */
};

/* Where a multiaddr leads to; false: that is not an IP address. */
static bool waist_of(const struct p2p_multiaddr *ma,
                     struct p2p__maddr_waist *waist)
{
    return p2p__maddr_waist(ma, waist) == 0 && waist->name[0] == '\0' &&
           waist->zone[0] == '\0';
}

static bool is_public(const struct p2p_multiaddr *ma)
{
    struct p2p__maddr_waist waist;

    return waist_of(ma, &waist) &&
           p2p__addr_class(&waist.addr) == P2P__ADDR_PUBLIC;
}

static void put_addr(struct addrs *all, const struct p2p_multiaddr *ma)
{
    for (size_t i = 0; i < all->n; i++) {
        if (p2p_multiaddr_equal(&all->list[i], ma)) {
            return;
        }
    }
    if (all->n < P2P__COUNT(all->list)) {
        all->list[all->n++] = *ma;
    }
}

/* What collects the addresses of listeners. */
struct collector {
    struct addrs *all;
    bool any; /* also those that are not of the internet */
};

static void collect(void *user, const struct p2p_multiaddr *ma)
{
    const struct collector *c = user;

    if (ma->len > 0 && (c->any || is_public(ma))) {
        put_addr(c->all, ma);
    }
}

static const struct p2p__swarm_listener *listener_of(struct p2p__list *it)
{
    return P2P__CONTAINER(it, struct p2p__swarm_listener, link);
}

static struct p2p__autonat_local local_of(const struct p2p__swarm_listener *l)
{
    return (struct p2p__autonat_local){
        .family = l->at.family,
        .udp = l->via->ops->port_code == P2P_MULTIADDR_UDP,
        .port = l->at.port};
}

/* Adds where others see a listener: what enough of them say, or at least one
 * still of what was confirmed. */
static void collect_observed(const struct p2p__host_autonat *n,
                             const struct p2p__swarm_listener *l,
                             struct addrs *all)
{
    struct p2p__autonat_sight sights[P2P__AUTONAT_CANDIDATES];
    const struct p2p__autonat_local local = local_of(l);
    const size_t count = p2p__autonat_observed_list(&n->observed, &local, 1,
                                                    sights, P2P__COUNT(sights));
    struct p2p_multiaddr ma;

    for (size_t i = 0; i < count; i++) {
        p2p__listener_outside(l, &sights[i].addr, &ma);
        if (sights[i].witnesses >= n->witnesses ||
            p2p__autonat_verdicts_of(&n->verdicts, &ma) ==
                P2P__AUTONAT_REACHABLE) {
            put_addr(all, &ma);
        }
    }
}

/* Looks at our addresses anew; whether they are others than before. */
static bool look(struct p2p__host_autonat *n)
{
    struct addrs all = {0};
    struct collector c = {.all = &all, .any = n->private_addrs};
    struct p2p_multiaddr ma;

    p2p__host_listen_addrs(n->host, collect, &c);
    for (size_t i = 0; p2p__host_mapped_addr(n->host, i, &ma); i++) {
        collect(&c, &ma);
    }
    n->n_listen = all.n;
    P2P__LIST_EACH (it, &n->host->swarm->listeners) {
        collect_observed(n, listener_of(it), &all);
    }
    return p2p__autonat_verdicts_set(&n->verdicts, all.list, all.n);
}

static enum p2p_reachability public_verdict(enum p2p__autonat_verdict v)
{
    return v == P2P__AUTONAT_REACHABLE     ? P2P_REACHABLE
           : v == P2P__AUTONAT_UNREACHABLE ? P2P_UNREACHABLE
                                           : P2P_REACHABILITY_UNKNOWN;
}

/* The public view of an address. */
static void info_of(const struct p2p__host_autonat *n, size_t index,
                    struct p2p_reachability_info *out)
{
    const struct p2p_multiaddr *ma = &n->verdicts.addrs[index].addr;

    *out = (struct p2p_reachability_info){
        .addr = *ma,
        .verdict = public_verdict(p2p__autonat_verdicts_of(&n->verdicts, ma)),
        .observed = index >= n->n_listen};
    p2p__autonat_verdicts_count(&n->verdicts, index, &out->yes, &out->no);
}

/* That of the host. */
static void info_of_host(const struct p2p__host_autonat *n,
                         struct p2p_reachability_info *out)
{
    *out = (struct p2p_reachability_info){
        .verdict = public_verdict(p2p__autonat_verdicts_node(&n->verdicts))};
}

/* Tells the owner what changed; whether anything did. */
static bool tell(struct p2p__host_autonat *n)
{
    const struct p2p_multiaddr *ma;
    enum p2p__autonat_verdict verdict;
    bool told = false;

    while (p2p__autonat_verdicts_change(&n->verdicts, &ma, &verdict)) {
        struct p2p_reachability_info info;
        char text[P2P_MULTIADDR_TEXT_MAX];

        info_of_host(n, &info);
        for (size_t i = 0; ma != NULL && i < n->verdicts.n_addrs; i++) {
            if (ma == &n->verdicts.addrs[i].addr) {
                info_of(n, i, &info);
            }
        }
        P2P__LOG(n->host->env.log, INFO, "autonat.verdict addr=%s: %d",
                 ma != NULL ? p2p_multiaddr_text(ma, text) : "-", (int)verdict);
        if (n->changed != NULL) {
            n->changed(n->user, &info);
        }
        told = true;
    }
    return told;
}

/* What a server's answer is worth. */
static enum p2p__autonat_outcome outcome_of(
    const struct p2p__host_autonat *n, const struct p2p__autonat_v2_msg *answer)
{
    const struct p2p_multiaddr *ma = &n->probe.addrs[answer->index];
    struct p2p__maddr_waist waist;
    bool reached;

    if (answer->status == P2P__AUTONAT_V2_DIAL_REFUSED) {
        return P2P__AUTONAT_REFUSED;
    }
    if (answer->status != P2P__AUTONAT_V2_OK || !waist_of(ma, &waist)) {
        return P2P__AUTONAT_FAILED;
    }
    reached = n->reached_by != NULL && n->reached_family == waist.addr.family &&
              n->reached_by ==
                  p2p__transports_find(&n->host->swarm->transports, ma, &waist);
    if (answer->dial == P2P__AUTONAT_V2_DIAL_ERROR && n->reached_by == NULL) {
        return P2P__AUTONAT_NO;
    }
    /* It may not know that we heard it. */
    return reached && (answer->dial == P2P__AUTONAT_V2_DIAL_OK ||
                       answer->dial == P2P__AUTONAT_V2_DIAL_BACK_ERROR)
               ? P2P__AUTONAT_YES
               : P2P__AUTONAT_FAILED;
}

static void on_events(void *user, p2p_ns now)
{
    struct p2p__host_autonat *n = user;
    const struct p2p__autonat_v2_msg *answer =
        p2p__autonat_client_v2_next(&n->core);
    const bool told = answer != NULL && answer->status == P2P__AUTONAT_V2_OK;

    if (answer != NULL) {
        struct p2p__autonat_v2_msg msg = *answer;

        msg.index = told ? msg.index : 0; /* otherwise it means nothing */
        n->answered = true;
        p2p__autonat_verdicts_answer(&n->verdicts, &n->probe,
                                     outcome_of(n, &msg), (size_t)msg.index,
                                     now);
        p2p__mark(&n->job);
    }
}

static void on_done(void *user, int status, p2p_ns now)
{
    struct p2p__host_autonat *n = user;

    (void)status;
    p2p__attach_fini(&n->a);
    p2p__autonat_client_v2_fini(&n->core);
    n->asking = false;
    if (!n->answered) {
        p2p__autonat_verdicts_answer(&n->verdicts, &n->probe,
                                     P2P__AUTONAT_FAILED, 0, now);
    }
    p2p__mark(&n->job);
}

static const struct p2p__attach_cb attach_cb = {
    .events = on_events,
    .done = on_done,
};

/* Asks v2. 0, or why not: then nobody is asked. */
static int ask_v2(struct p2p__host_autonat *n, p2p_ns now)
{
    struct p2p__autonat_client_v2_cfg cfg = {.addrs = n->probe.addrs,
                                             .n_addrs = n->probe.n_addrs};
    struct p2p_stream *s;
    int rv;

    s = p2p__host_open(n->host, &n->probe.server,
                       P2P__AUTONAT_V2_REQUEST_PROTOCOL, P2P__PATH_DIRECT, &rv);
    if (s == NULL) {
        return rv;
    }
    n->host->env.random(&n->host->env, &n->nonce, sizeof n->nonce);
    n->asked_at = now;
    n->reached_by = NULL;
    n->answered = false;
    p2p__attach_init(&n->a, n->host, &attach_cb, n);
    cfg.nonce = n->nonce;
    cfg.talk.quota = &s->peer->quota;
    cfg.talk.owner = &n->a.job;
    rv = p2p__autonat_client_v2_init(&n->core, &cfg, now);
    if (rv != 0) {
        p2p__stream_reset(s, rv);
        p2p__attach_fini(&n->a);
        p2p__autonat_client_v2_fini(&n->core);
        return rv;
    }
    n->asking = true;
    p2p__attach_start(&n->a, s, &p2p__autonat_client_v2_ops, &n->core);
    return 0;
}

/* What v1 says. */
static void on_v1(void *user, int status, struct p2p__slice answer, p2p_ns now)
{
    struct p2p__host_autonat *n = user;
    enum p2p__autonat_outcome outcome = P2P__AUTONAT_FAILED;
    struct p2p__autonat_v1_msg msg;

    n->asks_v1 = false;
    if (status == 0 && p2p__autonat_v1_read(answer, &msg) == 0 &&
        msg.type == P2P__AUTONAT_V1_RESPONSE) {
        outcome = msg.status == P2P__AUTONAT_V1_OK           ? P2P__AUTONAT_YES
                  : msg.status == P2P__AUTONAT_V1_DIAL_ERROR ? P2P__AUTONAT_NO
                  : msg.status == P2P__AUTONAT_V1_DIAL_REFUSED
                      ? P2P__AUTONAT_REFUSED
                      : P2P__AUTONAT_FAILED;
    }
    if (outcome == P2P__AUTONAT_YES) {
        p2p_multiaddr_strip_peer(&msg.addr);
    }
    p2p__autonat_verdicts_answer_v1(
        &n->verdicts, &n->probe, outcome,
        outcome == P2P__AUTONAT_YES ? &msg.addr : NULL, now);
    p2p__mark(&n->job);
}

/* A request of v1: with all our addresses, as only the IP address counts that
 * the server sees. NULL: no memory. */
static struct p2p__slab *request_v1(const struct p2p__host_autonat *n,
                                    size_t *len)
{
    struct addrs all = {0};
    struct collector c = {.all = &all, .any = true};
    struct p2p__slab *slab = p2p__slab_new(V1_BYTES);
    struct p2p__pbw w;

    if (slab == NULL) {
        return NULL;
    }
    p2p__host_listen_addrs(n->host, collect, &c);
    do {
        p2p__pbw_init(&w, slab->data, slab->cap);
        p2p__autonat_v1_write_dial(&w, &n->host->swarm->self, all.list, all.n);
    } while (p2p__pbw_end(&w) < 0 && all.n-- > 0);
    *len = w.len;
    return slab;
}

static int ask_v1(struct p2p__host_autonat *n)
{
    struct p2p__ask_want want = {.peer = &n->probe.server,
                                 .protocol = P2P__AUTONAT_V1_PROTOCOL,
                                 .path = P2P__PATH_DIRECT,
                                 .cap = P2P__CAP_AUTONAT_MESSAGE_BYTES,
                                 .timeout = V1_TIMEOUT};
    struct p2p__slab *slab = request_v1(n, &want.request.len);
    int rv;

    if (slab == NULL) {
        return P2P_ENOMEM;
    }
    want.request.p = slab->data;
    want.request.slab = slab;
    rv = p2p__host_ask(n->host, &want, on_v1, n, NULL);
    n->asks_v1 = rv == 0;
    return rv;
}

/* Asks who is next. */
static void ask(struct p2p__host_autonat *n, p2p_ns now)
{
    if (n->trust != NULL) {
        p2p__autonat_verdicts_sift(&n->verdicts, n->trust, n->user);
    }
    while (!n->asking && !n->asks_v1 && !n->host->swarm->closing &&
           p2p__autonat_verdicts_next(&n->verdicts, &n->probe, now)) {
        if (n->probe.v2 && ask_v2(n, now) != 0) {
            p2p__autonat_verdicts_answer(&n->verdicts, &n->probe,
                                         P2P__AUTONAT_FAILED, 0, now);
        } else if (!n->probe.v2 && ask_v1(n) != 0) {
            p2p__autonat_verdicts_answer_v1(&n->verdicts, &n->probe,
                                            P2P__AUTONAT_FAILED, NULL, now);
        }
    }
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__host_autonat *n =
        P2P__CONTAINER(job, struct p2p__host_autonat, job);
    bool changed = look(n);

    changed = tell(n) || changed;
    if (changed) {
        p2p__host_addrs_changed(n->host);
    }
    ask(n, now);
    p2p__timer_set(&n->timer, p2p__autonat_verdicts_deadline(&n->verdicts));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_autonat *n =
        P2P__CONTAINER(timer, struct p2p__host_autonat, timer);

    (void)now;
    p2p__mark(&n->job);
}

void p2p__host_autonat_look(struct p2p_host *h)
{
    if (h->autonat != NULL) {
        p2p__mark(&h->autonat->job);
    }
}

void p2p_autonat_recheck(struct p2p_host *host)
{
    p2p__host_autonat_look(host);
}

/* Whether who is at the other end knows more of us than our own network. */
static bool is_outside(const struct p2p__host_autonat *n,
                       const struct p2p__conn *c)
{
    return n->private_addrs ||
           (p2p__addr_class(&c->remote) == P2P__ADDR_PUBLIC &&
            !p2p__host_is_on_link(n->host, &c->remote));
}

/* Notes whether a peer is a server. */
static void note_server(struct p2p__host_autonat *n, const struct p2p__conn *c,
                        const struct p2p__identify_info *info)
{
    static const char v1[] = P2P__AUTONAT_V1_PROTOCOL;
    static const char v2[] = P2P__AUTONAT_V2_REQUEST_PROTOCOL;
    struct p2p__identify_walk walk;
    struct p2p__slice name;
    uint8_t serves = 0;

    p2p__identify_walk_init(&walk, info);
    while (p2p__identify_next_protocol(&walk, &name)) {
        if (name.len == sizeof v1 - 1 && memcmp(name.p, v1, name.len) == 0) {
            serves |= P2P__AUTONAT_SERVES_V1;
        }
        if (name.len == sizeof v2 - 1 && memcmp(name.p, v2, name.len) == 0) {
            serves |= P2P__AUTONAT_SERVES_V2;
        }
    }
    if (serves != 0) {
        p2p__autonat_verdicts_server(&n->verdicts, &c->peer->id, &c->remote,
                                     serves, p2p__host_now(n->host));
    } else {
        p2p__autonat_verdicts_gone(&n->verdicts, &c->peer->id);
    }
}

/* The number of a connection, and of the one behind it, in `observed`. */
static uint64_t number_of(const struct p2p__conn *c)
{
    return (uint64_t)(uintptr_t)c;
}

/* Whether an address is one by which IPv6 hosts name those of IPv4. */
static bool is_nat64(const struct p2p__addr *a)
{
    static const uint8_t prefix[4] = {0, 0x64, 0xff, 0x9b};

    return a->family == 6 && memcmp(a->ip, prefix, sizeof prefix) == 0;
}

/* Notes where a peer sees us: the address, where we connected from a port that
 * we listen at; and its IP address at each port that we listen at, as a guess.
 * They are two sayings of the connection, so two numbers. */
static void note_observed(struct p2p__host_autonat *n,
                          const struct p2p__conn *c,
                          const struct p2p_multiaddr *seen)
{
    struct p2p__maddr_waist waist;
    struct p2p__autonat_saying what = {.site = p2p__autonat_site(&c->remote)};
    struct p2p__addr at;

    if (!waist_of(seen, &waist) || is_nat64(&waist.addr) ||
        (!n->private_addrs &&
         (p2p__addr_class(&waist.addr) != P2P__ADDR_PUBLIC ||
          p2p__addr_class(&c->remote) != P2P__ADDR_PUBLIC))) {
        return;
    }
    c->pipe->ops->local(c->pipe, &at);
    what.addr = waist.addr;
    P2P__LIST_EACH (it, &n->host->swarm->listeners) {
        const struct p2p__swarm_listener *l = listener_of(it);

        if (l->at.family != waist.addr.family ||
            l->via->ops->port_code != waist.port_code) {
            continue;
        }
        what.local = local_of(l);
        if (l->at.port == at.port) {
            what.by = number_of(c);
            what.addr.port = waist.addr.port;
            (void)p2p__autonat_observed_add(&n->observed, &what);
        }
        if (l->at.port != at.port || l->at.port != waist.addr.port) {
            what.by = number_of(c) + 1;
            what.addr.port = l->at.port;
            (void)p2p__autonat_observed_add(&n->observed, &what);
        }
    }
}

void p2p__host_autonat_identified(struct p2p_host *h, const struct p2p__conn *c,
                                  const struct p2p__identify_info *info)
{
    struct p2p__host_autonat *n = h->autonat;

    if (n == NULL || c->relayed || c->peer == NULL) {
        return;
    }
    if (info->has_protocols && is_outside(n, c)) {
        note_server(n, c, info);
    }
    if (info->observed.len > 0) {
        note_observed(n, c, &info->observed);
    }
    p2p__mark(&n->job);
}

void p2p__host_autonat_closed(struct p2p_host *h, const struct p2p__conn *c)
{
    struct p2p__host_autonat *n = h->autonat;

    if (n != NULL &&
        (p2p__autonat_observed_gone(&n->observed, number_of(c)) +
         p2p__autonat_observed_gone(&n->observed, number_of(c) + 1)) > 0) {
        p2p__mark(&n->job);
    }
}

void p2p__host_autonat_gone(struct p2p_host *h, const struct p2p_peer_id *id)
{
    if (h->autonat != NULL) {
        p2p__autonat_verdicts_gone(&h->autonat->verdicts, id);
    }
}

bool p2p__host_autonat_may_tell(const struct p2p_host *h,
                                const struct p2p_multiaddr *ma)
{
    return h->autonat == NULL || h->autonat->tell_all || !is_public(ma) ||
           p2p__autonat_verdicts_of(&h->autonat->verdicts, ma) ==
               P2P__AUTONAT_REACHABLE;
}

bool p2p__host_autonat_addr(const struct p2p_host *h, size_t index,
                            struct p2p_multiaddr *out)
{
    const struct p2p__host_autonat *n = h->autonat;

    for (size_t i = n == NULL ? 0 : n->n_listen;
         n != NULL && i < n->verdicts.n_addrs; i++) {
        const struct p2p_multiaddr *ma = &n->verdicts.addrs[i].addr;

        if (p2p__autonat_verdicts_of(&n->verdicts, ma) ==
                P2P__AUTONAT_REACHABLE &&
            index-- == 0) {
            *out = *ma;
            return true;
        }
    }
    return false;
}

/* A stream on which somebody says a nonce. */
struct hearing {
    struct p2p__attach a;
    struct p2p__autonat_back core;
    struct p2p__host_autonat *n;
};

/* Only a connection that was made for it, since we asked, proves anything. */
static void on_nonce(void *user, p2p_ns now)
{
    struct hearing *s = user;
    struct p2p__host_autonat *n = s->n;
    const struct p2p__conn *c;

    (void)now;
    if (!p2p__autonat_back_next(&s->core) || s->a.stream == NULL) {
        return;
    }
    c = s->a.stream->conn;
    if (!n->asking || n->answered || s->core.nonce != n->nonce || c->dialer ||
        c->relayed || c->opened_at < n->asked_at) {
        p2p__stream_reset(s->a.stream, P2P_EACCES);
        return;
    }
    n->reached_by = c->place.via;
    n->reached_family = c->remote.family;
    p2p__autonat_back_answer(&s->core);
}

static void on_heard(void *user, int status, p2p_ns now)
{
    struct hearing *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__autonat_back_fini(&s->core);
    p2p__free(s);
}

static const struct p2p__attach_cb hearing_cb = {
    .events = on_nonce,
    .done = on_heard,
};

static void on_back(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct p2p__autonat_talk_cfg cfg = {.quota = &stream->peer->quota};
    struct p2p__host_autonat *n = user;
    struct hearing *s = NULL;

    if (n->asking && !n->answered && n->reached_by == NULL) {
        s = p2p__zalloc(sizeof *s);
    }
    if (s == NULL) { /* nothing was asked */
        p2p__stream_reset(stream, P2P_EACCES);
        return;
    }
    s->n = n;
    p2p__attach_init(&s->a, n->host, &hearing_cb, s);
    cfg.owner = &s->a.job;
    p2p__autonat_back_hear(&s->core, &cfg, now);
    p2p__attach_start(&s->a, stream, &p2p__autonat_back_ops, &s->core);
}

size_t p2p_host_reachability(const struct p2p_host *host,
                             struct p2p_reachability_info *out, size_t cap,
                             size_t size)
{
    const struct p2p__host_autonat *n = host->autonat;
    uint8_t *at = (uint8_t *)out;
    const size_t count = n == NULL ? 0 : 1 + n->verdicts.n_addrs;

    for (size_t i = 0; i < count && i < cap; i++) {
        struct p2p_reachability_info info;

        if (i == 0) {
            info_of_host(n, &info);
        } else {
            info_of(n, i - 1, &info);
        }
        p2p__out_write(at + i * size, size, &info, sizeof info);
    }
    return count;
}

int p2p__host_autonat_init(struct p2p_host *h,
                           const struct p2p_autonat_config *cfg)
{
    struct p2p_autonat_config own;
    struct p2p__host_autonat *n;

    if (cfg == NULL) {
        return 0;
    }
    if (p2p__config_read(&own, sizeof own, cfg) != 0) {
        return P2P_EINVAL;
    }
    n = p2p__zalloc(sizeof *n);
    if (n == NULL) {
        return P2P_ENOMEM;
    }
    n->host = h;
    n->changed = own.changed;
    n->user = own.user;
    n->witnesses = own.witnesses != 0 ? own.witnesses : P2P__AUTONAT_WITNESSES;
    n->private_addrs = own.private_addrs;
    n->tell_all = own.tell_all;
    n->trust = own.trust;
    p2p__job_init(&n->job, h->world->q, on_job);
    p2p__timer_init(&n->timer, h->world->q, on_due);
    p2p__autonat_verdicts_init(&n->verdicts, own.servers);
    p2p__autonat_observed_init(&n->observed);
    h->autonat = n;
    return p2p__handlers_set(&h->swarm->handlers, P2P__AUTONAT_V2_BACK_PROTOCOL,
                             on_back, n);
}

void p2p__host_autonat_fini(struct p2p_host *h)
{
    struct p2p__host_autonat *n = h->autonat;

    if (n != NULL) {
        assert(!n->asking && !n->asks_v1);
        p2p__timer_fini(&n->timer);
        p2p__job_fini(&n->job);
        p2p__free(n);
        h->autonat = NULL;
    }
}
