/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The history: what was changed, when, by whom, and going back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/consent.h"
#include "cli/history.h"
#include "cli/path.h"
#include "cli/table.h"

#define REVISIONS "/mesh/revisions"

/* Members of a place that blame looks at one by one. */
#define CHILDREN 64U

/* Revisions that log shows if nobody says. */
#define LIMIT "20"

static void add_revision(struct um_table *t, yyjson_val *v)
{
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];

    (void)um_cli_text(v, "revision", buf);
    um_table_cell(t, buf);
    (void)um_cli_text(v, "state", buf);
    um_table_cell(t,
                  um_cli_true(v, "current") && strcmp(buf, "established") == 0
                      ? "current"
                      : buf);
    um_table_cell(t, um_cli_ago(um_cli_number(v, "wall_ms"), age));
    um_table_cell(t, um_cli_author(v, buf));
    um_table_cell(t, um_cli_text(v, "message", buf));
}

/* The path of a list of revisions; place NULL: all. */
static const char *list_path(struct um_buf *path, const char *place,
                             const char *limit)
{
    struct um_buf pointer = UM_BUF_INIT;
    const char *p = "";

    um_buf_text(path, REVISIONS);
    um_cli_path_query(path, "limit", limit);
    if (place != NULL) {
        um_cli_path_pointer(&pointer, place);
        p = um_cli_path_end(&pointer);
        um_cli_path_query(path, "path", p);
    }
    um_buf_fini(&pointer);
    return p != NULL ? um_cli_path_end(path) : NULL;
}

static int log_command(struct um_cli *c)
{
    const char *limit = um_cli_opt(c, UM_OPT_LIMIT);
    struct um_buf path = UM_BUF_INIT;
    int code;
    yyjson_doc *doc = um_cli_get(c,
                                 list_path(&path, c->n > 0 ? c->words[0] : NULL,
                                           limit != NULL ? limit : LIMIT),
                                 &code);
    yyjson_val *v;
    struct um_table t;
    size_t i, n;

    um_buf_fini(&path);
    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "REVISION|STATE|AGE|BY|MESSAGE~");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "revisions"), i,
                       n, v)
    {
        add_revision(&t, v);
    }
    um_table_show(&t, c, "No revisions.");
    yyjson_doc_free(doc);
    return code;
}

/* Prints the changes of …/diff; from NULL: those that it made. */
static int print_diff(const struct um_cli *c, const char *from, const char *to)
{
    struct um_buf path = UM_BUF_INIT;
    yyjson_doc *doc;
    int code;

    um_cli_revision_path(&path, to, "/diff");
    if (from != NULL) {
        um_cli_path_query(&path, "from", from);
    }
    doc = um_cli_get(c, um_cli_path_end(&path), &code);
    (void)um_cli_changes(stdout, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}

static int diff(struct um_cli *c)
{
    return print_diff(c, c->n > 0 ? c->words[0] : NULL,
                      c->n > 1 ? c->words[1] : "current");
}

static int show(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    yyjson_doc *doc;
    int code;

    um_cli_revision_path(&path, c->n > 0 ? c->words[0] : "current", "");
    doc = um_cli_get(c, um_cli_path_end(&path), &code);
    um_buf_fini(&path);
    if (doc == NULL) {
        return code;
    }
    um_cli_print_revision(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    (void)putchar('\n');
    return print_diff(c, NULL, c->n > 0 ? c->words[0] : "current");
}

/* A row of blame: who changed a place last. */
static int add_blame(const struct um_cli *c, struct um_table *t,
                     const char *place)
{
    struct um_buf path = UM_BUF_INIT;
    int code;
    yyjson_doc *doc = um_cli_value(c, list_path(&path, place, "1"), &code);
    yyjson_val *v = yyjson_arr_get_first(
        yyjson_obj_get(yyjson_doc_get_root(doc), "revisions"));
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];

    if (code == UM_EXIT_DONE) {
        um_table_cell(t, um_cli_text(v, "revision", buf));
        um_table_cell(t, um_cli_ago(um_cli_number(v, "wall_ms"), age));
        um_table_cell(t, um_cli_author(v, buf));
        um_table_cell(t, place[0] != '\0' ? place : "/");
    }
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}

/* A row for each member of a place, if it has some. */
static int add_children(const struct um_cli *c, struct um_table *t,
                        const char *place, yyjson_val *v)
{
    struct um_buf b = UM_BUF_INIT;
    int code = UM_EXIT_DONE;
    yyjson_val *k;
    yyjson_obj_iter it;

    (void)yyjson_obj_iter_init(v, &it);
    while (code == UM_EXIT_DONE && (k = yyjson_obj_iter_next(&it)) != NULL) {
        um_buf_clear(&b);
        um_buf_text(&b, place);
        um_cli_path_segment(&b, yyjson_get_str(k));
        code =
            um_cli_path_end(&b) != NULL ? add_blame(c, t, b.p) : UM_EXIT_ERROR;
    }
    for (size_t i = 0; code == UM_EXIT_DONE && i < yyjson_arr_size(v); i++) {
        um_buf_clear(&b);
        um_buf_fmt(&b, "%s/%zu", place, i);
        code =
            um_cli_path_end(&b) != NULL ? add_blame(c, t, b.p) : UM_EXIT_ERROR;
    }
    um_buf_fini(&b);
    return code;
}

static int blame(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    char *place = c->words[0];
    size_t n = strlen(place);
    struct um_table t;
    yyjson_doc *doc;
    yyjson_val *root;
    int code;

    if (c->o.json) {
        return log_command(c);
    }
    if (n > 0 && place[n - 1] == '/') {
        place[n - 1] = '\0';
    }
    um_cli_path_typed(&path, place);
    doc = um_cli_value(c, um_cli_path_end(&path), &code);
    um_buf_fini(&path);
    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "REVISION|AGE|BY|PLACE~");
    root = yyjson_doc_get_root(doc);
    code = add_blame(c, &t, place);
    if (code == UM_EXIT_DONE && yyjson_get_len(root) <= CHILDREN) {
        code = add_children(c, &t, place, root);
    }
    um_table_print(&t);
    yyjson_doc_free(doc);
    return code;
}

