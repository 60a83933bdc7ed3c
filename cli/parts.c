/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What stands in a document beside Unit's configuration: overlays, variables,
 * certificates, scripts, probes. All five are names under a path of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/change.h"
#include "cli/path.h"
#include "cli/table.h"

/* Where they are. */
#define OVERLAYS     "/mesh/overlays"
#define VARIABLES    "/mesh/variables"
#define CERTIFICATES "/certificates"
#define SCRIPTS      "/js_modules"
#define PROBES       "/mesh/probes"

/* A row of a list. */
typedef void add_row(struct um_table *t, yyjson_val *v);

/* A list of them. */
struct part {
    const char *path;
    const char *titles;
    const char *nothing; /* what is said of an empty one */
    add_row *add;        /* of each, behind its name */
};

static int list(const struct um_cli *c, const struct part *p)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, p->path, &code);
    yyjson_val *k, *v;
    struct um_table t;
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, p->titles);
    yyjson_obj_foreach(yyjson_doc_get_root(doc), i, n, k, v)
    {
        um_table_cell(&t, yyjson_get_str(k));
        p->add(&t, v);
    }
    um_table_show(&t, c, p->nothing);
    yyjson_doc_free(doc);
    return code;
}

/* One of a part, as the daemon shows it. */
static int get(const struct um_cli *c, const char *part)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "GET"};
    int code;

    um_buf_text(&path, part);
    um_cli_path_segment(&path, c->words[0]);
    r.path = um_cli_path_end(&path);
    code = um_cli_send(c, &r);
    if (code == UM_EXIT_DONE) {
        um_cli_raw(c, &r);
    }
    um_request_free(&r);
    um_buf_fini(&path);
    return code;
}

/* Puts one, or takes it away: body p NULL. */
static int change(const struct um_cli *c, const char *part, const char *method,
                  struct um_str body)
{
    struct um_buf path = UM_BUF_INIT;
    int code;

    um_buf_text(&path, part);
    um_cli_path_segment(&path, c->words[0]);
    if (um_cli_opt(c, UM_OPT_SECRET) != NULL) {
        um_cli_path_query(&path, "secret", NULL);
    }
    code = um_cli_change(c, method, &path, body);
    um_buf_fini(&path);
    return code;
}

static int drop(const struct um_cli *c, const char *part)
{
    return change(c, part, "DELETE", um_str_n(NULL, 0));
}

/* The members of an overlay: what it does. */
static void overlay_row(struct um_table *t, yyjson_val *v)
{
    struct um_buf b = UM_BUF_INIT;
    yyjson_val *k, *value;
    size_t i, n;

    yyjson_obj_foreach(v, i, n, k, value)
    {
        um_buf_text(&b, i > 0 ? "," : "");
        um_buf_text(&b, yyjson_get_str(k));
    }
    um_buf_byte(&b, '\0');
    um_table_cell(t, um_buf_failed(&b) ? "" : b.p);
    um_buf_fini(&b);
}

static int overlay_list(struct um_cli *c)
{
    static const struct part p = {OVERLAYS, "SELECTOR|DOES~", "No overlays.",
                                  overlay_row};

    return list(c, &p);
}

static int overlay_get(struct um_cli *c)
{
    return get(c, OVERLAYS);
}

/* Puts JSON that is a word, or in a file. */
static int set(struct um_cli *c, const char *part)
{
    struct um_buf value = UM_BUF_INIT;
    int code = um_cli_given(c, c->n > 1 ? c->words[1] : NULL, &value);

    if (code == UM_EXIT_DONE) {
        code = change(c, part, "PUT", um_buf_view(&value));
    }
    um_buf_fini(&value);
    return code;
}

static int overlay_set(struct um_cli *c)
{
    return set(c, OVERLAYS);
}

static int overlay_rm(struct um_cli *c)
{
    return drop(c, OVERLAYS);
}

