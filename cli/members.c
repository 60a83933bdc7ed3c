/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is in the mesh, who may what, and what each node runs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/consent.h"
#include "cli/owner.h"
#include "cli/path.h"
#include "cli/sealed.h"
#include "cli/table.h"

/* "key=value,key=value" of labels. */
static const char *labels_of(yyjson_val *labels, char buf[UM_CLI_TEXT])
{
    char key[UM_CLI_TEXT], value[UM_CLI_TEXT];
    yyjson_val *k, *v;
    size_t i, n, len = 0;

    buf[0] = '\0';
    yyjson_obj_foreach(labels, i, n, k, v)
    {
        if (len < UM_CLI_TEXT) {
            len += (size_t)snprintf(buf + len, UM_CLI_TEXT - len, "%s%s=%s",
                                    i > 0 ? "," : "", um_cli_shown(k, key),
                                    um_cli_shown(v, value));
        }
    }
    return buf;
}

static int list(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/members", &code);
    yyjson_val *m;
    struct um_table t;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "NAME|ROLES|LABELS~|ID");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "members"), i,
                       n, m)
    {
        um_table_cell(&t, um_cli_text(m, "name", buf));
        um_table_cell(&t, um_cli_list(yyjson_obj_get(m, "roles"), buf));
        um_table_cell(&t, labels_of(yyjson_obj_get(m, "labels"), buf));
        um_table_cell(&t, um_cli_text(m, "id", buf));
    }
    um_table_print(&t);
    yyjson_doc_free(doc);
    return code;
}

static int pending(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/pending", &code);
    yyjson_val *p;
    struct um_table t;
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "NAME|ASKED|ID");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "pending"), i,
                       n, p)
    {
        um_table_cell(&t, um_cli_text(p, "name", buf));
        um_table_cell(&t, um_cli_ago(um_cli_number(p, "at_ms"), age));
        um_table_cell(&t, um_cli_text(p, "id", buf));
    }
    um_table_show(&t, c, "Nobody asks to be let in.");
    yyjson_doc_free(doc);
    return code;
}

/* Revisions of a list, with what they are in it. */
static void add_falls(struct um_table *t, yyjson_val *root, const char *key,
                      const char *what)
{
    char buf[UM_CLI_TEXT];
    yyjson_val *v;
    size_t i, n;

    yyjson_arr_foreach(yyjson_obj_get(root, key), i, n, v)
    {
        um_table_cell(t, um_cli_text(v, "revision", buf));
        um_table_cell(t, what);
        um_table_cell(t, um_cli_text(v, "message", buf));
    }
}

void um_cli_falls(FILE *out, yyjson_val *root)
{
    char roles[UM_CLI_TEXT], current[UM_CLI_TEXT];
    struct um_table t;

    um_table_init(&t, "REVISION|THEN|MESSAGE~");
    add_falls(&t, root, "falls", "falls");
    add_falls(&t, root, "ends", "ends");
    add_falls(&t, root, "built_upon", "was built upon what falls");
    add_falls(&t, root, "aborted", "was aborted by it, and is made void");
    if (t.n > t.columns) {
        t.out = out;
        um_table_print(&t);
        (void)fputc('\n', out);
    } else {
        um_table_drop(&t);
        (void)fputs("No revision falls.\n", out);
    }
    if (yyjson_obj_get(root, "roles_after") != NULL) {
        (void)um_cli_list(yyjson_obj_get(root, "roles_after"), roles);
        (void)fprintf(out, "Its roles then: %s. ",
                      roles[0] != '\0' ? roles : "none");
    }
    (void)fprintf(out, "The current revision then: %s.\n",
                  um_cli_text(root, "current", current));
}

/* A request about somebody: /mesh/WHAT/MEMBER[/MORE[/KEY]]. */
struct about {
    const char *method;
    const char *what;
    const char *more; /* NULL: none */
    const char *key;  /* NULL: none */
    const char *asks; /* what it means, before it is done; NULL: it is done
                         without a question */
};

static void put_path(const struct um_cli *c, const struct about *a,
                     struct um_buf *path)
{
    um_buf_text(path, a->what);
    um_cli_path_segment(path, c->words[0]);
    if (a->more != NULL) {
        um_buf_text(path, a->more);
    }
    if (a->key != NULL) {
        um_cli_path_segment(path, a->key);
    }
    um_cli_path_flags(path, &c->o);
}

/* Sends it, with a body of one member if there is a value. */
static yyjson_doc *ask(const struct um_cli *c, const struct about *a,
                       struct um_str body, int *code)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = a->method, .body = body};
    yyjson_doc *doc;

    put_path(c, a, &path);
    doc = um_cli_owner_ask(c, &r, &path, code);
    um_buf_fini(&path);
    return doc;
}

