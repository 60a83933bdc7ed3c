/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Making the world follow a configuration. The happy path: look at what the
 * checker does not look at, open what is new, start what is new or changed,
 * then close what is gone. Everything new is opened before anything old is
 * closed, as in Unit: a port cannot move from one address to another in one
 * change. Failure modes: whatever the world refuses; all that was opened is
 * closed again then.
 */
#include <assert.h>
#include <stdlib.h>

#include "mesh/standin/core.h"
#include "mesh/standin/path.h"
#include "mesh/standin/print.h"
#include "mesh/standin/schema.h"
#include "p2p/err.h"

bool um_snames_have(const struct um_standin_names *names, struct um_str name)
{
    for (unsigned i = 0; i < names->count; i++) {
        if (um_str_eq(um_str(names->name[i]), name))
            return true;
    }
    return false;
}

static const struct um_sval *member(const struct um_sval *v, const char *name)
{
    return v != NULL ? um_sval_member(v, um_str(name)) : NULL;
}

/* A route without an action passes the checker and not the router. */
static bool route_works(const struct um_sval *route)
{
    for (size_t i = 0; i < route->count; i++) {
        if (member(&route->items[i], "action") == NULL)
            return false;
    }
    return true;
}

static bool routes_work(const struct um_sval *root)
{
    const struct um_sval *routes = member(root, "routes");

    if (routes == NULL)
        return true;
    if (routes->type == UM_SVAL_ARRAY)
        return route_works(routes);
    for (size_t i = 0; i < routes->count; i++) {
        if (!route_works(&routes->members[i].value))
            return false;
    }
    return true;
}

static bool known_command(struct um_str name)
{
    static const char *const names[] = {
        "SignatureAlgorithms",
        "ClientSignatureAlgorithms",
        "Curves",
        "Groups",
        "ECDHParameters",
        "CipherString",
        "Ciphersuites",
        "Protocol",
        "MinProtocol",
        "MaxProtocol",
        "Options",
        "VerifyMode",
        "Certificate",
        "PrivateKey",
        "ServerInfoFile",
        "ChainCAPath",
        "ChainCAFile",
        "ChainCAStore",
        "VerifyCAPath",
        "VerifyCAFile",
        "VerifyCAStore",
        "RequestCAPath",
        "RequestCAFile",
        "RequestCAStore",
        "ClientCAPath",
        "ClientCAFile",
        "ClientCAStore",
        "DHParameters",
        "RecordPadding",
        "NumTickets",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (um_str_eq_nocase(name, um_str(names[i])))
            return true;
    }
    return false;
}

static bool tls_works(const struct um_standin *s, const struct um_sval *tls)
{
    const struct um_sval *certs = member(tls, "certificate");
    const struct um_sval *commands = member(tls, "conf_commands");
    const struct um_sval *name;

    if (certs == NULL)
        return true;
    for (size_t i = 0; (name = um_sval_item_or_self(certs, i)) != NULL; i++) {
        const struct um_sitem *item = um_sstore_get(&s->certs, name->text);

        if (item == NULL || !item->usable)
            return false;
    }
    for (size_t i = 0; commands != NULL && i < commands->count; i++) {
        if (!known_command(commands->members[i].name))
            return false;
    }
    return true;
}

static bool has_text(const struct um_sval *v)
{
    return v != NULL && v->type == UM_SVAL_STRING && v->text.len > 0;
}

static bool listeners_work(const struct um_standin *s,
                           const struct um_sval *root)
{
    const struct um_sval *listeners = member(root, "listeners");

    for (size_t i = 0; listeners != NULL && i < listeners->count; i++) {
        const struct um_smember *m = &listeners->members[i];

        if (!has_text(member(&m->value, "pass")) &&
            !has_text(member(&m->value, "application")))
            return false;
        if (!tls_works(s, member(&m->value, "tls")) ||
            um_snames_have(&s->cfg.faults.refuse_listeners, m->name))
            return false;
    }
    return true;
}

static struct um_slistener *listener_at(struct um_slink *l)
{
    return UM_SLINK_OF(l, struct um_slistener, link);
}

static void listener_free(struct um_standin *s, struct um_slistener *li)
{
    const struct um_standin_world *w = &s->cfg.world;

    if (!li->closed)
        w->unbind(w->ctx, um_str_n(li->name, li->name_len), &li->addr);
    um_slink_remove(&li->link);
    free(li);
}

