/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A stream of server-sent events, as lines of text. Happy path: fields are
 * collected until an empty line ends the event, which is printed at once. It
 * goes on until somebody ends it, or the daemon does.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "mesh/base/utf8.h"

/* Bytes of a line of the stream. */
#define LINE_BYTES 65536U

/* A stream. */
struct stream {
    const struct um_cli *c;
    struct um_buf line;
    struct um_buf data;
    char id[32];
    char event[64];
};

/* A member of an event, as "key=value", unless the line has it already. */
static void print_member(yyjson_val *k, yyjson_val *v)
{
    char key[UM_CLI_TEXT], buf[UM_CLI_TEXT];

    (void)um_cli_shown(k, key);
    if (strcmp(key, "event") != 0 && strcmp(key, "number") != 0 &&
        strcmp(key, "wall_ms") != 0) {
        (void)printf(" %s=%s", key, um_cli_shown(v, buf));
    }
}

/* When it was, on this machine's clock. */
static void print_time(uint64_t wall_ms)
{
    time_t s = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[16];

    if (wall_ms > 0 && localtime_r(&s, &tm) != NULL &&
        strftime(text, sizeof text, "%H:%M:%S", &tm) > 0) {
        (void)printf(" %s", text);
    }
}

/* An event for a program: a line of JSON, or a document of YAML. */
static void print_data(const struct stream *s)
{
    if (s->c->o.yaml) {
        (void)puts("---");
        um_cli_form(s->c, stdout, s->data.p, s->data.len);
    } else {
        (void)printf("%.*s\n", UM_STR_ARG(um_buf_view(&s->data)));
    }
}

static void print_event(struct stream *s)
{
    yyjson_doc *doc =
        yyjson_read(s->data.len > 0 ? s->data.p : "", s->data.len, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *k, *v;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    if (s->c->o.json) {
        print_data(s);
    } else {
        (void)fputs(s->id[0] != '\0' ? s->id : "-", stdout);
        print_time(um_cli_number(root, "wall_ms"));
        (void)printf(" %s", s->event);
        if (um_cli_text(root, "text", buf)[0] != '\0') {
            (void)printf(" %s", buf);
        } else {
            yyjson_obj_foreach(root, i, n, k, v)
            {
                print_member(k, v);
            }
        }
        (void)putchar('\n');
    }
    (void)fflush(stdout);
    yyjson_doc_free(doc);
}

/* What a line says, if its field is that one; else p is NULL. */
static struct um_str value_of(struct um_str line, struct um_str field)
{
    if (!um_str_starts(line, field)) {
        return um_str_n(NULL, 0);
    }
    line = um_str_skip(line, field.len);
    return um_str_starts(line, UM_STR(" ")) ? um_str_skip(line, 1) : line;
}

static void keep(char *out, size_t cap, struct um_str value)
{
    if (value.p != NULL) {
        (void)snprintf(out, cap, "%.*s", UM_STR_ARG(value));
        um_utf8_harmless(out);
    }
}

static void take_line(struct stream *s)
{
    struct um_str line = um_buf_view(&s->line);
    struct um_str data;

    line.len -= um_str_ends(line, UM_STR("\r")) ? 1 : 0;
    data = value_of(line, UM_STR("data:"));
    keep(s->id, sizeof s->id, value_of(line, UM_STR("id:")));
    keep(s->event, sizeof s->event, value_of(line, UM_STR("event:")));
    if (data.p != NULL) {
        um_buf_str(&s->data, data);
    }
    if (line.len == 0 && s->data.len > 0) {
        print_event(s);
        um_buf_clear(&s->data);
        s->event[0] = '\0';
    }
    um_buf_clear(&s->line);
}

static int on_bytes(void *user, const char *data, size_t len)
{
    struct stream *s = user;

    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') {
            take_line(s);
        } else {
            um_buf_byte(&s->line, data[i]);
        }
    }
    return um_buf_failed(&s->line) || um_buf_failed(&s->data) ||
                   s->line.len > LINE_BYTES || s->data.len > LINE_BYTES
               ? -1
               : 0;
}

static int events(struct um_cli *c)
{
    const char *since = um_cli_opt(c, UM_OPT_SINCE);
    char last[64];
    struct stream s = {.c = c};
    struct um_request r = {
        .method = "GET", .path = "/mesh/events", .more = on_bytes, .user = &s};
    int code;

    if (since != NULL) {
        (void)snprintf(last, sizeof last, "Last-Event-ID: %.32s", since);
        r.headers[0] = last;
    }
    code = um_cli_send(c, &r);
    um_request_free(&r);
    um_buf_fini(&s.line);
    um_buf_fini(&s.data);
    return code;
}

static const struct um_cli_verb events_verbs[] = {
    {NULL, "", "What happens, a line each, until it is interrupted.",
     UM_BIT(UM_OPT_SINCE), events},
};

const struct um_cli_command um_cli_events[] = {
    UM_CLI_COMMAND("events", "what happens, as it happens", events_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
