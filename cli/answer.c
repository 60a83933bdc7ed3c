/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See answer.h. A mistake is an object with error and detail, or a line of
 * text; which of the two the daemon chose is no matter here.
 */
#include "cli/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

#include "cli/locate.h"
#include "cli/style.h"
#include "cli/yaml_text.h"
#include "mesh/base/utf8.h"

const char *um_cli_text(yyjson_val *obj, const char *key, char buf[UM_CLI_TEXT])
{
    return um_cli_shown(yyjson_obj_get(obj, key), buf);
}

const char *um_cli_shown(yyjson_val *v, char buf[UM_CLI_TEXT])
{
    const char *s = yyjson_get_str(v);
    char *json = s == NULL && v != NULL ? yyjson_val_write(v, 0, NULL) : NULL;

    (void)snprintf(buf, UM_CLI_TEXT, "%s",
                   s != NULL      ? s
                   : json != NULL ? json
                                  : "");
    free(json);
    um_utf8_harmless(buf);
    return buf;
}

uint64_t um_cli_number(yyjson_val *obj, const char *key)
{
    return yyjson_get_uint(yyjson_obj_get(obj, key));
}

bool um_cli_true(yyjson_val *obj, const char *key)
{
    return yyjson_get_bool(yyjson_obj_get(obj, key));
}

const char *um_cli_list(yyjson_val *arr, char buf[UM_CLI_TEXT])
{
    char one[UM_CLI_TEXT];
    size_t i, n, len = 0;
    yyjson_val *v;

    buf[0] = '\0';
    yyjson_arr_foreach(arr, i, n, v)
    {
        if (len < UM_CLI_TEXT) {
            len += (size_t)snprintf(buf + len, UM_CLI_TEXT - len, "%s%s",
                                    i > 0 ? "," : "", um_cli_shown(v, one));
        }
    }
    return buf;
}

const char *um_cli_short(const char *id, char buf[UM_CLI_TEXT])
{
    size_t n = strlen(id);

    (void)snprintf(buf, UM_CLI_TEXT, "%s%s", n > 8 ? "12*" : "",
                   n > 8 ? id + n - 8 : id);
    return buf;
}

const char *um_cli_member(yyjson_val *member, char buf[UM_CLI_TEXT])
{
    char id[UM_CLI_TEXT];

    if (um_cli_text(member, "name", buf)[0] == '\0') {
        (void)um_cli_short(um_cli_text(member, "id", id), buf);
    }
    return buf;
}

const char *um_cli_age(uint64_t ms, char buf[UM_CLI_AGE])
{
    static const struct {
        uint64_t ms;
        char unit;
    } units[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
    size_t i = 0;

    while (i < 3 && ms < units[i].ms) {
        i++;
    }
    (void)snprintf(buf, UM_CLI_AGE, "%" PRIu64 "%c", ms / units[i].ms,
                   units[i].unit);
    return buf;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const char *um_cli_ago(uint64_t wall_ms, char buf[UM_CLI_AGE])
{
    uint64_t now = now_ms();

    buf[0] = '\0';
    return wall_ms == 0 ? buf
                        : um_cli_age(now > wall_ms ? now - wall_ms : 0, buf);
}

const char *um_cli_until(uint64_t wall_ms, char buf[UM_CLI_AGE])
{
    uint64_t now = now_ms();

    return wall_ms > now ? um_cli_age(wall_ms - now, buf) : "expired";
}

void um_cli_print(yyjson_val *v)
{
    char *text = yyjson_val_write(v, YYJSON_WRITE_PRETTY, NULL);

    if (text == NULL) {
        (void)fputs("unitmesh: out of memory\n", stderr);
        return;
    }
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        um_utf8_harmless(line);
        (void)puts(line);
    }
    free(text);
}

void um_cli_warnings(yyjson_val *root)
{
    yyjson_val *line;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    yyjson_arr_foreach(yyjson_obj_get(root, "warnings"), i, n, line)
    {
        (void)fprintf(stderr, "unitmesh: warning: %s\n",
                      um_cli_shown(line, buf));
    }
}

void um_cli_success(yyjson_doc *answer)
{
    char buf[UM_CLI_TEXT];

    if (answer != NULL &&
        um_cli_text(yyjson_doc_get_root(answer), "success", buf)[0] != '\0') {
        (void)puts(buf);
    }
}

void um_cli_nothing(const struct um_cli *c, const char *text)
{
    (void)fprintf(um_cli_opt(c, UM_OPT_WATCH) != NULL ? stdout : stderr, "%s\n",
                  text);
}

/* Unit ends its lines with CR LF, which is none in `$(unitmesh get x)`. In
 * texts of JSON there is no CR, but as an escape. */
static size_t without_cr(char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\r') {
            text[n++] = text[i];
        }
    }
    text[n] = '\0';
    return n;
}

