/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inifile.h. The parser is inih's. As Debian builds it, it does not say
 * which line a pair stands in, but takes lines from whoever has them: they are
 * counted here. It has room for 198 bytes of a line.
 */
#include "mesh/app/inifile.h"

#include <ini.h>
#include <string.h>

struct reading {
    FILE *in;
    const struct um_inifile_cb *cb;
    unsigned line;
};

/* The next line for the parser. */
static char *next_line(char *str, int num, void *stream)
{
    struct reading *r = stream;
    int c;

    if (fgets(str, num, r->in) == NULL) {
        return NULL;
    }
    r->line++;
    if (strchr(str, '\n') == NULL && !feof(r->in)) {
        r->cb->wrong(r->cb->user, r->line, "the line is too long");
        do {
            c = getc(r->in);
        } while (c != '\n' && c != EOF);
        str[0] = '\0';
    }
    return str;
}

static int on_pair(void *user, const char *section, const char *key,
                   const char *value)
{
    const struct reading *r = user;

    if (section[0] != '\0') {
        r->cb->wrong(r->cb->user, r->line,
                     "stands in a section, and there are none here");
    } else {
        r->cb->pair(r->cb->user, r->line, key, value);
    }
    return 1;
}

void um_inifile_read(FILE *in, const struct um_inifile_cb *cb)
{
    struct reading r = {.in = in, .cb = cb};
    int bad = ini_parse_stream(next_line, &r, on_pair, &r);

    if (bad > 0) { /* the first of such lines; an error of ours is none */
        cb->wrong(cb->user, (unsigned)bad, "must be `key = value`");
    }
}
