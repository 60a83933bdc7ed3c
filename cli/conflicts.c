/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What was changed where the others could not be heard, and what people say to
 * it; and what of this node's Unit was overwritten. */
#include <inttypes.h>
#include <stdio.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/change.h"
#include "cli/consent.h"
#include "cli/history.h"
#include "cli/path.h"
#include "cli/table.h"

#define CONFLICTS "/mesh/conflicts"

static int conflicts(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, CONFLICTS, &code);
    yyjson_val *root = yyjson_doc_get_root(doc), *v;
    struct um_table t;
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "CONFLICT|AGE|BY|FROM~|MESSAGE~");
    yyjson_arr_foreach(yyjson_obj_get(root, "conflicts"), i, n, v)
    {
        um_table_cell(&t, um_cli_text(v, "revision", buf));
        um_table_cell(&t, um_cli_ago(um_cli_number(v, "wall_ms"), age));
        um_table_cell(&t, um_cli_author(v, buf));
        um_table_cell(&t, um_cli_list(yyjson_obj_get(v, "parents"), buf));
        um_table_cell(&t, um_cli_text(v, "message", buf));
    }
    um_table_show(&t, c, "No conflicts.");
    if (um_cli_number(root, "unlisted") > 0) {
        (void)printf("and %" PRIu64 " more\n", um_cli_number(root, "unlisted"));
    }
    yyjson_doc_free(doc);
    return code;
}

/* Ends a conflict with a document of the caller's. */
static int edit(struct um_cli *c, const char *file)
{
    struct um_buf path = UM_BUF_INIT, value = UM_BUF_INIT;
    int code = um_cli_file(file, &value);

    if (code == UM_EXIT_DONE) {
        um_buf_text(&path, CONFLICTS);
        um_cli_path_segment(&path, c->words[0]);
        um_buf_text(&path, "/edit");
        code = um_cli_change(c, "POST", &path, um_buf_view(&value));
    }
    um_buf_fini(&path);
    um_buf_fini(&value);
    return code;
}

static int resolve(struct um_cli *c)
{
    const char *file = um_cli_opt(c, UM_OPT_EDIT);
    bool take = um_cli_opt(c, UM_OPT_TAKE) != NULL;
    bool drop = um_cli_opt(c, UM_OPT_DROP) != NULL;
    int code;

    if (take + drop + (file != NULL) != 1) {
        return um_cli_wrong(c, c->words[0],
                            "say how: --take, --drop, or --edit FILE");
    }
    code = take ? um_cli_consent_diff(c, "current", c->words[0])
                : um_cli_consent(c, drop ? "It is dropped, and the current "
                                           "document stays."
                                         : "The document of the file becomes "
                                           "the mesh's.");
    if (code != UM_EXIT_DONE) {
        return code;
    }
    return file != NULL ? edit(c, file)
                        : um_cli_act(c, CONFLICTS, c->words[0],
                                     take ? "/take" : "/drop");
}

static int list_copies(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/copies", &code);
    yyjson_val *v;
    struct um_table t;
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "COPY|AGE|BYTES|WHY~");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "copies"), i, n,
                       v)
    {
        um_table_cell(&t, um_cli_text(v, "copy", buf));
        um_table_cell(&t, um_cli_ago(um_cli_number(v, "at_ms"), age));
        um_table_cell(&t, um_cli_text(v, "bytes", buf));
        um_table_cell(&t, um_cli_text(v, "why", buf));
    }
    um_table_show(&t, c, "No copies: nothing was overwritten.");
    yyjson_doc_free(doc);
    return code;
}

static int copies(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "GET"};
    int code;

    if (c->n == 0) {
        return list_copies(c);
    }
    um_buf_text(&path, "/mesh/copies");
    um_cli_path_segment(&path, c->words[0]);
    r.path = um_cli_path_end(&path);
    code = um_cli_send(c, &r);
    if (code == UM_EXIT_DONE) {
        um_cli_pretty(c, &r);
    }
    um_request_free(&r);
    um_buf_fini(&path);
    return code;
}

static int heal(struct um_cli *c)
{
    struct um_request r = {.method = "POST", .path = "/mesh/heal"};
    yyjson_doc *doc;
    int code = um_cli_consent(c,
                              "This node's Unit gets what it ran before it "
                              "was changed by hand; a copy\nof what it runs "
                              "is kept: unitmesh copies");

    if (code != UM_EXIT_DONE) {
        return code;
    }
    doc = um_cli_ask(c, &r, &code);
    um_cli_success(doc);
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb conflicts_verbs[] = {
    {NULL, "", "Changes beside the current one that nobody decided on.",
     UM_BIT(UM_OPT_WATCH), conflicts},
};
static const struct um_cli_verb resolve_verbs[] = {
    {NULL, "REV", "Decides on a conflict.",
     UM_OPTS_VERB | UM_OPTS_WAIT | UM_BIT(UM_OPT_TAKE) | UM_BIT(UM_OPT_DROP) |
         UM_BIT(UM_OPT_EDIT),
     resolve},
};
static const struct um_cli_verb heal_verbs[] = {
    {NULL, "", "Takes back what was changed by hand at this node's Unit.",
     UM_BIT(UM_OPT_YES), heal},
};
static const struct um_cli_verb copies_verbs[] = {
    {NULL, "[COPY]",
     "Configurations of this node's Unit that were overwritten, or one of "
     "them.",
     0, copies},
};

const struct um_cli_command um_cli_conflicts[] = {
    UM_CLI_COMMAND("conflicts", "changes that nobody decided on",
                   conflicts_verbs),
    UM_CLI_COMMAND("resolve", "decide on one", resolve_verbs),
    UM_CLI_COMMAND("heal", "take back a change by hand at this node's Unit",
                   heal_verbs),
    UM_CLI_COMMAND("copies", "what was overwritten at this node's Unit",
                   copies_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
