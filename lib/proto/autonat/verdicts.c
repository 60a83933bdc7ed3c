/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See verdicts.h. Happy path: addresses and servers become known, next() picks
 * a server that has not been asked about an address, the answers add up to a
 * verdict, and are looked at again after an hour. A verdict stays as long as
 * more sites say so than not. Failure modes: servers that do not answer wait,
 * longer each time; what too few agree on is unknown.
 */
#include "proto/autonat/verdicts.h"

/* Doublings of a span, at the most. */
#define DOUBLINGS 6U

void p2p__autonat_verdicts_init(struct p2p__autonat_verdicts *v,
                                uint32_t needed)
{
    *v = (struct p2p__autonat_verdicts){
        .needed = needed == 0 ? P2P__AUTONAT_NEEDED : needed};
}

/* The subject of an address; NULL: there is none. */
static struct p2p__autonat_subject *find(struct p2p__autonat_verdicts *v,
                                         const struct p2p_multiaddr *addr)
{
    for (size_t i = 0; i < v->n_addrs; i++) {
        if (p2p_multiaddr_equal(&v->addrs[i].addr, addr)) {
            return &v->addrs[i];
        }
    }
    return NULL;
}

/* Whether an address is among the first of some subjects. */
static bool is_among(const struct p2p__autonat_subject *all, size_t n,
                     const struct p2p_multiaddr *addr)
{
    for (size_t i = 0; i < n; i++) {
        if (p2p_multiaddr_equal(&all[i].addr, addr)) {
            return true;
        }
    }
    return false;
}

bool p2p__autonat_verdicts_set(struct p2p__autonat_verdicts *v,
                               const struct p2p_multiaddr *addrs, size_t n)
{
    struct p2p__autonat_subject next[P2P__CAP_AUTONAT_TRACKED];
    size_t kept = 0;
    bool same = true;

    for (size_t i = 0; i < n && kept < P2P__CAP_AUTONAT_TRACKED; i++) {
        const struct p2p__autonat_subject *old = find(v, &addrs[i]);

        if (is_among(next, kept, &addrs[i])) {
            continue;
        }
        same = same && old == &v->addrs[kept];
        next[kept++] = old != NULL
                           ? *old
                           : (struct p2p__autonat_subject){.addr = addrs[i]};
    }
    same = same && kept == v->n_addrs;
    memcpy(v->addrs, next, kept * sizeof *next);
    v->n_addrs = kept;
    return !same;
}

static struct p2p__autonat_known *server_of(struct p2p__autonat_verdicts *v,
                                            const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < v->n_servers; i++) {
        if (p2p_peer_id_equal(&v->servers[i].id, id)) {
            return &v->servers[i];
        }
    }
    return NULL;
}

/* Who failed most of those at a site, or of all (NULL), and how many those
 * are; NULL: none failed. */
static struct p2p__autonat_known *worst(struct p2p__autonat_verdicts *v,
                                        const struct p2p__autonat_site *site,
                                        size_t *n)
{
    struct p2p__autonat_known *found = NULL;

    *n = 0;
    for (size_t i = 0; i < v->n_servers; i++) {
        struct p2p__autonat_known *s = &v->servers[i];

        if (site == NULL || p2p__autonat_same_site(&s->site, site)) {
            ++*n;
            if (s->failures > (found != NULL ? found->failures : 0)) {
                found = s;
            }
        }
    }
    return found;
}

/* Room for a server at a site, zeroed but for what it has to wait; NULL: there
 * is none. */
static struct p2p__autonat_known *room_at(struct p2p__autonat_verdicts *v,
                                          const struct p2p__autonat_site *site)
{
    size_t n;
    struct p2p__autonat_known *s = worst(v, site, &n);

    if (n >= P2P__CAP_AUTONAT_SERVERS_PER_SITE) {
        if (s != NULL) { /* the same people: a new name is no new chance */
            *s = (struct p2p__autonat_known){.failures = s->failures,
                                             .not_before = s->not_before};
        }
        return s;
    }
    if (v->n_servers < P2P__CAP_AUTONAT_SERVERS) {
        s = &v->servers[v->n_servers++];
    } else {
        s = worst(v, NULL, &n);
    }
    if (s != NULL) {
        *s = (struct p2p__autonat_known){0};
    }
    return s;
}

void p2p__autonat_verdicts_server(struct p2p__autonat_verdicts *v,
                                  const struct p2p_peer_id *id,
                                  const struct p2p__addr *addr, uint8_t serves,
                                  p2p_ns now)
{
    const struct p2p__autonat_site site = p2p__autonat_site(addr);
    struct p2p__autonat_known *s = server_of(v, id);

    if (s == NULL) {
        s = room_at(v, &site);
        if (s == NULL) {
            return;
        }
        s->id = *id;
        s->since = now;
    }
    s->site = site;
    s->serves = serves;
}

