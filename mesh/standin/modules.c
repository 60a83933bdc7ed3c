/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Language modules. Failure mode: text that does not have the form of
 * /status/modules.
 */
#include "mesh/standin/modules.h"

#include "mesh/standin/parse.h"
#include "p2p/err.h"

void um_smodules_init(struct um_smodules *m)
{
    um_arena_init(&m->arena);
    m->shown = (struct um_sval){.type = UM_SVAL_OBJECT};
    m->any = false;
}

void um_smodules_fini(struct um_smodules *m)
{
    um_arena_fini(&m->arena);
    um_smodules_init(m);
}

static const struct um_sval *version_of(const struct um_sval *module)
{
    const struct um_sval *v = um_sval_member(module, UM_STR("version"));

    return v != NULL && v->type == UM_SVAL_STRING ? v : NULL;
}

/* A module, or an array of the same language's modules. */
static bool is_module(const struct um_sval *v)
{
    const struct um_sval *one;

    if (v->type == UM_SVAL_ARRAY && v->count == 0)
        return false;
    for (size_t i = 0; (one = um_sval_item_or_self(v, i)) != NULL; i++) {
        if (version_of(one) == NULL)
            return false;
    }
    return true;
}

static bool is_modules(const struct um_sval *v)
{
    if (v->type != UM_SVAL_OBJECT)
        return false;
    for (size_t i = 0; i < v->count; i++) {
        if (!is_module(&v->members[i].value))
            return false;
    }
    return true;
}

int um_smodules_load(struct um_smodules *m, struct um_str json)
{
    static const struct um_sjson_limits limits = {8, 1000, 0};
    struct um_arena arena = UM_ARENA_INIT;
    struct um_sjson_error err;
    struct um_sval v;
    int rc = um_sjson_parse(json, &limits, &arena, &v, &err);

    if (rc == 0 && !is_modules(&v))
        rc = P2P_EFORMAT;
    if (rc != 0) {
        um_arena_fini(&arena);
        return rc;
    }
    um_smodules_fini(m);
    m->arena = arena;
    m->shown = v;
    return 0;
}

static bool has_version(const struct um_sval *module, struct um_str want)
{
    const struct um_sval *one;

    for (size_t i = 0; (one = um_sval_item_or_self(module, i)) != NULL; i++) {
        if (um_language_fits(version_of(one)->text, want))
            return true;
    }
    return false;
}

enum um_language um_smodules_find(const struct um_smodules *m,
                                  struct um_str type)
{
    struct um_language_type t = um_language_split(type);

    /* external applications are built in; their version is empty */
    if (t.language == UM_LANGUAGE_EXTERNAL)
        return t.version.len == 0 ? t.language : UM_LANGUAGE_UNKNOWN;
    if (m->any)
        return t.language;
    for (size_t i = 0; i < m->shown.count; i++) {
        const struct um_smember *mod = &m->shown.members[i];

        if (um_language_split(mod->name).language == t.language &&
            t.language != UM_LANGUAGE_UNKNOWN &&
            has_version(&mod->value, t.version))
            return t.language;
    }
    return UM_LANGUAGE_UNKNOWN;
}