static int go_back(const struct um_cli *c, const char *rev)
{
    int code = um_cli_consent_diff(c, "current", rev);

    return code == UM_EXIT_DONE ? um_cli_act(c, REVISIONS, rev, "/rollback")
                                : code;
}

/* Without a revision: the one that the current one was made from. */
static int rollback(struct um_cli *c)
{
    char parent[UM_CLI_TEXT];
    yyjson_doc *doc;
    int code;

    if (c->n > 0) {
        return go_back(c, c->words[0]);
    }
    doc = um_cli_value(c, REVISIONS "/current", &code);
    if (doc == NULL) {
        return code;
    }
    (void)um_cli_shown(yyjson_arr_get_first(
                           yyjson_obj_get(yyjson_doc_get_root(doc), "parents")),
                       parent);
    yyjson_doc_free(doc);
    if (parent[0] == '\0') {
        (void)fputs("unitmesh: the current revision is the first\n", stderr);
        return UM_EXIT_ERROR;
    }
    return go_back(c, parent);
}

static const struct um_cli_verb log_verbs[] = {
    {NULL, "[PATH]",
     "Revisions, the highest first; of a path, those that changed it.",
     UM_BIT(UM_OPT_LIMIT) | UM_BIT(UM_OPT_WATCH), log_command},
};
static const struct um_cli_verb show_verbs[] = {
    {NULL, "[REV]", "A revision and what it changed.", 0, show},
};
static const struct um_cli_verb diff_verbs[] = {
    {NULL, "[FROM] [TO]",
     "What is different between two revisions. Without TO it is the current "
     "one, without\nFROM the one that this was made from.",
     0, diff},
};
static const struct um_cli_verb blame_verbs[] = {
    {NULL, "PATH",
     "Which revision changed a place last, and each of its members.", 0, blame},
};
static const struct um_cli_verb rollback_verbs[] = {
    {NULL, "[REV]",
     "Makes a new revision with the document of an earlier one, else of the "
     "one before.",
     UM_OPTS_VERB | UM_OPTS_WAIT, rollback},
};

const struct um_cli_command um_cli_revisions[] = {
    UM_CLI_COMMAND("log", "revisions, the highest first", log_verbs),
    UM_CLI_COMMAND("show", "one of them, and what it changed", show_verbs),
    UM_CLI_COMMAND("diff", "what is different between two", diff_verbs),
    UM_CLI_COMMAND("blame", "which one changed a place last", blame_verbs),
    UM_CLI_COMMAND("rollback", "a new one with an earlier document",
                   rollback_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
