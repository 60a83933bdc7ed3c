/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks of settings and of the access log. Failure modes: what Unit says
 * about them, and one that kills it.
 */
#include "mesh/standin/schema.h"
#include "mesh/standin/tstr.h"
#include "p2p/err.h"

int64_t um_scheck_int(const struct um_sval *v)
{
    double n = um_sval_number(v);

    if (n >= (double)INT64_MAX)
        return INT64_MAX;
    if (n <= (double)INT64_MIN)
        return INT64_MIN;
    return (int64_t)n;
}

int um_scheck_listen_threads(struct um_scheck *ck, const struct um_sval *v,
                             const struct um_srule *rule)
{
    int64_t n = um_scheck_int(v);

    (void)rule;
    if (n < 1)
        return um_scheck_fail(ck,
                              "The \"listen_threads\" number must be equal to "
                              "or greater than 1.");
    if (n > INT32_MAX)
        return um_scheck_fail(
            ck, "The \"listen_threads\" number must not exceed %d.", INT32_MAX);
    return 0;
}

/* The type that has an extension already, among the first types of v. */
static const struct um_str *declared(const struct um_sval *v, size_t types,
                                     size_t last_count, struct um_str extension)
{
    for (size_t i = 0; i <= types; i++) {
        const struct um_smember *m = &v->members[i];
        const struct um_sval *e;

        for (size_t k = 0; (e = um_sval_item_or_self(&m->value, k)) != NULL;
             k++) {
            if (i == types && k == last_count)
                return NULL;
            if (um_str_eq_nocase(e->text, extension))
                return &m->name;
        }
    }
    return NULL;
}

/* Extension number k of type number i. */
static int extension(struct um_scheck *ck, const struct um_sval *v, size_t i,
                     size_t k)
{
    const struct um_str *type = &v->members[i].name;
    const struct um_sval *e = um_sval_item_or_self(&v->members[i].value, k);
    const struct um_str *other;

    if (e->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"%V\" MIME type array must contain only strings.", type);
    if (e->text.len == 0)
        return um_scheck_fail(
            ck, "An empty file extension for the \"%V\" MIME type.", type);
    other = declared(v, i, k, e->text);
    /* a type without a name is as good as none to Unit */
    if (other == NULL || other->len == 0)
        return 0;
    return um_scheck_fail(ck,
                          "The \"%V\" file extension has been declared for "
                          "\"%V\" and \"%V\" MIME types at the same time.",
                          &e->text, other, type);
}

static int extensions(struct um_scheck *ck, const struct um_sval *v, size_t i)
{
    const struct um_smember *m = &v->members[i];
    int rc =
        um_scheck_type(ck, &m->name, &m->value, UM_ST_STRING | UM_ST_ARRAY);

    if (rc != 0 || m->value.type == UM_SVAL_STRING)
        return rc != 0 ? rc : extension(ck, v, i, 0);
    for (size_t k = 0; rc == 0 && k < m->value.count; k++) {
        struct um_buf digits = UM_BUF_INIT;
        struct um_scheck_path here = {ck->path, {NULL, 0}};

        um_buf_u64(&digits, k);
        here.name = um_buf_view(&digits);
        ck->path = &here;
        rc = extension(ck, v, i, k);
        ck->path = here.up;
        um_buf_fini(&digits);
    }
    return rc;
}

int um_scheck_mime_types(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule)
{
    int rc = 0;

    (void)rule;
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        struct um_scheck_path here = {ck->path, v->members[i].name};

        ck->path = &here;
        rc = extensions(ck, v, i);
        ck->path = here.up;
    }
    return rc;
}

static int compressor(struct um_scheck *ck, const struct um_sval *v)
{
    if (v->type != UM_SVAL_OBJECT)
        return um_scheck_fail(
            ck, "The \"compressors\" array must contain only object values.");
    return um_scheck_members(ck, v, um_sschema_compressor);
}

int um_scheck_compressors(struct um_scheck *ck, const struct um_sval *v,
                          const struct um_srule *rule)
{
    (void)rule;
    if (v->type == UM_SVAL_ARRAY)
        return um_scheck_each_element(ck, v, compressor);
    /* Unit calls a table as if it were a function here */
    return v->count > 0 ? P2P_ELIMIT : 0;
}

int um_scheck_encoding(struct um_scheck *ck, const struct um_sval *v,
                       const struct um_srule *rule)
{
    (void)rule;
    if (um_str_eq(v->text, UM_STR("identity")))
        return 0;
    return um_scheck_fail(ck, "\"%V\" is not a supported compressor.",
                          &v->text);
}

static int js_module(struct um_scheck *ck, const struct um_sval *v)
{
    static const struct um_srule named = {.text = "js_module"};
    int rc;

    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"js_module\" array must contain only string values.");
    rc = um_scheck_c_string(ck, v, &named);
    if (rc != 0 || ck->has_script(ck->arg, v->text))
        return rc;
    return um_scheck_fail(ck, "JS module \"%V\" is not found.", &v->text);
}

int um_scheck_js_module(struct um_scheck *ck, const struct um_sval *v,
                        const struct um_srule *rule)
{
    (void)rule;
    return um_scheck_one_or_each(ck, v, js_module);
}

static int log_path(struct um_scheck *ck, const struct um_sval *v)
{
    const struct um_str name = UM_STR("path");
    const struct um_sval *path = um_sval_member(v, name);

    if (path == NULL || path->text.len == 0)
        return um_scheck_fail_at(ck, name,
                                 "The \"path\" string must not be empty.");
    if (ck->freeunit && um_str_has(path->text, '\0'))
        return um_scheck_fail_at(
            ck, name, "The \"path\" value must not contain null character.");
    return 0;
}

int um_scheck_access_log(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule)
{
    static const struct um_srule named = {.text = "access_log"};
    int rc;

    (void)rule;
    if (v->type == UM_SVAL_STRING)
        return um_scheck_c_string(ck, v, &named);
    rc = um_scheck_members(ck, v, um_sschema_access_log);
    return rc != 0 ? rc : log_path(ck, v);
}

static int log_field(struct um_scheck *ck, struct um_str name,
                     const struct um_sval *v)
{
    if (name.len == 0)
        return um_scheck_fail(
            ck, "In the access log format, the name must not be empty.");
    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "In the access log format, the value must be a string.");
    return um_ststr_is(v->text) ? um_scheck_template(ck, name, v->text) : 0;
}

int um_scheck_log_format(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule)
{
    (void)rule;
    if (v->type == UM_SVAL_OBJECT)
        return um_scheck_each_member(ck, v, log_field);
    return log_field(ck, UM_STR("format"), v);
}