/* What was sealed anew, and what that does not do. */
static void print_sealed(yyjson_doc *answer)
{
    yyjson_val *sealed =
        yyjson_obj_get(yyjson_doc_get_root(answer), "sealed_anew");

    um_cli_sealed(sealed);
    if (yyjson_arr_size(yyjson_obj_get(sealed, "objects")) > 0) {
        (void)puts("Who left has seen these: put new ones in their place.");
    }
}

int um_cli_consent_falls(const struct um_cli *c, const struct um_request *of,
                         struct um_str path, const char *text)
{
    struct um_buf dry = UM_BUF_INIT;
    struct um_request r = *of;
    int code = UM_EXIT_DONE;
    yyjson_doc *doc;

    if (!um_cli_asks(c)) {
        return UM_EXIT_DONE;
    }
    um_buf_str(&dry, path);
    um_cli_path_query(&dry, "dry-run", NULL);
    r.path = um_cli_path_end(&dry);
    code = um_cli_send(c, &r);
    doc = code == UM_EXIT_DONE ? um_cli_read(&r, &code) : NULL;
    if (yyjson_obj_get(yyjson_doc_get_root(doc), "falls") != NULL) {
        um_cli_falls(stderr, yyjson_doc_get_root(doc));
        um_cli_warnings(yyjson_doc_get_root(doc));
    }
    if (code == UM_EXIT_DONE) {
        code = um_cli_consent(c, text);
    }
    yyjson_doc_free(doc);
    um_request_free(&r);
    um_buf_fini(&dry);
    return code;
}

/* What a change of a member is before it is made, and the question. */
static int foresee(const struct um_cli *c, const struct about *a,
                   struct um_str body)
{
    struct um_buf path = UM_BUF_INIT;
    const struct um_request r = {.method = a->method, .body = body};
    int code = UM_EXIT_DONE;

    if (a->asks != NULL) {
        put_path(c, a, &path);
        code = um_cli_consent_falls(c, &r, um_buf_view(&path), a->asks);
    }
    um_buf_fini(&path);
    return code;
}

/* The same, where success says all there is, or what would fall. */
static int change(const struct um_cli *c, const struct about *a,
                  const char *key, const char *value)
{
    struct um_cli_body b;
    yyjson_doc *doc = NULL;
    struct um_str body = um_str_n(NULL, 0);
    int code = UM_EXIT_DONE;

    um_cli_body_init(&b);
    if (key != NULL) {
        um_cli_body_text(&b, key, value);
        body = um_cli_body_end(&b);
        code = body.p != NULL ? UM_EXIT_DONE : UM_EXIT_ERROR;
    }
    if (code == UM_EXIT_DONE) {
        code = foresee(c, a, body);
    }
    if (code == UM_EXIT_DONE) {
        doc = ask(c, a, body, &code);
    }
    if (doc != NULL &&
        yyjson_obj_get(yyjson_doc_get_root(doc), "falls") != NULL) {
        um_cli_falls(stdout, yyjson_doc_get_root(doc));
    } else {
        um_cli_success(doc);
        print_sealed(doc);
    }
    um_cli_warnings(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    um_cli_body_fini(&b);
    return code;
}

static int approve(struct um_cli *c)
{
    const struct about a = {"POST", "/mesh/pending", NULL, NULL, NULL};

    return change(c, &a, "role", um_cli_opt(c, UM_OPT_ROLE));
}

static int reject(struct um_cli *c)
{
    const struct about a = {"DELETE", "/mesh/pending", NULL, NULL, NULL};

    return change(c, &a, NULL, NULL);
}

static int role(struct um_cli *c)
{
    static const char *const roles[] = {"node", "writer", "owner", "root"};
    struct about a = {"PUT", "/mesh/members", "/role", NULL, NULL};
    char text[320];
    size_t i = 0;

    while (i < 4 && strcmp(c->words[1], roles[i]) != 0) {
        i++;
    }
    if (i == 4) {
        return um_cli_wrong(c, c->words[1], "must be node, writer or owner");
    }
    (void)snprintf(text, sizeof text, "%.200s is to be: %s.", c->words[0],
                   roles[i]);
    a.asks = text;
    return change(c, &a, "role", c->words[1]);
}

/* key=value sets a label, key- takes it away. */
static int label(struct um_cli *c)
{
    char key[256];
    const char *word = c->words[1], *is = strchr(word, '=');
    size_t n = is != NULL ? (size_t)(is - word) : strlen(word);
    bool away = is == NULL && n > 0 && word[n - 1] == '-';
    struct about a = {away ? "DELETE" : "PUT", "/mesh/members", "/labels", key,
                      NULL};

    n -= away;
    if ((is == NULL && !away) || n == 0 || n >= sizeof key) {
        return um_cli_wrong(c, word,
                            "must be key=value, or key- to take it "
                            "away");
    }
    memcpy(key, word, n);
    key[n] = '\0';
    return change(c, &a, away ? NULL : "value", away ? NULL : is + 1);
}

/* With --dry-run it is only shown. */
static int remove_member(struct um_cli *c)
{
    const struct about a = {"DELETE", "/mesh/members", NULL, NULL,
                            "All its roles are taken from it, for ever."};

    return change(c, &a, "message", um_cli_opt(c, UM_OPT_MESSAGE));
}

/* A node's row. */
static void add_node(struct um_table *t, yyjson_val *v)
{
    char buf[UM_CLI_TEXT], age[UM_CLI_AGE];
    yyjson_val *known = yyjson_obj_get(v, "age_ms");

    um_table_cell(t, um_cli_member(v, buf));
    um_table_cell(t, um_cli_text(v, "state", buf));
    um_table_cell(t, um_cli_text(v, "runs", buf));
    um_table_cell(t, known == NULL ? ""
                     : um_cli_number(v, "healthy_ms") > 0
                         ? um_cli_age(um_cli_number(v, "healthy_ms"), age)
                         : "no");
    um_table_cell(t, um_cli_text(v, "unit", buf));
    um_table_cell(t, known == NULL ? ""
                     : um_cli_true(v, "me")
                         ? "here"
                         : um_cli_age(yyjson_get_uint(known), age));
    um_table_cell(t, um_cli_text(v, "reason", buf));
}

static int nodes(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/nodes", &code);
    yyjson_val *v;
    struct um_table t;
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "NODE|STATE|RUNS|HEALTHY|UNIT|HEARD|REASON~");
    um_table_sort(&t);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "nodes"), i, n,
                       v)
    {
        add_node(&t, v);
    }
    um_table_show(&t, c, "No nodes.");
    yyjson_doc_free(doc);
    return code;
}

