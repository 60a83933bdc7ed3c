/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Names by content. The happy path walks the three places where Unit takes
 * such a name. A template is read as far as it must be: text up to "${", then
 * JavaScript up to its closing brace, in which a word that is a script's name
 * is replaced unless a dot, a quote or a comment keeps it from being one.
 * Failure modes: over a cap; no memory.
 */
#include "mesh/doc/bundles.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/base/buf.h"
#include "mesh/doc/names.h"
#include "p2p/err.h"

enum { SHOWN_BYTES = 4, INNER_TEMPLATES = 8 };

#define NAME_LABEL "unitmesh-certificate-name/1"

/* What is called what, by kind: tables of objects whose values are names. */
struct renamer {
    struct um_arena *arena;
    struct um_val lists[2];
    struct um_names names[2];
};

/* The JavaScript of a template, while it is read. */
struct script {
    const struct renamer *r;
    struct um_str s;
    size_t at;
    struct um_buf out;
    unsigned level;
};

void um_bundles_hash(enum um_bundle_kind kind, struct um_str content,
                     uint8_t hash[P2P_SHA256_BYTES])
{
    if (kind == UM_BUNDLE_CERTIFICATE)
        p2p_hmac_sha256(NAME_LABEL, sizeof NAME_LABEL - 1, content.p,
                        content.len, hash);
    else
        p2p_sha256(content.p, content.len, hash);
}

bool um_bundles_name(struct um_arena *a, enum um_bundle_kind kind,
                     struct um_str name, const uint8_t hash[P2P_SHA256_BYTES],
                     struct um_str *out)
{
    char *p = um_arena_alloc(a, name.len + 2 + 2 * SHOWN_BYTES);

    if (p == NULL)
        return false;
    if (name.len > 0)
        memcpy(p, name.p, name.len);
    p[name.len] = kind == UM_BUNDLE_CERTIFICATE ? '.' : '_';
    for (size_t i = 0; i < SHOWN_BYTES; i++)
        (void)snprintf(p + name.len + 1 + 2 * i, 3, "%02x", hash[i]);
    *out = um_str_n(p, name.len + 1 + 2 * SHOWN_BYTES);
    return true;
}

static struct um_str called(const struct renamer *r, enum um_bundle_kind kind,
                            struct um_str name)
{
    const struct um_member *m = um_names_find(&r->names[kind], name);

    return m != NULL ? m->value.text : name;
}

/* A name, or an array of names. */
static bool rename_names(const struct renamer *r, enum um_bundle_kind kind,
                         struct um_val *v)
{
    struct um_val list;

    if (v->kind == UM_VAL_STRING)
        v->text = called(r, kind, v->text);
    if (v->kind != UM_VAL_ARRAY)
        return true;
    if (!um_val_array(r->arena, v->count, &list))
        return false;
    for (size_t i = 0; i < v->count; i++) {
        list.items.p[i] = v->items.p[i];
        if (list.items.p[i].kind == UM_VAL_STRING)
            list.items.p[i].text = called(r, kind, v->items.p[i].text);
    }
    *v = list;
    return true;
}

/* Makes the members of v its own and finds one; NULL: there is none. */
static struct um_val *own_member(const struct renamer *r, struct um_val *v,
                                 struct um_str name, bool *ok)
{
    struct um_val copy;
    size_t i;

    if (!*ok || v == NULL || v->kind != UM_VAL_OBJECT)
        return NULL;
    i = um_val_index(v, name);
    if (i == v->count)
        return NULL;
    *ok = um_val_object(r->arena, v->count, &copy);
    if (!*ok)
        return NULL;
    memcpy(copy.members.p, v->members.p, v->count * sizeof(*copy.members.p));
    *v = copy;
    return &v->members.p[i].value;
}

static bool rename_certificates(const struct renamer *r, struct um_val *config)
{
    bool ok = true;
    struct um_val *all = own_member(r, config, UM_STR("listeners"), &ok);
    struct um_val copy;

    if (all == NULL || all->kind != UM_VAL_OBJECT)
        return ok;
    if (!um_val_object(r->arena, all->count, &copy))
        return false;
    for (size_t i = 0; i < all->count && ok; i++) {
        struct um_val *tls, *names;

        copy.members.p[i] = all->members.p[i];
        tls = own_member(r, &copy.members.p[i].value, UM_STR("tls"), &ok);
        names = own_member(r, tls, UM_STR("certificate"), &ok);
        if (names != NULL)
            ok = rename_names(r, UM_BUNDLE_CERTIFICATE, names);
    }
    *all = copy;
    return ok;
}

static bool rename_modules(const struct renamer *r, struct um_val *config)
{
    bool ok = true;
    struct um_val *settings = own_member(r, config, UM_STR("settings"), &ok);
    struct um_val *names = own_member(r, settings, UM_STR("js_module"), &ok);

    if (names != NULL)
        ok = rename_names(r, UM_BUNDLE_SCRIPT, names);
    return ok;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & 0x80) != 0;
}

static bool at_end(const struct script *t)
{
    return t->at >= t->s.len;
}

