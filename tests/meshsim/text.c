/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See text.h. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_is_bad(const char *config)
{
    return strstr(config, "\"ruby\"") != NULL;
}

void text_read(struct um_str bytes, struct text *out)
{
    char *copy = must_alloc(bytes.len + 1);
    char key[48];

    memcpy(copy, bytes.p, bytes.len);
    *out = (struct text){.python = strstr(copy, "\"python\"") != NULL,
                         .bad = text_is_bad(copy)};
    for (unsigned i = 0; i < TEXT_ROUTES; i++) {
        const char *at;

        (void)snprintf(key, sizeof key, "\"r%u\":[{\"action\":{\"return\":", i);
        at = strstr(copy, key);
        if (at != NULL)
            out->code[i] = (unsigned)atoi(at + strlen(key));
    }
    free(copy);
}

void text_edit(struct world *w, struct text *t)
{
    unsigned i = (unsigned)world_dice(w, TEXT_ROUTES);

    if (world_chance(w, 120))
        t->python = !t->python;
    else if (i > 0 && t->code[i] != 0 && world_chance(w, 200))
        t->code[i] = 0;
    else
        t->code[i] = (unsigned)world_between(w, 200, 599);
}

void text_write(const struct text *t, struct um_buf *out)
{
    const char *comma = "";

    um_buf_text(out, "{\"base\":{\"listeners\":{},\"routes\":{");
    for (unsigned i = 0; i < TEXT_ROUTES; i++) {
        if (t->code[i] == 0)
            continue;
        um_buf_fmt(out, "%s\"r%u\":[{\"action\":{\"return\":%u}}]", comma, i,
                   t->code[i]);
        comma = ",";
    }
    um_buf_text(out, "}");
    if (t->bad)
        um_buf_text(out,
                    ",\"applications\":{\"b\":{\"type\":\"ruby\","
                    "\"script\":\"/srv/b.ru\"}}");
    else if (t->python)
        um_buf_text(out,
                    ",\"applications\":{\"a\":{\"type\":\"python\","
                    "\"path\":\"/srv\",\"module\":\"m\"}}");
    um_buf_text(out, "}}");
}
