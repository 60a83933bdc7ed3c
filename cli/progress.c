/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See progress.h. What is short shows nothing. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

#include "cli/style.h"

/* Before that nothing is shown, and how often it is shown anew. */
#define FIRST_MS 1000U
#define EACH_MS  1000U

/* Room for a line. */
#define LINE_BYTES 512

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void um_progress_begin(struct um_progress *p, const struct um_cli *c,
                       const char *what)
{
    *p = (struct um_progress){.c = c, .what = what, .began_ms = now_ms()};
}

/* The nodes that are not there yet, and what they do. */
static void name_nodes(const struct um_cli *c, char line[LINE_BYTES])
{
    struct um_request r = {
        .method = "GET", .path = "/mesh/nodes", .patience_s = 1, .quiet = true};
    char name[UM_CLI_TEXT], state[UM_CLI_TEXT];
    yyjson_doc *doc = um_request_run(c->o.socket, &r) == 0 && r.status == 200
                          ? yyjson_read(r.answer, r.len, 0)
                          : NULL;
    yyjson_val *v;
    size_t i, n, none = (size_t)snprintf(line, LINE_BYTES, "Waiting for ");
    size_t len = none;

    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "nodes"), i, n,
                       v)
    {
        if (len < LINE_BYTES &&
            strcmp(um_cli_text(v, "state", state), "synced") != 0) {
            len += (size_t)snprintf(line + len, LINE_BYTES - len,
                                    "%s%.64s (%.32s)", len > none ? ", " : "",
                                    um_cli_member(v, name), state);
        }
    }
    if (len == none) {
        (void)snprintf(line + len, LINE_BYTES - len, "the other nodes");
    }
    yyjson_doc_free(doc);
    um_request_free(&r);
}

/* Whether it is time to show something, where somebody sees it. */
static bool is_due(const struct um_progress *p)
{
    const char *term = getenv("TERM");
    uint64_t now = now_ms();

    return um_style_terminal(stderr) && term != NULL &&
           strcmp(term, "dumb") != 0 && now >= p->began_ms + FIRST_MS &&
           (p->said_ms == 0 || now >= p->said_ms + EACH_MS);
}

static void show(struct um_progress *p, const char *text)
{
    char line[LINE_BYTES + 64], age[UM_CLI_AGE];
    size_t columns = um_style_columns(stderr), taken;

    p->said_ms = now_ms();
    (void)snprintf(line, sizeof line, "%s, since %s", text,
                   um_cli_age(p->said_ms - p->began_ms, age));
    (void)fprintf(
        stderr, "\r%.*s\033[K",
        (int)um_style_front(line, columns > 0 ? columns - 1 : 79, &taken),
        line);
    (void)fflush(stderr);
}

void um_progress_say(struct um_progress *p, const char *text)
{
    if (is_due(p)) {
        show(p, text);
    }
}

void um_progress_of(struct um_progress *p, const struct um_cli *c,
                    const char *what, struct um_request *r)
{
    um_progress_begin(p, c, what);
    r->tick = um_progress_tick;
    r->ticks = p;
}

void um_progress_tick(void *of, bool over)
{
    struct um_progress *p = of;
    char text[LINE_BYTES];

    if (over) {
        um_progress_end(p);
    }
    if (over || !is_due(p)) {
        return;
    }
    if (p->what == NULL) {
        name_nodes(p->c, text);
    }
    show(p, p->what != NULL ? p->what : text);
}

void um_progress_end(struct um_progress *p)
{
    if (p->said_ms != 0) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
    }
    p->said_ms = 0;
}
