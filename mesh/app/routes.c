/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One table: method, path, what it asks of the caller, who answers. Paths
 * match exactly. What is not in the table is 404; what is there under another
 * method is 405 with the methods that are allowed.
 */
#include "mesh/app/routes.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <p2p/p2p.h>

#include "mesh/app/acts.h"
#include "mesh/app/answer.h"
#include "mesh/app/change.h"
#include "mesh/app/copies.h"
#include "mesh/app/doctor.h"
#include "mesh/app/documents.h"
#include "mesh/app/exports.h"
#include "mesh/app/heal.h"
#include "mesh/app/imports.h"
#include "mesh/app/invites.h"
#include "mesh/app/logins.h"
#include "mesh/app/loglevel.h"
#include "mesh/app/members.h"
#include "mesh/app/metrics.h"
#include "mesh/app/openapi.h"
#include "mesh/app/page.h"
#include "mesh/app/pending.h"
#include "mesh/app/query.h"
#include "mesh/app/reach.h"
#include "mesh/app/receivers.h"
#include "mesh/app/replace.h"
#include "mesh/app/reseal.h"
#include "mesh/app/revisions.h"
#include "mesh/app/segment.h"
#include "mesh/app/setting.h"
#include "mesh/app/topology.h"
#include "mesh/app/verbs.h"
#include "mesh/app/views.h"
#include "mesh/app/voids.h"
#include "mesh/app/wait.h"
#include "mesh/app/witness.h"
#include "mesh/app/word.h"
#include "mesh/trust/peer.h"

#define JSON "application/json"

struct route {
    const char *method; /* NULL: whichever */
    const char *path;   /* um_segment_match() */
    enum um_access access;
    void (*handle)(struct um_daemon *d, struct um_http_req *req);
};

static void get_healthz(struct um_daemon *d, struct um_http_req *req)
{
    (void)d;
    um_answer_text(req, 200, "ok\n");
}

/* The description of all of this, as the daemon was built with it. */
static void get_description(struct um_daemon *d, struct um_http_req *req)
{
    (void)d;
    um_http_reply(req, 200, "application/yaml", um_openapi_text,
                  um_openapi_bytes);
}

static void each_addr(void *user, const char *addr)
{
    um_json_text(user, NULL, addr);
}

static void put_article(const struct um_daemon *d, struct um_json *j)
{
    struct um_article_stats s;

    if (d->article == NULL) {
        return;
    }
    um_article_stats(d->article, &s);
    um_json_open(j, "article", '{');
    um_json_uint(j, "subscribers", s.subscribers);
    um_json_uint(j, "published", s.published);
    um_json_uint(j, "received", s.received);
    um_json_uint(j, "refused", s.refused);
    um_json_uint(j, "pulls", s.pulls);
    um_json_uint(j, "applied", s.applied);
    um_json_close(j, '}');
}

static void put_unit(const struct um_daemon *d, struct um_json *j)
{
    struct um_applier_stats s;

    um_json_open(j, "unit", '{');
    um_json_text(j, "target", d->unit_target);
    um_json_bool(j, "stand_in", d->standin != NULL);
    if (d->partner != NULL) {
        um_hands_stats(um_partner_hands(d->partner), &s);
    } else if (d->applier != NULL) {
        um_applier_stats(d->applier, &s);
    }
    if (d->unit_target[0] != '\0') {
        um_json_uint(j, "applied", s.applied);
        um_json_uint(j, "unchanged", s.unchanged);
        um_json_uint(j, "refused", s.refused);
        um_json_uint(j, "failed", s.failed);
        um_json_bool(j, "busy", s.busy);
    }
    um_json_close(j, '}');
}

