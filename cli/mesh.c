/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Beginning a mesh, inviting, joining, leaving. What can be piped is on
 * standard output alone (a code), what is said beside it on standard error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/consent.h"
#include "cli/path.h"
#include "cli/progress.h"
#include "cli/qr.h"
#include "cli/table.h"
#include "cli/unbind.h"
#include "mesh/app/span.h"

/* Joining waits for others. */
#define JOIN_PATIENCE_S 60U

/* Sends a body and reads the answer; NULL: there is nothing more to do. */
static yyjson_doc *post(const struct um_cli *c, const char *path,
                        struct um_cli_body *b, int *code)
{
    struct um_request r = {.method = "POST",
                           .path = path,
                           .body = um_cli_body_end(b),
                           .patience_s = JOIN_PATIENCE_S};
    struct um_progress progress;
    yyjson_doc *doc = NULL;

    um_progress_of(&progress, c,
                   strcmp(path, "/mesh/join") == 0
                       ? "Waiting for a node of the mesh"
                       : "Waiting for the daemon",
                   &r);
    *code = UM_EXIT_ERROR;
    if (r.body.p != NULL) {
        doc = um_cli_ask(c, &r, code);
    }
    um_cli_body_fini(b);
    return doc;
}

static void print_mesh(yyjson_val *root)
{
    char buf[UM_CLI_TEXT];

    (void)printf("mesh  %s\n", um_cli_text(root, "mesh", buf));
    if (um_cli_text(root, "role", buf)[0] != '\0') {
        (void)printf("role  %s\n", buf);
    }
}

/* The configuration that Unit ran before; {} is nothing to speak of. */
static bool ran_something(yyjson_val *root)
{
    yyjson_val *ran = yyjson_obj_get(root, "unit_ran"), *k, *v;
    size_t i, n;

    yyjson_obj_foreach(ran, i, n, k, v)
    {
        if (yyjson_get_type(v) != YYJSON_TYPE_OBJ &&
            yyjson_get_type(v) != YYJSON_TYPE_ARR) {
            return true;
        }
        if (yyjson_get_len(v) > 0) {
            return true;
        }
    }
    return false;
}

static int init(struct um_cli *c)
{
    struct um_cli_body b;
    yyjson_doc *doc;
    yyjson_val *root;
    char buf[UM_CLI_TEXT];
    int code;

    um_cli_body_init(&b);
    um_cli_body_text(&b, "name", um_cli_opt(c, UM_OPT_MESH_NAME));
    code = um_cli_body_certificates(&b, c);
    if (code != UM_EXIT_DONE) {
        um_cli_body_fini(&b);
        return code;
    }
    doc = post(c, "/mesh/init", &b, &code);
    root = yyjson_doc_get_root(doc);
    if (doc == NULL) {
        return code;
    }
    print_mesh(root);
    if (ran_something(root)) {
        (void)puts("\nWhat this node's Unit runs is the first revision.");
    }
    if (um_cli_text(root, "recovery_key", buf)[0] != '\0') {
        (void)printf(
            "\nThe recovery key, shown this once. Keep it on paper: "
            "it is an owner of this\nmesh, whoever has it.\n\n"
            "    %s\n\n",
            buf);
    }
    (void)puts("`unitmesh invite` prints a code for another node.");
    yyjson_doc_free(doc);
    return code;
}

/* What joining replaced. */
static void print_replaced(yyjson_val *root)
{
    if (!ran_something(root)) {
        return;
    }
    (void)puts(
        "\nThe mesh's configuration replaces what this node's Unit ran; "
        "a copy is kept,\nsee `unitmesh copies`:\n");
    um_cli_print(yyjson_obj_get(root, "unit_ran"));
}

