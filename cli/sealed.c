/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See sealed.h; and the command that has it done. */
#include "cli/sealed.h"

#include <stdio.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/path.h"

/* A list of names behind some words, one a line. */
static void print_names(const char *words, yyjson_val *names)
{
    char buf[UM_CLI_TEXT];
    yyjson_val *v;
    size_t i, n;

    if (yyjson_arr_size(names) > 0) {
        (void)puts(words);
    }
    yyjson_arr_foreach(names, i, n, v)
    {
        (void)printf("  %s\n", um_cli_shown(v, buf));
    }
}

void um_cli_sealed(yyjson_val *sealed)
{
    char revision[UM_CLI_TEXT], buf[UM_CLI_TEXT];

    if (um_cli_text(sealed, "error", buf)[0] != '\0') {
        (void)printf("What is secret is not sealed anew: %s\n", buf);
        if (um_cli_text(sealed, "detail", buf)[0] != '\0') {
            (void)printf("  %s\n", buf);
        }
        (void)puts("  `unitmesh reseal` does it later.");
        return;
    }
    if (um_cli_text(sealed, "revision", revision)[0] != '\0') {
        (void)snprintf(buf, sizeof buf,
                       "%.40s  sealed anew for the members:", revision);
        print_names(buf, yyjson_obj_get(sealed, "objects"));
    }
    print_names("Cannot be opened here, and stays as it was sealed:",
                yyjson_obj_get(sealed, "left"));
}

static int reseal(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "POST"};
    yyjson_doc *doc;
    int code;

    um_buf_text(&path, "/mesh/reseal");
    um_cli_path_flags(&path, &c->o);
    r.path = um_cli_path_end(&path);
    doc = um_cli_ask(c, &r, &code);
    um_buf_fini(&path);
    if (doc != NULL &&
        yyjson_obj_get(yyjson_doc_get_root(doc), "revision") == NULL) {
        um_cli_success(doc);
    }
    um_cli_sealed(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb verbs[] = {
    {NULL, "",
     "Seals certificates and secret variables anew, for just those who are "
     "members now.",
     UM_OPTS_GUARDS | UM_BIT(UM_OPT_TRIAL) | UM_BIT(UM_OPT_STAGED) |
         UM_BIT(UM_OPT_SOAK) | UM_BIT(UM_OPT_BUDGET) | UM_BIT(UM_OPT_DEADLINE),
     reseal},
};

const struct um_cli_command um_cli_secrets[] = {
    UM_CLI_COMMAND("reseal", "what is secret, for the members of now", verbs),
    {NULL, NULL, NULL, 0, NULL},
};
