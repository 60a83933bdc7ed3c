/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks of what all applications have in common. Failure modes: what Unit
 * says about them.
 */
#include <stdio.h>

#include "mesh/standin/schema.h"

enum {
    STACK_MIN = 16384, /* what sysconf(_SC_THREAD_STACK_MIN) says on Linux */
    PAGE_BYTES = 4096,
    CGROUP_PATH_MAX = 4096 - 14 - 1,
    IDLE_TIMEOUT_MAX = INT32_MAX / 1000,
};

static int missing_type(struct um_scheck *ck)
{
    return um_scheck_fail_at(
        ck, UM_STR("type"), "Application must have the \"type\" property set.");
}

/* Everything about the "type" member, which the pointer then names. */
static int application_type(struct um_scheck *ck, const struct um_sval *v,
                            enum um_language *lang)
{
    const struct um_str name = UM_STR("type");
    struct um_scheck_path here = {ck->path, name};
    int rc;

    ck->path = &here;
    rc = um_scheck_type(ck, &name, v, UM_ST_STRING);
    if (rc == 0) {
        *lang = um_smodules_find(ck->modules, v->text);
        if (*lang == UM_LANGUAGE_UNKNOWN)
            rc = um_scheck_fail(ck,
                                "The module to run \"%V\" is not found among "
                                "the available application modules.",
                                &v->text);
    }
    ck->path = here.up;
    return rc;
}

static const struct um_srule *table_of(enum um_language lang,
                                       const struct um_sval *v)
{
    bool targets = um_sval_member(v, UM_STR("targets")) != NULL;

    switch (lang) {
        case UM_LANGUAGE_PYTHON:
            return targets ? um_sschema_python_targets
                           : um_sschema_python_plain;
        case UM_LANGUAGE_PHP:
            return targets ? um_sschema_php_targets : um_sschema_php_plain;
        case UM_LANGUAGE_PERL:
            return um_sschema_perl;
        case UM_LANGUAGE_RUBY:
            return um_sschema_ruby;
        case UM_LANGUAGE_JAVA:
            return um_sschema_java;
        case UM_LANGUAGE_WASM:
            return um_sschema_wasm;
        case UM_LANGUAGE_WASM_WC:
            return um_sschema_wasm_wc;
        default:
            return um_sschema_external;
    }
}

int um_scheck_application(struct um_scheck *ck, struct um_str name,
                          const struct um_sval *v)
{
    const struct um_sval *type;
    enum um_language lang = UM_LANGUAGE_UNKNOWN;
    int rc = um_scheck_type(ck, &name, v, UM_ST_OBJECT);

    if (rc != 0)
        return rc;
    type = um_sval_member(v, UM_STR("type"));
    if (type == NULL)
        return missing_type(ck);
    rc = application_type(ck, type, &lang);
    return rc != 0 ? rc : um_scheck_members(ck, v, table_of(lang, v));
}

/* A number between two bounds, with Unit's words for each. */
static int in_bounds(struct um_scheck *ck, struct um_str name, int64_t n,
                     int64_t least, int64_t most)
{
    if (n < least && least == 0)
        return um_scheck_fail_at(
            ck, name, "The \"%V\" number must not be negative.", &name);
    if (n < least)
        return um_scheck_fail_at(ck, name,
                                 "The \"%V\" number must be equal to or "
                                 "greater than %d.",
                                 &name, (int)least);
    if (n > most)
        return um_scheck_fail_at(ck, name,
                                 "The \"%V\" number must not exceed %d.", &name,
                                 (int)most);
    return 0;
}

static int64_t member_int(const struct um_sval *v, struct um_str name,
                          int64_t otherwise)
{
    const struct um_sval *m = um_sval_member(v, name);

    return m != NULL ? um_scheck_int(m) : otherwise;
}

static int processes_object(struct um_scheck *ck, const struct um_sval *v)
{
    const struct um_str spare_name = UM_STR("spare");
    int64_t spare = member_int(v, spare_name, 0);
    int64_t max = member_int(v, UM_STR("max"), 1);
    int64_t idle = member_int(v, UM_STR("idle_timeout"), 15);
    int rc = in_bounds(ck, spare_name, spare, 0, INT32_MAX);

    if (rc == 0)
        rc = in_bounds(ck, UM_STR("max"), max, 1, INT32_MAX);
    if (rc == 0 && max < spare)
        rc = um_scheck_fail_at(ck, spare_name,
                               "The \"spare\" number must be less than or "
                               "equal to \"max\".");
    if (rc == 0)
        rc = in_bounds(ck, UM_STR("idle_timeout"), idle, 0, IDLE_TIMEOUT_MAX);
    return rc;
}

int um_scheck_processes(struct um_scheck *ck, const struct um_sval *v,
                        const struct um_srule *rule)
{
    int rc;

    if (v->type == UM_SVAL_INTEGER) {
        if (um_scheck_int(v) < 1)
            return um_scheck_fail(ck,
                                  "The \"processes\" number must be equal to "
                                  "or greater than 1.");
        if (um_scheck_int(v) > INT32_MAX)
            return um_scheck_fail(
                ck, "The \"processes\" number must not exceed %d.", INT32_MAX);
        return 0;
    }
    rc = um_scheck_members(ck, v, rule->members);
    return rc != 0 ? rc : processes_object(ck, v);
}

