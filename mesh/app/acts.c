/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See acts.h. What takes long is told later; the request waits for it. */
#include "mesh/app/acts.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/views.h"
#include "mesh/app/wait.h"

/* What came of beginning or joining, as JSON. */
static void on_place(void *user, const struct um_mesh_outcome *o)
{
    struct um_http_req *req = user;
    char id[UM_NAME_TEXT_MAX];
    struct um_json j;

    if (o->status >= 400) {
        um_answer_error(req, o->status, o->text, NULL);
        return;
    }
    um_json_init(&j);
    um_json_text(&j, "mesh", um_name_text(&o->mesh, id));
    um_json_bool(&j, "member", o->status == 200);
    if (o->text[0] != '\0') {
        um_json_text(&j, "text", o->text);
    }
    if (o->recovery != NULL) {
        um_json_text(&j, "recovery_key", o->recovery);
    }
    if (o->status == 200) {
        um_json_text(&j, "role",
                     (o->roles & UM_WRITER) != 0 ? "writer" : "node");
    }
    if (o->replaced.p != NULL) {
        um_json_raw(&j, "unit_ran", o->replaced);
    }
    um_answer_json(req, o->status, &j);
}

static const struct um_body_member init_body[] = {
    {"name", UM_VAL_STRING},
    {"certificates", UM_VAL_OBJECT},
    {NULL, 0}};
static const struct um_body_member join_body[] = {{"code", UM_VAL_STRING},
                                                  {"peer", UM_VAL_STRING},
                                                  {NULL, 0}};
static const struct um_body_member leave_body[] = {{"purge", UM_VAL_BOOL},
                                                   {NULL, 0}};

void um_acts_init(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;

    if (um_body_read(req, &a, init_body, &body)) {
        um_mesh_begin(d, um_body_text(&body, "name"),
                      um_val_member(&body, UM_STR("certificates")), on_place,
                      req);
    }
    um_arena_fini(&a);
}

void um_acts_join(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    struct p2p_multiaddr ma;
    struct um_str peer;
    char text[P2P_MULTIADDR_TEXT_MAX];

    if (um_body_read(req, &a, join_body, &body)) {
        peer = um_body_text(&body, "peer");
        if (peer.len >= sizeof text ||
            (peer.len > 0 &&
             p2p_multiaddr_from_text(peer.p, peer.len, &ma) != 0)) {
            um_answer_error(req, 400, "\"peer\" is no multiaddr.",
                            "One is such as /ip4/192.0.2.7/tcp/4901.");
        } else {
            if (peer.len > 0) {
                memcpy(text, peer.p, peer.len);
            }
            text[peer.len] = '\0';
            um_mesh_join(d, um_body_text(&body, "code"),
                         peer.len > 0 ? text : NULL, on_place, req);
        }
    }
    um_arena_fini(&a);
}

static void say_owner(struct um_http_req *req, const char *error,
                      const char *detail)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "error", error);
    um_json_text(&j, "detail", detail);
    um_json_text(&j, "override", "force");
    um_answer_json(req, 409, &j);
}

/* Whether it may go; else the request is answered why not. Neither the mesh's
 * last owner nor the last copy of an owner's key is lost by a slip. */
static bool may_leave(struct um_daemon *d, struct um_http_req *req, bool purge)
{
    if (purge && d->mesh.asking != NULL) {
        um_answer_error(req, 409, "This node is asking to be let in.",
                        "That takes half a minute at most.");
        return false;
    }
    if (um_http_query(req, "force") != NULL) {
        return true;
    }
    if (um_node_is_last_owner(d->mesh.node)) {
        say_owner(req, "Nobody could let members in or remove them any more.",
                  "The mesh's only owner's key is on this node. Make another "
                  "member an owner first: `unitmesh members role MEMBER owner`."
                  " Once it is gone, only the recovery key makes another one: "
                  "`unitmesh recover`.");
        return false;
    }
    if (purge && um_daemon_owner(d) != NULL) {
        say_owner(req, "An owner's key is here, and would be gone.",
                  "Copy owner.key from the state folder, if it is not "
                  "elsewhere too.");
        return false;
    }
    return true;
}

void um_acts_leave(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    struct um_json j;
    char mesh[UM_NAME_TEXT_MAX];

    if (um_wait_any_node(d, req) != NULL &&
        um_body_read(req, &a, leave_body, &body)) {
        bool purge = um_body_true(&body, "purge");

        if (may_leave(d, req, purge)) {
            (void)um_name_text(&um_node_model(d->mesh.node)->cfg.mesh, mesh);
            int left = um_mesh_leave(d, purge);

            if (left < 0 || (left == 0 && purge && um_mesh_forget(d) != 0)) {
                um_answer_error(req, 500, "What is left cannot be put aside.",
                                "The log says why.");
            } else {
                um_json_init(&j);
                um_json_text(&j, "success", "This node is in no mesh.");
                um_json_text(&j, "mesh", mesh);
                um_json_bool(&j, "purged", purge);
                um_json_bool(&j, "bound", left == 1);
                um_answer_json(req, 200, &j);
            }
        }
    }
    um_arena_fini(&a);
}

void um_acts_import(struct um_daemon *d, struct um_http_req *req)
{
    size_t len;
    const char *bytes = um_http_body(req, &len);
    struct um_statement s;

    if (um_statement_open(um_str_n(bytes, len), &s) != 0 ||
        s.what != UM_GENESIS) {
        um_answer_error(req, 400, "This is no genesis of a mesh.", NULL);
    } else {
        um_mesh_import(d, &s.id, um_str_n(bytes, len), on_place, req);
    }
}

/* One that is here is not written over: it may be another mesh's. */
static bool has_owner_key(struct um_daemon *d, struct um_http_req *req)
{
    if (um_daemon_owner(d) != NULL) {
        um_answer_error(req, 409, "An owner's key is here already.",
                        "It is owner.key in the state folder: put it elsewhere "
                        "and start the daemon anew, if it is of no use here.");
    }
    return um_daemon_owner(d) != NULL;
}

void um_acts_owner_key(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_name name;
    struct um_json j;

    if (n == NULL || !um_body_none(req) || has_owner_key(d, req)) {
        return;
    }
    if (um_keys_make(um_partner_keys(d->partner), UM_KEYRING_OWNER) != 0 ||
        um_item_signer(um_daemon_owner(d), &name) != 0) {
        um_answer_error(req, 500, "No owner's key can be made.",
                        "The log says why.");
        return;
    }
    um_node_use_owner(n, um_daemon_owner(d));
    um_json_init(&j);
    um_views_peer(&j, "id", &name);
    um_answer_json(req, 200, &j);
}