/* An owner has to say yes; how, and to whom. */
static void print_pending(const struct um_cli *c, yyjson_val *root)
{
    char buf[UM_CLI_TEXT];
    int code;
    yyjson_doc *me = um_cli_value(c, "/mesh/id", &code);

    (void)puts(um_cli_text(root, "text", buf)[0] != '\0'
                   ? buf
                   : "An owner has to let this node in.");
    if (me != NULL) {
        (void)printf(
            "\nOn a node with an owner's key:\n\n    unitmesh members "
            "approve %s\n",
            um_cli_text(yyjson_doc_get_root(me), "id", buf));
    }
    yyjson_doc_free(me);
}

static int join(struct um_cli *c)
{
    struct um_cli_body b;
    yyjson_doc *doc;
    yyjson_val *root;
    int code;

    um_cli_body_init(&b);
    um_cli_body_text(&b, "code", c->n > 0 ? c->words[0] : NULL);
    um_cli_body_text(&b, "peer", um_cli_opt(c, UM_OPT_PEER));
    doc = post(c, "/mesh/join", &b, &code);
    root = yyjson_doc_get_root(doc);
    if (doc == NULL) {
        return code;
    }
    print_mesh(root);
    if (um_cli_true(root, "member")) {
        print_replaced(root);
    } else {
        print_pending(c, root);
    }
    yyjson_doc_free(doc);
    return code;
}

/* A number that was checked when the flags were read. */
static uint64_t number(const char *text)
{
    return (uint64_t)um_str_decimal(um_str(text));
}

static int invite(struct um_cli *c)
{
    const char *expires = um_cli_opt(c, UM_OPT_EXPIRES);
    const char *uses = um_cli_opt(c, UM_OPT_USES);
    struct um_cli_body b;
    yyjson_doc *doc;
    yyjson_val *root;
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];
    uint64_t ms = 0;
    int code;

    um_cli_body_init(&b);
    um_cli_body_text(&b, "role", um_cli_opt(c, UM_OPT_ROLE));
    if (expires != NULL && um_span_parse(expires, &ms)) {
        um_cli_body_uint(&b, "expires_ms", ms);
    }
    if (uses != NULL) {
        um_cli_body_uint(&b, "uses", number(uses));
    }
    doc = post(c, "/mesh/invites", &b, &code);
    root = yyjson_doc_get_root(doc);
    if (doc == NULL) {
        return code;
    }
    (void)puts(um_cli_text(root, "code", buf));
    (void)fflush(stdout);
    if (um_cli_opt(c, UM_OPT_QR) != NULL) {
        um_cli_qr(stderr, yyjson_obj_get(root, "qr"));
    }
    (void)fprintf(stderr, "As a %s", um_cli_text(root, "role", buf));
    if (um_cli_number(root, "expires_ms") > 0) {
        (void)fprintf(stderr, ", for %s",
                      um_cli_until(um_cli_number(root, "expires_ms"), age));
    }
    (void)fprintf(
        stderr, ", %" PRIu64 " use%s. On the other node: unitmesh join CODE\n",
        um_cli_number(root, "uses"),
        um_cli_number(root, "uses") == 1 ? "" : "s");
    if (um_cli_true(root, "pending")) {
        (void)fputs(
            "No owner's key is here: who joins with it waits until an "
            "owner approves.\n",
            stderr);
    }
    yyjson_doc_free(doc);
    return code;
}

static int list_invites(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/invites", &code);
    yyjson_val *v;
    struct um_table t;
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "INVITE|ROLES|EXPIRES|USED");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "invites"), i,
                       n, v)
    {
        uint64_t expires = um_cli_number(v, "expires_ms");

        um_table_cell(&t, um_cli_text(v, "id", buf));
        um_table_cell(&t, um_cli_list(yyjson_obj_get(v, "roles"), buf));
        um_table_cell(&t, expires == 0 ? "" : um_cli_until(expires, age));
        (void)snprintf(buf, sizeof buf, "%" PRIu64 " of %" PRIu64,
                       um_cli_number(v, "used"), um_cli_number(v, "uses"));
        um_table_cell(&t, buf);
    }
    um_table_show(&t, c, "No codes are out.");
    yyjson_doc_free(doc);
    return code;
}

