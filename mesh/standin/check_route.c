/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks of routes and actions. Failure modes: what Unit says about them.
 */
#include "mesh/doc/addr.h"
#include "mesh/standin/pass.h"
#include "mesh/standin/schema.h"
#include "mesh/standin/tstr.h"

enum { STATUS_MAX = 999 };

static int route(struct um_scheck *ck, const struct um_sval *v)
{
    if (v->type != UM_SVAL_OBJECT)
        return um_scheck_fail(
            ck, "The \"routes\" array must contain only object values.");
    return um_scheck_members(ck, v, um_sschema_route);
}

static int named_route(struct um_scheck *ck, struct um_str name,
                       const struct um_sval *v)
{
    int rc = um_scheck_type(ck, &name, v, UM_ST_ARRAY);

    return rc != 0 ? rc : um_scheck_each_element(ck, v, route);
}

int um_scheck_routes(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    (void)rule;
    if (v->type == UM_SVAL_ARRAY)
        return um_scheck_each_element(ck, v, route);
    return um_scheck_each_member(ck, v, named_route);
}

int um_scheck_action(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    static const struct {
        struct um_str name;
        const struct um_srule *table;
    } kinds[] = {
        {UM_STR_INIT("pass"), um_sschema_pass_action},
        {UM_STR_INIT("return"), um_sschema_return_action},
        {UM_STR_INIT("share"), um_sschema_share_action},
        {UM_STR_INIT("proxy"), um_sschema_proxy_action},
    };
    const struct um_srule *table = NULL;

    (void)rule;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (um_sval_member(v, kinds[i].name) == NULL)
            continue;
        if (table != NULL)
            return um_scheck_fail(ck,
                                  "The \"action\" object must have just one "
                                  "of \"pass\", \"return\", \"share\", or "
                                  "\"proxy\" options set.");
        table = kinds[i].table;
    }
    if (table == NULL)
        return um_scheck_fail(ck,
                              "The \"action\" object must have either "
                              "\"pass\", \"return\", \"share\", or \"proxy\" "
                              "option set.");
    return um_scheck_members(ck, v, table);
}

int um_scheck_pass(struct um_scheck *ck, const struct um_sval *v,
                   const struct um_srule *rule)
{
    struct um_spass pass;

    (void)rule;
    if (!um_spass_parse(v->text, &pass))
        return um_scheck_fail(ck, "Request \"pass\" value \"%V\" is invalid.",
                              &v->text);
    if (um_spass_find(&pass, ck->conf, NULL) != UM_SPASS_NONE)
        return 0;
    return um_scheck_fail(
        ck, "Request \"pass\" points to invalid location \"%V\".", &v->text);
}

int um_scheck_return(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    int64_t status = um_scheck_int(v);

    (void)rule;
    if (status >= 0 && status <= STATUS_MAX)
        return 0;
    return um_scheck_fail(ck,
                          "The \"return\" value is out of allowed HTTP status "
                          "code range 0-999.");
}

static int share(struct um_scheck *ck, const struct um_sval *v)
{
    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"share\" array must contain only string values.");
    if (!um_ststr_is(v->text))
        return 0;
    return um_scheck_template(ck, UM_STR("share"), v->text);
}

int um_scheck_share(struct um_scheck *ck, const struct um_sval *v,
                    const struct um_srule *rule)
{
    (void)rule;
    if (v->type == UM_SVAL_ARRAY && v->count == 0)
        return um_scheck_fail(
            ck, "The \"share\" array must contain at least one element.");
    return um_scheck_one_or_each(ck, v, share);
}

int um_scheck_proxy(struct um_scheck *ck, const struct um_sval *v,
                    const struct um_srule *rule)
{
    struct um_str name = v->text;
    struct um_addr addr;

    (void)rule;
    if (um_str_starts(name, UM_STR("http://"))) {
        name = um_str_skip(name, 7);
        if (um_addr_parse(name, ck->freeunit, &addr))
            return 0;
    }
    return um_scheck_fail(ck, "The \"proxy\" address is invalid \"%V\"", &name);
}

static bool is_token(struct um_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        char l = um_ascii_lower(c);

        if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9'))
            continue;
        if (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)
            return false;
    }
    return true;
}

static bool has_control(struct um_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.p[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* The name of a response header; freeunit looks at its characters too. */
static int header_name(struct um_scheck *ck, struct um_str name)
{
    if (name.len == 0)
        return um_scheck_fail(ck,
                              "The response header name must not be empty.");
    if (ck->freeunit && !is_token(name))
        return um_scheck_fail(ck,
                              "The response header name \"%V\" contains "
                              "characters that are not allowed in a header "
                              "field name.",
                              &name);
    if (um_str_eq(name, UM_STR("Content-Length")))
        return um_scheck_fail(ck,
                              "The \"Content-Length\" response header value "
                              "is not supported");
    return 0;
}

int um_scheck_response_header(struct um_scheck *ck, struct um_str name,
                              const struct um_sval *v)
{
    int rc = header_name(ck, name);

    if (rc != 0 || v->type == UM_SVAL_NULL)
        return rc;
    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(ck,
                              "The \"%V\" response header value must either "
                              "be a string or a null",
                              &name);
    if (um_ststr_is(v->text))
        rc = um_scheck_template(ck, name, v->text);
    if (rc == 0 && ck->freeunit && has_control(v->text))
        rc = um_scheck_fail(ck,
                            "The \"%V\" response header value must not "
                            "contain control characters.",
                            &name);
    return rc;
}
