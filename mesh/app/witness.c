/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See witness.h. Of a request its method, its path and what came of it are
 * noted, never its body, its query or its headers: those may be secret. Of what
 * is signed: by whom, what about, and the message.
 */
#include "mesh/app/witness.h"

#include <stdio.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/trust/fact.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revname.h"

/* Bytes of an action, and of a reason, that are noted. */
#define ACTION_BYTES 256
#define REASON_BYTES 200

/* Lines in an answer, unless it is said how many. */
#define SHOWN 200

/* ---- requests */

/* Whether a request may change something. GET does below /control, as Unit has
 * it; the article's mode knows no dry runs. */
static bool acts(const struct um_daemon *d, const struct um_http_req *req)
{
    const char *method = um_http_method(req);

    if (um_http_is_head(req) || strcmp(method, "OPTIONS") == 0) {
        return false;
    }
    if (strcmp(method, "GET") == 0) {
        return um_segment_match("/control/", um_http_path(req));
    }
    return d->article != NULL || um_http_query(req, "dry-run") == NULL;
}

/* What a mistake says it is, of our own words; the details may quote what was
 * sent. */
static void find_reason(struct um_str body, char out[REASON_BYTES])
{
    static const char key[] = "\"error\":";
    struct um_str rest = um_str_head(body, 4096);
    size_t n = 0;

    while (rest.len >= sizeof key && !um_str_starts(rest, UM_STR(key))) {
        rest = um_str_skip(rest, 1);
    }
    rest = um_str_skip(rest, sizeof key - 1);
    while (um_str_starts(rest, UM_STR(" ")) ||
           um_str_starts(rest, UM_STR("\""))) {
        rest = um_str_skip(rest, 1);
    }
    while (n < rest.len && rest.p[n] != '"' && rest.p[n] != '\\') {
        n++;
    }
    (void)snprintf(out, REASON_BYTES, "%.*s", (int)n, n > 0 ? rest.p : "");
}

/* Whether it came with the cookie of somebody who is logged in. */
static bool is_page(const struct um_daemon *d, const struct um_http_req *req)
{
    const struct um_ask ask = um_auth_ask(req);
    const struct um_alarms *a = &d->loop.alarms;

    return ask.authorization == NULL && ask.cookie != NULL &&
           um_auth_session(&d->remote_auth, &ask, a->now_ms(a->user)) != NULL;
}

void um_witness_said(void *user, const struct um_http_req *req, unsigned status,
                     const void *body, size_t len)
{
    struct um_daemon *d = user;
    struct um_http_peer peer = um_http_peer(req);
    char action[ACTION_BYTES], reason[REASON_BYTES] = "";
    struct um_audit_entry e = {.action = action,
                               .has_uid = peer.known,
                               .uid = peer.uid,
                               .pid = peer.pid,
                               .about = um_http_answered(req, "X-Revision"),
                               .refused = status >= 400,
                               .status = status};

    /* Who may not is noted, whatever was asked for. */
    if (status != 401 && status != 403 && !acts(d, req)) {
        return;
    }
    if (e.refused) {
        find_reason(um_str_n(body, len), reason);
        e.reason = reason[0] != '\0' ? reason : NULL;
    }
    if (um_http_client(req)[0] != '\0') {
        e.addr = um_http_client(req);
    }
    e.via = e.addr == NULL ? "socket" : is_page(d, req) ? "page" : "tcp";
    (void)snprintf(action, sizeof action, "%.10s %s", um_http_method(req),
                   um_http_path(req));
    um_audit_note(&d->audit, um_mesh_wall_ms(), &e);
}

/* ---- what is signed */

/* An item, as it is noted: the texts that an entry points at. */
struct told {
    char about[UM_REVNAME_TEXT_MAX + P2P_PEER_ID_TEXT_MAX];
    char signer[P2P_PEER_ID_TEXT_MAX];
    char peer[P2P_PEER_ID_TEXT_MAX];
    char name[UM__CAP_SET_VALUE_BYTES + 1];
    char message[UM__CAP_ITEM_MESSAGE_BYTES + 1];
};

static const char *peer_text(const struct um_name *member,
                             char out[P2P_PEER_ID_TEXT_MAX])
{
    struct p2p_peer_id id;

    um_peer_of(member, &id);
    return p2p_peer_id_text(&id, out);
}

static const char *copy(struct um_str s, char *out, size_t cap)
{
    (void)snprintf(out, cap, "%.*s", (int)s.len, s.len > 0 ? s.p : "");
    return out;
}

static void tell_revision(struct um_item *it, struct told *t,
                          struct um_audit_entry *e)
{
    static const char *const policies[] = {"immediate", "staged", "trial"};
    struct um_revision r;

    if (um_revision_decode(it, &r) == 0) {
        e->action = r.by_machine ? "re-base" : "revision";
        e->about =
            um_revname_text(r.number, &r.id, UM_REVNAME_DIGITS, t->about);
        e->policy = policies[r.policy];
        e->message = copy(r.message, t->message, sizeof t->message);
    }
}

