/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See refusals.h. */
#include "stack/refusals.h"

#include "stack/swarm.h"

#define PAUSE_NS P2P__SEC(1)

static const char *const scopes[] = {
#define SCOPE(name, text) text,
    P2P__SCOPE_MAP(SCOPE)
#undef SCOPE
};

static const struct {
    const char *scope;
    const char *what;
} others[] = {
#define OTHER(name, scope, what) {scope, what},
    P2P__REFUSAL_MAP(OTHER)
#undef OTHER
};

#define TREE_ROWS ((unsigned)P2P__REFUSED_TREE + 1U)

const char *p2p__refusal_scope(unsigned row)
{
    return row < TREE_ROWS ? scopes[row / P2P__Q_COUNT]
                           : others[row - TREE_ROWS].scope;
}

const char *p2p__refusal_what(unsigned row)
{
    return row < TREE_ROWS ? p2p__quota_kind_text(
                                 (enum p2p__quota_kind)(row % P2P__Q_COUNT))
                           : others[row - TREE_ROWS].what;
}

/* Counts one, of an address of a transport if `via` is there, and has it told
 * soon. Returns its row. */
static struct p2p__refusal_row *count(struct p2p__swarm *s, unsigned row,
                                      const struct p2p__via *via,
                                      const struct p2p__addr *from)
{
    struct p2p__refusals *r = &s->refusals;
    struct p2p__refusal_row *at = &r->rows[row];

    at->count++;
    at->untold++;
    at->peer = (struct p2p_peer_id){0};
    at->addr = via == NULL ? (struct p2p__addr){0} : *from;
    at->port_code = via == NULL ? 0 : via->ops->port_code;
    if (!r->teller.node.armed && !s->closing) {
        p2p__timer_set(&r->teller, p2p__ns_after(r->told_at, PAUSE_NS));
    }
    return at;
}

/* Counts one of a connection; NULL: of nobody's. */
static void count_conn(struct p2p__swarm *s, unsigned row,
                       const struct p2p__conn *c)
{
    struct p2p__refusal_row *at = count(s, row, c == NULL ? NULL : c->place.via,
                                        c == NULL ? NULL : &c->remote);

    if (c != NULL && c->peer != NULL) {
        at->peer = c->peer->id;
    }
}

void p2p__refused(struct p2p__swarm *s, enum p2p__refusal what,
                  const struct p2p__conn *c)
{
    count_conn(s, (unsigned)what, c);
}

void p2p__refused_at(struct p2p__swarm *s, enum p2p__refusal what,
                     const struct p2p__via *via, const struct p2p__addr *from)
{
    (void)count(s, (unsigned)what, via, from);
}

/* The connection that asked; NULL: it was not one. */
static const struct p2p__conn *conn_of(struct p2p__quota *asked)
{
    while (asked != NULL && asked->level != P2P__SCOPE_CONN) {
        asked = asked->parent;
    }
    return asked == NULL ? NULL
                         : P2P__CONTAINER(asked, struct p2p__conn, quota);
}

static void on_refused(struct p2p__quota_watch *watch,
                       const struct p2p__quota *at, struct p2p__quota *asked,
                       enum p2p__quota_kind k)
{
    struct p2p__swarm *s =
        P2P__CONTAINER(watch, struct p2p__swarm, refusals.watch);

    count_conn(s, p2p__refusal_of((enum p2p__scope)at->level, k),
               conn_of(asked));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__swarm *s =
        P2P__CONTAINER(timer, struct p2p__swarm, refusals.teller);

    s->refusals.told_at = now;
    for (unsigned i = 0; i < P2P__REFUSAL_COUNT && !s->closing; i++) {
        struct p2p__refusal_row *row = &s->refusals.rows[i];

        if (row->untold > 0) {
            s->cb->limited(s->user, i, row);
            row->untold = 0;
        }
    }
}

void p2p__refusals_init(struct p2p__swarm *s)
{
    s->refusals.watch.refused = on_refused;
    s->quota.watch = &s->refusals.watch;
    p2p__timer_init(&s->refusals.teller, s->q, on_due);
}

void p2p__refusals_fini(struct p2p__swarm *s)
{
    s->quota.watch = NULL;
    p2p__timer_fini(&s->refusals.teller);
}
