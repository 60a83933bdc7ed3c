/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See acts.h. A body is a JSON object; what is not in it has its default. */
#include "mesh/app/acts.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/span.h"
#include "mesh/app/views.h"
#include "mesh/doc/parse.h"
#include "mesh/trust/code.h"

/* How long an invitation holds if nobody says. */
#define INVITE_MS UINT64_C(900000)
#define MINUTE_MS UINT64_C(60000)

/* The addresses that a code has room for. */
#define ADDRS 16

/* Reads the body; false: it was answered what is wrong. An empty body is an
 * empty object. */
static bool read_body(struct um_http_req *req, struct um_arena *a,
                      struct um_val *out)
{
    size_t len;
    const char *body = um_http_body(req, &len);
    struct um_str text = len > 0 ? um_str_n(body, len) : UM_STR("{}");
    struct um_doc_error err = {0};

    if (um_doc_parse(text, a, out, &err) != 0) {
        um_answer_error(req, 400, "Invalid JSON.", err.text);
        return false;
    }
    if (out->kind != UM_VAL_OBJECT) {
        um_answer_error(req, 400, "The body must be a JSON object.", NULL);
        return false;
    }
    return true;
}

/* A text of the body; p NULL: it is not there. */
static struct um_str text_of(const struct um_val *body, const char *name)
{
    const struct um_val *v = um_val_member(body, um_str(name));

    return v != NULL && v->kind == UM_VAL_STRING ? v->text : um_str_n(NULL, 0);
}

static uint64_t number_of(const struct um_val *body, const char *name,
                          uint64_t otherwise)
{
    const struct um_val *v = um_val_member(body, um_str(name));
    int64_t n =
        v != NULL && v->kind == UM_VAL_NUMBER ? um_str_decimal(v->text) : -1;

    return n >= 0 ? (uint64_t)n : otherwise;
}

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

void um_acts_init(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;

    if (read_body(req, &a, &body)) {
        um_mesh_begin(d, text_of(&body, "name"), on_place, req);
    }
    um_arena_fini(&a);
}

void um_acts_join(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    struct um_str peer;
    char text[P2P_MULTIADDR_TEXT_MAX];

    if (read_body(req, &a, &body)) {
        peer = text_of(&body, "peer");
        if (peer.len >= sizeof text) {
            um_answer_error(req, 400, "\"peer\" is no multiaddr.", NULL);
        } else {
            if (peer.len > 0) {
                memcpy(text, peer.p, peer.len);
            }
            text[peer.len] = '\0';
            um_mesh_join(d, text_of(&body, "code"), peer.len > 0 ? text : NULL,
                         on_place, req);
        }
    }
    um_arena_fini(&a);
}

/* A node to act on; NULL: it was answered that there is none. */
static struct um_node *node_of(const struct um_daemon *d,
                               struct um_http_req *req)
{
    if (d->mesh.node == NULL) {
        um_answer_error(req, 409, "This node is in no mesh yet.", NULL);
    }
    return d->mesh.node;
}

/* Addresses for a code. */
struct addrs {
    char text[ADDRS][P2P_MULTIADDR_TEXT_MAX];
    const char *list[ADDRS];
    size_t n;
};

static void add_addr(void *user, const char *addr)
{
    struct addrs *a = user;

    if (a->n < ADDRS && strstr(addr, "/ip4/127.") == NULL &&
        strstr(addr, "/ip6/::1/") == NULL && strlen(addr) < sizeof a->text[0]) {
        memcpy(a->text[a->n], addr, strlen(addr) + 1);
        a->list[a->n] = a->text[a->n];
        a->n++;
    }
}

/* An invitation on its way to the disk. */
struct invitation {
    struct um_http_req *req;
    unsigned roles;
    uint64_t expires_ms;
    uint32_t uses;
};

static void on_code(void *user, int err, const char *code)
{
    struct invitation *v = user;
    struct um_json j;

    if (err != 0) {
        um_answer_error(v->req, 500, "The invitation cannot be kept.",
                        p2p_err_text(err));
    } else {
        um_json_init(&j);
        um_json_text(&j, "code", code);
        um_json_text(&j, "role",
                     (v->roles & UM_WRITER) != 0 ? "writer" : "node");
        um_json_uint(&j, "expires_ms", v->expires_ms);
        um_json_uint(&j, "uses", v->uses);
        um_answer_json(v->req, 200, &j);
    }
    free(v);
}

/* Whose fingerprint a code has: the key that is here, else the genesis's. */
static void owner_of(struct um_node *n, struct um_name *out)
{
    const struct um_statement *g = um_roster_genesis(&um_node_model(n)->roster);

    if (um_node_owner(n) == NULL ||
        um_item_signer(um_node_owner(n), out) != 0) {
        *out = g != NULL ? g->by : (struct um_name){{0}};
    }
}

/* A code says whole minutes. */
static uint64_t expiry(uint64_t now_ms, uint64_t span_ms)
{
    return span_ms > 0
               ? (now_ms + span_ms + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS
               : 0;
}

static void invite(struct um_daemon *d, struct um_http_req *req,
                   const struct um_val *body)
{
    struct um_node *n = d->mesh.node;
    struct invitation *v = calloc(1, sizeof *v);
    struct addrs *at = calloc(1, sizeof *at);
    bool writes = um_str_eq(text_of(body, "role"), UM_STR("writer"));
    uint64_t span = number_of(body, "expires_ms", INVITE_MS);
    struct um_welcome_plan plan = {
        .roles = UM_NODE | (writes ? UM_WRITER : 0U),
        .expires_ms = expiry(um_node_model(n)->wall_ms, span),
        .uses = (uint32_t)number_of(body, "uses", 1)};
    int rv = P2P_ENOMEM;

    owner_of(n, &plan.owner);
    if (v != NULL && at != NULL) {
        um_bus_addrs(d->bus, add_addr, at);
        plan.addrs = at->list;
        plan.addrs_n = at->n;
        *v = (struct invitation){req, plan.roles, plan.expires_ms, plan.uses};
        rv = um_welcome_invite(um_node_welcome(n), &plan, on_code, v);
    }
    free(at);
    if (rv != 0) {
        free(v);
        um_answer_error(req, rv == P2P_ELIMIT ? 409 : 500,
                        "No invitation can be made.", p2p_err_text(rv));
    }
}

void um_acts_invite(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;

    if (node_of(d, req) != NULL && read_body(req, &a, &body)) {
        invite(d, req, &body);
    }
    um_arena_fini(&a);
}
