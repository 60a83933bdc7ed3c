/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Revisions that do not hold at once: on trial, or some nodes first. A verb
 * without a revision is about the one that is under way.
 */
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/change.h"
#include "cli/consent.h"
#include "cli/history.h"
#include "cli/path.h"
#include "cli/table.h"

#define REVISIONS "/mesh/revisions"

/* The highest revision that is open; "": there is none. */
static int look(const struct um_cli *c, char rev[UM_CLI_TEXT])
{
    int code;
    yyjson_doc *doc = um_cli_value(c, REVISIONS, &code);
    yyjson_val *v;
    char state[UM_CLI_TEXT];
    size_t i, n;

    rev[0] = '\0';
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "revisions"), i,
                       n, v)
    {
        if (strcmp(um_cli_text(v, "state", state), "open") == 0) {
            (void)um_cli_text(v, "revision", rev);
            break;
        }
    }
    yyjson_doc_free(doc);
    return code;
}

/* The same where one is needed. */
static int find(const struct um_cli *c, char rev[UM_CLI_TEXT])
{
    int code = look(c, rev);

    if (code == UM_EXIT_DONE && rev[0] == '\0') {
        (void)fputs("unitmesh: no revision is on trial or under way\n", stderr);
        code = UM_EXIT_ERROR;
    }
    return code;
}

static int act(struct um_cli *c, const char *verb)
{
    char rev[UM_CLI_TEXT];
    int code = c->n > 0 ? UM_EXIT_DONE : find(c, rev);

    return code == UM_EXIT_DONE
               ? um_cli_act(c, REVISIONS, c->n > 0 ? c->words[0] : rev, verb)
               : code;
}

static int confirm(struct um_cli *c)
{
    return act(c, "/confirm");
}

/* What is there instead: the document of the revision that it was made from. */
static int foresee_abort(const struct um_cli *c, const char *rev)
{
    struct um_buf path = UM_BUF_INIT;
    char parent[UM_CLI_TEXT];
    yyjson_doc *doc;
    int code;

    if (!um_cli_asks(c)) {
        return UM_EXIT_DONE;
    }
    um_cli_revision_path(&path, rev, "");
    doc = um_cli_value(c, um_cli_path_end(&path), &code);
    (void)um_cli_shown(yyjson_arr_get_first(
                           yyjson_obj_get(yyjson_doc_get_root(doc), "parents")),
                       parent);
    if (doc != NULL) {
        code = parent[0] != '\0' ? um_cli_consent_diff(c, rev, parent)
                                 : um_cli_consent(c, NULL);
    }
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}

static int abort_command(struct um_cli *c)
{
    char found[UM_CLI_TEXT];
    const char *rev = c->n > 0 ? c->words[0] : found;
    int code = c->n > 0 ? UM_EXIT_DONE : find(c, found);

    if (code == UM_EXIT_DONE) {
        code = foresee_abort(c, rev);
    }
    return code == UM_EXIT_DONE ? um_cli_act(c, REVISIONS, rev, "/abort")
                                : code;
}

static int resume(struct um_cli *c)
{
    return act(c, "/resume");
}

/* Who runs it, and who does not yet. */
static int print_nodes(const struct um_cli *c, const char *rev)
{
    int code;
    yyjson_doc *doc = um_cli_value(c, "/mesh/nodes", &code);
    yyjson_val *v;
    struct um_table t;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "NODE|RUNS|STATE|REASON~");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "nodes"), i, n,
                       v)
    {
        um_table_cell(&t, um_cli_member(v, buf));
        (void)um_cli_text(v, "runs", buf);
        um_table_cell(&t, strcmp(buf, rev) == 0 ? "it" : buf);
        um_table_cell(&t, um_cli_text(v, "state", buf));
        um_table_cell(&t, um_cli_text(v, "reason", buf));
    }
    um_table_print(&t);
    yyjson_doc_free(doc);
    return code;
}

static int rollout(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    char rev[UM_CLI_TEXT];
    yyjson_doc *doc;
    int code = c->o.json ? find(c, rev) : look(c, rev);

    if (code != UM_EXIT_DONE) {
        return code;
    }
    if (rev[0] == '\0') {
        um_cli_nothing(c, "No revision is on trial or under way.");
        return code;
    }
    um_cli_revision_path(&path, rev, "");
    doc = um_cli_get(c, um_cli_path_end(&path), &code);
    if (doc != NULL) {
        um_cli_print_revision(yyjson_doc_get_root(doc));
        (void)putchar('\n');
        code = print_nodes(c, rev);
    }
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}

/* Opens the revision that is under way to the nodes that are named. */
static int open_command(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    char rev[UM_CLI_TEXT];
    yyjson_mut_val *nodes;
    struct um_cli_body b;
    struct um_str body;
    int code = find(c, rev);

    if (code != UM_EXIT_DONE) {
        return code;
    }
    um_cli_body_init(&b);
    nodes = yyjson_mut_obj_add_arr(b.doc, b.root, "nodes");
    for (int i = 0; i < c->n; i++) {
        (void)yyjson_mut_arr_add_str(b.doc, nodes, c->words[i]);
    }
    um_cli_revision_path(&path, rev, "/open");
    body = um_cli_body_end(&b);
    code =
        body.p != NULL ? um_cli_change(c, "POST", &path, body) : UM_EXIT_ERROR;
    um_cli_body_fini(&b);
    um_buf_fini(&path);
    return code;
}

static const struct um_cli_verb confirm_verbs[] = {
    {NULL, "[REV]", "Lets a revision hold for good, on all nodes.",
     UM_OPTS_VERB | UM_OPTS_WAIT, confirm},
};
static const struct um_cli_verb abort_verbs[] = {
    {NULL, "[REV]", "Ends a revision: what held before does again.",
     UM_OPTS_VERB | UM_OPTS_WAIT, abort_command},
};
static const struct um_cli_verb resume_verbs[] = {
    {NULL, "[REV]", "Lets one that has stopped go on.",
     UM_OPTS_VERB | UM_OPTS_WAIT, resume},
};
static const struct um_cli_verb rollout_verbs[] = {
    {"status", "", "the revision that is under way, and who runs it",
     UM_BIT(UM_OPT_WATCH), rollout},
    {"open", "MEMBER [MEMBER...]", "lets these run it next", UM_OPTS_VERB,
     open_command},
};

const struct um_cli_command um_cli_rollouts[] = {
    UM_CLI_COMMAND("rollout", "the one that is under way", rollout_verbs),
    UM_CLI_COMMAND("confirm", "let it hold for good", confirm_verbs),
    UM_CLI_COMMAND("abort", "end it", abort_verbs),
    UM_CLI_COMMAND("resume", "let it go on", resume_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
