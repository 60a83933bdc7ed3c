/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A ring of references with two caps. It doubles; it is freed when empty. */
#include "proto/gossip/queue.h"

#include "base/mem.h"

#define FIRST_ROOM 8U

void p2p__gossip_lane_init(struct p2p__gossip_lane *l, uint32_t max_count,
                           uint32_t max_bytes)
{
    assert(max_count >= FIRST_ROOM);
    *l = (struct p2p__gossip_lane){.max_count = max_count,
                                   .max_bytes = max_bytes};
}

/* The room after the next push. */
static uint32_t next_room(const struct p2p__gossip_lane *l)
{
    if (l->count < l->room) {
        return l->room;
    }
    return l->room == 0 ? FIRST_ROOM : l->room * 2;
}

size_t p2p__gossip_lane_need(const struct p2p__gossip_lane *l)
{
    return (size_t)(next_room(l) - l->room) * sizeof(void *);
}

/* Makes the ring larger, oldest in front. */
static int grow(struct p2p__gossip_lane *l)
{
    uint32_t room = next_room(l);
    struct p2p__gossip_msg **ring;

    if (room == l->room) {
        return 0;
    }
    ring = p2p__alloc(room * sizeof(struct p2p__gossip_msg *));
    if (ring == NULL) {
        return P2P_ENOMEM;
    }
    for (uint32_t i = 0; i < l->count; i++) {
        ring[i] = l->ring[(l->first + i) & (l->room - 1)];
    }
    p2p__free(l->ring);
    l->ring = ring;
    l->room = room;
    l->first = 0;
    return 0;
}

int p2p__gossip_lane_push(struct p2p__gossip_lane *l,
                          struct p2p__gossip_msg *msg, uint32_t bytes)
{
    int rv;

    if (l->count > 0 &&
        (l->count >= l->max_count || l->bytes + bytes > l->max_bytes)) {
        return P2P_ELIMIT;
    }
    rv = grow(l);
    if (rv != 0) {
        return rv;
    }
    l->ring[(l->first + l->count) & (l->room - 1)] = msg;
    l->count++;
    l->bytes += bytes;
    return 0;
}

struct p2p__gossip_msg *p2p__gossip_lane_first(const struct p2p__gossip_lane *l)
{
    return l->count > 0 ? l->ring[l->first] : NULL;
}

void p2p__gossip_lane_pop(struct p2p__gossip_lane *l, uint32_t bytes)
{
    assert(l->count > 0 && l->bytes >= bytes);
    l->first = (l->first + 1) & (l->room - 1);
    l->count--;
    l->bytes -= bytes;
}

size_t p2p__gossip_lane_shrink(struct p2p__gossip_lane *l)
{
    return l->count == 0 && l->room > FIRST_ROOM ? p2p__gossip_lane_fini(l) : 0;
}

size_t p2p__gossip_lane_fini(struct p2p__gossip_lane *l)
{
    size_t held = l->room * sizeof(void *);

    assert(l->count == 0);
    p2p__free(l->ring);
    l->ring = NULL;
    l->room = 0;
    l->first = 0;
    return held;
}
