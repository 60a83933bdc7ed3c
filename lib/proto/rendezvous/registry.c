/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See registry.h. Each registration is on the list of its namespace and on the
 * one of all, in the order of their numbers: what is newer than a cookie is
 * looked for from the end. A namespace is there as long as somebody is in it.
 * Failure modes: limits, each with its status.
 */
#include "proto/rendezvous/registry.h"

#include "base/mem.h"

struct space {
    struct p2p__map_node node;
    struct p2p__list registrations; /* the oldest first */
    size_t name_len;
    uint8_t name[];
};

struct registration {
    struct p2p__map_node node;  /* by key */
    struct p2p__list all;       /* registry->all */
    struct p2p__list in_space;  /* space->registrations */
    struct p2p__heap_node ends; /* registry->expiry */
    struct space *space;
    struct p2p__share share;
    uint64_t seq;
    size_t charged;
    size_t key_len, record_len;
    uint8_t bytes[]; /* the key: peer id, namespace; then the record */
};

/* What is looked for: the id of a peer, then the namespace. */
struct key {
    size_t len;
    uint8_t bytes[P2P_PEER_ID_MAX + P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES];
};

void p2p__rendezvous_registry_init(
    struct p2p__rendezvous_registry *r,
    const struct p2p__rendezvous_registry_cfg *cfg)
{
    struct p2p__rendezvous_limits *l = &r->limits;

    *r = (struct p2p__rendezvous_registry){.limits = cfg->limits,
                                           .quota = cfg->quota};
    memcpy(r->cookie_key, cfg->cookie_key, sizeof r->cookie_key);
    if (l->registrations == 0) {
        l->registrations = P2P__CAP_RENDEZVOUS_REGISTRATIONS;
    }
    if (l->registrations_per_peer == 0) {
        l->registrations_per_peer = P2P__CAP_RENDEZVOUS_REGISTRATIONS_PER_PEER;
    }
    if (l->registrations_per_addr == 0) {
        l->registrations_per_addr = P2P__CAP_RENDEZVOUS_REGISTRATIONS_PER_ADDR;
    }
    if (l->ttl_s == 0 || l->ttl_s > P2P__CAP_RENDEZVOUS_TTL_S) {
        l->ttl_s = P2P__CAP_RENDEZVOUS_TTL_S;
    }
    p2p__map_init(&r->registrations, cfg->seed);
    p2p__map_init(&r->spaces, cfg->seed);
    p2p__owners_init(&r->owners, cfg->seed, l->registrations_per_peer,
                     l->registrations_per_addr);
    p2p__list_init(&r->all);
    p2p__heap_init(&r->expiry);
}

static bool is_name(struct p2p__slice ns)
{
    return ns.len > 0 && ns.len <= P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES;
}

static void key_of(const struct p2p_peer_id *peer, struct p2p__slice ns,
                   struct key *key)
{
    assert(peer->len + ns.len <= sizeof key->bytes);
    memcpy(key->bytes, peer->bytes, peer->len);
    memcpy(key->bytes + peer->len, ns.p, ns.len);
    key->len = peer->len + ns.len;
}

static struct registration *find(const struct p2p__rendezvous_registry *r,
                                 const struct key *key)
{
    struct p2p__map_node *n =
        p2p__map_get(&r->registrations, key->bytes, key->len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct registration, node);
}

static struct space *find_space(const struct p2p__rendezvous_registry *r,
                                struct p2p__slice ns)
{
    struct p2p__map_node *n = p2p__map_get(&r->spaces, ns.p, ns.len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct space, node);
}

/* The namespace, made if it is new; NULL: no memory. */
static struct space *get_space(struct p2p__rendezvous_registry *r,
                               struct p2p__slice ns)
{
    struct space *s = find_space(r, ns);

    if (s != NULL) {
        return s;
    }
    s = p2p__zalloc(sizeof *s + ns.len);
    if (s == NULL) {
        return NULL;
    }
    memcpy(s->name, ns.p, ns.len);
    s->name_len = ns.len;
    p2p__list_init(&s->registrations);
    if (p2p__map_put(&r->spaces, &s->node, s->name, s->name_len) != 0) {
        p2p__free(s);
        return NULL;
    }
    return s;
}

/* Forgets a namespace that nobody is in. */
static void put_space(struct p2p__rendezvous_registry *r, struct space *s)
{
    assert(s->name_len > 0);
    if (p2p__list_empty(&s->registrations)) {
        p2p__map_remove(&r->spaces, &s->node);
        p2p__free(s);
    }
}

static void drop(struct p2p__rendezvous_registry *r, struct registration *g)
{
    assert(r->count > 0);
    p2p__map_remove(&r->registrations, &g->node);
    p2p__list_remove(&g->all);
    p2p__list_remove(&g->in_space);
    p2p__heap_remove(&r->expiry, &g->ends);
    r->count--;
    p2p__owners_give(&r->owners, &g->share);
    put_space(r, g->space);
    p2p__quota_give(r->quota, P2P__Q_MEMORY, g->charged);
    p2p__free(g);
}

