/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See wait.h. What the node was asked comes back once, also when it is freed;
 * so whoever was asked for is not ended from outside. */
#include "mesh/app/wait.h"

#include "mesh/app/answer.h"
#include "mesh/node/hands.h"

void um_wait_begin(struct um_wait *w, struct um_daemon *d,
                   struct um_http_req *req)
{
    w->d = d;
    w->req = req;
    w->next = d->waits;
    d->waits = w;
}

void um_wait_rest(struct um_wait *w)
{
    const struct um_alarms *a = &w->d->loop.alarms;

    a->clear(a->user, w->alarm);
    w->alarm = NULL;
    if (w->watch != NULL) {
        um_node_unwatch(um_wait_node(w), w->watch);
        w->watch = NULL;
    }
}

void um_wait_end(struct um_wait *w)
{
    struct um_wait **at = &w->d->waits;

    while (*at != w) {
        at = &(*at)->next;
    }
    *at = w->next;
    um_wait_rest(w);
    w->drop(w);
}

void um_wait_fail(struct um_wait *w, unsigned status, const char *error,
                  const char *detail)
{
    um_answer_error(w->req, status, error, detail);
    um_wait_end(w);
}

static void on_seen(void *user)
{
    struct um_wait *w = user;

    w->watch = NULL;
    w->look(w);
}

static void on_alarm(void *user)
{
    struct um_wait *w = user;

    w->alarm = NULL;
    um_wait_rest(w);
    w->late(w);
}

void um_wait_watch(struct um_wait *w, uint64_t ms)
{
    const struct um_alarms *a = &w->d->loop.alarms;

    if (w->watch == NULL) {
        w->watch = um_node_watch(um_wait_node(w), on_seen, w);
    }
    if (w->alarm == NULL) {
        w->alarm = a->set(a->user, ms, on_alarm, w);
    }
    if (w->watch == NULL || w->alarm == NULL) {
        um_wait_fail(w, 500, "Out of memory.", NULL);
    }
}

void um_wait_end_all(struct um_daemon *d)
{
    struct um_hands *hands = um_daemon_hands(d);
    struct um_wait *w = d->waits;

    while (w != NULL) {
        struct um_wait *next = w->next;

        w->closed = true;
        um_wait_rest(w);
        /* Unit may take its time, and is not asked by a node that is gone. */
        if (w->asked && hands != NULL && um_hands_forget(hands, w)) {
            w->asked = false;
        }
        if (!w->asked) {
            um_wait_fail(w, 503, "This node is ending, or leaves its mesh.",
                         NULL);
        }
        w = next;
    }
}

struct um_node *um_wait_node(const struct um_wait *w)
{
    return w->d->mesh.node;
}

struct um_node *um_wait_any_node(const struct um_daemon *d,
                                 struct um_http_req *req)
{
    if (d->mesh.node == NULL) {
        um_answer_error(req, 409, "This node is in no mesh yet.",
                        "`unitmesh init` begins one, `unitmesh join CODE` goes "
                        "into one.");
    }
    return d->mesh.node;
}
