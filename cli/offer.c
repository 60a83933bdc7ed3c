/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See complete.h: the words of a kind. A table says where each is asked for.
 * Whatever goes wrong there are no words: nobody wants mistakes at a Tab.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/complete.h"
#include "cli/path.h"
#include "mesh/base/utf8.h"

/* How long somebody waits who has pressed Tab, in s. */
#define PATIENCE_S 2U

/* Where the words of a kind are: members of objects in an array; or the names
 * of an object's members (array NULL). */
static const struct source {
    const char *kind;
    const char *command; /* NULL: any */
    const char *verb;    /* NULL: any */
    const char *path;    /* NULL: there are only fixed ones */
    const char *array;
    const char *key;
    const char *text;
    const char *fixed; /* with bars; NULL: none */
} sources[] = {
    {"MEMBER", "members", "approve", "/mesh/pending", "pending", "id", "name",
     NULL},
    {"MEMBER", "members", "reject", "/mesh/pending", "pending", "id", "name",
     NULL},
    {"NEW", NULL, NULL, "/mesh/pending", "pending", "id", "name", NULL},
    {"MEMBER", NULL, NULL, "/mesh/members", "members", "name", "roles", NULL},
    {"OLD", NULL, NULL, "/mesh/members", "members", "name", "roles", NULL},
    {"REV", "resolve", NULL, "/mesh/conflicts", "conflicts", "revision",
     "message", NULL},
    {"REV", NULL, NULL, "/mesh/revisions?limit=30", "revisions", "revision",
     "message", NULL},
    {"FROM", NULL, NULL, "/mesh/revisions?limit=30", "revisions", "revision",
     "message", "current"},
    {"TO", NULL, NULL, "/mesh/revisions?limit=30", "revisions", "revision",
     "message", "current"},
    {"INVITE", NULL, NULL, "/mesh/invites", "invites", "id", "roles", NULL},
    {"HOOK", NULL, NULL, "/mesh/webhooks", "webhooks", "name", "url", NULL},
    {"COPY", NULL, NULL, "/mesh/copies", "copies", "copy", "why", NULL},
    {"NAME", "var", NULL, "/mesh/variables", NULL, NULL, NULL, NULL},
    {"NAME", "cert", NULL, "/certificates", NULL, NULL, NULL, NULL},
    {"NAME", "script", NULL, "/js_modules", NULL, NULL, NULL, NULL},
    {"NAME", "probe", NULL, "/mesh/probes", NULL, NULL, NULL, NULL},
    {"NAME", "settings", NULL, NULL, NULL, NULL, NULL,
     "require-if-match|max-deadline-ms|relay|four-eyes|no-immediate"},
    {"SELECTOR", NULL, NULL, "/mesh/overlays", NULL, NULL, NULL,
     "all|group:|label:|node:"},
};

void um_offer_word(const struct um_offer *o, const char *word, const char *text)
{
    char shown[UM_CLI_TEXT];

    if (strncmp(word, o->cur, strlen(o->cur)) != 0 ||
        strpbrk(word, "\r\n\t") != NULL) {
        return;
    }
    (void)snprintf(shown, sizeof shown, "%s%s", o->before, word);
    um_utf8_harmless(shown);
    (void)printf("%s", shown);
    if (text != NULL && *text != '\0') {
        (void)snprintf(shown, sizeof shown, "%.*s", (int)strcspn(text, "\n"),
                       text);
        um_utf8_harmless(shown);
        (void)printf("\t%s", shown);
    }
    (void)putchar('\n');
}

/* Those of "a|b". */
static void offer_fixed(const struct um_offer *o, const char *all)
{
    char word[64];

    while (all != NULL && *all != '\0') {
        size_t n = strcspn(all, "|");

        (void)snprintf(word, sizeof word, "%.*s", (int)n, all);
        um_offer_word(o, word, NULL);
        all += n + (all[n] == '|');
    }
}

/* Asks the daemon, if it is there; NULL: it is not. */
static yyjson_doc *ask(const struct um_cli *c, const char *path)
{
    struct um_request r = {
        .method = "GET", .path = path, .patience_s = PATIENCE_S, .quiet = true};
    yyjson_doc *doc = NULL;

    if (path != NULL && um_request_run(c->o.socket, &r) == 0 &&
        r.status == 200) {
        doc = yyjson_read(r.answer, r.len, 0);
    }
    um_request_free(&r);
    return doc;
}

static void offer_keys(const struct um_offer *o, yyjson_val *root)
{
    yyjson_val *k, *v;
    size_t i, n;

    yyjson_obj_foreach(root, i, n, k, v)
    {
        um_offer_word(o, yyjson_get_str(k), NULL);
    }
}

