/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The checker. Happy path: a look-up table of what can be named, then one walk
 * over listeners, routes, applications, upstreams and settings. A value that is
 * not of the type that Unit wants is passed over: Unit says that. Failure mode:
 * no memory.
 */
#include "mesh/doc/check.h"

#include "mesh/doc/addr.h"
#include "mesh/doc/language.h"
#include "mesh/doc/names.h"
#include "mesh/doc/path.h"
#include "p2p/err.h"

enum {
    PASS_PARTS = 3,
    TARGETS_MAX = 254, /* Unit refuses more, whatever they are */
    PORT_BYTES = 65536 / 8,
};

struct checker {
    struct um_arena *arena;
    const struct um_check_known *known;
    struct um_problems *out;
    const struct um_val *routes; /* NULL: there are none */
    struct um_names apps, upstreams, named_routes;
    const struct um_val **targets; /* of each application, or NULL */
    uint8_t *any_ports;            /* bit n: somebody listens at *:n */
    bool failed;
};

static void wrong(struct checker *ck, const struct um_place *at,
                  const char *text)
{
    um_problems_add(ck->out, UM_PROBLEM_ERROR, at, text);
}

/* What another version may know. */
static void unknown(struct checker *ck, const struct um_place *at,
                    const char *text)
{
    um_problems_add(ck->out,
                    ck->known->later ? UM_PROBLEM_WARNING : UM_PROBLEM_ERROR,
                    at, text);
}

static const struct um_val *member_of(const struct um_val *v,
                                      struct um_str name, enum um_val_kind kind)
{
    const struct um_val *m = v != NULL ? um_val_member(v, name) : NULL;

    return m != NULL && m->kind == kind ? m : NULL;
}

/* A destination: parts between slashes, URL-encoded. */
struct pass {
    struct um_str part[PASS_PARTS];
    size_t count;
};

/* False if it is none. */
static bool take_apart(struct checker *ck, struct um_str text, struct pass *out)
{
    bool more = true;

    for (out->count = 0; more; out->count++) {
        size_t end = um_str_find(text, '/');
        int rc;

        if (out->count == PASS_PARTS || end == 0)
            return false;
        rc = um_path_decode(ck->arena, um_str_head(text, end),
                            &out->part[out->count]);
        ck->failed = ck->failed || rc == P2P_ENOMEM;
        if (rc != 0)
            return false;
        more = end < text.len;
        text = um_str_skip(text, end + 1);
    }
    return true;
}

static bool leads_to_app(const struct checker *ck, const struct pass *p)
{
    const struct um_member *app;
    const struct um_val *targets;

    if (p->count < 2)
        return false;
    app = um_names_find(&ck->apps, p->part[1]);
    if (app == NULL || p->count == 2)
        return app != NULL;
    targets = ck->targets[app - ck->apps.object->members.p];
    if (targets == NULL || targets->count > TARGETS_MAX)
        return targets != NULL;
    return um_val_member(targets, p->part[2]) != NULL;
}

static bool leads_somewhere(const struct checker *ck, const struct pass *p)
{
    if (um_str_eq(p->part[0], UM_STR("applications")))
        return leads_to_app(ck, p);
    if (um_str_eq(p->part[0], UM_STR("upstreams")))
        return p->count == 2 &&
               um_names_find(&ck->upstreams, p->part[1]) != NULL;
    if (!um_str_eq(p->part[0], UM_STR("routes")) || ck->routes == NULL)
        return false;
    if (p->count == 1)
        return ck->routes->kind == UM_VAL_ARRAY;
    return p->count == 2 &&
           um_names_find(&ck->named_routes, p->part[1]) != NULL;
}

