/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The checker's engine. Happy path: members are looked up in a table, types
 * compared, the rule's own function called. The first thing that is wrong ends
 * the check: its text is kept and, while the calls that led there still stand,
 * the way to it. Failure modes: such a mistake; no memory.
 */
#include "mesh/standin/check.h"

#include <assert.h>
#include <stdarg.h>

#include "mesh/standin/schema.h"
#include "mesh/standin/suggest.h"
#include "mesh/standin/tstr.h"
#include "p2p/err.h"

/* Appends a step of a JSON pointer (RFC 6901, section 4). */
static void point_at(struct um_buf *out, struct um_str name)
{
    um_buf_byte(out, '/');
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '~')
            um_buf_text(out, "~0");
        else if (name.p[i] == '/')
            um_buf_text(out, "~1");
        else
            um_buf_byte(out, name.p[i]);
    }
}

static void render_path(struct um_buf *out, const struct um_scheck_path *path)
{
    if (path == NULL)
        return;
    render_path(out, path->up);
    point_at(out, path->name);
}

static void say(struct um_buf *out, const char *fmt, va_list args)
{
    for (const char *p = fmt; *p != '\0'; p++) {
        const char *text;

        if (*p != '%') {
            um_buf_byte(out, *p);
            continue;
        }
        p++;
        switch (*p) {
            case 'V':
                um_buf_str(out, *va_arg(args, const struct um_str *));
                break;
            case 's':
                text = va_arg(args, const char *);
                um_buf_text(out, text != NULL ? text : "[null]");
                break;
            default:
                assert(*p == 'd');
                um_buf_fmt(out, "%d", va_arg(args, int));
                break;
        }
    }
}

static int fail(struct um_scheck *ck, const char *fmt, va_list args)
{
    um_buf_clear(&ck->detail);
    um_buf_clear(&ck->pointer);
    say(&ck->detail, fmt, args);
    if (ck->detail.len > UM_SCHECK_DETAIL_MAX)
        ck->detail.len = UM_SCHECK_DETAIL_MAX;
    ck->located = ck->freeunit;
    if (ck->located)
        render_path(&ck->pointer, ck->path);
    if (um_buf_failed(&ck->detail) || um_buf_failed(&ck->pointer))
        return P2P_ENOMEM;
    return P2P_EFORMAT;
}

int um_scheck_fail(struct um_scheck *ck, const char *fmt, ...)
{
    va_list args;
    int rc;

    va_start(args, fmt);
    rc = fail(ck, fmt, args);
    va_end(args);
    return rc;
}

int um_scheck_fail_at(struct um_scheck *ck, struct um_str member,
                      const char *fmt, ...)
{
    struct um_scheck_path here = {ck->path, member};
    va_list args;
    int rc;

    ck->path = &here;
    va_start(args, fmt);
    rc = fail(ck, fmt, args);
    va_end(args);
    ck->path = here.up;
    return rc;
}

static void say_types(struct um_buf *out, unsigned types)
{
    static const char *const names[] = {
        "a null",   "a boolean", "an integer number", "a fractional number",
        "a string", "an array",  "an object",
    };
    int left = __builtin_popcount(types);
    bool comma = left > 2;

    if (left > 1)
        um_buf_text(out, "either ");
    for (unsigned t = 0; left > 0; t++) {
        if ((types & (1u << t)) == 0)
            continue;
        um_buf_text(out, names[t]);
        left--;
        if (left == 0)
            return;
        if (comma)
            um_buf_byte(out, ',');
        um_buf_text(out, left == 1 ? " or " : " ");
    }
}

int um_scheck_type(struct um_scheck *ck, const struct um_str *name,
                   const struct um_sval *v, unsigned types)
{
    struct um_buf want = UM_BUF_INIT;
    struct um_buf have = UM_BUF_INIT;
    struct um_str want_view, have_view;
    int rc;

    if ((types & (1u << v->type)) != 0)
        return 0;
    say_types(&want, types);
    say_types(&have, 1u << v->type);
    want_view = um_buf_view(&want);
    have_view = um_buf_view(&have);
    if (um_buf_failed(&want) || um_buf_failed(&have))
        rc = P2P_ENOMEM;
    else if (name == NULL)
        rc = um_scheck_fail(ck, "The configuration must be %V, but not %V.",
                            &want_view, &have_view);
    else
        rc = um_scheck_fail(ck, "The \"%V\" value must be %V, but not %V.",
                            name, &want_view, &have_view);
    um_buf_fini(&want);
    um_buf_fini(&have);
    return rc;
}

int um_scheck_template(struct um_scheck *ck, struct um_str name,
                       struct um_str s)
{
    struct um_buf why = UM_BUF_INIT;
    struct um_str view;
    int rc = 0;

    if (!um_ststr_check(s, ck->njs, &why)) {
        view = um_str_head(um_buf_view(&why), UM_SCHECK_DETAIL_MAX);
        rc = um_buf_failed(&why)
                 ? P2P_ENOMEM
                 : um_scheck_fail(ck, "%V in the \"%V\" value.", &view, &name);
    }
    um_buf_fini(&why);
    return rc;
}