static void put_limits(const struct um_daemon *d, struct um_json *j)
{
    struct p2p_host_stats s;

    um_bus_stats(d->bus, &s);
    um_json_open(j, "p2p", '{');
    um_json_uint(j, "conns_in", s.conns_in);
    um_json_uint(j, "conns_out", s.conns_out);
    um_json_uint(j, "streams_in", s.streams_in);
    um_json_uint(j, "streams_out", s.streams_out);
    um_json_uint(j, "memory_bytes", s.memory_bytes);
    um_json_uint(j, "handshakes_pending", s.handshakes_pending);
    um_json_uint(j, "descriptors", s.descriptors);
    um_json_uint(j, "refused_quota", s.refused_quota);
    um_json_uint(j, "refused_pending", s.refused_pending);
    um_json_uint(j, "trimmed", s.trimmed);
    um_json_close(j, '}');
}

/* How this process is held. */
static void put_confined(const struct um_confined *c, struct um_json *j)
{
    char text[UM_CONFINE_TEXT];

    um_confine_text(c, text, sizeof text);
    um_json_open(j, "confined", '{');
    um_json_text(j, "how", text);
    um_json_text(j, "user", c->user.name);
    um_json_uint(j, "uid", c->user.uid);
    um_json_bool(j, "changed_user", c->changed);
    um_json_bool(j, "no_capabilities", c->bare && !c->low_ports);
    um_json_bool(j, "no_new_privs", c->no_new_privs);
    um_json_uint(j, "landlock", (uint64_t)c->landlock);
    um_json_bool(j, "seccomp", c->seccomp);
    um_json_close(j, '}');
}

static void get_status(struct um_daemon *d, struct um_http_req *req)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    struct um_json j;
    uint64_t now = d->loop.alarms.now_ms(d->loop.alarms.user);

    um_json_init(&j);
    um_json_text(&j, "version", P2P_VERSION);
    um_json_text(&j, "id", p2p_peer_id_text(um_bus_id(d->bus), id));
    um_json_text(&j, "mode",
                 d->article != NULL     ? "article"
                 : d->mesh.node != NULL ? "mesh"
                                        : "alone");
    um_json_uint(&j, "uptime_s", (now - d->started_ms) / 1000);
    um_json_uint(&j, "peers_connected", um_bus_connected(d->bus));
    um_json_text(&j, "same_key_at", um_bus_twin(d->bus));
    um_json_open(&j, "addrs", '[');
    um_bus_addrs(d->bus, each_addr, &j);
    um_json_close(&j, ']');
    um_reach_show(d, &j);
    um_reach_router(d, &j);
    um_json_text(&j, "state", d->settings.state);
    put_confined(&d->confined, &j);
    put_unit(d, &j);
    put_article(d, &j);
    put_limits(d, &j);
    if (d->mesh.node != NULL) {
        um_views_mesh(d->mesh.node, &j);
    }
    um_answer_json(req, 200, &j);
}

/* Peers that are told of. */
struct told {
    struct um_daemon *d;
    struct um_json j;
};

/* The name of a peer, if it is a member. */
static void put_name(struct told *t, const char *key,
                     const struct p2p_peer_id *id)
{
    struct um_name member;

    if (t->d->mesh.node != NULL && um_peer_member(id, &member) == 0) {
        um_views_name(t->d->mesh.node, &t->j, key, &member);
    } else {
        um_json_text(&t->j, key, "");
    }
}

/* By which way it is connected. */
static void put_path(struct told *t, const struct um_bus_peer *p)
{
    char id[P2P_PEER_ID_TEXT_MAX];

    um_json_text(&t->j, "path",
                 !p->connected     ? ""
                 : p->via.len == 0 ? "direct"
                                   : "relayed");
    um_json_bool(&t->j, "limited", p->limited);
    if (p->via.len > 0) {
        um_json_text(&t->j, "via", p2p_peer_id_text(&p->via, id));
        put_name(t, "via_name", &p->via);
    }
}

