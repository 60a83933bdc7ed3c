/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Mistakes. The happy path of a place: count the lines, then the characters of
 * the last one. A line that is not UTF-8 has no columns, so no line is named,
 * as Unit does.
 */
#include "mesh/doc/error.h"

#include <assert.h>
#include <stdint.h>

void um_doc_error_at(struct um_doc_error *err, const char *text,
                     struct um_str pointer)
{
    if (err == NULL)
        return;
    *err = (struct um_doc_error){
        .text = text, .has_pointer = true, .pointer = pointer};
}

/* Bytes of the character at the beginning of s, or 0 if that is none. */
static size_t char_len(struct um_str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t n;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] == 0xe0)
        low = 0xa0;
    if (p[0] == 0xf0)
        low = 0x90;
    if (p[0] == 0xf4)
        high = 0x8f;
    if (s.len < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

void um_doc_error_place(struct um_doc_error *err, const char *what,
                        struct um_str text, size_t at)
{
    struct um_str line = um_str_head(text, at);
    size_t nl;

    assert(at <= text.len);
    if (err == NULL)
        return;
    *err = (struct um_doc_error){
        .text = what, .has_place = true, .at = at, .line = 1, .column = 1};
    for (nl = um_str_find(line, '\n'); nl < line.len;
         nl = um_str_find(line, '\n')) {
        line = um_str_skip(line, nl + 1);
        err->line++;
    }
    while (line.len > 0) {
        size_t n = char_len(line);

        if (n == 0) {
            err->line = err->column = 0;
            return;
        }
        line = um_str_skip(line, n);
        err->column++;
    }
}
