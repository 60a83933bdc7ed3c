/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Templates. Failure modes: a dollar sign without a name, a variable that
 * nobody knows, JavaScript that is none or that this Unit cannot run.
 */
#include "mesh/standin/tstr.h"

#include <assert.h>

#include "mesh/standin/js.h"

bool um_ststr_is(struct um_str s)
{
    return um_str_has(s, '`') || um_str_has(s, '$');
}

static bool is_name_char(char c)
{
    c = um_ascii_lower(c);
    return (c >= 'a' && c <= 'z') || c == '_';
}

bool um_ststr_next(struct um_str *rest, struct um_str *text,
                   struct um_str *name)
{
    size_t dollar = um_str_find(*rest, '$');
    size_t at = 1, start;
    bool bracket;

    assert(rest->len > 0);
    *name = um_str_n(NULL, 0);
    if (dollar > 0) {
        *text = um_str_head(*rest, dollar);
        *rest = um_str_skip(*rest, dollar);
        return true;
    }
    bracket = rest->len > 1 && rest->p[1] == '{';
    at += bracket;
    for (start = at; at < rest->len && is_name_char(rest->p[at]); at++) {
    }
    *name = um_str_n(rest->p + start, at - start);
    if (name->len == 0)
        return false;
    if (bracket && (at == rest->len || rest->p[at] != '}'))
        return false;
    at += bracket;
    *text = um_str_head(*rest, at);
    *rest = um_str_skip(*rest, at);
    return true;
}

static bool is_known(struct um_str name)
{
    static const struct um_str names[] = {
        UM_STR_INIT("dollar"),       UM_STR_INIT("request_time"),
        UM_STR_INIT("method"),       UM_STR_INIT("request_uri"),
        UM_STR_INIT("uri"),          UM_STR_INIT("host"),
        UM_STR_INIT("remote_addr"),  UM_STR_INIT("time_local"),
        UM_STR_INIT("request_line"), UM_STR_INIT("request_id"),
        UM_STR_INIT("status"),       UM_STR_INIT("body_bytes_sent"),
    };
    static const struct um_str prefixes[] = {
        UM_STR_INIT("response_header_"),
        UM_STR_INIT("header_"),
        UM_STR_INIT("arg_"),
        UM_STR_INIT("cookie_"),
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (um_str_eq(name, names[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (um_str_starts(name, prefixes[i]))
            return name.len > prefixes[i].len;
    }
    return false;
}

static bool check_variables(struct um_str s, struct um_buf *why)
{
    struct um_str rest = s;

    while (rest.len > 0) {
        struct um_str text, name;

        if (!um_ststr_next(&rest, &text, &name)) {
            um_buf_text(why, "Invalid variable at position ");
            um_buf_u64(why, s.len - rest.len);
            return false;
        }
        if (name.len > 0 && !is_known(name)) {
            um_buf_text(why, "Unknown variable \"");
            um_buf_str(why, name);
            um_buf_byte(why, '"');
            return false;
        }
    }
    return true;
}

bool um_ststr_check(struct um_str s, bool njs, struct um_buf *why)
{
    if (!um_str_starts(s, UM_STR("`")))
        return check_variables(s, why);
    if (njs)
        return um_sjs_check_expression(s, why);
    um_buf_text(why,
                "Unit is built without support of njs: \"--njs\" ./configure "
                "option is missing.");
    return false;
}
