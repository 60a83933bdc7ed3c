/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Unit's own paths, and a configuration as a whole: what a file would change
 * (plan), and changing it (apply). A file is what Unit would take at /config.
 */
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/change.h"
#include "cli/consent.h"
#include "cli/path.h"
#include "cli/settings.h"

static int get(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "GET"};
    int code;

    um_cli_path_typed(&path, c->n > 0 ? c->words[0] : "");
    if (um_cli_opt(c, UM_OPT_EFFECTIVE) != NULL) {
        um_cli_path_query(&path, "effective", NULL);
    }
    r.path = um_cli_path_end(&path);
    code = um_cli_send(c, &r);
    if (code == UM_EXIT_DONE) {
        um_cli_raw(c, &r);
    }
    um_request_free(&r);
    um_buf_fini(&path);
    return code;
}

/* A change of what a path leads to, with a body if one is given. */
static int change(struct um_cli *c, const char *method, bool body)
{
    struct um_buf path = UM_BUF_INIT, value = UM_BUF_INIT;
    int code = UM_EXIT_DONE;

    if (body) {
        code = um_cli_given(c, c->n > 1 ? c->words[1] : NULL, &value);
    }
    if (code == UM_EXIT_DONE) {
        um_cli_path_typed(&path, c->words[0]);
        code = um_cli_change(c, method, &path, um_buf_view(&value));
    }
    um_buf_fini(&path);
    um_buf_fini(&value);
    return code;
}

static int put(struct um_cli *c)
{
    return change(c, "PUT", true);
}

/* Adopts what this node's Unit runs, with the certificates that are named. */
static int adopt(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_cli_body b;
    int code;

    um_cli_body_init(&b);
    um_cli_path_typed(&path, c->words[0]);
    code = um_cli_body_certificates(&b, c);
    if (code == UM_EXIT_DONE) {
        code = um_cli_change(c, "POST", &path, um_cli_body_end(&b));
    }
    um_cli_body_fini(&b);
    um_buf_fini(&path);
    return code;
}

/* POST /config without a value adopts what this node's Unit runs. */
static int post(struct um_cli *c)
{
    if (c->o.certs_n > 0 || um_cli_opt(c, UM_OPT_UNIT_STATE) != NULL) {
        return c->n > 1 || um_cli_opt(c, UM_OPT_FILE) != NULL
                   ? um_cli_wrong(c, "a value is given",
                                  "certificates come along with `post /config` "
                                  "alone")
                   : adopt(c);
    }
    return change(c, "POST", c->n > 1 || um_cli_opt(c, UM_OPT_FILE) != NULL);
}

static int delete (struct um_cli *c)
{
    return change(c, "DELETE", false);
}

/* The configuration of -f. */
static int read_file(struct um_cli *c, struct um_buf *out)
{
    const char *file = um_cli_opt(c, UM_OPT_FILE);

    return file != NULL ? um_cli_file(file, out)
                        : um_cli_wrong(c, "a file is missing", "-f FILE");
}

static int apply(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT, value = UM_BUF_INIT;
    int code = read_file(c, &value);

    if (code == UM_EXIT_DONE) {
        um_buf_text(&path, "/config");
        code = um_cli_change(c, "PUT", &path, um_buf_view(&value));
    }
    um_buf_fini(&path);
    um_buf_fini(&value);
    return code;
}

