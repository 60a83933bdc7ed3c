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

#include "cli/consent.h"
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
    yyjson_val *root = yyjson_doc_get_root(doc);
    char buf[UM_CLI_TEXT];
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
        (void)um_cli_changes(stdout, root);
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

/* Whether a request changes the document, and may be tried before. */
static bool is_of_document(struct um_str path)
{
    static const char *const parts[] = {"/config",         "/certificates",
                                        "/js_modules",     "/mesh/overlays",
                                        "/mesh/variables", "/mesh/probes"};
    bool is = false;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct um_str part = um_str(parts[i]);

        is = is || (um_str_starts(path, part) &&
                    (path.len == part.len || path.p[part.len] == '/' ||
                     path.p[part.len] == '?'));
    }
    return is;
}

/* Shows what a change would be, and asks. `path` has all but its end. */
static int plan(const struct um_cli *c, const struct um_request *of,
                struct um_str path, const char *against)
{
    struct um_buf dry = UM_BUF_INIT;
    struct um_request r = *of;
    yyjson_doc *doc;
    int code;

    um_buf_str(&dry, path);
    um_cli_path_query(&dry, "dry-run", NULL);
    r.path = um_cli_path_end(&dry);
    code = um_cli_send(c, &r);
    if (code == UM_EXIT_DONE) {
        doc = yyjson_read(r.answer, r.len, 0);
        code = um_cli_consent_changes(c, yyjson_doc_get_root(doc), against);
        yyjson_doc_free(doc);
    }
    um_request_free(&r);
    um_buf_fini(&dry);
    return code;
}

/* The headers of a change and what it is compared with. */
struct heads {
    struct um_buf why;
    char match[160];
    char against[32];
};

/* Writes them. Who sees a plan and says yes to it means that plan: it holds for
 * the revision that it was made against alone. */
static int put_heads(const struct um_cli *c, bool planned, struct heads *h,
                     struct um_request *r)
{
    const char *message = um_cli_opt(c, UM_OPT_MESSAGE);
    char tag[128];
    size_t n = 0;
    int code = UM_EXIT_DONE;

    if (message != NULL) {
        um_buf_text(&h->why, "X-Message: ");
        um_buf_text(&h->why, message);
        r->headers[n++] = um_cli_path_end(&h->why);
    }
    if (um_cli_opt(c, UM_OPT_IF_MATCH) != NULL) {
        code = match(c, h->match);
        r->headers[n++] = h->match;
        (void)snprintf(h->against, sizeof h->against, "%s",
                       um_cli_opt(c, UM_OPT_IF_MATCH));
    } else if (planned) {
        code = um_cli_tag(c, tag);
        um_cli_tag_name(tag, h->against);
        (void)snprintf(h->match, sizeof h->match, "If-Match: %s", tag);
        r->headers[n++] = h->match;
    }
    return code;
}

int um_cli_change(const struct um_cli *c, const char *method,
                  struct um_buf *path, struct um_str body)
{
    struct heads h = {.why = UM_BUF_INIT};
    struct um_request r = {
        .method = method, .body = body, .patience_s = patience(c)};
    bool planned = um_cli_asks(c) && is_of_document(um_buf_view(path));
    struct um_str whole;
    int code = put_heads(c, planned, &h, &r);

    um_cli_path_flags(path, &c->o);
    whole = um_buf_view(path);
    r.path = um_cli_path_end(path);
    if (code == UM_EXIT_DONE && planned && r.path != NULL) {
        code = plan(c, &r, whole, h.against);
    }
    if (code == UM_EXIT_DONE) {
        code = um_cli_send(c, &r);
    }
    if (code == UM_EXIT_DONE) {
        code = show(c, &r);
    } else if (planned && r.status == 412 &&
               um_cli_opt(c, UM_OPT_IF_MATCH) == NULL) {
        (void)fputs("  the plan was made before that: nothing is changed\n",
                    stderr);
    }
    um_request_free(&r);
    um_buf_fini(&h.why);
    return code;
}