void p2p__autonat_verdicts_sift(struct p2p__autonat_verdicts *v,
                                bool (*may)(void *user,
                                            const struct p2p_peer_id *id),
                                void *user)
{
    for (size_t i = 0; i < v->n_servers; i++) {
        v->servers[i].barred = !may(user, &v->servers[i].id);
    }
}

void p2p__autonat_verdicts_gone(struct p2p__autonat_verdicts *v,
                                const struct p2p_peer_id *id)
{
    struct p2p__autonat_known *s = server_of(v, id);

    if (s != NULL) {
        *s = v->servers[--v->n_servers];
    }
}

/* What a site said about a subject; NULL: nothing that is remembered. */
static const struct p2p__autonat_word *word_of(
    const struct p2p__autonat_subject *about,
    const struct p2p__autonat_site *site)
{
    for (size_t i = 0; i < about->n_words; i++) {
        if (p2p__autonat_same_site(&about->words[i].site, site)) {
            return &about->words[i];
        }
    }
    return NULL;
}

/* A span that doubles, up to P2P__AUTONAT_REFRESH. */
static p2p_ns doubled(p2p_ns span, unsigned times)
{
    return p2p__ns_min(span << (times < DOUBLINGS ? times : DOUBLINGS),
                       P2P__AUTONAT_REFRESH);
}

/* How many say yes, and no. */
static void count(const struct p2p__autonat_subject *about, uint32_t *yes,
                  uint32_t *no)
{
    *yes = *no = 0;
    for (size_t i = 0; i < about->n_words; i++) {
        *yes += about->words[i].outcome == P2P__AUTONAT_YES ? 1 : 0;
        *no += about->words[i].outcome == P2P__AUTONAT_NO ? 1 : 0;
    }
}

/* The moment from which on a subject wants to be asked about: 0, unless enough
 * agree, and who spoke last does. */
static p2p_ns wanted_at(const struct p2p__autonat_verdicts *v,
                        const struct p2p__autonat_subject *about)
{
    const struct p2p__autonat_word *last = NULL;
    uint32_t yes, no;

    count(about, &yes, &no);
    for (size_t i = 0; i < about->n_words; i++) {
        const struct p2p__autonat_word *w = &about->words[i];

        if (w->outcome != P2P__AUTONAT_REFUSED &&
            (last == NULL || w->at >= last->at)) {
            last = w;
        }
    }
    if (last == NULL ||
        (last->outcome == P2P__AUTONAT_YES ? yes < no + v->needed
                                           : no < yes + v->needed)) {
        return 0;
    }
    return p2p__ns_after(last->at, P2P__AUTONAT_REFRESH);
}

/* The moment from which on a server can be asked about a subject. */
static p2p_ns ready_at(const struct p2p__autonat_verdicts *v,
                       const struct p2p__autonat_subject *about,
                       const struct p2p__autonat_known *server)
{
    const struct p2p__autonat_word *w = word_of(about, &server->site);
    p2p_ns at = server->not_before;
    const p2p_ns wanted = wanted_at(v, about);

    at = wanted > at ? wanted : at;
    if (w != NULL) {
        const p2p_ns again =
            p2p__ns_after(w->at, doubled(P2P__AUTONAT_AGAIN, w->times - 1U));

        at = again > at ? again : at;
    }
    return at;
}

/* The verdict that v2 comes to for the node. */
static enum p2p__autonat_verdict node_by_addrs(
    const struct p2p__autonat_verdicts *v)
{
    enum p2p__autonat_verdict all = P2P__AUTONAT_UNKNOWN;

    for (size_t i = 0; i < v->n_addrs; i++) {
        if (v->addrs[i].verdict == P2P__AUTONAT_REACHABLE) {
            return P2P__AUTONAT_REACHABLE;
        }
        if (v->addrs[i].verdict == P2P__AUTONAT_UNREACHABLE) {
            all = P2P__AUTONAT_UNREACHABLE;
        }
    }
    return all;
}

/* The best that can be asked next: which server about what, and when. */
struct pick {
    struct p2p__autonat_known *server;
    const struct p2p__autonat_subject *about;
    p2p_ns at;
};

static void consider(const struct p2p__autonat_verdicts *v, struct pick *best,
                     struct p2p__autonat_known *server,
                     const struct p2p__autonat_subject *about)
{
    p2p_ns at;

    if (server->not_before >= best->at) {
        return; /* whatever is known of the subject */
    }
    at = ready_at(v, about, server);
    if (about == &v->node && (server->serves & P2P__AUTONAT_SERVES_V2) != 0) {
        at = p2p__max(at, p2p__ns_after(server->since, P2P__AUTONAT_V1_AFTER));
    }
    if (at < best->at) {
        *best = (struct pick){.server = server, .about = about, .at = at};
    }
}

