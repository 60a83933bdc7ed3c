/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How much a daemon logs, while it runs. */
#include <stdio.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/body.h"
#include "mesh/app/span.h"

static void show(yyjson_val *root)
{
    char level[UM_CLI_TEXT], settings[UM_CLI_TEXT], span[UM_CLI_AGE];

    (void)um_cli_text(root, "level", level);
    (void)um_cli_text(root, "settings", settings);
    (void)fputs(level, stdout);
    if (yyjson_obj_get(root, "for_ms") != NULL) {
        (void)printf(", for another %s",
                     um_cli_age(um_cli_number(root, "for_ms"), span));
    }
    (void)printf("; the settings say %s\n", settings);
}

static int log_level(struct um_cli *c)
{
    const char *span = um_cli_opt(c, UM_OPT_FOR);
    struct um_request r = {.method = c->n > 0 ? "PUT" : "GET",
                           .path = "/mesh/log-level"};
    struct um_cli_body b;
    uint64_t ms = 0;
    yyjson_doc *doc;
    int code;

    if (c->n == 0 && span != NULL) {
        return um_cli_wrong(c, "--for", "goes with a level");
    }
    um_cli_body_init(&b);
    if (c->n > 0) {
        um_cli_body_text(&b, "level", c->words[0]);
        if (span != NULL && um_span_parse(span, &ms)) {
            um_cli_body_uint(&b, "for_ms", ms);
        }
        r.body = um_cli_body_end(&b);
    }
    doc = um_cli_ask(c, &r, &code);
    if (doc != NULL) {
        show(yyjson_doc_get_root(doc));
    }
    um_cli_body_fini(&b);
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb loglevel_verbs[] = {
    {NULL, "[LEVEL]",
     "Which lines this node logs: error, warn, info, debug or trace; with a "
     "level,\nwhich ones it does from now on, or for a time.",
     UM_BIT(UM_OPT_FOR), log_level},
};

const struct um_cli_command um_cli_loglevel[] = {
    UM_CLI_COMMAND("log-level", "how much this node logs", loglevel_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