static void check_pass(struct checker *ck, const struct um_place *at,
                       const struct um_val *v)
{
    struct pass p;

    if (v->kind != UM_VAL_STRING || um_str_has(v->text, '$') ||
        um_str_has(v->text, '`'))
        return;
    if (!take_apart(ck, v->text, &p))
        wrong(ck, at,
              "A \"pass\" is \"routes\", \"routes/NAME\", "
              "\"applications/NAME\" or \"upstreams/NAME\".");
    else if (!leads_somewhere(ck, &p))
        wrong(ck, at, "There is no such place to pass to.");
}

/* Checks a string, or each string of an array. */
static void check_names(struct checker *ck, const struct um_place *at,
                        const struct um_val *v,
                        bool (*known)(void *user, struct um_str name),
                        const char *text)
{
    if (v->kind == UM_VAL_STRING && !known(ck->known->user, v->text))
        wrong(ck, at, text);
    for (size_t i = 0; v->kind == UM_VAL_ARRAY && i < v->count; i++) {
        const struct um_place here = um_place_element(at, i);
        const struct um_val *one = &v->items.p[i];

        if (one->kind == UM_VAL_STRING && !known(ck->known->user, one->text))
            wrong(ck, &here, text);
    }
}

static void check_certificates(struct checker *ck, const struct um_place *at,
                               const struct um_val *listener)
{
    const struct um_place tls = um_place_member(at, UM_STR("tls"));
    const struct um_place here = um_place_member(&tls, UM_STR("certificate"));
    const struct um_val *v = member_of(listener, UM_STR("tls"), UM_VAL_OBJECT);

    v = v != NULL ? um_val_member(v, UM_STR("certificate")) : NULL;
    if (v != NULL && ck->known->certificate != NULL)
        check_names(ck, &here, v, ck->known->certificate,
                    "There is no such certificate.");
}

/* Where a listener's requests go. */
static void check_way(struct checker *ck, const struct um_place *at,
                      const struct um_val *listener)
{
    const struct um_val *pass = um_val_member(listener, UM_STR("pass"));
    const struct um_val *app = um_val_member(listener, UM_STR("application"));
    struct um_place here = um_place_member(at, UM_STR("pass"));

    if (pass != NULL)
        check_pass(ck, &here, pass);
    here = um_place_member(at, UM_STR("application"));
    if (app != NULL && app->kind == UM_VAL_STRING &&
        um_names_find(&ck->apps, app->text) == NULL)
        wrong(ck, &here, "There is no such application.");
    if (pass == NULL && app == NULL)
        wrong(ck, at, "A listener needs a \"pass\".");
}

static bool listens_at_any(const struct um_addr *a)
{
    static const uint8_t any[4];

    return a->kind == UM_ADDR_IP4 && memcmp(a->ip, any, sizeof(any)) == 0;
}

static void check_address(struct checker *ck, const struct um_place *at,
                          struct um_str text)
{
    struct um_addr a;

    if (!um_addr_parse(text, false, &a))
        wrong(ck, at,
              "An address is \"IP:PORT\", \"*:PORT\", \"[IPv6]:PORT\" or "
              "\"unix:PATH\".");
    else if (a.kind == UM_ADDR_IP4 && !listens_at_any(&a) &&
             (ck->any_ports[a.port / 8] >> a.port % 8 & 1) != 0)
        um_problems_add(ck->out, UM_PROBLEM_WARNING, at,
                        "Another listener has this port of all addresses.");
}

/* Notes the ports at which somebody listens at all addresses. */
static void note_ports(struct checker *ck, const struct um_val *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        struct um_addr a;

        if (um_addr_parse(listeners->members.p[i].name, false, &a) &&
            listens_at_any(&a))
            ck->any_ports[a.port / 8] |= (uint8_t)(1u << a.port % 8);
    }
}

static void check_listeners(struct checker *ck, const struct um_place *at,
                            const struct um_val *v)
{
    note_ports(ck, v);
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);

        check_address(ck, &here, m->name);
        if (m->value.kind != UM_VAL_OBJECT)
            continue;
        check_way(ck, &here, &m->value);
        check_certificates(ck, &here, &m->value);
    }
}