/* The first rule of a table at r, past its end into the next table. */
static const struct um_srule *settle(const struct um_scheck *ck,
                                     const struct um_srule *r)
{
    for (;;) {
        if (r->name.p == NULL) {
            if (r->members == NULL)
                return NULL;
            r = r->members;
        } else if ((r->flags & UM_SR_NJS) != 0 && !ck->njs) {
            r++;
        } else {
            return r;
        }
    }
}

static const struct um_srule *find_rule(const struct um_scheck *ck,
                                        const struct um_srule *table,
                                        struct um_str name)
{
    const struct um_srule *r;

    for (r = settle(ck, table); r != NULL; r = settle(ck, r + 1)) {
        if (um_str_eq(r->name, name))
            return r;
    }
    return NULL;
}

static int check_required(struct um_scheck *ck, const struct um_sval *v,
                          const struct um_srule *table)
{
    const struct um_srule *r;

    for (r = settle(ck, table); r != NULL; r = settle(ck, r + 1)) {
        if ((r->flags & UM_SR_REQUIRED) == 0)
            continue;
        if (um_sval_member(v, r->name) == NULL)
            return um_scheck_fail_at(
                ck, r->name, "Required parameter \"%V\" is missing.", &r->name);
    }
    return 0;
}

static int unknown_member(struct um_scheck *ck, struct um_str name,
                          const struct um_srule *table)
{
    struct um_ssuggest s;
    const struct um_srule *r;

    if (ck->freeunit) {
        um_ssuggest_init(&s, name);
        for (r = settle(ck, table); r != NULL; r = settle(ck, r + 1))
            um_ssuggest_offer(&s, r->name);
        ck->suggestion = um_ssuggest_best(&s);
    }
    return um_scheck_fail(ck, "Unknown parameter \"%V\".", &name);
}

static int check_by_rule(struct um_scheck *ck, const struct um_smember *m,
                         const struct um_srule *r)
{
    int rc;

    if ((r->flags & UM_SR_TEMPLATE) != 0 && m->value.type == UM_SVAL_STRING &&
        um_ststr_is(m->value.text))
        return um_scheck_template(ck, m->name, m->value.text);
    rc = um_scheck_type(ck, &m->name, &m->value, r->types);
    if (rc != 0 || r->check == NULL)
        return rc;
    return r->check(ck, &m->value, r);
}

int um_scheck_members(struct um_scheck *ck, const struct um_sval *v,
                      const struct um_srule *table)
{
    int rc = check_required(ck, v, table);

    assert(v->type == UM_SVAL_OBJECT);
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_smember *m = &v->members[i];
        const struct um_srule *r = find_rule(ck, table, m->name);
        struct um_scheck_path here = {ck->path, m->name};

        if (r == NULL)
            return unknown_member(ck, m->name, table);
        ck->path = &here;
        rc = check_by_rule(ck, m, r);
        ck->path = here.up;
    }
    return rc;
}

int um_scheck_each_member(struct um_scheck *ck, const struct um_sval *v,
                          um_scheck_member_fn *fn)
{
    int rc = 0;

    assert(v->type == UM_SVAL_OBJECT);
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_smember *m = &v->members[i];
        struct um_scheck_path here = {ck->path, m->name};

        ck->path = &here;
        rc = fn(ck, m->name, &m->value);
        ck->path = here.up;
    }
    return rc;
}

int um_scheck_each_element(struct um_scheck *ck, const struct um_sval *v,
                           um_scheck_element_fn *fn)
{
    int rc = 0;

    assert(v->type == UM_SVAL_ARRAY);
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        char digits[20];
        size_t at = sizeof(digits);
        struct um_scheck_path here = {ck->path, {NULL, 0}};

        for (size_t n = i; at == sizeof(digits) || n > 0; n /= 10)
            digits[--at] = (char)('0' + n % 10);
        here.name = um_str_n(digits + at, sizeof(digits) - at);
        ck->path = &here;
        rc = fn(ck, &v->items[i]);
        ck->path = here.up;
    }
    return rc;
}

int um_scheck_one_or_each(struct um_scheck *ck, const struct um_sval *v,
                          um_scheck_element_fn *fn)
{
    if (v->type == UM_SVAL_ARRAY)
        return um_scheck_each_element(ck, v, fn);
    return fn(ck, v);
}

int um_scheck_object(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    return um_scheck_members(ck, v, rule->members);
}

int um_scheck_any_members(struct um_scheck *ck, const struct um_sval *v,
                          const struct um_srule *rule)
{
    return um_scheck_each_member(ck, v, rule->member);
}

int um_scheck_elements(struct um_scheck *ck, const struct um_sval *v,
                       const struct um_srule *rule)
{
    return um_scheck_each_element(ck, v, rule->element);
}

int um_scheck_run(struct um_scheck *ck)
{
    int rc = um_scheck_type(ck, NULL, ck->conf, UM_ST_OBJECT);

    assert(ck->path == NULL);
    if (rc == 0)
        rc = um_scheck_members(ck, ck->conf, um_sschema_root);
    assert(ck->path == NULL);
    return rc;
}

void um_scheck_fini(struct um_scheck *ck)
{
    um_buf_fini(&ck->detail);
    um_buf_fini(&ck->pointer);
}