static void variable_row(struct um_table *t, yyjson_val *v)
{
    char buf[UM_CLI_TEXT];
    bool sealed = yyjson_obj_get(v, "sealed") != NULL;

    um_table_cell(t, sealed ? "(secret)" : um_cli_shown(v, buf));
}

static int var_list(struct um_cli *c)
{
    static const struct part p = {VARIABLES, "VARIABLE|VALUE~", "No variables.",
                                  variable_row};

    return list(c, &p);
}

static int var_get(struct um_cli *c)
{
    return get(c, VARIABLES);
}

/* What is no JSON is a text as it is. A file of a secret, such as a password's,
 * ends with a line's end that does not belong to it. */
static int var_set(struct um_cli *c)
{
    struct um_buf value = UM_BUF_INIT;
    yyjson_doc *doc;
    struct um_str v;
    int code = um_cli_given(c, c->n > 1 ? c->words[1] : NULL, &value);
    char *quoted = NULL;

    if (code != UM_EXIT_DONE) {
        um_buf_fini(&value);
        return code;
    }
    v = um_buf_view(&value);
    doc = yyjson_read(v.len > 0 ? v.p : "", v.len, 0);
    if (doc == NULL) {
        yyjson_mut_doc *m = yyjson_mut_doc_new(NULL);

        v.len -= um_str_ends(v, UM_STR("\n")) ? 1 : 0;
        yyjson_mut_doc_set_root(m, yyjson_mut_strn(m, v.p, v.len));
        quoted = yyjson_mut_write(m, 0, &v.len);
        yyjson_mut_doc_free(m);
        v.p = quoted;
    }
    code = v.p != NULL ? change(c, VARIABLES, "PUT", v)
                       : um_cli_wrong(c, "the value", "must be UTF-8");
    yyjson_doc_free(doc);
    free(quoted);
    um_buf_fini(&value);
    return code;
}

static int var_rm(struct um_cli *c)
{
    return drop(c, VARIABLES);
}

/* All of the files, one behind the other: a chain and its key. */
static int upload(struct um_cli *c, const char *part)
{
    struct um_buf all = UM_BUF_INIT;
    int code = UM_EXIT_DONE;

    for (int i = 1; code == UM_EXIT_DONE && i < c->n; i++) {
        code = um_cli_file(c->words[i], &all);
    }
    if (code == UM_EXIT_DONE) {
        code = change(c, part, "PUT",
                      all.len > 0 ? um_buf_view(&all) : UM_STR(""));
    }
    um_buf_fini(&all);
    return code;
}

/* The first of the chain is the certificate itself. */
static void certificate_row(struct um_table *t, yyjson_val *v)
{
    yyjson_val *leaf = yyjson_arr_get_first(yyjson_obj_get(v, "chain"));
    char buf[UM_CLI_TEXT];

    um_table_cell(t, um_cli_text(v, "key", buf));
    um_table_cell(
        t, um_cli_text(yyjson_obj_get(leaf, "subject"), "common_name", buf));
    um_table_cell(t,
                  um_cli_text(yyjson_obj_get(leaf, "validity"), "until", buf));
}

static int cert_list(struct um_cli *c)
{
    static const struct part p = {CERTIFICATES,
                                  "CERTIFICATE|KEY|SUBJECT~|UNTIL",
                                  "No certificates.", certificate_row};

    return list(c, &p);
}

static int cert_get(struct um_cli *c)
{
    return get(c, CERTIFICATES);
}

static int cert_put(struct um_cli *c)
{
    return upload(c, CERTIFICATES);
}

static int cert_rm(struct um_cli *c)
{
    return drop(c, CERTIFICATES);
}

static void script_row(struct um_table *t, yyjson_val *v)
{
    char buf[32];

    (void)snprintf(buf, sizeof buf, "%zu", yyjson_get_len(v));
    um_table_cell(t, buf);
}

static int script_list(struct um_cli *c)
{
    static const struct part p = {SCRIPTS, "SCRIPT|BYTES", "No scripts.",
                                  script_row};

    return list(c, &p);
}