int um_scheck_threads(struct um_scheck *ck, const struct um_sval *v,
                      const struct um_srule *rule)
{
    int64_t n = um_scheck_int(v);

    (void)rule;
    if (n < 1)
        return um_scheck_fail(ck,
                              "The \"threads\" number must be equal to or "
                              "greater than 1.");
    if (n > INT32_MAX)
        return um_scheck_fail(ck, "The \"threads\" number must not exceed %d.",
                              INT32_MAX);
    return 0;
}

int um_scheck_stack_size(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule)
{
    int64_t n = um_scheck_int(v);

    (void)rule;
    if (n < STACK_MIN)
        return um_scheck_fail(ck,
                              "The \"thread_stack_size\" number must be equal "
                              "to or greater than %d.",
                              STACK_MIN);
    if (n % PAGE_BYTES != 0)
        return um_scheck_fail(ck,
                              "The \"thread_stack_size\" number must be a "
                              "multiple of the system page size (%d).",
                              PAGE_BYTES);
    return 0;
}

int um_scheck_environment(struct um_scheck *ck, struct um_str name,
                          const struct um_sval *v)
{
    if (name.len == 0)
        return um_scheck_fail(ck, "The environment name must not be empty.");
    if (um_str_has(name, '\0'))
        return um_scheck_fail(
            ck, "The environment name must not contain null character.");
    if (um_str_has(name, '='))
        return um_scheck_fail(
            ck, "The environment name must not contain '=' character.");
    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"%V\" environment value must be a string.", &name);
    if (um_str_has(v->text, '\0'))
        return um_scheck_fail(ck,
                              "The \"%V\" environment value must not contain "
                              "null character.",
                              &name);
    return 0;
}

int um_scheck_c_string(struct um_scheck *ck, const struct um_sval *v,
                       const struct um_srule *rule)
{
    if (!ck->freeunit)
        return 0;
    if (v->text.len == 0)
        return um_scheck_fail(ck, "The \"%s\" value must not be empty.",
                              rule->text);
    if (um_str_has(v->text, '\0'))
        return um_scheck_fail(
            ck, "The \"%s\" value must not contain null character.",
            rule->text);
    return 0;
}

/* True if one of the segments of "/path/" is "..". */
static bool climbs(struct um_str path)
{
    while (path.len > 0) {
        size_t end = um_str_find(path, '/');

        if (um_str_eq(um_str_head(path, end), UM_STR("..")))
            return true;
        path = um_str_skip(path, end + 1);
    }
    return false;
}

int um_scheck_cgroup(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    (void)rule;
    if (v->text.len >= CGROUP_PATH_MAX)
        return um_scheck_fail(ck, "The cgroup path \"%V\" is too long.",
                              &v->text);
    if (v->text.len == 0 || climbs(v->text) ||
        (ck->freeunit && um_str_has(v->text, '\0')))
        return um_scheck_fail(ck, "The cgroup path \"%V\" is invalid.",
                              &v->text);
    return 0;
}

/* True if a path is the root once its dots are resolved. */
static bool is_root(struct um_str path)
{
    size_t depth = 0;

    while (path.len > 0) {
        size_t end = um_str_find(path, '/');
        struct um_str part = um_str_head(path, end);

        if (um_str_eq(part, UM_STR("..")))
            depth -= depth > 0;
        else if (part.len > 0 && !um_str_eq(part, UM_STR(".")))
            depth++;
        path = um_str_skip(path, end + 1);
    }
    return depth == 0;
}

int um_scheck_rootfs(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    struct um_str path = v->text;

    (void)rule;
    if (!ck->freeunit)
        return 0;
    while (path.len > 1 && path.p[path.len - 1] == '/')
        path.len--;
    if (path.len <= 1 || path.p[0] != '/' || um_str_has(v->text, '\0'))
        return um_scheck_fail(ck,
                              "The \"rootfs\" path \"%V\" is invalid; an "
                              "absolute path other than \"/\" is required.",
                              &v->text);
    if (is_root(path))
        return um_scheck_fail(ck,
                              "The \"rootfs\" path \"%V\" is invalid; it "
                              "resolves to \"/\".",
                              &v->text);
    return 0;
}

static int id_map(struct um_scheck *ck, const struct um_sval *v,
                  const char *name)
{
    if (v->type != UM_SVAL_OBJECT)
        return um_scheck_fail(
            ck, "The \"%s\" array must contain only object values.", name);
    return um_scheck_members(ck, v, um_sschema_id_map);
}

int um_scheck_uid_map(struct um_scheck *ck, const struct um_sval *v)
{
    return id_map(ck, v, "uidmap");
}

int um_scheck_gid_map(struct um_scheck *ck, const struct um_sval *v)
{
    return id_map(ck, v, "gidmap");
}