static int settings(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, "/mesh/settings", &code);
    yyjson_val *k, *v;
    struct um_table t;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(&t, "SETTING|VALUE~");
    yyjson_obj_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "settings"), i,
                       n, k, v)
    {
        um_table_cell(&t, yyjson_get_str(k));
        um_table_cell(&t, um_cli_shown(v, buf));
    }
    um_table_show(&t, c, "No setting was set.");
    yyjson_doc_free(doc);
    return code;
}

/* What a setting was and would be, and the question. */
static int foresee_setting(const struct um_cli *c, const char *name,
                           const char *value)
{
    char was[UM_CLI_TEXT], text[UM_CLI_TEXT + 300];
    yyjson_doc *doc;
    int code;

    if (!um_cli_asks(c)) {
        return UM_EXIT_DONE;
    }
    doc = um_cli_value(c, "/mesh/settings", &code);
    if (doc == NULL) {
        return code;
    }
    (void)um_cli_text(yyjson_obj_get(yyjson_doc_get_root(doc), "settings"),
                      name, was);
    yyjson_doc_free(doc);
    (void)snprintf(text, sizeof text,
                   "~ %.100s: %s -> %.100s\n\nIt holds in all "
                   "of the mesh.",
                   name, was[0] != '\0' ? was : "not set",
                   value[0] != '\0' ? value : "not set");
    return um_cli_consent(c, text);
}

static int set(struct um_cli *c)
{
    const struct about a = {"PUT", "/mesh/settings", NULL, NULL, NULL};
    int code = foresee_setting(c, c->words[0], c->words[1]);

    if (code != UM_EXIT_DONE) {
        return code;
    }
    return change(c, &a, "value", c->words[1]);
}

/* Another machine in the place of one. */
static int replace_member(struct um_cli *c)
{
    const struct about a = {"POST", "/mesh/members", "/replace", NULL,
                            "The new key gets all that the old one has, which "
                            "goes for ever."};

    return change(c, &a, "by", c->words[1]);
}

/* What is to be done where an owner's key is. */
static void print_next(yyjson_val *root)
{
    char next[UM_CLI_TEXT], member[UM_CLI_TEXT];

    (void)printf(
        "%s is this node's next key. Where an owner's key is:\n\n"
        "    unitmesh members replace %s \\\n        %s\n\n"
        "The node takes it as soon as it hears of that.\n",
        um_cli_text(root, "next", next), um_cli_text(root, "member", member),
        next);
}

/* How often it is looked whether the node has its next key, and how long each
 * time is, in ms. */
#define LOOKS   100
#define LOOK_MS 200