/* Prints a text that ends with a zero byte; harmless, if it is a terminal that
 * shows it. Changes it. */
static void print_text(FILE *out, char *text, size_t len)
{
    char *at = text;

    if (!um_style_terminal(out)) {
        (void)fwrite(text, 1, len, out);
        return;
    }
    while (*at != '\0') {
        size_t n = strcspn(at, "\n\t");
        char end = at[n];

        at[n] = '\0';
        um_utf8_harmless(at);
        (void)fputs(at, out);
        if (end == '\0') {
            break;
        }
        (void)putc(end, out);
        at += n + 1;
    }
}

void um_cli_form(const struct um_cli *c, FILE *out, const char *json,
                 size_t len)
{
    struct um_buf text = UM_BUF_INIT;

    if (!c->o.yaml) {
        (void)fwrite(json, 1, len, out);
        return;
    }
    if (um_yaml_put(&text, json, len) == 0) {
        um_buf_byte(&text, '\0');
    }
    if (um_buf_failed(&text) || text.len == 0) {
        (void)fputs("unitmesh: the answer cannot be shown as YAML\n", stderr);
    } else {
        print_text(out, text.p, text.len - 1);
    }
    um_buf_fini(&text);
}

void um_cli_form_value(const struct um_cli *c, yyjson_val *v)
{
    size_t len = 0;
    char *json = c->o.yaml ? yyjson_val_write(v, 0, &len) : NULL;

    if (json != NULL) {
        um_cli_form(c, stdout, json, len);
    } else {
        um_cli_print(v);
    }
    free(json);
}

void um_cli_raw(const struct um_cli *c, const struct um_request *r)
{
    if (c->o.yaml) {
        um_cli_form(c, stdout, r->answer, r->len);
    } else {
        print_text(stdout, r->answer, without_cr(r->answer, r->len));
    }
}

void um_cli_pretty(const struct um_cli *c, const struct um_request *r)
{
    yyjson_doc *doc =
        c->o.json ? NULL
                  : yyjson_read(r->answer, r->len, YYJSON_READ_NUMBER_AS_RAW);

    if (doc != NULL) {
        um_cli_print(yyjson_doc_get_root(doc));
    } else {
        um_cli_raw(c, r);
    }
    yyjson_doc_free(doc);
}

/* Where in a file it is: the line and column that the daemon tells, or those of
 * the value that a pointer leads to. */
static void complain_place(const struct um_request *r, yyjson_val *at,
                           const char *pointer, const char *of)
{
    size_t line = um_cli_number(at, "line"), unused;
    size_t column = um_cli_number(at, "column");
    struct um_str below = um_str(pointer);
    const char *found = NULL;

    if (line == 0 && r->file != NULL && r->body.p != NULL && *pointer != '\0' &&
        strcmp(of, "effective") != 0) {
        below =
            strcmp(of, "body") == 0 ? below : um_locate_below(below, r->path);
        found = below.p != NULL ? um_locate_value(r->body, below) : NULL;
    }
    if (found != NULL) {
        (void)yyjson_locate_pos(r->body.p, r->body.len,
                                (size_t)(found - r->body.p), &line, &column,
                                &unused);
    }
    if (line > 0) {
        (void)fprintf(stderr, "  %s%sline %zu, column %zu\n",
                      r->file != NULL ? r->file : "",
                      r->file != NULL ? ": " : "", line, column);
    }
}

/* What a mistake's location says: its own object, or members of a problem. */
static void complain_where(const struct um_request *r, yyjson_val *at,
                           const char *key)
{
    char pointer[UM_CLI_TEXT], of[UM_CLI_TEXT];

    (void)um_cli_text(at, key, pointer);
    (void)um_cli_text(at, "of", of);
    complain_place(r, at, pointer, of);
    if (pointer[0] != '\0') {
        (void)fprintf(stderr, "  at %s%s%s\n", pointer,
                      of[0] != '\0' ? " of the " : "",
                      strcmp(of, "effective") == 0
                          ? "configuration that this node would run"
                          : of);
    }
}

