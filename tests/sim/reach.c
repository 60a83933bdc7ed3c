/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See reach.h: sets of hosts that are joined link by link. */
#include "reach.h"

#include <stdlib.h>

#include "internal.h"

static size_t root_of(size_t *root, size_t i)
{
    while (root[i] != i) {
        root[i] = root[root[i]];
        i = root[i];
    }
    return i;
}

/* Whether a neighbour is up, on this side, and who it was when we started. */
static bool joined(const struct mesh *m, size_t i,
                   const struct mesh_neighbour *to)
{
    const struct mesh_node *other = &m->nodes[to->node];

    return m->nodes[i].up_since != P2P_NEVER && other->up_since != P2P_NEVER &&
           p2p_peer_id_equal(&to->id, &other->id) &&
           sim_connected(&m->sim.hosts[i], &m->sim.hosts[to->node]);
}

static bool is_open(const struct mesh *m, size_t i,
                    const struct mesh_neighbour *to)
{
    const struct p2p__peer *peer =
        p2p__book_find(&m->nodes[i].h.host->swarm->book, &to->id);

    return peer != NULL && p2p__peer_primary(peer) != NULL;
}

void reach_from(const struct mesh *m, size_t from, bool open, bool *out)
{
    size_t n = m->cfg.hosts, *root = calloc(n, sizeof *root);

    assert(root != NULL);
    for (size_t i = 0; i < n; i++) {
        root[i] = i;
    }
    for (size_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < m->cfg.degree; k++) {
            const struct mesh_neighbour *to = &m->nodes[i].neighbours[k];

            if (joined(m, i, to) && (!open || is_open(m, i, to))) {
                root[root_of(root, i)] = root_of(root, to->node);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = root_of(root, i) == root_of(root, from);
    }
    free(root);
}
