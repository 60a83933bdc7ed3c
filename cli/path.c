/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See path.h. */
#include "cli/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_hex(char c)
{
    return c != '\0' && strchr("0123456789abcdefABCDEF", c) != NULL;
}

/* Appends a character, escaped unless it is plain or in `also`. */
static void add(struct um_buf *b, char c, const char *also)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9') || strchr(also, c) != NULL) {
        um_buf_byte(b, c);
    } else {
        um_buf_fmt(b, "%%%02X", (unsigned)(unsigned char)c);
    }
}

void um_cli_path_segment(struct um_buf *b, const char *segment)
{
    um_buf_byte(b, '/');
    for (; *segment != '\0'; segment++) {
        add(b, *segment, "-._~:*@=,!$'()");
    }
}

void um_cli_path_query(struct um_buf *b, const char *key, const char *value)
{
    um_buf_byte(b, um_str_has(um_buf_view(b), '?') ? '&' : '?');
    um_buf_text(b, key);
    if (value != NULL && value[0] != '\0') {
        um_buf_byte(b, '=');
        for (; *value != '\0'; value++) {
            add(b, *value, "-._~:*/");
        }
    }
}

void um_cli_path_flags(struct um_buf *b, const struct um_options *o)
{
    for (int i = UM_OPT_DRY_RUN; i <= UM_OPT_DESPITE; i++) {
        const char *value = o->value[i];

        if (i == UM_OPT_WAIT && value != NULL && value[0] == '\0') {
            value = "applied";
        }
        if (value != NULL) {
            um_cli_path_query(b, um_options_name((enum um_option)i), value);
        }
    }
}

/* Whether a typed path begins with that segment. */
static bool begins(const char *typed, const char *segment)
{
    size_t n = strlen(segment);

    return strncmp(typed, segment, n) == 0 &&
           (typed[n] == '/' || typed[n] == '\0');
}

void um_cli_path_typed(struct um_buf *b, const char *typed)
{
    static const char *const whole[] = {"config", "certificates", "js_modules",
                                        "status", "control",      "mesh"};
    bool found = false;

    typed += *typed == '/';
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        found = found || begins(typed, whole[i]);
    }
    um_buf_text(b, found ? "" : "/config");
    if (*typed != '\0') {
        um_buf_byte(b, '/');
    }
    for (; *typed != '\0'; typed++) {
        if (*typed == '%' && is_hex(typed[1]) && is_hex(typed[2])) {
            um_buf_byte(b, '%');
        } else {
            add(b, *typed, "-._~:*/@=,!$'()&+;|");
        }
    }
}

/* Appends a segment of a path as one of a pointer. */
static void unescape(struct um_buf *b, struct um_str seg)
{
    for (size_t i = 0; i < seg.len; i++) {
        char c = seg.p[i];

        if (c == '%' && i + 2 < seg.len && is_hex(seg.p[i + 1]) &&
            is_hex(seg.p[i + 2])) {
            const char two[3] = {seg.p[i + 1], seg.p[i + 2], '\0'};

            c = (char)strtoul(two, NULL, 16);
            i += 2;
        }
        if (c == '/') {
            um_buf_text(b, "~1");
        } else if (c == '~') {
            um_buf_text(b, "~0");
        } else {
            um_buf_byte(b, c);
        }
    }
}

void um_cli_path_pointer(struct um_buf *b, const char *typed)
{
    typed += *typed == '/';
    if (begins(typed, "mesh")) {
        typed += strlen("mesh");
    } else if (begins(typed, "config")) {
        um_buf_text(b, "/base");
        typed += strlen("config");
    } else if (!begins(typed, "certificates") && !begins(typed, "js_modules")) {
        um_buf_text(b, "/base");
    }
    typed += *typed == '/';
    while (*typed != '\0') {
        size_t n = strcspn(typed, "/");

        um_buf_byte(b, '/');
        unescape(b, um_str_n(typed, n));
        typed += n + (typed[n] == '/');
    }
}

const char *um_cli_path_end(struct um_buf *b)
{
    um_buf_byte(b, '\0');
    if (um_buf_failed(b)) {
        (void)fputs("unitmesh: out of memory\n", stderr);
        return NULL;
    }
    return b->p;
}