/* Shows what a dry run said; returns how many changes there are. */
static size_t show_plan(const struct um_cli *c, const struct um_request *r,
                        const char *against)
{
    yyjson_doc *doc = yyjson_read(r->answer, r->len, 0);
    yyjson_val *all = yyjson_obj_get(yyjson_doc_get_root(doc), "changes");
    size_t count = yyjson_arr_size(all);

    if (c->o.json) {
        um_cli_form(c, stdout, r->answer, r->len);
    } else if (count == 0) {
        (void)printf("No change: this is what %s says.\n", against);
    } else {
        (void)um_cli_changes(stdout, yyjson_doc_get_root(doc));
        (void)printf(
            "\n%zu change%s to %s. `unitmesh apply -f %s --if-match "
            "%s` makes %s.\n",
            count, count == 1 ? "" : "s", against, um_cli_opt(c, UM_OPT_FILE),
            against, count == 1 ? "it" : "them");
    }
    um_cli_warnings(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return count;
}

static int plan(struct um_cli *c)
{
    struct um_buf value = UM_BUF_INIT;
    char tag[128], name[32], match[160];
    struct um_request r = {.method = "PUT", .path = "/config?dry-run"};
    int code = read_file(c, &value);
    size_t changes = 0;

    if (code == UM_EXIT_DONE) {
        code = um_cli_tag(c, tag);
    }
    if (code == UM_EXIT_DONE) {
        um_cli_tag_name(tag, name);
        (void)snprintf(match, sizeof match, "If-Match: %s", tag);
        r.headers[0] = match;
        r.body = um_buf_view(&value);
        r.file = um_cli_opt(c, UM_OPT_FILE);
        code = um_cli_send(c, &r);
    }
    if (code == UM_EXIT_DONE) {
        changes = show_plan(c, &r, name);
    }
    um_request_free(&r);
    um_buf_fini(&value);
    return code == UM_EXIT_DONE && changes > 0 &&
                   um_cli_opt(c, UM_OPT_DETAILED) != NULL
               ? 2
               : code;
}

/* A revision's document, or what a node makes of it. */
static int show(struct um_cli *c)
{
    const char *node = um_cli_opt(c, UM_OPT_NODE);
    bool effective = um_cli_opt(c, UM_OPT_EFFECTIVE) != NULL;
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "GET"};
    int code;

    if (node != NULL && !effective) {
        return um_cli_wrong(c, "--node", "goes with --effective");
    }
    um_buf_text(&path, "/mesh/revisions");
    um_cli_path_segment(&path, c->n > 0 ? c->words[0] : "current");
    um_buf_text(&path, "/document");
    if (effective) {
        um_cli_path_query(&path, "effective", NULL);
    }
    if (node != NULL) {
        um_cli_path_query(&path, "node", node);
    }
    r.path = um_cli_path_end(&path);
    code = um_cli_send(c, &r);
    if (code == UM_EXIT_DONE) {
        um_cli_pretty(c, &r);
    }
    um_request_free(&r);
    um_buf_fini(&path);
    return code;
}

static const struct um_cli_verb get_verbs[] = {
    {NULL, "[PATH]",
     "What is at a path: of /certificates, /js_modules, /status, /control, "
     "/mesh, or else\nof /config, which need not be said.",
     UM_BIT(UM_OPT_EFFECTIVE), get},
};
static const struct um_cli_verb put_verbs[] = {
    {NULL, "PATH [VALUE]", "Puts JSON at a path.",
     UM_OPTS_CHANGE | UM_BIT(UM_OPT_FILE), put},
};
static const struct um_cli_verb post_verbs[] = {
    {NULL, "PATH [VALUE]",
     "Adds JSON to the array at a path. `post /config` adopts what this "
     "node's Unit runs.",
     UM_OPTS_CHANGE | UM_BIT(UM_OPT_FILE) | UM_BIT(UM_OPT_CERT) |
         UM_BIT(UM_OPT_UNIT_STATE),
     post},
};
static const struct um_cli_verb delete_verbs[] = {
    {NULL, "PATH", "Takes away what is at a path.", UM_OPTS_CHANGE, delete},
};
static const struct um_cli_verb plan_verbs[] = {
    {NULL, "", "What a configuration in a file would change.",
     UM_BIT(UM_OPT_FILE) | UM_BIT(UM_OPT_DETAILED), plan},
};
static const struct um_cli_verb apply_verbs[] = {
    {NULL, "", "Makes the configuration in a file the mesh's.",
     UM_OPTS_CHANGE | UM_BIT(UM_OPT_FILE), apply},
};
static const struct um_cli_verb config_verbs[] = {
    {"show", "[REV]",
     "the document of a revision, else of the current one; --effective: what\n"
     "            a node runs of it",
     UM_BIT(UM_OPT_EFFECTIVE) | UM_BIT(UM_OPT_NODE), show},
    {"check", "[FILE]",
     "what holds of this machine's settings, and where it comes from; of FILE\n"
     "            instead of the usual one; no daemon is asked",
     0, um_cli_settings_check},
};

const struct um_cli_command um_cli_config[] = {
    UM_CLI_COMMAND("get", "what is at one of Unit's paths", get_verbs),
    UM_CLI_COMMAND("put", "put JSON there", put_verbs),
    UM_CLI_COMMAND("post", "add to an array; adopt what Unit runs", post_verbs),
    UM_CLI_COMMAND("delete", "take away what is there", delete_verbs),
    UM_CLI_COMMAND("plan", "what a file would change", plan_verbs),
    UM_CLI_COMMAND("apply", "make a file the configuration", apply_verbs),
    UM_CLI_COMMAND("config", "the whole document; this machine's settings",
                   config_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
