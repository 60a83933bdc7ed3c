/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See change.h. A person says r42.9f3c, an entity tag has more digits: the tag
 * of the document in force is asked for, and used if it is the one that was
 * meant. It is the daemon that compares, so nobody can come in between.
 */
#include "cli/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "cli/path.h"
#include "mesh/app/span.h"

/* Digits of a revision that are shown. */
#define DIGITS 4

int um_cli_tag(const struct um_cli *c, char tag[128])
{
    struct um_request r = {.method = "GET", .path = "/mesh/overlays"};
    int code = um_cli_send(c, &r);

    memcpy(tag, r.etag, sizeof r.etag);
    um_request_free(&r);
    return code;
}

void um_cli_tag_name(const char tag[128], char name[32])
{
    const char *from = tag + (*tag == '"');
    size_t n = strcspn(from, ".\"");

    n += from[n] == '.' ? 1 + DIGITS : 0;
    (void)snprintf(name, 32, "%.*s", (int)n, from);
}

/* Whether what was typed is the beginning of a tag; r4 is none of r42. */
static bool means(const char *typed, const char *tag)
{
    size_t n = strlen(typed);
    const char *id = strchr(tag, '.');

    tag += *tag == '"';
    if (id != NULL && n >= 8 && strchr(typed, '.') == NULL) {
        return strncmp(typed, id + 1, n) == 0;
    }
    return strncmp(typed, tag, n) == 0 &&
           (strchr(typed, '.') != NULL || tag[n] == '.');
}

/* Writes the If-Match of a call. */
static int match(const struct um_cli *c, char out[160])
{
    const char *typed = um_cli_opt(c, UM_OPT_IF_MATCH);
    char tag[128];
    int code = um_cli_tag(c, tag);

    if (code == UM_EXIT_DONE && means(typed, tag)) {
        (void)snprintf(out, 160, "If-Match: %s", tag);
    } else {
        (void)snprintf(out, 160, "If-Match: \"%.100s\"", typed);
    }
    return code;
}

/* Unit says the same of a change that changes nothing. */
static void show_success(const struct um_cli *c, const struct um_request *r,
                         const char *text)
{
    if (r->revision[0] != '\0') {
        (void)printf("%s  %s\n", r->revision, text);
    } else if (um_cli_opt(c, UM_OPT_DRY_RUN) == NULL &&
               strcmp(text, "Reconfiguration done.") == 0) {
        (void)puts("Nothing is changed: it is so already.");
    } else {
        (void)puts(text);
    }
}

/* The nodes that are not there, of those that were waited for. */
static int show_missing(yyjson_val *root)
{
    yyjson_val *v, *made = yyjson_obj_get(root, "revision");
    char name[UM_CLI_TEXT], state[UM_CLI_TEXT], reason[UM_CLI_TEXT];
    bool refused = false;
    size_t i, n;

    yyjson_arr_foreach(yyjson_obj_get(root, "missing"), i, n, v)
    {
        (void)um_cli_text(v, "state", state);
        if (made != NULL && yyjson_equals(made, yyjson_obj_get(v, "runs"))) {
            (void)snprintf(state, sizeof state, "runs it, not healthy yet");
        }
        (void)um_cli_text(v, "reason", reason);
        refused = refused || strcmp(state, "refused") == 0;
        (void)fprintf(stderr, "unitmesh: %s: %s%s%s\n", um_cli_member(v, name),
                      state, reason[0] != '\0' ? ", " : "", reason);
    }
    if (yyjson_arr_size(yyjson_obj_get(root, "missing")) > 0) {
        return refused ? UM_EXIT_NODE : UM_EXIT_ERROR;
    }
    yyjson_arr_foreach(yyjson_obj_get(root, "silent"), i, n, v)
    {
        (void)fprintf(stderr, "unitmesh: %s: not heard of\n",
                      um_cli_member(v, name));
    }
    return UM_EXIT_DONE;
}

/* Prints what came of it; returns the exit code. */
static int show(const struct um_cli *c, const struct um_request *r)
{
    yyjson_doc *doc = yyjson_read(r->answer, r->len, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *line;
    char buf[UM_CLI_TEXT];
    size_t i, n;
    int code;

    if (c->o.json) {
        yyjson_mut_doc *m = yyjson_doc_mut_copy(doc, NULL);
        size_t len = 0;
        char *text;

        if (r->revision[0] != '\0' &&
            yyjson_obj_get(root, "revision") == NULL) {
            (void)yyjson_mut_obj_add_str(m, yyjson_mut_doc_get_root(m),
                                         "revision", r->revision);
        }
        text = yyjson_mut_write(
            m, YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END, &len);
        um_cli_form(c, stdout, text != NULL ? text : "{}\n",
                    text != NULL ? len : 3);
        free(text);
        yyjson_mut_doc_free(m);
    } else {
        yyjson_arr_foreach(yyjson_obj_get(root, "changes"), i, n, line)
        {
            (void)puts(um_cli_shown(line, buf));
        }
        show_success(c, r, um_cli_text(root, "success", buf));
    }
    um_cli_warnings(root);
    code = show_missing(root);
    yyjson_doc_free(doc);
    return code;
}

/* How long the daemon may take: as long as it was told to wait, and some. */
static unsigned patience(const struct um_cli *c)
{
    const char *timeout = um_cli_opt(c, UM_OPT_TIMEOUT);
    uint64_t ms = 0;

    if (um_cli_opt(c, UM_OPT_WAIT) == NULL) {
        return 0;
    }
    if (timeout == NULL || !um_span_parse(timeout, &ms)) {
        return 600;
    }
    return (unsigned)(ms / 1000 % 100000) + 30;
}

int um_cli_change(const struct um_cli *c, const char *method,
                  struct um_buf *path, struct um_str body)
{
    const char *message = um_cli_opt(c, UM_OPT_MESSAGE);
    struct um_buf why = UM_BUF_INIT;
    char tag[160];
    struct um_request r = {
        .method = method, .body = body, .patience_s = patience(c)};
    size_t n = 0;
    int code = UM_EXIT_DONE;

    if (message != NULL) {
        um_buf_text(&why, "X-Message: ");
        um_buf_text(&why, message);
        r.headers[n++] = um_cli_path_end(&why);
    }
    if (um_cli_opt(c, UM_OPT_IF_MATCH) != NULL) {
        code = match(c, tag);
        r.headers[n++] = tag;
    }
    um_cli_path_flags(path, &c->o);
    r.path = um_cli_path_end(path);
    if (code == UM_EXIT_DONE) {
        code = um_cli_send(c, &r);
    }
    if (code == UM_EXIT_DONE) {
        code = show(c, &r);
    }
    um_request_free(&r);
    um_buf_fini(&why);
    return code;
}