static int remove_invite(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "DELETE"};
    yyjson_doc *doc;
    int code;

    um_buf_text(&path, "/mesh/invites");
    um_cli_path_segment(&path, c->words[0]);
    r.path = um_cli_path_end(&path);
    doc = um_cli_ask(c, &r, &code);
    um_cli_success(doc);
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}

/* Who may write to the applier's folder says so there: the daemon's word would
 * not do. */
static int begin_unbinding(const struct um_cli *c)
{
    int code, dir;
    yyjson_doc *doc = um_cli_value(c, "/mesh/status", &code);
    const char *state =
        yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "state"));

    dir = state != NULL ? um_cli_unbind_begin(state) : -1;
    yyjson_doc_free(doc);
    return dir;
}

static int leave(struct um_cli *c)
{
    bool purge = um_cli_opt(c, UM_OPT_PURGE) != NULL;
    struct um_request r = {.method = "POST", .path = "/mesh/leave"};
    const char *what = purge ? "This node leaves its mesh and forgets all of "
                               "it; its Unit runs on."
                             : "This node leaves its mesh; its Unit runs on.";
    int dir, code = um_cli_consent(c, what);
    yyjson_doc *doc;

    if (code != UM_EXIT_DONE) {
        return code;
    }
    if (um_cli_opt(c, UM_OPT_FORCE) != NULL) {
        r.path = "/mesh/leave?force";
    }
    r.body = purge ? UM_STR("{\"purge\": true}") : UM_STR("{}");
    dir = purge ? begin_unbinding(c) : -1;
    doc = um_cli_ask(c, &r, &code);
    um_cli_unbind_end(dir);
    if (doc != NULL) {
        (void)puts("This node is in no mesh any more; its Unit runs on.");
        if (yyjson_is_true(yyjson_obj_get(yyjson_doc_get_root(doc), "bound"))) {
            (void)puts(
                "Its applier stays bound to that mesh, as the daemon's word is "
                "not enough\nto go to another one. As root, remove roster and "
                "record from the folder\napplier/ in the state folder first.");
        }
    }
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb init_verbs[] = {
    {NULL, "",
     "Begins a mesh whose configuration is what this node's Unit runs.",
     UM_BIT(UM_OPT_MESH_NAME) | UM_BIT(UM_OPT_CERT) | UM_BIT(UM_OPT_UNIT_STATE),
     init},
};
static const struct um_cli_verb join_verbs[] = {
    {NULL, "[CODE]",
     "Takes this node into the mesh that a code is of, or asks to be let in "
     "by an owner.",
     UM_BIT(UM_OPT_PEER), join},
};
static const struct um_cli_verb invite_verbs[] = {
    {NULL, "", "Prints a code with which another node joins, and nothing else.",
     UM_BIT(UM_OPT_ROLE) | UM_BIT(UM_OPT_EXPIRES) | UM_BIT(UM_OPT_USES) |
         UM_BIT(UM_OPT_QR),
     invite},
};
static const struct um_cli_verb invites_verbs[] = {
    {"list", "", "those that this node made", 0, list_invites},
    {"rm", "INVITE", "takes one back", 0, remove_invite},
};
static const struct um_cli_verb leave_verbs[] = {
    {NULL, "", "Takes this node out of its mesh; its Unit runs on.",
     UM_BIT(UM_OPT_PURGE) | UM_BIT(UM_OPT_FORCE) | UM_BIT(UM_OPT_YES), leave},
};

const struct um_cli_command um_cli_mesh[] = {
    UM_CLI_COMMAND("init", "begin a mesh", init_verbs),
    UM_CLI_COMMAND("invite", "a code with which another node joins",
                   invite_verbs),
    UM_CLI_COMMAND("invites", "the codes that are out", invites_verbs),
    UM_CLI_COMMAND("join", "go into a mesh", join_verbs),
    UM_CLI_COMMAND("leave", "be in no mesh any more", leave_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
