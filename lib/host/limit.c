/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The public view of the limits: see p2p/limit.h. */
#include "p2p/limit.h"

#include "base/config.h"
#include "host/internal.h"

/* A limit of the quota tree: those of one scope are the same everywhere, so
 * they are read from one that has nothing else. */
static uint64_t tree_limit(const struct p2p__swarm *s, unsigned row)
{
    struct p2p__quota q;

    p2p__quota_init(&q, NULL, "");
    switch (row / P2P__Q_COUNT) {
        case P2P__SCOPE_HOST:
            p2p__limits_host(&s->limits, &q);
            break;
        case P2P__SCOPE_TRANSIENT:
            p2p__limits_transient(&s->limits, &q);
            break;
        case P2P__SCOPE_PEER:
            p2p__limits_peer(&s->limits, &q);
            break;
        default:
            p2p__limits_conn(&s->limits, &q);
    }
    return q.limit[row % P2P__Q_COUNT];
}

static uint64_t limit_of(const struct p2p__swarm *s, unsigned row)
{
    const struct p2p__limits *l = &s->limits;

    switch (row) {
        case P2P__REFUSED_HANDSHAKES:
            return l->pending;
        case P2P__REFUSED_HANDSHAKES_OF_ADDR:
            return l->pending_per_addr;
        case P2P__REFUSED_PEER_CONNS:
            return l->per_peer;
        case P2P__REFUSED_UNRESERVED:
            return l->host_conns_in - l->host_conns_in / P2P__CAP_RESERVED_PART;
        case P2P__REFUSED_DIALS:
            return P2P__CAP_DIAL_QUEUE;
        case P2P__REFUSED_STREAMS_WAITING:
            return P2P__CAP_STREAM_WAITING;
        case P2P__REFUSED_STREAMS_NEGOTIATING:
            return P2P__CAP_STREAM_NEGOTIATING;
        case P2P__REFUSED_PROTOCOL_STREAMS_IN:
            return l->protocol_streams_in;
        default:
            return tree_limit(s, row);
    }
}

static uint64_t used_of(const struct p2p__swarm *s, unsigned row)
{
    switch (row) {
        case P2P__REFUSED_HANDSHAKES:
            return s->n_pending;
        case P2P__REFUSED_DIALS:
            return s->n_dial_queue;
        default:
            break;
    }
    if (row / P2P__Q_COUNT == P2P__SCOPE_HOST) {
        return s->quota.used[row % P2P__Q_COUNT];
    }
    return row / P2P__Q_COUNT == P2P__SCOPE_TRANSIENT
               ? s->transient.used[row % P2P__Q_COUNT]
               : 0;
}

/* Whether the row is a limit that can be hit. */
static bool is_limit(const struct p2p__swarm *s, unsigned row)
{
    return limit_of(s, row) != P2P__Q_UNLIMITED;
}

size_t p2p_host_limits(const struct p2p_host *host, struct p2p_limit *out,
                       size_t cap, size_t size)
{
    const struct p2p__swarm *s = host->swarm;
    uint8_t *at = (uint8_t *)out;
    size_t n = 0;

    for (unsigned row = 0; row < P2P__REFUSAL_COUNT; row++) {
        const struct p2p_limit own = {.scope = p2p__refusal_scope(row),
                                      .what = p2p__refusal_what(row),
                                      .limit = limit_of(s, row),
                                      .used = used_of(s, row),
                                      .refused = s->refusals.rows[row].count};

        if (!is_limit(s, row)) {
            continue;
        }
        if (n < cap) {
            p2p__out_write(at + n * size, size, &own, sizeof own);
        }
        n++;
    }
    return n;
}

int p2p_host_protect(struct p2p_host *host, const struct p2p_peer_id *peer,
                     bool protect)
{
    struct p2p__peer *p = p2p__host_peer(host, peer);

    if (p == NULL) {
        return P2P_ENOMEM;
    }
    p2p__peer_guard(p, protect);
    p2p__peer_unref(p);
    return 0;
}

void p2p__host_limited(struct p2p_host *h, unsigned row,
                       const struct p2p__refusal_row *what)
{
    struct p2p_limited ev = {.scope = p2p__refusal_scope(row),
                             .what = p2p__refusal_what(row),
                             .times = what->untold,
                             .peer = what->peer};

    if (h->events->limited == NULL) {
        return;
    }
    if (what->addr.family != 0) {
        p2p__maddr_from_addr(&what->addr, what->port_code, &ev.addr);
    }
    h->events->limited(h->user, &ev);
}
