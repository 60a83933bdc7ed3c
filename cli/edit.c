/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A value in an editor. Happy path: it is fetched with its entity tag, edited,
 * read as JSON, tried by a dry run, shown as a difference, agreed to and
 * published, if nobody was there first. What is wrong is said, and the text can
 * be edited again; who gives up keeps it in a file.
 */
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/change.h"
#include "cli/consent.h"
#include "cli/editor.h"
#include "cli/path.h"

/* How a round ends. */
enum outcome { AGAIN, MADE, NOTHING, GIVEN_UP };

/* An edit. */
struct edit {
    const struct um_cli *c;
    struct um_cli_change change;
    struct um_buf path;
    struct um_buf was;  /* before the first round */
    struct um_buf text; /* after the last one */
    struct um_editor editor;
    bool unknown; /* whether it was published: no whole answer came */
    int code;
};

/* The value that is there, and the tag of the revision that it is of. */
static int fetch(struct edit *e)
{
    struct um_request r = {.method = "GET"};
    struct um_buf path = UM_BUF_INIT;
    int code;

    um_buf_str(&path, um_buf_view(&e->path));
    r.path = um_cli_path_end(&path);
    code = um_cli_send(e->c, &r);
    if (code == UM_EXIT_DONE) {
        memcpy(e->change.tag, r.etag, sizeof r.etag);
        for (size_t i = 0; i < r.len; i++) {
            if (r.answer[i] != '\r') {
                um_buf_byte(&e->was, r.answer[i]);
            }
        }
        if (r.len > 0 && r.answer[r.len - 1] != '\n') {
            um_buf_byte(&e->was, '\n');
        }
        code = um_buf_failed(&e->was) ? UM_EXIT_ERROR : UM_EXIT_DONE;
    }
    um_request_free(&r);
    um_buf_fini(&path);
    return code;
}

/* Whether there is somebody to edit once more, who wants to. */
static enum outcome once_more(struct edit *e, int code)
{
    e->code = code;
    return um_cli_attended() &&
                   um_cli_question("Edit it again?", "yn", 'y') == 'y'
               ? AGAIN
               : GIVEN_UP;
}

/* Whether the text is JSON; else it was said where it is not. */
static bool is_json(const struct edit *e)
{
    yyjson_read_err err;
    size_t line, column, unused;
    yyjson_doc *doc = yyjson_read_opts(
        e->text.p, e->text.len,
        YYJSON_READ_NUMBER_AS_RAW | YYJSON_READ_ALLOW_COMMENTS, NULL, &err);

    if (doc == NULL) {
        if (!yyjson_locate_pos(e->text.p, e->text.len, err.pos, &line, &column,
                               &unused)) {
            line = column = 1;
        }
        (void)fprintf(stderr,
                      "unitmesh: %s: line %zu, column %zu: this is no JSON: "
                      "%s\n",
                      e->editor.file, line, column, err.msg);
    }
    yyjson_doc_free(doc);
    return doc != NULL;
}

static bool is_blank(struct um_str s)
{
    while (s.len > 0 && strchr(" \t\r\n", *s.p) != NULL) {
        s = um_str_skip(s, 1);
    }
    return s.len == 0;
}

/* Somebody else was there meanwhile. */
static enum outcome overtaken(struct edit *e, int code)
{
    e->code = code;
    (void)fputs(
        "  it was changed by somebody else while you edited; begin anew, and "
        "take from\n  your text what is still to be done\n",
        stderr);
    return GIVEN_UP;
}

static enum outcome publish(struct edit *e)
{
    int code = um_cli_change_make(&e->change);

    e->code = code;
    if (e->change.made) {
        return MADE;
    }
    if (e->change.status == 412) {
        return overtaken(e, code);
    }
    e->unknown = e->change.status < 300;
    return e->unknown || code == UM_EXIT_GUARD ? GIVEN_UP : once_more(e, code);
}

/* The difference, and the question. */
static enum outcome agree(struct edit *e, yyjson_val *root)
{
    char name[32];
    size_t n = um_cli_changes(stderr, root);
    char answer = 'y';

