/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See copies.h. There are few, and they are read from the disk. Secrets were
 * hidden when they were made, as far as they were known; they are once more. */
#include "mesh/app/copies.h"

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/app/views.h"
#include "mesh/app/wait.h"
#include "mesh/node/hide.h"
#include "mesh/store/copies.h"

static void put(struct um_node *n, struct um_json *j, const struct um_copy *c)
{
    um_json_open(j, NULL, '{');
    um_json_uint(j, "copy", c->place);
    um_json_uint(j, "at_ms", c->at_ms);
    um_json_uint(j, "bytes", c->size);
    um_json_text(j, "why", c->why == UM_COPY_JOIN ? "join" : "drift");
    um_views_revision(n, j, "revision", &c->revision);
    um_json_close(j, '}');
}

void um_copies_list(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_copy c = {.place = 0};
    struct um_store *s;
    struct um_json j;
    int rv;

    if (n == NULL) {
        return;
    }
    um_json_init(&j);
    um_json_open(&j, "copies", '[');
    s = um_disk_lock(um_node_disk(n));
    while ((rv = um_copies_next(s, c.place, &c)) == 1) {
        put(n, &j, &c);
    }
    um_disk_unlock(um_node_disk(n));
    um_json_close(&j, ']');
    if (rv == 0) {
        um_answer_json(req, 200, &j);
    } else {
        um_json_fini(&j);
        um_answer_error(req, 500, "The copies cannot be read.",
                        p2p_err_text(rv));
    }
}

void um_copies_show(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf bytes = UM_BUF_INIT, shown = UM_BUF_INIT;
    struct um_str text;
    int64_t place;
    int rv = P2P_ENOTFOUND;

    if (n != NULL && um_segment_get(req, &a, 2, &text)) {
        place = um_str_decimal(text);
        if (place > 0) {
            struct um_store *s = um_disk_lock(um_node_disk(n));

            rv = um_copies_get(s, (uint64_t)place, &bytes);
            um_disk_unlock(um_node_disk(n));
        }
        if (rv == 0) {
            rv = um_hide_config(n, um_buf_view(&bytes), &shown);
        }
        if (rv == 0) {
            um_http_reply(req, 200, "application/json", shown.p, shown.len);
        } else {
            um_answer_error(req, rv == P2P_ENOTFOUND ? 404 : 500,
                            rv == P2P_ENOTFOUND ? "There is no such copy."
                                                : "It cannot be read.",
                            NULL);
        }
    }
    um_buf_fini(&bytes);
    um_buf_fini(&shown);
    um_arena_fini(&a);
}