/* "writer,node" */
static void roles_text(unsigned roles, char *out, size_t cap)
{
    static const char *const names[] = {"owner", "writer", "node", "root"};
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < 4 && n < cap; i++) {
        if ((roles & 1U << i) != 0) {
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? "," : "",
                                  names[i]);
        }
    }
}

static void tell_statement(struct um_item *it, struct told *t,
                           struct um_audit_entry *e)
{
    static const char *const acts[] = {"",       "genesis", "grant",
                                       "revoke", "set",     "void"};
    char words[64] = "", key[P2P_PEER_ID_TEXT_MAX] = "";
    struct um_statement s;

    if (um_statement_decode(it, &s) != 0) {
        return;
    }
    e->action = acts[s.what];
    if (s.what != UM_GENESIS && !um_name_none(&s.key)) {
        (void)peer_text(&s.key, key);
    }
    if (s.what == UM_SET) {
        (void)copy(s.name, words, sizeof words);
    } else {
        roles_text(s.roles, words, sizeof words);
    }
    (void)snprintf(t->about, sizeof t->about, "%s%s%s", key,
                   key[0] != '\0' && words[0] != '\0' ? " " : "", words);
    e->about = t->about;
    e->message = copy(s.message, t->message, sizeof t->message);
}

static void tell_fact(const struct um_daemon *d, struct um_item *it,
                      struct told *t, struct um_audit_entry *e)
{
    static const char *const acts[] = {"", "open", "confirm", "abort"};
    const struct um_past *p;
    struct um_fact f;

    if (um_fact_decode(it, &f) != 0) {
        return;
    }
    p = um_history_find(&um_node_model(d->mesh.node)->history, &f.revision);
    e->action = acts[f.what];
    e->about = um_revname_text(p != NULL ? p->rev.number : 0, &f.revision,
                               UM_REVNAME_DIGITS, t->about);
    e->message = copy(f.message, t->message, sizeof t->message);
}

/* What an item says, if it can be read. */
static void tell_item(struct um_daemon *d, const struct um_node_heard *what,
                      struct told *t, struct um_audit_entry *e)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts facts = {.name = {NULL, 0}};
    struct um_item it;

    if (um_item_read(um_item_payload(what->envelope, what->kind), what->kind,
                     &it) != 0) {
        return;
    }
    e->signer = peer_text(&it.by, t->signer);
    if (what->kind == UM_REVISION) {
        tell_revision(&it, t, e);
    } else if (what->kind == UM_STATEMENT) {
        tell_statement(&it, t, e);
    } else {
        tell_fact(d, &it, t, e);
    }
    (void)um_node_facts(d->mesh.node, &it.by, &a, &facts);
    e->name = copy(facts.name, t->name, sizeof t->name);
    um_arena_fini(&a);
}

void um_witness_heard(void *user, const struct um_node_heard *what)
{
    static const char *const kinds[] = {"item", "revision", "fact", "statement",
                                        "row"};
    struct um_daemon *d = user;
    struct told t;
    struct um_audit_entry e = {
        .action = kinds[what->kind], .via = "node", .refused = !what->taken};

    if (d->mesh.node == NULL) {
        return; /* it begins */
    }
    if (um_name_eq(&what->from, um_node_me(d->mesh.node))) {
        e.via = "here";
    } else {
        e.peer = peer_text(&what->from, t.peer);
    }
    if (what->taken) {
        tell_item(d, what, &t, &e);
    } else {
        e.reason = "its signature does not hold, or it is none";
    }
    um_audit_note(&d->audit, um_mesh_wall_ms(), &e);
}

/* ---- what is shown */

static bool read_number(const struct um_http_req *req, const char *name,
                        uint64_t *out)
{
    const char *v = um_http_query(req, name);
    int64_t n = v != NULL ? um_str_decimal(um_str(v)) : (int64_t)*out;

    *out = n > 0 ? (uint64_t)n : 0;
    return n >= 0;
}

void um_witness_show(struct um_daemon *d, struct um_http_req *req)
{
    uint64_t since = 0, limit = SHOWN;
    struct um_buf lines = UM_BUF_INIT;
    struct um_json j;
    bool more;

    if (!read_number(req, "since", &since) ||
        !read_number(req, "limit", &limit) || limit == 0) {
        um_answer_error(req, 400, "Invalid request.",
                        "since and limit are numbers.");
        return;
    }
    um_buf_byte(&lines, '[');
    (void)um_audit_read(&d->audit, since, limit, &lines, &more);
    um_buf_byte(&lines, ']');
    um_json_init(&j);
    um_json_raw(&j, "entries", um_buf_view(&lines));
    um_json_bool(&j, "more", more);
    um_buf_fini(&lines);
    um_answer_json(req, 200, &j);
}
