/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See text.h. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How routes are called; the last three as in TEXT_ALL. */
static const char *const routes[TEXT_ALL] = {"r0", "r1", "r2", "r3", "r4",
                                             "r5", "z0", "m0", "w0"};

#define RETURN "[{\"action\":{\"return\":"

bool text_is_bad(const char *config)
{
    return strstr(config, "\"ruby\"") != NULL;
}

/* The number behind a text; 0: it is not there. */
static unsigned behind(const char *in, const char *text)
{
    const char *at = strstr(in, text);

    return at != NULL ? (unsigned)atoi(at + strlen(text)) : 0;
}

static void read_overlays(const char *in, struct text *out)
{
    static const char node[] = "\"node:n";
    char key[96];

    for (unsigned i = 0; i < TEXT_ZONES; i++) {
        (void)snprintf(
            key, sizeof key,
            "\"label:zone=%c\":{\"merge\":{\"routes\":{\"z0\":" RETURN,
            'a' + (int)i);
        out->zone[i] = behind(in, key);
    }
    for (const char *at = in; (at = strstr(at, node)) != NULL; at++) {
        must(out->named_n < TEXT_NAMES, "room for nodes of a document");
        out->named[out->named_n].of = (unsigned)atoi(at + strlen(node));
        out->named[out->named_n++].code = behind(at, RETURN);
    }
    out->varied = behind(in, "\"variables\":{\"v\":");
}

void text_read(struct um_str bytes, struct text *out)
{
    char *copy = must_alloc(bytes.len + 1);
    char key[48];

    memcpy(copy, bytes.p, bytes.len);
    *out = (struct text){.python = strstr(copy, "\"python\"") != NULL,
                         .bad = text_is_bad(copy)};
    for (unsigned i = 0; i < TEXT_ALL; i++) {
        (void)snprintf(key, sizeof key, "\"%s\":" RETURN, routes[i]);
        out->code[i] = behind(copy, key);
    }
    read_overlays(copy, out);
    free(copy);
}

static unsigned some(struct world *w)
{
    return world_chance(w, 250) ? 0 : (unsigned)world_between(w, 200, 599);
}

/* What one node has; few have something. */
static void edit_named(struct world *w, struct text *t)
{
    unsigned of = (unsigned)world_dice(w, w->n);
    size_t i = 0;

    while (i < t->named_n && t->named[i].of != of)
        i++;
    if (i == t->named_n && i >= 4)
        i = (size_t)world_dice(w, t->named_n);
    else if (i == t->named_n)
        t->named_n++;
    t->named[i].of = of;
    t->named[i].code = (unsigned)world_between(w, 200, 599);
    if (world_chance(w, 300))
        t->named[i] = t->named[--t->named_n];
}

/* Something that is not the same everywhere. */
static void edit_parts(struct world *w, struct text *t)
{
    uint64_t what = world_dice(w, 6);

    if (what < 3) {
        t->zone[what] = some(w);
    } else if (what < 5) {
        edit_named(w, t);
    } else {
        t->varied = some(w);
    }
}

void text_edit(struct world *w, struct text *t)
{
    unsigned i = (unsigned)world_dice(w, TEXT_ROUTES);

    if (world_chance(w, 250))
        edit_parts(w, t);
    else if (world_chance(w, 120))
        t->python = !t->python;
    else if (i > 0 && t->code[i] != 0 && world_chance(w, 200))
        t->code[i] = 0;
    else
        t->code[i] = (unsigned)world_between(w, 200, 599);
}

static void write_overlays(const struct text *t, struct um_buf *out)
{
    const char *comma = "";

    um_buf_text(out, ",\"overlays\":{");
    for (unsigned i = 0; i < TEXT_ZONES; i++) {
        if (t->zone[i] == 0)
            continue;
        um_buf_fmt(out,
                   "%s\"label:zone=%c\":{\"merge\":{\"routes\":{\"z0\":" RETURN
                   "%u}}]}}}",
                   comma, 'a' + (int)i, t->zone[i]);
        comma = ",";
    }
    for (size_t i = 0; i < t->named_n; i++) {
        um_buf_fmt(out,
                   "%s\"node:n%u\":{\"merge\":{\"routes\":{\"m0\":" RETURN
                   "%u}}]}}}",
                   comma, t->named[i].of, t->named[i].code);
        comma = ",";
    }
    um_buf_text(out, "}");
}

void text_write(const struct text *t, struct um_buf *out)
{
    const char *comma = "";

    um_buf_text(out, "{\"base\":{\"listeners\":{},\"routes\":{");
    for (unsigned i = 0; i < TEXT_ROUTES; i++) {
        if (t->code[i] == 0)
            continue;
        um_buf_fmt(out, "%s\"%s\":" RETURN "%u}}]", comma, routes[i],
                   t->code[i]);
        comma = ",";
    }
    if (t->varied != 0)
        um_buf_fmt(out, "%s\"w0\":" RETURN "\"{{v}}\"}}]", comma);
    um_buf_text(out, "}");
    if (t->bad)
        um_buf_text(out,
                    ",\"applications\":{\"b\":{\"type\":\"ruby\","
                    "\"script\":\"/srv/b.ru\"}}");
    else if (t->python)
        um_buf_text(out,
                    ",\"applications\":{\"a\":{\"type\":\"python\","
                    "\"path\":\"/srv\",\"module\":\"m\"}}");
    um_buf_text(out, "}");
    if (t->zone[0] + t->zone[1] + t->zone[2] + t->named_n != 0)
        write_overlays(t, out);
    if (t->varied != 0)
        um_buf_fmt(out, ",\"variables\":{\"v\":%u}", t->varied);
    um_buf_text(out, "}");
}

void text_on(struct text *t, char zone, size_t node)
{
    t->code[TEXT_ZONED] = zone != 0 ? t->zone[zone - 'a'] : 0;
    t->code[TEXT_NAMED] = 0;
    for (size_t i = 0; i < t->named_n; i++) {
        if (t->named[i].of == node)
            t->code[TEXT_NAMED] = t->named[i].code;
    }
    t->code[TEXT_VARIED] = t->varied;
}