/* Until this node is called so; false: that takes too long. */
static bool becomes(const struct um_cli *c, const char *next)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    char id[UM_CLI_TEXT] = "";

    for (unsigned i = 0; i < LOOKS && strcmp(id, next) != 0; i++) {
        int code;
        yyjson_doc *doc;

        (void)nanosleep(&pause, NULL);
        doc = um_cli_value(c, "/mesh/id", &code);
        (void)um_cli_text(yyjson_doc_get_root(doc), "id", id);
        yyjson_doc_free(doc);
        if (code != UM_EXIT_DONE) {
            return false;
        }
    }
    return strcmp(id, next) == 0;
}

/* What is secret is sealed for the key before: the node has both and seals it
 * anew. Nobody else's change is touched by that, so whoever is heard. */
static int take_key(struct um_cli *c, yyjson_val *root)
{
    struct um_request r = {
        .method = "POST", .path = "/mesh/reseal?alone", .body = UM_STR("{}")};
    char next[UM_CLI_TEXT];
    yyjson_doc *doc;
    int code;

    if (!becomes(c, um_cli_text(root, "member", next))) {
        (void)printf(
            "It has not taken it yet: nobody else was heard of. When "
            "it has: unitmesh reseal\n");
        return UM_EXIT_ERROR;
    }
    (void)printf("This node's key is %s now.\n", next);
    doc = um_cli_ask(c, &r, &code);
    um_cli_sealed(yyjson_doc_get_root(doc));
    if (doc == NULL && code != UM_EXIT_DONE) { /* which was said */
        (void)puts(
            "What is secret is not sealed anew: `unitmesh reseal` does "
            "it later, on a node\nthat may write.");
    }
    yyjson_doc_free(doc);
    return UM_EXIT_DONE; /* it has its key */
}

static int rotate(struct um_cli *c)
{
    struct um_request r = {
        .method = "POST", .path = "/mesh/rotate", .body = UM_STR("{}")};
    yyjson_doc *doc;
    int code = um_cli_consent(c,
                              "This node gets another key; the one it has "
                              "goes for ever.");

    if (code != UM_EXIT_DONE) {
        return code;
    }
    if (um_cli_opt(c, UM_OPT_UNHEARD) != NULL) {
        r.body = UM_STR("{\"take\": true}");
    }
    doc = um_cli_ask(c, &r, &code);
    if (doc != NULL && um_cli_opt(c, UM_OPT_UNHEARD) != NULL) {
        (void)puts("This node takes its next key.");
    } else if (doc != NULL &&
               yyjson_obj_get(yyjson_doc_get_root(doc), "next") != NULL) {
        print_next(yyjson_doc_get_root(doc));
    } else if (doc != NULL) {
        um_cli_success(doc);
        (void)fflush(stdout);
        code = take_key(c, yyjson_doc_get_root(doc));
    }
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb members_verbs[] = {
    {"list", "", "keys with a role", 0, list},
    {"pending", "", "who asks to be let in", UM_BIT(UM_OPT_WATCH), pending},
    {"approve", "MEMBER", "lets one in",
     UM_BIT(UM_OPT_ROLE) | UM_BIT(UM_OPT_TO_SIGN), approve},
    {"reject", "MEMBER", "does not", 0, reject},
    {"role", "MEMBER owner|writer|node",
     "gives a role, or takes those that are above it",
     UM_OPTS_GUARDS | UM_OPTS_KEYS | UM_BIT(UM_OPT_DRY_RUN), role},
    {"label", "MEMBER KEY=VALUE", "sets a label; KEY- takes it away",
     UM_BIT(UM_OPT_TO_SIGN), label},
    {"rm", "MEMBER", "takes all roles of it; --dry-run shows what would fall",
     UM_BIT(UM_OPT_MESSAGE) | UM_BIT(UM_OPT_DRY_RUN) | UM_OPTS_GUARDS |
         UM_OPTS_KEYS,
     remove_member},
    {"replace", "OLD NEW", "a new machine, by its peer id, takes one's place",
     UM_BIT(UM_OPT_DRY_RUN) | UM_OPTS_KEYS, replace_member},
    {"rotate", "", "gives this node another key",
     UM_BIT(UM_OPT_UNHEARD) | UM_BIT(UM_OPT_YES), rotate},
};
static const struct um_cli_verb nodes_verbs[] = {
    {NULL, "", "What each node runs, as it told itself.", UM_BIT(UM_OPT_WATCH),
     nodes},
};

static const struct um_cli_verb settings_verbs[] = {
    {"list", "", "those that somebody set", 0, settings},
    {"set", "NAME VALUE",
     "require-if-match, max-deadline-ms, relay, four-eyes, no-immediate",
     UM_OPTS_KEYS, set},
};

const struct um_cli_command um_cli_members[] = {
    UM_CLI_COMMAND("members", "who is in it, and may what", members_verbs),
    UM_CLI_COMMAND("settings", "what holds in all of it", settings_verbs),
    UM_CLI_COMMAND("nodes", "what each node runs", nodes_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
