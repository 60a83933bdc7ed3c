/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See invites.h. */
#include "mesh/app/invites.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/members.h"
#include "mesh/app/qr.h"
#include "mesh/app/segment.h"
#include "mesh/app/word.h"
#include "mesh/trust/code.h"

/* How long an invitation holds if nobody says. */
#define INVITE_MS UINT64_C(900000)
#define MINUTE_MS UINT64_C(60000)

/* The addresses that a code has room for. */
#define ADDRS 16
#define EARLY 2U

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

/* Whether a relay leads there. */
static bool is_by_relay(const char *addr)
{
    return strstr(addr, "/p2p-circuit") != NULL;
}

/* A code has room for few: what a relay leads to stands behind the first two,
 * so that who has many addresses is found from elsewhere, too. */
static void arrange(struct addrs *a)
{
    const char *list[ADDRS];
    size_t n = 0;

    for (int pass = 0; pass < 3; pass++) {
        size_t direct = 0;

        for (size_t i = 0; i < a->n; i++) {
            bool relayed = is_by_relay(a->text[i]);
            bool early = !relayed && direct++ < EARLY;

            if (pass == (early ? 0 : relayed ? 1 : 2)) {
                list[n++] = a->text[i];
            }
        }
    }
    memcpy(a->list, list, n * sizeof *list);
}

/* An invitation on its way to the disk. */
struct invitation {
    struct um_http_req *req;
    unsigned roles;
    uint64_t expires_ms;
    uint32_t uses;
    bool pending; /* who joins with it waits: there is no owner's key here */
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
        um_json_bool(&j, "pending", v->pending);
        um_qr_put(&j, "qr", code);
        um_answer_json(v->req, 200, &j);
    }
    free(v);
}

/* Whose fingerprint a code has: the key that is here, else the genesis's. */
static void owner_of(struct um_node *n, struct um_name *out)
{
    const struct um_statement *g = um_roster_genesis(&um_node_model(n)->roster);

    if (!um_node_owns(n) || um_item_signer(um_node_owner(n), out) != 0) {
        *out = g != NULL ? g->by : (struct um_name){{0}};
    }
}

/* A code says whole minutes. */
static uint64_t expiry(uint64_t now_ms, uint64_t span_ms)
{
    return (now_ms + span_ms + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS;
}

/* Makes it and lets it be written. */
static int invite(struct um_daemon *d, struct um_http_req *req,
                  struct um_welcome_plan *plan)
{
    struct um_node *n = d->mesh.node;
    struct invitation *v = calloc(1, sizeof *v);
    struct addrs *at = calloc(1, sizeof *at);
    int rv = P2P_ENOMEM;

    owner_of(n, &plan->owner);
    if (v != NULL && at != NULL) {
        um_bus_addrs(d->bus, add_addr, at);
        arrange(at);
        plan->addrs = at->list;
        plan->addrs_n = at->n;
        *v = (struct invitation){req, plan->roles, plan->expires_ms, plan->uses,
                                 !um_node_owns(n)};
        rv = um_welcome_invite(um_node_welcome(n), plan, on_code, v);
    }
    free(at);
    if (rv != 0) {
        free(v);
    }
    return rv;
}

/* Reads what it is to be; false: it was answered what is wrong. */
static bool read_plan(struct um_node *n, struct um_http_req *req,
                      const struct um_val *body, struct um_welcome_plan *plan)
{
    uint64_t span = um_body_number(body, "expires_ms", INVITE_MS);
    uint64_t uses = um_body_number(body, "uses", 1);

    if (!um_members_roles(req, body, UM_NODE, &plan->roles)) {
        return false;
    }
    if (uses == 0 || uses > UINT32_MAX || span == 0 ||
        span > UM__CAP_ITEM_SPAN_MS) {
        um_answer_error(req, 400, "There can be no such invitation.",
                        "It is for one use or more, and holds for some time, "
                        "at most 366 days.");
        return false;
    }
    plan->expires_ms = expiry(um_node_model(n)->wall_ms, span);
    plan->uses = (uint32_t)uses;
    return true;
}

static const struct um_body_member plan_body[] = {{"role", UM_VAL_STRING},
                                                  {"expires_ms", UM_VAL_NUMBER},
                                                  {"uses", UM_VAL_NUMBER},
                                                  {NULL, 0}};

void um_invites_make(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    struct um_welcome_plan plan = {.uses = 1};
    int rv;

    if (n != NULL && um_body_read(req, &a, plan_body, &body) &&
        read_plan(n, req, &body, &plan)) {
        rv = invite(d, req, &plan);
        if (rv == P2P_ELIMIT) {
            um_answer_error(req, 409, "There are too many invitations.",
                            "Take some back first.");
        } else if (rv != 0) {
            um_answer_error(req, 500, "No invitation can be made.",
                            p2p_err_text(rv));
        }
    }
    um_arena_fini(&a);
}

/* Reads the id as it is shown. */
static bool read_id(struct um_str text, uint8_t id[UM_INVITE_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    if (text.len != 2 * (size_t)UM_INVITE_ID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(digits, text.p[i], sizeof digits - 1);

        if (at == NULL) {
            return false;
        }
        id[i / 2] = (uint8_t)(id[i / 2] << 4 | (at - digits));
    }
    return true;
}

void um_invites_take_back(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    uint8_t id[UM_INVITE_ID_BYTES] = {0};
    struct um_str text;
    struct um_json j;
    int rv;

    if (n != NULL && um_body_none(req) && um_segment_get(req, &a, 2, &text)) {
        rv = read_id(text, id) ? um_welcome_drop(um_node_welcome(n), id)
                               : P2P_ENOTFOUND;
        if (rv == 0) {
            um_word_answer(&j, "The invitation is taken back.", NULL);
            um_word_after(d, req, &j);
        } else {
            um_answer_error(req, rv == P2P_ENOTFOUND ? 404 : 500,
                            rv == P2P_ENOTFOUND ? "There is no such invitation."
                                                : "It cannot be taken back.",
                            NULL);
        }
    }
    um_arena_fini(&a);
}
