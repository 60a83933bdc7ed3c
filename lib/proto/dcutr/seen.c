/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See seen.h. A witness that lies has one row of each kind. */
#include "proto/dcutr/seen.h"

#include "wire/maddr.h"

/* The row of a witness, or the last one there may be. */
static size_t find(const struct p2p__dcutr_seen *s,
                   const struct p2p_peer_id *by, uint32_t port_code)
{
    size_t i = 0;

    while (i < s->n && !(s->sights[i].port_code == port_code &&
                         p2p_peer_id_equal(&s->sights[i].by, by))) {
        i++;
    }
    return p2p__min(i, P2P__COUNT(s->sights) - 1);
}

bool p2p__dcutr_seen_note(struct p2p__dcutr_seen *s,
                          const struct p2p_peer_id *by,
                          const struct p2p_multiaddr *at,
                          enum p2p__dcutr_reach reach)
{
    struct p2p__dcutr_sight sight = {.by = *by, .at = *at};
    struct p2p__maddr_waist waist;
    size_t i;

    p2p_multiaddr_strip_peer(&sight.at);
    if (!p2p__dcutr_is_usable(&sight.at, reach) ||
        p2p__maddr_waist(&sight.at, &waist) != 0) {
        return false;
    }
    sight.port_code = waist.port_code;
    i = find(s, by, waist.port_code);
    s->n = p2p__max(s->n, i + 1);
    memmove(s->sights + 1, s->sights, i * sizeof *s->sights);
    s->sights[0] = sight;
    return true;
}

void p2p__dcutr_seen_list(const struct p2p__dcutr_seen *s,
                          enum p2p__dcutr_reach reach,
                          struct p2p__dcutr_addrs *to)
{
    for (size_t i = 0; i < s->n; i++) {
        (void)p2p__dcutr_add(to, &s->sights[i].at, reach);
    }
}