static void check_proxy(struct checker *ck, const struct um_place *at,
                        const struct um_val *v)
{
    struct um_addr a;

    if (v->kind == UM_VAL_STRING &&
        !(um_str_starts(v->text, UM_STR("http://")) &&
          um_addr_parse(um_str_skip(v->text, 7), false, &a)))
        wrong(ck, at,
              "A proxy is \"http://\" and an address: \"http://IP:PORT\", "
              "\"http://unix:PATH\".");
}

/* How many of the members that make an action one it has. */
static size_t kinds_of(const struct um_val *action)
{
    static const struct um_str kinds[] = {
        UM_STR_INIT("pass"), UM_STR_INIT("return"), UM_STR_INIT("share"),
        UM_STR_INIT("proxy")};
    size_t n = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        n += um_val_member(action, kinds[i]) != NULL;
    return n;
}

static void check_action(struct checker *ck, const struct um_place *at,
                         const struct um_val *action)
{
    if (action->kind != UM_VAL_OBJECT)
        return;
    if (kinds_of(action) != 1)
        wrong(ck, at,
              "An action has one of \"pass\", \"return\", \"share\" and "
              "\"proxy\".");
    for (size_t i = 0; i < action->count; i++) {
        const struct um_member *m = &action->members.p[i];
        const struct um_place here = um_place_member(at, m->name);

        if (um_str_eq(m->name, UM_STR("pass")))
            check_pass(ck, &here, &m->value);
        else if (um_str_eq(m->name, UM_STR("proxy")))
            check_proxy(ck, &here, &m->value);
        else if (um_str_eq(m->name, UM_STR("fallback")))
            check_action(ck, &here, &m->value);
    }
}

static void check_steps(struct checker *ck, const struct um_place *at,
                        const struct um_val *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct um_place step = um_place_element(at, i);
        const struct um_place here = um_place_member(&step, UM_STR("action"));
        const struct um_val *action =
            um_val_member(&steps->items.p[i], UM_STR("action"));

        if (action != NULL)
            check_action(ck, &here, action);
    }
}

static void check_routes(struct checker *ck, const struct um_place *at,
                         const struct um_val *v)
{
    if (v->kind == UM_VAL_ARRAY) {
        check_steps(ck, at, v);
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);

        if (m->value.kind == UM_VAL_ARRAY)
            check_steps(ck, &here, &m->value);
    }
}

static void check_type(struct checker *ck, const struct um_place *at,
                       struct um_str type)
{
    const struct um_val *modules = ck->known->modules;

    if (modules != NULL && !um_language_runs(modules, type))
        wrong(ck, at, "This Unit has no module for that type.");
    else if (modules == NULL &&
             um_language_split(type).language == UM_LANGUAGE_UNKNOWN)
        unknown(ck, at, "There is no such type of application.");
}

static void check_apps(struct checker *ck, const struct um_place *at,
                       const struct um_val *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place app = um_place_member(at, m->name);
        const struct um_place here = um_place_member(&app, UM_STR("type"));
        const struct um_val *type = um_val_member(&m->value, UM_STR("type"));

        if (m->value.kind != UM_VAL_OBJECT)
            continue;
        if (type == NULL)
            wrong(ck, &app, "An application needs a \"type\".");
        else if (type->kind == UM_VAL_STRING)
            check_type(ck, &here, type->text);
    }
}

static void check_upstreams(struct checker *ck, const struct um_place *at,
                            const struct um_val *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place upstream = um_place_member(at, m->name);
        const struct um_place servers =
            um_place_member(&upstream, UM_STR("servers"));
        const struct um_val *list =
            member_of(&m->value, UM_STR("servers"), UM_VAL_OBJECT);

        for (size_t j = 0; list != NULL && j < list->count; j++) {
            struct um_str name = list->members.p[j].name;
            const struct um_place here = um_place_member(&servers, name);
            struct um_addr a;

            if (!um_addr_parse(name, false, &a))
                wrong(ck, &here,
                      "A server is an address: \"IP:PORT\", \"unix:PATH\".");
        }
    }
}

