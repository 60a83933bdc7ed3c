/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See golden.h. */
#include "golden.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

size_t golden_read(const char *folder, const char *name, char *out, size_t room)
{
    static char text[32768];
    char path[4096];
    size_t len = 0;
    size_t n;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s.hex", folder, name);
    f = fopen(path, "r");
    assert_non_null(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    assert_int_equal(fclose(f), 0);
    for (const char *p = text; *p != '\0'; p++) {
        unsigned v;

        if (*p == '#')
            p = strchr(p, '\n');
        if (isspace((unsigned char)*p))
            continue;
        assert_int_equal(sscanf(p, "%2x", &v), 1);
        assert_true(len < room);
        out[len++] = (char)(unsigned char)v;
        p++;
    }
    return len;
}