static void each_peer(void *user, const struct um_bus_peer *p)
{
    struct told *t = user;
    struct um_json *j = &t->j;
    char id[P2P_PEER_ID_TEXT_MAX];

    um_json_open(j, NULL, '{');
    um_json_text(j, "id", p2p_peer_id_text(&p->id, id));
    put_name(t, "name", &p->id);
    um_json_bool(j, "connected", p->connected);
    put_path(t, p);
    um_json_text(j, "reach", um_reach_of(t->d, &p->id));
    um_json_text(j, "addr", p->addr);
    um_json_text(j, "agent", p->agent);
    um_json_text(j, "transport", p->transport);
    um_json_text(j, "security", p->security);
    um_json_text(j, "muxer", p->muxer);
    um_json_text(j, "direction", p->outbound ? "out" : "in");
    um_json_real(j, "rtt_ms", (double)p->rtt_us / 1000.0);
    um_json_uint(j, "since_ms", p->since_ms);
    um_json_close(j, '}');
}

static void get_peers(struct um_daemon *d, struct um_http_req *req)
{
    struct told t = {.d = d};

    um_json_init(&t.j);
    um_json_open(&t.j, "peers", '[');
    um_bus_peers(d->bus, each_peer, &t);
    um_json_close(&t.j, ']');
    um_answer_json(req, 200, &t.j);
}

static void get_id(struct um_daemon *d, struct um_http_req *req)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "id", p2p_peer_id_text(um_bus_id(d->bus), id));
    um_json_open(&j, "addrs", '[');
    um_bus_addrs(d->bus, each_addr, &j);
    um_json_close(&j, ']');
    um_answer_json(req, 200, &j);
}

/* What is asked of the mesh; without one that is said. */
static void get_view(struct um_daemon *d, struct um_http_req *req,
                     void (*view)(struct um_node *n, struct um_json *j))
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_json j;

    if (n != NULL) {
        um_json_init(&j);
        view(n, &j);
        um_answer_json(req, 200, &j);
    }
}

static void get_nodes(struct um_daemon *d, struct um_http_req *req)
{
    get_view(d, req, um_views_nodes);
}

static void get_topology(struct um_daemon *d, struct um_http_req *req)
{
    get_view(d, req, um_topology_show);
}

static void get_members(struct um_daemon *d, struct um_http_req *req)
{
    get_view(d, req, um_views_members);
}

static void get_conflicts(struct um_daemon *d, struct um_http_req *req)
{
    get_view(d, req, um_views_conflicts);
}

static void get_pending(struct um_daemon *d, struct um_http_req *req)
{
    get_view(d, req, um_views_pending);
}

static void get_invites(struct um_daemon *d, struct um_http_req *req)
{
    get_view(d, req, um_views_invites);
}

static void get_events(struct um_daemon *d, struct um_http_req *req)
{
    if (um_wait_any_node(d, req) != NULL) {
        um_events_listen(d->events, req);
    }
}

static void post_article(struct um_daemon *d, struct um_http_req *req)
{
    struct um_article_posted out;
    const char *host = um_http_header(req, "Host");

    um_article_post(d->article, host, &out);
    um_log_line(
        &d->log, UM_LOG_INFO, "POST /config from %s: %u",
        um_http_client(req)[0] != '\0' ? um_http_client(req) : "the socket",
        out.status);
    um_answer_text(req, out.status, out.text);
}

/* The article's POST /config needs no token; that is its nature. */
static const struct route article_routes[] = {
    {"POST", "/config", UM_ACCESS_OPEN, post_article},
};