static void keep(struct script *t, size_t n)
{
    struct um_str rest = um_str_head(um_str_skip(t->s, t->at), n);

    um_buf_str(&t->out, rest);
    t->at += rest.len;
}

static void keep_quoted(struct script *t)
{
    char quote = t->s.p[t->at];

    keep(t, 1);
    while (!at_end(t) && t->s.p[t->at] != quote)
        keep(t, t->s.p[t->at] == '\\' ? 2 : 1);
    keep(t, 1);
}

static void keep_comment(struct script *t)
{
    bool line = t->s.p[t->at + 1] == '/';
    struct um_str end = line ? UM_STR("\n") : UM_STR("*/");

    keep(t, 2);
    while (!at_end(t) && !um_str_starts(um_str_skip(t->s, t->at), end))
        keep(t, 1);
    keep(t, end.len);
}

static void rename_word(struct script *t)
{
    struct um_str rest = um_str_skip(t->s, t->at);
    char before = t->at > 0 ? t->s.p[t->at - 1] : ' ';
    size_t n = 0;

    while (n < rest.len && is_word(rest.p[n]))
        n++;
    rest = um_str_head(rest, n);
    um_buf_str(&t->out,
               before == '.' ? rest : called(t->r, UM_BUNDLE_SCRIPT, rest));
    t->at += n;
}

static void rename_text(struct script *t);

/* JavaScript, behind an opening brace, up to the one that closes it. */
static void rename_code(struct script *t)
{
    size_t braces = 1;

    while (!at_end(t) && braces > 0) {
        char c = t->s.p[t->at];
        char next = t->at + 1 < t->s.len ? t->s.p[t->at + 1] : ' ';

        if (c == '"' || c == '\'') {
            keep_quoted(t);
        } else if (c == '/' && (next == '/' || next == '*')) {
            keep_comment(t);
        } else if (c == '`') {
            keep(t, 1);
            rename_text(t);
        } else if (is_word(c)) {
            rename_word(t);
        } else {
            braces += (size_t)(c == '{') - (size_t)(c == '}');
            keep(t, 1);
        }
    }
}

/* Text of a template, behind its back-tick, up to the one that closes it. */
static void rename_text(struct script *t)
{
    if (++t->level > INNER_TEMPLATES) {
        keep(t, t->s.len);
        return;
    }
    while (!at_end(t) && t->s.p[t->at] != '`') {
        bool code = um_str_starts(um_str_skip(t->s, t->at), UM_STR("${"));

        keep(t, code || t->s.p[t->at] == '\\' ? 2 : 1);
        if (code)
            rename_code(t);
    }
    keep(t, 1);
    t->level--;
}

static bool rename_template(const struct renamer *r, struct um_str *s)
{
    struct script t = {.r = r, .s = *s};
    bool ok;

    if (s->len < 2 || s->p[0] != '`' || s->p[s->len - 1] != '`')
        return true;
    keep(&t, 1);
    rename_text(&t);
    keep(&t, s->len);
    ok = !um_buf_failed(&t.out) &&
         um_arena_dup(r->arena, um_buf_view(&t.out), s);
    um_buf_fini(&t.out);
    return ok;
}

/* Renames in the templates of v, whose containers are its own. */
static bool rename_templates(const struct renamer *r, struct um_val *v)
{
    if (v->kind == UM_VAL_STRING)
        return rename_template(r, &v->text);
    if (!um_val_nests(v))
        return true;
    for (size_t i = 0; i < v->count; i++) {
        if (!rename_templates(r, v->kind == UM_VAL_ARRAY
                                     ? &v->items.p[i]
                                     : &v->members.p[i].value))
            return false;
    }
    return true;
}

/* Sorts the names of one kind. */
static bool list_names(struct renamer *r, enum um_bundle_kind kind,
                       const struct um_bundles *bundles)
{
    struct um_val *list = &r->lists[kind];

    if (!um_val_object(r->arena, bundles->count, list))
        return false;
    list->count = 0;
    for (size_t i = 0; i < bundles->count; i++) {
        const struct um_bundle *b = &bundles->items[i];

        if (b->kind == kind)
            list->members.p[list->count++] =
                (struct um_member){b->name, um_val_string(b->called)};
    }
    return um_names_init(&r->names[kind], r->arena, list);
}

int um_bundles_apply(struct um_arena *a, const struct um_val *config,
                     const struct um_bundles *bundles, struct um_val *out)
{
    const struct um_val v = *config; /* which may be *out */
    struct renamer r = {.arena = a};
    bool ok = list_names(&r, UM_BUNDLE_CERTIFICATE, bundles) &&
              list_names(&r, UM_BUNDLE_SCRIPT, bundles);

    if (um_val_check(&v) != 0)
        return P2P_ELIMIT;
    *out = v;
    if (ok && r.lists[UM_BUNDLE_SCRIPT].count > 0)
        ok = um_val_clone(a, &v, out) && rename_templates(&r, out) &&
             rename_modules(&r, out);
    ok = ok && rename_certificates(&r, out);
    return ok ? um_val_check(out) : P2P_ENOMEM;
}
