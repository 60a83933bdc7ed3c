/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Webhooks of the node that is asked. The secret is alone on standard output:
 * it can be piped to where the receiver has it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "cli/path.h"
#include "cli/table.h"

#define PATH "/mesh/webhooks"

/* Words that --events may have, and room for all of them. */
#define WORDS       64
#define WORDS_BYTES 600

/* Adds "events": those of "a,b". */
static void put_events(struct um_cli_body *b, const char *list,
                       char room[WORDS_BYTES])
{
    char *words[WORDS], *at = room, *save = NULL;
    size_t n = 0;

    (void)snprintf(room, WORDS_BYTES, "%s", list);
    for (at = strtok_r(room, ",", &save); at != NULL && n < WORDS;
         at = strtok_r(NULL, ",", &save)) {
        words[n++] = at;
    }
    um_cli_body_texts(b, "events", words, n);
}

static int add(struct um_cli *c)
{
    const char *events = um_cli_opt(c, UM_OPT_EVENTS);
    struct um_request r = {.method = "POST", .path = PATH};
    struct um_cli_body b;
    char room[WORDS_BYTES], buf[UM_CLI_TEXT];
    yyjson_doc *doc;
    int code = UM_EXIT_ERROR;

    if (events != NULL && strlen(events) >= sizeof room) {
        return um_cli_wrong(c, "--events", "too many words");
    }
    um_cli_body_init(&b);
    um_cli_body_text(&b, "url", c->words[0]);
    um_cli_body_text(&b, "name", um_cli_opt(c, UM_OPT_MESH_NAME));
    if (events != NULL) {
        put_events(&b, events, room);
    }
    if (um_cli_opt(c, UM_OPT_LINK_LOCAL) != NULL) {
        um_cli_body_true(&b, "link_local");
    }
    r.body = um_cli_body_end(&b);
    doc = r.body.p != NULL ? um_cli_ask(c, &r, &code) : NULL;
    if (doc != NULL) {
        yyjson_val *root = yyjson_doc_get_root(doc);

        (void)puts(um_cli_text(root, "secret", buf));
        (void)fflush(stdout);
        (void)fprintf(stderr,
                      "This is the secret of webhook %s, and it is not shown "
                      "again: what is\nsent is signed with it. To try it: "
                      "unitmesh webhook test %s\n",
                      um_cli_text(root, "name", buf), buf);
    }
    yyjson_doc_free(doc);
    um_cli_body_fini(&b);
    return code;
}

/* What came of the last try. */
static const char *last_of(yyjson_val *v, char buf[UM_CLI_TEXT])
{
    yyjson_val *last = yyjson_obj_get(v, "last");

    if (last == NULL) {
        return "";
    }
    return um_cli_text(last, "error", buf)[0] != '\0'
               ? buf
               : um_cli_text(last, "status", buf);
}

static void add_row(struct um_table *t, yyjson_val *v)
{
    static const char *const counts[] = {"queued", "delivered", "failed",
                                         "dropped"};
    char buf[UM_CLI_TEXT];

    um_table_cell(t, um_cli_text(v, "name", buf));
    um_table_cell(t, um_cli_text(v, "state", buf));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        um_table_cell(t, um_cli_text(v, counts[i], buf));
    }
    um_table_cell(t, last_of(v, buf));
    um_table_cell(t, um_cli_list(yyjson_obj_get(v, "events"), buf)[0] != '\0'
                         ? buf
                         : "all");
    um_table_cell(t, um_cli_text(v, "url", buf));
}

static int list(struct um_cli *c)
{
    int code;
    yyjson_doc *doc = um_cli_get(c, PATH, &code);
    yyjson_val *v;
    struct um_table t;
    size_t i, n;

    if (doc == NULL) {
        return code;
    }
    um_table_init(
        &t, "WEBHOOK|STATE|QUEUED|DELIVERED|FAILED|DROPPED|LAST~|EVENTS~|URL~");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "webhooks"), i,
                       n, v)
    {
        add_row(&t, v);
    }
    um_table_show(&t, c, "No webhooks.");
    yyjson_doc_free(doc);
    return code;
}

/* A request about the one that the call names; `then` behind its name. */
static int about(struct um_cli *c, const char *method, const char *then)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = method};
    yyjson_doc *doc;
    int code;

    um_buf_text(&path, PATH);
    um_cli_path_segment(&path, c->words[0]);
    um_buf_text(&path, then);
    r.path = um_cli_path_end(&path);
    doc = um_cli_ask(c, &r, &code);
    um_cli_success(doc);
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}

static int rm(struct um_cli *c)
{
    return about(c, "DELETE", "");
}

static int test(struct um_cli *c)
{
    return about(c, "POST", "/test");
}

static int enable(struct um_cli *c)
{
    return about(c, "POST", "/enable");
}

static const struct um_cli_verb verbs[] = {
    {"list", "", "those of this node, and what each was told",
     UM_BIT(UM_OPT_WATCH), list},
    {"add", "URL", "tells a URL what happens here; prints the secret",
     UM_BIT(UM_OPT_EVENTS) | UM_BIT(UM_OPT_LINK_LOCAL) |
         UM_BIT(UM_OPT_MESH_NAME),
     add},
    {"test", "HOOK", "sends it an event, and waits for the answer", 0, test},
    {"enable", "HOOK", "turns one on again that was answered 410", 0, enable},
    {"rm", "HOOK", "tells it nothing any more", 0, rm},
};

const struct um_cli_command um_cli_webhooks[] = {
    UM_CLI_COMMAND("webhook", "who is told of what happens on this node",
                   verbs),
    {NULL, NULL, NULL, 0, NULL},
};