/* Finds an open listener for an address, or one that is still closing. */
static struct um_slistener *find_listener(struct um_standin *s,
                                          const struct um_addr *addr,
                                          bool closed)
{
    for (struct um_slink *l = s->listeners.next; l != &s->listeners;
         l = l->next) {
        struct um_slistener *li = listener_at(l);

        if (li->closed == closed && !li->claimed && um_addr_eq(&li->addr, addr))
            return li;
    }
    return NULL;
}

/* Opens a listener for a new configuration. */
static int open_listener(struct um_standin *s, struct um_str name,
                         const struct um_addr *addr)
{
    const struct um_standin_world *w = &s->cfg.world;
    struct um_slistener *li;
    int rc;

    if (find_listener(s, addr, true) != NULL)
        return P2P_EADDRINUSE;
    li = calloc(1, sizeof(*li) + name.len);
    if (li == NULL)
        return P2P_ENOMEM;
    rc = w->bind(w->ctx, name, addr);
    if (rc != 0) {
        free(li);
        return rc;
    }
    li->addr = *addr;
    li->claimed = true;
    li->fresh = true;
    li->name_len = name.len;
    memcpy(li->name, name.p, name.len);
    um_slink_append(&s->listeners, &li->link);
    return 0;
}

/* Claims or opens all listeners of a configuration. */
static int open_listeners(struct um_standin *s, const struct um_sval *root)
{
    const struct um_sval *listeners = member(root, "listeners");
    bool freeunit = s->cfg.flavour == UM_STANDIN_FREEUNIT;
    int rc = 0;

    for (size_t i = 0; rc == 0 && listeners != NULL && i < listeners->count;
         i++) {
        struct um_str name = listeners->members[i].name;
        struct um_slistener *li;
        struct um_addr addr;

        if (!um_addr_parse(name, freeunit, &addr))
            return P2P_EINVAL;
        li = find_listener(s, &addr, false);
        if (li != NULL)
            li->claimed = true;
        else
            rc = open_listener(s, name, &addr);
    }
    return rc;
}

/* Keeps what was claimed if the apply went well, else what was there. */
static void settle_listeners(struct um_standin *s, bool ok, uint64_t now_ns)
{
    uint64_t busy = s->cfg.faults.readd_busy_ns;
    struct um_slink *l = s->listeners.next;

    while (l != &s->listeners) {
        struct um_slistener *li = listener_at(l);
        const struct um_standin_world *w = &s->cfg.world;
        bool keep = li->closed || (ok ? li->claimed : !li->fresh);

        l = l->next;
        if (!keep && ok && busy > 0) {
            w->unbind(w->ctx, um_str_n(li->name, li->name_len), &li->addr);
            li->closed = true;
            li->free_at_ns = now_ns + busy;
        } else if (!keep) {
            listener_free(s, li);
            continue;
        }
        li->claimed = false;
        li->fresh = false;
    }
}

uint64_t um_sapply_deadline(const struct um_standin *s)
{
    uint64_t first = UM_STANDIN_NEVER;

    for (struct um_slink *l = s->listeners.next; l != &s->listeners;
         l = l->next) {
        const struct um_slistener *li = listener_at(l);

        if (li->closed && li->free_at_ns < first)
            first = li->free_at_ns;
    }
    return first;
}

void um_sapply_expire(struct um_standin *s, uint64_t now_ns)
{
    struct um_slink *l = s->listeners.next;

    while (l != &s->listeners) {
        struct um_slistener *li = listener_at(l);

        l = l->next;
        if (li->closed && li->free_at_ns <= now_ns)
            listener_free(s, li);
    }
}

static void app_free(struct um_sapp *app)
{
    um_slink_remove(&app->link);
    um_buf_fini(&app->room);
    free(app);
}

static void apps_clear(struct um_slink *list)
{
    while (!um_slink_alone(list))
        app_free(UM_SLINK_OF(list->next, struct um_sapp, link));
}

/* Processes that a configuration wants running at once. */
static uint64_t spare_processes(const struct um_sval *conf)
{
    const struct um_sval *p = member(conf, "processes");
    int64_t n;

    if (p == NULL)
        return 1;
    if (p->type == UM_SVAL_OBJECT) {
        p = member(p, "spare");
        if (p == NULL)
            return 0;
    }
    n = um_scheck_int(p);
    assert(n >= 0);
    return (uint64_t)n;
}

static struct um_sapp *app_new(const struct um_smember *m)
{
    struct um_sapp *app = calloc(1, sizeof(*app));

