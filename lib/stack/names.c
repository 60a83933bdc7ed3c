/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See names.h. Failure modes: the resolver says no, says nothing in time, or
 * says what leads nowhere; the dial hears the reason and goes on without. */
#include "stack/names.h"

#include "base/mem.h"
#include "stack/dial.h"
#include "stack/dnsaddr.h"
#include "stack/swarm.h"

/* They had their time. */
static void on_due(struct p2p__timer *t, p2p_ns now)
{
    struct p2p__names *n = P2P__CONTAINER(t, struct p2p__names, timer);
    struct p2p__dial *d = P2P__CONTAINER(n, struct p2p__dial, names);
    struct p2p__resolver *dns = d->swarm->dns;

    for (uint32_t i = 0; i < n->count; i++) {
        if (n->list[i].query != NULL) {
            dns->cancel(dns, n->list[i].query);
            n->list[i].query = NULL;
        }
    }
    if (n->running > 0) {
        n->running = 0;
        p2p__dial_named(d, P2P_ETIMEDOUT, now);
    }
}

void p2p__names_init(struct p2p__names *n, struct p2p__runq *q)
{
    p2p__timer_init(&n->timer, q, on_due);
}

void p2p__names_fini(struct p2p__names *n, struct p2p__resolver *dns)
{
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->list[i].query != NULL) {
            dns->cancel(dns, n->list[i].query);
        }
        p2p__free(n->list[i].bytes);
    }
    p2p__timer_fini(&n->timer);
}

/* The multiaddr that a name is of. */
static void given(const struct p2p__dial_name *name, struct p2p_multiaddr *ma)
{
    memcpy(ma->bytes, name->bytes, name->len);
    ma->len = name->len;
}

/* A query ended. */
static struct p2p__dial *ended(struct p2p__dial_name *name)
{
    name->query = NULL;
    name->dial->names.running--;
    return name->dial;
}

static void on_addrs(void *user, int status, const struct p2p__addr *at,
                     size_t count, p2p_ns now)
{
    struct p2p__dial_name *name = user;
    struct p2p__dial *d = ended(name);
    struct p2p_multiaddr ma;

    given(name, &ma);
    for (size_t i = 0; status == 0 && i < count; i++) {
        struct p2p__addr a = at[i];

        a.port = name->port;
        status = p2p__dial_add_target(d, name->via, &ma, &a);
    }
    p2p__dial_named(d, status, now);
}

/* Whether a result leads to who is dialed. Where nobody in particular is, the
 * first result that names a peer decides who it is. */
static bool leads_there(struct p2p__dial *d, const struct p2p_multiaddr *ma)
{
    const struct p2p_peer_id *expected = p2p__dial_expected(d);
    struct p2p_peer_id id;

    if (!p2p_multiaddr_peer(ma, &id)) {
        return true;
    }
    if (expected == NULL && !p2p_peer_id_equal(&id, &d->swarm->self)) {
        d->expected = id;
        return true;
    }
    return expected != NULL && p2p_peer_id_equal(expected, &id);
}

static void on_texts(void *user, int status, const uint8_t *msg, size_t len,
                     p2p_ns now)
{
    struct p2p__dial_name *name = user;
    struct p2p__dial *d = ended(name);
    struct p2p_multiaddr ma, found;
    struct p2p__dnsaddr walk;

    given(name, &ma);
    if (status == 0) {
        status = p2p__dnsaddr_open(&walk, msg, len, &ma);
    }
    d->names.depth = (uint8_t)(name->depth + 1U);
    while (status == 0 && p2p__dnsaddr_next(&walk, &found)) {
        if (leads_there(d, &found)) {
            /* What no transport of ours leads to does no harm to the rest. */
            (void)p2p__dial_add_maddr(d, &found, now);
        }
    }
    d->names.depth = 0;
    p2p__dial_named(d, status, now);
}

static bool was_asked(const struct p2p__names *n,
                      const struct p2p_multiaddr *ma)
{
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->list[i].len == ma->len &&
            memcmp(n->list[i].bytes, ma->bytes, ma->len) == 0) {
            return true;
        }
    }
    return false;
}

/* Starts the query of a name. 0, or why not. */
static int ask(struct p2p__resolver *dns, struct p2p__dial_name *name,
               const struct p2p_multiaddr *ma,
               const struct p2p__maddr_waist *waist)
{
    char text[P2P__DNSADDR_NAME_MAX];
    int rv = 0;

    if (waist != NULL) {
        name->query = dns->resolve(dns, waist->name, waist->addr.family,
                                   on_addrs, name, &rv);
    } else {
        p2p__dnsaddr_name(ma, text);
        name->query = dns->texts(dns, text, on_texts, name, &rv);
    }
    return rv;
}

int p2p__names_add(struct p2p__dial *d, const struct p2p_multiaddr *ma,
                   const struct p2p__via *via,
                   const struct p2p__maddr_waist *waist, p2p_ns now)
{
    struct p2p__names *n = &d->names;
    struct p2p__resolver *dns = d->swarm->dns;
    struct p2p__dial_name *name = &n->list[n->count];
    int rv;

    if (dns == NULL || (waist == NULL && dns->texts == NULL)) {
        return P2P_ENOTSUP;
    }
    if (was_asked(n, ma)) {
        return 0;
    }
    if (n->count == P2P__CAP_DIAL_NAMES ||
        (waist == NULL && n->depth >= P2P__CAP_DNSADDR_DEPTH)) {
        return P2P_ELIMIT;
    }
    *name =
        (struct p2p__dial_name){.dial = d,
                                .via = via,
                                .bytes = p2p__memdup(ma->bytes, ma->len),
                                .len = ma->len,
                                .port = waist != NULL ? waist->addr.port : 0,
                                .depth = n->depth};
    if (name->bytes == NULL) {
        return P2P_ENOMEM;
    }
    rv = ask(dns, name, ma, waist);
    if (name->query == NULL) {
        p2p__free(name->bytes);
        return rv;
    }
    n->count++;
    n->running++;
    p2p__timer_set(&n->timer,
                   p2p__ns_after(now, P2P__SEC(P2P__CAP_DIAL_NAME_S)));
    return 0;
}
