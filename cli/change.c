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
#include "cli/progress.h"
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
    return um_span_seconds(ms) + 30;
}

bool um_cli_is_of_document(struct um_str path)
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

/* The headers of a change; `why` is the message's, to be freed. */
static int put_heads(const struct um_cli_change *ch, struct um_request *r,
                     struct um_buf *why, char if_match[160])
{
    const char *message = um_cli_opt(ch->c, UM_OPT_MESSAGE);
    size_t n = 0;

    if (message != NULL) {
        um_buf_text(why, "X-Message: ");
        um_buf_text(why, message);
        r->headers[n++] = um_cli_path_end(why);
    }
    if (ch->tag[0] != '\0') {
        (void)snprintf(if_match, 160, "If-Match: %s", ch->tag);
        r->headers[n++] = if_match;
        return UM_EXIT_DONE;
    }
    if (um_cli_opt(ch->c, UM_OPT_IF_MATCH) != NULL) {
        r->headers[n++] = if_match;
        return match(ch->c, if_match);
    }
    return UM_EXIT_DONE;
}

/* The file that a call gives; NULL: none, or standard input. */
static const char *file_of(const struct um_cli *c)
{
    const char *file = um_cli_opt(c, UM_OPT_FILE);

    return file != NULL ? file : um_cli_opt(c, UM_OPT_EDIT);
}

/* Sends it; the answer is in r, which is to be freed. */
static int send_change(struct um_cli_change *ch, bool dry, struct um_request *r)
{
    struct um_buf path = UM_BUF_INIT, why = UM_BUF_INIT;
    char if_match[160];
    struct um_progress progress;
    int code;

    *r = (struct um_request){
        .method = ch->method, .body = ch->body, .patience_s = patience(ch->c)};
    r->file = ch->file != NULL ? ch->file : file_of(ch->c);
    um_progress_of(&progress, ch->c, NULL, r);
    um_buf_str(&path, um_buf_view(ch->path));
    if (dry && um_cli_opt(ch->c, UM_OPT_DRY_RUN) == NULL) {
        um_cli_path_query(&path, "dry-run", NULL);
    }
    um_cli_path_flags(&path, &ch->c->o);
    r->path = um_cli_path_end(&path);
    code = put_heads(ch, r, &why, if_match);
    if (code == UM_EXIT_DONE) {
        code = um_cli_send(ch->c, r);
    }
    ch->status = r->status;
    um_buf_fini(&path);
    um_buf_fini(&why);
    return code;
}

yyjson_doc *um_cli_change_try(struct um_cli_change *ch, int *code)
{
    struct um_request r;
    yyjson_doc *doc = NULL;

    *code = send_change(ch, true, &r);
    if (*code == UM_EXIT_DONE) {
        doc = um_cli_read(&r, code);
    }
    um_request_free(&r);
    return doc;
}

int um_cli_change_make(struct um_cli_change *ch)
{
    struct um_request r;
    int code = send_change(ch, false, &r);

    ch->made = code == UM_EXIT_DONE || r.revision[0] != '\0';
    if (code == UM_EXIT_DONE) {
        code = show(ch->c, &r);
    }
    um_request_free(&r);
    return code;
}

/* Shows what a change would be, and asks. Who sees a plan and says yes means
 * that plan: it holds for the revision that it was made against alone. */
static int plan(struct um_cli_change *ch)
{
    const char *typed = um_cli_opt(ch->c, UM_OPT_IF_MATCH);
    char name[32];
    yyjson_doc *doc;
    int code = typed == NULL ? um_cli_tag(ch->c, ch->tag) : UM_EXIT_DONE;

    if (code != UM_EXIT_DONE) {
        return code;
    }
    doc = um_cli_change_try(ch, &code);
    if (code == UM_EXIT_DONE) {
        um_cli_tag_name(ch->tag, name);
        code = um_cli_consent_changes(ch->c, yyjson_doc_get_root(doc),
                                      typed != NULL ? typed : name);
    }
    yyjson_doc_free(doc);
    return code;
}

int um_cli_change(const struct um_cli *c, const char *method,
                  struct um_buf *path, struct um_str body)
{
    struct um_cli_change ch = {
        .c = c, .method = method, .path = path, .body = body};
    int code = UM_EXIT_DONE;

    if (um_cli_asks(c) && um_cli_is_of_document(um_buf_view(path))) {
        code = plan(&ch);
    }
    if (code == UM_EXIT_DONE) {
        code = um_cli_change_make(&ch);
        if (ch.status == 412 && ch.tag[0] != '\0') {
            (void)fputs("  the plan was made before that: nothing is changed\n",
                        stderr);
        }
    }
    return code;
}