    if (app == NULL)
        return NULL;
    um_slink_init(&app->link);
    um_buf_str(&app->room, m->name);
    um_sjson_compact(&app->room, &m->value);
    if (um_buf_failed(&app->room)) {
        app_free(app);
        return NULL;
    }
    app->name = um_str_head(um_buf_view(&app->room), m->name.len);
    app->conf = um_str_skip(um_buf_view(&app->room), m->name.len);
    app->running = spare_processes(&m->value);
    return app;
}

static bool app_runs(const struct um_standin *s, const struct um_sapp *app)
{
    for (struct um_slink *l = s->apps.next; l != &s->apps; l = l->next) {
        const struct um_sapp *old = UM_SLINK_OF(l, struct um_sapp, link);

        if (um_str_eq(old->name, app->name) && um_str_eq(old->conf, app->conf))
            return true;
    }
    return false;
}

/* One of the names that a fault keeps from starting. */
static bool app_refused(const struct um_standin *s, const struct um_smember *m)
{
    static const char *const keys[] = {"module", "script", "executable", "root",
                                       "webapp"};
    const struct um_standin_names *names = &s->cfg.faults.refuse_apps;

    if (um_snames_have(names, m->name))
        return true;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct um_sval *v = member(&m->value, keys[i]);

        if (v != NULL && v->type == UM_SVAL_STRING &&
            um_snames_have(names, v->text))
            return true;
    }
    return false;
}

static int start_app(const struct um_standin *s, const struct um_smember *m)
{
    const struct um_standin_world *w = &s->cfg.world;
    const struct um_standin_app app = {m->name, &m->value};

    if (spare_processes(&m->value) == 0)
        return 0;
    if (app_refused(s, m))
        return P2P_EIO;
    return w->start(w->ctx, &app);
}

/* Unchanged applications go to *old, started ones to *fresh. */
static int start_apps(struct um_standin *s, const struct um_sval *root,
                      struct um_slink *old, struct um_slink *fresh)
{
    const struct um_sval *apps = member(root, "applications");
    int rc = 0;

    for (size_t i = 0; rc == 0 && apps != NULL && i < apps->count; i++) {
        const struct um_smember *m = &apps->members[i];
        struct um_sapp *app = app_new(m);

        if (app == NULL)
            return P2P_ENOMEM;
        if (app_runs(s, app)) {
            um_slink_append(old, &app->link);
        } else {
            um_slink_append(fresh, &app->link);
            rc = start_app(s, m);
        }
    }
    return rc;
}

static void take_apps(struct um_standin *s, struct um_slink *from)
{
    while (!um_slink_alone(from)) {
        struct um_slink *l = from->next;

        um_slink_remove(l);
        um_slink_append(&s->apps, l);
    }
}

/* The access log of a configuration, or an empty path. */
static struct um_str log_path(const struct um_sval *root)
{
    const struct um_sval *log = member(root, "access_log");

    if (log != NULL && log->type == UM_SVAL_OBJECT)
        log = member(log, "path");
    return log != NULL && log->type == UM_SVAL_STRING ? log->text
                                                      : um_str_n(NULL, 0);
}

static int open_log(struct um_standin *s, const struct um_sval *root)
{
    const struct um_standin_world *w = &s->cfg.world;
    struct um_str path = log_path(root);

    if (path.p == NULL || um_str_eq(path, um_buf_view(&s->log_path)))
        return 0;
    return w->open_log(w->ctx, path);
}

int um_sapply_conf(struct um_standin *s, const struct um_sval *root,
                   uint64_t now_ns)
{
    struct um_slink old, fresh;
    int rc = P2P_EINVAL;

    um_slink_init(&old);
    um_slink_init(&fresh);
    um_sapply_expire(s, now_ns);
    if (routes_work(root) && listeners_work(s, root))
        rc = open_listeners(s, root);
    if (rc == 0)
        rc = start_apps(s, root, &old, &fresh);
    if (rc == 0)
        rc = open_log(s, root);
    settle_listeners(s, rc == 0, now_ns);
    if (rc == 0) {
        apps_clear(&s->apps);
        take_apps(s, &old);
        take_apps(s, &fresh);
        um_buf_clear(&s->log_path);
        um_buf_str(&s->log_path, log_path(root));
    }
    apps_clear(&old);
    apps_clear(&fresh);
    return rc;
}

void um_sapply_stop(struct um_standin *s)
{
    while (!um_slink_alone(&s->listeners))
        listener_free(s, listener_at(s->listeners.next));
    apps_clear(&s->apps);
    um_buf_clear(&s->log_path);
}