    um_cli_warnings(root);
    if (n == 0) {
        return NOTHING;
    }
    um_cli_tag_name(e->change.tag, name);
    (void)fprintf(stderr, "\n%zu change%s to %s.\n", n, n == 1 ? "" : "s",
                  name);
    if (um_cli_opt(e->c, UM_OPT_DRY_RUN) != NULL) {
        return GIVEN_UP;
    }
    if (um_cli_asks(e->c)) {
        answer = um_cli_question("Go on, or edit it again?", "yen", 'n');
    }
    e->code = UM_EXIT_ERROR;
    return answer == 'y' ? publish(e) : answer == 'e' ? AGAIN : GIVEN_UP;
}

/* One time in the editor and what comes of it. */
static enum outcome round_of(struct edit *e)
{
    enum outcome out;
    yyjson_doc *doc;
    int code = um_editor_run(&e->editor, &e->text);

    if (code != UM_EXIT_DONE) {
        e->code = code;
        return GIVEN_UP;
    }
    if (is_blank(um_buf_view(&e->text)) ||
        um_str_eq(um_buf_view(&e->text), um_buf_view(&e->was))) {
        return NOTHING;
    }
    if (!is_json(e)) {
        return once_more(e, UM_EXIT_ERROR);
    }
    e->change.body = um_buf_view(&e->text);
    e->change.file = e->editor.file;
    doc = um_cli_change_try(&e->change, &code);
    if (code != UM_EXIT_DONE) {
        return e->change.status == 412 ? overtaken(e, code)
                                       : once_more(e, code);
    }
    out = agree(e, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return out;
}

/* Who has written something keeps it. */
static void give_up(struct edit *e)
{
    bool as_it_was = um_str_eq(um_buf_view(&e->text), um_buf_view(&e->was));

    if (!e->unknown) {
        (void)fprintf(stderr, "Nothing is changed.%s", as_it_was ? "\n" : " ");
    }
    if (as_it_was) {
        um_editor_drop(&e->editor);
    } else {
        um_editor_keep(&e->editor);
    }
}

static int rounds(struct edit *e)
{
    enum outcome out = AGAIN;

    while (out == AGAIN) {
        e->code = UM_EXIT_DONE;
        out = round_of(e);
    }
    if (out == GIVEN_UP) {
        give_up(e);
        return e->code;
    }
    um_editor_drop(&e->editor);
    if (out == NOTHING) {
        (void)puts("Nothing is changed.");
        e->code = UM_EXIT_DONE;
    }
    return e->code;
}

static int edit(struct um_cli *c)
{
    struct edit e = {
        .c = c, .path = UM_BUF_INIT, .was = UM_BUF_INIT, .text = UM_BUF_INIT};
    int code;

    um_cli_path_typed(&e.path, c->n > 0 ? c->words[0] : "");
    e.change = (struct um_cli_change){.c = c, .method = "PUT", .path = &e.path};
    if (!um_cli_is_of_document(um_buf_view(&e.path)) ||
        um_str_starts(um_buf_view(&e.path), UM_STR("/cert")) ||
        um_str_starts(um_buf_view(&e.path), UM_STR("/js_"))) {
        code = um_cli_wrong(c, c->n > 0 ? c->words[0] : "it",
                            "this is no JSON that can be edited");
    } else {
        code = fetch(&e);
    }
    if (code == UM_EXIT_DONE) {
        code = um_editor_begin(&e.editor, um_buf_view(&e.was));
    }
    if (code == UM_EXIT_DONE) {
        code = rounds(&e);
    }
    um_buf_fini(&e.path);
    um_buf_fini(&e.was);
    um_buf_fini(&e.text);
    return code;
}

static const struct um_cli_verb edit_verbs[] = {
    {NULL, "[PATH]",
     "Opens what is at a path, else all of /config, in $EDITOR; shows the "
     "difference, asks,\nand publishes it. On a mistake one may edit again.",
     UM_OPTS_CHANGE & ~UM_BIT(UM_OPT_IF_MATCH), edit},
};

const struct um_cli_command um_cli_edit[] = {
    UM_CLI_COMMAND("edit", "change it in your editor", edit_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
