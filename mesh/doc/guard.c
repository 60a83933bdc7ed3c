/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The guard. Parts are counted as the executable model counts its own: half of
 * them gone is half, however few they were, so that taking one of two away is
 * asked about too. There is no failure mode.
 */
#include "mesh/doc/guard.h"

static size_t count_of(const struct um_val *config, struct um_str name)
{
    const struct um_val *v = um_val_member(config, name);

    return v != NULL && um_val_nests(v) ? v->count : 0;
}

/* Steps of an array of routes, or of the arrays that have names. */
static size_t count_steps(const struct um_val *config)
{
    const struct um_val *routes = um_val_member(config, UM_STR("routes"));
    size_t n = 0;

    if (routes == NULL || routes->kind != UM_VAL_OBJECT)
        return count_of(config, UM_STR("routes"));
    for (size_t i = 0; i < routes->count; i++) {
        const struct um_val *v = &routes->members.p[i].value;

        n += v->kind == UM_VAL_ARRAY ? v->count : 0;
    }
    return n;
}

size_t um_guard_parts(const struct um_val *config)
{
    return count_of(config, UM_STR("listeners")) +
           count_of(config, UM_STR("applications")) +
           count_of(config, UM_STR("upstreams")) + count_steps(config);
}

enum um_shrink um_guard_shrink(const struct um_val *before,
                               const struct um_val *after)
{
    const struct um_str listeners = UM_STR("listeners");
    size_t had = um_guard_parts(before);
    size_t has = um_guard_parts(after);

    if (had == 0)
        return UM_SHRINK_NOT;
    if (has == 0 ||
        (count_of(before, listeners) > 0 && count_of(after, listeners) == 0))
        return UM_SHRINK_EMPTIES;
    return 2 * has <= had ? UM_SHRINK_HALVES : UM_SHRINK_NOT;
}

const char *um_guard_words(enum um_shrink what)
{
    switch (what) {
        case UM_SHRINK_EMPTIES:
            return "It leaves nothing that is served.";
        case UM_SHRINK_HALVES:
            return "It takes away half of the configuration, or more.";
        default:
            return NULL;
    }
}
