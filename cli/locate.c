/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See locate.h. The daemon has taken the text for JSON, or nobody asks: what is
 * none is not found. Comments are skipped, as Unit does. */
#include "cli/locate.h"

#include <stdlib.h>
#include <string.h>

#include "cli/path.h"
#include "mesh/base/buf.h"

static void skip_comment(struct um_str *s)
{
    struct um_str end = s->p[1] == '*' ? UM_STR("*/") : UM_STR("\n");
    const char *found = memmem(s->p + 2, s->len - 2, end.p, end.len);

    *s = um_str_skip(*s,
                     found != NULL ? (size_t)(found - s->p) + end.len : s->len);
}

/* What parts values; a comma and a colon do, too. */
static void skip_space(struct um_str *s)
{
    while (s->len > 0) {
        if (strchr(" \t\r\n,:", *s->p) != NULL && *s->p != '\0') {
            *s = um_str_skip(*s, 1);
        } else if (s->len > 1 && *s->p == '/' &&
                   (s->p[1] == '/' || s->p[1] == '*')) {
            skip_comment(s);
        } else {
            return;
        }
    }
}

/* A string with its quotes. */
static struct um_str take_string(struct um_str *s)
{
    size_t n = 1;

    while (n < s->len && s->p[n] != '"') {
        n += s->p[n] == '\\' ? 2 : 1;
    }
    n = n < s->len ? n + 1 : s->len;
    *s = um_str_skip(*s, n);
    return um_str_n(s->p - n, n);
}

/* A value of any kind, with all that is in it. */
static void skip_value(struct um_str *s)
{
    size_t depth = 0;

    do {
        skip_space(s);
        if (s->len == 0) {
            return;
        }
        if (*s->p == '"') {
            (void)take_string(s);
        } else if (strchr("{}[]", *s->p) != NULL && *s->p != '\0') {
            depth += *s->p == '{' || *s->p == '[' ? 1 : (size_t)-1;
            *s = um_str_skip(*s, 1);
        } else {
            *s = um_str_skip(*s, 1);
            while (s->len > 0 && strchr(" \t\r\n,:{}[]\"/", *s->p) == NULL) {
                *s = um_str_skip(*s, 1);
            }
        }
    } while (depth > 0 && depth < s->len);
}

/* Whether a key, with its quotes, is a segment of a pointer. */
static bool is_key(struct um_str key, struct um_str segment)
{
    size_t at = 1;

    for (size_t i = 0; i < segment.len; i++, at++) {
        char c = segment.p[i];

        if (c == '~' && i + 1 < segment.len) {
            c = segment.p[++i] == '1' ? '/' : '~';
        }
        if (at + 1 >= key.len || key.p[at] != c) {
            return false;
        }
    }
    return at + 1 == key.len;
}

/* Goes to the member or the element of a segment; false: there is none. */
static bool step(struct um_str *s, struct um_str segment)
{
    char kind = s->len > 0 ? *s->p : '\0';
    int64_t left = kind == '[' ? um_str_decimal(segment) : 0;

    if ((kind != '{' && kind != '[') || left < 0) {
        return false;
    }
    *s = um_str_skip(*s, 1);
    for (skip_space(s); s->len > 0 && *s->p != '}' && *s->p != ']';
         skip_space(s)) {
        bool found = kind == '[' && left-- == 0;

        if (kind == '{') {
            found = *s->p == '"' && is_key(take_string(s), segment);
            skip_space(s);
        }
        if (found) {
            return s->len > 0;
        }
        skip_value(s);
    }
    return false;
}

const char *um_locate_value(struct um_str text, struct um_str pointer)
{
    skip_space(&text);
    while (pointer.len > 0) {
        const char *next;
        struct um_str segment = um_str_skip(pointer, 1);

        next = segment.len > 0 ? memchr(segment.p, '/', segment.len) : NULL;
        segment.len = next != NULL ? (size_t)(next - segment.p) : segment.len;
        if (!step(&text, segment)) {
            return NULL;
        }
        pointer = um_str_skip(pointer, segment.len + 1);
    }
    return text.len > 0 ? text.p : NULL;
}

struct um_str um_locate_below(struct um_str pointer, const char *path)
{
    struct um_buf typed = UM_BUF_INIT, target = UM_BUF_INIT;
    struct um_str base = UM_STR("/base"), at, below = um_str_n(NULL, 0);

    um_buf_add(&typed, path, strcspn(path, "?"));
    um_buf_byte(&typed, '\0');
    if (!um_buf_failed(&typed)) {
        um_cli_path_pointer(&target, typed.p);
    }
    at = um_buf_view(&target);
    if (um_str_starts(at, base) && !um_str_starts(pointer, base)) {
        at = um_str_skip(at, base.len);
    }
    if (!um_buf_failed(&target) && um_str_starts(pointer, at)) {
        below = um_str_skip(pointer, at.len);
    }
    um_buf_fini(&typed);
    um_buf_fini(&target);
    return below.len == 0 || *below.p == '/' ? below : um_str_n(NULL, 0);
}