static int script_get(struct um_cli *c)
{
    return get(c, SCRIPTS);
}

static int script_put(struct um_cli *c)
{
    return upload(c, SCRIPTS);
}

static int script_rm(struct um_cli *c)
{
    return drop(c, SCRIPTS);
}

static void probe_row(struct um_table *t, yyjson_val *v)
{
    const char *path = yyjson_get_str(yyjson_obj_get(v, "path"));
    char buf[UM_CLI_TEXT];

    um_table_cell(t, um_cli_text(v, "listener", buf));
    um_table_cell(t, path != NULL ? path : "/");
}

static int probe_list(struct um_cli *c)
{
    static const struct part p = {PROBES, "PROBE|LISTENER|PATH~", "No probes.",
                                  probe_row};

    return list(c, &p);
}

static int probe_get(struct um_cli *c)
{
    return get(c, PROBES);
}

static int probe_set(struct um_cli *c)
{
    return set(c, PROBES);
}

static int probe_rm(struct um_cli *c)
{
    return drop(c, PROBES);
}

static const struct um_cli_verb overlay_verbs[] = {
    {"list", "", "for whom there are overlays, and what they do", 0,
     overlay_list},
    {"get", "SELECTOR", "one of them", 0, overlay_get},
    {"set", "SELECTOR [VALUE]",
     "makes one: all, group:NAME, label:KEY=VALUE, node:NAME",
     UM_OPTS_CHANGE | UM_BIT(UM_OPT_FILE), overlay_set},
    {"rm", "SELECTOR", "takes one away", UM_OPTS_CHANGE, overlay_rm},
};
static const struct um_cli_verb var_verbs[] = {
    {"list", "", "their values; those of secrets are not shown", 0, var_list},
    {"get", "NAME", "one of them", 0, var_get},
    {"set", "NAME [VALUE]", "JSON, or a text as it is",
     UM_OPTS_CHANGE | UM_BIT(UM_OPT_FILE) | UM_BIT(UM_OPT_SECRET), var_set},
    {"rm", "NAME", "takes one away", UM_OPTS_CHANGE, var_rm},
};
static const struct um_cli_verb cert_verbs[] = {
    {"list", "", "whose they are, and until when they hold", 0, cert_list},
    {"get", "NAME", "what Unit shows of one", 0, cert_get},
    {"put", "NAME FILE [FILE...]",
     "chain and key in PEM, in as many files as they are", UM_OPTS_CHANGE,
     cert_put},
    {"rm", "NAME", "takes one away", UM_OPTS_CHANGE, cert_rm},
};
static const struct um_cli_verb script_verbs[] = {
    {"list", "", "their names", 0, script_list},
    {"get", "NAME", "one of them", 0, script_get},
    {"put", "NAME FILE", "a module in JavaScript", UM_OPTS_CHANGE, script_put},
    {"rm", "NAME", "takes one away", UM_OPTS_CHANGE, script_rm},
};
static const struct um_cli_verb probe_verbs[] = {
    {"list", "", "which there are, and where they go", 0, probe_list},
    {"get", "NAME", "one of them", 0, probe_get},
    {"set", "NAME [VALUE]",
     "makes one: {\"listener\": \"*:80\", \"path\": \"/healthz\"}",
     UM_OPTS_CHANGE | UM_BIT(UM_OPT_FILE), probe_set},
    {"rm", "NAME", "takes one away", UM_OPTS_CHANGE, probe_rm},
};

const struct um_cli_command um_cli_parts[] = {
    UM_CLI_COMMAND("overlay", "what differs on some nodes", overlay_verbs),
    UM_CLI_COMMAND("var", "variables and secrets", var_verbs),
    UM_CLI_COMMAND("cert", "certificates", cert_verbs),
    UM_CLI_COMMAND("script", "modules in JavaScript", script_verbs),
    UM_CLI_COMMAND("probe", "what nodes ask their listeners", probe_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
