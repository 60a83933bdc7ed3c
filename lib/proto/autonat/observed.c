/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See observed.h. Happy path: peers name one address, it is counted by sites,
 * and listed once enough do. Failure modes: peers that name many addresses
 * push out what they and others like them said, not what many agree on.
 */
#include "proto/autonat/observed.h"

/* Witnesses are not counted beyond so many. */
#define MOST 16U

void p2p__autonat_observed_init(struct p2p__autonat_observed *o)
{
    memset(o, 0, sizeof *o);
}

static bool same_local(const struct p2p__autonat_local *a,
                       const struct p2p__autonat_local *b)
{
    return a->family == b->family && a->udp == b->udp && a->port == b->port;
}

/* Sites that name an address. */
static uint32_t witnesses(const struct p2p__autonat_observed *o, size_t index)
{
    const struct p2p__autonat_site *sites[MOST];
    uint32_t n = 0;

    for (size_t i = 0; i < o->count && n < MOST; i++) {
        bool known = o->list[i].external != index;

        for (uint32_t k = 0; k < n && !known; k++) {
            known = p2p__autonat_same_site(sites[k], &o->list[i].site);
        }
        if (!known) {
            sites[n++] = &o->list[i].site;
        }
    }
    return n;
}

/* Takes an observation back; the others stay in their order. */
static void drop(struct p2p__autonat_observed *o, size_t i)
{
    struct p2p__autonat_external *e = &o->externals[o->list[i].external];

    assert(e->observations > 0 && i < o->count);
    e->observations--;
    o->count--;
    memmove(&o->list[i], &o->list[i + 1], (o->count - i) * sizeof o->list[0]);
}

/* Frees the place of an address. */
static void drop_external(struct p2p__autonat_observed *o, size_t index)
{
    for (size_t i = o->count; i > 0; i--) {
        if (o->list[i - 1].external == index) {
            drop(o, i - 1);
        }
    }
    assert(o->externals[index].observations == 0);
}

/* The place of an address that is named; -1: there is none. */
static int find(const struct p2p__autonat_observed *o,
                const struct p2p__autonat_saying *what)
{
    for (size_t i = 0; i < P2P__CAP_AUTONAT_OBSERVED; i++) {
        const struct p2p__autonat_external *e = &o->externals[i];

        if (e->observations > 0 && same_local(&e->local, &what->local) &&
            p2p__addr_same_ip(&e->addr, &what->addr) &&
            e->addr.port == what->addr.port) {
            return (int)i;
        }
    }
    return -1;
}

/* The place of an address that the fewest name, for the longest time: of one
 * port, or of all where `local` is NULL. -1: there is none. */
static int weakest(const struct p2p__autonat_observed *o,
                   const struct p2p__autonat_local *local)
{
    uint32_t fewest = UINT32_MAX;
    int found = -1;

    for (size_t i = 0; i < P2P__CAP_AUTONAT_OBSERVED; i++) {
        const struct p2p__autonat_external *e = &o->externals[i];
        uint32_t n;

        if (e->observations == 0 ||
            (local != NULL && !same_local(&e->local, local))) {
            continue;
        }
        n = witnesses(o, i);
        if (n < fewest ||
            (n == fewest && e->since < o->externals[found].since)) {
            fewest = n;
            found = (int)i;
        }
    }
    return found;
}

static size_t places(const struct p2p__autonat_observed *o,
                     const struct p2p__autonat_local *local)
{
    size_t n = 0;

    for (size_t i = 0; i < P2P__CAP_AUTONAT_OBSERVED; i++) {
        n +=
            o->externals[i].observations > 0 &&
                    (local == NULL || same_local(&o->externals[i].local, local))
                ? 1
                : 0;
    }
    return n;
}

