/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See heal.h. The model keeps the copy and asks Unit; what comes of it is seen
 * as of any revision that is applied. */
#include "mesh/app/heal.h"

#include <stdlib.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/json.h"
#include "mesh/app/views.h"
#include "mesh/app/wait.h"

static void drop(struct um_wait *w)
{
    free(w);
}

static void on_replied(void *user, enum um_reply reply,
                       const struct um_name *revision)
{
    struct um_wait *w = user;
    struct um_json j;

    w->asked = false;
    if (w->closed || revision == NULL) {
        um_wait_fail(w, 503, "This node is ending, or leaves its mesh.", NULL);
        return;
    }
    if (reply == UM_OK) {
        um_json_init(&j);
        um_json_text(&j, "success", "Unit is given what the mesh says.");
        um_views_revision(um_wait_node(w), &j, "revision", revision);
        um_answer_json(w->req, 200, &j);
    } else {
        um_answer_refusal(w->req, reply, "");
    }
    um_wait_end(w);
}

void um_heal_handle(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_command c = {.verb = UM_DO_HEAL};
    struct um_node *n = um_wait_any_node(d, req);
    struct um_wait *w;

    if (n == NULL || !um_body_none(req)) {
        return;
    }
    w = calloc(1, sizeof *w);
    if (w == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    w->drop = drop;
    um_wait_begin(w, d, req);
    w->asked = true;
    if (um_node_command(n, &c, on_replied, w) != 0) {
        w->asked = false;
        um_wait_fail(w, 500, "Out of memory.", NULL);
    }
}