void p2p__rendezvous_registry_fini(struct p2p__rendezvous_registry *r)
{
    struct p2p__list *link = p2p__list_first(&r->all);

    while (link != NULL) {
        drop(r, P2P__CONTAINER(link, struct registration, all));
        link = p2p__list_first(&r->all);
    }
    assert(r->spaces.count == 0);
    p2p__map_fini(&r->registrations);
    p2p__map_fini(&r->spaces);
    p2p__owners_fini(&r->owners);
}

/* Memory of a registration, charged, with its key and record; NULL: none. */
static struct registration *make(struct p2p__rendezvous_registry *r,
                                 const struct key *key,
                                 struct p2p__slice record)
{
    /* It is charged as if its namespace, peer and address were its own. */
    const size_t size = sizeof(struct registration) + key->len + record.len;
    const size_t charged = size + sizeof(struct space) +
                           2 * sizeof(struct p2p__owner) +
                           P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES;
    struct registration *g;

    assert(key->len > 0 && record.len > 0);
    if (p2p__quota_take(r->quota, P2P__Q_MEMORY, charged) != 0) {
        return NULL;
    }
    g = p2p__zalloc(size);
    if (g == NULL) {
        p2p__quota_give(r->quota, P2P__Q_MEMORY, charged);
        return NULL;
    }
    g->charged = charged;
    g->key_len = key->len;
    g->record_len = record.len;
    memcpy(g->bytes, key->bytes, key->len);
    memcpy(g->bytes + key->len, record.p, record.len);
    return g;
}

/* Frees one that is nowhere yet. */
static void unmake(struct p2p__rendezvous_registry *r, struct registration *g)
{
    p2p__owners_give(&r->owners, &g->share);
    p2p__quota_give(r->quota, P2P__Q_MEMORY, g->charged);
    p2p__free(g);
}

/* Counts a registration as its peer's, in the place of `old` (or NULL), unless
 * that has enough. */
static enum p2p__rendezvous_status count(struct p2p__rendezvous_registry *r,
                                         struct registration *g,
                                         const struct p2p__fair_who *who,
                                         const struct registration *old)
{
    int rv = p2p__owners_take(&r->owners, who, old != NULL ? &old->share : NULL,
                              &g->share);

    if (rv == P2P_ELIMIT) {
        return P2P__RENDEZVOUS_NOT_AUTHORIZED;
    }
    return rv == 0 ? P2P__RENDEZVOUS_OK : P2P__RENDEZVOUS_UNAVAILABLE;
}

/* Puts a registration where it can be found; an error: no memory. */
static int enter(struct p2p__rendezvous_registry *r, struct registration *g,
                 struct p2p__slice ns)
{
    g->space = get_space(r, ns);
    if (g->space == NULL ||
        p2p__map_put(&r->registrations, &g->node, g->bytes, g->key_len) != 0) {
        if (g->space != NULL) {
            put_space(r, g->space);
        }
        return P2P_ENOMEM;
    }
    assert(r->seq < UINT64_MAX);
    g->seq = ++r->seq;
    p2p__list_push(&r->all, &g->all);
    p2p__list_push(&g->space->registrations, &g->in_space);
    r->count++;
    return 0;
}

enum p2p__rendezvous_status p2p__rendezvous_register(
    struct p2p__rendezvous_registry *r, const struct p2p__fair_who *who,
    const struct p2p__rendezvous_found *what, uint64_t *ttl_s, p2p_ns now)
{
    enum p2p__rendezvous_status status;
    struct registration *old, *g = NULL;
    struct key key;

    if (!is_name(what->ns)) {
        return P2P__RENDEZVOUS_INVALID_NAMESPACE;
    }
    if (what->record.len == 0) {
        return P2P__RENDEZVOUS_INVALID_RECORD;
    }
    if (*ttl_s > r->limits.ttl_s) {
        return P2P__RENDEZVOUS_INVALID_TTL;
    }
    *ttl_s =
        *ttl_s > 0 ? *ttl_s : p2p__min(P2P__RENDEZVOUS_TTL_S, r->limits.ttl_s);
    key_of(who->id, what->ns, &key);
    old = find(r, &key);
    if (old == NULL && r->count >= r->limits.registrations) {
        return P2P__RENDEZVOUS_UNAVAILABLE;
    }
    g = make(r, &key, what->record);
    if (g == NULL) {
        return P2P__RENDEZVOUS_UNAVAILABLE;
    }
    status = count(r, g, who, old);
    if (status != P2P__RENDEZVOUS_OK) {
        unmake(r, g);
        return status;
    }
    if (old != NULL) {
        drop(r, old);
    }
    if (enter(r, g, what->ns) != 0) {
        unmake(r, g);
        return P2P__RENDEZVOUS_UNAVAILABLE;
    }
    p2p__heap_set(&r->expiry, &g->ends, p2p__ns_after(now, P2P__SEC(*ttl_s)));
    return P2P__RENDEZVOUS_OK;
}

void p2p__rendezvous_unregister(struct p2p__rendezvous_registry *r,
                                const struct p2p_peer_id *peer,
                                struct p2p__slice ns)
{
    struct registration *g;
    struct key key;

