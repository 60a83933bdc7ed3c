/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connections of a machine that moves: see wander.h. */
#include "stack/wander.h"

#include "stack/swarm.h"

/* Whether a connection leaves from an address that is no more. One on a circuit
 * leaves from nowhere itself, nor does one of which only the system knows. */
static bool is_adrift(const struct p2p__conn *c, const struct p2p__roam *roam)
{
    struct p2p__addr at = {0};

    c->pipe->ops->local(c->pipe, &at);
    return at.family != 0 && !p2p__addr_is_any(&at) &&
           !p2p__roam_has(roam, &at);
}

/* Has it go on from elsewhere, where that can be. */
static int move(struct p2p__conn *c, bool gone, p2p_ns now)
{
    const struct p2p__pipe_ops *ops = c->pipe->ops;
    const struct p2p__swarm *s = c->swarm;
    int rv = ops->move == NULL ? P2P_ENOTSUP : ops->move(c->pipe, gone, now);

    if (rv > 0 && c->state == P2P__CONN_OPEN && s->cb->conn_moved != NULL) {
        s->cb->conn_moved(s->user, c, now);
    }
    return rv < 0 ? rv : 0;
}

int p2p__wander_due(struct p2p__conn *c, p2p_ns now)
{
    const int rv = move(c, true, now);

    c->adrift_at =
        rv == P2P_EAGAIN ? p2p__ns_after(now, P2P__WANDER_AGAIN_NS) : P2P_NEVER;
    return rv == 0 || rv == P2P_EAGAIN ? 0 : P2P_EADDRGONE;
}

static void look_at(struct p2p__conn *c, const struct p2p__roam *roam,
                    p2p_ns now)
{
    const bool gone = is_adrift(c, roam);
    const int rv = move(c, gone, now);

    if (!gone && c->adrift_at != P2P_NEVER) {
        p2p__conn_probe(c, now); /* who went on sending in vain has slowed */
    }
    if (!gone || rv == 0) {
        c->adrift_at = P2P_NEVER;
    } else if (rv == P2P_EAGAIN) {
        c->adrift_at = p2p__ns_after(now, P2P__WANDER_AGAIN_NS);
    } else if (c->adrift_at == P2P_NEVER) {
        c->adrift_at = p2p__ns_after(now, P2P__WANDER_GRACE_NS);
    }
    p2p__conn_arm(c, c->adrift_at);
}

static void forgive(struct p2p__list *peers, p2p_ns now)
{
    P2P__LIST_EACH (it, peers) {
        struct p2p__peer *peer = P2P__CONTAINER(it, struct p2p__peer, link);

        peer->failures = 0;
        peer->backoff_until = 0;
        if (peer->keep && p2p__peer_primary(peer) == NULL) {
            p2p__timer_set(&peer->redial, now);
        }
    }
}

/* That somebody could not be reached from elsewhere says nothing here. */
static void forgive_all(struct p2p__swarm *s, p2p_ns now)
{
    forgive(&s->book.busy, now);
    forgive(&s->book.idle, now);
}

void p2p__wander_moved(struct p2p__swarm *s, const struct p2p__roam *roam,
                       p2p_ns now)
{
    P2P__LIST_EACH (it, &s->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->err == 0 && !c->relayed && c->pipe != NULL &&
            c->state != P2P__CONN_DIALING) {
            look_at(c, roam, now);
        }
    }
    forgive_all(s, now);
}

void p2p__wander_woke(struct p2p__swarm *s, p2p_ns now)
{
    P2P__LIST_EACH (it, &s->conns) {
        p2p__conn_probe(P2P__CONTAINER(it, struct p2p__conn, link), now);
    }
    forgive_all(s, now);
}
