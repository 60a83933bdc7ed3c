/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks of listeners, their TLS, and upstreams. Failure modes: what Unit says
 * about them, in its words.
 */
#include "mesh/doc/addr.h"
#include "mesh/standin/schema.h"

enum { TICKET_SHORT = 48, TICKET_LONG = 80, WEIGHT_MAX = 1000000 };

int um_scheck_listener(struct um_scheck *ck, struct um_str name,
                       const struct um_sval *v)
{
    struct um_addr addr;
    int rc;

    if (!um_addr_parse(name, ck->freeunit, &addr))
        return um_scheck_fail(ck, "The listener address \"%V\" is invalid.",
                              &name);
    rc = um_scheck_type(ck, &name, v, UM_ST_OBJECT);
    return rc != 0 ? rc : um_scheck_members(ck, v, um_sschema_listener);
}

int um_scheck_application_name(struct um_scheck *ck, const struct um_sval *v,
                               const struct um_srule *rule)
{
    const struct um_sval *apps =
        um_sval_member(ck->conf, UM_STR("applications"));

    (void)rule;
    if (apps != NULL && um_sval_member(apps, v->text) != NULL)
        return 0;
    return um_scheck_fail(ck,
                          "Listening socket is assigned for a non existing "
                          "application \"%V\".",
                          &v->text);
}

int um_scheck_forwarded(struct um_scheck *ck, const struct um_sval *v,
                        const struct um_srule *rule)
{
    (void)rule;
    if (um_sval_member(v, UM_STR("client_ip")) == NULL &&
        um_sval_member(v, UM_STR("protocol")) == NULL)
        return um_scheck_fail(ck,
                              "The \"forwarded\" object must have either "
                              "\"client_ip\" or \"protocol\" option set.");
    return um_scheck_members(ck, v, um_sschema_forwarded);
}

int um_scheck_backlog(struct um_scheck *ck, const struct um_sval *v,
                      const struct um_srule *rule)
{
    int64_t n = um_scheck_int(v);

    (void)rule;
    if (n < -1)
        return um_scheck_fail(ck,
                              "The \"backlog\" number must be equal to or "
                              "greater than -1.");
    if (n > INT32_MAX)
        return um_scheck_fail(ck, "The \"backlog\" number must not exceed %d.",
                              INT32_MAX);
    return 0;
}

static int certificate_name(struct um_scheck *ck, const struct um_sval *v)
{
    static const struct um_srule named = {.text = "certificate"};
    int rc;

    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(ck,
                              "The \"certificate\" array must contain only "
                              "string values.");
    rc = um_scheck_c_string(ck, v, &named);
    if (rc != 0 || ck->has_cert(ck->arg, v->text))
        return rc;
    return um_scheck_fail(ck, "Certificate \"%V\" is not found.", &v->text);
}

int um_scheck_certificate(struct um_scheck *ck, const struct um_sval *v,
                          const struct um_srule *rule)
{
    (void)rule;
    if (v->type == UM_SVAL_ARRAY && v->count == 0)
        return um_scheck_fail(ck,
                              "The \"certificate\" array must contain at "
                              "least one element.");
    return um_scheck_one_or_each(ck, v, certificate_name);
}

static int conf_command(struct um_scheck *ck, struct um_str name,
                        const struct um_sval *v)
{
    return um_scheck_type(ck, &name, v, UM_ST_STRING);
}

int um_scheck_conf_commands(struct um_scheck *ck, const struct um_sval *v,
                            const struct um_srule *rule)
{
    (void)rule;
    return um_scheck_each_member(ck, v, conf_command);
}

int um_scheck_cache_size(struct um_scheck *ck, const struct um_sval *v,
                         const struct um_srule *rule)
{
    (void)rule;
    if (um_scheck_int(v) >= 0)
        return 0;
    return um_scheck_fail(ck,
                          "The \"cache_size\" number must not be negative.");
}

int um_scheck_tls_timeout(struct um_scheck *ck, const struct um_sval *v,
                          const struct um_srule *rule)
{
    (void)rule;
    if (um_scheck_int(v) > 0)
        return 0;
    return um_scheck_fail(ck,
                          "The \"timeout\" number must be greater than zero.");
}

static bool is_base64(char c)
{
    char l = um_ascii_lower(c);

    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* How many bytes a Base64 text stands for, as Unit counts; -1: it is none. */
static int base64_len(struct um_str s)
{
    size_t pad = (4 - s.len % 4) % 4;

    if (pad > 2)
        return -1;
    for (size_t i = 0; i < s.len; i++) {
        if (is_base64(s.p[i]))
            continue;
        if (pad > 0)
            return -1;
        pad = s.len - i;
        if (s.p[i] != '=' || pad > 2 || (pad == 2 && s.p[i + 1] != '='))
            return -1;
        break;
    }
    return (int)((s.len + 3) / 4 * 3 - pad);
}

static int ticket_key(struct um_scheck *ck, const struct um_sval *v)
{
    int len;

    if (v->type != UM_SVAL_STRING)
        return um_scheck_fail(
            ck, "The \"key\" array must contain only string values.");
    len = base64_len(v->text);
    if (len < 0)
        return um_scheck_fail(
            ck, "Invalid Base64 format for the ticket key \"%V\".", &v->text);
    if (len != TICKET_SHORT && len != TICKET_LONG)
        return um_scheck_fail(ck,
                              "Invalid length %d of the ticket key \"%V\".  "
                              "Must be 48 or 80 bytes.",
                              len, &v->text);
    return 0;
}

int um_scheck_tickets(struct um_scheck *ck, const struct um_sval *v,
                      const struct um_srule *rule)
{
    (void)rule;
    if (v->type == UM_SVAL_BOOLEAN)
        return 0;
    return um_scheck_one_or_each(ck, v, ticket_key);
}

int um_scheck_upstream(struct um_scheck *ck, struct um_str name,
                       const struct um_sval *v)
{
    const struct um_str servers = UM_STR("servers");
    int rc = um_scheck_type(ck, &name, v, UM_ST_OBJECT);

    if (rc == 0)
        rc = um_scheck_members(ck, v, um_sschema_upstream);
    if (rc != 0 || um_sval_member(v, servers) != NULL)
        return rc;
    return um_scheck_fail_at(ck, servers,
                             "The \"%V\" upstream must contain \"servers\" "
                             "object value.",
                             &name);
}

int um_scheck_server(struct um_scheck *ck, struct um_str name,
                     const struct um_sval *v)
{
    struct um_addr addr;
    int rc = um_scheck_type(ck, &name, v, UM_ST_OBJECT);

    if (rc != 0)
        return rc;
    if (!um_addr_parse(name, ck->freeunit, &addr))
        return um_scheck_fail(ck, "The \"%V\" is not valid server address.",
                              &name);
    return um_scheck_members(ck, v, um_sschema_server);
}

int um_scheck_weight(struct um_scheck *ck, const struct um_sval *v,
                     const struct um_srule *rule)
{
    double weight = um_sval_number(v);

    (void)rule;
    if (weight < 0)
        return um_scheck_fail(ck, "The \"weight\" number must be positive.");
    if (weight > WEIGHT_MAX)
        return um_scheck_fail(
            ck, "The \"weight\" number must not exceed 1,000,000");
    return 0;
}
