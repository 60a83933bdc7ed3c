/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See grammar.h. */
#include "cli/grammar.h"

#include <stdio.h>

#include "cli/command.h"
#include "mesh/app/json.h"

static void put_flags(struct um_json *j, uint64_t set)
{
    um_json_open(j, "flags", '[');
    for (int i = 0; i < UM_OPTIONS; i++) {
        if ((set & UM_BIT(i)) != 0) {
            um_json_text(j, NULL, um_options_name((enum um_option)i));
        }
    }
    um_json_close(j, ']');
}

static void put_command(struct um_json *j, const char *title,
                        const struct um_cli_command *c)
{
    um_json_open(j, NULL, '{');
    um_json_text(j, "name", c->name);
    um_json_text(j, "text", c->text);
    um_json_text(j, "group", title);
    um_json_open(j, "verbs", '[');
    for (size_t i = 0; i < c->n; i++) {
        um_json_open(j, NULL, '{');
        um_json_text(j, "name",
                     c->verbs[i].name != NULL ? c->verbs[i].name : "");
        um_json_text(j, "words", c->verbs[i].words);
        um_json_text(j, "text", c->verbs[i].text);
        put_flags(j, um_options_common(c->verbs[i].flags));
        um_json_close(j, '}');
    }
    um_json_close(j, ']');
    um_json_close(j, '}');
}

int um_cli_grammar(void)
{
    const char *title = NULL, *text;
    struct um_json j;
    size_t len = 0;

    um_json_init(&j);
    um_json_open(&j, "commands", '[');
    for (const struct um_cli_group *g = um_cli_groups(); g->commands != NULL;
         g++) {
        title = g->title != NULL ? g->title : title;
        for (const struct um_cli_command *c = g->commands; c->name != NULL;
             c++) {
            put_command(&j, title, c);
        }
    }
    um_json_close(&j, ']');
    text = um_json_finish(&j, &len);
    if (text != NULL) {
        (void)fwrite(text, 1, len, stdout);
    }
    um_json_fini(&j);
    return text != NULL ? 0 : 1;
}
