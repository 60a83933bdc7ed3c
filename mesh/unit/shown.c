/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See shown.h. All of it looks at text; only um_shown_fits() makes values.
 * Failure mode: no memory, which is told as the answer that does less harm.
 */
#include "mesh/unit/shown.h"

#include "mesh/doc/names.h"
#include "mesh/doc/parse.h"

static bool is_blank_char(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How long the string is that text begins with, its quotes included. */
static size_t string_len(struct um_str text)
{
    size_t n = 1;

    while (n < text.len && text.p[n] != '"')
        n += text.p[n] == '\\' ? 2 : 1;
    return n < text.len ? n + 1 : text.len;
}

void um_shown_compact(struct um_str text, struct um_buf *out)
{
    while (text.len > 0) {
        size_t n = 1;

        if (*text.p == '"') {
            n = string_len(text);
            um_buf_add(out, text.p, n);
        } else if (!is_blank_char(*text.p)) {
            um_buf_byte(out, *text.p);
        }
        text = um_str_skip(text, n);
    }
}

/* Takes the first member, "NAME":VALUE, off the members of a compact object;
 * nothing is left when there is none. */
static struct um_str take_member(struct um_str *members)
{
    struct um_str all = *members;
    size_t n = 0, depth = 0;

    while (n < all.len && (depth > 0 || all.p[n] != ',')) {
        char c = all.p[n];

        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= depth > 0 && (c == '}' || c == ']') ? 1 : 0;
        n += c == '"' ? string_len(um_str_skip(all, n)) : 1;
    }
    *members = um_str_skip(all, n + 1);
    return um_str_head(all, n);
}

static bool has_member(struct um_str members, struct um_str want)
{
    while (members.len > 0) {
        if (um_str_eq(take_member(&members), want))
            return true;
    }
    return false;
}

/* The members of a compact object, without its braces. */
static struct um_str members_of(const struct um_buf *b)
{
    struct um_str s = um_buf_view(b);

    return s.len < 2 ? s : um_str_n(s.p + 1, s.len - 2);
}

static bool same_members(struct um_str a, struct um_str b)
{
    struct um_buf x = UM_BUF_INIT, y = UM_BUF_INIT;
    struct um_str left, right;
    bool same;

    um_shown_compact(a, &x);
    um_shown_compact(b, &y);
    same = !um_buf_failed(&x) && !um_buf_failed(&y) && x.len == y.len;
    left = members_of(&x);
    right = members_of(&y);
    while (same && left.len > 0)
        same = has_member(right, take_member(&left));
    um_buf_fini(&x);
    um_buf_fini(&y);
    return same;
}

/* Unit ends what it shows with a line's end; what was put together does not. */
static bool is_put_together(struct um_str text)
{
    return !um_str_ends(text, UM_STR("\n"));
}

bool um_shown_same(struct um_str a, struct um_str b)
{
    if (um_str_eq(a, b))
        return true;
    return (is_put_together(a) || is_put_together(b)) && same_members(a, b);
}

bool um_shown_blank(struct um_str text)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_str s;
    bool blank;

    if (text.len > 256)
        return false;
    um_shown_compact(text, &b);
    s = um_buf_view(&b);
    blank =
        um_str_eq(
            s,
            UM_STR("{\"listeners\":{},\"routes\":[],\"applications\":{}}")) ||
        um_str_eq(s, UM_STR("{\"listeners\":{},\"applications\":{}}"));
    um_buf_fini(&b);
    return blank;
}

bool um_shown_fits(struct um_str text, struct um_str config)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_val x, y;
    bool same = true;

    um_shown_compact(text, &b);
    if (!um_buf_failed(&b) && !um_str_eq(um_buf_view(&b), config) &&
        um_doc_parse(config, &a, &y, NULL) == 0) {
        if (um_doc_parse(um_buf_view(&b), &a, &x, NULL) != 0 ||
            !um_names_alike(&a, &x, &y, UM_ALIKE_TEXT, &same))
            same = !um_shown_blank(text);
    }
    um_buf_fini(&b);
    um_arena_fini(&a);
    return same;
}
