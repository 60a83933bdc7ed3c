/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A mesh: its roster, and a line of revisions by a writer. ME is this node,
 * which may run configurations and write none.
 */
#ifndef TESTS_E2E_INTRUDER_WORLD_H
#define TESTS_E2E_INTRUDER_WORLD_H

#include "mesh_maker.h"

#include "mesh/trust/revision.h"

enum { OWNER = 0, ME = 1, WRITER = 2, STRANGER = 5, REVISIONS = 8 };

/* A revision with all that an order needs. */
struct rev {
    struct um_name id;
    struct um_name effective;
    struct um_name doc;
    struct um_buf envelope;
    char document[128];
};

struct world {
    struct mesh_maker mesh;
    struct mesh_maker other;    /* which this node is not of */
    struct rev revs[REVISIONS]; /* [n] is number n + 2, each on the last */
    struct rev foreign[3];      /* by ME, a stranger, and of the other mesh */
    struct um_buf lies[3];      /* statements by those who may not make them */
};

void world_init(struct world *w);
void world_fini(struct world *w);

/* The bytes under a hash; p NULL: none of ours. */
struct um_str world_paper(const struct world *w, const struct um_name *hash);

#endif
