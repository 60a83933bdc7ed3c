/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Destinations. Failure modes: malformed, or not there; the two have different
 * words in Unit.
 */
#include "mesh/standin/pass.h"

#include <assert.h>

#include "mesh/standin/path.h"

bool um_spass_parse(struct um_str text, struct um_spass *out)
{
    size_t used = 0;
    bool more = true;

    memset(out->part, 0, sizeof(out->part));
    if (text.len > sizeof(out->room))
        return false;
    for (unsigned i = 0; more; i++) {
        size_t end = um_str_find(text, '/');
        struct um_str raw = um_str_head(text, end);
        size_t len;

        more = end < text.len;
        if (raw.len == 0 || (more && i + 1 == UM_SPASS_PARTS))
            return false;
        assert(i < UM_SPASS_PARTS);
        if (!um_surl_decode(raw, out->room + used, &len))
            return false;
        out->part[i] = um_str_n(out->room + used, len);
        used += len;
        text = um_str_skip(text, end + 1);
    }
    return true;
}

static const struct um_sval *find_application(const struct um_spass *pass,
                                              const struct um_sval *apps)
{
    const struct um_sval *app;

    if (pass->part[1].len == 0)
        return NULL;
    app = um_sval_member(apps, pass->part[1]);
    if (app == NULL || pass->part[2].len == 0)
        return app;
    app = um_sval_member(app, UM_STR("targets"));
    return app != NULL ? um_sval_member(app, pass->part[2]) : NULL;
}

static const struct um_sval *find_route(const struct um_spass *pass,
                                        const struct um_sval *routes)
{
    if (pass->part[1].len == 0)
        return routes->type == UM_SVAL_ARRAY ? routes : NULL;
    return um_sval_member(routes, pass->part[1]);
}

enum um_spass_kind um_spass_find(const struct um_spass *pass,
                                 const struct um_sval *conf,
                                 const struct um_sval **what)
{
    const struct um_sval *top = um_sval_member(conf, pass->part[0]);
    const struct um_sval *found = NULL;
    enum um_spass_kind kind = UM_SPASS_NONE;

    if (top == NULL)
        return UM_SPASS_NONE;
    if (um_str_eq(pass->part[0], UM_STR("applications"))) {
        kind = UM_SPASS_APPLICATION;
        found = find_application(pass, top);
    } else if (um_str_eq(pass->part[0], UM_STR("upstreams"))) {
        kind = UM_SPASS_UPSTREAM;
        if (pass->part[1].len > 0 && pass->part[2].len == 0)
            found = um_sval_member(top, pass->part[1]);
    } else if (um_str_eq(pass->part[0], UM_STR("routes"))) {
        kind = UM_SPASS_ROUTE;
        if (pass->part[2].len == 0)
            found = find_route(pass, top);
    }
    if (what != NULL)
        *what = found;
    return found != NULL ? kind : UM_SPASS_NONE;
}
