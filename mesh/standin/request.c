/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a request says: variables, arguments, cookies. A variable that is not
 * there is empty; only JavaScript makes a template fail.
 */
#include "mesh/standin/request.h"

#include <assert.h>
#include <time.h>

#include "mesh/standin/path.h"
#include "mesh/standin/tstr.h"

/* Where the port begins: behind a literal in brackets, or at a colon. */
static size_t host_end(struct um_str s)
{
    size_t bracket = um_str_find(s, ']');

    if (um_str_starts(s, UM_STR("[")) && bracket < s.len)
        return bracket + 1;
    return um_str_find(s, ':');
}

bool um_srequest_host(struct um_str field, struct um_arena *a,
                      struct um_str *out)
{
    size_t len = host_end(field);
    char *p = um_arena_alloc(a, len);

    if (p == NULL || um_str_has(field, '/'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && field.p[i] == '.' && field.p[i - 1] == '.')
            return false;
        p[i] = um_ascii_lower(field.p[i]);
    }
    if (len > 0 && p[len - 1] == '.')
        len--;
    *out = um_str_n(p, len);
    return true;
}

static void put_ip4(const uint8_t *ip, struct um_buf *out)
{
    um_buf_fmt(out, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
}

static void put_address(const struct um_addr *a, struct um_buf *out)
{
    if (a->kind == UM_ADDR_UNIX) {
        um_buf_text(out, "unix:");
    } else if (a->kind == UM_ADDR_IP4) {
        put_ip4(a->ip, out);
    } else {
        for (unsigned i = 0; i < 16; i += 2)
            um_buf_fmt(out, i > 0 ? ":%x" : "%x",
                       (unsigned)(a->ip[i] << 8 | a->ip[i + 1]));
    }
}

static void put_time(const struct um_srequest *r, struct um_buf *out)
{
    time_t t = (time_t)r->now->unix_s;
    char text[64];
    struct tm tm;

    if (gmtime_r(&t, &tm) != NULL &&
        strftime(text, sizeof(text), "%d/%b/%Y:%H:%M:%S +0000", &tm) > 0)
        um_buf_text(out, text);
}

/* header_NAME: dashes are written as underscores. */
static void put_header(const struct um_srequest *r, struct um_str name,
                       struct um_buf *out)
{
    for (size_t i = 0; i < r->head->field_count; i++) {
        const struct um_shead_field *f = &r->head->fields[i];
        size_t k = 0;

        if (f->name.len != name.len)
            continue;
        while (k < name.len &&
               (um_ascii_lower(f->name.p[k]) == um_ascii_lower(name.p[k]) ||
                (f->name.p[k] == '-' && name.p[k] == '_')))
            k++;
        if (k == name.len) {
            um_buf_str(out, f->value);
            return;
        }
    }
}

struct wanted {
    struct um_str name;
    struct um_buf *out;
};

static bool put_if_wanted(void *arg, struct um_str name, struct um_str value)
{
    const struct wanted *w = arg;

    if (!um_str_eq(name, w->name))
        return true;
    um_buf_str(w->out, value);
    return false;
}

static void put_plain(const struct um_srequest *r, struct um_str name,
                      struct um_buf *out)
{
    if (um_str_eq(name, UM_STR("dollar")))
        um_buf_byte(out, '$');
    else if (um_str_eq(name, UM_STR("method")))
        um_buf_str(out, r->head->method);
    else if (um_str_eq(name, UM_STR("request_uri")))
        um_buf_str(out, r->head->target);
    else if (um_str_eq(name, UM_STR("uri")))
        um_buf_str(out, r->path);
    else if (um_str_eq(name, UM_STR("host")))
        um_buf_str(out, r->host);
    else if (um_str_eq(name, UM_STR("remote_addr")))
        put_address(r->remote, out);
    else if (um_str_eq(name, UM_STR("time_local")))
        put_time(r, out);
    else if (um_str_eq(name, UM_STR("request_line")))
        um_buf_fmt(out, "%.*s %.*s HTTP/1.%c", UM_STR_ARG(r->head->method),
                   UM_STR_ARG(r->head->target), r->head->minor);
}

static void put_variable(const struct um_srequest *r, struct um_str name,
                         struct um_buf *out)
{
    struct wanted w = {.out = out};

    if (um_str_starts(name, UM_STR("header_"))) {
        put_header(r, um_str_skip(name, 7), out);
    } else if (um_str_starts(name, UM_STR("arg_"))) {
        w.name = um_str_skip(name, 4);
        um_srequest_arguments(r, put_if_wanted, &w);
    } else if (um_str_starts(name, UM_STR("cookie_"))) {
        w.name = um_str_skip(name, 7);
        um_srequest_cookies(r, put_if_wanted, &w);
    } else {
        put_plain(r, name, out);
    }
}

bool um_srequest_eval(const struct um_srequest *r, struct um_str text,
                      struct um_buf *out)
{
    if (um_str_starts(text, UM_STR("`")))
        return false;
    while (text.len > 0) {
        struct um_str part, name;

        if (!um_ststr_next(&text, &part, &name))
            return false;
        if (name.len > 0)
            put_variable(r, name, out);
        else
            um_buf_str(out, part);
    }
    return !um_buf_failed(out);
}

bool um_srequest_text(const struct um_srequest *r, struct um_str text,
                      struct um_str *out)
{
    struct um_buf b = UM_BUF_INIT;
    bool ok = um_srequest_eval(r, text, &b) &&
              um_arena_dup(r->arena, um_buf_view(&b), out);

    um_buf_fini(&b);
    return ok;
}

/* Decodes a part of a query; one that cannot be decoded stays as it is. */
static bool decode(struct um_arena *a, struct um_str s, struct um_str *out)
{
    char *p = um_arena_alloc(a, s.len);
    size_t len;

    if (p == NULL)
        return false;
    if (!um_surl_decode(s, p, &len)) {
        *out = s;
        return true;
    }
    for (size_t i = 0; i < len && !um_str_has(s, '%'); i++)
        p[i] = p[i] == '+' ? ' ' : p[i];
    *out = um_str_n(p, len);
    return true;
}

bool um_srequest_arguments(const struct um_srequest *r, um_srequest_pair_fn *fn,
                           void *arg)
{
    struct um_str rest = r->query;

    while (rest.len > 0) {
        struct um_str pair = um_str_head(rest, um_str_find(rest, '&'));
        size_t eq = um_str_find(pair, '=');
        struct um_str name, value;

        rest = um_str_skip(rest, pair.len + 1);
        if (pair.len == 0)
            continue;
        if (!decode(r->arena, um_str_head(pair, eq), &name) ||
            !decode(r->arena, um_str_skip(pair, eq + 1), &value) ||
            !fn(arg, name, value))
            return false;
    }
    return true;
}

bool um_srequest_cookies(const struct um_srequest *r, um_srequest_pair_fn *fn,
                         void *arg)
{
    struct um_str rest = um_shead_field(r->head, UM_STR("Cookie"));

    while (rest.len > 0) {
        struct um_str pair = um_str_head(rest, um_str_find(rest, ';'));
        size_t eq = um_str_find(pair, '=');

        rest = um_str_skip(rest, pair.len + 1);
        while (um_str_starts(rest, UM_STR(" ")))
            rest = um_str_skip(rest, 1);
        if (eq < pair.len &&
            !fn(arg, um_str_head(pair, eq), um_str_skip(pair, eq + 1)))
            return false;
    }
    return true;
}
