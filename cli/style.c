/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See style.h. How wide a character is, the C library knows, if its locale is
 * one of UTF-8: um_cli_run() sees to that. */
#include "cli/style.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* Columns that nobody has; more is a slip. */
#define MANY 10000U

bool um_style_terminal(const FILE *out)
{
    return isatty(out == stderr ? STDERR_FILENO : STDOUT_FILENO) == 1;
}

bool um_style_colours(const FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return (no == NULL || *no == '\0') && term != NULL && *term != '\0' &&
           strcmp(term, "dumb") != 0 && um_style_terminal(out);
}

static struct winsize size_of(const FILE *out)
{
    struct winsize size = {0};

    (void)ioctl(out == stderr ? STDERR_FILENO : STDOUT_FILENO, TIOCGWINSZ,
                &size);
    return size;
}

size_t um_style_columns(const FILE *out)
{
    const char *said = getenv("COLUMNS");
    unsigned long n = said != NULL ? strtoul(said, NULL, 10) : 0;

    return !um_style_terminal(out) ? 0
           : n > 0 && n < MANY     ? n
                                   : size_of(out).ws_col;
}

size_t um_style_rows(const FILE *out)
{
    return um_style_terminal(out) ? size_of(out).ws_row : 0;
}

const char *um_style_begin(enum um_style style)
{
    static const char *const begins[] = {"", "\033[1m", "\033[32m", "\033[33m",
                                         "\033[31m"};

    return begins[style];
}

const char *um_style_end(enum um_style style)
{
    return style == UM_STYLE_PLAIN ? "" : "\033[m";
}

enum um_style um_style_of(const char *state)
{
    static const struct {
        const char *word;
        enum um_style style;
    } words[] = {
        {"synced", UM_STYLE_GOOD},    {"current", UM_STYLE_GOOD},
        {"connected", UM_STYLE_GOOD}, {"behind", UM_STYLE_CARE},
        {"healing", UM_STYLE_CARE},   {"open", UM_STYLE_CARE},
        {"stale", UM_STYLE_CARE},     {"unknown", UM_STYLE_CARE},
        {"gone", UM_STYLE_CARE},      {"drift", UM_STYLE_BAD},
        {"refused", UM_STYLE_BAD},    {"void", UM_STYLE_BAD},
        {"unhealthy", UM_STYLE_BAD},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, state) == 0) {
            return words[i].style;
        }
    }
    return UM_STYLE_PLAIN;
}

/* Bytes of the character at the front, and its columns. */
static size_t next(const char *text, size_t *columns)
{
    mbstate_t state = {0};
    wchar_t c = 0;
    size_t n = mbrtowc(&c, text, MB_LEN_MAX, &state);
    int wide = n <= MB_LEN_MAX ? wcwidth(c) : 1;

    *columns = wide >= 0 ? (size_t)wide : 1;
    return n > 0 && n <= MB_LEN_MAX ? n : 1;
}

size_t um_style_width(const char *text)
{
    size_t wide = 0, columns;

    while (*text != '\0') {
        text += next(text, &columns);
        wide += columns;
    }
    return wide;
}

size_t um_style_front(const char *text, size_t columns, size_t *taken)
{
    size_t at = 0, wide, n;

    *taken = 0;
    while (text[at] != '\0') {
        n = next(text + at, &wide);
        if (*taken + wide > columns) {
            break;
        }
        *taken += wide;
        at += n;
    }
    return at;
}
