/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See node.h, inner.h. What people want of the node is told of when it is on
 * the disk. Failure mode: a disk that is full, or cannot be written. Then
 * nobody waits for ever: after a while it is said that it could not be stored,
 * and what comes while that is so is turned away at once. What is in the disk's
 * row stays there, and is done when there is room.
 */
#include "mesh/base/mem.h"
#include "mesh/node/inner.h"
#include "p2p/err.h"

/* How long anything waits for a disk that cannot be written. */
#define PATIENCE_MS 3000U

static const struct um_name nothing;

static uint64_t now_ms(const struct um_node *n)
{
    const struct um_alarms *a = n->cfg.alarms;

    return a->now_ms(a->user);
}

/* Whether the disk takes nothing now, and may again. After a failed sync nobody
 * knows what is on it, which is said at the end. */
static bool is_stuck(const struct um_node *n)
{
    return !n->ending && !n->over && !um_disk_broken(n->disk) &&
           um_disk_trouble(n->disk) != NULL;
}

/* The oldest that nobody was told of, if it is overdue: the list is by age, the
 * newest first. */
static struct um_node_request *take_overdue(struct um_node *n)
{
    struct um_node_request **at = &n->requests, *r;

    while (*at != NULL && (*at)->next != NULL) {
        at = &(*at)->next;
    }
    r = *at;
    if (r == NULL || now_ms(n) - r->at_ms < PATIENCE_MS) {
        return NULL;
    }
    *at = NULL;
    return r;
}

static void turn_away(struct um_node *n)
{
    struct um_node_request *r;

    while ((r = take_overdue(n)) != NULL) {
        r->done(r->user, UM_UNSTORED, &nothing);
        um_mem_free(r);
    }
    for (struct um_node_own *o = n->own; o != NULL; o = o->next) {
        um_node_taken *done = o->done;

        o->done = NULL;
        if (done != NULL) {
            done(o->user, P2P_EIO);
        }
    }
}

static void on_late(void *arg)
{
    struct um_node *n = arg;

    n->late = NULL;
    if (is_stuck(n)) {
        turn_away(n);
    }
    if (n->requests != NULL || n->own != NULL) {
        um_node_hurry(n);
    }
}

void um_node_hurry(struct um_node *n)
{
    const struct um_alarms *a = n->cfg.alarms;

    if (n->late == NULL && !n->ending && !n->over) {
        n->late = a->set(a->user, PATIENCE_MS, on_late, n);
    }
}

/* Whether a person wants to hold to what is not here: if its author goes, it
 * would be in force, and nobody could run it. It is asked for then. */
static bool lacks_document(struct um_node *n, const struct um_command *c)
{
    const struct um_past *p = um_history_find(&n->model.history, &c->about);

    return c->verb == UM_DO_CONFIRM && p != NULL &&
           um_node_fetch(n, &p->rev.doc, p->rev.doc_bytes) != 0;
}

int um_node_command(struct um_node *n, const struct um_command *c,
                    um_node_replied *done, void *user)
{
    struct um_event e = {.what = UM_EV_COMMAND, .u.command = *c};
    struct um_node_request *r;

    if (is_stuck(n)) {
        done(user, UM_UNSTORED, &nothing);
        return 0;
    }
    if (lacks_document(n, c)) {
        done(user, UM_NO_DOCUMENT, &c->about);
        return 0;
    }
    r = um_mem_alloc(sizeof *r);
    if (r == NULL) {
        return P2P_ENOMEM;
    }
    *r = (struct um_node_request){.next = n->requests,
                                  .number = ++n->requests_n,
                                  .at_ms = now_ms(n),
                                  .done = done,
                                  .user = user};
    n->requests = r;
    e.u.command.request = r->number;
    if (!n->ending) { /* else it is answered with the others */
        um_node_hurry(n);
        um_node_step(n, &e);
        um_node_stir(n);
    }
    return 0;
}

int um_node_state(struct um_node *n, struct um_str envelope,
                  um_node_taken *done, void *user)
{
    struct um_item it;
    int rv = um_item_open(envelope, UM_STATEMENT, &it);

    if (rv == 0 && n->ending) {
        rv = P2P_ECLOSED;
    } else if (rv == 0 && is_stuck(n)) {
        rv = P2P_EIO;
    }
    if (rv == 0) {
        um_node_hurry(n);
        um_node_bring(n, UM_STATEMENT, envelope, done, user);
    }
    return rv;
}
