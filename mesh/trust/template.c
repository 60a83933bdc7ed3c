/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Templates. The stand-in for a name is one byte that no folder of a policy
 * has. Failure modes: a variable of which too little is known; no memory.
 */
#include "mesh/trust/template.h"

#include "mesh/base/buf.h"

#define NAME "\x01"

bool um_template_is_script(struct um_str s)
{
    if (um_str_starts(s, UM_STR("!")))
        s = um_str_skip(s, 1);
    return um_str_starts(s, UM_STR("`"));
}

static bool is_name_char(char c)
{
    c = um_ascii_lower(c);
    return (c >= 'a' && c <= 'z') || c == '_';
}

/* Takes the variable at the beginning off; its name is empty if it is none. */
static struct um_str take_variable(struct um_str *rest)
{
    bool braces = rest->len > 1 && rest->p[1] == '{';
    struct um_str name = um_str_skip(*rest, braces ? 2 : 1);
    size_t n = 0;

    while (n < name.len && is_name_char(name.p[n]))
        n++;
    *rest = um_str_skip(name, n);
    name = um_str_head(name, n);
    if (braces && !um_str_starts(*rest, UM_STR("}")))
        return um_str_n(NULL, 0);
    *rest = um_str_skip(*rest, braces ? 1 : 0);
    return name;
}

/* Writes a template with these two values; false: it has another variable. */
static bool fill(struct um_str s, struct um_str uri, struct um_str host,
                 struct um_buf *out)
{
    um_buf_clear(out);
    while (s.len > 0) {
        size_t n = um_str_find(s, '$');
        struct um_str name;

        um_buf_str(out, um_str_head(s, n));
        s = um_str_skip(s, n);
        if (s.len == 0)
            break;
        name = take_variable(&s);
        if (um_str_eq(name, UM_STR("uri")))
            um_buf_str(out, uri);
        else if (um_str_eq(name, UM_STR("host")))
            um_buf_str(out, host);
        else
            return false;
    }
    return true;
}

bool um_template_path(struct um_arena *a, struct um_str s,
                      struct um_template_shapes *out)
{
    static const struct um_str uris[] = {
        UM_STR_INIT("/"), UM_STR_INIT("/" NAME), UM_STR_INIT("/" NAME "/")};
    static const struct um_str hosts[] = {UM_STR_INIT(""), UM_STR_INIT(NAME)};
    struct um_buf text = UM_BUF_INIT;
    bool ok = true;
    bool known = !um_template_is_script(s);

    out->count = 0;
    for (size_t i = 0; ok && known && i < UM_TEMPLATE_SHAPES; i++) {
        known = fill(s, uris[i % 3], hosts[i / 3], &text);
        ok = !um_buf_failed(&text) &&
             um_arena_dup(a, um_buf_view(&text), &out->path[i]);
        out->count = known && ok ? i + 1 : 0;
    }
    um_buf_fini(&text);
    return ok;
}