static void complain(const struct um_request *r, yyjson_val *root)
{
    char buf[UM_CLI_TEXT], error[UM_CLI_TEXT];

    (void)fprintf(stderr, "unitmesh: %s\n", um_cli_text(root, "error", error));
    if (um_cli_text(root, "detail", buf)[0] != '\0' &&
        strcmp(buf, error) != 0) { /* a problem says it twice */
        (void)fprintf(stderr, "  %s\n", buf);
    }
    complain_where(r, yyjson_obj_get(root, "location"), "path");
    complain_where(r, root, "pointer");
    if (um_cli_text(root, "suggestion", buf)[0] != '\0') {
        (void)fprintf(stderr, "  is \"%s\" meant?\n", buf);
    }
    if (um_cli_list(yyjson_obj_get(root, "candidates"), buf)[0] != '\0') {
        (void)fprintf(stderr, "  %s\n", buf);
    }
    if (um_cli_text(root, "revision", buf)[0] != '\0') {
        (void)fprintf(stderr, "  it is about %s\n", buf);
    }
    if (um_cli_text(root, "override", buf)[0] != '\0') {
        (void)fprintf(stderr, "  --%s does it all the same\n", buf);
    }
}

/* Whether it is a Unit that is against it, this node's or the one beside, or
 * this node's policy. */
static bool is_units(const char *error)
{
    static const char *const whose[] = {"This node's Unit refuses",
                                        "This node's policy refuses",
                                        "The scratch Unit refuses"};

    for (size_t i = 0; error != NULL && i < sizeof whose / sizeof *whose; i++) {
        if (strncmp(error, whose[i], strlen(whose[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* The exit code of a mistake. */
static int code_of(const struct um_request *r, yyjson_val *root)
{
    const char *error;

    if (r->status == 412 || r->status == 428 ||
        yyjson_obj_get(root, "override") != NULL) {
        return UM_EXIT_GUARD;
    }
    error = yyjson_get_str(yyjson_obj_get(root, "error"));
    return r->revision[0] != '\0' || is_units(error) ? UM_EXIT_NODE
                                                     : UM_EXIT_ERROR;
}

static int fail(const struct um_cli *c, struct um_request *r)
{
    yyjson_doc *doc = yyjson_read(r->answer, r->len, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    int code = code_of(r, root);

    if (c->o.json && doc != NULL) {
        um_cli_form(c, stderr, r->answer, r->len);
    } else if (yyjson_obj_get(root, "error") != NULL) {
        complain(r, root);
    } else {
        r->answer[strcspn(r->answer, "\r\n")] = '\0';
        um_utf8_harmless(r->answer);
        (void)fprintf(stderr, "unitmesh: %s\n",
                      r->answer[0] != '\0' ? r->answer : "the daemon refuses");
    }
    if (r->revision[0] != '\0' && !c->o.json) {
        (void)fprintf(stderr, "  it is %s\n", r->revision);
    }
    yyjson_doc_free(doc);
    return code;
}

int um_cli_send(const struct um_cli *c, struct um_request *r)
{
    r->problems = !c->o.json;
    if (r->path == NULL || um_request_run(c->o.socket, r) != 0) {
        return UM_EXIT_ERROR;
    }
    um_utf8_harmless(r->revision);
    um_utf8_harmless(r->etag);
    return r->status >= 200 && r->status < 300 ? UM_EXIT_DONE : fail(c, r);
}

yyjson_doc *um_cli_read(const struct um_request *r, int *code)
{
    yyjson_doc *doc = yyjson_read(r->answer, r->len, 0);

    if (doc == NULL) {
        (void)fputs("unitmesh: the daemon's answer is no JSON\n", stderr);
        *code = UM_EXIT_ERROR;
    }
    return doc;
}

yyjson_doc *um_cli_ask(const struct um_cli *c, struct um_request *r, int *code)
{
    yyjson_doc *doc = NULL;

    *code = um_cli_send(c, r);
    if (*code == UM_EXIT_DONE && c->o.json) {
        um_cli_form(c, stdout, r->answer, r->len);
    } else if (*code == UM_EXIT_DONE) {
        doc = um_cli_read(r, code);
    }
    um_request_free(r);
    return doc;
}

yyjson_doc *um_cli_get(const struct um_cli *c, const char *path, int *code)
{
    struct um_request r = {.method = "GET", .path = path};

    return um_cli_ask(c, &r, code);
}

yyjson_doc *um_cli_value(const struct um_cli *c, const char *path, int *code)
{
    struct um_request r = {.method = "GET", .path = path};
    yyjson_doc *doc = NULL;

    *code = um_cli_send(c, &r);
    if (*code == UM_EXIT_DONE) {
        doc = um_cli_read(&r, code);
    }
    um_request_free(&r);
    return doc;
}
