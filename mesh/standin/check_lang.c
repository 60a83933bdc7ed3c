/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks of what one language has and another has not. Failure modes: what
 * Unit says about them.
 */
#include "mesh/standin/schema.h"

enum { TARGETS_MAX = 254 };

int um_scheck_no_targets(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule)
{
    (void)v;
    return um_scheck_fail(ck,
                          "The \"%s\" option is mutually exclusive with the "
                          "\"targets\" object.",
                          rule->text);
}

/* One target, checked by the table of its language. */
static int target(struct um_scheck *ck, const struct um_smember *m,
                  const struct um_srule *table)
{
    if (m->name.len == 0)
        return um_scheck_fail(ck, "The target name must not be empty.");
    if (m->value.type != UM_SVAL_OBJECT)
        return um_scheck_fail(ck, "The \"%V\" target must be an object.",
                              &m->name);
    return um_scheck_members(ck, &m->value, table);
}

int um_scheck_targets(struct um_scheck *ck, const struct um_sval *v,
                      const struct um_srule *rule)
{
    int rc = 0;

    if (v->count > TARGETS_MAX)
        return um_scheck_fail(ck,
                              "The \"targets\" object must not contain more "
                              "than 254 members.");
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        struct um_scheck_path here = {ck->path, v->members[i].name};

        ck->path = &here;
        rc = target(ck, &v->members[i], rule->members);
        ck->path = here.up;
    }
    return rc;
}

/* An element of an array that holds strings, perhaps without zero bytes. */
static int string_of(struct um_scheck *ck, const struct um_sval *v,
                     const char *array, bool zero_ok)
{
    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"%s\" array must contain only string values.", array);
    if (!zero_ok && um_str_has(v->text, '\0'))
        return um_scheck_fail(ck,
                              "The \"%s\" array must not contain strings with "
                              "null character.",
                              array);
    return 0;
}

static int path_element(struct um_scheck *ck, const struct um_sval *v)
{
    return string_of(ck, v, "path", true);
}

int um_scheck_python_path(struct um_scheck *ck, const struct um_sval *v,
                          const struct um_srule *rule)
{
    (void)rule;
    return um_scheck_one_or_each(ck, v, path_element);
}

int um_scheck_python_protocol(struct um_scheck *ck, const struct um_sval *v,
                              const struct um_srule *rule)
{
    (void)rule;
    if (um_str_eq(v->text, UM_STR("wsgi")) ||
        um_str_eq(v->text, UM_STR("asgi")))
        return 0;
    return um_scheck_fail(
        ck, "The \"protocol\" can either be \"wsgi\" or \"asgi\".");
}

int um_scheck_python_prefix(struct um_scheck *ck, const struct um_sval *v,
                            const struct um_srule *rule)
{
    (void)rule;
    if (um_str_starts(v->text, UM_STR("/")))
        return 0;
    return um_scheck_fail(
        ck, "The \"prefix\" must be a string beginning with \"/\".");
}

int um_scheck_argument(struct um_scheck *ck, const struct um_sval *v)
{
    return string_of(ck, v, "arguments", false);
}

int um_scheck_classpath(struct um_scheck *ck, const struct um_sval *v)
{
    return string_of(ck, v, "classpath", false);
}

int um_scheck_java_option(struct um_scheck *ck, const struct um_sval *v)
{
    return string_of(ck, v, "options", false);
}

int um_scheck_php_option(struct um_scheck *ck, struct um_str name,
                         const struct um_sval *v)
{
    if (name.len == 0)
        return um_scheck_fail(ck, "The PHP option name must not be empty.");
    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(ck, "The \"%V\" PHP option must be a string.",
                              &name);
    return 0;
}
