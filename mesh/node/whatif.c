/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See whatif.h. The moment of the view is zero: no deadline passes that the
 * node itself did not see pass, for that would be written into the history. */
#include "mesh/node/whatif.h"

#include "p2p/err.h"

/* Adds what can be added now of all that the node has; how many were not. */
static int add_some(struct um_roster *r, struct um_model *m, size_t *left)
{
    const struct um_known known = um_history_known(&m->history);
    struct um_need need;

    *left = 0;
    for (size_t i = 0; i < um_roster_count(&m->roster); i++) {
        bool stands;
        int err = um_roster_add(r, um_roster_at(&m->roster, i, &stands), &known,
                                &need);

        if (err == P2P_EAGAIN)
            ++*left;
        else if (err != 0 && err != P2P_EDUP)
            return err;
    }
    return 0;
}

/* The same roster. A statement may rest on any other, so again and again. */
static int copy(struct um_roster *r, struct um_model *m)
{
    size_t left = SIZE_MAX, before;
    int err;

    do {
        before = left;
        err = add_some(r, m, &left);
    } while (err == 0 && left > 0 && left < before);
    return err == 0 && left > 0 ? P2P_EPROTO : err;
}

int um_whatif_init(struct um_whatif *w, struct um_model *m,
                   const struct um_statement *s)
{
    const struct um_known known = um_history_known(&m->history);
    struct um_need need;
    int err;

    *w = (struct um_whatif){.view = {0}};
    um_roster_init(&w->roster, &m->cfg.mesh);
    err = copy(&w->roster, m);
    if (err == 0)
        err = um_roster_add(&w->roster, s, &known, &need);
    if (err == P2P_EDUP)
        err = 0;
    if (err == 0)
        err = um_view_update(&w->view, &m->history, &w->roster, 0);
    if (err != 0)
        um_whatif_fini(w);
    return err == P2P_EAGAIN || err == P2P_EPEER ? P2P_EPROTO : err;
}

void um_whatif_fini(struct um_whatif *w)
{
    um_view_fini(&w->view);
    um_roster_fini(&w->roster);
}
