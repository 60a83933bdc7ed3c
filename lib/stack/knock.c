/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See knock.h. All are knocked at in turn, until there were enough. */
#include "stack/knock.h"

#include "stack/swarm.h"

/* From one round to the next (specification). */
#define PAUSE_LEAST_NS P2P__MS(10)
#define PAUSE_MOST_NS  P2P__MS(200)

/* Bytes of a datagram; go has the same. */
#define KNOCK_BYTES 64U

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__knock *k = P2P__CONTAINER(timer, struct p2p__knock, timer);
    struct p2p__swarm *s = k->swarm;
    uint8_t bytes[KNOCK_BYTES];

    for (uint32_t i = 0; i < k->n && k->sent < P2P__CAP_KNOCKS; i++) {
        const struct p2p__via *via = k->doors[i].via;

        s->env->random(s->env, bytes, sizeof bytes);
        via->ops->own->knock(via->host, &k->doors[i].addr, bytes, sizeof bytes);
        k->sent++;
    }
    if (k->sent < P2P__CAP_KNOCKS) {
        const p2p_ns more =
            p2p__rng_below(&s->rng, PAUSE_MOST_NS - PAUSE_LEAST_NS);

        p2p__timer_set(timer, p2p__ns_after(now, PAUSE_LEAST_NS + more));
    }
}

void p2p__knock_init(struct p2p__knock *k, struct p2p__swarm *s)
{
    *k = (struct p2p__knock){.swarm = s};
    p2p__timer_init(&k->timer, s->q, on_due);
}

/* Adds an address, if it is one where knocking helps. */
static void add(struct p2p__knock *k, const struct p2p_peer_id *peer,
                const struct p2p_multiaddr *ma)
{
    struct p2p__maddr_waist waist;
    struct p2p_multiaddr given = *ma;
    struct p2p__place place = {.bytes = given.bytes, .len = given.len};
    const struct p2p__gate_case one = {.step = P2P__GATE_DIAL,
                                       .dialer = true,
                                       .peer = peer,
                                       .addr = &waist.addr,
                                       .place = &place};

    if (k->n == P2P__COUNT(k->doors) || p2p__maddr_waist(ma, &waist) != 0 ||
        waist.name[0] != '\0' || waist.zone[0] != '\0') {
        return;
    }
    place.via = p2p__transports_find(&k->swarm->transports, ma, &waist);
    if (place.via != NULL && place.via->ops->own != NULL &&
        place.via->ops->own->knock != NULL && p2p__gate_may(k->swarm, &one)) {
        k->doors[k->n++] =
            (struct p2p__knock_at){.via = place.via, .addr = waist.addr};
    }
}

bool p2p__knock_start(struct p2p__knock *k, const struct p2p_peer_id *peer,
                      const struct p2p_multiaddr *addrs, size_t n, p2p_ns now)
{
    p2p__knock_stop(k);
    for (size_t i = 0; i < n; i++) {
        add(k, peer, &addrs[i]);
    }
    if (k->n > 0) {
        p2p__timer_set(&k->timer, now);
    }
    return k->n > 0;
}

void p2p__knock_stop(struct p2p__knock *k)
{
    p2p__timer_fini(&k->timer);
    k->n = k->sent = 0;
}
