/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Routing. The happy path: the listener's "pass" names routes, the first route
 * that matches has an action, which passes on or ends the way. Failure modes:
 * nothing matches (404), a destination that is not there (404), templates
 * that cannot be had and circles (500), and applications and upstreams, which
 * a stand-in does not have (503).
 */
#include "mesh/standin/route.h"

#include "mesh/standin/match.h"
#include "mesh/standin/pass.h"
#include "mesh/standin/target.h"

enum { NOT_FOUND = 404, SERVER_ERROR = 500, NO_APPLICATIONS = 503 };

static struct um_sroute ends(int status)
{
    return (struct um_sroute){NULL, status};
}

bool um_sroute_rewrite(struct um_srequest *r, const struct um_sval *action)
{
    const struct um_sval *to = um_sval_member(action, UM_STR("rewrite"));
    struct um_str text, path, query;
    char *room;

    if (to == NULL)
        return true;
    if (!um_srequest_text(r, to->text, &text))
        return false;
    room = um_arena_alloc(r->arena, text.len + 1);
    if (room == NULL || !um_starget_normalise(text, false, room, &path, &query))
        return false;
    r->path = path;
    return true;
}

/* The action of the first element that matches, or NULL. */
static const struct um_sval *first_match(const struct um_sval *routes,
                                         const struct um_srequest *r)
{
    for (size_t i = 0; i < routes->count; i++) {
        const struct um_sval *route = &routes->items[i];

        if (um_smatch_request(r, um_sval_member(route, UM_STR("match"))))
            return um_sval_member(route, UM_STR("action"));
    }
    return NULL;
}

/* What a pass leads to: routes, or an error that ends the way. */
static struct um_sroute resolve(const struct um_sval *conf, struct um_str pass,
                                const struct um_srequest *r,
                                const struct um_sval **routes)
{
    struct um_spass parts;
    struct um_str text;

    if (!um_srequest_text(r, pass, &text))
        return ends(SERVER_ERROR);
    if (!um_spass_parse(text, &parts))
        return ends(NOT_FOUND);
    switch (um_spass_find(&parts, conf, routes)) {
        case UM_SPASS_ROUTE:
            return ends(0);
        case UM_SPASS_APPLICATION:
        case UM_SPASS_UPSTREAM:
            return ends(NO_APPLICATIONS);
        default:
            return ends(NOT_FOUND);
    }
}

static struct um_sroute follow_pass(const struct um_sval *conf,
                                    struct um_str pass, struct um_srequest *r)
{
    for (unsigned hops = 0; hops <= UM_SROUTE_HOPS_MAX; hops++) {
        const struct um_sval *routes, *action, *next;
        struct um_sroute end = resolve(conf, pass, r, &routes);

        if (end.status != 0)
            return end;
        action = first_match(routes, r);
        if (action == NULL)
            return ends(NOT_FOUND);
        if (!um_sroute_rewrite(r, action))
            return ends(SERVER_ERROR);
        next = um_sval_member(action, UM_STR("pass"));
        if (next == NULL)
            return (struct um_sroute){action, 0};
        pass = next->text;
    }
    return ends(SERVER_ERROR);
}

struct um_sroute um_sroute_follow(const struct um_sval *conf,
                                  const struct um_sval *action,
                                  struct um_srequest *r)
{
    const struct um_sval *pass = um_sval_member(action, UM_STR("pass"));

    if (!um_sroute_rewrite(r, action))
        return ends(SERVER_ERROR);
    if (pass == NULL)
        return (struct um_sroute){action, 0};
    return follow_pass(conf, pass->text, r);
}

struct um_sroute um_sroute_find(const struct um_sval *conf,
                                struct um_str listener, struct um_srequest *r)
{
    const struct um_sval *l = um_sval_member(conf, UM_STR("listeners"));
    const struct um_sval *pass;

    l = l != NULL ? um_sval_member(l, listener) : NULL;
    if (l == NULL)
        return ends(NOT_FOUND);
    pass = um_sval_member(l, UM_STR("pass"));
    return pass != NULL ? follow_pass(conf, pass->text, r)
                        : ends(NO_APPLICATIONS);
}
