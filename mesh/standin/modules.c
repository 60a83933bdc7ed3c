/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Language modules. A type is a name and, behind a blank or at the first
 * digit, a version; a version fits if it is a prefix that ends at a part.
 * Failure mode: text that does not have the form of /status/modules.
 */
#include "mesh/standin/modules.h"

#include "mesh/standin/parse.h"
#include "p2p/err.h"

void um_smodules_init(struct um_smodules *m)
{
    um_arena_init(&m->arena);
    m->shown = (struct um_sval){.type = UM_SVAL_OBJECT};
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

static const struct {
    struct um_str name;
    enum um_slang lang;
} languages[] = {
    {UM_STR_INIT("external"), UM_SLANG_EXTERNAL},
    {UM_STR_INIT("go"), UM_SLANG_EXTERNAL},
    {UM_STR_INIT("python"), UM_SLANG_PYTHON},
    {UM_STR_INIT("php"), UM_SLANG_PHP},
    {UM_STR_INIT("perl"), UM_SLANG_PERL},
    {UM_STR_INIT("ruby"), UM_SLANG_RUBY},
    {UM_STR_INIT("java"), UM_SLANG_JAVA},
    {UM_STR_INIT("wasm"), UM_SLANG_WASM},
    {UM_STR_INIT("wasm-wasi-component"), UM_SLANG_WASM_WC},
};

static enum um_slang language_of(struct um_str name)
{
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (um_str_eq(name, languages[i].name))
            return languages[i].lang;
    }
    return UM_SLANG_UNKNOWN;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool version_fits(struct um_str have, struct um_str want)
{
    if (want.len == 0)
        return true;
    if (!um_str_starts(have, want))
        return false;
    return have.len == want.len ||
           is_digit(have.p[want.len - 1]) != is_digit(have.p[want.len]);
}

static bool has_version(const struct um_sval *module, struct um_str want)
{
    const struct um_sval *one;

    for (size_t i = 0; (one = um_sval_item_or_self(module, i)) != NULL; i++) {
        if (version_fits(version_of(one)->text, want))
            return true;
    }
    return false;
}

enum um_slang um_smodules_find(const struct um_smodules *m, struct um_str type)
{
    size_t end = 0;
    struct um_str want;
    enum um_slang lang;

    while (end < type.len && type.p[end] != ' ' && !is_digit(type.p[end]))
        end++;
    lang = language_of(um_str_head(type, end));
    if (end < type.len && type.p[end] == ' ')
        want = um_str_skip(type, end + 1);
    else
        want = um_str_skip(type, end);
    /* external applications are built in; their version is empty */
    if (lang == UM_SLANG_EXTERNAL)
        return want.len == 0 ? lang : UM_SLANG_UNKNOWN;
    for (size_t i = 0; i < m->shown.count; i++) {
        const struct um_smember *mod = &m->shown.members[i];

        if (language_of(mod->name) == lang && lang != UM_SLANG_UNKNOWN &&
            has_version(&mod->value, want))
            return lang;
    }
    return UM_SLANG_UNKNOWN;
}