static const struct route routes[] = {
    {"GET", "/healthz", UM_ACCESS_OPEN, get_healthz},
    {"GET", "/", UM_ACCESS_PAGE, um_page_show},
    {"GET", "/ui/", UM_ACCESS_PAGE, um_page_show},
    {"POST", "/mesh/logins", UM_ACCESS_SOCKET, um_logins_make},
    {"POST", "/mesh/session", UM_ACCESS_OPEN, um_logins_begin},
    {"GET", "/mesh/session", UM_ACCESS_SESSION, um_logins_show},
    {"DELETE", "/mesh/session", UM_ACCESS_SESSION, um_logins_end},
    {"GET", "/metrics", UM_ACCESS_SCRAPER, um_metrics_show},
    {"GET", "/mesh/openapi.yaml", UM_ACCESS_READ, get_description},
    {"GET", "/mesh/status", UM_ACCESS_READ, get_status},
    {"GET", "/mesh/doctor", UM_ACCESS_READ, um_doctor_show},
    {"GET", "/mesh/peers", UM_ACCESS_READ, get_peers},
    {"GET", "/mesh/id", UM_ACCESS_READ, get_id},
    {"POST", "/mesh/init", UM_ACCESS_ADMIN, um_acts_init},
    {"POST", "/mesh/join", UM_ACCESS_ADMIN, um_acts_join},
    {"POST", "/mesh/leave", UM_ACCESS_ADMIN, um_acts_leave},
    {"GET", "/mesh/invites", UM_ACCESS_READ, get_invites},
    {"POST", "/mesh/invites", UM_ACCESS_ADMIN, um_invites_make},
    {"DELETE", "/mesh/invites/*", UM_ACCESS_ADMIN, um_invites_take_back},
    {"GET", "/mesh/pending", UM_ACCESS_READ, get_pending},
    {"POST", "/mesh/pending/*", UM_ACCESS_ADMIN, um_pending_approve},
    {"DELETE", "/mesh/pending/*", UM_ACCESS_ADMIN, um_pending_reject},
    {"GET", "/mesh/nodes", UM_ACCESS_READ, get_nodes},
    {"GET", "/mesh/topology", UM_ACCESS_READ, get_topology},
    {"GET", "/mesh/members", UM_ACCESS_READ, get_members},
    {"DELETE", "/mesh/members/*", UM_ACCESS_ADMIN, um_members_remove},
    {"POST", "/mesh/members/*/replace", UM_ACCESS_ADMIN, um_replace_member},
    {"POST", "/mesh/rotate", UM_ACCESS_ADMIN, um_replace_own},
    {"PUT", "/mesh/members/*/role", UM_ACCESS_ADMIN, um_members_role},
    {"PUT", "/mesh/members/*/labels/*", UM_ACCESS_ADMIN, um_members_label},
    {"DELETE", "/mesh/members/*/labels/*", UM_ACCESS_ADMIN, um_members_unlabel},
    {"GET", "/mesh/settings", UM_ACCESS_READ, um_setting_list},
    {"PUT", "/mesh/settings/*", UM_ACCESS_ADMIN, um_setting_put},
    {"GET", "/mesh/revisions", UM_ACCESS_READ, um_revisions_list},
    {"GET", "/mesh/revisions/*", UM_ACCESS_READ, um_revisions_show},
    {"GET", "/mesh/revisions/*/document", UM_ACCESS_READ, um_documents_show},
    {"GET", "/mesh/revisions/*/diff", UM_ACCESS_READ, um_documents_diff},
    {"POST", "/mesh/revisions/*/rollback", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/revisions/*/confirm", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/revisions/*/abort", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/revisions/*/resume", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/revisions/*/open", UM_ACCESS_ADMIN, um_verbs_handle},
    {"GET", "/mesh/conflicts", UM_ACCESS_READ, get_conflicts},
    {"POST", "/mesh/conflicts/*/take", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/conflicts/*/drop", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/conflicts/*/edit", UM_ACCESS_ADMIN, um_verbs_handle},
    {"POST", "/mesh/reseal", UM_ACCESS_ADMIN, um_reseal_handle},
    {"POST", "/mesh/heal", UM_ACCESS_ADMIN, um_heal_handle},
    {"GET", "/mesh/audit", UM_ACCESS_ADMIN, um_witness_show},
    {"GET", "/mesh/log-level", UM_ACCESS_READ, um_loglevel_show},
    {"PUT", "/mesh/log-level", UM_ACCESS_ADMIN, um_loglevel_put},
    {"GET", "/mesh/copies", UM_ACCESS_READ, um_copies_list},
    {"GET", "/mesh/copies/*", UM_ACCESS_ADMIN, um_copies_show},
    {"POST", "/mesh/statements", UM_ACCESS_ADMIN, um_word_pass},
    {"POST", "/mesh/void", UM_ACCESS_ADMIN, um_voids_make},
    {"POST", "/mesh/owner-key", UM_ACCESS_ADMIN, um_acts_owner_key},
    {"GET", "/mesh/export/*", UM_ACCESS_ADMIN, um_exports_items},
    {"GET", "/mesh/documents", UM_ACCESS_ADMIN, um_exports_list},
    {"GET", "/mesh/documents/*", UM_ACCESS_ADMIN, um_exports_document},
    {"PUT", "/mesh/documents/*", UM_ACCESS_ADMIN, um_imports_document},
    {"POST", "/mesh/import", UM_ACCESS_ADMIN, um_imports_items},
    {"POST", "/mesh/import/begin", UM_ACCESS_ADMIN, um_acts_import},
    {"GET", "/mesh/events", UM_ACCESS_READ, get_events},
    {"GET", "/mesh/webhooks", UM_ACCESS_ADMIN, um_receivers_list},
    {"POST", "/mesh/webhooks", UM_ACCESS_ADMIN, um_receivers_add},
    {"DELETE", "/mesh/webhooks/*", UM_ACCESS_ADMIN, um_receivers_remove},
    {"POST", "/mesh/webhooks/*/test", UM_ACCESS_ADMIN, um_receivers_test},
    {"POST", "/mesh/webhooks/*/enable", UM_ACCESS_ADMIN, um_receivers_enable},
    {NULL, "/mesh/overlays/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/mesh/variables/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/mesh/probes/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/config/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/certificates/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/js_modules/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/status/", UM_ACCESS_VALUE, um_change_handle},
    {NULL, "/control/", UM_ACCESS_ACT, um_change_handle},
};

#define N_ROUTES (sizeof routes / sizeof routes[0])

/* Whether a route is there: in the article's mode there is no document, and
 * with --no-ui, or where REST is not over TCP, no page. */
static bool is_there(const struct um_daemon *d, const struct route *r)
{
    bool paged = r->access == UM_ACCESS_PAGE || r->handle == um_logins_begin ||
                 r->handle == um_logins_show || r->handle == um_logins_end;

    return paged ? d->remote_auth.cookie[0] != '\0'
                 : d->article == NULL || r->handle != um_change_handle;
}

/* Adds a method to those that are allowed. */
static void allow_one(char *allow, size_t cap, const char *method)
{
    size_t len = strlen(allow);

    (void)snprintf(allow + len, cap - len, "%s%s", len > 0 ? ", " : "", method);
    if (strcmp(method, "GET") == 0) {
        allow_one(allow, cap, "HEAD");
    }
}

/* Of a path that has all methods in one row: as the document's answers to a
 * wrong one have it. What has a name is put and deleted; lists, and what is in
 * a thing that has a name, are only shown. */
static const char *family_allows(const struct route *r, const char *path)
{
    const char *name = path + strlen(r->path);
    bool named = strlen(path) > strlen(r->path) && strchr(name, '/') == NULL;

    if (strcmp(r->path, "/config/") == 0) {
        return "GET, HEAD, PUT, POST, DELETE, PATCH";
    }
    if (r->access == UM_ACCESS_ACT) {
        return "GET";
    }
    return named && strcmp(r->path, "/status/") != 0 ? "GET, HEAD, PUT, DELETE"
                                                     : "GET, HEAD";
}

static bool fits(const struct route *r, const struct um_http_req *req)
{
    const char *method = um_http_method(req);

    if (r->access == UM_ACCESS_ACT && um_http_is_head(req)) {
        return false; /* to look would be to do it */
    }
    return r->method != NULL ? strcmp(r->method, method) == 0
                             : strcmp(method, "OPTIONS") != 0;
}

/* The route of a request; NULL, and the methods of its path in `allow`. */
static const struct route *find(const struct um_daemon *d,
                                const struct um_http_req *req, char *allow,
                                size_t cap)
{
    allow[0] = '\0';
    if (d->article != NULL &&
        um_segment_match(article_routes->path, um_http_path(req))) {
        allow_one(allow, cap, article_routes->method);
        return fits(article_routes, req) ? article_routes : NULL;
    }
    for (size_t i = 0; i < N_ROUTES; i++) {
        const struct route *r = &routes[i];

        if (!is_there(d, r) || !um_segment_match(r->path, um_http_path(req))) {
            continue;
        }
        if (fits(r, req)) {
            return r;
        }
        if (r->method != NULL) {
            allow_one(allow, cap, r->method);
        } else {
            (void)snprintf(allow, cap, "%s",
                           family_allows(r, um_http_path(req)));
        }
    }
    return NULL;
}

/* A path that is not there under this method, or at all. */
static void answer_none(struct um_http_req *req, const char *allow)
{
    if (allow[0] == '\0') {
        um_answer_error(req, 404, "Value doesn't exist.", NULL);
        return;
    }
    um_http_reply_header(req, "Allow", allow);
    if (strcmp(um_http_method(req), "OPTIONS") == 0) {
        um_http_reply(req, 204, NULL, "", 0);
    } else {
        um_answer_error(req, 405, "Method isn't allowed.", NULL);
    }
}

static void dispatch(struct um_daemon *d, struct um_auth *auth,
                     struct um_http_req *req)
{
    char allow[64];
    const struct route *r = find(d, req, allow, sizeof allow);
    struct um_ask ask = um_auth_ask(req);
    struct um_auth_verdict v;

    ask.ours = auth->local || um_auth_host_ours(req);
    v = um_auth_check(auth, &ask, r != NULL ? r->access : UM_ACCESS_READ,
                      d->loop.alarms.now_ms(d->loop.alarms.user));
    if (v.status != 0) {
        um_answer_verdict(req, &d->log, &v);
    } else if (r == NULL) {
        answer_none(req, allow);
    } else if (r == article_routes || um_query_fits(req)) {
        r->handle(d, req); /* else it was answered */
    }
}

void um_routes_local(void *user, struct um_http_req *req)
{
    struct um_daemon *d = user;

    dispatch(d, &d->local_auth, req);
}

void um_routes_remote(void *user, struct um_http_req *req)
{
    struct um_daemon *d = user;

    dispatch(d, &d->remote_auth, req);
}

/* Unit's configuration arrived: it goes out as Unit showed it. */
static void on_config(void *user, const struct um_unit_answer *a)
{
    struct um_http_req *req = user;

    if (a->status == UM_UNIT_OK) {
        um_http_reply(req, 200, JSON, a->body, a->len);
    } else {
        um_answer_text(req, 502, "Unit did not answer.\n");
    }
}

/* Whether the client is at an address of a connected peer. */
static bool is_peer(const struct um_daemon *d, const struct um_http_req *req)
{
    struct um_host host;
    const char *client = um_http_client(req);

    return um_host_parse(client, strlen(client), &host) &&
           um_bus_anybody_at(d->bus, &host.ip);
}

void um_routes_facade(void *user, struct um_http_req *req)
{
    struct um_daemon *d = user;

    if (!is_peer(d, req)) {
        um_answer_text(req, 403, "Only connected peers may read this.\n");
    } else if (!um_auth_host_ours(req)) {
        um_answer_text(req, 403, "The Host header names another host.\n");
    } else if (strcmp(um_http_path(req), "/config") != 0) {
        um_answer_text(req, 404, "There is nothing here but /config.\n");
    } else if (strcmp(um_http_method(req), "GET") != 0) {
        um_http_reply_header(req, "Allow", "GET");
        um_answer_text(req, 405, "This is read-only.\n");
    } else if (d->unit == NULL) {
        um_answer_text(req, 502, "There is no Unit here.\n");
    } else {
        um_unit_get(d->unit, "/config", on_config, req);
    }
}