/* A place for a new address. */
static size_t make_place(struct p2p__autonat_observed *o,
                         const struct p2p__autonat_saying *what)
{
    size_t i = 0;

    if (places(o, &what->local) >= P2P__CAP_AUTONAT_OBSERVED_PER_LOCAL) {
        drop_external(o, (size_t)weakest(o, &what->local));
    } else if (places(o, NULL) >= P2P__CAP_AUTONAT_OBSERVED) {
        drop_external(o, (size_t)weakest(o, NULL));
    }
    while (o->externals[i].observations > 0) {
        i++;
    }
    assert(i < P2P__CAP_AUTONAT_OBSERVED);
    o->externals[i] = (struct p2p__autonat_external){
        .local = what->local, .addr = what->addr, .since = ++o->made};
    return i;
}

/* Whether an address is one of those that were met, of which there may be few;
 * notes it if not. */
static bool is_fine(size_t *met, size_t *n, size_t external)
{
    for (size_t i = 0; i < *n; i++) {
        if (met[i] == external) {
            return true;
        }
    }
    if (*n + 1 >= P2P__CAP_AUTONAT_OBSERVED_PER_SITE) {
        return false;
    }
    met[(*n)++] = external;
    return true;
}

/* Forgets what a site said of a port and says no more: a connection says one
 * thing, and a site does not name many addresses beside the one at `at`. */
static void forget_older(struct p2p__autonat_observed *o,
                         const struct p2p__autonat_saying *what, int at)
{
    size_t met[P2P__CAP_AUTONAT_OBSERVED_PER_SITE] = {0}, n = 0;

    for (size_t i = o->count; i > 0; i--) {
        const struct p2p__autonat_observation *one = &o->list[i - 1];

        if (!same_local(&o->externals[one->external].local, &what->local) ||
            !p2p__autonat_same_site(&one->site, &what->site)) {
            continue;
        }
        if (one->by == what->by ||
            (one->external != at && !is_fine(met, &n, one->external))) {
            drop(o, i - 1);
        }
    }
}

bool p2p__autonat_observed_add(struct p2p__autonat_observed *o,
                               const struct p2p__autonat_saying *what)
{
    int at = find(o, what);

    for (size_t i = 0; i < o->count && at >= 0; i++) {
        if (o->list[i].by == what->by && o->list[i].external == at) {
            return false;
        }
    }
    forget_older(o, what, at);
    if (o->count == P2P__CAP_AUTONAT_OBSERVATIONS) {
        return false;
    }
    at = find(o, what);
    at = at >= 0 ? at : (int)make_place(o, what);
    o->externals[at].observations++;
    o->list[o->count++] = (struct p2p__autonat_observation){
        .by = what->by, .site = what->site, .external = (uint8_t)at};
    return true;
}

bool p2p__autonat_observed_gone(struct p2p__autonat_observed *o, uint64_t by)
{
    const size_t before = o->count;

    for (size_t i = o->count; i > 0; i--) {
        if (o->list[i - 1].by == by) {
            drop(o, i - 1);
        }
    }
    return o->count != before;
}

/* Puts one where it belongs among those that are listed, if it does. */
static size_t insert(struct p2p__autonat_sight *out, size_t n, size_t cap,
                     const struct p2p__autonat_sight *one)
{
    size_t at = n;

    while (at > 0 && out[at - 1].witnesses < one->witnesses) {
        at--;
    }
    if (at == cap) {
        return n;
    }
    n = n < cap ? n + 1 : cap;
    memmove(&out[at + 1], &out[at], (n - at - 1) * sizeof *out);
    out[at] = *one;
    return n;
}

size_t p2p__autonat_observed_list(const struct p2p__autonat_observed *o,
                                  const struct p2p__autonat_local *local,
                                  uint32_t least,
                                  struct p2p__autonat_sight *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < P2P__CAP_AUTONAT_OBSERVED; i++) {
        const struct p2p__autonat_external *e = &o->externals[i];
        struct p2p__autonat_sight one;

        if (e->observations == 0 || !same_local(&e->local, local)) {
            continue;
        }
        one = (struct p2p__autonat_sight){.addr = e->addr,
                                          .witnesses = witnesses(o, i)};
        if (one.witnesses >= least) {
            n = insert(out, n, cap, &one);
        }
    }
    return n;
}
