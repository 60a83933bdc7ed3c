/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Summaries, in the words of mesh/doc/diff.h. Failure mode: no memory.
 */
#include "mesh/control/summary.h"

#include <stdio.h>

#include "mesh/base/utf8.h"
#include "mesh/control/control.h"

enum { MORE_MAX = 40 }; /* room for " (and N more)" */

/* The line of one difference, without its end; NULL if memory is out. */
static bool line_of(struct um_arena *a, const struct um_diff_item *item,
                    struct um_str *out)
{
    struct um_diff_item copy = *item;
    const struct um_diff one = {&copy, 1};
    struct um_buf text = UM_BUF_INIT;
    bool ok;

    um_diff_print(&text, &one);
    ok = !um_buf_failed(&text) && um_arena_dup(a, um_buf_view(&text), out);
    um_buf_fini(&text);
    if (ok && out->len > 0 && out->p[out->len - 1] == '\n')
        out->len--;
    return ok;
}

/* Where a text is cut so that no character is. */
static size_t cut(struct um_str s, size_t most)
{
    if (s.len <= most)
        return s.len;
    while (most > 0 && (s.p[most] & 0xc0) == 0x80)
        most--;
    return most;
}

bool um_summary_line(struct um_arena *a, const struct um_diff *diff,
                     struct um_str *out)
{
    struct um_str line;
    char more[MORE_MAX] = "";
    char *text;
    size_t n;

    *out = um_str_n(NULL, 0);
    if (diff->count == 0)
        return true;
    if (!line_of(a, &diff->items[0], &line))
        return false;
    if (diff->count > 1)
        (void)snprintf(more, sizeof more, " (and %zu more)", diff->count - 1);
    n = cut(line, UM__CAP_CONTROL_MESSAGE_BYTES - MORE_MAX);
    text = um_arena_alloc(a, n + sizeof more);
    if (text == NULL)
        return false;
    memcpy(text, line.p, n);
    memcpy(text + n, more, sizeof more);
    um_utf8_harmless(text);
    *out = um_str(text);
    return true;
}

bool um_summary_list(struct um_arena *a, const struct um_diff *diff,
                     struct um_val *out)
{
    size_t shown = diff->count < UM__CAP_CONTROL_CHANGES
                       ? diff->count
                       : UM__CAP_CONTROL_CHANGES;
    size_t rest = diff->count - shown;
    char more[MORE_MAX];
    struct um_str line;

    if (!um_val_array(a, shown + (rest > 0), out))
        return false;
    for (size_t i = 0; i < shown; i++) {
        if (!line_of(a, &diff->items[i], &line))
            return false;
        out->items.p[i] = um_val_string(line);
    }
    if (rest == 0)
        return true;
    (void)snprintf(more, sizeof more, "and %zu more", rest);
    if (!um_arena_dup(a, um_str(more), &line))
        return false;
    out->items.p[shown] = um_val_string(line);
    return true;
}
