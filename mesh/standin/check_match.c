/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks of what a route matches. The word that names the member in an error
 * is set by who begins a set of patterns and, as in Unit, forgotten after the
 * first member of a set. Failure modes: what Unit says about them.
 */
#include <stdlib.h>

#include "mesh/doc/addr.h"
#include "mesh/standin/path.h"
#include "mesh/standin/regex.h"
#include "mesh/standin/schema.h"
#include "mesh/standin/tstr.h"
#include "p2p/err.h"

static int regex(struct um_scheck *ck, struct um_str pattern)
{
    struct um_buf why = UM_BUF_INIT;
    struct um_str view;
    int rc = 0;

    if (!um_sregex_check(pattern, &why)) {
        view = um_buf_view(&why);
        rc = um_scheck_fail(ck, "Invalid regular expression: %V", &view);
    }
    um_buf_fini(&why);
    return rc;
}

static int pattern(struct um_scheck *ck, const struct um_sval *v)
{
    struct um_str s = v->text;
    size_t first;

    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"match\" pattern for \"%s\" must be strings.",
            ck->context);
    first = s.len > 0 && s.p[0] == '!';
    if (first < s.len && s.p[first] == '~')
        return regex(ck, um_str_skip(s, first + 1));
    for (size_t i = first; i + 1 < s.len; i++) {
        if (s.p[i] == '*' && s.p[i + 1] == '*')
            return um_scheck_fail(ck,
                                  "The \"match\" pattern must not contain "
                                  "double \"*\" markers.");
    }
    return 0;
}

static bool is_encoded(struct um_str s)
{
    char *room = malloc(s.len + 1);
    size_t len;
    bool ok = room != NULL && um_surl_decode(s, room, &len);

    free(room);
    return ok;
}

static int encoded_pattern(struct um_scheck *ck, const struct um_sval *v)
{
    int rc;

    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"match\" pattern for \"%s\" must be a string.",
            ck->context);
    rc = pattern(ck, v);
    if (rc != 0 || is_encoded(v->text))
        return rc;
    return um_scheck_fail(
        ck, "The \"match\" pattern for \"%s\" is encoded but is invalid.",
        ck->context);
}

static int in_context(struct um_scheck *ck, const char *context,
                      const struct um_sval *v, um_scheck_element_fn *fn)
{
    int rc;

    ck->context = context;
    rc = um_scheck_one_or_each(ck, v, fn);
    ck->context = NULL;
    return rc;
}

int um_scheck_patterns(struct um_scheck *ck, const struct um_sval *v,
                       const struct um_srule *rule)
{
    return in_context(ck, rule->text, v, pattern);
}

int um_scheck_encoded_patterns(struct um_scheck *ck, const struct um_sval *v,
                               const struct um_srule *rule)
{
    return in_context(ck, rule->text, v, encoded_pattern);
}

static int empty_name(struct um_scheck *ck)
{
    return um_scheck_fail(ck,
                          "The \"match\" pattern objects must not contain "
                          "empty member names.");
}

/* Numbers, objects and the rest have no text: the type is looked at later. */
static int argument(struct um_scheck *ck, struct um_str name,
                    const struct um_sval *v)
{
    if (name.len == 0)
        return empty_name(ck);
    if (!is_encoded(name))
        return um_scheck_fail(ck,
                              "The \"match\" pattern for \"arguments\" is "
                              "encoded but is invalid.");
    return in_context(ck, "arguments", v, encoded_pattern);
}

static int argument_set(struct um_scheck *ck, const struct um_sval *v)
{
    if (v->type != UM_SVAL_OBJECT)
        return um_scheck_fail(ck,
                              "The \"match\" pattern for \"arguments\" must "
                              "be an object.");
    return um_scheck_each_member(ck, v, argument);
}

int um_scheck_argument_sets(struct um_scheck *ck, const struct um_sval *v,
                            const struct um_srule *rule)
{
    (void)rule;
    return um_scheck_one_or_each(ck, v, argument_set);
}

static int set_member(struct um_scheck *ck, struct um_str name,
                      const struct um_sval *v)
{
    if (name.len == 0)
        return empty_name(ck);
    return in_context(ck, ck->context, v, pattern);
}

static int pattern_set(struct um_scheck *ck, const struct um_sval *v)
{
    if (v->type != UM_SVAL_OBJECT)
        return um_scheck_fail(
            ck, "The \"match\" patterns for \"%s\" must be objects.",
            ck->context);
    return um_scheck_each_member(ck, v, set_member);
}

int um_scheck_pattern_sets(struct um_scheck *ck, const struct um_sval *v,
                           const struct um_srule *rule)
{
    return in_context(ck, rule->text, v, pattern_set);
}

int um_scheck_scheme(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    (void)rule;
    if (um_str_eq_nocase(v->text, UM_STR("http")) ||
        um_str_eq_nocase(v->text, UM_STR("https")))
        return 0;
    return um_scheck_fail(
        ck, "The \"scheme\" can either be \"http\" or \"https\".");
}

static int address(struct um_scheck *ck, const struct um_sval *v)
{
    struct um_addr_pattern p;

    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"match\" pattern for \"address\" must be a string.");
    switch (um_addr_pattern_parse(v->text, !ck->freeunit, &p)) {
        case UM_ADDR_PORT:
            return um_scheck_fail(ck, "The \"address\" port an invalid port.");
        case UM_ADDR_SHORT:
            return um_scheck_fail(ck, "The \"address\" is too short.");
        case UM_ADDR_FORMAT:
            return um_scheck_fail(ck, "The \"address\" format is invalid.");
        case UM_ADDR_OVERLAP:
            return um_scheck_fail(ck, "The \"address\" range is overlapping.");
        case UM_ADDR_CIDR:
            return um_scheck_fail(
                ck, "The \"address\" has an invalid CIDR prefix.");
        case UM_ADDR_OK:
            break;
    }
    return 0;
}

int um_scheck_addresses(struct um_scheck *ck, const struct um_sval *v,
                        const struct um_srule *rule)
{
    (void)rule;
    return um_scheck_one_or_each(ck, v, address);
}

int um_scheck_if(struct um_scheck *ck, const struct um_sval *v,
                 const struct um_srule *rule)
{
    struct um_str s = v->text;

    (void)rule;
    if (um_str_starts(s, UM_STR("!")))
        s = um_str_skip(s, 1);
    return um_ststr_is(s) ? um_scheck_template(ck, UM_STR("if"), s) : 0;
}