    if (is_name(ns)) {
        key_of(peer, ns, &key);
        g = find(r, &key);
        if (g != NULL) {
            drop(r, g);
        }
    }
}

/* A cookie: a number, and what binds it to a namespace here, as text: rust's
 * clients take for the name what is behind the eighth byte. */
struct cookie {
    uint64_t seq;
    char mark[16];
};

static void make_cookie(const struct p2p__rendezvous_registry *r,
                        struct p2p__slice ns, uint64_t seq, struct cookie *out)
{
    const uint64_t mark = p2p__siphash(r->cookie_key, ns.p, ns.len);

    static_assert(sizeof *out == P2P__RENDEZVOUS_COOKIE_BYTES, "a cookie");
    out->seq = seq;
    for (size_t i = 0; i < sizeof out->mark; i++) {
        out->mark[i] = "0123456789abcdef"[(mark >> (4 * i)) & 15];
    }
}

/* Where a cookie's bearer was: a number. False: it is none of ours. */
static bool read_cookie(const struct p2p__rendezvous_registry *r,
                        const struct p2p__rendezvous_msg *request,
                        uint64_t *seq)
{
    struct cookie ours, theirs;

    *seq = 0;
    if (request->cookie.len == 0) {
        return true;
    }
    if (request->cookie.len != sizeof theirs) {
        return false;
    }
    memcpy(&theirs, request->cookie.p, sizeof theirs);
    make_cookie(r, request->ns, theirs.seq, &ours);
    *seq = theirs.seq;
    return theirs.seq <= r->seq && memcmp(&ours, &theirs, sizeof ours) == 0;
}

/* The registration of a link of either list. */
static const struct registration *of(struct p2p__list *link, bool all)
{
    return all ? P2P__CONTAINER(link, struct registration, all)
               : P2P__CONTAINER(link, struct registration, in_space);
}

/* Somebody who looks through a list. */
struct look {
    struct p2p__pbw *w; /* his page */
    uint64_t seq;       /* he has seen up to this number */
    uint64_t limit;     /* how many he still wants */
    p2p_ns now;
};

/* Appends one; false: it does not fit, and is not there. */
static bool tell(struct look *look, const struct registration *g)
{
    struct p2p__pbw *w = look->w;
    const size_t before = w->len;
    const struct p2p__rendezvous_found one = {
        .ns = p2p__slice_of(g->space->name, g->space->name_len),
        .record = p2p__slice_of(g->bytes + g->key_len, g->record_len),
        .ttl_s = (g->ends.at - look->now) / P2P__SEC(1)};

    assert(look->limit > 0);
    p2p__rendezvous_msg_found(w, &one);
    if (w->len > w->cap) {
        w->len = before;
        return false;
    }
    look->limit--;
    return true;
}

/* Appends what is newer than what he has seen. */
static void tell_newer(struct look *look, struct p2p__list *head, bool all)
{
    struct p2p__list *link = head->prev;

    while (link != head && of(link, all)->seq > look->seq) {
        link = link->prev;
    }
    for (link = link->next; look->limit > 0 && link != head;
         link = link->next) {
        const struct registration *g = of(link, all);

        assert(g->seq > look->seq);
        if (g->ends.at > look->now && !tell(look, g)) {
            break;
        }
        look->seq = g->seq;
    }
}

enum p2p__rendezvous_status p2p__rendezvous_discover(
    struct p2p__rendezvous_registry *r,
    const struct p2p__rendezvous_msg *request, struct p2p__pbw *w,
    uint8_t cookie[P2P__RENDEZVOUS_COOKIE_BYTES], p2p_ns now)
{
    const bool all = request->ns.len == 0;
    struct space *space = all ? NULL : find_space(r, request->ns);
    struct look look = {.w = w, .limit = P2P__CAP_RENDEZVOUS_PAGE, .now = now};
    struct cookie bearer;

    if (!all && !is_name(request->ns)) {
        return P2P__RENDEZVOUS_INVALID_NAMESPACE;
    }
    if (!read_cookie(r, request, &look.seq)) {
        return P2P__RENDEZVOUS_INVALID_COOKIE;
    }
    if (request->limit > 0) {
        look.limit = p2p__min(look.limit, request->limit);
    }
    if (all || space != NULL) {
        tell_newer(&look, all ? &r->all : &space->registrations, all);
    }
    assert(look.seq <= r->seq);
    make_cookie(r, request->ns, look.seq, &bearer);
    memcpy(cookie, &bearer, sizeof bearer);
    return P2P__RENDEZVOUS_OK;
}

p2p_ns p2p__rendezvous_registry_deadline(
    const struct p2p__rendezvous_registry *r)
{
    const struct p2p__heap_node *n = p2p__heap_first(&r->expiry);

    return n == NULL ? P2P_NEVER : n->at;
}

void p2p__rendezvous_registry_expire(struct p2p__rendezvous_registry *r,
                                     p2p_ns now)
{
    struct p2p__heap_node *n = p2p__heap_first(&r->expiry);

    while (n != NULL && n->at <= now) {
        drop(r, P2P__CONTAINER(n, struct registration, ends));
        n = p2p__heap_first(&r->expiry);
    }
}