/* What a member says, as a line beside its word. */
static const char *text_of(yyjson_val *v, char buf[UM_CLI_TEXT])
{
    return yyjson_is_arr(v) ? um_cli_list(v, buf) : um_cli_shown(v, buf);
}

static void offer_source(const struct um_offer *o, const struct um_cli *c,
                         const struct source *s)
{
    char word[UM_CLI_TEXT], text[UM_CLI_TEXT];
    yyjson_doc *doc = ask(c, s->path);
    yyjson_val *root = yyjson_doc_get_root(doc), *v;
    size_t i, n;

    offer_fixed(o, s->fixed);
    if (s->array == NULL) {
        offer_keys(o, root);
    }
    yyjson_arr_foreach(s->array != NULL ? yyjson_obj_get(root, s->array) : NULL,
                       i, n, v)
    {
        if (um_cli_text(v, s->key, word)[0] == '\0') {
            (void)um_cli_text(v, "id", word);
        }
        um_offer_word(o, word, text_of(yyjson_obj_get(v, s->text), text));
    }
    yyjson_doc_free(doc);
}

/* A member or an element of what is at a path: what leads further ends with a
 * slash. */
static void offer_child(const struct um_offer *o, const char *parent,
                        const char *key, yyjson_val *v)
{
    struct um_buf b = UM_BUF_INIT;
    char text[UM_CLI_TEXT];
    bool leads = yyjson_is_ctn(v) && yyjson_get_len(v) > 0;

    um_buf_text(&b, parent);
    for (; *key != '\0'; key++) {
        if (*key == '/') {
            um_buf_text(&b, "%2F");
        } else {
            um_buf_byte(&b, *key);
        }
    }
    um_buf_text(&b, leads ? "/" : "");
    um_buf_byte(&b, '\0');
    if (!um_buf_failed(&b)) {
        um_offer_word(o, b.p, yyjson_is_ctn(v) ? NULL : um_cli_shown(v, text));
    }
    um_buf_fini(&b);
}

static void offer_children(const struct um_offer *o, const struct um_cli *c,
                           const char *parent)
{
    struct um_buf path = UM_BUF_INIT;
    size_t len = strlen(parent), i, n;
    yyjson_val *root, *k, *v;
    char typed[UM_CLI_TEXT], at[32];
    yyjson_doc *doc;

    (void)snprintf(typed, sizeof typed, "%.*s", (int)(len - (len > 0)), parent);
    um_cli_path_typed(&path, typed);
    doc = ask(c, um_cli_path_end(&path));
    root = yyjson_doc_get_root(doc);
    yyjson_obj_foreach(root, i, n, k, v)
    {
        offer_child(o, parent, yyjson_get_str(k), v);
    }
    yyjson_arr_foreach(root, i, n, v)
    {
        (void)snprintf(at, sizeof at, "%zu", i);
        offer_child(o, parent, at, v);
    }
    yyjson_doc_free(doc);
    um_buf_fini(&path);
}

/* One of Unit's paths: what is below the part that is typed. */
static void offer_path(const struct um_offer *o, const struct um_cli *c)
{
    const char *slash = strrchr(o->cur, '/');
    char parent[UM_CLI_TEXT];

    (void)snprintf(parent, sizeof parent, "%.*s",
                   slash != NULL ? (int)(slash + 1 - o->cur) : 0, o->cur);
    if (strcmp(parent, "/") == 0) {
        offer_fixed(o,
                    "/config/|/certificates/|/js_modules/|/status/|"
                    "/control/|/mesh/");
    }
    offer_children(o, c, parent);
}

void um_offer_kind(const struct um_offer *o, const struct um_cli *c,
                   const char *kind)
{
    if (strcmp(kind, "FILE") == 0 || strcmp(kind, "DIR") == 0) {
        (void)puts(":files");
        return;
    }
    if (strcmp(kind, "PATH") == 0) {
        offer_path(o, c);
        return;
    }
    if (strcmp(kind, "WHO") == 0) {
        kind = "SELECTOR";
    }
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const struct source *s = &sources[i];
        const char *verb = c->verb != NULL ? c->verb->name : NULL;

        if (strcmp(s->kind, kind) == 0 &&
            (s->command == NULL || strcmp(s->command, c->command->name) == 0) &&
            (s->verb == NULL || (verb != NULL && strcmp(s->verb, verb) == 0))) {
            offer_source(o, c, s);
            return;
        }
    }
    if (strchr(kind, '|') != NULL) {
        offer_fixed(o, kind);
    }
}
