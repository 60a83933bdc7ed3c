/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See ties.h. Failure mode: no memory, and a row without them goes out. */
#include "mesh/node/ties.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/node/inner.h"
#include "mesh/trust/peer.h"

/* The lowest members so far, ascending. */
struct lowest {
    struct um_node *node;
    struct um_tie list[UM__CAP_ROW_TIES];
    size_t n;
};

static int order(const struct um_tie *a, const struct um_tie *b)
{
    return memcmp(a->member, b->member, sizeof a->member);
}

/* Puts it in its place; the highest goes when there are too many. */
static void insert(struct lowest *l, const struct um_tie *t)
{
    size_t i = l->n;

    while (i > 0 && order(t, &l->list[i - 1]) < 0) {
        i--;
    }
    if (i == UM__CAP_ROW_TIES) {
        return;
    }
    l->n -= l->n == UM__CAP_ROW_TIES;
    memmove(&l->list[i + 1], &l->list[i], (l->n - i) * sizeof *l->list);
    l->list[i] = *t;
    l->n++;
}

static void each(void *user, const struct um_bus_peer *p)
{
    struct lowest *l = user;
    struct um_tie t = {
        .dialled = p->outbound,
        .rtt_us = p->rtt_us < UINT32_MAX ? (uint32_t)p->rtt_us : UINT32_MAX};
    struct um_name member;

    if (!p->connected || um_peer_member(&p->id, &member) != 0 ||
        (um_roster_roles(&l->node->model.roster, &member) & UM_NODE) == 0) {
        return;
    }
    memcpy(t.member, member.b, sizeof t.member);
    um_tie_addr(p->addr, &t);
    insert(l, &t);
}

void um_ties_put(struct um_node *n, struct um_buf *out)
{
    struct lowest l = {.node = n};

    um_bus_peers(n->cfg.bus, each, &l);
    for (size_t i = 0; i < l.n; i++) {
        um_tie_put(out, &l.list[i]);
    }
}

/* Ways that are collected. */
struct ways {
    struct um_buf text;
    bool near; /* those by a relay on this machine, too */
};

/* Notes an address of ours, if a relay brings others there. */
static void each_addr(void *user, const char *addr)
{
    struct ways *w = user;
    struct p2p_multiaddr ma;
    bool near = strncmp(addr, "/ip4/127.", 9) == 0 ||
                strncmp(addr, "/ip6/::1/", 9) == 0;

    if (strstr(addr, "/p2p-circuit") == NULL || (near && !w->near) ||
        p2p_multiaddr_from_text(addr, strlen(addr), &ma) != 0) {
        return;
    }
    p2p_multiaddr_strip_peer(&ma);
    (void)um_way_put(&w->text, um_str_n((const char *)ma.bytes, ma.len));
}

/* A relay on this machine is of use to those on it alone: it is told of where
 * there is no other. */
static void put_ways(struct um_node *n, struct ways *w)
{
    um_bus_addrs(n->cfg.bus, each_addr, w);
    w->near = w->text.len == 0;
    if (w->near) {
        um_bus_addrs(n->cfg.bus, each_addr, w);
    }
}

static int sign_revision(const void *user, struct um_revision *r,
                         struct um_buf *out)
{
    const struct um_node *n = user;

    return um_revision_seal(r, n->cfg.key, out);
}

static int sign_fact(const void *user, struct um_fact *f, struct um_buf *out)
{
    const struct um_node *n = user;

    return um_fact_seal(f, n->cfg.key, out);
}

_Static_assert((int)UM_REACH_PUBLIC == (int)P2P_REACHABLE &&
                   (int)UM_REACH_PRIVATE == (int)P2P_UNREACHABLE,
               "a row has the library's numbers");

static int sign_row(const void *user, struct um_row *row, struct um_buf *out)
{
    struct um_node *n = (void *)(uintptr_t)user;
    struct um_buf ties = UM_BUF_INIT;
    struct ways ways = {.text = UM_BUF_INIT};
    struct um_row full = *row;
    int err;

    um_ties_put(n, &ties);
    put_ways(n, &ways);
    full.ties = um_buf_failed(&ties) ? um_str_n(NULL, 0) : um_buf_view(&ties);
    full.ways =
        um_buf_failed(&ways.text) ? um_str_n(NULL, 0) : um_buf_view(&ways.text);
    full.awaits = um_welcome_awaits(n->welcome);
    full.reach = (enum um_reach)um_bus_reach(n->cfg.bus);
    err = um_row_seal(&full, n->cfg.key, out);
    row->by = full.by;
    um_buf_fini(&ties);
    um_buf_fini(&ways.text);
    return err;
}

struct um_signer um_ties_signer(struct um_node *n)
{
    return (struct um_signer){sign_revision, sign_fact, sign_row, n};
}
