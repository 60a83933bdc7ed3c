/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trims in two passes over the connections, oldest first: those without any
 * stream, then the others. Runs at most once a second. */
#include "stack/connmgr.h"

#include "stack/swarm.h"

#define TRIM_PAUSE_NS P2P__SEC(1)

static bool may_trim(const struct p2p__swarm *s, const struct p2p__conn *c,
                     p2p_ns now)
{
    return c->state == P2P__CONN_OPEN && c->err == 0 &&
           !p2p__peer_is_protected(c->peer) && !c->peer->held &&
           now - c->opened_at >= s->limits.grace_ns;
}

static uint32_t trim_pass(struct p2p__swarm *s, uint32_t excess, bool idle_only,
                          p2p_ns now)
{
    P2P__LIST_EACH (it, &s->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (excess == 0) {
            break;
        }
        if (may_trim(s, c, now) && (!idle_only || c->stream_count == 0)) {
            p2p__conn_drain(c, now);
            s->trimmed++;
            excess--;
        }
    }
    return excess;
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__swarm *s = P2P__CONTAINER(timer, struct p2p__swarm, trimmer);
    uint32_t excess;

    if (s->n_open <= s->limits.high_water) {
        return;
    }
    excess = s->n_open - s->limits.low_water;
    excess = trim_pass(s, excess, true, now);
    (void)trim_pass(s, excess, false, now);
    p2p__timer_set(timer, p2p__ns_after(now, TRIM_PAUSE_NS));
}

void p2p__connmgr_init(struct p2p__swarm *s)
{
    p2p__timer_init(&s->trimmer, s->q, on_due);
}

void p2p__connmgr_fini(struct p2p__swarm *s)
{
    p2p__timer_fini(&s->trimmer);
}

void p2p__connmgr_check(struct p2p__swarm *s, p2p_ns now)
{
    if (s->n_open > s->limits.high_water && !s->trimmer.node.armed) {
        p2p__timer_set(&s->trimmer, p2p__ns_after(now, TRIM_PAUSE_NS));
    }
}
