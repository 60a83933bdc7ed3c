/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Back-offs: a moment in the member. Seconds from peers are capped first, so
 * that no sum can wrap, now or at a later heartbeat (T26, T27). */
#include "proto/gossip/backoff.h"

#define SLACK_BEATS 2U
#define MS_PER_S    1000U

void p2p__gossip_backoff_add(struct p2p__gossip_member *m, uint64_t ms,
                             p2p_ns now)
{
    p2p_ns until = p2p__ns_after(now, P2P__MS(ms));

    assert(ms <= P2P__CAP_GOSSIP_BACKOFF_S * (uint64_t)MS_PER_S);
    if (until > m->backoff_until) {
        m->backoff_until = until;
    }
}

void p2p__gossip_backoff_said(const struct p2p__gossip *g,
                              struct p2p__gossip_member *m, uint64_t s,
                              p2p_ns now)
{
    uint64_t ms = g->cfg.params.backoff_ms;

    if (s > 0) {
        ms = p2p__min((size_t)s, P2P__CAP_GOSSIP_BACKOFF_S) * MS_PER_S;
    }
    p2p__gossip_backoff_add(m, ms, now);
}

bool p2p__gossip_backoff_over(const struct p2p__gossip *g,
                              const struct p2p__gossip_member *m, p2p_ns now)
{
    p2p_ns slack = SLACK_BEATS * P2P__MS(g->cfg.params.heartbeat_ms);

    return m->backoff_until == 0 ||
           p2p__ns_after(m->backoff_until, slack) <= now;
}
