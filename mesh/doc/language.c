/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Languages. External applications need no module and have no version.
 * Failure mode: a language that nobody knows, or a version that is not there.
 */
#include "mesh/doc/language.h"

static const struct {
    struct um_str name;
    enum um_language language;
} languages[] = {
    {UM_STR_INIT("external"), UM_LANGUAGE_EXTERNAL},
    {UM_STR_INIT("go"), UM_LANGUAGE_EXTERNAL},
    {UM_STR_INIT("python"), UM_LANGUAGE_PYTHON},
    {UM_STR_INIT("php"), UM_LANGUAGE_PHP},
    {UM_STR_INIT("perl"), UM_LANGUAGE_PERL},
    {UM_STR_INIT("ruby"), UM_LANGUAGE_RUBY},
    {UM_STR_INIT("java"), UM_LANGUAGE_JAVA},
    {UM_STR_INIT("wasm"), UM_LANGUAGE_WASM},
    {UM_STR_INIT("wasm-wasi-component"), UM_LANGUAGE_WASM_WC},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct um_language_type um_language_split(struct um_str type)
{
    struct um_language_type t = {.language = UM_LANGUAGE_UNKNOWN};
    size_t end = 0;

    while (end < type.len && type.p[end] != ' ' && !is_digit(type.p[end]))
        end++;
    t.name = um_str_head(type, end);
    t.version = um_str_skip(type, end);
    if (end < type.len && type.p[end] == ' ')
        t.version = um_str_skip(type, end + 1);
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (um_str_eq(t.name, languages[i].name))
            t.language = languages[i].language;
    }
    return t;
}

bool um_language_fits(struct um_str have, struct um_str want)
{
    if (want.len == 0)
        return true;
    if (!um_str_starts(have, want))
        return false;
    return have.len == want.len ||
           is_digit(have.p[want.len - 1]) != is_digit(have.p[want.len]);
}

static bool version_fits(const struct um_val *module, struct um_str want)
{
    const struct um_val *v = um_val_member(module, UM_STR("version"));

    return v != NULL && v->kind == UM_VAL_STRING &&
           um_language_fits(v->text, want);
}

/* A module, or an array of the same language's modules. */
static bool any_fits(const struct um_val *module, struct um_str want)
{
    if (module->kind != UM_VAL_ARRAY)
        return version_fits(module, want);
    for (size_t i = 0; i < module->count; i++) {
        if (version_fits(&module->items.p[i], want))
            return true;
    }
    return false;
}

bool um_language_runs(const struct um_val *modules, struct um_str type)
{
    struct um_language_type t = um_language_split(type);

    if (t.language == UM_LANGUAGE_EXTERNAL)
        return t.version.len == 0;
    if (t.language == UM_LANGUAGE_UNKNOWN || modules->kind != UM_VAL_OBJECT)
        return false;
    for (size_t i = 0; i < modules->count; i++) {
        const struct um_member *m = &modules->members.p[i];

        if (um_language_split(m->name).language == t.language &&
            any_fits(&m->value, t.version))
            return true;
    }
    return false;
}
