/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See familiar.h. It cannot fail: there is room for a mark at each place, and
 * addresses that meet there forget each other. */
#include "stack/familiar.h"

#include "base/map.h"

void p2p__familiar_init(struct p2p__familiar *f, const uint64_t seed[2])
{
    *f = (struct p2p__familiar){.seed = {seed[0], seed[1]}};
}

static uint64_t hash_of(const struct p2p__familiar *f,
                        const struct p2p__addr *addr)
{
    return p2p__siphash(f->seed, addr->ip, sizeof addr->ip) ^ addr->family;
}

/* The mark of a hash, of bits that do not choose the place. */
static uint32_t mark_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1U;
}

void p2p__familiar_note(struct p2p__familiar *f, const struct p2p__addr *addr)
{
    const uint64_t hash = hash_of(f, addr);

    f->marks[hash % P2P__FAMILIAR_PLACES] = mark_of(hash);
}

bool p2p__familiar_has(const struct p2p__familiar *f,
                       const struct p2p__addr *addr)
{
    const uint64_t hash = hash_of(f, addr);

    return f->marks[hash % P2P__FAMILIAR_PLACES] == mark_of(hash);
}