static void check_settings(struct checker *ck, const struct um_place *at,
                           const struct um_val *v)
{
    const struct um_place here = um_place_member(at, UM_STR("js_module"));
    const struct um_val *names = um_val_member(v, UM_STR("js_module"));

    if (names != NULL && ck->known->script != NULL)
        check_names(ck, &here, names, ck->known->script,
                    "There is no such script.");
}

static void check_nothing(struct checker *ck, const struct um_place *at,
                          const struct um_val *v)
{
    (void)ck;
    (void)at;
    (void)v;
}

/* The members of a configuration, and which types of them are looked into. */
static const struct part {
    struct um_str name;
    unsigned kinds;
    void (*check)(struct checker *ck, const struct um_place *at,
                  const struct um_val *v);
} parts[] = {
    {UM_STR_INIT("listeners"), 1u << UM_VAL_OBJECT, check_listeners},
    {UM_STR_INIT("routes"), 1u << UM_VAL_OBJECT | 1u << UM_VAL_ARRAY,
     check_routes},
    {UM_STR_INIT("applications"), 1u << UM_VAL_OBJECT, check_apps},
    {UM_STR_INIT("upstreams"), 1u << UM_VAL_OBJECT, check_upstreams},
    {UM_STR_INIT("settings"), 1u << UM_VAL_OBJECT, check_settings},
    {UM_STR_INIT("access_log"), 0, check_nothing},
};

static void check_part(struct checker *ck, const struct um_member *m)
{
    const struct um_place here = um_place_member(NULL, m->name);

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!um_str_eq(parts[i].name, m->name))
            continue;
        if ((parts[i].kinds >> m->value.kind & 1) != 0)
            parts[i].check(ck, &here, &m->value);
        return;
    }
    unknown(ck, &here, "A configuration has no such part.");
}

/* Looked up once: many may pass to one application of many members. */
static bool note_targets(struct checker *ck, const struct um_val *apps)
{
    size_t n = apps->kind == UM_VAL_OBJECT ? apps->count : 0;

    ck->targets = um_arena_zalloc(ck->arena, n, sizeof(const struct um_val *));
    for (size_t i = 0; ck->targets != NULL && i < n; i++)
        ck->targets[i] =
            um_val_member(&apps->members.p[i].value, UM_STR("targets"));
    return ck->targets != NULL;
}

static bool begin(struct checker *ck, const struct um_val *config)
{
    static const struct um_val none = {.kind = UM_VAL_NULL};
    const struct um_val *apps = um_val_member(config, UM_STR("applications"));
    const struct um_val *ups = um_val_member(config, UM_STR("upstreams"));

    ck->routes = um_val_member(config, UM_STR("routes"));
    ck->any_ports = um_arena_zalloc(ck->arena, PORT_BYTES, 1);
    return ck->any_ports != NULL &&
           note_targets(ck, apps != NULL ? apps : &none) &&
           um_names_init(&ck->apps, ck->arena, apps != NULL ? apps : &none) &&
           um_names_init(&ck->upstreams, ck->arena,
                         ups != NULL ? ups : &none) &&
           um_names_init(&ck->named_routes, ck->arena,
                         ck->routes != NULL ? ck->routes : &none);
}

int um_doc_check(struct um_arena *a, const struct um_val *config,
                 const struct um_check_known *known, struct um_problems *out)
{
    struct checker ck = {.arena = a, .known = known, .out = out};

    if (config->kind != UM_VAL_OBJECT) {
        wrong(&ck, NULL, "A configuration is an object.");
        return out->failed ? P2P_ENOMEM : 0;
    }
    if (!begin(&ck, config))
        return P2P_ENOMEM;
    for (size_t i = 0; i < config->count; i++)
        check_part(&ck, &config->members.p[i]);
    return ck.failed || out->failed ? P2P_ENOMEM : 0;
}