static struct pick pick(struct p2p__autonat_verdicts *v)
{
    const bool by_v1 = node_by_addrs(v) == P2P__AUTONAT_UNKNOWN;
    struct pick best = {.at = P2P_NEVER};

    for (size_t s = 0; s < v->n_servers; s++) {
        struct p2p__autonat_known *server = &v->servers[s];

        const bool v2 = (server->serves & P2P__AUTONAT_SERVES_V2) != 0;

        if (server->barred) {
            continue;
        }
        for (size_t i = 0; v2 && i < v->n_addrs; i++) {
            consider(v, &best, server, &v->addrs[i]);
        }
        if ((server->serves & P2P__AUTONAT_SERVES_V1) != 0 && by_v1 &&
            (!v2 || v->n_addrs == 0)) {
            consider(v, &best, server, &v->node);
        }
    }
    return best;
}

p2p_ns p2p__autonat_verdicts_deadline(const struct p2p__autonat_verdicts *v)
{
    union { /* pick() changes nothing */
        const struct p2p__autonat_verdicts *c;
        struct p2p__autonat_verdicts *m;
    } u = {.c = v};

    return v->asking ? P2P_NEVER : pick(u.m).at;
}

bool p2p__autonat_verdicts_next(struct p2p__autonat_verdicts *v,
                                struct p2p__autonat_probe *probe, p2p_ns now)
{
    const struct pick best = pick(v);

    if (v->asking || best.server == NULL || best.at > now) {
        return false;
    }
    probe->server = best.server->id;
    probe->v2 = best.about != &v->node;
    probe->n_addrs = 0;
    if (probe->v2) {
        probe->addrs[probe->n_addrs++] = best.about->addr;
    }
    /* Others that the same server may take instead. */
    for (size_t i = 0; probe->v2 && i < v->n_addrs &&
                       probe->n_addrs < P2P__AUTONAT_PROBE_ADDRS;
         i++) {
        if (&v->addrs[i] != best.about &&
            ready_at(v, &v->addrs[i], best.server) <= now) {
            probe->addrs[probe->n_addrs++] = v->addrs[i].addr;
        }
    }
    best.server->not_before = p2p__ns_after(now, P2P__AUTONAT_SPACING);
    v->asking = true;
    return true;
}

/* Looks at a verdict anew. */
static void judge(const struct p2p__autonat_verdicts *v,
                  struct p2p__autonat_subject *about)
{
    uint32_t yes, no;

    count(about, &yes, &no);
    if (yes >= no + v->needed) {
        about->verdict = P2P__AUTONAT_REACHABLE;
    } else if (no >= yes + v->needed) {
        about->verdict = P2P__AUTONAT_UNREACHABLE;
    } else if ((about->verdict == P2P__AUTONAT_REACHABLE && yes <= no) ||
               (about->verdict == P2P__AUTONAT_UNREACHABLE && no <= yes)) {
        about->verdict = P2P__AUTONAT_UNKNOWN;
    }
}

/* Where what a site says about a subject is kept: its own place, a new one, or
 * that of who spoke longest ago. */
static struct p2p__autonat_word *room_for(struct p2p__autonat_subject *about,
                                          const struct p2p__autonat_site *site)
{
    struct p2p__autonat_word *oldest = &about->words[0];

    for (size_t i = 0; i < about->n_words; i++) {
        if (p2p__autonat_same_site(&about->words[i].site, site)) {
            return &about->words[i];
        }
        if (about->words[i].at < oldest->at) {
            oldest = &about->words[i];
        }
    }
    if (about->n_words < P2P__AUTONAT_WORDS) {
        oldest = &about->words[about->n_words++];
    }
    *oldest = (struct p2p__autonat_word){.site = *site};
    return oldest;
}

/* Drops what was said too long ago to be true still. */
static void prune(struct p2p__autonat_subject *about, p2p_ns now)
{
    uint8_t kept = 0;

    for (size_t i = 0; i < about->n_words; i++) {
        if (p2p__ns_after(about->words[i].at, P2P__AUTONAT_STALE) > now) {
            about->words[kept++] = about->words[i];
        }
    }
    about->n_words = kept;
}

static void note(const struct p2p__autonat_verdicts *v,
                 struct p2p__autonat_subject *about,
                 const struct p2p__autonat_site *site,
                 enum p2p__autonat_outcome outcome, p2p_ns now)
{
    struct p2p__autonat_word *w;

    prune(about, now);
    w = room_for(about, site);
    w->times = w->times == 0 || w->outcome != outcome ? 1
               : w->times < UINT8_MAX                 ? w->times + 1
                                                      : UINT8_MAX;
    w->outcome = (uint8_t)outcome;
    w->at = now;
    judge(v, about);
}

/* Whose answer it is; a failure makes it wait. NULL: it is gone, or failed. */
static struct p2p__autonat_known *answered_by(
    struct p2p__autonat_verdicts *v, const struct p2p__autonat_probe *probe,
    enum p2p__autonat_outcome outcome, p2p_ns now)
{
    struct p2p__autonat_known *s = server_of(v, &probe->server);

    assert(v->asking);
    v->asking = false;
    if (s == NULL) {
        return NULL;
    }
    if (outcome != P2P__AUTONAT_FAILED) {
        s->failures = 0;
        return s;
    }
    s->not_before =
        p2p__ns_after(now, doubled(P2P__AUTONAT_BACKOFF, s->failures));
    s->failures = s->failures < UINT8_MAX ? s->failures + 1 : UINT8_MAX;
    return NULL;
}

void p2p__autonat_verdicts_answer(struct p2p__autonat_verdicts *v,
                                  const struct p2p__autonat_probe *probe,
                                  enum p2p__autonat_outcome outcome,
                                  size_t index, p2p_ns now)
{
    const struct p2p__autonat_known *s = answered_by(v, probe, outcome, now);
    const bool refused = outcome == P2P__AUTONAT_REFUSED;

    assert(probe->v2 && (index < probe->n_addrs || refused ||
                         outcome == P2P__AUTONAT_FAILED));
    for (size_t i = 0; s != NULL && i < probe->n_addrs; i++) {
        struct p2p__autonat_subject *about = find(v, &probe->addrs[i]);

        if (about == NULL) {
            continue; /* it is not ours any more */
        }
        /* Those before the one that it took it did not want. */
        if (refused || i < index) {
            note(v, about, &s->site, P2P__AUTONAT_REFUSED, now);
        } else if (i == index) {
            note(v, about, &s->site, outcome, now);
        }
    }
}

void p2p__autonat_verdicts_answer_v1(struct p2p__autonat_verdicts *v,
                                     const struct p2p__autonat_probe *probe,
                                     enum p2p__autonat_outcome outcome,
                                     const struct p2p_multiaddr *dialed,
                                     p2p_ns now)
{
    const struct p2p__autonat_known *s = answered_by(v, probe, outcome, now);
    struct p2p__autonat_subject *about = NULL;

    assert(!probe->v2);
    if (s == NULL) {
        return;
    }
    note(v, &v->node, &s->site, outcome, now);
    if (outcome == P2P__AUTONAT_YES && dialed != NULL) {
        about = find(v, dialed);
    }
    if (about != NULL) {
        note(v, about, &s->site, P2P__AUTONAT_YES, now);
    }
}

bool p2p__autonat_verdicts_change(struct p2p__autonat_verdicts *v,
                                  const struct p2p_multiaddr **addr,
                                  enum p2p__autonat_verdict *verdict)
{
    for (size_t i = 0; i < v->n_addrs; i++) {
        struct p2p__autonat_subject *about = &v->addrs[i];

        if (about->told != about->verdict) {
            about->told = about->verdict;
            *addr = &about->addr;
            *verdict = (enum p2p__autonat_verdict)about->verdict;
            return true;
        }
    }
    *addr = NULL;
    *verdict = p2p__autonat_verdicts_node(v);
    if (v->told == *verdict) {
        return false;
    }
    v->told = (uint8_t)*verdict;
    return true;
}

enum p2p__autonat_verdict p2p__autonat_verdicts_of(
    const struct p2p__autonat_verdicts *v, const struct p2p_multiaddr *addr)
{
    for (size_t i = 0; i < v->n_addrs; i++) {
        if (p2p_multiaddr_equal(&v->addrs[i].addr, addr)) {
            return (enum p2p__autonat_verdict)v->addrs[i].verdict;
        }
    }
    return P2P__AUTONAT_UNKNOWN;
}

enum p2p__autonat_verdict p2p__autonat_verdicts_node(
    const struct p2p__autonat_verdicts *v)
{
    const enum p2p__autonat_verdict by_addrs = node_by_addrs(v);

    return by_addrs != P2P__AUTONAT_UNKNOWN
               ? by_addrs
               : (enum p2p__autonat_verdict)v->node.verdict;
}

void p2p__autonat_verdicts_count(const struct p2p__autonat_verdicts *v,
                                 size_t index, uint32_t *yes, uint32_t *no)
{
    assert(index < v->n_addrs);
    count(&v->addrs[index], yes, no);
}
